// Verifies the claims of questions/coding/confusion_matrix.md.
#include <whiteboard/coding/confusion_matrix.hpp>

#include <whiteboard/core/random.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

using namespace whiteboard;
using coding::confusion_matrix;
using Eigen::MatrixXi;
using whiteboard::testing::data_set;

namespace {

using Classes = std::vector<int>;

/// n labels drawn uniformly from 0, ..., c - 1.
Classes random_labels(std::size_t n, int c, std::mt19937_64& rng) {
  Classes labels(n);
  for (int& label : labels) label = static_cast<int>(uniform_index(c, rng));
  return labels;
}

int count(const Classes& labels, int label) {
  return static_cast<int>(std::count(labels.begin(), labels.end(), label));
}

/// How many samples are right, counted without any matrix.
int agreements(const Classes& a, const Classes& b) {
  int same = 0;
  for (std::size_t i = 0; i < a.size(); ++i) same += a[i] == b[i] ? 1 : 0;
  return same;
}

MatrixXi two_by_two(int a, int b, int c, int d) {
  MatrixXi m(2, 2);
  m << a, b, c, d;
  return m;
}

/// Entry (k, k) over the sum of row k, and over the sum of column k.
double recall(const MatrixXi& counts, Eigen::Index k) {
  return counts(k, k) / static_cast<double>(counts.row(k).sum());
}
double precision(const MatrixXi& counts, Eigen::Index k) {
  return counts(k, k) / static_cast<double>(counts.col(k).sum());
}

/// F1 of class 1 of a 2 x 2 matrix.
double f1(const MatrixXi& counts) {
  return 2.0 * counts(1, 1) /
         (2.0 * counts(1, 1) + counts(0, 1) + counts(1, 0));
}

}  // namespace

