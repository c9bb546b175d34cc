// Question:    Explain backpropagation as reverse-mode autodiff.
// Answer:      questions/maths/reverse_mode_autodiff.md (its equation numbers)
// Method:      every operation is written to a tape with its operands and its
//              local derivatives; one sweep back adds up the chain rule [1]
// Time:        at most 5 operations per operation of the function, for all
//              derivatives of one output; quotients and functions a few more
// Memory:      24 bytes per operation, kept until the sweep; checkpoints
//              trade it for a second forward pass [1, ch. 12]
// Numerics:    the derivative of what was computed, exact but for rounding;
//              NaN and infinity pass as in any expression
// References:  [1] Griewank and Walther, Evaluating derivatives, 2nd edition,
//                  SIAM, 2008
//              [2] Baur and Strassen, The complexity of partial derivatives,
//                  Theoretical Computer Science 22, 1983
// Symbols:     v_k  k-th number computed; inputs, then results of operations
//              a_k  its adjoint, d(output) / d(v_k)
//              J    m x n  Jacobian of m outputs by n inputs
//              h_t  state of a chain after t steps
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace whiteboard::maths {

template <class T>
class Tape;

/// A number and where it stands on a tape, which must outlive it. T is double
/// or behaves like it; dual numbers give products with the Hessian.
template <class T>
struct Var {
  T value{};
  Tape<T>* tape = nullptr;  ///< none: a constant, which is not recorded
  std::uint32_t index = 0;  ///< k of v_k

  template <std::convertible_to<T> Number>
  Var(const Number& number) : value(number) {}
  Var(T number, Tape<T>* on, std::uint32_t k)
      : value(number), tape(on), index(k) {}

  friend Var operator+(const Var& a, const Var& b) {
    return record(a.value + b.value, a, T(1.0), b, T(1.0));
  }
  friend Var operator-(const Var& a, const Var& b) {
    return record(a.value - b.value, a, T(1.0), b, T(-1.0));
  }
  friend Var operator*(const Var& a, const Var& b) {
    return record(a.value * b.value, a, b.value, b, a.value);
  }
  friend Var operator/(const Var& a, const Var& b) {
    const T quotient = a.value / b.value;
    return record(quotient, a, T(1.0) / b.value, b, -quotient / b.value);
  }
  friend Var operator-(const Var& a) { return record(-a.value, a, T(-1.0)); }

  friend Var exp(const Var& a) {
    using std::exp;
    const T result = exp(a.value);
    return record(result, a, result);
  }
  friend Var log(const Var& a) {
    using std::log;
    return record(log(a.value), a, T(1.0) / a.value);
  }
  friend Var sqrt(const Var& a) {
    using std::sqrt;
    const T result = sqrt(a.value);
    return record(result, a, T(0.5) / result);
  }
  friend Var tanh(const Var& a) {
    using std::tanh;
    const T result = tanh(a.value);
    return record(result, a, T(1.0) - result * result);
  }

 private:
  /// `result` with its derivatives da and db by a and b: a constant, unless
  /// one of the two is on a tape.
  static Var record(T result, const Var& a, T da, const Var& b = T(0.0),
                    T db = T(0.0)) {
    require(!a.tape || !b.tape || a.tape == b.tape,
            "Var: the operands are on two tapes");
    Tape<T>* const tape = a.tape ? a.tape : b.tape;
    if (!tape) return result;
    return {result, tape, tape->append({{a.index, b.index}, {da, db}})};
  }
};

/// What was computed, in order, in one flat array: no pointers, no virtual
/// calls, and clear() keeps the storage. For fewer than 2^32 operations.
///
///     Tape<double> tape;
///     const Var<double> x = tape.variable(3.0);
///     tape.backward(x * x + x);
///     tape.grad(x);  // 7
template <class T>
class Tape {
 public:
  /// One operation. Where there is no operand, or a constant, the edge leads to
  /// node 0, whose adjoint nobody reads.
  struct Node {
    std::array<std::uint32_t, 2> operand{};
    std::array<T, 2> derivative{};
  };

  Tape() = default;
  Tape(const Tape&) = delete;  // a Var holds the address of its tape
  Tape& operator=(const Tape&) = delete;

  /// An input.
  Var<T> variable(T value) { return {value, this, append({})}; }

  /// Eq. (3): all adjoints of the one output y.
  void backward(const Var<T>& y) {
    const T one(1.0);
    backward(std::span(&y, 1), std::span(&one, 1));
  }

  /// The same for the sum of weights(i) outputs(i): the row vector w^T J,
  /// Eq. (4). Overwrites what an earlier call has left. Throws unless there is
  /// one weight an output and every output is on this tape or a constant.
  void backward(std::span<const Var<T>> outputs, std::span<const T> weights) {
    require(outputs.size() == weights.size(), "Tape: ", outputs.size(),
            " outputs, but ", weights.size(), " weights");
    adjoints_.assign(nodes_.size(), T(0.0));
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const Var<T>& y = outputs[i];
      require(!y.tape || holds(y), "Tape: output ", i, " is not on this tape");
      adjoints_[y.index] += weights[i];
    }
    // Operands come before results, so that a_k is complete at its turn.
    for (std::size_t k = nodes_.size(); k-- > 1;) {
      const T a = adjoints_[k];
      // Most of all for what y does not depend on: 0 times infinity is NaN.
      if (a == T(0.0)) continue;
      const Node& node = nodes_[k];
      adjoints_[node.operand[0]] += a * node.derivative[0];
      adjoints_[node.operand[1]] += a * node.derivative[1];
    }
  }

  /// d(output) / d(x) of the last backward(). Throws unless x was on this tape
  /// by then.
  T grad(const Var<T>& x) const {
    require(holds(x) && x.index < adjoints_.size(),
            "Tape: no gradient for this variable");
    return adjoints_[x.index];
  }

  /// Inputs and operations so far.
  std::size_t size() const { return nodes_.size() - 1; }

  /// Forgets everything; no Var of before may be used again.
  void clear() {
    nodes_.resize(1);
    adjoints_.clear();
  }

 private:
  friend Var<T>;

  bool holds(const Var<T>& x) const {
    return x.tape == this && x.index < nodes_.size();
  }

  std::uint32_t append(const Node& node) {
    nodes_.push_back(node);
    return static_cast<std::uint32_t>(nodes_.size() - 1);
  }

  std::vector<Node> nodes_ = std::vector<Node>(1);
  std::vector<T> adjoints_;
};

