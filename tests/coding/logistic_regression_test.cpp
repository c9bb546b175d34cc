// Verifies the claims of questions/coding/logistic_regression.md.
#include <whiteboard/coding/logistic_regression.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/finite_differences.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::logistic_regression;
using Eigen::Index;
using whiteboard::testing::data_set;
using whiteboard::testing::gaussian;
using whiteboard::testing::numerical_gradient;
using whiteboard::testing::standardized;

namespace {

double score(const Matrix& X, Index i, const Vector& coef) {
  double z = coef(0);
  for (Index j = 0; j < X.cols(); ++j) z += coef(j + 1) * X(i, j);
  return z;
}

/// Mean of log(1 + exp(-+z)), plus l2 / 2 |w|^2.
double penalised_log_loss(const Matrix& X, const std::vector<int>& y, double l2,
                          const Vector& coef) {
  double total = 0.0;
  for (Index i = 0; i < X.rows(); ++i) {
    const double z = score(X, i, coef);
    // log(1 + e^m) without overflow.
    const double m = y[static_cast<std::size_t>(i)] == 1 ? -z : z;
    total += std::max(m, 0.0) + std::log1p(std::exp(-std::abs(m)));
  }
  double squares = 0.0;
  for (Index j = 1; j < coef.size(); ++j) squares += coef(j) * coef(j);
  return total / static_cast<double>(X.rows()) + 0.5 * l2 * squares;
}

/// Predicted probability minus label, row by row.
Vector residuals(const Matrix& X, const std::vector<int>& y,
                 const Vector& coef) {
  Vector r(X.rows());
  for (Index i = 0; i < X.rows(); ++i) {
    r(i) = 0.5 * (1.0 + std::tanh(0.5 * score(X, i, coef))) -
           y[static_cast<std::size_t>(i)];
  }
  return r;
}

struct Problem {
  Matrix X;
  std::vector<int> y;
};

/// One 0/1 feature: how many rows of label 1 and 0 where it is 1 and where 0.
Problem two_by_two(int ones1, int zeros1, int ones0, int zeros0) {
  std::vector<double> x;
  std::vector<int> y;
  const auto add = [&](int rows, double feature, int label) {
    for (int i = 0; i < rows; ++i) {
      x.push_back(feature);
      y.push_back(label);
    }
  };
  add(ones1, 1.0, 1);
  add(zeros1, 1.0, 0);
  add(ones0, 0.0, 1);
  add(zeros0, 0.0, 0);
  return {Eigen::Map<const Matrix>(x.data(), std::ssize(x), 1), y};
}

/// Three features and labels drawn from a logistic model: not separable.
Problem noisy(std::uint64_t seed) {
  std::mt19937_64 rng(seed);
  Problem p{gaussian(120, 3, rng), {}};
  const Vector truth{{0.5, 1.0, -1.0, 0.3}};
  for (Index i = 0; i < 120; ++i) {
    const double z = score(p.X, i, truth);
    p.y.push_back(uniform(rng) < 1.0 / (1.0 + std::exp(-z)) ? 1 : 0);
  }
  return p;
}

}  // namespace

