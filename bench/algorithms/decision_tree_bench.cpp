// The best threshold of one feature: a pass for every threshold, and one sweep.
// A whole tree: every node sorts its samples by every feature, and columns that
// were sorted once (the sort included).
//
//     n  samples, d  features, two classes
#include <whiteboard/algorithms/decision_tree.hpp>

#include <support/bench.hpp>

#include <algorithm>
#include <numeric>
#include <optional>
#include <span>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::algorithms;

namespace {

/// Noisy labels of a curved border, so that trees grow deep.
TreeData training_set(Eigen::Index n, Eigen::Index d) {
  const Matrix X = bench::gaussian(n, d);
  const Matrix noise = bench::gaussian(n, 1, 1);
  std::vector<int> y;
  for (Eigen::Index i = 0; i < n; ++i) {
    y.push_back(X(i, 0) * X(i, 1 % d) + X(i, d - 1) + 0.5 * noise(i, 0) > 0.0);
  }
  return TreeData(X, one_hot(y), Vector::Ones(n));
}

std::span<const int> samples_of(const TreeData& data, Eigen::Index j) {
  const int* const row = data.order.row(j).data();
  return {row, row + data.order.cols()};
}

/// The definition: class counts from scratch for every threshold.
double brute_force(const TreeData& data) {
  const std::span<const int> samples = samples_of(data, 0);
  const ImpurityCriterion gini{};
  const double before = gini.score(data.sum(samples));
  std::optional<Split> best;
  for (std::size_t k = 0; k + 1 < samples.size(); ++k) {
    const double threshold = threshold_between(
        data.features(0, samples[k]), data.features(0, samples[k + 1]));
    Vector left = Vector::Zero(2), right = Vector::Zero(2);
    for (const int i : samples) {
      data.add(i, 1.0, data.features(0, i) <= threshold ? left : right);
    }
    const auto gain = gain_above(best, left, right, before, gini);
    if (gain) best = Split{0, threshold, false, *gain};
  }
  return best->threshold;
}

double sweep(const TreeData& data) {
  const ImpurityCriterion gini{};
  return best_split_on(data, 0, samples_of(data, 0), 1, gini, {})->threshold;
}

/// Leaves of the tree that sorts anew in each node.
Eigen::Index sorting_tree(const TreeData& data, std::vector<int> samples) {
  if (data.constant(samples)) return 1;
  std::optional<Split> best;
  for (Eigen::Index j = 0; j < data.features.rows(); ++j) {
    const double* const x = data.features.row(j).data();
    std::sort(samples.begin(), samples.end(),
              [x](int a, int b) { return x[a] < x[b]; });
    best = best_split_on(data, j, samples, 1, ImpurityCriterion{}, best);
  }
  const auto middle = std::partition(
      samples.begin(), samples.end(),
      [&](int i) { return best->goes_left(data.features(best->feature, i)); });
  return sorting_tree(data, {samples.begin(), middle}) +
         sorting_tree(data, {middle, samples.end()});
}

Eigen::Index sort_in_each_node(const TreeData& data) {
  std::vector<int> all(static_cast<std::size_t>(data.order.cols()));
  std::iota(all.begin(), all.end(), 0);
  return sorting_tree(data, all);
}

Eigen::Index sort_once(const TreeData& data) {
  const TreeData sorted(data.features.transpose(), data.targets, data.weights);
  return grow_tree(sorted, {}, ImpurityCriterion{}).leaves();
}

template <auto kernel, auto reference>
void run(benchmark::State& state) {
  const TreeData data = training_set(state.range(0), state.range(1));
  if (kernel(data) != reference(data)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) benchmark::DoNotOptimize(kernel(data));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void thresholds(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "d"})->Args({256, 1})->Args({4096, 1});
}
void trees(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "d"})->Args({2000, 10})->Args({20000, 20});
  b->Unit(benchmark::kMillisecond);
}

constexpr auto& brute = run<brute_force, brute_force>;
constexpr auto& swept = run<sweep, brute_force>;
constexpr auto& resorted = run<sort_in_each_node, sort_in_each_node>;
constexpr auto& sorted_once = run<sort_once, sort_in_each_node>;

}  // namespace

BENCHMARK(brute)->Name("threshold/reference")->Apply(thresholds);
BENCHMARK(swept)->Name("threshold/sweep")->Apply(thresholds);
BENCHMARK(resorted)->Name("tree/reference")->Apply(trees);
BENCHMARK(sorted_once)->Name("tree/sorted_once")->Apply(trees);
