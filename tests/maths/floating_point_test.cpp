// Verifies the claims of questions/maths/floating_point.md.
//
// Doubles are rounded after every operation here: SSE2 arithmetic, and no fused
// multiply-add, which g++ and clang++ use only where the processor is named.
#include <whiteboard/maths/floating_point.hpp>

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
using namespace whiteboard::maths;

namespace {

using Limits = std::numeric_limits<double>;
constexpr double kInfinity = Limits::infinity();
constexpr double kNaN = Limits::quiet_NaN();

__extension__ typedef __int128 Int128;

/// Sorts by insertion, which any comparison survives; std::sort may not.
template <class Less>
std::vector<double> insertion_sort(std::vector<double> xs, Less less) {
  for (std::size_t i = 1; i < xs.size(); ++i) {
    for (std::size_t j = i; j > 0 && less(xs[j], xs[j - 1]); --j) {
      std::swap(xs[j], xs[j - 1]);
    }
  }
  return xs;
}

/// 2^exponent times a random fraction in [1, 2), of either sign.
template <BitEngine Rng>
double random_double(int exponent, Rng& rng) {
  const double sign = uniform_index(2, rng) == 0 ? 1.0 : -1.0;
  return sign * std::ldexp(1.0 + uniform(rng), exponent);
}

}  // namespace

