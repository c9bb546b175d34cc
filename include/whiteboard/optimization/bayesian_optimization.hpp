// Question:    Explain Bayesian optimisation. What is an acquisition function?
// Answer:      questions/optimization/bayesian_optimization.md (equation numbers
//              are its own)
// Method:      expected improvement [1] under a Gaussian process, largest of
//              random candidates
// Time:        O(n^2) per evaluation for the model and O(n^2) per candidate
// Memory:      O(n^2), and n numbers per candidate
// Numerics:    works on standardised values, with a jitter on the diagonal of K
// References:  [1] Jones, Schonlau, Welch, Efficient global optimization of
//                  expensive black-box functions, J. Global Optimization 13,
//                  1998
// Symbols:     X      n x d  evaluated points, one per row, in the unit cube
//              y      n      their values, to be minimised
//              mu, sigma     mean and deviation of f at a candidate
//              b             smallest value observed so far
#pragma once

#include <whiteboard/algorithms/gaussian_process.hpp>
#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>
#include <whiteboard/maths/cholesky_decomposition.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace whiteboard::optimization {

inline double normal_density(double z) {
  return std::exp(-0.5 * z * z) / std::sqrt(2.0 * std::numbers::pi);
}

inline double normal_probability(double z) {
  return 0.5 * std::erfc(-z / std::numbers::sqrt2);
}

/// Throws unless sigma >= 0 and nothing is NaN or infinite.
inline void require_prediction(double mu, double sigma, double other) {
  require(sigma >= 0.0 && std::isfinite(mu + sigma + other),
          "acquisition: need finite numbers and sigma >= 0, got mu = ", mu,
          ", sigma = ", sigma, " and ", other);
}

/// E max(b - f, 0) for f ~ N(mu, sigma^2), Eq. (2): by how much a point is
/// expected to beat b.
inline double expected_improvement(double mu, double sigma, double b) {
  require_prediction(mu, sigma, b);
  if (sigma == 0.0) return std::max(b - mu, 0.0);
  const double z = (b - mu) / sigma;
  // Far below 0 both terms cancel: the truth is positive, rounding may not be.
  return std::max((b - mu) * normal_probability(z) + sigma * normal_density(z),
                  0.0);
}

/// P(f < b), Eq. (3): how likely a point is to beat b, by however little.
inline double probability_of_improvement(double mu, double sigma, double b) {
  require_prediction(mu, sigma, b);
  if (sigma == 0.0) return mu < b ? 1.0 : 0.0;
  return normal_probability((b - mu) / sigma);
}

/// mu - kappa sigma, Eq. (4): how low f may well be. To be minimised.
inline double lower_confidence_bound(double mu, double sigma, double kappa) {
  require_prediction(mu, sigma, kappa);
  return mu - kappa * sigma;
}

enum class Acquisition {
  expected_improvement,
  probability_of_improvement,
  lower_confidence_bound,
};

struct BayesOptOptions {
  Acquisition acquisition = Acquisition::expected_improvement;
  double kappa = 2.0;             ///< of the lower confidence bound
  algorithms::Rbf kernel{0.2};    ///< lengths in units of the box's sides
  double noise = 1e-10;           ///< variance, for standardised values
  int evaluations = 30;           ///< in all, those at the start included
  Eigen::Index candidates = 500;  ///< compared for each proposal
  double tolerance = 1e-5;  ///< least expected improvement worth a try, in
                            ///< standard deviations of y
};

/// The candidate to evaluate next.
struct Proposal {
  Eigen::Index candidate = 0;
  double score = 0.0;  ///< of the acquisition, larger is better
};

/// The best of the candidates (m x d, m >= 1). The value to beat is the best
/// observation, not a prediction.
inline Proposal propose(const algorithms::GaussianProcess<>& gp,
                        const MatrixRef& candidates,
                        const BayesOptOptions& options) {
  require(candidates.rows() >= 1, "propose: no candidates");
  const algorithms::GaussianPrediction f = gp.predict(candidates);
  const double b = gp.y.minCoeff();
  Vector scores(candidates.rows());
  for (Eigen::Index i = 0; i < scores.size(); ++i) {
    const double mu = f.mean(i), sigma = std::sqrt(f.variance(i));
    switch (options.acquisition) {
      case Acquisition::expected_improvement:
        scores(i) = expected_improvement(mu, sigma, b);
        break;
      case Acquisition::probability_of_improvement:
        scores(i) = probability_of_improvement(mu, sigma, b);
        break;
      case Acquisition::lower_confidence_bound:
        scores(i) = -lower_confidence_bound(mu, sigma, options.kappa);
    }
  }
  Proposal best;
  best.score = scores.maxCoeff(&best.candidate);
  return best;
}

