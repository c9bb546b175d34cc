// Verifies the claims of questions/coding/streaming_statistics.md.
#include <whiteboard/coding/streaming_statistics.hpp>

#include <whiteboard/core/random.hpp>

#include <support/claims.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <span>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::StreamingStatistics;

namespace {

using Values = std::vector<double>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

StreamingStatistics pushed(std::span<const double> values) {
  StreamingStatistics s;
  for (const double x : values) s.push(x);
  return s;
}

Values normals(std::size_t n, double mean, double deviation,
               std::mt19937_64& rng) {
  Values values(n);
  for (double& x : values) x = mean + deviation * normal(rng);
  return values;
}

double mean_in_two_passes(const Values& values) {
  long double sum = 0.0L;
  for (const double x : values) sum += x;
  return static_cast<double>(sum / static_cast<long double>(values.size()));
}

/// The definition, in long double.
double variance_in_two_passes(const Values& values) {
  const auto n = static_cast<long double>(values.size());
  long double sum = 0.0L, squares = 0.0L;
  for (const double x : values) sum += x;
  for (const double x : values) squares += (x - sum / n) * (x - sum / n);
  return static_cast<double>(squares / (n - 1.0L));
}

/// The shortcut: (sum of squares - n mean^2) / (n - 1).
double variance_from_sums(const Values& values) {
  const auto n = static_cast<double>(values.size());
  double sum = 0.0, squares = 0.0;
  for (const double x : values) {
    sum += x;
    squares += x * x;
  }
  return (squares - sum * sum / n) / (n - 1.0);
}

}  // namespace