TEST_SUITE("maths/floating_point") {
  TEST_CASE("one_tenth_is_not_a_double") {
    const double sum = 0.1 + 0.2;
    CHECK(sum != 0.3);
    CHECK(sum - 0.3 == 0x1p-54);
    CHECK(sum - 0.3 == ulp(0.3));
    CHECK(ulp_distance(sum, 0.3) == 1);
    EVIDENCE("0.1 + 0.2 - 0.3", sum - 0.3);
    // Rounding depends on where the brackets stand.
    CHECK((1e16 + 1.0) - 1e16 == 0.0);
    CHECK((1e16 - 1e16) + 1.0 == 1.0);
    CHECK((0.1 + 0.2) + 0.3 != 0.1 + (0.2 + 0.3));
    // Powers of two and sums of few of them are exact.
    CHECK(0.5 + 0.25 == 0.75);
  }

  TEST_CASE("integers_are_exact_up_to_a_point") {
    const double last = 0x1p53;
    CHECK(last - 1.0 != last);
    CHECK(last + 1.0 == last);
    CHECK(ulp(last) == 2.0);
    CHECK(ulp(last - 1.0) == 1.0);
    float counter = 16'777'000.0F;
    for (int i = 0; i < 1000; ++i) counter += 1.0F;
    CHECK(counter == 16'777'216.0F);
    float half = 250.0F;  // the same in bfloat16
    for (int i = 0; i < 100; ++i) half = to_bfloat16(half + 1.0F);
    CHECK(half == 256.0F);
    EVIDENCE("a counter in float stops at", counter);
    EVIDENCE("a counter in bfloat16 stops at", half);
  }

  TEST_CASE("the_small_root_cancels") {
    const double b = 1e8;
    const double textbook = (-b + std::sqrt(b * b - 4.0)) / 2.0;
    CHECK(close(textbook, -7.4506e-9, {.rel = 1e-5}));
    const auto roots = real_roots(1.0, b, 1.0);
    REQUIRE(roots);
    // -1e-8 (1 + 1e-16 + ...).
    CHECK(close(roots->larger, -1.0000000000000001e-8, {.ulps = 2}));
    CHECK(close(roots->smaller, -1e8, {.ulps = 1}));
    EVIDENCE("small root by the textbook", textbook);
    EVIDENCE("small root without cancellation", roots->larger);
    // With either sign of b, and from roots that are known.
    std::mt19937_64 rng(0);
    for (int i = 0; i < 200; ++i) {
      const double r =
          random_double(static_cast<int>(uniform_index(40, rng)), rng);
      const double s = static_cast<double>(uniform_index(7, rng)) - 3.0;
      // 26 bits of r make both coefficients of (x - r) (x - s) exact.
      const double whole = std::floor(r * 16.0) / 16.0;
      CAPTURE(whole);
      CAPTURE(s);
      if (std::abs(whole) < 8.0) continue;
      const auto got = real_roots(3.0, -3.0 * (whole + s), 3.0 * whole * s);
      REQUIRE(got);
      CHECK(close(got->smaller, std::min(whole, s), {.ulps = 4}));
      CHECK(close(got->larger, std::max(whole, s), {.ulps = 4}));
    }
  }

  TEST_CASE("one_fma_saves_the_discriminant") {
    const double b = 0x1p27 + 1.0;
    const double a = 0x1p25;
    const double c = 0x1p27 + 2.0;
    CHECK(b * b - 4.0 * a * c == 0.0);
    CHECK(difference_of_products(b, b, 4.0 * a, c) == 1.0);
    const auto roots = real_roots(a, -b, c);
    REQUIRE(roots);
    CHECK(roots->smaller == 2.0);
    CHECK(roots->larger == 2.0 + 0x1p-25);

    // Random products of 53 bits each that agree in most of them. The exact
    // difference has up to 107 bits, which 128-bit integers hold.
    std::mt19937_64 rng(1);
    double worst = 0.0;
    double worst_naive = 0.0;
    for (int i = 0; i < 2000; ++i) {
      const auto n = std::int64_t{1} << 52;
      const std::int64_t p = n + uniform_index(n, rng);
      const std::int64_t q = n + uniform_index(n, rng);
      const std::int64_t r = p + uniform_index(1000, rng) - 500;
      const std::int64_t s = q - uniform_index(1000, rng) + 500;
      const auto exact = static_cast<double>(Int128{p} * q - Int128{r} * s);
      const auto as_double = [](std::int64_t x) {
        return static_cast<double>(x);
      };
      const double got = difference_of_products(as_double(p), as_double(q),
                                                as_double(r), as_double(s));
      // 1.5 ulps by the theorem, and half of one for the rounding of `exact`.
      CHECK(close(got, exact, {.ulps = 2}));
      const double naive =
          as_double(p) * as_double(q) - as_double(r) * as_double(s);
      if (exact == 0.0) continue;
      worst = std::max(worst, std::abs(got - exact) / ulp(exact));
      worst_naive =
          std::max(worst_naive, std::abs(naive - exact) / std::abs(exact));
    }
    CHECK(worst_naive > 0.9);
    EVIDENCE("largest error in ulps", worst);
    EVIDENCE("largest relative error of two products", worst_naive);
  }

  TEST_CASE("log1p_and_expm1_keep_the_small") {
    CHECK(std::log(1.0 + 1e-16) == 0.0);
    const double lost =
        std::abs((std::exp(1e-10) - 1.0) / 1.00000000005e-10 - 1);
    CHECK(lost > 1e-8);
    CHECK(lost < 1e-7);  // seven digits
    EVIDENCE("relative error of exp(1e-10) - 1", lost);
    CHECK(close(std::log1p(1e-16), 1e-16, {.ulps = 1}));
    CHECK(close(std::expm1(1e-10), 1.0000000000500000e-10, {.ulps = 1}));

    // Kahan's, from log and exp: an ulp for these and a half for each of four
    // operations, doubled where the result lies just above a power of two.
    double worst = 0.0;
    const auto compare = [&](double got, double want) {
      CHECK(close(got, want, {.ulps = 6}));
      worst = std::max(worst, std::abs(got - want) / ulp(want));
    };
    for (double size = 1e-300; size < 1e300; size *= 1.7) {
      CAPTURE(size);
      compare(log1p_from_log(size), std::log1p(size));
      if (size <= 1.0) compare(log1p_from_log(-size), std::log1p(-size));
      if (size < 700.0) compare(expm1_from_exp(size), std::expm1(size));
      compare(expm1_from_exp(-size), std::expm1(-size));
    }
    EVIDENCE("largest error of Kahan's forms in ulps", worst);
    CHECK(log1p_from_log(-1.0) == -kInfinity);
    CHECK(expm1_from_exp(800.0) == kInfinity);
    CHECK(expm1_from_exp(-kInfinity) == -1.0);
    CHECK(log1p_from_log(0.0) == 0.0);
  }

  TEST_CASE("comparisons_need_both_tolerances") {
    struct Case {
      double a, b;
      bool equal;
    };
    const double max = Limits::max();
    const std::vector<Case> cases = {{0.1 + 0.2, 0.3, true},
                                     {1e10, 1e10 + 1.0, true},
                                     {0.0, 1e-13, true},
                                     {1e-13, -1e-13, true},
                                     {-1e10, -1e10 - 9.0, true},
                                     {0.0, -0.0, true},
                                     {kInfinity, kInfinity, true},
                                     {1.0, 1.0 + 2e-9, false},
                                     {0.0, 2e-12, false},
                                     {1e-11, 1.2e-11, false},
                                     {1e300, -1e300, false},
                                     {kInfinity, max, false},
                                     {kInfinity, -kInfinity, false},
                                     {kNaN, kNaN, false},
                                     {1.0, kNaN, false},
                                     {1e10, 1e10 + 11.0, false}};
    int exact = 0;
    int relative = 0;
    int absolute = 0;
    int by_ulps = 0;
    for (const Case& test : cases) {
      const double a = test.a;
      const double b = test.b;
      const bool equal = test.equal;
      CAPTURE(a);
      CAPTURE(b);
      CHECK(almost_equal(a, b, {.rel = 1e-9, .abs = 1e-12}) == equal);
      CHECK(almost_equal(b, a, {.rel = 1e-9, .abs = 1e-12}) == equal);
      exact += (a == b) != equal;
      relative += almost_equal(a, b, {.rel = 1e-9}) != equal;
      absolute += almost_equal(a, b, {.rel = 0.0, .abs = 1e-12}) != equal;
      if (!std::isnan(a) && !std::isnan(b)) {
        by_ulps += (ulp_distance(a, b) <= 4) != equal;
      }
    }
    CHECK(exact == 5);
    CHECK(relative == 2);
    CHECK(absolute == 2);
    CHECK(by_ulps == 5);
    EVIDENCE("cases", cases.size());
    EVIDENCE("wrong by ==", exact);
    EVIDENCE("wrong by a relative tolerance", relative);
    EVIDENCE("wrong by an absolute one", absolute);
    EVIDENCE("wrong by a distance of 4 ulps", by_ulps);
  }

  TEST_CASE("nan_has_no_place_in_an_order") {
    CHECK(!(kNaN == kNaN));
    CHECK(!(kNaN < 1.0));
    CHECK(!(kNaN >= 1.0));
    // The usual maximum depends on the order of its arguments, and on the
    // function: std::fmax takes NaN for "no value".
    CHECK(std::isnan(std::max(kNaN, 1.0)));
    CHECK(std::max(1.0, kNaN) == 1.0);
    const auto ternary = [](double a, double b) { return a > b ? a : b; };
    CHECK(ternary(kNaN, 1.0) == 1.0);
    CHECK(std::isnan(ternary(1.0, kNaN)));
    CHECK(std::fmax(kNaN, 1.0) == 1.0);

    // NaN is "equivalent" to 1 and to 3, which are not equivalent: a sort with
    // < leaves them as they were.
    const std::vector<double> xs = {3.0, kNaN, 1.0};
    const auto plainly =
        insertion_sort(xs, [](double a, double b) { return a < b; });
    REQUIRE(plainly.size() == 3);
    CHECK(plainly[0] == 3.0);
    CHECK(plainly[2] == 1.0);

    // A strict weak order: checked on all triples of a list with everything.
    const std::vector<double> all = {-kInfinity, -1.0,      -0.0, 0.0,
                                     1.0,        kInfinity, kNaN, -kNaN};
    const auto same = [](double a, double b) {
      return !less_nan_last(a, b) && !less_nan_last(b, a);
    };
    for (const double a : all) {
      CHECK(!less_nan_last(a, a));
      for (const double b : all) {
        if (less_nan_last(a, b)) CHECK(!less_nan_last(b, a));
        for (const double c : all) {
          if (same(a, b) && same(b, c)) CHECK(same(a, c));
          if (less_nan_last(a, b) && less_nan_last(b, c)) {
            CHECK(less_nan_last(a, c));
          }
        }
      }
    }
    std::mt19937_64 rng(2);
    std::vector<double> shuffled = {5.0, kNaN, 1.0, kNaN, -kInfinity, 3.0};
    for (int i = 0; i < 20; ++i) {
      shuffle(shuffled, rng);
      std::sort(shuffled.begin(), shuffled.end(), less_nan_last);
      CHECK(shuffled[0] == -kInfinity);
      CHECK(shuffled[1] == 1.0);
      CHECK(shuffled[2] == 3.0);
      CHECK(shuffled[3] == 5.0);
      CHECK(std::isnan(shuffled[4]));
      CHECK(std::isnan(shuffled[5]));
    }
  }

  TEST_CASE("subtraction_of_neighbours_is_exact") {
    // Sterbenz: y / 2 <= x <= 2 y. Down to the subnormal numbers, thanks to
    // which different numbers have a difference.
    std::mt19937_64 rng(3);
    for (const int exponent : {-1074, -1022, -1000, 0, 900}) {
      for (int i = 0; i < 200; ++i) {
        const double x = std::abs(random_double(exponent, rng));
        const double y = uniform(0.5 * x, 2.0 * x, rng);
        if (2.0 * y < x) continue;  // x / 2 is rounded among the smallest
        CHECK(static_cast<long double>(x - y) ==
              static_cast<long double>(x) - static_cast<long double>(y));
        CHECK((x != y) == (x - y != 0.0));
      }
    }
    const double smallest_normal = Limits::min();
    CHECK(1.5 * smallest_normal - smallest_normal == 0.5 * smallest_normal);
    CHECK(!std::isnormal(0.5 * smallest_normal));
    // Outside of that range it rounds like everything else.
    CHECK(1.0 - 1e-17 == 1.0);
    // Three numbers that are often mixed up.
    CHECK(Limits::epsilon() == ulp(1.0));
    CHECK(Limits::min() == 0x1p-1022);
    CHECK(Limits::denorm_min() == ulp(0.0));
    CHECK(1e-100 < Limits::epsilon());
    CHECK(1.0 + 0.5 * Limits::epsilon() == 1.0);
  }

  TEST_CASE("ulps_count_the_doubles_between") {
    std::mt19937_64 rng(4);
    for (const int exponent : {-1080, -1023, -1, 0, 52, 1000}) {
      for (int i = 0; i < 20; ++i) {
        double x = random_double(exponent, rng);
        const double start = x;
        for (std::uint64_t steps = 1; steps <= 20; ++steps) {
          x = std::nextafter(x, kInfinity);
          CHECK(ulp_distance(start, x) == steps);
          CHECK(ulp_distance(x, start) == steps);
        }
      }
    }
    CHECK(ulp_distance(1.0, 2.0) == std::uint64_t{1} << 52);
    CHECK(ulp_distance(0.0, -0.0) == 0);
    CHECK(ulp_distance(-Limits::denorm_min(), Limits::denorm_min()) == 2);
    CHECK(ulp_distance(Limits::max(), kInfinity) == 1);
    // All finite doubles: 2^64 bit patterns without 2^53 infinities and NaN,
    // one zero for two, and one less as it is a distance.
    CHECK(ulp_distance(-Limits::max(), Limits::max()) ==
          std::uint64_t{0} - (std::uint64_t{1} << 53) - 2);
    // To them, 0 is far from everything.
    CHECK(ulp_distance(0.0, 1e-17) > std::uint64_t{1} << 61);
    CHECK(ulp_distance(1.0, 1e17) < std::uint64_t{1} << 61);
  }

  TEST_CASE("bfloat16_keeps_eight_bits") {
    CHECK(to_bfloat16(1.003F) == 1.0F);  // a weight of 1, a step of 0.003
    CHECK(to_bfloat16(1.0F + 0x1p-7F) == 1.0F + 0x1p-7F);
    CHECK(to_bfloat16(1.0F + 0x1p-8F) == 1.0F);  // ties go to even
    CHECK(to_bfloat16(1.0F + 3 * 0x1p-8F) == 1.0F + 0x1p-6F);
    std::mt19937_64 rng(5);
    double rounded_sum = 0.0;
    double cut_sum = 0.0;
    const int n = 4000;
    for (int i = 0; i < n; ++i) {
      const auto x = static_cast<float>(random_double(0, rng));
      // The candidates: the bits cut off, and the next one up.
      const auto cut_bits = std::bit_cast<std::uint32_t>(x) & 0xFFFF0000U;
      const auto below = std::bit_cast<float>(cut_bits);
      const auto above = std::bit_cast<float>(cut_bits + 0x10000U);
      const float got = to_bfloat16(x);
      CHECK((got == below || got == above));
      CHECK(std::abs(got - x) <=
            std::min(std::abs(below - x), std::abs(above - x)));
      CHECK(std::abs(got - x) <= 0x1p-8F * std::abs(x));
      CHECK(to_bfloat16(got) == got);
      rounded_sum += std::abs(got) - std::abs(x);
      cut_sum += std::abs(below) - std::abs(x);
    }
    // The error is uniform over a spacing of 2^-7: standard deviation 2^-7 /
    // sqrt(12). Cutting off shrinks a number by half a spacing on average.
    const double five_se = 5.0 * 0x1p-7 / std::sqrt(12.0 * n);
    CHECK(close(rounded_sum / n, 0.0, {.abs = five_se}));
    CHECK(close(cut_sum / n, -0x1p-8, {.abs = five_se}));
    EVIDENCE("mean error of rounding", rounded_sum / n);
    EVIDENCE("mean error of cutting off", cut_sum / n);
    // The range is that of float, unlike half precision's 65504.
    CHECK(close(to_bfloat16(3e38F), 3e38F, {.rel = 0x1p-8}));
    CHECK(std::isinf(to_bfloat16(std::numeric_limits<float>::max())));
  }
}

