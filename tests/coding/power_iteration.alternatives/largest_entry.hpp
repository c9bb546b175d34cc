// Scales by the largest entry and takes the length only for the answer.
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cmath>

namespace whiteboard::coding {

struct EigenPair {
  double value = 0.0;
  Vector vector;
  int iterations = 0;
  bool converged = false;
};

inline EigenPair power_iteration(const MatrixRef& A, const VectorRef& start,
                                 double tolerance, int max_iterations) {
  require(A.rows() == A.cols() && A.rows() == start.size() && start.size() >= 1,
          "power_iteration: need an n x n matrix and n numbers, got ", A.rows(),
          " x ", A.cols(), " and ", start.size());
  require_finite(A, "power_iteration: A");
  require_finite(start, "power_iteration: start");
  require(tolerance >= 0.0 && max_iterations >= 1,
          "power_iteration: need tolerance >= 0 and max_iterations >= 1, got ",
          tolerance, " and ", max_iterations);
  const double first = start.lpNorm<Eigen::Infinity>();
  require(first > 0.0, "power_iteration: the start is zero");
  Vector x = start / first;
  for (int i = 1;; ++i) {
    const Vector y = A * x;
    const double largest = y.lpNorm<Eigen::Infinity>();
    require(std::isfinite(largest) && std::isfinite(y.stableNorm()),
            "power_iteration: A v overflows");
    const double value = (x / x.squaredNorm()).dot(y);
    const bool converged =
        (y - value * x).stableNorm() <= tolerance * std::abs(value) * x.norm();
    if (converged || i == max_iterations) {
      return {value, x / x.norm(), i, converged};
    }
    x = y / largest;
  }
}

}  // namespace whiteboard::coding
