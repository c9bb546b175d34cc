// Question:    Implement layer normalisation, forward and backward.
// Answer:      questions/coding/layer_norm.md (equation numbers are its own)
// Method:      mean and variance of each row, in two passes; the backward pass
//              removes from the gradient what a shift or a scale would do [1]
// Time:        O(n d), forward and backward
// Memory:      O(n d), the output and the normalised rows
// Numerics:    the variance is taken around the mean: exact digits where
//              E[x^2] - E[x]^2 has none; |x| beyond 1e154 overflows its square
// References:  [1] Ba, Kiros and Hinton, Layer normalization,
//                  arXiv:1607.06450, 2016
// Symbols:     x      n x d  inputs, a row per sample or token
//              x_hat  n x d  normalised rows, Eq. (2)
//              gamma  d      scale of each feature
//              beta   d      shift of each feature
//              eps           added to the variance, under the root
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cmath>

namespace whiteboard::coding {

struct LayerNorm {
  Matrix out;    ///< n x d, Eq. (3)
  Matrix x_hat;  ///< n x d, Eq. (2), for the backward pass
  Vector rstd;   ///< n, 1 / sqrt(variance + eps), for the backward pass
};

struct LayerNormGrads {
  Matrix x;      ///< n x d, Eq. (5)
  Vector gamma;  ///< d, Eq. (4)
  Vector beta;   ///< d, Eq. (4)
};

/// Each row of `x` brought to mean 0 and variance 1, times gamma, plus beta.
/// A constant row becomes beta.
///
/// Throws std::invalid_argument when x has no column, when gamma or beta do not
/// have one entry a column, when anything is NaN or infinite, and unless eps
/// is finite and > 0.
///
///     layer_norm(Matrix{{1.0, 3.0}}, Vector::Ones(2), Vector::Zero(2)).out
///     // -1, 1
inline LayerNorm layer_norm(const MatrixRef& x, const VectorRef& gamma,
                            const VectorRef& beta, double eps = 1e-5) {
  // solution:begin
  const Eigen::Index d = x.cols();
  require(d >= 1, "layer_norm: need d >= 1, got x of ", x.rows(), " x ", d);
  require(gamma.size() == d && beta.size() == d,
          "layer_norm: need gamma and beta of ", d, ", got ", gamma.size(),
          " and ", beta.size());
  require(std::isfinite(eps) && eps > 0.0,
          "layer_norm: need a finite eps > 0, got ", eps);
  require_finite(x, "layer_norm: x");
  require_finite(gamma, "layer_norm: gamma");
  require_finite(beta, "layer_norm: beta");

  LayerNorm result{Matrix(x.rows(), d), Matrix(x.rows(), d), Vector(x.rows())};
  for (Eigen::Index i = 0; i < x.rows(); ++i) {
    result.x_hat.row(i) = x.row(i).array() - x.row(i).mean();
    const double variance =
        result.x_hat.row(i).squaredNorm() / static_cast<double>(d);
    result.rstd(i) = 1.0 / std::sqrt(variance + eps);
    result.x_hat.row(i) *= result.rstd(i);
    result.out.row(i) =
        result.x_hat.row(i).cwiseProduct(gamma.transpose()) + beta.transpose();
  }
  return result;
  // solution:end
}

/// Gradients by x, gamma and beta from `grad`, n x d, the gradient by the
/// output, and from what the forward pass has saved.
///
/// Throws std::invalid_argument when the shapes of grad, saved and gamma do not
/// fit, and when grad or gamma is not finite.
inline LayerNormGrads layer_norm_backward(const MatrixRef& grad,
                                          const LayerNorm& saved,
                                          const VectorRef& gamma) {
  // solution:begin
  const Matrix& x_hat = saved.x_hat;
  require(grad.rows() == x_hat.rows() && grad.cols() == x_hat.cols() &&
              gamma.size() == x_hat.cols(),
          "layer_norm_backward: need grad of ", x_hat.rows(), " x ",
          x_hat.cols(), " and gamma of ", x_hat.cols(), ", got ", grad.rows(),
          " x ", grad.cols(), " and ", gamma.size());
  require_finite(grad, "layer_norm_backward: grad");
  require_finite(gamma, "layer_norm_backward: gamma");

  LayerNormGrads result{Matrix(grad.rows(), grad.cols()),
                        grad.cwiseProduct(x_hat).colwise().sum(),
                        grad.colwise().sum()};
  for (Eigen::Index i = 0; i < grad.rows(); ++i) {
    const Eigen::RowVectorXd g = grad.row(i).cwiseProduct(gamma.transpose());
    const double along_x_hat = g.cwiseProduct(x_hat.row(i)).mean();
    result.x.row(i) = saved.rstd(i) * (g.array() - g.mean() -
                                       x_hat.row(i).array() * along_x_hat);
  }
  return result;
  // solution:end
}

}  // namespace whiteboard::coding
