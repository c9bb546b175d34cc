// Verifies the claims of questions/coding/count_min_sketch.md.
#include <whiteboard/coding/count_min_sketch.hpp>
#include <whiteboard/core/random.hpp>

#include <support/claims.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::CountMinSketch;

namespace {

using Stream = std::vector<std::uint64_t>;

/// 100,000 draws from Zipf's law with exponent 1 over 20,000 keys.
Stream zipf_stream() {
  std::vector<double> cumulative;
  double total = 0.0;
  for (int key = 1; key <= 20000; ++key) {
    cumulative.push_back(total += 1.0 / key);
  }
  std::mt19937_64 rng(0);
  Stream stream;
  for (int i = 0; i < 100000; ++i) {
    const auto at = std::upper_bound(cumulative.begin(), cumulative.end() - 1,
                                     total * uniform(rng));
    stream.push_back(static_cast<std::uint64_t>(at - cumulative.begin()));
  }
  return stream;
}

std::map<std::uint64_t, std::uint64_t> exact(const Stream& stream) {
  std::map<std::uint64_t, std::uint64_t> counts;
  for (const std::uint64_t key : stream) ++counts[key];
  return counts;
}

CountMinSketch sketch_of(const Stream& stream) {
  CountMinSketch sketch(0.01, 0.01);
  for (const std::uint64_t key : stream) sketch.add(key);
  return sketch;
}

}  // namespace

TEST_SUITE("coding/count_min_sketch") {
  TEST_CASE("never_below_the_truth") {
    const Stream stream = zipf_stream();
    const CountMinSketch sketch = sketch_of(stream);
    int below = 0, keys = 0;
    for (const auto& [key, count] : exact(stream)) {
      if (sketch.estimate(key) < count) ++below;
      ++keys;
    }
    EVIDENCE("distinct keys", keys);
    CHECK(keys > 10000);
    CHECK(below == 0);
    // With one key nothing collides, and counts may be large.
    CountMinSketch one(0.5, 0.5);
    one.add(7, std::uint64_t{1} << 62);
    one.add(7);
    CHECK(one.estimate(7) == (std::uint64_t{1} << 62) + 1);
  }

  TEST_CASE("few_are_above_epsilon_of_the_stream") {
    const Stream stream = zipf_stream();
    const CountMinSketch sketch = sketch_of(stream);
    CHECK(sketch.width() == 272);
    CHECK(sketch.depth() == 5);
    int far_above = 0, above_expectation = 0, keys = 0;
    for (const auto& [key, count] : exact(stream)) {
      const std::uint64_t excess = sketch.estimate(key) - count;
      if (excess > 1000) ++far_above;         // epsilon N
      if (excess > 368) ++above_expectation;  // N / 272, the mean of one row
      ++keys;
    }
    REQUIRE(keys > 10000);
    EVIDENCE("share of keys above by more than epsilon N",
             far_above / static_cast<double>(keys));
    CHECK(far_above < 0.01 * keys);
    // The least of five rows is usually below the mean of one.
    CHECK(above_expectation < 0.05 * keys);
  }

  TEST_CASE("more_rows_make_bad_luck_rarer") {
    // 2,000 keys once each, in rows of 28 counters.
    const auto share_above = [](double delta, double factor) {
      CountMinSketch sketch(0.1, delta);
      for (std::uint64_t key = 0; key < 2000; ++key) sketch.add(key);
      int above = 0;
      for (std::uint64_t key = 0; key < 2000; ++key) {
        const auto mean = 2000.0 / static_cast<double>(sketch.width());
        if (static_cast<double>(sketch.estimate(key)) > factor * mean) ++above;
      }
      return above / 2000.0;
    };
    const double one_row = share_above(0.9, 1.0);
    const double seven_rows = share_above(0.001, 1.0);
    EVIDENCE("share above the mean with one row", one_row);
    EVIDENCE("share above the mean with seven rows", seven_rows);
    // About half of one row's counters are above their mean; all seven of a
    // key's with probability 1 in 128 if the rows are independent.
    CHECK(one_row > 0.1);
    CHECK(seven_rows < 0.05);
  }

  TEST_CASE("merging_is_concatenation") {
    const Stream stream = zipf_stream();
    CountMinSketch left(0.01, 0.01), right(0.01, 0.01);
    for (std::size_t i = 0; i < stream.size(); ++i) {
      (i % 3 == 0 ? left : right).add(stream[i]);
    }
    const CountMinSketch all = sketch_of(stream);
    CHECK_FALSE(left == all);
    left.merge(right);
    CHECK(left == all);
    CHECK(left.estimate(0) == all.estimate(0));
    CHECK_THROWS_AS(left.merge(CountMinSketch(0.01, 0.5)),
                    std::invalid_argument);
  }

  TEST_CASE("conservative_update_is_tighter_and_does_not_merge") {
    const Stream stream = zipf_stream();
    const CountMinSketch plain = sketch_of(stream);
    CountMinSketch tight(0.01, 0.01);
    for (const std::uint64_t key : stream) tight.add_conservatively(key);
    int below = 0, looser = 0, tighter = 0;
    for (const auto& [key, count] : exact(stream)) {
      if (tight.estimate(key) < count) ++below;
      if (tight.estimate(key) > plain.estimate(key)) ++looser;
      if (tight.estimate(key) < plain.estimate(key)) ++tighter;
    }
    CHECK(below == 0);
    CHECK(looser == 0);
    CHECK(tighter > 5000);
    // The sum of two is not the sketch of both streams.
    CountMinSketch first(0.5, 0.01), second(0.5, 0.01), both(0.5, 0.01);
    for (std::uint64_t key = 0; key < 50; ++key) {
      first.add_conservatively(key);
      both.add_conservatively(key);
    }
    for (std::uint64_t key = 50; key < 100; ++key) {
      second.add_conservatively(key);
      both.add_conservatively(key);
    }
    first.merge(second);
    CHECK_FALSE(first == both);
  }

  TEST_CASE("rare_keys_are_unreadable") {
    const Stream stream = zipf_stream();
    const CountMinSketch sketch = sketch_of(stream);
    std::uint64_t largest = 0, singles = 0;
    for (const auto& [key, count] : exact(stream)) {
      if (count > 1) continue;
      ++singles;
      largest = std::max(largest, sketch.estimate(key));
    }
    REQUIRE(singles > 1000);
    EVIDENCE("largest estimate of a key that was seen once", largest);
    CHECK(largest > 200);
    // The most frequent key is read to 5%.
    const double truth = static_cast<double>(exact(stream)[0]);
    CHECK(close(static_cast<double>(sketch.estimate(0)), truth, {.rel = 0.05}));
  }
}

