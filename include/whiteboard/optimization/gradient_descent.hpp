// Question:    What is gradient descent, how does it work, and how fast does it
//              converge?
// Answer:      questions/optimization/gradient_descent.md (equation numbers are
//              its own)
// Method:      steps along the negative gradient, of fixed length or of the
//              length that is best along the line [1]
// Time:        one gradient per step; O(d^2) per step of steepest descent
// Memory:      O(d), and O(steps d) when the path is kept
// Numerics:    a run whose gradient overflows ends there, as not converged
// References:  [1] Cauchy, Methode generale pour la resolution des systemes
//                  d'equations simultanees, C. R. Acad. Sci. 25, 1847
// Symbols:     x    d      the point, x_k after k steps
//              g    d      the gradient of f at x
//              eta         step length
//              mu, L       smallest and largest curvature of f, 0 < mu <= L
//              A    d x d  symmetric positive definite
//              b    d      makes f = x'Ax / 2 - b'x
//              X    n x d  samples, one per row
//              y    n      targets
//              w    d      weights of the linear model
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <utility>
#include <vector>

namespace whiteboard::optimization {

struct GradientDescentOptions {
  int max_steps = 1000;
  double tolerance = 0.0;  ///< converged when the norm of g is at most this
  bool keep_path = false;  ///< costs max_steps + 1 vectors
};

struct GradientDescentResult {
  Vector x;                            ///< d, the last point
  std::vector<double> gradient_norms;  ///< at x_0 and after every step
  std::vector<Vector> path;            ///< x_0, x_1, ..., x; empty if not kept
  bool converged = false;              ///< the last norm is within tolerance
};

/// Eq. (2), where step_length(g) gives eta. Convergence is judged by g alone:
/// a short step may mean a flat place or only a small eta.
template <class Gradient, class StepLength>
GradientDescentResult descend(const Gradient& gradient, Vector x,
                              const StepLength& step_length,
                              const GradientDescentOptions& options) {
  require(options.max_steps >= 0, "descend: need max_steps >= 0, got ",
          options.max_steps);
  require(options.tolerance >= 0.0, "descend: need tolerance >= 0, got ",
          options.tolerance);
  require(x.size() >= 1, "descend: x0 is empty");
  require_finite(x, "descend: x0");

  GradientDescentResult run;
  for (int k = 0;; ++k) {
    const Vector g = gradient(x);
    require(g.size() == x.size(), "descend: x has ", x.size(),
            " elements, its gradient ", g.size());
    // Squares neither overflow nor vanish in a stableNorm().
    const double norm = g.stableNorm();
    run.gradient_norms.push_back(norm);
    if (options.keep_path) run.path.push_back(x);
    run.converged = norm <= options.tolerance;
    if (run.converged || !std::isfinite(norm) || k == options.max_steps) break;
    x -= step_length(g) * g;
  }
  run.x = std::move(x);
  return run;
}

/// Gradient descent with the fixed step eta, Eq. (2):
///
///     const auto gradient = [&](const Vector& x) -> Vector {
///       return A * x - b;
///     };
///     const auto run = gradient_descent(gradient, x0, 1.0 / L, {});
///
/// Throws std::invalid_argument unless eta > 0 and x0 is finite.
template <std::invocable<const Vector&> Gradient>
GradientDescentResult gradient_descent(const Gradient& gradient, Vector x0,
                                       double eta,
                                       const GradientDescentOptions& options) {
  require(eta > 0.0 && std::isfinite(eta),
          "gradient_descent: need a finite eta > 0, got ", eta);
  const auto fixed = [eta](const Vector&) { return eta; };
  return descend(gradient, std::move(x0), fixed, options);
}

/// Steepest descent on x'Ax / 2 - b'x: every step goes to the lowest point of
/// its line, Eq. (6). Throws unless A is symmetric and positive definite.
inline GradientDescentResult steepest_descent_exact(
    const MatrixRef& A, const VectorRef& b, Vector x0,
    const GradientDescentOptions& options) {
  require(A.rows() == A.cols() && A.rows() == b.size() && A.rows() == x0.size(),
          "steepest_descent_exact: A is ", A.rows(), " x ", A.cols(),
          ", b has ", b.size(), " elements, x0 ", x0.size());
  require_finite(A, "steepest_descent_exact: A");
  require_finite(b, "steepest_descent_exact: b");
  require(A.isApprox(A.transpose(), 1e-12),
          "steepest_descent_exact: A is not symmetric");
  require(Eigen::LLT<Matrix>(A).info() == Eigen::Success,
          "steepest_descent_exact: A is not positive definite");

  const auto gradient = [&](const Vector& x) -> Vector { return A * x - b; };
  const auto lowest_point = [&](const Vector& g) {
    const Vector u = g.stableNormalized();
    return 1.0 / u.dot(A * u);
  };
  return descend(gradient, std::move(x0), lowest_point, options);
}

/// By how much a step shrinks the distance to the optimum in the worst case,
/// Eq. (5), when all curvatures of f lie between mu and L. 1 or more: it may
/// not shrink at all. Throws unless 0 < mu <= L and eta > 0, all finite.
inline double contraction_factor(double mu, double L, double eta) {
  require(0.0 < mu && mu <= L && std::isfinite(L),
          "contraction_factor: need 0 < mu <= L, got mu = ", mu, ", L = ", L);
  require(eta > 0.0 && std::isfinite(eta),
          "contraction_factor: need a finite eta > 0, got ", eta);
  return std::max(std::abs(1.0 - eta * mu), std::abs(1.0 - eta * L));
}

/// Gradient of ||Xw - y||^2 / (2n), Eq. (8), a first function to descend. It is
/// called at every step, so it checks shapes and not every number.
inline Vector mean_least_squares_gradient(const MatrixRef& X,
                                          const VectorRef& y,
                                          const VectorRef& w) {
  require(X.rows() >= 1 && X.rows() == y.size() && X.cols() == w.size(),
          "mean_least_squares_gradient: X is ", X.rows(), " x ", X.cols(),
          ", y has ", y.size(), " elements, w ", w.size());
  const Vector residuals = X * w - y;
  return X.transpose() * residuals / static_cast<double>(X.rows());
}

}  // namespace whiteboard::optimization
