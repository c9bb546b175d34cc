// Verifies the claims of questions/algorithms/xgboost.md.
#include <whiteboard/algorithms/gradient_boosting.hpp>
#include <whiteboard/algorithms/xgboost.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/finite_differences.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::algorithms;
using whiteboard::testing::data_set;
using whiteboard::testing::gaussian;
using whiteboard::testing::numerical_gradient;

namespace {

const double missing = std::numeric_limits<double>::quiet_NaN();

/// Eq. (3), the objective of a leaf of weight w.
double objective(double w, double G, double H, double lambda, double alpha) {
  return G * w + 0.5 * (H + lambda) * w * w + alpha * std::abs(w);
}

/// Its least value on a fine grid that contains 0.
double least(double G, double H, double lambda, double alpha) {
  double best = 0.0;
  for (int k = -20'000; k <= 20'000; ++k) {
    best = std::min(best, objective(k / 2000.0, G, H, lambda, alpha));
  }
  return best;
}

const TreeNode& node(const XgBoost& model, std::size_t id) {
  return model.trees[0].nodes[id];
}

/// Mean squared error of the first rounds.
double mse(const XgBoost& model, const Matrix& X, const Vector& y,
           std::size_t rounds) {
  XgBoost first = model;
  first.trees.resize(rounds);
  first.weights.resize(rounds);
  return (first.predict(X) - y).squaredNorm() / static_cast<double>(y.size());
}
double log_loss(const XgBoost& model, const Matrix& X, const Vector& y,
                std::size_t rounds) {
  XgBoost first = model;
  first.trees.resize(rounds);
  first.weights.resize(rounds);
  return mean_loss(Loss::logistic, y, first.predict_margin(X));
}

/// The example of the page: four samples.
const Matrix four{{10.0}, {20.0}, {25.0}, {35.0}};
const Vector doses{{-10.0, 7.0, 8.0, -7.0}};

}  // namespace

