// Verifies the claims of questions/optimization/gradient_descent.md. Functions
// with a known minimum come from closed forms; losses are plain loops here.
#include <whiteboard/optimization/gradient_descent.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/finite_differences.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::optimization;
using whiteboard::testing::data_set;
using whiteboard::testing::gaussian;
using whiteboard::testing::numerical_gradient;
using whiteboard::testing::standardized;

namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();

/// (x^2 + kappa y^2) / 2 with its axes turned by `angle`.
Matrix bowl(double kappa, double angle) {
  const double c = std::cos(angle), s = std::sin(angle);
  return Matrix{{c * c + kappa * s * s, (1.0 - kappa) * s * c},
                {(1.0 - kappa) * s * c, s * s + kappa * c * c}};
}

/// Largest eigenvalue of X'X, by power iteration.
double squared_spectral_norm(const Matrix& X) {
  Vector v = Vector::Ones(X.cols());
  for (int i = 0; i < 1000; ++i) v = (X.transpose() * (X * v)).normalized();
  return (X * v).squaredNorm();
}

/// The sum of log(1 + exp(-s x'w)) over the samples, s = +1 or -1, plus
/// ridge / 2 times the squared weights.
struct Logistic {
  Matrix X;
  Vector signs;
  double ridge;

  double loss(const Vector& w) const {
    double total = 0.5 * ridge * w.squaredNorm();
    for (Eigen::Index i = 0; i < X.rows(); ++i) {
      const double margin = signs(i) * X.row(i).dot(w);
      total += std::max(-margin, 0.0) + std::log1p(std::exp(-std::abs(margin)));
    }
    return total;
  }

  Vector gradient(const Vector& w) const {
    Vector g = ridge * w;
    for (Eigen::Index i = 0; i < X.rows(); ++i) {
      const double margin = signs(i) * X.row(i).dot(w);
      g -= signs(i) / (1.0 + std::exp(margin)) * X.row(i).transpose();
    }
    return g;
  }
};

Logistic breast_cancer(double ridge) {
  const Table table = data_set("breast_cancer");
  const Labels labels = table.labels("diagnosis");
  return {standardized(table.features()),
          (2 * labels.ids.array() - 1).cast<double>().matrix(), ridge};
}

/// Half the mean squared residual of a linear model.
double half_mean_square(const Matrix& X, const Vector& y, const Vector& w) {
  double total = 0.0;
  for (Eigen::Index i = 0; i < X.rows(); ++i) {
    const double residual = X.row(i).dot(w) - y(i);
    total += residual * residual;
  }
  return total / (2.0 * static_cast<double>(X.rows()));
}

GradientDescentResult least_squares_run(const Matrix& X, const Vector& y,
                                        double eta, int steps) {
  const auto gradient = [&](const Vector& w) -> Vector {
    return mean_least_squares_gradient(X, y, w);
  };
  return gradient_descent(gradient, Vector::Zero(X.cols()), eta,
                          {.max_steps = steps, .keep_path = true});
}

}  // namespace

