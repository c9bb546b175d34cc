// Verifies the claims of questions/algorithms/random_forest.md.
#include <whiteboard/algorithms/random_forest.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

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
using LabelList = std::vector<int>;

namespace {

/// The ten features that begin with "worst", and the diagnoses.
struct Cancer {
  Matrix X;
  LabelList y;
};
Cancer cancer() {
  const Table table = data_set("breast_cancer");
  const Eigen::VectorXi ids = table.labels("diagnosis").ids;
  return {table.features().rightCols(10), {ids.begin(), ids.end()}};
}

double share_right(const Eigen::VectorXi& got, const LabelList& want) {
  REQUIRE(got.size() == std::ssize(want));
  double right = 0.0;
  for (Eigen::Index i = 0; i < got.size(); ++i) {
    right += got(i) == want[static_cast<std::size_t>(i)];
  }
  return right / static_cast<double>(got.size());
}

/// Friedman's function of the first five of ten features on [0, 1].
struct Friedman {
  Matrix X;
  Vector y;
};
Friedman friedman(Eigen::Index n, double noise, std::mt19937_64& rng) {
  Friedman data{Matrix(n, 10), Vector(n)};
  for (Eigen::Index i = 0; i < n; ++i) {
    for (double& x : data.X.row(i)) x = uniform(rng);
    const auto x = [&](Eigen::Index j) { return data.X(i, j); };
    data.y(i) = 10.0 * std::sin(std::numbers::pi * x(0) * x(1)) +
                20.0 * (x(2) - 0.5) * (x(2) - 0.5) + 10.0 * x(3) + 5.0 * x(4) +
                noise * normal(rng);
  }
  return data;
}

/// Accuracy of three-fold cross-validation, sample i in fold i mod 3.
template <class Fit>
double cross_validated(const Cancer& data, Fit fit) {
  double right = 0.0;
  for (Eigen::Index fold = 0; fold < 3; ++fold) {
    std::vector<Eigen::Index> in, out;
    LabelList y_in, y_out;
    for (Eigen::Index i = 0; i < data.X.rows(); ++i) {
      (i % 3 == fold ? out : in).push_back(i);
      (i % 3 == fold ? y_out : y_in)
          .push_back(data.y[static_cast<std::size_t>(i)]);
    }
    const auto model = fit(Matrix(data.X(in, Eigen::all)), y_in);
    right += share_right(model.predict(data.X(out, Eigen::all)), y_out) *
             static_cast<double>(out.size());
  }
  return right / static_cast<double>(data.X.rows());
}

/// Among `trees` stumps, those whose root has one of the first two features,
/// which are the labels; the others are constant in all but one sample.
double relevant_roots(Eigen::Index d, Eigen::Index max_features, int trees) {
  Matrix X = Matrix::Zero(12, d);
  LabelList y;
  for (Eigen::Index i = 0; i < 12; ++i) {
    y.push_back(static_cast<int>(i % 2));
    X(i, 0) = X(i, 1) = static_cast<double>(i % 2);
    for (Eigen::Index j = 2; j < d; ++j) X(i, j) = i == j % 12 ? 1.0 : 0.0;
  }
  std::mt19937_64 rng(3);
  const auto forest = RandomForestClassifier::fit(X, y,
                                                  {.trees = trees,
                                                   .max_features = max_features,
                                                   .bootstrap = false,
                                                   .tree = {.max_depth = 1}},
                                                  rng);
  double relevant = 0.0;
  for (const Tree& tree : forest.forest.trees) {
    relevant += tree.nodes[0].split.feature < 2;
  }
  return relevant / trees;
}

}  // namespace

