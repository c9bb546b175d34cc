// Question:    How do you solve least squares: normal equations, QR or SVD?
// Answer:      questions/maths/least_squares.md (equation numbers are its own)
// Method:      Cholesky of X^T X with iterative refinement; Householder QR of
//              [X y] by blocks of rows [1]; SVD of the triangle that QR leaves
// Time:        n d^2 flops by Cholesky, 2 n d^2 by QR, O(d^3) more by SVD
// Memory:      O(d^2) and a block of rows
// Numerics:    QR and SVD err by eps cond(X), Cholesky by eps cond(X)^2, and
//              with a refinement again by eps cond(X) while it works at all
// References:  [1] Golub, Van Loan, Matrix Computations, 4th ed., 2013, 5.3
//              [2] Bjorck, Numerical Methods for Least Squares Problems, 1996
// Symbols:     X    n x d  one row per sample
//              y    n      targets
//              b    d      coefficients
//              R    d x d  upper triangular, X = Q R; r x d if n < d
//              r           min(n, d)
//              z    r      Q^T y
//              s, V        singular values and right singular vectors of X
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <Eigen/QR>
#include <Eigen/SVD>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>

namespace whiteboard::maths {

/// Throws unless y has one element per row of X, neither is empty, and both are
/// finite.
inline void require_least_squares(const MatrixRef& X, const VectorRef& y,
                                  std::string_view name) {
  require(X.rows() >= 1 && X.cols() >= 1 && y.size() == X.rows(), name,
          ": need rows, columns and as many targets as rows, got ", X.rows(),
          " x ", X.cols(), " and ", y.size());
  require_finite(X, "least squares: X");
  require_finite(y, "least squares: y");
}

/// Pivots at most this fraction of their column are rounding, in any unit.
inline double dependence_threshold(Eigen::Index n) {
  return static_cast<double>(n) * std::numeric_limits<double>::epsilon();
}

/// By the normal equations, Eq. (2). Each refinement, Eq. (4), costs 4 n d
/// flops more. Nothing when the columns are dependent as far as X^T X can tell:
/// it squares their angles, so those below 1e-8 are zero to it. Throws unless
/// n >= d, refinements >= 0 and all is finite.
inline std::optional<Vector> lstsq_normal(const MatrixRef& X,
                                          const VectorRef& y,
                                          int refinements = 0) {
  require_least_squares(X, y, "lstsq_normal");
  require(X.rows() >= X.cols() && refinements >= 0,
          "lstsq_normal: need n >= d and refinements >= 0, got n = ", X.rows(),
          ", d = ", X.cols(), ", refinements = ", refinements);
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(X.cols(), X.cols());
  gram.selfadjointView<Eigen::Lower>().rankUpdate(X.transpose());
  const Eigen::LLT<Eigen::MatrixXd> cholesky(gram);
  if (cholesky.info() != Eigen::Success) return std::nullopt;
  const Eigen::ArrayXd pivots =
      cholesky.matrixLLT().diagonal().array().square();
  const Eigen::ArrayXd squares = gram.diagonal();
  if ((pivots <= dependence_threshold(X.rows()) * squares).any()) {
    return std::nullopt;
  }
  Vector b = cholesky.solve(X.transpose() * y);
  for (int step = 0; step < refinements; ++step) {
    const Vector residual = y - X * b;
    b += cholesky.solve(X.transpose() * residual);
  }
  return b;
}

/// What a rotation leaves of X and y, Eq. (3).
struct Triangle {
  Eigen::MatrixXd R;           ///< r x d, with R^T R = X^T X
  Vector z;                    ///< r, Q^T y
  double residual_norm = 0.0;  ///< of y outside of the span of r columns
};

/// Takes apart the upper trapezoid (at most d + 1 rows) of [X y].
inline Triangle split_triangle(const Eigen::MatrixXd& stack, Eigen::Index n) {
  const Eigen::Index d = stack.cols() - 1, r = std::min(n, d);
  Triangle result{stack.topLeftCorner(r, d), stack.col(d).head(r), 0.0};
  result.R.triangularView<Eigen::StrictlyLower>().setZero();
  if (n > d) result.residual_norm = std::abs(stack(d, d));
  return result;
}

/// Householder QR of the whole [X y]: the yardstick for qr_triangle().
inline Triangle qr_triangle_reference(const MatrixRef& X, const VectorRef& y) {
  Eigen::MatrixXd all(X.rows(), X.cols() + 1);
  all << X, y;
  const Eigen::HouseholderQR<Eigen::Ref<Eigen::MatrixXd>> in_place(all);
  return split_triangle(all, X.rows());
}

/// The same, a block of rows at a time below the triangle of those before it:
/// the block stays in cache while column after column passes over it, and
/// neither a copy of X nor Q is ever stored. Signs of rows may differ.
inline Triangle qr_triangle(const MatrixRef& X, const VectorRef& y) {
  const Eigen::Index n = X.rows(), d = X.cols();
  // The taller the block, the less is spent on factoring the triangle again.
  const Eigen::Index block = std::min(n, std::max<Eigen::Index>(256, 4 * d));
  Eigen::MatrixXd stack(std::min(n, d + 1) + block, d + 1);
  Eigen::Index height = 0;  // rows of the triangle so far
  for (Eigen::Index first = 0; first < n; first += block) {
    const Eigen::Index rows = std::min(block, n - first);
    stack.block(height, 0, rows, d) = X.middleRows(first, rows);
    stack.col(d).segment(height, rows) = y.segment(first, rows);
    Eigen::Ref<Eigen::MatrixXd> filled = stack.topRows(height + rows);
    const Eigen::HouseholderQR<Eigen::Ref<Eigen::MatrixXd>> in_place(filled);
    height = std::min(height + rows, d + 1);
    // Below the triangle lie the Householder vectors.
    stack.topRows(height).triangularView<Eigen::StrictlyLower>().setZero();
  }
  return split_triangle(stack, n);
}

/// Is every column of X, in order, out of the span of those before it? The
/// ratio |R_jj| over the length of column j is the sine of that angle, whatever
/// the units. Requires n >= d.
inline bool columns_independent(const Triangle& qr, Eigen::Index n) {
  const Eigen::ArrayXd pivots = qr.R.diagonal().cwiseAbs();
  const Eigen::ArrayXd lengths = qr.R.colwise().norm().transpose();
  return (pivots > dependence_threshold(n) * lengths).all();
}

/// By QR: R b = z. Nothing when the columns are dependent. Throws unless n >= d
/// and all is finite.
inline std::optional<Vector> lstsq_qr(const MatrixRef& X, const VectorRef& y) {
  require_least_squares(X, y, "lstsq_qr");
  require(X.rows() >= X.cols(), "lstsq_qr: need n >= d, got n = ", X.rows(),
          ", d = ", X.cols());
  const Triangle qr = qr_triangle(X, y);
  if (!columns_independent(qr, X.rows())) return std::nullopt;
  return Vector(qr.R.triangularView<Eigen::Upper>().solve(qr.z));
}

/// X and y along the singular directions of X.
struct Spectrum {
  Vector s;                    ///< r, largest first
  Eigen::MatrixXd V;           ///< d x r, orthonormal columns
  Vector u_y;                  ///< r, y along each left singular vector
  double residual_norm = 0.0;  ///< of y outside of all of them
};

/// Only the small triangle is decomposed: it has the s and V of X itself.
inline Spectrum spectrum(const Triangle& qr) {
  const Eigen::JacobiSVD<Eigen::MatrixXd> svd(
      qr.R, Eigen::ComputeThinU | Eigen::ComputeThinV);
  return {svd.singularValues(), svd.matrixV(), svd.matrixU().transpose() * qr.z,
          qr.residual_norm};
}

/// The shortest of all minimisers, Eq. (5).
struct MinimumNorm {
  Vector coef;                 ///< d
  Eigen::Index rank = 0;       ///< singular values that count
  Vector singular_values;      ///< r, largest first
  double residual_norm = 0.0;  ///< |y - X coef|
};

/// By SVD, for any shape and rank. Singular values up to rcond times the
/// largest count as zero, a judgement that depends on the units of the columns.
/// Throws unless 0 <= rcond < 1 and all is finite.
inline MinimumNorm lstsq_svd(const MatrixRef& X, const VectorRef& y,
                             double rcond = 1e-13) {
  require_least_squares(X, y, "lstsq_svd");
  require(rcond >= 0.0 && rcond < 1.0, "lstsq_svd: need 0 <= rcond < 1, got ",
          rcond);
  const Spectrum f = spectrum(qr_triangle(X, y));
  const Eigen::Index rank = (f.s.array() > rcond * f.s(0)).count();
  const Vector weights = f.u_y.head(rank).cwiseQuotient(f.s.head(rank));
  return {f.V.leftCols(rank) * weights, rank, f.s,
          std::hypot(f.residual_norm, f.u_y.tail(f.s.size() - rank).norm())};
}

/// (X^T X)^-1 = R^-1 R^-T, the covariance of b for noise of variance 1, without
/// a square on the way. Requires independent columns.
inline Matrix unscaled_covariance(const Triangle& qr) {
  const Eigen::Index d = qr.R.cols();
  const Eigen::MatrixXd inverse = qr.R.triangularView<Eigen::Upper>().solve(
      Eigen::MatrixXd::Identity(d, d));
  return inverse * inverse.transpose();
}

/// How far a fit can be trusted.
struct LeastSquaresReport {
  double residual_norm = 0.0;
  double sigma = 0.0;           ///< residual deviation, with n - d, Eq. (6)
  Vector standard_errors;       ///< d, Eq. (6)
  double condition = 0.0;       ///< of X, largest over smallest singular value
  double unit_condition = 0.0;  ///< of X with columns of length 1
  double digits = 0.0;  ///< that QR should keep: -log10(eps unit_condition)
};

/// Throws unless n > d and all is finite; nothing for dependent columns.
inline std::optional<LeastSquaresReport> diagnostics(const MatrixRef& X,
                                                     const VectorRef& y) {
  require_least_squares(X, y, "diagnostics");
  require(X.rows() > X.cols(), "diagnostics: need n > d, got n = ", X.rows(),
          ", d = ", X.cols());
  const Triangle qr = qr_triangle(X, y);
  if (!columns_independent(qr, X.rows())) return std::nullopt;
  const double sigma =
      qr.residual_norm / std::sqrt(static_cast<double>(X.rows() - X.cols()));
  const Vector variances = unscaled_covariance(qr).diagonal();
  const auto condition = [](const Eigen::MatrixXd& R) {
    const Vector s = Eigen::JacobiSVD<Eigen::MatrixXd>(R).singularValues();
    return s(0) / s(s.size() - 1);
  };
  const double unit_condition = condition(qr.R.colwise().normalized());
  return LeastSquaresReport{
      qr.residual_norm,
      sigma,
      sigma * variances.cwiseSqrt(),
      condition(qr.R),
      unit_condition,
      -std::log10(std::numeric_limits<double>::epsilon() * unit_condition)};
}

}  // namespace whiteboard::maths
