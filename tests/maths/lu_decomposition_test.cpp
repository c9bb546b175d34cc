// Verifies the claims of questions/maths/lu_decomposition.md.
#include <whiteboard/maths/lu_decomposition.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/products.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::maths;
using Eigen::Index;
using whiteboard::testing::gaussian;
using whiteboard::testing::product;
using whiteboard::testing::times;

namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();

Matrix lower(const Lu& lu) {
  Matrix L = lu.factors.triangularView<Eigen::UnitLower>();
  return L;
}
Matrix upper(const Lu& lu) {
  Matrix U = lu.factors.triangularView<Eigen::Upper>();
  return U;
}
Matrix permuted(const Lu& lu, const Matrix& A) {
  return A(lu.rows, Eigen::all);
}

/// Largest |P A - L U|_ij over n eps (|L| |U|)_ij, the bound of every
/// elimination that runs to its end.
double residual_over_bound(const Lu& lu, const Matrix& A) {
  const Matrix error =
      (permuted(lu, A) - product(lower(lu), upper(lu))).cwiseAbs();
  const Matrix size =
      product(lower(lu).cwiseAbs(), Matrix(upper(lu).cwiseAbs()));
  return (error.array() / (static_cast<double>(A.rows()) * eps * size.array()))
      .maxCoeff();
}

/// Ones on the diagonal and in the last column, -1 below: each step doubles the
/// last column.
Matrix wilkinson(Index n) {
  Matrix A = Matrix::Identity(n, n);
  for (Index i = 0; i < n; ++i) {
    for (Index j = 0; j < i; ++j) A(i, j) = -1.0;
    A(i, n - 1) = 1.0;
  }
  return A;
}

Matrix hilbert(Index n) {
  Matrix H(n, n);
  for (Index i = 0; i < n; ++i) {
    for (Index j = 0; j < n; ++j) {
      H(i, j) = 1.0 / static_cast<double>(i + j + 1);
    }
  }
  return H;
}

/// Expansion along the first row.
double determinant(const Matrix& A) {
  if (A.rows() == 1) return A(0, 0);
  double sum = 0.0;
  for (Index j = 0; j < A.cols(); ++j) {
    Matrix minor(A.rows() - 1, A.cols() - 1);
    for (Index c = 0, to = 0; c < A.cols(); ++c) {
      if (c != j) minor.col(to++) = A.col(c).tail(A.rows() - 1);
    }
    sum += (j % 2 == 0 ? 1.0 : -1.0) * A(0, j) * determinant(minor);
  }
  return sum;
}

}  // namespace

