// Verifies the claims of questions/optimization/adamw.md. What the optimisers
// should do comes from closed forms, and from scalar equations solved here.
#include <whiteboard/optimization/adamw.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <cmath>
#include <limits>
#include <numbers>
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

/// Where a single weight ends on (w - target)^2 / 2 with gradient noise of
/// +sigma or -sigma: its mean over the second half of 8000 steps.
template <class Optimizer>
double settle(Optimizer optimizer, double target, double sigma) {
  std::mt19937_64 rng(1);
  Vector w = Vector::Zero(1);
  double sum = 0.0;
  for (int t = 0; t < 8000; ++t) {
    const double noise = uniform(rng) < 0.5 ? sigma : -sigma;
    optimizer.step(w, w - Vector::Constant(1, target + noise));
    if (t >= 4000) sum += w(0) / 4000.0;
  }
  return sum;
}

/// The w at which (target - w) / sqrt((target - w)^2 + sigma^2) = lambda w.
double balance(double target, double sigma, double lambda) {
  double low = 0.0, high = target;
  for (int i = 0; i < 100; ++i) {
    const double w = (low + high) / 2.0;
    const double pull = (target - w) / std::hypot(target - w, sigma);
    (pull > lambda * w ? low : high) = w;
  }
  return low;
}

}  // namespace

