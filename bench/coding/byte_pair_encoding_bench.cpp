// What does recounting cost? Training as in coding/byte_pair_encoding counts
// all pairs in every round; the other form keeps the counts and touches only
// the words that contain the merged pair. The same merges, ties included.
//
//     words  distinct words, with counts as in Zipf's law    merges  learned
//     items_per_second counts merges
#include <whiteboard/coding/byte_pair_encoding.hpp>

#include <support/bench.hpp>

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using namespace whiteboard;
using Merges = std::vector<coding::Bpe::Pair>;
using WordCounts = std::map<std::string, int>;

namespace {

/// Words of 3 to 10 letters; some letters and some words are more common.
WordCounts vocabulary(std::size_t size) {
  std::mt19937_64 rng(0);
  WordCounts words;
  while (words.size() < size) {
    std::string word;
    for (std::ptrdiff_t left = 3 + uniform_index(8, rng); left > 0; --left) {
      const double u = uniform(rng);
      word += "etaoinshrdlcumwfgypbvkjxqz"[std::size_t(26.0 * u * u)];
    }
    words.try_emplace(word, 1 + int(size / (words.size() + 1)));
  }
  return words;
}

Merges reference(const WordCounts& words, int merges) {
  return coding::Bpe::train(words, merges).merges();
}

class Incremental {
 public:
  explicit Incremental(const WordCounts& word_counts) {
    for (const auto& [text, count] : word_counts) {
      words_.push_back({{}, count});
      for (const char byte : text) words_.back().symbols.push_back(id({byte}));
      change(words_.size() - 1, +1);
    }
  }

  Merges train(int merges) {
    Merges learned;
    while (int(learned.size()) < merges && !order_.empty()) {
      const Pair best = first_of_the_most_frequent();
      learned.emplace_back(text_[best.first], text_[best.second]);
      // By spelling: "ab" + "c" and "a" + "bc" are one symbol.
      const std::size_t joined = id(text_[best.first] + text_[best.second]);
      for (const std::size_t w : std::set(pairs_[best].words)) {
        change(w, -1);
        auto& symbols = words_[w].symbols;
        for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
          if (Pair(symbols[i], symbols[i + 1]) != best) continue;
          symbols[i] = joined;
          symbols.erase(symbols.begin() + std::ptrdiff_t(i) + 1);
        }
        change(w, +1);
      }
    }
    return learned;
  }

 private:
  using Pair = std::pair<std::size_t, std::size_t>;
  struct Word {
    std::vector<std::size_t> symbols;
    int count;
  };
  struct Occurrences {
    long long count = 0;
    std::set<std::size_t> words;
  };

  std::size_t id(const std::string& text) {
    const auto [at, fresh] = ids_.try_emplace(text, text_.size());
    if (fresh) text_.push_back(text);
    return at->second;
  }

  /// Adds the pairs of word w to the counts, or takes them away.
  void change(std::size_t w, int sign) {
    const auto& symbols = words_[w].symbols;
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
      const Pair pair(symbols[i], symbols[i + 1]);
      auto& [count, words] = pairs_[pair];
      if (!words.empty()) order_.erase({-count, *words.begin(), pair});
      count += sign * words_[w].count;
      if (sign > 0) words.insert(w);
      if (sign < 0) words.erase(w);
      if (!words.empty()) order_.insert({-count, *words.begin(), pair});
    }
  }

  /// Of equal counts the one of the first word, and there the leftmost.
  Pair first_of_the_most_frequent() const {
    const auto [count, w, any] = *order_.begin();
    for (std::size_t i = 0;; ++i) {
      const Pair pair(words_[w].symbols[i], words_[w].symbols[i + 1]);
      if (order_.contains({count, w, pair})) return pair;
    }
  }

  std::vector<Word> words_;
  std::vector<std::string> text_;
  std::map<std::string, std::size_t> ids_;
  std::map<Pair, Occurrences> pairs_;
  std::set<std::tuple<long long, std::size_t, Pair>> order_;  // -count first
};

Merges incremental(const WordCounts& words, int merges) {
  return Incremental(words).train(merges);
}

void run(benchmark::State& state, Merges (*train)(const WordCounts&, int)) {
  const WordCounts words = vocabulary(std::size_t(state.range(0)));
  const int merges = int(state.range(1));
  if (train(words, merges) != reference(words, merges)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(train(words, merges).data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * merges);
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"words", "merges"})->Unit(benchmark::kMillisecond);
  b->Args({1000, 50})->Args({1000, 500})->Args({10'000, 500});
}

}  // namespace

BENCHMARK_CAPTURE(run, reference, reference)
    ->Name("bpe_train/reference")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, incremental, incremental)
    ->Name("bpe_train/incremental")
    ->Apply(sizes);
