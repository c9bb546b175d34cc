// What lies between k-means as written in an interview and k-means as used?
// Up to twenty moves from the same centres: the answer of coding/k_means, and
// the two of algorithms/k_means, which take the distances from a matrix product
// or skip most of them by Hamerly's bound.
//
//     n  samples    k  centres    d  dimensions
//     flop counts 2 n k d per assignment, skipped distances too
#include <whiteboard/algorithms/k_means.hpp>
#include <whiteboard/coding/k_means.hpp>

#include <support/bench.hpp>

#include <cmath>
#include <vector>

using namespace whiteboard;

namespace {

constexpr int kIterations = 20;  // at most

/// n samples around k centres that overlap a little; the order is mixed.
Matrix clustered(Eigen::Index n, Eigen::Index k, Eigen::Index d) {
  const Matrix centres = 2.0 * bench::gaussian(k, d, 1);
  Matrix X = bench::gaussian(n, d, 2);
  for (Eigen::Index i = 0; i < n; ++i) X.row(i) += centres.row(i % k);
  return X;
}

coding::KMeansFit reference(const MatrixRef& X, const Matrix& C) {
  return coding::k_means(X, C, kIterations);
}

/// The library's result in the terms of the exercise: n integers are copied.
coding::KMeansFit as_fit(const algorithms::KMeansResult& result) {
  return {result.centroids,
          {result.labels.begin(), result.labels.end()},
          result.inertias.back(),
          static_cast<int>(result.inertias.size()) - 1};
}

coding::KMeansFit product(const MatrixRef& X, const Matrix& C) {
  return as_fit(algorithms::lloyd(X, C, kIterations));
}

coding::KMeansFit hamerly(const MatrixRef& X, const Matrix& C) {
  return as_fit(algorithms::hamerly(X, C, kIterations));
}

using Run = coding::KMeansFit (*)(const MatrixRef&, const Matrix&);

void run(benchmark::State& state, Run k_means) {
  const Eigen::Index n = state.range(0), k = state.range(1), d = state.range(2);
  const Matrix X = clustered(n, k, d);
  std::mt19937_64 rng(3);
  const Matrix C =
      algorithms::seed_points(X, algorithms::random_seeds(n, k, rng));
  const coding::KMeansFit want = reference(X, C), got = k_means(X, C);
  if (got.label != want.label || got.iterations != want.iterations ||
      !(std::abs(got.inertia - want.inertia) <= 1e-10 * want.inertia) ||
      !got.centers.isApprox(want.centers, 1e-10)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    const coding::KMeansFit fit = k_means(X, C);
    benchmark::DoNotOptimize(fit.label.data());
    benchmark::ClobberMemory();
  }
  const int assignments = want.iterations + 1;
  bench::flop(state, 2.0 * static_cast<double>(assignments * n * k * d));
  state.SetItemsProcessed(state.iterations() * assignments * n);
  state.counters["moves"] = want.iterations;
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "k", "d"})->Unit(benchmark::kMillisecond);
  b->Args({2000, 10, 64})->Args({20'000, 16, 8})->Args({20'000, 64, 32});
}

}  // namespace

BENCHMARK_CAPTURE(run, reference, reference)
    ->Name("k_means/reference")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, product, product)->Name("k_means/product")->Apply(sizes);
BENCHMARK_CAPTURE(run, hamerly, hamerly)->Name("k_means/hamerly")->Apply(sizes);
