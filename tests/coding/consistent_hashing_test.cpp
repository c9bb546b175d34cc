// Verifies the claims of questions/coding/consistent_hashing.md.
#include <whiteboard/coding/consistent_hashing.hpp>

#include <support/claims.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace whiteboard;
using coding::HashRing;
using coding::RingHash;

namespace {

std::uint64_t to_number(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// The ring of the task: A at 10 and 80, B at 50 (twice). A key is its place.
struct ExampleHash {
  std::uint64_t operator()(std::string_view name, std::uint64_t number) const {
    if (number == 0) return to_number(name);
    if (name == "A") return number == 1 ? 10 : 80;
    return 50;
  }
};

/// RingHash for servers; a key is its place, so that every place can be asked.
struct PlacedHash {
  std::uint64_t operator()(std::string_view name, std::uint64_t number) const {
    return number == 0 ? to_number(name) : RingHash{}(name, number);
  }
};

/// A ring of 64 places, on which points collide all the time.
struct CoarseHash {
  std::uint64_t operator()(std::string_view name, std::uint64_t number) const {
    return RingHash{}(name, number) >> 58;
  }
};

std::string server(int i) {
  return "server" + std::to_string(i);
}
std::string key(int i) {
  return "key" + std::to_string(i);
}

template <class Hash = RingHash>
HashRing<Hash> ring_of(int servers, int virtual_nodes) {
  HashRing<Hash> ring(virtual_nodes);
  for (int i = 0; i < servers; ++i) ring.add(server(i));
  return ring;
}

template <class Hash>
std::vector<std::string> owners(const HashRing<Hash>& ring, int keys) {
  std::vector<std::string> all;
  for (int i = 0; i < keys; ++i) all.push_back(ring.locate(key(i)));
  return all;
}

/// The definition: of all points the one that is the shortest way ahead, and
/// among equals the least name. Differences of places go round by themselves.
template <class Hash>
std::string nearest(int servers, int virtual_nodes, const std::string& k,
                    std::uint64_t places_minus_1) {
  std::pair<std::uint64_t, std::string> best{~std::uint64_t{0}, "~"};
  for (int s = 0; s < servers; ++s) {
    for (int i = 1; i <= virtual_nodes; ++i) {
      const std::uint64_t ahead =
          (Hash{}(server(s), static_cast<std::uint64_t>(i)) - Hash{}(k, 0)) &
          places_minus_1;
      best = std::min(best, {ahead, server(s)});
    }
  }
  return best.second;
}

/// Sum over servers of (share / (1 / N) - 1)^2, exactly: one key is asked for
/// in each arc between two points, and stands for the length of the arc.
double squared_deviation(const std::string& name, int virtual_nodes) {
  HashRing<PlacedHash> ring(virtual_nodes);
  std::map<std::string, double> share;
  std::vector<std::uint64_t> points;
  for (int s = 0; s < 10; ++s) {
    const std::string id = name + server(s);
    ring.add(id);
    share[id] = 0.0;
    for (int i = 1; i <= virtual_nodes; ++i) {
      points.push_back(RingHash{}(id, static_cast<std::uint64_t>(i)));
    }
  }
  std::sort(points.begin(), points.end());
  std::uint64_t previous = points.back();  // goes round
  for (const std::uint64_t point : points) {
    share[ring.locate(std::to_string(point))] +=
        static_cast<double>(point - previous) * 0x1.0p-64;
    previous = point;
  }
  double sum = 0.0;
  for (const auto& [id, s] : share) sum += (10.0 * s - 1.0) * (10.0 * s - 1.0);
  return sum;
}

}  // namespace

TEST_SUITE("coding/consistent_hashing") {
  TEST_CASE("the_next_point_clockwise_owns") {
    HashRing<ExampleHash> example(2);
    example.add("B");
    example.add("A");
    const std::map<std::string, std::string> owner_at{
        {"0", "A"},  {"10", "A"}, {"11", "B"},
        {"20", "B"}, {"50", "B"}, {"60", "A"},
        {"80", "A"}, {"90", "A"}, {"18446744073709551615", "A"}};
    for (const auto& place : owner_at) {
      CAPTURE(place.first);
      CHECK(example.locate(place.first) == place.second);
    }
    example.remove("A");
    CHECK(example.locate("60") == "B");  // round to 50

    const auto ring = ring_of(7, 5);
    const auto coarse = ring_of<CoarseHash>(7, 5);
    for (int i = 0; i < 500; ++i) {
      CAPTURE(i);
      CHECK(ring.locate(key(i)) ==
            nearest<RingHash>(7, 5, key(i), ~std::uint64_t{0}));
      CHECK(coarse.locate(key(i)) == nearest<CoarseHash>(7, 5, key(i), 63));
    }
  }

  TEST_CASE("only_keys_of_the_changed_server_move") {
    auto ring = ring_of(10, 100);
    const auto before = owners(ring, 100000);
    ring.add("new");
    const auto with_new = owners(ring, 100000);
    ring.remove("new");
    CHECK(owners(ring, 100000) == before);
    int moved = 0, astray = 0;
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (with_new[i] == before[i]) continue;
      ++moved;
      if (with_new[i] != "new") ++astray;
    }
    CHECK(moved > 0);
    CHECK(astray == 0);

    ring.remove(server(3));
    const auto without = owners(ring, 100000);
    for (std::size_t i = 0; i < before.size(); ++i) {
      if ((without[i] != before[i]) != (before[i] == server(3))) ++astray;
    }
    CHECK(astray == 0);
    CHECK(std::count(without.begin(), without.end(), server(3)) == 0);
  }

