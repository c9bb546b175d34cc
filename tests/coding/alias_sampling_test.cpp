// Verifies the claims of questions/coding/alias_sampling.md.
#include <whiteboard/coding/alias_sampling.hpp>

#include <support/claims.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::AliasColumn;
using coding::AliasTable;

namespace {

using Weights = std::vector<double>;

/// Of very different size, a quarter of them 0, and at least one above 0.
Weights random_weights(std::size_t n, std::mt19937_64& rng) {
  Weights weights(n);
  for (double& w : weights) {
    w = uniform(rng) < 0.25 ? 0.0 : std::exp(3.0 * normal(rng));
  }
  weights[n / 2] += 1.0;
  return weights;
}

/// w / sum(w), summed in long double.
Weights shares(const Weights& weights) {
  long double total = 0.0L;
  for (const double w : weights) total += w;
  Weights p;
  for (const double w : weights) p.push_back(static_cast<double>(w / total));
  return p;
}

/// What the columns say about each index, Eq. (2) read backwards.
Weights summed_back(const std::vector<AliasColumn>& columns) {
  Weights p(columns.size());
  const auto n = static_cast<double>(columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    REQUIRE(columns[i].alias < columns.size());
    p[i] += columns[i].keep / n;
    p[columns[i].alias] += (1.0 - columns[i].keep) / n;
  }
  return p;
}

/// The shortcut: columns that pairing has not settled stay as they were
/// allocated, or only those on the list `rich` are filled.
std::vector<AliasColumn> without_leftovers(const Weights& weights,
                                           bool fill_rich) {
  Weights height = shares(weights);
  std::vector<AliasColumn> columns(weights.size(), {0.0, 0});
  std::vector<std::size_t> poor, rich;
  for (std::size_t i = 0; i < height.size(); ++i) {
    height[i] *= static_cast<double>(height.size());
    (height[i] < 1.0 ? poor : rich).push_back(i);
  }
  while (!poor.empty() && !rich.empty()) {
    const std::size_t i = poor.back(), j = rich.back();
    poor.pop_back();
    rich.pop_back();
    columns[i] = {height[i], j};
    height[j] = height[j] + height[i] - 1.0;
    (height[j] < 1.0 ? poor : rich).push_back(j);
  }
  if (fill_rich) {
    for (const std::size_t i : rich) columns[i] = {1.0, i};
  }
  return columns;
}

/// Cumulative search: the plain way to draw.
std::size_t by_search(const Weights& sums, std::mt19937_64& rng) {
  const double u = uniform(rng) * sums.back();
  return static_cast<std::size_t>(
      std::upper_bound(sums.begin(), sums.end(), u) - sums.begin());
}

/// Fair bits, but half of the draws are all zeros or all ones.
struct Extremes {
  using result_type = std::uint64_t;
  static constexpr std::uint64_t min() { return 0; }
  static constexpr std::uint64_t max() {
    return std::numeric_limits<std::uint64_t>::max();
  }
  std::uint64_t operator()() {
    const std::uint64_t kind = rng() % 4;
    return kind == 0 ? min() : kind == 1 ? max() : rng();
  }

  std::mt19937_64 rng{7};
};

/// How often each index comes up in `draws` calls of draw().
template <class Draw>
Weights counts(std::size_t n, int draws, Draw draw) {
  Weights count(n);
  for (int d = 0; d < draws; ++d) {
    const std::size_t i = draw();
    if (i >= n) return {};  // the size is wrong, and any check of it fails
    count[i] += 1.0;
  }
  return count;
}

/// Pearson's statistic: sum of (count - expected)^2 / expected.
double chi_square(const Weights& count, const Weights& p, int draws) {
  REQUIRE(count.size() == p.size());
  double sum = 0.0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    const double expected = p[i] * draws;
    sum += (count[i] - expected) * (count[i] - expected) / expected;
  }
  return sum;
}

}  // namespace

