// Question:    Implement PCA and project data onto k components.
// Answer:      questions/coding/pca.md (equation numbers are its own)
// Method:      singular value decomposition of the centred data [1], by
//              rotations that make its columns orthogonal [2]
// Time:        O(n d^2) per sweep; near the end each squares what is left
// Memory:      O((n + d) d)
// Numerics:    singular values are right to eps s_1; the square roots of the
//              covariance's eigenvalues only to sqrt(eps) s_1
// References:  [1] Jolliffe, Principal Component Analysis, 2nd ed., 2002
//              [2] Demmel and Veselic, Jacobi's method is more accurate than
//                  QR, SIAM Journal on Matrix Analysis 13(4), 1992
// Symbols:     X  n x d  samples, one per row
//              V  d x k  components, one per column
//              s  k      singular values of the centred X, largest first
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>
#include <Eigen/Jacobi>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <vector>

namespace whiteboard::coding {

struct Pca {
  Vector mean;                ///< d, of the samples
  Matrix components;          ///< k x d, orthonormal rows, strongest first
  Vector explained_variance;  ///< k, with n - 1, Eq. (3)
};

// solution:begin
/// X_c V with orthogonal columns, in any order, and the orthogonal V.
struct OrthogonalColumns {
  Eigen::MatrixXd columns;  ///< n x d, their lengths are the singular values
  Eigen::MatrixXd V;        ///< d x d
};

/// Rotates two columns at a time until their cosine is within rounding. Only
/// columns of nothing but rounding may never get there, hence the limit.
inline OrthogonalColumns orthogonal_columns(const Eigen::MatrixXd& centred) {
  const Eigen::Index d = centred.cols();
  OrthogonalColumns result{centred, Eigen::MatrixXd::Identity(d, d)};
  const double rounding = 4.0 * static_cast<double>(centred.rows()) *
                          std::numeric_limits<double>::epsilon();
  bool turned = true;
  for (int sweep = 0; turned && sweep < 60; ++sweep) {
    turned = false;
    for (Eigen::Index q = 1; q < d; ++q) {
      for (Eigen::Index p = 0; p < q; ++p) {
        const double a = result.columns.col(p).norm();
        const double b = result.columns.col(q).norm();
        const double dot = result.columns.col(p).dot(result.columns.col(q));
        if (std::abs(dot) <= rounding * a * b) continue;
        turned = true;
        Eigen::JacobiRotation<double> rotation;
        rotation.makeJacobi(a * a, dot, b * b);
        result.columns.applyOnTheRight(p, q, rotation);
        result.V.applyOnTheRight(p, q, rotation);
      }
    }
  }
  return result;
}
// solution:end

/// The k directions of largest variance. The entry of largest magnitude of each
/// component is positive.
///
/// Throws std::invalid_argument unless n >= 2, 1 <= k <= min(n, d) and X is
/// finite.
inline Pca pca(const MatrixRef& X, Eigen::Index k) {
  const Eigen::Index n = X.rows(), d = X.cols();
  require(n >= 2, "pca: need n >= 2, got n = ", n);
  require(k >= 1 && k <= std::min(n, d),
          "pca: need 1 <= k <= min(n, d), got k = ", k, ", n = ", n,
          ", d = ", d);
  require_finite(X, "pca: X");
  // solution:begin
  const Vector mean = X.colwise().mean().transpose();
  const OrthogonalColumns found =
      orthogonal_columns(X.rowwise() - mean.transpose());
  const Vector s = found.columns.colwise().norm().transpose();
  std::vector<Eigen::Index> order(static_cast<std::size_t>(d));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  std::sort(order.begin(), order.end(),
            [&](Eigen::Index i, Eigen::Index j) { return s(i) > s(j); });

  Pca result{mean, Matrix(k, d), Vector(k)};
  for (Eigen::Index j = 0; j < k; ++j) {
    const Eigen::Index column = order[static_cast<std::size_t>(j)];
    const Vector v = found.V.col(column);
    Eigen::Index largest = 0;
    v.cwiseAbs().maxCoeff(&largest);
    result.components.row(j) = v.transpose() * (v(largest) < 0.0 ? -1.0 : 1.0);
    result.explained_variance(j) =
        s(column) * s(column) / static_cast<double>(n - 1);
  }
  return result;
  // solution:end
}

/// Coordinates (m x k) of m samples along the components, Eq. (4).
///
/// Throws std::invalid_argument unless X has d columns and is finite.
inline Matrix pca_project(const Pca& fit, const MatrixRef& X) {
  require(X.cols() == fit.components.cols(), "pca_project: fitted with ",
          fit.components.cols(), " columns, got ", X.cols());
  require_finite(X, "pca_project: X");
  // solution:begin
  return (X.rowwise() - fit.mean.transpose()) * fit.components.transpose();
  // solution:end
}

}  // namespace whiteboard::coding
