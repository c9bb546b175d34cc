// Different: takes the best k documents from a heap, and never sorts; natural
// logarithms, whose base cancels.
#pragma once

#include <whiteboard/core/require.hpp>

#include <cmath>
#include <cstddef>
#include <queue>
#include <span>

namespace whiteboard::coding {

inline double ndcg(std::span<const double> ranked_relevance, std::size_t k,
                   std::span<const double> unretrieved_relevance = {}) {
  require(k > 0, "ndcg: need k >= 1, got k = 0");
  std::priority_queue<double> pool;
  for (const std::span<const double> part :
       {ranked_relevance, unretrieved_relevance}) {
    for (const double gain : part) {
      require(std::isfinite(gain) && gain >= 0.0,
              "ndcg: need finite relevances >= 0, got ", gain);
      pool.push(gain);
    }
  }
  double got = 0.0, best = 0.0;
  for (std::size_t rank = 1; rank <= k && !pool.empty(); ++rank) {
    const double discount = 1.0 / std::log(static_cast<double>(rank) + 1.0);
    if (rank <= ranked_relevance.size()) {
      got += ranked_relevance[rank - 1] * discount;
    }
    best += pool.top() * discount;
    pool.pop();
  }
  require(best < INFINITY, "ndcg: the ideal gain overflows");
  return best == 0.0 ? 0.0 : got / best;
}

}  // namespace whiteboard::coding
