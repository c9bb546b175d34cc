// Verifies the claims of questions/coding/linear_regression_gd.md.
#include <whiteboard/coding/linear_regression_gd.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/finite_differences.hpp>

#include <Eigen/QR>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::GdFit;
using coding::linear_regression_gd;
using Eigen::Index;
using whiteboard::testing::gaussian;
using whiteboard::testing::numerical_gradient;
using whiteboard::testing::standardized;

namespace {

/// Mean squared error, term by term.
double mean_squared_error(const Matrix& X, const Vector& y, const Vector& b) {
  double total = 0.0;
  for (Index i = 0; i < X.rows(); ++i) {
    double error = b(0) - y(i);
    for (Index j = 0; j < X.cols(); ++j) error += b(j + 1) * X(i, j);
    total += error * error;
  }
  return total / static_cast<double>(X.rows());
}

Vector closed_form(const Matrix& X, const Vector& y) {
  Matrix A = Matrix::Ones(X.rows(), X.cols() + 1);
  A.rightCols(X.cols()) = X;
  return A.householderQr().solve(y);
}

/// One feature: the Hessian of the mean squared error is the 2 x 2 matrix
/// ((2, 2m), (2m, 2q)), m and q being the means of x and x^2, and both its
/// eigenvalues and its eigenvectors have a formula.
struct Curvature {
  double large, small;  ///< eigenvalues
  Vector flat, steep;   ///< unit eigenvectors of small and large
};

Curvature curvature(const Matrix& x) {
  REQUIRE(x.cols() == 1);
  const double m = x.mean(), q = x.array().square().mean();
  const double half = 1.0 + q;
  const double root = std::sqrt((1.0 - q) * (1.0 - q) + 4.0 * m * m);
  // (H - large) v = 0 has v = (2m, large - 2); the other one is at right
  // angles.
  Vector steep{{2.0 * m, half + root - 2.0}};
  steep.normalize();
  return {half + root, half - root, Vector{{-steep(1), steep(0)}}, steep};
}

const Matrix kX{{0.5}, {1.0}, {2.0}, {2.5}, {4.0}};
const Vector kY{{1.0, 3.0, 2.0, 5.0, 6.0}};

}  // namespace