TEST_SUITE("coding/count_min_sketch extra") {
  TEST_CASE("the hash is the one described") {
    // MurmurHash3's finaliser of the key plus multiples of 2^64 / golden ratio.
    std::uint64_t x = 12345 + 3 * 0x9e3779b97f4a7c15ULL;
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdULL;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53ULL;
    x ^= x >> 33;
    CHECK(coding::sketch_hash(12345, 2) == x);
  }

  TEST_CASE("an empty sketch and counts of zero") {
    CountMinSketch sketch(0.9, 0.9);  // 4 counters in one row
    CHECK(sketch.width() == 4);
    CHECK(sketch.depth() == 1);
    CHECK(sketch.estimate(5) == 0);
    sketch.add(5, 0);
    sketch.add_conservatively(5, 0);
    CHECK(sketch == CountMinSketch(0.9, 0.9));
    sketch.add_conservatively(5, 3);
    CHECK(sketch.estimate(5) == 3);
    sketch.add(5, 2);
    CHECK(sketch.estimate(5) == 5);
  }

  TEST_CASE("arguments that break the contract are refused") {
    CHECK_THROWS_WITH(CountMinSketch(0.0, 0.1),
                      "CountMinSketch: need 0 < epsilon < 1, got 0");
    CHECK_THROWS_WITH(CountMinSketch(0.1, 1.0),
                      "CountMinSketch: need 0 < delta < 1, got 1");
    CHECK_THROWS_AS(CountMinSketch(1.0, 0.1), std::invalid_argument);
    CHECK_THROWS_AS(CountMinSketch(0.1, 0.0), std::invalid_argument);
    CHECK_THROWS_AS(CountMinSketch(std::nan(""), 0.1), std::invalid_argument);
    CHECK_THROWS_AS(CountMinSketch(0.1, std::nan("")), std::invalid_argument);
    CountMinSketch sketch(0.01, 0.01);
    CHECK_THROWS_WITH(sketch.merge(CountMinSketch(0.5, 0.01)),
                      "CountMinSketch: cannot merge 5 rows of 272 with 5 of 6");
  }
}
