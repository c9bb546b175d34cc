// Verifies the claims of questions/maths/reverse_mode_autodiff.md.
#include <whiteboard/maths/reverse_mode_autodiff.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/finite_differences.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <stdexcept>
#include <type_traits>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::maths;
using whiteboard::testing::gaussian;
using whiteboard::testing::numerical_gradient;

namespace {

using Eigen::Index;
using V = Var<double>;
using Vars = std::vector<V>;
constexpr double eps = std::numeric_limits<double>::epsilon();

/// Value and derivative along one direction: forward mode, the oracle. Counts
/// the arithmetic of sums and products.
struct Dual {
  double v = 0.0, d = 0.0;
  inline static std::int64_t operations = 0;
  Dual() = default;
  Dual(double value, double slope = 0.0) : v(value), d(slope) {}
  friend Dual operator+(Dual a, Dual b) {
    operations += 2;
    return {a.v + b.v, a.d + b.d};
  }
  friend Dual operator-(Dual a, Dual b) { return {a.v - b.v, a.d - b.d}; }
  friend Dual operator*(Dual a, Dual b) {
    operations += 4;
    return {a.v * b.v, a.d * b.v + a.v * b.d};
  }
  friend Dual operator/(Dual a, Dual b) {
    return {a.v / b.v, (a.d * b.v - a.v * b.d) / (b.v * b.v)};
  }
  friend Dual operator-(Dual a) { return {-a.v, -a.d}; }
  friend bool operator==(Dual a, Dual b) { return a.v == b.v && a.d == b.d; }
  Dual& operator+=(Dual b) { return *this = *this + b; }
  friend Dual exp(Dual a) { return {std::exp(a.v), a.d * std::exp(a.v)}; }
  friend Dual log(Dual a) { return {std::log(a.v), a.d / a.v}; }
  friend Dual sqrt(Dual a) {
    return {std::sqrt(a.v), 0.5 * a.d / std::sqrt(a.v)};
  }
  friend Dual tanh(Dual a) {
    return {std::tanh(a.v), a.d / (std::cosh(a.v) * std::cosh(a.v))};
  }
};

/// A number that counts what is done with it.
struct Counted {
  double v = 0.0;
  inline static std::int64_t operations = 0;
  Counted() = default;
  Counted(double value) : v(value) {}
  static Counted count(double value) {
    ++operations;
    return value;
  }
  friend Counted operator+(Counted a, Counted b) { return count(a.v + b.v); }
  friend Counted operator-(Counted a, Counted b) { return count(a.v - b.v); }
  friend Counted operator*(Counted a, Counted b) { return count(a.v * b.v); }
  friend bool operator==(Counted a, Counted b) { return a.v == b.v; }
  Counted& operator+=(Counted b) { return *this = *this + b; }
};

/// Rosenbrock's function of n numbers: 8 operations a term.
template <class T>
T rosenbrock(const std::vector<T>& x) {
  T sum(0.0);
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    const T valley = x[i + 1] - x[i] * x[i];
    const T slope = T(1.0) - x[i];
    sum = sum + (T(100.0) * (valley * valley) + slope * slope);
  }
  return sum;
}

/// A random expression of 200 operations that uses its inputs and its own
/// intermediate results again and again; values stay near 1 in size.
template <class T>
T random_expression(const std::vector<T>& inputs, std::uint64_t seed) {
  std::mt19937_64 rng(seed);
  std::vector<T> v = inputs;
  const auto any = [&] {
    const auto n = static_cast<std::ptrdiff_t>(v.size());
    return v[static_cast<std::size_t>(uniform_index(n, rng))];
  };
  while (v.size() < inputs.size() + 200) {
    const T a = any(), b = any();
    switch (uniform_index(8, rng)) {
      case 0:
        v.push_back(0.5 * (a + b));
        break;
      case 1:
        v.push_back(a - 0.5 * b);
        break;
      case 2:
        v.push_back(tanh(a * b));
        break;
      case 3:
        v.push_back(a / (2.0 + b * b));
        break;
      case 4:
        v.push_back(exp(-(a * a)));
        break;
      case 5:
        v.push_back(log(1.0 + a * a));
        break;
      case 6:
        v.push_back(sqrt(1.0 + b * b) - 1.0);
        break;
      default:
        v.push_back(0.3 * -a);
    }
  }
  T sum(0.0);
  for (std::size_t i = v.size() - 20; i < v.size(); ++i) sum = sum + v[i];
  return sum;
}

