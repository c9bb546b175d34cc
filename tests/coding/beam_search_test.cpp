// Verifies the claims of questions/coding/beam_search.md.
#include <whiteboard/coding/beam_search.hpp>
#include <whiteboard/core/random.hpp>

#include <support/claims.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <set>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::beam_search;
using coding::Hypothesis;

namespace {

using Tokens = std::vector<int>;
constexpr int kNoEos = -7;

std::vector<double> logs(std::vector<double> p) {
  for (double& x : p) x = std::log(x);
  return p;
}

/// A model of random conditional distributions, a function of the prefix.
struct RandomModel {
  std::uint64_t seed;
  int vocabulary;

  std::vector<double> operator()(const Tokens& prefix) const {
    std::uint64_t state = seed;
    for (const int token : prefix) {
      state = state * 6364136223846793005u + static_cast<std::uint64_t>(token) +
              1442695040888963407u;
    }
    std::mt19937_64 rng(state);
    std::vector<double> p;
    double total = 0.0;
    for (int i = 0; i < vocabulary; ++i) {
      p.push_back(std::pow(uniform(rng), 3.0) + 1e-3);
      total += p.back();
    }
    for (double& x : p) x /= total;
    return logs(p);
  }
};

template <class Model>
double log_prob_of(const Model& model, const Tokens& tokens) {
  double total = 0.0;
  Tokens prefix;
  for (const int token : tokens) {
    total += model(prefix)[static_cast<std::size_t>(token)];
    prefix.push_back(token);
  }
  return total;
}

/// Every complete sequence, by recursion: the best log-probability of all.
template <class Model>
Hypothesis brute_force(const Model& model, const Tokens& prefix,
                       double log_prob, int max_length, int eos) {
  if (static_cast<int>(prefix.size()) == max_length ||
      (!prefix.empty() && prefix.back() == eos)) {
    return {prefix, log_prob};
  }
  Hypothesis best{{}, -std::numeric_limits<double>::infinity()};
  const std::vector<double> next = model(prefix);
  for (std::size_t i = 0; i < next.size(); ++i) {
    Tokens longer = prefix;
    longer.push_back(static_cast<int>(i));
    const Hypothesis h =
        brute_force(model, longer, log_prob + next[i], max_length, eos);
    if (h.log_prob > best.log_prob) best = h;
  }
  return best;
}

template <class Model>
Tokens greedy(const Model& model, int max_length, int eos) {
  Tokens tokens;
  while (static_cast<int>(tokens.size()) < max_length) {
    const std::vector<double> next = model(tokens);
    tokens.push_back(static_cast<int>(
        std::max_element(next.begin(), next.end()) - next.begin()));
    if (tokens.back() == eos) break;
  }
  return tokens;
}

/// First tokens A 0.5, B 0.4 (C the rest); then A's best is 0.4, B's 0.9.
std::vector<double> two_steps(const Tokens& prefix) {
  if (prefix.empty()) return logs({0.5, 0.4, 0.1});
  if (prefix[0] == 0) return logs({0.4, 0.3, 0.3});
  if (prefix[0] == 1) return logs({0.05, 0.9, 0.05});
  return logs({0.4, 0.3, 0.3});
}

/// Three steps in which a beam of 2 loses what greedy finds.
std::vector<double> three_steps(const Tokens& prefix) {
  if (prefix.empty()) return logs({0.40, 0.36, 0.24});
  if (prefix.size() == 1) {
    if (prefix[0] == 0) return logs({0.34, 0.33, 0.33});
    if (prefix[0] == 1) return logs({0.48, 0.48, 0.04});
    return logs({1.0 / 3, 1.0 / 3, 1.0 / 3});
  }
  if (prefix[0] == 0 && prefix[1] == 0) return logs({0.05, 0.9, 0.05});
  if (prefix[0] == 1) return logs({0.4, 0.3, 0.3});
  return logs({1.0 / 3, 1.0 / 3, 1.0 / 3});
}

/// Token 0 ends the text with probability 0.1, token 1 goes on.
std::vector<double> coin(const Tokens&) {
  return logs({0.1, 0.9});
}

}  // namespace

