// Verifies the claims of questions/algorithms/naive_bayes.md.
#include <whiteboard/algorithms/naive_bayes.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::algorithms;
using whiteboard::testing::data_set;
using whiteboard::testing::gaussian;

namespace {

using Eigen::Index;
constexpr DiscreteOptions kMultinomial{};
constexpr DiscreteOptions kBernoulli{.event = Event::bernoulli};

std::span<const int> labels(const Eigen::VectorXi& y) {
  return {y.data(), static_cast<std::size_t>(y.size())};
}

struct Labelled {
  Matrix X;
  Eigen::VectorXi y;

  Labelled(const std::string& name, const std::string& target)
      : X(data_set(name).features()), y(data_set(name).labels(target).ids) {}
};

/// Every second row of the data, from the first or from the second on.
Labelled half(const Labelled& all, Index from) {
  Labelled part = all;
  const Index rows = (all.X.rows() - from + 1) / 2;
  part.X.resize(rows, all.X.cols());
  part.y.resize(rows);
  for (Index i = 0; i < rows; ++i) {
    part.X.row(i) = all.X.row(2 * i + from);
    part.y(i) = all.y(2 * i + from);
  }
  return part;
}

Index hits(const Matrix& log_posterior, const Eigen::VectorXi& y) {
  return (most_probable(log_posterior).array() == y.array()).count();
}

/// The four documents of the textbook; columns Chinese, Beijing, Shanghai,
/// Macao, Tokyo, Japan. Class 0 is China.
const Matrix kDocuments{{2, 1, 0, 0, 0, 0},
                        {2, 0, 1, 0, 0, 0},
                        {1, 0, 0, 1, 0, 0},
                        {1, 0, 0, 0, 1, 1}};
const std::vector<int> kCountry{0, 0, 0, 1};
const Matrix kNewDocument{{3, 0, 0, 0, 1, 1}};

double chance(const Matrix& log_posterior, Index i, Index c) {
  return std::exp(log_posterior(i, c));
}

}  // namespace

