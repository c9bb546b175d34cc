// Question:    Solve a linear system by Gaussian elimination with partial
//              pivoting.
// Answer:      questions/coding/gaussian_elimination.md (equation numbers are its own)
// Method:      swap the largest entry of the column up, subtract multiples of
//              its row from those below, substitute back
// Time:        2/3 n^3 operations
// Memory:      O(n^2), the copies of A and b that are worked on
// Numerics:    the residual is small whenever the entries do not grow, whatever
//              the condition number; the error is not
// References:  [1] Wilkinson, Error analysis of direct methods of matrix
//                  inversion, Journal of the ACM 8(3), 1961
//              [2] Trefethen and Bau, Numerical Linear Algebra, SIAM, 1997,
//                  lectures 20 to 22
// Symbols:     A  n x n  matrix, becomes upper triangular
//              b  n      right-hand side, x its solution
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cmath>
#include <limits>
#include <utility>

namespace whiteboard::coding {

// solution:begin
/// Makes A upper triangular, carries b along and returns the sign of the row
/// swaps. Stops and returns 0 at a column whose pivot is not above `smallest`.
inline double eliminate_below(Matrix& A, Vector& b, double smallest) {
  double sign = 1.0;
  for (Eigen::Index k = 0; k < A.rows(); ++k) {
    Eigen::Index pivot = k;
    for (Eigen::Index i = k + 1; i < A.rows(); ++i) {
      if (std::abs(A(i, k)) > std::abs(A(pivot, k))) pivot = i;
    }
    if (!(std::abs(A(pivot, k)) > smallest)) return 0.0;
    if (pivot != k) {
      A.row(k).swap(A.row(pivot));
      std::swap(b(k), b(pivot));
      sign = -sign;
    }
    for (Eigen::Index i = k + 1; i < A.rows(); ++i) {
      const double factor = A(i, k) / A(k, k);  // |factor| <= 1, Eq. (2)
      for (Eigen::Index j = k; j < A.cols(); ++j) A(i, j) -= factor * A(k, j);
      b(i) -= factor * b(k);
    }
  }
  return sign;
}
// solution:end

/// The x with A x = b. Among candidates of equal magnitude the topmost is the
/// pivot. Throws std::invalid_argument unless A is square, not empty and as
/// long as b, all entries are finite, and each pivot is above n eps max|A|:
/// below that, A is singular to working precision.
///
///     gaussian_elimination(Matrix{{1, 1}, {1, -1}}, Vector{{3, 1}})  // (2, 1)
inline Vector gaussian_elimination(Matrix A, Vector b) {
  require(A.rows() == A.cols() && A.rows() == b.size() && b.size() >= 1,
          "gaussian_elimination: need an n x n matrix and n numbers, got ",
          A.rows(), " x ", A.cols(), " and ", b.size());
  require_finite(A, "gaussian_elimination: A");
  require_finite(b, "gaussian_elimination: b");
  // solution:begin
  const double smallest = static_cast<double>(A.rows()) *
                          std::numeric_limits<double>::epsilon() *
                          A.cwiseAbs().maxCoeff();
  require(eliminate_below(A, b, smallest) != 0.0,
          "gaussian_elimination: the matrix is singular, no pivot above ",
          smallest);
  for (Eigen::Index i = A.rows() - 1; i >= 0; --i) {  // Eq. (3), in place
    for (Eigen::Index j = i + 1; j < A.cols(); ++j) b(i) -= A(i, j) * b(j);
    b(i) /= A(i, i);
  }
  return b;
  // solution:end
}

/// The determinant of A by the same elimination, Eq. (4); 0 only when a column
/// has no pivot but exact zeros. Throws std::invalid_argument unless A is
/// square and finite. The determinant of the 0 x 0 matrix is 1.
inline double determinant_by_elimination(Matrix A) {
  require(A.rows() == A.cols(),
          "determinant_by_elimination: need a square matrix, got ", A.rows(),
          " x ", A.cols());
  require_finite(A, "determinant_by_elimination: A");
  // solution:begin
  Vector unused = Vector::Zero(A.rows());
  double product = eliminate_below(A, unused, 0.0);
  for (Eigen::Index i = 0; i < A.rows(); ++i) product *= A(i, i);
  return product;
  // solution:end
}

}  // namespace whiteboard::coding
