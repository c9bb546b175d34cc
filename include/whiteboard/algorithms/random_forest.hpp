// Question:    How does a random forest work, how does it reduce variance, and
//              what is the out-of-bag error?
// Answer:      questions/algorithms/random_forest.md (its equation numbers)
// Method:      unpruned trees on bootstrap samples, random features at each
//              split, averaged [1]
// Time:        O(n d log n) once, O(n d) per level of each tree
// Memory:      O(n (d + trees)), as the fit remembers who was in which bag
// References:  [1] Breiman, Random forests, Machine Learning 45(1), 2001
// Symbols:     X  n x d  samples, one per row
//              y  n      classes 0, 1, ... or numbers
//              B         number of trees
//              K         outputs: classes, or 1 for a regression
#pragma once

#include <whiteboard/algorithms/decision_tree.hpp>
#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <random>
#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace whiteboard::algorithms {

struct ForestOptions {
  int trees = 100;                ///< B
  Eigen::Index max_features = 0;  ///< tried at each split; 0: sqrt(d)
  bool bootstrap = true;          ///< or all trees on all samples
  int threads = 1;                ///< the forest does not depend on it
  TreeOptions tree = {};          ///< of each tree
};

/// What both forests have in common: trees whose leaves hold K numbers.
struct Forest {
  std::vector<Tree> trees;
  std::vector<Matrix> values;  ///< of each tree: nodes x K
  Order counts;                ///< B x n, how often a tree drew a sample
  Order leaves;                ///< B x n, where the training samples fell

  /// Mean over the trees, n x K.
  Matrix predict(const MatrixRef& X) const {
    Matrix sum = Matrix::Zero(X.rows(), values[0].cols());
    for (std::size_t b = 0; b < trees.size(); ++b) {
      sum += values[b](trees[b].apply(X), Eigen::all);
    }
    return sum / static_cast<double>(trees.size());
  }

  /// The same for each training sample, over the trees that did not draw it;
  /// NaN where there is none.
  Matrix oob_predict() const {
    Matrix mean = Matrix::Zero(counts.cols(), values[0].cols());
    for (Eigen::Index i = 0; i < mean.rows(); ++i) {
      double votes = 0.0;
      for (std::size_t b = 0; b < trees.size(); ++b) {
        const auto row = static_cast<Eigen::Index>(b);
        if (counts(row, i) > 0) continue;
        mean.row(i) += values[b].row(leaves(row, i));
        votes += 1.0;
      }
      mean.row(i) /= votes;  // 0 / 0 is NaN
    }
    return mean;
  }

  /// Eq. (3): the forest's prediction at x is the mean of the training targets
  /// with these n weights.
  Vector training_weights(const Eigen::RowVectorXd& x) const {
    Vector weights = Vector::Zero(counts.cols());
    for (std::size_t b = 0; b < trees.size(); ++b) {
      const auto row = static_cast<Eigen::Index>(b);
      const int leaf = trees[b].apply(x)(0);
      const Vector share = (leaves.row(row).array() == leaf)
                               .select(counts.row(row).array(), 0)
                               .cast<double>();
      weights += share / share.sum();
    }
    return weights / static_cast<double>(trees.size());
  }
};

/// Row id: the K numbers of node id.
template <class Value>
Matrix node_values(const Tree& tree, Value value) {
  Matrix values(std::ssize(tree.nodes), value(tree.nodes[0].sum).size());
  for (Eigen::Index id = 0; const TreeNode& node : tree.nodes) {
    values.row(id++) = value(node.sum).transpose();
  }
  return values;
}

/// Times that each of n samples is drawn when n are drawn with replacement.
template <BitEngine Rng>
Vector bootstrap_counts(Eigen::Index n, Rng& rng) {
  Vector counts = Vector::Zero(n);
  for (Eigen::Index i = 0; i < n; ++i) counts(uniform_index(n, rng)) += 1.0;
  return counts;
}

