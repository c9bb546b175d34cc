// Verifies the claims of questions/coding/byte_pair_encoding.md.
#include <whiteboard/coding/byte_pair_encoding.hpp>
#include <whiteboard/core/random.hpp>

#include <support/claims.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace whiteboard;
using coding::Bpe;

namespace {

using Tokens = std::vector<std::string>;
using Counts = std::map<std::string, int>;
using Pair = std::pair<std::string, std::string>;

const Counts kSennrich = {
    {"low", 5}, {"lower", 2}, {"newest", 6}, {"widest", 3}};

std::string random_word(std::ptrdiff_t alphabet, std::ptrdiff_t longest,
                        std::mt19937_64& rng) {
  std::string word;
  const auto length = uniform_index(longest + 1, rng);
  for (std::ptrdiff_t i = 0; i < length; ++i) {
    // Wraps around to cover negative chars when the alphabet is 256.
    word += static_cast<char>(
        static_cast<unsigned char>(97 + uniform_index(alphabet, rng)));
  }
  return word;
}

/// Encoding by definition: each merge in turn, over the whole word.
Tokens replay(const std::vector<Pair>& merges, const std::string& word) {
  Tokens tokens;
  for (const char c : word) tokens.push_back(std::string(1, c));
  for (const Pair& pair : merges) {
    for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
      if (tokens[i] == pair.first && tokens[i + 1] == pair.second) {
        tokens[i] += tokens[i + 1];
        tokens.erase(tokens.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      }
    }
  }
  return tokens;
}

/// The shortcut: always the longest token of the vocabulary that fits.
Tokens longest_match(const std::vector<Pair>& merges, std::string_view word) {
  Tokens tokens;
  while (!word.empty()) {
    std::size_t length = 1;
    for (const auto& [a, b] : merges) {
      const std::string token = a + b;
      if (word.starts_with(token)) length = std::max(length, token.size());
    }
    tokens.emplace_back(word.substr(0, length));
    word.remove_prefix(length);
  }
  return tokens;
}

}  // namespace

