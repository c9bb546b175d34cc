// Question:    What is softmax, why subtract the maximum, and what is its
//              gradient?
// Answer:      questions/maths/softmax.md (equation numbers are its own)
// Method:      shift by the maximum [1]; the exponential by range reduction
//              and a Taylor polynomial; one pass for maximum and sum [2]
// Time:        O(n), backward included
// Memory:      O(1) in place; O(n) for the functions that return a vector
// Numerics:    every exponent is <= 0, so nothing overflows; probabilities
//              below 1e-38 (float) or 1e-308 (double) of the largest become
//              exactly 0
// References:  [1] Blanchard, Higham and Higham, Accurately computing the
//                  log-sum-exp and softmax functions, IMA Journal of
//                  Numerical Analysis 41(4), 2021
//              [2] Milakov and Gimelshein, Online normalizer calculation for
//                  softmax, arXiv:1805.02867, 2018
// Symbols:     z  n  logits    p  n  probabilities, Eq. (1)
//              Z  rows x n  logits, one distribution a row
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <span>
#include <string_view>
#include <type_traits>

namespace whiteboard::maths {

/// Every row of Z becomes its softmax, Eq. (2) as it stands: the yardstick for
/// softmax_rows_in_place(), under the same conditions.
template <std::floating_point T>
void softmax_rows_reference(Eigen::Ref<MatrixOf<T>> Z) {
  for (Eigen::Index i = 0; i < Z.rows(); ++i) {
    const std::span<T> row(Z.row(i).data(), static_cast<std::size_t>(Z.cols()));
    const T top = *std::max_element(row.begin(), row.end());
    T total = 0;
    for (T& x : row) {
      x = std::exp(x - top);
      total += x;
    }
    for (T& x : row) x /= total;
  }
}

/// Where exp_of_nonpositive() reaches 0: below the smallest normal number.
template <std::floating_point T>
inline constexpr T exp_floor =
    static_cast<T>((std::numeric_limits<T>::min_exponent - 2) *
                   std::numbers::ln2_v<long double>);

/// e^x for exp_floor <= x <= 0, and exactly 0 at exp_floor. Within one unit in
/// the last place, and free of branches: a loop over it is vectorised.
///
/// x = k ln 2 + r with |r| <= ln(2) / 2, Eq. (8); e^r by its Taylor series; the
/// factor 2^k by writing k into the exponent, where k = -bias gives 0.
template <std::floating_point T>
T exp_of_nonpositive(T x) {
  static_assert(sizeof(T) <= 8, "float or double");
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  constexpr int fraction_bits = std::numeric_limits<T>::digits - 1;
  // The first omitted term is 5e-9 of the sum in float, 4e-18 in double.
  constexpr std::size_t degree = sizeof(T) == 4 ? 7 : 13;
  constexpr std::array<T, degree + 1> coefficients = [] {
    std::array<T, degree + 1> c{};
    double factorial = 1.0;
    for (std::size_t j = 0; j <= degree; ++j) {
      c[j] = static_cast<T>(1.0 / factorial);
      factorial *= static_cast<double>(j + 1);
    }
    return c;
  }();
  // ln 2 in two parts: k times the first, of 14 bits, is exact.
  constexpr double ln2_high = 11356.0 / 16384.0;
  constexpr T ln2_low =
      static_cast<T>(std::numbers::ln2_v<long double> - ln2_high);
  // Numbers of this size have spacing 1, so adding it rounds to an integer.
  constexpr T rounder = static_cast<T>(Bits{3} << (fraction_bits - 1));

  const T rounded = x * std::numbers::log2e_v<T> + rounder;
  const T k = rounded - rounder;
  const T r = (x - k * static_cast<T>(ln2_high)) - k * ln2_low;
  T power_series = coefficients[degree];
  for (std::size_t j = degree; j-- > 0;) {
    power_series = power_series * r + coefficients[j];
  }
  const Bits k_bits =
      std::bit_cast<Bits>(rounded) - std::bit_cast<Bits>(rounder);
  const Bits two_to_k = std::bit_cast<Bits>(T{1}) + (k_bits << fraction_bits);
  return power_series * std::bit_cast<T>(two_to_k);
}

/// The kernel: `row` becomes its softmax, Eq. (2). An entry of -inf is a mask
/// and becomes exactly 0. Unchecked: `row` must not be empty, must not hold
/// NaN or +inf, and must hold a finite entry.
template <std::floating_point T>
void softmax_row(std::span<T> row) {
  Eigen::Map<Eigen::Array<T, Eigen::Dynamic, 1>> p(
      row.data(), static_cast<Eigen::Index>(row.size()));
  const T top = p.maxCoeff();
  // Clamped apart from the exponential: in one loop, g++ turns the clamp into
  // a branch and gives up vectors.
  p = (p - top).max(exp_floor<T>);
  for (T& x : row) x = exp_of_nonpositive(x);
  p *= T{1} / p.sum();
}

/// Every row of Z becomes its softmax. Takes a row-major matrix, a Map or a
/// block of whole rows or columns in place; unchecked, as softmax_row() is.
///
///     softmax_rows_in_place<float>(scores);
template <std::floating_point T>
void softmax_rows_in_place(Eigen::Ref<MatrixOf<T>> Z) {
  for (Eigen::Index i = 0; i < Z.rows(); ++i) {
    softmax_row(
        std::span<T>(Z.row(i).data(), static_cast<std::size_t>(Z.cols())));
  }
}

/// Eq. (5), row by row: dP, the gradient by the probabilities P, becomes the
/// gradient by the logits. Unchecked: equal shapes.
template <std::floating_point T>
void softmax_rows_backward_in_place(const Eigen::Ref<const MatrixOf<T>>& P,
                                    Eigen::Ref<MatrixOf<T>> dP) {
  for (Eigen::Index i = 0; i < P.rows(); ++i) {
    const T mean = P.row(i).dot(dP.row(i));
    dP.row(i).array() = P.row(i).array() * (dP.row(i).array() - mean);
  }
}

/// Throws std::invalid_argument when there is no logit above -inf, or one that
/// is NaN or +inf.
inline void require_logits(std::span<const double> z, std::string_view name) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  bool any = false;
  for (std::size_t i = 0; i < z.size(); ++i) {
    require(z[i] < infinity, name, ": logit ", i, " is ", z[i]);
    any = any || z[i] > -infinity;
  }
  require(any, name, ": need a logit above -inf");
}

