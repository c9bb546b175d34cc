// Question:    Find the best split of a decision tree node by Gini impurity.
// Answer:      questions/coding/decision_stump.md (equation numbers are its own)
// Method:      sort each feature, sweep the boundary, update squared counts [1]
// Time:        O(d n log n)
// Memory:      O(n + classes)
// Numerics:    counts are whole numbers: only three divisions round
// References:  [1] Breiman, Friedman, Olshen and Stone, Classification and
//                  Regression Trees, 1984
// Symbols:     X  n x d  samples, one per row
//              y  n      class of each row, 0, 1, ...
//              l, r      class counts left and right of a boundary
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace whiteboard::coding {

/// Rows with X(i, feature) <= threshold go left, the others right.
struct Split {
  int feature;
  double threshold;
  double gain;  ///< drop of the weighted Gini impurity, Eq. (2)
};

// solution:begin
/// A number t with low <= t < high, halfway if doubles have such a number: of
/// two neighbours the midpoint is one or the other.
inline double threshold_between(double low, double high) {
  const double middle = std::midpoint(low, high);
  return middle < high ? middle : low;
}

/// Class counts on one side of a boundary.
struct SideCounts {
  std::vector<double> count;  ///< per class
  double rows = 0.0;
  double squares = 0.0;  ///< sum of squared counts

  /// (c + 1)^2 - c^2 = 2 c + 1.
  void add(std::size_t label) {
    squares += 2.0 * count[label] + 1.0;
    count[label] += 1.0;
    rows += 1.0;
  }
  void remove(std::size_t label) {
    squares -= 2.0 * count[label] - 1.0;
    count[label] -= 1.0;
    rows -= 1.0;
  }
};

/// Value and class of every row, by the value of feature j.
inline std::vector<std::pair<double, std::size_t>> sorted_by_feature(
    const MatrixRef& X, std::span<const int> y, Eigen::Index j) {
  std::vector<std::pair<double, std::size_t>> rows;
  for (const int label : y) {
    rows.emplace_back(X(static_cast<Eigen::Index>(rows.size()), j), label);
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}
// solution:end

/// The split with the largest gain; of equals the lowest feature, then the
/// lowest threshold. Empty when every feature is constant. A gain of 0 is
/// returned like any other.
///
/// Throws std::invalid_argument when the sizes disagree, a label is negative or
/// X is not finite. Memory grows with the largest label.
inline std::optional<Split> best_gini_split(const MatrixRef& X,
                                            std::span<const int> y) {
  const Eigen::Index n = X.rows();
  require(static_cast<Eigen::Index>(y.size()) == n, "best_gini_split: ", n,
          " rows, but ", y.size(), " labels");
  for (const int label : y) {
    require(label >= 0, "best_gini_split: need labels >= 0, got ", label);
  }
  require_finite(X, "best_gini_split: X");
  // solution:begin
  const int top = y.empty() ? 0 : *std::max_element(y.begin(), y.end());
  const SideCounts none{std::vector<double>(static_cast<std::size_t>(top) + 1)};
  SideCounts all = none;
  for (const int label : y) all.add(static_cast<std::size_t>(label));

  std::optional<Split> best;
  for (Eigen::Index j = 0; j < X.cols(); ++j) {
    const auto rows = sorted_by_feature(X, y, j);
    SideCounts left = none, right = all;
    for (std::size_t i = 0; i + 1 < rows.size(); ++i) {
      const auto [value, label] = rows[i];
      left.add(label);
      right.remove(label);
      const double next = rows[i + 1].first;
      if (value == next) continue;  // no threshold can separate equals
      const double gain =
          (left.squares / left.rows + right.squares / right.rows -
           all.squares / all.rows) /
          all.rows;  // Eq. (3)
      if (best && gain <= best->gain) continue;
      best = Split{static_cast<int>(j), threshold_between(value, next), gain};
    }
  }
  return best;
  // solution:end
}

}  // namespace whiteboard::coding
