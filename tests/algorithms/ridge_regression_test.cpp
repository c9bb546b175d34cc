// Verifies the claims of questions/algorithms/ridge_regression.md. Published
// figures are from scikit-learn 1.2.1, Ridge(alpha=..., solver="svd") and
// RidgeCV, on data/diabetes.csv with centred columns of length 1.
#include <whiteboard/algorithms/ridge_regression.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/products.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::algorithms;
using Eigen::Index;
using whiteboard::testing::data_set;
using whiteboard::testing::gaussian;
using whiteboard::testing::Problem;
using whiteboard::testing::product;
using whiteboard::testing::random_problem;
using whiteboard::testing::standardized;
using whiteboard::testing::times;
using whiteboard::testing::transposed;

namespace {

Matrix centred(const Matrix& X) {
  const Vector mean = X.colwise().mean();
  return X.rowwise() - mean.transpose();
}

Vector centred(const Vector& y) {
  return y.array() - y.mean();
}

/// Diabetes with centred columns of length 1, as load_diabetes() has it.
const Problem& diabetes() {
  static const Table table = data_set("diabetes");
  static const Problem problem{
      standardized(table.features()) / std::sqrt(442.0),
      table.numbers("progression")};
  return problem;
}

/// n x d with orthonormal columns of mean 0: Gram and Schmidt, twice.
Matrix orthonormal(Index n, Index d, std::mt19937_64& rng) {
  Matrix Q = centred(gaussian(n, d, rng));
  for (Index j = 0; j < d; ++j) {
    for (int pass = 0; pass < 2; ++pass) {
      for (Index i = 0; i < j; ++i) {
        const double overlap = Q.col(i).dot(Q.col(j));
        Q.col(j) -= overlap * Q.col(i);
      }
    }
    Q.col(j) /= Q.col(j).norm();
  }
  return Q;
}

/// Coefficients as a linear function of y: d x n.
Matrix fit_operator(const Matrix& X, double lambda) {
  Matrix A(X.cols(), X.rows());
  for (Index i = 0; i < X.rows(); ++i) {
    A.col(i) = RidgePath::fit(X, Vector::Unit(X.rows(), i)).at(lambda).coef;
  }
  return A;
}

/// Expected squared error of the coefficients A y of y = X beta + noise of
/// variance 1: squared bias and variance.
double expected_error(const Matrix& A, const Matrix& X, const Vector& beta) {
  return (times(A, times(X, beta)) - beta).squaredNorm() + A.squaredNorm();
}

}  // namespace

