// Verifies the claims of questions/algorithms/logistic_regression.md. The log
// loss, the odds and plain Newton steps are written out once more here.
#include <whiteboard/algorithms/logistic_regression.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/finite_differences.hpp>

#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::algorithms;
using whiteboard::testing::data_set;
using whiteboard::testing::gaussian;
using whiteboard::testing::numerical_gradient;
using whiteboard::testing::numerical_jacobian;
using whiteboard::testing::standardized;

namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();

struct Problem {
  Matrix X;
  Eigen::VectorXi y;
};

/// Hours of study and whether the exam was passed, 20 students.
Problem students() {
  Problem data{Matrix(20, 1), Eigen::VectorXi(20)};
  data.X << 0.50, 0.75, 1.00, 1.25, 1.50, 1.75, 1.75, 2.00, 2.25, 2.50, 2.75,
      3.00, 3.25, 3.50, 4.00, 4.25, 4.50, 4.75, 5.00, 5.50;
  data.y << 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1;
  return data;
}

/// Iris versicolor (0) against virginica (1): they overlap.
Problem two_irises() {
  const Table table = data_set("iris");
  return {table.features().bottomRows(100),
          table.labels("species").ids.tail(100).array() - 1};
}

/// Malignant 0, benign 1, as in scikit-learn.
Problem breast_cancer() {
  const Table table = data_set("breast_cancer");
  return {table.features(), table.labels("diagnosis").ids};
}

/// Full Newton steps from zero go astray here; the fit exists.
Problem wild_leverage() {
  Problem data{Matrix(8, 2), Eigen::VectorXi(8)};
  data.X << -2, -4, 0, 1, 0, 175, -3, 7, 32, -1, 1, 9, 1, 8, -5, -7;
  data.y << 0, 0, 1, 0, 1, 0, 1, 0;
  return data;
}

/// `positives` ones among `total` samples with feature value 0, then with 1.
Problem two_by_two(int positives_0, int total_0, int positives_1, int total_1) {
  const int n = total_0 + total_1;
  Problem data{Matrix(n, 1), Eigen::VectorXi(n)};
  for (int i = 0; i < n; ++i) {
    const bool second = i >= total_0;
    data.X(i, 0) = second ? 1.0 : 0.0;
    data.y(i) = second ? i - total_0 < positives_1 : i < positives_0;
  }
  return data;
}

double log_odds(const Matrix& X, const Vector& beta, Eigen::Index i) {
  double z = beta(0);
  for (Eigen::Index j = 0; j < X.cols(); ++j) z += beta(j + 1) * X(i, j);
  return z;
}

/// The sum of -log(probability of the label), safe for any log-odds.
double log_loss(const Problem& data, const Vector& beta) {
  double total = 0.0;
  for (Eigen::Index i = 0; i < data.X.rows(); ++i) {
    const double z = log_odds(data.X, beta, i);
    const double against = data.y(i) == 1 ? -z : z;
    total += std::max(against, 0.0) + std::log1p(std::exp(-std::abs(z)));
  }
  return total;
}

/// The gradient X'(p - y), element by element; with an intercept in front.
Vector score(const Problem& data, const Vector& beta) {
  Vector g = Vector::Zero(data.X.cols() + 1);
  for (Eigen::Index i = 0; i < data.X.rows(); ++i) {
    const double p = 1.0 / (1.0 + std::exp(-log_odds(data.X, beta, i)));
    g(0) += p - data.y(i);
    for (Eigen::Index j = 0; j < data.X.cols(); ++j) {
      g(j + 1) += (p - data.y(i)) * data.X(i, j);
    }
  }
  return g;
}

LogisticPass pass_at(const Problem& data, const Vector& beta) {
  return logistic_pass(data.X, data.y.cast<double>(), beta);
}

/// A full Newton step, no questions asked.
Vector full_step(const Problem& data, const Vector& beta) {
  const LogisticPass here = pass_at(data, beta);
  return -Eigen::LLT<Matrix>(here.hessian).solve(here.gradient);
}

}  // namespace

