// Question:    Why does seeding decide k-means, and what does k-means++
//              guarantee?
// Answer:      questions/algorithms/k_means_plus_plus.md (equation numbers are
//              its own)
// Method:      D^2 sampling [1], greedy over several candidates on request
// Time:        O(n k d) per candidate; the reference O(n k^2 d)
// Memory:      O(n) per candidate
// Numerics:    distances are differences of coordinates, never the expanded
//              square: a weight is zero exactly where a seed already stands
// References:  [1] Arthur and Vassilvitskii, k-means++: the advantages of
//                  careful seeding, SODA 2007
//              [2] Gonzalez, Clustering to minimize the maximum intercluster
//                  distance, Theoretical Computer Science 38, 1985
// Symbols:     X  n x d  samples, one per row
//              k         number of seeds; a seed is a row number of X
//              D         distance to the nearest seed so far, Eq. (1)
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace whiteboard::algorithms {

/// Row numbers of the chosen samples, in the order of their choice.
using Seeds = std::vector<Eigen::Index>;

struct SeedingOptions {
  Eigen::Index k = 2;
  int candidates = 1;  ///< draws for every seed after the first; the best stays
};

/// The seeds as starting centroids, k x d.
inline Matrix seed_points(const MatrixRef& X, const Seeds& seeds) {
  Matrix C(static_cast<Eigen::Index>(seeds.size()), X.cols());
  Eigen::Index row = 0;
  for (const Eigen::Index seed : seeds) C.row(row++) = X.row(seed);
  return C;
}

/// D(x)^2 of every sample, Eq. (1), from all seeds.
inline Vector squared_distances_to(const MatrixRef& X, const Seeds& seeds) {
  Vector squares =
      Vector::Constant(X.rows(), std::numeric_limits<double>::infinity());
  for (Eigen::Index i = 0; i < X.rows(); ++i) {
    for (const Eigen::Index seed : seeds) {
      squares(i) = std::min(squares(i), (X.row(i) - X.row(seed)).squaredNorm());
    }
  }
  return squares;
}

/// Eq. (2): what the inertia of k-means would be before its first step.
inline double potential(const MatrixRef& X, const Seeds& seeds) {
  return squared_distances_to(X, seeds).sum();
}

inline void check_seeding(const std::string& caller, const MatrixRef& X,
                          const SeedingOptions& options) {
  require(options.k >= 1 && options.k <= X.rows(), caller,
          ": need 1 <= k <= n, got k = ", options.k, ", n = ", X.rows());
  require(options.candidates >= 1, caller, ": need candidates >= 1, got ",
          options.candidates);
  require_finite(X, caller + ": X");
}

/// Candidates for the next seed, each with probability D^2 / sum D^2, Eq. (3).
/// Throws when every sample coincides with a seed already.
template <BitEngine Rng>
Seeds draw_candidates(const Vector& squares, const SeedingOptions& options,
                      std::size_t seeds_so_far, Rng& rng) {
  require(squares.maxCoeff() > 0.0, "k_means_plus_plus: k = ", options.k,
          " seeds asked for, but only ", seeds_so_far, " distinct samples");
  Seeds drawn;
  for (int c = 0; c < options.candidates; ++c) {
    drawn.push_back(weighted_index(squares, rng));
  }
  return drawn;
}

/// k-means++ by its definition: all distances again for every seed. The
/// yardstick for k_means_plus_plus(), with the same draws and the same seeds.
template <BitEngine Rng>
Seeds k_means_plus_plus_reference(const MatrixRef& X,
                                  const SeedingOptions& options, Rng& rng) {
  check_seeding("k_means_plus_plus_reference", X, options);
  Seeds seeds{uniform_index(X.rows(), rng)};
  while (static_cast<Eigen::Index>(seeds.size()) < options.k) {
    const Seeds drawn = draw_candidates(squared_distances_to(X, seeds), options,
                                        seeds.size(), rng);
    Seeds best;
    double least = std::numeric_limits<double>::infinity();
    for (const Eigen::Index candidate : drawn) {
      Seeds extended = seeds;
      extended.push_back(candidate);
      const double left = drawn.size() > 1 ? potential(X, extended) : 0.0;
      if (left < least) {
        least = left;
        best = extended;
      }
    }
    seeds = best;
  }
  return seeds;
}

/// D^2 as it becomes with each candidate in turn, Eq. (5); candidates x n. All
/// of them in one pass, so that every sample is fetched from memory once.
inline Matrix squares_with_each(const MatrixRef& X, const Vector& squares,
                                const Seeds& candidates) {
  const Matrix C = seed_points(X, candidates);
  Matrix updated(C.rows(), X.rows());
  for (Eigen::Index i = 0; i < X.rows(); ++i) {
    for (Eigen::Index c = 0; c < C.rows(); ++c) {
      updated(c, i) = std::min(squares(i), (X.row(i) - C.row(c)).squaredNorm());
    }
  }
  return updated;
}

/// k-means++ seeding [1]: the first seed is drawn uniformly, each further one
/// by Eq. (3); of several candidates, the one that leaves the least potential.
/// Throws std::invalid_argument unless X is finite, candidates >= 1 and
/// 1 <= k <= the number of distinct samples.
///
///     const Matrix C = seed_points(X, k_means_plus_plus(X, {.k = 3}, rng));
template <BitEngine Rng>
Seeds k_means_plus_plus(const MatrixRef& X, const SeedingOptions& options,
                        Rng& rng) {
  check_seeding("k_means_plus_plus", X, options);
  Seeds seeds{uniform_index(X.rows(), rng)};
  Vector squares = squared_distances_to(X, seeds);
  while (static_cast<Eigen::Index>(seeds.size()) < options.k) {
    const Seeds drawn = draw_candidates(squares, options, seeds.size(), rng);
    const Matrix updated = squares_with_each(X, squares, drawn);
    Eigen::Index best = 0;
    updated.rowwise().sum().minCoeff(&best);
    seeds.push_back(drawn[static_cast<std::size_t>(best)]);
    squares = updated.row(best);
  }
  return seeds;
}

/// k different rows out of n, every set of k equally likely.
/// Throws std::invalid_argument unless 1 <= k <= n.
template <BitEngine Rng>
Seeds random_seeds(Eigen::Index n, Eigen::Index k, Rng& rng) {
  require(k >= 1 && k <= n, "random_seeds: need 1 <= k <= n, got k = ", k,
          ", n = ", n);
  const std::vector<std::ptrdiff_t> order = permutation(n, rng);
  return Seeds(order.begin(), order.begin() + k);
}

/// Farthest-first traversal [2]: from row `first`, always the sample with the
/// largest D. Throws std::invalid_argument unless 1 <= k <= n, 0 <= first < n
/// and X is finite.
inline Seeds farthest_first(const MatrixRef& X, Eigen::Index k,
                            Eigen::Index first) {
  check_seeding("farthest_first", X, {.k = k});
  require(first >= 0 && first < X.rows(),
          "farthest_first: need 0 <= first < n, got first = ", first,
          ", n = ", X.rows());
  Seeds seeds{first};
  Vector squares = squared_distances_to(X, seeds);
  while (static_cast<Eigen::Index>(seeds.size()) < k) {
    Eigen::Index farthest = 0;
    squares.maxCoeff(&farthest);
    seeds.push_back(farthest);
    squares = squares_with_each(X, squares, {farthest}).row(0);
  }
  return seeds;
}

}  // namespace whiteboard::algorithms