TEST_SUITE("algorithms/xgboost") {
  TEST_CASE("pairs_are_the_first_two_derivatives") {
    std::mt19937_64 rng(0);
    const Vector f = 2.0 * gaussian(10, 1, rng).col(0);
    const Vector numbers = gaussian(10, 1, rng).col(0);
    const Vector labels = (numbers.array() > 0.0).cast<double>();
    for (const Objective kind :
         {Objective::squared_error, Objective::logistic}) {
      const bool logistic = kind == Objective::logistic;
      const Vector& y = logistic ? labels : numbers;
      const auto loss = [&](const Vector& at) {
        return 10.0 *
               mean_loss(logistic ? Loss::logistic : Loss::squared, y, at);
      };
      const auto slope = [&](const Vector& at) {
        return gradient_pairs(kind, y, at).col(0).sum();
      };
      const Matrix pairs = gradient_pairs(kind, y, f);
      CHECK(close(pairs.col(0), numerical_gradient(loss, f), {.abs = 1e-7}));
      CHECK(close(pairs.col(1), numerical_gradient(slope, f), {.abs = 1e-7}));
    }
    const Matrix sure =
        gradient_pairs(Objective::logistic, Vector{{1.0}}, Vector{{800.0}});
    CHECK(sure(0, 0) == 0.0);
    CHECK(sure(0, 1) > 0.0);
  }

  TEST_CASE("weight_and_gain_minimise_the_objective") {
    std::mt19937_64 rng(1);
    for (int trial = 0; trial < 12; ++trial) {
      const double GL = uniform(-6.0, 6.0, rng), HL = uniform(0.5, 4.0, rng);
      const double GR = uniform(-6.0, 6.0, rng), HR = uniform(0.5, 4.0, rng);
      const double lambda = trial % 3, alpha = trial % 2 ? 0.8 : 0.0;
      const double w = leaf_weight(GL, HL, lambda, alpha);
      const double l = least(GL, HL, lambda, alpha);
      const double r = least(GR, HR, lambda, alpha);
      // The grid is 1/2000 wide: off by at most (H + lambda) / 2 / 4000^2.
      CHECK(close(objective(w, GL, HL, lambda, alpha), l, {.abs = 1e-6}));
      CHECK(objective(w, GL, HL, lambda, alpha) <= l + 1e-12);
      const double before = least(GL + GR, HL + HR, lambda, alpha);
      CHECK(close(split_gain(GL, HL, GR, HR, lambda, alpha),
                  2.0 * (before - l - r), {.abs = 1e-5}));
    }
    // 4 / 2 + 9 / 3 - 1 / 5 by hand, without penalties; and lambda can turn a
    // gain into a loss.
    CHECK(close(split_gain(-2.0, 2.0, 3.0, 3.0, 0.0), 4.8, {.ulps = 2}));
    CHECK(split_gain(2.0, 1.0, 2.0, 1.0, 0.0) == 0.0);
    CHECK(split_gain(2.0, 1.0, 2.0, 1.0, 1.0) < -1.0);
  }

  TEST_CASE("four_samples_by_hand_and_by_the_library") {
    // XGBoost 1.7.4, tree_method="exact", max_depth=2: gains 120.333336,
    // 140.166672; 62.4874992, 82.8958359 for lambda = 1 (floats).
    const auto plain =
        XgBoost::fit(four, doses, {.rounds = 1, .max_depth = 2, .lambda = 0.0});
    REQUIRE(plain.trees[0].nodes.size() == 5);
    CHECK(node(plain, 0).split.threshold == 15.0);
    CHECK(node(plain, 2).split.threshold == 30.0);
    // Residuals -10.5, 6.5, 7.5, -7.5: 10.5^2 + 6.5^2 / 3 - 4^2 / 4.
    CHECK(close(node(plain, 0).split.gain, 722.0 / 6.0, {.rel = 1e-15}));
    CHECK(close(node(plain, 2).split.gain, 841.0 / 6.0, {.rel = 1e-15}));
    CHECK(close(Vector(plain.weights[0](std::vector<int>{1, 3, 4})),
                Vector{{-3.15, 2.10, -2.25}}, {.rel = 1e-15}));
    const auto shrunk =
        XgBoost::fit(four, doses, {.rounds = 1, .max_depth = 2});
    REQUIRE(shrunk.trees[0].nodes.size() == 5);
    CHECK(node(shrunk, 0).split.threshold == 15.0);
    CHECK(node(shrunk, 2).split.threshold == 30.0);
    CHECK(close(node(shrunk, 0).split.gain, 62.4875, {.rel = 1e-15}));
    CHECK(close(node(shrunk, 2).split.gain, 82.8958359, {.rel = 1e-7}));
    CHECK(close(Vector(shrunk.weights[0](std::vector<int>{1, 3, 4})),
                Vector{{-1.575, 1.4, -1.125}}, {.rel = 1e-15}));
    EVIDENCE("gain at the root", node(plain, 0).split.gain);
    EVIDENCE("gain below it", node(plain, 2).split.gain);
    CHECK(close(plain.predict(four), Vector{{0.5 - 3.15, 2.6, 2.6, 0.5 - 2.25}},
                {.rel = 1e-15}));
  }

  TEST_CASE("gamma_prunes_from_the_leaves_up") {
    const auto leaves = [](double lambda, double gamma) {
      return XgBoost::fit(
          four, doses,
          {.rounds = 1, .max_depth = 2, .lambda = lambda, .gamma = gamma});
    };
    // The root gains 120.3 and is kept at 130 for its child's sake; a rule that
    // stops on the way down would have had no child to see.
    CHECK(leaves(0.0, 130.0).trees[0].leaves() == 3);
    CHECK(leaves(0.0, 141.0).trees[0].leaves() == 1);
    CHECK(leaves(1.0, 80.0).trees[0].leaves() == 3);
    const XgBoost root = leaves(1.0, 130.0);
    REQUIRE(root.trees[0].nodes.size() == 1);
    // The library prints -0.24000001 and, for lambda = 0, -0.300000012.
    CHECK(close(root.weights[0](0), -0.24, {.rel = 1e-15}));
    CHECK(close(leaves(0.0, 141.0).weights[0](0), -0.3, {.rel = 1e-15}));
    // A split at exactly gamma stays.
    const double gain = node(leaves(0.0, 0.0), 2).split.gain;
    CHECK(leaves(0.0, gain).trees[0].leaves() == 3);
    CHECK(leaves(0.0, std::nextafter(gain, 1e3)).trees[0].leaves() == 1);
  }

  TEST_CASE("logistic_loss_uses_p_and_its_variance") {
    Matrix X(8, 1);
    for (Eigen::Index i = 0; i < 8; ++i) X(i, 0) = static_cast<double>(i);
    const Vector y{{0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0}};
    XgbOptions options{.rounds = 1,
                       .max_depth = 1,
                       .eta = 1.0,
                       .min_child_weight = 0.0,
                       .objective = Objective::logistic};
    const auto model = XgBoost::fit(X, y, options);
    CHECK(model.start == 0.0);
    // Cut at 4.5: G = 1.5, H = 1.25 on the left, -1.5 and 0.75 on the right.
    CHECK(close(split_gain(1.5, 1.25, -1.5, 0.75, 1.0), 16.0 / 7.0,
                {.rel = 1e-15}));
    CHECK(close(leaf_weight(1.5, 1.25, 1.0), -2.0 / 3.0, {.rel = 1e-15}));
    CHECK(close(leaf_weight(-1.5, 0.75, 1.0), 6.0 / 7.0, {.rel = 1e-15}));
    // Cut at 2.5: the mirror image, a tie, which goes to the lower threshold.
    // XGBoost 1.7.4 sweeps from above and takes 4.5.
    CHECK(node(model, 0).split.threshold == 2.5);
    CHECK(close(node(model, 0).split.gain, 16.0 / 7.0, {.rel = 1e-15}));
    CHECK(close(model.weights[0].tail(2), Vector{{-6.0 / 7.0, 2.0 / 3.0}},
                {.rel = 1e-15}));
    EVIDENCE("gain at 2.5 and 4.5", node(model, 0).split.gain);
    CHECK(close(model.predict(X)(7), 1.0 / (1.0 + std::exp(-2.0 / 3.0)),
                {.rel = 1e-15}));
    // XGBoost 1.7.4 at lambda = 0: gain 4.80000019, leaves -1.2 and 2.
    CHECK(close(split_gain(1.5, 1.25, -1.5, 0.75, 0.0), 4.8, {.rel = 1e-15}));
    CHECK(close(leaf_weight(1.5, 1.25, 0.0), -1.2, {.rel = 1e-15}));
    CHECK(leaf_weight(-1.5, 0.75, 0.0) == 2.0);
    // min_child_weight counts p (1 - p): 1/4 a sample at p = 1/2.
    options.min_child_weight = 0.75;
    CHECK(node(XgBoost::fit(X, y, options), 0).split.threshold == 2.5);
    options.min_child_weight = 1.0;
    CHECK(node(XgBoost::fit(X, y, options), 0).split.threshold == 3.5);
    options.min_child_weight = 1.01;
    CHECK(XgBoost::fit(X, y, options).trees[0].leaves() == 1);
  }

  TEST_CASE("the_l1_penalty_zeroes_leaves") {
    const Matrix X = Matrix::Zero(4, 1);
    const Vector y{{1.0, 2.0, 3.0, 4.0}};
    const auto leaf = [&](double alpha) {
      return XgBoost::fit(X, y,
                          {.rounds = 1,
                           .eta = 1.0,
                           .lambda = 1.0,
                           .alpha = alpha,
                           .base_score = 0.0})
          .weights[0](0);
    };
    // (10 - alpha) / 5; XGBoost 1.7.4: 2, 1.60000002 and -0.
    CHECK(leaf(0.0) == 2.0);
    CHECK(close(leaf(2.0), 1.6, {.ulps = 1}));
    CHECK(leaf(11.0) == 0.0);
    CHECK(soft_threshold(3.0, 1.0) == 2.0);
    CHECK(soft_threshold(-3.0, 1.0) == -2.0);
    CHECK(soft_threshold(-0.5, 1.0) == 0.0);
    // lambda shrinks and never reaches 0.
    CHECK(close(leaf_weight(-10.0, 4.0, 1e6), 1e-5, {.rel = 1e-5}));
  }

  TEST_CASE("missing_values_take_the_better_side") {
    const Matrix X{{1.0}, {2.0}, {3.0}, {4.0}, {missing}, {missing}};
    const auto stump = [&](const Vector& y) {
      return XgBoost::fit(X, y, {.rounds = 1, .max_depth = 1});
    };
    // XGBoost 1.7.4: f0 < 2.5, missing=2 (right), gain 93.5619049, leaves -0.1
    // and 2.28; with zeros at the end missing=1, 79.8476257, -0.12, 1.9.
    const auto right = stump(Vector{{0.0, 0.0, 10.0, 10.0, 10.0, 10.0}});
    CHECK(node(right, 0).split.threshold == 2.5);
    CHECK(!node(right, 0).split.missing_left);
    CHECK(close(node(right, 0).split.gain, 93.5619049, {.rel = 1e-7}));
    CHECK(
        close(right.weights[0].tail(2), Vector{{-0.1, 2.28}}, {.rel = 1e-14}));
    const auto left = stump(Vector{{0.0, 0.0, 10.0, 10.0, 0.0, 0.0}});
    CHECK(node(left, 0).split.threshold == 2.5);
    CHECK(node(left, 0).split.missing_left);
    CHECK(close(node(left, 0).split.gain, 79.8476257, {.rel = 1e-7}));
    CHECK(close(left.weights[0].tail(2), Vector{{-0.12, 1.9}}, {.rel = 1e-14}));
    CHECK(left.predict(Matrix{{missing}})(0) == left.predict(Matrix{{1.0}})(0));
  }

  TEST_CASE("gradient_boosting_is_the_special_case") {
    const Table table = data_set("diabetes");
    const Matrix X = table.features().topRows(150);
    const Vector y = table.numbers("progression").head(150);
    std::mt19937_64 unused(0);
    const auto plain = GradientBoosting::fit(
        X, y, {.rounds = 10, .max_depth = 3, .learning_rate = 0.3}, unused);
    const auto second = XgBoost::fit(
        X, y,
        {.rounds = 10, .max_depth = 3, .lambda = 0.0, .base_score = y.mean()});
    // Sums of up to 150 numbers below 350, ten times.
    CHECK(close(second.predict(X), plain.predict(X), {.abs = 1e-10}));
    const auto whole = XgBoost::fit(
        X, y, {.rounds = 1, .max_depth = 0, .eta = 1.0, .lambda = 0.0});
    CHECK(close(whole.predict(X).head(1), y.mean(), {.rel = 1e-14}));
    // With lambda it is another model.
    const auto ridge = XgBoost::fit(
        X, y, {.rounds = 10, .max_depth = 3, .base_score = y.mean()});
    CHECK(largest_difference(ridge.predict(X), plain.predict(X)) > 1.0);
  }

  TEST_CASE("the_library_has_the_same_figures") {
    // XGBoost 1.7.4, exact, max_depth=3, defaults otherwise. It keeps X, g and
    // predictions in float: 24 bits, a few of them lost over ten rounds.
    const whiteboard::testing::Tolerance floats{.rel = 1e-5};
    const Table table = data_set("diabetes");
    const Matrix X = table.features();
    const Vector y = table.numbers("progression");
    const auto model = XgBoost::fit(X, y, {.rounds = 10, .max_depth = 3});
    const std::vector<Eigen::Index> feature = {8, 2, 2, 6, 0, 2, 2};
    const std::vector<double> threshold = {4.60015011, 26.9500008, 27.75, 55.5,
                                           66.0,       24.2000008, 32.75};
    const std::vector<double> gain = {738191.0, 126327.25, 183923.5, 18392.375,
                                      7976.625, 18257.25,  18182.5};
    const std::vector<double> leaf = {32.1221581, 24.5682373, 47.7750015,
                                      15.9000006, 40.0464325, 52.1309204,
                                      61.6211548, 77.9953156};
    REQUIRE(model.trees[0].nodes.size() == 15);
    for (std::size_t id = 0; id < 7; ++id) {
      CHECK(node(model, id).split.feature == feature[id]);
      CHECK(
          close(node(model, id).split.threshold, threshold[id], {.rel = 1e-7}));
      // A difference of scores near 10^7, where floats are 1 apart.
      CHECK(close(node(model, id).split.gain, gain[id], {.abs = 2.0}));
    }
    CHECK(close(model.weights[0].tail(8), leaf, {.rel = 1e-6}));
    const std::vector<std::size_t> rounds = {1, 2, 5, 10};
    const auto path = [&](const XgBoost& m, const Matrix& at) {
      std::vector<double> result;
      for (const std::size_t r : rounds) result.push_back(mse(m, at, y, r));
      return result;
    };
    CHECK(close(path(model, X),
                std::vector<double>{15899.00449745767, 9297.46974468412,
                                    3281.1835734667857, 2088.036992314754},
                floats));
    EVIDENCE_SERIES("error on Diabetes, rounds 1, 2, 5, 10", path(model, X));
    // All penalties at once: alpha=200, gamma=20000, min_child_weight=20.
    const auto penalised = XgBoost::fit(X, y,
                                        {.rounds = 10,
                                         .max_depth = 3,
                                         .alpha = 200.0,
                                         .gamma = 20000.0,
                                         .min_child_weight = 20.0});
    CHECK(close(path(penalised, X),
                std::vector<double>{16112.503211702486, 9723.303911134093,
                                    3729.111377226661, 2674.856897825372},
                floats));
    Eigen::Index leaves = 0;
    for (const Tree& tree : penalised.trees) leaves += tree.leaves();
    CHECK(leaves == 34);
    // Every seventh entry missing, (3 i + 5 j) mod 7 = 0.
    Matrix holes = X;
    for (Eigen::Index i = 0; i < X.rows(); ++i) {
      for (Eigen::Index j = 0; j < X.cols(); ++j) {
        if ((3 * i + 5 * j) % 7 == 0) holes(i, j) = missing;
      }
    }
    const auto sparse = XgBoost::fit(holes, y, {.rounds = 10, .max_depth = 3});
    CHECK(close(path(sparse, holes),
                std::vector<double>{15980.458572413843, 9462.546778548767,
                                    3353.965017815186, 2075.4248216527612},
                floats));
    const std::vector<bool> missing_left = {false, true, false, true,
                                            false, true, false};
    for (std::size_t id = 0; id < 7; ++id) {
      CHECK(node(sparse, id).split.missing_left == missing_left[id]);
    }
  }

  TEST_CASE("the_library_has_the_same_log_losses") {
    // XGBoost 1.7.4, binary:logistic, exact, max_depth=3, on the ten "worst"
    // features of data/breast_cancer, benign as 1.
    const Table table = data_set("breast_cancer");
    const Matrix X = table.features().rightCols(10);
    const Labels labels = table.labels("diagnosis");
    Vector y(569);
    for (Eigen::Index i = 0; i < 569; ++i) {
      const auto id = static_cast<std::size_t>(labels.ids(i));
      y(i) = labels.classes[id] == "benign" ? 1.0 : 0.0;
    }
    const auto model = XgBoost::fit(
        X, y, {.rounds = 10, .max_depth = 3, .objective = Objective::logistic});
    CHECK(node(model, 0).split.feature == 0);
    CHECK(close(node(model, 0).split.gain, 364.585419, {.rel = 1e-6}));
    CHECK(close(model.weights[0].tail(8),
                Vector{{0.150000006, 0.578378439, 0.286956549, -0.406451643,
                        0.41538465, -0.400000036, -0.0666666701, -0.586046517}},
                {.rel = 1e-6}));
    std::vector<double> losses;
    for (const std::size_t rounds : {1u, 2u, 3u, 5u, 10u}) {
      losses.push_back(log_loss(model, X, y, rounds));
    }
    CHECK(close(losses,
                std::vector<double>{0.46509676456798343, 0.3387634561486253,
                                    0.25946338761669274, 0.164208360723988,
                                    0.07244407206180445},
                {.rel = 1e-4}));
    EVIDENCE_SERIES("log loss, rounds 1, 2, 3, 5, 10", losses);
  }
}

