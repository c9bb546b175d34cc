// Differs from the reference: draws the gaps between dropped entries, which
// are geometric, instead of one number for every entry.
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/random.hpp>

#include <cmath>

namespace whiteboard::coding {

struct Dropout {
  Matrix out;
  Matrix mask;
};

template <BitEngine Rng>
Dropout dropout(const MatrixRef& x, double p, bool training, Rng& rng) {
  require(p >= 0.0 && p < 1.0, "dropout: need 0 <= p < 1, got p = ", p);
  require_finite(x, "dropout: x");
  Dropout result{x, Matrix::Ones(x.rows(), x.cols())};
  if (!training || p == 0.0) return result;

  result.mask.setConstant(1.0 / (1.0 - p));
  result.out = x / (1.0 - p);
  const double size = static_cast<double>(x.size());
  for (double at = -1.0;;) {
    at += 1.0 + std::floor(std::log(1.0 - uniform(rng)) / std::log1p(-p));
    if (!(at < size)) return result;
    const auto i = static_cast<Eigen::Index>(at);
    result.mask.data()[i] = 0.0;
    result.out.data()[i] = 0.0;
  }
}

inline Matrix dropout_backward(const MatrixRef& grad, const MatrixRef& mask) {
  require(grad.rows() == mask.rows() && grad.cols() == mask.cols(),
          "dropout_backward: need one shape, got grad of ", grad.rows(), " x ",
          grad.cols(), ", mask of ", mask.rows(), " x ", mask.cols());
  require_finite(grad, "dropout_backward: grad");
  Matrix result = grad;
  for (Eigen::Index i = 0; i < grad.rows(); ++i) {
    for (Eigen::Index j = 0; j < grad.cols(); ++j) {
      result(i, j) = mask(i, j) == 0.0 ? 0.0 : grad(i, j) * mask(i, j);
    }
  }
  return result;
}

}  // namespace whiteboard::coding
