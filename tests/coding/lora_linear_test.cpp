// Verifies the claims of questions/coding/lora_linear.md.
#include <whiteboard/coding/lora_linear.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/finite_differences.hpp>

#include <Eigen/QR>

#include <cmath>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::lora_adapter;
using coding::LoraGradients;
using coding::LoraLinear;
using whiteboard::testing::gaussian;
using whiteboard::testing::numerical_gradient;

namespace {

LoraLinear random_layer(Eigen::Index out, Eigen::Index in, Eigen::Index rank,
                        double alpha, std::mt19937_64& rng) {
  return {gaussian(out, in, rng), gaussian(rank, in, rng),
          gaussian(out, rank, rng), alpha};
}

/// The definition, sum by sum.
Matrix direct(const LoraLinear& layer, const Matrix& X) {
  Matrix Y(X.rows(), layer.W.rows());
  for (Eigen::Index i = 0; i < Y.rows(); ++i) {
    for (Eigen::Index o = 0; o < Y.cols(); ++o) {
      double y = 0.0;
      for (Eigen::Index j = 0; j < X.cols(); ++j) {
        double weight = 0.0;
        for (Eigen::Index a = 0; a < layer.A.rows(); ++a) {
          weight += layer.B(o, a) * layer.A(a, j);
        }
        weight *= layer.alpha / static_cast<double>(layer.A.rows());
        y += X(i, j) * (layer.W(o, j) + weight);
      }
      Y(i, o) = y;
    }
  }
  return Y;
}

/// Columns of length 1 at right angles.
Matrix orthogonal(Eigen::Index n, std::mt19937_64& rng) {
  const Eigen::MatrixXd X = gaussian(n, n, rng);
  return Eigen::HouseholderQR<Eigen::MatrixXd>(X).householderQ() *
         Eigen::MatrixXd::Identity(n, n);
}

}  // namespace

