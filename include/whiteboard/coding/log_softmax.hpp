// Question:    Implement a stable log-softmax, and log-sum-exp with it.
// Answer:      questions/coding/log_softmax.md (equation numbers are its own)
// Method:      pull the largest logit out of the sum; its own term is exactly
//              1, so the rest goes through log1p [1]
// Time:        O(n)
// Memory:      O(n), the result alone; O(1) for log_sum_exp
// Numerics:    every exponent is <= 0; no probability is formed, so nothing
//              underflows before its logarithm is taken; the maximum is
//              subtracted before the small logarithm, so a common shift of the
//              logits costs no digit
// References:  [1] Blanchard, Higham and Higham, Accurately computing the
//                  log-sum-exp and softmax functions, IMA Journal of
//                  Numerical Analysis 41(4), 2021
// Symbols:     z  n  logits
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cmath>
#include <limits>
#include <string_view>

namespace whiteboard::coding {

// solution:begin
/// The two terms of the log-sum-exp, Eq. (2), kept apart.
struct LogTotal {
  double top;   ///< the largest logit
  double rest;  ///< log of the sum of exp(z(i) - top), in [0, log n]
};

inline LogTotal log_total(const VectorRef& z, std::string_view caller) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  require(z.size() >= 1, caller, ": need a logit, got none");
  Eigen::Index top = 0;
  for (Eigen::Index i = 0; i < z.size(); ++i) {
    require(z(i) < infinity, caller, ": z(", i, ") is ", z(i));  // or NaN
    if (z(i) > z(top)) top = i;
  }
  if (z(top) == -infinity) return {-infinity, 0.0};  // -inf - -inf is NaN

  double others = 0.0;
  for (Eigen::Index i = 0; i < z.size(); ++i) {
    if (i != top) others += std::exp(z(i) - z(top));
  }
  return {z(top), std::log1p(others)};  // Eq. (3)
}
// solution:end

/// log of the sum of exp(z(i)), Eq. (1).
///
/// An entry of -inf adds nothing; if all are, the result is -inf, log 0.
/// Throws std::invalid_argument when `z` is empty or an entry is NaN or +inf.
///
///     log_sum_exp(Vector{{0.0, std::log(3.0)}})  // log 4 = 1.3863
inline double log_sum_exp(const VectorRef& z) {
  // solution:begin
  const LogTotal total = log_total(z, "log_sum_exp");
  return total.top + total.rest;
  // solution:end
}

/// Logarithms of the softmax of z, Eq. (4).
///
/// An entry of -inf is a mask and stays -inf. Throws std::invalid_argument as
/// log_sum_exp() does, and when all entries are -inf.
///
///     log_softmax(Vector{{0.0, std::log(3.0)}})  // log 1/4, log 3/4
inline Vector log_softmax(const VectorRef& z) {
  // solution:begin
  const LogTotal total = log_total(z, "log_softmax");
  require(std::isfinite(total.top),
          "log_softmax: need a logit above -inf, got ", z.size(),
          " without one");
  // In this order: top + rest rounds to the last digit of top.
  return (z.array() - total.top) - total.rest;
  // solution:end
}

}  // namespace whiteboard::coding
