// Question:    What does a linear regression guarantee, how do you fit it
//              without losing digits, and how do you read it?
// Answer:      questions/algorithms/linear_regression.md (equation numbers are
//              its own)
// Method:      centred columns of length 1, then QR, or SVD where columns are
//              dependent (maths/least_squares); leave-one-out by leverages [1]
// Time:        O(n d^2), O(d^3) more for dependent columns
// Memory:      n d, the centred copy
// Numerics:    errs by eps times the condition of the centred unit columns,
//              whatever the units and the origin of the features
// References:  [1] Hoaglin, Welsch, The hat matrix in regression and ANOVA,
//                  The American Statistician 32, 1978
// Symbols:     X  n x d  samples, one per row
//              y  n      targets
//              Z  n x d  X centred, each column divided by its length
//              W  d x r  turns Z into orthonormal columns Z W, Eq. (3)
//              r         rank of Z
//              h  n      leverages, Eq. (5)
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>
#include <whiteboard/maths/least_squares.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <optional>

namespace whiteboard::algorithms {

/// The samples in the units that the fit works in.
struct UnitColumns {
  Matrix Z;       ///< n x d; a column without variance is zero
  Vector mean;    ///< d; zero without an intercept
  Vector length;  ///< d, of the centred columns; 1 for a constant one
};

/// Centres if there is an intercept, then scales. Of a constant column centring
/// leaves rounding, which must not be blown up to length 1.
inline UnitColumns unit_columns(const MatrixRef& X, bool intercept) {
  const Eigen::Index d = X.cols();
  UnitColumns unit{X, Vector::Zero(d), Vector::Ones(d)};
  if (intercept) unit.mean = X.colwise().mean();
  unit.Z.rowwise() -= unit.mean.transpose();
  for (Eigen::Index j = 0; j < d; ++j) {
    const double length = unit.Z.col(j).norm();
    const double rounding =
        maths::dependence_threshold(X.rows()) * X.col(j).norm();
    if (length > rounding) {
      unit.length(j) = length;
      unit.Z.col(j) /= length;
    } else {
      unit.Z.col(j).setZero();
    }
  }
  return unit;
}

/// An orthonormal basis Z W of the columns, and the target in it.
struct OrthonormalBasis {
  Eigen::MatrixXd W;           ///< d x r, Eq. (3)
  Vector c;                    ///< r, (Z W)^T y
  double residual_norm = 0.0;  ///< of y outside of the span
};

/// W = R^-1 by QR when columns are independent, W = V / s by SVD when not: then
/// the coefficients W c are the shortest of all minimisers.
inline OrthonormalBasis fit_basis(const Matrix& Z, const VectorRef& y) {
  const Eigen::Index n = Z.rows(), d = Z.cols();
  const maths::Triangle qr = maths::qr_triangle(Z, y);
  if (n >= d && maths::columns_independent(qr, n)) {
    return {qr.R.triangularView<Eigen::Upper>().solve(
                Eigen::MatrixXd::Identity(d, d)),
            qr.z, qr.residual_norm};
  }
  const maths::Spectrum f = maths::spectrum(qr);
  const double zero = maths::dependence_threshold(std::max(n, d)) * f.s(0);
  const Eigen::Index r = (f.s.array() > zero).count();
  return {f.V.leftCols(r) * f.s.head(r).cwiseInverse().asDiagonal(),
          f.u_y.head(r),
          std::hypot(f.residual_norm, f.u_y.tail(f.s.size() - r).norm())};
}

/// What the noise does to a fit with more samples than parameters.
struct FitErrors {
  double sigma = 0.0;      ///< deviation of the noise, Eq. (4)
  Vector coef;             ///< d, standard errors
  double intercept = 0.0;  ///< standard error; 0 without an intercept
};

struct LinearRegressionOptions {
  bool intercept = true;
};

/// A fitted model:
///
///     const auto model = LinearRegression::fit(X, y);
///     model.predict(X_new);
class LinearRegression {
 public:
  Vector coef;                      ///< d
  double intercept = 0.0;           ///< 0 if there is none
  Eigen::Index rank = 0;            ///< of the (centred) columns; d if coef is
                                    ///< unique, else it is the shortest, for
                                    ///< columns in units of their lengths
  double residual_norm = 0.0;       ///< |y - prediction| on the training data
  std::optional<FitErrors> errors;  ///< nothing unless coef is unique and there
                                    ///< are more samples than parameters

