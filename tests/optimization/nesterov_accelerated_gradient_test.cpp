// Verifies the claims of questions/optimization/nesterov_accelerated_gradient
// .md. Conjugate gradients and the heavy ball are loops of their own here.
#include <whiteboard/optimization/nesterov_accelerated_gradient.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::optimization;
using whiteboard::testing::data_set;
using whiteboard::testing::gaussian;
using whiteboard::testing::standardized;

namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();

/// f - f* at each point of a path, from the values themselves.
std::vector<double> gaps(const Quadratic& f, const std::vector<Vector>& path) {
  std::vector<double> result;
  for (const Vector& x : path) {
    result.push_back(0.5 * x.dot(f.A * x) - f.b.dot(x) - f.lowest);
  }
  return result;
}

int rises(const std::vector<double>& values) {
  int count = 0;
  for (std::size_t k = 1; k < values.size(); ++k) {
    if (values[k] > values[k - 1]) ++count;
  }
  return count;
}

std::vector<Vector> conjugate_gradient(const Quadratic& f, int steps) {
  Vector x = Vector::Zero(f.b.size()), r = f.b, p = f.b;
  std::vector<Vector> path{x};
  for (int k = 0; k < steps; ++k) {
    const Vector Ap = f.A * p;
    const double before = r.squaredNorm(), alpha = before / p.dot(Ap);
    x += alpha * p;
    r -= alpha * Ap;
    p = r + r.squaredNorm() / before * p;
    path.push_back(x);
  }
  return path;
}

/// Polyak's, with the best tuning for the spectrum of the worst case, whose
/// eigenvalues are (1 - cos(j pi / (d + 1))) L / 2.
std::vector<Vector> heavy_ball(const Quadratic& f, int steps) {
  const auto n = static_cast<double>(f.b.size() + 1);
  const double low = std::sin(std::acos(-1.0) / (2.0 * n));
  const double high = std::cos(std::acos(-1.0) / (2.0 * n));
  const double beta = std::pow((high - low) / (high + low), 2);
  const double eta = 4.0 / ((high + low) * (high + low));
  Vector x = Vector::Zero(f.b.size()), v = x;
  std::vector<Vector> path{x};
  for (int k = 0; k < steps; ++k) {
    v = beta * v + f.A * x - f.b;
    x -= eta * v;
    path.push_back(x);
  }
  return path;
}

template <class Gradient>
std::vector<Vector> path_of(const Gradient& gradient, const Vector& x0,
                            double L, int steps, bool restart = false) {
  return nesterov(gradient, x0, L, {.max_steps = steps, .keep_path = true},
                  restart)
      .path;
}

/// Worst |product of (1 - eta lambda)| on a grid of [1, kappa].
double worst_factor(const std::vector<double>& steps, double kappa) {
  double worst = 0.0;
  for (int i = 0; i <= 5000; ++i) {
    const double lambda = 1.0 + (kappa - 1.0) * i / 5000.0;
    double factor = 1.0;
    for (const double eta : steps) factor *= 1.0 - eta * lambda;
    worst = std::fmax(worst, std::abs(factor));
  }
  return worst;
}

}  // namespace

