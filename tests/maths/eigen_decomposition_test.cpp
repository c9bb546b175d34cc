// Verifies the claims of questions/maths/eigen_decomposition.md.
#include <whiteboard/maths/eigen_decomposition.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/products.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <limits>
#include <numbers>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::maths;
using whiteboard::testing::gaussian;

namespace {

using Complex = std::complex<double>;
using Eigen::Index;
using whiteboard::testing::product;
using whiteboard::testing::transposed;

// One product and one form of it: each further form that Eigen sees would cost
// this file seconds of compile time.
Matrix identity(Index n) {
  return Matrix::Identity(n, n);
}
Matrix diagonal(const Vector& values) {
  return values.asDiagonal();
}

Matrix symmetric(Index n, std::mt19937_64& rng) {
  const Matrix A = gaussian(n, n, rng);
  return A + A.transpose();
}

/// V diag(values) V^T.
Matrix rebuilt(const SymmetricEigen& e) {
  return product(product(e.vectors, diagonal(e.values)), transposed(e.vectors));
}

/// Product of the pivots of elimination with row exchanges.
double determinant(Matrix A) {
  double det = 1.0;
  for (Index k = 0; k < A.rows(); ++k) {
    Index pivot = k;
    for (Index i = k; i < A.rows(); ++i) {
      if (std::abs(A(i, k)) > std::abs(A(pivot, k))) pivot = i;
    }
    if (pivot != k) {
      A.row(k).swap(A.row(pivot));
      det = -det;
    }
    det *= A(k, k);
    for (Index i = k + 1; i < A.rows(); ++i) {
      const double factor = A(i, k) / A(k, k);
      A.row(i) -= factor * A.row(k);
    }
  }
  return det;
}

/// Largest |A v - lambda v| of the two pairs of [[a, b], [c, d]].
double residual(const Eigen2& e, double a, double b, double c, double d) {
  double worst = 0.0;
  for (std::size_t i = 0; i < 2; ++i) {
    const Complex x = e.vectors[i][0], y = e.vectors[i][1];
    worst = std::max({worst, std::abs(a * x + b * y - e.values[i] * x),
                      std::abs(c * x + d * y - e.values[i] * y)});
  }
  return worst;
}

bool in_some_disc(const std::vector<Disc>& discs, Complex z) {
  return std::any_of(discs.begin(), discs.end(), [&](const Disc& disc) {
    // An eigenvalue may lie on the edge, where rounding decides.
    return std::abs(z - disc.centre) <= disc.radius + 1e-12;
  });
}

/// Ones above the diagonal, `corner` at the lower left.
Matrix jordan_block(Index n, double corner) {
  Matrix J = Matrix::Zero(n, n);
  for (Index i = 0; i + 1 < n; ++i) J(i, i + 1) = 1.0;
  J(n - 1, 0) = corner;
  return J;
}

/// Largest angle's sine between the spans of two orthonormal bases.
double distance_of_spans(const Matrix& P, const Matrix& Q) {
  const Matrix difference =
      product(P, transposed(P)) - product(Q, transposed(Q));
  return difference.cwiseAbs().maxCoeff();
}

}  // namespace

