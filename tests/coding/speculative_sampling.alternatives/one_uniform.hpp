// A single random number: what is left of it after a rejection is uniform again
// and draws the replacement by inversion.
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>

namespace whiteboard::coding {

struct SpeculativeStep {
  int token;
  bool accepted;
};

template <BitEngine Rng>
SpeculativeStep speculative_step(const VectorRef& target,
                                 const VectorRef& draft, int proposed,
                                 Rng& rng) {
  require(target.size() == draft.size() && target.size() > 0,
          "speculative_step: bad sizes");
  for (const VectorRef* const p : {&target, &draft}) {
    for (Eigen::Index i = 0; i < p->size(); ++i) {
      require((*p)(i) >= 0.0, "speculative_step: bad probability");
    }
    require(std::abs(p->sum() - 1.0) <= 1e-9, "speculative_step: bad sum");
  }
  require(proposed >= 0 && proposed < draft.size() && draft(proposed) > 0.0,
          "speculative_step: bad proposal");
  const double u = uniform(rng);
  const double ratio = std::min(1.0, target(proposed) / draft(proposed));
  double missing = 0.0;
  for (Eigen::Index i = 0; i < target.size(); ++i) {
    missing += std::max(0.0, target(i) - draft(i));
  }
  if (u < ratio || missing == 0.0) return {proposed, true};
  double left = (u - ratio) / (1.0 - ratio) * missing;
  int token = -1;
  for (int i = 0; i < target.size(); ++i) {
    if (target(i) <= draft(i)) continue;
    token = i;  // the last one takes what rounding leaves
    left -= target(i) - draft(i);
    if (left < 0.0) break;
  }
  return {token, false};
}

}  // namespace whiteboard::coding
