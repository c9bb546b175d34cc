// Question:    Implement greedy, temperature, top-k and top-p sampling.
// Answer:      questions/coding/sample_next_token.md (equation numbers are its own)
// Method:      sort once, cut the sorted probabilities at k and at mass p, draw
//              from what is left
// Time:        O(V log V)
// Memory:      O(V)
// Numerics:    logits are shifted before they are divided by the temperature;
//              the draw never needs the kept mass to be exactly 1
// References:  [1] Holtzman et al., The curious case of neural text
//                  degeneration, ICLR 2020
// Symbols:     z  V  logits    p  V  probabilities, Eq. (1), sorted
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <vector>

namespace whiteboard::coding {

/// One token, drawn from softmax(logits / temperature) cut down to the top_k
/// most probable ones (0: all) and of these to the smallest set whose share of
/// their mass is at least top_p. Temperature 0 returns the largest logit. Equal
/// logits rank by their index.
///
/// A logit of -inf is never drawn. Throws std::invalid_argument when `logits`
/// is empty, holds NaN or +inf or nothing above -inf, and unless temperature is
/// finite and >= 0, top_k >= 0 and 0 < top_p <= 1.
///
///     sample_next_token(logits, 0.8, 50, 0.95, rng)
template <BitEngine Rng>
int sample_next_token(const VectorRef& logits, double temperature, int top_k,
                      double top_p, Rng& rng) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  require(logits.size() >= 1, "sample_next_token: no logits");
  require(temperature >= 0.0 && temperature < infinity,
          "sample_next_token: need 0 <= temperature < inf, got ", temperature);
  require(top_k >= 0, "sample_next_token: need top_k >= 0, got ", top_k);
  require(top_p > 0.0 && top_p <= 1.0,
          "sample_next_token: need 0 < top_p <= 1, got ", top_p);
  for (Eigen::Index i = 0; i < logits.size(); ++i) {
    require(logits(i) < infinity, "sample_next_token: logit ", i, " is ",
            logits(i));
  }
  // solution:begin
  std::vector<int> order(static_cast<std::size_t>(logits.size()));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int a, int b) { return logits(a) > logits(b); });
  const double top = logits(order[0]);
  require(top > -infinity, "sample_next_token: all logits are -inf");
  if (temperature == 0.0) return order[0];

  if (top_k > 0 && static_cast<std::size_t>(top_k) < order.size()) {
    order.resize(static_cast<std::size_t>(top_k));
  }
  std::vector<double> p;
  for (const int token : order) {
    p.push_back(std::exp((logits(token) - top) / temperature));
  }
  const double wanted = top_p * std::accumulate(p.begin(), p.end(), 0.0);
  double mass = 0.0;
  std::size_t kept = 0;
  do {  // the token that crosses the threshold stays
    mass += p[kept++];
  } while (mass < wanted);
  p.resize(kept);
  return order[static_cast<std::size_t>(weighted_index(p, rng))];
  // solution:end
}

}  // namespace whiteboard::coding
