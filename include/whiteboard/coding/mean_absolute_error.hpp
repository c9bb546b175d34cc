// Question:    Write a function that returns the mean absolute error, and say
//              what constant prediction minimises it.
// Answer:      questions/coding/mean_absolute_error.md (equation numbers are its own)
// Method:      subtract, take the magnitude, add up, divide once
// Time:        O(n)
// Memory:      O(1)
// Numerics:    all terms are >= 0, so nothing cancels: the relative error is
//              at most (n + 1) u, u = 1.1e-16
// References:  [1] Koenker and Bassett, Regression quantiles, Econometrica
//                  46(1), 1978
// Symbols:     y_true  n  what was measured
//              y_pred  n  what was predicted
#pragma once

#include <whiteboard/core/require.hpp>

#include <cmath>
#include <cstddef>
#include <span>

namespace whiteboard::coding {

/// Mean of the absolute differences, Eq. (1), in the unit of y.
///
/// Throws std::invalid_argument when the lengths differ, when there is nothing
/// to average, and when a difference is NaN or infinite.
///
///     const std::vector<double> y_true{1, 2, 3}, y_pred{1, 4, 2};
///     mean_absolute_error(y_true, y_pred);  // (0 + 2 + 1) / 3
inline double mean_absolute_error(std::span<const double> y_true,
                                  std::span<const double> y_pred) {
  // solution:begin
  require(y_true.size() == y_pred.size(),
          "mean_absolute_error: ", y_true.size(), " true values, but ",
          y_pred.size(), " predictions");
  require(!y_true.empty(), "mean_absolute_error: need n >= 1, got n = 0");

  double sum = 0.0;
  for (std::size_t i = 0; i < y_true.size(); ++i) {
    const double residual = y_pred[i] - y_true[i];
    require(std::isfinite(residual), "mean_absolute_error: difference ", i,
            " is ", residual);
    sum += std::abs(residual);
  }
  return sum / static_cast<double>(y_true.size());
  // solution:end
}

}  // namespace whiteboard::coding
