// Question:    Explain Gaussian process regression. Why is it slow?
// Answer:      questions/algorithms/gaussian_process.md (equation numbers are
//              its own)
// Method:      exact posterior by one Cholesky factorisation [1]; the weight
//              space's twin, Bayesian linear regression
// Time:        n^3 / 3 to fit, n^2 per predicted variance, n^2 to add a sample
// Memory:      O(n^2)
// Numerics:    a kernel matrix that is singular to rounding is refused
// References:  [1] Rasmussen and Williams, Gaussian Processes for Machine
//                  Learning, 2006, algorithm 2.1, Eqs. (5.9) and (5.12)
// Symbols:     X       n x d  inputs, one per row
//              y       n      observations
//              m              prior mean, a constant
//              K       n x n  covariance of the observations: kernel and noise
//              L       n x n  K = L L^T
//              alpha   n      K^-1 (y - m)
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>
#include <whiteboard/maths/cholesky_decomposition.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <numbers>
#include <optional>
#include <vector>

namespace whiteboard::algorithms {

/// A kernel: k(X, Z) holds the covariances of f at each row of X with f at each
/// row of Z, k.diagonal(X) those of each row with itself.
template <class K>
concept CovarianceFunction = requires(const K& k, const MatrixRef& X) {
  { k(X, X) } -> std::convertible_to<Matrix>;
  { k.diagonal(X) } -> std::convertible_to<Vector>;
};

/// variance exp(-|x - z|^2 / (2 length^2)): smooth functions that forget over a
/// distance of about `length`. Throws unless both are positive and finite.
struct Rbf {
  double length = 1.0;
  double variance = 1.0;

  Matrix operator()(const MatrixRef& X, const MatrixRef& Z) const {
    return variance * (-0.5 * scaled_squares(X, Z)).array().exp();
  }

  Vector diagonal(const MatrixRef& X) const {
    return Vector::Constant(X.rows(), variance);
  }

  /// Derivatives of k(X, X) by the logarithms of length and variance.
  std::vector<Matrix> log_gradients(const MatrixRef& X) const {
    const Matrix K = (*this)(X, X);
    return {K.cwiseProduct(scaled_squares(X, X)), K};
  }

  /// |x - z|^2 / length^2 for all pairs, from differences:
  /// |x|^2 + |z|^2 - 2 x.z cancels far from the origin.
  Matrix scaled_squares(const MatrixRef& X, const MatrixRef& Z) const {
    require(length > 0.0 && variance > 0.0 && std::isfinite(length * variance),
            "Rbf: need finite length and variance > 0, got ", length, ", ",
            variance);
    Matrix squares(X.rows(), Z.rows());
    for (Eigen::Index i = 0; i < X.rows(); ++i) {
      squares.row(i) =
          ((Z.rowwise() - X.row(i)) / length).rowwise().squaredNorm();
    }
    return squares;
  }
};

/// Mean and variance of f, without the noise of an observation.
struct GaussianPrediction {
  Vector mean;      ///< one per query
  Vector variance;  ///< one per query, >= 0
};

struct GaussianProcessOptions {
  double noise = 0.0;       ///< variance of an observation about f
  double prior_mean = 0.0;  ///< m, what f returns to away from the data
};

/// The posterior of f given noisy observations.
///
///     const auto gp = GaussianProcess<>::fit(X, y, {.length = 0.5},
///                                            {.noise = 0.01});
///     const auto [mean, variance] = gp.predict(queries);
template <CovarianceFunction Kernel = Rbf>
class GaussianProcess {
 public:
  Kernel kernel;
  GaussianProcessOptions options;
  Matrix X;      ///< n x d
  Vector y;      ///< n
  Matrix L;      ///< n x n, of K = k(X, X) + noise I
  Vector alpha;  ///< n, Eq. (4)

  /// Throws unless n >= 1, sizes fit, everything is finite, noise >= 0 and K is
  /// positive definite: two equal inputs need noise.
  static GaussianProcess fit(const MatrixRef& X, const VectorRef& y,
                             const Kernel& kernel,
                             const GaussianProcessOptions& options = {}) {
    require(X.rows() >= 1 && X.rows() == y.size(),
            "GaussianProcess: need n >= 1 inputs and n observations, got ",
            X.rows(), " and ", y.size());
    require_finite(X, "GaussianProcess: X");
    require_finite(y, "GaussianProcess: y");
    require(options.noise >= 0.0 &&
                std::isfinite(options.noise + options.prior_mean),
            "GaussianProcess: need a finite noise >= 0 and prior mean, got ",
            options.noise, " and ", options.prior_mean);
    Matrix K = kernel(X, X);
    K.diagonal().array() += options.noise;
    return {X, y, kernel, options, maths::cholesky(K)};
  }

  /// The posterior with one more observation, in O(n^2).
  GaussianProcess with(const VectorRef& x, double value) const {
    require_queries(x.transpose());
    require(std::isfinite(value), "GaussianProcess::with: value is ", value);
    Matrix inputs(X.rows() + 1, X.cols());
    inputs << X, x.transpose();
    Vector values(y.size() + 1), row(y.size() + 1);
    values << y, value;
    row << kernel(X, x.transpose()),
        kernel.diagonal(x.transpose()).array() + options.noise;
    return {inputs, values, kernel, options, maths::cholesky_append(L, row)};
  }

