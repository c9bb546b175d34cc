// Verifies the claims of questions/maths/condition_number.md.
#include <whiteboard/maths/condition_number.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/products.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::maths;
using Eigen::Index;
using whiteboard::testing::data_set;
using whiteboard::testing::gaussian;
using whiteboard::testing::product;
using whiteboard::testing::standardized;
using whiteboard::testing::times;

namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();
constexpr double infinity = std::numeric_limits<double>::infinity();

Matrix gram(const Matrix& A) {
  return A.transpose() * A;
}
Matrix diagonal(const Vector& values) {
  return values.asDiagonal();
}

/// A product of reflections.
Matrix orthogonal(Index n, std::mt19937_64& rng) {
  Matrix Q = Matrix::Identity(n, n);
  for (Index k = 0; k < n; ++k) {
    const Vector v = gaussian(n, 1, rng).col(0).normalized();
    Q -= 2.0 * v * (v.transpose() * Q);
  }
  return Q;
}

/// Condition numbers that are known because they were put there.
Matrix with_singular_values(const Vector& s, std::mt19937_64& rng) {
  return product(product(orthogonal(s.size(), rng), diagonal(s)),
                 orthogonal(s.size(), rng));
}

double norm_1(const Matrix& A) {
  double largest = 0.0;
  for (Index j = 0; j < A.cols(); ++j) {
    largest = std::max(largest, A.col(j).cwiseAbs().sum());
  }
  return largest;
}

double binomial(Index n, Index k) {
  double product = 1.0;
  for (Index i = 1; i <= k; ++i) {
    product = product * static_cast<double>(n - k + i) / static_cast<double>(i);
  }
  return product;
}

/// The inverse of a Hilbert matrix, whole numbers in closed form.
Matrix inverse_hilbert(Index n) {
  Matrix B(n, n);
  for (Index i = 1; i <= n; ++i) {
    for (Index j = 1; j <= n; ++j) {
      const double root = binomial(i + j - 2, i - 1);
      B(i - 1, j - 1) =
          ((i + j) % 2 == 0 ? 1.0 : -1.0) * static_cast<double>(i + j - 1) *
          binomial(n + i - 1, n - j) * binomial(n + j - 1, n - i) * root * root;
    }
  }
  return B;
}

/// Relative error of solving H x = b for x = (1, ..., 1).
double error_on_hilbert(Index n) {
  const Matrix H = hilbert(n);
  const Vector ones = Vector::Ones(n);
  const Vector x = lu_factor(H)->solve(times(H, ones));
  return (x - ones).norm() / ones.norm();
}

}  // namespace

