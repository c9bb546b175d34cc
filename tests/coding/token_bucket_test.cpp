// Verifies the claims of questions/coding/token_bucket.md.
#include <whiteboard/coding/token_bucket.hpp>
#include <whiteboard/core/random.hpp>

#include <support/claims.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::TokenBucket;

namespace {

struct Request {
  double time, cost;
};

/// Bursts, pauses and costs of 0 to 2. All times are multiples of 1/16 and all
/// costs of 1/8: with rates that are powers of two every sum below is exact.
std::vector<Request> schedule(std::mt19937_64& rng) {
  std::vector<Request> requests;
  double now = static_cast<double>(uniform_index(1000, rng));
  for (int i = 0; i < 25; ++i) {
    const std::ptrdiff_t kind = uniform_index(4, rng);
    if (kind == 1) now += static_cast<double>(uniform_index(8, rng)) / 16.0;
    if (kind == 2) now += static_cast<double>(uniform_index(160, rng)) / 16.0;
    requests.push_back({now, static_cast<double>(uniform_index(17, rng)) / 8});
  }
  return requests;
}

/// Eq. (2) for all intervals that end at the last of `accepted`, and none but
/// those that begin at a request need to be looked at.
bool within_bound(const std::vector<Request>& accepted, double rate,
                  double burst) {
  double cost = 0.0;
  for (std::size_t i = accepted.size(); i-- > 0;) {
    cost += accepted[i].cost;
    const double interval = accepted.back().time - accepted[i].time;
    if (!(cost <= burst + rate * interval)) return false;
  }
  return true;
}

constexpr double kRates[] = {0.25, 0.5, 1.0, 2.0, 4.0};
constexpr double kBursts[] = {0.5, 1.0, 1.5, 4.0, 10.0};

/// Calls judge(bucket, accepted, request, rate, burst) for each request of
/// 10,000 schedules.
template <class Judge>
void run_schedules(std::uint64_t seed, const Judge& judge) {
  std::mt19937_64 rng(seed);
  for (int trial = 0; trial < 10000; ++trial) {
    const double rate = kRates[uniform_index(5, rng)];
    const double burst = kBursts[uniform_index(5, rng)];
    TokenBucket bucket(rate, burst);
    std::vector<Request> accepted;
    for (const Request& request : schedule(rng)) {
      judge(bucket, accepted, request, rate, burst);
    }
  }
}

/// What the bucket replaces: a counter that is reset on the minute.
class FixedWindow {
 public:
  explicit FixedWindow(int limit) : limit_(limit) {}
  bool allow(double now) {
    const double minute = std::floor(now / 60.0);
    if (minute != minute_) count_ = 0;
    minute_ = minute;
    return ++count_ <= limit_;
  }

 private:
  int limit_, count_ = 0;
  double minute_ = -1.0;
};

/// How many of `requests` requests at one moment pass.
template <class Limiter>
int passed(Limiter& limiter, double now, int requests) {
  int count = 0;
  for (int i = 0; i < requests; ++i) count += limiter.allow(now) ? 1 : 0;
  return count;
}

}  // namespace

