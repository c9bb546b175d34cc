// Verifies the claims of questions/coding/n_gram_language_model.md.
#include <whiteboard/coding/n_gram_language_model.hpp>

#include <whiteboard/core/random.hpp>

#include <support/claims.hpp>

#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

using whiteboard::uniform_index;
using whiteboard::coding::kSentenceEnd;
using whiteboard::coding::kSentenceStart;
using whiteboard::coding::NGramModel;

namespace {

using Words = std::vector<std::string>;
using Sentences = std::vector<Words>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Words words(const std::string& text) {
  std::istringstream in(text);
  Words list;
  for (std::string word; in >> word;) list.push_back(word);
  return list;
}

const Sentences kSam{words("I am Sam"), words("Sam I am"),
                     words("I do not like green eggs and ham")};
const Words kOutcomes = words("I am Sam do not like green eggs and ham </s>");

/// Sentences of a toy grammar; subject, verb and object are independent.
Sentences toy_text(int count, std::mt19937_64& rng) {
  const std::vector<Words> subjects{words("the old cat"), words("my old cat"),
                                    words("the small dog"),
                                    words("my small dog")};
  const std::vector<Words> verbs{words("sees"), words("often chases"),
                                 words("never likes"), words("finds")};
  const std::vector<Words> objects{words("the red ball"), words("a fish"),
                                   words("some green grass"),
                                   words("its own shadow")};
  const auto pick = [&](const std::vector<Words>& from) {
    return from[static_cast<std::size_t>(uniform_index(4, rng))];
  };
  Sentences text;
  for (int i = 0; i < count; ++i) {
    Words sentence;
    for (const auto* part : {&subjects, &verbs, &objects}) {
      for (const std::string& word : pick(*part)) sentence.push_back(word);
    }
    text.push_back(sentence);
  }
  return text;
}

/// The text with every word that it holds less than `least` times as <unk>.
Sentences with_rare_words_hidden(Sentences text, int least) {
  std::map<std::string, int> counts;
  for (const auto& sentence : text) {
    for (const auto& word : sentence) ++counts[word];
  }
  for (auto& sentence : text) {
    for (auto& word : sentence) {
      if (counts[word] < least) word = "<unk>";
    }
  }
  return text;
}

}  // namespace

