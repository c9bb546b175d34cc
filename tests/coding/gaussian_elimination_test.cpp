// Verifies the claims of questions/coding/gaussian_elimination.md.
#include <whiteboard/coding/gaussian_elimination.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <Eigen/LU>
#include <Eigen/QR>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::determinant_by_elimination;
using coding::gaussian_elimination;
using whiteboard::testing::gaussian;

namespace {

/// |b - A x| / (|A| |x|).
double residual(const Matrix& A, const Vector& b, const Vector& x) {
  return (b - A * x).norm() / (A.norm() * x.norm());
}

/// Elimination that takes the diagonal entry for the pivot, whatever it is.
Vector without_pivoting(Matrix A, Vector b) {
  const Eigen::Index n = A.rows();
  for (Eigen::Index k = 0; k < n; ++k) {
    for (Eigen::Index i = k + 1; i < n; ++i) {
      const double factor = A(i, k) / A(k, k);
      A.row(i) -= factor * A.row(k);
      b(i) -= factor * b(k);
    }
  }
  for (Eigen::Index i = n - 1; i >= 0; --i) {
    b(i) = (b(i) - A.row(i).tail(n - i - 1).dot(b.tail(n - i - 1))) / A(i, i);
  }
  return b;
}

Matrix hilbert(Eigen::Index n) {
  Matrix H(n, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j < n; ++j) {
      H(i, j) = 1.0 / static_cast<double>(i + j + 1);
    }
  }
  return H;
}

/// 1 on the diagonal and in the last column, -1 below the diagonal.
Matrix wilkinson(Eigen::Index n) {
  Matrix W = Matrix::Identity(n, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    W.row(i).head(i).setConstant(-1.0);
    W(i, n - 1) = 1.0;
  }
  return W;
}

/// The sum over all permutations, n! terms.
double leibniz(const Matrix& A) {
  std::vector<Eigen::Index> columns(static_cast<std::size_t>(A.rows()));
  std::iota(columns.begin(), columns.end(), Eigen::Index{0});
  double sum = 0.0;
  do {
    double term = 1.0;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      term *= A(static_cast<Eigen::Index>(i), columns[i]);
      for (std::size_t j = 0; j < i; ++j) {
        if (columns[j] > columns[i]) term = -term;  // an inversion
      }
    }
    sum += term;
  } while (std::next_permutation(columns.begin(), columns.end()));
  return sum;
}

}  // namespace

