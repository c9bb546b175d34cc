// Question:    How do you solve Ax = b with Gaussian elimination? Why pivot?
// Answer:      questions/maths/lu_decomposition.md (equation numbers are its
//              own)
// Method:      elimination with row exchanges, its factors kept: P A = L U; in
//              blocks of columns, right-looking [1]
// Time:        2/3 n^3 to factor, 2 n^2 per right-hand side
// Memory:      n^2, L and U in one matrix
// Numerics:    the residual is small unless the entries grow, Eq. (6); growth
//              is rare with row exchanges, and 2^(n - 1) at worst [2]
// References:  [1] Golub, Van Loan, Matrix Computations, 4th ed., 2013, 3.2-3.5
//              [2] Wilkinson, Error analysis of direct methods of matrix
//                  inversion, Journal of the ACM 8(3), 1961
// Symbols:     A  n x n  the matrix
//              P  n x n  the permutation of its rows
//              L  n x n  lower triangular, ones on the diagonal
//              U  n x n  upper triangular
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

namespace whiteboard::maths {

enum class Pivoting {
  none,     ///< the diagonal entry, whatever it is
  partial,  ///< the largest entry of the column, by a row exchange
};

/// P A = L U. It is made by lu_factor() and solves with any right-hand side.
struct Lu {
  Matrix factors;  ///< n x n, U on and above the diagonal, L below
  std::vector<Eigen::Index> rows;  ///< row i of P A is row rows[i] of A
  double sign = 1.0;               ///< det P, -1 after an odd number of swaps

  /// The x with A x = b, Eq. (4). Throws unless b has n finite elements.
  Vector solve(const VectorRef& b) const {
    require_size(b);
    Vector x = b(rows);
    for (Eigen::Index i = 0; i < x.size(); ++i) {
      x(i) -= factors.row(i).head(i).dot(x.head(i));
    }
    for (Eigen::Index i = x.size() - 1; i >= 0; --i) {
      const Eigen::Index after = x.size() - 1 - i;
      x(i) -= factors.row(i).tail(after).dot(x.tail(after));
      x(i) /= factors(i, i);
    }
    return x;
  }

  /// The x with A^T x = b: U^T and L^T in turn, whose columns are rows here.
  /// Throws unless b has n finite elements.
  Vector solve_transposed(Vector b) const {
    require_size(b);
    for (Eigen::Index i = 0; i < b.size(); ++i) {
      const Eigen::Index after = b.size() - 1 - i;
      b(i) /= factors(i, i);
      b.tail(after) -= b(i) * factors.row(i).tail(after).transpose();
    }
    for (Eigen::Index i = b.size() - 1; i > 0; --i) {
      b.head(i) -= b(i) * factors.row(i).head(i).transpose();
    }
    Vector x(b.size());
    x(rows) = b;
    return x;
  }

  /// det P times the product of the pivots, Eq. (5).
  double determinant() const { return sign * factors.diagonal().prod(); }

  /// n solves, 2 n^3 operations: only for those who need its entries.
  Matrix inverse() const {
    Matrix columns(factors.rows(), factors.rows());
    for (Eigen::Index j = 0; j < columns.cols(); ++j) {
      columns.col(j) = solve(Vector::Unit(columns.rows(), j));
    }
    return columns;
  }

