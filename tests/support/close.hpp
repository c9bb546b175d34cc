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

/// An N-dimensional array that knows its shape, as xtensor's do.
template <class Range>
concept HasShape = requires(const Range& r) {
  r.dimension();
  *r.shape().begin();
};

/// Any matrix, vector, scalar, range or tensor as a list of doubles, row by
/// row, and its shape: a vector or plain range of n numbers is n x 1.
struct Values {
  std::vector<double> numbers;
  std::vector<std::size_t> shape;

  Values(double x) : numbers{x}, shape{1, 1} {}

  template <class Derived>
  Values(const Eigen::DenseBase<Derived>& m)
      : shape{static_cast<std::size_t>(m.rows()),
              static_cast<std::size_t>(m.cols())} {
    const typename Derived::PlainObject plain = m.derived();
    numbers.reserve(shape[0] * shape[1]);
    for (Eigen::Index i = 0; i < plain.rows(); ++i) {
      for (Eigen::Index j = 0; j < plain.cols(); ++j) {
        numbers.push_back(static_cast<double>(plain(i, j)));
      }
    }
  }

  template <class Range>
  requires(!std::is_base_of_v<Eigen::DenseBase<Range>, Range>) &&
      requires(const Range& r) {
    static_cast<double>(*r.begin());
    r.end();
  }
  Values(const Range& range) {
    for (const auto& x : range) numbers.push_back(static_cast<double>(x));
    if constexpr (HasShape<Range>) {
      for (const auto axis : range.shape()) {
        shape.push_back(static_cast<std::size_t>(axis));
      }
    }
    if (shape.empty()) shape.push_back(numbers.size());
    if (shape.size() == 1) shape.push_back(1);
  }
};

/// 2 x 3 x 4.
inline std::string written(const std::vector<std::size_t>& shape) {
  std::string text;
  for (const std::size_t axis : shape) {
    text += (text.empty() ? "" : " x ") + std::to_string(axis);
  }
  return text;
}

/// Where the element number `flat` stands: (1, 0, 2).
inline std::string place(std::size_t flat,
                         const std::vector<std::size_t>& shape) {
  std::string text = ")";
  for (std::size_t axis = shape.size(); axis-- > 0; flat /= shape[axis]) {
    text = (axis > 0 ? ", " : "(") + std::to_string(flat % shape[axis]) + text;
  }
  return text;
}

/// From |x| to the next double, or from the last finite one to that before it.
inline double spacing(double x) {
  const double magnitude = std::abs(x);
  if (magnitude == std::numeric_limits<double>::max()) {
    return magnitude - std::nextafter(magnitude, 0.0);
  }
  return std::nextafter(magnitude, std::numeric_limits<double>::infinity()) -
         magnitude;
}

/// How far from `want` an element may be, in an array with |want| <= largest.
inline double limit(double want, double largest, const Tolerance& t) {
  double sum = t.abs + t.rel * std::abs(want) + t.scale * largest;
  if (t.ulps > 0.0) sum += t.ulps * spacing(want);
  return sum;
}

/// |got - want| over what is allowed: at most 1 is close, NaN never is.
inline double excess(double got, double want, double allowed) {
  if (got == want) return 0.0;
  if (!std::isfinite(allowed)) return std::numeric_limits<double>::quiet_NaN();
  return std::abs(got - want) / allowed;  // x / 0 = inf: exactly equal or not
}

}  // namespace detail

/// Is `got` within `tolerance` of `want`, element by element? Shapes must
/// agree, nothing must be NaN, infinities must be equal, and two empty arrays
/// are NOT close: a comparison of nothing proves nothing. Nor is anything close
/// by a tolerance that is negative, infinite or NaN.
inline Closeness close(const detail::Values& got, const detail::Values& want,
                       Tolerance tolerance = {}) {
  if (got.shape != want.shape) {
    return {false, "shapes differ: got " + detail::written(got.shape) +
                       ", want " + detail::written(want.shape)};
  }
  if (want.numbers.empty()) return {false, "both are empty: nothing compared"};
  for (const double part :
       {tolerance.abs, tolerance.rel, tolerance.scale, tolerance.ulps}) {
    if (!(part >= 0.0 && std::isfinite(part))) {
      return {false, "a tolerance is negative, infinite or NaN"};
    }
  }

  double largest = 0.0;
  for (const double x : want.numbers) {
    if (std::isfinite(x)) largest = std::max(largest, std::abs(x));
  }
  std::size_t worst = 0;
  double worst_excess = -1.0;
  for (std::size_t i = 0; i < want.numbers.size(); ++i) {
    const double x = want.numbers[i];
    const double e =
        detail::excess(got.numbers[i], x, detail::limit(x, largest, tolerance));
    if (!(e <= worst_excess)) {  // true for NaN as well
      worst = i;
      worst_excess = e;
    }
    if (std::isnan(e)) break;
  }
  std::ostringstream report;
  report.precision(17);
  report << "at " << detail::place(worst, want.shape) << " of "
         << detail::written(want.shape) << ": got " << got.numbers[worst]
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
  if (got.shape != want.shape || want.numbers.empty()) return infinity;
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
