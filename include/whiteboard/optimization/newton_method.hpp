// Question:    Explain Newton's method. Why is it not used to train neural
//              networks?
// Answer:      questions/optimization/newton_method.md (equation numbers are
//              its own)
// Method:      Newton's step as it stands; with a shifted Hessian and
//              backtracking [1, 2]; with conjugate gradients in place of the
//              matrix [3]
// Time:        O(d^3) per step and the Hessian, or two gradients per product
// Memory:      O(d^2), without a matrix O(d)
// Numerics:    H is factored, not inverted; f is judged down to its rounding
// References:  [1] Boyd and Vandenberghe, Convex Optimization, 2004, ch. 9
//              [2] Nocedal and Wright, Numerical Optimization, 2006, ch. 3, 7
//              [3] Dembo, Steihaug, Truncated-Newton algorithms, 1983
// Symbols:     f              what is minimised
//              x       d      the point
//              g       d      gradient of f at x
//              H       d x d  Hessian of f at x, symmetric
//              p       d      step, Eq. (2)
//              lambda         Newton decrement, Eq. (4)
//              t              share of the step that is taken, Eq. (5)
//              tau            shift of the Hessian, Eq. (6)
//              v       d      a direction, Eq. (7)
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>
#include <whiteboard/maths/cholesky_decomposition.hpp>
#include <whiteboard/maths/finite_differences.hpp>

#include <Eigen/Core>
#include <Eigen/QR>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace whiteboard::optimization {

/// Throws std::invalid_argument unless H is d x d, g has d elements, and both
/// are finite.
inline void require_newton(const MatrixRef& H, const VectorRef& g) {
  require(H.rows() == g.size() && H.cols() == g.size(),
          "newton: need a Hessian of ", g.size(), " x ", g.size(), ", got ",
          H.rows(), " x ", H.cols());
  require_finite(g, "newton: gradient");
  require_finite(H, "newton: Hessian");
}

/// Newton's step -H^-1 g, Eq. (2), whatever the signs of the eigenvalues of H:
/// it may lead uphill. Nothing when H is singular to working precision.
inline std::optional<Vector> newton_step(const MatrixRef& H,
                                         const VectorRef& g) {
  require_newton(H, g);
  const Eigen::ColPivHouseholderQR<Matrix> factor(H);
  if (!factor.isInvertible()) return std::nullopt;
  return -factor.solve(g);
}

/// x0 and the points after each step of Newton's method as it stands. Ends
/// early where the Hessian is singular. Throws std::invalid_argument unless
/// steps >= 0, x0, gradients and Hessians are finite, and their sizes fit.
template <std::invocable<const Vector&> Gradient,
          std::invocable<const Vector&> Hessian>
std::vector<Vector> newton_reference(const Gradient& gradient,
                                     const Hessian& hessian, const Vector& x0,
                                     int steps) {
  require(steps >= 0, "newton_reference: need steps >= 0, got ", steps);
  require_finite(x0, "newton_reference: x0");
  std::vector<Vector> path{x0};
  for (int k = 0; k < steps; ++k) {
    const Vector& x = path.back();
    const std::optional<Vector> p = newton_step(hessian(x), gradient(x));
    if (!p) break;
    require(p->size() == x.size(), "newton_reference: x0 has ", x.size(),
            " elements, its gradient ", p->size());
    path.push_back(x + *p);
  }
  return path;
}

struct NewtonOptions {
  int max_steps = 100;
  double tolerance = 1e-12;  ///< of lambda^2 / 2, in units of f
};

struct NewtonResult {
  Vector x;                          ///< d, the last point
  std::vector<double> values;        ///< f at x0 and after every step
  std::vector<double> decrements;    ///< lambda^2 / 2 at the same points
  std::vector<double> step_lengths;  ///< t of every step; 1 is a full one
  int indefinite = 0;                ///< points where H was not positive
  /// lambda^2 / 2 is within the tolerance and H positive definite; newton_cg()
  /// knows the latter only along the directions it has tried.
  bool converged = false;
};

/// A step that leads downhill.
struct NewtonDirection {
  Vector p;               ///< d
  bool positive = false;  ///< H is positive definite as far as was seen
};

/// The step with H + tau I, Eq. (6), for the first tau of 0, size, 4 size, 16
/// size, ... that makes it positive definite beyond rounding; size is 0.001 of
/// the largest entry. Throws as require_newton(), and unless H is symmetric.
inline NewtonDirection shifted_direction(const MatrixRef& H,
                                         const VectorRef& g) {
  require_newton(H, g);
  const double size = 1e-3 * H.lpNorm<Eigen::Infinity>();
  for (double tau = 0.0;;) {
    Matrix shifted = H;
    shifted.diagonal().array() += tau;
    if (const std::optional<Matrix> L = maths::cholesky(shifted, 1e-14)) {
      return {-maths::cholesky_solve(*L, g), tau == 0.0};
    }
    tau = tau > 0.0 ? 4.0 * tau : size > 0.0 ? size : 1.0;
  }
}

