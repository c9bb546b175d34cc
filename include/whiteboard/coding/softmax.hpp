// Question:    Implement softmax over a vector of logits.
// Answer:      questions/coding/softmax.md (equation numbers are its own)
// Method:      subtract the largest logit, exponentiate, divide by the sum
// Time:        O(n)
// Memory:      O(n), the result alone
// Numerics:    every exponent is <= 0 and one is 0: exp() cannot overflow and
//              the sum lies in [1, n]; far below the top, exp() is exactly 0
// References:  [1] Blanchard, Higham and Higham, Accurately computing the
//                  log-sum-exp and softmax functions, IMA Journal of
//                  Numerical Analysis 41(4), 2021
// Symbols:     z  n  logits
//              p  n  probabilities, Eq. (1)
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <limits>

namespace whiteboard::coding {

/// Probabilities proportional to exp(z(i)), Eq. (1).
///
/// An entry of -inf is a mask: its probability is exactly 0. Throws
/// std::invalid_argument when `z` is empty, when an entry is NaN or +inf, and
/// when all are -inf, which leaves nothing to share out.
///
///     softmax(Vector{{1.0, 2.0, 3.0}})  // 0.0900, 0.2447, 0.6652
inline Vector softmax(const VectorRef& z) {
  // solution:begin
  constexpr double infinity = std::numeric_limits<double>::infinity();
  double top = -infinity;
  for (Eigen::Index i = 0; i < z.size(); ++i) {
    require(z(i) < infinity, "softmax: z(", i, ") is ", z(i));  // or NaN
    top = std::max(top, z(i));
  }
  require(top > -infinity, "softmax: need a logit above -inf, got ", z.size(),
          " without one");

  Vector p(z.size());
  double total = 0.0;
  for (Eigen::Index i = 0; i < z.size(); ++i) {
    p(i) = std::exp(z(i) - top);  // Eq. (2)
    total += p(i);
  }
  return p / total;
  // solution:end
}

}  // namespace whiteboard::coding
