// Question:    How would you implement k-means clustering?
// Answer:      questions/coding/k_means.md (equation numbers are its own)
// Method:      Lloyd's alternation [1] of nearest centre and mean
// Time:        O(n k d) per iteration
// Memory:      O((n + k) d)
// References:  [1] Lloyd, Least squares quantization in PCM, IEEE Transactions
//                  on Information Theory 28(2), 1982
// Symbols:     X  n x d  samples, one per row
//              C  k x d  centres, one per row
//              J         the objective, Eq. (1), also called inertia
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace whiteboard::coding {

/// All fields describe the same state, whether the loop settled or ran out.
struct KMeansFit {
  Matrix centers;          ///< k x d
  std::vector<int> label;  ///< n, the nearest centre, the first of equals
  double inertia = 0.0;    ///< sum of squared distances to it, Eq. (1)
  int iterations = 0;      ///< how often the centres were moved
};

// solution:begin
/// The nearest centre of every sample.
struct NearestCenters {
  std::vector<int> label;  ///< n
  Vector squared;          ///< n, squared distances
};

/// Eq. (2).
inline NearestCenters nearest_centers(const MatrixRef& X, const Matrix& C) {
  NearestCenters nearest{
      std::vector<int>(static_cast<std::size_t>(X.rows())),
      Vector::Constant(X.rows(), std::numeric_limits<double>::infinity())};
  for (Eigen::Index i = 0; i < X.rows(); ++i) {
    for (Eigen::Index j = 0; j < C.rows(); ++j) {
      const double squared = (X.row(i) - C.row(j)).squaredNorm();
      if (squared < nearest.squared(i)) {
        nearest.squared(i) = squared;
        nearest.label[static_cast<std::size_t>(i)] = static_cast<int>(j);
      }
    }
  }
  return nearest;
}

/// Eq. (3); each empty cluster restarts at the sample that is worst served.
inline Matrix moved_centers(const MatrixRef& X, NearestCenters nearest,
                            Eigen::Index k) {
  Matrix C = Matrix::Zero(k, X.cols());
  Vector counts = Vector::Zero(k);
  for (Eigen::Index i = 0; i < X.rows(); ++i) {
    const int j = nearest.label[static_cast<std::size_t>(i)];
    C.row(j) += X.row(i);
    counts(j) += 1.0;
  }
  for (Eigen::Index j = 0; j < k; ++j) {
    if (counts(j) > 0.0) {
      C.row(j) /= counts(j);
    } else {
      Eigen::Index worst = 0;
      nearest.squared.maxCoeff(&worst);
      C.row(j) = X.row(worst);
      nearest.squared(worst) = -1.0;  // the next empty one takes another
    }
  }
  return C;
}
// solution:end

/// Clusters the rows of X from the given centres until no label changes or the
/// centres were moved `max_iterations` times.
///
/// Throws std::invalid_argument unless 1 <= k <= n, both have d columns, all is
/// finite and max_iterations >= 0.
inline KMeansFit k_means(const MatrixRef& X, Matrix centers,
                         int max_iterations) {
  const Eigen::Index k = centers.rows();
  require(k >= 1 && k <= X.rows(), "k_means: need 1 <= k <= n, got k = ", k,
          ", n = ", X.rows());
  require(centers.cols() == X.cols(), "k_means: samples have ", X.cols(),
          " columns, centers have ", centers.cols());
  require(max_iterations >= 0, "k_means: need max_iterations >= 0, got ",
          max_iterations);
  require_finite(X, "k_means: X");
  require_finite(centers, "k_means: centers");
  // solution:begin
  KMeansFit fit;
  fit.centers = std::move(centers);
  for (;; ++fit.iterations) {
    const NearestCenters nearest = nearest_centers(X, fit.centers);
    const bool settled = nearest.label == fit.label;
    fit.label = nearest.label;
    fit.inertia = nearest.squared.sum();
    if (settled || fit.iterations == max_iterations) return fit;
    fit.centers = moved_centers(X, nearest, k);
  }
  // solution:end
}

}  // namespace whiteboard::coding
