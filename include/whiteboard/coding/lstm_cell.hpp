// Question:    Implement one LSTM step (and say what a plain RNN step lacks).
// Answer:      questions/coding/lstm_cell.md (equation numbers are its own)
// Method:      all four gates from one pair of products, then a cell that is
//              kept and added to [1] [2]
// Time:        O(k (d + k))
// Memory:      O(k)
// Numerics:    far out the sigmoid is exactly 1, or below 1e-308, never NaN;
//              |h| <= 1 always, c has no bound
// References:  [1] Hochreiter and Schmidhuber, Long short-term memory, Neural
//                  Computation 9(8), 1997
//              [2] Gers, Schmidhuber and Cummins, Learning to forget:
//                  continual prediction with LSTM, Neural Computation 12(10),
//                  2000
// Symbols:     x  d        input
//              h  k        output, which is also the recurrent input
//              c  k        cell, the memory
//              W  4 k x d  input weights, the gates stacked in the order
//                          input, forget, candidate, output (PyTorch's)
//              U  4 k x k  recurrent weights, b  4 k  bias, in that order too
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

namespace whiteboard::coding {

struct LstmState {
  Vector h;  ///< k
  Vector c;  ///< k
};

// solution:begin
/// The shapes of a recurrent step with `gates` blocks of k rows.
inline void require_cell(const char* name, Eigen::Index gates,
                         const VectorRef& x, const VectorRef& h,
                         const MatrixRef& W, const MatrixRef& U,
                         const VectorRef& b) {
  const Eigen::Index k = h.size();
  const Eigen::Index rows = gates * k;
  require(k >= 1 && W.rows() == rows && W.cols() == x.size() &&
              U.rows() == rows && U.cols() == k && b.size() == rows,
          name, ": need W of ", rows, " x ", x.size(), ", U of ", rows, " x ",
          k, ", b of ", rows, " and k >= 1, got ", W.rows(), " x ", W.cols(),
          ", ", U.rows(), " x ", U.cols(), ", ", b.size());
  for (const bool finite : {x.allFinite(), h.allFinite(), W.allFinite(),
                            U.allFinite(), b.allFinite()}) {
    require(finite, name, ": need finite numbers");
  }
}
// solution:end

/// The state after one step, Eqs. (1) to (3).
///
/// Throws std::invalid_argument when shapes do not fit, when k = 0, and when
/// anything is NaN or infinite.
///
///     LstmState s{Vector::Zero(k), Vector::Zero(k)};
///     for (const Vector& x : sequence) s = lstm_cell(x, s, W, U, b);
inline LstmState lstm_cell(const VectorRef& x, const LstmState& s,
                           const MatrixRef& W, const MatrixRef& U,
                           const VectorRef& b) {
  // solution:begin
  require_cell("lstm_cell", 4, x, s.h, W, U, b);
  require(s.c.size() == s.h.size() && s.c.allFinite(),
          "lstm_cell: need a finite c of ", s.h.size(), ", got one of ",
          s.c.size());
  const Eigen::Index k = s.h.size();
  const Eigen::ArrayXd z = W * x + U * s.h + b;
  const Eigen::ArrayXd sigmoid = (1.0 + (-z).exp()).inverse();
  const Eigen::ArrayXd candidate = z.segment(2 * k, k).tanh();

  LstmState next;
  next.c = sigmoid.segment(k, k) * s.c.array() +  // forget gate
           sigmoid.head(k) * candidate;           // input gate
  next.h = sigmoid.tail(k) * next.c.array().tanh();
  return next;
  // solution:end
}

/// What the LSTM replaces, Eq. (4): W is k x d, U k x k, b k. Throws as
/// lstm_cell() does.
inline Vector rnn_cell(const VectorRef& x, const VectorRef& h,
                       const MatrixRef& W, const MatrixRef& U,
                       const VectorRef& b) {
  // solution:begin
  require_cell("rnn_cell", 1, x, h, W, U, b);
  const Eigen::ArrayXd z = W * x + U * h + b;
  return z.tanh();
  // solution:end
}

}  // namespace whiteboard::coding
