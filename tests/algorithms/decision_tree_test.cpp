// Verifies the claims of questions/algorithms/decision_tree.md.
#include <whiteboard/algorithms/decision_tree.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::algorithms;
using whiteboard::testing::data_set;
using whiteboard::testing::gaussian;
using LabelList = std::vector<int>;

namespace {

LabelList labels_of(const Table& table, std::string_view column) {
  const Eigen::VectorXi ids = table.labels(column).ids;
  return {ids.begin(), ids.end()};
}

Eigen::Index mistakes(const Eigen::VectorXi& got, const LabelList& want) {
  REQUIRE(got.size() == std::ssize(want));
  Eigen::Index wrong = 0;
  for (Eigen::Index i = 0; i < got.size(); ++i) {
    wrong += got(i) != want[static_cast<std::size_t>(i)];
  }
  return wrong;
}

/// The best of all features, as grow_tree() asks for it.
template <class Criterion>
std::optional<Split> best_split(const TreeData& data, std::size_t min_leaf,
                                const Criterion& criterion) {
  std::optional<Split> best;
  for (Eigen::Index j = 0; j < data.order.rows(); ++j) {
    const int* const row = data.order.row(j).data();
    best = best_split_on(data, j, {row, row + data.order.cols()}, min_leaf,
                         criterion, best);
  }
  return best;
}

/// Small whole numbers, so that values repeat and gains tie.
Matrix small_integers(Eigen::Index n, Eigen::Index d, std::ptrdiff_t values,
                      std::mt19937_64& rng) {
  Matrix X(n, d);
  for (Eigen::Index i = 0; i < X.size(); ++i) {
    X.data()[i] = static_cast<double>(uniform_index(values, rng));
  }
  return X;
}

/// The best Gini split by its definition, in whole numbers: the largest
/// sum l^2 / L + sum r^2 / R, a fraction of integers; the first of equals.
struct ExactSplit {
  Eigen::Index feature = -1;
  double value = 0.0, next = 0.0;  ///< the threshold lies between these
  std::int64_t numerator = -1, denominator = 1;
};
ExactSplit exact_gini_split(const Matrix& X, const LabelList& y,
                            std::int64_t min_leaf) {
  ExactSplit best;
  for (Eigen::Index j = 0; j < X.cols(); ++j) {
    const std::set<double> values(X.col(j).begin(), X.col(j).end());
    for (auto at = values.begin(); std::next(at) != values.end(); ++at) {
      std::array<std::int64_t, 3> l{}, r{};
      for (Eigen::Index i = 0; i < X.rows(); ++i) {
        const auto label =
            static_cast<std::size_t>(y[static_cast<std::size_t>(i)]);
        ++(X(i, j) <= *at ? l : r)[label];
      }
      const std::int64_t L = l[0] + l[1] + l[2], R = r[0] + r[1] + r[2];
      if (L < min_leaf || R < min_leaf) continue;
      const std::int64_t squares_l = l[0] * l[0] + l[1] * l[1] + l[2] * l[2];
      const std::int64_t squares_r = r[0] * r[0] + r[1] * r[1] + r[2] * r[2];
      const ExactSplit split{j, *at, *std::next(at),
                             squares_l * R + squares_r * L, L * R};
      if (split.numerator * best.denominator >
          best.numerator * split.denominator) {
        best = split;
      }
    }
  }
  return best;
}

/// Sum of squared deviations from the mean.
double scatter(const std::vector<double>& y) {
  double mean = 0.0, sum = 0.0;
  for (const double v : y) mean += v / static_cast<double>(y.size());
  for (const double v : y) sum += (v - mean) * (v - mean);
  return sum;
}

}  // namespace

