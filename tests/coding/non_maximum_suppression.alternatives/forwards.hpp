// Another correct answer: strikes out forwards from each kept box, and sorts
// with the row number as second key.
#pragma once

#include <whiteboard/coding/intersection_over_union.hpp>
#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <string>
#include <vector>

namespace whiteboard::coding {

/// Throws std::invalid_argument when the sizes differ, a score is NaN, the
/// threshold is not in [0, 1], and as require_boxes() does.
inline void require_scored_boxes(const Boxes& boxes, const VectorRef& scores,
                                 double threshold, const std::string& name) {
  require_boxes(boxes, name + ": boxes");
  require(boxes.rows() == scores.size(), name, ": ", boxes.rows(),
          " boxes, but ", scores.size(), " scores");
  require(threshold >= 0.0 && threshold <= 1.0, name,
          ": need a threshold in [0, 1], got ", threshold);
  for (Eigen::Index i = 0; i < scores.size(); ++i) {
    require(!std::isnan(scores(i)), name, ": score ", i, " is nan");
  }
}

/// Row numbers by descending score, equal scores by ascending row.
inline std::vector<Eigen::Index> order_by_score(const VectorRef& scores) {
  std::vector<Eigen::Index> order(static_cast<std::size_t>(scores.size()));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  std::sort(order.begin(), order.end(), [&](Eigen::Index i, Eigen::Index j) {
    return scores(i) != scores(j) ? scores(i) > scores(j) : i < j;
  });
  return order;
}

/// Rows of the boxes to keep, by descending score, equal scores by ascending
/// row. A box goes when its IoU with a kept box before it exceeds `threshold`.
/// A box without area overlaps nothing and is kept. Infinite scores are legal.
/// Throws as require_scored_boxes() does.
inline std::vector<Eigen::Index> non_maximum_suppression(
    const Boxes& boxes, const VectorRef& scores, double threshold) {
  require_scored_boxes(boxes, scores, threshold, "non_maximum_suppression");
  const std::vector<Eigen::Index> order = order_by_score(scores);
  std::vector<bool> gone(order.size(), false);
  std::vector<Eigen::Index> kept;
  for (std::size_t a = 0; a < order.size(); ++a) {
    if (gone[a]) continue;
    kept.push_back(order[a]);
    for (std::size_t b = a + 1; b < order.size(); ++b) {
      if (box_iou(boxes.row(order[a]), boxes.row(order[b])) > threshold) {
        gone[b] = true;
      }
    }
  }
  return kept;
}

/// The same, with the kept boxes stored by coordinate and asked 64 at a time
/// in whole vectors. Traded: it stops after a block, not after a box, so that
/// it gains nothing while few boxes are kept.
inline std::vector<Eigen::Index> non_maximum_suppression_simd(
    const Boxes& boxes, const VectorRef& scores, double threshold) {
  require_scored_boxes(boxes, scores, threshold,
                       "non_maximum_suppression_simd");
  const Matrix iou = intersection_over_union_simd(boxes, boxes);
  Eigen::Array<bool, 1, Eigen::Dynamic> gone =
      Eigen::Array<bool, 1, Eigen::Dynamic>::Constant(boxes.rows(), false);
  std::vector<Eigen::Index> kept;
  for (const Eigen::Index i : order_by_score(scores)) {
    if (gone(i)) continue;
    kept.push_back(i);
    gone = gone || iou.row(i).array() > threshold;
  }
  return kept;
}

}  // namespace whiteboard::coding
