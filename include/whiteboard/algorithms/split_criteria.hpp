// Question:    How does a decision tree score a split?
// Answer:      questions/algorithms/split_criteria.md (equation numbers are its
//              own)
// Method:      Gini and variance [1], information gain and gain ratio [2]
// Time:        O(K) per node, O(n) for the variance of n targets
// Numerics:    0 log 0 is 0; the variance reduction is a difference of means,
//              not of squares, so that an offset of y does no harm
// References:  [1] Breiman, Friedman, Olshen and Stone, Classification and
//                  Regression Trees, 1984
//              [2] Quinlan, Induction of decision trees, Machine Learning 1(1),
//                  1986
// Symbols:     c  K  (weighted) number of samples of each class in a node
//              W     sum of c
//              p  K  c / W
//              y  n  targets of a regression
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <optional>
#include <span>
#include <utility>

namespace whiteboard::algorithms {

enum class Impurity { gini, entropy, misclassification };

/// Impurity of a node with class counts c that are known to be >= 0 and not
/// all 0, Eq. (1). Unchecked: a split search calls it for every threshold.
inline double node_impurity(Impurity kind, const Vector& c) {
  const std::span counts(c.data(), static_cast<std::size_t>(c.size()));
  double total = 0.0, squares = 0.0, largest = 0.0, bits = 0.0;
  for (const double count : counts) {
    total += count;
    squares += count * count;
    largest = std::max(largest, count);
  }
  if (kind == Impurity::gini) return 1.0 - squares / (total * total);
  if (kind == Impurity::misclassification) return 1.0 - largest / total;
  for (const double count : counts) {
    if (count <= 0.0) continue;  // p log p -> 0, but 0 * log 0 is NaN
    bits -= count / total * std::log2(count / total);
  }
  return bits;
}

/// Throws std::invalid_argument unless there is a class and all counts are
/// finite and >= 0.
inline void require_counts(const Vector& c) {
  require(c.size() >= 1, "impurity: need at least one class, got none");
  require_finite(c, "impurity: counts");
  require(c.minCoeff() >= 0.0, "impurity: need counts >= 0, got ",
          c.minCoeff());
}

/// Eq. (1) for class counts, which may be weighted. Throws as require_counts()
/// does, and when all counts are 0: an empty node has no class mix.
inline double impurity(Impurity kind, const Vector& c) {
  require_counts(c);
  require(c.sum() > 0.0, "impurity: need a positive count, got only zeros");
  return node_impurity(kind, c);
}

/// 1 - sum p^2.
inline double gini(const Vector& c) {
  return impurity(Impurity::gini, c);
}

/// - sum p log2 p, in bits.
inline double entropy(const Vector& c) {
  return impurity(Impurity::entropy, c);
}

/// 1 - max p.
inline double misclassification(const Vector& c) {
  return impurity(Impurity::misclassification, c);
}

/// Class counts of the node that was split. Throws unless there are children
/// of equally many classes and valid counts, not all of them 0.
inline Vector parent_of(std::span<const Vector> children) {
  require(!children.empty(), "parent_of: need at least one child, got none");
  Vector parent = Vector::Zero(children.front().size());
  for (const Vector& child : children) {
    require(child.size() == parent.size(), "parent_of: children of ",
            parent.size(), " and ", child.size(), " classes");
    require_counts(child);
    parent += child;
  }
  require(parent.sum() > 0.0, "parent_of: all children are empty");
  return parent;
}

/// Impurity of the parent less the mean impurity of the children, weighted by
/// their sizes, Eq. (2). An empty child counts for nothing. Throws as
/// parent_of() does.
inline double impurity_decrease(Impurity kind,
                                std::span<const Vector> children) {
  const Vector parent = parent_of(children);
  double decrease = node_impurity(kind, parent);
  for (const Vector& child : children) {
    if (child.sum() == 0.0) continue;
    decrease -= child.sum() / parent.sum() * node_impurity(kind, child);
  }
  return decrease;
}

/// Information gain over the entropy of the child sizes, Eq. (3) [2]. Empty
/// when all samples are in one child: nothing was split. Throws as parent_of()
/// does.
inline std::optional<double> gain_ratio(std::span<const Vector> children) {
  const double gain = impurity_decrease(Impurity::entropy, children);
  Vector sizes(static_cast<Eigen::Index>(children.size()));
  for (std::size_t k = 0; k < children.size(); ++k) {
    sizes(static_cast<Eigen::Index>(k)) = children[k].sum();
  }
  const double split_information = entropy(sizes);
  if (split_information == 0.0) return std::nullopt;
  return gain / split_information;
}

/// Variance (divided by n) of all targets less that within the two children,
/// Eq. (5): between two groups it is the squared difference of their means.
/// Throws unless both sides are non-empty and finite.
inline double variance_reduction(const VectorRef& left,
                                 const VectorRef& right) {
  require(left.size() >= 1 && right.size() >= 1,
          "variance_reduction: need two non-empty sides, got ", left.size(),
          " and ", right.size(), " targets");
  require_finite(left, "variance_reduction: left");
  require_finite(right, "variance_reduction: right");
  const double n = static_cast<double>(left.size() + right.size());
  const double share = static_cast<double>(left.size()) / n;
  const double difference = left.mean() - right.mean();
  return share * (1.0 - share) * difference * difference;
}

/// What a split search wants of a criterion, Eq. (6): a score of sums over the
/// samples of a node, so that score(left) + score(right) - score(parent) is W
/// times the decrease, and the sums of `right` are parent less left.
struct ImpurityCriterion {
  Impurity kind = Impurity::gini;

