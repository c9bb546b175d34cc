// Question:    Explain queries, keys and values, and compute self-attention.
// Answer:      questions/llm/scaled_dot_product_attention.md (equation numbers are its own)
// Method:      softmax(Q K^T / sqrt(d)) V [1]; the fast form sweeps over tiles
//              of keys with an online softmax [2]
// Time:        O(n m (d + w)), backward about 2.5 times that; causal half of it
// Memory:      O(n d) besides the result; O(n m) for the reference and backward
// Numerics:    every exponent is <= 0; a forbidden key has weight exactly 0
// References:  [1] Vaswani et al., Attention is all you need, NeurIPS 2017
//              [2] Dao et al., FlashAttention, NeurIPS 2022
// Symbols:     Q  n x d  queries     K  m x d  keys     V  m x w  values
//              S  n x m  scores, Eq. (1)      P  n x m  weights, Eq. (2)
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>
#include <whiteboard/core/tensor.hpp>
#include <whiteboard/maths/softmax.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <optional>
#include <type_traits>

namespace whiteboard::llm {

/// true where the query (row) may look at the key (column).
using AttentionMask =
    Eigen::Array<bool, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

struct AttentionOptions {
  AttentionMask mask = {};             ///< n x m; empty: all keys allowed
  bool causal = false;                 ///< query i sees keys up to m - n + i
  std::optional<double> scale = {};    ///< 1 / sqrt(d) unless given
  std::optional<double> softcap = {};  ///< c > 0: scores c tanh(s / c), Eq. (4)

