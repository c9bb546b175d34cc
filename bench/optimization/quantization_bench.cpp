// A linear layer in int8: the definition, and the form whose loops become
// multiply-adds of pairs; Eigen's product in float for comparison.
//
//     n  rows of activations
//     k  inputs, and as many outputs
//
// flop counts the integer operations. Checked against the reference.
#include <whiteboard/optimization/quantization.hpp>

#include <support/bench.hpp>

using namespace whiteboard;
using optimization::MatrixF;

namespace {

void count(benchmark::State& state) {
  const auto n = static_cast<double>(state.range(0));
  const auto k = static_cast<double>(state.range(1));
  bench::flop(state, 2.0 * n * k * k);
}

template <class Form>
void run(benchmark::State& state, Form form) {
  const Eigen::Index n = state.range(0), k = state.range(1);
  const auto a = optimization::QuantizedActivations::quantized(
      bench::gaussian<float>(n, k), optimization::affine_params(-3.0F, 4.0F));
  const auto w = optimization::QuantizedWeights::per_channel(
      bench::gaussian<float>(k, k, 1));
  if (form(a, w) != optimization::quantized_linear_reference(a, w)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    MatrixF Y = form(a, w);
    benchmark::DoNotOptimize(Y.data());
  }
  count(state);
}

void reference(benchmark::State& state) {
  run(state, optimization::quantized_linear_reference);
}

void pairs(benchmark::State& state) {
  run(state, optimization::quantized_linear);
}

void eigen_float(benchmark::State& state) {
  const Eigen::Index n = state.range(0), k = state.range(1);
  const MatrixF A = bench::gaussian<float>(n, k);
  const MatrixF W = bench::gaussian<float>(k, k, 1);
  for (auto _ : state) {
    MatrixF Y = A * W.transpose();
    benchmark::DoNotOptimize(Y.data());
  }
  count(state);
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "k"})->Unit(benchmark::kMicrosecond);
  b->Args({1, 2048})->Args({8, 1024})->Args({512, 512});
}

}  // namespace

BENCHMARK(reference)->Name("linear_int8/reference")->Apply(sizes);
BENCHMARK(pairs)->Name("linear_int8/pairs")->Apply(sizes);
BENCHMARK(eigen_float)->Name("linear_int8/eigen_f32")->Apply(sizes);