TEST_SUITE("algorithms/random_forest") {
  TEST_CASE("breast_cancer_in_and_out_of_the_bag") {
    const Cancer data = cancer();
    std::mt19937_64 rng(0);
    const auto forest = RandomForestClassifier::fit(
        data.X, data.y, {.trees = 50, .max_features = 3}, rng);
    CHECK(share_right(forest.predict(data.X), data.y) == 1.0);
    REQUIRE(forest.oob_score.has_value());
    // scikit-learn 1.2.1, six seeds of 50 trees: 0.9584 +- 0.0044.
    CHECK(close(*forest.oob_score, 0.9584, {.abs = 5.0 * 0.0044}));
    const double validated =
        cross_validated(data, [&](const Matrix& X, const LabelList& y) {
          return RandomForestClassifier::fit(
              X, y, {.trees = 20, .max_features = 3}, rng);
        });
    const double single =
        cross_validated(data, [](const Matrix& X, const LabelList& y) {
          return DecisionTreeClassifier::fit(X, y);
        });
    EVIDENCE("out of bag", *forest.oob_score);
    EVIDENCE("three-fold cross-validation", validated);
    EVIDENCE("a single tree in cross-validation", single);
    // Two estimates, each with a binomial error of 0.0085 on the same samples.
    CHECK(close(*forest.oob_score, validated, {.abs = 0.02}));
    CHECK(single < validated);
    CHECK(single > 0.88);
  }

  TEST_CASE("fewer_features_make_trees_weaker_and_less_alike") {
    std::mt19937_64 rng(1);
    const Matrix points = friedman(40, 0.0, rng).X;
    std::vector<double> variances, correlations;
    for (const Eigen::Index m : {10, 1}) {
      // Over training sets: the variance of one tree, and the covariance of
      // two trees that share the training set.
      const int sets = 50;
      Matrix first(sets, 40), second(sets, 40);
      for (int s = 0; s < sets; ++s) {
        const Friedman train = friedman(60, 1.0, rng);
        const auto pair = RandomForestRegressor::fit(
            train.X, train.y, {.trees = 2, .max_features = m}, rng);
        for (const std::size_t b : {std::size_t{0}, std::size_t{1}}) {
          const Tree& tree = pair.forest.trees[b];
          (b == 0 ? first : second).row(s) =
              pair.forest.values[b](tree.apply(points), 0).transpose();
        }
      }
      first.rowwise() -= Eigen::RowVectorXd(first.colwise().mean());
      second.rowwise() -= Eigen::RowVectorXd(second.colwise().mean());
      const double variance =
          0.5 * (first.squaredNorm() + second.squaredNorm());
      variances.push_back(variance / (sets - 1.0) / 40.0);
      correlations.push_back(first.cwiseProduct(second).sum() / variance);
    }
    EVIDENCE_SERIES("variance of a tree at m = 10 and 1", variances);
    EVIDENCE_SERIES("correlation of two trees at m = 10 and 1", correlations);
    CHECK(variances[1] > 1.3 * variances[0]);
    CHECK(correlations[1] < 0.8 * correlations[0]);
    CHECK(correlations[0] > 0.05);
    CHECK(correlations[0] < 0.3);
  }

  TEST_CASE("a_forest_is_a_weighted_neighbour_average") {
    std::mt19937_64 rng(2);
    const Friedman train = friedman(80, 1.0, rng);
    const Matrix queries = 3.0 * friedman(10, 0.0, rng).X;  // outside too
    const auto forest = RandomForestRegressor::fit(
        train.X, train.y,
        {.trees = 20, .max_features = 3, .tree = {.min_samples_leaf = 3}}, rng);
    const Vector predicted = forest.predict(queries);
    for (Eigen::Index i = 0; i < 10; ++i) {
      const Vector w = forest.forest.training_weights(queries.row(i));
      CHECK(w.minCoeff() >= 0.0);
      CHECK((w.array() > 0.0).count() > 10);
      CHECK(close(w.sum(), 1.0, {.abs = 1e-12}));
      CHECK(close(predicted(i), w.dot(train.y), {.abs = 1e-12}));
      CHECK(predicted(i) <= train.y.maxCoeff());
      CHECK(predicted(i) >= train.y.minCoeff());
    }
    // For classes the same weights average the one-hot labels.
    LabelList y;
    for (const double value : train.y) y.push_back(value > 14.0);
    const auto classes = RandomForestClassifier::fit(
        train.X, y, {.trees = 20, .tree = {.min_samples_leaf = 5}}, rng);
    const Vector w = classes.forest.training_weights(queries.row(0));
    const Matrix shares = classes.predict_proba(queries);
    CHECK(close(shares.row(0), w.transpose() * one_hot(y), {.abs = 1e-12}));
    CHECK(shares(0, 0) > 0.0);
    CHECK(shares(0, 1) > 0.0);
  }

  TEST_CASE("more_trees_do_not_overfit") {
    std::mt19937_64 rng(4);
    const Friedman train = friedman(40, 1.0, rng);
    const Matrix points = friedman(20, 0.0, rng).X;
    // Predictions of forests that differ in their seed only.
    const auto spread = [&](int trees) {
      const int seeds = 12;
      Matrix predictions(seeds, 20);
      for (int s = 0; s < seeds; ++s) {
        predictions.row(s) =
            RandomForestRegressor::fit(train.X, train.y,
                                       {.trees = trees, .max_features = 3}, rng)
                .predict(points)
                .transpose();
      }
      predictions.rowwise() -= Eigen::RowVectorXd(predictions.colwise().mean());
      return predictions.norm() / std::sqrt((seeds - 1.0) * 20.0);
    };
    const double few = spread(3), many = spread(27);
    EVIDENCE("spread between seeds with 3 trees", few);
    EVIDENCE("spread between seeds with 27 trees", many);
    // 11 times 20 nearly independent deviations: each spread is good to 4.8 %,
    // the ratio to 7 %.
    CHECK(close(few / many, 3.0, {.rel = 0.35}));
    const auto oob = [&](int trees) {
      std::mt19937_64 engine(5);
      return *RandomForestRegressor::fit(
                  train.X, train.y, {.trees = trees, .max_features = 3}, engine)
                  .oob_score;
    };
    const double at_30 = oob(30), at_200 = oob(200);
    EVIDENCE("out-of-bag R^2 of 30 trees", at_30);
    EVIDENCE("out-of-bag R^2 of 200 trees", at_200);
    CHECK(at_200 > at_30 - 0.03);
    CHECK(at_200 > 0.2);
  }

  TEST_CASE("a_third_of_the_trees_has_not_seen_a_sample") {
    const Cancer data = cancer();
    std::mt19937_64 rng(6);
    const auto forest = RandomForestClassifier::fit(
        data.X, data.y, {.trees = 30, .max_features = 3}, rng);
    const Order& counts = forest.forest.counts;
    REQUIRE(counts.rows() == 30);
    const double absent = (counts.array() == 0).cast<double>().mean();
    EVIDENCE("share of trees that have not seen a sample", absent);
    // (1 - 1/n)^n = 0.3676. Over one bag the share has a standard deviation of
    // 0.31 / sqrt(n) = 0.013, over thirty 0.0024.
    CHECK(close(absent, std::pow(1.0 - 1.0 / 569.0, 569.0),
                {.abs = 5.0 * 0.0024}));
    for (Eigen::Index b = 0; b < 30; ++b) CHECK(counts.row(b).sum() == 569);
    // No two trees share a bag.
    for (Eigen::Index b = 1; b < 30; ++b) {
      CHECK(counts.row(b) != counts.row(b - 1));
    }
    // By hand for a few samples: only trees that did not draw it vote.
    const Matrix oob = forest.forest.oob_predict();
    double right = 0.0;
    for (Eigen::Index i = 0; i < 569; ++i) {
      Eigen::RowVectorXd votes = Eigen::RowVectorXd::Zero(2);
      double voters = 0.0;
      for (std::size_t b = 0; b < 30; ++b) {
        if (counts(static_cast<Eigen::Index>(b), i) > 0) continue;
        const int leaf = forest.forest.trees[b].apply(data.X.row(i))(0);
        votes += forest.forest.values[b].row(leaf);
        voters += 1.0;
      }
      REQUIRE(voters > 0.0);
      CHECK_UNARY(bool(close(oob.row(i), votes / voters, {.abs = 1e-14})));
      const int label = votes(1) > votes(0);
      right += label == data.y[static_cast<std::size_t>(i)];
    }
    CHECK(close(*forest.oob_score, right / 569.0, {.abs = 1e-14}));
    // The shortcut, all trees for all samples, knows every answer.
    CHECK(share_right(forest.predict(data.X), data.y) >
          *forest.oob_score + 0.02);
  }

  TEST_CASE("few_relevant_features_drown") {
    // 1 - C(d - 2, m) / C(d, m), five standard errors of 1500 roots.
    const double wide = 1.0 - 140.0 * 139.0 / (152.0 * 151.0);
    const double narrow = 1.0 - 5.0 * 4.0 / (7.0 * 6.0);
    CHECK(close(wide, 0.152, {.abs = 5e-4}));
    CHECK(close(narrow, 0.524, {.abs = 5e-4}));
    const auto tolerance = [](double p, double n) {
      return 5.0 * std::sqrt(p * (1.0 - p) / n);
    };
    const double many = relevant_roots(152, 12, 300);
    const double few = relevant_roots(7, 2, 1500);
    CHECK(close(many, wide, {.abs = tolerance(wide, 300.0)}));
    CHECK(close(few, narrow, {.abs = tolerance(narrow, 1500.0)}));
    EVIDENCE("splits that see one of 2 among 152, m = 12", many);
    EVIDENCE("splits that see one of 2 among 7, m = 2", few);
    // And every split draws anew: with m = 1 a tree uses many features.
    std::mt19937_64 rng(7);
    const Friedman train = friedman(100, 1.0, rng);
    const auto forest = RandomForestRegressor::fit(
        train.X, train.y, {.trees = 10, .max_features = 1}, rng);
    for (const Tree& tree : forest.forest.trees) {
      std::set<Eigen::Index> used;
      for (const TreeNode& node : tree.nodes) {
        if (!node.is_leaf()) used.insert(node.split.feature);
      }
      CHECK(used.size() >= 8);
    }
  }

  TEST_CASE("threads_do_not_change_the_forest") {
    std::mt19937_64 rng(8);
    const Friedman train = friedman(60, 1.0, rng);
    const auto with = [&](int threads, unsigned seed) {
      std::mt19937_64 engine(seed);
      const auto forest = RandomForestRegressor::fit(
          train.X, train.y, {.trees = 7, .threads = threads}, engine);
      Matrix all(7, 60);
      for (std::size_t b = 0; b < 7; ++b) {
        const Tree& tree = forest.forest.trees[b];
        all.row(static_cast<Eigen::Index>(b)) =
            forest.forest.values[b](tree.apply(train.X), 0).transpose();
      }
      return all;
    };
    const Matrix one = with(1, 9);
    for (const int threads : {2, 3, 16}) CHECK(close(with(threads, 9), one));
    CHECK(largest_difference(with(1, 10), one) > 0.1);
    // The trees differ, by bag and by features.
    for (Eigen::Index b = 1; b < 7; ++b) {
      CHECK(largest_difference(one.row(b), one.row(b - 1)) > 0.1);
    }
  }

  TEST_CASE("shares_are_averaged_and_not_votes") {
    // 80 samples that cannot be told apart, 60 % of class 1: every tree votes
    // for 1, the shares say how sure it is.
    const Matrix X = Matrix::Zero(80, 1);
    LabelList y(80, 1);
    std::fill(y.begin(), y.begin() + 32, 0);
    std::mt19937_64 rng(11);
    const auto forest = RandomForestClassifier::fit(X, y, {.trees = 60}, rng);
    const double share = forest.predict_proba(X.row(0))(0, 1);
    EVIDENCE("share of class 1, which is 0.6", share);
    // A bag's share has a deviation of 0.055, the mean of sixty 0.0071.
    CHECK(close(share, 0.6, {.abs = 5.0 * 0.0071}));
  }
}

