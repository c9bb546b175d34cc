// Question:    What is the SVD, how does it relate to eigenvalues, and what is
//              it used for?
// Answer:      questions/maths/svd.md (equation numbers are its own)
// Method:      one-sided Jacobi rotations [1], after a QR factorisation where
//              that shortens the columns [2]; a closed form for 2 x 2
// Time:        O(m n^2) per sweep, 6 to 10 sweeps; after QR O(n^3)
// Memory:      O(m n)
// Numerics:    each singular value is right to its own last digits when scaling
//              the columns mends the condition number [2]
// References:  [1] Hestenes, Inversion of matrices by biorthogonalization and
//                  related results, J. SIAM 6(1), 1958
//              [2] Demmel, Veselic, Jacobi's method is more accurate than QR,
//                  SIAM J. Matrix Anal. Appl. 13(4), 1992
// Symbols:     A  m x n  the matrix, r = min(m, n)
//              U  m x r  left singular vectors, orthonormal columns
//              s  r      singular values, largest first, all >= 0
//              V  n x r  right singular vectors, orthonormal columns
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>
#include <whiteboard/maths/eigen_decomposition.hpp>

#include <Eigen/Core>
#include <Eigen/QR>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

namespace whiteboard::maths {

struct SvdOptions {
  double tolerance = std::numeric_limits<double>::epsilon();
  int max_sweeps = 50;
};

/// A = U diag(s) V^T. V, not V^T, as eigenvectors are columns too.
struct Svd {
  Matrix U;                ///< m x r
  Vector s;                ///< r
  Matrix V;                ///< n x r
  int sweeps = 0;          ///< passes over all pairs of columns that rotated
  bool converged = false;  ///< a last pass found nothing to rotate
};

/// Rotates rows p and q of M by the angle of that cosine and sine.
inline void rotate_rows(Matrix& M, Eigen::Index p, Eigen::Index q,
                        const JacobiRotation& by) {
  double* const row_p = M.row(p).data();
  double* const row_q = M.row(q).data();
  for (Eigen::Index j = 0; j < M.cols(); ++j) {
    const double x = row_p[j], y = row_q[j];
    row_p[j] = by.c * x - by.s * y;
    row_q[j] = by.s * x + by.c * y;
  }
}

/// One sweep: makes each pair of rows of B orthogonal, Eq. (5), and gives W the
/// same rotations. Rows no longer than `floor` count as 0. True when there was
/// nothing left to rotate.
inline bool orthogonalize_rows(Matrix& B, Matrix& W, double tolerance,
                               double floor) {
  bool done = true;
  for (Eigen::Index p = 0; p < B.rows(); ++p) {
    for (Eigen::Index q = p + 1; q < B.rows(); ++q) {
      const double x = B.row(p).norm(), y = B.row(q).norm();
      const double xy = B.row(p).dot(B.row(q));
      const bool one_is_zero = std::min(x, y) <= floor;
      if (one_is_zero || std::abs(xy) <= tolerance * x * y) continue;
      const JacobiRotation by = jacobi_rotation(x * x, xy, y * y);
      rotate_rows(B, p, q, by);
      rotate_rows(W, p, q, by);
      done = false;
    }
  }
  return done;
}

/// U from A V, whose columns have the lengths s, Eq. (2). Those of length 0 get
/// any directions that complete an orthonormal basis.
inline Matrix left_vectors(Matrix AV, const Vector& s) {
  const Eigen::Index rank = (s.array() > 0.0).count();
  AV.leftCols(rank) *= s.head(rank).cwiseInverse().asDiagonal();
  const Eigen::Index missing = s.size() - rank;
  Eigen::MatrixXd Q = Eigen::MatrixXd::Identity(AV.rows(), AV.cols());
  if (rank > 0 && missing > 0) {
    const Eigen::HouseholderQR<Eigen::MatrixXd> qr(AV.leftCols(rank));
    Q.applyOnTheLeft(qr.householderQ());
  }
  AV.rightCols(missing) = Q.rightCols(missing);
  return AV;
}

/// One-sided Jacobi on A with m >= n as it stands: the columns of A are rotated
/// until they are orthogonal; their lengths are s, their directions U. Throws
/// unless m >= n >= 1 and A is finite.
inline Svd jacobi_svd_reference(const MatrixRef& A,
                                const SvdOptions& options = {}) {
  const Eigen::Index n = A.cols();
  require(n >= 1 && A.rows() >= n,
          "jacobi_svd_reference: need m >= n >= 1, got ", A.rows(), " x ", n);
  require_finite(A, "jacobi_svd_reference: A");
  Matrix B = A.transpose();  // a rotation combines rows, which are contiguous
  Matrix W = Matrix::Identity(n, n);
  Svd svd;
  // A dot product of length m is off by some sqrt(m) eps. A column that has
  // shrunk to n eps times the shortest of A was a combination of the others,
  // and what is left of it is rounding.
  const double tolerance =
      options.tolerance * std::sqrt(static_cast<double>(A.rows()));
  Vector lengths = B.rowwise().norm();
  const double shortest =
      (lengths.array() > 0.0).select(lengths, lengths.maxCoeff()).minCoeff();
  const double floor = static_cast<double>(n) *
                       std::numeric_limits<double>::epsilon() * shortest;
  while (svd.sweeps < options.max_sweeps) {
    svd.converged = orthogonalize_rows(B, W, tolerance, floor);
    if (svd.converged) break;
    ++svd.sweeps;
  }

  lengths = B.rowwise().norm();
  lengths = (lengths.array() > floor).select(lengths, 0.0);
  std::vector<Eigen::Index> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](auto i, auto j) { return lengths(i) > lengths(j); });
  svd.s = lengths(order);
  svd.V = W(order, Eigen::all).transpose();
  svd.U = left_vectors(B(order, Eigen::all).transpose(), svd.s);
  return svd;
}

