// Verifies the claims of questions/optimization/learning_rate.md. The runs are
// loops of their own; the limits come from closed forms.
#include <whiteboard/optimization/learning_rate.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::optimization;
using whiteboard::testing::data_set;
using whiteboard::testing::standardized;

namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();

/// Errors of gradient descent on lambda x^2 / 2 from 1, the start included.
std::vector<double> errors(double lambda, double eta, int steps) {
  std::vector<double> x{1.0};
  for (int t = 0; t < steps; ++t) x.push_back((1.0 - eta * lambda) * x.back());
  return x;
}

/// The last point of gradient descent.
template <class Gradient>
Vector descend(const Gradient& gradient, Vector x, double eta, int steps) {
  for (int t = 0; t < steps; ++t) x -= eta * gradient(x);
  return x;
}

/// A rotation by 0.6 applied to diag(a, b).
Matrix turned(double a, double b) {
  const double c = std::cos(0.6), s = std::sin(0.6);
  return Matrix{{a * c * c + b * s * s, (a - b) * s * c},
                {(a - b) * s * c, a * s * s + b * c * c}};
}

/// Where descent with step eta on (ab - 1)^2 / 2 from (5, 0.1) ends.
Vector two_factors(double eta, int steps) {
  const auto gradient = [](const Vector& p) -> Vector {
    const double residual = p(0) * p(1) - 1.0;
    return Vector{{residual * p(1), residual * p(0)}};
  };
  return descend(gradient, Vector{{5.0, 0.1}}, eta, steps);
}

/// Least squares on standardised Diabetes: the mean loss w'Hw / 2 - b'w + c.
struct Diabetes {
  Matrix H;
  Vector b;
  double c;

  double loss(const Vector& w) const {
    return 0.5 * w.dot(H * w) - b.dot(w) + c;
  }
  Vector gradient(const Vector& w) const { return H * w - b; }
};

Diabetes diabetes() {
  const Table table = data_set("diabetes");
  const Matrix X = standardized(table.features());
  Vector y = table.numbers("progression");
  y.array() -= y.mean();
  const auto n = static_cast<double>(y.size());
  return {X.transpose() * X / n, X.transpose() * y / n,
          y.squaredNorm() / (2.0 * n)};
}

}  // namespace