TEST_SUITE("algorithms/xgboost extra") {
  TEST_CASE("a weight on positives repeats them") {
    Matrix X(6, 1);
    for (Eigen::Index i = 0; i < 6; ++i) X(i, 0) = static_cast<double>(i);
    const Vector y{{0.0, 1.0, 0.0, 1.0, 1.0, 0.0}};
    const std::vector<int> rows = {0, 1, 1, 1, 2, 3, 3, 3, 4, 4, 4, 5};
    XgbOptions options{
        .rounds = 5, .max_depth = 2, .objective = Objective::logistic};
    const Matrix repeated_X = X(rows, Eigen::all);
    const Vector repeated =
        XgBoost::fit(repeated_X, y(rows), options).predict_margin(X);
    options.scale_pos_weight = 3.0;
    const Vector weighted = XgBoost::fit(X, y, options).predict_margin(X);
    CHECK(close(weighted, repeated, {.abs = 1e-14}));
    CHECK(weighted.minCoeff() < weighted.maxCoeff());
  }

  TEST_CASE("degenerate inputs") {
    const Matrix one{{1.0, missing}};
    const auto single =
        XgBoost::fit(one, Vector{{5.0}}, {.rounds = 1, .eta = 1.0});
    CHECK(single.predict(one)(0) == 0.5 + 4.5 / 2.0);
    CHECK(XgBoost::fit(one, Vector{{5.0}}, {.rounds = 0}).predict(one)(0) ==
          0.5);
    // XOR gains nothing at the root: unlike a plain tree, it stops there.
    const Matrix square{{0.0, 0.0}, {0.0, 1.0}, {1.0, 0.0}, {1.0, 1.0}};
    const auto xor_model =
        XgBoost::fit(square, Vector{{0.0, 1.0, 1.0, 0.0}}, {.rounds = 1});
    CHECK(xor_model.trees[0].leaves() == 1);
    // The curvature of the last sample is lost beside 10^20: what is left of H
    // for it is 0, and that is no child.
    const auto lost =
        XgBoost::fit(Matrix{{0.0}, {1.0}, {2.0}}, Vector{{1.0, 1.0, 0.0}},
                     {.rounds = 1,
                      .lambda = 0.0,
                      .min_child_weight = 0.0,
                      .scale_pos_weight = 1e20,
                      .objective = Objective::logistic});
    CHECK(lost.trees[0].leaves() == 1);
    // The start of a logistic model is a probability.
    const auto start = XgBoost::fit(
        square, Vector{{0.0, 1.0, 1.0, 0.0}},
        {.rounds = 0, .base_score = 0.2, .objective = Objective::logistic});
    CHECK(close(start.predict(square), Vector::Constant(4, 0.2), {.ulps = 2}));
    CHECK(close(start.start, std::log(0.25), {.ulps = 2}));
  }

  TEST_CASE("arguments that break the contract are refused") {
    const Matrix X{{0.0}, {1.0}};
    const Vector y{{0.0, 1.0}};
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK_THROWS_WITH(leaf_weight(1.0, 0.0, 0.0),
                      "xgboost: need H + lambda > 0, got H = 0, lambda = 0");
    CHECK_THROWS_WITH(leaf_weight(1.0, 1.0, 0.0, -1.0),
                      "xgboost: need alpha >= 0, got -1");
    CHECK_THROWS_AS(split_gain(1.0, 0.0, 1.0, 1.0, 0.0), std::invalid_argument);
    CHECK_THROWS_AS(split_gain(1.0, 1.0, 1.0, 0.0, 0.0), std::invalid_argument);
    CHECK_THROWS_WITH(XgBoost::fit(X, y, {.rounds = -1}),
                      "XgBoost: need rounds >= 0, got -1");
    CHECK_THROWS_WITH(XgBoost::fit(X, y, {.lambda = -1.0}),
                      "XgBoost: need finite penalties >= 0, got -1");
    CHECK_THROWS_AS(XgBoost::fit(X, y, {.alpha = -1.0}), std::invalid_argument);
    CHECK_THROWS_AS(XgBoost::fit(X, y, {.gamma = infinity}),
                    std::invalid_argument);
    CHECK_THROWS_AS(XgBoost::fit(X, y, {.min_child_weight = -1.0}),
                    std::invalid_argument);
    CHECK_THROWS_WITH(
        XgBoost::fit(X, y, {.eta = 0.0}),
        "XgBoost: need finite eta and scale_pos_weight > 0, got 0 and 1");
    CHECK_THROWS_AS(XgBoost::fit(X, y, {.eta = infinity}),
                    std::invalid_argument);
    CHECK_THROWS_AS(XgBoost::fit(X, y, {.scale_pos_weight = infinity}),
                    std::invalid_argument);
    CHECK_THROWS_AS(XgBoost::fit(X, y, {.scale_pos_weight = 0.0}),
                    std::invalid_argument);
    CHECK_THROWS_WITH(XgBoost::fit(X, y, {.base_score = infinity}),
                      "XgBoost: base_score is inf");
    const auto logistic = [&](const Vector& labels, double base) {
      return XgBoost::fit(
          X, labels, {.base_score = base, .objective = Objective::logistic});
    };
    CHECK_THROWS_WITH(
        logistic(Vector{{0.0, 2.0}}, 0.5),
        "XgBoost: need labels 0 and 1 for the logistic objective");
    CHECK_THROWS_WITH(logistic(y, 1.0),
                      "XgBoost: need 0 < base_score < 1, got 1");
    CHECK_THROWS_AS(logistic(y, 0.0), std::invalid_argument);
    CHECK_THROWS_WITH(XgBoost::fit(X, Vector{{0.0, missing}}),
                      "XgBoost: y(1) is nan");
    CHECK_THROWS_WITH(XgBoost::fit(Matrix{{0.0}, {infinity}}, y),
                      "XgBoost: X is infinite somewhere");
    CHECK_THROWS_AS(XgBoost::fit(X, Vector::Ones(3)), std::invalid_argument);
    CHECK_THROWS_AS(XgBoost::fit(Matrix(0, 1), Vector()),
                    std::invalid_argument);
  }
}
