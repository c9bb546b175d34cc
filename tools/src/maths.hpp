// TeX formulas as text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wb {

/// A formula on one line: "\frac{a + b}{c}" is "(a + b)/c". Commands that are
/// not known appear by their name; nothing is an error. Without `unicode` the
/// result is ASCII.
std::string tex_to_text(std::string_view tex, bool unicode = true);

/// A displayed formula in at most `width` columns: stacked fractions, limits
/// above and below sums, matrices, aligned rows, \tag{1} as (1) at the right.
/// A formula that is too wide is continued on the next line at an operator,
/// and in the one-line form when that is not enough.
std::vector<std::string> tex_display(std::string_view tex, int width,
                                     bool unicode = true);

}  // namespace wb
