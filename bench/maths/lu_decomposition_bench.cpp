// One LU factorisation of an n x n matrix: a column at a time (reference), by
// blocks of columns, and Eigen's PartialPivLU.
//
// flop counts 2/3 n^3.
#include <whiteboard/maths/lu_decomposition.hpp>

#include <support/bench.hpp>

#include <Eigen/LU>

using namespace whiteboard;
using namespace whiteboard::maths;

namespace {

Matrix by_columns(const Matrix& A) {
  return lu_factor_reference(A)->factors;
}

Matrix by_blocks(const Matrix& A) {
  return lu_factor(A)->factors;
}

Matrix by_eigen(const Matrix& A) {
  return Eigen::PartialPivLU<Matrix>(A).matrixLU();
}

template <auto Factor>
void factor(benchmark::State& state) {
  const Eigen::Index n = state.range(0);
  const Matrix A = bench::gaussian(n, n);
  if (!Factor(A).isApprox(by_columns(A), 1e-9)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    const Matrix LU = Factor(A);
    benchmark::DoNotOptimize(LU.data());
  }
  const auto size = static_cast<double>(n);
  bench::flop(state, 2.0 / 3.0 * size * size * size);
  state.SetItemsProcessed(state.iterations());
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgName("n")->Unit(benchmark::kMicrosecond);
  b->Arg(32)->Arg(128)->Arg(512)->Arg(1024);
}

}  // namespace

BENCHMARK(factor<by_columns>)->Name("lu/reference")->Apply(sizes);
BENCHMARK(factor<by_blocks>)->Name("lu/blocks")->Apply(sizes);
BENCHMARK(factor<by_eigen>)->Name("lu/eigen")->Apply(sizes);
