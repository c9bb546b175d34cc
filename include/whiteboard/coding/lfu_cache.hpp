// Question:    Build an LFU cache with O(1) get and put.
// Answer:      questions/coding/lfu_cache.md (equation numbers are its own)
// Method:      a list for each number of uses, most recent first, a hash map
//              to the entries, and the smallest number of uses
// Time:        O(1) expected per operation
// Memory:      O(capacity)
// References:  [1] Shah, Mitra and Matani, An O(1) algorithm for implementing
//                  the LFU cache eviction scheme, 2010
//              [2] Einziger, Friedman and Manes, TinyLFU: a highly efficient
//                  cache admission policy, ACM Trans. Storage 13(4), 2017
// Symbols:     capacity  most entries that are kept
#pragma once

#include <whiteboard/core/require.hpp>

#include <cstddef>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>

namespace whiteboard::coding {

/// Keeps `capacity` entries and evicts the one used least often; of several,
/// the one used least recently. Storing, replacing and reading count as uses;
/// what is evicted loses its count. K needs std::hash and ==, and each key must
/// equal itself. Throws std::invalid_argument when the capacity is 0.
///
///     LfuCache<int, char> cache(2);
///     cache.put(1, 'a');
///     cache.put(2, 'b');
///     cache.get(1);       // 'a'; key 1 has two uses now
///     cache.put(3, 'c');  // evicts 2
template <class K, class V>
class LfuCache {
 public:
  explicit LfuCache(std::size_t capacity) {
    require(capacity >= 1, "LfuCache: need capacity >= 1, got 0");
    // solution:begin
    capacity_ = capacity;
    // solution:end
  }

  // solution:begin
  // A copy's index would hold iterators into the lists of the original.
  LfuCache(const LfuCache&) = delete;
  LfuCache& operator=(const LfuCache&) = delete;
  // solution:end

  /// The value of `key`, or nothing.
  std::optional<V> get(const K& key) {
    // solution:begin
    const auto found = index_.find(key);
    if (found == index_.end()) return std::nullopt;
    use(found->second);
    return found->second->value;
    // solution:end
  }

  /// Stores or replaces. A new key in a full cache evicts one.
  void put(const K& key, V value) {
    // solution:begin
    const auto found = index_.find(key);
    if (found != index_.end()) {
      found->second->value = std::move(value);
      use(found->second);
      return;
    }
    if (index_.size() == capacity_) evict();
    Entries& once = by_uses_[1];
    once.push_front({key, std::move(value), 1});
    index_.emplace(key, once.begin());
    fewest_ = 1;
    // solution:end
  }

  std::size_t size() const {
    // solution:begin
    return index_.size();
    // solution:end
  }

 private:
  // solution:begin
  struct Entry {
    K key;
    V value;
    std::size_t uses;
  };
  using Entries = std::list<Entry>;  // most recently used first

  /// Moves an entry to the list of its next number of uses.
  void use(typename Entries::iterator entry) {
    const std::size_t uses = entry->uses++;
    Entries& to = by_uses_[uses + 1];
    Entries& from = by_uses_[uses];  // neither reference moves on a rehash
    to.splice(to.begin(), from, entry);
    if (!from.empty()) return;
    by_uses_.erase(uses);  // or there would be a list for each number ever
    if (fewest_ == uses) fewest_ = uses + 1;  // where the entry is now
  }

  void evict() {
    Entries& least = by_uses_[fewest_];
    index_.erase(least.back().key);
    least.pop_back();
    if (least.empty()) by_uses_.erase(fewest_);
  }

  std::size_t capacity_;
  std::size_t fewest_;  // the smallest number of uses with an entry
  std::unordered_map<std::size_t, Entries> by_uses_;
  std::unordered_map<K, typename Entries::iterator> index_;
  // solution:end
};

}  // namespace whiteboard::coding
