// Verifies the claims of questions/coding/mean_squared_error.md.
#include <whiteboard/coding/mean_squared_error.hpp>

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
using coding::mean_squared_error;
using whiteboard::testing::numerical_gradient;

namespace {

using Numbers = std::vector<double>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// n numbers, normal around `centre` with deviation `spread`.
Numbers normals(std::size_t n, double centre, double spread,
                std::mt19937_64& rng) {
  Numbers x(n);
  for (double& value : x) value = centre + spread * normal(rng);
  return x;
}

/// The squares multiplied out: the shortcut with three dot products.
double expanded(const Numbers& y_true, const Numbers& y_pred) {
  double yy = 0.0, yp = 0.0, pp = 0.0;
  for (std::size_t i = 0; i < y_true.size(); ++i) {
    yy += y_true[i] * y_true[i];
    yp += y_true[i] * y_pred[i];
    pp += y_pred[i] * y_pred[i];
  }
  return (yy - 2.0 * yp + pp) / static_cast<double>(y_true.size());
}

double mean_absolute(const Numbers& residuals) {
  double sum = 0.0;
  for (const double r : residuals) sum += std::abs(r);
  return sum / static_cast<double>(residuals.size());
}

}  // namespace

TEST_SUITE("coding/mean_squared_error") {
  TEST_CASE("documented_example") {
    // (0.25 + 0.25 + 0 + 1) / 4, every step exact in binary.
    CHECK(mean_squared_error(Numbers{3.0, -0.5, 2.0, 7.0},
                             Numbers{2.5, 0.0, 2.0, 8.0}) == 0.375);
    CHECK(mean_squared_error(Numbers{1.0, 2.0, 3.0}, Numbers{1.0, 2.0, 5.0}) ==
          4.0 / 3.0);
    CHECK(mean_squared_error(Numbers{-2.0}, Numbers{1.0}) == 9.0);
  }

  TEST_CASE("mean_is_the_best_constant") {
    const Numbers y{1.0, 2.0, 3.0, 4.0, 10.0};
    Numbers curve;
    for (int step = 0; step <= 1200; ++step) {
      const double c = step / 100.0;
      CAPTURE(c);
      const double mse = mean_squared_error(y, Numbers(5, c));
      // The parabola of Eq. (3): (n + 3) u of a value below 75 is 7e-14.
      CHECK(close(mse, 10.0 + (c - 4.0) * (c - 4.0), {.abs = 1e-13}));
      if (step != 400) CHECK(mse > 10.0);
      if (step % 50 == 0) curve.push_back(mse);
    }
    EVIDENCE_SERIES("MSE of the constants 0, 0.5, ..., 12", curve);
    CHECK(mean_squared_error(y, Numbers(5, 4.0)) == 10.0);
  }

  TEST_CASE("bias_and_variance_add_up") {
    std::mt19937_64 rng(0);
    for (int round = 0; round < 1000; ++round) {
      CAPTURE(round);
      const auto n = static_cast<std::size_t>(1 + round % 100);
      const Numbers y_true = normals(n, 3.0, 2.0, rng);
      const Numbers y_pred = normals(n, 3.5, 1.0, rng);
      long double mean = 0.0L, variance = 0.0L;
      for (std::size_t i = 0; i < n; ++i) {
        mean += static_cast<long double>(y_pred[i]) - y_true[i];
      }
      mean /= static_cast<long double>(n);
      for (std::size_t i = 0; i < n; ++i) {
        const long double off =
            static_cast<long double>(y_pred[i]) - y_true[i] - mean;
        variance += off * off;
      }
      variance /= static_cast<long double>(n);
      // (n + 3) u with n = 100 is 1.14e-14; the oracle's share is 1e-17.
      CHECK(close(mean_squared_error(y_true, y_pred),
                  static_cast<double>(mean * mean + variance),
                  {.rel = 1.2e-14}));
    }
  }

  TEST_CASE("one_large_error_outweighs") {
    Numbers one_large(100, 0.0);
    one_large[37] = 100.0;
    const Numbers all_medium(100, 10.0), zeros(100, 0.0);
    CHECK(mean_squared_error(zeros, one_large) == 100.0);
    CHECK(mean_squared_error(zeros, all_medium) == 100.0);
    CHECK(mean_absolute(one_large) == 1.0);
    CHECK(mean_absolute(all_medium) == 10.0);
  }

  TEST_CASE("gradient_is_twice_the_residual_over_n") {
    const Numbers y_true{3.0, -0.5, 2.0, 7.0, 100.0};
    const Vector y_pred{{2.5, 0.0, 2.0, 8.0, -20.0}};
    const Vector gradient = numerical_gradient(
        [&](const Vector& p) {
          return mean_squared_error(y_true, {p.data(), 5});
        },
        y_pred);
    const Vector want = Vector{{-0.5, 0.5, 0.0, 1.0, -120.0}} * (2.0 / 5.0);
    EVIDENCE_SERIES("gradient", gradient);
    // A parabola has no third derivative, so only rounding is left: (n + 3) u
    // of 2880 is 2.6e-12, over h = 6e-6 that is 4.3e-7.
    CHECK(close(gradient, want, {.abs = 5e-7}));
  }

  TEST_CASE("float_sum_stalls") {
    // One residual of 4096, whose square is 2^24, then many of 1.
    const std::size_t n = 1u << 20;
    Numbers y_pred(n, 1.0);
    y_pred[0] = 4096.0;
    const Numbers y_true(n, 0.0);
    const double want = 17.0 - 1.0 / static_cast<double>(n);
    CHECK(mean_squared_error(y_true, y_pred) == want);

    // 2^24 + 1 is no float: each of a million additions rounds back to 2^24.
    float sum = 0.0F;
    for (const double p : y_pred) sum += static_cast<float>(p * p);
    CHECK(sum == 16777216.0F);
    EVIDENCE("in double", mean_squared_error(y_true, y_pred));
    EVIDENCE("in float", sum / static_cast<float>(n));
  }

  TEST_CASE("expanding_the_square_cancels") {
    const Numbers y_true{1e8 + 1.0}, y_pred{1e8};
    CHECK(mean_squared_error(y_true, y_pred) == 1.0);
    // (1e8 + 1)^2 needs 54 bits: its last 1 is rounded away.
    CHECK(expanded(y_true, y_pred) == 0.0);
    CHECK(expanded({1.0, 2.0}, {1.0, 5.0}) == 4.5);  // right when small
  }

  TEST_CASE("lengths_must_agree") {
    CHECK(mean_squared_error(Numbers{1.0, 2.0}, Numbers{1.0, 4.0}) == 2.0);
    CHECK_THROWS_AS(mean_squared_error(Numbers{1.0, 2.0}, Numbers{1.0}),
                    std::invalid_argument);
    CHECK_THROWS_AS(mean_squared_error(Numbers{1.0}, Numbers{1.0, 2.0}),
                    std::invalid_argument);
    CHECK_THROWS_AS(mean_squared_error(Numbers{}, Numbers{}),
                    std::invalid_argument);
  }
}

