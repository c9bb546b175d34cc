// Verifies the claims of questions/coding/standard_scaler.md.
#include <whiteboard/coding/k_nearest_neighbors.hpp>
#include <whiteboard/coding/standard_scaler.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>

using namespace whiteboard;
using coding::fit_standard_scaler;
using coding::StandardScaler;
using Eigen::Index;
using whiteboard::testing::data_set;
using whiteboard::testing::gaussian;

namespace {

long double mean_of(const Vector& x) {
  long double total = 0.0L;
  for (const double value : x) total += value;
  return total / static_cast<long double>(x.size());
}

/// Around the mean, divided by n.
long double variance_of(const Vector& x) {
  const long double mean = mean_of(x);
  long double total = 0.0L;
  for (const double value : x) total += (value - mean) * (value - mean);
  return total / static_cast<long double>(x.size());
}

/// E[x^2] - E[x]^2 in doubles: the shortcut.
double shortcut_variance(const Vector& x) {
  const double n = static_cast<double>(x.size());
  double sum = 0.0, squares = 0.0;
  for (const double value : x) {
    sum += value;
    squares += value * value;
  }
  return squares / n - (sum / n) * (sum / n);
}

}  // namespace

TEST_SUITE("coding/standard_scaler") {
  TEST_CASE("the_documented_example") {
    // The doctest of scikit-learn's StandardScaler.
    const Matrix X{{0, 0}, {0, 0}, {1, 1}, {1, 1}};
    const StandardScaler scaler = fit_standard_scaler(X);
    CHECK(close(scaler.mean, Vector{{0.5, 0.5}}));
    CHECK(close(scaler.scale, Vector{{0.5, 0.5}}, {.ulps = 2}));
    CHECK(close(scaler.transform(X), Matrix{{-1, -1}, {-1, -1}, {1, 1}, {1, 1}},
                {.ulps = 2}));
    CHECK(close(scaler.transform(Matrix{{2, 2}}), Matrix{{3, 3}}, {.ulps = 2}));
  }

  TEST_CASE("training_columns_get_mean_0_and_variance_1") {
    std::mt19937_64 rng(0);
    Matrix X = gaussian(200, 4, rng);
    X.col(1) = 1000.0 * X.col(1).array() + 5.0;
    X.col(2) = 1e-5 * X.col(2).array() - 1e-3;
    X.col(3) = X.col(3).array().exp();  // skewed: no shape is assumed
    const StandardScaler scaler = fit_standard_scaler(X);
    const Matrix Z = scaler.transform(X);
    REQUIRE(Z.rows() == 200);
    REQUIRE(Z.cols() == 4);
    // The mean is rounded to eps |mean|, at most 100 deviations: 1e-14 of one.
    // Each z adds a few eps; 1e-12 leaves room for 200 of them summed.
    for (Index j = 0; j < 4; ++j) {
      CAPTURE(j);
      CHECK(close(static_cast<double>(mean_of(Z.col(j))), 0, {.abs = 1e-12}));
      CHECK(
          close(static_cast<double>(variance_of(Z.col(j))), 1, {.abs = 1e-12}));
      CHECK(close(scaler.mean(j), static_cast<double>(mean_of(X.col(j))),
                  {.abs = 1e-14 * scaler.scale(j), .rel = 1e-14}));
    }
    EVIDENCE_SERIES("means of the raw columns", scaler.mean);
    EVIDENCE_SERIES("deviations of the raw columns", scaler.scale);
  }

  TEST_CASE("constant_means_no_two_values_differ") {
    // Ten times 0.1 sums to 0.9999999999999999: a careless mean leaves a rest.
    double sum = 0.0;
    for (int i = 0; i < 10; ++i) sum += 0.1;
    CHECK(sum / 10.0 != 0.1);
    Matrix X(10, 3);
    X.col(0).setConstant(0.1);
    X.col(1).setConstant(-1e9 / 3.0);
    // Two values 1e-12 apart: small, but all the signal there is.
    for (Index i = 0; i < 10; ++i) X(i, 2) = i < 5 ? 0.0 : 1e-12;
    const StandardScaler scaler = fit_standard_scaler(X);
    const Matrix Z = scaler.transform(X);
    REQUIRE(Z.rows() == 10);
    CHECK(close(Z.leftCols(2), Matrix::Zero(10, 2)));
    CHECK(scaler.scale(0) == 1.0);
    CHECK(scaler.scale(1) == 1.0);
    for (Index i = 0; i < 10; ++i) {
      CHECK(close(Z(i, 2), i < 5 ? -1.0 : 1.0, {.ulps = 8}));
    }
    // A new value of a constant column is finite, in the column's own units.
    CHECK(close(scaler.transform(Matrix{{0.6, 0.0, 0.0}})(0, 0), 0.5,
                {.ulps = 2}));
  }

  TEST_CASE("own_statistics_erase_the_signal") {
    std::mt19937_64 rng(1);
    const Matrix train = gaussian(500, 3, rng);
    const StandardScaler scaler = fit_standard_scaler(train);
    // One row alone has mean itself and deviation 0.
    const Matrix one{{4.0, -7.0, 0.25}};
    CHECK(close(fit_standard_scaler(one).transform(one), Matrix::Zero(1, 3)));
    // The training statistics are near (0, 1): the row stays what it was, and
    // the same whatever rows come with it.
    const Matrix z = scaler.transform(one);
    CHECK(close(z, one, {.abs = 0.16, .rel = 0.16}));  // 5 / sqrt(1000) = 0.16
    Matrix together(501, 3);
    together.topRows(1) = one;
    together.bottomRows(500) = train;
    CHECK(close(scaler.transform(together).topRows(1), z));

    // A drift of five deviations: gone with its own statistics, 5 without.
    const Matrix drifted = gaussian(500, 3, rng).array() + 5.0;
    const Vector own =
        fit_standard_scaler(drifted).transform(drifted).colwise().mean();
    const Vector kept = scaler.transform(drifted).colwise().mean();
    EVIDENCE("mean of the drifted rows, own statistics", own.mean());
    EVIDENCE("mean of the drifted rows, training statistics", kept.mean());
    CHECK(close(own, Vector::Zero(3), {.abs = 1e-12}));
    // Two means off by 5 / sqrt(500) = 0.22 each, a scale off by 3 %.
    CHECK(close(kept, Vector::Constant(3, 5.0), {.abs = 1.3}));
  }

  TEST_CASE("the_shortcut_loses_every_digit") {
    const Vector x{{1e9, 1e9 + 1.0, 1e9 + 2.0}};
    const StandardScaler scaler = fit_standard_scaler(x);
    REQUIRE(scaler.scale.size() == 1);
    EVIDENCE("variance", scaler.scale(0) * scaler.scale(0));
    EVIDENCE("variance by the shortcut", shortcut_variance(x));
    CHECK(close(scaler.scale(0) * scaler.scale(0), 2.0 / 3.0, {.ulps = 8}));
    CHECK(scaler.mean(0) == 1e9 + 1.0);
    const double edge = std::sqrt(1.5);
    CHECK(close(scaler.transform(x), Vector{{-edge, 0.0, edge}}, {.ulps = 8}));
    // The squares are near 1e18, where doubles are 128 apart.
    CHECK(std::abs(shortcut_variance(x) - 2.0 / 3.0) > 0.6);
  }

  TEST_CASE("units_do_not_matter") {
    std::mt19937_64 rng(2);
    const Matrix celsius = 10.0 * gaussian(50, 2, rng).array() + 15.0;
    const Matrix fahrenheit = 1.8 * celsius.array() + 32.0;
    const Matrix new_celsius = 10.0 * gaussian(7, 2, rng).array() + 15.0;
    const Matrix new_fahrenheit = 1.8 * new_celsius.array() + 32.0;
    const Matrix z = fit_standard_scaler(celsius).transform(new_celsius);
    const Matrix same =
        fit_standard_scaler(fahrenheit).transform(new_fahrenheit);
    // Values near 60 are rounded to 7e-15 and divided by 18.
    CHECK(close(same, z, {.abs = 1e-13}));
    const Matrix turned = fit_standard_scaler(-celsius).transform(-new_celsius);
    CHECK(close(turned, -z, {.abs = 1e-13}));
    EVIDENCE("largest difference between the units",
             largest_difference(same, z));
  }

  TEST_CASE("wine_needs_it") {
    const Table table = data_set("wine");
    const Matrix X = table.features();
    const Eigen::VectorXi y = table.labels("cultivar").ids;
    REQUIRE(X.rows() == 178);
    const StandardScaler scaler = fit_standard_scaler(X);
    const double raw = 178.0 * coding::knn_leave_one_out(X, y, 5);
    const double scaled =
        178.0 * coding::knn_leave_one_out(scaler.transform(X), y, 5);
    EVIDENCE("right of 178, raw", raw);
    EVIDENCE("right of 178, standardised", scaled);
    CHECK(close(raw, 128, {.abs = 1e-9}));
    CHECK(close(scaled, 173, {.abs = 1e-9}));
    // Proline, the last column, against the median of the others.
    EVIDENCE_SERIES("deviations of the 13 columns", scaler.scale);
    Index widest = -1;
    CHECK(scaler.scale.maxCoeff(&widest) > 300.0);
    CHECK(widest == 12);
    CHECK(scaler.scale.head(12).maxCoeff() < 15.0);
  }
}

