// Verifies the claims of questions/maths/entropy.md.
#include <whiteboard/maths/entropy.hpp>

#include <whiteboard/core/random.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/finite_differences.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::maths;
using whiteboard::testing::numerical_gradient;
using whiteboard::testing::random_distribution;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Counts of n draws from K equally likely outcomes.
template <BitEngine Rng>
std::vector<int> sample_counts(int K, int n, Rng& rng) {
  std::vector<int> counts(static_cast<std::size_t>(K), 0);
  for (int i = 0; i < n; ++i) {
    ++counts[static_cast<std::size_t>(uniform_index(K, rng))];
  }
  return counts;
}

/// Mean of the plug-in estimate for n draws from K equally likely outcomes,
/// less the truth: K times the mean of -f log f over a binomial count.
double exact_plugin_bias(int K, int n) {
  double mean = 0.0;
  for (int j = 1; j <= n; ++j) {
    const double log_weight = std::lgamma(n + 1.0) - std::lgamma(j + 1.0) -
                              std::lgamma(n - j + 1.0) - j * std::log(K) +
                              (n - j) * std::log(1.0 - 1.0 / K);
    const double f = static_cast<double>(j) / n;
    mean -= K * std::exp(log_weight) * f * std::log(f);
  }
  return mean - std::log(K);
}

double mean_length(const Vector& p, const std::vector<int>& lengths) {
  double sum = 0.0;
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    sum += p(static_cast<Eigen::Index>(i)) * lengths[i];
  }
  return sum;
}

double kraft_sum(const std::vector<int>& lengths) {
  double sum = 0.0;
  for (const int length : lengths) sum += std::ldexp(1.0, -length);
  return sum;
}

/// Shortest mean length of any prefix code with words of at most `longest`
/// bits: every choice of lengths that Kraft's inequality admits.
double best_mean_length(const Vector& p, int longest) {
  std::vector<int> lengths(static_cast<std::size_t>(p.size()), 1);
  double best = kInfinity;
  while (true) {
    if (kraft_sum(lengths) <= 1.0) {
      best = std::min(best, mean_length(p, lengths));
    }
    std::size_t i = 0;
    while (i < lengths.size() && lengths[i] == longest) lengths[i++] = 1;
    if (i == lengths.size()) return best;
    ++lengths[i];
  }
}

/// Probabilities of all sequences of n symbols.
Vector blocks_of(const Vector& p, int n) {
  Vector all = Vector::Ones(1);
  for (int i = 0; i < n; ++i) {
    Vector longer(all.size() * p.size());
    for (Eigen::Index j = 0; j < p.size(); ++j) {
      longer.segment(j * all.size(), all.size()) = p(j) * all;
    }
    all = longer;
  }
  return all;
}

}  // namespace

