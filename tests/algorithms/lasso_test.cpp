// Verifies the claims of questions/algorithms/lasso.md. Published figures are
// from scikit-learn 1.2.1, Lasso and lars_path, on data/diabetes.csv with
// centred columns of length 1.
#include <whiteboard/algorithms/lasso.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/products.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::algorithms;
using Eigen::Index;
using whiteboard::testing::data_set;
using whiteboard::testing::gaussian;
using whiteboard::testing::Problem;
using whiteboard::testing::standardized;
using whiteboard::testing::times;
using whiteboard::testing::transposed_times;

namespace {

/// Diabetes with centred columns of length 1, as load_diabetes() has it. Its
/// columns: age, sex, bmi, bp, s1 to s6.
const Problem& diabetes() {
  static const Table table = data_set("diabetes");
  static const Problem problem{
      standardized(table.features()) / std::sqrt(442.0),
      table.numbers("progression")};
  return problem;
}

/// Columns of a Hadamard matrix over their length: orthonormal with mean 0.
Matrix orthonormal() {
  Matrix H(8, 4);
  for (Index i = 0; i < 8; ++i) {
    const double a = i % 2 == 0 ? 1.0 : -1.0, b = i / 2 % 2 == 0 ? 1.0 : -1.0;
    const double c = i / 4 == 0 ? 1.0 : -1.0;
    H.row(i) << a, b, c, a * b;
  }
  return H / std::sqrt(8.0);
}

double objective(const Problem& p, const Lasso& model, double lambda) {
  return 0.5 * (p.y - model.predict(p.X)).squaredNorm() +
         lambda * model.coef.cwiseAbs().sum();
}

}  // namespace

