// Question:    What is positive definiteness and how does Cholesky test and use
//              it?
// Answer:      questions/maths/cholesky_decomposition.md (equation numbers are
//              its own)
// Method:      row by row, Eqs. (3) and (4); in blocks of columns, left-looking
//              [1]; rank-one update by rotations [2]
// Time:        n^3 / 3 to factor, 2 n^2 per solve, 3 n^2 per update
// Memory:      n^2 for the factor
// Numerics:    backward stable without pivoting: every entry of L is at most
//              the root of a diagonal entry of A
// References:  [1] Golub, Van Loan, Matrix Computations, 4th ed., 2013, 4.2
//              [2] Gill, Golub, Murray, Saunders, Methods for modifying matrix
//                  factorizations, Math. Comp. 28(126), 1974
//              [3] Higham, Accuracy and Stability of Numerical Algorithms, 2nd
//                  ed., SIAM, 2002, section 10.1
// Symbols:     A  n x n  symmetric matrix
//              L  n x n  lower triangular, positive diagonal, A = L L^T
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace whiteboard::maths {

/// Turns the lower triangle of S into its Cholesky factor, Eqs. (3) and (4): a
/// row of L needs the rows above it, and a dot product of two rows is
/// contiguous. False at the first pivot that is not above smallest(i).
inline bool factor_in_place(Eigen::Ref<Matrix> S, const VectorRef& smallest) {
  for (Eigen::Index i = 0; i < S.rows(); ++i) {
    for (Eigen::Index j = 0; j < i; ++j) {
      S(i, j) = (S(i, j) - S.row(i).head(j).dot(S.row(j).head(j))) / S(j, j);
    }
    const double pivot = S(i, i) - S.row(i).head(i).squaredNorm();
    if (!(pivot > smallest(i))) return false;
    S(i, i) = std::sqrt(pivot);
  }
  return true;
}

/// The pivots that rounding cannot tell from 0: n tolerance a_ii, Eq. (6).
/// Throws unless A is square, not empty, finite and symmetric up to rounding.
inline Vector smallest_pivots(const MatrixRef& A, double tolerance) {
  const Eigen::Index n = A.rows();
  require(n == A.cols() && n >= 1, "cholesky: need a square matrix, got ", n,
          " x ", A.cols());
  require(tolerance >= 0.0 && std::isfinite(tolerance),
          "cholesky: need a finite tolerance >= 0, got ", tolerance);
  require_finite(A, "cholesky: A");
  const double allowed = 1e-12 * A.cwiseAbs().maxCoeff();
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j < i; ++j) {
      if (std::abs(A(i, j) - A(j, i)) <= allowed) continue;
      require(false, "cholesky: need a symmetric matrix, got A(", i, ", ", j,
              ") = ", A(i, j), ", A(", j, ", ", i, ") = ", A(j, i));
    }
  }
  return static_cast<double>(n) * tolerance * A.diagonal().cwiseMax(0.0);
}

/// The factor L, or nothing when A is not positive definite: when a pivot is at
/// most n tolerance times its own diagonal entry. With a tolerance of 0 every
/// positive pivot counts, also one that is only rounding. Reads the lower
/// triangle, and the upper to refuse what is not symmetric.
inline std::optional<Matrix> cholesky_reference(
    const MatrixRef& A,
    double tolerance = std::numeric_limits<double>::epsilon()) {
  const Vector smallest = smallest_pivots(A, tolerance);
  Matrix L = A;
  if (!factor_in_place(L, smallest)) return std::nullopt;
  L.triangularView<Eigen::StrictlyUpper>().setZero();
  return L;
}

/// The same by blocks of columns, Eq. (7): nearly all the work is one matrix
/// product per block, which takes each number from memory once for many uses.
/// Throws as smallest_pivots() does.
///
///     if (const std::optional<Matrix> L = cholesky(A)) {
///       x = cholesky_solve(*L, b);
///     }
inline std::optional<Matrix> cholesky(
    const MatrixRef& A,
    double tolerance = std::numeric_limits<double>::epsilon()) {
  const Vector smallest = smallest_pivots(A, tolerance);
  constexpr Eigen::Index block = 48;
  const Eigen::Index n = A.rows();
  Matrix L = A;
  for (Eigen::Index k = 0; k < n; k += block) {
    const Eigen::Index width = std::min(block, n - k), rest = n - k - width;
    L.block(k, k, n - k, width).noalias() -=
        L.block(k, 0, n - k, k) * L.block(k, 0, width, k).transpose();
    Eigen::Ref<Matrix> corner = L.block(k, k, width, width);
    if (!factor_in_place(corner, smallest.segment(k, width))) {
      return std::nullopt;
    }
    Eigen::Ref<Matrix> below = L.block(k + width, k, rest, width);
    corner.transpose()
        .triangularView<Eigen::Upper>()
        .solveInPlace<Eigen::OnTheRight>(below);
  }
  L.triangularView<Eigen::StrictlyUpper>().setZero();
  return L;
}

