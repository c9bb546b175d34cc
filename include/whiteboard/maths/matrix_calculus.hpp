// Question:    Derive the gradients every model needs, and check them.
// Answer:      questions/maths/matrix_calculus.md (its equation numbers)
// Method:      the differential of a function, brought to the form
//              df = <G, dX> = sum of G_ij dX_ij, has the gradient G [1]
// Time:        products of the sizes of the arguments; O(n^3) where an inverse
//              is needed
// Memory:      the results, and one inverse
// Numerics:    softmax and cross-entropy are differentiated as one function:
//              one by one they give NaN where a probability underflows
// References:  [1] Magnus and Neudecker, Matrix differential calculus, 3rd
//                  edition, Wiley, 2019
//              [2] Giles, Collected matrix derivative results for forward and
//                  reverse mode algorithmic differentiation, 2008
// Symbols:     X  n x d  samples, or a square matrix      w  d  weights
//              W  d x m  weights of a layer, b  m  its bias
//              Y  n x m  X W + 1 b^T
//              dY        gradient of the loss by Y; so dX, dW, db
//              p  k  probabilities       e_y  k  1 at the label, else 0
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>
#include <whiteboard/maths/softmax.hpp>

#include <Eigen/Core>
#include <Eigen/LU>

#include <cmath>
#include <limits>
#include <string_view>

