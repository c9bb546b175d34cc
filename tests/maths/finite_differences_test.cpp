// Verifies the claims of questions/maths/finite_differences.md.
//
// Errors near the rounding limit depend on the last bit of std::sin: the bounds
// on them hold for any one-ulp function, the figures are evidence.
#include <whiteboard/maths/finite_differences.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <limits>
#include <numbers>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::maths;
using whiteboard::testing::gaussian;

namespace {

using Eigen::Index;
constexpr double eps = std::numeric_limits<double>::epsilon();

double sine(const Vector& x) {
  return std::sin(x(0));
}

enum class Formula { forward, central, extrapolated };

/// |error| of the derivative of sin at 1.
double sine_error(Formula formula, double h) {
  const Vector x{{1.0}};
  double d = 0.0;
  if (formula == Formula::forward) d = forward_difference(sine, x, h)(0);
  if (formula == Formula::central) d = central_difference(sine, x, h)(0);
  if (formula == Formula::extrapolated) {
    d = extrapolated_difference(sine, x, h)(0);
  }
  return std::abs(d - std::cos(1.0));
}

/// Errors for h = 10^-1, 10^-1.5, ..., 10^-15.
std::vector<double> sine_errors(Formula formula) {
  std::vector<double> errors;
  for (int i = 2; i <= 30; ++i) {
    errors.push_back(sine_error(formula, std::pow(10.0, -0.5 * i)));
  }
  return errors;
}

std::vector<double> log10_of(std::vector<double> values) {
  for (double& x : values) x = std::log10(std::max(x, 1e-17));
  return values;
}

/// sum of c_j sin(x_j): a function with any gradient c_j cos(x_j).
struct Sines {
  Vector c;
  double operator()(const Vector& x) const {
    double sum = 0.0;
    const double* const at = x.data();
    for (Index j = 0; j < x.size(); ++j) sum += c.data()[j] * std::sin(at[j]);
    return sum;
  }
  Vector gradient(const Vector& x) const { return c.array() * x.array().cos(); }
};

/// f, and how often it was called.
template <class Function>
struct Counting {
  Function f;
  int* calls;
  double operator()(const Vector& x) const {
    ++*calls;
    return f(x);
  }
};

double relus(const Vector& x) {
  return x.cwiseMax(0.0).sum();
}

}  // namespace