TEST_SUITE("algorithms/naive_bayes") {
  TEST_CASE("counts_and_presence_disagree_on_the_textbook_example") {
    const auto counted = DiscreteNaiveBayes::fit(kDocuments, kCountry, {});
    const auto present = DiscreteNaiveBayes::fit(kDocuments, kCountry,
                                                 {.event = Event::bernoulli});
    // By hand: 3/4 (3/7)^3 (1/14)^2 against 1/4 (2/9)^5.
    const double yes = 3.0 / 4.0 * 27.0 / 343.0 / 196.0;
    const double no = 1.0 / 4.0 * 32.0 / 59049.0;
    const double by_counts = chance(counted.log_posterior(kNewDocument), 0, 0);
    CHECK(close(by_counts, yes / (yes + no), {.rel = 1e-14}));
    CHECK(close(by_counts, 0.6898, {.abs = 5e-5}));
    // 3/4 (4/5) (1/5)^2 (3/5)^3 against 1/4 (2/3)^3 (2/3)^3.
    const double coins_yes = 3.0 / 4.0 * 4.0 / 5.0 / 25.0 * 27.0 / 125.0;
    const double coins_no = 1.0 / 4.0 * 64.0 / 729.0;
    const double by_presence =
        chance(present.log_posterior(kNewDocument), 0, 0);
    CHECK(
        close(by_presence, coins_yes / (coins_yes + coins_no), {.rel = 1e-14}));
    CHECK(close(by_presence, 0.1911, {.abs = 5e-5}));
    CHECK(most_probable(counted.log_posterior(kNewDocument))(0) == 0);
    CHECK(most_probable(present.log_posterior(kNewDocument))(0) == 1);
    // Repeats mean nothing to coins, and absent words nothing to draws.
    CHECK(close(present.log_posterior(Matrix{{9, 0, 0, 0, 1, 7}}),
                present.log_posterior(kNewDocument)));
    EVIDENCE("P(China), words counted", by_counts);
    EVIDENCE("P(China), words present or absent", by_presence);
  }

  TEST_CASE("iris_agrees_with_scikit_learn") {
    const Labelled iris("iris", "species");
    const auto model = GaussianNaiveBayes::fit(iris.X, labels(iris.y), {});
    const Matrix log_posterior = model.log_posterior(iris.X);
    CHECK(hits(log_posterior, iris.y) == 144);
    // scikit-learn 1.2.1, GaussianNB().
    CHECK(close(model.variances().row(0),
                Eigen::RowVector4d(0.121764, 0.140816, 0.029556, 0.010884),
                {.abs = 4e-9}));
    CHECK(close(log_posterior({0, 70, 77, 133}, Eigen::all),
                Matrix{{0.0, -4.11406345e+01, -5.79053115e+01},
                       {-2.98383811e+02, -1.86759947e+00, -1.67820115e-01},
                       {-3.17599841e+02, -2.58668517e+00, -7.82525369e-02},
                       {-3.00651404e+02, -3.38771676e-01, -1.24703740e+00}},
                {.abs = 1e-14, .rel = 1e-8}));
    EVIDENCE("of 150 flowers right", hits(log_posterior, iris.y));
  }

  TEST_CASE("event_model_decides_on_digits") {
    const Labelled digits("digits", "digit");
    const auto y = labels(digits.y);
    const Matrix counted = DiscreteNaiveBayes::fit(digits.X, y, kMultinomial)
                               .log_posterior(digits.X);
    const Matrix lit = DiscreteNaiveBayes::fit(digits.X, y, kBernoulli)
                           .log_posterior(digits.X);
    const Matrix bright = (digits.X.array() > 7.5).cast<double>();
    const Matrix half_lit =
        DiscreteNaiveBayes::fit(bright, y, kBernoulli).log_posterior(bright);
    // scikit-learn 1.2.1, MultinomialNB(), BernoulliNB(binarize = 0 and 7.5).
    CHECK(hits(counted, digits.y) == 1627);
    CHECK(hits(lit, digits.y) == 1552);
    CHECK(hits(half_lit, digits.y) == 1615);
    Matrix want(2, 10);
    want << -1.54833782e+02, -7.48237745e+01, -1.11611103e+02, -1.71115854e+01,
        -1.61293614e+02, -8.40960123e+01, -1.64206902e+02, -2.40349848e+02,
        -6.43219495e+01, -3.70282578e-08, -26.50763182, -5.5517076,
        -11.38921584, -0.81828518, -19.18816926, -15.2161789, -19.75733281,
        -21.49359766, -7.17964404, -0.59030525;
    CHECK(close(counted.row(5), want.row(0), {.abs = 1e-13, .rel = 1e-8}));
    CHECK(close(lit.row(5), want.row(1), {.rel = 1e-8}));
    EVIDENCE("multinomial, of 1797 right", hits(counted, digits.y));
    EVIDENCE("Bernoulli on any ink", hits(lit, digits.y));
    EVIDENCE("Bernoulli on half of the ink", hits(half_lit, digits.y));
  }

  TEST_CASE("floor_is_the_smoothing_of_the_gaussian") {
    const Labelled digits("digits", "digit");
    const Labelled train = half(digits, 0), test = half(digits, 1);
    const auto right = [&](double floor) {
      const auto model =
          GaussianNaiveBayes::fit(train.X, labels(train.y), {.floor = floor});
      return hits(model.log_posterior(test.X), test.y);
    };
    // scikit-learn 1.2.1, GaussianNB(var_smoothing), trained on even rows.
    REQUIRE(test.X.rows() == 898);
    CHECK(right(1e-9) == 700);
    CHECK(right(0.1) == 816);
    // A pixel that one class never inks has no variance there: without a floor
    // the density is not defined.
    const auto bare =
        GaussianNaiveBayes::fit(train.X, labels(train.y), {.floor = 0.0});
    CHECK_THROWS_WITH_AS(bare.log_posterior(test.X),
                         "GaussianNaiveBayes: a variance is 0",
                         std::invalid_argument);
    EVIDENCE("of 898 right at floor 1e-9", right(1e-9));
    EVIDENCE("at floor 0.1", right(0.1));
  }

  TEST_CASE("an_unseen_word_vetoes_without_smoothing") {
    // Ten times Beijing for class 0, and one Tokyo that it has never seen.
    const Matrix document{{5, 10, 0, 0, 1, 0}};
    const auto bare =
        DiscreteNaiveBayes::fit(kDocuments, kCountry, {.alpha = 0.0});
    const Matrix vetoed = bare.log_posterior(Matrix{{5, 0, 0, 0, 1, 0}});
    CHECK(vetoed(0, 0) == -std::numeric_limits<double>::infinity());
    CHECK(vetoed(0, 1) == 0.0);
    // Each class has a word against it: no posterior exists.
    CHECK_THROWS_AS(bare.log_posterior(document), std::invalid_argument);
    const auto smooth = DiscreteNaiveBayes::fit(kDocuments, kCountry, {});
    const double p = chance(smooth.log_posterior(document), 0, 0);
    // (3/7)^5 (2/14)^10 (1/14) 3/4 against (2/9)^5 (1/9)^10 (2/9) 1/4.
    const double odds =
        std::pow(27.0 / 14.0, 5) * std::pow(9.0 / 7.0, 10) * (9.0 / 28.0) * 3.0;
    CHECK(close(p, odds / (1.0 + odds), {.rel = 1e-13}));
    CHECK(p > 0.9);
    // What never occurred is not a veto as long as it stays away.
    CHECK(
        close(bare.log_posterior(Matrix{{2, 0, 0, 0, 0, 0}})(0, 0),
              std::log(0.75 * 25.0 / 64.0 / (0.75 * 25.0 / 64.0 + 0.25 / 9.0)),
              {.rel = 1e-13}));
    // Infinite smoothing leaves the prior.
    const auto drowned =
        DiscreteNaiveBayes::fit(kDocuments, kCountry, {.alpha = 1e12});
    CHECK(close(chance(drowned.log_posterior(document), 0, 0), 0.75,
                {.abs = 1e-10}));
    EVIDENCE("P(China) of a document with one unseen word", p);
    EVIDENCE("without smoothing", std::exp(vetoed(0, 0)));
  }

  TEST_CASE("a_long_document_underflows_as_a_product") {
    std::mt19937_64 rng(1);
    const Matrix X = Matrix::NullaryExpr(
        20, 500, [&] { return static_cast<double>(uniform_index(3, rng)); });
    std::vector<int> y;
    for (int i = 0; i < 20; ++i) y.push_back(i % 2);
    const auto model = DiscreteNaiveBayes::fit(X, y, {});
    Matrix document = Matrix::Zero(1, 500);
    for (int w = 0; w < 2000; ++w) document(0, uniform_index(500, rng)) += 1.0;
    // The shortcut: the product itself, in doubles.
    const LinearForm form = model.linear_form();
    double products[2];
    long double exact_log[2];
    for (Index c = 0; c < 2; ++c) {
      products[c] = std::exp(form.bias(c));
      exact_log[c] = static_cast<long double>(form.bias(c));
      for (Index j = 0; j < 500; ++j) {
        products[c] *= std::pow(std::exp(form.weights(j, c)), document(0, j));
        exact_log[c] += static_cast<long double>(form.weights(j, c)) *
                        static_cast<long double>(document(0, j));
      }
    }
    CHECK(products[0] == 0.0);
    CHECK(std::isnan(products[0] / (products[0] + products[1])));
    const Matrix got = model.log_posterior(document);
    // 2,000 terms near 6 rounded at 1e-12 of a sum near 12,000.
    const auto odds = static_cast<double>(exact_log[1] - exact_log[0]);
    CHECK(close(got(0, 1) - got(0, 0), odds, {.abs = 1e-9}));
    CHECK(
        close(std::exp(got(0, 0)) + std::exp(got(0, 1)), 1.0, {.abs = 1e-12}));
    EVIDENCE("ln P(document, class 0)", model.log_joint(document)(0, 0));
    EVIDENCE("the product", products[0]);
    EVIDENCE("log-odds", got(0, 1) - got(0, 0));
  }

  TEST_CASE("a_copied_feature_counts_twice") {
    // Eight samples a class, the feature always on in class 1 and never in 0:
    // smoothed probabilities 9/10 and 1/10.
    Matrix X = Matrix::Zero(16, 1);
    X.bottomRows(8).setOnes();
    std::vector<int> y(16, 0);
    for (std::size_t i = 8; i < 16; ++i) y[i] = 1;
    const Matrix on = Matrix::Ones(1, 4);
    std::vector<double> posteriors;
    for (Index copies = 1; copies <= 4; ++copies) {
      const auto model = DiscreteNaiveBayes::fit(X.replicate(1, copies), y,
                                                 {.event = Event::bernoulli});
      posteriors.push_back(
          chance(model.log_posterior(on.leftCols(copies)), 0, 1));
    }
    CHECK(close(
        posteriors,
        std::vector<double>{0.9, 81.0 / 82.0, 729.0 / 730.0, 6561.0 / 6562.0},
        {.rel = 1e-14}));
    EVIDENCE_SERIES("posterior with 1 to 4 copies of a feature", posteriors);
  }

  TEST_CASE("posteriors_promise_too_much") {
    const Labelled all("breast_cancer", "diagnosis");
    const Labelled train = half(all, 0), test = half(all, 1);
    const Matrix log_posterior =
        GaussianNaiveBayes::fit(train.X, labels(train.y), {})
            .log_posterior(test.X);
    const Eigen::VectorXi guess = most_probable(log_posterior);
    double right = 0.0, sure = 0.0, expected = 0.0, wrong = 0.0;
    for (Index i = 0; i < guess.size(); ++i) {
      const double p = chance(log_posterior, i, guess(i));
      right += guess(i) == test.y(i) ? 1.0 : 0.0;
      if (p <= 0.999) continue;
      sure += 1.0;
      expected += 1.0 - p;
      wrong += guess(i) == test.y(i) ? 0.0 : 1.0;
    }
    // scikit-learn 1.2.1, GaussianNB(), trained on even rows.
    CHECK(right == 264.0);
    CHECK(sure == 263.0);
    CHECK(wrong == 10.0);
    CHECK(close(expected, 0.0025561, {.abs = 5e-7}));
    EVIDENCE("of 284 tumours right", right);
    EVIDENCE("predicted with more than 99.9 %", sure);
    EVIDENCE("errors among those", wrong);
    EVIDENCE("errors the probabilities promise", expected);
  }

  TEST_CASE("xor_is_invisible") {
    const Matrix X{{0, 0}, {0, 1}, {1, 0}, {1, 1}};
    const std::vector<int> y{0, 1, 1, 0};
    const Matrix even = Matrix::Constant(4, 2, std::log(0.5));
    CHECK(close(DiscreteNaiveBayes::fit(X, y, kBernoulli).log_posterior(X),
                even, {.rel = 1e-14}));
    CHECK(close(GaussianNaiveBayes::fit(X, y, {}).log_posterior(X), even,
                {.rel = 1e-14}));
    // The product as a feature of its own shows it to either.
    Matrix with_product(4, 3);
    with_product << X, X.col(0).cwiseProduct(X.col(1));
    const auto model = GaussianNaiveBayes::fit(with_product, y, {});
    CHECK(hits(model.log_posterior(with_product),
               Eigen::Map<const Eigen::VectorXi>(y.data(), 4)) >= 3);
    EVIDENCE("posterior of either class at every corner", 0.5);
  }

  TEST_CASE("log_odds_are_linear") {
    std::mt19937_64 rng(2);
    const Matrix counts = Matrix::NullaryExpr(
        30, 6, [&] { return static_cast<double>(uniform_index(4, rng)); });
    std::vector<int> y;
    for (int i = 0; i < 30; ++i) y.push_back(i % 3);
    for (const DiscreteOptions& options : {kMultinomial, kBernoulli}) {
      const auto model = DiscreteNaiveBayes::fit(counts, y, options);
      const LinearForm form = model.linear_form();
      Matrix E = counts;
      if (options.event == Event::bernoulli) {
        E = (counts.array() > 0.0).cast<double>();
      }
      const Matrix scores = (E * form.weights).rowwise() + form.bias;
      const Matrix got = model.log_posterior(counts);
      CHECK(close(got.col(2) - got.col(0), scores.col(2) - scores.col(0),
                  {.abs = 1e-12}));
    }

    // Shared variances: slope (mu1 - mu0) / v, zero half-way at equal priors.
    const Matrix X{{0.0, 5.0}, {2.0, 7.0}, {4.0, 4.0}, {8.0, 6.0}};
    const std::vector<int> z{0, 0, 1, 1};
    const Matrix at{{0.0, 0.0}, {1.0, 0.0}, {3.0, 0.0}, {0.0, 1.0}};
    const auto odds = [&](bool shared) {
      const Matrix p = GaussianNaiveBayes::fit(
                           X, z, {.shared_variance = shared, .floor = 0.0})
                           .log_posterior(at);
      return Vector(p.col(1) - p.col(0));
    };
    // Means 1 and 6, 6 and 5; pooled variances (1 + 4) / 2 and 1.
    const double slope = 5.0 / 2.5, other = -1.0, bias = -3.5 * slope + 5.5;
    CHECK(close(odds(true),
                Vector{{bias, bias + slope, bias + 3.0 * slope, bias + other}},
                {.abs = 1e-12}));
    const Vector curved = odds(false);
    CHECK(std::abs((curved(2) - curved(0)) / 3.0 - (curved(1) - curved(0))) >
          0.5);
    EVIDENCE_SERIES("log-odds at 0, 1 and 3, shared variances",
                    odds(true).head(3));
    EVIDENCE_SERIES("a variance for each class", curved.head(3));
  }

  TEST_CASE("batches_equal_one_fit") {
    const Labelled digits("digits", "digit");
    const Matrix X = digits.X.topRows(300);
    const auto y = labels(digits.y).first(300);
    for (const DiscreteOptions& options : {kMultinomial, kBernoulli}) {
      const auto whole = DiscreteNaiveBayes::fit(X, y, options);
      DiscreteOptions with_classes = options;
      with_classes.classes = 10;
      // The first batch has one row only, and so one class.
      auto parts =
          DiscreteNaiveBayes::fit(X.topRows(1), y.first(1), with_classes);
      parts.partial_fit(X.middleRows(1, 120), y.subspan(1, 120));
      parts.partial_fit(X.bottomRows(179), y.last(179));
      CHECK(close(parts.class_counts, whole.class_counts));
      CHECK(close(parts.feature_counts, whole.feature_counts));
      CHECK(close(parts.log_posterior(X), whole.log_posterior(X)));
    }
    const auto whole = GaussianNaiveBayes::fit(X, y, {});
    auto parts =
        GaussianNaiveBayes::fit(X.topRows(150), y.first(150), {.classes = 10});
    parts.partial_fit(X.bottomRows(150), y.last(150));
    CHECK(close(parts.means, whole.means));
    CHECK(close(parts.squares, whole.squares));
    CHECK(close(parts.log_posterior(X), whole.log_posterior(X)));
    EVIDENCE(
        "difference of the posteriors",
        largest_difference(parts.log_posterior(X), whole.log_posterior(X)));
  }
}

