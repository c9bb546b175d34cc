// Question:    What are eigenvalues, when do they exist, how are they computed?
// Answer:      questions/maths/eigen_decomposition.md (equation numbers are its
//              own)
// Method:      cyclic Jacobi rotations [1] for symmetric matrices; closed form
//              for 2 x 2; discs that contain every eigenvalue [2]
// Time:        O(n^3) per sweep, 6 to 10 sweeps
// Memory:      2 n^2
// Numerics:    small eigenvalues of positive definite matrices keep their
//              relative accuracy when scaling the diagonal to 1 mends them [3]
// References:  [1] Golub, Van Loan, Matrix Computations, 4th ed., 2013, 8.5
//              [2] Gershgorin, Ueber die Abgrenzung der Eigenwerte, 1931
//              [3] Demmel, Veselic, Jacobi's method is more accurate than QR,
//                  SIAM J. Matrix Anal. Appl. 13(4), 1992
// Symbols:     A  n x n  the matrix
//              V  n x n  orthonormal eigenvectors, one per column
//              W  n x n  V transposed, so that a rotation combines whole rows
//              c, s      cosine and sine of a rotation, t = s / c
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <limits>
#include <numeric>
#include <vector>

namespace whiteboard::maths {

/// Cosine and sine of the rotation that makes an entry zero.
struct JacobiRotation {
  double c = 1.0;
  double s = 0.0;
};

/// The smaller of the two angles that turn a_pq into 0, Eq. (4): t = tan(angle)
/// is a root of t^2 + 2 theta t = 1, taken without cancellation. It needs no
/// case for a_pp = a_qq, where the angle is 45 degrees. Requires a_pq != 0.
inline JacobiRotation jacobi_rotation(double a_pp, double a_pq, double a_qq) {
  const double theta = (a_qq - a_pp) / (2.0 * a_pq);
  const double t =
      std::copysign(1.0, theta) / (std::abs(theta) + std::hypot(1.0, theta));
  const double c = 1.0 / std::hypot(1.0, t);
  return {c, t * c};
}

/// A <- J^T A J and W <- J^T W in place, Eq. (3), for a symmetric A with
/// a_pq != 0. Rows p and q are combined, columns p and q are their mirror
/// image, and where both meet the outcome is known: a_pq is exactly 0.
inline void jacobi_rotate(Matrix& A, Matrix& W, Eigen::Index p,
                          Eigen::Index q) {
  const double a_pp = A(p, p), a_pq = A(p, q), a_qq = A(q, q);
  const auto [c, s] = jacobi_rotation(a_pp, a_pq, a_qq);
  const Eigen::Index n = A.rows();
  for (double* data : {A.data(), W.data()}) {
    double* const row_p = data + p * n;
    double* const row_q = data + q * n;
    for (Eigen::Index j = 0; j < n; ++j) {
      const double x = row_p[j], y = row_q[j];
      row_p[j] = c * x - s * y;
      row_q[j] = s * x + c * y;
    }
  }
  A(p, p) = a_pp - s / c * a_pq;
  A(q, q) = a_qq + s / c * a_pq;
  A(p, q) = A(q, p) = 0.0;
  for (Eigen::Index i = 0; i < n; ++i) {
    A(i, p) = A(p, i);
    A(i, q) = A(q, i);
  }
}

/// Sum of squares off the diagonal, which each rotation lowers by 2 a_pq^2.
inline double off_diagonal_square(const MatrixRef& A) {
  double sum = 0.0;
  for (Eigen::Index i = 0; i < A.rows(); ++i) {
    for (Eigen::Index j = 0; j < A.cols(); ++j) {
      if (i != j) sum += A(i, j) * A(i, j);
    }
  }
  return sum;
}

struct JacobiOptions {
  double tolerance = std::numeric_limits<double>::epsilon();
  int max_sweeps = 50;
};

/// A = V diag(values) V^T.
struct SymmetricEigen {
  Vector values;                     ///< n, largest first
  Matrix vectors;                    ///< n x n, orthonormal columns; V
  int sweeps = 0;                    ///< passes over all pairs that rotated
  bool converged = false;            ///< a last pass found nothing to rotate
  std::vector<double> off_diagonal;  ///< off_diagonal_square() at the start and
                                     ///< after each sweep
};

/// Throws unless A is square, finite and symmetric up to rounding.
inline void require_jacobi_input(const MatrixRef& A) {
  require(A.rows() == A.cols() && A.rows() >= 1,
          "jacobi_eigen: need a square matrix, got ", A.rows(), " x ",
          A.cols());
  require_finite(A, "jacobi_eigen: A");
  const double allowed = 1e-12 * A.cwiseAbs().maxCoeff();
  for (Eigen::Index i = 0; i < A.rows(); ++i) {
    for (Eigen::Index j = 0; j < i; ++j) {
      require(std::abs(A(i, j) - A(j, i)) <= allowed,
              "jacobi_eigen: need a symmetric matrix, got A(", i, ", ", j,
              ") = ", A(i, j), ", A(", j, ", ", i, ") = ", A(j, i));
    }
  }
}

/// All eigenvalues and eigenvectors of a symmetric matrix, by sweeps over all
/// pairs [1], of (A + A^T) / 2 to be exact. An entry counts as zero when it is
/// below tolerance beside its own two diagonal entries, not the largest one:
/// that keeps small eigenvalues accurate [3]. Throws unless A is square, not
/// empty, finite and symmetric up to rounding.
inline SymmetricEigen jacobi_eigen(const MatrixRef& A,
                                   const JacobiOptions& options = {}) {
  require_jacobi_input(A);
  const Eigen::Index n = A.rows();
  Matrix D = 0.5 * (A + A.transpose());
  Matrix W = Matrix::Identity(n, n);
  SymmetricEigen result;
  result.off_diagonal.push_back(off_diagonal_square(D));
  while (!result.converged && result.sweeps < options.max_sweeps) {
    result.converged = true;
    for (Eigen::Index p = 0; p < n; ++p) {
      for (Eigen::Index q = p + 1; q < n; ++q) {
        const double beside =
            std::sqrt(std::abs(D(p, p))) * std::sqrt(std::abs(D(q, q)));
        if (std::abs(D(p, q)) <= options.tolerance * beside) continue;
        jacobi_rotate(D, W, p, q);
        result.converged = false;
      }
    }
    if (result.converged) break;
    ++result.sweeps;
    result.off_diagonal.push_back(off_diagonal_square(D));
  }

  std::vector<Eigen::Index> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](auto i, auto j) { return D(i, i) > D(j, j); });
  result.values = D.diagonal()(order);
  result.vectors = W(order, Eigen::all).transpose();
  return result;
}

