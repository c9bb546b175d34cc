// The one comparator of the tests: safe against NaN, against results of the
// wrong size and against empty ones, with every tolerance given by name.
#pragma once

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <ostream>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

namespace whiteboard::testing {

/// How far `got` may be from `want`. The parts add up; all zero means equal.
struct Tolerance {
  double abs = 0.0;    ///< the same for every element
  double rel = 0.0;    ///< times |want|, element by element
  double scale = 0.0;  ///< times the largest |want| of the whole array
  double ulps = 0.0;   ///< times the spacing of doubles at want
};

/// The answer of close(): true or false, and what to print when it is false.
struct Closeness {
  bool ok = false;
  std::string report;

  explicit operator bool() const { return ok; }
  friend std::ostream& operator<<(std::ostream& out, const Closeness& c) {
    return out << c.report;
  }
};

namespace detail {

/// Any matrix, vector, scalar or range as a list of doubles and its shape.
struct Values {
  std::vector<double> numbers;
  Eigen::Index rows = 0, cols = 0;

  Values(double x) : numbers{x}, rows(1), cols(1) {}

  template <class Derived>
  Values(const Eigen::DenseBase<Derived>& m) : rows(m.rows()), cols(m.cols()) {
    const auto plain = m.derived().eval();
    numbers.reserve(static_cast<std::size_t>(rows * cols));
    for (Eigen::Index i = 0; i < rows; ++i) {
      for (Eigen::Index j = 0; j < cols; ++j) {
        numbers.push_back(static_cast<double>(plain(i, j)));
      }
    }
  }

  template <class Range>
  requires requires(const Range& r) {
    static_cast<double>(*r.begin());
    r.end();
  } &&(!std::is_base_of_v<Eigen::DenseBase<Range>, Range>)
      Values(const Range& range)
      : cols(1) {
    for (const auto& x : range) numbers.push_back(static_cast<double>(x));
    rows = static_cast<Eigen::Index>(numbers.size());
  }
};

inline double spacing(double x) {
  const double magnitude = std::abs(x);
  return std::nextafter(magnitude, std::numeric_limits<double>::infinity()) -
         magnitude;
}

/// |got - want| over what is allowed: at most 1 is close, NaN never is.
inline double excess(double got, double want, double allowed) {
  if (got == want) return 0.0;
  return std::abs(got - want) / allowed;  // x / 0 = inf: exactly equal or not
}

}  // namespace detail

/// Is `got` within `tolerance` of `want`, element by element? Shapes must
/// agree, nothing must be NaN, infinities must be equal, and two empty arrays
/// are NOT close: a comparison of nothing proves nothing.
inline Closeness close(const detail::Values& got, const detail::Values& want,
                       Tolerance tolerance = {}) {
  std::ostringstream report;
  report.precision(17);
  if (got.rows != want.rows || got.cols != want.cols) {
    report << "shapes differ: got " << got.rows << " x " << got.cols
           << ", want " << want.rows << " x " << want.cols;
    return {false, report.str()};
  }
  if (want.numbers.empty()) return {false, "both are empty: nothing compared"};

  double largest = 0.0;
  for (const double x : want.numbers) {
    if (std::isfinite(x)) largest = std::max(largest, std::abs(x));
  }
  std::size_t worst = 0;
  double worst_excess = -1.0;
  for (std::size_t i = 0; i < want.numbers.size(); ++i) {
    const double x = want.numbers[i];
    const double allowed =
        tolerance.abs + tolerance.rel * std::abs(x) +
        tolerance.scale * largest +
        (tolerance.ulps > 0.0 ? tolerance.ulps * detail::spacing(x) : 0.0);
    const double e = detail::excess(got.numbers[i], x, allowed);
    if (!(e <= worst_excess)) {  // true for NaN as well
      worst = i;
      worst_excess = e;
    }
    if (std::isnan(e)) break;
  }
  const auto cols = static_cast<std::size_t>(want.cols);
  report << "at (" << worst / cols << ", " << worst % cols << ") of "
         << want.rows << " x " << want.cols << ": got " << got.numbers[worst]
         << ", want " << want.numbers[worst] << ", off by "
         << std::abs(got.numbers[worst] - want.numbers[worst]) << ", which is "
         << worst_excess << " times what is allowed";
  return {worst_excess <= 1.0, report.str()};
}

/// Largest |got - want|; infinity when shapes differ, something is NaN or
/// there is nothing to compare. For EVIDENCE, not for judging.
inline double largest_difference(const detail::Values& got,
                                 const detail::Values& want) {
  const double infinity = std::numeric_limits<double>::infinity();
  if (got.rows != want.rows || got.cols != want.cols || want.numbers.empty()) {
    return infinity;
  }
  double largest = 0.0;
  for (std::size_t i = 0; i < want.numbers.size(); ++i) {
    if (got.numbers[i] == want.numbers[i]) continue;
    const double difference = std::abs(got.numbers[i] - want.numbers[i]);
    if (std::isnan(difference)) return infinity;
    largest = std::max(largest, difference);
  }
  return largest;
}

}  // namespace whiteboard::testing