TEST_SUITE("maths/lu_decomposition") {
  TEST_CASE("pa_is_lu") {
    std::mt19937_64 rng(1);
    double worst = 0.0;
    for (const Index n : {1, 2, 3, 10, 50}) {
      CAPTURE(n);
      const Matrix A = gaussian(n, n, rng);
      const std::optional<Lu> lu = lu_factor(A);
      REQUIRE(lu.has_value());
      CHECK(residual_over_bound(*lu, A) <= 1.0);
      CHECK(lower(*lu).cwiseAbs().maxCoeff() == 1.0);
      worst = std::max(worst, residual_over_bound(*lu, A));
      std::vector<Index> sorted = lu->rows;
      std::sort(sorted.begin(), sorted.end());
      for (Index i = 0; i < n; ++i) {
        CHECK(sorted[static_cast<std::size_t>(i)] == i);
      }
    }
    EVIDENCE("largest residual over the bound", worst);
  }

  TEST_CASE("a_tiny_pivot_ruins_the_answer") {
    const Matrix A{{1e-20, 1.0}, {1.0, 1.0}};
    const Vector b{{1.0, 2.0}};
    const Vector ruined = lu_factor(A, Pivoting::none)->solve(b);
    CHECK(ruined == Vector{{0.0, 1.0}});
    const Vector x = lu_factor(A)->solve(b);
    CHECK(close(x, Vector{{1.0, 1.0}}, {.ulps = 2}));
    EVIDENCE_SERIES("x without row exchanges", ruined);
    EVIDENCE_SERIES("x with", x);
    // The loss is in the factor: 1 - 1e20 has no room for the 1, and L U is no
    // longer A.
    const std::optional<Lu> lu = lu_factor(A, Pivoting::none);
    REQUIRE(lu.has_value());
    CHECK(product(lower(*lu), upper(*lu))(1, 1) == 0.0);
    CHECK(growth_factor(*lu, A) == 1e20);
    CHECK(growth_factor(*lu_factor(A), A) == 1.0);
  }

  TEST_CASE("growth_of_two_to_the_n_exists_and_is_rare") {
    // Sums of equal numbers: exact.
    const Matrix W = wilkinson(30);
    CHECK(growth_factor(*lu_factor(W), W) == 536870912.0);
    std::mt19937_64 rng(2);
    double largest = 0.0;
    for (int trial = 0; trial < 100; ++trial) {
      const Matrix A = gaussian(30, 30, rng);
      largest = std::max(largest, growth_factor(*lu_factor(A), A));
    }
    EVIDENCE("growth for the worst matrix of size 30", 536870912.0);
    EVIDENCE("largest growth of 100 random matrices", largest);
    CHECK(largest > 1.0);
    CHECK(largest < 10.0);
  }

  TEST_CASE("growth_spoils_a_harmless_system_and_refinement_mends_it") {
    std::mt19937_64 rng(3);
    const Matrix W = wilkinson(60);  // its condition number is only 27
    const Vector truth = gaussian(60, 1, rng).col(0);
    const Vector b = times(W, truth);
    const std::optional<Lu> lu = lu_factor(W);
    REQUIRE(lu.has_value());
    const Vector x = lu->solve(b);
    const double before = (x - truth).norm() / truth.norm();
    const double after = (refine(W, *lu, b, x) - truth).norm() / truth.norm();
    EVIDENCE("relative error", before);
    EVIDENCE("after one step of refinement", after);
    CHECK(before > 0.01);
    CHECK(after < 1e-14);
  }

  TEST_CASE("one_factorisation_serves_every_right_hand_side") {
    std::mt19937_64 rng(4);
    const Index n = 40;
    const Matrix A = gaussian(n, n, rng);
    const std::optional<Lu> lu = lu_factor(A);
    REQUIRE(lu.has_value());
    double worst = 0.0;
    for (int k = 0; k < 10; ++k) {
      const Vector b = gaussian(n, 1, rng).col(0);
      const Vector x = lu->solve(b), t = lu->solve_transposed(b);
      // Backward stable: 3 n eps |L| |U| |x| bounds the residual.
      const Vector bound =
          3.0 * static_cast<double>(n) * eps *
          times(product(lower(*lu).cwiseAbs(), upper(*lu).cwiseAbs()),
                x.cwiseAbs())
              .cwiseMax(0.0);
      const Vector residual = (times(A, x) - b).cwiseAbs();
      const Vector over = Vector(residual(lu->rows)).cwiseQuotient(bound);
      CHECK(over.maxCoeff() <= 1.0);
      worst = std::max(worst, over.maxCoeff());
      // Entries of L are at most 1: the same size of residual.
      const Matrix AT = A.transpose();
      CHECK(close(times(AT, t), b, {.abs = 1e-12 * t.norm()}));
      CHECK(t.norm() > 0.0);
    }
    EVIDENCE("largest residual over the bound", worst);
    // Whole numbers and a permutation that is not its own inverse.
    const Matrix P{{0.0, 0.0, 2.0}, {4.0, 0.0, 0.0}, {0.0, 8.0, 0.0}};
    CHECK(lu_factor(P)->solve(Vector{{6.0, 4.0, 16.0}}) ==
          Vector{{1.0, 2.0, 3.0}});
    CHECK(lu_factor(P)->solve_transposed(Vector{{8.0, 24.0, 2.0}}) ==
          Vector{{1.0, 2.0, 3.0}});
  }

  TEST_CASE("the_inverse_has_the_larger_residual") {
    std::vector<double> by_solve, by_inverse;
    for (const Index n : {6, 8, 10, 12}) {
      CAPTURE(n);
      const Matrix H = hilbert(n);
      const Vector b = times(H, Vector::Ones(n));
      const std::optional<Lu> lu = lu_factor(H);
      REQUIRE(lu.has_value());
      by_solve.push_back((times(H, lu->solve(b)) - b).norm());
      by_inverse.push_back((times(H, times(lu->inverse(), b)) - b).norm());
      CHECK(by_solve.back() < 1e-14);
      CHECK(by_inverse.back() > 100.0 * by_solve.back());
    }
    EVIDENCE_SERIES("residual of the solve, Hilbert 6 to 12", by_solve);
    EVIDENCE_SERIES("residual by the inverse", by_inverse);
    CHECK(by_inverse.back() > 1e-3);
    // The entries themselves are fine where the matrix is.
    std::mt19937_64 rng(5);
    const Matrix A = gaussian(7, 7, rng) + 8.0 * Matrix::Identity(7, 7);
    CHECK(close(product(A, lu_factor(A)->inverse()), Matrix::Identity(7, 7),
                {.abs = 1e-14}));
  }

  TEST_CASE("a_small_residual_is_not_a_small_error") {
    const Matrix H = hilbert(12);
    const Vector b = times(H, Vector::Ones(12));
    const Vector x = lu_factor(H)->solve(b);
    const double residual = (times(H, x) - b).cwiseAbs().maxCoeff();
    const double error = (x - Vector::Ones(12)).cwiseAbs().maxCoeff();
    EVIDENCE("residual", residual);
    EVIDENCE("error", error);
    // b is at most 3.2: a few roundings of it.
    CHECK(residual < 4e-15);
    CHECK(error > 0.01);
  }

  TEST_CASE("the_determinant_is_the_signed_product_of_pivots") {
    std::mt19937_64 rng(6);
    double worst = 0.0;
    int negative = 0;
    for (int trial = 0; trial < 60; ++trial) {
      const Index n = 1 + trial % 6;
      const Matrix A = gaussian(n, n, rng);
      const double got = lu_factor(A)->determinant(), want = determinant(A);
      const double size = std::pow(A.norm(), static_cast<double>(n));
      CHECK(close(got, want, {.abs = 1e-14 * size}));
      worst = std::max(worst, std::abs(got - want) / size);
      negative += want < 0.0;
    }
    EVIDENCE("largest difference from the expansion", worst);
    CHECK(negative > 10);
    CHECK(negative < 50);
    // One swap, two swaps.
    CHECK(lu_factor(Matrix{{0.0, 1.0}, {1.0, 0.0}})->determinant() == -1.0);
    const Matrix cycle{{0.0, 1.0, 0.0}, {0.0, 0.0, 1.0}, {1.0, 0.0, 0.0}};
    CHECK(lu_factor(cycle)->determinant() == 1.0);
    // The largest entry is the largest magnitude: -2 here.
    CHECK(lu_factor(Matrix{{1.0, 1.0}, {-2.0, 2.0}})->rows[0] == 1);
  }

  TEST_CASE("a_zero_pivot_is_an_answer_and_a_tiny_one_is_not") {
    CHECK_FALSE(lu_factor(Matrix{{1.0, 2.0}, {2.0, 4.0}}).has_value());
    CHECK_FALSE(lu_factor(Matrix::Zero(3, 3)).has_value());
    // Invertible, and still without an LU of its own.
    const Matrix swap{{0.0, 1.0}, {1.0, 0.0}};
    CHECK_FALSE(lu_factor(swap, Pivoting::none).has_value());
    CHECK(lu_factor(swap)->solve(Vector{{3.0, 5.0}}) == Vector{{5.0, 3.0}});
    // Row 2 is the mean of rows 1 and 3, yet sevenths leave a last pivot.
    const Matrix A{{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}, {7.0, 8.0, 9.0}};
    CHECK(determinant(A) == 0.0);
    const std::optional<Lu> lu = lu_factor(A);
    REQUIRE(lu.has_value());
    EVIDENCE("last pivot of a singular matrix", lu->factors(2, 2));
    EVIDENCE("its determinant by LU", lu->determinant());
    CHECK(lu->factors(2, 2) != 0.0);
    CHECK(std::abs(lu->factors(2, 2)) < 4.0 * eps);
    CHECK(lu->solve(Vector{{1.0, 0.0, 0.0}}).cwiseAbs().maxCoeff() > 1e14);
  }

  TEST_CASE("dominant_columns_need_no_exchanges") {
    std::mt19937_64 rng(7);
    double largest = 0.0;
    for (int trial = 0; trial < 50; ++trial) {
      Matrix A = gaussian(12, 12, rng);
      for (Index j = 0; j < 12; ++j) {
        const double others = A.col(j).cwiseAbs().sum() - std::abs(A(j, j));
        A(j, j) = 1.01 * std::copysign(others, A(j, j));
      }
      const std::optional<Lu> plain = lu_factor(A, Pivoting::none);
      const std::optional<Lu> pivoted = lu_factor(A);
      REQUIRE(plain.has_value());
      REQUIRE(pivoted.has_value());
      CHECK(close(plain->factors, pivoted->factors));  // none was made
      CHECK(pivoted->sign == 1.0);
      largest = std::max(largest, growth_factor(*plain, A));
    }
    EVIDENCE("largest growth of 50", largest);
    CHECK(largest <= 2.0);
  }

  TEST_CASE("blocks_give_the_same_factors") {
    std::mt19937_64 rng(8);
    double worst = 0.0;
    for (const Index n : {1, 47, 48, 49, 96, 130}) {
      CAPTURE(n);
      const Matrix A = gaussian(n, n, rng);
      const Lu got = *lu_factor(A), want = *lu_factor_reference(A);
      CHECK(residual_over_bound(got, A) <= 1.0);
      CHECK(got.rows == want.rows);
      CHECK(got.sign == want.sign);
      // Both have a small residual; the factors follow their own condition.
      CHECK(close(got.factors, want.factors, {.scale = 1e-11}));
      worst = std::max(worst, largest_difference(got.factors, want.factors));
    }
    EVIDENCE("largest difference of the two forms", worst);
    // A zero pivot in a later block.
    Matrix A = gaussian(60, 60, rng);
    A.row(59).setZero();
    CHECK_FALSE(lu_factor(A).has_value());
    CHECK_FALSE(lu_factor_reference(A).has_value());
  }
}

