// Question:    Write code to calculate precision, recall and F1.
// Answer:      questions/coding/precision_recall_f1.md (equation numbers are its own)
// Method:      count hits, predicted and actual positives; three quotients
// Time:        O(n)
// Memory:      O(1)
// Numerics:    counts are exact; each result is one rounded quotient
// References:  [1] Lipton, Elkan and Naryanaswamy, Optimal thresholding of
//                  classifiers to maximize F1 measure, ECML PKDD 2014
// Symbols:     y_true    n  the label that each sample has
//              y_pred    n  the label that it was given
//              positive     the label that is looked for; all others are one
#pragma once

#include <whiteboard/core/require.hpp>

#include <cstddef>
#include <span>

namespace whiteboard::coding {

/// What precision_recall_f1() returns. A quotient 0/0 counts as 0.
struct Prf {
  double precision;  ///< share of the predicted positives that are positive
  double recall;     ///< share of the actual positives that were predicted
  double f1;         ///< harmonic mean of the two
};

/// Eq. (1) for the samples labelled `positive` against all others.
///
/// Throws std::invalid_argument when the lengths differ and when there are no
/// samples.
///
///     const std::vector<int> y_true{1, 1, 1, 0}, y_pred{1, 0, 0, 0};
///     precision_recall_f1(y_true, y_pred);  // 1, 1.0 / 3.0, 0.5
inline Prf precision_recall_f1(std::span<const int> y_true,
                               std::span<const int> y_pred, int positive = 1) {
  // solution:begin
  require(y_true.size() == y_pred.size(),
          "precision_recall_f1: ", y_true.size(), " true labels, but ",
          y_pred.size(), " predictions");
  require(!y_true.empty(), "precision_recall_f1: need n >= 1, got n = 0");

  std::size_t hits = 0, predicted = 0, actual = 0;
  for (std::size_t i = 0; i < y_true.size(); ++i) {
    const bool is = y_true[i] == positive, called = y_pred[i] == positive;
    actual += is ? 1 : 0;
    predicted += called ? 1 : 0;
    hits += is && called ? 1 : 0;
  }
  const auto ratio = [](std::size_t part, std::size_t whole) {
    return whole == 0 ? 0.0
                      : static_cast<double>(part) / static_cast<double>(whole);
  };
  // Eq. (2): the harmonic mean without a second 0/0 to think about.
  return {ratio(hits, predicted), ratio(hits, actual),
          ratio(2 * hits, predicted + actual)};
  // solution:end
}

}  // namespace whiteboard::coding
