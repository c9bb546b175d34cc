// Verifies the claims of questions/optimization/coordinate_descent.md.
#include <whiteboard/optimization/coordinate_descent.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/finite_differences.hpp>
#include <support/products.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::optimization;
using Eigen::Index;
using whiteboard::testing::gaussian;
using whiteboard::testing::numerical_gradient;
using whiteboard::testing::Problem;
using whiteboard::testing::times;
using whiteboard::testing::transposed_times;

namespace {

Matrix gram(const Matrix& A) {
  return A.transpose() * A;
}

/// Columns that share a common part (correlation `share`), `k` of which count.
Problem sparse_problem(Index n, Index d, Index k, double share,
                       std::mt19937_64& rng) {
  const Vector common = gaussian(n, 1, rng).col(0);
  Matrix X = std::sqrt(1.0 - share) * gaussian(n, d, rng);
  X.colwise() += std::sqrt(share) * common;
  Vector beta = Vector::Zero(d);
  for (Index j = 0; j < k; ++j) beta(j) = j % 2 == 0 ? 2.0 : -1.0;
  return {X, times(X, beta) + 0.5 * gaussian(n, 1, rng).col(0)};
}

double objective(const Problem& p, const Vector& beta, double lambda) {
  return 0.5 * (p.y - times(p.X, beta)).squaredNorm() +
         lambda * beta.cwiseAbs().sum();
}

double lambda_max(const Problem& p) {
  return transposed_times(p.X, p.y).cwiseAbs().maxCoeff();
}

/// Largest eigenvalue of X^T X, by powers.
double curvature(const Matrix& X) {
  Vector v = Vector::Ones(X.cols());
  double size = 0.0;
  for (int step = 0; step < 200; ++step) {
    const Vector next = transposed_times(X, times(X, v));
    size = next.norm();
    v = next / size;
  }
  return 1.01 * size;
}

/// Proximal gradient descent, with or without Nesterov's momentum; objectives
/// after each step. Shares nothing with the header but the problem.
Vector proximal_objectives(const Problem& p, double lambda, int steps,
                           bool momentum) {
  const double L = curvature(p.X);
  Vector beta = Vector::Zero(p.X.cols()), ahead = beta, objectives(steps);
  double t = 1.0;
  for (int step = 0; step < steps; ++step) {
    const Vector z = ahead + transposed_times(p.X, p.y - times(p.X, ahead)) / L;
    const Vector next = z.cwiseSign().cwiseProduct(
        (z.cwiseAbs().array() - lambda / L).max(0.0).matrix());
    const double t_next = 0.5 * (1.0 + std::sqrt(1.0 + 4.0 * t * t));
    ahead = momentum ? Vector(next + (t - 1.0) / t_next * (next - beta)) : next;
    t = t_next;
    beta = next;
    objectives(step) = objective(p, beta, lambda);
  }
  return objectives;
}

}  // namespace

