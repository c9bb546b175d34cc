// No sorting: every value of every feature is tried as a threshold, and the
// counts are taken anew with a map, in O(d n^2).
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <limits>
#include <map>
#include <optional>
#include <span>

namespace whiteboard::coding {

struct Split {
  int feature;
  double threshold;
  double gain;
};

inline double weighted_gini(const std::map<int, int>& counts) {
  double rows = 0.0, squares = 0.0;
  for (const auto& [label, count] : counts) {
    rows += count;
    squares += static_cast<double>(count) * count;
  }
  return rows > 0.0 ? rows - squares / rows : 0.0;
}

inline std::optional<Split> best_gini_split(const MatrixRef& X,
                                            std::span<const int> y) {
  const Eigen::Index n = X.rows();
  require(static_cast<Eigen::Index>(y.size()) == n, "best_gini_split: ", n,
          " rows, but ", y.size(), " labels");
  for (const int label : y) {
    require(label >= 0, "best_gini_split: need labels >= 0, got ", label);
  }
  require_finite(X, "best_gini_split: X");

  std::map<int, int> all;
  for (const int label : y) ++all[label];
  std::optional<Split> best;
  for (Eigen::Index j = 0; j < X.cols(); ++j) {
    for (Eigen::Index cut = 0; cut < n; ++cut) {
      const double low = X(cut, j);
      double high = std::numeric_limits<double>::infinity();
      std::map<int, int> left, right;
      for (Eigen::Index i = 0; i < n; ++i) {
        const int label = y[static_cast<std::size_t>(i)];
        ++(X(i, j) <= low ? left : right)[label];
        if (X(i, j) > low && X(i, j) < high) high = X(i, j);
      }
      if (right.empty()) continue;
      double threshold = low / 2.0 + high / 2.0;
      if (threshold >= high || threshold < low) threshold = low;
      const double gain =
          (weighted_gini(all) - (weighted_gini(left) + weighted_gini(right))) /
          static_cast<double>(n);
      const bool first = best && gain == best->gain &&
                         best->feature == static_cast<int>(j) &&
                         threshold < best->threshold;
      if (!best || gain > best->gain || first) {
        best = Split{static_cast<int>(j), threshold, gain};
      }
    }
  }
  return best;
}

}  // namespace whiteboard::coding
