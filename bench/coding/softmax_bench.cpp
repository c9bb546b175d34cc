// What does safety cost? The answer of coding/softmax against the formula
// without a shift, and against the recurrence that finds the maximum and the
// sum in one sweep.
//
//     n  logits    items_per_second counts logits
#include <whiteboard/coding/softmax.hpp>

#include <support/bench.hpp>

#include <cmath>

using namespace whiteboard;

namespace {

/// The equation as it stands. Only for logits below 709.
Vector without_shift(const VectorRef& z) {
  Vector p(z.size());
  double total = 0.0;
  for (Eigen::Index i = 0; i < z.size(); ++i) {
    p(i) = std::exp(z(i));
    total += p(i);
  }
  return p / total;
}

/// Maximum and sum in one sweep: the sum is rescaled when the maximum grows.
Vector online(const VectorRef& z) {
  double top = z(0);
  double total = 1.0;
  for (Eigen::Index i = 1; i < z.size(); ++i) {
    if (z(i) > top) {
      total = total * std::exp(top - z(i)) + 1.0;
      top = z(i);
    } else {
      total += std::exp(z(i) - top);
    }
  }
  Vector p(z.size());
  for (Eigen::Index i = 0; i < z.size(); ++i) {
    p(i) = std::exp(z(i) - top) / total;
  }
  return p;
}

using Softmax = Vector (*)(const VectorRef&);

void run(benchmark::State& state, Softmax softmax) {
  const Vector z = bench::gaussian(state.range(0), 1).col(0);
  if (!softmax(z).isApprox(coding::softmax(z), 1e-13)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    const Vector p = softmax(z);
    benchmark::DoNotOptimize(p.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n"})->Args({10})->Args({1000})->Args({32000});
}

}  // namespace

BENCHMARK_CAPTURE(run, reference, coding::softmax)
    ->Name("softmax/reference")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, without_shift, without_shift)
    ->Name("softmax/without_shift")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, online, online)->Name("softmax/online")->Apply(sizes);