  /// How many leading keys query i of n may look at, a mask aside.
  Eigen::Index visible(Eigen::Index i, Eigen::Index n, Eigen::Index m) const {
    return causal ? m - n + i + 1 : m;
  }
};

/// A matrix argument, viewed in place. T is not deduced from it: it is double
/// unless the caller says attention<float>(Q, K, V).
template <std::floating_point T>
using AttentionInput = std::type_identity_t<Eigen::Ref<const MatrixOf<T>>>;

template <std::floating_point T>
T attention_scale(const AttentionOptions& options, Eigen::Index d) {
  return static_cast<T>(
      options.scale.value_or(1.0 / std::sqrt(static_cast<double>(d))));
}

/// Throws std::invalid_argument unless the shapes agree, all is finite, no
/// score can overflow, and every query may look at one key at least.
template <std::floating_point T>
void require_attention(const AttentionInput<T>& Q, const AttentionInput<T>& K,
                       const AttentionInput<T>& V,
                       const AttentionOptions& options) {
  const Eigen::Index n = Q.rows(), m = K.rows();
  require(Q.cols() == K.cols() && K.cols() >= 1,
          "attention: queries have width ", Q.cols(), ", keys ", K.cols());
  require(m == V.rows() && m >= 1, "attention: ", m, " keys, but ", V.rows(),
          " values");
  const T bound = attention_scale<T>(options, Q.cols()) * Q.norm() * K.norm();
  if (!std::isfinite(bound + V.norm())) {
    require_finite(Q, "attention: Q");
    require_finite(K, "attention: K");
    require_finite(V, "attention: V");
    require(false, "attention: scores or values can overflow");
  }
  const T cap = static_cast<T>(options.softcap.value_or(1.0));
  require(cap > T{0} && std::isfinite(cap), "attention: softcap is ", cap);
  require(!options.causal || n <= m, "attention: causal, with ", n,
          " queries and only ", m, " keys");
  const AttentionMask& mask = options.mask;
  if (mask.size() == 0) return;
  require(mask.rows() == n && mask.cols() == m, "attention: the mask is ",
          mask.rows(), " x ", mask.cols(), ", not ", n, " x ", m);
  for (Eigen::Index i = 0; i < n; ++i) {
    require(mask.row(i).head(options.visible(i, n, m)).any(),
            "attention: query ", i, " may look at no key");
  }
}

/// S of Eq. (1), capped by Eq. (4) if asked for, before any mask. Unchecked.
template <std::floating_point T = double>
MatrixOf<T> attention_scores(const AttentionInput<T>& Q,
                             const AttentionInput<T>& K,
                             const AttentionOptions& options = {}) {
  MatrixOf<T> S = attention_scale<T>(options, Q.cols()) * Q * K.transpose();
  if (options.softcap) {
    const T cap = static_cast<T>(*options.softcap);
    S = cap * (S / cap).array().tanh();
  }
  return S;
}

/// The scores of forbidden keys become -inf, and the softmax of that exactly 0.
/// S holds a tile of n x m scores, whose first one belongs to (query, key).
template <std::floating_point T>
void hide_forbidden(MatrixOf<T>& S, Eigen::Index query, Eigen::Index key,
                    Eigen::Index n, Eigen::Index m,
                    const AttentionOptions& options) {
  constexpr T minus_infinity = -std::numeric_limits<T>::infinity();
  for (Eigen::Index i = 0; i < S.rows(); ++i) {
    const Eigen::Index visible = std::clamp<Eigen::Index>(
        options.visible(query + i, n, m) - key, 0, S.cols());
    S.row(i).tail(S.cols() - visible).setConstant(minus_infinity);
    if (options.mask.size() == 0) continue;
    for (Eigen::Index j = 0; j < visible; ++j) {
      if (!options.mask(query + i, key + j)) S(i, j) = minus_infinity;
    }
  }
}

/// P of Eq. (2), n x m: who looks at whom. Throws as attention() does.
template <std::floating_point T = double>
MatrixOf<T> attention_weights(const AttentionInput<T>& Q,
                              const AttentionInput<T>& K,
                              const AttentionOptions& options = {}) {
  require_attention<T>(Q, K, K, options);
  MatrixOf<T> P = attention_scores<T>(Q, K, options);
  hide_forbidden(P, 0, 0, Q.rows(), K.rows(), options);
  maths::softmax_rows_in_place<T>(P);
  return P;
}

/// Eq. (3) as it stands, with all n x m weights: the yardstick for attention().
template <std::floating_point T = double>
MatrixOf<T> attention_reference(const AttentionInput<T>& Q,
                                const AttentionInput<T>& K,
                                const AttentionInput<T>& V,
                                const AttentionOptions& options = {}) {
  require_attention<T>(Q, K, V, options);
  return attention_weights<T>(Q, K, options) * V;
}

/// Softmax-weighted sums over keys that arrive tile by tile, Eq. (5) and (6).
template <std::floating_point T>
struct OnlineAttention {
  Eigen::VectorX<T> top;    ///< largest score so far; lowest() before any
  Eigen::VectorX<T> total;  ///< sum of exp(score - top)
  MatrixOf<T> output;       ///< sum of exp(score - top) times the value

