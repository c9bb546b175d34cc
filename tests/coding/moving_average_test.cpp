// Verifies the claims of questions/coding/moving_average.md.
#include <whiteboard/coding/moving_average.hpp>

#include <whiteboard/core/random.hpp>

#include <support/claims.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <span>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::MovingAverage;

namespace {

using Values = std::vector<double>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Values averages(std::size_t window, const Values& inputs) {
  MovingAverage average(window);
  Values outputs;
  for (const double x : inputs) outputs.push_back(average.push(x));
  return outputs;
}

/// The last values at time t, at most `window` of them.
std::span<const double> last(const Values& inputs, std::size_t t,
                             std::size_t window) {
  const std::size_t size = std::min(window, t + 1);
  return std::span(inputs).subspan(t + 1 - size, size);
}

/// The usual answer: add the new value, subtract the one that leaves.
Values running_sum(std::size_t window, const Values& inputs) {
  Values outputs;
  double sum = 0.0;
  for (std::size_t t = 0; t < inputs.size(); ++t) {
    sum += inputs[t];
    if (t >= window) sum -= inputs[t - window];
    outputs.push_back(sum / static_cast<double>(std::min(window, t + 1)));
  }
  return outputs;
}

Values normals(std::size_t n, std::mt19937_64& rng) {
  Values values(n);
  for (double& x : values) x = normal(rng);
  return values;
}

}  // namespace

TEST_SUITE("coding/moving_average") {
  TEST_CASE("agrees_with_brute_force") {
    CHECK(close(averages(3, {1.0, 10.0, 3.0, 5.0}),
                Values{1.0, 5.5, 14.0 / 3.0, 6.0}, {.ulps = 1}));

    std::mt19937_64 rng(0);
    const Values inputs = normals(10000, rng);
    for (const std::size_t window : {1U, 2U, 3U, 7U, 50U}) {
      CAPTURE(window);
      const Values outputs = averages(window, inputs);
      REQUIRE(outputs.size() == inputs.size());
      double worst = 0.0;
      for (std::size_t t = 0; t < inputs.size(); ++t) {
        long double sum = 0.0L, magnitude = 0.0L;
        for (const double x : last(inputs, t, window)) {
          sum += x;
          magnitude += std::abs(x);
        }
        const auto count = static_cast<long double>(std::min(window, t + 1));
        const auto error = std::abs(outputs[t] - sum / count);
        worst =
            std::fmax(worst, static_cast<double>(error / (magnitude / count)));
        if (std::isnan(outputs[t])) worst = kInfinity;
      }
      // 50 additions of half an ulp and a division: 5.7e-15.
      CHECK(worst <= 1e-12);
      EVIDENCE("largest error relative to the mean of |x|", worst);
    }
  }

  TEST_CASE("a_huge_value_leaves_no_trace") {
    const Values inputs{1e16, 1.0, 1.0, 1.0, 1.0};
    const Values outputs = averages(3, inputs);
    CHECK(close(outputs, Values{1e16, 5e15, 1e16 / 3.0, 1.0, 1.0},
                {.rel = 1e-15}));
    // 1e16 + 1 is 1e16: both ones are gone before 1e16 is subtracted.
    const Values drifted = running_sum(3, inputs);
    CHECK(drifted[3] == 0.0);
    CHECK(drifted[4] == 0.0);
    EVIDENCE_SERIES("this answer", outputs);
    EVIDENCE_SERIES("running sum", drifted);

    // Wherever in the window it arrives.
    for (std::size_t at = 0; at < 12; ++at) {
      CAPTURE(at);
      Values values(24, 1.0);
      values[at] = 1e16;
      const Values smooth = averages(5, values);
      REQUIRE(smooth.size() == values.size());
      for (std::size_t t = at + 5; t < values.size(); ++t) {
        CHECK(close(smooth[t], 1.0, {.ulps = 4}));
      }
    }
  }

  TEST_CASE("a_nan_lasts_for_one_window") {
    for (const std::size_t window : {1U, 3U, 4U}) {
      for (std::size_t at = 0; at < 8; ++at) {
        CAPTURE(window);
        CAPTURE(at);
        Values inputs(20, 2.0);
        inputs[at] = kNaN;
        const Values outputs = averages(window, inputs);
        REQUIRE(outputs.size() == inputs.size());
        for (std::size_t t = 0; t < outputs.size(); ++t) {
          const bool covered = t >= at && t < at + window;
          CHECK(std::isnan(outputs[t]) == covered);
          if (!covered) CHECK(close(outputs[t], 2.0, {.ulps = 4}));
        }
      }
    }
    const Values poisoned = running_sum(3, {kNaN, 1, 1, 1, 1, 1, 1, 1});
    CHECK(std::isnan(poisoned.back()));
  }

  TEST_CASE("noise_shrinks_by_the_window") {
    std::mt19937_64 rng(1);
    const Values inputs = normals(100000, rng);
    for (const std::size_t window : {1U, 2U, 4U}) {
      const Values outputs = averages(window, inputs);
      REQUIRE(outputs.size() == inputs.size());
      double squares = 0.0;
      for (const double y : outputs) squares += y * y;
      const double variance = squares / static_cast<double>(outputs.size());
      EVIDENCE("variance times window", variance * static_cast<double>(window));
      // Neighbours share terms: the sum of the squared autocorrelations is
      // 2.75 at window 4, so a standard error is sqrt(2 * 2.75 / 1e5), 0.74%.
      CHECK(close(variance, 1.0 / static_cast<double>(window), {.rel = 0.037}));
    }
  }

  TEST_CASE("a_ramp_lags_by_half_a_window") {
    Values ramp(100);
    for (std::size_t t = 0; t < ramp.size(); ++t) {
      ramp[t] = static_cast<double>(t);
    }
    for (const std::size_t window : {1U, 2U, 5U, 8U}) {
      CAPTURE(window);
      const Values outputs = averages(window, ramp);
      REQUIRE(outputs.size() == ramp.size());
      const double lag = (static_cast<double>(window) - 1.0) / 2.0;
      for (std::size_t t = window - 1; t < ramp.size(); ++t) {
        CHECK(close(outputs[t], ramp[t] - lag, {.ulps = 1}));
      }
      // While it fills up the window is t + 1 long: half the lag of now.
      CHECK(close(outputs[window / 2], static_cast<double>(window / 2) / 2.0,
                  {.ulps = 1}));
    }
  }
}

