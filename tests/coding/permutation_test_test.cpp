// Verifies the claims of questions/coding/permutation_test.md.
#include <whiteboard/coding/permutation_test.hpp>

#include <support/claims.hpp>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::permutation_test;

namespace {

using Values = std::vector<double>;

Values normals(std::size_t n, double deviation, std::mt19937_64& rng) {
  Values values(n);
  for (double& x : values) x = deviation * normal(rng);
  return values;
}

Values digits(std::size_t n, std::mt19937_64& rng) {
  Values values(n);
  for (double& x : values) x = static_cast<double>(uniform_index(10, rng));
  return values;
}

Values scaled_and_moved(Values values, double factor, double offset) {
  for (double& x : values) x = x * factor + offset;
  return values;
}

double p_value(const Values& a, const Values& b, int permutations = 100000) {
  std::mt19937_64 rng(0);
  return permutation_test(a, b, permutations, rng);
}

/// By the definition, over all subsets of the pool with the size of a. The
/// difference of means is compared as n sum_a - n_a sum: exact on whole
/// numbers. With a factor it is compared in doubles, as most would.
double by_enumeration(const Values& a, const Values& b, double factor = 1.0) {
  Values pool = a;
  pool.insert(pool.end(), b.begin(), b.end());
  pool = scaled_and_moved(pool, factor, 0.0);
  const auto difference = [&](std::uint32_t subset) {
    double in = 0.0, out = 0.0;
    for (std::size_t i = 0; i < pool.size(); ++i) {
      (subset >> i & 1U ? in : out) += pool[i];
    }
    const auto n_a = static_cast<double>(a.size());
    const auto n_b = static_cast<double>(b.size());
    if (factor == 1.0) return std::abs(n_b * in - n_a * out);
    return std::abs(in / n_a - out / n_b);
  };
  const double observed = difference((1U << a.size()) - 1U);
  int hits = 0, splits = 0;
  for (std::uint32_t subset = 0; subset < 1U << pool.size(); ++subset) {
    if (std::popcount(subset) != static_cast<int>(a.size())) continue;
    ++splits;
    if (difference(subset) >= observed) ++hits;
  }
  return hits / static_cast<double>(splits);
}

/// In which share of experiments with equal means p <= 0.05, from 199 random
/// splits.
double rejections(std::size_t n_a, double deviation_a, std::size_t n_b,
                  double deviation_b, int experiments, std::mt19937_64& rng) {
  int rejected = 0;
  for (int e = 0; e < experiments; ++e) {
    const Values a = normals(n_a, deviation_a, rng);
    const Values b = normals(n_b, deviation_b, rng);
    if (permutation_test(a, b, 199, rng) <= 0.05) ++rejected;
  }
  return rejected / static_cast<double>(experiments);
}

double five_errors(double share, double runs) {
  return 5.0 * std::sqrt(share * (1.0 - share) / runs);
}

}  // namespace

