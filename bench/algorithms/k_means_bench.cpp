// The assignment step by definition and by blocked product, and whole runs of
// Lloyd's algorithm with either, or with Hamerly's bound.
//
//     n  samples    k  centroids    d  dimensions
#include <whiteboard/algorithms/k_means.hpp>

#include <support/bench.hpp>

using namespace whiteboard;
using namespace whiteboard::algorithms;

namespace {

using AssignmentStep = Assignment (*)(const MatrixRef&, const MatrixRef&);

/// n samples around k centres that overlap a little; the order is mixed.
Matrix clustered(Eigen::Index n, Eigen::Index k, Eigen::Index d) {
  const Matrix centres = 2.0 * bench::gaussian(k, d, 1);
  Matrix X = bench::gaussian(n, d, 2);
  for (Eigen::Index i = 0; i < n; ++i) X.row(i) += centres.row(i % k);
  return X;
}

void assignment(benchmark::State& state, AssignmentStep step) {
  const Eigen::Index n = state.range(0), k = state.range(1), d = state.range(2);
  const Matrix X = clustered(n, k, d);
  std::mt19937_64 rng(3);
  const Matrix C = seed_points(X, random_seeds(n, k, rng));
  if (step(X, C).labels != assign_reference(X, C).labels) {
    state.SkipWithError("labels differ from the reference");
    return;
  }
  for (auto _ : state) {
    const Assignment a = step(X, C);
    benchmark::DoNotOptimize(a.labels.data());
    benchmark::ClobberMemory();
  }
  bench::flop(state, 2.0 * static_cast<double>(n * k * d));
  state.SetItemsProcessed(state.iterations() * n * k);
}

using Run = KMeansResult (*)(const MatrixRef&, const Matrix&);

KMeansResult run_reference(const MatrixRef& X, const Matrix& C) {
  return alternate("bench", X, C, 20, assign_reference);
}

KMeansResult run_product(const MatrixRef& X, const Matrix& C) {
  return lloyd(X, C, 20);
}

KMeansResult run_hamerly(const MatrixRef& X, const Matrix& C) {
  return hamerly(X, C, 20);
}

void whole_run(benchmark::State& state, Run run) {
  const Eigen::Index n = state.range(0), k = state.range(1), d = state.range(2);
  const Matrix X = clustered(n, k, d);
  std::mt19937_64 rng(3);
  const Matrix C = seed_points(X, random_seeds(n, k, rng));
  const KMeansResult reference = run_reference(X, C);
  const KMeansResult result = run(X, C);
  if (result.labels != reference.labels) {
    state.SkipWithError("labels differ from the reference");
    return;
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(run(X, C).labels.data());
    benchmark::ClobberMemory();
  }
  // What Lloyd evaluates, for Hamerly's bounds too: rates compare as times.
  state.SetItemsProcessed(state.iterations() * reference.distances);
  state.counters["share_of_distances"] =
      static_cast<double>(result.distances) /
      static_cast<double>(reference.distances);
}

void assignment_shapes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "k", "d"})->Unit(benchmark::kMicrosecond);
  b->Args({4096, 16, 2})->Args({1797, 10, 64})->Args({4096, 128, 32});
  b->Args({100'000, 64, 32})->Args({20'000, 256, 128});
}

void run_shapes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "k", "d"})->Unit(benchmark::kMillisecond);
  b->Args({20'000, 16, 8})->Args({100'000, 64, 32});
}

}  // namespace

BENCHMARK_CAPTURE(assignment, reference, assign_reference)
    ->Name("assign/reference")
    ->Apply(assignment_shapes);
BENCHMARK_CAPTURE(assignment, product, assign)
    ->Name("assign/product")
    ->Apply(assignment_shapes);
BENCHMARK_CAPTURE(whole_run, reference, run_reference)
    ->Name("lloyd_20_iterations/reference")
    ->Apply(run_shapes);
BENCHMARK_CAPTURE(whole_run, product, run_product)
    ->Name("lloyd_20_iterations/product")
    ->Apply(run_shapes);
BENCHMARK_CAPTURE(whole_run, hamerly, run_hamerly)
    ->Name("lloyd_20_iterations/hamerly")
    ->Apply(run_shapes);
