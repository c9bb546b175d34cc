// Where does the time of greedy suppression go? The answer against kept boxes
// stored by coordinate and asked in whole vectors, against striking out
// forwards from each kept box, and against the whole matrix of scores first.
//
//     n        boxes                    items_per_second counts boxes
//     objects  true objects they belong to; about as many are kept
#include <whiteboard/coding/non_maximum_suppression.hpp>

#include <support/bench.hpp>

#include <algorithm>
#include <vector>

using namespace whiteboard;
using coding::Boxes;
using coding::order_by_score;

namespace {

using Kept = std::vector<Eigen::Index>;
using Suppression = Kept (*)(const Boxes&, const VectorRef&, double);

/// From each kept box on, strike out all later ones that it covers.
Kept forwards(const Boxes& boxes, const VectorRef& scores, double threshold) {
  const std::vector<Eigen::Index> order = order_by_score(scores);
  std::vector<char> gone(order.size(), 0);
  Kept kept;
  for (std::size_t a = 0; a < order.size(); ++a) {
    if (gone[a]) continue;
    kept.push_back(order[a]);
    for (std::size_t b = a + 1; b < order.size(); ++b) {
      if (gone[b]) continue;
      gone[b] =
          coding::box_iou(boxes.row(order[a]), boxes.row(order[b])) > threshold;
    }
  }
  return kept;
}

/// The whole matrix of scores first, as a one-line vector solution would.
Kept whole_matrix(const Boxes& boxes, const VectorRef& scores,
                  double threshold) {
  const Matrix iou = coding::intersection_over_union_simd(boxes, boxes);
  Kept kept;
  for (const Eigen::Index i : order_by_score(scores)) {
    const bool covered =
        std::any_of(kept.begin(), kept.end(),
                    [&](Eigen::Index j) { return iou(i, j) > threshold; });
    if (!covered) kept.push_back(i);
  }
  return kept;
}

void run(benchmark::State& state, Suppression suppress) {
  const Eigen::Index n = state.range(0), objects = state.range(1);
  std::mt19937_64 rng(3);
  Boxes boxes(n, 4);
  Vector scores(n);
  Matrix centres(objects, 2);
  for (Eigen::Index i = 0; i < centres.size(); ++i) {
    centres.data()[i] = uniform(0.0, 4000.0, rng);
  }
  for (Eigen::Index i = 0; i < n; ++i) {
    const Eigen::Index at = uniform_index(objects, rng);
    const double x = centres(at, 0) + 5.0 * normal(rng);
    const double y = centres(at, 1) + 5.0 * normal(rng);
    boxes.row(i) << x, y, x + uniform(60.0, 80.0, rng),
        y + uniform(60.0, 80.0, rng);
    scores(i) = uniform(rng);
  }
  if (suppress(boxes, scores, 0.5) !=
      coding::non_maximum_suppression(boxes, scores, 0.5)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    const Kept kept = suppress(boxes, scores, 0.5);
    benchmark::DoNotOptimize(kept.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * n);
  state.counters["kept"] = static_cast<double>(
      coding::non_maximum_suppression(boxes, scores, 0.5).size());
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "objects"})
      ->Args({1000, 20})
      ->Args({1000, 500})
      ->Args({5000, 2000});
}

}  // namespace

BENCHMARK_CAPTURE(run, reference, coding::non_maximum_suppression)
    ->Name("nms/reference")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, simd, coding::non_maximum_suppression_simd)
    ->Name("nms/simd")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, forwards, forwards)->Name("nms/forwards")->Apply(sizes);
BENCHMARK_CAPTURE(run, whole_matrix, whole_matrix)
    ->Name("nms/whole_matrix")
    ->Apply(sizes);