TEST_SUITE("maths/entropy") {
  TEST_CASE("uniform_is_the_most_uncertain") {
    CHECK(entropy(Vector{{0.5, 0.5}}) / bit == 1.0);
    CHECK(entropy(Vector{{0.0, 1.0, 0.0}}) == 0.0);
    CHECK(close(entropy(Vector::Constant(6, 1.0 / 6.0)), std::log(6.0),
                {.ulps = 4}));
    std::mt19937_64 rng(0);
    double largest = 0.0;
    for (int i = 0; i < 2000; ++i) {
      const double h = entropy(random_distribution(6, rng));
      CHECK((h > 0.0 && h < std::log(6.0)));
      largest = std::max(largest, h);
    }
    EVIDENCE("log 6", std::log(6.0));
    EVIDENCE("largest of 2000 random ones", largest);
    // What a sum without the convention makes of an impossible outcome.
    CHECK(std::isnan(0.0 * std::log(0.0)));
  }

  TEST_CASE("cross_entropy_is_smallest_at_the_truth") {
    const Vector p{{0.7, 0.2, 0.1}};
    CHECK(close(cross_entropy(p, p), entropy(p), {.ulps = 2}));
    std::mt19937_64 rng(1);
    for (int i = 0; i < 500; ++i) {
      const Vector q = random_distribution(3, rng);
      const double excess = cross_entropy(p, q) - entropy(p);
      // KL by its own formula, positive unless q = p.
      const double kl = (p.array() * (p.array() / q.array()).log()).sum();
      CHECK(close(excess, kl, {.abs = 1e-14}));
      CHECK(excess > 0.0);
    }
    // Its minimum is H(p), 0.80 nats here, and not 0.
    CHECK(close(entropy(p), 0.8018, {.abs = 5e-5}));
    EVIDENCE("least possible cross-entropy", entropy(p));
    // Order matters, and only a model's zero is infinitely bad.
    const Vector sure{{1.0, 0.0, 0.0}};
    CHECK(close(cross_entropy(sure, p), -std::log(0.7), {.ulps = 1}));
    CHECK(cross_entropy(p, sure) == kInfinity);
    CHECK(cross_entropy(sure, sure) == 0.0);
  }

  TEST_CASE("huffman_comes_within_a_bit") {
    const Vector dyadic{{0.125, 0.5, 0.125, 0.25}};
    CHECK(huffman_lengths(dyadic) == std::vector<int>{3, 1, 3, 2});
    CHECK(mean_length(dyadic, huffman_lengths(dyadic)) == 1.75);
    CHECK(entropy(dyadic) / bit == 1.75);

    std::mt19937_64 rng(2);
    for (int i = 0; i < 60; ++i) {
      const Vector p = random_distribution(1 + i % 40, rng);
      const std::vector<int> lengths = huffman_lengths(p);
      REQUIRE(lengths.size() == static_cast<std::size_t>(p.size()));
      const double mean = mean_length(p, lengths);
      const double h = entropy(p) / bit;
      CHECK(mean >= h - 1e-12);
      CHECK(mean < h + 1.0);
      CHECK(kraft_sum(lengths) == 1.0);  // no bit is wasted
    }
    for (int i = 0; i < 10; ++i) {
      const Vector p = random_distribution(5, rng);
      CHECK(close(mean_length(p, huffman_lengths(p)), best_mean_length(p, 4),
                  {.rel = 1e-14}));
    }
    // A coin with 0.9 costs a bit a toss, and in blocks ever closer to 0.469.
    const Vector coin{{0.9, 0.1}};
    const double h = entropy(coin) / bit;
    std::vector<double> per_toss;
    for (int n = 1; n <= 8; ++n) {
      const Vector blocks = blocks_of(coin, n);
      per_toss.push_back(mean_length(blocks, huffman_lengths(blocks)) / n);
      CHECK(per_toss.back() >= h);
      CHECK(per_toss.back() < h + 1.0 / n);
    }
    CHECK(per_toss.front() == 1.0);
    CHECK(close(per_toss[2], 0.5327, {.abs = 5e-5}));
    CHECK(per_toss.back() < 0.48);
    EVIDENCE("entropy of the coin in bits", h);
    EVIDENCE_SERIES("bits per toss in blocks of 1 to 8", per_toss);
  }

  TEST_CASE("chain_rule_and_grouping") {
    std::mt19937_64 rng(3);
    for (int i = 0; i < 50; ++i) {
      const Vector flat = random_distribution(12, rng);
      const Matrix P = Eigen::Map<const Matrix>(flat.data(), 3, 4);
      const Vector p_x = P.rowwise().sum();
      const Vector p_y = P.colwise().sum();
      const double given_x = conditional_entropy(P);
      CHECK(close(entropy(p_x) + given_x, entropy(flat), {.abs = 1e-14}));
      CHECK(close(entropy(p_y) + conditional_entropy(P.transpose()),
                  entropy(flat), {.abs = 1e-14}));
      CHECK(given_x < entropy(p_y));  // knowing X helps on average
      // Grouping: which row first, then which entry of it.
      double within = 0.0;
      for (Eigen::Index x = 0; x < 3; ++x) {
        within += p_x(x) * entropy(P.row(x).transpose() / p_x(x));
      }
      CHECK(close(given_x, within, {.abs = 1e-14}));
      // Independent: knowing X is no help.
      const Matrix independent = p_x * p_y.transpose();
      CHECK(close(conditional_entropy(independent), entropy(p_y),
                  {.abs = 1e-14}));
    }
    // On average, and not for every x: the second row is a fair coin.
    const Matrix P{{0.0, 0.75}, {0.125, 0.125}};
    const double h_y = entropy(Vector{{0.125, 0.875}});
    CHECK(entropy(Vector{{0.5, 0.5}}) > h_y);
    CHECK(close(conditional_entropy(P) / bit, 0.25, {.ulps = 2}));
    EVIDENCE("H(Y) in bits", h_y / bit);
    EVIDENCE("H(Y | X) in bits", conditional_entropy(P) / bit);
    // A row of zeros, an x that never occurs, is no trouble.
    CHECK(close(conditional_entropy(Matrix{{0.0, 0.0}, {0.5, 0.5}}), bit,
                {.ulps = 1}));
  }

  TEST_CASE("perplexity_is_a_number_of_choices") {
    CHECK(close(perplexity(Vector::Constant(9, -std::log(50.0))), 50.0,
                {.rel = 1e-14}));
    CHECK(close(perplexity(Vector::Constant(4, -2.0)), 7.389, {.abs = 1e-3}));
    CHECK(perplexity(Vector{{0.0, 0.0}}) == 1.0);
    CHECK(perplexity(Vector{{-1.0, -kInfinity}}) == kInfinity);
    // Two documents of 10 tokens, at 1 and at 3 nats a token.
    Vector tokens(20);
    tokens << Vector::Constant(10, -1.0), Vector::Constant(10, -3.0);
    const double together = perplexity(tokens);
    const double averaged =
        0.5 * (perplexity(tokens.head(10)) + perplexity(tokens.tail(10)));
    CHECK(close(together, std::exp(2.0), {.rel = 1e-15}));
    CHECK(
        close(averaged, 0.5 * (std::exp(1.0) + std::exp(3.0)), {.rel = 1e-15}));
    CHECK(averaged > 1.5 * together);
    EVIDENCE("perplexity of all tokens", together);
    EVIDENCE("average of both perplexities", averaged);
  }

  TEST_CASE("differential_entropy_depends_on_the_unit") {
    CHECK(close(normal_entropy(1.0), 1.4189385332046727, {.ulps = 1}));
    CHECK(normal_entropy(0.1) < 0.0);  // as log(1/2) of uniform on [0, 1/2]
    CHECK(close(normal_entropy(100.0) - normal_entropy(1.0), std::log(100.0),
                {.abs = 1e-14}));
    // The largest for its variance: Laplace and uniform with the same one.
    CHECK(1.0 + std::log(2.0 / std::sqrt(2.0)) < normal_entropy(1.0));
    CHECK(std::log(std::sqrt(12.0)) < normal_entropy(1.0));

    // Bins of width w: H = h - log w, up to w^2 / 24 from the Gaussian.
    std::vector<double> binned;
    for (const double width : {1.0, 0.5, 0.25, 0.125}) {
      std::vector<double> p;
      for (double x = -12.0; x < 12.0; x += width) {
        p.push_back(0.5 * (std::erfc(-(x + width) / std::sqrt(2.0)) -
                           std::erfc(-x / std::sqrt(2.0))));
      }
      const double h = entropy(Eigen::Map<const Vector>(
          p.data(), static_cast<Eigen::Index>(p.size())));
      binned.push_back(h + std::log(width));
      CHECK(close(binned.back(), normal_entropy(1.0),
                  {.abs = width * width / 24.0}));
    }
    EVIDENCE_SERIES("entropy of bins of 1 to 1/8, plus log width", binned);
  }

  TEST_CASE("observed_frequencies_look_too_certain") {
    const int n = 50;
    const double bias = exact_plugin_bias(10, n);
    CHECK(close(bias, -0.0945, {.abs = 5e-5}));
    // 9 / 100 is the first term of its expansion.
    CHECK(close(bias, -9.0 / 100.0, {.abs = 0.005}));
    CHECK(close(exact_plugin_bias(10, 500), -9.0 / 1000.0, {.abs = 5e-5}));

    std::mt19937_64 rng(4);
    const int samples = 1000;
    double plugin = 0.0;
    double corrected = 0.0;
    double squares = 0.0;
    for (int i = 0; i < samples; ++i) {
      const std::vector<int> counts = sample_counts(10, n, rng);
      const double error = plugin_entropy(counts) - std::log(10.0);
      plugin += error / samples;
      squares += error * error / samples;
      corrected += (miller_madow_entropy(counts) - std::log(10.0)) / samples;
    }
    const double five_se =
        5.0 * std::sqrt((squares - plugin * plugin) / samples);
    CHECK(five_se < 0.01);
    CHECK(close(plugin, bias, {.abs = five_se}));
    // With the number of outcomes seen, K (1 - 0.9^50) on average.
    const double seen = 10.0 * (1.0 - std::pow(0.9, n));
    CHECK(close(corrected, bias + (seen - 1.0) / (2.0 * n), {.abs = five_se}));
    CHECK(std::abs(bias + (seen - 1.0) / (2.0 * n)) < 0.01);
    EVIDENCE("mean error of the plug-in estimate", plugin);
    EVIDENCE("mean error with the correction", corrected);
  }

  TEST_CASE("few_samples_cannot_show_much_entropy") {
    // 50 draws from 1000 equally likely outcomes: log 50 is all that they can
    // show, and the correction adds less than a half to it.
    std::mt19937_64 rng(5);
    double best = 0.0;
    for (int i = 0; i < 50; ++i) {
      const std::vector<int> counts = sample_counts(1000, 50, rng);
      CHECK(plugin_entropy(counts) <= std::log(50.0) + 1e-12);
      best = std::max(best, miller_madow_entropy(counts));
    }
    CHECK(std::log(1000.0) - best > 2.0);
    const std::vector<int> all_different(50, 1);
    CHECK(close(plugin_entropy(all_different), std::log(50.0), {.rel = 1e-14}));
    EVIDENCE("true entropy", std::log(1000.0));
    EVIDENCE("largest corrected estimate of 50", best);
  }

  TEST_CASE("logits_keep_a_small_entropy") {
    std::mt19937_64 rng(6);
    for (int i = 0; i < 20; ++i) {
      Vector z(8);
      for (double& x : z) x = 3.0 * normal(rng);
      const Vector weights = z.array().exp();
      const Vector p = weights / weights.sum();
      CHECK(close(entropy_of_logits(z), entropy(p), {.rel = 1e-13}));
      CHECK(close(entropy_of_logits((z.array() + 900.0).matrix()), entropy(p),
                  {.rel = 1e-11}));  // logits of 900 are rounded by 6e-14
      // dH/dz = -p (log p + H), for entropy bonuses.
      const Vector gradient = -p.array() * (p.array().log() + entropy(p));
      const auto f = [](const Vector& at) { return entropy_of_logits(at); };
      CHECK(close(numerical_gradient(f, z), gradient, {.abs = 1e-8}));
    }
    // A lead of 50: e^-50 of the weight elsewhere, which has entropy
    // e^-50 (50 + 1). Next to a probability of 1, the last 1 is lost.
    const double want = std::exp(-50.0) * 51.0;
    const Vector p{{1.0, std::exp(-50.0)}};
    CHECK(close(entropy_of_logits(Vector{{0.0, -50.0}}), want, {.rel = 1e-15}));
    CHECK(close(entropy_of_logits(Vector{{-50.0, 0.0}}), want, {.rel = 1e-15}));
    CHECK(close(entropy(p), want * 50.0 / 51.0, {.rel = 1e-15}));
    EVIDENCE("entropy from logits", want);
    EVIDENCE("entropy from probabilities", entropy(p));
    CHECK(close(entropy_of_logits(Vector{{2.0, -kInfinity, 2.0}}), bit,
                {.ulps = 1}));
    CHECK(entropy_of_logits(Vector{{3.0, -kInfinity}}) == 0.0);
    CHECK(entropy_of_logits(Vector{{0.0, -2000.0}}) == 0.0);
  }
}

