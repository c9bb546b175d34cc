// Verifies the claims of questions/coding/rope.md.
#include <whiteboard/coding/rope.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::rope;
using whiteboard::testing::gaussian;

namespace {

/// The frequency of pair i of d / 2, in long double.
long double frequency(Eigen::Index i, Eigen::Index d) {
  return std::exp(-2.0L * static_cast<long double>(i) /
                  static_cast<long double>(d) * std::log(10000.0L));
}

/// Columns 0, 2, 4, ... and then 1, 3, 5, ...: from adjacent pairs to halves.
std::vector<Eigen::Index> halves(Eigen::Index d) {
  std::vector<Eigen::Index> order;
  for (Eigen::Index i = 0; i < d; i += 2) order.push_back(i);
  for (Eigen::Index i = 1; i < d; i += 2) order.push_back(i);
  return order;
}

/// The other layout: column i is paired with column i + d / 2.
Matrix half_split(const Matrix& x, double position) {
  const Eigen::Index half = x.cols() / 2;
  Matrix y(x.rows(), x.cols());
  for (Eigen::Index i = 0; i < half; ++i) {
    const double angle = position * static_cast<double>(frequency(i, x.cols()));
    y.col(i) = std::cos(angle) * x.col(i) - std::sin(angle) * x.col(i + half);
    y.col(i + half) =
        std::sin(angle) * x.col(i) + std::cos(angle) * x.col(i + half);
  }
  return y;
}

double score(const Matrix& q, const Matrix& k) {
  return q.row(0).dot(k.row(0));
}

}  // namespace

