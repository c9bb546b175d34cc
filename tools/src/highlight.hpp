// Code with roles.
#pragma once

#include "style.hpp"

#include <string>
#include <string_view>

namespace wb {

/// C++ line by line: keywords, types, numbers, strings, comments, directives.
/// The markers of strip_markers() are left out. Nothing else is lost; tabs
/// become four columns.
Lines highlight_cpp(std::string_view code);

/// `code` without the lines `// solution:begin` and `// solution:end`.
std::string strip_markers(std::string_view code);

/// A unified diff: what is added, what is removed, where.
Lines highlight_diff(std::string_view diff);

/// Text line by line in one role, fit to be printed.
Lines unstyled(std::string_view text, Role role = Role::plain);

}  // namespace wb
