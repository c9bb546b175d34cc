// Verifies the claims of questions/coding/sharded_data_loader.md.
#include <whiteboard/coding/sharded_data_loader.hpp>

#include <support/claims.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

using namespace whiteboard;
using coding::shard_indices;
using coding::ShuffleBuffer;

namespace {

using Rows = std::vector<std::size_t>;

/// All that comes out when 0, ..., n - 1 goes through a buffer.
Rows streamed(std::size_t n, std::size_t capacity, std::uint64_t seed) {
  ShuffleBuffer<std::size_t> buffer(capacity, seed);
  Rows out;
  for (std::size_t i = 0; i < n; ++i) {
    if (const auto item = buffer.push(i)) out.push_back(*item);
  }
  while (const auto item = buffer.pop()) out.push_back(*item);
  return out;
}

bool is_permutation(Rows rows, std::size_t n) {
  std::sort(rows.begin(), rows.end());
  Rows all(n);
  std::iota(all.begin(), all.end(), std::size_t{0});
  return rows == all;
}

/// Are the six orders of three rows equally frequent in 6,000 draws? Five
/// standard errors of each count are 5 sqrt(6000 * 1/6 * 5/6) = 144.
template <class Draw>
bool six_orders_are_even(const Draw& draw) {
  std::map<Rows, int> counts;
  for (std::uint64_t i = 0; i < 6000; ++i) ++counts[draw(i)];
  bool even = counts.size() == 6;
  for (const auto& order : counts) even &= std::abs(order.second - 1000) < 144;
  return even;
}

}  // namespace

TEST_SUITE("coding/sharded_data_loader") {
  TEST_CASE("equal_parts_cover_every_row") {
    int wrong = 0, cases = 0;
    for (std::size_t n = 1; n <= 100; ++n) {
      for (std::size_t workers = 1; workers <= 8; ++workers) {
        for (const bool drop_last : {false, true}) {
          const std::size_t each =
              drop_last ? n / workers : (n + workers - 1) / workers;
          std::set<std::size_t> seen;
          for (std::size_t rank = 0; rank < workers; ++rank) {
            const Rows rows = shard_indices(n, workers, rank, 7, 3, drop_last);
            if (rows.size() != each) ++wrong;
            seen.insert(rows.begin(), rows.end());
          }
          // Each row at least once; the rest are fewer than `workers` repeats.
          // Or none twice, and fewer than `workers` left out.
          if (seen.size() != (drop_last ? each * workers : n)) ++wrong;
          if (!seen.empty() && *seen.rbegin() >= n) ++wrong;
          ++cases;
        }
      }
    }
    CHECK(cases == 1600);
    CHECK(wrong == 0);
    CHECK(shard_indices(5, 2, 1, 0, 0, false).size() == 3);
    CHECK(shard_indices(5, 2, 1, 0, 0, true).size() == 2);
  }

  TEST_CASE("seed_and_epoch_fix_the_order") {
    std::set<Rows> orders;
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      for (std::uint64_t epoch = 0; epoch < 5; ++epoch) {
        const Rows rows = shard_indices(50, 1, 0, seed, epoch, false);
        CHECK(rows == shard_indices(50, 1, 0, seed, epoch, false));
        orders.insert(rows);
      }
    }
    // All different: also (0, 1), (1, 0), which have one sum.
    CHECK(orders.size() == 25);
    // The upper halves of both numbers count.
    constexpr std::uint64_t high = std::uint64_t{1} << 40;
    orders.insert(shard_indices(50, 1, 0, high, 0, false));
    orders.insert(shard_indices(50, 1, 0, 0, high, false));
    CHECK(orders.size() == 27);
  }

  TEST_CASE("every_order_is_equally_likely") {
    CHECK(six_orders_are_even([](std::uint64_t epoch) {
      return shard_indices(3, 1, 0, 11, epoch, false);
    }));
    CHECK(six_orders_are_even([](std::uint64_t seed) {
      return shard_indices(3, 1, 0, seed, 0, true);
    }));
  }

  TEST_CASE("own_seeds_lose_a_third_of_the_rows") {
    std::set<std::size_t> own, common;
    for (std::size_t rank = 0; rank < 4; ++rank) {
      for (const std::size_t row :
           shard_indices(10000, 4, rank, 100 + rank, 0, true)) {
        own.insert(row);
      }
      for (const std::size_t row :
           shard_indices(10000, 4, rank, 100, 0, true)) {
        common.insert(row);
      }
    }
    EVIDENCE("share of rows seen with a seed for each worker",
             static_cast<double>(own.size()) / 10000.0);
    // 1 - (3/4)^4; independent rows would give a standard error of 0.0046, and
    // as each part has fixed size it is less.
    CHECK(close(static_cast<double>(own.size()) / 10000.0, 0.6836,
                {.abs = 0.01}));
    CHECK(common.size() == 10000);
  }

  TEST_CASE("a_buffer_reaches_its_capacity_ahead") {
    for (const std::size_t capacity :
         std::vector<std::size_t>{1, 2, 10, 64, 1000}) {
      CAPTURE(capacity);
      const Rows out = streamed(500, capacity, 5);
      REQUIRE(is_permutation(out, 500));
      int early = 0;
      for (std::size_t place = 0; place < out.size(); ++place) {
        if (out[place] > place + capacity - 1) ++early;
      }
      CHECK(early == 0);
      CHECK(std::is_sorted(out.begin(), out.end()) == (capacity == 1));
    }
    CHECK(streamed(500, 10, 5) == streamed(500, 10, 5));
    CHECK(streamed(500, 10, 5) != streamed(500, 10, 6));
    // Large enough for all it is a shuffle like any other.
    CHECK(six_orders_are_even(
        [](std::uint64_t seed) { return streamed(3, 3, seed); }));
  }

  TEST_CASE("sorted_data_needs_a_larger_buffer") {
    // Two classes in blocks of 1,000: item i is of class i / 1000.
    const Rows small = streamed(2000, 100, 8);
    REQUIRE(small.size() == 2000);
    const auto first_of_class_1 = std::find_if(
        small.begin(), small.end(), [](std::size_t i) { return i >= 1000; });
    EVIDENCE("outputs before the first of class 1",
             first_of_class_1 - small.begin());
    CHECK(first_of_class_1 - small.begin() >= 901);
    // Item 1,000 is pushed with 901 outputs made, then it is one of 100.
    const Rows large = streamed(2000, 2000, 8);
    const auto in_first_half =
        std::count_if(large.begin(), large.begin() + 1000,
                      [](std::size_t i) { return i >= 1000; });
    // Hypergeometric: 500, with a standard error of 11.2.
    CHECK(close(static_cast<double>(in_first_half), 500.0, {.abs = 56.0}));
  }
}

