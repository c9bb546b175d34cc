// Differs from the reference: one sample at a time in scalar loops, the loss
// included, adding up the gradients as outer products.
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <cmath>
#include <span>

namespace whiteboard::coding {

struct Mlp {
  Matrix W1;
  Vector b1;
  Matrix W2;
  Vector b2;
};

struct MlpStep {
  double loss = 0.0;
  Matrix logits;
  Mlp grad;
};

inline void check_mlp(const Mlp& net, const MatrixRef& X,
                      std::span<const int> y) {
  const Eigen::Index h = net.W1.cols();
  const Eigen::Index c = net.W2.cols();
  require(X.cols() == net.W1.rows(), "forward_backward: need X of ",
          net.W1.rows(), " columns, got ", X.cols());
  require(net.b1.size() == h && net.W2.rows() == h && net.b2.size() == c,
          "forward_backward: need b1 of ", h, ", W2 of ", h, " x ", c,
          ", b2 of ", c, ", got ", net.b1.size(), ", ", net.W2.rows(), " x ", c,
          ", ", net.b2.size());
  require_finite(X, "forward_backward: X");
  require_finite(net.W1, "forward_backward: W1");
  require_finite(net.b1, "forward_backward: b1");
  require_finite(net.W2, "forward_backward: W2");
  require_finite(net.b2, "forward_backward: b2");
  require(X.rows() >= 1 && std::ssize(y) == X.rows(),
          "forward_backward: need a label a row");
  for (const int label : y) {
    require(label >= 0 && label < c, "forward_backward: label ", label);
  }
}

inline MlpStep forward_backward(const Mlp& net, const MatrixRef& X,
                                std::span<const int> y) {
  check_mlp(net, X, y);
  const Eigen::Index n = X.rows();
  MlpStep step{0.0, Matrix(n, net.W2.cols()),
               Mlp{0.0 * net.W1, 0.0 * net.b1, 0.0 * net.W2, 0.0 * net.b2}};
  for (Eigen::Index i = 0; i < n; ++i) {
    const Vector x = X.row(i).transpose();
    const int label = y[static_cast<std::size_t>(i)];
    Vector hidden = net.W1.transpose() * x + net.b1;
    for (double& value : hidden) value = value > 0.0 ? value : 0.0;
    const Vector logits = net.W2.transpose() * hidden + net.b2;
    require_finite(logits, "forward_backward: logits");
    step.logits.row(i) = logits.transpose();

    Vector delta = (logits.array() - logits.maxCoeff()).exp();
    step.loss += std::log(delta.sum()) + logits.maxCoeff() - logits(label);
    delta /= delta.sum();
    delta(label) -= 1.0;
    Vector back = net.W2 * delta;
    for (Eigen::Index k = 0; k < back.size(); ++k) {
      if (hidden(k) == 0.0) back(k) = 0.0;
    }
    step.grad.W1 += x * back.transpose();
    step.grad.b1 += back;
    step.grad.W2 += hidden * delta.transpose();
    step.grad.b2 += delta;
  }
  const double share = 1.0 / static_cast<double>(n);
  step.loss *= share;
  step.grad.W1 *= share;
  step.grad.b1 *= share;
  step.grad.W2 *= share;
  step.grad.b2 *= share;
  return step;
}

}  // namespace whiteboard::coding