TEST_SUITE("optimization/coordinate_descent") {
  TEST_CASE("a_sweep_is_gauss_seidel") {
    // (4 1; 1 3) x = (1, 2) from zero: x1 = 1 / 4, x2 = (2 - 1 / 4) / 3.
    const Matrix A{{4.0, 1.0}, {1.0, 3.0}};
    const Vector b{{1.0, 2.0}};
    CHECK(close(gauss_seidel_quadratic(A, b, Vector::Zero(2), 1),
                Vector{{0.25, 1.75 / 3.0}}, {.rel = 1e-15}));
    CHECK(close(gauss_seidel_quadratic(A, b, Vector::Zero(2), 60),
                Vector{{1.0 / 11.0, 7.0 / 11.0}}, {.rel = 1e-14}));

    // In general (D + L) x_new = b - L^T x, forward substitution, and each
    // coordinate ends where the derivative along it is zero.
    std::mt19937_64 rng(0);
    const Matrix H = gram(gaussian(12, 6, rng));
    const Vector c = gaussian(6, 1, rng).col(0);
    const Vector x = gaussian(6, 1, rng).col(0);
    const Vector got = gauss_seidel_quadratic(H, c, x, 1);
    Vector mixed = x;
    for (Index j = 0; j < 6; ++j) {
      mixed(j) = got(j);
      const Vector gradient = numerical_gradient(
          [&](const Vector& v) { return 0.5 * v.dot(times(H, v)) - c.dot(v); },
          mixed);
      CHECK(close(gradient(j), 0.0, {.abs = 1e-6}));
    }
  }

  TEST_CASE("correlation_sets_the_rate") {
    // Two unit columns with inner product rho: the error of the second
    // coordinate is multiplied by rho^2 a sweep.
    for (const double rho : {0.5, 0.9, 0.99}) {
      const Matrix A{{1.0, rho}, {rho, 1.0}};
      const Vector zero = Vector::Zero(2);
      const Vector start{{3.0, 1.0}};
      for (const int sweeps : {1, 2, 5}) {
        const Vector x = gauss_seidel_quadratic(A, zero, start, sweeps);
        CHECK(close(x(1), std::pow(rho, 2 * sweeps), {.rel = 1e-13}));
      }
      EVIDENCE("sweeps per digit", -1.0 / std::log10(rho * rho));
    }
  }

  TEST_CASE("orthogonal_columns_take_one_sweep") {
    // Columns of a Hadamard matrix: X^T X = 4 I.
    const Matrix X{{1, 1, 1}, {1, -1, 1}, {1, 1, -1}, {1, -1, -1}};
    const Vector y{{6.0, 1.0, -2.0, 1.0}};
    // X^T y = (6, 2, 8), lambda 3: (6 - 3) / 4, 0, (8 - 3) / 4.
    const LassoCdFit fit = lasso_cd(X, y, 3.0, {.max_sweeps = 1});
    CHECK(fit.converged);
    CHECK(fit.sweeps == 1);
    CHECK(close(fit.coef, Vector{{0.75, 0.0, 1.25}}, {.rel = 1e-15}));
    CHECK(fit.coef(1) == 0.0);
  }

  TEST_CASE("the_gap_certifies_the_solution") {
    std::mt19937_64 rng(1);
    const Problem p = sparse_problem(30, 60, 5, 0.3, rng);
    for (const double share : {0.5, 0.1, 0.02}) {
      const double lambda = share * lambda_max(p);
      const LassoCdFit fit =
          lasso_cd(p.X, p.y, lambda, {.max_sweeps = 500, .tolerance = 1e-12});
      REQUIRE(fit.converged);
      const Vector inner = transposed_times(p.X, p.y - times(p.X, fit.coef));
      for (Index j = 0; j < 60; ++j) {
        if (fit.coef(j) == 0.0) {
          CHECK(std::abs(inner(j)) <= lambda * (1.0 + 1e-8));
        } else {
          CHECK(close(inner(j), fit.coef(j) > 0.0 ? lambda : -lambda,
                      {.rel = 1e-8}));
        }
      }
      // An unfinished fit knows how far it is at most from the minimum.
      const double best = objective(p, fit.coef, lambda);
      for (const int sweeps : {1, 3, 10}) {
        const LassoCdFit rough =
            lasso_cd(p.X, p.y, lambda, {.max_sweeps = sweeps});
        const double excess = objective(p, rough.coef, lambda) - best;
        CHECK(rough.gap >= excess - 1e-9 * best);
        CHECK(rough.sweeps == sweeps);
      }
      // And proximal gradient steps end no lower.
      const Vector others = proximal_objectives(p, lambda, 300, true);
      CHECK(others(299) >= best * (1.0 - 1e-11));
      CHECK(close(others(299), best, {.rel = 0.02}));
      EVIDENCE("gap over objective at the end", fit.gap / best);
    }
  }

  TEST_CASE("the_objective_never_rises") {
    std::mt19937_64 rng(2);
    const Problem p = sparse_problem(40, 20, 4, 0.8, rng);
    const double lambda = 0.01 * lambda_max(p);
    Vector descent(100);
    for (int sweeps = 1; sweeps <= 100; ++sweeps) {
      descent(sweeps - 1) = objective(
          p, lasso_cd(p.X, p.y, lambda, {.max_sweeps = sweeps}).coef, lambda);
    }
    const Vector fista = proximal_objectives(p, lambda, 100, true);
    const auto rises = [](const Vector& values) {
      Index count = 0;
      for (Index i = 1; i < values.size(); ++i) {
        // Rounding of a sum of 40 squares.
        count += values(i) > values(i - 1) * (1.0 + 1e-13) ? 1 : 0;
      }
      return count;
    };
    CHECK(rises(descent) == 0);
    CHECK(rises(fista) > 0);
    EVIDENCE_SERIES("objective by sweep", descent);
    EVIDENCE_SERIES("objective of FISTA by step", fista);
    // The same work per step, and far fewer steps.
    CHECK(descent(19) < fista(19));
  }

  TEST_CASE("it_stops_where_the_kinks_do_not_follow_the_axes") {
    const auto slanted = [](const Vector& v) {
      return std::abs(v(0) + v(1)) + 3.0 * std::abs(v(0) - v(1));
    };
    const Vector stuck{{-1.0, -1.0}};
    const Vector end = coordinate_search(slanted, stuck, 4.0, 20);
    CHECK(close(slanted(end), 2.0, {.abs = 1e-6}));
    CHECK(close(end, stuck, {.abs = 1e-6}));
    CHECK(slanted(Vector{{-0.5, -0.5}}) < 2.0);  // a diagonal step improves
    CHECK(slanted(Vector::Zero(2)) == 0.0);
    EVIDENCE("value where it stops", slanted(end));
    // From (3, 1) as well it ends on the diagonal, never in the middle.
    const Vector other =
        coordinate_search(slanted, Vector{{3.0, 1.0}}, 4.0, 20);
    CHECK(close(other, Vector{{1.0, 1.0}}, {.abs = 1e-6}));

    // Kinks along the axes are harmless, and so is a slanted smooth part.
    const auto separable = [](const Vector& v) {
      return std::abs(v(0)) + std::abs(v(1)) + 3.0 * std::pow(v(0) - v(1), 2) +
             std::pow(v(0) + v(1) - 4.0, 2);
    };
    // By symmetry v = (a, a): 2 a + (2 a - 4)^2, so a = 2 - 1 / 4.
    CHECK(close(coordinate_search(separable, stuck, 8.0, 60),
                Vector{{1.75, 1.75}}, {.abs = 1e-5}));
  }

  TEST_CASE("warm_starts_save_sweeps") {
    std::mt19937_64 rng(3);
    const Problem p = sparse_problem(20, 10, 5, 0.5, rng);
    std::vector<double> lambdas;
    for (int step = 0; step < 100; ++step) {
      lambdas.push_back(lambda_max(p) * std::pow(10.0, -0.03 * step));
    }
    std::vector<double> shares;
    for (const double tolerance : {1e-6, 1e-10}) {
      const LassoCdOptions options{.max_sweeps = 500, .tolerance = tolerance};
      std::vector<LassoCdFit> alone;
      for (const double lambda : lambdas) {
        alone.push_back(lasso_cd(p.X, p.y, lambda, options));
        REQUIRE(alone.back().converged);
      }
      const std::vector<LassoCdFit> path =
          lasso_cd_path(p.X, p.y, lambdas, options);
      REQUIRE(path.size() == 100);
      double warm = 0.0, cold = 0.0;
      std::vector<double> nonzero;
      for (std::size_t i = 0; i < 100; ++i) {
        REQUIRE(path[i].converged);
        // Each is above the minimum by no more than its gap.
        CHECK(close(objective(p, path[i].coef, lambdas[i]),
                    objective(p, alone[i].coef, lambdas[i]),
                    {.abs = tolerance * 0.5 * p.y.squaredNorm()}));
        warm += path[i].sweeps;
        cold += alone[i].sweeps;
        nonzero.push_back(
            static_cast<double>((path[i].coef.array() != 0.0).count()));
      }
      EVIDENCE("sweeps from the last solution", warm);
      EVIDENCE("sweeps from zero", cold);
      EVIDENCE_SERIES("nonzero coefficients along the path", nonzero);
      shares.push_back(warm / cold);
    }
    CHECK(close(shares[0], 0.6, {.abs = 0.05}));
    CHECK(close(shares[1], 0.77, {.abs = 0.05}));
  }

  TEST_CASE("screening_drops_only_zeros") {
    std::mt19937_64 rng(4);
    const Problem p = sparse_problem(40, 200, 5, 0.2, rng);
    const auto check = [&](double share, Index want) {
      const double lambda = share * lambda_max(p);
      const LassoCdFit screened =
          lasso_cd(p.X, p.y, lambda, {.max_sweeps = 200});
      const LassoCdFit all =
          lasso_cd(p.X, p.y, lambda, {.max_sweeps = 200, .screen = false});
      REQUIRE(screened.converged);
      REQUIRE(all.converged);
      CHECK(all.kept == 200);
      // A gap of g allows coefficients to differ by its root.
      CHECK(close(screened.coef, all.coef, {.abs = 1e-6}));
      const Index nonzero = (all.coef.array() != 0.0).count();
      CHECK(nonzero == want);
      CHECK(screened.kept == want);
      EVIDENCE("columns kept of 200", static_cast<double>(screened.kept));
      EVIDENCE("columns that are needed", static_cast<double>(nonzero));
    };
    check(0.6, 3);
    check(0.3, 3);
    check(0.1, 9);
  }

  TEST_CASE("an_updated_residual_is_the_residual") {
    std::mt19937_64 rng(5);
    double worst = 0.0;
    for (const Index d : {1, 7, 40}) {
      const Problem p = sparse_problem(20, d, std::min<Index>(3, d), 0.4, rng);
      const double lambda = 0.2 * lambda_max(p);
      for (const int sweeps : {1, 2, 25}) {
        const Vector want = lasso_cd_reference(p.X, p.y, lambda, sweeps);
        const LassoCdFit fit =
            lasso_cd(p.X, p.y, lambda,
                     {.max_sweeps = sweeps, .tolerance = 0.0, .screen = false});
        // 25 sweeps of 40 updates, each a few roundings of numbers near 2.
        CHECK(close(fit.coef, want, {.abs = 1e-11}));
        worst = std::max(worst, largest_difference(fit.coef, want));
      }
    }
    EVIDENCE("largest difference from the definition", worst);
  }
}

