// How near what was typed is to what may have been meant.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wb {

/// Do the letters of `needle` occur in `text` in this order?
bool is_subsequence(std::string_view needle, std::string_view text);

/// Insertions, deletions, replacements and swaps of neighbouring letters that
/// turn `a` into `b`.
std::size_t typing_distance(std::string_view a, std::string_view b);

/// The `words` a few keystrokes from `typed`, nearest first, three at most.
std::vector<std::string> nearest_words(std::string_view typed,
                                       const std::vector<std::string>& words);

}  // namespace wb
