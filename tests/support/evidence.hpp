// What a claim measured on this machine, recorded for the reader.
#pragma once

#include <string_view>
#include <type_traits>
#include <vector>

namespace whiteboard::testing {

void record_evidence(std::string_view name, double value);
void record_evidence(std::string_view name, std::string_view text);
void record_series(std::string_view name, const std::vector<double>& values);

/// Any number, whole ones included.
template <class Number>
requires std::is_arithmetic_v<Number>
void record_evidence(std::string_view name, Number value) {
  record_evidence(name, static_cast<double>(value));
}

template <class Range>
void record_range(std::string_view name, const Range& range) {
  std::vector<double> values;
  for (const auto& x : range) values.push_back(static_cast<double>(x));
  record_series(name, values);
}

}  // namespace whiteboard::testing

/// EVIDENCE("mean inertia", 2.98) or EVIDENCE("winner", "k-means++"): one
/// figure of the running test case.
#define EVIDENCE(name, ...) \
  ::whiteboard::testing::record_evidence(name, __VA_ARGS__)

/// EVIDENCE_SERIES("inertia per iteration", result.inertias): drawn as a
/// sparkline in the terminal and as a plot on the site. Any range of numbers.
#define EVIDENCE_SERIES(name, ...) \
  ::whiteboard::testing::record_range(name, __VA_ARGS__)
