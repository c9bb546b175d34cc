// Verifies the claims of questions/coding/bootstrap_interval.md.
#include <whiteboard/coding/bootstrap_interval.hpp>

#include <support/claims.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <set>
#include <span>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::bootstrap_interval;
using coding::Interval;

namespace {

using Values = std::vector<double>;
using Span = std::span<const double>;

double mean(Span x) {
  double sum = 0.0;
  for (const double v : x) sum += v;
  return sum / static_cast<double>(x.size());
}

double largest(Span x) {
  return *std::max_element(x.begin(), x.end());
}

/// Of an odd number of values.
double median(Span x) {
  Values copy(x.begin(), x.end());
  const auto middle = copy.begin() + static_cast<std::ptrdiff_t>(x.size() / 2);
  std::nth_element(copy.begin(), middle, copy.end());
  return *middle;
}

Values normals(std::size_t n, std::mt19937_64& rng) {
  Values values(n);
  for (double& x : values) x = normal(rng);
  return values;
}

double five_errors(double share, double runs) {
  return 5.0 * std::sqrt(share * (1.0 - share) / runs);
}

/// In how many of `experiments` normal samples of size n the 95% interval from
/// 199 resamples covers the true value 0, as a share.
double coverage(std::size_t n, double (*statistic)(Span), int experiments,
                std::mt19937_64& rng) {
  int covered = 0;
  for (int e = 0; e < experiments; ++e) {
    const Values x = normals(n, rng);
    const Interval i = bootstrap_interval(x, statistic, 199, 0.95, rng);
    REQUIRE(i.low <= i.high);
    if (i.low <= 0.0 && 0.0 <= i.high) ++covered;
  }
  return covered / static_cast<double>(experiments);
}

}  // namespace

TEST_SUITE("coding/bootstrap_interval") {
  TEST_CASE("resamples_spread_like_the_standard_error") {
    const Values x{1.0, 2.0, 4.0, 8.0, 16.0};
    // All 5^5 resamples.
    double second = 0.0, fourth = 0.0;
    for (int code = 0; code < 3125; ++code) {
      double sum = 0.0;
      for (int rest = code, i = 0; i < 5; ++i, rest /= 5) {
        sum += x[static_cast<std::size_t>(rest % 5)];
      }
      const double deviation = sum / 5.0 - 6.2;
      second += deviation * deviation / 3125.0;
      fourth += std::pow(deviation, 4) / 3125.0;
    }
    // The population variance of x is 341 / 5 - 6.2^2 = 29.76.
    CHECK(close(second, 29.76 / 5.0, {.rel = 1e-12}));
    CHECK(close(std::sqrt(second), 2.4397, {.abs = 5e-5}));

    std::mt19937_64 rng(0);
    const int resamples = 20000;
    double sum = 0.0, squares = 0.0;
    int calls = 0;
    const Interval i = bootstrap_interval(
        x,
        [&](Span resample) {
          ++calls;
          sum += mean(resample);
          squares += (mean(resample) - 6.2) * (mean(resample) - 6.2);
          return mean(resample);
        },
        resamples, 0.95, rng);
    REQUIRE(calls == resamples);
    const double root = std::sqrt(double{resamples});
    CHECK(close(sum / calls, 6.2, {.abs = 5.0 * std::sqrt(second) / root}));
    CHECK(close(squares / calls, second,
                {.abs = 5.0 * std::sqrt(fourth - second * second) / root}));
    EVIDENCE("standard deviation of the means", std::sqrt(squares / calls));
    CHECK(i.low > 1.0);
    CHECK(i.high < 16.0);
  }

  TEST_CASE("a_resample_holds_two_thirds_of_the_sample") {
    for (const int n : {1, 2, 10, 100}) {
      CAPTURE(n);
      Values x;
      for (int i = 0; i < n; ++i) x.push_back(i);
      std::mt19937_64 rng(1);
      double sum = 0.0, squares = 0.0;
      int calls = 0;
      bootstrap_interval(
          x,
          [&](Span resample) {
            REQUIRE(resample.size() == x.size());
            const std::set<double> distinct(resample.begin(), resample.end());
            CHECK(*distinct.begin() >= 0.0);
            CHECK(*distinct.rbegin() <= n - 1.0);
            const double share = static_cast<double>(distinct.size()) / n;
            ++calls;
            sum += share;
            squares += share * share;
            return share;
          },
          2000, 0.95, rng);
      REQUIRE(calls == 2000);
      const double average = sum / calls;
      const double deviation =
          std::sqrt(std::fmax(0.0, squares / calls - average * average));
      const double want = 1.0 - std::pow(1.0 - 1.0 / n, n);
      EVIDENCE("share of distinct values", average);
      CHECK(close(average, want,
                  {.abs = 1e-12 + 5.0 * deviation / std::sqrt(2000.0)}));
    }
    CHECK(close(1.0 - std::pow(0.9, 10), 0.651, {.abs = 5e-4}));
    CHECK(close(1.0 - std::exp(-1.0), 0.632, {.abs = 5e-4}));
  }

  TEST_CASE("ends_are_interpolated_quantiles") {
    // A statistic that returns 0, 37, 74, ... modulo 101: all of 0 to 100.
    const Values x{1.0};
    for (const double level : {0.5, 0.9, 0.95, 0.987}) {
      CAPTURE(level);
      std::mt19937_64 rng(2);
      int calls = 0;
      const Interval i = bootstrap_interval(
          x, [&](Span) { return (37 * calls++) % 101; }, 101, level, rng);
      CHECK(close(i.low, 50.0 * (1.0 - level), {.abs = 1e-12}));
      CHECK(close(i.high, 100.0 - 50.0 * (1.0 - level), {.abs = 1e-12}));
    }
    std::mt19937_64 rng(2);
    const Interval five =
        bootstrap_interval(Values{5.0}, mean, 1000, 0.95, rng);
    CHECK(five.low == 5.0);
    CHECK(five.high == 5.0);
    const Interval once = bootstrap_interval(Values{7.0}, mean, 1, 0.5, rng);
    CHECK(once.low == 7.0);
    CHECK(once.high == 7.0);
  }

  TEST_CASE("it_covers_too_rarely_in_small_samples") {
    // Measured with 20,000 and 8,000 experiments: 89.4% and 93.5%. Theory for
    // endless resamples: half the width is 1.96 s sqrt((n - 1) / n) / sqrt(n),
    // and Student's t with 9 degrees is within 1.96 sqrt(0.9) in 90.4%.
    std::mt19937_64 rng(3);
    const double ten = coverage(10, mean, 2000, rng);
    const double fifty = coverage(50, mean, 500, rng);
    EVIDENCE("coverage with n = 10", ten);
    EVIDENCE("coverage with n = 50", fifty);
    CHECK(close(ten, 0.894, {.abs = five_errors(0.894, 2000)}));
    CHECK(ten < 0.95 - 0.02);
    CHECK(close(fifty, 0.935, {.abs = five_errors(0.935, 500)}));
  }

  TEST_CASE("it_never_exceeds_the_largest_value") {
    // Uniform on [0, 1): the true end point is 1.
    std::mt19937_64 rng(4);
    const int experiments = 100, resamples = 400;
    int at_the_end = 0, missed = 0, exact = 0;
    for (int e = 0; e < experiments; ++e) {
      Values x(50);
      for (double& v : x) v = uniform(rng);
      const double top = largest(x);
      const Interval i = bootstrap_interval(
          x,
          [&](Span resample) {
            if (largest(resample) == top) ++at_the_end;
            return largest(resample);
          },
          resamples, 0.95, rng);
      if (i.high < 1.0) ++missed;
      if (i.high == top) ++exact;
    }
    CHECK(missed == experiments);
    CHECK(exact == experiments);
    const double share = at_the_end / double{experiments * resamples};
    EVIDENCE("share of resamples with the sample's maximum", share);
    const double want = 1.0 - std::pow(1.0 - 1.0 / 50.0, 50);
    CHECK(close(want, 0.636, {.abs = 5e-4}));
    CHECK(close(share, want,
                {.abs = five_errors(want, experiments * resamples)}));
  }

  TEST_CASE("a_median_needs_no_formula") {
    std::mt19937_64 rng(5);
    const double covered = coverage(49, median, 400, rng);
    EVIDENCE("coverage", covered);
    // Measured with 8,000 experiments: 93.5%.
    CHECK(close(covered, 0.935, {.abs = five_errors(0.935, 400)}));
  }

  TEST_CASE("it_follows_increasing_functions") {
    std::mt19937_64 rng(6);
    const Values x = normals(30, rng);
    // Positions 1 and 19 of 0 to 20, to rounding: nothing to interpolate.
    std::mt19937_64 a(7), b(7);
    const Interval plain = bootstrap_interval(x, mean, 21, 0.9, a);
    const Interval moved = bootstrap_interval(
        x, [](Span r) { return std::exp(3.0 * mean(r)); }, 21, 0.9, b);
    CHECK(plain.low < plain.high);
    CHECK(close(moved.low, std::exp(3.0 * plain.low), {.rel = 1e-12}));
    CHECK(close(moved.high, std::exp(3.0 * plain.high), {.rel = 1e-12}));
  }
}

