// What every benchmark includes.
//
// Names are kernel/variant, e.g. "assign/reference" and "assign/product"; the
// arguments follow as /n:4096/d:32. `./wb bench` divides the time of the
// variant "reference" by that of each other variant of the same kernel and
// arguments. Set items, and where they mean something flop() or bytes(), so
// that a figure reads as a share of the machine's limit ("machine/...").
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/random.hpp>

#include <benchmark/benchmark.h>

#include <concepts>
#include <cstdint>
#include <random>

namespace whiteboard::bench {

/// rows x cols standard normal numbers, the same in every run.
template <std::floating_point T = double>
MatrixOf<T> gaussian(Eigen::Index rows, Eigen::Index cols,
                     std::uint64_t seed = 0) {
  std::mt19937_64 rng(seed);
  MatrixOf<T> X(rows, cols);
  for (Eigen::Index i = 0; i < X.size(); ++i) {
    X.data()[i] = static_cast<T>(normal(rng));
  }
  return X;
}

/// Floating-point operations of one iteration, reported as a rate.
inline void flop(benchmark::State& state, double per_iteration) {
  state.counters["flop"] = benchmark::Counter(
      per_iteration, benchmark::Counter::kIsIterationInvariantRate);
}

/// Bytes that one iteration must move, reported as a rate.
inline void bytes(benchmark::State& state, double per_iteration) {
  state.counters["bytes"] = benchmark::Counter(
      per_iteration, benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace whiteboard::bench
