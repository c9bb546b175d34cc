// Verifies the claims of questions/coding/multi_head_attention.md.
#include <whiteboard/coding/multi_head_attention.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <Eigen/SVD>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::multi_head_attention;
using whiteboard::testing::gaussian;

namespace {

/// The four d x d projections of a layer, entries of deviation 1.5 / sqrt(d).
struct Layer {
  Matrix Wq, Wk, Wv, Wo;

  Layer(Eigen::Index d, std::mt19937_64& rng) {
    const double size = 1.5 / std::sqrt(static_cast<double>(d));
    for (Matrix* const W : {&Wq, &Wk, &Wv, &Wo}) {
      *W = size * gaussian(d, d, rng);
    }
  }

  Matrix operator()(const Matrix& X, int heads, bool causal = false) const {
    return multi_head_attention(X, Wq, Wk, Wv, Wo, heads, causal);
  }
};

/// The definition, index by index: sums over scalars and no blocks.
Matrix direct(const Matrix& X, const Layer& layer, Eigen::Index heads,
              bool causal) {
  const Eigen::Index n = X.rows(), d = X.cols(), w = d / heads;
  const Matrix Q = X * layer.Wq, K = X * layer.Wk, V = X * layer.Wv;
  Matrix joined = Matrix::Zero(n, d);
  for (Eigen::Index column = 0; column < d; ++column) {
    const Eigen::Index head = column / w;
    for (Eigen::Index i = 0; i < n; ++i) {
      double total = 0.0;
      for (Eigen::Index j = 0; j < (causal ? i + 1 : n); ++j) {
        double score = 0.0;
        for (Eigen::Index a = head * w; a < (head + 1) * w; ++a) {
          score += Q(i, a) * K(j, a);
        }
        const double e = std::exp(score / std::sqrt(static_cast<double>(w)));
        joined(i, column) += e * V(j, column);
        total += e;
      }
      joined(i, column) /= total;
    }
  }
  return joined * layer.Wo;
}

/// The n x n weights of every head, for tokens that are one-hot vectors: the
/// projections are then the weights themselves, and a value of 1 at one token
/// and 0 at the others shows how much each query looks at that one.
std::vector<Matrix> patterns(const Layer& layer, int heads) {
  const Eigen::Index n = layer.Wq.rows();
  const Matrix tokens = Matrix::Identity(n, n);
  std::vector<Matrix> P(static_cast<std::size_t>(heads), Matrix(n, n));
  for (Eigen::Index j = 0; j < n; ++j) {
    Matrix values = Matrix::Zero(n, n);
    values.row(j).setOnes();
    const Matrix output =
        multi_head_attention(tokens, layer.Wq, layer.Wk, values, tokens, heads);
    for (std::size_t h = 0; h < P.size(); ++h) {
      P[h].col(j) = output.col(static_cast<Eigen::Index>(h) * n / heads);
    }
  }
  return P;
}

}  // namespace

