// Top down: recursion over prefixes with a memo; and, for the second part, the
// furthest-reaching diagonals of Ukkonen and Myers instead of bits.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

namespace whiteboard::coding {

inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  const std::size_t unknown = a.size() + b.size() + 1;
  std::vector<std::size_t> memo((a.size() + 1) * (b.size() + 1), unknown);
  const std::function<std::size_t(std::size_t, std::size_t)> distance =
      [&](std::size_t i, std::size_t j) -> std::size_t {
    if (i == 0 || j == 0) return i + j;
    std::size_t& d = memo[i * (b.size() + 1) + j];
    if (d != unknown) return d;
    if (a[i - 1] == b[j - 1]) return d = distance(i - 1, j - 1);
    return d = 1 + std::min({distance(i - 1, j - 1), distance(i - 1, j),
                             distance(i, j - 1)});
  };
  return distance(a.size(), b.size());
}

/// reach[k]: how far into `a` one gets on diagonal j - i = k with e edits.
inline std::size_t edit_distance_bits(std::string_view a, std::string_view b) {
  const auto m = static_cast<std::ptrdiff_t>(a.size());
  const auto n = static_cast<std::ptrdiff_t>(b.size());
  const std::ptrdiff_t none = -m - n - 2;
  const auto slot = [&](std::ptrdiff_t k) {
    return static_cast<std::size_t>(k + m + 1);
  };
  std::vector<std::ptrdiff_t> reach(static_cast<std::size_t>(m + n + 3), none);
  for (std::size_t e = 0;; ++e) {
    std::vector<std::ptrdiff_t> next(reach.size(), none);
    for (std::ptrdiff_t k = -m; k <= n; ++k) {
      std::ptrdiff_t i = e == 0
                             ? (k == 0 ? 0 : none)
                             : std::max({reach[slot(k)] + 1, reach[slot(k - 1)],
                                         reach[slot(k + 1)] + 1});
      i = std::min({i, m, n - k});
      if (i < 0 || i + k < 0) continue;
      while (i < m && i + k < n &&
             a[static_cast<std::size_t>(i)] ==
                 b[static_cast<std::size_t>(i + k)]) {
        ++i;
      }
      next[slot(k)] = i;
    }
    reach = next;
    if (reach[slot(n - m)] >= m) return e;
  }
}

}  // namespace whiteboard::coding