TEST_SUITE("coding/alias_sampling") {
  TEST_CASE("three_to_one_by_hand") {
    const AliasTable table(Weights{3.0, 1.0});
    REQUIRE(table.columns().size() == 2);
    // Heights 1.5 and 0.5; every step is exact. There are two ways to be full.
    CHECK((table.columns()[0].keep == 1.0 || table.columns()[0].alias == 0));
    CHECK(table.columns()[1].keep == 0.5);
    CHECK(table.columns()[1].alias == 0);
    CHECK(table.probability(0) == 0.75);
    CHECK(table.probability(1) == 0.25);
  }

  TEST_CASE("the_table_sums_back_to_the_probabilities") {
    std::mt19937_64 rng(0);
    double worst = 0.0;
    for (int run = 0; run < 1000; ++run) {
      CAPTURE(run);
      const std::size_t n = 1 + static_cast<std::size_t>(run) % 100;
      const Weights weights = random_weights(n, rng), p = shares(weights);
      const AliasTable table(weights);
      REQUIRE(table.columns().size() == n);
      for (const AliasColumn& column : table.columns()) {
        CHECK((column.keep >= 0.0 && column.keep <= 1.0));
      }
      Weights said;
      for (std::size_t i = 0; i < n; ++i) said.push_back(table.probability(i));
      const Weights back = summed_back(table.columns());
      // A height is touched at most n times, with half an ulp of a number below
      // n each time, and divided by n in the end: n eps / 2 < 1.2e-14; the sum
      // of the weights and the n terms of summing back add as much each.
      CHECK(close(back, p, {.abs = 1e-13}));
      CHECK(close(said, p, {.abs = 1e-13}));
      worst = std::max(worst, largest_difference(back, p));
    }
    EVIDENCE("largest difference of a probability", worst);
  }

  TEST_CASE("zero_weights_are_never_drawn") {
    const Weights weights{0.0, 2.0, 0.0, 5.0, 1.0, 0.0, 0.0, 1.0};
    const AliasTable table(weights);
    std::mt19937_64 rng(1);
    Extremes extremes;
    const auto drawn = [&](auto draw) {
      const Weights count = counts(weights.size(), 250'000, draw);
      REQUIRE(count.size() == weights.size());
      for (std::size_t i = 0; i < weights.size(); ++i) {
        CAPTURE(i);
        CHECK((count[i] > 0.0) == (weights[i] > 0.0));
      }
    };
    drawn([&] { return table.sample(rng); });
    drawn([&] { return table.sample_from_one_number(rng); });
    // Comparing with <= instead of < would let a draw of 0 through.
    drawn([&] { return table.sample(extremes); });
    drawn([&] { return table.sample_from_one_number(extremes); });
  }

  TEST_CASE("draws_have_the_given_distribution") {
    const Weights weights{1.0, 9.0, 2.5, 0.5, 30.0, 4.0, 4.0, 12.0, 0.1, 7.0};
    const Weights p = shares(weights);
    const AliasTable table(weights);
    Weights sums(weights.size());
    std::partial_sum(weights.begin(), weights.end(), sums.begin());
    std::mt19937_64 rng(2);
    constexpr int draws = 300'000;
    const Weights two = counts(10, draws, [&] { return table.sample(rng); });
    const Weights one =
        counts(10, draws, [&] { return table.sample_from_one_number(rng); });
    const Weights searched =
        counts(10, draws, [&] { return by_search(sums, rng); });
    EVIDENCE_SERIES("draws of each index", two);
    EVIDENCE("chi square of 9 degrees", chi_square(two, p, draws));
    EVIDENCE("chi square from one number", chi_square(one, p, draws));
    EVIDENCE("chi square of cumulative search", chi_square(searched, p, draws));
    // Above 45 once in a million.
    CHECK(chi_square(two, p, draws) < 45.0);
    CHECK(chi_square(one, p, draws) < 45.0);
    CHECK(chi_square(searched, p, draws) < 45.0);
    for (std::size_t i = 0; i < p.size(); ++i) {
      CAPTURE(i);
      // Five standard errors of the difference of two independent counts.
      const double error = std::sqrt(2.0 * draws * p[i] * (1.0 - p[i]));
      CHECK(close(two[i], searched[i], {.abs = 5.0 * error}));
      CHECK(close(one[i], searched[i], {.abs = 5.0 * error}));
    }
  }

  TEST_CASE("leftover_columns_are_full") {
    std::mt19937_64 rng(3);
    int poor_left = 0;
    double least_wrong = 1.0;
    for (int run = 0; run < 1000; ++run) {
      CAPTURE(run);
      const std::size_t n = 2 + static_cast<std::size_t>(run) % 30;
      const Weights weights = random_weights(n, rng), p = shares(weights);
      const Weights back = summed_back(AliasTable(weights).columns());
      CHECK(close(back, p, {.abs = 1e-14}));
      for (std::size_t i = 0; i < n; ++i) {
        CHECK((back[i] > 0.0) == (weights[i] > 0.0));
      }

      // One column at least is never paired, and its 1 / n goes astray, unless
      // that column is the one that unset aliases point to.
      const double error =
          largest_difference(summed_back(without_leftovers(weights, false)), p);
      if (error > 1e-14) least_wrong = std::min(least_wrong, error);
      const double rounded =
          largest_difference(summed_back(without_leftovers(weights, true)), p);
      if (rounded > 1e-14) ++poor_left;
    }
    EVIDENCE("wrong of 1000 if only the rich are filled", poor_left);
    EVIDENCE("least error without filling", least_wrong);
    CHECK(poor_left > 100);
    CHECK(least_wrong > 0.99 / 31.0);
  }

  TEST_CASE("the_ends_of_the_unit_interval_stay_inside") {
    for (const std::size_t n : {1u, 2u, 3u, 7u, 64u, 1000u}) {
      CAPTURE(n);
      const AliasTable table(Weights(n, 1.0));
      Extremes extremes;
      std::size_t largest = 0;
      for (int draw = 0; draw < 1000; ++draw) {
        largest = std::max({largest, table.sample(extremes),
                            table.sample_from_one_number(extremes)});
      }
      CHECK(largest == n - 1);
    }
    // Eq. (4) for every n below 2^20; 64 bits as a double do round up to 1.
    const double top = 1.0 - 0x1.0p-53;
    bool inside = true;
    for (double n = 1.0; n < 0x1.0p20; n += 1.0) inside &= top * n < n;
    CHECK(inside);
    CHECK(static_cast<double>(Extremes::max()) * 0x1.0p-64 == 1.0);
  }

  TEST_CASE("one_weight_changes_the_whole_table") {
    std::mt19937_64 rng(4);
    constexpr std::size_t n = 1000;
    Weights weights(n);
    for (double& w : weights) w = 1.0 + uniform(rng);
    const AliasTable before(weights);
    weights[0] *= 2.0;
    const AliasTable after(weights);
    REQUIRE(before.columns().size() == n);
    REQUIRE(after.columns().size() == n);
    int changed = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (before.columns()[i].keep != after.columns()[i].keep) ++changed;
    }
    // The sums that a Fenwick tree keeps and weight 1 is part of.
    int sums = 0;
    for (std::size_t i = 1; i <= n; i += i & (~i + 1)) ++sums;
    EVIDENCE("columns changed of 1000", changed);
    EVIDENCE("sums changed in a Fenwick tree", sums);
    CHECK(changed > 500);
    CHECK(sums == 10);
  }
}