TEST_SUITE("optimization/learning_rate") {
  TEST_CASE("five_regimes_along_one_direction") {
    const double lambda = 4.0;
    const auto run = [&](double eta) { return errors(lambda, eta, 40); };
    for (const double eta : {0.01, 0.1, 0.2499}) {
      CHECK(classify(eta, lambda) == StepRegime::monotone);
      const std::vector<double> x = run(eta);
      for (std::size_t t = 1; t < x.size(); ++t) {
        CHECK_UNARY(x[t] > 0.0);
        CHECK_UNARY(x[t] < x[t - 1]);
      }
      CHECK(close(x[40], std::pow(1.0 - eta * lambda, 40), {.rel = 1e-11}));
    }
    CHECK(classify(0.25, lambda) == StepRegime::one_step);
    CHECK(run(0.25)[1] == 0.0);
    for (const double eta : {0.2501, 0.4, 0.4999}) {
      CHECK(classify(eta, lambda) == StepRegime::oscillating);
      const std::vector<double> x = run(eta);
      for (std::size_t t = 1; t < x.size(); ++t) {
        CHECK_UNARY(x[t] * x[t - 1] < 0.0);
        CHECK_UNARY(std::abs(x[t]) < std::abs(x[t - 1]));
      }
    }
    CHECK(classify(0.5, lambda) == StepRegime::bouncing);
    CHECK(run(0.5)[39] == -1.0);
    CHECK(run(0.5)[40] == 1.0);
    for (const double eta : {0.5001, 3.0}) {
      CHECK(classify(eta, lambda) == StepRegime::divergent);
      const std::vector<double> x = run(eta);
      for (std::size_t t = 1; t < x.size(); ++t) {
        CHECK_UNARY(x[t] * x[t - 1] < 0.0);
        CHECK_UNARY(std::abs(x[t]) > std::abs(x[t - 1]));
      }
    }
    EVIDENCE_SERIES("monotone, eta = 0.1", errors(lambda, 0.1, 15));
    EVIDENCE_SERIES("oscillating, eta = 0.45", errors(lambda, 0.45, 15));
    EVIDENCE_SERIES("divergent, eta = 0.55", errors(lambda, 0.55, 15));
  }

  TEST_CASE("the_steepest_direction_sets_the_limit") {
    const Matrix H = turned(1.0, 100.0);
    CHECK(close(largest_stable_step(H), 0.02, {.rel = 1e-13}));
    const auto gradient = [&](const Vector& x) -> Vector { return H * x; };
    const Vector start{{1.0, 1.0}};
    const double below = descend(gradient, start, 0.0199, 2000).norm();
    const double above = descend(gradient, start, 0.0201, 2000).norm();
    CHECK(below < 1e-6);
    CHECK(above > 1e6);
    // The flat direction alone would bear a hundred times as much.
    CHECK(classify(1.99, 1.0) == StepRegime::oscillating);
    EVIDENCE("distance after 2000 steps of 0.0199", below);
    EVIDENCE("distance after 2000 steps of 0.0201", above);
    // A curvature below zero, as at a saddle, grows with every step.
    CHECK_THROWS_AS(largest_stable_step(turned(-1.0, 100.0)),
                    std::invalid_argument);
    // Neither trace nor Frobenius norm is the limit: three equal curvatures.
    const Matrix equal = 5.0 * Matrix::Identity(3, 3);
    CHECK(close(largest_stable_step(equal), 0.4, {.ulps = 2}));
    CHECK(2.0 / equal.trace() < 0.14);
    CHECK(2.0 / equal.norm() < 0.24);
  }

  TEST_CASE("the_best_step_is_next_to_the_cliff") {
    for (const double kappa : {1.0, 3.0, 100.0, 1e4}) {
      CAPTURE(kappa);
      const double best = best_fixed_step(2.0, 2.0 * kappa);
      const double limit = 2.0 / (2.0 * kappa);
      CHECK(close(best / limit, kappa / (kappa + 1.0), {.rel = 4 * eps}));
      const auto worst = [&](double eta) {
        return std::fmax(std::abs(1.0 - eta * 2.0),
                         std::abs(1.0 - eta * 2.0 * kappa));
      };
      CHECK(worst(best) < worst(best * 0.999));
      CHECK(worst(best) < worst(best * 1.001));
    }
    const double distance = 1.0 - best_fixed_step(1.0, 100.0) / 0.02;
    CHECK(close(distance, 1.0 / 101.0, {.abs = 2 * eps}));
    EVIDENCE("room above the best step at kappa = 100", distance);
  }

  TEST_CASE("too_small_fails_too") {
    const double limit = largest_stable_step(turned(1.0, 100.0));  // 2 / L
    const std::vector<double> flat = errors(1.0, 1e-3 * limit / 2.0, 1000);
    CHECK(close(flat.back(), 0.99005, {.abs = 1e-6}));  // exp(-0.01)
    CHECK(classify(1e-5, 1.0) == StepRegime::monotone);
    CHECK(classify(1e-5, 100.0) == StepRegime::monotone);
    EVIDENCE("error left in the flat direction", flat.back());
  }

  TEST_CASE("the_rate_has_a_unit") {
    // Powers of two: scaling by them changes no digit.
    const Matrix H{{3.0, 1.0}, {1.0, 7.0}};
    const auto gradient = [&](const Vector& x) -> Vector { return H * x; };
    const Vector start{{1.0, -2.0}};
    const Vector want = descend(gradient, start, 0.125, 20);
    // Loss times 1024: eta over 1024.
    const auto loud = [&](const Vector& x) -> Vector {
      return 1024.0 * gradient(x);
    };
    CHECK(descend(loud, start, 0.125 / 1024.0, 20) == want);
    CHECK(descend(loud, start, 0.125, 20).norm() > 1e30);
    CHECK(close(largest_stable_step(1024.0 * H), largest_stable_step(H) / 1024,
                {.rel = 8 * eps}));
    // Curvatures 5 + sqrt(5) and 5 - sqrt(5).
    CHECK(close(largest_stable_step(H), 2.0 / (5.0 + std::sqrt(5.0)),
                {.rel = 8 * eps}));
    // Weights in units 32 times as large, z = x / 32: the gradient in z is 32
    // times larger, and the same move in x is 32 times shorter in z.
    const auto rescaled = [&](const Vector& z) -> Vector {
      return 32.0 * gradient(32.0 * z);
    };
    CHECK(32.0 * descend(rescaled, start / 32.0, 0.125 / 1024.0, 20) == want);
    EVIDENCE("largest stable step", largest_stable_step(H));
    EVIDENCE("for 1024 times the loss", largest_stable_step(1024.0 * H));
  }

  TEST_CASE("a_large_step_leaves_a_sharp_basin") {
    // min(5 (x + 1)^2, (x - 1)^2 / 2): curvature 10 at -1 and 1 at +1.
    const auto gradient = [](const Vector& x) -> Vector {
      const double a = x(0) + 1.0, b = x(0) - 1.0;
      return Vector{{5.0 * a * a < 0.5 * b * b ? 10.0 * a : b}};
    };
    std::vector<double> ends;
    for (const double eta : {0.05, 0.15, 0.19, 0.21, 0.3, 1.0}) {
      ends.push_back(descend(gradient, Vector{{-0.9}}, eta, 500)(0));
      const bool stays = classify(eta, 10.0) != StepRegime::divergent;
      CAPTURE(eta);
      CHECK(stays == (eta < 0.2));
      CHECK(close(ends.back(), stays ? -1.0 : 1.0, {.abs = 1e-12}));
    }
    EVIDENCE_SERIES("end for eta = 0.05, 0.15, 0.19, 0.21, 0.3, 1", ends);
  }

  TEST_CASE("two_factors_end_where_the_step_is_stable") {
    // At a minimum ab = 1 the Hessian is (b, a)(b, a)', of curvature a^2 + b^2.
    const auto limit_at = [](const Vector& p) {
      const Vector u{{p(1), p(0)}};
      return largest_stable_step(u * u.transpose());
    };
    // Infinitely small steps keep a^2 - b^2, from which a^2 + b^2 follows.
    const double flow = std::hypot(25.0 - 0.01, 2.0);
    std::vector<double> curvatures;
    for (const double eta : {0.001, 0.01, 0.05, 0.08, 0.1, 0.12, 0.15}) {
      CAPTURE(eta);
      const Vector end = two_factors(eta, 5000);
      CHECK(close(end(0) * end(1), 1.0, {.abs = 1e-12}));
      CHECK(eta < limit_at(end));
      curvatures.push_back(end.squaredNorm());
      // 2 / 0.08 = 25 lies below the flow's 25.07.
      if (eta < 0.07) CHECK(close(curvatures.back(), flow, {.rel = 1e-3}));
      if (eta > 0.07) CHECK(curvatures.back() < 0.98 * flow);
    }
    EVIDENCE("curvature at the end of the flow", flow);
    EVIDENCE_SERIES("at eta = 0.001, 0.01, 0.05, 0.08, 0.1, 0.12, 0.15",
                    curvatures);
    CHECK(!two_factors(0.2, 5000).allFinite());
  }

  TEST_CASE("the_range_test_brackets_the_limit_of_the_top_direction") {
    // In the axes, so that no rounding leaks into the flat direction.
    const auto loss = [](const Vector& x) {
      return 0.5 * (x(0) * x(0) + 100.0 * x(1) * x(1));
    };
    const auto gradient = [](const Vector& x) -> Vector {
      return Vector{{x(0), 100.0 * x(1)}};
    };
    const Vector top{{0.0, 1.0}};
    for (const int rates : {20, 60, 200}) {
      const RangeTest test =
          lr_range_test(loss, gradient, top,
                        {.lowest = 1e-4, .highest = 1.0, .rates = rates});
      const double ratio = std::pow(1e4, 1.0 / (rates - 1));
      REQUIRE(test.last_descending.has_value());
      // Each rate multiplies the loss by (1 - 100 eta)^2.
      CHECK(*test.last_descending < 0.02);
      CHECK(*test.last_descending * ratio > 0.02);
      EVIDENCE("last rate that went down, limit 0.02", *test.last_descending);
    }
  }

  TEST_CASE("the_minimum_of_the_range_curve_is_past_the_cliff") {
    const Diabetes data = diabetes();
    const auto loss = [&](const Vector& w) { return data.loss(w); };
    const auto gradient = [&](const Vector& w) { return data.gradient(w); };
    const Vector zero = Vector::Zero(10);
    const RangeTest test = lr_range_test(
        loss, gradient, zero, {.lowest = 1e-3, .highest = 10.0, .rates = 101});
    REQUIRE(test.losses.size() == 101);
    const auto lowest =
        std::min_element(test.losses.begin(), test.losses.end());
    const double chosen =
        test.rates[static_cast<std::size_t>(lowest - test.losses.begin())];
    const double limit = largest_stable_step(data.H);
    // The same in NumPy 1.24.2: limit, and a lowest loss of 1436.77 at 5.05
    // times that limit. What grows back past it are rounding errors, so the
    // rate may be a neighbour on the grid elsewhere.
    CHECK(close(limit, 0.49699186354096087, {.rel = 1e-12}));
    CHECK(close(chosen / limit, 5.0, {.abs = 1.0}));
    CHECK(close(*lowest, 1436.77, {.abs = 0.2}));
    CHECK(test.last_descending == chosen);
    const double there = data.loss(descend(gradient, zero, chosen, 100));
    const double tenth = data.loss(descend(gradient, zero, chosen / 10, 100));
    const double start = data.loss(zero);
    CHECK(there > 1e100);
    CHECK(close(tenth, 1437.1, {.abs = 1.0}));  // and hardly depends on it
    CHECK(tenth < 0.5 * start);
    EVIDENCE_SERIES("loss over the rates, up to the lowest",
                    std::vector<double>(test.losses.begin(), lowest + 1));
    EVIDENCE("rate at the lowest loss over the limit", chosen / limit);
    EVIDENCE("loss after 100 steps with it", there);
    EVIDENCE("loss after 100 steps with a tenth of it", tenth);
  }
}