namespace whiteboard::maths {

/// Throws unless A is square and not empty, and finite.
inline void require_square(const MatrixRef& A, std::string_view name) {
  require(A.rows() == A.cols() && A.rows() >= 1, name,
          ": need a square matrix, got ", A.rows(), " x ", A.cols());
  require_finite(A, name);
}

/// Of x^T A x by x: (A + A^T) x, Eq. (3). Throws unless A is n x n, x has n.
inline Vector quadratic_form_gradient(const MatrixRef& A, const VectorRef& x) {
  require_square(A, "quadratic_form_gradient");
  require(A.rows() == x.size(), "quadratic_form_gradient: A is ", A.rows(),
          " x ", A.cols(), ", but x has ", x.size());
  return A * x + A.transpose() * x;
}

/// Throws unless w has a weight per column of X, and y a value per row.
inline void require_regression(const MatrixRef& X, const VectorRef& w,
                               const VectorRef& y, std::string_view name) {
  require(X.cols() == w.size() && X.rows() == y.size(), name, ": X is ",
          X.rows(), " x ", X.cols(), ", but w has ", w.size(), " and y ",
          y.size());
}

/// Of |X w - y|^2 / 2 by w: X^T (X w - y), Eq. (4), a sum over the samples.
/// Throws as require_regression() does.
inline Vector least_squares_gradient(const MatrixRef& X, const VectorRef& w,
                                     const VectorRef& y) {
  require_regression(X, w, y, "least_squares_gradient");
  const Vector residual = X * w - y;
  return X.transpose() * residual;
}

/// Of sum_i log(1 + exp(z_i)) - y_i z_i with z = X w, for labels y in [0, 1]:
/// X^T (sigmoid(z) - y), Eq. (5). Throws as require_regression() does.
inline Vector logistic_gradient(const MatrixRef& X, const VectorRef& w,
                                const VectorRef& y) {
  require_regression(X, w, y, "logistic_gradient");
  const Vector z = X * w;
  // exp(-z) may be infinite: 1 / inf is the 0 that it should be.
  const Vector residual = (1.0 + (-z.array()).exp()).inverse() - y.array();
  return X.transpose() * residual;
}

/// Of -log softmax(z)_label by the logits z: p - e_y, Eq. (6). Throws unless
/// the label is an index of z, and as softmax() does.
inline Vector softmax_cross_entropy_gradient(const VectorRef& z,
                                             Eigen::Index label) {
  require(label >= 0 && label < z.size(),
          "softmax_cross_entropy_gradient: need 0 <= label < ", z.size(),
          ", got ", label);
  Vector g = softmax(z);
  g(label) -= 1.0;
  return g;
}

/// Of |x|, the Euclidean norm: x / |x|, of length 1 however short x is. Throws
/// for x = 0, where there is no gradient.
inline Vector norm_gradient(const VectorRef& x) {
  const double norm = x.stableNorm();
  require(norm > 0.0 && std::isfinite(norm),
          "norm_gradient: need a finite norm > 0, got ", norm);
  return x / norm;
}

/// What a linear layer passes back.
struct LinearGradients {
  Matrix dX;  ///< n x d, by the input
  Matrix dW;  ///< d x m, by the weights
  Vector db;  ///< m, by the bias
};

/// Of a loss by the arguments of Y = X W + 1 b^T, from that by Y, Eq. (7).
/// A mean over the batch has its 1 / n in dY. Throws unless the shapes fit.
inline LinearGradients linear_backward(const MatrixRef& X, const MatrixRef& W,
                                       const MatrixRef& dY) {
  require(
      X.cols() == W.rows() && X.rows() == dY.rows() && W.cols() == dY.cols(),
      "linear_backward: shapes do not fit: X is ", X.rows(), " x ", X.cols(),
      ", W ", W.rows(), " x ", W.cols(), ", dY ", dY.rows(), " x ", dY.cols());
  return {dY * W.transpose(), X.transpose() * dY, dY.colwise().sum()};
}

/// X^-1. Throws unless X is square, finite, and not singular to rounding.
inline Matrix checked_inverse(const MatrixRef& X, std::string_view name) {
  require_square(X, name);
  const Eigen::PartialPivLU<Matrix> lu(X);
  require(lu.rcond() > std::numeric_limits<double>::epsilon(), name,
          ": the matrix is singular to rounding");
  return lu.inverse();
}

/// Of log |det X|: X^-T, Eq. (8). Throws unless X is invertible.
inline Matrix log_det_gradient(const MatrixRef& X) {
  return checked_inverse(X, "log_det_gradient").transpose();
}

/// How X^-1 changes, to first order, when X changes by `change`:
/// -X^-1 change X^-1, Eq. (9). Throws unless X is invertible and the sizes fit.
inline Matrix inverse_differential(const MatrixRef& X,
                                   const MatrixRef& change) {
  require(X.rows() == change.rows() && X.cols() == change.cols(),
          "inverse_differential: X is ", X.rows(), " x ", X.cols(),
          ", its change ", change.rows(), " x ", change.cols());
  const Matrix inverse = checked_inverse(X, "inverse_differential");
  return -inverse * change * inverse;
}

/// Of a loss by X, from its gradient G by X^-1: -X^-T G X^-T, Eq. (10). Throws
/// as inverse_differential() does.
inline Matrix inverse_backward(const MatrixRef& X, const MatrixRef& G) {
  return inverse_differential(X.transpose(), G);
}

/// Of the mean negative log-likelihood of N(0, Sigma) by Sigma, for samples
/// with the second moments S: (Sigma^-1 - Sigma^-1 S Sigma^-1) / 2, Eq. (11).
/// Throws as inverse_differential() does.
inline Matrix gaussian_covariance_gradient(const MatrixRef& S,
                                           const MatrixRef& Sigma) {
  return 0.5 *
         (log_det_gradient(Sigma) + inverse_backward(Sigma, S.transpose()));
}

/// By the free entries of a symmetric argument, those on and above the
/// diagonal, from the gradient G by all of them, Eq. (12): an entry that stands
/// in two places gets both shares. Zero below the diagonal. Throws unless G is
/// square.
inline Matrix symmetric_gradient(const MatrixRef& G) {
  require_square(G, "symmetric_gradient");
  Matrix free = (G + G.transpose()).triangularView<Eigen::Upper>();
  free.diagonal() = G.diagonal();
  return free;
}

}  // namespace whiteboard::maths
