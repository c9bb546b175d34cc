// Verifies the claims of questions/coding/batch_norm.md.
#include <whiteboard/coding/batch_norm.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/finite_differences.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>

using namespace whiteboard;
using coding::BatchNorm;
using coding::BatchNormForward;
using coding::BatchNormGrads;
using whiteboard::testing::gaussian;
using whiteboard::testing::numerical_gradient;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// A layer with its own gamma and beta.
BatchNorm random_layer(Eigen::Index d, double eps, std::mt19937_64& rng) {
  BatchNorm layer(d);
  layer.gamma = gaussian(d, 1, rng).col(0);
  layer.beta = gaussian(d, 1, rng).col(0);
  layer.eps = eps;
  return layer;
}

/// The training output of a new layer, without scale and shift.
Matrix normalized(const Matrix& x, double eps) {
  BatchNorm layer(x.cols());
  layer.eps = eps;
  return layer.train(x).out;
}

}  // namespace

TEST_SUITE("coding/batch_norm") {
  TEST_CASE("columns_get_mean_zero_and_variance_one") {
    CHECK(close(normalized(Matrix{{0.0}, {2.0}}, 1e-13), Matrix{{-1.0}, {1.0}},
                {.abs = 1e-12}));
    // Variance 1 and eps 3 under the root: 1 / sqrt(4).
    CHECK(close(normalized(Matrix{{0.0}, {2.0}}, 3.0), Matrix{{-0.5}, {0.5}},
                {.abs = 1e-15}));
    std::mt19937_64 rng(0);
    for (const Eigen::Index n : {2, 5, 64}) {
      CAPTURE(n);
      const Matrix x = 3.0 * gaussian(n, 4, rng).array() + 7.0;
      const Matrix out = normalized(x, 0.25);
      const Vector mean = x.colwise().mean();
      const Vector variance = (x.rowwise() - mean.transpose())
                                  .array()
                                  .square()
                                  .colwise()
                                  .mean()
                                  .transpose();
      CHECK(close(out.colwise().mean().transpose(), Vector::Zero(4),
                  {.abs = 1e-12}));
      CHECK(close(out.array().square().colwise().mean().matrix().transpose(),
                  (variance.array() / (variance.array() + 0.25)).matrix(),
                  {.rel = 1e-12}));
    }
    BatchNorm layer(2);
    layer.eps = 1e-14;
    layer.gamma = Vector{{10.0, -1.0}};
    layer.beta = Vector{{0.5, 3.0}};
    CHECK(close(layer.train(Matrix{{0.0, 4.0}, {2.0, 8.0}}).out,
                Matrix{{-9.5, 4.0}, {10.5, 2.0}}, {.abs = 1e-12}));
  }

  TEST_CASE("gradients_match_central_differences") {
    std::mt19937_64 rng(1);
    double worst = 0.0;
    for (const Eigen::Index n : {1, 2, 6}) {
      for (const Eigen::Index d : {1, 3}) {
        CAPTURE(n);
        CAPTURE(d);
        const BatchNorm layer = random_layer(d, 0.1, rng);
        const Matrix x = gaussian(n, d, rng);
        const Matrix weights = gaussian(n, d, rng);  // the loss: their product
        const auto loss = [&](BatchNorm at, const Matrix& input) {
          return at.train(input).out.cwiseProduct(weights).sum();
        };
        BatchNorm used = layer;
        const BatchNormGrads got = used.backward(weights, used.train(x));
        const Matrix by_x = numerical_gradient(
            [&](const Matrix& input) { return loss(layer, input); }, x);
        const Vector by_gamma = numerical_gradient(
            [&](const Vector& gamma) {
              BatchNorm at = layer;
              at.gamma = gamma;
              return loss(at, x);
            },
            layer.gamma);
        const Vector by_beta = numerical_gradient(
            [&](const Vector& beta) {
              BatchNorm at = layer;
              at.beta = beta;
              return loss(at, x);
            },
            layer.beta);
        // Rounding of a loss of some 20 over h is below 1e-9; eps = 0.1 bounds
        // rstd by 3.2 and the third derivative by some hundreds: 1e-8.
        CHECK(close(got.x, by_x, {.abs = 3e-8}));
        CHECK(close(got.gamma, by_gamma, {.abs = 3e-8}));
        CHECK(close(got.beta, by_beta, {.abs = 3e-8}));
        worst = std::max(worst, largest_difference(got.x, by_x));
      }
    }
    EVIDENCE("largest difference of the input gradient", worst);
  }

  TEST_CASE("input_gradient_has_no_shift_and_no_scale") {
    std::mt19937_64 rng(2);
    BatchNorm layer = random_layer(5, 1e-13, rng);
    const Matrix x = gaussian(12, 5, rng);
    const BatchNormForward forward = layer.train(x);
    const Matrix by_x = layer.backward(gaussian(12, 5, rng), forward).x;
    REQUIRE(by_x.rows() == 12);
    // Twelve numbers below 10, rounded a few times each; eps adds 1e-12.
    CHECK(close(by_x.colwise().sum(), Matrix::Zero(1, 5), {.abs = 1e-13}));
    CHECK(close(by_x.cwiseProduct(normalized(x, 1e-13)).colwise().sum(),
                Matrix::Zero(1, 5), {.abs = 1e-11}));
    CHECK(by_x.cwiseAbs().maxCoeff() > 0.05);
  }

  TEST_CASE("small_batches_lose_their_content") {
    std::mt19937_64 rng(3);
    BatchNorm layer = random_layer(6, 1e-5, rng);
    const Matrix one = 100.0 * gaussian(1, 6, rng);
    const BatchNormForward forward = layer.train(one);
    CHECK(close(forward.out, layer.beta.transpose()));
    CHECK(close(layer.backward(Matrix::Ones(1, 6), forward).x,
                Matrix::Zero(1, 6)));
    // Of two samples only the order is left: signs.
    const Matrix two = 100.0 * gaussian(2, 6, rng);
    const Matrix out = normalized(two, 1e-12);
    REQUIRE(out.rows() == 2);
    for (Eigen::Index j = 0; j < 6; ++j) {
      CAPTURE(j);
      const double sign = two(0, j) > two(1, j) ? 1.0 : -1.0;
      CHECK(close(out.col(j), Vector{{sign, -sign}}, {.abs = 1e-9}));
    }
  }

  TEST_CASE("running_variance_is_unbiased") {
    BatchNorm layer(1);
    layer.train(Matrix{{0.0}, {2.0}});
    EVIDENCE("running mean", layer.running_mean(0));
    EVIDENCE("running variance", layer.running_var(0));
    // 0.9 * 0 + 0.1 * 1, and 0.9 * 1 + 0.1 * 2: divided by n - 1 = 1.
    CHECK(close(layer.running_mean(0), 0.1, {.abs = 1e-15}));
    CHECK(close(layer.running_var(0), 1.1, {.abs = 1e-15}));
    layer.momentum = 0.5;
    layer.train(Matrix{{1.0}, {1.0}, {4.0}});
    // Mean 2; squares 1 + 1 + 4 over 2.
    CHECK(close(layer.running_mean(0), 0.05 + 1.0, {.abs = 1e-15}));
    CHECK(close(layer.running_var(0), 0.55 + 1.5, {.abs = 1e-15}));
  }

  TEST_CASE("running_averages_find_the_population") {
    std::mt19937_64 rng(4);
    BatchNorm layer(1);
    layer.momentum = 0.001;
    for (int step = 0; step < 20000; ++step) {
      layer.train(2.0 * gaussian(4, 1, rng).array() + 3.0);
    }
    EVIDENCE("running mean", layer.running_mean(0));
    EVIDENCE("running variance", layer.running_var(0));
    // An average over some (2 - 0.001) / 0.001 = 1999 batches. A batch mean has
    // variance 4 / 4, an unbiased variance of 4 samples 2 * 16 / 3. Five
    // standard errors: 0.112 and 0.366. The start is down to 2e-9 of itself.
    CHECK(close(layer.running_mean(0), 3.0, {.abs = 0.112}));
    CHECK(close(layer.running_var(0), 4.0, {.abs = 0.366}));  // biased: 3
    // Off by the mean's error over 2, and by the deviation's, 0.366 / 8.
    const Matrix out = layer.evaluate(Matrix{{3.0}, {5.0}});
    CHECK(close(out, Matrix{{0.0}, {1.0}}, {.abs = 0.11}));
  }

  TEST_CASE("scale_and_bias_before_it_are_lost") {
    std::mt19937_64 rng(5);
    const Matrix inputs = gaussian(16, 4, rng);
    const Matrix W = gaussian(4, 3, rng);
    const Matrix out = normalized(inputs * W, 1e-12);
    const Matrix scaled = normalized(inputs * (10.0 * W), 1e-12);
    const Matrix shifted = normalized(
        (inputs * W).rowwise() + Eigen::RowVectorXd{{5.0, -7.0, 100.0}}, 1e-12);
    CHECK(close(scaled, out, {.abs = 1e-9}));
    CHECK(close(shifted, out, {.abs = 1e-9}));
    CHECK(out.cwiseAbs().maxCoeff() > 1.0);
  }

  TEST_CASE("evaluation_sees_one_row_at_a_time") {
    std::mt19937_64 rng(6);
    BatchNorm layer = random_layer(3, 1e-5, rng);
    const Matrix x = gaussian(8, 3, rng);
    Matrix other = 50.0 * gaussian(8, 3, rng);
    other.row(2) = x.row(2);
    const Matrix a = layer.train(x).out;
    const Matrix b = layer.train(other).out;
    REQUIRE(a.rows() == 8);
    CHECK_FALSE(close(b.row(2), a.row(2), {.abs = 0.1}));

    const BatchNorm trained = layer;
    const Matrix alone = trained.evaluate(x.row(2));
    CHECK(close(trained.evaluate(x).row(2), alone, {.abs = 1e-14}));
    CHECK(close(trained.evaluate(other).row(2), alone, {.abs = 1e-14}));
    // By hand, from the averages.
    for (Eigen::Index j = 0; j < 3; ++j) {
      CAPTURE(j);
      const double want = trained.gamma(j) *
                              (x(2, j) - trained.running_mean(j)) /
                              std::sqrt(trained.running_var(j) + 1e-5) +
                          trained.beta(j);
      CHECK(close(alone(0, j), want, {.abs = 1e-14}));
    }
  }

  TEST_CASE("it_folds_into_the_layer_before") {
    std::mt19937_64 rng(7);
    const Matrix W = gaussian(4, 3, rng);
    const Vector b = gaussian(3, 1, rng).col(0);
    BatchNorm layer = random_layer(3, 1e-5, rng);
    for (int step = 0; step < 20; ++step) {
      layer.train((gaussian(16, 4, rng) * W).rowwise() + b.transpose());
    }
    const Vector scale =
        layer.gamma.array() / (layer.running_var.array() + layer.eps).sqrt();
    const Matrix folded_W = W * scale.asDiagonal();
    const Vector folded_b =
        (b - layer.running_mean).cwiseProduct(scale) + layer.beta;
    const Matrix inputs = gaussian(10, 4, rng);
    CHECK(close(layer.evaluate((inputs * W).rowwise() + b.transpose()),
                (inputs * folded_W).rowwise() + folded_b.transpose(),
                {.abs = 1e-13}));
  }
}

