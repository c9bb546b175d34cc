// Verifies the claims of questions/coding/roc_auc.md.
#include <whiteboard/coding/roc_auc.hpp>

#include <whiteboard/core/random.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <span>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::roc_auc;
using coding::roc_auc_fast;
using whiteboard::testing::data_set;

namespace {

using Classes = std::vector<int>;
using Numbers = std::vector<double>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// For implementations that add up n areas or shares of a total of 1.
constexpr whiteboard::testing::Tolerance kRounding{.abs = 1e-13};

/// Eq. (1) as it stands: every positive against every negative.
double pair_count(const Classes& y, const Numbers& score) {
  double wins = 0.0, pairs = 0.0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    for (std::size_t j = 0; j < y.size(); ++j) {
      if (y[i] != 1 || y[j] != 0) continue;
      pairs += 1.0;
      if (score[i] > score[j]) wins += 1.0;
      if (score[i] == score[j]) wins += 0.5;
    }
  }
  return wins / pairs;
}

/// Area under the polygon through the ROC points, one point per threshold.
double trapezoids(const Classes& y, const Numbers& score) {
  Numbers thresholds = score;
  std::sort(thresholds.rbegin(), thresholds.rend());
  double area = 0.0, x = 0.0, height = 0.0;
  for (const double threshold : thresholds) {
    double hits = 0.0, alarms = 0.0, positives = 0.0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      positives += y[i];
      if (score[i] >= threshold) (y[i] == 1 ? hits : alarms) += 1.0;
    }
    const double next_x = alarms / (static_cast<double>(y.size()) - positives);
    const double next_height = hits / positives;
    area += (next_x - x) * (next_height + height) / 2.0;
    x = next_x;
    height = next_height;
  }
  return area;
}

/// Eq. (3) with ranks 1, ..., n in the order of a stable sort: no ties.
double ordinal_ranks(const Classes& y, const Numbers& score) {
  std::vector<std::size_t> order(y.size());
  for (std::size_t i = 0; i < y.size(); ++i) order[i] = i;
  std::stable_sort(
      order.begin(), order.end(),
      [&](std::size_t a, std::size_t b) { return score[a] < score[b]; });
  double rank_sum = 0.0, positives = 0.0;
  for (std::size_t r = 0; r < order.size(); ++r) {
    if (y[order[r]] != 1) continue;
    rank_sum += static_cast<double>(r + 1);
    positives += 1.0;
  }
  return (rank_sum - positives * (positives + 1.0) / 2.0) /
         (positives * (static_cast<double>(y.size()) - positives));
}

/// Random labels of both classes, and scores that are multiples of 1/64 in
/// [-4, 4]: few enough for ties, and coarse enough that 2 s + 3 is exact.
struct Sample {
  Classes y;
  Numbers score;
};
Sample random_sample(std::size_t n, std::mt19937_64& rng) {
  Sample s{Classes(n), Numbers(n)};
  for (std::size_t i = 0; i < n; ++i) {
    s.y[i] = static_cast<int>(uniform_index(2, rng));
    s.score[i] = static_cast<double>(uniform_index(513, rng) - 256) / 64.0;
  }
  s.y[0] = 0;
  s.y[1] = 1;
  return s;
}

}  // namespace

