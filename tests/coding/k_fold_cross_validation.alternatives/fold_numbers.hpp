// Gives every row the number of its fold, then fills both lists row by row.
#pragma once

#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace whiteboard::coding {

struct Fold {
  std::vector<std::size_t> train, test;
};

inline std::vector<Fold> k_fold(std::size_t n, std::size_t k, bool shuffled,
                                std::uint64_t seed) {
  require(k >= 2 && k <= n, "k_fold: need 2 <= k <= n, got k = ", k,
          ", n = ", n);
  std::vector<std::size_t> fold_of;
  for (std::size_t f = 0; f < k; ++f) {
    fold_of.insert(fold_of.end(), (n + k - 1 - f) / k, f);
  }
  if (shuffled) {
    std::mt19937_64 rng(seed);
    shuffle(fold_of, rng);
  }
  std::vector<Fold> folds(k);
  for (std::size_t row = 0; row < n; ++row) {
    for (std::size_t f = 0; f < k; ++f) {
      (f == fold_of[row] ? folds[f].test : folds[f].train).push_back(row);
    }
  }
  return folds;
}

}  // namespace whiteboard::coding
