// Question:    Implement linear regression in closed form.
// Answer:      questions/coding/linear_regression.md (equation numbers are its
//              own)
// Method:      Householder QR with column pivoting of the columns, each scaled
//              to length 1, with a column of ones for the intercept
// Time:        O(n d^2)
// Memory:      O(n d)
// Numerics:    the error grows with the condition number, not with its square
//              as in the normal equations; with unit columns the test for rank
//              does not depend on units
// References:  [1] Golub and Van Loan, Matrix Computations, 4th edition, 5.3
//              [2] NIST Statistical Reference Datasets, Longley
// Symbols:     X  n x d        features
//              y  n            responses
//              A  n x (d + 1)  the design, ones and X, Eq. (1)
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>
#include <Eigen/QR>

#include <limits>

namespace whiteboard::coding {

/// The intercept and the d slopes that minimise |y - b(0) - X b(1..d)|^2.
///
/// Throws std::invalid_argument when X and y differ in rows, on NaN and
/// infinity, and where the minimum is not unique: n < d + 1, or the columns and
/// the ones are linearly dependent to within rounding.
///
///     linear_regression(Matrix{{1}, {2}, {3}}, Vector{{1, 2, 2}})  // 2/3, 1/2
inline Vector linear_regression(const MatrixRef& X, const VectorRef& y) {
  const Eigen::Index n = X.rows(), d = X.cols();
  require(y.size() == n, "linear_regression: ", n, " rows, but ", y.size(),
          " responses");
  require(n >= d + 1, "linear_regression: need n >= d + 1, got n = ", n,
          ", d = ", d);
  require_finite(X, "linear_regression: X");
  require_finite(y, "linear_regression: y");
  // solution:begin
  Matrix A(n, d + 1);
  A << Vector::Ones(n), X;
  Vector length(d + 1);
  for (Eigen::Index j = 0; j <= d; ++j) {
    length(j) = A.col(j).stableNorm();
    if (length(j) > 0.0) A.col(j) /= length(j);
  }

  Eigen::ColPivHouseholderQR<Matrix> qr(A);
  // Of a dependent column, rounding leaves a pivot of about this size.
  qr.setThreshold(static_cast<double>(n) *
                  std::numeric_limits<double>::epsilon());
  require(qr.rank() == d + 1, "linear_regression: need independent columns, ",
          "got rank ", qr.rank(), " of ", d + 1);
  const Vector b = qr.solve(y);
  return b.cwiseQuotient(length);
  // solution:end
}

}  // namespace whiteboard::coding
