// Question:    Maintain mean and variance over a stream and merge two streams.
// Answer:      questions/coding/streaming_statistics.md (equation numbers are its own)
// Method:      Welford's update of mean and sum of squared deviations; the
//              merge of Chan, Golub and LeVeque; for an array, two passes
//              over each block and a merge of the blocks
// Time:        O(1) per value and per merge
// Memory:      O(1)
// Numerics:    relative error of the variance about n k eps with
//              k = sqrt(1 + mean^2 / variance); sums of squares have k^2
// References:  [1] Welford, Note on a method for calculating corrected sums of
//                  squares and products, Technometrics 4(3), 1962
//              [2] Chan, Golub and LeVeque, Algorithms for computing the
//                  sample variance, The American Statistician 37(3), 1983
// Symbols:     n  values so far
//              m  their mean, Eq. (1)
//              S  their sum of squared deviations from m, Eq. (1)
#pragma once

#include <whiteboard/core/require.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
#include <span>

namespace whiteboard::coding {

/// Mean and sample variance of the values pushed so far, none of them stored.
///
/// A NaN makes both NaN for ever. An infinity, or a difference of two values
/// that overflows, leaves a variance that is not finite.
///
///     StreamingStatistics s;
///     for (const double x : {4.0, 7.0, 13.0, 16.0}) s.push(x);
///     s.mean();      // 10
///     s.variance();  // 30
class StreamingStatistics {
 public:
  /// Adds one value.
  void push(double x) {
    // solution:begin
    ++count_;
    const double before = x - mean_;
    mean_ += before / static_cast<double>(count_);  // Eq. (2)
    squares_ += before * (x - mean_);               // Eq. (3): one old, one new
    // solution:end
  }

  /// Adds all values of another stream, as if they had been pushed here.
  void merge(const StreamingStatistics& other) {
    // solution:begin
    if (other.count_ == 0) return;
    if (count_ == 0) {
      *this = other;
      return;
    }
    const auto here = static_cast<double>(count_);
    const auto there = static_cast<double>(other.count_);
    const double delta = other.mean_ - mean_;
    mean_ += delta * (there / (here + there));
    squares_ += other.squares_ +
                delta * delta * (here * there / (here + there));  // Eq. (4)
    count_ += other.count_;
    // solution:end
  }

  /// Values so far, merged ones included.
  std::size_t count() const {
    // solution:begin
    return count_;
    // solution:end
  }

  /// Throws std::invalid_argument before the first value.
  double mean() const {
    // solution:begin
    require(count_ >= 1, "mean: need a value, got 0");
    return mean_;
    // solution:end
  }

  /// The sample variance, S / (n - 1). Throws std::invalid_argument before the
  /// second value.
  double variance() const {
    // solution:begin
    require(count_ >= 2, "variance: need 2 values, got ", count_);
    return squares_ / static_cast<double>(count_ - 1);
    // solution:end
  }

  /// The statistics of all of `values`, as if pushed one by one, only faster.
  /// The sum of any 1,024 neighbours must not overflow.
  static StreamingStatistics of(std::span<const double> values) {
    // solution:begin
    StreamingStatistics all;
    while (!values.empty()) {
      const std::size_t size = std::min<std::size_t>(values.size(), 1024);
      all.merge(of_block(values.first(size)));
      values = values.subspan(size);
    }
    return all;
    // solution:end
  }

  // solution:begin
 private:
  /// Sum of term(x). Sixteen sums side by side: consecutive additions do not
  /// wait for each other, and the compiler may use whole vectors.
  template <class Term>
  static double sum_of(std::span<const double> block, const Term& term) {
    std::array<double, 16> lanes{};
    std::size_t i = 0;
    for (; i + lanes.size() <= block.size(); i += lanes.size()) {
      for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
        lanes[lane] += term(block[i + lane]);
      }
    }
    for (; i < block.size(); ++i) lanes[0] += term(block[i]);
    return std::accumulate(lanes.begin(), lanes.end(), 0.0);
  }

  /// Eq. (1) as it stands. A block stays in the cache: its second pass is free.
  static StreamingStatistics of_block(std::span<const double> block) {
    StreamingStatistics s;
    s.count_ = block.size();
    s.mean_ = sum_of(block, [](double x) { return x; }) /
              static_cast<double>(s.count_);
    s.squares_ =
        sum_of(block, [&](double x) { return (x - s.mean_) * (x - s.mean_); });
    return s;
  }

  std::size_t count_ = 0;
  double mean_ = 0.0;
  double squares_ = 0.0;  // S, >= 0 unless a difference overflows
  // solution:end
};

}  // namespace whiteboard::coding