  /// `sum` holds the class counts.
  double score(const Vector& sum) const {
    return -sum.sum() * node_impurity(kind, sum);
  }
};

/// The same for the variance of targets.
struct VarianceCriterion {
  /// `sum` holds W and the sum of y. That of y squared cancels: it is the same
  /// for both children together as for the parent.
  double score(const Vector& sum) const { return sum(1) * sum(1) / sum(0); }
};

/// A number m with low <= m < high, halfway where doubles have such a number:
/// of two neighbours the midpoint is one or the other. Infinite if `high` is.
inline double threshold_between(double low, double high) {
  const double middle = std::midpoint(low, high);
  return middle == high && std::isfinite(high) ? low : middle;
}

/// A binary split of a node by one feature.
struct Split {
  Eigen::Index feature = 0;
  double threshold = 0.0;     ///< x <= threshold goes left
  bool missing_left = false;  ///< and so does NaN
  double gain = 0.0;          ///< Eq. (6), in units of the weights

  bool goes_left(double x) const {
    return std::isnan(x) ? missing_left : x <= threshold;
  }
};

/// Eq. (6) if that is above the gain of `best` by more than rounding, else
/// nothing: ties go to the split tried first, on every machine. A criterion may
/// forbid children, it then has a member allows(sum).
template <class Criterion>
std::optional<double> gain_above(const std::optional<Split>& best,
                                 const Vector& left, const Vector& right,
                                 double parent_score,
                                 const Criterion& criterion) {
  if constexpr (requires { criterion.allows(left); }) {
    if (!criterion.allows(left) || !criterion.allows(right)) return {};
  }
  const double gain =
      criterion.score(left) + criterion.score(right) - parent_score;
  const double rounding = 1e-12 * (std::abs(parent_score) + std::abs(gain));
  if (best && gain <= best->gain + rounding) return {};
  return std::abs(gain) <= rounding ? 0.0 : gain;
}

/// Row j holds samples by ascending value of feature j, NaN last.
using Order =
    Eigen::Matrix<int, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// A training set as a split search wants it. Sorting is the expensive part and
/// serves any number of searches, with other targets or weights.
struct TreeData {
  Matrix features;  ///< d x n, X transposed: a feature is contiguous
  Order order;      ///< d x n
  Matrix targets;   ///< n x s, what a criterion sums: t of Eq. (6)
  Vector weights;   ///< n, a sample of weight 0 is absent

  TreeData(const MatrixRef& X, Matrix t, Vector w)
      : features(X.transpose()),
        order(X.cols(), X.rows()),
        targets(std::move(t)),
        weights(std::move(w)) {
    for (Eigen::Index j = 0; j < order.rows(); ++j) {
      const double* const x = features.row(j).data();
      int* const row = order.row(j).data();
      std::iota(row, row + order.cols(), 0);
      std::stable_sort(row, row + order.cols(), [x](int a, int b) {
        return x[a] < x[b] || (std::isnan(x[b]) && !std::isnan(x[a]));
      });
    }
  }

  /// sum += sign w_i t_i. A plain loop: s is a handful.
  void add(int i, double sign, Vector& sum) const {
    const Eigen::Index s = targets.cols();
    const double* const t = targets.data() + i * s;
    const double weight = sign * weights(i);
    double* const total = sum.data();
    for (Eigen::Index k = 0; k < s; ++k) total[k] += weight * t[k];
  }
  Vector sum(std::span<const int> samples) const {
    Vector total = Vector::Zero(targets.cols());
    for (const int i : samples) add(i, 1.0, total);
    return total;
  }
  /// No split of these can gain: all targets are the same.
  bool constant(std::span<const int> samples) const {
    return std::all_of(samples.begin(), samples.end(), [&](int i) {
      return targets.row(i) == targets.row(samples[0]);
    });
  }
};

}  // namespace whiteboard::algorithms
