// One Cholesky factorisation of an n x n matrix: row by row (reference), by
// blocks of columns, and Eigen's LLT.
//
// flop counts n^3 / 3.
#include <whiteboard/maths/cholesky_decomposition.hpp>

#include <support/bench.hpp>

#include <Eigen/Cholesky>

using namespace whiteboard;
using namespace whiteboard::maths;

namespace {

Matrix row_by_row(const Matrix& A) {
  return *cholesky_reference(A);
}

Matrix by_blocks(const Matrix& A) {
  return *cholesky(A);
}

Matrix by_eigen(const Matrix& A) {
  return Eigen::LLT<Matrix>(A).matrixL();
}

template <auto Factor>
void factor(benchmark::State& state) {
  const Eigen::Index n = state.range(0);
  const Matrix G = bench::gaussian(n, n);
  const Matrix A = G * G.transpose() + Matrix::Identity(n, n);
  if (!Factor(A).isApprox(row_by_row(A), 1e-11)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    const Matrix L = Factor(A);
    benchmark::DoNotOptimize(L.data());
  }
  const auto size = static_cast<double>(n);
  bench::flop(state, size * size * size / 3.0);
  state.SetItemsProcessed(state.iterations());
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgName("n")->Unit(benchmark::kMicrosecond);
  b->Arg(32)->Arg(128)->Arg(512)->Arg(1024);
}

}  // namespace

BENCHMARK(factor<row_by_row>)->Name("cholesky/reference")->Apply(sizes);
BENCHMARK(factor<by_blocks>)->Name("cholesky/blocks")->Apply(sizes);
BENCHMARK(factor<by_eigen>)->Name("cholesky/eigen")->Apply(sizes);