TEST_SUITE("algorithms/decision_tree") {
  TEST_CASE("the_sweep_finds_what_brute_force_finds") {
    std::mt19937_64 rng(0);
    int tables = 0, nothing = 0;
    for (; tables < 500; ++tables) {
      const Eigen::Index n = 2 + uniform_index(25, rng);
      const Matrix X = small_integers(n, 3, 1 + uniform_index(8, rng), rng);
      LabelList y(static_cast<std::size_t>(n));
      for (int& label : y) label = static_cast<int>(uniform_index(3, rng));
      const std::int64_t min_leaf = 1 + uniform_index(3, rng);
      const ExactSplit want = exact_gini_split(X, y, min_leaf);
      const Matrix t = one_hot(y);
      const TreeData data(X, t, Vector::Ones(n));
      const std::optional<Split> got = best_split(
          data, static_cast<std::size_t>(min_leaf), ImpurityCriterion{});
      REQUIRE(got.has_value() == (want.feature >= 0));
      if (!got) {
        ++nothing;
        continue;
      }
      CHECK(got->feature == want.feature);
      CHECK(got->threshold >= want.value);
      CHECK(got->threshold < want.next);
      const double gain =
          static_cast<double>(want.numerator) /
              static_cast<double>(want.denominator) -
          t.colwise().sum().squaredNorm() / static_cast<double>(n);
      // A few roundings of numbers of the size of n < 27.
      CHECK(close(got->gain, gain, {.abs = 1e-13}));
    }
    EVIDENCE("tables", tables);
    EVIDENCE("of which without any split", nothing);
    CHECK(nothing > 0);
    CHECK(nothing < 150);
    // Variance, without ties: the largest fall of the squared deviations.
    for (int table = 0; table < 50; ++table) {
      const Matrix X = gaussian(20, 2, rng);
      const Vector y = gaussian(20, 1, rng).col(0);
      double most = -1.0;
      for (Eigen::Index k = 0; k < X.size(); ++k) {
        const Eigen::Index j = k % 2;
        std::vector<double> left, right, all(y.begin(), y.end());
        for (Eigen::Index i = 0; i < 20; ++i) {
          (X(i, j) <= X(k / 2, j) ? left : right).push_back(y(i));
        }
        if (right.empty()) continue;
        most = std::max(most, scatter(all) - scatter(left) - scatter(right));
      }
      const auto model = DecisionTreeRegressor::fit(X, y, {.max_depth = 1});
      CHECK(close(model.tree.nodes[0].split.gain, most, {.rel = 1e-11}));
    }
  }

  TEST_CASE("iris_at_depth_two") {
    const Table iris = data_set("iris");
    const Matrix X = iris.features();
    const LabelList y = labels_of(iris, "species");
    const auto model = DecisionTreeClassifier::fit(X, y, {.max_depth = 2});
    const std::vector<TreeNode>& nodes = model.tree.nodes;
    REQUIRE(nodes.size() == 5);
    // Gini falls from 2/3 to 1/3: 50 of 150 samples' worth.
    CHECK(nodes[0].split.feature == 2);
    CHECK(close(nodes[0].split.threshold, 2.45, {.ulps = 1}));
    CHECK(close(nodes[0].split.gain / 150.0, 1.0 / 3.0, {.abs = 1e-15}));
    CHECK(close(nodes[1].sum, Vector{{50.0, 0.0, 0.0}}));
    CHECK(nodes[1].is_leaf());
    // Petal width ties with it: the same samples, the same gain.
    const TreeData widths(X.col(3), one_hot(y), Vector::Ones(150));
    const auto width = best_split(widths, 1, ImpurityCriterion{});
    REQUIRE(width.has_value());
    CHECK(close(width->threshold, 0.8, {.ulps = 1}));
    CHECK(width->gain == nodes[0].split.gain);
    CHECK(nodes[2].split.feature == 3);
    CHECK(close(nodes[2].split.threshold, 1.75, {.ulps = 1}));
    CHECK(close(nodes[3].sum, Vector{{0.0, 49.0, 5.0}}));
    CHECK(close(nodes[4].sum, Vector{{0.0, 1.0, 45.0}}));
    CHECK(mistakes(model.predict(X), y) == 6);
    CHECK(close(model.predict_proba(X.row(149)),
                Eigen::RowVector3d(0.0, 1.0 / 46.0, 45.0 / 46.0),
                {.abs = 1e-15}));
    EVIDENCE("right of 150", 150 - mistakes(model.predict(X), y));
    EVIDENCE("leaves of the full tree",
             DecisionTreeClassifier::fit(X, y).tree.leaves());
  }

  TEST_CASE("greedy_is_short_sighted_on_xor") {
    const Matrix X{{0.0, 0.0}, {0.0, 1.0}, {1.0, 0.0}, {1.0, 1.0}};
    const LabelList y{0, 1, 1, 0};
    for (const Impurity kind : {Impurity::gini, Impurity::entropy}) {
      const TreeOptions stop{.min_impurity_decrease = 1e-9, .impurity = kind};
      const auto stopped = DecisionTreeClassifier::fit(X, y, stop);
      CHECK(stopped.tree.leaves() == 1);
      CHECK(mistakes(stopped.predict(X), y) == 2);
      const TreeOptions go_on{.max_depth = 2, .impurity = kind};
      const auto tree = DecisionTreeClassifier::fit(X, y, go_on);
      CHECK(tree.tree.nodes[0].split.gain == 0.0);
      CHECK(tree.tree.leaves() == 4);
      CHECK(mistakes(tree.predict(X), y) == 0);
    }
    // A useless feature with a chance gain of anything is taken first.
    Matrix noisy(8, 3);
    noisy << X, Vector::Zero(4), X, Vector::Zero(4);
    const LabelList twice{0, 1, 1, 0, 0, 1, 1, 0};
    noisy(1, 2) = 1.0;
    const auto misled =
        DecisionTreeClassifier::fit(noisy, twice, {.max_depth = 2});
    CHECK(misled.tree.nodes[0].split.feature == 2);
    CHECK(mistakes(misled.predict(noisy), twice) > 0);
  }

  TEST_CASE("increasing_transforms_change_no_training_prediction") {
    const Table cancer = data_set("breast_cancer");
    // Every fourth sample and the first ten features: distinct images of
    // distinct values, also under exp of the standardized column.
    const Matrix all = cancer.features();
    Matrix X(142, 10);
    LabelList y;
    const LabelList labels = labels_of(cancer, "diagnosis");
    for (Eigen::Index i = 0; i < X.rows(); ++i) {
      X.row(i) = all.row(4 * i).leftCols(10);
      y.push_back(labels[static_cast<std::size_t>(4 * i)]);
    }
    const Matrix Z = whiteboard::testing::standardized(X);
    const Matrix exponential = Z.array().exp();
    const Matrix cubes = Z.array().cube();
    for (const int depth : {1, 3, 30}) {
      const TreeOptions options{.max_depth = depth, .min_samples_leaf = 3};
      const auto plain = DecisionTreeClassifier::fit(X, y, options);
      const Matrix want = plain.predict_proba(X);
      for (const Matrix& image : {Z, exponential, cubes}) {
        const auto tree = DecisionTreeClassifier::fit(image, y, options);
        CHECK(close(tree.predict_proba(image), want));
        CHECK(tree.tree.nodes.size() == plain.tree.nodes.size());
      }
      CHECK(plain.tree.nodes.size() >= 3);
    }
    // Between the training values it can matter: the midpoint of the images is
    // not the image of the midpoint.
    const Matrix two{{0.0}, {2.0}};
    const LabelList classes{0, 1};
    const Matrix at{{1.3}}, image{{std::exp(1.3)}};
    CHECK(DecisionTreeClassifier::fit(two, classes).predict(at)(0) == 1);
    CHECK(DecisionTreeClassifier::fit(two.array().exp(), classes)
              .predict(image)(0) == 0);
  }

  TEST_CASE("a_full_tree_errs_only_on_equal_rows") {
    std::mt19937_64 rng(1);
    Eigen::Index errors = 0;
    for (int table = 0; table < 100; ++table) {
      const Eigen::Index n = 1 + uniform_index(60, rng);
      const Matrix X = small_integers(n, 3, 4, rng);
      LabelList y;
      std::map<std::array<double, 3>, std::array<Eigen::Index, 3>> groups;
      for (Eigen::Index i = 0; i < n; ++i) {
        y.push_back(static_cast<int>(uniform_index(3, rng)));
        ++groups[{X(i, 0), X(i, 1), X(i, 2)}]
                [static_cast<std::size_t>(y.back())];
      }
      Eigen::Index minorities = 0;
      for (const auto& [row, counts] : groups) {
        minorities += counts[0] + counts[1] + counts[2] -
                      *std::max_element(counts.begin(), counts.end());
      }
      const Impurity kind = table % 2 ? Impurity::gini : Impurity::entropy;
      const auto tree = DecisionTreeClassifier::fit(X, y, {.impurity = kind});
      CHECK(mistakes(tree.predict(X), y) == minorities);
      errors += minorities;
    }
    EVIDENCE("minority samples of all tables", errors);
    CHECK(errors > 0);
    for (const char* name : {"iris", "wine", "breast_cancer"}) {
      const Table table = data_set(name);
      const LabelList y = labels_of(table, table.names.back());
      const Matrix X = table.features();
      const auto tree = DecisionTreeClassifier::fit(X, y);
      CHECK(mistakes(tree.predict(X), y) == 0);
    }
  }

  TEST_CASE("a_regression_tree_predicts_means_of_its_targets") {
    std::mt19937_64 rng(2);
    const Matrix X = gaussian(200, 2, rng);
    const Vector y = (3.0 * X.col(0)).array() + X.col(1).array().square();
    const auto tree = DecisionTreeRegressor::fit(X, y, {.max_depth = 4});
    const Vector fitted = tree.predict(X);
    const Eigen::VectorXi leaf = tree.tree.apply(X);
    std::map<int, std::pair<double, double>> sums;
    for (Eigen::Index i = 0; i < 200; ++i) {
      sums[leaf(i)].first += y(i);
      sums[leaf(i)].second += 1.0;
    }
    CHECK(sums.size() > 10);
    for (Eigen::Index i = 0; i < 200; ++i) {
      const auto [sum, count] = sums[leaf(i)];
      CHECK(close(fitted(i), sum / count, {.abs = 1e-12}));
    }
    // Far outside: within the range of y, and constant.
    const Matrix far = 1e6 * gaussian(500, 2, rng);
    const Vector predicted = tree.predict(far);
    CHECK(predicted.maxCoeff() <= y.maxCoeff());
    CHECK(predicted.minCoeff() >= y.minCoeff());
    CHECK(close(tree.predict(2.0 * far), predicted));
    // The linear trend goes on, the tree does not.
    const Matrix beyond{{100.0, 0.0}};
    CHECK(tree.predict(beyond)(0) < 15.0);
    EVIDENCE("prediction at (100, 0), where the function is 300",
             tree.predict(beyond)(0));
  }

  TEST_CASE("scikit_learn_grows_the_same_trees") {
    // scikit-learn 1.2.1, DecisionTreeRegressor(max_depth=3) on data/diabetes,
    // the same for random_state 0 to 3; here level by level.
    const std::vector<Eigen::Index> feature = {8, 2, 2, 6, 0, 2, 2};
    const std::vector<double> threshold = {4.60015, 26.95, 27.75, 55.5,
                                           26.5,    24.35, 32.75};
    const std::vector<double> mean = {152.13348416289594, 109.9862385321101,
                                      193.15178571428572, 96.30994152046783,
                                      159.74468085106383, 162.68103448275863,
                                      225.87962962962962, 108.80459770114942,
                                      83.36904761904762,  274.0,
                                      154.66666666666666, 137.6904761904762,
                                      176.86486486486487, 208.57142857142858,
                                      268.8709677419355};
    const Table diabetes = data_set("diabetes");
    const Vector y = diabetes.numbers("progression");
    const auto tree =
        DecisionTreeRegressor::fit(diabetes.features(), y, {.max_depth = 3});
    REQUIRE(tree.tree.nodes.size() == 15);
    for (std::size_t id = 0; id < 7; ++id) {
      const Split& split = tree.tree.nodes[id].split;
      CHECK(split.feature == feature[id]);
      // It keeps X in single precision: 24 bits.
      CHECK(close(split.threshold, threshold[id], {.rel = 1e-7}));
    }
    CHECK(close(tree.means, mean, {.rel = 1e-13}));
    const double mse = (tree.predict(diabetes.features()) - y).squaredNorm() /
                       static_cast<double>(y.size());
    CHECK(close(mse, 2960.9574740671464, {.rel = 1e-13}));
    EVIDENCE("mean squared error on diabetes at depth 3", mse);

    // criterion="entropy", max_depth=3, min_samples_leaf=5 on data/wine. Which
    // of several tied features is taken depends on random_state, the leaves do
    // not: sizes and weighted entropy in bits.
    const Table wine = data_set("wine");
    const LabelList cultivar = labels_of(wine, "cultivar");
    const auto leaves = DecisionTreeClassifier::fit(
        wine.features(), cultivar,
        {.max_depth = 3, .min_samples_leaf = 5, .impurity = Impurity::entropy});
    std::multiset<int> sizes;
    double bits = 0.0;
    for (const TreeNode& node : leaves.tree.nodes) {
      if (!node.is_leaf()) continue;
      sizes.insert(node.last - node.first);
      for (const double count : node.sum) {
        if (count > 0.0) bits -= count * std::log2(count / node.sum.sum());
      }
    }
    CHECK(sizes == std::multiset<int>{5, 5, 5, 13, 44, 49, 57});
    CHECK(close(bits / 178.0, 0.060836637209609176, {.abs = 1e-14}));
    CHECK(mistakes(leaves.predict(wine.features()), cultivar) == 178 - 175);
  }

  TEST_CASE("whole_weights_are_repetitions") {
    std::mt19937_64 rng(3);
    const Matrix X = small_integers(40, 3, 6, rng);
    LabelList y;
    Vector w(40);
    std::vector<Eigen::Index> rows;
    for (Eigen::Index i = 0; i < 40; ++i) {
      y.push_back(static_cast<int>(uniform_index(3, rng)));
      w(i) = static_cast<double>(uniform_index(4, rng));
      rows.insert(rows.end(), static_cast<std::size_t>(w(i)), i);
    }
    CHECK(w.minCoeff() == 0.0);
    LabelList repeated_y;
    for (const Eigen::Index i : rows) {
      repeated_y.push_back(y[static_cast<std::size_t>(i)]);
    }
    const Matrix repeated = X(rows, Eigen::all);
    const auto weighted =
        DecisionTreeClassifier::fit(X, y, {.max_depth = 4}, w);
    const auto plain =
        DecisionTreeClassifier::fit(repeated, repeated_y, {.max_depth = 4});
    CHECK(close(weighted.predict_proba(X), plain.predict_proba(X)));
    CHECK(weighted.tree.leaves() == plain.tree.leaves());
    CHECK(weighted.tree.leaves() > 4);

    const Vector target = gaussian(40, 1, rng).col(0);
    const auto weighted_means =
        DecisionTreeRegressor::fit(X, target, {.max_depth = 4}, w);
    const auto plain_means =
        DecisionTreeRegressor::fit(repeated, target(rows), {.max_depth = 4});
    CHECK(close(weighted_means.predict(X), plain_means.predict(X),
                {.abs = 1e-14}));
    // But a leaf's size counts samples, not weight.
    const auto capped = DecisionTreeClassifier::fit(
        Matrix{{0.0}, {1.0}}, LabelList{0, 1}, {.min_samples_leaf = 2},
        Vector{{5.0, 5.0}});
    CHECK(capped.tree.leaves() == 1);
  }

  TEST_CASE("neighbouring_doubles_are_separated") {
    // The midpoint of two neighbours is one of them: whichever is even.
    const double one_up = std::nextafter(1.0, 2.0);
    const double two_up = std::nextafter(one_up, 2.0);
    CHECK((one_up + two_up) / 2.0 == two_up);
    for (const auto& [low, high] :
         {std::pair{1.0, one_up}, std::pair{one_up, two_up},
          std::pair{-two_up, -one_up}, std::pair{0.0, 5e-324},
          std::pair{1.7e308, 1.79e308}, std::pair{-1.7e308, 1.7e308}}) {
      const Matrix X{{low}, {high}};
      const LabelList y{0, 1};
      const auto tree = DecisionTreeClassifier::fit(X, y);
      REQUIRE(tree.tree.leaves() == 2);
      CHECK(mistakes(tree.predict(X), y) == 0);
    }
  }

  TEST_CASE("missing_values_learn_a_side") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const Matrix X{{1.0}, {2.0}, {3.0}, {4.0}, {nan}, {nan}};
    const Vector like_high{{0.0, 0.0, 10.0, 10.0, 10.0, 10.0}};
    const Vector like_low{{0.0, 0.0, 10.0, 10.0, 0.0, 0.0}};
    const auto high = DecisionTreeRegressor::fit(X, like_high);
    const auto low = DecisionTreeRegressor::fit(X, like_low);
    CHECK(high.tree.leaves() == 2);
    CHECK(low.tree.leaves() == 2);
    CHECK(close(high.predict(X), like_high, {.abs = 1e-14}));
    CHECK(close(low.predict(X), like_low, {.abs = 1e-14}));
    CHECK(!high.tree.nodes[0].split.missing_left);
    CHECK(low.tree.nodes[0].split.missing_left);
    // That a value is missing can be all there is to know: at any x, however
    // large, "present" is one side.
    const auto absent =
        DecisionTreeRegressor::fit(X, Vector{{0.0, 0.0, 0.0, 0.0, 10.0, 10.0}});
    CHECK(absent.tree.leaves() == 2);
    CHECK(close(absent.predict(Matrix{{-50.0}, {50.0}, {nan}}),
                Vector{{0.0, 0.0, 10.0}}, {.abs = 1e-14}));
    // Brute force over thresholds and sides.
    std::mt19937_64 rng(7);
    for (int table = 0; table < 60; ++table) {
      Matrix Z = small_integers(12, 1, 5, rng);
      for (double& z : Z.reshaped()) z = z == 4.0 ? nan : z;
      const Vector y = gaussian(12, 1, rng).col(0);
      double most = -1.0;
      for (int k = 0; k < 8; ++k) {
        std::vector<double> left, right, all(y.begin(), y.end());
        for (Eigen::Index i = 0; i < 12; ++i) {
          const bool goes = std::isnan(Z(i, 0)) ? k % 2 == 1 : Z(i, 0) <= k / 2;
          (goes ? left : right).push_back(y(i));
        }
        if (left.empty() || right.empty()) continue;
        most = std::max(most, scatter(all) - scatter(left) - scatter(right));
      }
      const auto stump = DecisionTreeRegressor::fit(Z, y, {.max_depth = 1});
      CHECK(close(stump.tree.nodes[0].split.gain, most, {.rel = 1e-11}));
    }
    // Replacing NaN by a number, here the mean, costs splits, and errors when
    // the tree may not be deep.
    Matrix filled = X;
    filled.bottomRows(2).setConstant(2.5);
    const auto imputed = DecisionTreeRegressor::fit(
        filled, Vector{{0.0, 10.0, 0.0, 0.0, 10.0, 10.0}}, {.max_depth = 1});
    const auto learned = DecisionTreeRegressor::fit(
        X, Vector{{0.0, 0.0, 0.0, 0.0, 10.0, 10.0}}, {.max_depth = 1});
    CHECK(close(learned.predict(X).tail(2), Vector{{10.0, 10.0}},
                {.abs = 1e-14}));
    CHECK(imputed.predict(filled).tail(2).maxCoeff() < 9.0);
  }

  TEST_CASE("another_sample_another_root") {
    const Table cancer = data_set("breast_cancer");
    const Matrix X = cancer.features().rightCols(10);  // the "worst" ones
    const LabelList y = labels_of(cancer, "diagnosis");
    std::mt19937_64 rng(4);
    std::map<Eigen::Index, int> roots;
    TreeData data(X, one_hot(y), Vector::Ones(X.rows()));
    for (int resample = 0; resample < 50; ++resample) {
      data.weights.setZero();
      for (Eigen::Index i = 0; i < X.rows(); ++i) {
        data.weights(uniform_index(X.rows(), rng)) += 1.0;
      }
      const Tree stump = grow_tree(data, {.max_depth = 1}, ImpurityCriterion{});
      REQUIRE(stump.leaves() == 2);
      ++roots[stump.nodes[0].split.feature];
    }
    int most = 0;
    for (const auto& [feature, times] : roots) most = std::max(most, times);
    EVIDENCE("features at the root in 50 resamples", roots.size());
    EVIDENCE("times of the most frequent one", most);
    CHECK(roots.size() >= 4);
    CHECK(most <= 35);
  }

  TEST_CASE("an_offset_of_the_targets_does_no_harm") {
    std::mt19937_64 rng(5);
    const Matrix X = gaussian(60, 2, rng);
    // Multiples of 2^-8, so that y + 2^40 is exact.
    const Vector y =
        (256.0 * (X.col(0) + X.col(1).cwiseAbs())).array().round() / 256.0;
    const Vector far = y.array() + 0x1p40;
    const TreeOptions options{.max_depth = 3};
    const auto near_tree = DecisionTreeRegressor::fit(X, y, options);
    const auto far_tree = DecisionTreeRegressor::fit(X, far, options);
    CHECK(close(far_tree.tree.apply(X), near_tree.tree.apply(X)));
    // 2^40 eps is 2^-12, for the mean and for the sums of its deviations.
    CHECK(close(far_tree.predict(X).array() - 0x1p40, near_tree.predict(X),
                {.abs = 1e-3}));
    // Without centring S^2 / W is 60 times 2^80, a gain at most 200.
    Matrix t = Matrix::Ones(60, 2);
    t.col(1) = far;
    const Tree lost = grow_tree(TreeData(X, t, Vector::Ones(60)), options,
                                VarianceCriterion{});
    CHECK(largest_difference(lost.apply(X), near_tree.tree.apply(X)) > 0.0);
    CHECK(lost.nodes[0].split.gain == 0.0);
  }
}

