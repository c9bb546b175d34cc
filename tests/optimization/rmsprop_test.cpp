// Verifies the claims of questions/optimization/rmsprop.md. AdaGrad and plain
// descent are loops of their own here.
#include <whiteboard/optimization/rmsprop.hpp>

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

namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();

/// By how much a single weight moves when it sees gradient g.
template <class Optimizer>
double move(Optimizer& optimizer, double g) {
  Vector x = Vector::Zero(1);
  optimizer.step(x, Vector::Constant(1, g));
  return x(0);
}

/// Points on lambda x^2 / 2.
template <class Optimizer>
std::vector<double> path(Optimizer optimizer, double lambda, double start,
                         int steps) {
  Vector x = Vector::Constant(1, start);
  std::vector<double> points;
  for (int t = 0; t < steps; ++t) {
    optimizer.step(x, lambda * x);
    points.push_back(x(0));
  }
  return points;
}

}  // namespace

TEST_SUITE("optimization/rmsprop") {
  TEST_CASE("the_first_steps_are_ten_times_too_long") {
    for (const double g : {1.0, -1e5, 1e-6}) {
      CAPTURE(g);
      RmsProp rms(1, {.eta = 0.5, .rho = 0.99, .epsilon = 0.0});
      std::vector<double> steps;
      for (int t = 1; t <= 1000; ++t) {
        const double step = move(rms, g) / (g > 0.0 ? -0.5 : 0.5);
        // v is rounded to 2 eps of itself each time and remembers 100 steps.
        CHECK_UNARY(close(step, 1.0 / std::sqrt(1.0 - std::pow(0.99, t)),
                          {.rel = 200 * eps})
                        .ok);
        steps.push_back(step);
      }
      CHECK(close(steps.front(), 10.0, {.rel = 1e-13}));
      CHECK(close(steps.back(), 1.0, {.rel = 3e-5}));
      if (g == 1.0) EVIDENCE_SERIES("step in units of eta", steps);
    }
    // Epsilon stands outside the root: eta / (0.1 |g| + epsilon) times g.
    RmsProp rms(1, {.eta = 1.0, .epsilon = 1e-3});
    CHECK(close(-move(rms, 0.01), 0.01 / (0.001 + 0.001), {.rel = 1e-13}));
  }

  TEST_CASE("it_forgets_a_burst_and_adagrad_does_not") {
    const auto recovery = [](int burst) {
      RmsProp rms(1, {.eta = 1.0, .epsilon = 0.0});
      for (int t = 0; t < burst; ++t) move(rms, 100.0);
      int steps = 1;
      while (std::abs(move(rms, 1.0) + 1.0) > 0.01 && steps < 5000) ++steps;
      return steps;
    };
    // v = 1 + (10^4 - 1) 0.99^t after a long burst, and 1 / sqrt(v) > 0.99.
    const double v = 1.0 / (0.99 * 0.99);
    const double longest = std::log((v - 1.0) / 9999.0) / std::log(0.99);
    CHECK(recovery(2000) == static_cast<int>(std::ceil(longest)));
    CHECK(recovery(2000) == 1305);
    CHECK(recovery(1) < 900);
    EVIDENCE("steps to recover from one gradient of 100", recovery(1));
    EVIDENCE("from two thousand of them", recovery(2000));
    // AdaGrad: eta / sqrt(sum of squares), for ever.
    const double adagrad = 1.0 / std::sqrt(2000 * 1e4 + 1305.0);
    CHECK(adagrad < 1e-3);
    EVIDENCE("step of AdaGrad at that time in units of eta", adagrad);
  }

  TEST_CASE("a_constant_step_ends_in_a_cycle") {
    for (const double rho : {0.9, 0.99}) {
      for (const double lambda : {1.0, 100.0}) {
        for (const double start : {1.0, -2.0}) {
          CAPTURE(rho);
          CAPTURE(lambda);
          const std::vector<double> x =
              path(RmsProp(1, {.eta = 0.1, .rho = rho}), lambda, start, 6000);
          // 2 |x| = eta |g| / (|g| + epsilon): 0.05 less 1e-8 / lambda.
          CHECK(close(std::abs(x[5999]), 0.05, {.abs = 1.1e-8}));
          CHECK(close(x[5998], -x[5999], {.abs = 1e-10}));
          CHECK(close(x[5997], x[5999], {.abs = 1e-10}));
        }
      }
    }
    // It had been much closer: while v remembers the large gradients of the
    // start the steps shrink with x, and later they do not.
    const std::vector<double> x =
        path(RmsProp(1, {.eta = 0.1, .rho = 0.9}), 1.0, 1.0, 500);
    double closest = 1.0;
    for (const double point : x) closest = std::fmin(closest, std::abs(point));
    CHECK(closest < 1e-15);
    CHECK(std::abs(x[499]) > 0.049);
    EVIDENCE_SERIES("x at rho = 0.9",
                    std::vector<double>(x.begin(), x.begin() + 150));
    EVIDENCE("closest on the way", closest);
  }

  TEST_CASE("it_levels_the_units_of_real_features") {
    const Table table = data_set("diabetes");
    Matrix X = table.features();
    X.rowwise() -= Eigen::RowVectorXd(X.colwise().mean());
    Vector y = table.numbers("progression");
    y.array() -= y.mean();
    const auto n = static_cast<double>(y.size());
    const Matrix H = X.transpose() * X / n;
    const Vector b = X.transpose() * y / n;
    const double start = y.squaredNorm() / (2.0 * n);
    const double score = 0.5177484222203499;  // scikit-learn 1.2.1
    const auto gaps = [&](auto advance) {
      Vector w = Vector::Zero(10);
      std::vector<double> result;
      for (int t = 0; t < 1000; ++t) {
        advance(w, H * w - b);
        const double loss = (0.5 * w.dot(H * w) - b.dot(w)) / start;
        result.push_back(1.0 + loss / score);
      }
      return result;
    };
    RmsProp rms(10, {.eta = 0.1});
    const auto adaptive =
        gaps([&](Vector& w, const Vector& g) { rms.step(w, g); });
    const auto plain = gaps([&](Vector& w, const Vector& g) {
      w -= g / 2051.445;  // 1 / L, numpy.linalg.eigvalsh
    });
    // The same loop in NumPy 1.24.2.
    CHECK(close(adaptive[99], 0.03539352445160122, {.rel = 1e-6}));
    CHECK(close(adaptive[999], 0.0072, {.abs = 0.001}));  // near its floor
    CHECK(plain[999] > 0.05);
    EVIDENCE_SERIES("gap, RMSprop", adaptive);
    EVIDENCE_SERIES("gap, gradient descent", plain);
    EVIDENCE("gap of RMSprop after 1000 steps", adaptive[999]);
    EVIDENCE("gap of gradient descent", plain[999]);
  }

  TEST_CASE("adadelta_starts_at_the_root_of_epsilon") {
    std::vector<double> steps;
    for (const double g : {1.0, 1e3, -1e6, 0.01, 1e-5}) {
      CAPTURE(g);
      AdaDelta adadelta(1);
      const double step = move(adadelta, g);
      CHECK(close(step, -std::sqrt(1e-6 / (0.1 * g * g + 1e-6)) * g,
                  {.rel = 1e-14}));
      steps.push_back(std::abs(step));
    }
    CHECK(close(steps[0], 3.162e-3, {.abs = 5e-7}));
    CHECK(close(steps[1], std::sqrt(1e-5), {.rel = 1e-9}));
    CHECK(close(steps[2], std::sqrt(1e-5), {.rel = 1e-9}));
    CHECK(steps[4] < 1.1e-5);  // the gradient is small against epsilon's root
    EVIDENCE_SERIES("first step at |g| = 1, 1e3, 1e6, 0.01, 1e-5", steps);
  }

  TEST_CASE("adadelta_is_slow_whatever_the_scale") {
    const std::vector<double> one = path(AdaDelta(1), 1.0, 1.0, 2000);
    const std::vector<double> loud = path(AdaDelta(1), 1e4, 1.0, 2000);
    for (std::size_t t = 0; t < 100; ++t) {
      CHECK_UNARY(close(loud[t], one[t], {.abs = 1e-5}).ok);
    }
    CHECK(close(one[99], 0.651, {.abs = 5e-4}));
    EVIDENCE_SERIES("x, curvature 1",
                    std::vector<double>(one.begin(), one.begin() + 300));
    EVIDENCE("after 100 steps", one[99]);
    // The other side of it: near the optimum the step keeps its size.
    double late = 0.0;
    for (std::size_t t = 1500; t < 2000; ++t) {
      late = std::fmax(late, std::abs(loud[t]));
    }
    CHECK(late > 1e-3);
    EVIDENCE("largest |x| from step 1500 to 2000, curvature 10^4", late);
  }

  TEST_CASE("centred_blows_up_on_a_steady_gradient") {
    for (const double rho : {0.9, 0.99}) {
      RmsProp rms(1,
                  {.eta = 1.0, .rho = rho, .epsilon = 1e-8, .centred = true});
      for (int t = 1; t <= 100; ++t) {
        const double kept = std::pow(rho, t);
        CHECK_UNARY(close(-move(rms, 3.0),
                          3.0 / (3.0 * std::sqrt(kept * (1.0 - kept)) + 1e-8),
                          {.rel = 1e-9})
                        .ok);
      }
    }
    RmsProp rms(1, {.eta = 1.0, .centred = true});
    double step = 0.0;
    for (int t = 0; t < 2000; ++t) step = -move(rms, 1.0);
    CHECK(step > 1e4);
    CHECK(close(step, 23158.2, {.rel = 1e-4}));  // NumPy
    EVIDENCE("step in units of eta after 2000 equal gradients", step);
    for (int t = 0; t < 8000; ++t) step = -move(rms, 1.0);
    CHECK(step > 0.99e8);  // up to 1 / epsilon
    CHECK(step <= 1e8);
    RmsProp plain(1, {.eta = 1.0});
    for (int t = 0; t < 2000; ++t) step = -move(plain, 1.0);
    CHECK(close(step, 1.0, {.rel = 1e-7}));
  }

  TEST_CASE("a_variance_is_not_a_difference_of_averages") {
    // Gradients 1 + s and 1 - s at random. The exact variance by its weights,
    // which see g - 1 alone.
    const double rho = 0.99, s = std::exp2(-27);
    std::mt19937_64 rng(1);
    RmsProp rms(1, {.eta = 1.0, .rho = rho, .epsilon = 0.0, .centred = true});
    double squares = 0.0, mean = 0.0;  // the two averages
    double small_squares = 0.0, small_mean = 0.0;
    int negative = 0;
    double step = 0.0;
    for (int t = 0; t < 6000; ++t) {
      const double g = 1.0 + (uniform(rng) < 0.5 ? s : -s);
      step = -move(rms, g) / g;
      squares = rho * squares + (1.0 - rho) * g * g;
      mean = rho * mean + (1.0 - rho) * g;
      small_squares = rho * small_squares + (1.0 - rho) * (g - 1.0) * (g - 1.0);
      small_mean = rho * small_mean + (1.0 - rho) * (g - 1.0);
      if (squares - mean * mean < 0.0) ++negative;
    }
    // The start at zero is still there with 0.99^6000 = 6e-27, against s^2 =
    // 6e-17; the mean rounds at 1e-16 against s = 7e-9.
    const double variance = small_squares - small_mean * small_mean;
    CHECK(close(1.0 / (step * step), variance, {.rel = 1e-4}));
    CHECK(negative > 100);
    EVIDENCE("variance", variance);
    EVIDENCE("as updated", 1.0 / (step * step));
    EVIDENCE("as a difference", squares - mean * mean);
    EVIDENCE("steps of 6000 on which the difference was negative", negative);
  }
}

