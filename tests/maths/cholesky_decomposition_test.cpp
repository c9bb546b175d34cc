// Verifies the claims of questions/maths/cholesky_decomposition.md.
#include <whiteboard/maths/cholesky_decomposition.hpp>

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
using namespace whiteboard::maths;
using Eigen::Index;
using whiteboard::testing::gaussian;
using whiteboard::testing::product;
using whiteboard::testing::transposed;

namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();

Matrix times_its_transpose(const Matrix& A) {
  return product(A, transposed(A));
}

/// n x n with the given eigenvalues, in a random orthonormal basis made of
/// reflections: the eigenvalues are known because they were put there.
Matrix with_eigenvalues(const Vector& values, std::mt19937_64& rng) {
  Matrix A = values.asDiagonal();
  for (Index k = 0; k < values.size(); ++k) {
    const Vector v = gaussian(values.size(), 1, rng).col(0).normalized();
    A -= 2.0 * v * (v.transpose() * A);
    A -= 2.0 * (A * v) * v.transpose();
  }
  return 0.5 * (A + transposed(A));
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

Matrix hilbert(Index n) {
  Matrix H(n, n);
  for (Index i = 0; i < n; ++i) {
    for (Index j = 0; j < n; ++j) {
      H(i, j) = 1.0 / static_cast<double>(i + j + 1);
    }
  }
  return H;
}

/// G G^T + I: positive definite, condition number about n.
Matrix positive_definite(Index n, std::mt19937_64& rng) {
  return times_its_transpose(gaussian(n, n, rng)) + Matrix::Identity(n, n);
}

/// Largest |A - L L^T|_ij over (n + 1) eps sqrt(a_ii a_jj), the bound of [3].
double residual_over_bound(const Matrix& L, const Matrix& A) {
  const Vector root = A.diagonal().cwiseSqrt();
  const Matrix scale = root * root.transpose();
  const Matrix error = (A - times_its_transpose(L)).cwiseAbs();
  return error.cwiseQuotient(scale).maxCoeff() /
         (static_cast<double>(A.rows() + 1) * eps);
}

bool is_lower_triangular(const Matrix& L) {
  for (Index i = 0; i < L.rows(); ++i) {
    if (!(L(i, i) > 0.0)) return false;
    for (Index j = i + 1; j < L.cols(); ++j) {
      if (L(i, j) != 0.0) return false;
    }
  }
  return true;
}

}  // namespace

