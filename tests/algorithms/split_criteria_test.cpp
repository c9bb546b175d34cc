// Verifies the claims of questions/algorithms/split_criteria.md.
#include <whiteboard/algorithms/split_criteria.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::algorithms;
using Children = std::vector<Vector>;

namespace {

/// Class counts of two children.
Children two(double a, double b, double c, double d) {
  return {Vector{{a, b}}, Vector{{c, d}}};
}

double decrease(Impurity kind, const Children& children) {
  return impurity_decrease(kind, children);
}

/// Quinlan's fourteen Saturday mornings [2]: outlook, temperature, humidity,
/// wind, and whether there was tennis.
const std::vector<std::array<std::string, 5>> tennis = {
    {"sunny", "hot", "high", "weak", "no"},
    {"sunny", "hot", "high", "strong", "no"},
    {"overcast", "hot", "high", "weak", "yes"},
    {"rain", "mild", "high", "weak", "yes"},
    {"rain", "cool", "normal", "weak", "yes"},
    {"rain", "cool", "normal", "strong", "no"},
    {"overcast", "cool", "normal", "strong", "yes"},
    {"sunny", "mild", "high", "weak", "no"},
    {"sunny", "cool", "normal", "weak", "yes"},
    {"rain", "mild", "normal", "weak", "yes"},
    {"sunny", "mild", "normal", "strong", "yes"},
    {"overcast", "mild", "high", "strong", "yes"},
    {"overcast", "hot", "normal", "weak", "yes"},
    {"rain", "mild", "high", "strong", "no"}};

/// One child for each value of a column of `tennis`.
Children split_on(std::size_t column) {
  std::vector<std::string> values;
  Children children;
  for (const auto& day : tennis) {
    const auto found = std::find(values.begin(), values.end(), day[column]);
    const auto child = static_cast<std::size_t>(found - values.begin());
    if (found == values.end()) {
      values.push_back(day[column]);
      children.push_back(Vector::Zero(2));
    }
    children[child](day[4] == "yes" ? 0 : 1) += 1.0;
  }
  return children;
}

/// One child for each day.
Children split_on_the_day() {
  Children children;
  for (const auto& day : tennis) {
    children.push_back(day[4] == "yes" ? Vector{{1.0, 0.0}}
                                       : Vector{{0.0, 1.0}});
  }
  return children;
}

/// Pearson's chi-squared of the table children x classes, by its definition.
double chi_squared(const Children& children) {
  Vector parent = Vector::Zero(children.front().size());
  for (const Vector& child : children) parent += child;
  double sum = 0.0;
  for (const Vector& child : children) {
    for (Eigen::Index k = 0; k < parent.size(); ++k) {
      const double expected = child.sum() * parent(k) / parent.sum();
      sum += (child(k) - expected) * (child(k) - expected) / expected;
    }
  }
  return sum;
}

double variance(const Vector& y) {
  return (y.array() - y.mean()).square().mean();
}

}  // namespace

