// Question:    Build an LRU cache with O(1) get and put.
// Answer:      questions/coding/lru_cache.md
// Method:      a hash map finds an entry, a doubly linked list keeps the order
//              of use; second part: both in flat arrays, without allocation
// Time:        O(1) expected per operation
// Memory:      O(capacity)
// References:  [1] Mattson, Gecsei, Slutz and Traiger, Evaluation techniques
//                  for storage hierarchies, IBM Systems Journal 9(2), 1970
//              [2] Knuth, The Art of Computer Programming 3, 2nd ed., 1998,
//                  section 6.4, algorithm R (deletion with linear probing)
// Symbols:     capacity  most entries that are kept
#pragma once

#include <whiteboard/core/require.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace whiteboard::coding {

/// The `capacity` most recently used entries. K needs std::hash and ==, and
/// each key must equal itself (so no NaN). Throws std::invalid_argument when
/// the capacity is 0.
///
///     LruCache<int, char> cache(2);
///     cache.put(1, 'a');
///     cache.put(2, 'b');
///     cache.get(1);       // 'a', and now 2 is the least recently used
///     cache.put(3, 'c');  // evicts 2
template <class K, class V>
class LruCache {
 public:
  explicit LruCache(std::size_t capacity) {
    require(capacity >= 1, "LruCache: need capacity >= 1, got 0");
    // solution:begin
    capacity_ = capacity;
    // solution:end
  }

  // solution:begin
  // A copy's map would hold iterators into the list of the original.
  LruCache(const LruCache&) = delete;
  LruCache& operator=(const LruCache&) = delete;
  // solution:end

  /// The value of `key`, which becomes the most recently used; or nothing.
  std::optional<V> get(const K& key) {
    // solution:begin
    const auto found = index_.find(key);
    if (found == index_.end()) return std::nullopt;
    order_.splice(order_.begin(), order_, found->second);
    return found->second->second;
    // solution:end
  }

  /// Stores or replaces; either way `key` becomes the most recently used. A
  /// new key in a full cache evicts the least recently used one.
  void put(const K& key, V value) {
    // solution:begin
    const auto found = index_.find(key);
    if (found != index_.end()) {
      found->second->second = std::move(value);
      order_.splice(order_.begin(), order_, found->second);
      return;
    }
    if (index_.size() == capacity_) {
      index_.erase(order_.back().first);  // the list owns the key: map first
      order_.pop_back();
    }
    order_.emplace_front(key, std::move(value));
    index_.emplace(key, order_.begin());
    // solution:end
  }

  std::size_t size() const {
    // solution:begin
    return index_.size();
    // solution:end
  }

 private:
  // solution:begin
  using Order = std::list<std::pair<K, V>>;

  std::size_t capacity_;
  Order order_;  // most recently used first
  std::unordered_map<K, typename Order::iterator> index_;
  // solution:end
};

/// LruCache with the same results and no allocation once it is full: the
/// entries lie in one array, linked by their numbers, and the index is a table
/// of such numbers with linear probing. Throws std::invalid_argument unless
/// 1 <= capacity <= 2^30.
template <class K, class V>
class FlatLruCache {
 public:
  explicit FlatLruCache(std::size_t capacity) {
    require(capacity >= 1 && capacity <= (std::size_t{1} << 30),
            "FlatLruCache: need 1 <= capacity <= 2^30, got ", capacity);
    // solution:begin
    capacity_ = capacity;
    while ((std::size_t{1} << bits_) < 2 * capacity) ++bits_;
    table_.assign(std::size_t{1} << bits_, kNone);  // at most half full
    // solution:end
  }

  std::optional<V> get(const K& key) {
    // solution:begin
    const Link node = table_[slot_of(key)];
    if (node == kNone) return std::nullopt;
    touch(node);
    return nodes_[node].value;
    // solution:end
  }

  void put(const K& key, V value) {
    // solution:begin
    Link node = table_[slot_of(key)];
    if (node != kNone) {
      nodes_[node].value = std::move(value);
      touch(node);
      return;
    }
    if (nodes_.size() < capacity_) {
      node = static_cast<Link>(nodes_.size());
      nodes_.push_back({key, std::move(value), kNone, kNone});
    } else {
      node = oldest_;
      unlink(node);
      erase_slot(slot_of(nodes_[node].key));
      nodes_[node].key = key;
      nodes_[node].value = std::move(value);
    }
    table_[slot_of(key)] = node;
    link_as_newest(node);
    // solution:end
  }

  std::size_t size() const {
    // solution:begin
    return nodes_.size();
    // solution:end
  }

 private:
  // solution:begin
  using Link = std::uint32_t;
  static constexpr Link kNone = std::numeric_limits<Link>::max();
  struct Node {
    K key;
    V value;
    Link newer, older;
  };

  /// Where the search for a key starts. The multiplication spreads what
  /// std::hash leaves as it is (integers, in libstdc++) over the high bits.
  std::size_t home_of(const K& key) const {
    const std::uint64_t hash = std::hash<K>{}(key);
    return static_cast<std::size_t>(hash * 0x9E3779B97F4A7C15u >> (64 - bits_));
  }

  /// The slot that holds `key`, or the empty one where it would go.
  std::size_t slot_of(const K& key) const {
    std::size_t slot = home_of(key);
    while (table_[slot] != kNone && !(nodes_[table_[slot]].key == key)) {
      slot = (slot + 1) & (table_.size() - 1);
    }
    return slot;
  }

  /// Empties a slot and closes the gap, or a search for a later key of the
  /// run would end there: an entry moves up unless its home lies behind it [2].
  void erase_slot(std::size_t hole) {
    const std::size_t mask = table_.size() - 1;
    for (std::size_t slot = (hole + 1) & mask; table_[slot] != kNone;
         slot = (slot + 1) & mask) {
      const std::size_t from_home = slot - home_of(nodes_[table_[slot]].key);
      if ((from_home & mask) < ((slot - hole) & mask)) continue;
      table_[hole] = table_[slot];
      hole = slot;
    }
    table_[hole] = kNone;
  }

  void touch(Link node) {
    if (node == newest_) return;
    unlink(node);
    link_as_newest(node);
  }

  void unlink(Link node) {
    const auto [newer, older] =
        std::pair(nodes_[node].newer, nodes_[node].older);
    (newer == kNone ? newest_ : nodes_[newer].older) = older;
    (older == kNone ? oldest_ : nodes_[older].newer) = newer;
  }

  void link_as_newest(Link node) {
    nodes_[node].newer = kNone;
    nodes_[node].older = newest_;
    (newest_ == kNone ? oldest_ : nodes_[newest_].newer) = node;
    newest_ = node;
  }

  std::size_t capacity_;
  unsigned bits_ = 1;  // the table has 2^bits_ slots
  std::vector<Node> nodes_;
  std::vector<Link> table_;
  Link newest_ = kNone, oldest_ = kNone;
  // solution:end
};

}  // namespace whiteboard::coding
