// One query at a time, as a coding round wants it, against the two products
// with all weights between them and the tiled kernel of
// llm/scaled_dot_product_attention.hpp. Doubles, one head.
//
//     n  positions    d  width
#include <whiteboard/coding/scaled_dot_product_attention.hpp>
#include <whiteboard/llm/scaled_dot_product_attention.hpp>

#include <support/bench.hpp>

#include <cmath>

using namespace whiteboard;

namespace {

Matrix row_by_row(const Matrix& Q, const Matrix& K, const Matrix& V) {
  return coding::attention(Q, K, V);
}

Matrix whole(const Matrix& Q, const Matrix& K, const Matrix& V) {
  Matrix S =
      Q * K.transpose() * (1.0 / std::sqrt(static_cast<double>(Q.cols())));
  for (Eigen::Index i = 0; i < S.rows(); ++i) {
    const double top = S.row(i).maxCoeff();
    S.row(i) = (S.row(i).array() - top).exp();
    S.row(i) /= S.row(i).sum();
  }
  return S * V;
}

Matrix tiled(const Matrix& Q, const Matrix& K, const Matrix& V) {
  return llm::attention<double>(Q, K, V);
}

using Attention = Matrix (*)(const Matrix&, const Matrix&, const Matrix&);

void run(benchmark::State& state, Attention attention) {
  const Eigen::Index n = state.range(0), d = state.range(1);
  const Matrix Q = bench::gaussian(n, d, 1), K = bench::gaussian(n, d, 2);
  const Matrix V = bench::gaussian(n, d, 3);
  if (!attention(Q, K, V).isApprox(row_by_row(Q, K, V), 1e-12)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    const Matrix result = attention(Q, K, V);
    benchmark::DoNotOptimize(result.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * n);
  bench::flop(state, 4.0 * static_cast<double>(n * n * d));
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "d"})->Args({128, 64})->Args({2048, 64});
}

}  // namespace

BENCHMARK_CAPTURE(run, reference, row_by_row)
    ->Name("attention/reference")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, whole, whole)->Name("attention/whole")->Apply(sizes);
BENCHMARK_CAPTURE(run, tiled, tiled)->Name("attention/tiled")->Apply(sizes);
