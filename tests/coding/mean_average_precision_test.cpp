// Verifies the claims of questions/coding/mean_average_precision.md.
#include <whiteboard/coding/mean_average_precision.hpp>

#include <support/claims.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::mean_average_precision;

namespace {

using Hits = std::vector<int>;
using Lists = std::vector<std::vector<int>>;

constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

/// At most eight quotients, their sum and one more quotient.
constexpr whiteboard::testing::Tolerance kRounding{.rel = 2e-15};

/// MAP of a single query.
double of_one(const Hits& hits, int relevant, std::size_t k = kAll) {
  return mean_average_precision(Lists{hits}, Hits{relevant}, k);
}

/// The lowest n bits as a list of hits.
Hits bits(unsigned pattern, unsigned n) {
  Hits hits(n);
  for (unsigned i = 0; i < n; ++i) hits[i] = pattern >> i & 1u ? 1 : 0;
  return hits;
}

int sum(const Hits& hits) {
  return static_cast<int>(std::count(hits.begin(), hits.end(), 1));
}

/// Area under the steps of the precision-recall curve: one threshold per rank,
/// each with its precision and recall counted from the top again.
double area(const Hits& hits, int relevant) {
  double total = 0.0, recall_before = 0.0;
  for (std::size_t depth = 1; depth <= hits.size(); ++depth) {
    double found = 0.0;
    for (std::size_t i = 0; i < depth; ++i) found += hits[i];
    const double recall = found / relevant;
    total += (recall - recall_before) * found / static_cast<double>(depth);
    recall_before = recall;
  }
  return total;
}

}  // namespace

