// Question:    Why and how do you compute log-sum-exp stably, and how do you
//              work with log-probabilities?
// Answer:      questions/maths/log_sum_exp.md (equation numbers are its own)
// Method:      the largest term pulled out, its own 1 left to log1p [1]; one
//              mergeable pair for streams; two branches for log(1 - e^a) [2]
// Time:        O(n); the exponentials are nearly all of it
// Memory:      O(1)
// Numerics:    no exponent is positive, so nothing overflows; log 0 = -inf is
//              an ordinary value everywhere; terms below 1e-308 of the largest
//              count as 0
// References:  [1] Blanchard, Higham and Higham, Accurately computing the
//                  log-sum-exp and softmax functions, IMA Journal of
//                  Numerical Analysis 41(4), 2021
//              [2] Maechler, Accurately computing log(1 - exp(-|a|)), vignette
//                  of the R package Rmpfr, 2012
// Symbols:     x  n  logarithms, -inf and +inf included
//              a, b  logarithms
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>
#include <whiteboard/maths/softmax.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace whiteboard::maths {

/// log(e^a + e^b), Eq. (3). Throws std::invalid_argument for a NaN.
inline double log_add_exp(double a, double b) {
  require(!std::isnan(a) && !std::isnan(b), "log_add_exp: got a = ", a,
          ", b = ", b);
  if (a == b) return a + std::numbers::ln2;  // inf - inf would be NaN
  return std::max(a, b) + std::log1p(std::exp(-std::abs(a - b)));
}

/// log of the sum of exp(x(i)), Eq. (2) as it stands: the yardstick for
/// log_sum_exp(), with the same results and refusals.
inline double log_sum_exp_reference(const VectorRef& x) {
  if (x.size() == 0) return -std::numeric_limits<double>::infinity();
  Eigen::Index k = 0;
  for (Eigen::Index i = 0; i < x.size(); ++i) {
    require(!std::isnan(x(i)), "log_sum_exp: x(", i, ") is nan");
    if (x(i) > x(k)) k = i;
  }
  if (std::isinf(x(k))) return x(k);
  double others = 0.0;
  for (Eigen::Index i = 0; i < x.size(); ++i) {
    if (i != k) others += std::exp(x(i) - x(k));
  }
  return x(k) + std::log1p(others);
}

/// Sum of exp(x(i) - top) for top >= every x(i), in blocks that stay in the
/// nearest cache, each of them three loops that compile to vector code.
inline double sum_of_shifted_exp(const VectorRef& x, double top) {
  constexpr Eigen::Index block = 256;
  Eigen::Array<double, block, 1> terms;
  double total = 0.0;
  for (Eigen::Index i = 0; i < x.size(); i += block) {
    const Eigen::Index n = std::min(block, x.size() - i);
    terms.head(n) = (x.segment(i, n).array() - top).max(exp_floor<double>);
    for (Eigen::Index j = 0; j < n; ++j) {
      terms(j) = exp_of_nonpositive(terms(j));
    }
    total += terms.head(n).sum();
  }
  return total;
}

/// log of the sum of exp(x(i)), Eq. (2). The sum of nothing is 0, its logarithm
/// -inf; so is that of nothing but -inf. One +inf makes the result +inf.
/// Throws std::invalid_argument for a NaN.
///
///     log_sum_exp(Vector{{-1000.0, -1000.0}})  // -1000 + log 2
inline double log_sum_exp(const VectorRef& x) {
  if (x.size() == 0) return -std::numeric_limits<double>::infinity();
  Eigen::Index k = 0;
  const double top = x.maxCoeff<Eigen::PropagateNaN>(&k);
  require(!std::isnan(top), "log_sum_exp: x(", k, ") is nan");
  if (std::isinf(top)) return top;  // top - top would be NaN
  return top + std::log1p(sum_of_shifted_exp(x.head(k), top) +
                          sum_of_shifted_exp(x.tail(x.size() - k - 1), top));
}

/// Log-sum-exp of numbers that come one by one, or in parts that are merged:
/// the pair of Eq. (4), which stands for e^top (1 + rest).
///
///     StreamingLogSumExp total;
///     for (const double x : xs) total.add(x);
class StreamingLogSumExp {
 public:
  StreamingLogSumExp() = default;

  /// One more number. Throws std::invalid_argument for a NaN.
  void add(double x) {
    require(!std::isnan(x), "StreamingLogSumExp: got x = nan");
    merge(StreamingLogSumExp(x));
  }

  /// All that `other` has seen.
  void merge(const StreamingLogSumExp& other) {
    if (other.top_ > top_) {
      rest_ = other.rest_ + (1.0 + rest_) * std::exp(top_ - other.top_);
      top_ = other.top_;
    } else if (other.top_ < top_) {
      rest_ += (1.0 + other.rest_) * std::exp(other.top_ - top_);
    } else {  // also two infinities, whose difference is NaN
      rest_ += 1.0 + other.rest_;
    }
  }

  /// The log-sum-exp so far, -inf at first.
  double value() const { return top_ + std::log1p(rest_); }

 private:
  explicit StreamingLogSumExp(double x) : top_(x) {}

  double top_ = -std::numeric_limits<double>::infinity();
  double rest_ = 0.0;  ///< of the sum over e^top, beside the 1 of top itself
};

/// log(1 + e^x), Eq. (6). Throws std::invalid_argument for a NaN.
inline double softplus(double x) {
  require(!std::isnan(x), "softplus: got x = nan");
  return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
}

/// log of 1 / (1 + e^-x). Throws std::invalid_argument for a NaN.
inline double log_sigmoid(double x) {
  require(!std::isnan(x), "log_sigmoid: got x = nan");
  return -softplus(-x);
}

/// log(1 - e^a), the logarithm of the complement, Eq. (7). Throws
/// std::invalid_argument unless a <= 0.
inline double log1m_exp(double a) {
  require(a <= 0.0, "log1m_exp: need a <= 0, got ", a);
  return a > -std::numbers::ln2 ? std::log(-std::expm1(a))
                                : std::log1p(-std::exp(a));
}

/// Logarithms of the posterior of every class given independent features,
/// Eq. (5). Row c of `log_likelihood` (classes x features) holds the logarithms
/// of the likelihoods of what was observed, under class c; -inf is a legal 0.
///
/// Throws std::invalid_argument unless there is one prior a class and none of
/// the numbers is NaN or +inf, and when every class is impossible.
inline Vector log_posterior(const VectorRef& log_prior,
                            const MatrixRef& log_likelihood) {
  require(log_prior.size() == log_likelihood.rows(),
          "log_posterior: ", log_prior.size(), " priors, but ",
          log_likelihood.rows(), " classes");
  constexpr double infinity = std::numeric_limits<double>::infinity();
  require((log_prior.array() < infinity).all() &&
              (log_likelihood.array() < infinity).all(),
          "log_posterior: a logarithm is nan or inf");
  const Vector joint = log_prior + log_likelihood.rowwise().sum();
  const double evidence = log_sum_exp(joint);
  require(evidence > -infinity, "log_posterior: every class is impossible");
  return joint.array() - evidence;
}

}  // namespace whiteboard::maths
