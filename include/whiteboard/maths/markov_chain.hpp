// Question:    What is a Markov chain's stationary distribution, and how does
//              PageRank use it?
// Answer:      questions/maths/markov_chain.md (equation numbers are its own)
// Method:      states eliminated one by one without a subtraction [1]; hitting
//              times by LU; PageRank by power iteration over the links [2]
// Time:        O(n^3) for stationary distribution and hitting times; O(n + E)
//              a step of PageRank with E links
// Memory:      O(n^2); O(n) for PageRank
// Numerics:    every stationary probability is right to about n roundings of
//              its own size, however small
// References:  [1] Grassmann, Taksar and Heyman, Regenerative analysis and
//                  steady state distributions for Markov chains, Operations
//                  Research 33(5), 1985
//              [2] Page, Brin, Motwani and Winograd, The PageRank citation
//                  ranking: bringing order to the web, Stanford, 1999
// Symbols:     P   n x n  P(i, j): probability of a step from i to j
//              pi  n      stationary distribution, a row vector on paper
//              h   n      expected steps until a target
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>
#include <Eigen/LU>

#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <string_view>
#include <vector>

namespace whiteboard::maths {

/// Throws std::invalid_argument unless P is square, has a state, and every row
/// is a distribution: entries >= 0 that sum to 1 within 1e-9.
inline void require_transitions(const MatrixRef& P, std::string_view name) {
  require(P.rows() > 0 && P.rows() == P.cols(), name, ": need a square P, got ",
          P.rows(), " x ", P.cols());
  require_finite(P, name);
  for (Eigen::Index i = 0; i < P.rows(); ++i) {
    require(P.row(i).minCoeff() >= 0.0, name, ": row ", i,
            " has a negative entry");
    require(std::abs(P.row(i).sum() - 1.0) <= 1e-9, name, ": row ", i,
            " sums to ", P.row(i).sum(), ", not to 1");
  }
}

/// Number of steps on the shortest way from any of `states` to each state,
/// along positive entries of A; -1 where there is none.
inline Eigen::VectorXi steps_from(std::vector<Eigen::Index> states,
                                  const MatrixRef& A) {
  Eigen::VectorXi steps = Eigen::VectorXi::Constant(A.rows(), -1);
  for (const Eigen::Index i : states) steps(i) = 0;
  for (std::size_t next = 0; next < states.size(); ++next) {
    const Eigen::Index i = states[next];
    for (Eigen::Index j = 0; j < A.cols(); ++j) {
      if (A(i, j) == 0.0 || steps(j) >= 0) continue;
      steps(j) = steps(i) + 1;
      states.push_back(j);
    }
  }
  return steps;
}

/// Can the chain get from every state to every other? Throws as
/// require_transitions() does.
inline bool is_irreducible(const MatrixRef& P) {
  require_transitions(P, "is_irreducible");
  return steps_from({0}, P).minCoeff() >= 0 &&
         steps_from({0}, P.transpose()).minCoeff() >= 0;
}

/// Greatest common divisor of the lengths of all ways from `state` back to it;
/// 0 if there is none. Throws unless the state exists, and as
/// require_transitions() does.
inline int period(const MatrixRef& P, Eigen::Index state) {
  require_transitions(P, "period");
  require(state >= 0 && state < P.rows(), "period: no state ", state);
  const Eigen::VectorXi there = steps_from({state}, P);
  const Eigen::VectorXi back = steps_from({state}, P.transpose());
  int divisor = 0;
  for (Eigen::Index i = 0; i < P.rows(); ++i) {
    for (Eigen::Index j = 0; j < P.cols(); ++j) {
      if (P(i, j) == 0.0 || there(i) < 0 || back(j) < 0) continue;
      // A way to j over i, and the shortest one: both lead back from there.
      divisor = std::gcd(divisor, there(i) + 1 - there(j));
    }
  }
  return divisor;
}

/// The distribution after the given number of steps from p0, Eq. (1). Throws
/// unless p0 has n finite entries, steps >= 0, and as require_transitions().
inline Vector evolve(const VectorRef& p0, const MatrixRef& P, int steps) {
  require_transitions(P, "evolve");
  require(p0.size() == P.rows() && steps >= 0, "evolve: got ", p0.size(),
          " probabilities for ", P.rows(), " states, steps = ", steps);
  require_finite(p0, "evolve: p0");
  Vector p = p0;
  for (int t = 0; t < steps; ++t) p = P.transpose() * p;
  return p;
}

/// pi P = pi with sum 1 as the equations stand, one of them replaced by the
/// sum: the yardstick for stationary_distribution().
inline Vector stationary_reference(const MatrixRef& P) {
  require(is_irreducible(P), "stationary_distribution: P is reducible");
  Matrix A = P.transpose() - Matrix::Identity(P.rows(), P.rows());
  A.bottomRows(1).setOnes();
  Vector b = Vector::Zero(P.rows());
  b(P.rows() - 1) = 1.0;
  return A.partialPivLu().solve(b);
}

/// The stationary distribution of an irreducible chain [1], Eqs. (2) and (3):
/// states leave one by one, from the last, and what passed through them is led
/// past them. Only sums, products and quotients of numbers >= 0, and no
/// diagonal of P: nothing cancels. Throws if P is reducible, and as
/// require_transitions() does.
inline Vector stationary_distribution(const MatrixRef& P) {
  require(is_irreducible(P), "stationary_distribution: P is reducible");
  Matrix A = P;
  for (Eigen::Index k = A.rows() - 1; k > 0; --k) {
    // Rate into k over rate out of it: 1 - A(k, k), without the subtraction.
    A.col(k).head(k) /= A.row(k).head(k).sum();
    A.topLeftCorner(k, k) += A.col(k).head(k) * A.row(k).head(k);
  }
  Vector pi = Vector::Ones(A.rows());
  for (Eigen::Index k = 1; k < A.rows(); ++k) {
    pi(k) = pi.head(k).dot(A.col(k).head(k));
  }
  return pi / pi.sum();
}

/// Expected number of steps from each state until one of `targets`, Eq. (4):
/// 0 there, and +inf where the targets may be missed for ever. Throws unless
/// the targets exist, and as require_transitions() does.
inline Vector hitting_times(const MatrixRef& P,
                            const std::vector<Eigen::Index>& targets) {
  require_transitions(P, "hitting_times");
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Matrix Q = P;  // without the steps that follow a hit
  Vector h = Vector::Constant(P.rows(), infinity);
  for (const Eigen::Index target : targets) {
    require(target >= 0 && target < P.rows(), "hitting_times: no state ",
            target);
    Q.row(target).setZero();
    h(target) = 0.0;
  }
  const Eigen::VectorXi home = steps_from(targets, Q.transpose());
  std::vector<Eigen::Index> lost, inner;
  for (Eigen::Index i = 0; i < P.rows(); ++i) {
    if (home(i) < 0) lost.push_back(i);
  }
  const Eigen::VectorXi astray = steps_from(lost, Q.transpose());
  for (Eigen::Index i = 0; i < P.rows(); ++i) {
    if (home(i) > 0 && astray(i) < 0) inner.push_back(i);
  }
  if (inner.empty()) return h;
  const auto m = static_cast<Eigen::Index>(inner.size());
  const Matrix A = Matrix::Identity(m, m) - Q(inner, inner);
  const Vector steps = A.partialPivLu().solve(Vector::Ones(m));
  h(inner) = steps;
  return h;
}

struct PageRankOptions {
  double damping = 0.85;      ///< probability of following a link
  double tolerance = 1e-10;   ///< of the sum of all errors
  int max_iterations = 1000;  ///< steps before it gives up
  Vector teleport = {};       ///< where to go otherwise; empty: anywhere
};

struct PageRank {
  Vector ranks;
  double error = 0.0;  ///< bound on the sum of errors; above tolerance: gave up
  int iterations = 0;
};

/// One step of the surfer, Eq. (5): unchecked. From a page without links she
/// teleports, always.
inline Vector pagerank_step(const std::vector<std::vector<int>>& links,
                            double damping, const Vector& teleport,
                            const Vector& ranks) {
  Vector next = Vector::Zero(ranks.size());
  double dangling = 0.0;
  for (Eigen::Index i = 0; i < ranks.size(); ++i) {
    const std::vector<int>& page = links[static_cast<std::size_t>(i)];
    if (page.empty()) {
      dangling += ranks(i);
      continue;
    }
    const double share = ranks(i) / static_cast<double>(page.size());
    for (const int to : page) next(to) += share;
  }
  return damping * next + (damping * dangling + 1.0 - damping) * teleport;
}

/// PageRank of pages whose links are lists of pages. Throws unless there is a
/// page, links lead to pages, 0 <= damping < 1, tolerance > 0, max_iterations
/// >= 1, and `teleport` is empty or has a probability for each page.
inline PageRank pagerank(const std::vector<std::vector<int>>& links,
                         const PageRankOptions& options = {}) {
  const auto n = static_cast<Eigen::Index>(links.size());
  const double d = options.damping;
  require(n > 0, "pagerank: need a page");
  require(d >= 0.0 && d < 1.0, "pagerank: need 0 <= damping < 1, got ", d);
  require(options.tolerance > 0.0 && options.max_iterations >= 1,
          "pagerank: need tolerance > 0 and max_iterations >= 1, got ",
          options.tolerance, " and ", options.max_iterations);
  for (const std::vector<int>& page : links) {
    for (const int to : page) {
      require(to >= 0 && to < n, "pagerank: no page ", to);
    }
  }
  const Vector teleport =
      options.teleport.size() > 0
          ? options.teleport
          : Vector::Constant(n, 1.0 / static_cast<double>(n));
  require(teleport.size() == n && teleport.minCoeff() >= 0.0 &&
              std::abs(teleport.sum() - 1.0) <= 1e-9,
          "pagerank: teleport is no distribution over ", n, " pages");

  PageRank result{teleport, 0.0, 0};
  do {
    const Vector next = pagerank_step(links, d, teleport, result.ranks);
    // A step shrinks the error by d: what is left is a geometric series.
    result.error = d / (1.0 - d) * (next - result.ranks).lpNorm<1>();
    result.ranks = next;
    ++result.iterations;
  } while (result.error > options.tolerance &&
           result.iterations < options.max_iterations);
  return result;
}

}  // namespace whiteboard::maths
