// Question:    What is Nesterov acceleration, and in which sense is it optimal?
// Answer:      questions/optimization/nesterov_accelerated_gradient.md
//              (equation numbers are its own)
// Method:      Nesterov's method [1] with the sequence of FISTA [2], with a
//              constant momentum, and with restarts [3]; gradient descent with
//              Chebyshev's steps
// Time:        one gradient per step
// Memory:      O(d), and O(steps d) when the path is kept; O(k^2) for the
//              worst case
// Numerics:    Chebyshev's steps come in an order in which rounding errors do
//              not grow
// References:  [1] Nesterov, A method for solving the convex programming
//                  problem with convergence rate O(1/k^2), Soviet Math. Dokl.
//                  27, 1983
//              [2] Beck and Teboulle, A fast iterative shrinkage-thresholding
//                  algorithm, SIAM J. Imaging Sciences 2, 2009
//              [3] O'Donoghue and Candes, Adaptive restart for accelerated
//                  gradient schemes, Found. Comput. Math. 15, 2015
// Symbols:     x      d      the point, x_k after k steps
//              y      d      where the gradient is taken, ahead of x
//              t             1, 1.618, ...: sets the momentum, Eq. (2)
//              mu, L         smallest and largest curvature, 0 < mu < L
//              k             steps
//              K             number of Chebyshev's steps
//              A      d x d  tridiagonal, d = 2 k + 1
//              b      d      makes f = x'Ax / 2 - b'x
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>
#include <whiteboard/optimization/gradient_descent.hpp>

#include <Eigen/Core>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <numbers>
#include <utility>
#include <vector>

