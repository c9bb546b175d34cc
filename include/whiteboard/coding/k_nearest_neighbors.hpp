// Question:    Implement k-nearest neighbours from scratch.
// Answer:      questions/coding/k_nearest_neighbors.md (equation numbers are its own)
// Method:      direct squared distances, partial sort, majority vote; for many
//              queries a matrix product that rules out most rows first
// Time:        O(n d + n log k) per query
// Memory:      O(n) per query; O(n d) for the centred copy of the batch form
// Numerics:    votes are cast on direct differences only; the product of the
//              batch form rounds, and its threshold allows for that, Eq. (5)
// References:  [1] Cover and Hart, Nearest neighbor pattern classification,
//                  IEEE Trans. Information Theory 13(1), 1967
// Symbols:     X  n x d  training rows
//              y  n      their labels, any integers
//              k         number of neighbours that vote
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <utility>
#include <vector>

namespace whiteboard::coding {

/// The label of most of the k rows of X (n x d) nearest to `query` (d). Rows
/// at equal distance are taken in the order of their index; equal votes go to
/// the class that owns the nearest of the tied neighbours.
/// Throws std::invalid_argument unless 1 <= k <= n, the sizes agree and every
/// squared distance is finite (so no NaN, no infinity, no overflow).
inline int knn_predict(const MatrixRef& X, const Eigen::VectorXi& y,
                       const VectorRef& query, Eigen::Index k) {
  require(k >= 1 && k <= X.rows(), "knn_predict: need 1 <= k <= n, got k = ", k,
          ", n = ", X.rows());
  require(y.size() == X.rows(), "knn_predict: ", X.rows(), " rows, but ",
          y.size(), " labels");
  require(query.size() == X.cols(), "knn_predict: rows have ", X.cols(),
          " columns, the query has ", query.size());
  // solution:begin
  std::vector<std::pair<double, Eigen::Index>> neighbours;
  neighbours.reserve(static_cast<std::size_t>(X.rows()));
  for (Eigen::Index i = 0; i < X.rows(); ++i) {
    const double squared = (X.row(i).transpose() - query).squaredNorm();
    require(std::isfinite(squared), "knn_predict: the squared distance to row ",
            i, " is ", squared);
    neighbours.emplace_back(squared, i);
  }
  // Pairs compare by distance, then by index: that is the rule for ties.
  std::partial_sort(neighbours.begin(), neighbours.begin() + k,
                    neighbours.end());
  neighbours.resize(static_cast<std::size_t>(k));

  std::map<int, int> votes;
  for (const auto& [squared, i] : neighbours) ++votes[y(i)];
  // Nearest first, and only more votes unseat: a tie stays with the nearest.
  int winner = y(neighbours.front().second);
  for (const auto& [squared, i] : neighbours) {
    if (votes[y(i)] > votes[winner]) winner = y(i);
  }
  return winner;
  // solution:end
}

/// Share of the rows that knn_predict() labels right from all other rows.
/// Throws unless 1 <= k <= n - 1, and as knn_predict() does.
inline double knn_leave_one_out(const MatrixRef& X, const Eigen::VectorXi& y,
                                Eigen::Index k) {
  const Eigen::Index n = X.rows();
  require(k >= 1 && k < n,
          "knn_leave_one_out: need 1 <= k <= n - 1, got k = ", k, ", n = ", n);
  require(y.size() == n, "knn_leave_one_out: ", n, " rows, but ", y.size(),
          " labels");
  Matrix others = X.bottomRows(n - 1);  // all rows but row i, in order
  Eigen::VectorXi labels = y.tail(n - 1);
  int correct = 0;
  for (Eigen::Index i = 0; i < n; ++i) {
    if (i > 0) {
      others.row(i - 1) = X.row(i - 1);
      labels(i - 1) = y(i - 1);
    }
    if (knn_predict(others, labels, X.row(i).transpose(), k) == y(i)) ++correct;
  }
  return correct / static_cast<double>(n);
}

/// The batch form rules out rows in groups of this many.
inline constexpr Eigen::Index kKnnGroup = 8;

/// The smallest score, Eq. (3), that each query has in each group of rows:
/// m x groups. Scores of 512 rows at a time stay in cache, and only these
/// minima are stored.
inline Matrix knn_group_minima(const MatrixRef& X, const MatrixRef& queries,
                               const Eigen::RowVectorXd& origin) {
  using Groups =
      Eigen::Matrix<double, Eigen::Dynamic, kKnnGroup, Eigen::RowMajor>;
  const Eigen::Index n = X.rows(), d = X.cols(), m = queries.rows();
  Matrix probes = Matrix::Ones(m, d + 1);  // (-q, 1)
  probes.leftCols(d) = (-queries).rowwise() + origin;
  Matrix tile(std::min<Eigen::Index>(512, n + kKnnGroup), d + 1);
  Matrix minima(m, (n + kKnnGroup - 1) / kKnnGroup), scores;
  for (Eigen::Index first = 0; first < n; first += 512) {
    const auto rows = std::min<Eigen::Index>(512, n - first);
    const Eigen::Index groups = (rows + kKnnGroup - 1) / kKnnGroup;
    const Eigen::Index padded = groups * kKnnGroup;
    tile.topLeftCorner(rows, d) = X.middleRows(first, rows).rowwise() - origin;
    tile.col(d) = 0.5 * tile.leftCols(d).rowwise().squaredNorm();
    // What fills up the last group copies its last row: the minimum stays.
    for (Eigen::Index i = rows; i < padded; ++i) tile.row(i) = tile.row(i - 1);
    scores.resize(m, padded);
    scores.noalias() = probes * tile.topRows(padded).transpose();
    for (Eigen::Index i = 0; i < m; ++i) {
      const Eigen::Map<const Groups> row(&scores(i, 0), groups, kKnnGroup);
      minima.row(i).segment(first / kKnnGroup, groups) =
          row.rowwise().minCoeff().transpose();
    }
  }
  return minima;
}

/// knn_predict() among the groups that can hold one of the k nearest rows:
/// k groups have a minimum up to the k-th smallest, so at least k rows score
/// no more than that, and `slack` covers what rounding may have changed.
inline int knn_predict_among(const MatrixRef& X, const Eigen::VectorXi& y,
                             const VectorRef& query, Eigen::Index k,
                             const Vector& minima, double slack) {
  double threshold = std::numeric_limits<double>::infinity();
  if (k <= minima.size()) {
    Vector sorted = minima;
    std::partial_sort(sorted.begin(), sorted.begin() + k, sorted.end());
    threshold = sorted(k - 1) + slack;  // Eq. (4)
  }
  const Eigen::Index kept = kKnnGroup * (minima.array() <= threshold).count();
  Matrix near(kept, X.cols());
  Eigen::VectorXi labels(kept);
  Eigen::Index count = 0;
  for (Eigen::Index g = 0; g < minima.size(); ++g) {
    if (minima(g) > threshold) continue;
    const Eigen::Index first = g * kKnnGroup;
    const auto rows = std::min<Eigen::Index>(kKnnGroup, X.rows() - first);
    near.middleRows(count, rows) = X.middleRows(first, rows);
    labels.segment(count, rows) = y.segment(first, rows);
    count += rows;
  }
  return knn_predict(near.topRows(count), labels.head(count), query, k);
}

/// knn_predict() for each row of `queries` (m x d): same labels, same rules.
/// One product scores all rows, with rounding; only those that could be among
/// the k nearest in spite of it are measured.
inline Eigen::VectorXi knn_predict_all(const MatrixRef& X,
                                       const Eigen::VectorXi& y,
                                       const MatrixRef& queries,
                                       Eigen::Index k) {
  const Eigen::Index n = X.rows(), m = queries.rows();
  require(k >= 1 && k <= n, "knn_predict_all: need 1 <= k <= n, got k = ", k,
          ", n = ", n);
  require(y.size() == n, "knn_predict_all: ", n, " rows, but ", y.size(),
          " labels");
  require(queries.cols() == X.cols(), "knn_predict_all: rows have ", X.cols(),
          " columns, queries have ", queries.cols());
  require_finite(X, "knn_predict_all: X");
  require_finite(queries, "knn_predict_all: queries");

  const Eigen::RowVectorXd origin = X.colwise().mean();
  const double radius =
      std::sqrt((X.rowwise() - origin).rowwise().squaredNorm().maxCoeff());
  Eigen::VectorXi labels(m);
  for (Eigen::Index first = 0; first < m; first += 128) {
    const auto rows = std::min<Eigen::Index>(128, m - first);
    const Matrix minima =
        knn_group_minima(X, queries.middleRows(first, rows), origin);
    for (Eigen::Index i = first; i < first + rows; ++i) {
      const double reach = radius + (queries.row(i) - origin).norm();
      const double slack = 2.0 * static_cast<double>(X.cols() + 4) * reach *
                           reach * std::numeric_limits<double>::epsilon();
      // Eq. (5); that it is finite means that no score can overflow.
      require(std::isfinite(slack),
              "knn_predict_all: the squared distances of query ", i,
              " overflow");
      labels(i) = knn_predict_among(X, y, queries.row(i).transpose(), k,
                                    minima.row(i - first), slack);
    }
  }
  return labels;
}

}  // namespace whiteboard::coding
