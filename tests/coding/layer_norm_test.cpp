// Verifies the claims of questions/coding/layer_norm.md.
#include <whiteboard/coding/layer_norm.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/finite_differences.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>

using namespace whiteboard;
using coding::layer_norm;
using coding::layer_norm_backward;
using coding::LayerNormGrads;
using whiteboard::testing::gaussian;
using whiteboard::testing::numerical_gradient;
using whiteboard::testing::standardized;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Without scale and shift.
Matrix plain(const Matrix& x, double eps) {
  return layer_norm(x, Vector::Ones(x.cols()), Vector::Zero(x.cols()), eps).out;
}

LayerNormGrads gradients(const Matrix& grad, const Matrix& x,
                         const Vector& gamma, double eps) {
  return layer_norm_backward(
      grad, layer_norm(x, gamma, Vector::Zero(x.cols()), eps), gamma);
}

}  // namespace

TEST_SUITE("coding/layer_norm") {
  TEST_CASE("worked_examples") {
    CHECK(close(plain(Matrix{{1.0, 3.0}}, 1e-12), Matrix{{-1.0, 1.0}},
                {.abs = 1e-12}));
    // Variance 1 and eps 3 under the root: 1 / sqrt(4).
    CHECK(close(plain(Matrix{{1.0, 3.0}}, 3.0), Matrix{{-0.5, 0.5}},
                {.abs = 1e-15}));
    // (2, 4, 4, 6): mean 4, variance (4 + 0 + 0 + 4) / 4 = 2.
    const double r = std::sqrt(2.0);
    CHECK(close(
        layer_norm(Matrix{{2.0, 4.0, 4.0, 6.0}}, Vector{{1.0, 2.0, 3.0, -1.0}},
                   Vector{{0.0, 10.0, 20.0, 0.5}}, 1e-12)
            .out,
        Matrix{{-r, 10.0, 20.0, 0.5 - r}}, {.abs = 1e-11}));
  }

  TEST_CASE("rows_do_not_see_each_other") {
    std::mt19937_64 rng(0);
    const Matrix x = gaussian(6, 7, rng);
    const Vector gamma = gaussian(7, 1, rng).col(0);
    const Vector beta = gaussian(7, 1, rng).col(0);
    const Matrix together = layer_norm(x, gamma, beta).out;
    Matrix others = 1e6 * gaussian(6, 7, rng);
    others.row(3) = x.row(3);
    REQUIRE(together.rows() == 6);
    // The same sums, in an order that may depend on alignment.
    CHECK(close(layer_norm(others, gamma, beta).out.row(3), together.row(3),
                {.abs = 1e-14}));
    CHECK(close(layer_norm(x.row(3), gamma, beta).out, together.row(3),
                {.abs = 1e-14}));
  }

  TEST_CASE("it_standardizes_the_transpose") {
    std::mt19937_64 rng(1);
    for (const Eigen::Index d : {2, 3, 16, 65}) {
      CAPTURE(d);
      const Matrix x = 3.0 * gaussian(5, d, rng).array() + 2.0;
      const Matrix want =
          standardized(x.transpose()).transpose();  // columns, divided by d
      // eps / (2 variance) of each entry, and the smallest variance of five
      // rows is far above 1e-3.
      CHECK(close(plain(x, 1e-15), want, {.abs = 1e-11}));
      // With eps the variance is var / (var + eps), not 1.
      const Matrix out = plain(x, 0.5);
      const Vector mean = x.rowwise().mean();
      const Vector variance =
          (x.colwise() - mean).array().square().rowwise().mean();
      CHECK(close(out.rowwise().mean(), Vector::Zero(5), {.abs = 1e-14}));
      CHECK(close(out.array().square().rowwise().mean().matrix(),
                  (variance.array() / (variance.array() + 0.5)).matrix(),
                  {.rel = 1e-13}));
    }
  }

  TEST_CASE("shift_and_scale_of_a_row_do_not_matter") {
    std::mt19937_64 rng(2);
    const Matrix x = gaussian(4, 9, rng);
    const Matrix out = plain(x, 1e-12);
    CHECK(close(plain(250.0 * x, 1e-12), out, {.abs = 1e-9}));
    CHECK(
        close(plain((x.array() - 1000.0).matrix(), 1e-12), out, {.abs = 1e-9}));
    CHECK(close(plain(-x, 1e-12), -out, {.abs = 1e-14}));
    // Until eps is no longer small beside the variance.
    const Matrix tiny = plain(1e-6 * x, 1e-5);
    EVIDENCE("largest output of rows of size 1e-6 at eps 1e-5",
             tiny.cwiseAbs().maxCoeff());
    CHECK(tiny.cwiseAbs().maxCoeff() < 2e-3);
    CHECK(out.cwiseAbs().maxCoeff() > 1.0);
  }

  TEST_CASE("gradients_match_central_differences") {
    std::mt19937_64 rng(3);
    double worst = 0.0;
    for (const Eigen::Index d : {1, 2, 5, 8}) {
      CAPTURE(d);
      const Matrix x = gaussian(3, d, rng);
      const Matrix weights = gaussian(3, d, rng);  // the loss is their product
      const Vector gamma = gaussian(d, 1, rng).col(0);
      const Vector beta = gaussian(d, 1, rng).col(0);
      const double eps = 0.1;
      const auto loss = [&](const Matrix& at, const Vector& g,
                            const Vector& b) {
        return layer_norm(at, g, b, eps).out.cwiseProduct(weights).sum();
      };
      const LayerNormGrads got =
          layer_norm_backward(weights, layer_norm(x, gamma, beta, eps), gamma);
      const Matrix by_x = numerical_gradient(
          [&](const Matrix& at) { return loss(at, gamma, beta); }, x);
      // Rounding: eps_machine / h times a loss of some 20 is under 1e-9. The
      // third derivative is at most some hundreds, as eps = 0.1 bounds rstd by
      // 3.2: times h^2 / 6 another 1e-8.
      CHECK(close(got.x, by_x, {.abs = 3e-8}));
      worst = std::max(worst, largest_difference(got.x, by_x));
      CHECK(
          close(got.gamma,
                numerical_gradient(
                    [&](const Vector& at) { return loss(x, at, beta); }, gamma),
                {.abs = 3e-8}));
      CHECK(
          close(got.beta,
                numerical_gradient(
                    [&](const Vector& at) { return loss(x, gamma, at); }, beta),
                {.abs = 3e-8}));
    }
    EVIDENCE("largest difference of the input gradient", worst);
  }

  TEST_CASE("input_gradient_has_no_shift_and_no_scale") {
    std::mt19937_64 rng(4);
    const Matrix x = gaussian(6, 10, rng);
    const Vector gamma = gaussian(10, 1, rng).col(0);
    const Matrix grad = gaussian(6, 10, rng);
    const Matrix by_x = gradients(grad, x, gamma, 1e-12).x;
    REQUIRE(by_x.rows() == 6);
    // Ten numbers below 10, rounded a few times each; eps adds 1e-12.
    CHECK(close(by_x.rowwise().sum(), Vector::Zero(6), {.abs = 1e-13}));
    CHECK(close(by_x.cwiseProduct(plain(x, 1e-12)).rowwise().sum(),
                Vector::Zero(6), {.abs = 1e-10}));
    CHECK(by_x.cwiseAbs().maxCoeff() > 0.1);
  }

  TEST_CASE("few_features_leave_only_their_order") {
    std::mt19937_64 rng(5);
    const Matrix x = gaussian(50, 2, rng);
    const Matrix out = plain(x, 1e-15);
    REQUIRE(out.rows() == 50);
    for (Eigen::Index i = 0; i < 50; ++i) {
      CAPTURE(i);
      const double sign = x(i, 0) > x(i, 1) ? 1.0 : -1.0;
      // eps over twice the variance, which is above 1e-6 here.
      CHECK(close(out.row(i), Matrix{{sign, -sign}}, {.abs = 1e-8}));
    }
    const Matrix one = gaussian(50, 1, rng);
    CHECK(close(plain(one, 1e-5), Matrix::Zero(50, 1)));
    CHECK(close(gradients(one, one, Vector::Ones(1), 1e-5).x,
                Matrix::Zero(50, 1)));
  }

  TEST_CASE("far_from_the_origin_the_raw_moments_fail") {
    const Matrix near{{0.0, 1.0, 2.0, 4.0}};
    const Matrix far = near.array() + 1e8;
    // The shortcut, E[x^2] - E[x]^2: the squares are 1e16, where doubles are 2
    // apart. The variance is 2.1875.
    const double mean = far.mean();
    const double raw = far.squaredNorm() / 4.0 - mean * mean;
    EVIDENCE("variance from raw moments at 1e8", raw);
    CHECK(std::abs(raw - 2.1875) > 0.1);
    // x - mean is exact here, so the answer is that of the row at the origin.
    CHECK(close(plain(far, 1e-5), plain(near, 1e-5), {.abs = 1e-12}));
    EVIDENCE("largest difference of the output",
             largest_difference(plain(far, 1e-5), plain(near, 1e-5)));
  }

  TEST_CASE("constant_row_becomes_beta") {
    const Vector gamma{{1.0, -2.0, 3.0}};
    const Vector beta{{0.25, 0.5, 0.75}};
    const Matrix x = Matrix::Constant(2, 3, 7.0);
    CHECK(close(layer_norm(x, gamma, beta).out.row(1), beta.transpose()));
    // Its gradient is large, 1 / sqrt(eps), but finite.
    const Matrix by_x =
        gradients(Matrix{{1.0, 0.0, 0.0}, {0.0, 0.0, 0.0}}, x, gamma, 1e-4).x;
    CHECK(close(by_x.row(0), Matrix{{200.0 / 3.0, -100.0 / 3.0, -100.0 / 3.0}},
                {.rel = 1e-13}));
  }
}