TEST_SUITE("algorithms/logistic_regression") {
  TEST_CASE("derivatives_match_differences") {
    std::mt19937_64 rng(1);
    double gradient_error = 0.0, hessian_error = 0.0;
    for (const Problem& data : {students(), two_irises()}) {
      for (int trial = 0; trial < 5; ++trial) {
        const Vector beta = 0.3 * gaussian(data.X.cols() + 1, 1, rng);
        const LogisticPass here = pass_at(data, beta);
        const Vector slope = numerical_gradient(
            [&](const Vector& at) { return log_loss(data, at); }, beta);
        const Matrix curvature = numerical_jacobian(
            [&](const Vector& at) { return score(data, at); }, beta);
        CHECK(close(here.loss, log_loss(data, beta), {.rel = 100 * eps}));
        CHECK(close(here.gradient, slope, {.scale = 1e-6}));
        CHECK(close(here.hessian, curvature, {.scale = 1e-6}));
        gradient_error =
            std::max(gradient_error, largest_difference(here.gradient, slope) /
                                         slope.cwiseAbs().maxCoeff());
        hessian_error = std::max(hessian_error,
                                 largest_difference(here.hessian, curvature) /
                                     curvature.cwiseAbs().maxCoeff());
      }
    }
    EVIDENCE("largest relative difference, gradient", gradient_error);
    EVIDENCE("largest relative difference, Hessian", hessian_error);
  }

  TEST_CASE("log_loss_is_convex_squared_error_is_not") {
    std::mt19937_64 rng(2);
    const Problem data = two_irises();
    double flattest = std::numeric_limits<double>::infinity();
    for (int trial = 0; trial < 1000; ++trial) {
      const Vector beta = gaussian(5, 1, rng);
      const LogisticPass here = pass_at(data, beta);
      REQUIRE(here.hessian.trace() > 0.0);
      // Cholesky of H + c I exists: no eigenvalue is below -c.
      const double rounding = 1e-12 * here.hessian.trace();
      const Matrix lifted = here.hessian + rounding * Matrix::Identity(5, 5);
      CHECK(Eigen::LLT<Matrix>(lifted).info() == Eigen::Success);
      const Vector v = gaussian(5, 1, rng).normalized();
      flattest = std::min(flattest, v.dot(here.hessian * v));
    }
    EVIDENCE("smallest curvature met in 1000 directions", flattest);

    // (1 - s(z))^2 for a positive sample, s the sigmoid; its second derivative
    // in z is -2 s (1 - s)^2 (1 - 3 s).
    const auto squared = [](double z) {
      const double miss = 1.0 / (1.0 + std::exp(z));
      return miss * miss;
    };
    std::vector<double> curvatures;
    for (const double z : {-4.0, -2.0, -0.7, -0.69, 0.0, 2.0}) {
      CAPTURE(z);
      const double s = 1.0 / (1.0 + std::exp(-z));
      const double second = -2.0 * s * (1.0 - s) * (1.0 - s) * (1.0 - 3.0 * s);
      const double h = 1e-4;
      const double difference =
          (squared(z + h) - 2.0 * squared(z) + squared(z - h)) / (h * h);
      CHECK(close(difference, second, {.abs = 1e-7}));
      CHECK((second < 0.0) == (s < 1.0 / 3.0));
      curvatures.push_back(second);
      // The log loss of the same sample is convex at the same place.
      const LogisticPass here =
          logistic_pass(Matrix{{1.0}}, Vector::Ones(1), Vector{{0.0, z}});
      CHECK(here.hessian(1, 1) > 0.0);
    }
    EVIDENCE_SERIES("curvature of the squared error: z -4 -2 -0.7 -0.69 0 2",
                    curvatures);
  }

  TEST_CASE("newton_reaches_the_published_fit") {
    const Problem data = students();
    const auto model = LogisticRegression::fit(data.X, data.y, {});
    CHECK(model.converged);
    CHECK(model.iterations == 7);
    CHECK(close(model.beta, Vector{{-4.07771, 1.50465}}, {.abs = 5e-6}));
    CHECK(close(model.standard_errors, Vector{{1.76099, 0.62872}},
                {.abs = 5e-6}));
    CHECK(close(model.log_likelihood, -8.02988, {.abs = 5e-6}));
    EVIDENCE("slope", model.beta(1));
    EVIDENCE("its standard error", model.standard_errors(1));
    EVIDENCE("log-likelihood", model.log_likelihood);

    std::vector<double> errors;
    for (int k = 1; k <= 6; ++k) {
      const auto early =
          LogisticRegression::fit(data.X, data.y, {.max_iterations = k});
      CHECK(early.iterations == k);
      CHECK(!early.converged);
      errors.push_back((early.beta - model.beta).norm());
    }
    EVIDENCE_SERIES("distance to the fit after each step", errors);
    CHECK(errors[3] < errors[2] * errors[2]);  // twice the digits
    CHECK(errors[4] < errors[3] * errors[3]);
    CHECK(errors[5] < 1e-12);

    // LogisticRegression(penalty=None, solver="newton-cholesky", tol=1e-12),
    // scikit-learn 1.2.1.
    const Problem irises = two_irises();
    const auto flowers = LogisticRegression::fit(irises.X, irises.y, {});
    CHECK(flowers.converged);
    CHECK(close(flowers.beta,
                Vector{{-42.63780381302, -2.46522019519, -6.68088701408,
                        9.42938515393, 18.28613688785}},
                {.rel = 1e-9}));
  }

  TEST_CASE("probabilities_sum_to_the_positives") {
    const Problem data = students();
    const auto model = LogisticRegression::fit(data.X, data.y, {});
    const double passes = model.predict_probability(data.X).sum();
    EVIDENCE("sum of the probabilities, 10 of 20 passed", passes);
    CHECK(close(passes, 10.0, {.abs = 1e-12}));
    // The same holds column by column: X'p = X'y.
    CHECK(close(data.X.col(0).dot(model.predict_probability(data.X)),
                data.X.col(0).dot(data.y.cast<double>()), {.rel = 1e-12}));

    // The intercept is free, so a penalty does not change that.
    const Problem tumours = breast_cancer();
    const Matrix Z = standardized(tumours.X);
    const auto shrunk = LogisticRegression::fit(Z, tumours.y, {.l2 = 10.0});
    const double benign = shrunk.predict_probability(Z).sum();
    EVIDENCE("with a penalty, 357 of 569 benign", benign);
    CHECK(shrunk.converged);
    CHECK(close(benign, 357.0, {.abs = 1e-9}));
  }

  TEST_CASE("slope_is_the_log_odds_ratio") {
    const Problem data = two_by_two(30, 100, 60, 100);
    const auto model = LogisticRegression::fit(data.X, data.y, {});
    const Vector p = model.predict_probability(Matrix{{0.0}, {1.0}});
    EVIDENCE("odds ratio", std::exp(model.beta(1)));
    EVIDENCE("risk ratio", p(1) / p(0));
    CHECK(close(std::exp(model.beta(0)), 30.0 / 70.0, {.rel = 1e-12}));
    CHECK(close(std::exp(model.beta(1)), (60.0 * 70.0) / (40.0 * 30.0),
                {.rel = 1e-12}));  // 3.5
    CHECK(close(p, Vector{{0.3, 0.6}}, {.rel = 1e-12}));
    // Woolf's formula: one over each count of the table.
    CHECK(close(model.standard_errors(1),
                std::sqrt(1.0 / 30 + 1.0 / 70 + 1.0 / 60 + 1.0 / 40),
                {.rel = 1e-12}));
  }

  TEST_CASE("separation_has_no_maximum") {
    Problem data{Matrix{{-2.0}, {-1.0}, {1.0}, {2.0}}, Eigen::VectorXi(4)};
    data.y << 0, 0, 1, 1;
    Vector beta = Vector::Zero(2);
    std::vector<double> steps, ratios;
    for (int k = 0; k < 25; ++k) {
      const double before = pass_at(data, beta).loss;
      const Vector step = full_step(data, beta);
      beta += step;
      steps.push_back(step(1));
      ratios.push_back(before / pass_at(data, beta).loss);
    }
    EVIDENCE_SERIES("growth of the slope per Newton step", steps);
    EVIDENCE_SERIES("factor by which the loss falls", ratios);
    // Both are off by O(exp(-slope)), and the slope is over 20.
    CHECK(beta(1) > 20.0);
    CHECK(close(steps.back(), 1.0, {.abs = 1e-8}));
    CHECK(close(ratios.back(), std::numbers::e, {.rel = 1e-8}));

    const auto model = LogisticRegression::fit(data.X, data.y, {});
    CHECK(model.separated);
    CHECK(!model.converged);
    CHECK(model.standard_errors.size() == 0);

    // Any penalty holds it: the minimum solves sum x (p - y) + l2 slope = 0.
    std::vector<double> slopes;
    for (const double l2 : {1e-6, 1e-3, 1.0}) {
      CAPTURE(l2);
      const auto held = LogisticRegression::fit(data.X, data.y, {.l2 = l2});
      CHECK(held.converged);
      CHECK(!held.separated);
      CHECK(
          close(score(data, held.beta)(1), -l2 * held.beta(1), {.rel = 1e-6}));
      CHECK(held.beta(1) > 0.0);
      slopes.push_back(held.beta(1));
    }
    EVIDENCE_SERIES("slope at l2 = 1e-6 1e-3 1", slopes);
    CHECK(slopes[0] > slopes[1]);
    CHECK(slopes[1] > slopes[2]);
  }

  TEST_CASE("real_data_can_be_separated") {
    const Problem data = breast_cancer();
    const Matrix Z = standardized(data.X);
    const auto model = LogisticRegression::fit(Z, data.y, {});
    CHECK(model.separated);
    CHECK(!model.converged);
    EVIDENCE("Newton steps until it shows", model.iterations);
    EVIDENCE("log-likelihood there", model.log_likelihood);

    // The proof is the last step: along it no sample gets worse.
    REQUIRE(model.iterations >= 2);
    const auto before = LogisticRegression::fit(
        Z, data.y, {.max_iterations = model.iterations - 1});
    CHECK(!before.separated);
    const Vector direction = model.beta - before.beta;
    double smallest = std::numeric_limits<double>::infinity();
    for (Eigen::Index i = 0; i < Z.rows(); ++i) {
      const double move = log_odds(Z, direction, i);
      smallest = std::min(smallest, data.y(i) == 1 ? move : -move);
    }
    EVIDENCE("smallest gain of a margin in the last step", smallest);
    CHECK(smallest > 0.0);

    // Three of the thirty columns leave an overlap, and there is a fit.
    CHECK(LogisticRegression::fit(Z.leftCols(3), data.y, {}).converged);
  }

  TEST_CASE("units_matter_only_to_a_penalty") {
    const Problem data = two_irises();
    Matrix metres = data.X;
    metres.col(2) *= 1000.0;
    const auto fitted = LogisticRegression::fit(data.X, data.y, {});
    const auto again = LogisticRegression::fit(metres, data.y, {});
    REQUIRE(again.beta.size() == 5);
    Vector back = again.beta;
    back(3) *= 1000.0;
    // Either fit is within its tolerance, 1e-8 in the log-odds, or better.
    CHECK(close(back, fitted.beta, {.rel = 1e-7}));
    CHECK(close(again.predict_probability(metres),
                fitted.predict_probability(data.X), {.abs = 1e-8}));
    CHECK(again.iterations == fitted.iterations);

    const auto shrunk = LogisticRegression::fit(data.X, data.y, {.l2 = 1.0});
    const auto shrunk_again =
        LogisticRegression::fit(metres, data.y, {.l2 = 1.0});
    const double moved =
        largest_difference(shrunk_again.predict_probability(metres),
                           shrunk.predict_probability(data.X));
    EVIDENCE("largest change of a probability, no penalty",
             largest_difference(again.predict_probability(metres),
                                fitted.predict_probability(data.X)));
    EVIDENCE("largest change of a probability, l2 = 1", moved);
    CHECK(moved > 0.05);
    CHECK(moved <= 1.0);
  }

  TEST_CASE("full_newton_steps_can_diverge") {
    const Problem data = wild_leverage();
    Vector beta = Vector::Zero(3);
    std::vector<double> astray{log_loss(data, beta)};
    for (int k = 0; k < 8; ++k) {
      beta += full_step(data, beta);
      astray.push_back(log_loss(data, beta));
    }
    EVIDENCE_SERIES("loss, full steps", astray);
    CHECK(astray.back() > 1e4);

    std::vector<double> halved;
    for (int k = 0; k <= 20; ++k) {
      const auto early =
          LogisticRegression::fit(data.X, data.y, {.max_iterations = k});
      halved.push_back(log_loss(data, early.beta));
      if (k == 0) continue;
      CHECK(halved[static_cast<std::size_t>(k)] <=
            halved[static_cast<std::size_t>(k - 1)] * (1.0 + 1e-11));
    }
    EVIDENCE_SERIES("loss, steps halved when it would rise", halved);
    const auto model = LogisticRegression::fit(data.X, data.y, {});
    CHECK(model.converged);
    // The same damped iteration in NumPy 1.24.2.
    CHECK(close(-model.log_likelihood, 1.425948321, {.abs = 1e-8}));
    CHECK(close(score(data, model.beta), Vector::Zero(3), {.abs = 1e-9}));
  }

  TEST_CASE("margins_survive_where_probabilities_round") {
    // Sure and wrong: the loss is the margin, and -log(p) would be infinite.
    const Vector one = Vector::Ones(1), slope{{0.0, 1.0}};
    const auto wrong = logistic_pass(Matrix{{-800.0}}, one, slope);
    const double p_wrong = 1.0 / (1.0 + std::exp(800.0));
    CHECK(std::isinf(-std::log(p_wrong)));
    CHECK(wrong.loss == 800.0);
    CHECK(close(wrong.gradient, Vector{{-1.0, 800.0}}));

    // Sure and right: p rounds to 1, so 1 - p and p (1 - p) would be 0.
    const auto right = logistic_pass(Matrix{{40.0}}, one, slope);
    const double p_right = 1.0 / (1.0 + std::exp(-40.0));
    const double tiny = std::exp(-40.0);  // 1 - p, its square is below 1e-34
    CHECK(p_right * (1.0 - p_right) == 0.0);
    CHECK(close(right.loss, tiny, {.rel = 8 * eps}));
    CHECK(
        close(right.gradient, Vector{{-tiny, -40.0 * tiny}}, {.rel = 8 * eps}));
    const Matrix curvature{{tiny, 40.0 * tiny}, {40.0 * tiny, 1600.0 * tiny}};
    CHECK(close(right.hessian, curvature, {.rel = 8 * eps}));
    EVIDENCE("loss at margin -800", wrong.loss);
    EVIDENCE("loss at margin 40", right.loss);
    EVIDENCE("weight at margin 40", right.hessian(0, 0));
    EVIDENCE("weight at margin 40 from the probability",
             p_right * (1.0 - p_right));
  }

  TEST_CASE("one_pass_gives_the_same_numbers") {
    std::mt19937_64 rng(3);
    double worst = 0.0;
    for (const Eigen::Index n : {1, 2, 255, 256, 257, 700}) {
      for (const Eigen::Index d : {1, 3, 20}) {
        CAPTURE(n);
        CAPTURE(d);
        const Matrix X = gaussian(n, d, rng);
        const Vector beta = 2.0 * gaussian(d + 1, 1, rng);
        Vector y(n);
        for (Eigen::Index i = 0; i < n; ++i) y(i) = uniform(rng) < 0.5;
        const auto want = logistic_pass_reference(X, y, beta);
        const auto got = logistic_pass(X, y, beta);
        // n rounded terms, each right to a few eps of the largest.
        const double rounding = 8.0 * eps * static_cast<double>(n + 10);
        CHECK(close(got.loss, want.loss, {.rel = rounding}));
        CHECK(close(got.gradient, want.gradient,
                    {.abs = rounding, .scale = rounding}));
        CHECK(close(got.hessian, want.hessian,
                    {.abs = rounding, .scale = rounding}));
        worst = std::max(worst, largest_difference(got.hessian, want.hessian));

        const auto no_hessian = logistic_pass(X, y, beta, false);
        CHECK(no_hessian.loss == got.loss);
        CHECK(no_hessian.gradient == got.gradient);
        CHECK(no_hessian.hessian.isZero(0.0));
        const auto plain = logistic_pass_reference(X, y, beta, false);
        CHECK(plain.gradient == want.gradient);
        CHECK(plain.hessian.isZero(0.0));
      }
    }
    EVIDENCE("largest difference of a Hessian element", worst);
  }

  TEST_CASE("penalised_fit_matches_scikit_learn") {
    // LogisticRegression(C=1, solver="newton-cholesky", tol=1e-12) on the
    // standardised columns, scikit-learn 1.2.1; the intercept in front.
    const Vector want{
        {0.2145027174,  -0.3630925319, -0.3876754424, -0.3510621187,
         -0.4356098033, -0.1618311028, 0.5626540337,  -0.8599171196,
         -0.9622802235, 0.0762090315,  0.322226237,   -1.2909422897,
         0.2689219014,  -0.6599745966, -1.0125577322, -0.2772129589,
         0.7363240128,  0.1105393208,  -0.3334076189, 0.2957930259,
         0.6809196731,  -1.0292622616, -1.3146076344, -0.8233473826,
         -1.0107068321, -0.6706819628, 0.0445642518,  -0.8733339165,
         -0.9120031219, -0.8878373243, -0.479818908}};
    Problem data = breast_cancer();
    data.X = standardized(data.X);
    const auto model = LogisticRegression::fit(data.X, data.y, {.l2 = 1.0});
    CHECK(model.converged);
    CHECK(close(model.beta, want, {.abs = 2e-9}));
    CHECK(close(model.log_likelihood, -log_loss(data, model.beta),
                {.rel = 1e-12}));
    const Eigen::Index right =
        (model.predict(data.X).array() == data.y.array()).count();
    EVIDENCE("largest difference of a coefficient",
             largest_difference(model.beta, want));
    EVIDENCE("Newton steps", model.iterations);
    EVIDENCE("right on the training data, of 569", right);
    CHECK(right == 562);  // score 0.98770
  }
}

