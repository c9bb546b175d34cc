// Verifies the claims of questions/optimization/momentum.md. Everything that
// momentum is compared with (gradient descent, the other two forms) is a loop
// of its own here.
#include <whiteboard/optimization/momentum.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::optimization;
using whiteboard::testing::data_set;
using whiteboard::testing::standardized;

namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();

/// Points on sum(curvatures x^2) / 2 from x = (1, ..., 1), one a row.
Matrix path(const Vector& curvatures, const MomentumOptions& options,
            Eigen::Index steps) {
  HeavyBall ball(curvatures.size(), options);
  Vector x = Vector::Ones(curvatures.size());
  Matrix points(steps + 1, x.size());
  points.row(0) = x.transpose();
  for (Eigen::Index t = 1; t <= steps; ++t) {
    ball.step(x, curvatures.cwiseProduct(x));
    points.row(t) = x.transpose();
  }
  return points;
}

/// Steps until the errors stay below `target` times their start.
Eigen::Index steps_to(double target, const Vector& errors) {
  Eigen::Index k = errors.size() - 1;
  while (k >= 0 && errors(k) <= target * errors(0)) --k;
  return k + 1;
}

/// By how much a single weight moves when it sees gradient g.
double move(HeavyBall& ball, double g) {
  Vector x = Vector::Zero(1);
  ball.step(x, Vector::Constant(1, g));
  return x(0);
}

/// Derivative of a strongly convex function with curvature 25, 1 and 25 again:
/// continuous at 1 and at 2, zero at 0.
double kinked(double x) {
  if (x < 1.0) return 25.0 * x;
  if (x < 2.0) return x + 24.0;
  return 25.0 * x - 24.0;
}

/// The sum of squares of what one unit of noise in the first gradient does to x
/// on lambda x^2 / 2: the stationary variance of x under unit white noise.
double response_to_noise(double lambda, const MomentumOptions& options) {
  HeavyBall ball(1, options);
  Vector x = Vector::Zero(1);
  double total = 0.0;
  for (int t = 0; t < 6000; ++t) {
    ball.step(x, Vector::Constant(1, lambda * x(0) + (t == 0 ? 1.0 : 0.0)));
    total += x(0) * x(0);
  }
  return total;
}

}  // namespace

