// Question:    One-hot encode a categorical column with categories fixed at
//              training time.
// Answer:      questions/coding/one_hot_encoding.md (equation numbers are its own)
// Method:      a hash table from category to column, then one look-up per value
// Time:        O(k + n) expected for the look-ups, O(n k) to clear the result
// Memory:      O(n k), nearly all of it zeros
// Symbols:     k     number of categories
//              n     number of values
//              E  n x k  indicators, Eq. (1); n x (k - 1) with drop_first
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cstddef>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

namespace whiteboard::coding {

/// E(i, j) = 1 where values[i] is categories[j], else 0: one column for each
/// category, in the order given. A value that is no category gets a row of
/// zeros. With `drop_first` the column of categories[0] is left out, so that
/// it and an unknown value look alike. Values are compared byte by byte; the
/// empty string is a value like any other.
///
/// Throws std::invalid_argument when there is no category, or one twice.
inline Matrix one_hot(std::span<const std::string> categories,
                      std::span<const std::string> values,
                      bool drop_first = false) {
  require(!categories.empty(), "one_hot: no categories");
  // solution:begin
  std::unordered_map<std::string_view, Eigen::Index> column;
  for (const std::string& category : categories) {
    const auto next = static_cast<Eigen::Index>(column.size());
    const bool is_new = column.emplace(category, next).second;
    require(is_new, "one_hot: category '", category, "' comes twice");
  }

  const Eigen::Index dropped = drop_first ? 1 : 0;
  Matrix E = Matrix::Zero(std::ssize(values), std::ssize(column) - dropped);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto found = column.find(values[i]);
    if (found == column.end() || found->second < dropped) continue;
    E(static_cast<Eigen::Index>(i), found->second - dropped) = 1.0;
  }
  return E;
  // solution:end
}

}  // namespace whiteboard::coding
