// Different: lists the ranks of the hits first; the j-th of them, at rank r,
// has precision j / r.
#pragma once

#include <whiteboard/core/require.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace whiteboard::coding {

inline double mean_average_precision(
    std::span<const std::vector<int>> hits_per_query,
    std::span<const int> relevant_per_query, std::size_t k) {
  const std::size_t queries = hits_per_query.size();
  require(queries == relevant_per_query.size(),
          "mean_average_precision: ", queries, " lists, but ",
          relevant_per_query.size(), " counts of relevant documents");
  require(queries > 0, "mean_average_precision: need at least one query");
  require(k > 0, "mean_average_precision: need k >= 1, got k = ", k);
  double mean = 0.0;
  for (std::size_t q = 0; q < queries; ++q) {
    std::vector<std::size_t> ranks;
    for (std::size_t i = 0; i < hits_per_query[q].size(); ++i) {
      const int hit = hits_per_query[q][i];
      require(hit == 0 || hit == 1,
              "mean_average_precision: need hits of 0 or 1, got ", hit);
      if (hit == 1) ranks.push_back(i + 1);
    }
    const int relevant = relevant_per_query[q];
    require(relevant >= 0 && ranks.size() <= static_cast<std::size_t>(relevant),
            "mean_average_precision: ", ranks.size(), " hits, but ", relevant,
            " relevant documents");
    if (relevant == 0) continue;
    const auto possible = static_cast<double>(
        std::min<std::size_t>(k, static_cast<std::size_t>(relevant)));
    for (std::size_t j = 0; j < ranks.size() && ranks[j] <= k; ++j) {
      mean += static_cast<double>(j + 1) / static_cast<double>(ranks[j]) /
              possible / static_cast<double>(queries);
    }
  }
  return mean;
}

}  // namespace whiteboard::coding
