// What do the order of the loops and tiles in registers bring? Three orders of
// the loops, the tiled form, and Eigen's product as the peer to beat.
//
//     n  rows and columns of all matrices; flop counts 2 n^3
#include <whiteboard/coding/matrix_multiply.hpp>

#include <support/bench.hpp>

using namespace whiteboard;

namespace {

/// The sum of each entry in one go: down a column of B, one row a step.
Matrix dot_products(const MatrixRef& A, const MatrixRef& B) {
  Matrix C = Matrix::Zero(A.rows(), B.cols());
  for (Eigen::Index i = 0; i < A.rows(); ++i) {
    for (Eigen::Index j = 0; j < B.cols(); ++j) {
      double sum = 0.0;
      for (Eigen::Index p = 0; p < A.cols(); ++p) sum += A(i, p) * B(p, j);
      C(i, j) = sum;
    }
  }
  return C;
}

/// The worst order: down the columns of C and of A.
Matrix down_columns(const MatrixRef& A, const MatrixRef& B) {
  Matrix C = Matrix::Zero(A.rows(), B.cols());
  for (Eigen::Index j = 0; j < B.cols(); ++j) {
    for (Eigen::Index p = 0; p < A.cols(); ++p) {
      for (Eigen::Index i = 0; i < A.rows(); ++i) C(i, j) += A(i, p) * B(p, j);
    }
  }
  return C;
}

Matrix eigen(const MatrixRef& A, const MatrixRef& B) {
  return A * B;
}

using Product = Matrix (*)(const MatrixRef&, const MatrixRef&);

void run(benchmark::State& state, Product multiply) {
  const Eigen::Index n = state.range(0);
  const Matrix A = bench::gaussian(n, n, 0), B = bench::gaussian(n, n, 1);
  if (!multiply(A, B).isApprox(coding::matrix_multiply(A, B), 1e-12)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    const Matrix C = multiply(A, B);
    benchmark::DoNotOptimize(C.data());
    benchmark::ClobberMemory();
  }
  const auto size = static_cast<double>(n);
  bench::flop(state, 2.0 * size * size * size);
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgName("n")->Arg(64)->Arg(512);
}

}  // namespace

BENCHMARK_CAPTURE(run, reference, coding::matrix_multiply)
    ->Name("matmul/reference")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, tiled, coding::matrix_multiply_tiled)
    ->Name("matmul/tiled")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, dot_products, dot_products)
    ->Name("matmul/dot_products")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, down_columns, down_columns)
    ->Name("matmul/down_columns")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, eigen, eigen)->Name("matmul/eigen")->Apply(sizes);
