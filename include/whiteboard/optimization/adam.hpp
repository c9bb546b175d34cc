// Question:    Explain the Adam optimiser, term by term.
// Answer:      questions/optimization/adam.md (equation numbers are its own)
// Method:      Adam and AdaMax [1]; NAdam [2] with a constant beta1
// Time:        O(d) per step, limited by memory: 7 numbers moved per weight
// Memory:      2 d, for m and v
// Numerics:    a NaN in a gradient stays in m and v for good: check the loss
// References:  [1] Kingma and Ba, Adam: a method for stochastic optimization,
//                  ICLR 2015
//              [2] Dozat, Incorporating Nesterov momentum into Adam, ICLR
//                  workshop, 2016
// Symbols:     x  d   weights
//              g  d   gradient at x
//              m  d   running mean of g, Eq. (1)
//              v  d   running mean of g squared, Eq. (2)
//              u  d   decaying maximum of |g|, Eq. (6)
//              t      steps taken
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>

namespace whiteboard::optimization {

struct AdamOptions {
  double eta = 1e-3;            ///< step size
  double beta1 = 0.9;           ///< memory of m
  double beta2 = 0.999;         ///< memory of v or u
  double epsilon = 1e-8;        ///< added to the root, not under it
  bool bias_correction = true;  ///< only Adam can do without
};

/// Throws std::invalid_argument unless dim >= 0, eta > 0, both betas are in
/// [0, 1) and epsilon >= 0.
inline void require_adam(Eigen::Index dim, const AdamOptions& options) {
  require(dim >= 0, "Adam: need dim >= 0, got ", dim);
  require(options.eta > 0.0 && std::isfinite(options.eta),
          "Adam: need a finite eta > 0, got ", options.eta);
  require(options.beta1 >= 0.0 && options.beta1 < 1.0,
          "Adam: need 0 <= beta1 < 1, got ", options.beta1);
  require(options.beta2 >= 0.0 && options.beta2 < 1.0,
          "Adam: need 0 <= beta2 < 1, got ", options.beta2);
  require(options.epsilon >= 0.0 && std::isfinite(options.epsilon),
          "Adam: need a finite epsilon >= 0, got ", options.epsilon);
}

/// Adam for dim weights in float or double. One object per set of weights: the
/// step count belongs to m and v, and weights that join later need their own.
///
///     Adam<float> adam(w.size(), {.eta = 3e-4});
///     adam.step(w, gradient);  // w changes in place
template <std::floating_point T = double>
class Adam {
 public:
  using Weights = Eigen::Ref<Eigen::VectorX<T>>;
  using Gradient = Eigen::Ref<const Eigen::VectorX<T>>;

  /// Throws as require_adam() does.
  explicit Adam(Eigen::Index dim, const AdamOptions& options = {})
      : options_(options) {
    require_adam(dim, options);
    m_.setZero(dim);
    v_.setZero(dim);
  }

  /// Eqs. (1) to (4) as they stand, one array after the other: the yardstick
  /// for step(). Throws unless x and g have dim elements.
  void step_reference(Weights x, const Gradient& g) {
    advance(x, g);
    const auto in_t = [](double number) { return static_cast<T>(number); };
    // 1 - beta2 in double: in float it would be off by 5e-5 of itself.
    m_ = in_t(options_.beta1) * m_ + in_t(1.0 - options_.beta1) * g.array();
    v_ = in_t(options_.beta2) * v_ +
         in_t(1.0 - options_.beta2) * g.array().square();
    x.array() -= in_t(options_.eta) * (m_ / in_t(correction1_)) /
                 ((v_ / in_t(correction2_)).sqrt() + in_t(options_.epsilon));
  }

