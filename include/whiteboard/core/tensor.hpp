// N-dimensional arrays, and their matrices lent to Eigen without a copy. The
// one place that includes xtensor, whose headers moved in 0.26.
//
// Assign every reduction to a container before it is used: in xtensor 0.24 a
// lazy reducer with keep_dims inside a larger expression is silently wrong.
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#if __has_include(<xtensor/containers/xtensor.hpp>)
#include <xtensor/containers/xtensor.hpp>
#else
#include <xtensor/xtensor.hpp>
#endif

#include <array>
#include <concepts>
#include <cstddef>

namespace whiteboard {

/// Row-major array with `Axes` axes; the last one is contiguous.
template <class T, std::size_t Axes>
using Tensor = xt::xtensor<T, Axes, xt::layout_type::row_major>;

/// Where in `tensor` the matrix of the last two axes at `leading` starts.
template <class T, std::size_t Axes, std::integral... Index>
std::size_t matrix_offset(const Tensor<T, Axes>& tensor, Index... leading) {
  static_assert(sizeof...(Index) + 2 == Axes, "one index per leading axis");
  const std::array<std::size_t, sizeof...(Index)> at{
      static_cast<std::size_t>(leading)...};
  std::size_t offset = 0;
  for (std::size_t axis = 0; axis < at.size(); ++axis) {
    require(at[axis] < tensor.shape(axis), "matrix_at: need 0 <= index < ",
            tensor.shape(axis), " on axis ", axis, ", got ",
            static_cast<std::ptrdiff_t>(at[axis]));
    offset = offset * tensor.shape(axis) + at[axis];
  }
  return offset * tensor.shape(Axes - 2) * tensor.shape(Axes - 1);
}

/// The matrix of the last two axes at the given leading indices, in place:
///
///     Tensor<float, 4> Q({batch, heads, time, dim});
///     matrix_at(Q, b, h)  // time x dim, valid while Q is and keeps its shape
///
/// Throws std::invalid_argument when an index is out of range.
template <class T, std::size_t Axes, std::integral... Index>
Eigen::Map<const MatrixOf<T>> matrix_at(const Tensor<T, Axes>& tensor,
                                        Index... leading) {
  return {tensor.data() + matrix_offset(tensor, leading...),
          static_cast<Eigen::Index>(tensor.shape(Axes - 2)),
          static_cast<Eigen::Index>(tensor.shape(Axes - 1))};
}

template <class T, std::size_t Axes, std::integral... Index>
Eigen::Map<MatrixOf<T>> matrix_at(Tensor<T, Axes>& tensor, Index... leading) {
  return {tensor.data() + matrix_offset(tensor, leading...),
          static_cast<Eigen::Index>(tensor.shape(Axes - 2)),
          static_cast<Eigen::Index>(tensor.shape(Axes - 1))};
}

}  // namespace whiteboard
