// Verifies the claims of questions/coding/kv_cache.md.
#include <whiteboard/coding/kv_cache.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <stdexcept>

using namespace whiteboard;
using coding::KvCache;
using whiteboard::testing::gaussian;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Row t of full causal attention, from the definition, in long double.
Vector row_of_attention(const Matrix& Q, const Matrix& K, const Matrix& V,
                        Eigen::Index t) {
  const auto root = std::sqrt(static_cast<long double>(K.cols()));
  Vector result(V.cols());
  for (Eigen::Index c = 0; c < V.cols(); ++c) {
    long double above = 0.0L, below = 0.0L;
    for (Eigen::Index j = 0; j <= t; ++j) {
      long double score = 0.0L;
      for (Eigen::Index a = 0; a < K.cols(); ++a) {
        score += static_cast<long double>(Q(t, a)) * K(j, a);
      }
      const long double e = std::exp(score / root);
      above += e * V(j, c);
      below += e;
    }
    result(c) = static_cast<double>(above / below);
  }
  return result;
}

Vector step(KvCache& cache, const Matrix& Q, const Matrix& K, const Matrix& V,
            Eigen::Index t) {
  return cache.step(Q.row(t).transpose(), K.row(t).transpose(),
                    V.row(t).transpose());
}

}  // namespace

TEST_SUITE("coding/kv_cache") {
  TEST_CASE("first_steps_by_hand") {
    KvCache cache(2);
    const Vector v{{3.0, -1.0}};
    // One key: weight 1, whatever its score.
    CHECK(close(cache.step(Vector{{5.0, 5.0}}, Vector{{1.0, 2.0}}, v), v));
    // A query of zeros: equal scores, the mean of both values.
    CHECK(close(
        cache.step(Vector::Zero(2), Vector{{9.0, 9.0}}, Vector{{1.0, 7.0}}),
        Vector{{2.0, 3.0}}));
    CHECK(cache.size() == 2);
    // Scores 1 / sqrt(2), 9 / sqrt(2) and 0 for q = (1, 0).
    const double a = std::exp(1.0 / std::sqrt(2.0));
    const double b = std::exp(9.0 / std::sqrt(2.0));
    CHECK(close(
        cache.step(Vector{{1.0, 0.0}}, Vector{{0.0, 1.0}}, Vector{{0.0, 0.0}}),
        Vector{{(3.0 * a + b) / (a + b + 1.0), (7.0 * b - a) / (a + b + 1.0)}},
        {.rel = 1e-14}));
  }

  TEST_CASE("steps_are_rows_of_causal_attention") {
    std::mt19937_64 rng(0);
    const Matrix Q = 3.0 * gaussian(200, 8, rng), K = gaussian(200, 8, rng);
    const Matrix V = gaussian(200, 8, rng);
    KvCache cache(8);
    double worst = 0.0;
    for (Eigen::Index t = 0; t < 200; ++t) {
      CAPTURE(t);
      const Vector got = step(cache, Q, K, V, t);
      const Vector want = row_of_attention(Q, K, V, t);
      // Scores below 100, rounded nine times: 1e-13 relative in a weight.
      CHECK(close(got, want, {.abs = 1e-12}));
      worst = std::max(worst, largest_difference(got, want));
    }
    CHECK(cache.size() == 200);
    EVIDENCE("largest difference over 200 steps", worst);

    // A score of 2.8 million: the newest token takes everything.
    CHECK(close(cache.step(Vector::Constant(8, 1e3), Vector::Ones(8) * 1e3,
                           Vector::Constant(8, 0.5)),
                Vector::Constant(8, 0.5)));
  }

  TEST_CASE("every_key_is_projected_once") {
    std::mt19937_64 rng(1);
    const Matrix X = gaussian(100, 4, rng);
    const Matrix Wq = gaussian(4, 4, rng), Wk = gaussian(4, 4, rng);
    const Matrix Wv = gaussian(4, 4, rng);
    int with = 0, without = 0;
    const auto project = [&](Eigen::Index i, int& count) -> Vector {
      ++count;
      return (X.row(i) * Wk).transpose();
    };
    KvCache cache(4);
    const Matrix Q = X * Wq, V = X * Wv;
    for (Eigen::Index t = 0; t < 100; ++t) {
      const Vector got = cache.step(Q.row(t).transpose(), project(t, with),
                                    V.row(t).transpose());
      Matrix K(t + 1, 4);
      for (Eigen::Index i = 0; i <= t; ++i) {
        K.row(i) = project(i, without).transpose();
      }
      CHECK(close(got, row_of_attention(Q, K, V, t), {.abs = 1e-12}));
    }
    EVIDENCE("keys projected with the cache", with);
    EVIDENCE("keys projected without", without);
    CHECK(with == 100);
    CHECK(without == 5050);
  }

  TEST_CASE("memory_is_two_vectors_a_token") {
    // One head of width 128, one layer.
    std::mt19937_64 rng(2);
    KvCache cache(128);
    const Matrix x = gaussian(64, 128, rng);
    for (Eigen::Index t = 0; t < 64; ++t) step(cache, x, x, x, t);
    const double numbers = 2.0 * 128.0 * static_cast<double>(cache.size());
    // 32 layers with 32 heads, 64 times as many tokens, 2 bytes a number.
    const double bytes = numbers * 32.0 * 32.0 * 64.0 * 2.0;
    EVIDENCE("GiB for 32 layers of 32 heads and 4096 tokens", bytes / 0x1p30);
    CHECK(bytes == 2.0 * 0x1p30);
    CHECK(bytes * 8.0 / 32.0 == 0.5 * 0x1p30);  // 8 key-value heads
  }

  TEST_CASE("truncation_forgets_a_draft") {
    std::mt19937_64 rng(3);
    const Matrix Q = gaussian(60, 4, rng), K = gaussian(60, 4, rng);
    const Matrix V = gaussian(60, 4, rng);
    const Matrix drafts = 10.0 * gaussian(60, 4, rng);
    KvCache plain(4), drafting(4);
    for (Eigen::Index t = 0; t < 60; ++t) {
      CAPTURE(t);
      // Up to six tokens are tried and rejected before each real one.
      for (Eigen::Index i = 0; i < t % 7; ++i) {
        step(drafting, drafts, drafts, drafts, i);
      }
      CHECK(drafting.size() == static_cast<std::size_t>(t + t % 7));
      drafting.truncate(static_cast<std::size_t>(t));
      CHECK(drafting.size() == plain.size());
      CHECK(close(step(drafting, Q, K, V, t), step(plain, Q, K, V, t),
                  {.abs = 1e-14}));
    }
    // Without the truncation the draft stays in every later output.
    KvCache careless(4);
    step(careless, drafts, drafts, drafts, 0);
    step(careless, Q, K, V, 0);
    CHECK(largest_difference(step(careless, Q, K, V, 1),
                             row_of_attention(Q, K, V, 1)) > 1e-3);
    // Back to nothing, and a copy that goes its own way.
    KvCache copy = plain;
    plain.truncate(0);
    CHECK(plain.size() == 0);
    CHECK(close(step(plain, Q, K, V, 0), V.row(0).transpose()));
    CHECK(copy.size() == 60);
    CHECK_THROWS_AS(copy.truncate(61), std::invalid_argument);
  }

  TEST_CASE("an_edited_prefix_needs_a_rebuild") {
    std::mt19937_64 rng(4);
    Matrix Q = gaussian(20, 4, rng), K = gaussian(20, 4, rng);
    Matrix V = gaussian(20, 4, rng);
    KvCache stale(4);
    for (Eigen::Index t = 0; t < 19; ++t) step(stale, Q, K, V, t);
    // Token 3 is edited after it has been cached.
    K.row(3) = gaussian(1, 4, rng);
    V.row(3) = 5.0 * gaussian(1, 4, rng);
    const Vector want = row_of_attention(Q, K, V, 19);
    KvCache rebuilt = stale;
    const Vector wrong = step(stale, Q, K, V, 19);
    EVIDENCE("error of the stale cache", largest_difference(wrong, want));
    CHECK(largest_difference(wrong, want) > 1e-3);
    // The tokens before it are still good: rebuild from there.
    rebuilt.truncate(3);
    for (Eigen::Index t = 3; t < 19; ++t) step(rebuilt, Q, K, V, t);
    CHECK(close(step(rebuilt, Q, K, V, 19), want, {.abs = 1e-12}));
  }
}

