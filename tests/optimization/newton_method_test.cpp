// Verifies the claims of questions/optimization/newton_method.md.
#include <whiteboard/optimization/newton_method.hpp>

#include <whiteboard/algorithms/logistic_regression.hpp>
#include <whiteboard/optimization/gradient_descent.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/finite_differences.hpp>
#include <support/products.hpp>

#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <Eigen/QR>

#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::optimization;
using whiteboard::algorithms::logistic_pass;
using whiteboard::testing::data_set;
using whiteboard::testing::gaussian;
using whiteboard::testing::numerical_gradient;
using whiteboard::testing::numerical_jacobian;
using whiteboard::testing::standardized;
using whiteboard::testing::times;

namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

/// A function of one number, with its first two derivatives.
struct Curve {
  std::function<double(double)> f, slope, curvature;

  double value(const Vector& x) const { return f(x(0)); }
  Vector gradient(const Vector& x) const {
    return Vector::Constant(1, slope(x(0)));
  }
  Matrix hessian(const Vector& x) const {
    return Matrix::Constant(1, 1, curvature(x(0)));
  }
};

/// Minimum at the root of 2.
const Curve kCubic{[](double x) { return x * x * x / 3.0 - 2.0 * x; },
                   [](double x) { return x * x - 2.0; },
                   [](double x) { return 2.0 * x; }};

/// Strictly convex, with its minimum at 0.
const Curve kBowl{[](double x) { return std::hypot(1.0, x); },
                  [](double x) { return x / std::hypot(1.0, x); },
                  [](double x) { return std::pow(1.0 + x * x, -1.5); }};

/// x^2 / 2 + (y^2 - 1)^2 / 4: minima at (0, 1) and (0, -1), a saddle at 0.
struct TwoWells {
  double value(const Vector& x) const {
    const double well = x(1) * x(1) - 1.0;
    return 0.5 * x(0) * x(0) + 0.25 * well * well;
  }
  Vector gradient(const Vector& x) const {
    return Vector{{x(0), x(1) * x(1) * x(1) - x(1)}};
  }
  Matrix hessian(const Vector& x) const {
    return Matrix{{1.0, 0.0}, {0.0, 3.0 * x(1) * x(1) - 1.0}};
  }
};

/// Boyd and Vandenberghe's example, sum of exp(a'z + b), at z = A x. By hand:
/// the least value is 2 sqrt(2) exp(-0.1), at z = (-log(2) / 2, 0).
struct Exponentials {
  Matrix A = Matrix::Identity(2, 2);
  Matrix a{{1.0, 3.0}, {1.0, -3.0}, {-1.0, 0.0}};

  Vector terms(const Vector& x) const {
    return (a * (A * x)).array().exp() * std::exp(-0.1);
  }
  double value(const Vector& x) const { return terms(x).sum(); }
  Vector gradient(const Vector& x) const {
    return A.transpose() * (a.transpose() * terms(x));
  }
  Matrix hessian(const Vector& x) const {
    const Matrix B = a * A;
    return B.transpose() * terms(x).asDiagonal() * B;
  }
};

/// Logistic regression, the intercept first and free of the penalty.
struct Logistic {
  Matrix X;
  Vector y;
  Vector l2;

  double value(const Vector& w) const {
    return logistic_pass(X, y, w, false).loss +
           0.5 * w.dot(Vector(l2.array() * w.array()));
  }
  Vector gradient(const Vector& w) const {
    return logistic_pass(X, y, w, false).gradient.array() +
           l2.array() * w.array();
  }
  Matrix hessian(const Vector& w) const {
    Matrix H = logistic_pass(X, y, w).hessian;
    H.diagonal() += l2;
    return H;
  }
};

Logistic tumours() {
  const Table table = data_set("breast_cancer");
  const Labels labels = table.labels("diagnosis");
  Logistic problem{standardized(table.features()), {}, Vector::Ones(31)};
  // Malignant is 1, as it comes first in the file.
  problem.y = (1 - labels.ids.array()).cast<double>();
  problem.l2(0) = 0.0;
  return problem;
}

/// Four points, told apart by the sign of x.
Logistic separable(double l2) {
  return {Matrix{{-2.0}, {-1.0}, {1.0}, {2.0}}, Vector{{0.0, 0.0, 1.0, 1.0}},
          Vector::Constant(2, l2)};
}

template <class Problem>
NewtonResult minimise(const Problem& problem, const Vector& x0,
                      const NewtonOptions& options = {}) {
  return newton([&](const Vector& x) { return problem.value(x); },
                [&](const Vector& x) { return problem.gradient(x); },
                [&](const Vector& x) { return problem.hessian(x); }, x0,
                options);
}

template <class Problem>
std::vector<Vector> full_steps(const Problem& problem, const Vector& x0,
                               int steps) {
  return newton_reference([&](const Vector& x) { return problem.gradient(x); },
                          [&](const Vector& x) { return problem.hessian(x); },
                          x0, steps);
}

