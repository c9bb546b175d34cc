// The thin SVD of an m x n matrix: rotations of its columns as they stand
// (reference), rotations after a QR factorisation, and Eigen's JacobiSVD and
// BDCSVD.
#include <whiteboard/maths/svd.hpp>

#include <support/bench.hpp>

#include <Eigen/SVD>

using namespace whiteboard;
using namespace whiteboard::maths;

namespace {

Vector by_columns(const Matrix& A) {
  const Svd svd = jacobi_svd_reference(A);
  benchmark::DoNotOptimize(svd.U.data());
  return svd.s;
}

Vector after_qr(const Matrix& A) {
  const Svd svd = jacobi_svd(A);
  benchmark::DoNotOptimize(svd.U.data());
  return svd.s;
}

template <class Solver>
Vector by_eigen(const Matrix& A) {
  const Solver svd(A, Eigen::ComputeThinU | Eigen::ComputeThinV);
  benchmark::DoNotOptimize(svd.matrixU().data());
  return svd.singularValues();
}

template <auto Solve>
void svd(benchmark::State& state) {
  const Matrix A = bench::gaussian(state.range(0), state.range(1));
  if (!Solve(A).isApprox(by_columns(A), 1e-11)) {
    state.SkipWithError("singular values differ");
    return;
  }
  for (auto _ : state) {
    const Vector s = Solve(A);
    benchmark::DoNotOptimize(s.data());
  }
  state.SetItemsProcessed(state.iterations());
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"m", "n"})->Unit(benchmark::kMicrosecond);
  b->Args({20, 20})->Args({100, 100})->Args({2000, 20});
}

}  // namespace

BENCHMARK(svd<by_columns>)->Name("svd/reference")->Apply(sizes);
BENCHMARK(svd<after_qr>)->Name("svd/after_qr")->Apply(sizes);
BENCHMARK(svd<by_eigen<Eigen::JacobiSVD<Eigen::MatrixXd>>>)
    ->Name("svd/eigen_jacobi")
    ->Apply(sizes);
BENCHMARK(svd<by_eigen<Eigen::BDCSVD<Eigen::MatrixXd>>>)
    ->Name("svd/eigen_bdc")
    ->Apply(sizes);