TEST_SUITE("coding/mean_squared_error extra") {
  TEST_CASE("arguments that break the contract are refused") {
    CHECK_THROWS_WITH(mean_squared_error(Numbers{1.0, 2.0}, Numbers{1.0}),
                      "mean_squared_error: 2 true values, but 1 predictions");
    CHECK_THROWS_WITH(mean_squared_error(Numbers{}, Numbers{}),
                      "mean_squared_error: need n >= 1, got n = 0");
    CHECK_THROWS_WITH(mean_squared_error(Numbers{1.0, 2.0}, Numbers{1.0, kNaN}),
                      "mean_squared_error: difference 1 is nan");
    CHECK_THROWS_AS(mean_squared_error(Numbers{kNaN}, Numbers{1.0}),
                    std::invalid_argument);
    CHECK_THROWS_WITH(mean_squared_error(Numbers{kInfinity}, Numbers{0.0}),
                      "mean_squared_error: difference 0 is -inf");
    CHECK_THROWS_AS(mean_squared_error(Numbers{kInfinity}, Numbers{kInfinity}),
                    std::invalid_argument);
    CHECK_THROWS_AS(mean_squared_error(Numbers{1e308}, Numbers{-1e308}),
                    std::invalid_argument);
  }

  TEST_CASE("squares may overflow and underflow") {
    CHECK(mean_squared_error(Numbers{0.0}, Numbers{1e200}) == kInfinity);
    CHECK(mean_squared_error(Numbers{0.0}, Numbers{1e-200}) == 0.0);
  }

  TEST_CASE("order of the arguments and of the samples does not matter") {
    const Numbers a{0.1, 0.7, -3.3}, b{0.2, -0.4, 5.5};
    CHECK(mean_squared_error(a, b) == mean_squared_error(b, a));
    CHECK(close(
        mean_squared_error(Numbers{-3.3, 0.7, 0.1}, Numbers{5.5, -0.4, 0.2}),
        mean_squared_error(a, b), {.ulps = 4.0}));
  }
}
