// What do rows instead of windows gain, and what a separable kernel? A binomial
// kernel of k x k on a square image, border reflected.
//
//     n  side of the image    k  side of the kernel
//     items_per_second counts pixels
#include <whiteboard/coding/image_filter.hpp>

#include <support/bench.hpp>

#include <cmath>
#include <vector>

using namespace whiteboard;
using coding::Border;

namespace {

using Image = Tensor<double, 2>;
using Filter = Image (*)(const Image&, const Image&, Border);

/// The same binomial kernel as k x 1 and 1 x k: two passes of the row form.
Image two_passes(const Image& src, const Image& kernel, Border border) {
  const std::size_t k = kernel.shape(0);
  Image column({k, 1}), row({1, k});
  for (std::size_t u = 0; u < k; ++u) {
    column(u, 0) = row(0, u) =
        kernel(u, k / 2) / std::sqrt(kernel(k / 2, k / 2));
  }
  return coding::image_filter_rows(coding::image_filter_rows(src, row, border),
                                   column, border);
}

/// k x k weights: row k - 1 of Pascal's triangle over 2^(k - 1), twice.
Image binomial(std::size_t k) {
  std::vector<double> row{1.0};
  while (row.size() < k) {
    row.push_back(0.0);
    for (std::size_t i = row.size() - 1; i > 0; --i) {
      row[i] = (row[i] + row[i - 1]) / 2.0;
    }
    row[0] /= 2.0;
  }
  Image kernel({k, k});
  for (std::size_t u = 0; u < k; ++u) {
    for (std::size_t v = 0; v < k; ++v) kernel(u, v) = row[u] * row[v];
  }
  return kernel;
}

void run(benchmark::State& state, Filter filter) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const auto k = static_cast<std::size_t>(state.range(1));
  Image src({n, n});
  std::mt19937_64 rng(1);
  for (double& pixel : src) pixel = uniform(rng);
  const Image kernel = binomial(k);
  const Image got = filter(src, kernel, Border::reflect);
  const Image want = coding::image_filter(src, kernel, Border::reflect);
  if (!matrix_at(got).isApprox(matrix_at(want), 1e-13)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    const Image out = filter(src, kernel, Border::reflect);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0) * state.range(0));
  bench::flop(state, 2.0 * static_cast<double>(n * n * k * k));
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "k"})->Args({120, 3})->Args({120, 7})->Args({120, 15});
}

}  // namespace

BENCHMARK_CAPTURE(run, reference, coding::image_filter)
    ->Name("filter/reference")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, rows, coding::image_filter_rows)
    ->Name("filter/rows")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, two_passes, two_passes)
    ->Name("filter/two_passes")
    ->Apply(sizes);