TEST_SUITE("optimization/adamw") {
  TEST_CASE("for_sgd_they_are_the_same") {
    std::mt19937_64 rng(2);
    Vector penalty = gaussian(20, 1, rng);
    Vector decay = penalty;
    const Vector start = penalty;
    for (int t = 0; t < 50; ++t) {
      const Vector g = gaussian(20, 1, rng);
      penalty = sgd_l2_step(penalty, g, 0.1, 0.5);
      decay = sgd_decay_step(decay, g, 0.1, 0.5);
    }
    // Some five roundings of numbers up to 4 a step, damped by 0.95.
    CHECK(close(decay, penalty, {.abs = 20 * 5 * 4 * eps}));
    CHECK(largest_difference(penalty, start) > 0.1);
    // The weights shrink by 1 - eta lambda, and the gradient is not shrunk.
    CHECK(close(sgd_decay_step(Vector{{2.0}}, Vector{{10.0}}, 0.1, 0.5),
                Vector{{0.9}}, {.abs = 4 * eps}));
    CHECK(close(sgd_l2_step(Vector{{2.0}}, Vector{{10.0}}, 0.1, 0.5),
                Vector{{0.9}}, {.abs = 4 * eps}));
    EVIDENCE("largest difference after 50 steps",
             largest_difference(decay, penalty));
  }

  TEST_CASE("in_adam_the_strength_of_a_penalty_cancels") {
    const AdamOptions options{.eta = 0.01, .epsilon = 0.0};
    const Vector start{{0.5, -2.0, 30.0}};
    const Vector zero = Vector::Zero(3);
    for (const double lambda : {1.0, 1e-3, 1e-6}) {
      CAPTURE(lambda);
      Vector w = start;
      AdamL2(3, options, lambda).step(w, zero);
      CHECK(close(w, Vector{{0.49, -1.99, 29.99}}, {.abs = 1e-13}));
      EVIDENCE("step of Adam with the penalty", w(0) - 0.5);
      w = start;
      AdamW(3, {.eta = 0.01}, lambda).step(w, zero);
      CHECK(close(w, (1.0 - 0.01 * lambda) * start, {.rel = 4 * eps}));
      EVIDENCE("step of AdamW", w(0) - 0.5);
    }
    // Epsilon is what ends it: at the default the step for lambda w = 5e-7 is
    // 5e-7 / (5e-7 + 1e-8) of eta.
    Vector w{{0.5}};
    AdamL2(1, {.eta = 0.01}, 1e-6).step(w, Vector::Zero(1));
    CHECK(close(0.5 - w(0), 0.01 / 1.02, {.rel = 1e-12}));
  }

  TEST_CASE("without_a_gradient_decay_is_a_power") {
    const Vector start{{0.5, -2.0, 30.0}};
    Vector w = start;
    AdamW optimiser(3, {.eta = 0.01}, 0.1);
    for (int t = 1; t <= 2000; ++t) {
      optimiser.step(w, Vector::Zero(3));
      if (t % 500 == 0) {
        CHECK(close(w, std::pow(0.999, t) * start, {.rel = 2 * t * eps}));
      }
    }
    EVIDENCE("left after 2000 steps of eta lambda = 0.001", w(0) / 0.5);
  }

  TEST_CASE("a_penalty_in_adam_spares_large_gradients") {
    // Data gradients that change sign: +100, -100, ... and +1, -1, ...
    const double lambda = 0.01;
    Vector penalty = Vector::Ones(2), decay = penalty;
    AdamL2 l2(2, {}, lambda);
    AdamW decoupled(2, {}, lambda);
    Vector penalty_before, decay_before;
    for (int t = 0; t < 3000; ++t) {
      if (t == 1000) {
        penalty_before = penalty;
        decay_before = decay;
      }
      const Vector g = (t % 2 == 0 ? 1.0 : -1.0) * Vector{{100.0, 1.0}};
      l2.step(penalty, g);
      decoupled.step(decay, g);
    }
    const auto rates = [](const Vector& now, const Vector& before) {
      return Vector(-(now.array() / before.array()).log() / 2000.0);
    };
    const Vector with_penalty = rates(penalty, penalty_before);
    const Vector with_decay = rates(decay, decay_before);
    // eta lambda over the root mean square of the gradient.
    CHECK(close(with_penalty, Vector{{1e-7, 1e-5}}, {.rel = 0.05}));
    CHECK(close(with_penalty(1) / with_penalty(0), 100.0, {.rel = 0.05}));
    // The steps to and fro are still there: 1e-3 of the weight over 2000 steps.
    CHECK(close(with_decay, Vector{{1e-5, 1e-5}}, {.rel = 0.02}));
    EVIDENCE("shrinkage per step, penalty, gradients of 100", with_penalty(0));
    EVIDENCE("penalty, gradients of 1", with_penalty(1));
    EVIDENCE("decay, gradients of 100", with_decay(0));
    EVIDENCE("decay, gradients of 1", with_decay(1));
  }

  TEST_CASE("the_schedule_scales_the_decay") {
    Vector w{{3.0}};
    AdamW optimiser(1, {.eta = 0.05}, 0.2);
    double want = 3.0;
    for (int t = 0; t < 500; ++t) {
      const double s = 0.5 * (1.0 + std::cos(std::numbers::pi * t / 500.0));
      optimiser.step(w, Vector::Zero(1), s);
      want *= 1.0 - s * 0.05 * 0.2;
    }
    CHECK(close(w(0), want, {.rel = 2000 * eps}));
    // Half the schedule's area: about half the shrinkage in logarithms.
    const double constant = 500.0 * std::log1p(-0.01);
    CHECK(close(std::log(want / 3.0) / constant, 0.5, {.abs = 0.005}));
    EVIDENCE("left under a cosine", w(0) / 3.0);
    EVIDENCE("left under a constant", std::exp(constant));
    // The step on the gradient is scaled as well.
    Vector half{{1.0}}, zero{{1.0}};
    AdamW(1, {.eta = 0.01}, 0.0).step(half, Vector{{5.0}}, 0.5);
    AdamW(1, {.eta = 0.01}, 0.1).step(zero, Vector{{5.0}}, 0.0);
    CHECK(close(half(0), 0.995, {.abs = 1e-10}));
    CHECK(zero(0) == 1.0);
  }

  TEST_CASE("decay_confines_every_weight_to_one_over_lambda") {
    // A gradient that never changes: w moves to -1 / lambda and stays.
    for (const double size : {1e-3, 1e3}) {
      Vector w = Vector::Zero(1);
      AdamW optimiser(1, {.eta = 0.1, .epsilon = 0.0}, 0.1);
      for (int t = 0; t < 4000; ++t) {
        optimiser.step(w, Vector::Constant(1, size));
      }
      CHECK(close(w(0), -10.0, {.rel = 1e-12}));
    }
    // So a minimum beyond that is out of reach, and no penalty says so: the
    // penalised minimum is 50 / 1.1.
    const AdamOptions options{.eta = 0.05};
    const double decoupled = settle(AdamW(1, options, 0.1), 50.0, 0.0);
    const double penalty = settle(AdamL2(1, options, 0.1), 50.0, 0.0);
    CHECK(close(decoupled, 10.0, {.abs = 0.02}));
    CHECK(close(penalty, 50.0 / 1.1, {.abs = 0.02}));
    EVIDENCE("AdamW with lambda = 0.1, target 50", decoupled);
    EVIDENCE("Adam with the penalty", penalty);
  }

  TEST_CASE("where_adamw_ends_depends_on_the_noise") {
    const AdamOptions options{.eta = 0.01};
    std::vector<double> ends;
    for (const double sigma : {0.0, 3.0, 10.0}) {
      CAPTURE(sigma);
      const double decoupled = settle(AdamW(1, options, 0.1), 5.0, sigma);
      // Adam's mean step is the mean of g over its root mean square; the run
      // hovers by about eta / 2 and forgets over 100 steps.
      CHECK(close(decoupled, balance(5.0, sigma, 0.1), {.abs = 0.25}));
      const double penalty = settle(AdamL2(1, options, 0.1), 5.0, sigma);
      CHECK(close(penalty, 5.0 / 1.1, {.abs = 0.25}));
      ends.push_back(decoupled);
    }
    CHECK(ends[0] > 4.75);
    CHECK(ends[1] < 4.1);
    CHECK(ends[2] < 2.8);
    CHECK(close(balance(5.0, 3.0, 0.1), 3.8, {.abs = 0.05}));
    CHECK(close(balance(5.0, 10.0, 0.1), 2.44, {.abs = 0.05}));
    EVIDENCE_SERIES("end of AdamW for noise of 0, 3, 10", ends);
  }

  TEST_CASE("do_not_decay_the_intercept") {
    const Table table = data_set("diabetes");
    const Vector y = table.numbers("progression");
    const auto n = static_cast<double>(y.size());
    Matrix X(y.size(), 11);
    X << Vector::Ones(y.size()), standardized(table.features());
    const Matrix H = X.transpose() * X / n;
    const Vector b = X.transpose() * y / n;
    const auto intercept = [&](double decay) {
      Vector lambda = Vector::Constant(11, 0.01);
      lambda(0) = decay;
      AdamW optimiser(lambda, {.eta = 0.5});
      Vector w = Vector::Zero(11);
      for (int t = 0; t < 3000; ++t) {
        optimiser.step(w, H * w - b, 1.0 - t / 3000.0);
      }
      return w(0);
    };
    CHECK(close(y.mean(), 152.13348416289594, {.rel = 1e-12}));
    CHECK(close(intercept(0.0), y.mean(), {.abs = 1e-3}));
    CHECK(intercept(0.01) < 100.0);  // 1 / lambda
    EVIDENCE("mean of the targets", y.mean());
    EVIDENCE("intercept without decay", intercept(0.0));
    EVIDENCE("intercept with lambda = 0.01", intercept(0.01));
  }
}

