// Question:    What is KL divergence, why is it asymmetric, and what is
//              Jensen-Shannon?
// Answer:      questions/maths/kl_divergence.md (equation numbers are its own)
// Method:      terms that are >= 0 one by one; Gaussians by Cholesky; the three
//              sampling estimates k1, k2, k3 [1]
// Time:        O(K) for K outcomes, O(d^3) for Gaussians, O(n) for n samples
// Memory:      O(K), O(d^2), O(n)
// Numerics:    never negative; for p near q the relative error is about
//              1e-16 p / |p - q|, where the plain sum has no digits left
// References:  [1] Schulman, Approximating KL divergence, 2020
//              [2] Endres and Schindelin, A new metric for probability
//                  distributions, IEEE Transactions on Information Theory
//                  49(7), 2003
// Symbols:     p, q    K      distributions: entries >= 0 that sum to 1
//              m0, m1  d      means;  S0, S1  d x d  covariances
//              r       q / p at a sample
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>
#include <whiteboard/maths/entropy.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <cmath>
#include <string>
#include <string_view>

namespace whiteboard::maths {

/// Throws std::invalid_argument unless p and q are distributions of one size.
inline void require_distributions(const VectorRef& p, const VectorRef& q,
                                  std::string_view name) {
  require(p.size() == q.size(), name, ": p has ", p.size(), " entries, q ",
          q.size());
  require_distribution(p, std::string(name) + ": p");
  require_distribution(q, std::string(name) + ": q");
}

/// KL(p || q) in nats as Eq. (1) stands: the yardstick for kl_divergence().
inline double kl_divergence_reference(const VectorRef& p, const VectorRef& q) {
  require_distributions(p, q, "kl_divergence");
  double sum = 0.0;
  for (Eigen::Index i = 0; i < p.size(); ++i) {
    if (p(i) > 0.0) sum += p(i) * std::log(p(i) / q(i));
  }
  return sum;
}

/// KL(p || q) in nats by Eq. (2): the sum of q - p, which is zero, is added
/// term by term, so that no term is negative and none cancels another. It also
/// makes good, to first order, that p and q sum to 1 only up to rounding. +inf
/// where p > 0 = q. Throws unless p and q are distributions of one size.
///
///     kl_divergence(Vector{{0.5, 0.5}}, Vector{{0.9, 0.1}})  // 0.5108
inline double kl_divergence(const VectorRef& p, const VectorRef& q) {
  require_distributions(p, q, "kl_divergence");
  double sum = 0.0;
  for (Eigen::Index i = 0; i < p.size(); ++i) {
    const double excess = q(i) - p(i);
    sum += excess;
    if (p(i) == 0.0) continue;
    // log1p for a small excess; far from it (q - p) / p has rounded q away.
    sum -= p(i) * (std::abs(excess) < 0.5 * p(i)
                       ? std::log1p(excess / p(i))
                       : std::log(q(i)) - std::log(p(i)));
  }
  return sum;
}

/// Jensen-Shannon divergence in nats, Eq. (4): symmetric and at most log 2.
/// Throws unless p and q are distributions of one size.
inline double jensen_shannon(const VectorRef& p, const VectorRef& q) {
  require_distributions(p, q, "jensen_shannon");
  const Vector middle = 0.5 * (p + q);
  return 0.5 * (kl_divergence(p, middle) + kl_divergence(q, middle));
}

/// Largest difference of the probabilities of any event. Throws unless p and q
/// are distributions of one size.
inline double total_variation(const VectorRef& p, const VectorRef& q) {
  require_distributions(p, q, "total_variation");
  return 0.5 * (p - q).lpNorm<1>();
}

/// KL between normal distributions with means m and standard deviations s,
/// Eq. (3). Throws unless all are finite and s0, s1 > 0.
inline double kl_normal(double m0, double s0, double m1, double s1) {
  require(s0 > 0.0 && s1 > 0.0 && std::isfinite(s0) && std::isfinite(s1),
          "kl_normal: need 0 < s < inf, got s0 = ", s0, ", s1 = ", s1);
  require(std::isfinite(m0) && std::isfinite(m1),
          "kl_normal: need finite means, got m0 = ", m0, ", m1 = ", m1);
  const double shift = (m0 - m1) / s1;
  const double excess = (s0 - s1) / s1 * ((s0 + s1) / s1);  // s0^2 / s1^2 - 1
  return 0.5 * (shift * shift + excess) - std::log(s0 / s1);
}

/// KL between normal distributions in d dimensions, Eq. (3). Throws unless the
/// sizes agree, all is finite, and S0, S1 are positive definite; only their
/// lower triangles are read.
inline double kl_normal(const VectorRef& m0, const MatrixRef& S0,
                        const VectorRef& m1, const MatrixRef& S1) {
  const Eigen::Index d = m0.size();
  require(m1.size() == d && S0.rows() == d && S0.cols() == d &&
              S1.rows() == d && S1.cols() == d,
          "kl_normal: sizes differ, m0 has ", d, " entries");
  require_finite(m0, "kl_normal: m0");
  require_finite(m1, "kl_normal: m1");
  require_finite(S0, "kl_normal: S0");
  require_finite(S1, "kl_normal: S1");
  const Eigen::LLT<Matrix> root0(S0);
  const Eigen::LLT<Matrix> root1(S1);
  require(root0.info() == Eigen::Success && root1.info() == Eigen::Success,
          "kl_normal: a covariance is not positive definite");
  // In coordinates where S1 is the identity: trace and distance are norms.
  const Matrix L0 = root0.matrixL();
  const Matrix ratio = root1.matrixL().solve(L0);
  const Vector shift = root1.matrixL().solve(m0 - m1);
  const double log_det = ratio.diagonal().array().log().sum();  // half of it
  return 0.5 * (ratio.squaredNorm() + shift.squaredNorm() -
                static_cast<double>(d)) -
         log_det;
}

/// Mean of one number a sample, and its standard deviation over samples.
struct SampleMean {
  double mean;
  double deviation;
};

/// Estimates of KL(p || q) from samples of p, Eq. (5).
struct KlEstimates {
  SampleMean k1;  ///< -log r: unbiased, often negative
  SampleMean k2;  ///< (log r)^2 / 2: biased, the right gradient
  SampleMean k3;  ///< r - 1 - log r: unbiased, never negative
};

inline SampleMean sample_mean(const Vector& x) {
  const double mean = x.mean();
  const double n = static_cast<double>(x.size());
  return {mean, std::sqrt((x.array() - mean).square().sum() / n)};
}

/// `log_p` and `log_q` are the logarithms of both densities at samples of p.
/// Throws unless there is one, the sizes agree and all is finite.
inline KlEstimates kl_estimates(const VectorRef& log_p,
                                const VectorRef& log_q) {
  require(log_p.size() > 0 && log_p.size() == log_q.size(),
          "kl_estimates: got ", log_p.size(), " and ", log_q.size(),
          " samples");
  require_finite(log_p, "kl_estimates: log_p");
  require_finite(log_q, "kl_estimates: log_q");
  const Vector log_r = log_q - log_p;
  Vector k3 = log_r;
  for (double& x : k3) x = std::expm1(x) - x;
  return {sample_mean(-log_r), sample_mean(0.5 * log_r.array().square()),
          sample_mean(k3)};
}

}  // namespace whiteboard::maths
