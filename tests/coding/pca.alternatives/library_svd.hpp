// One call of the library's SVD, which costs seconds to compile.
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>
#include <Eigen/SVD>

#include <algorithm>

namespace whiteboard::coding {

struct Pca {
  Vector mean;                ///< d, of the samples
  Matrix components;          ///< k x d, orthonormal rows, strongest first
  Vector explained_variance;  ///< k, with n - 1, Eq. (3)
};

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
  const Vector mean = X.colwise().mean().transpose();
  const Eigen::MatrixXd centred = X.rowwise() - mean.transpose();
  const Eigen::JacobiSVD<Eigen::MatrixXd> svd(centred, Eigen::ComputeThinV);
  Pca result{mean, svd.matrixV().leftCols(k).transpose(),
             svd.singularValues().head(k).array().square() /
                 static_cast<double>(n - 1)};
  for (Eigen::Index j = 0; j < k; ++j) {
    Eigen::Index largest = 0;
    result.components.row(j).cwiseAbs().maxCoeff(&largest);
    if (result.components(j, largest) < 0.0) result.components.row(j) *= -1.0;
  }
  return result;
}

/// Coordinates (m x k) of m samples along the components, Eq. (4).
///
/// Throws std::invalid_argument unless X has d columns and is finite.
inline Matrix pca_project(const Pca& fit, const MatrixRef& X) {
  require(X.cols() == fit.components.cols(), "pca_project: fitted with ",
          fit.components.cols(), " columns, got ", X.cols());
  require_finite(X, "pca_project: X");
  return (X.rowwise() - fit.mean.transpose()) * fit.components.transpose();
}

}  // namespace whiteboard::coding
