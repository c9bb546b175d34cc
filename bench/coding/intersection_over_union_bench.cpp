// What a layout is worth: all pairs of n x n boxes, one pair at a time from
// rows, against one array per coordinate in whole vectors.
//
//     n  boxes in each list    items_per_second counts pairs
#include <whiteboard/coding/intersection_over_union.hpp>

#include <support/bench.hpp>

#include <algorithm>

using namespace whiteboard;
using coding::Boxes;

namespace {

/// n boxes with sides of 20 to 100 in an image of 1000 x 1000.
Boxes random_boxes(Eigen::Index n, std::uint64_t seed) {
  std::mt19937_64 rng(seed);
  Boxes boxes(n, 4);
  for (Eigen::Index i = 0; i < n; ++i) {
    const double x = uniform(0.0, 900.0, rng), y = uniform(0.0, 900.0, rng);
    boxes.row(i) << x, y, x + uniform(20.0, 100.0, rng),
        y + uniform(20.0, 100.0, rng);
  }
  return boxes;
}

/// The same arithmetic as the simd form, on rows: four strided loads a pair.
Matrix without_branch(const Boxes& a, const Boxes& b) {
  Matrix iou(a.rows(), b.rows());
  for (Eigen::Index i = 0; i < a.rows(); ++i) {
    const double area_a = (a(i, 2) - a(i, 0)) * (a(i, 3) - a(i, 1));
    for (Eigen::Index j = 0; j < b.rows(); ++j) {
      const double w = std::min(a(i, 2), b(j, 2)) - std::max(a(i, 0), b(j, 0));
      const double h = std::min(a(i, 3), b(j, 3)) - std::max(a(i, 1), b(j, 1));
      const double overlap = std::max(w, 0.0) * std::max(h, 0.0);
      const double area_b = (b(j, 2) - b(j, 0)) * (b(j, 3) - b(j, 1));
      iou(i, j) = overlap / std::max(area_a + area_b - overlap, 1e-300);
    }
  }
  return iou;
}

using Pairwise = Matrix (*)(const Boxes&, const Boxes&);

void run(benchmark::State& state, Pairwise pairwise) {
  const Eigen::Index n = state.range(0);
  const Boxes a = random_boxes(n, 1), b = random_boxes(n, 2);
  if (!pairwise(a, b).isApprox(coding::intersection_over_union(a, b), 1e-13)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    const Matrix iou = pairwise(a, b);
    benchmark::DoNotOptimize(iou.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * n * n);
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n"})->Args({10})->Args({100})->Args({1000});
}

}  // namespace

BENCHMARK_CAPTURE(run, reference, coding::intersection_over_union)
    ->Name("iou/reference")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, without_branch, without_branch)
    ->Name("iou/without_branch")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, simd, coding::intersection_over_union_simd)
    ->Name("iou/simd")
    ->Apply(sizes);