TEST_SUITE("maths/condition_number") {
  TEST_CASE("hilbert_matrices_are_the_classic_example") {
    // mpmath 1.2.1, 60 digits, of the exact rational matrices. Rounding their
    // entries alone moves the last by about eps kappa.
    const std::vector<Index> sizes{3, 5, 8, 10};
    const std::vector<double> exact{524.056777586, 476607.250243, 15257575741.6,
                                    1.60262868702e13};
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      CAPTURE(sizes[i]);
      const double got = condition_number_2(hilbert(sizes[i]));
      CHECK(close(got, exact[i], {.rel = 1e-11 + eps * exact[i]}));
    }
    CHECK(condition_number_2(hilbert(12)) > 1e15);
    EVIDENCE("kappa of Hilbert 8", condition_number_2(hilbert(8)));
    EVIDENCE("kappa of Hilbert 10", condition_number_2(hilbert(10)));
    CHECK(hilbert(2) == Matrix{{1.0, 0.5}, {0.5, 1.0 / 3.0}});
  }

  TEST_CASE("the_bound_holds_and_is_attained") {
    std::mt19937_64 rng(1);
    const Matrix A =
        with_singular_values(Vector{{20.0, 3.0, 1.0, 0.5, 0.02}}, rng);
    const double kappa = condition_number_2(A);
    CHECK(close(kappa, 1000.0, {.rel = 1e-11}));
    const Lu lu = *lu_factor(A);
    // Relative change of x over relative change of b; |delta b| = |b| = 1 here,
    // as A is linear and lengths cancel.
    const auto amplification = [&](const Vector& b, const Vector& delta) {
      return lu.solve(delta).norm() / lu.solve(b).norm() * b.norm() /
             delta.norm();
    };
    std::vector<double> seen;
    for (int trial = 0; trial < 1000; ++trial) {
      const Vector b = gaussian(5, 1, rng).col(0);
      seen.push_back(amplification(b, gaussian(5, 1, rng).col(0)));
      CHECK_UNARY(seen.back() <= kappa * (1.0 + 1e-11));
    }
    std::sort(seen.begin(), seen.end());
    EVIDENCE("median of 1000 random perturbations", seen[500]);
    EVIDENCE("largest", seen.back());
    CHECK(seen[500] < 2.0);
    const WorstPerturbation worst = worst_perturbation(A);
    CHECK(close(worst.b.norm(), 1.0, {.ulps = 8}));
    CHECK(close(worst.delta_b.norm(), 1.0, {.ulps = 8}));
    CHECK(close(amplification(worst.b, worst.delta_b), kappa, {.rel = 1e-11}));
    EVIDENCE("the worst", amplification(worst.b, worst.delta_b));
  }

  TEST_CASE("digits_are_lost_as_promised") {
    std::vector<double> errors;
    for (const Index n : {4, 6, 8, 10, 12}) {
      CAPTURE(n);
      const double kappa = std::min(condition_number_2(hilbert(n)), 1e17);
      errors.push_back(error_on_hilbert(n));
      // A backward error of some n eps times kappa: an upper bound, and more
      // than a ten-thousandth of it, so that the promise is no empty one.
      CHECK(errors.back() <= static_cast<double>(n) * eps * kappa);
      CHECK(errors.back() >= 1e-4 * eps * kappa);
    }
    EVIDENCE_SERIES("error on Hilbert 4 to 12", errors);
    CHECK(errors[2] < 1e-5);
    CHECK(errors[4] > 0.01);
    CHECK(close(digits_lost(1000.0), 3.0, {.ulps = 4}));
    CHECK(digits_lost(1.0) == 0.0);
  }

  TEST_CASE("squares_and_scales_and_determinants") {
    std::mt19937_64 rng(2);
    const Matrix A = with_singular_values(Vector{{5.0, 2.0, 1.0, 0.05}}, rng);
    const double kappa = condition_number_2(A);
    CHECK(close(condition_number_2(gram(A)), kappa * kappa, {.rel = 1e-11}));
    CHECK(close(condition_number_2(1e-100 * A), kappa, {.rel = 1e-12}));
    CHECK(close(condition_number_2(orthogonal(6, rng)), 1.0, {.abs = 1e-13}));
    CHECK(close(condition_number_2(product(A, orthogonal(4, rng))), kappa,
                {.rel = 1e-12}));
    // The determinant says nothing: 1e-100 with 1, and 1 with 1e8.
    const Matrix small = 0.1 * Matrix::Identity(100, 100);
    CHECK(lu_factor(small)->determinant() < 1e-99);
    CHECK(condition_number_2(small) == 1.0);
    const Matrix stretched = diagonal(Vector{{1e4, 1e-4}});
    CHECK(close(lu_factor(stretched)->determinant(), 1.0, {.ulps = 2}));
    CHECK(close(condition_number_2(stretched), 1e8, {.rel = 1e-14}));
    EVIDENCE("kappa of A'A over that of A squared",
             condition_number_2(gram(A)) / (kappa * kappa));

    // Nor do eigenvalues: both are 1 for a shear by 1000.
    const Matrix shear{{1.0, 1000.0}, {0.0, 1.0}};
    const double t = 1e6 + 2.0;  // s_1^2 + s_2^2, and s_1 s_2 = 1
    const double want = 0.5 * (t + std::sqrt(t * t - 4.0));
    CHECK(close(condition_number_2(shear), want, {.rel = 1e-10}));
  }

  TEST_CASE("scaling_can_be_the_whole_problem") {
    const Matrix units = diagonal(Vector{{1.0, 1e8}});
    CHECK(close(condition_number_2(units), 1e8, {.rel = 1e-14}));
    CHECK(condition_number_2(equilibrate_columns(units)) == 1.0);
    // Longley's regressors, with an intercept: years beside dollars.
    const Matrix features = data_set("longley").features();
    Matrix X(features.rows(), features.cols() + 1);
    X << Vector::Ones(features.rows()), features;
    const double raw = condition_number_2(X);
    const double scaled = condition_number_2(equilibrate_columns(X));
    const double centred = condition_number_2(standardized(features));
    EVIDENCE("kappa of Longley's regressors", raw);
    EVIDENCE("with columns of length 1", scaled);
    EVIDENCE("centred and scaled", centred);
    // NumPy 1.24, cond().
    CHECK(close(raw, 4859257015.454868, {.rel = 1e-6}));
    CHECK(close(scaled, 43275.043587, {.rel = 1e-6}));
    CHECK(close(centred, 110.544153, {.rel = 1e-6}));

    // Hilbert's trouble is not one of scale.
    const double before = condition_number_2(hilbert(10));
    const double after = condition_number_2(equilibrate_columns(hilbert(10)));
    EVIDENCE("Hilbert 10 with columns of length 1", after);
    CHECK(after < before);
    CHECK(after > 0.4 * before);
  }

  TEST_CASE("a_ridge_caps_it") {
    std::mt19937_64 rng(3);
    double tightest = 0.0;
    for (const double lambda : {1e-6, 1e-2, 1.0, 100.0}) {
      Matrix X = gaussian(20, 5, rng);
      X.col(4) = X.col(0) + 1e-5 * X.col(1);
      const double s1 = jacobi_svd(X).s(0);
      const Matrix ridged = gram(X) + lambda * Matrix::Identity(5, 5);
      const double kappa = condition_number_2(ridged);
      const double cap = (s1 * s1 + lambda) / lambda;
      CHECK(kappa <= cap * (1.0 + 1e-9));
      CHECK(condition_number_2(gram(X)) > 1e9);
      tightest = std::max(tightest, kappa / cap);
    }
    EVIDENCE("largest share of the cap", tightest);
    CHECK(tightest > 0.99);  // the smallest singular value is nearly 0
  }

  TEST_CASE("it_is_the_distance_to_the_nearest_singular_matrix") {
    std::mt19937_64 rng(4);
    const Matrix A = with_singular_values(Vector{{4.0, 2.0, 0.5, 0.1}}, rng);
    const Matrix B = nearest_singular(A);
    // It is singular, and at the distance s_n = |A| / kappa.
    CHECK(jacobi_svd(B).s(3) < 1e-14);
    CHECK(close((A - B).norm(), 0.1, {.abs = 1e-14}));
    // No shorter change makes it so: what is left of s_n is at least
    // s_n - |E|_2.
    double least = infinity;
    for (int trial = 0; trial < 300; ++trial) {
      Matrix E = gaussian(4, 4, rng);
      if (trial % 2 == 0) E = (B - A) + 0.01 * E;
      E *= 0.099 / jacobi_svd(E).s(0);
      least = std::min(least, jacobi_svd(A + E).s(3));
    }
    EVIDENCE("least singular value left by 300 changes of 0.099", least);
    CHECK(least >= 0.001 - 1e-14);
  }

  TEST_CASE("a_few_solves_estimate_it") {
    // In the 1-norm Hilbert's are known exactly: 748, 943656, ...
    for (const Index n : {1, 3, 5, 8}) {
      CAPTURE(n);
      const Matrix H = hilbert(n);
      const double exact = norm_1(H) * norm_1(inverse_hilbert(n));
      const double estimate = condition_number_1_estimate(H, *lu_factor(H));
      CHECK(close(estimate, exact, {.rel = 1e-14 + 10.0 * eps * exact}));
    }
    CHECK(close(norm_1(hilbert(3)) * norm_1(inverse_hilbert(3)), 748.0,
                {.ulps = 8}));
    std::mt19937_64 rng(5);
    double worst = 1.0;
    int exactly = 0;
    for (int trial = 0; trial < 100; ++trial) {
      const Matrix A = gaussian(12, 12, rng);
      const Lu lu = *lu_factor(A);
      // A inverse is checked by its own product before it judges.
      const Matrix inverse = lu.inverse();
      const double exact = norm_1(A) * norm_1(inverse);
      REQUIRE(close(product(A, inverse), Matrix::Identity(12, 12),
                    {.abs = 1e-13 * exact}));
      const double share = condition_number_1_estimate(A, lu) / exact;
      CHECK_UNARY(share <= 1.0 + 1e-9);
      worst = std::min(worst, share);
      exactly += share > 1.0 - 1e-9;
    }
    EVIDENCE("smallest share of the truth in 100", worst);
    EVIDENCE("exact in", exactly);
    CHECK(worst > 1.0 / 3.0);
    CHECK(exactly > 60);
    // The climb may end at a lower top: the columns of this inverse have the
    // norms 2, 2 and 3, and it stops at the first. Halves: nothing rounds.
    const Matrix A{{0.5, 0.5, 1.0}, {-0.5, 0.5, 1.0}, {0.0, 0.0, 1.0}};
    CHECK(lu_factor(A)->inverse() ==
          Matrix{{1.0, -1.0, 0.0}, {1.0, 1.0, -2.0}, {0.0, 0.0, 1.0}});
    CHECK(condition_number_1_estimate(A, *lu_factor(A)) == 2.0 * norm_1(A));
  }

  TEST_CASE("subtraction_of_close_numbers_loses_digits") {
    const double a = 1.0 + 1e-12, b = 1.0;  // a is rounded, by up to eps / 2
    const double kappa = condition_of_difference(a, b);
    CHECK(close(kappa, 2e12, {.rel = 1e-3}));
    // The difference of the doubles is exact; the error came with a.
    const double error = std::abs((a - b) - 1e-12) / 1e-12;
    EVIDENCE("relative error of (1 + 1e-12) - 1", error);
    CHECK(error <= kappa * eps);
    CHECK(error > 1e-6);
    CHECK(condition_of_difference(3.0, -5.0) == 1.0);  // a sum: harmless
    CHECK(condition_of_difference(3.0, 1.0) == 2.0);
    CHECK(condition_of_difference(2.0, 2.0) == infinity);
  }

  TEST_CASE("singular_means_infinite") {
    CHECK(condition_number_2(Matrix::Zero(3, 2)) == infinity);
    CHECK(condition_number_2(diagonal(Vector{{1.0, 0.0}})) == infinity);
    CHECK(condition_number_2(Matrix{{-3.0}}) == 1.0);
    CHECK(close(condition_number_2(Matrix{{1.0}, {2.0}}), 1.0, {.ulps = 4}));
    CHECK(digits_lost(infinity) == infinity);
  }
}

