// Verifies the claims of questions/maths/norms.md.
#include <whiteboard/maths/norms.hpp>

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
using whiteboard::testing::gaussian;
using whiteboard::testing::product;
using whiteboard::testing::times;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

Vector random_vector(Index n, std::mt19937_64& rng) {
  return gaussian(n, 1, rng).col(0);
}

/// (sum |x|^p)^(1/p) as it stands, also for p < 1.
double plain(const Vector& x, double p) {
  double sum = 0.0;
  for (const double entry : x) sum += std::pow(std::abs(entry), p);
  return std::pow(sum, 1.0 / p);
}

/// Rank r, m x n.
Matrix of_rank(Index r, Index m, Index n, std::mt19937_64& rng) {
  return product(gaussian(m, r, rng), gaussian(r, n, rng));
}

Matrix relu(const Matrix& A) {
  return A.cwiseMax(0.0);
}

}  // namespace

TEST_SUITE("maths/norms") {
  TEST_CASE("three_norms_and_how_far_apart_they_are") {
    const Vector x{{3.0, -4.0}};
    CHECK(lp_norm(x, 1.0) == 7.0);
    CHECK(close(lp_norm(x, 2.0), 5.0, {.ulps = 1}));
    CHECK(lp_norm(x, infinity) == 4.0);

    std::mt19937_64 rng(1);
    const double slack = 1.0 + 1e-14;
    for (int trial = 0; trial < 200; ++trial) {
      const Index n = 1 + trial % 9;
      const auto size = static_cast<double>(n);
      const Vector y = random_vector(n, rng);
      const double one = lp_norm(y, 1.0), two = lp_norm(y, 2.0);
      const double most = lp_norm(y, infinity);
      CHECK_UNARY(most <= two * slack);
      CHECK_UNARY(two <= one * slack);
      CHECK_UNARY(one <= std::sqrt(size) * two * slack);
      CHECK_UNARY(std::sqrt(size) * two <= size * most * slack);
      CHECK(close(two, y.norm(), {.rel = 1e-14}));
      CHECK(close(lp_norm(y, 3.0), plain(y, 3.0), {.rel = 1e-14}));
    }
    // Equality on the left for one entry, on the right for equal ones.
    const Vector basis{{0.0, -2.0, 0.0, 0.0}},
        equal = Vector::Constant(4, -2.0);
    for (const double p : {1.0, 2.0, 7.5, infinity}) {
      CHECK(close(lp_norm(basis, p), 2.0, {.ulps = 2}));
    }
    CHECK(close(lp_norm(equal, 1.0), 2.0 * lp_norm(equal, 2.0), {.ulps = 2}));
    CHECK(close(2.0 * lp_norm(equal, 2.0), 4.0 * lp_norm(equal, infinity),
                {.ulps = 2}));
    EVIDENCE_SERIES("norms of (3, -4) for p = 1, 2, infinity",
                    std::vector<double>{7.0, lp_norm(x, 2.0), 4.0});
  }

  TEST_CASE("a_larger_p_never_gives_a_larger_norm") {
    std::mt19937_64 rng(2);
    const Vector x = random_vector(50, rng);
    std::vector<double> norms;
    for (const double p : {1.0, 1.5, 2.0, 4.0, 10.0, 100.0, 1000.0}) {
      norms.push_back(lp_norm(x, p));
      // |x|_inf <= |x|_p <= n^(1/p) |x|_inf.
      CHECK(norms.back() >= lp_norm(x, infinity));
      CHECK(norms.back() <=
            std::pow(50.0, 1.0 / p) * lp_norm(x, infinity) * (1.0 + 1e-14));
    }
    for (std::size_t i = 1; i < norms.size(); ++i) {
      CHECK(norms[i] <= norms[i - 1]);
    }
    // The ends of the scale are the sum and the largest entry.
    CHECK(close(norms.front(), x.cwiseAbs().sum(), {.rel = 1e-14}));
    CHECK(lp_norm(x, infinity) == x.cwiseAbs().maxCoeff());
    CHECK(close(norms.back(), lp_norm(x, infinity), {.rel = 0.004}));
    EVIDENCE_SERIES("norm for p = 1 to 1000", norms);
  }

  TEST_CASE("triangles_fail_below_one_and_l0_does_not_scale") {
    // Minkowski's inequality, and homogeneity, for p from 1 on.
    std::mt19937_64 rng(3);
    for (int trial = 0; trial < 200; ++trial) {
      const Vector x = random_vector(5, rng), y = random_vector(5, rng);
      for (const double p : {1.0, 1.7, 2.0, 5.0, infinity}) {
        CHECK_UNARY(lp_norm(x + y, p) <=
                    (lp_norm(x, p) + lp_norm(y, p)) * (1.0 + 1e-14));
        CHECK(close(lp_norm(-3.0 * x, p), 3.0 * lp_norm(x, p), {.rel = 1e-14}));
      }
    }
    const Vector a{{1.0, 0.0}}, b{{0.0, 1.0}};
    CHECK(plain(a + b, 0.5) == 4.0);  // more than 1 + 1
    CHECK(plain(a, 0.5) + plain(b, 0.5) == 2.0);
    CHECK_THROWS_WITH(lp_norm(a, 0.5), "lp_norm: need p >= 1, got p = 0.5");
    EVIDENCE("length of (1, 0) + (0, 1) at p = 1/2", plain(a + b, 0.5));

    const Vector x{{5.0, 0.0, 1e-17, -2.0}};
    CHECK(l0_count(x, 1e-12) == 2);
    CHECK(l0_count(2.0 * x, 1e-12) == l0_count(x, 1e-12));
    CHECK(l0_count(x, 0.0) == 3);  // what rounding leaves counts
    CHECK(l0_count(x, 2.0) == 1);  // above, not at, the tolerance
  }

  TEST_CASE("the_dual_norm_is_attained") {
    std::mt19937_64 rng(4);
    double best = 0.0;
    for (const double p : {1.0, 1.5, 2.0, 3.0, infinity}) {
      CAPTURE(p);
      const Vector x = random_vector(4, rng);
      const double q = p == 1.0        ? infinity
                       : std::isinf(p) ? 1.0
                                       : p / (p - 1.0);
      const double want = std::isinf(q) ? x.cwiseAbs().maxCoeff() : plain(x, q);
      CHECK(close(dual_norm(x, p), want, {.rel = 1e-14}));
      const Vector y = dual_vector(x, p);
      CHECK(close(lp_norm(y, p), 1.0, {.rel = 1e-14}));
      CHECK(close(x.dot(y), want, {.rel = 1e-14}));
      // Hoelder: no other y of length 1 does better.
      for (int trial = 0; trial < 2000; ++trial) {
        Vector other = random_vector(4, rng);
        if (trial % 2 == 0) other = y + 0.05 * other;
        other /= lp_norm(other, p);
        CHECK_UNARY(x.dot(other) <= want * (1.0 + 1e-14));
        best = std::max(best, x.dot(other) / want);
      }
      CHECK(close(dual_exponent(dual_exponent(p)), p, {.rel = 1e-15}));
    }
    EVIDENCE("best of 10000 others over the dual norm", best);
    CHECK(best > 0.99);
  }

  TEST_CASE("squares_overflow_where_the_norm_does_not") {
    for (const double scale : {1e200, 1e-200}) {
      CAPTURE(scale);
      const Vector x{{3.0 * scale, -4.0 * scale}};
      const double naive = std::sqrt(x(0) * x(0) + x(1) * x(1));
      CHECK(naive == (scale > 1.0 ? infinity : 0.0));
      CHECK(close(lp_norm(x, 2.0), 5.0 * scale, {.ulps = 4}));
      const Matrix A{{3.0 * scale}, {-4.0 * scale}};
      CHECK(close(frobenius_norm(A), 5.0 * scale, {.ulps = 4}));
      CHECK(close(spectral_norm(A), 5.0 * scale, {.ulps = 4}));
    }
    // Large exponents as well: 2^2000 is no double.
    CHECK(close(lp_norm(Vector{{2.0, 1.0}}, 2000.0), 2.0, {.ulps = 1}));
    const double tiny = std::numeric_limits<double>::denorm_min();
    CHECK(lp_norm(Vector{{tiny, 0.0}}, 2.0) == tiny);
    EVIDENCE("2-norm of (3e200, -4e200)",
             lp_norm(Vector{{3e200, -4e200}}, 2.0));
  }

  TEST_CASE("operator_norms_are_the_largest_stretch") {
    const Matrix A{{1.0, -2.0, 3.0}, {-4.0, 5.0, 0.0}};
    CHECK(operator_norm_1(A) == 7.0);    // second column
    CHECK(operator_norm_inf(A) == 9.0);  // second row
    // Attained by a basis vector, by signs, and by a singular vector.
    CHECK(lp_norm(times(A, Vector{{0.0, 1.0, 0.0}}), 1.0) == 7.0);
    CHECK(lp_norm(times(A, Vector{{-1.0, 1.0, 1.0}}), infinity) == 9.0);
    // Row Gram matrix [[14, -14], [-14, 41]]: 2 s^2 = 55 + sqrt(27^2 + 28^2).
    const double s = std::sqrt(0.5 * (55.0 + std::sqrt(729.0 + 784.0)));
    CHECK(close(spectral_norm(A), s, {.rel = 1e-15}));
    std::mt19937_64 rng(5);
    double most = 0.0;
    for (int trial = 0; trial < 3000; ++trial) {
      const Vector x = random_vector(3, rng);
      const Vector y = times(A, x);
      CHECK_UNARY(lp_norm(y, 1.0) <= 7.0 * lp_norm(x, 1.0) * (1.0 + 1e-14));
      CHECK_UNARY(lp_norm(y, infinity) <= 9.0 * lp_norm(x, infinity));
      CHECK_UNARY(y.norm() <= s * x.norm() * (1.0 + 1e-14));
      most = std::max(most, y.norm() / x.norm());
    }
    EVIDENCE("spectral norm", s);
    EVIDENCE("largest stretch of 3000", most);
    CHECK(most > 0.999 * s);
  }

  TEST_CASE("matrix_norms_bound_each_other") {
    std::mt19937_64 rng(6);
    const double slack = 1.0 + 1e-13;
    double tightest = 0.0;
    for (int trial = 0; trial < 200; ++trial) {
      const Index rank = 1 + trial % 4;
      const Matrix A = of_rank(rank, 4, 6, rng);
      const double two = spectral_norm(A), frobenius = frobenius_norm(A);
      const double nuclear = nuclear_norm(A);
      const double root = std::sqrt(static_cast<double>(rank));
      CHECK_UNARY(two * two <=
                  operator_norm_1(A) * operator_norm_inf(A) * slack);
      CHECK_UNARY(two <= frobenius * slack);
      CHECK_UNARY(frobenius <= root * two * slack);
      CHECK_UNARY(frobenius <= nuclear * slack);
      CHECK_UNARY(nuclear <= root * frobenius * slack);
      if (rank == 1) {
        CHECK(close(nuclear, two, {.rel = 1e-13}));
        CHECK(close(frobenius, two, {.rel = 1e-13}));
      }
      CHECK(close(frobenius, A.norm(), {.rel = 1e-14}));
      tightest = std::max(
          tightest, two * two / (operator_norm_1(A) * operator_norm_inf(A)));
    }
    EVIDENCE("largest spectral norm squared over the bound", tightest);
    // An orthogonal matrix is the other end: 1, sqrt(n) and n.
    const Matrix I = Matrix::Identity(5, 5);
    CHECK(spectral_norm(I) == 1.0);
    CHECK(close(frobenius_norm(I), std::sqrt(5.0), {.ulps = 2}));
    CHECK(nuclear_norm(I) == 5.0);
  }

  TEST_CASE("not_every_matrix_norm_is_submultiplicative") {
    std::mt19937_64 rng(7);
    for (int trial = 0; trial < 100; ++trial) {
      const Matrix A = gaussian(3, 4, rng), B = gaussian(4, 2, rng);
      const Matrix AB = product(A, B);
      const double slack = 1.0 + 1e-13;
      CHECK_UNARY(operator_norm_1(AB) <=
                  operator_norm_1(A) * operator_norm_1(B) * slack);
      CHECK_UNARY(operator_norm_inf(AB) <=
                  operator_norm_inf(A) * operator_norm_inf(B) * slack);
      CHECK_UNARY(spectral_norm(AB) <=
                  spectral_norm(A) * spectral_norm(B) * slack);
      CHECK_UNARY(frobenius_norm(AB) <=
                  spectral_norm(A) * frobenius_norm(B) * slack);
    }
    // The largest entry is a norm of the entries, and 2 > 1 * 1. The square of
    // all ones is twice itself, and all four norms of it are 2: 4 = 2 * 2.
    const Matrix ones = Matrix::Ones(2, 2), square = product(ones, ones);
    CHECK(square.cwiseAbs().maxCoeff() == 2.0);
    CHECK(operator_norm_1(square) == 4.0);
    CHECK(operator_norm_inf(square) == 4.0);
    CHECK(close(spectral_norm(square), 4.0, {.ulps = 8}));
    CHECK(close(frobenius_norm(square), 4.0, {.ulps = 8}));
    CHECK(close(spectral_norm(ones), 2.0, {.ulps = 8}));
    EVIDENCE("largest entry of the square of all ones", 2);
  }

  TEST_CASE("spectral_norms_bound_what_a_network_magnifies") {
    std::mt19937_64 rng(8);
    const Matrix W1 = gaussian(20, 10, rng), W2 = gaussian(5, 20, rng);
    const double bound = spectral_norm(W2) * spectral_norm(W1);
    const double looser = frobenius_norm(W2) * frobenius_norm(W1);
    double most = 0.0;
    for (int trial = 0; trial < 500; ++trial) {
      const Matrix x = gaussian(10, 1, rng);
      const Matrix step = 1e-3 * gaussian(10, 1, rng);
      const Matrix change = product(W2, relu(product(W1, x + step))) -
                            product(W2, relu(product(W1, x)));
      most = std::max(most, change.norm() / step.norm());
    }
    EVIDENCE("largest magnification of 500", most);
    EVIDENCE("bound by spectral norms", bound);
    EVIDENCE("bound by Frobenius norms", looser);
    CHECK(most <= bound);
    CHECK(bound < 0.5 * looser);
  }

  TEST_CASE("a_metric_need_not_come_from_a_norm") {
    const auto discrete = [](const Vector& x, const Vector& y) {
      return x == y ? 0.0 : 1.0;
    };
    std::mt19937_64 rng(9);
    std::vector<Vector> points{Vector::Zero(2), Vector::Ones(2)};
    for (int k = 0; k < 6; ++k) points.push_back(random_vector(2, rng));
    for (const Vector& x : points) {
      CHECK(discrete(x, x) == 0.0);
      for (const Vector& y : points) {
        CHECK(discrete(x, y) == discrete(y, x));
        for (const Vector& z : points) {
          CHECK_UNARY(discrete(x, z) <= discrete(x, y) + discrete(y, z));
        }
      }
    }
    // A norm's distance doubles when both points do.
    const Vector zero = Vector::Zero(2), one = Vector::Ones(2);
    CHECK(discrete(2.0 * zero, 2.0 * one) != 2.0 * discrete(zero, one));
    CHECK(lp_norm(one - zero, 1.0) == 2.0);
    CHECK(lp_norm(2.0 * one - 2.0 * zero, 1.0) == 4.0);
    EVIDENCE("discrete distance of doubled points",
             discrete(2.0 * zero, 2.0 * one));
  }
}

