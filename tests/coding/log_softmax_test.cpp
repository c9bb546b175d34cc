// Verifies the claims of questions/coding/log_softmax.md.
#include <whiteboard/coding/log_softmax.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/finite_differences.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::log_softmax;
using coding::log_sum_exp;
using whiteboard::testing::gaussian;
using whiteboard::testing::numerical_gradient;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// exp(z(i)) / sum, as the definition stands. For moderate logits.
Vector direct_softmax(const Vector& z) {
  double total = 0.0;
  for (const double x : z) total += std::exp(x);
  Vector p(z.size());
  for (Eigen::Index i = 0; i < z.size(); ++i) p(i) = std::exp(z(i)) / total;
  return p;
}

/// log of the sum as the definition stands, in long double: exp() reaches
/// 11,000 there, and 64 bits of fraction leave 11 to spare.
double in_long_double(const Vector& z) {
  long double total = 0.0L;
  for (const double x : z) total += std::exp(static_cast<long double>(x));
  return static_cast<double>(std::log(total));
}

/// One pass: when a larger logit arrives, the sum so far is rescaled.
struct Stream {
  double top = -kInfinity;
  double total = 0.0;

  void absorb(double x) {
    if (x > top) {
      total = total * std::exp(top - x) + 1.0;
      top = x;
    } else {
      total += std::exp(x - top);
    }
  }
};

}  // namespace

