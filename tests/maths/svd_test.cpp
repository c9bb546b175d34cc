// Verifies the claims of questions/maths/svd.md.
#include <whiteboard/maths/svd.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/products.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::maths;
using Eigen::Index;
using whiteboard::testing::data_set;
using whiteboard::testing::gaussian;
using whiteboard::testing::product;
using whiteboard::testing::transposed;

namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();

Matrix identity(Index n) {
  return Matrix::Identity(n, n);
}
Matrix diagonal(const Vector& s) {
  return s.asDiagonal();
}
Matrix rebuilt(const Svd& svd) {
  return product(product(svd.U, diagonal(svd.s)), transposed(svd.V));
}
Matrix gram(const Matrix& A) {
  return product(transposed(A), A);
}

/// All that makes U, s, V a singular value decomposition of A.
void check_svd(const Svd& svd, const Matrix& A) {
  const Index r = std::min(A.rows(), A.cols());
  REQUIRE(svd.U.rows() == A.rows());
  REQUIRE(svd.U.cols() == r);
  REQUIRE(svd.V.rows() == A.cols());
  REQUIRE(svd.V.cols() == r);
  REQUIRE(svd.s.size() == r);
  CHECK(svd.converged);
  // Each rotation costs some eps; ten sweeps of r rotations meet a column.
  CHECK(close(gram(svd.U), identity(r), {.abs = 1e-14 * double(r + 1)}));
  CHECK(close(gram(svd.V), identity(r), {.abs = 1e-14 * double(r + 1)}));
  CHECK(close(rebuilt(svd), A, {.scale = 1e-14 * double(r + 1)}));
  CHECK(svd.s.minCoeff() >= 0.0);
  for (Index i = 1; i < r; ++i) CHECK(svd.s(i) <= svd.s(i - 1));
}

/// Columns made orthonormal one after the other, twice for safety.
Matrix orthonormal(Matrix A) {
  for (Index j = 0; j < A.cols(); ++j) {
    for (int twice = 0; twice < 2; ++twice) {
      for (Index i = 0; i < j; ++i) {
        const double overlap = A.col(i).dot(A.col(j));
        A.col(j) -= overlap * A.col(i);
      }
    }
    A.col(j).normalize();
  }
  return A;
}

Matrix centred(const Matrix& X) {
  return X.rowwise() - Eigen::RowVectorXd(X.colwise().mean());
}

}  // namespace

