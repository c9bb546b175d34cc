// Different: draws the curve, one step per group of equal scores from the top,
// and adds up trapezoids; the fast form searches in the sorted negatives.
#pragma once

#include <whiteboard/core/require.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <utility>
#include <vector>

namespace whiteboard::coding {

inline void check_classes(std::span<const int> y,
                          std::span<const double> score) {
  require(y.size() == score.size(), "roc_auc: ", y.size(), " labels, but ",
          score.size(), " scores");
  std::size_t positives = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    require(y[i] == 0 || y[i] == 1, "roc_auc: label ", i, " is ", y[i]);
    require(!std::isnan(score[i]), "roc_auc: score ", i, " is nan");
    if (y[i] == 1) ++positives;
  }
  require(positives > 0 && positives < y.size(),
          "roc_auc: need both classes, got ", positives, " positives among ",
          y.size());
}

inline double roc_auc(std::span<const int> y, std::span<const double> score) {
  check_classes(y, score);
  // Score, from the largest, to the numbers of negatives and positives.
  std::map<double, std::pair<double, double>, std::greater<>> groups;
  double negatives = 0.0, positives = 0.0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    std::pair<double, double>& group = groups[score[i]];
    (y[i] == 0 ? group.first : group.second) += 1.0;
    (y[i] == 0 ? negatives : positives) += 1.0;
  }
  double area = 0.0, height = 0.0;
  for (const auto& [value, group] : groups) {
    area += group.first * (height + group.second / 2.0);
    height += group.second;
  }
  return area / (negatives * positives);
}

inline double roc_auc_fast(std::span<const int> y,
                           std::span<const double> score) {
  check_classes(y, score);
  std::vector<double> negatives;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (y[i] == 0) negatives.push_back(score[i]);
  }
  std::sort(negatives.begin(), negatives.end());
  double wins = 0.0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (y[i] == 0) continue;
    const auto ties =
        std::equal_range(negatives.begin(), negatives.end(), score[i]);
    wins += static_cast<double>(ties.first - negatives.begin()) +
            static_cast<double>(ties.second - ties.first) / 2.0;
  }
  const auto n = static_cast<double>(negatives.size());
  return wins / (n * (static_cast<double>(y.size()) - n));
}

}  // namespace whiteboard::coding