TEST_SUITE("maths/cholesky_decomposition") {
  TEST_CASE("it_exists_exactly_when_all_eigenvalues_are_positive") {
    std::mt19937_64 rng(1);
    int definite = 0, disagreements = 0;
    for (int trial = 0; trial < 1000; ++trial) {
      const Index n = 1 + uniform_index(8, rng);
      Vector values(n);
      for (double& value : values) value = uniform(0.01, 1.0, rng);
      // One eigenvalue down to 1e-10 beside 1, of either sign: the rounding of
      // A moves it by some 1e-15.
      const double sign = trial % 2 == 0 ? 1.0 : -1.0;
      values(0) = sign * std::pow(10.0, uniform(-10.0, 0.0, rng));
      const Matrix A = with_eigenvalues(values, rng);
      const std::optional<Matrix> L = cholesky(A);
      disagreements += L.has_value() != (values.minCoeff() > 0.0);
      definite += L.has_value();
      if (!L) continue;
      CHECK_UNARY(is_lower_triangular(*L));
      CHECK_UNARY(residual_over_bound(*L, A) <= 1.0);
    }
    EVIDENCE("positive definite of 1000", definite);
    EVIDENCE("disagreements with the eigenvalues", disagreements);
    CHECK(definite == 500);
    CHECK(disagreements == 0);
  }

  TEST_CASE("the_textbook_factor") {
    const Matrix A{
        {4.0, 12.0, -16.0}, {12.0, 37.0, -43.0}, {-16.0, -43.0, 98.0}};
    const Matrix want{{2.0, 0.0, 0.0}, {6.0, 1.0, 0.0}, {-8.0, 5.0, 3.0}};
    const std::optional<Matrix> L = cholesky(A);
    REQUIRE(L.has_value());
    CHECK(*L == want);  // whole numbers: no rounding
    CHECK(*cholesky_reference(A) == want);
    // A x = b by whole numbers as well: x = (1, -2, 3).
    const Vector b{{-68.0, -191.0, 364.0}};
    CHECK(close(cholesky_solve(*L, b), Vector{{1.0, -2.0, 3.0}}, {.ulps = 4}));
    EVIDENCE("last pivot", (*L)(2, 2) * (*L)(2, 2));
  }

  TEST_CASE("positive_entries_are_not_enough") {
    const Matrix A{{1.0, 2.0}, {2.0, 1.0}};
    // A (1, -1) = -(1, -1), and the second pivot is 1 - 2^2 = -3.
    CHECK(close(Vector(A * Vector{{1.0, -1.0}}), Vector{{-1.0, 1.0}}));
    CHECK_FALSE(cholesky(A).has_value());
    CHECK_FALSE(cholesky(A, 0.0).has_value());
    CHECK_FALSE(cholesky_reference(A).has_value());
    // And negative entries are no obstacle.
    CHECK(cholesky(Matrix{{2.0, -1.0}, {-1.0, 2.0}}).has_value());
    EVIDENCE("x'Ax at (1, -1)",
             Vector{{1.0, -1.0}}.dot(A * Vector{{1.0, -1.0}}));
  }

  TEST_CASE("leading_minors_decide_definite_but_not_semidefinite") {
    std::mt19937_64 rng(2);
    int definite = 0;
    for (int trial = 0; trial < 300; ++trial) {
      // Small whole numbers: the minors are exact.
      Matrix A(4, 4);
      for (Index i = 0; i < 4; ++i) {
        for (Index j = 0; j <= i; ++j) {
          A(i, j) = A(j, i) = static_cast<double>(uniform_index(7, rng) - 3);
        }
        A(i, i) += 4.0;
      }
      bool all_positive = true;
      for (Index k = 1; k <= 4; ++k) {
        all_positive &= determinant(A.topLeftCorner(k, k)) > 0.0;
      }
      CHECK_UNARY(cholesky(A).has_value() == all_positive);
      definite += all_positive;
    }
    EVIDENCE("definite of 300", definite);
    CHECK(definite > 30);
    CHECK(definite < 270);

    const Matrix A{{0.0, 0.0}, {0.0, -1.0}};
    CHECK(determinant(A.topLeftCorner(1, 1)) == 0.0);
    CHECK(determinant(A) == 0.0);
    const Vector x{{0.0, 1.0}};
    CHECK(x.dot(A * x) == -1.0);  // not semidefinite
    CHECK_FALSE(cholesky(A, 0.0).has_value());
  }

  TEST_CASE("a_gram_matrix_needs_independent_columns_or_a_ridge") {
    std::mt19937_64 rng(3);
    std::vector<double> last_pivots;
    for (int trial = 0; trial < 50; ++trial) {
      Matrix X = gaussian(20, 5, rng);
      X.col(4) = X.col(trial % 4);
      const Matrix G = product(transposed(X), X);
      CHECK_FALSE(cholesky(G).has_value());
      // Without the tolerance rounding decides, and a factor may come out whose
      // last pivot is noise: at most a few n eps of the diagonal entry.
      if (const std::optional<Matrix> L = cholesky(G, 0.0)) {
        const double pivot = (*L)(4, 4) * (*L)(4, 4) / G(4, 4);
        CHECK(pivot < 25.0 * eps);
        last_pivots.push_back(pivot);
      }
      for (const double lambda : {1e-8, 1.0}) {
        CHECK(cholesky(G + lambda * Matrix::Identity(5, 5)).has_value());
      }
      // Independent columns need no ridge.
      X.col(4) = gaussian(20, 1, rng).col(0);
      CHECK(cholesky(product(transposed(X), X)).has_value());
    }
    EVIDENCE("of 50 factored without the tolerance", last_pivots.size());
    EVIDENCE_SERIES("their last pivots over the diagonal entry", last_pivots);
    CHECK_FALSE(last_pivots.empty());
    // The scale of a column is no matter: its pivot is judged by its own entry.
    CHECK(cholesky(Matrix{{1.0, 0.0}, {0.0, 1e-300}}).has_value());
    CHECK_FALSE(cholesky(Matrix::Ones(2, 2) * 1e300).has_value());
  }

  TEST_CASE("no_pivoting_is_needed") {
    std::mt19937_64 rng(4);
    std::vector<Matrix> cases{hilbert(4), hilbert(8), hilbert(10)};
    cases.push_back(positive_definite(100, rng));
    Vector values(30);
    for (Index i = 0; i < 30; ++i) values(i) = std::pow(10.0, -0.4 * double(i));
    cases.push_back(with_eigenvalues(values, rng));
    // The matrix that ruins elimination without row exchanges, made definite.
    cases.push_back(Matrix{{1e-20, 1e-11}, {1e-11, 1.0}});
    double worst = 0.0;
    for (const Matrix& A : cases) {
      CAPTURE(A.rows());
      const std::optional<Matrix> L = cholesky(A);
      REQUIRE(L.has_value());
      // Eq. (6): the squares of a row add up to a_ii, so nothing can grow.
      CHECK(close(Vector(L->rowwise().squaredNorm()), Vector(A.diagonal()),
                  {.rel = static_cast<double>(A.rows() + 1) * eps}));
      CHECK(residual_over_bound(*L, A) <= 1.0);
      worst = std::max(worst, residual_over_bound(*L, A));
    }
    EVIDENCE("largest residual over the bound", worst);
  }

  TEST_CASE("two_triangles_solve_the_system") {
    std::mt19937_64 rng(5);
    double worst = 0.0;
    for (const Index n : {1, 2, 5, 60}) {
      CAPTURE(n);
      const Matrix A = positive_definite(n, rng);
      const Vector b = gaussian(n, 1, rng).col(0);
      const Vector x = cholesky_solve(*cholesky(A), b);
      // Backward stable: (3n + 1) eps trace(A) |x| bounds the residual [3].
      const double bound =
          static_cast<double>(3 * n + 1) * eps * A.trace() * x.norm();
      const double residual = (A * x - b).norm();
      CHECK(residual <= bound);
      worst = std::max(worst, residual / bound);
    }
    EVIDENCE("largest residual over the bound", worst);
  }

  TEST_CASE("the_log_determinant_outlives_the_determinant") {
    std::mt19937_64 rng(6);
    const Matrix A = positive_definite(6, rng);
    CHECK(close(log_det_from_cholesky(*cholesky(A)), std::log(determinant(A)),
                {.abs = 1e-12}));
    // det(0.001 I) of size 200 is 1e-600.
    const Matrix small = 1e-3 * Matrix::Identity(200, 200);
    const Matrix L = *cholesky(small);
    CHECK(L.diagonal().prod() * L.diagonal().prod() == 0.0);
    CHECK(close(log_det_from_cholesky(L), -600.0 * std::log(10.0),
                {.rel = 1e-14}));
    EVIDENCE("log det of 0.001 I of size 200", log_det_from_cholesky(L));
  }

  TEST_CASE("l_times_noise_has_the_covariance") {
    const Matrix covariance{{4.0, 1.8, 0.0}, {1.8, 1.0, 0.3}, {0.0, 0.3, 2.0}};
    const Vector mean{{1.0, -2.0, 100.0}};
    std::mt19937_64 rng(7);
    const Index count = 20000;
    const Matrix X = sample_gaussian(mean, covariance, count, rng);
    REQUIRE(X.rows() == count);
    REQUIRE(X.cols() == 3);
    const Vector centre = X.colwise().mean();
    const Matrix centred = X.rowwise() - centre.transpose();
    const Matrix S =
        product(transposed(centred), centred) / static_cast<double>(count - 1);

    // L^T z has the covariance L^T L: the same trace, other entries.
    const Matrix L = *cholesky(covariance);
    const Matrix wrong = product(transposed(L), L);
    CHECK(close(wrong.trace(), covariance.trace(), {.rel = 1e-15}));
    double largest_error = 0.0, largest_of_wrong = 0.0;
    for (Index i = 0; i < 3; ++i) {
      const double root = std::sqrt(static_cast<double>(count));
      CHECK(close(centre(i), mean(i),
                  {.abs = 5.0 * std::sqrt(covariance(i, i)) / root}));
      for (Index j = 0; j < 3; ++j) {
        // Of a Gaussian: variance of S_ij is (c_ii c_jj + c_ij^2) / count.
        const double error = std::sqrt(covariance(i, i) * covariance(j, j) +
                                       covariance(i, j) * covariance(i, j)) /
                             root;
        CHECK(close(S(i, j), covariance(i, j), {.abs = 5.0 * error}));
        largest_error = std::max(largest_error,
                                 std::abs(S(i, j) - covariance(i, j)) / error);
        largest_of_wrong =
            std::max(largest_of_wrong, std::abs(S(i, j) - wrong(i, j)) / error);
      }
    }
    EVIDENCE("covariance of L z, standard errors off", largest_error);
    EVIDENCE("from L^T L it is off by", largest_of_wrong);
    CHECK(largest_of_wrong > 50.0);
  }

  TEST_CASE("a_rank_one_update_is_a_new_factorisation") {
    std::mt19937_64 rng(8);
    double worst = 0.0;
    for (const Index n : {1, 2, 7, 40}) {
      CAPTURE(n);
      const Matrix A = positive_definite(n, rng);
      for (const double size : {1e-3, 1.0, 1e3}) {
        const Vector x = size * gaussian(n, 1, rng).col(0);
        const Matrix B = A + x * x.transpose();
        const Matrix got = cholesky_rank_one_update(*cholesky(A), x);
        CHECK(is_lower_triangular(got));
        // A rotation costs each entry a few roundings; n of them meet a row.
        const double bound = 4.0 * static_cast<double>(n + 1) * eps;
        const Vector root = B.diagonal().cwiseSqrt();
        const Matrix scale = root * root.transpose();
        const Matrix error = (times_its_transpose(got) - B).cwiseAbs();
        const double relative = error.cwiseQuotient(scale).maxCoeff();
        CHECK(relative <= bound);
        // The factor itself, through a condition number of about 1e3 n.
        if (size == 1.0) CHECK(close(got, *cholesky(B), {.scale = 1e-12}));
        worst = std::max(worst, relative);
      }
    }
    EVIDENCE("largest entry of L L^T - (A + x x^T), relative", worst);
  }

  TEST_CASE("a_bordered_matrix_needs_one_more_row") {
    std::mt19937_64 rng(9);
    const Matrix A = positive_definite(12, rng);
    // Grown from 1 x 1, a row at a time.
    Matrix L = *cholesky(A.topLeftCorner(1, 1));
    for (Index n = 1; n < 12; ++n) {
      const Vector row = A.row(n).head(n + 1).transpose();
      const std::optional<Matrix> larger = cholesky_append(L, row);
      REQUIRE(larger.has_value());
      CHECK(close(larger->topLeftCorner(n, n), L));  // nothing above changes
      L = *larger;
    }
    CHECK(is_lower_triangular(L));
    CHECK(residual_over_bound(L, A) <= 1.0);
    CHECK(close(L, *cholesky(A), {.scale = 1e-13}));
    EVIDENCE("largest difference from factoring at once",
             largest_difference(L, *cholesky(A)));
    // A copy of a row makes it singular.
    Vector copy(13);
    copy << A.row(3).transpose(), A(3, 3);
    CHECK_FALSE(cholesky_append(L, copy).has_value());
    copy(12) += 1e-6;
    CHECK(cholesky_append(L, copy).has_value());
    copy(12) = -1.0;
    CHECK_FALSE(cholesky_append(L, copy, 0.0).has_value());
  }

  TEST_CASE("blocks_give_the_same_factor") {
    std::mt19937_64 rng(10);
    double worst = 0.0;
    for (const Index n : {1, 47, 48, 49, 96, 130}) {
      CAPTURE(n);
      const Matrix A = positive_definite(n, rng);
      const Matrix L = *cholesky(A);
      CHECK(is_lower_triangular(L));
      CHECK(residual_over_bound(L, A) <= 1.0);
      // Both have a small residual; the condition number is some n^2.
      CHECK(close(L, *cholesky_reference(A), {.scale = 1e-11}));
      worst = std::max(worst, largest_difference(L, *cholesky_reference(A)));
    }
    EVIDENCE("largest difference of the two forms", worst);
    // A failure in a later block is seen by both.
    Matrix A = positive_definite(100, rng);
    A(99, 99) = -1.0;
    CHECK_FALSE(cholesky(A).has_value());
    CHECK_FALSE(cholesky_reference(A).has_value());
  }
}

