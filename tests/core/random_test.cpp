#include <whiteboard/core/random.hpp>

#include <core/random_sequence.hpp>
#include <support/claims.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using whiteboard::testing::differences;
using whiteboard::testing::known_mt19937;
using whiteboard::testing::known_mt19937_64;

static_assert(BitEngine<std::mt19937> && BitEngine<std::mt19937_64>);
static_assert(!BitEngine<std::minstd_rand>, "31 bits, starts at 1");
static_assert(!BitEngine<std::ranlux24>, "24 bits");
static_assert(!BitEngine<std::knuth_b>);
static_assert(!BitEngine<int>);

namespace {

const double infinity = std::numeric_limits<double>::infinity();
const double not_a_number = std::numeric_limits<double>::quiet_NaN();
const double epsilon = std::numeric_limits<double>::epsilon();

/// An engine that repeats what it is told: the extremes on demand.
template <class Word>
struct Script {
  using result_type = Word;
  std::vector<Word> words;
  std::size_t calls = 0;

  static constexpr Word min() { return 0; }
  static constexpr Word max() { return std::numeric_limits<Word>::max(); }
  Word operator()() { return words[calls++ % words.size()]; }
};

using Script64 = Script<std::uint64_t>;
using Script32 = Script<std::uint32_t>;
const std::uint64_t all_ones = std::numeric_limits<std::uint64_t>::max();

struct Moments {
  double mean, variance, skewness, kurtosis;
};

template <class Draw>
Moments moments(int n, Draw draw) {
  std::vector<double> x(static_cast<std::size_t>(n));
  std::generate(x.begin(), x.end(), draw);
  double mean = 0.0;
  for (const double v : x) mean += v / n;
  double m2 = 0.0, m3 = 0.0, m4 = 0.0;
  for (const double v : x) {
    const double d = v - mean;
    m2 += d * d / n;
    m3 += d * d * d / n;
    m4 += d * d * d * d / n;
  }
  return {mean, m2, m3 / std::pow(m2, 1.5), m4 / (m2 * m2)};
}

/// Sum of (observed - expected)^2 / expected.
double chi_square(const std::vector<int>& observed,
                  const std::vector<double>& expected) {
  double sum = 0.0;
  for (std::size_t i = 0; i < observed.size(); ++i) {
    const double d = observed[i] - expected[i];
    sum += d * d / expected[i];
  }
  return sum;
}

template <class Draw>
std::vector<int> histogram(std::size_t bins, int draws, Draw draw) {
  std::vector<int> counts(bins, 0);
  for (int i = 0; i < draws; ++i) ++counts.at(static_cast<std::size_t>(draw()));
  return counts;
}

}  // namespace

