// Question:    Sample from a discrete distribution in O(1) per draw.
// Answer:      questions/coding/alias_sampling.md (equation numbers are its own)
// Method:      Walker's alias table [1], built with two work lists as in [2]
// Time:        O(n) to build, O(1) per draw
// Memory:      O(n), 16 bytes per weight
// Numerics:    probabilities to about n eps; a weight of 0 has exactly 0
// References:  [1] Walker, An efficient method for generating discrete random
//                  variables with general distributions, ACM Transactions on
//                  Mathematical Software 3(3), 1977
//              [2] Vose, A linear algorithm for generating random numbers with
//                  a given distribution, IEEE Transactions on Software
//                  Engineering 17(9), 1991
// Symbols:     n  weights, and columns of the table
#pragma once

#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace whiteboard::coding {

/// Column i of a table stands for index i with probability `keep`, and for the
/// index `alias` otherwise.
struct AliasColumn {
  double keep = 1.0;      ///< in [0, 1]
  std::size_t alias = 0;  ///< below n
};

/// Draws indices with probabilities proportional to fixed weights, Eq. (1).
///
///     const AliasTable table(std::vector{3.0, 1.0});
///     table.sample(rng)  // 0 three times out of four
class AliasTable {
 public:
  /// Throws std::invalid_argument unless all weights are >= 0 and their sum is
  /// finite and > 0, which no weights at all do not have.
  explicit AliasTable(std::span<const double> weights) {
    double total = 0.0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      require(weights[i] >= 0.0, "AliasTable: weight ", i, " is ", weights[i]);
      total += weights[i];
    }
    require(total > 0.0 && std::isfinite(total),
            "AliasTable: need a finite positive sum of weights, got ", total);
    // solution:begin
    const std::size_t n = weights.size();
    std::vector<double> height(n);  // still to be placed; their mean is 1
    std::vector<std::size_t> poor, rich;
    for (std::size_t i = 0; i < n; ++i) {
      height[i] = weights[i] / total * static_cast<double>(n);
      (height[i] < 1.0 ? poor : rich).push_back(i);
      columns_.push_back({1.0, i});  // what pairing does not reach is full
    }
    while (!poor.empty() && !rich.empty()) {
      const std::size_t taker = poor.back(), donor = rich.back();
      poor.pop_back();
      columns_[taker] = {height[taker], donor};
      height[donor] -= 1.0 - height[taker];  // Eq. (3)
      if (height[donor] < 1.0) {
        rich.pop_back();
        poor.push_back(donor);
      }
    }
    // solution:end
  }

  /// An index: a column, and then one of its two indices.
  template <BitEngine Rng>
  std::size_t sample(Rng& rng) const {
    // solution:begin
    const auto n = static_cast<std::ptrdiff_t>(columns_.size());
    const auto i = static_cast<std::size_t>(uniform_index(n, rng));
    return uniform(rng) < columns_[i].keep ? i : columns_[i].alias;
    // solution:end
  }

  /// The same from a single uniform number. Its 53 bits are shared: the chance
  /// of each of the 2 n pieces of the table is off by up to about 2^-53.
  template <BitEngine Rng>
  std::size_t sample_from_one_number(Rng& rng) const {
    // solution:begin
    // At most (1 - 2^-53) n, which never rounds up to n: Eq. (4).
    const double x = uniform(rng) * static_cast<double>(columns_.size());
    const auto i = static_cast<std::size_t>(x);
    const double rest = x - static_cast<double>(i);
    return rest < columns_[i].keep ? i : columns_[i].alias;
    // solution:end
  }

  /// The probability of index i according to the table, in O(n). Throws
  /// std::invalid_argument unless i < n.
  double probability(std::size_t i) const {
    require(i < columns_.size(), "AliasTable: need an index below ",
            columns_.size(), ", got ", i);
    // solution:begin
    double sum = columns_[i].keep;
    for (const AliasColumn& column : columns_) {
      if (column.alias == i) sum += 1.0 - column.keep;
    }
    return sum / static_cast<double>(columns_.size());
    // solution:end
  }

  /// The table.
  const std::vector<AliasColumn>& columns() const { return columns_; }

 private:
  std::vector<AliasColumn> columns_;
};

}  // namespace whiteboard::coding
