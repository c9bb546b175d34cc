// From the front, with numbers below n by masking bits and trying again.
#pragma once

#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace whiteboard::coding {

template <BitEngine Rng>
std::uint64_t uniform_below(std::uint64_t n, Rng& rng) {
  require(n >= 1, "uniform_below: need n >= 1, got 0");
  if (n == 1) return 0;
  const int unused = std::countl_zero(n - 1);
  for (;;) {
    const std::uint64_t bits = random_bits(rng) >> unused;
    if (bits < n) return bits;
  }
}

template <class T, BitEngine Rng>
void fisher_yates_shuffle(std::span<T> values, Rng& rng) {
  for (std::size_t i = 0; i + 1 < values.size(); ++i) {
    const std::size_t j = i + uniform_below(values.size() - i, rng);
    std::swap(values[i], values[j]);
  }
}

}  // namespace whiteboard::coding
