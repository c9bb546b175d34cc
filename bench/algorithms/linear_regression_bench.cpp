// Leave-one-out errors of a linear regression: n refits, and one fit with its
// leverages.
//
//     n  samples
//     d  features
#include <whiteboard/algorithms/linear_regression.hpp>

#include <support/bench.hpp>

using namespace whiteboard;

namespace {

template <class Errors>
void run(benchmark::State& state, Errors errors) {
  const Matrix X = bench::gaussian(state.range(0), state.range(1));
  const Vector y = bench::gaussian(state.range(0), 1, 1).col(0);
  if (!errors(X, y).isApprox(algorithms::loo_residuals_reference(X, y),
                             1e-10)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    const Vector e = errors(X, y);
    benchmark::DoNotOptimize(e.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void refits(benchmark::State& state) {
  run(state, [](const Matrix& X, const Vector& y) -> Vector {
    return algorithms::loo_residuals_reference(X, y);
  });
}

void leverages(benchmark::State& state) {
  run(state, [](const Matrix& X, const Vector& y) -> Vector {
    return algorithms::loo_residuals(X, y);
  });
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "d"})->Unit(benchmark::kMicrosecond);
  b->Args({100, 5})->Args({1'000, 20});
}

}  // namespace

BENCHMARK(refits)->Name("leave_one_out/reference")->Apply(sizes);
BENCHMARK(leverages)->Name("leave_one_out/leverages")->Apply(sizes);