  TEST_CASE("one_key_in_eleven_moves") {
    constexpr int kKeys = 20000;
    auto ring = ring_of(10, 1000);
    const auto before = owners(ring, kKeys);
    ring.add(server(10));
    const auto after = owners(ring, kKeys);
    int moved = 0, moved_by_modulo = 0;
    for (int i = 0; i < kKeys; ++i) {
      const auto at = static_cast<std::size_t>(i);
      if (before[at] != after[at]) ++moved;
      const std::uint64_t hash = RingHash{}(key(i), 0);
      if (hash % 10 != hash % 11) ++moved_by_modulo;
    }
    EVIDENCE("moved on the ring", moved / double{kKeys});
    EVIDENCE("moved with hash % n", moved_by_modulo / double{kKeys});
    // Eq. (2): the share of the new server varies by 3.0% of itself; that the
    // keys are a sample adds sqrt(p (1 - p) / 20000). Five standard errors.
    const double p = 1.0 / 11.0;
    const double sampling = std::sqrt(p * (1.0 - p) / kKeys);
    CHECK(close(moved / double{kKeys}, p,
                {.abs = 5.0 * std::hypot(0.0303 * p, sampling)}));
    CHECK(close(moved_by_modulo / double{kKeys}, 1.0 - p,
                {.abs = 5.0 * sampling}));
  }

  TEST_CASE("load_evens_out_with_virtual_nodes") {
    std::vector<double> measured;
    for (const int virtual_nodes : {1, 100, 1000}) {
      const int rings = virtual_nodes == 1 ? 500 : 5000 / virtual_nodes + 5;
      CAPTURE(virtual_nodes);
      double sum = 0.0;
      for (int i = 0; i < rings; ++i) {
        sum += squared_deviation("ring" + std::to_string(i), virtual_nodes);
      }
      measured.push_back(std::sqrt(sum / (10.0 * rings)));
      // Eq. (2). With 100 shares at least, the root of a mean of squares has
      // a standard error of 1 / sqrt(200) = 7%, less where there are more.
      CHECK(close(measured.back(), std::sqrt(9.0 / (10.0 * virtual_nodes + 1)),
                  {.rel = 0.2}));
    }
    EVIDENCE_SERIES("spread for 1 / 100 / 1000 virtual nodes", measured);
    CHECK(close(std::sqrt(9.0 / 11.0), 0.905, {.abs = 5e-4}));
    CHECK(close(std::sqrt(9.0 / 1001.0), 0.0948, {.abs = 5e-5}));
    CHECK(close(std::sqrt(9.0 / 10001.0), 0.0300, {.abs = 5e-5}));
  }

  TEST_CASE("history_does_not_matter") {
    // On 64 places 40 points collide; who came first must not decide.
    std::array<int, 8> order{0, 1, 2, 3, 4, 5, 6, 7};
    const auto want = owners(ring_of<CoarseHash>(8, 5), 2000);
    for (int trial = 0; trial < 30; ++trial) {
      std::next_permutation(order.begin(), order.end());
      HashRing<CoarseHash> ring(5);
      ring.add("gone");
      for (const int i : order) ring.add(server(i));
      ring.remove("gone");
      CHECK(owners(ring, 2000) == want);
      std::reverse(order.begin(), order.end());
    }
  }

  TEST_CASE("a_hot_key_stays_on_one_server") {
    for (const int virtual_nodes : {1, 100, 1000}) {
      CAPTURE(virtual_nodes);
      const auto ring = ring_of(10, virtual_nodes);
      std::map<std::string, int> load;
      for (int i = 0; i < 2000; ++i) {  // every other request is for one key
        ++load[ring.locate(i % 2 == 0 ? "hot" : key(i))];
      }
      CHECK(load[ring.locate("hot")] >= 1000);
      CHECK(load.size() >= 2);
    }
  }
}

TEST_SUITE("coding/consistent_hashing extra") {
  TEST_CASE("points of two servers that coincide survive each other") {
    const std::vector<std::string> alone =
        owners(ring_of<CoarseHash>(1, 60), 100);
    HashRing<CoarseHash> ring(60);  // covers most of 64 places
    ring.add("zebra");
    ring.add(server(0));
    ring.remove("zebra");
    CHECK(owners(ring, 100) == alone);
    ring.add("another");
    ring.remove("another");
    CHECK(owners(ring, 100) == alone);
  }

  TEST_CASE("the hash is the one described") {
    // FNV-1a of "" and "a" as published, through MurmurHash3's finaliser.
    const auto finalised = [](std::uint64_t x) {
      x ^= x >> 33;
      x *= 0xff51afd7ed558ccdULL;
      x ^= x >> 33;
      x *= 0xc4ceb9fe1a85ec53ULL;
      x ^= x >> 33;
      return x;
    };
    CHECK(RingHash{}("", 0) == finalised(0xcbf29ce484222325ULL));
    CHECK(RingHash{}("a", 0) == finalised(0xaf63dc4c8601ec8cULL));
    CHECK(RingHash{}("a", 3) ==
          finalised(0xaf63dc4c8601ec8cULL + 3 * 0x9e3779b97f4a7c15ULL));
  }

  TEST_CASE("arguments that break the contract are refused") {
    CHECK_THROWS_WITH(HashRing<>(0),
                      "HashRing: need virtual_nodes >= 1, got 0");
    HashRing<> ring(3);
    CHECK_THROWS_WITH(ring.locate("k"), "HashRing: there are no servers");
    ring.add("a");
    CHECK_THROWS_WITH(ring.add("a"), "HashRing: there is a server 'a'");
    CHECK_THROWS_WITH(ring.remove("b"), "HashRing: there is no server 'b'");
    CHECK(ring.locate("") == "a");
    ring.remove("a");
    CHECK_THROWS_AS(ring.locate("k"), std::invalid_argument);
    CHECK_THROWS_AS(ring.remove("a"), std::invalid_argument);
  }
}
