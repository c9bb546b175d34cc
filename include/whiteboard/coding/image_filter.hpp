// Question:    Filter an image with an arbitrary kernel and border rule.
// Answer:      questions/coding/image_filter.md (equation numbers are its own)
// Method:      a sum over the window, with a rule that maps any index to a
//              pixel; the fast form applies it once and then adds whole rows
// Time:        O(h w kh kw), and two passes of O(h w (kh + kw)) if separable
// Memory:      O(h w); the fast form holds a padded copy besides
// References:  [1] Gonzalez and Woods, Digital Image Processing, 4th ed.,
//                  Pearson, 2018, chapter 3
// Symbols:     src     h x w    image
//              kernel  kh x kw  weights, both sides odd
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>
#include <whiteboard/core/tensor.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cstddef>

namespace whiteboard::coding {

/// What stands beyond the border of the row a b c d:
enum class Border {
  zero,       ///< 0 0 0 | a b c d | 0 0 0
  replicate,  ///< a a a | a b c d | d d d
  reflect,    ///< d c b | a b c d | c b a, the border pixel once
};

/// The pixel of a row of n >= 1 that stands in for index i, or -1 for a zero.
inline std::ptrdiff_t border_index(std::ptrdiff_t i, std::ptrdiff_t n,
                                   Border border) {
  // solution:begin
  if (i >= 0 && i < n) return i;
  if (border == Border::zero) return -1;
  if (border == Border::replicate) return i < 0 ? 0 : n - 1;
  if (n == 1) return 0;
  // There and back again is a period; a window may be longer than the row.
  const std::ptrdiff_t period = 2 * (n - 1);
  const std::ptrdiff_t folded = (i % period + period) % period;
  return folded < n ? folded : period - folded;
  // solution:end
}

/// Throws std::invalid_argument unless `src` has pixels, the sides of the
/// kernel are odd and nothing is NaN or infinite.
inline void require_filter(const Tensor<double, 2>& src,
                           const Tensor<double, 2>& kernel) {
  require(src.size() > 0, "image_filter: src is ", src.shape(0), " x ",
          src.shape(1));
  require(kernel.shape(0) % 2 == 1 && kernel.shape(1) % 2 == 1,
          "image_filter: need odd sides, the kernel is ", kernel.shape(0),
          " x ", kernel.shape(1));
  require_finite(matrix_at(src), "image_filter: src");
  require_finite(matrix_at(kernel), "image_filter: kernel");
}

/// The convolution of `src` with `kernel`, Eq. (1), of the size of `src`: the
/// kernel is flipped, and its middle lies on the pixel that is computed.
/// Throws as require_filter() does.
inline Tensor<double, 2> image_filter(const Tensor<double, 2>& src,
                                      const Tensor<double, 2>& kernel,
                                      Border border) {
  require_filter(src, kernel);
  // solution:begin
  // Signed: i + up - u is negative near the upper border.
  const auto h = static_cast<std::ptrdiff_t>(src.shape(0));
  const auto w = static_cast<std::ptrdiff_t>(src.shape(1));
  const auto kh = static_cast<std::ptrdiff_t>(kernel.shape(0));
  const auto kw = static_cast<std::ptrdiff_t>(kernel.shape(1));
  Tensor<double, 2> out({src.shape(0), src.shape(1)});
  for (std::ptrdiff_t i = 0; i < h; ++i) {
    for (std::ptrdiff_t j = 0; j < w; ++j) {
      double sum = 0.0;
      for (std::ptrdiff_t u = 0; u < kh; ++u) {
        const std::ptrdiff_t y = border_index(i + kh / 2 - u, h, border);
        for (std::ptrdiff_t v = 0; v < kw; ++v) {
          const std::ptrdiff_t x = border_index(j + kw / 2 - v, w, border);
          if (y >= 0 && x >= 0) sum += kernel(u, v) * src(y, x);
        }
      }
      out(i, j) = sum;
    }
  }
  return out;
  // solution:end
}

/// The same up to rounding: a padded copy answers all questions about borders,
/// and each weight then adds a multiple of a whole row. Traded: the copy.
inline Tensor<double, 2> image_filter_rows(const Tensor<double, 2>& src,
                                           const Tensor<double, 2>& kernel,
                                           Border border) {
  require_filter(src, kernel);
  // solution:begin
  const Eigen::Map<const Matrix> pixels = matrix_at(src);
  const Eigen::Map<const Matrix> weights = matrix_at(kernel);
  const Eigen::Index h = pixels.rows(), w = pixels.cols();
  const Eigen::Index up = weights.rows() / 2, left = weights.cols() / 2;
  Matrix padded = Matrix::Zero(h + 2 * up, w + 2 * left);
  for (Eigen::Index i = 0; i < padded.rows(); ++i) {
    const Eigen::Index y = border_index(i - up, h, border);
    if (y < 0) continue;
    padded.row(i).segment(left, w) = pixels.row(y);
    for (Eigen::Index j = 0; j < left; ++j) {  // the two ends
      for (const Eigen::Index at : {j, left + w + j}) {
        const Eigen::Index x = border_index(at - left, w, border);
        if (x >= 0) padded(i, at) = pixels(y, x);
      }
    }
  }
  Tensor<double, 2> out = Tensor<double, 2>::from_shape(src.shape());
  Eigen::Map<Matrix> sums = matrix_at(out);
  sums.setZero();
  for (Eigen::Index i = 0; i < h; ++i) {
    for (Eigen::Index u = 0; u <= 2 * up; ++u) {
      for (Eigen::Index v = 0; v <= 2 * left; ++v) {
        sums.row(i) +=
            weights(u, v) * padded.row(i + 2 * up - u).segment(2 * left - v, w);
      }
    }
  }
  return out;
  // solution:end
}

}  // namespace whiteboard::coding
