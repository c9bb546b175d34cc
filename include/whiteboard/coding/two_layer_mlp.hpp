// Question:    Write the forward and backward pass of a two-layer network by
//              hand.
// Answer:      questions/coding/two_layer_mlp.md (equation numbers are its own)
// Method:      the chain rule: two products backward for each one forward, less
//              the gradient by X, which nobody asked for
// Time:        O(n (d h + h c)); backward costs one to two times forward
// Memory:      O(n (h + c)) for what the backward pass needs again
// References:  [1] Rumelhart, Hinton and Williams, Learning representations by
//                  back-propagating errors, Nature 323, 1986
// Symbols:     X   n x d  inputs, a row per sample
//              y   n      labels, 0 to c - 1
//              W1  d x h  b1  h  hidden layer
//              W2  h x c  b2  c  output layer
#pragma once

#include <whiteboard/coding/softmax_cross_entropy.hpp>
#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <array>
#include <span>

namespace whiteboard::coding {

struct Mlp {
  Matrix W1;  ///< d x h
  Vector b1;  ///< h
  Matrix W2;  ///< h x c
  Vector b2;  ///< c
};

struct MlpStep {
  double loss = 0.0;  ///< mean softmax cross-entropy over the rows
  Matrix logits;      ///< n x c, Eq. (2)
  Mlp grad;           ///< the derivatives of `loss`, shaped as the network
};

// solution:begin
inline void require_mlp(const Mlp& net, const MatrixRef& X) {
  const auto [d, h, c] =
      std::array{net.W1.rows(), net.W1.cols(), net.W2.cols()};
  require(X.cols() == d, "forward_backward: need X of ", d, " columns, got ",
          X.cols());
  require(net.b1.size() == h && net.W2.rows() == h && net.b2.size() == c,
          "forward_backward: need b1 of ", h, ", W2 of ", h, " x ", c,
          ", b2 of ", c, ", got ", net.b1.size(), ", ", net.W2.rows(), " x ", c,
          ", ", net.b2.size());
  require_finite(X, "forward_backward: X");
  require_finite(net.W1, "forward_backward: W1");
  require_finite(net.b1, "forward_backward: b1");
  require_finite(net.W2, "forward_backward: W2");
  require_finite(net.b2, "forward_backward: b2");
}
// solution:end

/// Loss, logits and all gradients of relu(X W1 + b1) W2 + b2 under softmax
/// cross-entropy. The derivative of relu at 0 is taken as 0.
///
/// Throws std::invalid_argument when shapes do not fit, when anything is NaN or
/// infinite, logits that overflow included, and for what
/// softmax_cross_entropy() refuses: no rows, a label out of range.
///
///     const MlpStep step = forward_backward(net, X, y);
///     net.W1 -= 0.1 * step.grad.W1;  // and so on
inline MlpStep forward_backward(const Mlp& net, const MatrixRef& X,
                                std::span<const int> y) {
  // solution:begin
  require_mlp(net, X);
  const Matrix pre = (X * net.W1).rowwise() + net.b1.transpose();  // n x h
  const Matrix hidden = pre.cwiseMax(0.0);                         // n x h
  const Matrix logits =
      (hidden * net.W2).rowwise() + net.b2.transpose();  // n x c
  const LossGrad output = softmax_cross_entropy(logits, y);

  const Matrix& delta2 = output.grad;  // n x c, by the logits
  const Matrix delta1 =
      (pre.array() > 0.0).select(delta2 * net.W2.transpose(), 0.0);  // n x h
  return {output.loss, logits,
          Mlp{X.transpose() * delta1, delta1.colwise().sum(),
              hidden.transpose() * delta2, delta2.colwise().sum()}};
  // solution:end
}

}  // namespace whiteboard::coding
