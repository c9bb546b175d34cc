// Verifies the claims of questions/coding/top_k_stream.md.
#include <whiteboard/coding/top_k_stream.hpp>
#include <whiteboard/core/random.hpp>

#include <support/claims.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <set>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

using namespace whiteboard;
using coding::top_k_buffered;
using coding::top_k_stream;

namespace {

using Item = std::pair<double, std::uint64_t>;
using Items = std::vector<Item>;
using TopK = std::vector<Item> (*)(std::span<const Item>, std::size_t);

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Everything sorted, and cut.
Items sorted_and_cut(Items items, std::size_t k) {
  for (Item& item : items) item.first = -item.first;
  std::sort(items.begin(), items.end());  // pairs: by -score, then by id
  items.resize(std::min(k, items.size()));
  for (Item& item : items) item.first = -item.first;
  return items;
}

/// `n` scores from {0, ..., levels - 1} with ids 0 to n - 1, shuffled.
Items with_ties(std::ptrdiff_t n, std::ptrdiff_t levels, std::mt19937_64& rng) {
  Items items;
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    items.emplace_back(static_cast<double>(uniform_index(levels, rng)),
                       static_cast<std::uint64_t>(i));
  }
  shuffle(items, rng);
  return items;
}

/// Distinct scores 0 to n - 1 in random order; the id is the place.
Items distinct(std::ptrdiff_t n, std::mt19937_64& rng) {
  Items items;
  for (const std::ptrdiff_t score : permutation(n, rng)) {
    items.emplace_back(static_cast<double>(score), items.size());
  }
  return items;
}

/// How many of 1,000 random inputs, ties and k >= n included, give another
/// answer than sorting and cutting.
int wrong_answers(TopK top_k, std::uint64_t seed) {
  std::mt19937_64 rng(seed);
  int wrong = 0;
  for (int trial = 0; trial < 1000; ++trial) {
    const std::ptrdiff_t n = uniform_index(60, rng);
    const auto k = static_cast<std::size_t>(1 + uniform_index(20, rng));
    const Items items = with_ties(n, 1 + uniform_index(30, rng), rng);
    if (top_k(items, k) != sorted_and_cut(items, k)) ++wrong;
  }
  return wrong;
}

/// How many items are among the k best of those seen when they arrive.
int arrivals_kept(const Items& items, std::size_t k) {
  int kept = 0;
  for (std::size_t seen = 1; seen <= items.size(); ++seen) {
    const Items best = top_k_stream(std::span(items).first(seen), k);
    kept += std::count(best.begin(), best.end(), items[seen - 1]) > 0 ? 1 : 0;
  }
  return kept;
}

double harmonic(int n) {
  double sum = 0.0;
  for (int i = 1; i <= n; ++i) sum += 1.0 / i;
  return sum;
}

/// Eq. (1), and the variance of a sum of independent yes and no.
std::pair<double, double> expected_arrivals(int n, int k) {
  double variance = 0.0;
  for (int i = k + 1; i <= n; ++i) {
    const double p = static_cast<double>(k) / i;
    variance += p * (1.0 - p);
  }
  return {k * (1.0 + harmonic(n) - harmonic(k)), variance};
}

}  // namespace

