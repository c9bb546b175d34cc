// Verifies the claims of questions/coding/ndcg.md.
#include <whiteboard/coding/ndcg.hpp>

#include <support/claims.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

using namespace whiteboard;
using coding::ndcg;

namespace {

using Numbers = std::vector<double>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Ten terms of a sum and a quotient, a rounding each.
constexpr whiteboard::testing::Tolerance kRounding{.rel = 2e-15};

/// The list of the example: relevances by rank.
const Numbers& example() {
  static const Numbers relevance{3.0, 2.0, 3.0, 0.0, 1.0, 2.0};
  return relevance;
}

/// Discounted gain with natural logarithms, in long double.
long double natural_gain(const Numbers& gains, std::size_t k) {
  long double sum = 0.0L;
  for (std::size_t i = 0; i < gains.size() && i < k; ++i) {
    sum += gains[i] / std::log(static_cast<long double>(i) + 2.0L);
  }
  return sum;
}

/// The largest gain that any order of `gains` has: every order is tried.
long double best_gain(Numbers gains, std::size_t k) {
  std::sort(gains.begin(), gains.end());
  long double best = 0.0L;
  do {
    best = std::max(best, natural_gain(gains, k));
  } while (std::next_permutation(gains.begin(), gains.end()));
  return best;
}

Numbers exponential(Numbers relevance) {
  for (double& r : relevance) r = std::exp2(r) - 1.0;
  return relevance;
}

}  // namespace

