// Question:    Implement batch normalisation, forward and backward.
// Answer:      questions/coding/batch_norm.md (equation numbers are its own)
// Method:      each feature by the mean and variance of the batch in training,
//              by their running averages in evaluation [1]
// Time:        O(n d), forward and backward
// Memory:      O(n d) for the normalised batch, O(d) for everything else
// Numerics:    the variance is taken around the mean; |x| beyond 1e154
//              overflows its square
// References:  [1] Ioffe and Szegedy, Batch normalization: accelerating deep
//                  network training by reducing internal covariate shift,
//                  ICML 2015
// Symbols:     x      n x d  batch, a row per sample
//              x_hat  n x d  normalised batch, Eq. (2)
//              gamma  d      scale of each feature
//              beta   d      shift of each feature
//              eps           added to the variance, under the root
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cmath>

namespace whiteboard::coding {

/// What a training pass returns: the output, and what backward needs.
struct BatchNormForward {
  Matrix out;    ///< n x d, Eq. (3)
  Matrix x_hat;  ///< n x d, Eq. (2)
  Vector rstd;   ///< d, 1 / sqrt(variance + eps)
};

struct BatchNormGrads {
  Matrix x;      ///< n x d, Eq. (6)
  Vector gamma;  ///< d, Eq. (5)
  Vector beta;   ///< d, Eq. (5)
};

/// The layer: its parameters, and the averages that it collects in training.
///
///     BatchNorm layer(64);
///     const BatchNormForward saved = layer.train(x);
///     const BatchNormGrads grads = layer.backward(grad_out, saved);
///     const Matrix y = layer.evaluate(x_test);
struct BatchNorm {
  Vector gamma;           ///< d, starts at 1
  Vector beta;            ///< d, starts at 0
  Vector running_mean;    ///< d, starts at 0
  Vector running_var;     ///< d, starts at 1
  double momentum = 0.1;  ///< in [0, 1], weight of the newest batch
  double eps = 1e-5;      ///< > 0

  /// Throws std::invalid_argument unless d >= 1.
  explicit BatchNorm(Eigen::Index d) {
    require(d >= 1, "BatchNorm: need d >= 1, got ", d);
    gamma = running_var = Vector::Ones(d);
    beta = running_mean = Vector::Zero(d);
  }

  /// Normalises by this batch and updates the running averages, Eqs. (1) to
  /// (4). A batch of one becomes beta, and leaves running_var as it is.
  ///
  /// Throws std::invalid_argument, and changes nothing, when x has no row or
  /// not d columns, or is not finite.
  BatchNormForward train(const MatrixRef& x) {
    // solution:begin
    require(x.rows() >= 1 && x.cols() == gamma.size(),
            "BatchNorm: need x of n >= 1 rows and ", gamma.size(),
            " columns, got ", x.rows(), " x ", x.cols());
    require_finite(x, "BatchNorm: x");
    const double n = static_cast<double>(x.rows());
    const Eigen::RowVectorXd mean = x.colwise().mean();
    BatchNormForward result;
    result.x_hat = x.rowwise() - mean;
    const Vector variance = result.x_hat.colwise().squaredNorm() / n;
    result.rstd = (variance.array() + eps).sqrt().inverse();
    result.x_hat.array().rowwise() *= result.rstd.transpose().array();
    result.out = scaled(result.x_hat);

    running_mean += momentum * (mean.transpose() - running_mean);
    if (n > 1.0) {  // one sample says nothing about a variance
      running_var += momentum * (n / (n - 1.0) * variance - running_var);
    }
    return result;
    // solution:end
  }

  /// Normalises by the running averages: a fixed affine map of each row, and
  /// no row is as good as any number. Throws std::invalid_argument when x has
  /// not d columns or is not finite.
  Matrix evaluate(const MatrixRef& x) const {
    // solution:begin
    require(x.cols() == gamma.size(), "BatchNorm: need x of ", gamma.size(),
            " columns, got ", x.cols());
    require_finite(x, "BatchNorm: x");
    Matrix x_hat = x.rowwise() - running_mean.transpose();
    x_hat.array().rowwise() /= (running_var.array() + eps).sqrt().transpose();
    return scaled(x_hat);
    // solution:end
  }

  /// Gradients by x, gamma and beta from `grad`, n x d, the gradient by the
  /// output of the training pass that returned `saved`. Throws
  /// std::invalid_argument when grad has another shape or is not finite.
  BatchNormGrads backward(const MatrixRef& grad,
                          const BatchNormForward& saved) const {
    // solution:begin
    const Matrix& x_hat = saved.x_hat;
    require(grad.rows() == x_hat.rows() && grad.cols() == x_hat.cols(),
            "BatchNorm: need grad of ", x_hat.rows(), " x ", x_hat.cols(),
            ", got ", grad.rows(), " x ", grad.cols());
    require_finite(grad, "BatchNorm: grad");
    const double n = static_cast<double>(grad.rows());
    BatchNormGrads result;
    result.gamma = grad.cwiseProduct(x_hat).colwise().sum();
    result.beta = grad.colwise().sum();
    // The two sums above are n times the two means that Eq. (6) subtracts.
    result.x = grad.rowwise() - result.beta.transpose() / n;
    result.x.array() -=
        x_hat.array().rowwise() * (result.gamma / n).transpose().array();
    result.x.array().rowwise() *=
        gamma.cwiseProduct(saved.rstd).transpose().array();
    return result;
    // solution:end
  }

  // solution:begin
 private:
  /// Eq. (3).
  Matrix scaled(const Matrix& x_hat) const {
    const Matrix product = x_hat.array().rowwise() * gamma.transpose().array();
    return product.rowwise() + beta.transpose();
  }
  // solution:end
};

}  // namespace whiteboard::coding
