// Verifies the claims of questions/coding/autograd.md.
#include <whiteboard/coding/autograd.hpp>

#include <whiteboard/core/random.hpp>

#include <support/claims.hpp>

#include <cmath>
#include <cstdint>
#include <optional>
#include <random>
#include <vector>

using whiteboard::uniform;
using whiteboard::uniform_index;
using whiteboard::coding::Value;

namespace {

/// The same operations on plain numbers, for the differences.
struct Plain {
  long double x;

  Plain(long double value) : x(value) {}
  Plain pow(double k) const { return std::pow(x, static_cast<long double>(k)); }
  Plain exp() const { return std::exp(x); }
  Plain tanh() const { return std::tanh(x); }
  Plain relu() const { return x > 0.0L ? x : 0.0L; }
  friend Plain operator+(Plain a, Plain b) { return a.x + b.x; }
  friend Plain operator*(Plain a, Plain b) { return a.x * b.x; }
  friend Plain operator-(Plain a, Plain b) { return a.x - b.x; }
  friend Plain operator-(Plain a) { return -a.x; }
  friend Plain operator/(Plain a, Plain b) { return a.x / b.x; }
};

/// One of nine operations on `u` and `v`, most of them with small results.
template <class Number>
Number operation(std::ptrdiff_t which, const Number& u, const Number& v) {
  if (which == 0) return u + v;
  if (which == 1) return u - v;
  if (which == 2) return u * v;
  if (which == 3) return u / (v * v + Number(1.0));
  if (which == 4) return u.tanh() + v;
  if (which == 5) return u.tanh().exp() * v;
  if (which == 6) return u.relu() - v;
  if (which == 7) return (u * u + Number(1.0)).pow(-1.5) + v;
  return -u.pow(2.0) + v;
}

/// A random expression of eight operations. Any earlier result may be used
/// again, and a tanh now and then keeps them small.
template <class Number>
Number expression(std::uint64_t seed, const std::vector<Number>& inputs) {
  std::mt19937_64 rng(seed);
  std::vector<Number> known = inputs;
  const auto any = [&]() -> Number {
    const auto n = static_cast<std::ptrdiff_t>(known.size());
    return known[static_cast<std::size_t>(uniform_index(n, rng))];
  };
  Number last = any();
  for (int step = 0; step < 8; ++step) {
    const Number other = any();
    last = operation(uniform_index(9, rng), last, other);
    known.push_back(last);
    if (step % 3 == 2) last = last.tanh();
  }
  return last;
}

}  // namespace