TEST_SUITE("coding/batch_norm extra") {
  TEST_CASE("a new layer is nearly the identity in evaluation") {
    const BatchNorm layer(2);
    const Matrix x{{1.0, -2.0}};
    CHECK(close(layer.evaluate(x), x, {.rel = 1e-5}));
    CHECK(layer.evaluate(Matrix(0, 2)).rows() == 0);
    CHECK(layer.evaluate(Matrix(0, 2)).cols() == 2);
  }

  TEST_CASE("a batch of one moves the mean and not the variance") {
    BatchNorm layer(1);
    layer.train(Matrix{{5.0}});
    CHECK(close(layer.running_mean(0), 0.5, {.abs = 1e-15}));
    CHECK(layer.running_var(0) == 1.0);
  }

  TEST_CASE("a constant column becomes beta") {
    BatchNorm layer(1);
    layer.beta(0) = 0.25;
    CHECK(close(layer.train(Matrix::Constant(3, 1, 7.0)).out,
                Matrix::Constant(3, 1, 0.25)));
  }

  TEST_CASE("what is refused changes nothing") {
    BatchNorm layer(3);
    const Matrix x = Matrix::Identity(2, 3);
    const BatchNormForward saved = layer.train(x);
    const BatchNorm before = layer;
    CHECK_THROWS_WITH(BatchNorm(0), "BatchNorm: need d >= 1, got 0");
    CHECK_THROWS_WITH(
        layer.train(Matrix(0, 3)),
        "BatchNorm: need x of n >= 1 rows and 3 columns, got 0 x 3");
    CHECK_THROWS_AS(layer.train(Matrix::Ones(2, 4)), std::invalid_argument);
    CHECK_THROWS_WITH(layer.evaluate(Matrix::Ones(2, 4)),
                      "BatchNorm: need x of 3 columns, got 4");
    CHECK_THROWS_WITH(layer.backward(Matrix::Ones(3, 3), saved),
                      "BatchNorm: need grad of 2 x 3, got 3 x 3");
    CHECK_THROWS_AS(layer.backward(Matrix::Ones(2, 2), saved),
                    std::invalid_argument);
    for (const double bad : {kNaN, kInfinity, -kInfinity}) {
      Matrix spoilt = x;
      spoilt(1, 2) = bad;
      CHECK_THROWS_AS(layer.train(spoilt), std::invalid_argument);
      CHECK_THROWS_AS(layer.evaluate(spoilt), std::invalid_argument);
      CHECK_THROWS_AS(layer.backward(spoilt, saved), std::invalid_argument);
    }
    CHECK(close(layer.running_mean, before.running_mean));
    CHECK(close(layer.running_var, before.running_var));
  }
}
