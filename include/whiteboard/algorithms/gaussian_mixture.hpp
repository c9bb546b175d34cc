// Question:    Derive EM for a Gaussian mixture. How does it relate to k-means,
//              and how can it blow up?
// Answer:      questions/algorithms/gaussian_mixture.md (equation numbers are
//              its own)
// Method:      expectation-maximisation [1] from k-means++ seeds
// Time:        O(n k d^2) per iteration
// Memory:      O(n k + k d^2) besides the data
// Numerics:    Cholesky factors, never an inverse or a determinant; densities
//              as logarithms, Eq. (6)
// References:  [1] Dempster, Laird and Rubin, Maximum likelihood from
//                  incomplete data via the EM algorithm, JRSS B 39(1), 1977
// Symbols:     X  n x d  samples, one per row
//              R  n x k  responsibilities gamma, Eq. (2); rows sum to 1
//              L  d x d  lower Cholesky factor of a covariance
#pragma once

#include <whiteboard/algorithms/k_means_plus_plus.hpp>
#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>
#include <whiteboard/maths/softmax.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <utility>
#include <vector>

namespace whiteboard::algorithms {

/// What the covariances of the components may look like, Eq. (5).
enum class Covariance { full, tied, diagonal, spherical };

struct Mixture {
  Vector weights;                   ///< k, sum 1
  Matrix means;                     ///< k x d
  std::vector<Matrix> covariances;  ///< k times d x d, whatever their form
};

/// ln(pi_j N(x_i | mu_j, Sigma_j)), n x k, Eq. (6), by one triangular solve for
/// all samples, which runs like a matrix product: about twice as fast as sample
/// by sample. Requires positive definite covariances.
inline Matrix joint_log_densities(const MatrixRef& X, const Mixture& mixture) {
  Matrix joint(X.rows(), mixture.means.rows());
  const double d = static_cast<double>(X.cols());
  Eigen::Index j = 0;
  for (const Matrix& covariance : mixture.covariances) {
    const Matrix L = Eigen::LLT<Matrix>(covariance).matrixL();
    Matrix Z = X.rowwise() - mixture.means.row(j);
    L.transpose()
        .triangularView<Eigen::Upper>()
        .solveInPlace<Eigen::OnTheRight>(Z);
    const double constant = std::log(mixture.weights(j)) -
                            L.diagonal().array().log().sum() -
                            0.5 * d * std::log(2.0 * std::numbers::pi);
    joint.col(j) = constant - 0.5 * Z.rowwise().squaredNorm().array();
    ++j;
  }
  return joint;
}

/// What the E-step finds.
struct Expectation {
  Matrix responsibilities;  ///< n x k, Eq. (2)
  Vector log_densities;     ///< n, ln p(x_i), Eq. (1)
};

/// E-step, a block of samples at a time, which stays in cache. The largest
/// responsibility of a sample is exp(top) / p(x), so that one exponential an
/// entry gives both results, Eq. (7). Throws when the numbers of columns differ
/// or a sample is so far out that its squared distance overflows.
inline Expectation expectation(const MatrixRef& X, const Mixture& mixture) {
  require(X.cols() == mixture.means.cols(), "expectation: X has ", X.cols(),
          " columns, the means ", mixture.means.cols());
  Expectation e{Matrix(X.rows(), mixture.means.rows()), Vector(X.rows())};
  for (Eigen::Index first = 0; first < X.rows(); first += 512) {
    const Eigen::Index rows = std::min<Eigen::Index>(512, X.rows() - first);
    const Matrix joint =
        joint_log_densities(X.middleRows(first, rows), mixture);
    const Matrix R = maths::softmax_rows(joint);
    e.responsibilities.middleRows(first, rows) = R;
    e.log_densities.segment(first, rows) = joint.rowwise().maxCoeff().array() -
                                           R.rowwise().maxCoeff().array().log();
  }
  return e;
}

struct MixtureOptions {
  Eigen::Index k = 2;  ///< components, for gaussian_mixture() alone
  int restarts = 10;   ///< its seedings, of which the likeliest fit is returned
  Covariance covariance = Covariance::full;
  double regularization = 0.0;  ///< added to every variance in the M-step
  int max_iterations = 1000;
  double tolerance = 1e-9;  ///< change of ln p per sample when converged
};

/// M-step, Eqs. (4) and (5). A component that no sample belongs to gets NaN.
inline Mixture maximization(const MatrixRef& X, const MatrixRef& R,
                            const MixtureOptions& options) {
  const Eigen::Index d = X.cols();
  const Vector counts = R.colwise().sum().transpose();
  Mixture m{counts / static_cast<double>(X.rows()), R.transpose() * X, {}};
  m.means.array().colwise() /= counts.array();
  Matrix Z, pooled = Matrix::Zero(d, d);
  for (Eigen::Index j = 0; j < R.cols(); ++j) {
    Z = R.col(j).cwiseSqrt().asDiagonal() * (X.rowwise() - m.means.row(j));
    Matrix S = Matrix::Zero(d, d);
    S.selfadjointView<Eigen::Lower>().rankUpdate(Z.transpose(),
                                                 1.0 / counts(j));
    S.triangularView<Eigen::StrictlyUpper>() = S.transpose();
    if (options.covariance == Covariance::diagonal) {
      S = Matrix(S.diagonal().asDiagonal());
    } else if (options.covariance == Covariance::spherical) {
      S = S.trace() / static_cast<double>(d) * Matrix::Identity(d, d);
    }
    S.diagonal().array() += options.regularization;
    pooled += m.weights(j) * S;
    m.covariances.push_back(S);
  }
  if (options.covariance == Covariance::tied) {
    std::fill(m.covariances.begin(), m.covariances.end(), pooled);
  }
  return m;
}

/// Whether every covariance is positive definite, no direction thinner than
/// `floor` (d, a variance for each column). False for NaN.
inline bool is_regular(const Mixture& mixture, const Vector& floor) {
  return std::ranges::all_of(mixture.covariances, [&](const Matrix& S) {
    const Eigen::LLT<Matrix> factor(S);
    const Eigen::ArrayXd pivots = factor.matrixLLT().diagonal().array();
    return factor.info() == Eigen::Success &&
           (pivots.square() > floor.array()).all();
  });
}

/// Seeds as means, equal weights, and the one spherical variance that is most
/// likely if every sample belongs to its seed: never singular, and as tight as
/// the clusters. Throws as k_means_plus_plus() does.
template <BitEngine Rng>
Mixture seeded_mixture(const MatrixRef& X, Eigen::Index k, Rng& rng) {
  const Seeds seeds = k_means_plus_plus(X, {.k = k}, rng);
  const double variance =
      potential(X, seeds) / static_cast<double>(X.rows() * X.cols());
  const Matrix S = variance * Matrix::Identity(X.cols(), X.cols());
  return {Vector::Constant(k, 1.0 / static_cast<double>(k)),
          seed_points(X, seeds),
          std::vector<Matrix>(static_cast<std::size_t>(k), S)};
}

/// A fitted mixture; expectation(X_new, fit.mixture) applies it.
struct MixtureFit {
  Mixture mixture;
  std::vector<double> log_likelihoods;  ///< at the start, after each step
  double parameters = 0.0;              ///< free ones, Eq. (8)
  double samples = 0.0;                 ///< n
  bool converged = false;  ///< the last step changed next to nothing
  bool collapsed = false;  ///< the next step has a singular covariance

