// Question:    How does XGBoost work: second-order objective, split gain,
//              regularisation, missing values?
// Answer:      questions/algorithms/xgboost.md (its equation numbers)
// Method:      exact greedy search on sorted columns, learned sides for missing
//              values, pruning by gamma from the leaves up [1]
// Time:        O(n d log n) once, O(n d) per level of each tree
// Numerics:    doubles throughout; the library keeps X, g and h in float
// References:  [1] Chen and Guestrin, XGBoost: a scalable tree boosting system,
//                  KDD 2016
// Symbols:     X  n x d  samples, one per row; NaN is missing
//              y  n      targets, 0 or 1 for the logistic objective
//              g, h      first and second derivative of the loss in f, Eq. (2)
//              G, H      their sums over a node
//              lambda    L2 penalty on leaf weights, alpha the L1 penalty
//              gamma     price of a leaf
#pragma once

#include <whiteboard/algorithms/decision_tree.hpp>
#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

namespace whiteboard::algorithms {

enum class Objective { squared_error, logistic };

/// Row i holds g_i and h_i at the prediction f_i, Eq. (2).
inline Matrix gradient_pairs(Objective objective, const Vector& y,
                             const Vector& f) {
  Matrix pairs(y.size(), 2);
  if (objective == Objective::squared_error) {
    pairs << f - y, Vector::Ones(y.size());
    return pairs;
  }
  const Eigen::ArrayXd p = 1.0 / (1.0 + (-f.array()).exp());
  pairs.col(0) = p - y.array();
  pairs.col(1) = (p * (1.0 - p)).max(1e-16);  // as the library does
  return pairs;
}

/// G moved towards 0 by alpha, and no further.
inline double soft_threshold(double G, double alpha) {
  return std::copysign(std::max(std::abs(G) - alpha, 0.0), G);
}

/// The score of a node for the split search, which sums G and H: how far the
/// best weight lowers Eq. (3), doubled.
struct SecondOrderCriterion {
  double lambda = 1.0, alpha = 0.0, min_child_weight = 0.0;

  double score(const Vector& sum) const {
    const double T = soft_threshold(sum(0), alpha);
    return T * T / (sum(1) + lambda);
  }
  bool allows(const Vector& child) const {
    return child(1) >= min_child_weight && child(1) + lambda > 0.0;
  }
};

/// Throws unless Eq. (3) has a minimum: H + lambda > 0 and alpha >= 0.
inline void require_penalties(double H, double lambda, double alpha) {
  require(H + lambda > 0.0, "xgboost: need H + lambda > 0, got H = ", H,
          ", lambda = ", lambda);
  require(alpha >= 0.0, "xgboost: need alpha >= 0, got ", alpha);
}

/// The weight that minimises Eq. (3), Eq. (4). Throws as require_penalties().
inline double leaf_weight(double G, double H, double lambda,
                          double alpha = 0.0) {
  require_penalties(H, lambda, alpha);
  return -soft_threshold(G, alpha) / (H + lambda);
}

/// Eq. (5) as the library reports it, twice the paper's. Throws as above.
inline double split_gain(double GL, double HL, double GR, double HR,
                         double lambda, double alpha = 0.0) {
  require_penalties(std::min(HL, HR), lambda, alpha);
  const SecondOrderCriterion criterion{lambda, alpha};
  return criterion.score(Vector{{GL, HL}}) + criterion.score(Vector{{GR, HR}}) -
         criterion.score(Vector{{GL + GR, HL + HR}});
}

/// Takes back, from the leaves up, each split into two leaves that gained less
/// than gamma. A poor split above a good one stays: it made that one possible.
inline Tree pruned(Tree tree, double gamma) {
  const auto node = [&](int id) -> TreeNode& {
    return tree.nodes[static_cast<std::size_t>(id)];
  };
  for (int id = static_cast<int>(tree.nodes.size()) - 1; id >= 0; --id) {
    const int left = node(id).left;
    if (left < 0 || !node(left).is_leaf() || !node(left + 1).is_leaf())
      continue;
    if (node(id).split.gain < gamma) node(id).left = -1;
  }
  Tree kept{tree.features, {tree.nodes[0]}};
  for (std::size_t id = 0; id < kept.nodes.size(); ++id) {
    const int left = kept.nodes[id].left;
    if (left < 0) continue;
    kept.nodes[id].left = static_cast<int>(kept.nodes.size());
    kept.nodes.push_back(node(left));
    kept.nodes.push_back(node(left + 1));
  }
  return kept;
}

struct XgbOptions {
  int rounds = 100;
  int max_depth = 6;
  double eta = 0.3;               ///< learning rate
  double lambda = 1.0;            ///< L2 on leaf weights
  double alpha = 0.0;             ///< L1 on leaf weights
  double gamma = 0.0;             ///< least gain of a last split
  double min_child_weight = 1.0;  ///< least H of a child
  double base_score = 0.5;        ///< start, a probability if logistic
  double scale_pos_weight = 1.0;  ///< of the samples with label 1
  Objective objective = Objective::squared_error;
};

/// Throws std::invalid_argument unless y is finite, 0 or 1 for the logistic
/// objective, and the options make sense.
inline void require_xgb(const Vector& y, const XgbOptions& o) {
  require_finite(y, "XgBoost: y");
  require(o.rounds >= 0, "XgBoost: need rounds >= 0, got ", o.rounds);
  for (const double penalty :
       {o.lambda, o.alpha, o.gamma, o.min_child_weight}) {
    require(penalty >= 0.0 && std::isfinite(penalty),
            "XgBoost: need finite penalties >= 0, got ", penalty);
  }
  require(o.eta > 0.0 && o.scale_pos_weight > 0.0 &&
              std::isfinite(o.eta + o.scale_pos_weight),
          "XgBoost: need finite eta and scale_pos_weight > 0, got ", o.eta,
          " and ", o.scale_pos_weight);
  require(std::isfinite(o.base_score), "XgBoost: base_score is ", o.base_score);
  if (o.objective == Objective::squared_error) return;
  require((y.array() == 0.0 || y.array() == 1.0).all(),
          "XgBoost: need labels 0 and 1 for the logistic objective");
  require(o.base_score > 0.0 && o.base_score < 1.0,
          "XgBoost: need 0 < base_score < 1, got ", o.base_score);
}

struct XgBoost {
  Objective objective = Objective::squared_error;
  double start = 0.0;           ///< f before the first round
  std::vector<Tree> trees;      ///< one a round, pruned
  std::vector<Vector> weights;  ///< of each tree's nodes, times eta

