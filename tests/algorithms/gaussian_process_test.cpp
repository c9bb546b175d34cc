// Verifies the claims of questions/algorithms/gaussian_process.md.
#include <whiteboard/algorithms/gaussian_process.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/finite_differences.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::algorithms;
using Eigen::Index;
using whiteboard::testing::gaussian;
using whiteboard::testing::numerical_gradient;

namespace {

/// variance x.z: straight lines through the origin.
struct Linear {
  double variance = 1.0;

  Matrix operator()(const MatrixRef& X, const MatrixRef& Z) const {
    return variance * (X * Z.transpose());
  }
  Vector diagonal(const MatrixRef& X) const {
    return variance * X.rowwise().squaredNorm();
  }
};

/// min(s, t): random walks that start at 0.
struct Brownian {
  Matrix operator()(const MatrixRef& X, const MatrixRef& Z) const {
    Matrix K(X.rows(), Z.rows());
    for (Index i = 0; i < K.rows(); ++i) {
      for (Index j = 0; j < K.cols(); ++j) K(i, j) = std::min(X(i, 0), Z(j, 0));
    }
    return K;
  }
  Vector diagonal(const MatrixRef& X) const { return X.col(0); }
};

Matrix column(std::initializer_list<double> values) {
  Matrix X(static_cast<Index>(values.size()), 1);
  std::copy(values.begin(), values.end(), X.data());
  return X;
}

Matrix grid(double low, double high, Index n) {
  return Vector::LinSpaced(n, low, high);
}

/// x of S x = b by elimination with row exchanges.
Vector solve(Matrix S, Vector b) {
  for (Index k = 0; k < S.rows(); ++k) {
    Index pivot = k;
    S.col(k).tail(S.rows() - k).cwiseAbs().maxCoeff(&pivot);
    S.row(k).swap(S.row(k + pivot));
    std::swap(b(k), b(k + pivot));
    for (Index i = 0; i < S.rows(); ++i) {
      if (i == k) continue;
      const double factor = S(i, k) / S(k, k);
      S.row(i) -= factor * S.row(k);
      b(i) -= factor * b(k);
    }
  }
  return b.cwiseQuotient(S.diagonal());
}

double rbf(const Matrix& X, Index i, const Matrix& Z, Index j, double length) {
  return std::exp(-0.5 * (X.row(i) - Z.row(j)).squaredNorm() /
                  (length * length));
}

/// All rows but number i.
Matrix without_row(const Matrix& X, Index i) {
  Matrix rest(X.rows() - 1, X.cols());
  rest << X.topRows(i), X.bottomRows(X.rows() - 1 - i);
  return rest;
}

const Matrix six_inputs{{0.0, 0.0}, {1.0, 0.5}, {2.0, -1.0},
                        {0.5, 2.0}, {3.0, 1.0}, {-1.0, 1.5}};
const Vector six_values{{1.0, 2.0, 0.5, -1.0, 3.0, 0.25}};

}  // namespace

