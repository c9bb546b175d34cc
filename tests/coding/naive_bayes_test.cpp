// Verifies the claims of questions/coding/naive_bayes.md.
#include <whiteboard/coding/naive_bayes.hpp>

#include <whiteboard/core/random.hpp>

#include <support/claims.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

using whiteboard::uniform_index;
using whiteboard::coding::NaiveBayes;

namespace {

using Words = std::vector<std::string>;

Words words(const std::string& text) {
  std::istringstream in(text);
  Words list;
  for (std::string word; in >> word;) list.push_back(word);
  return list;
}

/// The training set of the textbook; class 0 is "China", 1 is "Japan".
const std::vector<Words> kDocuments{
    words("Chinese Beijing Chinese"), words("Chinese Chinese Shanghai"),
    words("Chinese Macao"), words("Tokyo Japan Chinese")};
const std::vector<int> kLabels{0, 0, 0, 1};
const Words kVocabulary = words("Chinese Beijing Shanghai Macao Tokyo Japan");

/// P(word | class) as the model sees it: what the word adds to the score.
double word_probability(const NaiveBayes& model, const std::string& word,
                        std::size_t c) {
  return std::exp(model.log_joint(Words{word}).at(c) -
                  model.log_joint(Words{}).at(c));
}

}  // namespace

TEST_SUITE("coding/naive_bayes") {
  TEST_CASE("textbook_example") {
    const NaiveBayes model(kDocuments, kLabels);
    const Words query = words("Chinese Chinese Chinese Tokyo Japan");
    const std::vector<double> scores = model.log_joint(query);
    REQUIRE(scores.size() == 2);
    const double china = 0.75 * std::pow(3.0 / 7.0, 3) * std::pow(1.0 / 14, 2);
    const double japan = 0.25 * std::pow(2.0 / 9.0, 5);
    CHECK(close(china, 3.012e-4, {.abs = 5e-8}));
    CHECK(close(japan, 1.355e-4, {.abs = 5e-8}));
    // A score of 8 with ten roundings of half an ulp: 1e-14.
    CHECK(close(std::exp(scores[0]), china, {.rel = 1e-14}));
    CHECK(close(std::exp(scores[1]), japan, {.rel = 1e-14}));
    CHECK(model.predict(query) == 0);
    EVIDENCE("score of China", std::exp(scores[0]));
    EVIDENCE("score of Japan", std::exp(scores[1]));
    CHECK(model.predict(words("Tokyo Japan")) == 1);
    CHECK(close(word_probability(model, "Chinese", 0), 3.0 / 7.0,
                {.rel = 1e-14}));
  }

  TEST_CASE("word_probabilities_sum_to_one") {
    for (const double alpha : {1e-3, 1.0, 7.5}) {
      CAPTURE(alpha);
      const NaiveBayes model(kDocuments, kLabels, alpha);
      for (const std::size_t c : {0U, 1U}) {
        double sum = 0.0;
        for (const auto& word : kVocabulary) {
          CHECK(word_probability(model, word, c) > 0.0);
          sum += word_probability(model, word, c);
        }
        CHECK(close(sum, 1.0, {.abs = 1e-14}));
      }
    }
    const NaiveBayes model(kDocuments, kLabels);
    const std::vector<double> priors = model.log_joint(Words{});
    REQUIRE(priors.size() == 2);
    CHECK(close(std::exp(priors[0]), 0.75, {.rel = 1e-15}));
    CHECK(close(std::exp(priors[1]), 0.25, {.rel = 1e-15}));
  }

  TEST_CASE("logs_survive_a_long_document") {
    const NaiveBayes model(kDocuments, kLabels);
    std::vector<double> products{0.75, 0.25};
    Words document;
    for (int i = 0; i < 400; ++i) {
      for (const auto& word : words("Chinese Chinese Tokyo Japan Chinese")) {
        document.push_back(word);
        products[0] *= word_probability(model, word, 0);
        products[1] *= word_probability(model, word, 1);
      }
    }
    REQUIRE(document.size() == 2000);
    CHECK(products[0] == 0.0);
    CHECK(products[1] == 0.0);

    const std::vector<double> scores = model.log_joint(document);
    REQUIRE(scores.size() == 2);
    // The likelihood ratio of the five words to the power 400.
    const double five =
        3.0 * std::log(27.0 / 14.0) + 2.0 * std::log(9.0 / 28.0);
    CHECK(close(scores[0] - scores[1], std::log(3.0) + 400.0 * five,
                {.rel = 1e-10}));
    EVIDENCE("log score of China", scores[0]);
    EVIDENCE("log score of Japan", scores[1]);
    CHECK(model.predict(document) == 1);
  }

  TEST_CASE("one_unseen_pair_would_veto") {
    // Six words speak for China, and one that China has never been seen with.
    Words document(6, "Chinese");
    document.push_back("Tokyo");
    const double unsmoothed = 0.75 * std::pow(5.0 / 8.0, 6) * (0.0 / 8.0);
    CHECK(unsmoothed == 0.0);
    CHECK(0.25 * std::pow(1.0 / 3.0, 7) > unsmoothed);

    const NaiveBayes model(kDocuments, kLabels);
    CHECK(model.predict(document) == 0);
    CHECK(std::isfinite(model.log_joint(document).at(0)));
    // The smaller alpha, the closer to the veto.
    const NaiveBayes nearly(kDocuments, kLabels, 1e-30);
    CHECK(nearly.predict(document) == 1);
  }

  TEST_CASE("large_alpha_leaves_the_prior") {
    const NaiveBayes model(kDocuments, kLabels, 1e12);
    for (const auto& word : kVocabulary) {
      for (const std::size_t c : {0U, 1U}) {
        // (N + alpha) / (N(c) + 6 alpha) with N, N(c) <= 8: within 1e-11.
        CHECK(
            close(word_probability(model, word, c), 1.0 / 6.0, {.rel = 1e-11}));
      }
    }
    const Words japanese(100, "Japan");
    CHECK(model.predict(japanese) == 0);
    CHECK(NaiveBayes(kDocuments, kLabels).predict(japanese) == 1);
  }

  TEST_CASE("words_add_up_in_any_order") {
    std::mt19937_64 rng(1);
    const NaiveBayes model(kDocuments, kLabels, 0.5);
    for (int trial = 0; trial < 100; ++trial) {
      Words a, b;
      for (int i = 0; i < 9; ++i) {
        auto& side = uniform_index(2, rng) == 0 ? a : b;
        side.push_back(
            kVocabulary[static_cast<std::size_t>(uniform_index(6, rng))]);
      }
      Words both = a;
      both.insert(both.begin(), b.begin(), b.end());
      for (const std::size_t c : {0U, 1U}) {
        // At most ten terms below 3.
        REQUIRE(
            close(model.log_joint(both).at(c) + model.log_joint(Words{}).at(c),
                  model.log_joint(a).at(c) + model.log_joint(b).at(c),
                  {.abs = 4e-14}));
      }
    }
  }

  TEST_CASE("repetition_squares_the_likelihood_ratio") {
    const NaiveBayes model(kDocuments, kLabels);
    const auto log_ratio = [&](const Words& document) {
      const std::vector<double> scores = model.log_joint(document);
      const std::vector<double> priors = model.log_joint(Words{});
      return scores.at(0) - priors.at(0) - (scores.at(1) - priors.at(1));
    };
    Words document = words("Chinese Chinese Macao");
    const double once = log_ratio(document);
    CHECK(close(once, std::log(27.0 / 14.0) * 2.0 + std::log(9.0 / 7.0),
                {.abs = 1e-14}));
    std::vector<double> posteriors;
    for (const double times : {1.0, 2.0, 4.0, 8.0}) {
      CHECK(close(log_ratio(document), times * once, {.abs = 1e-13}));
      const std::vector<double> scores = model.log_joint(document);
      posteriors.push_back(1.0 / (1.0 + std::exp(scores.at(1) - scores.at(0))));
      const Words copy = document;
      document.insert(document.end(), copy.begin(), copy.end());
    }
    EVIDENCE_SERIES("posterior after 1, 2, 4, 8 copies", posteriors);
    REQUIRE(posteriors.size() == 4);
    CHECK(posteriors[0] < 0.95);
    CHECK(posteriors[3] > 0.9999);
  }

  TEST_CASE("unknown_words_are_skipped") {
    const NaiveBayes model(kDocuments, kLabels);
    CHECK(close(model.log_joint(words("Chinese Osaka Tokyo Kyoto")),
                model.log_joint(words("Chinese Tokyo"))));
    CHECK(
        close(model.log_joint(words("Osaka Kyoto")), model.log_joint(Words{})));
    CHECK(model.predict(words("Osaka Kyoto")) == 0);

    // Smoothing them instead would favour the class with the fewest words.
    const double china = 0.75 * std::pow(1.0 / 14.0, 10);
    const double japan = 0.25 * std::pow(1.0 / 9.0, 10);
    CHECK(japan > china);
    CHECK(model.predict(Words(10, "Osaka")) == 0);
  }
}

