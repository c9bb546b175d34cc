// Gives each item a random key and keeps the k smallest in a heap.
#pragma once

#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

namespace whiteboard::coding {

template <std::input_iterator It, BitEngine Rng>
std::vector<std::iter_value_t<It>> reservoir_sampling(It first, It last,
                                                      std::size_t k, Rng& rng) {
  require(k >= 1, "reservoir_sampling: need k >= 1, got 0");
  using Item = std::iter_value_t<It>;
  std::vector<Item> items;
  std::vector<std::pair<std::uint64_t, std::size_t>> heap;  // key, slot
  for (; first != last; ++first) {
    const std::uint64_t key = random_bits(rng);
    if (items.size() < k) {
      heap.emplace_back(key, items.size());
      items.push_back(*first);
      std::push_heap(heap.begin(), heap.end());
    } else if (key < heap.front().first) {
      std::pop_heap(heap.begin(), heap.end());
      items[heap.back().second] = *first;
      heap.back().first = key;
      std::push_heap(heap.begin(), heap.end());
    }
  }
  return items;
}

}  // namespace whiteboard::coding
