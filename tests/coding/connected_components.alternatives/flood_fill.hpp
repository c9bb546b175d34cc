// Another correct answer: flood fill with a stack of its own.
#pragma once

#include <whiteboard/core/require.hpp>
#include <whiteboard/core/tensor.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace whiteboard::coding {

struct Components {
  Tensor<int, 2> label;  ///< h x w: 0 background, components from 1
  int count = 0;         ///< number of components, the largest label
};

/// Labels 1, 2, ... in raster order of the first pixel of each component, 0 for
/// the background. Pixels are neighbours along edges (connectivity 4), or along
/// edges and corners (8). Throws std::invalid_argument for any other
/// connectivity and for masks of more pixels than an int can count.
inline Components connected_components(const Tensor<std::uint8_t, 2>& mask,
                                       int connectivity = 4) {
  require(connectivity == 4 || connectivity == 8,
          "connected_components: need connectivity 4 or 8, got ", connectivity);
  require(mask.size() <= std::size_t{std::numeric_limits<int>::max()},
          "connected_components: ", mask.size(), " pixels are too many");
  const auto h = static_cast<std::ptrdiff_t>(mask.shape(0));
  const auto w = static_cast<std::ptrdiff_t>(mask.shape(1));
  Components result{Tensor<int, 2>::from_shape(mask.shape())};
  result.label.fill(0);
  std::vector<std::pair<std::ptrdiff_t, std::ptrdiff_t>> stack;
  const auto visit = [&](std::ptrdiff_t i, std::ptrdiff_t j) {
    if (i < 0 || j < 0 || i >= h || j >= w) return;
    if (mask(i, j) == 0 || result.label(i, j) != 0) return;
    result.label(i, j) = result.count;
    stack.emplace_back(i, j);
  };
  for (std::ptrdiff_t i = 0; i < h; ++i) {
    for (std::ptrdiff_t j = 0; j < w; ++j) {
      if (mask(i, j) == 0 || result.label(i, j) != 0) continue;
      ++result.count;
      visit(i, j);
      while (!stack.empty()) {
        const auto [y, x] = stack.back();
        stack.pop_back();
        for (const std::ptrdiff_t d : {-1, 1}) {
          visit(y + d, x);
          visit(y, x + d);
          if (connectivity == 8) visit(y + d, x + d);
          if (connectivity == 8) visit(y + d, x - d);
        }
      }
    }
  }
  return result;
}

}  // namespace whiteboard::coding