TEST_SUITE("coding/layer_norm extra") {
  TEST_CASE("what is saved is what the page says") {
    const coding::LayerNorm got =
        layer_norm(Matrix{{1.0, 3.0}, {0.0, 4.0}}, Vector{{5.0, 5.0}},
                   Vector{{1.0, 1.0}}, 1e-14);
    CHECK(close(got.x_hat, Matrix{{-1.0, 1.0}, {-1.0, 1.0}}, {.abs = 1e-13}));
    CHECK(close(got.rstd, Vector{{1.0, 0.5}}, {.abs = 1e-13}));
    CHECK(close(got.out, Matrix{{-4.0, 6.0}, {-4.0, 6.0}}, {.abs = 1e-12}));
  }

  TEST_CASE("an empty batch gives no rows and zero gradients") {
    const Vector ones = Vector::Ones(3);
    const coding::LayerNorm got = layer_norm(Matrix(0, 3), ones, ones);
    CHECK(got.out.rows() == 0);
    CHECK(got.out.cols() == 3);
    const LayerNormGrads back = layer_norm_backward(Matrix(0, 3), got, ones);
    CHECK(close(back.gamma, Vector::Zero(3)));
    CHECK(close(back.beta, Vector::Zero(3)));
  }

  TEST_CASE("arguments that break the contract are refused") {
    const Matrix x = Matrix::Ones(2, 3);
    const Vector ones = Vector::Ones(3);
    const Vector two = Vector::Ones(2);
    CHECK_THROWS_WITH(layer_norm(Matrix(2, 0), Vector(), Vector()),
                      "layer_norm: need d >= 1, got x of 2 x 0");
    CHECK_THROWS_WITH(layer_norm(x, two, ones),
                      "layer_norm: need gamma and beta of 3, got 2 and 3");
    CHECK_THROWS_WITH(layer_norm(x, ones, two),
                      "layer_norm: need gamma and beta of 3, got 3 and 2");
    CHECK_THROWS_WITH(layer_norm(x, ones, ones, 0.0),
                      "layer_norm: need a finite eps > 0, got 0");
    CHECK_THROWS_AS(layer_norm(x, ones, ones, kInfinity),
                    std::invalid_argument);
    const coding::LayerNorm saved = layer_norm(x, ones, ones);
    CHECK_THROWS_WITH(layer_norm_backward(Matrix::Ones(1, 3), saved, ones),
                      "layer_norm_backward: need grad of 2 x 3 and gamma of 3, "
                      "got 1 x 3 and 3");
    CHECK_THROWS_AS(layer_norm_backward(Matrix::Ones(2, 2), saved, ones),
                    std::invalid_argument);
    CHECK_THROWS_AS(layer_norm_backward(x, saved, two), std::invalid_argument);
    for (const double bad : {kNaN, kInfinity, -kInfinity}) {
      Matrix spoilt = x;
      spoilt(1, 2) = bad;
      Vector spoilt_vector = ones;
      spoilt_vector(0) = bad;
      CHECK_THROWS_AS(layer_norm(spoilt, ones, ones), std::invalid_argument);
      CHECK_THROWS_AS(layer_norm(x, spoilt_vector, ones),
                      std::invalid_argument);
      CHECK_THROWS_AS(layer_norm(x, ones, spoilt_vector),
                      std::invalid_argument);
      CHECK_THROWS_AS(layer_norm_backward(spoilt, saved, ones),
                      std::invalid_argument);
      CHECK_THROWS_AS(layer_norm_backward(x, saved, spoilt_vector),
                      std::invalid_argument);
    }
  }
}
