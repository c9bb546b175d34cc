// Verifies the claims of questions/coding/adam.md.
#include <whiteboard/coding/adam.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::adam_step;
using coding::AdamOptions;
using coding::AdamState;
using whiteboard::testing::gaussian;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Where one weight is after each of these gradients, from `start`.
std::vector<double> walk(double start, const std::vector<double>& gradients,
                         const AdamOptions& options) {
  Vector w{{start}};
  AdamState state;
  std::vector<double> path;
  for (const double g : gradients) {
    adam_step(w, Vector{{g}}, state, options);
    path.push_back(w(0));
  }
  return path;
}

/// The last of `iterates` of descent on f, 100 steps from (3, -2), with the
/// gradient multiplied by `scale`. `step` changes w.
template <class Step>
Vector descend(double scale, const Step& step) {
  Vector w{{3.0, -2.0}};
  for (int i = 0; i < 100; ++i) {
    // An ill-conditioned bowl with a wave in it.
    const Vector g{{2.0 * w(0) + std::cos(3.0 * w(1)), 40.0 * w(1)}};
    step(w, Vector(scale * g));
  }
  return w;
}

}  // namespace

TEST_SUITE("coding/adam") {
  TEST_CASE("first_iterates_on_a_parabola") {
    Vector w{{1.0}};
    AdamState state;
    std::vector<double> path;
    for (int i = 0; i < 5; ++i) {
      adam_step(w, 2.0 * w, state, {.lr = 0.1});
      path.push_back(w(0));
    }
    EVIDENCE_SERIES("w", path);
    // Step 1: m_hat = 2, v_hat = 4, so 1 - 0.1 * 2 / (2 + 1e-8). The others
    // by a decimal calculation of Eqs. (1) to (3).
    CHECK(close(path[0], 0.9000000005, {.abs = 1e-15}));
    CHECK(close(
        path, std::vector{0.9, 0.80041223, 0.70158627, 0.60393906, 0.50796366},
        {.abs = 5e-9}));
    CHECK(state.t == 5);
  }

  TEST_CASE("first_step_is_lr_at_any_scale") {
    Vector w{{1.0, 1.0, 1.0, 1.0}};
    AdamState state;
    adam_step(w, Vector{{1e-3, -1.0, 1e6, 0.0}}, state, {.lr = 0.01});
    const Vector moved = Vector::Ones(4) - w;
    EVIDENCE_SERIES("first step for gradients 1e-3, -1, 1e6, 0", moved);
    // |g| / (|g| + 1e-8) is 1 - 1e-5 for the smallest.
    CHECK(close(moved, Vector{{0.01, -0.01, 0.01, 0.0}}, {.rel = 1.01e-5}));
  }

  TEST_CASE("without_bias_correction_the_first_step_is_three_lr") {
    const double g = 7.0;
    const double corrected = 1.0 - walk(1.0, {g}, {.lr = 0.01})[0];
    // The shortcut.
    const double m = 0.1 * g;
    const double v = 0.001 * g * g;
    const double uncorrected = 0.01 * m / (std::sqrt(v) + 1e-8);
    EVIDENCE("first step in lr, corrected", corrected / 0.01);
    EVIDENCE("first step in lr, uncorrected", uncorrected / 0.01);
    CHECK(close(corrected, 0.01, {.rel = 1e-8}));
    CHECK(close(uncorrected / 0.01, 3.1623, {.abs = 5e-5}));
  }

  TEST_CASE("constant_gradient_walks_at_lr") {
    // m_hat = g and v_hat = g^2 at every t: both means are of a constant.
    const std::vector<double> path =
        walk(0.0, std::vector(1000, -3.0), {.lr = 0.01});
    std::vector<double> want;
    for (int t = 1; t <= 1000; ++t) want.push_back(0.01 * t);
    // eps takes 3e-9 of each step; rounding of 1 - 0.999^t about 1e-13.
    CHECK(close(path, want, {.rel = 1e-8}));
    EVIDENCE("w after 1000 steps of lr 0.01", path.back());
  }

  TEST_CASE("rescaling_the_loss_changes_nothing") {
    const auto adam = [](double scale) {
      AdamState state;
      return descend(scale, [&](Vector& w, const Vector& g) {
        adam_step(w, g, state, {.lr = 0.05});
      });
    };
    const auto sgd = [](double scale) {
      return descend(scale, [](Vector& w, const Vector& g) { w -= 1e-6 * g; });
    };
    const Vector plain = adam(1.0);
    EVIDENCE("Adam, largest difference",
             largest_difference(adam(1000.0), plain));
    EVIDENCE("SGD, largest difference",
             largest_difference(sgd(1000.0), sgd(1.0)));
    // Only eps sees the scale: 1e-8 of a gradient that is small near the
    // minimum for some steps.
    CHECK(close(adam(1000.0), plain, {.abs = 1e-6}));
    CHECK_FALSE(close(plain, Vector{{3.0, -2.0}}, {.abs = 1.0}));
    CHECK_FALSE(close(sgd(1000.0), sgd(1.0), {.abs = 0.5}));
  }

  TEST_CASE("coordinates_do_not_interact") {
    std::mt19937_64 rng(0);
    const Matrix gradients = gaussian(50, 3, rng);
    Vector w{{1.0, -2.0, 0.5}};
    const Vector start = w;
    AdamState state;
    for (Eigen::Index i = 0; i < 50; ++i) {
      adam_step(w, gradients.row(i).transpose(), state, {.lr = 0.1});
    }
    CHECK((w - start).cwiseAbs().minCoeff() > 1e-3);
    for (Eigen::Index j = 0; j < 3; ++j) {
      CAPTURE(j);
      std::vector<double> own;
      for (Eigen::Index i = 0; i < 50; ++i) own.push_back(gradients(i, j));
      // 50 steps of at most 0.3, each rounded a few times.
      CHECK(
          close(w(j), walk(start(j), own, {.lr = 0.1}).back(), {.abs = 1e-14}));
    }
  }

  TEST_CASE("rare_gradient_moves_three_lr") {
    std::vector<double> gradients(10000, 0.0);
    gradients.push_back(1e-3);
    const std::vector<double> path = walk(0.0, gradients, {.lr = 0.01});
    CHECK(close(path[9999], 0.0, {.abs = 0.0}));
    const double step = -path.back() / 0.01;
    EVIDENCE("step in lr", step);
    // 0.1 / sqrt(0.001 / (1 - 0.999^10001)), and eps against a root of 3e-5.
    CHECK(close(step, 3.1622, {.abs = 2e-3}));
  }

  TEST_CASE("adam_can_converge_to_the_worst_point") {
    // Reddi, Kale and Kumar: losses 3x, -x, -x in turn on [-1, 1].
    double squares = 0.0;
    double largest = 0.0;
    double amsgrad = 0.0;
    Vector w{{0.0}};
    AdamState state;
    double lowest = 1.0;
    for (int t = 1; t <= 10000; ++t) {
      const double g = t % 3 == 1 ? 3.0 : -1.0;
      const double lr = 0.1 / std::sqrt(t);
      adam_step(w, Vector{{g}}, state, {.lr = lr, .beta1 = 0.0, .beta2 = 0.1});
      w(0) = std::clamp(w(0), -1.0, 1.0);
      if (t > 9900) lowest = std::min(lowest, w(0));

      squares = 0.1 * squares + 0.9 * g * g;
      largest = std::max(largest, squares);
      amsgrad = std::clamp(amsgrad - lr * g / std::sqrt(largest), -1.0, 1.0);
    }
    EVIDENCE("Adam, lowest of the last 100", lowest);
    EVIDENCE("AMSGrad, last", amsgrad);
    CHECK(lowest > 0.99);
    CHECK(w(0) <= 1.0);
    CHECK(amsgrad < -0.99);
  }
}

