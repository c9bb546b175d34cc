// Question:    Compute MAP@k over queries.
// Answer:      questions/coding/mean_average_precision.md (equation numbers are its own)
// Method:      per query the precision at each hit, added up and divided by the
//              hits that were possible; then the mean over queries
// Time:        O(total length of the lists)
// Memory:      O(1)
// References:  [1] Manning, Raghavan and Schutze, Introduction to Information
//                  Retrieval, Cambridge University Press, 2008, section 8.4
// Symbols:     hits_per_query      q lists  1 where the document of that rank
//                                           is relevant, 0 where it is not
//              relevant_per_query  q        relevant documents that exist
//              k                            ranks that count
#pragma once

#include <whiteboard/core/require.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace whiteboard::coding {

// solution:begin
/// Average precision at k of one ranked list, Eq. (1).
inline double average_precision(std::span<const int> hits, int relevant,
                                std::size_t k) {
  int found = 0;
  double sum = 0.0;
  for (std::size_t i = 0; i < hits.size(); ++i) {
    require(hits[i] == 0 || hits[i] == 1,
            "mean_average_precision: need hits of 0 or 1, got ", hits[i]);
    if (hits[i] == 0) continue;
    ++found;
    if (i < k) sum += found / static_cast<double>(i + 1);
  }
  require(0 <= relevant && found <= relevant, "mean_average_precision: ", found,
          " hits, but ", relevant, " relevant documents");
  // What a perfect list would have found, not what this one did.
  const auto possible = std::min(static_cast<std::size_t>(relevant), k);
  return possible > 0 ? sum / static_cast<double>(possible) : 0.0;
}
// solution:end

/// Mean of the average precisions of the queries, Eq. (2). A query without
/// relevant documents scores 0.
///
/// Throws std::invalid_argument when there are no queries, when the two
/// lengths differ, when k is 0, when a hit is not 0 or 1, and when a list has
/// more hits than there are relevant documents.
///
///     const std::vector<std::vector<int>> hits{{1, 0, 1}};
///     mean_average_precision(hits, std::vector<int>{3}, 3);  // 0.5556
inline double mean_average_precision(
    std::span<const std::vector<int>> hits_per_query,
    std::span<const int> relevant_per_query, std::size_t k) {
  // solution:begin
  require(hits_per_query.size() == relevant_per_query.size(),
          "mean_average_precision: ", hits_per_query.size(), " lists, but ",
          relevant_per_query.size(), " counts of relevant documents");
  require(!hits_per_query.empty(),
          "mean_average_precision: need at least one query");
  require(k >= 1, "mean_average_precision: need k >= 1, got k = ", k);

  double sum = 0.0;
  for (std::size_t q = 0; q < hits_per_query.size(); ++q) {
    sum += average_precision(hits_per_query[q], relevant_per_query[q], k);
  }
  return sum / static_cast<double>(hits_per_query.size());
  // solution:end
}

}  // namespace whiteboard::coding