TEST_SUITE("coding/n_gram_language_model") {
  TEST_CASE("textbook_bigrams") {
    const NGramModel model(kSam, 2);
    const Words start{kSentenceStart};
    CHECK(close(model.probability(start, "I"), 2.0 / 3.0));
    CHECK(close(model.probability(start, "Sam"), 1.0 / 3.0));
    CHECK(close(model.probability(Words{"I"}, "am"), 2.0 / 3.0));
    CHECK(close(model.probability(Words{"I"}, "do"), 1.0 / 3.0));
    CHECK(close(model.probability(Words{"Sam"}, kSentenceEnd), 0.5));
    CHECK(close(model.probability(Words{"am"}, "Sam"), 0.5));
    // P(I am Sam </s>) = 2/3 2/3 1/2 1/2 = 1/9 over four tokens.
    CHECK(close(model.perplexity(Sentences{words("I am Sam")}), std::sqrt(3.0),
                {.rel = 1e-15}));
    // Smoothed: (2 + 1) / (3 + 11).
    CHECK(close(NGramModel(kSam, 2, 1.0).probability(start, "I"), 3.0 / 14.0,
                {.ulps = 1}));
  }

  TEST_CASE("every_context_sums_to_one") {
    for (const int n : {1, 2, 3}) {
      for (const double alpha : {0.0, 0.1, 1.0}) {
        CAPTURE(n);
        CAPTURE(alpha);
        const NGramModel model(kSam, n, alpha);
        Sentences contexts{words("<s> <s>"), words("<s> I"), words("I am")};
        if (alpha > 0.0) contexts.push_back(words("ham ham"));
        for (const Words& context : contexts) {
          // The last n - 1 of the two.
          const Words last(context.end() - (n - 1), context.end());
          double sum = 0.0;
          for (const auto& word : kOutcomes) {
            sum += model.probability(last, word);
          }
          CHECK(close(sum, 1.0, {.abs = 1e-15}));
          CHECK(model.probability(last, kSentenceStart) == 0.0);
          CHECK(model.probability(last, "Osaka") == 0.0);
        }
      }
    }
    const NGramModel plain(kSam, 3);
    CHECK(plain.probability(words("ham ham"), "I") == 0.0);
  }

  TEST_CASE("end_symbols_make_sentences_sum_to_one") {
    // All sentences over {a, b} of up to twelve words, of which a bigram model
    // leaves the longer ones out.
    const NGramModel model(Sentences{words("a"), words("b"), words("a b"),
                                     words("b a"), words("a")},
                           2);
    double sum = 0.0;
    for (unsigned length = 1; length <= 12; ++length) {
      for (unsigned bits = 0; bits < 1U << length; ++bits) {
        double p = 1.0;
        Words context{kSentenceStart};
        for (unsigned i = 0; i < length; ++i) {
          const std::string word = (bits >> i & 1U) != 0 ? "a" : "b";
          p *= model.probability(context, word);
          context = {word};
        }
        sum += p * model.probability(context, kSentenceEnd);
      }
    }
    // After a the sentence ends with 3/4 and goes on with b with 1/4; after b
    // with 2/3 and 1/3. So each further two words have at most 1/12.
    const double longer = std::pow(1.0 / 12.0, 6);
    EVIDENCE("probability of all sentences up to 12 words", sum);
    CHECK(close(model.probability(Words{"a"}, kSentenceEnd), 0.75));
    CHECK(close(model.probability(Words{"b"}, kSentenceEnd), 2.0 / 3.0));
    CHECK(sum <= 1.0 + 1e-14);
    CHECK(sum >= 1.0 - longer - 1e-14);
  }

  TEST_CASE("perplexity_of_a_uniform_model_is_v") {
    for (const int v : {2, 7, 50}) {
      CAPTURE(v);
      Words sentence;
      for (int i = 1; i < v; ++i) {
        sentence.push_back(std::string("w").append(std::to_string(i)));
      }
      // Every word once, and one end: 1/v each.
      const NGramModel model(Sentences{sentence}, 1);
      CHECK(close(model.probability(Words{}, "w1"), 1.0 / v));
      CHECK(close(model.perplexity(Sentences{sentence}), v, {.rel = 1e-14}));
      // 5,000 tokens, whose product is far below the smallest double. Each
      // logarithm below 4 is off by 4e-16, each partial sum by half an ulp of
      // at most 2e4: 2e-12 on average over the tokens.
      const Sentences text{Words(4999, "w1")};
      CHECK(close(model.perplexity(text), v, {.rel = 2e-12}));
      CHECK(std::pow(1.0 / v, 5000) == 0.0);
    }
  }

  TEST_CASE("perplexity_is_the_inverse_geometric_mean") {
    std::mt19937_64 rng(1);
    const Sentences text = toy_text(50, rng);
    for (const int n : {1, 2, 3}) {
      CAPTURE(n);
      const NGramModel model(text, n, 0.3);
      const Sentences held_out = toy_text(2, rng);
      double product = 1.0;
      int tokens = 0;
      for (Words sentence : held_out) {
        Words context(static_cast<std::size_t>(n) - 1, kSentenceStart);
        sentence.push_back(kSentenceEnd);
        for (const std::string& word : sentence) {
          product *= model.probability(context, word);
          context.push_back(word);
          context.erase(context.begin());
          ++tokens;
        }
      }
      CHECK(close(model.perplexity(held_out), std::pow(product, -1.0 / tokens),
                  {.rel = 1e-14}));
    }
  }

  TEST_CASE("one_unseen_n_gram_is_infinite") {
    const Sentences unseen{words("I am Sam"), words("I like Sam")};
    const NGramModel plain(kSam, 2);
    CHECK(plain.probability(Words{"I"}, "like") == 0.0);
    CHECK(plain.perplexity(unseen) == kInfinity);
    std::vector<double> finite;
    for (const double alpha : {1e-12, 1e-6, 1e-2, 1.0, 1e6}) {
      const NGramModel smooth(kSam, 2, alpha);
      finite.push_back(smooth.perplexity(unseen));
      CHECK(std::isfinite(finite.back()));
    }
    EVIDENCE_SERIES("perplexity for alpha from 1e-12 to 1e6", finite);
    // In the limit every outcome of the eleven is equally likely.
    CHECK(close(finite.back(), 11.0, {.rel = 1e-5}));
    // A word outside the vocabulary stays impossible.
    CHECK(NGramModel(kSam, 2, 1.0).perplexity(Sentences{{"Osaka"}}) ==
          kInfinity);
  }

  TEST_CASE("longer_contexts_memorise") {
    std::mt19937_64 rng(2);
    const Sentences train = toy_text(40, rng);
    const Sentences held_out = toy_text(40, rng);
    std::vector<double> on_train, on_held_out;
    for (int n = 1; n <= 5; ++n) {
      on_train.push_back(NGramModel(train, n).perplexity(train));
      on_held_out.push_back(NGramModel(train, n, 0.1).perplexity(held_out));
    }
    EVIDENCE_SERIES("training perplexity for n = 1 to 5", on_train);
    EVIDENCE_SERIES("held-out perplexity for n = 1 to 5", on_held_out);
    REQUIRE(on_train.size() == 5);
    for (std::size_t i = 1; i < 5; ++i) {
      CHECK(on_train[i] < on_train[i - 1]);
      if (i > 1) CHECK(on_held_out[i] > on_held_out[i - 1]);
    }
    CHECK(on_held_out[1] < on_held_out[0]);
  }

  TEST_CASE("vocabularies_must_agree") {
    std::mt19937_64 rng(3);
    const Sentences text = toy_text(60, rng);
    std::vector<double> perplexities;
    for (const int least : {0, 15, 25, 1000}) {
      const Sentences hidden = with_rare_words_hidden(text, least);
      perplexities.push_back(NGramModel(hidden, 1).perplexity(hidden));
    }
    EVIDENCE_SERIES("perplexity as more words become <unk>", perplexities);
    REQUIRE(perplexities.size() == 4);
    for (std::size_t i = 1; i < 4; ++i) {
      CHECK(perplexities[i] < perplexities[i - 1]);
    }
    // Nothing but <unk> and the end is left: two outcomes at most.
    CHECK(perplexities[3] < 2.0);
  }
}

