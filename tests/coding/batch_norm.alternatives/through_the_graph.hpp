// Differs from the reference: scalar loops over one feature at a time, and a
// backward pass that goes through variance and mean as nodes of a graph.
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <cmath>

namespace whiteboard::coding {

struct BatchNormForward {
  Matrix out;
  Matrix x_hat;
  Vector rstd;
};

struct BatchNormGrads {
  Matrix x;
  Vector gamma;
  Vector beta;
};

struct BatchNorm {
  Vector gamma;
  Vector beta;
  Vector running_mean;
  Vector running_var;
  double momentum = 0.1;
  double eps = 1e-5;

  explicit BatchNorm(Eigen::Index d) {
    require(d >= 1, "BatchNorm: need d >= 1, got ", d);
    gamma = running_var = Vector::Ones(d);
    beta = running_mean = Vector::Zero(d);
  }

  BatchNormForward train(const MatrixRef& x) {
    const Eigen::Index n = x.rows();
    require(n >= 1 && x.cols() == gamma.size(),
            "BatchNorm: need x of n >= 1 rows and ", gamma.size(),
            " columns, got ", n, " x ", x.cols());
    require_finite(x, "BatchNorm: x");
    BatchNormForward result{x, x, gamma};
    for (Eigen::Index j = 0; j < x.cols(); ++j) {
      double mean = 0.0;
      for (Eigen::Index i = 0; i < n; ++i) mean += x(i, j);
      mean /= static_cast<double>(n);
      double squares = 0.0;
      for (Eigen::Index i = 0; i < n; ++i) {
        squares += (x(i, j) - mean) * (x(i, j) - mean);
      }
      result.rstd(j) = 1.0 / std::sqrt(squares / static_cast<double>(n) + eps);
      for (Eigen::Index i = 0; i < n; ++i) {
        result.x_hat(i, j) = (x(i, j) - mean) * result.rstd(j);
        result.out(i, j) = gamma(j) * result.x_hat(i, j) + beta(j);
      }
      running_mean(j) = (1.0 - momentum) * running_mean(j) + momentum * mean;
      if (n == 1) continue;
      running_var(j) = (1.0 - momentum) * running_var(j) +
                       momentum * squares / static_cast<double>(n - 1);
    }
    return result;
  }

  Matrix evaluate(const MatrixRef& x) const {
    require(x.cols() == gamma.size(), "BatchNorm: need x of ", gamma.size(),
            " columns, got ", x.cols());
    require_finite(x, "BatchNorm: x");
    Matrix out = x;
    for (Eigen::Index j = 0; j < x.cols(); ++j) {
      const double scale = gamma(j) / std::sqrt(running_var(j) + eps);
      const double shift = beta(j) - running_mean(j) * scale;
      for (Eigen::Index i = 0; i < x.rows(); ++i) {
        out(i, j) = scale * x(i, j) + shift;
      }
    }
    return out;
  }

  BatchNormGrads backward(const MatrixRef& grad,
                          const BatchNormForward& saved) const {
    const Matrix& u = saved.x_hat;
    require(grad.rows() == u.rows() && grad.cols() == u.cols(),
            "BatchNorm: need grad of ", u.rows(), " x ", u.cols(), ", got ",
            grad.rows(), " x ", grad.cols());
    require_finite(grad, "BatchNorm: grad");
    const double n = static_cast<double>(grad.rows());
    BatchNormGrads result{grad, 0.0 * gamma, 0.0 * gamma};
    for (Eigen::Index j = 0; j < grad.cols(); ++j) {
      const double r = saved.rstd(j);
      double by_variance = 0.0;
      double by_mean = 0.0;
      for (Eigen::Index i = 0; i < grad.rows(); ++i) {
        result.gamma(j) += grad(i, j) * u(i, j);
        result.beta(j) += grad(i, j);
        const double by_u = grad(i, j) * gamma(j);
        by_variance += by_u * (u(i, j) / r) * -0.5 * r * r * r;
        by_mean -= by_u * r;
      }
      for (Eigen::Index i = 0; i < grad.rows(); ++i) {
        result.x(i, j) = grad(i, j) * gamma(j) * r +
                         by_variance * 2.0 * (u(i, j) / r) / n + by_mean / n;
      }
    }
    return result;
  }
};

}  // namespace whiteboard::coding
