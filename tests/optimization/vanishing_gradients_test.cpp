// Verifies the claims of questions/optimization/vanishing_gradients.md.
#include <whiteboard/optimization/vanishing_gradients.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/finite_differences.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::optimization;
using whiteboard::testing::gaussian;
using whiteboard::testing::numerical_gradient;

namespace {

using Eigen::Index;

Vector gaussian_vector(Index n, std::mt19937_64& rng) {
  return gaussian(n, 1, rng).col(0);
}

std::vector<Index> equal_widths(Index width, int depth) {
  return std::vector<Index>(static_cast<std::size_t>(depth) + 1, width);
}

/// Upper bound of the largest singular value: its square is at most the largest
/// column sum times the largest row sum, and at most the squared Frobenius one.
double norm_bound(const Matrix& W) {
  const double columns = W.cwiseAbs().colwise().sum().maxCoeff();
  const double rows = W.cwiseAbs().rowwise().sum().maxCoeff();
  return std::min(std::sqrt(columns * rows), W.norm());
}

struct Ratios {
  double mean = 0.0, standard_error = 0.0, median = 0.0;
};

/// |g_0|^2 / |g_L|^2 over random networks, inputs and output gradients.
Ratios ratios(const std::vector<Index>& widths, Activation activation,
              double gain, bool residual, int networks) {
  std::mt19937_64 rng(1);
  std::vector<double> all;
  for (int i = 0; i < networks; ++i) {
    const Network net{gaussian_weights(widths, gain, rng), activation,
                      residual};
    const Vector x = gaussian_vector(widths.front(), rng);
    const Vector dy = gaussian_vector(widths.back(), rng);
    const std::vector<double> norms = gradient_norms(net, x, dy);
    const double ratio = norms.front() / norms.back();
    all.push_back(ratio * ratio);
  }
  const auto n = static_cast<double>(networks);
  Ratios result;
  result.mean = std::accumulate(all.begin(), all.end(), 0.0) / n;
  double squares = 0.0;
  for (const double r : all) squares += (r - result.mean) * (r - result.mean);
  result.standard_error = std::sqrt(squares / n / n);
  std::nth_element(all.begin(), all.begin() + networks / 2, all.end());
  result.median = all[static_cast<std::size_t>(networks / 2)];
  return result;
}

/// A recurrent network: the same weights T times.
Network recurrent(const Matrix& W, std::size_t T) {
  return {std::vector<Matrix>(T, W), Activation::identity, false};
}

/// Rotations in the planes (0, 1) and (2, 3), and mirrored: orthogonal.
Matrix orthogonal_4x4() {
  const double c = std::cos(0.7), s = std::sin(0.7);
  Matrix Q = Matrix::Zero(4, 4);
  Q(0, 1) = -s;
  Q(0, 0) = Q(1, 1) = c;
  Q(1, 0) = s;
  Q(2, 3) = Q(3, 2) = 1.0;
  return Q;
}

double sigmoid(double z) {
  return 1.0 / (1.0 + std::exp(-z));
}

}  // namespace

