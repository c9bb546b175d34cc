// Question:    Implement logistic regression from scratch.
// Answer:      questions/coding/logistic_regression.md (equation numbers are its own)
// Method:      full-batch gradient descent on the penalised mean log loss
// Time:        O(n d) per step
// Memory:      O(n + d)
// Numerics:    1 / (1 + exp(-z)) is safe for every z: exp may overflow to
//              infinity, and the quotient is then 0; exp(z) / (1 + exp(z)) is
//              not
// References:  [1] Albert and Anderson, On the existence of maximum likelihood
//                  estimates in logistic regression models, Biometrika 71(1),
//                  1984
// Symbols:     X   n x d  features
//              y   n      labels, 0 or 1
//              b   1      intercept
//              w   d      weights
//              l2         strength of the penalty
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cmath>
#include <cstddef>
#include <iterator>
#include <span>

namespace whiteboard::coding {

/// The intercept and the d weights after `steps` steps of Eq. (4) from zero, on
/// the mean log loss plus l2 / 2 |w|^2. The intercept is not penalised.
///
/// Throws std::invalid_argument when there is no row, when X and y differ in
/// rows, on a label other than 0 and 1, on NaN and infinity in X, unless l2 is
/// finite and not negative and lr finite and positive, and when steps < 0. Too
/// large an lr is not refused: the result then oscillates or overflows.
inline Vector logistic_regression(const MatrixRef& X, std::span<const int> y,
                                  double l2, double lr, int steps) {
  const Eigen::Index n = X.rows(), d = X.cols();
  require(n >= 1 && std::ssize(y) == n,
          "logistic_regression: need as many labels as rows, and one, got ", n,
          " rows and ", y.size(), " labels");
  for (std::size_t i = 0; i < y.size(); ++i) {
    require(y[i] == 0 || y[i] == 1, "logistic_regression: label ", i, " is ",
            y[i], ", need 0 or 1");
  }
  require(l2 >= 0.0 && std::isfinite(l2),
          "logistic_regression: need a finite l2 >= 0, got ", l2);
  require(lr > 0.0 && std::isfinite(lr),
          "logistic_regression: need a finite lr > 0, got ", lr);
  require(steps >= 0, "logistic_regression: need steps >= 0, got ", steps);
  require_finite(X, "logistic_regression: X");
  // solution:begin
  Vector coef = Vector::Zero(d + 1);
  for (int step = 0; step < steps; ++step) {
    Vector residual = (X * coef.tail(d)).array() + coef(0);
    for (Eigen::Index i = 0; i < n; ++i) {
      const double p = 1.0 / (1.0 + std::exp(-residual(i)));
      residual(i) = p - y[static_cast<std::size_t>(i)];
    }
    const Vector slope =
        X.transpose() * residual / static_cast<double>(n) + l2 * coef.tail(d);
    coef(0) -= lr * residual.mean();
    coef.tail(d) -= lr * slope;
  }
  return coef;
  // solution:end
}

}  // namespace whiteboard::coding
