// Verifies the claims of questions/coding/mean_absolute_error.md.
#include <whiteboard/coding/mean_absolute_error.hpp>

#include <whiteboard/core/random.hpp>

#include <support/claims.hpp>
#include <support/finite_differences.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::mean_absolute_error;
using whiteboard::testing::numerical_gradient;

namespace {

using Numbers = std::vector<double>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double root_mean_square(const Numbers& residuals) {
  long double sum = 0.0L;
  for (const double r : residuals) sum += static_cast<long double>(r) * r;
  return static_cast<double>(
      std::sqrt(sum / static_cast<long double>(residuals.size())));
}

/// MAE of the constant c for the targets y.
double of_constant(const Numbers& y, double c) {
  return mean_absolute_error(y, Numbers(y.size(), c));
}

}  // namespace

TEST_SUITE("coding/mean_absolute_error") {
  TEST_CASE("documented_example") {
    // (0.5 + 0.5 + 0 + 1) / 4, every step exact in binary.
    CHECK(mean_absolute_error(Numbers{3.0, -0.5, 2.0, 7.0},
                              Numbers{2.5, 0.0, 2.0, 8.0}) == 0.5);
    CHECK(mean_absolute_error(Numbers{1.0, 2.0, 3.0}, Numbers{1.0, 4.0, 2.0}) ==
          1.0);
    CHECK(mean_absolute_error(Numbers{1.0}, Numbers{-2.0}) == 3.0);
  }

  TEST_CASE("median_is_the_best_constant") {
    const Numbers y{1.0, 2.0, 3.0, 4.0, 10.0};
    CHECK(of_constant(y, 3.0) == 2.2);  // (2 + 1 + 0 + 1 + 7) / 5
    CHECK(of_constant(y, 4.0) == 2.4);  // the mean: (3 + 2 + 1 + 0 + 6) / 5
    Numbers curve;
    for (int step = 0; step <= 1200; ++step) {
      const double c = step / 100.0;
      CAPTURE(c);
      const double mae = of_constant(y, c);
      if (step != 300) CHECK(mae > 2.2);
      if (step % 50 == 0) curve.push_back(mae);
    }
    EVIDENCE_SERIES("MAE of the constants 0, 0.5, ..., 12", curve);
  }

  TEST_CASE("outlier_does_not_move_the_best") {
    // The 10 of the claim before becomes a million: the mean is 200,002 now.
    const Numbers y{1.0, 2.0, 3.0, 4.0, 1e6};
    CHECK(of_constant(y, 3.0) == 1000001.0 / 5.0);  // 2 + 1 + 0 + 1 + 999997
    for (int step = 0; step <= 1200; ++step) {
      const double c = step / 100.0;
      CAPTURE(c);
      if (step != 300) CHECK(of_constant(y, c) > 1000001.0 / 5.0);
    }
    CHECK(of_constant(y, 200002.0) == 1599996.0 / 5.0);
    EVIDENCE("MAE of the median", of_constant(y, 3.0));
    EVIDENCE("MAE of the mean", of_constant(y, 200002.0));
  }

  TEST_CASE("even_count_has_many_best") {
    const Numbers y{1.0, 2.0, 3.0, 10.0};
    for (int step = 0; step <= 64; ++step) {
      const double c = 2.0 + step / 64.0;  // exact, as are all differences
      CAPTURE(c);
      CHECK(of_constant(y, c) == 2.5);
    }
    CHECK(of_constant(y, 2.0 - 1.0 / 64.0) > 2.5);
    CHECK(of_constant(y, 3.0 + 1.0 / 64.0) > 2.5);
  }

  TEST_CASE("root_mean_square_bounds_it") {
    std::mt19937_64 rng(0);
    for (int round = 0; round < 1000; ++round) {
      CAPTURE(round);
      const auto n = static_cast<std::size_t>(2 + round % 50);
      Numbers y_pred(n);
      for (double& p : y_pred) p = normal(rng);
      const double mae = mean_absolute_error(Numbers(n, 0.0), y_pred);
      const double rmse = root_mean_square(y_pred);
      // Equality has probability 0: the gap dwarfs the rounding.
      CHECK(mae < rmse);
      CHECK(rmse < std::sqrt(static_cast<double>(n)) * mae);
    }
    // The two cases of equality, exact in binary.
    const Numbers equal{3.0, -3.0, -3.0, 3.0};
    CHECK(mean_absolute_error(Numbers(4, 0.0), equal) == 3.0);
    CHECK(root_mean_square(equal) == 3.0);
    Numbers lonely(16, 0.0);
    lonely[5] = -8.0;
    CHECK(mean_absolute_error(Numbers(16, 0.0), lonely) == 0.5);
    CHECK(root_mean_square(lonely) == 4.0 * 0.5);
  }

  TEST_CASE("gradient_is_the_sign_over_n") {
    const Numbers y_true{3.0, -0.5, 2.0, 7.0, 100.0};
    const Vector y_pred{{2.5, 0.0, 2.0, 8.0, -20.0}};
    const auto loss = [&](const Vector& p) {
      return mean_absolute_error(y_true, {p.data(), 5});
    };
    const Vector gradient = numerical_gradient(loss, y_pred);
    EVIDENCE_SERIES("gradient", gradient);
    // Piecewise linear: only rounding is left. (n + 1) u of 24.4 is 1.6e-14,
    // over h = 6e-6 that is 2.7e-9. At the kink, 2.0, both sides balance.
    CHECK(close(gradient, Vector{{-0.2, 0.2, 0.0, 0.2, -0.2}}, {.abs = 3e-9}));
    // From there every step costs 1 / n, either way. Steps of 2^-10 keep the
    // differences exact; the sum of 122 and its fifth round to 1e-13 of them.
    for (const double step : {-0x1p-10, 0x1p-10}) {
      Vector moved = y_pred;
      moved(2) += step;
      CHECK(close((loss(moved) - loss(y_pred)) / std::abs(step), 0.2,
                  {.abs = 1e-10}));
    }
  }

  TEST_CASE("fixed_steps_never_arrive") {
    // Descent on |x| and on x^2, both from 1/16 with step 1/8. Every number is
    // a small multiple of a power of two, so nothing is rounded.
    const double step = 0x1p-3, h = 0x1p-10;
    double x = 0x1p-4, smooth = 0x1p-4;
    for (int t = 1; t <= 1000; ++t) {
      const double slope = (mean_absolute_error(Numbers{0.0}, Numbers{x + h}) -
                            mean_absolute_error(Numbers{0.0}, Numbers{x - h})) /
                           (2.0 * h);
      x -= step * slope;
      REQUIRE(x == (t % 2 == 1 ? -0x1p-4 : 0x1p-4));
      smooth -= step * 2.0 * smooth;
    }
    EVIDENCE("after 1000 steps on the absolute value", std::abs(x));
    EVIDENCE("after 1000 steps on the square", smooth);
    CHECK(smooth < 1e-100);  // 0.75^1000 is 1e-125
  }

  TEST_CASE("lengths_must_agree") {
    CHECK(mean_absolute_error(Numbers{1.0, 2.0}, Numbers{1.0, 4.0}) == 1.0);
    CHECK_THROWS_AS(mean_absolute_error(Numbers{1.0, 2.0}, Numbers{1.0}),
                    std::invalid_argument);
    CHECK_THROWS_AS(mean_absolute_error(Numbers{1.0}, Numbers{1.0, 2.0}),
                    std::invalid_argument);
    CHECK_THROWS_AS(mean_absolute_error(Numbers{}, Numbers{}),
                    std::invalid_argument);
  }
}

