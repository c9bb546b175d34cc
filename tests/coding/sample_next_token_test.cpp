// Verifies the claims of questions/coding/sample_next_token.md.
#include <whiteboard/coding/sample_next_token.hpp>

#include <support/claims.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::sample_next_token;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Vector logs(const std::vector<double>& p) {
  Vector z(static_cast<Eigen::Index>(p.size()));
  for (std::size_t i = 0; i < p.size(); ++i) {
    z(static_cast<Eigen::Index>(i)) = std::log(p[i]);
  }
  return z;
}

/// How often each token is drawn. A token that does not exist spoils them all.
template <class Draw>
std::vector<double> counts(std::size_t vocabulary, int draws,
                           const Draw& draw) {
  std::vector<double> count(vocabulary, 0.0);
  for (int i = 0; i < draws; ++i) {
    const int token = draw();
    if (token < 0 || static_cast<std::size_t>(token) >= vocabulary) {
      return std::vector<double>(vocabulary, kNaN);
    }
    ++count[static_cast<std::size_t>(token)];
  }
  return count;
}

struct Settings {
  double temperature = 1.0;
  int top_k = 0;
  double top_p = 1.0;
};

std::vector<double> sampled(const Vector& z, const Settings& s, int draws,
                            std::uint64_t seed) {
  std::mt19937_64 rng(seed);
  return counts(static_cast<std::size_t>(z.size()), draws, [&] {
    return sample_next_token(z, s.temperature, s.top_k, s.top_p, rng);
  });
}

/// Pearson's statistic of counts against probabilities; infinite when what
/// cannot be drawn was.
double chi_square(const std::vector<double>& count,
                  const std::vector<double>& p) {
  double draws = 0.0, total = 0.0, statistic = 0.0;
  for (const double c : count) draws += c;
  for (const double x : p) total += x;
  for (std::size_t i = 0; i < p.size(); ++i) {
    const double expected = draws * p[i] / total;
    if (expected == 0.0) {
      if (count[i] > 0.0) return kInfinity;
      continue;
    }
    statistic += (count[i] - expected) * (count[i] - expected) / expected;
  }
  return draws > 0.0 ? statistic : kNaN;
}

int distinct(const std::vector<double>& count) {
  return static_cast<int>(std::count_if(count.begin(), count.end(),
                                        [](double c) { return c > 0; }));
}

double entropy(const std::vector<double>& p) {
  double total = 0.0, result = 0.0;
  for (const double x : p) total += x;
  for (const double x : p) {
    if (x > 0.0) result -= x / total * std::log(x / total);
  }
  return result;
}

// A chi-square of f degrees of freedom exceeds this once in a million.
double millionth(int f) {
  const double values[] = {0, 23.93, 27.63, 30.66, 33.38, 35.89};
  return values[f];
}

const std::vector<double> kExample = {0.5, 0.3, 0.15, 0.05};

}  // namespace

