// Verifies the claims of questions/maths/least_squares.md. Certified figures
// are NIST's (Statistical Reference Datasets, Longley; 15 digits).
#include <whiteboard/maths/least_squares.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/products.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::maths;
using Eigen::Index;
using whiteboard::testing::data_set;
using whiteboard::testing::gaussian;
using whiteboard::testing::Problem;
using whiteboard::testing::random_problem;
using whiteboard::testing::times;
using whiteboard::testing::transposed_times;

namespace {

/// Longley's table with the column of ones first.
Problem longley() {
  const Table table = data_set("longley");
  const Matrix features = table.features();
  Matrix X = Matrix::Ones(features.rows(), features.cols() + 1);
  X.rightCols(features.cols()) = features;
  return {X, table.numbers("total_employed")};
}

/// NIST's certified coefficients.
Vector certified() {
  return Vector{{-3482258.63459582, 15.0618722713733, -0.0358191792925910,
                 -2.02022980381683, -1.03322686717359, -0.0511041056535807,
                 1829.15146461355}};
}

/// Laeuchli's matrix: two columns at an angle of about sqrt(2) e.
Matrix laeuchli(double e) {
  return Matrix{{1.0, 1.0}, {e, 0.0}, {0.0, e}};
}

double worst_relative_error(const Vector& got, const Vector& want) {
  return ((got - want).array() / want.array()).abs().maxCoeff();
}

double digits(double relative_error) {
  return -std::log10(relative_error);
}

/// The solution, or NaN, so that no test dereferences nothing.
Vector value(const std::optional<Vector>& b, Index d) {
  return b.value_or(Vector::Constant(d, std::nan("")));
}

/// |R| row by row with the sign of the diagonal taken out, and z alike.
Matrix with_positive_diagonal(const Triangle& qr) {
  Matrix all(qr.R.rows(), qr.R.cols() + 1);
  all << qr.R, qr.z;
  for (Index i = 0; i < all.rows(); ++i) {
    if (all(i, i) < 0.0) all.row(i) *= -1.0;
  }
  return all;
}

}  // namespace

