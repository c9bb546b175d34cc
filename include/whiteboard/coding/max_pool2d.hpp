// Question:    Implement max pooling with its backward pass.
// Answer:      questions/coding/max_pool2d.md (equation numbers are its own)
// Method:      the largest pixel of each window and its index; the gradient
//              goes back to that index
// Time:        O(m H W k^2) forward, O(m H W) backward
// Memory:      O(m H W), and O(m h w) backward
// References:  [1] Zhang, Making convolutional networks shift-invariant again,
//                  ICML 2019
// Symbols:     x  m x h x w  channels of the input
//              H, W          size of the output, Eq. (2)
//              k             side of the window
#pragma once

#include <whiteboard/core/require.hpp>
#include <whiteboard/core/tensor.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace whiteboard::coding {

struct Pooled {
  Tensor<double, 3> out;  ///< m x H x W: the largest pixel of a window
  Tensor<std::size_t, 3>
      argmax;  ///< where it is in its channel: row * w + column
};

/// Throws std::invalid_argument unless k >= 1, stride >= 1, 0 <= padding <=
/// k / 2, a window fits into the padded input, and no pixel is NaN.
inline void require_max_pool2d(const Tensor<double, 3>& x, int k, int stride,
                               int padding) {
  require(k >= 1 && stride >= 1 && padding >= 0 && padding <= k / 2,
          "max_pool2d: need k >= 1, stride >= 1 and 0 <= padding <= k / 2, "
          "got ",
          k, ", ", stride, " and ", padding);
  const std::size_t smaller = std::min(x.shape(1), x.shape(2));
  require(smaller >= 1 && static_cast<std::size_t>(k - 2 * padding) <= smaller,
          "max_pool2d: a window of ", k, " does not fit into ", x.shape(1),
          " x ", x.shape(2), " with padding ", padding);
  for (const double pixel : x) {
    require(!std::isnan(pixel), "max_pool2d: a pixel is nan");
  }
}

/// The largest pixel of each k x k window of each channel, Eq. (1), and where
/// it is; of equal ones the first in row order. Windows hang over the border by
/// `padding` pixels, which never win. Infinite pixels are legal.
/// Throws as require_max_pool2d() does.
inline Pooled max_pool2d(const Tensor<double, 3>& x, int k, int stride,
                         int padding = 0) {
  require_max_pool2d(x, k, stride, padding);
  // solution:begin
  const auto size = static_cast<std::size_t>(k);
  const auto s = static_cast<std::size_t>(stride);
  const auto p = static_cast<std::size_t>(padding);
  const std::size_t h = x.shape(1), w = x.shape(2);
  const std::size_t height = (h + 2 * p - size) / s + 1;  // Eq. (2)
  const std::size_t width = (w + 2 * p - size) / s + 1;
  Pooled pooled{Tensor<double, 3>({x.shape(0), height, width}),
                Tensor<std::size_t, 3>({x.shape(0), height, width})};
  for (std::size_t c = 0; c < x.shape(0); ++c) {
    for (std::size_t i = 0; i < height; ++i) {
      for (std::size_t j = 0; j < width; ++j) {
        // Cut the window to the image: padding k / 2 leaves a pixel at least.
        const std::size_t top = std::max(i * s, p) - p;
        const std::size_t left = std::max(j * s, p) - p;
        const std::size_t bottom = std::min(i * s + size - p, h);
        const std::size_t right = std::min(j * s + size - p, w);
        std::size_t row = top, column = left;
        for (std::size_t y = top; y < bottom; ++y) {
          for (std::size_t z = left; z < right; ++z) {
            if (x(c, y, z) > x(c, row, column)) row = y, column = z;
          }
        }
        pooled.out(c, i, j) = x(c, row, column);
        pooled.argmax(c, i, j) = row * w + column;
      }
    }
  }
  return pooled;
  // solution:end
}

/// The gradient with respect to x (m x h x w), given that with respect to the
/// pooled output, Eq. (3). Throws std::invalid_argument when the shapes of
/// `grad` and `argmax` differ or an index is outside h x w.
inline Tensor<double, 3> max_pool2d_backward(
    const Tensor<double, 3>& grad, const Tensor<std::size_t, 3>& argmax,
    std::size_t h, std::size_t w) {
  require(grad.shape() == argmax.shape(),
          "max_pool2d_backward: the gradient is ", grad.shape(0), " x ",
          grad.shape(1), " x ", grad.shape(2), ", argmax ", argmax.shape(0),
          " x ", argmax.shape(1), " x ", argmax.shape(2));
  for (const std::size_t index : argmax) {
    require(index < h * w, "max_pool2d_backward: index ", index,
            " is outside of ", h, " x ", w);
  }
  // solution:begin
  Tensor<double, 3> dx({grad.shape(0), h, w});
  dx.fill(0.0);
  for (std::size_t c = 0; c < grad.shape(0); ++c) {
    for (std::size_t i = 0; i < grad.shape(1); ++i) {
      for (std::size_t j = 0; j < grad.shape(2); ++j) {
        const std::size_t at = argmax(c, i, j);
        dx(c, at / w, at % w) += grad(c, i, j);  // windows may share a winner
      }
    }
  }
  return dx;
  // solution:end
}

}  // namespace whiteboard::coding