TEST_SUITE("algorithms/ridge_regression") {
  TEST_CASE("four_routes_give_one_answer") {
    std::mt19937_64 rng(0);
    // Tall, square and wide: only the path and the dual like the last.
    for (const Index d : {4, 12, 30}) {
      const auto [X, y] = random_problem(12, d, rng);
      const Matrix Z = centred(X);
      const Vector target = centred(y);
      for (const double lambda : {0.01, 1.0, 100.0}) {
        const RidgePath path = RidgePath::fit(X, y);
        const Ridge model = path.at(lambda);
        const Ridge reference = ridge_reference(X, y, lambda);
        const Vector dual =
            times(transposed(Z),
                  ridge_dual(product(Z, transposed(Z)), target, lambda));
        Matrix stacked = Matrix::Zero(12 + d, d);
        stacked.topRows(12) = Z;
        stacked.bottomRows(d).diagonal().setConstant(std::sqrt(lambda));
        Vector below = Vector::Zero(12 + d);
        below.head(12) = target;
        const std::optional<Vector> least = maths::lstsq_qr(stacked, below);
        REQUIRE(least.has_value());
        // Conditions of the penalised matrices are below 1e4.
        CHECK(close(model.coef, reference.coef, {.abs = 1e-11}));
        CHECK(close(model.coef, dual, {.abs = 1e-11}));
        CHECK(close(model.coef, *least, {.abs = 1e-11}));
        CHECK(close(model.intercept, reference.intercept, {.abs = 1e-11}));
        CHECK(close(model.predict(X), reference.predict(X), {.abs = 1e-11}));
        EVIDENCE("largest difference from the definition",
                 largest_difference(model.coef, reference.coef));
      }
    }
  }

  TEST_CASE("each_direction_keeps_its_share") {
    const auto& [X, y] = diabetes();
    const RidgePath path = RidgePath::fit(X, y);
    const Vector at_1{{29.46611189347713, -83.15427636187532,
                       306.35268015068596, 201.6277343732697, 5.909614367497195,
                       -29.515495079689806, -152.04028006186394,
                       117.31173160030139, 262.94429001431234,
                       111.87895643952349}};
    const Vector at_tenth{{1.308705426932454, -207.19241785853967,
                           489.69517109044307, 301.76405786177446,
                           -83.4660339916102, -70.82683190150729,
                           -188.6788978185443, 115.71213559879308,
                           443.8129174730425, 86.74931540489715}};
    CHECK(close(path.at(1.0).coef, at_1, {.scale = 1e-12}));
    CHECK(close(path.at(0.1).coef, at_tenth, {.scale = 1e-12}));
    CHECK(close(path.at(1.0).intercept, 152.133484162896, {.rel = 1e-12}));
    CHECK(close(path.effective_df(0.1), 7.641725334910461, {.rel = 1e-12}));
    CHECK(close(path.effective_df(1.0), 3.9422840603119185, {.rel = 1e-12}));
    CHECK(close(path.effective_df(0.0), 10.0, {.rel = 1e-12}));
    EVIDENCE("degrees of freedom at 0.1", path.effective_df(0.1));
    EVIDENCE("degrees of freedom at 1", path.effective_df(1.0));

    // By hand: directions with s^2 of 18 and 2, y along each of them.
    const Matrix axes{{3, 0}, {-3, 0}, {0, 1}, {0, -1}};
    const RidgePath by_hand = RidgePath::fit(axes, Vector{{3, -3, 1, -1}});
    CHECK(close(by_hand.at(2.0).coef, Vector{{18.0 / 20.0, 2.0 / 4.0}},
                {.rel = 1e-14}));
    CHECK(close(by_hand.effective_df(2.0), 1.4, {.rel = 1e-14}));
  }

  TEST_CASE("coefficients_shrink_but_never_vanish") {
    std::mt19937_64 rng(1);
    const Matrix Q = orthonormal(20, 5, rng);
    const Vector y = gaussian(20, 1, rng).col(0);
    const RidgePath path = RidgePath::fit(Q, y);
    const Vector ols = times(transposed(Q), y);
    for (const double lambda : {0.5, 10.0, 1e6}) {
      const Vector coef = path.at(lambda).coef;
      CHECK(close(coef, ols / (1.0 + lambda), {.scale = 1e-13}));
      CHECK((coef.array() != 0.0).all());
    }
    EVIDENCE("smallest coefficient at 1e6",
             path.at(1e6).coef.cwiseAbs().minCoeff());
  }

  TEST_CASE("the_norm_falls_while_single_coefficients_grow_and_turn") {
    const auto& [X, y] = diabetes();
    const RidgePath path = RidgePath::fit(X, y);
    double last_norm = 1e300, last_residual = 0.0;
    std::vector<double> hdl, cholesterol;
    for (int step = -8; step <= 4; ++step) {
      const Ridge model = path.at(std::pow(10.0, 0.5 * step));
      const double residual = (y - model.predict(X)).norm();
      CHECK(model.coef.norm() < last_norm);
      CHECK(residual > last_residual);
      last_norm = model.coef.norm();
      last_residual = residual;
      cholesterol.push_back(model.coef(4));
      hdl.push_back(model.coef(6));
    }
    EVIDENCE_SERIES("total cholesterol, lambda 1e-4 to 100", cholesterol);
    EVIDENCE_SERIES("hdl, lambda 1e-4 to 100", hdl);
    // Weights of opposite sign that nearly cancel, and what becomes of them.
    // NumPy 1.24.2, Eq. (4) from numpy.linalg.svd; without a penalty the
    // condition, 22, and so the error is largest.
    CHECK(close(path.at(0.0).coef(6), 101.0432679380333, {.rel = 1e-10}));
    CHECK(close(path.at(0.1).coef(6), -188.6788978185444, {.rel = 1e-12}));
    CHECK(close(path.at(0.0).coef(4), -792.1756385522286, {.rel = 1e-10}));
    CHECK(close(path.at(1.0).coef(4), 5.909614367497397, {.rel = 1e-11}));
  }

  TEST_CASE("some_penalty_always_beats_none") {
    std::mt19937_64 rng(2);
    // Orthonormal columns, noise of variance 1: Eq. (6), smallest at d over
    // |beta|^2, where it is d |beta|^2 / (|beta|^2 + d) instead of d.
    const Vector beta{{1.0, -2.0, 0.5, 0.0, 1.5}};
    const double square = beta.squaredNorm();
    const Matrix Q = orthonormal(12, 5, rng);
    const double best = 5.0 / square;
    for (const double lambda : {0.0, 0.5 * best, best, 2.0 * best}) {
      const double want =
          (5.0 + lambda * lambda * square) / ((1.0 + lambda) * (1.0 + lambda));
      const double got = expected_error(fit_operator(Q, lambda), Q, beta);
      CHECK(close(got, want, {.rel = 1e-12}));
    }
    const double at_best = expected_error(fit_operator(Q, best), Q, beta);
    CHECK(close(at_best, square * 5.0 / (square + 5.0), {.rel = 1e-12}));
    CHECK(at_best < expected_error(fit_operator(Q, 0.9 * best), Q, beta));
    CHECK(at_best < expected_error(fit_operator(Q, 1.1 * best), Q, beta));
    EVIDENCE("expected squared error without", 5.0);
    EVIDENCE("and at the best penalty", at_best);

    // For any design every lambda up to 2 / |beta|^2 is better than none.
    for (int repeat = 0; repeat < 10; ++repeat) {
      const Matrix X = gaussian(10, 4, rng);
      const Vector b = 3.0 * gaussian(4, 1, rng).col(0);
      const double none = expected_error(fit_operator(X, 0.0), X, b);
      const double edge = 2.0 / b.squaredNorm();
      for (const double share : {0.1, 0.5, 1.0}) {
        const Matrix A = fit_operator(X, share * edge);
        CHECK(expected_error(A, X, b) < none);
      }
    }
  }

  TEST_CASE("without_penalty_the_shortest_interpolator_remains") {
    std::mt19937_64 rng(3);
    const auto [X, y] = random_problem(6, 15, rng);
    const RidgePath path = RidgePath::fit(X, y);
    const Vector shortest = maths::lstsq_svd(centred(X), centred(y)).coef;
    CHECK(close(path.at(0.0).coef, shortest, {.abs = 1e-13}));
    CHECK(close(path.at(0.0).predict(X), y, {.abs = 1e-13}));
    std::vector<double> distance;
    for (const double lambda : {1.0, 1e-2, 1e-4, 1e-6}) {
      distance.push_back(largest_difference(path.at(lambda).coef, shortest));
    }
    EVIDENCE_SERIES("distance at 1, 1e-2, 1e-4, 1e-6", distance);
    // lambda / (s^2 + lambda) of each direction is missing: proportional.
    CHECK(close(distance[3], 0.01 * distance[2], {.rel = 1e-3}));
    CHECK(distance[3] < 1e-6);
  }

  TEST_CASE("units_matter_and_the_origin_of_y_does_not") {
    std::mt19937_64 rng(4);
    const auto [X, y] = random_problem(30, 3, rng);
    Matrix metres = X;
    metres.col(0) *= 1000.0;
    const RidgePath path = RidgePath::fit(X, y);
    const RidgePath other = RidgePath::fit(metres, y);
    const double moved = largest_difference(other.at(10.0).predict(metres),
                                            path.at(10.0).predict(X));
    CHECK(moved > 0.01);
    EVIDENCE("change of a prediction by other units", moved);
    CHECK(close(other.at(0.0).predict(metres), path.at(0.0).predict(X),
                {.abs = 1e-12}));

    // The intercept is free: so is the origin of y and of every feature.
    const Vector shifted = y.array() + 500.0;
    const Matrix far = X.array() - 40.0;
    const Ridge up = RidgePath::fit(far, shifted).at(10.0);
    CHECK(close(up.coef, path.at(10.0).coef, {.abs = 1e-12}));
    CHECK(close(up.predict(far), path.at(10.0).predict(X).array() + 500.0,
                {.abs = 1e-11}));
    // Not so the shortcut, a column of ones with a penalty of its own.
    Matrix with_ones(30, 4);
    with_ones << Vector::Ones(30), centred(X);
    const Vector penalised = times(
        transposed(with_ones),
        ridge_dual(product(with_ones, transposed(with_ones)), shifted, 10.0));
    // 30 / (30 + 10) of the mean, as its square length is 30.
    CHECK(close(times(with_ones, penalised).mean(), 0.75 * shifted.mean(),
                {.rel = 1e-12}));
  }

  TEST_CASE("leave_one_out_needs_one_decomposition") {
    std::mt19937_64 rng(5);
    for (const Index d : {3, 25}) {  // fewer and more columns than rows
      const auto [X, y] = random_problem(15, d, rng);
      const RidgePath path = RidgePath::fit(X, y);
      for (const double lambda : {0.1, 3.0}) {
        Vector refits(15);
        for (Index i = 0; i < 15; ++i) {
          Matrix others(14, d);
          others << X.topRows(i), X.bottomRows(14 - i);
          Vector targets(14);
          targets << y.head(i), y.tail(14 - i);
          const Ridge model = ridge_reference(others, targets, lambda);
          refits(i) = y(i) - model.predict(X.row(i))(0);
        }
        CHECK(close(path.loo_residuals(lambda), refits, {.abs = 1e-11}));
        EVIDENCE("largest difference from the refits",
                 largest_difference(path.loo_residuals(lambda), refits));
      }
    }
  }

  TEST_CASE("leave_one_out_finds_the_penalty") {
    const auto& [X, y] = diabetes();
    const RidgePath path = RidgePath::fit(X, y);
    // RidgeCV(alphas=np.logspace(-4, 1, 51)): 0.003981, with 2999.772498910203.
    double best = 0.0, smallest = 1e300;
    std::vector<double> errors, approximations;
    for (int step = 0; step <= 50; ++step) {
      const double lambda = std::pow(10.0, -4.0 + 0.1 * step);
      const double error = path.loo_residuals(lambda).squaredNorm() / 442.0;
      errors.push_back(error);
      approximations.push_back(path.gcv(lambda));
      if (error < smallest) {
        smallest = error;
        best = lambda;
      }
      // The mean leverage in place of each: 0.3 % apart at most here.
      CHECK(close(path.gcv(lambda), error, {.rel = 3e-3}));
    }
    CHECK(close(best, 0.003981071705534973, {.rel = 1e-12}));
    CHECK(close(smallest, 2999.772498910203, {.rel = 1e-11}));
    EVIDENCE_SERIES("leave-one-out error, lambda 1e-4 to 10", errors);
    EVIDENCE_SERIES("generalised cross-validation", approximations);
    // NumPy 1.24.2 on the same data, n |r|^2 / (n - df - 1)^2.
    CHECK(close(path.gcv(0.1), 3006.879380861958, {.rel = 1e-11}));
    CHECK(close(path.gcv(1.0), 3328.1514676851966, {.rel = 1e-11}));
  }

  TEST_CASE("twins_share_equally_and_pay_half") {
    std::mt19937_64 rng(6);
    const auto [X, y] = random_problem(20, 2, rng);
    Matrix twins(20, 3);
    twins << X, X.col(0);
    const Vector coef = RidgePath::fit(twins, y).at(4.0).coef;
    CHECK(close(coef(0), coef(2), {.abs = 1e-14}));
    // Two halves cost 2 (b / 2)^2: the pair is penalised half as much as one
    // column would be, so put a column of sqrt(2) times that size instead.
    Matrix merged = X;
    merged.col(0) *= std::sqrt(2.0);
    const Vector single = RidgePath::fit(merged, y).at(4.0).coef;
    CHECK(close(coef(0) + coef(2), std::sqrt(2.0) * single(0), {.abs = 1e-13}));
    CHECK(close(coef(1), single(1), {.abs = 1e-13}));
    // And less than once: a copy is a way around the penalty.
    CHECK(std::abs(coef(0) + coef(2)) >
          std::abs(RidgePath::fit(X, y).at(4.0).coef(0)));
    EVIDENCE("weight of the pair", coef(0) + coef(2));
    EVIDENCE("weight of one alone", RidgePath::fit(X, y).at(4.0).coef(0));
  }
}

