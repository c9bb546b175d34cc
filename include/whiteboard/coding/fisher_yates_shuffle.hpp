// Question:    Shuffle an array uniformly, and prove it.
// Answer:      questions/coding/fisher_yates_shuffle.md (equation numbers are its own)
// Method:      the last open position swaps with a random one up to itself;
//              random integers by rejection
// Time:        O(n), n - 1 random integers
// Memory:      O(1), in place
// References:  [1] Durstenfeld, Algorithm 235: Random permutation,
//                  Communications of the ACM 7(7), 1964
//              [2] Lemire, Fast random integer generation in an interval, ACM
//                  Trans. Modeling and Computer Simulation 29(1), 2019
// Symbols:     n  number of values
#pragma once

#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace whiteboard::coding {

/// Each of 0, ..., n - 1 with the same probability, exactly, if the engine's
/// bits are fair. Throws std::invalid_argument unless n >= 1.
template <BitEngine Rng>
std::uint64_t uniform_below(std::uint64_t n, Rng& rng) {
  // solution:begin
  require(n >= 1, "uniform_below: need n >= 1, got 0");
  // 2^64 mod n, Eq. (3): without that many values, the rest is a multiple of n.
  const std::uint64_t excess = (0 - n) % n;
  std::uint64_t bits = random_bits(rng);
  while (bits < excess) bits = random_bits(rng);
  return bits % n;
  // solution:end
}

/// Reorders `values` in place, each of the n! orders with the same probability.
///
///     std::vector<int> deck(52);
///     std::iota(deck.begin(), deck.end(), 0);
///     fisher_yates_shuffle(std::span(deck), rng);
template <class T, BitEngine Rng>
void fisher_yates_shuffle(std::span<T> values, Rng& rng) {
  // solution:begin
  for (std::size_t open = values.size(); open > 1; --open) {
    using std::swap;
    swap(values[open - 1], values[uniform_below(open, rng)]);  // Eq. (1)
  }
  // solution:end
}

}  // namespace whiteboard::coding
