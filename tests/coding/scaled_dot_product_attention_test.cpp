// Verifies the claims of questions/coding/scaled_dot_product_attention.md.
#include <whiteboard/coding/scaled_dot_product_attention.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>

using namespace whiteboard;
using coding::attention;
using whiteboard::testing::gaussian;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// The definition, element by element, in long double and without a shift.
Matrix direct(const Matrix& Q, const Matrix& K, const Matrix& V, bool causal) {
  Matrix result(Q.rows(), V.cols());
  for (Eigen::Index i = 0; i < Q.rows(); ++i) {
    for (Eigen::Index c = 0; c < V.cols(); ++c) {
      long double above = 0.0L, below = 0.0L;
      for (Eigen::Index j = 0; j < (causal ? i + 1 : K.rows()); ++j) {
        long double score = 0.0L;
        for (Eigen::Index a = 0; a < Q.cols(); ++a) {
          score += static_cast<long double>(Q(i, a)) * K(j, a);
        }
        score /= std::sqrt(static_cast<long double>(Q.cols()));
        above += std::exp(score) * V(j, c);
        below += std::exp(score);
      }
      result(i, c) = static_cast<double>(above / below);
    }
  }
  return result;
}

/// Values that are the identity matrix show the weights.
Matrix weights(const Matrix& Q, const Matrix& K, bool causal = false) {
  return attention(Q, K, Matrix::Identity(K.rows(), K.rows()), causal);
}

/// Independent entries of mean 0 and variance 1: +1 or -1.
Matrix signs(Eigen::Index rows, Eigen::Index cols, std::mt19937_64& rng) {
  Matrix X(rows, cols);
  for (Eigen::Index i = 0; i < X.size(); ++i) {
    X.data()[i] = (random_bits(rng) & 1) != 0 ? 1.0 : -1.0;
  }
  return X;
}

/// Softmax of every row of plain scores, for the shortcuts.
Matrix softmax_rows(Matrix S) {
  for (Eigen::Index i = 0; i < S.rows(); ++i) {
    double total = 0.0;
    for (double& x : S.row(i)) total += x = std::exp(x);
    S.row(i) /= total;
  }
  return S;
}

}  // namespace

