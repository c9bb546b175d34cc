// What does the one sort cost, and what does it cost without indices? All
// variants take 10 percent positives whose scores are one deviation higher.
//
//     n  samples    items_per_second counts samples
#include <whiteboard/coding/roc_auc.hpp>

#include <support/bench.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <random>
#include <span>
#include <utility>
#include <vector>

using namespace whiteboard;

namespace {

/// Pairs of score and label, sorted without a detour over an index.
double sorted_pairs(std::span<const int> y, std::span<const double> score) {
  std::vector<std::pair<double, int>> items(y.size());
  for (std::size_t i = 0; i < y.size(); ++i) items[i] = {score[i], y[i]};
  std::sort(items.begin(), items.end());
  std::size_t positives = 0, twice_rank_sum = 0;
  for (std::size_t first = 0, last = 0; first < items.size(); first = last) {
    std::size_t hits = 0;
    for (; last < items.size() && items[last].first == items[first].first;
         ++last) {
      hits += items[last].second == 1 ? 1 : 0;
    }
    positives += hits;
    twice_rank_sum += hits * (first + 1 + last);
  }
  return static_cast<double>(twice_rank_sum - positives * (positives + 1)) /
         (2.0 * static_cast<double>(positives) *
          static_cast<double>(y.size() - positives));
}

/// The merge of roc_auc_fast() after std::sort of each class.
double sorted_classes(std::span<const int> y, std::span<const double> score) {
  std::array<std::vector<double>, 2> of;
  for (std::size_t i = 0; i < y.size(); ++i) {
    of[y[i] == 1 ? 1 : 0].push_back(score[i]);
  }
  std::sort(of[0].begin(), of[0].end());
  std::sort(of[1].begin(), of[1].end());
  std::size_t below = 0, not_above = 0, twice_wins = 0;
  for (const double s : of[1]) {
    while (below < of[0].size() && of[0][below] < s) ++below;
    while (not_above < of[0].size() && of[0][not_above] <= s) ++not_above;
    twice_wins += below + not_above;
  }
  return static_cast<double>(twice_wins) /
         (2.0 * static_cast<double>(of[0].size()) *
          static_cast<double>(of[1].size()));
}

using Auc = double (*)(std::span<const int>, std::span<const double>);

void run(benchmark::State& state, Auc auc) {
  const auto n = static_cast<std::size_t>(state.range(0));
  std::mt19937_64 rng(1);
  std::vector<int> y(n);
  std::vector<double> score(n);
  for (std::size_t i = 0; i < n; ++i) {
    y[i] = i % 10 == 0 ? 1 : 0;
    score[i] = y[i] + normal(rng);
  }
  if (std::abs(auc(y, score) - coding::roc_auc(y, score)) > 1e-15) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    double area = auc(y, score);
    benchmark::DoNotOptimize(area);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n"})->Args({1000})->Args({30000})->Args({1000000});
}

}  // namespace

BENCHMARK_CAPTURE(run, reference, coding::roc_auc)
    ->Name("roc_auc/reference")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, sorted_pairs, sorted_pairs)
    ->Name("roc_auc/sorted_pairs")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, sorted_classes, sorted_classes)
    ->Name("roc_auc/sorted_classes")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, fast, coding::roc_auc_fast)
    ->Name("roc_auc/fast")
    ->Apply(sizes);
