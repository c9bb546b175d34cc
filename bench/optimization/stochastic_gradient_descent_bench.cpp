// One epoch of SGD on least squares: with a vector for every sample's gradient,
// and fused.
//
//     n  samples    d  columns
//
// flop is what a step needs, a product and a sum with the row, 4 d; bytes are
// the rows, which are read once.
#include <whiteboard/optimization/stochastic_gradient_descent.hpp>

#include <support/bench.hpp>

#include <cstdint>
#include <random>

using namespace whiteboard;
using namespace whiteboard::optimization;

namespace {

/// Small enough to be stable for every row tried here.
double eta(std::int64_t) {
  return 1e-4;
}

using Epoch = Vector (*)(const Matrix&, const Vector&, const Vector&);

Vector general(const Matrix& A, const Vector& b, const Vector& x) {
  std::mt19937_64 rng(2);
  const auto gradient = [&](std::ptrdiff_t i, const Vector& at) -> Vector {
    return (A.row(i).dot(at) - b(i)) * A.row(i).transpose();
  };
  return sgd(gradient, x, eta, A.rows(), {.steps = A.rows()}, rng);
}

Vector fused(const Matrix& A, const Vector& b, const Vector& x) {
  std::mt19937_64 rng(2);
  return sgd_least_squares(A, b, x, eta, {.steps = A.rows()}, rng);
}

void epoch(benchmark::State& state, Epoch run) {
  const Eigen::Index n = state.range(0), d = state.range(1);
  const Matrix A = bench::gaussian(n, d);
  const Vector b = bench::gaussian(n, 1, 1).col(0);
  const Vector x = Vector::Zero(d);
  if (!run(A, b, x).isApprox(general(A, b, x), 1e-11)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    const Vector result = run(A, b, x);
    benchmark::DoNotOptimize(result.data());
  }
  const double entries = static_cast<double>(n) * static_cast<double>(d);
  state.SetItemsProcessed(state.iterations() * n);
  bench::flop(state, 4.0 * entries);
  bench::bytes(state, 8.0 * entries);
}

void shapes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "d"})->Unit(benchmark::kMicrosecond);
  b->Args({10'000, 8})->Args({10'000, 64})->Args({10'000, 512});
}

}  // namespace

BENCHMARK_CAPTURE(epoch, g, general)->Name("epoch/reference")->Apply(shapes);
BENCHMARK_CAPTURE(epoch, f, fused)->Name("epoch/fused")->Apply(shapes);
