// Text with a meaning attached, the common currency of everything that draws:
// what a span is (Role) is decided where it is made, how it looks (colour or
// not) only where it is printed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wb {

enum class Role {
  plain,
  strong,
  emphasis,
  heading,
  label,  ///< names of fields, table heads
  dim,
  link,
  code,
  maths,
  keyword,
  type,
  number,
  string,
  comment,
  preprocessor,
  good,
  bad,
  warning,
};

struct Span {
  std::string text;  ///< UTF-8 without control characters or line ends
  Role role = Role::plain;

  bool operator==(const Span&) const = default;
};

using Line = std::vector<Span>;
using Lines = std::vector<Line>;

}  // namespace wb
