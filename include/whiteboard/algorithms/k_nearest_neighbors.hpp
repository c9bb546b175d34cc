// Question:    How does k-NN work, and how do you make brute force fast?
// Answer:      questions/algorithms/k_nearest_neighbors.md (equation numbers
//              are its own)
// Method:      a matrix product estimates all distances and rules rows out, a
//              sorted list of k ranks the rest; then a vote [1] or a mean
// Time:        2 n d flop a query, whatever k is; O(n d) to fit
// Memory:      n d, the rows as they are; d + 2 k a query, and two tiles
// Numerics:    distances are sums of squared differences; what the product
//              rules out allows for its rounding, Eq. (9)
// References:  [1] Cover and Hart, Nearest neighbor pattern classification,
//                  IEEE Trans. Information Theory 13(1), 1967
// Symbols:     X  n x d  rows to search
//              Q  m x d  queries, one per row
//              y  n      a label or a target for each row of X
//              o  d      origin of the product, the mean of X
//              R         the largest |x - o|
//              k         neighbours asked for
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <span>

namespace whiteboard::algorithms {

/// The k nearest rows of each query, nearest first and equally far ones in the
/// order of X: the first columns are the answer for every smaller k.
struct Neighbors {
  Eigen::Matrix<Eigen::Index, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>
      index;                  ///< m x k, rows of X
  Matrix squared_distance;    ///< m x k
  Eigen::Index measured = 0;  ///< distances computed as in Eq. (1)

  /// Nothing found yet: k places that are infinitely far.
  Neighbors(Eigen::Index m, Eigen::Index k)
      : index(m, k), squared_distance(m, k) {
    squared_distance.setConstant(std::numeric_limits<double>::infinity());
  }

  /// Gives a row its place if it is nearer to query i than the last. Rows must
  /// come in the order of X: those equally far stay before it.
  void insert(Eigen::Index i, Eigen::Index row, double square) {
    const Eigen::Index k = index.cols();
    double* const squares = &squared_distance(i, 0);
    Eigen::Index* const rows = &index(i, 0);
    if (square >= squares[k - 1]) return;
    const auto j = std::upper_bound(squares, squares + k, square) - squares;
    std::move_backward(squares + j, squares + k - 1, squares + k);
    std::move_backward(rows + j, rows + k - 1, rows + k);
    squares[j] = square;
    rows[j] = row;
  }
};

/// Exact neighbours by Euclidean distance.
///     const auto model = NearestNeighbors::fit(X);
///     const Eigen::VectorXi labels = majority(model.query(Q, 5), y, 5);
struct NearestNeighbors {
  Matrix points;              ///< n x d, X
  Eigen::RowVectorXd origin;  ///< d, o
  double radius;              ///< R

  /// Throws std::invalid_argument unless X is finite and not empty.
  static NearestNeighbors fit(const MatrixRef& X) {
    require(X.size() > 0, "NearestNeighbors: need rows and columns, got ",
            X.rows(), " x ", X.cols());
    require_finite(X, "NearestNeighbors: X");
    const Eigen::RowVectorXd o = X.colwise().mean();
    return {X, o, (X.rowwise() - o).rowwise().norm().maxCoeff()};
  }

  /// Eq. (1) as it stands: measures every row. Throws as query() does.
  Neighbors query_reference(const MatrixRef& Q, Eigen::Index k) const {
    require_query(Q, k);
    Neighbors found(Q.rows(), k);
    for (Eigen::Index i = 0; i < Q.rows(); ++i) {
      for (Eigen::Index row = 0; row < points.rows(); ++row) {
        measure(row, Q, i, found);
      }
    }
    return found;
  }

  /// The same, bit for bit. Estimates, Eq. (7), of 64 queries and 256 rows come
  /// from one product and are sifted while they are in the L2 cache.
  /// Throws std::invalid_argument unless 1 <= k <= n, Q is finite and has d
  /// columns, and no squared distance can overflow.
  Neighbors query(const MatrixRef& Q, Eigen::Index k) const {
    require_query(Q, k);
    const Eigen::Index n = points.rows(), d = points.cols(), m = Q.rows();
    Matrix probes = lifted(Q);
    probes.leftCols(d) *= -2.0;
    probes.col(d).swap(probes.col(d + 1));  // (-2 (q - o), 1, |q - o|^2)
    Matrix estimates;
    Neighbors found(m, k);
    for (Eigen::Index row = 0; row < n; row += 256) {
      const auto rows = std::min<Eigen::Index>(256, n - row);
      const Matrix tile = lifted(points.middleRows(row, rows));
      for (Eigen::Index first = 0; first < m; first += 64) {
        const auto size = std::min<Eigen::Index>(64, m - first);
        estimates.noalias() = probes.middleRows(first, size) * tile.transpose();
        for (Eigen::Index i = 0; i < size; ++i) {
          sift(estimates.row(i), row, Q, first + i, found);
        }
      }
    }
    return found;
  }