/// The process for other values at the same inputs: K does not depend on y, so
/// its factor stays.
inline algorithms::GaussianProcess<> with_values(
    algorithms::GaussianProcess<> gp, const VectorRef& values) {
  gp.alpha =
      maths::cholesky_solve(gp.L, values.array() - gp.options.prior_mean);
  gp.y = values;
  return gp;
}

/// Mean 0 and variance 1, as the kernel assumes; all zeros for equal values.
inline Vector standardised(const VectorRef& y) {
  const Vector centred = y.array() - y.mean();
  const double deviation =
      std::sqrt(centred.squaredNorm() / static_cast<double>(y.size()));
  return centred / (deviation > 0.0 ? deviation : 1.0);
}

/// Points of the unit cube, half of them anywhere and half around `centre`, at
/// distances of 10^-4 to 1: one cannot refine an optimum by points that are
/// anywhere.
template <BitEngine Rng>
Matrix draw_candidates(const VectorRef& centre, Eigen::Index count, Rng& rng) {
  Matrix points(count, centre.size());
  for (Eigen::Index i = 0; i < count; ++i) {
    const double reach = std::pow(10.0, uniform(-4.0, 0.0, rng));
    for (Eigen::Index j = 0; j < centre.size(); ++j) {
      points(i, j) =
          i % 2 == 0 ? uniform(rng)
                     : std::clamp(centre(j) + reach * normal(rng), 0.0, 1.0);
    }
  }
  return points;
}

/// Where to look: low(j) <= x(j) <= high(j).
struct Box {
  Vector low, high;

  /// A point of the unit cube as one of the box.
  Vector from_unit(const VectorRef& u) const {
    return low.array() + u.array() * (high - low).array();
  }
};

struct BayesOptResult {
  Matrix points;           ///< n x d, in the order of evaluation
  Vector values;           ///< n
  Eigen::Index best = 0;   ///< row of the smallest value
  bool converged = false;  ///< no candidate promised more than the tolerance
};

/// Throws unless the box has an inside, there are at least two starts, in the
/// unit cube, and the options make sense.
inline void require_bayes_opt(const Box& box, const MatrixRef& starts,
                              const BayesOptOptions& options) {
  require(box.low.size() >= 1 && box.low.size() == box.high.size() &&
              (box.low.array() < box.high.array()).all() &&
              (box.high - box.low).array().isFinite().all(),
          "bayes_opt: need low < high for each of at least one side");
  require(starts.rows() >= 2 && starts.cols() == box.low.size(),
          "bayes_opt: need at least 2 starts with ", box.low.size(),
          " columns, got ", starts.rows(), " x ", starts.cols());
  require((starts.array() >= 0.0 && starts.array() <= 1.0).all(),
          "bayes_opt: starts must lie in the unit cube");
  require(options.candidates >= 1 && options.tolerance >= 0.0,
          "bayes_opt: need candidates >= 1 and tolerance >= 0, got ",
          options.candidates, " and ", options.tolerance);
}

/// Minimises f over the box: fit, propose, evaluate, Eq. (1). Starts are rows
/// of the unit cube. A value that is NaN or infinite is refused.
///
///     const auto run = bayes_opt(f, {low, high}, starts, {}, rng);
template <class Function, BitEngine Rng>
BayesOptResult bayes_opt(const Function& f, const Box& box,
                         const MatrixRef& starts,
                         const BayesOptOptions& options, Rng& rng) {
  require_bayes_opt(box, starts, options);
  const auto value_at = [&](const Vector& u) -> double {
    return f(box.from_unit(u));
  };
  Vector y(starts.rows());
  for (Eigen::Index i = 0; i < y.size(); ++i) y(i) = value_at(starts.row(i));
  auto gp = algorithms::GaussianProcess<>::fit(starts, y, options.kernel,
                                               {.noise = options.noise});
  BayesOptResult run;
  while (gp.y.size() < options.evaluations) {
    gp.y.minCoeff(&run.best);
    const Matrix candidates = draw_candidates(gp.X.row(run.best).transpose(),
                                              options.candidates, rng);
    const Proposal next =
        propose(with_values(gp, standardised(gp.y)), candidates, options);
    run.converged = options.acquisition == Acquisition::expected_improvement &&
                    next.score < options.tolerance;
    if (run.converged) break;
    const Vector u = candidates.row(next.candidate);
    gp = gp.with(u, value_at(u));
  }
  run.points.resize(gp.X.rows(), gp.X.cols());
  for (Eigen::Index i = 0; i < gp.X.rows(); ++i) {
    run.points.row(i) = box.from_unit(gp.X.row(i).transpose()).transpose();
  }
  run.values = gp.y;
  run.values.minCoeff(&run.best);
  return run;
}

}  // namespace whiteboard::optimization
