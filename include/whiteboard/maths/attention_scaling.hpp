// Question:    Why are attention scores divided by the root of d?
// Answer:      questions/maths/attention_scaling.md (equation numbers are its
//              own)
// Method:      the variance of a dot product by enumeration; what softmax makes
//              of random scores by simulation
// Time:        O(4^d) for the enumeration; O(d + n) a simulated row of n scores
// Memory:      O(n)
// Numerics:    entropies come from scores, not from weights that have rounded
//              to 1
// References:  [1] Vaswani et al., Attention is all you need, NeurIPS 2017
//              [2] Henry, Dachapally, Pawar and Chen, Query-key normalization
//                  for transformers, Findings of EMNLP 2020
// Symbols:     d        width of a head
//              n        number of keys
//              q     d  query
//              K  n x d  keys, one a row
//              z     n  scores, K q times the scale
//              p     n  attention weights, softmax(z)
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>
#include <whiteboard/maths/entropy.hpp>
#include <whiteboard/maths/softmax.hpp>

#include <Eigen/Core>

#include <bit>
#include <cmath>

namespace whiteboard::maths {

/// 1 / sqrt(d) with d the width of one head, not of the model. Throws unless
/// head_dim >= 1.
inline double attention_scale(Eigen::Index head_dim) {
  require(head_dim >= 1, "attention_scale: need head_dim >= 1, got ", head_dim);
  return 1.0 / std::sqrt(static_cast<double>(head_dim));
}

/// Variance of q'k over all 4^d pairs of sign vectors, by counting: entries are
/// bits, and q'k is the number of equal ones less that of different ones.
/// Throws unless 1 <= d <= 10.
inline double sign_score_variance(int d) {
  require(d >= 1 && d <= 10, "sign_score_variance: need 1 <= d <= 10, got ", d);
  const unsigned vectors = 1U << static_cast<unsigned>(d);
  double sum = 0.0;
  double squares = 0.0;
  for (unsigned q = 0; q < vectors; ++q) {
    for (unsigned k = 0; k < vectors; ++k) {
      const double score = d - 2 * std::popcount(q ^ k);
      sum += score;
      squares += score * score;
    }
  }
  const double pairs = static_cast<double>(vectors) * vectors;
  return squares / pairs - (sum / pairs) * (sum / pairs);
}

/// How one row of scores is shared out by softmax.
struct RowOfWeights {
  double largest;   ///< weight of any key
  double entropy;   ///< of the weights, nats: log n if uniform, 0 if one-hot
  double gradient;  ///< trace of the Jacobian of softmax, Eq. (3)
};

/// Throws as softmax() does: unless a score is finite, none NaN or +inf.
inline RowOfWeights row_of_weights(const VectorRef& z) {
  const Vector p = softmax(z);
  return {p.maxCoeff(), entropy_of_logits(z),
          (p.array() * (1.0 - p.array())).sum()};
}

/// Unscaled scores of n keys for one query, all entries standard normal, as
/// they are defined: n d + d draws. The yardstick for random_scores().
template <BitEngine Rng>
Vector random_scores_reference(Eigen::Index d, Eigen::Index n, Rng& rng) {
  Vector q(d);
  Matrix K(n, d);
  for (double& x : q) x = normal(rng);
  for (double& x : K.reshaped()) x = normal(rng);
  return K * q;
}

/// Scores with the same distribution from n + d draws: given q, those of normal
/// keys are independent and normal with standard deviation |q|.
template <BitEngine Rng>
Vector random_scores(Eigen::Index d, Eigen::Index n, Rng& rng) {
  Vector q(d);
  for (double& x : q) x = normal(rng);
  Vector z(n);
  for (double& x : z) x = normal(rng);
  return q.norm() * z;
}

struct AttentionSetup {
  Eigen::Index head_dim = 64;
  Eigen::Index keys = 16;
  double scale = 1.0;  ///< scores are multiplied by it
  int trials = 1000;   ///< rows that are simulated
};

/// Averages over the rows, and their standard errors.
struct AttentionStatistics {
  RowOfWeights mean;
  RowOfWeights standard_error;
};

/// What softmax makes of scaled random_scores(). Throws unless head_dim >= 1,
/// keys >= 2, trials >= 2 and the scale is finite and positive.
///
///     attention_statistics({.scale = attention_scale(64)}, rng)
template <BitEngine Rng>
AttentionStatistics attention_statistics(const AttentionSetup& setup,
                                         Rng& rng) {
  require(setup.head_dim >= 1 && setup.keys >= 2 && setup.trials >= 2,
          "attention_statistics: need head_dim >= 1, keys >= 2, trials >= 2, "
          "got ",
          setup.head_dim, ", ", setup.keys, ", ", setup.trials);
  require(setup.scale > 0.0 && std::isfinite(setup.scale),
          "attention_statistics: need 0 < scale < inf, got ", setup.scale);
  Matrix rows(setup.trials, 3);
  for (Eigen::Index t = 0; t < setup.trials; ++t) {
    const RowOfWeights row = row_of_weights(
        setup.scale * random_scores(setup.head_dim, setup.keys, rng));
    rows.row(t) << row.largest, row.entropy, row.gradient;
  }
  const Eigen::RowVectorXd mean = rows.colwise().mean();
  const double pairs = static_cast<double>(setup.trials) * (setup.trials - 1);
  const Eigen::RowVectorXd error =
      ((rows.rowwise() - mean).colwise().squaredNorm() / pairs).cwiseSqrt();
  return {{mean(0), mean(1), mean(2)}, {error(0), error(1), error(2)}};
}

/// Scores between -gain and gain whatever the width [2], Eq. (4): cosines of q
/// and each key times a learned gain. Throws unless the widths agree, all is
/// finite, and neither q nor a key is zero.
inline Vector qk_norm_scores(const VectorRef& q, const MatrixRef& K,
                             double gain) {
  require(q.size() == K.cols(), "qk_norm_scores: q has width ", q.size(),
          ", keys ", K.cols());
  require_finite(q, "qk_norm_scores: q");
  require_finite(K, "qk_norm_scores: K");
  const Vector lengths = K.rowwise().norm();
  require(q.norm() > 0.0 && (lengths.array() > 0.0).all(),
          "qk_norm_scores: q or a key is zero");
  return gain / q.norm() * (K * q).cwiseQuotient(lengths);
}

}  // namespace whiteboard::maths
