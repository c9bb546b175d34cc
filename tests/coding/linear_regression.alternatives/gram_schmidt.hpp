// Modified Gram-Schmidt on [A, y], then back substitution: no library QR.
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

namespace whiteboard::coding {

inline Vector linear_regression(const MatrixRef& X, const VectorRef& y) {
  const Eigen::Index n = X.rows(), d = X.cols();
  require(y.size() == n, "linear_regression: ", n, " rows, but ", y.size(),
          " responses");
  require(n >= d + 1, "linear_regression: need n >= d + 1, got n = ", n,
          ", d = ", d);
  require_finite(X, "linear_regression: X");
  require_finite(y, "linear_regression: y");
  Eigen::MatrixXd Q(n, d + 1);  // column-major: columns are what it works on
  Q << Vector::Ones(n), X;
  Vector rest = y;
  Matrix R = Matrix::Zero(d + 1, d + 1);
  Vector c(d + 1), b(d + 1);
  Eigen::Index rank = 0;
  for (Eigen::Index j = 0; j <= d; ++j) {
    const double before = Q.col(j).stableNorm();
    if (before > 0.0) Q.col(j) /= before;
    for (int twice = 0; twice < 2; ++twice) {
      for (Eigen::Index k = 0; k < j; ++k) {
        const double part = Q.col(k).dot(Q.col(j));
        R(k, j) += part * before;
        Q.col(j) -= part * Q.col(k);
      }
    }
    const double left = Q.col(j).norm();
    if (left > 1e-15 * static_cast<double>(n)) ++rank;
    R(j, j) = left * before;
    Q.col(j) /= left;
    c(j) = Q.col(j).dot(rest);
    rest -= c(j) * Q.col(j);
  }
  require(rank == d + 1, "linear_regression: need independent columns, ",
          "got rank ", rank, " of ", d + 1);
  for (Eigen::Index j = d; j >= 0; --j) {
    double sum = c(j);
    for (Eigen::Index k = j + 1; k <= d; ++k) sum -= R(j, k) * b(k);
    b(j) = sum / R(j, j);
  }
  return b;
}

}  // namespace whiteboard::coding
