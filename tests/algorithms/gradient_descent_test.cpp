// Verifies the claims of questions/algorithms/gradient_descent.md.
#include <whiteboard/core/matrix.hpp>
#include <whiteboard/optimization/gradient_descent.hpp>
#include <whiteboard/optimization/stochastic_gradient_descent.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <Eigen/SVD>

#include <cmath>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

using namespace whiteboard;
using optimization::contraction_factor;
using optimization::gradient_descent;
using optimization::mean_least_squares_gradient;
using whiteboard::testing::data_set;
using whiteboard::testing::standardized;

namespace {

/// A regression without an intercept, and what a direct solver says of it.
struct Regression {
  Matrix X;
  Vector y;
  Vector minimum;     ///< by Householder QR
  Vector curvatures;  ///< eigenvalues of X'X / n, ascending
  double largest() const { return curvatures(curvatures.size() - 1); }

  Regression(Matrix features, Vector targets)
      : X(std::move(features)), y(std::move(targets)) {
    minimum = X.householderQr().solve(y);
    const Eigen::MatrixXd hessian =
        X.transpose() * X / static_cast<double>(X.rows());
    curvatures =
        Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(hessian).eigenvalues();
  }

  Vector gradient(const Vector& w) const {
    return mean_least_squares_gradient(X, y, w);
  }
  /// Half of the mean squared error above its minimum, over that at w = 0.
  double excess(const Vector& w) const {
    return (X * (w - minimum)).squaredNorm() / (X * minimum).squaredNorm();
  }
};

/// Diabetes with standardised features and a centred target.
Regression diabetes() {
  const Table table = data_set("diabetes");
  const Vector y = table.numbers("progression");
  return {standardized(table.features()), y.array() - y.mean()};
}

/// The smallest and the largest singular value. By QR first, as X'X would
/// square the condition and lose the small one.
std::pair<double, double> extreme_singular_values(const Matrix& X) {
  const Eigen::MatrixXd R = X.householderQr()
                                .matrixQR()
                                .topRows(X.cols())
                                .triangularView<Eigen::Upper>();
  const Vector s = Eigen::JacobiSVD<Eigen::MatrixXd>(R).singularValues();
  return {s(s.size() - 1), s(0)};
}

Matrix with_ones(const Matrix& X) {
  Matrix result(X.rows(), X.cols() + 1);
  result << Vector::Ones(X.rows()), X;
  return result;
}

}  // namespace

TEST_SUITE("algorithms/gradient_descent") {
  TEST_CASE("below_two_over_the_curvature_it_solves_the_regression") {
    const Regression problem = diabetes();
    const auto gradient = [&](const Vector& w) { return problem.gradient(w); };
    const double limit = 2.0 / problem.largest();
    EVIDENCE("condition number of X'X",
             problem.largest() / problem.curvatures(0));
    EVIDENCE("largest stable step", limit);

    // The slowest direction shrinks by 1 - 0.95 * 2 / 470 a step, and the error
    // starts as |w|: 6000 steps leave exp(-24) of it.
    const auto below = gradient_descent(gradient, Vector::Zero(10),
                                        0.95 * limit, {.max_steps = 6000});
    CHECK(close(below.x, problem.minimum, {.scale = 1e-8}));
    // Above the limit the steepest direction grows by 1.02 a step: 1e5-fold in
    // 600 steps.
    const auto above = gradient_descent(gradient, Vector::Zero(10),
                                        1.01 * limit, {.max_steps = 600});
    CHECK(above.gradient_norms.back() > 1e3 * above.gradient_norms.front());
  }

  TEST_CASE("scaling_decides_whether_it_moves_at_all") {
    const Table table = data_set("longley");
    const Matrix raw = with_ones(table.features());
    const Matrix scaled = with_ones(standardized(table.features()));
    const auto [raw_low, raw_high] = extreme_singular_values(raw);
    const auto [low, high] = extreme_singular_values(scaled);
    EVIDENCE("condition number of X, raw", raw_high / raw_low);
    EVIDENCE("standardised", high / low);
    // NIST's data are known for the first; both from NumPy 1.24's SVD.
    CHECK(close(raw_high / raw_low, 4.859257e9, {.rel = 1e-5}));
    CHECK(close(high / low, 110.5441534, {.rel = 1e-8}));
    const double ratio = std::pow(raw_high / raw_low / (high / low), 2);
    EVIDENCE("steps saved, a factor", ratio);
    CHECK(ratio > 1e15);

    // The best step for the raw columns contracts by 1 - 8e-20: in doubles 1.
    const double mu = raw_low * raw_low / 16.0;
    const double L = raw_high * raw_high / 16.0;
    CHECK(contraction_factor(mu, L, 2.0 / (mu + L)) == 1.0);
    CHECK(contraction_factor(low * low, high * high,
                             2.0 / (low * low + high * high)) < 0.9999);
    // Whatever it fits, the intercept of -3482259 stays where it started.
    const Vector y = table.numbers("total_employed");
    const auto gradient = [&](const Vector& w) {
      return mean_least_squares_gradient(raw, y, w);
    };
    const auto run = gradient_descent(gradient, Vector::Zero(7), 1.0 / L,
                                      {.max_steps = 10'000});
    EVIDENCE("intercept after 10000 steps, of -3482258.6", run.x(0));
    CHECK(std::abs(run.x(0)) < 10.0);
    CHECK(run.gradient_norms.back() < run.gradient_norms.front());
  }

  TEST_CASE("variants_are_compared_by_the_samples_they_see") {
    const Regression problem = diabetes();
    const Eigen::Index n = problem.X.rows();
    const auto full = [&](int passes) {
      const auto gradient = [&](const Vector& w) {
        return problem.gradient(w);
      };
      return problem.excess(gradient_descent(gradient, Vector::Zero(10),
                                             1.0 / problem.largest(),
                                             {.max_steps = passes})
                                .x);
    };
    const auto stochastic = [&](int passes, std::uint64_t seed) {
      std::mt19937_64 rng(seed);
      const auto eta = [](std::int64_t) { return 0.003; };
      return problem.excess(optimization::sgd_least_squares(
          problem.X, problem.y, Vector::Zero(10), eta, {.steps = passes * n},
          rng));
    };
    std::vector<double> by_pass_full, by_pass_sgd;
    for (const int passes : {1, 3, 10, 30, 100}) {
      by_pass_full.push_back(full(passes));
      by_pass_sgd.push_back(stochastic(passes, 1));
    }
    EVIDENCE_SERIES("full gradient, excess after 1 3 10 30 100 passes",
                    by_pass_full);
    EVIDENCE_SERIES("one sample at a time", by_pass_sgd);
    EVIDENCE("full gradient, 1000 passes", full(1000));
    int ahead = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      if (stochastic(1, seed) < full(1) / 2.0) ++ahead;
    }
    CHECK(ahead == 20);
    // The price of a constant step: a floor that the full gradient has not.
    CHECK(full(1000) < 2e-4);
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      CHECK(stochastic(100, seed) > 5.0 * full(1000));
    }
  }
}
