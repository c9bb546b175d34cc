// Question:    Implement scaled dot-product attention, with an optional causal
//              mask.
// Answer:      questions/coding/scaled_dot_product_attention.md (equation numbers are its own)
// Method:      one query at a time: its scores, their softmax, the weighted
//              mean of the values [1]; a causal query looks at fewer rows
// Time:        O(n m (d + w)); causal half of it
// Memory:      O(m) besides the result
// Numerics:    every exponent is <= 0; a key that may not be seen is not read
// References:  [1] Vaswani et al., Attention is all you need, NeurIPS 2017
// Symbols:     Q  n x d  queries     K  m x d  keys     V  m x w  values
//              s  scores and then weights of one query, Eq. (1) and (2)
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cmath>

namespace whiteboard::coding {

/// softmax(Q K^T / sqrt(d)) V, n x w, Eq. (3). With `causal`, position i sees
/// positions 0 to i only.
///
/// Throws std::invalid_argument unless Q and K have the same width d >= 1, K
/// and V the same number of rows m >= 1, causal implies n = m, all entries are
/// finite, and no score overflows.
///
///     attention(Q, K, V, true)  // first row: the first row of V
inline Matrix attention(const MatrixRef& Q, const MatrixRef& K,
                        const MatrixRef& V, bool causal = false) {
  const Eigen::Index n = Q.rows(), m = K.rows(), d = K.cols();
  require(Q.cols() == d && d >= 1, "attention: queries have width ", Q.cols(),
          ", keys ", d);
  require(V.rows() == m && m >= 1, "attention: ", m, " keys, but ", V.rows(),
          " values");
  require(!causal || n == m, "attention: causal, with ", n, " queries and ", m,
          " keys");
  require_finite(Q, "attention: Q");
  require_finite(K, "attention: K");
  require_finite(V, "attention: V");
  // solution:begin
  const double scale = 1.0 / std::sqrt(static_cast<double>(d));
  Matrix result(n, V.cols());
  for (Eigen::Index i = 0; i < n; ++i) {
    const Eigen::Index visible = causal ? i + 1 : m;
    Vector s = scale * (K.topRows(visible) * Q.row(i).transpose());
    require(s.allFinite(), "attention: scores of query ", i, " overflow");
    const double top = s.maxCoeff();  // before s changes under it
    s = (s.array() - top).exp();
    result.row(i) = s.transpose() * V.topRows(visible) / s.sum();
  }
  return result;
  // solution:end
}

}  // namespace whiteboard::coding