TEST_SUITE("maths/condition_number extra") {
  TEST_CASE("arguments that break the contract are refused") {
    const double nan = std::nan("");
    const Matrix I = Matrix::Identity(2, 2);
    CHECK_THROWS_WITH(condition_number_2(Matrix::Ones(1, 2)),
                      "condition_number_2: need m >= n, got 1 x 2");
    CHECK_THROWS_AS(condition_number_2(Matrix(0, 0)), std::invalid_argument);
    CHECK_THROWS_AS(condition_number_2(nan * I), std::invalid_argument);
    CHECK_THROWS_WITH(
        condition_number_1_estimate(Matrix::Ones(3, 3), *lu_factor(I)),
        "condition_number_1_estimate: A is 3 x 3, lu has 2 rows");
    CHECK_THROWS_AS(
        condition_number_1_estimate(Matrix::Ones(2, 3), *lu_factor(I)),
        std::invalid_argument);
    CHECK_THROWS_WITH(hilbert(0), "hilbert: need n >= 1, got n = 0");
    CHECK_THROWS_WITH(digits_lost(0.5),
                      "digits_lost: need kappa >= 1, got 0.5");
    CHECK_THROWS_AS(digits_lost(nan), std::invalid_argument);
    CHECK_THROWS_WITH(worst_perturbation(Matrix::Ones(3, 2)),
                      "worst_perturbation: need a square matrix, got 3 x 2");
    CHECK_THROWS_WITH(worst_perturbation(Matrix::Zero(2, 2)),
                      "worst_perturbation: A is singular");
    CHECK_THROWS_AS(nearest_singular(nan * I), std::invalid_argument);
    CHECK_THROWS_WITH(equilibrate_columns(Matrix{{1.0, 0.0}, {1.0, 0.0}}),
                      "equilibrate_columns: column 1 is 0");
    CHECK_THROWS_WITH(equilibrate_columns(nan * I),
                      "equilibrate_columns: A(0, 0) is nan");
    CHECK_THROWS_WITH(condition_of_difference(1.0, nan),
                      "condition_of_difference: need finite numbers, got 1 and "
                      "nan");
    CHECK_THROWS_AS(condition_of_difference(infinity, 1.0),
                    std::invalid_argument);
  }
}
