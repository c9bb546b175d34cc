// Verifies the claims of questions/coding/reservoir_sampling.md.
#include <whiteboard/coding/reservoir_sampling.hpp>

#include <support/claims.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <map>
#include <numeric>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

using namespace whiteboard;
using coding::reservoir_sampling;

namespace {

using Items = std::vector<int>;

Items up_to(int n) {
  Items items(static_cast<std::size_t>(n));
  std::iota(items.begin(), items.end(), 1);
  return items;
}

/// A sample of the first n whole numbers, in increasing order.
Items sample_of(int n, std::size_t k, std::mt19937_64& rng) {
  const Items stream = up_to(n);
  Items sample = reservoir_sampling(stream.begin(), stream.end(), k, rng);
  std::sort(sample.begin(), sample.end());
  return sample;
}

/// Within five standard errors of a share, over `runs` independent ones.
whiteboard::testing::Tolerance five_errors(double share, double runs) {
  return {.abs = 5.0 * std::sqrt(share * (1.0 - share) / runs)};
}

/// k of the numbers from 1 to n, from draws below the given limits: item i
/// replaces the slot that draw number i - k - 1 names. Calls f with the sample
/// for every sequence of draws.
template <class Function>
void for_each_run(int n, std::size_t k, const std::vector<std::size_t>& limits,
                  const Function& f) {
  std::vector<std::size_t> draws(limits.size(), 0);
  for (;;) {
    Items sample = up_to(static_cast<int>(k));
    for (std::size_t i = 0; i < draws.size(); ++i) {
      if (draws[i] < k) sample[draws[i]] = static_cast<int>(k + i + 1);
    }
    REQUIRE(draws.size() == static_cast<std::size_t>(n) - k);
    std::sort(sample.begin(), sample.end());
    f(sample);
    std::size_t digit = 0;
    while (digit < draws.size() && ++draws[digit] == limits[digit]) {
      draws[digit++] = 0;
    }
    if (digit == draws.size()) return;
  }
}

/// Returns 6000 and what it is told, so that the remainders modulo 3, 4 and 5
/// are what it is told.
struct Scripted {
  using result_type = std::uint64_t;
  static constexpr std::uint64_t min() { return 0; }
  static constexpr std::uint64_t max() {
    return std::numeric_limits<std::uint64_t>::max();
  }
  std::uint64_t operator()() { return 6000 + script.at(next++); }

  std::array<std::uint64_t, 3> script{};
  std::size_t next = 0;
};

/// An item that knows how many of its kind there are.
struct Counted {
  explicit Counted(int v) : value(v) { ++live; }
  Counted(const Counted& other) : value(other.value) { ++live; }
  Counted& operator=(const Counted&) = default;
  ~Counted() { --live; }

  int value;
  static inline int live = 0;
};

/// A stream of n of them that can be read once, and only forwards.
class CountedStream {
 public:
  using value_type = Counted;
  using difference_type = std::ptrdiff_t;
  using reference = Counted;
  using pointer = const Counted*;
  using iterator_category = std::input_iterator_tag;

  CountedStream(int at, int* largest) : at_(at), largest_(largest) {}
  Counted operator*() const {
    *largest_ = std::max(*largest_, Counted::live);
    return Counted(at_);
  }
  CountedStream& operator++() {
    ++at_;
    return *this;
  }
  void operator++(int) { ++at_; }
  bool operator==(const CountedStream& other) const { return at_ == other.at_; }

 private:
  int at_;
  int* largest_;
};

}  // namespace

