// Takes tokens off a heap until the filters are met; draws by Gumbel noise.
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cmath>
#include <limits>
#include <queue>
#include <utility>
#include <vector>

namespace whiteboard::coding {

template <BitEngine Rng>
int sample_next_token(const VectorRef& logits, double temperature, int top_k,
                      double top_p, Rng& rng) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  require(logits.size() > 0 && temperature >= 0 && temperature < infinity &&
              top_k >= 0 && top_p > 0 && top_p <= 1,
          "sample_next_token: bad argument");
  std::priority_queue<std::pair<double, int>> heap;
  for (int i = 0; i < logits.size(); ++i) {
    require(logits(i) < infinity, "sample_next_token: bad logit");
    heap.emplace(logits(i), -i);  // of equal logits the lower index first
  }
  const auto [top, first] = heap.top();
  require(top > -infinity, "sample_next_token: nothing to draw");
  if (temperature == 0.0) return -first;

  std::vector<std::pair<double, int>> kept;  // (scaled logit, token)
  double total = 0.0;
  while (!heap.empty() &&
         (top_k == 0 || kept.size() < static_cast<std::size_t>(top_k))) {
    kept.emplace_back((heap.top().first - top) / temperature,
                      -heap.top().second);
    total += std::exp(kept.back().first);
    heap.pop();
  }
  int best = kept.front().second;
  double highest = -infinity, mass = 0.0;
  for (const auto& [z, token] : kept) {
    const double score = z - std::log(-std::log1p(-uniform(rng)));
    if (score > highest) {
      highest = score;
      best = token;
    }
    mass += std::exp(z);
    if (top_p < 1.0 && mass >= top_p * total) break;
  }
  return best;
}

}  // namespace whiteboard::coding
