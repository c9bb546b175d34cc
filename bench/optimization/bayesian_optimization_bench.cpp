// The model's part of one step: the posterior after one more evaluation, by a
// fit of everything (reference), and by a new row of the factor and two
// triangular solves.
//
//     n  evaluations so far
#include <whiteboard/optimization/bayesian_optimization.hpp>

#include <support/bench.hpp>

using namespace whiteboard;
using namespace whiteboard::optimization;
using Gp = algorithms::GaussianProcess<>;

namespace {

Gp fitted(const Matrix& X, const Vector& y) {
  return Gp::fit(X, standardised(y), {.length = 0.5}, {.noise = 1e-6});
}

struct Refit {
  Gp operator()(const Gp&, const Matrix& X, const Vector& y) const {
    return fitted(X, y);
  }
};

struct Extend {
  Gp operator()(const Gp& gp, const Matrix& X, const Vector& y) const {
    const Eigen::Index last = y.size() - 1;
    return with_values(gp.with(X.row(last).transpose(), y(last)),
                       standardised(y));
  }
};

template <class Step>
void step(benchmark::State& state) {
  const Eigen::Index n = state.range(0);
  const Matrix X = bench::gaussian(n + 1, 5);
  const Vector y = bench::gaussian(n + 1, 1, 1).col(0);
  const Gp before = fitted(X.topRows(n), y.head(n));
  if (!Step()(before, X, y).alpha.isApprox(fitted(X, y).alpha, 1e-9)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    const Gp gp = Step()(before, X, y);
    benchmark::DoNotOptimize(gp.alpha.data());
  }
  state.SetItemsProcessed(state.iterations());
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgName("n")->Unit(benchmark::kMicrosecond);
  b->Arg(20)->Arg(100)->Arg(500);
}

}  // namespace

BENCHMARK(step<Refit>)->Name("bo_step/reference")->Apply(sizes);
BENCHMARK(step<Extend>)->Name("bo_step/extend")->Apply(sizes);
