// Verifies the claims of questions/algorithms/linear_regression.md. Certified
// figures are NIST's (Statistical Reference Datasets, Longley; 15 digits).
#include <whiteboard/algorithms/linear_regression.hpp>

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
using whiteboard::testing::product;
using whiteboard::testing::random_problem;
using whiteboard::testing::times;
using whiteboard::testing::transposed;

namespace {

Problem longley() {
  const Table table = data_set("longley");
  return {table.features(), table.numbers("total_employed")};
}

Vector certified_slopes() {
  return Vector{{15.0618722713733, -0.0358191792925910, -2.02022980381683,
                 -1.03322686717359, -0.0511041056535807, 1829.15146461355}};
}

Matrix with_ones(const Matrix& X) {
  Matrix A = Matrix::Ones(X.rows(), X.cols() + 1);
  A.rightCols(X.cols()) = X;
  return A;
}

Matrix centred(const Matrix& X) {
  const Vector mean = X.colwise().mean();
  return X.rowwise() - mean.transpose();
}

Vector relative_errors(const Vector& got, const Vector& want) {
  return ((got - want).array() / want.array()).abs();
}

/// The normal equations on the columns as they are, or NaN.
Vector squared(const Matrix& X, const Vector& y) {
  return maths::lstsq_normal(X, y).value_or(
      Vector::Constant(X.cols(), std::nan("")));
}

/// Intercept and coefficients as linear functions of y: (d + 1) x n.
Matrix fit_operator(const Matrix& X) {
  Matrix A(X.cols() + 1, X.rows());
  for (Index i = 0; i < X.rows(); ++i) {
    const LinearRegression fit =
        LinearRegression::fit(X, Vector::Unit(X.rows(), i));
    A(0, i) = fit.intercept;
    A.col(i).tail(X.cols()) = fit.coef;
  }
  return A;
}

}  // namespace