  /// For each row of X its k nearest among the others. A row leaves its own
  /// list by its number: a duplicate of it is a neighbour, and may come first.
  /// Throws unless 1 <= k <= n - 1, and as query() does.
  Neighbors leave_one_out(Eigen::Index k) const {
    const Eigen::Index n = points.rows();
    require(k >= 1 && k < n, "leave_one_out: need 1 <= k <= n - 1, got k = ", k,
            ", n = ", n);
    const Neighbors all = query(points, k + 1);
    Neighbors others(n, k);
    others.measured = all.measured;
    for (Eigen::Index i = 0; i < n; ++i) {
      for (Eigen::Index j = 0; j <= k; ++j) {
        if (all.index(i, j) == i) continue;
        others.insert(i, all.index(i, j), all.squared_distance(i, j));
      }
    }
    return others;
  }

 private:
  void require_query(const MatrixRef& Q, Eigen::Index k) const {
    const Eigen::Index n = points.rows(), d = points.cols();
    require(k >= 1 && k <= n, "NearestNeighbors: need 1 <= k <= n, got k = ", k,
            ", n = ", n);
    require(Q.cols() == d, "NearestNeighbors: fitted on ", d,
            " columns, asked about ", Q.cols());
    require_finite(Q, "NearestNeighbors: Q");
    require(std::isfinite(slack((Q.rowwise() - origin).squaredNorm())),
            "NearestNeighbors: the squared distances overflow");
  }

  /// Rows (x - o, |x - o|^2, 1).
  Matrix lifted(const MatrixRef& rows) const {
    const Eigen::Index d = rows.cols();
    Matrix result = Matrix::Ones(rows.rows(), d + 2);
    result.leftCols(d) = rows.rowwise() - origin;
    result.col(d) = result.leftCols(d).rowwise().squaredNorm();
    return result;
  }

  /// Eq. (9), from |q - o|^2. Where squares underflow, errors are not relative:
  /// the smallest normal number covers them.
  double slack(double square) const {
    const double reach = radius + std::sqrt(square);
    return static_cast<double>(points.cols() + 4) *
               std::numeric_limits<double>::epsilon() * (2.0 * reach * reach) +
           std::numeric_limits<double>::min();
  }

  void measure(Eigen::Index row, const MatrixRef& Q, Eigen::Index i,
               Neighbors& found) const {
    found.insert(i, row, (points.row(row) - Q.row(i)).squaredNorm());
    ++found.measured;
  }

  /// Measures the rows first, first + 1, ... that Eq. (8) leaves to query i.
  /// Soon hardly any is: one vector minimum rules out 16 at a time.
  void sift(const Eigen::Ref<const Eigen::RowVectorXd>& estimates,
            Eigen::Index first, const MatrixRef& Q, Eigen::Index i,
            Neighbors& found) const {
    const double allowed = slack((Q.row(i) - origin).squaredNorm());
    const double& farthest = found.squared_distance(i, found.index.cols() - 1);
    for (Eigen::Index j = 0; j < estimates.size(); j += 16) {
      const auto group = std::min<Eigen::Index>(16, estimates.size() - j);
      if (estimates.segment(j, group).minCoeff() > farthest + allowed) continue;
      for (Eigen::Index l = j; l < j + group; ++l) {
        if (estimates(l) <= farthest + allowed) measure(first + l, Q, i, found);
      }
    }
  }
};

/// Throws unless there are k neighbours, each with one of n targets.
inline void require_targets(const Neighbors& found, Eigen::Index n,
                            Eigen::Index k) {
  require(k >= 1 && k <= found.index.cols(),
          "k-NN: need 1 <= k <= ", found.index.cols(), ", got k = ", k);
  require((found.index.array() < n).all(),
          "k-NN: a row was found that has none of the ", n, " targets");
}

/// The label of most of the first k neighbours, Eq. (2); of equally many votes,
/// the label that has the nearest of them. Labels are any integers.
inline Eigen::VectorXi majority(const Neighbors& found, std::span<const int> y,
                                Eigen::Index k) {
  require_targets(found, static_cast<Eigen::Index>(y.size()), k);
  Eigen::VectorXi labels(found.index.rows());
  for (Eigen::Index i = 0; i < labels.size(); ++i) {
    const auto label = [&](Eigen::Index j) {
      return y[static_cast<std::size_t>(found.index(i, j))];
    };
    std::map<int, int> votes;
    for (Eigen::Index j = 0; j < k; ++j) ++votes[label(j)];
    labels(i) = label(0);
    for (Eigen::Index j = 1; j < k; ++j) {
      if (votes[label(j)] > votes[labels(i)]) labels(i) = label(j);
    }
  }
  return labels;
}

/// The mean target of the first k neighbours, Eq. (3).
inline Vector mean_target(const Neighbors& found, const VectorRef& y,
                          Eigen::Index k) {
  require_targets(found, y.size(), k);
  require_finite(y, "mean_target: y");
  Vector means = Vector::Zero(found.index.rows());
  for (Eigen::Index j = 0; j < k; ++j) means += y(found.index.col(j));
  return means / static_cast<double>(k);
}

}  // namespace whiteboard::algorithms
