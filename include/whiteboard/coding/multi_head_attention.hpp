// Question:    Implement multi-head self-attention.
// Answer:      questions/coding/multi_head_attention.md (equation numbers are its own)
// Method:      project once, attend in column blocks, project the blocks that
//              stand side by side [1]
// Time:        O(n d^2 + n^2 d)
// Memory:      O(n d) besides the result
// References:  [1] Vaswani et al., Attention is all you need, NeurIPS 2017
// Symbols:     X  n x d  tokens          W  d x d  the four projections
//              h  heads                  w  d / h  width of a head
#pragma once

#include <whiteboard/coding/scaled_dot_product_attention.hpp>
#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

namespace whiteboard::coding {

/// Concatenated attention of all heads, times Wo, n x d, Eq. (2). Head i owns
/// the columns i d / h to (i + 1) d / h - 1 of the projections and is scaled
/// by the root of its own width. With `causal`, position i sees 0 to i only.
///
/// Throws std::invalid_argument unless n >= 1, all four weights are d x d, the
/// number of heads is >= 1 and divides d, and all entries are finite.
///
///     multi_head_attention(X, Wq, Wk, Wv, Wo, 8, true)
inline Matrix multi_head_attention(const MatrixRef& X, const MatrixRef& Wq,
                                   const MatrixRef& Wk, const MatrixRef& Wv,
                                   const MatrixRef& Wo, int heads,
                                   bool causal = false) {
  const Eigen::Index d = X.cols();
  require(X.rows() >= 1 && d >= 1, "multi_head_attention: X is ", X.rows(),
          " x ", d);
  for (const MatrixRef* const W : {&Wq, &Wk, &Wv, &Wo}) {
    require(W->rows() == d && W->cols() == d,
            "multi_head_attention: a weight is ", W->rows(), " x ", W->cols(),
            ", need ", d, " x ", d);
    require_finite(*W, "multi_head_attention: W");
  }
  require(heads >= 1 && d % heads == 0,
          "multi_head_attention: need heads >= 1 that divide d, got heads = ",
          heads, ", d = ", d);
  require_finite(X, "multi_head_attention: X");
  // solution:begin
  const Matrix Q = X * Wq, K = X * Wk, V = X * Wv;
  const Eigen::Index width = d / heads;
  Matrix side_by_side(X.rows(), d);
  for (Eigen::Index first = 0; first < d; first += width) {
    side_by_side.middleCols(first, width) =
        attention(Q.middleCols(first, width), K.middleCols(first, width),
                  V.middleCols(first, width), causal);
  }
  return side_by_side * Wo;
  // solution:end
}

}  // namespace whiteboard::coding