TEST_SUITE("optimization/nesterov_accelerated_gradient") {
  TEST_CASE("the_gap_falls_like_one_over_k_squared") {
    // The worst case of dimension 81, L = 1.
    const Quadratic f = worst_case_quadratic(40, 1.0);
    const auto gradient = [&](const Vector& x) -> Vector {
      return f.A * x - f.b;
    };
    const Vector zero = Vector::Zero(f.b.size());
    const double R2 = f.minimiser.squaredNorm();
    const std::vector<double> fast = gaps(f, path_of(gradient, zero, 1.0, 500));
    const std::vector<double> slow =
        gaps(f, gradient_descent(gradient, zero, 1.0,
                                 {.max_steps = 500, .keep_path = true})
                    .path);
    REQUIRE(fast.size() == 501);
    double most = 0.0;
    for (std::size_t k = 1; k <= 500; ++k) {
      const double n = static_cast<double>(k) + 1.0;
      const double bound = 2.0 * R2 / (n * n);
      CHECK_UNARY(fast[k] <= bound);
      most = std::fmax(most, fast[k] / bound);
    }
    CHECK(slow[500] > 2.0 * R2 / (501.0 * 501.0));  // not so for plain descent
    EVIDENCE_SERIES("gap, Nesterov", fast);
    EVIDENCE_SERIES("gap, gradient descent", slow);
    EVIDENCE("largest share of the bound, worst case", most);

    // Logistic loss with every sample of breast cancer under both labels: the
    // mean of 2 log(2 cosh(z / 2)), lowest at w = 0, curvature at most 1/2 z'z.
    const Matrix X = standardized(data_set("breast_cancer").features());
    const auto n = static_cast<double>(X.rows());
    // numpy.linalg.norm(X, 2)**2 / n is 13.2816076822; half, rounded up.
    const double L = 6.641;
    const auto loss = [&](const Vector& w) {
      const Eigen::ArrayXd z = (X * w).array().abs();
      return (z + 2.0 * (1.0 + (-z).exp()).log() - 2.0 * std::log(2.0)).sum() /
             n;
    };
    const auto slope = [&](const Vector& w) -> Vector {
      const Vector tanh = (0.5 * (X * w).array()).tanh();
      return X.transpose() * tanh / n;
    };
    const Vector start = Vector::Ones(30);
    const std::vector<Vector> path = path_of(slope, start, L, 100);
    REQUIRE(path.size() == 101);
    double most_logistic = 0.0;
    for (std::size_t k = 1; k <= 100; ++k) {
      const double steps = static_cast<double>(k) + 1.0;
      const double bound = 2.0 * L * 30.0 / (steps * steps);
      CHECK_UNARY(loss(path[k]) <= bound);
      most_logistic = std::fmax(most_logistic, loss(path[k]) / bound);
    }
    EVIDENCE("largest share of the bound, logistic", most_logistic);
  }

  TEST_CASE("no_first_order_method_beats_the_worst_case") {
    for (const int k : {1, 3, 10, 30}) {
      CAPTURE(k);
      const Quadratic f = worst_case_quadratic(k, 1.0);
      const auto gradient = [&](const Vector& x) -> Vector {
        return f.A * x - f.b;
      };
      const Vector zero = Vector::Zero(f.b.size());
      const auto steps = static_cast<std::size_t>(k);
      const double n = k + 1.0;
      const double bound = 3.0 * f.minimiser.squaredNorm() / (32.0 * n * n);
      const double cg = gaps(f, conjugate_gradient(f, k))[steps];
      const double accelerated =
          gaps(f, path_of(gradient, zero, 1.0, k))[steps];
      const double ball = gaps(f, heavy_ball(f, k))[steps];
      const double plain =
          gaps(f, gradient_descent(gradient, zero, 1.0,
                                   {.max_steps = k, .keep_path = true})
                      .path)[steps];
      CHECK(cg >= bound);
      // Conjugate gradients are the best in the span; their gap by hand: the
      // same function with k in place of 2 k + 1 dimensions.
      CHECK(close(cg, (1.0 / n - 1.0 / (2.0 * n)) / 8.0, {.rel = 1e-11}));
      for (const double other : {accelerated, ball, plain}) {
        CHECK(other >= cg * (1.0 - 1e-11));
      }
      // After k steps no entry beyond the k-th has moved.
      CHECK(path_of(gradient, zero, 1.0, k).back().tail(k + 1) ==
            Vector::Zero(k + 1));
      if (k == 10) {
        CHECK(close(bound, 0.0053003, {.abs = 5e-8}));
        CHECK(close(cg, 0.0056818, {.abs = 5e-8}));
        CHECK(close(accelerated, 0.015662, {.abs = 5e-7}));  // NumPy
        CHECK(close(plain, 0.024915, {.abs = 5e-7}));
        EVIDENCE("lower bound", bound);
        EVIDENCE("conjugate gradients", cg);
        EVIDENCE("heavy ball", ball);
        EVIDENCE("Nesterov", accelerated);
        EVIDENCE("gradient descent", plain);
      }
    }
  }

  TEST_CASE("constant_momentum_gives_one_minus_one_over_root_kappa") {
    for (const double kappa : {4.0, 100.0, 1e4}) {
      CAPTURE(kappa);
      // Along curvature mu = 1 the root is double: (1 + k / sqrt(kappa)) rho^k.
      const double root = std::sqrt(kappa), rho = 1.0 - 1.0 / root;
      const auto gradient = [&](const Vector& x) -> Vector {
        return Vector{{x(0), kappa * x(1), std::sqrt(kappa) * x(2)}};
      };
      const auto run =
          nesterov_strongly_convex(gradient, Vector::Ones(3), 1.0, kappa,
                                   {.max_steps = 100, .keep_path = true});
      REQUIRE(run.path.size() == 101);
      for (std::size_t k = 0; k <= 100; ++k) {
        const auto steps = static_cast<double>(k);
        CHECK_UNARY(close(run.path[k](0),
                          (1.0 + steps / root) * std::pow(rho, steps),
                          {.abs = 1e-12})
                        .ok);
        // One step of 1 / L from y solves the steepest direction, and the
        // momentum may put y beside it: it stays solved.
        if (k > 0) CHECK_UNARY(std::abs(run.path[k](1)) < 1e-14);
        // All others are faster.
        CHECK_UNARY(std::abs(run.path[k](2)) <=
                    (1.0 + steps / root) * std::pow(rho, steps) + 1e-12);
      }
      if (kappa == 100.0) {
        std::vector<double> slow;
        for (const Vector& x : run.path) slow.push_back(x(0));
        EVIDENCE_SERIES("slowest direction at kappa = 100", slow);
        EVIDENCE("rate", rho);
      }
    }
  }

  TEST_CASE("chebyshev_steps_need_no_memory") {
    for (const int K : {1, 2, 7, 16, 33}) {
      CAPTURE(K);
      const std::vector<double> steps = chebyshev_steps(1.0, 100.0, K);
      REQUIRE(steps.size() == static_cast<std::size_t>(K));
      // The maximum is attained at 1, which is on the grid.
      CHECK(close(worst_factor(steps, 100.0), chebyshev_bound(1.0, 100.0, K),
                  {.rel = 1e-11}));
    }
    // One step is the best fixed step.
    CHECK(close(chebyshev_steps(1.0, 100.0, 1)[0], 2.0 / 101.0, {.ulps = 4}));
    CHECK(close(chebyshev_bound(1.0, 100.0, 16), 0.080523, {.abs = 5e-7}));
    const std::vector<double> steps = chebyshev_steps(1.0, 100.0, 16);
    const double longest = *std::max_element(steps.begin(), steps.end());
    CHECK(close(longest, 0.8075, {.abs = 5e-5}));
    CHECK(longest / 0.02 > 40.0);
    const double fixed =
        worst_factor(std::vector<double>(16, 2.0 / 101.0), 100.0);
    CHECK(close(fixed, 0.726141, {.abs = 5e-7}));
    EVIDENCE("left by 16 Chebyshev steps", worst_factor(steps, 100.0));
    EVIDENCE("left by 16 best fixed steps", fixed);
    EVIDENCE("longest step over 2 / L", longest / 0.02);
    EVIDENCE_SERIES("the 16 steps in their order", steps);
  }

  TEST_CASE("the_order_of_the_steps_decides") {
    // Curvatures 1 to 100 in axes that are not those of the coordinates.
    std::mt19937_64 rng(3);
    const Vector u = gaussian(20, 1, rng).col(0).normalized();
    const Matrix Q = Matrix::Identity(20, 20) - 2.0 * u * u.transpose();
    const Matrix A = Q * Vector::LinSpaced(20, 1.0, 100.0).asDiagonal() * Q;
    const Vector truth = gaussian(20, 1, rng);
    const Vector b = A * truth;
    const auto gradient = [&](const Vector& x) -> Vector { return A * x - b; };
    const auto worst_and_last = [&](const std::vector<double>& steps) {
      const auto run =
          gradient_descent(gradient, Vector::Zero(20), steps, true);
      double worst = 0.0;
      for (const Vector& x : run.path) {
        worst = std::fmax(worst, (x - truth).norm() / truth.norm());
      }
      return Vector{{worst, (run.x - truth).norm() / truth.norm()}};
    };
    for (const int K : {48, 64}) {
      CAPTURE(K);
      std::vector<double> steps = chebyshev_steps(1.0, 100.0, K);
      const Vector mixed = worst_and_last(steps);
      std::sort(steps.begin(), steps.end());
      const Vector rising = worst_and_last(steps);
      std::reverse(steps.begin(), steps.end());
      const Vector falling = worst_and_last(steps);
      // Some 1e3 roundings, amplified by no more than the path itself is.
      CHECK(mixed(1) <= chebyshev_bound(1.0, 100.0, K) + 1e-12);
      CHECK(mixed(0) < 2.0);
      CHECK(rising(1) > (K == 64 ? 1e6 : 1.0));
      CHECK(falling(0) > 1e12);
      CHECK(falling(1) > (K == 64 ? 1e6 : 1.0));
      EVIDENCE("error at the end, mixed", mixed(1));
      EVIDENCE("error at the end, short steps first", rising(1));
      EVIDENCE("error at the end, long steps first", falling(1));
    }
  }

  TEST_CASE("restarting_finds_the_linear_rate") {
    const Quadratic f = worst_case_quadratic(20, 1.0);  // kappa = 714
    const auto gradient = [&](const Vector& x) -> Vector {
      return f.A * x - f.b;
    };
    const Vector zero = Vector::Zero(f.b.size());
    const auto plain =
        nesterov(gradient, zero, 1.0, {.max_steps = 500, .keep_path = true});
    const std::vector<double> ripples = gaps(f, plain.path);
    const std::vector<double> restarted =
        gaps(f, path_of(gradient, zero, 1.0, 500, true));
    REQUIRE(ripples.size() == 501);
    REQUIRE(restarted.size() == 501);
    CHECK(rises(ripples) > 150);
    // The values of f round at 1e-17, so look before they are down there.
    const std::vector<double> early(restarted.begin(), restarted.begin() + 201);
    CHECK(rises(early) <= 12);
    CHECK(ripples[500] > 1e-7);
    CHECK(std::abs(restarted[500]) < 1e-15);
    CHECK(restarted[200] < 1e-3 * ripples[200]);
    EVIDENCE("steps of 500 that went up, without restart", rises(ripples));
    EVIDENCE("of the first 200, with restart", rises(early));
    EVIDENCE_SERIES(
        "gap without restart",
        std::vector<double>(ripples.begin(), ripples.begin() + 200));
    EVIDENCE_SERIES("gap with restart", early);
  }

  TEST_CASE("it_converges_where_the_heavy_ball_cycles") {
    // Curvature 25, 1 and 25: see optimization/momentum.
    const auto gradient = [](const Vector& at) -> Vector {
      const double x = at(0);
      return Vector{{x < 1.0   ? 25.0 * x
                     : x < 2.0 ? x + 24.0
                               : 25.0 * x - 24.0}};
    };
    for (const double start : {3.3, -7.0, 1.5, 100.0}) {
      const auto run =
          nesterov_strongly_convex(gradient, Vector{{start}}, 1.0, 25.0,
                                   {.max_steps = 300, .tolerance = 1e-12});
      CHECK(run.converged);
      CHECK(std::abs(run.x(0)) < 1e-12);
    }
    double x = 3.3, v = 0.0;
    for (int k = 0; k < 300; ++k) {
      v = 4.0 / 9.0 * v + gradient(Vector{{x}})(0);
      x -= v / 9.0;
    }
    CHECK(std::abs(x) > 0.6);
    EVIDENCE("heavy ball after 300 steps from 3.3", x);
  }

  TEST_CASE("noise_takes_the_gain_back") {
    // One unit of noise in the first gradient; the sum of squares of what it
    // does is the stationary variance under white noise of variance 1.
    const auto response = [](bool accelerated) {
      int calls = 0;
      const auto gradient = [&](const Vector& x) -> Vector {
        return x + Vector::Constant(1, calls++ == 0 ? 1.0 : 0.0);
      };
      const GradientDescentOptions options{.max_steps = 2500,
                                           .keep_path = true};
      const Vector zero = Vector::Zero(1);
      const auto run =
          accelerated
              ? nesterov_strongly_convex(gradient, zero, 1.0, 100.0, options)
              : gradient_descent(gradient, zero, 0.01, options);
      double total = 0.0;
      for (const Vector& x : run.path) total += x.squaredNorm();
      return total;
    };
    const double plain = response(false), fast = response(true);
    CHECK(close(plain, 0.01 / 1.99, {.rel = 1e-12}));
    CHECK(close(fast / plain, 5.251348593089357, {.rel = 1e-9}));  // NumPy
    EVIDENCE("noise floor over that of gradient descent", fast / plain);
  }
}

