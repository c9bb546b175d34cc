// Groups rows by class, shuffles and cuts each group, then mixes the parts.
#pragma once

#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <unordered_map>
#include <vector>

namespace whiteboard::coding {

struct TrainTestSplit {
  std::vector<std::size_t> train, test;
};

inline TrainTestSplit train_test_split(std::span<const int> y,
                                       double test_fraction, bool stratify,
                                       std::uint64_t seed) {
  require(test_fraction > 0.0 && test_fraction < 1.0,
          "train_test_split: need 0 < test_fraction < 1, got ", test_fraction);
  require(!y.empty(), "train_test_split: no rows");
  std::unordered_map<int, std::size_t> group_of;
  std::vector<std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const auto [at, fresh] =
        group_of.try_emplace(stratify ? y[i] : 0, groups.size());
    if (fresh) groups.emplace_back();
    groups[at->second].push_back(i);
  }
  std::mt19937_64 rng(seed);
  TrainTestSplit split;
  for (auto& rows : groups) {
    shuffle(rows, rng);
    const auto cut = static_cast<std::ptrdiff_t>(
        test_fraction * static_cast<double>(rows.size()) + 0.5);
    require(cut > 0 && cut < std::ssize(rows), "train_test_split: ", cut,
            " of the ", rows.size(), " rows",
            stratify ? " of class " + std::to_string(y[rows[0]]) : "",
            " would be for testing");
    split.test.insert(split.test.end(), rows.begin(), rows.begin() + cut);
    split.train.insert(split.train.end(), rows.begin() + cut, rows.end());
  }
  shuffle(split.test, rng);
  shuffle(split.train, rng);
  return split;
}

}  // namespace whiteboard::coding
