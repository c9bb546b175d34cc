// Verifies the claims of questions/coding/speculative_sampling.md.
#include <whiteboard/coding/speculative_sampling.hpp>

#include <support/claims.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::speculative_step;
using coding::SpeculativeStep;

namespace {

Vector random_probabilities(Eigen::Index n, std::mt19937_64& rng) {
  Vector p(n);
  for (double& x : p) x = -std::log(1.0 - uniform(rng));
  return p / p.sum();
}

/// How often each token comes out, and (last) how often drafts are accepted.
Vector outcomes(const Vector& target, const Vector& draft, int draws,
                std::uint64_t seed) {
  std::mt19937_64 rng(seed);
  Vector count = Vector::Zero(target.size() + 1);
  for (int i = 0; i < draws; ++i) {
    const int proposed = static_cast<int>(weighted_index(draft, rng));
    const SpeculativeStep step = speculative_step(target, draft, proposed, rng);
    if (step.token >= 0 && step.token < target.size()) ++count(step.token);
    if (step.accepted) ++count(target.size());
  }
  return count;
}

/// In standard errors, how far a count is from n times p.
double deviation(double count, double n, double p) {
  return std::abs(count - n * p) / std::sqrt(n * p * (1.0 - p));
}

double overlap(const Vector& p, const Vector& q) {
  return p.cwiseMin(q).sum();
}

/// All bits set: uniform() is the largest double below 1.
struct HighestDraw {
  using result_type = std::uint64_t;
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return ~result_type{0}; }
  result_type operator()() { return max(); }
};

}  // namespace

TEST_SUITE("coding/speculative_sampling") {
  TEST_CASE("accepts_by_the_ratio") {
    const Vector target{{0.5, 0.5}}, draft{{0.9, 0.1}};
    std::mt19937_64 rng(0);
    double accepted = 0.0;
    int wrong = 0;
    for (int i = 0; i < 20000; ++i) {
      const SpeculativeStep step = speculative_step(target, draft, 0, rng);
      accepted += step.accepted ? 1.0 : 0.0;
      if (step.token != (step.accepted ? 0 : 1)) ++wrong;
    }
    CHECK(wrong == 0);
    EVIDENCE("share of accepted proposals of token 0", accepted / 20000.0);
    CHECK(deviation(accepted, 20000.0, 5.0 / 9.0) < 5.0);
    // A token that the draft proposes too rarely is always taken.
    for (int i = 0; i < 1000; ++i) {
      const SpeculativeStep step = speculative_step(target, draft, 1, rng);
      CHECK(step.accepted);
      CHECK(step.token == 1);
    }
    // One that the target rules out never is.
    for (int i = 0; i < 1000; ++i) {
      const SpeculativeStep step = speculative_step(
          Vector{{0.0, 0.25, 0.75}}, Vector{{0.5, 0.25, 0.25}}, 0, rng);
      CHECK_FALSE(step.accepted);
      CHECK(step.token == 2);  // the only one the draft has too little of
    }
  }

  TEST_CASE("output_follows_the_target") {
    std::mt19937_64 rng(1);
    double worst = 0.0;
    for (std::uint64_t pair = 0; pair < 5; ++pair) {
      CAPTURE(pair);
      const Vector target = random_probabilities(4, rng);
      const Vector draft = random_probabilities(4, rng);
      const Vector count = outcomes(target, draft, 20000, 10 + pair);
      for (Eigen::Index i = 0; i < 4; ++i) {
        CHECK(deviation(count(i), 20000.0, target(i)) < 5.0);
        worst = std::max(worst, deviation(count(i), 20000.0, target(i)));
      }
    }
    EVIDENCE("largest deviation in standard errors", worst);

    // On paper: what is accepted of token i, and its share of the rejections.
    for (int pair = 0; pair < 1000; ++pair) {
      const Vector p = random_probabilities(6, rng);
      const Vector q = random_probabilities(6, rng);
      const Vector accepted = q.array() * (p.array() / q.array()).min(1.0);
      const Vector residual = (p - q).cwiseMax(0.0);
      const double rejected = 1.0 - accepted.sum();
      CHECK(close(accepted + rejected / residual.sum() * residual, p,
                  {.abs = 1e-14}));
    }
  }

  TEST_CASE("acceptance_is_the_overlap") {
    // min(0.5, 0.9) + min(0.5, 0.1) = 0.6.
    const Vector target{{0.5, 0.5}}, draft{{0.9, 0.1}};
    const double accepted = outcomes(target, draft, 20000, 2)(2);
    EVIDENCE("acceptance rate of the example", accepted / 20000.0);
    CHECK(deviation(accepted, 20000.0, 0.6) < 5.0);

    std::mt19937_64 rng(3);
    for (std::uint64_t pair = 0; pair < 5; ++pair) {
      const Vector p = random_probabilities(5, rng);
      const Vector q = random_probabilities(5, rng);
      CHECK(deviation(outcomes(p, q, 10000, 20 + pair)(5), 10000.0,
                      overlap(p, q)) < 5.0);
      // One minus the total variation distance.
      CHECK(close(overlap(p, q), 1.0 - 0.5 * (p - q).lpNorm<1>(),
                  {.abs = 1e-15}));
    }
  }

  TEST_CASE("tokens_per_target_call") {
    // Four drafts, each accepted with 0.8; the target adds one token at the
    // first rejection or behind the last draft.
    const Vector target{{0.5, 0.5}}, draft{{0.7, 0.3}};
    std::mt19937_64 rng(4);
    const int calls = 20000;
    double tokens = 0.0;
    for (int call = 0; call < calls; ++call) {
      ++tokens;
      for (int g = 0; g < 4; ++g) {
        const int proposed = static_cast<int>(weighted_index(draft, rng));
        if (!speculative_step(target, draft, proposed, rng).accepted) break;
        ++tokens;
      }
    }
    const double want = (1.0 - std::pow(0.8, 5)) / (1.0 - 0.8);
    EVIDENCE("tokens per call", tokens / calls);
    CHECK(close(want, 3.3616, {.abs = 1e-12}));
    // N tokens: E[N^2] = 13.8704, a variance of 2.5700, a deviation of 1.6031.
    CHECK(
        close(tokens / calls, want, {.abs = 5.0 * 1.6031 / std::sqrt(calls)}));
  }

  TEST_CASE("redrawing_from_the_target_is_biased") {
    const Vector target{{0.5, 0.5}}, draft{{0.9, 0.1}};
    // On paper: 0.9 * 5/9 + 0.4 * 0.5.
    std::mt19937_64 rng(5);
    double biased = 0.0;
    for (int i = 0; i < 20000; ++i) {
      const int proposed = static_cast<int>(weighted_index(draft, rng));
      SpeculativeStep step = speculative_step(target, draft, proposed, rng);
      if (!step.accepted) {
        step.token = static_cast<int>(weighted_index(target, rng));
      }
      if (step.token == 0) ++biased;
    }
    const double right = outcomes(target, draft, 20000, 6)(0);
    EVIDENCE("share of token 0 when redrawn from the target", biased / 20000.0);
    EVIDENCE("share of token 0 when redrawn from the residual",
             right / 20000.0);
    CHECK(deviation(biased, 20000.0, 0.7) < 5.0);
    CHECK(deviation(right, 20000.0, 0.5) < 5.0);
  }

  TEST_CASE("perfect_and_disjoint_drafts") {
    std::mt19937_64 rng(7);
    const Vector p = random_probabilities(6, rng);
    CHECK(outcomes(p, p, 2000, 8)(6) == 2000.0);  // always accepted

    const Vector left{{0.25, 0.75, 0.0, 0.0}}, right{{0.0, 0.0, 0.5, 0.5}};
    const Vector count = outcomes(left, right, 20000, 9);
    CHECK(count(4) == 0.0);  // never, and unbiased all the same
    CHECK(count(2) + count(3) == 0.0);
    CHECK(deviation(count(0), 20000.0, 0.25) < 5.0);
    CHECK(deviation(count(1), 20000.0, 0.75) < 5.0);
  }
}

