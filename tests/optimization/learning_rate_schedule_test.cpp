// Verifies the claims of questions/optimization/learning_rate_schedule.md. The
// noise is followed by the exact recursion of its variance, not simulated.
#include <whiteboard/optimization/adam.hpp>
#include <whiteboard/optimization/learning_rate_schedule.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::optimization;
using whiteboard::testing::gaussian;

namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();

/// Expected square of x after T steps of SGD on x^2 / 2 from 5 with gradient
/// noise of variance 1, by its recursion.
template <class Schedule>
double expected_square(const Schedule& eta, std::int64_t T) {
  double m = 25.0;
  for (std::int64_t t = 0; t < T; ++t) {
    const double step = eta(t);
    m = (1.0 - step) * (1.0 - step) * m + step * step;
  }
  return m;
}

/// Where |x| is after T steps of its subgradient from 10.
template <class Schedule>
double slide(const Schedule& eta, std::int64_t T) {
  double x = 10.0;
  for (std::int64_t t = 0; t < T; ++t) x -= x > 0.0 ? eta(t) : -eta(t);
  return x;
}

}  // namespace

TEST_SUITE("optimization/learning_rate_schedule") {
  TEST_CASE("cosine_hits_its_three_marks") {
    CHECK(cosine(0, 1000, 0.1, 0.001) == 0.1);
    CHECK(close(cosine(500, 1000, 0.1, 0.001), 0.0505, {.ulps = 4}));
    CHECK(cosine(1000, 1000, 0.1, 0.001) == 0.001);
    CHECK(cosine(5000, 1000, 0.1, 0.001) == 0.001);  // and stays
    double sum = 0.0;
    std::vector<double> rates;
    for (std::int64_t t = 0; t <= 1000; ++t) {
      rates.push_back(cosine(t, 1000, 0.1, 0.001));
      sum += rates.back();
      // Point symmetric about the middle.
      CHECK_UNARY(close(rates.back() + cosine(1000 - t, 1000, 0.1, 0.001),
                        0.101, {.ulps = 8})
                      .ok);
      if (t > 0) CHECK_UNARY(rates.back() < rates[rates.size() - 2]);
    }
    CHECK(close(sum / 1001.0, 0.0505, {.rel = 1e-13}));
    // A quarter of the way it has lost 15 %, the line 25 %.
    CHECK(close(cosine(250, 1000, 1.0), 0.8536, {.abs = 5e-5}));
    EVIDENCE_SERIES("cosine", rates);
  }

  TEST_CASE("the_recursive_cosine_is_the_same") {
    // CosineAnnealingLR as PyTorch documents it: from the last rate.
    double rate = 0.1, worst = 0.0;
    const double low = 0.001;
    for (int t = 1; t <= 1000; ++t) {
      const double pi = std::numbers::pi;
      rate = low + (1.0 + std::cos(pi * t / 1000.0)) /
                       (1.0 + std::cos(pi * (t - 1) / 1000.0)) * (rate - low);
      CHECK_UNARY(close(cosine(t, 1000, 0.1, low), rate, {.abs = 1e-12}).ok);
      worst = std::fmax(worst, std::abs(cosine(t, 1000, 0.1, low) - rate));
    }
    EVIDENCE("largest difference", worst);
  }

  TEST_CASE("noam_peaks_at_the_warmup") {
    const double peak = noam(3999, 512, 4000);
    CHECK(close(peak, 1.0 / std::sqrt(512.0 * 4000.0), {.rel = 4 * eps}));
    CHECK(close(peak, 6.9877e-4, {.abs = 5e-9}));
    CHECK(noam(3998, 512, 4000) < peak);
    CHECK(noam(4000, 512, 4000) < peak);
    CHECK(close(noam(0, 512, 4000), peak / 4000.0, {.rel = 4 * eps}));
    CHECK(close(noam(1999, 512, 4000), peak / 2.0, {.rel = 4 * eps}));
    CHECK(close(noam(15'999, 512, 4000), peak / 2.0, {.rel = 4 * eps}));
    EVIDENCE("highest rate", peak);
  }

  TEST_CASE("one_cycle_has_pytorchs_values") {
    // torch.optim.lr_scheduler.OneCycleLR(max_lr=0.1, total_steps=100) by its
    // documented formula, in Python.
    CHECK(close(one_cycle(0, 100, 0.1), 0.004, {.rel = 8 * eps}));
    CHECK(close(one_cycle(10, 100, 0.1), 0.029516394846410082, {.rel = 1e-14}));
    CHECK(close(one_cycle(29, 100, 0.1), 0.1, {.rel = 8 * eps}));
    CHECK(close(one_cycle(50, 100, 0.1), 0.0793893450575732, {.rel = 1e-11}));
    CHECK(close(one_cycle(98, 100, 0.1), 5.07464715475788e-05, {.rel = 1e-11}));
    CHECK(close(one_cycle(99, 100, 0.1), 0.1 / 250'000.0, {.rel = 1e-9}));
    std::vector<double> rates;
    for (std::int64_t t = 0; t < 100; ++t) {
      rates.push_back(one_cycle(t, 100, 0.1));
      CHECK_UNARY(rates.back() <= 0.1 * (1.0 + eps));
    }
    EVIDENCE_SERIES("one cycle", rates);
  }

  TEST_CASE("a_decay_too_fast_cannot_arrive") {
    const auto halving = [](std::int64_t t) {
      return exponential_decay(t, 1.0, 0.5);
    };
    CHECK(slide(halving, 100) == 8.0);  // 1 + 1/2 + 1/4 + ... = 2
    CHECK(slide(halving, 1000) == 8.0);
    // 1 / t has no finite sum: it is there after about e^10 / 1.78 steps.
    const auto harmonic = [](std::int64_t t) {
      return 1.0 / static_cast<double>(t + 1);
    };
    CHECK(slide(harmonic, 10'000) > 0.1);
    CHECK(std::abs(slide(harmonic, 20'000)) < 1e-3);
    EVIDENCE("1/2^t stops at", slide(halving, 1000));
    EVIDENCE("1/t after 10,000 steps", slide(harmonic, 10'000));
    EVIDENCE("1/t after 20,000 steps", slide(harmonic, 20'000));
  }

  TEST_CASE("decay_takes_the_noise_floor_away") {
    std::vector<double> ends;
    for (const std::int64_t T : {100, 1000, 10'000}) {
      CAPTURE(T);
      const auto n = static_cast<double>(T);
      const double constant =
          expected_square([](std::int64_t) { return 0.1; }, T);
      const double harmonic = expected_square(
          [](std::int64_t t) { return 1.0 / static_cast<double>(t + 1); }, T);
      const double half_cosine =
          expected_square([&](std::int64_t t) { return cosine(t, T, 0.1); }, T);
      const double stable = expected_square(
          [&](std::int64_t t) {
            return warmup_stable_decay(t, T, 0, T / 5, 0.1);
          },
          T);
      CHECK(close(constant, 0.1 / 1.9, {.abs = 1e-6}));
      CHECK(close(harmonic, 1.0 / n, {.rel = 1e-11}));  // the running mean
      CHECK(half_cosine < constant);
      CHECK(stable < constant);
      CHECK(half_cosine > harmonic);
      if (T == 10'000) {
        // NumPy 1.24.2, the same recursion; and far below the floor.
        CHECK(close(half_cosine * n, 7.96050588803227, {.rel = 1e-9}));
        CHECK(stable < constant / 15.0);
        ends = {constant, stable, half_cosine, harmonic};
      }
    }
    EVIDENCE_SERIES("after 10^4 steps: constant, stable and decay, cosine, 1/t",
                    ends);
  }

  TEST_CASE("stable_and_decay_need_no_plan") {
    for (std::int64_t t = 0; t <= 8000; ++t) {
      const double shorter = warmup_stable_decay(t, 10'000, 500, 2000, 0.01);
      const double longer = warmup_stable_decay(t, 50'000, 500, 2000, 0.01);
      CHECK_UNARY(shorter == longer);  // the same run up to T - decay
    }
    CHECK(warmup_stable_decay(0, 10'000, 500, 2000, 0.01) == 0.01 / 500.0);
    CHECK(warmup_stable_decay(499, 10'000, 500, 2000, 0.01) == 0.01);
    CHECK(close(warmup_stable_decay(9000, 10'000, 500, 2000, 0.01), 0.005,
                {.ulps = 2}));
    CHECK(warmup_stable_decay(9999, 10'000, 500, 2000, 0.01) > 0.0);
    CHECK(warmup_stable_decay(10'000, 10'000, 500, 2000, 0.01) == 0.0);
    // A cosine made for another T is another run from its first steps on.
    CHECK(cosine(4000, 10'000, 0.01) < 0.7 * cosine(4000, 50'000, 0.01));
    EVIDENCE("cosine at 4000 for 10,000 steps", cosine(4000, 10'000, 0.01));
    EVIDENCE("cosine at 4000 for 50,000 steps", cosine(4000, 50'000, 0.01));
  }

  TEST_CASE("adam_needs_the_warmup") {
    // 2000 weights under pure noise. The update is +1 or -1 at first, and a
    // mean of noise, of variance (1 - beta1) / (1 + beta1), later.
    const Eigen::Index d = 2000;
    std::mt19937_64 rng(5);
    Adam adam(d, {.eta = 1.0});
    std::vector<double> plain, warm;
    for (std::int64_t t = 0; t < 200; ++t) {
      Vector w = Vector::Zero(d);
      adam.step(w, gaussian(d, 1, rng).col(0));
      plain.push_back(std::sqrt(w.squaredNorm() / static_cast<double>(d)));
      warm.push_back(linear_warmup(t, 20) * plain.back());
    }
    CHECK(close(plain[0], 1.0, {.rel = 1e-4}));
    // 2000 weights: a root mean square is good to 1 / sqrt(4000), 1.6 %; the
    // second moment over 200 steps adds to that, a percent of bias.
    CHECK(close(plain[199], std::sqrt(0.1 / 1.9), {.rel = 0.1}));
    CHECK(plain[0] > 4.0 * plain[199]);
    // With warm-up no early step is longer than the late ones.
    for (std::size_t t = 0; t < 20; ++t) CHECK(warm[t] < 1.2 * plain[199]);
    CHECK(warm[0] == plain[0] / 20.0);
    CHECK(linear_warmup(19, 20) == 1.0);
    CHECK(linear_warmup(500, 20) == 1.0);
    EVIDENCE_SERIES("length of Adam's update under pure noise", plain);
    EVIDENCE_SERIES("with a warm-up of 20 steps", warm);
  }
}

TEST_SUITE("optimization/learning_rate_schedule extra") {
  TEST_CASE("steps and powers") {
    CHECK(step_decay(0, 0.5, 30, 0.1) == 0.5);
    CHECK(step_decay(29, 0.5, 30, 0.1) == 0.5);
    CHECK(close(step_decay(30, 0.5, 30, 0.1), 0.05, {.ulps = 2}));
    CHECK(close(step_decay(90, 0.5, 30, 0.1), 5e-4, {.ulps = 4}));
    CHECK(step_decay(7, 0.5, 1, 1.0) == 0.5);
    CHECK(exponential_decay(3, 8.0, 0.5) == 1.0);
  }

  TEST_CASE("degenerate lengths") {
    CHECK(linear_warmup(0, 0) == 1.0);
    CHECK(linear_warmup(0, 1) == 1.0);
    CHECK(cosine(0, 1, 0.3, 0.3) == 0.3);
    CHECK(cosine(1, 1, 0.5) == 0.0);
    CHECK(warmup_stable_decay(3, 10, 0, 0, 0.5) == 0.5);
    CHECK(warmup_stable_decay(9, 10, 0, 0, 0.5) == 0.5);
    CHECK(warmup_stable_decay(10, 10, 0, 0, 0.5) == 0.0);
    CHECK(close(warmup_stable_decay(6, 10, 5, 5, 0.5), 0.4, {.ulps = 2}));
    CHECK(noam(0, 1, 1) == 1.0);
    CHECK(noam(3, 4, 1) == 0.25);
    // A cycle without its ends: a line through the same value.
    CHECK(close(one_cycle(1, 8, 2.0, {.rising = 0.5, .start = 1.0}), 2.0,
                {.ulps = 2}));
    CHECK(close(one_cycle(7, 8, 2.0, {.start = 1.0, .final_share = 1.0}), 2.0,
                {.ulps = 2}));
  }

  TEST_CASE("arguments that break the contract are refused") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK_THROWS_WITH(step_decay(-1, 0.1, 1, 0.5),
                      "step_decay: need t >= 0 and every >= 1, got -1 and 1");
    CHECK_THROWS_AS(step_decay(0, 0.1, 0, 0.5), std::invalid_argument);
    CHECK_THROWS_WITH(
        step_decay(0, 0.0, 1, 0.5),
        "step_decay: need a finite lr > 0 and 0 < gamma <= 1, got 0 and 0.5");
    CHECK_THROWS_AS(step_decay(0, infinity, 1, 0.5), std::invalid_argument);
    for (const double gamma : {0.0, 1.5, nan}) {
      CHECK_THROWS_AS(exponential_decay(0, 0.1, gamma), std::invalid_argument);
    }
    CHECK_THROWS_WITH(cosine(-1, 10, 0.1),
                      "cosine: need t >= 0 and T >= 1, got -1 and 10");
    CHECK_THROWS_AS(cosine(0, 0, 0.1), std::invalid_argument);
    CHECK_THROWS_WITH(cosine(0, 10, 0.1, 0.2),
                      "cosine: need 0 <= lowest <= highest, finite, got 0.2 "
                      "and 0.1");
    CHECK_THROWS_AS(cosine(0, 10, 0.1, -0.2), std::invalid_argument);
    CHECK_THROWS_AS(cosine(0, 10, nan), std::invalid_argument);
    CHECK_THROWS_AS(cosine(10, 10, infinity), std::invalid_argument);
    CHECK_THROWS_WITH(
        linear_warmup(-1, 5),
        "linear_warmup: need t >= 0 and warmup >= 0, got -1 and 5");
    CHECK_THROWS_AS(linear_warmup(0, -5), std::invalid_argument);
    CHECK_THROWS_WITH(noam(0, 0, 5),
                      "noam: need t >= 0, d_model >= 1, warmup >= 1, got 0, "
                      "0, 5");
    CHECK_THROWS_AS(noam(-1, 1, 5), std::invalid_argument);
    CHECK_THROWS_AS(noam(0, 1, 0), std::invalid_argument);
    CHECK_THROWS_WITH(one_cycle(10, 10, 0.1),
                      "one_cycle: need 0 <= t < T, T >= 2, got 10 and 10");
    CHECK_THROWS_AS(one_cycle(-1, 10, 0.1), std::invalid_argument);
    CHECK_THROWS_AS(one_cycle(0, 1, 0.1), std::invalid_argument);
    CHECK_THROWS_WITH(one_cycle(0, 3, 0.1),
                      "one_cycle: need a finite highest > 0, 1 / T < rising < "
                      "1, start >= 1, final_share >= 1, got 0.1, 0.3, 25, "
                      "10000");
    CHECK_THROWS_AS(one_cycle(0, 10, 0.0), std::invalid_argument);
    CHECK_THROWS_AS(one_cycle(0, 10, infinity), std::invalid_argument);
    CHECK_THROWS_AS(one_cycle(0, 10, 0.1, {.rising = 1.0}),
                    std::invalid_argument);
    CHECK_THROWS_AS(one_cycle(0, 10, 0.1, {.start = 0.5}),
                    std::invalid_argument);
    CHECK_THROWS_AS(one_cycle(0, 10, 0.1, {.final_share = 0.5}),
                    std::invalid_argument);
    CHECK_THROWS_WITH(warmup_stable_decay(0, 10, 6, 5, 0.1),
                      "warmup_stable_decay: need t, warmup, decay >= 0, "
                      "warmup + decay <= T, got 0, 6, 5, 10");
    CHECK_THROWS_AS(warmup_stable_decay(-1, 10, 1, 1, 0.1),
                    std::invalid_argument);
    CHECK_THROWS_AS(warmup_stable_decay(0, 10, -1, 1, 0.1),
                    std::invalid_argument);
    CHECK_THROWS_AS(warmup_stable_decay(0, 10, 1, -1, 0.1),
                    std::invalid_argument);
    CHECK_THROWS_WITH(warmup_stable_decay(0, 10, 1, 1, 0.0),
                      "warmup_stable_decay: need a finite lr > 0, got 0");
    CHECK_THROWS_AS(warmup_stable_decay(0, 10, 1, 1, infinity),
                    std::invalid_argument);
  }
}
