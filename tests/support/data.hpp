// The data of the tests: the real sets of data/, and generated ones.
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/random.hpp>
#include <whiteboard/core/table.hpp>

#include <cmath>
#include <filesystem>
#include <string>
#include <utility>

namespace whiteboard::testing {

/// A file of data/, e.g. data_set("iris").
inline Table data_set(const std::string& name) {
  return read_csv(std::filesystem::path(WHITEBOARD_DATA_DIR) / (name + ".csv"));
}

/// rows x cols independent standard normal numbers.
template <BitEngine Rng>
Matrix gaussian(Eigen::Index rows, Eigen::Index cols, Rng& rng) {
  Matrix X(rows, cols);
  for (Eigen::Index i = 0; i < X.size(); ++i) X.data()[i] = normal(rng);
  return X;
}

/// What regressions learn from: n x d samples and their n targets.
struct Problem {
  Matrix X;
  Vector y;
};

/// Normal samples with normal targets that do not depend on them.
template <BitEngine Rng>
Problem random_problem(Eigen::Index n, Eigen::Index d, Rng& rng) {
  Matrix X = gaussian(n, d, rng);
  return {std::move(X), gaussian(n, 1, rng).col(0)};
}

/// k probabilities, uniform on the simplex: normalised exponential weights.
template <BitEngine Rng>
Vector random_distribution(Eigen::Index k, Rng& rng) {
  Vector p(k);
  for (double& x : p) x = -std::log(1.0 - uniform(rng));
  return p / p.sum();
}

/// `per_blob` unit-variance samples around each row of `centres`, in order.
template <BitEngine Rng>
Matrix blobs(const MatrixRef& centres, Eigen::Index per_blob, Rng& rng) {
  Matrix X = gaussian(centres.rows() * per_blob, centres.cols(), rng);
  for (Eigen::Index i = 0; i < X.rows(); ++i) {
    X.row(i) += centres.row(i / per_blob);
  }
  return X;
}

/// Columns with mean 0 and variance 1 (divided by n, as scikit-learn's
/// StandardScaler does). A constant column becomes zeros.
inline Matrix standardized(const MatrixRef& X) {
  Matrix Z = X.rowwise() - Eigen::RowVectorXd(X.colwise().mean());
  for (Eigen::Index j = 0; j < Z.cols(); ++j) {
    // The mean of a constant is not always that constant: ten times 0.1 leaves
    // a rest of 1e-17, which must not be blown up to 1.
    if (X.col(j).maxCoeff() == X.col(j).minCoeff()) {
      Z.col(j).setZero();
    } else {
      Z.col(j) /=
          std::sqrt(Z.col(j).squaredNorm() / static_cast<double>(Z.rows()));
    }
  }
  return Z;
}

}  // namespace whiteboard::testing
