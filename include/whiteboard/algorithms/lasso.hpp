// Question:    Why does the L1 penalty give exact zeros, at what price?
// Answer:      questions/algorithms/lasso.md (equation numbers are its own)
// Method:      centring, for tall data a rotation to d rows, then the
//              coordinate descent of optimization/coordinate_descent [1]
// Time:        2 n d^2 for the rotation, then O(d) per coordinate; O(n) without
// Memory:      O(n d)
// Numerics:    zeros are exact; every fit comes with its duality gap
// References:  [1] Friedman, Hastie, Tibshirani, Regularization paths for
//                  generalized linear models via coordinate descent, 2010
//              [2] Meinshausen, Relaxed lasso, 2007
// Symbols:     X       n x d  samples, one per row; x_j its columns, centred
//              y       n      targets
//              beta    d      coefficients
//              lambda         weight of the penalty, Eq. (1)
#pragma once

#include <whiteboard/algorithms/linear_regression.hpp>
#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>
#include <whiteboard/maths/least_squares.hpp>
#include <whiteboard/optimization/coordinate_descent.hpp>

#include <Eigen/Core>

#include <vector>

namespace whiteboard::algorithms {

/// Samples as the descent sees them.
struct LassoData {
  Matrix X;       ///< centred; d rows for tall data, else n
  Vector y;       ///< centred, and rotated with X
  Vector x_mean;  ///< d
  double y_mean = 0.0;
};

/// Centres, so that the intercept goes free. A rotation of all samples changes
/// no inner product of columns and hence no solution, Eq. (6): of n > d rows it
/// leaves d that are not zero. It costs as much as d / 2 sweeps, so it is left
/// out for many columns. Throws unless sizes match, no column is constant and
/// all is finite.
inline LassoData lasso_data(const MatrixRef& X, const VectorRef& y) {
  maths::require_least_squares(X, y, "lasso");
  const Vector mean = X.colwise().mean();
  LassoData data{X.rowwise() - mean.transpose(), y.array() - y.mean(), mean,
                 y.mean()};
  for (Eigen::Index j = 0; j < X.cols(); ++j) {
    const double rounding =
        maths::dependence_threshold(X.rows()) * X.col(j).norm();
    require(data.X.col(j).norm() > rounding, "lasso: column ", j,
            " is constant");
  }
  constexpr Eigen::Index most = 256;
  if (X.rows() > X.cols() && X.cols() <= most) {
    const maths::Triangle qr = maths::qr_triangle(data.X, data.y);
    data.X = qr.R;
    data.y = qr.z;
  }
  return data;
}

/// A fitted model.
struct Lasso {
  Vector coef;             ///< d, zeros are exactly 0.0
  double intercept = 0.0;  ///< not penalised
  double gap = 0.0;  ///< how far the objective is from its minimum at most
  int sweeps = 0;
  bool converged = false;

  Vector predict(const MatrixRef& X) const {
    require(X.cols() == coef.size(), "Lasso::predict: fitted with ",
            coef.size(), " columns, got ", X.cols());
    require_finite(X, "Lasso::predict: X");
    return (X * coef).array() + intercept;
  }
};

/// The smallest penalty that leaves no coefficient, Eq. (3). Throws as
/// lasso_data() does.
inline double lambda_max(const MatrixRef& X, const VectorRef& y) {
  const LassoData data = lasso_data(X, y);
  return (data.X.transpose() * data.y).cwiseAbs().maxCoeff();
}

/// One model per penalty, each started at the one before: give them in falling
/// order. Throws as lasso_data() does, and unless each is finite and > 0.
inline std::vector<Lasso> lasso_path(
    const MatrixRef& X, const VectorRef& y, const std::vector<double>& lambdas,
    const optimization::LassoCdOptions& options = {}) {
  const LassoData data = lasso_data(X, y);
  std::vector<Lasso> path;
  for (const optimization::LassoCdFit& fit :
       optimization::lasso_cd_path(data.X, data.y, lambdas, options)) {
    path.push_back({fit.coef, data.y_mean - data.x_mean.dot(fit.coef), fit.gap,
                    fit.sweeps, fit.converged});
  }
  return path;
}

/// Minimises Eq. (1); lambda is n times scikit-learn's alpha. Throws as
/// lasso_path() does.
inline Lasso lasso(const MatrixRef& X, const VectorRef& y, double lambda,
                   const optimization::LassoCdOptions& options = {}) {
  return lasso_path(X, y, {lambda}, options).front();
}

/// Columns with a coefficient.
inline std::vector<Eigen::Index> support(const Vector& coef) {
  std::vector<Eigen::Index> columns;
  for (Eigen::Index j = 0; j < coef.size(); ++j) {
    if (coef(j) != 0.0) columns.push_back(j);
  }
  return columns;
}

/// Least squares on the columns that the lasso selected, which takes its bias
/// away [2]: all d coefficients, zeros where they were. Throws as
/// LinearRegression does.
inline Lasso refit_support(const MatrixRef& X, const VectorRef& y,
                           const Lasso& model) {
  require(X.cols() == model.coef.size(), "refit_support: fitted with ",
          model.coef.size(), " columns, got ", X.cols());
  Lasso refit = model;
  const std::vector<Eigen::Index> columns = support(model.coef);
  if (columns.empty()) return refit;
  const LinearRegression least =
      LinearRegression::fit(X(Eigen::all, columns), y);
  refit.coef(columns) = least.coef;
  refit.intercept = least.intercept;
  return refit;
}

}  // namespace whiteboard::algorithms
