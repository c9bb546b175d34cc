// Question:    Sample k items uniformly from a stream of unknown length.
// Answer:      questions/coding/reservoir_sampling.md (equation numbers are its own)
// Method:      Algorithm R: keep the first k; item i > k draws a number below i
//              and replaces that slot if there is one
// Time:        O(n), n - k random integers
// Memory:      O(k)
// References:  [1] Vitter, Random sampling with a reservoir, ACM Trans.
//                  Mathematical Software 11(1), 1985
//              [2] Li, Reservoir-sampling algorithms of time complexity
//                  O(n (1 + log(N / n))), same journal 20(4), 1994
// Symbols:     n  items in the stream, not known before its end
//              k  size of the sample
//              i  items seen so far, the present one included
#pragma once

#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>

#include <cstddef>
#include <iterator>
#include <vector>

namespace whiteboard::coding {

/// k of the items in [first, last), every subset of k with the same
/// probability, or all of them in their order when there are at most k. One
/// pass, so the iterator may be one that reads a stream. The order of a larger
/// sample means nothing.
/// Throws std::invalid_argument unless k >= 1.
///
///     std::istream_iterator<std::string> words(std::cin), end;
///     reservoir_sampling(words, end, 10, rng);  // ten words of a text
template <std::input_iterator It, BitEngine Rng>
std::vector<std::iter_value_t<It>> reservoir_sampling(It first, It last,
                                                      std::size_t k, Rng& rng) {
  // solution:begin
  require(k >= 1, "reservoir_sampling: need k >= 1, got 0");
  std::vector<std::iter_value_t<It>> reservoir;
  for (std::size_t i = 1; first != last; ++first, ++i) {
    if (i <= k) {
      reservoir.push_back(*first);
      continue;
    }
    // One draw decides both: below k, with probability k / i, it is the slot.
    const auto slot = static_cast<std::size_t>(
        uniform_index(static_cast<std::ptrdiff_t>(i), rng));
    if (slot < k) reservoir[slot] = *first;
  }
  return reservoir;
  // solution:end
}

}  // namespace whiteboard::coding
