// Verifies the claims of questions/coding/precision_recall_f1.md.
#include <whiteboard/coding/precision_recall_f1.hpp>

#include <whiteboard/core/random.hpp>

#include <support/claims.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::precision_recall_f1;
using coding::Prf;

namespace {

using Classes = std::vector<int>;
using Numbers = std::vector<double>;

/// Five roundings at most, for whoever takes F1 from P and R.
constexpr whiteboard::testing::Tolerance kRounding{.ulps = 4.0};

/// The three values, in order, for close().
Numbers values(const Prf& prf) {
  return {prf.precision, prf.recall, prf.f1};
}

/// n labels from 0, ..., c - 1, uniform.
Classes random_labels(std::size_t n, int c, std::mt19937_64& rng) {
  Classes labels(n);
  for (int& label : labels) label = static_cast<int>(uniform_index(c, rng));
  return labels;
}

/// `yes` ones and then `no` zeros.
Classes ones_then_zeros(std::size_t yes, std::size_t no) {
  Classes labels(yes + no, 0);
  std::fill_n(labels.begin(), yes, 1);
  return labels;
}

double accuracy(const Classes& a, const Classes& b) {
  double same = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) same += a[i] == b[i] ? 1.0 : 0.0;
  return same / static_cast<double>(a.size());
}

/// One yes-or-no question per sample and class: "is it class k?"
Classes one_against_rest(const Classes& labels, int c) {
  Classes answers;
  for (const int label : labels) {
    for (int k = 0; k < c; ++k) answers.push_back(label == k ? 1 : 0);
  }
  return answers;
}

}  // namespace

