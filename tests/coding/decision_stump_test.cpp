// Verifies the claims of questions/coding/decision_stump.md.
#include <whiteboard/coding/decision_stump.hpp>

#include <whiteboard/core/random.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

using namespace whiteboard;
using coding::best_gini_split;
using coding::Split;

namespace {

using Classes = std::vector<int>;

/// 1 minus the sum of squared shares, Eq. (1), from the labels themselves.
double gini(const Classes& y) {
  std::map<int, double> counts;
  for (const int label : y) counts[label] += 1.0;
  double sum = 0.0;
  for (const auto& [label, count] : counts) sum += count * count;
  const auto n = static_cast<double>(y.size());
  return y.empty() ? 0.0 : 1.0 - sum / (n * n);
}

struct Parts {
  Classes left;
  Classes right;
};

Parts parts(const Matrix& X, const Classes& y, int feature, double threshold) {
  Parts p;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double value = X(static_cast<Eigen::Index>(i), feature);
    (value <= threshold ? p.left : p.right).push_back(y[i]);
  }
  return p;
}

/// Eq. (2), from the definition, for any threshold.
double gain_of(const Matrix& X, const Classes& y, int feature,
               double threshold) {
  const Parts p = parts(X, y, feature, threshold);
  const auto n = static_cast<double>(y.size());
  return gini(y) - static_cast<double>(p.left.size()) / n * gini(p.left) -
         static_cast<double>(p.right.size()) / n * gini(p.right);
}

/// The largest gain of "x <= the value of some row" with rows on both sides.
std::optional<double> best_gain_by_brute_force(const Matrix& X,
                                               const Classes& y) {
  std::optional<double> best;
  for (int j = 0; j < X.cols(); ++j) {
    for (Eigen::Index i = 0; i < X.rows(); ++i) {
      if (parts(X, y, j, X(i, j)).right.empty()) continue;
      const double gain = gain_of(X, y, j, X(i, j));
      if (!best || gain > *best) best = gain;
    }
  }
  return best;
}

/// One row for each (value of feature 0, of feature 1, label, how many).
struct Group {
  double first, second;
  int label, count;
};

std::pair<Matrix, Classes> table(const std::vector<Group>& groups) {
  Classes y;
  for (const Group& g : groups) {
    y.insert(y.end(), static_cast<std::size_t>(g.count), g.label);
  }
  Matrix X(static_cast<Eigen::Index>(y.size()), 2);
  Eigen::Index row = 0;
  for (const Group& g : groups) {
    for (int i = 0; i < g.count; ++i) X.row(row++) << g.first, g.second;
  }
  return {X, y};
}

/// How many rows the majority of each side gets wrong.
int errors(const Parts& p) {
  int wrong = 0;
  for (const Classes& side : {p.left, p.right}) {
    const auto ones = static_cast<int>(std::count(side.begin(), side.end(), 1));
    wrong += std::min(ones, static_cast<int>(side.size()) - ones);
  }
  return wrong;
}

}  // namespace