TEST_SUITE("coding/lora_linear") {
  TEST_CASE("update_is_added") {
    // 2 (1, 1) applied to (3, 4).
    const LoraLinear tiny{Matrix::Zero(1, 2), Matrix{{1.0, 1.0}}, Matrix{{2.0}},
                          1.0};
    CHECK(close(tiny.forward(Matrix{{3.0, 4.0}}), Matrix{{14.0}}));
    const LoraLinear louder{Matrix{{10.0, 0.0}}, Matrix{{1.0, 1.0}},
                            Matrix{{2.0}}, 3.0};
    CHECK(close(louder.forward(Matrix{{3.0, 4.0}}), Matrix{{72.0}}));

    std::mt19937_64 rng(0);
    for (const Eigen::Index rank : {1, 2, 5}) {
      CAPTURE(rank);
      const LoraLinear layer = random_layer(4, 6, rank, 3.0, rng);
      const Matrix X = gaussian(7, 6, rng);
      // Sums of 36 products at most, of numbers below 20.
      CHECK(close(layer.forward(X), direct(layer, X), {.abs = 1e-12}));
    }
  }

  TEST_CASE("merging_changes_nothing") {
    std::mt19937_64 rng(1);
    double worst = 0.0;
    for (const Eigen::Index rank : {1, 3}) {
      const LoraLinear layer = random_layer(5, 8, rank, 16.0, rng);
      const Matrix X = gaussian(10, 8, rng);
      const Matrix merged = layer.merged();
      REQUIRE(merged.rows() == 5);
      REQUIRE(merged.cols() == 8);
      CHECK(close(layer.forward(X), X * merged.transpose(), {.scale = 1e-14}));
      worst = std::max(
          worst, largest_difference(layer.forward(X), X * merged.transpose()));
      // And taking the update out again gives the frozen weights back.
      const Matrix update =
          16.0 / static_cast<double>(rank) * layer.B * layer.A;
      CHECK(close(merged - update, layer.W, {.abs = 1e-13}));
    }
    EVIDENCE("largest difference of the merged layer", worst);
  }

  TEST_CASE("fresh_adapter_is_the_frozen_layer") {
    std::mt19937_64 rng(2);
    // Whole numbers, so that no order of summation rounds.
    const Matrix W = (8.0 * gaussian(20, 300, rng)).array().round();
    const LoraLinear layer = lora_adapter(W, 8, 16.0, rng);
    REQUIRE(layer.A.rows() == 8);
    REQUIRE(layer.B.cols() == 8);
    const Matrix X = (8.0 * gaussian(3, 300, rng)).array().round();
    const Matrix frozen = X * W.transpose();
    CHECK(close(layer.forward(X), frozen));
    CHECK(close(layer.merged(), W));
    CHECK(layer.B.isZero(0.0));
    // 2400 draws of variance 1/300: a standard error of sqrt(2 / 2400) = 2.9 %.
    const double variance = layer.A.squaredNorm() / 2400.0;
    EVIDENCE("variance of A times the width", 300.0 * variance);
    CHECK(close(300.0 * variance, 1.0, {.abs = 0.145}));
  }

  TEST_CASE("two_zero_factors_never_train") {
    std::mt19937_64 rng(3);
    const Matrix X = gaussian(6, 5, rng), dY = gaussian(6, 4, rng);
    LoraLinear layer = lora_adapter(gaussian(4, 5, rng), 2, 1.0, rng);
    const LoraGradients fresh = layer.gradients(X, dY);
    CHECK(fresh.dA.isZero(0.0));  // as B is zero
    CHECK(fresh.dB.norm() > 1e-2);
    // After one step on B the other factor moves as well.
    layer.B -= 0.1 * fresh.dB;
    CHECK(layer.gradients(X, dY).dA.norm() > 1e-4);

    layer.A.setZero();
    layer.B.setZero();
    const LoraGradients dead = layer.gradients(X, dY);
    REQUIRE(dead.dA.size() == 10);
    REQUIRE(dead.dB.size() == 8);
    CHECK(dead.dA.isZero(0.0));
    CHECK(dead.dB.isZero(0.0));
  }

  TEST_CASE("gradients_match_differences") {
    std::mt19937_64 rng(4);
    for (const Eigen::Index rank : {1, 3}) {
      CAPTURE(rank);
      const LoraLinear layer = random_layer(4, 5, rank, 2.0, rng);
      const Matrix X = gaussian(6, 5, rng), target = gaussian(6, 4, rng);
      const auto loss = [&](const LoraLinear& l) {
        return 0.5 * (l.forward(X) - target).squaredNorm();
      };
      const LoraGradients got = layer.gradients(X, layer.forward(X) - target);
      const Matrix dA = numerical_gradient(
          [&](const Matrix& A) {
            return loss({layer.W, A, layer.B, layer.alpha});
          },
          layer.A);
      const Matrix dB = numerical_gradient(
          [&](const Matrix& B) {
            return loss({layer.W, layer.A, B, layer.alpha});
          },
          layer.B);
      // The loss is quadratic in either factor: no truncation, and a rounding
      // of 1000 * 1e-15 / 6e-6 = 2e-7.
      CHECK(close(got.dA, dA, {.abs = 1e-6, .scale = 1e-7}));
      CHECK(close(got.dB, dB, {.abs = 1e-6, .scale = 1e-7}));
      EVIDENCE("largest difference from central differences",
               largest_difference(got.dB, dB));
    }
  }

  TEST_CASE("few_numbers_are_trained") {
    std::mt19937_64 rng(5);
    // 512 x 512 with rank 1 has the share of 4096 x 4096 with rank 8.
    const LoraLinear layer = lora_adapter(Matrix::Zero(512, 512), 1, 1.0, rng);
    const LoraGradients g =
        layer.gradients(Matrix::Ones(1, 512), Matrix::Ones(1, 512));
    const auto trained = static_cast<double>(g.dA.size() + g.dB.size());
    const double share = trained / static_cast<double>(layer.W.size());
    EVIDENCE("share of trained numbers", share);
    CHECK(trained == 1024.0);
    CHECK(share == 1.0 / 256.0);
    CHECK(8.0 * (4096.0 + 4096.0) == 65536.0);
    CHECK(65536.0 / (4096.0 * 4096.0) == share);
  }

  TEST_CASE("rank_bounds_what_can_be_learned") {
    std::mt19937_64 rng(6);
    // A change of weights with singular values 4, 3, 1, 1/2, 0, 0.
    const Matrix U = orthogonal(6, rng), V = orthogonal(6, rng);
    const Matrix change =
        U * Vector{{4.0, 3.0, 1.0, 0.5, 0.0, 0.0}}.asDiagonal() * V.transpose();
    const Matrix W = gaussian(6, 6, rng), X = Matrix::Identity(6, 6);
    const Matrix target = X * (W + change).transpose();
    // Eckart and Young: nothing of rank 2 is closer than sqrt(1 + 1/4).
    const double floor = std::sqrt(1.25);
    LoraLinear layer = lora_adapter(W, 2, 2.0, rng);
    std::vector<double> errors;
    for (int step = 0; step < 600; ++step) {
      const Matrix error = layer.forward(X) - target;
      errors.push_back(error.norm());
      const LoraGradients g = layer.gradients(X, error);
      layer.A -= 0.05 * g.dA;
      layer.B -= 0.05 * g.dB;
    }
    EVIDENCE_SERIES("distance from the target over 600 steps", errors);
    EVIDENCE("final distance", errors.back());
    CHECK(close(errors.front(), change.norm(), {.rel = 1e-12}));
    bool above = true;
    for (const double e : errors) above = above && e >= floor - 1e-12;
    CHECK(above);
    CHECK(close(errors.back(), floor, {.abs = 1e-6}));
    // What it learned is the truncated decomposition.
    const Matrix best =
        U * Vector{{4.0, 3.0, 0.0, 0.0, 0.0, 0.0}}.asDiagonal() * V.transpose();
    CHECK(close(layer.merged() - W, best, {.abs = 1e-4}));
  }

  TEST_CASE("alpha_over_rank_keeps_the_size") {
    std::mt19937_64 rng(7);
    const LoraLinear one = random_layer(4, 5, 2, 3.0, rng);
    // The same factors twice: rank 4, and an update of the same size.
    LoraLinear two = one;
    two.A.resize(4, 5);
    two.B.resize(4, 4);
    two.A << one.A, one.A;
    two.B << one.B, one.B;
    const Matrix X = gaussian(3, 5, rng);
    CHECK(close(two.forward(X), one.forward(X), {.abs = 1e-13}));
    CHECK(close(two.merged(), one.merged(), {.abs = 1e-13}));
    // Twice alpha is twice the update.
    LoraLinear loud = one;
    loud.alpha = 6.0;
    CHECK(close(loud.merged() - loud.W, 2.0 * (one.merged() - one.W),
                {.abs = 1e-13}));
  }

  TEST_CASE("thin_products_first") {
    std::mt19937_64 rng(8);
    const LoraLinear layer = random_layer(30, 40, 2, 2.0, rng);
    const Matrix X = gaussian(1, 40, rng);
    // Associative on paper: both orders give the same output.
    const Matrix thick =
        X * layer.W.transpose() + X * (layer.B * layer.A).transpose();
    CHECK(close(layer.forward(X), thick, {.scale = 1e-14}));
    // Multiplications: n r (in + out), against r in out for the product alone.
    const double thin = 1.0 * 8.0 * (4096.0 + 4096.0);
    const double product = 8.0 * 4096.0 * 4096.0;
    EVIDENCE("ratio of multiplications at 4096 for one token", product / thin);
    CHECK(product / thin == 2048.0);
  }
}