  double bic() const {
    return parameters * std::log(samples) - 2.0 * log_likelihoods.back();
  }
  double aic() const { return 2.0 * parameters - 2.0 * log_likelihoods.back(); }
};

/// The free parameters of a mixture, Eq. (8).
inline double free_parameters(const Mixture& m, Covariance form) {
  const double k = static_cast<double>(m.means.rows());
  const double d = static_cast<double>(m.means.cols());
  const double shape = form == Covariance::spherical  ? 1.0
                       : form == Covariance::diagonal ? d
                                                      : d * (d + 1.0) / 2.0;
  return k - 1.0 + k * d + (form == Covariance::tied ? 1.0 : k) * shape;
}

inline void check_mixture(const MatrixRef& X, const Mixture& m,
                          const MixtureOptions& options) {
  const Eigen::Index k = m.means.rows(), d = X.cols();
  require_finite(X, "em: X");
  require(X.rows() >= 1 && k >= 1 && m.means.cols() == d &&
              m.weights.size() == k &&
              m.covariances.size() == static_cast<std::size_t>(k),
          "em: X is ", X.rows(), " x ", d, ", means are ", k, " x ",
          m.means.cols(), ", with ", m.weights.size(), " weights and ",
          m.covariances.size(), " covariances");
  require(m.weights.minCoeff() >= 0.0 && std::abs(m.weights.sum() - 1.0) < 1e-9,
          "em: need weights >= 0 of sum 1, got a sum of ", m.weights.sum());
  for (const Matrix& S : m.covariances) {
    require(S.rows() == d && S.cols() == d && S.isApprox(S.transpose()) &&
                Eigen::LLT<Matrix>(S).info() == Eigen::Success,
            "em: a covariance is not symmetric positive definite");
  }
  require(options.regularization >= 0.0, "em: need regularization >= 0, got ",
          options.regularization);
}

/// EM from `start` until it converges, collapses or has done its steps; what
/// it returns is regular in any case. Throws std::invalid_argument unless X is
/// finite and `start` a mixture with positive definite covariances.
inline MixtureFit em(const MatrixRef& X, Mixture start,
                     const MixtureOptions& options) {
  check_mixture(X, start, options);
  const double n = static_cast<double>(X.rows());
  const double p = free_parameters(start, options.covariance);
  MixtureFit fit{std::move(start), {}, p, n};
  const Matrix centred = X.rowwise() - Eigen::RowVectorXd(X.colwise().mean());
  const Vector floor = 1e-12 / n * centred.colwise().squaredNorm().transpose();
  double before = -std::numeric_limits<double>::infinity();
  for (int t = 0;; ++t) {
    const Expectation e = expectation(X, fit.mixture);
    const double now = e.log_densities.sum();
    fit.log_likelihoods.push_back(now);
    fit.converged = std::abs(now - before) <= options.tolerance * n;
    if (fit.converged || t >= options.max_iterations) return fit;
    Mixture next = maximization(X, e.responsibilities, options);
    fit.collapsed = !is_regular(next, floor);
    if (fit.collapsed) return fit;
    fit.mixture = std::move(next);
    before = now;
  }
}

/// EM from k-means++ seeds: the likeliest of several runs, a collapsed one only
/// if all are. Throws std::invalid_argument unless X is finite, restarts >= 1,
/// k >= 1 and there are more than k distinct samples.
///
///     std::mt19937_64 rng(42);
///     const MixtureFit fit = gaussian_mixture(X, {.k = 3}, rng);
template <BitEngine Rng>
MixtureFit gaussian_mixture(const MatrixRef& X, const MixtureOptions& options,
                            Rng& rng) {
  require(options.restarts >= 1, "gaussian_mixture: need restarts >= 1, got ",
          options.restarts);
  const auto worth = [](const MixtureFit& fit) {
    return std::pair(!fit.collapsed, fit.log_likelihoods.back());
  };
  MixtureFit best = em(X, seeded_mixture(X, options.k, rng), options);
  for (int r = 1; r < options.restarts; ++r) {
    MixtureFit run = em(X, seeded_mixture(X, options.k, rng), options);
    if (worth(run) > worth(best)) best = std::move(run);
  }
  return best;
}

}  // namespace whiteboard::algorithms