TEST_SUITE("coding/log_softmax") {
  TEST_CASE("no_probability_in_between") {
    // Logs of 1/4 and 3/4.
    const Vector y = log_softmax(Vector{{0.0, std::log(3.0)}});
    EVIDENCE_SERIES("log-softmax of (0, log 3)", y);
    CHECK(close(y, Vector{{-std::log(4.0), std::log(0.75)}}, {.abs = 4e-16}));
    CHECK(close(log_sum_exp(Vector{{0.0, std::log(3.0)}}), std::log(4.0),
                {.ulps = 2}));

    // log(1 + e^-1000) is far below any double next to these.
    CHECK(close(log_softmax(Vector{{0.0, -1000.0}}), Vector{{0.0, -1000.0}}));
    CHECK(close(log_softmax(Vector{{-1000.0, 3000.0, 0.0}}),
                Vector{{-4000.0, 0.0, -3000.0}}));
    CHECK(log_sum_exp(Vector{{1000.0, 1000.0}}) > 1000.6);

    // The detour over probabilities, and over their sum.
    CHECK(std::log(direct_softmax(Vector{{0.0, -1000.0}})(1)) == -kInfinity);
    CHECK(std::log(std::exp(1000.0) + std::exp(1000.0)) == kInfinity);
  }

  TEST_CASE("idempotent") {
    std::mt19937_64 rng(0);
    double worst = 0.0;
    for (const Eigen::Index n : {1, 2, 10, 1000}) {
      for (const double scale : {1.0, 30.0}) {
        CAPTURE(n);
        CAPTURE(scale);
        const Vector once = log_softmax(scale * gaussian(n, 1, rng).col(0));
        REQUIRE(once.size() == n);
        const Vector twice = log_softmax(once);
        // Each entry is rounded three times, by 1.1e-16 of itself or of log n;
        // the second pass sees the p-weighted mean of that and adds its own:
        // 9e-16 of the largest at most. The sums of 1000 add about 2e-15 more,
        // where the largest is above 9.
        CHECK(close(twice, once, {.scale = 1e-15}));
        worst = std::max(worst, largest_difference(twice, once));
        double total = 0.0;
        for (const double y : once) total += std::exp(y);
        // exp turns an absolute error of the exponent, below 1e-15 times 150,
        // into a relative one.
        CHECK(close(total, 1.0, {.abs = 1.5e-13}));
      }
    }
    EVIDENCE("largest change by a second application", worst);
  }

  TEST_CASE("between_max_and_max_plus_log_n") {
    std::mt19937_64 rng(1);
    for (int trial = 0; trial < 500; ++trial) {
      const Eigen::Index n = 1 + uniform_index(50, rng);
      const Vector z = uniform(0.0, 100.0, rng) * gaussian(n, 1, rng).col(0);
      CAPTURE(n);
      const double lse = log_sum_exp(z);
      // Rounding is monotone, so the lower bound needs no allowance.
      CHECK(lse >= z.maxCoeff());
      const double upper = z.maxCoeff() + std::log(static_cast<double>(n));
      CHECK(lse <= upper + 4e-16 * std::max(1.0, std::abs(upper)));
    }
    for (const Eigen::Index n : {1, 2, 3, 100}) {
      CAPTURE(n);
      const double log_n = std::log(static_cast<double>(n));
      CHECK(close(log_sum_exp(Vector::Constant(n, -7.25)), -7.25 + log_n,
                  {.ulps = 2}));
      CHECK(close(log_softmax(Vector::Constant(n, -7.25)),
                  Vector::Constant(n, -log_n), {.ulps = 2}));
    }
    // Unequal logits stay below: (0, -1) is log(1 + 1/e), not log 2.
    CHECK(close(log_sum_exp(Vector{{0.0, -1.0}}), 0.31326168751822286,
                {.ulps = 2}));
  }

  TEST_CASE("gradient_of_log_sum_exp_is_softmax") {
    std::mt19937_64 rng(2);
    double worst = 0.0;
    for (const Eigen::Index n : {1, 2, 7}) {
      CAPTURE(n);
      const Vector z = 1.5 * gaussian(n, 1, rng).col(0);
      const Vector gradient =
          numerical_gradient([](const Vector& x) { return log_sum_exp(x); }, z);
      // Rounding: 4 eps / 6e-6 = 1.5e-10; truncation: h^2 / 6 of a third
      // derivative below 1/4, with h below 3e-5: 4e-11.
      CHECK(close(gradient, direct_softmax(z), {.abs = 1e-9}));
      worst = std::max(worst, largest_difference(gradient, direct_softmax(z)));
    }
    EVIDENCE("largest difference from softmax", worst);
  }

  TEST_CASE("one_pass_in_any_order_agrees") {
    std::mt19937_64 rng(3);
    Vector z = 20.0 * gaussian(100, 1, rng).col(0);
    const double want = in_long_double(z);
    double worst = 0.0;
    for (int order = 0; order < 1000; ++order) {
      shuffle(z, rng);
      Stream whole, left, right;
      for (Eigen::Index i = 0; i < 100; ++i) {
        whole.absorb(z(i));
        (i < 37 ? left : right).absorb(z(i));
      }
      // 100 terms, each rescaled at most 100 times, with two roundings each:
      // below 2e4 eps = 4.4e-12 at worst, 1e-14 typically.
      const double one_pass = whole.top + std::log(whole.total);
      CHECK(close(one_pass, want, {.abs = 1e-12}));
      CHECK(close(log_sum_exp(z), want, {.abs = 1e-13}));
      worst = std::max(worst, std::abs(one_pass - log_sum_exp(z)));

      // Two machines: the log-sum-exp of the two log-sum-exps.
      const Vector parts{
          {left.top + std::log(left.total), right.top + std::log(right.total)}};
      CHECK(close(log_sum_exp(parts), want, {.abs = 1e-12}));
    }
    EVIDENCE("largest difference over 1000 orders", worst);
  }

  TEST_CASE("a_shift_costs_no_digit") {
    std::mt19937_64 rng(4);
    // Multiples of 1/1024 keep their differences exactly next to 2^40.
    Vector z(20);
    for (double& x : z) {
      x = static_cast<double>(uniform_index(8192, rng)) / 1024.0;
    }
    const double far = 0x1.0p40;
    const Vector near_zero = log_softmax(z);
    const Vector shifted = log_softmax((z.array() + far).matrix());
    CHECK(close(shifted, near_zero, {.abs = 1e-14}));
    CHECK(close(near_zero, (z.array() - in_long_double(z)).matrix(),
                {.abs = 1e-14}));

    // z - lse, with the log-sum-exp rounded to the 2^-12 that doubles are
    // apart there.
    const double lse = log_sum_exp((z.array() + far).matrix());
    const Vector shortcut = (z.array() + far) - lse;
    EVIDENCE("error of z - lse at 2^40",
             largest_difference(shortcut, near_zero));
    CHECK(largest_difference(shortcut, near_zero) > 1e-6);
  }

  TEST_CASE("a_certain_answer_keeps_its_digits") {
    // log(1 + x) = x - x^2 / 2 + ..., and here x^2 is below an ulp of x.
    const double x = std::exp(-50.0);
    const Vector y = log_softmax(Vector{{-50.0, 0.0}});
    REQUIRE(y.size() == 2);
    EVIDENCE("log-probability of the top logit", y(1));
    CHECK(close(y(1), -x, {.ulps = 2}));
    CHECK(close(log_sum_exp(Vector{{0.0, -50.0}}), x, {.ulps = 2}));
    CHECK(std::log(1.0 + x) == 0.0);  // the shortcut
  }

  TEST_CASE("minus_infinity_is_a_mask") {
    const Vector y = log_softmax(Vector{{0.0, -kInfinity, std::log(3.0)}});
    REQUIRE(y.size() == 3);
    CHECK(y(1) == -kInfinity);
    CHECK(close(Vector{{y(0), y(2)}}, Vector{{-std::log(4.0), std::log(0.75)}},
                {.abs = 4e-16}));
    CHECK(log_sum_exp(Vector{{-kInfinity, -3.0}}) == -3.0);

    // The sum of nothing has the logarithm -inf; shares of it do not exist.
    CHECK(log_sum_exp(Vector{{-kInfinity, -kInfinity}}) == -kInfinity);
    CHECK_THROWS_AS(log_softmax(Vector{{-kInfinity, -kInfinity}}),
                    std::invalid_argument);
    CHECK(std::isnan(-kInfinity - -kInfinity));  // the shift, taken blindly
  }
}

