// Question:    Implement sigmoid, tanh, ReLU and leaky ReLU element-wise,
//              safely for large inputs.
// Answer:      questions/coding/activation_functions.md (equation numbers are its own)
// Method:      exp() of a negative argument only; slopes in a form that does
//              not subtract from 1; second part: sigmoid without branches
// Time:        O(n)
// Memory:      O(n), the result alone
// Numerics:    nothing overflows; values and slopes keep their digits where
//              they are tiny; infinities give the limits
// Symbols:     z  n  inputs
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>
#include <whiteboard/maths/softmax.hpp>

#include <Eigen/Core>

#include <cmath>

namespace whiteboard::coding {

enum class Activation { sigmoid, tanh, relu, leaky_relu };

// solution:begin
inline double activation(double z, Activation kind, double slope) {
  switch (kind) {
    case Activation::sigmoid: {
      // Eq. (1) or (2), whichever has the exponential of a negative number.
      const double e = std::exp(-std::abs(z));
      return (z < 0.0 ? e : 1.0) / (1.0 + e);
    }
    case Activation::tanh:
      return std::tanh(z);
    case Activation::relu:
      return z < 0.0 ? 0.0 : z;  // NaN is not below 0 and passes through
    case Activation::leaky_relu:
      break;
  }
  return z < 0.0 ? slope * z : z;
}

inline double activation_slope(double z, Activation kind, double slope) {
  switch (kind) {
    case Activation::sigmoid: {
      const double e = std::exp(-std::abs(z));
      return e / ((1.0 + e) * (1.0 + e));  // Eq. (3), symmetric in z
    }
    case Activation::tanh:
      return 4.0 * activation_slope(2.0 * z, Activation::sigmoid, slope);
    case Activation::relu:
      return activation_slope(z, Activation::leaky_relu, 0.0);
    case Activation::leaky_relu:
      break;
  }
  if (std::isnan(z)) return z;
  return z > 0.0 ? 1.0 : slope;
}
// solution:end

/// The activation of every element; `slope` is that of leaky ReLU below 0.
///
/// NaN propagates. Throws std::invalid_argument unless 0 <= slope <= 1.
///
///     activate(Vector{{-2.0, 0.0, 2.0}}, Activation::leaky_relu, 0.1)
inline Vector activate(const VectorRef& z, Activation kind,
                       double slope = 0.01) {
  require(slope >= 0.0 && slope <= 1.0,
          "activate: need 0 <= slope <= 1, got slope = ", slope);
  // solution:begin
  Vector a(z.size());
  for (Eigen::Index i = 0; i < z.size(); ++i) {
    a(i) = activation(z(i), kind, slope);
  }
  return a;
  // solution:end
}

/// The derivative of activate() at every element of its input z. At the kink
/// it is the slope from the left: 0 for ReLU, `slope` for leaky ReLU.
///
/// NaN propagates. Throws as activate() does.
inline Vector activate_derivative(const VectorRef& z, Activation kind,
                                  double slope = 0.01) {
  require(slope >= 0.0 && slope <= 1.0,
          "activate_derivative: need 0 <= slope <= 1, got slope = ", slope);
  // solution:begin
  Vector d(z.size());
  for (Eigen::Index i = 0; i < z.size(); ++i) {
    d(i) = activation_slope(z(i), kind, slope);
  }
  return d;
  // solution:end
}

/// The sigmoid of every element, by loops that a compiler turns into vector
/// instructions. Below -708.4 the result is exactly 0.
inline Vector sigmoid_fast(const VectorRef& z) {
  // solution:begin
  constexpr double floor = maths::exp_floor<double>;
  Vector e(z.size());
  for (Eigen::Index i = 0; i < z.size(); ++i) {
    const double exponent = -std::abs(z(i));
    e(i) = exponent < floor ? floor : exponent;  // in this order: NaN stays
  }
  for (double& x : e) x = maths::exp_of_nonpositive(x);
  for (Eigen::Index i = 0; i < z.size(); ++i) {
    const double numerator = z(i) < 0.0 ? e(i) : 1.0;
    e(i) = numerator / (1.0 + e(i));
  }
  return e;
  // solution:end
}

}  // namespace whiteboard::coding