TEST_SUITE("coding/autograd") {
  TEST_CASE("worked_example") {
    const Value a = 2.0;
    const Value b = 3.0;
    const Value c = a * b + a;
    c.backward();
    CHECK(c.data() == 8.0);
    CHECK(a.grad() == 4.0);
    CHECK(b.grad() == 2.0);
    CHECK(c.grad() == 1.0);
  }

  TEST_CASE("micrograds_own_example") {
    const Value a = -4.0;
    const Value b = 2.0;
    Value c = a + b;
    Value d = a * b + b.pow(3.0);
    c = c + c + 1.0;
    c = c + 1.0 + c + -a;
    d = d + d * 2.0 + (b + a).relu();
    d = d + 3.0 * d + (b - a).relu();
    const Value e = c - d;
    const Value f = e.pow(2.0);
    Value g = f / 2.0;
    g = g + 10.0 / f;
    g.backward();
    EVIDENCE("g", g.data());
    EVIDENCE("dg / da", a.grad());
    EVIDENCE("dg / db", b.grad());
    CHECK(close(g.data(), 24.7041, {.abs = 5e-5}));
    CHECK(close(a.grad(), 138.8338, {.abs = 5e-5}));
    CHECK(close(b.grad(), 645.5773, {.abs = 5e-5}));
  }

  TEST_CASE("random_expressions_match_central_differences") {
    double worst = 0.0;
    int moved = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      CAPTURE(seed);
      std::mt19937_64 rng(1000 + seed);
      std::vector<Value> inputs;
      std::vector<Plain> plain;
      for (int i = 0; i < 3; ++i) {
        plain.emplace_back(uniform(-1.5, 1.5, rng));
        inputs.emplace_back(static_cast<double>(plain.back().x));
      }
      const Value y = expression(seed, inputs);
      y.backward();
      const long double at = expression(seed, plain).x;
      CHECK(close(y.data(), static_cast<double>(at), {.abs = 1e-9}));
      for (std::size_t i = 0; i < 3; ++i) {
        CAPTURE(i);
        // In long double: rounding 1e-19 / h, truncation h^2 / 6 = 2e-11.
        const long double h = 1e-5L;
        std::vector<Plain> above = plain;
        std::vector<Plain> below = plain;
        above[i].x += h;
        below[i].x -= h;
        const double want = static_cast<double>(
            (expression(seed, above).x - expression(seed, below).x) /
            (2.0L * h));
        CHECK(close(inputs[i].grad(), want, {.abs = 1e-6, .rel = 1e-6}));
        worst = std::max(
            worst, std::abs(inputs[i].grad() - want) / (1.0 + std::abs(want)));
        moved += std::abs(want) > 1e-3 ? 1 : 0;
      }
    }
    CHECK(moved > 300);  // most expressions depend on most inputs
    EVIDENCE("largest relative difference", worst);
    EVIDENCE("derivatives that are not zero", moved);
  }

  TEST_CASE("gradients_of_reused_values_add_up") {
    const Value a = 3.0;
    (a + a).backward();
    CHECK(a.grad() == 2.0);
    (a * a).backward();
    CHECK(a.grad() == 6.0);
    const Value one_name = a;  // another handle, the same node
    (a * one_name * a).backward();
    CHECK(a.grad() == 27.0);
    CHECK(one_name.grad() == 27.0);
    (a - a).backward();
    CHECK(a.grad() == 0.0);
    (a / a).backward();
    CHECK(close(a.grad(), 0.0, {.abs = 1e-15}));
  }

  TEST_CASE("order_matters_on_a_diamond") {
    const Value a = 3.0;
    const Value b = a * a;
    const Value c = b + b * b;
    c.backward();
    CHECK(b.grad() == 19.0);   // 1 + 2 b
    CHECK(a.grad() == 114.0);  // 2 a + 4 a^3
    // Passing b's gradient on at the first visit gives 2 a = 6, and at each
    // visit 2 a + 2 a (1 + 2 b) = 120.
    // The long and the short way to a, whichever operand comes first.
    const Value d = a + (a * 2.0 + 1.0).pow(2.0) * a;
    d.backward();
    CHECK(a.grad() == 1.0 + 49.0 + 3.0 * 2.0 * 7.0 * 2.0);
    const Value e = (a * 2.0 + 1.0).pow(2.0) * a + a;
    e.backward();
    CHECK(a.grad() == 134.0);
  }

  TEST_CASE("each_node_is_visited_once") {
    // Sixty doublings: 61 nodes and 2^60 paths.
    const Value a = 1.0;
    Value y = a;
    for (int i = 0; i < 60; ++i) y = y + y;
    y.backward();
    CHECK(a.grad() == 0x1p60);
    EVIDENCE("paths", a.grad());
    // All derivatives from one pass, where differences take 2,000 runs.
    std::vector<Value> inputs;
    for (int i = 0; i < 1000; ++i) inputs.emplace_back(0.5 * i);
    Value sum = 0.0;
    for (const Value& x : inputs) sum = sum + x * x;
    sum.backward();
    std::vector<double> got;
    std::vector<double> want;
    for (const Value& x : inputs) {
      got.push_back(x.grad());
      want.push_back(2.0 * x.data());
    }
    REQUIRE(got.size() == 1000);
    CHECK(close(got, want));
  }

  TEST_CASE("second_pass_starts_from_zero") {
    const Value a = 2.0;
    const Value b = 5.0;
    const Value c = a * b;
    c.backward();
    c.backward();
    CHECK(a.grad() == 5.0);
    CHECK(b.grad() == 2.0);
    const Value d = c * 10.0 + a;
    d.backward();
    CHECK(a.grad() == 51.0);
    CHECK(c.grad() == 10.0);
    c.backward();
    CHECK(a.grad() == 5.0);
    CHECK(c.grad() == 1.0);
  }

  TEST_CASE("long_chain_does_not_overflow_the_stack") {
    const int length = 100000;
    const Value a = 1.0;
    {
      Value y = a;
      for (int i = 0; i < length; ++i) y = y + 1.0;
      CHECK(y.data() == length + 1.0);
      y.backward();
      CHECK(a.grad() == 1.0);
    }  // and here all of it is freed
    // A node in the middle keeps what it needs and no more.
    std::optional<Value> end = a;
    std::optional<Value> middle;
    for (int i = 0; i < length; ++i) {
      end = *end + a;
      if (i == length / 2) middle = end;
    }
    end.reset();
    middle->backward();
    CHECK(a.grad() == length / 2 + 2.0);
    EVIDENCE("nodes in the chain", 2 * length);
  }
}

TEST_SUITE("coding/autograd extra") {
  TEST_CASE("a leaf alone and a constant") {
    const Value a = 7.0;
    CHECK(a.grad() == 0.0);
    a.backward();
    CHECK(a.grad() == 1.0);
    CHECK(a.data() == 7.0);
  }

  TEST_CASE("local derivatives by hand") {
    const Value a = 0.5;
    const auto derivative = [&](const Value& y) {
      y.backward();
      return a.grad();
    };
    CHECK(close(derivative(a.exp()), std::exp(0.5), {.ulps = 1}));
    CHECK(close(derivative(a.tanh()), 1.0 / std::pow(std::cosh(0.5), 2),
                {.rel = 1e-15}));
    CHECK(close(derivative(a.pow(3.0)), 0.75, {.ulps = 1}));
    CHECK(close(derivative(a.pow(-2.0)), -16.0, {.ulps = 1}));
    CHECK(derivative(a.pow(0.0)) == 0.0);
    CHECK(derivative(a.relu()) == 1.0);
    CHECK(derivative((-a).relu()) == 0.0);
    CHECK(derivative(-a) == -1.0);
    CHECK(derivative(3.0 - a) == -1.0);
    CHECK(close(derivative(1.0 / a), -4.0, {.ulps = 1}));
    const Value zero = 0.0;
    zero.relu().backward();
    CHECK(zero.grad() == 0.0);
    CHECK(zero.relu().data() == 0.0);
    const Value one = zero.pow(0.0);
    CHECK(one.data() == 1.0);
    one.backward();
    CHECK(zero.grad() == 0.0);
  }

  TEST_CASE("NaN and infinity pass as in any expression") {
    const Value a = -1.0;
    const Value root = a.pow(0.5);
    CHECK(std::isnan(root.data()));
    root.backward();
    CHECK(std::isnan(a.grad()));
    const Value zero = 0.0;
    CHECK(std::isinf((1.0 / zero).data()));
    CHECK(std::isnan(root.relu().data()));
    CHECK(Value(-1.0).relu().data() == 0.0);
  }
}
