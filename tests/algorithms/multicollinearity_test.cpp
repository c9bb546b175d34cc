// Verifies the claims of questions/algorithms/multicollinearity.md. Figures on
// Longley's data are from NumPy 1.24.2 (lstsq on columns of length 1).
#include <whiteboard/algorithms/multicollinearity.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/products.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::algorithms;
using Eigen::Index;
using whiteboard::testing::data_set;
using whiteboard::testing::gaussian;
using whiteboard::testing::Problem;
using whiteboard::testing::times;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// GNP deflator, GNP, unemployed, armed forces, population, year.
const Problem& longley() {
  static const Table table = data_set("longley");
  static const Problem problem{table.features(),
                               table.numbers("total_employed")};
  return problem;
}

/// Seven columns of mean 0, orthonormal: a Hadamard matrix without its ones.
Matrix orthonormal() {
  Matrix H(8, 7);
  for (Index i = 0; i < 8; ++i) {
    for (Index j = 1; j < 8; ++j) {
      const Index common = i & j;
      const bool odd = ((common ^ (common >> 1) ^ (common >> 2)) & 1) != 0;
      H(i, j - 1) = (odd ? -1.0 : 1.0) / std::sqrt(8.0);
    }
  }
  return H;
}

/// Two orthonormal columns made to have correlation rho.
Matrix correlated(double rho) {
  Matrix X = orthonormal().leftCols(2);
  X.col(1) = rho * X.col(0) + std::sqrt(1.0 - rho * rho) * X.col(1);
  return X;
}

double r_squared(const Matrix& X, const Vector& y) {
  const double left = LinearRegression::fit(X, y).residual_norm;
  return 1.0 - left * left / (y.array() - y.mean()).matrix().squaredNorm();
}

}  // namespace