/// The thin SVD of any matrix. QR first makes long columns short, Eq. (6), and
/// a wide matrix is the transpose of a tall one. Throws unless A is not empty
/// and finite.
inline Svd jacobi_svd(const MatrixRef& A, const SvdOptions& options = {}) {
  require(A.size() > 0, "jacobi_svd: need a matrix that is not empty, got ",
          A.rows(), " x ", A.cols());
  require_finite(A, "jacobi_svd: A");
  if (A.rows() < A.cols()) {
    Svd svd = jacobi_svd(A.transpose(), options);
    std::swap(svd.U, svd.V);
    return svd;
  }
  // By a power of two, which rounds nothing: then squares do not overflow.
  const double largest = A.cwiseAbs().maxCoeff();
  const double scale = largest > 0.0 ? std::exp2(std::ilogb(largest)) : 1.0;
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(A / scale);
  const Matrix R =
      qr.matrixQR().topRows(A.cols()).triangularView<Eigen::Upper>();
  Svd svd = jacobi_svd_reference(R, options);
  Eigen::MatrixXd U = Eigen::MatrixXd::Zero(A.rows(), A.cols());
  U.topRows(A.cols()) = svd.U;
  svd.U = qr.householderQ() * U;
  svd.s *= scale;
  return svd;
}

/// Through the eigenvalues of A^T A, Eq. (3): the obvious way, for comparison.
/// Everything below the root of epsilon times the largest is lost. m >= n.
inline Svd svd_via_gram(const MatrixRef& A) {
  require(A.rows() >= A.cols() && A.cols() >= 1,
          "svd_via_gram: need m >= n >= 1, got ", A.rows(), " x ", A.cols());
  const SymmetricEigen eigen = jacobi_eigen(A.transpose() * A);
  const Vector s = eigen.values.cwiseMax(0.0).cwiseSqrt();
  return {left_vectors(A * eigen.vectors, s), s, eigen.vectors, eigen.sweeps,
          eigen.converged};
}

/// The singular values of [[a, b], [c, d]], Eq. (7), largest first. Only the
/// smaller cancels, when it is small.
inline Vector singular_values_2x2(double a, double b, double c, double d) {
  const double alike = std::hypot(a + d, c - b);
  const double mirrored = std::hypot(a - d, b + c);
  return Vector{{0.5 * (alike + mirrored), 0.5 * std::abs(alike - mirrored)}};
}

/// Singular values that rounding can tell from 0: above max(m, n) eps s_1.
inline Eigen::Index numerical_rank(const Svd& svd) {
  const auto longest =
      static_cast<double>(std::max(svd.U.rows(), svd.V.rows()));
  const double floor =
      longest * std::numeric_limits<double>::epsilon() * svd.s(0);
  return (svd.s.array() > floor).count();
}

/// U V^T, the matrix with orthonormal columns that is nearest to A, Eq. (8).
/// Throws unless m >= n >= 1 and A is finite.
inline Matrix polar_factor(const MatrixRef& A) {
  require(A.rows() >= A.cols(), "polar_factor: need m >= n, got ", A.rows(),
          " x ", A.cols());
  const Svd svd = jacobi_svd(A);
  return svd.U * svd.V.transpose();
}

}  // namespace whiteboard::maths