TEST_SUITE("coding/roc_auc") {
  TEST_CASE("equals_the_pair_count") {
    CHECK(roc_auc(Classes{0, 0, 1, 1}, Numbers{0.1, 0.4, 0.35, 0.8}) == 0.75);
    const Numbers score{0.5, 0.2, 0.5, 0.9, 0.2, 0.5, 0.1, 0.9};
    for (unsigned labeling = 1; labeling < 255; ++labeling) {
      CAPTURE(labeling);
      Classes y(8);
      for (unsigned i = 0; i < 8; ++i) {
        y[i] = static_cast<int>(labeling >> i & 1u);
      }
      CHECK(close(roc_auc(y, score), pair_count(y, score), kRounding));
    }
  }

  TEST_CASE("equals_the_trapezoids") {
    std::mt19937_64 rng(0);
    for (int round = 0; round < 50; ++round) {
      CAPTURE(round);
      const Sample s = random_sample(2 + static_cast<std::size_t>(round), rng);
      // At most 52 areas of a total of 1, of three roundings each: 2e-14.
      CHECK(close(roc_auc(s.y, s.score), trapezoids(s.y, s.score), kRounding));
    }
    // All scores equal: the polygon is the diagonal.
    CHECK(close(trapezoids(Classes{0, 1}, Numbers{1.0, 1.0}), 0.5));
  }

  TEST_CASE("only_the_order_counts") {
    std::mt19937_64 rng(1);
    for (int round = 0; round < 50; ++round) {
      CAPTURE(round);
      const Sample s = random_sample(60, rng);
      Numbers affine, exponential, rank, negated;
      for (const double x : s.score) {
        affine.push_back(2.0 * x + 3.0);
        exponential.push_back(std::exp(x));
        rank.push_back(static_cast<double>(
            std::count_if(s.score.begin(), s.score.end(),
                          [x](double other) { return other < x; })));
        negated.push_back(-x);
      }
      const double auc = roc_auc(s.y, s.score);
      CHECK(roc_auc(s.y, affine) == auc);
      CHECK(roc_auc(s.y, exponential) == auc);
      CHECK(roc_auc(s.y, rank) == auc);
      CHECK(close(roc_auc(s.y, negated), 1.0 - auc, kRounding));
    }
  }

  TEST_CASE("ties_count_one_half") {
    const Numbers constant(6, 0.3);
    const Classes first{1, 1, 1, 0, 0, 0}, last{0, 0, 0, 1, 1, 1};
    CHECK(close(roc_auc(first, constant), 0.5, kRounding));
    CHECK(close(roc_auc(last, constant), 0.5, kRounding));
    // One tie among the two pairs: (1 + 1/2) / 2.
    CHECK(close(roc_auc(Classes{0, 0, 1}, Numbers{1.0, 2.0, 2.0}), 0.75,
                kRounding));
    // The shortcut: it is the order of the rows that gets graded.
    CHECK(ordinal_ranks(first, constant) == 0.0);
    CHECK(ordinal_ranks(last, constant) == 1.0);
    CHECK(ordinal_ranks(Classes{0, 0, 1, 1}, Numbers{0.1, 0.4, 0.35, 0.8}) ==
          0.75);
  }

  TEST_CASE("prevalence_does_not_show") {
    // At the threshold 0.5: one true and one false positive.
    Classes y{1, 0, 1, 0};
    Numbers score{0.9, 0.7, 0.4, 0.1};
    const double before = roc_auc(y, score);
    CHECK(close(before, 0.75, kRounding));
    for (int copy = 1; copy < 100; ++copy) {
      y.insert(y.end(), {0, 0});
      score.insert(score.end(), {0.7, 0.1});
    }
    double hits = 0.0, called = 0.0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      if (score[i] < 0.5) continue;
      called += 1.0;
      hits += y[i];
    }
    CHECK(close(roc_auc(y, score), before, kRounding));
    CHECK(hits / called == 1.0 / 101.0);
    EVIDENCE("AUC with 100 times as many negatives", roc_auc(y, score));
    EVIDENCE("precision at 0.5 then", hits / called);
  }

  TEST_CASE("many_samples_do_not_overflow") {
    // 50,000 positives above as many negatives: 2.5e9 pairs, over 2^31.
    const std::size_t half = 50000;
    Classes y(2 * half, 0);
    Numbers score(2 * half, 0.0);
    for (std::size_t i = 0; i < half; ++i) {
      y[2 * i] = 1;
      score[2 * i] = 1.0 + static_cast<double>(i);
      score[2 * i + 1] = -static_cast<double>(i);
    }
    CHECK(close(roc_auc(y, score), 1.0, {.abs = 1e-10}));
    for (double& s : score) s = -s;
    CHECK(close(roc_auc(y, score), 0.0, {.abs = 1e-10}));
  }

  TEST_CASE("infinities_and_zeros_are_scores") {
    CHECK(roc_auc(Classes{0, 1, 0, 1},
                  Numbers{-kInfinity, kInfinity, 5.0, 7.0}) == 1.0);
    CHECK(close(roc_auc(Classes{0, 1}, Numbers{kInfinity, kInfinity}), 0.5));
    CHECK(close(roc_auc(Classes{0, 1}, Numbers{0.0, -0.0}), 0.5));
    CHECK(close(roc_auc(Classes{1, 0}, Numbers{0.0, -0.0}), 0.5));
  }

  TEST_CASE("no_answer_is_an_error") {
    CHECK(roc_auc(Classes{0, 1}, Numbers{0.0, 1.0}) == 1.0);
    const Numbers two{0.0, 1.0};
    CHECK_THROWS_AS(roc_auc(Classes{1, 1}, two), std::invalid_argument);
    CHECK_THROWS_AS(roc_auc(Classes{0, 0}, two), std::invalid_argument);
    CHECK_THROWS_AS(roc_auc(Classes{}, Numbers{}), std::invalid_argument);
    CHECK_THROWS_AS(roc_auc(Classes{0, 1, 1}, two), std::invalid_argument);
    CHECK_THROWS_AS(roc_auc(Classes{0}, two), std::invalid_argument);
    CHECK_THROWS_AS(roc_auc(Classes{0, 2}, two), std::invalid_argument);
    CHECK_THROWS_AS(roc_auc(Classes{-1, 1}, two), std::invalid_argument);
    CHECK_THROWS_AS(roc_auc(Classes{0, 1}, Numbers{0.0, kNaN}),
                    std::invalid_argument);
  }

  TEST_CASE("one_measurement_ranks_tumours") {
    const Table table = data_set("breast_cancer");
    const Vector radius = table.numbers("mean_radius");
    const Labels diagnosis = table.labels("diagnosis");
    REQUIRE(diagnosis.classes.at(0) == "malignant");
    Classes y;
    for (const int id : diagnosis.ids) y.push_back(id == 0 ? 1 : 0);
    const Numbers score(radius.begin(), radius.end());
    const double auc = roc_auc(y, score);
    EVIDENCE("AUC of the mean radius", auc);
    CHECK(close(auc, pair_count(y, score), kRounding));
    CHECK(close(auc, 0.9375, {.abs = 5e-5}));
  }

  TEST_CASE("fast_form_agrees") {
    std::mt19937_64 rng(2);
    for (const std::size_t n : {2u, 3u, 10u, 300u, 3000u}) {
      CAPTURE(n);
      const Sample s = random_sample(n, rng);
      CHECK(
          close(roc_auc_fast(s.y, s.score), roc_auc(s.y, s.score), kRounding));
      // Scores of all magnitudes, which differ in every byte.
      Sample wide = random_sample(n, rng);
      for (double& x : wide.score) x = normal(rng) * std::exp(150.0 * x);
      CHECK(close(roc_auc_fast(wide.y, wide.score), roc_auc(wide.y, wide.score),
                  kRounding));
    }
    const Classes y{0, 1, 0, 1, 1, 0, 1};
    const Numbers odd{-0.0, 0.0, -kInfinity, 5e-324, kInfinity, -5e-324, -1.0};
    CHECK(close(pair_count(y, odd), 9.5 / 12.0, kRounding));
    CHECK(close(roc_auc(y, odd), 9.5 / 12.0, kRounding));
    CHECK(close(roc_auc_fast(y, odd), 9.5 / 12.0, kRounding));
    CHECK_THROWS_AS(roc_auc_fast(Classes{1, 1}, Numbers{0.0, 1.0}),
                    std::invalid_argument);
    CHECK_THROWS_AS(roc_auc_fast(Classes{0, 1}, Numbers{0.0, kNaN}),
                    std::invalid_argument);
  }
}

