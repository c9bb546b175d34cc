// Random draws that are the same with every standard library.
//
// The engines of <random> are specified bit by bit, its distributions are not:
// std::normal_distribution gives other numbers with libc++ than with libstdc++.
// These few functions take the caller's engine and fix the rest: whole numbers
// and uniform(rng) to the last bit; where log, cos or a fused multiply-add
// comes in (normal, the ends of an interval), to the last bits of that machine.
#pragma once

#include <whiteboard/core/require.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <numbers>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

namespace whiteboard {

/// An engine that fills 32 or 64 whole bits per draw: std::mt19937,
/// std::mt19937_64. std::minstd_rand and its kind do not.
template <class Rng>
concept BitEngine = std::uniform_random_bit_generator<Rng> && Rng::min()
== 0 && (Rng::max() == std::numeric_limits<std::uint32_t>::max() ||
         Rng::max() == std::numeric_limits<std::uint64_t>::max());

/// 64 independent bits: one draw of a 64-bit engine, two of a 32-bit one.
template <BitEngine Rng>
std::uint64_t random_bits(Rng& rng) {
  if constexpr (Rng::max() == std::numeric_limits<std::uint64_t>::max()) {
    return rng();
  } else {
    const std::uint64_t high = rng();
    const std::uint64_t low = rng();
    return high << 32 | low;
  }
}

/// Uniform on [0, 1), a multiple of 2^-53.
template <BitEngine Rng>
double uniform(Rng& rng) {
  return static_cast<double>(random_bits(rng) >> 11) * 0x1.0p-53;
}

/// Uniform on [low, high), and low when the two are equal. Throws unless
/// low <= high and high - low is finite.
template <BitEngine Rng>
double uniform(double low, double high, Rng& rng) {
  require(low <= high && std::isfinite(high - low),
          "uniform: need low <= high and a finite high - low, got low = ", low,
          ", high = ", high);
  const double draw = low + (high - low) * uniform(rng);
  return draw < high ? draw : low;  // the sum may round up to `high`
}

/// Standard normal, by Box and Muller's transform (the cosine half).
template <BitEngine Rng>
double normal(Rng& rng) {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform(rng)));
  return radius * std::cos(2.0 * std::numbers::pi * uniform(rng));
}

/// Uniform on {0, ..., n - 1}, without modulo bias. Throws unless n >= 1.
template <BitEngine Rng>
std::ptrdiff_t uniform_index(std::ptrdiff_t n, Rng& rng) {
  require(n >= 1, "uniform_index: need n >= 1, got n = ", n);
  const auto range = static_cast<std::uint64_t>(n);
  // 2^64 mod n: below it, the smallest values would be drawn once too often.
  const std::uint64_t reject_below = (0 - range) % range;
  std::uint64_t bits = random_bits(rng);
  while (bits < reject_below) bits = random_bits(rng);
  return static_cast<std::ptrdiff_t>(bits % range);
}

/// Index i with probability weights[i] / sum(weights); a weight of zero is
/// never drawn. `weights` is any vector with size() and []. Throws unless all
/// weights are finite and >= 0 and their sum is finite and > 0.
template <class Weights, BitEngine Rng>
std::ptrdiff_t weighted_index(const Weights& weights, Rng& rng) {
  using Size = decltype(weights.size());  // signed in Eigen's vectors
  const auto n = static_cast<std::ptrdiff_t>(weights.size());
  const auto weight = [&](std::ptrdiff_t i) {
    return static_cast<double>(weights[static_cast<Size>(i)]);
  };
  double total = 0.0;
  std::ptrdiff_t last_positive = 0;
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    require(weight(i) >= 0.0, "weighted_index: weight ", i, " is ", weight(i));
    total += weight(i);
    if (weight(i) > 0.0) last_positive = i;
  }
  require(total > 0.0 && std::isfinite(total),
          "weighted_index: need a finite positive sum of weights, got ", total);

  double left = total * uniform(rng);
  for (std::ptrdiff_t i = 0; i < last_positive; ++i) {
    if (left < weight(i)) return i;
    left -= weight(i);
  }
  return last_positive;  // also when rounding left a rest after the last one
}

/// Reorders `items` uniformly at random (Fisher and Yates).
template <class Items, BitEngine Rng>
void shuffle(Items& items, Rng& rng) {
  for (auto i = static_cast<std::ptrdiff_t>(std::size(items)); i > 1; --i) {
    using Size = decltype(std::size(items));
    using std::swap;
    swap(items[static_cast<Size>(i - 1)],
         items[static_cast<Size>(uniform_index(i, rng))]);
  }
}

/// 0, ..., n - 1 in random order. Throws unless n >= 0.
template <BitEngine Rng>
std::vector<std::ptrdiff_t> permutation(std::ptrdiff_t n, Rng& rng) {
  require(n >= 0, "permutation: need n >= 0, got n = ", n);
  std::vector<std::ptrdiff_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), std::ptrdiff_t{0});
  shuffle(order, rng);
  return order;
}

}  // namespace whiteboard
