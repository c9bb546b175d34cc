// Question:    Test whether two groups differ, with no distribution assumed.
// Answer:      questions/coding/permutation_test.md (equation numbers are its own)
// Method:      count the splits of the pooled values whose difference of means
//              is as large as the observed one: all of them, or random ones
// Time:        O(n) per split
// Memory:      O(n)
// Numerics:    differences count as equal within the rounding of their sums: a
//              split must not lose its tie with its own mirror image
// References:  [1] Phipson and Smyth, Permutation p-values should never be
//                  zero, Statistical Applications in Genetics and Molecular
//                  Biology 9(1), 2010
// Symbols:     a  n_a  one group
//              b  n_b  the other; n = n_a + n_b
#pragma once

#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

namespace whiteboard::coding {

// solution:begin
/// Decides whether a group with a given sum differs from the rest of the pool
/// by at least as much as the group `a` does.
class AsExtreme {
 public:
  AsExtreme(std::span<const double> pool, std::size_t n_a) {
    const double total = std::accumulate(pool.begin(), pool.end(), 0.0);
    const auto n = static_cast<double>(pool.size());
    expected_ = total * (static_cast<double>(n_a) / n);
    double magnitude = 0.0;
    for (const double x : pool) magnitude += std::abs(x);
    require(std::isfinite(magnitude), "permutation_test: the values overflow");
    // Two sums, and the expectation twice: their rounding, Eq. (3).
    const double slack =
        2.0 * (n + 1.0) * std::numeric_limits<double>::epsilon() * magnitude;
    const double sum = std::accumulate(pool.data(), pool.data() + n_a, 0.0);
    least_ = std::abs(sum - expected_) - slack;
  }

  bool operator()(double sum) const {
    return std::abs(sum - expected_) >= least_;  // Eq. (2)
  }

 private:
  double expected_ = 0.0;  // of the sum of n_a values
  double least_ = 0.0;
};

/// n choose k, exact up to 2^53, rounded beyond.
inline double number_of_splits(std::size_t n, std::size_t k) {
  double splits = 1.0;
  for (std::size_t i = 1; i <= std::min(k, n - k); ++i) {
    splits = splits * static_cast<double>(n - i + 1) / static_cast<double>(i);
  }
  return splits;
}

/// The share of all splits that are as extreme.
inline double exact_p_value(std::span<const double> pool, std::size_t n_a) {
  const AsExtreme as_extreme(pool, n_a);
  std::vector<bool> in_a(pool.size(), false);
  std::fill_n(in_a.begin(), n_a, true);
  int hits = 0, splits = 0;
  do {
    double sum = 0.0;
    for (std::size_t i = 0; i < pool.size(); ++i) {
      if (in_a[i]) sum += pool[i];
    }
    ++splits;
    if (as_extreme(sum)) ++hits;
  } while (std::prev_permutation(in_a.begin(), in_a.end()));
  return hits / static_cast<double>(splits);
}
// solution:end

/// The two-sided p-value of the difference of means: the share of relabelings
/// whose absolute difference is at least the observed one. Exact, over all
/// splits, when there are at most `permutations` of them; otherwise
/// (hits + 1) / (permutations + 1) from random ones.
/// Throws std::invalid_argument when a group is empty, unless permutations >= 1
/// and unless all values and the sum of their distances are finite.
///
///     // (1, 2, 3) against (4, 5, 6): 2 of 20 splits, 0.1
///     permutation_test(a, b, 1000, rng);
template <BitEngine Rng>
double permutation_test(std::span<const double> a, std::span<const double> b,
                        int permutations, Rng& rng) {
  require(!a.empty() && !b.empty(),
          "permutation_test: need a value in each group, got ", a.size(),
          " and ", b.size());
  require(permutations >= 1, "permutation_test: need permutations >= 1, got ",
          permutations);
  // solution:begin
  std::vector<double> pool(a.begin(), a.end());
  pool.insert(pool.end(), b.begin(), b.end());
  for (double& x : pool) {
    require(std::isfinite(x), "permutation_test: a value is ", x);
    x -= a[0];  // a common offset must not cost digits
  }
  if (number_of_splits(pool.size(), a.size()) <= permutations) {
    return exact_p_value(pool, a.size());
  }

  const AsExtreme as_extreme(pool, a.size());
  int hits = 0;
  for (int i = 0; i < permutations; ++i) {
    shuffle(pool, rng);
    const double sum =
        std::accumulate(pool.data(), pool.data() + a.size(), 0.0);
    if (as_extreme(sum)) ++hits;
  }
  // The observed split is one of those that can be drawn, Eq. (4).
  return (hits + 1.0) / (permutations + 1.0);
  // solution:end
}

}  // namespace whiteboard::coding
