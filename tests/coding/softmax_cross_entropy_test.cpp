// Verifies the claims of questions/coding/softmax_cross_entropy.md.
#include <whiteboard/coding/softmax_cross_entropy.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/finite_differences.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::LossGrad;
using coding::softmax_cross_entropy;
using whiteboard::testing::gaussian;
using whiteboard::testing::numerical_gradient;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// -log p(label) for one row by the definition, in long double.
double by_definition(const Vector& z, int label) {
  long double total = 0.0L;
  for (const double x : z) total += std::exp(static_cast<long double>(x));
  return static_cast<double>(std::log(total) -
                             static_cast<long double>(z(label)));
}

/// The shortcut: the logarithm of a (stable) softmax, plus `epsilon`.
double log_of_softmax(const Vector& z, int label, double epsilon) {
  Vector p(z.size());
  for (Eigen::Index i = 0; i < z.size(); ++i) {
    p(i) = std::exp(z(i) - z.maxCoeff());
  }
  return -std::log(p(label) / p.sum() + epsilon);
}

std::vector<int> random_labels(Eigen::Index n, Eigen::Index c,
                               std::mt19937_64& rng) {
  std::vector<int> y;
  for (Eigen::Index i = 0; i < n; ++i) {
    y.push_back(static_cast<int>(uniform_index(c, rng)));
  }
  return y;
}

}  // namespace

TEST_SUITE("coding/softmax_cross_entropy") {
  TEST_CASE("worked_examples") {
    // log(e^2 + e + e^0.1) - 2, and the three shares of that sum.
    const LossGrad one =
        softmax_cross_entropy(Matrix{{2.0, 1.0, 0.1}}, std::vector{0});
    EVIDENCE("loss of (2, 1, 0.1)", one.loss);
    EVIDENCE_SERIES("gradient of (2, 1, 0.1)", one.grad.reshaped());
    CHECK(close(one.loss, 0.4170300, {.abs = 5e-8}));
    CHECK(close(one.grad, Matrix{{-0.3409988, 0.2424330, 0.0985659}},
                {.abs = 1e-7}));

    const LossGrad uniform =
        softmax_cross_entropy(Matrix::Constant(4, 10, -3.0), std::vector(4, 7));
    EVIDENCE("loss of equal logits over 10 classes", uniform.loss);
    CHECK(close(uniform.loss, 2.302585092994046, {.rel = 1e-14}));
  }

  TEST_CASE("gradient_is_p_minus_onehot") {
    std::mt19937_64 rng(0);
    double worst = 0.0;
    for (const Eigen::Index n : {1, 3, 8}) {
      for (const Eigen::Index c : {1, 2, 5}) {
        CAPTURE(n);
        CAPTURE(c);
        const Matrix z = 2.0 * gaussian(n, c, rng);
        const std::vector<int> y = random_labels(n, c, rng);
        const LossGrad got = softmax_cross_entropy(z, y);
        const Matrix want = numerical_gradient(
            [&](const Matrix& at) { return softmax_cross_entropy(at, y).loss; },
            z);
        // The step is h <= 6e-6 |z| < 5e-5: rounding eps / h of a loss below
        // 10 is under 4e-10, truncation h^2 / 6 times a third derivative
        // below 1/4 is under 1.1e-10.
        CHECK(close(got.grad, want, {.abs = 1e-9}));
        worst = std::max(worst, largest_difference(got.grad, want));
        // Sums of c numbers of at most 1, each rounded a few times.
        CHECK(close(got.grad.rowwise().sum(), Vector::Zero(n), {.abs = 1e-14}));
      }
    }
    EVIDENCE("largest difference from central differences", worst);
  }

  TEST_CASE("averages_over_the_batch") {
    std::mt19937_64 rng(1);
    const Eigen::Index n = 6;
    const Matrix z = 3.0 * gaussian(n, 4, rng);
    const std::vector<int> y = random_labels(n, 4, rng);
    const LossGrad all = softmax_cross_entropy(z, y);
    REQUIRE(all.grad.rows() == n);
    double total = 0.0;
    for (Eigen::Index i = 0; i < n; ++i) {
      CAPTURE(i);
      const std::vector<int> label{y[static_cast<std::size_t>(i)]};
      const LossGrad one = softmax_cross_entropy(z.row(i), label);
      total += one.loss;
      // A handful of roundings of numbers below 1.
      CHECK(close(6.0 * all.grad.row(i), one.grad, {.abs = 1e-15}));
      CHECK(close(one.loss, by_definition(z.row(i).transpose(), label[0]),
                  {.abs = 1e-14}));
    }
    CHECK(close(all.loss, total / 6.0, {.rel = 1e-14}));
  }

  TEST_CASE("improbable_label_costs_what_it_should") {
    const Matrix z{{1000.0, 0.0}};
    const LossGrad wrong = softmax_cross_entropy(z, std::vector{1});
    CHECK(wrong.loss == 1000.0);
    CHECK(close(wrong.grad, Matrix{{1.0, -1.0}}));
    const LossGrad right = softmax_cross_entropy(z, std::vector{0});
    CHECK(right.loss == 0.0);
    CHECK(close(right.grad, Matrix{{0.0, 0.0}}, {.abs = 1e-300}));

    // Softmax first: the probability is 0 and its logarithm infinite. With
    // the customary epsilon the loss stops at 27.6 and stays there when the
    // logits get better: its true slope is zero, and the training is stuck.
    const Vector row = z.row(0).transpose();
    CHECK(log_of_softmax(row, 1, 0.0) == kInfinity);
    const double clipped = log_of_softmax(row, 1, 1e-12);
    CHECK(close(clipped, 27.631, {.abs = 1e-3}));
    CHECK(log_of_softmax(row / 2.0, 1, 1e-12) == clipped);
    EVIDENCE("loss", wrong.loss);
    EVIDENCE("loss with log(p + 1e-12)", clipped);
  }

  TEST_CASE("gradient_is_bounded") {
    std::mt19937_64 rng(2);
    double largest = 0.0;
    for (const double scale : {1.0, 1e3, 1e100, 1e307}) {
      CAPTURE(scale);
      const Eigen::Index n = 5;
      const Matrix z = scale * gaussian(n, 7, rng);
      const LossGrad got = softmax_cross_entropy(z, random_labels(n, 7, rng));
      CHECK(std::isfinite(got.loss));
      REQUIRE(got.grad.rows() == n);
      REQUIRE(got.grad.cols() == 7);
      // 1/n and four roundings.
      CHECK((got.grad.array().abs() <= 0.2 * (1.0 + 1e-15)).all());
      CHECK(close(got.grad.rowwise().sum(), Vector::Zero(n), {.abs = 1e-15}));
      largest = std::max(largest, got.grad.cwiseAbs().maxCoeff());
    }
    EVIDENCE("largest entry at n = 5", largest);
  }

  TEST_CASE("squared_error_does_not_learn_from_a_confident_mistake") {
    // A sigmoid output is the softmax of (0, z). Label 1 at z = -10.
    const double z = -10.0;
    const LossGrad got =
        softmax_cross_entropy(Matrix{{0.0, z}}, std::vector{1});
    REQUIRE(got.grad.size() == 2);
    const double cross_entropy = got.grad(0, 1);
    const double s = 1.0 / (1.0 + std::exp(-z));
    const double squared = 2.0 * (s - 1.0) * s * (1.0 - s);  // of (s - 1)^2
    CHECK(close(cross_entropy, -0.9999546, {.abs = 1e-7}));
    CHECK(close(squared, -9.0788e-5, {.abs = 1e-9}));
    CHECK(cross_entropy / squared > 11000.0);
    CHECK(cross_entropy / squared < 11050.0);
    EVIDENCE("gradient of cross-entropy", cross_entropy);
    EVIDENCE("gradient of squared error", squared);
  }

  TEST_CASE("shift_of_a_row_changes_nothing") {
    std::mt19937_64 rng(3);
    const Matrix z = gaussian(4, 6, rng);
    const std::vector<int> y = random_labels(4, 6, rng);
    const LossGrad plain = softmax_cross_entropy(z, y);
    Matrix shifted = z;
    shifted.colwise() += Vector{{1000.0, -1000.0, 3.0, 710.0}};
    const LossGrad moved = softmax_cross_entropy(shifted, y);
    // Adding 1000 rounds a logit by at most 2^-44 = 5.7e-14, and the loss
    // moves by at most twice that.
    CHECK(close(moved.loss, plain.loss, {.abs = 2e-13}));
    CHECK(close(moved.grad, plain.grad, {.abs = 2e-13}));
    EVIDENCE("change of the loss", std::abs(moved.loss - plain.loss));
    EVIDENCE("change of the gradient",
             largest_difference(moved.grad, plain.grad));
  }
}