  /// Eqs. (5) and (6), one query after the other.
  GaussianPrediction predict_reference(const MatrixRef& queries) const {
    require_queries(queries);
    GaussianPrediction f{Vector(queries.rows()), kernel.diagonal(queries)};
    for (Eigen::Index i = 0; i < queries.rows(); ++i) {
      Vector k = kernel(X, queries.row(i)).col(0);
      f.mean(i) = options.prior_mean + k.dot(alpha);
      L.template triangularView<Eigen::Lower>().solveInPlace(k);
      f.variance(i) = std::max(f.variance(i) - k.squaredNorm(), 0.0);
    }
    return f;
  }

  /// The same for all m queries at once: a triangular solve with m right-hand
  /// sides reads L once for all, for n x m numbers of memory.
  GaussianPrediction predict(const MatrixRef& queries) const {
    require_queries(queries);
    Matrix V = kernel(X, queries);
    const Vector mean = V.transpose() * alpha;
    L.template triangularView<Eigen::Lower>().solveInPlace(V);
    const Vector variance =
        kernel.diagonal(queries) - V.colwise().squaredNorm().transpose();
    // Rounding may end just below 0.
    return {mean.array() + options.prior_mean, variance.cwiseMax(0.0)};
  }

  /// log p(y | X), Eq. (7).
  double log_marginal_likelihood() const {
    const Vector centred = y.array() - options.prior_mean;
    return -0.5 *
           (centred.dot(alpha) + maths::log_det_from_cholesky(L) +
            static_cast<double>(y.size()) * std::log(2.0 * std::numbers::pi));
  }

  /// Its derivatives by the logs of kernel parameters and noise, Eq. (8).
  Vector lml_gradient() const {
    std::vector<Matrix> dK = kernel.log_gradients(X);
    dK.push_back(options.noise * Matrix::Identity(y.size(), y.size()));
    const Matrix W = alpha * alpha.transpose() - inverse();
    Vector gradient(dK.size());
    for (Eigen::Index p = 0; const Matrix& derivative : dK) {
      gradient(p++) = 0.5 * W.cwiseProduct(derivative).sum();
    }
    return gradient;
  }

  /// Each observation (noise included) given all others, Eq. (9).
  GaussianPrediction leave_one_out() const {
    const Vector precision = inverse().diagonal();
    return {y - alpha.cwiseQuotient(precision), precision.cwiseInverse()};
  }

 private:
  GaussianProcess(const MatrixRef& inputs, const VectorRef& values,
                  const Kernel& k, const GaussianProcessOptions& o,
                  const std::optional<Matrix>& factor)
      : kernel(k), options(o), X(inputs), y(values) {
    require(factor.has_value(),
            "GaussianProcess: K is not positive definite with noise ",
            options.noise);
    L = *factor;
    alpha = maths::cholesky_solve(L, y.array() - options.prior_mean);
  }

  void require_queries(const MatrixRef& queries) const {
    require(queries.cols() == X.cols(), "GaussianProcess: fitted with ",
            X.cols(), " columns, got ", queries.cols());
    require_finite(queries, "GaussianProcess: queries");
  }

  Matrix inverse() const {
    Matrix inverse = Matrix::Identity(y.size(), y.size());
    L.template triangularView<Eigen::Lower>().solveInPlace(inverse);
    return inverse.transpose() * inverse;
  }
};

/// y = w.x + noise, w ~ N(0, prior_variance I): a Gaussian process with the
/// kernel prior_variance x.z, kept as d numbers, not n.
class BayesianLinearRegression {
 public:
  BayesianLinearRegression(Eigen::Index dim, double prior_variance,
                           double noise)
      : noise_(noise) {
    require(dim >= 1 && prior_variance > 0.0 && noise > 0.0,
            "BayesianLinearRegression: need dim >= 1 and variances > 0, got ",
            dim, ", ", prior_variance, ", ", noise);
    L_ = Matrix::Identity(dim, dim) / std::sqrt(prior_variance);
    b_ = Vector::Zero(dim);
  }

  /// The posterior after one more sample is the prior of the next, Eq. (11).
  void update(const VectorRef& x, double y) {
    require(std::isfinite(y), "BayesianLinearRegression: y is ", y);
    L_ = maths::cholesky_rank_one_update(L_, x / std::sqrt(noise_));
    b_ += x * (y / noise_);
  }

  Vector mean() const { return maths::cholesky_solve(L_, b_); }  ///< of w

  GaussianPrediction predict(const MatrixRef& queries) const {
    require(queries.cols() == b_.size(), "BayesianLinearRegression: need ",
            b_.size(), " columns, got ", queries.cols());
    require_finite(queries, "BayesianLinearRegression: queries");
    Matrix V = queries.transpose();
    L_.triangularView<Eigen::Lower>().solveInPlace(V);
    return {queries * mean(), V.colwise().squaredNorm().transpose()};
  }

 private:
  double noise_;
  Matrix L_;  // of the precision of w, Eq. (11)
  Vector b_;  // precision times mean
};

}  // namespace whiteboard::algorithms
