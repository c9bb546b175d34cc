// Question:    What can go wrong with floating-point numbers in ML code?
// Answer:      questions/maths/floating_point.md (equation numbers are its own)
// Method:      IEEE 754 doubles as integers in order; Kahan's products with a
//              fused multiply-add [1]; his log1p and expm1 [2]; the quadratic
//              without cancellation [3]
// Time:        O(1) each
// Memory:      O(1)
// Numerics:    relies on every operation being rounded as written: correct
//              with -O3, wrong with -ffast-math
// References:  [1] Jeannerod, Louvet and Muller, Further analysis of Kahan's
//                  algorithm for the accurate computation of 2 x 2
//                  determinants, Mathematics of Computation 82, 2013
//              [2] Higham, Accuracy and Stability of Numerical Algorithms, 2nd
//                  ed., SIAM, 2002, section 1.14
//              [3] Goldberg, What every computer scientist should know about
//                  floating-point arithmetic, ACM Computing Surveys 23, 1991
// Symbols:     u  unit roundoff, 2^-53: half the spacing of doubles at 1
#pragma once

#include <whiteboard/core/require.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

namespace whiteboard::maths {

/// From |x| to the next larger double: 2^-52 at 1, 4.9e-324 at 0. The largest
/// double has none, and takes the distance to the one before it. Throws unless
/// x is finite.
inline double ulp(double x) {
  require(std::isfinite(x), "ulp: need a finite x, got ", x);
  const double size = std::abs(x);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const double gap = std::nextafter(size, infinity) - size;
  return std::isfinite(gap) ? gap : size - std::nextafter(size, 0.0);
}

/// The place of x among all doubles, from -max to +max: neighbours differ by
/// 1, and both zeros are 0. The bits of positive doubles are in order already,
/// as the exponent stands before the fraction; negative ones run backwards.
inline std::int64_t place_of(double x) {
  const auto bits = std::bit_cast<std::int64_t>(x);
  return bits >= 0 ? bits : std::numeric_limits<std::int64_t>::min() - bits;
}

/// How many steps of nextafter() lead from a to b. Throws for a NaN.
inline std::uint64_t ulp_distance(double a, double b) {
  require(!std::isnan(a) && !std::isnan(b), "ulp_distance: got a = ", a,
          ", b = ", b);
  // Unsigned, as the two ends are further apart than std::int64_t reaches.
  const auto from = static_cast<std::uint64_t>(place_of(std::min(a, b)));
  return static_cast<std::uint64_t>(place_of(std::max(a, b))) - from;
}

struct AlmostEqualOptions {
  double rel = 1e-9;  ///< times the larger of |a| and |b|
  double abs = 0.0;   ///< what counts as nothing, in the units of a and b
};

/// Eq. (5): are a and b equal up to a relative or an absolute difference?
/// Infinities equal themselves, NaN nothing. Throws unless both tolerances are
/// finite and >= 0.
inline bool almost_equal(double a, double b,
                         const AlmostEqualOptions& options = {}) {
  const auto [rel, abs] = options;
  require(rel >= 0.0 && std::isfinite(rel) && abs >= 0.0 && std::isfinite(abs),
          "almost_equal: need finite tolerances >= 0, got rel = ", rel,
          ", abs = ", abs);
  if (a == b) return true;
  if (std::isinf(a) || std::isinf(b)) return false;  // inf <= rel inf is true
  const double larger = std::max(std::abs(a), std::abs(b));
  return std::abs(a - b) <= std::max(rel * larger, abs);
}

/// A strict weak order of all doubles, with every NaN after the numbers: what
/// std::sort needs where a NaN is possible.
inline bool less_nan_last(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return !std::isnan(a) && std::isnan(b);
  return a < b;
}

/// a b - c d within 1.5 units in the last place [1], Eq. (3): the rounding
/// error of one product, found exactly, is added in the end. Products must
/// neither overflow nor be subnormal.
inline double difference_of_products(double a, double b, double c, double d) {
  const double cd = c * d;
  const double error = std::fma(-c, d, cd);       // cd - c d, exactly
  const double difference = std::fma(a, b, -cd);  // one rounding
  return difference + error;
}

struct Roots {
  double smaller;
  double larger;
};

/// The real roots of a x^2 + b x + c, Eq. (2), or nothing if they are complex.
/// Throws unless the coefficients are finite, a != 0, and b^2 and a c too.
inline std::optional<Roots> real_roots(double a, double b, double c) {
  const double half = 0.5 * b;
  const double quarter = difference_of_products(half, half, a, c);
  require(a != 0.0 && std::isfinite(quarter),
          "real_roots: need a != 0 and b^2 - 4ac finite, got a = ", a,
          ", b = ", b, ", c = ", c);
  if (quarter < 0.0) return std::nullopt;
  // b and the root are added with equal signs, so that nothing cancels; the
  // other root follows from the product of both, c / a.
  const double q = -(half + std::copysign(std::sqrt(quarter), half));
  if (q == 0.0) return Roots{0.0, 0.0};  // b = c = 0
  const double x1 = q / a;
  const double x2 = c / q;
  return Roots{std::min(x1, x2), std::max(x1, x2)};
}

/// log(1 + x) from log alone, Eq. (4). Rounding 1 + x to y is an error of u,
/// all that there is of a small x. log(y) / (y - 1) does not mind: it varies
/// slowly, and y - 1 is exact. Throws unless x is finite and x >= -1.
inline double log1p_from_log(double x) {
  require(x >= -1.0 && std::isfinite(x),
          "log1p_from_log: need a finite x >= -1, got ", x);
  const double y = 1.0 + x;
  return y == 1.0 ? x : x * (std::log(y) / (y - 1.0));
}

/// e^x - 1 from exp and log, the same way. Throws for a NaN.
inline double expm1_from_exp(double x) {
  require(!std::isnan(x), "expm1_from_exp: got x = nan");
  const double y = std::exp(x);
  if (y == 1.0) return x;
  if (std::isinf(y) || y < 0.25) return y - 1.0;  // nothing cancels
  return (y - 1.0) * (x / std::log(y));
}

/// x to the nearest bfloat16, ties to even: a float without its last 16 bits.
/// NaN stays NaN, and what is beyond the largest becomes infinite.
inline float to_bfloat16(float x) {
  // The carry below could make an infinity, or a negative zero, of a NaN.
  if (std::isnan(x)) return std::numeric_limits<float>::quiet_NaN();
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t last_kept = bits >> 16 & 1U;
  return std::bit_cast<float>((bits + 0x7FFFU + last_kept) & 0xFFFF0000U);
}

}  // namespace whiteboard::maths
