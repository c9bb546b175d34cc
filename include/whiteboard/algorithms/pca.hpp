// Question:    What does PCA optimise, how is it computed, when is it wrong?
// Answer:      questions/algorithms/pca.md (equation numbers are its own)
// Method:      SVD of the centred data by QR of row blocks [1], eigenvectors of
//              the covariance, or a random sketch [2]
// Time:        O(n d^2 + d^3); by a sketch O(n d (k + p)), 2 q + 2 times
// Memory:      O(d min(n, d)) and a block of rows; by a sketch O(n d)
// Numerics:    finds s down to eps s_1, from the covariance sqrt(eps) s_1
// References:  [1] Golub, Van Loan, Matrix Computations, 4th ed., 2013
//              [2] Halko, Martinsson, Tropp, Finding structure with randomness,
//                  SIAM Review 53(2), 2011, algorithms 4.4 and 5.1
// Symbols:     X  n x d  samples, one per row
//              s         singular values of the centred X, largest first
//              V  d x r  principal axes, one per column
//              k         components kept, 1 <= k <= min(n, d)
//              p, q      oversampling and power iterations, Eq. (9)
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <Eigen/QR>

#include <algorithm>
#include <cmath>
#include <limits>

namespace whiteboard::algorithms {

/// Sample covariance, Eq. (2), as written: one outer product per sample.
inline Matrix centred_covariance_reference(const MatrixRef& X,
                                           const VectorRef& mean) {
  Matrix S = Matrix::Zero(X.cols(), X.cols());
  Eigen::RowVectorXd centred(X.cols());
  for (Eigen::Index i = 0; i < X.rows(); ++i) {
    centred = X.row(i) - mean.transpose();
    for (Eigen::Index j = 0; j < X.cols(); ++j) {
      S.row(j) += centred(j) * centred;
    }
  }
  return S / static_cast<double>(X.rows() - 1);
}

/// The same by products of centred row blocks that stay in cache. Computing the
/// mean first takes a pass more than sum(x x^T) - n mean mean^T, which cancels.
inline Matrix centred_covariance(const MatrixRef& X, const VectorRef& mean) {
  constexpr Eigen::Index block = 256;
  Matrix S = Matrix::Zero(X.cols(), X.cols()), centred;
  for (Eigen::Index first = 0; first < X.rows(); first += block) {
    const Eigen::Index rows = std::min(block, X.rows() - first);
    centred = X.middleRows(first, rows).rowwise() - mean.transpose();
    S.selfadjointView<Eigen::Lower>().rankUpdate(centred.transpose());
  }
  S /= static_cast<double>(X.rows() - 1);
  S.triangularView<Eigen::StrictlyUpper>() = S.transpose();
  return S;
}

/// R (min(n, d) x d) with R^T R = X_c^T X_c for the centred X_c, Eq. (7): QR of
/// each block of rows below the R of those before it. R has the singular values
/// and axes of X_c, nothing was squared, and X_c and Q are never stored.
inline Eigen::MatrixXd centred_triangle(const MatrixRef& X,
                                        const VectorRef& mean) {
  const Eigen::Index n = X.rows(), d = X.cols();
  // The taller the block, the less is spent on factoring R again.
  const Eigen::Index block = std::min(n, std::max<Eigen::Index>(256, 4 * d));
  Eigen::MatrixXd stack(std::min(n, d) + block, d);
  Eigen::Index height = 0;  // rows of R so far
  for (Eigen::Index first = 0; first < n; first += block) {
    const Eigen::Index rows = std::min(block, n - first);
    stack.middleRows(height, rows) =
        X.middleRows(first, rows).rowwise() - mean.transpose();
    Eigen::Ref<Eigen::MatrixXd> filled = stack.topRows(height + rows);
    const Eigen::HouseholderQR<Eigen::Ref<Eigen::MatrixXd>> in_place(filled);
    height = std::min(height + rows, d);
    // Below R lie the Householder vectors.
    stack.topRows(height).triangularView<Eigen::StrictlyLower>().setZero();
  }
  return stack.topRows(height);
}

/// Orthonormal columns that span those of Y (n x l, l <= n), dependent or not.
inline Eigen::MatrixXd orthonormal_basis(Eigen::MatrixXd Y) {
  const Eigen::HouseholderQR<Eigen::Ref<Eigen::MatrixXd>> qr(Y);  // in place
  return qr.householderQ() * Eigen::MatrixXd::Identity(Y.rows(), Y.cols());
}

/// Singular values and right singular vectors.
struct SingularAxes {
  Vector s;           ///< r, each >= 0, largest first
  Eigen::MatrixXd V;  ///< d x r, orthonormal columns
};

/// SVD of a flat B (r x d, r <= d) by the eigenvectors (v, u) of a symmetric
/// matrix whose eigenvalues are s and -s, Eq. (8): no square, no digit lost.
inline SingularAxes svd_of_flat(const Eigen::MatrixXd& B) {
  const Eigen::Index r = B.rows();
  const Eigen::MatrixXd Q = orthonormal_basis(B.transpose());
  Eigen::MatrixXd mirrored = Eigen::MatrixXd::Zero(2 * r, 2 * r);
  mirrored.bottomLeftCorner(r, r) = B * Q;  // all that the solver reads
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(mirrored);
  // Where rounding mixes s with -s, v keeps its direction, not its length.
  const Eigen::MatrixXd V = eigen.eigenvectors().topRightCorner(r, r);
  return {eigen.eigenvalues().tail(r).reverse().cwiseMax(0.0),
          Q * orthonormal_basis(V.rowwise().reverse())};
}

struct RandomizedSvdOptions {
  Eigen::Index oversample = 10;  ///< p, columns of the sketch beyond k
  int power_iterations = 4;      ///< q, Eq. (9)
};

/// The k leading singular values and axes of A (n x d) by a sketch, Eq. (9).
/// Without the new bases every column would turn to the first axis.
/// Throws unless 1 <= k <= min(n, d), the options are >= 0 and A is finite.
template <BitEngine Rng>
SingularAxes randomized_svd(const MatrixRef& A, Eigen::Index k, Rng& rng,
                            const RandomizedSvdOptions& options = {}) {
  const Eigen::Index limit = std::min(A.rows(), A.cols());
  require(k >= 1 && k <= limit,
          "randomized_svd: need 1 <= k <= min(n, d), got k = ", k,
          ", n = ", A.rows(), ", d = ", A.cols());
  require(options.oversample >= 0 && options.power_iterations >= 0,
          "randomized_svd: need oversample and power_iterations >= 0, got ",
          options.oversample, " and ", options.power_iterations);
  require_finite(A, "randomized_svd: A");

  Eigen::MatrixXd sketch(A.cols(), std::min(k + options.oversample, limit));
  for (double& entry : sketch.reshaped()) entry = normal(rng);
  Eigen::MatrixXd Q = orthonormal_basis(A * sketch);
  for (int t = 0; t < options.power_iterations; ++t) {
    sketch = A.transpose() * Q;
    Q = orthonormal_basis(A * sketch);
  }
  const SingularAxes axes = svd_of_flat(Q.transpose() * A);
  return {axes.s.head(k), axes.V.leftCols(k)};
}

struct PcaOptions {
  Eigen::Index components = 2;  ///< k
  bool whiten = false;          ///< scale the scores to variance 1, Eq. (6)
};

/// A fitted PCA. An axis has no natural sign: each is turned so that its entry
/// of largest magnitude is positive.
///
///     const Matrix Z = Pca::fit(X, {.components = 2}).transform(X);
class Pca {
 public:
  Vector mean;                ///< d, of the training samples
  Matrix components;          ///< k x d, orthonormal rows, strongest first
  Vector singular_values;     ///< k, of the centred training samples
  Vector explained_variance;  ///< k, with n - 1, Eq. (3)
  Vector explained_ratio;     ///< k, shares of the total; all 0 if that is 0
  bool whiten;                ///< transform() gives scores of variance 1