TEST_SUITE("maths/least_squares") {
  TEST_CASE("the_residual_is_orthogonal_for_all_three") {
    // x = 1, 2, 3, y = 1, 2, 2 with ones: intercept 2/3, slope 1/2 by hand.
    const Matrix line{{1, 1}, {1, 2}, {1, 3}};
    const Vector by_hand{{2.0 / 3.0, 0.5}};
    const Vector heights{{1, 2, 2}};
    CHECK(
        close(value(lstsq_normal(line, heights), 2), by_hand, {.abs = 1e-13}));
    CHECK(close(value(lstsq_qr(line, heights), 2), by_hand, {.abs = 1e-13}));
    const MinimumNorm svd = lstsq_svd(line, heights);
    CHECK(close(svd.coef, by_hand, {.abs = 1e-13}));
    // Residuals -1/6, 1/3, -1/6.
    CHECK(close(svd.residual_norm, std::sqrt(1.0 / 6.0), {.rel = 1e-13}));

    std::mt19937_64 rng(0);
    double worst = 0.0;
    for (const Index d : {1, 3, 10}) {
      const auto [X, y] = random_problem(50, d, rng);
      const Vector normal = value(lstsq_normal(X, y), d);
      const Vector qr = value(lstsq_qr(X, y), d);
      const Vector minimum = lstsq_svd(X, y).coef;
      // Conditions are below 5, so all errors are some 50 eps of 1.
      CHECK(close(normal, minimum, {.abs = 1e-12}));
      CHECK(close(qr, minimum, {.abs = 1e-12}));
      for (const Vector& b : {normal, qr, minimum}) {
        const Vector inner = transposed_times(X, y - times(X, b));
        CHECK(close(inner, Vector::Zero(d), {.abs = 1e-11}));
        worst = std::max(worst, inner.cwiseAbs().maxCoeff());
      }
    }
    EVIDENCE("largest inner product of residual and column", worst);
  }

  TEST_CASE("squaring_loses_columns_that_qr_tells_apart") {
    // In double 1 + 1e-16 is 1: X^T X is all ones.
    const Matrix X = laeuchli(1e-8);
    const Vector y{{2.0, 1e-8, 1e-8}};  // X (1, 1)
    CHECK_FALSE(lstsq_normal(X, y).has_value());
    CHECK_FALSE(lstsq_normal(X, y, 5).has_value());
    // eps times the condition sqrt(2) 1e8 is 3e-8.
    const Vector ones = Vector::Ones(2);
    const Vector qr = value(lstsq_qr(X, y), 2);
    const MinimumNorm svd = lstsq_svd(X, y);
    CHECK(close(qr, ones, {.abs = 1e-7}));
    CHECK(close(svd.coef, ones, {.abs = 1e-7}));
    CHECK(svd.rank == 2);
    // Singular values sqrt(2 + e^2) and e.
    CHECK(close(svd.singular_values, Vector{{std::sqrt(2.0), 1e-8}},
                {.abs = 1e-15}));
    EVIDENCE("error of QR", largest_difference(qr, ones));
  }

  TEST_CASE("squaring_costs_longley_a_hundredfold") {
    const auto [X, y] = longley();
    const double qr =
        worst_relative_error(value(lstsq_qr(X, y), 7), certified());
    const double normal =
        worst_relative_error(value(lstsq_normal(X, y), 7), certified());
    const double svd = worst_relative_error(lstsq_svd(X, y).coef, certified());
    EVIDENCE("digits by QR", digits(qr));
    EVIDENCE("digits by SVD", digits(svd));
    EVIDENCE("digits by the normal equations", digits(normal));
    CHECK(qr < 1e-9);
    // The SVD has the condition of X as it stands to reckon with: 5e9 eps.
    CHECK(svd < 1e-6);
    CHECK(normal < 1e-5);
    CHECK(normal > 100.0 * qr);
  }

  TEST_CASE("one_refinement_gives_the_digits_back") {
    const auto [X, y] = longley();
    std::vector<double> kept;
    for (const int steps : {0, 1, 2, 3}) {
      kept.push_back(digits(worst_relative_error(
          value(lstsq_normal(X, y, steps), 7), certified())));
    }
    EVIDENCE_SERIES("digits after 0, 1, 2, 3 refinements", kept);
    CHECK(kept[0] < 9.5);
    CHECK(kept[1] > 10.0);
    CHECK(kept[3] > 10.0);

    // Two columns at an angle of 1e-6, condition 2e6: each step shrinks the
    // error by about eps cond^2 = 1e-3, down to what the rounding of the
    // residual leaves, eps cond = 4e-10 times a few.
    std::mt19937_64 rng(6);
    Matrix near = gaussian(50, 2, rng);
    near.col(1) = near.col(0) + 1e-6 * near.col(1);
    const Vector b{{1.0, 2.0}};
    const Vector rhs = times(near, b);
    std::vector<double> errors;
    for (const int steps : {0, 1, 2, 3}) {
      errors.push_back(
          largest_difference(value(lstsq_normal(near, rhs, steps), 2), b));
    }
    EVIDENCE_SERIES("error at an angle of 1e-6, after 0 to 3", errors);
    CHECK(errors[0] > 1e-6);
    CHECK(errors[1] < 0.1 * errors[0]);
    CHECK(errors[3] < 1e-8);
  }

  TEST_CASE("certified_errors_are_reproduced") {
    const auto [X, y] = longley();
    const std::optional<LeastSquaresReport> report = diagnostics(X, y);
    REQUIRE(report.has_value());
    const Vector errors{{890420.383607373, 84.9149257747669,
                         0.334910077722432E-01, 0.488399681651699,
                         0.214274163161675, 0.226073200069370,
                         455.478499142212}};
    // QR keeps about 11 digits of R, see the claim on digits.
    CHECK(close(report->standard_errors, errors, {.rel = 1e-9}));
    CHECK(close(report->sigma, 304.854073561965, {.rel = 1e-10}));
    CHECK(close(report->residual_norm, 304.854073561965 * 3.0, {.rel = 1e-10}));
    const double total = (y.array() - y.mean()).matrix().squaredNorm();
    const double r_squared =
        1.0 - report->residual_norm * report->residual_norm / total;
    CHECK(close(r_squared, 0.995479004577296, {.abs = 1e-12}));
    EVIDENCE("standard error of the last", report->standard_errors(6));
    EVIDENCE("R squared", r_squared);
  }

  TEST_CASE("the_condition_that_counts_is_that_of_unit_columns") {
    const auto [X, y] = longley();
    const std::optional<LeastSquaresReport> report = diagnostics(X, y);
    REQUIRE(report.has_value());
    // NumPy 1.24.2: cond(X) = 4859257015.45, of unit columns 43275.0436. The
    // smallest singular value of X itself is known to cond(X) eps = 1e-6.
    CHECK(close(report->condition, 4859257015.45, {.rel = 1e-5}));
    CHECK(close(report->unit_condition, 43275.0436, {.rel = 1e-8}));
    const double got =
        digits(worst_relative_error(value(lstsq_qr(X, y), 7), certified()));
    CHECK(report->digits > 10.9);
    CHECK(report->digits < 11.1);
    CHECK(got > report->digits - 1.0);
    EVIDENCE("digits expected", report->digits);
    EVIDENCE("digits kept", got);

    // Other units move the one, not the other, and cost QR no digit.
    Matrix scaled = X;
    scaled.col(6) *= 1e-12;
    const std::optional<LeastSquaresReport> other = diagnostics(scaled, y);
    REQUIRE(other.has_value());
    CHECK(other->condition > 1e15);
    CHECK(close(other->unit_condition, report->unit_condition, {.rel = 1e-8}));
    Vector b = value(lstsq_qr(scaled, y), 7);
    b(6) *= 1e-12;
    CHECK(close(b, certified(), {.rel = 1e-9}));
    // The rank that the SVD finds does depend on them.
    CHECK(lstsq_svd(X, y).rank == 7);
    CHECK(lstsq_svd(scaled, y).rank == 6);
  }

  TEST_CASE("twins_share_the_weight_only_by_svd") {
    std::mt19937_64 rng(1);
    auto [X, y] = random_problem(30, 3, rng);
    const Vector alone = value(lstsq_qr(X, y), 3);
    Matrix twins(30, 4);
    twins << X, X.col(1);
    CHECK_FALSE(lstsq_qr(twins, y).has_value());
    CHECK_FALSE(lstsq_normal(twins, y).has_value());
    CHECK_FALSE(diagnostics(twins, y).has_value());
    const MinimumNorm svd = lstsq_svd(twins, y);
    CHECK(svd.rank == 3);
    const Vector want{{alone(0), alone(1) / 2.0, alone(2), alone(1) / 2.0}};
    CHECK(close(svd.coef, want, {.abs = 1e-13}));
    EVIDENCE_SERIES("coefficients, the twins second and last", svd.coef);

    // The shortcut: R b = z whatever is on the diagonal.
    const Triangle qr = qr_triangle(twins, y);
    const Vector huge = qr.R.triangularView<Eigen::Upper>().solve(qr.z);
    CHECK_FALSE(std::abs(huge(3)) < 1e10);  // true of NaN as well
    // Any split fits as well; the even one is the shortest.
    const Vector other{{alone(0), alone(1) + 5.0, alone(2), -5.0}};
    CHECK(close(times(twins, other), times(twins, svd.coef), {.abs = 1e-12}));
    CHECK(other.norm() > svd.coef.norm());
    CHECK(
        close(svd.residual_norm, (y - times(X, alone)).norm(), {.rel = 1e-13}));
  }

  TEST_CASE("with_more_columns_than_rows_svd_gives_the_shortest_fit") {
    std::mt19937_64 rng(2);
    const auto [X, y] = random_problem(4, 9, rng);
    const MinimumNorm svd = lstsq_svd(X, y);
    CHECK(svd.rank == 4);
    CHECK(svd.residual_norm == 0.0);
    CHECK(close(times(X, svd.coef), y, {.abs = 1e-13}));
    // The shortest has no part that X does not see: b = X^T w. So it is
    // orthogonal to whatever else of the null space is added.
    for (int repeat = 0; repeat < 5; ++repeat) {
      const Vector v = gaussian(9, 1, rng).col(0);
      const Vector unseen = v - lstsq_svd(X, times(X, v)).coef;
      CHECK(close(times(X, unseen), Vector::Zero(4), {.abs = 1e-13}));
      CHECK(unseen.norm() > 0.1);
      CHECK(close(svd.coef.dot(unseen), 0.0, {.abs = 1e-13}));
    }
    EVIDENCE("length of the shortest", svd.coef.norm());
  }

  TEST_CASE("one_outlier_moves_the_fit_without_bound") {
    Matrix X = Matrix::Ones(20, 2);
    for (Index i = 0; i < 20; ++i) X(i, 1) = static_cast<double>(i);
    std::mt19937_64 rng(3);
    const Vector y = gaussian(20, 1, rng).col(0);
    const double before = value(lstsq_qr(X, y), 2)(1);
    // One target at x = 19: the slope moves by M (19 - 9.5) / 665.
    std::vector<double> moves;
    for (const double M : {1.0, 1e3, 1e6, 1e9}) {
      Vector moved = y;
      moved(19) += M;
      const double move = value(lstsq_qr(X, moved), 2)(1) - before;
      CHECK(close(move, M * 9.5 / 665.0, {.abs = 1e-14, .rel = 1e-12}));
      moves.push_back(move / M);
    }
    EVIDENCE_SERIES("move of the slope over M", moves);
  }

  TEST_CASE("a_large_residual_squares_the_condition_for_every_method") {
    // X = diag(1, g) over a row of zeros: condition 1000. A change of e = 1e-9
    // in X moves b by e / g without a residual, by e / g^2 with a residual of
    // 1: by hand from Eq. (2).
    const double g = 1e-3, e = 1e-9;
    const Matrix X{{1.0, 0.0}, {0.0, g}, {0.0, 0.0}};
    Matrix along = X, across = X;
    along(1, 1) += e;
    across(2, 1) += e;
    const Vector fits{{1.0, g, 0.0}}, misses{{1.0, g, 1.0}};
    const auto move = [&](const Matrix& changed, const Vector& y) {
      const double qr =
          value(lstsq_qr(changed, y), 2)(1) - value(lstsq_qr(X, y), 2)(1);
      const double svd =
          lstsq_svd(changed, y).coef(1) - lstsq_svd(X, y).coef(1);
      CHECK(close(qr, svd, {.abs = 1e-12}));
      return std::abs(qr);
    };
    CHECK(close(move(along, fits), e / g, {.rel = 1e-5}));
    CHECK(move(across, fits) < e / g);
    CHECK(close(move(along, misses), e / g, {.rel = 1e-5}));
    CHECK(close(move(across, misses), e / (g * g), {.rel = 1e-5}));
    EVIDENCE("move over e, no residual", move(along, fits) / e);
    EVIDENCE("move over e, residual 1", move(across, misses) / e);
  }

  TEST_CASE("blocks_of_rows_leave_the_same_triangle") {
    std::mt19937_64 rng(4);
    double worst = 0.0;
    // Around a block of 256, several, d large enough for a taller block, and
    // fewer rows than columns.
    const std::vector<std::pair<Index, Index>> shapes{
        {1, 1},   {3, 3},    {255, 4}, {256, 4}, {257, 4},
        {700, 5}, {300, 66}, {5, 9},   {20, 19}};
    for (const auto& [n, d] : shapes) {
      const auto [X, y] = random_problem(n, d, rng);
      const Triangle blocks = qr_triangle(X, y);
      const Triangle whole = qr_triangle_reference(X, y);
      const Matrix got = with_positive_diagonal(blocks);
      const Matrix want = with_positive_diagonal(whole);
      // The square ones have conditions of some hundreds.
      CHECK(close(got, want, {.scale = 1e-11}));
      CHECK(close(blocks.residual_norm, whole.residual_norm, {.abs = 1e-11}));
      worst = std::max(worst, largest_difference(got, want));
      // And it is a triangle of X: same Gram matrix.
      const Matrix R = blocks.R;
      CHECK(close(Matrix(R.transpose() * R), Matrix(X.transpose() * X),
                  {.scale = 1e-13}));
    }
    EVIDENCE("largest difference", worst);
  }
}

