// Question:    Train a byte-pair encoding and tokenise with it.
// Answer:      questions/coding/byte_pair_encoding.md (equation numbers are its own)
// Method:      merge the most frequent adjacent pair, again and again [1];
//              encode by merging the pair of lowest rank first
// Time:        training O(M S log P) for M merges, S symbols and P pairs;
//              encoding O(n^2 log M) for n bytes, n being a word
// Memory:      O(S + P)
// References:  [1] Sennrich, Haddow and Birch, Neural machine translation of
//                  rare words with subword units, ACL 2016
// Symbols:     M  merges    S  symbols of all distinct words
#pragma once

#include <whiteboard/core/require.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace whiteboard::coding {

/// A byte-pair encoding: merges of adjacent symbols, in the order learned. Base
/// symbols are single bytes, so every string can be encoded.
class Bpe {
 public:
  using Pair = std::pair<std::string, std::string>;

  /// Learns up to `merges` merges from words and how often each occurs; fewer
  /// when every word has become a single symbol. Of pairs that occur equally
  /// often the one met first wins, in the order of the map and from left to
  /// right. Throws std::invalid_argument unless merges >= 0 and all counts are
  /// >= 1.
  static Bpe train(const std::map<std::string, int>& word_counts, int merges) {
    require(merges >= 0, "Bpe::train: need merges >= 0, got ", merges);
    for (const auto& [word, count] : word_counts) {
      require(count >= 1, "Bpe::train: need counts >= 1, got ", count, " for ",
              word);
    }
    Bpe bpe;
    // solution:begin
    std::vector<std::pair<Symbols, int>> words;
    for (const auto& [word, count] : word_counts) {
      words.emplace_back(bytes(word), count);
    }
    for (int m = 0; m < merges; ++m) {
      const Pair best = most_frequent_pair(words);
      if (best.first.empty()) break;
      for (auto& [symbols, count] : words) symbols = merged(symbols, best);
      bpe.ranks_.emplace(best, m);
      bpe.merges_.push_back(best);
    }
    // solution:end
    return bpe;
  }

  /// The tokens of a word. Of all pairs in it the one learned first is merged,
  /// until none is left that was learned.
  std::vector<std::string> encode(std::string_view word) const {
    // solution:begin
    Symbols symbols = bytes(word);
    while (true) {
      auto best = ranks_.end();
      for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
        const auto found = ranks_.find({symbols[i], symbols[i + 1]});
        if (found == ranks_.end()) continue;
        if (best == ranks_.end() || found->second < best->second) best = found;
      }
      if (best == ranks_.end()) return symbols;
      symbols = merged(symbols, best->first);
    }
    // solution:end
  }

  /// The text of some tokens: they are their own spelling.
  std::string decode(std::span<const std::string> tokens) const {
    // solution:begin
    std::string text;
    for (const std::string& token : tokens) text += token;
    return text;
    // solution:end
  }

  /// The pairs in the order learned.
  const std::vector<Pair>& merges() const { return merges_; }

 private:
  std::vector<Pair> merges_;
  // solution:begin
  using Symbols = std::vector<std::string>;

  std::map<Pair, int> ranks_;  // of a pair, its index in merges_

  static Symbols bytes(std::string_view word) {
    Symbols symbols;
    for (const char byte : word) symbols.emplace_back(1, byte);
    return symbols;
  }

  /// Every occurrence of the pair joined, from left to right and without
  /// overlap: of "aaa" the first two.
  static Symbols merged(const Symbols& symbols, const Pair& pair) {
    Symbols result;
    for (std::size_t i = 0; i < symbols.size(); ++i) {
      if (i + 1 < symbols.size() && symbols[i] == pair.first &&
          symbols[i + 1] == pair.second) {
        result.push_back(symbols[i] + symbols[i + 1]);
        ++i;
      } else {
        result.push_back(symbols[i]);
      }
    }
    return result;
  }

  /// The pair with the highest count over all words; empty if there is none.
  static Pair most_frequent_pair(
      const std::vector<std::pair<Symbols, int>>& words) {
    std::map<Pair, long long> counts;
    std::vector<Pair> met;  // in order, for ties
    for (const auto& [symbols, count] : words) {
      for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
        const Pair pair{symbols[i], symbols[i + 1]};
        const auto [at, fresh] = counts.try_emplace(pair, 0);
        at->second += count;
        if (fresh) met.push_back(pair);
      }
    }
    Pair best;
    long long highest = 0;
    for (const Pair& pair : met) {
      if (counts[pair] > highest) {
        highest = counts[pair];
        best = pair;
      }
    }
    return best;
  }
  // solution:end
};

}  // namespace whiteboard::coding