TEST_SUITE("coding/reservoir_sampling") {
  TEST_CASE("every_subset_is_equally_likely") {
    // All 3 * 4 * 5 sequences of draws for k = 2 of 5: six for each subset.
    std::map<Items, int> outcomes;
    for_each_run(5, 2, {3, 4, 5}, [&](const Items& s) { ++outcomes[s]; });
    REQUIRE(outcomes.size() == 10);
    for (const auto& [subset, count] : outcomes) CHECK(count == 6);

    std::mt19937_64 rng(0);
    const int runs = 60000;
    std::map<Items, int> times;
    for (int run = 0; run < runs; ++run) ++times[sample_of(5, 2, rng)];
    REQUIRE(times.size() == 10);
    std::vector<double> shares;
    for (const auto& [subset, count] : times) {
      shares.push_back(count / double{runs});
      CHECK(close(shares.back(), 0.1, five_errors(0.1, runs)));
    }
    EVIDENCE_SERIES("share of each subset", shares);
  }

  TEST_CASE("each_item_has_probability_k_over_n") {
    std::mt19937_64 rng(1);
    const int runs = 20000;
    std::vector<double> shares(20, 0.0);
    for (int run = 0; run < runs; ++run) {
      const Items sample = sample_of(20, 5, rng);
      REQUIRE(sample.size() == 5);
      for (const int item : sample) {
        shares[static_cast<std::size_t>(item - 1)] += 1.0 / runs;
      }
    }
    EVIDENCE_SERIES("share of each item", shares);
    for (const double share : shares) {
      CHECK(close(share, 0.25, five_errors(0.25, runs)));
    }
    // k = 1: the third of three stays in a third of the runs.
    std::array<double, 3> single{};
    for (int run = 0; run < runs; ++run) {
      const Items sample = sample_of(3, 1, rng);
      REQUIRE(sample.size() == 1);
      single[static_cast<std::size_t>(sample[0] - 1)] += 1.0 / runs;
    }
    for (const double share : single) {
      CHECK(close(share, 1.0 / 3.0, five_errors(1.0 / 3.0, runs)));
    }
  }

  TEST_CASE("one_less_to_draw_from_favours_the_late") {
    // Items counted from 0, and a draw below i that should be up to i.
    std::array<int, 5> times{};
    for_each_run(5, 2, {2, 3, 4}, [&](const Items& sample) {
      for (const int item : sample) ++times[static_cast<std::size_t>(item - 1)];
    });
    // Of 24 runs; 2/5 would be 9.6.
    CHECK(times == std::array<int, 5>{6, 6, 12, 12, 12});

    std::mt19937_64 rng(2);
    const int runs = 20000;
    int first = 0, last = 0;
    for (int run = 0; run < runs; ++run) {
      const Items sample = sample_of(5, 2, rng);
      REQUIRE(sample.size() == 2);
      if (sample[0] == 1) ++first;
      if (sample[1] == 5) ++last;
    }
    EVIDENCE("share of the last item", last / double{runs});
    CHECK(close(first / double{runs}, 0.4, five_errors(0.4, runs)));
    CHECK(close(last / double{runs}, 0.4, five_errors(0.4, runs)));
  }

  TEST_CASE("replacements_become_rare") {
    // Whoever does not know the length holds, after i items, the sample of the
    // first i: a run on a prefix with the same seed shows it.
    const int n = 300, seeds = 20;
    const std::size_t k = 10;
    int replacements = 0;
    for (int seed = 0; seed < seeds; ++seed) {
      Items before = up_to(static_cast<int>(k));
      for (int i = static_cast<int>(k) + 1; i <= n; ++i) {
        std::mt19937_64 rng(static_cast<std::uint64_t>(seed));
        const Items after = sample_of(i, k, rng);
        REQUIRE(after.size() == k);
        if (after != before) ++replacements;
        // Only the newest item can have come in.
        CHECK((after == before || after.back() == i));
        before = after;
      }
    }
    double expected = 0.0, variance = 0.0;
    for (int i = static_cast<int>(k) + 1; i <= n; ++i) {
      const double p = static_cast<double>(k) / i;
      expected += p;
      variance += p * (1.0 - p);
    }
    EVIDENCE("replacements on average", replacements / double{seeds});
    CHECK(close(replacements / double{seeds}, expected,
                {.abs = 5.0 * std::sqrt(variance / seeds)}));

    double million = 0.0;
    for (int i = 11; i <= 1000000; ++i) million += 10.0 / i;
    CHECK(close(million, 114.6, {.abs = 0.05}));
    EVIDENCE("expected for n = 1,000,000 and k = 10", million);
  }

  TEST_CASE("a_short_stream_comes_back_whole") {
    std::mt19937_64 rng(4);
    for (const int n : {0, 1, 6, 7}) {
      CAPTURE(n);
      const Items stream = up_to(n);
      CHECK(reservoir_sampling(stream.begin(), stream.end(), 7, rng) == stream);
    }
  }

  TEST_CASE("one_pass_and_memory_for_k_items") {
    std::mt19937_64 rng(5);
    int largest = 0;
    REQUIRE(Counted::live == 0);
    {
      const auto sample = reservoir_sampling(
          CountedStream(0, &largest), CountedStream(5000, &largest), 10, rng);
      CHECK(sample.size() == 10);
      CHECK(Counted::live == 10);
    }
    // A vector that grows holds its items twice for a moment.
    CHECK(largest >= 10);
    CHECK(largest <= 25);
    EVIDENCE("most items alive at a time", largest);

    std::istringstream text("to be or not to be that is the question");
    const std::vector<std::string> words =
        reservoir_sampling(std::istream_iterator<std::string>(text),
                           std::istream_iterator<std::string>(), 3, rng);
    CHECK(words.size() == 3);
    CHECK(text.eof());
  }
}

TEST_SUITE("coding/reservoir_sampling extra") {
  TEST_CASE("a sample of nothing is refused") {
    std::mt19937_64 rng(0);
    const Items stream = up_to(3);
    CHECK_THROWS_WITH_AS(
        reservoir_sampling(stream.begin(), stream.end(), 0, rng),
        "reservoir_sampling: need k >= 1, got 0", std::invalid_argument);
  }

  TEST_CASE("an even grid of draws gives each subset equally often") {
    const Items stream = up_to(5);
    std::map<Items, int> times;
    for (std::uint64_t a = 0; a < 3; ++a) {
      for (std::uint64_t b = 0; b < 4; ++b) {
        for (std::uint64_t c = 0; c < 5; ++c) {
          Scripted rng{{a, b, c}, 0};
          Items sample =
              reservoir_sampling(stream.begin(), stream.end(), 2, rng);
          std::sort(sample.begin(), sample.end());
          ++times[sample];
        }
      }
    }
    REQUIRE(times.size() == 10);
    for (const auto& [subset, count] : times) CHECK(count == 6);
  }

  TEST_CASE("a huge k needs no memory for it") {
    std::mt19937_64 rng(6);
    const Items stream = up_to(3);
    const auto most = std::numeric_limits<std::size_t>::max();
    CHECK(reservoir_sampling(stream.begin(), stream.end(), most, rng) ==
          stream);
  }
}
