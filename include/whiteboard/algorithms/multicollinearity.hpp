// Question:    How do you detect multicollinearity, and what does it break?
// Answer:      questions/algorithms/multicollinearity.md (equation numbers are
//              its own)
// Method:      variance inflation by regressions among the features, and the
//              combination of features that nearly vanishes, by SVD [1]
// Time:        O(n d^2 + d^4): all regressions are on the triangle of one QR
// Memory:      O(n d)
// Numerics:    nothing is squared before the end, so factors up to 1e24 are
//              told from infinity
// References:  [1] Belsley, Kuh, Welsch, Regression diagnostics, 1980
// Symbols:     X  n x d  samples, one per row
//              Z  n x d  X centred, columns of length 1; Z^T Z is the
//                        correlation matrix
//              s, V      singular values of Z and its right singular vectors
#pragma once

#include <whiteboard/algorithms/linear_regression.hpp>
#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>
#include <whiteboard/maths/least_squares.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <limits>
#include <optional>

namespace whiteboard::algorithms {

/// Z, and then in its place the triangle of its QR: the same lengths and
/// angles in at most d rows. Throws unless n >= 2, d >= 1, all is finite and no
/// column is constant.
inline Matrix correlation_factor(const MatrixRef& X) {
  require(X.rows() >= 2 && X.cols() >= 1,
          "multicollinearity: need n >= 2 and d >= 1, got n = ", X.rows(),
          ", d = ", X.cols());
  require_finite(X, "multicollinearity: X");
  const UnitColumns unit = unit_columns(X, true);
  for (Eigen::Index j = 0; j < X.cols(); ++j) {
    require(unit.Z.col(j).squaredNorm() > 0.0, "multicollinearity: column ", j,
            " is constant");
  }
  return maths::qr_triangle(unit.Z, Vector::Zero(X.rows())).R;
}

/// Eq. (2) for each column, from its regression on all others: 1 when it is
/// uncorrelated with them, infinity when they determine it. Throws as
/// correlation_factor() does.
inline Vector variance_inflation_factors(const MatrixRef& X) {
  const Matrix R = correlation_factor(X);
  const Eigen::Index d = R.cols();
  Vector factors = Vector::Ones(d);
  if (d == 1) return factors;
  Matrix others(R.rows(), d - 1);
  for (Eigen::Index j = 0; j < d; ++j) {
    others << R.leftCols(j), R.rightCols(d - 1 - j);
    // What the others leave of a column of length 1. They may be dependent
    // among themselves, so by SVD.
    const double left = maths::lstsq_svd(others, R.col(j)).residual_norm;
    factors(j) = left > 1e-12 ? 1.0 / (left * left)
                              : std::numeric_limits<double>::infinity();
  }
  return factors;
}

/// The same from the diagonal of the inverse correlation matrix: shorter, and
/// right as long as squaring costs nothing that matters. Nothing when that
/// matrix is singular to working precision. Throws as above.
inline std::optional<Vector> vif_from_correlation(const MatrixRef& X) {
  const Matrix R = correlation_factor(X);
  const Matrix correlation = R.transpose() * R;
  const Eigen::LLT<Matrix> cholesky(correlation);
  const double zero = maths::dependence_threshold(X.rows());
  if (cholesky.info() != Eigen::Success ||
      (cholesky.matrixLLT().diagonal().array().square() <= zero).any()) {
    return std::nullopt;
  }
  const Matrix identity = Matrix::Identity(R.cols(), R.cols());
  return Vector(cholesky.solve(identity).diagonal());
}

/// The direction that the data show least.
struct WeakDirection {
  Vector weights;          ///< d, of length 1, for features in units of their
                           ///< lengths; large entries name those involved
  double strength = 0.0;   ///< s_d, the length of Z weights
  double condition = 0.0;  ///< s_1 / s_d; infinite when a relation is exact
};

/// Eq. (3). The entry of largest magnitude is positive. Throws as
/// correlation_factor() does, and unless n > d.
inline WeakDirection weak_direction(const MatrixRef& X) {
  require(X.rows() > X.cols(), "weak_direction: need n > d, got n = ", X.rows(),
          ", d = ", X.cols());
  const Matrix R = correlation_factor(X);
  const maths::Spectrum f = maths::spectrum({R, Vector::Zero(R.rows()), 0.0});
  const Eigen::Index last = R.cols() - 1;
  WeakDirection weak{f.V.col(last), f.s(last), f.s(0) / f.s(last)};
  if (weak.strength <= maths::dependence_threshold(X.rows()) * f.s(0)) {
    weak.condition = std::numeric_limits<double>::infinity();
  }
  Eigen::Index largest = 0;
  weak.weights.cwiseAbs().maxCoeff(&largest);
  if (weak.weights(largest) < 0.0) weak.weights *= -1.0;
  return weak;
}

}  // namespace whiteboard::algorithms
