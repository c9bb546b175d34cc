// Question:    Keep the k best-scoring items of a stream.
// Answer:      questions/coding/top_k_stream.md (equation numbers are its own)
// Method:      a heap of the k best so far with the worst of them on top;
//              second part: a buffer of 2k that is cut to k when it is full
// Time:        O(n log k) in the worst case, O(n + k log k log(n / k)) in
//              random order; the second part O(n + k log k) expected always
// Memory:      O(k)
// Numerics:    scores are only compared; NaN has no rank and is refused
// References:  [1] Knuth, The Art of Computer Programming 1, 3rd ed., 1997,
//                  section 1.2.10 (how often a running maximum changes)
// Symbols:     n  items seen
//              k  items kept
#pragma once

#include <whiteboard/core/require.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace whiteboard::coding {

using TopKItem = std::pair<double, std::uint64_t>;  ///< score, id

// solution:begin
/// A total order, so that the answer does not depend on that of the stream.
struct TopKBetter {
  bool operator()(const TopKItem& a, const TopKItem& b) const {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  }
};
// solution:end

/// The k items with the highest scores, best first; equal scores are ranked by
/// lower id. All items when there are fewer than k. One pass, O(k) memory.
/// Infinite scores are ranked as they are; throws std::invalid_argument on a
/// score of NaN and when k is 0.
inline std::vector<TopKItem> top_k_stream(std::span<const TopKItem> scored,
                                          std::size_t k) {
  require(k >= 1, "top_k_stream: need k >= 1, got 0");
  // solution:begin
  const TopKBetter better;
  std::vector<TopKItem> heap;  // its front is the worst of those kept
  for (const TopKItem& item : scored) {
    require(!std::isnan(item.first), "top_k_stream: the score of id ",
            item.second, " is nan");
    if (heap.size() == k) {
      if (!better(item, heap.front())) continue;
      std::pop_heap(heap.begin(), heap.end(), better);
      heap.pop_back();
    }
    heap.push_back(item);
    std::push_heap(heap.begin(), heap.end(), better);
  }
  std::sort_heap(heap.begin(), heap.end(), better);
  return heap;
  // solution:end
}

/// top_k_stream() in linear time for any order of the stream: survivors of the
/// threshold are collected, and every k of them pay for one selection.
inline std::vector<TopKItem> top_k_buffered(std::span<const TopKItem> scored,
                                            std::size_t k) {
  require(k >= 1, "top_k_buffered: need k >= 1, got 0");
  // solution:begin
  const TopKBetter better;
  k = std::min(k, std::max<std::size_t>(scored.size(), 1));
  std::vector<TopKItem> buffer;
  buffer.reserve(2 * k);
  double threshold = -std::numeric_limits<double>::infinity();
  for (const TopKItem& item : scored) {
    if (item.first < threshold) continue;  // never true for NaN
    require(!std::isnan(item.first), "top_k_buffered: the score of id ",
            item.second, " is nan");
    buffer.push_back(item);
    if (buffer.size() < 2 * k) continue;
    const auto last = buffer.begin() + static_cast<std::ptrdiff_t>(k) - 1;
    std::nth_element(buffer.begin(), last, buffer.end(), better);
    threshold = last->first;
    buffer.resize(k);
  }
  std::sort(buffer.begin(), buffer.end(), better);
  if (buffer.size() > k) buffer.resize(k);
  return buffer;
  // solution:end
}

}  // namespace whiteboard::coding