TEST_SUITE("algorithms/split_criteria") {
  TEST_CASE("equal_error_unequal_impurity") {
    const Children mixed = two(300, 100, 100, 300);
    const Children one_pure = two(200, 400, 200, 0);
    const auto after = [](Impurity kind, const Children& children) {
      return impurity(kind, Vector{{400.0, 400.0}}) - decrease(kind, children);
    };
    // A few roundings of numbers below 1.
    CHECK(
        close(after(Impurity::misclassification, mixed), 0.25, {.abs = 1e-15}));
    CHECK(close(after(Impurity::misclassification, one_pure), 0.25,
                {.abs = 1e-15}));
    CHECK(close(after(Impurity::gini, mixed), 3.0 / 8.0, {.abs = 1e-15}));
    CHECK(close(after(Impurity::gini, one_pure), 1.0 / 3.0, {.abs = 1e-15}));
    // H(1/4) = 2 - 3/4 log2 3 and 3/4 H(1/3) = 3/4 (log2 3 - 2/3).
    const double log3 = std::log2(3.0);
    CHECK(close(after(Impurity::entropy, mixed), 2.0 - 0.75 * log3,
                {.abs = 1e-15}));
    CHECK(close(after(Impurity::entropy, one_pure), 0.75 * log3 - 0.5,
                {.abs = 1e-15}));
    EVIDENCE("entropy of (300, 100 | 100, 300)",
             after(Impurity::entropy, mixed));
    EVIDENCE("entropy of (200, 400 | 200, 0)",
             after(Impurity::entropy, one_pure));
  }

  TEST_CASE("outlook_is_the_root_of_the_tennis_table") {
    // Quinlan [2] prints 0.246, 0.029, 0.151 and 0.048 bits; to ten digits,
    // from the definition in NumPy 1.24.2:
    const std::array<double, 4> want = {0.2467498198, 0.0292225657,
                                        0.1518355014, 0.0481270304};
    std::vector<double> gains;
    for (std::size_t j = 0; j < 4; ++j) {
      gains.push_back(decrease(Impurity::entropy, split_on(j)));
    }
    CHECK(close(gains, want, {.abs = 1e-10}));
    CHECK(close(entropy(Vector{{9.0, 5.0}}), 0.9402859587, {.abs = 1e-10}));
    EVIDENCE_SERIES("gain of outlook, temperature, humidity, wind", gains);
    // The error rate sees nothing in temperature and wind, and ties the rest.
    const auto error = [](std::size_t j) {
      return decrease(Impurity::misclassification, split_on(j));
    };
    CHECK(close(error(0), 1.0 / 14.0, {.abs = 1e-15}));
    CHECK(close(error(1), 0.0, {.abs = 1e-15}));
    CHECK(close(error(2), 1.0 / 14.0, {.abs = 1e-15}));
    CHECK(close(error(3), 0.0, {.abs = 1e-15}));
  }

  TEST_CASE("gain_ratio_does_not_reject_an_id_column") {
    const Children days = split_on_the_day();
    REQUIRE(days.size() == 14);
    const double gain = decrease(Impurity::entropy, days);
    // Every child is pure: all 0.9403 bits; and 14 children cost log2 14.
    CHECK(close(gain, entropy(Vector{{9.0, 5.0}}), {.abs = 1e-15}));
    const std::optional<double> ratio = gain_ratio(days);
    const std::optional<double> outlook = gain_ratio(split_on(0));
    REQUIRE(ratio.has_value());
    REQUIRE(outlook.has_value());
    CHECK(close(*ratio, 0.9402859587 / std::log2(14.0), {.abs = 1e-10}));
    CHECK(close(*outlook, 0.1564275624, {.abs = 1e-10}));
    EVIDENCE("gain ratio of the day's number", *ratio);
    EVIDENCE("gain ratio of outlook", *outlook);
    for (std::size_t j = 0; j < 4; ++j) {
      CHECK(*ratio > *gain_ratio(split_on(j)));
    }
    // A split that sends all samples one way would be 0 / 0.
    CHECK(!gain_ratio(Children{Vector{{5.0, 3.0}}}).has_value());
    CHECK(!gain_ratio(two(5, 3, 0, 0)).has_value());
  }

  TEST_CASE("gini_and_entropy_can_disagree") {
    const Children gini_choice = two(1, 1, 1, 4);
    const Children entropy_choice = two(0, 1, 2, 4);
    CHECK(decrease(Impurity::gini, gini_choice) >
          decrease(Impurity::gini, entropy_choice) + 0.009);
    CHECK(decrease(Impurity::entropy, gini_choice) <
          decrease(Impurity::entropy, entropy_choice) - 0.014);
    // And no two binary splits of a smaller node with two classes do.
    int pairs = 0;
    for (int p = 0; p <= 6; ++p) {
      for (int q = 0; p + q <= 6; ++q) {
        std::vector<Children> splits;
        for (int a = 0; a <= p; ++a) {
          for (int b = 0; b <= q; ++b) {
            if (a + b == 0 || a + b == p + q) continue;
            splits.push_back(two(a, b, p - a, q - b));
          }
        }
        for (const Children& s : splits) {
          for (const Children& t : splits) {
            const double by_gini =
                decrease(Impurity::gini, s) - decrease(Impurity::gini, t);
            const double by_entropy =
                decrease(Impurity::entropy, s) - decrease(Impurity::entropy, t);
            // Not opposite by more than rounding.
            CHECK_UNARY(!(by_gini > 1e-12 && by_entropy < -1e-12));
            ++pairs;
          }
        }
      }
    }
    EVIDENCE("pairs of splits of up to six samples that agree", pairs);
    CHECK(pairs > 1000);
  }

  TEST_CASE("a_decrease_is_never_negative") {
    // All pairs of children with three classes and at most 3 of each.
    int with_parents_mix = 0;
    const auto counts = [](int code) {
      return Vector{
          {double(code % 4), double(code / 4 % 4), double(code / 16)}};
    };
    for (int s = 1; s < 64; ++s) {
      for (int t = s; t < 64; ++t) {
        const Children children{counts(s), counts(t)};
        // Same mix: the counts are proportional, in whole numbers.
        const bool same = (children[0] * children[1].sum())
                              .isApprox(children[1] * children[0].sum(), 0.0);
        with_parents_mix += same;
        for (const Impurity kind : {Impurity::gini, Impurity::entropy}) {
          // The smallest true gain here is far above rounding.
          const double d = decrease(kind, children);
          CHECK_UNARY(same ? std::abs(d) < 1e-14 : d > 1e-4);
        }
        CHECK_UNARY(decrease(Impurity::misclassification, children) > -1e-14);
      }
    }
    CHECK(with_parents_mix > 63);
    // The error rate finds nothing in a split that moves 80 % to 57 %.
    const Children informative = two(40, 10, 40, 30);
    CHECK(close(decrease(Impurity::misclassification, informative), 0.0,
                {.abs = 1e-15}));
    CHECK(close(decrease(Impurity::gini, informative), 8.0 / 315.0,
                {.abs = 1e-15}));
    CHECK(decrease(Impurity::entropy, informative) > 0.04);
    // Averages without weights can call a useful split harmful.
    const Children uneven = two(1, 1, 0, 8);
    const double unweighted =
        gini(Vector{{1.0, 9.0}}) - (gini(uneven[0]) + gini(uneven[1])) / 2.0;
    CHECK(unweighted < 0.0);
    CHECK(close(decrease(Impurity::gini, uneven), 0.08, {.abs = 1e-15}));
  }

  TEST_CASE("gini_of_0_1_labels_is_twice_the_variance") {
    std::mt19937_64 rng(0);
    for (int table = 0; table < 200; ++table) {
      Vector left(uniform_index(9, rng) + 1), right(uniform_index(9, rng) + 1);
      Children children = two(0, 0, 0, 0);
      for (double& y : left) {
        y = static_cast<double>(uniform_index(2, rng));
        children[0](y == 1.0) += 1.0;
      }
      for (double& y : right) {
        y = static_cast<double>(uniform_index(2, rng));
        children[1](y == 1.0) += 1.0;
      }
      CHECK(close(gini(children[0]), 2.0 * variance(left), {.abs = 1e-15}));
      CHECK(close(decrease(Impurity::gini, children),
                  2.0 * variance_reduction(left, right), {.abs = 1e-15}));
    }
  }

  TEST_CASE("gini_is_the_error_of_a_random_label") {
    // Draw a sample and, independently, the class of another: enumerated.
    const Vector counts{{5.0, 2.0, 0.0, 3.0}};
    double wrong = 0.0;
    for (Eigen::Index drawn = 0; drawn < 4; ++drawn) {
      for (Eigen::Index label = 0; label < 4; ++label) {
        if (drawn != label) wrong += counts(drawn) * counts(label);
      }
    }
    CHECK(close(gini(counts), wrong / 100.0, {.abs = 1e-15}));
    for (const Eigen::Index K : {1, 2, 3, 10}) {
      const double k = static_cast<double>(K);
      const Vector even = Vector::Constant(K, 7.0);
      CHECK(close(gini(even), 1.0 - 1.0 / k, {.abs = 1e-15}));
      CHECK(close(entropy(even), std::log2(k), {.abs = 1e-14}));
      CHECK(close(misclassification(even), 1.0 - 1.0 / k, {.abs = 1e-15}));
      // Nothing is above the even mix, and a pure node is at 0 exactly.
      Vector uneven = even;
      uneven(0) += 1.0;
      CHECK(gini(uneven) <= gini(even));
      CHECK(entropy(uneven) <= entropy(even));
      Vector pure = Vector::Zero(K);
      pure(K - 1) = 3.0;
      CHECK(gini(pure) == 0.0);
      CHECK(entropy(pure) == 0.0);
      CHECK(misclassification(pure) == 0.0);
    }
  }

  TEST_CASE("the_gains_are_test_statistics") {
    const Children outlook = split_on(0);
    const double n = 14.0;
    // SciPy 1.10.1, chi2_contingency of the 3 x 2 table: log-likelihood
    // 4.7889503726 (p = 0.0912), Pearson 3.5466666667 (p = 0.170).
    const double G =
        2.0 * n * std::log(2.0) * decrease(Impurity::entropy, outlook);
    CHECK(close(G, 4.7889503726491585, {.rel = 1e-12}));
    const double pearson =
        n * decrease(Impurity::gini, outlook) / gini(Vector{{9.0, 5.0}});
    CHECK(close(pearson, 3.546666666666667, {.rel = 1e-12}));
    EVIDENCE("G of outlook, chi-squared with 2 degrees of freedom", G);
    EVIDENCE("Pearson's chi-squared of outlook", pearson);
    // For two classes always; for three the Gini decrease is another number.
    for (std::size_t j = 0; j < 4; ++j) {
      const Children children = split_on(j);
      CHECK(close(
          n * decrease(Impurity::gini, children) / gini(Vector{{9.0, 5.0}}),
          chi_squared(children), {.rel = 1e-12}));
    }
    const Children three{Vector{{3.0, 0.0, 1.0}}, Vector{{1.0, 4.0, 3.0}}};
    const double third =
        12.0 * decrease(Impurity::gini, three) / gini(Vector{{4.0, 4.0, 4.0}});
    CHECK(std::abs(2.0 * third - chi_squared(three)) < 1e-12);  // K - 1 = 2
    const Children skewed{Vector{{3.0, 0.0, 1.0}}, Vector{{1.0, 2.0, 5.0}}};
    CHECK(std::abs(24.0 * decrease(Impurity::gini, skewed) /
                       gini(Vector{{4.0, 2.0, 6.0}}) -
                   chi_squared(skewed)) > 0.1);
  }

  TEST_CASE("random_labels_gain_by_the_number_of_values") {
    // All 495 ways to place four positives on twelve samples, for features that
    // cut the twelve into q groups of equal size.
    std::vector<double> means;
    const double root = gini(Vector{{8.0, 4.0}});
    CHECK(close(root, 4.0 / 9.0, {.abs = 1e-15}));
    for (const int q : {2, 4, 6, 12}) {
      double sum = 0.0;
      int labellings = 0;
      std::vector<int> yes(12, 0);
      std::fill(yes.begin() + 8, yes.end(), 1);
      do {
        Children children(static_cast<std::size_t>(q), Vector::Zero(2));
        for (std::size_t i = 0; i < 12; ++i) {
          children[i % static_cast<std::size_t>(q)](yes[i]) += 1.0;
        }
        sum += decrease(Impurity::gini, children);
        ++labellings;
      } while (std::next_permutation(yes.begin(), yes.end()));
      REQUIRE(labellings == 495);
      // E[chi^2] = n (q - 1) / (n - 1) over permutations of the labels.
      CHECK(close(sum / 495.0, root * (q - 1) / 11.0, {.rel = 1e-11}));
      means.push_back(sum / 495.0);
    }
    EVIDENCE_SERIES("mean Gini decrease with 2, 4, 6, 12 values", means);
  }

  TEST_CASE("a_difference_of_means_survives_an_offset") {
    const Vector left{{1.0, 2.0, 4.0}};
    const Vector right{{5.0, 7.0, 8.0, 9.0}};
    // By hand: 12/49 (7/3 - 29/4)^2 = 12/49 (59/12)^2 = 3481/588.
    const double want = 3481.0 / 588.0;
    CHECK(close(variance_reduction(left, right), want, {.rel = 1e-15}));
    const double offset = 0x1p40;  // y + 2^40 is exact
    const Vector far_left = left.array() + offset;
    const Vector far_right = right.array() + offset;
    // The means round to 2^-12 or so: 2^40 eps, over a difference of 5.
    CHECK(close(variance_reduction(far_left, far_right), want, {.rel = 2e-4}));
    // Mean of squares less square of the mean: 2^80 eps is 2^28.
    const auto naive = [](const Vector& y) {
      return y.squaredNorm() / static_cast<double>(y.size()) -
             y.mean() * y.mean();
    };
    Vector all(7);
    all << far_left, far_right;
    const double lost =
        naive(all) - 3.0 / 7.0 * naive(far_left) - 4.0 / 7.0 * naive(far_right);
    CHECK(std::abs(lost - want) > 1.0);
    EVIDENCE("reduction with y + 2^40",
             variance_reduction(far_left, far_right));
    EVIDENCE("the same by the mean of squares", lost);
  }

  TEST_CASE("scores_of_sums_give_the_decrease") {
    const Children children{Vector{{3.0, 0.5, 1.0}}, Vector{{1.0, 4.0, 2.5}}};
    const Vector parent = children[0] + children[1];
    for (const Impurity kind :
         {Impurity::gini, Impurity::entropy, Impurity::misclassification}) {
      const ImpurityCriterion criterion{kind};
      const double gain = criterion.score(children[0]) +
                          criterion.score(children[1]) -
                          criterion.score(parent);
      CHECK(close(gain, 12.0 * decrease(kind, children), {.abs = 1e-13}));
    }
    const Vector left{{1.0, 2.0, 4.0}}, right{{5.0, 7.0, 8.0, 9.0}};
    const VarianceCriterion criterion;
    const double gain = criterion.score(Vector{{3.0, left.sum()}}) +
                        criterion.score(Vector{{4.0, right.sum()}}) -
                        criterion.score(Vector{{7.0, 36.0}});
    // Sums of whole numbers are exact, three quotients round.
    CHECK(close(gain, 7.0 * 3481.0 / 588.0, {.abs = 1e-12}));
    // And with the three variances by their definition.
    Vector all(7);
    all << left, right;
    CHECK(close(
        gain,
        7.0 * variance(all) - 3.0 * variance(left) - 4.0 * variance(right),
        {.abs = 1e-12}));
  }
}

