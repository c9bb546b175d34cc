// Question:    Implement the Adam optimiser step.
// Answer:      questions/coding/adam.md (equation numbers are its own)
// Method:      running means of the gradient and of its square, both divided
//              by what their start at zero has lost [1]
// Time:        O(d) a step
// Memory:      2 d, for the two means
// Numerics:    a gradient beyond 1.3e154 squares to infinity: v stays infinite
//              and that weight never moves again
// References:  [1] Kingma and Ba, Adam: a method for stochastic optimization,
//                  ICLR 2015
//              [2] Reddi, Kale and Kumar, On the convergence of Adam and
//                  beyond, ICLR 2018
// Symbols:     w  d  weights
//              g  d  gradient at w
//              m  d  running mean of g, Eq. (1)
//              v  d  running mean of g squared, Eq. (1)
//              t     steps taken
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cmath>
#include <cstdint>

namespace whiteboard::coding {

struct AdamOptions {
  double lr = 1e-3;      ///< learning rate, >= 0
  double beta1 = 0.9;    ///< memory of m, in [0, 1)
  double beta2 = 0.999;  ///< memory of v, in [0, 1)
  double eps = 1e-8;     ///< added to the root, not under it, > 0
};

/// What Adam remembers between steps. `AdamState{}` is a fresh start for any
/// number of weights.
struct AdamState {
  Vector m;
  Vector v;
  std::int64_t t = 0;
};

/// One step, Eqs. (1) to (3). Changes `w` and `state` in place: they belong
/// together, and a training loop keeps one of each.
///
/// Throws std::invalid_argument, and changes nothing, when w, g and a state
/// that is not fresh differ in size, when w or g is not finite, and when an
/// option is out of its range.
///
///     AdamState state;
///     for (int i = 0; i < 100; ++i) adam_step(w, gradient(w), state);
inline void adam_step(Eigen::Ref<Vector> w, const VectorRef& g,
                      AdamState& state, const AdamOptions& options = {}) {
  // solution:begin
  const auto [lr, beta1, beta2, eps] = options;
  require(std::isfinite(lr) && lr >= 0.0,
          "adam_step: need a finite lr >= 0, got ", lr);
  require(beta1 >= 0.0 && beta1 < 1.0, "adam_step: need 0 <= beta1 < 1, got ",
          beta1);
  require(beta2 >= 0.0 && beta2 < 1.0, "adam_step: need 0 <= beta2 < 1, got ",
          beta2);
  require(std::isfinite(eps) && eps > 0.0,
          "adam_step: need a finite eps > 0, got ", eps);
  require(g.size() == w.size(), "adam_step: need one gradient a weight, got ",
          g.size(), " gradients, ", w.size(), " weights");
  require(state.t == 0 ||
              (state.m.size() == w.size() && state.v.size() == w.size()),
          "adam_step: need a state of ", w.size(), " weights, got one of ",
          state.m.size(), " and ", state.v.size());
  require_finite(w, "adam_step: w");
  require_finite(g, "adam_step: g");

  if (state.t == 0) state.m = state.v = Vector::Zero(w.size());
  ++state.t;  // before it is used: at t = 0 the corrections divide by zero
  const double t = static_cast<double>(state.t);
  state.m = beta1 * state.m + (1.0 - beta1) * g;
  state.v = beta2 * state.v + (1.0 - beta2) * g.cwiseAbs2();
  const double m_share = 1.0 - std::pow(beta1, t);
  const double v_share = 1.0 - std::pow(beta2, t);
  w.array() -= lr * (state.m.array() / m_share) /
               ((state.v.array() / v_share).sqrt() + eps);
  // solution:end
}

}  // namespace whiteboard::coding
