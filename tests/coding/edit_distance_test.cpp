// Verifies the claims of questions/coding/edit_distance.md.
#include <whiteboard/coding/edit_distance.hpp>

#include <whiteboard/core/random.hpp>

#include <support/claims.hpp>

#include <array>
#include <map>
#include <queue>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace whiteboard;
using coding::edit_distance;
using coding::edit_distance_bits;

namespace {

using Table = std::vector<std::vector<std::size_t>>;

/// A string of the given length over the first `letters` byte values from 'a'
/// on, wrapping around 255.
std::string random_string(std::ptrdiff_t length, int letters,
                          std::mt19937_64& rng) {
  std::string s;
  for (std::ptrdiff_t i = 0; i < length; ++i) {
    s.push_back(static_cast<char>('a' + uniform_index(letters, rng)));
  }
  return s;
}

/// Eq. (1) as a full table that pulls nothing from a row above it in place:
/// each cell pushes its three moves forward (a relaxation of shortest paths).
std::size_t by_full_table(std::string_view a, std::string_view b) {
  const std::size_t far = a.size() + b.size() + 1;
  Table d(a.size() + 2, std::vector<std::size_t>(b.size() + 2, far));
  d[0][0] = 0;
  const auto relax = [&](std::size_t i, std::size_t j, std::size_t cost) {
    if (cost < d[i][j]) d[i][j] = cost;
  };
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      relax(i + 1, j, d[i][j] + 1);
      relax(i, j + 1, d[i][j] + 1);
      const bool both = i < a.size() && j < b.size();
      if (both) relax(i + 1, j + 1, d[i][j] + (a[i] != b[j]));
    }
  }
  return d[a.size()][b.size()];
}

/// Every string that one edit over {a, b} makes of `s`.
std::set<std::string> one_edit_away(const std::string& s) {
  std::set<std::string> next;
  for (std::size_t i = 0; i <= s.size(); ++i) {
    for (const char* letter : {"a", "b"}) {
      next.insert(std::string(s).insert(i, letter));
      if (i < s.size()) next.insert(std::string(s).replace(i, 1, letter));
    }
    if (i < s.size()) next.insert(std::string(s).erase(i, 1));
  }
  return next;
}

/// Distances from `start` to the strings of `universe` by breadth-first search
/// along single edits: the definition itself.
std::map<std::string, std::size_t> edits_from(
    const std::string& start, const std::set<std::string>& universe) {
  std::map<std::string, std::size_t> distance{{start, 0}};
  std::queue<std::string> open({start});
  for (; !open.empty(); open.pop()) {
    for (const std::string& next : one_edit_away(open.front())) {
      if (!universe.contains(next) || distance.contains(next)) continue;
      distance[next] = distance[open.front()] + 1;
      open.push(next);
    }
  }
  return distance;
}