TEST_SUITE("coding/bootstrap_interval extra") {
  TEST_CASE("arguments that break the contract are refused") {
    std::mt19937_64 rng(0);
    const Values x{1.0, 2.0};
    CHECK_THROWS_WITH_AS(bootstrap_interval({}, mean, 10, 0.9, rng),
                         "bootstrap_interval: need a value, got 0",
                         std::invalid_argument);
    CHECK_THROWS_WITH(bootstrap_interval(x, mean, 0, 0.9, rng),
                      "bootstrap_interval: need resamples >= 1, got 0");
    for (const double level : {0.0, 1.0, -0.5, 95.0}) {
      CHECK_THROWS_AS(bootstrap_interval(x, mean, 10, level, rng),
                      std::invalid_argument);
    }
    CHECK_THROWS_WITH(
        bootstrap_interval(x, mean, 10,
                           std::numeric_limits<double>::quiet_NaN(), rng),
        "bootstrap_interval: need 0 < level < 1, got nan");
  }

  TEST_CASE("a statistic without a value is refused") {
    std::mt19937_64 rng(0);
    const Values x{1.0, 2.0};
    CHECK_THROWS_WITH_AS(
        bootstrap_interval(
            x, [](Span) { return std::sqrt(-1.0) * -1.0; }, 10, 0.9, rng),
        doctest::Contains("the statistic of resample 0 is"),
        std::invalid_argument);
    CHECK_THROWS_WITH(
        bootstrap_interval(
            x, [](Span) { return std::numeric_limits<double>::infinity(); }, 10,
            0.9, rng),
        "bootstrap_interval: the statistic of resample 0 is inf");
  }

  TEST_CASE("a higher level is a wider interval around the same middle") {
    std::mt19937_64 rng(1);
    const Values x = normals(40, rng);
    std::mt19937_64 a(2), b(2);
    const Interval narrow = bootstrap_interval(x, mean, 500, 0.5, a);
    const Interval wide = bootstrap_interval(x, mean, 500, 0.99, b);
    CHECK(wide.low < narrow.low);
    CHECK(narrow.low < mean(x));
    CHECK(mean(x) < narrow.high);
    CHECK(narrow.high < wide.high);
  }
}
