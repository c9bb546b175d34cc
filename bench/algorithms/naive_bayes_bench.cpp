// Multinomial naive Bayes on documents: entry by entry, skipping zeros; the
// product of the whole count matrix with the log-probabilities; and the product
// with a matrix that stores the non-zeros alone.
//
//     n  documents    d  words in the vocabulary    k  classes
//     per_mille       share of the entries that are not zero
#include <whiteboard/algorithms/naive_bayes.hpp>

#include <support/bench.hpp>

#include <Eigen/SparseCore>

#include <vector>

using namespace whiteboard;
using namespace whiteboard::algorithms;

namespace {

using Sparse = Eigen::SparseMatrix<double, Eigen::RowMajor>;

Matrix reference(const DiscreteNaiveBayes& model, const Matrix& X,
                 const Sparse&) {
  const LinearForm form = model.linear_form();
  Matrix joint = form.bias.replicate(X.rows(), 1);
  for (Eigen::Index i = 0; i < X.rows(); ++i) {
    for (Eigen::Index j = 0; j < X.cols(); ++j) {
      if (X(i, j) != 0.0) joint.row(i) += X(i, j) * form.weights.row(j);
    }
  }
  return joint;
}

Matrix product(const DiscreteNaiveBayes& model, const Matrix& X,
               const Sparse&) {
  const LinearForm form = model.linear_form();
  return (X * form.weights).rowwise() + form.bias;
}

Matrix sparse(const DiscreteNaiveBayes& model, const Matrix&,
              const Sparse& stored) {
  const LinearForm form = model.linear_form();
  return Matrix(stored * form.weights).rowwise() + form.bias;
}

template <auto joint>
void predict(benchmark::State& state) {
  const Eigen::Index n = state.range(0), d = state.range(1), k = state.range(2);
  std::mt19937_64 rng(1);
  const double share = static_cast<double>(state.range(3)) / 1000.0;
  const Matrix X = Matrix::NullaryExpr(n, d, [&] {
    return uniform(rng) < share
               ? 1.0 + static_cast<double>(uniform_index(3, rng))
               : 0.0;
  });
  std::vector<int> y;
  for (Eigen::Index i = 0; i < n; ++i) y.push_back(static_cast<int>(i % k));
  const auto model = DiscreteNaiveBayes::fit(X, y, {});
  const Sparse stored = X.sparseView();
  if (!joint(model, X, stored).isApprox(reference(model, X, stored), 1e-12)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) benchmark::DoNotOptimize(joint(model, X, stored).data());
  state.SetItemsProcessed(state.iterations() * n);
  bench::bytes(state, 8.0 * static_cast<double>(n * d));
}

void shapes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "d", "k", "per_mille"})->Unit(benchmark::kMillisecond);
  b->Args({1000, 10'000, 20, 10})->Args({1000, 10'000, 2, 10});
  b->Args({1797, 64, 10, 500});
}

}  // namespace

BENCHMARK(predict<reference>)->Name("log_joint/reference")->Apply(shapes);
BENCHMARK(predict<product>)->Name("log_joint/product")->Apply(shapes);
BENCHMARK(predict<sparse>)->Name("log_joint/sparse")->Apply(shapes);
