// Verifies the claims of questions/coding/non_maximum_suppression.md.
#include <whiteboard/coding/non_maximum_suppression.hpp>
#include <whiteboard/core/random.hpp>

#include <support/claims.hpp>

#include <algorithm>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::Boxes;
using coding::non_maximum_suppression;
using coding::non_maximum_suppression_simd;
using Eigen::Index;

namespace {

using Rows = std::vector<Index>;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// n boxes with whole corners and sides of `shortest` to 6, in a strip that is
/// `size` long and 8 high.
Boxes whole_boxes(Index n, int size, int shortest, std::mt19937_64& rng) {
  Boxes boxes(n, 4);
  for (Index i = 0; i < n; ++i) {
    const auto x = uniform_index(size, rng), y = uniform_index(3, rng);
    const auto w = shortest + uniform_index(7 - shortest, rng);
    const auto h = shortest + uniform_index(7 - shortest, rng);
    boxes.row(i) << static_cast<double>(x), static_cast<double>(y),
        static_cast<double>(x + w), static_cast<double>(y + h);
  }
  return boxes;
}

/// n different scores in random order.
Vector different_scores(Index n, std::mt19937_64& rng) {
  Vector scores = Vector::LinSpaced(n, -1.0, 2.0);
  shuffle(scores, rng);
  return scores;
}

/// Does the IoU of rows i and j exceed t? In whole numbers of cells, without a
/// quotient; t is a multiple of 1/4.
bool covers(const Boxes& boxes, Index i, Index j, double t) {
  int both = 0, either = 0;
  for (int x = 0; x < 40; ++x) {
    for (int y = 0; y < 9; ++y) {
      const auto in = [&](Index k) {
        return boxes(k, 0) <= x && x < boxes(k, 2) && boxes(k, 1) <= y &&
               y < boxes(k, 3);
      };
      both += in(i) && in(j);
      either += in(i) || in(j);
    }
  }
  return 4 * both > static_cast<int>(4.0 * t) * either;
}

/// Rows in which every box that goes before suppresses, kept or not: the bug.
Rows suppressed_by_all(const Boxes& boxes, const Vector& scores, double t) {
  Rows kept;
  for (Index i = 0; i < boxes.rows(); ++i) {
    bool gone = false;
    for (Index j = 0; j < boxes.rows(); ++j) {
      gone = gone || (scores(j) > scores(i) && covers(boxes, i, j, t));
    }
    if (!gone) kept.push_back(i);
  }
  return kept;
}

}  // namespace

