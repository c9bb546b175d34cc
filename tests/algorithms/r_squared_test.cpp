// Verifies the claims of questions/algorithms/r_squared.md. Certified figures
// are NIST's (Statistical Reference Datasets, Longley; 15 digits).
#include <whiteboard/algorithms/r_squared.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/products.hpp>
#include <whiteboard/algorithms/linear_regression.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::algorithms;
using Eigen::Index;
using whiteboard::testing::data_set;
using whiteboard::testing::gaussian;
using whiteboard::testing::times;

namespace {

Vector fitted(const Matrix& X, const Vector& y) {
  return LinearRegression::fit(X, y).predict(X);
}

}  // namespace

TEST_SUITE("algorithms/r_squared") {
  TEST_CASE("four_pictures_have_one_r_squared") {
    const Table table = data_set("anscombe");
    // Published: 0.67 for all, y = 3.00 + 0.500 x; more digits by NumPy 1.24.2.
    const std::vector<double> want{0.666542459508775, 0.666242033727484,
                                   0.666324041066559, 0.666707256898465};
    std::vector<double> got;
    for (int set = 1; set <= 4; ++set) {
      const Matrix X = table.numbers("x" + std::to_string(set));
      const Vector y = table.numbers("y" + std::to_string(set));
      const LinearRegression line = LinearRegression::fit(X, y);
      CHECK(close(line.intercept, 3.0, {.abs = 0.003}));
      CHECK(close(line.coef(0), 0.5, {.abs = 0.0005}));
      got.push_back(r_squared(y, line.predict(X)));
    }
    CHECK(close(got, want, {.abs = 1e-12}));
    EVIDENCE_SERIES("R squared of the four sets", got);

    // The second is a parabola: one more column and nothing is left.
    const Vector x = table.numbers("x2"), y = table.numbers("y2");
    Matrix curve(11, 2);
    curve << x, x.cwiseAbs2();
    const double parabola = r_squared(y, fitted(curve, y));
    CHECK(parabola > 0.99999);
    EVIDENCE("R squared of the parabola", parabola);
    // The fourth hangs on one point: its leverage is 1.
    const Vector h = leverages(Matrix(table.numbers("x4")));
    CHECK(close(h.maxCoeff(), 1.0, {.rel = 1e-13}));
  }

  TEST_CASE("it_is_a_squared_correlation_only_for_least_squares") {
    std::mt19937_64 rng(0);
    for (int repeat = 0; repeat < 20; ++repeat) {
      const Matrix X = gaussian(15, 3, rng);
      const Vector y = gaussian(15, 1, rng).col(0);
      const Vector prediction = fitted(X, y);
      CHECK(close(r_squared(y, prediction), squared_correlation(y, prediction),
                  {.abs = 1e-13}));
    }
    const Vector y{{1, 2, 3}}, reversed{{3, 2, 1}};
    CHECK(r_squared(y, reversed) == -3.0);  // 1 - 8 / 2
    CHECK(close(squared_correlation(y, reversed), 1.0, {.rel = 1e-14}));
    EVIDENCE("R squared of 3, 2, 1 for 1, 2, 3", r_squared(y, reversed));
    // Right up to an offset: correlation sees no fault.
    const Vector shifted{{11, 12, 13}};
    CHECK(r_squared(y, shifted) == -149.0);  // 1 - 300 / 2
    CHECK(close(squared_correlation(y, shifted), 1.0, {.rel = 1e-14}));
    CHECK(r_squared(y, y) == 1.0);
    CHECK(r_squared(y, Vector::Constant(3, 2.0)) == 0.0);
  }

  TEST_CASE("one_more_column_never_lowers_it") {
    std::mt19937_64 rng(1);
    int rose = 0;
    for (int repeat = 0; repeat < 200; ++repeat) {
      const Matrix X = gaussian(12, 3, rng);
      const Vector y = X.col(0) + gaussian(12, 1, rng).col(0);
      const double before = r_squared(y, fitted(X.leftCols(2), y));
      const LinearRegression more = LinearRegression::fit(X, y);
      const double after = r_squared(y, more.predict(X));
      CHECK(after >= before - 1e-14);
      REQUIRE(more.errors.has_value());
      const double t = more.coef(2) / more.errors->coef(2);
      const bool adjusted_rises =
          adjusted_r_squared(after, 12, 3) > adjusted_r_squared(before, 12, 2);
      CHECK(adjusted_rises == (std::abs(t) > 1.0));
      rose += adjusted_rises ? 1 : 0;
    }
    // |t| > 1 has probability 0.347 at 8 degrees of freedom: a column of noise
    // raises the adjusted one a third of the time, 69 of 200. Five standard
    // errors are 34.
    CHECK(std::abs(rose - 69) <= 34);
    EVIDENCE("times of 200 that noise raised the adjusted one", rose);
  }

  TEST_CASE("noise_explains_p_over_n_minus_one") {
    std::mt19937_64 rng(2);
    const Index n = 50, p = 10;
    // Predictions are a linear function of y: its matrix, once for all draws.
    const Matrix X = gaussian(n, p, rng);
    Matrix hat(n, n);
    for (Index i = 0; i < n; ++i) hat.col(i) = fitted(X, Vector::Unit(n, i));
    double sum = 0.0, adjusted_sum = 0.0;
    constexpr int draws = 2000;
    for (int draw = 0; draw < draws; ++draw) {
      const Vector y = gaussian(n, 1, rng).col(0);
      const double r2 = r_squared(y, times(hat, y));
      sum += r2;
      adjusted_sum += adjusted_r_squared(r2, n, p);
    }
    // R^2 is Beta(p / 2, (n - p - 1) / 2), standard deviation 0.0798: five
    // standard errors are 0.0089, and 49 / 39 times that when adjusted.
    CHECK(close(expected_noise_r_squared(n, p), 10.0 / 49.0, {.rel = 1e-15}));
    CHECK(close(sum / draws, 10.0 / 49.0, {.abs = 0.0089}));
    CHECK(close(adjusted_sum / draws, 0.0, {.abs = 0.0112}));
    EVIDENCE("mean R squared of noise", sum / draws);
    EVIDENCE("mean adjusted R squared of noise", adjusted_sum / draws);
  }

  TEST_CASE("longley_is_nearly_perfect_and_no_use") {
    const Table table = data_set("longley");
    const Matrix X = table.features();
    const Vector y = table.numbers("total_employed");
    const LinearRegression all = LinearRegression::fit(X, y);
    const double r2 = r_squared(y, all.predict(X));
    CHECK(close(r2, 0.995479004577296, {.abs = 1e-13}));
    CHECK(close(adjusted_r_squared(r2, 16, 6), 0.992465007628826,
                {.abs = 1e-13}));
    EVIDENCE("R squared", r2);
    EVIDENCE("adjusted", adjusted_r_squared(r2, 16, 6));
    // And yet one year of 16 decides on a coefficient.
    const LinearRegression later =
        LinearRegression::fit(X.bottomRows(15), y.tail(15));
    CHECK(close(later.coef(0) / all.coef(0) - 1.0, 1.2943, {.abs = 1e-4}));
    CHECK(r_squared(y.tail(15), later.predict(X.bottomRows(15))) > 0.995);
  }

  TEST_CASE("without_an_intercept_the_yardstick_changes") {
    std::mt19937_64 rng(3);
    Matrix X(40, 1);
    for (Index i = 0; i < 40; ++i) X(i, 0) = i % 2 == 0 ? 6.0 : 4.0;
    const Vector y = gaussian(40, 1, rng).col(0).array() + 100.0;
    const LinearRegression model =
        LinearRegression::fit(X, y, {.intercept = false});
    const Vector prediction = model.predict(X);
    const double uncentred = uncentred_r_squared(y, prediction);
    // Slope 100 * 5 / 26, residuals near -15.4 and 23.1: 385 of 10,000.
    CHECK(close(uncentred, 1.0 - 385.0 / 10'000.0, {.abs = 0.01}));
    CHECK(r_squared(y, prediction) < -100.0);
    EVIDENCE("beside zero", uncentred);
    EVIDENCE("beside the mean", r_squared(y, prediction));
    // Any constant far from zero looks good beside zero.
    CHECK(uncentred_r_squared(y, Vector::Constant(40, 95.0)) > 0.99);
  }

  TEST_CASE("on_new_data_the_baseline_is_the_training_mean") {
    // Trained where the mean is 10; on new data with mean 13 the model is off
    // by 1 everywhere.
    const Vector y{{12, 13, 14}}, prediction{{11, 12, 13}};
    CHECK(close(r_squared(y, prediction), 1.0 - 3.0 / 2.0, {.abs = 1e-15}));
    CHECK(close(r_squared(y, prediction, 10.0), 1.0 - 3.0 / 29.0,
                {.abs = 1e-15}));
    EVIDENCE("beside the mean of the new data", r_squared(y, prediction));
    EVIDENCE("beside the mean of the training data",
             r_squared(y, prediction, 10.0));
    // No constant is closer to y than its mean: any other flatters.
    for (const double baseline : {12.5, 13.5, 100.0}) {
      CHECK(r_squared(y, prediction, baseline) > r_squared(y, prediction));
    }
  }

  TEST_CASE("it_measures_the_spread_of_x_as_well") {
    // The same line and the same errors, orthogonal to x: R^2 = b^2 Sxx over
    // that plus the squared errors. x = -1.5 .. 1.5 has Sxx 5, errors 4.
    const Vector x{{-1.5, -0.5, 0.5, 1.5}}, errors{{1, -1, -1, 1}};
    std::vector<double> got;
    for (const double spread : {1.0, 2.0, 10.0}) {
      const Matrix X = spread * x;
      const Vector y = X.col(0) + errors;
      const Vector prediction = fitted(X, y);
      CHECK(close((y - prediction).squaredNorm(), 4.0, {.rel = 1e-12}));
      const double Sxx = 5.0 * spread * spread;
      got.push_back(r_squared(y, prediction));
      CHECK(close(got.back(), Sxx / (Sxx + 4.0), {.rel = 1e-13}));
    }
    EVIDENCE_SERIES("R squared as x spreads by 1, 2, 10", got);
  }

  TEST_CASE("groups_do_not_average") {
    // Two groups, each predicted by its own mean.
    const Vector a{{9, 10, 11}}, b{{99, 100, 101}};
    const Vector a_hat = Vector::Constant(3, 10.0);
    const Vector b_hat = Vector::Constant(3, 100.0);
    Vector all(6), all_hat(6);
    all << a, b;
    all_hat << a_hat, b_hat;
    CHECK(r_squared(a, a_hat) == 0.0);
    CHECK(r_squared(b, b_hat) == 0.0);
    // 4 left of 6 * 45^2 + 4.
    CHECK(close(r_squared(all, all_hat), 1.0 - 4.0 / 12'154.0, {.rel = 1e-14}));
    EVIDENCE("pooled, with 0 in each group", r_squared(all, all_hat));
  }
}

TEST_SUITE("algorithms/r_squared extra") {
  TEST_CASE("far from the origin nothing cancels") {
    // Exact in doubles; sum(y^2) - n mean^2 would lose every digit.
    const Vector y{{1e9 + 1, 1e9 + 2, 1e9 + 3}};
    CHECK(close(r_squared(y, y.array() + 1.0), 1.0 - 3.0 / 2.0));
    CHECK(close(squared_correlation(y, y), 1.0, {.rel = 1e-14}));
  }

  TEST_CASE("adjusting for nothing changes nothing") {
    CHECK(close(adjusted_r_squared(0.4, 10, 0), 0.4, {.abs = 1e-15}));
    CHECK(close(adjusted_r_squared(0.5, 11, 5), 0.0, {.abs = 1e-15}));
    CHECK(close(adjusted_r_squared(0.0, 11, 5), -1.0, {.abs = 1e-15}));
    CHECK(expected_noise_r_squared(2, 0) == 0.0);
  }

  TEST_CASE("arguments that break the contract are refused") {
    const Vector y{{1, 2}};
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK_THROWS_WITH(r_squared(y, Vector::Ones(3)),
                      "r_squared: need as many predictions as targets, and one "
                      "at least, got 3 and 2");
    CHECK_THROWS_AS(r_squared(Vector(0), Vector(0)), std::invalid_argument);
    CHECK_THROWS_WITH(r_squared(Vector::Constant(10, 0.1), Vector::Zero(10)),
                      "r_squared: all targets are 0.1");
    CHECK_THROWS_WITH(r_squared(Vector{{1.0, std::nan("")}}, y),
                      "r_squared: y(1) is nan");
    CHECK_THROWS_WITH(r_squared(y, Vector{{infinity, 1.0}}),
                      "r_squared: prediction(0) is inf");
    CHECK_THROWS_WITH(r_squared(y, y, infinity),
                      "r_squared: the baseline is inf");
    CHECK_THROWS_WITH(r_squared(Vector::Ones(2), y, 1.0),
                      "r_squared: the baseline 1 has no error");
    CHECK_THROWS_AS(uncentred_r_squared(Vector::Zero(2), y),
                    std::invalid_argument);
    CHECK_THROWS_WITH(
        squared_correlation(y, Vector::Ones(2)),
        "squared_correlation: all targets or all predictions are equal");
    CHECK_THROWS_AS(squared_correlation(Vector::Ones(2), y),
                    std::invalid_argument);
    CHECK_THROWS_AS(squared_correlation(y, Vector{{1.0, infinity}}),
                    std::invalid_argument);
    CHECK_THROWS_WITH(adjusted_r_squared(0.5, 6, 5),
                      "r_squared: need p >= 0 and n > p + 1, got n = 6, p = 5");
    CHECK_THROWS_AS(adjusted_r_squared(0.5, 6, -1), std::invalid_argument);
    CHECK_THROWS_WITH(adjusted_r_squared(1.5, 6, 1),
                      "adjusted_r_squared: need r2 <= 1, got 1.5");
    CHECK_THROWS_AS(adjusted_r_squared(std::nan(""), 6, 1),
                    std::invalid_argument);
    CHECK_THROWS_AS(expected_noise_r_squared(2, 1), std::invalid_argument);
  }
}
