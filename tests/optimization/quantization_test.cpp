// Verifies the claims of questions/optimization/quantization.md.
#include <whiteboard/optimization/quantization.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::optimization;
using whiteboard::testing::data_set;
using whiteboard::testing::gaussian;

namespace {

using Eigen::Index;
constexpr double eps = std::numeric_limits<float>::epsilon();

double mean_square(const MatrixF& A) {
  double sum = 0.0;
  for (Index i = 0; i < A.size(); ++i) {
    sum += static_cast<double>(A.data()[i]) * static_cast<double>(A.data()[i]);
  }
  return sum / static_cast<double>(A.size());
}

/// Mean squared error of weights with a grid for each row.
double row_error(const MatrixF& W, int bits) {
  return mean_square(QuantizedWeights::per_channel(W, bits).dequantized() - W);
}

/// The same numbers in another number of rows: all rows as one, or in groups.
MatrixF reshaped(const MatrixF& values, Index rows) {
  return MatrixF::Map(values.data(), rows, values.size() / rows);
}

MatrixF gaussian_f(Index rows, Index cols, std::mt19937_64& rng) {
  return gaussian(rows, cols, rng).cast<float>();
}

/// A W^T of the dequantised matrices, in double.
Matrix product(const MatrixF& A, const MatrixF& W) {
  Matrix Y = Matrix::Zero(A.rows(), W.rows());
  for (Index i = 0; i < A.rows(); ++i) {
    for (Index j = 0; j < W.rows(); ++j) {
      for (Index p = 0; p < A.cols(); ++p) {
        Y(i, j) += static_cast<double>(A(i, p)) * static_cast<double>(W(j, p));
      }
    }
  }
  return Y;
}

}  // namespace

