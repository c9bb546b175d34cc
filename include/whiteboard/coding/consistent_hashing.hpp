// Question:    Implement consistent hashing with virtual nodes.
// Answer:      questions/coding/consistent_hashing.md (equation numbers are its own)
// Method:      an ordered set of (point, server); the owner of a key is the
//              first point at or after its place, or the first of all
// Time:        O(log(N V)) per look-up, O(V log(N V)) to add or remove
// Memory:      O(N V)
// Numerics:    integers only
// References:  [1] Karger, Lehman, Leighton, Panigrahy, Levine and Lewin,
//                  Consistent hashing and random trees, STOC 1997
//              [2] Lamping and Veach, A fast, minimal memory, consistent hash
//                  algorithm, arXiv:1406.2294, 2014
// Symbols:     N  servers
//              V  points of each on the ring (virtual nodes)
#pragma once

#include <whiteboard/core/require.hpp>

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace whiteboard::coding {

/// Where things lie on the ring of 64-bit numbers, the same on every platform:
/// key k at (k, 0), the V points of server s at (s, 1), ..., (s, V).
struct RingHash {
  std::uint64_t operator()(std::string_view name, std::uint64_t number) const {
    std::uint64_t x = 0xCBF29CE484222325u;  // FNV-1a of the name
    for (const char c : name) {
      x = (x ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
    }
    x += number * 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 33) * 0xFF51AFD7ED558CCDu;  // MurmurHash3's finaliser
    x = (x ^ x >> 33) * 0xC4CEB9FE1A85EC53u;
    return x ^ x >> 33;
  }
};

/// Assigns keys to servers so that few keys move when a server comes or goes.
/// A key belongs to the first point at or after its place, going round; where
/// points of two servers coincide, to the server whose name is less. Throws
/// std::invalid_argument unless virtual_nodes >= 1.
///
///     HashRing ring(100);
///     ring.add("a");
///     ring.add("b");
///     ring.locate("some key");  // "a" or "b"
template <class Hash = RingHash>
class HashRing {
 public:
  explicit HashRing(int virtual_nodes) {
    require(virtual_nodes >= 1, "HashRing: need virtual_nodes >= 1, got ",
            virtual_nodes);
    // solution:begin
    virtual_nodes_ = static_cast<std::uint64_t>(virtual_nodes);
    // solution:end
  }

  /// Throws std::invalid_argument when the server is there already.
  void add(const std::string& server) {
    // solution:begin
    require(!contains(server), "HashRing: there is a server '", server, "'");
    for (std::uint64_t i = 1; i <= virtual_nodes_; ++i) {
      ring_.emplace(Hash{}(server, i), server);
    }
    // solution:end
  }

  /// Throws std::invalid_argument when there is no such server.
  void remove(const std::string& server) {
    // solution:begin
    require(contains(server), "HashRing: there is no server '", server, "'");
    for (std::uint64_t i = 1; i <= virtual_nodes_; ++i) {
      ring_.erase({Hash{}(server, i), server});
    }
    // solution:end
  }

  /// The server of `key`; valid until that server is removed. Throws
  /// std::invalid_argument when there are no servers.
  const std::string& locate(std::string_view key) const {
    // solution:begin
    require(!ring_.empty(), "HashRing: there are no servers");
    auto next = ring_.lower_bound({Hash{}(key, 0), std::string()});
    if (next == ring_.end()) next = ring_.begin();
    return next->second;
    // solution:end
  }

 private:
  // solution:begin
  bool contains(const std::string& server) const {
    return ring_.count({Hash{}(server, 1), server}) > 0;
  }

  std::uint64_t virtual_nodes_;
  std::set<std::pair<std::uint64_t, std::string>> ring_;
  // solution:end
};

}  // namespace whiteboard::coding
