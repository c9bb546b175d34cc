// Question:    Compute IoU for all pairs of two box lists.
// Answer:      questions/coding/intersection_over_union.md (equation numbers are its own)
// Method:      overlap of the intervals per axis, clamped at 0, then areas; the
//              fast form keeps one array per coordinate, in whole vectors
// Time:        O(n m)
// Memory:      O(n m), the result
// Numerics:    whole coordinates up to 2^25 give correctly rounded quotients;
//              areas beyond half the largest double are refused
// References:  [1] Rezatofighi et al., Generalized intersection over union,
//                  CVPR 2019
// Symbols:     a  n x 4  boxes, one a row: (x1, y1, x2, y2)
//              b  m x 4  boxes
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <limits>
#include <string_view>

namespace whiteboard::coding {

/// (x1, y1, x2, y2): the corners of [x1, x2] x [y1, y2].
using Box = Eigen::RowVector4d;

/// n x 4, one box a row.
using Boxes = Eigen::Matrix<double, Eigen::Dynamic, 4, Eigen::RowMajor>;

/// Throws std::invalid_argument unless every box has x1 <= x2, y1 <= y2 and an
/// area at most half the largest double, so that the sum of two is one. No NaN
/// and no infinity passes that.
inline void require_boxes(const Boxes& boxes, std::string_view name) {
  constexpr double limit = std::numeric_limits<double>::max() / 2.0;
  for (Eigen::Index i = 0; i < boxes.rows(); ++i) {
    const double width = boxes(i, 2) - boxes(i, 0);
    const double height = boxes(i, 3) - boxes(i, 1);
    require(width >= 0.0 && height >= 0.0, name, ": row ", i, " is ", width,
            " wide and ", height, " high");
    require(width * height <= limit, name, ": row ", i, " has area ",
            width * height);
  }
}

/// Area of the intersection over area of the union, Eq. (3), of two boxes that
/// pass require_boxes(); 0 when they share no area, also when both have none.
inline double box_iou(const Eigen::Ref<const Box>& p,
                      const Eigen::Ref<const Box>& q) {
  // solution:begin
  // Clamped side by side: two negative sides would make a positive area.
  const double width =
      std::max(std::min(p(2), q(2)) - std::max(p(0), q(0)), 0.0);
  const double height =
      std::max(std::min(p(3), q(3)) - std::max(p(1), q(1)), 0.0);
  const double overlap = width * height;
  if (overlap == 0.0) return 0.0;  // and never 0 / 0
  const double area_p = (p(2) - p(0)) * (p(3) - p(1));
  const double area_q = (q(2) - q(0)) * (q(3) - q(1));
  return overlap / (area_p + area_q - overlap);
  // solution:end
}

/// box_iou() of every row of a with every row of b: n x m.
/// Throws as require_boxes() does.
///
///     const Boxes a{{0, 0, 2, 2}}, b{{1, 1, 3, 3}};
///     intersection_over_union(a, b)(0, 0)  // 1 / (4 + 4 - 1)
inline Matrix intersection_over_union(const Boxes& a, const Boxes& b) {
  require_boxes(a, "intersection_over_union: a");
  require_boxes(b, "intersection_over_union: b");
  // solution:begin
  Matrix iou(a.rows(), b.rows());
  for (Eigen::Index i = 0; i < a.rows(); ++i) {
    for (Eigen::Index j = 0; j < b.rows(); ++j) {
      iou(i, j) = box_iou(a.row(i), b.row(j));
    }
  }
  return iou;
  // solution:end
}

/// The same, up to rounding, in whole vectors: one array per coordinate of b,
/// and no branch. Traded: the row-wise layout is copied once.
inline Matrix intersection_over_union_simd(const Boxes& a, const Boxes& b) {
  require_boxes(a, "intersection_over_union_simd: a");
  require_boxes(b, "intersection_over_union_simd: b");
  // solution:begin
  using Row = Eigen::Array<double, 1, Eigen::Dynamic>;
  constexpr double tiny = std::numeric_limits<double>::denorm_min();
  const Row x1 = b.col(0), y1 = b.col(1), x2 = b.col(2), y2 = b.col(3);
  const Row area_b = (x2 - x1) * (y2 - y1);
  Row overlap(b.rows());  // 8 m bytes: stays in the first cache
  Matrix iou(a.rows(), b.rows());
  for (Eigen::Index i = 0; i < a.rows(); ++i) {
    const double area_a = (a(i, 2) - a(i, 0)) * (a(i, 3) - a(i, 1));
    overlap = (x2.min(a(i, 2)) - x1.max(a(i, 0))).max(0.0) *
              (y2.min(a(i, 3)) - y1.max(a(i, 1))).max(0.0);
    // A union of 0 has an overlap of 0, and 0 / tiny is the 0 we want.
    iou.row(i).array() = overlap / (area_b + area_a - overlap).max(tiny);
  }
  return iou;
  // solution:end
}

}  // namespace whiteboard::coding