  /// By the SVD: the accurate route. Each fit throws unless n >= 2,
  /// 1 <= components <= min(n, d) and X is finite, and refuses to whiten a
  /// direction with less than about n eps of the variance.
  static Pca fit(const MatrixRef& X, const PcaOptions& options = {}) {
    const Vector mean = checked_mean(X, options);
    const SingularAxes axes = svd_of_flat(centred_triangle(X, mean));
    return {X, mean, axes, axes.s.squaredNorm(), options};
  }

  /// By the covariance: faster for n much larger than d. An eigenvalue is known
  /// to eps times the largest, so its square root only to sqrt(eps).
  static Pca fit_covariance(const MatrixRef& X,
                            const PcaOptions& options = {}) {
    const Vector mean = checked_mean(X, options);
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(
        centred_covariance(X, mean));  // smallest first, perhaps just below 0
    const Vector squares = eigen.eigenvalues().reverse().cwiseMax(0.0) *
                           static_cast<double>(X.rows() - 1);
    const SingularAxes axes{squares.cwiseSqrt(),
                            eigen.eigenvectors().rowwise().reverse()};
    return {X, mean, axes, squares.sum(), options};
  }

  /// By randomized_svd(), for k much smaller than min(n, d).
  template <BitEngine Rng>
  static Pca fit_randomized(const MatrixRef& X, const PcaOptions& options,
                            Rng& rng, const RandomizedSvdOptions& sketch = {}) {
    const Vector mean = checked_mean(X, options);
    const Matrix centred = X.rowwise() - mean.transpose();
    const SingularAxes axes =
        randomized_svd(centred, options.components, rng, sketch);
    return {X, mean, axes, centred.squaredNorm(), options};
  }

