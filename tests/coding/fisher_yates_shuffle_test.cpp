// Verifies the claims of questions/coding/fisher_yates_shuffle.md.
#include <whiteboard/coding/fisher_yates_shuffle.hpp>

#include <support/claims.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <span>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::fisher_yates_shuffle;
using coding::uniform_below;

namespace {

using Order = std::vector<int>;

/// 3 * 2^62: of the 2^64 = n + n / 3 values of a generator, a remainder folds
/// the last n / 3 onto the first third.
constexpr std::uint64_t kManyValues = std::uint64_t{3} << 62;

Order sorted(std::size_t n) {
  Order order(n);
  std::iota(order.begin(), order.end(), 0);
  return order;
}

template <class Rng>
Order shuffled(std::size_t n, Rng& rng) {
  Order order = sorted(n);
  fisher_yates_shuffle(std::span(order), rng);
  return order;
}

/// A 64-bit engine that returns what it is told, from 12 values spread so
/// evenly that 0 to k - 1 come equally often, for k = 2, 3 and 4, from their
/// remainders, from their low bits and from their leading bits alike.
struct Scripted {
  using result_type = std::uint64_t;
  struct Exhausted {};

  static constexpr std::uint64_t min() { return 0; }
  static constexpr std::uint64_t max() {
    return std::numeric_limits<std::uint64_t>::max();
  }

  std::uint64_t operator()() {
    if (next == script.size()) throw Exhausted{};
    const std::uint64_t cell = max() / 12;
    const std::uint64_t middle = script[next] * cell + cell / 2;
    return middle - middle % 12 + script[next++];
  }

  std::vector<std::uint64_t> script;
  std::size_t next = 0;
};

/// First no bits, then 5 for ever.
struct Zero {
  using result_type = std::uint64_t;
  static constexpr std::uint64_t min() { return 0; }
  static constexpr std::uint64_t max() { return Scripted::max(); }
  std::uint64_t operator()() { return calls++ == 0 ? 0 : 5; }

  int calls = 0;
};

/// Calls f with every list of `length` numbers below `base`.
template <class Function>
void for_each_script(std::size_t length, std::uint64_t base,
                     const Function& f) {
  std::vector<std::uint64_t> script(length, 0);
  for (;;) {
    f(script);
    std::size_t digit = 0;
    while (digit < length && ++script[digit] == base) script[digit++] = 0;
    if (digit == length) return;
  }
}

/// Within five standard errors of a share, over `runs` independent ones.
whiteboard::testing::Tolerance five_errors(double share, double runs) {
  return {.abs = 5.0 * std::sqrt(share * (1.0 - share) / runs)};
}

}  // namespace

