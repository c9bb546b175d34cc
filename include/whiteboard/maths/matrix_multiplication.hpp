// Question:    How do you multiply matrices fast?
// Answer:      questions/maths/matrix_multiplication.md (its equation numbers)
// Method:      three loops, their order, tiles; then a tile of C in registers
//              over packed panels [1], [2]; order of a chain by dynamic
//              programming [3]
// Time:        2 m k n operations, at 8 to 16 a cycle or at 1
// Memory:      the result; packed: up to 0.4 MB of A and 1024 rows of B more
// Numerics:    every form adds the k products of an element in order, the
//              packed one in blocks of 256 to 1024; NaN and infinity pass
// References:  [1] Goto and van de Geijn, Anatomy of high-performance matrix
//                  multiplication, ACM TOMS 34(3), 2008
//              [2] Van Zee and van de Geijn, BLIS: a framework for rapidly
//                  instantiating BLAS functionality, ACM TOMS 41(3), 2015
//              [3] Godbole, On efficient computation of matrix chain products,
//                  IEEE Transactions on Computers C-22(9), 1973
// Symbols:     A  m x k     B  k x n     C  m x n  their product
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace whiteboard::maths {

/// A read-only argument; T is not deduced from it: multiply<float>(A, B).
template <class T>
using Factor = std::type_identity_t<Eigen::Ref<const MatrixOf<T>>>;

/// Throws unless A has as many columns as B rows.
template <class T>
void require_product(const Factor<T>& A, const Factor<T>& B) {
  require(A.cols() == B.rows(), "multiply: cannot multiply ", A.rows(), " x ",
          A.cols(), " and ", B.rows(), " x ", B.cols());
}

/// Eq. (1) as it stands, loops in the order i, j, p: down the columns of B,
/// each step to another cache line. Throws as require_product() does.
template <std::floating_point T = double>
MatrixOf<T> multiply_reference(const Factor<T>& A, const Factor<T>& B) {
  require_product<T>(A, B);
  MatrixOf<T> C(A.rows(), B.cols());
  for (Eigen::Index i = 0; i < C.rows(); ++i) {
    for (Eigen::Index j = 0; j < C.cols(); ++j) {
      T sum = 0;
      for (Eigen::Index p = 0; p < A.cols(); ++p) sum += A(i, p) * B(p, j);
      C(i, j) = sum;
    }
  }
  return C;
}

/// The terms of a product in tiles of tile x tile, each in the order i, p, j:
/// run(i, p, first, last) stands for A(i, p) B(p, j) with first <= j < last.
template <class Run>
void for_each_run(Eigen::Index m, Eigen::Index k, Eigen::Index n,
                  Eigen::Index tile, const Run& run) {
  for (Eigen::Index i0 = 0; i0 < m; i0 += tile) {
    for (Eigen::Index j0 = 0; j0 < n; j0 += tile) {
      for (Eigen::Index p0 = 0; p0 < k; p0 += tile) {
        const Eigen::Index i1 = std::min(i0 + tile, m);
        const Eigen::Index p1 = std::min(p0 + tile, k);
        for (Eigen::Index i = i0; i < i1; ++i) {
          for (Eigen::Index p = p0; p < p1; ++p) {
            run(i, p, j0, std::min(j0 + tile, n));
          }
        }
      }
    }
  }
}

/// The same sums along rows of B and C, in tiles of which a cache holds four,
/// Eq. (3). Throws unless tile >= 1, and as require_product() does.
template <std::floating_point T = double>
MatrixOf<T> multiply_tiled(const Factor<T>& A, const Factor<T>& B,
                           Eigen::Index tile = 64) {
  require_product<T>(A, B);
  require(tile >= 1, "multiply_tiled: need tile >= 1, got ", tile);
  MatrixOf<T> C = MatrixOf<T>::Zero(A.rows(), B.cols());
  for_each_run(A.rows(), A.cols(), B.cols(), tile,
               [&](Eigen::Index i, Eigen::Index p, Eigen::Index first,
                   Eigen::Index last) {
                 const T a = A(i, p);
                 const T* const b = B.data() + p * B.outerStride();
                 T* const c = C.data() + i * C.cols();
                 for (Eigen::Index j = first; j < last; ++j) c[j] += a * b[j];
               });
  return C;
}

/// The same in one tile: the loops in the order i, p, j. Throws as
/// require_product() does.
template <std::floating_point T = double>
MatrixOf<T> multiply_ikj(const Factor<T>& A, const Factor<T>& B) {
  const Eigen::Index all = std::max({A.rows(), B.rows(), B.cols()});
  return multiply_tiled<T>(A, B, std::max<Eigen::Index>(all, 1));
}

/// Shape of the packed product: vector registers of `bytes`, a tile of C of
/// `rows` by two registers, and blocks that fit the caches. As compiled for:
/// the tile takes 24 of 32 registers with AVX-512, 12 of 16 else.
#if defined(__AVX512F__)
template <class T, int bytes = 64, int tile_rows = 12>
#elif defined(__AVX__)
template <class T, int bytes = 32, int tile_rows = 6>
#else
template <class T, int bytes = 16, int tile_rows = 6>
#endif
struct Blocking {
  typedef T Register __attribute__((vector_size(bytes)));  // g++ and clang++
  static constexpr Eigen::Index lanes = bytes / sizeof(T);
  static constexpr Eigen::Index rows = tile_rows, cols = 2 * lanes;
  static constexpr Eigen::Index depth = 32768 / (2 * bytes);  // B panel: 32 KiB
  static constexpr Eigen::Index height =  // A block: at most 384 KiB, in L2
      393216 / (depth * sizeof(T) * rows) * rows;
};

/// Adds to a tile of C the product of a packed panel of A (depth x rows) and
/// one of B (depth x cols). A step loads two registers of B and `rows` numbers
/// of A for 2 rows multiply-adds; the sums never leave the registers.
template <class T, class Shape>
void multiply_panels(const T* a, const T* b, Eigen::Index depth, T* c,
                     Eigen::Index stride) {
  using Register = typename Shape::Register;
  Register sums[Shape::rows][2] = {};
  for (Eigen::Index p = 0; p < depth; ++p) {
    Register b0, b1;
    std::memcpy(&b0, b, sizeof b0);  // a load: b need not be aligned
    std::memcpy(&b1, b + Shape::lanes, sizeof b1);
    for (Eigen::Index r = 0; r < Shape::rows; ++r) {
      sums[r][0] += a[r] * b0;
      sums[r][1] += a[r] * b1;
    }
    a += Shape::rows;
    b += Shape::cols;
  }
  for (Eigen::Index r = 0; r < Shape::rows; ++r, c += stride) {
    for (Eigen::Index half = 0; half < 2; ++half) {
      Register old;
      std::memcpy(&old, c + half * Shape::lanes, sizeof old);
      old += sums[r][half];
      std::memcpy(c + half * Shape::lanes, &old, sizeof old);
    }
  }
}

/// Copies a block into panels of `width` of its columns, row after row, the
/// last one filled up with zeros: what the kernel reads is contiguous, and its
/// edge is no special case.
template <class T, class Block>
void pack(const Block& block, Eigen::Index width, std::vector<T>& panels) {
  panels.assign(static_cast<std::size_t>((block.cols() + width - 1) / width *
                                         width * block.rows()),
                T(0));
  T* to = panels.data();
  for (Eigen::Index j0 = 0; j0 < block.cols(); j0 += width) {
    const Eigen::Index w = std::min(width, block.cols() - j0);
    for (Eigen::Index p = 0; p < block.rows(); ++p, to += width) {
      for (Eigen::Index j = 0; j < w; ++j) to[j] = block(p, j0 + j);
    }
  }
}

/// A B, packed: a panel of B in the first cache meets all panels of a block of
/// A in the second. Throws as require_product() does.
template <std::floating_point T = double, class Shape = Blocking<T>>
MatrixOf<T> multiply(const Factor<T>& A, const Factor<T>& B) {
  require_product<T>(A, B);
  MatrixOf<T> C = MatrixOf<T>::Zero(A.rows(), B.cols());
  MatrixOf<T> edge(Shape::rows, Shape::cols);
  std::vector<T> a, b;
  for (Eigen::Index p = 0; p < A.cols(); p += Shape::depth) {
    const Eigen::Index depth = std::min(Shape::depth, A.cols() - p);
    pack(B.middleRows(p, depth), Shape::cols, b);
    for (Eigen::Index top = 0; top < A.rows(); top += Shape::height) {
      const Eigen::Index height = std::min(Shape::height, A.rows() - top);
      pack(A.block(top, p, height, depth).transpose(), Shape::rows, a);
      for (Eigen::Index j = 0; j < C.cols(); j += Shape::cols) {
        const Eigen::Index cols = std::min(Shape::cols, C.cols() - j);
        for (Eigen::Index i = 0; i < height; i += Shape::rows) {
          const Eigen::Index rows = std::min(Shape::rows, height - i);
          const bool whole = rows == Shape::rows && cols == Shape::cols;
          if (!whole) edge.setZero();
          multiply_panels<T, Shape>(a.data() + i * depth, b.data() + j * depth,
                                    depth, whole ? &C(top + i, j) : edge.data(),
                                    whole ? C.outerStride() : Shape::cols);
          if (whole) continue;
          C.block(top + i, j, rows, cols) += edge.topLeftCorner(rows, cols);
        }
      }
    }
  }
  return C;
}

/// Floating-point operations of an m x k by k x n product: a multiplication and
/// an addition for each of the m k n terms. In double: m k n overflows 32 bits
/// from 1625 cubed on.
inline double multiply_flops(Eigen::Index m, Eigen::Index k, Eigen::Index n) {
  return 2.0 * static_cast<double>(m) * static_cast<double>(k) *
         static_cast<double>(n);
}

/// How to multiply a chain of matrices.
struct ChainOrder {
  double multiplications = 0.0;  ///< of numbers, the fewest possible
  std::string order;             ///< e.g. "((0 1) 2)"
};

/// The cheapest order for matrices 0, 1, ..., where matrix i is sizes[i] x
/// sizes[i + 1], by Eq. (2), O(n^3) [3]. Throws unless there is a matrix and
/// all sizes are >= 1.
inline ChainOrder matrix_chain_order(std::span<const Eigen::Index> sizes) {
  require(sizes.size() >= 2, "matrix_chain_order: need a matrix");
  for (const Eigen::Index size : sizes) {
    require(size >= 1, "matrix_chain_order: need sizes >= 1, got ", size);
  }
  const std::size_t n = sizes.size() - 1;
  std::vector<std::vector<ChainOrder>> best(n, std::vector<ChainOrder>(n));
  for (std::size_t i = n; i-- > 0;) {
    best[i][i].order = std::to_string(i);
    for (std::size_t j = i + 1; j < n; ++j) {
      best[i][j].multiplications = std::numeric_limits<double>::infinity();
      for (std::size_t s = i; s < j; ++s) {
        const ChainOrder& left = best[i][s];
        const ChainOrder& right = best[s + 1][j];
        const double cost =
            left.multiplications + right.multiplications +
            0.5 * multiply_flops(sizes[i], sizes[s + 1], sizes[j + 1]);
        if (cost >= best[i][j].multiplications) continue;
        best[i][j] = {cost, "(" + left.order + " " + right.order + ")"};
      }
    }
  }
  return best[0][n - 1];
}

}  // namespace whiteboard::maths
