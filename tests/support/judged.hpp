// What the judge precompiles: the headers of most tests, and the expensive
// parts of Eigen that they use, so that a test finds those compiled already.
// It holds nothing of the library, as a test must be able to read another copy
// of that.
#pragma once

#include <support/claims.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <Eigen/QR>
#if __has_include(<xtensor/containers/xtensor.hpp>)
#include <xtensor/containers/xtensor.hpp>
#else
#include <xtensor/xtensor.hpp>
#endif

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace whiteboard::testing::precompiled {

// The types of core/matrix.hpp.
using Matrix =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using MatrixRef = Eigen::Ref<const Matrix>;
using VectorRef = Eigen::Ref<const Eigen::VectorXd>;

inline Matrix products(const MatrixRef& A, const Matrix& B) {
  Matrix C = A * B;
  C += B * B;
  C -= A.transpose() * B;
  C += B.transpose() * B;
  C += B * B.transpose();
  return C + A * A.transpose();
}

inline Eigen::VectorXd products(const MatrixRef& A, const Matrix& B,
                                const VectorRef& b) {
  Eigen::VectorXd c = A * b;
  c += A.transpose() * b;
  c -= B * c;
  return B * c + B.transpose() * c;
}

inline Eigen::VectorXd solutions(const Matrix& A, const VectorRef& b) {
  const Eigen::LLT<Matrix> cholesky(A);
  Eigen::VectorXd x = cholesky.solve(b);
  x += A.householderQr().solve(b);
  x += A.colPivHouseholderQr().solve(b);
  return A.inverse() * x;
}

inline Eigen::VectorXd spectra(const Matrix& A, const Eigen::MatrixXd& B) {
  const Eigen::SelfAdjointEigenSolver<Matrix> rows(A);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> columns(B);
  return rows.eigenvalues() + columns.eigenvalues();
}

}  // namespace whiteboard::testing::precompiled
