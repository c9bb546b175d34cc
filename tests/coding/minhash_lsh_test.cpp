// Verifies the claims of questions/coding/minhash_lsh.md.
#include <whiteboard/coding/minhash_lsh.hpp>
#include <whiteboard/core/random.hpp>

#include <support/claims.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

using namespace whiteboard;
using coding::candidate_pairs;
using coding::estimate_jaccard;
using coding::minhash;
using coding::minhash_one_permutation;
using coding::Signature;

namespace {

using Elements = std::vector<std::uint64_t>;
using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;
using Minhash = Signature (*)(std::span<const std::uint64_t>, std::size_t,
                              std::uint64_t);

/// Two sets and their similarity, by construction.
struct TwoSets {
  Elements a, b;
  double jaccard = 0.0;
};

/// `common` elements in both sets, `only_a` and `only_b` more, all distinct and
/// in random order.
TwoSets two_sets(std::size_t common, std::size_t only_a, std::size_t only_b,
                 std::mt19937_64& rng) {
  TwoSets sets;
  for (std::size_t i = 0; i < common + only_a; ++i) sets.a.push_back(rng());
  sets.b.assign(sets.a.begin(),
                sets.a.begin() + static_cast<std::ptrdiff_t>(common));
  for (std::size_t i = 0; i < only_b; ++i) sets.b.push_back(rng());
  shuffle(sets.a, rng);
  shuffle(sets.b, rng);
  sets.jaccard = static_cast<double>(common) /
                 static_cast<double>(common + only_a + only_b);
  return sets;
}

/// One of 1, ..., most.
std::size_t up_to(std::ptrdiff_t most, std::mt19937_64& rng) {
  return static_cast<std::size_t>(1 + uniform_index(most, rng));
}

/// Errors of the estimate over many pairs of sets.
struct Errors {
  double mean = 0.0;
  double standard_error = 0.0;  ///< of the mean, measured
  double root_mean_square = 0.0;
  double expected = 0.0;  ///< root mean square of Eq. (3)
  int beyond_four = 0;    ///< pairs off by over 4 standard deviations
};

/// `pairs` pairs of sets with up to `most` elements in common and apart.
Errors errors_of(Minhash signature, std::ptrdiff_t most, int pairs,
                 std::size_t hashes) {
  std::mt19937_64 rng(1);
  double sum = 0.0, squares = 0.0, variances = 0.0;
  Errors errors;
  for (int i = 0; i < pairs; ++i) {
    const std::size_t common = up_to(most, rng), only_a = up_to(most, rng);
    const TwoSets sets = two_sets(common, only_a, up_to(most, rng), rng);
    const std::uint64_t seed = rng();
    const double error = estimate_jaccard(signature(sets.a, hashes, seed),
                                          signature(sets.b, hashes, seed)) -
                         sets.jaccard;
    const double variance =
        sets.jaccard * (1.0 - sets.jaccard) / static_cast<double>(hashes);
    sum += error;
    squares += error * error;
    variances += variance;
    if (error * error > 16.0 * variance) ++errors.beyond_four;
  }
  errors.mean = sum / pairs;
  errors.standard_error = std::sqrt(squares) / pairs;
  errors.root_mean_square = std::sqrt(squares / pairs);
  errors.expected = std::sqrt(variances / pairs);
  return errors;
}

/// Least rank of the members of a subset (bits of `subset`) in `order`.
std::uint64_t least_rank(unsigned subset, const std::array<int, 6>& order) {
  std::uint64_t rank = 0;
  while ((subset >> order[rank] & 1u) == 0) ++rank;
  return rank;
}

int members(unsigned subset) {
  int count = 0;
  for (; subset != 0; subset >>= 1) count += static_cast<int>(subset & 1u);
  return count;
}

/// Two signatures whose entries agree with probability `similarity` each.
std::vector<Signature> alike(double similarity, std::size_t hashes,
                             std::mt19937_64& rng) {
  std::vector<Signature> two(2, Signature(hashes));
  for (std::size_t i = 0; i < hashes; ++i) {
    two[0][i] = rng();
    two[1][i] = uniform(rng) < similarity ? two[0][i] : rng();
  }
  return two;
}

}  // namespace