TEST_SUITE("coding/mean_absolute_error extra") {
  TEST_CASE("arguments that break the contract are refused") {
    CHECK_THROWS_WITH(mean_absolute_error(Numbers{1.0, 2.0}, Numbers{1.0}),
                      "mean_absolute_error: 2 true values, but 1 predictions");
    CHECK_THROWS_WITH(mean_absolute_error(Numbers{}, Numbers{}),
                      "mean_absolute_error: need n >= 1, got n = 0");
    CHECK_THROWS_WITH(
        mean_absolute_error(Numbers{1.0, 2.0}, Numbers{1.0, kNaN}),
        "mean_absolute_error: difference 1 is nan");
    CHECK_THROWS_AS(mean_absolute_error(Numbers{kNaN}, Numbers{1.0}),
                    std::invalid_argument);
    CHECK_THROWS_WITH(mean_absolute_error(Numbers{kInfinity}, Numbers{0.0}),
                      "mean_absolute_error: difference 0 is -inf");
    CHECK_THROWS_AS(mean_absolute_error(Numbers{kInfinity}, Numbers{kInfinity}),
                    std::invalid_argument);
    CHECK_THROWS_AS(mean_absolute_error(Numbers{1e308}, Numbers{-1e308}),
                    std::invalid_argument);
  }

  TEST_CASE("squares that overflow or vanish are no trouble here") {
    CHECK(mean_absolute_error(Numbers{0.0}, Numbers{1e200}) == 1e200);
    CHECK(mean_absolute_error(Numbers{0.0}, Numbers{1e-200}) == 1e-200);
  }

  TEST_CASE("order of the arguments does not matter") {
    const Numbers a{0.1, 0.7, -3.3}, b{0.2, -0.4, 5.5};
    CHECK(mean_absolute_error(a, b) == mean_absolute_error(b, a));
  }
}