TEST_SUITE("maths/finite_differences") {
  TEST_CASE("the_error_is_v_shaped_in_the_step") {
    // h |f''| / 2 to the left of the valley: sin(1) / 2 = 0.42.
    CHECK(close(sine_error(Formula::forward, 1e-4), 4.2e-5, {.rel = 0.01}));
    CHECK(sine_error(Formula::forward, forward_step) < 2e-8);
    CHECK(sine_error(Formula::forward, 1e-15) > 1e-3);
    const std::vector<double> errors = sine_errors(Formula::forward);
    const auto least = std::min_element(errors.begin(), errors.end());
    const double best_h = std::pow(
        10.0, -1.0 - 0.5 * static_cast<double>(least - errors.begin()));
    CHECK(best_h <= 1.01e-7);
    CHECK(best_h >= 0.99e-10);
    // Both sides are no better than their bounds, Eq. (3): truncation plus
    // two roundings of sin(1) = 0.84, half an ulp of 1.1e-16 or a bit more.
    for (std::size_t i = 0; i < errors.size(); ++i) {
      const double h = std::pow(10.0, -1.0 - 0.5 * static_cast<double>(i));
      CHECK(errors[i] <= 0.43 * h + 2.0 * 1.2e-16 / h);
    }
    EVIDENCE_SERIES("log10 of the error for h = 0.1 to 1e-15",
                    log10_of(errors));
    EVIDENCE("error at the square root of epsilon",
             sine_error(Formula::forward, forward_step));
  }

  TEST_CASE("each_formula_has_its_order_and_its_step") {
    const auto ratio = [](Formula formula, double h) {
      return sine_error(formula, h) / sine_error(formula, 0.5 * h);
    };
    // The next term of the series is 0.02 of the first at these steps.
    CHECK(close(ratio(Formula::forward, 0.02), 2.0, {.rel = 0.02}));
    CHECK(close(ratio(Formula::central, 0.02), 4.0, {.rel = 0.02}));
    CHECK(close(ratio(Formula::extrapolated, 0.1), 16.0, {.rel = 0.02}));

    const double forward = sine_error(Formula::forward, forward_step);
    const double central = sine_error(Formula::central, central_step);
    const double extrapolated =
        sine_error(Formula::extrapolated, extrapolated_step);
    CHECK(forward < 2e-8);
    CHECK(central < 5e-11);
    CHECK(extrapolated < 2e-12);
    for (const Formula formula :
         {Formula::forward, Formula::central, Formula::extrapolated}) {
      const std::vector<double> errors = sine_errors(formula);
      EVIDENCE_SERIES(
          formula == Formula::forward   ? "forward, log10 of the error"
          : formula == Formula::central ? "central, log10 of the error"
                                        : "extrapolated, log10 of the error",
          log10_of(errors));
    }
    // A step good for one formula is bad for the next: 3 digits.
    CHECK(sine_error(Formula::forward, central_step) > 1e-6);
    CHECK(sine_error(Formula::central, extrapolated_step) > 1e-8);
    EVIDENCE("forward at its step", forward);
    EVIDENCE("central at its step", central);
    EVIDENCE("extrapolated at its step", extrapolated);
  }

  TEST_CASE("divide_by_the_step_that_was_taken") {
    // The slope of x, wherever and with whatever step, is 1.
    const auto identity = [](const Vector& x) { return x(0); };
    double worst_nominal = 0.0;
    for (const double at : {1.0, 0.3, -7.7, 1234.5}) {
      for (const double h : {1e-8, 3e-9, 1e-6}) {
        const Vector x{{at}};
        CHECK(forward_difference(identity, x, h)(0) == 1.0);
        CHECK(central_difference(identity, x, h)(0) == 1.0);
        const double step = h * std::max(1.0, std::abs(at));
        const double nominal = ((at + step) - at) / step;
        worst_nominal = std::max(worst_nominal, std::abs(nominal - 1.0));
      }
    }
    // Half an ulp of x over h is 1e-8: as much as all other errors together.
    CHECK(worst_nominal > 5e-9);
    EVIDENCE("largest error by the nominal step", worst_nominal);
  }

  TEST_CASE("the_complex_step_subtracts_nothing") {
    using C = std::complex<double>;
    const auto f = [](C x) { return std::sin(x); };
    for (const double h : {1e-20, 1e-100, 1e-200, 1e-300}) {
      CHECK(close(complex_step(f, 1.0, h), std::cos(1.0), {.ulps = 2}));
    }
    // Squire and Trapp's function, its derivative to 15 digits (mpmath).
    const auto g = [](C x) {
      const C s = std::sin(x), c = std::cos(x);
      return std::exp(x) / (s * s * s + c * c * c);
    };
    const double want = 3.6220337007163260426;
    CHECK(close(complex_step(g, 1.5), want, {.rel = 16.0 * eps}));
    EVIDENCE("relative error on Squire and Trapp's function",
             std::abs(complex_step(g, 1.5) / want - 1.0));
    // Not analytic: |x| of a complex number is a real one.
    const auto square = [](C x) { return std::abs(x) * std::abs(x); };
    CHECK(complex_step([](C x) { return x * x; }, 3.0) == 6.0);
    CHECK(complex_step([&](C x) { return C(square(x)); }, 3.0) == 0.0);
  }

  TEST_CASE("the_step_follows_the_size_of_x") {
    const auto square = [](const Vector& x) { return x(0) * x(0); };
    // Above a power of 2 the spacing doubles: 1 - 1e-16 is another number.
    CHECK_THROWS_AS(forward_difference(square, Vector{{1.0}}, 1e-16),
                    std::invalid_argument);
    const Vector x{{1e8}};
    // h f'' / 2 is 1.5, or 7e-9 of the slope; rounding is as much again.
    CHECK(close(forward_difference(square, x)(0), 2e8, {.rel = 2e-8}));
    CHECK(close(central_difference(square, x)(0), 2e8, {.rel = 1e-10}));
    // The same step unscaled is one ulp of x, and x^2 rises by 2.98: by 2, as
    // doubles near 1e16 are even.
    const double rise = (1e8 + forward_step) * (1e8 + forward_step) - 1e8 * 1e8;
    CHECK(rise == 2.0);
    CHECK(close(rise / forward_step, 2e8 * 0.671, {.rel = 1e-3}));
    EVIDENCE("slope of x^2 at 1e8 by an unscaled step", rise / forward_step);
    CHECK_THROWS_WITH(forward_difference(square, x, 1e-17),
                      "finite_differences: a step of 1e-09 is lost beside x = "
                      "1e+08");
  }

  TEST_CASE("the_step_follows_the_precision_of_f") {
    // sin in float: rounding of 6e-8 over 6e-6 is 1e-2.
    const auto in_float = [](const Vector& x) {
      return static_cast<double>(std::sin(static_cast<float>(x(0))));
    };
    double worst = 0.0, worst_adapted = 0.0;
    const double float_eps = std::numeric_limits<float>::epsilon();
    for (int i = 0; i < 50; ++i) {
      const Vector x{{0.5 + 0.01 * i}};
      const auto error = [&](double h) {
        return std::abs(central_difference(in_float, x, h)(0) - std::cos(x(0)));
      };
      worst = std::max(worst, error(central_step));
      worst_adapted = std::max(worst_adapted, error(std::cbrt(float_eps)));
      // Eq. (6) with the epsilon of float: h^2 / 6 + 1.2e-7 / h with h = 5e-3,
      // and as much again for x, which is rounded as well.
      CHECK(error(std::cbrt(float_eps)) < 5e-5);
      // And a bug of 1 % is found, with the noise of float allowed for.
      const double slope = std::cos(x(0));
      CHECK(check_gradient(in_float, Vector{{slope}}, x,
                           {.tolerance = 1e-3,
                            .h = std::cbrt(float_eps),
                            .noise = float_eps})
                .ok);
      CHECK(!check_gradient(in_float, Vector{{1.01 * slope}}, x,
                            {.tolerance = 1e-3,
                             .h = std::cbrt(float_eps),
                             .noise = float_eps})
                 .ok);
    }
    CHECK(worst > 2e-3);
    EVIDENCE("largest error in float, the step of double", worst);
    EVIDENCE("largest error in float, its own step", worst_adapted);
  }

  TEST_CASE("a_kink_raises_a_false_alarm") {
    // ReLUs; the third input is closer to 0 than the step.
    const Vector x{{-0.5, 0.8, 1e-6, 2.0}};
    const Vector g{{0.0, 1.0, 1.0, 1.0}};
    const GradientCheck check = check_gradient(relus, g, x);
    CHECK(!check.ok);
    CHECK(check.coordinate == 2);
    CHECK(check.analytic == 1.0);
    // From h to the left to h to the right of 1e-6 the value rises by 1e-6 + h.
    CHECK(close(check.numerical, (1e-6 + central_step) / (2.0 * central_step),
                {.rel = 1e-9}));
    // The one-sided slopes tell a kink from a bug: they differ, and one of them
    // is the derivative claimed.
    CHECK(close(check.right, 1.0, {.rel = 1e-9}));
    CHECK(close(check.left, 1e-6 / central_step, {.rel = 1e-9}));
    EVIDENCE("numerical slope at the kink", check.numerical);
    CHECK(check_gradient(relus, Vector{{0.0, 1.0, 1.0, 1.0}},
                         Vector{{-0.5, 0.8, 1e-4, 2.0}})
              .ok);
  }

  TEST_CASE("norms_hide_what_coordinates_show") {
    const Index n = 1000;
    const Sines f{Vector::Ones(n)};
    const Vector x = Vector::Constant(n, 0.7);
    Vector g = f.gradient(x);
    const double right_norm = g.norm();
    g(123) *= 2.0;
    // sqrt(1003 / 1000) - 1.
    CHECK(close(g.norm() / right_norm - 1.0, 0.0014989, {.rel = 1e-4}));
    const GradientCheck check = check_gradient(f, g, x);
    CHECK(!check.ok);
    CHECK(check.coordinate == 123);
    CHECK(close(check.analytic / check.numerical, 2.0, {.rel = 1e-6}));
    CHECK(check.excess > 1e5);
    EVIDENCE("change of the norm", g.norm() / right_norm - 1.0);
    EVIDENCE("error over what is allowed", check.excess);
    // A factor 1 + 1e-5 in one coordinate as well.
    g(123) *= 0.5 * (1.0 + 1e-5);
    const GradientCheck slight = check_gradient(f, g, x);
    CHECK(!slight.ok);
    CHECK(slight.coordinate == 123);
  }

  TEST_CASE("the_bound_knows_sizes_and_rounding") {
    // Gradients from 1e-3 to 1e6 in one function, each right to a rounding.
    const Sines f{Vector{{1e-3, 1.0, 1e6}}};
    const Vector x{{0.3, 0.4, 0.5}};
    const Vector g = f.gradient(x);
    const Vector d = central_difference(f, x);
    CHECK(check_gradient(f, g, x).ok);
    // An absolute tolerance of 1e-6 calls the large one wrong ...
    CHECK(std::abs(g(2) - d(2)) > 1e-6);
    // ... and a purely relative one the small one: values near 5e5 are rounded
    // by 6e-11, which over 2 h is 5e-6, beside a slope of 1e-3.
    CHECK(std::abs(g(0) - d(0)) > 1e-6 * std::abs(g(0)));
    EVIDENCE("relative error of the small one", std::abs(d(0) / g(0) - 1.0));
    // A slope of 0 beside a large value, and a bug that stands out.
    const auto offset = [](const Vector& at) {
      return 1e6 * std::cos(at(0)) + at(1) * at(1);
    };
    CHECK(check_gradient(offset, Vector{{0.0, 1.0}}, Vector{{0.0, 0.5}}).ok);
    const GradientCheck bug =
        check_gradient(offset, Vector{{0.0, 1.01}}, Vector{{0.0, 0.5}});
    CHECK(!bug.ok);
    CHECK(bug.coordinate == 1);
  }

  TEST_CASE("one_direction_costs_two_evaluations") {
    const Index n = 1000;
    std::mt19937_64 rng(5);
    int calls = 0;
    const Sines sines{gaussian(n, 1, rng).col(0)};
    const Counting<Sines> f{sines, &calls};
    const Vector x = gaussian(n, 1, rng).col(0);
    const auto cost = [&](auto&& run) {
      calls = 0;
      run();
      return calls;
    };
    const Vector few{{0.1, 0.2, 0.3}};
    const Counting<Sines> g3{{few}, &calls};
    CHECK(cost([&] { forward_difference(g3, few); }) == 3 + 1);
    CHECK(cost([&] { central_difference(g3, few); }) == 2 * 3);
    CHECK(cost([&] { extrapolated_difference(g3, few); }) == 4 * 3);
    CHECK(cost([&] { check_gradient(g3, few, few); }) == 2 * 3 + 1);

    // A factor of 2 in one coordinate, the median one in size, of a thousand.
    const Vector g = sines.gradient(x);
    std::vector<Index> order(static_cast<std::size_t>(n));
    for (Index j = 0; j < n; ++j) order[static_cast<std::size_t>(j)] = j;
    std::sort(order.begin(), order.end(), [&](Index i, Index j) {
      return std::abs(g(i)) < std::abs(g(j));
    });
    const Index bad = order[500];
    Vector wrong = g;
    wrong(bad) *= 2.0;
    int found = 0;
    double worst_right = 0.0;
    for (int trial = 0; trial < 200; ++trial) {
      const Vector u = gaussian(n, 1, rng).col(0);
      double d = 0.0;
      CHECK(cost([&] { d = directional_derivative(f, x, u); }) == 2);
      // The slope is about |g| |u| / sqrt(n) = 20 in size.
      worst_right = std::max(worst_right, std::abs(d - g.dot(u)));
      if (std::abs(d - wrong.dot(u)) > 1e-4) ++found;
    }
    CHECK(worst_right < 1e-5);
    // Missed where |g_j u_j| < 1e-4: less than one direction in a thousand.
    CHECK(found >= 199);
    EVIDENCE("directions of 200 that show the bug", found);
    EVIDENCE("largest error of a right one", worst_right);
    // A direction orthogonal to the bug sees nothing of it.
    Vector u = gaussian(n, 1, rng).col(0);
    u(bad) = 0.0;
    CHECK(std::abs(directional_derivative(sines, x, u) - wrong.dot(u)) < 1e-5);
  }

  TEST_CASE("noise_in_f_is_divided_by_the_step") {
    // Dropout: a mask drawn anew in each evaluation, or with a fixed seed.
    const Vector x{{0.3, -0.8, 0.5, 0.9}};
    std::mt19937_64 running(11);
    const auto dropout = [](const Vector& at, std::mt19937_64& rng) {
      double sum = 0.0;
      for (const double value : at) {
        if (uniform(rng) < 0.5) sum += 2.0 * std::sin(value);
      }
      return sum;
    };
    const auto drawn_anew = [&](const Vector& at) {
      return dropout(at, running);
    };
    const auto fixed = [&](const Vector& at) {
      std::mt19937_64 rng(3);
      return dropout(at, rng);
    };
    std::mt19937_64 rng(3);
    Vector g(4);
    for (Index j = 0; j < 4; ++j) {
      g(j) = uniform(rng) < 0.5 ? 2.0 * std::cos(x(j)) : 0.0;
    }
    REQUIRE(g.cwiseAbs().maxCoeff() > 1.0);
    CHECK(check_gradient(fixed, g, x).ok);
    double largest = 0.0;
    for (int trial = 0; trial < 20; ++trial) {
      const Vector d = central_difference(drawn_anew, x);
      largest = std::max(largest, d.cwiseAbs().maxCoeff());
    }
    // Values that differ by 0.1 and more, over 1.2e-5.
    CHECK(largest > 1e4);
    EVIDENCE("largest slope when the mask is drawn anew", largest);
  }
}

