// Second-order boosting: the best split of a feature by a pass for each
// threshold and side of the missing values, and by two sweeps; 20 rounds of
// depth 6 with columns sorted again by every round, and sorted once.
//
//     n  samples, d  features, a tenth of the values missing
#include <whiteboard/algorithms/xgboost.hpp>

#include <support/bench.hpp>

#include <cmath>
#include <limits>
#include <optional>
#include <random>
#include <span>

using namespace whiteboard;
using namespace whiteboard::algorithms;

namespace {

const XgbOptions options{.rounds = 20, .objective = Objective::logistic};
const SecondOrderCriterion criterion{.min_child_weight = 1.0};

struct TrainingSet {
  Matrix X;
  Vector y;

  /// Columns in order, with the gradients at f.
  TreeData sorted(const Vector& f) const {
    const Vector ones = Vector::Ones(y.size());
    return TreeData(X, gradient_pairs(options.objective, y, f), ones);
  }
  TreeData columns = sorted(Vector::Zero(y.size()));
};

/// Noisy labels of a plane.
TrainingSet training_set(Eigen::Index n, Eigen::Index d) {
  Matrix X = bench::gaussian(n, d);
  const Vector score = X.rowwise().sum() + bench::gaussian(n, 1, 1);
  std::mt19937_64 rng(2);
  for (double& x : X.reshaped()) {
    if (uniform(rng) < 0.1) x = std::numeric_limits<double>::quiet_NaN();
  }
  return {X, (score.array() > 0.0).cast<double>()};
}

/// The definition: G and H of both children from scratch for every split.
double pass_each(const TreeData& data, std::span<const int> samples) {
  const double before = criterion.score(data.sum(samples));
  std::optional<Split> best;
  for (const bool missing_left : {false, true}) {
    for (std::size_t k = 0; k < samples.size(); ++k) {
      const double x = data.features(0, samples[k]);
      if (std::isnan(x)) break;
      const Split split{0, x, missing_left};
      Vector left = Vector::Zero(2), right = Vector::Zero(2);
      for (const int i : samples) {
        data.add(i, 1.0, split.goes_left(data.features(0, i)) ? left : right);
      }
      const auto gain = gain_above(best, left, right, before, criterion);
      if (gain) best = Split{0, x, missing_left, *gain};
    }
  }
  return best->gain;
}

double sweep(const TreeData& data, std::span<const int> samples) {
  return best_split_on(data, 0, samples, 1, criterion, {})->gain;
}

template <auto search>
Vector first_column(const TrainingSet& data) {
  const int* const row = data.columns.order.data();
  return Vector::Constant(1, search(data.columns, {row, row + data.y.size()}));
}

/// f of all samples, from rounds that know nothing of each other but f.
Vector sort_each_round(const TrainingSet& data) {
  Vector f = Vector::Zero(data.y.size());
  for (int m = 0; m < options.rounds; ++m) {
    const Tree tree = grow_tree(data.sorted(f), {.max_depth = 6}, criterion);
    Vector weights(std::ssize(tree.nodes));
    for (Eigen::Index id = 0; const TreeNode& node : tree.nodes) {
      weights(id++) = 0.3 * leaf_weight(node.sum(0), node.sum(1), 1.0);
    }
    f += weights(tree.apply(data.X));
  }
  return f;
}

Vector sort_once(const TrainingSet& data) {
  return XgBoost::fit(data.X, data.y, options).predict_margin(data.X);
}

template <auto kernel, auto reference>
void run(benchmark::State& state) {
  const TrainingSet data = training_set(state.range(0), state.range(1));
  if (kernel(data) != reference(data)) {
    return state.SkipWithError("differs from the reference");
  }
  for (auto _ : state) benchmark::DoNotOptimize(kernel(data));
}

constexpr auto passing = first_column<pass_each>;
constexpr auto& passes = run<passing, passing>;
constexpr auto& swept = run<first_column<sweep>, passing>;
constexpr auto& resorted = run<sort_each_round, sort_each_round>;
constexpr auto& sorted_once = run<sort_once, sort_each_round>;

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "d"})->Unit(benchmark::kMillisecond);
  b->Args({1'000, 10})->Args({8'000, 10});
}

}  // namespace

BENCHMARK(passes)->Name("split/reference")->Apply(sizes);
BENCHMARK(swept)->Name("split/sweep")->Apply(sizes);
BENCHMARK(resorted)->Name("fit/reference")->Apply(sizes);
BENCHMARK(sorted_once)->Name("fit/sorted_once")->Apply(sizes);
