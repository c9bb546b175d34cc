// Question:    Compute NDCG@k.
// Answer:      questions/coding/ndcg.md (equation numbers are its own)
// Method:      discounted gain of the first k, over that of the best k of all
//              documents that were judged
// Time:        O(m log k) for m judged documents
// Memory:      O(m)
// References:  [1] Jarvelin and Kekalainen, Cumulated gain-based evaluation of
//                  IR techniques, ACM Transactions on Information Systems
//                  20(4), 2002
//              [2] Burges, From RankNet to LambdaRank to LambdaMART: an
//                  overview, MSR-TR-2010-82, 2010
// Symbols:     ranked_relevance       n      gains, best-ranked first
//              unretrieved_relevance  m - n  gains of what the list missed
//              k                             ranks that count
#pragma once

#include <whiteboard/core/require.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace whiteboard::coding {

// solution:begin
/// Discounted sum of the first k gains, Eq. (1).
inline double discounted_gain(std::span<const double> gains, std::size_t k) {
  double sum = 0.0;
  for (std::size_t i = 0; i < std::min(k, gains.size()); ++i) {
    sum += gains[i] / std::log2(static_cast<double>(i + 2));  // rank i + 1
  }
  return sum;
}
// solution:end

/// Normalised discounted cumulative gain at k, Eq. (2), in [0, 1]. The gain is
/// the relevance itself. Documents that were judged but not retrieved count in
/// the ideal order only. 0 when no document is relevant.
///
/// Throws std::invalid_argument when k is 0, when a relevance is negative, NaN
/// or infinite, and when the ideal gain overflows.
///
///     const std::vector<double> relevance{3, 2, 3, 0, 1, 2};
///     ndcg(relevance, 6);  // 0.9608
inline double ndcg(std::span<const double> ranked_relevance, std::size_t k,
                   std::span<const double> unretrieved_relevance = {}) {
  // solution:begin
  require(k >= 1, "ndcg: need k >= 1, got k = ", k);
  std::vector<double> ideal(ranked_relevance.begin(), ranked_relevance.end());
  ideal.insert(ideal.end(), unretrieved_relevance.begin(),
               unretrieved_relevance.end());
  for (const double relevance : ideal) {
    require(relevance >= 0.0 && std::isfinite(relevance),
            "ndcg: need finite relevances >= 0, got ", relevance);
  }

  // All of them compete for the first k places, so sort before cutting.
  const std::size_t depth = std::min(k, ideal.size());
  std::partial_sort(ideal.begin(),
                    ideal.begin() + static_cast<std::ptrdiff_t>(depth),
                    ideal.end(), std::greater<>());
  const double best = discounted_gain(ideal, k);
  require(std::isfinite(best), "ndcg: the ideal gain overflows");
  return best > 0.0 ? discounted_gain(ranked_relevance, k) / best : 0.0;
  // solution:end
}

}  // namespace whiteboard::coding
