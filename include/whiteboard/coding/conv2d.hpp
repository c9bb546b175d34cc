// Question:    Implement a 2-D convolution layer with stride and padding.
// Answer:      questions/coding/conv2d.md (equation numbers are its own)
// Method:      six loops over Eq. (1); the fast form copies all windows into a
//              matrix and multiplies by the filters [1]
// Time:        O(n m kh kw H W)
// Memory:      O(n H W) for the result; the fast form O(m kh kw H W) besides
// References:  [1] Chellapilla, Puri and Simard, High performance convolutional
//                  neural networks for document processing, IWFHR 2006
// Symbols:     x     m x h x w        channels of the input
//              w     n x m x kh x kw  one filter per channel of the output
//              bias  n
//              H, W                   size of the output, Eq. (2)
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>
#include <whiteboard/core/tensor.hpp>

#include <Eigen/Core>

#include <cstddef>

namespace whiteboard::coding {

/// Throws std::invalid_argument unless stride >= 1, padding >= 0, the channels
/// agree, there is a bias per filter and a filter fits into the padded input.
inline void require_conv2d(const Tensor<double, 3>& x,
                           const Tensor<double, 4>& w, const VectorRef& bias,
                           int stride, int padding) {
  require(stride >= 1 && padding >= 0,
          "conv2d: need stride >= 1 and padding >= 0, got ", stride, " and ",
          padding);
  require(x.shape(0) == w.shape(1) && x.shape(0) >= 1, "conv2d: the input has ",
          x.shape(0), " channels, the filters ", w.shape(1));
  require(static_cast<std::size_t>(bias.size()) == w.shape(0),
          "conv2d: ", w.shape(0), " filters, but ", bias.size(), " biases");
  const std::size_t around = 2 * static_cast<std::size_t>(padding);
  require(
      w.shape(2) >= 1 && w.shape(3) >= 1 && w.shape(2) <= x.shape(1) + around &&
          w.shape(3) <= x.shape(2) + around,
      "conv2d: the filters are ", w.shape(2), " x ", w.shape(3),
      ", the padded input ", x.shape(1) + around, " x ", x.shape(2) + around);
}

// solution:begin
/// How many windows of k fit into n pixels and the padding, Eq. (2).
inline std::size_t conv_size(std::size_t n, std::size_t k, int stride,
                             int padding) {
  return (n + 2 * static_cast<std::size_t>(padding) - k) /
             static_cast<std::size_t>(stride) +
         1;
}
// solution:end

/// The cross-correlation of x with each filter, Eq. (1), with zeros around x:
/// n x H x W. NaN and infinity spread to the windows that read them.
/// Throws as require_conv2d() does.
inline Tensor<double, 3> conv2d(const Tensor<double, 3>& x,
                                const Tensor<double, 4>& w,
                                const VectorRef& bias, int stride = 1,
                                int padding = 0) {
  require_conv2d(x, w, bias, stride, padding);
  // solution:begin
  const std::size_t height = conv_size(x.shape(1), w.shape(2), stride, padding);
  const std::size_t width = conv_size(x.shape(2), w.shape(3), stride, padding);
  const auto p = static_cast<std::size_t>(padding);
  const auto s = static_cast<std::size_t>(stride);
  Tensor<double, 3> y({w.shape(0), height, width});
  for (std::size_t o = 0; o < w.shape(0); ++o) {
    for (std::size_t i = 0; i < height; ++i) {
      for (std::size_t j = 0; j < width; ++j) {
        double sum = bias(static_cast<Eigen::Index>(o));
        for (std::size_t c = 0; c < w.shape(1); ++c) {
          for (std::size_t u = 0; u < w.shape(2); ++u) {
            // In padded coordinates; the input starts at p.
            const std::size_t row = i * s + u;
            if (row < p || row - p >= x.shape(1)) continue;
            for (std::size_t v = 0; v < w.shape(3); ++v) {
              const std::size_t column = j * s + v;
              if (column < p || column - p >= x.shape(2)) continue;
              sum += w(o, c, u, v) * x(c, row - p, column - p);
            }
          }
        }
        y(o, i, j) = sum;
      }
    }
  }
  return y;
  // solution:end
}

/// The same up to rounding, as one matrix product. Traded: kh kw copies of the
/// input.
inline Tensor<double, 3> conv2d_im2col(const Tensor<double, 3>& x,
                                       const Tensor<double, 4>& w,
                                       const VectorRef& bias, int stride = 1,
                                       int padding = 0) {
  require_conv2d(x, w, bias, stride, padding);
  // solution:begin
  const std::size_t height = conv_size(x.shape(1), w.shape(2), stride, padding);
  const std::size_t width = conv_size(x.shape(2), w.shape(3), stride, padding);
  const auto p = static_cast<std::size_t>(padding);
  const auto s = static_cast<std::size_t>(stride);
  const auto n = static_cast<Eigen::Index>(w.shape(0));
  const auto taps =
      static_cast<Eigen::Index>(w.shape(1) * w.shape(2) * w.shape(3));
  const auto pixels = static_cast<Eigen::Index>(height * width);
  // Row (c, u, v) holds what weight (c, u, v) meets, window after window.
  Matrix windows = Matrix::Zero(taps, pixels);
  double* row = windows.data();
  for (std::size_t c = 0; c < w.shape(1); ++c) {
    for (std::size_t u = 0; u < w.shape(2); ++u) {
      for (std::size_t v = 0; v < w.shape(3); ++v, row += pixels) {
        for (std::size_t i = 0; i < height; ++i) {
          const std::size_t y = i * s + u;
          if (y < p || y - p >= x.shape(1)) continue;
          for (std::size_t j = 0; j < width; ++j) {
            const std::size_t at = j * s + v;
            if (at < p || at - p >= x.shape(2)) continue;
            row[i * width + j] = x(c, y - p, at - p);
          }
        }
      }
    }
  }
  Tensor<double, 3> y({w.shape(0), height, width});
  Eigen::Map<Matrix> result(y.data(), n, pixels);
  result.noalias() = Eigen::Map<const Matrix>(w.data(), n, taps) * windows;
  result.colwise() += bias;
  return y;
  // solution:end
}

}  // namespace whiteboard::coding
