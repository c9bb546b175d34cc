// Verifies the claims of questions/algorithms/gradient_boosting.md.
#include <whiteboard/algorithms/gradient_boosting.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/finite_differences.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <set>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::algorithms;
using whiteboard::testing::data_set;
using whiteboard::testing::gaussian;
using whiteboard::testing::numerical_gradient;

namespace {

constexpr int any_depth = std::numeric_limits<int>::max();

/// Without sub-sampling the engine is not used.
GradientBoosting boost(const Matrix& X, const Vector& y,
                       const BoostOptions& options) {
  std::mt19937_64 rng(0);
  return GradientBoosting::fit(X, y, options, rng);
}

double mse(const Vector& f, const Vector& y) {
  return (f - y).squaredNorm() / static_cast<double>(y.size());
}

/// Mean squared error after 0, 1, ... rounds.
std::vector<double> errors(const GradientBoosting& model, const Matrix& X,
                           const Vector& y) {
  const Matrix stages = model.staged_predict(X);
  std::vector<double> result;
  for (Eigen::Index m = 0; m < stages.rows(); ++m) {
    result.push_back(mse(stages.row(m), y));
  }
  return result;
}

/// 1 for "benign", and the ten features that begin with "worst".
struct Cancer {
  Matrix X;
  Vector y;
};
Cancer cancer() {
  const Table table = data_set("breast_cancer");
  Cancer result{table.features().rightCols(10), Vector(569)};
  const Labels labels = table.labels("diagnosis");
  for (Eigen::Index i = 0; i < 569; ++i) {
    const auto id = static_cast<std::size_t>(labels.ids(i));
    result.y(i) = labels.classes[id] == "benign" ? 1.0 : 0.0;
  }
  return result;
}

}  // namespace

