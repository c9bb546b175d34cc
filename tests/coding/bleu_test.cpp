// Verifies the claims of questions/coding/bleu.md.
#include <whiteboard/coding/bleu.hpp>

#include <support/claims.hpp>

#include <cmath>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

using whiteboard::coding::bleu;

namespace {

using Words = std::vector<std::string>;
using Sentences = std::vector<Words>;
using References = std::vector<Sentences>;

Words words(const std::string& text) {
  std::istringstream in(text);
  Words list;
  for (std::string word; in >> word;) list.push_back(word);
  return list;
}

/// One candidate against its references.
double sentence_bleu(const Words& candidate, const Sentences& references,
                     int max_n = 4) {
  return bleu(Sentences{candidate}, References{references}, max_n);
}

/// The references of the paper's first example.
const Sentences kMilitary{
    words("It is a guide to action that ensures that the military will forever "
          "heed Party commands"),
    words("It is the guiding principle which guarantees the military forces "
          "always being under the command of the Party"),
    words("It is the practical guide for the army always to heed the "
          "directions of the party")};

}  // namespace

TEST_SUITE("coding/bleu") {
  TEST_CASE("examples_of_the_paper") {
    const Words first = words(
        "It is a guide to action which ensures that the military always "
        "obeys the commands of the party");
    const std::vector<double> precisions{17.0 / 18, 10.0 / 17, 7.0 / 16,
                                         4.0 / 15};
    double product = 1.0;
    for (int n = 1; n <= 4; ++n) {
      CAPTURE(n);
      // 18 words, as the second reference has: no penalty.
      product *= precisions[static_cast<std::size_t>(n) - 1];
      CHECK(close(sentence_bleu(first, kMilitary, n),
                  std::pow(product, 1.0 / n), {.rel = 1e-14}));
    }
    EVIDENCE("BLEU of the first candidate", sentence_bleu(first, kMilitary));
    CHECK(close(sentence_bleu(first, kMilitary), 0.5046, {.abs = 5e-5}));

    const Words second = words(
        "It is to insure the troops forever hearing the activity "
        "guidebook that party direct");
    const double penalty = std::exp(1.0 - 16.0 / 14.0);
    CHECK(close(sentence_bleu(second, kMilitary, 1), penalty * 8.0 / 14.0,
                {.rel = 1e-14}));
    CHECK(close(sentence_bleu(second, kMilitary, 2),
                penalty * std::sqrt(8.0 / 14.0 / 13.0), {.rel = 1e-14}));
    CHECK(sentence_bleu(second, kMilitary, 3) == 0.0);
    CHECK(sentence_bleu(second, kMilitary) == 0.0);
  }

  TEST_CASE("matches_are_clipped_by_one_reference") {
    const Words the = words("the the the the the the the");
    const Words cat = words("the cat is on the mat");
    const Words mat = words("there is a cat on the mat");
    CHECK(close(sentence_bleu(the, {cat, mat}, 1), 2.0 / 7.0, {.rel = 1e-15}));
    // Unclipped all seven words are in the reference. Two references with two
    // "the" each license two, not four.
    CHECK(close(sentence_bleu(the, {words("a b c d e the the"), cat}, 1),
                2.0 / 7.0, {.rel = 1e-15}));
    EVIDENCE("unigram precision of seven times the",
             sentence_bleu(the, {cat, mat}, 1));
  }

  TEST_CASE("a_copy_scores_one") {
    CHECK(sentence_bleu(words("a b c d"), {words("a b c d")}) == 1.0);
    for (const auto& reference : kMilitary) {
      CHECK(sentence_bleu(reference, kMilitary) == 1.0);
    }
    // Three words have no 4-gram to match.
    CHECK(sentence_bleu(words("a b c"), {words("a b c")}) == 0.0);
    CHECK(sentence_bleu(words("a b c"), {words("a b c")}, 3) == 1.0);
  }

  TEST_CASE("brevity_costs_an_exponential") {
    const Words ten = words("a b c d e f g h i j");
    const Words five(ten.begin(), ten.begin() + 5);
    CHECK(close(sentence_bleu(five, {ten}), std::exp(-1.0), {.rel = 1e-15}));
    EVIDENCE("score of half a reference", sentence_bleu(five, {ten}));
    // Being longer is not penalised, but the precisions are: 10, 9, 8, 7 of
    // 20, 19, 18, 17.
    Words twenty = ten;
    twenty.insert(twenty.end(), 10, "z");
    CHECK(close(sentence_bleu(twenty, {ten}),
                std::pow(10.0 / 20 * 9 / 19 * 8 / 18 * 7 / 17, 0.25),
                {.rel = 1e-14}));
  }

  TEST_CASE("closest_length_and_the_shorter_on_ties") {
    const Words four = words("a b c d");
    const Words five = words("a b c d e");
    // Lengths 6 and 4 are equally near to 5: 4 counts, no penalty.
    CHECK(close(sentence_bleu(five, {words("a b c d e f"), four}), 1.0));
    CHECK(close(sentence_bleu(five, {four, words("a b c d e f")}), 1.0));
    // 6 is nearer to 5 than 9, and 3 is farther away still.
    CHECK(close(sentence_bleu(five, {words("a b c d e f g h i"),
                                     words("a b c d e f"), words("x y")}),
                std::exp(1.0 - 6.0 / 5.0), {.rel = 1e-15}));
  }

  TEST_CASE("corpus_score_is_no_mean") {
    const Words perfect = words("a b c d e f");
    const Words partial = words("g h i x j k");
    const Words reference = words("g h i y j k");
    CHECK(sentence_bleu(perfect, {perfect}) == 1.0);
    CHECK(sentence_bleu(partial, {reference}) == 0.0);
    const double corpus =
        bleu(Sentences{perfect, partial}, References{{perfect}, {reference}});
    // Pooled: 11 of 12, 8 of 10, 5 of 8, 3 of 6.
    CHECK(close(corpus, std::pow(11.0 / 12 * 8 / 10 * 5 / 8 * 3 / 6, 0.25),
                {.rel = 1e-14}));
    EVIDENCE("mean of the sentence scores", 0.5);
    EVIDENCE("corpus score", corpus);
    CHECK(corpus > 0.6);
    CHECK(corpus < 1.0);

    // Lengths are pooled as well: one short, one long, no penalty in total.
    const Words longer = words("a b c d e f x x");
    const Words shorter = words("a b c d");
    CHECK(close(
        bleu(Sentences{longer, shorter}, References{{perfect}, {perfect}}, 1),
        10.0 / 12.0, {.rel = 1e-15}));
  }

  TEST_CASE("swapping_halves_goes_unseen") {
    // No matched bigram spans "x", so the halves around it may change places.
    const Words reference =
        words("the cat sat on the mat y dogs bark at night");
    const Words straight = words("the cat sat on the mat x dogs bark at night");
    const Words swapped = words("dogs bark at night x the cat sat on the mat");
    const double score = sentence_bleu(straight, {reference});
    CHECK(score > 0.7);
    CHECK(score < 1.0);
    CHECK(sentence_bleu(swapped, {reference}) == score);
    EVIDENCE("score in order and swapped", score);
  }
}

