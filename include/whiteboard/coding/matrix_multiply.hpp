// Question:    Multiply two matrices, then make it fast.
// Answer:      questions/coding/matrix_multiply.md (equation numbers are its own)
// Method:      three loops, the contiguous one inside; second part: tiles of C
//              that stay in registers, over packed panels of B
// Time:        2 m k n operations
// Memory:      the result, and 16 KiB for a panel
// Numerics:    sums of k products in order of the inner index, in double;
//              NaN and infinity go through as arithmetic has it
// References:  [1] Goto and van de Geijn, Anatomy of high-performance matrix
//                  multiplication, ACM TOMS 34(3), 2008
//              [2] Strassen, Gaussian elimination is not optimal, Numerische
//                  Mathematik 13, 1969
// Symbols:     A  m x k, B  k x n, C  m x n  their product
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <vector>

namespace whiteboard::coding {

/// A B, Eq. (1). An inner size of 0 gives zeros. Throws std::invalid_argument
/// unless A has as many columns as B has rows.
///
///     matrix_multiply(Matrix{{1, 2}, {3, 4}}, Matrix{{5, 6}, {7, 8}})
///     // {{19, 22}, {43, 50}}
inline Matrix matrix_multiply(const MatrixRef& A, const MatrixRef& B) {
  require(A.cols() == B.rows(), "matrix_multiply: cannot multiply ", A.rows(),
          " x ", A.cols(), " and ", B.rows(), " x ", B.cols());
  // solution:begin
  Matrix C = Matrix::Zero(A.rows(), B.cols());
  for (Eigen::Index i = 0; i < A.rows(); ++i) {
    for (Eigen::Index p = 0; p < A.cols(); ++p) {
      const double a = A(i, p);
      // Along rows of B and C: neighbours in memory, in every step.
      for (Eigen::Index j = 0; j < B.cols(); ++j) C(i, j) += a * B(p, j);
    }
  }
  return C;
  // solution:end
}

// solution:begin
/// A tile of C, small enough to stay in vector registers for a whole panel.
inline constexpr Eigen::Index kTileRows = 4, kTileCols = 16;
using TileRow = Eigen::Array<double, kTileCols, 1>;

/// Adds to the tile of C at (i, j) the product of `depth` columns of A, from p
/// on, with a packed panel of B. At the edges of C a row of A is repeated and
/// the panel holds leftovers; what they give is not stored.
inline void multiply_tile(const MatrixRef& A, const std::vector<double>& panel,
                          Eigen::Index i, Eigen::Index p, Eigen::Index depth,
                          Eigen::Index j, Matrix& C) {
  const Eigen::Index rows = std::min(kTileRows, C.rows() - i);
  const Eigen::Index cols = std::min(kTileCols, C.cols() - j);
  const double* a[kTileRows];
  for (Eigen::Index r = 0; r < kTileRows; ++r) {
    a[r] = A.data() + (i + std::min(r, rows - 1)) * A.outerStride() + p;
  }
  TileRow tile[kTileRows];
  for (TileRow& row : tile) row.setZero();
  const double* b = panel.data();
  for (Eigen::Index q = 0; q < depth; ++q, b += kTileCols) {
    const TileRow b_row = TileRow::Map(b);
    for (Eigen::Index r = 0; r < kTileRows; ++r) tile[r] += a[r][q] * b_row;
  }
  for (Eigen::Index r = 0; r < rows; ++r) {
    C.row(i + r).segment(j, cols) += tile[r].head(cols).matrix().transpose();
  }
}
// solution:end

/// matrix_multiply() in tiles: the same products, added in another order.
inline Matrix matrix_multiply_tiled(const MatrixRef& A, const MatrixRef& B) {
  require(A.cols() == B.rows(), "matrix_multiply_tiled: cannot multiply ",
          A.rows(), " x ", A.cols(), " and ", B.rows(), " x ", B.cols());
  // solution:begin
  constexpr Eigen::Index kDepth = 128;  // a panel of 16 KiB stays in L1
  Matrix C = Matrix::Zero(A.rows(), B.cols());
  std::vector<double> panel(static_cast<std::size_t>(kDepth * kTileCols));
  for (Eigen::Index p = 0; p < A.cols(); p += kDepth) {
    const Eigen::Index depth = std::min(kDepth, A.cols() - p);
    for (Eigen::Index j = 0; j < B.cols(); j += kTileCols) {
      const Eigen::Index cols = std::min(kTileCols, B.cols() - j);
      for (Eigen::Index q = 0; q < depth; ++q) {
        std::copy_n(B.data() + (p + q) * B.outerStride() + j, cols,
                    panel.begin() + q * kTileCols);
      }
      for (Eigen::Index i = 0; i < C.rows(); i += kTileRows) {
        multiply_tile(A, panel, i, p, depth, j, C);
      }
    }
  }
  return C;
  // solution:end
}

}  // namespace whiteboard::coding