TEST_SUITE("algorithms/gradient_boosting") {
  TEST_CASE("residuals_are_negative_gradients") {
    std::mt19937_64 rng(0);
    Vector f = 2.0 * gaussian(12, 1, rng).col(0);
    const Vector numbers = gaussian(12, 1, rng).col(0);
    const Vector labels = (numbers.array() > 0.0).cast<double>();
    for (const Loss loss :
         {Loss::squared, Loss::absolute, Loss::huber, Loss::logistic}) {
      const Vector& y = loss == Loss::logistic ? labels : numbers;
      const double delta = 0.7;
      const auto total = [&](const Vector& at) {
        return 12.0 * mean_loss(loss, y, at, delta);
      };
      // No residual is at a kink: 0 or +- delta.
      const Vector r = (y - f).cwiseAbs();
      REQUIRE(r.minCoeff() > 1e-3);
      REQUIRE((r.array() - delta).abs().minCoeff() > 1e-3);
      CHECK(close(negative_gradient(loss, y, f, delta),
                  -numerical_gradient(total, f), {.abs = 1e-7}));
    }
    // By hand, at residuals of 3 and -0.5.
    const Vector y{{3.0, -0.5}}, zero = Vector::Zero(2);
    CHECK(close(negative_gradient(Loss::squared, y, zero), y));
    CHECK(
        close(negative_gradient(Loss::absolute, y, zero), Vector{{1.0, -1.0}}));
    CHECK(close(negative_gradient(Loss::huber, y, zero), Vector{{1.0, -0.5}}));
    CHECK(close(negative_gradient(Loss::logistic, Vector{{1.0, 0.0}}, zero),
                Vector{{0.5, -0.5}}));
    CHECK(mean_loss(Loss::huber, y, zero) == (2.5 + 0.125) / 2.0);
    // Log-odds of 800 do not overflow.
    CHECK(close(
        mean_loss(Loss::logistic, Vector{{1.0, 0.0}}, Vector{{-800.0, -800.0}}),
        400.0));
  }

  TEST_CASE("the_best_constant_is_where_it_starts") {
    std::mt19937_64 rng(1);
    const Vector numbers = gaussian(31, 1, rng).col(0).array().exp();
    const Vector labels = (numbers.array() > 1.3).cast<double>();
    REQUIRE(labels.sum() > 3.0);
    for (const Loss loss : {Loss::squared, Loss::absolute, Loss::logistic}) {
      const Vector& y = loss == Loss::logistic ? labels : numbers;
      const double start = initial_constant(loss, y);
      const auto at = [&](double c) {
        return mean_loss(loss, y, Vector::Constant(y.size(), c));
      };
      // All three are convex: a grid of 2^-10 around a minimum rises.
      double best = at(start);
      for (int k = -4096; k <= 4096; ++k) best = std::min(best, at(k / 1024.0));
      CHECK(at(start) <= best + 1e-15);
      CHECK(boost(gaussian(31, 1, rng), y, {.rounds = 0, .loss = loss}).start ==
            start);
    }
    CHECK(initial_constant(Loss::squared, Vector{{1.0, 2.0, 9.0}}) == 4.0);
    CHECK(initial_constant(Loss::absolute, Vector{{9.0, 1.0, 2.0}}) == 2.0);
    CHECK(initial_constant(Loss::huber, Vector{{9.0, 1.0, 2.0, 4.0}}) == 3.0);
    CHECK(close(initial_constant(Loss::logistic, Vector{{1.0, 0.0, 1.0, 1.0}}),
                std::log(3.0), {.ulps = 2}));
  }

  TEST_CASE("a_geometric_remainder_is_left") {
    std::mt19937_64 rng(2);
    const Matrix X = gaussian(30, 1, rng);
    const Vector y = gaussian(30, 1, rng).col(0);
    const BoostOptions options{.max_depth = any_depth, .learning_rate = 0.1};
    const Matrix stages = boost(X, y, options).staged_predict(X);
    REQUIRE(stages.rows() == 101);
    const Vector first = y - stages.row(0).transpose();
    std::vector<double> left;
    for (const Eigen::Index m : {1, 10, 100}) {
      const Vector rest = y - stages.row(m).transpose();
      // A hundred rounds, each with a few roundings of numbers below 3.
      CHECK(close(rest, std::pow(0.9, m) * first, {.abs = 1e-13}));
      left.push_back(rest.norm() / first.norm());
    }
    CHECK(close(left.back(), 2.656e-5, {.rel = 1e-3}));
    EVIDENCE_SERIES("share left after 1, 10, 100 rounds", left);
  }

  TEST_CASE("depth_is_the_interaction_order") {
    std::mt19937_64 rng(3);
    const Matrix X = gaussian(200, 2, rng);
    const Vector y = X.col(0).cwiseProduct(X.col(1)) + X.col(0);
    const Matrix points = gaussian(40, 4, rng);
    const auto mixed_difference = [&](const GradientBoosting& model) {
      const auto at = [&](Eigen::Index a, Eigen::Index b) {
        Matrix P(40, 2);
        P << points.col(a), points.col(b);
        return model.predict(P);
      };
      return Vector(at(0, 1) - at(2, 1) - at(0, 3) + at(2, 3));
    };
    const GradientBoosting stumps = boost(X, y, {.rounds = 50, .max_depth = 1});
    CHECK(close(mixed_difference(stumps), Vector::Zero(40), {.abs = 1e-13}));
    CHECK(stumps.predict(X).maxCoeff() > 1.0);
    const GradientBoosting pairs = boost(X, y, {.rounds = 50, .max_depth = 2});
    CHECK(mixed_difference(pairs).cwiseAbs().maxCoeff() > 0.5);

    const Matrix square{{0.0, 0.0}, {0.0, 1.0}, {1.0, 0.0}, {1.0, 1.0}};
    const Vector exclusive{{0.0, 1.0, 1.0, 0.0}};
    const BoostOptions one{.rounds = 100, .max_depth = 1};
    for (const double error :
         errors(boost(square, exclusive, one), square, exclusive)) {
      CHECK_UNARY(error == 0.25);
    }
    const BoostOptions two{.rounds = 1, .max_depth = 2, .learning_rate = 1.0};
    CHECK(errors(boost(square, exclusive, two), square, exclusive).back() ==
          0.0);
  }

  TEST_CASE("more_rounds_overfit") {
    std::mt19937_64 rng(4);
    Matrix X(200, 1);
    Vector y(200);
    const auto truth = [](double x) {
      return std::sin(2.0 * std::numbers::pi * x);
    };
    for (Eigen::Index i = 0; i < 200; ++i) {
      X(i, 0) = uniform(rng);
      y(i) = truth(X(i, 0)) + 0.5 * normal(rng);
    }
    Matrix grid(201, 1);
    Vector curve(201);
    for (Eigen::Index i = 0; i <= 200; ++i) {
      grid(i, 0) = static_cast<double>(i) / 200.0;
      curve(i) = truth(grid(i, 0));
    }
    const GradientBoosting model =
        boost(X, y, {.rounds = 300, .learning_rate = 0.5});
    const std::vector<double> test = errors(model, grid, curve);
    const std::vector<double> training = errors(model, X, y);
    const auto best = std::min_element(test.begin(), test.end());
    EVIDENCE_SERIES("error against the truth", test);
    EVIDENCE("round with the smallest", best - test.begin());
    EVIDENCE("smallest error", *best);
    EVIDENCE("after 300 rounds", test.back());
    CHECK(best - test.begin() >= 2);
    CHECK(best - test.begin() <= 8);
    CHECK(*best < 0.06);
    CHECK(test.back() > 4.0 * *best);
    CHECK(training.back() < 1e-4);
    CHECK(std::is_sorted(training.rbegin(), training.rend()));
  }

  TEST_CASE("trees_cannot_extrapolate") {
    Matrix X(101, 1);
    for (Eigen::Index i = 0; i <= 100; ++i) {
      X(i, 0) = static_cast<double>(i) / 100.0;
    }
    const GradientBoosting model = boost(X, X.col(0), {.rounds = 200});
    const Vector beyond = model.predict(Matrix{{10.0}, {1.0}, {-10.0}, {0.0}});
    CHECK(beyond(0) < 1.001);
    CHECK(beyond(0) > 0.98);
    CHECK(beyond(0) == beyond(1));
    CHECK(beyond(2) == beyond(3));
    CHECK(beyond(2) > -0.001);
    EVIDENCE("prediction at 10 of y = x on [0, 1]", beyond(0));
  }

  TEST_CASE("logistic_leaves_take_a_newton_step") {
    // F(c) is the loss of a leaf after c is added: its value is -F'(0) / F''(0)
    // by central differences.
    const Vector y{{1.0, 0.0, 1.0, 1.0, 0.0}};
    const Vector f{{-0.3, 0.2, 1.5, -2.0, 0.7}};
    const auto F = [&](double c) {
      return mean_loss(Loss::logistic, y, f.array() + c);
    };
    const double h = 1e-4;  // h^2 and eps / h^2 are both 1e-8
    const double slope = (F(h) - F(-h)) / (2.0 * h);
    const double curvature = (F(h) - 2.0 * F(0.0) + F(-h)) / (h * h);
    CHECK(close(leaf_value(Loss::logistic, y, f, 1.0), -slope / curvature,
                {.abs = 1e-6}));

    const auto [X, benign] = cancer();
    const BoostOptions options{.rounds = 10, .loss = Loss::logistic};
    const double newton =
        mean_loss(Loss::logistic, benign, boost(X, benign, options).predict(X));
    // The same trees with mean residuals in their leaves.
    TreeData data(X, Matrix::Ones(569, 2), Vector::Ones(569));
    Vector log_odds =
        Vector::Constant(569, initial_constant(Loss::logistic, benign));
    int rounds = 0;
    while (rounds < 70 &&
           mean_loss(Loss::logistic, benign, log_odds) > newton) {
      const Vector r = negative_gradient(Loss::logistic, benign, log_odds);
      data.targets.col(1) = r;
      const Tree tree = grow_tree(data, {.max_depth = 3}, VarianceCriterion{});
      const Eigen::VectorXi leaf = tree.apply(X);
      for (Eigen::Index i = 0; i < 569; ++i) {
        const Vector& sum = tree.nodes[static_cast<std::size_t>(leaf(i))].sum;
        log_odds(i) += 0.1 * sum(1) / sum(0);
      }
      ++rounds;
    }
    EVIDENCE("training loss after 10 rounds of Newton leaves", newton);
    EVIDENCE("rounds of mean residuals for the same", rounds);
    CHECK(rounds >= 48);
    CHECK(rounds <= 54);
  }

  TEST_CASE("absolute_and_huber_leaves_ignore_how_far") {
    const Vector y{{1.0, 2.0, 4.0, 1000.0, -3.0}}, f = Vector::Ones(5);
    CHECK(leaf_value(Loss::absolute, y, f, 1.0) == 1.0);
    // Residuals 0, 1, 3, 999, -4: median 1, then the mean of -1, 0, 1, 1, -1
    // for delta = 1, and of -1, 0, 2, 3, -3 for delta = 3.
    CHECK(leaf_value(Loss::huber, y, f, 1.0) == 1.0);
    CHECK(close(leaf_value(Loss::huber, y, f, 3.0), 1.2, {.ulps = 1}));
    CHECK(
        close(leaf_value(Loss::squared, y, f, 1.0), 999.0 / 5.0, {.ulps = 1}));
    // delta is a quantile of |r|: r is -2, -1, 0, 3, 998 at the median of 2, so
    // 2 is the middle one, 3 the fourth. The whole is one leaf.
    const Vector few{{0.0, 1.0, 2.0, 5.0, 1000.0}};
    BoostOptions root{
        .rounds = 1, .max_depth = 0, .learning_rate = 1.0, .loss = Loss::huber};
    const auto after_one = [&](double quantile) {
      root.huber_quantile = quantile;
      return boost(Matrix::Zero(5, 1), few, root).predict(Matrix{{0.0}})(0);
    };
    CHECK(close(after_one(0.5), 2.0 + 1.0 / 5.0, {.ulps = 2}));
    CHECK(close(after_one(0.7), 2.0 + 3.0 / 5.0, {.ulps = 2}));
    // One target in forty-one is off by 1000.
    Matrix X(41, 1);
    for (Eigen::Index i = 0; i <= 40; ++i) {
      X(i, 0) = static_cast<double>(i) / 40.0;
    }
    Vector wild = X.col(0);
    wild(20) += 1000.0;
    std::vector<double> worst;
    for (const Loss loss : {Loss::squared, Loss::absolute, Loss::huber}) {
      const BoostOptions options{.min_samples_leaf = 3, .loss = loss};
      const Vector error = boost(X, wild, options).predict(X) - X.col(0);
      worst.push_back(error.cwiseAbs().maxCoeff());
    }
    EVIDENCE_SERIES("largest error: squared, absolute, Huber", worst);
    CHECK(worst[0] > 100.0);
    CHECK(worst[1] < 0.1);
    CHECK(worst[2] < 0.1);
  }

  TEST_CASE("scikit_learn_has_the_same_figures") {
    // scikit-learn 1.2.1, GradientBoostingRegressor(max_depth=2,
    // criterion="squared_error"), on data/diabetes, random_state 0 to 2:
    // training errors after 1, 2, 5, 10 and 50 rounds, first predictions.
    const Table table = data_set("diabetes");
    const Vector y = table.numbers("progression");
    const Matrix X = table.features();
    const GradientBoosting model = boost(X, y, {.rounds = 50, .max_depth = 2});
    const std::vector<double> got = errors(model, X, y);
    const std::vector<double> some = {got[1], got[2], got[5], got[10], got[50]};
    CHECK(close(some,
                std::vector<double>{5441.6162848658, 5042.724098792637,
                                    4162.757773775793, 3378.915225378227,
                                    2182.7887195090857},
                {.rel = 1e-12}));
    CHECK(close(
        model.predict(X).head(3),
        Vector{{186.42719555671908, 87.0573639269185, 176.55616558769864}},
        {.rel = 1e-12}));
    // GradientBoostingClassifier(criterion="squared_error") on the ten "worst"
    // features of data/breast_cancer: log loss after 1, 2, 3, 5, 10 rounds.
    // After that its random_state decides ties.
    const auto [worst, benign] = cancer();
    const Matrix stages =
        boost(worst, benign, {.rounds = 10, .loss = Loss::logistic})
            .staged_predict(worst);
    std::vector<double> losses;
    for (const Eigen::Index m : {1, 2, 3, 5, 10}) {
      losses.push_back(mean_loss(Loss::logistic, benign, stages.row(m)));
    }
    CHECK(close(losses,
                std::vector<double>{0.5730429989885027, 0.5043898638641814,
                                    0.4481348631963969, 0.3593401670964416,
                                    0.22406337816906507},
                {.rel = 1e-12}));
    EVIDENCE_SERIES("log loss on Breast cancer, rounds 1, 2, 3, 5, 10", losses);
  }

  TEST_CASE("each_tree_sees_its_own_sample") {
    std::mt19937_64 rng(5);
    const Matrix X = gaussian(101, 3, rng);
    const Vector y = X.col(0) + gaussian(101, 1, rng).col(0);
    const BoostOptions half{.rounds = 20, .max_depth = 2, .subsample = 0.5};
    std::mt19937_64 first(6), second(6), third(7);
    const Vector a = GradientBoosting::fit(X, y, half, first).predict(X);
    CHECK(close(GradientBoosting::fit(X, y, half, second).predict(X), a));
    const GradientBoosting other = GradientBoosting::fit(X, y, half, third);
    CHECK(largest_difference(other.predict(X), a) > 1e-3);
    // Half of them, without replacement, and another half each round.
    std::set<double> root_sums;
    for (const Tree& tree : other.trees) {
      CHECK(tree.nodes[0].sum(0) == 50.0);
      CHECK(tree.nodes[0].last == 50);
      root_sums.insert(tree.nodes[0].sum(1));
    }
    CHECK(root_sums.size() == 20);
    // A leaf's value comes from those samples alone: grown fully on half of
    // them at rate 1, the first round fits exactly that half.
    std::mt19937_64 fourth(8);
    const GradientBoosting exact =
        GradientBoosting::fit(X, y,
                              {.rounds = 1,
                               .max_depth = any_depth,
                               .learning_rate = 1.0,
                               .subsample = 0.5},
                              fourth);
    const Vector miss = (exact.predict(X) - y).cwiseAbs();
    CHECK((miss.array() < 1e-12).count() == 50);
    // With all samples the engine stays untouched.
    std::mt19937_64 used(9), fresh(9);
    GradientBoosting::fit(X, y, {.rounds = 2}, used);
    CHECK(used == fresh);
  }
}