TEST_SUITE("coding/sharded_data_loader extra") {
  TEST_CASE("no rows and fewer rows than workers") {
    CHECK(shard_indices(0, 3, 2, 1, 1, false).empty());
    CHECK(shard_indices(0, 3, 2, 1, 1, true).empty());
    CHECK(shard_indices(2, 8, 7, 1, 1, true).empty());
    const Rows repeated = shard_indices(2, 8, 7, 1, 1, false);
    REQUIRE(repeated.size() == 1);
    CHECK(repeated[0] < 2);
  }

  TEST_CASE("a buffer moves its items") {
    ShuffleBuffer<std::unique_ptr<int>> buffer(2, 0);
    CHECK_FALSE(buffer.pop().has_value());
    CHECK_FALSE(buffer.push(std::make_unique<int>(1)).has_value());
    const auto first = buffer.push(std::make_unique<int>(2));
    REQUIRE(first.has_value());
    const auto second = buffer.pop();
    REQUIRE(second.has_value());
    CHECK(**first + **second == 3);
    CHECK_FALSE(buffer.pop().has_value());
  }

  TEST_CASE("arguments that break the contract are refused") {
    CHECK_THROWS_WITH(shard_indices(5, 0, 0, 0, 0, true),
                      "shard_indices: need workers >= 1, got 0");
    CHECK_THROWS_WITH(shard_indices(5, 2, 2, 0, 0, true),
                      "shard_indices: need rank < workers, got rank = 2, "
                      "workers = 2");
    CHECK_THROWS_WITH(ShuffleBuffer<int>(0, 1),
                      "ShuffleBuffer: need capacity >= 1, got 0");
    CHECK_THROWS_AS(ShuffleBuffer<int>(0, 1), std::invalid_argument);
  }
}