TEST_SUITE("coding/logistic_regression") {
  TEST_CASE("one_step_by_hand") {
    // Residuals (0.5, -0.5): mean 0, and X^T r / n = -0.5.
    const Matrix x{{-1.0}, {1.0}};
    const std::vector<int> y{0, 1};
    CHECK(close(logistic_regression(x, y, 0.0, 1.0, 1), Vector{{0.0, 0.5}}));
    // Nothing to shrink at zero, so a penalty changes the second step only.
    CHECK(close(logistic_regression(x, y, 0.2, 1.0, 1), Vector{{0.0, 0.5}}));
    // p = 1 / (1 + e^0.5) = 0.37754 for both errors.
    const double p = 1.0 / (1.0 + std::exp(0.5));
    CHECK(close(logistic_regression(x, y, 0.2, 1.0, 2),
                Vector{{0.0, 0.5 + p - 0.2 * 0.5}}, {.abs = 1e-15}));
    // All labels 1: the intercept moves as well, by lr / 2.
    CHECK(close(logistic_regression(x, std::vector<int>{1, 1}, 0.0, 2.0, 1),
                Vector{{1.0, 0.0}}));
    CHECK(close(logistic_regression(x, y, 0.0, 1.0, 0), Vector::Zero(2)));
  }

  TEST_CASE("steps_follow_the_gradient") {
    const Problem p = noisy(0);
    const double lr = 0.5;
    double worst = 0.0;
    for (const double l2 : {0.0, 0.1}) {
      for (const int t : {0, 1, 3, 10, 50}) {
        CAPTURE(t);
        const Vector before = logistic_regression(p.X, p.y, l2, lr, t);
        const Vector after = logistic_regression(p.X, p.y, l2, lr, t + 1);
        REQUIRE(before.size() == 4);
        const Vector taken = (before - after) / lr;
        const Vector want = numerical_gradient(
            [&](const Vector& coef) {
              return penalised_log_loss(p.X, p.y, l2, coef);
            },
            before);
        // Truncation is h^2 / 6 times a third derivative below 10, 6e-11;
        // rounding of a loss below 1 over h is 4e-11.
        CHECK(close(taken, want, {.abs = 1e-9}));
        worst = std::max(worst, largest_difference(taken, want));
      }
    }
    EVIDENCE("largest difference from central differences", worst);
  }

  TEST_CASE("one_binary_feature_has_a_closed_form") {
    const Problem p = two_by_two(30, 10, 20, 40);
    const Vector coef = logistic_regression(p.X, p.y, 0.0, 4.0, 400);
    REQUIRE(coef.size() == 2);
    EVIDENCE("intercept", coef(0));
    EVIDENCE("weight", coef(1));
    // Odds 20 : 40 without the feature, 30 : 10 with it.
    CHECK(close(coef, Vector{{std::log(0.5), std::log(6.0)}}, {.abs = 1e-12}));
    CHECK(close(coef, Vector{{-0.6931, 1.7918}}, {.abs = 5e-5}));
  }

  TEST_CASE("dropping_half_the_negatives_adds_ln_2") {
    const Problem all = two_by_two(30, 10, 20, 40);
    const Problem half = two_by_two(30, 5, 20, 20);
    const Vector before = logistic_regression(all.X, all.y, 0.0, 4.0, 400);
    const Vector after = logistic_regression(half.X, half.y, 0.0, 4.0, 400);
    REQUIRE(before.size() == 2);
    REQUIRE(after.size() == 2);
    EVIDENCE("intercept with all negatives", before(0));
    EVIDENCE("intercept with half of them", after(0));
    CHECK(close(after(0), before(0) + std::log(2.0), {.abs = 1e-10}));
    CHECK(close(after(1), before(1), {.abs = 1e-10}));
  }

  TEST_CASE("at_the_optimum_residuals_balance") {
    const Problem p = noisy(1);
    for (const double l2 : {0.0, 0.05}) {
      CAPTURE(l2);
      const Vector coef = logistic_regression(p.X, p.y, l2, 1.0, 800);
      REQUIRE(coef.size() == 4);
      const Vector r = residuals(p.X, p.y, coef);
      // The sum of the probabilities is the number of positives, with a
      // penalty on the weights as well, as the intercept pays none.
      CHECK(close(r.sum(), 0.0, {.abs = 1e-9}));
      CHECK(close(p.X.transpose() * r, Vector(-120.0 * l2 * coef.tail(3)),
                  {.abs = 1e-9}));
      if (l2 == 0.0) {
        EVIDENCE("positives", std::count(p.y.begin(), p.y.end(), 1));
        EVIDENCE("sum of the probabilities",
                 r.sum() + static_cast<double>(
                               std::count(p.y.begin(), p.y.end(), 1)));
      }
    }
  }

  TEST_CASE("separable_data_have_no_optimum") {
    const Matrix x{{-2.0}, {-1.0}, {1.0}, {2.0}};
    const std::vector<int> y{0, 0, 1, 1};
    std::vector<double> weights, losses;
    for (const int steps : {10, 100, 1000, 10'000}) {
      const Vector coef = logistic_regression(x, y, 0.0, 1.0, steps);
      REQUIRE(coef.size() == 2);
      weights.push_back(coef(1));
      losses.push_back(penalised_log_loss(x, y, 0.0, coef));
    }
    EVIDENCE_SERIES("weight after 10 to 10000 steps", weights);
    EVIDENCE_SERIES("loss after 10 to 10000 steps", losses);
    for (std::size_t i = 1; i < 4; ++i) {
      // The gradient is about e^-w / 2, so e^w grows like t / 2: w by ln 10.
      CHECK(weights[i] > weights[i - 1] + 1.0);
      CHECK(losses[i] < 0.5 * losses[i - 1]);
      CHECK(losses[i] > 0.0);
    }
    CHECK(close(weights[3] - weights[2], std::log(10.0), {.abs = 0.05}));

    for (const double l2 : {1e-2, 1e-1}) {
      const Vector coef = logistic_regression(x, y, l2, 1.0, 1000);
      const Vector later = logistic_regression(x, y, l2, 1.0, 2000);
      CHECK(close(later, coef, {.abs = 1e-12}));
      // It is the optimum: the gradient vanishes there.
      CHECK(close(x.transpose() * residuals(x, y, coef),
                  Vector{{-4.0 * l2 * coef(1)}}, {.abs = 1e-12}));
    }
  }

  TEST_CASE("huge_scores_are_safe") {
    // The first step is w = 500, so scores are -500,000 and 500,000; from
    // there on both residuals are 0.
    const Matrix x{{-1000.0}, {1000.0}};
    CHECK(close(logistic_regression(x, std::vector<int>{0, 1}, 0.0, 1.0, 10),
                Vector{{0.0, 500.0}}));
    CHECK(close(logistic_regression(x, std::vector<int>{1, 0}, 0.0, 1.0, 10),
                Vector{{0.0, -500.0}}));
    // The other way to write the sigmoid is infinity over infinity.
    const double z = 500.0 * 1000.0;
    CHECK(std::isnan(std::exp(z) / (1.0 + std::exp(z))));
    CHECK(1.0 / (1.0 + std::exp(z)) == 0.0);
  }

  TEST_CASE("breast_cancer_accuracy") {
    const Table table = data_set("breast_cancer");
    const Matrix X = standardized(table.features());
    const Eigen::VectorXi ids = table.labels("diagnosis").ids;
    const std::vector<int> y(ids.begin(), ids.end());
    REQUIRE(X.rows() == 569);
    const Vector coef = logistic_regression(X, y, 1.0 / 569.0, 0.5, 200);
    REQUIRE(coef.size() == 31);
    int right = 0;
    for (Index i = 0; i < 569; ++i) {
      right +=
          (score(X, i, coef) > 0.0) == (y[static_cast<std::size_t>(i)] == 1);
    }
    EVIDENCE("right of 569", right);
    EVIDENCE("penalised log loss", penalised_log_loss(X, y, 1.0 / 569.0, coef));
    // The objective of scikit-learn's LogisticRegression with C = 1, whose
    // optimum is right on 562 rows (0.9877); from 200 to 40,000 steps the count
    // here stays the same.
    CHECK(close(right, 562, {.abs = 2}));
  }
}

TEST_SUITE("coding/logistic_regression extra") {
  TEST_CASE("no features leave the log odds") {
    const std::vector<int> y{1, 1, 1, 0};
    CHECK(close(logistic_regression(Matrix(4, 0), y, 1.0, 4.0, 200),
                Vector{{std::log(3.0)}}, {.abs = 1e-13}));
  }

  TEST_CASE("arguments that break the contract are refused") {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    constexpr double inf = std::numeric_limits<double>::infinity();
    const Matrix X{{1}, {2}};
    const std::vector<int> y{0, 1};
    CHECK_THROWS_WITH(logistic_regression(X, std::vector<int>{1}, 0, 1, 1),
                      "logistic_regression: need as many labels as rows, and "
                      "one, got 2 rows and 1 labels");
    CHECK_THROWS_AS(
        logistic_regression(Matrix(0, 1), std::vector<int>{}, 0, 1, 1),
        std::invalid_argument);
    CHECK_THROWS_WITH(logistic_regression(X, std::vector<int>{1, -1}, 0, 1, 1),
                      "logistic_regression: label 1 is -1, need 0 or 1");
    CHECK_THROWS_AS(logistic_regression(X, std::vector<int>{2, 1}, 0, 1, 1),
                    std::invalid_argument);
    CHECK_THROWS_WITH(logistic_regression(X, y, -0.5, 1, 1),
                      "logistic_regression: need a finite l2 >= 0, got -0.5");
    CHECK_THROWS_WITH(logistic_regression(X, y, 0, 0, 1),
                      "logistic_regression: need a finite lr > 0, got 0");
    for (const double bad : {nan, inf}) {
      CHECK_THROWS_AS(logistic_regression(X, y, bad, 1, 1),
                      std::invalid_argument);
      CHECK_THROWS_AS(logistic_regression(X, y, 0, bad, 1),
                      std::invalid_argument);
    }
    CHECK_THROWS_WITH(logistic_regression(X, y, 0, 1, -1),
                      "logistic_regression: need steps >= 0, got -1");
    CHECK_THROWS_WITH(logistic_regression(Matrix{{1}, {nan}}, y, 0, 1, 1),
                      "logistic_regression: X(1, 0) is nan");
  }
}