TEST_SUITE("coding/naive_bayes extra") {
  TEST_CASE("ties and single classes") {
    const NaiveBayes twins(std::vector<Words>{{"a"}, {"a"}, {"a"}},
                           std::vector<int>{2, 0, 1});
    CHECK(twins.predict(Words{"a"}) == 0);
    CHECK(twins.log_joint(Words{"a"}).size() == 3);
    const NaiveBayes one(std::vector<Words>{{"a", "b"}}, std::vector<int>{0});
    CHECK(one.predict(Words{"b"}) == 0);
    CHECK(close(one.log_joint(Words{"b"}).at(0), std::log(0.5), {.ulps = 2}));
  }

  TEST_CASE("documents without words count for the prior") {
    const NaiveBayes model(std::vector<Words>{{}, {}, {}},
                           std::vector<int>{1, 0, 1});
    CHECK(model.predict(Words{"a"}) == 1);
    CHECK(close(model.log_joint(Words{}).at(1), std::log(2.0 / 3.0)));
  }

  TEST_CASE("arguments that break the contract are refused") {
    const std::vector<Words> two{{"a"}, {"b"}};
    using Labels = std::vector<int>;
    CHECK_THROWS_WITH(NaiveBayes(std::vector<Words>{}, Labels{}),
                      "NaiveBayes: need a document, got none");
    CHECK_THROWS_WITH(NaiveBayes(two, Labels{0}),
                      "NaiveBayes: 2 documents, but 1 labels");
    CHECK_THROWS_WITH(NaiveBayes(two, Labels{0, 1}, 0.0),
                      "NaiveBayes: need a finite alpha > 0, got 0");
    CHECK_THROWS_WITH(NaiveBayes(two, Labels{0, 1}, std::nan("")),
                      "NaiveBayes: need a finite alpha > 0, got nan");
    CHECK_THROWS_AS(
        NaiveBayes(two, Labels{0, 1}, std::numeric_limits<double>::infinity()),
        std::invalid_argument);
    CHECK_THROWS_WITH(NaiveBayes(two, Labels{0, -1}),
                      "NaiveBayes: need labels >= 0, got -1");
    CHECK_THROWS_WITH(NaiveBayes(two, Labels{2, 0}),
                      "NaiveBayes: class 1 has no document");
  }
}
