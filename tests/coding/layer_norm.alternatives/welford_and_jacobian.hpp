// Differs from the reference: Welford, one pass, for the moments, and a
// backward pass that multiplies with the d x d Jacobian of each row.
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <cmath>

namespace whiteboard::coding {

struct LayerNorm {
  Matrix out;
  Matrix x_hat;
  Vector rstd;
};

struct LayerNormGrads {
  Matrix x;
  Vector gamma;
  Vector beta;
};

inline LayerNorm layer_norm(const MatrixRef& x, const VectorRef& gamma,
                            const VectorRef& beta, double eps = 1e-5) {
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

  LayerNorm result{x, x, Vector(x.rows())};
  for (Eigen::Index i = 0; i < x.rows(); ++i) {
    double mean = 0.0;
    double squares = 0.0;
    for (Eigen::Index j = 0; j < d; ++j) {
      const double delta = x(i, j) - mean;
      mean += delta / static_cast<double>(j + 1);
      squares += delta * (x(i, j) - mean);
    }
    result.rstd(i) = 1.0 / std::sqrt(squares / static_cast<double>(d) + eps);
    for (Eigen::Index j = 0; j < d; ++j) {
      result.x_hat(i, j) = (x(i, j) - mean) * result.rstd(i);
      result.out(i, j) = result.x_hat(i, j) * gamma(j) + beta(j);
    }
  }
  return result;
}

inline LayerNormGrads layer_norm_backward(const MatrixRef& grad,
                                          const LayerNorm& saved,
                                          const VectorRef& gamma) {
  const Matrix& x_hat = saved.x_hat;
  const Eigen::Index n = x_hat.rows();
  const Eigen::Index d = x_hat.cols();
  require(grad.rows() == n && grad.cols() == d && gamma.size() == d,
          "layer_norm_backward: need grad of ", n, " x ", d, " and gamma of ",
          d, ", got ", grad.rows(), " x ", grad.cols(), " and ", gamma.size());
  require_finite(grad, "layer_norm_backward: grad");
  require_finite(gamma, "layer_norm_backward: gamma");

  LayerNormGrads result{Matrix::Zero(n, d), Vector::Zero(d), Vector::Zero(d)};
  for (Eigen::Index i = 0; i < n; ++i) {
    const Vector u = x_hat.row(i).transpose();
    const Vector g = grad.row(i).transpose();
    const double width = static_cast<double>(d);
    Matrix jacobian = -u * u.transpose() / width;  // d x_hat / d x over rstd
    jacobian.array() -= 1.0 / width;
    jacobian.diagonal().array() += 1.0;
    result.x.row(i) =
        saved.rstd(i) * (jacobian * g.cwiseProduct(gamma)).transpose();
    result.gamma += g.cwiseProduct(u);
    result.beta += g;
  }
  return result;
}

}  // namespace whiteboard::coding