TEST_SUITE("coding/roc_auc extra") {
  TEST_CASE("arguments that break the contract are refused") {
    CHECK_THROWS_WITH(roc_auc(Classes{1, 0}, Numbers{0.5}),
                      "roc_auc: 2 labels, but 1 scores");
    CHECK_THROWS_WITH(roc_auc(Classes{0, 2}, Numbers{0.5, 0.1}),
                      "roc_auc: label 1 is 2");
    CHECK_THROWS_WITH(roc_auc(Classes{0, 1}, Numbers{kNaN, 0.1}),
                      "roc_auc: score 0 is nan");
    CHECK_THROWS_WITH(roc_auc(Classes{1, 1}, Numbers{0.5, 0.1}),
                      "roc_auc: need both classes, got 2 positives among 2");
    CHECK_THROWS_WITH(roc_auc(Classes{}, Numbers{}),
                      "roc_auc: need both classes, got 0 positives among 0");
    CHECK_THROWS_WITH(roc_auc_fast(Classes{0}, Numbers{0.5}),
                      "roc_auc: need both classes, got 0 positives among 1");
  }

  TEST_CASE("whole-number sums leave one rounding") {
    std::mt19937_64 rng(3);
    const Sample s = random_sample(200, rng);
    CHECK(roc_auc(s.y, s.score) == pair_count(s.y, s.score));
    CHECK(roc_auc_fast(s.y, s.score) == pair_count(s.y, s.score));
  }
}
