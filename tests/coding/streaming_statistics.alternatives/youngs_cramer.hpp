// Keeps the sum instead of the mean (Youngs and Cramer), and feeds arrays to
// eight accumulators in turn, which are merged.
#pragma once

#include <whiteboard/core/require.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace whiteboard::coding {

class StreamingStatistics {
 public:
  void push(double x) {
    n_ += 1.0;
    sum_ += x;
    if (n_ > 1.0) {
      const double d = n_ * x - sum_;
      squares_ += d * d / (n_ * (n_ - 1.0));
    } else {
      squares_ += x - x;  // NaN and infinity must leave a trace
    }
  }

  void merge(const StreamingStatistics& other) {
    if (other.n_ == 0.0) return;
    if (n_ == 0.0) {
      *this = other;
      return;
    }
    const double d = other.sum_ / other.n_ - sum_ / n_;
    squares_ += other.squares_ + d * d / (1.0 / n_ + 1.0 / other.n_);
    sum_ += other.sum_;
    n_ += other.n_;
  }

  std::size_t count() const { return static_cast<std::size_t>(n_); }

  double mean() const {
    require(n_ >= 1.0, "mean: need a value, got 0");
    return sum_ / n_;
  }

  double variance() const {
    require(n_ >= 2.0, "variance: need 2 values, got ", n_);
    return squares_ / (n_ - 1.0);
  }

  static StreamingStatistics of(std::span<const double> values) {
    std::vector<StreamingStatistics> parts(8);
    std::size_t next = 0;
    for (const double x : values) parts[next++ % parts.size()].push(x);
    for (std::size_t i = 1; i < parts.size(); ++i) parts[0].merge(parts[i]);
    return parts[0];
  }

 private:
  double n_ = 0.0;
  double sum_ = 0.0;
  double squares_ = 0.0;
};

}  // namespace whiteboard::coding
