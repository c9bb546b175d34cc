// Verifies the claims of questions/llm/scaled_dot_product_attention.md.
#include <whiteboard/llm/scaled_dot_product_attention.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/finite_differences.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::llm;
using namespace whiteboard::testing;
using Eigen::Index;

namespace {

/// A smoother in the words of Nadaraya and Watson: every observation (k, v)
/// counts with the kernel exp(q . k / sqrt(d)), and the weights are normalised
/// at the end. No maximum is subtracted: scores here are of ordinary size.
Matrix smoother_weights(const Matrix& Q, const Matrix& K,
                        const AttentionOptions& options = {}) {
  const double scale =
      options.scale.value_or(std::pow(static_cast<double>(Q.cols()), -0.5));
  const Index later_keys = K.rows() - Q.rows();
  Matrix W(Q.rows(), K.rows());
  for (Index i = 0; i < Q.rows(); ++i) {
    double total = 0.0;
    for (Index j = 0; j < K.rows(); ++j) {
      double score = 0.0;
      for (Index c = 0; c < Q.cols(); ++c) score += Q(i, c) * K(j, c);
      score *= scale;
      if (options.softcap) {
        score = *options.softcap * std::tanh(score / *options.softcap);
      }
      const bool hidden = (options.causal && j > i + later_keys) ||
                          (options.mask.size() > 0 && !options.mask(i, j));
      W(i, j) = hidden ? 0.0 : std::exp(score);
      total += W(i, j);
    }
    for (Index j = 0; j < K.rows(); ++j) W(i, j) /= total;
  }
  return W;
}

Matrix smoothed(const Matrix& Q, const Matrix& K, const Matrix& V,
                const AttentionOptions& options = {}) {
  const Matrix W = smoother_weights(Q, K, options);
  Matrix out = Matrix::Zero(Q.rows(), V.cols());
  for (Index i = 0; i < W.rows(); ++i) {
    for (Index j = 0; j < W.cols(); ++j) out.row(i) += W(i, j) * V.row(j);
  }
  return out;
}

Matrix rows_of(const Matrix& X, const std::vector<std::ptrdiff_t>& order) {
  Matrix Y(X.rows(), X.cols());
  for (Index i = 0; i < X.rows(); ++i) {
    Y.row(i) = X.row(order[static_cast<std::size_t>(i)]);
  }
  return Y;
}

/// Three of four keys allowed, the first one always.
AttentionMask random_mask(Index n, Index m, std::mt19937_64& rng) {
  AttentionMask mask(n, m);
  for (Index i = 0; i < mask.size(); ++i) {
    mask.data()[i] = uniform_index(4, rng) != 0;
  }
  mask.col(0).setConstant(true);
  return mask;
}

struct Named {
  std::string name;
  AttentionOptions options;
};

/// Each option alone, and all of them together. Needs n <= m.
std::vector<Named> all_options(Index n, Index m, std::mt19937_64& rng) {
  return {{"plain", {}},
          {"causal", {.causal = true}},
          {"mask", {.mask = random_mask(n, m, rng)}},
          {"scale", {.scale = 0.3}},
          {"softcap", {.softcap = 1.5}},
          {"all",
           {.mask = random_mask(n, m, rng),
            .causal = true,
            .scale = 0.8,
            .softcap = 2.0}}};
}

Tensor<float, 4> random_heads(std::array<std::size_t, 4> shape,
                              std::mt19937_64& rng) {
  Tensor<float, 4> X(shape);
  for (float& x : X) x = static_cast<float>(normal(rng));
  return X;
}

}  // namespace

