// Question:    Build the confusion matrix of a multi-class classifier.
// Answer:      questions/coding/confusion_matrix.md (equation numbers are its own)
// Method:      one increment per sample, after a look at both labels
// Time:        O(n + c^2)
// Memory:      O(c^2)
// Symbols:     y_true     n      the class that each sample has
//              y_pred     n      the class that it was given
//              n_classes  c      the labels are 0, ..., c - 1
//              counts     c x c  rows are the truth, columns the prediction
#pragma once

#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cstddef>
#include <span>

namespace whiteboard::coding {

/// Entry (i, j) of the c x c result counts the samples of class i that were
/// predicted as j, Eq. (1). No samples give a matrix of zeros.
///
/// Throws std::invalid_argument when the lengths differ, when n_classes < 1,
/// and when a label lies outside [0, n_classes).
///
///     const std::vector<int> y_true{0, 1, 1}, y_pred{0, 0, 1};
///     confusion_matrix(y_true, y_pred, 2);  // 1 0
///                                           // 1 1
inline Eigen::MatrixXi confusion_matrix(std::span<const int> y_true,
                                        std::span<const int> y_pred,
                                        int n_classes) {
  // solution:begin
  require(y_true.size() == y_pred.size(), "confusion_matrix: ", y_true.size(),
          " true labels, but ", y_pred.size(), " predictions");
  require(n_classes >= 1,
          "confusion_matrix: need n_classes >= 1, got n_classes = ", n_classes);
  const auto known = [&](int label) { return 0 <= label && label < n_classes; };

  Eigen::MatrixXi counts = Eigen::MatrixXi::Zero(n_classes, n_classes);
  for (std::size_t i = 0; i < y_true.size(); ++i) {
    // An unknown label must not become an address.
    require(known(y_true[i]) && known(y_pred[i]), "confusion_matrix: sample ",
            i, " is ", y_true[i], " predicted as ", y_pred[i],
            ", need labels in [0, ", n_classes, ")");
    ++counts(y_true[i], y_pred[i]);
  }
  return counts;
  // solution:end
}

}  // namespace whiteboard::coding
