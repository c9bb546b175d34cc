// What is a matrix product worth? The six loops against copying all windows
// into a matrix; and the loops reordered so that the innermost one runs along
// rows, which needs no copy. 3 x 3 filters, padding 1.
//
//     m  channels of the input, as many of the output    n  side of the image
//     items_per_second counts output pixels, all channels
#include <whiteboard/coding/conv2d.hpp>

#include <support/bench.hpp>

#include <algorithm>
#include <cmath>

using namespace whiteboard;

namespace {

using Layer = Tensor<double, 3> (*)(const Tensor<double, 3>&,
                                    const Tensor<double, 4>&, const VectorRef&,
                                    int, int);

/// For stride 1: each weight adds a multiple of a shifted row to a row.
Tensor<double, 3> shifted_rows(const Tensor<double, 3>& x,
                               const Tensor<double, 4>& w,
                               const VectorRef& bias, int, int padding) {
  const auto h = static_cast<Eigen::Index>(x.shape(1));
  const auto width = static_cast<Eigen::Index>(x.shape(2));
  const Eigen::Index p = padding;
  const auto kh = static_cast<Eigen::Index>(w.shape(2));
  const auto kw = static_cast<Eigen::Index>(w.shape(3));
  const Eigen::Index H = h + 2 * p - kh + 1, W = width + 2 * p - kw + 1;
  Tensor<double, 3> y(
      {w.shape(0), static_cast<std::size_t>(H), static_cast<std::size_t>(W)});
  for (std::size_t o = 0; o < w.shape(0); ++o) {
    Eigen::Map<Matrix> sums = matrix_at(y, o);
    sums.setConstant(bias(static_cast<Eigen::Index>(o)));
    for (std::size_t c = 0; c < w.shape(1); ++c) {
      const Eigen::Map<const Matrix> in = matrix_at(x, c);
      for (Eigen::Index i = 0; i < H; ++i) {
        for (Eigen::Index u = std::max<Eigen::Index>(0, p - i);
             u < std::min(kh, h + p - i); ++u) {
          for (Eigen::Index v = 0; v < kw; ++v) {
            const Eigen::Index from = std::max<Eigen::Index>(0, p - v);
            const Eigen::Index count = std::min(W, width + p - v) - from;
            sums.row(i).segment(from, count) +=
                w(o, c, static_cast<std::size_t>(u),
                  static_cast<std::size_t>(v)) *
                in.row(i + u - p).segment(from + v - p, count);
          }
        }
      }
    }
  }
  return y;
}

void run(benchmark::State& state, Layer layer) {
  const auto m = static_cast<std::size_t>(state.range(0));
  const auto n = static_cast<std::size_t>(state.range(1));
  Tensor<double, 3> x({m, n, n});
  Tensor<double, 4> w({m, m, 3, 3});
  std::mt19937_64 rng(1);
  for (double& pixel : x) pixel = normal(rng);
  for (double& weight : w) weight = normal(rng);
  const Vector bias = Vector::Ones(state.range(0));
  const Tensor<double, 3> got = layer(x, w, bias, 1, 1);
  const Tensor<double, 3> want = coding::conv2d(x, w, bias, 1, 1);
  for (std::size_t i = 0; i < want.size(); ++i) {
    if (std::abs(got.data()[i] - want.data()[i]) <= 1e-9) continue;
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    const Tensor<double, 3> y = layer(x, w, bias, 1, 1);
    benchmark::DoNotOptimize(y.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() *
                          static_cast<std::int64_t>(m * n * n));
  bench::flop(state, 18.0 * static_cast<double>(m * m * n * n));
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"m", "n"})->Args({3, 32})->Args({16, 32})->Args({64, 14});
}

}  // namespace

BENCHMARK_CAPTURE(run, reference, coding::conv2d)
    ->Name("conv2d/reference")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, im2col, coding::conv2d_im2col)
    ->Name("conv2d/im2col")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, shifted_rows, shifted_rows)
    ->Name("conv2d/shifted_rows")
    ->Apply(sizes);