TEST_SUITE("maths/eigen_decomposition") {
  TEST_CASE("eigenpairs_of_the_textbook_matrix") {
    const Matrix A{{2.0, 1.0}, {1.0, 2.0}};
    const SymmetricEigen e = jacobi_eigen(A);
    const double r = std::sqrt(0.5);
    CHECK(close(e.values, Vector{{3.0, 1.0}}, {.ulps = 4}));
    CHECK(close(Matrix(e.vectors.cwiseAbs()), Matrix{{r, r}, {r, r}},
                {.ulps = 4}));
    CHECK(e.vectors(0, 0) * e.vectors(1, 0) > 0.0);  // along (1, 1)
    CHECK(e.vectors(0, 1) * e.vectors(1, 1) < 0.0);  // along (1, -1)

    const Eigen2 closed = eigen_2x2(2.0, 1.0, 1.0, 2.0);
    CHECK(closed.values[0] == Complex(3.0));
    CHECK(closed.values[1] == Complex(1.0));
    CHECK(residual(closed, 2.0, 1.0, 1.0, 2.0) < 1e-15);

    std::mt19937_64 rng(1);
    double worst_trace = 0.0, worst_determinant = 0.0;
    for (const Index n : {1, 2, 3, 8}) {
      CAPTURE(n);
      const Matrix B = symmetric(n, rng);
      const Vector values = jacobi_eigen(B).values;
      // Errors of a few n eps times the norm, and of the product of n factors.
      const double size = B.norm();
      CHECK(close(values.sum(), B.trace(), {.abs = 1e-14 * size}));
      CHECK(close(values.prod(), determinant(B),
                  {.abs = 1e-14 * std::pow(size, static_cast<double>(n))}));
      worst_trace =
          std::max(worst_trace, std::abs(values.sum() - B.trace()) / size);
      worst_determinant = std::max(
          worst_determinant, std::abs(values.prod() / determinant(B) - 1.0));
    }
    EVIDENCE("sum of the eigenvalues against the trace", worst_trace);
    EVIDENCE("product against the determinant", worst_determinant);
  }

  TEST_CASE("symmetric_matrices_have_an_orthonormal_basis") {
    std::mt19937_64 rng(2);
    double worst_basis = 0.0, worst_rebuilt = 0.0;
    for (const Index n : {1, 2, 3, 10, 30}) {
      CAPTURE(n);
      const Matrix A = symmetric(n, rng);
      const SymmetricEigen e = jacobi_eigen(A);
      const Matrix gram = product(transposed(e.vectors), e.vectors);
      CHECK(e.converged);
      CHECK(close(gram, identity(n), {.abs = 1e-13}));
      CHECK(close(rebuilt(e), A, {.abs = 1e-13 * A.norm()}));
      worst_basis =
          std::max(worst_basis, largest_difference(gram, identity(n)));
      worst_rebuilt =
          std::max(worst_rebuilt, largest_difference(rebuilt(e), A) / A.norm());
    }
    EVIDENCE("largest entry of V^T V - I", worst_basis);
    EVIDENCE("largest entry of A - V D V^T over the norm", worst_rebuilt);
  }

  TEST_CASE("a_rotation_has_no_real_eigenvector") {
    const Eigen2 quarter = eigen_2x2(0.0, -1.0, 1.0, 0.0);
    CHECK(quarter.values[0] == Complex(0.0, 1.0));
    CHECK(quarter.values[1] == Complex(0.0, -1.0));
    CHECK(residual(quarter, 0.0, -1.0, 1.0, 0.0) < 1e-15);
    CHECK(quarter.directions == 2);

    // Any other angle: cos + i sin, and no real direction stays in place.
    const double angle = 1.1, c = std::cos(angle), s = std::sin(angle);
    const Eigen2 turn = eigen_2x2(c, -s, s, c);
    CHECK(std::abs(turn.values[0] - Complex(c, s)) < 1e-15);
    double least_turned = 4.0;
    for (int k = 0; k < 360; ++k) {
      const double x = std::cos(k * std::numbers::pi / 180.0);
      const double y = std::sin(k * std::numbers::pi / 180.0);
      // |cross product| of v and A v: 0 would mean the same line.
      const double turned = std::abs(x * (s * x + c * y) - y * (c * x - s * y));
      least_turned = std::min(least_turned, turned);
    }
    EVIDENCE("modulus of the eigenvalues", std::abs(turn.values[0]));
    EVIDENCE("least turn of 360 directions", std::asin(least_turned));
    CHECK(least_turned > 0.89);  // sin 1.1 = 0.891 for every direction
    CHECK_THROWS_AS(jacobi_eigen(Matrix{{c, -s}, {s, c}}),
                    std::invalid_argument);
  }

  TEST_CASE("each_rotation_lowers_the_off_diagonal_by_its_entry") {
    std::mt19937_64 rng(3);
    const Matrix start = symmetric(12, rng);
    Matrix A = start, W = identity(12);
    std::vector<double> sums{off_diagonal_square(A)};
    for (Index p = 0; p < 12; ++p) {
      for (Index q = p + 1; q < 12; ++q) {
        const double before = off_diagonal_square(A);
        const double entry = A(p, q);
        jacobi_rotate(A, W, p, q);
        const double drop = before - off_diagonal_square(A);
        sums.push_back(off_diagonal_square(A));
        // Two sums of 132 squares: 132 eps of their size at most.
        CHECK(close(drop, 2.0 * entry * entry, {.abs = 3e-14 * before}));
        CHECK(A(p, q) == 0.0);
      }
    }
    EVIDENCE_SERIES("sum of squares off the diagonal by rotation", sums);
    CHECK(sums.back() < 0.5 * sums.front());
    // And it is the same matrix still, in another basis.
    CHECK(
        close(A, product(product(W, start), transposed(W)), {.scale = 1e-13}));
    CHECK(close(A.norm(), start.norm(), {.rel = 1e-13}));
  }

  TEST_CASE("jacobi_converges_quadratically") {
    int most_sweeps = 0;
    for (unsigned seed = 0; seed < 20; ++seed) {
      CAPTURE(seed);
      std::mt19937_64 rng(seed);
      const Matrix A = symmetric(20, rng);
      const SymmetricEigen e = jacobi_eigen(A);
      most_sweeps = std::max(most_sweeps, e.sweeps);
      CHECK(e.converged);
      CHECK(e.sweeps <= 10);
      REQUIRE(e.off_diagonal.size() == static_cast<std::size_t>(e.sweeps) + 1);
      CHECK(close(e.off_diagonal[0], off_diagonal_square(A), {.rel = 1e-13}));
      CHECK(e.off_diagonal.back() <= 1e-30 * A.squaredNorm());

      // Once small against the gaps, the next size is about its square.
      const double scale = A.norm();
      int quadratic_steps = 0;
      for (std::size_t k = 1; k < e.off_diagonal.size(); ++k) {
        CHECK(e.off_diagonal[k] <= e.off_diagonal[k - 1] * (1.0 + 1e-12));
        const double last = std::sqrt(e.off_diagonal[k - 1]) / scale;
        const double next = std::sqrt(e.off_diagonal[k]) / scale;
        if (last < 1e-3) {
          CHECK(next <= std::max(1e3 * last * last, 1e-15));
          ++quadratic_steps;
        }
      }
      CHECK(quadratic_steps >= 1);
      if (seed == 0) {
        std::vector<double> digits;
        for (const double sum : e.off_diagonal) {
          digits.push_back(-std::log10(std::sqrt(sum) / scale + 1e-300));
        }
        EVIDENCE_SERIES("right digits after each sweep", digits);
      }
    }
    EVIDENCE("most sweeps of 20 matrices of size 20", most_sweeps);
  }

  TEST_CASE("a_shear_has_one_direction") {
    const Eigen2 shear = eigen_2x2(1.0, 1.0, 0.0, 1.0);
    CHECK(shear.values[0] == Complex(1.0));
    CHECK(shear.values[1] == Complex(1.0));
    CHECK(shear.directions == 1);
    for (const auto& v : shear.vectors) {
      CHECK(std::abs(v[0]) == 1.0);
      CHECK(v[1] == Complex(0.0));
    }
    CHECK(eigen_2x2(1.0, 0.0, 1.0, 1.0).directions == 1);
    CHECK(std::abs(eigen_2x2(1.0, 0.0, 1.0, 1.0).vectors[1][1]) == 1.0);
    // The identity repeats its eigenvalue as well, and lacks nothing.
    const Eigen2 one = eigen_2x2(1.0, 0.0, 0.0, 1.0);
    CHECK(one.directions == 2);
    CHECK(one.vectors[0][0] * one.vectors[1][1] -
              one.vectors[0][1] * one.vectors[1][0] ==
          Complex(1.0));
    EVIDENCE("directions of the shear", shear.directions);
    EVIDENCE("directions of the identity", one.directions);
  }

  TEST_CASE("defective_eigenvalues_are_fragile") {
    // Two at 0 and a corner of 1e-10: the roots of lambda^2 = 1e-10.
    const Eigen2 split = eigen_2x2(0.0, 1.0, 1e-10, 0.0);
    CHECK(std::abs(split.values[0] - 1e-5) < 1e-20);
    CHECK(std::abs(split.values[1] + 1e-5) < 1e-20);

    // Ten: J^10 is 1e-10 I, so every eigenvalue has modulus 0.1, and the powers
    // of such a root are its eigenvector.
    const Matrix J = jordan_block(10, 1e-10);
    Matrix power = identity(10);
    for (int k = 0; k < 10; ++k) power = product(power, J);
    CHECK(close(power, Matrix(1e-10 * identity(10))));
    for (int k = 0; k < 10; ++k) {
      const Complex root = std::polar(0.1, k * std::numbers::pi / 5.0);
      std::vector<Complex> v{1.0};
      while (v.size() < 10) v.push_back(v.back() * root);
      for (Index i = 0; i < 10; ++i) {
        Complex Jv = 0.0;
        for (Index j = 0; j < 10; ++j) {
          Jv += J(i, j) * v[static_cast<std::size_t>(j)];
        }
        const Complex wanted = root * v[static_cast<std::size_t>(i)];
        CHECK(std::abs(Jv - wanted) <= 1e-14 * std::abs(wanted));
      }
    }

    // Weyl: a symmetric spectrum moves by |E|_2 at most, which is its largest
    // eigenvalue in modulus.
    std::mt19937_64 rng(4);
    double worst_ratio = 0.0;
    for (int trial = 0; trial < 50; ++trial) {
      const Matrix A = symmetric(10, rng);
      const Matrix E = 1e-3 * symmetric(10, rng);
      const double bound = jacobi_eigen(E).values.cwiseAbs().maxCoeff();
      const double moved = (jacobi_eigen(A + E).values - jacobi_eigen(A).values)
                               .cwiseAbs()
                               .maxCoeff();
      CHECK(bound > 0.0);
      CHECK(moved > 0.0);
      CHECK(moved <= bound + 1e-13);
      worst_ratio = std::max(worst_ratio, moved / bound);
    }
    EVIDENCE("shift of a double eigenvalue by a corner of 1e-10",
             split.values[0].real());
    EVIDENCE("largest shift over its bound when symmetric", worst_ratio);
  }

  TEST_CASE("eigenvectors_are_not_unique") {
    // Eigenvalues 5, 2, 2 in a turned basis: Householder's, of (1, 2, 2) / 3.
    const Vector h{{1.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0}};
    const Matrix H = identity(3) - 2.0 * product(h, transposed(h));
    const Matrix A = product(product(H, diagonal(Vector{{2.0, 5.0, 2.0}})), H);
    const SymmetricEigen e = jacobi_eigen(A);
    CHECK(close(e.values, Vector{{5.0, 2.0, 2.0}}, {.rel = 1e-14}));
    CHECK(distance_of_spans(e.vectors.leftCols(1), H.col(1)) < 1e-14);
    const Matrix plane = (Matrix(3, 2) << H.col(0), H.col(2)).finished();
    CHECK(distance_of_spans(e.vectors.rightCols(2), plane) < 1e-14);

    // Flipped, and turned by any angle within the plane, it is as good.
    double worst = 0.0;
    for (const double angle : {0.3, 1.0, 2.5}) {
      const double c = std::cos(angle), s = std::sin(angle);
      SymmetricEigen other = e;
      other.vectors.col(0) = -e.vectors.col(0);
      other.vectors.col(1) = c * e.vectors.col(1) - s * e.vectors.col(2);
      other.vectors.col(2) = s * e.vectors.col(1) + c * e.vectors.col(2);
      CHECK(close(rebuilt(other), A, {.abs = 1e-14}));
      CHECK(largest_difference(other.vectors, e.vectors) > 0.1);
      worst = std::max(worst, largest_difference(rebuilt(other), A));
    }
    EVIDENCE("difference of the rebuilt matrix from another basis", worst);
  }

  TEST_CASE("powers_give_fibonacci") {
    const Matrix A{{1.0, 1.0}, {1.0, 0.0}};
    double previous = 1.0, current = 0.0;  // F(k-1) and F(k) for k = 0
    std::vector<double> errors;
    for (int k = 0; k <= 50; ++k) {
      CAPTURE(k);
      const Matrix P = matrix_power(A, k);
      CHECK(std::round(P(0, 1)) == current);
      CHECK(std::round(P(0, 0)) == current + previous);
      CHECK(std::round(P(1, 1)) == previous);
      errors.push_back(std::abs(P(0, 1) - current));
      const double next = current + previous;
      previous = current;
      current = next;
    }
    EVIDENCE_SERIES("distance from the whole number", errors);
    EVIDENCE("largest distance up to k = 50",
             *std::max_element(errors.begin(), errors.end()));
  }

  TEST_CASE("every_eigenvalue_lies_in_a_gershgorin_disc") {
    std::mt19937_64 rng(5);
    int checked = 0;
    for (int trial = 0; trial < 500; ++trial) {
      // General, with complex eigenvalues as they come.
      const Matrix A = gaussian(2, 2, rng);
      const Eigen2 pair = eigen_2x2(A(0, 0), A(0, 1), A(1, 0), A(1, 1));
      const std::vector<Disc> discs = gershgorin(A);
      REQUIRE(discs.size() == 2);
      for (const Complex value : pair.values) {
        CHECK(in_some_disc(discs, value));
        ++checked;
      }
      // General, of size 6: a triangle, whose eigenvalues stand on its
      // diagonal, under elementary similarities (add a row, take the column).
      Matrix T = gaussian(6, 6, rng).triangularView<Eigen::Upper>();
      const Vector values = T.diagonal();
      for (Index i = 1; i < 6; ++i) {
        const double factor = normal(rng);
        T.row(i) += factor * T.row(i - 1);
        T.col(i - 1) -= factor * T.col(i);
      }
      for (const double value : values) {
        CHECK(in_some_disc(gershgorin(T), value));
        ++checked;
      }
    }
    EVIDENCE("eigenvalues checked", checked);

    // Exact discs, and an eigenvalue on the edge of one.
    const std::vector<Disc> discs =
        gershgorin(Matrix{{4, 1, -2}, {0, 3, 0}, {1, 1, -5}});
    CHECK(discs[0].centre == 4.0);
    CHECK(discs[0].radius == 3.0);
    CHECK(discs[1].radius == 0.0);
    CHECK(discs[2].centre == -5.0);
    CHECK(discs[2].radius == 2.0);
    CHECK(gershgorin(Matrix{{2, 1}, {1, 2}})[0].contains(3.0));
    CHECK(!gershgorin(Matrix{{2, 1}, {1, 2}})[0].contains(3.1));
    CHECK(!discs[1].contains({3.0, 0.1}));
  }

  TEST_CASE("jacobi_keeps_tiny_eigenvalues") {
    // D B D with D = diag(1, 1e-8, 1e-16) and B near I: the eigenvalues spread
    // over 32 decades. To first order in the tiny ratios they are the pivots of
    // elimination from the top: 1, then 1 - 1/16 scaled, and so on.
    const Matrix B{{1.0, 0.25, 0.125}, {0.25, 1.0, 0.25}, {0.125, 0.25, 1.0}};
    const Vector d{{1.0, 0x1p-27, 0x1p-54}};
    Matrix A = B;
    for (Index i = 0; i < 3; ++i) {
      for (Index j = 0; j < 3; ++j) A(i, j) *= d(i) * d(j);
    }
    const double pivot_2 = 1.0 - 0.25 * 0.25;
    const double coupling = 0.25 - 0.25 * 0.125;
    const double pivot_3 = 1.0 - 0.125 * 0.125 - coupling * coupling / pivot_2;
    const Vector wanted{{1.0, pivot_2 * 0x1p-54, pivot_3 * 0x1p-108}};
    const SymmetricEigen e = jacobi_eigen(A);
    EVIDENCE_SERIES("relative errors",
                    (e.values - wanted).cwiseAbs().cwiseQuotient(wanted));
    EVIDENCE("smallest eigenvalue", e.values(2));
    // The neglected ratios are 2^-54, below eps.
    CHECK(close(e.values, wanted, {.rel = 1e-14}));

    // Calling A(1, 2) zero beside the largest entry loses even the first digit.
    CHECK(std::abs(A(1, 2)) < 2.3e-16 * A.norm());
    CHECK(std::abs(A(2, 2) / wanted(2) - 1.0) > 0.05);  // not rotated
  }
}

