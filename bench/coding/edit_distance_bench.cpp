// What do 64 cells at a time gain? The one-row programme of
// coding/edit_distance against the full table and against Myers' bits.
//
//     n  letters in each string    items_per_second counts cells, n * n
#include <whiteboard/coding/edit_distance.hpp>

#include <support/bench.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace whiteboard;

namespace {

/// Eq. (1) with the whole table kept, as one would to recover the edits.
std::size_t full_table(std::string_view a, std::string_view b) {
  const std::size_t width = b.size() + 1;
  std::vector<std::size_t> d((a.size() + 1) * width);
  for (std::size_t i = 0; i <= a.size(); ++i) d[i * width] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t at = i * width + j;
      const std::size_t kept =
          d[at - width - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[at] = std::min({kept, d[at - width] + 1, d[at - 1] + 1});
    }
  }
  return d.back();
}

std::string letters(std::int64_t n, std::mt19937_64& rng) {
  std::string s;
  for (std::int64_t i = 0; i < n; ++i) {
    s.push_back(static_cast<char>('a' + uniform_index(20, rng)));
  }
  return s;
}

using Distance = std::size_t (*)(std::string_view, std::string_view);

void run(benchmark::State& state, Distance distance) {
  std::mt19937_64 rng(1);
  const std::string a = letters(state.range(0), rng);
  const std::string b = letters(state.range(0), rng);
  if (distance(a, b) != coding::edit_distance(a, b)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) benchmark::DoNotOptimize(distance(a, b));
  state.SetItemsProcessed(state.iterations() * state.range(0) * state.range(0));
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n"})->Args({8})->Args({32})->Args({64})->Args({1000});
}

}  // namespace

BENCHMARK_CAPTURE(run, reference, coding::edit_distance)
    ->Name("edit_distance/reference")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, full_table, full_table)
    ->Name("edit_distance/full_table")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, bits, coding::edit_distance_bits)
    ->Name("edit_distance/bits")
    ->Apply(sizes);