TEST_SUITE("coding/standard_scaler extra") {
  TEST_CASE("any finite size of deviation") {
    const Matrix X{{1e200, 1e-200}, {3e200, 3e-200}};
    const StandardScaler scaler = fit_standard_scaler(X);
    CHECK(close(scaler.mean, Vector{{2e200, 2e-200}}, {.rel = 1e-15}));
    CHECK(close(scaler.scale, Vector{{1e200, 1e-200}}, {.rel = 1e-15}));
    CHECK(close(scaler.transform(X), Matrix{{-1, -1}, {1, 1}}, {.rel = 1e-15}));
  }

  TEST_CASE("no rows to transform is no error") {
    const StandardScaler scaler = fit_standard_scaler(Matrix{{1, 2}, {3, 4}});
    const Matrix Z = scaler.transform(Matrix(0, 2));
    CHECK(Z.rows() == 0);
    CHECK(Z.cols() == 2);
  }

  TEST_CASE("arguments that break the contract are refused") {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    constexpr double inf = std::numeric_limits<double>::infinity();
    CHECK_THROWS_WITH(
        fit_standard_scaler(Matrix(0, 3)),
        "fit_standard_scaler: need a row and a column, got 0 x 3");
    CHECK_THROWS_WITH(
        fit_standard_scaler(Matrix(3, 0)),
        "fit_standard_scaler: need a row and a column, got 3 x 0");
    CHECK_THROWS_WITH(fit_standard_scaler(Matrix{{1, 2}, {nan, 4}}),
                      "fit_standard_scaler: X(1, 0) is nan");
    CHECK_THROWS_WITH(fit_standard_scaler(Matrix{{0, -1e308}, {0, 1.7e308}}),
                      "fit_standard_scaler: column 1 has no finite deviation");
    const StandardScaler scaler = fit_standard_scaler(Matrix{{1, 2}, {3, 4}});
    CHECK_THROWS_WITH(scaler.transform(Matrix{{1, 2, 3}}),
                      "transform: fitted on 2 columns, got 3");
    CHECK_THROWS_WITH(scaler.transform(Matrix{{1, inf}}),
                      "transform: X(0, 1) is inf");
  }
}
