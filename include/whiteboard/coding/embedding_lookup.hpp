// Question:    Implement an embedding layer, forward and backward.
// Answer:      questions/coding/embedding_lookup.md (equation numbers are its)
// Method:      gather rows forward, add gradients to rows backward
// Time:        O(n d) forward, O(V d + n d) backward
// Memory:      O(n d) forward, O(V d) for a dense gradient
// Numerics:    NaN and infinity are copied and added like any number: a look at
//              the whole table would cost V / n times the lookup
// Symbols:     table  V x d  a row per id
//              ids    n      0 to V - 1
//              grad   n x d  gradient by the rows looked up
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cstddef>
#include <span>

namespace whiteboard::coding {

/// Row ids[i] of `table` in row i of the result, n x d, Eq. (1). Reads nothing
/// but these rows. Throws std::invalid_argument when an id is outside 0 to
/// V - 1.
///
///     embedding_lookup(table, std::vector{2, 2, 0})  // rows 2, 2 and 0
inline Matrix embedding_lookup(const MatrixRef& table,
                               std::span<const int> ids) {
  // solution:begin
  Matrix out(std::ssize(ids), table.cols());
  for (Eigen::Index i = 0; i < out.rows(); ++i) {
    const int id = ids[static_cast<std::size_t>(i)];
    require(id >= 0 && id < table.rows(), "embedding_lookup: need 0 <= id < ",
            table.rows(), ", got ids(", i, ") = ", id);
    out.row(i) = table.row(id);
  }
  return out;
  // solution:end
}

/// Gradient by the whole table, vocab x d, Eq. (2): row k is the sum of the
/// gradients of all places that looked up k. The row `padding_id`, if there is
/// one, gets none; -1 means that no id is padding.
///
/// Throws std::invalid_argument when there is not one id a row of `grad`, when
/// vocab < 0, when an id is outside 0 to vocab - 1, and unless
/// -1 <= padding_id < vocab.
inline Matrix embedding_backward(const MatrixRef& grad,
                                 std::span<const int> ids, Eigen::Index vocab,
                                 int padding_id = -1) {
  // solution:begin
  require(std::ssize(ids) == grad.rows(),
          "embedding_backward: need an id a row, got ", ids.size(), " ids, ",
          grad.rows(), " rows");
  require(vocab >= 0, "embedding_backward: need vocab >= 0, got ", vocab);
  require(padding_id >= -1 && padding_id < vocab,
          "embedding_backward: need -1 <= padding_id < ", vocab, ", got ",
          padding_id);
  Matrix by_table = Matrix::Zero(vocab, grad.cols());
  for (Eigen::Index i = 0; i < grad.rows(); ++i) {
    const int id = ids[static_cast<std::size_t>(i)];
    require(id >= 0 && id < vocab, "embedding_backward: need 0 <= id < ", vocab,
            ", got ids(", i, ") = ", id);
    if (id != padding_id) by_table.row(id) += grad.row(i);  // ids may repeat
  }
  return by_table;
  // solution:end
}

}  // namespace whiteboard::coding
