// Verifies the claims of questions/coding/activation_functions.md.
#include <whiteboard/coding/activation_functions.hpp>

#include <support/claims.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

using namespace whiteboard;
using coding::activate;
using coding::activate_derivative;
using coding::Activation;
using coding::sigmoid_fast;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr Activation kAll[] = {Activation::sigmoid, Activation::tanh,
                               Activation::relu, Activation::leaky_relu};

double activate(double z, Activation kind, double slope = 0.01) {
  const Vector a = activate(Vector::Constant(1, z), kind, slope);
  return a.size() == 1 ? a(0) : kNaN;
}

double derivative(double z, Activation kind, double slope = 0.01) {
  const Vector d = activate_derivative(Vector::Constant(1, z), kind, slope);
  return d.size() == 1 ? d(0) : kNaN;
}

double central_difference(double z, Activation kind, double slope = 0.01) {
  const double h = 6e-6;
  return (activate(z + h, kind, slope) - activate(z - h, kind, slope)) /
         (2.0 * h);
}

}  // namespace

TEST_SUITE("coding/activation_functions") {
  TEST_CASE("safe_at_a_thousand") {
    CHECK(close(activate(Vector{{-1000.0, 0.0, 1000.0}}, Activation::sigmoid),
                Vector{{0.0, 0.5, 1.0}}));
    CHECK(close(activate(Vector{{-1000.0, 0.0, 1000.0}}, Activation::tanh),
                Vector{{-1.0, 0.0, 1.0}}));
    CHECK(close(activate(Vector{{-1000.0, 0.0, 1000.0}}, Activation::relu),
                Vector{{0.0, 0.0, 1000.0}}));
    CHECK(
        close(activate(Vector{{-1000.0, 0.0, 1000.0}}, Activation::leaky_relu),
              Vector{{-10.0, 0.0, 1000.0}}, {.ulps = 1}));
    CHECK(close(activate(Vector{{-2.0, 0.0, 2.0}}, Activation::sigmoid),
                Vector{{0.1192029, 0.5, 0.8807971}}, {.abs = 5e-8}));
    CHECK(close(activate(Vector{{-2.0, 0.0, 2.0}}, Activation::leaky_relu, 0.1),
                Vector{{-0.2, 0.0, 2.0}}, {.ulps = 1}));
    for (const Activation kind : kAll) {
      CHECK(std::isfinite(derivative(1000.0, kind)));
      CHECK(std::isfinite(derivative(-1000.0, kind)));
    }
    // The formula as it is often written: inf / inf.
    CHECK(std::isnan(std::exp(1000.0) / (1.0 + std::exp(1000.0))));
  }

  TEST_CASE("sigmoid_keeps_its_lower_tail") {
    double worst = 0.0;
    for (double z = -700.0; z <= 700.0; z += 0.37) {
      CAPTURE(z);
      const double sum =
          activate(z, Activation::sigmoid) + activate(-z, Activation::sigmoid);
      // Two quotients below 1, within an ulp each, and their sum.
      CHECK(close(sum, 1.0, {.abs = 1e-15}));
      worst = std::max(worst, std::abs(sum - 1.0));
      if (z < 0.0) {
        // exp() within an ulp, a sum and a quotient, on either side.
        const double want = 1.0 / (1.0 + std::exp(-z));
        CHECK(close(activate(z, Activation::sigmoid), want, {.rel = 1e-15}));
      }
    }
    EVIDENCE("largest distance of the sum from 1", worst);
    EVIDENCE("sigmoid of -40", activate(-40.0, Activation::sigmoid));
    CHECK(close(activate(-40.0, Activation::sigmoid), 4.2484e-18,
                {.abs = 5e-23}));
    CHECK(1.0 - activate(40.0, Activation::sigmoid) == 0.0);  // the shortcut
  }

  TEST_CASE("tanh_is_not_computed_from_sigmoid") {
    for (double z = -30.0; z <= 30.0; z += 0.1) {
      CAPTURE(z);
      const double by_sigmoid =
          2.0 * activate(2.0 * z, Activation::sigmoid) - 1.0;
      // The sigmoid is off by up to 2.2e-16, doubled; tanh by half of that.
      CHECK(close(activate(z, Activation::tanh), by_sigmoid, {.abs = 1e-15}));
    }
    // tanh z = z - z^3 / 3 + ...: here the rest is far below an ulp. A form in
    // expm1(2z) has three roundings.
    CHECK(close(activate(1e-20, Activation::tanh), 1e-20, {.ulps = 4}));
    CHECK(close(activate(-1e-9, Activation::tanh), -1e-9, {.ulps = 4}));
    CHECK(2.0 * activate(2e-20, Activation::sigmoid) - 1.0 == 0.0);
  }

  TEST_CASE("derivatives_match_differences") {
    double worst = 0.0;
    for (const Activation kind : kAll) {
      CAPTURE(static_cast<int>(kind));
      for (double z = -8.05; z < 8.1; z += 0.1) {  // never within h of 0
        CAPTURE(z);
        const double want = central_difference(z, kind, 0.2);
        // Rounding 8 * 1.1e-16 / 6e-6 = 1.5e-10; truncation h^2 / 6 times a
        // third derivative of at most 2: 1.2e-11.
        CHECK(close(derivative(z, kind, 0.2), want, {.abs = 1e-8}));
        worst = std::max(worst, std::abs(derivative(z, kind, 0.2) - want));
      }
    }
    EVIDENCE("largest difference from central differences", worst);

    // The steepest point is 0 for both.
    CHECK(derivative(0.0, Activation::sigmoid) == 0.25);
    CHECK(derivative(0.0, Activation::tanh) == 1.0);
    for (double z = 0.01; z < 10.0; z += 0.1) {
      CHECK(derivative(z, Activation::sigmoid) < 0.25);
      CHECK(derivative(-z, Activation::sigmoid) < 0.25);
      CHECK(derivative(z, Activation::tanh) < 1.0);
      CHECK(derivative(-z, Activation::tanh) < 1.0);
    }
  }

  TEST_CASE("slopes_keep_their_tails") {
    // e^-40 / (1 + e^-40)^2: the denominator is 1 to the last bit.
    EVIDENCE("slope of sigmoid at 40", derivative(40.0, Activation::sigmoid));
    for (const double z : {40.0, 100.0, 700.0}) {
      CAPTURE(z);
      CHECK(close(derivative(z, Activation::sigmoid), std::exp(-z),
                  {.rel = 1e-15}));
      CHECK(close(derivative(-z, Activation::sigmoid), std::exp(-z),
                  {.rel = 1e-15}));
    }
    // 1 / cosh^2 z = 4 e^-2z / (1 + e^-2z)^2.
    for (const double z : {-20.0, 20.0, 300.0}) {
      CAPTURE(z);
      CHECK(close(derivative(z, Activation::tanh),
                  4.0 * std::exp(-2.0 * std::abs(z)), {.rel = 1e-15}));
    }
    // The forms in the output, which has rounded to 1.
    const double s = activate(40.0, Activation::sigmoid);
    const double t = activate(20.0, Activation::tanh);
    CHECK(s * (1.0 - s) == 0.0);
    CHECK(1.0 - t * t == 0.0);
  }

  TEST_CASE("kink_is_a_convention") {
    EVIDENCE("central difference of ReLU at 0",
             central_difference(0.0, Activation::relu));
    CHECK(close(central_difference(0.0, Activation::relu), 0.5, {.ulps = 2}));
    CHECK(derivative(0.0, Activation::relu) == 0.0);
    CHECK(derivative(-0.0, Activation::relu) == 0.0);
    CHECK(derivative(0.0, Activation::leaky_relu, 0.2) == 0.2);
    CHECK(derivative(-1e-300, Activation::relu) == 0.0);
    CHECK(derivative(1e-300, Activation::relu) == 1.0);
  }

  TEST_CASE("maximum_form_needs_slope_up_to_one") {
    for (const double slope : {0.0, 0.01, 0.5, 1.0}) {
      for (const double z : {-3.0, -0.5, 0.0, 0.5, 3.0}) {
        CAPTURE(slope);
        CAPTURE(z);
        CHECK(activate(z, Activation::leaky_relu, slope) ==
              std::max(z, slope * z));
      }
    }
    CHECK(activate(-0.5, Activation::relu) == 0.0);
    CHECK(activate(0.5, Activation::relu) == 0.5);
    // With slope 2 the maximum is 2 where the definition says 1, and -1 below.
    CHECK(std::max(1.0, 2.0 * 1.0) == 2.0);
    CHECK(std::max(-1.0, 2.0 * -1.0) == -1.0);
    CHECK_THROWS_AS(activate(Vector{{1.0}}, Activation::leaky_relu, 2.0),
                    std::invalid_argument);
  }

  TEST_CASE("fast_sigmoid_agrees") {
    Vector z(20001);
    for (Eigen::Index i = 0; i < z.size(); ++i) {
      z(i) = 0.08 * static_cast<double>(i - 10000);  // -800 to 800
    }
    const Vector want = activate(z, Activation::sigmoid);
    const Vector got = sigmoid_fast(z);
    // Two exponentials within an ulp each and twice two roundings; below
    // 1e-307 the fast one may be 0.
    CHECK(close(got, want, {.abs = 1e-307, .rel = 1e-15}));
    CHECK(close(sigmoid_fast(Vector{{-1000.0, -kInfinity, kInfinity, 0.0}}),
                Vector{{0.0, 0.0, 1.0, 0.5}}));
    CHECK(std::isnan(sigmoid_fast(Vector{{1.0, kNaN}})(1)));
    double worst = 0.0;
    for (Eigen::Index i = 1500; i < z.size(); ++i) {  // from -680
      worst = std::max(worst, std::abs(got(i) - want(i)) / want(i));
    }
    EVIDENCE("largest relative difference", worst);
  }
}