TEST_SUITE("coding/gaussian_elimination") {
  TEST_CASE("random_systems_have_tiny_residuals") {
    CHECK(close(gaussian_elimination(Matrix{{1.0, 1.0}, {1.0, -1.0}},
                                     Vector{{3.0, 1.0}}),
                Vector{{2.0, 1.0}}));
    std::mt19937_64 rng(0);
    int large = 0;
    double worst = 0.0;
    for (int trial = 0; trial < 500; ++trial) {
      const Eigen::Index n = 1 + trial % 25;
      CAPTURE(trial);
      const Matrix A = gaussian(n, n, rng);
      const Vector b = gaussian(n, 1, rng).col(0);
      const Vector x = gaussian_elimination(A, b);
      REQUIRE(x.size() == n);
      const double r = residual(A, b, x);
      if (!(r < 1e-14)) ++large;
      worst = std::max(worst, r);
      // Both are within condition times rounding of the truth.
      const Eigen::FullPivLU<Matrix> lu(A);
      const double condition = A.norm() * lu.inverse().norm();
      CHECK(close(x, Vector(lu.solve(b)), {.scale = 1e-14 * condition}));
    }
    CHECK(large == 0);
    EVIDENCE("largest relative residual of 500", worst);
  }

  TEST_CASE("a_tiny_pivot_ruins_the_answer") {
    const Matrix A{{1e-20, 1.0}, {1.0, 1.0}};
    const Vector b{{1.0, 2.0}};
    // (1 / (1 - 1e-20), (1 - 2e-20) / (1 - 1e-20)) rounds to (1, 1).
    CHECK(close(gaussian_elimination(A, b), Vector{{1.0, 1.0}}, {.ulps = 1}));
    CHECK(close(without_pivoting(A, b), Vector{{0.0, 1.0}}));
    // A zero on the diagonal of a matrix that is as regular as can be.
    const Matrix swap{{0.0, 1.0}, {1.0, 0.0}};
    CHECK(close(gaussian_elimination(swap, b), Vector{{2.0, 1.0}}));
    CHECK_FALSE(without_pivoting(swap, b).allFinite());
  }

  TEST_CASE("the_pivot_is_the_largest_magnitude") {
    // The largest value of the first column is 1e-20, the largest magnitude 1.
    const Matrix A{{1e-20, 1.0}, {-1.0, 1.0}};
    CHECK(close(gaussian_elimination(A, Vector{{1.0, 0.0}}), Vector{{1.0, 1.0}},
                {.ulps = 1}));
    // Every order of the rows of one system gives its one solution.
    std::mt19937_64 rng(1);
    const Matrix B = gaussian(6, 6, rng);
    const Vector x{{1.0, -2.0, 3.0, -4.0, 5.0, -6.0}};
    const Vector c = B * x;
    for (int trial = 0; trial < 50; ++trial) {
      Matrix shuffled(6, 6);
      Vector right(6);
      Eigen::Index i = 0;
      for (const std::ptrdiff_t from : permutation(6, rng)) {
        shuffled.row(i) = B.row(from);
        right(i++) = c(from);
      }
      CHECK(close(gaussian_elimination(shuffled, right), x, {.scale = 1e-12}));
    }
  }

  TEST_CASE("a_small_residual_is_not_a_small_error") {
    const Matrix H = hilbert(12);
    const Vector ones = Vector::Ones(12);
    const Vector b = H * ones;
    const Vector x = gaussian_elimination(H, b);
    REQUIRE(x.size() == 12);
    const double error = (x - ones).cwiseAbs().maxCoeff();
    EVIDENCE("relative residual", residual(H, b, x));
    EVIDENCE("largest error", error);
    CHECK(residual(H, b, x) < 1e-15);
    CHECK(error > 1e-2);
    CHECK(std::isfinite(error));
    CHECK_THROWS_AS(gaussian_elimination(hilbert(13), Vector::Ones(13)),
                    std::invalid_argument);
  }

  TEST_CASE("singular_to_working_precision_is_refused") {
    // 0.7, 0.8, 0.9 is twice 0.4, 0.5, 0.6 less 0.1, 0.2, 0.3, but its last
    // pivot is a rounding error.
    const Matrix A{{0.1, 0.2, 0.3}, {0.4, 0.5, 0.6}, {0.7, 0.8, 0.9}};
    const Vector b{{1.0, 2.0, 4.0}};
    const double determinant = determinant_by_elimination(A);
    EVIDENCE("its determinant by elimination", determinant);
    CHECK(std::abs(determinant) < 1e-16);
    CHECK_THROWS_AS(gaussian_elimination(A, b), std::invalid_argument);
    CHECK_THROWS_AS(gaussian_elimination(1e10 * A, b), std::invalid_argument);
    CHECK_THROWS_AS(gaussian_elimination(Matrix{{1.0, 2.0}, {2.0, 4.0}},
                                         Vector{{1.0, 1.0}}),
                    std::invalid_argument);
    // Not the size decides: this one is as regular as the identity.
    CHECK(close(gaussian_elimination(Matrix{{1e-200, 0.0}, {0.0, 1e-200}},
                                     Vector{{1e-200, 2e-200}}),
                Vector{{1.0, 2.0}}));
  }

  TEST_CASE("determinant_is_the_product_of_pivots") {
    CHECK(determinant_by_elimination(Matrix{{0.0, 2.0}, {3.0, 0.0}}) == -6.0);
    CHECK(determinant_by_elimination(Matrix{{1.0, 2.0}, {2.0, 4.0}}) == 0.0);
    std::mt19937_64 rng(2);
    for (const Eigen::Index n : {1, 2, 3, 4, 5, 6}) {
      for (int trial = 0; trial < 20; ++trial) {
        CAPTURE(n);
        const Matrix A = gaussian(n, n, rng);
        // Hadamard: a determinant is at most the product of row lengths.
        double hadamard = 1.0;
        for (Eigen::Index i = 0; i < n; ++i) hadamard *= A.row(i).norm();
        CHECK(close(determinant_by_elimination(A), leibniz(A),
                    {.abs = 1e-14 * hadamard}));
      }
    }
  }

  TEST_CASE("growth_is_the_worst_case") {
    // All pivots of Wilkinson's matrix are 1 but the last, where the column
    // has doubled in each step; all of it in exact integers.
    CHECK(determinant_by_elimination(wilkinson(20)) == 524288.0);
    CHECK(determinant_by_elimination(wilkinson(50)) == std::ldexp(1.0, 49));

    std::mt19937_64 rng(3);
    const Matrix W = wilkinson(60);
    const Vector want = gaussian(60, 1, rng).col(0);
    const Vector b = W * want;
    const Vector x = gaussian_elimination(W, b);
    const Vector by_qr = Eigen::HouseholderQR<Matrix>(W).solve(b);
    EVIDENCE("residual of elimination", residual(W, b, x));
    EVIDENCE("residual of QR", residual(W, b, by_qr));
    CHECK(residual(W, b, x) > 1e-4);
    CHECK(residual(W, b, by_qr) < 1e-14);
    // It is not an ill-conditioned matrix.
    CHECK(W.norm() * Matrix(W.inverse()).norm() < 2000.0);
  }
}

