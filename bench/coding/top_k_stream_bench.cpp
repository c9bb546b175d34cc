// When does a heap cost more than its comparison? The heap and the buffer of
// 2k against the library's std::partial_sort_copy, on scores in random and in
// ascending order.
//
//     n  items, k of which are kept; ascending 0 or 1
//     items_per_second counts items, and each has 16 bytes to be read
#include <whiteboard/coding/top_k_stream.hpp>

#include <support/bench.hpp>

#include <algorithm>
#include <vector>

using namespace whiteboard;

namespace {

using Items = std::vector<coding::TopKItem>;

Items partial_sort_copy(std::span<const coding::TopKItem> items,
                        std::size_t k) {
  Items best(std::min(k, items.size()));
  std::partial_sort_copy(items.begin(), items.end(), best.begin(), best.end(),
                         coding::TopKBetter{});
  return best;
}

using TopK = Items (*)(std::span<const coding::TopKItem>, std::size_t);

void run(benchmark::State& state, TopK top_k) {
  std::mt19937_64 rng(0);
  Items items(static_cast<std::size_t>(state.range(0)));
  for (auto& item : items) item = {normal(rng), rng()};
  if (state.range(2) != 0) std::sort(items.begin(), items.end());
  const auto k = static_cast<std::size_t>(state.range(1));
  if (top_k(items, k) != coding::top_k_stream(items, k)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    const Items best = top_k(items, k);
    benchmark::DoNotOptimize(best.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  bench::bytes(state, 16.0 * static_cast<double>(state.range(0)));
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "k", "ascending"});
  for (const int ascending : {0, 1}) {
    for (const int k : {10, 1000}) {
      b->Args({1 << 20, k, ascending});
    }
  }
}

}  // namespace

BENCHMARK_CAPTURE(run, reference, coding::top_k_stream)
    ->Name("top_k/reference")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, buffered, coding::top_k_buffered)
    ->Name("top_k/buffered")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, partial_sort_copy, partial_sort_copy)
    ->Name("top_k/partial_sort_copy")
    ->Apply(sizes);