TEST_SUITE("maths/entropy extra") {
  TEST_CASE("codes of one word and of equal words") {
    CHECK(huffman_lengths(Vector{{1.0}}) == std::vector<int>{0});
    CHECK(huffman_lengths(Vector{{0.3, 0.7}}) == std::vector<int>{1, 1});
    CHECK(huffman_lengths(Vector::Constant(8, 0.125)) ==
          std::vector<int>(8, 3));
    // An impossible outcome still gets a word, the longest.
    CHECK(huffman_lengths(Vector{{0.0, 0.6, 0.4}}) ==
          std::vector<int>{2, 1, 2});
  }

  TEST_CASE("what is no distribution is refused") {
    CHECK_THROWS_WITH(entropy(Vector{{0.5, 0.6}}),
                      "entropy: p sums to 1.1, not to 1");
    CHECK_THROWS_WITH(entropy(Vector{{1.5, -0.5}}),
                      "entropy: p has a negative entry -0.5");
    CHECK_THROWS_WITH(entropy(Vector()), "entropy: p is empty");
    CHECK_THROWS_WITH(entropy(Vector{{1.0, kNaN}}), "entropy: p(1) is nan");
    CHECK_NOTHROW(entropy(Vector{{0.5, 0.5 + 9e-10}}));
    CHECK_THROWS_AS(entropy(Vector{{0.5, 0.5 + 2e-9}}), std::invalid_argument);
    CHECK_THROWS_AS(entropy(Vector{{0.5, 0.5 - 2e-9}}), std::invalid_argument);
    const Vector half{{0.5, 0.5}};
    CHECK_THROWS_WITH(cross_entropy(half, Vector{{1.0}}),
                      "cross_entropy: p has 2 entries, q 1");
    CHECK_THROWS_WITH(cross_entropy(half, Vector{{0.5, 0.4}}),
                      "cross_entropy: q sums to 0.9, not to 1");
    CHECK_THROWS_AS(cross_entropy(Vector{{0.5, 0.4}}, half),
                    std::invalid_argument);
    CHECK_THROWS_WITH(conditional_entropy(Matrix{{0.5, 0.5}, {0.5, 0.5}}),
                      "conditional_entropy: P sums to 2, not to 1");
    CHECK_THROWS_AS(conditional_entropy(Matrix()), std::invalid_argument);
    CHECK_THROWS_WITH(huffman_lengths(Vector{{0.5, 0.4}}),
                      "huffman_lengths: p sums to 0.9, not to 1");
  }

  TEST_CASE("counts logits and log-probabilities are checked") {
    CHECK_THROWS_WITH(plugin_entropy(std::vector<int>{1, -1}),
                      "plugin_entropy: got a count of -1");
    CHECK_THROWS_WITH(plugin_entropy(std::vector<int>{0, 0}),
                      "plugin_entropy: need an observation");
    CHECK_THROWS_WITH(miller_madow_entropy(std::vector<int>{}),
                      "miller_madow_entropy: need an observation");
    CHECK(plugin_entropy(std::vector<int>{0, 3}) == 0.0);
    CHECK(miller_madow_entropy(std::vector<int>{0, 3}) == 0.0);
    CHECK_THROWS_WITH(perplexity(Vector{{-1.0, 0.1}}),
                      "perplexity: a log-probability is 0.1");
    CHECK_THROWS_WITH(perplexity(Vector()), "perplexity: need a token");
    CHECK_THROWS_AS(perplexity(Vector{{kNaN}}), std::invalid_argument);
    CHECK_THROWS_WITH(entropy_of_logits(Vector{{1.0, kInfinity}}),
                      "entropy_of_logits: logit 1 is inf");
    CHECK_THROWS_AS(entropy_of_logits(Vector{{1.0, kNaN}}),
                    std::invalid_argument);
    CHECK_THROWS_WITH(entropy_of_logits(Vector{{-kInfinity, -kInfinity}}),
                      "entropy_of_logits: need a logit above -inf");
    CHECK_THROWS_WITH(entropy_of_logits(Vector()),
                      "entropy_of_logits: need a logit above -inf");
    CHECK_THROWS_WITH(normal_entropy(0.0),
                      "normal_entropy: need 0 < sigma < inf, got 0");
    CHECK_THROWS_AS(normal_entropy(kInfinity), std::invalid_argument);
  }
}
