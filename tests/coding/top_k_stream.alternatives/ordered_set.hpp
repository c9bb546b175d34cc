// A balanced tree of the k best instead of a heap.
#pragma once

#include <whiteboard/core/require.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <utility>
#include <vector>

namespace whiteboard::coding {

using TopKItem = std::pair<double, std::uint64_t>;

inline std::vector<TopKItem> top_k_stream(std::span<const TopKItem> scored,
                                          std::size_t k) {
  require(k >= 1, "top_k_stream: need k >= 1, got 0");
  std::multiset<TopKItem> best;  // (-score, id): ascending is best first
  for (const auto& [score, id] : scored) {
    require(!std::isnan(score), "top_k_stream: the score of id ", id,
            " is nan");
    best.insert({-score, id});
    if (best.size() > k) best.erase(std::prev(best.end()));
  }
  std::vector<TopKItem> result;
  for (const auto& [negated, id] : best) result.emplace_back(-negated, id);
  return result;
}

inline std::vector<TopKItem> top_k_buffered(std::span<const TopKItem> scored,
                                            std::size_t k) {
  require(k >= 1, "top_k_buffered: need k >= 1, got 0");
  for (const auto& [score, id] : scored) {
    require(!std::isnan(score), "top_k_buffered: the score of id ", id,
            " is nan");
  }
  return top_k_stream(scored, k);
}

}  // namespace whiteboard::coding
