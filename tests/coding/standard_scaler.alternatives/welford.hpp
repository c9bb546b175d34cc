// One pass over the rows with Welford's update instead of two per column.
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cmath>

namespace whiteboard::coding {

struct StandardScaler {
  Vector mean;
  Vector scale;

  Matrix transform(const MatrixRef& X) const {
    require(X.cols() == mean.size(), "transform: fitted on ", mean.size(),
            " columns, got ", X.cols());
    require_finite(X, "transform: X");
    Matrix Z = X;
    for (Eigen::Index i = 0; i < Z.rows(); ++i) {
      Z.row(i) -= mean.transpose();
      Z.row(i).array() /= scale.transpose().array();
    }
    return Z;
  }
};

inline StandardScaler fit_standard_scaler(const MatrixRef& X) {
  using Wide = Eigen::Matrix<long double, Eigen::Dynamic, 1>;
  require(X.size() > 0, "fit_standard_scaler: need a row and a column, got ",
          X.rows(), " x ", X.cols());
  require_finite(X, "fit_standard_scaler: X");
  Wide mean = Wide::Zero(X.cols());
  Wide squares = Wide::Zero(X.cols());
  for (Eigen::Index i = 0; i < X.rows(); ++i) {
    const Wide row = X.row(i).transpose().cast<long double>();
    const Wide before = row - mean;
    mean += before / static_cast<long double>(i + 1);
    squares += before.cwiseProduct(row - mean);
  }
  const Vector scale =
      (squares / static_cast<long double>(X.rows())).cwiseSqrt().cast<double>();
  StandardScaler scaler{mean.cast<double>(), scale};
  for (Eigen::Index j = 0; j < X.cols(); ++j) {
    require(std::isfinite(X.col(j).maxCoeff() - X.col(j).minCoeff()),
            "fit_standard_scaler: column ", j, " has no finite deviation");
    if (scale(j) == 0.0) scaler.scale(j) = 1.0;
  }
  return scaler;
}

}  // namespace whiteboard::coding