TEST_SUITE("optimization/vanishing_gradients") {
  TEST_CASE("a_sigmoid_passes_a_quarter_at_most") {
    double largest = 0.0;
    for (int i = -400; i <= 400; ++i) {
      const Vector a{{sigmoid(0.02 * i)}};
      const double slope = activation_slope(a, Activation::sigmoid)(0);
      CHECK((i == 0 ? slope == 0.25 : slope < 0.25));
      largest = std::max(largest, slope);
    }
    CHECK(largest == 0.25);
    // Ten units of weight 1: 4^-10 if all stood at 0, but they cannot.
    const Network chain{std::vector<Matrix>(10, Matrix{{1.0}}),
                        Activation::sigmoid, false};
    const double passed =
        gradient_norms(chain, Vector{{0.0}}, Vector{{1.0}}).front();
    CHECK(passed < std::pow(0.25, 10));
    CHECK(passed > 0.0);
    EVIDENCE("4 to the minus 10", std::pow(0.25, 10));
    EVIDENCE("what ten sigmoids pass", passed);
  }

  TEST_CASE("twenty_sigmoid_layers_pass_nothing") {
    double worst = 0.0;
    for (const unsigned seed : {0U, 1U, 2U, 3U, 4U}) {
      std::mt19937_64 rng(seed);
      const std::vector<Index> widths = equal_widths(32, 20);
      const Network net{gaussian_weights(widths, 1.0, rng), Activation::sigmoid,
                        false};
      const Vector x = gaussian_vector(32, rng), dy = gaussian_vector(32, rng);
      const std::vector<double> norms = gradient_norms(net, x, dy);
      REQUIRE(norms.size() == 21);
      double bound = 1.0;
      for (std::size_t l = 20; l > 0; --l) {
        const double layer = 0.25 * norm_bound(net.weights[l - 1]);
        CHECK(norms[l - 1] <= layer * norms[l]);
        bound *= layer;
      }
      CHECK(norms.front() <= bound * norms.back());
      CHECK(norms.front() < 1e-8 * norms.back());
      worst = std::max(worst, norms.front() / norms.back());
      if (seed > 0) continue;
      std::vector<double> logs;
      for (const double norm : norms) logs.push_back(std::log10(norm));
      EVIDENCE_SERIES("log10 of the norms, first layer to last", logs);
    }
    EVIDENCE("largest ratio of five networks", worst);
  }

  TEST_CASE("he_weights_keep_the_mean_square") {
    const Ratios he =
        ratios(equal_widths(16, 8), Activation::relu, 2.0, false, 300);
    CHECK(std::abs(he.mean - 1.0) <= 5.0 * he.standard_error);
    CHECK(he.standard_error < 0.15);
    // Yet the typical network has less: the mean lives on a few large ones.
    CHECK(he.median < 0.75);
    // ReLU is homogeneous: half the variance is 2^-8, network by network.
    const Ratios small =
        ratios(equal_widths(16, 8), Activation::relu, 1.0, false, 300);
    CHECK(close(small.mean, std::ldexp(he.mean, -8), {.rel = 1e-12}));
    CHECK(close(small.median, std::ldexp(he.median, -8), {.rel = 1e-12}));
    // Width 4 in place of 16: the same mean, a median far below.
    const Ratios narrow =
        ratios(equal_widths(4, 8), Activation::relu, 2.0, false, 300);
    CHECK(narrow.median < 0.5 * he.median);
    EVIDENCE("mean ratio of the squared norms", he.mean);
    EVIDENCE("its standard error", he.standard_error);
    EVIDENCE("median", he.median);
    EVIDENCE("median at width 4", narrow.median);
  }

  TEST_CASE("the_fan_in_counts_in_rectangular_layers") {
    const std::vector<Index> widths{32, 24, 16, 12, 8, 4};
    const Ratios he = ratios(widths, Activation::relu, 2.0, false, 300);
    CHECK(std::abs(he.mean - 1.0) <= 5.0 * he.standard_error);
    // 2 / n_l in place of 2 / n_(l-1) would give 32 / 4 = 8.
    CHECK(he.standard_error < 0.3);
    EVIDENCE("mean ratio of the squared norms", he.mean);
    // Forward the mean square per unit stays, so the norm follows the width.
    std::mt19937_64 rng(2);
    double sum = 0.0, squares = 0.0;
    for (int i = 0; i < 300; ++i) {
      const Network net{gaussian_weights(widths, 2.0, rng), Activation::relu,
                        false};
      const Vector x = gaussian_vector(32, rng);
      const double share =
          states(net, x).back().squaredNorm() / 4.0 / (x.squaredNorm() / 32.0);
      sum += share;
      squares += share * share;
    }
    const double mean = sum / 300.0;
    const double error = std::sqrt((squares / 300.0 - mean * mean) / 300.0);
    CHECK(std::abs(mean - 1.0) <= 5.0 * error);
    EVIDENCE("mean square per unit, last over first", mean);
  }

  TEST_CASE("orthogonal_weights_keep_every_norm") {
    const Matrix Q = orthogonal_4x4();
    const Vector x{{0.1, 0.2, 0.3, 0.4}}, dy{{1.0, -2.0, 0.5, 3.0}};
    const double size = dy.norm();
    for (const double norm : gradient_norms(recurrent(Q, 100), x, dy)) {
      CHECK(close(norm, size, {.rel = 1e-13}));
    }
    const std::vector<double> grown =
        gradient_norms(recurrent(1.1 * Q, 100), x, dy);
    const std::vector<double> shrunk =
        gradient_norms(recurrent(0.9 * Q, 100), x, dy);
    CHECK(close(grown.front() / size, 13780.612, {.rel = 1e-6}));
    CHECK(close(shrunk.front() / size, 2.65614e-5, {.rel = 1e-5}));
    EVIDENCE("1.1 Q after 100 steps", grown.front() / size);
    EVIDENCE("0.9 Q after 100 steps", shrunk.front() / size);
  }

  TEST_CASE("eigenvalues_rule_in_the_end_and_norms_at_first") {
    // Both eigenvalues are 1/2; W^t has 2^-t and 10 t 2^(1-t).
    const Matrix W{{0.5, 10.0}, {0.0, 0.5}};
    const std::vector<double> norms = gradient_norms(
        recurrent(W, 60), Vector{{0.0, 0.0}}, Vector{{1.0, 0.0}});
    REQUIRE(norms.size() == 61);
    std::vector<double> after;
    for (int t = 0; t <= 60; ++t) {
      const double norm = norms[static_cast<std::size_t>(60 - t)];
      CHECK(close(norm, std::ldexp(std::hypot(1.0, 20.0 * t), -t),
                  {.rel = 1e-14}));
      after.push_back(norm);
    }
    CHECK(*std::max_element(after.begin(), after.end()) > 10.0);
    CHECK(after.back() < 1e-14);
    EVIDENCE_SERIES("norm of the gradient after 0 to 12 steps",
                    std::vector<double>(after.begin(), after.begin() + 13));
  }

  TEST_CASE("a_residual_chain_cannot_vanish") {
    const std::vector<Matrix> ones(10, Matrix{{1.0}});
    const Network plain{ones, Activation::sigmoid, false};
    const Network residual{ones, Activation::sigmoid, true};
    for (const double x : {-30.0, -5.0, 0.0, 3.0}) {
      const std::vector<double> norms =
          gradient_norms(residual, Vector{{x}}, Vector{{1.0}});
      CHECK(norms.front() >= 1.0);
      CHECK(norms.front() <= std::pow(1.25, 10));
      CHECK(gradient_norms(plain, Vector{{x}}, Vector{{1.0}}).front() < 1e-6);
    }
    CHECK(close(std::pow(1.25, 10), 9.3132, {.abs = 5e-5}));
    const double at_0 =
        gradient_norms(residual, Vector{{-2.0}}, Vector{{1.0}}).front();
    EVIDENCE("residual chain from -2", at_0);
  }

  TEST_CASE("residual_layers_need_a_small_branch") {
    // Linear layers: |g|^2 grows by 1 + gain a layer, in the mean.
    const int depth = 8;
    const Ratios full =
        ratios(equal_widths(8, depth), Activation::identity, 1.0, true, 300);
    const Ratios scaled = ratios(equal_widths(8, depth), Activation::identity,
                                 1.0 / depth, true, 300);
    CHECK(std::abs(full.mean - 256.0) <= 5.0 * full.standard_error);
    CHECK(full.standard_error < 50.0);
    const double want = std::pow(1.0 + 1.0 / depth, depth);
    CHECK(want < 2.7183);
    CHECK(std::abs(scaled.mean - want) <= 5.0 * scaled.standard_error);
    CHECK(scaled.standard_error < 0.1);
    EVIDENCE("mean growth of 8 layers", full.mean);
    EVIDENCE("with branches of an eighth of the variance", scaled.mean);
  }

  TEST_CASE("the_cell_of_an_lstm_is_as_long_as_its_gates_allow") {
    const auto path = [](double bias) {
      const std::vector<double> gates(100, sigmoid(bias));
      return lstm_cell_path(gates);
    };
    CHECK(close(path(0.0), std::ldexp(1.0, -100), {.rel = 1e-13}));
    CHECK(close(path(1.0), 2.48438e-14, {.rel = 1e-5}));
    CHECK(close(path(5.0), 0.5109237, {.rel = 1e-6}));
    EVIDENCE("100 steps with a forget bias of 1", path(1.0));
    EVIDENCE("100 steps with a forget bias of 5", path(5.0));
    CHECK(lstm_cell_path(std::vector<double>{1.0, 1.0}) == 1.0);
    CHECK(lstm_cell_path(std::vector<double>{0.5, 0.0, 0.5}) == 0.0);
  }

  TEST_CASE("the_gradients_are_those_of_the_network") {
    std::mt19937_64 rng(4);
    double worst = 0.0;
    for (const Activation activation :
         {Activation::identity, Activation::sigmoid, Activation::tanh,
          Activation::relu}) {
      for (const bool residual : {false, true}) {
        const std::vector<Index> widths =
            residual ? equal_widths(5, 4) : std::vector<Index>{5, 7, 3, 6, 4};
        const Network net{gaussian_weights(widths, 2.0, rng), activation,
                          residual};
        const Vector x = gaussian_vector(5, rng);
        const Vector dy = gaussian_vector(widths.back(), rng);
        const std::vector<Vector> g = layer_gradients(net, x, dy);
        const std::vector<Vector> h = states(net, x);
        REQUIRE(g.size() == 5);
        REQUIRE(h.size() == 5);
        for (std::size_t l = 0; l < 4; ++l) {
          const Network rest{
              {net.weights.begin() + static_cast<long>(l), net.weights.end()},
              activation,
              residual};
          const Vector want = numerical_gradient(
              [&](const Vector& at) { return dy.dot(states(rest, at).back()); },
              h[l]);
          const double scale = std::max(1.0, want.cwiseAbs().maxCoeff());
          CHECK(close(g[l], want, {.abs = 1e-7 * scale}));
          worst = std::max(worst, largest_difference(g[l], want) / scale);
        }
        CHECK(g[4] == dy);
      }
    }
    EVIDENCE("largest difference from central differences", worst);
  }
}