  /// The same step in one pass over memory, Eq. (8): a block of x, g, m and v
  /// stays in the nearest cache from its first use to its last. Blocks of array
  /// statements rather than one loop, as std::sqrt may set errno, which keeps
  /// compilers from using vectors. Throws unless x and g have dim elements.
  void step(Weights x, const Gradient& g) {
    advance(x, g);
    const T keep1 = static_cast<T>(1.0 - options_.beta1);
    const T keep2 = static_cast<T>(1.0 - options_.beta2);
    const T rate = static_cast<T>(options_.eta / correction1_);
    const T root = static_cast<T>(1.0 / std::sqrt(correction2_));
    const T epsilon = static_cast<T>(options_.epsilon);
    constexpr Eigen::Index block = 512;
    for (Eigen::Index i = 0; i < x.size(); i += block) {
      const Eigen::Index n = std::min(block, x.size() - i);
      m_.segment(i, n) += keep1 * (g.segment(i, n).array() - m_.segment(i, n));
      v_.segment(i, n) +=
          keep2 * (g.segment(i, n).array().square() - v_.segment(i, n));
      x.segment(i, n).array() -=
          rate * m_.segment(i, n) / (root * v_.segment(i, n).sqrt() + epsilon);
    }
  }

  /// Steps taken so far.
  std::int64_t t() const { return t_; }

 private:
  /// Counts the step, from 1, and sets the factors of Eq. (3).
  void advance(const Weights& x, const Gradient& g) {
    require(x.size() == m_.size() && g.size() == m_.size(), "Adam: made for ",
            m_.size(), " weights, got ", x.size(), " and a gradient of ",
            g.size());
    ++t_;
    if (!options_.bias_correction) return;
    correction1_ = 1.0 - std::pow(options_.beta1, static_cast<double>(t_));
    correction2_ = 1.0 - std::pow(options_.beta2, static_cast<double>(t_));
  }

  AdamOptions options_;
  Eigen::ArrayX<T> m_, v_;
  std::int64_t t_ = 0;
  double correction1_ = 1.0, correction2_ = 1.0;
};

/// AdaMax [1]: the decaying maximum of |g| in place of a root mean square,
/// Eq. (6), which makes every step at most about eta.
class AdaMax {
 public:
  /// Throws as require_adam() does.
  explicit AdaMax(Eigen::Index dim, const AdamOptions& options = {})
      : options_(options) {
    require_adam(dim, options);
    m_.setZero(dim);
    u_.setZero(dim);
  }

  /// Throws unless x and g have dim elements.
  void step(Eigen::Ref<Vector> x, const VectorRef& g) {
    require(x.size() == m_.size() && g.size() == m_.size(), "AdaMax: made for ",
            m_.size(), " weights, got ", x.size(), " and a gradient of ",
            g.size());
    ++t_;
    m_ += (1.0 - options_.beta1) * (g.array() - m_);
    u_ = (options_.beta2 * u_).max(g.array().abs() + options_.epsilon);
    const double correction =
        1.0 - std::pow(options_.beta1, static_cast<double>(t_));
    x.array() -= options_.eta / correction * m_ / u_;
  }

 private:
  AdamOptions options_;
  Eigen::ArrayXd m_, u_;
  std::int64_t t_ = 0;
};

/// NAdam [2]: m as it will be one step later, Eq. (7), Nesterov's look ahead.
class NAdam {
 public:
  /// Throws as require_adam() does.
  explicit NAdam(Eigen::Index dim, const AdamOptions& options = {})
      : options_(options) {
    require_adam(dim, options);
    m_.setZero(dim);
    v_.setZero(dim);
  }

  /// Throws unless x and g have dim elements.
  void step(Eigen::Ref<Vector> x, const VectorRef& g) {
    require(x.size() == m_.size() && g.size() == m_.size(), "NAdam: made for ",
            m_.size(), " weights, got ", x.size(), " and a gradient of ",
            g.size());
    const double beta1 = options_.beta1;
    const auto t = static_cast<double>(++t_);
    m_ += (1.0 - beta1) * (g.array() - m_);
    v_ += (1.0 - options_.beta2) * (g.array().square() - v_);
    const Eigen::ArrayXd ahead =
        beta1 / (1.0 - std::pow(beta1, t + 1.0)) * m_ +
        (1.0 - beta1) / (1.0 - std::pow(beta1, t)) * g.array();
    const double root = 1.0 / std::sqrt(1.0 - std::pow(options_.beta2, t));
    x.array() -= options_.eta * ahead / (root * v_.sqrt() + options_.epsilon);
  }

 private:
  AdamOptions options_;
  Eigen::ArrayXd m_, v_;
  std::int64_t t_ = 0;
};

}  // namespace whiteboard::optimization
