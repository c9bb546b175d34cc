// Times whole eigendecompositions of a symmetric n x n matrix.
//
// reference is our Jacobi, tridiagonal Eigen's SelfAdjointEigenSolver, which
// reduces the matrix to three diagonals first. They are compared before.
#include <whiteboard/maths/eigen_decomposition.hpp>

#include <support/bench.hpp>

#include <Eigen/Eigenvalues>

using namespace whiteboard;
using namespace whiteboard::maths;

namespace {

Matrix symmetric(const benchmark::State& state) {
  const Matrix A = bench::gaussian(state.range(0), state.range(0));
  return A + A.transpose();
}

Vector by_jacobi(const Matrix& A) {
  const SymmetricEigen e = jacobi_eigen(A);
  benchmark::DoNotOptimize(e.vectors.data());
  return e.values;
}

Vector by_tridiagonal(const Matrix& A) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> e(A);
  benchmark::DoNotOptimize(e.eigenvectors().data());
  return e.eigenvalues().reverse();
}

template <auto Solve>
void eigen(benchmark::State& state) {
  const Matrix A = symmetric(state);
  if (!Solve(A).isApprox(by_jacobi(A), 1e-11)) {
    state.SkipWithError("eigenvalues differ");
    return;
  }
  for (auto _ : state) {
    const Vector values = Solve(A);
    benchmark::DoNotOptimize(values.data());
  }
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgName("n")->Unit(benchmark::kMicrosecond);
  b->Arg(8)->Arg(32)->Arg(128);
}

}  // namespace

BENCHMARK(eigen<by_jacobi>)->Name("eigen/reference")->Apply(sizes);
BENCHMARK(eigen<by_tridiagonal>)->Name("eigen/tridiagonal")->Apply(sizes);