TEST_SUITE("coding/fisher_yates_shuffle") {
  TEST_CASE("each_order_is_equally_likely") {
    double orders = 1.0;
    for (std::size_t n = 2; n <= 4; ++n) {
      CAPTURE(n);
      orders *= static_cast<double>(n);
      std::map<Order, int> times;
      // A draw that an implementation rejects makes it ask for more than there
      // is: such a script ends without an order, and favours none.
      for_each_script(n - 1, 12, [&](const auto& script) {
        Scripted rng{script};
        try {
          ++times[shuffled(n, rng)];
        } catch (const Scripted::Exhausted&) {
        }
      });
      REQUIRE(static_cast<double>(times.size()) == orders);
      for (const auto& [order, count] : times) {
        CHECK(count == times.begin()->second);
      }
    }

    std::mt19937_64 rng(0);
    for (std::size_t n = 5; n <= 6; ++n) {
      orders *= static_cast<double>(n);
      std::map<Order, int> times;
      const int runs = 300 * static_cast<int>(orders);
      for (int run = 0; run < runs; ++run) ++times[shuffled(n, rng)];
      REQUIRE(static_cast<double>(times.size()) == orders);
      double chi_squared = 0.0;
      for (const auto& [order, count] : times) {
        chi_squared += (count - 300.0) * (count - 300.0) / 300.0;
      }
      // Mean orders - 1, variance twice that.
      EVIDENCE("chi-squared over its mean", chi_squared / (orders - 1.0));
      CHECK(close(chi_squared, orders - 1.0,
                  {.abs = 5.0 * std::sqrt(2.0 * (orders - 1.0))}));
    }
  }

  TEST_CASE("swapping_with_any_position_is_biased") {
    std::map<Order, int> naive;
    for_each_script(3, 3, [&](const auto& draws) {
      Order order = sorted(3);
      for (std::size_t i = 0; i < 3; ++i) std::swap(order[i], order[draws[i]]);
      ++naive[order];
    });
    REQUIRE(naive.size() == 6);
    std::vector<int> counts;
    for (const auto& [order, count] : naive) counts.push_back(count);
    EVIDENCE_SERIES("outcomes of 27 for each order", counts);
    std::sort(counts.begin(), counts.end());
    CHECK(counts == std::vector<int>{4, 4, 4, 5, 5, 5});

    std::mt19937_64 rng(1);
    std::map<Order, int> times;
    const int runs = 60000;
    for (int run = 0; run < runs; ++run) ++times[shuffled(3, rng)];
    REQUIRE(times.size() == 6);
    // 1/6 +- 0.0076 holds neither 4/27 = 0.148 nor 5/27 = 0.185.
    for (const auto& [order, count] : times) {
      CHECK(close(count / double{runs}, 1.0 / 6.0, five_errors(1 / 6.0, runs)));
    }
  }

  TEST_CASE("a_value_may_stay_where_it_is") {
    // Sattolo: position i swaps with one strictly below.
    std::map<Order, int> cycles;
    for (const std::size_t first : {0U, 1U}) {
      Order order = sorted(3);
      std::swap(order[2], order[first]);
      std::swap(order[1], order[0]);
      ++cycles[order];
      for (int i = 0; i < 3; ++i)
        CHECK(order[static_cast<std::size_t>(i)] != i);
    }
    CHECK(cycles.size() == 2);

    // A uniform order of any n keeps one value in place on average, with
    // variance 1.
    std::mt19937_64 rng(2);
    for (const std::size_t n : {2U, 3U, 10U, 52U}) {
      CAPTURE(n);
      const int runs = 5000;
      int kept = 0;
      for (int run = 0; run < runs; ++run) {
        const Order order = shuffled(n, rng);
        for (std::size_t i = 0; i < n; ++i) {
          if (order[i] == static_cast<int>(i)) ++kept;
        }
      }
      EVIDENCE("values in place on average", kept / double{runs});
      CHECK(close(kept / double{runs}, 1.0,
                  {.abs = 5.0 / std::sqrt(double{runs})}));
    }
  }

  TEST_CASE("modulo_is_biased") {
    const int runs = 20000;
    const auto shares = [](const auto& draw) {
      std::array<double, 3> low{};  // in the first third; even; multiple of 3
      for (int run = 0; run < runs; ++run) {
        const std::uint64_t x = draw();
        REQUIRE(x < kManyValues);
        low[0] += (x < kManyValues / 3) / double{runs};
        low[1] += (x % 2 == 0) / double{runs};
        low[2] += (x % 3 == 0) / double{runs};
      }
      return low;
    };
    std::mt19937_64 rng(3);
    std::mt19937 narrow(3);
    for (const auto& low :
         {shares([&] { return uniform_below(kManyValues, rng); }),
          shares([&] { return uniform_below(kManyValues, narrow); })}) {
      CHECK(close(low[0], 1.0 / 3.0, five_errors(1.0 / 3.0, runs)));
      CHECK(close(low[1], 1.0 / 2.0, five_errors(1.0 / 2.0, runs)));
      CHECK(close(low[2], 1.0 / 3.0, five_errors(1.0 / 3.0, runs)));
      EVIDENCE("share of the first third", low[0]);
    }
    const auto biased = shares([&] { return rng() % kManyValues; });
    CHECK(close(biased[0], 1.0 / 2.0, five_errors(1.0 / 2.0, runs)));
    EVIDENCE("share of the first third by modulo", biased[0]);

    // Three random bits and six values: 0 and 1 twice, the others once.
    std::array<int, 6> times{};
    for (unsigned bits = 0; bits < 8; ++bits) ++times[bits % 6];
    CHECK(times == std::array<int, 6>{2, 2, 1, 1, 1, 1});
  }

  TEST_CASE("coin_flips_cannot_make_a_third") {
    // Insertion sort of three values with a comparator that flips coins: the
    // first and the second by one, the third goes down by one or two.
    std::map<Order, double> share;
    for_each_script(3, 2, [&](const auto& flips) {
      Order order = sorted(3);
      if (flips[0] == 1) std::swap(order[0], order[1]);
      if (flips[1] == 1) {
        std::swap(order[1], order[2]);
        if (flips[2] == 1) std::swap(order[0], order[1]);
      }
      share[order] += 1.0 / 8.0;
    });
    CHECK(close(share[{0, 1, 2}], 1.0 / 4.0));
    CHECK(close(share[{2, 0, 1}], 1.0 / 8.0));

    std::mt19937_64 rng(4);
    const int runs = 20000;
    int last_stays = 0;
    for (int run = 0; run < runs; ++run) {
      if (shuffled(3, rng)[2] == 2) ++last_stays;
    }
    CHECK(close(share[{0, 1, 2}] + share[{1, 0, 2}], 1.0 / 2.0));
    CHECK(close(last_stays / double{runs}, 1.0 / 3.0,
                five_errors(1.0 / 3.0, runs)));
    EVIDENCE("the last value stays", last_stays / double{runs});
  }

  TEST_CASE("only_the_order_changes") {
    std::mt19937_64 rng(5);
    int moved = 0;
    for (std::size_t n = 0; n <= 60; ++n) {
      CAPTURE(n);
      Order values = sorted(n + 2);
      fisher_yates_shuffle(std::span(values).subspan(1, n), rng);
      // The neighbours of the span are not its business.
      CHECK(values.front() == 0);
      CHECK(values.back() == static_cast<int>(n + 1));
      if (values != sorted(n + 2)) ++moved;
      std::sort(values.begin(), values.end());
      CHECK(values == sorted(n + 2));
    }
    CHECK(moved > 50);
  }
}