TEST_SUITE("coding/minhash_lsh") {
  TEST_CASE("equal_minima_have_the_probability_jaccard") {
    // A "signature" with one entry for each of the 720 orders of 6 elements:
    // the share of equal entries is a probability, not an estimate of one.
    std::vector<Signature> minima(64);
    std::array<int, 6> order{0, 1, 2, 3, 4, 5};
    do {
      for (unsigned subset = 1; subset < 64; ++subset) {
        minima[subset].push_back(least_rank(subset, order));
      }
    } while (std::next_permutation(order.begin(), order.end()));
    REQUIRE(minima[1].size() == 720);
    for (unsigned a = 1; a < 64; ++a) {
      for (unsigned b = 1; b < 64; ++b) {
        // The same fraction, so the same double.
        CHECK(estimate_jaccard(minima[a], minima[b]) ==
              static_cast<double>(members(a & b)) / members(a | b));
      }
    }
  }

  TEST_CASE("the_error_is_binomial") {
    const Errors errors = errors_of(minhash, 25, 400, 256);
    EVIDENCE("root mean square error, 256 hashes", errors.root_mean_square);
    EVIDENCE("expected", errors.expected);
    CHECK(std::abs(errors.mean) < 5.0 * errors.standard_error);
    // Of 400 squares the mean has a relative standard error of about
    // sqrt(2 / 400) = 0.07, its root half of that.
    CHECK(close(errors.root_mean_square, errors.expected, {.rel = 0.18}));
    CHECK(errors.beyond_four <= 3);
  }

  TEST_CASE("order_and_repetitions_do_not_matter") {
    std::mt19937_64 rng(2);
    Elements set = two_sets(20, 0, 0, rng).a;
    const Signature signature = minhash(set, 64, 3);
    Elements again = set;
    again.insert(again.end(), set.begin(), set.begin() + 7);
    shuffle(again, rng);
    CHECK(minhash(again, 64, 3) == signature);
    // Nor does the signature of one set depend on another's size.
    CHECK(estimate_jaccard(minhash(Elements{set[0]}, 64, 3),
                           minhash(Elements{set[0], set[0]}, 64, 3)) == 1.0);
    set.pop_back();
    CHECK(minhash(set, 64, 3) != signature);
  }

  TEST_CASE("one_hash_for_all_entries_says_all_or_nothing") {
    std::mt19937_64 rng(4);
    const TwoSets sets = two_sets(20, 10, 10, rng);  // J = 1 / 2
    int ones = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      const double estimate = estimate_jaccard(minhash(sets.a, 128, seed),
                                               minhash(sets.b, 128, seed));
      // Five standard deviations of 128 entries.
      CHECK(close(estimate, 0.5, {.abs = 0.221}));
      const Signature a(128, minhash(sets.a, 1, seed)[0]);
      const Signature b(128, minhash(sets.b, 1, seed)[0]);
      const double shortcut = estimate_jaccard(a, b);
      CHECK((shortcut == 0.0 || shortcut == 1.0));
      ones += static_cast<int>(shortcut);
    }
    EVIDENCE("seeds of 100 for which one hash says 1 (truth 0.5)", ones);
    CHECK(ones > 25);
    CHECK(ones < 75);
  }

  TEST_CASE("a_candidate_agrees_in_a_whole_band") {
    std::mt19937_64 rng(5);
    for (const std::size_t bands : {1u, 2u, 3u, 4u, 6u, 12u}) {
      // Entries of three values, so that bands of up to four meet by chance.
      std::vector<Signature> signatures(30, Signature(12));
      for (Signature& signature : signatures) {
        for (std::uint64_t& entry : signature)
          entry = static_cast<std::uint64_t>(uniform_index(3, rng));
      }
      signatures.push_back(signatures[4]);
      const std::size_t rows = 12 / bands;
      Pairs expected;
      for (std::size_t i = 0; i < signatures.size(); ++i) {
        for (std::size_t j = i + 1; j < signatures.size(); ++j) {
          std::vector<std::size_t> agreeing(bands, 0);
          for (std::size_t k = 0; k < 12; ++k) {
            if (signatures[i][k] == signatures[j][k]) ++agreeing[k / rows];
          }
          if (std::count(agreeing.begin(), agreeing.end(), rows) > 0) {
            expected.emplace_back(i, j);
          }
        }
      }
      REQUIRE(!expected.empty());
      CHECK(candidate_pairs(signatures, bands) == expected);
    }
  }

  TEST_CASE("the_curve_is_steep") {
    std::mt19937_64 rng(6);
    const int trials = 1200;
    std::vector<double> curve;
    for (const auto& [similarity, predicted] :
         {std::pair{0.3, 0.047494}, std::pair{0.5, 0.470051},
          std::pair{0.8, 0.999644}}) {
      CHECK(close(1.0 - std::pow(1.0 - std::pow(similarity, 5), 20), predicted,
                  {.abs = 1e-6}));
      int found = 0;
      for (int i = 0; i < trials; ++i) {
        found += static_cast<int>(
            candidate_pairs(alike(similarity, 100, rng), 20).size());
      }
      curve.push_back(static_cast<double>(found) / trials);
      // Five standard errors, and the misses of the last, too few for those.
      CHECK(close(
          curve.back(), predicted,
          {.abs = 5.0 * std::sqrt(predicted * (1.0 - predicted) / trials) +
                  1.0 / trials}));
    }
    EVIDENCE_SERIES("candidates at similarity 0.3, 0.5, 0.8", curve);
  }

  TEST_CASE("near_duplicates_are_found_among_many") {
    // 200 sets of 50, and 20 copies with 2 elements exchanged: J = 48 / 52.
    std::mt19937_64 rng(7);
    std::vector<Signature> signatures;
    for (std::size_t i = 0; i < 220; ++i) {
      Elements set;
      std::mt19937_64 content(i % 200);
      for (int k = 0; k < 50; ++k) set.push_back(content());
      if (i >= 200) set[3] = rng();
      if (i >= 200) set[17] = rng();
      signatures.push_back(minhash(set, 100, 8));
    }
    Pairs expected;
    for (std::size_t i = 0; i < 20; ++i) expected.emplace_back(i, i + 200);
    // Missed with probability (1 - 0.923^5)^20 = 2e-10 each, and sets without
    // a common element share no 64-bit hash.
    CHECK(candidate_pairs(signatures, 20) == expected);
  }

  TEST_CASE("one_hash_per_element_estimates_as_well") {
    // Sets of 2 to 60 elements for 64 bins: most of them stay empty. Of 400
    // squares the root of the mean has a relative standard error of 0.035.
    const Errors sparse = errors_of(minhash_one_permutation, 30, 400, 64);
    CHECK(std::abs(sparse.mean) < 5.0 * sparse.standard_error);
    CHECK(sparse.root_mean_square < 1.18 * sparse.expected);
    CHECK(sparse.root_mean_square > 0.82 * sparse.expected);
    // Sets of 2 to 800, mostly without an empty bin; 200 squares, 0.05.
    const Errors dense = errors_of(minhash_one_permutation, 400, 200, 64);
    CHECK(std::abs(dense.mean) < 5.0 * dense.standard_error);
    CHECK(dense.root_mean_square < 1.25 * dense.expected);
    CHECK(dense.root_mean_square > 0.5 * dense.expected);
    EVIDENCE("root mean square error over Eq. (3), 2 to 60 elements",
             sparse.root_mean_square / sparse.expected);
    EVIDENCE("the same, 2 to 800 elements",
             dense.root_mean_square / dense.expected);
  }
}

