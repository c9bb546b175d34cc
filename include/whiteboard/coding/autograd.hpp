// Question:    Implement a scalar automatic-differentiation engine.
// Answer:      questions/coding/autograd.md (equation numbers are its own)
// Method:      every operation records its operands and its local derivatives;
//              one sweep in reverse topological order adds up the chain rule
// Time:        O(nodes + edges) for one backward pass
// Memory:      O(nodes), which live as long as a Value that depends on them
// Numerics:    the derivative of what is computed, exact but for rounding;
//              nothing is checked, NaN and infinity pass as in any expression
// References:  [1] Karpathy, micrograd, github.com/karpathy/micrograd, 2020
//              [2] Griewank and Walther, Evaluating derivatives, 2nd edition,
//                  SIAM, 2008
// Symbols:     y  output   u  operand   w  result of an operation
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <memory>
#include <unordered_set>
#include <utility>
#include <vector>

namespace whiteboard::coding {

/// A number that remembers how it was computed. A copy is another handle to the
/// same node of the graph. Not for use from several threads.
///
///     const Value a = 2.0, b = 3.0;
///     const Value c = a * b + a;  // 8
///     c.backward();
///     a.grad();  // 4
class Value {
 public:
  /// A leaf: an input or a constant. Implicit, so that 2.0 * a works.
  Value(double v) {
    // solution:begin
    node_ = std::make_shared<Node>(v, Edge{}, Edge{});
    // solution:end
  }

  double data() const {
    // solution:begin
    return node_->data;
    // solution:end
  }

  /// d(output) / d(this), where `output` is the last Value depending on this
  /// one that backward() was called on; 0 before that.
  double grad() const {
    // solution:begin
    return node_->grad;
    // solution:end
  }

  /// Sets the gradient of every node that this one depends on, Eq. (2), and of
  /// this one to 1. What earlier calls have left there is overwritten.
  void backward() const {
    // solution:begin
    const std::vector<Node*> nodes = operands_first();
    for (Node* node : nodes) node->grad = 0.0;
    node_->grad = 1.0;
    for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
      for (const Edge& edge : (*node)->edges) {
        if (edge.operand) edge.operand->grad += edge.derivative * (*node)->grad;
      }
    }
    // solution:end
  }

  friend Value operator+(const Value& a, const Value& b) {
    // solution:begin
    return Value(a.data() + b.data(), {a.node_, 1.0}, {b.node_, 1.0});
    // solution:end
  }

  friend Value operator*(const Value& a, const Value& b) {
    // solution:begin
    return Value(a.data() * b.data(), {a.node_, b.data()}, {b.node_, a.data()});
    // solution:end
  }

  /// This number to a fixed power; x^0 is 1 everywhere, with derivative 0.
  Value pow(double exponent) const {
    // solution:begin
    if (exponent == 0.0) return Value(1.0, {node_, 0.0});
    return Value(std::pow(data(), exponent),
                 {node_, exponent * std::pow(data(), exponent - 1.0)});
    // solution:end
  }

  Value exp() const {
    // solution:begin
    const double result = std::exp(data());
    return Value(result, {node_, result});
    // solution:end
  }

  Value tanh() const {
    // solution:begin
    const double result = std::tanh(data());
    return Value(result, {node_, 1.0 - result * result});
    // solution:end
  }

  /// The larger of 0 and this; the derivative at 0 is 0.
  Value relu() const {
    // solution:begin
    const bool off = data() <= 0.0;  // not so for NaN, which passes
    return Value(off ? 0.0 : data(), {node_, off ? 0.0 : 1.0});
    // solution:end
  }

  friend Value operator-(const Value& a) { return a * -1.0; }
  friend Value operator-(const Value& a, const Value& b) { return a + -b; }
  friend Value operator/(const Value& a, const Value& b) {
    return a * b.pow(-1.0);
  }

  // solution:begin
 private:
  struct Node;

  struct Edge {
    std::shared_ptr<Node> operand;  ///< null where there is none
    double derivative;              ///< of the result by this operand
  };

  struct Node {
    double data;
    double grad = 0.0;
    std::array<Edge, 2> edges;

    Node(double value, Edge a, Edge b)
        : data(value), edges{std::move(a), std::move(b)} {}

    /// Frees what only this node holds, in a loop: left to themselves, the
    /// destructors of a long chain call each other until the stack is full.
    ~Node() {
      std::vector<std::shared_ptr<Node>> pending;
      const auto take_operands = [&pending](Node& node) {
        for (Edge& edge : node.edges) {
          if (edge.operand) pending.push_back(std::move(edge.operand));
        }
      };
      take_operands(*this);
      while (!pending.empty()) {
        const std::shared_ptr<Node> node = std::move(pending.back());
        pending.pop_back();
        if (node.use_count() == 1) take_operands(*node);
      }
    }
  };

  Value(double data, Edge a, Edge b = {})
      : node_(std::make_shared<Node>(data, std::move(a), std::move(b))) {}

  /// All nodes that this one depends on and itself, operands before results:
  /// depth first with a stack of our own, each node once.
  std::vector<Node*> operands_first() const {
    std::vector<Node*> finished;
    std::unordered_set<Node*> seen{node_.get()};
    std::vector<std::pair<Node*, std::size_t>> path{{node_.get(), 0}};
    while (!path.empty()) {
      auto& [node, next] = path.back();
      if (next == node->edges.size()) {
        finished.push_back(node);
        path.pop_back();
        continue;
      }
      Node* operand = node->edges[next++].operand.get();
      if (operand && seen.insert(operand).second) path.emplace_back(operand, 0);
    }
    return finished;
  }

  std::shared_ptr<Node> node_;
  // solution:end
};

}  // namespace whiteboard::coding