TEST_SUITE("coding/beam_search") {
  TEST_CASE("beam_of_two_beats_greedy") {
    const std::vector<Hypothesis> one = beam_search(two_steps, 1, 2, kNoEos);
    const std::vector<Hypothesis> two = beam_search(two_steps, 2, 2, kNoEos);
    REQUIRE(one.size() == 1);
    REQUIRE(two.size() == 2);
    EVIDENCE("probability found by greedy", std::exp(one[0].log_prob));
    EVIDENCE("probability found by a beam of 2", std::exp(two[0].log_prob));
    CHECK(one[0].tokens == Tokens{0, 0});
    CHECK(close(one[0].log_prob, std::log(0.2), {.rel = 1e-14}));
    CHECK(two[0].tokens == Tokens{1, 1});
    CHECK(close(two[0].log_prob, std::log(0.36), {.rel = 1e-14}));
    CHECK(two[1].tokens == Tokens{0, 0});
  }

  TEST_CASE("greedy_and_exhaustive_are_the_ends") {
    int beaten = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      CAPTURE(seed);
      const RandomModel model{seed, 3};
      const int eos = 2, length = 4;
      const std::vector<Hypothesis> narrow = beam_search(model, 1, length, eos);
      REQUIRE(narrow.size() == 1);
      CHECK(narrow[0].tokens == greedy(model, length, eos));
      // 3^4 sequences at most, so nothing is ever dropped.
      const std::vector<Hypothesis> wide = beam_search(model, 81, length, eos);
      const Hypothesis best = brute_force(model, {}, 0.0, length, eos);
      REQUIRE_FALSE(wide.empty());
      CHECK(wide[0].tokens == best.tokens);
      CHECK(close(wide[0].log_prob, best.log_prob, {.rel = 1e-14}));
      if (narrow[0].tokens != best.tokens) ++beaten;
    }
    EVIDENCE("models of 200 on which greedy misses the best", beaten);
    CHECK(beaten > 0);
  }

  TEST_CASE("wider_is_not_always_better") {
    std::vector<double> found;
    for (const int beam : {1, 2, 3}) {
      const std::vector<Hypothesis> h =
          beam_search(three_steps, beam, 3, kNoEos);
      REQUIRE(h.size() == static_cast<std::size_t>(beam));
      found.push_back(std::exp(h[0].log_prob));
    }
    EVIDENCE_SERIES("best probability for beams of 1 and 2 and 3", found);
    CHECK(close(found, std::vector<double>{0.1224, 0.06912, 0.1224},
                {.rel = 1e-12}));
  }

  TEST_CASE("contest_is_global") {
    // After one step the beam is A and B; both places then go to B.
    const std::vector<Hypothesis> h = beam_search(three_steps, 2, 2, kNoEos);
    REQUIRE(h.size() == 2);
    CHECK(h[0].tokens[0] == 1);
    CHECK(h[1].tokens[0] == 1);
    CHECK(close(h[1].log_prob, std::log(0.36 * 0.48), {.rel = 1e-14}));
    // One place per prefix would have kept A with 0.136.
    CHECK(0.40 * 0.34 < 0.36 * 0.48);
  }

  TEST_CASE("finished_ones_compete_unchanged") {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      CAPTURE(seed);
      const RandomModel model{seed, 4};
      const int eos = 1;
      const std::vector<Hypothesis> h = beam_search(model, 6, 5, eos);
      REQUIRE(h.size() == 6);
      std::set<Tokens> seen;
      for (std::size_t i = 0; i < h.size(); ++i) {
        const Tokens& tokens = h[i].tokens;
        REQUIRE_FALSE(tokens.empty());
        CHECK(seen.insert(tokens).second);  // no duplicates
        CHECK(close(h[i].log_prob, log_prob_of(model, tokens), {.rel = 1e-13}));
        CHECK((tokens.size() == 5 || tokens.back() == eos));
        CHECK(std::find(tokens.begin(), tokens.end() - 1, eos) ==
              tokens.end() - 1);
        if (i > 0) CHECK(h[i - 1].log_prob >= h[i].log_prob);
      }
    }
    // The model is not asked to go on from a finished text.
    const auto strict = [](const Tokens& prefix) {
      if (!prefix.empty() && prefix.back() == 0) {
        throw std::logic_error("asked to continue a finished text");
      }
      return coin(prefix);
    };
    CHECK(beam_search(strict, 3, 10, 0).size() == 3);
  }

  TEST_CASE("raw_scores_prefer_short_texts") {
    const std::vector<Hypothesis> h = beam_search(coin, 3, 60, 0);
    REQUIRE(h.size() == 3);
    CHECK(h[0].tokens == Tokens{0});  // nothing but the end
    EVIDENCE("log-probability of the empty text", h[0].log_prob);
    double mean = 0.0;
    for (int n = 1; n < 1000; ++n) mean += n * std::pow(0.9, n) * 0.1;
    EVIDENCE("expected number of tokens", mean);
    // A thousand terms, rounded by less than 1e-15 each.
    CHECK(close(mean, 9.0, {.abs = 1e-12}));
    // 0.9^n 0.1 falls with n, divided by n + 1 it rises.
    Tokens nine(9, 1);
    nine.push_back(0);
    const double score = log_prob_of(coin, nine) / 10.0;
    EVIDENCE("score per token of the text of 9", score);
    CHECK(close(score, -0.3251, {.abs = 5e-5}));
    CHECK(close(h[0].log_prob, -2.3026, {.abs = 5e-5}));
    CHECK(score > h[0].log_prob);
    CHECK(log_prob_of(coin, nine) < h[0].log_prob);
  }

  TEST_CASE("sums_do_not_underflow") {
    const auto uniform_ten = [](const Tokens&) {
      return std::vector<double>(10, std::log(0.1));
    };
    const std::vector<Hypothesis> h = beam_search(uniform_ten, 2, 1000, kNoEos);
    REQUIRE(h.size() == 2);
    CHECK(h[0].tokens.size() == 1000);
    // 1000 additions, each within half an ulp of 2303: 2.3e-10.
    CHECK(close(h[0].log_prob, 1000.0 * std::log(0.1), {.abs = 3e-10}));
    EVIDENCE("log-probability of 1000 tokens", h[0].log_prob);
    double product = 1.0;
    for (int i = 0; i < 1000; ++i) product *= 0.1;
    CHECK(product == 0.0);
  }
}

