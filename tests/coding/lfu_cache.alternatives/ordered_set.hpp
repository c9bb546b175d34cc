// One ordered set of (uses, time of the last one, key): O(log capacity).
#pragma once

#include <whiteboard/core/require.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <tuple>

namespace whiteboard::coding {

template <class K, class V>
class LfuCache {
 public:
  explicit LfuCache(std::size_t capacity) : capacity_(capacity) {
    require(capacity >= 1, "LfuCache: need capacity >= 1, got 0");
  }

  std::optional<V> get(const K& key) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return std::nullopt;
    use(key, found->second);
    return found->second.value;
  }

  void put(const K& key, V value) {
    if (entries_.count(key) == 0 && entries_.size() == capacity_) {
      entries_.erase(std::get<2>(*order_.begin()));
      order_.erase(order_.begin());
    }
    Entry& entry = entries_[key];
    entry.value = value;
    use(key, entry);
  }

  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    V value{};
    std::size_t uses = 0;
    std::uint64_t last = 0;
  };

  void use(const K& key, Entry& entry) {
    order_.erase({entry.uses, entry.last, key});
    ++entry.uses;
    entry.last = ++clock_;
    order_.insert({entry.uses, entry.last, key});
  }

  std::size_t capacity_;
  std::uint64_t clock_ = 0;
  std::map<K, Entry> entries_;
  std::set<std::tuple<std::size_t, std::uint64_t, K>> order_;
};

}  // namespace whiteboard::coding
