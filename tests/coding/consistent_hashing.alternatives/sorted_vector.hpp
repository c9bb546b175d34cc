// The points of all servers in one sorted array, rebuilt on every change.
#pragma once

#include <whiteboard/core/require.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <vector>

namespace whiteboard::coding {

struct RingHash {
  std::uint64_t operator()(std::string_view name, std::uint64_t number) const {
    std::uint64_t x = 0xCBF29CE484222325u;
    for (const char c : name) {
      x = (x ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
    }
    x += number * 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 33) * 0xFF51AFD7ED558CCDu;
    x = (x ^ x >> 33) * 0xC4CEB9FE1A85EC53u;
    return x ^ x >> 33;
  }
};

template <class Hash = RingHash>
class HashRing {
 public:
  explicit HashRing(int virtual_nodes) : virtual_nodes_(virtual_nodes) {
    require(virtual_nodes >= 1, "HashRing: need virtual_nodes >= 1, got ",
            virtual_nodes);
  }

  void add(const std::string& server) {
    require(find(server) == servers_.end(), "HashRing: there is a server '",
            server, "'");
    servers_.push_back(server);
    rebuild();
  }

  void remove(const std::string& server) {
    const auto found = find(server);
    require(found != servers_.end(), "HashRing: there is no server '", server,
            "'");
    servers_.erase(found);
    rebuild();
  }

  const std::string& locate(std::string_view key) const {
    require(!points_.empty(), "HashRing: there are no servers");
    const std::uint64_t place = Hash{}(key, 0);
    for (std::size_t low = 0, high = points_.size();;) {
      if (low == high) return *points_[low % points_.size()].server;
      const std::size_t middle = (low + high) / 2;
      (points_[middle].place < place ? low : high) =
          points_[middle].place < place ? middle + 1 : middle;
    }
  }

 private:
  struct Point {
    std::uint64_t place;
    const std::string* server;
  };

  std::list<std::string>::iterator find(const std::string& server) {
    return std::find(servers_.begin(), servers_.end(), server);
  }

  void rebuild() {
    points_.clear();
    for (const std::string& server : servers_) {
      for (int i = 1; i <= virtual_nodes_; ++i) {
        points_.push_back(
            {Hash{}(server, static_cast<std::uint64_t>(i)), &server});
      }
    }
    std::sort(
        points_.begin(), points_.end(), [](const Point& a, const Point& b) {
          return a.place != b.place ? a.place < b.place : *a.server < *b.server;
        });
  }

  int virtual_nodes_;
  std::list<std::string> servers_;
  std::vector<Point> points_;
};

}  // namespace whiteboard::coding
