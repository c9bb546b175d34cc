// Verifies the claims of questions/coding/positional_encoding.md.
#include <whiteboard/coding/positional_encoding.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::positional_encoding;

namespace {

/// The frequency of pair i, in long double.
double frequency(Eigen::Index i, Eigen::Index d, double base = 10000.0) {
  return static_cast<double>(std::exp(
      -2.0L * static_cast<long double>(i) / static_cast<long double>(d) *
      std::log(static_cast<long double>(base))));
}

/// The sum of cos(offset w_i): what the dot product should be.
double kernel(double offset, Eigen::Index d) {
  double total = 0.0;
  for (Eigen::Index i = 0; i < d / 2; ++i) {
    total += std::cos(offset * frequency(i, d));
  }
  return total;
}

}  // namespace

TEST_SUITE("coding/positional_encoding") {
  TEST_CASE("pairs_of_sine_and_cosine") {
    const Matrix four = positional_encoding(3, 4);
    REQUIRE(four.rows() == 3);
    EVIDENCE_SERIES("position 1 with d = 4", four.row(1));
    CHECK(close(four.row(0), Matrix{{0.0, 1.0, 0.0, 1.0}}));
    CHECK(close(four.row(1),
                Matrix{{0.8414710, 0.5403023, 0.0099998, 0.9999500}},
                {.abs = 5e-8}));
    CHECK(close(four.row(2),
                Matrix{{0.9092974, -0.4161468, 0.0199987, 0.9998000}},
                {.abs = 5e-8}));
    // 6 columns: frequencies 1, 10000^(-1/3) = 0.0464159, 10000^(-2/3).
    CHECK(close(positional_encoding(2, 6).row(1),
                Matrix{{std::sin(1.0), std::cos(1.0), std::sin(0.0464158883361),
                        std::cos(0.0464158883361), std::sin(0.00215443469003),
                        std::cos(0.00215443469003)}},
                {.abs = 1e-12}));
    // Base 16 and d = 8: frequencies 1, 1/2, 1/4, 1/8.
    const Matrix eight = positional_encoding(6, 8, 16.0);
    REQUIRE(eight.cols() == 8);
    for (Eigen::Index i = 0; i < 4; ++i) {
      const double angle = 5.0 / std::exp2(static_cast<double>(i));
      CHECK(close(eight(5, 2 * i), std::sin(angle), {.abs = 1e-15}));
      CHECK(close(eight(5, 2 * i + 1), std::cos(angle), {.abs = 1e-15}));
    }
  }

  TEST_CASE("all_rows_have_one_length") {
    for (const int d : {2, 10, 64}) {
      CAPTURE(d);
      const Matrix E = positional_encoding(1000, d);
      REQUIRE(E.cols() == d);
      CHECK(close(E.rowwise().squaredNorm(), Vector::Constant(1000, d / 2.0),
                  {.abs = 1e-12}));
      EVIDENCE("largest error of a squared length",
               largest_difference(E.rowwise().squaredNorm(),
                                  Vector::Constant(1000, d / 2.0)));
    }
  }

  TEST_CASE("dot_product_knows_the_offset_only") {
    std::mt19937_64 rng(0);
    const Matrix E = positional_encoding(10001, 64);
    REQUIRE(E.rows() == 10001);
    double worst = 0.0;
    for (int trial = 0; trial < 500; ++trial) {
      const auto p = uniform_index(10001, rng), q = uniform_index(10001, rng);
      CAPTURE(p);
      CAPTURE(q);
      // An angle up to 10^4 is rounded by 1e-12, its frequency by as much: 64
      // factors of 1 each, 1e-10.
      const double dot = E.row(p).dot(E.row(q));
      CHECK(close(dot, kernel(static_cast<double>(p - q), 64), {.abs = 1e-10}));
      const auto shift = uniform_index(10001 - std::max(p, q), rng);
      const double shifted = E.row(p + shift).dot(E.row(q + shift));
      worst = std::max(worst, std::abs(shifted - dot));
      CHECK(close(shifted, dot, {.abs = 1e-10}));
    }
    EVIDENCE("largest change by a common shift", worst);
  }

  TEST_CASE("offset_is_a_rotation") {
    const Eigen::Index d = 16;
    const Matrix E = positional_encoding(10000, static_cast<int>(d));
    REQUIRE(E.rows() == 10000);
    for (const Eigen::Index k : {1, 7, 5000}) {
      CAPTURE(k);
      Matrix rotation = Matrix::Zero(d, d);
      for (Eigen::Index i = 0; i < d / 2; ++i) {
        const double angle = static_cast<double>(k) * frequency(i, d);
        // (sin a, cos a) from the right gives (sin(a + k w), cos(a + k w)).
        rotation.block(2 * i, 2 * i, 2, 2) =
            Matrix{{std::cos(angle), -std::sin(angle)},
                   {std::sin(angle), std::cos(angle)}};
      }
      const Eigen::Index rest = 10000 - k;
      // Three angles below 10^4, each within a few 1e-12.
      CHECK(close(E.topRows(rest) * rotation, E.bottomRows(rest),
                  {.abs = 1e-11}));
    }
  }

  TEST_CASE("positions_are_told_apart") {
    // By claim 3 the distance of two rows depends on their offset only, so it
    // is enough to compare with row 0.
    const Matrix E = positional_encoding(10000, 64);
    REQUIRE(E.rows() == 10000);
    const Vector distance =
        (E.bottomRows(9999).rowwise() - E.row(0)).rowwise().norm();
    EVIDENCE("distance of neighbours", distance(0));
    EVIDENCE("smallest distance over all offsets", distance.minCoeff());
    CHECK(distance.minCoeff() > 1.4);
    CHECK(distance.minCoeff() == distance(0));

    // With base 1 all pairs are copies of the first, and 710 is 113 turns.
    const Matrix same = positional_encoding(711, 64, 1.0);
    REQUIRE(same.rows() == 711);
    for (Eigen::Index i = 1; i < 32; ++i) {
      CHECK(close(same.middleCols(2 * i, 2), same.leftCols(2)));
    }
    EVIDENCE("distance of 0 and 710 with base 1",
             (same.row(710) - same.row(0)).norm());
    CHECK((same.row(710) - same.row(0)).norm() < 4e-4);
  }

  TEST_CASE("similarity_is_not_monotone") {
    const Matrix E = positional_encoding(8, 4);
    REQUIRE(E.rows() == 8);
    const Vector dots = E * E.row(0).transpose();
    EVIDENCE_SERIES("dot product with position 0 for d = 4", dots);
    // cos k + cos(k / 100).
    CHECK(close(dots,
                Vector{{2.0, 1.5402523, 0.5836532, 0.0095575, 0.3455565,
                        1.2824124, 1.9583708, 1.7514533}},
                {.abs = 5e-8}));
    CHECK(dots(6) > dots(1));
    // Wide encodings ripple as well: with d = 64 offset 6 beats offset 5.
    const Matrix wide = positional_encoding(7, 64);
    CHECK(wide.row(0).dot(wide.row(6)) > wide.row(0).dot(wide.row(5)));
  }

  TEST_CASE("wavelengths_span_the_base") {
    // The slowest pair of d = 8 has the wavelength 2 pi 10000^(3/4) = 6283.2.
    const Matrix E = positional_encoding(6284, 8);
    REQUIRE(E.cols() == 8);
    Eigen::Index lowest = 0;
    E.col(7).minCoeff(&lowest);
    EVIDENCE("half the longest wavelength", lowest);
    CHECK(lowest == 3142);
    CHECK(E(6283, 7) > 1.0 - 1e-7);
    CHECK(std::abs(E(6283, 6)) < 2e-4);
    // The fastest takes 2 pi: 44 positions are seven turns and 0.018.
    CHECK(close(E(44, 0), std::sin(44.0 - 14.0 * std::numbers::pi),
                {.abs = 1e-14}));
  }
}

