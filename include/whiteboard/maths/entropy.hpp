// Question:    What are entropy, cross-entropy and perplexity?
// Answer:      questions/maths/entropy.md (equation numbers are its own)
// Method:      sums with 0 log 0 = 0; Huffman's code [1]; the plug-in estimate
//              and Miller's correction of its bias [2]
// Time:        O(K) for K outcomes; the code O(K log K + sum of its lengths)
// Memory:      O(1); O(K) for the code
// Numerics:    in nats, divide by `bit` for bits; +inf is a result, not an
//              error; close to certainty only logits still hold the entropy
// References:  [1] Cover and Thomas, Elements of Information Theory, 2nd ed.,
//                  Wiley, 2006, chapters 2, 5 and 8
//              [2] Paninski, Estimation of entropy and mutual information,
//                  Neural Computation 15(6), 2003
// Symbols:     p, q  K  distributions: entries >= 0 that sum to 1
//              P  rows x cols  joint distribution of X (rows) and Y (columns)
//              z  K  logits; p is their softmax
//              n  number of observations
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>
#include <whiteboard/maths/log_sum_exp.hpp>
#include <whiteboard/maths/softmax.hpp>

#include <Eigen/Core>

#include <cmath>
#include <cstddef>
#include <functional>
#include <numbers>
#include <queue>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace whiteboard::maths {

/// One bit in nats: entropy(p) / bit is in bits.
inline constexpr double bit = std::numbers::ln2;

/// Throws std::invalid_argument unless the entries, those of a vector or of a
/// matrix, are >= 0 and sum to 1 within 1e-9.
template <class Derived>
void require_distribution(const Eigen::DenseBase<Derived>& p,
                          std::string_view name) {
  require_finite(p, name);
  require(p.size() > 0, name, " is empty");
  require(p.minCoeff() >= 0.0, name, " has a negative entry ", p.minCoeff());
  require(std::abs(p.sum() - 1.0) <= 1e-9, name, " sums to ", p.sum(),
          ", not to 1");
}

/// -p log q, the share of one outcome in Eqs. (1) and (2): 0 where p is 0,
/// whatever q, and +inf where only q is.
inline double expected_surprise(double p, double q) {
  return p == 0.0 ? 0.0 : -p * std::log(q);
}

/// Cross-entropy H(p, q) in nats, Eq. (2): what outcomes from p cost on average
/// with a code made for q. Throws unless both are distributions of one size.
inline double cross_entropy(const VectorRef& p, const VectorRef& q) {
  require(p.size() == q.size(), "cross_entropy: p has ", p.size(),
          " entries, q ", q.size());
  require_distribution(p, "cross_entropy: p");
  require_distribution(q, "cross_entropy: q");
  double sum = 0.0;
  for (Eigen::Index i = 0; i < p.size(); ++i) {
    sum += expected_surprise(p(i), q(i));
  }
  return sum;
}

/// Entropy H(p) in nats, Eq. (1). Throws unless p is a distribution.
///
///     entropy(Vector{{0.5, 0.5}}) / bit  // 1
inline double entropy(const VectorRef& p) {
  require_distribution(p, "entropy: p");
  double sum = 0.0;
  for (const double x : p) sum += expected_surprise(x, x);
  return sum;
}

/// H(Y | X) in nats, Eq. (4): what is left of Y once X is known, on average.
/// Throws unless P is a distribution.
inline double conditional_entropy(const MatrixRef& P) {
  require_distribution(P, "conditional_entropy: P");
  double sum = 0.0;
  for (Eigen::Index x = 0; x < P.rows(); ++x) {
    const double p_x = P.row(x).sum();
    for (const double p_xy : P.row(x)) {
      sum += expected_surprise(p_xy, p_xy / p_x);
    }
  }
  return sum;
}