TEST_SUITE("optimization/quantization") {
  TEST_CASE("within_half_a_step_and_zero_exactly") {
    std::mt19937_64 rng(1);
    double worst = 0.0;
    for (int trial = 0; trial < 200; ++trial) {
      const auto a = static_cast<float>(uniform(-10.0, 10.0, rng));
      const auto b = static_cast<float>(uniform(-10.0, 10.0, rng));
      const float low = std::min(a, b), high = std::max(a, b);
      const QuantParams affine = affine_params(low, high);
      const QuantParams symmetric =
          symmetric_params(std::max(std::abs(low), std::abs(high)));
      for (const QuantParams& grid : {affine, symmetric}) {
        CHECK(grid.zero_point >= grid.lowest);
        CHECK(grid.zero_point <= grid.highest);
        CHECK(dequantize(quantize(0.0F, grid), grid) == 0.0F);
        for (const double t : {0.0, 1.0, uniform(rng), uniform(rng)}) {
          const auto x = static_cast<float>(low + t * (high - low));
          const int q = quantize(x, grid);
          CHECK(q >= grid.lowest);
          CHECK(q <= grid.highest);
          const double error =
              std::abs(static_cast<double>(dequantize(q, grid)) - x) /
              grid.scale;
          // x / s, up to 255 steps, is rounded once, s (q - z) once, and s.
          CHECK(error <= 0.5 + 1.5 * 255.0 * eps);
          worst = std::max(worst, error);
        }
      }
    }
    EVIDENCE("largest error in steps", worst);
    // The shortcut: a grid from low to high without 0 has no exact zero.
    const double step = 2.0 / 255.0;  // for values in [3, 5]
    CHECK(std::abs(std::round(-3.0 / step) * step + 3.0) < step);
    const QuantParams widened = affine_params(3.0F, 5.0F);
    CHECK(widened.zero_point == 0);
    CHECK(close(widened.scale, 5.0 / 255.0, {.rel = eps}));
    CHECK(quantize(5.0F, widened) == 255);
    const QuantParams negative = affine_params(-5.0F, -3.0F);
    CHECK(negative.zero_point == 255);
    CHECK(quantize(-5.0F, negative) == 0);
  }

  TEST_CASE("six_decibels_a_bit") {
    std::mt19937_64 rng(2);
    std::vector<double> measured;
    for (const int bits : {4, 6, 8}) {
      CAPTURE(bits);
      const QuantParams grid = affine_params(-1.0F, 1.0F, bits);
      double noise = 0.0, signal = 0.0;
      for (int i = 0; i < 40'000; ++i) {
        const auto x = static_cast<float>(uniform(-1.0, 1.0, rng));
        const double error =
            static_cast<double>(dequantize(quantize(x, grid), grid)) - x;
        noise += error * error;
        signal += static_cast<double>(x) * static_cast<double>(x);
      }
      const double decibel = 10.0 * std::log10(signal / noise);
      const double want = 20.0 * std::log10(std::pow(2.0, bits) - 1.0);
      // Means of 40,000 squares of uniforms are known to 0.45 %, 0.02 dB, each;
      // at 4 bits the half step by which the grid is shifted costs as much.
      CHECK(close(decibel, want, {.abs = bits == 4 ? 0.2 : 0.15}));
      CHECK(close(noise / 40'000.0,
                  static_cast<double>(grid.scale) * grid.scale / 12.0,
                  {.rel = 0.03}));
      measured.push_back(decibel);
    }
    CHECK(close(20.0 * std::log10(255.0), 48.13, {.abs = 0.005}));
    EVIDENCE_SERIES("signal over noise in dB at 4, 6 and 8 bits", measured);
  }

  TEST_CASE("one_outlier_takes_the_grid") {
    std::mt19937_64 rng(3);
    MatrixF x = gaussian_f(1, 10'000, rng);
    const auto bulk_error = [&](const QuantParams& grid) {
      MatrixF error = x;
      for (Index i = 0; i < x.size(); ++i) {
        error(i) = dequantize(quantize(x(i), grid), grid) - x(i);
      }
      return mean_square(error);
    };
    const QuantParams whole = symmetric_params(100.0F);
    const QuantParams clipped = symmetric_params(4.0F);
    int zeros = 0;
    for (Index i = 0; i < x.size(); ++i) {
      zeros += quantize(x(i), whole) == 0 ? 1 : 0;
    }
    // P(|x| < s / 2) = 0.3062; five standard errors of 10,000 draws.
    CHECK(close(whole.scale, 100.0 / 127.0, {.rel = eps}));
    CHECK(close(zeros / 10'000.0, 0.3062, {.abs = 0.024}));
    const double error = bulk_error(whole);
    CHECK(close(error, 0.0517, {.rel = 0.05}));  // s^2 / 12
    CHECK(error > 400.0 * bulk_error(clipped));
    CHECK(quantize(100.0F, clipped) == 127);  // what it costs: the outlier
    EVIDENCE("share of the others that become 0", zeros / 10'000.0);
    EVIDENCE("their error over that with a clip at 4",
             error / bulk_error(clipped));
  }

  TEST_CASE("rows_of_different_size_need_their_own_grid") {
    std::mt19937_64 rng(4);
    MatrixF W = gaussian_f(2, 4096, rng);
    W.row(1) *= 100.0F;
    const MatrixF per_channel = QuantizedWeights::per_channel(W).dequantized();
    const MatrixF per_tensor = reshaped(
        QuantizedWeights::per_channel(reshaped(W, 1)).dequantized(), 2);
    const auto relative = [&](const MatrixF& got, Index row) {
      return std::sqrt(mean_square(got.row(row) - W.row(row)) /
                       mean_square(W.row(row)));
    };
    // s / sqrt(12) with s = largest / 127, the largest of 4096 being 3.5 to 5.
    for (const Index row : {0, 1}) {
      CHECK(relative(per_channel, row) > 3.3 / 127.0 / std::sqrt(12.0));
      CHECK(relative(per_channel, row) < 5.0 / 127.0 / std::sqrt(12.0));
    }
    CHECK(close(relative(per_tensor, 1), relative(per_channel, 1),
                {.rel = 1e-6}));
    CHECK(relative(per_tensor, 0) > 50.0 * relative(per_channel, 0));
    EVIDENCE("relative error of the small row, own grid",
             relative(per_channel, 0));
    EVIDENCE("relative error of the small row, common grid",
             relative(per_tensor, 0));
  }

  TEST_CASE("on_real_features_a_common_grid_leaves_ten_of_thirty") {
    const Table table = data_set("breast_cancer");
    const MatrixF X = table.matrix(0, 30).cast<float>();
    REQUIRE(X.rows() == 569);
    const QuantizedActivations common = QuantizedActivations::quantized(
        X, affine_params(X.minCoeff(), X.maxCoeff()));
    int constant = 0;
    for (Index j = 0; j < 30; ++j) {
      const int first = common.values(0, j);
      bool same = true;
      for (Index i = 1; i < 569; ++i)
        same = same && common.values(i, j) == first;
      constant += same ? 1 : 0;
    }
    CHECK(constant == 20);
    EVIDENCE("features that become constant", constant);
    const MatrixF features = X.transpose();
    const MatrixF own = QuantizedWeights::per_channel(features).dequantized();
    double worst = 1e9;
    for (Index j = 0; j < 30; ++j) {
      const MatrixF row = features.row(j);
      const MatrixF centred = row.array() - row.mean();
      const double ratio = mean_square(centred) / mean_square(own.row(j) - row);
      worst = std::min(worst, 10.0 * std::log10(ratio));
    }
    // NumPy 1.24 in double: 30.006 dB for the worst feature.
    CHECK(close(worst, 30.006, {.abs = 0.01}));
    EVIDENCE("worst feature in dB, a grid each", worst);
  }

  TEST_CASE("the_integer_product_adds_no_error") {
    std::mt19937_64 rng(5);
    double worst = 0.0;
    for (const Index k : {1, 3, 16, 17, 100}) {
      for (const Index m : {1, 4, 6}) {
        const MatrixF A = gaussian_f(5, k, rng), W = gaussian_f(m, k, rng);
        const QuantizedActivations a =
            QuantizedActivations::quantized(A, affine_params(-2.0F, 3.0F));
        const QuantizedWeights w = QuantizedWeights::per_channel(W);
        CHECK(a.grid.zero_point == 102);
        const MatrixF got = quantized_linear(a, w);
        CHECK(got == quantized_linear_reference(a, w));
        const Matrix want = product(a.dequantized(), w.dequantized());
        // The integers are exact; dequantising rounds every factor once, and
        // the result has three more roundings.
        const double size =
            (product(a.dequantized().cwiseAbs(), w.dequantized().cwiseAbs()))
                .maxCoeff();
        CHECK(close(got, want, {.abs = 6.0 * eps * size}));
        worst = std::max(worst, largest_difference(got, want) / size);
      }
    }
    EVIDENCE("largest difference, relative", worst);
    // Without the correction of Eq. (6) the result is another one.
    const QuantizedActivations zero = QuantizedActivations::quantized(
        MatrixF::Zero(1, 8), affine_params(-1.28F, 1.27F));
    const QuantizedWeights ones =
        QuantizedWeights::per_channel(MatrixF::Ones(4, 8));
    CHECK(zero.values.cast<int>().sum() == 8 * 128);
    CHECK(quantized_linear(zero, ones).isZero(0.0F));
  }

  TEST_CASE("int32_lasts_for_66311_products") {
    CHECK(longest_sum == 66311);
    const std::int64_t limit = std::numeric_limits<std::int32_t>::max();
    CHECK(limit / (255 * 127) == 66311);
    CHECK(limit / (127 * 127) == 133'144);  // both signed
    // All products at their largest, of either sign.
    for (const float sign : {1.0F, -1.0F}) {
      const QuantizedActivations a = QuantizedActivations::quantized(
          MatrixF::Ones(1, 66311), affine_params(0.0F, 1.0F));
      const QuantizedWeights w =
          QuantizedWeights::per_channel(MatrixF::Constant(1, 66311, sign));
      CHECK(close(quantized_linear(a, w)(0, 0), sign * 66311.0,
                  {.rel = 4.0 * eps}));
      CHECK(close(quantized_linear_reference(a, w)(0, 0), sign * 66311.0,
                  {.rel = 4.0 * eps}));
    }
    const QuantizedActivations a = QuantizedActivations::quantized(
        MatrixF::Ones(1, 66312), affine_params(0.0F, 1.0F));
    const QuantizedWeights w =
        QuantizedWeights::per_channel(MatrixF::Ones(1, 66312));
    CHECK_THROWS_WITH(
        quantized_linear(a, w),
        "quantized_linear: need at most 66311 columns, got 66312");
    // int16 holds two products of signed bytes, and not one pair of unsigned
    // by signed: the saturating multiply-add of AVX2.
    CHECK(2 * 127 * 127 <= 32767);
    CHECK(3 * 127 * 127 > 32767);
    CHECK(2 * 255 * 127 > 32767);
  }

  TEST_CASE("the_nearest_weights_are_not_the_best_ones") {
    // Weights (0.4, 0.4) on the grid of integers, for the input (1, 1).
    const QuantParams grid{1.0F, 0, -7, 7};
    const int nearest = quantize(0.4F, grid);
    CHECK(nearest == 0);
    CHECK(quantize(0.6F, grid) == 1);
    const auto error = [](int first, int second) {
      const double difference = first + second - 0.8;
      return difference * difference;
    };
    CHECK(close(error(nearest, nearest), 0.64, {.abs = 1e-15}));
    double best = 1e9;
    for (int first = -7; first <= 7; ++first) {
      for (int second = -7; second <= 7; ++second) {
        best = std::min(best, error(first, second));
      }
    }
    CHECK(close(best, 0.04, {.abs = 1e-15}));
    CHECK(error(1, 0) == best);
    EVIDENCE("squared error of the nearest", error(0, 0));
    EVIDENCE("squared error of the best", best);
  }

  TEST_CASE("four_bits_need_groups") {
    std::mt19937_64 rng(6);
    const MatrixF W = gaussian_f(8, 4096, rng);
    const double row8 = row_error(W, 8), row4 = row_error(W, 4);
    const double group4 = row_error(reshaped(W, 8 * 128), 4);
    // 127 / 7 squared: 25 dB, or four bits.
    CHECK(close(row4 / row8, 329.2, {.rel = 0.1}));
    // The largest |w| of 32 is 2.4 and that of 4096 is 3.8, on average; the
    // mean of the squares differs by a factor of 2.6.
    CHECK(row4 / group4 > 2.2);
    CHECK(row4 / group4 < 3.0);
    EVIDENCE("4 bits over 8, squared error", row4 / row8);
    EVIDENCE("a grid per row over one per 32, squared error", row4 / group4);
    // With one weight in 1000 ten times as large, as in language models.
    MatrixF heavy = W;
    for (Index i = 0; i < heavy.size(); i += 1000) heavy.data()[i] *= 10.0F;
    const double gain =
        row_error(heavy, 4) / row_error(reshaped(heavy, 8 * 128), 4);
    CHECK(gain > 10.0);
    EVIDENCE("the same with outliers", gain);
  }
}

TEST_SUITE("optimization/quantization extra") {
  TEST_CASE("halves go to even and what is outside saturates") {
    const QuantParams grid{1.0F, 0, -127, 127};
    CHECK(quantize(0.5F, grid) == 0);
    CHECK(quantize(1.5F, grid) == 2);
    CHECK(quantize(2.5F, grid) == 2);
    CHECK(quantize(-0.5F, grid) == 0);
    CHECK(quantize(128.0F, grid) == 127);
    CHECK(quantize(-1e30F, grid) == -127);
    CHECK(quantize(std::numeric_limits<float>::infinity(), grid) == 127);
    const QuantParams shifted{0.5F, 10, 0, 255};
    CHECK(quantize(1.0F, shifted) == 12);
    CHECK(quantize(-100.0F, shifted) == 0);
    CHECK(dequantize(12, shifted) == 1.0F);
  }

  TEST_CASE("grids of fewer bits and of nothing") {
    const QuantParams four = affine_params(0.0F, 3.0F, 4);
    CHECK(four.highest == 15);
    CHECK(close(four.scale, 0.2, {.rel = eps}));
    const QuantParams two = symmetric_params(1.0F, 2);
    CHECK(two.lowest == -1);
    CHECK(two.highest == 1);
    for (const QuantParams& grid :
         {affine_params(0.0F, 0.0F), symmetric_params(0.0F)}) {
      CHECK(grid.scale == 1.0F);
      CHECK(dequantize(quantize(0.0F, grid), grid) == 0.0F);
    }
    CHECK(symmetric_params(0.0F).lowest == -127);
    CHECK(affine_params(0.0F, 0.0F).highest == 255);
    // Scales that would be subnormal, or zero.
    CHECK(affine_params(0.0F, 1e-40F).scale == 1.0F);
    CHECK(symmetric_params(1e-40F).scale == 1.0F);
    // Ends beyond which the difference overflows in float.
    CHECK(std::isfinite(affine_params(-3e38F, 3e38F).scale));
  }

  TEST_CASE("empty and zero matrices") {
    const QuantizedWeights none = QuantizedWeights::per_channel(MatrixF(2, 0));
    const QuantizedActivations a =
        QuantizedActivations::quantized(MatrixF(3, 0), affine_params(0, 1));
    CHECK(quantized_linear(a, none) == MatrixF(MatrixF::Zero(3, 2)));
    CHECK(quantized_linear_reference(a, none) == MatrixF(MatrixF::Zero(3, 2)));
    const QuantizedWeights zeros =
        QuantizedWeights::per_channel(MatrixF::Zero(3, 4));
    CHECK(zeros.dequantized().isZero(0.0F));
  }

  TEST_CASE("arguments that break the contract are refused") {
    const float infinity = std::numeric_limits<float>::infinity();
    CHECK_THROWS_WITH(affine_params(1.0F, 0.0F),
                      "affine_params: need finite low <= high, got 1 and 0");
    CHECK_THROWS_AS(affine_params(-infinity, 0.0F), std::invalid_argument);
    CHECK_THROWS_AS(affine_params(0.0F, infinity), std::invalid_argument);
    CHECK_THROWS_WITH(symmetric_params(-1.0F),
                      "symmetric_params: need a finite largest >= 0, got -1");
    CHECK_THROWS_AS(symmetric_params(infinity), std::invalid_argument);
    CHECK_THROWS_WITH(symmetric_params(1.0F, 9),
                      "quantization: need 2 to 8 bits, got 9");
    CHECK_THROWS_AS(affine_params(0.0F, 1.0F, 1), std::invalid_argument);
    MatrixF bad = MatrixF::Ones(2, 2);
    const QuantParams affine = affine_params(0.0F, 1.0F);
    CHECK_THROWS_WITH(
        QuantizedActivations::quantized(bad, symmetric_params(1.0F)),
        "QuantizedActivations: need an affine grid");
    CHECK_THROWS_AS(
        QuantizedActivations::quantized(bad, QuantParams{1.0F, 0, 0, 256}),
        std::invalid_argument);
    const QuantizedActivations a = QuantizedActivations::quantized(bad, affine);
    const QuantizedWeights w =
        QuantizedWeights::per_channel(MatrixF::Ones(2, 3));
    CHECK_THROWS_WITH(quantized_linear(a, w),
                      "quantized_linear: A has 2 columns, but W 3");
    CHECK_THROWS_AS(quantized_linear_reference(a, w), std::invalid_argument);
    bad(1, 0) = std::nanf("");
    CHECK_THROWS_WITH(QuantizedActivations::quantized(bad, affine),
                      "QuantizedActivations: A(1, 0) is nan");
    CHECK_THROWS_WITH(QuantizedWeights::per_channel(bad),
                      "QuantizedWeights: W(1, 0) is nan");
  }
}
