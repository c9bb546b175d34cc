// Question:    Moving average over the last k values of a stream.
// Answer:      questions/coding/moving_average.md (equation numbers are its own)
// Method:      ring buffer whose old part holds suffix sums: the window's sum
//              is a suffix plus a prefix, and nothing is ever subtracted
// Time:        O(1) amortised per value; one push in k costs O(k)
// Memory:      O(k), the buffer alone
// Numerics:    a sum of k terms: error at most k eps / 2 times the mean of |x|
//              in the window, however long the stream
// References:  [1] Tangwongsan, Hirzel, Schneider and Wu, General incremental
//                  sliding-window aggregation, PVLDB 8(7), 2015
// Symbols:     k  size of the window
//              x  values, the last k of which count
//              s  suffix sums of the last full block, Eq. (2)
#pragma once

#include <whiteboard/core/require.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace whiteboard::coding {

/// The mean of the last `window` values of a stream, or of all as long as there
/// are fewer.
///
///     MovingAverage average(3);
///     average.push(1.0);   // 1
///     average.push(10.0);  // 5.5
///     average.push(3.0);   // 4.6667
///     average.push(5.0);   // 6
class MovingAverage {
 public:
  /// Throws std::invalid_argument unless window >= 1.
  explicit MovingAverage(std::size_t window) {
    // solution:begin
    require(window >= 1, "MovingAverage: need window >= 1, got ", window);
    values_.resize(window);
    // solution:end
  }

  /// Adds a value and returns the mean. A NaN or an infinity counts like any
  /// value as long as it is in the window, and leaves no trace after that. The
  /// sum of the window must not overflow.
  double push(double x) {
    // solution:begin
    values_[next_] = x;
    newer_ += x;
    ++next_;
    count_ = std::min(count_ + 1, values_.size());
    const double older = next_ < values_.size() ? values_[next_] : 0.0;
    const double sum = older + newer_;  // Eq. (3)
    if (next_ == values_.size()) start_block();
    return sum / static_cast<double>(count_);
    // solution:end
  }

  // solution:begin
 private:
  /// The block is full: its values give way to their suffix sums, Eq. (2).
  void start_block() {
    for (std::size_t i = values_.size() - 1; i > 0; --i) {
      values_[i - 1] += values_[i];
    }
    newer_ = 0.0;
    next_ = 0;
  }

  std::vector<double> values_;  // before next_: values; from there on: suffixes
  std::size_t next_ = 0;
  std::size_t count_ = 0;  // values in the window
  double newer_ = 0.0;     // sum of values_[0] to values_[next_ - 1]
  // solution:end
};

}  // namespace whiteboard::coding