TEST_SUITE("coding/sample_next_token") {
  TEST_CASE("no_filter_is_softmax") {
    // Out of order, so that nothing can rely on sorted logits.
    const std::vector<double> p = {0.15, 0.5, 0.05, 0.3};
    const Vector z = logs(p);
    const std::vector<double> count = sampled(z, {}, 100000, 1);
    EVIDENCE_SERIES("shares of 100000 draws", count);
    EVIDENCE("chi-square with 3 degrees of freedom", chi_square(count, p));
    CHECK(chi_square(count, p) < millionth(3));
    // A shift of all logits changes nothing.
    const Vector far = (z.array() + 5000.0).matrix();
    CHECK(chi_square(sampled(far, {}, 20000, 2), p) < millionth(3));
    CHECK(chi_square(sampled(z, {.top_k = 4}, 20000, 3), p) < millionth(3));
  }

  TEST_CASE("three_ways_to_greedy") {
    const Vector z{{0.3, 2.0, -1.0, 1.9, 2.0}};
    std::mt19937_64 rng(4);
    for (int i = 0; i < 200; ++i) {
      CHECK(sample_next_token(z, 0.0, 0, 1.0, rng) == 1);  // lowest of the tie
      CHECK(sample_next_token(z, 5.0, 1, 1.0, rng) == 1);
      CHECK(sample_next_token(z, 1.0, 0, 1e-9, rng) == 1);
      CHECK(sample_next_token(z.head(4), 1e-3, 0, 1.0, rng) == 1);
      CHECK(sample_next_token(z, 0.0, 3, 0.5, rng) == 1);
    }
  }

  TEST_CASE("nucleus_keeps_the_crossing_token") {
    const std::vector<double> p = {0.15, 0.5, 0.05, 0.3};
    const Vector z = logs(p);
    CHECK(distinct(sampled(z, {.top_p = 0.45}, 2000, 5)) == 1);
    CHECK(distinct(sampled(z, {.top_p = 0.7}, 2000, 6)) == 2);
    CHECK(distinct(sampled(z, {.top_p = 0.81}, 2000, 7)) == 3);
    CHECK(distinct(sampled(z, {.top_p = 0.96}, 2000, 8)) == 4);

    // What is left is renormalised: 5/8 and 3/8.
    const std::vector<double> count = sampled(z, {.top_p = 0.7}, 50000, 9);
    EVIDENCE("share of the first of two", count[1] / 50000.0);
    CHECK(chi_square(count, {0.0, 0.625, 0.0, 0.375}) < millionth(1));
    // Without the crossing token p = 0.45 would leave nothing.
    CHECK(0.45 < p[1]);
  }

  TEST_CASE("top_k_keeps_the_largest") {
    const Vector z = logs({0.15, 0.5, 0.05, 0.3});
    CHECK(chi_square(sampled(z, {.top_k = 2}, 50000, 10), {0, 5, 0, 3}) <
          millionth(1));
    CHECK(chi_square(sampled(z, {.top_k = 3}, 50000, 11), {3, 10, 0, 6}) <
          millionth(2));
    CHECK(distinct(sampled(z, {.top_k = 100}, 2000, 12)) == 4);
    // Of equal logits the lower index ranks first.
    CHECK(chi_square(sampled(Vector::Zero(5), {.top_k = 3}, 20000, 13),
                     {1, 1, 1, 0, 0}) < millionth(2));
  }

  TEST_CASE("temperature_first_then_filters") {
    const Vector z = logs(kExample);
    std::vector<double> entropies;
    for (const double T : {0.25, 0.5, 1.0, 2.0, 4.0}) {
      CAPTURE(T);
      std::vector<double> p;
      for (const double x : kExample) p.push_back(std::pow(x, 1.0 / T));
      const std::vector<double> count =
          sampled(z, {.temperature = T}, 20000, 14);
      // The rarest at T = 1/4 is expected twice in 20,000 draws.
      if (T > 0.25) CHECK(chi_square(count, p) < millionth(3));
      // Standard error below sqrt(0.6 / 20000) = 0.0055.
      CHECK(close(entropy(count), entropy(p), {.abs = 0.028}));
      entropies.push_back(entropy(count));
      if (entropies.size() > 1) {
        CHECK(entropies.back() > entropies[entropies.size() - 2]);
      }
    }
    EVIDENCE_SERIES("entropy at 1/4 and 1/2 and 1 and 2 and 4", entropies);
    CHECK(close(
        entropy(sampled(Vector::Zero(4), {.temperature = 0.1}, 20000, 15)),
        std::log(4.0), {.abs = 0.001}));

    // At T = 2 the shares are 0.379 0.294 0.208 0.120: 0.7 takes three. Cut at
    // T = 1 it would take two.
    CHECK(distinct(sampled(z, {.temperature = 2.0, .top_p = 0.7}, 2000, 16)) ==
          3);
    CHECK(distinct(sampled(z, {.temperature = 1.0, .top_p = 0.7}, 2000, 17)) ==
          2);
  }

  TEST_CASE("top_p_is_a_share_of_the_top_k") {
    // 0.4 is 2/3 of what k = 2 leaves, so p = 0.5 is reached at once; of the
    // whole it is not.
    const Vector z = logs({0.4, 0.2, 0.15, 0.15, 0.1});
    CHECK(distinct(sampled(z, {.top_k = 2, .top_p = 0.5}, 2000, 18)) == 1);
    CHECK(distinct(sampled(z, {.top_k = 0, .top_p = 0.5}, 2000, 19)) == 2);
    CHECK(distinct(sampled(z, {.top_k = 3, .top_p = 0.7}, 2000, 20)) == 2);
  }

  TEST_CASE("gumbel_noise_draws_the_same") {
    const std::vector<double> p = {0.15, 0.5, 0.05, 0.3};
    const Vector z = logs(p);
    std::mt19937_64 rng(21);
    const std::vector<double> noisy = counts(4, 50000, [&] {
      int best = 0;
      double highest = -kInfinity;
      for (int i = 0; i < 4; ++i) {
        const double u = 1.0 - uniform(rng);  // in (0, 1]
        const double score = z(i) - std::log(-std::log(u));
        if (score > highest) {
          highest = score;
          best = i;
        }
      }
      return best;
    });
    const std::vector<double> drawn = sampled(z, {}, 50000, 22);
    // Two samples of one size: sum of (a - b)^2 / (a + b).
    double statistic = 0.0;
    for (std::size_t i = 0; i < 4; ++i) {
      const double difference = noisy[i] - drawn[i];
      statistic += difference * difference / (noisy[i] + drawn[i]);
    }
    EVIDENCE("two-sample chi-square with 3 degrees of freedom", statistic);
    CHECK(chi_square(noisy, p) < millionth(3));
    CHECK(statistic < millionth(3));
  }

  TEST_CASE("fixed_k_fits_neither_flat_nor_peaked") {
    const std::size_t vocabulary = 500;
    const Vector flat = Vector::Zero(500);
    std::vector<double> p(vocabulary, 0.1 / 499.0);
    p[350] = 0.9;
    const Vector peaked = logs(p);

    // Each of 25 tokens is missed with probability 0.96^500 = 1e-9.
    const auto flat_k = sampled(flat, {.top_k = 25}, 500, 23);
    CHECK(distinct(flat_k) == 25);
    // 475 tokens: 500 draws hit 475 (1 - e^(-500/475)) = 309 of them, with a
    // standard error below 11.
    const auto flat_p = sampled(flat, {.top_p = 0.95}, 500, 24);
    EVIDENCE("tokens seen on the flat one with k = 25", distinct(flat_k));
    EVIDENCE("tokens seen on the flat one with p = 0.95", distinct(flat_p));
    CHECK(distinct(flat_p) > 254);
    CHECK(distinct(flat_p) < 364);

    // The 24 others hold 0.0048 of 0.9048: 10.6 of 2000 draws are junk, give or
    // take 3.3, and none with probability 2e-5.
    const auto peaked_k = sampled(peaked, {.top_k = 25}, 2000, 25);
    const auto peaked_p = sampled(peaked, {.top_p = 0.85}, 500, 26);
    EVIDENCE("junk in 2000 draws from the peaked one with k = 25",
             2000.0 - peaked_k[350]);
    CHECK(peaked_k[350] < 2000.0);
    CHECK(peaked_k[350] > 1970.0);
    CHECK(peaked_p[350] == 500.0);
  }

  TEST_CASE("masks_and_extremes_are_safe") {
    const Vector z{{-kInfinity, 1.0, -kInfinity, 0.0}};
    const auto hot = sampled(z, {.temperature = 1e6}, 5000, 27);
    CHECK(hot[0] == 0.0);
    CHECK(hot[2] == 0.0);
    CHECK(chi_square(hot, {0, 1, 0, 1}) < millionth(1));
    CHECK(distinct(sampled(z, {.top_k = 4, .top_p = 1.0}, 2000, 28)) == 2);

    // Differences divided by a tiny temperature, and huge logits.
    CHECK(sampled(Vector{{1.0, 2.0}}, {.temperature = 1e-308}, 200, 29)[1] ==
          200.0);
    CHECK(sampled(Vector{{1e308, -1e308}}, {}, 200, 30)[0] == 200.0);
    CHECK(chi_square(
              sampled(Vector{{1e308, 1e308}}, {.temperature = 1e-5}, 5000, 31),
              {1, 1}) < millionth(1));
    std::mt19937_64 rng(32);
    CHECK_THROWS_AS(
        sample_next_token(Vector{{-kInfinity, -kInfinity}}, 1.0, 0, 1.0, rng),
        std::invalid_argument);
  }
}