TEST_SUITE("maths/svd") {
  TEST_CASE("every_matrix_has_one") {
    std::mt19937_64 rng(1);
    Matrix deficient = gaussian(9, 5, rng);
    deficient.col(1) = deficient.col(4);
    deficient.col(3).setZero();
    const std::vector<Matrix> cases{
        gaussian(5, 5, rng),   gaussian(30, 4, rng), gaussian(3, 20, rng),
        gaussian(1, 6, rng),   gaussian(6, 1, rng),  deficient,
        transposed(deficient), Matrix::Zero(4, 3),   Matrix::Zero(2, 5),
        Matrix::Ones(6, 6),    identity(4),          Matrix{{-2.0}}};
    double worst = 0.0;
    for (const Matrix& A : cases) {
      CAPTURE(A);
      const Svd svd = jacobi_svd(A);
      check_svd(svd, A);
      worst = std::max(worst, largest_difference(rebuilt(svd), A));
    }
    EVIDENCE("largest entry of A - U S V^T", worst);
    CHECK(close(jacobi_svd(Matrix::Zero(4, 3)).s, Vector::Zero(3)));
    CHECK(jacobi_svd(Matrix{{-2.0}}).s(0) == 2.0);
  }

  TEST_CASE("singular_values_are_not_eigenvalues") {
    // Lower triangular: its eigenvalues are 3 and 5.
    const Matrix A{{3.0, 0.0}, {4.0, 5.0}};
    const Svd svd = jacobi_svd(A);
    CHECK(close(svd.s, Vector{{std::sqrt(45.0), std::sqrt(5.0)}}, {.ulps = 8}));
    EVIDENCE_SERIES("singular values of [[3, 0], [4, 5]]", svd.s);
    // A shear has the eigenvalue 1 twice, and stretches by the golden ratio.
    const double golden = 0.5 * (1.0 + std::sqrt(5.0));
    CHECK(close(jacobi_svd(Matrix{{1.0, 1.0}, {0.0, 1.0}}).s,
                Vector{{golden, 1.0 / golden}}, {.ulps = 8}));
    // Of a normal matrix they are the moduli: 1 +- 2i here, and -3.
    const Matrix N{{1.0, 2.0, 0.0}, {-2.0, 1.0, 0.0}, {0.0, 0.0, -3.0}};
    CHECK(close(jacobi_svd(N).s, Vector{{3.0, std::sqrt(5.0), std::sqrt(5.0)}},
                {.ulps = 8}));
    // Symmetric but not definite: the sign goes into U.
    const Svd flip = jacobi_svd(Matrix{{1.0, 0.0}, {0.0, -2.0}});
    CHECK(close(flip.s, Vector{{2.0, 1.0}}, {.ulps = 2}));
    CHECK(flip.U.col(0).dot(flip.V.col(0)) < 0.0);
  }

  TEST_CASE("squares_are_the_eigenvalues_of_both_gram_matrices") {
    std::mt19937_64 rng(2);
    const Matrix A = gaussian(7, 4, rng);
    const Svd svd = jacobi_svd(A);
    const Vector squares = svd.s.cwiseAbs2();
    const Matrix inner = gram(A), outer = gram(transposed(A));
    // A^T A v = s^2 v and A A^T u = s^2 u, for every pair.
    CHECK(close(product(inner, svd.V), product(svd.V, diagonal(squares)),
                {.scale = 1e-13}));
    CHECK(close(product(outer, svd.U), product(svd.U, diagonal(squares)),
                {.scale = 1e-13}));
    // The other three of A A^T are 0: the traces agree.
    CHECK(close(outer.trace(), squares.sum(), {.rel = 1e-14}));
    // And A v = s u, which fixes the sign of each u beside its v.
    CHECK(close(product(A, svd.V), product(svd.U, diagonal(svd.s)),
                {.scale = 1e-14}));
    EVIDENCE_SERIES("squares of the singular values", squares);
  }

  TEST_CASE("pca_is_the_svd_of_the_centred_data") {
    const Matrix X = data_set("iris").features();
    REQUIRE(X.rows() == 150);
    const Svd svd = jacobi_svd(centred(X));
    // scikit-learn 1.2.1, PCA().fit(X).explained_variance_.
    CHECK(close(Vector(svd.s.cwiseAbs2() / 149.0),
                Vector{{4.22824171, 0.24267075, 0.0782095, 0.02383509}},
                {.abs = 5e-9}));
    // Without centring the first direction is that of the mean.
    const Svd raw = jacobi_svd(X);
    const Vector mean = X.colwise().mean();
    const double to_mean = std::abs(raw.V.col(0).dot(mean.normalized()));
    const double to_axis = std::abs(raw.V.col(0).dot(svd.V.col(0)));
    EVIDENCE("cosine of the uncentred axis with the mean", to_mean);
    EVIDENCE("its cosine with the principal axis", to_axis);
    CHECK(to_mean > 0.999);
    CHECK(to_axis < 0.75);
  }

  TEST_CASE("the_gram_matrix_loses_half_the_digits") {
    // Laeuchli: columns (1, h, 0) and (1, 0, h), s = sqrt(2 + h^2) and h.
    const double h = 1e-8;
    const Matrix A{{1.0, 1.0}, {h, 0.0}, {0.0, h}};
    const Svd svd = jacobi_svd(A);
    CHECK(
        close(svd.s, Vector{{std::sqrt(2.0 + h * h), h}}, {.scale = 4 * eps}));
    CHECK(close(svd.s(1), h, {.rel = 1e-7}));
    // 1 + h^2 rounds to 1 and the Gram matrix to all ones.
    CHECK(gram(A) == Matrix::Ones(2, 2));
    const Svd shortcut = svd_via_gram(A);
    CHECK(shortcut.s(1) == 0.0);
    EVIDENCE("smaller singular value by rotations", svd.s(1));
    EVIDENCE("by the Gram matrix", shortcut.s(1));
    // Where nothing is small the two agree.
    std::mt19937_64 rng(3);
    const Matrix B = gaussian(6, 3, rng);
    check_svd(svd_via_gram(B), B);
    CHECK(close(svd_via_gram(B).s, jacobi_svd(B).s, {.rel = 1e-13}));
  }

  TEST_CASE("tiny_singular_values_keep_their_digits") {
    const Matrix B{
        {1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}, {7.0, 8.0, 10.0}, {2.0, 0.0, 1.0}};
    const Matrix A = product(B, diagonal(Vector{{1e-10, 1e-20, 1.0}}));
    // mpmath 1.2.1 with 120 digits.
    const Vector want{
        {12.083045973594572, 1.6940670038987922e-10, 8.2762564029718592e-21}};
    // The condition number of B with columns of length 1 is about 30.
    CHECK(close(jacobi_svd(A).s, want, {.rel = 1e-13}));
    CHECK(close(jacobi_svd(transposed(A)).s, want, {.rel = 1e-13}));
    CHECK(close(jacobi_svd_reference(A).s, want, {.rel = 1e-13}));
    EVIDENCE_SERIES("singular values over the exact ones",
                    Vector(jacobi_svd(A).s.cwiseQuotient(want)));
    // Near the ends of the range of double, too.
    for (const double scale : {0x1.0p+1000, 0x1.0p-980}) {
      const Matrix S = scale * B;
      CHECK(close(Vector(jacobi_svd(S).s / scale), jacobi_svd(B).s,
                  {.rel = 1e-15}));
    }
  }

  TEST_CASE("norms_determinant_and_rank_are_read_off") {
    std::mt19937_64 rng(4);
    const Matrix A = gaussian(5, 5, rng);
    const Svd svd = jacobi_svd(A);
    CHECK(close(A.norm(), svd.s.norm(), {.rel = 1e-14}));
    // Expansion of a product of permutations would do; a known one is simpler.
    const Matrix K{{2.0, 1.0, 0.0}, {0.0, 3.0, 1.0}, {1.0, 0.0, -1.0}};
    CHECK(close(jacobi_svd(K).s.prod(), 5.0, {.rel = 1e-14}));  // det = -5
    // No direction is stretched by more than s_1 or less than s_5; v attains.
    double largest = 0.0, smallest = 1e300;
    for (int trial = 0; trial < 5000; ++trial) {
      const Vector x = gaussian(5, 1, rng).col(0).normalized();
      const double stretch = (A * x).norm();
      largest = std::max(largest, stretch);
      smallest = std::min(smallest, stretch);
    }
    CHECK(largest <= svd.s(0));
    CHECK(smallest >= svd.s(4));
    CHECK(close((A * svd.V.col(0)).norm(), svd.s(0), {.rel = 1e-14}));
    CHECK(
        close((A * svd.V.col(4)).norm(), svd.s(4), {.abs = 1e-14 * svd.s(0)}));
    EVIDENCE("largest stretch of 5000 over s_1", largest / svd.s(0));

    for (Index rank = 0; rank <= 5; ++rank) {
      Matrix low = Matrix::Zero(8, 5);
      for (Index k = 0; k < rank; ++k) {
        low += gaussian(8, 1, rng) * gaussian(1, 5, rng);
      }
      CHECK(numerical_rank(jacobi_svd(low)) == rank);
      CHECK(numerical_rank(jacobi_svd(transposed(1e-30 * low))) == rank);
    }
  }

  TEST_CASE("the_polar_factor_is_the_nearest_rotation") {
    std::mt19937_64 rng(5);
    const Matrix A = gaussian(3, 3, rng);
    const Matrix Q = polar_factor(A);
    CHECK(close(gram(Q), identity(3), {.abs = 1e-14}));
    const double distance = (A - Q).norm();
    // A = Q H with a symmetric H: what is left is a stretch along axes.
    const Matrix H = product(transposed(Q), A);
    CHECK(close(H, transposed(H), {.abs = 1e-14}));
    double nearest = 1e300;
    for (int trial = 0; trial < 2000; ++trial) {
      // Anywhere, and close by.
      const double spread = trial % 2 == 0 ? 10.0 : 0.01;
      const Matrix other = orthonormal(Q + spread * gaussian(3, 3, rng));
      nearest = std::min(nearest, (A - other).norm());
    }
    EVIDENCE("distance of the polar factor", distance);
    EVIDENCE("nearest of 2000 others", nearest);
    CHECK(nearest >= distance);
    CHECK(nearest < 1.01 * distance);

    // Procrustes: find the rotation between two sets of points, with noise.
    const Matrix truth = orthonormal(gaussian(3, 3, rng));
    const Matrix X = gaussian(50, 3, rng);
    const Matrix Y = product(X, truth) + 1e-3 * gaussian(50, 3, rng);
    const Matrix found = polar_factor(product(transposed(X), Y));
    CHECK(close(found, truth, {.abs = 1e-3}));
    EVIDENCE("error of the rotation found", largest_difference(found, truth));
  }

  TEST_CASE("two_by_two_has_a_closed_form") {
    std::mt19937_64 rng(6);
    double worst = 0.0;
    for (int trial = 0; trial < 200; ++trial) {
      const Matrix A = gaussian(2, 2, rng);
      const Vector got =
          singular_values_2x2(A(0, 0), A(0, 1), A(1, 0), A(1, 1));
      const Vector want = jacobi_svd(A).s;
      CHECK(close(got, want, {.scale = 8 * eps}));
      worst = std::max(worst, largest_difference(got, want));
      // |A|_F^2 = s_1^2 + s_2^2 and |det A| = s_1 s_2, without any rotation.
      CHECK(close(got.norm(), A.norm(), {.rel = 1e-15}));
      CHECK(close(got.prod(), std::abs(A(0, 0) * A(1, 1) - A(0, 1) * A(1, 0)),
                  {.abs = 8 * eps * A.squaredNorm()}));
    }
    EVIDENCE("largest difference from the rotations", worst);
    CHECK(singular_values_2x2(0.0, -1.0, 1.0, 0.0) == Vector{{1.0, 1.0}});
    CHECK(singular_values_2x2(3.0, 0.0, 0.0, -4.0) == Vector{{4.0, 3.0}});
  }

  TEST_CASE("qr_first_gives_the_same_decomposition") {
    std::mt19937_64 rng(7);
    for (const Index m : {4, 5, 60}) {
      CAPTURE(m);
      const Matrix A = gaussian(m, 4, rng);
      const Svd direct = jacobi_svd_reference(A), by_qr = jacobi_svd(A);
      check_svd(direct, A);
      CHECK(close(by_qr.s, direct.s, {.rel = 1e-14}));
      // Vectors up to a common sign: the values are apart.
      for (Index k = 0; k < 4; ++k) {
        const double sign =
            by_qr.V.col(k).dot(direct.V.col(k)) > 0 ? 1.0 : -1.0;
        CHECK(close(Vector(sign * by_qr.V.col(k)), Vector(direct.V.col(k)),
                    {.abs = 1e-13}));
        CHECK(close(Vector(sign * by_qr.U.col(k)), Vector(direct.U.col(k)),
                    {.abs = 1e-13}));
      }
    }
    EVIDENCE("sweeps for 60 x 4", jacobi_svd(gaussian(60, 4, rng)).sweeps);
  }
}