TEST_SUITE("llm/scaled_dot_product_attention") {
  TEST_CASE("outputs_stay_within_the_values") {
    std::mt19937_64 rng(1);
    const Index n = 40, m = 50;
    const Matrix Q = gaussian(n, 6, rng), K = gaussian(m, 6, rng);
    const Matrix V = gaussian(m, 3, rng);
    double largest_deviation = 0.0;
    for (const Named& variant : all_options(n, m, rng)) {
      const AttentionOptions& options = variant.options;
      CAPTURE(variant.name);
      const Matrix P = attention_weights(Q, K, options);
      REQUIRE(P.rows() == n);
      REQUIRE(P.cols() == m);
      CHECK(P.minCoeff() >= 0.0);
      // m roundings of numbers that add up to 1.
      CHECK(close(P.rowwise().sum(), Vector::Ones(n), {.abs = 50 * 1.2e-16}));
      largest_deviation =
          std::max(largest_deviation,
                   largest_difference(P.rowwise().sum(), Vector::Ones(n)));

      const Matrix out = attention(Q, K, V, options);
      REQUIRE(out.rows() == n);
      REQUIRE(out.cols() == 3);
      for (Index c = 0; c < 3; ++c) {
        CHECK(out.col(c).minCoeff() >= V.col(c).minCoeff() - 1e-14);
        CHECK(out.col(c).maxCoeff() <= V.col(c).maxCoeff() + 1e-14);
      }
    }
    EVIDENCE("largest deviation of a row sum from 1", largest_deviation);
    const Matrix same = Vector::Ones(m) * K.row(0);
    const Matrix mean = Vector::Ones(n) * V.colwise().mean();
    CHECK(close(attention(Q, same, V), mean, {.scale = 1e-14}));
  }

  TEST_CASE("three_tokens_by_hand") {
    // d = 4, so scores are halved: q . k / 2 = a ln b with a = 1, 2, -1 and
    // b = 1, 2, 3. The weights are b^a over their sum.
    const Matrix Q{{2, 0, 0, 0}, {4, 0, 0, 0}, {-2, 0, 0, 0}};
    const Matrix K{
        {0, 0, 0, 5}, {std::log(2.0), 0, 7, 0}, {std::log(3.0), 1, 0, 0}};
    const Matrix weights{{1.0 / 6, 2.0 / 6, 3.0 / 6},
                         {1.0 / 14, 4.0 / 14, 9.0 / 14},
                         {6.0 / 11, 3.0 / 11, 2.0 / 11}};
    const Matrix V{{1, 10}, {2, 0}, {3, -10}};
    const Matrix output{
        {14.0 / 6, -20.0 / 6}, {36.0 / 14, -80.0 / 14}, {18.0 / 11, 40.0 / 11}};
    CHECK(close(attention(Q, K, V), output, {.abs = 1e-12}));
    CHECK(close(attention_reference(Q, K, V), output, {.abs = 1e-12}));
    CHECK(close(attention_weights(Q, K), weights, {.abs = 1e-12}));
    // Values that are the identity show the weights themselves.
    CHECK(close(attention(Q, K, Matrix::Identity(3, 3)), weights,
                {.abs = 1e-12}));
    EVIDENCE_SERIES("weights of the second token",
                    Vector(attention_weights(Q, K).row(1)));
  }

  TEST_CASE("keys_are_a_set") {
    std::mt19937_64 rng(3);
    const Index m = 600;  // three tiles
    const Matrix Q = gaussian(150, 8, rng), K = gaussian(m, 8, rng);
    const Matrix V = gaussian(m, 4, rng);
    const auto by_key = permutation(m, rng), by_query = permutation(150, rng);
    const Matrix out = attention(Q, K, V);
    REQUIRE(out.rows() == 150);

    const Matrix same = attention(Q, rows_of(K, by_key), rows_of(V, by_key));
    const Matrix moved = attention(rows_of(Q, by_query), K, V);
    EVIDENCE("keys and values permuted", largest_difference(same, out));
    CHECK(close(same, out, {.scale = 1e-13}));
    CHECK(close(moved, rows_of(out, by_query), {.scale = 1e-13}));
    // Keys alone do not permute: then each value hangs on another key.
    CHECK(largest_difference(attention(Q, rows_of(K, by_key), V), out) > 0.1);
  }

  TEST_CASE("attention_is_kernel_regression") {
    std::mt19937_64 rng(4);
    double worst = 0.0;
    for (const Index d : {1, 3, 64}) {
      const Matrix Q = gaussian(20, d, rng), K = gaussian(30, d, rng);
      const Matrix V = gaussian(30, 5, rng);
      for (const Named& variant : all_options(20, 30, rng)) {
        const AttentionOptions& options = variant.options;
        CAPTURE(variant.name);
        const Matrix want = smoothed(Q, K, V, options);
        CHECK(close(attention_reference(Q, K, V, options), want,
                    {.scale = 1e-13}));
        CHECK(close(attention_weights(Q, K, options),
                    smoother_weights(Q, K, options), {.abs = 1e-14}));
        worst = std::max(worst,
                         largest_difference(attention(Q, K, V, options), want));
      }
    }
    EVIDENCE("largest difference from the smoother", worst);
    CHECK(worst < 1e-13);
  }

  TEST_CASE("one_projection_cannot_point_round_a_circle") {
    // With q = k = W x the scores are symmetric, so along a circle of three
    // tokens the products of the weights agree in both directions.
    std::mt19937_64 rng(5);
    double best_of_shared = 0.0;
    for (int trial = 0; trial < 500; ++trial) {
      const Matrix X = 2.0 * gaussian(3, 4, rng) * gaussian(4, 4, rng);
      CHECK(close(attention_scores(X, X), attention_scores(X, X).transpose(),
                  {.scale = 1e-15}));
      const Matrix P = attention_weights(X, X);
      REQUIRE(P.size() == 9);
      const double forward = P(0, 1) * P(1, 2) * P(2, 0);
      const double backward = P(1, 0) * P(2, 1) * P(0, 2);
      // Three exponents with an error of a few eps times the scores, < 1000.
      CHECK(close(forward, backward, {.abs = 1e-300, .rel = 1e-11}));
      best_of_shared =
          std::max(best_of_shared, std::min({P(0, 1), P(1, 2), P(2, 0)}));
    }
    // Separate projections: queries I, keys shifted by one token.
    const Matrix next = attention_weights(
        10.0 * Matrix::Identity(3, 3), Matrix{{0, 0, 1}, {1, 0, 0}, {0, 1, 0}});
    const double separate = std::min({next(0, 1), next(1, 2), next(2, 0)});
    EVIDENCE("smallest weight on the next token, shared", best_of_shared);
    EVIDENCE("smallest weight on the next token, separate", separate);
    CHECK(best_of_shared > 0.0);
    CHECK(best_of_shared <= 0.5);
    CHECK(separate > 0.99);
  }

  TEST_CASE("gradients_match_finite_differences") {
    std::mt19937_64 rng(6);
    const Matrix Q = gaussian(5, 4, rng), K = gaussian(7, 4, rng);
    const Matrix V = gaussian(7, 3, rng), dO = gaussian(5, 3, rng);
    double worst = 0.0;
    for (const Named& variant : all_options(5, 7, rng)) {
      const AttentionOptions& options = variant.options;
      CAPTURE(variant.name);
      const auto loss = [&](const Matrix& q, const Matrix& k, const Matrix& v) {
        return smoothed(q, k, v, options).cwiseProduct(dO).sum();
      };
      const Matrix dQ =
          numerical_gradient([&](const Matrix& q) { return loss(q, K, V); }, Q);
      const Matrix dK =
          numerical_gradient([&](const Matrix& k) { return loss(Q, k, V); }, K);
      const Matrix dV =
          numerical_gradient([&](const Matrix& v) { return loss(Q, K, v); }, V);
      const auto got = attention_backward(Q, K, V, dO, options);
      // Central differences of a loss near 10 are good to about 1e-9.
      CHECK(close(got.dQ, dQ, {.abs = 1e-8}));
      CHECK(close(got.dK, dK, {.abs = 1e-8}));
      CHECK(close(got.dV, dV, {.abs = 1e-8}));
      worst = std::max({worst, largest_difference(got.dQ, dQ),
                        largest_difference(got.dK, dK),
                        largest_difference(got.dV, dV)});
    }
    EVIDENCE("largest difference from finite differences", worst);
  }

  TEST_CASE("causal_outputs_ignore_the_future") {
    std::mt19937_64 rng(7);
    const Index n = 300;  // queries in 3 tiles, keys in 2
    const Matrix X = gaussian(n, 5, rng);
    const Matrix before = attention(X, X, X, {.causal = true});
    REQUIRE(before.rows() == n);
    CHECK(before.row(0) == X.row(0));
    int changed_before = 0, unchanged_after = 0;
    for (const Index t : {0, 1, 127, 128, 200, 255, 256, 298}) {
      CAPTURE(t);
      Matrix other = X;
      other.bottomRows(n - 1 - t) = gaussian(n - 1 - t, 5, rng);
      const Matrix after = attention(other, other, other, {.causal = true});
      REQUIRE(after.rows() == n);
      // Bit for bit: a hidden key has weight exactly 0.
      for (Index i = 0; i <= t; ++i) {
        changed_before += after.row(i) != before.row(i);
      }
      for (Index i = t + 1; i < n; ++i) {
        unchanged_after += after.row(i) == before.row(i);
      }
    }
    EVIDENCE("outputs changed by a later token", changed_before);
    CHECK(changed_before == 0);
    CHECK(unchanged_after == 0);

    // A cache: the last queries alone see all the keys up to their own.
    const Matrix last = attention(X.bottomRows(3), X, X, {.causal = true});
    CHECK(close(last, before.bottomRows(3), {.scale = 1e-13}));
  }

  TEST_CASE("masks_belong_before_the_softmax") {
    std::mt19937_64 rng(8);
    const Index n = 9, m = 12, kept = 7;  // the last 5 keys are padding
    const Matrix Q = gaussian(n, 4, rng), K = gaussian(m, 4, rng);
    const Matrix V = gaussian(m, 3, rng);
    AttentionMask mask = AttentionMask::Constant(n, m, true);
    mask.rightCols(m - kept).setConstant(false);
    const AttentionOptions options{.mask = mask};

    // What a mask must do: as if the keys were not there.
    const Matrix want = smoothed(Q, K.topRows(kept), V.topRows(kept));
    CHECK(close(attention(Q, K, V, options), want, {.scale = 1e-14}));
    CHECK(close(attention_reference(Q, K, V, options), want, {.scale = 1e-14}));
    const Matrix P = attention_weights(Q, K, options);
    REQUIRE(P.cols() == m);
    CHECK((P.rightCols(m - kept).array() == 0.0).all());
    CHECK(close(P.rowwise().sum(), Vector::Ones(n), {.abs = 1e-14}));

    // Shortcut: mask the weights. Rows no longer sum to 1.
    Matrix masked_after = attention_weights(Q, K);
    masked_after.rightCols(m - kept).setZero();
    EVIDENCE("mean row sum, masked after the softmax",
             masked_after.rowwise().sum().mean());
    CHECK(masked_after.rowwise().sum().maxCoeff() < 1.0);
    // Shortcut: multiply scores by 0. exp(0) = 1 still counts.
    Matrix zeroed = attention_scores(Q, K);
    zeroed.rightCols(m - kept).setZero();
    maths::softmax_rows_in_place<double>(zeroed);
    const double leaked = zeroed.rightCols(m - kept).rowwise().sum().mean();
    EVIDENCE("mean weight on padding, scores times 0", leaked);
    CHECK(leaked > 0.1);
  }

  TEST_CASE("heads_are_scaled_by_their_own_width") {
    // Unit-variance queries and keys, 8 heads of 64: scores should have unit
    // variance. The model's width of 512 divides them by another sqrt(8).
    std::mt19937_64 rng(9);
    const std::array<std::size_t, 4> shape{2, 8, 32, 64};
    const Tensor<float, 4> Q = random_heads(shape, rng);
    const Tensor<float, 4> K = random_heads(shape, rng);
    const Tensor<float, 4> V = random_heads({2, 8, 32, 16}, rng);
    const Tensor<float, 4> out = attention(Q, K, V);
    REQUIRE(out.shape(0) == 2);
    REQUIRE(out.shape(3) == 16);
    double own = 0.0, model = 0.0, unscaled = 0.0;
    const auto mean_of_largest = [](const Matrix& W) {
      return W.rowwise().maxCoeff().mean() / 16.0;  // of 2 x 8 heads
    };
    for (std::size_t b = 0; b < 2; ++b) {
      for (std::size_t h = 0; h < 8; ++h) {
        CAPTURE(b);
        CAPTURE(h);
        const Matrix q = matrix_at(Q, b, h).cast<double>();
        const Matrix k = matrix_at(K, b, h).cast<double>();
        const Matrix v = matrix_at(V, b, h).cast<double>();
        // 64 products and 32 weights in float: 100 x 6e-8 of the largest.
        CHECK(close(matrix_at(out, b, h), smoothed(q, k, v), {.scale = 6e-6}));
        own += mean_of_largest(attention_weights(q, k));
        model += mean_of_largest(
            attention_weights(q, k, {.scale = 1.0 / std::sqrt(512.0)}));
        unscaled += mean_of_largest(attention_weights(q, k, {.scale = 1.0}));
      }
    }
    EVIDENCE("mean largest weight, by the head's width", own);
    EVIDENCE("mean largest weight, by the model's width", model);
    EVIDENCE("mean largest weight, not scaled", unscaled);
    // NumPy 1.24.2 over 20480 rows: 0.163, 0.062 and 0.817, with deviations
    // of 0.068, 0.011 and 0.192 a row; five standard errors of 512 rows.
    CHECK(close(own, 0.163, {.abs = 5 * 0.068 / std::sqrt(512.0)}));
    CHECK(close(model, 0.062, {.abs = 5 * 0.011 / std::sqrt(512.0)}));
    CHECK(close(unscaled, 0.817, {.abs = 5 * 0.192 / std::sqrt(512.0)}));
  }

  TEST_CASE("tiles_give_the_same_output") {
    // Sizes at the edges of the tiles of 128 queries and 256 keys. A sum of m
    // weighted values is wrong by at most about (m + 100) u times the largest
    // value: 700 x 1.1e-16 in double, 700 x 6e-8 in float.
    std::mt19937_64 rng(10);
    double worst = 0.0, worst_float = 0.0;
    for (const Index n : {1, 127, 129, 260}) {
      for (const Index m : {1, 255, 256, 257, 600}) {
        const Matrix Q = gaussian(n, 5, rng), K = gaussian(m, 5, rng);
        const Matrix V = gaussian(m, 3, rng);
        for (const Named& variant : all_options(n, m, rng)) {
          const AttentionOptions& options = variant.options;
          if (options.causal && n > m) continue;
          CAPTURE(n);
          CAPTURE(m);
          CAPTURE(variant.name);
          const Matrix want = smoothed(Q, K, V, options);
          const Matrix got = attention(Q, K, V, options);
          const Matrix got_float =
              attention<float>(Q.cast<float>(), K.cast<float>(),
                               V.cast<float>(), options)
                  .cast<double>();
          CHECK(close(got, want, {.scale = 8e-14}));
          CHECK(close(got_float, want, {.scale = 4e-5}));
          worst = std::max(worst, largest_difference(got, want));
          worst_float =
              std::max(worst_float, largest_difference(got_float, want));
        }
      }
    }
    EVIDENCE("largest difference in double", worst);
    EVIDENCE("largest difference in float", worst_float);
  }

  TEST_CASE("no_score_overflows") {
    // Scores that rise by 10 a key up to 10000, so that every tile finds a new
    // maximum; and the same falling. exp() of a float overflows above 88.7.
    const Index m = 1001;
    Vector rising = Vector::LinSpaced(m, 0.0, 10000.0);
    const Vector V = Vector::LinSpaced(m, 1.0, 2.0);
    const Matrix q = Matrix::Ones(1, 1);
    // Weights e^-10j / sum: the last keys decide, by hand to 1e-13.
    const double r = std::exp(-10.0);
    const double from_end = r / (1.0 - r);  // mean distance from the last key
    for (const bool falling : {false, true}) {
      CAPTURE(falling);
      if (falling) rising.reverseInPlace();
      const double want =
          falling ? 1.0 + from_end / 1000 : 2.0 - from_end / 1000;
      const Matrix out = attention(q, rising, V);
      EVIDENCE(falling ? "falling scores" : "rising scores", out.sum());
      CHECK(close(out, Matrix::Constant(1, 1, want), {.abs = 1e-13}));
      CHECK(close(attention_reference(q, rising, V), out, {.abs = 1e-13}));
      // 1e-10 of the smallest step between values is below float's 1.2e-7.
      const MatrixOf<float> single = attention<float>(
          q.cast<float>(), rising.cast<float>(), V.cast<float>());
      CHECK(close(single, Matrix::Constant(1, 1, want), {.abs = 3e-7}));
    }
    float naive_sum = 0.0F;  // the shortcut: no maximum
    for (const double score : rising) {
      naive_sum += std::exp(static_cast<float>(score));
    }
    CHECK(std::isinf(naive_sum));
  }

  TEST_CASE("softcap_limits_the_contrast") {
    // Scores within (-c, c): no weight exceeds 1 / (1 + (m - 1) e^(-2c)).
    std::mt19937_64 rng(12);
    const Index m = 10;
    const Matrix Q = 5.0 * gaussian(30, 4, rng), K = 5.0 * gaussian(m, 4, rng);
    std::vector<double> largest;
    for (const double c : {0.5, 1.0, 2.0, 1e7}) {
      const Matrix P = attention_weights(Q, K, {.softcap = c});
      REQUIRE(P.rows() == 30);
      largest.push_back(P.maxCoeff());
      CHECK(P.maxCoeff() <=
            1.0 / (1.0 + static_cast<double>(m - 1) * std::exp(-2.0 * c)));
    }
    const Matrix plain = attention_weights(Q, K);
    EVIDENCE_SERIES("largest weight with c = 0.5 1 2 1e7", largest);
    EVIDENCE("largest weight without a cap", plain.maxCoeff());
    CHECK(plain.maxCoeff() > 0.99);
    // c tanh(s / c) - s is s^3 / (3 c^2): below 1e-8 for |s| < 100.
    CHECK(
        close(attention_weights(Q, K, {.softcap = 1e7}), plain, {.abs = 1e-8}));
    // Order and sign are kept, so the favourite stays the favourite.
    Index with = -1, without = -2;
    attention_weights(Q, K, {.softcap = 2.0}).row(3).maxCoeff(&with);
    attention_scores(Q, K).row(3).maxCoeff(&without);
    CHECK(with == without);
  }
}

