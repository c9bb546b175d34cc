// Boosted trees: a fresh regression tree on the residuals of each round, which
// sorts every column again, and columns that were sorted once.
//
//     n  samples, d  features, 50 rounds of depth 3, squared error
//
// Checked against the reference; sorting is part of every fit.
#include <whiteboard/algorithms/gradient_boosting.hpp>

#include <support/bench.hpp>

#include <random>

using namespace whiteboard;
using namespace whiteboard::algorithms;

namespace {

const BoostOptions options{.rounds = 50};

struct TrainingSet {
  Matrix X;
  Vector y;
};

/// A product of features, a linear term, and noise.
TrainingSet training_set(Eigen::Index n, Eigen::Index d) {
  Matrix X = bench::gaussian(n, d);
  const Vector noise = bench::gaussian(n, 1, 1).col(0);
  const Vector product = X.col(0).cwiseProduct(X.col(1));
  return {X, product + X.col(d - 1) + 0.5 * noise};
}

/// Eq. (3) by calls: fit a tree to the residuals, add what it predicts.
Vector sort_each_round(const TrainingSet& data) {
  Vector f = Vector::Constant(data.y.size(), data.y.mean());
  for (int m = 0; m < options.rounds; ++m) {
    const auto tree = DecisionTreeRegressor::fit(
        data.X, data.y - f, {.max_depth = options.max_depth});
    f += options.learning_rate * tree.predict(data.X);
  }
  return f;
}

GradientBoosting fitted(const TrainingSet& data) {
  std::mt19937_64 rng;
  return GradientBoosting::fit(data.X, data.y, options, rng);
}

void fit_reference(benchmark::State& state) {
  const TrainingSet data = training_set(state.range(0), state.range(1));
  for (auto _ : state) {
    const Vector f = sort_each_round(data);
    benchmark::DoNotOptimize(f.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void fit_sorted_once(benchmark::State& state) {
  const TrainingSet data = training_set(state.range(0), state.range(1));
  if (!fitted(data).predict(data.X).isApprox(sort_each_round(data), 1e-9)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) benchmark::DoNotOptimize(fitted(data));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "d"})->Unit(benchmark::kMillisecond);
  b->Args({2'000, 10})->Args({20'000, 10});
}

}  // namespace

BENCHMARK(fit_reference)->Name("fit/reference")->Apply(sizes);
BENCHMARK(fit_sorted_once)->Name("fit/sorted_once")->Apply(sizes);
