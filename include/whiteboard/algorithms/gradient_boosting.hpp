// Question:    What is gradient boosting, and in what sense is it gradient
//              descent?
// Answer:      questions/algorithms/gradient_boosting.md (its equation numbers)
// Method:      trees fitted to the negative gradient [1], on random parts of
//              the samples [2], each leaf then set by the loss itself
// Time:        O(n d log n) once, O(n d depth) per round
// Numerics:    f is on the scale of log-odds for the logistic loss
// References:  [1] Friedman, Greedy function approximation: a gradient boosting
//                  machine, Annals of Statistics 29(5), 2001
//              [2] Friedman, Stochastic gradient boosting, Computational
//                  Statistics and Data Analysis 38(4), 2002
// Symbols:     X  n x d  samples, one per row
//              y  n      targets, 0 or 1 for the logistic loss
//              f  n      predictions so far
//              nu        learning rate
//              delta     where Huber's loss turns from square to linear
#pragma once

#include <whiteboard/algorithms/decision_tree.hpp>
#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace whiteboard::algorithms {

enum class Loss { squared, absolute, huber, logistic };

/// Mean loss of f, Eq. (1). Only Huber's uses delta.
inline double mean_loss(Loss loss, const Vector& y, const Vector& f,
                        double delta = 1.0) {
  const Eigen::ArrayXd r = y - f, size = r.abs();
  switch (loss) {
    case Loss::squared:
      return 0.5 * r.square().mean();
    case Loss::absolute:
      return size.mean();
    case Loss::huber:
      return (size <= delta)
          .select(0.5 * r.square(), delta * (size - 0.5 * delta))
          .mean();
    case Loss::logistic:  // log(1 + e^f) - y f, without overflow
      return (f.array().max(0.0) + (-f.array().abs()).exp().log1p() -
              y.array() * f.array())
          .mean();
  }
  return 0.0;
}

/// Minus the derivative of each sample's loss in its f, Eq. (2).
inline Vector negative_gradient(Loss loss, const Vector& y, const Vector& f,
                                double delta = 1.0) {
  const Vector r = y - f;
  switch (loss) {
    case Loss::squared:
      return r;
    case Loss::absolute:
      return r.array().sign();
    case Loss::huber:
      return r.cwiseMax(-delta).cwiseMin(delta);
    case Loss::logistic:
      return y.array() - 1.0 / (1.0 + (-f.array()).exp());
  }
  return r;
}

/// The value below which a share q of the (non-empty) values lies, halfway
/// between two where it falls between them.
inline double quantile(Vector values, double q) {
  std::sort(values.begin(), values.end());
  const double rank = q * static_cast<double>(values.size());
  const auto last = values.size() - 1;
  const auto low = static_cast<Eigen::Index>(std::ceil(rank)) - 1;
  const auto high = static_cast<Eigen::Index>(std::floor(rank));
  return 0.5 * (values(std::clamp(low, Eigen::Index{0}, last)) +
                values(std::min(high, last)));
}

/// The constant that minimises the mean loss: mean, median or log-odds; Huber's
/// loss starts at the median too. Infinite if all labels are the same.
inline double initial_constant(Loss loss, const Vector& y) {
  require(y.size() >= 1, "initial_constant: need a target, got none");
  const double mean = y.mean();
  if (loss == Loss::squared) return mean;
  if (loss == Loss::logistic) return std::log(mean / (1.0 - mean));
  return quantile(y, 0.5);
}

/// What a leaf adds to f for its samples, Eq. (4): the minimiser of their loss,
/// or one step towards it from 0 (logistic) or from the median (Huber).
inline double leaf_value(Loss loss, const Vector& y, const Vector& f,
                         double delta) {
  const Vector g = negative_gradient(loss, y, f, delta);
  if (loss == Loss::squared) return g.mean();
  if (loss == Loss::logistic) {
    const Eigen::ArrayXd p = y - g;
    const double curvature = (p * (1.0 - p)).sum();
    return curvature > 1e-150 ? g.sum() / curvature : 0.0;
  }
  const Vector r = y - f;
  const double median = quantile(r, 0.5);
  if (loss == Loss::absolute) return median;
  const Eigen::ArrayXd around = r.array() - median;
  return median + around.max(-delta).min(delta).mean();
}

/// leaf_value() for the leaves of a tree, from the samples it was grown on.
inline Vector leaf_values(Loss loss, const Vector& y, const Vector& f,
                          double delta, const Vector& weights,
                          const Eigen::VectorXi& leaf) {
  std::vector<std::vector<Eigen::Index>> members(
      static_cast<std::size_t>(leaf.maxCoeff()) + 1);
  for (Eigen::Index i = 0; i < y.size(); ++i) {
    if (weights(i) == 0.0) continue;
    members[static_cast<std::size_t>(leaf(i))].push_back(i);
  }
  Vector values = Vector::Zero(std::ssize(members));
  for (Eigen::Index id = 0; const auto& rows : members) {
    if (!rows.empty()) values(id) = leaf_value(loss, y(rows), f(rows), delta);
    ++id;
  }
  return values;
}

