// Times k_nearest_neighbors.hpp: how the k smallest distances are found, and
// many queries one by one against the batch form.
//
//     n  rows    d  dimensions    m  queries
//
// k is 10. Items are queries; flop() counts 2 n d a query, the product alone.
#include <whiteboard/coding/k_nearest_neighbors.hpp>

#include <support/bench.hpp>

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::coding;

namespace {

constexpr Eigen::Index kNeighbours = 10;

Eigen::VectorXi labels_of(const Matrix& X) {
  return (X.col(0).array() > 0.0).cast<int>();
}

Eigen::VectorXi one_by_one(const MatrixRef& X, const Eigen::VectorXi& y,
                           const MatrixRef& queries, Eigen::Index k) {
  Eigen::VectorXi labels(queries.rows());
  for (Eigen::Index i = 0; i < queries.rows(); ++i) {
    labels(i) = knn_predict(X, y, queries.row(i).transpose(), k);
  }
  return labels;
}

template <class Predict>
void predict(benchmark::State& state, const Predict& variant) {
  const Eigen::Index n = state.range(0), d = state.range(1), m = state.range(2);
  const Matrix X = bench::gaussian(n, d, 1);
  const Matrix queries = bench::gaussian(m, d, 2);
  const Eigen::VectorXi y = labels_of(X);
  if (variant(X, y, queries, kNeighbours) !=
      one_by_one(X, y, queries, kNeighbours)) {
    state.SkipWithError("labels differ from the reference");
    return;
  }
  for (auto _ : state) {
    const Eigen::VectorXi labels = variant(X, y, queries, kNeighbours);
    benchmark::DoNotOptimize(labels.data());
  }
  state.SetItemsProcessed(state.iterations() * m);
  bench::flop(state, 2.0 * static_cast<double>(n * d * m));
}

using Neighbours = std::vector<std::pair<double, Eigen::Index>>;

void sort_all(Neighbours& all) {
  std::sort(all.begin(), all.end());
}
void partial_sort_k(Neighbours& all) {
  std::partial_sort(all.begin(), all.begin() + kNeighbours, all.end());
}
void nth_element_k(Neighbours& all) {
  std::nth_element(all.begin(), all.begin() + (kNeighbours - 1), all.end());
  std::sort(all.begin(), all.begin() + kNeighbours);
}

void select(benchmark::State& state, void (*order)(Neighbours&)) {
  const Eigen::Index n = state.range(0);
  const Matrix distances = bench::gaussian(n, 1, 3);
  Neighbours all;
  for (Eigen::Index i = 0; i < n; ++i) {
    all.emplace_back(distances(i) * distances(i), i);
  }
  Neighbours sorted = all;
  Neighbours working = all;
  std::sort(sorted.begin(), sorted.end());
  order(working);
  if (!std::equal(sorted.begin(), sorted.begin() + kNeighbours,
                  working.begin())) {
    state.SkipWithError("the nearest differ from the reference");
    return;
  }
  for (auto _ : state) {
    working = all;
    order(working);
    benchmark::DoNotOptimize(working.data());
  }
  state.SetItemsProcessed(state.iterations() * n);
}

void shapes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "d", "m"})->Unit(benchmark::kMillisecond);
  b->Args({1000, 16, 256})->Args({10000, 16, 256})->Args({10000, 64, 256});
  b->Args({100000, 64, 1000});
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n"})->Unit(benchmark::kMicrosecond)->Arg(1000)->Arg(100000);
}

}  // namespace

BENCHMARK_CAPTURE(predict, reference, one_by_one)->Apply(shapes);
BENCHMARK_CAPTURE(predict, batch, knn_predict_all)->Apply(shapes);
BENCHMARK_CAPTURE(select, reference, sort_all)->Apply(sizes);
BENCHMARK_CAPTURE(select, partial_sort, partial_sort_k)->Apply(sizes);
BENCHMARK_CAPTURE(select, nth_element, nth_element_k)->Apply(sizes);
