// Verifies the claims of questions/coding/skip_gram_step.md.
#include <whiteboard/coding/skip_gram_step.hpp>

#include <whiteboard/core/random.hpp>

#include <support/claims.hpp>
#include <support/finite_differences.hpp>

#include <cmath>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::skip_gram_step;
using whiteboard::testing::numerical_gradient;

namespace {

using Words = std::vector<int>;

/// Eq. (1) in long double.
double loss(const Matrix& in, const Matrix& out, int center, int context,
            const Words& negatives) {
  const auto cost = [&](int word, double sign) {
    const long double score = sign * out.row(word).dot(in.row(center));
    return -std::log(1.0L / (1.0L + std::exp(-score)));
  };
  long double sum = cost(context, 1.0);
  for (const int word : negatives) sum += cost(word, -1.0);
  return static_cast<double>(sum);
}

Matrix vectors(Eigen::Index rows, Eigen::Index cols, std::mt19937_64& rng) {
  Matrix X(rows, cols);
  for (double& x : X.reshaped()) x = normal(rng);
  return X;
}

/// Both matrices after a step of rate 1, as minus the gradient of each.
struct Step {
  Matrix in, out;
  double loss;
};

Step step(const Matrix& in, const Matrix& out, int center, int context,
          const Words& negatives, double rate = 1.0) {
  Matrix after_in = in, after_out = out;
  const double before =
      skip_gram_step(after_in, after_out, center, context, negatives, rate);
  return {(in - after_in) / rate, (out - after_out) / rate, before};
}

}  // namespace

TEST_SUITE("coding/skip_gram_step") {
  TEST_CASE("step_is_the_gradient") {
    std::mt19937_64 rng(1);
    const Matrix in = vectors(6, 4, rng), out = vectors(6, 4, rng);
    double worst = 0.0;
    // Plain, with the centre among the negatives, with one drawn twice, with
    // the context drawn, and without any.
    for (const Words& negatives :
         {Words{0, 4, 5}, Words{2, 0}, Words{4, 4, 1}, Words{3, 4}, Words{}}) {
      const Step got = step(in, out, 2, 3, negatives);
      const Matrix want_in = numerical_gradient(
          [&](const Matrix& x) { return loss(x, out, 2, 3, negatives); }, in);
      const Matrix want_out = numerical_gradient(
          [&](const Matrix& x) { return loss(in, x, 2, 3, negatives); }, out);
      // Central differences of a loss of order 10: a few 1e-10.
      CHECK(close(got.in, want_in, {.abs = 1e-8}));
      CHECK(close(got.out, want_out, {.abs = 1e-8}));
      CHECK(close(got.loss, loss(in, out, 2, 3, negatives), {.rel = 1e-14}));
      worst = std::max(worst, largest_difference(got.in, want_in));
    }
    EVIDENCE("largest difference of the centre's gradient", worst);
  }

  TEST_CASE("only_the_rows_involved_move") {
    std::mt19937_64 rng(2);
    const Matrix in = vectors(8, 3, rng), out = vectors(8, 3, rng);
    const Step got = step(in, out, 1, 2, Words{5, 6}, 0.1);
    Words moved_in, moved_out;
    for (int i = 0; i < 8; ++i) {
      if (!got.in.row(i).isZero(0.0)) moved_in.push_back(i);
      if (!got.out.row(i).isZero(0.0)) moved_out.push_back(i);
    }
    CHECK(moved_in == Words{1});
    CHECK(moved_out == Words{2, 5, 6});
    // The context comes nearer to the centre, the negatives go away.
    CHECK(got.out.row(2).dot(in.row(1)) < 0.0);
    CHECK(got.out.row(5).dot(in.row(1)) > 0.0);
    CHECK(got.out.row(6).dot(in.row(1)) > 0.0);
  }

  TEST_CASE("all_zero_never_moves") {
    Matrix in = Matrix::Zero(6, 3), out = Matrix::Zero(6, 3);
    for (int i = 0; i < 10; ++i) {
      const double before =
          skip_gram_step(in, out, 0, 1, Words{1, 2, 3, 4, 5}, 0.5);
      CHECK(close(before, 6.0 * std::log(2.0), {.rel = 1e-15}));
    }
    CHECK(in.isZero(0.0));
    CHECK(out.isZero(0.0));

    // One side at random is enough, as word2vec starts: the other moves in the
    // first step, and both from the second on.
    std::mt19937_64 rng(3);
    in = vectors(6, 3, rng);
    const Matrix start = in;
    skip_gram_step(in, out, 0, 1, Words{2, 3}, 0.5);
    CHECK(close(in, start));
    CHECK(!out.row(1).isZero(0.0));
    skip_gram_step(in, out, 0, 1, Words{2, 3}, 0.5);
    CHECK(!in.row(0).isApprox(start.row(0)));
  }

  TEST_CASE("optimum_is_pmi_less_log_k") {
    // Counts of (centre, context), both marginals (0.6, 0.4).
    const Matrix joint{{0.4, 0.2}, {0.2, 0.2}};
    const Vector unigram{{0.6, 0.4}};
    std::mt19937_64 rng(4);
    Matrix in = vectors(2, 2, rng), out = vectors(2, 2, rng);
    // Gradient descent on the expected loss with k = 2: every triple of context
    // and negatives, weighted by its probability, from the same point.
    for (int iteration = 0; iteration < 4000; ++iteration) {
      Matrix to_in = Matrix::Zero(2, 2), to_out = Matrix::Zero(2, 2);
      for (int w = 0; w < 2; ++w) {
        for (int c = 0; c < 2; ++c) {
          for (const Words& drawn :
               {Words{0, 0}, Words{0, 1}, Words{1, 0}, Words{1, 1}}) {
            const double weight =
                joint(w, c) * unigram(drawn[0]) * unigram(drawn[1]);
            const Step s = step(in, out, w, c, drawn);
            to_in += weight * s.in;
            to_out += weight * s.out;
          }
        }
      }
      in -= 0.5 * to_in;
      out -= 0.5 * to_out;
    }
    const Matrix scores = in * out.transpose();
    Matrix want(2, 2);
    for (int w = 0; w < 2; ++w) {
      for (int c = 0; c < 2; ++c) {
        want(w, c) =
            std::log(joint(w, c) / (unigram(w) * unigram(c))) - std::log(2.0);
      }
    }
    EVIDENCE_SERIES("scores after training", scores.reshaped());
    EVIDENCE_SERIES("PMI - ln 2", want.reshaped());
    CHECK(close(scores, want, {.abs = 1e-3}));
  }

  TEST_CASE("extreme_scores_stay_finite") {
    for (const double size : {30.0, 100.0}) {
      CAPTURE(size);
      Matrix in{{size}}, out{{-size}, {size}};
      // Scores of -size^2 for the context and size^2 for the negative: as wrong
      // as can be, and the loss is linear there.
      const double before = skip_gram_step(in, out, 0, 0, Words{1}, 0.01);
      CHECK(close(before, 2.0 * size * size, {.rel = 1e-15}));
      CHECK(close(in, Matrix{{size - 0.01 * 2.0 * size}}, {.rel = 1e-15}));
      CHECK(close(out, Matrix{{-0.99 * size}, {0.99 * size}}, {.rel = 1e-15}));
      // Right by as much, and almost nothing is left to learn.
      Matrix good{{size}}, right{{size}, {-size}};
      CHECK(skip_gram_step(good, right, 0, 0, Words{1}, 0.01) < 1e-300);
    }
    CHECK(std::isinf(std::log(1.0 + std::exp(900.0))));
  }

  TEST_CASE("negatives_follow_the_power_three_quarters") {
    // The caller's table: counts to the power 0.75, normalised.
    Vector weights{{std::pow(0.9, 0.75), std::pow(0.1, 0.75)}};
    weights /= weights.sum();
    CHECK(close(weights, Vector{{0.8386, 0.1614}}, {.abs = 5e-5}));
    EVIDENCE("share of the rare word", weights(1));

    // Steps with such draws: as many hit word 1 as its weight says.
    std::mt19937_64 rng(5);
    Matrix in{{1.0}};
    int rare = 0;
    for (int i = 0; i < 10000; ++i) {
      Matrix out = Matrix::Zero(3, 1);
      const auto drawn = static_cast<int>(weighted_index(weights, rng));
      skip_gram_step(in, out, 0, 2, Words{drawn}, 0.0 + 1e-9);
      if (out(1, 0) != 0.0) ++rare;
      in(0, 0) = 1.0;
    }
    // Five standard errors of a share of 0.1614 in 10,000: 0.0184.
    CHECK(close(rare / 10000.0, weights(1), {.abs = 0.0184}));
  }
}

