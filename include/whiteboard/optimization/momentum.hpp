// Question:    What does momentum do, and how much faster is it?
// Answer:      questions/optimization/momentum.md (equation numbers are its
//              own)
// Method:      Polyak's heavy ball [1], with the step size outside the
//              velocity, as PyTorch has it
// Time:        O(d) per step besides the gradient
// Memory:      d, for the velocity
// Numerics:    a NaN in a gradient stays in v and x for good; heavy_ball_rate
//              takes a root of a difference, so that next to a double root it
//              is good to 1e-7, not to the last digits
// References:  [1] Polyak, Some methods of speeding up the convergence of
//                  iteration methods, USSR Comput. Math. Math. Phys. 4(5), 1964
// Symbols:     x       d  the point
//              g       d  gradient at x
//              v       d  velocity, the discounted sum of gradients, Eq. (1)
//              eta        step size
//              beta       share of v that is kept
//              lambda     a curvature of f
//              mu, L      smallest and largest curvature of f, 0 < mu <= L
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cmath>

namespace whiteboard::optimization {

struct MomentumOptions {
  double eta = 0.01;  ///< step size, > 0
  double beta = 0.9;  ///< share of the velocity that is kept, in [0, 1)
};

/// Throws std::invalid_argument unless eta is finite and positive and beta is
/// in [0, 1).
inline void require_momentum(const MomentumOptions& options) {
  require(options.eta > 0.0 && std::isfinite(options.eta),
          "momentum: need a finite eta > 0, got ", options.eta);
  require(options.beta >= 0.0 && options.beta < 1.0,
          "momentum: need 0 <= beta < 1, got ", options.beta);
}

/// Gradient descent with a memory. One object per set of weights:
///
///     HeavyBall ball(x.size(), {.eta = 0.01, .beta = 0.9});
///     ball.step(x, gradient(x));  // x changes in place
class HeavyBall {
 public:
  /// A ball at rest. Throws unless dim >= 0, and as require_momentum() does.
  explicit HeavyBall(Eigen::Index dim, const MomentumOptions& options = {})
      : options_(options) {
    require(dim >= 0, "HeavyBall: need dim >= 0, got ", dim);
    require_momentum(options);
    v_.setZero(dim);
  }

  /// Eq. (1). The velocity first: x moves by the newest gradient too. Throws
  /// unless x and g have dim elements.
  void step(Eigen::Ref<Vector> x, const VectorRef& g) {
    require(x.size() == v_.size() && g.size() == v_.size(),
            "HeavyBall: made for ", v_.size(), " weights, got ", x.size(),
            " and a gradient of ", g.size());
    v_ = options_.beta * v_ + g;
    x -= options_.eta * v_;
  }

  /// For a schedule. v is a sum of gradients and has no step size in it: the
  /// next step has the new one, and no direction is lost. Throws unless eta is
  /// finite and positive.
  void set_eta(double eta) {
    require_momentum({eta, options_.beta});
    options_.eta = eta;
  }

 private:
  MomentumOptions options_;
  Vector v_;
};

/// By how much the error along curvature lambda shrinks per step in the long
/// run: the larger root of Eq. (6) in size. 1 or more: it does not shrink.
/// Throws unless lambda > 0 is finite, and as require_momentum() does.
inline double heavy_ball_rate(double lambda, const MomentumOptions& options) {
  require_momentum(options);
  require(lambda > 0.0 && std::isfinite(lambda),
          "heavy_ball_rate: need a finite lambda > 0, got ", lambda);
  const double half_sum =
      (1.0 + options.beta - options.eta * lambda) / 2.0;  // of the roots
  const double discriminant = half_sum * half_sum - options.beta;
  // A conjugate pair: its product is beta, so that each has size sqrt(beta).
  if (discriminant < 0.0) return std::sqrt(options.beta);
  return std::abs(half_sum) + std::sqrt(discriminant);
}

/// The eta and beta with the smallest rate over all curvatures from mu to L,
/// Eq. (8). Throws unless 0 < mu <= L, both finite.
inline MomentumOptions optimal_heavy_ball(double mu, double L) {
  require(0.0 < mu && mu <= L && std::isfinite(L),
          "optimal_heavy_ball: need 0 < mu <= L, got mu = ", mu, ", L = ", L);
  const double sum = std::sqrt(L) + std::sqrt(mu);
  const double root_beta = (std::sqrt(L) - std::sqrt(mu)) / sum;
  return {.eta = 4.0 / (sum * sum), .beta = root_beta * root_beta};
}

}  // namespace whiteboard::optimization