 private:
  void require_size(const VectorRef& b) const {
    require(b.size() == factors.rows(), "Lu: A has ", factors.rows(),
            " rows, b has ", b.size());
    require_finite(b, "Lu: b");
  }
};

/// Eliminates `width` columns from `first` on, Eqs. (1) and (2), in these
/// columns alone; rows are swapped whole, L's part included. False at a pivot
/// that is exactly 0.
inline bool eliminate_columns(Lu& lu, Eigen::Index first, Eigen::Index width,
                              Pivoting pivoting) {
  Matrix& A = lu.factors;
  const Eigen::Index end = first + width;
  for (Eigen::Index k = first; k < end; ++k) {
    Eigen::Index pivot = k;
    for (Eigen::Index i = k + 1; i < A.rows(); ++i) {
      if (std::abs(A(i, k)) > std::abs(A(pivot, k))) pivot = i;
    }
    if (pivoting == Pivoting::none) pivot = k;
    if (A(pivot, k) == 0.0) return false;
    if (pivot != k) {
      A.row(k).swap(A.row(pivot));
      std::swap(lu.rows[static_cast<std::size_t>(k)],
                lu.rows[static_cast<std::size_t>(pivot)]);
      lu.sign = -lu.sign;
    }
    for (Eigen::Index i = k + 1; i < A.rows(); ++i) {
      A(i, k) /= A(k, k);
      A.row(i).segment(k + 1, end - k - 1) -=
          A(i, k) * A.row(k).segment(k + 1, end - k - 1);
    }
  }
  return true;
}

/// A as the start of its own elimination. Throws unless it is square, not empty
/// and finite.
inline Lu not_yet_factored(const MatrixRef& A) {
  require(A.rows() == A.cols() && A.rows() >= 1,
          "lu_factor: need a square matrix, got ", A.rows(), " x ", A.cols());
  require_finite(A, "lu_factor: A");
  Lu lu{A, std::vector<Eigen::Index>(static_cast<std::size_t>(A.rows())), 1.0};
  std::iota(lu.rows.begin(), lu.rows.end(), Eigen::Index{0});
  return lu;
}

/// The factors by plain elimination, a column at a time, or nothing when a
/// pivot is exactly 0: A is singular, or has no LU without row exchanges.
inline std::optional<Lu> lu_factor_reference(
    const MatrixRef& A, Pivoting pivoting = Pivoting::partial) {
  Lu lu = not_yet_factored(A);
  if (!eliminate_columns(lu, 0, A.rows(), pivoting)) return std::nullopt;
  return lu;
}

/// The same by blocks of columns, Eq. (7): what a block does to the columns on
/// its right is one matrix product. A singular A may pass, with a pivot that
/// rounding keeps from 0: ask the condition number.
///
///     if (const std::optional<Lu> lu = lu_factor(A)) x = lu->solve(b);
inline std::optional<Lu> lu_factor(const MatrixRef& A,
                                   Pivoting pivoting = Pivoting::partial) {
  constexpr Eigen::Index block = 48;
  Lu lu = not_yet_factored(A);
  for (Eigen::Index k = 0; k < A.rows(); k += block) {
    const Eigen::Index width = std::min(block, A.rows() - k);
    const Eigen::Index next = k + width, rest = A.rows() - next;
    if (!eliminate_columns(lu, k, width, pivoting)) return std::nullopt;
    Eigen::Ref<Matrix> right = lu.factors.block(k, next, width, rest);
    lu.factors.block(k, k, width, width)
        .triangularView<Eigen::UnitLower>()
        .solveInPlace(right);
    lu.factors.bottomRightCorner(rest, rest).noalias() -=
        lu.factors.block(next, k, rest, width) * right;
  }
  return lu;
}

/// How far the entries of U exceed those of A: what the rounding of A is
/// multiplied by, Eq. (6). Throws unless the sizes fit.
inline double growth_factor(const Lu& lu, const MatrixRef& A) {
  require(A.rows() == lu.factors.rows() && A.cols() == lu.factors.cols(),
          "growth_factor: lu is of another matrix than A, ", A.rows(), " x ",
          A.cols());
  const Matrix U = lu.factors.triangularView<Eigen::Upper>();
  return U.cwiseAbs().maxCoeff() / A.cwiseAbs().maxCoeff();
}

/// One step of iterative refinement: solves for what is left of b, Eq. (8).
inline Vector refine(const MatrixRef& A, const Lu& lu, const VectorRef& b,
                     const VectorRef& x) {
  require(A.cols() == x.size() && A.rows() == b.size(), "refine: A is ",
          A.rows(), " x ", A.cols(), ", x has ", x.size(), " elements, b ",
          b.size());
  return x + lu.solve(b - A * x);
}

}  // namespace whiteboard::maths
