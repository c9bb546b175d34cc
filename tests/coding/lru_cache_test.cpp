// Verifies the claims of questions/coding/lru_cache.md.
#include <whiteboard/coding/lru_cache.hpp>
#include <whiteboard/core/random.hpp>

#include <support/claims.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace whiteboard;
using coding::FlatLruCache;
using coding::LruCache;

namespace {

/// LRU by its definition: each entry has the time of its last use, and the
/// smallest of them is searched for.
class TimestampModel {
 public:
  explicit TimestampModel(std::size_t capacity) : capacity_(capacity) {}

  std::optional<int> get(int key) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return std::nullopt;
    found->second.second = ++now_;
    return found->second.first;
  }

  void put(int key, int value) {
    if (entries_.count(key) == 0 && entries_.size() == capacity_) {
      entries_.erase(std::min_element(
          entries_.begin(), entries_.end(), [](const auto& a, const auto& b) {
            return a.second.second < b.second.second;
          }));
    }
    entries_[key] = {value, ++now_};
  }

  std::size_t size() const { return entries_.size(); }

 private:
  std::size_t capacity_;
  int now_ = 0;
  std::map<int, std::pair<int, int>> entries_;  // value, time of last use
};

/// How many operations of a random run the two caches answer differently.
/// Keys are negative as well, and far apart: multiples of a large stride.
template <class A, class B>
int disagreements(A& a, B& b, int operations, int keys, int stride,
                  std::mt19937_64& rng) {
  int different = 0;
  for (int i = 0; i < operations; ++i) {
    const auto key =
        stride * static_cast<int>(uniform_index(keys, rng) - keys / 2);
    if (uniform_index(3, rng) == 0) {
      a.put(key, i);
      b.put(key, i);
    } else if (a.get(key) != b.get(key)) {
      ++different;
    }
    if (a.size() != b.size()) ++different;
  }
  return different;
}

/// Misses of a cache that stores what it did not find.
template <class Cache>
int misses(Cache& cache, const std::vector<int>& requests) {
  int count = 0;
  for (const int key : requests) {
    if (cache.get(key)) continue;
    ++count;
    cache.put(key, key);
  }
  return count;
}

int lru_misses(std::size_t capacity, const std::vector<int>& requests) {
  LruCache<int, int> cache(capacity);
  return misses(cache, requests);
}

/// First in, first out: use does not count.
int fifo_misses(std::size_t capacity, const std::vector<int>& requests) {
  std::deque<int> held;
  int count = 0;
  for (const int key : requests) {
    if (std::find(held.begin(), held.end(), key) != held.end()) continue;
    ++count;
    if (held.size() == capacity) held.pop_front();
    held.push_back(key);
  }
  return count;
}

/// The optimal policy, which knows the future: evict what is needed last.
int optimal_misses(std::size_t capacity, const std::vector<int>& requests) {
  std::vector<int> held;
  int count = 0;
  for (auto now = requests.begin(); now != requests.end(); ++now) {
    if (std::find(held.begin(), held.end(), *now) != held.end()) continue;
    ++count;
    if (held.size() == capacity) {
      held.erase(std::max_element(held.begin(), held.end(),
                                  [&](const int a, const int b) {
                                    return std::find(now, requests.end(), a) <
                                           std::find(now, requests.end(), b);
                                  }));
    }
    held.push_back(*now);
  }
  return count;
}

/// The sequence that interviewers use, worked out by hand.
template <class Cache>
void check_standard_sequence() {
  Cache cache(2);
  CHECK(cache.size() == 0);
  cache.put(1, 1);
  cache.put(2, 2);
  CHECK(cache.get(1) == 1);
  cache.put(3, 3);  // evicts 2
  CHECK(cache.get(2) == std::nullopt);
  cache.put(4, 4);  // evicts 1
  CHECK(cache.get(1) == std::nullopt);
  CHECK(cache.get(3) == 3);
  CHECK(cache.get(4) == 4);
  CHECK(cache.size() == 2);
}

}  // namespace

