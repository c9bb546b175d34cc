// Times scaled_dot_product_attention.hpp in float: tiles with an online softmax
// against the two products with all weights between them.
//
//     heads    time  queries and keys of each head    dim  head width
//
// flop() counts 4 time^2 dim a head, as without a mask, also for the causal
// kernel: its rate shows what skipping is worth.
#include <whiteboard/llm/scaled_dot_product_attention.hpp>

#include <support/bench.hpp>

#include <array>
#include <cstdint>
#include <random>

using namespace whiteboard;
using namespace whiteboard::llm;

namespace {

using Heads = Tensor<float, 4>;

Heads random_heads(const benchmark::State& state, std::uint64_t seed) {
  Heads X(std::array<std::size_t, 4>{1,
                                     static_cast<std::size_t>(state.range(0)),
                                     static_cast<std::size_t>(state.range(1)),
                                     static_cast<std::size_t>(state.range(2))});
  std::mt19937_64 rng(seed);
  for (float& x : X) x = static_cast<float>(normal(rng));
  return X;
}

Heads unfused(const Heads& Q, const Heads& K, const Heads& V,
              const AttentionOptions& options) {
  Heads result(Q.shape());
  for (std::size_t h = 0; h < Q.shape(1); ++h) {
    matrix_at(result, 0, h) = attention_reference<float>(
        matrix_at(Q, 0, h), matrix_at(K, 0, h), matrix_at(V, 0, h), options);
  }
  return result;
}

Heads tiled(const Heads& Q, const Heads& K, const Heads& V,
            const AttentionOptions& options) {
  return attention(Q, K, V, options);
}

template <class Variant>
void run(benchmark::State& state, const Variant& variant, bool causal) {
  const Heads Q = random_heads(state, 1);
  const Heads K = random_heads(state, 2);
  const Heads V = random_heads(state, 3);
  const AttentionOptions options{.causal = causal};
  const Heads want = unfused(Q, K, V, options);
  const Heads got = variant(Q, K, V, options);
  for (std::size_t h = 0; h < Q.shape(1); ++h) {
    if (!matrix_at(got, 0, h).isApprox(matrix_at(want, 0, h), 1e-5F)) {
      state.SkipWithError("output differs from the reference");
      return;
    }
  }
  for (auto _ : state) {
    const Heads output = variant(Q, K, V, options);
    benchmark::DoNotOptimize(output.data());
    benchmark::ClobberMemory();
  }
  const double heads = static_cast<double>(state.range(0));
  const double time = static_cast<double>(state.range(1));
  const double dim = static_cast<double>(state.range(2));
  bench::flop(state, 4.0 * heads * time * time * dim);
}

void shapes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"heads", "time", "dim"})->Unit(benchmark::kMillisecond);
  b->Args({8, 128, 64})->Args({8, 1024, 64})->Args({1, 4096, 64});
}

}  // namespace

BENCHMARK_CAPTURE(run, reference, unfused, false)
    ->Name("attention/reference")
    ->Apply(shapes);
BENCHMARK_CAPTURE(run, tiled, tiled, false)
    ->Name("attention/tiled")
    ->Apply(shapes);
BENCHMARK_CAPTURE(run, reference, unfused, true)
    ->Name("attention_causal/reference")
    ->Apply(shapes);
BENCHMARK_CAPTURE(run, tiled, tiled, true)
    ->Name("attention_causal/tiled")
    ->Apply(shapes);
