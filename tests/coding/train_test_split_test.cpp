// Verifies the claims of questions/coding/train_test_split.md.
#include <whiteboard/coding/train_test_split.hpp>

#include <support/claims.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::train_test_split;
using coding::TrainTestSplit;

namespace {

using Rows = std::vector<std::size_t>;

Rows sorted(Rows rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

/// How many of `rows` have the label `label`.
std::ptrdiff_t count(const Rows& rows, const std::vector<int>& y, int label) {
  return std::count_if(rows.begin(), rows.end(),
                       [&](std::size_t i) { return y.at(i) == label; });
}

/// 0, ..., n - 1, each once, in both lists together?
bool is_partition(const TrainTestSplit& split, std::size_t n) {
  std::vector<int> seen(n, 0);
  for (const Rows& part : {split.train, split.test}) {
    for (const std::size_t i : part) {
      if (i >= n) return false;
      ++seen[i];
    }
  }
  return n > 0 && std::count(seen.begin(), seen.end(), 1) == std::ssize(seen);
}

/// `zeros` labels 0, then `ones` labels 1.
std::vector<int> two_classes(std::size_t zeros, std::size_t ones) {
  std::vector<int> y(zeros, 0);
  y.resize(zeros + ones, 1);
  return y;
}

/// How often each test set comes up, as a set of bits, over `seeds` seeds.
std::map<unsigned, int> test_sets(const std::vector<int>& y, double fraction,
                                  bool stratify, std::uint64_t seeds) {
  std::map<unsigned, int> seen;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    unsigned bits = 0;
    for (const auto i : train_test_split(y, fraction, stratify, seed).test) {
      bits |= 1U << i;
    }
    ++seen[bits];
  }
  return seen;
}

struct Points {
  std::vector<double> a, b;
  std::vector<int> y;
};

/// Share of the test rows whose nearest train row has the same label.
double nearest_neighbour_accuracy(const Points& p,
                                  const TrainTestSplit& split) {
  int right = 0;
  for (const std::size_t i : split.test) {
    double nearest = std::numeric_limits<double>::infinity();
    int label = -1;
    for (const std::size_t j : split.train) {
      const double square = (p.a[i] - p.a[j]) * (p.a[i] - p.a[j]) +
                            (p.b[i] - p.b[j]) * (p.b[i] - p.b[j]);
      if (square < nearest) {
        nearest = square;
        label = p.y[j];
      }
    }
    right += label == p.y[i];
  }
  return right / static_cast<double>(split.test.size());
}

}  // namespace