TEST_SUITE("coding/n_gram_language_model extra") {
  TEST_CASE("an empty sentence is an end symbol") {
    const NGramModel model(Sentences{{}, words("a")}, 2);
    CHECK(model.probability(Words{kSentenceStart}, kSentenceEnd) == 0.5);
    CHECK(model.perplexity(Sentences{{}}) == 2.0);
    CHECK(NGramModel(Sentences{{}}, 4).perplexity(Sentences{{}}) == 1.0);
  }

  TEST_CASE("the end is not a context") {
    // Two sentences are not one: nothing follows an end symbol.
    const NGramModel model(kSam, 2);
    CHECK(model.probability(Words{kSentenceEnd}, "Sam") == 0.0);
    const NGramModel wide(kSam, 4);
    CHECK(wide.probability(words("<s> <s> <s>"), "I") == 2.0 / 3.0);
    CHECK(wide.probability(words("<s> <s> I"), "am") == 0.5);
  }

  TEST_CASE("words that contain separators stay apart") {
    const NGramModel model(Sentences{{"a b", "c", "x"}, {"a", "b c", "y"}}, 3);
    CHECK(model.probability(Words{"a b", "c"}, "x") == 1.0);
    CHECK(model.probability(Words{"a", "b c"}, "y") == 1.0);
  }

  TEST_CASE("arguments that break the contract are refused") {
    CHECK_THROWS_WITH(NGramModel(Sentences{}, 2),
                      "NGramModel: need a sentence, got none");
    CHECK_THROWS_WITH(NGramModel(kSam, 0),
                      "NGramModel: need n >= 1, got n = 0");
    CHECK_THROWS_WITH(NGramModel(kSam, 2, -0.5),
                      "NGramModel: need a finite alpha >= 0, got -0.5");
    CHECK_THROWS_AS(NGramModel(kSam, 2, std::nan("")), std::invalid_argument);
    CHECK_THROWS_AS(NGramModel(kSam, 2, kInfinity), std::invalid_argument);
    CHECK_THROWS_WITH(NGramModel(Sentences{{"a", "<s>"}}, 2),
                      "NGramModel: '<s>' is no word");
    const NGramModel model(kSam, 2);
    CHECK_THROWS_WITH(model.probability(words("I am"), "Sam"),
                      "NGramModel: need a context of 1 symbols, got 2");
    CHECK_THROWS_WITH(model.perplexity(Sentences{}),
                      "NGramModel: need a sentence, got none");
    CHECK_THROWS_WITH(model.perplexity(Sentences{{"</s>"}}),
                      "NGramModel: '</s>' is no word");
  }
}