TEST_SUITE("coding/ndcg") {
  TEST_CASE("example_by_hand") {
    // 3/1 + 2/1.584963 + 3/2 + 0 + 1/2.584963 + 2/2.807355 = 6.861127, over
    // 3/1 + 3/1.584963 + 2/2 + 2/2.321928 + 1/2.584963 + 0 = 7.140995.
    const double value = ndcg(example(), 6);
    EVIDENCE("NDCG@6", value);
    CHECK(close(value, 6.861127 / 7.140995, {.abs = 2e-7}));
    CHECK(close(value, 0.9608, {.abs = 5e-5}));
    // At 1 the first document decides, at 2 the discount of rank 2 enters.
    CHECK(close(ndcg(Numbers{1.0, 2.0}, 1), 0.5, kRounding));
    CHECK(close(ndcg(Numbers{0.0, 1.0}, 2), 0.6309297535714574, kRounding));
  }

  TEST_CASE("gain_must_be_stated") {
    const double linear = ndcg(example(), 6);
    const double steep = ndcg(exponential(example()), 6);
    EVIDENCE("linear gain", linear);
    EVIDENCE("exponential gain", steep);
    CHECK(close(steep, 0.9488, {.abs = 5e-5}));
    CHECK(close(linear, 0.9608, {.abs = 5e-5}));
    // 2^0 - 1 = 0 and 2^1 - 1 = 1: with 0/1 relevance they are one.
    for (unsigned pattern = 0; pattern < 64; ++pattern) {
      Numbers binary(6);
      for (unsigned i = 0; i < 6; ++i) binary[i] = pattern >> i & 1u;
      CHECK(ndcg(exponential(binary), 6) == ndcg(binary, 6));
    }
  }

  TEST_CASE("one_for_sorted_orders_only") {
    Numbers order = example();
    std::sort(order.begin(), order.end());
    int orders = 0, perfect = 0;
    double worst = 1.0;
    do {
      ++orders;
      const double value = ndcg(order, 6);
      if (std::is_sorted(order.rbegin(), order.rend())) {
        ++perfect;
        CHECK(close(value, 1.0, kRounding));
      } else {
        // The cheapest error, 0 before 1 at the end, costs 0.0043.
        CHECK(value < 0.996);
      }
      worst = std::min(worst, value);
    } while (std::next_permutation(order.begin(), order.end()));
    // 6! / (2! 2!) different orders, of which one descends.
    CHECK(orders == 180);
    CHECK(perfect == 1);
    EVIDENCE("NDCG of the worst order", worst);
    CHECK(worst > 0.6);
  }

  TEST_CASE("ideal_is_the_best_of_all_orders") {
    Numbers order = example();
    std::sort(order.begin(), order.end());
    for (std::size_t k = 1; k <= 7; ++k) {
      CAPTURE(k);
      const long double best = best_gain(example(), k);
      std::sort(order.begin(), order.end());
      do {
        // The oracle's logarithms are natural: the base cancels.
        CHECK(close(ndcg(order, k),
                    static_cast<double>(natural_gain(order, k) / best),
                    kRounding));
      } while (std::next_permutation(order.begin(), order.end()));
    }
  }

  TEST_CASE("top_swaps_cost_more") {
    const Numbers best{2.0, 1.0, 2.0, 1.0, 2.0, 1.0};
    const double before = ndcg(best, 6);
    std::vector<double> costs;
    for (const std::size_t rank : {0u, 2u, 4u}) {
      Numbers swapped = best;
      std::swap(swapped[rank], swapped[rank + 1]);
      costs.push_back(before - ndcg(swapped, 6));
    }
    REQUIRE(costs.size() == 3);
    EVIDENCE_SERIES("cost of a swap at ranks 1, 3, 5", costs);
    CHECK(costs[0] > costs[1]);
    CHECK(costs[1] > costs[2]);
    CHECK(costs[2] > 0.0);
    // (1 - 1 / log2(3)) / (1 / log2(6) - 1 / log2(7)) = 12.04.
    CHECK(close(costs[0] / costs[2], 12.04, {.abs = 0.01}));
  }

  TEST_CASE("ideal_looks_below_the_cut") {
    // The best document stands at rank 3 and k is 2: 1 of 3 + 1 / log2(3).
    CHECK(close(ndcg(Numbers{1.0, 0.0, 3.0}, 2), 1.0 / 3.6309297535714573,
                kRounding));
    CHECK(ndcg(Numbers{0.0, 0.0, 3.0}, 2) == 0.0);
    // And it stops at the cut: ten equal documents, two places.
    CHECK(close(ndcg(Numbers(10, 1.0), 2), 1.0, kRounding));
    CHECK(close(ndcg(Numbers{2.0, 1.0}, 100), 1.0, kRounding));
  }

  TEST_CASE("missed_documents_count") {
    const double value = ndcg(example(), 6, Numbers{3.0, 2.0});
    EVIDENCE("with two relevant documents missed", value);
    CHECK(close(value, 0.7850, {.abs = 5e-5}));
    // Only their relevance matters, and irrelevant ones do not.
    CHECK(close(ndcg(example(), 6, Numbers{0.0, 2.0, 0.0, 3.0}), value,
                kRounding));
    CHECK(ndcg(Numbers{}, 3, Numbers{1.0}) == 0.0);
  }

  TEST_CASE("irrelevant_tail_is_free") {
    CHECK(close(ndcg(Numbers{3.0, 2.0}, 10), 1.0, kRounding));
    CHECK(
        close(ndcg(Numbers{3.0, 2.0, 0.0, 0.0, 0.0, 0.0}, 10), 1.0, kRounding));
    // In front of them it is not: 1 / log2(3) of a place.
    CHECK(close(ndcg(Numbers{0.0, 3.0}, 10), 0.6309297535714574, kRounding));
  }

  TEST_CASE("nothing_relevant_is_zero") {
    CHECK(ndcg(Numbers{0.0, 0.0, 0.0}, 3) == 0.0);
    CHECK(ndcg(Numbers{}, 3) == 0.0);
    CHECK(close(ndcg(Numbers{1e-300, 0.0}, 3), 1.0, kRounding));
  }

  TEST_CASE("bad_arguments_are_refused") {
    CHECK(close(ndcg(Numbers{1.0}, 1), 1.0, kRounding));
    CHECK_THROWS_AS(ndcg(example(), 0), std::invalid_argument);
    CHECK_THROWS_AS(ndcg(Numbers{1.0, -1.0}, 2), std::invalid_argument);
    CHECK_THROWS_AS(ndcg(Numbers{1.0, kNaN}, 2), std::invalid_argument);
    CHECK_THROWS_AS(ndcg(Numbers{1.0, kInfinity}, 1), std::invalid_argument);
    CHECK_THROWS_AS(ndcg(Numbers{1.0}, 1, Numbers{-1.0}),
                    std::invalid_argument);
    CHECK_THROWS_AS(ndcg(Numbers{1.0}, 1, Numbers{kNaN}),
                    std::invalid_argument);
  }
}

TEST_SUITE("coding/ndcg extra") {
  TEST_CASE("arguments that break the contract are refused") {
    CHECK_THROWS_WITH(ndcg(example(), 0), "ndcg: need k >= 1, got k = 0");
    CHECK_THROWS_WITH(ndcg(Numbers{-2.0}, 1),
                      "ndcg: need finite relevances >= 0, got -2");
    CHECK_THROWS_WITH(ndcg(Numbers{1.0}, 1, Numbers{kInfinity}),
                      "ndcg: need finite relevances >= 0, got inf");
    CHECK_THROWS_WITH(ndcg(Numbers(3, 1e308), 3),
                      "ndcg: the ideal gain overflows");
  }

  TEST_CASE("scale of the gains cancels") {
    Numbers doubled = example();
    for (double& r : doubled) r *= 1024.0;
    CHECK(ndcg(doubled, 4) == ndcg(example(), 4));
  }
}
