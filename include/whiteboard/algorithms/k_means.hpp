// Question:    How does k-means work, why does it stop, and where does it fail?
// Answer:      questions/algorithms/k_means.md (equation numbers are its own)
// Method:      Lloyd's alternation [1] from k-means++ seeds; variants [2], [3]
// Time:        O(n k d) per iteration
// Numerics:    assign() expands the square, so it centres the centroids first
// References:  [1] Lloyd, Least squares quantization in PCM, IEEE Transactions
//                  on Information Theory 28(2), 1982
//              [2] Hamerly, Making k-means even faster, SDM 2010
//              [3] Sculley, Web-scale k-means clustering, WWW 2010
// Symbols:     X  n x d  samples, one per row
//              C  k x d  centroids, one per row
//              J         the objective, Eq. (1), also called inertia
#pragma once

#include <whiteboard/algorithms/k_means_plus_plus.hpp>
#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace whiteboard::algorithms {

/// The nearest centroid of every sample. The steps that make and use it trust
/// their arguments; the algorithms below check them.
struct Assignment {
  Eigen::VectorXi labels;      ///< n, each in [0, k)
  Vector squared_distances;    ///< n, to the nearest centroid
  std::int64_t distances = 0;  ///< distances evaluated to find them
  double inertia() const { return squared_distances.sum(); }  // Eq. (1)
};

/// Assignment step, Eq. (2), as it stands. The yardstick for assign().
inline Assignment assign_reference(const MatrixRef& X, const MatrixRef& C) {
  const Eigen::Index n = X.rows(), k = C.rows();
  Assignment a{Eigen::VectorXi::Zero(n), Vector(n), n * k};
  for (Eigen::Index i = 0; i < n; ++i) {
    double smallest = std::numeric_limits<double>::infinity();
    for (Eigen::Index j = 0; j < k; ++j) {
      const double square = (X.row(i) - C.row(j)).squaredNorm();
      if (square < smallest) {
        smallest = square;
        a.labels(i) = static_cast<int>(j);
      }
    }
    a.squared_distances(i) = smallest;
  }
  return a;
}

/// For each column i the row j with the least offsets(j) - products(j, i). Two
/// selects of equal width (hence row numbers as doubles) and no branch, so that
/// compilers vectorise the sweep along a row.
inline Vector smallest_in_columns(const MatrixRef& products,
                                  const Vector& offsets) {
  const Eigen::Index columns = products.cols();
  Vector smallest =
      Vector::Constant(columns, std::numeric_limits<double>::infinity());
  Vector rows = Vector::Zero(columns);
  for (Eigen::Index j = 0; j < products.rows(); ++j) {
    const double offset = offsets(j), row = static_cast<double>(j);
    const double* product = products.row(j).data();
    for (Eigen::Index i = 0; i < columns; ++i) {
      const double score = offset - product[i];
      rows(i) = score < smallest(i) ? row : rows(i);
      smallest(i) = std::min(smallest(i), score);
    }
  }
  return rows;
}

