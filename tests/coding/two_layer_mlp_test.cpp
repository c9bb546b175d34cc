// Verifies the claims of questions/coding/two_layer_mlp.md.
#include <whiteboard/coding/two_layer_mlp.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/finite_differences.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::forward_backward;
using coding::Mlp;
using coding::MlpStep;
using whiteboard::testing::gaussian;
using whiteboard::testing::numerical_gradient;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Mlp random_net(Eigen::Index d, Eigen::Index h, Eigen::Index c,
               std::mt19937_64& rng) {
  return {gaussian(d, h, rng), gaussian(h, 1, rng).col(0), gaussian(h, c, rng),
          gaussian(c, 1, rng).col(0)};
}

std::vector<int> random_labels(int n, Eigen::Index c, std::mt19937_64& rng) {
  std::vector<int> y;
  for (int i = 0; i < n; ++i) {
    y.push_back(static_cast<int>(uniform_index(c, rng)));
  }
  return y;
}

void descend(Mlp& net, const Mlp& grad, double lr) {
  net.W1 -= lr * grad.W1;
  net.b1 -= lr * grad.b1;
  net.W2 -= lr * grad.W2;
  net.b2 -= lr * grad.b2;
}

/// How many rows have their largest logit at the label.
int correct(const Matrix& logits, const std::vector<int>& y) {
  int count = 0;
  for (Eigen::Index i = 0; i < logits.rows(); ++i) {
    Eigen::Index best = -1;
    logits.row(i).maxCoeff(&best);
    count += best == y[static_cast<std::size_t>(i)] ? 1 : 0;
  }
  return count;
}

const Matrix kXorInputs{{0.0, 0.0}, {0.0, 1.0}, {1.0, 0.0}, {1.0, 1.0}};
const std::vector<int> kXorLabels{0, 1, 1, 0};

}  // namespace

