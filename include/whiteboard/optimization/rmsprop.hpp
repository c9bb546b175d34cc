// Question:    Explain RMSprop and AdaDelta. What do they fix in AdaGrad?
// Answer:      questions/optimization/rmsprop.md (equation numbers are its own)
// Method:      RMSprop [1], plain and centred [2]; AdaDelta [3]
// Time:        O(d) per step besides the gradient
// Memory:      d; 2 d when centred and for AdaDelta
// Numerics:    the centred variance is updated as one, Eq. (5), and is never
//              negative, as the difference of two averages can be; a NaN in a
//              gradient stays with its weight for good
// References:  [1] Tieleman and Hinton, Lecture 6.5, Neural networks for
//                  machine learning, Coursera, 2012
//              [2] Graves, Generating sequences with recurrent neural networks,
//                  arXiv:1308.0850, 2013
//              [3] Zeiler, ADADELTA: an adaptive learning rate method,
//                  arXiv:1212.5701, 2012
// Symbols:     x    d  weights
//              g    d  gradient at x
//              v    d  running mean of g squared, or variance of g if centred
//              m    d  running mean of g
//              u    d  running mean of the squared steps
//              eta     step size
//              rho     share of an average that is kept
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cmath>

namespace whiteboard::optimization {

struct RmsPropOptions {
  double eta = 0.01;      ///< step size, > 0
  double rho = 0.99;      ///< memory of v and m, in [0, 1)
  double epsilon = 1e-8;  ///< added to the root, not under it, >= 0
  bool centred = false;   ///< divide by a standard deviation, Eq. (5)
};

/// One object per set of weights:
///
///     RmsProp rms(x.size(), {.eta = 1e-3});
///     rms.step(x, gradient(x));  // x changes in place
class RmsProp {
 public:
  /// Throws unless dim >= 0, eta > 0, 0 <= rho < 1 and epsilon >= 0, finite.
  explicit RmsProp(Eigen::Index dim, const RmsPropOptions& options = {})
      : options_(options) {
    require(dim >= 0, "RmsProp: need dim >= 0, got ", dim);
    require(options.eta > 0.0 && std::isfinite(options.eta),
            "RmsProp: need a finite eta > 0, got ", options.eta);
    require(options.rho >= 0.0 && options.rho < 1.0,
            "RmsProp: need 0 <= rho < 1, got ", options.rho);
    require(options.epsilon >= 0.0 && std::isfinite(options.epsilon),
            "RmsProp: need a finite epsilon >= 0, got ", options.epsilon);
    v_.setZero(dim);
    if (options.centred) m_.setZero(dim);
  }

  /// Eqs. (1) and (2), or (5) and (2). Throws unless x and g have dim elements.
  void step(Eigen::Ref<Vector> x, const VectorRef& g) {
    require(x.size() == v_.size() && g.size() == v_.size(),
            "RmsProp: made for ", v_.size(), " weights, got ", x.size(),
            " and a gradient of ", g.size());
    const double rho = options_.rho;
    if (options_.centred) {
      const Eigen::ArrayXd news = g.array() - m_;
      m_ += (1.0 - rho) * news;
      v_ = rho * (v_ + (1.0 - rho) * news.square());
    } else {
      v_ += (1.0 - rho) * (g.array().square() - v_);
    }
    x.array() -= options_.eta * g.array() / (v_.sqrt() + options_.epsilon);
  }

 private:
  RmsPropOptions options_;
  Eigen::ArrayXd v_, m_;  // m_ is empty unless centred
};

struct AdaDeltaOptions {
  double rho = 0.9;       ///< memory of v and u, in [0, 1)
  double epsilon = 1e-6;  ///< under both roots, > 0: without it nothing moves
};

/// No step size: the root mean square of recent steps stands in for it. Used
/// as RmsProp is.
class AdaDelta {
 public:
  /// Throws unless dim >= 0, 0 <= rho < 1 and epsilon > 0 is finite.
  explicit AdaDelta(Eigen::Index dim, const AdaDeltaOptions& options = {})
      : options_(options) {
    require(dim >= 0, "AdaDelta: need dim >= 0, got ", dim);
    require(options.rho >= 0.0 && options.rho < 1.0,
            "AdaDelta: need 0 <= rho < 1, got ", options.rho);
    require(options.epsilon > 0.0 && std::isfinite(options.epsilon),
            "AdaDelta: need a finite epsilon > 0, got ", options.epsilon);
    v_.setZero(dim);
    u_.setZero(dim);
  }

  /// Eq. (6). Throws unless x and g have dim elements.
  void step(Eigen::Ref<Vector> x, const VectorRef& g) {
    require(x.size() == v_.size() && g.size() == v_.size(),
            "AdaDelta: made for ", v_.size(), " weights, got ", x.size(),
            " and a gradient of ", g.size());
    const double rho = options_.rho, epsilon = options_.epsilon;
    v_ += (1.0 - rho) * (g.array().square() - v_);
    const Eigen::ArrayXd delta =
        ((u_ + epsilon) / (v_ + epsilon)).sqrt() * g.array();
    x.array() -= delta;
    u_ += (1.0 - rho) * (delta.square() - u_);
  }

 private:
  AdaDeltaOptions options_;
  Eigen::ArrayXd v_, u_;
};

}  // namespace whiteboard::optimization