TEST_SUITE("coding/scaled_dot_product_attention") {
  TEST_CASE("weighted_mean_of_the_values") {
    // Scores 1 / sqrt(2) and 0.
    const double want = 1.0 / (1.0 + std::exp(-1.0 / std::sqrt(2.0)));
    const Matrix example =
        attention(Matrix{{1.0, 0.0}}, Matrix{{1.0, 0.0}, {0.0, 1.0}},
                  Matrix{{1.0}, {0.0}});
    REQUIRE(example.size() == 1);
    EVIDENCE("output of the example", example(0, 0));
    CHECK(close(example(0, 0), want, {.ulps = 4}));

    std::mt19937_64 rng(0);
    for (const bool causal : {false, true}) {
      CAPTURE(causal);
      const Matrix Q = 2.0 * gaussian(9, 4, rng), K = gaussian(9, 4, rng);
      const Matrix P = weights(Q, K, causal);
      REQUIRE(P.rows() == 9);
      CHECK((P.array() >= 0.0).all());
      // Nine quotients, each off by a few ulps of itself.
      CHECK(close(P.rowwise().sum(), Vector::Ones(9), {.abs = 1e-14}));

      const Matrix V = gaussian(9, 3, rng);
      const Matrix output = attention(Q, K, V, causal);
      // Scores below 20 with 4 products each: 1e-14 relative in a weight.
      CHECK(close(output, direct(Q, K, V, causal), {.abs = 1e-13}));
      for (Eigen::Index c = 0; c < 3; ++c) {
        CHECK((output.col(c).array() <= V.col(c).maxCoeff() + 1e-14).all());
        CHECK((output.col(c).array() >= V.col(c).minCoeff() - 1e-14).all());
      }
    }

    // Equal keys: equal weights.
    const Matrix V = gaussian(7, 3, rng);
    const Matrix K = Vector::Ones(7) * gaussian(1, 4, rng);
    const Matrix mean = Vector::Ones(5) * V.colwise().mean();
    CHECK(close(attention(gaussian(5, 4, rng), K, V), mean, {.abs = 1e-14}));
  }

  TEST_CASE("keys_are_a_set") {
    std::mt19937_64 rng(1);
    const Matrix Q = gaussian(6, 8, rng), K = gaussian(20, 8, rng);
    const Matrix V = gaussian(20, 5, rng);
    const Matrix want = attention(Q, K, V);
    double worst = 0.0;
    for (int trial = 0; trial < 100; ++trial) {
      Matrix K2(20, 8), V2(20, 5);
      Eigen::Index row = 0;
      for (const auto from : permutation(20, rng)) {
        K2.row(row) = K.row(from);
        V2.row(row++) = V.row(from);
      }
      // The same twenty terms in another order.
      const Matrix got = attention(Q, K2, V2);
      CHECK(close(got, want, {.abs = 1e-12}));
      worst = std::max(worst, largest_difference(got, want));
    }
    EVIDENCE("largest difference over 100 orders", worst);
    // Keys without their values is another matter.
    CHECK_FALSE(
        close(attention(Q, K.colwise().reverse(), V), want, {.abs = 1e-3}));
  }

  TEST_CASE("causal_output_ignores_the_future") {
    std::mt19937_64 rng(2);
    Matrix Q = gaussian(10, 4, rng), K = gaussian(10, 4, rng);
    Matrix V = gaussian(10, 3, rng);
    const Matrix before = attention(Q, K, V, true);
    REQUIRE(before.rows() == 10);
    CHECK(close(before.row(0), V.row(0)));  // a weight of exactly 1
    for (Eigen::Index t = 9; t > 0; --t) {
      CAPTURE(t);
      Q.row(t) = gaussian(1, 4, rng);
      K.row(t) = 100.0 * gaussian(1, 4, rng);
      V.row(t) = 1e6 * gaussian(1, 3, rng);
      const Matrix after = attention(Q, K, V, true);
      CHECK(close(after.topRows(t), before.topRows(t)));
      // But its own key is seen.
      CHECK(largest_difference(after.row(t), before.row(t)) > 1e-3);
    }
    // Two tokens by hand: scores 0 and 0, so the second output is the mean.
    CHECK(close(attention(Matrix::Zero(2, 1), Matrix::Zero(2, 1),
                          Matrix{{1.0}, {4.0}}, true),
                Matrix{{1.0}, {2.5}}));
  }

  TEST_CASE("scaled_scores_have_unit_variance") {
    // A last key of zeros has score 0, so the ratio of a weight to the last one
    // is the exponential of the score.
    std::mt19937_64 rng(3);
    const Eigen::Index n = 320;
    const Matrix Q = signs(n, 64, rng);
    Matrix K = Matrix::Zero(n + 1, 64);
    K.topRows(n) = signs(n, 64, rng);
    const Matrix P = weights(Q, K);
    REQUIRE(P.cols() == n + 1);
    double scaled = 0.0;
    for (Eigen::Index i = 0; i < n; ++i) {
      for (Eigen::Index j = 0; j < n; ++j) {
        const double s = std::log(P(i, j) / P(i, n));
        scaled += s * s / static_cast<double>(n * n);
      }
    }
    const double raw = (Q * K.transpose()).squaredNorm() / (320.0 * 320.0);
    EVIDENCE("variance of raw scores", raw);
    EVIDENCE("variance of scaled scores", scaled);
    // The squares of the 102,400 scores are uncorrelated and nearly those of a
    // normal: a standard error of sqrt(2 / 102400) = 0.44 %.
    CHECK(close(raw, 64.0, {.rel = 0.022}));
    CHECK(close(scaled, 1.0, {.rel = 0.022}));
  }

  TEST_CASE("unscaled_weights_saturate") {
    std::mt19937_64 rng(4);
    const Eigen::Index d = 512;
    double unscaled = 0.0, scaled = 0.0;
    for (int repeat = 0; repeat < 20; ++repeat) {
      const Matrix Q = signs(20, d, rng), K = signs(64, d, rng);
      scaled += weights(Q, K).rowwise().maxCoeff().mean() / 20.0;
      // Queries multiplied by sqrt(d) undo the scale.
      const Matrix loud = std::sqrt(512.0) * Q;
      unscaled += weights(loud, K).rowwise().maxCoeff().mean() / 20.0;
    }
    EVIDENCE("mean largest weight without the scale", unscaled);
    EVIDENCE("mean largest weight with it", scaled);
    CHECK(unscaled > 0.85);
    CHECK(unscaled < 1.0);
    CHECK(scaled < 0.2);
    CHECK(scaled > 1.0 / 64.0);
  }

  TEST_CASE("mask_goes_in_before_the_softmax") {
    std::mt19937_64 rng(5);
    const Matrix Q = gaussian(6, 4, rng), K = gaussian(6, 4, rng);
    const Matrix P = weights(Q, K, true);
    REQUIRE(P.rows() == 6);
    CHECK(close(P.rowwise().sum(), Vector::Ones(6), {.abs = 1e-14}));

    const Matrix S = Q * K.transpose() / 2.0;
    Matrix after = softmax_rows(S);
    Matrix zeros = S;
    for (Eigen::Index i = 0; i < 6; ++i) {
      for (Eigen::Index j = i + 1; j < 6; ++j) {
        CHECK(P(i, j) == 0.0);
        after(i, j) = 0.0;
        zeros(i, j) = 0.0;
      }
    }
    zeros = softmax_rows(zeros);
    EVIDENCE_SERIES("sums of rows that are masked too late",
                    after.rowwise().sum().eval());
    EVIDENCE("weight of the future with scores times 0", 1.0 - zeros(0, 0));
    CHECK((after.topRows(5).rowwise().sum().array() < 0.99).all());
    CHECK((zeros.topRightCorner(5, 1).array() > 0.01).all());
  }

  TEST_CASE("only_differences_of_scores_matter") {
    std::mt19937_64 rng(6);
    const Matrix Q = gaussian(5, 4, rng), K = gaussian(8, 4, rng);
    const Matrix V = gaussian(8, 3, rng);
    // One vector added to all keys adds one number to all scores of a query:
    // up to 4000, where their rounding is 1e-12.
    const Matrix shift = Vector::Ones(8) * Matrix{{1e3, -2e3, 1e3, 2e3}};
    CHECK(
        close(attention(Q, K + shift, V), attention(Q, K, V), {.abs = 1e-10}));
    // Scores of a thousand and none: the first value alone.
    CHECK(close(
        attention(Matrix{{1e3}}, Matrix{{1.0}, {0.0}}, Matrix{{3.0}, {5.0}}),
        Matrix{{3.0}}));
    CHECK(close(
        attention(Matrix{{-1e3}}, Matrix{{1.0}, {1.0}}, Matrix{{3.0}, {5.0}}),
        Matrix{{4.0}}));
    CHECK(std::isinf(std::exp(1e3)));
  }
}

