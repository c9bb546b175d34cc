// What do two allocations per entry and pointers all over the heap cost? The
// list with a hash map against the flat arrays, on skewed requests: read, and
// on a miss store.
//
//     n  capacity; requests are for 8 n keys
//     items_per_second counts requests
#include <whiteboard/coding/lru_cache.hpp>

#include <support/bench.hpp>

#include <cmath>
#include <cstdint>
#include <vector>

using namespace whiteboard;

namespace {

/// Log-uniform over 8 n keys, which is Zipf's law with exponent 1, and
/// scrambled, as popular keys are not neighbours.
std::vector<std::uint64_t> requests(std::int64_t n) {
  std::mt19937_64 rng(0);
  std::vector<std::uint64_t> keys(1 << 20);
  const double range = std::log(8.0 * static_cast<double>(n));
  for (auto& key : keys) {
    const auto rank =
        static_cast<std::uint64_t>(std::exp(range * uniform(rng)));
    key = rank * 0xD6E8FEB86659FD93u;
  }
  return keys;
}

template <class Cache>
std::size_t serve(Cache& cache, const std::vector<std::uint64_t>& keys) {
  std::size_t hits = 0;
  for (const std::uint64_t key : keys) {
    if (cache.get(key)) {
      ++hits;
    } else {
      cache.put(key, key);
    }
  }
  return hits;
}

using List = coding::LruCache<std::uint64_t, std::uint64_t>;
using Flat = coding::FlatLruCache<std::uint64_t, std::uint64_t>;

template <class Cache>
void run(benchmark::State& state) {
  const auto capacity = static_cast<std::size_t>(state.range(0));
  const std::vector<std::uint64_t> keys = requests(state.range(0));
  Cache cache(capacity);
  List reference(capacity);
  const std::size_t hits = serve(cache, keys);
  if (hits != serve(reference, keys)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) benchmark::DoNotOptimize(serve(cache, keys));
  state.SetItemsProcessed(state.iterations() *
                          static_cast<std::int64_t>(keys.size()));
  state.counters["hit_rate"] =
      static_cast<double>(hits) / static_cast<double>(keys.size());
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgName("n")->Arg(1 << 8)->Arg(1 << 13)->Arg(1 << 18);
}

}  // namespace

BENCHMARK(run<List>)->Name("lru/reference")->Apply(sizes);
BENCHMARK(run<Flat>)->Name("lru/flat")->Apply(sizes);
