// Products of plain matrices and vectors. Each form of product that Eigen sees
// costs seconds of compile time: a test that calls these pays once for each.
#pragma once

#include <whiteboard/core/matrix.hpp>

namespace whiteboard::testing {

inline Vector times(const Matrix& A, const Vector& x) {
  return A * x;
}
inline Vector transposed_times(const Matrix& A, const Vector& x) {
  return A.transpose() * x;
}
inline Matrix product(const Matrix& A, const Matrix& B) {
  return A * B;
}
inline Matrix transposed(const Matrix& A) {
  return A.transpose();
}

}  // namespace whiteboard::testing
