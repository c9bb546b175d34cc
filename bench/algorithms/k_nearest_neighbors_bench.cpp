// Exact search: every distance as it stands, against estimates from a product
// that rule most rows out; and that product alone, the bound of such a search.
//
//     n  rows    d  dimensions    m  queries    k  neighbours
//
// Items are pairs of a query and a row; flop() counts 2 n d a query.
#include <whiteboard/algorithms/k_nearest_neighbors.hpp>

#include <support/bench.hpp>

#include <algorithm>
#include <utility>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::algorithms;

namespace {

using Model = NearestNeighbors;

Neighbors reference(const Model& model, const Matrix& Q, Eigen::Index k) {
  return model.query_reference(Q, k);
}

Neighbors product(const Model& model, const Matrix& Q, Eigen::Index k) {
  return model.query(Q, k);
}

/// As the formula suggests: all estimates at once, and each list sorted whole.
Neighbors whole(const Model& model, const Matrix& Q, Eigen::Index k) {
  const Matrix X = model.points.rowwise() - model.origin;
  const Matrix P = Q.rowwise() - model.origin;
  Matrix estimates = -2.0 * P * X.transpose();
  estimates.colwise() += P.rowwise().squaredNorm();
  estimates.rowwise() += X.rowwise().squaredNorm().transpose();
  Neighbors found(Q.rows(), k);
  std::vector<std::pair<double, Eigen::Index>> all;
  for (Eigen::Index i = 0; i < Q.rows(); ++i) {
    all.clear();
    for (Eigen::Index row = 0; row < X.rows(); ++row) {
      all.emplace_back(estimates(i, row), row);
    }
    std::sort(all.begin(), all.end());
    for (Eigen::Index j = 0; j < k; ++j) {
      found.index(i, j) = all.begin()[j].second;
      found.squared_distance(i, j) = all.begin()[j].first;
    }
  }
  return found;
}

using Search = Neighbors (*)(const Model&, const Matrix&, Eigen::Index);

void search(benchmark::State& state, Search variant) {
  const Eigen::Index n = state.range(0), d = state.range(1), m = state.range(2);
  const Eigen::Index k = state.range(3);
  const auto model = NearestNeighbors::fit(bench::gaussian(n, d, 1));
  const Matrix Q = m == n ? model.points : bench::gaussian(m, d, 2);
  const Neighbors found = variant(model, Q, k);
  if (found.index != reference(model, Q, k).index) {
    state.SkipWithError("neighbours differ from the reference");
    return;
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(variant(model, Q, k).index.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * n * m);
  bench::flop(state, 2.0 * static_cast<double>(n * m * d));
  if (found.measured == 0) return;  // only searches that count
  state.counters["measured_per_query"] =
      static_cast<double>(found.measured) / static_cast<double>(m);
}

/// The products of query() and nothing else, from matrices that are in cache.
void product_alone(benchmark::State& state) {
  const Eigen::Index n = state.range(0), d = state.range(1), m = state.range(2);
  const Matrix probes = bench::gaussian(64, d, 1);
  const Matrix tile = bench::gaussian(256, d, 2);
  Matrix estimates(64, 256);
  for (auto _ : state) {
    for (Eigen::Index done = 0; done < n * m; done += estimates.size()) {
      estimates.noalias() = probes * tile.transpose();
      benchmark::DoNotOptimize(estimates.data());
      benchmark::ClobberMemory();
    }
  }
  state.SetItemsProcessed(state.iterations() * n * m);
  bench::flop(state, 2.0 * static_cast<double>(n * m * d));
}

void small_shapes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "d", "m", "k"})->Unit(benchmark::kMillisecond);
  b->Args({1797, 64, 1797, 10})->Args({10'000, 128, 256, 10});
}

void shapes(benchmark::internal::Benchmark* b) {
  small_shapes(b);
  b->Args({10'000, 16, 256, 10})->Args({100'000, 64, 256, 10});
  b->Args({100'000, 64, 256, 100});
}

}  // namespace

BENCHMARK_CAPTURE(search, reference, reference)->Apply(shapes);
BENCHMARK_CAPTURE(search, product, product)->Apply(shapes);
BENCHMARK_CAPTURE(search, whole, whole)->Apply(small_shapes);
BENCHMARK(product_alone)->Name("search/product_alone")->Apply(shapes);