TEST_SUITE("optimization/nesterov_accelerated_gradient extra") {
  TEST_CASE("three steps by hand") {
    // f = x^2 / 2 with L = 2 from 1: y0 = 1, x1 = 1/2, momentum 0, y1 = 1/2,
    // x2 = 1/4, t2 = 1.618, t3 = (1 + sqrt(1 + 4 t2^2)) / 2, ...
    const auto gradient = [](const Vector& x) -> Vector { return x; };
    const auto run = nesterov(gradient, Vector{{1.0}}, 2.0,
                              {.max_steps = 3, .keep_path = true});
    REQUIRE(run.path.size() == 4);
    CHECK(run.path[1](0) == 0.5);
    CHECK(run.path[2](0) == 0.25);
    const double t2 = (1.0 + std::sqrt(5.0)) / 2.0;
    const double t3 = (1.0 + std::sqrt(1.0 + 4.0 * t2 * t2)) / 2.0;
    CHECK(close(run.path[3](0), (0.25 - (t2 - 1.0) / t3 * 0.25) / 2.0,
                {.ulps = 4}));
    CHECK(run.x == run.path[3]);
    CHECK(close(run.gradient_norms,
                std::vector<double>{1.0, 0.5, 0.25 * (1.0 - (t2 - 1.0) / t3),
                                    run.gradient_norms[3]},
                {.ulps = 4}));
    CHECK(!run.converged);
  }

  TEST_CASE("the worst case is what it says") {
    const Quadratic f = worst_case_quadratic(2, 8.0);
    REQUIRE(f.A.rows() == 5);
    CHECK(f.A.row(0) == Eigen::RowVectorXd{{4.0, -2.0, 0.0, 0.0, 0.0}});
    CHECK(f.A == f.A.transpose());
    CHECK(close(f.A * f.minimiser, f.b, {.abs = 16 * eps}));
    CHECK(close(-0.5 * f.b.dot(f.minimiser), f.lowest, {.rel = 8 * eps}));
    // Curvatures (1 - cos(j pi / 6)) L / 2, all below L.
    const Vector top{{0.5, -std::sqrt(0.75), 1.0, -std::sqrt(0.75), 0.5}};
    CHECK(close(f.A * top, 8.0 * (1.0 + std::sqrt(0.75)) / 2.0 * top,
                {.abs = 64 * eps}));
  }

  TEST_CASE("a converged run returns the point of its gradient") {
    const auto gradient = [](const Vector& x) -> Vector { return x; };
    const auto at_once = nesterov(gradient, Vector{{0.0}}, 1.0, {});
    CHECK(at_once.converged);
    CHECK(at_once.gradient_norms.size() == 1);
    const auto run =
        nesterov(gradient, Vector{{1.0}}, 3.0,
                 {.max_steps = 1000, .tolerance = 1e-3, .keep_path = true});
    REQUIRE(run.converged);
    CHECK(run.x.norm() == run.gradient_norms.back());
    CHECK(run.path.back() == run.x);
    CHECK(run.path.size() == run.gradient_norms.size());
    const auto none = nesterov(gradient, Vector{{1.0}}, 3.0, {.max_steps = 0});
    CHECK(none.x(0) == 1.0);
  }

  TEST_CASE("a diverging run ends when its gradient overflows") {
    const auto run = nesterov([](const Vector& x) -> Vector { return 9.0 * x; },
                              Vector{{1.0}}, 1.0, {.max_steps = 100'000});
    CHECK(!run.converged);
    CHECK(run.gradient_norms.size() < 1000);
  }

  TEST_CASE("arguments that break the contract are refused") {
    const auto gradient = [](const Vector& x) -> Vector { return x; };
    const auto longer = [](const Vector&) -> Vector { return Vector::Ones(2); };
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinity = std::numeric_limits<double>::infinity();
    const Vector x{{1.0}};
    for (const double L : {0.0, -1.0, nan, infinity}) {
      CAPTURE(L);
      CHECK_THROWS_AS(nesterov(gradient, x, L, {}), std::invalid_argument);
      CHECK_THROWS_AS(nesterov_strongly_convex(gradient, x, 1.0, L, {}),
                      std::invalid_argument);
      CHECK_THROWS_AS(worst_case_quadratic(1, L), std::invalid_argument);
      CHECK_THROWS_AS(chebyshev_steps(1.0, L, 1), std::invalid_argument);
      CHECK_THROWS_AS(chebyshev_bound(1.0, L, 1), std::invalid_argument);
    }
    for (const double mu : {0.0, -1.0, 2.0, nan}) {
      CHECK_THROWS_AS(nesterov_strongly_convex(gradient, x, mu, 2.0, {}),
                      std::invalid_argument);
      CHECK_THROWS_AS(chebyshev_steps(mu, 2.0, 1), std::invalid_argument);
      CHECK_THROWS_AS(chebyshev_bound(mu, 2.0, 1), std::invalid_argument);
    }
    CHECK_THROWS_WITH(nesterov(gradient, x, 0.0, {}),
                      "nesterov: need a finite L > 0, got 0");
    CHECK_THROWS_WITH(nesterov_strongly_convex(gradient, x, 3.0, 2.0, {}),
                      "nesterov: need 0 < mu < L, got mu = 3, L = 2");
    CHECK_THROWS_WITH(nesterov(gradient, x, 1.0, {.max_steps = -1}),
                      "nesterov: need max_steps >= 0, got -1");
    CHECK_THROWS_AS(nesterov(gradient, x, 1.0, {.tolerance = nan}),
                    std::invalid_argument);
    CHECK_THROWS_WITH(nesterov(gradient, Vector(), 1.0, {}),
                      "nesterov: x0 is empty");
    CHECK_THROWS_WITH(nesterov(gradient, Vector{{nan}}, 1.0, {}),
                      "nesterov: x0(0) is nan");
    CHECK_THROWS_WITH(nesterov(longer, x, 1.0, {}),
                      "nesterov: x has 1 elements, its gradient 2");
    CHECK_THROWS_WITH(worst_case_quadratic(0, 1.0),
                      "worst_case_quadratic: need k >= 1, got 0");
    CHECK_THROWS_WITH(chebyshev_steps(1.0, 2.0, 0),
                      "chebyshev_steps: need K >= 1, got 0");
    CHECK_THROWS_WITH(chebyshev_bound(1.0, 2.0, 0),
                      "chebyshev_bound: need K >= 1, got 0");
    CHECK_THROWS_WITH(gradient_descent(gradient, x, std::vector{0.1, -1.0}),
                      "gradient_descent: need finite steps > 0, got -1");
    CHECK(gradient_descent(gradient, x, std::vector<double>{}).x == x);
  }
}
