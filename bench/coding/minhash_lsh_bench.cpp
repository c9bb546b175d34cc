// What does one hash per element save? Signatures of 128 entries by 128 hash
// functions and by one permutation.
//
//     s  elements of the set
//     items_per_second counts elements
#include <whiteboard/coding/minhash_lsh.hpp>

#include <support/bench.hpp>

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

using namespace whiteboard;
using coding::estimate_jaccard;

namespace {

constexpr std::size_t kHashes = 128;

using Minhash = coding::Signature (*)(std::span<const std::uint64_t>,
                                      std::size_t, std::uint64_t);

void run(benchmark::State& state, Minhash signature) {
  const auto s = static_cast<std::size_t>(state.range(0));
  std::mt19937_64 rng(0);
  std::vector<std::uint64_t> elements(s + s / 2);
  for (std::uint64_t& element : elements) element = rng();
  const std::span<const std::uint64_t> all(elements);
  const auto a = all.first(s), b = all.last(s);  // J = (s / 2) / (3 s / 2)
  const double estimate =
      estimate_jaccard(signature(a, kHashes, 1), signature(b, kHashes, 1));
  if (!(std::abs(estimate - 1.0 / 3.0) <
        5.0 * std::sqrt(2.0 / 9.0 / kHashes))) {
    state.SkipWithError("the estimate is wrong");
    return;
  }
  for (auto _ : state) benchmark::DoNotOptimize(signature(a, kHashes, 1));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(s));
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgName("s");
  for (const int s : {20, 200, 2000, 200000}) b->Arg(s);
}

}  // namespace

BENCHMARK_CAPTURE(run, minhash, coding::minhash)
    ->Name("minhash/reference")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, one_permutation, coding::minhash_one_permutation)
    ->Name("minhash/one_permutation")
    ->Apply(sizes);
