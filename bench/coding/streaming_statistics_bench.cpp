// What does it cost to wait for each update? The values pushed one by one, in
// blocks that are merged, and in two plain passes over the whole array.
//
//     n  values    items_per_second counts values
#include <whiteboard/coding/streaming_statistics.hpp>

#include <support/bench.hpp>

#include <cmath>
#include <span>

using namespace whiteboard;

namespace {

double pushed(std::span<const double> values) {
  coding::StreamingStatistics s;
  for (const double x : values) s.push(x);
  return s.variance();
}

double blocks(std::span<const double> values) {
  return coding::StreamingStatistics::of(values).variance();
}

/// What is usually written: the mean first, then the squares.
double two_passes(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  double sum = 0.0, squares = 0.0;
  for (const double x : values) sum += x;
  const double mean = sum / n;
  for (const double x : values) squares += (x - mean) * (x - mean);
  return squares / (n - 1.0);
}

using Variance = double (*)(std::span<const double>);

void run(benchmark::State& state, Variance variance) {
  const Matrix data = bench::gaussian(state.range(0), 1);
  const std::span<const double> values(data.data(),
                                       static_cast<std::size_t>(data.size()));
  if (!(std::abs(variance(values) / pushed(values) - 1.0) < 1e-12)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(variance(values));
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  bench::bytes(state, 8.0 * static_cast<double>(state.range(0)));
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n"})->Args({100})->Args({10000})->Args({10000000});
}

}  // namespace

BENCHMARK_CAPTURE(run, reference, pushed)
    ->Name("variance/reference")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, blocks, blocks)->Name("variance/blocks")->Apply(sizes);
BENCHMARK_CAPTURE(run, two_passes, two_passes)
    ->Name("variance/two_passes")
    ->Apply(sizes);