TEST_SUITE("coding/alias_sampling extra") {
  TEST_CASE("one weight and equal weights") {
    std::mt19937 rng(5);  // an engine of 32 bits
    const AliasTable one(Weights{1e-300});
    CHECK(one.sample(rng) == 0);
    CHECK(one.sample_from_one_number(rng) == 0);
    CHECK(one.probability(0) == 1.0);
    const AliasTable equal(Weights(7, 0.1));
    for (std::size_t i = 0; i < 7; ++i) {
      CHECK(close(equal.probability(i), 1.0 / 7.0, {.rel = 1e-15}));
    }
  }

  TEST_CASE("weights at the ends of the range of double") {
    const AliasTable large(Weights{1e308, 0.0, 5e307});
    CHECK(close(large.probability(0), 2.0 / 3.0, {.rel = 1e-15}));
    const double least = std::numeric_limits<double>::denorm_min();
    const AliasTable small(Weights{least, 3.0 * least});
    CHECK(small.probability(0) == 0.25);
  }

  TEST_CASE("arguments that break the contract are refused") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK_THROWS_WITH(
        AliasTable(Weights{}),
        "AliasTable: need a finite positive sum of weights, got 0");
    CHECK_THROWS_WITH(
        AliasTable(Weights{0.0, 0.0}),
        "AliasTable: need a finite positive sum of weights, got 0");
    CHECK_THROWS_WITH(
        AliasTable(Weights{1.0, infinity}),
        "AliasTable: need a finite positive sum of weights, got inf");
    CHECK_THROWS_AS(AliasTable(Weights{1e308, 1e308}), std::invalid_argument);
    CHECK_THROWS_WITH(AliasTable(Weights{1.0, -0.5}),
                      "AliasTable: weight 1 is -0.5");
    CHECK_THROWS_WITH(AliasTable(Weights{nan}), "AliasTable: weight 0 is nan");
    const AliasTable table(Weights{3.0, 1.0});
    CHECK_THROWS_WITH(table.probability(2),
                      "AliasTable: need an index below 2, got 2");
  }
}