TEST_SUITE("coding/precision_recall_f1") {
  TEST_CASE("counts_by_hand") {
    // TP 2, FP 1, FN 1, then TP 1, FP 0, FN 2, then TP 2, FP 3, FN 0.
    CHECK(close(values(precision_recall_f1(Classes{1, 1, 1, 0, 0},
                                           Classes{1, 0, 1, 1, 0})),
                Numbers{2.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0}, kRounding));
    CHECK(close(
        values(precision_recall_f1(Classes{1, 1, 1, 0}, Classes{1, 0, 0, 0})),
        Numbers{1.0, 1.0 / 3.0, 0.5}, kRounding));
    CHECK(close(values(precision_recall_f1(Classes{1, 0, 0, 0, 1},
                                           Classes{1, 1, 1, 1, 1})),
                Numbers{0.4, 1.0, 4.0 / 7.0}, kRounding));
  }

  TEST_CASE("macro_average_of_three_classes") {
    const Classes y_true{0, 1, 2, 0, 1, 2}, y_pred{0, 2, 1, 0, 0, 1};
    // Class 0 has TP 2, FP 1, FN 0; the others have no hit.
    CHECK(close(values(precision_recall_f1(y_true, y_pred, 0)),
                Numbers{2.0 / 3.0, 1.0, 0.8}, kRounding));
    Numbers macro(3, 0.0);
    for (int k = 0; k < 3; ++k) {
      const Numbers one = values(precision_recall_f1(y_true, y_pred, k));
      for (std::size_t j = 0; j < 3; ++j) macro[j] += one[j] / 3.0;
    }
    EVIDENCE_SERIES("macro precision, recall, F1", macro);
    CHECK(close(macro, Numbers{2.0 / 9.0, 1.0 / 3.0, 4.0 / 15.0}, kRounding));
  }

  TEST_CASE("micro_average_is_accuracy") {
    const Classes y_true{0, 1, 2, 0, 1, 2}, y_pred{0, 2, 1, 0, 0, 1};
    CHECK(close(values(precision_recall_f1(one_against_rest(y_true, 3),
                                           one_against_rest(y_pred, 3))),
                Numbers(3, 2.0 / 6.0), kRounding));
    std::mt19937_64 rng(0);
    for (int round = 0; round < 200; ++round) {
      CAPTURE(round);
      const Classes a = random_labels(30, 4, rng);
      const Classes b = random_labels(30, 4, rng);
      CHECK(close(values(precision_recall_f1(one_against_rest(a, 4),
                                             one_against_rest(b, 4))),
                  Numbers(3, accuracy(a, b)), kRounding));
    }
  }

  TEST_CASE("exchanging_the_sides_exchanges_two") {
    std::mt19937_64 rng(1);
    int different = 0;
    for (int round = 0; round < 200; ++round) {
      CAPTURE(round);
      const Classes a = random_labels(20, 3, rng);
      const Classes b = random_labels(20, 3, rng);
      const Prf there = precision_recall_f1(a, b);
      const Prf back = precision_recall_f1(b, a);
      CHECK(there.precision == back.recall);
      CHECK(there.recall == back.precision);
      CHECK(close(there.f1, back.f1, kRounding));
      different += there.precision != there.recall ? 1 : 0;
    }
    CHECK(different > 100);  // or the exchange would have shown nothing
    // Which is which: two were called positive, one of them was.
    CHECK(precision_recall_f1(Classes{1, 0}, Classes{1, 1}).precision == 0.5);
    CHECK(precision_recall_f1(Classes{1, 0}, Classes{1, 1}).recall == 1.0);
  }

  TEST_CASE("true_negatives_do_not_count") {
    Classes y_true{1, 0, 1}, y_pred{1, 1, 0};
    const Numbers halves(3, 0.5);
    CHECK(close(values(precision_recall_f1(y_true, y_pred)), halves));
    EVIDENCE("accuracy before", accuracy(y_true, y_pred));
    CHECK(accuracy(y_true, y_pred) == 1.0 / 3.0);

    y_true.resize(1000003, 0);
    y_pred.resize(1000003, 0);
    CHECK(close(values(precision_recall_f1(y_true, y_pred)), halves));
    EVIDENCE("accuracy with a million more", accuracy(y_true, y_pred));
    CHECK(accuracy(y_true, y_pred) > 0.99999);
  }

  TEST_CASE("harmonic_below_geometric_below_arithmetic") {
    std::mt19937_64 rng(2);
    int equal = 0;
    for (int round = 0; round < 1000; ++round) {
      CAPTURE(round);
      const Prf prf = precision_recall_f1(random_labels(20, 2, rng),
                                          random_labels(20, 2, rng));
      const double geometric = std::sqrt(prf.precision * prf.recall);
      const double arithmetic = (prf.precision + prf.recall) / 2.0;
      if (prf.precision == prf.recall) {
        ++equal;
        CHECK(close(prf.f1, arithmetic, kRounding));
        continue;
      }
      // Quotients of numbers up to 20 that differ, differ by 1 / 400: the
      // gaps are of the order of its square, far above rounding.
      CHECK(prf.f1 < geometric);
      CHECK(geometric < arithmetic);
    }
    CHECK(equal > 0);
    CHECK(equal < 1000);

    // 100 positives, of which one is found and nothing else is.
    const Prf shy =
        precision_recall_f1(Classes(100, 1), ones_then_zeros(1, 99));
    CHECK(close(values(shy), Numbers{1.0, 0.01, 2.0 / 101.0}, kRounding));
    EVIDENCE("arithmetic mean", (shy.precision + shy.recall) / 2.0);
    EVIDENCE("F1", shy.f1);
  }

  TEST_CASE("always_yes_scores_two_thirds") {
    Numbers baseline;
    for (const std::size_t yes : {1u, 10u, 50u, 90u}) {
      CAPTURE(yes);
      const double rate = static_cast<double>(yes) / 100.0;
      const Prf prf =
          precision_recall_f1(ones_then_zeros(yes, 100 - yes), Classes(100, 1));
      CHECK(close(values(prf), Numbers{rate, 1.0, 2.0 * rate / (1.0 + rate)},
                  kRounding));
      baseline.push_back(prf.f1);
    }
    REQUIRE(baseline.size() == 4);
    CHECK(close(baseline[2], 2.0 / 3.0, kRounding));
    EVIDENCE_SERIES("F1 of always yes at 1, 10, 50, 90 percent", baseline);
  }

  TEST_CASE("positive_class_must_be_named") {
    // 990 of class 0 and 10 of class 1, none of which is found.
    const Classes y_true = ones_then_zeros(10, 990), y_pred(1000, 0);
    CHECK(close(values(precision_recall_f1(y_true, y_pred, 0)),
                Numbers{0.99, 1.0, 1.98 / 1.99}, kRounding));
    CHECK(close(values(precision_recall_f1(y_true, y_pred, 1)),
                Numbers{0.0, 0.0, 0.0}));
    // Any int is a label, and 1 is the one by default.
    CHECK(close(values(precision_recall_f1(Classes{-7, 3, -7, 1},
                                           Classes{-7, 3, 3, -7}, -7)),
                Numbers{0.5, 0.5, 0.5}));
    CHECK(precision_recall_f1(Classes{1, 2}, Classes{1, 2}).recall == 1.0);
  }

  TEST_CASE("nothing_over_nothing_is_zero") {
    const Numbers zeros(3, 0.0);
    // Nothing predicted, nothing to find, neither.
    CHECK(close(values(precision_recall_f1(Classes{1, 0}, Classes{0, 0})),
                zeros));
    CHECK(close(values(precision_recall_f1(Classes{0, 0}, Classes{1, 0})),
                zeros));
    CHECK(close(values(precision_recall_f1(Classes{0, 0}, Classes{0, 0})),
                zeros));
    // All wrong is no special case: 0/1, 0/1, 0/2.
    CHECK(close(values(precision_recall_f1(Classes{1, 0}, Classes{0, 1})),
                zeros));
    CHECK(close(values(precision_recall_f1(Classes{1, 0}, Classes{1, 0})),
                Numbers(3, 1.0)));
  }

  TEST_CASE("lengths_must_agree") {
    CHECK(precision_recall_f1(Classes{1}, Classes{1}).f1 == 1.0);
    CHECK_THROWS_AS(precision_recall_f1(Classes{1, 1}, Classes{1}),
                    std::invalid_argument);
    CHECK_THROWS_AS(precision_recall_f1(Classes{1}, Classes{1, 1}),
                    std::invalid_argument);
    CHECK_THROWS_AS(precision_recall_f1(Classes{}, Classes{}),
                    std::invalid_argument);
  }
}

TEST_SUITE("coding/precision_recall_f1 extra") {
  TEST_CASE("arguments that break the contract are refused") {
    CHECK_THROWS_WITH(precision_recall_f1(Classes{1, 1}, Classes{1}),
                      "precision_recall_f1: 2 true labels, but 1 predictions");
    CHECK_THROWS_WITH(precision_recall_f1(Classes{}, Classes{}),
                      "precision_recall_f1: need n >= 1, got n = 0");
  }
}