TEST_SUITE("coding/minhash_lsh extra") {
  TEST_CASE("the example of the task") {
    std::mt19937_64 rng(9);
    const TwoSets apart = two_sets(0, 50, 50, rng);
    CHECK(estimate_jaccard(minhash(apart.a, 100, 1),
                           minhash(apart.a, 100, 1)) == 1.0);
    CHECK(estimate_jaccard(minhash(apart.a, 100, 1),
                           minhash(apart.b, 100, 1)) == 0.0);
  }

  TEST_CASE("signatures have the length asked for and depend on the seed") {
    for (const auto signature : {minhash, minhash_one_permutation}) {
      const Elements set{1, 2, 3};
      CHECK(signature(set, 7, 0).size() == 7);
      CHECK(signature(set, 7, 0) == signature(set, 7, 0));
      CHECK(signature(set, 7, 0) != signature(set, 7, 1));
      CHECK(signature(Elements{5}, 1, 0).size() == 1);
      CHECK(signature(Elements{3, 1, 2, 1}, 64, 0) == signature(set, 64, 0));
    }
  }

  TEST_CASE("a single element fills every bin of the second part") {
    const Signature signature = minhash_one_permutation(Elements{42}, 64, 0);
    CHECK(std::set(signature.begin(), signature.end()).size() == 1);
  }

  TEST_CASE("few sets") {
    CHECK(candidate_pairs({}, 4).empty());
    CHECK(candidate_pairs({{1, 2}}, 2).empty());
    CHECK(candidate_pairs({{1, 2}, {1, 3}}, 1).empty());
    CHECK(candidate_pairs({{1, 2}, {1, 3}}, 2) == Pairs{{0, 1}});
    // A band is a place as well as a value.
    CHECK(candidate_pairs({{1, 2}, {2, 1}}, 2).empty());
  }

  TEST_CASE("what is refused") {
    CHECK_THROWS_WITH_AS(minhash({}, 4, 0),
                         "minhash: need a set with elements, got none",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(minhash(Elements{1}, 0, 0),
                         "minhash: need hashes > 0, got 0",
                         std::invalid_argument);
    CHECK_THROWS_AS(minhash_one_permutation({}, 4, 0), std::invalid_argument);
    CHECK_THROWS_AS(minhash_one_permutation(Elements{1}, 0, 0),
                    std::invalid_argument);
    CHECK_THROWS_WITH_AS(estimate_jaccard({1}, {1, 2}),
                         "estimate_jaccard: need two signatures of one length "
                         "> 0, got 1 and 2",
                         std::invalid_argument);
    CHECK_THROWS_AS(estimate_jaccard({}, {}), std::invalid_argument);
    CHECK_THROWS_WITH_AS(candidate_pairs({{1, 2}}, 0),
                         "candidate_pairs: need bands > 0, got 0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(candidate_pairs({{1, 2, 3}}, 2),
                         "candidate_pairs: need bands that divide the length, "
                         "got 2 bands, length 3",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(candidate_pairs({{1, 2}, {1}}, 1),
                         "candidate_pairs: need signatures of one length, got "
                         "2 and 1",
                         std::invalid_argument);
    CHECK_THROWS_AS(candidate_pairs({{}, {}}, 1), std::invalid_argument);
  }
}
