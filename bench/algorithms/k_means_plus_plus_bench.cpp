// k-means++ seeding by its definition and with running minima.
//
//     n  samples    k  seeds    d  dimensions    c  candidates per seed
#include <whiteboard/algorithms/k_means_plus_plus.hpp>

#include <support/bench.hpp>

using namespace whiteboard;
using namespace whiteboard::algorithms;

namespace {

using Seeding = Seeds (*)(const MatrixRef&, const SeedingOptions&,
                          std::mt19937_64&);

void seeding(benchmark::State& state, Seeding seed) {
  const Eigen::Index n = state.range(0), k = state.range(1), d = state.range(2);
  const int candidates = static_cast<int>(state.range(3));
  const Matrix X = bench::gaussian(n, d);
  const SeedingOptions options{.k = k, .candidates = candidates};
  std::mt19937_64 rng_a(1), rng_b(1);
  if (seed(X, options, rng_a) !=
      k_means_plus_plus_reference(X, options, rng_b)) {
    state.SkipWithError("seeds differ from the reference");
    return;
  }
  for (auto _ : state) {
    std::mt19937_64 rng(1);
    benchmark::DoNotOptimize(seed(X, options, rng).data());
  }
  // The samples once per seed; the running minima stay in the caches.
  bench::bytes(state, 8.0 * static_cast<double>(n * k * d));
  state.SetItemsProcessed(state.iterations() * n * k * candidates);
}

void shapes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "k", "d", "c"})->Unit(benchmark::kMillisecond);
  b->Args({1797, 10, 64, 1})->Args({20'000, 16, 8, 1});
  b->Args({20'000, 64, 32, 1})->Args({20'000, 64, 32, 6});
}

}  // namespace

BENCHMARK_CAPTURE(seeding, reference,
                  k_means_plus_plus_reference<std::mt19937_64>)
    ->Name("k_means_plus_plus/reference")
    ->Apply(shapes);
BENCHMARK_CAPTURE(seeding, running_minima, k_means_plus_plus<std::mt19937_64>)
    ->Name("k_means_plus_plus/running_minima")
    ->Apply(shapes);
