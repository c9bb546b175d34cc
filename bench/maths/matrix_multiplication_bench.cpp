// C = A B: the definition, better loop orders, the packed product, and Eigen's.
//
//     m, k, n  C is m x n, the sums have k terms
//
// Each form is checked against Eigen's before it is timed.
#include <whiteboard/maths/matrix_multiplication.hpp>

#include <support/bench.hpp>

#include <concepts>
#include <limits>

using namespace whiteboard;

namespace {

template <std::floating_point T>
MatrixOf<T> eigen(const maths::Factor<T>& A, const maths::Factor<T>& B) {
  return A * B;
}

template <std::floating_point T>
MatrixOf<T> tiled(const maths::Factor<T>& A, const maths::Factor<T>& B) {
  return maths::multiply_tiled<T>(A, B);
}

template <std::floating_point T>
void run(benchmark::State& state,
         MatrixOf<T> (*form)(const maths::Factor<T>&,
                             const maths::Factor<T>&)) {
  const Eigen::Index m = state.range(0), k = state.range(1), n = state.range(2);
  const MatrixOf<T> A = bench::gaussian<T>(m, k),
                    B = bench::gaussian<T>(k, n, 1);
  if (!form(A, B).isApprox(eigen<T>(A, B),
                           16 * std::numeric_limits<T>::epsilon())) {
    state.SkipWithError("differs from Eigen's product");
    return;
  }
  for (auto _ : state) {
    MatrixOf<T> C = form(A, B);
    benchmark::DoNotOptimize(C.data());
  }
  bench::flop(state, maths::multiply_flops(m, k, n));
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"m", "k", "n"})->Unit(benchmark::kMicrosecond);
  b->Args({256, 256, 256})->Args({1024, 1024, 1024});
}

/// For the textbook loop, which takes seconds at 1024.
void small(benchmark::internal::Benchmark* b) {
  b->ArgNames({"m", "k", "n"})->Unit(benchmark::kMicrosecond);
  b->Args({256, 256, 256});
}

template <std::floating_point T>
void reference(benchmark::State& state) {
  run<T>(state, &maths::multiply_reference<T>);
}

template <std::floating_point T>
void ikj(benchmark::State& state) {
  run<T>(state, &maths::multiply_ikj<T>);
}

template <std::floating_point T>
void in_tiles(benchmark::State& state) {
  run<T>(state, &tiled<T>);
}

template <std::floating_point T>
void packed(benchmark::State& state) {
  run<T>(state, &maths::multiply<T>);
}

template <std::floating_point T>
void by_eigen(benchmark::State& state) {
  run<T>(state, &eigen<T>);
}

}  // namespace

BENCHMARK(reference<float>)->Name("multiply_f32/reference")->Apply(small);
BENCHMARK(ikj<float>)->Name("multiply_f32/ikj")->Apply(sizes);
BENCHMARK(in_tiles<float>)->Name("multiply_f32/tiled")->Apply(sizes);
BENCHMARK(packed<float>)->Name("multiply_f32/packed")->Apply(sizes);
BENCHMARK(by_eigen<float>)->Name("multiply_f32/eigen")->Apply(sizes);
BENCHMARK(reference<double>)->Name("multiply_f64/reference")->Apply(small);
BENCHMARK(ikj<double>)->Name("multiply_f64/ikj")->Apply(sizes);
BENCHMARK(in_tiles<double>)->Name("multiply_f64/tiled")->Apply(sizes);
BENCHMARK(packed<double>)->Name("multiply_f64/packed")->Apply(sizes);
BENCHMARK(by_eigen<double>)->Name("multiply_f64/eigen")->Apply(sizes);
