// Verifies the claims of questions/optimization/bayesian_optimization.md.
#include <whiteboard/optimization/bayesian_optimization.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::optimization;
using algorithms::GaussianPrediction;
using algorithms::GaussianProcess;
using algorithms::Rbf;
using Eigen::Index;
using whiteboard::testing::gaussian;

namespace {

using Gp = GaussianProcess<>;

/// Forrester's function on [0, 1], minimum -6.0207400557 at 0.7572487.
double forrester(double x) {
  return std::pow(6.0 * x - 2.0, 2.0) * std::sin(12.0 * x - 4.0);
}
constexpr double forrester_minimum = -6.020740055767;

double forrester_of(const Vector& x) {
  return forrester(x(0));
}

/// Branin's function, minimum 0.397887 in three places.
double branin(const Vector& x) {
  const double pi = std::numbers::pi;
  const double a =
      x(1) - 5.1 / (4.0 * pi * pi) * x(0) * x(0) + 5.0 / pi * x(0) - 6.0;
  return a * a + 10.0 * (1.0 - 1.0 / (8.0 * pi)) * std::cos(x(0)) + 10.0;
}

Box interval(double low, double high) {
  return {Vector::Constant(1, low), Vector::Constant(1, high)};
}

Matrix column(std::initializer_list<double> values) {
  Matrix X(static_cast<Index>(values.size()), 1);
  std::copy(values.begin(), values.end(), X.data());
  return X;
}

Matrix grid(double low, double high, Index n) {
  return Vector::LinSpaced(n, low, high);
}

Vector values_at(const Matrix& X) {
  Vector y(X.rows());
  for (Index i = 0; i < y.size(); ++i) y(i) = forrester(X(i, 0));
  return y;
}

/// Integral of max(b - f, 0) and of [f < b] against the normal density, by
/// sums over a fine grid of ten deviations either side.
double integral(double mu, double sigma, double b, bool improvement) {
  const int steps = 20000;
  double sum = 0.0;
  for (int k = 0; k < steps; ++k) {
    const double z = -10.0 + 20.0 * (k + 0.5) / steps;
    const double f = mu + sigma * z;
    if (f >= b) continue;
    sum += (improvement ? b - f : 1.0) * std::exp(-0.5 * z * z);
  }
  return sum * 20.0 / steps / std::sqrt(2.0 * std::numbers::pi);
}

/// A slope by central differences.
template <class Function>
double slope(const Function& f, double at) {
  return (f(at + 1e-5) - f(at - 1e-5)) / 2e-5;
}

/// The largest expected improvement of the standardised values, over a grid.
Vector improvements(const Gp& gp, const Matrix& X) {
  const GaussianPrediction f = gp.predict(X);
  Vector scores(X.rows());
  for (Index i = 0; i < X.rows(); ++i) {
    scores(i) = expected_improvement(f.mean(i), std::sqrt(f.variance(i)),
                                     gp.y.minCoeff());
  }
  return scores;
}

const BayesOptOptions narrow{.kernel = {.length = 0.12}, .evaluations = 15};

}  // namespace

