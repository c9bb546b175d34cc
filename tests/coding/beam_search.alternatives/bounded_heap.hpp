// A heap of the best so far, with its worst on top, and whole hypotheses in it.
#pragma once

#include <whiteboard/core/require.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <queue>
#include <vector>

namespace whiteboard::coding {

struct Hypothesis {
  std::vector<int> tokens;
  double log_prob;
};

template <class Next>
std::vector<Hypothesis> beam_search(Next next_log_probs, int beam,
                                    int max_length, int eos) {
  require(beam >= 1 && max_length >= 1, "beam_search: bad argument");
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto better = [](const Hypothesis& a, const Hypothesis& b) {
    return a.log_prob > b.log_prob;
  };
  std::vector<Hypothesis> kept{{{}, 0.0}};
  for (bool grows = true; grows;) {
    grows = false;
    std::priority_queue<Hypothesis, std::vector<Hypothesis>, decltype(better)>
        heap(better);
    const auto offer = [&](const Hypothesis& h) {
      heap.push(h);
      if (heap.size() > static_cast<std::size_t>(beam)) heap.pop();
    };
    for (const Hypothesis& h : kept) {
      if (h.tokens.size() == static_cast<std::size_t>(max_length) ||
          (!h.tokens.empty() && h.tokens.back() == eos)) {
        offer(h);
        continue;
      }
      grows = true;
      const std::vector<double> next = next_log_probs(h.tokens);
      for (std::size_t token = 0; token < next.size(); ++token) {
        require(next[token] < infinity, "beam_search: bad log-probability");
        if (next[token] == -infinity) continue;
        Hypothesis longer = h;
        longer.tokens.push_back(static_cast<int>(token));
        longer.log_prob += next[token];
        offer(longer);
      }
    }
    kept.clear();
    for (; !heap.empty(); heap.pop()) kept.push_back(heap.top());
    std::reverse(kept.begin(), kept.end());
  }
  return kept;
}

}  // namespace whiteboard::coding