template <class T>
std::vector<T> as_inputs(const Vector& x) {
  return {x.begin(), x.end()};
}

/// Gradient of f by n passes of forward mode.
template <class Function>
Vector forward_gradient(const Function& f, const Vector& x) {
  std::vector<Dual> inputs = as_inputs<Dual>(x);
  Vector g(x.size());
  for (Index j = 0; j < x.size(); ++j) {
    Dual& input = inputs[static_cast<std::size_t>(j)];
    input.d = 1.0;
    g(j) = f(inputs).d;
    input.d = 0.0;
  }
  return g;
}

/// A state of a chain that is counted while somebody holds it.
struct Held {
  double value;
  inline static Index now = 0, peak = 0;
  explicit Held(double v) : value(v) { peak = std::max(peak, ++now); }
  Held(const Held&) = delete;
  ~Held() { --now; }
};
using State = std::shared_ptr<const Held>;

/// What a chain of sines from h_0 = 0.7 costs with checkpoints.
struct ChainCost {
  double gradient;
  Index steps, peak;
};

ChainCost sine_chain(Index length, Index segment) {
  Index steps = 0;
  Held::peak = 0;
  const double g = checkpointed_gradient(
      std::make_shared<const Held>(0.7), length, segment,
      [&](Index t, const State& h) {
        ++steps;
        return std::make_shared<const Held>(
            std::sin(h->value + 0.1 * static_cast<double>(t)));
      },
      [](const State& h) { return 2.0 * h->value; },
      [](Index t, const State& h, double by_next) {
        return by_next * std::cos(h->value + 0.1 * static_cast<double>(t));
      });
  CHECK(Held::now == 0);
  return {g, steps, Held::peak};
}

/// Operands of each node of a graph, in order of computation; the last one is
/// the output and each edge has derivative 1.
using Graph = std::vector<std::vector<std::size_t>>;

/// Adjoint of node 0 when the nodes pass theirs on in the order given.
double adjoint_in_order(const Graph& graph, const std::vector<int>& order) {
  std::vector<double> adjoints(graph.size(), 0.0);
  adjoints.back() = 1.0;
  for (const int k : order) {
    for (const std::size_t operand : graph[static_cast<std::size_t>(k)]) {
      adjoints[operand] += adjoints[static_cast<std::size_t>(k)];
    }
  }
  return adjoints[0];
}

/// The same by recursion along every path; counts the calls.
double sum_over_paths(const Graph& graph, std::size_t k, std::int64_t& calls) {
  ++calls;
  if (k == 0) return 1.0;
  double sum = 0.0;
  for (const std::size_t operand : graph[k]) {
    sum += sum_over_paths(graph, operand, calls);
  }
  return sum;
}

}  // namespace

