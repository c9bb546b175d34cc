// main() of every benchmark program, and the two limits that its figures are
// read against: fused multiply-adds in registers and a stream through memory.
#include <support/bench.hpp>

#include <cstddef>
#include <vector>

namespace {

using whiteboard::bench::bytes;
using whiteboard::bench::flop;

#if defined(__AVX512F__)
constexpr std::size_t kVectorBytes = 64;
#elif defined(__AVX__)
constexpr std::size_t kVectorBytes = 32;
#else
constexpr std::size_t kVectorBytes = 16;
#endif

/// Independent chains of x = x * a + b, enough to hide the latency.
template <class T>
void fused_multiply_add(benchmark::State& state) {
  typedef T Packet __attribute__((vector_size(kVectorBytes)));
  constexpr std::size_t chains = 12;
  constexpr std::size_t steps = 1024;
  Packet x[chains] = {};
  Packet a{};
  Packet b{};
  a += static_cast<T>(0.999);
  b += static_cast<T>(0.001);
  for (auto _ : state) {
    for (std::size_t step = 0; step < steps; ++step) {
#pragma GCC unroll 12
      for (std::size_t c = 0; c < chains; ++c) x[c] = x[c] * a + b;
    }
    benchmark::DoNotOptimize(x);
  }
  flop(state, 2.0 * steps * chains * kVectorBytes / sizeof(T));
}

/// y = y + s x over arrays far larger than the caches: two reads, one write.
void stream(benchmark::State& state) {
  constexpr std::size_t n = std::size_t{1} << 24;
  const std::vector<double> x(n, 1.0);
  std::vector<double> y(n, 2.0);
  for (auto _ : state) {
    for (std::size_t i = 0; i < n; ++i) y[i] += 0.5 * x[i];
    benchmark::ClobberMemory();
  }
  bytes(state, 3.0 * sizeof(double) * n);
}

}  // namespace

BENCHMARK(fused_multiply_add<float>)->Name("machine/fma_f32");
BENCHMARK(fused_multiply_add<double>)->Name("machine/fma_f64");
BENCHMARK(stream)->Name("machine/stream")->Unit(benchmark::kMillisecond);

BENCHMARK_MAIN();