TEST_SUITE("coding/permutation_test") {
  TEST_CASE("three_against_three_stop_at_a_tenth") {
    CHECK(p_value({1, 2, 3}, {4, 5, 6}) == 0.1);
    CHECK(p_value({1, 2, 3}, {400, 500, 600}) == 0.1);
    std::mt19937_64 rng(1);
    double least = 1.0;
    for (int i = 0; i < 200; ++i) {
      const Values a = normals(3, 1.0, rng);
      const double p =
          p_value(a, scaled_and_moved(normals(3, 1.0, rng), 1.0, 0.1 * i));
      CHECK(p >= 0.1);
      least = std::fmin(least, p);
    }
    CHECK(least == 0.1);
    EVIDENCE("smallest p of 3 against 3", least);
    // Of unequal groups the mirror image is no split of the same sizes.
    CHECK(close(p_value({1, 2}, {30, 40, 50}), 0.1, {.ulps = 1}));
    CHECK(p_value({7}, {7}) == 1.0);
  }

  TEST_CASE("agrees_with_enumeration") {
    std::mt19937_64 rng(2);
    for (int i = 0; i < 60; ++i) {
      const auto n_a = static_cast<std::size_t>(1 + uniform_index(5, rng));
      const auto n_b = static_cast<std::size_t>(1 + uniform_index(5, rng));
      CAPTURE(n_a);
      CAPTURE(n_b);
      const Values a = digits(n_a, rng), b = digits(n_b, rng);
      CHECK(close(p_value(a, b), by_enumeration(a, b), {.ulps = 2}));
    }
  }

  TEST_CASE("ties_survive_rounding") {
    // Tenths are no doubles: equal splits get sums that differ in the last
    // bits, and whole numbers say what is right.
    const Values a{3, 0, 1, 4}, b{8, 8, 8, 1};
    const auto in_tenths = [](const Values& x) {
      return scaled_and_moved(x, 0.1, 0.0);
    };
    CHECK(close(by_enumeration(a, b), 8.0 / 70.0, {.ulps = 1}));
    CHECK(close(p_value(in_tenths(a), in_tenths(b)), 8.0 / 70.0, {.ulps = 1}));
    CHECK(by_enumeration(a, b, 0.1) < 8.0 / 70.0);
    EVIDENCE("p of the example", p_value(in_tenths(a), in_tenths(b)));
    EVIDENCE("p by exact comparison", by_enumeration(a, b, 0.1));

    std::mt19937_64 rng(3);
    int missed = 0;
    for (int i = 0; i < 100; ++i) {
      const Values c = digits(4, rng), d = digits(4, rng);
      const double want = by_enumeration(c, d);
      CHECK(close(p_value(in_tenths(c), in_tenths(d)), want, {.ulps = 2}));
      if (by_enumeration(c, d, 0.1) < want - 0.01) ++missed;
    }
    CHECK(missed > 20);
    EVIDENCE("of 100 with a tie missed by exact comparison", missed);
  }

  TEST_CASE("p_is_uniform_when_nothing_differs") {
    std::mt19937_64 rng(4);
    const double share = rejections(10, 1.0, 10, 1.0, 2000, rng);
    EVIDENCE("share of p <= 0.05", share);
    CHECK(close(share, 0.05, {.abs = five_errors(0.05, 2000)}));

    // All p-values of one pool: every split once as the observed one.
    const Values pool{0.3, 1.7, 2.9, 5.2, 6.1, 9.4};
    std::vector<int> at_most(21, 0);
    for (std::uint32_t subset = 0; subset < 64; ++subset) {
      if (std::popcount(subset) != 3) continue;
      Values a, b;
      for (std::size_t i = 0; i < 6; ++i) {
        (subset >> i & 1U ? a : b).push_back(pool[i]);
      }
      const double p = p_value(a, b);
      for (int k = 0; k <= 20; ++k) {
        if (p <= k / 20.0 + 1e-9) ++at_most[static_cast<std::size_t>(k)];
      }
    }
    for (int k = 0; k <= 20; ++k) {
      CHECK(at_most[static_cast<std::size_t>(k)] <= k);
    }
    CHECK(at_most[20] == 20);
  }

  TEST_CASE("random_splits_estimate_and_never_return_zero") {
    // 8 against 8 have 12,870 splits: one permutation less, and they are drawn.
    std::mt19937_64 rng(5);
    const Values a = normals(8, 1.0, rng);
    const Values b = scaled_and_moved(normals(8, 1.0, rng), 1.0, 0.8);
    const double exact = p_value(a, b, 12870);
    const double drawn = p_value(a, b, 12869);
    EVIDENCE("exact p", exact);
    EVIDENCE("p from 12,869 random splits", drawn);
    CHECK(exact > 0.001);
    CHECK(exact < 0.2);
    CHECK(close(drawn, exact, {.abs = five_errors(exact, 12869)}));
    CHECK(drawn != exact);

    // Far apart: one split of 2^60 or so, and its mirror image.
    const Values low = normals(30, 1.0, rng);
    const Values high = scaled_and_moved(low, 1.0, 100.0);
    for (const int permutations : {1, 99, 999}) {
      CHECK(close(p_value(low, high, permutations), 1.0 / (permutations + 1),
                  {.ulps = 1}));
    }
  }

  TEST_CASE("offset_and_exchange_change_nothing") {
    std::mt19937_64 rng(6);
    for (int i = 0; i < 50; ++i) {
      const Values a = scaled_and_moved(digits(4, rng), 0.125, 0.0);
      const Values b = scaled_and_moved(digits(5, rng), 0.125, 0.0);
      const double p = p_value(a, b);
      CHECK(p >= 1.0 / 126.0);  // 9 choose 4
      CHECK(p_value(b, a) == p);
      // Eighths plus 2^40 are exact, and sums of them are not far from it.
      CHECK(p_value(scaled_and_moved(a, 1.0, 0x1p40),
                    scaled_and_moved(b, 1.0, 0x1p40)) == p);
      CHECK(p_value(scaled_and_moved(a, -3.0, 0.0),
                    scaled_and_moved(b, -3.0, 0.0)) == p);
    }
  }

  TEST_CASE("it_tests_exchangeability") {
    // Equal means, deviations 1 and 5. Measured with 3,000 experiments: 35%
    // when the small group is the noisy one, 0.1% when it is the large one.
    std::mt19937_64 rng(7);
    const double small_is_noisy = rejections(40, 1.0, 8, 5.0, 300, rng);
    const double large_is_noisy = rejections(8, 1.0, 40, 5.0, 300, rng);
    EVIDENCE("rejected when the small group is noisy", small_is_noisy);
    EVIDENCE("rejected when the large group is noisy", large_is_noisy);
    CHECK(close(small_is_noisy, 0.352, {.abs = five_errors(0.352, 300)}));
    CHECK(large_is_noisy < 0.05);
  }
}