TEST_SUITE("coding/non_maximum_suppression") {
  TEST_CASE("only_consistent_answer") {
    std::mt19937_64 rng(0);
    int wrong = 0, several = 0, removed = 0;
    for (int trial = 0; trial < 200; ++trial) {
      const Index n = 7;
      const Boxes boxes = whole_boxes(n, 6, 1, rng);
      const Vector scores = different_scores(n, rng);
      const double t = 0.25 * static_cast<double>(uniform_index(4, rng));
      bool over[7][7];
      for (Index i = 0; i < n; ++i) {
        for (Index j = 0; j < n; ++j) over[i][j] = covers(boxes, i, j, t);
      }
      // Every subset, as bits, that keeps no two boxes that overlap too much
      // and leaves out none without a reason of higher score.
      Rows consistent;
      for (Index bits = 0; bits < Index{1} << n; ++bits) {
        bool ok = true;
        for (Index i = 0; i < n; ++i) {
          bool reason = false;
          for (Index j = 0; j < n; ++j) {
            const bool other = j != i && (bits >> j & 1) == 1 && over[i][j];
            reason = reason || (other && scores(j) > scores(i));
            ok = ok && !(other && (bits >> i & 1) == 1);
          }
          ok = ok && (reason || (bits >> i & 1) == 1);
        }
        if (ok) consistent.push_back(bits);
      }
      REQUIRE(!consistent.empty());
      several += consistent.size() > 1;
      Index got = 0;
      for (const Index i : non_maximum_suppression(boxes, scores, t)) {
        got += Index{1} << i;
        --removed;
      }
      removed += static_cast<int>(n);
      wrong += got != consistent.front();
    }
    EVIDENCE("boxes removed of 1400", removed);
    CHECK(removed > 200);
    CHECK(several == 0);
    CHECK(wrong == 0);
  }

  TEST_CASE("best_first_and_order_free") {
    std::mt19937_64 rng(1);
    const Index n = 30;
    const Boxes boxes = whole_boxes(n, 30, 1, rng);
    const Vector scores = different_scores(n, rng);
    const Rows kept = non_maximum_suppression(boxes, scores, 0.25);
    REQUIRE(kept.size() > 5);
    CHECK(kept.size() < 30);
    CHECK(std::is_sorted(kept.begin(), kept.end(), [&](Index i, Index j) {
      return scores(i) > scores(j);
    }));
    int differing = 0;
    for (int trial = 0; trial < 1000; ++trial) {
      const auto order = permutation(n, rng);
      Boxes shuffled(n, 4);
      Vector shuffled_scores(n);
      for (Index i = 0; i < n; ++i) {
        shuffled.row(i) = boxes.row(order[static_cast<std::size_t>(i)]);
        shuffled_scores(i) = scores(order[static_cast<std::size_t>(i)]);
      }
      Rows rows = non_maximum_suppression(shuffled, shuffled_scores, 0.25);
      for (Index& row : rows) row = order[static_cast<std::size_t>(row)];
      differing += rows != kept;
    }
    EVIDENCE("kept of 30", kept.size());
    CHECK(differing == 0);
  }

  TEST_CASE("removed_boxes_have_no_say") {
    // Neighbours share a third, the ends share an edge.
    const Boxes chain{{0, 0, 2, 1}, {1, 0, 3, 1}, {2, 0, 4, 1}};
    const Vector scores{{0.9, 0.8, 0.7}};
    CHECK(non_maximum_suppression(chain, scores, 0.25) == Rows{0, 2});
    CHECK(suppressed_by_all(chain, scores, 0.25) == Rows{0});
    // A longer one loses every second box, from the best on.
    Boxes longer(9, 4);
    for (Index i = 0; i < 9; ++i) {
      const auto x = static_cast<double>(i);
      longer.row(i) << x, 0.0, x + 2.0, 1.0;
    }
    const Vector falling = Vector::LinSpaced(9, 9.0, 1.0);
    CHECK(non_maximum_suppression(longer, falling, 0.25) ==
          Rows{0, 2, 4, 6, 8});
    CHECK(suppressed_by_all(longer, falling, 0.25).size() == 1);
  }

  TEST_CASE("threshold_is_strict") {
    // The second box is half of the first: IoU 1/2 exactly.
    const Boxes boxes{{0, 0, 2, 1}, {0, 0, 1, 1}};
    const Vector scores{{0.9, 0.8}};
    CHECK(non_maximum_suppression(boxes, scores, 0.5) == Rows{0, 1});
    CHECK(non_maximum_suppression(boxes, scores, 0.49) == Rows{0});
    // Nothing exceeds 1: all stay, even copies.
    std::mt19937_64 rng(2);
    Boxes many = whole_boxes(20, 6, 1, rng);
    many.bottomRows(10) = many.topRows(10).eval();
    CHECK(
        non_maximum_suppression(many, different_scores(20, rng), 1.0).size() ==
        20);
    // Above 0 means any shared area at all; an edge is none.
    const Rows kept =
        non_maximum_suppression(many, different_scores(20, rng), 0.0);
    REQUIRE(!kept.empty());
    for (const Index i : kept) {
      for (const Index j : kept) CHECK((i == j || !covers(many, i, j, 0.0)));
    }
    CHECK(non_maximum_suppression(Boxes{{0, 0, 1, 1}, {1, 0, 2, 1}}, scores,
                                  0.0) == Rows{0, 1});
  }

  TEST_CASE("equal_scores_go_by_row") {
    // 40 boxes in 20 pairs of copies, all of one score: the first 20 stay, in
    // order. An unstable sort has more than 16 to play with.
    Boxes boxes(40, 4);
    for (Index i = 0; i < 40; ++i) {
      const auto x = static_cast<double>(2 * (i % 20));
      boxes.row(i) << x, 0.0, x + 1.0, 1.0;
    }
    const Rows kept = non_maximum_suppression(boxes, Vector::Ones(40), 0.5);
    REQUIRE(kept.size() == 20);
    for (Index i = 0; i < 20; ++i)
      CHECK(kept[static_cast<std::size_t>(i)] == i);
    CHECK(non_maximum_suppression(boxes.topRows(3), Vector{{1.0, 2.0, 1.0}},
                                  0.5) == Rows{1, 0, 2});
  }

  TEST_CASE("neighbours_in_a_crowd_are_lost") {
    // Two people, 3/5 of the joint area shared: one goes, sure as they are.
    const Boxes people{{0, 0, 4, 1}, {1, 0, 5, 1}};
    for (const double second : {0.1, 0.5, 0.9, 0.98}) {
      const Vector scores{{0.99, second}};
      CHECK(non_maximum_suppression(people, scores, 0.5) == Rows{0});
    }
    CHECK(non_maximum_suppression(people, Vector{{0.9, 0.8}}, 0.6) ==
          Rows{0, 1});
    // Soft suppression multiplies its score by 1 - IoU. Cells in both: 3 of 5,
    // so the IoU is between any two thresholds around 0.6.
    CHECK(non_maximum_suppression(people, Vector{{0.9, 0.8}}, 0.599) ==
          Rows{0});
    const double left = 1.0 - coding::box_iou(people.row(0), people.row(1));
    EVIDENCE("share of the score after soft suppression", left);
    CHECK(close(left, 0.4, {.abs = 1e-15}));
  }

  TEST_CASE("one_call_for_all_classes") {
    std::mt19937_64 rng(3);
    const Index n = 60;
    const Boxes boxes = whole_boxes(n, 10, 1, rng);
    const Vector scores = different_scores(n, rng);
    Rows separately;
    Boxes apart = boxes;
    for (const Index label : {0, 1, 2}) {
      Boxes own(n / 3, 4);
      Vector own_scores(n / 3);
      for (Index i = 0; i < n / 3; ++i) {
        own.row(i) = boxes.row(3 * i + label);
        own_scores(i) = scores(3 * i + label);
        // Wider than the picture: classes cannot meet. Whole numbers, so that
        // the sides of the boxes stay what they were.
        apart.row(3 * i + label).array() += 100.0 * static_cast<double>(label);
      }
      for (const Index i : non_maximum_suppression(own, own_scores, 0.5)) {
        separately.push_back(3 * i + label);
      }
    }
    Rows together = non_maximum_suppression(apart, scores, 0.5);
    Rows blind = non_maximum_suppression(boxes, scores, 0.5);
    std::sort(together.begin(), together.end());
    std::sort(separately.begin(), separately.end());
    EVIDENCE("kept by class", together.size());
    EVIDENCE("kept when classes suppress each other", blind.size());
    REQUIRE(!together.empty());
    CHECK(together == separately);
    CHECK(blind.size() < together.size());
  }

  TEST_CASE("whole_vectors_agree") {
    std::mt19937_64 rng(4);
    std::size_t most = 0;
    for (const Index n : {0, 1, 2, 63, 64, 65, 128, 129, 300}) {
      for (const double t : {0.0, 0.25, 0.5, 1.0}) {
        CAPTURE(n);
        CAPTURE(t);
        // Whole corners, many boxes without area: quotients are the same
        // doubles, and decisions at the threshold too.
        const Boxes boxes = whole_boxes(n, 30, 0, rng);
        Vector scores(n);
        for (double& score : scores) score = std::floor(9.0 * uniform(rng));
        const Rows kept = non_maximum_suppression(boxes, scores, t);
        CHECK(non_maximum_suppression_simd(boxes, scores, t) == kept);
        most = std::max(most, kept.size());
      }
    }
    EVIDENCE("most boxes kept", most);
    CHECK(most > 200);  // more than three blocks of 64
  }
}

