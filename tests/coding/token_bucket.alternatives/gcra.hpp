// GCRA: instead of tokens, the time at which the bucket will be full again.
#pragma once

#include <whiteboard/core/require.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace whiteboard::coding {

class TokenBucket {
 public:
  TokenBucket(double rate_per_second, double burst)
      : rate_(rate_per_second), burst_(burst) {
    require(rate_ > 0.0 && std::isfinite(rate_),
            "TokenBucket: need a finite rate > 0, got ", rate_);
    require(burst_ > 0.0 && std::isfinite(burst_),
            "TokenBucket: need a finite burst > 0, got ", burst_);
  }

  bool allow(double now_seconds, double cost = 1.0) {
    require(std::isfinite(now_seconds), "TokenBucket: the time is ",
            now_seconds);
    require(cost >= 0.0 && std::isfinite(cost),
            "TokenBucket: need a finite cost >= 0, got ", cost);
    if (now_seconds < last_) full_at_ -= last_ - now_seconds;
    last_ = now_seconds;
    const double next = std::max(full_at_, now_seconds) + cost / rate_;
    if (next - now_seconds > burst_ / rate_) return false;
    full_at_ = next;
    return true;
  }

 private:
  double rate_, burst_;
  double last_ = -std::numeric_limits<double>::infinity();
  double full_at_ = -std::numeric_limits<double>::infinity();
};

}  // namespace whiteboard::coding
