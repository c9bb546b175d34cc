// Question:    What is a norm? Compare L1, L2, L-infinity, "L0", and the matrix
//              norms.
// Answer:      questions/maths/norms.md (equation numbers are its own)
// Method:      definitions, with entries divided by the largest first
// Time:        O(n); O(m n) for matrices, an SVD for two of them
// Memory:      O(1); O(m n) for the SVD
// Numerics:    nothing overflows or vanishes on the way unless the norm does
// References:  [1] Horn, Johnson, Matrix Analysis, 2nd ed., Cambridge, 2013,
//                  chapter 5
// Symbols:     x  n      a vector
//              A  m x n  a matrix, with singular values s
//              p         exponent, 1 <= p <= infinity
//              q         its dual, 1 / p + 1 / q = 1
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>
#include <whiteboard/maths/svd.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <limits>

namespace whiteboard::maths {

/// Throws unless 1 <= p <= infinity: below 1 the triangle inequality fails.
inline void require_exponent(double p) {
  require(p >= 1.0, "lp_norm: need p >= 1, got p = ", p);
}

/// Eq. (2), and the largest magnitude for p = infinity. Its own largest entry
/// is taken out first: (1e200)^2 would overflow and (1e-200)^2 vanish. Throws
/// unless p >= 1 and x is finite and not empty.
inline double lp_norm(const VectorRef& x, double p) {
  require_exponent(p);
  require(x.size() >= 1, "lp_norm: x is empty");
  require_finite(x, "lp_norm: x");
  const double largest = x.cwiseAbs().maxCoeff();
  if (largest == 0.0 || std::isinf(p)) return largest;
  const double sum = (x.array().abs() / largest).pow(p).sum();  // 1 to n
  return largest * std::pow(sum, 1.0 / p);
}

/// The exponent q with 1 / p + 1 / q = 1.
inline double dual_exponent(double p) {
  require_exponent(p);
  if (std::isinf(p)) return 1.0;
  return p == 1.0 ? std::numeric_limits<double>::infinity() : p / (p - 1.0);
}

/// The largest x.y over all y with |y|_p <= 1, which is |x|_q, Eq. (4).
inline double dual_norm(const VectorRef& x, double p) {
  return lp_norm(x, dual_exponent(p));
}

/// A y with |y|_p = 1 and x.y = |x|_q, Eq. (5): all on the largest entry for
/// p = 1, the signs for p = infinity, x / |x| for p = 2. Throws as lp_norm()
/// does, and for x = 0.
inline Vector dual_vector(const VectorRef& x, double p) {
  const double norm = dual_norm(x, p);
  require(norm > 0.0, "dual_vector: x is 0");
  const Vector signs = (x.array() < 0.0).select(-Vector::Ones(x.size()), 1.0);
  if (p == 1.0) {
    Eigen::Index largest = 0;
    x.cwiseAbs().maxCoeff(&largest);
    return signs(largest) * Vector::Unit(x.size(), largest);
  }
  const double exponent = dual_exponent(p) - 1.0;
  return signs.array() * (x.array().abs() / norm).pow(exponent);
}

/// Entries above `tolerance` in magnitude, the "L0 norm". Throws unless
/// tolerance >= 0 and x is finite.
inline Eigen::Index l0_count(const VectorRef& x, double tolerance) {
  require(tolerance >= 0.0, "l0_count: need tolerance >= 0, got ", tolerance);
  require_finite(x, "l0_count: x");
  return (x.array().abs() > tolerance).count();
}

/// Throws unless A is finite and not empty.
inline void require_matrix(const MatrixRef& A) {
  require(A.size() > 0, "matrix norm: A is empty, ", A.rows(), " x ", A.cols());
  require_finite(A, "matrix norm: A");
}

/// The largest |A x|_1 for |x|_1 = 1: the largest column sum, Eq. (7).
inline double operator_norm_1(const MatrixRef& A) {
  require_matrix(A);
  return A.cwiseAbs().colwise().sum().maxCoeff();
}

/// The largest |A x|_inf for |x|_inf = 1: the largest row sum, Eq. (8).
inline double operator_norm_inf(const MatrixRef& A) {
  require_matrix(A);
  return A.cwiseAbs().rowwise().sum().maxCoeff();
}

/// The largest |A x|_2 for |x|_2 = 1: s_1.
inline double spectral_norm(const MatrixRef& A) {
  require_matrix(A);
  return jacobi_svd(A).s(0);
}

/// The root of the sum of squares of all entries, and of all s.
inline double frobenius_norm(const MatrixRef& A) {
  require_matrix(A);
  return lp_norm(A.reshaped(), 2.0);
}

/// The sum of all s, for matrices what the 1-norm is for vectors.
inline double nuclear_norm(const MatrixRef& A) {
  require_matrix(A);
  return jacobi_svd(A).s.sum();
}

}  // namespace whiteboard::maths