TEST_SUITE("algorithms/decision_tree extra") {
  TEST_CASE("limits are kept") {
    const Table wine = data_set("wine");
    const Matrix X = wine.features();
    const LabelList y = labels_of(wine, "cultivar");
    for (const int depth : {0, 1, 2, 3}) {
      const auto model = DecisionTreeClassifier::fit(
          X, y, {.max_depth = depth, .min_samples_leaf = 10});
      CHECK(model.tree.leaves() <= (1 << depth));
      Eigen::Index leaves = 0;
      for (const TreeNode& node : model.tree.nodes) {
        CHECK(node.depth <= depth);
        CHECK(node.last - node.first >= 10);
        leaves += node.is_leaf();
      }
      CHECK(model.tree.leaves() == leaves);
    }
    const auto root = DecisionTreeClassifier::fit(X, y, {.max_depth = 0});
    CHECK(close(root.predict_proba(X.row(0)),
                Eigen::RowVector3d(59.0, 71.0, 48.0) / 178.0));
    CHECK(root.predict(X)(5) == 1);
    // Per unit of weight at the root: 1/3 of Iris is enough, more is not.
    const Table iris = data_set("iris");
    const LabelList species = labels_of(iris, "species");
    CHECK(DecisionTreeClassifier::fit(iris.features(), species,
                                      {.min_impurity_decrease = 0.333})
              .tree.leaves() == 2);
    CHECK(DecisionTreeClassifier::fit(iris.features(), species,
                                      {.min_impurity_decrease = 0.334})
              .tree.leaves() == 1);
    CHECK(DecisionTreeClassifier::fit(iris.features(), species,
                                      {.min_impurity_decrease = 0.333},
                                      Vector::Constant(150, 2.0))
              .tree.leaves() == 2);
  }

  TEST_CASE("a limit on features tries others only when none can be split") {
    // Feature 0 is constant, feature 1 useless, feature 2 is the label.
    const Matrix X{
        {5.0, 0.0, 0.0}, {5.0, 1.0, 0.0}, {5.0, 0.0, 1.0}, {5.0, 1.0, 1.0}};
    const TreeData data(X, one_hot(LabelList{0, 0, 1, 1}), Vector::Ones(4));
    const auto root = [&](std::size_t tries) {
      const auto order = [] { return std::vector<Eigen::Index>{0, 1, 2}; };
      const Tree tree =
          grow_tree(data, {.max_depth = 1}, ImpurityCriterion{}, tries, order);
      REQUIRE(tree.nodes.size() == 3);
      return tree.nodes[0].split.feature;
    };
    CHECK(root(1) == 1);
    CHECK(root(2) == 1);
    CHECK(root(3) == 2);
  }

  TEST_CASE("degenerate inputs") {
    const Matrix one{{1.0, 2.0}};
    const auto single = DecisionTreeClassifier::fit(one, LabelList{2});
    CHECK(single.predict(one)(0) == 2);
    CHECK(single.tree.leaves() == 1);
    CHECK(DecisionTreeRegressor::fit(one, Vector{{7.0}}).predict(one)(0) ==
          7.0);
    // All rows equal; all labels equal; all values missing.
    const Matrix same = Matrix::Constant(5, 2, 3.0);
    const LabelList mixed{0, 1, 0, 1, 1};
    const auto equal = DecisionTreeClassifier::fit(same, mixed);
    CHECK(equal.tree.leaves() == 1);
    CHECK(equal.predict(same)(0) == 1);
    std::mt19937_64 rng(6);
    CHECK(DecisionTreeClassifier::fit(gaussian(5, 2, rng), LabelList(5, 1))
              .tree.leaves() == 1);
    const Matrix missing =
        Matrix::Constant(5, 2, std::numeric_limits<double>::quiet_NaN());
    CHECK(DecisionTreeClassifier::fit(missing, mixed).tree.leaves() == 1);
    // Of two equally frequent classes the lower one.
    CHECK(DecisionTreeClassifier::fit(same.topRows(2), LabelList{1, 0})
              .predict(same)(0) == 0);
    // A chain of 300 nodes.
    Matrix line(300, 1);
    LabelList alternating;
    for (int i = 0; i < 300; ++i) {
      line(i, 0) = i;
      alternating.push_back(i % 2);
    }
    CHECK(DecisionTreeClassifier::fit(line, alternating).tree.leaves() == 300);
  }

  TEST_CASE("NaN at prediction goes right where training had none") {
    const Matrix X{{0.0}, {1.0}};
    const auto tree = DecisionTreeRegressor::fit(X, Vector{{2.0, 4.0}});
    const Matrix nan{{std::numeric_limits<double>::quiet_NaN()}};
    CHECK(tree.predict(nan)(0) == 4.0);
  }

  TEST_CASE("arguments that break the contract are refused") {
    const double infinity = std::numeric_limits<double>::infinity();
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const Matrix X{{0.0, 1.0}, {1.0, 0.0}};
    const LabelList y{0, 1};
    const Vector v{{0.0, 1.0}};
    using Classifier = DecisionTreeClassifier;
    using Regressor = DecisionTreeRegressor;
    CHECK_THROWS_WITH(Classifier::fit(Matrix(0, 2), LabelList{}),
                      "DecisionTreeClassifier: need samples and features, got "
                      "0 x 2");
    CHECK_THROWS_AS(Classifier::fit(Matrix(2, 0), y), std::invalid_argument);
    CHECK_THROWS_AS(Regressor::fit(Matrix(0, 2), Vector()),
                    std::invalid_argument);
    CHECK_THROWS_WITH(Classifier::fit(X, LabelList{0}),
                      "DecisionTreeClassifier: 2 rows, 1 targets, 2 weights");
    CHECK_THROWS_WITH(Regressor::fit(X, v, {}, Vector{{1.0}}),
                      "DecisionTreeRegressor: 2 rows, 2 targets, 1 weights");
    CHECK_THROWS_WITH(Classifier::fit(X, LabelList{0, -1}),
                      "one_hot: need labels >= 0, got -1");
    CHECK_THROWS_AS(Classifier::fit(X, LabelList{-2, -1}),
                    std::invalid_argument);
    CHECK_THROWS_WITH(Regressor::fit(X, Vector{{0.0, nan}}),
                      "DecisionTreeRegressor: y(1) is nan");
    CHECK_THROWS_WITH(Regressor::fit(Matrix{{0.0}, {-infinity}}, v),
                      "DecisionTreeRegressor: X is infinite somewhere");
    for (const Vector& w : {Vector{{1.0, -1.0}}, Vector{{0.0, 0.0}},
                            Vector{{1.0, nan}}, Vector{{1.0, infinity}}}) {
      CHECK_THROWS_WITH(
          Classifier::fit(X, y, {}, w),
          "DecisionTreeClassifier: need finite weights >= 0, and one > 0");
    }
    CHECK_THROWS_WITH(Classifier::fit(X, y, {.max_depth = -1}),
                      "DecisionTreeClassifier: need max_depth >= 0 and "
                      "min_samples_leaf >= 1, got -1 and 1");
    CHECK_THROWS_AS(Regressor::fit(X, v, {.min_samples_leaf = 0}),
                    std::invalid_argument);
    CHECK_THROWS_WITH(Regressor::fit(X, v).predict(Matrix(1, 3)),
                      "Tree: grown on 2 features, got 3");
  }
}