TEST_SUITE("coding/linear_regression_gd") {
  TEST_CASE("the_first_steps_by_hand") {
    // Residual -2, gradient (-4, -4); then residual 0.8 - 2 = -1.2, gradient
    // (-2.4, -2.4).
    const Matrix x{{1.0}};
    const Vector y{{2.0}};
    const GdFit one = linear_regression_gd(x, y, 0.1, 1);
    CHECK(close(one.coef, Vector{{0.4, 0.4}}, {.ulps = 2}));
    CHECK(close(one.loss, std::vector<double>{4.0}));
    const GdFit two = linear_regression_gd(x, y, 0.1, 2);
    CHECK(close(two.coef, Vector{{0.64, 0.64}}, {.ulps = 4}));
    CHECK(close(two.loss, std::vector<double>{4.0, 1.44}, {.ulps = 8}));
    // Intercept and slope move together, from the same residuals.
    const GdFit both =
        linear_regression_gd(Matrix{{1.0}, {3.0}}, Vector{{2.0, 4.0}}, 0.1, 1);
    CHECK(close(both.coef, Vector{{0.6, 1.4}}, {.ulps = 4}));
    const GdFit none = linear_regression_gd(x, y, 0.1, 0);
    CHECK(close(none.coef, Vector::Zero(2)));
    CHECK(none.loss.empty());
  }

  TEST_CASE("reaches_the_closed_form") {
    std::mt19937_64 rng(0);
    const Matrix X = standardized(gaussian(60, 3, rng));
    const Vector y = X * Vector{{1.0, -2.0, 0.5}} + Vector::Constant(60, 10.0) +
                     gaussian(60, 1, rng).col(0);
    const Vector want = closed_form(X, y);
    const GdFit fit = linear_regression_gd(X, y, 0.3, 300);
    REQUIRE(fit.loss.size() == 300);
    CHECK(close(fit.coef, want, {.abs = 1e-8}));
    EVIDENCE("largest difference of a coefficient",
             largest_difference(fit.coef, want));
    EVIDENCE_SERIES(
        "loss of the first 12 steps",
        std::vector<double>(fit.loss.begin(), fit.loss.begin() + 12));
    // Ten times the same rows: a mean, so the same path.
    const GdFit tenfold =
        linear_regression_gd(X.replicate(10, 1), y.replicate(10, 1), 0.3, 300);
    CHECK(close(tenfold.coef, fit.coef, {.scale = 1e-13}));
  }

  TEST_CASE("the_limit_is_two_over_the_largest_eigenvalue") {
    const double limit = 2.0 / curvature(kX).large;
    EVIDENCE("largest rate", limit);
    const Vector want = closed_form(kX, kY);
    const double best = mean_squared_error(kX, kY, want);
    // Eigenvalues 12.5 and 0.48: errors shrink by -0.98 and 0.92 a step below
    // the limit; above it the first factor is -1.02.
    const GdFit below = linear_regression_gd(kX, kY, 0.99 * limit, 2000);
    CHECK(close(below.coef, want, {.abs = 1e-12}));
    const GdFit above = linear_regression_gd(kX, kY, 1.01 * limit, 2000);
    REQUIRE(above.loss.size() == 2000);
    EVIDENCE("loss after 2000 steps at 0.99", below.loss.back());
    EVIDENCE("loss after 2000 steps at 1.01", above.loss.back());
    CHECK(above.loss.back() > 1e30);
    // Without bound: 1.02^2 per step in the end.
    CHECK(
        close(above.loss[1999] / above.loss[1998], 1.02 * 1.02, {.rel = 1e-9}));
    CHECK(close(below.loss.back(), best, {.rel = 1e-12}));
    // Further still, the numbers overflow, and that is no exception.
    const GdFit far = linear_regression_gd(kX, kY, 10.0 * limit, 2000);
    CHECK(!std::isfinite(far.loss.back()));
  }

  TEST_CASE("below_the_limit_the_loss_never_rises") {
    const Curvature c = curvature(kX);
    const Vector want = closed_form(kX, kY);
    for (const double share : {0.01, 0.1, 0.45, 0.9, 0.999}) {
      CAPTURE(share);
      const double lr = share * 2.0 / c.large;
      const GdFit fit = linear_regression_gd(kX, kY, lr, 500);
      REQUIRE(fit.loss.size() == 500);
      int rises = 0;
      for (std::size_t t = 1; t < 500; ++t) {
        rises += fit.loss[t] > fit.loss[t - 1] * (1.0 + 1e-13);
      }
      CHECK(rises == 0);
      // Up to half of it no coordinate changes sign: nothing overshoots. Ten
      // steps: later the coordinate is too near rounding.
      double along = -c.steep.dot(want);
      int crossings = 0;
      for (int t = 1; t <= 10; ++t) {
        const double next =
            c.steep.dot(linear_regression_gd(kX, kY, lr, t).coef - want);
        crossings += next * along < 0.0;
        along = next;
      }
      CHECK(crossings == (share < 0.5 ? 0 : 10));
    }
  }

  TEST_CASE("each_eigenvector_has_its_own_rate") {
    const Curvature c = curvature(kX);
    const Vector want = closed_form(kX, kY);
    const double lr = 0.8 / c.large;
    std::vector<double> steep, flat;
    for (const int steps : {0, 1, 2, 5, 10, 20}) {
      CAPTURE(steps);
      const Vector error = linear_regression_gd(kX, kY, lr, steps).coef - want;
      REQUIRE(error.size() == 2);
      steep.push_back(c.steep.dot(error));
      flat.push_back(c.flat.dot(error));
      CHECK(
          close(steep.back(), std::pow(0.2, steps) * steep[0], {.abs = 1e-13}));
      CHECK(close(flat.back(), std::pow(1.0 - lr * c.small, steps) * flat[0],
                  {.abs = 1e-13}));
    }
    EVIDENCE_SERIES("error along the steep axis", steep);
    EVIDENCE_SERIES("error along the flat axis", flat);
  }

  TEST_CASE("unscaled_features_take_over_100_times_the_steps") {
    std::mt19937_64 rng(3);
    Matrix X = gaussian(50, 2, rng);
    X.col(1) *= 1000.0;
    const Vector y = X.col(0) + 0.001 * X.col(1) + gaussian(50, 1, rng).col(0);
    const Matrix Z = standardized(X);
    const Vector scaled_want = closed_form(Z, y), want = closed_form(X, y);
    const double best = mean_squared_error(X, y, want);
    // The largest eigenvalue is at most the trace of (2/n) A^T A.
    const double scaled_lr = 1.0 / 6.0;
    const double lr = 1.0 / (2.0 + 2.0 * X.squaredNorm() / 50.0);
    const GdFit scaled = linear_regression_gd(Z, y, scaled_lr, 100);
    const GdFit raw = linear_regression_gd(X, y, lr, 10'000);
    REQUIRE(scaled.loss.size() == 100);
    REQUIRE(raw.loss.size() == 10'000);
    EVIDENCE("excess loss, scaled, 100 steps", scaled.loss.back() - best);
    EVIDENCE("excess loss, unscaled, 10000 steps", raw.loss.back() - best);
    CHECK(close(scaled.coef, scaled_want, {.abs = 1e-8}));
    CHECK(scaled.loss.back() - best < 1e-12);
    CHECK(raw.loss.back() - best > 0.1 * (raw.loss[1] - best));
  }

  TEST_CASE("steps_follow_the_gradient") {
    std::mt19937_64 rng(4);
    const Matrix X = gaussian(20, 4, rng);
    const Vector y = gaussian(20, 1, rng).col(0);
    const double lr = 0.05;
    double worst = 0.0;
    for (const int t : {0, 1, 5, 20}) {
      CAPTURE(t);
      const GdFit before = linear_regression_gd(X, y, lr, t);
      const GdFit after = linear_regression_gd(X, y, lr, t + 1);
      REQUIRE(before.coef.size() == 5);
      REQUIRE(after.coef.size() == 5);
      const Vector taken = (before.coef - after.coef) / lr;
      const Vector want = numerical_gradient(
          [&](const Vector& b) { return mean_squared_error(X, y, b); },
          before.coef);
      // Quadratic: no truncation. Rounding of a loss near 1 over h is 4e-11.
      CHECK(close(taken, want, {.abs = 1e-9}));
      worst = std::max(worst, largest_difference(taken, want));
      // The loss that is recorded belongs to the coefficients before the step.
      REQUIRE(after.loss.size() == static_cast<std::size_t>(t) + 1);
      CHECK(close(after.loss.back(), mean_squared_error(X, y, before.coef),
                  {.rel = 1e-14}));
    }
    EVIDENCE("largest difference from central differences", worst);
  }
}

TEST_SUITE("coding/linear_regression_gd extra") {
  TEST_CASE("no features and one row") {
    CHECK(close(
        linear_regression_gd(Matrix(3, 0), Vector{{1, 2, 6}}, 0.5, 1).coef,
        Vector{{3}}, {.ulps = 4}));
    CHECK(linear_regression_gd(Matrix{{1}}, Vector{{1}}, 0.1, 5).loss.size() ==
          5);
  }

  TEST_CASE("arguments that break the contract are refused") {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    const Matrix X{{1}, {2}};
    const Vector y{{1, 2}};
    CHECK_THROWS_WITH(linear_regression_gd(X, Vector{{1}}, 0.1, 1),
                      "linear_regression_gd: need as many responses as rows, "
                      "and one, got 2 rows and 1 responses");
    CHECK_THROWS_AS(linear_regression_gd(Matrix(0, 1), Vector(), 0.1, 1),
                    std::invalid_argument);
    CHECK_THROWS_WITH(linear_regression_gd(X, y, 0.0, 1),
                      "linear_regression_gd: need a positive finite lr, got 0");
    CHECK_THROWS_AS(linear_regression_gd(X, y, nan, 1), std::invalid_argument);
    CHECK_THROWS_AS(
        linear_regression_gd(X, y, std::numeric_limits<double>::infinity(), 1),
        std::invalid_argument);
    CHECK_THROWS_WITH(linear_regression_gd(X, y, 0.1, -1),
                      "linear_regression_gd: need steps >= 0, got -1");
    CHECK_THROWS_WITH(linear_regression_gd(Matrix{{1}, {nan}}, y, 0.1, 1),
                      "linear_regression_gd: X(1, 0) is nan");
    CHECK_THROWS_WITH(linear_regression_gd(X, Vector{{nan, 1}}, 0.1, 1),
                      "linear_regression_gd: y(0) is nan");
  }
}