TEST_SUITE("coding/two_layer_mlp") {
  TEST_CASE("worked_example") {
    const Mlp net{Matrix{{1.0}}, Vector{{0.0}}, Matrix{{1.0, 0.0}},
                  Vector{{0.0, 0.0}}};
    const MlpStep step = forward_backward(net, Matrix{{1.0}}, std::vector{0});
    // Logits (1, 0): p = 1 / (1 + 1/e) and the rest, loss log(1 + 1/e).
    const double q = 0.2689414213699951;
    CHECK(close(step.logits, Matrix{{1.0, 0.0}}));
    CHECK(close(step.loss, 0.3132616875182228, {.rel = 1e-14}));
    CHECK(close(step.grad.W2, Matrix{{-q, q}}, {.rel = 1e-14}));
    CHECK(close(step.grad.b2, Vector{{-q, q}}, {.rel = 1e-14}));
    CHECK(close(step.grad.W1, Matrix{{-q}}, {.rel = 1e-14}));
    CHECK(close(step.grad.b1, Vector{{-q}}, {.rel = 1e-14}));
  }

  TEST_CASE("gradients_match_central_differences") {
    std::mt19937_64 rng(0);
    double worst = 0.0;
    for (int trial = 0; trial < 100; ++trial) {
      CAPTURE(trial);
      const auto size = [&](int most) { return 1 + uniform_index(most, rng); };
      const Eigen::Index c = size(3);
      const Mlp net = random_net(size(3), size(4), c, rng);
      const Matrix X = gaussian(size(5), net.W1.rows(), rng);
      const std::vector<int> y =
          random_labels(static_cast<int>(X.rows()), c, rng);
      const Mlp got = forward_backward(net, X, y).grad;
      const auto loss = [&](const Mlp& at) {
        return forward_backward(at, X, y).loss;
      };
      Mlp at = net;
      const Mlp want{
          numerical_gradient(
              [&](const Matrix& W1) { return at.W1 = W1, loss(at); }, net.W1),
          numerical_gradient(
              [&](const Vector& b1) { return at = net, at.b1 = b1, loss(at); },
              net.b1),
          numerical_gradient(
              [&](const Matrix& W2) { return at = net, at.W2 = W2, loss(at); },
              net.W2),
          numerical_gradient(
              [&](const Vector& b2) { return at = net, at.b2 = b2, loss(at); },
              net.b2)};
      // Rounding: eps_machine / h times a loss below 20 is under 1e-9.
      // Truncation: h^2 / 6 times a third derivative of at most |x|^3 / 4, with
      // |x| below 20 where hidden units meet weights, is under 5e-8 at worst.
      for (const auto& [a, b] : {std::pair<Matrix, Matrix>{got.W1, want.W1},
                                 {got.b1, want.b1},
                                 {got.W2, want.W2},
                                 {got.b2, want.b2}}) {
        CHECK(close(a, b, {.abs = 5e-8}));
        worst = std::max(worst, largest_difference(a, b));
      }
    }
    EVIDENCE("largest difference over 100 networks", worst);
  }

  TEST_CASE("relu_solves_xor_and_no_line_does") {
    // Hidden: relu(a + b) and relu(a + b - 1). Their difference 1 - 2 is 0, 1,
    // 1, 0 on the four points; the second logit is that against 1/2.
    const Mlp net{Matrix{{1.0, 1.0}, {1.0, 1.0}}, Vector{{0.0, -1.0}},
                  Matrix{{0.0, 1.0}, {0.0, -2.0}}, Vector{{0.0, -0.5}}};
    const Matrix logits = forward_backward(net, kXorInputs, kXorLabels).logits;
    REQUIRE(logits.rows() == 4);
    CHECK(correct(logits, kXorLabels) == 4);

    // For any affine score the two diagonals of the square have the same sum,
    // so the signs +, - on one and -, + on the other cannot all be right. A
    // search over 68,921 lines does not find what cannot be.
    int best = 0;
    for (int u = -20; u <= 20; ++u) {
      for (int v = -20; v <= 20; ++v) {
        for (int w = -20; w <= 20; ++w) {
          int right = 0;
          for (int k = 0; k < 4; ++k) {
            const int score = 4 * u * (k / 2) + 4 * v * (k % 2) + 2 * w + 1;
            right += (score > 0) == (k == 1 || k == 2) ? 1 : 0;
          }
          best = std::max(best, right);
        }
      }
    }
    CHECK(best == 3);
    EVIDENCE("best line", best);
    EVIDENCE("network", correct(logits, kXorLabels));
  }

  TEST_CASE("equal_units_stay_equal") {
    std::mt19937_64 rng(1);
    const Matrix X = gaussian(20, 3, rng);
    const std::vector<int> y = random_labels(20, 2, rng);
    // All zero: nothing but the output bias ever moves.
    Mlp zero{Matrix::Zero(3, 4), Vector::Zero(4), Matrix::Zero(4, 2),
             Vector::Zero(2)};
    // All constant: four units do the work of one.
    Mlp constant{Matrix::Constant(3, 4, 0.3), Vector::Constant(4, 0.1),
                 Matrix::Constant(4, 2, 0.2), Vector::Zero(2)};
    constant.W2.col(1).setConstant(-0.2);
    Mlp random = random_net(3, 4, 2, rng);
    for (int i = 0; i < 1000; ++i) {
      descend(zero, forward_backward(zero, X, y).grad, 0.1);
      descend(constant, forward_backward(constant, X, y).grad, 0.1);
      descend(random, forward_backward(random, X, y).grad, 0.1);
    }
    CHECK(close(zero.W1, Matrix::Zero(3, 4)));
    CHECK(close(zero.b1, Vector::Zero(4)));
    CHECK(close(zero.W2, Matrix::Zero(4, 2)));
    CHECK(zero.b2.cwiseAbs().maxCoeff() > 0.0);
    // Rounding may differ between columns; a training of 1000 steps may
    // enlarge it, but not by nine digits.
    CHECK(
        close(constant.W1, constant.W1.col(0).replicate(1, 4), {.abs = 1e-6}));
    CHECK(
        close(constant.W2, constant.W2.row(0).replicate(4, 1), {.abs = 1e-6}));
    CHECK_FALSE(close(constant.W1, Matrix::Constant(3, 4, 0.3), {.abs = 0.1}));
    const double with_equal = forward_backward(constant, X, y).loss;
    const double with_random = forward_backward(random, X, y).loss;
    EVIDENCE("loss, all zero", forward_backward(zero, X, y).loss);
    EVIDENCE("loss, all equal", with_equal);
    EVIDENCE("loss, random", with_random);
    CHECK(with_random < 0.9 * with_equal);
  }

  TEST_CASE("order_of_the_hidden_units_does_not_matter") {
    std::mt19937_64 rng(2);
    const Mlp net = random_net(4, 6, 3, rng);
    const Matrix X = gaussian(8, 4, rng);
    const std::vector<int> y = random_labels(8, 3, rng);
    Mlp permuted = net;
    const std::vector<std::ptrdiff_t> order = permutation(6, rng);
    for (Eigen::Index k = 0; k < 6; ++k) {
      const Eigen::Index from = order[static_cast<std::size_t>(k)];
      permuted.W1.col(k) = net.W1.col(from);
      permuted.b1(k) = net.b1(from);
      permuted.W2.row(k) = net.W2.row(from);
    }
    CHECK_FALSE(close(permuted.W1, net.W1, {.abs = 0.1}));
    const MlpStep a = forward_backward(net, X, y);
    const MlpStep b = forward_backward(permuted, X, y);
    CHECK(close(b.loss, a.loss, {.rel = 1e-13}));
    CHECK(close(b.logits, a.logits, {.scale = 1e-14}));
    REQUIRE(b.grad.W1.cols() == 6);
    for (Eigen::Index k = 0; k < 6; ++k) {
      CAPTURE(k);
      const Eigen::Index from = order[static_cast<std::size_t>(k)];
      CHECK(close(b.grad.W1.col(k), a.grad.W1.col(from), {.abs = 1e-13}));
      CHECK(close(b.grad.W2.row(k), a.grad.W2.row(from), {.abs = 1e-13}));
    }
  }

  TEST_CASE("without_a_kink_it_is_one_linear_map") {
    std::mt19937_64 rng(3);
    Mlp net = random_net(4, 5, 3, rng);
    net.b1.array() += 100.0;  // every unit is on for every input
    const Matrix X = gaussian(10, 4, rng);
    const MlpStep step = forward_backward(net, X, std::vector(10, 1));
    const Matrix map = net.W1 * net.W2;
    const Vector shift = net.W2.transpose() * net.b1 + net.b2;
    const Matrix want = (X * map).rowwise() + shift.transpose();
    // Five terms of up to 300, rounded a few times each.
    CHECK(close(step.logits, want, {.scale = 1e-14}));
    net.b1.array() -= 100.0;
    const Matrix bent = forward_backward(net, X, std::vector(10, 1)).logits;
    const Vector less = net.W2.transpose() * net.b1 + net.b2;
    CHECK_FALSE(
        close(bent, (X * map).rowwise() + less.transpose(), {.abs = 0.5}));
  }

  TEST_CASE("unit_that_never_fires_learns_nothing") {
    std::mt19937_64 rng(4);
    Mlp net = random_net(3, 4, 2, rng);
    net.b1(2) = -100.0;  // always off
    net.W1.col(1).setZero();
    net.b1(1) = 0.0;  // exactly at the kink: off as well
    const MlpStep step =
        forward_backward(net, gaussian(9, 3, rng), std::vector(9, 0));
    REQUIRE(step.grad.W1.cols() == 4);
    for (const Eigen::Index k : {1, 2}) {
      CAPTURE(k);
      CHECK(close(step.grad.W1.col(k), Vector::Zero(3)));
      CHECK(step.grad.b1(k) == 0.0);
      CHECK(close(step.grad.W2.row(k), Matrix::Zero(1, 2)));
    }
    CHECK(step.grad.W1.col(0).norm() + step.grad.W1.col(3).norm() > 0.0);
  }

  TEST_CASE("it_learns_iris") {
    const Table iris = whiteboard::testing::data_set("iris");
    const Matrix X = whiteboard::testing::standardized(iris.features());
    const Eigen::VectorXi ids = iris.labels("species").ids;
    const std::vector<int> y(ids.begin(), ids.end());
    std::mt19937_64 rng(5);
    Mlp net = random_net(4, 8, 3, rng);
    std::vector<double> losses;
    for (int i = 0; i < 400; ++i) {
      const MlpStep step = forward_backward(net, X, y);
      if (i % 20 == 0) losses.push_back(step.loss);
      descend(net, step.grad, 0.3);
    }
    const MlpStep trained = forward_backward(net, X, y);
    REQUIRE(trained.logits.rows() == 150);
    EVIDENCE_SERIES("loss every 20 steps", losses);
    EVIDENCE("right of 150", correct(trained.logits, y));
    CHECK(trained.loss < 0.1);
    CHECK(correct(trained.logits, y) >= 145);
  }
}

