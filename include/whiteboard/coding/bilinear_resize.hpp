// Question:    Resize an image with bilinear interpolation.
// Answer:      questions/coding/bilinear_resize.md (equation numbers are its own)
// Method:      map the centre of each target pixel into the source, blend its
//              four neighbours; positions and weights once per row and column
// Time:        O(H W)
// Memory:      O(H + W) besides the result
// Numerics:    a + w (b - a) is a for w = 0 and for a = b, exactly; it leaves
//              the range from a to b by a rounding error at most; pixels more
//              than 1.8e308 apart overflow
// References:  [1] Szeliski, Computer Vision: Algorithms and Applications,
//                  2nd ed., Springer, 2022, section 3.5
// Symbols:     src   h x w  source image
//              H, W         size of the target
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>
#include <whiteboard/core/tensor.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace whiteboard::coding {

// solution:begin
/// Where a target pixel falls along one axis: between two source pixels.
struct Tap {
  std::size_t low = 0, high = 0;
  double weight = 0.0;  ///< of `high`
};

/// One tap per target pixel of an axis, Eq. (1) and (2).
inline std::vector<Tap> bilinear_taps(std::size_t from, std::size_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const std::size_t last = from - 1;
  std::vector<Tap> taps(to);
  for (std::size_t i = 0; i < to; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * scale - 0.5;
    // Clamp first: beyond the outermost centres the image goes on unchanged.
    const double x = std::clamp(centre, 0.0, static_cast<double>(last));
    const auto low = static_cast<std::size_t>(x);
    taps[i] = {low, std::min(low + 1, last), x - static_cast<double>(low)};
  }
  return taps;
}

inline double blend(double a, double b, double weight) {
  return a + weight * (b - a);
}
// solution:end

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
  // solution:begin
  const std::vector<Tap> rows = bilinear_taps(src.shape(0), height);
  const std::vector<Tap> columns = bilinear_taps(src.shape(1), width);
  Tensor<double, 2> out({height, width});
  for (std::size_t i = 0; i < height; ++i) {
    const Tap& r = rows[i];
    for (std::size_t j = 0; j < width; ++j) {
      const Tap& c = columns[j];
      const double low = blend(src(r.low, c.low), src(r.low, c.high), c.weight);
      const double high =
          blend(src(r.high, c.low), src(r.high, c.high), c.weight);
      out(i, j) = blend(low, high, r.weight);
    }
  }
  return out;
  // solution:end
}

}  // namespace whiteboard::coding