TEST_SUITE("optimization/bayesian_optimization") {
  TEST_CASE("expected_improvement_has_a_closed_form") {
    const double got = expected_improvement(0.3, 0.5, 0.2);
    CHECK(close(got, 0.153447, {.abs = 5e-7}));  // SciPy 1.10: 0.1534473179
    EVIDENCE("expected improvement at (0.3, 0.5) over 0.2", got);
    for (const double mu : {-1.0, 0.3, 2.0}) {
      for (const double sigma : {0.1, 0.5, 3.0}) {
        // The grid's sum is good to its step squared, and cut off at one step.
        CHECK(close(expected_improvement(mu, sigma, 0.2),
                    integral(mu, sigma, 0.2, true), {.abs = 1e-6 * sigma}));
        CHECK(close(probability_of_improvement(mu, sigma, 0.2),
                    integral(mu, sigma, 0.2, false), {.abs = 5e-4}));
      }
    }
    // And a plain average of draws.
    std::mt19937_64 rng(1);
    double sum = 0.0, squares = 0.0;
    const int draws = 20000;
    for (int k = 0; k < draws; ++k) {
      const double gain = std::max(0.2 - (0.3 + 0.5 * normal(rng)), 0.0);
      sum += gain;
      squares += gain * gain;
    }
    const double mean = sum / draws;
    const double error = std::sqrt((squares / draws - mean * mean) / draws);
    CHECK(close(mean, got, {.abs = 5.0 * error}));
    // Without uncertainty what is left is the difference.
    CHECK(expected_improvement(0.3, 0.0, 0.2) == 0.0);
    CHECK(close(expected_improvement(0.1, 0.0, 0.2), 0.1, {.ulps = 2}));
    CHECK(probability_of_improvement(0.1, 0.0, 0.2) == 1.0);
    CHECK(probability_of_improvement(0.2, 0.0, 0.2) == 0.0);
    // Thirty deviations away it is tiny and not negative.
    CHECK(expected_improvement(30.0, 1.0, 0.0) >= 0.0);
    CHECK(expected_improvement(30.0, 1.0, 0.0) < 1e-190);
    CHECK(expected_improvement(60.0, 1.0, 0.0) == 0.0);
  }

  TEST_CASE("the_trade_off_is_in_the_formula") {
    for (const double mu : {-0.5, 0.2, 1.0}) {
      for (const double sigma : {0.2, 1.0}) {
        CAPTURE(mu);
        CAPTURE(sigma);
        const double z = (0.2 - mu) / sigma;
        const double density =
            std::exp(-0.5 * z * z) / std::sqrt(2.0 * std::numbers::pi);
        const double by_sigma = slope(
            [&](double s) { return expected_improvement(mu, s, 0.2); }, sigma);
        const double by_mu = slope(
            [&](double m) { return expected_improvement(m, sigma, 0.2); }, mu);
        CHECK(close(by_sigma, density, {.abs = 1e-8}));
        CHECK(close(by_mu, -integral(mu, sigma, 0.2, false), {.abs = 5e-4}));
        CHECK(by_sigma > 0.0);
        CHECK(by_mu < 0.0);
      }
    }
    EVIDENCE(
        "slope by sigma at (0.2, 1) over 0.2",
        slope([](double s) { return expected_improvement(0.2, s, 0.2); }, 1.0));
  }

  TEST_CASE("probability_of_improvement_is_greedy") {
    // A sure but tiny gain, and an uncertain large one; best so far 0.
    const double sure = probability_of_improvement(-0.001, 0.0005, 0.0);
    const double bold = probability_of_improvement(0.1, 1.0, 0.0);
    CHECK(close(sure, 0.97725, {.abs = 5e-6}));
    CHECK(close(bold, 0.46017, {.abs = 5e-6}));
    const double ei_sure = expected_improvement(-0.001, 0.0005, 0.0);
    const double ei_bold = expected_improvement(0.1, 1.0, 0.0);
    CHECK(close(ei_bold, 0.35094, {.abs = 5e-6}));
    CHECK(ei_bold > 300.0 * ei_sure);
    EVIDENCE("expected improvements, bold over sure", ei_bold / ei_sure);
    // The bound: kappa sets the taste for risk by hand.
    CHECK(lower_confidence_bound(-0.001, 0.0005, 0.0) <
          lower_confidence_bound(0.1, 1.0, 0.0));
    CHECK(close(lower_confidence_bound(0.1, 1.0, 2.0), -1.9, {.ulps = 2}));

    // The same on a process: greedy stays by the best point, others leave it.
    const Matrix X = column({0.0, 0.5, 1.0});
    const Gp gp = Gp::fit(X, standardised(values_at(X)), {.length = 0.12},
                          {.noise = 1e-10});
    const Matrix at = grid(0.0, 1.0, 401);
    const auto distance_to_best = [&](Acquisition acquisition, double kappa) {
      BayesOptOptions options = narrow;
      options.acquisition = acquisition;
      options.kappa = kappa;
      const Proposal next = propose(gp, at, options);
      Index best = 0;
      gp.y.minCoeff(&best);
      return std::abs(at(next.candidate, 0) - X(best, 0));
    };
    const double by_pi =
        distance_to_best(Acquisition::probability_of_improvement, 0.0);
    const double by_ei =
        distance_to_best(Acquisition::expected_improvement, 0.0);
    const double by_bound =
        distance_to_best(Acquisition::lower_confidence_bound, 2.0);
    EVIDENCE("distance of the proposal from the best, by probability", by_pi);
    EVIDENCE("by expected improvement", by_ei);
    EVIDENCE("by the lower confidence bound", by_bound);
    CHECK(by_pi < 0.02);
    CHECK(by_ei > 0.05);
    CHECK(by_bound > 0.05);
    // kappa = 0 looks at the mean alone.
    CHECK(distance_to_best(Acquisition::lower_confidence_bound, 0.0) <
          by_bound);
  }

  TEST_CASE("proposals_maximise_the_acquisition") {
    const Matrix X = column({0.0, 0.3, 0.5, 0.8, 1.0});
    const Gp gp = Gp::fit(X, standardised(values_at(X)), {.length = 0.12},
                          {.noise = 1e-10});
    const Matrix at = grid(0.0, 1.0, 201);
    const Vector scores = improvements(gp, at);
    const Proposal next = propose(gp, at, narrow);
    CHECK(scores.maxCoeff() == next.score);
    CHECK(scores(next.candidate) == next.score);
    // By the definition, not the closed form: the integral at the proposal.
    const GaussianPrediction f = gp.predict(at.row(next.candidate));
    CHECK(close(
        next.score,
        integral(f.mean(0), std::sqrt(f.variance(0)), gp.y.minCoeff(), true),
        {.abs = 1e-6}));
    EVIDENCE("largest expected improvement", next.score);
  }

  TEST_CASE("without_noise_a_point_is_not_tried_twice") {
    const Matrix X = column({0.0, 0.3, 0.5, 0.76, 1.0});
    const Gp gp = Gp::fit(X, standardised(values_at(X)), {.length = 0.12},
                          {.noise = 1e-10});
    // sigma is the root of the jitter there, and the gain sigma / sqrt(2 pi).
    const Vector at_data = improvements(gp, X);
    CHECK(at_data.maxCoeff() < 1e-5);
    CHECK(improvements(gp, grid(0.0, 1.0, 101)).maxCoeff() > 1e-2);
    EVIDENCE("largest expected improvement at an observed point",
             at_data.maxCoeff());
    // Not 0, thanks to the jitter: without a threshold the best point is what
    // is left to propose when all else is known.
    CHECK(at_data.maxCoeff() > 1e-7);
    std::mt19937_64 rng(2);
    BayesOptOptions patient = narrow;
    patient.evaluations = 40;
    const BayesOptResult run = bayes_opt(forrester_of, interval(0.0, 1.0),
                                         column({0.0, 0.5, 1.0}), patient, rng);
    CHECK(run.converged);
    CHECK(run.values.size() < 25);
    for (Index i = 0; i < run.values.size(); ++i) {
      for (Index j = 0; j < i; ++j) {
        CHECK_UNARY(run.points(i, 0) != run.points(j, 0));
      }
    }
    EVIDENCE("evaluations until nothing was promised", run.values.size());
  }

  TEST_CASE("a_lucky_value_is_never_averaged_out") {
    // Observations with a deviation of 0.5 that the model is not told of.
    std::mt19937_64 rng(3);
    BayesOptOptions options = narrow;
    options.evaluations = 10;
    options.candidates = 60;
    options.tolerance = 0.0;
    const int seeds = 40;
    double sum = 0.0, squares = 0.0;
    for (int seed = 0; seed < seeds; ++seed) {
      const auto noisy = [&](const Vector& x) {
        return std::cos(6.0 * x(0)) + 0.5 * normal(rng);
      };
      const BayesOptResult run = bayes_opt(
          noisy, interval(0.0, 1.0), column({0.1, 0.5, 0.9}), options, rng);
      const double truth = std::cos(6.0 * run.points(run.best, 0));
      const double flattery = run.values(run.best) - truth;
      sum += flattery;
      squares += flattery * flattery;
    }
    const double mean = sum / seeds;
    const double error = std::sqrt((squares / seeds - mean * mean) / seeds);
    EVIDENCE("best value reported minus the true value there", mean);
    EVIDENCE("standard error", error);
    CHECK(mean < -5.0 * error);
    CHECK(mean < -0.2);
  }

  TEST_CASE("fifteen_evaluations_find_the_minimum") {
    std::vector<double> gaps;
    for (const unsigned seed : {1u, 2u, 3u, 4u, 5u}) {
      std::mt19937_64 rng(seed);
      const BayesOptResult run =
          bayes_opt(forrester_of, interval(0.0, 1.0), column({0.0, 0.5, 1.0}),
                    narrow, rng);
      REQUIRE(run.values.size() <= 15);
      REQUIRE(run.points.rows() == run.values.size());
      gaps.push_back(run.values.minCoeff() - forrester_minimum);
      CHECK(gaps.back() >= -1e-9);
      CHECK(gaps.back() < 1e-4);
      CHECK(run.values(run.best) == run.values.minCoeff());
      for (Index i = 0; i < run.values.size(); ++i) {
        CHECK(run.values(i) == forrester(run.points(i, 0)));
      }
    }
    EVIDENCE_SERIES("distance from the minimum, five seeds", gaps);
    // Random points for comparison.
    std::mt19937_64 rng(4);
    int lucky = 0;
    for (int seed = 0; seed < 1000; ++seed) {
      double best = std::numeric_limits<double>::infinity();
      for (int k = 0; k < 15; ++k)
        best = std::min(best, forrester(uniform(rng)));
      lucky += best - forrester_minimum < 1e-4;
    }
    EVIDENCE("of 1000 random searches as close", lucky);
    CHECK(lucky < 50);
  }

  TEST_CASE("two_dimensions_in_a_box_of_any_size") {
    const Box box{Vector{{-5.0, 0.0}}, Vector{{10.0, 15.0}}};
    for (const unsigned seed : {1u, 2u}) {
      std::mt19937_64 rng(seed);
      Matrix starts(6, 2);
      for (double& entry : starts.reshaped()) entry = uniform(rng);
      const BayesOptOptions options{
          .kernel = {.length = 0.3}, .evaluations = 30, .candidates = 200};
      const BayesOptResult run = bayes_opt(branin, box, starts, options, rng);
      EVIDENCE("Branin: best of at most 30, above the minimum",
               run.values.minCoeff() - 0.397887);
      CHECK(run.values.minCoeff() >= 0.397887);
      CHECK(run.values.minCoeff() < 0.45);  // 29 of 30 seeds
      for (Index j = 0; j < 2; ++j) {
        CHECK(run.points.col(j).minCoeff() >= box.low(j));
        CHECK(run.points.col(j).maxCoeff() <= box.high(j));
      }
    }
    std::mt19937_64 rng(5);
    double sum = 0.0;  // what 30 random points come to
    for (int seed = 0; seed < 200; ++seed) {
      double best = std::numeric_limits<double>::infinity();
      for (int k = 0; k < 30; ++k) {
        const Vector u{{uniform(rng), uniform(rng)}};
        best = std::min(best, branin(box.from_unit(u)));
      }
      sum += best;
    }
    EVIDENCE("mean of 200 random searches above it", sum / 200.0 - 0.397887);
    CHECK(sum / 200.0 - 0.397887 > 1.0);
  }

  TEST_CASE("units_of_the_objective_do_not_matter") {
    const auto points_for = [](auto f) {
      std::mt19937_64 rng(6);
      BayesOptOptions options = narrow;
      options.evaluations = 9;
      return bayes_opt(f, interval(0.0, 1.0), column({0.0, 0.5, 1.0}), options,
                       rng)
          .points;
    };
    const Matrix plain = points_for(forrester_of);
    REQUIRE(plain.rows() == 9);
    // A power of two rounds nothing; a shift rounds values to 1e-13.
    CHECK(close(
        points_for([](const Vector& x) { return 1024.0 * forrester_of(x); }),
        plain));
    CHECK(close(
        points_for([](const Vector& x) { return forrester_of(x) - 1000.0; }),
        plain));
    EVIDENCE_SERIES("points tried", plain.col(0));
  }

  TEST_CASE("an_overconfident_model_misleads") {
    const Matrix X = grid(0.0, 1.0, 8), at = grid(0.0, 1.0, 101);
    const Vector y = values_at(X);
    const double mean = y.mean();
    const double deviation = std::sqrt((y.array() - mean).square().mean());
    const auto share_outside = [&](double length) {
      const Gp gp =
          Gp::fit(X, standardised(y), {.length = length}, {.noise = 1e-10});
      const GaussianPrediction f = gp.predict(at);
      int outside = 0;
      for (Index i = 0; i < at.rows(); ++i) {
        const double truth = (forrester(at(i, 0)) - mean) / deviation;
        // 1e-6: at the data only the jitter is left.
        outside += std::abs(truth - f.mean(i)) >
                   1.96 * std::sqrt(f.variance(i)) + 1e-6;
      }
      return outside / 101.0;
    };
    EVIDENCE("share outside the 95 % band at length 0.12", share_outside(0.12));
    EVIDENCE("at length 1.2", share_outside(1.2));
    CHECK(share_outside(0.12) == 0.0);
    CHECK(share_outside(1.2) > 0.5);
  }

  TEST_CASE("the_factor_grows_with_the_points") {
    // What the loop does, one row at a time and new values each time, against a
    // fit of everything.
    std::mt19937_64 rng(7);
    const Matrix X = gaussian(8, 2, rng);
    const Matrix at = gaussian(5, 2, rng);
    const Vector y = gaussian(8, 1, rng).col(0);
    Gp grown =
        Gp::fit(X.topRows(2), y.head(2), {.length = 0.5}, {.noise = 1e-6});
    for (Index i = 2; i < 8; ++i) {
      grown = grown.with(X.row(i).transpose(), y(i));
      const Vector seen = standardised(y.head(i + 1));
      const GaussianPrediction got = with_values(grown, seen).predict(at);
      const GaussianPrediction want =
          Gp::fit(X.topRows(i + 1), seen, {.length = 0.5}, {.noise = 1e-6})
              .predict(at);
      CHECK(close(got.mean, want.mean, {.abs = 1e-10}));
      CHECK(close(got.variance, want.variance, {.abs = 1e-10}));
      CHECK(with_values(grown, seen).y == seen);
      if (i == 7) {
        EVIDENCE("largest difference of the means",
                 largest_difference(got.mean, want.mean));
      }
    }
    // A prior mean that is not 0 is respected.
    const Gp shifted = Gp::fit(X, y, {}, {.noise = 0.1, .prior_mean = 3.0});
    const Gp again = Gp::fit(X, 2.0 * y, {}, {.noise = 0.1, .prior_mean = 3.0});
    CHECK(close(with_values(shifted, 2.0 * y).predict(at).mean,
                again.predict(at).mean, {.abs = 1e-13}));
  }
}