/// Eq. (5): the first t of 1, 1/2, 1/4, ... that lowers f by a share of what
/// the slope promises, give or take the rounding of f. NaN counts as too far.
/// Nothing when no t does before the promise is itself lost in rounding.
template <std::invocable<const Vector&> Function>
std::optional<double> backtrack(const Function& f, const Vector& x,
                                const Vector& p, double value, double slope) {
  const double noise =
      4.0 * std::numeric_limits<double>::epsilon() * std::abs(value);
  for (double t = 1.0;; t *= 0.5) {
    const double promised = -1e-4 * t * slope;
    if (f(Vector(x + t * p)) <= value - promised + noise) return t;
    if (!(promised > noise)) return std::nullopt;
  }
}

/// Damped steps along direction(x, g), a NewtonDirection, until the decrement
/// of Eq. (4) is within the tolerance: f is then about as low as it gets. That
/// says nothing about x, see claim 10.
template <class Function, class Gradient, class Direction>
NewtonResult minimise_along(const Function& f, const Gradient& gradient,
                            const Direction& direction, Vector x,
                            const NewtonOptions& options) {
  require(x.size() >= 1, "newton: x0 is empty");
  require_finite(x, "newton: x0");
  require(options.max_steps >= 0, "newton: need max_steps >= 0, got ",
          options.max_steps);
  require(options.tolerance >= 0.0, "newton: need tolerance >= 0, got ",
          options.tolerance);
  NewtonResult run;
  for (;;) {
    const double value = f(x);
    require(std::isfinite(value), "newton: f is ", value);
    const Vector g = gradient(x);
    require(g.size() == x.size(), "newton: x0 has ", x.size(),
            " elements, its gradient ", g.size());
    require_finite(g, "newton: gradient");
    const NewtonDirection step = direction(x, g);
    const double slope = g.dot(step.p);  // -lambda^2
    run.values.push_back(value);
    run.decrements.push_back(-0.5 * slope);
    run.indefinite += step.positive ? 0 : 1;
    const bool flat = -0.5 * slope <= options.tolerance;
    run.converged = flat && step.positive;
    if (flat || std::ssize(run.step_lengths) >= options.max_steps) break;
    const std::optional<double> t = backtrack(f, x, step.p, value, slope);
    if (!t) break;
    x += *t * step.p;
    run.step_lengths.push_back(*t);
  }
  run.x = std::move(x);
  return run;
}

/// Newton's method made safe: downhill by Eq. (6), and not too far by Eq. (5).
///
///     newton(f, gradient, hessian, x0).x
///
/// Throws std::invalid_argument unless x0 and all f, gradients and Hessians are
/// finite, sizes fit, Hessians are symmetric and the options are >= 0.
template <std::invocable<const Vector&> Function,
          std::invocable<const Vector&> Gradient,
          std::invocable<const Vector&> Hessian>
NewtonResult newton(const Function& f, const Gradient& gradient,
                    const Hessian& hessian, const Vector& x0,
                    const NewtonOptions& options = {}) {
  const auto direction = [&](const Vector& x, const Vector& g) {
    return shifted_direction(hessian(x), g);
  };
  return minimise_along(f, gradient, direction, x0, options);
}

/// H v from two gradients, Eq. (7). Throws unless x and v have one size, and v
/// is finite and not zero.
template <std::invocable<const Vector&> Gradient>
Vector hessian_product(const Gradient& gradient, const VectorRef& x,
                       const VectorRef& v) {
  const double length = v.stableNorm();
  require(x.size() == v.size() && length > 0.0 && std::isfinite(length),
          "hessian_product: need v of ", x.size(), " numbers, not all 0, got ",
          v.size(), " of length ", length);
  const double h = maths::central_step * std::max(1.0, x.norm()) / length;
  return (gradient(Vector(x + h * v)) - gradient(Vector(x - h * v))) /
         (2.0 * h);
}

/// Conjugate gradients on H p = -g from zero, with product(v) = H v, until the
/// residual is below `tolerance` times |g|. Where a direction has no positive
/// curvature it returns what it has, or -g: downhill in either case [3].
template <std::invocable<const Vector&> Product>
NewtonDirection conjugate_direction(const Product& product, const VectorRef& g,
                                    double tolerance) {
  Vector p = Vector::Zero(g.size());
  Vector residual = -g;
  Vector v = residual;
  double squared = residual.squaredNorm();
  const double enough = tolerance * std::sqrt(squared);
  for (Eigen::Index k = 0; k < g.size() && std::sqrt(squared) > enough; ++k) {
    const Vector Hv = product(v);
    const double curvature = v.dot(Hv);
    if (!(curvature > 0.0)) return {k == 0 ? Vector(-g) : p, false};
    const double alpha = squared / curvature;
    p += alpha * v;
    residual -= alpha * Hv;
    const double next = residual.squaredNorm();
    v = residual + next / squared * v;
    squared = next;
  }
  return {p, true};
}

/// newton() without a Hessian: only gradients, and memory for a few vectors.
/// The system is solved roughly far from the minimum and better close to it.
/// Throws as newton() does.
template <std::invocable<const Vector&> Function,
          std::invocable<const Vector&> Gradient>
NewtonResult newton_cg(const Function& f, const Gradient& gradient,
                       const Vector& x0, const NewtonOptions& options = {}) {
  const auto direction = [&](const Vector& x, const Vector& g) {
    const auto product = [&](const Vector& v) {
      return hessian_product(gradient, x, v);
    };
    return conjugate_direction(product, g, std::min(0.5, std::sqrt(g.norm())));
  };
  return minimise_along(f, gradient, direction, x0, options);
}

}  // namespace whiteboard::optimization