TEST_SUITE("maths/eigen_decomposition extra") {
  TEST_CASE("a rotation is the product with its matrix") {
    std::mt19937_64 rng(6);
    for (const Index n : {2, 3, 9}) {
      for (Index p = 0; p < n; ++p) {
        for (Index q = p + 1; q < n; ++q) {
          CAPTURE(n);
          CAPTURE(p);
          CAPTURE(q);
          Matrix A = symmetric(n, rng), W = gaussian(n, n, rng);
          const auto [c, s] = jacobi_rotation(A(p, p), A(p, q), A(q, q));
          Matrix J = identity(n);
          J(p, p) = J(q, q) = c;
          J(p, q) = s;
          J(q, p) = -s;
          const Matrix wanted = product(product(transposed(J), A), J);
          const Matrix wanted_W = product(transposed(J), W);
          jacobi_rotate(A, W, p, q);
          CHECK(close(A, wanted, {.scale = 1e-14}));
          CHECK(close(W, wanted_W, {.scale = 1e-14}));
          CHECK(A == transposed(A));
        }
      }
    }
  }

  TEST_CASE("the angle is right at every scale") {
    for (const double a_pq : {1.0, -1.0, 1e-3, 1e-12, 1e-160, -1e-300}) {
      for (const double gap : {0.0, 1.0, -1.0, 1e-12, -1e5, 1e200}) {
        CAPTURE(a_pq);
        CAPTURE(gap);
        if (std::isinf(gap / a_pq)) continue;  // no double holds that angle
        const auto [c, s] = jacobi_rotation(0.0, a_pq, gap);
        // Entry of J^T A J, and the small one of the two angles.
        const double left = (c * c - s * s) * a_pq - c * s * gap;
        CHECK(std::abs(left) <=
              1e-15 * std::max(std::abs(a_pq), std::abs(c * s * gap)));
        CHECK(close(c * c + s * s, 1.0, {.ulps = 4}));
        CHECK(std::abs(s) <= c * (1.0 + 1e-15));
      }
    }
  }

  TEST_CASE("matrices with special structure") {
    const std::vector<Matrix> all{Matrix::Zero(4, 4),
                                  identity(5),
                                  Matrix::Ones(6, 6),
                                  Matrix{{-7.0}},
                                  diagonal(Vector{{1, 3, -2}}),
                                  Matrix{{0.0, 1.0}, {1.0, 0.0}},
                                  Matrix{{1e-300, 1e-301}, {1e-301, 1e-300}},
                                  Matrix{{1e200, 1e199}, {1e199, -1e200}}};
    for (const Matrix& A : all) {
      CAPTURE(A.rows());
      const SymmetricEigen e = jacobi_eigen(A);
      CHECK(e.converged);
      CHECK(close(rebuilt(e), A, {.scale = 1e-14}));
      CHECK(close(product(transposed(e.vectors), e.vectors), identity(A.rows()),
                  {.abs = 1e-14}));
      for (Index i = 1; i < e.values.size(); ++i) {
        CHECK(e.values(i) <= e.values(i - 1));
      }
    }
    CHECK(jacobi_eigen(identity(5)).sweeps == 0);
    CHECK(close(jacobi_eigen(diagonal(Vector{{1, 3, -2}})).values,
                Vector{{3, 1, -2}}));
    CHECK(
        close(jacobi_eigen(Matrix::Ones(6, 6)).values(0), 6.0, {.rel = 1e-14}));
  }

  TEST_CASE("low rank converges too") {
    std::mt19937_64 rng(7);
    for (int trial = 0; trial < 20; ++trial) {
      const Matrix B = gaussian(15, 3, rng);
      const Matrix A = product(B, transposed(B));
      const SymmetricEigen e = jacobi_eigen(A);
      CHECK(e.converged);
      CHECK(close(rebuilt(e), A, {.scale = 1e-13}));
      CHECK(e.values.tail(12).cwiseAbs().maxCoeff() < 1e-13 * e.values(0));
    }
  }

  TEST_CASE("running out of sweeps is a result") {
    std::mt19937_64 rng(8);
    const Matrix A = symmetric(10, rng);
    const SymmetricEigen none = jacobi_eigen(A, {.max_sweeps = 0});
    CHECK(!none.converged);
    CHECK(none.sweeps == 0);
    const SymmetricEigen one = jacobi_eigen(A, {.max_sweeps = 1});
    CHECK(!one.converged);
    CHECK(one.sweeps == 1);
    CHECK(one.off_diagonal.size() == 2);
    // Still a similarity: the trace stays.
    CHECK(close(one.values.sum(), A.trace(), {.abs = 1e-13}));
    const SymmetricEigen loose = jacobi_eigen(A, {.tolerance = 1e-2});
    CHECK(loose.converged);
    CHECK(loose.sweeps < jacobi_eigen(A).sweeps);
  }

  TEST_CASE("two by two in general position") {
    std::mt19937_64 rng(9);
    double worst = 0.0;
    for (int trial = 0; trial < 300; ++trial) {
      const double a = normal(rng), b = normal(rng), c = normal(rng),
                   d = normal(rng);
      const Eigen2 e = eigen_2x2(a, b, c, d);
      worst = std::max(worst, residual(e, a, b, c, d));
      CHECK(e.values[0].real() >= e.values[1].real());
      CHECK(std::abs(e.values[0] + e.values[1] - (a + d)) < 1e-14);
      CHECK(std::abs(e.values[0] * e.values[1] - (a * d - b * c)) < 1e-13);
      for (const auto& v : e.vectors) {
        CHECK(close(std::norm(v[0]) + std::norm(v[1]), 1.0, {.ulps = 8}));
      }
    }
    CHECK(worst < 1e-14);
    // Diagonal, either way round, has no entry to read a direction from.
    for (const double a : {1.0, 5.0}) {
      const Eigen2 e = eigen_2x2(a, 0.0, 0.0, 3.0);
      CHECK(e.directions == 2);
      CHECK(residual(e, a, 0.0, 0.0, 3.0) == 0.0);
    }
    // trace^2 - 4 det would see 4e8 + 4e-4 as 4e8 and find a double root.
    const Eigen2 near = eigen_2x2(1e4, 1e-4, 1e-4, 1e4);
    CHECK(close(near.values[0].real() - near.values[1].real(), 2e-4,
                {.abs = 4e-12}));
    CHECK(near.directions == 2);
  }

  TEST_CASE("small powers and large ones") {
    std::mt19937_64 rng(10);
    const Matrix A = symmetric(4, rng);
    CHECK(close(matrix_power(A, 0), identity(4), {.abs = 1e-14}));
    CHECK(close(matrix_power(A, 1), A, {.scale = 1e-14}));
    CHECK(
        close(matrix_power(A, 3), product(A, product(A, A)), {.scale = 1e-13}));
  }

  TEST_CASE("arguments that break the contract are refused") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_WITH(jacobi_eigen(Matrix(2, 3)),
                      "jacobi_eigen: need a square matrix, got 2 x 3");
    CHECK_THROWS_AS(jacobi_eigen(Matrix(0, 0)), std::invalid_argument);
    CHECK_THROWS_WITH(jacobi_eigen(Matrix{{1, 2}, {2.5, 1}}),
                      "jacobi_eigen: need a symmetric matrix, got A(1, 0) = "
                      "2.5, A(0, 1) = 2");
    CHECK_THROWS_WITH(jacobi_eigen(Matrix{{1, nan}, {nan, 1}}),
                      "jacobi_eigen: A(0, 1) is nan");
    // Rounding on one side counts half, whichever side it is on.
    for (const Matrix& A :
         {Matrix{{1, 2}, {2 + 1e-12, 1}}, Matrix{{1, 2 + 1e-12}, {2, 1}}}) {
      CHECK(close(jacobi_eigen(A).values(0), 3.0 + 0.5e-12, {.abs = 2e-15}));
    }
    CHECK_THROWS_WITH(matrix_power(identity(2), -1),
                      "matrix_power: need k >= 0, got k = -1");
    CHECK_THROWS_AS(matrix_power(Matrix{{1, 2}, {3, 4}}, 2),
                    std::invalid_argument);
    CHECK_THROWS_AS(eigen_2x2(nan, 0, 0, 1), std::invalid_argument);
    CHECK_THROWS_AS(eigen_2x2(0, nan, 0, 1), std::invalid_argument);
    CHECK_THROWS_AS(eigen_2x2(0, 0, nan, 1), std::invalid_argument);
    CHECK_THROWS_AS(eigen_2x2(0, 0, 0, 1 / 0.0), std::invalid_argument);
    CHECK_THROWS_WITH(gershgorin(Matrix(2, 3)),
                      "gershgorin: need a square matrix, got 2 x 3");
    CHECK_THROWS_WITH(gershgorin(Matrix{{nan}}), "gershgorin: A(0, 0) is nan");
    CHECK(gershgorin(Matrix(0, 0)).empty());
  }
}