TEST_SUITE("coding/permutation_test extra") {
  TEST_CASE("arguments that break the contract are refused") {
    std::mt19937_64 rng(0);
    const Values x{1.0, 2.0}, none;
    CHECK_THROWS_WITH_AS(
        permutation_test(none, x, 10, rng),
        "permutation_test: need a value in each group, got 0 and 2",
        std::invalid_argument);
    CHECK_THROWS_WITH(
        permutation_test(x, none, 10, rng),
        "permutation_test: need a value in each group, got 2 and 0");
    CHECK_THROWS_WITH(permutation_test(x, x, 0, rng),
                      "permutation_test: need permutations >= 1, got 0");
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK_THROWS_WITH_AS(permutation_test(x, Values{1.0, std::nan("")}, 9, rng),
                         "permutation_test: a value is nan",
                         std::invalid_argument);
    CHECK_THROWS_AS(permutation_test(Values{infinity}, x, 9, rng),
                    std::invalid_argument);
    CHECK_THROWS_WITH_AS(
        permutation_test(Values{1e308}, Values{-1e308}, 9, rng),
        "permutation_test: the values overflow", std::invalid_argument);
  }

  TEST_CASE("as many permutations as splits are exact") {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      std::mt19937_64 rng(seed);
      CHECK(permutation_test(Values{1, 2, 3}, Values{4, 5, 6}, 20, rng) == 0.1);
    }
    // 19 draws: a whole number of twentieths, and not always two.
    int other = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      std::mt19937_64 rng(seed);
      const double p =
          permutation_test(Values{1, 2, 3}, Values{4, 5, 6}, 19, rng);
      CHECK(close(20.0 * p, std::round(20.0 * p), {.abs = 1e-12}));
      if (p != 0.1) ++other;
    }
    CHECK(other > 5);
  }

  TEST_CASE("equal values have p 1") {
    CHECK(p_value(Values(4, 0.1), Values(5, 0.1)) == 1.0);
    CHECK(p_value(Values(40, 0.1), Values(50, 0.1), 100) == 1.0);
  }

  TEST_CASE("thousands of values have too many splits to count") {
    std::mt19937_64 rng(8);
    const Values a = normals(3000, 1.0, rng), b = normals(3000, 1.0, rng);
    const double p = permutation_test(a, b, 19, rng);
    CHECK(p >= 0.05);
    CHECK(p <= 1.0);
  }
}