TEST_SUITE("algorithms/gaussian_process") {
  TEST_CASE("it_interpolates_and_returns_to_the_prior") {
    const Matrix X = column({-2.0, -0.5, 0.3, 1.9});
    const Vector y{{1.0, 6.0, 2.0, 9.0}};
    const Rbf kernel{.length = 0.8, .variance = 3.0};
    const auto gp = GaussianProcess<>::fit(X, y, kernel, {.prior_mean = 5.0});
    const GaussianPrediction at_data = gp.predict(X);
    // K has a condition number of 6 and entries of 3.
    CHECK(close(at_data.mean, y, {.abs = 1e-13}));
    CHECK(close(at_data.variance, Vector::Zero(4), {.abs = 1e-14}));
    CHECK(at_data.variance.minCoeff() >= 0.0);

    const GaussianPrediction far = gp.predict(column({-100.0, 50.0}));
    CHECK(close(far.mean, Vector{{5.0, 5.0}}));
    CHECK(close(far.variance, Vector{{3.0, 3.0}}));
    // In between the variance grows with the distance from the data.
    const Vector growing = gp.predict(grid(1.9, 6.0, 20)).variance;
    for (Index i = 1; i < 20; ++i) CHECK(growing(i) > growing(i - 1));
    EVIDENCE_SERIES("variance from the last point outwards", growing);
    EVIDENCE("largest miss of a noise-free observation",
             largest_difference(at_data.mean, y));
  }

  TEST_CASE("scikit_learn_gives_the_same_numbers") {
    // scikit-learn 1.2.1: GaussianProcessRegressor(ConstantKernel(2) RBF(1.3),
    // alpha=0.1, optimizer=None); the gradient with WhiteKernel(0.1) instead.
    const Matrix queries{{0.2, 0.1}, {1.5, 1.5}, {-2.0, 0.0}, {10.0, 10.0}};
    const auto gp = GaussianProcess<>::fit(six_inputs, six_values,
                                           {.length = 1.3, .variance = 2.0},
                                           {.noise = 0.1});
    const auto [mean, variance] = gp.predict(queries);
    CHECK(close(mean,
                Vector{{1.1939978865050438, 1.1819843303124595,
                        0.30225118355288716, 5.1357904343529805e-17}},
                {.abs = 1e-13}));
    CHECK(close(variance,
                Vector{{0.0815577341672795, 0.4680046902574549,
                        1.5808082900643174, 2.0}},
                {.abs = 1e-13}));
    CHECK(close(gp.log_marginal_likelihood(), -11.009055501024672,
                {.rel = 1e-13}));
    CHECK(close(
        gp.lml_gradient(),
        Vector{{-1.613232788993253, 0.8998106782242725, 0.09794641448197525}},
        {.abs = 1e-12}));
    EVIDENCE("log marginal likelihood", gp.log_marginal_likelihood());
  }

  TEST_CASE("the_mean_is_kernel_ridge_regression") {
    std::mt19937_64 rng(1);
    const Matrix X = gaussian(12, 2, rng), Z = gaussian(5, 2, rng);
    const Vector y = gaussian(12, 1, rng).col(0);
    const double noise = 0.3;
    // Ridge in the dual: (K + lambda I) c = y, prediction sum_i c_i k(x_i, z).
    Matrix S(12, 12);
    for (Index i = 0; i < 12; ++i) {
      for (Index j = 0; j < 12; ++j) S(i, j) = rbf(X, i, X, j, 0.7);
      S(i, i) += noise;
    }
    const Vector c = solve(S, y);
    Vector want = Vector::Zero(5);
    for (Index q = 0; q < 5; ++q) {
      for (Index i = 0; i < 12; ++i) want(q) += c(i) * rbf(X, i, Z, q, 0.7);
    }
    const auto gp =
        GaussianProcess<>::fit(X, y, {.length = 0.7}, {.noise = noise});
    CHECK(close(gp.predict(Z).mean, want, {.abs = 1e-13}));
    EVIDENCE("largest difference of the means",
             largest_difference(gp.predict(Z).mean, want));
    // Nothing of this depends on where the origin is.
    const Matrix far_X = X.array() + 1e6, far_Z = Z.array() + 1e6;
    const auto far =
        GaussianProcess<>::fit(far_X, y, {.length = 0.7}, {.noise = noise});
    // 1e6 + x is off by up to 6e-11.
    CHECK(close(far.predict(far_Z).mean, want, {.abs = 1e-8}));
  }

  TEST_CASE("a_linear_kernel_is_bayesian_linear_regression") {
    std::mt19937_64 rng(2);
    const Index n = 30, d = 3;
    const double noise = 0.25, prior = 2.0;
    const Matrix X = gaussian(n, d, rng), Z = gaussian(6, d, rng);
    const Vector y = X * Vector{{1.0, -2.0, 0.5}} + gaussian(n, 1, rng).col(0);
    const auto gp =
        GaussianProcess<Linear>::fit(X, y, {prior}, {.noise = noise});
    BayesianLinearRegression bayes(d, prior, noise);
    for (Index i = 0; i < n; ++i) bayes.update(X.row(i).transpose(), y(i));

    const GaussianPrediction of_gp = gp.predict(Z), of_bayes = bayes.predict(Z);
    // The n x n matrix has a condition number of some 500.
    CHECK(close(of_gp.mean, of_bayes.mean, {.abs = 1e-11}));
    CHECK(close(of_gp.variance, of_bayes.variance, {.abs = 1e-11}));
    // Ridge: (X'X + noise / prior I) w = X'y.
    const Matrix S = X.transpose() * X + noise / prior * Matrix::Identity(d, d);
    const Vector ridge = solve(S, X.transpose() * y);
    CHECK(close(bayes.mean(), ridge, {.abs = 1e-13}));
    EVIDENCE("largest difference of the means",
             largest_difference(of_gp.mean, of_bayes.mean));
    EVIDENCE("largest difference of the variances",
             largest_difference(of_gp.variance, of_bayes.variance));
  }

  TEST_CASE("updating_row_by_row_ends_at_the_batch_posterior") {
    std::mt19937_64 rng(3);
    const Matrix X = gaussian(25, 4, rng);
    const Vector y = gaussian(25, 1, rng).col(0);
    BayesianLinearRegression forwards(4, 1.5, 0.1), backwards(4, 1.5, 0.1);
    for (Index i = 0; i < 25; ++i) {
      forwards.update(X.row(i).transpose(), y(i));
      backwards.update(X.row(24 - i).transpose(), y(24 - i));
    }
    // Eq. (10) at once.
    const Matrix precision =
        X.transpose() * X / 0.1 + Matrix::Identity(4, 4) / 1.5;
    const Vector want = solve(precision, X.transpose() * y / 0.1);
    CHECK(close(forwards.mean(), want, {.abs = 1e-13}));
    CHECK(close(backwards.mean(), want, {.abs = 1e-13}));
    const Matrix axes = Matrix::Identity(4, 4);
    Vector variance(4);
    for (Index j = 0; j < 4; ++j) {
      variance(j) = solve(precision, axes.col(j))(j);
    }
    CHECK(close(forwards.predict(axes).variance, variance, {.rel = 1e-12}));
    CHECK(close(backwards.predict(axes).variance, variance, {.rel = 1e-12}));
    EVIDENCE_SERIES("posterior variances", variance);
  }

  TEST_CASE("a_random_walk_prior_draws_straight_lines") {
    const Matrix t = column({1.0, 2.0, 4.0, 5.0});
    const Vector y{{3.0, -1.0, 0.0, 2.0}};
    const auto gp = GaussianProcess<Brownian>::fit(t, y, {});
    // From (0, 0) through the data, then constant.
    const Matrix queries = column({0.0, 0.5, 1.0, 1.25, 3.0, 4.5, 5.0, 7.0});
    const Vector lines{{0.0, 1.5, 3.0, 2.0, -0.5, 1.0, 2.0, 2.0}};
    // Between a and b the variance is that of a bridge, (t - a)(b - t)/(b - a).
    const Vector bridge{{0.0, 0.25, 0.0, 0.1875, 0.5, 0.25, 0.0, 2.0}};
    const auto [mean, variance] = gp.predict(queries);
    CHECK(close(mean, lines, {.abs = 1e-13}));
    CHECK(close(variance, bridge, {.abs = 1e-13}));
    EVIDENCE_SERIES("posterior mean", mean);
  }

  TEST_CASE("the_variance_never_looks_at_y") {
    std::mt19937_64 rng(4);
    const Matrix X = gaussian(8, 2, rng), Z = gaussian(40, 2, rng);
    const Rbf kernel{.length = 0.9, .variance = 1.4};
    const GaussianProcessOptions options{.noise = 0.05};
    const auto small =
        GaussianProcess<>::fit(X, Vector::Zero(8), kernel, options);
    const auto large = GaussianProcess<>::fit(
        X, 1e6 * gaussian(8, 1, rng).col(0), kernel, options);
    CHECK(close(large.predict(Z).variance, small.predict(Z).variance));

    // One more sample never raises it, wherever it lies.
    double largest_rise = -1.0;
    auto gp = small;
    for (int step = 0; step < 15; ++step) {
      const Vector before = gp.predict(Z).variance;
      gp = gp.with(gaussian(2, 1, rng).col(0), 1.0);
      const Vector change = gp.predict(Z).variance - before;
      largest_rise = std::max(largest_rise, change.maxCoeff());
    }
    EVIDENCE("largest rise of a variance in 600", largest_rise);
    CHECK(largest_rise <= 1e-15);
    CHECK(gp.predict(Z).variance.sum() < 0.8 * small.predict(Z).variance.sum());
  }

  TEST_CASE("the_band_holds_on_average_over_the_prior") {
    // Functions drawn from the prior of length 1: six noise-free values, and
    // one at 2.3 that a 95 % band should contain.
    const Matrix X = column({0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 2.3});
    const Rbf truth{.length = 1.0};
    std::mt19937_64 rng(5);
    const Index draws = 1000;
    const Matrix F =
        maths::sample_gaussian(Vector::Zero(7), truth(X, X), draws, rng);
    const auto coverage = [&](double length) {
      const Matrix inputs = X.topRows(6), query = X.bottomRows(1);
      Index inside = 0;
      for (Index i = 0; i < draws; ++i) {
        const auto gp = GaussianProcess<>::fit(
            inputs, F.row(i).head(6).transpose(), {.length = length});
        const auto [mean, variance] = gp.predict(query);
        inside +=
            std::abs(F(i, 6) - mean(0)) <= 1.959964 * std::sqrt(variance(0));
      }
      return static_cast<double>(inside) / static_cast<double>(draws);
    };
    const double right = coverage(1.0), smooth = coverage(2.0);
    EVIDENCE("coverage of the 95 % band, right length scale", right);
    EVIDENCE("coverage with twice the length scale", smooth);
    // Five standard errors of 1000 draws.
    CHECK(close(right, 0.95, {.abs = 5.0 * std::sqrt(0.95 * 0.05 / 1000.0)}));
    // Exactly P(|N(0, 1)| < 1.96 c) for a ratio c of the two deviations: 3.4 %.
    CHECK(smooth < 0.06);
    const auto deviation = [&](double length) {
      const auto gp = GaussianProcess<>::fit(X.topRows(6), Vector::Zero(6),
                                             {.length = length});
      return std::sqrt(gp.predict(X.bottomRows(1)).variance(0));
    };
    CHECK(close(deviation(1.0), 0.066, {.abs = 5e-4}));
    CHECK(close(deviation(2.0), 0.0016, {.abs = 5e-5}));
  }

  TEST_CASE("the_likelihood_gradient_matches_differences") {
    std::mt19937_64 rng(6);
    const Matrix X = gaussian(15, 3, rng);
    const Vector y = gaussian(15, 1, rng).col(0);
    const auto gp_at = [&](const Vector& logs) {
      const Vector p = logs.array().exp();
      return GaussianProcess<>::fit(X, y, {.length = p(0), .variance = p(1)},
                                    {.noise = p(2), .prior_mean = 0.4});
    };
    double worst = 0.0;
    for (const Vector& logs :
         {Vector{{0.3, -0.2, -2.0}}, Vector{{1.0, 0.5, -1.0}},
          Vector{{-0.5, 1.0, -3.0}}}) {
      const Vector want = numerical_gradient(
          [&](const Vector& at) { return gp_at(at).log_marginal_likelihood(); },
          logs);
      const Vector got = gp_at(logs).lml_gradient();
      CHECK(close(got, want, {.scale = 1e-7}));
      worst = std::max(worst, largest_difference(got, want));
    }
    EVIDENCE("largest difference from central differences", worst);

    // Points so far apart that exp underflows: no NaN from log(0).
    const auto apart =
        GaussianProcess<>::fit(column({0.0, 1e3}), Vector{{1.0, 2.0}}, {});
    CHECK(close(apart.lml_gradient(), Vector{{0.0, 1.5, 0.0}}, {.abs = 1e-15}));
  }

  TEST_CASE("leave_one_out_needs_no_refits") {
    const Rbf kernel{.length = 1.3, .variance = 2.0};
    const GaussianProcessOptions options{.noise = 0.1, .prior_mean = 0.5};
    const auto gp =
        GaussianProcess<>::fit(six_inputs, six_values, kernel, options);
    const auto [mean, variance] = gp.leave_one_out();
    double worst = 0.0;
    for (Index i = 0; i < 6; ++i) {
      const auto rest = GaussianProcess<>::fit(
          without_row(six_inputs, i), without_row(six_values, i).col(0), kernel,
          options);
      const GaussianPrediction f = rest.predict(six_inputs.row(i));
      CHECK(close(mean(i), f.mean(0), {.abs = 1e-13}));
      CHECK(close(variance(i), f.variance(0) + 0.1, {.abs = 1e-13}));
      worst = std::max(worst, std::abs(mean(i) - f.mean(0)));
    }
    EVIDENCE("largest difference from a refit", worst);
    // The likelihood is the product of one-ahead densities: check it so.
    double chain = 0.0;
    for (Index i = 0; i < 6; ++i) {
      double m = 0.5, v = 2.1;
      if (i > 0) {
        const auto before = GaussianProcess<>::fit(
            six_inputs.topRows(i), six_values.head(i), kernel, options);
        const GaussianPrediction f = before.predict(six_inputs.row(i));
        m = f.mean(0);
        v = f.variance(0) + 0.1;
      }
      const double z = six_values(i) - m;
      chain -= 0.5 * (z * z / v + std::log(2.0 * std::numbers::pi * v));
    }
    CHECK(close(gp.log_marginal_likelihood(), chain, {.abs = 1e-12}));
  }

  TEST_CASE("the_likelihood_chooses_where_training_error_cannot") {
    // 30 noisy samples of functions drawn with length scale 1.
    const Matrix X = grid(0.0, 10.0, 30);
    const std::vector<double> lengths{0.1, 0.3, 1.0, 3.0, 10.0};
    const Matrix K = Rbf{.length = 1.0}(X, X) + 0.01 * Matrix::Identity(30, 30);
    std::mt19937_64 rng(7);
    const Matrix draws = maths::sample_gaussian(Vector::Zero(30), K, 10, rng);
    for (Index draw = 0; draw < 10; ++draw) {
      const Vector y = draws.row(draw).transpose();
      std::vector<double> likelihoods, errors;
      for (const double length : lengths) {
        const auto gp =
            GaussianProcess<>::fit(X, y, {.length = length}, {.noise = 0.01});
        likelihoods.push_back(gp.log_marginal_likelihood());
        errors.push_back((gp.predict(X).mean - y).norm() / std::sqrt(30.0));
      }
      const auto best =
          std::max_element(likelihoods.begin(), likelihoods.end());
      CHECK(lengths[static_cast<std::size_t>(best - likelihoods.begin())] ==
            1.0);
      // The training error prefers a length that is far too short.
      const auto least = std::min_element(errors.begin(), errors.end());
      CHECK(lengths[static_cast<std::size_t>(least - errors.begin())] < 0.5);
      if (draw > 0) continue;
      EVIDENCE_SERIES("log likelihood at length 0.1 to 10", likelihoods);
      EVIDENCE_SERIES("training error at length 0.1 to 10", errors);
    }
  }

  TEST_CASE("crowded_points_need_jitter") {
    const Matrix X = grid(0.0, 0.1, 20);
    Vector y(20);
    for (Index i = 0; i < 20; ++i) y(i) = std::sin(X(i, 0));
    CHECK_THROWS_WITH(
        GaussianProcess<>::fit(X, y, {}),
        "GaussianProcess: K is not positive definite with noise 0");
    const auto gp = GaussianProcess<>::fit(X, y, {}, {.noise = 1e-8});
    // sin is well within this prior: off by a few noise deviations of 1e-4.
    CHECK(close(gp.predict(X).mean, y, {.abs = 5e-4}));
    EVIDENCE("largest miss with a jitter of 1e-8",
             largest_difference(gp.predict(X).mean, y));
    // Two equal inputs are the plainest case.
    CHECK_THROWS_AS(
        GaussianProcess<>::fit(column({1.0, 1.0}), Vector{{0.0, 2.0}}, {}),
        std::invalid_argument);
    const auto twice = GaussianProcess<>::fit(
        column({1.0, 1.0}), Vector{{0.0, 2.0}}, {}, {.noise = 1.0});
    // Two observations of variance 1 of one number of variance 1: 2 / 3.
    CHECK(close(twice.predict(column({1.0})).mean, Vector{{2.0 / 3.0}},
                {.ulps = 8}));
    CHECK(close(twice.predict(column({1.0})).variance, Vector{{1.0 / 3.0}},
                {.ulps = 8}));
  }

  TEST_CASE("one_more_sample_costs_no_new_factorisation") {
    std::mt19937_64 rng(8);
    const Matrix X = gaussian(10, 2, rng), Z = gaussian(7, 2, rng);
    const Vector y = gaussian(10, 1, rng).col(0);
    const Rbf kernel{.length = 0.8, .variance = 1.5};
    const GaussianProcessOptions options{.noise = 0.02, .prior_mean = -0.3};
    auto grown =
        GaussianProcess<>::fit(X.topRows(1), y.head(1), kernel, options);
    for (Index i = 1; i < 10; ++i) {
      grown = grown.with(X.row(i).transpose(), y(i));
    }
    const auto at_once = GaussianProcess<>::fit(X, y, kernel, options);
    CHECK(close(grown.X, X));
    CHECK(close(grown.y, y));
    CHECK(
        close(grown.predict(Z).mean, at_once.predict(Z).mean, {.abs = 1e-12}));
    CHECK(close(grown.predict(Z).variance, at_once.predict(Z).variance,
                {.abs = 1e-12}));
    EVIDENCE("largest difference of the factors",
             largest_difference(grown.L, at_once.L));
  }

  TEST_CASE("all_queries_at_once_or_one_by_one") {
    std::mt19937_64 rng(9);
    const Matrix X = gaussian(20, 3, rng);
    const Vector y = gaussian(20, 1, rng).col(0);
    const auto gp = GaussianProcess<>::fit(X, y, {.length = 1.1},
                                           {.noise = 0.01, .prior_mean = 2.0});
    double worst = 0.0;
    for (const Index m : {1, 2, 37}) {
      const Matrix Z = gaussian(m, 3, rng);
      const GaussianPrediction one = gp.predict_reference(Z),
                               all = gp.predict(Z);
      CHECK(close(all.mean, one.mean, {.abs = 1e-12}));
      CHECK(close(all.variance, one.variance, {.abs = 1e-13}));
      worst = std::max(worst, largest_difference(all.mean, one.mean));
    }
    EVIDENCE("largest difference of the means", worst);
    // At the data themselves neither is ever negative.
    const auto exact = GaussianProcess<>::fit(X, y, {.length = 2.0});
    CHECK(exact.predict(X).variance.minCoeff() >= 0.0);
    CHECK(exact.predict_reference(X).variance.minCoeff() >= 0.0);
    CHECK(close(exact.predict(X).variance, Vector::Zero(20), {.abs = 1e-12}));
  }
}