/// The points of a path on a line, after checking that there are enough.
std::vector<double> numbers(const std::vector<Vector>& path,
                            std::size_t steps) {
  REQUIRE(path.size() == steps + 1);
  std::vector<double> xs;
  for (const Vector& x : path) xs.push_back(x(0));
  return xs;
}

Vector at(double x) {
  return Vector::Constant(1, x);
}

/// Symmetric, with these eigenvalues and random eigenvectors.
Matrix with_spectrum(const Vector& eigenvalues, std::mt19937_64& rng) {
  const Eigen::Index d = eigenvalues.size();
  const Matrix G = gaussian(d, d, rng);
  const Matrix Q = G.householderQr().householderQ();
  const Matrix H = Q * eigenvalues.asDiagonal() * Q.transpose();
  return 0.5 * (H + H.transpose());
}

}  // namespace

TEST_SUITE("optimization/newton_method") {
  TEST_CASE("one_step_solves_a_quadratic") {
    std::mt19937_64 rng(0);
    const Matrix H =
        with_spectrum(Vector{{1.0, 10.0, 1e3, 1e5, 1e7, 1e8}}, rng);
    const Vector lowest = gaussian(6, 1, rng).col(0);
    const auto f = [&](const Vector& x) {
      return 0.5 * (x - lowest).dot(H * (x - lowest));
    };
    const auto gradient = [&](const Vector& x) -> Vector {
      return H * (x - lowest);
    };
    const auto hessian = [&](const Vector&) { return H; };
    for (int start = 0; start < 5; ++start) {
      const Vector x0 = 10.0 * gaussian(6, 1, rng).col(0);
      // The solve is off by a few epsilon times the condition, 2e-8, of p.
      const std::vector<Vector> path =
          newton_reference(gradient, hessian, x0, 1);
      REQUIRE(path.size() == 2);
      const double allowed = 1e-7 * (x0 - lowest).norm();
      CHECK(close(path[1], lowest, {.abs = allowed}));
      const NewtonResult run =
          newton(f, gradient, hessian, x0, {.tolerance = 1e-9});
      CHECK(close(run.x, lowest, {.abs = allowed}));
      CHECK(run.converged);
      CHECK(close(run.step_lengths, std::vector<double>{1.0}));
      EVIDENCE("error after one step", (run.x - lowest).norm());

      const GradientDescentResult descent =
          gradient_descent(gradient, x0, 1e-8, {});
      CHECK((descent.x - lowest).norm() > 0.01 * (x0 - lowest).norm());
    }
  }

  TEST_CASE("solving_beats_inverting") {
    std::mt19937_64 rng(6);
    std::vector<double> solved, inverted;
    for (int draw = 0; draw < 10; ++draw) {
      const Matrix H =
          with_spectrum(Vector{{1.0, 10.0, 1e3, 1e5, 1e7, 1e8}}, rng);
      const Vector g = times(H, gaussian(6, 1, rng).col(0));
      const std::optional<Vector> p = newton_step(H, g);
      REQUIRE(p.has_value());
      const Vector q = -times(Matrix(H.inverse()), g);
      // How well they solve H p = -g, beside the rounding of H p. A backward
      // stable solver of 6 equations is off by a few tens of it at most.
      const double unit = kEpsilon * 1e8 * p->norm();
      solved.push_back((times(H, *p) + g).norm() / unit);
      inverted.push_back((times(H, q) + g).norm() / unit);
      CHECK(solved.back() < 50.0);
      CHECK(inverted.back() > 1e4);
    }
    EVIDENCE_SERIES("residual of the solution, in roundings", solved);
    EVIDENCE_SERIES("residual by the inverse, in roundings", inverted);
  }

  TEST_CASE("digits_double_at_a_regular_minimum") {
    const std::vector<double> xs = numbers(full_steps(kCubic, at(2.0), 5), 5);
    std::vector<double> errors;
    for (const double x : xs) errors.push_back(x - std::sqrt(2.0));
    EVIDENCE_SERIES("errors", errors);
    // By hand: x' = (x + 2 / x) / 2, so that e' = e^2 / (2 x).
    for (std::size_t k = 0; k < 5; ++k) {
      CHECK(close(errors[k + 1], errors[k] * errors[k] / (2.0 * xs[k]),
                  {.abs = 8.0 * kEpsilon}));
    }
    // 2, 3/2, 17/12, 577/408, 665857/470832 less the root of 2.
    const std::vector<double> published{5.857864e-1, 8.578644e-2, 2.453104e-3,
                                        2.123901e-6, 1.594862e-12};
    errors.pop_back();
    CHECK(close(errors, published, {.abs = 8.0 * kEpsilon, .rel = 1e-6}));
  }

  TEST_CASE("a_flat_minimum_leaves_a_linear_rate") {
    const Curve quartic{[](double x) { return x * x * x * x; },
                        [](double x) { return 4.0 * x * x * x; },
                        [](double x) { return 12.0 * x * x; }};
    const std::vector<double> xs =
        numbers(full_steps(quartic, at(1.0), 30), 30);
    for (std::size_t k = 0; k < 30; ++k) {
      CHECK(close(xs[k + 1] / xs[k], 2.0 / 3.0, {.rel = 1e-14}));
    }
    EVIDENCE("x after 30 steps", xs.back());
  }

  TEST_CASE("the_full_step_can_diverge") {
    // x - x (1 + x^2) = -x^3; rounding is a few epsilon of the larger term.
    for (const double x0 : {0.9, 0.3, -0.5, 1.1, 2.0, -30.0}) {
      const double x1 = numbers(full_steps(kBowl, at(x0), 1), 1)[1];
      const double largest = std::abs(x0) * (1.0 + x0 * x0);
      CHECK(close(x1, -x0 * x0 * x0, {.abs = 16.0 * kEpsilon * largest}));
    }
    const std::vector<double> in = numbers(full_steps(kBowl, at(0.9), 5), 5);
    CHECK(std::abs(in.back()) < 1e-9);
    // An error grows by 3 a step on the cycle: 3^6 times a few epsilon.
    CHECK(close(numbers(full_steps(kBowl, at(1.0), 6), 6),
                std::vector<double>{1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0},
                {.abs = 1e-12}));
    const std::vector<double> out = numbers(full_steps(kBowl, at(1.1), 6), 6);
    CHECK(std::abs(out.back()) > 1e29);
    EVIDENCE_SERIES("log10 of |x| from 1.1",
                    std::vector<double>{std::log10(std::abs(out[4])),
                                        std::log10(std::abs(out[5])),
                                        std::log10(std::abs(out[6]))});
  }

  TEST_CASE("backtracking_converges_from_anywhere") {
    std::vector<double> steps;
    for (const double x0 : {0.5, 1.0, -1.0, 1.1, -30.0, 1e3, 1e6}) {
      CAPTURE(x0);
      const NewtonResult run = minimise(kBowl, at(x0));
      CHECK(run.converged);
      CHECK(close(run.x, at(0.0), {.abs = 2e-6}));  // x^2 / 2 <= 1e-12
      REQUIRE(run.values.size() == run.step_lengths.size() + 1);
      for (std::size_t k = 0; k + 1 < run.values.size(); ++k) {
        CHECK(run.values[k + 1] < run.values[k]);
      }
      // Full steps at the end, but from 1 and -1 half a step hits the minimum.
      CHECK(run.step_lengths.back() == (std::abs(x0) == 1.0 ? 0.5 : 1.0));
      CHECK(run.step_lengths.size() <= 30);
      steps.push_back(static_cast<double>(run.step_lengths.size()));
    }
    EVIDENCE_SERIES("steps from 0.5, 1, -1, 1.1, -30, 1e3, 1e6", steps);
    // Any decrease is not enough: from 1 the full step neither gains nor loses.
    const double back = numbers(full_steps(kBowl, at(1.0), 1), 1)[1];
    CHECK(close(kBowl.value(at(back)), kBowl.value(at(1.0)), {.ulps = 4}));
    CHECK(minimise(kBowl, at(1.0)).step_lengths.front() < 1.0);
  }

  TEST_CASE("a_saddle_attracts_the_plain_method") {
    // x^2 - y^2: one step from anywhere.
    const Matrix H{{2.0, 0.0}, {0.0, -2.0}};
    std::mt19937_64 rng(1);
    for (int start = 0; start < 5; ++start) {
      const Vector x0 = gaussian(2, 1, rng).col(0);
      const auto p = newton_step(H, Vector(H * x0));
      REQUIRE(p.has_value());
      CHECK(close(Vector(x0 + *p), Vector::Zero(2), {.abs = 1e-15}));
    }
    const TwoWells wells;
    const Vector x0{{0.1, 0.3}};
    const std::vector<Vector> path = full_steps(wells, x0, 6);
    REQUIRE(path.size() == 7);
    CHECK(close(path.back(), Vector::Zero(2), {.abs = 1e-12}));
    // The first step even leads uphill.
    CHECK(wells.gradient(x0).dot(path[1] - path[0]) > 0.01);
    CHECK(wells.value(path[1]) > wells.value(path[0]));
  }

  TEST_CASE("a_shifted_hessian_leaves_the_saddle") {
    const TwoWells wells;
    std::vector<double> steps;
    for (const double y : {0.3, -0.3, 1e-6, -1e-6}) {
      CAPTURE(y);
      const Vector x0{{0.1, y}};
      const NewtonDirection first =
          shifted_direction(wells.hessian(x0), wells.gradient(x0));
      CHECK_FALSE(first.positive);
      CHECK(wells.gradient(x0).dot(first.p) < 0.0);
      const NewtonResult run = minimise(wells, x0);
      CHECK(run.converged);
      CHECK(run.indefinite >= 1);
      CHECK(close(run.x.cwiseAbs(), Vector{{0.0, 1.0}}, {.abs = 2e-6}));
      steps.push_back(static_cast<double>(run.step_lengths.size()));
    }
    EVIDENCE_SERIES("steps from y = 0.3, -0.3, 1e-6, -1e-6", steps);
    // On the ridge no slope leads off it: the end is a saddle, and is said so.
    const NewtonResult stuck = minimise(wells, Vector{{1.0, 0.0}});
    CHECK(close(stuck.x, Vector::Zero(2), {.abs = 1e-5}));
    CHECK(stuck.decrements.back() <= 1e-12);
    CHECK_FALSE(stuck.converged);
  }

  TEST_CASE("units_do_not_matter") {
    const Exponentials plain;
    const Exponentials scaled{.A = Matrix{{1e3, 0.0}, {1.0, 1e-3}}};
    const Vector x0{{-1.0, 0.7}};
    const Vector y0{{-1e-3, 701.0}};  // A y0 = x0
    REQUIRE(close(Vector(scaled.A * y0), x0, {.abs = 1e-12}));
    const NewtonResult want = minimise(plain, x0);
    const NewtonResult got = minimise(scaled, y0);
    CHECK(want.converged);
    CHECK(close(want.x, Vector{{-0.5 * std::log(2.0), 0.0}}, {.abs = 1e-8}));
    CHECK(close(want.values.back(), 2.0 * std::sqrt(2.0) * std::exp(-0.1),
                {.rel = 1e-14}));
    REQUIRE(got.values.size() == want.values.size());
    for (int k = 0; k < static_cast<int>(want.values.size()); ++k) {
      // Rounding in A y is 1e-13 of y, and in x what a shear of 1 makes of it.
      const Vector x = minimise(plain, x0, {.max_steps = k}).x;
      const Vector y = minimise(scaled, y0, {.max_steps = k}).x;
      CHECK(close(Vector(scaled.A * y), x, {.abs = 1e-9}));
    }
    CHECK(close(got.decrements, want.decrements, {.abs = 1e-9}));
    // Wherever the run is told to stop: the decrement has no unit of x.
    for (const double tolerance : {1e-1, 1e-2, 1e-4, 1e-8}) {
      CHECK(minimise(scaled, y0, {.tolerance = tolerance}).values.size() ==
            minimise(plain, x0, {.tolerance = tolerance}).values.size());
    }
    EVIDENCE("steps in either unit", got.step_lengths.size());

    // Gradient descent converges in one unit. In the other the same step is far
    // too long, and the longest that is not leaves the second number in place.
    const auto g = [&](const Vector& x) { return plain.gradient(x); };
    const auto h = [&](const Vector& y) { return scaled.gradient(y); };
    CHECK(close(gradient_descent(g, x0, 0.05, {}).x, want.x, {.abs = 1e-8}));
    CHECK_FALSE(
        std::isfinite(gradient_descent(h, y0, 0.05, {}).gradient_norms.back()));
    const Vector slow = gradient_descent(h, y0, 0.05e-6, {}).x;
    CHECK(scaled.value(slow) > want.values.back() + 0.5);
  }

  TEST_CASE("separable_data_have_no_minimum") {
    const Logistic data = separable(0.0);
    const std::vector<Vector> path = full_steps(data, Vector::Zero(2), 25);
    REQUIRE(path.size() == 26);
    std::vector<double> moves;
    for (std::size_t k = 0; k < 25; ++k) {
      CHECK(path[k + 1](1) > path[k](1) + 0.5);
      moves.push_back((path[k + 1] - path[k]).norm());
    }
    EVIDENCE_SERIES("lengths of the steps", moves);
    // The loss is 2 exp(-w) by then, for which every step is exactly 1.
    CHECK(close(moves.back(), 1.0, {.abs = 1e-3}));
    const Matrix H = data.hessian(path.back());
    const double smallest =
        Eigen::SelfAdjointEigenSolver<Matrix>(H).eigenvalues()(0);
    CHECK(smallest < 1e-8);
    EVIDENCE("smallest eigenvalue", smallest);

    // f is as low as the tolerance asks, and x is nowhere.
    const NewtonResult run = minimise(data, Vector::Zero(2));
    CHECK(run.converged);
    CHECK(run.values.back() < 1e-11);
    CHECK(run.x(1) > 20.0);
    const NewtonResult longer =
        minimise(data, Vector::Zero(2), {.tolerance = 1e-14});
    CHECK(longer.x(1) > run.x(1) + 3.0);

    const Logistic penalised = separable(0.1);
    const NewtonResult good = minimise(penalised, Vector::Zero(2));
    const NewtonResult better =
        minimise(penalised, Vector::Zero(2), {.tolerance = 1e-14});
    CHECK(good.converged);
    CHECK(close(good.x, better.x, {.abs = 1e-5}));
    CHECK(close(penalised.gradient(better.x), Vector::Zero(2), {.abs = 1e-7}));
  }

  TEST_CASE("a_few_steps_where_descent_needs_many") {
    const Logistic data = tumours();
    const NewtonResult run = minimise(data, Vector::Zero(31));
    CHECK(run.converged);
    CHECK(run.step_lengths.size() <= 10);
    // scikit-learn 1.2.1, LogisticRegression(C=1), the minimum polished with
    // numpy to a gradient of 3e-15.
    constexpr double lowest = 37.75894596187597;
    CHECK(close(run.values.back(), lowest, {.abs = 1e-11}));
    CHECK(close(run.x.head(4),
                Vector{{-0.21450271740175, 0.36309253191793, 0.38767544241876,
                        0.35106211867968}},
                {.abs = 1e-6}));
    EVIDENCE("steps of Newton", run.step_lengths.size());
    const auto gradient = [&](const Vector& w) { return data.gradient(w); };
    // The largest eigenvalue of X'X / 4 + l2, from numpy.
    const GradientDescentResult descent = gradient_descent(
        gradient, Vector::Zero(31), 1.0 / 1890.31, {.max_steps = 250});
    const double left = data.value(descent.x) - lowest;
    CHECK(close(left, 3.30833, {.rel = 1e-3}));  // numpy: 3.308328
    EVIDENCE("loss above the minimum, 250 steps of descent", left);
  }

  TEST_CASE("products_replace_the_matrix") {
    const Logistic data = tumours();
    std::mt19937_64 rng(2);
    const Vector w = 0.1 * gaussian(31, 1, rng).col(0);
    const Vector v = 100.0 * gaussian(31, 1, rng).col(0);
    int gradients = 0;
    const auto gradient = [&](const Vector& x) {
      ++gradients;
      return data.gradient(x);
    };
    CHECK(close(hessian_product(gradient, w, v), Vector(data.hessian(w) * v),
                {.scale = 1e-7}));
    CHECK(gradients == 2);

    gradients = 0;
    const auto f = [&](const Vector& x) { return data.value(x); };
    const NewtonResult run = newton_cg(f, gradient, Vector::Zero(31));
    CHECK(run.converged);
    CHECK(close(run.values.back(), 37.75894596187597, {.abs = 1e-10}));
    CHECK(gradients < 250);
    EVIDENCE("gradients of the matrix-free run", gradients);

    // Four distinct eigenvalues, four products, whatever d is.
    Vector spectrum = Vector::Ones(100);
    spectrum.head(3) << 10.0, 200.0, 3000.0;
    const Matrix H = with_spectrum(spectrum, rng);
    const Vector g = gaussian(100, 1, rng).col(0);
    int products = 0;
    const auto product = [&](const Vector& x) -> Vector {
      ++products;
      return H * x;
    };
    const NewtonDirection direction = conjugate_direction(product, g, 1e-8);
    CHECK(direction.positive);
    CHECK(close(Vector(H * direction.p), Vector(-g), {.abs = 1e-7}));
    CHECK(products == 4);
  }

  TEST_CASE("products_see_only_where_they_look") {
    const TwoWells wells;
    const auto f = [&](const Vector& x) { return wells.value(x); };
    const auto gradient = [&](const Vector& x) { return wells.gradient(x); };
    // Negative curvature met at once: along -g. Met later: what there was.
    const Matrix H{{1.0, 0.0}, {0.0, -2.0}};
    const auto product = [&](const Vector& v) { return times(H, v); };
    const Vector against{{0.0, 3.0}};
    const NewtonDirection first = conjugate_direction(product, against, 0.0);
    CHECK(close(first.p, Vector(-against)));
    CHECK_FALSE(first.positive);
    const Vector mixed{{1.0, 0.1}};  // g'Hg = 0.98, g'g = 1.01
    const NewtonDirection second = conjugate_direction(product, mixed, 0.0);
    CHECK(close(second.p, Vector(-1.01 / 0.98 * mixed), {.rel = 1e-14}));
    CHECK_FALSE(second.positive);

    const NewtonResult away = newton_cg(f, gradient, Vector{{0.1, 0.01}});
    CHECK(away.converged);
    CHECK(away.indefinite >= 1);
    CHECK(close(away.x, Vector{{0.0, 1.0}}, {.abs = 1e-5}));
    // On the ridge no product ever looks across it.
    const NewtonResult stuck = newton_cg(f, gradient, Vector{{1.0, 0.0}});
    CHECK(close(stuck.x, Vector::Zero(2), {.abs = 2e-6}));
    CHECK(stuck.converged);
    CHECK(stuck.indefinite == 0);
  }

  TEST_CASE("noise_is_divided_by_curvature") {
    // Gradient H x + s with every combination of signs s: the step from any x
    // ends at -H^-1 s, where f is sum 1 / (2 h).
    const Vector h{{1.0, 1e-2, 1e-4}};
    const Matrix H = h.asDiagonal();
    const double by_hand = 0.5 * (1.0 + 1e2 + 1e4);
    std::mt19937_64 rng(3);
    for (int signs = 0; signs < 8; ++signs) {
      const Vector s{{signs & 1 ? 1.0 : -1.0, signs & 2 ? 1.0 : -1.0,
                      signs & 4 ? 1.0 : -1.0}};
      for (const double size : {0.0, 1.0, 1e3}) {
        const Vector x0 = size * gaussian(3, 1, rng).col(0);
        const auto p = newton_step(H, Vector(H * x0 + s));
        REQUIRE(p.has_value());
        const Vector x = x0 + *p;
        CHECK(close(0.5 * x.dot(H * x), by_hand, {.rel = 1e-10}));
      }
      // A step of gradient descent from the minimum, with 1 / L = 1.
      const Vector x = -s;
      CHECK(close(0.5 * x.dot(H * x), 0.50505, {.rel = 1e-12}));
    }
    // Noise of covariance H, as a likelihood has at its best: 1 / 2 a weight.
    const Vector s = h.cwiseSqrt();
    const std::optional<Vector> p = newton_step(H, s);
    REQUIRE(p.has_value());
    CHECK(close(0.5 * p->dot(times(H, *p)), 1.5, {.rel = 1e-12}));
    EVIDENCE("loss after a noisy Newton step", by_hand);
    EVIDENCE("loss after a noisy step of descent", 0.5 * h.sum());
  }

  TEST_CASE("a_small_batch_has_a_singular_hessian") {
    std::mt19937_64 rng(4);
    for (const Eigen::Index rows : {1, 5, 9, 10, 40}) {
      CAPTURE(rows);
      const Matrix X = gaussian(rows, 10, rng);
      const Vector y = gaussian(rows, 1, rng).col(0);
      const Matrix H = X.transpose() * X;
      const Vector g = X.transpose() * -y;
      const auto f = [&](const Vector& w) {
        return 0.5 * (times(X, w) - y).squaredNorm();
      };
      const auto gradient = [&](const Vector& w) -> Vector {
        return times(H, w) + g;
      };
      const auto hessian = [&](const Vector&) { return H; };
      CHECK(newton_step(H, g).has_value() == (rows >= 10));
      const NewtonDirection shifted = shifted_direction(H, g);
      CHECK(shifted.positive == (rows >= 10));
      CHECK(g.dot(shifted.p) < 0.0);
      // In the valley, but is it one? A factor cannot tell it from a saddle.
      const NewtonResult run = newton(f, gradient, hessian, Vector::Zero(10));
      CHECK(run.converged == (rows >= 10));
      CHECK(run.decrements.back() <= 1e-12);
      if (rows <= 10) CHECK(run.values.back() < 1e-11);
    }
  }

  TEST_CASE("a_right_hessian_ends_with_full_steps") {
    // Labels that x explains in part, ten samples.
    const Logistic data{
        Matrix{{-3.0},
               {-2.0},
               {-1.5},
               {-1.0},
               {-0.5},
               {0.2},
               {0.7},
               {1.0},
               {2.0},
               {2.5}},
        Vector{{0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0}},
        Vector::Zero(2)};
    const auto f = [&](const Vector& x) { return data.value(x); };
    const auto gradient = [&](const Vector& x) { return data.gradient(x); };
    const auto mean_hessian = [&](const Vector& x) -> Matrix {
      return data.hessian(x) / 10.0;
    };
    const NewtonResult right = minimise(data, Vector::Zero(2));
    const NewtonResult wrong =
        newton(f, gradient, mean_hessian, Vector::Zero(2));
    CHECK(right.converged);
    CHECK(right.step_lengths.back() == 1.0);
    // The step is ten times too long, and 1/8 the first share that helps, which
    // is 1.25 of what it should be: every step leaves a quarter of the error.
    CHECK(wrong.step_lengths.back() == 0.125);
    const std::vector<double>& decrements = wrong.decrements;
    REQUIRE(decrements.size() > 2);
    CHECK(close(decrements.back() / decrements.end()[-2], 1.0 / 16.0,
                {.rel = 0.05}));
    CHECK(wrong.step_lengths.size() > right.step_lengths.size() + 3);
    EVIDENCE("steps", right.step_lengths.size());
    EVIDENCE("steps with the Hessian of the mean", wrong.step_lengths.size());
    EVIDENCE_SERIES("t with the Hessian of the mean", wrong.step_lengths);
  }
}

