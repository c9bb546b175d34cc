// The line at the top of an answer that leads to its code, tests, mistakes and
// benchmark, for readers who browse the Markdown on its own.
#pragma once

#include <functional>
#include <string>

#include "workspace.hpp"

namespace wb {

/// Links from the answer's page to those files of `question` that `exists`,
/// one a line, joined by dots: "[Code](../../include/...) ·". An exercise's
/// header is its solution and is named so. Empty when there are none.
std::string file_links(const Question& question,
                       const std::function<bool(const fs::path&)>& exists);

}  // namespace wb