TEST_SUITE("coding/lora_linear extra") {
  TEST_CASE("no inputs give no outputs") {
    std::mt19937_64 rng(9);
    const LoraLinear layer = random_layer(4, 5, 2, 3.0, rng);
    CHECK(layer.forward(Matrix(0, 5)).rows() == 0);
    CHECK(layer.forward(Matrix(0, 5)).cols() == 4);
  }

  TEST_CASE("arguments that break the contract are refused") {
    std::mt19937_64 rng(10);
    const LoraLinear good = random_layer(4, 5, 2, 3.0, rng);
    CHECK_THROWS_WITH(good.forward(Matrix::Ones(1, 4)),
                      "LoraLinear: inputs have width 4, need 5");
    CHECK_THROWS_WITH(good.gradients(Matrix::Ones(3, 5), Matrix::Ones(3, 5)),
                      "LoraLinear: dY is 3 x 5, need 3 x 4");
    CHECK_THROWS_AS(good.gradients(Matrix::Ones(3, 5), Matrix::Ones(2, 4)),
                    std::invalid_argument);
    CHECK_THROWS_AS(good.gradients(Matrix::Ones(3, 4), Matrix::Ones(3, 4)),
                    std::invalid_argument);
    LoraLinear bad = good;
    bad.A = good.B;
    bad.B = good.A;
    CHECK_THROWS_WITH(bad.merged(), "LoraLinear: W is 4 x 5, A 4 x 2, B 2 x 5");
    bad = good;
    bad.B = Matrix::Ones(4, 3);
    CHECK_THROWS_AS(bad.forward(Matrix::Ones(1, 5)), std::invalid_argument);
    bad.B = Matrix::Ones(3, 2);
    CHECK_THROWS_AS(bad.merged(), std::invalid_argument);
    bad.A.resize(0, 5);
    bad.B.resize(4, 0);
    CHECK_THROWS_WITH(bad.merged(), "LoraLinear: need a rank >= 1, got 0");
    CHECK_THROWS_WITH(lora_adapter(good.W, 0, 1.0, rng),
                      "lora_adapter: need rank >= 1, got 0");
  }
}
