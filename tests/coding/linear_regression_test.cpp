// Verifies the claims of questions/coding/linear_regression.md.
#include <whiteboard/coding/linear_regression.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <Eigen/Cholesky>
#include <Eigen/LU>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::linear_regression;
using Eigen::Index;
using whiteboard::testing::gaussian;

namespace {

/// b(0) + X b(1..d)
Vector predicted(const Matrix& X, const Vector& b) {
  Vector fitted(X.rows());
  for (Index i = 0; i < X.rows(); ++i) {
    fitted(i) = b(0);
    for (Index j = 0; j < X.cols(); ++j) fitted(i) += X(i, j) * b(j + 1);
  }
  return fitted;
}

Matrix with_ones(const Matrix& X) {
  Matrix A = Matrix::Ones(X.rows(), X.cols() + 1);
  A.rightCols(X.cols()) = X;
  return A;
}

/// (A^T A)^-1 A^T y as it stands in textbooks: the shortcut.
Vector textbook_inverse(const Matrix& X, const Vector& y) {
  const Matrix A = with_ones(X);
  const Matrix gram = A.transpose() * A;
  return gram.inverse() * (A.transpose() * y);
}

/// The normal equations by Cholesky's factorisation: the best case for them, as
/// it does not mind badly scaled columns.
Vector normal_equations(const Matrix& X, const Vector& y) {
  const Matrix A = with_ones(X);
  const Matrix gram = A.transpose() * A;
  return gram.llt().solve(Vector(A.transpose() * y));
}

double worst_relative_error(const Vector& got, const Vector& want) {
  return ((got - want).array() / want.array()).abs().maxCoeff();
}

/// J. W. Longley, Journal of the American Statistical Association 62, 1967, as
/// NIST's Statistical Reference Datasets (www.itl.nist.gov/div898/strd) give
/// it: GNP deflator, GNP, unemployed, armed forces, population, year; last the
/// response, total employed.
Matrix longley() {
  return Matrix{{83.0, 234289, 2356, 1590, 107608, 1947, 60323},
                {88.5, 259426, 2325, 1456, 108632, 1948, 61122},
                {88.2, 258054, 3682, 1616, 109773, 1949, 60171},
                {89.5, 284599, 3351, 1650, 110929, 1950, 61187},
                {96.2, 328975, 2099, 3099, 112075, 1951, 63221},
                {98.1, 346999, 1932, 3594, 113270, 1952, 63639},
                {99.0, 365385, 1870, 3547, 115094, 1953, 64989},
                {100.0, 363112, 3578, 3350, 116219, 1954, 63761},
                {101.2, 397469, 2904, 3048, 117388, 1955, 66019},
                {104.6, 419180, 2822, 2857, 118734, 1956, 67857},
                {108.4, 442769, 2936, 2798, 120445, 1957, 68169},
                {110.8, 444546, 4681, 2637, 121950, 1958, 66513},
                {112.6, 482704, 3813, 2552, 123366, 1959, 68655},
                {114.2, 502601, 3931, 2514, 125368, 1960, 69564},
                {115.7, 518173, 4806, 2572, 127852, 1961, 69331},
                {116.9, 554894, 4007, 2827, 130081, 1962, 70551}};
}

/// NIST's certified values, computed with 500 digits and given to 15.
Vector certified() {
  return Vector{{-3482258.63459582, 15.0618722713733, -0.0358191792925910,
                 -2.02022980381683, -1.03322686717359, -0.0511041056535807,
                 1829.15146461355}};
}

}  // namespace

