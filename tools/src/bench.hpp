// What a benchmark program measured, as ratios.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wb {

/// The median over the repetitions of one benchmark.
struct BenchRow {
  std::string kernel;           ///< "assign"
  std::string variant;          ///< "reference", "product", ...
  std::string arguments;        ///< "n:4096/d:32"
  double seconds = 0.0;         ///< processor time of one iteration
  std::optional<double> flop;   ///< per second
  std::optional<double> bytes;  ///< per second
  std::optional<double> items;  ///< per second
  std::string error;            ///< why it was not timed
  double family = 0.0;          ///< its place among the registered kernels
  double instance = 0.0;        ///< and of its arguments among theirs
};

/// The rows of one run; those of kernel "machine" are the limits.
struct BenchReport {
  std::vector<BenchRow> rows;

  /// The row "reference" of the same kernel and arguments, if it was timed.
  const BenchRow* reference(const BenchRow& row) const;

  /// The rate of a limit: "fma_f32", "fma_f64" (flop) or "stream" (bytes).
  std::optional<double> limit(std::string_view name) const;
};

/// Reads Google Benchmark's JSON: medians where there are repetitions. Rows
/// with the same kernel and arguments stand together, in the order in which
/// they were registered, whatever the order in which they were run.
/// Throws Error (environment) when it is not such a document.
BenchReport parse_benchmark(std::string_view json);

}  // namespace wb