TEST_SUITE("coding/mean_average_precision") {
  TEST_CASE("examples_by_hand") {
    CHECK(close(of_one({1, 0, 1}, 2), (1.0 + 2.0 / 3.0) / 2.0, kRounding));
    CHECK(close(of_one({1, 0, 1}, 3), (1.0 + 2.0 / 3.0) / 3.0, kRounding));
    // Labels (0, 0, 1, 1), scores (0.1, 0.4, 0.35, 0.8): by score 1, 0, 1, 0.
    CHECK(close(of_one({1, 0, 1, 0}, 2), 0.8333, {.abs = 5e-5}));
    // Two queries: the mean of 1/2 and of (1 + 1) / 2.
    CHECK(close(
        mean_average_precision(Lists{{0, 1}, {1, 1, 0}}, Hits{1, 2}, kAll),
        0.75, kRounding));
    EVIDENCE("two of two found", of_one({1, 0, 1}, 2));
    EVIDENCE("two of three found", of_one({1, 0, 1}, 3));
  }

  TEST_CASE("equals_the_area_under_the_steps") {
    for (unsigned pattern = 1; pattern < 256; ++pattern) {
      CAPTURE(pattern);
      const Hits hits = bits(pattern, 8);
      for (const int missed : {0, 1, 5}) {
        const int relevant = sum(hits) + missed;
        // Recalls below 1 are subtracted eight times: 8 u in absolute terms.
        CHECK(close(of_one(hits, relevant), area(hits, relevant),
                    {.abs = 2e-15}));
      }
    }
  }

  TEST_CASE("missed_documents_cost") {
    CHECK(close(of_one({1, 0, 0}, 3), 1.0 / 3.0, kRounding));
    CHECK(close(of_one({1, 0, 0}, 1), 1.0, kRounding));
    // The shortcut divides by the hits that were found: giving up early pays.
    const auto by_found = [](const Hits& hits) {
      return area(hits, std::max(1, sum(hits)));
    };
    CHECK(close(by_found({1, 0, 0}), 1.0, kRounding));
    CHECK(by_found({1, 0, 0}) > by_found({1, 0, 1}));
    CHECK(of_one({1, 0, 0}, 3) < of_one({1, 0, 1}, 3));
    CHECK(close(by_found({1, 0, 1}), of_one({1, 0, 1}, 2), kRounding));
  }

  TEST_CASE("cut_limits_what_is_possible") {
    // Five relevant documents and two places, both filled well.
    CHECK(close(of_one({1, 1, 0, 1}, 5, 2), 1.0, kRounding));
    CHECK(close(of_one({0, 1, 1, 1}, 5, 2), 0.25, kRounding));
    // Fewer relevant documents than places: those are what is possible.
    CHECK(close(of_one({1, 0, 1}, 2, 10), (1.0 + 2.0 / 3.0) / 2.0, kRounding));
    // 1 is reachable at every cut, by relevant documents first.
    for (std::size_t k = 1; k <= 6; ++k) {
      CAPTURE(k);
      CHECK(close(of_one({1, 1, 1, 0, 0, 0}, 3, k), 1.0, kRounding));
    }
  }

  TEST_CASE("order_below_the_cut_is_free") {
    Hits tail{0, 0, 0, 1, 1};
    const double want = of_one({1, 0, 1, 0, 0, 0, 1, 1}, 4, 3);
    CHECK(close(want, (1.0 + 2.0 / 3.0) / 3.0, kRounding));
    int orders = 0;
    do {
      Hits hits{1, 0, 1};
      hits.insert(hits.end(), tail.begin(), tail.end());
      CHECK(close(of_one(hits, 4, 3), want, kRounding));
      ++orders;
    } while (std::next_permutation(tail.begin(), tail.end()));
    CHECK(orders == 10);
    // Above the cut it is not.
    CHECK(of_one({1, 1, 0, 0, 0, 0, 1, 1}, 4, 3) > want + 0.1);
  }

  TEST_CASE("queries_weigh_equally") {
    // One relevant document, found at once; a hundred, none of them found.
    const Lists lists{{1, 0, 0}, {0, 0, 0}};
    const double map = mean_average_precision(lists, Hits{1, 100}, 3);
    CHECK(close(map, 0.5, kRounding));
    // Three easy queries outweigh one with a hundred documents at the top.
    const Lists more{{0, 0}, {0, 0}, {0, 0}, Hits(100, 1)};
    CHECK(close(mean_average_precision(more, Hits{1, 1, 1, 100}, 100), 0.25,
                kRounding));
    EVIDENCE("100 of 103 documents found at rank 1 to 100",
             mean_average_precision(more, Hits{1, 1, 1, 100}, 100));
  }

  TEST_CASE("nothing_relevant_scores_zero") {
    CHECK(of_one({0, 0}, 0) == 0.0);
    CHECK(of_one({}, 0) == 0.0);
    CHECK(of_one({}, 4) == 0.0);
    // It counts as a query all the same.
    CHECK(close(mean_average_precision(Lists{{1}, {0}}, Hits{1, 0}, 5), 0.5,
                kRounding));
  }

  TEST_CASE("chance_is_not_the_prevalence") {
    // All 56 places that 3 relevant documents can have among 8.
    double total = 0.0;
    int lists = 0;
    for (unsigned pattern = 0; pattern < 256; ++pattern) {
      const Hits hits = bits(pattern, 8);
      if (sum(hits) != 3) continue;
      total += of_one(hits, 3);
      ++lists;
    }
    REQUIRE(lists == 56);
    // (H + (R - 1) / (n - 1) (n - H)) / n with H = 1 + 1/2 + ... + 1/8.
    const double harmonic = 761.0 / 280.0;
    const double want = (harmonic + 2.0 / 7.0 * (8.0 - harmonic)) / 8.0;
    EVIDENCE("mean over all orders", total / 56.0);
    EVIDENCE("prevalence", 3.0 / 8.0);
    CHECK(close(total / 56.0, want, {.rel = 2e-14}));
    CHECK(close(want, 0.5284, {.abs = 5e-5}));
  }

  TEST_CASE("impossible_input_is_refused") {
    CHECK(close(of_one({1}, 1), 1.0, kRounding));
    CHECK_THROWS_AS(of_one({1, 0, 1}, 1), std::invalid_argument);
    CHECK_THROWS_AS(of_one({1, 0, 1}, 1, 1), std::invalid_argument);
    CHECK_THROWS_AS(of_one({0}, -1), std::invalid_argument);
    CHECK_THROWS_AS(of_one({1, 2}, 5), std::invalid_argument);
    CHECK_THROWS_AS(of_one({-1}, 5), std::invalid_argument);
    CHECK_THROWS_AS(of_one({1}, 1, 0), std::invalid_argument);
    CHECK_THROWS_AS(mean_average_precision(Lists{{1}, {1}}, Hits{1}, 1),
                    std::invalid_argument);
    CHECK_THROWS_AS(mean_average_precision(Lists{{1}}, Hits{1, 1}, 1),
                    std::invalid_argument);
    CHECK_THROWS_AS(mean_average_precision(Lists{}, Hits{}, 1),
                    std::invalid_argument);
  }
}

TEST_SUITE("coding/mean_average_precision extra") {
  TEST_CASE("arguments that break the contract are refused") {
    CHECK_THROWS_WITH(mean_average_precision(Lists{{1}, {1}}, Hits{1}, 1),
                      "mean_average_precision: 2 lists, but 1 counts of "
                      "relevant documents");
    CHECK_THROWS_WITH(mean_average_precision(Lists{}, Hits{}, 1),
                      "mean_average_precision: need at least one query");
    CHECK_THROWS_WITH(of_one({1}, 1, 0),
                      "mean_average_precision: need k >= 1, got k = 0");
    CHECK_THROWS_WITH(of_one({1, 3}, 2),
                      "mean_average_precision: need hits of 0 or 1, got 3");
    CHECK_THROWS_WITH(
        of_one({1, 1}, 1),
        "mean_average_precision: 2 hits, but 1 relevant documents");
    CHECK_THROWS_WITH(
        of_one({0}, -1),
        "mean_average_precision: 0 hits, but -1 relevant documents");
  }
}
