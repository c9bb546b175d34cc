// What does the exponential of a sigmoid cost, one call at a time and in whole
// vectors? ReLU, which has none, runs at the speed of memory.
//
//     n  elements    items_per_second counts elements
#include <whiteboard/coding/activation_functions.hpp>

#include <support/bench.hpp>

#include <cmath>

using namespace whiteboard;
using coding::Activation;

namespace {

Vector sigmoid_each(const VectorRef& z) {
  return coding::activate(z, Activation::sigmoid);
}

/// Eigen's vectorised exp(), which is not 0 at -inf.
Vector sigmoid_eigen(const VectorRef& z) {
  const Eigen::ArrayXd e = (-z.array().abs()).exp();
  return (z.array() < 0.0).select(e, 1.0) / (1.0 + e);
}

Vector tanh_each(const VectorRef& z) {
  return coding::activate(z, Activation::tanh);
}

Vector relu_each(const VectorRef& z) {
  return coding::activate(z, Activation::relu);
}

using Function = Vector (*)(const VectorRef&);

void run(benchmark::State& state, Function function, Function reference) {
  const Vector z = 3.0 * bench::gaussian(state.range(0), 1).col(0);
  if (!function(z).isApprox(reference(z), 1e-14)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    const Vector a = function(z);
    benchmark::DoNotOptimize(a.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  bench::bytes(state, 16.0 * static_cast<double>(state.range(0)));
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n"})->Args({1000})->Args({100000});
}

}  // namespace

BENCHMARK_CAPTURE(run, sigmoid, sigmoid_each, sigmoid_each)
    ->Name("sigmoid/reference")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, sigmoid_fast, coding::sigmoid_fast, sigmoid_each)
    ->Name("sigmoid/fast")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, sigmoid_eigen, sigmoid_eigen, sigmoid_each)
    ->Name("sigmoid/eigen_exp")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, tanh, tanh_each, tanh_each)
    ->Name("tanh/reference")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, relu, relu_each, relu_each)
    ->Name("relu/reference")
    ->Apply(sizes);