/// The popular variant that also swaps neighbours, at cost 1.
std::size_t optimal_string_alignment(std::string_view a, std::string_view b) {
  Table d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      d[i][j] = std::min({d[i - 1][j - 1] + (a[i - 1] != b[j - 1]),
                          d[i - 1][j] + 1, d[i][j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

TEST_SUITE("coding/edit_distance") {
  TEST_CASE("textbook_distances") {
    CHECK(edit_distance("kitten", "sitting") == 3);
    CHECK(edit_distance("intention", "execution") == 5);
    CHECK(edit_distance("doctor", "bottle") == 4);
    CHECK(edit_distance("", "sitting") == 7);
    CHECK(edit_distance("kitten", "") == 6);
    CHECK(edit_distance("", "") == 0);
  }

  TEST_CASE("fewest_single_edits") {
    std::set<std::string> universe{""};
    for (int length = 1; length <= 5; ++length) {
      for (const std::string& s : std::set<std::string>(universe)) {
        universe.insert(s + "a");
        universe.insert(s + "b");
      }
    }
    REQUIRE(universe.size() == 63);
    int pairs = 0;
    for (const std::string& a : universe) {
      // A shortest path can delete first and insert last, so it never needs a
      // string longer than its ends: searching the 63 is enough.
      const auto distances = edits_from(a, universe);
      REQUIRE(distances.size() == 63);
      for (const auto& entry : distances) {
        CAPTURE(a);
        CAPTURE(entry.first);
        REQUIRE(edit_distance(a, entry.first) == entry.second);
        ++pairs;
      }
    }
    EVIDENCE("pairs of strings", pairs);
    CHECK(pairs == 63 * 63);
    CHECK(edit_distance("ababa", "babab") == 2);
  }

  TEST_CASE("is_a_metric") {
    std::mt19937_64 rng(1);
    int tight = 0;
    for (int trial = 0; trial < 2000; ++trial) {
      std::array<std::string, 3> s;
      for (auto& text : s) text = random_string(uniform_index(13, rng), 3, rng);
      const std::size_t ab = edit_distance(s[0], s[1]);
      const std::size_t bc = edit_distance(s[1], s[2]);
      const std::size_t ac = edit_distance(s[0], s[2]);
      CAPTURE(s[0]);
      CAPTURE(s[1]);
      CAPTURE(s[2]);
      REQUIRE(ab == edit_distance(s[1], s[0]));
      REQUIRE((ab == 0) == (s[0] == s[1]));
      REQUIRE(ac <= ab + bc);
      REQUIRE(edit_distance(s[0], s[0]) == 0);
      if (ac == ab + bc) ++tight;
    }
    EVIDENCE("triples of 2000 that attain equality", tight);
    CHECK(tight > 0);
  }

  TEST_CASE("bounds_from_the_lengths") {
    std::mt19937_64 rng(2);
    for (int trial = 0; trial < 1000; ++trial) {
      const std::string a = random_string(uniform_index(20, rng), 4, rng);
      const std::string b = random_string(uniform_index(20, rng), 4, rng);
      const std::size_t longer = std::max(a.size(), b.size());
      const std::size_t shorter = std::min(a.size(), b.size());
      CAPTURE(a);
      CAPTURE(b);
      REQUIRE(edit_distance(a, b) >= longer - shorter);
      REQUIRE(edit_distance(a, b) <= longer);
      // Attained below where one is a piece of the other, above where they
      // share no letter.
      REQUIRE(edit_distance(a, a + b) == b.size());
      REQUIRE(edit_distance(a, std::string(b.size(), 'z')) == longer);
    }
  }

  TEST_CASE("one_letter_changes_it_by_at_most_one") {
    std::mt19937_64 rng(3);
    std::array<int, 3> seen{};
    for (int trial = 0; trial < 1000; ++trial) {
      const std::string a = random_string(uniform_index(15, rng), 2, rng);
      const std::string b = random_string(uniform_index(15, rng), 2, rng);
      const std::size_t before = edit_distance(a, b);
      const std::size_t after = edit_distance(a + "a", b);
      CAPTURE(a);
      CAPTURE(b);
      REQUIRE(after + 1 >= before);
      REQUIRE(after <= before + 1);
      ++seen[after + 1 - before];
      // Along the diagonal it never falls, and rises by at most 1.
      const std::size_t diagonal = edit_distance(a + "a", b + "b");
      REQUIRE(diagonal >= before);
      REQUIRE(diagonal <= before + 1);
    }
    EVIDENCE_SERIES("how often the step is -1, 0, +1", seen);
    for (const int times : seen) CHECK(times > 0);
  }

  TEST_CASE("row_table_and_bits_agree") {
    std::mt19937_64 rng(4);
    // Lengths on both sides of one, two and three words of 64 bits.
    for (const std::ptrdiff_t m : {0, 1, 2, 31, 63, 64, 65, 127, 128, 129}) {
      for (const std::ptrdiff_t n : {0, 1, 40, 64, 100, 130, 193}) {
        for (const int letters : {2, 20, 256}) {
          const std::string a = random_string(m, letters, rng);
          const std::string b = random_string(n, letters, rng);
          const std::size_t want = by_full_table(a, b);
          CAPTURE(a);
          CAPTURE(b);
          REQUIRE(edit_distance(a, b) == want);
          REQUIRE(edit_distance_bits(a, b) == want);
          REQUIRE(edit_distance_bits(b, a) == want);
        }
      }
    }
    // A few edits on a long string: the chains of matches are long, so the
    // carry has to travel through whole words.
    const std::string a = random_string(1000, 4, rng);
    std::string b = a;
    b.erase(100, 3).insert(500, "zz").replace(900, 1, "z");
    EVIDENCE("distance after 6 edits on 1000 letters", edit_distance(a, b));
    CHECK(edit_distance(a, b) == 6);
    CHECK(edit_distance_bits(a, b) == 6);
  }

  TEST_CASE("transposition_costs_two") {
    CHECK(edit_distance("CA", "AC") == 2);
    CHECK(edit_distance("AC", "ABC") == 1);
    CHECK(edit_distance("CA", "ABC") == 3);

    // The variant charges 1, and the detour over AC is cheaper than its direct
    // way: no triangle inequality.
    CHECK(optimal_string_alignment("CA", "AC") == 1);
    CHECK(optimal_string_alignment("AC", "ABC") == 1);
    CHECK(optimal_string_alignment("CA", "ABC") == 3);
  }

  TEST_CASE("letters_are_bytes") {
    // U+00E9 is the bytes C3 A9: one substitution and one insertion.
    CHECK(edit_distance("cafe", "caf\xC3\xA9") == 2);
    // U+00E9 and U+00E8 share the first byte.
    CHECK(edit_distance("caf\xC3\xA9", "caf\xC3\xA8") == 1);
    // A byte of 0 is a letter like any other.
    CHECK(edit_distance(std::string_view("a\0b", 3), "ab") == 1);
    CHECK(edit_distance(std::string_view("a\0b", 3),
                        std::string_view("a\0c", 3)) == 1);
  }
}

TEST_SUITE("coding/edit_distance extra") {
  TEST_CASE("bits on the edges") {
    CHECK(edit_distance_bits("", "") == 0);
    CHECK(edit_distance_bits("", "abc") == 3);
    CHECK(edit_distance_bits("abc", "") == 3);
    CHECK(edit_distance_bits("kitten", "sitting") == 3);
    CHECK(edit_distance_bits("caf\xC3\xA9", "cafe") == 2);
    const std::string same(200, 'x');
    CHECK(edit_distance_bits(same, same) == 0);
    CHECK(edit_distance_bits(same, std::string(200, 'y')) == 200);
    CHECK(edit_distance_bits(same, std::string(64, 'x')) == 136);
  }
}