/// Assignment step by a matrix product, Eq. (5), a block of samples at a time.
/// Far from the origin the large terms of Eq. (5) cancel. Centring C alone is
/// enough: what is left is about what one further rounding of X would do.
inline Assignment assign(const MatrixRef& X, const MatrixRef& C) {
  const Eigen::Index n = X.rows(), k = C.rows();
  const Eigen::RowVectorXd origin = C.colwise().mean();
  const Matrix centred = C.rowwise() - origin;
  const Vector offsets =
      0.5 * centred.rowwise().squaredNorm() + centred * origin.transpose();

  // Half a megabyte for the samples and products of a block: they stay in L2.
  const Eigen::Index block =
      std::min(n, std::max<Eigen::Index>(64, 65'536 / (k + X.cols())));
  Matrix products(k, block);
  Assignment a{Eigen::VectorXi(n), Vector(n), n * k};
  for (Eigen::Index first = 0; first < n; first += block) {
    const Eigen::Index rows = std::min(block, n - first);
    products.leftCols(rows).noalias() =
        centred * X.middleRows(first, rows).transpose();
    a.labels.segment(first, rows) =
        smallest_in_columns(products.leftCols(rows), offsets).cast<int>();
    for (Eigen::Index i = first; i < first + rows; ++i) {
      a.squared_distances(i) = (X.row(i) - C.row(a.labels(i))).squaredNorm();
    }
  }
  return a;
}

/// Update step, Eq. (3): each centroid becomes the mean of its cluster. An
/// empty one restarts at the sample worst served: J cannot rise, as the others
/// are where Eq. (3) puts them and one centroid more is only a choice.
inline Matrix update_centroids(const MatrixRef& X, const Assignment& a,
                               Eigen::Index k) {
  Matrix C = Matrix::Zero(k, X.cols());
  Vector counts = Vector::Zero(k);
  for (Eigen::Index i = 0; i < X.rows(); ++i) {
    C.row(a.labels(i)) += X.row(i);
    counts(a.labels(i)) += 1.0;
  }
  Vector errors = a.squared_distances;
  for (Eigen::Index j = 0; j < k; ++j) {
    if (counts(j) > 0.0) {
      C.row(j) /= counts(j);
    } else {
      Eigen::Index worst = 0;
      errors.maxCoeff(&worst);
      C.row(j) = X.row(worst);
      errors(worst) = 0.0;  // the next empty cluster takes another sample
    }
  }
  return C;
}

/// All fields describe the same state, converged or not.
struct KMeansResult {
  Matrix centroids;              ///< k x d
  Eigen::VectorXi labels;        ///< n, index of the nearest centroid
  std::vector<double> inertias;  ///< J at the start and after each iteration
  std::int64_t distances = 0;    ///< sample to centroid, evaluated in all
  bool converged = false;        ///< the last iteration changed no label
};

/// Eq. (2), found by `step`, and Eq. (3) in turn until no label changes.
template <class Step>
KMeansResult alternate(const std::string& caller, const MatrixRef& X, Matrix C,
                       int max_iterations, Step step) {
  const Eigen::Index n = X.rows(), k = C.rows();
  require(k >= 1 && k <= n, caller, ": need 1 <= k <= n, got k = ", k,
          ", n = ", n);
  require(C.cols() == X.cols(), caller, ": samples have ", X.cols(),
          " columns, centroids ", C.cols());
  require_finite(X, caller + ": X");
  require_finite(C, caller + ": C");

  KMeansResult result{std::move(C), Eigen::VectorXi::Constant(n, -1), {}};
  for (int t = 0;; ++t) {
    const Assignment a = step(X, result.centroids);
    result.inertias.push_back(a.inertia());
    result.distances += a.distances;
    result.converged = a.labels == result.labels;
    result.labels = a.labels;
    if (result.converged || t >= max_iterations) return result;
    result.centroids = update_centroids(X, a, k);
  }
}

/// Lloyd's algorithm [1] from the given centroids. Throws std::invalid_argument
/// unless 1 <= k <= n, the numbers of columns agree and all input is finite.
inline KMeansResult lloyd(const MatrixRef& X, Matrix C, int max_iterations) {
  return alternate("lloyd", X, std::move(C), max_iterations, assign);
}

/// Lloyd's algorithm, iteration by iteration, with all k distances of a sample
/// only where Hamerly's bound [2], Eq. (6), leaves its label in doubt.
inline KMeansResult hamerly(const MatrixRef& X, const MatrixRef& start,
                            int max_iterations) {
  Matrix previous = start;
  Assignment last{Eigen::VectorXi::Zero(X.rows()), Vector::Zero(X.rows())};
  Vector others = Vector::Zero(X.rows());  // no other centroid is nearer
  Vector squares(start.rows());
  const auto step = [&](const MatrixRef&, const Matrix& C) {
    const double drift = (C - previous).rowwise().norm().maxCoeff();
    previous = C;
    last.distances = X.rows();
    for (Eigen::Index i = 0; i < X.rows(); ++i) {
      double& square = last.squared_distances(i);
      square = (X.row(i) - C.row(last.labels(i))).squaredNorm();
      others(i) -= drift;
      if (std::sqrt(square) < others(i)) continue;
      for (Eigen::Index j = 0; j < C.rows(); ++j) {
        squares(j) = (X.row(i) - C.row(j)).squaredNorm();
      }
      last.distances += C.rows();
      square = squares.minCoeff(&last.labels(i));
      squares(last.labels(i)) = std::numeric_limits<double>::infinity();
      others(i) = std::sqrt(squares.minCoeff());
    }
    return last;
  };
  return alternate("hamerly", X, start, max_iterations, step);
}

struct KMeansOptions {
  Eigen::Index k = 2;
  int restarts = 10;         ///< seedings, of which the best run is returned
  int max_iterations = 300;  ///< per run
};

/// k-means++ seeding followed by Lloyd's algorithm, the best of several runs.
/// Throws std::invalid_argument unless X is finite, restarts >= 1 and
/// 1 <= k <= the number of distinct samples.
///
///     std::mt19937_64 rng(42);
///     const KMeansResult result = k_means(X, {.k = 3}, rng);
template <BitEngine Rng>
KMeansResult k_means(const MatrixRef& X, const KMeansOptions& options,
                     Rng& rng) {
  const auto [k, restarts, max_iterations] = options;
  require(k >= 1 && k <= X.rows(), "k_means: need 1 <= k <= n, got k = ", k,
          ", n = ", X.rows());
  require(restarts >= 1, "k_means: need restarts >= 1, got ", restarts);
  KMeansResult best;
  for (int r = 0; r < restarts; ++r) {
    const Seeds seeds = k_means_plus_plus(X, {.k = k}, rng);
    KMeansResult run = lloyd(X, seed_points(X, seeds), max_iterations);
    const bool better = r == 0 || run.inertias.back() < best.inertias.back();
    if (better) best = std::move(run);
  }
  return best;
}

/// Mini-batch k-means [3], for samples that come in pieces.
struct MiniBatchKMeans {
  Matrix centroids;                                ///< k x d
  Vector counts = Vector::Zero(centroids.rows());  ///< k, samples given to each

  /// Assigns the whole batch, then updates the running means, Eq. (7).
  void partial_fit(const MatrixRef& batch) {
    require(batch.cols() == centroids.cols(), "partial_fit: samples have ",
            batch.cols(), " columns, centroids ", centroids.cols());
    require_finite(batch, "partial_fit: batch");
    const Assignment a = assign(batch, centroids);
    for (Eigen::Index i = 0; i < batch.rows(); ++i) {
      const int j = a.labels(i);
      counts(j) += 1.0;
      centroids.row(j) += (batch.row(i) - centroids.row(j)) / counts(j);
    }
  }
};

}  // namespace whiteboard::algorithms
