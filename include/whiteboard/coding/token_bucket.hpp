// Question:    Implement a token-bucket rate limiter.
// Answer:      questions/coding/token_bucket.md (equation numbers are its own)
// Method:      refill when asked, from the time since the last call; cap; take
// Time:        O(1)
// Memory:      O(1), three numbers and the last time
// Numerics:    tokens are fractions; what falls on a boundary to the last bit
//              may be refused
// References:  [1] Turner, New directions in communications (or which way to
//                  the information age?), IEEE Communications Magazine
//                  24(10), 1986
// Symbols:     r  tokens per second, b  burst, the most tokens that are held
#pragma once

#include <whiteboard/core/require.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace whiteboard::coding {

/// Lets through, in every interval of T seconds, at most `burst` plus
/// `rate_per_second` times T of cost, and refuses nothing else. Full at first.
/// Throws std::invalid_argument unless both are positive and finite.
///
///     TokenBucket bucket(1.0, 2.0);
///     bucket.allow(0.0), bucket.allow(0.0);  // true, true
///     bucket.allow(0.0), bucket.allow(1.0);  // false, true
class TokenBucket {
 public:
  TokenBucket(double rate_per_second, double burst) {
    require(rate_per_second > 0.0 && std::isfinite(rate_per_second),
            "TokenBucket: need a finite rate > 0, got ", rate_per_second);
    require(burst > 0.0 && std::isfinite(burst),
            "TokenBucket: need a finite burst > 0, got ", burst);
    // solution:begin
    rate_ = rate_per_second;
    burst_ = burst;
    // solution:end
  }

  /// May a request of this cost pass now? A refused one takes nothing. When
  /// the clock goes back no time has passed, and time runs on from there.
  /// Throws std::invalid_argument unless the time is finite and the cost is
  /// finite and not negative.
  bool allow(double now_seconds, double cost = 1.0) {
    require(std::isfinite(now_seconds), "TokenBucket: the time is ",
            now_seconds);
    require(cost >= 0.0 && std::isfinite(cost),
            "TokenBucket: need a finite cost >= 0, got ", cost);
    // solution:begin
    const double elapsed = std::max(0.0, now_seconds - last_);
    last_ = now_seconds;
    tokens_ = std::min(burst_, tokens_ + rate_ * elapsed);  // Eq. (1)
    if (cost > tokens_) return false;
    tokens_ -= cost;
    return true;
    // solution:end
  }

 private:
  // solution:begin
  double rate_, burst_;
  double tokens_ = 0.0;
  double last_ = -std::numeric_limits<double>::infinity();  // so it fills up
  // solution:end
};

}  // namespace whiteboard::coding