TEST_SUITE("maths/reverse_mode_autodiff") {
  TEST_CASE("one_sweep_gives_all_derivatives") {
    std::vector<double> ratios;
    for (const int n : {10, 100, 1000}) {
      CAPTURE(n);
      std::mt19937_64 rng(1);
      const Vector x = gaussian(n, 1, rng).col(0);
      Counted::operations = 0;
      rosenbrock(as_inputs<Counted>(x));
      const std::int64_t function = Counted::operations;
      CHECK(function == 8 * (n - 1));

      Counted::operations = 0;
      Tape<Counted> tape;
      std::vector<Var<Counted>> inputs;
      for (const double value : x) inputs.push_back(tape.variable(value));
      tape.backward(rosenbrock(inputs));
      // 1 to compute, a product and a sum for each of two edges to pass on,
      // and the same once more for each input; two sums to start.
      CHECK(Counted::operations <= 5 * function + 4 * n + 1);
      ratios.push_back(static_cast<double>(Counted::operations) /
                       static_cast<double>(function));
      // By hand.
      for (Index j = 0; j < n; ++j) {
        double want = 0.0;
        double size = 0.0;
        if (j + 1 < n) {
          const double valley = x(j + 1) - x(j) * x(j);
          want += -400.0 * x(j) * valley - 2.0 * (1.0 - x(j));
          size += std::abs(400.0 * x(j) * valley) + 2.0 + 2.0 * std::abs(x(j));
        }
        if (j > 0) {
          const double valley = x(j) - x(j - 1) * x(j - 1);
          want += 200.0 * valley;
          size += 200.0 * (std::abs(x(j)) + x(j - 1) * x(j - 1));
        }
        CHECK(close(tape.grad(inputs[static_cast<std::size_t>(j)]).v, want,
                    {.abs = 16.0 * eps * size}));
      }
    }
    REQUIRE(ratios.size() == 3);
    for (const double ratio : ratios) CHECK(close(ratio, 5.5, {.abs = 0.1}));
    EVIDENCE_SERIES("operations for the gradient over those for the function",
                    ratios);
  }

  TEST_CASE("reverse_agrees_with_forward_and_with_differences") {
    double worst = 0.0;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      CAPTURE(seed);
      std::mt19937_64 rng(seed);
      const Vector x = gaussian(4, 1, rng).col(0);
      const auto f = [&](const auto& v) { return random_expression(v, seed); };
      const Vector reverse = gradient(f, x);
      const Vector forward = forward_gradient(f, x);
      REQUIRE(forward.cwiseAbs().maxCoeff() > 1e-3);
      // Sums over the same paths in another order: 200 roundings at most of
      // terms that are no larger than a hundred times the result.
      CHECK(close(reverse, forward, {.abs = 1e-13, .scale = 1e-13}));
      const Vector numerical = numerical_gradient(
          [&](const Vector& at) { return f(as_inputs<double>(at)); }, x);
      CHECK(close(reverse, numerical, {.abs = 1e-7, .scale = 1e-7}));
      worst = std::max(worst, largest_difference(reverse, forward));
    }
    EVIDENCE("largest difference between reverse and forward", worst);
  }

  TEST_CASE("shares_of_a_reused_number_add_up") {
    for (const double x : {-2.0, 0.5, 3.0}) {
      Tape<double> tape;
      const V v = tape.variable(x);
      tape.backward(v * v + v);
      CHECK(tape.grad(v) == 2.0 * x + 1.0);
      tape.backward(v - v);
      CHECK(tape.grad(v) == 0.0);
      tape.backward(v * v * v);
      CHECK(tape.grad(v) == 3.0 * x * x);
    }
  }

  TEST_CASE("a_node_waits_for_all_that_use_it") {
    // x = v_0, c = x + 0, a = c + 0, b = c + 0, y = a + b: the slope is 2.
    const Graph diamond{{}, {0}, {1}, {1}, {2, 3}};
    CHECK(adjoint_in_order(diamond, {4, 3, 2, 1}) == 2.0);
    CHECK(adjoint_in_order(diamond, {4, 2, 3, 1}) == 2.0);
    // Depth first: c passes on what came through a, before b has added its
    // share; or c comes first of all, and passes on nothing.
    CHECK(adjoint_in_order(diamond, {4, 2, 1, 3}) == 1.0);
    CHECK(adjoint_in_order(diamond, {1, 2, 3, 4}) == 0.0);

    Tape<double> tape;
    const V x = tape.variable(5.0);
    const V c = x + 0.0;
    const V a = c + 0.0;
    const V b = c + 0.0;
    tape.backward(a + b);
    CHECK(tape.grad(x) == 2.0);
    CHECK(tape.grad(c) == 2.0);
    CHECK(tape.grad(a) == 1.0);
  }

  TEST_CASE("paths_multiply_and_nodes_add") {
    // Sixty doublings: 2^60 paths over 61 nodes.
    Tape<double> tape;
    const V x = tape.variable(1.0);
    V y = x;
    for (int k = 0; k < 60; ++k) y = y + y;
    tape.backward(y);
    CHECK(tape.size() == 61);
    CHECK(tape.grad(x) == std::ldexp(1.0, 60));

    Graph doublings(1);
    for (std::size_t k = 0; k < 14; ++k) doublings.push_back({k, k});
    std::int64_t calls = 0;
    CHECK(sum_over_paths(doublings, 14, calls) == std::ldexp(1.0, 14));
    CHECK(calls == (1 << 15) - 1);
    EVIDENCE("calls of a recursion along paths, 14 doublings", calls);
  }

  TEST_CASE("wide_jacobians_by_rows_and_tall_ones_by_columns") {
    std::vector<double> reverse_costs, forward_costs;
    for (const Index m : {3, 5}) {
      CAPTURE(m);
      const Index n = 8 - m;
      // Output i is the product of all inputs plus i + 1 times input i mod n.
      const auto f = [m](const auto& x) {
        auto product = x[0];
        for (std::size_t j = 1; j < x.size(); ++j) product = product * x[j];
        auto outputs = x;
        outputs.clear();
        for (Index i = 0; i < m; ++i) {
          const auto j = static_cast<std::size_t>(i) % x.size();
          outputs.push_back(product + (static_cast<double>(i) + 1.0) * x[j]);
        }
        return outputs;
      };
      std::mt19937_64 rng(7);
      const Vector x = gaussian(n, 1, rng).col(0);
      const Matrix J = jacobian(f, x);
      REQUIRE(J.rows() == m);
      REQUIRE(J.cols() == n);
      Matrix forward(m, n);
      Dual::operations = 0;
      std::vector<Dual> duals = as_inputs<Dual>(x);
      for (Index j = 0; j < n; ++j) {
        duals[static_cast<std::size_t>(j)].d = 1.0;
        const std::vector<Dual> outputs = f(duals);
        for (Index i = 0; i < m; ++i) {
          forward(i, j) = outputs[static_cast<std::size_t>(i)].d;
        }
        duals[static_cast<std::size_t>(j)].d = 0.0;
      }
      CHECK(close(J, forward, {.scale = 16.0 * eps}));

      // One weighted sweep is a row vector times J, and costs one sweep.
      Tape<double> tape;
      Vars inputs;
      for (const double value : x) inputs.push_back(tape.variable(value));
      const Vars outputs = f(inputs);
      const Vector w = gaussian(m, 1, rng).col(0);
      tape.backward(outputs, std::span(w.data(), outputs.size()));
      Vector product(n);
      for (Index j = 0; j < n; ++j) {
        product(j) = tape.grad(inputs[static_cast<std::size_t>(j)]);
      }
      const Vector want = forward.transpose() * w;
      CHECK(close(product, want, {.abs = 16.0 * eps, .scale = 16.0 * eps}));

      forward_costs.push_back(static_cast<double>(Dual::operations));
      Counted::operations = 0;
      Tape<Counted> counted;
      std::vector<Var<Counted>> counted_inputs;
      for (const double value : x) {
        counted_inputs.push_back(counted.variable(value));
      }
      for (const auto& y : f(counted_inputs)) counted.backward(y);
      reverse_costs.push_back(static_cast<double>(Counted::operations));
    }
    REQUIRE(reverse_costs.size() == 2);
    CHECK(reverse_costs[0] < forward_costs[0]);  // 3 x 5
    CHECK(reverse_costs[1] > forward_costs[1]);  // 5 x 3
    EVIDENCE_SERIES("operations of reverse mode, 3 x 5 and 5 x 3",
                    reverse_costs);
    EVIDENCE_SERIES("operations of forward mode, 3 x 5 and 5 x 3",
                    forward_costs);
  }

  TEST_CASE("duals_on_the_tape_give_products_with_the_hessian") {
    const Index n = 20;
    std::mt19937_64 rng(3);
    const Vector x = gaussian(n, 1, rng).col(0);
    const Vector u = gaussian(n, 1, rng).col(0);
    Tape<Dual> tape;
    std::vector<Var<Dual>> inputs;
    for (Index j = 0; j < n; ++j) {
      inputs.push_back(tape.variable({x(j), u(j)}));
    }
    tape.backward(rosenbrock(inputs));
    Vector product(n);
    for (Index j = 0; j < n; ++j) {
      product(j) = tape.grad(inputs[static_cast<std::size_t>(j)]).d;
    }
    // By hand: the Hessian is tridiagonal.
    Matrix H = Matrix::Zero(n, n);
    for (Index j = 0; j + 1 < n; ++j) {
      H(j, j) += 1200.0 * x(j) * x(j) - 400.0 * x(j + 1) + 2.0;
      H(j + 1, j + 1) += 200.0;
      H(j, j + 1) = H(j + 1, j) = -400.0 * x(j);
    }
    const Vector want = H * u;
    CHECK(close(product, want, {.scale = 64.0 * eps}));
    EVIDENCE("largest difference from the Hessian by hand",
             largest_difference(product, want));
  }

  TEST_CASE("memory_grows_with_the_operations") {
    std::vector<double> sizes;
    for (const int steps : {100, 200, 400}) {
      Tape<double> tape;
      V x = tape.variable(0.3);
      const V a = tape.variable(3.7);
      for (int t = 0; t < steps; ++t) x = a * x * (1.0 - x);
      CHECK(tape.size() == static_cast<std::size_t>(2 + 3 * steps));
      sizes.push_back(static_cast<double>(tape.size()));
    }
    EVIDENCE_SERIES("tape after 100, 200 and 400 steps", sizes);

    // All kept: 100 states and the last. One in ten: 9 checkpoints, the 10
    // states of a segment and the last, for 9 steps more a segment.
    const ChainCost all = sine_chain(100, 100);
    const ChainCost tenth = sine_chain(100, 10);
    CHECK(all.peak == 101);
    CHECK(all.steps == 199);
    CHECK(tenth.peak == 20);
    CHECK(tenth.steps == 190);
    CHECK(tenth.gradient == all.gradient);  // the same operations in order

    double want = 1.0;
    double h = 0.7;
    for (int t = 0; t < 100; ++t) {
      want *= std::cos(h + 0.1 * t);
      h = std::sin(h + 0.1 * t);
    }
    CHECK(close(tenth.gradient, 2.0 * h * want, {.rel = 200.0 * eps}));
    // No segment length does better, and the ends are no better than no
    // checkpoints.
    std::vector<double> peaks;
    for (Index segment = 1; segment <= 100; ++segment) {
      const ChainCost cost = sine_chain(100, segment);
      CHECK(cost.gradient == all.gradient);
      CHECK(cost.peak >= tenth.peak);
      peaks.push_back(static_cast<double>(cost.peak));
    }
    CHECK(peaks.front() == 101.0);
    EVIDENCE_SERIES("most states kept, segments of 1 to 100", peaks);
  }

  TEST_CASE("it_differentiates_the_program_not_the_function") {
    // x^2, written with a case that is right for every value.
    const auto square = [](const Vars& v) -> V {
      if (v[0].value == 1.0) return 1.0;
      return v[0] * v[0];
    };
    CHECK(gradient(square, Vector{{1.0}})(0) == 0.0);
    CHECK(gradient(square, Vector{{1.0 + eps}})(0) == 2.0 + 2.0 * eps);
    // |x| as sqrt(x^2): infinity times zero at the kink.
    const auto absolute = [](const Vars& v) { return sqrt(v[0] * v[0]); };
    CHECK(gradient(absolute, Vector{{-0.5}})(0) == -1.0);
    CHECK(std::isnan(gradient(absolute, Vector{{0.0}})(0)));
    // What the output does not depend on does no harm, however infinite.
    Tape<double> tape;
    const V x = tape.variable(0.0);
    const V unused = log(x) * x;
    CHECK(std::isnan(unused.value));
    tape.backward(x * 2.0);
    CHECK(tape.grad(x) == 2.0);
  }
}