TEST_SUITE("optimization/newton_method extra") {
  TEST_CASE("the derivatives of the tests are those of their functions") {
    std::mt19937_64 rng(5);
    const auto check = [](const auto& problem, const Vector& x) {
      const auto f = [&](const Vector& z) { return problem.value(z); };
      const auto g = [&](const Vector& z) { return problem.gradient(z); };
      CHECK(close(problem.gradient(x), numerical_gradient(f, x),
                  {.scale = 1e-6}));
      CHECK(
          close(problem.hessian(x), numerical_jacobian(g, x), {.scale = 1e-6}));
    };
    check(kCubic, at(1.7));
    check(kBowl, at(0.8));
    check(TwoWells{}, Vector{{0.4, 0.3}});
    check(Exponentials{}, Vector{{-1.0, 0.7}});
    check(separable(0.1), Vector{{0.3, -0.2}});
  }

  TEST_CASE("a function that ends is not left") {
    // x - log x: the full step is from 3 to 2 x - x^2 = -3, where f is NaN, and
    // half of it to 0, where f is infinite.
    const Curve barrier{[](double x) { return x - std::log(x); },
                        [](double x) { return 1.0 - 1.0 / x; },
                        [](double x) { return 1.0 / (x * x); }};
    CHECK(close(numbers(full_steps(barrier, at(3.0), 1), 1)[1], -3.0,
                {.rel = 1e-14}));
    const NewtonResult run = minimise(barrier, at(3.0));
    CHECK(run.converged);
    CHECK(close(run.x, at(1.0), {.abs = 2e-6}));
    CHECK(run.step_lengths.front() == 0.25);
  }

  TEST_CASE("the rounding of a large f does not end the run") {
    // From 1e-4 on a step gains less than 1e8 can show.
    const auto f = [](const Vector& x) { return 1e8 + kBowl.value(x); };
    const NewtonResult run = newton(
        f, [](const Vector& x) { return kBowl.gradient(x); },
        [](const Vector& x) { return kBowl.hessian(x); }, at(0.5));
    CHECK(run.converged);
    CHECK(close(run.x, at(0.0), {.abs = 2e-6}));
    CHECK(run.step_lengths == std::vector<double>(3, 1.0));
  }

  TEST_CASE("a step must gain its share of the slope") {
    // From 1 to -1 this falls by 4e-9, where the slope promises 4.
    const auto f = [](const Vector& x) {
      return (x(0) + 1e-9) * (x(0) + 1e-9);
    };
    const auto t = backtrack(f, at(1.0), at(-2.0), f(at(1.0)), -4.0);
    REQUIRE(t.has_value());
    CHECK(*t == 0.5);
    CHECK_FALSE(backtrack(f, at(1.0), at(2.0), f(at(1.0)), -4.0).has_value());
  }

  TEST_CASE("a wrong gradient ends the run and is not convergence") {
    const auto f = [](const Vector& x) { return x.squaredNorm(); };
    const auto wrong = [](const Vector& x) -> Vector { return -2.0 * x; };
    const auto hessian = [](const Vector&) -> Matrix {
      return 2.0 * Matrix::Identity(1, 1);
    };
    const NewtonResult run = newton(f, wrong, hessian, at(1.0));
    CHECK_FALSE(run.converged);
    CHECK(run.step_lengths.empty());
    CHECK(run.x(0) == 1.0);
  }

  TEST_CASE("max_steps ends the run") {
    const NewtonResult none = minimise(kBowl, at(0.5), {.max_steps = 0});
    CHECK_FALSE(none.converged);
    CHECK(none.x(0) == 0.5);
    CHECK(none.values.size() == 1);
    // lambda^2 / 2 = g^2 / (2 h) = x^2 sqrt(1 + x^2) / 2.
    CHECK(close(none.decrements, std::vector{0.125 * std::sqrt(1.25)},
                {.rel = 1e-14}));
    CHECK(minimise(kBowl, at(0.5), {.max_steps = 1}).values.size() == 2);
    const NewtonResult there =
        minimise(kBowl, at(0.0), {.max_steps = 0, .tolerance = 0.0});
    CHECK(there.converged);
  }

  TEST_CASE("a singular Hessian ends the plain method") {
    const Curve straight{[](double x) { return x; }, [](double) { return 1.0; },
                         [](double) { return 0.0; }};
    CHECK(full_steps(straight, at(1.0), 5).size() == 1);
    CHECK(full_steps(kBowl, at(1.0), 0).size() == 1);
    // Shifted by 1 it is a step of gradient descent.
    const NewtonDirection p = shifted_direction(Matrix::Zero(1, 1), at(3.0));
    CHECK(close(p.p, at(-3.0)));
    CHECK_FALSE(p.positive);
  }

  TEST_CASE("the shift is relative to the Hessian") {
    // diag(1, -1) needs more than 1: 0.001 times 4^5 is 1.024.
    for (const double unit : {1e-100, 1.0, 1e100}) {
      const Matrix H = unit * Matrix{{1.0, 0.0}, {0.0, -1.0}};
      const NewtonDirection p = shifted_direction(H, Vector::Ones(2) * unit);
      CHECK(close(p.p, Vector{{-1.0 / 2.024, -1.0 / 0.024}}, {.rel = 1e-12}));
    }
    // A thousandth of this is no number: as for H = 0.
    const NewtonDirection tiny =
        shifted_direction(Matrix::Constant(1, 1, -5e-324), at(3.0));
    CHECK(close(tiny.p, at(-3.0)));
    // And the shift that this needs is too large for one.
    CHECK_THROWS_AS(
        shifted_direction(Matrix::Constant(3, 3, -1e308), Vector::Ones(3)),
        std::invalid_argument);
  }

  TEST_CASE("a slope of zero needs no product") {
    const auto never = [](const Vector& v) -> Vector {
      throw std::logic_error("called");
      return v;
    };
    const NewtonDirection zero =
        conjugate_direction(never, Vector::Zero(2), 0.5);
    CHECK(close(zero.p, Vector::Zero(2)));
  }

  TEST_CASE("products far from the origin and for tiny vectors") {
    // A quadratic: Eq. (7) is exact but for rounding, which h keeps small.
    const Matrix H{{2.0, 1.0}, {1.0, 3.0}};
    const auto gradient = [&](const Vector& x) -> Vector { return H * x; };
    for (const double far : {0.0, 1.0, 1e6}) {
      for (const double size : {1e-8, 1.0, 1e8}) {
        const Vector v = size * Vector{{1.0, -1.0}};
        CHECK(close(hessian_product(gradient, Vector::Constant(2, far), v),
                    Vector(H * v), {.scale = 1e-8}));
      }
    }
  }

  TEST_CASE("arguments that break the contract are refused") {
    const double nan = std::nan("");
    CHECK_THROWS_WITH(minimise(kBowl, Vector()), "newton: x0 is empty");
    CHECK_THROWS_WITH(minimise(kBowl, at(nan)), "newton: x0(0) is nan");
    CHECK_THROWS_WITH(full_steps(kBowl, at(nan), 1),
                      "newton_reference: x0(0) is nan");
    CHECK_THROWS_WITH(full_steps(kBowl, at(1.0), -1),
                      "newton_reference: need steps >= 0, got -1");
    CHECK_THROWS_WITH(full_steps(kBowl, Vector::Ones(2), 1),
                      "newton_reference: x0 has 2 elements, its gradient 1");
    CHECK_THROWS_WITH(minimise(kBowl, at(1.0), {.max_steps = -1}),
                      "newton: need max_steps >= 0, got -1");
    CHECK_THROWS_WITH(minimise(kBowl, at(1.0), {.tolerance = -1.0}),
                      "newton: need tolerance >= 0, got -1");
    CHECK_THROWS_WITH(minimise(kBowl, Vector::Ones(2)),
                      "newton: x0 has 2 elements, its gradient 1");
    CHECK_THROWS_WITH(newton_step(Matrix::Ones(2, 3), Vector::Ones(2)),
                      "newton: need a Hessian of 2 x 2, got 2 x 3");
    CHECK_THROWS_AS(newton_step(Matrix::Ones(3, 2), Vector::Ones(2)),
                    std::invalid_argument);
    CHECK_THROWS_AS(shifted_direction(Matrix::Ones(1, 1), Vector::Ones(2)),
                    std::invalid_argument);
    CHECK_THROWS_WITH(shifted_direction(Matrix::Constant(1, 1, nan), at(1.0)),
                      "newton: Hessian(0, 0) is nan");
    CHECK_THROWS_WITH(newton_step(Matrix::Constant(1, 1, nan), at(1.0)),
                      "newton: Hessian(0, 0) is nan");
    CHECK_THROWS_WITH(newton_step(Matrix::Ones(1, 1), at(nan)),
                      "newton: gradient(0) is nan");
    CHECK_THROWS_WITH(
        shifted_direction(Matrix{{1.0, 2.0}, {3.0, 1.0}}, Vector::Ones(2)),
        "cholesky: need a symmetric matrix, got A(1, 0) = 3, A(0, 1) = 2");
    CHECK_THROWS_AS(shifted_direction(Matrix(), Vector()),
                    std::invalid_argument);
    const auto value = [](const Vector& x) { return x(0); };
    const auto undefined = [&](const Vector&) { return nan; };
    const auto one = [](const Vector&) { return at(1.0); };
    const auto none = [&](const Vector&) { return at(nan); };
    CHECK_THROWS_WITH(newton_cg(undefined, one, at(1.0)), "newton: f is nan");
    CHECK_THROWS_WITH(newton_cg(value, none, at(1.0)),
                      "newton: gradient(0) is nan");
    CHECK_THROWS_WITH(hessian_product(one, at(1.0), at(0.0)),
                      "hessian_product: need v of 1 numbers, not all 0, got 1 "
                      "of length 0");
    CHECK_THROWS_AS(hessian_product(one, at(1.0), Vector::Ones(2)),
                    std::invalid_argument);
    CHECK_THROWS_AS(hessian_product(one, at(1.0), at(HUGE_VAL)),
                    std::invalid_argument);
  }
}