TEST_SUITE("algorithms/random_forest extra") {
  TEST_CASE("without bags and with all features it is one tree") {
    const Cancer data = cancer();
    std::mt19937_64 rng(0);
    const TreeOptions shallow{.max_depth = 2};
    const auto forest = RandomForestClassifier::fit(
        data.X, data.y,
        {.trees = 3, .max_features = 10, .bootstrap = false, .tree = shallow},
        rng);
    const auto tree = DecisionTreeClassifier::fit(data.X, data.y, shallow);
    CHECK(close(forest.predict_proba(data.X), tree.predict_proba(data.X),
                {.abs = 1e-15}));
    CHECK(!forest.oob_score.has_value());
    const Matrix oob = forest.forest.oob_predict();
    CHECK(oob.array().isNaN().all());
  }

  TEST_CASE("the default tries the square root") {
    // Of ten features three: the root of d, rounded down.
    std::mt19937_64 rng(12);
    const Friedman train = friedman(50, 1.0, rng);
    std::mt19937_64 first(13), second(13);
    const auto implied =
        RandomForestRegressor::fit(train.X, train.y, {.trees = 3}, first);
    const auto said = RandomForestRegressor::fit(
        train.X, train.y, {.trees = 3, .max_features = 3}, second);
    CHECK(close(implied.predict(train.X), said.predict(train.X)));
  }

  TEST_CASE("out-of-bag R^2 by its definition") {
    std::mt19937_64 rng(14);
    const Friedman train = friedman(60, 1.0, rng);
    const auto forest = RandomForestRegressor::fit(
        train.X, train.y, {.trees = 40, .max_features = 5}, rng);
    const Vector oob = forest.forest.oob_predict().col(0);
    REQUIRE(oob.allFinite());
    const double error = (oob - train.y).squaredNorm();
    const double total = (train.y.array() - train.y.mean()).square().sum();
    CHECK(close(*forest.oob_score, 1.0 - error / total, {.abs = 1e-14}));
    // With one tree a third of the samples has a vote, and counts.
    const auto one =
        RandomForestRegressor::fit(train.X, train.y, {.trees = 1}, rng);
    CHECK(one.oob_score.has_value());
    CHECK(one.forest.oob_predict().array().isNaN().count() > 20);
    CHECK(one.forest.oob_predict().array().isNaN().count() < 60);
  }

  TEST_CASE("an offset of the targets does no harm") {
    std::mt19937_64 rng(15);
    const Friedman train = friedman(40, 1.0, rng);
    // Multiples of 1/16, to which 2^30 adds without rounding.
    const Vector y = (16.0 * train.y).array().round() / 16.0;
    const double offset = std::exp2(30.0);
    std::mt19937_64 first(16), second(16);
    const auto near = RandomForestRegressor::fit(
        train.X, y, {.trees = 5, .max_features = 10}, first);
    const auto far = RandomForestRegressor::fit(
        train.X, y.array() + offset, {.trees = 5, .max_features = 10}, second);
    // Numbers near 2^30 are 2^-22 apart.
    const Vector moved = far.predict(train.X).array() - offset;
    CHECK(close(moved, near.predict(train.X), {.abs = 1e-5}));
  }

  TEST_CASE("degenerate inputs") {
    std::mt19937_64 rng(0);
    const Matrix one{{1.0, 2.0}};
    const auto single =
        RandomForestClassifier::fit(one, LabelList{1}, {.trees = 2}, rng);
    CHECK(single.predict(one)(0) == 1);
    CHECK(!single.oob_score.has_value());
    const auto constant = RandomForestRegressor::fit(
        Matrix::Ones(6, 2), Vector::Constant(6, 4.0), {.trees = 5}, rng);
    CHECK(constant.predict(one)(0) == 4.0);
    CHECK(!constant.oob_score.has_value());
    const auto bagless = RandomForestRegressor::fit(
        Matrix{{1.0}, {2.0}}, Vector{{3.0, 5.0}}, {.bootstrap = false}, rng);
    CHECK(!bagless.oob_score.has_value());
    CHECK(bagless.predict(Matrix{{2.0}})(0) == 5.0);
    CHECK(bootstrap_counts(1, rng)(0) == 1.0);
  }

  TEST_CASE("arguments that break the contract are refused") {
    std::mt19937_64 rng(0);
    const Matrix X{{0.0, 1.0}, {1.0, 0.0}};
    const LabelList y{0, 1};
    const Vector v{{0.0, 1.0}};
    const auto classify = [&](const ForestOptions& options) {
      return RandomForestClassifier::fit(X, y, options, rng);
    };
    CHECK_THROWS_WITH(classify({.trees = 0}),
                      "RandomForestClassifier: need trees >= 1 and threads >= "
                      "1, got 0 and 1");
    CHECK_THROWS_AS(classify({.threads = 0}), std::invalid_argument);
    CHECK_THROWS_WITH(classify({.max_features = 3}),
                      "RandomForestClassifier: need 0 <= max_features <= d, "
                      "got 3, d = 2");
    CHECK_THROWS_AS(classify({.max_features = -1}), std::invalid_argument);
    CHECK_THROWS_AS(classify({.tree = {.max_depth = -1}}),
                    std::invalid_argument);
    CHECK_THROWS_AS(RandomForestClassifier::fit(X, LabelList{0}, {}, rng),
                    std::invalid_argument);
    CHECK_THROWS_AS(RandomForestRegressor::fit(X, v, {.trees = 0}, rng),
                    std::invalid_argument);
    CHECK_THROWS_WITH(
        RandomForestRegressor::fit(
            X, Vector{{0.0, std::numeric_limits<double>::quiet_NaN()}}, {},
            rng),
        "RandomForestRegressor: y(1) is nan");
    CHECK_THROWS_AS(RandomForestRegressor::fit(Matrix(0, 1), Vector(), {}, rng),
                    std::invalid_argument);
    CHECK_THROWS_AS(RandomForestRegressor::fit(X, v, {.max_features = 2}, rng)
                        .predict(Matrix(1, 3)),
                    std::invalid_argument);
  }
}
