// Question:    Implement non-maximum suppression.
// Answer:      questions/coding/non_maximum_suppression.md (equation numbers are its own)
// Method:      sort by score, keep a box unless one kept before overlaps it too
//              much; the fast form asks 64 kept boxes at a time
// Time:        O(n log n + n k)
// Memory:      O(n)
// References:  [1] Bodla et al., Soft-NMS: improving object detection with one
//                  line of code, ICCV 2017
// Symbols:     boxes   n x 4  one box a row: (x1, y1, x2, y2)
//              scores  n
//              k              number of boxes kept
#pragma once

#include <whiteboard/coding/intersection_over_union.hpp>
#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
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
  // solution:begin
  std::vector<Eigen::Index> order(static_cast<std::size_t>(scores.size()));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  // Stable: equal scores stay in the order of their rows.
  std::stable_sort(
      order.begin(), order.end(),
      [&](Eigen::Index i, Eigen::Index j) { return scores(i) > scores(j); });
  return order;
  // solution:end
}

/// Rows of the boxes to keep, by descending score, equal scores by ascending
/// row. A box goes when its IoU with a kept box before it exceeds `threshold`.
/// A box without area overlaps nothing and is kept. Infinite scores are legal.
/// Throws as require_scored_boxes() does.
inline std::vector<Eigen::Index> non_maximum_suppression(
    const Boxes& boxes, const VectorRef& scores, double threshold) {
  require_scored_boxes(boxes, scores, threshold, "non_maximum_suppression");
  // solution:begin
  std::vector<Eigen::Index> kept;
  for (const Eigen::Index i : order_by_score(scores)) {
    // Only kept boxes suppress: one that went has no say any more.
    const bool covered =
        std::any_of(kept.begin(), kept.end(), [&](Eigen::Index j) {
          return box_iou(boxes.row(i), boxes.row(j)) > threshold;
        });
    if (!covered) kept.push_back(i);
  }
  return kept;
  // solution:end
}

/// The same, with the kept boxes stored by coordinate and asked 64 at a time
/// in whole vectors. Traded: it stops after a block, not after a box, so that
/// it gains nothing while few boxes are kept.
inline std::vector<Eigen::Index> non_maximum_suppression_simd(
    const Boxes& boxes, const VectorRef& scores, double threshold) {
  require_scored_boxes(boxes, scores, threshold,
                       "non_maximum_suppression_simd");
  // solution:begin
  constexpr Eigen::Index block = 64;
  constexpr double tiny = std::numeric_limits<double>::denorm_min();
  using Block = Eigen::Array<double, 1, block>;
  // x1, y1, x2, y2, area. A column not filled yet is empty and covers nothing.
  Eigen::Array<double, 5, Eigen::Dynamic, Eigen::RowMajor> columns =
      Eigen::Array<double, 5, Eigen::Dynamic>::Zero(5, boxes.rows() + block);
  std::vector<Eigen::Index> kept;
  for (const Eigen::Index i : order_by_score(scores)) {
    const Box p = boxes.row(i);
    const double area = (p(2) - p(0)) * (p(3) - p(1));
    const auto count = static_cast<Eigen::Index>(kept.size());
    bool covered = false;
    for (Eigen::Index at = 0; at < count && !covered; at += block) {
      const auto some = [&](Eigen::Index c) -> Eigen::Map<const Block> {
        return Eigen::Map<const Block>(&columns(c, at));
      };
      const Block overlap = (some(2).min(p(2)) - some(0).max(p(0))).max(0.0) *
                            (some(3).min(p(3)) - some(1).max(p(1))).max(0.0);
      const Block whole = (some(4) + area - overlap).max(tiny);
      covered = (overlap / whole).maxCoeff() > threshold;
    }
    if (covered) continue;
    columns.col(count) << p.transpose().array(), area;
    kept.push_back(i);
  }
  return kept;
  // solution:end
}

}  // namespace whiteboard::coding