TEST_SUITE("coding/non_maximum_suppression extra") {
  TEST_CASE("the worked example of the task") {
    const Boxes boxes{{0, 0, 2, 2}, {0, 0, 2, 1.9}, {5, 5, 6, 6}};
    const Vector scores{{0.9, 0.8, 0.7}};
    CHECK(non_maximum_suppression(boxes, scores, 0.5) == Rows{0, 2});
    CHECK(non_maximum_suppression_simd(boxes, scores, 0.5) == Rows{0, 2});
  }

  TEST_CASE("no boxes and one box") {
    CHECK(non_maximum_suppression(Boxes(0, 4), Vector(0), 0.5).empty());
    CHECK(non_maximum_suppression(Boxes{{0, 0, 1, 1}}, Vector{{-3.0}}, 0.0) ==
          Rows{0});
  }

  TEST_CASE("infinite scores sort and empty boxes stay") {
    const Boxes boxes{{0, 0, 2, 2}, {1, 1, 1, 1}, {0, 0, 2, 2}, {1, 1, 1, 1}};
    const Vector scores{{-kInfinity, 0.0, kInfinity, 0.0}};
    CHECK(non_maximum_suppression(boxes, scores, 0.0) == Rows{2, 1, 3});
    CHECK(non_maximum_suppression_simd(boxes, scores, 0.0) == Rows{2, 1, 3});
  }

  TEST_CASE("arguments that break the contract are refused") {
    const Boxes boxes{{0, 0, 1, 1}, {0, 0, 2, 1}};
    const Vector scores{{0.5, 0.5}};
    CHECK_THROWS_WITH_AS(non_maximum_suppression(boxes, Vector{{0.5}}, 0.5),
                         "non_maximum_suppression: 2 boxes, but 1 scores",
                         std::invalid_argument);
    CHECK_THROWS_WITH(non_maximum_suppression(boxes, Vector{{0.5, kNaN}}, 0.5),
                      "non_maximum_suppression: score 1 is nan");
    CHECK_THROWS_WITH(
        non_maximum_suppression(boxes, scores, -0.1),
        "non_maximum_suppression: need a threshold in [0, 1], got -0.1");
    CHECK_THROWS_WITH(
        non_maximum_suppression_simd(boxes, scores, 1.5),
        "non_maximum_suppression_simd: need a threshold in [0, 1], got 1.5");
    CHECK_THROWS_AS(non_maximum_suppression(boxes, scores, kNaN),
                    std::invalid_argument);
    CHECK_THROWS_WITH(
        non_maximum_suppression(Boxes{{0, 0, 1, 1}, {0, 2, 1, 1}}, scores, 0.5),
        "non_maximum_suppression: boxes: row 1 is 1 wide and -1 high");
    CHECK_THROWS_AS(non_maximum_suppression_simd(boxes, Vector{{0.5}}, 0.5),
                    std::invalid_argument);
  }
}
