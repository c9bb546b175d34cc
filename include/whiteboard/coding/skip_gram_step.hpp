// Question:    Implement one skip-gram negative-sampling update (word2vec).
// Answer:      questions/coding/skip_gram_step.md (equation numbers are its own)
// Method:      a logistic regression per context word, one SGD step [1]
// Time:        O((k + 1) d), whatever the vocabulary
// Memory:      O(k + d)
// Numerics:    the loss of a score x is log(1 + exp(-x)) without overflow
// References:  [1] Mikolov, Sutskever, Chen, Corrado and Dean, Distributed
//                  representations of words and phrases, NIPS 2013
// Symbols:     in   V x d  vectors of words as centres, v in the answer
//              out  V x d  vectors of words as contexts, u in the answer
//              k           negatives
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

namespace whiteboard::coding {

// solution:begin
/// -log(sigmoid(x)) = log(1 + exp(-x)), with no exponential above 1.
inline double negative_log_sigmoid(double x) {
  return std::max(-x, 0.0) + std::log1p(std::exp(-std::abs(x)));
}
// solution:end

/// One step of gradient descent on Eq. (1) for the pair (center, context), in
/// place: row `center` of `in`, rows `context` and `negatives` of `out`. All
/// gradients are taken before any row moves. A negative may repeat, or be the
/// context. Returns the loss before the step.
///
/// Throws std::invalid_argument when a word is outside its matrix or the widths
/// differ. Vectors must be finite; NaN spreads to the loss.
inline double skip_gram_step(Matrix& in, Matrix& out, int center, int context,
                             std::span<const int> negatives,
                             double learning_rate) {
  require(in.cols() == out.cols(), "skip_gram_step: in has ", in.cols(),
          " columns, out has ", out.cols());
  require(center >= 0 && center < in.rows(), "skip_gram_step: center is ",
          center, ", but in has ", in.rows(), " rows");
  std::vector<int> words{context};
  words.insert(words.end(), negatives.begin(), negatives.end());
  for (const int word : words) {
    require(word >= 0 && word < out.rows(), "skip_gram_step: word ", word,
            ", but out has ", out.rows(), " rows");
  }
  // solution:begin
  const Eigen::RowVectorXd v = in.row(center);
  Eigen::RowVectorXd gradient = Eigen::RowVectorXd::Zero(v.size());
  std::vector<double> errors;
  double loss = 0.0;
  for (const int word : words) {
    const bool positive = errors.empty();  // the context comes first
    const double score = out.row(word).dot(v);
    loss += negative_log_sigmoid(positive ? score : -score);
    const double probability = std::exp(-negative_log_sigmoid(score));
    errors.push_back(positive ? probability - 1.0 : probability);  // Eq. (2)
    gradient += errors.back() * out.row(word);
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    out.row(words[i]) -= learning_rate * errors[i] * v;
  }
  in.row(center) -= learning_rate * gradient;
  return loss;
  // solution:end
}

}  // namespace whiteboard::coding