TEST_SUITE("maths/svd extra") {
  TEST_CASE("not converged is a result") {
    std::mt19937_64 rng(8);
    const Matrix A = gaussian(6, 6, rng);
    const Svd svd = jacobi_svd(A, {.max_sweeps = 1});
    CHECK_FALSE(svd.converged);
    CHECK(svd.sweeps == 1);
    CHECK(close(rebuilt(svd), A, {.abs = 1e-13}));  // rotations are exact
    CHECK_FALSE(jacobi_svd(A, {.max_sweeps = 0}).converged);
    const Svd whole = jacobi_svd(A);
    CHECK(whole.sweeps >= 3);
    CHECK(whole.sweeps <= 10);
    // A looser tolerance ends earlier.
    CHECK(jacobi_svd(A, {.tolerance = 0.1}).sweeps < whole.sweeps);
  }

  TEST_CASE("dependent columns do not keep it rotating") {
    std::mt19937_64 rng(9);
    for (const Index n : {2, 6, 15}) {
      CAPTURE(n);
      const Svd ones = jacobi_svd(Matrix::Ones(n, n));
      CHECK(ones.converged);
      CHECK(ones.sweeps <= 4);
      CHECK(close(ones.s(0), static_cast<double>(n), {.rel = 1e-14}));
      CHECK(ones.s(1) < static_cast<double>(n) * eps * std::sqrt(double(n)));
      const Svd low = jacobi_svd(gaussian(n, 2, rng) * gaussian(2, n, rng));
      CHECK(low.converged);
      CHECK(low.sweeps <= 12);
    }
  }

  TEST_CASE("an orthogonal matrix needs no rotation") {
    const Svd svd = jacobi_svd(identity(5));
    CHECK(svd.sweeps == 0);
    CHECK(close(svd.s, Vector::Ones(5)));
  }

  TEST_CASE("the gram route fills in what it lost") {
    const Matrix A = Matrix::Ones(4, 2);
    const Svd svd = svd_via_gram(A);
    CHECK(close(gram(svd.U), identity(2), {.abs = 1e-7}));
    CHECK(close(svd.s, Vector{{std::sqrt(8.0), 0.0}}, {.abs = 1e-7}));
  }

  TEST_CASE("arguments that break the contract are refused") {
    const double nan = std::nan("");
    CHECK_THROWS_WITH(jacobi_svd(Matrix(0, 3)),
                      "jacobi_svd: need a matrix that is not empty, got 0 x 3");
    CHECK_THROWS_WITH(jacobi_svd(Matrix{{1.0, nan}}),
                      "jacobi_svd: A(0, 1) is nan");
    CHECK_THROWS_WITH(jacobi_svd_reference(Matrix::Ones(2, 3)),
                      "jacobi_svd_reference: need m >= n >= 1, got 2 x 3");
    CHECK_THROWS_AS(jacobi_svd_reference(Matrix(3, 0)), std::invalid_argument);
    CHECK_THROWS_AS(jacobi_svd_reference(nan * identity(2)),
                    std::invalid_argument);
    CHECK_THROWS_WITH(svd_via_gram(Matrix::Ones(2, 3)),
                      "svd_via_gram: need m >= n >= 1, got 2 x 3");
    CHECK_THROWS_AS(svd_via_gram(Matrix(3, 0)), std::invalid_argument);
    CHECK_THROWS_AS(svd_via_gram(nan * identity(2)), std::invalid_argument);
    CHECK_THROWS_WITH(polar_factor(Matrix::Ones(2, 3)),
                      "polar_factor: need m >= n, got 2 x 3");
    CHECK_THROWS_AS(polar_factor(nan * identity(2)), std::invalid_argument);
  }
}