TEST_SUITE("coding/linear_regression") {
  TEST_CASE("the_residual_is_orthogonal") {
    // x-bar = 2, y-bar = 5/3, Sxy / Sxx = 1/2, and 5/3 - 2/2 = 2/3.
    const Vector b =
        linear_regression(Matrix{{1}, {2}, {3}}, Vector{{1, 2, 2}});
    CHECK(close(b, Vector{{2.0 / 3.0, 0.5}}, {.abs = 1e-14}));

    std::mt19937_64 rng(0);
    double worst = 0.0;
    for (const Index d : {1, 2, 5, 10}) {
      for (int repeat = 0; repeat < 5; ++repeat) {
        CAPTURE(d);
        const Matrix X = gaussian(40, d, rng).array() + 1.0;
        const Vector y = gaussian(40, 1, rng).col(0);
        const Vector coef = linear_regression(X, y);
        REQUIRE(coef.size() == d + 1);
        const Vector residual = y - predicted(X, coef);
        const Vector inner = with_ones(X).transpose() * residual;
        // 40 products near 1, each wrong by a few eps, times a condition
        // number below 100: 1e-12.
        CHECK(close(inner, Vector::Zero(d + 1), {.abs = 1e-10}));
        worst = std::max(worst, inner.array().abs().maxCoeff());
      }
    }
    EVIDENCE("largest inner product with a column", worst);
    // An exact relation comes back, intercept first.
    const Matrix X = gaussian(10, 2, rng);
    const Vector exact{{3.0, -1.0, 20.0}};
    CHECK(close(linear_regression(X, predicted(X, exact)), exact,
                {.scale = 1e-13}));
  }

  TEST_CASE("longley_is_certified") {
    const Matrix table = longley();
    const Vector b = linear_regression(table.leftCols(6), table.col(6));
    REQUIRE(b.size() == 7);
    EVIDENCE("largest relative error", worst_relative_error(b, certified()));
    CHECK(close(b, certified(), {.rel = 1e-9}));
    // What NIST certifies of the fit: the residual deviation on 9 degrees of
    // freedom.
    const Vector residual =
        Vector(table.col(6)) - predicted(table.leftCols(6), b);
    CHECK(close(residual.norm() / 3.0, 304.854073561965, {.rel = 1e-9}));
  }

  TEST_CASE("normal_equations_lose_digits") {
    const Matrix table = longley();
    const Matrix X = table.leftCols(6);
    const Vector y = table.col(6);
    const double qr =
        worst_relative_error(linear_regression(X, y), certified());
    const double cholesky =
        worst_relative_error(normal_equations(X, y), certified());
    const double inverse =
        worst_relative_error(textbook_inverse(X, y), certified());
    EVIDENCE("relative error, QR", qr);
    EVIDENCE("relative error, normal equations", cholesky);
    EVIDENCE("relative error, inverse", inverse);
    CHECK(qr < 1e-9);
    CHECK(cholesky > 100.0 * qr);
    CHECK(inverse > 100.0 * qr);
  }

  TEST_CASE("predictions_ignore_the_basis") {
    std::mt19937_64 rng(2);
    const Matrix X = gaussian(30, 3, rng);
    const Vector y = gaussian(30, 1, rng).col(0);
    const Vector b = linear_regression(X, y);
    REQUIRE(b.size() == 4);
    const Vector fitted = predicted(X, b);
    // Feature j measured in other units, from 1e-14 to 1e13.
    const Vector unit{{1e13, 1.0, 1e-14}};
    const Matrix rescaled = X * unit.asDiagonal();
    const Vector scaled = linear_regression(rescaled, y);
    REQUIRE(scaled.size() == 4);
    CHECK(close(predicted(rescaled, scaled), fitted, {.abs = 1e-12}));
    CHECK(close(scaled(0), b(0), {.abs = 1e-12}));
    for (Index j = 0; j < 3; ++j) {
      CHECK(close(scaled(j + 1), b(j + 1) / unit(j), {.rel = 1e-11}));
    }
    // Sums and differences of features: other coefficients, same fit.
    const Matrix mix{{1, 1, 0}, {1, -1, 2}, {0, 3, 1}};
    const Matrix mixed = X * mix;
    const Vector m = linear_regression(mixed, y);
    CHECK(close(predicted(mixed, m), fitted, {.abs = 1e-12}));
    CHECK((m - b).norm() > 0.01);
    CHECK(close(mix * Vector(m.tail(3)), Vector(b.tail(3)), {.abs = 1e-12}));
  }

  TEST_CASE("no_unique_answer_is_refused") {
    std::mt19937_64 rng(3);
    Matrix X = gaussian(20, 3, rng);
    const Vector y = gaussian(20, 1, rng).col(0);
    REQUIRE(linear_regression(X, y).size() == 4);

    X.col(2) = X.col(0);
    CHECK_THROWS_AS(linear_regression(X, y), std::invalid_argument);
    // All of these have the same fit, so which one is "the" coefficient?
    const Vector b = linear_regression(X.leftCols(2), y);
    REQUIRE(b.size() == 3);
    const Vector fitted = predicted(X.leftCols(2), b);
    for (const double t : {-1000.0, 1.0, 1000.0}) {
      const Vector other{{b(0), b(1) + t, b(2), -t}};
      CHECK(close(predicted(X, other), fitted, {.abs = 1e-11}));
    }

    X.col(2) = 2.0 * X.col(0) - X.col(1);
    CHECK_THROWS_AS(linear_regression(X, y), std::invalid_argument);
    X.col(2).setConstant(7.0);  // a second intercept
    CHECK_THROWS_AS(linear_regression(X, y), std::invalid_argument);
    X.col(2).setZero();
    CHECK_THROWS_AS(linear_regression(X, y), std::invalid_argument);
    // Nearly dependent is another matter: poor coefficients, but unique ones.
    X.col(2) = X.col(0) + 1e-7 * gaussian(20, 1, rng);
    CHECK(linear_regression(X, y).size() == 4);
  }

  TEST_CASE("one_response_moves_its_own_fit_by_its_leverage") {
    std::mt19937_64 rng(4);
    const Matrix X = gaussian(20, 1, rng);
    Vector y = 2.0 * X.col(0) + gaussian(20, 1, rng).col(0);
    const double mean = X.mean();
    double sxx = 0.0;
    for (Index i = 0; i < 20; ++i) {
      sxx += (X(i, 0) - mean) * (X(i, 0) - mean);
    }
    const Vector b = linear_regression(X, y);
    REQUIRE(b.size() == 2);
    const Vector before = predicted(X, b);
    std::vector<double> leverages;
    for (const double t : {1.0, 1e3, 1e6}) {
      for (Index i = 0; i < 20; ++i) {
        CAPTURE(i);
        Vector moved = y;
        moved(i) += t;
        const Vector after = predicted(X, linear_regression(X, moved));
        // The leverage of a simple regression.
        const double h = 1.0 / 20.0 + (X(i, 0) - mean) * (X(i, 0) - mean) / sxx;
        CHECK(close((after(i) - before(i)) / t, h, {.abs = 1e-13}));
        if (t == 1.0) leverages.push_back(h);
      }
    }
    EVIDENCE_SERIES("leverages", leverages);
    double sum = 0.0;
    for (const double h : leverages) sum += h;
    CHECK(close(sum, 2.0, {.abs = 1e-13}));  // one for each coefficient
  }
}

