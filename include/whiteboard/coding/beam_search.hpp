// Question:    Implement beam search over a next-token model.
// Answer:      questions/coding/beam_search.md (equation numbers are its own)
// Method:      of all one-token continuations of all kept prefixes, keep the
//              best; finished ones compete unchanged
// Time:        O(L b V log b) besides the model, for length L and b beams
// Memory:      O(b (L + V))
// Numerics:    sums of log-probabilities; a product of 1000 would underflow
// References:  [1] Sutskever, Vinyals and Le, Sequence to sequence learning
//                  with neural networks, NeurIPS 2014
// Symbols:     b  beam    V  vocabulary    L  max_length
#pragma once

#include <whiteboard/core/require.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace whiteboard::coding {

struct Hypothesis {
  std::vector<int> tokens;
  double log_prob;  ///< sum of the log-probabilities of the tokens
};

// solution:begin
/// One way to go on from a kept hypothesis.
struct BeamCandidate {
  std::size_t parent;
  int token;  ///< -1: the parent is finished and stays as it is
  double log_prob;
};

template <class Next>
std::vector<BeamCandidate> beam_candidates(const std::vector<Hypothesis>& kept,
                                           Next& next_log_probs, int eos) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  std::vector<BeamCandidate> candidates;
  for (std::size_t h = 0; h < kept.size(); ++h) {
    const std::vector<int>& tokens = kept[h].tokens;
    if (!tokens.empty() && tokens.back() == eos) {
      candidates.push_back({h, -1, kept[h].log_prob});
      continue;
    }
    const std::vector<double> next = next_log_probs(tokens);
    for (std::size_t token = 0; token < next.size(); ++token) {
      require(next[token] < infinity, "beam_search: log-probability ", token,
              " is ", next[token]);
      if (next[token] == -infinity) continue;
      candidates.push_back(
          {h, static_cast<int>(token), kept[h].log_prob + next[token]});
    }
  }
  return candidates;
}
// solution:end

/// The most probable token sequences that a beam of `beam` prefixes finds, best
/// first. A sequence ends with its first `eos` or at max_length tokens.
///
/// next_log_probs(prefix) takes a std::vector<int> and returns the
/// log-probabilities of all next tokens as a std::vector<double>; a token of
/// -inf is never taken. Throws std::invalid_argument unless beam >= 1 and
/// max_length >= 1, and when a log-probability is NaN or +inf.
///
///     beam_search(model, 4, 100, eos)[0].tokens
template <class Next>
std::vector<Hypothesis> beam_search(Next next_log_probs, int beam,
                                    int max_length, int eos) {
  require(beam >= 1, "beam_search: need beam >= 1, got ", beam);
  require(max_length >= 1, "beam_search: need max_length >= 1, got ",
          max_length);
  // solution:begin
  std::vector<Hypothesis> kept{{{}, 0.0}};
  for (int length = 0; length < max_length; ++length) {
    std::vector<BeamCandidate> candidates =
        beam_candidates(kept, next_log_probs, eos);
    // One contest for all: a strong prefix may take every place.
    const auto count = std::min(static_cast<std::ptrdiff_t>(candidates.size()),
                                static_cast<std::ptrdiff_t>(beam));
    const auto end = candidates.begin() + count;
    std::partial_sort(candidates.begin(), end, candidates.end(),
                      [](const BeamCandidate& a, const BeamCandidate& b) {
                        return a.log_prob > b.log_prob;
                      });
    std::vector<Hypothesis> best;
    for (auto c = candidates.begin(); c != end; ++c) {
      best.push_back({kept[c->parent].tokens, c->log_prob});
      if (c->token >= 0) best.back().tokens.push_back(c->token);
    }
    kept = std::move(best);
  }
  return kept;
  // solution:end
}

}  // namespace whiteboard::coding
