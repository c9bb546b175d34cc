#include "hash.hpp"

#include <fmt/core.h>

namespace wb {

std::string hex(std::uint64_t hash) {
  return fmt::format("{:016x}", hash);
}

}  // namespace wb
