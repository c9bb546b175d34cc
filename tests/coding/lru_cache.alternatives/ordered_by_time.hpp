// Every use gets a time stamp and a tree orders the stamps: O(log capacity).
#pragma once

#include <whiteboard/core/require.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>

namespace whiteboard::coding {

template <class K, class V>
class LruCache {
 public:
  explicit LruCache(std::size_t capacity) : capacity_(capacity) {
    require(capacity >= 1, "LruCache: need capacity >= 1, got 0");
  }

  std::optional<V> get(const K& key) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return std::nullopt;
    used(key, found->second);
    return found->second.value;
  }

  void put(const K& key, V value) {
    if (!entries_.count(key) && entries_.size() == capacity_) {
      entries_.erase(by_time_.begin()->second);
      by_time_.erase(by_time_.begin());
    }
    Entry& entry = entries_[key];
    entry.value = value;
    used(key, entry);
  }

  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    V value{};
    std::uint64_t last_use = 0;
  };

  void used(const K& key, Entry& entry) {
    by_time_.erase(entry.last_use);
    entry.last_use = ++clock_;
    by_time_[clock_] = key;
  }

  std::size_t capacity_;
  std::uint64_t clock_ = 0;
  std::unordered_map<K, Entry> entries_;
  std::map<std::uint64_t, K> by_time_;
};

template <class K, class V>
class FlatLruCache : public LruCache<K, V> {
 public:
  explicit FlatLruCache(std::size_t capacity)
      : LruCache<K, V>((
            require(capacity >= 1 && capacity <= 1u << 30,
                    "FlatLruCache: need 1 <= capacity <= 2^30, got ", capacity),
            capacity)) {}
};

}  // namespace whiteboard::coding
