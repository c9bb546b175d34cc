// Question:    Compute a square root with Newton's method.
// Answer:      questions/coding/newton_sqrt.md (equation numbers are its own)
// Method:      Newton's iteration on y^2 - x from the power of two above the
//              root, until it stops decreasing
// Time:        at most 7 divisions
// Memory:      O(1)
// Numerics:    within one unit in the last place, for every double
// References:  [1] Muller et al., Handbook of Floating-Point Arithmetic,
//                  Birkhauser, 2nd edition, 2018
// Symbols:     x  the number
//              y  the present estimate of its root
#pragma once

#include <whiteboard/core/require.hpp>

#include <cmath>
#include <limits>

namespace whiteboard::coding {

/// One step of Newton's iteration for the root of x from y, Eq. (1). Both must
/// be positive and finite.
inline double newton_sqrt_step(double x, double y) {
  // solution:begin
  return 0.5 * (y + x / y);
  // solution:end
}

/// The square root of x. Returns zeros and infinity as they are. Throws
/// std::invalid_argument when x is negative or NaN.
inline double newton_sqrt(double x) {
  // solution:begin
  require(x >= 0.0, "newton_sqrt: need x >= 0, got ", x);
  if (x == 0.0 || x == std::numeric_limits<double>::infinity()) return x;

  int exponent = 0;
  std::frexp(x, &exponent);  // x < 2^exponent
  const int half = (exponent + (exponent & 1)) / 2;
  double y = std::ldexp(1.0, half);  // above the root, and below twice of it
  for (;;) {
    const double next = newton_sqrt_step(x, y);
    if (!(next < y)) return y;  // Eq. (3): from above it can only decrease
    y = next;
  }
  // solution:end
}

}  // namespace whiteboard::coding
