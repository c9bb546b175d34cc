// Question:    How does a decision tree work, from split search to prediction?
// Answer:      questions/algorithms/decision_tree.md (its equation numbers)
// Method:      greedy binary splits [1], swept on columns that are sorted once
// Time:        O(n d log n) for the sort, then O(n d) per level of the tree
// Numerics:    ties within rounding go to the first feature, lowest threshold
// References:  [1] Breiman et al., Classification and Regression Trees, 1984
// Symbols:     X  n x d  samples, one per row
//              y  n      classes 0, 1, ... or numbers
//              w  n      weights; a sample of weight 0 is absent
//              t  n x s  what the criterion sums over a node, Eq. (1)
#pragma once

#include <whiteboard/algorithms/split_criteria.hpp>
#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace whiteboard::algorithms {

/// The best split on feature j, or `best` where that is as good. One sweep: the
/// samples, which ascend, move to the left one by one. Where values are missing
/// a second sweep has those on the left from the start.
template <class Criterion>
std::optional<Split> best_split_on(const TreeData& data, Eigen::Index j,
                                   std::span<const int> samples,
                                   std::size_t min_leaf,
                                   const Criterion& criterion,
                                   std::optional<Split> best) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const double* const x = data.features.row(j).data();
  std::size_t n = samples.size(), present = n;
  while (present > 0 && std::isnan(x[samples[present - 1]])) --present;
  const Vector parent = data.sum(samples);
  const double before = criterion.score(parent);
  for (const bool missing_left : {false, true}) {
    const std::size_t first = missing_left ? n - present : 0;
    if (missing_left && first == 0) break;
    Vector left = data.sum(samples.last(first)), right = parent - left;
    for (std::size_t k = 0; k < present; ++k) {
      data.add(samples[k], 1.0, left);
      data.add(samples[k], -1.0, right);
      const std::size_t on_left = first + k + 1;
      if (on_left < min_leaf || n - on_left < min_leaf) continue;
      const double value = x[samples[k]];
      const double next = k + 1 < present ? x[samples[k + 1]] : infinity;
      if (value == next) continue;  // no threshold can separate equals
      const auto gain = gain_above(best, left, right, before, criterion);
      if (!gain) continue;
      best = Split{j, threshold_between(value, next), missing_left, *gain};
    }
  }
  return best;
}

struct TreeNode {
  int first = 0, last = 0;  ///< its samples stand here in every row of Order
  int depth = 0;            ///< of the root: 0
  int left = -1;            ///< child, the right one is next; -1 in a leaf
  Vector sum = {};          ///< s, of w t over its samples
  Split split = {};         ///< unless it is a leaf
  bool is_leaf() const { return left < 0; }
};

struct Tree {
  Eigen::Index features = 0;    ///< d
  std::vector<TreeNode> nodes;  ///< level by level, the root first

  /// The leaf of each row of X, an index into `nodes`; NaN goes where missing
  /// values went, or right if there were none. Throws unless X has d columns.
  Eigen::VectorXi apply(const MatrixRef& X) const {
    require(X.cols() == features, "Tree: grown on ", features,
            " features, got ", X.cols());
    Eigen::VectorXi leaf(X.rows());
    for (Eigen::Index i = 0; i < X.rows(); ++i) {
      const TreeNode* node = &nodes[0];
      while (!node->is_leaf()) {
        const bool left = node->split.goes_left(X(i, node->split.feature));
        node = &nodes[static_cast<std::size_t>(node->left + (left ? 0 : 1))];
      }
      leaf(i) = static_cast<int>(node - &nodes[0]);
    }
    return leaf;
  }
  Eigen::Index leaves() const { return (std::ssize(nodes) + 1) / 2; }
};

struct TreeOptions {
  int max_depth = std::numeric_limits<int>::max();  ///< 0: the root alone
  Eigen::Index min_samples_leaf = 1;   ///< counted without their weights
  double min_impurity_decrease = 0.0;  ///< per unit of weight at the root
  Impurity impurity = Impurity::gini;  ///< of class counts
};

/// Moves the `chosen` among samples first, ..., last - 1 to the front, in every
/// row and without reordering either part; returns where they end.
template <class Chosen>
int partition(Order& order, int first, int last, Chosen chosen) {
  int middle = first;
  for (Eigen::Index j = 0; j < order.rows(); ++j) {
    int* const row = order.row(j).data();
    middle = static_cast<int>(
        std::stable_partition(row + first, row + last, chosen) - row);
  }
  return middle;
}

/// Grows a tree until each leaf is constant, at a limit or cannot be split. At
/// each node `features()` gives the features to try: the first `tries` of them,
/// and further ones only while no split has been found.
template <class Criterion, class Features>
Tree grow_tree(const TreeData& data, const TreeOptions& options,
               const Criterion& criterion, std::size_t tries,
               Features features) {
  const auto min_leaf = static_cast<std::size_t>(options.min_samples_leaf);
  const double least = options.min_impurity_decrease * data.weights.sum();
  Order order = data.order;
  const int n = partition(order, 0, static_cast<int>(order.cols()),
                          [&](int i) { return data.weights(i) > 0.0; });
  Tree tree{order.rows(), {TreeNode{0, n}}};
  for (std::size_t id = 0; id < tree.nodes.size(); ++id) {
    const TreeNode node = tree.nodes[id];  // a copy: `nodes` grows below
    const auto samples = [&](Eigen::Index j) {
      const int* const row = order.row(j).data();
      return std::span<const int>(row + node.first, row + node.last);
    };
    tree.nodes[id].sum = data.sum(samples(0));
    if (node.depth >= options.max_depth || data.constant(samples(0))) continue;
    std::optional<Split> best;
    for (std::size_t tried = 0; const Eigen::Index j : features()) {
      if (tried++ >= tries && best) break;
      best = best_split_on(data, j, samples(j), min_leaf, criterion, best);
    }
    if (!best || best->gain < least) continue;
    const int middle = partition(order, node.first, node.last, [&](int i) {
      return best->goes_left(data.features(best->feature, i));
    });
    tree.nodes[id].split = *best;
    tree.nodes[id].left = static_cast<int>(tree.nodes.size());
    tree.nodes.push_back({node.first, middle, node.depth + 1});
    tree.nodes.push_back({middle, node.last, node.depth + 1});
  }
  return tree;
}

