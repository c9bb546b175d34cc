// Question:    Label the connected components of a binary image.
// Answer:      questions/coding/connected_components.md (equation numbers are its own)
// Method:      one scan that joins neighbours in a union-find forest [1], and a
//              second one that numbers the trees
// Time:        O(p log p), and next to O(p) in practice
// Memory:      O(p), constant stack
// References:  [1] Tarjan, Efficiency of a good but not linear set union
//                  algorithm, Journal of the ACM 22(2), 1975
// Symbols:     mask  h x w  0 is background, all else foreground
//              p            number of pixels, h w
#pragma once

#include <whiteboard/core/require.hpp>
#include <whiteboard/core/tensor.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

namespace whiteboard::coding {

struct Components {
  Tensor<int, 2> label;  ///< h x w: 0 background, components from 1
  int count = 0;         ///< number of components, the largest label
};

// solution:begin
/// The root of the tree of `i`. Each visited pixel is hung on its grandparent,
/// which halves the path for the next one.
inline std::size_t find_root(std::vector<std::size_t>& parent, std::size_t i) {
  while (parent[i] != i) {
    parent[i] = parent[parent[i]];
    i = parent[i];
  }
  return i;
}

/// Joins two trees under the smaller root: the first pixel in raster order.
inline void join(std::vector<std::size_t>& parent, std::size_t i,
                 std::size_t j) {
  const std::size_t a = find_root(parent, i), b = find_root(parent, j);
  parent[std::max(a, b)] = std::min(a, b);
}
// solution:end

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
  // solution:begin
  const std::size_t h = mask.shape(0), w = mask.shape(1);
  std::vector<std::size_t> parent(h * w);  // pixel (i, j) is number i w + j
  std::iota(parent.begin(), parent.end(), std::size_t{0});
  for (std::size_t i = 0; i < h; ++i) {
    for (std::size_t j = 0; j < w; ++j) {
      if (mask(i, j) == 0) continue;
      // Neighbours that come later in the scan will look back at this one.
      const bool above = i > 0, corners = connectivity == 8 && above;
      const std::size_t p = i * w + j;
      if (j > 0 && mask(i, j - 1)) join(parent, p, p - 1);
      if (above && mask(i - 1, j)) join(parent, p, p - w);
      if (corners && j > 0 && mask(i - 1, j - 1)) join(parent, p, p - w - 1);
      if (corners && j + 1 < w && mask(i - 1, j + 1)) {
        join(parent, p, p - w + 1);
      }
    }
  }

  Components result{Tensor<int, 2>::from_shape(mask.shape())};
  for (std::size_t i = 0; i < h; ++i) {
    for (std::size_t j = 0; j < w; ++j) {
      const std::size_t p = i * w + j, root = find_root(parent, p);
      // A root is the first pixel of its tree, so its label is there already.
      result.label(i, j) = mask(i, j) == 0 ? 0
                           : root == p     ? ++result.count
                                           : result.label(root / w, root % w);
    }
  }
  return result;
  // solution:end
}

}  // namespace whiteboard::coding
