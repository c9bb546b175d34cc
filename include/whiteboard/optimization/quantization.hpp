// Question:    What is quantisation? Derive int8 and its error.
// Answer:      questions/optimization/quantization.md (its equation numbers)
// Method:      affine grid for activations, symmetric grid per output channel
//              for weights [1]; products summed in int32
// Time:        O(n) to quantise; 2 n k m integer operations for a product
// Memory:      1 byte a value in place of 4, and a scale per channel; the
//              product widens A and four rows of W to 2 bytes
// Numerics:    within half a step in range, saturated beyond it; the integer
//              product is exact
// References:  [1] Jacob et al., Quantization and training of neural networks
//                  for efficient integer-arithmetic-only inference, CVPR 2018
//              [2] Nagel et al., A white paper on neural network quantization,
//                  arXiv:2106.08295, 2021
// Symbols:     x, q     a real value and its integer
//              s, z     scale, and the integer that stands for 0
//              A  n x k  activations, W  m x k  weights, one output a row
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace whiteboard::optimization {

using MatrixF = MatrixOf<float>;
using MatrixFRef = Eigen::Ref<const MatrixF>;

/// The grid s (q - z) for q in [lowest, highest], Eq. (1).
struct QuantParams {
  float scale = 1.0F;  ///< s, > 0
  int zero_point = 0;  ///< z
  int lowest = -127, highest = 127;
};

/// Throws unless a grid of so many bits has a step and fits a byte.
inline void require_bits(int bits) {
  require(bits >= 2 && bits <= 8, "quantization: need 2 to 8 bits, got ", bits);
}

/// Grid of 2^bits values for [low, high], widened to include 0, which padding
/// and ReLU need exactly, Eq. (2). The scale is 1 if the range is too small for
/// a normal float. Throws unless low <= high, both finite, and 2 <= bits <= 8.
inline QuantParams affine_params(float low, float high, int bits = 8) {
  require_bits(bits);
  require(std::isfinite(low) && std::isfinite(high) && low <= high,
          "affine_params: need finite low <= high, got ", low, " and ", high);
  const int levels = (1 << bits) - 1;
  // In double: high - low may overflow, and 0.1 / 255 must not be lost.
  const double from = std::min(low, 0.0F), to = std::max(high, 0.0F);
  const auto scale = static_cast<float>((to - from) / levels);
  if (scale < std::numeric_limits<float>::min()) return {1.0F, 0, 0, levels};
  // Never beyond levels: -from <= to - from, and that is levels steps.
  const int zero = static_cast<int>(std::nearbyint(-from / scale));
  return {scale, zero, 0, levels};
}

/// Grid for [-largest, largest] with zero point 0: -127 to 127 for 8 bits, so
/// that -x is on the grid where x is, Eq. (3). The scale is 1 as above. Throws
/// unless largest is finite and >= 0, and 2 <= bits <= 8.
inline QuantParams symmetric_params(float largest, int bits = 8) {
  require_bits(bits);
  require(std::isfinite(largest) && largest >= 0.0F,
          "symmetric_params: need a finite largest >= 0, got ", largest);
  const int top = (1 << (bits - 1)) - 1;
  const float scale = largest / static_cast<float>(top);
  if (scale < std::numeric_limits<float>::min()) return {1.0F, 0, -top, top};
  return {scale, 0, -top, top};
}

/// Eq. (4): to the nearest integer, halves to even, saturated at the ends.
/// Unchecked: x is not NaN.
inline int quantize(float x, const QuantParams& grid) {
  const float q =
      std::nearbyint(x / grid.scale) + static_cast<float>(grid.zero_point);
  return static_cast<int>(std::clamp(q, static_cast<float>(grid.lowest),
                                     static_cast<float>(grid.highest)));
}

/// Eq. (1).
inline float dequantize(int q, const QuantParams& grid) {
  return grid.scale * static_cast<float>(q - grid.zero_point);
}

/// Activations: one grid for all, unsigned.
struct QuantizedActivations {
  using Values = Eigen::Matrix<std::uint8_t, Eigen::Dynamic, Eigen::Dynamic,
                               Eigen::RowMajor>;
  Values values;  ///< n x k
  QuantParams grid;

  /// Throws unless A is finite and the grid is one of affine_params().
  static QuantizedActivations quantized(const MatrixFRef& A,
                                        const QuantParams& grid) {
    require_finite(A, "QuantizedActivations: A");
    require(grid.lowest == 0 && grid.highest <= 255,
            "QuantizedActivations: need an affine grid");
    QuantizedActivations result{Values(A.rows(), A.cols()), grid};
    for (Eigen::Index i = 0; i < A.rows(); ++i) {
      for (Eigen::Index j = 0; j < A.cols(); ++j) {
        result.values(i, j) =
            static_cast<std::uint8_t>(quantize(A(i, j), grid));
      }
    }
    return result;
  }

  MatrixF dequantized() const {
    return grid.scale *
           (values.cast<float>().array() - static_cast<float>(grid.zero_point))
               .matrix();
  }
};

/// Weights: a symmetric grid for each row, that is, each output.
struct QuantizedWeights {
  using Values = Eigen::Matrix<std::int8_t, Eigen::Dynamic, Eigen::Dynamic,
                               Eigen::RowMajor>;
  Values values;           ///< m x k
  Eigen::VectorXf scales;  ///< m

  /// From the largest |w| of each row. Throws as symmetric_params() does, and
  /// unless W is finite.
  static QuantizedWeights per_channel(const MatrixFRef& W, int bits = 8) {
    require_finite(W, "QuantizedWeights: W");
    QuantizedWeights result{Values(W.rows(), W.cols()),
                            Eigen::VectorXf(W.rows())};
    for (Eigen::Index i = 0; i < W.rows(); ++i) {
      const float largest = W.cols() > 0 ? W.row(i).cwiseAbs().maxCoeff() : 0;
      const QuantParams grid = symmetric_params(largest, bits);
      result.scales(i) = grid.scale;
      for (Eigen::Index j = 0; j < W.cols(); ++j) {
        result.values(i, j) = static_cast<std::int8_t>(quantize(W(i, j), grid));
      }
    }
    return result;
  }

  MatrixF dequantized() const {
    return scales.asDiagonal() * values.cast<float>();
  }
};

/// Longest sum of products of 0..255 and -127..127 that int32 can hold.
inline constexpr Eigen::Index longest_sum = 2147483647 / (255 * 127);

/// Throws unless both have the same inner size, at most longest_sum.
inline void require_quantized(const QuantizedActivations& A,
                              const QuantizedWeights& W) {
  require(A.values.cols() == W.values.cols(), "quantized_linear: A has ",
          A.values.cols(), " columns, but W ", W.values.cols());
  require(A.values.cols() <= longest_sum, "quantized_linear: need at most ",
          longest_sum, " columns, got ", A.values.cols());
}

/// A W^T by Eq. (5), from the integers (q_a - z) q_w. Throws as
/// require_quantized() does.
inline MatrixF quantized_linear_reference(const QuantizedActivations& A,
                                          const QuantizedWeights& W) {
  require_quantized(A, W);
  MatrixF Y(A.values.rows(), W.values.rows());
  for (Eigen::Index i = 0; i < Y.rows(); ++i) {
    for (Eigen::Index j = 0; j < Y.cols(); ++j) {
      std::int32_t sum = 0;
      for (Eigen::Index p = 0; p < A.values.cols(); ++p) {
        sum += (A.values(i, p) - A.grid.zero_point) * W.values(j, p);
      }
      Y(i, j) = A.grid.scale * W.scales(j) * static_cast<float>(sum);
    }
  }
  return Y;
}

/// Products of one row of A with four of W: loops that g++ and clang++ turn
/// into multiply-adds of pairs of int16, summed in int32.
inline std::array<std::int32_t, 4> four_products(const std::int16_t* a,
                                                 const std::int16_t* w,
                                                 Eigen::Index k) {
  std::int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  for (Eigen::Index p = 0; p < k; ++p) {
    s0 += a[p] * w[p];
    s1 += a[p] * w[k + p];
    s2 += a[p] * w[2 * k + p];
    s3 += a[p] * w[3 * k + p];
  }
  return {s0, s1, s2, s3};
}

/// The same integers, with z taken out of the sum, Eq. (6): what a row of z
/// gives is subtracted. A is widened to int16 once, W by four rows, which stay
/// in the first cache. Throws as require_quantized() does.
inline MatrixF quantized_linear(const QuantizedActivations& A,
                                const QuantizedWeights& W) {
  require_quantized(A, W);
  const Eigen::Index n = A.values.rows(), m = W.values.rows();
  const Eigen::Index k = A.values.cols();
  const std::vector<std::int16_t> a(A.values.data(), A.values.data() + n * k);
  const auto zero = static_cast<std::int16_t>(A.grid.zero_point);
  const std::vector<std::int16_t> z(static_cast<std::size_t>(k), zero);
  std::vector<std::int16_t> w(static_cast<std::size_t>(4 * k));
  MatrixF Y(n, m);
  for (Eigen::Index j = 0; j < m; j += 4) {
    const Eigen::Index outputs = std::min<Eigen::Index>(4, m - j);
    std::copy_n(W.values.data() + j * k, outputs * k, w.begin());
    const auto offset = four_products(z.data(), w.data(), k);
    for (Eigen::Index i = 0; i < n; ++i) {
      const auto sums = four_products(a.data() + i * k, w.data(), k);
      for (Eigen::Index c = 0; c < outputs; ++c) {
        const auto at = static_cast<std::size_t>(c);
        Y(i, j + c) = A.grid.scale * W.scales(j + c) *
                      static_cast<float>(sums[at] - offset[at]);
      }
    }
  }
  return Y;
}

}  // namespace whiteboard::optimization
