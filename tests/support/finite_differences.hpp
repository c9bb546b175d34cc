// Central differences: the oracle for every gradient. Shares no code with the
// library's own derivatives.
#pragma once

#include <whiteboard/core/matrix.hpp>

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace whiteboard::testing {

/// Gradient of a scalar function of a matrix or vector by central differences,
/// with the shape of `at`. With step h = 6e-6 max(1, |x|), near the cube root
/// of epsilon, the error is about 1e-10 times the size of f and its third
/// derivative: 1e-7 relative is a safe tolerance for well-scaled functions.
template <class Function, class Point>
typename Point::PlainObject numerical_gradient(const Function& f,
                                               const Point& at) {
  static_assert(std::is_same_v<typename Point::Scalar, double>);
  typename Point::PlainObject x = at;  // a copy, even of a block of a matrix
  typename Point::PlainObject gradient = at;
  for (Eigen::Index i = 0; i < at.rows(); ++i) {
    for (Eigen::Index j = 0; j < at.cols(); ++j) {
      const double h = 6e-6 * std::max(1.0, std::abs(at(i, j)));
      x(i, j) = at(i, j) + h;
      const double above = f(x);
      x(i, j) = at(i, j) - h;
      const double below = f(x);
      x(i, j) = at(i, j);
      gradient(i, j) = (above - below) / (2.0 * h);
    }
  }
  return gradient;
}

/// Jacobian (outputs x inputs) of a vector function, the same way.
template <class Function>
Matrix numerical_jacobian(const Function& f, const Vector& at) {
  Vector x = at;
  Matrix jacobian;
  for (Eigen::Index j = 0; j < at.size(); ++j) {
    const double h = 6e-6 * std::max(1.0, std::abs(at(j)));
    x(j) = at(j) + h;
    const Vector above = f(x);
    x(j) = at(j) - h;
    const Vector below = f(x);
    x(j) = at(j);
    if (jacobian.size() == 0) jacobian.resize(above.size(), at.size());
    jacobian.col(j) = (above - below) / (2.0 * h);
  }
  return jacobian;
}

}  // namespace whiteboard::testing