struct BoostOptions {
  int rounds = 100;
  int max_depth = 3;
  Eigen::Index min_samples_leaf = 1;
  double learning_rate = 0.1;  ///< nu
  double subsample = 1.0;      ///< share of the samples that a tree sees
  Loss loss = Loss::squared;
  double huber_quantile = 0.9;  ///< delta is this quantile of |y - f|
};

/// Throws std::invalid_argument unless y is finite, for the logistic loss 0 or
/// 1 with both present, and the options make sense.
inline void require_boosting(const Vector& y, const BoostOptions& options) {
  const auto [rounds, depth, leaf, nu, subsample, loss, share] = options;
  require(rounds >= 0, "GradientBoosting: need rounds >= 0, got ", rounds);
  require(nu > 0.0 && std::isfinite(nu),
          "GradientBoosting: need a finite learning_rate > 0, got ", nu);
  require(subsample > 0.0 && subsample <= 1.0,
          "GradientBoosting: need 0 < subsample <= 1, got ", subsample);
  require(share > 0.0 && share < 1.0,
          "GradientBoosting: need 0 < huber_quantile < 1, got ", share);
  require_finite(y, "GradientBoosting: y");
  require(y.size() >= 1, "GradientBoosting: need samples, got none");
  if (loss != Loss::logistic) return;
  require((y.array() == 0.0 || y.array() == 1.0).all(),
          "GradientBoosting: need labels 0 and 1 for the logistic loss");
  require(y.minCoeff() < y.maxCoeff(), "GradientBoosting: all labels are ",
          y(0));
}

/// 1 for a random share of n samples, at least one of them, 0 for the others.
template <BitEngine Rng>
Vector drawn(Eigen::Index n, double share, Rng& rng) {
  if (share == 1.0) return Vector::Ones(n);
  auto order = permutation(n, rng);
  const double size = std::max(1.0, share * static_cast<double>(n));
  order.resize(static_cast<std::size_t>(size));
  Vector weights = Vector::Zero(n);
  for (const Eigen::Index i : order) weights(i) = 1.0;
  return weights;
}

struct GradientBoosting {
  double start = 0.0;          ///< f_0
  double learning_rate = 0.1;  ///< nu
  std::vector<Tree> trees;     ///< one a round
  std::vector<Vector> values;  ///< of each tree's nodes, Eq. (4)

  /// Throws as require_boosting() and tree_data() do. The engine is used only
  /// if subsample < 1.
  template <BitEngine Rng>
  static GradientBoosting fit(const MatrixRef& X, const Vector& y,
                              const BoostOptions& options, Rng& rng) {
    require_boosting(y, options);
    const TreeOptions limits{.max_depth = options.max_depth,
                             .min_samples_leaf = options.min_samples_leaf};
    TreeData data =
        tree_data("GradientBoosting", X, Matrix::Ones(y.size(), 2), {}, limits);
    GradientBoosting model{
        initial_constant(options.loss, y), options.learning_rate, {}, {}};
    Vector f = Vector::Constant(y.size(), model.start);
    for (int m = 0; m < options.rounds; ++m) {
      const double delta = quantile((y - f).cwiseAbs(), options.huber_quantile);
      data.targets.col(1) = negative_gradient(options.loss, y, f, delta);
      data.weights = drawn(y.size(), options.subsample, rng);
      model.trees.push_back(grow_tree(data, limits, VarianceCriterion{}));
      const Eigen::VectorXi leaf = model.trees.back().apply(X);
      model.values.push_back(
          leaf_values(options.loss, y, f, delta, data.weights, leaf));
      f += options.learning_rate * model.values.back()(leaf);  // Eq. (3)
    }
    return model;
  }

  /// (rounds + 1) x n: f after 0, 1, ... rounds. Log-odds for logistic loss.
  Matrix staged_predict(const MatrixRef& X) const {
    Matrix f(std::ssize(trees) + 1, X.rows());
    f.row(0).setConstant(start);
    for (std::size_t m = 0; m < trees.size(); ++m) {
      const auto row = static_cast<Eigen::Index>(m);
      const Vector step = values[m](trees[m].apply(X));
      f.row(row + 1) = f.row(row) + learning_rate * step.transpose();
    }
    return f;
  }
  Vector predict(const MatrixRef& X) const {
    return staged_predict(X).row(std::ssize(trees));
  }
};

}  // namespace whiteboard::algorithms
