// Question:    Build an n-gram language model and report its perplexity.
// Answer:      questions/coding/n_gram_language_model.md (equation numbers are
//              its own)
// Method:      counts of words after contexts of n - 1, additive smoothing [1]
// Time:        O(n tokens log contexts) to train, O(n log contexts) a query
// Memory:      O(n tokens) at most
// Numerics:    perplexity from a sum of logarithms, which cannot underflow
// References:  [1] Jurafsky and Martin, Speech and Language Processing, 3rd ed.
//                  draft, chapter 3
// Symbols:     n        words looked at, the predicted one included
//              C(h, w)  how often word w followed the n - 1 words h
//              V        different words and the end symbol
//              alpha    count that every pair (h, w) starts with
#pragma once

#include <whiteboard/core/require.hpp>

#include <cmath>
#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace whiteboard::coding {

/// Symbols around a sentence; no word may be one of them.
inline const std::string kSentenceStart = "<s>";
inline const std::string kSentenceEnd = "</s>";

/// P(word | previous n - 1 words). Each sentence is preceded by n - 1 start
/// symbols, which are never predicted, and followed by one end symbol, which
/// is. Words outside the training vocabulary have probability 0.
///
///     const NGramModel bigrams(sentences, 2);
///     bigrams.probability(std::vector{kSentenceStart}, "I")
class NGramModel {
 public:
  /// Throws std::invalid_argument when there is no sentence, n < 1, alpha is
  /// not finite and >= 0, or a word is a start or end symbol.
  NGramModel(std::span<const std::vector<std::string>> sentences, int n,
             double alpha = 0.0) {
    require(!sentences.empty(), "NGramModel: need a sentence, got none");
    require(n >= 1, "NGramModel: need n >= 1, got n = ", n);
    require(alpha >= 0.0 && std::isfinite(alpha),
            "NGramModel: need a finite alpha >= 0, got ", alpha);
    for (const auto& sentence : sentences) require_words(sentence);
    // solution:begin
    history_ = static_cast<std::size_t>(n) - 1;
    alpha_ = alpha;
    for (const auto& sentence : sentences) {
      const std::vector<std::string> tokens = padded(sentence);
      for (std::size_t i = history_; i < tokens.size(); ++i) {
        Counts& counts = counts_[context_before(tokens, i)];
        ++counts.of[tokens[i]];
        ++counts.total;
        vocabulary_.insert(tokens[i]);  // the end symbol included
      }
    }
    // solution:end
  }

  /// Eq. (2); 0 for a context that training has not seen when alpha is 0.
  /// Throws unless the context has n - 1 symbols.
  double probability(std::span<const std::string> context,
                     const std::string& word) const {
    // solution:begin
    require(context.size() == history_, "NGramModel: need a context of ",
            history_, " symbols, got ", context.size());
    if (!vocabulary_.contains(word)) return 0.0;
    const auto seen = counts_.find({context.begin(), context.end()});
    double count = alpha_;
    double total = alpha_ * static_cast<double>(vocabulary_.size());
    if (seen != counts_.end()) {
      const auto found = seen->second.of.find(word);
      if (found != seen->second.of.end()) count += found->second;
      total += seen->second.total;
    }
    return total > 0.0 ? count / total : 0.0;
    // solution:end
  }

  /// exp of the mean of -log P over all words and end symbols, Eq. (3);
  /// infinite when one of them has probability 0. Throws when there is no
  /// sentence or a word is a start or end symbol.
  double perplexity(std::span<const std::vector<std::string>> sentences) const {
    require(!sentences.empty(), "NGramModel: need a sentence, got none");
    for (const auto& sentence : sentences) require_words(sentence);
    // solution:begin
    double log_sum = 0.0;
    double predicted = 0.0;
    for (const auto& sentence : sentences) {
      const std::vector<std::string> tokens = padded(sentence);
      for (std::size_t i = history_; i < tokens.size(); ++i) {
        log_sum += std::log(probability(context_before(tokens, i), tokens[i]));
        predicted += 1.0;
      }
    }
    return std::exp(-log_sum / predicted);
    // solution:end
  }

 private:
  static void require_words(const std::vector<std::string>& sentence) {
    for (const std::string& word : sentence) {
      require(word != kSentenceStart && word != kSentenceEnd, "NGramModel: '",
              word, "' is no word");
    }
  }

  // solution:begin
  struct Counts {
    std::map<std::string, double> of;
    double total = 0.0;
  };

  std::vector<std::string> padded(
      const std::vector<std::string>& sentence) const {
    std::vector<std::string> tokens(history_, kSentenceStart);
    tokens.insert(tokens.end(), sentence.begin(), sentence.end());
    tokens.push_back(kSentenceEnd);
    return tokens;
  }

  /// The n - 1 tokens before number i.
  std::vector<std::string> context_before(
      const std::vector<std::string>& tokens, std::size_t i) const {
    const auto end = tokens.begin() + static_cast<std::ptrdiff_t>(i);
    return {end - static_cast<std::ptrdiff_t>(history_), end};
  }

  std::size_t history_ = 0;
  double alpha_ = 0.0;
  std::set<std::string> vocabulary_;
  std::map<std::vector<std::string>, Counts> counts_;
  // solution:end
};

}  // namespace whiteboard::coding