TEST_SUITE("coding/decision_stump") {
  TEST_CASE("equals_brute_force") {
    std::mt19937_64 rng(1);
    int without_split = 0;
    for (int trial = 0; trial < 500; ++trial) {
      CAPTURE(trial);
      const Eigen::Index n = 1 + uniform_index(12, rng);
      const Eigen::Index d = 1 + uniform_index(3, rng);
      Matrix X(n, d);  // few values, so that many are equal
      for (double& x : X.reshaped()) {
        x = static_cast<double>(uniform_index(5, rng)) - 2.0;
      }
      Classes y;
      for (Eigen::Index i = 0; i < n; ++i) {
        y.push_back(static_cast<int>(uniform_index(3, rng)));
      }
      const std::optional<double> want = best_gain_by_brute_force(X, y);
      const std::optional<Split> split = best_gini_split(X, y);
      REQUIRE(split.has_value() == want.has_value());
      if (!want) ++without_split;
      if (!want) continue;
      // A dozen operations on numbers of at most 12.
      REQUIRE(close(split->gain, *want, {.abs = 1e-14}));
      REQUIRE(close(gain_of(X, y, split->feature, split->threshold), *want,
                    {.abs = 1e-14}));
      // Halfway between two values that are there, with none in between.
      double low = -3.0;
      double high = 3.0;
      for (const double x : X.col(split->feature)) {
        if (x <= split->threshold) low = std::max(low, x);
        if (x > split->threshold) high = std::min(high, x);
      }
      REQUIRE(split->threshold == (low + high) / 2.0);
    }
    EVIDENCE("tables of 500 without any split", without_split);
    CHECK(without_split > 0);
  }

  TEST_CASE("root_split_of_iris") {
    const Table iris = whiteboard::testing::data_set("iris");
    const Matrix X = iris.features();
    const whiteboard::Labels species = iris.labels("species");
    const Classes y(species.ids.begin(), species.ids.end());
    REQUIRE(y.size() == 150);
    const std::optional<Split> split = best_gini_split(X, y);
    REQUIRE(split.has_value());
    CHECK(split->feature == 2);
    CHECK(close(split->threshold, 2.45, {.rel = 1e-15}));
    CHECK(close(split->gain, 1.0 / 3.0, {.rel = 1e-14}));
    EVIDENCE("gain", split->gain);
    EVIDENCE("threshold on petal length", split->threshold);

    const std::optional<Split> width = best_gini_split(X.rightCols(1), y);
    REQUIRE(width.has_value());
    CHECK(close(width->threshold, 0.8, {.rel = 1e-15}));
    CHECK(width->gain == split->gain);
    CHECK(parts(X, y, 3, width->threshold).left == Classes(50, 0));
  }

  TEST_CASE("equal_gains_go_to_the_first") {
    // Isolating either end leaves the same counts, mirrored.
    const Classes y{0, 1, 1, 0};
    const std::optional<Split> ends =
        best_gini_split(Matrix{{1}, {2}, {3}, {4}}, y);
    REQUIRE(ends.has_value());
    CHECK(ends->threshold == 1.5);
    CHECK(close(ends->gain, 1.0 / 6.0, {.rel = 1e-14}));

    const std::optional<Split> columns =
        best_gini_split(Matrix{{7, 1, 1}, {7, 2, 2}, {7, 3, 3}, {7, 4, 4}}, y);
    REQUIRE(columns.has_value());
    CHECK(columns->feature == 1);
    CHECK(columns->threshold == 1.5);
  }

  TEST_CASE("increasing_transforms_move_only_the_threshold") {
    std::mt19937_64 rng(2);
    using Function = double (*)(double);
    for (int trial = 0; trial < 50; ++trial) {
      CAPTURE(trial);
      const Matrix X = whiteboard::testing::gaussian(30, 2, rng);
      Classes y;
      for (Eigen::Index i = 0; i < 30; ++i) {
        y.push_back(X(i, 1) + normal(rng) > 0.0 ? 1 : 0);
      }
      const std::optional<Split> plain = best_gini_split(X, y);
      REQUIRE(plain.has_value());
      const Parts want = parts(X, y, plain->feature, plain->threshold);
      for (const Function f :
           {Function{[](double x) { return std::exp(3.0 * x); }},
            Function{[](double x) { return x * x * x; }},
            Function{[](double x) { return 1e6 + x; }}}) {
        const Matrix Z = X.unaryExpr(f);
        const std::optional<Split> bent = best_gini_split(Z, y);
        REQUIRE(bent.has_value());
        REQUIRE(bent->gain == plain->gain);
        REQUIRE(bent->feature == plain->feature);
        const Parts got = parts(Z, y, bent->feature, bent->threshold);
        REQUIRE(got.left == want.left);
        REQUIRE(got.right == want.right);
      }
    }
  }

  TEST_CASE("gini_sees_what_error_does_not") {
    // 400 of each class. Feature 0: (300, 100 | 100, 300), feature 1:
    // (200, 400 | 200, 0).
    const auto [X, y] = table({{0, 0, 0, 100},
                               {0, 1, 0, 200},
                               {1, 0, 0, 100},
                               {0, 0, 1, 100},
                               {1, 0, 1, 300}});
    CHECK(errors(parts(X, y, 0, 0.5)) == 200);
    CHECK(errors(parts(X, y, 1, 0.5)) == 200);
    const std::optional<Split> first = best_gini_split(X.leftCols(1), y);
    const std::optional<Split> both = best_gini_split(X, y);
    REQUIRE(first.has_value());
    REQUIRE(both.has_value());
    EVIDENCE("Gini after (300, 100 | 100, 300)", 0.5 - first->gain);
    EVIDENCE("Gini after (200, 400 | 200, 0)", 0.5 - both->gain);
    CHECK(close(0.5 - first->gain, 0.375, {.rel = 1e-14}));
    CHECK(close(0.5 - both->gain, 1.0 / 3.0, {.rel = 1e-14}));
    CHECK(both->feature == 1);
  }

  TEST_CASE("children_weigh_by_their_size") {
    // Three of ten are in the wrong half on either side.
    const Classes y{0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 1};
    Matrix X(20, 1);
    for (Eigen::Index i = 0; i < 20; ++i) X(i, 0) = static_cast<double>(i);
    const std::optional<Split> split = best_gini_split(X, y);
    REQUIRE(split.has_value());
    CHECK(split->threshold == 9.5);
    CHECK(close(split->gain, 0.5 - 0.42, {.abs = 1e-14}));

    // The plain average of the two impurities prefers to cut off two pure rows.
    double least = 1.0;
    double cut = 0.0;
    for (double t = 0.5; t < 19.0; t += 1.0) {
      const Parts p = parts(X, y, 0, t);
      const double average = 0.5 * gini(p.left) + 0.5 * gini(p.right);
      if (average < least) cut = t;
      least = std::min(least, average);
    }
    EVIDENCE("cut of the unweighted average", cut);
    CHECK(cut == 1.5);
  }

  TEST_CASE("xor_defeats_greed") {
    const Matrix X{{0, 0}, {0, 1}, {1, 0}, {1, 1}};
    const Classes y{0, 1, 1, 0};
    const std::optional<Split> root = best_gini_split(X, y);
    REQUIRE(root.has_value());
    CHECK(root->gain == 0.0);
    CHECK(root->feature == 0);
    CHECK(root->threshold == 0.5);
    // It is the best there is; yet both children then split to the end.
    for (const Eigen::Index half : {0, 2}) {
      const Classes labels{y[static_cast<std::size_t>(half)],
                           y[static_cast<std::size_t>(half) + 1]};
      const std::optional<Split> child =
          best_gini_split(X.middleRows(half, 2), labels);
      REQUIRE(child.has_value());
      CHECK(child->feature == 1);
      CHECK(child->gain == 0.5);
    }
  }

  TEST_CASE("adjacent_doubles_are_separated") {
    int on_the_upper = 0;
    double low = 1.0;
    for (int i = 0; i < 20; ++i) {
      const double high = std::nextafter(low, 2.0);
      if (low + (high - low) / 2.0 == high) ++on_the_upper;
      const Matrix X{{high}, {low}};
      const std::optional<Split> split = best_gini_split(X, Classes{0, 1});
      REQUIRE(split.has_value());
      CHECK(low <= split->threshold);
      CHECK(split->threshold < high);
      CHECK(split->gain == 0.5);
      low = high;
    }
    EVIDENCE("midpoints of 20 that are the upper number", on_the_upper);
    CHECK(on_the_upper == 10);

    // Far apart, the sum of the two overflows and halves must not.
    const double huge = 1.5e308;
    const Matrix X{{huge}, {1.7e308}};
    const std::optional<Split> split = best_gini_split(X, Classes{0, 1});
    REQUIRE(split.has_value());
    CHECK(huge <= split->threshold);
    CHECK(split->threshold < 1.7e308);
  }
}