TEST_SUITE("maths/finite_differences extra") {
  TEST_CASE("gradients of a function of several variables by hand") {
    const auto f = [](const Vector& x) {
      return x(0) * x(0) * x(1) + std::exp(x(2)) * x(0);
    };
    const Vector x{{1.5, -2.0, 0.3}};
    const double e = std::exp(0.3);
    const Vector want{{-6.0 + e, 2.25, 1.5 * e}};
    CHECK(close(forward_difference(f, x), want, {.abs = 2e-7}));
    CHECK(close(central_difference(f, x), want, {.abs = 1e-9}));
    CHECK(close(extrapolated_difference(f, x), want, {.abs = 1e-11}));
    CHECK(check_gradient(f, want, x).ok);
    const Vector u{{0.5, 1.0, -100.0}};
    CHECK(close(directional_derivative(f, x, u), want.dot(u), {.abs = 1e-7}));
  }

  TEST_CASE("the constants are the roots of epsilon") {
    CHECK(close(forward_step * forward_step, eps, {.rel = 1e-14}));
    CHECK(close(std::pow(central_step, 3), eps, {.rel = 1e-14}));
    CHECK(close(std::pow(extrapolated_step, 5), eps, {.rel = 1e-14}));
  }

  TEST_CASE("the worst coordinate is reported even when all is well") {
    const Sines f{Vector{{1.0, 1.0, 1.0}}};
    const Vector x{{0.1, 0.2, 0.3}};
    Vector g = f.gradient(x);
    g(1) += 3e-7;
    const GradientCheck check = check_gradient(f, g, x);
    CHECK(check.ok);
    CHECK(check.coordinate == 1);
    // Allowed: 1e-6 of 0.98, and 8 eps 1.2 / 1.2e-5 = 2e-10 of rounding.
    CHECK(close(check.excess, 3e-7 / (1e-6 * g(1)), {.rel = 1e-3}));
    g(1) += 12e-7;  // 1.5 times what is allowed
    CHECK(!check_gradient(f, g, x).ok);
    // Nothing to report: a zero that is exactly right.
    const auto zero = [](const Vector&) { return 0.0; };
    const GradientCheck none =
        check_gradient(zero, Vector{{0.0, 0.0}}, Vector{{1.0, 2.0}});
    CHECK(none.ok);
    CHECK(none.coordinate == 0);
    CHECK(none.excess == 0.0);
  }

  TEST_CASE("NaN never passes") {
    const auto root = [](const Vector& x) { return std::sqrt(x(0)) + x(1); };
    const GradientCheck check =
        check_gradient(root, Vector{{1.0, 1.0}}, Vector{{0.0, 1.0}});
    CHECK(!check.ok);
    CHECK(check.coordinate == 0);
    CHECK(std::isnan(check.excess));
    const GradientCheck second = check_gradient(
        relus, Vector{{1.0, std::nan(""), 1.0}}, Vector{{1.0, 1.0, 1.0}});
    CHECK(!second.ok);
    CHECK(second.coordinate == 1);
  }

  TEST_CASE("arguments that break the contract are refused") {
    const Vector x{{1.0, 2.0}};
    const Vector one{{1.0}};
    const Vector bad{{1.0, std::nan("")}};
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK_THROWS_WITH(forward_difference(sine, x, 0.0),
                      "finite_differences: need a finite h > 0, got 0");
    CHECK_THROWS_AS(central_difference(sine, x, -1.0), std::invalid_argument);
    CHECK_THROWS_AS(central_difference(sine, x, infinity),
                    std::invalid_argument);
    CHECK_THROWS_WITH(forward_difference(sine, bad),
                      "forward_difference: x(1) is nan");
    CHECK_THROWS_WITH(central_difference(sine, bad),
                      "central_difference: x(1) is nan");
    const auto f = [](std::complex<double> z) { return z; };
    CHECK_THROWS_WITH(complex_step(f, 1.0, 0.0),
                      "complex_step: need a finite x and a finite h > 0, got 1 "
                      "and 0");
    CHECK_THROWS_AS(complex_step(f, infinity), std::invalid_argument);
    CHECK_THROWS_AS(complex_step(f, 1.0, infinity), std::invalid_argument);
    CHECK_THROWS_WITH(
        directional_derivative(sine, x, one),
        "directional_derivative: need as many coordinates of u as of x and at "
        "least one, got 1 and 2");
    CHECK_THROWS_WITH(directional_derivative(sine, x, Vector{{0.0, 0.0}}),
                      "directional_derivative: u is zero");
    CHECK_THROWS_WITH(directional_derivative(sine, x, bad),
                      "directional_derivative: u(1) is nan");
    CHECK_THROWS_WITH(directional_derivative(sine, bad, x),
                      "directional_derivative: x(1) is nan");
    CHECK_THROWS_AS(directional_derivative(sine, Vector(), Vector()),
                    std::invalid_argument);
    CHECK_THROWS_WITH(check_gradient(sine, one, x),
                      "check_gradient: need as many derivatives as coordinates "
                      "and at least one, got 1 and 2");
    CHECK_THROWS_AS(check_gradient(sine, Vector(), Vector()),
                    std::invalid_argument);
    CHECK_THROWS_WITH(check_gradient(sine, x, bad),
                      "check_gradient: x(1) is nan");
  }
}
