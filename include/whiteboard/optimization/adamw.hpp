// Question:    What is the difference between L2 regularisation and weight
//              decay, and why AdamW?
// Answer:      questions/optimization/adamw.md (equation numbers are its own)
// Method:      Adam with decoupled weight decay [1], and with the penalty in
//              the gradient, to compare
// Time:        O(d) per step besides the gradient
// Memory:      4 d: Adam's m and v, a decay for each weight, and the update of
//              a step, so that a schedule can scale it
// Numerics:    as Adam's; eta lambda must stay below 1
// References:  [1] Loshchilov and Hutter, Decoupled weight decay
//                  regularization, ICLR 2019
// Symbols:     w       d  weights
//              g       d  gradient of the data's loss at w
//              eta        step size
//              lambda  d  decay of each weight; one number for all, or zero for
//                         biases and gains
//              s          schedule, multiplies eta
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>
#include <whiteboard/optimization/adam.hpp>

#include <Eigen/Core>

#include <cmath>

namespace whiteboard::optimization {

/// SGD on the loss plus lambda |w|^2 / 2, Eq. (1). Throws unless the sizes
/// agree, eta > 0 and lambda >= 0.
inline Vector sgd_l2_step(const VectorRef& w, const VectorRef& g, double eta,
                          double lambda) {
  require(w.size() == g.size(), "sgd_l2_step: w has ", w.size(),
          " elements, g ", g.size());
  require(eta > 0.0 && lambda >= 0.0,
          "sgd_l2_step: need eta > 0 and lambda >= 0, got ", eta, " and ",
          lambda);
  return w - eta * (g + lambda * w);
}

/// SGD on the loss alone after shrinking the weights, Eq. (2). Throws as
/// sgd_l2_step() does.
inline Vector sgd_decay_step(const VectorRef& w, const VectorRef& g, double eta,
                             double lambda) {
  require(w.size() == g.size(), "sgd_decay_step: w has ", w.size(),
          " elements, g ", g.size());
  require(eta > 0.0 && lambda >= 0.0,
          "sgd_decay_step: need eta > 0 and lambda >= 0, got ", eta, " and ",
          lambda);
  return (1.0 - eta * lambda) * w - eta * g;
}

/// Adam with the penalty's gradient lambda w added to g, Eq. (3): what "Adam
/// with weight_decay" meant before AdamW, and still means in some libraries.
class AdamL2 {
 public:
  /// Throws as Adam does, and unless lambda >= 0 is finite.
  AdamL2(Eigen::Index dim, const AdamOptions& options, double lambda)
      : adam_(dim, options), lambda_(lambda) {
    require(lambda >= 0.0 && std::isfinite(lambda),
            "AdamL2: need a finite lambda >= 0, got ", lambda);
  }

  /// Throws unless w and g have dim elements.
  void step(Eigen::Ref<Vector> w, const VectorRef& g) {
    require(w.size() == g.size(), "AdamL2: w has ", w.size(), " elements, g ",
            g.size());
    adam_.step(w, g + lambda_ * w);
  }

 private:
  Adam<double> adam_;
  double lambda_;
};

/// Adam on the data's gradient alone; the weights shrink beside it, Eq. (4).
///
///     Vector decay = Vector::Constant(w.size(), 0.1);
///     decay(0) = 0.0;  // the bias
///     AdamW optimiser(decay, {.eta = 3e-4});
///     optimiser.step(w, gradient, s);  // w changes in place
class AdamW {
 public:
  /// With one decay for each weight. Throws as Adam does, and unless all are
  /// in 0 <= lambda < 1 / eta.
  explicit AdamW(const VectorRef& lambda, const AdamOptions& options = {})
      : adam_(lambda.size(), options),
        lambda_(lambda),
        eta_(options.eta),
        update_(lambda.size()) {
    for (Eigen::Index i = 0; i < lambda.size(); ++i) {
      require(lambda(i) >= 0.0 && eta_ * lambda(i) < 1.0,
              "AdamW: need 0 <= lambda < 1 / eta, got ", lambda(i),
              " with eta = ", eta_);
    }
  }

  /// With one decay for all. Throws as the other one does.
  AdamW(Eigen::Index dim, const AdamOptions& options, double lambda)
      : AdamW(Vector::Constant(dim, lambda), options) {}

  /// Eq. (4) with eta times s, for both of its parts. Throws unless w and g
  /// have dim elements and 0 <= s <= 1.
  void step(Eigen::Ref<Vector> w, const VectorRef& g, double s = 1.0) {
    require(w.size() == lambda_.size() && g.size() == lambda_.size(),
            "AdamW: made for ", lambda_.size(), " weights, got ", w.size(),
            " and a gradient of ", g.size());
    require(s >= 0.0 && s <= 1.0, "AdamW: need 0 <= s <= 1, got ", s);
    update_.setZero();
    adam_.step(update_, g);  // from zero: what Adam would add to w
    w.array() *= 1.0 - s * eta_ * lambda_.array();
    w += s * update_;
  }

 private:
  Adam<double> adam_;
  Vector lambda_;
  double eta_;
  Vector update_;
};

}  // namespace whiteboard::optimization
