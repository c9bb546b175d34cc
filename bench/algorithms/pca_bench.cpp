// Times the covariance and the three routes of pca.hpp.
//
//     n  samples    d  features    k = 10 components
//
// covariance: the definition against products of row blocks. fit: Eigen's SVD
// of the whole centred matrix against our routes. The data have a decaying
// spectrum, as real data do; every variant is checked before it is timed.
#include <whiteboard/algorithms/pca.hpp>

#include <support/bench.hpp>

#include <Eigen/SVD>

#include <cmath>
#include <random>

using namespace whiteboard;
using namespace whiteboard::algorithms;

namespace {

constexpr Eigen::Index kComponents = 10;

/// Independent columns whose standard deviation falls as 1 / sqrt(j + 1).
Matrix samples(const benchmark::State& state) {
  Matrix X = bench::gaussian(state.range(0), state.range(1));
  for (Eigen::Index j = 0; j < X.cols(); ++j) {
    X.col(j) /= std::sqrt(static_cast<double>(j + 1));
  }
  return X;
}

template <auto Covariance>
void covariance(benchmark::State& state) {
  const Matrix X = samples(state);
  const Vector mean = X.colwise().mean();
  if (!Covariance(X, mean).isApprox(centred_covariance_reference(X, mean))) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    const Matrix S = Covariance(X, mean);
    benchmark::DoNotOptimize(S.data());
  }
  const auto n = static_cast<double>(X.rows());
  const auto d = static_cast<double>(X.cols());
  bench::flop(state, n * d * (d + 1.0));  // those of one triangle
}

Vector whole_svd(const Matrix& X) {
  const Eigen::MatrixXd centred =
      X.rowwise() - Eigen::RowVectorXd(X.colwise().mean());
  const Eigen::BDCSVD<Eigen::MatrixXd> svd(centred, Eigen::ComputeThinV);
  benchmark::DoNotOptimize(svd.matrixV().data());
  return svd.singularValues().head(kComponents);
}

Vector by_svd(const Matrix& X) {
  return Pca::fit(X, {.components = kComponents}).singular_values;
}

Vector by_covariance(const Matrix& X) {
  return Pca::fit_covariance(X, {.components = kComponents}).singular_values;
}

Vector by_sketch(const Matrix& X) {
  std::mt19937_64 rng(1);
  return Pca::fit_randomized(X, {.components = kComponents}, rng)
      .singular_values;
}

template <auto Route>
void fit(benchmark::State& state) {
  const Matrix X = samples(state);
  // The sketch is right to some digits only; the others to nearly all.
  const double tolerance = Route == by_sketch ? 1e-2 : 1e-10;
  if (!Route(X).isApprox(by_covariance(X), tolerance)) {
    state.SkipWithError("singular values differ");
    return;
  }
  for (auto _ : state) {
    const Vector s = Route(X);
    benchmark::DoNotOptimize(s.data());
  }
  state.SetItemsProcessed(state.iterations() * X.size());
}

void shapes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "d"})->Unit(benchmark::kMillisecond);
  b->Args({1797, 64})->Args({20000, 64})->Args({10000, 256});
  b->Args({2000, 1000});
}

}  // namespace

BENCHMARK(covariance<centred_covariance_reference>)
    ->Name("covariance/reference")
    ->Apply(shapes);
BENCHMARK(covariance<centred_covariance>)
    ->Name("covariance/blocks")
    ->Apply(shapes);
BENCHMARK(fit<whole_svd>)->Name("fit/reference")->Apply(shapes);
BENCHMARK(fit<by_svd>)->Name("fit/svd")->Apply(shapes);
BENCHMARK(fit<by_covariance>)->Name("fit/covariance")->Apply(shapes);
BENCHMARK(fit<by_sketch>)->Name("fit/randomized")->Apply(shapes);
