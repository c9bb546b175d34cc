// require(): the one way the library refuses an argument.
#pragma once

#include <sstream>
#include <stdexcept>

namespace whiteboard {

/// Throws std::invalid_argument unless `condition` holds. The message is the
/// concatenation of the parts, put together only when it is needed:
///
///     require(k <= n, "k_means: need k <= n, got k = ", k, ", n = ", n);
template <class... Parts>
void require(bool condition, const Parts&... parts) {
  if (condition) return;
  std::ostringstream message;
  (message << ... << parts);
  throw std::invalid_argument(message.str());
}

}  // namespace whiteboard
