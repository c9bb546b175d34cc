// All angles as an outer product, frequencies from exp and log.
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cmath>

namespace whiteboard::coding {

inline Matrix positional_encoding(int positions, int d, double base = 10000.0) {
  require(positions >= 0 && d >= 2 && d % 2 == 0 && base > 0.0 &&
              std::isfinite(base),
          "positional_encoding: bad argument");
  Vector p(positions), w(d / 2);
  for (int row = 0; row < positions; ++row) p(row) = row;
  for (int i = 0; i < d / 2; ++i)
    w(i) = std::exp(-2.0 * i / d * std::log(base));
  const Matrix angles = p * w.transpose();
  Matrix encoding(positions, d);
  for (int i = 0; i < d / 2; ++i) {
    encoding.col(2 * i) = angles.col(i).array().sin();
    encoding.col(2 * i + 1) = angles.col(i).array().cos();
  }
  return encoding;
}

}  // namespace whiteboard::coding