TEST_SUITE("coding/sample_next_token extra") {
  TEST_CASE("one token and other engines") {
    std::mt19937 small(1);
    CHECK(sample_next_token(Vector{{-7.0}}, 1.0, 0, 1.0, small) == 0);
    CHECK(sample_next_token(Vector{{-7.0}}, 0.0, 3, 0.1, small) == 0);
  }

  TEST_CASE("arguments that break the contract are refused") {
    std::mt19937_64 rng(0);
    const Vector z{{1.0, 2.0}};
    CHECK_THROWS_WITH(sample_next_token(Vector(), 1.0, 0, 1.0, rng),
                      "sample_next_token: no logits");
    CHECK_THROWS_WITH(sample_next_token(z, -1.0, 0, 1.0, rng),
                      "sample_next_token: need 0 <= temperature < inf, got -1");
    CHECK_THROWS_AS(sample_next_token(z, kInfinity, 0, 1.0, rng),
                    std::invalid_argument);
    CHECK_THROWS_AS(sample_next_token(z, kNaN, 0, 1.0, rng),
                    std::invalid_argument);
    CHECK_THROWS_WITH(sample_next_token(z, 1.0, -1, 1.0, rng),
                      "sample_next_token: need top_k >= 0, got -1");
    CHECK_THROWS_WITH(sample_next_token(z, 1.0, 0, 0.0, rng),
                      "sample_next_token: need 0 < top_p <= 1, got 0");
    CHECK_THROWS_AS(sample_next_token(z, 1.0, 0, 1.5, rng),
                    std::invalid_argument);
    CHECK_THROWS_AS(sample_next_token(z, 1.0, 0, kNaN, rng),
                    std::invalid_argument);
    CHECK_THROWS_WITH(sample_next_token(Vector{{0.0, kNaN}}, 1.0, 0, 1.0, rng),
                      "sample_next_token: logit 1 is nan");
    CHECK_THROWS_WITH(
        sample_next_token(Vector{{kInfinity, 0.0}}, 0.0, 0, 1.0, rng),
        "sample_next_token: logit 0 is inf");
    CHECK_THROWS_WITH(sample_next_token(Vector{{-kInfinity}}, 0.0, 0, 1.0, rng),
                      "sample_next_token: all logits are -inf");
  }
}