/// A^k for k >= 0 and a symmetric A: only the eigenvalues are raised, Eq. (5).
inline Matrix matrix_power(const MatrixRef& A, int k) {
  require(k >= 0, "matrix_power: need k >= 0, got k = ", k);
  const SymmetricEigen eigen = jacobi_eigen(A);
  const Vector powers = eigen.values.array().pow(k);
  return eigen.vectors * powers.asDiagonal() * eigen.vectors.transpose();
}

/// Eigenvalues and unit eigenvectors of a general 2 x 2 matrix.
struct Eigen2 {
  using Complex = std::complex<double>;
  std::array<Complex, 2> values;                  ///< larger real part first
  std::array<std::array<Complex, 2>, 2> vectors;  ///< vectors[i] for values[i]
  int directions = 2;  ///< independent eigenvectors: 1 for a shear
};

/// Eigenvalues of [[a, b], [c, d]], Eq. (2), complex if need be. The root is
/// taken of h^2 + b c, not of trace^2 - 4 det, which cancels.
inline Eigen2 eigen_2x2(double a, double b, double c, double d) {
  require(std::isfinite(a) && std::isfinite(b) && std::isfinite(c) &&
              std::isfinite(d),
          "eigen_2x2: need finite entries, got ", a, ", ", b, ", ", c, ", ", d);
  using Complex = Eigen2::Complex;
  const double h = 0.5 * (a - d);
  const Complex root = std::sqrt(Complex(h * h + b * c));
  Eigen2 result{{0.5 * (a + d) + root, 0.5 * (a + d) - root}, {}, 2};
  const bool scalar = b == 0.0 && c == 0.0 && h == 0.0;
  for (std::size_t i = 0; i < 2; ++i) {
    // Either row of A - lambda I gives the direction; take the longer one.
    const Complex lambda = result.values[i];
    std::array<Complex, 2> v{b, lambda - a};
    const std::array<Complex, 2> other{lambda - d, c};
    const auto length = [](const std::array<Complex, 2>& x) {
      return std::sqrt(std::norm(x[0]) + std::norm(x[1]));
    };
    if (length(other) > length(v)) v = other;
    if (scalar) v = {i == 0 ? 1.0 : 0.0, i == 0 ? 0.0 : 1.0};
    result.vectors[i] = {v[0] / length(v), v[1] / length(v)};
  }
  if (root == Complex(0.0) && !scalar) result.directions = 1;
  return result;
}

/// A disc in the complex plane around a real centre.
struct Disc {
  double centre = 0.0;
  double radius = 0.0;

  bool contains(std::complex<double> z) const {
    return std::abs(z - centre) <= radius;
  }
};

/// One disc per row, Eq. (6); each eigenvalue of A lies in at least one [2].
inline std::vector<Disc> gershgorin(const MatrixRef& A) {
  require(A.rows() == A.cols(), "gershgorin: need a square matrix, got ",
          A.rows(), " x ", A.cols());
  require_finite(A, "gershgorin: A");
  std::vector<Disc> discs;
  for (Eigen::Index i = 0; i < A.rows(); ++i) {
    double radius = 0.0;
    for (Eigen::Index j = 0; j < A.cols(); ++j) {
      if (j != i) radius += std::abs(A(i, j));
    }
    discs.push_back({A(i, i), radius});
  }
  return discs;
}

}  // namespace whiteboard::maths
