// Question:    Split rows into train and test, optionally keeping class
//              proportions.
// Answer:      questions/coding/train_test_split.md (equation numbers are its own)
// Method:      a quota of test rows per class, then one walk through the rows
//              in random order that fills the quotas first
// Time:        O(n log c)
// Memory:      O(n)
// Numerics:    the quota is rounded to the nearest row: 0.29 * 100 is less than
//              29 in doubles, and truncation would lose a row
// Symbols:     y  n  labels, any integers
//              c     number of classes
#pragma once

#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace whiteboard::coding {

/// Row numbers of the two parts, each in random order.
struct TrainTestSplit {
  std::vector<std::size_t> train, test;
};

/// Shares out the rows 0, ..., n - 1. The test part has test_fraction * n rows,
/// rounded to the nearest whole number; with `stratify` it has that fraction of
/// each class, rounded class by class, Eq. (1). The same seed gives the same
/// split with every standard library.
///
/// Throws std::invalid_argument unless 0 < test_fraction < 1 (so NaN too) and
/// both parts get at least one row; with `stratify`, one of each class.
inline TrainTestSplit train_test_split(std::span<const int> y,
                                       double test_fraction, bool stratify,
                                       std::uint64_t seed) {
  require(test_fraction > 0.0 && test_fraction < 1.0,
          "train_test_split: need 0 < test_fraction < 1, got ", test_fraction);
  require(!y.empty(), "train_test_split: no rows");
  // solution:begin
  // Without stratification all rows are of one class.
  std::map<int, std::ptrdiff_t> quota;
  for (const int label : y) ++quota[stratify ? label : 0];
  for (auto& [label, rows] : quota) {
    const std::ptrdiff_t test =
        std::llround(test_fraction * static_cast<double>(rows));
    require(test > 0 && test < rows, "train_test_split: ", test, " of the ",
            rows, " rows", stratify ? " of class " + std::to_string(label) : "",
            " would be for testing");
    rows = test;
  }

  std::mt19937_64 rng(seed);
  TrainTestSplit split;
  for (const std::ptrdiff_t draw : permutation(std::ssize(y), rng)) {
    const auto i = static_cast<std::size_t>(draw);
    const bool owed = quota[stratify ? y[i] : 0]-- > 0;
    (owed ? split.test : split.train).push_back(i);
  }
  return split;
  // solution:end
}

}  // namespace whiteboard::coding
