// Another correct answer: one axis after the other, weights that sum to one.
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>
#include <whiteboard/core/tensor.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace whiteboard::coding {

/// `src` (h x w) resampled to height x width: pixels are unit squares, the
/// centres of the target are mapped onto the source, Eq. (1), and beyond the
/// outermost centres of the source its border pixels go on. Shrinking samples,
/// it does not average. Throws std::invalid_argument when source or target has
/// no pixels or a pixel is NaN or infinite.
///
///     bilinear_resize({{0.0, 1.0}}, 1, 4)  // 0, 0.25, 0.75, 1
inline Tensor<double, 2> bilinear_resize(const Tensor<double, 2>& src,
                                         std::size_t height,
                                         std::size_t width) {
  require(src.size() > 0 && height > 0 && width > 0,
          "bilinear_resize: need pixels on both sides, got ", src.shape(0),
          " x ", src.shape(1), " to ", height, " x ", width);
  require_finite(matrix_at(src), "bilinear_resize: src");
  // Rows of the source to the new width first, then columns to the new height.
  const auto position = [](std::size_t i, std::size_t from, std::size_t to) {
    const double x = (2.0 * static_cast<double>(i) + 1.0) *
                         static_cast<double>(from) /
                         (2.0 * static_cast<double>(to)) -
                     0.5;
    return std::max(0.0, std::min(x, static_cast<double>(from) - 1.0));
  };
  Tensor<double, 2> wide({src.shape(0), width}), out({height, width});
  for (std::size_t j = 0; j < width; ++j) {
    const double x = position(j, src.shape(1), width);
    const auto left = static_cast<std::size_t>(std::floor(x));
    const auto right = static_cast<std::size_t>(std::ceil(x));
    const double weight = x - std::floor(x);
    for (std::size_t i = 0; i < src.shape(0); ++i) {
      wide(i, j) = (1.0 - weight) * src(i, left) + weight * src(i, right);
    }
  }
  for (std::size_t i = 0; i < height; ++i) {
    const double y = position(i, src.shape(0), height);
    const auto above = static_cast<std::size_t>(std::floor(y));
    const auto below = static_cast<std::size_t>(std::ceil(y));
    const double weight = y - std::floor(y);
    for (std::size_t j = 0; j < width; ++j) {
      out(i, j) = (1.0 - weight) * wide(above, j) + weight * wide(below, j);
    }
  }
  return out;
}

}  // namespace whiteboard::coding
