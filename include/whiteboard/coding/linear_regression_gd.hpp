// Question:    Fit linear regression with gradient descent and choose a
//              learning rate that converges.
// Answer:      questions/coding/linear_regression_gd.md (equation numbers are its own)
// Method:      full-batch gradient descent on the mean squared error from zero
// Time:        O(n d) per step
// Memory:      O(n + d) and one number per step
// Numerics:    too large a rate makes loss and coefficients grow to infinity
//              and then NaN; that is a result, not an error
// References:  [1] Nesterov, Lectures on Convex Optimization, 2nd edition, 2.1
// Symbols:     X  n x d  features
//              y  n      responses
//              b  d + 1  intercept and slopes
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cmath>
#include <cstddef>
#include <vector>

namespace whiteboard::coding {

struct GdFit {
  Vector coef;               ///< d + 1: intercept, slopes
  std::vector<double> loss;  ///< mean squared error before every step
};

/// `steps` steps of Eq. (2) from zero. X and y must be finite; the result is
/// whatever the rate makes of them, infinity and NaN included.
/// Throws std::invalid_argument when there is no row, when X and y differ in
/// rows, unless lr is positive and finite, and when steps < 0.
inline GdFit linear_regression_gd(const MatrixRef& X, const VectorRef& y,
                                  double lr, int steps) {
  const Eigen::Index n = X.rows(), d = X.cols();
  require(n >= 1 && y.size() == n,
          "linear_regression_gd: need as many responses as rows, and one, got ",
          n, " rows and ", y.size(), " responses");
  require(lr > 0.0 && std::isfinite(lr),
          "linear_regression_gd: need a positive finite lr, got ", lr);
  require(steps >= 0, "linear_regression_gd: need steps >= 0, got ", steps);
  require_finite(X, "linear_regression_gd: X");
  require_finite(y, "linear_regression_gd: y");
  // solution:begin
  GdFit fit{Vector::Zero(d + 1), {}};
  fit.loss.reserve(static_cast<std::size_t>(steps));
  const double scale = 2.0 / static_cast<double>(n);
  for (int step = 0; step < steps; ++step) {
    // One residual serves the loss and all of the gradient, Eq. (2).
    const Vector residual = (X * fit.coef.tail(d) - y).array() + fit.coef(0);
    fit.loss.push_back(residual.squaredNorm() / static_cast<double>(n));
    fit.coef(0) -= lr * scale * residual.sum();
    fit.coef.tail(d) -= lr * scale * (X.transpose() * residual);
  }
  return fit;
  // solution:end
}

}  // namespace whiteboard::coding
