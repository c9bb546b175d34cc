// Verifies the claims of questions/coding/gradient_check.md.
#include <whiteboard/coding/gradient_check.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::gradient_check;
using whiteboard::testing::gaussian;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kE = 2.718281828459045;

/// Coordinates that depend on each other: log(1 + sum of squares) + x0 x1 x2.
double coupled(const Vector& x) {
  return std::log1p(x.squaredNorm()) + x(0) * x(1) * x(2);
}

Vector coupled_gradient(const Vector& x) {
  Vector g = 2.0 * x / (1.0 + x.squaredNorm());
  g(0) += x(1) * x(2);
  g(1) += x(0) * x(2);
  g(2) += x(0) * x(1);
  return g;
}

double exp_of(const Vector& x) {
  return std::exp(x(0));
}

/// The score of a correct derivative of exp at 1.
double score_of_exp(double h) {
  return gradient_check(exp_of, Vector{{1.0}}, Vector{{kE}}, h);
}

}  // namespace

TEST_SUITE("coding/gradient_check") {
  TEST_CASE("right_gradients_pass_and_wrong_ones_do_not") {
    const auto square = [](const Vector& x) { return x(0) * x(0); };
    CHECK(close(gradient_check(square, Vector{{3.0}}, Vector{{12.0}}),
                1.0 / 3.0, {.abs = 1e-9}));

    std::mt19937_64 rng(0);
    double worst = 0.0;
    for (int trial = 0; trial < 20; ++trial) {
      CAPTURE(trial);
      const Vector x = gaussian(5, 1, rng).col(0);
      const Vector g = coupled_gradient(x);
      const double right = gradient_check(coupled, x, g);
      CHECK(right < 1e-7);
      worst = std::max(worst, right);
      CHECK(
          close(gradient_check(coupled, x, 2.0 * g), 1.0 / 3.0, {.abs = 1e-7}));
      CHECK(close(gradient_check(coupled, x, -g), 1.0, {.abs = 1e-12}));
      CHECK(close(gradient_check(coupled, x, Vector::Zero(5)), 1.0,
                  {.abs = 1e-12}));
    }
    EVIDENCE("worst score of 20 right gradients", worst);
  }

  TEST_CASE("one_wrong_entry_of_many_is_found") {
    std::mt19937_64 rng(1);
    const Vector x = gaussian(500, 1, rng).col(0);
    const auto f = [](const Vector& at) { return at.array().cos().sum(); };
    Vector g = -x.array().sin();
    Eigen::Index largest = -1;
    g.cwiseAbs().maxCoeff(&largest);
    const double right = gradient_check(f, x, g);
    g(largest) *= 1.01;
    const double wrong = gradient_check(f, x, g);
    EVIDENCE("all right", right);
    EVIDENCE("one of 500 wrong by 1%", wrong);
    // Entries down to 1e-3 against a noise of eps * 500 / h.
    CHECK(right < 1e-4);
    CHECK(close(wrong, 0.01 / 2.01, {.abs = 1e-6}));
    CHECK(wrong > 50.0 * right);
  }

  TEST_CASE("scale_of_the_function_does_not_matter") {
    std::mt19937_64 rng(2);
    const Vector x = gaussian(5, 1, rng).col(0);
    for (const double scale : {1e-6, 1.0, 1e6}) {
      CAPTURE(scale);
      const auto f = [&](const Vector& at) { return scale * coupled(at); };
      const Vector g = scale * coupled_gradient(x);
      CHECK(gradient_check(f, x, g) < 1e-7);
      CHECK(close(gradient_check(f, x, 1.1 * g), 0.1 / 2.1, {.abs = 1e-7}));
    }
    // Nor does that of x: the step grows with it, or x + h would be x.
    const auto square = [](const Vector& at) { return at.squaredNorm(); };
    CHECK(gradient_check(square, Vector{{1e12}}, Vector{{2e12}}) < 1e-7);
  }

  TEST_CASE("central_beats_forward") {
    // exp at 1, h = 1e-3. Central: e sinh(h) / h = e (1 + h^2/6), off by
    // 4.5305e-7, a score of h^2 / 12. Forward: e (1 + h/2 + h^2/6), off by
    // 1.3596e-3. Rounding is below eps e / h = 6e-13.
    const double h = 1e-3;
    const double score = score_of_exp(h);
    const double forward = (std::exp(1.0 + h) - std::exp(1.0)) / h;
    EVIDENCE("central, absolute", score * 2.0 * kE);
    EVIDENCE("forward, absolute", forward - kE);
    CHECK(close(score, h * h / 12.0, {.rel = 1e-3}));
    CHECK(close(score * 2.0 * kE, 4.5305e-7, {.rel = 0.001}));
    CHECK(close(forward - kE, 1.3596e-3, {.rel = 0.001}));
    // A tenth of the step: a hundredth of the error, a tenth for forward.
    CHECK(close(score_of_exp(h / 10.0), score / 100.0, {.rel = 0.02}));
  }

  TEST_CASE("smaller_steps_are_not_better") {
    std::vector<double> scores;
    std::vector<double> steps;
    for (int k = 2; k <= 28; ++k) {
      steps.push_back(std::pow(10.0, -0.5 * k));
      scores.push_back(score_of_exp(steps.back()));
    }
    EVIDENCE_SERIES("score for h = 1e-1 to 1e-14", scores);
    const auto best = std::min_element(scores.begin(), scores.end());
    const double at = steps[static_cast<std::size_t>(best - scores.begin())];
    EVIDENCE("best step", at);
    // Chance moves the minimum by a notch or two around eps^(1/3) = 6e-6.
    CHECK(at >= 1e-7);
    CHECK(at <= 1e-4);
    CHECK(*best < 1e-10);
    CHECK(scores.front() > 1e-4);  // truncation, h^2 / 12
    CHECK(scores.back() > 1e-4);   // rounding, 1e-16 / h
  }

  TEST_CASE("complex_step_has_no_cancellation") {
    // Im f(x + ih) / h needs no difference, so h may be 1e-200.
    const double h = 1e-200;
    const double derivative = std::exp(std::complex<double>(1.0, h)).imag() / h;
    CHECK(close(derivative, kE, {.ulps = 1}));
    EVIDENCE("complex step minus e", derivative - kE);
    CHECK(gradient_check(exp_of, Vector{{1.0}}, Vector{{derivative}}) < 1e-9);
    // The real difference of that step is 0, and the check says so.
    CHECK(score_of_exp(h) == 1.0);
  }

  TEST_CASE("kink_fails_a_right_gradient") {
    const auto relu = [](const Vector& x) { return std::max(0.0, x(0)); };
    // The central difference over the kink is 1/2, whatever the convention.
    CHECK(close(gradient_check(relu, Vector{{0.0}}, Vector{{0.0}}), 1.0));
    CHECK(close(gradient_check(relu, Vector{{0.0}}, Vector{{1.0}}), 1.0 / 3.0,
                {.rel = 1e-12}));
    // Also where the derivative exists, if the step reaches over.
    CHECK(gradient_check(relu, Vector{{1e-6}}, Vector{{1.0}}) > 0.2);
    CHECK(gradient_check(relu, Vector{{1e-6}}, Vector{{1.0}}, 1e-7) < 1e-7);
    CHECK(gradient_check(relu, Vector{{0.1}}, Vector{{1.0}}) < 1e-9);
    CHECK(gradient_check(relu, Vector{{-0.1}}, Vector{{0.0}}) == 0.0);
  }

  TEST_CASE("fresh_randomness_fails_a_right_gradient") {
    const Vector x = Vector::Constant(8, 1.0);
    // Dropout: x^2 summed over a mask, whose gradient is 2 x times that mask.
    std::mt19937_64 rng(3);
    const auto draw = [&] {
      Vector mask(8);
      for (double& m : mask) m = uniform(rng) < 0.5 ? 0.0 : 2.0;
      return mask;
    };
    const Vector mask = draw();
    const Vector g = 2.0 * x.cwiseProduct(mask);
    const auto fixed = [&](const Vector& at) {
      return at.cwiseAbs2().dot(mask);
    };
    const auto redrawn = [&](const Vector& at) {
      return at.cwiseAbs2().dot(draw());
    };
    EVIDENCE("same mask", gradient_check(fixed, x, g));
    EVIDENCE("mask redrawn", gradient_check(redrawn, x, g));
    CHECK(gradient_check(fixed, x, g) < 1e-7);
    CHECK(gradient_check(redrawn, x, g) > 0.5);
  }

  TEST_CASE("float_is_checked_in_vain") {
    const auto in_float = [](const Vector& x) {
      return static_cast<double>(std::exp(static_cast<float>(x(0))));
    };
    double best = 1.0;
    for (int k = 2; k <= 14; ++k) {
      // Points around 1, as one point may be lucky: the worst of nine.
      double worst = 0.0;
      for (int i = 0; i < 9; ++i) {
        const double x = 1.0 + 0.07 * i;
        worst = std::max(
            worst, gradient_check(in_float, Vector{{x}}, Vector{{std::exp(x)}},
                                  std::pow(10.0, -0.5 * k)));
      }
      best = std::min(best, worst);
    }
    const double at_default =
        gradient_check(in_float, Vector{{1.0}}, Vector{{kE}});
    EVIDENCE("best score in float over steps of 1e-1 to 1e-7", best);
    EVIDENCE("score in float with the default step", at_default);
    EVIDENCE("score in double", score_of_exp(6e-6));
    CHECK(best > 1e-6);
    CHECK(best < 1e-3);
    CHECK(at_default > 1e-3);
    CHECK(score_of_exp(6e-6) < 1e-9);
  }

  TEST_CASE("constant_in_the_loss_eats_the_digits") {
    const auto f = [](const Vector& x) { return 1e8 + std::sin(x(0)); };
    const Vector x{{0.5}};
    const Vector g{{std::cos(0.5)}};
    // Doubles near 1e8 are 1.5e-8 apart: over 2 h = 1.2e-5, 1e-3.
    const double score = gradient_check(f, x, g);
    EVIDENCE("score of a right gradient", score);
    CHECK(score > 1e-6);
    CHECK(gradient_check([&](const Vector& at) { return f(at) - 1e8; }, x, g) ==
          score);  // too late: the digits are gone
    CHECK(gradient_check([](const Vector& at) { return std::sin(at(0)); }, x,
                         g) < 1e-9);
  }

  TEST_CASE("zero_is_a_bad_place_to_check") {
    const auto f = [](const Vector& x) { return x.squaredNorm(); };
    const Vector zero = Vector::Zero(3);
    CHECK(gradient_check(f, zero, 3.0 * zero) < 1e-7);  // wrong, and passes
    std::mt19937_64 rng(4);
    const Vector x = gaussian(3, 1, rng).col(0);
    CHECK(close(gradient_check(f, x, 3.0 * x), 0.2, {.abs = 1e-7}));
  }

  TEST_CASE("costs_two_evaluations_a_coordinate") {
    const Vector x = Vector::LinSpaced(7, 1.0, 2.0);
    int calls = 0;
    const auto f = [&](const Vector& at) {
      ++calls;
      // One coordinate is moved at a time, all others are what they were.
      CHECK((at.array() != x.array()).count() == 1);
      return at.sum();
    };
    CHECK(gradient_check(f, x, Vector::Ones(7)) < 1e-7);
    CHECK(calls == 14);
    EVIDENCE("evaluations for 7 coordinates", calls);
  }

  TEST_CASE("nan_never_passes") {
    const Vector x{{1.0, 2.0}};
    const Vector zero = Vector::Zero(2);
    CHECK(gradient_check([](const Vector&) { return 0.0; }, x, zero) == 0.0);
    for (const double bad : {kNaN, kInfinity, -kInfinity}) {
      for (const double side : {-1.0, 1.0}) {
        CAPTURE(bad);
        CAPTURE(side);
        const auto broken = [&](const Vector& at) {
          return side * (at(1) - 2.0) > 0.0 ? bad : 0.0;
        };
        CHECK_THROWS_AS(gradient_check(broken, x, zero), std::invalid_argument);
      }
    }
    // Both sides finite, their difference not.
    const auto cliff = [](const Vector& at) {
      return at(1) > 2.0 ? 1e308 : -1e308;
    };
    CHECK_THROWS_AS(gradient_check(cliff, x, zero), std::invalid_argument);
    // A derivative of zero against one whose size nothing can be divided by.
    const auto flat = [](const Vector&) { return 0.0; };
    const auto steep = [](const Vector& at) { return 1.2e308 * at(0); };
    CHECK(gradient_check(flat, x, Vector{{1.7e308, 0.0}}) == 1.0);
    CHECK_THROWS_AS(gradient_check(steep, Vector{{0.0}}, Vector{{-1.2e308}}),
                    std::invalid_argument);
    // What a maximum makes of it.
    CHECK(std::max(0.0, kNaN) == 0.0);
  }
}