/// Probabilities proportional to exp(z(i) / temperature), Eq. (3).
/// Throws unless 0 < temperature < inf, and as require_logits() does.
inline Vector softmax(const VectorRef& z, double temperature = 1.0) {
  require(temperature > 0.0 && std::isfinite(temperature),
          "softmax: need 0 < temperature < inf, got ", temperature);
  require_logits({z.data(), static_cast<std::size_t>(z.size())}, "softmax");
  // Shifted first: z / temperature can overflow, a difference <= 0 cannot hurt.
  Vector p = (z.array() - z.maxCoeff()) / temperature;
  softmax_row(std::span<double>(p.data(), static_cast<std::size_t>(p.size())));
  return p;
}

/// The softmax of every row of Z. Throws as require_logits() does.
inline Matrix softmax_rows(const MatrixRef& Z) {
  Matrix P = Z;
  const auto n = static_cast<std::size_t>(P.cols());
  for (Eigen::Index i = 0; i < P.rows(); ++i) {
    require_logits({P.row(i).data(), n}, "softmax_rows");
  }
  softmax_rows_in_place<double>(P);
  return P;
}

/// log(softmax(z)) from the logits, Eq. (6): finite where the probability
/// itself underflows. Throws as require_logits() does.
inline Vector log_softmax(const VectorRef& z) {
  require_logits({z.data(), static_cast<std::size_t>(z.size())}, "log_softmax");
  const Vector shifted = z.array() - z.maxCoeff();
  return shifted.array() - std::log(shifted.array().exp().sum());
}

/// The gradient by the logits from the gradient dp by the probabilities p:
/// Eq. (5), the Jacobian times dp without the Jacobian. Throws unless the
/// sizes agree.
inline Vector softmax_backward(const VectorRef& p, const VectorRef& dp) {
  require(p.size() == dp.size(), "softmax_backward: ", p.size(),
          " probabilities, but ", dp.size(), " gradients");
  return p.array() * (dp.array() - p.dot(dp));
}

/// softmax(z) with the maximum and the sum found in one pass, Eq. (7): when
/// the maximum grows, the sum so far is rescaled. Throws as require_logits().
inline Vector softmax_online(std::span<const double> z) {
  require_logits(z, "softmax_online");
  double top = std::numeric_limits<double>::lowest();  // not -inf: -inf + inf
  double total = 0.0;
  for (const double x : z) {
    if (x > top) {
      total = total * std::exp(top - x) + 1.0;
      top = x;
    } else {
      total += std::exp(x - top);
    }
  }
  Vector p(static_cast<Eigen::Index>(z.size()));
  std::transform(z.begin(), z.end(), p.data(),
                 [&](double x) { return std::exp(x - top) / total; });
  return p;
}

}  // namespace whiteboard::maths