TEST_SUITE("coding/scaled_dot_product_attention extra") {
  TEST_CASE("all shapes agree with the definition") {
    std::mt19937_64 rng(7);
    for (const Eigen::Index n : {1, 2, 5}) {
      for (const Eigen::Index m : {1, 2, 9}) {
        for (const Eigen::Index d : {1, 3, 8}) {
          for (const Eigen::Index w : {1, 4}) {
            const Matrix Q = gaussian(n, d, rng), K = gaussian(m, d, rng);
            const Matrix V = gaussian(m, w, rng);
            CHECK(close(attention(Q, K, V), direct(Q, K, V, false),
                        {.abs = 1e-13}));
          }
        }
      }
    }
    CHECK(attention(Matrix(0, 2), Matrix::Ones(3, 2), Matrix::Ones(3, 4))
              .rows() == 0);
  }

  TEST_CASE("arguments that break the contract are refused") {
    const Matrix A = Matrix::Ones(2, 3);
    CHECK_THROWS_WITH(attention(Matrix::Ones(2, 2), A, A),
                      "attention: queries have width 2, keys 3");
    CHECK_THROWS_WITH(attention(Matrix(2, 0), Matrix(2, 0), A),
                      "attention: queries have width 0, keys 0");
    CHECK_THROWS_WITH(attention(A, Matrix(0, 3), Matrix(0, 3)),
                      "attention: 0 keys, but 0 values");
    CHECK_THROWS_WITH(attention(A, A, Matrix::Ones(3, 1)),
                      "attention: 2 keys, but 3 values");
    CHECK_THROWS_WITH(
        attention(A, Matrix::Ones(4, 3), Matrix::Ones(4, 1), true),
        "attention: causal, with 2 queries and 4 keys");
    Matrix bad = A;
    bad(1, 2) = kNaN;
    CHECK_THROWS_WITH(attention(bad, A, A), "attention: Q(1, 2) is nan");
    CHECK_THROWS_WITH(attention(A, bad, A), "attention: K(1, 2) is nan");
    bad(1, 2) = kInfinity;
    CHECK_THROWS_WITH(attention(A, A, bad), "attention: V(1, 2) is inf");
    CHECK_THROWS_WITH(attention(1e200 * A, 1e200 * A, A),
                      "attention: scores of query 0 overflow");
    CHECK_THROWS_AS(attention(-1e200 * A, 1e200 * A, A), std::invalid_argument);
    // The sum of two scores of 1e308 does, neither score does.
    CHECK(close(attention(Matrix{{1e154}}, Matrix::Constant(2, 1, 1e154),
                          Matrix{{3.0}, {5.0}}),
                Matrix{{4.0}}));
  }
}