TEST_SUITE("algorithms/linear_regression") {
  TEST_CASE("longley_comes_out_right_to_ten_digits") {
    const auto [X, y] = longley();
    const LinearRegression model = LinearRegression::fit(X, y);
    const Vector errors = relative_errors(model.coef, certified_slopes());
    EVIDENCE("digits of the worst slope", -std::log10(errors.maxCoeff()));
    EVIDENCE("intercept", model.intercept);
    CHECK(close(model.coef, certified_slopes(), {.rel = 1e-10}));
    CHECK(close(model.intercept, -3482258.63459582, {.rel = 1e-10}));
    CHECK(model.rank == 6);
    REQUIRE(model.errors.has_value());
    CHECK(close(model.errors->sigma, 304.854073561965, {.rel = 1e-11}));
    CHECK(close(
        model.errors->coef,
        Vector{{84.9149257747669, 0.334910077722432E-01, 0.488399681651699,
                0.214274163161675, 0.226073200069370, 455.478499142212}},
        {.rel = 1e-10}));
    CHECK(close(model.errors->intercept, 890420.383607373, {.rel = 1e-10}));

    // The shortcut: square the table as it stands.
    const Vector raw = squared(with_ones(X), y).tail(6);
    const double raw_error =
        relative_errors(raw, certified_slopes()).maxCoeff();
    EVIDENCE("digits by X^T X", -std::log10(raw_error));
    CHECK(raw_error > 1e-9);
  }

  TEST_CASE("centring_alone_mends_the_normal_equations") {
    const auto [X, y] = longley();
    const Vector slopes = squared(centred(X), y.array() - y.mean());
    const double error = relative_errors(slopes, certified_slopes()).maxCoeff();
    EVIDENCE("digits by X^T X of centred columns", -std::log10(error));
    CHECK(error < 1e-10);
    // And they are the fit: centring by hand leaves no intercept to find.
    const Vector by_hand =
        LinearRegression::fit(centred(X), y.array() - y.mean(),
                              {.intercept = false})
            .coef;
    CHECK(close(by_hand, slopes, {.rel = 1e-9}));
  }

  TEST_CASE("the_origin_of_a_feature_costs_nothing") {
    // Features and shift are multiples of 2^-20, so that shifting is exact.
    std::mt19937_64 rng(0);
    const double shift = 0x1p27;
    Matrix X = gaussian(40, 2, rng);
    X = (X * 0x1p20).array().round() * 0x1p-20;
    const Vector y = 2.0 * X.col(0) - X.col(1) + gaussian(40, 1, rng).col(0);
    Matrix far = X;
    far.col(0).array() += shift;
    const LinearRegression near_fit = LinearRegression::fit(X, y);
    const LinearRegression far_fit = LinearRegression::fit(far, y);
    // The mean of the far column is wrong by eps shift = 3e-8, which changes
    // Z^T Z by n times its square and Z^T y not at all.
    CHECK(close(far_fit.coef, near_fit.coef, {.abs = 1e-12}));
    EVIDENCE("change of the coefficients",
             largest_difference(far_fit.coef, near_fit.coef));
    // With a column of ones instead: eps cond and eps cond^2.
    const std::optional<Vector> qr = maths::lstsq_qr(with_ones(far), y);
    REQUIRE(qr.has_value());
    const double of_qr = largest_difference(Vector(qr->tail(2)), near_fit.coef);
    EVIDENCE("change with a column of ones by QR", of_qr);
    CHECK(of_qr > 1e-11);
    CHECK(of_qr < 1e-6);
    CHECK_FALSE(maths::lstsq_normal(with_ones(far), y).has_value());
  }

  TEST_CASE("residuals_sum_to_zero_only_with_an_intercept") {
    // Slope 17 / 14 by hand; residuals sum to 7 - 6 * 17 / 14.
    const Matrix x{{1}, {2}, {3}};
    const Vector y{{1, 2, 4}};
    const LinearRegression through_origin =
        LinearRegression::fit(x, y, {.intercept = false});
    CHECK(close(through_origin.coef, Vector{{17.0 / 14.0}}, {.rel = 1e-14}));
    CHECK(through_origin.intercept == 0.0);
    const double sum = (y - through_origin.predict(x)).sum();
    CHECK(close(sum, -2.0 / 7.0, {.abs = 1e-14}));
    EVIDENCE("sum of residuals without an intercept", sum);

    std::mt19937_64 rng(1);
    const auto [X, target] = random_problem(30, 4, rng);
    const Matrix moved = X.array() + 3.0;
    const LinearRegression model = LinearRegression::fit(moved, target);
    const Vector residual = target - model.predict(moved);
    CHECK(close(residual.sum(), 0.0, {.abs = 1e-12}));
    CHECK(close(times(transposed(moved), residual), Vector::Zero(4),
                {.abs = 1e-12}));
    const Vector mean = moved.colwise().mean();
    CHECK(close(model.predict(mean.transpose())(0), target.mean(),
                {.abs = 1e-13}));
    CHECK(close(residual.norm(), model.residual_norm, {.rel = 1e-13}));
  }

  TEST_CASE("leave_one_out_needs_one_fit") {
    std::mt19937_64 rng(2);
    const auto [X, y] = random_problem(25, 3, rng);
    for (const bool intercept : {true, false}) {
      CAPTURE(intercept);
      const LinearRegressionOptions options{.intercept = intercept};
      const Vector fast = loo_residuals(X, y, options);
      const Vector refits = loo_residuals_reference(X, y, options);
      CHECK(close(fast, refits, {.abs = 1e-12}));
      const Vector h = leverages(X, options);
      CHECK(close(h.sum(), intercept ? 4.0 : 3.0, {.abs = 1e-13}));
      CHECK((h.array() > 0.0).all());
      CHECK((h.array() < 1.0).all());
      EVIDENCE("largest difference from the refits",
               largest_difference(fast, refits));
    }
    // h_ii is by how much a prediction follows its own target.
    const Vector h = leverages(X);
    Vector moved = y;
    moved(7) += 10.0;
    const double follows = LinearRegression::fit(X, moved).predict(X)(7) -
                           LinearRegression::fit(X, y).predict(X)(7);
    CHECK(close(follows, 10.0 * h(7), {.abs = 1e-13}));
    // Training errors flatter: each is smaller than the honest one.
    const Vector residual = y - LinearRegression::fit(X, y).predict(X);
    CHECK((loo_residuals(X, y).array().abs() > residual.array().abs()).all());
  }

  TEST_CASE("a_coefficient_is_a_regression_between_leftovers") {
    const auto [X, y] = longley();
    const LinearRegression model = LinearRegression::fit(X, y);
    for (Index j = 0; j < 6; ++j) {
      // The others explain all but 1 / 1789 of a column: some digits go.
      CHECK(close(partial_regression_slope(X, y, j), model.coef(j),
                  {.rel = 1e-8}));
    }
    // Alone, without the others, the GNP deflator tells another story.
    const double alone = LinearRegression::fit(X.leftCols(1), y).coef(0);
    EVIDENCE("slope of the deflator alone", alone);
    EVIDENCE("and beside the others", model.coef(0));
    CHECK(alone > 20.0 * model.coef(0));
  }

  TEST_CASE("an_omitted_feature_leaves_its_weight_behind") {
    std::mt19937_64 rng(3);
    Matrix X = gaussian(50, 2, rng);
    X.col(1) += 0.8 * X.col(0);
    const Vector y = gaussian(50, 1, rng).col(0) + 2.0 * X.col(1);
    const Vector both = LinearRegression::fit(X, y).coef;
    const double one = LinearRegression::fit(X.leftCols(1), y).coef(0);
    const double on_it = LinearRegression::fit(X.leftCols(1), X.col(1)).coef(0);
    CHECK(close(one, both(0) + both(1) * on_it, {.abs = 1e-12}));
    CHECK(one > both(0) + 1.0);
    EVIDENCE("coefficient beside the other", both(0));
    EVIDENCE("coefficient when it is omitted", one);
  }

  TEST_CASE("no_linear_unbiased_estimator_has_less_variance") {
    std::mt19937_64 rng(4);
    const Matrix X = gaussian(12, 2, rng);
    const Matrix A = fit_operator(X);
    const Matrix ones = with_ones(X);
    // Unbiased: A (1 X) = I.
    CHECK(close(product(A, ones), Matrix::Identity(3, 3), {.abs = 1e-13}));
    // Any other is A + D with D (1 X) = 0, and Cov = sigma^2 (A + D)(A + D)^T.
    double smallest_excess = 1e300;
    for (int repeat = 0; repeat < 200; ++repeat) {
      const Matrix G = gaussian(3, 12, rng);
      const Matrix D = G - product(product(G, ones), A);
      CHECK(close(product(D, ones), Matrix::Zero(3, 3), {.abs = 1e-12}));
      const Matrix other = A + D;
      const Matrix excess =
          product(other, transposed(other)) - product(A, transposed(A));
      CHECK(close(excess, product(D, transposed(D)), {.abs = 1e-11}));
      smallest_excess = std::min(smallest_excess, excess.diagonal().minCoeff());
    }
    CHECK(smallest_excess > 0.0);
    EVIDENCE("smallest excess variance of 200", smallest_excess);

    // The line through the first and the last of x = 1 .. 10 is unbiased too:
    // variance 2 / 81 instead of 1 / 82.5.
    Matrix x(10, 1);
    for (Index i = 0; i < 10; ++i) x(i, 0) = static_cast<double>(i + 1);
    const double variance = fit_operator(x).row(1).squaredNorm();
    CHECK(close(variance, 1.0 / 82.5, {.rel = 1e-13}));
    EVIDENCE("variance of the two-point slope over that of the fit",
             2.0 / 81.0 / variance);
  }

  TEST_CASE("unequal_noise_wants_weights") {
    // Noise deviation x at x = 1 .. 10. Rows divided by it have equal noise:
    // the fit of those, without a further intercept, is the weighted one.
    Matrix x(10, 1), scaled(10, 2);
    for (Index i = 0; i < 10; ++i) {
      x(i, 0) = static_cast<double>(i + 1);
      scaled.row(i) << 1.0 / x(i, 0), 1.0;
    }
    const Vector plain = fit_operator(x).row(1);
    Vector weighted(10);
    for (Index i = 0; i < 10; ++i) {
      const Vector target = Vector::Unit(10, i) / x(i, 0);
      weighted(i) =
          LinearRegression::fit(scaled, target, {.intercept = false}).coef(1);
    }
    // Both are unbiased: no answer to a constant, 1 to x itself.
    for (const Vector& slope : {plain, weighted}) {
      CHECK(close(slope.sum(), 0.0, {.abs = 1e-13}));
      CHECK(close(slope.dot(x.col(0)), 1.0, {.rel = 1e-13}));
    }
    const double plain_variance = plain.cwiseProduct(x.col(0)).squaredNorm();
    const double weighted_variance =
        weighted.cwiseProduct(x.col(0)).squaredNorm();
    // By hand: sums of 1 / x^2, 1 / x and 1 are 1.549768, 2.928968, 10; the
    // weighted variance is the first over 10 times it less the second's square.
    CHECK(close(weighted_variance,
                1.5497677311665407 / (15.497677311665407 -
                                      2.9289682539682538 * 2.9289682539682538),
                {.rel = 1e-13}));
    CHECK(plain_variance > 1.5 * weighted_variance);
    EVIDENCE("variance without weights over with",
             plain_variance / weighted_variance);
  }

  TEST_CASE("twins_share_and_have_no_standard_error") {
    std::mt19937_64 rng(5);
    const auto [X, y] = random_problem(20, 2, rng);
    Matrix twins(20, 3);
    twins << X, X.col(0);
    const LinearRegression alone = LinearRegression::fit(X, y);
    const LinearRegression model = LinearRegression::fit(twins, y);
    CHECK(model.rank == 2);
    CHECK_FALSE(model.errors.has_value());
    REQUIRE(alone.errors.has_value());
    CHECK(
        close(model.coef,
              Vector{{alone.coef(0) / 2.0, alone.coef(1), alone.coef(0) / 2.0}},
              {.abs = 1e-13}));
    CHECK(close(model.predict(twins), alone.predict(X), {.abs = 1e-13}));
    EVIDENCE_SERIES("coefficients, the twins first and last", model.coef);
    // In other units one of them is still the same feature.
    twins.col(2) *= 1e-14;
    const LinearRegression scaled = LinearRegression::fit(twins, y);
    CHECK(scaled.rank == 2);
    CHECK(close(scaled.coef(2) * 1e-14, model.coef(2), {.abs = 1e-13}));
  }
}