TEST_SUITE("optimization/momentum") {
  TEST_CASE("steps_scale_with_the_root_of_kappa") {
    for (const double kappa : {10.0, 100.0, 1000.0}) {
      CAPTURE(kappa);
      const MomentumOptions best = optimal_heavy_ball(1.0, kappa);
      const double rate = (std::sqrt(kappa) - 1.0) / (std::sqrt(kappa) + 1.0);
      // Every curvature in between has the same rate. At the two ends the root
      // is double: a few roundings of the discriminant become their root.
      for (int i = 0; i <= 50; ++i) {
        const double lambda = std::pow(kappa, i / 50.0);
        CHECK(close(heavy_ball_rate(lambda, best), rate, {.abs = 1e-7}));
      }
      // No other setting near by has a smaller worst rate.
      for (const double a : {0.97, 1.0, 1.03}) {
        for (const double b : {0.97, 1.0, 1.03}) {
          const MomentumOptions other{best.eta * a, best.beta * b};
          CHECK(std::fmax(heavy_ball_rate(1.0, other),
                          heavy_ball_rate(kappa, other)) >= rate - 1e-7);
        }
      }
    }
    const MomentumOptions best = optimal_heavy_ball(1.0, 100.0);
    CHECK(close(heavy_ball_rate(10.0, best), 0.818182, {.abs = 5e-7}));
    EVIDENCE("rate of the heavy ball at kappa = 100",
             heavy_ball_rate(10.0, best));

    // And the run does what the roots say: six digits in 93 steps, not 691.
    const Vector curvatures{{1.0, 100.0}};
    const Vector distances = path(curvatures, best, 400).rowwise().norm();
    const Vector plain =
        path(curvatures, {.eta = 2.0 / 101.0, .beta = 0.0}, 1000)
            .rowwise()
            .norm();
    CHECK(steps_to(1e-6, distances) == 93);
    CHECK(steps_to(1e-6, plain) == 691);
    EVIDENCE_SERIES("distance, heavy ball", distances.head(150));
    EVIDENCE_SERIES("distance, gradient descent", plain.head(150));

    // The memory that is best: beta = 0.9 at kappa = 1442.
    CHECK(close(optimal_heavy_ball(1.0, 1442.0).beta, 0.9, {.abs = 1e-5}));
    CHECK(close(optimal_heavy_ball(1.0, 158'402.0).beta, 0.99, {.abs = 1e-5}));
  }

  TEST_CASE("every_curvature_in_a_wide_band_has_the_same_rate") {
    const double beta = 0.81;  // sqrt(beta) = 0.9: from 0.01 to 3.61
    for (const double lambda : {0.0101, 0.1, 1.0, 3.0, 3.609}) {
      CAPTURE(lambda);
      CHECK(close(heavy_ball_rate(lambda, {1.0, beta}), 0.9, {.rel = 4 * eps}));
      // In a run: (x_t, x_{t-1}) turns and shrinks, its determinant exactly by
      // beta a step, which no direction can escape.
      const Matrix x = path(Vector{{lambda}}, {1.0, beta}, 200);
      // A quadratic form that shrinks by exactly beta: x_t^2 - s x_t x_{t-1}
      // + beta x_{t-1}^2 with s the sum of the roots.
      const double s = 1.0 + beta - lambda;
      const auto form = [&](Eigen::Index t) {
        return x(t, 0) * x(t, 0) - s * x(t, 0) * x(t - 1, 0) +
               beta * x(t - 1, 0) * x(t - 1, 0);
      };
      CHECK(close(form(101) / form(1), std::pow(beta, 100), {.rel = 1e-8}));
    }
    CHECK(heavy_ball_rate(0.0099, {1.0, beta}) > 0.9 + 1e-3);
    CHECK(heavy_ball_rate(3.611, {1.0, beta}) > 0.9 + 1e-3);
    // Below the band the ball creeps, as gradient descent with eta / (1 - beta)
    // does: to second order in eta lambda / (1 - beta)^2.
    CHECK(close(heavy_ball_rate(1e-6, {1.0, beta}), 1.0 - 1e-6 / 0.19,
                {.abs = 1e-9}));
    EVIDENCE("rate at lambda = 0.001", heavy_ball_rate(1e-3, {1.0, beta}));
    EVIDENCE("rate at lambda = 0.1", heavy_ball_rate(0.1, {1.0, beta}));
  }

  TEST_CASE("a_steady_gradient_is_worth_ten") {
    HeavyBall ball(1, {.eta = 0.01, .beta = 0.9});
    std::vector<double> steps;
    for (int t = 1; t <= 400; ++t) {
      steps.push_back(-move(ball, 2.0) / (0.01 * 2.0));
      // 1 + beta + ... + beta^(t-1), each term rounded once.
      CHECK(
          close(steps.back(), (1.0 - std::pow(0.9, t)) / 0.1, {.rel = 1e-13}));
    }
    CHECK(close(steps.back(), 10.0, {.rel = 1e-13}));
    EVIDENCE_SERIES("step in units of eta g", steps);
    // And one that changes sign at every step is worth half.
    HeavyBall shaken(1, {.eta = 1.0, .beta = 0.9});
    double last = 0.0;
    for (int t = 0; t < 400; ++t) last = move(shaken, t % 2 == 0 ? 1.0 : -1.0);
    CHECK(close(last, 1.0 / 1.9, {.rel = 1e-13}));
    EVIDENCE("step for an alternating gradient", last);
  }

  TEST_CASE("averaging_needs_a_larger_eta") {
    // v = beta v + (1 - beta) g, with eta and with eta / (1 - beta).
    const double beta = 0.9, eta = 0.002;
    const Vector curvatures{{1.0, 7.0}};
    const auto averaged = [&](double rate) {
      Vector x = Vector::Ones(2), v = Vector::Zero(2);
      Matrix points(201, 2);
      points.row(0) = x.transpose();
      for (Eigen::Index t = 1; t <= 200; ++t) {
        v = beta * v + (1.0 - beta) * curvatures.cwiseProduct(x);
        x -= rate * v;
        points.row(t) = x.transpose();
      }
      return points;
    };
    const Matrix ball = path(curvatures, {eta, beta}, 200);
    // 200 steps with some five roundings each of numbers up to 2.
    CHECK(close(averaged(eta / (1.0 - beta)), ball, {.abs = 1000 * eps}));
    CHECK(ball.row(200).norm() < 0.03);
    CHECK(averaged(eta).row(200).norm() > 10.0 * ball.row(200).norm());
    EVIDENCE("distance after 200 steps, sum", ball.row(200).norm());
    EVIDENCE("distance, mean with the same eta", averaged(eta).row(200).norm());
  }

  TEST_CASE("eta_outside_the_velocity_obeys_at_once") {
    HeavyBall ball(1, {.eta = 1.0, .beta = 0.9});
    double inside = 0.0;  // v = beta v + eta g
    for (int t = 0; t < 400; ++t) {
      move(ball, 1.0);
      inside = 0.9 * inside + 1.0;
    }
    CHECK(close(inside, 10.0, {.rel = 1e-13}));
    ball.set_eta(0.1);
    inside = 0.9 * inside + 0.1;
    CHECK(close(-move(ball, 1.0), 1.0, {.rel = 1e-13}));
    CHECK(close(inside, 9.1, {.rel = 1e-13}));
    int steps = 1;
    for (; inside > 1.1; ++steps) {
      inside = 0.9 * inside + 0.1;
      CHECK(close(-move(ball, 1.0), 1.0, {.rel = 1e-13}));
    }
    CHECK(steps == 43);  // 9 * 0.9^k <= 0.1
    EVIDENCE("steps until the inner eta has arrived to 10 %", steps);
  }

  TEST_CASE("the_stability_range_widens") {
    const double beta = 0.9;  // 2 (1 + beta) = 3.8
    const auto size_after = [&](double eta) {
      return std::abs(path(Vector{{1.0}}, {eta, beta}, 2000)(2000, 0));
    };
    CHECK(size_after(3.7) < 1e-12);
    CHECK(size_after(3.79) < 1e-12);
    CHECK(size_after(3.81) > 1e12);
    CHECK(size_after(3.9) > 1e12);
    CHECK(heavy_ball_rate(1.0, {3.79, beta}) < 1.0);
    CHECK(close(heavy_ball_rate(1.0, {3.8, beta}), 1.0, {.rel = 16 * eps}));
    CHECK(heavy_ball_rate(1.0, {3.81, beta}) > 1.0);
    // Without a memory the limit is 2.
    CHECK(heavy_ball_rate(1.0, {1.99, 0.0}) < 1.0);
    CHECK(heavy_ball_rate(1.0, {2.01, 0.0}) > 1.0);
  }

  TEST_CASE("the_error_first_grows") {
    for (const double kappa : {25.0, 100.0, 10'000.0}) {
      CAPTURE(kappa);
      const MomentumOptions best = optimal_heavy_ball(1.0, kappa);
      const double rho = (std::sqrt(kappa) - 1.0) / (std::sqrt(kappa) + 1.0);
      const Eigen::Index steps = 300;
      const Matrix got = path(Vector{{1.0, kappa}}, best, steps);
      Matrix want(steps + 1, 2);
      for (Eigen::Index k = 0; k <= steps; ++k) {
        const auto t = static_cast<double>(k);
        want(k, 0) = (1.0 + (1.0 - rho) * t) * std::pow(rho, t);
        want(k, 1) = (1.0 + (1.0 + rho) * t) * std::pow(-rho, t);
      }
      // A rounding of eta or beta moves the roots by its square root and x_k
      // by about k^2 roundings: 1e5 of them, of numbers up to 40.
      CHECK(close(got, want, {.abs = 1e-9}));
      const double peak = got.col(1).cwiseAbs().maxCoeff();
      // (2 k) rho^k is largest at k = sqrt(kappa) / 2, where it is
      // sqrt(kappa) / e; the 1 in front and whole steps matter less and less.
      CHECK(close(peak, std::sqrt(kappa) / std::exp(1.0),
                  {.rel = 2.0 / std::sqrt(kappa)}));
      CHECK(got.col(0).maxCoeff() == 1.0);
      EVIDENCE("peak over start", peak);
    }
    // The loss rises again and again, also for beta = 0.9 and a tiny eta.
    const Matrix x = path(Vector{{1.0}}, {0.01, 0.9}, 2000);
    const Matrix plain = path(Vector{{1.0}}, {0.01, 0.0}, 2000);
    int rises = 0;
    for (Eigen::Index t = 1; t <= 2000; ++t) {
      if (std::abs(x(t, 0)) > std::abs(x(t - 1, 0))) ++rises;
      CHECK_UNARY(std::abs(plain(t, 0)) < std::abs(plain(t - 1, 0)));
    }
    CHECK(rises > 100);
    CHECK(std::abs(x(2000, 0)) < 1e-40);
    EVIDENCE("steps of 2000 on which the loss rose", rises);
  }

  TEST_CASE("the_best_tuning_can_cycle_for_ever") {
    const MomentumOptions best = optimal_heavy_ball(1.0, 25.0);
    CHECK(close(best.eta, 1.0 / 9.0, {.ulps = 2}));
    CHECK(close(best.beta, 4.0 / 9.0, {.ulps = 2}));
    const auto run = [](const MomentumOptions& options, int steps) {
      HeavyBall ball(1, options);
      Vector x = Vector::Constant(1, 3.3);
      std::vector<double> points;
      for (int t = 0; t < steps; ++t) {
        ball.step(x, Vector::Constant(1, kinked(x(0))));
        points.push_back(x(0));
      }
      return points;
    };
    const std::vector<double> points = run(best, 3000);
    const std::vector<double> last(points.end() - 3, points.end());
    CHECK(close(
        last, std::vector<double>{-2208.0 / 1225, 2592.0 / 1225, 792.0 / 1225},
        {.abs = 1e-12}));
    EVIDENCE_SERIES("heavy ball",
                    std::vector<double>(points.begin(), points.begin() + 60));
    // On a quadratic with these curvatures it would shrink by 2/3 a step.
    CHECK(close(heavy_ball_rate(5.0, best), 2.0 / 3.0, {.rel = 4 * eps}));
    // Gradient descent leaves at most 1 - 1/25 of the distance each time.
    const std::vector<double> plain = run({1.0 / 25.0, 0.0}, 1000);
    CHECK(std::abs(plain.back()) < 1e-12);
  }

  TEST_CASE("momentum_does_not_average_the_noise_away") {
    const auto floor = [](double eta, double beta, double lambda) {
      return eta * (1.0 + beta) /
             ((1.0 - beta) * lambda * (2.0 * (1.0 + beta) - eta * lambda));
    };
    for (const double lambda : {0.5, 1.0, 3.0}) {
      for (const double beta : {0.0, 0.5, 0.9}) {
        CAPTURE(lambda);
        CAPTURE(beta);
        CHECK(close(response_to_noise(lambda, {0.01, beta}),
                    floor(0.01, beta, lambda), {.rel = 1e-12}));
      }
    }
    // Ten times the floor at the same eta, and the floor of SGD with 10 eta.
    const double ball = response_to_noise(1.0, {0.001, 0.9});
    CHECK(close(ball / response_to_noise(1.0, {0.001, 0.0}), 10.0,
                {.rel = 0.005}));
    CHECK(
        close(ball / response_to_noise(1.0, {0.01, 0.0}), 1.0, {.rel = 0.005}));
    EVIDENCE("variance with eta = 0.001 and beta = 0.9", ball);
    EVIDENCE("without momentum", response_to_noise(1.0, {0.001, 0.0}));
    EVIDENCE("without momentum, eta = 0.01",
             response_to_noise(1.0, {0.01, 0.0}));
  }

  TEST_CASE("ten_times_fewer_steps_on_real_data") {
    const Table table = data_set("diabetes");
    const Matrix X = standardized(table.features());
    Vector y = table.numbers("progression");
    y.array() -= y.mean();
    const auto n = static_cast<double>(y.size());
    const Matrix H = X.transpose() * X / n;
    const Vector b = X.transpose() * y / n;
    // numpy.linalg.eigvalsh of the correlation matrix, NumPy 1.24.2.
    const double mu = 0.008560729827053033, L = 4.0242107501527835;
    // The share of the variance that the best fit explains: see
    // optimization/gradient_descent. scikit-learn 1.2.1.
    const double score = 0.5177484222203499;
    const double start = y.squaredNorm() / (2.0 * n);
    const auto gaps = [&](const MomentumOptions& options, Eigen::Index steps) {
      HeavyBall ball(X.cols(), options);
      Vector w = Vector::Zero(X.cols());
      Vector gap(steps + 1);
      for (Eigen::Index t = 0; t <= steps; ++t) {
        const double loss = (0.5 * w.dot(H * w) - b.dot(w)) / start;
        gap(t) = 1.0 + loss / score;
        ball.step(w, H * w - b);
      }
      return gap;
    };
    const Vector best = gaps(optimal_heavy_ball(mu, L), 300);
    const Vector usual = gaps({1.0 / L, 0.9}, 300);
    const Vector plain = gaps({2.0 / (mu + L), 0.0}, 2000);
    // Counted with the same loops in NumPy 1.24.2.
    CHECK(steps_to(1e-6, plain) == 1565);
    CHECK(steps_to(1e-6, best) == 132);
    CHECK(steps_to(1e-6, usual) == 167);
    CHECK(close(best.maxCoeff(), 38.0785525838072, {.rel = 1e-9}));
    EVIDENCE_SERIES("gap, best heavy ball", best);
    EVIDENCE_SERIES("gap, 1 / L and beta = 0.9", usual);
    EVIDENCE_SERIES("gap, gradient descent", plain.head(300));
  }
}

TEST_SUITE("optimization/momentum extra") {
  TEST_CASE("the velocity form is the two-point form") {
    const Matrix H{{3.0, 1.0}, {1.0, 10.0}};
    HeavyBall ball(2, {.eta = 0.05, .beta = 0.7});
    Vector x{{1.0, -2.0}};
    Vector before = x, here = x;
    for (int t = 0; t < 20; ++t) {
      ball.step(x, H * x);
      const Vector next = here - 0.05 * (H * here) + 0.7 * (here - before);
      before = here;
      here = next;
      CHECK(close(x, here, {.abs = 100 * eps}));
    }
  }

  TEST_CASE("without a memory it is gradient descent") {
    HeavyBall ball(2, {.eta = 0.25, .beta = 0.0});
    Vector x{{1.0, -2.0}};
    ball.step(x, Vector{{4.0, 8.0}});
    ball.step(x, Vector{{4.0, 8.0}});
    CHECK(x == Vector{{-1.0, -6.0}});
    const MomentumOptions one = optimal_heavy_ball(4.0, 4.0);
    CHECK(one.eta == 0.25);
    CHECK(one.beta == 0.0);
    CHECK(heavy_ball_rate(4.0, one) == 0.0);
  }

  TEST_CASE("a NaN in the gradient stays with its weight and no other") {
    HeavyBall ball(2, {.eta = 0.5});
    Vector x = Vector::Zero(2);
    ball.step(x, Vector{{std::nan(""), 1.0}});
    ball.step(x, Vector{{1.0, 0.0}});
    CHECK(std::isnan(x(0)));
    CHECK(close(x(1), -0.95, {.ulps = 2}));
  }

  TEST_CASE("no weights are no problem") {
    HeavyBall ball(0);
    Vector x;
    ball.step(x, Vector());
    CHECK(x.size() == 0);
  }

  TEST_CASE("arguments that break the contract are refused") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinity = std::numeric_limits<double>::infinity();
    for (const double eta : {0.0, -1.0, nan, infinity}) {
      CAPTURE(eta);
      CHECK_THROWS_AS(HeavyBall(1, {.eta = eta}), std::invalid_argument);
      CHECK_THROWS_AS(heavy_ball_rate(1.0, {.eta = eta}),
                      std::invalid_argument);
      HeavyBall ball(1);
      CHECK_THROWS_AS(ball.set_eta(eta), std::invalid_argument);
      CHECK(close(move(ball, 1.0), -0.01));  // and keeps the old one
    }
    for (const double beta : {-0.1, 1.0, nan}) {
      CHECK_THROWS_AS(HeavyBall(1, {.beta = beta}), std::invalid_argument);
    }
    CHECK_THROWS_WITH(HeavyBall(1, {.eta = 0.0}),
                      "momentum: need a finite eta > 0, got 0");
    CHECK_THROWS_WITH(HeavyBall(1, {.beta = 1.0}),
                      "momentum: need 0 <= beta < 1, got 1");
    CHECK_THROWS_WITH(HeavyBall(-1), "HeavyBall: need dim >= 0, got -1");
    CHECK_THROWS_WITH(heavy_ball_rate(0.0, {}),
                      "heavy_ball_rate: need a finite lambda > 0, got 0");
    CHECK_THROWS_AS(heavy_ball_rate(infinity, {}), std::invalid_argument);
    CHECK_THROWS_WITH(
        optimal_heavy_ball(3.0, 2.0),
        "optimal_heavy_ball: need 0 < mu <= L, got mu = 3, L = 2");
    CHECK_THROWS_AS(optimal_heavy_ball(0.0, 1.0), std::invalid_argument);
    CHECK_THROWS_AS(optimal_heavy_ball(1.0, infinity), std::invalid_argument);

    HeavyBall ball(2);
    Vector two = Vector::Zero(2), three = Vector::Zero(3);
    CHECK_THROWS_WITH(ball.step(three, two),
                      "HeavyBall: made for 2 weights, got 3 and a gradient "
                      "of 2");
    CHECK_THROWS_AS(ball.step(two, three), std::invalid_argument);
  }
}
