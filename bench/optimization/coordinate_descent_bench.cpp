// The lasso by coordinate descent: the residual computed anew for every
// coordinate, updated, and with columns dropped by the duality gap.
//
//     n  samples
//     d  features, ten of which count
//
// lambda is a tenth of the one that empties the model.
#include <whiteboard/optimization/coordinate_descent.hpp>

#include <support/bench.hpp>

using namespace whiteboard;

namespace {

template <class Solve>
void run(benchmark::State& state, Solve solve) {
  const Matrix X = bench::gaussian(state.range(0), state.range(1));
  Vector y = bench::gaussian(state.range(0), 1, 1).col(0);
  for (Eigen::Index j = 0; j < 10; ++j) y += 2.0 * X.col(j);
  const double lambda = 0.1 * (X.transpose() * y).cwiseAbs().maxCoeff();
  const optimization::LassoCdFit want = optimization::lasso_cd(
      X, y, lambda, {.tolerance = 1e-8, .screen = false});
  if (!solve(X, y, lambda, want.sweeps).isApprox(want.coef, 1e-3)) {
    state.SkipWithError("differs from the rest");
    return;
  }
  for (auto _ : state) {
    const Vector beta = solve(X, y, lambda, want.sweeps);
    benchmark::DoNotOptimize(beta.data());
  }
  state.SetItemsProcessed(state.iterations() * want.sweeps * state.range(1));
  state.counters["sweeps"] = want.sweeps;
}

void from_scratch(benchmark::State& state) {
  run(state,
      [](const Matrix& X, const Vector& y, double lambda,
         int sweeps) -> Vector {
        return optimization::lasso_cd_reference(X, y, lambda, sweeps);
      });
}

void updated(benchmark::State& state) {
  run(state,
      [](const Matrix& X, const Vector& y, double lambda, int) -> Vector {
        return optimization::lasso_cd(X, y, lambda,
                                      {.tolerance = 1e-8, .screen = false})
            .coef;
      });
}

void screened(benchmark::State& state) {
  run(state,
      [](const Matrix& X, const Vector& y, double lambda, int) -> Vector {
        return optimization::lasso_cd(X, y, lambda, {.tolerance = 1e-8}).coef;
      });
}

void small(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "d"})->Unit(benchmark::kMillisecond);
  b->Args({100, 200});
}
void sizes(benchmark::internal::Benchmark* b) {
  small(b);
  b->Args({500, 5'000});
}

}  // namespace

BENCHMARK(from_scratch)->Name("lasso/reference")->Apply(small);
BENCHMARK(updated)->Name("lasso/updated_residual")->Apply(sizes);
BENCHMARK(screened)->Name("lasso/screened")->Apply(sizes);
