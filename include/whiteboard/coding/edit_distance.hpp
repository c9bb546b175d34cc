// Question:    Compute the Levenshtein distance between two strings.
// Answer:      questions/coding/edit_distance.md (equation numbers are its own)
// Method:      dynamic programme over prefixes in one row [1]; then 64 cells of
//              a column at a time in the bits of a word [2], [3]
// Time:        O(m n); in bits O(m n / 64), plus O(m) for the tables
// Memory:      O(min(m, n))
// References:  [1] Wagner and Fischer, The string-to-string correction problem,
//                  Journal of the ACM 21(1), 1974
//              [2] Myers, A fast bit-vector algorithm for approximate string
//                  matching based on dynamic programming, JACM 46(3), 1999
//              [3] Hyyro, A bit-vector algorithm for computing Levenshtein and
//                  Damerau edit distances, Nordic Journal of Computing 10, 2003
// Symbols:     a  m   b  n   strings and their lengths in bytes
//              d(i, j)       distance of the first i bytes of a and j of b
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

namespace whiteboard::coding {

/// The least number of insertions, deletions and substitutions of single bytes
/// that turn `a` into `b`, Eq. (1). Every pair of strings is valid.
///
///     edit_distance("kitten", "sitting")  // 3
inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  // solution:begin
  if (a.size() < b.size()) std::swap(a, b);  // the row is the shorter one
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});  // d(0, j) = j
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];  // d(i - 1, j - 1), before it is overwritten
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      const std::size_t kept = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({kept, above + 1, row[j - 1] + 1});
      diagonal = above;
    }
  }
  return row.back();
  // solution:end
}

// solution:begin
/// 64 rows of the current column as steps from the row above, Eq. (2).
struct EditSteps {
  std::uint64_t up = ~std::uint64_t{0};  ///< bit i: the step down to i is +1
  std::uint64_t down = 0;                ///< bit i: the step down to i is -1
};

/// The horizontal step into, or out of, 64 rows: +1, -1 or neither.
struct EditCarry {
  std::uint64_t up;
  std::uint64_t down;
};

/// One column further, Eq. (3). Bit i of `match` says that row i matches the
/// new byte; `last` is the row whose horizontal step is handed on.
inline EditCarry advance(EditSteps& steps, std::uint64_t match, EditCarry in,
                         std::size_t last) {
  const std::uint64_t vertical = match | steps.down;
  match |= in.down;
  // The carry of the sum runs along a chain of +1 steps from a match.
  const std::uint64_t same =
      (((match & steps.up) + steps.up) ^ steps.up) | match;
  const std::uint64_t up = steps.down | ~(same | steps.up);
  const std::uint64_t down = steps.up & same;
  const std::uint64_t up_above = up << 1 | in.up;
  steps.up = (down << 1 | in.down) | ~(vertical | up_above);
  steps.down = up_above & vertical;
  return {up >> last & 1, down >> last & 1};
}
// solution:end

/// The same number by Myers' recurrence.
inline std::size_t edit_distance_bits(std::string_view a, std::string_view b) {
  // solution:begin
  if (a.size() > b.size()) std::swap(a, b);  // rows from the shorter one
  if (a.empty()) return b.size();
  const std::size_t words = (a.size() + 63) / 64;
  std::vector<std::array<std::uint64_t, 256>> matches(words);
  for (std::size_t i = 0; i < a.size(); ++i) {
    matches[i / 64][static_cast<unsigned char>(a[i])] |= std::uint64_t{1}
                                                         << i % 64;
  }
  std::vector<EditSteps> column(words);
  std::size_t distance = a.size();  // d(m, 0)
  for (const char letter : b) {
    EditCarry carry{1, 0};  // d(0, j) = j: the top row rises by 1
    for (std::size_t w = 0; w < words; ++w) {
      const std::size_t last = w + 1 < words ? 63 : (a.size() - 1) % 64;
      carry = advance(column[w], matches[w][static_cast<unsigned char>(letter)],
                      carry, last);
    }
    distance += carry.up;
    distance -= carry.down;
  }
  return distance;
  // solution:end
}

}  // namespace whiteboard::coding
