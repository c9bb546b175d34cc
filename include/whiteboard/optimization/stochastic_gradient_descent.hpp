// Question:    What is SGD, why does it work with noisy gradients, and why does
//              it stop improving?
// Answer:      questions/optimization/stochastic_gradient_descent.md (equation
//              numbers are its own)
// Method:      Robbins and Monro's iteration [1] over samples drawn or
//              shuffled; averages of Polyak and Juditsky [2]; Kaczmarz with
//              rows drawn by their squared length [3]
// Time:        one sample's gradient per step; O(d) for a linear model
// Memory:      O(d), and n indices when shuffling
// Numerics:    a run that diverges ends in infinity or NaN: look at the result
// References:  [1] Robbins and Monro, A stochastic approximation method, Annals
//                  of Mathematical Statistics 22, 1951
//              [2] Polyak and Juditsky, Acceleration of stochastic
//                  approximation by averaging, SIAM J. Control Optim. 30, 1992
//              [3] Strohmer and Vershynin, A randomized Kaczmarz algorithm with
//                  exponential convergence, J. Fourier Anal. Appl. 15, 2009
// Symbols:     x       d      the point
//              n              number of samples
//              i              the sample of this step, 0 to n - 1
//              t              steps, from 1
//              eta            step size, a function of t
//              lambda         curvature
//              sigma2         variance of the noise in a gradient
//              A       n x d  rows of a linear system or of a design
//              b       n      its right-hand side
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace whiteboard::optimization {

enum class Order { with_replacement, shuffle_each_epoch };

struct SgdOptions {
  std::int64_t steps = 1000;
  Order order = Order::shuffle_each_epoch;
};

/// Which of n samples comes next, without an end. Throws unless n >= 1.
class SampleOrder {
 public:
  SampleOrder(std::ptrdiff_t n, Order order)
      : n_(n), order_(order), position_(n) {
    require(n >= 1, "SampleOrder: need n >= 1, got n = ", n);
    if (order == Order::with_replacement) return;
    indices_.resize(static_cast<std::size_t>(n));
    std::iota(indices_.begin(), indices_.end(), std::ptrdiff_t{0});
  }

  template <BitEngine Rng>
  std::ptrdiff_t next(Rng& rng) {
    if (order_ == Order::with_replacement) return uniform_index(n_, rng);
    if (position_ == n_) {  // a new epoch, a new order
      shuffle(indices_, rng);
      position_ = 0;
    }
    return indices_[static_cast<std::size_t>(position_++)];
  }

 private:
  std::ptrdiff_t n_;
  Order order_;
  std::ptrdiff_t position_;
  std::vector<std::ptrdiff_t> indices_;
};

/// The loop of Eq. (2): calls step(i, eta(t), x), which changes x, for t = 1 to
/// options.steps. Throws unless n >= 1, steps >= 0, every eta(t) is finite and
/// positive, and x is finite.
template <class Step, class Schedule, BitEngine Rng>
Vector sgd_steps(const Step& step, Vector x, const Schedule& eta,
                 std::ptrdiff_t n, const SgdOptions& options, Rng& rng) {
  require(options.steps >= 0, "sgd: need steps >= 0, got ", options.steps);
  require_finite(x, "sgd: x");
  SampleOrder order(n, options.order);
  for (std::int64_t t = 1; t <= options.steps; ++t) {
    const double length = eta(t);
    require(length > 0.0 && std::isfinite(length),
            "sgd: need a finite eta(t) > 0, got ", length, " at t = ", t);
    step(order.next(rng), length, x);
  }
  return x;
}

/// SGD with any gradient(i, x) of sample i at x. The yardstick for
/// sgd_least_squares(). Throws as sgd_steps() does.
///
///     const auto gradient = [&](std::ptrdiff_t i, const Vector& x) -> Vector {
///       return x - a.row(i).transpose();
///     };
///     const auto eta = [](std::int64_t t) { return 1.0 / t; };
///     const Vector mean = sgd(gradient, x0, eta, a.rows(), {}, rng);
template <class SampleGradient, class Schedule, BitEngine Rng>
Vector sgd(const SampleGradient& gradient, Vector x, const Schedule& eta,
           std::ptrdiff_t n, const SgdOptions& options, Rng& rng) {
  const auto step = [&](std::ptrdiff_t i, double length, Vector& at) {
    at -= length * gradient(i, at);
  };
  return sgd_steps(step, std::move(x), eta, n, options, rng);
}

/// The same for (a_i'x - b_i)^2 / 2, Eq. (3): a product with the row and a
/// multiple of it, without a vector for the gradient. Throws as sgd_steps()
/// does, and unless A, b and x fit together and are finite.
template <class Schedule, BitEngine Rng>
Vector sgd_least_squares(const MatrixRef& A, const VectorRef& b, Vector x,
                         const Schedule& eta, const SgdOptions& options,
                         Rng& rng) {
  require(A.rows() == b.size() && A.cols() == x.size(),
          "sgd_least_squares: A is ", A.rows(), " x ", A.cols(), ", b has ",
          b.size(), " elements, x ", x.size());
  require_finite(A, "sgd_least_squares: A");
  require_finite(b, "sgd_least_squares: b");
  const auto step = [&](std::ptrdiff_t i, double length, Vector& at) {
    const double residual = A.row(i).dot(at) - b(i);
    at -= length * residual * A.row(i).transpose();
  };
  return sgd_steps(step, std::move(x), eta, A.rows(), options, rng);
}

/// Variance around the optimum at which SGD with a constant step settles on
/// curvature lambda, Eq. (5). Throws unless 0 < eta lambda < 2 and sigma2 >= 0.
inline double noise_floor(double eta, double lambda, double sigma2) {
  require(eta > 0.0 && lambda > 0.0 && eta * lambda < 2.0,
          "noise_floor: need eta > 0, lambda > 0, eta lambda < 2, got eta = ",
          eta, ", lambda = ", lambda);
  require(sigma2 >= 0.0 && std::isfinite(sigma2),
          "noise_floor: need a finite sigma2 >= 0, got ", sigma2);
  return eta * sigma2 / (lambda * (2.0 - eta * lambda));
}

/// The mean of the points added so far, Eq. (6). Add them once the run has
/// reached the floor: the way there would stay in the mean.
struct PolyakAverage {
  Vector mean;             ///< d; empty before the first point
  std::int64_t count = 0;  ///< points added

  void add(const VectorRef& x) {
    if (count == 0) mean.setZero(x.size());
    require(x.size() == mean.size(), "PolyakAverage: x has ", x.size(),
            " elements, the first one had ", mean.size());
    ++count;
    mean += (x - mean) / static_cast<double>(count);
  }
};

/// Kaczmarz's method for a consistent system A x = b: SGD with a step of one
/// over the curvature of the row, which is then solved exactly, Eq. (7). Throws
/// unless the sizes fit, everything is finite and A is not zero.
template <BitEngine Rng>
Vector randomized_kaczmarz(const MatrixRef& A, const VectorRef& b, Vector x,
                           std::int64_t steps, Rng& rng) {
  require(A.rows() == b.size() && A.cols() == x.size(),
          "randomized_kaczmarz: A is ", A.rows(), " x ", A.cols(), ", b has ",
          b.size(), " elements, x ", x.size());
  require(steps >= 0, "randomized_kaczmarz: need steps >= 0, got ", steps);
  require_finite(A, "randomized_kaczmarz: A");
  require_finite(b, "randomized_kaczmarz: b");
  require_finite(x, "randomized_kaczmarz: x");
  const Vector squares = A.rowwise().squaredNorm();
  Vector ends(squares.size());  // of the rows' shares of the total
  std::partial_sum(squares.begin(), squares.end(), ends.begin());
  const double total = A.rows() > 0 ? ends(ends.size() - 1) : 0.0;
  require(total > 0.0 && std::isfinite(total),
          "randomized_kaczmarz: the squares of A sum to ", total);
  for (std::int64_t t = 0; t < steps; ++t) {
    // The first end above the draw: never that of a row of zeros.
    const double draw = uniform(0.0, total, rng);
    const Eigen::Index i =
        std::upper_bound(ends.begin(), ends.end(), draw) - ends.begin();
    x += (b(i) - A.row(i).dot(x)) / squares(i) * A.row(i).transpose();
  }
  return x;
}

}  // namespace whiteboard::optimization
