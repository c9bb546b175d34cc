// Rows stay where they are: a permutation says in which order they are used,
// and multipliers are kept, so that b is dealt with afterwards.
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

namespace whiteboard::coding {

struct RowOrder {
  std::vector<Eigen::Index> rows;
  double sign = 1.0;
  bool singular = false;
};

inline RowOrder factorise(Matrix& A, double smallest) {
  const Eigen::Index n = A.rows();
  RowOrder order;
  order.rows.resize(static_cast<std::size_t>(n));
  std::iota(order.rows.begin(), order.rows.end(), Eigen::Index{0});
  for (Eigen::Index k = 0; k < n; ++k) {
    auto best = order.rows.begin() + k;
    for (auto row = best; row != order.rows.end(); ++row) {
      if (std::abs(A(*row, k)) > std::abs(A(*best, k))) best = row;
    }
    if (best != order.rows.begin() + k) order.sign = -order.sign;
    std::swap(*best, order.rows[static_cast<std::size_t>(k)]);
    const Eigen::Index top = order.rows[static_cast<std::size_t>(k)];
    if (std::abs(A(top, k)) <= smallest) {
      order.singular = true;
      return order;
    }
    for (auto row = order.rows.begin() + k + 1; row != order.rows.end();
         ++row) {
      A(*row, k) /= A(top, k);
      A.row(*row).tail(n - k - 1) -= A(*row, k) * A.row(top).tail(n - k - 1);
    }
  }
  return order;
}

inline Vector gaussian_elimination(Matrix A, Vector b) {
  require(A.rows() == A.cols() && A.rows() == b.size() && b.size() >= 1,
          "gaussian_elimination: need an n x n matrix and n numbers, got ",
          A.rows(), " x ", A.cols(), " and ", b.size());
  require_finite(A, "gaussian_elimination: A");
  require_finite(b, "gaussian_elimination: b");
  const Eigen::Index n = A.rows();
  const double smallest = static_cast<double>(n) *
                          std::numeric_limits<double>::epsilon() *
                          A.lpNorm<Eigen::Infinity>();
  const RowOrder order = factorise(A, smallest);
  require(!order.singular,
          "gaussian_elimination: the matrix is singular, no pivot above ",
          smallest);
  Vector x(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const Eigen::Index row = order.rows[static_cast<std::size_t>(i)];
    x(i) = b(row) - A.row(row).head(i).dot(x.head(i));
  }
  for (Eigen::Index i = n - 1; i >= 0; --i) {
    const Eigen::Index row = order.rows[static_cast<std::size_t>(i)];
    const Eigen::Index rest = n - i - 1;
    x(i) = (x(i) - A.row(row).tail(rest).dot(x.tail(rest))) / A(row, i);
  }
  return x;
}

inline double determinant_by_elimination(Matrix A) {
  require(A.rows() == A.cols(),
          "determinant_by_elimination: need a square matrix, got ", A.rows(),
          " x ", A.cols());
  require_finite(A, "determinant_by_elimination: A");
  const RowOrder order = factorise(A, 0.0);
  if (order.singular) return 0.0;
  double product = order.sign;
  for (Eigen::Index i = 0; i < A.rows(); ++i) {
    product *= A(order.rows[static_cast<std::size_t>(i)], i);
  }
  return product;
}

}  // namespace whiteboard::coding
