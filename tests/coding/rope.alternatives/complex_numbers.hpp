// Token by token, pairs as complex numbers, frequencies from exp and log.
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace whiteboard::coding {

inline Matrix rope(const MatrixRef& x, std::int64_t first_position = 0,
                   double base = 10000.0) {
  const Eigen::Index pairs = x.cols() / 2;
  require(pairs >= 1 && x.cols() == 2 * pairs, "rope: bad width");
  require(base > 0.0 && std::isfinite(base), "rope: bad base");
  require_finite(x, "rope: x");
  std::vector<double> frequencies;
  for (Eigen::Index i = 0; i < pairs; ++i) {
    frequencies.push_back(std::exp(-std::log(base) * static_cast<double>(i) /
                                   static_cast<double>(pairs)));
  }
  Matrix y = x;
  double position = static_cast<double>(first_position);
  for (Eigen::Index row = 0; row < y.rows(); ++row, position += 1.0) {
    for (Eigen::Index i = 0; i < pairs; ++i) {
      const std::complex<double> turned =
          std::complex<double>(y(row, 2 * i), y(row, 2 * i + 1)) *
          std::polar(1.0, position * frequencies[static_cast<std::size_t>(i)]);
      y(row, 2 * i) = turned.real();
      y(row, 2 * i + 1) = turned.imag();
    }
  }
  return y;
}

}  // namespace whiteboard::coding
