// Two scans with a forest of pixels, which is the answer of the page, against a
// breadth-first flood fill and two scans with a forest of runs; connectivity 8.
//
//     n  rows and columns    cell  side of the squares the mask is made of,
//                                  each foreground with probability 1/2
//     items_per_second counts pixels; bytes a mask read and labels written
#include <whiteboard/coding/connected_components.hpp>

#include <support/bench.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

using namespace whiteboard;
using coding::Components;
using Mask = Tensor<std::uint8_t, 2>;

namespace {

Mask squares(std::size_t n, std::size_t cell) {
  std::mt19937_64 rng(0);
  const std::size_t side = (n + cell - 1) / cell;
  std::vector<std::uint8_t> on(side * side);
  for (std::uint8_t& x : on) x = uniform(rng) < 0.5;
  Mask mask = Mask::from_shape({n, n});
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      mask(i, j) = on[i / cell * side + j / cell];
    }
  }
  return mask;
}

Components reference(const Mask& mask) {
  return coding::connected_components(mask, 8);
}

/// From each unlabelled pixel, with a queue of its own: no recursion.
Components flood_fill(const Mask& mask) {
  const std::size_t h = mask.shape(0), w = mask.shape(1);
  Components result{Tensor<int, 2>(mask.shape(), 0)};
  int* label = result.label.data();
  std::vector<std::size_t> queue;
  for (std::size_t start = 0; start < h * w; ++start) {
    if (mask.data()[start] == 0 || label[start] != 0) continue;
    label[start] = ++result.count;
    queue.assign(1, start);
    for (std::size_t head = 0; head < queue.size(); ++head) {
      const std::size_t i = queue[head] / w, j = queue[head] % w;
      const std::size_t bottom = std::min(i + 2, h), right = std::min(j + 2, w);
      for (std::size_t y = i > 0 ? i - 1 : 0; y < bottom; ++y) {
        for (std::size_t x = j > 0 ? j - 1 : 0; x < right; ++x) {
          const std::size_t p = y * w + x;
          if (mask.data()[p] == 0 || label[p] != 0) continue;
          label[p] = result.count;
          queue.push_back(p);
        }
      }
    }
  }
  return result;
}

/// Foreground pixels from `begin` up to, without, `end`.
struct Run {
  std::size_t begin, end;
};

/// A forest of runs in raster order: again the root comes first.
Components by_runs(const Mask& mask) {
  const std::size_t h = mask.shape(0), w = mask.shape(1);
  std::vector<Run> runs;
  std::vector<std::size_t> parent;
  std::size_t row_before = 0, row_start = 0;  // their first runs
  for (std::size_t row = 0; row < h * w; row += w) {
    std::size_t above = row_before;
    for (std::size_t p = row; p < row + w; ++p) {
      if (mask.data()[p] == 0) continue;
      Run run{p, p + 1};
      while (run.end < row + w && mask.data()[run.end]) ++run.end;
      p = run.end;
      const std::size_t self = runs.size();
      parent.push_back(self);
      runs.push_back(run);
      while (above < row_start && runs[above].end + w < run.begin) ++above;
      for (std::size_t a = above; a < row_start; ++a) {
        if (runs[a].begin + w > run.end) break;
        coding::join(parent, self, a);
      }
    }
    row_before = row_start;
    row_start = runs.size();
  }

  Components result{Tensor<int, 2>(mask.shape(), 0)};
  int* label = result.label.data();
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const std::size_t root = coding::find_root(parent, r);
    const int number = root == r ? ++result.count : label[runs[root].begin];
    std::fill(label + runs[r].begin, label + runs[r].end, number);
  }
  return result;
}

void run(benchmark::State& state, Components (*components)(const Mask&)) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const Mask mask = squares(n, static_cast<std::size_t>(state.range(1)));
  const Components want = reference(mask), got = components(mask);
  if (got.count != want.count || got.label != want.label) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    const Components c = components(mask);
    benchmark::DoNotOptimize(c.label.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0) * state.range(0));
  bench::bytes(state, 5.0 * static_cast<double>(n * n));
  state.counters["components"] = want.count;
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "cell"})->Unit(benchmark::kMillisecond);
  b->Args({1024, 1})->Args({1024, 4})->Args({1024, 32});
}

}  // namespace

BENCHMARK_CAPTURE(run, reference, reference)
    ->Name("components/reference")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, flood_fill, flood_fill)
    ->Name("components/flood_fill")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, by_runs, by_runs)
    ->Name("components/by_runs")
    ->Apply(sizes);