TEST_SUITE("coding/streaming_statistics") {
  TEST_CASE("agrees_with_two_passes") {
    StreamingStatistics example;
    for (const double x : {4.0, 7.0, 13.0, 16.0}) example.push(x);
    CHECK(example.mean() == 10.0);
    CHECK(example.variance() == 30.0);

    std::mt19937_64 rng(0);
    double worst = 0.0;
    for (int stream = 0; stream < 1000; ++stream) {
      CAPTURE(stream);
      const auto n = static_cast<std::size_t>(2 + uniform_index(198, rng));
      const double deviation = std::exp(normal(rng));
      const Values values = normals(n, 5.0 * deviation, deviation, rng);
      const StreamingStatistics s = pushed(values);
      REQUIRE(s.count() == n);
      CHECK(close(s.mean(), mean_in_two_passes(values), {.rel = 1e-12}));
      // n k eps with n < 200 and k below 20 is 9e-13; k is 5 as a rule, but
      // two values can lie close together, and then n is 2.
      const double want = variance_in_two_passes(values);
      const double k = 1.0 + 6.0 * deviation / std::sqrt(want);
      CHECK(close(s.variance(), want,
                  {.rel = 1e-12 + static_cast<double>(n) * k * 2.3e-16}));
      worst = std::fmax(worst, std::abs(s.variance() - want) / want);
    }
    EVIDENCE("largest relative difference of a variance", worst);
  }

  TEST_CASE("any_split_merges_to_the_same") {
    std::mt19937_64 rng(1);
    const Values values = normals(60, 3.0, 2.0, rng);
    const double mean = mean_in_two_passes(values);
    const double variance = variance_in_two_passes(values);
    const std::span<const double> all(values);
    for (std::size_t cut = 0; cut <= values.size(); ++cut) {
      CAPTURE(cut);
      StreamingStatistics s = pushed(all.first(cut));
      s.merge(pushed(all.subspan(cut)));
      REQUIRE(s.count() == values.size());
      CHECK(close(s.mean(), mean, {.rel = 1e-12}));
      CHECK(close(s.variance(), variance, {.rel = 1e-12}));
    }

    // Equal means hide a forgotten term, distant ones do not: two constant
    // halves, 0 and 10, have all their variance between them.
    StreamingStatistics low, high;
    for (int i = 0; i < 3; ++i) low.push(0.0);
    for (int i = 0; i < 6; ++i) high.push(10.0);
    low.merge(high);
    CHECK(close(low.mean(), 20.0 / 3.0, {.ulps = 2}));
    // 100 * 3 * 6 / 9 = 200, over n - 1 = 8.
    CHECK(close(low.variance(), 25.0, {.ulps = 4}));
  }

  TEST_CASE("far_from_the_origin_it_keeps_its_digits") {
    const Values values{1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0};
    const StreamingStatistics s = pushed(values);
    // n k eps is 4 * 2e8 * 2.2e-16 = 1.8e-7.
    CHECK(close(s.variance(), 30.0, {.rel = 1.8e-7}));
    CHECK(close(s.mean(), 1e9 + 10.0, {.ulps = 4}));

    // The squares are near 1e18, where doubles are 128 apart.
    const double shortcut = variance_from_sums(values);
    EVIDENCE("variance by Welford", s.variance());
    EVIDENCE("variance from sums of squares", shortcut);
    CHECK(close(shortcut, -512.0 / 3.0, {.rel = 1e-15}));
  }

  TEST_CASE("variance_is_never_negative") {
    // A few distinct neighbouring doubles, where every sum rounds.
    std::mt19937_64 rng(2);
    int negative = 0, negative_shortcut = 0;
    for (int stream = 0; stream < 1000; ++stream) {
      Values values(static_cast<std::size_t>(2 + uniform_index(50, rng)));
      for (double& x : values) {
        x = 1e9 / 3.0 + 6e-8 * static_cast<double>(uniform_index(3, rng));
      }
      REQUIRE(pushed(values).count() == values.size());
      if (!(pushed(values).variance() >= 0.0)) ++negative;
      if (!(StreamingStatistics::of(values).variance() >= 0.0)) ++negative;
      if (variance_from_sums(values) < 0.0) ++negative_shortcut;
    }
    CHECK(negative == 0);
    EVIDENCE("streams with a negative variance from sums", negative_shortcut);
    CHECK(negative_shortcut > 100);
  }

  TEST_CASE("shift_moves_the_mean_and_scale_the_variance") {
    std::mt19937_64 rng(3);
    const Values values = normals(100, 0.0, 1.0, rng);
    const StreamingStatistics s = pushed(values);
    Values shifted = values, scaled = values;
    for (double& x : shifted) x += 1024.0;
    for (double& x : scaled) x *= -3.0;

    // The shift rounds every value by up to 2^-43; the variance then moves by
    // 2 sqrt(variance) 2^-43 at most, and n k eps is 2.3e-11.
    const StreamingStatistics moved = pushed(shifted);
    CHECK(close(moved.mean(), s.mean() + 1024.0, {.rel = 1e-12}));
    CHECK(close(moved.variance(), s.variance(), {.rel = 3e-11}));
    const StreamingStatistics grown = pushed(scaled);
    CHECK(close(grown.mean(), -3.0 * s.mean(), {.abs = 1e-13}));
    CHECK(close(grown.variance(), 9.0 * s.variance(), {.rel = 1e-12}));
  }

  TEST_CASE("merge_is_a_commutative_monoid") {
    std::mt19937_64 rng(4);
    const StreamingStatistics empty;
    const StreamingStatistics a = pushed(normals(5, -2.0, 1.0, rng));
    const StreamingStatistics b = pushed(normals(50, 3.0, 2.0, rng));
    const StreamingStatistics c = pushed(normals(1, 100.0, 1.0, rng));
    const auto merged = [](StreamingStatistics x,
                           const StreamingStatistics& y) {
      x.merge(y);
      return x;
    };
    const auto same = [](const StreamingStatistics& x,
                         const StreamingStatistics& y, double relative) {
      CHECK(x.count() == y.count());
      CHECK(close(x.mean(), y.mean(), {.rel = relative}));
      CHECK(close(x.variance(), y.variance(), {.rel = relative}));
    };
    same(merged(a, empty), a, 0.0);
    same(merged(empty, a), a, 0.0);
    CHECK(merged(empty, empty).count() == 0);
    same(merged(a, b), merged(b, a), 1e-14);
    same(merged(merged(a, b), c), merged(a, merged(b, c)), 1e-14);
    CHECK(merged(empty, c).count() == 1);
    CHECK(merged(empty, c).mean() == c.mean());
  }

  TEST_CASE("one_nan_stays_for_ever") {
    StreamingStatistics s = pushed(Values{1.0, kNaN});
    for (int i = 0; i < 1000; ++i) s.push(1.0);
    CHECK(s.count() == 1002);
    CHECK(std::isnan(s.mean()));
    CHECK(std::isnan(s.variance()));
    StreamingStatistics other = pushed(Values{1.0, 2.0});
    other.merge(s);
    CHECK(std::isnan(other.mean()));
    CHECK(std::isnan(other.variance()));
  }

  TEST_CASE("blocks_agree_with_pushing") {
    std::mt19937_64 rng(5);
    // The mean wanders, so that blocks differ in it.
    Values values = normals(5000, 1e4, 1.0, rng);
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] += 0.01 * static_cast<double>(i);
    }
    const std::span<const double> all(values);
    double worst = 0.0;
    for (std::size_t n = 2; n <= values.size(); n += n < 70 ? 1 : 17) {
      CAPTURE(n);
      const StreamingStatistics one = pushed(all.first(n));
      const StreamingStatistics many = StreamingStatistics::of(all.first(n));
      REQUIRE(one.count() == n);
      REQUIRE(many.count() == n);
      // n eps is 1e-12 for the means, and with k = 1e4 at most (all of these
      // variances are near 1 or above) n k eps is 1e-8.
      CHECK(close(many.mean(), one.mean(), {.rel = 1e-12}));
      CHECK(close(many.variance(), one.variance(), {.rel = 1e-8}));
      worst =
          std::fmax(worst, std::abs(many.variance() / one.variance() - 1.0));
    }
    EVIDENCE("largest relative difference of a variance", worst);
    CHECK(StreamingStatistics::of({}).count() == 0);
    CHECK(StreamingStatistics::of(all.first(1)).mean() == values[0]);
    CHECK(pushed(all.first(1)).mean() == values[0]);
  }
}