TEST_SUITE("maths/least_squares extra") {
  TEST_CASE("rcond decides what counts as zero") {
    const Matrix X{{1.0, 0.0}, {0.0, 1e-6}};
    const Vector y{{1.0, 1e-6}};
    CHECK(close(lstsq_svd(X, y).coef, Vector::Ones(2), {.abs = 1e-12}));
    const MinimumNorm cut = lstsq_svd(X, y, 1e-5);
    CHECK(cut.rank == 1);
    CHECK(close(cut.coef, Vector{{1.0, 0.0}}, {.abs = 1e-15}));
    // What was cut off is now part of the residual.
    CHECK(close(cut.residual_norm, 1e-6, {.rel = 1e-12}));
    CHECK(lstsq_svd(X, y, 1e-6).rank == 1);  // "up to"
  }

  TEST_CASE("all zeros have the zero solution") {
    const MinimumNorm svd = lstsq_svd(Matrix::Zero(3, 2), Vector::Ones(3));
    CHECK(svd.rank == 0);
    CHECK(close(svd.coef, Vector::Zero(2)));
    CHECK(close(svd.residual_norm, std::sqrt(3.0), {.rel = 1e-15}));
    CHECK_FALSE(lstsq_qr(Matrix::Zero(3, 2), Vector::Ones(3)).has_value());
    CHECK_FALSE(lstsq_normal(Matrix::Zero(3, 2), Vector::Ones(3)).has_value());
  }

  TEST_CASE("one sample and one column") {
    const Matrix X{{4.0}};
    const Vector y{{2.0}};
    CHECK(close(value(lstsq_qr(X, y), 1), Vector{{0.5}}));
    CHECK(close(value(lstsq_normal(X, y), 1), Vector{{0.5}}));
    CHECK(close(lstsq_svd(X, y).coef, Vector{{0.5}}, {.rel = 1e-15}));
    CHECK(lstsq_svd(X, y).residual_norm == 0.0);
  }

  TEST_CASE("columns that are nearly equal are still two") {
    std::mt19937_64 rng(5);
    auto [X, y] = random_problem(40, 2, rng);
    X.col(1) = X.col(0) + 1e-10 * X.col(1);
    CHECK(lstsq_qr(X, y).has_value());
    CHECK_FALSE(lstsq_normal(X, y).has_value());
    CHECK(lstsq_svd(X, y).rank == 2);
  }

  TEST_CASE("the covariance is the inverse of the Gram matrix") {
    const Matrix X{{1, 1}, {1, 2}, {1, 3}};
    // X^T X = (3 6; 6 14), determinant 6.
    const Matrix want{{14.0 / 6.0, -1.0}, {-1.0, 0.5}};
    CHECK(close(unscaled_covariance(qr_triangle(X, Vector::Ones(3))), want,
                {.abs = 1e-13}));
  }

  TEST_CASE("arguments that break the contract are refused") {
    const Matrix X = Matrix::Ones(2, 3);
    const Vector y = Vector::Ones(2);
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK_THROWS_WITH(lstsq_qr(X, y),
                      "lstsq_qr: need n >= d, got n = 2, d = 3");
    CHECK_THROWS_WITH(lstsq_normal(X, y),
                      "lstsq_normal: need n >= d and refinements >= 0, got n = "
                      "2, d = 3, refinements = 0");
    CHECK_THROWS_AS(lstsq_normal(Matrix::Ones(2, 1), y, -1),
                    std::invalid_argument);
    CHECK_THROWS_WITH(diagnostics(Matrix::Identity(2, 2), y),
                      "diagnostics: need n > d, got n = 2, d = 2");
    CHECK_THROWS_WITH(lstsq_svd(X, Vector::Ones(3)),
                      "lstsq_svd: need rows, columns and as many targets as "
                      "rows, got 2 x 3 and 3");
    CHECK_THROWS_AS(lstsq_svd(Matrix(0, 2), Vector(0)), std::invalid_argument);
    CHECK_THROWS_AS(lstsq_svd(Matrix(2, 0), y), std::invalid_argument);
    CHECK_THROWS_WITH(lstsq_svd(X, y, 1.0),
                      "lstsq_svd: need 0 <= rcond < 1, got 1");
    CHECK_THROWS_AS(lstsq_svd(X, y, -1e-9), std::invalid_argument);
    CHECK_THROWS_WITH(lstsq_svd(Matrix{{1.0, std::nan("")}}, Vector::Ones(1)),
                      "least squares: X(0, 1) is nan");
    CHECK_THROWS_WITH(lstsq_qr(Matrix::Ones(1, 1), Vector{{infinity}}),
                      "least squares: y(0) is inf");
    CHECK_THROWS_AS(lstsq_normal(Matrix{{infinity}}, Vector::Ones(1)),
                    std::invalid_argument);
  }
}
