// What does fusing buy? The answer of coding/softmax_cross_entropy, a row at a
// time in the memory of the gradient, against the same equations as whole
// matrices (shift, exponentials, probabilities, one-hot) and against the fused
// loop with the scalar exp() of the C library.
//
//     n, c  rows, classes    items_per_second counts logits
#include <whiteboard/coding/softmax_cross_entropy.hpp>

#include <support/bench.hpp>

#include <cmath>
#include <vector>

using namespace whiteboard;
using coding::LossGrad;

namespace {

/// Every quantity of the derivation is a matrix of its own.
LossGrad whole_matrices(const MatrixRef& z, std::span<const int> y) {
  const double n = static_cast<double>(z.rows());
  Matrix onehot = Matrix::Zero(z.rows(), z.cols());
  for (Eigen::Index i = 0; i < z.rows(); ++i) {
    onehot(i, y[static_cast<std::size_t>(i)]) = 1.0;
  }
  const Vector top = z.rowwise().maxCoeff();
  const Matrix shifted = z.colwise() - top;
  const Matrix exponentials = shifted.array().exp();
  const Vector total = exponentials.rowwise().sum();
  const Vector log_total = total.array().log();
  const Matrix log_p = shifted.colwise() - log_total;
  const Matrix p = exponentials.array().colwise() / total.array();
  return {-(log_p.cwiseProduct(onehot)).sum() / n, (p - onehot) / n};
}

/// The fused rows with std::exp in place of Eigen's vectorised one.
LossGrad scalar_exp(const MatrixRef& z, std::span<const int> y) {
  const double per_sample = 1.0 / static_cast<double>(z.rows());
  LossGrad result{0.0, Matrix(z.rows(), z.cols())};
  for (Eigen::Index i = 0; i < z.rows(); ++i) {
    const int label = y[static_cast<std::size_t>(i)];
    const double top = z.row(i).maxCoeff();
    double total = 0.0;
    for (Eigen::Index k = 0; k < z.cols(); ++k) {
      result.grad(i, k) = std::exp(z(i, k) - top);
      total += result.grad(i, k);
    }
    result.loss += per_sample * (std::log(total) - (z(i, label) - top));
    result.grad.row(i) *= per_sample / total;
    result.grad(i, label) -= per_sample;
  }
  return result;
}

using Kernel = LossGrad (*)(const MatrixRef&, std::span<const int>);

void run(benchmark::State& state, Kernel kernel) {
  const Matrix z = bench::gaussian(state.range(0), state.range(1));
  std::vector<int> y;
  for (int i = 0; i < state.range(0); ++i) {
    y.push_back(static_cast<int>((i * 7919) % state.range(1)));
  }
  if (!kernel(z, y).grad.isApprox(whole_matrices(z, y).grad, 1e-12)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    LossGrad result = kernel(z, y);
    benchmark::DoNotOptimize(result.loss);
    benchmark::DoNotOptimize(result.grad.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * z.size());
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "c"})
      ->Args({128, 10})
      ->Args({128, 1000})
      ->Args({64, 32000});
}

}  // namespace

BENCHMARK_CAPTURE(run, reference, whole_matrices)
    ->Name("softmax_cross_entropy/reference")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, scalar_exp, scalar_exp)
    ->Name("softmax_cross_entropy/scalar_exp")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, fused, coding::softmax_cross_entropy)
    ->Name("softmax_cross_entropy/fused")
    ->Apply(sizes);
