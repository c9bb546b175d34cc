// SMO with the maximal violating pair (reference) and with the second-order
// choice of the pair, on a stored RBF kernel matrix.
//
//     n  samples    C  the bound on alpha
//
// items are pairs moved.
#include <whiteboard/algorithms/support_vector_machine.hpp>

#include <support/bench.hpp>

#include <cmath>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::algorithms;

namespace {

void solve(benchmark::State& state, bool second_order) {
  const Eigen::Index n = state.range(0);
  const double C = static_cast<double>(state.range(1));
  const Matrix X = bench::gaussian(n, 10);
  const Matrix noise = bench::gaussian(n, 1, 1);
  std::vector<int> y;
  for (Eigen::Index i = 0; i < n; ++i) {
    y.push_back(X.row(i).squaredNorm() + 2.0 * noise(i, 0) > 9.3 ? 1 : -1);
  }
  const Matrix K = rbf_kernel(X, X, 0.1);
  SvmOptions options{.C = C, .tolerance = 1e-3, .second_order = false};
  const SvmModel reference = smo(K, y, options);
  options.second_order = second_order;
  SvmModel model = smo(K, y, options);
  if (std::abs(model.objective - reference.objective) >
      model.duality_gap + reference.duality_gap) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    model = smo(K, y, options);
    benchmark::DoNotOptimize(model.alpha.data());
  }
  state.SetItemsProcessed(state.iterations() * model.iterations);
}

void shapes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "C"})->Unit(benchmark::kMillisecond);
  b->Args({500, 1})->Args({500, 10})->Args({2000, 1})->Args({2000, 10});
}

}  // namespace

BENCHMARK_CAPTURE(solve, reference, false)
    ->Name("smo/reference")
    ->Apply(shapes);
BENCHMARK_CAPTURE(solve, second_order, true)
    ->Name("smo/second_order")
    ->Apply(shapes);
