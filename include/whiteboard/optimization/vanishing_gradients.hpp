// Question:    What are vanishing and exploding gradients, and what fixes them?
// Answer:      questions/optimization/vanishing_gradients.md (its equation
//              numbers)
// Method:      a plain or residual network, and the gradient of the loss by
//              the state after each layer, which is what shrinks or grows
// Time:        O(depth n^2)
// Memory:      the states, and the gradients by them: O(depth n)
// Numerics:    norms go to 0 or infinity as they would in training; NaN and
//              infinity in the arguments are refused
// References:  [1] Hochreiter, Bengio, Frasconi, Schmidhuber, Gradient flow in
//                  recurrent nets, 2001
//              [2] Glorot, Bengio, Understanding the difficulty of training
//                  deep feedforward neural networks, AISTATS 2010
//              [3] He, Zhang, Ren, Sun, Delving deep into rectifiers, ICCV 2015
//              [4] Hanin, Which neural net architectures give rise to exploding
//                  and vanishing gradients?, NeurIPS 2018
// Symbols:     h_l  n_l        state after layer l; h_0 = x is the input
//              W_l  n_l x n_l-1  weights
//              g_l  n_l        gradient of the loss by h_l
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace whiteboard::optimization {

enum class Activation { identity, sigmoid, tanh, relu };

/// h_l = phi(W_l h_(l-1)), Eq. (1), or that and h_(l-1), Eq. (7). A recurrent
/// network over T steps is the same with T times the same weights.
struct Network {
  std::vector<Matrix> weights;  ///< of each layer, n_l x n_(l-1)
  Activation activation = Activation::identity;
  bool residual = false;  ///< all layers must be square
};

/// Gaussian weights with variance gain / n_(l-1): gain 1 keeps the mean square
/// of what goes through a linear layer [2], gain 2 through a ReLU [3], Eq. (4).
/// `widths` are n_0, n_1, .... Throws unless there are two or more, all >= 1,
/// and gain is finite and >= 0.
template <BitEngine Rng>
std::vector<Matrix> gaussian_weights(std::span<const Eigen::Index> widths,
                                     double gain, Rng& rng) {
  require(widths.size() >= 2, "gaussian_weights: need two widths or more, got ",
          widths.size());
  require(gain >= 0.0 && std::isfinite(gain),
          "gaussian_weights: need a finite gain >= 0, got ", gain);
  for (const Eigen::Index width : widths) {
    require(width >= 1, "gaussian_weights: need widths >= 1, got ", width);
  }
  std::vector<Matrix> weights;
  for (std::size_t l = 1; l < widths.size(); ++l) {
    Matrix W(widths[l], widths[l - 1]);
    const double deviation =
        std::sqrt(gain / static_cast<double>(widths[l - 1]));
    for (Eigen::Index i = 0; i < W.size(); ++i) {
      W.data()[i] = deviation * normal(rng);
    }
    weights.push_back(std::move(W));
  }
  return weights;
}

/// phi(z), element by element.
inline Vector activate(const VectorRef& z, Activation activation) {
  switch (activation) {
    case Activation::sigmoid:
      return (1.0 + (-z.array()).exp()).inverse();
    case Activation::tanh:
      return z.array().tanh();
    case Activation::relu:
      return z.cwiseMax(0.0);
    case Activation::identity:
      break;
  }
  return z;
}

/// phi'(z), from the result a = phi(z); that of ReLU at 0 is 0.
inline Vector activation_slope(const VectorRef& a, Activation activation) {
  switch (activation) {
    case Activation::sigmoid:
      return a.array() * (1.0 - a.array());
    case Activation::tanh:
      return 1.0 - a.array().square();
    case Activation::relu:
      return (a.array() > 0.0).cast<double>();
    case Activation::identity:
      break;
  }
  return Vector::Ones(a.size());
}

/// Throws unless there is a layer, each fits the one before, x fits the first,
/// the layers of a residual network are square, and all numbers are finite.
inline void require_network(const Network& net, const VectorRef& x) {
  require(!net.weights.empty(), "Network: need a layer");
  require_finite(x, "Network: x");
  Eigen::Index width = x.size();
  for (std::size_t l = 0; l < net.weights.size(); ++l) {
    const Matrix& W = net.weights[l];
    require(W.cols() == width, "Network: layer ", l + 1, " takes ", W.cols(),
            " numbers, but gets ", width);
    require(!net.residual || W.rows() == width, "Network: residual layer ",
            l + 1, " is ", W.rows(), " x ", W.cols());
    require_finite(W, "Network: W");
    width = W.rows();
  }
}

/// h_0 = x, h_1, ..., h_L. Throws as require_network() does.
inline std::vector<Vector> states(const Network& net, const VectorRef& x) {
  require_network(net, x);
  std::vector<Vector> h{x};
  for (const Matrix& W : net.weights) {
    Vector next = activate(W * h.back(), net.activation);
    if (net.residual) next += h.back();
    h.push_back(std::move(next));
  }
  return h;
}

/// g_0, ..., g_L = dy by Eq. (2), where dy is the gradient of the loss by the
/// output. Throws as require_network() does, and unless dy is finite and has
/// the output's size.
inline std::vector<Vector> layer_gradients(const Network& net,
                                           const VectorRef& x,
                                           const VectorRef& dy) {
  const std::vector<Vector> h = states(net, x);
  require(dy.size() == h.back().size(), "layer_gradients: the output has ",
          h.back().size(), " numbers, but dy has ", dy.size());
  require_finite(dy, "layer_gradients: dy");
  std::vector<Vector> g(h.size());
  g.back() = dy;
  for (std::size_t l = h.size() - 1; l > 0; --l) {
    const Matrix& W = net.weights[l - 1];
    // Not h_l - h_(l-1): a small phi(z) is rounded away beside h_(l-1).
    const Vector a = activate(W * h[l - 1], net.activation);
    const Vector dz = activation_slope(a, net.activation).cwiseProduct(g[l]);
    g[l - 1] = W.transpose() * dz;
    if (net.residual) g[l - 1] += g[l];
  }
  return g;
}

/// |g_0|, ..., |g_L|. Throws as layer_gradients() does.
inline std::vector<double> gradient_norms(const Network& net,
                                          const VectorRef& x,
                                          const VectorRef& dy) {
  std::vector<double> norms;
  for (const Vector& g : layer_gradients(net, x, dy)) norms.push_back(g.norm());
  return norms;
}

/// d c_T / d c_0 along the cell of an LSTM, c_t = f_t c_(t-1) + i_t u_t: the
/// product of its forget gates, Eq. (8). Throws unless all are in [0, 1].
inline double lstm_cell_path(std::span<const double> forget_gates) {
  double path = 1.0;
  for (const double f : forget_gates) {
    require(f >= 0.0 && f <= 1.0, "lstm_cell_path: need gates in [0, 1], got ",
            f);
    path *= f;
  }
  return path;
}

}  // namespace whiteboard::optimization
