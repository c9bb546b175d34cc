// Mean and variance of a Gaussian process with n samples at 1000 queries: one
// query after the other (reference), and all at once.
//
// flop counts the n^2 per query of the triangular solve.
#include <whiteboard/algorithms/gaussian_process.hpp>

#include <support/bench.hpp>

using namespace whiteboard;
using algorithms::GaussianPrediction;
using Gp = algorithms::GaussianProcess<>;

namespace {

constexpr Eigen::Index queries = 1000;

Gp fitted(Eigen::Index n) {
  const Matrix X = bench::gaussian(n, 4);
  const Vector y = bench::gaussian(n, 1, 1).col(0);
  return Gp::fit(X, y, {}, {.noise = 0.1});
}

template <auto Predict>
void predict(benchmark::State& state) {
  const Gp gp = fitted(state.range(0));
  const Matrix Z = bench::gaussian(queries, 4, 2);
  const GaussianPrediction want = gp.predict_reference(Z);
  const GaussianPrediction got = (gp.*Predict)(Z);
  if (!got.mean.isApprox(want.mean, 1e-10) ||
      !got.variance.isApprox(want.variance, 1e-10)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    const GaussianPrediction f = (gp.*Predict)(Z);
    benchmark::DoNotOptimize(f.variance.data());
  }
  const auto n = static_cast<double>(state.range(0));
  bench::flop(state, n * n * static_cast<double>(queries));
  state.SetItemsProcessed(state.iterations() * queries);
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgName("n")->Unit(benchmark::kMillisecond);
  b->Arg(50)->Arg(500)->Arg(2000);
}

}  // namespace

BENCHMARK(predict<&Gp::predict_reference>)
    ->Name("gp_predict/reference")
    ->Apply(sizes);
BENCHMARK(predict<&Gp::predict>)->Name("gp_predict/at_once")->Apply(sizes);