TEST_SUITE("coding/train_test_split") {
  TEST_CASE("every_row_is_in_one_list") {
    std::mt19937_64 rng(0);
    int splits = 0, again_the_same = 0;
    for (int problem = 0; problem < 1000; ++problem) {
      // 20 rows or more, two classes of at least 5 each: no part is empty.
      std::vector<int> y = two_classes(5, 5);
      const std::ptrdiff_t more = 10 + uniform_index(90, rng);
      for (std::ptrdiff_t i = 0; i < more; ++i) {
        y.push_back(static_cast<int>(uniform_index(2, rng)));
      }
      const double fraction = uniform(0.1, 0.9, rng);
      const bool stratify = problem % 2 == 0;
      const std::uint64_t seed = rng();
      CAPTURE(problem);
      const auto split = train_test_split(y, fraction, stratify, seed);
      REQUIRE(is_partition(split, y.size()));
      const auto again = train_test_split(y, fraction, stratify, seed);
      ++splits;
      again_the_same += again.train == split.train && again.test == split.test;
    }
    EVIDENCE("splits", splits);
    CHECK(splits == 1000);
    CHECK(again_the_same == 1000);
    // Another seed, another split: C(100, 20) is 5e20.
    const auto y = two_classes(50, 50);
    CHECK(sorted(train_test_split(y, 0.2, false, 1).test) !=
          sorted(train_test_split(y, 0.2, false, 2).test));
  }

  TEST_CASE("stratified_counts_are_exact") {
    const std::vector<int> ten = two_classes(8, 2);
    const auto halves = train_test_split(ten, 0.5, true, 0);
    CHECK(count(halves.train, ten, 0) == 4);
    CHECK(count(halves.train, ten, 1) == 1);
    CHECK(count(halves.test, ten, 0) == 4);
    CHECK(count(halves.test, ten, 1) == 1);

    const std::vector<int> y = two_classes(90, 10);
    int exact = 0, plain_exact = 0;
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
      const Rows test = train_test_split(y, 0.2, true, seed).test;
      exact += count(test, y, 0) == 18 && count(test, y, 1) == 2;
      const Rows plain = train_test_split(y, 0.2, false, seed).test;
      plain_exact += count(plain, y, 0) == 18 && count(plain, y, 1) == 2;
    }
    EVIDENCE("seeds of 500 with 2 positives, stratified", exact);
    EVIDENCE("seeds of 500 with 2 positives, plain", plain_exact);
    CHECK(exact == 500);
    // C(10, 2) C(90, 18) / C(100, 20) = 0.318: 159 of 500, five standard
    // errors are 52.
    CHECK(close(plain_exact, 159, {.abs = 53}));
  }

  TEST_CASE("a_plain_split_may_miss_a_class") {
    const std::vector<int> y = two_classes(90, 10);
    int missed = 0;
    for (std::uint64_t seed = 0; seed < 10'000; ++seed) {
      const Rows test = train_test_split(y, 0.2, false, seed).test;
      REQUIRE(test.size() == 20);
      missed += count(test, y, 1) == 0;
    }
    // C(90, 20) / C(100, 20): all ten positives among the 80 train rows.
    double expected = 1.0;
    for (int i = 0; i < 10; ++i) expected *= (80.0 - i) / (100.0 - i);
    CHECK(close(expected, 0.0951, {.abs = 5e-5}));
    EVIDENCE("share of splits without a positive", missed / 10'000.0);
    const double error = std::sqrt(expected * (1.0 - expected) / 10'000.0);
    CHECK(close(missed / 10'000.0, expected, {.abs = 5.0 * error}));
  }

  TEST_CASE("every_split_is_equally_likely") {
    // Two of five rows: ten sets, each 1000 times in 10,000 seeds with a
    // standard error of sqrt(10,000 * 0.1 * 0.9) = 30.
    const auto plain = test_sets({0, 0, 0, 1, 1}, 0.4, false, 10'000);
    REQUIRE(plain.size() == 10);
    for (const auto& [set, times] : plain) {
      CHECK(close(times, 1000, {.abs = 150}));
    }
    // Two of four zeros and one of two ones: 6 * 2 sets, 833 times each, with
    // a standard error of sqrt(10,000 / 12 * 11 / 12) = 27.6.
    const auto strata = test_sets({0, 1, 0, 0, 1, 0}, 0.5, true, 10'000);
    REQUIRE(strata.size() == 12);
    for (const auto& [set, times] : strata) {
      CHECK(close(times, 10'000.0 / 12.0, {.abs = 138}));
    }
    std::vector<int> times;
    for (const auto& [set, n] : plain) times.push_back(n);
    EVIDENCE_SERIES("times each of the ten test sets came up", times);
  }

  TEST_CASE("sizes_round_to_the_nearest_row") {
    // 0.29 * 100 = 28.999999999999996 and 0.07 * 100 = 7.000000000000001.
    CHECK(std::floor(0.29 * 100.0) == 28.0);
    CHECK(std::ceil(0.07 * 100.0) == 8.0);
    const std::vector<int> y = two_classes(100, 100);
    for (const int percent : {7, 14, 29, 50, 57, 58, 99}) {
      CAPTURE(percent);
      const double fraction = percent / 100.0;
      const std::span<const int> hundred(y.data(), 100);
      CHECK(train_test_split(hundred, fraction, false, 3).test.size() ==
            static_cast<std::size_t>(percent));
      const Rows test = train_test_split(y, fraction, true, 3).test;
      CHECK(count(test, y, 0) == percent);
      CHECK(count(test, y, 1) == percent);
    }
    // 2.8 of 7 rows and 4.2 of 7: nearest, neither always down nor always up.
    const std::vector<int> seven(7, 0);
    CHECK(train_test_split(seven, 0.4, false, 0).test.size() == 3);
    CHECK(train_test_split(seven, 0.6, false, 0).test.size() == 4);
  }

  TEST_CASE("a_class_on_one_side_only_is_refused") {
    // One row cannot be on both sides; a tenth of four rows rounds to none.
    const std::vector<int> single = two_classes(9, 1);
    CHECK_THROWS_AS(train_test_split(single, 0.5, true, 0),
                    std::invalid_argument);
    const std::vector<int> four = two_classes(36, 4);
    CHECK_THROWS_AS(train_test_split(four, 0.1, true, 0),
                    std::invalid_argument);
    CHECK_THROWS_AS(train_test_split(four, 0.9, true, 0),
                    std::invalid_argument);
    // An eighth of four is half a row, rounds up, and is enough.
    CHECK(count(train_test_split(four, 0.125, true, 0).test, four, 1) == 1);
    // Nothing is asked of the classes without stratification.
    CHECK(train_test_split(single, 0.5, false, 0).test.size() == 5);
    CHECK(train_test_split(four, 0.1, false, 0).test.size() == 4);
  }

  TEST_CASE("duplicates_leak_the_labels") {
    std::mt19937_64 rng(4);
    double with_twins = 0.0, without = 0.0;
    for (std::uint64_t repeat = 0; repeat < 10; ++repeat) {
      Points once;
      for (int i = 0; i < 1000; ++i) {
        once.a.push_back(uniform(rng));
        once.b.push_back(uniform(rng));
        once.y.push_back(static_cast<int>(uniform_index(2, rng)));
      }
      Points twice = once;
      twice.a.insert(twice.a.end(), once.a.begin(), once.a.end());
      twice.b.insert(twice.b.end(), once.b.begin(), once.b.end());
      twice.y.insert(twice.y.end(), once.y.begin(), once.y.end());
      with_twins += nearest_neighbour_accuracy(
          twice, train_test_split(twice.y, 0.2, false, repeat));
      without += nearest_neighbour_accuracy(
          once, train_test_split(once.y, 0.2, false, repeat));
    }
    EVIDENCE("accuracy on noise with twins", with_twins / 10.0);
    EVIDENCE("accuracy on noise without", without / 10.0);
    // A test row's twin is among the 1600 train rows of the 1999 others, and
    // gives it away; else it is a coin flip. In 400 test rows there are about
    // 40 pairs, each right or wrong together: a variance of at most 40 from
    // their flips and 40 from their number, so 0.0071 for ten splits.
    const double twin = 1600.0 / 1999.0;
    CHECK(close(twin + 0.5 * (1.0 - twin), 0.90, {.abs = 0.001}));
    CHECK(close(with_twins / 10.0, 0.90, {.abs = 0.036}));
    // 2000 fair coins: five standard errors are 5 sqrt(0.25 / 2000) = 0.056.
    CHECK(close(without / 10.0, 0.5, {.abs = 0.056}));
  }
}

TEST_SUITE("coding/train_test_split extra") {
  TEST_CASE("any labels will do") {
    const std::vector<int> y{-7, 2'000'000'000, -7, 2'000'000'000, -7, -7};
    const auto split = train_test_split(y, 0.5, true, 9);
    CHECK(is_partition(split, 6));
    CHECK(count(split.test, y, -7) == 2);
    CHECK(count(split.test, y, 2'000'000'000) == 1);
  }

  TEST_CASE("neither part is sorted by class") {
    // Batches are cut from the lists as they stand.
    const std::vector<int> y = two_classes(100, 100);
    const auto split = train_test_split(y, 0.5, true, 1);
    const Rows half(split.train.begin(), split.train.begin() + 50);
    CHECK(close(static_cast<double>(count(half, y, 0)), 25, {.abs = 18}));
  }

  TEST_CASE("two rows are the least") {
    const std::vector<int> y{3, 3};
    CHECK(is_partition(train_test_split(y, 0.5, true, 0), 2));
    CHECK(is_partition(train_test_split(y, 0.5, false, 0), 2));
  }

  TEST_CASE("arguments that break the contract are refused") {
    const std::vector<int> y = two_classes(4, 2);
    for (const double fraction : {0.0, 1.0, -0.5, 2.0}) {
      CHECK_THROWS_AS(train_test_split(y, fraction, false, 0),
                      std::invalid_argument);
    }
    CHECK_THROWS_WITH(
        train_test_split(y, std::numeric_limits<double>::quiet_NaN(), true, 0),
        "train_test_split: need 0 < test_fraction < 1, got nan");
    CHECK_THROWS_WITH(train_test_split(y, 1.0, true, 0),
                      "train_test_split: need 0 < test_fraction < 1, got 1");
    CHECK_THROWS_WITH(train_test_split({}, 0.5, false, 0),
                      "train_test_split: no rows");
    CHECK_THROWS_WITH(train_test_split(y, 0.05, false, 0),
                      "train_test_split: 0 of the 6 rows would be for testing");
    CHECK_THROWS_WITH(
        train_test_split(y, 0.2, true, 0),
        "train_test_split: 0 of the 2 rows of class 1 would be for testing");
    CHECK_THROWS_WITH(
        train_test_split(y, 0.8, true, 0),
        "train_test_split: 2 of the 2 rows of class 1 would be for testing");
  }
}