TEST_SUITE("coding/multi_head_attention") {
  TEST_CASE("one_token_sees_itself") {
    std::mt19937_64 rng(0);
    const Matrix x = gaussian(1, 6, rng);
    for (const int heads : {1, 2, 3, 6}) {
      CAPTURE(heads);
      Layer layer(6, rng);
      const Matrix want = x * layer.Wv * layer.Wo;
      CHECK(close(layer(x, heads), want, {.scale = 1e-14}));
      layer.Wq *= 50.0;
      layer.Wk = gaussian(6, 6, rng);
      CHECK(close(layer(x, heads), want, {.scale = 1e-14}));
    }
  }

  TEST_CASE("heads_are_column_blocks") {
    std::mt19937_64 rng(1);
    double worst = 0.0;
    for (const int heads : {1, 2, 3, 4, 6, 12}) {
      for (const bool causal : {false, true}) {
        CAPTURE(heads);
        CAPTURE(causal);
        const Layer layer(12, rng);
        const Matrix X = gaussian(7, 12, rng);
        // Sums of twelve products three times over, of numbers below 100.
        const Matrix want = direct(X, layer, heads, causal);
        const Matrix got = layer(X, heads, causal);
        CHECK(close(got, want, {.abs = 1e-12}));
        worst = std::max(worst, largest_difference(got, want));
      }
    }
    EVIDENCE("largest difference from the definition", worst);
  }

  TEST_CASE("heads_add_patterns_not_parameters") {
    std::mt19937_64 rng(2);
    const Eigen::Index d = 8;
    Layer layer(d, rng);
    CHECK(layer.Wq.size() + layer.Wk.size() + layer.Wv.size() +
              layer.Wo.size() ==
          4 * d * d);
    // The same four matrices serve every number of heads, with other results.
    const Matrix X = gaussian(5, d, rng);
    const Matrix one = layer(X, 1), two = layer(X, 2), eight = layer(X, 8);
    CHECK(largest_difference(one, two) > 1e-3);
    CHECK(largest_difference(two, eight) > 1e-3);
    CHECK(largest_difference(one, eight) > 1e-3);
    // One head has one pattern, eight heads have eight.
    for (const int heads : {1, 2, 8}) {
      CAPTURE(heads);
      const std::vector<Matrix> P = patterns(layer, heads);
      for (std::size_t a = 0; a < P.size(); ++a) {
        CHECK(close(P[a].rowwise().sum(), Vector::Ones(d), {.abs = 1e-14}));
        for (std::size_t b = a + 1; b < P.size(); ++b) {
          CHECK(largest_difference(P[a], P[b]) > 1e-3);
        }
      }
    }
    // Where the patterns are uniform, their number makes no difference.
    layer.Wk.setZero();
    const Matrix mean =
        Vector::Ones(5) * (X.colwise().mean() * layer.Wv * layer.Wo);
    for (const int heads : {1, 2, 8}) {
      CHECK(close(layer(X, heads), mean, {.abs = 1e-14, .scale = 1e-14}));
    }
  }

  TEST_CASE("permuting_tokens_permutes_outputs") {
    std::mt19937_64 rng(3);
    const Layer layer(12, rng);
    const Matrix X = gaussian(10, 12, rng);
    const Matrix want = layer(X, 3);
    for (int trial = 0; trial < 20; ++trial) {
      const std::vector<std::ptrdiff_t> order = permutation(10, rng);
      CHECK(close(layer(X(order, Eigen::all), 3), want(order, Eigen::all),
                  {.abs = 1e-12}));
    }
    // A causal mask makes the order count.
    const std::vector<std::ptrdiff_t> back{9, 8, 7, 6, 5, 4, 3, 2, 1, 0};
    CHECK(largest_difference(layer(X(back, Eigen::all), 3, true),
                             layer(X, 3, true)(back, Eigen::all)) > 1e-3);
  }

  TEST_CASE("permuting_heads_changes_nothing") {
    std::mt19937_64 rng(4);
    const Layer layer(12, rng);
    const Matrix X = gaussian(6, 12, rng);
    // Heads 2, 0, 1 of width 4: columns of the first three, rows of Wo.
    const std::vector<int> order{8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 6, 7};
    Layer other = layer;
    other.Wq = layer.Wq(Eigen::all, order);
    other.Wk = layer.Wk(Eigen::all, order);
    other.Wv = layer.Wv(Eigen::all, order);
    other.Wo = layer.Wo(order, Eigen::all);
    CHECK(close(other(X, 3), layer(X, 3), {.abs = 1e-12}));
    CHECK(close(other(X, 3, true), layer(X, 3, true), {.abs = 1e-12}));
    // Columns that do not stay in their blocks are another layer.
    const std::vector<int> mixed{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0};
    other.Wq = layer.Wq(Eigen::all, mixed);
    other.Wk = layer.Wk(Eigen::all, mixed);
    other.Wv = layer.Wv(Eigen::all, mixed);
    other.Wo = layer.Wo(mixed, Eigen::all);
    CHECK(largest_difference(other(X, 3), layer(X, 3)) > 1e-3);
  }

  TEST_CASE("narrow_heads_have_low_rank_scores") {
    std::mt19937_64 rng(5);
    const Layer layer(8, rng);
    std::vector<double> ranks;
    for (const int heads : {1, 2, 4, 8}) {
      CAPTURE(heads);
      for (const Matrix& P : patterns(layer, heads)) {
        // log P is the scores less one number a row; centred rows are those
        // of the scores, whose rank is at most the width of a head.
        Matrix S = P.array().log();
        const Vector means = S.rowwise().mean();
        S.colwise() -= means;
        const Vector sizes =
            Eigen::JacobiSVD<Eigen::MatrixXd>(S).singularValues();
        REQUIRE(sizes.size() == 8);
        // Rounding leaves 1e-15; a random factor has nothing below 1e-4.
        const auto rank = (sizes.array() > 1e-9 * sizes(0)).count();
        // Centring takes one dimension of the full rank.
        CHECK(rank == std::min(8 / heads, 7));
        ranks.push_back(static_cast<double>(rank));
      }
    }
    EVIDENCE_SERIES("ranks for 1 and 2 and 4 and 8 heads", ranks);
  }

  TEST_CASE("causal_prefix_stands_alone") {
    std::mt19937_64 rng(6);
    const Layer layer(8, rng);
    const Matrix X = gaussian(9, 8, rng);
    for (const int heads : {1, 4}) {
      const Matrix whole = layer(X, heads, true);
      REQUIRE(whole.rows() == 9);
      for (Eigen::Index t = 1; t <= 9; ++t) {
        CAPTURE(t);
        CHECK(close(layer(X.topRows(t), heads, true), whole.topRows(t),
                    {.abs = 1e-12}));
      }
      CHECK(largest_difference(layer(X.topRows(4), heads),
                               layer(X, heads).topRows(4)) > 1e-3);
    }
  }
}

