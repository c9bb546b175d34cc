// Keeps no counts: all logarithms are taken once, in the constructor, and a
// document is a sum of rows of a table.
#pragma once

#include <whiteboard/core/require.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace whiteboard::coding {

class NaiveBayes {
 public:
  NaiveBayes(std::span<const std::vector<std::string>> documents,
             std::span<const int> labels, double alpha = 1.0) {
    require(!documents.empty(), "NaiveBayes: need a document, got none");
    require(documents.size() == labels.size(), "NaiveBayes: ", documents.size(),
            " documents, but ", labels.size(), " labels");
    require(alpha > 0.0 && std::isfinite(alpha),
            "NaiveBayes: need a finite alpha > 0, got ", alpha);
    const int lowest = *std::min_element(labels.begin(), labels.end());
    require(lowest >= 0, "NaiveBayes: need labels >= 0, got ", lowest);
    const int classes = *std::max_element(labels.begin(), labels.end()) + 1;
    std::set<std::string> vocabulary;
    for (const auto& document : documents) {
      vocabulary.insert(document.begin(), document.end());
    }
    for (int c = 0; c < classes; ++c) {
      add_class(documents, labels, c, alpha, vocabulary);
    }
  }

  std::vector<double> log_joint(std::span<const std::string> document) const {
    std::vector<double> scores;
    for (std::size_t c = 0; c < log_prior_.size(); ++c) {
      double score = log_prior_[c];
      for (const auto& word : document) {
        const auto found = log_word_[c].find(word);
        if (found != log_word_[c].end()) score += found->second;
      }
      scores.push_back(score);
    }
    return scores;
  }

  int predict(std::span<const std::string> document) const {
    const std::vector<double> scores = log_joint(document);
    std::size_t best = 0;
    for (std::size_t c = 1; c < scores.size(); ++c) {
      if (scores[c] > scores[best]) best = c;
    }
    return static_cast<int>(best);
  }

 private:
  void add_class(std::span<const std::vector<std::string>> documents,
                 std::span<const int> labels, int c, double alpha,
                 const std::set<std::string>& vocabulary) {
    std::map<std::string, double> counts;
    for (const auto& word : vocabulary) counts[word] = alpha;
    const auto members = std::count(labels.begin(), labels.end(), c);
    require(members > 0, "NaiveBayes: class ", c, " has no document");
    double total = alpha * static_cast<double>(vocabulary.size());
    for (std::size_t i = 0; i < documents.size(); ++i) {
      if (labels[i] != c) continue;
      for (const auto& word : documents[i]) counts[word] += 1.0;
      total += static_cast<double>(documents[i].size());
    }
    for (auto& [word, count] : counts) {
      count = std::log(count) - std::log(total);
    }
    log_prior_.push_back(std::log(static_cast<double>(members) /
                                  static_cast<double>(labels.size())));
    log_word_.push_back(counts);
  }

  std::vector<double> log_prior_;
  std::vector<std::map<std::string, double>> log_word_;
};

}  // namespace whiteboard::coding
