// Log-sum-exp of one vector: the definition with std::exp, the blocks of a
// branch-free exponential, and the one-pass stream.
//
//     n  numbers
//
// items_per_second counts numbers. Every variant is checked against the
// definition before it is timed.
#include <whiteboard/maths/log_sum_exp.hpp>

#include <support/bench.hpp>

#include <cmath>

using namespace whiteboard;

namespace {

double reference(const Vector& x) {
  return maths::log_sum_exp_reference(x);
}

double blocks(const Vector& x) {
  return maths::log_sum_exp(x);
}

double stream(const Vector& x) {
  maths::StreamingLogSumExp total;
  for (const double value : x) total.add(value);
  return total.value();
}

void run(benchmark::State& state, double (*log_sum_exp)(const Vector&)) {
  const Vector x = 5.0 * bench::gaussian(state.range(0), 1).col(0);
  if (std::abs(log_sum_exp(x) - reference(x)) > 1e-11) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    double result = log_sum_exp(x);
    benchmark::DoNotOptimize(result);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * x.size());
  bench::bytes(state, sizeof(double) * static_cast<double>(x.size()));
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n"})->Unit(benchmark::kMicrosecond);
  b->Arg(16)->Arg(1000)->Arg(32'000)->Arg(4'000'000);
}

}  // namespace

BENCHMARK_CAPTURE(run, reference, reference)
    ->Name("log_sum_exp/reference")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, blocks, blocks)
    ->Name("log_sum_exp/blocks")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, stream, stream)
    ->Name("log_sum_exp/stream")
    ->Apply(sizes);