TEST_SUITE("coding/top_k_stream") {
  TEST_CASE("equals_sorting_and_cutting") {
    const Items example{{3.0, 0}, {9.0, 1}, {4.0, 2}, {7.0, 3}};
    CHECK(top_k_stream(example, 2) == Items{{9.0, 1}, {7.0, 3}});
    CHECK(top_k_stream(example, 10) ==
          Items{{9.0, 1}, {7.0, 3}, {4.0, 2}, {3.0, 0}});
    CHECK(wrong_answers(top_k_stream, 0) == 0);
  }

  TEST_CASE("order_of_arrival_does_not_matter") {
    Items items;
    for (std::uint64_t id = 0; id < 40; ++id) {
      items.emplace_back(static_cast<double>(id / 10), id);
    }
    // Of ten items with score 2 five are kept: those with the lowest ids.
    const Items best = top_k_stream(items, 15);
    REQUIRE(best.size() == 15);
    CHECK(best.back() == Item{2.0, 24});
    std::mt19937_64 rng(1);
    for (int trial = 0; trial < 200; ++trial) {
      shuffle(items, rng);
      CHECK(top_k_stream(items, 15) == best);
    }
    // Ranked by score alone, what comes first is kept and the order matters.
    std::sort(items.begin(), items.end());
    std::reverse(items.begin(), items.end());  // equal scores: highest id first
    std::stable_sort(
        items.begin(), items.end(),
        [](const Item& a, const Item& b) { return a.first > b.first; });
    CHECK(items[14] == Item{2.0, 25});
    CHECK(top_k_stream(items, 15) == best);
  }

  TEST_CASE("few_arrivals_are_kept_in_random_order") {
    std::mt19937_64 rng(2);
    double total = 0.0;
    for (int trial = 0; trial < 100; ++trial) {
      total += arrivals_kept(distinct(300, rng), 10);
    }
    const auto [mean, variance] = expected_arrivals(300, 10);
    EVIDENCE("kept of 300 with k = 10 (mean of 100)", total / 100.0);
    EVIDENCE("expected", mean);
    CHECK(
        close(total / 100.0, mean, {.abs = 5.0 * std::sqrt(variance / 100.0)}));

    // The long stream: here the k best are followed by an ordered set.
    const Items stream = distinct(100000, rng);
    std::set<double> best;
    int kept = 0;
    for (const auto& [score, id] : stream) {
      best.insert(score);
      if (best.size() > 100) best.erase(best.begin());
      if (best.count(score) > 0) ++kept;
    }
    EVIDENCE("kept of 100000 with k = 100", kept);
    const auto [long_mean, long_variance] = expected_arrivals(100000, 100);
    CHECK(close(long_mean, 790.3, {.abs = 0.05}));
    CHECK(close(kept, long_mean, {.abs = 5.0 * std::sqrt(long_variance)}));
    const Items answer = top_k_stream(stream, 100);
    REQUIRE(answer.size() == 100);
    CHECK(answer.back().first == *best.begin());
  }

  TEST_CASE("ascending_scores_are_all_kept") {
    Items ascending, descending;
    for (std::uint64_t i = 0; i < 400; ++i) {
      ascending.emplace_back(static_cast<double>(i), i);
      descending.emplace_back(-static_cast<double>(i), i);
    }
    CHECK(arrivals_kept(ascending, 10) == 400);
    CHECK(arrivals_kept(descending, 10) == 10);
  }

  TEST_CASE("shards_merge_exactly") {
    std::mt19937_64 rng(3);
    for (int trial = 0; trial < 100; ++trial) {
      const Items items = with_ties(500, 50, rng);
      Items merged;
      for (std::size_t first = 0, size = 1; first < items.size();
           first += size, size = 3 * size + 1) {  // 1, 4, 13, ... items
        const Items part =
            top_k_stream(std::span(items).subspan(
                             first, std::min(size, items.size() - first)),
                         25);
        merged.insert(merged.end(), part.begin(), part.end());
      }
      CHECK(merged.size() < items.size());
      CHECK(top_k_stream(merged, 25) == top_k_stream(items, 25));
    }
    // Half of k from each of two shards is not enough.
    const Items left{{9.0, 0}, {8.0, 1}}, right{{1.0, 2}, {0.0, 3}};
    Items halves = top_k_stream(left, 1);
    halves.push_back(top_k_stream(right, 1).front());
    Items all = left;
    all.insert(all.end(), right.begin(), right.end());
    CHECK(top_k_stream(halves, 2) != top_k_stream(all, 2));
  }

  TEST_CASE("scores_are_ranked_and_not_counts") {
    Items clicks{{1.0, 1}, {1.0, 2}};
    for (int i = 0; i < 1000; ++i) clicks.emplace_back(1.0, 9);
    CHECK(top_k_stream(clicks, 2) == Items{{1.0, 1}, {1.0, 2}});
    // And an id that scores twice takes two places.
    CHECK(top_k_stream(Items{{5.0, 7}, {6.0, 7}, {4.0, 8}}, 2) ==
          Items{{6.0, 7}, {5.0, 7}});
  }

  TEST_CASE("buffered_form_agrees") {
    CHECK(wrong_answers(top_k_buffered, 4) == 0);
    std::mt19937_64 rng(5);
    Items items = with_ties(2000, 300, rng);
    items.emplace_back(kInfinity, 5000);
    items.emplace_back(-kInfinity, 5001);
    for (const bool ascending : {true, false}) {
      std::sort(items.begin(), items.end());
      if (!ascending) std::reverse(items.begin(), items.end());
      for (const std::size_t k :
           std::vector<std::size_t>{1, 2, 7, 100, 1999, 2002, 3000}) {
        CAPTURE(k);
        const Items got = top_k_buffered(items, k);
        REQUIRE(got.size() == std::min<std::size_t>(k, 2002));
        CHECK(got == top_k_stream(items, k));
      }
    }
  }
}

TEST_SUITE("coding/top_k_stream extra") {
  TEST_CASE("degenerate streams") {
    for (const TopK top_k : {&top_k_stream, &top_k_buffered}) {
      CHECK(top_k({}, 3).empty());
      CHECK(top_k(Items{{2.0, 5}}, 1) == Items{{2.0, 5}});
      CHECK(top_k(Items{{2.0, 5}}, std::numeric_limits<std::size_t>::max()) ==
            Items{{2.0, 5}});
      // Infinities rank at the ends; the two zeros are equal scores.
      CHECK(top_k(Items{{-kInfinity, 0}, {kInfinity, 1}, {0.0, 2}}, 3) ==
            Items{{kInfinity, 1}, {0.0, 2}, {-kInfinity, 0}});
      CHECK(top_k(Items{{0.0, 4}, {-0.0, 3}}, 1) == Items{{0.0, 3}});
      CHECK(top_k(Items(10, {-kInfinity, 1}), 2) == Items(2, {-kInfinity, 1}));
    }
  }

  TEST_CASE("arguments that break the contract are refused") {
    const Items items{{1.0, 0}, {5.0, 1}, {4.0, 2}, {kNaN, 17}};
    CHECK_THROWS_WITH(top_k_stream(items, 0),
                      "top_k_stream: need k >= 1, got 0");
    CHECK_THROWS_WITH(top_k_stream(items, 1),
                      "top_k_stream: the score of id 17 is nan");
    CHECK_THROWS_WITH(top_k_buffered(items, 0),
                      "top_k_buffered: need k >= 1, got 0");
    CHECK_THROWS_WITH(top_k_buffered(items, 1),
                      "top_k_buffered: the score of id 17 is nan");
    CHECK_THROWS_AS(top_k_stream(Items{{kNaN, 0}}, 9), std::invalid_argument);
  }
}
