// Verifies the claims of questions/coding/softmax.md.
#include <whiteboard/coding/softmax.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/finite_differences.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>

using namespace whiteboard;
using coding::softmax;
using whiteboard::testing::gaussian;
using whiteboard::testing::numerical_jacobian;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Eq. (1) as it stands, in plain doubles: the shortcut.
Vector direct(const Vector& z) {
  Vector p(z.size());
  for (Eigen::Index i = 0; i < z.size(); ++i) p(i) = std::exp(z(i));
  return p / p.sum();
}

/// Eq. (1) as it stands, in long double, whose exp() reaches 11,000: no shift.
Vector in_long_double(const Vector& z) {
  long double total = 0.0L;
  for (const double x : z) total += std::exp(static_cast<long double>(x));
  Vector p(z.size());
  for (Eigen::Index i = 0; i < z.size(); ++i) {
    p(i) =
        static_cast<double>(std::exp(static_cast<long double>(z(i))) / total);
  }
  return p;
}

}  // namespace

TEST_SUITE("coding/softmax") {
  TEST_CASE("shift_changes_no_bit") {
    const Vector p = softmax(Vector{{1.0, 2.0, 3.0}});
    EVIDENCE_SERIES("softmax of (1, 2, 3)", p);
    // 1 / (1 + e + e^2) and its multiples, rounded to seven places.
    CHECK(close(p, Vector{{0.0900306, 0.2447285, 0.6652410}}, {.abs = 5e-8}));

    // The differences of these logits are the same doubles.
    const Vector shifted = softmax(Vector{{1001.0, 1002.0, 1003.0}});
    CHECK(close(shifted, p));
    CHECK(close(softmax(Vector{{-1e6, 1.0 - 1e6, 2.0 - 1e6}}), p));

    // exp(1001) is infinite already, and inf / inf is NaN.
    CHECK(direct(Vector{{1001.0, 1002.0, 1003.0}}).array().isNaN().all());
    CHECK(std::isinf(std::exp(709.79)));
    CHECK(std::isfinite(std::exp(709.78)));
  }

  TEST_CASE("any_finite_logits_are_safe") {
    // Eq. (3) over spreads that no fixed shift survives.
    CHECK(close(softmax(Vector{{0.0, 0.0, 3000.0}}), Vector{{0, 0, 1}}));
    CHECK(close(softmax(Vector{{-1e308, 1e308}}), Vector{{0, 1}}));
    CHECK(close(softmax(Vector{{-1e308, -1e308}}), Vector{{0.5, 0.5}}));
    CHECK(close(softmax(Vector{{1e308, 1e308, 0.0}}), Vector{{0.5, 0.5, 0}}));

    // The mean of (0, 0, 3000) is 1000, and exp(3000 - 1000) overflows.
    const Vector z{{0.0, 0.0, 3000.0}};
    CHECK(std::isnan(direct((z.array() - z.mean()).matrix())(2)));
  }

  TEST_CASE("jacobian_is_diag_p_minus_p_p") {
    std::mt19937_64 rng(0);
    double worst = 0.0;
    for (const Eigen::Index n : {1, 2, 7}) {
      CAPTURE(n);
      const Vector z = 2.0 * gaussian(n, 1, rng).col(0);
      const Vector p = softmax(z);
      REQUIRE(p.size() == n);
      const Matrix jacobian =
          numerical_jacobian([](const Vector& x) { return softmax(x); }, z);
      Matrix want = -p * p.transpose();
      want.diagonal() += p;
      // Rounding is at most eps / h = 4e-11; truncation is h^2 / 6 times a
      // third derivative below 1/4: 1e-10 at h = 5e-5, where |z| is 8.
      CHECK(close(jacobian, want, {.abs = 1e-9}));
      CHECK(close(want.rowwise().sum(), Vector::Zero(n), {.abs = 1e-15}));
      CHECK(close(jacobian.rowwise().sum(), Vector::Zero(n), {.abs = 1e-9}));
      worst = std::max(worst,
                       whiteboard::testing::largest_difference(jacobian, want));
    }
    EVIDENCE("largest difference from central differences", worst);
  }

  TEST_CASE("two_classes_are_the_sigmoid") {
    double worst = 0.0;
    for (double d = -700.0; d <= 700.0; d += 0.37) {
      CAPTURE(d);
      const Vector p = softmax(Vector{{d, 0.0}});
      REQUIRE(p.size() == 2);
      const double sigmoid = 1.0 / (1.0 + std::exp(-d));
      // Two exp() within an ulp (2.2e-16 each), two sums, two divisions of
      // half an ulp: 8.9e-16 at most.
      CHECK(close(p(0), sigmoid, {.rel = 1e-15}));
      worst = std::max(worst, std::abs(p(0) - sigmoid) / sigmoid);
    }
    EVIDENCE("largest relative difference", worst);
    const Vector p = softmax(Vector{{-1.0, 2.0}});
    CHECK(close(
        p, Vector{{1.0 / (1.0 + std::exp(3.0)), 1.0 / (1.0 + std::exp(-3.0))}},
        {.rel = 1e-15}));
  }

  TEST_CASE("scale_is_a_temperature") {
    const Vector z{{1.0, 2.0, 3.0}};
    const Vector sharp = softmax(10.0 * z);
    const Vector flat = softmax(z / 1000.0);
    EVIDENCE("top probability of z", softmax(z).maxCoeff());
    EVIDENCE("top probability of 10 z", sharp.maxCoeff());
    EVIDENCE("top probability of z / 1000", flat.maxCoeff());
    // 1 / (1 + e^-10 + e^-20) = 0.9999546.
    CHECK(close(sharp(2), 0.9999546, {.abs = 5e-8}));
    CHECK(close(flat, Vector::Constant(3, 1.0 / 3.0), {.abs = 1e-3}));
    CHECK(softmax(z)(2) < 0.6653);
  }

  TEST_CASE("minus_infinity_is_a_mask") {
    const Vector p = softmax(Vector{{1.0, -kInfinity, 2.0, 3.0}});
    CHECK(close(p, Vector{{0.0900306, 0.0, 0.2447285, 0.6652410}},
                {.abs = 5e-8}));
    REQUIRE(p.size() == 4);
    CHECK(p(1) == 0.0);
    EVIDENCE("probability of the masked entry", p(1));
    CHECK(close(softmax(Vector{{-kInfinity, -5.0}}), Vector{{0, 1}}));

    CHECK_THROWS_AS(softmax(Vector{{-kInfinity, -kInfinity}}),
                    std::invalid_argument);
    // What it would be: -inf - (-inf) is NaN, and unshifted 0 / 0 is.
    CHECK(direct(Vector{{-kInfinity, -kInfinity}}).array().isNaN().all());
  }

  TEST_CASE("small_probabilities_underflow") {
    const Vector p = softmax(Vector{{0.0, -1000.0}});
    CHECK(close(p, Vector{{1.0, 0.0}}));
    CHECK(std::log(p(1)) == -kInfinity);
    EVIDENCE("probability at logit -1000", p(1));
    EVIDENCE("probability at logit -700", softmax(Vector{{0.0, -700.0}})(1));

    // The truth, from the logits: z(1) - log(e^0 + e^-1000).
    CHECK(close(-1000.0 - std::log1p(std::exp(-1000.0)), -1000.0));
    CHECK(softmax(Vector{{0.0, -700.0}})(1) > 0.0);
  }
}