TEST_SUITE("algorithms/gradient_boosting extra") {
  TEST_CASE("quantiles") {
    const Vector v{{4.0, 1.0, 3.0, 2.0}};
    CHECK(quantile(v, 0.5) == 2.5);
    CHECK(quantile(v, 0.25) == 1.5);
    CHECK(quantile(v, 0.9) == 4.0);
    CHECK(quantile(v, 0.1) == 1.0);
    CHECK(quantile(Vector{{7.0}}, 0.5) == 7.0);
    CHECK(quantile(Vector{{3.0, 1.0, 2.0}}, 0.5) == 2.0);
  }

  TEST_CASE("degenerate inputs") {
    const Matrix one{{1.0, 2.0}};
    CHECK(boost(one, Vector{{5.0}}, {}).predict(one)(0) == 5.0);
    const Matrix same = Matrix::Ones(4, 1);
    CHECK(close(boost(same, Vector{{1.0, 2.0, 3.0, 6.0}}, {}).predict(same),
                Vector::Constant(4, 3.0), {.abs = 1e-14}));
    CHECK(boost(same, Vector{{1.0, 2.0, 3.0, 6.0}}, {.rounds = 0})
              .staged_predict(same)
              .rows() == 1);
    // Separable classes: no infinity, even when all is fitted.
    const Matrix two{{0.0}, {1.0}};
    const Vector f =
        boost(two, Vector{{0.0, 1.0}},
              {.rounds = 2000, .learning_rate = 1.0, .loss = Loss::logistic})
            .predict(two);
    CHECK(std::isfinite(f(1)));
    CHECK(f(1) > 20.0);
    CHECK(leaf_value(Loss::logistic, Vector{{1.0}}, Vector{{800.0}}, 1.0) ==
          0.0);
    // A sample is left to draw even when the share rounds to none.
    std::mt19937_64 rng(0);
    CHECK(drawn(3, 0.01, rng).sum() == 1.0);
  }

  TEST_CASE("a minimum leaf size is passed on") {
    Matrix X(10, 1);
    for (Eigen::Index i = 0; i < 10; ++i) X(i, 0) = static_cast<double>(i);
    const GradientBoosting model =
        boost(X, X.col(0), {.rounds = 5, .min_samples_leaf = 4});
    for (const Tree& tree : model.trees) CHECK(tree.leaves() == 2);
  }

  TEST_CASE("arguments that break the contract are refused") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const Matrix X{{0.0}, {1.0}};
    const Vector y{{0.0, 1.0}};
    CHECK_THROWS_WITH(boost(X, y, {.learning_rate = 0.0}),
                      "GradientBoosting: need a finite learning_rate > 0, got "
                      "0");
    CHECK_THROWS_AS(
        boost(X, y, {.learning_rate = std::numeric_limits<double>::infinity()}),
        std::invalid_argument);
    CHECK_THROWS_WITH(boost(X, y, {.subsample = 0.0}),
                      "GradientBoosting: need 0 < subsample <= 1, got 0");
    CHECK_THROWS_AS(boost(X, y, {.subsample = 1.1}), std::invalid_argument);
    CHECK_THROWS_WITH(boost(X, y, {.rounds = -1}),
                      "GradientBoosting: need rounds >= 0, got -1");
    CHECK_THROWS_WITH(boost(X, y, {.huber_quantile = 1.0}),
                      "GradientBoosting: need 0 < huber_quantile < 1, got 1");
    CHECK_THROWS_AS(boost(X, y, {.huber_quantile = 0.0}),
                    std::invalid_argument);
    CHECK_THROWS_AS(boost(X, y, {.max_depth = -1}), std::invalid_argument);
    CHECK_THROWS_WITH(boost(X, Vector{{0.0, nan}}, {}),
                      "GradientBoosting: y(1) is nan");
    CHECK_THROWS_WITH(boost(Matrix(0, 1), Vector(), {}),
                      "GradientBoosting: need samples, got none");
    CHECK_THROWS_WITH(boost(X, Vector{{0.0, 0.5}}, {.loss = Loss::logistic}),
                      "GradientBoosting: need labels 0 and 1 for the logistic "
                      "loss");
    CHECK_THROWS_WITH(boost(X, Vector{{1.0, 1.0}}, {.loss = Loss::logistic}),
                      "GradientBoosting: all labels are 1");
    CHECK_THROWS_AS(boost(X, Vector::Ones(3), {}), std::invalid_argument);
    CHECK_THROWS_WITH(initial_constant(Loss::squared, Vector()),
                      "initial_constant: need a target, got none");
  }
}