TEST_SUITE("coding/log_softmax extra") {
  TEST_CASE("agrees with long double") {
    std::mt19937_64 rng(5);
    for (const Eigen::Index n : {1, 2, 3, 17, 1000}) {
      CAPTURE(n);
      const Vector z = 100.0 * gaussian(n, 1, rng).col(0);
      const double lse = in_long_double(z);
      // n roundings of the sum, one of each difference below 800.
      CHECK(close(log_sum_exp(z), lse, {.abs = 4e-13}));
      CHECK(close(log_softmax(z), (z.array() - lse).matrix(), {.abs = 4e-13}));
    }
  }

  TEST_CASE("extreme logits") {
    CHECK(close(log_softmax(Vector{{1e308, 1e308}}),
                Vector::Constant(2, -std::log(2.0)), {.ulps = 1}));
    // A difference that no double holds is -inf, not NaN.
    CHECK(
        close(log_softmax(Vector{{-1e308, 1e308}}), Vector{{-kInfinity, 0.0}}));
    CHECK(close(log_softmax(Vector{{-4.0}}), Vector{{0.0}}));
    CHECK(log_sum_exp(Vector{{-4.0}}) == -4.0);
  }

  TEST_CASE("arguments that break the contract are refused") {
    CHECK_THROWS_WITH(log_sum_exp(Vector()),
                      "log_sum_exp: need a logit, got none");
    CHECK_THROWS_WITH(log_softmax(Vector()),
                      "log_softmax: need a logit, got none");
    CHECK_THROWS_WITH(log_sum_exp(Vector{{0.0, kNaN}}),
                      "log_sum_exp: z(1) is nan");
    CHECK_THROWS_WITH(log_softmax(Vector{{kInfinity, 0.0}}),
                      "log_softmax: z(0) is inf");
    CHECK_THROWS_AS(log_sum_exp(Vector{{-kInfinity, kNaN}}),
                    std::invalid_argument);
    CHECK_THROWS_WITH(
        log_softmax(Vector{{-kInfinity}}),
        "log_softmax: need a logit above -inf, got 1 without one");
  }
}