TEST_SUITE("coding/two_layer_mlp extra") {
  TEST_CASE("arguments that break the contract are refused") {
    std::mt19937_64 rng(6);
    const Mlp net = random_net(3, 4, 2, rng);
    const Matrix X = gaussian(5, 3, rng);
    const std::vector<int> y(5, 1);
    CHECK_NOTHROW(forward_backward(net, X, y));
    CHECK_THROWS_WITH(forward_backward(net, gaussian(5, 4, rng), y),
                      "forward_backward: need X of 3 columns, got 4");
    Mlp wrong = net;
    wrong.b1.resize(5);
    CHECK_THROWS_WITH(forward_backward(wrong, X, y),
                      "forward_backward: need b1 of 4, W2 of 4 x 2, b2 of 2, "
                      "got 5, 4 x 2, 2");
    wrong = net;
    wrong.W2.resize(3, 2);
    CHECK_THROWS_AS(forward_backward(wrong, X, y), std::invalid_argument);
    wrong = net;
    wrong.b2.resize(3);
    CHECK_THROWS_AS(forward_backward(wrong, X, y), std::invalid_argument);
    CHECK_THROWS_AS(forward_backward(net, X, std::vector(4, 1)),
                    std::invalid_argument);
    CHECK_THROWS_AS(forward_backward(net, X, std::vector(5, 2)),
                    std::invalid_argument);
    CHECK_THROWS_AS(forward_backward(net, Matrix(0, 3), std::vector<int>{}),
                    std::invalid_argument);
  }

  TEST_CASE("NaN and infinity are refused wherever they stand") {
    std::mt19937_64 rng(7);
    const Mlp net = random_net(3, 4, 2, rng);
    // All positive: minus infinity in the hidden layer only switches a unit
    // off, and the logits look innocent.
    const Matrix X = gaussian(5, 3, rng).cwiseAbs();
    const std::vector<int> y(5, 1);
    for (const double bad : {kNaN, std::numeric_limits<double>::infinity(),
                             -std::numeric_limits<double>::infinity()}) {
      Matrix spoilt = X;
      spoilt(2, 1) = bad;
      CHECK_THROWS_AS(forward_backward(net, spoilt, y), std::invalid_argument);
      for (int part = 0; part < 4; ++part) {
        CAPTURE(part);
        Mlp other = net;
        if (part == 0) other.W1(0, 0) = bad;
        if (part == 1) other.b1(0) = bad;
        if (part == 2) other.W2(0, 0) = bad;
        if (part == 3) other.b2(0) = bad;
        CHECK_THROWS_AS(forward_backward(other, X, y), std::invalid_argument);
      }
    }
    Mlp huge = net;
    huge.b1.setConstant(1e200);
    huge.W2.setConstant(1e200);
    CHECK_THROWS_AS(forward_backward(huge, X, y), std::invalid_argument);
  }
}
