// What does going row by row buy? The forward pass of coding/layer_norm against
// the same equations on whole matrices, and two ways to read a row only once:
// Welford's recurrence, and the raw moments (which are wrong far from zero).
//
//     n, d  rows, features    items_per_second counts entries of x
#include <whiteboard/coding/layer_norm.hpp>

#include <support/bench.hpp>

#include <cmath>

using namespace whiteboard;
using coding::LayerNorm;

namespace {

constexpr double kEps = 1e-5;

/// A sweep over all of x for each quantity.
LayerNorm whole_matrices(const MatrixRef& x, const VectorRef& gamma,
                         const VectorRef& beta) {
  const Vector mean = x.rowwise().mean();
  const Matrix centred = x.colwise() - mean;
  const Vector variance =
      centred.rowwise().squaredNorm() / static_cast<double>(x.cols());
  LayerNorm result;
  result.rstd = (variance.array() + kEps).rsqrt();
  result.x_hat = centred.array().colwise() * result.rstd.array();
  const Matrix scaled =
      result.x_hat.array().rowwise() * gamma.transpose().array();
  result.out = scaled.rowwise() + beta.transpose();
  return result;
}

/// Rows, with the moments of a row from `moments(x, i, mean, variance)`.
template <class Moments>
LayerNorm by_rows(const MatrixRef& x, const VectorRef& gamma,
                  const VectorRef& beta, const Moments& moments) {
  LayerNorm result{Matrix(x.rows(), x.cols()), Matrix(x.rows(), x.cols()),
                   Vector(x.rows())};
  for (Eigen::Index i = 0; i < x.rows(); ++i) {
    double mean = 0.0;
    double variance = 0.0;
    moments(x, i, mean, variance);
    result.rstd(i) = 1.0 / std::sqrt(variance + kEps);
    result.x_hat.row(i) = (x.row(i).array() - mean) * result.rstd(i);
    result.out.row(i) =
        result.x_hat.row(i).cwiseProduct(gamma.transpose()) + beta.transpose();
  }
  return result;
}

LayerNorm welford(const MatrixRef& x, const VectorRef& gamma,
                  const VectorRef& beta) {
  return by_rows(
      x, gamma, beta,
      [](const MatrixRef& at, Eigen::Index i, double& mean, double& variance) {
        double squares = 0.0;
        for (Eigen::Index j = 0; j < at.cols(); ++j) {
          const double delta = at(i, j) - mean;
          mean += delta / static_cast<double>(j + 1);
          squares += delta * (at(i, j) - mean);
        }
        variance = squares / static_cast<double>(at.cols());
      });
}

LayerNorm raw_moments(const MatrixRef& x, const VectorRef& gamma,
                      const VectorRef& beta) {
  return by_rows(
      x, gamma, beta,
      [](const MatrixRef& at, Eigen::Index i, double& mean, double& variance) {
        mean = at.row(i).mean();
        variance = at.row(i).squaredNorm() / static_cast<double>(at.cols()) -
                   mean * mean;
      });
}

LayerNorm answer(const MatrixRef& x, const VectorRef& gamma,
                 const VectorRef& beta) {
  return coding::layer_norm(x, gamma, beta, kEps);
}

using Kernel = LayerNorm (*)(const MatrixRef&, const VectorRef&,
                             const VectorRef&);

void run(benchmark::State& state, Kernel kernel) {
  const Matrix x = bench::gaussian(state.range(0), state.range(1));
  const Vector gamma = bench::gaussian(state.range(1), 1, 1).col(0);
  const Vector beta = bench::gaussian(state.range(1), 1, 2).col(0);
  if (!kernel(x, gamma, beta)
           .out.isApprox(whole_matrices(x, gamma, beta).out, 1e-12)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    const LayerNorm result = kernel(x, gamma, beta);
    benchmark::DoNotOptimize(result.out.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * x.size());
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "d"})->Args({128, 64})->Args({128, 768})->Args({2048, 768});
}

}  // namespace

BENCHMARK_CAPTURE(run, reference, whole_matrices)
    ->Name("layer_norm/reference")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, rows, answer)->Name("layer_norm/rows")->Apply(sizes);
BENCHMARK_CAPTURE(run, welford, welford)
    ->Name("layer_norm/welford")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, raw_moments, raw_moments)
    ->Name("layer_norm/raw_moments")
    ->Apply(sizes);
