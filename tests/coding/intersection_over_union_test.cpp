// Verifies the claims of questions/coding/intersection_over_union.md.
#include <whiteboard/coding/intersection_over_union.hpp>
#include <whiteboard/core/random.hpp>

#include <support/claims.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>

using namespace whiteboard;
using coding::box_iou;
using coding::Boxes;
using coding::intersection_over_union;
using coding::intersection_over_union_simd;
using Eigen::Index;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// IoU of two single boxes.
double pair(const Boxes& p, const Boxes& q) {
  const Matrix iou = intersection_over_union(p, q);
  REQUIRE(iou.size() == 1);
  return iou(0, 0);
}

/// n boxes with whole corners in [0, size]^2; sides from `shortest` on.
Boxes whole_boxes(Index n, int size, int shortest, std::mt19937_64& rng) {
  Boxes boxes(n, 4);
  for (Index i = 0; i < n; ++i) {
    for (const int axis : {0, 1}) {
      const auto low = uniform_index(size - shortest + 1, rng);
      const auto side =
          shortest + uniform_index(size - shortest - low + 1, rng);
      boxes(i, axis) = static_cast<double>(low);
      boxes(i, axis + 2) = static_cast<double>(low + side);
    }
  }
  return boxes;
}

/// Does a box cover the unit cell at (x, y)?
bool covers(const Boxes& boxes, Index i, int x, int y) {
  return boxes(i, 0) <= x && x + 1 <= boxes(i, 2) && boxes(i, 1) <= y &&
         y + 1 <= boxes(i, 3);
}

/// The overlap of two boxes without a clamp, over the union that follows.
double unclamped(const Boxes& p, const Boxes& q) {
  const double overlap =
      (std::min(p(0, 2), q(0, 2)) - std::max(p(0, 0), q(0, 0))) *
      (std::min(p(0, 3), q(0, 3)) - std::max(p(0, 1), q(0, 1)));
  const double areas = (p(0, 2) - p(0, 0)) * (p(0, 3) - p(0, 1)) +
                       (q(0, 2) - q(0, 0)) * (q(0, 3) - q(0, 1));
  return overlap / (areas - overlap);
}

}  // namespace

