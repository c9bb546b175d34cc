// Question:    Compute binary log loss safely.
// Answer:      questions/coding/log_loss.md (equation numbers are its own)
// Method:      the logarithm of the one probability that counts, clipped, mean
// Time:        O(n)
// Memory:      O(1)
// Numerics:    log1p for the complement: 1 - p would round away what a small p
//              says; the loss is clipped, not p, as 1 - eps is not exact
// References:  [1] Gneiting and Raftery, Strictly proper scoring rules,
//                  prediction, and estimation, Journal of the American
//                  Statistical Association 102(477), 2007
// Symbols:     y    n  labels, 0 or 1
//              p    n  predicted probabilities of label 1
//              eps     no outcome counts as less likely than this
#pragma once

#include <whiteboard/core/require.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

namespace whiteboard::coding {

/// Mean negative log-likelihood of the labels in nats, Eq. (2), each sample's
/// probability of what happened clipped to [eps, 1 - eps]. With eps = 0 a
/// certain prediction costs 0 when right and infinity when wrong.
///
/// Throws std::invalid_argument when the lengths differ, when there are no
/// samples, when a label is not 0 or 1, when a probability lies outside [0, 1]
/// or is NaN, and unless 0 <= eps < 0.5.
///
///     const std::vector<int> y{1, 0};
///     const std::vector<double> p{0.8, 0.5};
///     log_loss(y, p);  // -(ln 0.8 + ln 0.5) / 2 = 0.4581
inline double log_loss(std::span<const int> y, std::span<const double> p,
                       double eps = 1e-15) {
  // solution:begin
  require(y.size() == p.size(), "log_loss: ", y.size(), " labels, but ",
          p.size(), " probabilities");
  require(!y.empty(), "log_loss: need n >= 1, got n = 0");
  require(0.0 <= eps && eps < 0.5,
          "log_loss: need 0 <= eps < 0.5, got eps = ", eps);

  const double least = -std::log1p(-eps), most = -std::log(eps);
  double sum = 0.0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    require(y[i] == 0 || y[i] == 1, "log_loss: label ", i, " is ", y[i]);
    require(0.0 <= p[i] && p[i] <= 1.0, "log_loss: probability ", i, " is ",
            p[i]);  // or NaN
    const double surprise = y[i] == 1 ? -std::log(p[i]) : -std::log1p(-p[i]);
    sum += std::clamp(surprise, least, most);
  }
  return sum / static_cast<double>(y.size());
  // solution:end
}

}  // namespace whiteboard::coding
