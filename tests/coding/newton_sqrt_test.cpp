// Verifies the claims of questions/coding/newton_sqrt.md.
#include <whiteboard/coding/newton_sqrt.hpp>

#include <whiteboard/core/random.hpp>

#include <support/claims.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::newton_sqrt;
using coding::newton_sqrt_step;

namespace {

using Limits = std::numeric_limits<double>;

/// Any positive finite double: its bits are random, so is its magnitude.
double any_positive(std::mt19937_64& rng) {
  for (;;) {
    const double x = std::bit_cast<double>(random_bits(rng) >> 1);
    if (x > 0.0 && x < Limits::infinity()) return x;
  }
}

/// Is `got` the root of x as the processor rounds it, or a neighbour of it?
bool within_an_ulp(double got, double x) {
  const double want = std::sqrt(x);
  return got == want || got == std::nextafter(want, 0.0) ||
         got == std::nextafter(want, Limits::infinity());
}

/// Steps from y until one does not decrease, that one included.
int steps_until_steady(double x, double y) {
  for (int steps = 1;; ++steps) {
    const double next = newton_sqrt_step(x, y);
    if (!(next < y)) return steps;
    y = next;
  }
}

}  // namespace

TEST_SUITE("coding/newton_sqrt") {
  TEST_CASE("correct_digits_double") {
    std::vector<double> iterates, digits;
    double y = 1.0;
    const long double root = std::sqrt(2.0L);
    for (int i = 0; i < 4; ++i) {
      const double before = y;
      y = newton_sqrt_step(2.0, y);
      const auto error = static_cast<double>(y - root);
      const auto error_before = static_cast<double>(before - root);
      // Eq. (2), to the rounding of y.
      CHECK(close(error, error_before * error_before / (2.0 * before),
                  {.abs = 4.5e-16}));
      iterates.push_back(y);
      digits.push_back(-std::log10(error));
    }
    CHECK(close(iterates,
                std::vector<double>{1.5, 17.0 / 12.0, 577.0 / 408.0,
                                    665857.0 / 470832.0},
                {.ulps = 1}));
    EVIDENCE_SERIES("iterates", iterates);
    EVIDENCE_SERIES("correct digits", digits);
    CHECK(within_an_ulp(newton_sqrt(2.0), 2.0));
  }

  TEST_CASE("from_above_it_only_decreases") {
    std::mt19937_64 rng(0);
    int below = 0, grew = 0, far = 0;
    for (int i = 0; i < 100000; ++i) {
      const double x = any_positive(rng);
      // From anywhere within a factor of 2^40 of the root.
      const double y = std::sqrt(x) * std::exp2(uniform(-40.0, 40.0, rng));
      const double next = newton_sqrt_step(x, y);
      if (!(next >= std::sqrt(x) * (1.0 - 4.5e-16))) ++below;
      if (y > std::sqrt(x) * (1.0 + 9e-16) && !(next < y)) ++grew;
      // Within the last digits of the root, wherever it stops.
      if (!within_an_ulp(newton_sqrt(x), x)) ++far;
    }
    CHECK(below == 0);
    CHECK(grew == 0);
    CHECK(far == 0);
  }

  TEST_CASE("within_one_ulp_for_every_magnitude") {
    std::mt19937_64 rng(1);
    int far = 0, subnormal = 0, different = 0;
    const int draws = 200000;
    for (int i = 0; i < draws; ++i) {
      double x = any_positive(rng);
      if (i % 10 == 0) x = std::bit_cast<double>(random_bits(rng) >> 12 | 1U);
      if (x < Limits::min()) ++subnormal;
      const double y = newton_sqrt(x);
      if (!within_an_ulp(y, x)) ++far;
      if (y != std::sqrt(x)) ++different;
    }
    CHECK(far == 0);
    CHECK(subnormal > draws / 11);
    EVIDENCE("share that is not the correctly rounded root",
             different / double{draws});
    for (const double x :
         {Limits::denorm_min(), Limits::min(), Limits::max(), 1.0, 4.0, 2.0,
          0.25, 0x1p-1021, 0x1p1023, std::nextafter(1.0, 0.0), 1.0 + 0x1p-52}) {
      CAPTURE(x);
      CHECK(within_an_ulp(newton_sqrt(x), x));
    }
  }

  TEST_CASE("a_start_from_the_exponent_saves_500_steps") {
    const int naive = steps_until_steady(1e300, 1e300);
    EVIDENCE("steps for 1e300 from 1e300", naive);
    CHECK(naive > 500);
    std::mt19937_64 rng(2);
    int most = 0;
    for (int i = 0; i < 20000; ++i) {
      // The root of m 4^h with 1 <= m < 4 lies between 2^h and 2 * 2^h.
      const int h = static_cast<int>(uniform_index(1000, rng)) - 500;
      const double x = std::ldexp(1.0 + 3.0 * uniform(rng), 2 * h);
      const double start = std::ldexp(2.0, h);
      most = std::max(most, steps_until_steady(x, start));
    }
    EVIDENCE("most steps from a power of two", most);
    CHECK(most <= 7);
    CHECK(within_an_ulp(newton_sqrt(1e300), 1e300));
  }

  TEST_CASE("an_absolute_tolerance_fails_both_ways") {
    // Stops when a step changes less than 1e-6: far too early for a small x.
    double y = 1.0;
    for (int i = 0; i < 1000; ++i) {
      const double next = newton_sqrt_step(1e-16, y);
      const bool small = std::abs(next - y) < 1e-6;
      y = next;
      if (small) break;
    }
    EVIDENCE("root of 1e-16 by an absolute step, over the truth", y / 1e-8);
    CHECK(y > 50e-8);

    // Stops when the residual is below 1e-6: never for 2e20, since squares of
    // neighbouring doubles are 2 * 1.4e10 * 1.9e-6 = 5e4 apart.
    double least = Limits::infinity();
    y = 2e10;
    for (int i = 0; i < 1000; ++i) {
      y = newton_sqrt_step(2e20, y);
      least = std::fmin(least, std::abs(std::fma(y, y, -2e20)));
    }
    EVIDENCE("smallest residual for 2e20", least);
    CHECK(least > 1e-6);
    CHECK(std::nextafter(y, 1e300) - y == 0x1p-19);

    CHECK(within_an_ulp(newton_sqrt(1e-16), 1e-16));
    CHECK(within_an_ulp(newton_sqrt(2e20), 2e20));
  }

  TEST_CASE("zero_and_infinity_are_their_own_roots") {
    CHECK(newton_sqrt(0.0) == 0.0);
    CHECK(newton_sqrt(Limits::infinity()) == Limits::infinity());
    CHECK_THROWS_AS(newton_sqrt(-1.0), std::invalid_argument);
    CHECK_THROWS_AS(newton_sqrt(-Limits::denorm_min()), std::invalid_argument);
    CHECK_THROWS_AS(newton_sqrt(-Limits::infinity()), std::invalid_argument);
    CHECK_THROWS_AS(newton_sqrt(Limits::quiet_NaN()), std::invalid_argument);
  }
}

TEST_SUITE("coding/newton_sqrt extra") {
  TEST_CASE("messages name what was given") {
    CHECK_THROWS_WITH(newton_sqrt(-4.0), "newton_sqrt: need x >= 0, got -4");
    CHECK_THROWS_WITH(newton_sqrt(Limits::quiet_NaN()),
                      "newton_sqrt: need x >= 0, got nan");
  }

  TEST_CASE("minus zero stays minus zero") {
    CHECK(std::signbit(newton_sqrt(-0.0)));
    CHECK(!std::signbit(newton_sqrt(0.0)));
  }

  TEST_CASE("squares of whole numbers have whole roots") {
    int wrong = 0;
    for (double n = 1.0; n < 0x1p26; n += 1.0 + std::floor(n / 512.0)) {
      if (newton_sqrt(n * n) != n) ++wrong;
    }
    CHECK(wrong == 0);
  }

  TEST_CASE("a factor of four is a factor of two") {
    std::mt19937_64 rng(3);
    for (int i = 0; i < 1000; ++i) {
      const double x = std::exp2(uniform(-500.0, 500.0, rng));
      CHECK(newton_sqrt(4.0 * x) == 2.0 * newton_sqrt(x));
    }
  }
}
