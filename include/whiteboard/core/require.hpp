// require(): the one way the library refuses an argument.
#pragma once

#include <concepts>
#include <limits>
#include <locale>
#include <sstream>
#include <stdexcept>
#include <string>

namespace whiteboard {
namespace detail {

/// The parts as text, whatever the global locale is. A fraction gets as many
/// digits as tell it from its neighbours: "need p <= 1, got p = 1" helps nobody
/// who passed 1.0000001.
template <class Part>
std::string to_text(const Part& part) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out << part;
  if constexpr (std::floating_point<Part>) {
    constexpr int enough = std::numeric_limits<Part>::max_digits10;
    for (int digits = 7; digits <= enough; ++digits) {
      std::istringstream in(out.str());
      in.imbue(std::locale::classic());
      Part back{};
      if (in >> back && back == part) break;
      out.str("");
      out.precision(digits);
      out << part;
    }
  }
  return out.str();
}

}  // namespace detail

/// Throws std::invalid_argument unless `condition` holds. The message is the
/// concatenation of the parts, put together only when it is needed:
///
///     require(k <= n, "k_means: need k <= n, got k = ", k, ", n = ", n);
template <class... Parts>
void require(bool condition, const Parts&... parts) {
  if (condition) return;
  std::string message;
  ((message += detail::to_text(parts)), ...);
  throw std::invalid_argument(message);
}

}  // namespace whiteboard
