// What does a draw in O(1) gain over a search in O(log n)? The alias table with
// two random numbers a draw and with one, binary search in cumulative sums, and
// std::discrete_distribution. And how many draws pay for the table?
//
//     n  weights    items_per_second counts draws, or weights when building
#include <whiteboard/coding/alias_sampling.hpp>

#include <support/bench.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <random>
#include <vector>

using namespace whiteboard;
using Weights = std::vector<double>;

namespace {

Weights weights(std::int64_t n) {
  std::mt19937_64 rng(0);
  Weights w(static_cast<std::size_t>(n));
  for (double& x : w) x = std::exp(2.0 * normal(rng));
  return w;
}

struct TwoNumbers : coding::AliasTable {
  using AliasTable::AliasTable;
  std::size_t operator()(std::mt19937_64& rng) const { return sample(rng); }
};

struct OneNumber : coding::AliasTable {
  using AliasTable::AliasTable;
  std::size_t operator()(std::mt19937_64& rng) const {
    return sample_from_one_number(rng);
  }
};

struct Search {
  explicit Search(const Weights& w) : sums(w.size()) {
    std::partial_sum(w.begin(), w.end(), sums.begin());
  }
  std::size_t operator()(std::mt19937_64& rng) const {
    const double u = uniform(rng) * sums.back();
    return static_cast<std::size_t>(
        std::upper_bound(sums.begin(), sums.end(), u) - sums.begin());
  }
  Weights sums;
};

struct Standard {
  explicit Standard(const Weights& w) : distribution(w.begin(), w.end()) {}
  std::size_t operator()(std::mt19937_64& rng) { return distribution(rng); }
  std::discrete_distribution<std::size_t> distribution;
};

/// The mean of 100,000 drawn indices is within five standard errors of what it
/// should be.
template <class Sampler>
bool is_right(Sampler& sampler, const Weights& w) {
  double total = 0.0, mean = 0.0, square = 0.0, drawn = 0.0;
  for (std::size_t i = 0; i < w.size(); ++i) {
    const auto x = static_cast<double>(i);
    total += w[i];
    mean += w[i] * x;
    square += w[i] * x * x;
  }
  mean /= total;
  std::mt19937_64 rng(1);
  for (int d = 0; d < 100'000; ++d) drawn += static_cast<double>(sampler(rng));
  const double error = std::sqrt((square / total - mean * mean) / 1e5);
  return std::abs(drawn / 1e5 - mean) <= 5.0 * error;
}

template <class Sampler>
void draw(benchmark::State& state) {
  const Weights w = weights(state.range(0));
  Sampler sampler(w);
  if (!is_right(sampler, w)) {
    state.SkipWithError("differs from the weights");
    return;
  }
  std::mt19937_64 rng(2);
  for (auto _ : state) benchmark::DoNotOptimize(sampler(rng));
  state.SetItemsProcessed(state.iterations());
}

template <class Sampler>
void build(benchmark::State& state) {
  const Weights w = weights(state.range(0));
  for (auto _ : state) {
    Sampler sampler(w);
    benchmark::DoNotOptimize(sampler);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgName("n")->Arg(10)->Arg(1000)->Arg(1'000'000);
}

}  // namespace

BENCHMARK(draw<TwoNumbers>)->Name("draw/reference")->Apply(sizes);
BENCHMARK(draw<OneNumber>)->Name("draw/one_number")->Apply(sizes);
BENCHMARK(draw<Search>)->Name("draw/search")->Apply(sizes);
BENCHMARK(draw<Standard>)->Name("draw/std_discrete")->Apply(sizes);
BENCHMARK(build<TwoNumbers>)->Name("build/reference")->Apply(sizes);
BENCHMARK(build<Search>)->Name("build/search")->Apply(sizes);
