// Matrices and vectors as every question uses them: samples are rows, and rows
// are contiguous in memory.
#pragma once

#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cmath>
#include <concepts>
#include <string_view>

namespace whiteboard {

/// Row-major matrix of any floating-point type, for kernels in float.
template <std::floating_point T>
using MatrixOf =
    Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

using Matrix = MatrixOf<double>;
using Vector = Eigen::VectorXd;

/// Read-only arguments. A row-major matrix or a block of whole rows or columns
/// is viewed in place; a column-major matrix or an expression is copied once,
/// so take these at the edge and never inside a loop.
using MatrixRef = Eigen::Ref<const Matrix>;
using VectorRef = Eigen::Ref<const Vector>;

/// Throws std::invalid_argument at the first NaN or infinity in `values`:
///
///     require_finite(X, "k_means: X");  // "k_means: X(2, 1) is nan"
template <class Derived>
void require_finite(const Eigen::DenseBase<Derived>& values,
                    std::string_view name) {
  // 0 x is 0 unless x is NaN or infinite. This sum runs in whole vectors, three
  // times as fast as the loop below, which is then only there to say where.
  using Scalar = typename Derived::Scalar;
  if ((values.derived().array() * Scalar{0}).sum() == Scalar{0}) return;
  for (Eigen::Index i = 0; i < values.rows(); ++i) {
    for (Eigen::Index j = 0; j < values.cols(); ++j) {
      const auto value = values.derived().coeff(i, j);
      if (std::isfinite(value)) continue;
      if constexpr (Derived::IsVectorAtCompileTime) {
        require(false, name, "(", i + j, ") is ", value);
      } else {
        require(false, name, "(", i, ", ", j, ") is ", value);
      }
    }
  }
}

}  // namespace whiteboard
