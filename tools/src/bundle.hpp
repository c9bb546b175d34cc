// A header and all it needs of the library as one file.
#pragma once

#include <string>
#include <string_view>

#include "workspace.hpp"

namespace wb {

/// `text` with every include of the library replaced by that header's own text,
/// once each, and all other includes at the top. It compiles wherever Eigen and
/// xtensor are, under any name. Solution markers are left out. Throws Error
/// (environment) when an included header is not there.
std::string bundle(const Workspace& workspace, std::string_view text);

}  // namespace wb
