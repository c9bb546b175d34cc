// Differs from the reference: log-probabilities as one matrix, from which both
// the loss and (by exponentiating it) the gradient are read, with std::exp.
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <cmath>
#include <span>

namespace whiteboard::coding {

struct LossGrad {
  double loss = 0.0;
  Matrix grad;
};

inline LossGrad softmax_cross_entropy(const MatrixRef& z,
                                      std::span<const int> y) {
  const Eigen::Index n = z.rows();
  const Eigen::Index c = z.cols();
  require(n >= 1 && c >= 1, "softmax_cross_entropy: need n, c >= 1, got z of ",
          n, " x ", c);
  require(std::ssize(y) == n, "softmax_cross_entropy: need a label a row, got ",
          y.size(), " labels, ", n, " rows");
  for (std::size_t i = 0; i < y.size(); ++i) {
    require(y[i] >= 0 && y[i] < c, "softmax_cross_entropy: need 0 <= y < ", c,
            ", got y(", i, ") = ", y[i]);
  }
  require(z.allFinite(), "softmax_cross_entropy: z is not finite");

  Matrix log_p = z;
  for (Eigen::Index i = 0; i < n; ++i) {
    const double top = log_p.row(i).maxCoeff();
    log_p.row(i).array() -= top;
    double total = 0.0;
    for (Eigen::Index k = 0; k < c; ++k) total += std::exp(log_p(i, k));
    log_p.row(i).array() -= std::log(total);
  }

  LossGrad result{0.0, Matrix(n, c)};
  for (Eigen::Index i = 0; i < n; ++i) {
    const Eigen::Index label = y[static_cast<std::size_t>(i)];
    result.loss -= log_p(i, label);
    for (Eigen::Index k = 0; k < c; ++k) {
      result.grad(i, k) = std::exp(log_p(i, k)) - (k == label ? 1.0 : 0.0);
    }
  }
  result.loss /= static_cast<double>(n);
  result.grad /= static_cast<double>(n);
  return result;
}

}  // namespace whiteboard::coding
