// Question:    Write a gradient checker and use it to catch a wrong derivative.
// Answer:      questions/coding/gradient_check.md (equation numbers are its own)
// Method:      central differences, coordinate by coordinate, and the largest
//              relative difference
// Time:        2 d evaluations of f
// Memory:      O(d)
// Numerics:    truncation grows like h^2 and rounding like eps |f| / h; the
//              default step, near the cube root of eps, balances them
// References:  [1] Squire and Trapp, Using complex variables to estimate
//                  derivatives of real functions, SIAM Review 40(1), 1998
// Symbols:     x  d  the point
//              g  d  the gradient that is claimed
//              n  d  the numerical one, Eq. (1)
//              h     step, times |x| where that is above 1
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <functional>

namespace whiteboard::coding {

/// The largest |g - n| / max(1e-8, |g| + |n|) over the coordinates, Eq. (1),
/// where n is the central difference of `f` with step h max(1, |x(i)|). Between
/// 0 and 1: in double, below 1e-7 is right, above 1e-3 is a bug, and a value in
/// between wants a look at f.
///
/// Throws std::invalid_argument when x is empty, when x and gradient differ in
/// size, when either or a value of `f` is not finite, when |g| + |n|
/// overflows, and unless h is finite and > 0.
///
///     const auto f = [](const Vector& x) { return x.squaredNorm(); };
///     gradient_check(f, x, 2.0 * x);  // 1e-11 or so
inline double gradient_check(const std::function<double(const Vector&)>& f,
                             const Vector& x, const Vector& gradient,
                             double h = 6e-6) {
  // solution:begin
  require(x.size() >= 1 && x.size() == gradient.size(),
          "gradient_check: need one derivative a coordinate and at least one, "
          "got ",
          gradient.size(), " for ", x.size());
  require(std::isfinite(h) && h > 0.0,
          "gradient_check: need a finite h > 0, got ", h);
  require_finite(x, "gradient_check: x");
  require_finite(gradient, "gradient_check: gradient");

  Vector moved = x;
  double worst = 0.0;
  for (Eigen::Index i = 0; i < x.size(); ++i) {
    const double step = h * std::max(1.0, std::abs(x(i)));
    moved(i) = x(i) + step;
    const double above = f(moved);
    moved(i) = x(i) - step;
    const double below = f(moved);
    moved(i) = x(i);
    const double n = (above - below) / (2.0 * step);
    const double g = gradient(i);
    const double size = std::abs(g) + std::abs(n);
    // max() below would skip a NaN, and a NaN must not pass.
    require(std::isfinite(size), "gradient_check: f is ", above, " and ", below,
            " around coordinate ", i, ", the gradient ", g);
    worst = std::max(worst, std::abs(g - n) / std::max(1e-8, size));
  }
  return worst;
  // solution:end
}

}  // namespace whiteboard::coding