TEST_SUITE("optimization/bayesian_optimization extra") {
  TEST_CASE("standardised values by hand") {
    CHECK(close(standardised(Vector{{1.0, 3.0}}), Vector{{-1.0, 1.0}}));
    CHECK(close(standardised(Vector{{5.0, 5.0, 5.0}}), Vector::Zero(3)));
    const Vector z = standardised(Vector{{1.0, 2.0, 4.0, 9.0}});
    CHECK(close(z.sum(), 0.0, {.abs = 1e-15}));
    CHECK(close(z.squaredNorm(), 4.0, {.rel = 1e-15}));
  }

  TEST_CASE("candidates lie in the cube and half of them near the best") {
    std::mt19937_64 rng(8);
    const Vector centre{{0.0, 0.7}};
    const Matrix points = draw_candidates(centre, 400, rng);
    CHECK(points.minCoeff() >= 0.0);
    CHECK(points.maxCoeff() <= 1.0);
    Index near = 0, very_near = 0, far = 0;
    for (Index i = 0; i < 400; ++i) {
      const double distance = (points.row(i).transpose() - centre).norm();
      near += distance < 0.1;
      very_near += distance < 1e-3;
      far += distance > 0.3;
    }
    CHECK(near > 100);
    CHECK(near < 250);
    CHECK(very_near > 15);
    CHECK(far > 100);
  }

  TEST_CASE("a constant function is no trouble") {
    std::mt19937_64 rng(9);
    BayesOptOptions options = narrow;
    options.evaluations = 6;
    const BayesOptResult run =
        bayes_opt([](const Vector&) { return 2.5; }, interval(-1.0, 1.0),
                  column({0.0, 1.0}), options, rng);
    CHECK(run.values.size() == 6);
    CHECK(run.values.minCoeff() == 2.5);
    CHECK(close(run.points.topRows(2), column({-1.0, 1.0})));
  }

  TEST_CASE("each acquisition scores by its own equation") {
    const Matrix X = column({0.0, 0.5, 1.0});
    const Gp gp = Gp::fit(X, standardised(values_at(X)), {.length = 0.12},
                          {.noise = 1e-10});
    const Matrix at = grid(0.0, 1.0, 51);
    BayesOptOptions options = narrow;
    options.acquisition = Acquisition::probability_of_improvement;
    const Proposal likely = propose(gp, at, options);
    options.acquisition = Acquisition::lower_confidence_bound;
    const Proposal low = propose(gp, at, options);
    const GaussianPrediction f = gp.predict(at);
    for (Index i = 0; i < at.rows(); ++i) {
      const double sigma = std::sqrt(f.variance(i));
      const double chance =
          probability_of_improvement(f.mean(i), sigma, gp.y.minCoeff());
      CHECK(chance <= likely.score);
      if (i == likely.candidate) CHECK(chance == likely.score);
      const double bound = f.mean(i) - options.kappa * sigma;
      CHECK(-bound <= low.score + 1e-12);  // the sum may be fused
      if (i == low.candidate) CHECK(close(-bound, low.score));
    }
  }

  TEST_CASE("the other acquisitions use all evaluations") {
    for (const Acquisition acquisition :
         {Acquisition::probability_of_improvement,
          Acquisition::lower_confidence_bound}) {
      std::mt19937_64 rng(10);
      BayesOptOptions options = narrow;
      options.acquisition = acquisition;
      options.candidates = 100;
      const BayesOptResult run =
          bayes_opt(forrester_of, interval(0.0, 1.0), column({0.0, 0.5, 1.0}),
                    options, rng);
      CHECK(run.values.size() == 15);
      CHECK_FALSE(run.converged);
    }
  }

  TEST_CASE("as many evaluations as starts is no search") {
    std::mt19937_64 rng(11);
    BayesOptOptions options = narrow;
    options.evaluations = 2;
    const BayesOptResult run = bayes_opt(forrester_of, interval(0.0, 1.0),
                                         column({0.2, 0.9}), options, rng);
    CHECK(run.values.size() == 2);
    CHECK_FALSE(run.converged);
    CHECK(run.best == (forrester(0.2) < forrester(0.9) ? 0 : 1));
  }

  TEST_CASE("arguments that break the contract are refused") {
    const double nan = std::nan("");
    CHECK_THROWS_WITH(expected_improvement(0.0, -1.0, 0.0),
                      "acquisition: need finite numbers and sigma >= 0, got mu "
                      "= 0, sigma = -1 and 0");
    CHECK_THROWS_AS(expected_improvement(nan, 1.0, 0.0), std::invalid_argument);
    CHECK_THROWS_AS(probability_of_improvement(0.0, -1.0, 0.0),
                    std::invalid_argument);
    CHECK_THROWS_AS(lower_confidence_bound(0.0, 1.0, nan),
                    std::invalid_argument);
    std::mt19937_64 rng(0);
    const Matrix starts = column({0.0, 1.0});
    const auto run = [&](const Box& box, const Matrix& from,
                         const BayesOptOptions& options) {
      return bayes_opt(forrester_of, box, from, options, rng);
    };
    CHECK_THROWS_WITH(
        run(interval(1.0, 1.0), starts, {}),
        "bayes_opt: need low < high for each of at least one side");
    CHECK_THROWS_AS(run({Vector(), Vector()}, starts, {}),
                    std::invalid_argument);
    CHECK_THROWS_AS(run({Vector::Zero(1), Vector::Ones(2)}, starts, {}),
                    std::invalid_argument);
    CHECK_THROWS_AS(
        run(interval(0.0, std::numeric_limits<double>::infinity()), starts, {}),
        std::invalid_argument);
    CHECK_THROWS_WITH(
        run(interval(0.0, 1.0), column({0.5}), {}),
        "bayes_opt: need at least 2 starts with 1 columns, got 1 x "
        "1");
    CHECK_THROWS_AS(run(interval(0.0, 1.0), Matrix::Zero(2, 2), {}),
                    std::invalid_argument);
    CHECK_THROWS_WITH(run(interval(0.0, 1.0), column({0.0, 1.5}), {}),
                      "bayes_opt: starts must lie in the unit cube");
    CHECK_THROWS_AS(run(interval(0.0, 1.0), column({-0.1, 0.5}), {}),
                    std::invalid_argument);
    CHECK_THROWS_WITH(
        run(interval(0.0, 1.0), starts, {.candidates = 0}),
        "bayes_opt: need candidates >= 1 and tolerance >= 0, got 0 "
        "and 1e-05");
    CHECK_THROWS_AS(run(interval(0.0, 1.0), starts, {.tolerance = -1.0}),
                    std::invalid_argument);
    CHECK_THROWS_AS(bayes_opt([&](const Vector&) { return nan; },
                              interval(0.0, 1.0), starts, {}, rng),
                    std::invalid_argument);
    const Gp gp = Gp::fit(starts, Vector{{0.0, 1.0}}, {});
    CHECK_THROWS_WITH(propose(gp, Matrix(0, 1), {}), "propose: no candidates");
    CHECK_THROWS_AS(with_values(gp, Vector::Ones(3)), std::invalid_argument);
  }
}
