// What does std::lerp() cost, and what is gained by stretching each source row
// only once? Square images in double.
//
//     n  side of the source    m  side of the target
//     items_per_second counts target pixels; bytes are source and target once
#include <whiteboard/coding/bilinear_resize.hpp>

#include <support/bench.hpp>

#include <cmath>
#include <utility>
#include <vector>

using namespace whiteboard;

namespace {

using Image = Tensor<double, 2>;
using Resize = Image (*)(const Image&, std::size_t, std::size_t);

/// The answer with std::lerp(), which never leaves the range of its arguments.
Image standard_lerp(const Image& src, std::size_t height, std::size_t width) {
  const auto rows = coding::bilinear_taps(src.shape(0), height);
  const auto columns = coding::bilinear_taps(src.shape(1), width);
  Image out({height, width});
  for (std::size_t i = 0; i < height; ++i) {
    const coding::Tap& r = rows[i];
    for (std::size_t j = 0; j < width; ++j) {
      const coding::Tap& c = columns[j];
      out(i, j) = std::lerp(
          std::lerp(src(r.low, c.low), src(r.low, c.high), c.weight),
          std::lerp(src(r.high, c.low), src(r.high, c.high), c.weight),
          r.weight);
    }
  }
  return out;
}

/// Axis by axis: a source row is stretched once, kept while target rows need
/// it, and two of them are blended in whole vectors.
Image row_by_row(const Image& src, std::size_t height, std::size_t width) {
  const auto rows = coding::bilinear_taps(src.shape(0), height);
  const auto columns = coding::bilinear_taps(src.shape(1), width);
  const auto stretch = [&](std::size_t row, std::vector<double>& into) {
    const double* pixels = &src(row, 0);
    for (std::size_t j = 0; j < width; ++j) {
      const coding::Tap& c = columns[j];
      into[j] = coding::blend(pixels[c.low], pixels[c.high], c.weight);
    }
  };
  std::vector<double> low(width), high(width);
  std::size_t in_low = src.shape(0), in_high = src.shape(0);  // none yet
  Image out({height, width});
  for (std::size_t i = 0; i < height; ++i) {
    const coding::Tap& r = rows[i];
    if (in_high == r.low) {
      std::swap(low, high);
      std::swap(in_low, in_high);
    }
    if (in_low != r.low) stretch(in_low = r.low, low);
    if (in_high != r.high) stretch(in_high = r.high, high);
    for (std::size_t j = 0; j < width; ++j) {
      out(i, j) = coding::blend(low[j], high[j], r.weight);
    }
  }
  return out;
}

void run(benchmark::State& state, Resize resize) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const auto m = static_cast<std::size_t>(state.range(1));
  Image src({n, n});
  std::mt19937_64 rng(1);
  for (double& pixel : src) pixel = uniform(rng);
  const Image got = resize(src, m, m);
  const Image want = coding::bilinear_resize(src, m, m);
  if (!matrix_at(got).isApprox(matrix_at(want), 1e-13)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    const Image out = resize(src, m, m);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * state.range(1) * state.range(1));
  bench::bytes(state, 8.0 * static_cast<double>(n * n + m * m));
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "m"})->Args({128, 512})->Args({256, 512})->Args({512, 200});
}

}  // namespace

BENCHMARK_CAPTURE(run, reference, coding::bilinear_resize)
    ->Name("resize/reference")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, standard_lerp, standard_lerp)
    ->Name("resize/standard_lerp")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, row_by_row, row_by_row)
    ->Name("resize/row_by_row")
    ->Apply(sizes);