TEST_SUITE("coding/adam extra") {
  TEST_CASE("a block of a larger vector is updated in place") {
    Vector all{{5.0, 1.0, 2.0, 6.0}};
    AdamState state;
    adam_step(all.segment(1, 2), Vector{{1.0, -1.0}}, state, {.lr = 0.5});
    CHECK(close(all, Vector{{5.0, 0.5, 2.5, 6.0}}, {.abs = 1e-8}));
    CHECK(state.m.size() == 2);
  }

  TEST_CASE("a fresh state fits any size and no weights are fine") {
    Vector none;
    AdamState state;
    adam_step(none, Vector(), state);
    CHECK(state.t == 1);
    AdamState other;
    other.m = Vector::Ones(7);  // t = 0: fresh, whatever it holds
    Vector w{{1.0}};
    adam_step(w, Vector{{1.0}}, other, {.lr = 0.25});
    CHECK(close(w(0), 0.75, {.abs = 1e-8}));
  }

  TEST_CASE("a learning rate of zero moves the state only") {
    Vector w{{1.0}};
    AdamState state;
    adam_step(w, Vector{{2.0}}, state, {.lr = 0.0});
    CHECK(w(0) == 1.0);
    CHECK(close(state.m(0), 0.2, {.ulps = 2}));
    CHECK(close(state.v(0), 0.004, {.ulps = 64}));  // 1 - 0.999 is rounded
    CHECK(state.t == 1);
  }

  TEST_CASE("what is refused changes nothing") {
    Vector w{{1.0, 2.0}};
    AdamState state;
    adam_step(w, Vector{{1.0, 1.0}}, state);
    const Vector before = w;
    const Vector good{{1.0, 1.0}};
    CHECK_THROWS_WITH(adam_step(w, good, state, {.lr = -0.5}),
                      "adam_step: need a finite lr >= 0, got -0.5");
    CHECK_THROWS_AS(adam_step(w, good, state, {.lr = kInfinity}),
                    std::invalid_argument);
    for (const double bad : {-0.5, 1.0, kNaN}) {
      CHECK_THROWS_AS(adam_step(w, good, state, {.beta1 = bad}),
                      std::invalid_argument);
      CHECK_THROWS_AS(adam_step(w, good, state, {.beta2 = bad}),
                      std::invalid_argument);
    }
    CHECK_THROWS_WITH(adam_step(w, good, state, {.beta1 = 1.0}),
                      "adam_step: need 0 <= beta1 < 1, got 1");
    CHECK_THROWS_WITH(adam_step(w, good, state, {.beta2 = 1.0}),
                      "adam_step: need 0 <= beta2 < 1, got 1");
    CHECK_THROWS_WITH(adam_step(w, good, state, {.eps = 0.0}),
                      "adam_step: need a finite eps > 0, got 0");
    CHECK_THROWS_AS(adam_step(w, good, state, {.eps = kInfinity}),
                    std::invalid_argument);
    CHECK_THROWS_WITH(
        adam_step(w, Vector{{1.0}}, state),
        "adam_step: need one gradient a weight, got 1 gradients, 2 weights");
    Vector three = Vector::Ones(3);
    CHECK_THROWS_WITH(
        adam_step(three, Vector::Ones(3), state),
        "adam_step: need a state of 3 weights, got one of 2 and 2");
    AdamState torn = state;
    torn.v.resize(1);
    CHECK_THROWS_AS(adam_step(w, good, torn), std::invalid_argument);
    torn = state;
    torn.m.resize(1);
    CHECK_THROWS_AS(adam_step(w, good, torn), std::invalid_argument);
    for (const double bad : {kNaN, kInfinity, -kInfinity}) {
      CHECK_THROWS_AS(adam_step(w, Vector{{1.0, bad}}, state),
                      std::invalid_argument);
      Vector spoilt{{1.0, bad}};
      CHECK_THROWS_AS(adam_step(spoilt, good, state), std::invalid_argument);
    }
    CHECK(close(w, before));
    CHECK(state.t == 1);
  }
}