TEST_SUITE("coding/token_bucket") {
  TEST_CASE("every_interval_is_bounded") {
    int broken = 0, passes = 0, refusals = 0;
    run_schedules(0, [&](TokenBucket& bucket, std::vector<Request>& accepted,
                         const Request& request, double rate, double burst) {
      if (!bucket.allow(request.time, request.cost)) {
        ++refusals;
        return;
      }
      ++passes;
      accepted.push_back(request);
      if (!within_bound(accepted, rate, burst)) ++broken;
    });
    CHECK(broken == 0);
    CHECK(passes > 50000);
    CHECK(refusals > 50000);
    EVIDENCE("share that passed", passes / static_cast<double>(250000));
  }

  TEST_CASE("nothing_else_is_refused") {
    int different = 0, decisions = 0;
    run_schedules(1, [&](TokenBucket& bucket, std::vector<Request>& accepted,
                         const Request& request, double rate, double burst) {
      const bool allowed = bucket.allow(request.time, request.cost);
      accepted.push_back(request);
      const bool fits = within_bound(accepted, rate, burst);
      if (!fits) accepted.pop_back();
      if (allowed != fits) ++different;
      ++decisions;
    });
    CHECK(decisions == 250000);
    CHECK(different == 0);
  }

  TEST_CASE("idle_time_buys_one_burst") {
    for (const double idle : {10.0, 1e4, 1e9, 1e15}) {
      CAPTURE(idle);
      TokenBucket bucket(2.0, 5.0);
      CHECK(passed(bucket, 0.0, 100) == 5);
      CHECK(passed(bucket, idle, 100) == 5);
      CHECK(passed(bucket, idle, 100) == 0);
    }
  }

  TEST_CASE("overload_gets_the_rate") {
    for (const double rate : {0.3, 1.0, 7.0, 1000.0}) {
      CAPTURE(rate);
      TokenBucket bucket(rate, 5.0);
      // 10,000 requests, each of which brings 0.37 of a token.
      const double spacing = 0.37 / rate;
      int accepted = 0;
      for (int i = 0; i < 10000; ++i) {
        accepted += bucket.allow(1e6 + i * spacing) ? 1 : 0;
      }
      const double measured = accepted / (10000 * spacing);
      EVIDENCE("accepted rate over the rate", measured / rate);
      CHECK(close(measured, rate, {.rel = 0.01}));
    }
  }

  TEST_CASE("a_fixed_window_lets_twice_the_limit_through") {
    FixedWindow window(100);
    CHECK(passed(window, 59.5, 150) + passed(window, 60.4, 150) == 200);

    TokenBucket bucket(100.0 / 60.0, 100.0);
    // 100 + 0.9 * 100 / 60 = 101.5
    CHECK(passed(bucket, 59.5, 150) + passed(bucket, 60.4, 150) == 101);
  }

  TEST_CASE("a_clock_that_steps_back_grants_and_blocks_nothing") {
    TokenBucket bucket(1.0, 2.0);
    CHECK(passed(bucket, 1000.0, 3) == 2);
    CHECK(passed(bucket, 0.0, 3) == 0);  // an hour back grants nothing
    CHECK(passed(bucket, 0.5, 3) == 0);
    CHECK(passed(bucket, 1.0, 3) == 1);  // one second after the step
    CHECK(passed(bucket, 100.0, 3) == 2);

    TokenBucket full(1.0, 2.0);  // nor does it take what is there
    CHECK(full.allow(1000.0, 0.5));
    CHECK(full.allow(0.0, 1.5));
    CHECK_FALSE(full.allow(0.0, 0.125));
  }

  TEST_CASE("more_than_the_burst_never_passes") {
    TokenBucket bucket(10.0, 3.0);
    for (int hour = 0; hour < 100; ++hour) {
      CHECK_FALSE(bucket.allow(3600.0 * hour, 3.25));
    }
    // It took nothing; and what costs nothing passes in any state.
    CHECK(bucket.allow(3600.0 * 99, 3.0));
    CHECK(bucket.allow(3600.0 * 99, 0.0));
    CHECK_FALSE(bucket.allow(3600.0 * 99, 0.125));
  }
}

TEST_SUITE("coding/token_bucket extra") {
  TEST_CASE("the example") {
    TokenBucket bucket(1.0, 2.0);
    CHECK(bucket.allow(0.0));
    CHECK(bucket.allow(0.0));
    CHECK_FALSE(bucket.allow(0.0));
    CHECK(bucket.allow(1.0));
    CHECK_FALSE(bucket.allow(1.0));
  }

  TEST_CASE("any first moment finds it full") {
    for (const double start : {-1e9, 0.0, 1.7e9}) {
      TokenBucket bucket(1.0, 2.5);
      CHECK(passed(bucket, start, 10) == 2);
      CHECK(bucket.allow(start, 0.5));
    }
  }

  TEST_CASE("arguments that break the contract are refused") {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    CHECK_THROWS_WITH(TokenBucket(0.0, 1.0),
                      "TokenBucket: need a finite rate > 0, got 0");
    CHECK_THROWS_WITH(TokenBucket(1.0, -2.0),
                      "TokenBucket: need a finite burst > 0, got -2");
    CHECK_THROWS_AS(TokenBucket(infinity, 1.0), std::invalid_argument);
    CHECK_THROWS_AS(TokenBucket(std::nan(""), 1.0), std::invalid_argument);
    CHECK_THROWS_AS(TokenBucket(1.0, 0.0), std::invalid_argument);
    CHECK_THROWS_AS(TokenBucket(1.0, infinity), std::invalid_argument);
    TokenBucket bucket(1.0, 1.0);
    CHECK_THROWS_WITH(bucket.allow(0.0, -0.5),
                      "TokenBucket: need a finite cost >= 0, got -0.5");
    CHECK_THROWS_WITH(bucket.allow(infinity), "TokenBucket: the time is inf");
    CHECK_THROWS_AS(bucket.allow(std::nan("")), std::invalid_argument);
    CHECK_THROWS_AS(bucket.allow(0.0, infinity), std::invalid_argument);
    CHECK_THROWS_AS(bucket.allow(0.0, std::nan("")), std::invalid_argument);
    CHECK(bucket.allow(0.0));  // what was refused changed nothing
  }
}