TEST_SUITE("coding/lru_cache") {
  TEST_CASE("standard_sequence") {
    check_standard_sequence<LruCache<int, int>>();
  }

  TEST_CASE("agrees_with_timestamps") {
    std::mt19937_64 rng(0);
    for (const std::size_t capacity : std::vector<std::size_t>{1, 2, 7, 20}) {
      CAPTURE(capacity);
      LruCache<int, int> cache(capacity);
      TimestampModel model(capacity);
      CHECK(disagreements(cache, model, 25000, 30, 1, rng) == 0);
      CHECK(cache.size() == capacity);
    }
  }

  TEST_CASE("put_refreshes_an_existing_key") {
    LruCache<int, int> cache(2);
    cache.put(1, 10);
    cache.put(2, 20);
    cache.put(2, 21);  // full, but nothing has to go
    CHECK(cache.size() == 2);
    cache.put(1, 11);
    CHECK(cache.size() == 2);
    cache.put(3, 30);  // evicts 2
    CHECK(cache.get(1) == 11);
    CHECK(cache.get(2) == std::nullopt);
    CHECK(cache.get(3) == 30);
  }

  TEST_CASE("more_slots_never_miss_more") {
    const std::vector<int> belady{1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5};
    CHECK(lru_misses(3, belady) == 10);
    CHECK(lru_misses(4, belady) == 8);
    CHECK(fifo_misses(3, belady) == 9);
    CHECK(fifo_misses(4, belady) == 10);

    std::mt19937_64 rng(1);
    std::vector<int> requests;
    for (int i = 0; i < 2000; ++i) {  // skewed: the smaller of two draws
      requests.push_back(static_cast<int>(
          std::min(uniform_index(40, rng), uniform_index(40, rng))));
    }
    std::vector<int> counts;
    for (std::size_t capacity = 1; capacity <= 41; ++capacity) {
      counts.push_back(lru_misses(capacity, requests));
    }
    EVIDENCE_SERIES("misses of 2000 for 1 to 41 slots", counts);
    CHECK(std::is_sorted(counts.rbegin(), counts.rend()));
    CHECK(counts.front() > counts[20]);
    CHECK(counts.back() == 40);  // each key once
  }

  TEST_CASE("a_cycle_never_hits") {
    std::vector<int> requests;
    for (int lap = 0; lap < 100; ++lap) {
      for (int key = 0; key < 11; ++key) requests.push_back(key);
    }
    // Of 1,100 requests the optimal policy misses the first 11, and then one
    // in ten: at a miss it evicts the key used just before, needed again last.
    CHECK(lru_misses(10, requests) == 1100);
    CHECK(optimal_misses(10, requests) == 10 + 1090 / 10);
    CHECK(lru_misses(11, requests) == 11);
  }

  TEST_CASE("one_scan_flushes_everything") {
    LruCache<int, int> cache(100);
    std::vector<int> hot(100);
    for (int key = 0; key < 100; ++key) {
      hot[static_cast<std::size_t>(key)] = key;
    }
    CHECK(misses(cache, hot) == 100);
    for (int lap = 0; lap < 50; ++lap) CHECK(misses(cache, hot) == 0);
    for (int key = 1000; key < 1100; ++key) cache.put(key, key);
    CHECK(misses(cache, hot) == 100);
  }

  TEST_CASE("flat_form_is_the_same_cache") {
    std::mt19937_64 rng(2);
    for (const std::size_t capacity :
         std::vector<std::size_t>{1, 2, 7, 64, 100}) {
      // Stride 2^16 makes keys with equal low bits, and stride 1 makes runs.
      for (const int stride : {1, 3, 1 << 16}) {
        CAPTURE(capacity);
        CAPTURE(stride);
        LruCache<int, int> cache(capacity);
        FlatLruCache<int, int> flat(capacity);
        const int keys = static_cast<int>(capacity) * 3 / 2 + 1;
        CHECK(disagreements(cache, flat, 10000, keys, stride, rng) == 0);
        CHECK(flat.size() == capacity);
      }
    }
  }
}

TEST_SUITE("coding/lru_cache extra") {
  TEST_CASE("the flat form passes the standard sequence") {
    check_standard_sequence<FlatLruCache<int, int>>();
  }

  TEST_CASE("keys and values of other types") {
    LruCache<std::string, std::vector<int>> cache(1);
    cache.put("a", {1, 2});
    CHECK(cache.get("a") == std::vector<int>{1, 2});
    cache.put("b", {});
    CHECK(cache.get("a") == std::nullopt);
    CHECK(cache.get("b") == std::vector<int>{});

    FlatLruCache<std::string, std::string> flat(2);
    flat.put("a", "x");
    flat.put("b", "y");
    CHECK(flat.get("a") == "x");
    flat.put("c", "z");
    CHECK(flat.get("b") == std::nullopt);
    CHECK(flat.get("c") == "z");
  }

  TEST_CASE("flat keys that collide all the way") {
    // 64 keys that differ by multiples of 2^57 meet in very few slots.
    FlatLruCache<long long, int> flat(40);
    LruCache<long long, int> cache(40);
    std::mt19937_64 rng(3);
    int different = 0;
    for (int i = 0; i < 20000; ++i) {
      const long long key = uniform_index(64, rng) * (1LL << 57);
      if (uniform_index(2, rng) == 0) {
        flat.put(key, i);
        cache.put(key, i);
      } else if (flat.get(key) != cache.get(key)) {
        ++different;
      }
    }
    CHECK(different == 0);
  }

  TEST_CASE("a capacity of zero is refused") {
    using List = LruCache<int, int>;
    using Flat = FlatLruCache<int, int>;
    CHECK_THROWS_WITH(List(0), "LruCache: need capacity >= 1, got 0");
    CHECK_THROWS_WITH(Flat(0),
                      "FlatLruCache: need 1 <= capacity <= 2^30, got 0");
    CHECK_THROWS_AS(Flat((std::size_t{1} << 30) + 1), std::invalid_argument);
  }
}