TEST_SUITE("coding/linear_regression extra") {
  TEST_CASE("as many rows as coefficients") {
    const Matrix X{{1, 0}, {0, 1}, {1, 1}};
    const Vector y{{3, 5, 4}};
    CHECK(close(predicted(X, linear_regression(X, y)), y, {.abs = 1e-14}));
  }

  TEST_CASE("no features leave the mean") {
    CHECK(close(linear_regression(Matrix(4, 0), Vector{{1, 2, 3, 6}}),
                Vector{{3}}, {.abs = 1e-15}));
  }

  TEST_CASE("any finite size of column") {
    const Matrix X{
        {1e200, 1e-200}, {2e200, 3e-200}, {4e200, -1e-200}, {3e200, 2e-200}};
    const Vector y{{1, 2, 3, 4}};
    const Vector small =
        linear_regression(Matrix{{1, 1}, {2, 3}, {4, -1}, {3, 2}}, y);
    const Vector b = linear_regression(X, y);
    CHECK(close(b, Vector{{small(0), small(1) * 1e-200, small(2) * 1e200}},
                {.rel = 1e-13}));
  }

  TEST_CASE("arguments that break the contract are refused") {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    const Matrix X{{1}, {2}, {3}};
    CHECK_THROWS_WITH(linear_regression(X, Vector{{1, 2}}),
                      "linear_regression: 3 rows, but 2 responses");
    CHECK_THROWS_WITH(linear_regression(Matrix{{1, 2}, {3, 4}}, Vector{{1, 2}}),
                      "linear_regression: need n >= d + 1, got n = 2, d = 2");
    CHECK_THROWS_WITH(linear_regression(Matrix(0, 0), Vector()),
                      "linear_regression: need n >= d + 1, got n = 0, d = 0");
    CHECK_THROWS_WITH(linear_regression(Matrix{{1}, {nan}}, Vector{{1, 2}}),
                      "linear_regression: X(1, 0) is nan");
    CHECK_THROWS_WITH(linear_regression(X, Vector{{1, 2, nan}}),
                      "linear_regression: y(2) is nan");
    CHECK_THROWS_WITH(
        linear_regression(Matrix{{1, 1}, {2, 2}, {4, 4}}, Vector{{1, 2, 3}}),
        "linear_regression: need independent columns, got rank 2 of 3");
    CHECK_THROWS_WITH(
        linear_regression(Matrix{{1, 0}, {2, 0}, {4, 0}}, Vector{{1, 2, 3}}),
        "linear_regression: need independent columns, got rank 2 of 3");
  }
}
