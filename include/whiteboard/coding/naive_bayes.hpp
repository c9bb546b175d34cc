// Question:    Implement multinomial naive Bayes for text, with smoothing.
// Answer:      questions/coding/naive_bayes.md (equation numbers are its own)
// Method:      word counts per class, additive smoothing, sums of logs [1]
// Time:        O(all words) to train, O(classes * words) for a document
// Memory:      O(classes * vocabulary)
// Numerics:    logarithms throughout, so that no product can underflow
// References:  [1] Manning, Raghavan and Schuetze, Introduction to Information
//                  Retrieval, 2008, chapter 13
// Symbols:     N(c, w)  occurrences of word w in the documents of class c
//              N(c)     all words in the documents of class c
//              V        different words in the training documents
//              alpha    count that every pair (c, w) starts with
#pragma once

#include <whiteboard/core/require.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace whiteboard::coding {

/// Classes are 0, 1, ..., C - 1; documents are lists of words.
///
///     const NaiveBayes model(documents, labels);
///     model.predict(words)
class NaiveBayes {
 public:
  /// Throws std::invalid_argument when there is no document, the sizes
  /// disagree, a label is negative, a class below the largest label has no
  /// document, or alpha is not positive and finite.
  NaiveBayes(std::span<const std::vector<std::string>> documents,
             std::span<const int> labels, double alpha = 1.0) {
    require(!documents.empty(), "NaiveBayes: need a document, got none");
    require(documents.size() == labels.size(), "NaiveBayes: ", documents.size(),
            " documents, but ", labels.size(), " labels");
    require(alpha > 0.0 && std::isfinite(alpha),
            "NaiveBayes: need a finite alpha > 0, got ", alpha);
    const int lowest = *std::min_element(labels.begin(), labels.end());
    require(lowest >= 0, "NaiveBayes: need labels >= 0, got ", lowest);
    const int highest = *std::max_element(labels.begin(), labels.end());
    for (int c = 0; c < highest; ++c) {
      require(std::find(labels.begin(), labels.end(), c) != labels.end(),
              "NaiveBayes: class ", c, " has no document");
    }
    // solution:begin
    alpha_ = alpha;
    classes_.resize(static_cast<std::size_t>(highest) + 1);
    for (std::size_t i = 0; i < documents.size(); ++i) {
      const auto c = static_cast<std::size_t>(labels[i]);
      classes_[c].documents += 1.0;
      classes_[c].words += static_cast<double>(documents[i].size());
      all_documents_ += 1.0;
      for (const std::string& word : documents[i]) {
        std::vector<double>& counts = counts_[word];
        counts.resize(classes_.size());
        counts[c] += 1.0;
      }
    }
    // solution:end
  }

  /// log P(c) + sum of log P(w | c) over the words of the document, for every
  /// class, Eq. (2). Words that training has not seen are skipped.
  std::vector<double> log_joint(std::span<const std::string> document) const {
    // solution:begin
    const double spread = alpha_ * static_cast<double>(counts_.size());
    std::vector<double> scores;
    for (const Class& c : classes_) {
      scores.push_back(std::log(c.documents / all_documents_));
    }
    for (const std::string& word : document) {
      const auto found = counts_.find(word);
      if (found == counts_.end()) continue;
      for (std::size_t c = 0; c < scores.size(); ++c) {
        scores[c] += std::log((found->second[c] + alpha_) /
                              (classes_[c].words + spread));  // Eq. (3)
      }
    }
    return scores;
    // solution:end
  }

  /// The class with the largest score, the lowest of equals.
  int predict(std::span<const std::string> document) const {
    // solution:begin
    const std::vector<double> scores = log_joint(document);
    return static_cast<int>(std::max_element(scores.begin(), scores.end()) -
                            scores.begin());
    // solution:end
  }

  // solution:begin
 private:
  struct Class {
    double documents = 0.0;
    double words = 0.0;
  };

  double alpha_ = 0.0;
  double all_documents_ = 0.0;
  std::vector<Class> classes_;
  std::unordered_map<std::string, std::vector<double>> counts_;  ///< by class
  // solution:end
};

}  // namespace whiteboard::coding