/// Entropy of softmax(z) in nats, Eq. (8): from the logits, as a probability
/// next to 1 has rounded away what is left. An entry of -inf is a mask. Throws
/// unless a logit is finite and none is NaN or +inf.
inline double entropy_of_logits(const VectorRef& z) {
  require_logits({z.data(), static_cast<std::size_t>(z.size())},
                 "entropy_of_logits");
  const Vector behind = z.maxCoeff() - z.array();
  const double log_total = log_sum_exp(-behind);
  double sum = 0.0;
  for (const double gap : behind) {
    const double surprise = gap + log_total;  // -log p
    if (std::isfinite(surprise)) sum += std::exp(-surprise) * surprise;
  }
  return sum;
}

/// Perplexity of a model that gave these log-probabilities (nats) to what came,
/// one a token, Eq. (5). Throws unless there is one and all are <= 0.
inline double perplexity(const VectorRef& log_probabilities) {
  require(log_probabilities.size() > 0, "perplexity: need a token");
  for (const double log_p : log_probabilities) {
    require(log_p <= 0.0, "perplexity: a log-probability is ", log_p);
  }
  return std::exp(-log_probabilities.mean());
}

/// Number of observations. Throws unless counts are >= 0 and one is not 0.
inline double require_counts(std::span<const int> counts,
                             std::string_view name) {
  double n = 0.0;
  for (const int count : counts) {
    require(count >= 0, name, ": got a count of ", count);
    n += count;
  }
  require(n > 0.0, name, ": need an observation");
  return n;
}

/// Entropy in nats of the observed frequencies: biased low, Eq. (7), and never
/// above log n. Throws as require_counts() does.
inline double plugin_entropy(std::span<const int> counts) {
  const double n = require_counts(counts, "plugin_entropy");
  double sum = 0.0;
  for (const int count : counts) {
    sum += expected_surprise(count / n, count / n);
  }
  return sum;
}

/// The plug-in estimate plus Miller's correction, Eq. (7) with the number of
/// outcomes that were seen for K. Throws as require_counts() does.
inline double miller_madow_entropy(std::span<const int> counts) {
  const double n = require_counts(counts, "miller_madow_entropy");
  double seen = 0.0;
  for (const int count : counts) seen += count > 0 ? 1.0 : 0.0;
  return plugin_entropy(counts) + (seen - 1.0) / (2.0 * n);
}

/// Lengths in bits of the words of Huffman's code for p: no code that can be
/// told apart word by word is shorter on average. Throws unless p is a
/// distribution.
inline std::vector<int> huffman_lengths(const VectorRef& p) {
  require_distribution(p, "huffman_lengths: p");
  struct Tree {
    double weight;
    std::vector<Eigen::Index> leaves;
    bool operator>(const Tree& other) const { return weight > other.weight; }
  };
  std::priority_queue<Tree, std::vector<Tree>, std::greater<>> lightest;
  for (Eigen::Index i = 0; i < p.size(); ++i) lightest.push({p(i), {i}});

  std::vector<int> lengths(static_cast<std::size_t>(p.size()), 0);
  while (lightest.size() > 1) {
    Tree joined = lightest.top();
    lightest.pop();
    const Tree second = lightest.top();
    lightest.pop();
    joined.weight += second.weight;
    joined.leaves.insert(joined.leaves.end(), second.leaves.begin(),
                         second.leaves.end());
    for (const Eigen::Index leaf : joined.leaves) {
      ++lengths[static_cast<std::size_t>(leaf)];  // one level further down
    }
    lightest.push(std::move(joined));
  }
  return lengths;
}

/// Differential entropy of a normal distribution with standard deviation sigma,
/// Eq. (6), in nats of the unit of x. Throws unless 0 < sigma < inf.
inline double normal_entropy(double sigma) {
  require(sigma > 0.0 && std::isfinite(sigma),
          "normal_entropy: need 0 < sigma < inf, got ", sigma);
  return 0.5 * std::log(2.0 * std::numbers::pi * std::numbers::e) +
         std::log(sigma);
}

}  // namespace whiteboard::maths
