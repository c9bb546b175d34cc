// The poorest takes from the richest, in an ordered set, and modf splits.
#pragma once

#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <set>
#include <span>
#include <utility>
#include <vector>

namespace whiteboard::coding {

struct AliasColumn {
  double keep = 1.0;
  std::size_t alias = 0;
};

class AliasTable {
 public:
  explicit AliasTable(std::span<const double> weights)
      : columns_(weights.size()) {
    double total = 0.0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      require(weights[i] >= 0.0, "AliasTable: weight ", i, " is ", weights[i]);
      total += weights[i];
    }
    require(total > 0.0 && std::isfinite(total),
            "AliasTable: need a finite positive sum of weights, got ", total);
    const auto n = static_cast<double>(weights.size());
    std::set<std::pair<double, std::size_t>> open;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      open.insert({n * (weights[i] / total), i});
    }
    while (open.size() > 1) {
      const auto [low, i] = *open.begin();
      open.erase(open.begin());
      const auto [high, j] = *std::prev(open.end());
      open.erase(std::prev(open.end()));
      columns_[i] = {std::min(low, 1.0), j};
      open.insert({high - (1.0 - columns_[i].keep), j});
    }
    columns_[open.begin()->second] = {1.0, open.begin()->second};
  }

  template <BitEngine Rng>
  std::size_t sample(Rng& rng) const {
    const double fraction = uniform(rng);
    const auto n = static_cast<std::ptrdiff_t>(columns_.size());
    const auto i = static_cast<std::size_t>(uniform_index(n, rng));
    return fraction >= columns_[i].keep ? columns_[i].alias : i;
  }

  template <BitEngine Rng>
  std::size_t sample_from_one_number(Rng& rng) const {
    double whole = 0.0;
    const auto n = static_cast<double>(columns_.size());
    const double fraction = std::modf(n * uniform(rng), &whole);
    const auto i = static_cast<std::size_t>(whole);
    return fraction >= columns_[i].keep ? columns_[i].alias : i;
  }

  double probability(std::size_t i) const {
    require(i < columns_.size(), "AliasTable: need an index below ",
            columns_.size(), ", got ", i);
    double sum = 0.0;
    for (std::size_t j = 0; j < columns_.size(); ++j) {
      if (j == i) sum += columns_[j].keep;
      if (columns_[j].alias == i) sum += 1.0 - columns_[j].keep;
    }
    return sum / static_cast<double>(columns_.size());
  }

  const std::vector<AliasColumn>& columns() const { return columns_; }

 private:
  std::vector<AliasColumn> columns_;
};

}  // namespace whiteboard::coding