TEST_SUITE("coding/intersection_over_union") {
  TEST_CASE("known_pairs") {
    const Boxes a{{0, 0, 2, 2}, {10, 10, 14, 11}};
    const Boxes b{{1, 1, 3, 3}, {0, 0, 2, 2}, {2, 0, 4, 2},    {5, 0, 6, 1},
                  {2, 2, 3, 3}, {0, 0, 1, 1}, {10, 10, 12, 13}};
    // By hand: 1 / (4 + 4 - 1); itself; a shared edge; apart; a shared corner;
    // a quarter inside; apart. Then 2 / (4 + 6 - 2) for the last of row two.
    const Matrix want{{1.0 / 7.0, 1, 0, 0, 0, 0.25, 0},
                      {0, 0, 0, 0, 0, 0, 0.25}};
    const Matrix iou = intersection_over_union(a, b);
    CHECK(close(iou, want));
    EVIDENCE("IoU of the example", iou(0, 0));
  }

  TEST_CASE("whole_boxes_count_cells") {
    std::mt19937_64 rng(0);
    int wrong = 0, overlapping = 0;
    for (int trial = 0; trial < 1000; ++trial) {
      const Boxes p = whole_boxes(1, 12, 1, rng);
      const Boxes q = whole_boxes(1, 12, 1, rng);
      double both = 0.0, either = 0.0;
      for (int x = 0; x < 12; ++x) {
        for (int y = 0; y < 12; ++y) {
          both += covers(p, 0, x, y) && covers(q, 0, x, y);
          either += covers(p, 0, x, y) || covers(q, 0, x, y);
        }
      }
      // Areas are whole, so that the one rounding is that of the quotient.
      wrong += pair(p, q) != both / either;
      overlapping += both > 0.0;
    }
    EVIDENCE("overlapping pairs of 1000", overlapping);
    CHECK(overlapping > 200);
    CHECK(wrong == 0);
  }

  TEST_CASE("symmetric_and_blind_to_units") {
    // Whole coordinates, shifts by whole numbers and scales that are powers of
    // two: every area is exact, so equality is too.
    std::mt19937_64 rng(1);
    const Boxes a = whole_boxes(40, 20, 1, rng);
    const Boxes b = whole_boxes(30, 20, 1, rng);
    const Matrix iou = intersection_over_union(a, b);
    REQUIRE(iou.rows() == 40);
    CHECK(iou.maxCoeff() > 0.3);
    CHECK(close(intersection_over_union(b, a), iou.transpose()));

    const Eigen::RowVector4d shift(1000, -77, 1000, -77),
        scale(4, 0.125, 4, 0.125);
    const Boxes moved_a = a.rowwise() + shift, moved_b = b.rowwise() + shift;
    CHECK(close(intersection_over_union(moved_a, moved_b), iou));
    const Boxes scaled_a = a * scale.asDiagonal();
    const Boxes scaled_b = b * scale.asDiagonal();
    CHECK(close(intersection_over_union(scaled_a, scaled_b), iou));
    // Moving one list alone does change the scores.
    CHECK_FALSE(close(intersection_over_union(moved_a, b), iou));
  }

  TEST_CASE("one_minus_iou_is_a_metric") {
    std::mt19937_64 rng(2);
    const Index n = 40;
    Boxes boxes = whole_boxes(n, 6, 1, rng);
    const Matrix iou = intersection_over_union(boxes, boxes);
    REQUIRE(iou.size() == n * n);
    const Matrix distance = 1.0 - iou.array();
    int violations = 0;
    double least_slack = 1.0;
    for (Index i = 0; i < n; ++i) {
      for (Index j = 0; j < n; ++j) {
        const bool same = (boxes.row(i) - boxes.row(j)).isZero();
        CHECK((distance(i, j) == 0.0) == same);
        for (Index k = 0; k < n; ++k) {
          const double slack = distance(i, k) + distance(k, j) - distance(i, j);
          // Three distances and two sums below 2, each rounded a few times.
          violations += slack < -1e-15;
          if (!same && i != k && k != j)
            least_slack = std::min(least_slack, slack);
        }
      }
    }
    EVIDENCE("least slack of 64000 triples", least_slack);
    CHECK(violations == 0);

    // The Dice coefficient 2 I / (A + B) = 2 iou / (1 + iou) does violate it:
    // two halves are at distance 1, and each at 1/3 from the whole.
    const Boxes parts{{0, 0, 1, 1}, {1, 0, 2, 1}, {0, 0, 2, 1}};
    const Matrix part_iou = intersection_over_union(parts, parts);
    const Matrix dice = 1.0 - 2.0 * part_iou.array() / (1.0 + part_iou.array());
    CHECK(dice(0, 1) == 1.0);
    CHECK(dice(0, 2) + dice(2, 1) < 0.7);
    CHECK(1.0 - part_iou(0, 1) == 1.0);
    CHECK(1.0 - part_iou(0, 2) == 0.5);
  }

  TEST_CASE("each_side_is_clamped") {
    // Both gaps are 1: a square of -1 x -1 that looks like the example.
    const Boxes p{{0, 0, 2, 2}}, q{{3, 3, 5, 5}};
    CHECK(unclamped(p, q) == 1.0 / 7.0);
    CHECK(pair(p, q) == 0.0);
    EVIDENCE("without the clamp", unclamped(p, q));
    // One gap alone shows as a negative score, at least.
    const Boxes right{{3, 0, 5, 2}};
    CHECK(unclamped(p, right) < 0.0);
    CHECK(pair(p, right) == 0.0);
    CHECK(pair(right, p) == 0.0);
    CHECK(pair(Boxes{{0, 3, 2, 5}}, p) == 0.0);
    CHECK(pair(Boxes{{-9, -8, -5, -6}}, p) == 0.0);
  }

  TEST_CASE("empty_boxes_score_zero") {
    const Boxes empty{{1, 1, 1, 1}, {0, 1, 2, 1}, {1, 0, 1, 2}};
    const Boxes others{{0, 0, 2, 2}, {1, 1, 1, 1}, {0, 1, 2, 1}};
    CHECK(close(intersection_over_union(empty, others), Matrix::Zero(3, 3)));
    CHECK(close(intersection_over_union(others, empty), Matrix::Zero(3, 3)));
    // 0 / (0 + 0 - 0) is what a formula without a thought returns.
    CHECK(std::isnan(unclamped(empty.row(0), empty.row(0))));
  }

  TEST_CASE("inclusive_ends_are_another_score") {
    const Boxes p{{0, 0, 2, 2}}, q{{1, 1, 3, 3}};
    // Pixels 0, 1, 2 and 1, 2, 3 of each axis: 4 / (9 + 9 - 4). A box whose
    // last pixel is x2 ends at the coordinate x2 + 1.
    Boxes p_pixels = p, q_pixels = q;
    p_pixels.rightCols(2).array() += 1.0;
    q_pixels.rightCols(2).array() += 1.0;
    CHECK(pair(p_pixels, q_pixels) == 4.0 / 14.0);
    CHECK(pair(p, q) == 1.0 / 7.0);
    EVIDENCE("inclusive ends", pair(p_pixels, q_pixels));
    EVIDENCE("continuous ends", pair(p, q));
    // Small boxes differ most; 1000 times as large, hardly.
    const Boxes large_p = 1000.0 * p, large_q = 1000.0 * q;
    Boxes large_p_pixels = large_p, large_q_pixels = large_q;
    large_p_pixels.rightCols(2).array() += 1.0;
    large_q_pixels.rightCols(2).array() += 1.0;
    CHECK(std::abs(pair(large_p_pixels, large_q_pixels) -
                   pair(large_p, large_q)) < 1e-3);
  }

  TEST_CASE("apart_means_no_gradient") {
    // A gap of t between two squares of side 2 in a row.
    const Boxes p{{0, 0, 2, 2}};
    const auto at = [](double t) { return Boxes{{2 + t, 0, 4 + t, 2}}; };
    // Generalised IoU takes off the share of the hull that the union misses.
    const auto generalised = [&](double t) {
      const double hull = 2.0 * (4.0 + t);
      return pair(p, at(t)) - (hull - 8.0) / hull;
    };
    const double h = 1e-4;
    for (const double t : {0.5, 1.0, 7.0}) {
      CAPTURE(t);
      CHECK(pair(p, at(t + h)) - pair(p, at(t - h)) == 0.0);
      // d/dt of 8 / (8 + 2 t) - 1; truncation is below h^2.
      CHECK(close((generalised(t + h) - generalised(t - h)) / (2.0 * h),
                  -16.0 / ((8.0 + 2.0 * t) * (8.0 + 2.0 * t)), {.abs = 1e-8}));
    }
    // Where they overlap there is a slope: iou = (2 + t) / (2 - t), t < 0.
    CHECK(close((pair(p, at(-1.0 + h)) - pair(p, at(-1.0 - h))) / (2.0 * h),
                -4.0 / 9.0, {.abs = 1e-8}));
  }

  TEST_CASE("whole_vectors_agree") {
    std::mt19937_64 rng(3);
    for (const Index m : {1, 2, 3, 4, 5, 7, 8, 9, 33}) {
      CAPTURE(m);
      const Boxes a = whole_boxes(25, 5, 0, rng);  // many of no area
      const Boxes b = whole_boxes(m, 5, 0, rng);
      CHECK(close(intersection_over_union_simd(a, b),
                  intersection_over_union(a, b)));
      Boxes c(25, 4), d(m, 4);  // any coordinates
      for (Boxes* boxes : {&c, &d}) {
        for (Index i = 0; i < boxes->rows(); ++i) {
          const double x = normal(rng), y = normal(rng);
          boxes->row(i) << x, y, x + uniform(rng), y + 3.0 * uniform(rng);
        }
      }
      // Where a product is fused into the sum, the union is rounded once less:
      // half an ulp in each form, and half of one in each quotient.
      CHECK(close(intersection_over_union_simd(c, d),
                  intersection_over_union(c, d), {.ulps = 4}));
    }
    CHECK(intersection_over_union_simd(Boxes(0, 4), Boxes(3, 4).setZero())
              .rows() == 0);
  }
}

