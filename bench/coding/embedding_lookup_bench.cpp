// What does gathering save over the one-hot product, and what does the dense
// gradient of a large vocabulary cost against that of the rows in use?
//
//     V, d, n  vocabulary, width, ids    items_per_second counts numbers of the
//     output (forward) or of the incoming gradient (backward)
#include <whiteboard/coding/embedding_lookup.hpp>

#include <support/bench.hpp>

#include <algorithm>
#include <numeric>
#include <vector>

using namespace whiteboard;

namespace {

std::vector<int> random_ids(Eigen::Index n, Eigen::Index vocab) {
  std::mt19937_64 rng(1);
  std::vector<int> ids;
  for (Eigen::Index i = 0; i < n; ++i) {
    ids.push_back(static_cast<int>(uniform_index(vocab, rng)));
  }
  return ids;
}

Matrix one_hot_product(const MatrixRef& table, std::span<const int> ids) {
  Matrix hot = Matrix::Zero(std::ssize(ids), table.rows());
  for (Eigen::Index i = 0; i < hot.rows(); ++i) {
    hot(i, ids[static_cast<std::size_t>(i)]) = 1.0;
  }
  return hot * table;
}

/// The gradient as the rows that are not zero, by ascending id.
struct SparseRows {
  std::vector<int> ids;
  Matrix rows;
};

SparseRows rows_in_use(const MatrixRef& grad, std::span<const int> ids) {
  std::vector<std::size_t> order(ids.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return ids[a] != ids[b] ? ids[a] < ids[b] : a < b;
  });
  SparseRows result{{}, Matrix(grad.rows(), grad.cols())};
  for (const std::size_t i : order) {
    const auto from = static_cast<Eigen::Index>(i);
    if (result.ids.empty() || result.ids.back() != ids[i]) {
      result.ids.push_back(ids[i]);
      result.rows.row(std::ssize(result.ids) - 1) = grad.row(from);
    } else {
      result.rows.row(std::ssize(result.ids) - 1) += grad.row(from);
    }
  }
  result.rows.conservativeResize(std::ssize(result.ids), Eigen::NoChange);
  return result;
}

using Lookup = Matrix (*)(const MatrixRef&, std::span<const int>);

void forward(benchmark::State& state, Lookup lookup) {
  const Matrix table = bench::gaussian(state.range(0), state.range(1));
  const std::vector<int> ids = random_ids(state.range(2), state.range(0));
  if (!lookup(table, ids).isApprox(one_hot_product(table, ids), 1e-15)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    const Matrix out = lookup(table, ids);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * state.range(1) * state.range(2));
}

void dense(benchmark::State& state) {
  const Matrix grad = bench::gaussian(state.range(2), state.range(1));
  const std::vector<int> ids = random_ids(state.range(2), state.range(0));
  for (auto _ : state) {
    const Matrix out = coding::embedding_backward(grad, ids, state.range(0));
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * grad.size());
}

void sparse(benchmark::State& state) {
  const Matrix grad = bench::gaussian(state.range(2), state.range(1));
  const std::vector<int> ids = random_ids(state.range(2), state.range(0));
  const SparseRows check = rows_in_use(grad, ids);
  Matrix filled = Matrix::Zero(state.range(0), state.range(1));
  for (std::size_t k = 0; k < check.ids.size(); ++k) {
    filled.row(check.ids[k]) = check.rows.row(static_cast<Eigen::Index>(k));
  }
  if (filled != coding::embedding_backward(grad, ids, state.range(0))) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    const SparseRows out = rows_in_use(grad, ids);
    benchmark::DoNotOptimize(out.rows.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * grad.size());
}

void forward_sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"V", "d", "n"})->Args({1000, 64, 64})->Args({50000, 64, 64});
}

void backward_sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"V", "d", "n"})->Args({1000, 64, 512})->Args({50000, 64, 512});
}

}  // namespace

BENCHMARK_CAPTURE(forward, reference, one_hot_product)
    ->Name("embedding_lookup/reference")
    ->Apply(forward_sizes);
BENCHMARK_CAPTURE(forward, gather, coding::embedding_lookup)
    ->Name("embedding_lookup/gather")
    ->Apply(forward_sizes);
BENCHMARK(dense)->Name("embedding_backward/reference")->Apply(backward_sizes);
BENCHMARK(sparse)
    ->Name("embedding_backward/rows_in_use")
    ->Apply(backward_sizes);
