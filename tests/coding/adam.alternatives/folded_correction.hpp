// Differs from the reference: one loop over the weights, both corrections
// folded into the learning rate and epsilon (the paper, end of section 2).
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <cmath>
#include <cstdint>

namespace whiteboard::coding {

struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
};

struct AdamState {
  Vector m;
  Vector v;
  std::int64_t t = 0;
};

inline void check_adam(const VectorRef& w, const VectorRef& g,
                       const AdamState& s, const AdamOptions& o) {
  require(std::isfinite(o.lr) && o.lr >= 0.0,
          "adam_step: need a finite lr >= 0, got ", o.lr);
  require(o.beta1 >= 0.0 && o.beta1 < 1.0,
          "adam_step: need 0 <= beta1 < 1, got ", o.beta1);
  require(o.beta2 >= 0.0 && o.beta2 < 1.0,
          "adam_step: need 0 <= beta2 < 1, got ", o.beta2);
  require(std::isfinite(o.eps) && o.eps > 0.0,
          "adam_step: need a finite eps > 0, got ", o.eps);
  require(g.size() == w.size(), "adam_step: need one gradient a weight, got ",
          g.size(), " gradients, ", w.size(), " weights");
  require(s.t == 0 || (s.m.size() == w.size() && s.v.size() == w.size()),
          "adam_step: need a state of ", w.size(), " weights, got one of ",
          s.m.size(), " and ", s.v.size());
  require_finite(w, "adam_step: w");
  require_finite(g, "adam_step: g");
}

inline void adam_step(Eigen::Ref<Vector> w, const VectorRef& g, AdamState& s,
                      const AdamOptions& o = {}) {
  check_adam(w, g, s, o);
  if (s.t++ == 0) {
    s.m.setZero(w.size());
    s.v.setZero(w.size());
  }
  const double root = std::sqrt(1.0 - std::pow(o.beta2, s.t));
  const double lr = o.lr * root / (1.0 - std::pow(o.beta1, s.t));
  for (Eigen::Index i = 0; i < w.size(); ++i) {
    s.m(i) += (1.0 - o.beta1) * (g(i) - s.m(i));
    s.v(i) += (1.0 - o.beta2) * (g(i) * g(i) - s.v(i));
    w(i) -= lr * s.m(i) / (std::sqrt(s.v(i)) + o.eps * root);
  }
}

}  // namespace whiteboard::coding
