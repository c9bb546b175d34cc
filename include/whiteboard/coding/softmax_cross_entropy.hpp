// Question:    Implement softmax cross-entropy on logits with its gradient.
// Answer:      questions/coding/softmax_cross_entropy.md (its equation numbers)
// Method:      log-sum-exp minus the label's logit; the gradient is p - onehot
// Time:        O(n c)
// Memory:      O(n c), the gradient alone
// Numerics:    no probability is ever put into a logarithm, so a label of
//              probability 1e-400 costs 921 and not infinity; the loss
//              overflows only where two logits of a row are 1.8e308 apart
// References:  [1] Blanchard, Higham and Higham, Accurately computing the
//                  log-sum-exp and softmax functions, IMA Journal of
//                  Numerical Analysis 41(4), 2021
// Symbols:     z  n x c  logits, a row per sample
//              y  n      labels, 0 to c - 1
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cmath>
#include <cstddef>
#include <span>

namespace whiteboard::coding {

/// What one step of training needs from the last layer.
struct LossGrad {
  double loss = 0.0;  ///< mean of -log p(y) over the rows, Eq. (2)
  Matrix grad;        ///< n x c, derivative of `loss` by the logits, Eq. (3)
};

/// Mean negative log-likelihood of the labels under softmax(z), row by row.
///
/// Throws std::invalid_argument when `z` has no row or no column, when there
/// is not one label a row, when a label is outside 0 to c - 1, and when a
/// logit is NaN or infinite.
///
///     softmax_cross_entropy(Matrix{{2.0, 1.0, 0.1}}, std::vector{0}).loss
///     // 0.4170
inline LossGrad softmax_cross_entropy(const MatrixRef& z,
                                      std::span<const int> y) {
  // solution:begin
  const Eigen::Index n = z.rows();
  const Eigen::Index c = z.cols();
  require(n >= 1 && c >= 1, "softmax_cross_entropy: need n, c >= 1, got z of ",
          n, " x ", c);
  require(std::ssize(y) == n, "softmax_cross_entropy: need a label a row, got ",
          y.size(), " labels, ", n, " rows");
  require_finite(z, "softmax_cross_entropy: z");

  const double per_sample = 1.0 / static_cast<double>(n);
  LossGrad result{0.0, Matrix(n, c)};
  for (Eigen::Index i = 0; i < n; ++i) {
    const int label = y[static_cast<std::size_t>(i)];
    require(label >= 0 && label < c, "softmax_cross_entropy: need 0 <= y < ", c,
            ", got y(", i, ") = ", label);
    const double top = z.row(i).maxCoeff();
    // Written where the gradient will be: the row is read once more, while it
    // is still in cache, to be scaled.
    result.grad.row(i) = (z.row(i).array() - top).exp();
    const double total = result.grad.row(i).sum();
    result.loss += per_sample * (std::log(total) - (z(i, label) - top));
    result.grad.row(i) *= per_sample / total;
    result.grad(i, label) -= per_sample;
  }
  return result;
  // solution:end
}

}  // namespace whiteboard::coding