TEST_SUITE("optimization/learning_rate extra") {
  TEST_CASE("the rates of a range test are geometric and the losses follow") {
    const auto loss = [](const Vector& x) { return 0.5 * x(0) * x(0); };
    const auto gradient = [](const Vector& x) -> Vector { return x; };
    const RangeTest test =
        lr_range_test(loss, gradient, Vector{{2.0}},
                      {.lowest = 0.25, .highest = 4.0, .rates = 5});
    CHECK(close(test.rates, std::vector<double>{0.25, 0.5, 1.0, 2.0, 4.0},
                {.ulps = 8}));
    // 2 times 0.75, 0.5, and then (nearly) zero.
    CHECK(close(test.losses[0], 1.125, {.rel = 1e-14}));
    CHECK(close(test.losses[1], 0.28125, {.rel = 1e-14}));
    CHECK(test.losses[2] < 1e-28);
  }

  TEST_CASE("a loss that rises at once has no descending rate") {
    const auto loss = [](const Vector& x) { return 0.5 * x(0) * x(0); };
    const auto gradient = [](const Vector& x) -> Vector { return x; };
    const RangeTest test =
        lr_range_test(loss, gradient, Vector{{2.0}},
                      {.lowest = 3.0, .highest = 4.0, .rates = 3});
    CHECK(!test.last_descending.has_value());
    CHECK(test.losses.size() == 3);
    // A descent later on does not count: the first rise decides.
    const RangeTest late = lr_range_test(
        loss, [](const Vector& x) -> Vector { return -x; }, Vector{{2.0}},
        {.lowest = 0.1, .highest = 4.0, .rates = 3});
    CHECK(!late.last_descending.has_value());
    // A loss that stays has not risen.
    const RangeTest still =
        lr_range_test(loss, gradient, Vector{{0.0}}, {.rates = 2});
    CHECK(close(still.last_descending.value(), 10.0, {.ulps = 8}));
  }

  TEST_CASE("a range test ends where the loss overflows") {
    const auto loss = [](const Vector& x) { return 0.5 * x(0) * x(0); };
    const auto gradient = [](const Vector& x) -> Vector { return 1e100 * x; };
    const RangeTest test = lr_range_test(loss, gradient, Vector{{1.0}}, {});
    CHECK(test.rates.size() == test.losses.size());
    CHECK(test.losses.size() == 1);
    CHECK(std::isfinite(test.losses.back()));
  }

  TEST_CASE("a flat direction and one weight are no problem") {
    CHECK(largest_stable_step(Matrix{{4.0}}) == 0.5);
    CHECK(close(largest_stable_step(Matrix{{4.0, 0.0}, {0.0, 0.0}}), 0.5,
                {.ulps = 2}));
    // Rank one, so that an eigenvalue of zero comes out at some 1e-16.
    const Vector u{{0.1, 0.3, 0.7}};
    CHECK(close(largest_stable_step(u * u.transpose()), 2.0 / u.squaredNorm(),
                {.rel = 16 * eps}));
  }

  TEST_CASE("arguments that break the contract are refused") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinity = std::numeric_limits<double>::infinity();
    for (const double bad : {0.0, -1.0, nan, infinity}) {
      CAPTURE(bad);
      CHECK_THROWS_AS(classify(bad, 1.0), std::invalid_argument);
      CHECK_THROWS_AS(classify(1.0, bad), std::invalid_argument);
      CHECK_THROWS_AS(best_fixed_step(bad, 1.0), std::invalid_argument);
    }
    CHECK_THROWS_WITH(classify(0.0, 2.0),
                      "classify: need a finite eta > 0 and lambda > 0, got "
                      "eta = 0, lambda = 2");
    CHECK_THROWS_WITH(best_fixed_step(3.0, 2.0),
                      "best_fixed_step: need 0 < mu <= L, got mu = 3, L = 2");
    CHECK_THROWS_AS(best_fixed_step(1.0, infinity), std::invalid_argument);

    CHECK_THROWS_WITH(largest_stable_step(Matrix::Ones(2, 3)),
                      "largest_stable_step: H is 2 x 3");
    CHECK_THROWS_WITH(largest_stable_step(Matrix(0, 0)),
                      "largest_stable_step: H is 0 x 0");
    CHECK_THROWS_WITH(largest_stable_step(Matrix{{2.0, 0.5}, {0.0, 2.0}}),
                      "largest_stable_step: H is not symmetric");
    CHECK_THROWS_WITH(largest_stable_step(Matrix{{1.0, nan}, {nan, 1.0}}),
                      "largest_stable_step: H(0, 1) is nan");
    CHECK_THROWS_WITH(largest_stable_step(Matrix::Zero(2, 2)),
                      "largest_stable_step: no step is stable with a "
                      "curvature of 0");
    CHECK_THROWS_AS(largest_stable_step(Matrix{{-1.0}}), std::invalid_argument);

    const auto loss = [](const Vector& x) { return x.squaredNorm(); };
    const auto gradient = [](const Vector& x) -> Vector { return 2.0 * x; };
    const auto refuses = [&](const RangeTestOptions& options) {
      CHECK_THROWS_AS(lr_range_test(loss, gradient, Vector{{1.0}}, options),
                      std::invalid_argument);
    };
    refuses({.lowest = 0.0});
    refuses({.lowest = nan});
    refuses({.lowest = 10.0});
    refuses({.highest = infinity});
    refuses({.rates = 1});
    CHECK_THROWS_WITH(
        lr_range_test(loss, gradient, Vector{{1.0}}, {.lowest = 20.0}),
        "lr_range_test: need 0 < lowest < highest, got 20 and 10");
    CHECK_THROWS_WITH(lr_range_test(loss, gradient, Vector{{nan}}, {}),
                      "lr_range_test: x(0) is nan");
  }
}
