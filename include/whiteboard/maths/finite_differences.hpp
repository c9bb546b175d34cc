// Question:    How do you check a gradient numerically, with which step size?
// Answer:      questions/maths/finite_differences.md (its equation numbers)
// Method:      forward, central and extrapolated differences [1]; the complex
//              step [2]; a check that says which coordinate is wrong
// Time:        n + 1 evaluations of f (forward), 2 n (central), 2 along one
//              direction
// Memory:      O(n)
// Numerics:    truncation falls with the step, rounding grows: at best half of
//              the digits of f (forward), two thirds (central), four fifths
//              (extrapolated), all (complex step)
// References:  [1] Nocedal, Wright, Numerical optimization, 2nd ed., 2006, 8.1
//              [2] Squire and Trapp, Using complex variables to estimate
//                  derivatives of real functions, SIAM Review 40(1), 1998
//              [3] Ridders, Accurate computation of F'(x) and F'(x) F''(x),
//                  Advances in Engineering Software 4(2), 1982
// Symbols:     x  n  the point        g  n  the gradient that is claimed
//              d  n  the numerical one
//              u  n  a direction      h     step, relative to max(1, |x_j|)
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>

namespace whiteboard::maths {

/// The best steps for a well-scaled f in double: the square root of epsilon,
/// Eq. (4), its cube root, Eq. (6), and its fifth root, Eq. (8).
inline constexpr double forward_step = 1.4901161193847656e-8;
inline constexpr double central_step = 6.0554544523933430e-6;
inline constexpr double extrapolated_step = 7.4009597974140505e-4;

/// Above 1 in size, a coordinate is moved in proportion: beside 1e8, a step of
/// 6e-6 would be rounded to 0 or 1.5e-8.
inline double scaled_step(double x, double h) {
  require(h > 0.0 && std::isfinite(h),
          "finite_differences: need a finite h > 0, got ", h);
  const double step = h * std::max(1.0, std::abs(x));
  require(x + step != x, "finite_differences: a step of ", step,
          " is lost beside x = ", x);
  return step;
}

/// Gradient of f at x by Eq. (3), n + 1 evaluations. f takes a Vector and
/// returns a double. Throws unless x is finite, h is finite and > 0, and every
/// x_j + h is another number than x_j.
template <class Function>
Vector forward_difference(const Function& f, const VectorRef& x,
                          double h = forward_step) {
  require_finite(x, "forward_difference: x");
  Vector moved = x;
  const double at_x = f(moved);
  Vector d(x.size());
  for (Eigen::Index j = 0; j < x.size(); ++j) {
    moved(j) = x(j) + scaled_step(x(j), h);
    // By the step taken: x + h is rounded, and h is not what was added.
    d(j) = (f(moved) - at_x) / (moved(j) - x(j));
    moved(j) = x(j);
  }
  return d;
}

/// Gradient of f at x by Eq. (5), 2 n evaluations. Throws as
/// forward_difference() does.
template <class Function>
Vector central_difference(const Function& f, const VectorRef& x,
                          double h = central_step) {
  require_finite(x, "central_difference: x");
  Vector moved = x;
  Vector d(x.size());
  for (Eigen::Index j = 0; j < x.size(); ++j) {
    const double step = scaled_step(x(j), h);
    moved(j) = x(j) + step;
    const double right = moved(j), above = f(moved);
    moved(j) = x(j) - step;
    d(j) = (above - f(moved)) / (right - moved(j));
    moved(j) = x(j);
  }
  return d;
}

/// Eq. (7): two central differences, of steps h and h / 2, in which the term
/// in h^2 cancels [3]; 4 n evaluations. Throws as forward_difference() does.
template <class Function>
Vector extrapolated_difference(const Function& f, const VectorRef& x,
                               double h = extrapolated_step) {
  return (4.0 * central_difference(f, x, 0.5 * h) -
          central_difference(f, x, h)) /
         3.0;
}

/// Derivative of an analytic f at x, Eq. (9), exact but for rounding: nothing
/// is subtracted, so h can be as small as it likes. f takes and returns a
/// std::complex<double>; with abs, max or a comparison it is not analytic, and
/// the result is wrong. Throws unless x is finite, and h is finite and > 0.
template <class Function>
double complex_step(const Function& f, double x, double h = 1e-200) {
  require(std::isfinite(x) && h > 0.0 && std::isfinite(h),
          "complex_step: need a finite x and a finite h > 0, got ", x, " and ",
          h);
  return std::imag(f(std::complex<double>(x, h))) / h;
}

/// Derivative of f at x along u by Eq. (11): 2 evaluations, whatever n is.
/// Throws unless x and u are finite, of one size, and u is not zero.
template <class Function>
double directional_derivative(const Function& f, const VectorRef& x,
                              const VectorRef& u, double h = central_step) {
  require(x.size() == u.size() && x.size() > 0, "directional_derivative: ",
          "need as many coordinates of u as of x and at least one, got ",
          u.size(), " and ", x.size());
  require_finite(x, "directional_derivative: x");
  require_finite(u, "directional_derivative: u");
  const double longest = u.cwiseAbs().maxCoeff();
  require(longest > 0.0, "directional_derivative: u is zero");
  const double t = scaled_step(x.cwiseAbs().maxCoeff(), h) / longest;
  return (f(Vector(x + t * u)) - f(Vector(x - t * u))) / (2.0 * t);
}

struct GradientCheckOptions {
  double tolerance = 1e-6;  ///< of |g_j - d_j|, relative to the larger one
  double h = central_step;
  /// Relative error of f: a few roundings here, 1e-6 where f works in float.
  double noise = 8.0 * std::numeric_limits<double>::epsilon();
};

/// The coordinate in which g is furthest from what it may be.
struct GradientCheck {
  bool ok = false;  ///< all coordinates are within what is allowed
  Eigen::Index coordinate = -1;
  double analytic = 0.0, numerical = 0.0;  ///< g_j and d_j there
  double left = 0.0, right = 0.0;  ///< one-sided slopes: apart at a kink
  double excess = -1.0;            ///< |g_j - d_j| over the bound of Eq. (10)
};

/// Holds g against central differences of f at x, coordinate by coordinate, by
/// Eq. (10); 2 n + 1 evaluations. A NaN anywhere fails. Throws unless x is
/// finite and not empty, and g has its size.
template <class Function>
GradientCheck check_gradient(const Function& f, const VectorRef& g,
                             const VectorRef& x,
                             const GradientCheckOptions& options = {}) {
  require(x.size() == g.size() && x.size() > 0,
          "check_gradient: need as many derivatives as coordinates and at "
          "least one, got ",
          g.size(), " and ", x.size());
  require_finite(x, "check_gradient: x");
  Vector moved = x;
  const double at_x = f(moved);
  GradientCheck worst;
  for (Eigen::Index j = 0; j < x.size(); ++j) {
    const double step = scaled_step(x(j), options.h);
    moved(j) = x(j) + step;
    const double above = f(moved), ahead = moved(j) - x(j);
    moved(j) = x(j) - step;
    const double below = f(moved), behind = x(j) - moved(j);
    moved(j) = x(j);
    const double d = (above - below) / (ahead + behind);
    const double allowed =
        options.tolerance * std::max(std::abs(g(j)), std::abs(d)) +
        options.noise * (std::abs(above) + std::abs(below)) / (ahead + behind);
    const double error = std::abs(g(j) - d);
    const double excess = error == 0.0 ? 0.0 : error / allowed;
    if (excess <= worst.excess) continue;  // not so for NaN
    worst = {false, j, g(j), d, (at_x - below) / behind, (above - at_x) / ahead,
             excess};
    if (std::isnan(excess)) break;
  }
  worst.ok = worst.excess <= 1.0;
  return worst;
}

}  // namespace whiteboard::maths
