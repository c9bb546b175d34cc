// Question:    What do R^2 and adjusted R^2 measure, and when do they mislead?
// Answer:      questions/algorithms/r_squared.md (equation numbers are its own)
// Method:      squared errors beside those of a constant prediction
// Time:        O(n)
// Memory:      O(1); O(n) for the correlation
// Numerics:    sums of squared deviations in a second pass: nothing cancels
// References:  [1] Anscombe, Graphs in statistical analysis, The American
//                  Statistician 27, 1973
//              [2] Kvalseth, Cautionary note about R^2, The American
//                  Statistician 39, 1985
// Symbols:     y      n  targets
//              y_hat  n  predictions
//              p         columns of the model without the intercept
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cmath>

namespace whiteboard::algorithms {

/// Throws unless y and prediction have the same size >= 1 and are finite.
inline void require_predictions(const VectorRef& y,
                                const VectorRef& prediction) {
  require(y.size() >= 1 && y.size() == prediction.size(),
          "r_squared: need as many predictions as targets, and one at least, "
          "got ",
          prediction.size(), " and ", y.size());
  require_finite(y, "r_squared: y");
  require_finite(prediction, "r_squared: prediction");
}

/// Eq. (1) beside the constant prediction `baseline`: that of the training
/// data's mean is what a model without features would have predicted. Throws as
/// require_predictions() does, and when the baseline has no error.
inline double r_squared(const VectorRef& y, const VectorRef& prediction,
                        double baseline) {
  require_predictions(y, prediction);
  require(std::isfinite(baseline), "r_squared: the baseline is ", baseline);
  const double total = (y.array() - baseline).square().sum();
  require(total > 0.0, "r_squared: the baseline ", baseline, " has no error");
  return 1.0 - (y - prediction).squaredNorm() / total;
}

/// The usual one, beside the mean of y itself. 1 at best, without a floor.
/// Throws as above, and when all of y are equal.
inline double r_squared(const VectorRef& y, const VectorRef& prediction) {
  require_predictions(y, prediction);
  // The mean of equal numbers may differ from them by rounding.
  require(y.minCoeff() < y.maxCoeff(), "r_squared: all targets are ", y(0));
  return r_squared(y, prediction, y.mean());
}

/// What software reports for a model without an intercept: beside zero. Not
/// comparable with r_squared(). Throws as above, and when y is zero.
inline double uncentred_r_squared(const VectorRef& y,
                                  const VectorRef& prediction) {
  return r_squared(y, prediction, 0.0);
}

/// Squared correlation: r_squared() of the best line through the predictions,
/// blind to a wrong offset, scale and sign. Throws as r_squared() does, and
/// when all predictions are equal.
inline double squared_correlation(const VectorRef& y,
                                  const VectorRef& prediction) {
  require_predictions(y, prediction);
  require(y.minCoeff() < y.maxCoeff() &&
              prediction.minCoeff() < prediction.maxCoeff(),
          "squared_correlation: all targets or all predictions are equal");
  const Vector a = y.array() - y.mean();
  const Vector b = prediction.array() - prediction.mean();
  const double cosine = a.dot(b) / (a.norm() * b.norm());
  return cosine * cosine;
}

/// Throws unless p >= 0 and n > p + 1.
inline void require_degrees(Eigen::Index n, Eigen::Index p) {
  require(p >= 0 && n > p + 1,
          "r_squared: need p >= 0 and n > p + 1, got n = ", n, ", p = ", p);
}

/// Eq. (3): variances, each divided by its degrees of freedom, in place of sums
/// of squares. Throws unless r2 <= 1, p >= 0 and n > p + 1.
inline double adjusted_r_squared(double r2, Eigen::Index n, Eigen::Index p) {
  require(r2 <= 1.0, "adjusted_r_squared: need r2 <= 1, got ", r2);
  require_degrees(n, p);
  return 1.0 - (1.0 - r2) * static_cast<double>(n - 1) /
                   static_cast<double>(n - p - 1);
}

/// Mean of R^2 when p columns have nothing to do with y, Eq. (4). Throws unless
/// p >= 0 and n > p + 1.
inline double expected_noise_r_squared(Eigen::Index n, Eigen::Index p) {
  require_degrees(n, p);
  return static_cast<double>(p) / static_cast<double>(n - 1);
}

}  // namespace whiteboard::algorithms