TEST_SUITE("coding/bleu extra") {
  TEST_CASE("empty candidates") {
    CHECK(sentence_bleu({}, {words("a b c d")}) == 0.0);
    CHECK(sentence_bleu(words("a b c d"), {{}}) == 0.0);
    // An empty candidate costs the others only length.
    CHECK(close(bleu(Sentences{words("a b c d"), {}},
                     References{{words("a b c d")}, {words("e f g h")}}),
                std::exp(-1.0), {.rel = 1e-15}));
  }

  TEST_CASE("words that contain separators stay apart") {
    CHECK(sentence_bleu({"a b", "c"}, {{"a", "b c"}}, 1) == 0.0);
    CHECK(sentence_bleu({"a b", "c"}, {{"a b", "c"}}, 2) == 1.0);
  }

  TEST_CASE("arguments that break the contract are refused") {
    const Sentences one{words("a b c d")};
    CHECK_THROWS_WITH(bleu(Sentences{}, References{}),
                      "bleu: need a candidate, got none");
    CHECK_THROWS_WITH(bleu(one, References{}),
                      "bleu: 1 candidates, but 0 lists of references");
    CHECK_THROWS_WITH(bleu(one, References{{}}),
                      "bleu: candidate 0 has no reference");
    CHECK_THROWS_WITH(bleu(one, References{one}, 0),
                      "bleu: need max_n >= 1, got 0");
  }
}