TEST_SUITE("llm/scaled_dot_product_attention extra") {
  TEST_CASE("one token and no queries") {
    const Matrix V{{3.0, -4.0}};
    CHECK(attention(Matrix{{5.0}}, Matrix{{-2.0}}, V) == V);
    CHECK(attention(Matrix(0, 3), Matrix::Ones(2, 3), Matrix::Ones(2, 4))
              .cols() == 4);
    CHECK(attention(Matrix{{1.0}}, Matrix{{1.0}}, V, {.causal = true}) == V);
  }

  TEST_CASE("a tile without any allowed key is passed over") {
    std::mt19937_64 rng(20);
    const Matrix Q = gaussian(2, 3, rng), K = gaussian(600, 3, rng);
    const Matrix V = gaussian(600, 2, rng);
    AttentionMask mask = AttentionMask::Constant(2, 600, false);
    mask(0, 599) = true;  // in the last tile, after two empty ones
    mask(1, 0) = true;    // in the first, before two empty ones
    const Matrix out = attention(Q, K, V, {.mask = mask});
    CHECK(out.row(0) == V.row(599));
    CHECK(out.row(1) == V.row(0));
  }

  TEST_CASE("gradients of causal attention do not flow to the past") {
    std::mt19937_64 rng(21);
    const Matrix X = gaussian(6, 3, rng);
    Matrix dO = Matrix::Zero(6, 3);
    dO.row(2).setOnes();  // a loss of the third output alone
    const auto g = attention_backward(X, X, X, dO, {.causal = true});
    CHECK((g.dK.bottomRows(3).array() == 0.0).all());
    CHECK((g.dV.bottomRows(3).array() == 0.0).all());
    CHECK((g.dV.topRows(3).array() > 0.0).all());
    // A shift of all keys changes no weight, so their gradients add up to 0.
    CHECK(close(g.dK.colwise().sum(), Eigen::RowVectorXd::Zero(3),
                {.abs = 1e-15}));
  }

  TEST_CASE("heads and sequences keep apart") {
    std::mt19937_64 rng(22);
    const Tensor<float, 4> Q = random_heads({2, 3, 4, 2}, rng);
    const Tensor<float, 4> K = random_heads({2, 3, 6, 2}, rng);
    const Tensor<float, 4> V = random_heads({2, 3, 6, 5}, rng);
    Tensor<float, 4> other = K;
    matrix_at(other, 1, 2).setZero();
    const Tensor<float, 4> a = attention(Q, K, V, {.causal = true});
    const Tensor<float, 4> b = attention(Q, other, V, {.causal = true});
    for (std::size_t s = 0; s < 2; ++s) {
      for (std::size_t h = 0; h < 3; ++h) {
        const bool same = matrix_at(a, s, h) == matrix_at(b, s, h);
        CHECK(same == !(s == 1 && h == 2));
        CHECK(matrix_at(a, s, h) ==
              attention<float>(matrix_at(Q, s, h), matrix_at(K, s, h),
                               matrix_at(V, s, h), {.causal = true}));
      }
    }
    // Too many are as wrong as too few, though they could be passed over.
    using Shape = std::array<std::size_t, 2>;
    for (const auto& [k, v] : {std::pair{Shape{2, 2}, Shape{2, 2}},
                               {Shape{2, 4}, Shape{2, 4}},
                               {Shape{2, 3}, Shape{2, 4}},
                               {Shape{3, 3}, Shape{3, 3}},
                               {Shape{2, 3}, Shape{3, 3}}}) {
      CHECK_THROWS_WITH_AS(attention(Q, random_heads({k[0], k[1], 6, 2}, rng),
                                     random_heads({v[0], v[1], 6, 5}, rng)),
                           "attention: numbers of sequences or of heads differ",
                           std::invalid_argument);
    }
  }

  TEST_CASE("arguments that break the contract are refused") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const Matrix Q = Matrix::Ones(3, 2), K = Matrix::Ones(4, 2);
    const Matrix V = Matrix::Ones(4, 5);
    CHECK_THROWS_WITH_AS(attention(Q, Matrix::Ones(4, 3), V),
                         "attention: queries have width 2, keys 3",
                         std::invalid_argument);
    CHECK_THROWS_WITH(attention(Matrix(3, 0), Matrix(4, 0), V),
                      "attention: queries have width 0, keys 0");
    CHECK_THROWS_WITH(attention(Q, K, Matrix::Ones(3, 5)),
                      "attention: 4 keys, but 3 values");
    CHECK_THROWS_WITH(attention(Q, Matrix(0, 2), Matrix(0, 5)),
                      "attention: 0 keys, but 0 values");
    CHECK_THROWS_WITH(attention_reference(Q, K, Matrix::Ones(3, 5)),
                      "attention: 4 keys, but 3 values");
    CHECK_THROWS_WITH(attention(Matrix::Constant(3, 2, nan), K, V),
                      "attention: Q(0, 0) is nan");
    CHECK_THROWS_WITH(attention(Q, Matrix::Constant(4, 2, nan), V),
                      "attention: K(0, 0) is nan");
    CHECK_THROWS_WITH(attention(Q, K, Matrix::Constant(4, 5, nan)),
                      "attention: V(0, 0) is nan");
    CHECK_THROWS_WITH(attention(1e200 * Q, 1e200 * K, V),
                      "attention: scores or values can overflow");
    CHECK_THROWS_WITH(attention(Q, K, V, {.scale = nan}),
                      "attention: scores or values can overflow");
    CHECK_THROWS_WITH(attention(Q, K, V, {.softcap = 0.0}),
                      "attention: softcap is 0");
    CHECK_THROWS_AS(attention(Q, K, V, {.softcap = nan}),
                    std::invalid_argument);
    CHECK_THROWS_AS(
        attention(Q, K, V,
                  {.softcap = std::numeric_limits<double>::infinity()}),
        std::invalid_argument);
    CHECK_THROWS_WITH(attention(K, Q, Matrix::Ones(3, 1), {.causal = true}),
                      "attention: causal, with 4 queries and only 3 keys");
    CHECK_THROWS_WITH(
        attention(Q, K, V, {.mask = AttentionMask::Constant(4, 4, true)}),
        "attention: the mask is 4 x 4, not 3 x 4");
    CHECK_THROWS_AS(
        attention(Q, K, V, {.mask = AttentionMask::Constant(3, 3, true)}),
        std::invalid_argument);

    AttentionMask mask = AttentionMask::Constant(3, 4, true);
    mask.row(1).setConstant(false);
    CHECK_THROWS_WITH(attention_weights(Q, K, {.mask = mask}),
                      "attention: query 1 may look at no key");
    mask(1, 3) = true;  // but that one lies in the future of query 1
    CHECK(attention(Q, K, V, {.mask = mask}).allFinite());
    CHECK_THROWS_WITH(attention(Q, K, V, {.mask = mask, .causal = true}),
                      "attention: query 1 may look at no key");

    const Matrix dO = Matrix::Ones(3, 5);
    CHECK_THROWS_WITH(attention_backward(Q, K, V, Matrix::Ones(3, 4)),
                      "attention_backward: dO is 3 x 4, the output 3 x 5");
    CHECK_THROWS_AS(attention_backward(Q, K, V, Matrix::Ones(4, 5)),
                    std::invalid_argument);
    CHECK_THROWS_WITH(attention_backward(Q, K, V, nan * dO),
                      "attention_backward: dO(0, 0) is nan");
    CHECK_THROWS_AS(attention_backward(Q, K, Matrix::Ones(3, 5), dO),
                    std::invalid_argument);
  }
}