TEST_SUITE("coding/speculative_sampling extra") {
  TEST_CASE("sums that differ by rounding only") {
    // No token has too little: there is nothing to redraw from.
    HighestDraw rng;
    const Vector draft{{0.5, 0.5}};
    const SpeculativeStep step =
        speculative_step((1.0 - 1e-10) * draft, draft, 1, rng);
    CHECK(step.token == 1);
    CHECK(step.accepted);
    // The last bit of uniform() does not reject equal probabilities.
    CHECK(speculative_step(draft, draft, 0, rng).accepted);
  }

  TEST_CASE("arguments that break the contract are refused") {
    std::mt19937_64 rng(0);
    const Vector p{{0.5, 0.5}}, q{{1.0, 0.0}};
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_WITH(speculative_step(p, q, 1, rng),
                      "speculative_step: the draft cannot have proposed 1");
    CHECK_THROWS_AS(speculative_step(p, q, 2, rng), std::invalid_argument);
    CHECK_THROWS_AS(speculative_step(p, q, -1, rng), std::invalid_argument);
    CHECK_THROWS_WITH(speculative_step(p, Vector{{1.0}}, 0, rng),
                      "speculative_step: target has 2 tokens, draft 1");
    CHECK_THROWS_WITH(speculative_step(Vector{{0.5, 0.25}}, p, 0, rng),
                      "speculative_step: target sums to 0.75");
    CHECK_THROWS_WITH(speculative_step(p, Vector{{0.5, 1.0}}, 0, rng),
                      "speculative_step: draft sums to 1.5");
    CHECK_THROWS_WITH(speculative_step(Vector{{1.5, -0.5}}, p, 0, rng),
                      "speculative_step: target(1) is -0.5");
    CHECK_THROWS_WITH(speculative_step(p, Vector{{1.0, nan}}, 0, rng),
                      "speculative_step: draft(1) is nan");
    CHECK_THROWS_AS(speculative_step(Vector(), Vector(), 0, rng),
                    std::invalid_argument);
    CHECK_NOTHROW(speculative_step(Vector{{0.5, 0.5 + 5e-10}}, p, 0, rng));
  }
}