TEST_SUITE("optimization/rmsprop extra") {
  TEST_CASE("weights do not see one another") {
    RmsProp rms(2, {.eta = 0.1, .rho = 0.5, .epsilon = 0.0});
    Vector x{{1.0, -1.0}};
    rms.step(x, Vector{{4.0, -0.25}});
    CHECK(close(
        x, Vector{{1.0 - 0.1 * std::sqrt(2.0), -1.0 + 0.1 * std::sqrt(2.0)}},
        {.abs = 4 * eps}));
    // v = 8 and 1/32, then 4 + 0 and 1/64 + 1/2.
    rms.step(x, Vector{{0.0, 1.0}});
    CHECK(close(x(0), 1.0 - 0.1 * std::sqrt(2.0), {.abs = 4 * eps}));
    CHECK(close(x(1),
                -1.0 + 0.1 * std::sqrt(2.0) - 0.1 / std::sqrt(1.0 / 64.0 + 0.5),
                {.abs = 4 * eps}));
  }

  TEST_CASE("two steps of AdaDelta by hand") {
    AdaDelta adadelta(1, {.rho = 0.5, .epsilon = 1.0});
    // v = 8, d = sqrt(1 / 9) 4; u = 8/9, v = 4 + 2 = 6, d = sqrt(17/9 / 7) 2.
    CHECK(close(-move(adadelta, 4.0), 4.0 / 3.0, {.ulps = 4}));
    CHECK(
        close(-move(adadelta, 2.0), 2.0 * std::sqrt(17.0 / 63.0), {.ulps = 8}));
  }

  TEST_CASE("without a memory it is sign descent") {
    RmsProp rms(3, {.eta = 0.5, .rho = 0.0, .epsilon = 0.0});
    Vector x{{1.0, 1.0, 1.0}};
    rms.step(x, Vector{{3.0, -1e-9, 1e9}});
    CHECK(close(x, Vector{{0.5, 1.5, 0.5}}, {.abs = 2 * eps}));
  }

  TEST_CASE("a NaN stays with its weight and a zero gradient does not move") {
    RmsProp rms(2);
    Vector x = Vector::Zero(2);
    rms.step(x, Vector{{std::nan(""), 0.0}});
    rms.step(x, Vector{{1.0, 0.0}});
    CHECK(std::isnan(x(0)));
    CHECK(x(1) == 0.0);
    AdaDelta adadelta(2);
    x.setZero();
    adadelta.step(x, Vector{{std::nan(""), 0.0}});
    adadelta.step(x, Vector{{1.0, 0.0}});
    CHECK(std::isnan(x(0)));
    CHECK(x(1) == 0.0);
  }

  TEST_CASE("no weights are no problem") {
    Vector x;
    RmsProp(0).step(x, Vector());
    RmsProp(0, {.centred = true}).step(x, Vector());
    AdaDelta(0).step(x, Vector());
    CHECK(x.size() == 0);
  }

  TEST_CASE("arguments that break the contract are refused") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinity = std::numeric_limits<double>::infinity();
    for (const double eta : {0.0, -1.0, nan, infinity}) {
      CHECK_THROWS_AS(RmsProp(1, {.eta = eta}), std::invalid_argument);
    }
    for (const double rho : {-0.1, 1.0, nan}) {
      CHECK_THROWS_AS(RmsProp(1, {.rho = rho}), std::invalid_argument);
      CHECK_THROWS_AS(AdaDelta(1, {.rho = rho}), std::invalid_argument);
    }
    for (const double epsilon : {-1.0, nan, infinity}) {
      CHECK_THROWS_AS(RmsProp(1, {.epsilon = epsilon}), std::invalid_argument);
      CHECK_THROWS_AS(AdaDelta(1, {.epsilon = epsilon}), std::invalid_argument);
    }
    CHECK_THROWS_WITH(RmsProp(1, {.eta = 0.0}),
                      "RmsProp: need a finite eta > 0, got 0");
    CHECK_THROWS_WITH(RmsProp(1, {.rho = 1.0}),
                      "RmsProp: need 0 <= rho < 1, got 1");
    CHECK_THROWS_WITH(RmsProp(1, {.epsilon = -1.0}),
                      "RmsProp: need a finite epsilon >= 0, got -1");
    CHECK_THROWS_WITH(RmsProp(-1), "RmsProp: need dim >= 0, got -1");
    CHECK_THROWS_WITH(AdaDelta(1, {.rho = 1.0}),
                      "AdaDelta: need 0 <= rho < 1, got 1");
    CHECK_THROWS_WITH(AdaDelta(1, {.epsilon = 0.0}),
                      "AdaDelta: need a finite epsilon > 0, got 0");
    CHECK_THROWS_WITH(AdaDelta(-1), "AdaDelta: need dim >= 0, got -1");

    Vector two = Vector::Zero(2), three = Vector::Zero(3);
    RmsProp rms(2);
    CHECK_THROWS_WITH(rms.step(three, two),
                      "RmsProp: made for 2 weights, got 3 and a gradient of 2");
    CHECK_THROWS_AS(rms.step(two, three), std::invalid_argument);
    AdaDelta adadelta(2);
    CHECK_THROWS_WITH(
        adadelta.step(three, two),
        "AdaDelta: made for 2 weights, got 3 and a gradient of 2");
    CHECK_THROWS_AS(adadelta.step(two, three), std::invalid_argument);
  }
}