TEST_SUITE("coding/decision_stump extra") {
  TEST_CASE("nothing to split") {
    CHECK(!best_gini_split(Matrix(0, 3), Classes{}).has_value());
    CHECK(!best_gini_split(Matrix(2, 0), Classes{0, 1}).has_value());
    CHECK(!best_gini_split(Matrix{{1, 2}}, Classes{4}).has_value());
    CHECK(!best_gini_split(Matrix::Constant(5, 2, 3.0), Classes{0, 1, 0, 1, 0})
               .has_value());
  }

  TEST_CASE("pure labels split without gain") {
    const std::optional<Split> split =
        best_gini_split(Matrix{{1}, {3}, {2}}, Classes{2, 2, 2});
    REQUIRE(split.has_value());
    CHECK(split->gain == 0.0);
    CHECK(split->threshold == 1.5);
  }

  TEST_CASE("the example of the task") {
    const std::optional<Split> split =
        best_gini_split(Matrix{{1}, {2}, {10}, {11}}, Classes{0, 0, 1, 1});
    REQUIRE(split.has_value());
    CHECK(split->feature == 0);
    CHECK(split->threshold == 6.0);
    CHECK(split->gain == 0.5);
  }

  TEST_CASE("arguments that break the contract are refused") {
    CHECK_THROWS_WITH(best_gini_split(Matrix(2, 1), Classes{0}),
                      "best_gini_split: 2 rows, but 1 labels");
    CHECK_THROWS_WITH(best_gini_split(Matrix::Zero(2, 1), Classes{0, -1}),
                      "best_gini_split: need labels >= 0, got -1");
    CHECK_THROWS_WITH(
        best_gini_split(Matrix{{0.0}, {std::nan("")}}, Classes{0, 1}),
        "best_gini_split: X(1, 0) is nan");
  }
}
