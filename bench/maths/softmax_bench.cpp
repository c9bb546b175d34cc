// Softmax of the rows of a matrix, in place: the definition with std::exp, the
// same three statements with Eigen's vectorised exp, and the kernel. Then one
// long vector, where the maximum and the sum may come from one pass.
//
//     rows  distributions    n  entries of each
//
// items_per_second counts entries; bytes are one read and one write of each.
// Every variant is checked against the definition before it is timed.
#include <whiteboard/maths/softmax.hpp>

#include <support/bench.hpp>

#include <concepts>
#include <cstddef>
#include <limits>

using namespace whiteboard;

namespace {

/// Three array statements a row. A mask becomes 1e-39 or 1e-309, not 0.
template <std::floating_point T>
void eigen_exp(Eigen::Ref<MatrixOf<T>> Z) {
  for (Eigen::Index i = 0; i < Z.rows(); ++i) {
    Z.row(i).array() -= Z.row(i).maxCoeff();
    Z.row(i) = Z.row(i).array().exp();
    Z.row(i) *= T{1} / Z.row(i).sum();
  }
}

template <std::floating_point T>
void run_rows(benchmark::State& state, void (*rows)(Eigen::Ref<MatrixOf<T>>)) {
  MatrixOf<T> Z = bench::gaussian<T>(state.range(0), state.range(1));
  MatrixOf<T> want = Z;
  maths::softmax_rows_reference<T>(want);
  rows(Z);
  // The shift rounds |z - top| < 16, and the sum adds n terms.
  if (!Z.isApprox(want, 64 * std::numeric_limits<T>::epsilon())) {
    state.SkipWithError("differs from the reference");
    return;
  }
  // Again and again on its own result: the work does not depend on the values.
  for (auto _ : state) {
    rows(Z);
    benchmark::DoNotOptimize(Z.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * Z.size());
  bench::bytes(state, 2.0 * sizeof(T) * static_cast<double>(Z.size()));
}

Vector by_definition(const Vector& z) {
  Matrix row = z.transpose();
  maths::softmax_rows_reference<double>(row);
  return row.transpose();
}

Vector by_kernel(const Vector& z) {
  return maths::softmax(z);
}

Vector online(const Vector& z) {
  return maths::softmax_online({z.data(), static_cast<std::size_t>(z.size())});
}

void run_vector(benchmark::State& state, Vector (*softmax)(const Vector&)) {
  const Vector z = bench::gaussian(state.range(0), 1).col(0);
  if (!softmax(z).isApprox(by_definition(z), 1e-13)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    const Vector p = softmax(z);
    benchmark::DoNotOptimize(p.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * z.size());
}

constexpr auto f32 = run_rows<float>;
constexpr auto f64 = run_rows<double>;

void shapes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"rows", "n"})->Unit(benchmark::kMicrosecond);
  b->Args({4096, 1024})->Args({64, 32000})->Args({4096, 64});
}

}  // namespace

BENCHMARK_CAPTURE(f32, reference, maths::softmax_rows_reference<float>)
    ->Name("softmax_rows_f32/reference")
    ->Apply(shapes);
BENCHMARK_CAPTURE(f32, eigen_exp, eigen_exp<float>)
    ->Name("softmax_rows_f32/eigen_exp")
    ->Apply(shapes);
BENCHMARK_CAPTURE(f32, kernel, maths::softmax_rows_in_place<float>)
    ->Name("softmax_rows_f32/kernel")
    ->Apply(shapes);
BENCHMARK_CAPTURE(f64, reference, maths::softmax_rows_reference<double>)
    ->Name("softmax_rows_f64/reference")
    ->Apply(shapes);
BENCHMARK_CAPTURE(f64, eigen_exp, eigen_exp<double>)
    ->Name("softmax_rows_f64/eigen_exp")
    ->Apply(shapes);
BENCHMARK_CAPTURE(f64, kernel, maths::softmax_rows_in_place<double>)
    ->Name("softmax_rows_f64/kernel")
    ->Apply(shapes);
BENCHMARK_CAPTURE(run_vector, reference, by_definition)
    ->Name("softmax_vector/reference")
    ->ArgNames({"n"})
    ->Arg(32000);
BENCHMARK_CAPTURE(run_vector, kernel, by_kernel)
    ->Name("softmax_vector/kernel")
    ->ArgNames({"n"})
    ->Arg(32000);
BENCHMARK_CAPTURE(run_vector, online, online)
    ->Name("softmax_vector/online")
    ->ArgNames({"n"})
    ->Arg(32000);