  /// Throws as require_xgb() and tree_data() do.
  static XgBoost fit(const MatrixRef& X, const Vector& y,
                     const XgbOptions& options = {}) {
    require_xgb(y, options);
    const Vector w = 1.0 + (options.scale_pos_weight - 1.0) *
                               (y.array() == 1.0).cast<double>();
    // The library accepts no gain below 1e-6, whatever gamma is.
    const TreeOptions limits{.max_depth = options.max_depth,
                             .min_impurity_decrease = 1e-6 / w.sum()};
    const Matrix none = Matrix::Zero(y.size(), 2);
    TreeData data = tree_data("XgBoost", X, none, w, limits);
    const SecondOrderCriterion criterion{options.lambda, options.alpha,
                                         options.min_child_weight};
    const double base = options.base_score;
    const bool logistic = options.objective == Objective::logistic;
    XgBoost model{options.objective,
                  logistic ? std::log(base / (1.0 - base)) : base,
                  {},
                  {}};
    Vector f = Vector::Constant(y.size(), model.start);
    for (int m = 0; m < options.rounds; ++m) {
      data.targets = gradient_pairs(options.objective, y, f);
      const Tree tree =
          pruned(grow_tree(data, limits, criterion), options.gamma);
      Vector weights(std::ssize(tree.nodes));
      for (Eigen::Index id = 0; const TreeNode& node : tree.nodes) {
        weights(id++) =
            options.eta * leaf_weight(node.sum(0), node.sum(1), options.lambda,
                                      options.alpha);
      }
      f += weights(tree.apply(X));
      model.trees.push_back(tree);
      model.weights.push_back(weights);
    }
    return model;
  }

  /// f of each row: the sum of its leaves, log-odds for the logistic objective.
  Vector predict_margin(const MatrixRef& X) const {
    Vector f = Vector::Constant(X.rows(), start);
    for (std::size_t m = 0; m < trees.size(); ++m) {
      f += weights[m](trees[m].apply(X));
    }
    return f;
  }

  /// The mean of y: f itself, or its probability.
  Vector predict(const MatrixRef& X) const {
    const Vector f = predict_margin(X);
    if (objective == Objective::squared_error) return f;
    return 1.0 / (1.0 + (-f.array()).exp());
  }
};

}  // namespace whiteboard::algorithms
