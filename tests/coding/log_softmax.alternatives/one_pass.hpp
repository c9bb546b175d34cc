// One sweep for maximum and sum: a new maximum rescales what came before it.
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cmath>
#include <limits>

namespace whiteboard::coding {

struct RunningLogSum {
  double top = -std::numeric_limits<double>::infinity();
  double others = 0.0;  // sum of exp(z - top) without the top's own 1

  void absorb(double x) {
    require(x < std::numeric_limits<double>::infinity(), "bad logit ", x);
    if (std::isinf(x)) return;
    if (std::isinf(top)) {
      top = x;
    } else if (x > top) {
      others = (others + 1.0) * std::exp(top - x);
      top = x;
    } else {
      others += std::exp(x - top);
    }
  }
};

inline RunningLogSum running_log_sum(const VectorRef& z) {
  require(z.size() > 0, "no logits");
  RunningLogSum sum;
  for (const double x : z) sum.absorb(x);
  return sum;
}

inline double log_sum_exp(const VectorRef& z) {
  const RunningLogSum sum = running_log_sum(z);
  return sum.top + std::log1p(sum.others);
}

inline Vector log_softmax(const VectorRef& z) {
  const RunningLogSum sum = running_log_sum(z);
  require(!std::isinf(sum.top), "all logits are -inf");
  const double rest = std::log1p(sum.others);
  Vector y(z.size());
  for (Eigen::Index i = 0; i < z.size(); ++i) y(i) = z(i) - sum.top - rest;
  return y;
}

}  // namespace whiteboard::coding