  /// Throws unless X (n x d) and y (n) match, n, d >= 1 and all is finite.
  static LinearRegression fit(const MatrixRef& X, const VectorRef& y,
                              const LinearRegressionOptions& options = {}) {
    maths::require_least_squares(X, y, "LinearRegression");
    const UnitColumns unit = unit_columns(X, options.intercept);
    const double y_mean = options.intercept ? y.mean() : 0.0;
    const OrthonormalBasis basis =
        fit_basis(unit.Z, (y.array() - y_mean).matrix());

    LinearRegression model;
    model.rank = basis.c.size();
    model.residual_norm = basis.residual_norm;
    model.coef = (basis.W * basis.c).cwiseQuotient(unit.length);
    if (options.intercept) model.intercept = y_mean - unit.mean.dot(model.coef);

    const Eigen::Index free =
        X.rows() - model.rank - (options.intercept ? 1 : 0);
    if (model.rank < X.cols() || free < 1) return model;
    const double sigma = basis.residual_norm / std::sqrt(free);
    const Vector shift = unit.mean.cwiseQuotient(unit.length);
    const double mean_variance = 1.0 / static_cast<double>(X.rows()) +
                                 (basis.W.transpose() * shift).squaredNorm();
    model.errors = FitErrors{
        sigma, sigma * basis.W.rowwise().norm().cwiseQuotient(unit.length),
        options.intercept ? sigma * std::sqrt(mean_variance) : 0.0};
    return model;
  }

  /// Eq. (1) for every row of X.
  Vector predict(const MatrixRef& X) const {
    require(X.cols() == coef.size(), "LinearRegression::predict: fitted with ",
            coef.size(), " columns, got ", X.cols());
    require_finite(X, "LinearRegression::predict: X");
    return (X * coef).array() + intercept;
  }

 private:
  LinearRegression() = default;
};

/// By how much each prediction moves when its own target moves by 1, Eq. (5):
/// n numbers in [0, 1] that depend on X alone.
inline Vector leverages(const MatrixRef& X,
                        const LinearRegressionOptions& options = {}) {
  maths::require_least_squares(X, Vector::Zero(X.rows()), "leverages");
  const UnitColumns unit = unit_columns(X, options.intercept);
  const OrthonormalBasis basis = fit_basis(unit.Z, Vector::Zero(X.rows()));
  const double own =
      options.intercept ? 1.0 / static_cast<double>(X.rows()) : 0.0;
  return (unit.Z * basis.W).rowwise().squaredNorm().array() + own;
}

/// The error at each sample of the fit to all others, by n refits: the
/// yardstick for loo_residuals().
inline Vector loo_residuals_reference(
    const MatrixRef& X, const VectorRef& y,
    const LinearRegressionOptions& options = {}) {
  const Eigen::Index n = X.rows();
  Vector errors(n), others_y(n - 1);
  Matrix others(n - 1, X.cols());
  for (Eigen::Index i = 0; i < n; ++i) {
    others << X.topRows(i), X.bottomRows(n - 1 - i);
    others_y << y.head(i), y.tail(n - 1 - i);
    const LinearRegression model =
        LinearRegression::fit(others, others_y, options);
    errors(i) = y(i) - model.predict(X.row(i))(0);
  }
  return errors;
}

/// The same from one fit, Eq. (6). Throws as fit() does, and where a sample has
/// leverage 1: without it the fit there is not determined.
inline Vector loo_residuals(const MatrixRef& X, const VectorRef& y,
                            const LinearRegressionOptions& options = {}) {
  const Vector residual = y - LinearRegression::fit(X, y, options).predict(X);
  const Vector h = leverages(X, options);
  Eigen::Index worst = 0;
  const double largest = h.maxCoeff(&worst);
  require(largest < 1.0 - maths::dependence_threshold(X.rows()),
          "loo_residuals: without sample ", worst,
          " its prediction is not determined, leverage ", largest);
  return residual.array() / (1.0 - h.array());
}

/// The coefficient of column j as a simple regression, Eq. (7): what the other
/// columns leave of y on what they leave of column j. Throws when they leave
/// nothing of it, or j is not a column.
inline double partial_regression_slope(const MatrixRef& X, const VectorRef& y,
                                       Eigen::Index j) {
  const Eigen::Index d = X.cols();
  require(j >= 0 && j < d, "partial_regression_slope: need 0 <= j < ", d,
          ", got ", j);
  Matrix others(X.rows(), d - 1);
  others << X.leftCols(j), X.rightCols(d - 1 - j);
  const auto left = [&](const VectorRef& target) -> Vector {
    const Vector centred = target.array() - target.mean();
    if (d == 1) return centred;
    return target - LinearRegression::fit(others, target).predict(others);
  };
  const Vector of_x = left(X.col(j)), of_y = left(y);
  require(of_x.norm() > maths::dependence_threshold(X.rows()) * X.col(j).norm(),
          "partial_regression_slope: the others explain column ", j);
  return of_x.dot(of_y) / of_x.squaredNorm();
}

}  // namespace whiteboard::algorithms