TEST_SUITE("coding/rope") {
  TEST_CASE("pairs_are_turned") {
    const Matrix one = rope(Matrix{{1.0, 0.0}}, 1);
    REQUIRE(one.size() == 2);
    EVIDENCE_SERIES("(1 0) at position 1", one.row(0));
    CHECK(close(one, Matrix{{0.5403023, 0.8414710}}, {.abs = 5e-8}));
    // The second unit vector points a quarter turn further.
    CHECK(close(rope(Matrix{{0.0, 1.0}}, 1), Matrix{{-0.8414710, 0.5403023}},
                {.abs = 5e-8}));

    std::mt19937_64 rng(0);
    const Matrix x = gaussian(50, 16, rng);
    const Matrix y = rope(x);
    REQUIRE(y.rows() == 50);
    CHECK(close(y.row(0), x.row(0)));  // position 0
    double worst = 0.0;
    for (Eigen::Index i = 0; i < 16; i += 2) {
      const Vector before = x.middleCols(i, 2).rowwise().norm();
      const Vector after = y.middleCols(i, 2).rowwise().norm();
      CHECK(close(after, before, {.abs = 1e-12}));
      worst = std::max(worst, largest_difference(after, before));
    }
    EVIDENCE("largest change of a pair's length", worst);
    // But directions do change.
    CHECK(largest_difference(y.row(1), x.row(1)) > 0.1);
  }

  TEST_CASE("complex_multiplication") {
    std::mt19937_64 rng(1);
    const Matrix x = gaussian(200, 8, rng);
    const Matrix y = rope(x, 1000);
    REQUIRE(y.rows() == 200);
    Matrix want(200, 8);
    for (Eigen::Index row = 0; row < 200; ++row) {
      for (Eigen::Index i = 0; i < 4; ++i) {
        const std::complex<long double> z(x(row, 2 * i), x(row, 2 * i + 1));
        const long double angle =
            static_cast<long double>(1000 + row) * frequency(i, 8);
        const std::complex<long double> turned =
            z * std::complex<long double>(std::cos(angle), std::sin(angle));
        want(row, 2 * i) = static_cast<double>(turned.real());
        want(row, 2 * i + 1) = static_cast<double>(turned.imag());
      }
    }
    // Angles up to 1200, with two roundings and one of the frequency: 4e-13,
    // times entries below 5.
    CHECK(close(y, want, {.abs = 2e-12}));
  }

  TEST_CASE("score_knows_the_offset_only") {
    std::mt19937_64 rng(2);
    double worst = 0.0;
    for (int trial = 0; trial < 300; ++trial) {
      const Matrix q = gaussian(1, 16, rng), k = gaussian(1, 16, rng);
      const std::int64_t p = uniform_index(100, rng);
      const std::int64_t offset = uniform_index(100, rng);
      const std::int64_t shift = uniform_index(100001, rng);
      CAPTURE(shift);
      const double near = score(rope(q, p + offset), rope(k, p));
      const double far = score(rope(q, p + offset + shift), rope(k, p + shift));
      // Angles of 10^5 are wrong by 4e-11 at most; |q| |k| is below 50.
      CHECK(close(far, near, {.abs = 1e-9}));
      worst = std::max(worst, std::abs(far - near));
      if (offset > 0) CHECK(near != score(q, k));
    }
    EVIDENCE("largest change by a shift up to 100000", worst);
    // The offset itself does count, and so does its sign.
    const Matrix q{{1.0, 0.0}};
    CHECK(close(score(rope(q, 3), rope(q, 1)), std::cos(2.0), {.abs = 1e-15}));
    const Matrix k{{0.0, 1.0}};
    CHECK(close(score(rope(q, 3), rope(k, 1)), std::sin(2.0), {.abs = 1e-15}));
    CHECK(close(score(rope(q, 1), rope(k, 3)), -std::sin(2.0), {.abs = 1e-15}));
  }

  TEST_CASE("turns_add_up") {
    std::mt19937_64 rng(3);
    const Matrix x = gaussian(1, 12, rng);
    // Three roundings of numbers below 5 and angles below 1000.
    CHECK(close(rope(rope(x, 300), 55), rope(x, 355), {.abs = 1e-12}));
    CHECK(close(rope(rope(x, 700), -700), x, {.abs = 1e-14}));
    CHECK(close(rope(rope(x, -20), 21), rope(x, 1), {.abs = 1e-13}));
  }

  TEST_CASE("position_is_absolute") {
    std::mt19937_64 rng(4);
    const Matrix K = gaussian(30, 8, rng);
    const Matrix whole = rope(K);
    REQUIRE(whole.rows() == 30);
    // A prompt of 20 tokens, then one token at a time.
    CHECK(close(rope(K.topRows(20)), whole.topRows(20), {.abs = 1e-13}));
    for (Eigen::Index t = 20; t < 30; ++t) {
      CAPTURE(t);
      CHECK(close(rope(K.row(t), t), whole.row(t), {.abs = 1e-13}));
      // Counting within the batch of one token leaves it as it was.
      CHECK(largest_difference(rope(K.row(t)), whole.row(t)) > 1e-2);
    }
  }

  TEST_CASE("layouts_are_permutations") {
    std::mt19937_64 rng(5);
    const Eigen::Index d = 8;
    const std::vector<Eigen::Index> order = halves(d);
    const Matrix q = gaussian(1, d, rng), k = gaussian(1, d, rng);
    const Matrix q_halves = q(Eigen::all, order),
                 k_halves = k(Eigen::all, order);
    // Permuted columns in, permuted columns out.
    CHECK(close(half_split(q_halves, 9.0), rope(q, 9)(Eigen::all, order),
                {.abs = 1e-14}));
    const double want = score(rope(q, 9), rope(k, 4));
    CHECK(close(score(half_split(q_halves, 9.0), half_split(k_halves, 4.0)),
                want, {.abs = 1e-13}));
    // Weights of one code base in the other: both sides the same layout, and
    // still other scores. One side each is no better.
    const double ported = score(half_split(q, 9.0), half_split(k, 4.0));
    const double mixed = score(rope(q, 9), half_split(k, 4.0));
    EVIDENCE("score", want);
    EVIDENCE("score without permuting the weights", ported);
    EVIDENCE("score with one layout each", mixed);
    CHECK(std::abs(ported - want) > 1e-2);
    CHECK(std::abs(mixed - want) > 1e-2);
  }

  TEST_CASE("float_angles_are_too_coarse") {
    const Eigen::Index d = 64, first = 99000, n = 1001;
    Matrix x = Matrix::Zero(n, d);
    for (Eigen::Index i = 0; i < d; i += 2) x.col(i).setOnes();
    const Matrix y = rope(x, first);
    REQUIRE(y.rows() == n);
    Matrix sines(n, d / 2), in_float(n, d / 2), got(n, d / 2);
    for (Eigen::Index row = 0; row < n; ++row) {
      for (Eigen::Index i = 0; i < d / 2; ++i) {
        const long double angle =
            static_cast<long double>(first + row) * frequency(i, d);
        const float coarse = static_cast<float>(first + row) *
                             static_cast<float>(frequency(i, d));
        sines(row, i) = static_cast<double>(std::sin(angle));
        in_float(row, i) = std::sin(static_cast<double>(coarse));
        got(row, i) = y(row, 2 * i + 1);
      }
    }
    EVIDENCE("largest error of a sine in double",
             largest_difference(got, sines));
    EVIDENCE("largest error of a sine with a float angle",
             largest_difference(in_float, sines));
    // Angles of 10^5 are wrong by 4e-11 at most.
    CHECK(close(got, sines, {.abs = 1e-10}));
    CHECK(largest_difference(in_float, sines) > 1e-3);
  }
}

TEST_SUITE("coding/rope extra") {
  TEST_CASE("other bases and no rows") {
    // Base 16 and width 4: frequencies 1 and 1/4.
    CHECK(close(
        rope(Matrix{{1.0, 0.0, 1.0, 0.0}}, 2, 16.0),
        Matrix{{std::cos(2.0), std::sin(2.0), std::cos(0.5), std::sin(0.5)}},
        {.abs = 1e-15}));
    CHECK(rope(Matrix(0, 4)).rows() == 0);
    CHECK(rope(Matrix(0, 4)).cols() == 4);
  }

  TEST_CASE("arguments that break the contract are refused") {
    CHECK_THROWS_WITH(rope(Matrix::Ones(1, 3)),
                      "rope: need an even width >= 2, got 3");
    CHECK_THROWS_WITH(rope(Matrix(1, 0)),
                      "rope: need an even width >= 2, got 0");
    CHECK_THROWS_WITH(rope(Matrix::Ones(1, 2), 0, 0.0),
                      "rope: need a finite base > 0, got base = 0");
    CHECK_THROWS_AS(
        rope(Matrix::Ones(1, 2), 0, std::numeric_limits<double>::infinity()),
        std::invalid_argument);
    Matrix bad = Matrix::Ones(2, 2);
    bad(1, 0) = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_WITH(rope(bad), "rope: x(1, 0) is nan");
  }
}