namespace whiteboard::optimization {

/// The loop that both methods share: a step of 1 / L from y, then y ahead of
/// the new x by momentum(uphill) times the last move, where uphill says that
/// the move went against the gradient, Eq. (1). One gradient a step, and the
/// norms in the result are those at y, where it was taken; a converged run
/// returns that y.
template <class Gradient, class Momentum>
GradientDescentResult accelerate(const Gradient& gradient, Vector x, double L,
                                 const Momentum& momentum,
                                 const GradientDescentOptions& options) {
  require(L > 0.0 && std::isfinite(L), "nesterov: need a finite L > 0, got ",
          L);
  require(options.max_steps >= 0, "nesterov: need max_steps >= 0, got ",
          options.max_steps);
  require(options.tolerance >= 0.0, "nesterov: need tolerance >= 0, got ",
          options.tolerance);
  require(x.size() >= 1, "nesterov: x0 is empty");
  require_finite(x, "nesterov: x0");

  GradientDescentResult run;
  Vector y = x;
  for (int k = 0;; ++k) {
    const Vector g = gradient(y);
    require(g.size() == x.size(), "nesterov: x has ", x.size(),
            " elements, its gradient ", g.size());
    const double norm = g.stableNorm();
    run.gradient_norms.push_back(norm);
    run.converged = norm <= options.tolerance;
    if (run.converged) x = y;
    if (options.keep_path) run.path.push_back(x);
    if (run.converged || !std::isfinite(norm) || k == options.max_steps) break;
    const Vector next = y - g / L;
    const Vector move = next - x;
    y = next + momentum(g.dot(move) > 0.0) * move;
    x = next;
  }
  run.x = std::move(x);
  return run;
}

/// For convex f, Eq. (2): the momentum tends to 1 and mu is not needed. With
/// `restart` it begins again at 0 whenever the last move went uphill, which
/// finds the rate of Eq. (5) by itself. Throws unless L > 0 and x0 is finite.
template <std::invocable<const Vector&> Gradient>
GradientDescentResult nesterov(const Gradient& gradient, Vector x0, double L,
                               const GradientDescentOptions& options,
                               bool restart = false) {
  double t = 1.0;
  const auto momentum = [&t, restart](bool uphill) {
    if (restart && uphill) {
      t = 1.0;
      return 0.0;
    }
    const double next = (1.0 + std::sqrt(1.0 + 4.0 * t * t)) / 2.0;
    return (std::exchange(t, next) - 1.0) / next;
  };
  return accelerate(gradient, std::move(x0), L, momentum, options);
}

/// For curvatures from mu to L, with the constant momentum of Eq. (4). Throws
/// unless 0 < mu < L, both finite, and x0 is finite.
template <std::invocable<const Vector&> Gradient>
GradientDescentResult nesterov_strongly_convex(
    const Gradient& gradient, Vector x0, double mu, double L,
    const GradientDescentOptions& options) {
  require(0.0 < mu && mu < L, "nesterov: need 0 < mu < L, got mu = ", mu,
          ", L = ", L);
  const double root_kappa = std::sqrt(L / mu);
  const double constant = (root_kappa - 1.0) / (root_kappa + 1.0);
  const auto momentum = [constant](bool) { return constant; };
  return accelerate(gradient, std::move(x0), L, momentum, options);
}

struct Quadratic {
  Matrix A;
  Vector b;
  Vector minimiser;     ///< of x'Ax / 2 - b'x
  double lowest = 0.0;  ///< its value there
};

/// The function on which no method that adds up gradients gets far in k steps
/// from zero, Eq. (6): b has one entry, and every gradient reaches one entry
/// further. Curvatures in (0, L). Throws unless k >= 1 and L > 0 is finite.
inline Quadratic worst_case_quadratic(int k, double L) {
  require(k >= 1, "worst_case_quadratic: need k >= 1, got ", k);
  require(L > 0.0 && std::isfinite(L),
          "worst_case_quadratic: need a finite L > 0, got ", L);
  const Eigen::Index d = 2 * static_cast<Eigen::Index>(k) + 1;
  Quadratic f{Matrix::Zero(d, d), Vector::Zero(d), Vector(d), 0.0};
  f.A.diagonal().setConstant(L / 2.0);
  f.A.diagonal(1).setConstant(-L / 4.0);
  f.A.diagonal(-1).setConstant(-L / 4.0);
  f.b(0) = L / 4.0;
  const auto n = static_cast<double>(d + 1);
  for (Eigen::Index i = 0; i < d; ++i) {
    f.minimiser(i) = 1.0 - static_cast<double>(i + 1) / n;
  }
  f.lowest = -L / 8.0 * (1.0 - 1.0 / n);
  return f;
}

/// The K steps whose product of factors 1 - eta lambda is smallest over [mu, L]
/// in the worst case: one over the Chebyshev nodes, Eq. (8). Short and long
/// ones take turns (the bits of the position are reversed), so that no run of
/// long steps multiplies what rounding leaves. Throws unless 0 < mu < L, both
/// finite, and K >= 1.
inline std::vector<double> chebyshev_steps(double mu, double L, int K) {
  require(0.0 < mu && mu < L && std::isfinite(L),
          "chebyshev_steps: need 0 < mu < L, got mu = ", mu, ", L = ", L);
  require(K >= 1, "chebyshev_steps: need K >= 1, got ", K);
  std::vector<double> steps;
  int bits = 0;
  while ((1 << bits) < K) ++bits;
  for (int position = 0; position < 1 << bits; ++position) {
    int i = 0;
    for (int bit = 0; bit < bits; ++bit) {
      i = 2 * i + ((position >> bit) & 1);
    }
    if (i >= K) continue;  // K is no power of two
    const double angle = (i + 0.5) * std::numbers::pi / K;
    steps.push_back(2.0 / (L + mu + (L - mu) * std::cos(angle)));
  }
  return steps;
}

/// What those K steps leave of the worst error, Eq. (9). Throws as
/// chebyshev_steps() does.
inline double chebyshev_bound(double mu, double L, int K) {
  require(0.0 < mu && mu < L && std::isfinite(L),
          "chebyshev_bound: need 0 < mu < L, got mu = ", mu, ", L = ", L);
  require(K >= 1, "chebyshev_bound: need K >= 1, got ", K);
  return 1.0 / std::cosh(K * std::acosh((L + mu) / (L - mu)));
}

/// Gradient descent with the given steps, one after the other. Throws as
/// descend() does, and unless every step is finite and positive.
template <std::invocable<const Vector&> Gradient>
GradientDescentResult gradient_descent(const Gradient& gradient, Vector x0,
                                       const std::vector<double>& steps,
                                       bool keep_path = false) {
  for (const double step : steps) {
    require(step > 0.0 && std::isfinite(step),
            "gradient_descent: need finite steps > 0, got ", step);
  }
  std::size_t k = 0;
  const auto length = [&](const Vector&) { return steps[k++]; };
  return descend(
      gradient, std::move(x0), length,
      {.max_steps = static_cast<int>(steps.size()), .keep_path = keep_path});
}

}  // namespace whiteboard::optimization
