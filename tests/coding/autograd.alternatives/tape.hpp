// Differs from the reference: no graph of pointers but one list of all
// operations in the order of their execution, swept backwards. It never frees.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace whiteboard::coding {

class Value {
 public:
  Value(double v) : Value(v, {0, 0.0}, {0, 0.0}) {}

  double data() const { return tape()[index_].data; }
  double grad() const { return tape()[index_].grad; }

  void backward() const {
    for (Entry& entry : tape()) entry.grad = 0.0;
    tape()[index_].grad = 1.0;
    for (std::size_t i = index_ + 1; i-- > 0;) {
      const Entry entry = tape()[i];
      if (entry.grad == 0.0) continue;
      for (const Part& part : entry.parts) {
        if (part.derivative != 0.0) {
          tape()[part.index].grad += part.derivative * entry.grad;
        }
      }
    }
  }

  friend Value operator+(const Value& a, const Value& b) {
    return {a.data() + b.data(), {a.index_, 1.0}, {b.index_, 1.0}};
  }
  friend Value operator*(const Value& a, const Value& b) {
    return {a.data() * b.data(), {a.index_, b.data()}, {b.index_, a.data()}};
  }
  friend Value operator-(const Value& a) { return a * -1.0; }
  friend Value operator-(const Value& a, const Value& b) {
    return {a.data() - b.data(), {a.index_, 1.0}, {b.index_, -1.0}};
  }
  friend Value operator/(const Value& a, const Value& b) {
    return a * b.pow(-1.0);
  }

  Value pow(double k) const {
    return unary(std::pow(data(), k), k * std::pow(data(), k - 1.0));
  }
  Value exp() const { return unary(std::exp(data()), std::exp(data())); }
  Value tanh() const {
    return unary(std::tanh(data()), 1.0 - std::pow(std::tanh(data()), 2));
  }
  Value relu() const {
    return data() <= 0.0 ? unary(0.0, 0.0) : unary(data(), 1.0);
  }

 private:
  struct Part {
    std::size_t index;
    double derivative;
  };
  struct Entry {
    double data;
    double grad;
    std::array<Part, 2> parts;
  };

  static std::vector<Entry>& tape() {
    static std::vector<Entry> entries;
    return entries;
  }

  Value(double data, Part a, Part b) : index_(tape().size()) {
    tape().push_back({data, 0.0, {a, b}});
  }
  Value unary(double result, double derivative) const {
    return {result, {index_, derivative}, {0, 0.0}};
  }

  std::size_t index_;
};

}  // namespace whiteboard::coding
