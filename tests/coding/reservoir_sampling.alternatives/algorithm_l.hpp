// Li's Algorithm L: draws how many items to skip until the next replacement.
#pragma once

#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>

#include <cmath>
#include <cstddef>
#include <iterator>
#include <vector>

namespace whiteboard::coding {

template <std::input_iterator It, BitEngine Rng>
std::vector<std::iter_value_t<It>> reservoir_sampling(It first, It last,
                                                      std::size_t k, Rng& rng) {
  require(k >= 1, "reservoir_sampling: need k >= 1, got 0");
  std::vector<std::iter_value_t<It>> sample;
  for (; sample.size() < k && first != last; ++first) sample.push_back(*first);

  // The k smallest of i uniform keys: `bar` is the largest of them.
  double bar = 1.0;
  for (;;) {
    bar *= std::pow(1.0 - uniform(rng), 1.0 / static_cast<double>(k));
    const double skip =
        std::floor(std::log(1.0 - uniform(rng)) / std::log1p(-bar));
    for (double i = 0.0; i < skip && first != last; i += 1.0) ++first;
    if (first == last) return sample;
    const auto slot = uniform_index(static_cast<std::ptrdiff_t>(k), rng);
    sample[static_cast<std::size_t>(slot)] = *first;
    ++first;
  }
}

}  // namespace whiteboard::coding