TEST_SUITE("coding/confusion_matrix") {
  TEST_CASE("documented_example") {
    MatrixXi want(3, 3);
    want << 2, 0, 0, 0, 0, 1, 1, 0, 2;
    CHECK(close(confusion_matrix(Classes{2, 0, 2, 2, 0, 1},
                                 Classes{0, 0, 2, 2, 0, 2}, 3),
                want));
    CHECK(close(confusion_matrix(Classes{0, 1, 1}, Classes{0, 0, 1}, 2),
                two_by_two(1, 0, 1, 1)));
  }

  TEST_CASE("margins_are_counts_and_trace_is_accuracy") {
    std::mt19937_64 rng(0);
    for (int round = 0; round < 1000; ++round) {
      CAPTURE(round);
      const int c = 1 + round % 5;
      const auto n = static_cast<std::size_t>(1 + round % 37);
      const Classes y_true = random_labels(n, c, rng);
      const Classes y_pred = random_labels(n, c, rng);
      const MatrixXi counts = confusion_matrix(y_true, y_pred, c);
      REQUIRE(counts.rows() == c);
      REQUIRE(counts.cols() == c);
      for (int k = 0; k < c; ++k) {
        CHECK(counts.row(k).sum() == count(y_true, k));
        CHECK(counts.col(k).sum() == count(y_pred, k));
      }
      CHECK(counts.trace() == agreements(y_true, y_pred));
      CHECK(counts.minCoeff() >= 0);
    }
  }

  TEST_CASE("accuracy_hides_a_dead_class") {
    Classes y_true(1000, 0);
    std::fill_n(y_true.begin(), 10, 1);
    const MatrixXi counts = confusion_matrix(y_true, Classes(1000, 0), 2);
    REQUIRE(close(counts, two_by_two(990, 0, 10, 0)));
    EVIDENCE("accuracy", counts.trace() / 1000.0);
    EVIDENCE("recall of the positives", recall(counts, 1));
    CHECK(counts.trace() / 1000.0 == 0.99);
    CHECK(recall(counts, 1) == 0.0);
    CHECK((recall(counts, 0) + recall(counts, 1)) / 2.0 == 0.5);
  }

  TEST_CASE("swapping_the_arguments_transposes") {
    std::mt19937_64 rng(1);
    const Classes y_true = random_labels(200, 4, rng);
    const Classes y_pred = random_labels(200, 4, rng);
    const MatrixXi counts = confusion_matrix(y_true, y_pred, 4);
    const MatrixXi swapped = confusion_matrix(y_pred, y_true, 4);
    CHECK(close(swapped, counts.transpose()));
    CHECK(!close(swapped, counts));
    for (int k = 0; k < 4; ++k) {
      CHECK(precision(swapped, k) == recall(counts, k));
      CHECK(recall(swapped, k) == precision(counts, k));
    }
    // Which way round: one sample of class 0 that was taken for 1.
    CHECK(close(confusion_matrix(Classes{0}, Classes{1}, 2),
                two_by_two(0, 1, 0, 0)));
  }

  TEST_CASE("folds_add_up_but_f1_does_not_average") {
    // (TP, FP, FN) is (1, 0, 1) in the first fold, (0, 1, 0) in the second.
    const MatrixXi first = confusion_matrix(Classes{1, 1}, Classes{1, 0}, 2);
    const MatrixXi second = confusion_matrix(Classes{0}, Classes{1}, 2);
    const MatrixXi pooled =
        confusion_matrix(Classes{1, 1, 0}, Classes{1, 0, 1}, 2);
    CHECK(close(first + second, pooled));
    CHECK(close((f1(first) + f1(second)) / 2.0, 1.0 / 3.0, {.ulps = 1.0}));
    CHECK(f1(pooled) == 0.5);
    EVIDENCE("mean of the F1 of the folds", (f1(first) + f1(second)) / 2.0);
    EVIDENCE("F1 of the pooled folds", f1(pooled));
  }

  TEST_CASE("missing_class_keeps_its_place") {
    MatrixXi want = MatrixXi::Zero(4, 4);
    want(0, 0) = 2;
    want(0, 2) = 1;
    CHECK(close(confusion_matrix(Classes{0, 0, 0}, Classes{0, 2, 0}, 4), want));
    CHECK(
        close(confusion_matrix(Classes{}, Classes{}, 3), MatrixXi::Zero(3, 3)));
  }

  TEST_CASE("unknown_labels_are_refused") {
    CHECK(confusion_matrix(Classes{2}, Classes{0}, 3)(2, 0) == 1);
    for (const int bad : {-1, 3, std::numeric_limits<int>::max()}) {
      CAPTURE(bad);
      CHECK_THROWS_AS(confusion_matrix(Classes{0, bad}, Classes{0, 1}, 3),
                      std::invalid_argument);
      CHECK_THROWS_AS(confusion_matrix(Classes{0, 1}, Classes{0, bad}, 3),
                      std::invalid_argument);
    }
    CHECK_THROWS_AS(confusion_matrix(Classes{0, 1}, Classes{0}, 3),
                    std::invalid_argument);
    CHECK_THROWS_AS(confusion_matrix(Classes{0}, Classes{0, 1}, 3),
                    std::invalid_argument);
    CHECK_THROWS_AS(confusion_matrix(Classes{0}, Classes{0}, 0),
                    std::invalid_argument);
  }

  TEST_CASE("iris_by_two_thresholds") {
    const Table iris = data_set("iris");
    const Vector length = iris.numbers("petal_length_cm");
    const Vector width = iris.numbers("petal_width_cm");
    const Labels species = iris.labels("species");
    REQUIRE(species.classes ==
            std::vector<std::string>{"setosa", "versicolor", "virginica"});
    Classes y_true, y_pred;
    for (Eigen::Index i = 0; i < length.rows(); ++i) {
      y_true.push_back(species.ids(i));
      y_pred.push_back(length(i) < 2.45 ? 0 : width(i) < 1.75 ? 1 : 2);
    }
    const MatrixXi counts = confusion_matrix(y_true, y_pred, 3);
    MatrixXi want(3, 3);
    want << 50, 0, 0, 0, 49, 1, 0, 5, 45;
    CHECK(close(counts, want));
    EVIDENCE("accuracy", counts.trace() / 150.0);
  }
}

TEST_SUITE("coding/confusion_matrix extra") {
  TEST_CASE("arguments that break the contract are refused") {
    CHECK_THROWS_WITH(confusion_matrix(Classes{0, 1}, Classes{0}, 2),
                      "confusion_matrix: 2 true labels, but 1 predictions");
    CHECK_THROWS_WITH(
        confusion_matrix(Classes{}, Classes{}, 0),
        "confusion_matrix: need n_classes >= 1, got n_classes = 0");
    CHECK_THROWS_WITH(confusion_matrix(Classes{0, 1}, Classes{0, 2}, 2),
                      "confusion_matrix: sample 1 is 1 predicted as 2, need "
                      "labels in [0, 2)");
    CHECK_THROWS_AS(confusion_matrix(Classes{-1}, Classes{0}, -2),
                    std::invalid_argument);
  }

  TEST_CASE("one class") {
    const MatrixXi counts = confusion_matrix(Classes(7, 0), Classes(7, 0), 1);
    REQUIRE(counts.size() == 1);
    CHECK(counts(0, 0) == 7);
  }
}
