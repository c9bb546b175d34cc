// Question:    What is a learning rate, how does it affect training, and how do
//              you choose it?
// Answer:      questions/optimization/learning_rate.md (equation numbers are
//              its own)
// Method:      the regimes of a fixed step on a parabola; the stability limit
//              from the spectrum; the range test [1]
// Time:        O(d^3) for the limit, by eigenvalues; one gradient and one loss
//              per rate of a range test
// Memory:      O(d^2) and O(rates)
// Numerics:    eta lambda is rounded once before it is compared with 1 and 2
// References:  [1] Smith, Cyclical learning rates for training neural networks,
//                  WACV 2017
// Symbols:     x       d      the point
//              H       d x d  Hessian, symmetric, no negative eigenvalue
//              eta            learning rate, the length of a step per gradient
//              lambda         a curvature, an eigenvalue of H
//              mu, L          smallest and largest curvature, 0 < mu <= L
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>
#include <Eigen/Eigenvalues>

#include <cmath>
#include <concepts>
#include <optional>
#include <vector>

namespace whiteboard::optimization {

/// What a fixed step does to the error along one direction, Eq. (2).
enum class StepRegime {
  monotone,     ///< shrinks, always on the same side
  one_step,     ///< gone at once
  oscillating,  ///< shrinks, from side to side
  bouncing,     ///< from side to side for ever
  divergent     ///< grows, from side to side
};

/// The regime of step eta along curvature lambda. Throws unless both are finite
/// and positive.
inline StepRegime classify(double eta, double lambda) {
  require(
      eta > 0.0 && std::isfinite(eta) && lambda > 0.0 && std::isfinite(lambda),
      "classify: need a finite eta > 0 and lambda > 0, got eta = ", eta,
      ", lambda = ", lambda);
  const double product = eta * lambda;
  if (product < 1.0) return StepRegime::monotone;
  if (product == 1.0) return StepRegime::one_step;
  if (product < 2.0) return StepRegime::oscillating;
  if (product == 2.0) return StepRegime::bouncing;
  return StepRegime::divergent;
}

/// Every step below this one converges on a quadratic with Hessian H, Eq. (3):
/// the steepest direction decides for all. Throws unless H is symmetric and
/// positive semidefinite, but for rounding, and not zero.
inline double largest_stable_step(const MatrixRef& H) {
  require(H.rows() >= 1 && H.rows() == H.cols(), "largest_stable_step: H is ",
          H.rows(), " x ", H.cols());
  require_finite(H, "largest_stable_step: H");
  require(H.isApprox(H.transpose(), 1e-12),
          "largest_stable_step: H is not symmetric");
  const Eigen::SelfAdjointEigenSolver<Matrix> spectrum(H,
                                                       Eigen::EigenvaluesOnly);
  const double lowest = spectrum.eigenvalues().minCoeff();
  const double highest = spectrum.eigenvalues().maxCoeff();
  require(highest > 0.0 && lowest >= -1e-12 * highest,
          "largest_stable_step: no step is stable with a curvature of ",
          lowest);
  return 2.0 / highest;
}

/// The fixed step with the smallest worst factor over all curvatures from mu to
/// L, Eq. (4). Throws unless 0 < mu <= L, both finite.
inline double best_fixed_step(double mu, double L) {
  require(0.0 < mu && mu <= L && std::isfinite(L),
          "best_fixed_step: need 0 < mu <= L, got mu = ", mu, ", L = ", L);
  return 2.0 / (mu + L);
}

struct RangeTestOptions {
  double lowest = 1e-6;
  double highest = 10.0;  ///< > lowest
  int rates = 100;        ///< at least 2, in a geometric sequence
};

struct RangeTest {
  std::vector<double> rates;   ///< those tried; it ends where a loss overflows
  std::vector<double> losses;  ///< after the one step with that rate
  /// The last rate before the loss rose for the first time; none when it rose
  /// at the very first step.
  std::optional<double> last_descending;
};

/// One gradient step for each rate, from the lowest to the highest and each
/// from where the last one ended, Eq. (5). Throws unless 0 < lowest < highest,
/// rates >= 2 and x is finite.
template <std::invocable<const Vector&> Loss,
          std::invocable<const Vector&> Gradient>
RangeTest lr_range_test(const Loss& loss, const Gradient& gradient, Vector x,
                        const RangeTestOptions& options = {}) {
  const auto [lowest, highest, rates] = options;
  require(0.0 < lowest && lowest < highest && std::isfinite(highest),
          "lr_range_test: need 0 < lowest < highest, got ", lowest, " and ",
          highest);
  require(rates >= 2, "lr_range_test: need rates >= 2, got ", rates);
  require_finite(x, "lr_range_test: x");

  RangeTest test;
  const double log_ratio = std::log(highest / lowest) / (rates - 1);
  double before = loss(x);
  bool falling = true;
  for (int i = 0; i < rates; ++i) {
    const double eta = lowest * std::exp(log_ratio * i);
    x -= eta * gradient(x);
    const double after = loss(x);
    if (!std::isfinite(after)) break;
    falling = falling && after <= before;
    if (falling) test.last_descending = eta;
    test.rates.push_back(eta);
    test.losses.push_back(after);
    before = after;
  }
  return test;
}

}  // namespace whiteboard::optimization