TEST_SUITE("algorithms/lasso") {
  TEST_CASE("orthonormal_columns_are_soft_thresholded") {
    const Matrix Q = orthonormal();
    const Vector z{{3.0, -2.0, 0.7, -0.4}};  // what least squares would give
    const Vector y = times(Q, z).array() + 10.0;
    const Lasso model = lasso(Q, y, 0.5);
    REQUIRE(model.converged);
    CHECK(close(model.coef, Vector{{2.5, -1.5, 0.2, 0.0}}, {.abs = 1e-14}));
    CHECK(model.coef(3) == 0.0);  // not something small
    CHECK(close(model.intercept, 10.0, {.rel = 1e-14}));
    CHECK(support(lasso(Q, y, 1.0).coef) == std::vector<Index>{0, 1});
    EVIDENCE_SERIES("least squares 3, -2, 0.7, -0.4 at lambda 0.5", model.coef);
  }

  TEST_CASE("lambda_max_empties_the_model") {
    const auto& [X, y] = diabetes();
    const double largest = lambda_max(X, y);
    EVIDENCE("lambda_max on Diabetes", largest);
    CHECK(close(largest, 949.4352603840385, {.rel = 1e-13}));
    CHECK(support(lasso(X, y, largest * (1.0 + 1e-12)).coef).empty());
    const Lasso below = lasso(X, y, 0.999 * largest);
    CHECK(support(below.coef) == std::vector<Index>{2});
    CHECK(close(below.coef(2), 0.001 * largest, {.rel = 1e-9}));
    // With nothing left, the prediction is the mean.
    CHECK(
        close(lasso(X, y, 2.0 * largest).intercept, y.mean(), {.rel = 1e-14}));
  }

  TEST_CASE("variables_enter_in_turn_and_one_leaves_again") {
    const auto& [X, y] = diabetes();
    // lars_path: where the active set changes, and what it is below.
    const std::vector<double> knots{
        949.435260384039, 889.313785360489, 452.895700526729, 316.07337894871,
        130.129537096428, 88.784299350593,  68.964790189541,  19.981165359643,
        5.477536366337,   5.088236293704,   2.182266843617,   1.310441339963};
    const std::vector<std::vector<Index>> sets{
        {2},
        {2, 8},
        {2, 3, 8},
        {2, 3, 6, 8},
        {1, 2, 3, 6, 8},
        {1, 2, 3, 6, 8, 9},
        {1, 2, 3, 4, 6, 8, 9},
        {1, 2, 3, 4, 6, 7, 8, 9},
        {1, 2, 3, 4, 5, 6, 7, 8, 9},
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
        {0, 1, 2, 3, 4, 5, 7, 8, 9},  // s3 is gone
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}};
    std::vector<double> lambdas;
    for (std::size_t i = 0; i < knots.size(); ++i) {
      const double next = i + 1 < knots.size() ? knots[i + 1] : 0.5;
      lambdas.push_back(0.5 * (knots[i] + next));
    }
    const std::vector<Lasso> path =
        lasso_path(X, y, lambdas, {.max_sweeps = 100'000});
    REQUIRE(path.size() == sets.size());
    std::vector<double> s3;
    for (std::size_t i = 0; i < path.size(); ++i) {
      CAPTURE(lambdas[i]);
      CHECK(path[i].converged);
      CHECK(support(path[i].coef) == sets[i]);
      s3.push_back(path[i].coef(6));
    }
    EVIDENCE_SERIES("s3 along the path", s3);
    // Right beside the knots where it leaves and comes back.
    const Problem& p = diabetes();
    const auto has_s3 = [&](double lambda) {
      return lasso(p.X, p.y, lambda, {.max_sweeps = 100'000}).coef(6) != 0.0;
    };
    CHECK(has_s3(2.19));
    CHECK_FALSE(has_s3(2.18));
    CHECK_FALSE(has_s3(1.32));
    CHECK(has_s3(1.30));
  }

  TEST_CASE("the_conditions_hold_and_scikit_learn_agrees") {
    const auto& [X, y] = diabetes();
    const Lasso one = lasso(X, y, 442.0);  // alpha = 1
    CHECK(support(one.coef) == std::vector<Index>{2, 3, 8});
    CHECK(close(one.coef(2), 367.7016258214307, {.rel = 1e-9}));
    CHECK(close(one.coef(3), 6.309702644175334, {.rel = 1e-7}));
    CHECK(close(one.coef(8), 307.6021474621963, {.rel = 1e-9}));
    CHECK(close(one.intercept, 152.133484162896, {.rel = 1e-12}));
    const Lasso tenth = lasso(X, y, 44.2);  // alpha = 0.1
    const Vector want{{0.0, -155.34311062466884, 517.2162412030536,
                       275.08722292825615, -52.552035811901945, 0.0,
                       -210.13950903523525, 0.0, 483.9171745719605,
                       33.66219214312984}};
    CHECK(close(tenth.coef, want, {.scale = 1e-7}));
    EVIDENCE_SERIES("coefficients at alpha 0.1", tenth.coef);
    // Columns are centred, so the mean prediction is the intercept.
    CHECK(close(tenth.predict(X).mean(), y.mean(), {.rel = 1e-12}));

    const double lambda = 44.2;
    const Vector inner = transposed_times(X, y - tenth.predict(X));
    for (Index j = 0; j < 10; ++j) {
      if (tenth.coef(j) == 0.0) {
        CHECK(std::abs(inner(j)) < lambda);
      } else {
        CHECK(close(inner(j), tenth.coef(j) > 0.0 ? lambda : -lambda,
                    {.rel = 1e-8}));
      }
    }
  }

  TEST_CASE("a_rotation_of_the_samples_changes_nothing") {
    const auto& [X, y] = diabetes();
    for (const double lambda : {300.0, 30.0, 10.0}) {
      const Lasso rotated = lasso(X, y, lambda);
      const Vector centred = y.array() - y.mean();
      const optimization::LassoCdFit direct =
          optimization::lasso_cd(X, centred, lambda);
      REQUIRE(rotated.converged);
      REQUIRE(direct.converged);
      CHECK(close(rotated.coef, direct.coef, {.scale = 1e-6}));
      CHECK(support(rotated.coef) == support(direct.coef));
      EVIDENCE("largest difference",
               largest_difference(rotated.coef, direct.coef));
    }
    CHECK(lasso_data(X, y).X.rows() == 10);
  }

  TEST_CASE("it_never_keeps_more_columns_than_rows") {
    std::mt19937_64 rng(0);
    const Matrix X = gaussian(12, 40, rng);
    const Vector beta = Vector::Ones(40);  // all of them matter
    const Vector y = times(X, beta);
    std::vector<double> kept;
    std::vector<double> lambdas;
    for (int step = 1; step <= 10; ++step) {
      lambdas.push_back(lambda_max(X, y) * std::pow(0.55, step));
    }
    for (const Lasso& model :
         lasso_path(X, y, lambdas, {.max_sweeps = 100'000})) {
      REQUIRE(model.converged);
      const std::size_t count = support(model.coef).size();
      CHECK(count <= 11);  // centring takes one
      kept.push_back(static_cast<double>(count));
    }
    CHECK(kept.back() >= 9.0);
    EVIDENCE_SERIES("columns kept of 40", kept);
  }

  TEST_CASE("of_two_equal_columns_any_split_is_as_good") {
    std::mt19937_64 rng(1);
    Problem p{gaussian(30, 3, rng), Vector()};
    p.X.col(2) = p.X.col(0);
    p.y = 2.0 * p.X.col(0) - p.X.col(1) + 0.1 * gaussian(30, 1, rng).col(0);
    const double lambda = 3.0;
    const Lasso model = lasso(p.X, p.y, lambda);
    REQUIRE(model.converged);
    const double total = model.coef(0) + model.coef(2);
    CHECK(total > 1.0);
    // Cyclic descent fills the copy that it meets first; the other gets what
    // the column between them moves later. So the order of columns decides.
    CHECK(model.coef(0) > 0.95 * total);
    CHECK(model.coef(2) >= 0.0);
    EVIDENCE_SERIES("coefficients, copies first and last", model.coef);
    const double best = objective(p, model, lambda);
    for (const double share : {0.0, 0.3, 0.5, 0.9}) {
      Lasso split = model;
      split.coef(0) = share * total;
      split.coef(2) = (1.0 - share) * total;
      CHECK(close(objective(p, split, lambda), best, {.rel = 1e-12}));
    }
    // A split with opposite signs costs more.
    Lasso apart = model;
    apart.coef(0) = total + 1.0;
    apart.coef(2) = -1.0;
    CHECK(objective(p, apart, lambda) > best + lambda);
  }

  TEST_CASE("what_survives_is_biased_and_a_refit_is_not") {
    const Matrix Q = orthonormal();
    const Vector beta{{3.0, -2.0, 0.0, 0.0}};
    const Vector y = times(Q, beta);  // no noise
    const Lasso model = lasso(Q, y, 0.5);
    CHECK(close(model.coef, Vector{{2.5, -1.5, 0.0, 0.0}}, {.abs = 1e-14}));
    const Lasso refit = refit_support(Q, y, model);
    CHECK(close(refit.coef, beta, {.abs = 1e-13}));
    CHECK(refit.coef(2) == 0.0);

    // With noise, and columns that are not orthogonal.
    std::mt19937_64 rng(2);
    const Matrix X = gaussian(60, 20, rng);
    Vector truth = Vector::Zero(20);
    truth.head(3) << 3.0, -2.0, 1.5;
    const Vector target = times(X, truth).array() + 7.0 +
                          0.5 * gaussian(60, 1, rng).array().col(0);
    const Lasso noisy = lasso(X, target, 0.3 * lambda_max(X, target));
    const Lasso again = refit_support(X, target, noisy);
    CHECK((again.coef - truth).norm() < 0.5 * (noisy.coef - truth).norm());
    CHECK(close(again.intercept, 7.0, {.abs = 0.5}));
    EVIDENCE("distance from the truth", (noisy.coef - truth).norm());
    EVIDENCE("distance after the refit", (again.coef - truth).norm());
  }

  TEST_CASE("the_selection_depends_on_the_sample") {
    // Even rows and odd ones: which of the weaker columns is kept changes.
    const Problem& p = diabetes();
    const auto half = [&](Index first) {
      Matrix part(221, 10);
      Vector targets(221);
      for (Index i = 0; i < 221; ++i) {
        part.row(i) = p.X.row(2 * i + first);
        targets(i) = p.y(2 * i + first);
      }
      return support(lasso(part, targets, 22.1).coef);
    };
    const std::vector<Index> even = half(0), odd = half(1);
    CHECK(even != odd);
    // Both hold bmi and s5.
    for (const std::vector<Index>& set : {even, odd}) {
      CHECK(std::count(set.begin(), set.end(), Index{2}) == 1);
      CHECK(std::count(set.begin(), set.end(), Index{8}) == 1);
    }
    EVIDENCE_SERIES("selected on even rows", even);
    EVIDENCE_SERIES("selected on odd rows", odd);
  }
}

TEST_SUITE("algorithms/lasso extra") {
  TEST_CASE("many columns are not rotated") {
    std::mt19937_64 rng(3);
    const Matrix tall = gaussian(258, 257, rng);
    CHECK(lasso_data(tall, tall.col(0)).X.rows() == 258);
    const Matrix wide = gaussian(5, 9, rng);
    CHECK(lasso_data(wide, wide.col(0)).X.rows() == 5);
    CHECK(lasso_data(tall.leftCols(3), tall.col(0)).X.rows() == 3);
  }

  TEST_CASE("the mean prediction is the mean target wherever the data lie") {
    std::mt19937_64 rng(4);
    Matrix X = gaussian(20, 3, rng);
    X.rowwise() += Eigen::RowVector3d(5.0, -40.0, 300.0);
    const Vector y = (2.0 * X.col(0) - X.col(2)).array() + 1000.0;
    const Lasso model = lasso(X, y, 1.0);
    CHECK(support(model.coef).size() >= 2);
    CHECK(close(model.predict(X).mean(), y.mean(), {.rel = 1e-12}));
  }

  TEST_CASE("a column is constant relative to its own size") {
    std::mt19937_64 rng(5);
    const Matrix X = gaussian(20, 1, rng);
    CHECK(lasso(1e-9 * X, X.col(0), 1e-12).coef(0) > 0.0);
    CHECK_THROWS_WITH(lasso(Matrix::Constant(20, 1, 0.1e9), X.col(0), 1.0),
                      "lasso: column 0 is constant");
    // 20 numbers of size 1e9 and a spread of 1e-7 are rounding alone.
    CHECK_THROWS_WITH(lasso((1e-7 * X).array() + 1e9, X.col(0), 1.0),
                      "lasso: column 0 is constant");
  }

  TEST_CASE("nothing selected is refitted to nothing") {
    const Matrix X{{1}, {2}, {4}};
    const Vector y{{1, 2, 3}};
    const Lasso empty = lasso(X, y, 100.0);
    const Lasso refit = refit_support(X, y, empty);
    CHECK(refit.coef(0) == 0.0);
    CHECK(close(refit.intercept, 2.0, {.rel = 1e-15}));
    CHECK(refit.converged);
  }

  TEST_CASE("arguments that break the contract are refused") {
    const Matrix X{{1, 2}, {3, 4}, {5, 5}};
    const Vector y{{1, 2, 3}};
    CHECK_THROWS_WITH(lasso(X, y, 0.0),
                      "lasso: need a finite lambda > 0, got 0");
    CHECK_THROWS_AS(lasso_path(X, y, {1.0, -1.0}), std::invalid_argument);
    CHECK_THROWS_WITH(
        lasso(Matrix::Constant(10, 1, 0.1), Vector::Ones(10), 1.0),
        "lasso: column 0 is constant");
    CHECK_THROWS_WITH(lambda_max(X, Vector::Ones(2)),
                      "lasso: need rows, columns and as many targets as rows, "
                      "got 3 x 2 and 2");
    CHECK_THROWS_AS(lasso(Matrix{{std::nan("")}, {1.0}}, Vector::Ones(2), 1.0),
                    std::invalid_argument);
    const Lasso model = lasso(X, y, 0.1);
    CHECK_THROWS_WITH(model.predict(Matrix::Ones(1, 3)),
                      "Lasso::predict: fitted with 2 columns, got 3");
    CHECK_THROWS_WITH(model.predict(Matrix{{1.0, std::nan("")}}),
                      "Lasso::predict: X(0, 1) is nan");
    CHECK_THROWS_WITH(refit_support(Matrix::Ones(3, 3), y, model),
                      "refit_support: fitted with 2 columns, got 3");
  }
}
