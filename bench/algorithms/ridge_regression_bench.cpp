// A path of 30 ridge penalties: the normal equations from scratch for each, and
// one decomposition for all.
//
//     n  samples
//     d  features
#include <whiteboard/algorithms/ridge_regression.hpp>

#include <support/bench.hpp>

#include <cmath>

using namespace whiteboard;

namespace {

constexpr int penalties = 30;

double penalty(int step) {
  return std::pow(10.0, -2.0 + 0.2 * step);
}

/// The coefficients at every penalty, one per row.
Matrix from_scratch(const Matrix& X, const Vector& y) {
  Matrix path(penalties, X.cols());
  for (int step = 0; step < penalties; ++step) {
    path.row(step) =
        algorithms::ridge_reference(X, y, penalty(step)).coef.transpose();
  }
  return path;
}

Matrix from_one(const Matrix& X, const Vector& y) {
  const auto ridge = algorithms::RidgePath::fit(X, y);
  Matrix path(penalties, X.cols());
  for (int step = 0; step < penalties; ++step) {
    path.row(step) = ridge.at(penalty(step)).coef.transpose();
  }
  return path;
}

template <class Path>
void run(benchmark::State& state, Path path) {
  const Matrix X = bench::gaussian(state.range(0), state.range(1));
  const Vector y = bench::gaussian(state.range(0), 1, 1).col(0);
  if (!path(X, y).isApprox(from_scratch(X, y), 1e-9)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    const Matrix coef = path(X, y);
    benchmark::DoNotOptimize(coef.data());
  }
  state.SetItemsProcessed(state.iterations() * penalties);
}

void reference(benchmark::State& state) {
  run(state, from_scratch);
}
void one_svd(benchmark::State& state) {
  run(state, from_one);
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "d"})->Unit(benchmark::kMillisecond);
  b->Args({442, 10})->Args({10'000, 50})->Args({200, 500});
}

}  // namespace

BENCHMARK(reference)->Name("ridge_path/reference")->Apply(sizes);
BENCHMARK(one_svd)->Name("ridge_path/one_svd")->Apply(sizes);