TEST_SUITE("maths/cholesky_decomposition extra") {
  TEST_CASE("one by one") {
    CHECK(*cholesky(Matrix{{9.0}}) == Matrix{{3.0}});
    CHECK_FALSE(cholesky(Matrix{{0.0}}).has_value());
    CHECK_FALSE(cholesky(Matrix{{-1.0}}).has_value());
    CHECK(cholesky_append(Matrix{{3.0}}, Vector{{3.0, 5.0}})
              ->isApprox(Matrix{{3.0, 0.0}, {1.0, 2.0}}));
  }

  TEST_CASE("a pivot within n eps of its diagonal entry is no pivot") {
    // The second pivot is exactly d: 2 eps of 1 + 2 eps is within 2 eps of it.
    const auto pivot = [](double d) {
      return cholesky(Matrix{{1.0, 1.0}, {1.0, 1.0 + d}}).has_value();
    };
    CHECK_FALSE(pivot(2.0 * eps));
    CHECK(pivot(3.0 * eps));
    CHECK(cholesky(Matrix{{1.0, 1.0}, {1.0, 1.0 + eps}}, 0.0).has_value());
    CHECK_FALSE(cholesky(Matrix::Ones(2, 2), 0.0).has_value());
    CHECK_FALSE(cholesky(Matrix{{1.0, 0.0}, {0.0, 1.0}}, 0.6).has_value());
    const Matrix one{{1.0}};
    CHECK_FALSE(cholesky_append(one, Vector{{1.0, 1.0 + 2.0 * eps}}));
    CHECK(cholesky_append(one, Vector{{1.0, 1.0 + 3.0 * eps}}).has_value());
    CHECK(cholesky_append(one, Vector{{1.0, 1.0 + eps}}, 0.0).has_value());
    CHECK_FALSE(cholesky_append(one, Vector{{1.0, 1.0}}, 0.0).has_value());
  }

  TEST_CASE("only the lower triangle of a factor is read") {
    const Matrix L{{2.0, 7.0}, {1.0, 3.0}};  // of [[4, 2], [2, 10]]
    CHECK(close(cholesky_solve(L, Vector{{8.0, 22.0}}), Vector{{1.0, 2.0}},
                {.ulps = 4}));
    CHECK(close(log_det_from_cholesky(L), std::log(36.0), {.ulps = 4}));
    const Matrix larger = *cholesky_append(L, Vector{{2.0, 7.0, 6.0}});
    CHECK(close(larger,
                Matrix{{2.0, 0.0, 0.0}, {1.0, 3.0, 0.0}, {1.0, 2.0, 1.0}},
                {.ulps = 4}));
  }

  TEST_CASE("the same draws from the same seed and none at all") {
    const Matrix I = Matrix::Identity(2, 2);
    std::mt19937_64 a(1), b(1);
    CHECK(close(sample_gaussian(Vector::Zero(2), I, 5, a),
                sample_gaussian(Vector::Zero(2), I, 5, b)));
    CHECK(sample_gaussian(Vector::Zero(2), I, 0, a).rows() == 0);
  }

  TEST_CASE("arguments that break the contract are refused") {
    const double nan = std::nan("");
    CHECK_THROWS_WITH(cholesky(Matrix(0, 0)),
                      "cholesky: need a square matrix, got 0 x 0");
    CHECK_THROWS_WITH(cholesky(Matrix::Ones(2, 3)),
                      "cholesky: need a square matrix, got 2 x 3");
    CHECK_THROWS_WITH(cholesky(Matrix{{1.0, 0.5}, {0.25, 1.0}}),
                      "cholesky: need a symmetric matrix, got A(1, 0) = 0.25, "
                      "A(0, 1) = 0.5");
    CHECK_THROWS_WITH(cholesky(Matrix{{1.0, nan}, {nan, 1.0}}),
                      "cholesky: A(0, 1) is nan");
    CHECK_THROWS_AS(cholesky_reference(Matrix::Ones(2, 3)),
                    std::invalid_argument);
    const Matrix I = Matrix::Identity(2, 2);
    CHECK_THROWS_WITH(cholesky(I, -1.0),
                      "cholesky: need a finite tolerance >= 0, got -1");
    CHECK_THROWS_AS(cholesky(I, nan), std::invalid_argument);
    CHECK_THROWS_WITH(cholesky_solve(I, Vector::Ones(3)),
                      "cholesky: need an n x n factor and n numbers, got 2 x 2 "
                      "and 3");
    CHECK_THROWS_AS(cholesky_solve(I, Vector{{1.0, nan}}),
                    std::invalid_argument);
    CHECK_THROWS_WITH(log_det_from_cholesky(-I),
                      "cholesky: need a factor with a positive diagonal");
    CHECK_THROWS_AS(log_det_from_cholesky(nan * I), std::invalid_argument);
    CHECK_THROWS_AS(cholesky_solve(Matrix::Ones(2, 3), Vector::Ones(2)),
                    std::invalid_argument);
    CHECK_THROWS_AS(cholesky_rank_one_update(I, Vector::Ones(3)),
                    std::invalid_argument);
    CHECK_THROWS_AS(cholesky_rank_one_update(I, Vector{{1.0, nan}}),
                    std::invalid_argument);
    CHECK_THROWS_AS(cholesky_append(I, Vector::Ones(2)), std::invalid_argument);
    CHECK_THROWS_AS(cholesky_append(I, Vector{{1.0, 0.0, nan}}),
                    std::invalid_argument);
    std::mt19937_64 rng(0);
    CHECK_THROWS_WITH(sample_gaussian(Vector::Ones(3), I, 1, rng),
                      "sample_gaussian: need a covariance for 3 numbers and "
                      "count >= 0, got 2 rows and count = 1");
    CHECK_THROWS_AS(sample_gaussian(Vector::Ones(2), I, -1, rng),
                    std::invalid_argument);
    CHECK_THROWS_AS(sample_gaussian(Vector{{1.0, nan}}, I, 1, rng),
                    std::invalid_argument);
    CHECK_THROWS_WITH(
        sample_gaussian(Vector::Ones(2), Matrix::Ones(2, 2), 1, rng),
        "sample_gaussian: the covariance is not positive definite");
  }
}
