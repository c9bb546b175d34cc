// A fingerprint of text: whether something changed, not who changed it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wb {

/// FNV-1a, 64 bits, going on from `hash`.
constexpr std::uint64_t fnv1a(std::string_view bytes,
                              std::uint64_t hash = 14695981039346656037ull) {
  for (const char c : bytes) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  }
  return hash;
}

/// Sixteen hexadecimal digits.
std::string hex(std::uint64_t hash);

}  // namespace wb