/// Grows all trees; `value` turns the sums of a node into its K numbers. Each
/// tree has an engine of its own, seeded in order from the caller's: it does
/// not matter which thread grows it, or when.
template <class Criterion, class Value, BitEngine Rng>
Forest grow_forest(const MatrixRef& X, const TreeData& data,
                   const ForestOptions& options, const Criterion& criterion,
                   Value value, Rng& rng) {
  const auto root = std::sqrt(static_cast<double>(X.cols()));
  const auto tries = options.max_features > 0
                         ? static_cast<std::size_t>(options.max_features)
                         : static_cast<std::size_t>(root);
  const auto B = static_cast<std::size_t>(options.trees);
  std::vector<std::uint64_t> seeds(B);
  for (std::uint64_t& seed : seeds) seed = random_bits(rng);
  Forest forest{std::vector<Tree>(B), std::vector<Matrix>(B),
                Order(options.trees, X.rows()), Order(options.trees, X.rows())};

  const auto grow = [&](int thread) {
    TreeData own = data;  // to set the weights of its trees in
    std::vector<Eigen::Index> features(static_cast<std::size_t>(X.cols()));
    for (int b = thread; b < options.trees; b += options.threads) {
      const auto at = static_cast<std::size_t>(b);
      std::mt19937_64 engine(seeds[at]);
      if (options.bootstrap) own.weights = bootstrap_counts(X.rows(), engine);
      std::iota(features.begin(), features.end(), Eigen::Index{0});
      const auto drawn = [&] {
        shuffle(features, engine);
        return std::span<const Eigen::Index>(features);
      };
      const Tree tree = grow_tree(own, options.tree, criterion, tries, drawn);
      forest.values[at] = node_values(tree, value);
      forest.counts.row(b) = own.weights.cast<int>();
      forest.leaves.row(b) = tree.apply(X);
      forest.trees[at] = tree;
    }
  };
  std::vector<std::thread> others;
  for (int t = 1; t < options.threads; ++t) others.emplace_back(grow, t);
  grow(0);
  for (std::thread& other : others) other.join();
  return forest;
}

/// Throws std::invalid_argument unless trees, threads >= 1 and max_features is
/// 0 or one of 1, ..., d.
inline void require_forest(const char* caller, Eigen::Index d,
                           const ForestOptions& options) {
  require(options.trees >= 1 && options.threads >= 1, caller,
          ": need trees >= 1 and threads >= 1, got ", options.trees, " and ",
          options.threads);
  require(options.max_features >= 0 && options.max_features <= d, caller,
          ": need 0 <= max_features <= d, got ", options.max_features,
          ", d = ", d);
}

struct RandomForestClassifier {
  Forest forest;
  std::optional<double> oob_score;  ///< share right, Eq. (4); none without bags

  /// Throws as require_forest(), tree_data() and one_hot() do.
  template <BitEngine Rng>
  static RandomForestClassifier fit(const MatrixRef& X, std::span<const int> y,
                                    const ForestOptions& options, Rng& rng) {
    require_forest("RandomForestClassifier", X.cols(), options);
    const TreeData data =
        tree_data("RandomForestClassifier", X, one_hot(y), {}, options.tree);
    const auto shares = [](const Vector& sum) {
      return Vector(sum / sum.sum());
    };
    RandomForestClassifier model{
        grow_forest(X, data, options, ImpurityCriterion{options.tree.impurity},
                    shares, rng),
        {}};
    const Matrix votes = model.forest.oob_predict();
    double right = 0.0, voted = 0.0;
    for (Eigen::Index i = 0; i < votes.rows(); ++i) {
      if (std::isnan(votes(i, 0))) continue;
      Eigen::Index label = 0;
      votes.row(i).maxCoeff(&label);
      right += label == y[static_cast<std::size_t>(i)];
      voted += 1.0;
    }
    if (voted > 0.0) model.oob_score = right / voted;
    return model;
  }

  Matrix predict_proba(const MatrixRef& X) const { return forest.predict(X); }

  Eigen::VectorXi predict(const MatrixRef& X) const {
    const Matrix p = forest.predict(X);
    Eigen::VectorXi labels(X.rows());
    for (Eigen::Index i = 0; i < p.rows(); ++i) p.row(i).maxCoeff(&labels(i));
    return labels;
  }
};

struct RandomForestRegressor {
  Forest forest;
  std::optional<double> oob_score;  ///< R^2 of Eq. (4); none without bags

  /// Throws as require_forest() and tree_data() do, and unless y is finite.
  template <BitEngine Rng>
  static RandomForestRegressor fit(const MatrixRef& X, const Vector& y,
                                   const ForestOptions& options, Rng& rng) {
    require_forest("RandomForestRegressor", X.cols(), options);
    require_finite(y, "RandomForestRegressor: y");
    const double centre = y.size() > 0 ? y.mean() : 0.0;
    Matrix t = Matrix::Ones(y.size(), 2);
    t.col(1) = y.array() - centre;
    const TreeData data =
        tree_data("RandomForestRegressor", X, t, {}, options.tree);
    const auto mean = [centre](const Vector& sum) {
      return Vector::Constant(1, centre + sum(1) / sum(0)).eval();
    };
    RandomForestRegressor model{
        grow_forest(X, data, options, VarianceCriterion{}, mean, rng), {}};
    const Vector predicted = model.forest.oob_predict().col(0);
    std::vector<Eigen::Index> voted;
    for (Eigen::Index i = 0; i < y.size(); ++i) {
      if (!std::isnan(predicted(i))) voted.push_back(i);
    }
    if (voted.empty()) return model;
    const Vector want = y(voted);
    const double total = (want.array() - want.mean()).square().sum();
    const double error = (predicted(voted) - want).squaredNorm();
    if (total > 0.0) model.oob_score = 1.0 - error / total;
    return model;
  }

  Vector predict(const MatrixRef& X) const { return forest.predict(X).col(0); }
};

}  // namespace whiteboard::algorithms
