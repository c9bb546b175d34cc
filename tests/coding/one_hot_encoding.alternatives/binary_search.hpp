// Sorts the categories' positions and searches them: no hash table.
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <span>
#include <string>
#include <vector>

namespace whiteboard::coding {

inline Matrix one_hot(std::span<const std::string> categories,
                      std::span<const std::string> values,
                      bool drop_first = false) {
  require(!categories.empty(), "one_hot: no categories");
  std::vector<std::size_t> order(categories.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return categories[a] < categories[b];
  });
  for (std::size_t j = 1; j < order.size(); ++j) {
    const std::string& category = categories[order[j]];
    require(categories[order[j - 1]] != category, "one_hot: category '",
            category, "' comes twice");
  }
  Matrix E = Matrix::Zero(static_cast<Eigen::Index>(values.size()),
                          static_cast<Eigen::Index>(categories.size()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto at = std::lower_bound(
        order.begin(), order.end(), values[i],
        [&](std::size_t j, const std::string& v) { return categories[j] < v; });
    if (at == order.end() || categories[*at] != values[i]) continue;
    E(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(*at)) = 1.0;
  }
  if (!drop_first) return E;
  return E.rightCols(E.cols() - 1);
}

}  // namespace whiteboard::coding
