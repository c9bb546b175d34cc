// Takes each value or leaves it, by recursion, and compares differences of
// means with a tolerance relative to the range of the values.
#pragma once

#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace whiteboard::coding {

struct SplitCounter {
  std::vector<double> pool;
  double total = 0.0, n_a = 0.0, n_b = 0.0, bar = 0.0;
  double hits = 0.0, splits = 0.0;

  double difference(double sum) const {
    return std::abs(sum / n_a - (total - sum) / n_b);
  }

  void visit(std::size_t i, std::size_t to_take, double sum) {
    if (to_take == 0) {
      splits += 1.0;
      if (difference(sum) >= bar) hits += 1.0;
      return;
    }
    if (pool.size() - i < to_take) return;
    visit(i + 1, to_take - 1, sum + pool[i]);
    visit(i + 1, to_take, sum);
  }
};

/// Checks and pools the values, and sets the bar that a split must reach.
inline SplitCounter split_counter(std::span<const double> a,
                                  std::span<const double> b) {
  SplitCounter c;
  c.pool.assign(a.begin(), a.end());
  c.pool.insert(c.pool.end(), b.begin(), b.end());
  for (const double x : c.pool) {
    require(std::isfinite(x), "permutation_test: a value is ", x);
  }
  const auto [low, high] = std::minmax_element(c.pool.begin(), c.pool.end());
  const double range = *high - *low, offset = *low;
  require(std::isfinite(range), "permutation_test: the values overflow");
  for (double& x : c.pool) x -= offset;
  for (const double x : c.pool) c.total += x;
  c.n_a = static_cast<double>(a.size());
  c.n_b = static_cast<double>(b.size());
  double observed = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) observed += c.pool[i];
  c.bar = c.difference(observed) - 1e-10 * range;
  return c;
}

template <BitEngine Rng>
double permutation_test(std::span<const double> a, std::span<const double> b,
                        int permutations, Rng& rng) {
  require(!a.empty() && !b.empty(),
          "permutation_test: need a value in each group, got ", a.size(),
          " and ", b.size());
  require(permutations >= 1, "permutation_test: need permutations >= 1, got ",
          permutations);
  SplitCounter c = split_counter(a, b);
  double log_splits = 0.0;
  for (double i = 1.0; i <= c.n_a; i += 1.0) {
    log_splits += std::log((c.n_b + i) / i);
  }
  if (log_splits < std::log(permutations + 0.5)) {
    c.visit(0, a.size(), 0.0);
    return c.hits / c.splits;
  }
  for (int p = 0; p < permutations; ++p) {
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      const auto rest = static_cast<std::ptrdiff_t>(c.pool.size() - i);
      const auto j = i + static_cast<std::size_t>(uniform_index(rest, rng));
      std::swap(c.pool[i], c.pool[j]);
      sum += c.pool[i];
    }
    if (c.difference(sum) >= c.bar) c.hits += 1.0;
  }
  return (c.hits + 1.0) / (permutations + 1.0);
}

}  // namespace whiteboard::coding
