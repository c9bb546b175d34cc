// Verifies the claims of questions/coding/bloom_filter.md.
#include <whiteboard/coding/bloom_filter.hpp>

#include <support/claims.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace whiteboard;
using coding::BlockedBloomFilter;
using coding::BloomFilter;

namespace {

std::string key(const char* kind, int i) {
  return kind + std::to_string(i);
}

template <class Filter>
void insert_all(Filter& filter, const char* kind, int from, int to) {
  for (int i = from; i < to; ++i) filter.insert(key(kind, i));
}

/// Share of the keys kind0 to kind<count - 1> that may be there.
template <class Filter>
double rate(const Filter& filter, const char* kind, int count) {
  int found = 0;
  for (int i = 0; i < count; ++i) {
    if (filter.maybe_contains(key(kind, i))) ++found;
  }
  return static_cast<double>(found) / count;
}

/// Eq. (2): k bits a key, c = n / m keys for each bit.
double predicted_rate(double k, double c) {
  return std::pow(1.0 - std::exp(-k * c), k);
}

/// The rate at which ten bits a key are the best choice: m / n = 10 in Eq. (4).
const double kTenBits = std::exp(-10.0 * std::log(2.0) * std::log(2.0));

}  // namespace

TEST_SUITE("coding/bloom_filter") {
  TEST_CASE("no_inserted_key_is_denied") {
    BloomFilter filter(100000, 0.01);
    CHECK_FALSE(filter.maybe_contains(key("in", 0)));
    insert_all(filter, "in", 0, 100000);
    CHECK(rate(filter, "in", 100000) == 1.0);
    // Nor when it is far too small for what it gets.
    BloomFilter tiny(10, 0.5);
    insert_all(tiny, "in", 0, 1000);
    CHECK(rate(tiny, "in", 1000) == 1.0);
  }

  TEST_CASE("the_rate_is_the_predicted_one") {
    BloomFilter filter(100000, kTenBits);
    CHECK(filter.hashes() == 7);
    CHECK(close(static_cast<double>(filter.bits()), 1e6, {.abs = 1.0}));
    insert_all(filter, "in", 0, 100000);
    const double measured = rate(filter, "out", 100000);
    EVIDENCE("false positives of 100000 absent keys", 100000 * measured);
    EVIDENCE("predicted rate", predicted_rate(7, 0.1));
    CHECK(close(predicted_rate(7, 0.1), 0.0082, {.abs = 5e-5}));
    // Five standard errors of 100,000 trials are 0.0014; the share of bits set
    // varies by 0.05%, which moves the rate by another 3e-5.
    CHECK(close(measured, predicted_rate(7, 0.1), {.abs = 0.0015}));
  }

  TEST_CASE("the_rate_alone_sets_the_bits_per_key") {
    const BloomFilter example(10000, 0.01);
    CHECK(example.bits() == 95851);
    CHECK(example.hashes() == 7);
    for (const double p : {0.5, 0.1, 0.01, 1e-3, 1e-6}) {
      CAPTURE(p);
      const BloomFilter filter(1000000, p);
      const double per_key = static_cast<double>(filter.bits()) / 1e6;
      CHECK(close(per_key, 1.442695 * std::log2(1.0 / p), {.abs = 2e-5}));
      CHECK(filter.hashes() == std::lround(std::log2(1.0 / p)));
    }
    CHECK(close(static_cast<double>(BloomFilter(1000000, 0.01).bits()) / 1e6,
                9.585, {.abs = 5e-4}));
    // A key of 10,000 characters costs what any other costs.
    BloomFilter filter(100, 0.01);
    filter.insert(std::string(10000, 'x'));
    CHECK(filter.bits() == BloomFilter(100, 0.01).bits());
    CHECK(filter.maybe_contains(std::string(10000, 'x')));
    CHECK_FALSE(filter.maybe_contains(std::string(9999, 'x')));
  }

  TEST_CASE("the_union_is_the_or") {
    BloomFilter left(2000, 0.01), right(2000, 0.01), both(2000, 0.01);
    insert_all(left, "in", 0, 1000);
    insert_all(right, "in", 700, 2000);
    insert_all(both, "in", 0, 2000);
    CHECK_FALSE(left == both);
    left.merge(right);
    CHECK(left == both);
    CHECK(rate(left, "in", 2000) == 1.0);
    CHECK_THROWS_AS(left.merge(BloomFilter(2001, 0.01)), std::invalid_argument);
  }

  TEST_CASE("five_times_the_keys_ruin_it") {
    BloomFilter filter(20000, 0.01);
    insert_all(filter, "in", 0, 20000);
    const double planned = rate(filter, "out", 20000);
    insert_all(filter, "in", 20000, 100000);
    const double overfull = rate(filter, "out", 20000);
    EVIDENCE("rate with the planned keys", planned);
    EVIDENCE("rate with five times as many", overfull);
    const double predicted =
        predicted_rate(7, 100000.0 / static_cast<double>(filter.bits()));
    // Five standard errors: 5 sqrt(0.01 * 0.99 / 20000) and
    // 5 sqrt(0.83 * 0.17 / 20000).
    CHECK(close(planned, 0.01, {.abs = 0.0036}));
    CHECK(close(overfull, predicted, {.abs = 0.0133}));
    CHECK(overfull > 0.8);
  }

  TEST_CASE("clearing_bits_denies_other_keys") {
    BloomFilter filter(1000, 0.01);
    insert_all(filter, "in", 0, 1000);
    std::vector<bool> bits(filter.bits());
    for (int i = 0; i < 1000; ++i) {
      for (const std::size_t bit : filter.positions(key("in", i))) {
        REQUIRE(bit < bits.size());
        bits[bit] = true;
      }
    }
    const auto in_copy = [&](const std::string& k) {
      const auto positions = filter.positions(k);
      return std::all_of(positions.begin(), positions.end(),
                         [&](std::size_t bit) { return bits[bit]; });
    };
    int different = 0;
    for (int i = 0; i < 3000; ++i) {
      if (in_copy(key("in", i)) != filter.maybe_contains(key("in", i))) {
        ++different;
      }
    }
    CHECK(different == 0);  // the copy is the filter

    // "Delete" ten keys. Each of the others hits one of 70 cleared bits of
    // 9,586 with probability 5%.
    for (int i = 0; i < 10; ++i) {
      for (const std::size_t bit : filter.positions(key("in", i))) {
        bits[bit] = false;
      }
    }
    int lost = 0;
    for (int i = 10; i < 1000; ++i) {
      if (!in_copy(key("in", i))) ++lost;
    }
    EVIDENCE("of 990 keys that were not deleted lost", lost);
    CHECK(lost > 10);
  }

  TEST_CASE("one_line_per_key_costs_some_rate") {
    BlockedBloomFilter filter(100000, kTenBits);
    insert_all(filter, "in", 0, 100000);
    CHECK(rate(filter, "in", 100000) == 1.0);
    // Eq. (6): the number of keys in a line is Poisson with mean 51.2; the
    // share of its bits that is set follows from that number.
    double predicted = 0.0;
    double poisson = std::exp(-51.2);
    for (int keys = 0; keys < 300; ++keys) {
      const double clear = std::pow(1.0 - 1.0 / 512.0, 7 * keys);
      predicted += poisson * std::pow(1.0 - clear, 7);
      poisson *= 51.2 / (keys + 1);
    }
    const double measured = rate(filter, "out", 100000);
    EVIDENCE("false positives of 100000 absent keys", 100000 * measured);
    EVIDENCE("predicted rate", predicted);
    // 5 sqrt(0.01 * 0.99 / 100000)
    CHECK(close(measured, predicted, {.abs = 0.0016}));
    CHECK(predicted > 1.1 * predicted_rate(7, 0.1));
    CHECK(predicted < 1.3 * predicted_rate(7, 0.1));
    // Its lines are whole: up to 511 bits more than asked for.
    CHECK_THROWS_AS(BlockedBloomFilter(0, 0.01), std::invalid_argument);
  }
}

