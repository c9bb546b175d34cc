// Times one evaluation of the logistic loss with its derivatives, and a fit.
//
//     n  samples    d  columns, besides the intercept
//
// "two_passes" is what a general optimiser does with whole-matrix expressions:
// it reads X once for the log-odds and once more for the gradient.
// "hessian" is a Newton step's evaluation: loss, gradient and Hessian.
#include <whiteboard/algorithms/logistic_regression.hpp>

#include <support/bench.hpp>

using namespace whiteboard;
using namespace whiteboard::algorithms;

namespace {

struct Problem {
  Matrix X;
  Vector y;     ///< n labels drawn from the model
  Vector beta;  ///< where the loss is evaluated
};

Problem problem(const benchmark::State& state) {
  const Eigen::Index n = state.range(0), d = state.range(1);
  Problem made{bench::gaussian(n, d), Vector(n), Vector(d + 1)};
  made.beta = bench::gaussian(d + 1, 1, 1) / std::sqrt(static_cast<double>(d));
  std::mt19937_64 rng(2);
  for (Eigen::Index i = 0; i < n; ++i) {
    const double z = made.X.row(i).dot(made.beta.tail(d)) + made.beta(0);
    made.y(i) = uniform(rng) < 1.0 / (1.0 + std::exp(-z)) ? 1.0 : 0.0;
  }
  return made;
}

LogisticPass two_passes(const MatrixRef& X, const VectorRef& y,
                        const VectorRef& beta, bool) {
  static Vector z, p;  // kept, so that no call pays for fresh memory
  const Eigen::Index d = X.cols();
  z.noalias() = X * beta.tail(d);
  z.array() += beta(0);
  p = 1.0 / (1.0 + (-z.array()).exp());
  const double loss = (z.array().max(0.0) - y.array() * z.array() +
                       (1.0 + (-z.array().abs()).exp()).log())
                          .sum();
  p -= y;
  LogisticPass result{loss, Vector(d + 1), Matrix::Zero(d + 1, d + 1)};
  result.gradient(0) = p.sum();
  result.gradient.tail(d).noalias() = X.transpose() * p;
  return result;
}

using Pass = LogisticPass (*)(const MatrixRef&, const VectorRef&,
                              const VectorRef&, bool);

void evaluate(benchmark::State& state, Pass pass, bool with_hessian) {
  const Problem at = problem(state);
  const LogisticPass want =
      logistic_pass_reference(at.X, at.y, at.beta, with_hessian);
  const LogisticPass got = pass(at.X, at.y, at.beta, with_hessian);
  if (std::abs(got.loss - want.loss) > 1e-11 * want.loss ||
      !got.gradient.isApprox(want.gradient, 1e-11) ||
      !got.hessian.isApprox(want.hessian, 1e-11)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    const LogisticPass result = pass(at.X, at.y, at.beta, with_hessian);
    benchmark::DoNotOptimize(result.gradient.data());
    benchmark::DoNotOptimize(result.hessian.data());
  }
  const auto n = static_cast<double>(at.X.rows());
  const auto d = static_cast<double>(at.X.cols());
  state.SetItemsProcessed(state.iterations() * at.X.rows());
  bench::flop(state, 4.0 * n * d + (with_hessian ? n * d * d : 0.0));
  bench::bytes(state, 8.0 * n * d);
}

void fit(benchmark::State& state) {
  const Problem data = problem(state);
  const Eigen::VectorXi labels = data.y.cast<int>();
  int iterations = 0;
  for (auto _ : state) {
    const auto model = LogisticRegression::fit(data.X, labels, {.l2 = 1.0});
    iterations = model.iterations;
    if (!model.converged) state.SkipWithError("did not converge");
  }
  state.counters["newton_steps"] = iterations;
}

void shapes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "d"})->Unit(benchmark::kMicrosecond);
  b->Args({569, 31})->Args({100'000, 8})->Args({100'000, 32});
  b->Args({100'000, 100})->Args({10'000, 500});
}

}  // namespace

BENCHMARK_CAPTURE(evaluate, r, logistic_pass_reference, false)
    ->Name("gradient/reference")
    ->Apply(shapes);
BENCHMARK_CAPTURE(evaluate, t, two_passes, false)
    ->Name("gradient/two_passes")
    ->Apply(shapes);
BENCHMARK_CAPTURE(evaluate, f, logistic_pass, false)
    ->Name("gradient/fused")
    ->Apply(shapes);
BENCHMARK_CAPTURE(evaluate, r, logistic_pass_reference, true)
    ->Name("hessian/reference")
    ->Apply(shapes);
BENCHMARK_CAPTURE(evaluate, f, logistic_pass, true)
    ->Name("hessian/fused")
    ->Apply(shapes);
BENCHMARK(fit)
    ->Name("fit/newton")
    ->ArgNames({"n", "d"})
    ->Args({100'000, 32})
    ->Args({100'000, 100})
    ->Unit(benchmark::kMillisecond);