TEST_SUITE("coding/gaussian_elimination extra") {
  TEST_CASE("one equation and no equation") {
    CHECK(close(gaussian_elimination(Matrix{{-4.0}}, Vector{{2.0}}),
                Vector{{-0.5}}));
    CHECK(determinant_by_elimination(Matrix{{-4.0}}) == -4.0);
    CHECK(determinant_by_elimination(Matrix(0, 0)) == 1.0);
  }

  TEST_CASE("arguments that break the contract are refused") {
    CHECK_THROWS_WITH(
        gaussian_elimination(Matrix::Ones(2, 3), Vector::Ones(2)),
        "gaussian_elimination: need an n x n matrix and n numbers, got 2 x 3 "
        "and 2");
    CHECK_THROWS_AS(gaussian_elimination(Matrix::Ones(2, 2), Vector::Ones(3)),
                    std::invalid_argument);
    CHECK_THROWS_AS(gaussian_elimination(Matrix(0, 0), Vector()),
                    std::invalid_argument);
    CHECK_THROWS_WITH(
        gaussian_elimination(Matrix::Zero(2, 2), Vector::Ones(2)),
        "gaussian_elimination: the matrix is singular, no pivot above 0");
    CHECK_THROWS_WITH(
        gaussian_elimination(Matrix{{1.0, std::nan("")}, {0.0, 1.0}},
                             Vector::Ones(2)),
        "gaussian_elimination: A(0, 1) is nan");
    CHECK_THROWS_WITH(
        gaussian_elimination(
            Matrix::Identity(2, 2),
            Vector{{0.0, std::numeric_limits<double>::infinity()}}),
        "gaussian_elimination: b(1) is inf");
    CHECK_THROWS_WITH(
        determinant_by_elimination(Matrix::Ones(1, 2)),
        "determinant_by_elimination: need a square matrix, got 1 x 2");
    CHECK_THROWS_AS(determinant_by_elimination(Matrix{{std::nan("")}}),
                    std::invalid_argument);
  }
}