/// Throws unless L is square with a positive diagonal, all finite, and as long
/// as what it is used with. Of L only the lower triangle is ever used.
inline void require_factor(const MatrixRef& L, Eigen::Index size) {
  require(L.rows() == L.cols() && L.rows() == size,
          "cholesky: need an n x n factor and n numbers, got ", L.rows(), " x ",
          L.cols(), " and ", size);
  require_finite(L, "cholesky: L");
  require((L.diagonal().array() > 0.0).all(),
          "cholesky: need a factor with a positive diagonal");
}

/// The x with L L^T x = b: forwards through L, then backwards through L^T,
/// whose columns are the rows of L, Eq. (5).
inline Vector cholesky_solve(const MatrixRef& L, Vector b) {
  require_factor(L, b.size());
  require_finite(b, "cholesky_solve: b");
  for (Eigen::Index i = 0; i < b.size(); ++i) {
    b(i) = (b(i) - L.row(i).head(i).dot(b.head(i))) / L(i, i);
  }
  for (Eigen::Index i = b.size() - 1; i >= 0; --i) {
    b(i) /= L(i, i);
    b.head(i) -= b(i) * L.row(i).head(i).transpose();
  }
  return b;
}

/// log det A, finite where det A is not a double any more.
inline double log_det_from_cholesky(const MatrixRef& L) {
  require_factor(L, L.rows());
  return 2.0 * L.diagonal().array().log().sum();
}

/// The factor of A + x x^T in O(n^2): rotations turn (L, x) into (L', 0) [2],
/// Eq. (8). Row i meets the rotations of the rows above, then makes its own.
inline Matrix cholesky_rank_one_update(Matrix L, const VectorRef& x) {
  require_factor(L, x.size());
  require_finite(x, "cholesky_rank_one_update: x");
  Vector c(x.size()), s(x.size());
  for (Eigen::Index i = 0; i < x.size(); ++i) {
    double rest = x(i);
    for (Eigen::Index k = 0; k < i; ++k) {
      const double entry = L(i, k);
      L(i, k) = c(k) * entry + s(k) * rest;
      rest = c(k) * rest - s(k) * entry;
    }
    const double length = std::hypot(L(i, i), rest);
    c(i) = L(i, i) / length;
    s(i) = rest / length;
    L(i, i) = length;
  }
  return L;
}

/// The factor of A with one more row and column, whose n + 1 entries are `row`,
/// in O(n^2): the last row of Eq. (3). Nothing when the larger matrix is not
/// positive definite, by the same tolerance.
inline std::optional<Matrix> cholesky_append(
    const MatrixRef& L, const VectorRef& row,
    double tolerance = std::numeric_limits<double>::epsilon()) {
  const Eigen::Index n = L.rows();
  require_factor(L, row.size() - 1);
  require_finite(row, "cholesky_append: row");
  Vector last = row.head(n);
  L.triangularView<Eigen::Lower>().solveInPlace(last);
  const double pivot = row(n) - last.squaredNorm();
  const double smallest = static_cast<double>(n + 1) * tolerance * row(n);
  if (!(pivot > std::max(smallest, 0.0))) return std::nullopt;
  Matrix larger = Matrix::Zero(n + 1, n + 1);
  larger.topLeftCorner(n, n) = L.triangularView<Eigen::Lower>();
  larger.row(n).head(n) = last.transpose();
  larger(n, n) = std::sqrt(pivot);
  return larger;
}

/// count draws from N(mean, covariance), one per row: mean + L z, Eq. (9).
/// Throws unless the sizes fit and the covariance is positive definite.
template <BitEngine Rng>
Matrix sample_gaussian(const VectorRef& mean, const MatrixRef& covariance,
                       Eigen::Index count, Rng& rng) {
  require(mean.size() == covariance.rows() && count >= 0,
          "sample_gaussian: need a covariance for ", mean.size(),
          " numbers and count >= 0, got ", covariance.rows(),
          " rows and count = ", count);
  require_finite(mean, "sample_gaussian: mean");
  const std::optional<Matrix> L = cholesky(covariance);
  require(L.has_value(),
          "sample_gaussian: the covariance is not positive definite");
  Matrix Z(count, mean.size());
  for (Eigen::Index i = 0; i < Z.size(); ++i) Z.data()[i] = normal(rng);
  return (Z * L->transpose()).rowwise() + mean.transpose();
}

}  // namespace whiteboard::maths