  /// Scores (m x k) of m samples, Eq. (4), about the mean of the training data.
  Matrix transform(const MatrixRef& samples) const {
    require(samples.cols() == components.cols(), "Pca::transform: fitted with ",
            components.cols(), " columns, got ", samples.cols());
    require_finite(samples, "Pca::transform: samples");
    Matrix Z = (samples.rowwise() - mean.transpose()) * components.transpose();
    if (whiten) Z *= explained_variance.cwiseSqrt().cwiseInverse().asDiagonal();
    return Z;
  }

  /// The samples (m x d) nearest to the originals that have the scores Z.
  Matrix inverse_transform(const MatrixRef& Z) const {
    require(Z.cols() == components.rows(),
            "Pca::inverse_transform: fitted with ", components.rows(),
            " components, got ", Z.cols(), " columns");
    require_finite(Z, "Pca::inverse_transform: Z");
    Matrix scores = Z;
    if (whiten) scores *= explained_variance.cwiseSqrt().asDiagonal();
    return (scores * components).rowwise() + mean.transpose();
  }

 private:
  /// `total` is the sum of all s^2, of those left out as well.
  Pca(const MatrixRef& X, const Vector& centre, const SingularAxes& axes,
      double total, const PcaOptions& options)
      : mean(centre),
        components(axes.V.leftCols(options.components).transpose()),
        singular_values(axes.s.head(options.components)),
        whiten(options.whiten) {
    const Vector squares = singular_values.cwiseAbs2();
    explained_variance = squares / static_cast<double>(X.rows() - 1);
    explained_ratio = squares / (total > 0.0 ? total : 1.0);
    // Squaring loses what is below eps of the total, centring eps of X itself.
    const double eps = std::numeric_limits<double>::epsilon() *
                       static_cast<double>(std::max(X.rows(), X.cols()));
    const double weakest = singular_values.minCoeff();
    require(
        !whiten || weakest > std::max(std::sqrt(eps * total), eps * X.norm()),
        "Pca: cannot whiten without variance, singular value ", weakest);
    for (Eigen::Index j = 0; j < options.components; ++j) {
      Eigen::Index largest = 0;
      components.row(j).cwiseAbs().maxCoeff(&largest);
      if (components(j, largest) < 0.0) components.row(j) *= -1.0;
    }
  }

  static Vector checked_mean(const MatrixRef& X, const PcaOptions& options) {
    const Eigen::Index k = options.components;
    require(X.rows() >= 2, "Pca: need n >= 2 samples, got n = ", X.rows());
    require(k >= 1 && k <= std::min(X.rows(), X.cols()),
            "Pca: need 1 <= components <= min(n, d), got components = ", k,
            ", n = ", X.rows(), ", d = ", X.cols());
    require_finite(X, "Pca: X");
    return X.colwise().mean();
  }
};

}  // namespace whiteboard::algorithms
