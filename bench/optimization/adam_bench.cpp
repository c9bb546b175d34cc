// One Adam step: the textbook's arrays, one after the other, a plain loop, and
// the fused pass.
//
//     d  weights
//
// bytes are what any step must move: x, m and v read and written, g read.
#include <whiteboard/optimization/adam.hpp>

#include <support/bench.hpp>

#include <cmath>
#include <concepts>
#include <limits>

using namespace whiteboard;
using optimization::Adam;

namespace {

/// The one loop that anybody would write first, at its default options.
template <std::floating_point T>
class PlainLoop {
 public:
  explicit PlainLoop(Eigen::Index dim)
      : m_(Eigen::VectorX<T>::Zero(dim)), v_(m_) {}

  void step(Eigen::VectorX<T>& x, const Eigen::VectorX<T>& g) {
    ++t_;
    const T rate = static_cast<T>(1e-3 / (1.0 - std::pow(0.9, t_)));
    const T root = static_cast<T>(1.0 / std::sqrt(1.0 - std::pow(0.999, t_)));
    for (Eigen::Index i = 0; i < x.size(); ++i) {
      m_(i) += static_cast<T>(0.1) * (g(i) - m_(i));
      v_(i) += static_cast<T>(0.001) * (g(i) * g(i) - v_(i));
      x(i) -= rate * m_(i) / (root * std::sqrt(v_(i)) + static_cast<T>(1e-8));
    }
  }

 private:
  Eigen::VectorX<T> m_, v_;
  double t_ = 0.0;
};

template <std::floating_point T, class Optimizer, class Step>
void run(benchmark::State& state, Optimizer optimizer, Step step) {
  const Eigen::Index d = state.range(0);
  const Eigen::VectorX<T> g = bench::gaussian<T>(d, 1).col(0);
  Eigen::VectorX<T> x = bench::gaussian<T>(d, 1, 1).col(0);
  Eigen::VectorX<T> want = x;
  Adam<T> reference(d);
  for (int t = 0; t < 3; ++t) {
    reference.step_reference(want, g);
    step(optimizer, x, g);
  }
  if (!x.isApprox(want, 16 * std::numeric_limits<T>::epsilon())) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    step(optimizer, x, g);
    benchmark::DoNotOptimize(x.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * d);
  bench::bytes(state, 7.0 * sizeof(T) * static_cast<double>(d));
}

template <std::floating_point T>
void textbook(benchmark::State& state) {
  run<T>(state, Adam<T>(state.range(0)),
         [](auto& adam, auto& x, const auto& g) { adam.step_reference(x, g); });
}

template <std::floating_point T>
void plain_loop(benchmark::State& state) {
  run<T>(state, PlainLoop<T>(state.range(0)),
         [](auto& adam, auto& x, const auto& g) { adam.step(x, g); });
}

template <std::floating_point T>
void fused(benchmark::State& state) {
  run<T>(state, Adam<T>(state.range(0)),
         [](auto& adam, auto& x, const auto& g) { adam.step(x, g); });
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"d"})->Unit(benchmark::kMicrosecond);
  b->Arg(10'000)->Arg(10'000'000);
}

}  // namespace

BENCHMARK(textbook<float>)->Name("adam_f32/reference")->Apply(sizes);
BENCHMARK(plain_loop<float>)->Name("adam_f32/plain_loop")->Apply(sizes);
BENCHMARK(fused<float>)->Name("adam_f32/fused")->Apply(sizes);
BENCHMARK(textbook<double>)->Name("adam_f64/reference")->Apply(sizes);
BENCHMARK(plain_loop<double>)->Name("adam_f64/plain_loop")->Apply(sizes);
BENCHMARK(fused<double>)->Name("adam_f64/fused")->Apply(sizes);