TEST_SUITE("optimization/coordinate_descent extra") {
  TEST_CASE("the soft threshold is exact at its edges") {
    CHECK(soft_threshold(3.0, 1.0) == 2.0);
    CHECK(soft_threshold(-3.0, 1.0) == -2.0);
    CHECK(soft_threshold(1.0, 1.0) == 0.0);
    CHECK(soft_threshold(-1.0, 1.0) == 0.0);
    CHECK(soft_threshold(-3.0, 0.0) == -3.0);
  }

  TEST_CASE("zero targets and large penalties need no sweep") {
    const Matrix X{{1, 2}, {3, -1}};
    const LassoCdFit zero = lasso_cd(X, Vector::Zero(2), 1.0);
    CHECK(zero.converged);
    CHECK(zero.sweeps == 0);
    CHECK(close(zero.coef, Vector::Zero(2)));
    const LassoCdFit large = lasso_cd(X, Vector{{1.0, 1.0}}, 4.0);
    CHECK(large.converged);  // X^T y = (4, 1)
    CHECK(large.sweeps == 0);
    CHECK(large.gap == 0.0);
  }

  TEST_CASE("a budget that is too small is reported") {
    std::mt19937_64 rng(6);
    const Problem p = sparse_problem(20, 10, 3, 0.9, rng);
    const LassoCdFit fit =
        lasso_cd(p.X, p.y, 0.001 * lambda_max(p), {.max_sweeps = 2});
    CHECK_FALSE(fit.converged);
    CHECK(fit.sweeps == 2);
    CHECK(fit.gap > 0.0);
    CHECK(lasso_cd(p.X, p.y, 1.0, {.max_sweeps = 0}).coef.isZero(0.0));
  }

  TEST_CASE("an empty path and no sweeps are no problem") {
    const Matrix X = Matrix::Ones(2, 1);
    CHECK(lasso_cd_path(X, Vector::Ones(2), {}).empty());
    CHECK(close(gauss_seidel_quadratic(X.topRows(1), Vector::Ones(1),
                                       Vector::Constant(1, 7.0), 0),
                Vector{{7.0}}));
  }

  TEST_CASE("arguments that break the contract are refused") {
    const Matrix X = Matrix::Ones(2, 2);
    const Vector y = Vector::Ones(2);
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK_THROWS_WITH(lasso_cd(X, Vector::Ones(3), 1.0),
                      "lasso: need rows, columns and as many targets as rows, "
                      "got 2 x 2 and 3");
    CHECK_THROWS_WITH(lasso_cd(X, y, 0.0),
                      "lasso: need a finite lambda > 0, got 0");
    CHECK_THROWS_AS(lasso_cd(X, y, infinity), std::invalid_argument);
    CHECK_THROWS_WITH(lasso_cd(Matrix{{1, 0}, {1, 0}}, y, 1.0),
                      "lasso: column 1 is zero");
    CHECK_THROWS_WITH(
        lasso_cd(Matrix{{1.0, std::nan("")}}, Vector::Ones(1), 1.0),
        "lasso: X(0, 1) is nan");
    CHECK_THROWS_AS(lasso_cd(X, Vector{{1.0, infinity}}, 1.0),
                    std::invalid_argument);
    CHECK_THROWS_WITH(
        lasso_cd(X, y, 1.0, {.max_sweeps = -1}),
        "lasso: need max_sweeps >= 0 and tolerance >= 0, got -1 and 1e-10");
    CHECK_THROWS_AS(lasso_cd(X, y, 1.0, {.tolerance = -1.0}),
                    std::invalid_argument);
    CHECK_THROWS_AS(lasso_cd_path(X, y, {1.0, -1.0}), std::invalid_argument);
    CHECK_THROWS_AS(lasso_cd_reference(X, y, -1.0, 1), std::invalid_argument);
    CHECK_THROWS_AS(lasso_cd(Matrix(0, 2), Vector(0), 1.0),
                    std::invalid_argument);
    CHECK_THROWS_WITH(gauss_seidel_quadratic(Matrix::Zero(2, 2), y, y, 1),
                      "gauss_seidel_quadratic: need a positive diagonal");
    CHECK_THROWS_WITH(gauss_seidel_quadratic(X, y, Vector::Ones(3), 1),
                      "gauss_seidel_quadratic: A is 2 x 2, b has 2, x 3");
    CHECK_THROWS_AS(
        gauss_seidel_quadratic(Matrix{{infinity}}, y.head(1), y.head(1), 1),
        std::invalid_argument);
    CHECK_THROWS_AS(gauss_seidel_quadratic(X, Vector{{1.0, infinity}}, y, 1),
                    std::invalid_argument);
  }
}