TEST_SUITE("coding/byte_pair_encoding") {
  TEST_CASE("decoding_inverts_encoding") {
    std::mt19937_64 rng(0);
    const Bpe bpe = Bpe::train(kSennrich, 20);
    for (int trial = 0; trial < 500; ++trial) {
      const std::string word = random_word(256, 12, rng);
      CAPTURE(trial);
      CHECK(bpe.decode(bpe.encode(word)) == word);
      const std::string familiar = random_word(26, 12, rng) + "newest";
      CHECK(bpe.decode(bpe.encode(familiar)) == familiar);
    }
    // Bytes that training never saw are tokens of their own.
    const std::string odd("\0\xff-", 3);
    CHECK(bpe.encode(odd) ==
          Tokens{std::string(1, '\0'), std::string(1, '\xff'), "-"});
    CHECK(bpe.encode("").empty());
  }

  TEST_CASE("counts_are_weighted_by_words") {
    // es and st occur 6 + 3 times, we 2 + 6, lo and ow 5 + 2.
    const std::vector<Pair> merges = Bpe::train(kSennrich, 3).merges();
    REQUIRE(merges.size() == 3);
    EVIDENCE("first merge", merges[0].first + merges[0].second);
    EVIDENCE("second merge", merges[1].first + merges[1].second);
    CHECK(merges[0] == Pair{"e", "s"});
    CHECK(merges[1] == Pair{"es", "t"});
    CHECK(merges[2] == Pair{"l", "o"});
    CHECK(Bpe::train(kSennrich, 2).encode("newest").back() == "est");
    // With every word counted once, we, es, st, lo and ow all occur twice, and
    // lo is met first.
    Counts once = kSennrich;
    for (auto& [word, count] : once) count = 1;
    CHECK(Bpe::train(once, 1).merges()[0] == Pair{"l", "o"});
  }

  TEST_CASE("worked_example_in_five_symbols") {
    const Bpe bpe = Bpe::train({{"aaabdaaabac", 1}}, 3);
    CHECK(Bpe::train({{"aaabdaaabac", 1}}, 1).encode("aaabdaaabac") ==
          Tokens{"aa", "a", "b", "d", "aa", "a", "b", "a", "c"});
    REQUIRE(bpe.merges().size() == 3);
    CHECK(bpe.merges()[0] == Pair{"a", "a"});
    CHECK(bpe.encode("aaabdaaabac") == Tokens{"aaab", "d", "aaab", "a", "c"});
  }

  TEST_CASE("rank_order_is_not_longest_match") {
    const Bpe bpe = Bpe::train({{"abce", 5}, {"cd", 10}}, 3);
    REQUIRE(bpe.merges().size() == 3);
    CHECK(bpe.merges()[0] == Pair{"c", "d"});
    CHECK(bpe.merges()[1] == Pair{"a", "b"});
    CHECK(bpe.merges()[2] == Pair{"ab", "c"});
    CHECK(bpe.encode("abcd") == Tokens{"ab", "cd"});
    CHECK(longest_match(bpe.merges(), "abcd") == Tokens{"abc", "d"});
  }

  TEST_CASE("encoding_replays_the_merges") {
    std::mt19937_64 rng(1);
    int shortcut_differs = 0, words = 0;
    for (int trial = 0; trial < 40; ++trial) {
      CAPTURE(trial);
      Counts counts;
      for (int i = 0; i < 8; ++i) {
        counts[random_word(3, 8, rng) + "a"] =
            static_cast<int>(1 + uniform_index(20, rng));
      }
      const Bpe bpe = Bpe::train(counts, 12);
      CHECK_FALSE(bpe.merges().empty());
      for (int i = 0; i < 10; ++i) {
        const std::string word = random_word(3, 12, rng);
        CHECK(bpe.encode(word) == replay(bpe.merges(), word));
        ++words;
        if (bpe.encode(word) != longest_match(bpe.merges(), word)) {
          ++shortcut_differs;
        }
      }
    }
    EVIDENCE("words of 400 that longest match splits otherwise",
             shortcut_differs);
    CHECK(shortcut_differs > 0);
    CHECK(words == 400);
  }

  TEST_CASE("occurrences_do_not_overlap") {
    // "aaa" holds the pair twice, but only one of them can be merged.
    CHECK(Bpe::train({{"aaa", 1}}, 1).encode("aaa") == Tokens{"aa", "a"});
    CHECK(Bpe::train({{"aaa", 1}}, 1).encode("aaaaa") ==
          Tokens{"aa", "aa", "a"});
    // Both occurrences are counted all the same: 2 beats 1.
    CHECK(Bpe::train({{"aaa", 1}, {"ab", 1}}, 1).merges()[0] == Pair{"a", "a"});
  }

  TEST_CASE("more_merges_never_lengthen") {
    std::vector<double> lengths;
    for (int merges = 0; merges <= 15; ++merges) {
      const Bpe bpe = Bpe::train(kSennrich, merges);
      double total = 0.0;
      for (const auto& [word, count] : kSennrich) {
        total += count * static_cast<double>(bpe.encode(word).size());
      }
      if (!lengths.empty()) CHECK(total <= lengths.back());
      lengths.push_back(total);
    }
    EVIDENCE_SERIES("tokens of the training text for 0 to 15 merges", lengths);
    // 5 * 3 + 2 * 5 + 6 * 6 + 3 * 6 bytes; 16 words.
    REQUIRE(lengths.size() == 16);
    CHECK(lengths.front() == 79.0);
    CHECK(lengths.back() == 16.0);
    // Training stops when every word is one token.
    CHECK(Bpe::train(kSennrich, 1000).merges().size() <= 15);
    CHECK(Bpe::train(kSennrich, 0).merges().empty());
  }
}

TEST_SUITE("coding/byte_pair_encoding extra") {
  TEST_CASE("nothing to learn") {
    CHECK(Bpe::train({}, 5).merges().empty());
    CHECK(Bpe::train({{"", 3}, {"a", 2}}, 5).merges().empty());
    CHECK(Bpe::train({}, 5).decode({}).empty());
  }

  TEST_CASE("pairs at the edges of words do not meet") {
    // "ab" and "cd" never make the pair (b, c).
    const std::vector<Pair> merges =
        Bpe::train({{"ab", 100}, {"cd", 100}}, 10).merges();
    CHECK(merges == std::vector<Pair>{{"a", "b"}, {"c", "d"}});
  }

  TEST_CASE("large counts do not overflow") {
    const Counts counts = {
        {"abx", 2000000000}, {"aby", 2000000000}, {"cd", 2100000000}};
    CHECK(Bpe::train(counts, 1).merges()[0] == Pair{"a", "b"});
  }

  TEST_CASE("arguments that break the contract are refused") {
    CHECK_THROWS_WITH(Bpe::train(kSennrich, -1),
                      "Bpe::train: need merges >= 0, got -1");
    CHECK_THROWS_WITH(Bpe::train({{"a", 1}, {"low", 0}}, 1),
                      "Bpe::train: need counts >= 1, got 0 for low");
  }
}