TEST_SUITE("coding/intersection_over_union extra") {
  TEST_CASE("no boxes give an empty matrix") {
    const Boxes none(0, 4), one{{0, 0, 1, 1}};
    CHECK(intersection_over_union(none, one).rows() == 0);
    CHECK(intersection_over_union(none, one).cols() == 1);
    CHECK(intersection_over_union(one, none).rows() == 1);
    CHECK(intersection_over_union(one, none).cols() == 0);
    CHECK(intersection_over_union_simd(none, none).size() == 0);
    CHECK(intersection_over_union_simd(one, none).rows() == 1);
  }

  TEST_CASE("one pair") {
    CHECK(box_iou(coding::Box(0, 0, 2, 2), coding::Box(1, 1, 3, 3)) ==
          1.0 / 7.0);
  }

  TEST_CASE("areas up to half the largest double are safe") {
    const double side = 9.4e153;  // squared 8.8e307
    const Boxes large{{0, 0, side, side}}, half{{0, 0, side, side / 2}};
    CHECK(pair(large, large) == 1.0);
    CHECK(close(pair(large, half), 0.5, {.ulps = 2}));
    CHECK(close(intersection_over_union_simd(large, half), Matrix{{0.5}},
                {.ulps = 2}));
    // Below the smallest double an area is zero, and so is the score.
    const Boxes small{{0, 0, 1e-170, 1e-170}};
    CHECK(pair(small, small) == 0.0);
    CHECK(close(intersection_over_union_simd(small, small), Matrix{{0.0}}));
  }

  TEST_CASE("boxes that are none are refused by both forms") {
    const Boxes good{{0, 0, 1, 1}};
    CHECK_THROWS_WITH_AS(
        intersection_over_union(Boxes{{0, 0, 1, 1}, {2, 0, 1, 1}}, good),
        "intersection_over_union: a: row 1 is -1 wide and 1 high",
        std::invalid_argument);
    CHECK_THROWS_WITH(
        intersection_over_union(good, Boxes{{0, 3, 1, 1}}),
        "intersection_over_union: b: row 0 is 1 wide and -2 high");
    CHECK_THROWS_WITH(
        intersection_over_union(good, Boxes{{0, 0, 1e200, 1e200}}),
        "intersection_over_union: b: row 0 has area inf");
    CHECK_THROWS_WITH(
        intersection_over_union_simd(good, Boxes{{0, 0, kNaN, 1}}),
        "intersection_over_union_simd: b: row 0 is nan wide and 1 high");
    CHECK_THROWS_WITH(
        intersection_over_union_simd(Boxes{{0, 0, 1.4e154, 1e154}}, good),
        "intersection_over_union_simd: a: row 0 has area 1.4e+308");
    for (const Index column : {0, 1, 2, 3}) {
      for (const double bad : {kNaN, kInfinity, -kInfinity}) {
        Boxes boxes{{0, 0, 1, 1}};
        boxes(0, column) = bad;
        CHECK_THROWS_AS(intersection_over_union(boxes, good),
                        std::invalid_argument);
        CHECK_THROWS_AS(intersection_over_union_simd(good, boxes),
                        std::invalid_argument);
      }
    }
    // Infinitely wide and of no height: 0 * inf is not an area either.
    CHECK_THROWS_AS(intersection_over_union(Boxes{{0, 0, kInfinity, 0}}, good),
                    std::invalid_argument);
  }
}