TEST_SUITE("algorithms/ridge_regression extra") {
  TEST_CASE("constant columns and single samples have nothing to fit") {
    const Ridge one = RidgePath::fit(Matrix{{1.0, 2.0}}, Vector{{3.0}}).at(0.0);
    CHECK(close(one.coef, Vector::Zero(2)));
    CHECK(one.intercept == 3.0);
    const RidgePath constant = RidgePath::fit(Matrix::Constant(10, 1, 0.1),
                                              Vector::LinSpaced(10, 0, 9));
    CHECK(constant.at(0.0).coef(0) == 0.0);
    CHECK(close(constant.at(0.0).intercept, 4.5, {.rel = 1e-15}));
    CHECK(constant.effective_df(0.0) == 0.0);
    // Leaving out sample 0 of 0 .. 9 the mean is 5.
    CHECK(close(constant.loo_residuals(1.0)(0), -5.0, {.rel = 1e-14}));
  }

  TEST_CASE("the dual serves any kernel") {
    // K = I: every sample is alone, a = y / (1 + lambda).
    const Vector y{{1.0, -2.0}};
    CHECK(close(ridge_dual(Matrix::Identity(2, 2), y, 3.0), y / 4.0));
  }

  TEST_CASE("arguments that break the contract are refused") {
    const Matrix X = Matrix::Ones(3, 2);
    const Vector y = Vector::Ones(3);
    const double infinity = std::numeric_limits<double>::infinity();
    const RidgePath path = RidgePath::fit(X, y);
    CHECK_THROWS_WITH(path.at(-1.0),
                      "ridge: need a finite lambda >= 0, got -1");
    CHECK_THROWS_AS(path.at(infinity), std::invalid_argument);
    CHECK_THROWS_AS(path.gcv(-1.0), std::invalid_argument);
    CHECK_THROWS_AS(path.loo_residuals(std::nan("")), std::invalid_argument);
    CHECK_THROWS_AS(path.effective_df(-1.0), std::invalid_argument);
    CHECK_THROWS_WITH(ridge_reference(X, y, 0.0),
                      "ridge_reference: need lambda > 0");
    CHECK_THROWS_AS(ridge_reference(X, y, infinity), std::invalid_argument);
    CHECK_THROWS_AS(ridge_reference(X, Vector::Ones(2), 1.0),
                    std::invalid_argument);
    CHECK_THROWS_WITH(
        ridge_dual(X, y, 1.0),
        "ridge_dual: need a square K and lambda > 0, got 3 x 2 and 1");
    CHECK_THROWS_AS(ridge_dual(Matrix::Identity(3, 3), y, 0.0),
                    std::invalid_argument);
    CHECK_THROWS_AS(ridge_dual(Matrix::Identity(3, 3), y, infinity),
                    std::invalid_argument);
    CHECK_THROWS_WITH(RidgePath::fit(Matrix{{std::nan("")}}, Vector::Ones(1)),
                      "least squares: X(0, 0) is nan");
    CHECK_THROWS_AS(RidgePath::fit(X, Vector::Ones(2)), std::invalid_argument);
    CHECK_THROWS_WITH(path.at(1.0).predict(Matrix::Ones(1, 3)),
                      "Ridge::predict: fitted with 2 columns, got 3");
    CHECK_THROWS_AS(path.at(1.0).predict(Matrix{{1.0, infinity}}),
                    std::invalid_argument);
  }
}
