// Question:    What is a condition number and how does it limit accuracy?
// Answer:      questions/maths/condition_number.md (equation numbers are its
//              own)
// Method:      ratio of singular values; an estimate in the 1-norm from a few
//              solves [1]
// Time:        O(n^3) per sweep of the SVD; O(n^2) for the estimate, given LU
// Memory:      O(n^2)
// Numerics:    beyond 1 / eps a computed condition number is only known to be
//              large
// References:  [1] Hager, Condition estimates, SIAM J. Sci. Stat. Comput. 5(2),
//                  1984
//              [2] Higham, Accuracy and Stability of Numerical Algorithms, 2nd
//                  ed., SIAM, 2002, chapters 7, 15 and 28
// Symbols:     A      m x n  the matrix, square where systems are solved
//              s      n      its singular values, largest first
//              kappa         condition number, at least 1
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>
#include <whiteboard/maths/lu_decomposition.hpp>
#include <whiteboard/maths/svd.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <limits>

namespace whiteboard::maths {

/// s_1 / s_n, Eq. (2), and infinity when that is a division by 0. Throws unless
/// A is finite and m >= n >= 1.
inline double condition_number_2(const MatrixRef& A) {
  require(A.rows() >= A.cols(), "condition_number_2: need m >= n, got ",
          A.rows(), " x ", A.cols());
  const Vector s = jacobi_svd(A).s;
  const double least = s(s.size() - 1);
  return least > 0.0 ? s(0) / least : std::numeric_limits<double>::infinity();
}

/// At most the condition number of A in the 1-norm and rarely much less, from
/// the factors of A and at most ten solves [1]: |A^-1 x|_1 is convex and
/// largest at a corner of the ball, so climb from corner to corner, Eq. (8).
/// Throws unless lu is as large as A.
inline double condition_number_1_estimate(const MatrixRef& A, const Lu& lu) {
  const Eigen::Index n = A.rows();
  require(A.cols() == n && lu.factors.rows() == n,
          "condition_number_1_estimate: A is ", n, " x ", A.cols(), ", lu has ",
          lu.factors.rows(), " rows");
  Vector x = Vector::Constant(n, 1.0 / static_cast<double>(n));
  double norm_of_inverse = 0.0;
  for (int step = 0; step < 5; ++step) {
    const Vector y = lu.solve(x);
    norm_of_inverse = std::max(norm_of_inverse, y.lpNorm<1>());
    const Vector signs = (y.array() < 0.0).select(-Vector::Ones(n), 1.0);
    const Vector slope = lu.solve_transposed(signs);
    Eigen::Index steepest = 0;
    if (slope.cwiseAbs().maxCoeff(&steepest) <= slope.dot(x)) break;
    x = Vector::Unit(n, steepest);
  }
  return A.colwise().lpNorm<1>().maxCoeff() * norm_of_inverse;
}

/// The classic ill-conditioned matrix: entries 1 / (i + j - 1) from 1 on.
/// Throws unless n >= 1.
inline Matrix hilbert(Eigen::Index n) {
  require(n >= 1, "hilbert: need n >= 1, got n = ", n);
  Matrix H(n, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j < n; ++j) {
      H(i, j) = 1.0 / static_cast<double>(i + j + 1);
    }
  }
  return H;
}

/// Decimal digits that an error may gain on its way from b to x, Eq. (4).
/// Throws unless kappa >= 1.
inline double digits_lost(double kappa) {
  require(kappa >= 1.0, "digits_lost: need kappa >= 1, got ", kappa);
  return std::log10(kappa);
}

/// A right-hand side and a change to it, both of length 1, for which x reacts
/// as strongly as Eq. (1) allows.
struct WorstPerturbation {
  Vector b;        ///< n, along u_1: x is as short as it can be
  Vector delta_b;  ///< n, along u_n: its effect is as long as it can be
};

/// Throws unless A is square, finite and its smallest singular value is not 0.
inline WorstPerturbation worst_perturbation(const MatrixRef& A) {
  require(A.rows() == A.cols(),
          "worst_perturbation: need a square matrix, got ", A.rows(), " x ",
          A.cols());
  const Svd svd = jacobi_svd(A);
  const Eigen::Index last = svd.s.size() - 1;
  require(svd.s(last) > 0.0, "worst_perturbation: A is singular");
  return {svd.U.col(0), svd.U.col(last)};
}

/// The singular matrix nearest to A, at the distance s_n, Eq. (3): all that A
/// does in its weakest direction is taken away. Throws as jacobi_svd() does.
inline Matrix nearest_singular(const MatrixRef& A) {
  const Svd svd = jacobi_svd(A);
  const Eigen::Index last = svd.s.size() - 1;
  return A - svd.s(last) * svd.U.col(last) * svd.V.col(last).transpose();
}

/// A with columns of length 1: within sqrt(n) of the best that scaling columns
/// can do. Throws unless A is finite and no column is 0.
inline Matrix equilibrate_columns(const MatrixRef& A) {
  require_finite(A, "equilibrate_columns: A");
  Matrix scaled = A;
  for (Eigen::Index j = 0; j < A.cols(); ++j) {
    const double length = A.col(j).stableNorm();
    require(length > 0.0, "equilibrate_columns: column ", j, " is 0");
    scaled.col(j) /= length;
  }
  return scaled;
}

/// By how much relative errors in a and b may grow in a - b, Eq. (7); infinity
/// for a = b. Throws unless both are finite.
inline double condition_of_difference(double a, double b) {
  require(std::isfinite(a) && std::isfinite(b),
          "condition_of_difference: need finite numbers, got ", a, " and ", b);
  if (a == b) return std::numeric_limits<double>::infinity();
  return (std::abs(a) + std::abs(b)) / std::abs(a - b);
}

}  // namespace whiteboard::maths
