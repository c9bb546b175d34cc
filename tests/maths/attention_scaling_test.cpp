// Verifies the claims of questions/maths/attention_scaling.md.
#include <whiteboard/maths/attention_scaling.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/finite_differences.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::maths;
using whiteboard::testing::gaussian;
using whiteboard::testing::numerical_jacobian;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Within five standard errors of `want`, and of its own error, 0.001.
void check_mean(double mean, double standard_error, double want) {
  CHECK(close(mean, want, {.abs = 5.0 * standard_error + 0.001}));
}

void check_row(const AttentionStatistics& got, const RowOfWeights& want) {
  check_mean(got.mean.largest, got.standard_error.largest, want.largest);
  check_mean(got.mean.entropy, got.standard_error.entropy, want.entropy);
  check_mean(got.mean.gradient, got.standard_error.gradient, want.gradient);
}

/// Statistics with 16 keys.
AttentionStatistics simulate(Eigen::Index d, double scale, int trials = 300) {
  std::mt19937_64 rng(0);
  return attention_statistics({.head_dim = d, .scale = scale, .trials = trials},
                              rng);
}

}  // namespace

TEST_SUITE("maths/attention_scaling") {
  TEST_CASE("the_variance_of_a_score_is_the_width") {
    for (int d = 1; d <= 6; ++d) {
      CHECK(sign_score_variance(d) == d);
      const double scale = attention_scale(d);
      CHECK(close(scale * scale * sign_score_variance(d), 1.0, {.ulps = 2}));
    }
    CHECK(sign_score_variance(10) == 10.0);
    // Uniform entries with variance 1: only mean and variance matter.
    std::mt19937_64 rng(0);
    const int n = 1000;
    double squares = 0.0;
    double fourths = 0.0;
    for (int i = 0; i < n; ++i) {
      double score = 0.0;
      for (int j = 0; j < 48; ++j) {
        score += 12.0 * (uniform(rng) - 0.5) * (uniform(rng) - 0.5);
      }
      squares += score * score / n;
      fourths += score * score * score * score / n;
    }
    const double error = std::sqrt((fourths - squares * squares) / n);
    CHECK(close(squares, 48.0, {.abs = 5.0 * error}));
    EVIDENCE("variance for 48 uniform entries", squares);
  }

  TEST_CASE("the_short_simulation_is_the_long_one") {
    // Ten numbers a row instead of 8 * 6: every statistic agrees.
    std::mt19937_64 rng(1);
    const int trials = 1000;
    Matrix rows(trials, 4);
    Matrix by_definition(trials, 4);
    const auto summary = [](const Vector& z) {
      const RowOfWeights row = row_of_weights(z);
      return Eigen::RowVector4d(row.largest, row.entropy, row.gradient,
                                z.squaredNorm());
    };
    for (Eigen::Index t = 0; t < trials; ++t) {
      rows.row(t) = summary(random_scores(4, 6, rng));
      by_definition.row(t) = summary(random_scores_reference(4, 6, rng));
    }
    for (Eigen::Index j = 0; j < 4; ++j) {
      const Vector difference = rows.col(j) - by_definition.col(j);
      const double mean = difference.mean();
      const double error =
          std::sqrt((difference.array() - mean).square().sum()) / trials;
      CHECK(close(mean, 0.0, {.abs = 5.0 * error}));
    }
    // Scores of one query share its length: of |z|^2 = |q|^2 |g|^2 the mean is
    // d n, with relative deviation 1, and the mean square d (d + 2) n (n + 2),
    // with 2.7, both over the root of 1000.
    CHECK(close(rows.col(3).mean(), 24.0, {.rel = 0.16}));
    CHECK(close(rows.col(3).array().square().mean(), 4.0 * 6.0 * 6.0 * 8.0,
                {.rel = 0.43}));
  }

  TEST_CASE("unscaled_attention_saturates") {
    // NumPy 1.24, 200000 rows each: errors below 0.0012.
    std::vector<double> raw;
    std::vector<double> scaled;
    const AttentionStatistics raw16 = simulate(16, 1.0);
    const AttentionStatistics raw64 = simulate(64, 1.0);
    const AttentionStatistics raw512 = simulate(512, 1.0);
    check_row(raw16, {0.6859, 0.9004, 0.4275});
    check_row(raw64, {0.8446, 0.4089, 0.2192});
    check_row(raw512, {0.9458, 0.1334, 0.0776});
    const AttentionStatistics scaled16 = simulate(16, attention_scale(16));
    const AttentionStatistics scaled64 = simulate(64, attention_scale(64));
    const AttentionStatistics scaled512 = simulate(512, attention_scale(512));
    check_row(scaled16, {0.2433, 2.364, 0.8678});
    check_row(scaled64, {0.2454, 2.3596, 0.8678});
    check_row(scaled512, {0.2467, 2.357, 0.8675});
    for (const auto& s : {raw16, raw64, raw512}) raw.push_back(s.mean.largest);
    for (const auto& s : {scaled16, scaled64, scaled512}) {
      scaled.push_back(s.mean.largest);
      CHECK(close(s.mean.largest, 0.245, {.abs = 0.02}));
    }
    CHECK(raw[0] < raw[1] - 0.1);
    CHECK(raw[1] < raw[2] - 0.05);
    EVIDENCE_SERIES("largest weight unscaled at d = 16, 64, 512", raw);
    EVIDENCE_SERIES("largest weight scaled at d = 16, 64, 512", scaled);
  }

  TEST_CASE("the_gradient_dies_with_it") {
    // The sum of p (1 - p) is the trace of the Jacobian.
    std::mt19937_64 rng(2);
    const Vector z = random_scores(16, 8, rng) * attention_scale(16);
    const auto f = [](const Vector& at) { return softmax(at); };
    CHECK(close(row_of_weights(z).gradient, numerical_jacobian(f, z).trace(),
                {.abs = 1e-8}));
    const double scaled =
        simulate(512, attention_scale(512), 200).mean.gradient;
    const double raw = simulate(512, 1.0, 200).mean.gradient;
    CHECK(scaled > 5.0 * raw);
    EVIDENCE("scaled", scaled);
    EVIDENCE("unscaled", raw);
    // At most 1 - 1/n, for uniform weights, and 0 for a single one.
    CHECK(close(row_of_weights(Vector::Zero(8)).gradient, 0.875, {.ulps = 2}));
    CHECK(row_of_weights(Vector{{0.0, 60.0}}).gradient < 1e-15);
  }

  TEST_CASE("other_divisors_are_wrong") {
    // By d, or by its root for q and for k: scores of variance 1 / d.
    const AttentionStatistics by_width = simulate(512, 1.0 / 512.0, 50);
    CHECK(close(by_width.mean.entropy, std::log(16.0), {.rel = 0.01}));
    CHECK(close(by_width.mean.largest, 0.0675, {.abs = 0.001}));
    // By the root of the model's width, 8 heads of 64: variance 1 / 8.
    const AttentionStatistics by_model = simulate(64, attention_scale(512));
    CHECK(std::log(16.0) - by_model.mean.entropy < 0.08);
    CHECK(std::log(16.0) - simulate(64, attention_scale(64)).mean.entropy >
          0.35);
    EVIDENCE("entropy with 1 / d", by_width.mean.entropy);
    EVIDENCE("entropy with the model's width", by_model.mean.entropy);
    // Behind the softmax: weights that sum to 1 / root d, as saturated as ever.
    std::mt19937_64 rng(3);
    const Vector z = random_scores(64, 16, rng);
    const Vector late = attention_scale(64) * softmax(z);
    CHECK(close(late.sum(), 0.125, {.rel = 1e-14}));
    CHECK(close(late.maxCoeff() / late.sum(), row_of_weights(z).largest,
                {.rel = 1e-14}));
    // In front of it, it is a temperature of root d.
    CHECK(close(softmax(attention_scale(64) * z), softmax(z, 8.0),
                {.rel = 1e-14}));
  }

  TEST_CASE("aligned_vectors_still_grow_with_the_root") {
    std::mt19937_64 rng(4);
    std::vector<double> scores;
    for (const Eigen::Index d : {8, 128, 512}) {
      double mean = 0.0;
      for (int i = 0; i < 100; ++i) {
        const Vector q = gaussian(d, 1, rng).col(0);
        mean += attention_scale(d) * q.squaredNorm() / 100.0;
      }
      // q'q is chi-square: mean d, variance 2 d; scaled variance 2.
      CHECK(close(mean, std::sqrt(static_cast<double>(d)),
                  {.abs = 5.0 * std::sqrt(2.0 / 100.0)}));
      scores.push_back(mean);
    }
    EVIDENCE_SERIES("scaled score of q with itself at d = 8, 128, 512", scores);
    // One key out of 16 equal to the query takes all; QK-norm bounds it.
    for (const Eigen::Index d : {64, 512}) {
      const Vector q = gaussian(d, 1, rng).col(0);
      Matrix K = gaussian(16, d, rng);
      K.row(3) = q.transpose();
      const Vector scaled = attention_scale(d) * (K * q);
      CHECK(row_of_weights(scaled).largest > 0.9);
      const Vector normed = qk_norm_scores(q, K, 4.0);
      CHECK(close(normed(3), 4.0, {.rel = 1e-14}));
      CHECK(normed.cwiseAbs().maxCoeff() <= 4.0 * (1.0 + 1e-14));
      // e^4 against 15 keys near e^0.
      CHECK(close(row_of_weights(normed).largest,
                  std::exp(4.0) / (std::exp(4.0) + 15.0), {.abs = 0.08}));
      CHECK(close(qk_norm_scores(3.0 * q, 0.1 * K, 4.0), normed,
                  {.scale = 1e-14}));
      CHECK(close(normed(0),
                  4.0 * K.row(0).dot(q) / (K.row(0).norm() * q.norm()),
                  {.abs = 1e-14}));
    }
  }

  TEST_CASE("long_contexts_dilute") {
    // For n normal scores of variance s^2 < 2 log n the entropy is near
    // log n - s^2 / 2: the same share of ever more keys.
    std::mt19937_64 rng(5);
    std::vector<double> fractions;
    std::vector<double> tuned;
    for (const Eigen::Index n : {64, 512, 4096}) {
      const double log_n = std::log(static_cast<double>(n));
      const int trials = static_cast<int>(40'000 / n);
      const AttentionStatistics fixed = attention_statistics(
          {.head_dim = 64, .keys = n, .scale = 0.125, .trials = trials}, rng);
      CHECK(close(fixed.mean.entropy, log_n - 0.5,
                  {.abs = 5.0 * fixed.standard_error.entropy + 0.04}));
      fractions.push_back(fixed.mean.entropy / log_n);
      // Variance (log n) / 2: the entropy stays at 3/4 of its maximum.
      const AttentionStatistics grown =
          attention_statistics({.head_dim = 64,
                                .keys = n,
                                .scale = 0.125 * std::sqrt(0.5 * log_n),
                                .trials = trials},
                               rng);
      tuned.push_back(grown.mean.entropy / log_n);
      CHECK(close(tuned.back(), 0.75, {.abs = 0.05}));
      if (n == 4096) CHECK(fixed.mean.largest < 0.01);
    }
    CHECK(fractions[0] < fractions[1]);
    CHECK(fractions[1] < fractions[2]);
    CHECK(fractions[2] > 0.92);
    EVIDENCE_SERIES("entropy over log n for 64, 512, 4096 keys", fractions);
    EVIDENCE_SERIES("the same with a scale that grows as root log n", tuned);
  }
}

TEST_SUITE("maths/attention_scaling extra") {
  TEST_CASE("one row by hand") {
    const RowOfWeights row = row_of_weights(Vector{{0.0, std::log(3.0)}});
    CHECK(close(row.largest, 0.75, {.ulps = 2}));
    CHECK(close(row.gradient, 0.375, {.ulps = 2}));
    CHECK(
        close(row.entropy, std::log(4.0) - 0.75 * std::log(3.0), {.ulps = 4}));
    CHECK_THROWS_AS(row_of_weights(Vector()), std::invalid_argument);
  }

  TEST_CASE("standard errors by hand") {
    std::mt19937_64 rng(6);
    std::mt19937_64 again(6);
    const AttentionStatistics got =
        attention_statistics({.head_dim = 3, .keys = 4, .trials = 3}, rng);
    Vector entropy(3), largest(3);
    for (int t = 0; t < 3; ++t) {
      const RowOfWeights row = row_of_weights(random_scores(3, 4, again));
      entropy(t) = row.entropy;
      largest(t) = row.largest;
    }
    // The variance divided by n - 1 = 2, over the root of n = 3.
    const auto standard_error = [](const Vector& x) {
      return std::sqrt((x.array() - x.mean()).square().sum() / 2.0 / 3.0);
    };
    CHECK(close(got.mean.entropy, entropy.mean(), {.rel = 1e-14}));
    CHECK(close(got.standard_error.entropy, standard_error(entropy),
                {.rel = 1e-12}));
    CHECK(close(got.standard_error.largest, standard_error(largest),
                {.rel = 1e-12}));
  }

  TEST_CASE("arguments that break the contract are refused") {
    std::mt19937_64 rng(7);
    CHECK_THROWS_WITH(attention_scale(0),
                      "attention_scale: need head_dim >= 1, got 0");
    CHECK(attention_scale(1) == 1.0);
    CHECK_THROWS_WITH(sign_score_variance(0),
                      "sign_score_variance: need 1 <= d <= 10, got 0");
    CHECK_THROWS_AS(sign_score_variance(11), std::invalid_argument);
    CHECK_THROWS_WITH(attention_statistics({.head_dim = 0}, rng),
                      "attention_statistics: need head_dim >= 1, keys >= 2, "
                      "trials >= 2, got 0, 16, 1000");
    CHECK_THROWS_AS(attention_statistics({.keys = 1}, rng),
                    std::invalid_argument);
    CHECK_NOTHROW(
        attention_statistics({.head_dim = 1, .keys = 2, .trials = 2}, rng));
    CHECK_THROWS_AS(attention_statistics({.trials = 1}, rng),
                    std::invalid_argument);
    CHECK_THROWS_WITH(attention_statistics({.scale = 0.0}, rng),
                      "attention_statistics: need 0 < scale < inf, got 0");
    CHECK_THROWS_AS(attention_statistics({.scale = kInfinity}, rng),
                    std::invalid_argument);
    const Vector q{{1.0, 2.0}};
    CHECK_THROWS_WITH(qk_norm_scores(q, Matrix::Ones(2, 3), 1.0),
                      "qk_norm_scores: q has width 2, keys 3");
    CHECK_THROWS_WITH(qk_norm_scores(q, Matrix{{1.0, 0.0}, {0.0, 0.0}}, 1.0),
                      "qk_norm_scores: q or a key is zero");
    CHECK_THROWS_AS(qk_norm_scores(Vector::Zero(2), Matrix::Ones(1, 2), 1.0),
                    std::invalid_argument);
    CHECK_THROWS_WITH(
        qk_norm_scores(Vector{{kNaN, 1.0}}, Matrix::Ones(1, 2), 1.0),
        "qk_norm_scores: q(0) is nan");
    CHECK_THROWS_AS(qk_norm_scores(q, Matrix::Constant(1, 2, kInfinity), 1.0),
                    std::invalid_argument);
  }
}