TEST_SUITE("coding/moving_average extra") {
  TEST_CASE("a window of nothing is refused") {
    CHECK_THROWS_WITH_AS(MovingAverage(0),
                         "MovingAverage: need window >= 1, got 0",
                         std::invalid_argument);
  }

  TEST_CASE("an infinity counts until it leaves") {
    const Values outputs = averages(2, {1.0, kInfinity, 1.0, 3.0, 5.0});
    CHECK(close(outputs, Values{1.0, kInfinity, kInfinity, 2.0, 4.0}));
    const Values both = averages(2, {-kInfinity, kInfinity, 1.0, 3.0, 5.0});
    REQUIRE(both.size() == 5);
    CHECK(std::isnan(both[1]));
    CHECK(both[2] == kInfinity);
    CHECK(both[3] == 2.0);
  }

  TEST_CASE("a window longer than the stream averages all of it") {
    CHECK(close(averages(100, {2.0, 4.0, 9.0}), Values{2.0, 3.0, 5.0}));
  }

  TEST_CASE("a copy goes on by itself") {
    MovingAverage a(2);
    a.push(1.0);
    MovingAverage b = a;
    CHECK(a.push(3.0) == 2.0);
    CHECK(b.push(5.0) == 3.0);
  }

  TEST_CASE("whole numbers are averaged exactly at any time") {
    std::mt19937_64 rng(2);
    Values inputs(5000);
    for (double& x : inputs) x = static_cast<double>(uniform_index(1000, rng));
    for (const std::size_t window : {1U, 4U, 64U}) {
      const Values outputs = averages(window, inputs);
      const Values want = running_sum(window, inputs);  // exact on integers
      CHECK(close(outputs, want));
    }
  }
}