TEST_SUITE("coding/multi_head_attention extra") {
  TEST_CASE("arguments that break the contract are refused") {
    const Matrix X = Matrix::Ones(3, 4), W = Matrix::Ones(4, 4);
    CHECK_THROWS_WITH(multi_head_attention(X, W, W, W, W, 3),
                      "multi_head_attention: need heads >= 1 that divide d, "
                      "got heads = 3, d = 4");
    CHECK_THROWS_WITH(multi_head_attention(X, W, W, W, W, 0),
                      "multi_head_attention: need heads >= 1 that divide d, "
                      "got heads = 0, d = 4");
    CHECK_THROWS_AS(multi_head_attention(X, W, W, W, W, -2),
                    std::invalid_argument);
    CHECK_THROWS_WITH(multi_head_attention(Matrix(0, 4), W, W, W, W, 2),
                      "multi_head_attention: X is 0 x 4");
    CHECK_THROWS_AS(multi_head_attention(Matrix(3, 0), W, W, W, W, 2),
                    std::invalid_argument);
    const Matrix thin = Matrix::Ones(4, 2), flat = Matrix::Ones(2, 4);
    CHECK_THROWS_WITH(multi_head_attention(X, thin, W, W, W, 2),
                      "multi_head_attention: a weight is 4 x 2, need 4 x 4");
    CHECK_THROWS_AS(multi_head_attention(X, W, thin, W, W, 2),
                    std::invalid_argument);
    CHECK_THROWS_AS(multi_head_attention(X, W, W, flat, W, 2),
                    std::invalid_argument);
    CHECK_THROWS_AS(multi_head_attention(X, W, W, W, flat, 2),
                    std::invalid_argument);
    Matrix bad = W;
    bad(1, 2) = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_WITH(multi_head_attention(X, W, W, bad, W, 2),
                      "multi_head_attention: W(1, 2) is nan");
    CHECK_THROWS_WITH(multi_head_attention(bad, W, W, W, W, 2),
                      "multi_head_attention: X(1, 2) is nan");
  }
}
