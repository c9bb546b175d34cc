// Question:    Bootstrap a confidence interval for any statistic.
// Answer:      questions/coding/bootstrap_interval.md (equation numbers are its own)
// Method:      percentile bootstrap: the statistic of many resamples, sorted,
//              and the middle of them
// Time:        O(B) evaluations of the statistic, O(B n) draws, O(B log B)
// Memory:      O(n + B)
// References:  [1] Efron and Tibshirani, An Introduction to the Bootstrap,
//                  Chapman and Hall, 1993
// Symbols:     n  values in the sample x
//              B  resamples, each of n values
#pragma once

#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace whiteboard::coding {

struct Interval {
  double low = 0.0;
  double high = 0.0;
};

// solution:begin
/// The p-quantile, between two neighbours if need be, Eq. (3).
inline double bootstrap_quantile(const std::vector<double>& sorted, double p) {
  const double at = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above],
                   at - static_cast<double>(below));
}
// solution:end

/// The middle `level` of the statistic's values on `resamples` resamples of x.
/// It is called once for each, with n values drawn from x with replacement.
///
/// What is in x, NaN included, is the statistic's business, but it must return
/// finite numbers. Throws std::invalid_argument if it does not, and unless x
/// has a value, resamples >= 1 and 0 < level < 1.
///
///     const auto mean = [](std::span<const double> x) { ... };
///     bootstrap_interval(x, mean, 10000, 0.95, rng);
template <BitEngine Rng>
Interval bootstrap_interval(
    std::span<const double> x,
    const std::function<double(std::span<const double>)>& statistic,
    int resamples, double level, Rng& rng) {
  require(!x.empty(), "bootstrap_interval: need a value, got 0");
  require(resamples >= 1, "bootstrap_interval: need resamples >= 1, got ",
          resamples);
  require(level > 0.0 && level < 1.0,
          "bootstrap_interval: need 0 < level < 1, got ", level);
  // solution:begin
  const auto n = static_cast<std::ptrdiff_t>(x.size());
  std::vector<double> resample(x.size()), values;
  for (int b = 0; b < resamples; ++b) {
    for (double& value : resample) {
      value = x[static_cast<std::size_t>(uniform_index(n, rng))];
    }
    values.push_back(statistic(resample));
    require(std::isfinite(values.back()),
            "bootstrap_interval: the statistic of resample ", b, " is ",
            values.back());
  }
  std::sort(values.begin(), values.end());
  const double tail = (1.0 - level) / 2.0;  // on either side
  return {bootstrap_quantile(values, tail),
          bootstrap_quantile(values, 1.0 - tail)};
  // solution:end
}

}  // namespace whiteboard::coding
