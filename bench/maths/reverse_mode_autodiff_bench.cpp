// Gradient of a polynomial by its n coefficients (Horner's scheme, 2 operations
// each): a graph of shared pointers, as in coding/autograd, against the tape;
// and the polynomial itself, to see what a derivative costs.
//
//     n  coefficients
//
// items_per_second counts recorded operations.
#include <whiteboard/coding/autograd.hpp>
#include <whiteboard/maths/reverse_mode_autodiff.hpp>

#include <support/bench.hpp>

#include <cmath>
#include <cstddef>
#include <vector>

using namespace whiteboard;

namespace {

constexpr double at = 0.999;

template <class T>
T horner(const std::vector<T>& coefficients, const T& x) {
  T y = coefficients[0];
  for (std::size_t i = 1; i < coefficients.size(); ++i) {
    y = y * x + coefficients[i];
  }
  return y;
}

std::vector<double> numbers(benchmark::State& state) {
  const Vector x = bench::gaussian(state.range(0), 1).col(0);
  return {x.begin(), x.end()};
}

void done(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * 2 * state.range(0));
}

void value_alone(benchmark::State& state) {
  const std::vector<double> c = numbers(state);
  double x = at;
  for (auto _ : state) {
    benchmark::DoNotOptimize(x);
    double y = horner(c, x);
    benchmark::DoNotOptimize(y);
  }
  done(state);
}

void shared_pointers(benchmark::State& state) {
  const std::vector<double> c = numbers(state);
  for (auto _ : state) {
    const std::vector<coding::Value> inputs(c.begin(), c.end());
    horner(inputs, coding::Value(at)).backward();
    double g = inputs[0].grad();
    benchmark::DoNotOptimize(g);
  }
  done(state);
}

void tape(benchmark::State& state) {
  const std::vector<double> c = numbers(state);
  maths::Tape<double> tape;
  std::vector<maths::Var<double>> inputs;
  const auto sweep = [&] {
    tape.clear();
    inputs.clear();
    for (const double number : c) inputs.push_back(tape.variable(number));
    tape.backward(horner(inputs, tape.variable(at)));
  };
  sweep();
  for (std::size_t i = 0; i < c.size(); ++i) {
    const double want = std::pow(at, static_cast<double>(c.size() - 1 - i));
    if (std::abs(tape.grad(inputs[i]) - want) > 1e-9 * want) {
      state.SkipWithError("differs from the powers of x");
      return;
    }
  }
  for (auto _ : state) {
    sweep();
    double g = tape.grad(inputs[0]);
    benchmark::DoNotOptimize(g);
  }
  done(state);
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n"})->Unit(benchmark::kMicrosecond);
  b->Arg(1000)->Arg(300'000);
}

}  // namespace

BENCHMARK(shared_pointers)->Name("gradient/reference")->Apply(sizes);
BENCHMARK(tape)->Name("gradient/tape")->Apply(sizes);
BENCHMARK(value_alone)->Name("gradient/value_alone")->Apply(sizes);