TEST_SUITE("algorithms/multicollinearity") {
  TEST_CASE("longley_has_the_published_factors") {
    const Vector want{{135.53243828005213, 1788.5134827189493,
                       33.61889059602942, 3.588930193444887, 399.15102231262233,
                       758.9805974072543}};
    const Vector by_regression = variance_inflation_factors(longley().X);
    const std::optional<Vector> by_inverse = vif_from_correlation(longley().X);
    REQUIRE(by_inverse.has_value());
    // Conditions: 110 by regression, its square for the inverse.
    CHECK(close(by_regression, want, {.rel = 1e-10}));
    CHECK(close(*by_inverse, want, {.rel = 1e-8}));
    EVIDENCE_SERIES("factors on Longley", by_regression);
    EVIDENCE("difference of the two routes",
             largest_difference(by_regression, *by_inverse));
  }

  TEST_CASE("the_factor_is_that_of_the_variance") {
    const auto& [X, y] = longley();
    const LinearRegression model = LinearRegression::fit(X, y);
    REQUIRE(model.errors.has_value());
    const Vector factors = variance_inflation_factors(X);
    for (Index j = 0; j < 6; ++j) {
      const Vector column = X.col(j).array() - X.col(j).mean();
      const double variance = model.errors->sigma * model.errors->sigma /
                              column.squaredNorm() * factors(j);
      CHECK(close(std::sqrt(variance), model.errors->coef(j), {.rel = 1e-10}));
    }
    // NIST's standard error of the year, and what it would be alone.
    CHECK(close(model.errors->coef(5), 455.478499142212, {.rel = 1e-10}));
    EVIDENCE("standard error of the year", model.errors->coef(5));
    EVIDENCE("and with the same noise if it were uncorrelated",
             model.errors->coef(5) / std::sqrt(factors(5)));
  }

  TEST_CASE("two_columns_need_a_correlation_of_95_percent_for_ten") {
    std::vector<double> factors;
    for (const double rho : {0.0, 0.5, 0.9, 0.948683298050514, 0.99}) {
      const Vector got = variance_inflation_factors(correlated(rho));
      CHECK(close(got, Vector::Constant(2, 1.0 / (1.0 - rho * rho)),
                  {.rel = 1e-12}));
      factors.push_back(got(0));
    }
    CHECK(close(factors[0], 1.0, {.rel = 1e-13}));
    CHECK(close(factors[3], 10.0, {.rel = 1e-12}));
    EVIDENCE_SERIES("factor at 0, 0.5, 0.9, 0.9487, 0.99", factors);
  }

  TEST_CASE("no_pair_need_be_suspicious") {
    const Matrix Q = orthonormal();
    Matrix X = Q.leftCols(5);
    X.col(4) = Q.leftCols(4).rowwise().sum() + 0.1 * Q.col(4);
    // |x5|^2 = 4.01, of which 0.01 is its own; of x1 the others leave 1 / 101.
    const Vector want{{101, 101, 101, 101, 401}};
    CHECK(close(variance_inflation_factors(X), want, {.rel = 1e-10}));
    double largest = 0.0;
    for (Index i = 0; i < 5; ++i) {
      for (Index j = 0; j < i; ++j) {
        const double r =
            X.col(i).dot(X.col(j)) / (X.col(i).norm() * X.col(j).norm());
        largest = std::max(largest, std::abs(r));
      }
    }
    CHECK(close(largest, 1.0 / std::sqrt(4.01), {.rel = 1e-13}));
    EVIDENCE("largest correlation of a pair", largest);
    EVIDENCE_SERIES("factors", variance_inflation_factors(X));

    // The weak direction names the relation: x1 + x2 + x3 + x4 - x5 = small,
    // in units of the lengths 1, 1, 1, 1 and sqrt(4.01).
    const WeakDirection weak = weak_direction(X);
    CHECK(close(weak.weights,
                Vector{{-0.3536, -0.3536, -0.3536, -0.3536, 0.7071}},
                {.abs = 1e-3}));
    EVIDENCE_SERIES("weights of the weak direction", weak.weights);
    EVIDENCE("its strength", weak.strength);
  }

  TEST_CASE("coefficients_jump_and_predictions_stay") {
    const auto& [X, y] = longley();
    const LinearRegression all = LinearRegression::fit(X, y);
    const LinearRegression later =
        LinearRegression::fit(X.bottomRows(15), y.tail(15));
    CHECK(close(all.coef(0), 15.0618722713733, {.rel = 1e-10}));
    CHECK(close(later.coef(0), 34.5567846, {.rel = 1e-8}));
    const Vector change = later.predict(X.bottomRows(15)).array() /
                              all.predict(X.bottomRows(15)).array() -
                          1.0;
    const double largest = change.cwiseAbs().maxCoeff();
    CHECK(close(largest, 0.0018397931, {.rel = 1e-7}));
    // The factors say so beforehand, with or without that year.
    CHECK(variance_inflation_factors(X)(0) > 100.0);
    CHECK(variance_inflation_factors(X.bottomRows(15))(0) > 100.0);
    EVIDENCE("deflator's coefficient", all.coef(0));
    EVIDENCE("and without 1947", later.coef(0));
    EVIDENCE("largest relative change of a fitted value", largest);
  }

  TEST_CASE("sums_are_known_where_differences_are_not") {
    // Unit columns with correlation 0.99, noise of variance 1: the variance of
    // b1 + b2 is 2 / 1.99, of b1 - b2 it is 2 / 0.01.
    const Matrix X = correlated(0.99);
    const maths::Triangle qr = maths::qr_triangle(X, Vector::Zero(8));
    const Matrix covariance = maths::unscaled_covariance(qr);
    const Vector sum{{1.0, 1.0}}, difference{{1.0, -1.0}};
    CHECK(close(sum.dot(times(covariance, sum)), 2.0 / 1.99, {.rel = 1e-11}));
    CHECK(close(difference.dot(times(covariance, difference)), 200.0,
                {.rel = 1e-11}));
    const WeakDirection weak = weak_direction(X);
    CHECK(close(weak.weights.cwiseAbs(), Vector::Constant(2, std::sqrt(0.5)),
                {.abs = 1e-12}));
    CHECK(weak.weights(0) * weak.weights(1) < 0.0);
    CHECK(close(weak.strength, std::sqrt(0.01), {.rel = 1e-12}));
    CHECK(close(weak.condition, std::sqrt(199.0), {.rel = 1e-12}));
    EVIDENCE("variance of the difference over that of the sum", 199.0);
  }

  TEST_CASE("an_exact_copy_changes_no_prediction") {
    std::mt19937_64 rng(0);
    Matrix X = gaussian(20, 4, rng);
    X.col(3) = 2.0 * X.col(1) - X.col(2) + Vector::Constant(20, 5.0);
    const Vector y = gaussian(20, 1, rng).col(0);
    const Vector fitted = LinearRegression::fit(X, y).predict(X);
    for (Index j = 1; j < 4; ++j) {
      Matrix without(20, 3);
      without << X.leftCols(j), X.rightCols(3 - j);
      CHECK(close(LinearRegression::fit(without, y).predict(without), fitted,
                  {.abs = 1e-12}));
    }
    const Vector factors = variance_inflation_factors(X);
    CHECK(factors(0) < 3.0);  // has no part in it
    CHECK(factors(1) == infinity);
    CHECK(factors(2) == infinity);
    CHECK(factors(3) == infinity);
    CHECK_FALSE(vif_from_correlation(X).has_value());
    CHECK(weak_direction(X).condition == infinity);
    EVIDENCE("factor of the column that has no part in it", factors(0));
  }

  TEST_CASE("without_centring_the_factors_measure_the_origin") {
    // The shortcut: regress on the others without an intercept, and compare
    // with the uncentred sum of squares.
    const Matrix& X = longley().X;
    Vector uncentred(6);
    for (Index j = 0; j < 6; ++j) {
      Matrix others(16, 5);
      others << X.leftCols(j), X.rightCols(5 - j);
      const double left = maths::qr_triangle(others, X.col(j)).residual_norm;
      uncentred(j) = X.col(j).squaredNorm() / (left * left);
    }
    const Vector want{{12425.514335, 10290.435437, 136.224354, 39.983386,
                       101193.161994, 84709.950443}};
    CHECK(close(uncentred, want, {.rel = 1e-7}));
    EVIDENCE_SERIES("factors without an intercept", uncentred);
    // Ours do not depend on where a feature has its zero or on its units.
    Matrix moved = X;
    moved.col(5).array() -= 1955.0;
    moved.col(1) *= 1e-6;
    CHECK(close(variance_inflation_factors(moved),
                variance_inflation_factors(X), {.rel = 1e-9}));
  }

  TEST_CASE("drop_one_at_a_time") {
    const auto& [X, y] = longley();
    const Vector factors = variance_inflation_factors(X);
    // Five of six are above 10. All at once leaves the armed forces alone.
    CHECK((factors.array() > 10.0).count() == 5);
    const double rest = r_squared(X.col(3), y);
    CHECK(rest < 0.25);
    // The worst one at a time leaves three, and most of the fit.
    std::vector<Index> columns{0, 1, 2, 3, 4, 5};
    std::vector<double> worst;
    while (true) {
      const Vector now = variance_inflation_factors(X(Eigen::all, columns));
      Index largest = 0;
      worst.push_back(now.maxCoeff(&largest));
      if (worst.back() <= 10.0) break;
      columns.erase(columns.begin() + largest);
    }
    const double kept = r_squared(X(Eigen::all, columns), y);
    CHECK(columns.size() == 3);
    CHECK(kept > 0.96);
    EVIDENCE_SERIES("largest factor after each removal", worst);
    EVIDENCE_SERIES("columns left", columns);
    EVIDENCE("R squared of those left", kept);
    EVIDENCE("R squared when all above 10 go at once", rest);
  }

  TEST_CASE("one_hot_columns_depend_on_the_level_that_is_left_out") {
    // Levels with 2, 4 and 14 of 20 samples.
    Matrix levels = Matrix::Zero(20, 3);
    for (Index i = 0; i < 20; ++i) {
      levels(i, i < 2 ? 0 : i < 6 ? 1 : 2) = 1.0;
    }
    CHECK((variance_inflation_factors(levels).array() == infinity).all());
    // By hand, for indicators with shares p and q: r^2 = p q / (1 - p)(1 - q).
    const auto by_hand = [](double p, double q) {
      return 1.0 / (1.0 - p * q / ((1.0 - p) * (1.0 - q)));
    };
    const Vector rare_left_out =
        variance_inflation_factors(levels.rightCols(2));
    const Vector common_left_out =
        variance_inflation_factors(levels.leftCols(2));
    CHECK(close(rare_left_out, Vector::Constant(2, by_hand(0.2, 0.7)),
                {.rel = 1e-12}));
    CHECK(close(common_left_out, Vector::Constant(2, by_hand(0.1, 0.2)),
                {.rel = 1e-12}));
    EVIDENCE("factor with the rarest level left out", rare_left_out(0));
    EVIDENCE("factor with the commonest left out", common_left_out(0));
  }
}