TEST_SUITE("coding/streaming_statistics extra") {
  TEST_CASE("too few values have no mean and no variance") {
    StreamingStatistics s;
    CHECK(s.count() == 0);
    CHECK_THROWS_WITH_AS(s.mean(), "mean: need a value, got 0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(s.variance(), "variance: need 2 values, got 0",
                         std::invalid_argument);
    s.push(3.0);
    CHECK(s.mean() == 3.0);
    CHECK_THROWS_WITH_AS(s.variance(), "variance: need 2 values, got 1",
                         std::invalid_argument);
    s.push(3.0);
    CHECK(s.variance() == 0.0);
  }

  TEST_CASE("a stream merged with itself counts twice") {
    StreamingStatistics s = pushed(Values{4.0, 7.0, 13.0, 16.0});
    s.merge(s);
    CHECK(s.count() == 8);
    CHECK(s.mean() == 10.0);
    CHECK(close(s.variance(), 180.0 / 7.0, {.ulps = 1}));
  }

  TEST_CASE("equal values have variance 0") {
    CHECK(pushed(Values(1000, 0.1)).variance() == 0.0);
    // 1,000 additions round the mean of a block by 1,000 ulps at most.
    const StreamingStatistics s = StreamingStatistics::of(Values(1000, 0.1));
    CHECK(close(s.mean(), 0.1, {.ulps = 1000}));
    CHECK(close(s.variance(), 0.0, {.abs = 1e-27}));
    CHECK(pushed(Values(1000, 0.1)).mean() == 0.1);
  }

  TEST_CASE("an infinity or an overflow leaves no finite variance") {
    CHECK(std::isnan(pushed(Values{1.0, kInfinity, 2.0}).variance()));
    CHECK(!std::isfinite(pushed(Values{1e308, -1e308}).variance()));
    // The square overflows, the difference does not.
    CHECK(pushed(Values{1e200, -1e200}).variance() == kInfinity);
    // An empty side must not multiply 0 by infinity.
    StreamingStatistics s;
    s.merge(pushed(Values{1e200, 1e200}));
    CHECK(s.variance() == 0.0);
  }
}
