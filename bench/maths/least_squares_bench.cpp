// Least squares: QR of the whole [X y], QR by blocks of rows, SVD of the
// triangle, and the normal equations with and without a refinement.
//
//     n  rows
//     d  columns
//
// flop counts 2 n d^2 for all of them, what Householder QR takes, so that rates
// compare as times do; the normal equations need half of it.
#include <whiteboard/maths/least_squares.hpp>

#include <support/bench.hpp>

using namespace whiteboard;

namespace {

template <class Solve>
void run(benchmark::State& state, Solve solve) {
  const Eigen::Index n = state.range(0), d = state.range(1);
  const Matrix X = bench::gaussian(n, d);
  const Vector y = bench::gaussian(n, 1, 1).col(0);
  const maths::Triangle qr = maths::qr_triangle_reference(X, y);
  const Vector want = qr.R.triangularView<Eigen::Upper>().solve(qr.z);
  if (!solve(X, y).isApprox(want, 1e-9)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    const Vector b = solve(X, y);
    benchmark::DoNotOptimize(b.data());
  }
  state.SetItemsProcessed(state.iterations() * n);
  bench::flop(state, 2.0 * static_cast<double>(n * d * d));
}

void whole_qr(benchmark::State& state) {
  run(state, [](const Matrix& X, const Vector& y) -> Vector {
    const maths::Triangle qr = maths::qr_triangle_reference(X, y);
    return qr.R.triangularView<Eigen::Upper>().solve(qr.z);
  });
}

void blocked_qr(benchmark::State& state) {
  run(state, [](const Matrix& X, const Vector& y) -> Vector {
    return maths::lstsq_qr(X, y).value();
  });
}

void svd(benchmark::State& state) {
  run(state, [](const Matrix& X, const Vector& y) -> Vector {
    return maths::lstsq_svd(X, y).coef;
  });
}

void normal(benchmark::State& state) {
  run(state, [](const Matrix& X, const Vector& y) -> Vector {
    return maths::lstsq_normal(X, y).value();
  });
}

void refined(benchmark::State& state) {
  run(state, [](const Matrix& X, const Vector& y) -> Vector {
    return maths::lstsq_normal(X, y, 1).value();
  });
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "d"})->Unit(benchmark::kMillisecond);
  b->Args({1'000, 20})->Args({100'000, 20})->Args({20'000, 200});
}

}  // namespace

BENCHMARK(whole_qr)->Name("least_squares/reference")->Apply(sizes);
BENCHMARK(blocked_qr)->Name("least_squares/qr")->Apply(sizes);
BENCHMARK(svd)->Name("least_squares/svd")->Apply(sizes);
BENCHMARK(normal)->Name("least_squares/normal")->Apply(sizes);
BENCHMARK(refined)->Name("least_squares/normal_refined")->Apply(sizes);