TEST_SUITE("coding/skip_gram_step extra") {
  TEST_CASE("a rate of zero only measures") {
    std::mt19937_64 rng(6);
    Matrix in = vectors(3, 2, rng), out = vectors(3, 2, rng);
    const Matrix in_before = in, out_before = out;
    CHECK(skip_gram_step(in, out, 0, 1, Words{2}, 0.0) > 0.0);
    CHECK(close(in, in_before));
    CHECK(close(out, out_before));
  }

  TEST_CASE("arguments that break the contract are refused") {
    Matrix in = Matrix::Zero(2, 3), out = Matrix::Zero(4, 3);
    Matrix narrow = Matrix::Zero(4, 2);
    CHECK_THROWS_WITH(skip_gram_step(in, narrow, 0, 0, Words{}, 0.1),
                      "skip_gram_step: in has 3 columns, out has 2");
    CHECK_THROWS_WITH(skip_gram_step(in, out, 2, 0, Words{}, 0.1),
                      "skip_gram_step: center is 2, but in has 2 rows");
    CHECK_THROWS_WITH(skip_gram_step(in, out, -1, 0, Words{}, 0.1),
                      "skip_gram_step: center is -1, but in has 2 rows");
    CHECK_THROWS_WITH(skip_gram_step(in, out, 0, 4, Words{}, 0.1),
                      "skip_gram_step: word 4, but out has 4 rows");
    CHECK_THROWS_WITH(skip_gram_step(in, out, 0, 3, Words{0, -2}, 0.1),
                      "skip_gram_step: word -2, but out has 4 rows");
    CHECK_THROWS_AS(skip_gram_step(in, out, 0, 1, Words{4}, 0.1),
                    std::invalid_argument);
  }
}