TEST_SUITE("maths/norms extra") {
  TEST_CASE("zero has the norm zero and nothing else has") {
    for (const double p : {1.0, 2.0, 3.0, infinity}) {
      CHECK(lp_norm(Vector::Zero(3), p) == 0.0);
      CHECK(lp_norm(Vector{{0.0, 1e-300, 0.0}}, p) > 0.0);
      CHECK(lp_norm(Vector{{-2.0}}, p) == 2.0);
    }
    const Matrix one{{-2.0}};  // all norms of a single entry agree
    CHECK(operator_norm_1(one) == 2.0);
    CHECK(operator_norm_inf(one) == 2.0);
    CHECK(spectral_norm(one) == 2.0);
    CHECK(spectral_norm(Matrix::Zero(2, 3)) == 0.0);
    CHECK(nuclear_norm(Matrix::Zero(2, 3)) == 0.0);
    CHECK(frobenius_norm(Matrix::Zero(2, 3)) == 0.0);
    CHECK(l0_count(Vector(), 0.0) == 0);
  }

  TEST_CASE("the dual vector with zeros and ties") {
    CHECK(dual_vector(Vector{{0.0, -3.0, 3.0}}, 1.0) ==
          Vector{{0.0, -1.0, 0.0}});
    const Vector y = dual_vector(Vector{{0.0, -3.0}}, 2.0);
    CHECK(close(y, Vector{{0.0, -1.0}}));
    const Vector signs = dual_vector(Vector{{0.5, -3.0}}, infinity);
    CHECK(signs == Vector{{1.0, -1.0}});
  }

  TEST_CASE("arguments that break the contract are refused") {
    const double nan = std::nan("");
    const Vector x{{1.0, nan}};
    CHECK_THROWS_WITH(lp_norm(x, 2.0), "lp_norm: x(1) is nan");
    CHECK_THROWS_WITH(lp_norm(Vector(), 2.0), "lp_norm: x is empty");
    CHECK_THROWS_AS(lp_norm(Vector::Ones(2), nan), std::invalid_argument);
    CHECK_THROWS_AS(dual_norm(Vector::Ones(2), 0.9), std::invalid_argument);
    CHECK_THROWS_WITH(dual_vector(Vector::Zero(2), 2.0), "dual_vector: x is 0");
    CHECK_THROWS_WITH(l0_count(Vector::Ones(2), -1.0),
                      "l0_count: need tolerance >= 0, got -1");
    CHECK_THROWS_AS(l0_count(Vector::Ones(2), nan), std::invalid_argument);
    CHECK_THROWS_WITH(l0_count(x, 0.0), "l0_count: x(1) is nan");
    const Matrix bad{{1.0, nan}};
    CHECK_THROWS_WITH(operator_norm_1(bad), "matrix norm: A(0, 1) is nan");
    CHECK_THROWS_WITH(operator_norm_inf(Matrix(0, 2)),
                      "matrix norm: A is empty, 0 x 2");
    CHECK_THROWS_AS(operator_norm_inf(bad), std::invalid_argument);
    CHECK_THROWS_AS(operator_norm_1(Matrix(0, 2)), std::invalid_argument);
    CHECK_THROWS_AS(spectral_norm(bad), std::invalid_argument);
    CHECK_THROWS_AS(frobenius_norm(bad), std::invalid_argument);
    CHECK_THROWS_AS(nuclear_norm(bad), std::invalid_argument);
    CHECK_THROWS_AS(nuclear_norm(Matrix(0, 2)), std::invalid_argument);
  }
}