TEST_SUITE("algorithms/linear_regression extra") {
  TEST_CASE("a constant column counts for nothing") {
    std::mt19937_64 rng(6);
    auto [X, y] = random_problem(10, 2, rng);
    const LinearRegression without = LinearRegression::fit(X.leftCols(1), y);
    X.col(1).setConstant(0.1);  // ten times 0.1 leaves a rest of 1e-17
    const LinearRegression model = LinearRegression::fit(X, y);
    CHECK(model.rank == 1);
    CHECK(model.coef(1) == 0.0);
    CHECK(close(model.coef(0), without.coef(0), {.rel = 1e-13}));
    CHECK(close(model.intercept, without.intercept, {.abs = 1e-14}));
    // Without an intercept a constant column is the intercept.
    const LinearRegression own =
        LinearRegression::fit(X, y, {.intercept = false});
    CHECK(own.rank == 2);
    CHECK(close(0.1 * own.coef(1), without.intercept, {.abs = 1e-13}));
    REQUIRE(own.errors.has_value());
    REQUIRE(without.errors.has_value());
    CHECK(close(0.1 * own.errors->coef(1), without.errors->intercept,
                {.rel = 1e-12}));
    CHECK(own.errors->intercept == 0.0);
  }

  TEST_CASE("one sample is its own mean") {
    const LinearRegression model =
        LinearRegression::fit(Matrix{{2.0, 3.0}}, Vector{{5.0}});
    CHECK(model.rank == 0);
    CHECK(close(model.coef, Vector::Zero(2)));
    CHECK(model.intercept == 5.0);
    CHECK_FALSE(model.errors.has_value());
  }

  TEST_CASE("as many samples as parameters leave no degree of freedom") {
    const Matrix x{{1}, {2}};
    const LinearRegression model = LinearRegression::fit(x, Vector{{3, 5}});
    CHECK(model.rank == 1);
    CHECK(close(model.predict(x), Vector{{3, 5}}, {.rel = 1e-14}));
    CHECK_FALSE(model.errors.has_value());
    CHECK(close(leverages(x), Vector::Ones(2), {.rel = 1e-14}));
    CHECK_THROWS_AS(loo_residuals(x, Vector{{3, 5}}), std::invalid_argument);
  }

  TEST_CASE("a sample alone in its feature has leverage 1") {
    const Matrix X{{0}, {0}, {0}, {1}};
    CHECK(close(leverages(X), Vector{{1 / 3.0, 1 / 3.0, 1 / 3.0, 1.0}},
                {.rel = 1e-14}));
    CHECK_THROWS_AS(loo_residuals(X, Vector::Ones(4)), std::invalid_argument);
  }

  TEST_CASE("more columns than rows interpolate") {
    std::mt19937_64 rng(7);
    const auto [X, y] = random_problem(5, 8, rng);
    const LinearRegression model = LinearRegression::fit(X, y);
    CHECK(model.rank == 4);  // centring takes one
    CHECK(close(model.predict(X), y, {.abs = 1e-13}));
    CHECK(close(model.residual_norm, 0.0, {.abs = 1e-13}));
  }

  TEST_CASE("arguments that break the contract are refused") {
    const Matrix X = Matrix::Ones(3, 2);
    const Vector y = Vector::Ones(3);
    CHECK_THROWS_WITH(
        LinearRegression::fit(X, Vector::Ones(2)),
        "LinearRegression: need rows, columns and as many targets "
        "as rows, got 3 x 2 and 2");
    CHECK_THROWS_AS(LinearRegression::fit(Matrix{{std::nan("")}}, y.head(1)),
                    std::invalid_argument);
    const LinearRegression model = LinearRegression::fit(X, y);
    CHECK_THROWS_WITH(
        model.predict(Matrix::Ones(1, 3)),
        "LinearRegression::predict: fitted with 2 columns, got 3");
    CHECK_THROWS_WITH(model.predict(Matrix{{1.0, std::nan("")}}),
                      "LinearRegression::predict: X(0, 1) is nan");
    CHECK_THROWS_WITH(partial_regression_slope(X, y, 2),
                      "partial_regression_slope: need 0 <= j < 2, got 2");
    CHECK_THROWS_AS(partial_regression_slope(X, y, -1), std::invalid_argument);
    CHECK_THROWS_AS(leverages(Matrix(0, 1)), std::invalid_argument);
    std::mt19937_64 rng(8);
    Matrix copies = gaussian(20, 2, rng);
    const Vector target = copies.col(0);
    copies.col(1) = 3.0 * copies.col(0);
    CHECK_THROWS_WITH(partial_regression_slope(copies, target, 1),
                      "partial_regression_slope: the others explain column 1");
    // Alone a column has no others: 1 / 2 by hand.
    CHECK(close(
        partial_regression_slope(Matrix{{1}, {2}, {3}}, Vector{{1, 2, 2}}, 0),
        0.5, {.rel = 1e-14}));
    CHECK(close(partial_regression_slope(copies.leftCols(1), target, 0), 1.0,
                {.rel = 1e-14}));
  }
}
