// Scales x to [1, 4) by a power of four, takes a fixed number of steps from a
// linear estimate there, and scales the root back.
#pragma once

#include <whiteboard/core/require.hpp>

#include <cmath>

namespace whiteboard::coding {

inline double newton_sqrt_step(double x, double y) {
  const double quotient = x / y;
  return y + (quotient - y) / 2.0;
}

inline double newton_sqrt(double x) {
  require(!std::isnan(x) && !(x < 0.0), "newton_sqrt: need x >= 0, got ", x);
  if (!(x > 0.0) || std::isinf(x)) return x;
  int half = 0;
  while (x < 0x1p-40) {
    x *= 0x1p40;
    half -= 20;
  }
  while (x >= 0x1p40) {
    x *= 0x1p-40;
    half += 20;
  }
  for (; x < 1.0; x *= 4.0) --half;
  for (; x >= 4.0; x /= 4.0) ++half;
  double y = 0.69 + x / 3.0;  // within 5% of the root on [1, 4)
  for (int step = 0; step < 5; ++step) y = newton_sqrt_step(x, y);
  return std::ldexp(y, half);
}

}  // namespace whiteboard::coding
