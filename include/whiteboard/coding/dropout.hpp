// Question:    Implement dropout with its backward pass.
// Answer:      questions/coding/dropout.md (equation numbers are its own)
// Method:      inverted dropout: the survivors are scaled in training, so that
//              evaluation is the identity
// Time:        O(n d), one random number an entry
// Memory:      O(n d) for the mask
// Numerics:    a survivor overflows where |x| > 1.8e308 (1 - p)
// References:  [1] Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov,
//                  Dropout: a simple way to prevent neural networks from
//                  overfitting, JMLR 15, 2014
//              [2] Wager, Wang and Liang, Dropout training as adaptive
//                  regularization, NIPS 2013
// Symbols:     x  n x d  activations
//              p         probability that an entry is dropped
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <utility>

namespace whiteboard::coding {

struct Dropout {
  Matrix out;   ///< n x d
  Matrix mask;  ///< n x d, what each entry of x was multiplied by, Eq. (1)
};

/// In training, each entry of `x` becomes 0 with probability p and x / (1 - p)
/// otherwise, independently. In evaluation `x` is returned as it is, the mask
/// is all ones and nothing is drawn from `rng`.
///
/// Throws std::invalid_argument unless 0 <= p < 1 and all of `x` is finite.
///
///     const Dropout d = dropout(x, 0.1, true, rng);
///     const Matrix grad_x = dropout_backward(grad_out, d.mask);
template <BitEngine Rng>
Dropout dropout(const MatrixRef& x, double p, bool training, Rng& rng) {
  // solution:begin
  require(p >= 0.0 && p < 1.0, "dropout: need 0 <= p < 1, got p = ", p);
  require_finite(x, "dropout: x");
  Matrix mask = Matrix::Ones(x.rows(), x.cols());
  if (training) {
    const double scale = 1.0 / (1.0 - p);
    for (Eigen::Index i = 0; i < mask.size(); ++i) {
      mask.data()[i] = uniform(rng) < p ? 0.0 : scale;
    }
  }
  // Braces evaluate from left to right: the mask is moved when it was used.
  return {x.cwiseProduct(mask), std::move(mask)};
  // solution:end
}

/// Gradient by `x` from the gradient by the output and the mask of the same
/// forward call, both n x d. Throws std::invalid_argument when the shapes
/// differ or `grad` is not finite.
inline Matrix dropout_backward(const MatrixRef& grad, const MatrixRef& mask) {
  // solution:begin
  require(grad.rows() == mask.rows() && grad.cols() == mask.cols(),
          "dropout_backward: need one shape, got grad of ", grad.rows(), " x ",
          grad.cols(), ", mask of ", mask.rows(), " x ", mask.cols());
  require_finite(grad, "dropout_backward: grad");
  return grad.cwiseProduct(mask);
  // solution:end
}

}  // namespace whiteboard::coding
