// Question:    Implement sinusoidal positional encodings.
// Answer:      questions/coding/positional_encoding.md (equation numbers are its own)
// Method:      pair i of a row is a point on a circle that turns with frequency
//              base^(-2i/d) [1]
// Time:        O(positions d)
// Memory:      O(positions d), the result alone
// Numerics:    the angle p w is rounded once, by p w 1.1e-16 at most
// References:  [1] Vaswani et al., Attention is all you need, NeurIPS 2017
// Symbols:     p  position    i  pair, 0 to d/2 - 1    w  frequency, Eq. (1)
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cmath>

namespace whiteboard::coding {

/// Row p holds (sin p w_0, cos p w_0, sin p w_1, cos p w_1, ...), Eq. (2):
/// positions x d.
///
/// Throws std::invalid_argument unless positions >= 0, d is even and >= 2, and
/// base is finite and > 0.
///
///     positional_encoding(2, 4).row(1)  // 0.8415, 0.5403, 0.0100, 1.0000
inline Matrix positional_encoding(int positions, int d, double base = 10000.0) {
  require(
      positions >= 0,
      "positional_encoding: need positions >= 0, got positions = ", positions);
  require(d >= 2 && d % 2 == 0,
          "positional_encoding: need an even d >= 2, got d = ", d);
  require(base > 0.0 && std::isfinite(base),
          "positional_encoding: need a finite base > 0, got base = ", base);
  // solution:begin
  Matrix encoding(positions, d);
  for (Eigen::Index column = 0; column < d; column += 2) {
    const double frequency = std::pow(base, -static_cast<double>(column) / d);
    for (Eigen::Index p = 0; p < positions; ++p) {
      const double angle = static_cast<double>(p) * frequency;
      encoding(p, column) = std::sin(angle);
      encoding(p, column + 1) = std::cos(angle);
    }
  }
  return encoding;
  // solution:end
}

}  // namespace whiteboard::coding