TEST_SUITE("optimization/vanishing_gradients extra") {
  TEST_CASE("activations by hand") {
    const Vector z{{-1.0, 0.0, 2.0}};
    CHECK(activate(z, Activation::identity) == z);
    CHECK(activate(z, Activation::relu) == Vector{{0.0, 0.0, 2.0}});
    CHECK(close(activate(z, Activation::tanh),
                Vector{{std::tanh(-1.0), 0.0, std::tanh(2.0)}},
                {.abs = 1e-15}));
    CHECK(close(activate(z, Activation::sigmoid),
                Vector{{sigmoid(-1.0), 0.5, sigmoid(2.0)}}, {.abs = 1e-15}));
    CHECK(activation_slope(activate(z, Activation::relu), Activation::relu) ==
          Vector{{0.0, 0.0, 1.0}});
    // Beyond all limits they are flat, not NaN.
    const Vector far{{-1e4, 1e4}};
    CHECK(activate(far, Activation::sigmoid) == Vector{{0.0, 1.0}});
    CHECK(activation_slope(Vector{{0.0, 1.0}}, Activation::sigmoid) ==
          Vector{{0.0, 0.0}});
  }

  TEST_CASE("weights have the variance that was asked for") {
    std::mt19937_64 rng(6);
    const std::vector<Index> widths{50, 400};
    const Matrix W = gaussian_weights(widths, 2.0, rng)[0];
    REQUIRE(W.rows() == 400);
    REQUIRE(W.cols() == 50);
    // 20,000 draws: the variance is known to sqrt(2 / 20000) of itself.
    CHECK(close(W.squaredNorm() / 20000.0, 2.0 / 50.0, {.rel = 0.05}));
    CHECK(std::abs(W.mean()) < 5.0 * std::sqrt(2.0 / 50.0 / 20000.0));
    CHECK(gaussian_weights(widths, 0.0, rng)[0].isZero(0.0));
  }

  TEST_CASE("a network is linear and without shortcuts unless it is told") {
    const Network net{{Matrix{{3.0}}, Matrix{{-0.5}}}};
    const std::vector<Vector> h = states(net, Vector{{2.0}});
    REQUIRE(h.size() == 3);
    CHECK(h[1](0) == 6.0);
    CHECK(h[2](0) == -3.0);
  }

  TEST_CASE("arguments that break the contract are refused") {
    std::mt19937_64 rng(0);
    const std::vector<Index> one{3}, bad{3, 0}, good{3, 2};
    CHECK_THROWS_WITH(gaussian_weights(one, 1.0, rng),
                      "gaussian_weights: need two widths or more, got 1");
    CHECK_THROWS_WITH(gaussian_weights(bad, 1.0, rng),
                      "gaussian_weights: need widths >= 1, got 0");
    CHECK_THROWS_WITH(gaussian_weights(good, -1.0, rng),
                      "gaussian_weights: need a finite gain >= 0, got -1");
    CHECK_THROWS_AS(
        gaussian_weights(good, std::numeric_limits<double>::infinity(), rng),
        std::invalid_argument);
    const Vector x{{1.0, 2.0, 3.0}}, two{{1.0, 2.0}};
    const Network net{gaussian_weights(good, 1.0, rng), Activation::tanh,
                      false};
    CHECK_THROWS_WITH(states(net, two),
                      "Network: layer 1 takes 3 numbers, but gets 2");
    CHECK_THROWS_WITH(states(Network{}, two), "Network: need a layer");
    CHECK_THROWS_WITH(states(Network{net.weights, Activation::tanh, true}, x),
                      "Network: residual layer 1 is 2 x 3");
    const Network broken{
        {net.weights[0], net.weights[0]}, Activation::tanh, false};
    CHECK_THROWS_WITH(states(broken, x),
                      "Network: layer 2 takes 3 numbers, but gets 2");
    CHECK_THROWS_WITH(layer_gradients(net, x, x),
                      "layer_gradients: the output has 2 numbers, but dy has "
                      "3");
    const double nan = std::nan("");
    CHECK_THROWS_WITH(states(net, Vector{{1.0, nan, 3.0}}),
                      "Network: x(1) is nan");
    CHECK_THROWS_WITH(layer_gradients(net, x, Vector{{nan, 2.0}}),
                      "layer_gradients: dy(0) is nan");
    Network wrong = net;
    wrong.weights[0](1, 2) = nan;
    CHECK_THROWS_WITH(states(wrong, x), "Network: W(1, 2) is nan");
    CHECK_THROWS_WITH(lstm_cell_path(std::vector<double>{0.5, 1.5}),
                      "lstm_cell_path: need gates in [0, 1], got 1.5");
    CHECK_THROWS_AS(lstm_cell_path(std::vector<double>{-0.1}),
                    std::invalid_argument);
    CHECK_THROWS_AS(lstm_cell_path(std::vector<double>{nan}),
                    std::invalid_argument);
  }
}
