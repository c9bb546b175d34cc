// A forest of 20 trees that sort the columns each for itself, once for all of
// them, and in two threads. One tree on columns in order, all of which a split
// has to partition, and one that sorts the drawn columns in each node.
//
//     n  samples, d  features, sqrt(d) of them drawn for a split, two classes
#include <whiteboard/algorithms/random_forest.hpp>

#include <support/bench.hpp>

#include <algorithm>
#include <cmath>
#include <deque>
#include <optional>
#include <random>
#include <span>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::algorithms;

namespace {

struct TrainingSet {
  Matrix X;
  std::vector<int> y;
  TreeData columns;   ///< in order, with bootstrap weights
  std::size_t tries;  ///< features drawn for a split
};

/// Noisy labels of a plane.
TrainingSet training_set(Eigen::Index n, Eigen::Index d) {
  const Matrix X = bench::gaussian(n, d);
  const Vector score = X.rowwise().sum() + 3.0 * bench::gaussian(n, 1, 1);
  std::vector<int> y;
  for (const double s : score) y.push_back(s > 0.0);
  std::mt19937_64 rng(2);
  return {X, y, TreeData(X, one_hot(y), bootstrap_counts(n, rng)),
          static_cast<std::size_t>(std::sqrt(d))};
}

/// Leaves of `trees` trees in each of `forests` forests.
template <int forests, int trees, int threads>
Eigen::Index grown(const TrainingSet& data) {
  const ForestOptions options{.trees = trees, .threads = threads};
  std::mt19937_64 rng(3);
  Eigen::Index leaves = 0;
  for (int k = 0; k < forests; ++k) {
    auto model = RandomForestClassifier::fit(data.X, data.y, options, rng);
    for (const Tree& tree : model.forest.trees) leaves += tree.leaves();
  }
  return leaves;
}

/// All features, in another order at every call.
auto drawing(Eigen::Index d) {
  std::mt19937_64 rng(4);
  return [d, rng]() mutable { return permutation(d, rng); };
}

/// Leaves of a tree, as the forest grows it.
Eigen::Index partition_all(const TrainingSet& data) {
  return grow_tree(data.columns, {}, ImpurityCriterion{}, data.tries,
                   drawing(data.X.cols()))
      .leaves();
}

Eigen::Index sort_drawn(const TrainingSet& set) {
  const TreeData& data = set.columns;
  auto draw = drawing(set.X.cols());
  std::deque<std::vector<int>> nodes(1);
  for (int i = 0; i < data.order.cols(); ++i) {
    if (data.weights(i) > 0.0) nodes[0].push_back(i);
  }
  Eigen::Index leaves = 1;
  for (; !nodes.empty(); nodes.pop_front()) {
    std::vector<int>& samples = nodes.front();
    if (data.constant(samples)) continue;
    std::optional<Split> best;
    const auto features = draw();
    for (const Eigen::Index j : std::span(features).first(set.tries)) {
      const double* const x = data.features.row(j).data();
      std::sort(samples.begin(), samples.end(),
                [x](int a, int b) { return x[a] < x[b]; });
      best = best_split_on(data, j, samples, 1, ImpurityCriterion{}, best);
    }
    const auto middle =
        std::partition(samples.begin(), samples.end(), [&](int i) {
          return best->goes_left(data.features(best->feature, i));
        });
    nodes.emplace_back(samples.begin(), middle);
    nodes.emplace_back(middle, samples.end());
    ++leaves;
  }
  return leaves;
}

template <auto kernel, auto reference>
void run(benchmark::State& state) {
  const TrainingSet data = training_set(state.range(0), state.range(1));
  if (kernel(data) != reference(data)) {
    state.SkipWithError("differs from the reference");
  }
  for (auto _ : state) benchmark::DoNotOptimize(kernel(data));
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "d"})->Unit(benchmark::kMillisecond)->UseRealTime();
  b->Args({5'000, 10})->Args({5'000, 100});
}

constexpr auto& each = run<grown<20, 1, 1>, grown<20, 1, 1>>;
constexpr auto& once = run<grown<1, 20, 1>, grown<20, 1, 1>>;
constexpr auto& threads = run<grown<1, 20, 2>, grown<20, 1, 1>>;
constexpr auto& drawn = run<sort_drawn, sort_drawn>;
constexpr auto& all = run<partition_all, sort_drawn>;

}  // namespace

BENCHMARK(each)->Name("forest/reference")->Apply(sizes);
BENCHMARK(once)->Name("forest/sorted_once")->Apply(sizes);
BENCHMARK(threads)->Name("forest/two_threads")->Apply(sizes);
BENCHMARK(drawn)->Name("tree/reference")->Apply(sizes);
BENCHMARK(all)->Name("tree/partitioned")->Apply(sizes);
