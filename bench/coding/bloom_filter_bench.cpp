// Is one cache line per query worth its higher rate? The plain and the blocked
// filter, asked for keys that are there and for keys that are not.
//
//     n  keys in the filter, 1% planned; present 0 or 1
//     items_per_second counts queries
#include <whiteboard/coding/bloom_filter.hpp>

#include <support/bench.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

using namespace whiteboard;

namespace {

std::string_view text(const std::uint64_t& key) {
  return {reinterpret_cast<const char*>(&key), sizeof key};
}

template <class Filter>
void run(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  Filter filter(n, 0.01);
  std::mt19937_64 rng(0);
  std::vector<std::uint64_t> asked;
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint64_t key = rng();
    filter.insert(text(key));
    if (rng() % n < (1 << 16)) asked.push_back(key);
  }
  if (state.range(1) == 0) {
    for (auto& key : asked) key = rng();
  }
  std::size_t found = 0;
  for (const auto& key : asked) found += filter.maybe_contains(text(key));
  const double share = static_cast<double>(found) / asked.size();
  if (state.range(1) == 0 ? share > 0.02 : share < 1.0) {
    state.SkipWithError("answers are wrong");
    return;
  }
  for (auto _ : state) {
    found = 0;
    for (const auto& key : asked) found += filter.maybe_contains(text(key));
    benchmark::DoNotOptimize(found);
  }
  state.SetItemsProcessed(state.iterations() *
                          static_cast<std::int64_t>(asked.size()));
  state.counters["rate"] = share;
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "present"});
  for (const int present : {1, 0}) {
    for (const int n : {1 << 16, 1 << 20, 1 << 25}) b->Args({n, present});
  }
}

}  // namespace

BENCHMARK(run<coding::BloomFilter>)->Name("bloom/reference")->Apply(sizes);
BENCHMARK(run<coding::BlockedBloomFilter>)->Name("bloom/blocked")->Apply(sizes);