TEST_SUITE("coding/fisher_yates_shuffle extra") {
  TEST_CASE("below nothing there is nothing") {
    std::mt19937_64 rng(0);
    CHECK_THROWS_WITH_AS(uniform_below(0, rng),
                         "uniform_below: need n >= 1, got 0",
                         std::invalid_argument);
    for (int i = 0; i < 100; ++i) CHECK(uniform_below(1, rng) == 0);
  }

  TEST_CASE("six values of a die and the largest n") {
    std::mt19937_64 rng(6);
    std::array<double, 6> share{};
    for (int i = 0; i < 30000; ++i) share[uniform_below(6, rng)] += 1 / 30000.0;
    for (const double s : share) {
      CHECK(close(s, 1.0 / 6.0, five_errors(1.0 / 6.0, 30000)));
    }
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    CHECK(uniform_below(most, rng) < most);
    // 2^64 mod n = 1: zero bits are the one value in 2^64 that is rejected.
    Zero zero;
    CHECK(uniform_below(most, zero) == 5);
    CHECK(zero.calls == 2);
    zero.calls = 0;
    CHECK(uniform_below(std::uint64_t{1} << 63, zero) == 0);
    CHECK(zero.calls == 1);
  }

  TEST_CASE("values that can only be moved") {
    std::mt19937_64 rng(7);
    std::vector<std::unique_ptr<int>> values;
    for (int i = 0; i < 10; ++i) values.push_back(std::make_unique<int>(i));
    fisher_yates_shuffle(std::span(values), rng);
    int sum = 0;
    for (const auto& value : values) {
      REQUIRE(value);
      sum += *value;
    }
    CHECK(sum == 45);
  }

  TEST_CASE("nothing and one value take no draw") {
    Scripted never{};
    std::vector<int> none, one{3};
    fisher_yates_shuffle(std::span(none), never);
    fisher_yates_shuffle(std::span(one), never);
    CHECK(one == std::vector<int>{3});
  }

  TEST_CASE("a seed gives the same order") {
    std::mt19937_64 a(8), b(8), c(9);
    const Order order = shuffled(52, a);
    CHECK(order == shuffled(52, b));
    CHECK(order != shuffled(52, c));
  }
}
