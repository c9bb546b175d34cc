// Question:    Standardise features using training statistics only.
// Answer:      questions/coding/standard_scaler.md (equation numbers are its own)
// Method:      mean and deviation of each column in two passes, relative to the
//              first row; later rows are shifted and divided by those
// Time:        O(n d)
// Memory:      O(d) state, O(n) while fitting
// Numerics:    offsets from the first row are exactly 0 in a constant column,
//              and nothing large is squared: no cancellation, no overflow
// References:  [1] Chan, Golub and LeVeque, Algorithms for computing the sample
//                  variance, The American Statistician 37(3), 1983
// Symbols:     X  n x d  rows
//              m  d      means of the training columns, Eq. (1)
//              s  d      their population deviations, Eq. (2)
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cmath>

namespace whiteboard::coding {

/// What was learned from the training rows, made by fit_standard_scaler().
struct StandardScaler {
  Vector mean;   ///< d
  Vector scale;  ///< d, all positive; 1 for a constant column

  /// (X - mean) / scale, column by column, for any number of rows. Throws
  /// std::invalid_argument on another number of columns, NaN or infinity.
  Matrix transform(const MatrixRef& X) const {
    require(X.cols() == mean.size(), "transform: fitted on ", mean.size(),
            " columns, got ", X.cols());
    require_finite(X, "transform: X");
    // solution:begin
    Matrix Z(X.rows(), X.cols());
    for (Eigen::Index j = 0; j < X.cols(); ++j) {
      Z.col(j) = (X.col(j).array() - mean(j)) / scale(j);
    }
    return Z;
    // solution:end
  }
};

/// Mean and population deviation (divided by n) of each column of X (n x d). A
/// column without two different values gets scale 1, so it becomes 0.
/// Throws std::invalid_argument when there is no row or no column, on NaN and
/// infinity, and when the range of a column is too large for a double.
inline StandardScaler fit_standard_scaler(const MatrixRef& X) {
  require(X.size() > 0, "fit_standard_scaler: need a row and a column, got ",
          X.rows(), " x ", X.cols());
  require_finite(X, "fit_standard_scaler: X");
  // solution:begin
  StandardScaler scaler{Vector(X.cols()), Vector(X.cols())};
  for (Eigen::Index j = 0; j < X.cols(); ++j) {
    const Vector offset = X.col(j).array() - X(0, j);  // exact for a constant
    const double shift = offset.mean();
    // stableNorm() squares neither 1e200 to infinity nor 1e-200 to 0.
    const double deviation = (offset.array() - shift).matrix().stableNorm() /
                             std::sqrt(static_cast<double>(X.rows()));
    require(std::isfinite(deviation), "fit_standard_scaler: column ", j,
            " has no finite deviation");
    scaler.mean(j) = X(0, j) + shift;
    scaler.scale(j) = deviation > 0.0 ? deviation : 1.0;
  }
  return scaler;
  // solution:end
}

}  // namespace whiteboard::coding