TEST_SUITE("coding/gradient_check extra") {
  TEST_CASE("two zeros agree and tiny gradients are measured by the floor") {
    const auto flat = [](const Vector&) { return 5.0; };
    CHECK(gradient_check(flat, Vector{{1.0}}, Vector{{0.0}}) == 0.0);
    CHECK(close(gradient_check(flat, Vector{{1.0}}, Vector{{1e-9}}), 0.1,
                {.rel = 1e-12}));
    CHECK(close(gradient_check(flat, Vector{{1.0}}, Vector{{-1e-8}}), 1.0));
  }

  TEST_CASE("arguments that break the contract are refused") {
    const Vector x{{1.0, 2.0}};
    const auto f = [](const Vector& at) { return at.sum(); };
    CHECK_THROWS_WITH(gradient_check(f, x, Vector{{1.0}}),
                      "gradient_check: need one derivative a coordinate and at "
                      "least one, got 1 for 2");
    CHECK_THROWS_AS(gradient_check(f, Vector(), Vector()),
                    std::invalid_argument);
    CHECK_THROWS_WITH(gradient_check(f, x, x, 0.0),
                      "gradient_check: need a finite h > 0, got 0");
    for (const double bad : {-1e-6, kNaN, kInfinity}) {
      CHECK_THROWS_AS(gradient_check(f, x, x, bad), std::invalid_argument);
    }
    for (const double bad : {kNaN, kInfinity, -kInfinity}) {
      const Vector spoilt{{1.0, bad}};
      CHECK_THROWS_AS(gradient_check(f, spoilt, x), std::invalid_argument);
      CHECK_THROWS_AS(gradient_check(f, x, spoilt), std::invalid_argument);
    }
    const auto root = [](const Vector& at) { return std::sqrt(at(0)); };
    CHECK_THROWS_WITH(gradient_check(root, Vector{{0.0}}, Vector{{0.0}}, 0.25),
                      doctest::Contains("nan around coordinate 0"));
  }
}
