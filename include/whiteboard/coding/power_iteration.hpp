// Question:    Find the dominant eigenpair by power iteration.
// Answer:      questions/coding/power_iteration.md (equation numbers are its own)
// Method:      multiply and normalise; the Rayleigh quotient is the value, and
//              the residual |A v - value v| says when to stop
// Time:        O(n^2) per step; log(tolerance) / log|lambda_2 / lambda_1| steps
// Memory:      O(n)
// Numerics:    a unit vector is multiplied in each step, so that neither
//              overflow nor underflow builds up
// References:  [1] Trefethen and Bau, Numerical Linear Algebra, SIAM, 1997,
//                  lecture 27
//              [2] Brin and Page, The anatomy of a large-scale hypertextual
//                  Web search engine, WWW 1998
// Symbols:     A  n x n  matrix with eigenvalues |lambda_1| >= |lambda_2| ...
//              v  n      unit vector
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cmath>

namespace whiteboard::coding {

struct EigenPair {
  double value = 0.0;      ///< the Rayleigh quotient of `vector`, Eq. (2)
  Vector vector;           ///< of length 1; its sign is arbitrary
  int iterations = 0;      ///< products with A
  bool converged = false;  ///< |A v - value v| <= tolerance |value|
};

/// The eigenvalue of A (n x n) of largest magnitude, with its eigenvector, from
/// the start `start` (n). Where there is no single such eigenvalue it says that
/// it has not converged. Throws std::invalid_argument unless the sizes agree,
/// all entries are finite, the start is not zero, tolerance >= 0 and
/// max_iterations >= 1; and when a product overflows.
///
///     power_iteration(Matrix{{2, 1}, {1, 2}}, Vector{{1, 0}}, 1e-12, 100)
///     // value 3, vector (0.7071, 0.7071)
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
  require(start.cwiseAbs().maxCoeff() > 0.0,
          "power_iteration: the start is zero");
  // solution:begin
  EigenPair pair;
  pair.vector = start.stableNormalized();
  while (true) {
    const Vector product = A * pair.vector;
    const double length = product.stableNorm();
    require(std::isfinite(length), "power_iteration: A v overflows");
    ++pair.iterations;
    pair.value = pair.vector.dot(product);
    const double residual = (product - pair.value * pair.vector).stableNorm();
    pair.converged = residual <= tolerance * std::abs(pair.value);
    if (pair.converged || pair.iterations == max_iterations) return pair;
    pair.vector = product / length;  // not zero, or it would have converged
  }
  // solution:end
}

}  // namespace whiteboard::coding