TEST_SUITE("optimization/adamw extra") {
  TEST_CASE("without decay all are Adam") {
    const Matrix H{{3.0, 1.0}, {1.0, 10.0}};
    Adam adam(2, {.eta = 0.1});
    AdamW decoupled(2, {.eta = 0.1}, 0.0);
    AdamL2 penalty(2, {.eta = 0.1}, 0.0);
    Vector a{{1.0, -2.0}}, b = a, c = a;
    for (int t = 0; t < 10; ++t) {
      adam.step(a, H * a);
      decoupled.step(b, H * b);
      penalty.step(c, H * c);
      CHECK(close(b, a, {.abs = 16 * eps}));
      CHECK(c == a);
    }
    CHECK(a(0) < 0.5);
  }

  TEST_CASE("ten steps agree with the published formula") {
    // Adam's update in 60 digits from optimization/adam is not repeated: with a
    // constant gradient it is -eta, and w has a closed form.
    Vector w{{1.0}};
    AdamW optimiser(1, {.eta = 0.1, .epsilon = 0.0}, 0.5);
    double want = 1.0;
    for (int t = 0; t < 10; ++t) {
      optimiser.step(w, Vector{{7.0}});
      want = 0.95 * want - 0.1;
      CHECK(close(w(0), want, {.abs = 1e-14}));
    }
    // The weight is decayed as it was before the step on the gradient.
    CHECK(close(want, 3.0 * std::pow(0.95, 10) - 2.0, {.abs = 1e-14}));
  }

  TEST_CASE("no weights are no problem") {
    Vector w;
    AdamW(0, {}, 0.1).step(w, Vector());
    AdamL2(0, {}, 0.1).step(w, Vector());
    CHECK(w.size() == 0);
    CHECK(sgd_l2_step(w, w, 0.1, 0.1).size() == 0);
  }

  TEST_CASE("arguments that break the contract are refused") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinity = std::numeric_limits<double>::infinity();
    for (const double lambda : {-0.1, nan, infinity}) {
      CHECK_THROWS_AS(AdamW(1, {}, lambda), std::invalid_argument);
      CHECK_THROWS_AS(AdamL2(1, {}, lambda), std::invalid_argument);
    }
    CHECK_THROWS_WITH(AdamW(1, {.eta = 0.5}, 2.0),
                      "AdamW: need 0 <= lambda < 1 / eta, got 2 with eta = "
                      "0.5");
    CHECK_THROWS_WITH(AdamL2(1, {}, -1.0),
                      "AdamL2: need a finite lambda >= 0, got -1");
    CHECK_THROWS_AS(AdamW(Vector{{0.1, -0.1}}, {}), std::invalid_argument);
    CHECK_THROWS_WITH(AdamW(1, {.eta = 0.0}, 0.1),
                      "Adam: need a finite eta > 0, got 0");

    Vector two = Vector::Ones(2), three = Vector::Ones(3);
    AdamW decoupled(2, {}, 0.1);
    CHECK_THROWS_WITH(decoupled.step(three, two),
                      "AdamW: made for 2 weights, got 3 and a gradient of 2");
    CHECK_THROWS_AS(decoupled.step(two, three), std::invalid_argument);
    CHECK_THROWS_WITH(decoupled.step(two, two, 1.5),
                      "AdamW: need 0 <= s <= 1, got 1.5");
    CHECK_THROWS_AS(decoupled.step(two, two, -0.1), std::invalid_argument);
    CHECK_THROWS_AS(decoupled.step(two, two, nan), std::invalid_argument);
    CHECK(two == Vector::Ones(2));
    AdamL2 penalty(2, {}, 0.1);
    CHECK_THROWS_WITH(penalty.step(three, two),
                      "AdamL2: w has 3 elements, g 2");
    CHECK_THROWS_AS(penalty.step(three, three), std::invalid_argument);

    CHECK_THROWS_WITH(sgd_l2_step(two, three, 0.1, 0.1),
                      "sgd_l2_step: w has 2 elements, g 3");
    CHECK_THROWS_WITH(sgd_decay_step(two, three, 0.1, 0.1),
                      "sgd_decay_step: w has 2 elements, g 3");
    CHECK_THROWS_WITH(
        sgd_l2_step(two, two, 0.0, 0.1),
        "sgd_l2_step: need eta > 0 and lambda >= 0, got 0 and 0.1");
    CHECK_THROWS_AS(sgd_l2_step(two, two, 0.1, -1.0), std::invalid_argument);
    CHECK_THROWS_WITH(
        sgd_decay_step(two, two, 0.0, 0.1),
        "sgd_decay_step: need eta > 0 and lambda >= 0, got 0 and 0.1");
    CHECK_THROWS_AS(sgd_decay_step(two, two, 0.1, -1.0), std::invalid_argument);
    CHECK(sgd_decay_step(two, two, 0.5, 0.0) == Vector{{0.5, 0.5}});
    CHECK(sgd_l2_step(two, two, 0.5, 0.0) == Vector{{0.5, 0.5}});
  }
}
