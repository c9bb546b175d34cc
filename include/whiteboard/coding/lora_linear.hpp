// Question:    Implement a linear layer with a LoRA adapter.
// Answer:      questions/coding/lora_linear.md (equation numbers are its own)
// Method:      a frozen matrix plus a trained product of two thin ones [1]
// Time:        O(n r (in + out)) more than the layer
// Memory:      O(n (r + out)); r (in + out) numbers are trained
// References:  [1] Hu et al., LoRA: low-rank adaptation of large language
//                  models, ICLR 2022
// Symbols:     X  n x in    inputs        W  out x in  frozen weights
//              A  r x in    down          B  out x r   up
//              Y  n x out   outputs, Eq. (1)
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cmath>

namespace whiteboard::coding {

/// Gradients of a loss by the two trained factors, shaped like them.
struct LoraGradients {
  Matrix dA;  ///< r x in
  Matrix dB;  ///< out x r
};

/// A linear layer whose weights change by (alpha / r) B A only. All functions
/// throw std::invalid_argument unless r >= 1 and the shapes agree.
struct LoraLinear {
  Matrix W;      ///< out x in, frozen
  Matrix A;      ///< r x in
  Matrix B;      ///< out x r
  double alpha;  ///< the update is scaled by alpha / r

  // solution:begin
  double scale() const { return alpha / static_cast<double>(A.rows()); }
  // solution:end

  /// Y (n x out), Eq. (1), without ever forming B A.
  Matrix forward(const MatrixRef& X) const {
    check(X.cols());
    // solution:begin
    return X * W.transpose() + scale() * ((X * A.transpose()) * B.transpose());
    // solution:end
  }

  /// The one matrix (out x in) that does the same, Eq. (2).
  Matrix merged() const {
    check(W.cols());
    // solution:begin
    return W + scale() * (B * A);
    // solution:end
  }

  /// Eq. (3) and (4), from the inputs and the gradient dY (n x out) by the
  /// outputs.
  LoraGradients gradients(const MatrixRef& X, const MatrixRef& dY) const {
    check(X.cols());
    require(dY.rows() == X.rows() && dY.cols() == W.rows(),
            "LoraLinear: dY is ", dY.rows(), " x ", dY.cols(), ", need ",
            X.rows(), " x ", W.rows());
    // solution:begin
    const Matrix down = X * A.transpose();  // n x r
    const Matrix back = dY * B;             // n x r
    return {scale() * back.transpose() * X, scale() * dY.transpose() * down};
    // solution:end
  }

  void check(Eigen::Index inputs) const {
    require(A.rows() >= 1, "LoraLinear: need a rank >= 1, got ", A.rows());
    require(
        A.cols() == W.cols() && B.rows() == W.rows() && B.cols() == A.rows(),
        "LoraLinear: W is ", W.rows(), " x ", W.cols(), ", A ", A.rows(), " x ",
        A.cols(), ", B ", B.rows(), " x ", B.cols());
    require(inputs == W.cols(), "LoraLinear: inputs have width ", inputs,
            ", need ", W.cols());
  }
};

/// A fresh adapter on W that changes no output yet and can be trained: one
/// factor is zero, the other normal with variance 1 / in. Throws
/// std::invalid_argument unless rank >= 1.
template <BitEngine Rng>
LoraLinear lora_adapter(const MatrixRef& W, int rank, double alpha, Rng& rng) {
  require(rank >= 1, "lora_adapter: need rank >= 1, got ", rank);
  // solution:begin
  Matrix A(rank, W.cols());
  const double deviation = 1.0 / std::sqrt(static_cast<double>(W.cols()));
  for (Eigen::Index i = 0; i < A.size(); ++i) {
    A.data()[i] = deviation * normal(rng);
  }
  return {W, A, Matrix::Zero(W.rows(), rank), alpha};
  // solution:end
}

}  // namespace whiteboard::coding