/// J at x of f, which takes and returns a std::vector<Var<double>>: recorded
/// once, then one sweep an output. Throws unless x is finite.
template <class Function>
Matrix jacobian(const Function& f, const VectorRef& x) {
  require_finite(x, "jacobian: x");
  Tape<double> tape;
  std::vector<Var<double>> inputs;
  for (const double value : x) inputs.push_back(tape.variable(value));
  const std::vector<Var<double>> outputs = f(inputs);
  Matrix J(static_cast<Eigen::Index>(outputs.size()), x.size());
  for (Eigen::Index i = 0; i < J.rows(); ++i) {
    tape.backward(outputs[static_cast<std::size_t>(i)]);
    for (Eigen::Index j = 0; j < J.cols(); ++j) {
      J(i, j) = tape.grad(inputs[static_cast<std::size_t>(j)]);
    }
  }
  return J;
}

/// The same for f that returns one Var<double>: a single sweep.
template <class Function>
Vector gradient(const Function& f, const VectorRef& x) {
  using Vars = std::vector<Var<double>>;
  return jacobian([&](const Vars& v) { return Vars{f(v)}; }, x).row(0);
}

/// Gradient by h_0 of a loss at the end of the chain h_(t+1) = step(t, h_t).
/// Keeps one state in `segment` and computes the others again, segment by
/// segment, on the way back, Eq. (5). loss_gradient(h) is the gradient at the
/// end, pullback(t, h_t, g) turns one by h_(t+1) into one by h_t. Throws unless
/// length >= 1 and segment >= 1.
template <class State, class Step, class LossGradient, class Pullback>
auto checkpointed_gradient(const State& h_0, Eigen::Index length,
                           Eigen::Index segment, const Step& step,
                           const LossGradient& loss_gradient,
                           const Pullback& pullback)
    -> decltype(loss_gradient(h_0)) {
  require(length >= 1 && segment >= 1,
          "checkpointed_gradient: need length >= 1 and segment >= 1, got ",
          length, " and ", segment);
  std::vector<State> checkpoints;
  State h = h_0;
  for (Eigen::Index t = 0; t < length; ++t) {
    if (t % segment == 0) checkpoints.push_back(h);
    h = step(t, h);
  }
  auto g = loss_gradient(h);
  for (Eigen::Index end = length; end > 0;) {
    const Eigen::Index begin = (end - 1) / segment * segment;
    std::vector<State> states{std::move(checkpoints.back())};
    checkpoints.pop_back();
    for (Eigen::Index t = begin; t + 1 < end; ++t) {
      states.push_back(step(t, states.back()));
    }
    for (; end > begin; states.pop_back()) {
      --end;
      g = pullback(end, states.back(), g);
    }
  }
  return g;
}

}  // namespace whiteboard::maths
