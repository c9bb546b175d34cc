// Question:    Write code to perform k-fold cross-validation.
// Answer:      questions/coding/k_fold_cross_validation.md (equation numbers are
//              its own)
// Method:      put the rows in order, shuffled once or not; cut that order into
//              k runs; each run is a test list and the rest its train list
// Time:        O(n k)
// Memory:      O(n k), the train lists
// References:  [1] Hastie, Tibshirani and Friedman, The Elements of Statistical
//                  Learning, 2nd edition, section 7.10
// Symbols:     n  number of rows
//              k  number of folds
#pragma once

#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

namespace whiteboard::coding {

/// Row numbers to fit on, and row numbers to score.
struct Fold {
  std::vector<std::size_t> train, test;
};

/// Cuts the rows 0, ..., n - 1 into k test lists whose sizes differ by at most
/// one, the larger ones first, Eq. (1). Without `shuffled` each list is a run
/// of consecutive rows; with it, all partitions are equally likely, and equal
/// seeds give equal folds with every standard library.
/// Throws std::invalid_argument unless 2 <= k <= n.
inline std::vector<Fold> k_fold(std::size_t n, std::size_t k, bool shuffled,
                                std::uint64_t seed) {
  require(k >= 2 && k <= n, "k_fold: need 2 <= k <= n, got k = ", k,
          ", n = ", n);
  // solution:begin
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (shuffled) {
    std::mt19937_64 rng(seed);
    shuffle(order, rng);
  }

  std::vector<Fold> folds(k);
  auto first = order.cbegin();
  for (std::size_t f = 0; f < k; ++f) {
    const std::size_t size = n / k + (f < n % k ? 1 : 0);  // Eq. (1)
    const auto last = first + static_cast<std::ptrdiff_t>(size);
    folds[f].test.assign(first, last);
    folds[f].train.assign(order.cbegin(), first);
    folds[f].train.insert(folds[f].train.end(), last, order.cend());
    first = last;
  }
  return folds;
  // solution:end
}

}  // namespace whiteboard::coding