  /// Takes in a tile of keys, whose scores S are overwritten.
  void absorb(MatrixOf<T>& S, const AttentionInput<T>& V) {
    constexpr T floor = maths::exp_floor<T>;
    for (Eigen::Index i = 0; i < S.rows(); ++i) {
      const T new_top = std::max(top(i), S.row(i).maxCoeff());
      const T fade =
          maths::exp_of_nonpositive(std::max(top(i) - new_top, floor));
      S.row(i) = (S.row(i).array() - new_top).max(floor);
      for (T& x : S.row(i)) x = maths::exp_of_nonpositive(x);
      total(i) = fade * total(i) + S.row(i).sum();
      output.row(i) *= fade;
      top(i) = new_top;
    }
    output.noalias() += S * V;
  }
};

/// Attention, Eq. (3), n x w, without ever holding more than a tile of scores.
/// Causal: tiles to the right of the diagonal are never computed.
///
///     attention<float>(Q, K, V, {.causal = true})
template <std::floating_point T = double>
MatrixOf<T> attention(const AttentionInput<T>& Q, const AttentionInput<T>& K,
                      const AttentionInput<T>& V,
                      const AttentionOptions& options = {}) {
  require_attention<T>(Q, K, V, options);
  constexpr Eigen::Index query_tile = 128, key_tile = 256;
  const Eigen::Index n = Q.rows(), m = K.rows();
  MatrixOf<T> result(n, V.cols());
  for (Eigen::Index query = 0; query < n; query += query_tile) {
    const auto rows = std::min(query_tile, n - query);
    OnlineAttention<T> state{
        Eigen::VectorX<T>::Constant(rows, std::numeric_limits<T>::lowest()),
        Eigen::VectorX<T>::Zero(rows), MatrixOf<T>::Zero(rows, V.cols())};
    const Eigen::Index end = options.visible(query + rows - 1, n, m);
    for (Eigen::Index key = 0; key < end; key += key_tile) {
      const auto columns = std::min(key_tile, end - key);
      MatrixOf<T> S = attention_scores<T>(Q.middleRows(query, rows),
                                          K.middleRows(key, columns), options);
      hide_forbidden(S, query, key, n, m, options);
      state.absorb(S, V.middleRows(key, columns));
    }
    result.middleRows(query, rows) =
        state.total.cwiseInverse().asDiagonal() * state.output;
  }
  return result;
}

/// attention() for every head of every sequence, each scaled by its own width.
/// Q [batch, heads, n, d], K [batch, heads, m, d], V [batch, heads, m, w] give
/// [batch, heads, n, w]; a mask (n x m) holds for all of them.
template <std::floating_point T>
Tensor<T, 4> attention(const Tensor<T, 4>& Q, const Tensor<T, 4>& K,
                       const Tensor<T, 4>& V,
                       const AttentionOptions& options = {}) {
  require(Q.shape(0) == K.shape(0) && K.shape(0) == V.shape(0) &&
              Q.shape(1) == K.shape(1) && K.shape(1) == V.shape(1),
          "attention: numbers of sequences or of heads differ");
  Tensor<T, 4> result({Q.shape(0), Q.shape(1), Q.shape(2), V.shape(3)});
  for (std::size_t b = 0; b < Q.shape(0); ++b) {
    for (std::size_t h = 0; h < Q.shape(1); ++h) {
      matrix_at(result, b, h) = attention<T>(
          matrix_at(Q, b, h), matrix_at(K, b, h), matrix_at(V, b, h), options);
    }
  }
  return result;
}

/// Gradients of a loss by the three inputs, shaped like them.
template <std::floating_point T>
struct AttentionGradients {
  MatrixOf<T> dQ;  ///< n x d
  MatrixOf<T> dK;  ///< m x d
  MatrixOf<T> dV;  ///< m x w
};

/// Eq. (7) to (9), from dO (n x w), the gradient by the output. Throws as
/// attention() does, and unless dO has the output's shape.
template <std::floating_point T = double>
AttentionGradients<T> attention_backward(const AttentionInput<T>& Q,
                                         const AttentionInput<T>& K,
                                         const AttentionInput<T>& V,
                                         const AttentionInput<T>& dO,
                                         const AttentionOptions& options = {}) {
  require_attention<T>(Q, K, V, options);
  require(dO.rows() == Q.rows() && dO.cols() == V.cols(),
          "attention_backward: dO is ", dO.rows(), " x ", dO.cols(),
          ", the output ", Q.rows(), " x ", V.cols());
  require_finite(dO, "attention_backward: dO");
  const MatrixOf<T> P = attention_weights<T>(Q, K, options);
  MatrixOf<T> dS = dO * V.transpose();
  maths::softmax_rows_backward_in_place<T>(P, dS);  // Eq. (8)
  if (options.softcap) {
    const MatrixOf<T> S = attention_scores<T>(Q, K, options);
    dS.array() *= 1 - (S / static_cast<T>(*options.softcap)).array().square();
  }
  dS *= attention_scale<T>(options, Q.cols());
  return {dS * K, dS.transpose() * Q, P.transpose() * dO};
}

}  // namespace whiteboard::llm
