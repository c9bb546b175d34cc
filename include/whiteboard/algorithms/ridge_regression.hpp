// Question:    What does the L2 penalty do to a linear regression, exactly?
// Answer:      questions/algorithms/ridge_regression.md (equation numbers are
//              its own)
// Method:      one SVD for the whole path of penalties; the dual for kernels
// Time:        O(n d min(n, d)) once, then O(d^2) per penalty, O(n d) with
//              leave-one-out errors
// Memory:      O(n d)
// Numerics:    nothing is squared before the penalty is added; at lambda = 0
//              directions without variance are left out
// References:  [1] Hoerl, Kennard, Ridge regression: biased estimation for
//                  nonorthogonal problems, Technometrics 12, 1970
//              [2] Golub, Heath, Wahba, Generalized cross-validation as a
//                  method for choosing a good ridge parameter, 1979
// Symbols:     X       n x d  samples, one per row; centred where it says so
//              y       n      targets
//              lambda         weight of the penalty, Eq. (1)
//              s, V           singular values and right vectors of centred X
//              U       n x r  left singular vectors
//              c       r      U^T y
//              K       n x n  X X^T, or any kernel matrix
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>
#include <whiteboard/maths/least_squares.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <algorithm>
#include <cmath>

namespace whiteboard::algorithms {

/// Throws unless lambda is finite and >= 0.
inline void require_penalty(double lambda) {
  require(lambda >= 0.0 && std::isfinite(lambda),
          "ridge: need a finite lambda >= 0, got ", lambda);
}

/// A fitted model.
struct Ridge {
  Vector coef;             ///< d
  double intercept = 0.0;  ///< not penalised

  Vector predict(const MatrixRef& X) const {
    require(X.cols() == coef.size(), "Ridge::predict: fitted with ",
            coef.size(), " columns, got ", X.cols());
    require_finite(X, "Ridge::predict: X");
    return (X * coef).array() + intercept;
  }
};

/// Eq. (2) as it stands, for one penalty: the yardstick for RidgePath. Throws
/// as RidgePath does, and unless lambda > 0.
inline Ridge ridge_reference(const MatrixRef& X, const VectorRef& y,
                             double lambda) {
  maths::require_least_squares(X, y, "ridge");
  require_penalty(lambda);
  require(lambda > 0.0, "ridge_reference: need lambda > 0");
  const Vector mean = X.colwise().mean();
  const Matrix centred = X.rowwise() - mean.transpose();
  Matrix gram = centred.transpose() * centred;
  gram.diagonal().array() += lambda;
  const Vector coef =
      gram.llt().solve(centred.transpose() * (y.array() - y.mean()).matrix());
  return {coef, y.mean() - mean.dot(coef)};
}

/// The weights a of the dual, Eq. (3): predictions are sums of a_i k(x, x_i).
/// Centring, where it is wanted, is up to the caller. Throws unless K is square
/// of the size of y, lambda > 0 and all is finite.
inline Vector ridge_dual(const MatrixRef& K, const VectorRef& y,
                         double lambda) {
  maths::require_least_squares(K, y, "ridge_dual");
  require_penalty(lambda);
  require(K.rows() == K.cols() && lambda > 0.0,
          "ridge_dual: need a square K and lambda > 0, got ", K.rows(), " x ",
          K.cols(), " and ", lambda);
  Matrix penalised = K;
  penalised.diagonal().array() += lambda;
  return penalised.llt().solve(y);
}

/// All penalties from one decomposition:
///
///     const auto path = RidgePath::fit(X, y);
///     const Ridge model = path.at(10.0);
class RidgePath {
 public:
  /// Throws unless X (n x d) and y (n) match, n, d >= 1 and all is finite.
  static RidgePath fit(const MatrixRef& X, const VectorRef& y) {
    maths::require_least_squares(X, y, "ridge");
    RidgePath path;
    path.x_mean_ = X.colwise().mean();
    path.y_mean_ = y.mean();
    path.y_ = y.array() - path.y_mean_;
    const Matrix centred = X.rowwise() - path.x_mean_.transpose();
    const maths::Spectrum f =
        maths::spectrum(maths::qr_triangle(centred, path.y_));
    // What centring leaves of a constant column is rounding, not variance.
    const double zero =
        maths::dependence_threshold(std::max(X.rows(), X.cols())) *
        std::max(f.s(0), X.norm());
    const Eigen::Index r = (f.s.array() > zero).count();
    path.s_ = f.s.head(r);
    path.V_ = f.V.leftCols(r);
    path.c_ = f.u_y.head(r);
    path.U_ = centred * (path.V_ * path.s_.cwiseInverse().asDiagonal());
    return path;
  }

  /// The model at one penalty, Eq. (4); at lambda = 0 the shortest of all least
  /// squares solutions. These all throw unless lambda is finite and >= 0.
  Ridge at(double lambda) const {
    const Vector weights = shrinkage(lambda).cwiseProduct(c_).cwiseQuotient(s_);
    const Vector coef = V_ * weights;
    return {coef, y_mean_ - x_mean_.dot(coef)};
  }

  /// Trace of the hat matrix without the intercept, Eq. (5).
  double effective_df(double lambda) const { return shrinkage(lambda).sum(); }

  /// The error at each sample of the fit to all others, Eq. (7), intercept
  /// included. NaN or infinite where the fit without it is not determined.
  Vector loo_residuals(double lambda) const {
    const Vector f = shrinkage(lambda);
    const Vector leverage = U_.cwiseAbs2() * f;
    return residual(f).array() / (1.0 - own() - leverage.array());
  }

  /// Mean square of the same with every leverage replaced by their mean,
  /// Eq. (8). Infinite or NaN when the fit interpolates.
  double gcv(double lambda) const {
    const Vector f = shrinkage(lambda);
    const double free = 1.0 - own() * (1.0 + f.sum());
    return residual(f).squaredNorm() * own() / (free * free);
  }

 private:
  RidgePath() = default;

  /// What is kept of each direction: s^2 / (s^2 + lambda).
  Vector shrinkage(double lambda) const {
    require_penalty(lambda);
    return s_.array().square() / (s_.array().square() + lambda);
  }

  Vector residual(const Vector& f) const {
    return y_ - U_ * f.cwiseProduct(c_);
  }

  /// 1 / n, the leverage that the intercept gives to every sample.
  double own() const { return 1.0 / static_cast<double>(y_.size()); }

  Vector x_mean_;  // d
  double y_mean_ = 0.0;
  Vector y_;           // n, centred
  Vector s_, c_;       // r, the directions with variance
  Eigen::MatrixXd V_;  // d x r
  Matrix U_;           // n x r
};

}  // namespace whiteboard::algorithms