TEST_SUITE("coding/bloom_filter extra") {
  TEST_CASE("positions are many and within the filter") {
    const BloomFilter filter(5000, 1e-3);
    std::set<std::size_t> all;
    for (int i = 0; i < 1000; ++i) {
      const auto positions = filter.positions(key("k", i));
      REQUIRE(positions.size() == 10);
      const std::set<std::size_t> distinct(positions.begin(), positions.end());
      CHECK(distinct.size() >= 9);
      all.insert(distinct.begin(), distinct.end());
    }
    CHECK(*all.rbegin() < filter.bits());
    // m (1 - exp(-10000 / m)) of m = 71,888 are expected: 9,338.
    CHECK(close(static_cast<double>(all.size()), 9338.0, {.abs = 150.0}));
  }

  TEST_CASE("the hash is the one described") {
    // FNV-1a of "" and "a" as published, through MurmurHash3's finaliser.
    const auto finalised = [](std::uint64_t x) {
      x ^= x >> 33;
      x *= 0xff51afd7ed558ccdULL;
      x ^= x >> 33;
      x *= 0xc4ceb9fe1a85ec53ULL;
      x ^= x >> 33;
      return x;
    };
    CHECK(coding::bloom_mix(12345) == finalised(12345));
    CHECK(coding::bloom_hash("") == finalised(0xcbf29ce484222325ULL));
    CHECK(coding::bloom_hash("a") == finalised(0xaf63dc4c8601ec8cULL));
  }

  TEST_CASE("degenerate filters") {
    BloomFilter one(1, 0.999);  // 0.002 bits, rounded up
    CHECK(one.bits() == 1);
    CHECK(one.hashes() == 1);
    CHECK_FALSE(one.maybe_contains(""));
    one.insert("");
    CHECK(one.maybe_contains("anything"));  // its one bit is set
    BloomFilter filter(10, 1e-9);
    filter.insert("");
    filter.insert(std::string("a\0b", 3));
    CHECK(filter.maybe_contains(""));
    CHECK(filter.maybe_contains(std::string("a\0b", 3)));
    CHECK_FALSE(filter.maybe_contains("a"));
    BlockedBloomFilter line(1, 0.5);
    line.insert("a");
    CHECK(line.maybe_contains("a"));
  }

  TEST_CASE("arguments that break the contract are refused") {
    CHECK_THROWS_WITH(BloomFilter(0, 0.01),
                      "BloomFilter: need expected_items > 0, got 0");
    CHECK_THROWS_WITH(BloomFilter(1, 0.0),
                      "BloomFilter: need 0 < false_positive_rate < 1, got 0");
    CHECK_THROWS_WITH(BloomFilter(1, 1.0),
                      "BloomFilter: need 0 < false_positive_rate < 1, got 1");
    CHECK_THROWS_AS(BloomFilter(1, std::nan("")), std::invalid_argument);
    CHECK_THROWS_AS(BloomFilter(std::size_t{1} << 60, 0.5),
                    std::invalid_argument);
    BloomFilter filter(10000, 0.01);
    CHECK_THROWS_WITH(filter.merge(BloomFilter(1, 0.5)),
                      "BloomFilter: cannot merge 95851 bits, 7 hashes with 2, "
                      "1");
    // As many bits with another number of hashes is another filter.
    CHECK_THROWS_AS(BloomFilter(1000, 0.5).merge(BloomFilter(500, 0.25)),
                    std::invalid_argument);
  }
}
