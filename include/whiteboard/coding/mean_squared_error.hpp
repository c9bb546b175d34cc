// Question:    Write a function that returns the mean squared error of a vector
//              of predictions.
// Answer:      questions/coding/mean_squared_error.md (equation numbers are its own)
// Method:      subtract, square, add up in double, divide once
// Time:        O(n)
// Memory:      O(1)
// Numerics:    no cancellation: all terms are >= 0, so the relative error of
//              the sum is at most (n + 3) u, u = 1.1e-16
// References:  [1] Higham, Accuracy and Stability of Numerical Algorithms,
//                  SIAM, 2nd edition, 2002, chapter 4
// Symbols:     y_true  n  what was measured
//              y_pred  n  what was predicted
#pragma once

#include <whiteboard/core/require.hpp>

#include <cmath>
#include <cstddef>
#include <span>

namespace whiteboard::coding {

/// Mean of the squared differences, Eq. (1), in the squared unit of y.
///
/// Throws std::invalid_argument when the lengths differ, when there is nothing
/// to average, and when a difference is NaN or infinite. Infinity when the
/// squares overflow.
///
///     const std::vector<double> y_true{1, 2, 3}, y_pred{1, 2, 5};
///     mean_squared_error(y_true, y_pred);  // 4.0 / 3.0
inline double mean_squared_error(std::span<const double> y_true,
                                 std::span<const double> y_pred) {
  // solution:begin
  require(y_true.size() == y_pred.size(), "mean_squared_error: ", y_true.size(),
          " true values, but ", y_pred.size(), " predictions");
  require(!y_true.empty(), "mean_squared_error: need n >= 1, got n = 0");

  double sum = 0.0;
  for (std::size_t i = 0; i < y_true.size(); ++i) {
    const double residual = y_pred[i] - y_true[i];
    require(std::isfinite(residual), "mean_squared_error: difference ", i,
            " is ", residual);
    sum += residual * residual;
  }
  return sum / static_cast<double>(y_true.size());
  // solution:end
}

}  // namespace whiteboard::coding
