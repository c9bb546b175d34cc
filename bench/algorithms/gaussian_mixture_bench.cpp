// The E-step of EM: densities sample by sample, by one triangular solve for all
// samples, and block by block as expectation() does; and the M-step.
//
//     n  samples    d  dimensions    k  components
#include <whiteboard/algorithms/gaussian_mixture.hpp>

#include <support/bench.hpp>

#include <cmath>
#include <numbers>

using namespace whiteboard;
using namespace whiteboard::algorithms;

namespace {

/// Eq. (6) as it stands.
Matrix sample_by_sample(const MatrixRef& X, const Mixture& m) {
  Matrix joint(X.rows(), m.means.rows());
  Eigen::Index j = 0;
  for (const Matrix& covariance : m.covariances) {
    const Matrix L = Eigen::LLT<Matrix>(covariance).matrixL();
    const double constant =
        std::log(m.weights(j)) - L.diagonal().array().log().sum() -
        0.5 * static_cast<double>(X.cols()) * std::log(2.0 * std::numbers::pi);
    Vector z(X.cols());
    for (Eigen::Index i = 0; i < X.rows(); ++i) {
      z = (X.row(i) - m.means.row(j)).transpose();
      L.triangularView<Eigen::Lower>().solveInPlace(z);
      joint(i, j) = constant - 0.5 * z.squaredNorm();
    }
    ++j;
  }
  return joint;
}

Expectation finish(const Matrix& joint) {
  const Matrix R = maths::softmax_rows(joint);
  const Vector tops = joint.rowwise().maxCoeff();
  return {R, tops.array() - R.rowwise().maxCoeff().array().log()};
}

Expectation reference(const MatrixRef& X, const Mixture& m) {
  return finish(sample_by_sample(X, m));
}

Expectation whole(const MatrixRef& X, const Mixture& m) {
  return finish(joint_log_densities(X, m));
}

struct Problem {
  Matrix X;
  Mixture m;

  explicit Problem(const benchmark::State& state)
      : X(bench::gaussian(state.range(0), state.range(1))) {
    std::mt19937_64 rng(1);
    m = seeded_mixture(X, state.range(2), rng);
    m = maximization(X, expectation(X, m).responsibilities, {});
  }
};

void set_flop(benchmark::State& state) {
  const auto n = static_cast<double>(state.range(0));
  const auto d = static_cast<double>(state.range(1));
  const auto k = static_cast<double>(state.range(2));
  bench::flop(state, n * k * d * d);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

template <auto step>
void e_step(benchmark::State& state) {
  const Problem p(state);
  if (!step(p.X, p.m).responsibilities.isApprox(
          reference(p.X, p.m).responsibilities, 1e-10)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(step(p.X, p.m).log_densities.data());
  }
  set_flop(state);
}

void m_step(benchmark::State& state) {
  const Problem p(state);
  const Matrix R = expectation(p.X, p.m).responsibilities;
  for (auto _ : state) {
    benchmark::DoNotOptimize(maximization(p.X, R, {}).means.data());
  }
  set_flop(state);
}

void shapes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "d", "k"})->Unit(benchmark::kMillisecond);
  b->Args({100'000, 2, 4})->Args({100'000, 8, 4});
  b->Args({100'000, 16, 8})->Args({20'000, 64, 8});
}

}  // namespace

BENCHMARK(e_step<reference>)->Name("e_step/reference")->Apply(shapes);
BENCHMARK(e_step<whole>)->Name("e_step/one_solve")->Apply(shapes);
BENCHMARK(e_step<expectation>)->Name("e_step/blocks")->Apply(shapes);
BENCHMARK(m_step)->Name("m_step/symmetric_product")->Apply(shapes);