/// The same with all features tried at every node, in their order.
template <class Criterion>
Tree grow_tree(const TreeData& data, const TreeOptions& options,
               const Criterion& criterion) {
  std::vector<Eigen::Index> all(static_cast<std::size_t>(data.order.rows()));
  std::iota(all.begin(), all.end(), Eigen::Index{0});
  return grow_tree(data, options, criterion, all.size(), [&] { return all; });
}

/// The data of a tree; without weights all are 1, and NaN in X is a missing
/// value. Throws unless X is n x d with n, d >= 1 and without infinities, sizes
/// agree, weights are >= 0 with a positive sum, and the options make sense.
inline TreeData tree_data(const char* caller, const MatrixRef& X, Matrix t,
                          Vector w, const TreeOptions& options) {
  if (w.size() == 0) w = Vector::Ones(X.rows());
  require(X.rows() >= 1 && X.cols() >= 1, caller,
          ": need samples and features, got ", X.rows(), " x ", X.cols());
  require(t.rows() == X.rows() && w.size() == X.rows(), caller, ": ", X.rows(),
          " rows, ", t.rows(), " targets, ", w.size(), " weights");
  require(!X.array().isInf().any(), caller, ": X is infinite somewhere");
  require(w.minCoeff() >= 0.0 && w.sum() > 0.0 && std::isfinite(w.sum()),
          caller, ": need finite weights >= 0, and one > 0");
  require(options.max_depth >= 0 && options.min_samples_leaf >= 1, caller,
          ": need max_depth >= 0 and min_samples_leaf >= 1, got ",
          options.max_depth, " and ", options.min_samples_leaf);
  return TreeData(X, std::move(t), std::move(w));
}

/// Row i has a 1 in column y_i. Throws unless all labels are >= 0.
inline Matrix one_hot(std::span<const int> y) {
  const int top = y.empty() ? 0 : *std::max_element(y.begin(), y.end());
  Matrix t = Matrix::Zero(std::ssize(y), std::max(top, 0) + 1);
  for (Eigen::Index i = 0; const int label : y) {
    require(label >= 0, "one_hot: need labels >= 0, got ", label);
    t(i++, label) = 1.0;
  }
  return t;
}

struct DecisionTreeClassifier {
  Tree tree;
  Matrix shares;  ///< nodes x K, of the classes

  /// Throws as tree_data() and one_hot() do.
  static DecisionTreeClassifier fit(const MatrixRef& X, std::span<const int> y,
                                    const TreeOptions& options = {},
                                    const Vector& w = {}) {
    const TreeData data =
        tree_data("DecisionTreeClassifier", X, one_hot(y), w, options);
    Tree tree = grow_tree(data, options, ImpurityCriterion{options.impurity});
    Matrix shares(std::ssize(tree.nodes), data.targets.cols());
    for (Eigen::Index id = 0; const TreeNode& node : tree.nodes) {
      shares.row(id++) = node.sum.transpose() / node.sum.sum();
    }
    return {std::move(tree), std::move(shares)};
  }

  /// n x K.
  Matrix predict_proba(const MatrixRef& X) const {
    return shares(tree.apply(X), Eigen::all);
  }

  /// The most frequent class of the leaf, of equals the lowest.
  Eigen::VectorXi predict(const MatrixRef& X) const {
    const Matrix p = predict_proba(X);
    Eigen::VectorXi labels(X.rows());
    for (Eigen::Index i = 0; i < p.rows(); ++i) p.row(i).maxCoeff(&labels(i));
    return labels;
  }
};

struct DecisionTreeRegressor {
  Tree tree;
  Vector means;  ///< nodes, of the targets

  /// Throws as tree_data() does, and unless y is finite.
  static DecisionTreeRegressor fit(const MatrixRef& X, const VectorRef& y,
                                   const TreeOptions& options = {},
                                   const Vector& w = {}) {
    require_finite(y, "DecisionTreeRegressor: y");
    const double centre = y.size() > 0 ? y.mean() : 0.0;
    Matrix t = Matrix::Ones(y.size(), 2);
    t.col(1) = y.array() - centre;  // or far from 0 the squared sums cancel
    const TreeData data = tree_data("DecisionTreeRegressor", X, t, w, options);
    Tree tree = grow_tree(data, options, VarianceCriterion{});
    Vector means(std::ssize(tree.nodes));
    for (Eigen::Index id = 0; const TreeNode& node : tree.nodes) {
      means(id++) = centre + node.sum(1) / node.sum(0);
    }
    return {std::move(tree), std::move(means)};
  }

  Vector predict(const MatrixRef& X) const { return means(tree.apply(X)); }
};

}  // namespace whiteboard::algorithms
