// The site: what has to be there to build it.
#pragma once

#include <optional>
#include <string>

namespace wb {

/// What `node --version` ("v20.1.0") and `npm --version` said, empty when they
/// did not run: why the site cannot be built with them, if so.
std::optional<std::string> node_problem(const std::string& node,
                                        const std::string& npm);

}  // namespace wb