TEST_SUITE("coding/beam_search extra") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();

  TEST_CASE("fewer sequences than places") {
    const std::vector<Hypothesis> h = beam_search(coin, 100, 2, 0);
    REQUIRE(h.size() == 3);  // 0, 1 0, 1 1
    CHECK(h[0].tokens == Tokens{1, 1});
    CHECK(h[1].tokens == Tokens{0});
    CHECK(h[2].tokens == Tokens{1, 0});
  }

  TEST_CASE("impossible tokens are never taken") {
    const auto narrow = [](const Tokens&) {
      return std::vector<double>{-kInfinity, 0.0};
    };
    const std::vector<Hypothesis> h = beam_search(narrow, 5, 3, kNoEos);
    REQUIRE(h.size() == 1);
    CHECK(h[0].tokens == Tokens{1, 1, 1});
    const auto dead = [](const Tokens&) {
      return std::vector<double>{-kInfinity};
    };
    CHECK(beam_search(dead, 2, 3, kNoEos).empty());
  }

  TEST_CASE("arguments that break the contract are refused") {
    CHECK_THROWS_WITH(beam_search(coin, 0, 5, 0),
                      "beam_search: need beam >= 1, got 0");
    CHECK_THROWS_WITH(beam_search(coin, 1, 0, 0),
                      "beam_search: need max_length >= 1, got 0");
    const auto broken = [](const Tokens&) {
      return std::vector<double>{-1.0, std::nan("")};
    };
    CHECK_THROWS_WITH(beam_search(broken, 1, 5, 0),
                      "beam_search: log-probability 1 is nan");
    const auto unbounded = [](const Tokens&) {
      return std::vector<double>{kInfinity};
    };
    CHECK_THROWS_AS(beam_search(unbounded, 1, 5, 0), std::invalid_argument);
  }
}