TEST_SUITE("coding/activation_functions extra") {
  TEST_CASE("infinities give the limits and NaN propagates") {
    const Vector ends{{-kInfinity, kInfinity}};
    CHECK(close(activate(ends, Activation::sigmoid), Vector{{0, 1}}));
    CHECK(close(activate(ends, Activation::tanh), Vector{{-1, 1}}));
    CHECK(close(activate(ends, Activation::relu), Vector{{0, kInfinity}}));
    CHECK(close(activate(ends, Activation::leaky_relu), ends));
    CHECK(
        close(activate_derivative(ends, Activation::sigmoid), Vector{{0, 0}}));
    CHECK(close(activate_derivative(ends, Activation::tanh), Vector{{0, 0}}));
    CHECK(close(activate_derivative(ends, Activation::relu), Vector{{0, 1}}));
    for (const Activation kind : kAll) {
      CHECK(std::isnan(activate(kNaN, kind)));
      CHECK(std::isnan(derivative(kNaN, kind)));
    }
  }

  TEST_CASE("any length") {
    for (const Eigen::Index n : {0, 1, 3, 17}) {
      for (const Activation kind : kAll) {
        CHECK(activate(Vector::Ones(n), kind).size() == n);
        CHECK(activate_derivative(Vector::Ones(n), kind).size() == n);
      }
      CHECK(sigmoid_fast(Vector::Ones(n)).size() == n);
    }
  }

  TEST_CASE("the default slope is one hundredth") {
    CHECK(activate(Vector{{-1.0}}, Activation::leaky_relu)(0) == -0.01);
    CHECK(activate_derivative(Vector{{-1.0}}, Activation::leaky_relu)(0) ==
          0.01);
  }

  TEST_CASE("arguments that break the contract are refused") {
    CHECK_THROWS_WITH(activate(Vector{{1.0}}, Activation::relu, -0.5),
                      "activate: need 0 <= slope <= 1, got slope = -0.5");
    CHECK_THROWS_WITH(
        activate_derivative(Vector{{1.0}}, Activation::leaky_relu, 1.5),
        "activate_derivative: need 0 <= slope <= 1, got slope = 1.5");
    CHECK_THROWS_AS(activate(Vector{{1.0}}, Activation::leaky_relu, kNaN),
                    std::invalid_argument);
    CHECK_THROWS_AS(
        activate_derivative(Vector{{1.0}}, Activation::leaky_relu, kNaN),
        std::invalid_argument);
  }
}
