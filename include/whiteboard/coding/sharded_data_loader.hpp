// Question:    Shuffle and shard a data set across workers, epoch by epoch.
// Answer:      questions/coding/sharded_data_loader.md (equation numbers are its own)
// Method:      one permutation from (seed, epoch), the same on every worker;
//              each takes every workers-th entry; and a buffer that shuffles a
//              stream as far as it reaches
// Time:        O(n) per epoch; O(1) per item of a stream
// Memory:      O(n); O(capacity) for a stream
// References:  [1] Abadi et al., TensorFlow: a system for large-scale machine
//                  learning, OSDI 2016
//              [2] Recht and Re, Toward a noncommutative arithmetic-geometric
//                  mean inequality, COLT 2012
// Symbols:     n  rows, W  workers, B  capacity of the buffer
#pragma once

#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <utility>
#include <vector>

namespace whiteboard::coding {

/// The rows that worker `rank` of `workers` visits in `epoch`, in order. All
/// workers get equally many: the shuffled list is filled up from its start, or
/// with `drop_last` cut, to a multiple of `workers`. Throws
/// std::invalid_argument unless workers >= 1 and rank < workers.
///
///     shard_indices(5, 2, 0, seed, epoch, false)  // 3 of the rows 0, ..., 4
inline std::vector<std::size_t> shard_indices(
    std::size_t n, std::size_t workers, std::size_t rank, std::uint64_t seed,
    std::uint64_t epoch, bool drop_last) {
  require(workers >= 1, "shard_indices: need workers >= 1, got 0");
  require(rank < workers,
          "shard_indices: need rank < workers, got rank = ", rank,
          ", workers = ", workers);
  // solution:begin
  // Both numbers seed all of the engine's state; seed + epoch would make epoch
  // 1 of seed 0 the same as epoch 0 of seed 1.
  std::seed_seq sequence{seed & 0xFFFFFFFFu, seed >> 32, epoch & 0xFFFFFFFFu,
                         epoch >> 32};
  std::mt19937_64 rng(sequence);
  const auto order = permutation(static_cast<std::ptrdiff_t>(n), rng);
  const std::size_t each =
      drop_last ? n / workers : (n + workers - 1) / workers;
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < each; ++i) {
    // Fewer rows than workers: the list may have to go round several times.
    rows.push_back(static_cast<std::size_t>(order[(i * workers + rank) % n]));
  }
  return rows;
  // solution:end
}

/// Shuffles a stream within reach of `capacity` items. push() returns the item
/// that comes out, or nothing while the buffer fills; pop() empties it at the
/// end. An item comes out at most capacity - 1 places early, and any number of
/// places late. Throws std::invalid_argument when the capacity is 0.
template <class T>
class ShuffleBuffer {
 public:
  ShuffleBuffer(std::size_t capacity, std::uint64_t seed) {
    require(capacity >= 1, "ShuffleBuffer: need capacity >= 1, got 0");
    // solution:begin
    capacity_ = capacity;
    rng_.seed(seed);
    // solution:end
  }

  std::optional<T> push(T item) {
    // solution:begin
    items_.push_back(std::move(item));
    if (items_.size() < capacity_) return std::nullopt;
    return pop();
    // solution:end
  }

  /// A random one of those left, or nothing.
  std::optional<T> pop() {
    // solution:begin
    if (items_.empty()) return std::nullopt;
    const auto at = static_cast<std::size_t>(
        uniform_index(static_cast<std::ptrdiff_t>(items_.size()), rng_));
    std::swap(items_[at], items_.back());
    std::optional<T> item = std::move(items_.back());
    items_.pop_back();
    return item;
    // solution:end
  }

 private:
  // solution:begin
  std::size_t capacity_;
  std::mt19937_64 rng_;
  std::vector<T> items_;
  // solution:end
};

}  // namespace whiteboard::coding