TEST_SUITE("maths/reverse_mode_autodiff extra") {
  TEST_CASE("every operation by hand") {
    Tape<double> tape;
    const V a = tape.variable(0.8);
    const V b = tape.variable(-2.5);
    const auto check = [&](const V& y, double value, double by_a, double by_b) {
      CHECK(close(y.value, value, {.ulps = 2}));
      tape.backward(y);
      // Absolute, as 1 - tanh^2 rounds like 1.
      CHECK(close(tape.grad(a), by_a, {.abs = 2.0 * eps}));
      CHECK(close(tape.grad(b), by_b, {.abs = 2.0 * eps}));
    };
    check(a + b, 0.8 - 2.5, 1.0, 1.0);
    check(a - b, 0.8 + 2.5, 1.0, -1.0);
    check(a * b, -2.0, -2.5, 0.8);
    check(a / b, -0.32, -0.4, -0.8 / 6.25);
    check(-a, -0.8, -1.0, 0.0);
    check(exp(a), std::exp(0.8), std::exp(0.8), 0.0);
    check(log(a), std::log(0.8), 1.25, 0.0);
    check(sqrt(a), std::sqrt(0.8), 0.5 / std::sqrt(0.8), 0.0);
    check(tanh(b), std::tanh(-2.5), 0.0,
          1.0 / (std::cosh(2.5) * std::cosh(2.5)));
    check(2.0 - a, 1.2, -1.0, 0.0);
    check(2 / b, -0.8, 0.0, -0.32);
    check(b * 3.0, -7.5, 0.0, 3.0);
  }

  TEST_CASE("a second sweep starts from zero and a cleared tape is new") {
    Tape<double> tape;
    const V x = tape.variable(3.0);
    const V y = x * x;
    tape.backward(y);
    tape.backward(y);
    CHECK(tape.grad(x) == 6.0);
    tape.backward(2.0 * x);
    CHECK(tape.grad(x) == 2.0);
    CHECK(tape.grad(y) == 0.0);
    tape.clear();
    CHECK(tape.size() == 0);
    const V z = tape.variable(5.0);
    tape.backward(z * z);
    CHECK(tape.grad(z) == 10.0);
  }

  TEST_CASE("constants are not recorded") {
    Tape<double> tape;
    const V c = V(2.0) * 3.0 + 1.0;
    CHECK(c.value == 7.0);
    CHECK(c.tape == nullptr);
    CHECK(tape.size() == 0);
    // A constant has gradient zero, and an output may be an input.
    const auto f = [](const Vars& v) { return Vars{v[1], 4.0}; };
    CHECK(
        close(jacobian(f, Vector{{1.0, 2.0}}), Matrix{{0.0, 1.0}, {0.0, 0.0}}));
  }

  TEST_CASE("a chain that the segments do not divide") {
    for (const Index segment : {1, 2, 3, 4, 6, 7, 50}) {
      CAPTURE(segment);
      CHECK(sine_chain(7, segment).gradient == sine_chain(7, 7).gradient);
    }
    CHECK(sine_chain(1, 1).steps == 1);
    CHECK_THROWS_WITH(sine_chain(0, 1),
                      "checkpointed_gradient: need length >= 1 and segment >= "
                      "1, got 0 and 1");
    CHECK_THROWS_AS(sine_chain(1, 0), std::invalid_argument);
  }

  TEST_CASE("arguments that break the contract are refused") {
    Tape<double> tape, other;
    const V x = tape.variable(1.0);
    const V y = other.variable(1.0);
    CHECK(!std::is_copy_constructible_v<Tape<double>>);
    CHECK(!std::is_copy_assignable_v<Tape<double>>);
    CHECK_THROWS_WITH(x + y, "Var: the operands are on two tapes");
    CHECK_THROWS_WITH(tape.grad(x), "Tape: no gradient for this variable");
    CHECK_THROWS_WITH(tape.backward(y), "Tape: output 0 is not on this tape");
    tape.backward(x);
    CHECK(tape.grad(x) == 1.0);
    CHECK_THROWS_AS(tape.grad(y), std::invalid_argument);
    CHECK_THROWS_AS(tape.grad(V(1.0)), std::invalid_argument);
    const V late = x * 2.0;
    CHECK_THROWS_AS(tape.grad(late), std::invalid_argument);
    const Vars outputs{x, late};
    const std::array<double, 1> one{1.0};
    CHECK_THROWS_WITH(tape.backward(outputs, one),
                      "Tape: 2 outputs, but 1 weights");
    tape.clear();
    CHECK_THROWS_AS(tape.backward(late), std::invalid_argument);
    const auto f = [](const Vars& v) { return v[0]; };
    CHECK_THROWS_WITH(gradient(f, Vector{{std::nan("")}}),
                      "jacobian: x(0) is nan");
  }
}