TEST_SUITE("coding/positional_encoding extra") {
  TEST_CASE("agrees with long double") {
    const Matrix E = positional_encoding(2000, 12, 500.0);
    REQUIRE(E.rows() == 2000);
    Matrix want(2000, 12);
    for (Eigen::Index p = 0; p < 2000; ++p) {
      for (Eigen::Index i = 0; i < 6; ++i) {
        const long double angle =
            static_cast<long double>(p) *
            std::pow(500.0L, -static_cast<long double>(i) / 6.0L);
        want(p, 2 * i) = static_cast<double>(std::sin(angle));
        want(p, 2 * i + 1) = static_cast<double>(std::cos(angle));
      }
    }
    CHECK(close(E, want, {.abs = 1e-12}));  // 2000 * 3 * 1.1e-16
  }

  TEST_CASE("no positions give no rows") {
    CHECK(positional_encoding(0, 6).rows() == 0);
    CHECK(positional_encoding(0, 6).cols() == 6);
    CHECK(close(positional_encoding(1, 2), Matrix{{0.0, 1.0}}));
  }

  TEST_CASE("arguments that break the contract are refused") {
    CHECK_THROWS_WITH(positional_encoding(3, 5),
                      "positional_encoding: need an even d >= 2, got d = 5");
    CHECK_THROWS_WITH(positional_encoding(3, 0),
                      "positional_encoding: need an even d >= 2, got d = 0");
    CHECK_THROWS_AS(positional_encoding(3, -2), std::invalid_argument);
    CHECK_THROWS_WITH(
        positional_encoding(-1, 4),
        "positional_encoding: need positions >= 0, got positions = -1");
    CHECK_THROWS_WITH(
        positional_encoding(1, 4, 0.0),
        "positional_encoding: need a finite base > 0, got base = 0");
    CHECK_THROWS_AS(
        positional_encoding(1, 4, std::numeric_limits<double>::infinity()),
        std::invalid_argument);
    CHECK_THROWS_AS(
        positional_encoding(1, 4, std::numeric_limits<double>::quiet_NaN()),
        std::invalid_argument);
  }
}
