// Encodes by replaying every merge in the order learned; of a word it keeps the
// places where a token ends, not the tokens.
#pragma once

#include <whiteboard/core/require.hpp>

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace whiteboard::coding {

class Bpe {
 public:
  using Pair = std::pair<std::string, std::string>;

  static Bpe train(const std::map<std::string, int>& word_counts, int merges) {
    require(merges >= 0, "Bpe::train: bad merges");
    for (const auto& [word, count] : word_counts) {
      require(count >= 1, "Bpe::train: bad count");
    }
    Bpe bpe;
    std::map<std::string, std::vector<std::size_t>> ends;
    for (const auto& [word, count] : word_counts) ends[word] = bytes(word);
    while (bpe.merges_.size() < static_cast<std::size_t>(merges)) {
      struct Seen {
        long long count = 0;
        std::size_t met = 0;
      };
      std::map<Pair, Seen> seen;
      for (const auto& [word, count] : word_counts) {
        const std::vector<std::string> tokens = cut(word, ends[word]);
        for (std::size_t i = 1; i < tokens.size(); ++i) {
          const std::size_t met = seen.size();
          Seen& s = seen.try_emplace({tokens[i - 1], tokens[i]}, Seen{0, met})
                        .first->second;
          s.count += count;
        }
      }
      if (seen.empty()) break;
      auto best = seen.begin();
      for (auto p = seen.begin(); p != seen.end(); ++p) {
        if (p->second.count > best->second.count ||
            (p->second.count == best->second.count &&
             p->second.met < best->second.met)) {
          best = p;
        }
      }
      bpe.merges_.push_back(best->first);
      for (auto& [word, e] : ends) join(word, e, best->first);
    }
    return bpe;
  }

  std::vector<std::string> encode(std::string_view word) const {
    std::vector<std::size_t> ends = bytes(word);
    for (const Pair& pair : merges_) join(word, ends, pair);
    return cut(word, ends);
  }

  std::string decode(std::span<const std::string> tokens) const {
    std::string text;
    for (const std::string& token : tokens) text.append(token);
    return text;
  }

  const std::vector<Pair>& merges() const { return merges_; }

 private:
  std::vector<Pair> merges_;

  static std::vector<std::size_t> bytes(std::string_view word) {
    std::vector<std::size_t> ends;
    for (std::size_t i = 1; i <= word.size(); ++i) ends.push_back(i);
    return ends;
  }

  static std::vector<std::string> cut(std::string_view word,
                                      const std::vector<std::size_t>& ends) {
    std::vector<std::string> tokens;
    std::size_t from = 0;
    for (const std::size_t end : ends) {
      tokens.emplace_back(word.substr(from, end - from));
      from = end;
    }
    return tokens;
  }

  static void join(std::string_view word, std::vector<std::size_t>& ends,
                   const Pair& pair) {
    std::size_t from = 0;
    for (std::size_t i = 0; i + 1 < ends.size(); ++i) {
      if (word.substr(from, ends[i] - from) == pair.first &&
          word.substr(ends[i], ends[i + 1] - ends[i]) == pair.second) {
        ends.erase(ends.begin() + static_cast<std::ptrdiff_t>(i));
      }
      from = ends[i];
    }
  }
};

}  // namespace whiteboard::coding
