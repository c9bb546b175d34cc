// No second helper: sums and counts live through the whole run, and a sample
// that changes its label moves from one sum to the other.
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace whiteboard::coding {

struct KMeansFit {
  Matrix centers;
  std::vector<int> label;
  double inertia = 0.0;
  int iterations = 0;
};

/// Did any label change?
inline bool relabel(const MatrixRef& X, const Matrix& gaps,
                    std::vector<int>& labels, Matrix& sums,
                    std::vector<int>& counts, Vector& least) {
  bool changed = false;
  for (Eigen::Index i = 0; i < X.rows(); ++i) {
    Eigen::Index nearest = 0;
    least(i) = gaps.row(i).minCoeff(&nearest);
    int& label = labels[static_cast<std::size_t>(i)];
    if (label == nearest) continue;
    changed = true;
    if (label >= 0) {
      sums.row(label) -= X.row(i);
      --counts[static_cast<std::size_t>(label)];
    }
    label = static_cast<int>(nearest);
    sums.row(nearest) += X.row(i);
    ++counts[static_cast<std::size_t>(nearest)];
  }
  return changed;
}

inline void move_centers(const MatrixRef& X, Matrix& sums,
                         const std::vector<int>& counts, const Vector& least,
                         Matrix& centers) {
  std::vector<Eigen::Index> worst(static_cast<std::size_t>(X.rows()));
  std::iota(worst.begin(), worst.end(), Eigen::Index{0});
  std::stable_sort(worst.begin(), worst.end(),
                   [&](auto i, auto j) { return least(i) > least(j); });
  std::size_t taken = 0;
  for (Eigen::Index j = 0; j < centers.rows(); ++j) {
    const int count = counts[static_cast<std::size_t>(j)];
    if (count > 0) {
      centers.row(j) = sums.row(j) / static_cast<double>(count);
    } else {
      centers.row(j) = X.row(worst[taken++]);
      sums.row(j).setZero();
    }
  }
}

inline KMeansFit k_means(const MatrixRef& X, Matrix centers,
                         int max_iterations) {
  const Eigen::Index n = X.rows(), k = centers.rows();
  require(k >= 1 && k <= n, "k_means: need 1 <= k <= n, got k = ", k,
          ", n = ", n);
  require(centers.cols() == X.cols(), "k_means: samples have ", X.cols(),
          " columns, centers have ", centers.cols());
  require(max_iterations >= 0, "k_means: need max_iterations >= 0, got ",
          max_iterations);
  require_finite(X, "k_means: X");
  require_finite(centers, "k_means: centers");

  KMeansFit fit{centers, std::vector<int>(static_cast<std::size_t>(n), -1)};
  Matrix sums = Matrix::Zero(k, X.cols());
  std::vector<int> counts(static_cast<std::size_t>(k));
  while (true) {
    Matrix gaps(n, k);
    for (Eigen::Index j = 0; j < k; ++j) {
      gaps.col(j) = (X.rowwise() - fit.centers.row(j)).rowwise().squaredNorm();
    }
    Vector least(n);
    const bool changed = relabel(X, gaps, fit.label, sums, counts, least);
    fit.inertia = least.sum();
    if (!changed || fit.iterations == max_iterations) return fit;

    move_centers(X, sums, counts, least, fit.centers);
    ++fit.iterations;
  }
}

}  // namespace whiteboard::coding
