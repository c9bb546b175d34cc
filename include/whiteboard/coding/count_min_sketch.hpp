// Question:    Estimate frequencies with a count-min sketch.
// Answer:      questions/coding/count_min_sketch.md (equation numbers are its own)
// Method:      each row adds a key's count to one counter of its own hash; the
//              estimate is the least of these counters
// Time:        O(depth) per operation
// Memory:      width * depth counters, whatever the number of keys
// References:  [1] Cormode and Muthukrishnan, An improved data stream summary:
//                  the count-min sketch and its applications, Journal of
//                  Algorithms 55(1), 2005
//              [2] Estan and Varghese, New directions in traffic measurement
//                  and accounting, SIGCOMM 2002 (conservative update)
// Symbols:     N  sum of all counts
//              epsilon, delta  an estimate is above the truth by more than
//                  epsilon N with probability at most delta
#pragma once

#include <whiteboard/core/require.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <vector>

namespace whiteboard::coding {

/// A hash of `key` for each `row`, well mixed (MurmurHash3's finaliser).
inline std::uint64_t sketch_hash(std::uint64_t key, std::uint64_t row) {
  std::uint64_t x = key + (row + 1) * 0x9E3779B97F4A7C15u;
  x = (x ^ x >> 33) * 0xFF51AFD7ED558CCDu;
  x = (x ^ x >> 33) * 0xC4CEB9FE1A85EC53u;
  return x ^ x >> 33;
}

/// Counts of keys, never too low, in ceil(ln(1 / delta)) rows of
/// ceil(e / epsilon) counters. Throws std::invalid_argument unless epsilon and
/// delta lie between 0 and 1.
///
///     CountMinSketch sketch(0.01, 0.01);  // 5 rows of 272
///     sketch.add(42, 3);
///     sketch.estimate(42);                // at least 3
class CountMinSketch {
 public:
  CountMinSketch(double epsilon, double delta) {
    require(epsilon > 0.0 && epsilon < 1.0,
            "CountMinSketch: need 0 < epsilon < 1, got ", epsilon);
    require(delta > 0.0 && delta < 1.0,
            "CountMinSketch: need 0 < delta < 1, got ", delta);
    // solution:begin
    width_ = static_cast<std::size_t>(std::ceil(std::numbers::e / epsilon));
    depth_ = static_cast<std::size_t>(std::ceil(std::log(1.0 / delta)));
    counters_.assign(width_ * depth_, 0);
    // solution:end
  }

  void add(std::uint64_t key, std::uint64_t count = 1) {
    // solution:begin
    for (std::size_t row = 0; row < depth_; ++row) {
      counters_[cell(key, row)] += count;
    }
    // solution:end
  }

  /// add() that raises no counter above what the key is now known to need.
  /// Estimates stay upper bounds and are never above add()'s, but a sketch
  /// filled this way must not be merged.
  void add_conservatively(std::uint64_t key, std::uint64_t count = 1) {
    // solution:begin
    const std::uint64_t enough = estimate(key) + count;
    for (std::size_t row = 0; row < depth_; ++row) {
      std::uint64_t& counter = counters_[cell(key, row)];
      counter = std::max(counter, enough);
    }
    // solution:end
  }

  /// At least the sum of the counts that were added for `key`.
  std::uint64_t estimate(std::uint64_t key) const {
    // solution:begin
    std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
    for (std::size_t row = 0; row < depth_; ++row) {
      least = std::min(least, counters_[cell(key, row)]);
    }
    return least;
    // solution:end
  }

  /// Becomes the sketch of both streams. Throws std::invalid_argument unless
  /// both have the same width and depth.
  void merge(const CountMinSketch& other) {
    require(width() == other.width() && depth() == other.depth(),
            "CountMinSketch: cannot merge ", depth(), " rows of ", width(),
            " with ", other.depth(), " of ", other.width());
    // solution:begin
    for (std::size_t i = 0; i < counters_.size(); ++i) {
      counters_[i] += other.counters_[i];
    }
    // solution:end
  }

  std::size_t width() const {
    // solution:begin
    return width_;
    // solution:end
  }
  std::size_t depth() const {
    // solution:begin
    return depth_;
    // solution:end
  }
  bool operator==(const CountMinSketch&) const = default;

 private:
  // solution:begin
  std::size_t cell(std::uint64_t key, std::size_t row) const {
    return row * width_ + sketch_hash(key, row) % width_;
  }

  std::size_t width_, depth_;
  std::vector<std::uint64_t> counters_;  // row after row
  // solution:end
};

}  // namespace whiteboard::coding