TEST_SUITE("coding/softmax_cross_entropy extra") {
  TEST_CASE("one class costs nothing") {
    const LossGrad got =
        softmax_cross_entropy(Matrix{{5.0}, {-800.0}}, std::vector{0, 0});
    CHECK(got.loss == 0.0);
    CHECK(close(got.grad, Matrix::Zero(2, 1)));
  }

  TEST_CASE("a block and a column-major matrix are accepted") {
    std::mt19937_64 rng(4);
    const Matrix wide = gaussian(6, 9, rng);
    const Eigen::MatrixXd by_columns = wide.block(1, 2, 4, 5);
    const std::vector<int> y{0, 1, 2, 4};
    const LossGrad a = softmax_cross_entropy(wide.block(1, 2, 4, 5), y);
    const LossGrad b = softmax_cross_entropy(by_columns, y);
    CHECK(close(a.loss, b.loss, {.rel = 1e-15}));
    CHECK(close(a.grad, b.grad, {.abs = 1e-15}));
  }

  TEST_CASE("arguments that break the contract are refused") {
    const Matrix z = Matrix::Zero(2, 3);
    CHECK_THROWS_WITH(softmax_cross_entropy(Matrix(0, 3), std::vector<int>{}),
                      "softmax_cross_entropy: need n, c >= 1, got z of 0 x 3");
    CHECK_THROWS_WITH(softmax_cross_entropy(Matrix(2, 0), std::vector{0, 0}),
                      "softmax_cross_entropy: need n, c >= 1, got z of 2 x 0");
    CHECK_THROWS_WITH(
        softmax_cross_entropy(z, std::vector{0}),
        "softmax_cross_entropy: need a label a row, got 1 labels, 2 rows");
    CHECK_THROWS_WITH(
        softmax_cross_entropy(z, std::vector{0, 1, 2}),
        "softmax_cross_entropy: need a label a row, got 3 labels, 2 rows");
    CHECK_THROWS_WITH(softmax_cross_entropy(z, std::vector{0, 3}),
                      "softmax_cross_entropy: need 0 <= y < 3, got y(1) = 3");
    CHECK_THROWS_WITH(softmax_cross_entropy(z, std::vector{-1, 2}),
                      "softmax_cross_entropy: need 0 <= y < 3, got y(0) = -1");
    for (const double bad : {kNaN, kInfinity, -kInfinity}) {
      Matrix spoilt = z;
      spoilt(1, 2) = bad;
      CHECK_THROWS_AS(softmax_cross_entropy(spoilt, std::vector{0, 0}),
                      std::invalid_argument);
    }
  }
}