TEST_SUITE("algorithms/gaussian_process extra") {
  TEST_CASE("one sample by hand") {
    // k = 4 exp(-1 / 8) between points 1 apart with length 2.
    const auto gp = GaussianProcess<>::fit(column({0.0}), Vector{{3.0}},
                                           {.length = 2.0, .variance = 4.0},
                                           {.noise = 1.0, .prior_mean = 1.0});
    const double k = 4.0 * std::exp(-0.125);
    const auto [mean, variance] = gp.predict(column({1.0}));
    CHECK(close(mean(0), 1.0 + k / 5.0 * 2.0, {.ulps = 8}));
    CHECK(close(variance(0), 4.0 - k * k / 5.0, {.ulps = 8}));
    CHECK(close(gp.log_marginal_likelihood(),
                -0.5 * (4.0 / 5.0 + std::log(2.0 * std::numbers::pi * 5.0)),
                {.ulps = 8}));
    const auto [loo_mean, loo_variance] = gp.leave_one_out();
    CHECK(close(loo_mean(0), 1.0, {.ulps = 8}));  // the prior
    CHECK(close(loo_variance(0), 5.0, {.ulps = 8}));
  }

  TEST_CASE("no queries are no problem") {
    const auto gp = GaussianProcess<>::fit(column({0.0}), Vector{{3.0}}, {});
    CHECK(gp.predict(Matrix(0, 1)).mean.size() == 0);
    CHECK(gp.predict_reference(Matrix(0, 1)).variance.size() == 0);
  }

  TEST_CASE("a linear model before any data is the prior") {
    const BayesianLinearRegression prior(2, 3.0, 1.0);
    CHECK(close(prior.mean(), Vector::Zero(2)));
    const auto [mean, variance] = prior.predict(Matrix{{1.0, 2.0}});
    CHECK(mean(0) == 0.0);
    CHECK(close(variance(0), 15.0, {.ulps = 4}));
  }

  TEST_CASE("arguments that break the contract are refused") {
    const double nan = std::nan("");
    const Matrix X = column({0.0, 1.0});
    const Vector y{{1.0, 2.0}};
    using Gp = GaussianProcess<>;
    CHECK_THROWS_WITH(Gp::fit(X, Vector::Ones(3), {}),
                      "GaussianProcess: need n >= 1 inputs and n observations, "
                      "got 2 and 3");
    CHECK_THROWS_AS(Gp::fit(Matrix(0, 1), Vector(), {}), std::invalid_argument);
    CHECK_THROWS_WITH(Gp::fit(column({0.0, nan}), y, {}),
                      "GaussianProcess: X(1, 0) is nan");
    CHECK_THROWS_WITH(Gp::fit(X, Vector{{nan, 1.0}}, {}),
                      "GaussianProcess: y(0) is nan");
    CHECK_THROWS_WITH(
        Gp::fit(X, y, {}, {.noise = -1.0}),
        "GaussianProcess: need a finite noise >= 0 and prior mean, "
        "got -1 and 0");
    CHECK_THROWS_AS(Gp::fit(X, y, {}, {.noise = nan}), std::invalid_argument);
    CHECK_THROWS_AS(Gp::fit(X, y, {}, {.prior_mean = nan}),
                    std::invalid_argument);
    CHECK_THROWS_WITH(Gp::fit(X, y, {.length = 0.0}),
                      "Rbf: need finite length and variance > 0, got 0, 1");
    CHECK_THROWS_AS(Gp::fit(X, y, {.variance = -1.0}), std::invalid_argument);
    CHECK_THROWS_AS(Gp::fit(X, y, {.length = nan}), std::invalid_argument);
    CHECK_THROWS_AS(Gp::fit(X, y, {.variance = HUGE_VAL}),
                    std::invalid_argument);

    const Gp gp = Gp::fit(X, y, {});
    CHECK_THROWS_WITH(gp.predict(Matrix::Ones(1, 2)),
                      "GaussianProcess: fitted with 1 columns, got 2");
    CHECK_THROWS_AS(gp.predict_reference(Matrix::Ones(1, 2)),
                    std::invalid_argument);
    CHECK_THROWS_WITH(gp.predict(column({nan})),
                      "GaussianProcess: queries(0, 0) is nan");
    CHECK_THROWS_AS(gp.with(Vector::Ones(2), 0.0), std::invalid_argument);
    CHECK_THROWS_WITH(gp.with(Vector{{2.0}}, nan),
                      "GaussianProcess::with: value is nan");
    CHECK_THROWS_AS(gp.with(Vector{{1.0}}, 2.0), std::invalid_argument);

    using Blr = BayesianLinearRegression;
    CHECK_THROWS_WITH(Blr(0, 1.0, 1.0),
                      "BayesianLinearRegression: need dim >= 1 and variances > "
                      "0, got 0, 1, 1");
    CHECK_THROWS_AS(Blr(1, 0.0, 1.0), std::invalid_argument);
    CHECK_THROWS_AS(Blr(1, 1.0, 0.0), std::invalid_argument);
    Blr bayes(2, 1.0, 1.0);
    CHECK_THROWS_WITH(bayes.update(Vector::Ones(2), nan),
                      "BayesianLinearRegression: y is nan");
    CHECK_THROWS_AS(bayes.update(Vector::Ones(3), 1.0), std::invalid_argument);
    CHECK_THROWS_WITH(bayes.predict(Matrix::Ones(1, 3)),
                      "BayesianLinearRegression: need 2 columns, got 3");
    CHECK_THROWS_AS(bayes.predict(Matrix{{nan, 0.0}}), std::invalid_argument);
  }
}