TEST_SUITE("maths/floating_point extra") {
  TEST_CASE("the spacing at the ends") {
    CHECK(ulp(1.0) == 0x1p-52);
    CHECK(ulp(-8.0) == 0x1p-49);
    CHECK(ulp(std::nextafter(1.0, 0.0)) == 0x1p-53);
    CHECK(ulp(0.0) == 0x1p-1074);
    CHECK(ulp(Limits::max()) == 0x1p971);
    CHECK_THROWS_WITH(ulp(kInfinity), "ulp: need a finite x, got inf");
    CHECK_THROWS_AS(ulp(kNaN), std::invalid_argument);
  }

  TEST_CASE("quadratics with special coefficients") {
    CHECK(!real_roots(1.0, 1.0, 1.0));
    const auto zero = real_roots(2.0, 0.0, 0.0);
    REQUIRE(zero);
    CHECK(zero->smaller == 0.0);
    CHECK(zero->larger == 0.0);
    const auto opposite = real_roots(1.0, 0.0, -4.0);
    REQUIRE(opposite);
    CHECK(opposite->smaller == -2.0);
    CHECK(opposite->larger == 2.0);
    const auto turned = real_roots(-1.0, 3.0, 0.0);
    REQUIRE(turned);
    CHECK(turned->smaller == 0.0);
    CHECK(turned->larger == 3.0);
    const auto twice = real_roots(1.0, -2.0, 1.0);
    REQUIRE(twice);
    CHECK(twice->smaller == 1.0);
    CHECK(twice->larger == 1.0);
    CHECK_THROWS_WITH(real_roots(0.0, 1.0, 2.0),
                      "real_roots: need a != 0 and b^2 - 4ac finite, got "
                      "a = 0, b = 1, c = 2");
    CHECK_THROWS_AS(real_roots(1.0, 1e200, 1.0), std::invalid_argument);
    CHECK_THROWS_AS(real_roots(1.0, kNaN, 1.0), std::invalid_argument);
    CHECK_THROWS_AS(real_roots(1.0, 1.0, kInfinity), std::invalid_argument);
  }

  TEST_CASE("tolerances have a meaning at their ends") {
    CHECK(almost_equal(1.0, 1.0, {.rel = 0.0}));
    CHECK(!almost_equal(1.0, 1.0 + 0x1p-52, {.rel = 0.0}));
    CHECK(almost_equal(1.0, 1.5, {.rel = 0.0, .abs = 0.5}));
    CHECK(almost_equal(3.0, 4.0, {.rel = 0.25}));
    CHECK(almost_equal(4.0, 3.0, {.rel = 0.25}));
    CHECK(almost_equal(1.0, 1.0 + 1e-10));
    CHECK_THROWS_WITH(almost_equal(1.0, 1.0, {.rel = -1.0}),
                      "almost_equal: need finite tolerances >= 0, got "
                      "rel = -1, abs = 0");
    CHECK_THROWS_AS(almost_equal(1.0, 1.0, {.rel = kInfinity}),
                    std::invalid_argument);
    CHECK_THROWS_AS(almost_equal(1.0, 1.0, {.abs = -1e-9}),
                    std::invalid_argument);
    CHECK_THROWS_AS(almost_equal(1.0, 1.0, {.abs = kInfinity}),
                    std::invalid_argument);
  }

  TEST_CASE("bfloat16 of what is no ordinary number") {
    using Float = std::numeric_limits<float>;
    // The signalling NaN with one low bit, and the one of all bits.
    for (const std::uint32_t bits : {0x7F800001U, 0x7FFFFFFFU, 0xFFFFFFFFU}) {
      const float got = to_bfloat16(std::bit_cast<float>(bits));
      CHECK(std::isnan(got));
      CHECK((std::bit_cast<std::uint32_t>(got) & 0xFFFFU) == 0);
    }
    CHECK(to_bfloat16(Float::infinity()) == Float::infinity());
    CHECK(to_bfloat16(-Float::infinity()) == -Float::infinity());
    CHECK(to_bfloat16(0.0F) == 0.0F);
    CHECK(std::signbit(to_bfloat16(-0.0F)));
  }

  TEST_CASE("NaN is refused where an order is needed") {
    CHECK_THROWS_WITH(ulp_distance(kNaN, 1.0),
                      "ulp_distance: got a = nan, b = 1");
    CHECK_THROWS_AS(ulp_distance(1.0, kNaN), std::invalid_argument);
    CHECK_THROWS_WITH(log1p_from_log(-1.5),
                      "log1p_from_log: need a finite x >= -1, got -1.5");
    CHECK_THROWS_AS(log1p_from_log(kNaN), std::invalid_argument);
    CHECK_THROWS_AS(log1p_from_log(kInfinity), std::invalid_argument);
    CHECK_THROWS_WITH(expm1_from_exp(kNaN), "expm1_from_exp: got x = nan");
  }
}