TEST_SUITE("coding/kv_cache extra") {
  TEST_CASE("a new cache is empty") {
    KvCache cache(3);
    CHECK(cache.size() == 0);
    cache.truncate(0);
    CHECK(cache.size() == 0);
  }

  TEST_CASE("a refused step leaves the cache as it was") {
    KvCache cache(2);
    const Vector x{{1.0, 2.0}};
    cache.step(x, x, x);
    CHECK_THROWS_WITH(cache.step(Vector::Ones(3), x, x),
                      "KvCache::step: need width 2, got 3");
    CHECK_THROWS_AS(cache.step(x, Vector::Ones(1), x), std::invalid_argument);
    CHECK_THROWS_AS(cache.step(x, x, Vector()), std::invalid_argument);
    CHECK_THROWS_WITH(cache.step(x, x, Vector{{0.0, kNaN}}),
                      "KvCache::step: x(1) is nan");
    CHECK_THROWS_AS(cache.step(Vector{{kNaN, 0.0}}, x, x),
                    std::invalid_argument);
    CHECK(cache.size() == 1);
    CHECK(close(cache.step(Vector::Zero(2), x, Vector{{3.0, 4.0}}),
                Vector{{2.0, 3.0}}));
    CHECK(cache.step(Vector::Constant(2, 1e200), 1e200 * x, x)
              .array()
              .isNaN()
              .all());  // the score overflows
  }

  TEST_CASE("arguments that break the contract are refused") {
    CHECK_THROWS_WITH(KvCache(0), "KvCache: need d >= 1, got d = 0");
    KvCache cache(1);
    CHECK_THROWS_WITH(cache.truncate(1),
                      "KvCache::truncate: need n <= size, got n = 1, size = 0");
  }
}