TEST_SUITE("algorithms/multicollinearity extra") {
  TEST_CASE("one column has nothing to be collinear with") {
    const Matrix x{{1}, {2}, {4}};
    CHECK(close(variance_inflation_factors(x), Vector::Ones(1)));
    const std::optional<Vector> inverse = vif_from_correlation(x);
    REQUIRE(inverse.has_value());
    CHECK(close(*inverse, Vector::Ones(1), {.rel = 1e-14}));
    CHECK(close(weak_direction(x).condition, 1.0, {.rel = 1e-14}));
    CHECK(weak_direction(x).weights(0) > 0.0);
  }

  TEST_CASE("as many columns as rows determine each other") {
    std::mt19937_64 rng(1);
    const Matrix X = gaussian(5, 5, rng);  // centred: rank 4
    CHECK((variance_inflation_factors(X).array() == infinity).all());
    CHECK_THROWS_WITH(weak_direction(X),
                      "weak_direction: need n > d, got n = 5, d = 5");
  }

  TEST_CASE("regression sees further than the inverse") {
    Matrix X = orthonormal().leftCols(2);
    X.col(1) = X.col(0) + 1e-9 * X.col(1);
    CHECK_FALSE(vif_from_correlation(X).has_value());
    // 1 + 1e18, from a column that keeps 7 digits of its difference.
    CHECK(close(variance_inflation_factors(X), Vector::Constant(2, 1e18),
                {.rel = 1e-5}));
  }

  TEST_CASE("arguments that break the contract are refused") {
    CHECK_THROWS_WITH(variance_inflation_factors(Matrix::Ones(1, 2)),
                      "multicollinearity: need n >= 2 and d >= 1, got n = 1, "
                      "d = 2");
    CHECK_THROWS_AS(variance_inflation_factors(Matrix(3, 0)),
                    std::invalid_argument);
    CHECK_THROWS_WITH(variance_inflation_factors(Matrix{{1, 0.1}, {2, 0.1}}),
                      "multicollinearity: column 1 is constant");
    CHECK_THROWS_WITH(vif_from_correlation(Matrix{{1.0}, {std::nan("")}}),
                      "multicollinearity: X(1, 0) is nan");
  }
}
