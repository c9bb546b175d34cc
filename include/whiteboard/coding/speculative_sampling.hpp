// Question:    Implement the accept/reject step of speculative decoding.
// Answer:      questions/coding/speculative_sampling.md (equation numbers are its own)
// Method:      accept with probability min(1, p / q), otherwise draw from the
//              positive part of p - q [1]
// Time:        O(V)
// Memory:      O(V) for a rejected token, O(1) for an accepted one
// Numerics:    the residual is drawn from unnormalised, so that nothing divides
//              by a mass that may be tiny
// References:  [1] Leviathan, Kalman and Matias, Fast inference from
//                  transformers via speculative decoding, ICML 2023
// Symbols:     p  V  probabilities of the target model
//              q  V  probabilities of the draft model
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cmath>
#include <string_view>

namespace whiteboard::coding {

/// What becomes of one proposed token.
struct SpeculativeStep {
  int token;      ///< the proposed one, or its replacement
  bool accepted;  ///< false: the drafts after this one are void
};

/// Throws unless `p` is a probability vector, to within 1e-9.
inline void require_probabilities(const VectorRef& p, std::string_view name) {
  for (Eigen::Index i = 0; i < p.size(); ++i) {
    require(p(i) >= 0.0, "speculative_step: ", name, "(", i, ") is ", p(i));
  }
  require(std::abs(p.sum() - 1.0) <= 1e-9, "speculative_step: ", name,
          " sums to ", p.sum());
}

/// Judges a token that was drawn from `draft`. Over all proposals the token
/// that comes out follows `target`, Eq. (2), whatever the draft is.
///
/// Throws std::invalid_argument unless both are probability vectors (to within
/// 1e-9) of one size and draft(proposed) > 0.
///
///     speculative_step(Vector{{0.5, 0.5}}, Vector{{0.9, 0.1}}, 0, rng)
template <BitEngine Rng>
SpeculativeStep speculative_step(const VectorRef& target,
                                 const VectorRef& draft, int proposed,
                                 Rng& rng) {
  require(target.size() == draft.size(), "speculative_step: target has ",
          target.size(), " tokens, draft ", draft.size());
  require_probabilities(target, "target");
  require_probabilities(draft, "draft");
  require(proposed >= 0 && proposed < draft.size() && draft(proposed) > 0.0,
          "speculative_step: the draft cannot have proposed ", proposed);
  // solution:begin
  // uniform() < 1, so a ratio of 1 or more always accepts.
  if (uniform(rng) < target(proposed) / draft(proposed)) {
    return {proposed, true};
  }
  const Vector residual = (target - draft).cwiseMax(0.0);
  // Nothing is missing: the two differ by the rounding of their sums only.
  if (residual.maxCoeff() == 0.0) return {proposed, true};
  return {static_cast<int>(weighted_index(residual, rng)), false};
  // solution:end
}

}  // namespace whiteboard::coding