TEST_SUITE("algorithms/logistic_regression extra") {
  TEST_CASE("an empty cell of a table is separation too") {
    // All 30 with the feature are positive: its slope would be infinite.
    const Problem data = two_by_two(20, 60, 30, 30);
    const auto model = LogisticRegression::fit(data.X, data.y, {});
    CHECK(model.separated);
    CHECK(!model.converged);
  }

  TEST_CASE("a tie at the boundary is still separation") {
    std::mt19937_64 rng(4);
    Problem data{gaussian(60, 2, rng), Eigen::VectorXi(60)};
    for (Eigen::Index i = 0; i < 60; ++i) {
      if (i < 20) data.X(i, 0) = 0.0;  // both labels, told apart by no one
      data.y(i) = i < 20 ? static_cast<int>(i % 2) : data.X(i, 0) > 0.0;
    }
    const auto model = LogisticRegression::fit(data.X, data.y, {});
    CHECK(model.separated);
    CHECK(model.iterations < 20);
  }

  TEST_CASE("one pair out of order is enough for a fit") {
    Problem data{Matrix(10, 1), Eigen::VectorXi(10)};
    data.X << 0, 1, 2, 3, 4, 5, 6, 7, 8, 9;
    data.y << 0, 0, 0, 0, 1, 0, 1, 1, 1, 1;
    const auto model = LogisticRegression::fit(data.X, data.y, {});
    CHECK(model.converged);
    CHECK(!model.separated);
    CHECK(close(score(data, model.beta), Vector::Zero(2), {.abs = 1e-10}));
  }

  TEST_CASE("no columns leave the log-odds of the labels") {
    Eigen::VectorXi y(4);
    y << 1, 0, 1, 1;
    const auto model = LogisticRegression::fit(Matrix(4, 0), y, {});
    CHECK(model.converged);
    CHECK(close(model.beta, Vector{{std::log(3.0)}}, {.rel = 1e-12}));
  }

  TEST_CASE("the tolerance bounds the largest move of a log-odds") {
    // The sample that moves most moves to the wrong side at first.
    Problem data{Matrix(11, 1), Eigen::VectorXi(11)};
    data.X << 1, 2, 2, 3, 3, 6, 6, 7, 7, 8, 12;
    data.y << 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0;
    const Vector step = full_step(data, Vector::Zero(2));
    double largest = 0.0;
    for (Eigen::Index i = 0; i < 11; ++i) {
      largest = std::max(largest, std::abs(log_odds(data.X, step, i)));
    }
    REQUIRE(largest == log_odds(data.X, step, 10));
    const auto fit_within = [&](double tolerance) {
      return LogisticRegression::fit(data.X, data.y, {.tolerance = tolerance});
    };
    CHECK(fit_within(1.01 * largest).iterations == 1);
    CHECK(fit_within(1.01 * largest).converged);
    CHECK(fit_within(0.99 * largest).iterations > 1);
  }

  TEST_CASE("nothing to learn is a fit and not a separation") {
    Problem data{Matrix(4, 1), Eigen::VectorXi(4)};
    data.X << -1, 1, -1, 1;
    data.y << 0, 0, 1, 1;
    const auto model = LogisticRegression::fit(data.X, data.y, {});
    CHECK(model.converged);
    CHECK(!model.separated);
    CHECK(model.beta.isZero(0.0));
  }

  TEST_CASE("no iterations leave the start") {
    const Problem data = students();
    const auto none =
        LogisticRegression::fit(data.X, data.y, {.max_iterations = 0});
    CHECK(!none.converged);
    CHECK(none.beta.isZero(0.0));
    CHECK(none.standard_errors.size() == 0);
    CHECK(
        close(none.log_likelihood, -20.0 * std::numbers::ln2, {.rel = 1e-12}));
  }

  TEST_CASE("a run whose weights vanish ends without a fit") {
    // Four samples near zero call for a slope of thousands. The second column
    // differs only among the four far ones, and their weights times its
    // squares are then too small for a double.
    Problem data{Matrix(8, 2), Eigen::VectorXi(8)};
    data.X << -2e-4, 0, 1e-4, 0, -1e-4, 0, 2e-4, 0, -1, 1, -1, -1, 1, 1, 1, -1;
    data.X.col(1) *= 1e-20;
    data.y << 0, 0, 1, 1, 0, 0, 1, 1;
    const auto model = LogisticRegression::fit(data.X, data.y, {});
    CHECK(!model.converged);
    CHECK(!model.separated);
    CHECK(model.iterations < 50);
    CHECK(model.standard_errors.size() == 0);
  }

  TEST_CASE("a penalty allows dependent columns and shares the weight") {
    const Problem data = students();
    Matrix twice(20, 2);
    twice << data.X, data.X;
    CHECK_THROWS_AS(LogisticRegression::fit(twice, data.y, {}),
                    std::invalid_argument);
    Matrix constant(20, 2);
    constant << data.X, Matrix::Constant(20, 1, 7.0);
    CHECK_THROWS_AS(LogisticRegression::fit(constant, data.y, {}),
                    std::invalid_argument);
    const auto model = LogisticRegression::fit(twice, data.y, {.l2 = 1.0});
    CHECK(model.converged);
    CHECK(close(model.beta(1), model.beta(2), {.rel = 1e-10}));
  }

  TEST_CASE("small units are not dependence") {
    Problem data = students();
    data.X *= 1e-9;
    const auto model = LogisticRegression::fit(data.X, data.y, {});
    CHECK(model.converged);
    CHECK(close(model.beta(1), 1.504645428e9, {.rel = 1e-8}));
  }

  TEST_CASE("the predicted label is the likelier one") {
    const Problem data = students();
    const auto model = LogisticRegression::fit(data.X, data.y, {});
    const double boundary = -model.beta(0) / model.beta(1);
    const Matrix X{{boundary - 1e-6}, {boundary + 1e-6}, {-1e6}, {1e6}};
    CHECK(model.predict(X) == Eigen::Vector4i(0, 1, 0, 1));
    CHECK(close(model.predict_probability(X), Vector{{0.5, 0.5, 0.0, 1.0}},
                {.abs = 1e-5}));
  }

  TEST_CASE("arguments that break the contract are refused") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double inf = std::numeric_limits<double>::infinity();
    const Problem data = students();
    const auto refuses = [](const Matrix& X, const Eigen::VectorXi& y,
                            const LogisticRegressionOptions& options) {
      CHECK_THROWS_AS(LogisticRegression::fit(X, y, options),
                      std::invalid_argument);
    };
    refuses(data.X.topRows(19), data.y, {});
    refuses(Matrix(0, 1), Eigen::VectorXi(0), {});
    refuses(data.X, Eigen::VectorXi::Zero(20), {});
    refuses(data.X, Eigen::VectorXi::Ones(20), {});
    Eigen::VectorXi signs = 2 * data.y.array() - 1;
    refuses(data.X, signs, {});
    Eigen::VectorXi three = data.y;
    three(0) = 2;
    CHECK_THROWS_WITH(LogisticRegression::fit(data.X, three, {}),
                      "LogisticRegression: need labels 0 and 1, and both, got "
                      "9 and 10 of 20");
    for (const double l2 : {-1.0, nan}) refuses(data.X, data.y, {.l2 = l2});
    CHECK_THROWS_WITH(LogisticRegression::fit(data.X, data.y, {.l2 = inf}),
                      "LogisticRegression: need a finite l2 >= 0, got inf");
    Matrix holed = data.X;
    holed(3, 0) = nan;
    CHECK_THROWS_WITH(LogisticRegression::fit(holed, data.y, {}),
                      "LogisticRegression: X(3, 0) is nan");

    refuses(data.X * 1e200, data.y, {});  // its squares are infinite

    const auto model = LogisticRegression::fit(data.X, data.y, {});
    CHECK_THROWS_WITH(model.predict_probability(Matrix::Ones(1, 2)),
                      "LogisticRegression: fitted on 1 columns, asked about 2");
    CHECK_THROWS_AS(model.predict(Matrix{{inf}}), std::invalid_argument);
  }
}
