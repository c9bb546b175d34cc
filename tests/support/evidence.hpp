// What a claim measured on this machine, recorded for the reader.
#pragma once

#include <string_view>
#include <type_traits>
#include <vector>

namespace whiteboard::testing {

void record_evidence(std::string_view name, double value);
void record_evidence(std::string_view name, std::string_view text);
void record_series(std::string_view name, const std::vector<double>& values);

template <class Range>
void record_range(std::string_view name, const Range& range) {
  std::vector<double> values;
  for (const auto& x : range) values.push_back(static_cast<double>(x));
  record_series(name, values);
}

}  // namespace whiteboard::testing

/// EVIDENCE("mean inertia", 2.98) or EVIDENCE("winner", "k-means++"): one
/// figure of the running test case. Integers are figures too.
#define EVIDENCE(name, ...)                                          \
  do {                                                               \
    if constexpr (std::is_arithmetic_v<                              \
                      std::remove_cvref_t<decltype(__VA_ARGS__)>>) { \
      ::whiteboard::testing::record_evidence(                        \
          name, static_cast<double>(__VA_ARGS__));                   \
    } else {                                                         \
      ::whiteboard::testing::record_evidence(name, (__VA_ARGS__));   \
    }                                                                \
  } while (false)

/// EVIDENCE_SERIES("inertia per iteration", result.inertias): drawn as a
/// sparkline in the terminal and as a plot on the site. Any range of numbers.
#define EVIDENCE_SERIES(name, ...) \
  ::whiteboard::testing::record_range(name, __VA_ARGS__)
