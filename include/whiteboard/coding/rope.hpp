// Question:    Implement rotary position embedding.
// Answer:      questions/coding/rope.md (equation numbers are its own)
// Method:      turn every pair of adjacent columns by position times frequency
//              [1]
// Time:        O(n d)
// Memory:      O(n d), the result alone
// Numerics:    angles in double are off by 1e-16 of the position; in float it
//              would be 6e-8 of it
// References:  [1] Su et al., RoFormer: enhanced transformer with rotary
//                  position embedding, Neurocomputing 568, 2024
// Symbols:     x  n x d  rows at consecutive positions
//              p  position    i  pair, 0 to d/2 - 1    w  frequency, Eq. (1)
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cmath>
#include <cstdint>

namespace whiteboard::coding {

/// x (n x d) with the columns 2i and 2i + 1 of the row at position p rotated by
/// the angle p base^(-2i/d), Eq. (2). Row 0 is at `first_position`, which is
/// the number of tokens before it and may be negative.
///
/// Throws std::invalid_argument unless d is even and >= 2, base is finite and
/// > 0 and all entries are finite.
///
///     rope(Matrix{{1.0, 0.0}}, 1)  // cos 1, sin 1
inline Matrix rope(const MatrixRef& x, std::int64_t first_position = 0,
                   double base = 10000.0) {
  const Eigen::Index d = x.cols();
  require(d >= 2 && d % 2 == 0, "rope: need an even width >= 2, got ", d);
  require(base > 0.0 && std::isfinite(base),
          "rope: need a finite base > 0, got base = ", base);
  require_finite(x, "rope: x");
  // solution:begin
  Matrix rotated(x.rows(), d);
  for (Eigen::Index column = 0; column < d; column += 2) {
    const double frequency =
        std::pow(base, -static_cast<double>(column) / static_cast<double>(d));
    for (Eigen::Index row = 0; row < x.rows(); ++row) {
      const double angle =
          static_cast<double>(first_position + row) * frequency;
      const double c = std::cos(angle), s = std::sin(angle);
      rotated(row, column) = c * x(row, column) - s * x(row, column + 1);
      rotated(row, column + 1) = s * x(row, column) + c * x(row, column + 1);
    }
  }
  return rotated;
  // solution:end
}

}  // namespace whiteboard::coding