TEST_SUITE("maths/lu_decomposition extra") {
  TEST_CASE("one by one") {
    const std::optional<Lu> lu = lu_factor(Matrix{{-4.0}});
    REQUIRE(lu.has_value());
    CHECK(lu->determinant() == -4.0);
    CHECK(lu->inverse()(0, 0) == -0.25);
    CHECK(lu->solve(Vector{{8.0}})(0) == -2.0);
    CHECK(lu->solve_transposed(Vector{{8.0}})(0) == -2.0);
    CHECK_FALSE(lu_factor(Matrix{{0.0}}).has_value());
  }

  TEST_CASE("arguments that break the contract are refused") {
    const double nan = std::nan("");
    CHECK_THROWS_WITH(lu_factor(Matrix::Ones(2, 3)),
                      "lu_factor: need a square matrix, got 2 x 3");
    CHECK_THROWS_AS(lu_factor(Matrix(0, 0)), std::invalid_argument);
    CHECK_THROWS_AS(lu_factor_reference(Matrix::Ones(2, 3)),
                    std::invalid_argument);
    CHECK_THROWS_WITH(lu_factor(Matrix{{1.0, nan}, {0.0, 1.0}}),
                      "lu_factor: A(0, 1) is nan");
    const Matrix I = Matrix::Identity(2, 2);
    const Lu lu = *lu_factor(I);
    CHECK_THROWS_WITH(lu.solve(Vector::Ones(3)), "Lu: A has 2 rows, b has 3");
    CHECK_THROWS_WITH(lu.solve(Vector{{1.0, nan}}), "Lu: b(1) is nan");
    CHECK_THROWS_AS(lu.solve_transposed(Vector::Ones(3)),
                    std::invalid_argument);
    CHECK_THROWS_AS(lu.solve_transposed(Vector{{1.0, nan}}),
                    std::invalid_argument);
    CHECK_THROWS_WITH(growth_factor(lu, Matrix::Ones(3, 2)),
                      "growth_factor: lu is of another matrix than A, 3 x 2");
    CHECK_THROWS_AS(growth_factor(lu, Matrix::Ones(2, 3)),
                    std::invalid_argument);
    CHECK_THROWS_WITH(refine(I, lu, Vector::Ones(3), Vector::Ones(2)),
                      "refine: A is 2 x 2, x has 2 elements, b 3");
    CHECK_THROWS_AS(refine(I, lu, Vector::Ones(2), Vector::Ones(3)),
                    std::invalid_argument);
  }
}