TEST_SUITE("core/random") {
  TEST_CASE("the sequences of both engines are pinned") {
    CHECK(differences<std::mt19937_64>(known_mt19937_64()) == "");
    CHECK(differences<std::mt19937>(known_mt19937()) == "");
  }

  TEST_CASE("the pin notices a change") {
    auto known = known_mt19937_64();
    known.uniform.back() += 0x1p-53;
    known.permutation[0] = 8;
    CHECK(differences<std::mt19937_64>(known) == "uniform permutation ");
    CHECK(differences<std::mt19937>(known_mt19937_64()).size() > 50);
  }

  TEST_CASE("the engines are those of the C++ standard") {
    std::mt19937 narrow;  // [rand.predef]: the 10000th draw
    std::mt19937_64 wide;
    narrow.discard(9999);
    wide.discard(9999);
    CHECK(narrow() == 4123659995u);
    CHECK(wide() == 9981545732273789042u);
  }

  TEST_CASE("random_bits takes one word of 64 or two of 32 and high first") {
    Script64 wide{{0x0123456789abcdefu}};
    CHECK(random_bits(wide) == 0x0123456789abcdefu);
    CHECK(wide.calls == 1);
    Script32 narrow{{0x01234567u, 0x89abcdefu}};
    CHECK(random_bits(narrow) == 0x0123456789abcdefu);
    CHECK(narrow.calls == 2);
  }

  TEST_CASE("uniform stays below 1 at the top and reaches 0") {
    Script64 highest{{all_ones}};
    Script64 lowest{{0}};
    CHECK(uniform(highest) == 1.0 - 0x1p-53);
    CHECK(uniform(lowest) == 0.0);
    CHECK(highest.calls == 1);
  }

  TEST_CASE("uniform is a multiple of 2^-53") {
    std::mt19937_64 rng(1);
    bool odd = false;
    for (int i = 0; i < 1000; ++i) {
      const double scaled = uniform(rng) * 0x1p53;
      CHECK(scaled == std::floor(scaled));
      odd = odd || std::fmod(scaled, 2.0) == 1.0;
    }
    CHECK(odd);  // the lowest bit is in use
  }

  TEST_CASE("uniform has the moments of the uniform distribution") {
    std::mt19937_64 rng(2);
    const int n = 200'000;
    const Moments m = moments(n, [&] { return uniform(rng); });
    // Standard errors from the central moments of U(0, 1), whose even ones are
    // 1/12, 1/80, 1/448 and 1/2304. That of the skewness, by the delta method,
    // is sqrt((mu6 - 6 mu2 mu4 + 9 mu2^3) / mu2^3 / n) = sqrt(2.057 / n), that
    // of the kurtosis comes to sqrt(0.3703 / n) in the same way.
    CHECK(close(m.mean, 0.5, {.abs = 5 * std::sqrt(1 / 12.0 / n)}));
    CHECK(close(m.variance, 1 / 12.0, {.abs = 5 * std::sqrt(1 / 180.0 / n)}));
    CHECK(close(m.skewness, 0.0, {.abs = 5 * std::sqrt(2.057 / n)}));
    CHECK(close(m.kurtosis, 1.8, {.abs = 5 * std::sqrt(0.3703 / n)}));
  }

  TEST_CASE("uniform on an interval keeps to it") {
    std::mt19937_64 rng(3);
    double smallest = infinity, largest = -infinity;
    for (int i = 0; i < 10'000; ++i) {
      const double x = uniform(-3.0, 5.0, rng);
      smallest = std::min(smallest, x);
      largest = std::max(largest, x);
    }
    CHECK(smallest >= -3.0);
    CHECK(largest < 5.0);
    // The chance to miss a margin of 0.01 in 10000 draws is 4e-6.
    CHECK(smallest < -2.99);
    CHECK(largest > 4.99);
  }

  TEST_CASE("uniform on an interval never returns its upper end") {
    Script64 highest{{all_ones}};
    CHECK(uniform(1.0, 1.0 + epsilon, highest) == 1.0);
    CHECK(uniform(-1.0, 1.0, highest) < 1.0);
    CHECK(uniform(1e15, 1e15 + 1.0, highest) < 1e15 + 1.0);
    // 1 + 2 epsilon u rounds to 1 + 2 epsilon for a quarter of all u. Those go
    // to the lower end, which leaves two values, half each.
    std::mt19937_64 rng(4);
    const auto counts = histogram(2, 10'000, [&] {
      return (uniform(1.0, 1.0 + 2 * epsilon, rng) - 1.0) / epsilon;
    });
    CHECK(close(counts[0], 5000, {.abs = 5 * 50.0}));
  }

  TEST_CASE("uniform on an empty interval is its end") {
    std::mt19937_64 rng(5);
    CHECK(uniform(2.5, 2.5, rng) == 2.5);
    CHECK(uniform(-0.1, -0.1, rng) == -0.1);
  }

  TEST_CASE("uniform refuses an interval that is none") {
    std::mt19937_64 rng(6);
    CHECK_THROWS_WITH_AS(uniform(2.0, 1.0, rng),
                         "uniform: need low <= high and a finite high - low, "
                         "got low = 2, high = 1",
                         std::invalid_argument);
    CHECK_THROWS_AS(uniform(not_a_number, 1.0, rng), std::invalid_argument);
    CHECK_THROWS_AS(uniform(0.0, not_a_number, rng), std::invalid_argument);
    CHECK_THROWS_AS(uniform(0.0, infinity, rng), std::invalid_argument);
    CHECK_THROWS_AS(uniform(-infinity, 0.0, rng), std::invalid_argument);
    CHECK_THROWS_AS(uniform(infinity, infinity, rng), std::invalid_argument);
    CHECK_THROWS_AS(uniform(-1e308, 1e308, rng), std::invalid_argument);
  }

  TEST_CASE("normal has the moments of the normal distribution") {
    std::mt19937_64 rng(7);
    const int n = 200'000;
    const Moments m = moments(n, [&] { return normal(rng); });
    CHECK(close(m.mean, 0.0, {.abs = 5 / std::sqrt(1.0 * n)}));
    CHECK(close(m.variance, 1.0, {.abs = 5 * std::sqrt(2.0 / n)}));
    CHECK(close(m.skewness, 0.0, {.abs = 5 * std::sqrt(6.0 / n)}));
    CHECK(close(m.kurtosis, 3.0, {.abs = 5 * std::sqrt(24.0 / n)}));
  }

  TEST_CASE("normal has the tails of the normal distribution") {
    std::mt19937_64 rng(8);
    const int n = 200'000;
    int beyond_two = 0, beyond_three = 0;
    for (int i = 0; i < n; ++i) {
      const double x = std::abs(normal(rng));
      beyond_two += x > 2.0;
      beyond_three += x > 3.0;
    }
    // erfc(2 / sqrt 2) and erfc(3 / sqrt 2), five binomial standard errors
    const auto share = [&](int count) { return 1.0 * count / n; };
    const auto error = [&](double p) { return std::sqrt(p * (1 - p) / n); };
    CHECK(close(share(beyond_two), 0.0455003, {.abs = 5 * error(0.0455)}));
    CHECK(close(share(beyond_three), 0.0026998, {.abs = 5 * error(0.0027)}));
  }

  TEST_CASE("successive normals are uncorrelated") {
    std::mt19937_64 rng(9);
    const int n = 100'000;
    double before = normal(rng), products = 0.0, of_squares = 0.0;
    for (int i = 0; i < n; ++i) {
      const double x = normal(rng);
      products += x * before;
      of_squares += (x * x - 1.0) * (before * before - 1.0);
      before = x;
    }
    // The products have variance 1, those of the centred squares 2 * 2.
    CHECK(std::abs(products / n) < 5 / std::sqrt(1.0 * n));
    CHECK(std::abs(of_squares / n) < 5 * 2 / std::sqrt(1.0 * n));
  }

  TEST_CASE("normal is finite at the extremes of the engine") {
    // The logarithm sees 1 - u, which is 2^-53 at the least and never 0.
    Script64 longest{{all_ones, 0}};
    CHECK(close(normal(longest), std::sqrt(2 * 53 * std::log(2.0)),
                {.rel = 4 * epsilon}));
    Script64 lowest{{0}};
    CHECK(normal(lowest) == 0.0);
    CHECK(lowest.calls == 2);
  }

  TEST_CASE("uniform_index is uniform by chi-square") {
    std::mt19937_64 rng(10);
    // The chi-square quantiles that a normal deviate of 5 corresponds to
    // (probability 5.7e-7), from SciPy 1.10.1.
    struct {
      std::size_t n;
      double limit;
    } const cases[] = {{3, 28.74}, {7, 39.49}, {10, 46.12}, {24, 72.10}};
    for (const auto& c : cases) {
      CAPTURE(c.n);
      const int draws = 10'000 * static_cast<int>(c.n);
      const auto counts = histogram(c.n, draws, [&] {
        return uniform_index(static_cast<std::ptrdiff_t>(c.n), rng);
      });
      CHECK(chi_square(counts, std::vector<double>(c.n, 10'000)) < c.limit);
    }
  }

  TEST_CASE("uniform_index is uniform over a thousand") {
    std::mt19937 rng(11);
    const auto counts =
        histogram(1000, 100'000, [&] { return uniform_index(1000, rng); });
    // 999 degrees of freedom: mean 999, variance 2 * 999
    const double chi2 = chi_square(counts, std::vector<double>(1000, 100));
    CHECK(close(chi2, 999, {.abs = 5 * std::sqrt(2.0 * 999)}));
  }

  TEST_CASE("uniform_index has no modulo bias for huge n") {
    // Of the 2^64 words, n = 3 * 2^61 leaves 2^62 over: the plain remainder
    // draws the lowest two thirds with probability 3/4.
    const std::ptrdiff_t n = std::ptrdiff_t{3} << 61;
    const std::ptrdiff_t two_thirds = std::ptrdiff_t{1} << 62;
    const int draws = 20'000;
    const double error = 5 * std::sqrt(2.0 / 9.0 / draws);
    std::mt19937_64 rng(12), same(12);
    int below = 0, below_by_remainder = 0;
    for (int i = 0; i < draws; ++i) {
      below += uniform_index(n, rng) < two_thirds;
      below_by_remainder += same() % static_cast<std::uint64_t>(n) <
                            static_cast<std::uint64_t>(two_thirds);
    }
    CHECK(close(1.0 * below / draws, 2 / 3.0, {.abs = error}));
    CHECK(1.0 * below_by_remainder / draws > 2 / 3.0 + error);
  }

  TEST_CASE("uniform_index rejects exactly the words that are left over") {
    // 2^64 = 6 q + 4: the four lowest words go, the fifth is the first kept.
    for (std::uint64_t word = 0; word < 4; ++word) {
      Script64 rng{{word, 8}};
      CHECK(uniform_index(6, rng) == 2);
      CHECK(rng.calls == 2);
    }
    Script64 kept{{4}};
    CHECK(uniform_index(6, kept) == 4);
    CHECK(kept.calls == 1);
    // 2^64 = 2 (2^63 - 1) + 2
    const std::ptrdiff_t largest = std::numeric_limits<std::ptrdiff_t>::max();
    Script64 rng{{0, 1, all_ones}};
    CHECK(uniform_index(largest, rng) == 1);
    CHECK(rng.calls == 3);
    Script64 top{{all_ones - 2}};
    CHECK(uniform_index(largest, top) == largest - 1);
  }

  TEST_CASE("uniform_index of a power of two rejects nothing") {
    Script64 rng{{0}};
    CHECK(uniform_index(std::ptrdiff_t{1} << 62, rng) == 0);
    CHECK(uniform_index(1, rng) == 0);
    CHECK(rng.calls == 2);
  }

  TEST_CASE("uniform_index stays in range near 2^63") {
    std::mt19937_64 rng(13);
    const std::ptrdiff_t n = std::numeric_limits<std::ptrdiff_t>::max() - 5;
    double mean = 0.0;
    const int draws = 10'000;
    for (int i = 0; i < draws; ++i) {
      const std::ptrdiff_t x = uniform_index(n, rng);
      CHECK((x >= 0 && x < n));
      mean += static_cast<double>(x) / static_cast<double>(n) / draws;
    }
    CHECK(close(mean, 0.5, {.abs = 5 * std::sqrt(1 / 12.0 / draws)}));
  }

  TEST_CASE("uniform_index refuses a range that is empty") {
    std::mt19937_64 rng(14);
    CHECK_THROWS_WITH_AS(uniform_index(0, rng),
                         "uniform_index: need n >= 1, got n = 0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(uniform_index(-3, rng),
                         "uniform_index: need n >= 1, got n = -3",
                         std::invalid_argument);
  }

  TEST_CASE("weighted_index follows the weights") {
    std::mt19937_64 rng(15);
    const std::vector<double> weights{0.5, 3.0, 0.25, 6.25};
    const int draws = 100'000;
    const auto counts =
        histogram(4, draws, [&] { return weighted_index(weights, rng); });
    std::vector<double> expected;
    for (const double w : weights) expected.push_back(w / 10.0 * draws);
    CHECK(chi_square(counts, expected) < 31.81);  // 5 sigma, 3 degrees
  }

  TEST_CASE("weighted_index never draws a weight of zero") {
    const std::vector<std::vector<double>> all{{0, 0, 1, 0, 2, 0, 0},
                                               {0, 1},
                                               {1, 0},
                                               {0, 0, 0, 1e-300, 0},
                                               {-0.0, 5, -0.0}};
    for (const auto& weights : all) {
      std::mt19937_64 rng(16);
      Script64 lowest{{0}}, highest{{all_ones}};
      for (int i = 0; i < 1000; ++i) {
        CHECK(weights[static_cast<std::size_t>(weighted_index(weights, rng))] >
              0.0);
      }
      const auto first = weighted_index(weights, lowest);
      const auto last = weighted_index(weights, highest);
      CHECK(weights[static_cast<std::size_t>(first)] > 0.0);
      CHECK(weights[static_cast<std::size_t>(last)] > 0.0);
    }
  }

  TEST_CASE("weighted_index never falls off the end by rounding") {
    // The largest draw against weights whose running differences do not come
    // out at the running sum: without care that ends on one of the zeros.
    std::mt19937_64 rng(17);
    int rests = 0;
    for (int trial = 0; trial < 2000; ++trial) {
      std::vector<double> weights(20);
      double total = 0.0;
      for (double& w : weights) total += w = uniform(rng);
      double left = total * (1.0 - 0x1p-53);
      for (const double w : weights) left -= w;
      rests += left >= 0.0;  // some draw would pass every weight
      weights.push_back(0.0);
      weights.push_back(0.0);
      Script64 highest{{all_ones}};
      CHECK(weighted_index(weights, highest) == 19);
    }
    CHECK(rests > 0);
  }

  TEST_CASE("weighted_index finds the borders between weights") {
    // Weights 1, 2, 1 of 4: u = 1/4 is the first draw of the second.
    const std::array<float, 3> weights{1, 2, 1};
    const auto at = [&](double u) {
      Script64 rng{{static_cast<std::uint64_t>(u * 0x1p53) << 11}};
      return weighted_index(weights, rng);
    };
    CHECK(at(0.0) == 0);
    CHECK(at(0.25 - 0x1p-53) == 0);
    CHECK(at(0.25) == 1);
    CHECK(at(0.75 - 0x1p-53) == 1);
    CHECK(at(0.75) == 2);
    CHECK(at(1.0 - 0x1p-53) == 2);
  }

  TEST_CASE("weighted_index takes any vector") {
    std::mt19937_64 rng(18);
    const std::vector<int> integers{0, 3, 0};
    const Eigen::VectorXd column{{0.0, 0.0, 2.0}};
    const Eigen::RowVectorXf row{{1.0f, 0.0f}};
    CHECK(weighted_index(integers, rng) == 1);
    CHECK(weighted_index(column, rng) == 2);
    CHECK(weighted_index(column.head(3), rng) == 2);
    CHECK(weighted_index(row, rng) == 0);
  }

  TEST_CASE("weighted_index refuses weights that are none") {
    std::mt19937_64 rng(19);
    const auto draw = [&](std::vector<double> weights) {
      return weighted_index(weights, rng);
    };
    CHECK_THROWS_WITH_AS(draw({1.0, -2.5}), "weighted_index: weight 1 is -2.5",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(draw({not_a_number, 1.0}),
                         "weighted_index: weight 0 is nan",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(draw({1.0, infinity}),
                         "weighted_index: need a finite positive sum of "
                         "weights, got inf",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(draw({1.0, 2.0, -infinity}),
                         "weighted_index: weight 2 is -inf",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(draw({0.0, 0.0}),
                         "weighted_index: need a finite positive sum of "
                         "weights, got 0",
                         std::invalid_argument);
    CHECK_THROWS_AS(draw({}), std::invalid_argument);
    CHECK_THROWS_AS(draw({1e308, 1e308}), std::invalid_argument);
  }

  TEST_CASE("shuffle gives all orders of four equally often") {
    const int draws = 24'000;
    std::map<std::array<int, 4>, int> counts;
    std::mt19937_64 rng(20);
    for (int i = 0; i < draws; ++i) {
      std::array<int, 4> items{0, 1, 2, 3};
      shuffle(items, rng);
      ++counts[items];
    }
    CHECK(counts.size() == 24);
    std::vector<int> observed;
    for (const auto& [order, count] : counts) observed.push_back(count);
    CHECK(chi_square(observed, std::vector<double>(24, 1000)) < 72.10);
  }

  TEST_CASE("swapping each item with any other is not uniform") {
    // The usual mistake: 4^4 equally likely paths do not divide by 24 orders.
    std::map<std::array<int, 4>, int> counts;
    std::mt19937_64 rng(21);
    for (int i = 0; i < 24'000; ++i) {
      std::array<int, 4> items{0, 1, 2, 3};
      for (auto& item : items) {
        std::swap(item, items[static_cast<std::size_t>(uniform_index(4, rng))]);
      }
      ++counts[items];
    }
    std::vector<int> observed;
    for (const auto& [order, count] : counts) observed.push_back(count);
    CHECK(chi_square(observed, std::vector<double>(24, 1000)) > 5 * 72.10);
  }

  TEST_CASE("shuffle keeps the items and takes any container") {
    std::mt19937_64 rng(22);
    std::vector<bool> flags{true, false, true, true, false};
    shuffle(flags, rng);
    CHECK(std::count(flags.begin(), flags.end(), true) == 3);
    Eigen::VectorXd vector{{3.0, 1.0, 2.0, 5.0}};
    shuffle(vector, rng);
    CHECK(std::set<double>(vector.begin(), vector.end()) ==
          std::set<double>{1.0, 2.0, 3.0, 5.0});
    int plain[] = {1, 2, 3};
    shuffle(plain, rng);
    CHECK(plain[0] + plain[1] + plain[2] == 6);
    std::vector<int> empty, single{7};
    Script64 unused{{0}};
    shuffle(empty, unused);
    shuffle(single, unused);
    CHECK(single == std::vector<int>{7});
    CHECK(unused.calls == 0);
  }

  TEST_CASE("permutation holds every number once") {
    std::mt19937_64 rng(23);
    for (const std::ptrdiff_t n : {0, 1, 2, 100}) {
      auto order = permutation(n, rng);
      std::sort(order.begin(), order.end());
      CHECK(static_cast<std::ptrdiff_t>(order.size()) == n);
      for (std::ptrdiff_t i = 0; i < n; ++i) {
        CHECK(order[static_cast<std::size_t>(i)] == i);
      }
    }
    CHECK_THROWS_WITH_AS(permutation(-1, rng),
                         "permutation: need n >= 0, got n = -1",
                         std::invalid_argument);
  }
}