TEST_SUITE("coding/softmax extra") {
  TEST_CASE("any length agrees with long double and sums to one") {
    std::mt19937_64 rng(1);
    for (const Eigen::Index n : {1, 2, 3, 8, 9, 1000}) {
      CAPTURE(n);
      const Vector z = 100.0 * gaussian(n, 1, rng).col(0);
      const Vector p = softmax(z);
      // |z - top| < 800 is rounded once: 800 * 1.1e-16 = 9e-14 relative.
      CHECK(close(p, in_long_double(z), {.abs = 1e-300, .rel = 2e-13}));
      // n roundings of at most half an ulp of a sum below 1.
      CHECK(close(p.sum(), 1.0, {.abs = 1.2e-16 * static_cast<double>(n + 1)}));
    }
  }

  TEST_CASE("one logit and equal logits") {
    CHECK(close(softmax(Vector{{-3.0}}), Vector{{1.0}}));
    CHECK(
        close(softmax(Vector::Constant(4, 1e300)), Vector::Constant(4, 0.25)));
  }

  TEST_CASE("arguments that break the contract are refused") {
    CHECK_THROWS_WITH(softmax(Vector()),
                      "softmax: need a logit above -inf, got 0 without one");
    CHECK_THROWS_WITH(softmax(Vector{{-kInfinity}}),
                      "softmax: need a logit above -inf, got 1 without one");
    CHECK_THROWS_WITH(softmax(Vector{{0.0, kNaN}}), "softmax: z(1) is nan");
    CHECK_THROWS_WITH(softmax(Vector{{kInfinity, 0.0}}),
                      "softmax: z(0) is inf");
    CHECK_THROWS_AS(softmax(Vector{{-kInfinity, kNaN}}), std::invalid_argument);
  }
}
