// The files of a new question, ready to be written over.
#pragma once

#include <string>
#include <vector>

#include "workspace.hpp"

namespace wb {

/// Creates the answer, the header, the test, a mistake and the bench of a new
/// question, and returns their paths relative to the root. As they stand they
/// build, pass, are caught and satisfy lint; their subject, the mean of some
/// numbers, is there to be replaced.
///
/// Throws Error (usage) when `id` is not <section>/<slug> or when one of the
/// files exists, and Error (environment) when one cannot be written. Nothing
/// is left behind then.
std::vector<fs::path> scaffold(const Workspace& workspace,
                               const std::string& id);

}  // namespace wb