TEST_SUITE("algorithms/split_criteria extra") {
  TEST_CASE("a gain must beat the best by more than rounding") {
    const ImpurityCriterion gini_criterion;
    const Vector left{{2.0, 1.0}}, right{{1.0, 4.0}};
    const double before = gini_criterion.score(left + right);
    const auto gain = [&](const std::optional<Split>& best) {
      return gain_above(best, left, right, before, gini_criterion);
    };
    const std::optional<double> first = gain({});
    REQUIRE(first.has_value());
    // 8 times 30/64 less 4/3 less 8/5.
    CHECK(close(*first, 3.75 - 4.0 / 3.0 - 1.6, {.abs = 1e-14}));
    CHECK(!gain(Split{.gain = *first}).has_value());
    CHECK(!gain(Split{.gain = *first * (1.0 - 1e-14)}).has_value());
    CHECK(gain(Split{.gain = *first * (1.0 - 1e-9)}).has_value());
    // Equal mixes: what rounding leaves is 0.
    const Vector third{{0.1, 0.2, 0.3}};
    const auto none =
        gain_above({}, third, third * 7.0, gini_criterion.score(third * 8.0),
                   gini_criterion);
    REQUIRE(none.has_value());
    CHECK(*none == 0.0);
  }

  TEST_CASE("a threshold separates its two values") {
    CHECK(threshold_between(1.0, 2.0) == 1.5);
    const double up = std::nextafter(1.0, 2.0);
    for (const double low : {1.0, up}) {
      const double high = std::nextafter(low, 2.0);
      CHECK(threshold_between(low, high) == low);
    }
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK(threshold_between(1.0, infinity) == infinity);
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(Split{.threshold = 1.0}.goes_left(1.0));
    CHECK(!Split{.threshold = 1.0}.goes_left(up));
    CHECK(!Split{.threshold = 1.0}.goes_left(nan));
    CHECK(Split{.threshold = 1.0, .missing_left = true}.goes_left(nan));
  }

  TEST_CASE("columns are sorted once and missing values come last") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const Matrix X{{3.0, 1.0}, {nan, 1.0}, {1.0, 0.0}, {nan, 1.0}, {2.0, nan}};
    const TreeData data(X, Matrix::Ones(5, 1),
                        Vector{{1.0, 2.0, 4.0, 8.0, 16.0}});
    const Order want{{2, 4, 0, 1, 3}, {2, 0, 1, 3, 4}};
    CHECK(close(data.order, want));
    const std::array<int, 2> some = {1, 4};
    CHECK(data.sum(some)(0) == 18.0);
    CHECK(data.constant(some));
    CHECK(!TreeData(X, X.rightCols(1), Vector::Ones(5))
               .constant(std::array<int, 2>{0, 2}));
  }

  TEST_CASE("an empty child changes nothing") {
    CHECK(close(decrease(Impurity::entropy, two(5, 3, 0, 0)), 0.0,
                {.abs = 1e-15}));
    REQUIRE(gain_ratio(two(5, 3, 1, 0)).has_value());
    const Children with_empty{Vector{{3.0, 1.0}}, Vector{{0.0, 0.0}},
                              Vector{{1.0, 3.0}}};
    CHECK(*gain_ratio(with_empty) == *gain_ratio(two(3, 1, 1, 3)));
    CHECK(decrease(Impurity::gini, with_empty) ==
          decrease(Impurity::gini, two(3, 1, 1, 3)));
  }

  TEST_CASE("weights scale out and absent classes count for nothing") {
    for (const Impurity kind :
         {Impurity::gini, Impurity::entropy, Impurity::misclassification}) {
      const double want = impurity(kind, Vector{{3.0, 1.0}});
      CHECK(impurity(kind, Vector{{0.75, 0.25}}) == want);
      CHECK(impurity(kind, Vector{{3.0, 0.0, 1.0}}) == want);
      CHECK(want > 0.2);
    }
  }

  TEST_CASE("arguments that break the contract are refused") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_WITH(gini(Vector{{0.0, 0.0}}),
                      "impurity: need a positive count, got only zeros");
    CHECK_THROWS_WITH(entropy(Vector{{2.0, -1.0}}),
                      "impurity: need counts >= 0, got -1");
    CHECK_THROWS_WITH(misclassification(Vector()),
                      "impurity: need at least one class, got none");
    CHECK_THROWS_WITH(gini(Vector{{1.0, nan}}), "impurity: counts(1) is nan");
    CHECK_THROWS_WITH(decrease(Impurity::gini, {}),
                      "parent_of: need at least one child, got none");
    CHECK_THROWS_WITH(decrease(Impurity::gini, two(0, 0, 0, 0)),
                      "parent_of: all children are empty");
    CHECK_THROWS_WITH(
        decrease(Impurity::gini, {Vector{{1.0, 2.0}}, Vector{{1.0}}}),
        "parent_of: children of 2 and 1 classes");
    CHECK_THROWS_AS(gain_ratio(two(1, 2, -1, 2)), std::invalid_argument);
    CHECK_THROWS_WITH(
        variance_reduction(Vector(), Vector{{1.0}}),
        "variance_reduction: need two non-empty sides, got 0 and 1 targets");
    CHECK_THROWS_AS(variance_reduction(Vector{{1.0}}, Vector()),
                    std::invalid_argument);
    CHECK_THROWS_WITH(variance_reduction(Vector{{1.0}}, Vector{{nan}}),
                      "variance_reduction: right(0) is nan");
    CHECK_THROWS_WITH(variance_reduction(Vector{{nan}}, Vector{{1.0}}),
                      "variance_reduction: left(0) is nan");
    CHECK(variance_reduction(Vector{{1.0}}, Vector{{3.0}}) == 1.0);
  }
}
