// Question:    Compute the area under the ROC curve without drawing it.
// Answer:      questions/coding/roc_auc.md (equation numbers are its own)
// Method:      sort once, give equal scores their average rank, add up the
//              ranks of the positives; faster: radix sort of each class, merge
// Time:        O(n log n); O(n) for the second form
// Memory:      O(n)
// Numerics:    twice the rank sum is a whole number: all sums are exact for n
//              below 2^31, and only the quotient is rounded
// References:  [1] Mann and Whitney, On a test of whether one of two random
//                  variables is stochastically larger than the other, Annals
//                  of Mathematical Statistics 18(1), 1947
//              [2] DeLong, DeLong and Clarke-Pearson, Comparing the areas under
//                  two or more correlated ROC curves, Biometrics 44(3), 1988
// Symbols:     y      n  labels, 0 or 1
//              score  n  larger means more likely 1; infinities are allowed
#pragma once

#include <whiteboard/core/require.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace whiteboard::coding {

// solution:begin
/// The number of positives, after a look at every label and score.
inline std::size_t checked_positives(std::span<const int> y,
                                     std::span<const double> score) {
  require(y.size() == score.size(), "roc_auc: ", y.size(), " labels, but ",
          score.size(), " scores");
  std::size_t positives = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    require(y[i] == 0 || y[i] == 1, "roc_auc: label ", i, " is ", y[i]);
    require(!std::isnan(score[i]), "roc_auc: score ", i, " is nan");
    positives += y[i] == 1 ? 1 : 0;
  }
  require(0 < positives && positives < y.size(),
          "roc_auc: need both classes, got ", positives, " positives among ",
          y.size());
  return positives;
}
// solution:end

/// Probability that a random positive scores above a random negative, a tie
/// counting one half, Eq. (1).
///
/// Throws std::invalid_argument when the lengths differ, when a label is not 0
/// or 1, when a score is NaN, and when a class is missing.
///
///     const std::vector<int> y{0, 0, 1, 1};
///     const std::vector<double> score{0.1, 0.4, 0.35, 0.8};
///     roc_auc(y, score);  // 0.75: three of the four pairs
inline double roc_auc(std::span<const int> y, std::span<const double> score) {
  // solution:begin
  const std::size_t n = y.size(), positives = checked_positives(y, score);
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return score[a] < score[b]; });

  std::size_t twice_rank_sum = 0;
  for (std::size_t first = 0, last = 0; first < n; first = last) {
    std::size_t hits = 0;  // positives among these equal scores
    for (; last < n && score[order[last]] == score[order[first]]; ++last) {
      hits += y[order[last]] == 1 ? 1 : 0;
    }
    // Ranks first + 1, ..., last: each gets their average.
    twice_rank_sum += hits * (first + 1 + last);
  }
  const std::size_t twice_wins = twice_rank_sum - positives * (positives + 1);
  return static_cast<double>(twice_wins) /
         (2.0 * static_cast<double>(positives) *
          static_cast<double>(n - positives));  // Eq. (3)
  // solution:end
}

// solution:begin
/// A whole number that orders as x does: negative doubles, whose bits grow
/// with their magnitude, are turned over and put below the others.
inline std::uint64_t ordered_bits(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x + 0.0);  // -0.0 is 0.0
  constexpr std::uint64_t sign = std::uint64_t{1} << 63;
  return (bits & sign) != 0 ? ~bits : bits | sign;
}

/// Sorts by one byte after the other, the lowest first; every pass is stable,
/// so the order of the lower bytes survives where the higher ones are equal.
inline void radix_sort(std::vector<std::uint64_t>& keys) {
  std::vector<std::uint64_t> sorted(keys.size());
  for (unsigned shift = 0; shift < 64; shift += 8) {
    std::array<std::size_t, 257> start{};  // of each byte's place in `sorted`
    for (const std::uint64_t key : keys) ++start[(key >> shift & 255) + 1];
    if (start[(keys.front() >> shift & 255) + 1] == keys.size()) continue;
    std::partial_sum(start.begin(), start.end(), start.begin());
    for (const std::uint64_t key : keys) {
      sorted[start[key >> shift & 255]++] = key;
    }
    keys.swap(sorted);
  }
}
// solution:end

/// roc_auc() in linear time: each class is sorted by the bits of its scores,
/// and one walk over both counts the pairs, Eq. (4).
inline double roc_auc_fast(std::span<const int> y,
                           std::span<const double> score) {
  // solution:begin
  const std::size_t positives = checked_positives(y, score);
  std::array<std::vector<std::uint64_t>, 2> keys;
  keys[0].reserve(y.size() - positives);
  keys[1].reserve(positives);
  for (std::size_t i = 0; i < y.size(); ++i) {
    keys[y[i] == 1 ? 1 : 0].push_back(ordered_bits(score[i]));
  }
  radix_sort(keys[0]);
  radix_sort(keys[1]);

  const std::vector<std::uint64_t>& negative = keys[0];
  std::size_t below = 0, not_above = 0, twice_wins = 0;
  for (const std::uint64_t key : keys[1]) {
    while (below < negative.size() && negative[below] < key) ++below;
    while (not_above < negative.size() && negative[not_above] <= key) {
      ++not_above;
    }
    twice_wins += below + not_above;
  }
  return static_cast<double>(twice_wins) /
         (2.0 * static_cast<double>(positives) *
          static_cast<double>(negative.size()));
  // solution:end
}

}  // namespace whiteboard::coding