TEST_SUITE("optimization/gradient_descent") {
  TEST_CASE("best_fixed_step_contracts_exactly") {
    std::mt19937_64 rng(5);
    std::vector<double> steps_to_six_digits;
    for (const double kappa : {2.0, 10.0, 100.0, 1000.0}) {
      CAPTURE(kappa);
      const double rate = (kappa - 1.0) / (kappa + 1.0);
      const Matrix A = bowl(kappa, 0.7);
      const Vector start = gaussian(2, 1, rng);
      const auto run = gradient_descent(
          [&](const Vector& x) -> Vector { return A * x; }, start,
          2.0 / (1.0 + kappa),
          {.max_steps = static_cast<int>(8 * kappa), .keep_path = true});

      REQUIRE(run.path.size() == static_cast<std::size_t>(8 * kappa) + 1);
      std::size_t k = 0;
      while (k + 1 < run.path.size() &&
             run.path[k].norm() > 1e-6 * run.path[0].norm()) {
        // A x and eta g round at a few eps times 2 |x| each.
        CHECK(close(run.path[k + 1].norm(), rate * run.path[k].norm(),
                    {.rel = 32 * eps}));
        ++k;
      }
      steps_to_six_digits.push_back(static_cast<double>(k));
    }
    EVIDENCE("rate at kappa = 100", contraction_factor(1.0, 100.0, 2.0 / 101));
    EVIDENCE_SERIES("steps to six digits: kappa 2 10 100 1000",
                    steps_to_six_digits);
    // 99/101 = 0.980198, and ln(1e-6) / ln(99/101) = 690.8.
    CHECK(close(contraction_factor(1.0, 100.0, 2.0 / 101), 0.980198,
                {.abs = 5e-7}));
    CHECK(steps_to_six_digits[2] == 691);
  }

  TEST_CASE("exact_line_search_zigzags") {
    const double kappa = 100.0, rho = 99.0 / 101.0;
    const Matrix A{{1.0, 0.0}, {0.0, kappa}};
    const auto run =
        steepest_descent_exact(A, Vector::Zero(2), Vector{{kappa, 1.0}},
                               {.max_steps = 200, .keep_path = true});
    REQUIRE(run.path.size() == 201);
    for (int k = 0; k <= 200; ++k) {
      const Vector want{{kappa * std::pow(rho, k), std::pow(-rho, k)}};
      // Each step adds a few eps, and nothing damps or amplifies them.
      CHECK(close(run.path[static_cast<std::size_t>(k)], want,
                  {.rel = 16 * eps * (k + 1)}));
    }

    std::vector<double> second_coordinate;
    for (int k = 0; k < 20; ++k) {
      second_coordinate.push_back(run.path[static_cast<std::size_t>(k)](1));
    }
    EVIDENCE_SERIES("second coordinate", second_coordinate);
    EVIDENCE("rate of the exact line search",
             std::pow(run.path[200](0) / kappa, 1.0 / 200));
    EVIDENCE("rate of the best fixed step",
             contraction_factor(1.0, kappa, 2.0 / (1.0 + kappa)));
  }

  TEST_CASE("worse_end_sets_the_rate") {
    // On a quadratic the bound is attained along one of the two axes.
    const double mu = 0.5, L = 8.0;
    const Matrix A{{mu, 0.0}, {0.0, L}};
    const auto gradient = [&](const Vector& x) -> Vector { return A * x; };
    std::vector<double> factors;
    for (const double eta :
         {0.01, 0.1, 1.0 / L, 2.0 / (mu + L), 0.249, 0.251, 0.4}) {
      CAPTURE(eta);
      double worst = 0.0;
      for (const Vector& start : {Vector{{1.0, 0.0}}, Vector{{0.0, 1.0}}}) {
        const auto run =
            gradient_descent(gradient, start, eta, {.max_steps = 1});
        worst = std::max(worst, run.x.norm());
      }
      CHECK(close(contraction_factor(mu, L, eta), worst, {.rel = 8 * eps}));
      CHECK((contraction_factor(mu, L, eta) < 1.0) == (eta < 2.0 / L));
      CHECK(contraction_factor(mu, L, eta) >=
            contraction_factor(mu, L, 2.0 / (mu + L)));
      factors.push_back(worst);
    }
    EVIDENCE_SERIES("factor as the step grows to 3.2 / L", factors);

    // Not a quadratic: the optimum is where a long run ends.
    const Logistic f = breast_cancer(100.0);
    const double top = squared_spectral_norm(f.X) / 4.0 + f.ridge;
    const auto slope = [&](const Vector& w) { return f.gradient(w); };
    const double best = 2.0 / (f.ridge + top);
    const Vector start = Vector::Zero(f.X.cols());
    const Vector optimum =
        gradient_descent(slope, start, best, {.max_steps = 600}).x;
    REQUIRE(f.gradient(optimum).norm() < 1e-10);
    for (const double eta : {0.5 / top, 1.0 / top, best, 1.99 / top}) {
      CAPTURE(eta);
      const auto run = gradient_descent(slope, start, eta,
                                        {.max_steps = 60, .keep_path = true});
      const double factor = contraction_factor(f.ridge, top, eta);
      REQUIRE(run.path.size() == 61);
      for (std::size_t k = 0; k < 60; ++k) {
        // The optimum itself is known to |gradient| / mu = 1e-12.
        CHECK((run.path[k + 1] - optimum).norm() <=
              factor * (run.path[k] - optimum).norm() + 1e-11);
      }
    }
  }

  TEST_CASE("convex_gap_bound_is_tight") {
    // Huber's function, curvature L: after k steps the gap is the bound.
    const double L = 4.0, start = 3.0;
    std::vector<double> attained;
    for (const int k : {1, 2, 5, 10, 100}) {
      CAPTURE(k);
      const double corner = start / (2 * k + 1);
      const auto gradient = [&](const Vector& x) -> Vector {
        return Vector{{L * std::clamp(x(0), -corner, corner)}};
      };
      const double x =
          gradient_descent(gradient, Vector{{start}}, 1.0 / L, {.max_steps = k})
              .x(0);
      REQUIRE(x > corner);
      const double gap = L * (corner * x - corner * corner / 2.0);
      const double bound = L * start * start / (4 * k + 2);
      attained.push_back(gap / bound);
      CHECK(close(gap, bound, {.rel = 4 * k * eps}));
    }
    EVIDENCE_SERIES("gap over bound: k = 1 2 5 10 100", attained);

    // More unknowns than equations: convex, no strong convexity, minimum 0.
    std::mt19937_64 rng(1);
    double closest = 0.0;
    for (int trial = 0; trial < 20; ++trial) {
      const Matrix A = gaussian(5, 12, rng);
      const Vector minimiser = gaussian(12, 1, rng);
      const double curvature = squared_spectral_norm(A);
      const auto run = gradient_descent(
          [&](const Vector& x) -> Vector {
            return A.transpose() * (A * (x - minimiser));
          },
          Vector::Zero(12), 1.0 / curvature,
          {.max_steps = 100, .keep_path = true});
      REQUIRE(run.path.size() == 101);
      for (std::size_t k = 0; k <= 100; ++k) {
        const double gap = (A * (run.path[k] - minimiser)).squaredNorm() / 2.0;
        const double bound = curvature * minimiser.squaredNorm() /
                             (4.0 * static_cast<double>(k) + 2.0);
        CHECK(gap <= bound);
        closest = std::max(closest, gap / bound);
      }
    }
    EVIDENCE("largest gap over bound, 20 random problems", closest);
  }

  TEST_CASE("every_step_descends") {
    const Logistic f = breast_cancer(0.0);
    const double L = squared_spectral_norm(f.X) / 4.0;
    const auto gradient = [&](const Vector& w) { return f.gradient(w); };
    const Vector start = Vector::Zero(f.X.cols());
    const auto run = gradient_descent(gradient, start, 1.0 / L,
                                      {.max_steps = 500, .keep_path = true});
    REQUIRE(run.path.size() == 501);
    std::vector<double> losses{f.loss(start)};
    double smallest_ratio = std::numeric_limits<double>::infinity();
    for (std::size_t k = 0; k < 500; ++k) {
      CAPTURE(k);
      losses.push_back(f.loss(run.path[k + 1]));
      const double promised = f.gradient(run.path[k]).squaredNorm() / (2.0 * L);
      const double drop = losses[k] - losses[k + 1];
      CHECK(drop >= promised - 1e-12 * losses[0]);  // 569 rounded terms
      smallest_ratio = std::min(smallest_ratio, drop / promised);
    }
    EVIDENCE_SERIES("loss", losses);
    EVIDENCE("smallest drop, as a multiple of the promised one",
             smallest_ratio);

    // L is the worst case: 16 / L still works on these data, 32 / L does not.
    const auto after_one = [&](double factor) {
      return f.loss(
          gradient_descent(gradient, start, factor / L, {.max_steps = 1}).x);
    };
    EVIDENCE("loss at the start", losses[0]);
    EVIDENCE("after one step of 16 / L", after_one(16.0));
    EVIDENCE("after one step of 32 / L", after_one(32.0));
    CHECK(after_one(16.0) < losses[0]);
    CHECK(after_one(32.0) > losses[0]);
  }

  TEST_CASE("one_unscaled_feature_sets_the_pace") {
    // All sign patterns of three factors: orthonormal columns of mean zero.
    Matrix X(8, 3);
    for (int i = 0; i < 8; ++i) {
      for (int j = 0; j < 3; ++j) {
        X(i, j) = ((i >> j) & 1 ? 1.0 : -1.0) / std::sqrt(8.0);
      }
    }
    const Vector truth{{1.0, -2.0, 3.0}};
    const Vector y = X * truth;

    // X'X / n = I / 8: L = 1/8.
    const Vector one_step = least_squares_run(X, y, 8.0, 1).x;
    CHECK(close(one_step, truth, {.abs = 16 * eps}));

    Matrix scaled = X;
    scaled.col(0) *= 1000.0;  // curvature 1e6 / 8 there, 1 / 8 elsewhere
    const Vector stuck = least_squares_run(scaled, y, 8e-6, 1000).x;
    EVIDENCE("share of the error left by 1000 steps", 1.0 - stuck(1) / -2.0);
    CHECK(close(stuck(0), 1e-3, {.rel = 1e-9}));
    // (1 - 1e-6)^1000 = 0.9990004998 of the error is left.
    CHECK(close(1.0 - stuck(1) / -2.0, 0.9990004998, {.abs = 1e-9}));
    CHECK(close(1.0 - stuck(2) / 3.0, 0.9990004998, {.abs = 1e-9}));

    const Matrix Z = standardized(scaled);  // Z'Z / n = I: L = 1
    const Vector again = least_squares_run(Z, y, 1.0, 1).x;
    CHECK(close(Z * again, y, {.scale = 16 * eps}));
  }

  TEST_CASE("standardising_helps_real_data") {
    const Table table = data_set("diabetes");
    const Matrix raw = table.features();
    const Matrix centred =
        raw.rowwise() - Eigen::RowVectorXd(raw.colwise().mean());
    Vector y = table.numbers("progression");
    y.array() -= y.mean();
    const auto n = static_cast<double>(y.size());
    const double start = y.squaredNorm() / (2.0 * n);
    // LinearRegression().fit(X, y).score(X, y), scikit-learn 1.2.1; the score
    // is the share of the starting loss that the best fit removes.
    const double score = 0.5177484222203499;

    const auto gap_left = [&](const Matrix& X) {
      const double L = squared_spectral_norm(X) / n;
      const auto run = least_squares_run(X, y, 1.0 / L, 1000);
      std::vector<double> gaps;
      for (const Vector& w : run.path) {
        gaps.push_back((half_mean_square(X, y, w) / start - 1.0) / score + 1.0);
      }
      return gaps;
    };
    const std::vector<double> as_given = gap_left(centred);
    const std::vector<double> scaled = gap_left(standardized(raw));
    EVIDENCE_SERIES("gap left, raw units", as_given);
    EVIDENCE_SERIES("gap left, standardised", scaled);
    EVIDENCE("gap left after 1000 steps, raw units", as_given.back());
    EVIDENCE("gap left after 1000 steps, standardised", scaled.back());
    CHECK(as_given.size() == 1001);
    // The same loop in NumPy 1.24.2.
    CHECK(close(as_given.back(), 0.067941840805, {.rel = 1e-6}));
    CHECK(close(scaled.back(), 0.000103053978, {.rel = 1e-6}));
  }

  TEST_CASE("mean_loss_keeps_the_step") {
    std::mt19937_64 rng(2);
    const Matrix X = gaussian(40, 3, rng);
    const Vector y = gaussian(40, 1, rng);
    const double eta = 40.0 / squared_spectral_norm(X);
    const Vector once = least_squares_run(X, y, eta, 50).x;
    const Vector tenfold =
        least_squares_run(X.replicate(10, 1), y.replicate(10, 1), eta, 50).x;
    CHECK(close(tenfold, once, {.scale = 1e-12}));

    // The sum of squares: ten copies have ten times the curvature, and the
    // step that suits one copy is five times too long.
    const auto summed = [&](int copies) {
      const Matrix many = X.replicate(copies, 1);
      const Vector targets = y.replicate(copies, 1);
      return gradient_descent(
          [&](const Vector& w) -> Vector {
            return many.transpose() * (many * w - targets);
          },
          Vector::Zero(3), eta / 40.0, {.max_steps = 50});
    };
    CHECK(close(summed(1).x, once, {.scale = 1e-12}));
    EVIDENCE("gradient norm of the sum, 1 copy",
             summed(1).gradient_norms.back());
    EVIDENCE("gradient norm of the sum, 10 copies",
             summed(10).gradient_norms.back());
    CHECK(summed(10).gradient_norms.back() >
          1e6 * summed(10).gradient_norms.front());
  }

  TEST_CASE("small_change_is_not_convergence") {
    // x^2 / 2 with a step of 1e-9: nothing moves, nothing has converged.
    const auto gradient = [](const Vector& x) -> Vector { return x; };
    const auto run = gradient_descent(
        gradient, Vector{{1.0}}, 1e-9,
        {.max_steps = 100, .tolerance = 1e-6, .keep_path = true});
    REQUIRE(run.path.size() == 101);
    const double before = run.path[99](0), after = run.x(0);
    const double change = (before * before - after * after) / 2.0;
    EVIDENCE("change of f in the last step", change);
    EVIDENCE("gradient there", run.gradient_norms.back());
    CHECK(change < 1e-8);  // "f stopped changing" would stop here, at f = 0.5
    CHECK(!run.converged);
    CHECK(run.gradient_norms.back() > 0.999);

    // When it does say converged, the gap is at most g^2 / (2 mu).
    const double mu = 1e-3;
    const Matrix A{{mu, 0.0}, {0.0, 1.0}};
    const auto done = gradient_descent(
        [&](const Vector& x) -> Vector { return A * x; }, Vector{{1.0, 1.0}},
        1.0, {.max_steps = 100'000, .tolerance = 1e-6});
    REQUIRE(done.converged);
    const double gap = done.x.dot(A * done.x) / 2.0;
    EVIDENCE("gap when converged", gap);
    EVIDENCE("its bound", 1e-12 / (2.0 * mu));
    CHECK(done.gradient_norms.back() <= 1e-6);
    CHECK(done.gradient_norms[done.gradient_norms.size() - 2] > 1e-6);
    CHECK(gap <= 1e-12 / (2.0 * mu) * (1.0 + 8 * eps));
  }

  TEST_CASE("finds_stationary_points_not_minima") {
    // x^4/4 - x^2/2 has minima at +1 and -1 and a maximum at 0.
    const auto gradient = [](const Vector& x) -> Vector {
      return Vector{{x(0) * x(0) * x(0) - x(0)}};
    };
    const std::vector<double> starts{0.5, -0.5, 1e-6, 0.0};
    std::vector<double> ends;
    for (const double start : starts) {
      CAPTURE(start);
      const auto run = gradient_descent(gradient, Vector{{start}}, 0.1,
                                        {.max_steps = 1000, .tolerance = 1e-9});
      REQUIRE(run.converged);
      ends.push_back(run.x(0));
    }
    EVIDENCE_SERIES("started from", starts);
    EVIDENCE_SERIES("ended at", ends);
    // The curvature at the minima is 2: |x - 1| is half the gradient.
    CHECK(close(ends[0], 1.0, {.abs = 1e-9}));
    CHECK(close(ends[1], -1.0, {.abs = 1e-9}));
    CHECK(close(ends[2], 1.0, {.abs = 1e-9}));  // a nudge off the top
    CHECK(ends[3] == 0.0);
  }
}

TEST_SUITE("optimization/gradient_descent extra") {
  TEST_CASE("the gradient of the mean squared error is its derivative") {
    std::mt19937_64 rng(3);
    for (const Eigen::Index n : {1, 2, 7}) {
      const Matrix X = gaussian(n, 4, rng);
      const Vector y = gaussian(n, 1, rng);
      const Vector w = gaussian(4, 1, rng);
      const auto loss = [&](const Vector& at) {
        return half_mean_square(X, y, at);
      };
      CHECK(close(mean_least_squares_gradient(X, y, w),
                  numerical_gradient(loss, w), {.scale = 1e-7}));
    }
  }

  TEST_CASE("an exact line search solves A x = b and never goes uphill") {
    std::mt19937_64 rng(4);
    const Matrix G = gaussian(6, 6, rng);
    const Matrix A = G.transpose() * G + Matrix::Identity(6, 6);
    const Vector solution = gaussian(6, 1, rng);
    const Vector b = A * solution;
    const auto run = steepest_descent_exact(
        A, b, Vector::Zero(6), {.max_steps = 5000, .keep_path = true});
    CHECK(close(run.x, solution, {.scale = 1e-12}));
    for (std::size_t k = 1; k < 50; ++k) {
      // Two neighbouring gradients are at right angles, as far as A x - b
      // can be computed: the line was used up.
      const Vector before = A * run.path[k - 1] - b;
      const Vector after = A * run.path[k] - b;
      CHECK(std::abs(before.dot(after)) <= 64 * eps * b.norm() * before.norm());
    }
  }

  TEST_CASE("the result describes the run") {
    const auto gradient = [](const Vector& x) -> Vector { return 2.0 * x; };
    const auto run = gradient_descent(gradient, Vector{{3.0, 4.0}}, 0.25,
                                      {.max_steps = 2, .keep_path = true});
    CHECK(run.gradient_norms == std::vector<double>{10.0, 5.0, 2.5});
    REQUIRE(run.path.size() == 3);
    CHECK(run.path[0] == Vector{{3.0, 4.0}});
    CHECK(run.path[2] == run.x);
    CHECK(!run.converged);
    CHECK(gradient_descent(gradient, Vector{{1.0}}, 0.25, {}).path.empty());
  }

  TEST_CASE("a start at the optimum takes no step") {
    const auto gradient = [](const Vector& x) -> Vector { return x; };
    const auto run = gradient_descent(gradient, Vector::Zero(2), 0.1, {});
    CHECK(run.converged);
    CHECK(run.gradient_norms.size() == 1);
    const auto exact = steepest_descent_exact(
        Matrix::Identity(2, 2), Vector::Ones(2), Vector::Ones(2), {});
    CHECK(exact.converged);
    CHECK(exact.x == Vector::Ones(2));
  }

  TEST_CASE("no step at all evaluates the start") {
    const auto run = gradient_descent([](const Vector& x) { return x; },
                                      Vector{{3.0}}, 0.1, {.max_steps = 0});
    CHECK(run.x(0) == 3.0);
    CHECK(run.gradient_norms == std::vector<double>{3.0});
  }

  TEST_CASE("a diverging run ends when its gradient overflows") {
    const auto run =
        gradient_descent([](const Vector& x) -> Vector { return x; },
                         Vector{{1.0}}, 12.0, {.max_steps = 100'000});
    CHECK(!run.converged);
    CHECK(run.gradient_norms.size() < 1000);
    // Norms are good up to the largest double, not to its square root.
    CHECK(run.gradient_norms[run.gradient_norms.size() - 2] > 1e300);
  }

  TEST_CASE("tiny problems neither vanish nor overflow") {
    const Matrix A = bowl(4.0, 0.3) * 1e-200;
    const Vector b = A * Vector{{1.0, 2.0}};
    const auto run =
        steepest_descent_exact(A, b, Vector::Zero(2), {.max_steps = 300});
    CHECK(close(run.x, Vector{{1.0, 2.0}}, {.rel = 1e-12}));
    CHECK(run.gradient_norms[0] > 0.0);
  }

  TEST_CASE("arguments that break the contract are refused") {
    const auto gradient = [](const Vector& x) -> Vector { return x; };
    const auto longer = [](const Vector&) -> Vector { return Vector::Ones(2); };
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double inf = std::numeric_limits<double>::infinity();
    const Vector x{{1.0}};
    for (const double eta : {0.0, -1.0, nan, inf}) {
      CHECK_THROWS_AS(gradient_descent(gradient, x, eta, {}),
                      std::invalid_argument);
      CHECK_THROWS_AS(contraction_factor(1.0, 2.0, eta), std::invalid_argument);
    }
    CHECK_THROWS_WITH(gradient_descent(gradient, x, 0.1, {.max_steps = -1}),
                      "descend: need max_steps >= 0, got -1");
    CHECK_THROWS_AS(gradient_descent(gradient, x, 0.1, {.tolerance = -1.0}),
                    std::invalid_argument);
    CHECK_THROWS_AS(gradient_descent(gradient, x, 0.1, {.tolerance = nan}),
                    std::invalid_argument);
    CHECK_THROWS_WITH(gradient_descent(gradient, Vector{{nan}}, 0.1, {}),
                      "descend: x0(0) is nan");
    CHECK_THROWS_WITH(gradient_descent(gradient, Vector(), 0.1, {}),
                      "descend: x0 is empty");
    CHECK_THROWS_WITH(gradient_descent(longer, x, 0.1, {}),
                      "descend: x has 1 elements, its gradient 2");

    for (const double mu : {0.0, -1.0, 3.0, nan}) {
      CHECK_THROWS_AS(contraction_factor(mu, 2.0, 0.1), std::invalid_argument);
    }
    CHECK_THROWS_AS(contraction_factor(1.0, inf, 0.1), std::invalid_argument);
    CHECK(contraction_factor(2.0, 2.0, 0.25) == 0.5);

    const Vector two = Vector::Ones(2);
    const auto refuses = [&](const Matrix& A, const Vector& b,
                             const Vector& x0) {
      CHECK_THROWS_AS(steepest_descent_exact(A, b, x0, {}),
                      std::invalid_argument);
    };
    refuses(Matrix::Ones(2, 3), two, two);
    refuses(Matrix::Identity(2, 2), Vector::Ones(3), two);
    refuses(Matrix::Identity(2, 2), two, Vector::Ones(3));
    refuses(Matrix{{2.0, 0.5}, {0.0, 2.0}}, two, two);  // not symmetric
    refuses(Matrix{{1.0, 2.0}, {2.0, 1.0}}, two, two);  // eigenvalues 3, -1
    CHECK_THROWS_WITH(
        steepest_descent_exact(Matrix{{1.0, nan}, {nan, 1.0}}, two, two, {}),
        "steepest_descent_exact: A(0, 1) is nan");
    CHECK_THROWS_WITH(steepest_descent_exact(Matrix::Identity(2, 2),
                                             Vector{{1.0, inf}}, two, {}),
                      "steepest_descent_exact: b(1) is inf");

    CHECK_THROWS_AS(mean_least_squares_gradient(Matrix(0, 1), Vector(0), x),
                    std::invalid_argument);
    CHECK_THROWS_AS(mean_least_squares_gradient(Matrix::Ones(2, 1), x, x),
                    std::invalid_argument);
    CHECK_THROWS_AS(mean_least_squares_gradient(Matrix::Ones(1, 2), x, x),
                    std::invalid_argument);
  }
}