TEST_SUITE("algorithms/naive_bayes extra") {
  TEST_CASE("moments are those of two passes far from the origin") {
    std::mt19937_64 rng(3);
    // Multiples of 2^-20 near 2^30 are exact.
    Matrix X = gaussian(60, 2, rng);
    X = (X.array() * 1048576.0).round() / 1048576.0 + 1073741824.0;
    std::vector<int> y;
    for (int i = 0; i < 60; ++i) y.push_back(i % 3 == 0 ? 1 : 0);
    const auto model = GaussianNaiveBayes::fit(X, y, {.floor = 0.0});
    for (int c = 0; c < 2; ++c) {
      long double n = 0.0L, mean = 0.0L, square = 0.0L;
      for (Index i = 0; i < 60; ++i) {
        if (y[static_cast<std::size_t>(i)] != c) continue;
        n += 1.0L;
        mean += X(i, 1) - 1073741824.0L;
      }
      mean /= n;
      for (Index i = 0; i < 60; ++i) {
        if (y[static_cast<std::size_t>(i)] != c) continue;
        const long double apart = X(i, 1) - 1073741824.0L - mean;
        square += apart * apart;
      }
      // The running mean rounds at 1e-7 of a deviation, 60 times.
      CHECK(close(model.variances()(c, 1), static_cast<double>(square / n),
                  {.rel = 1e-5}));
    }
    CHECK(model.class_counts(1) == 20.0);
  }

  TEST_CASE("floor follows the largest variance of all samples") {
    const Matrix X{{0.0, 1.0}, {2.0, 1.0}, {6.0, 1.0}, {8.0, 1.0}};
    const std::vector<int> y{0, 0, 1, 1};
    const auto model = GaussianNaiveBayes::fit(X, y, {.floor = 0.5});
    // Variance of 0, 2, 6, 8 is 10; within each class 1.
    CHECK(close(model.variances(), Matrix{{6.0, 5.0}, {6.0, 5.0}}));
    const auto shared =
        GaussianNaiveBayes::fit(X, y, {.shared_variance = true, .floor = 0.1});
    CHECK(close(shared.variances(), Matrix{{2.0, 1.0}, {2.0, 1.0}}));
  }

  TEST_CASE("a class without samples has probability zero") {
    const Matrix X{{1.0}, {3.0}, {2.0}, {5.0}};
    const std::vector<int> y{0, 0, 2, 2};
    const double never = -std::numeric_limits<double>::infinity();
    const Matrix g = GaussianNaiveBayes::fit(X, y, {}).log_posterior(X);
    const Matrix m =
        DiscreteNaiveBayes::fit(X, y, {.classes = 4}).log_posterior(X);
    REQUIRE(g.cols() == 3);
    REQUIRE(m.cols() == 4);
    for (Index i = 0; i < 4; ++i) {
      CHECK(g(i, 1) == never);
      CHECK(m(i, 3) == never);
      CHECK(std::isfinite(m(i, 0)));
    }
    CHECK_THROWS_AS(
        DiscreteNaiveBayes::fit(X, y, {.alpha = 0.0}).log_posterior(X),
        std::invalid_argument);
  }

  TEST_CASE("equal classes go to the lowest") {
    CHECK(close(most_probable(Matrix{{-1.0, -1.0}, {-2.0, -1.0}}),
                Eigen::Vector2i(0, 1)));
    CHECK(DiscreteNaiveBayes::fit(kDocuments, kCountry, {})
              .log_posterior(Matrix(0, 6))
              .rows() == 0);
  }

  TEST_CASE("bernoulli keeps its digits with little smoothing") {
    // 1 - p must not be computed as such: here it is 1e-12 / (2 + 2e-12).
    const auto model = DiscreteNaiveBayes::fit(
        Matrix{{1.0}, {1.0}, {0.0}, {0.0}}, std::vector<int>{0, 0, 1, 1},
        {.event = Event::bernoulli, .alpha = 1e-12});
    const Matrix p = model.log_posterior(Matrix{{0.0}});
    CHECK(close(p(0, 0), std::log(1e-12 / 2.0), {.rel = 1e-13}));
  }

  TEST_CASE("arguments that break the contract are refused") {
    const std::vector<int> two{0, 1};
    const Matrix X{{1.0, 2.0}, {3.0, 4.0}};
    CHECK_THROWS_WITH_AS(
        DiscreteNaiveBayes::fit(X, std::vector<int>{0}, {}),
        "DiscreteNaiveBayes: need a label for each row of X, got 2 x 2 and 1 "
        "labels",
        std::invalid_argument);
    CHECK_THROWS_AS(GaussianNaiveBayes::fit(Matrix(0, 2), {}, {}),
                    std::invalid_argument);
    CHECK_THROWS_AS(GaussianNaiveBayes::fit(Matrix(2, 0), two, {}),
                    std::invalid_argument);
    CHECK_THROWS_WITH_AS(
        GaussianNaiveBayes::fit(X, std::vector<int>{-1, 1}, {}),
        "GaussianNaiveBayes: need labels in 0 .. K - 1, got -1 to 1",
        std::invalid_argument);
    CHECK_THROWS_AS(GaussianNaiveBayes::fit(X, two, {.classes = 1}),
                    std::invalid_argument);
    CHECK_THROWS_WITH_AS(DiscreteNaiveBayes::fit(X, two, {.alpha = -1.0}),
                         "DiscreteNaiveBayes: need alpha >= 0 (Bernoulli: > "
                         "0), got -1",
                         std::invalid_argument);
    CHECK_THROWS_AS(DiscreteNaiveBayes::fit(
                        X, two, {.event = Event::bernoulli, .alpha = 0.0}),
                    std::invalid_argument);
    CHECK_THROWS_AS(
        DiscreteNaiveBayes::fit(
            X, two, {.alpha = std::numeric_limits<double>::infinity()}),
        std::invalid_argument);
    CHECK_THROWS_WITH_AS(DiscreteNaiveBayes::fit(-X, two, {}),
                         "DiscreteNaiveBayes: need counts >= 0",
                         std::invalid_argument);
    Matrix bad = X;
    bad(1, 0) = std::nan("");
    CHECK_THROWS_WITH_AS(DiscreteNaiveBayes::fit(bad, two, {}),
                         "DiscreteNaiveBayes: X(1, 0) is nan",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(GaussianNaiveBayes::fit(bad, two, {}),
                         "GaussianNaiveBayes: X(1, 0) is nan",
                         std::invalid_argument);
    auto counts = DiscreteNaiveBayes::fit(X, two, {});
    auto normal = GaussianNaiveBayes::fit(X, two, {});
    CHECK_THROWS_WITH_AS(counts.log_posterior(X.leftCols(1)),
                         "DiscreteNaiveBayes: fitted on 2 columns, asked about "
                         "1",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(normal.log_posterior(X.leftCols(1)),
                         "GaussianNaiveBayes: fitted on 2 columns, asked about "
                         "1",
                         std::invalid_argument);
    CHECK_THROWS_AS(normal.log_posterior(bad), std::invalid_argument);
    CHECK_THROWS_AS(counts.partial_fit(X, std::vector<int>{0, 2}),
                    std::invalid_argument);
    CHECK_THROWS_AS(normal.partial_fit(X, std::vector<int>{0, 2}),
                    std::invalid_argument);
    CHECK_THROWS_AS(normal.partial_fit(X.leftCols(1), two),
                    std::invalid_argument);
    CHECK(normal.class_counts.sum() == 2.0);
  }
}
