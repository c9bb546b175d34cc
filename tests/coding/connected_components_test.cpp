// Verifies the claims of questions/coding/connected_components.md.
#include <whiteboard/coding/connected_components.hpp>
#include <whiteboard/core/random.hpp>

#include <support/claims.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

using namespace whiteboard;
using coding::Components;
using coding::connected_components;

namespace {

using Mask = Tensor<std::uint8_t, 2>;
using Labels = Tensor<int, 2>;

Mask random_mask(std::size_t h, std::size_t w, double share,
                 std::mt19937_64& rng) {
  Mask mask({h, w});
  for (auto& pixel : mask) pixel = uniform(rng) < share;
  return mask;
}

/// Labels by breadth-first search from each pixel not reached yet.
Labels by_flood(const Mask& mask, int connectivity) {
  const int h = static_cast<int>(mask.shape(0));
  const int w = static_cast<int>(mask.shape(1));
  Labels label({mask.shape(0), mask.shape(1)});
  label.fill(0);
  int count = 0;
  std::deque<std::pair<int, int>> queue;
  const auto reach = [&](int i, int j) {
    if (i < 0 || i >= h || j < 0 || j >= w) return;
    if (mask(i, j) == 0 || label(i, j) != 0) return;
    label(i, j) = count;
    queue.emplace_back(i, j);
  };
  for (int i = 0; i < h; ++i) {
    for (int j = 0; j < w; ++j) {
      if (mask(i, j) == 0 || label(i, j) != 0) continue;
      ++count;
      reach(i, j);
      while (!queue.empty()) {
        const auto [y, x] = queue.front();
        queue.pop_front();
        for (int dy = -1; dy <= 1; ++dy) {
          for (int dx = -1; dx <= 1; ++dx) {
            if (connectivity == 8 || dy == 0 || dx == 0) reach(y + dy, x + dx);
          }
        }
      }
    }
  }
  return label;
}

/// The number of components of a 3 x 3 mask by reachability of all pairs.
int by_closure(unsigned bits, int connectivity) {
  bool reach[9][9];
  const auto set = [&](int p) { return (bits >> p & 1U) == 1U; };
  for (int p = 0; p < 9; ++p) {
    for (int q = 0; q < 9; ++q) {
      const int dy = std::abs(p / 3 - q / 3), dx = std::abs(p % 3 - q % 3);
      const bool near = connectivity == 4 ? dy + dx <= 1 : dy <= 1 && dx <= 1;
      reach[p][q] = near && set(p) && set(q);
    }
  }
  for (int k = 0; k < 9; ++k) {
    for (int p = 0; p < 9; ++p) {
      for (int q = 0; q < 9; ++q) {
        reach[p][q] = reach[p][q] || (reach[p][k] && reach[k][q]);
      }
    }
  }
  int count = 0;  // pixels that reach none before them
  for (int p = 0; p < 9; ++p) {
    bool first = set(p);
    for (int q = 0; q < p; ++q) first = first && !reach[p][q];
    count += first;
  }
  return count;
}

/// One scan that gives each pixel the label of its left or upper neighbour, or
/// a new one, and never goes back.
int single_scan(const Mask& mask) {
  Labels label({mask.shape(0), mask.shape(1)});
  label.fill(0);
  int count = 0;
  for (std::size_t i = 0; i < mask.shape(0); ++i) {
    for (std::size_t j = 0; j < mask.shape(1); ++j) {
      if (mask(i, j) == 0) continue;
      const int left = j > 0 ? label(i, j - 1) : 0;
      const int up = i > 0 ? label(i - 1, j) : 0;
      label(i, j) = left != 0 ? left : up != 0 ? up : ++count;
    }
  }
  return count;
}

}  // namespace

TEST_SUITE("coding/connected_components") {
  TEST_CASE("breadth_first_search_agrees") {
    std::mt19937_64 rng(0);
    int wrong = 0, components = 0;
    for (int trial = 0; trial < 1000; ++trial) {
      const auto h = static_cast<std::size_t>(1 + uniform_index(12, rng));
      const auto w = static_cast<std::size_t>(1 + uniform_index(12, rng));
      const Mask mask = random_mask(h, w, 0.2 + 0.6 * uniform(rng), rng);
      for (const int connectivity : {4, 8}) {
        const Labels want = by_flood(mask, connectivity);
        const Components got = connected_components(mask, connectivity);
        wrong += !close(got.label, want);
        int count = 0;
        for (const int label : want) count = std::max(count, label);
        wrong += got.count != count;
        components += count;
      }
    }
    EVIDENCE("components in 2000 labellings", components);
    CHECK(components > 5000);
    CHECK(wrong == 0);
  }

  TEST_CASE("all_masks_of_nine_pixels") {
    std::array<int, 6> of_four{};  // how many masks have 0, 1, ... components
    for (const int connectivity : {4, 8}) {
      int wrong = 0;
      for (unsigned bits = 0; bits < 512; ++bits) {
        Mask mask({3, 3});
        for (unsigned p = 0; p < 9; ++p) {
          mask(p / 3, p % 3) = static_cast<std::uint8_t>(bits >> p & 1U);
        }
        const int count = by_closure(bits, connectivity);
        wrong += connected_components(mask, connectivity).count != count;
        if (connectivity == 4) ++of_four.at(static_cast<std::size_t>(count));
      }
      CHECK(wrong == 0);
    }
    EVIDENCE_SERIES("masks with 0 to 5 components of connectivity 4", of_four);
    CHECK(of_four[0] == 1);
    CHECK(of_four[5] == 1);  // the four corners and the middle
  }

  TEST_CASE("checkerboard") {
    Mask board({8, 8});
    for (std::size_t i = 0; i < 8; ++i) {
      for (std::size_t j = 0; j < 8; ++j) board(i, j) = (i + j) % 2 == 0;
    }
    CHECK(connected_components(board, 4).count == 32);
    CHECK(connected_components(board, 8).count == 1);
    CHECK(connected_components(board).count == 32);
    // Corners in both directions: one diagonal each.
    CHECK(connected_components(Mask{{1, 0}, {0, 1}}, 8).count == 1);
    CHECK(connected_components(Mask{{0, 1}, {1, 0}}, 8).count == 1);
    CHECK(connected_components(Mask{{0, 1}, {1, 0}}, 4).count == 2);
  }

  TEST_CASE("two_arms_merge") {
    const Mask u{{1, 0, 1}, {1, 0, 1}, {1, 1, 1}};
    const Components got = connected_components(u);
    CHECK(got.count == 1);
    CHECK(close(got.label, Labels{{1, 0, 1}, {1, 0, 1}, {1, 1, 1}}));
    CHECK(single_scan(u) == 2);
    // Labels of merged trees leave no gaps: the dot is number 2, not 4.
    const Mask comb{{1, 0, 1, 0, 1, 0},
                    {1, 1, 1, 1, 1, 0},
                    {0, 0, 0, 0, 0, 0},
                    {0, 0, 1, 0, 0, 1}};
    const Components combed = connected_components(comb);
    CHECK(combed.count == 3);
    CHECK(close(combed.label, Labels{{1, 0, 1, 0, 1, 0},
                                     {1, 1, 1, 1, 1, 0},
                                     {0, 0, 0, 0, 0, 0},
                                     {0, 0, 2, 0, 0, 3}}));
    CHECK(single_scan(comb) == 5);
  }

  TEST_CASE("rows_do_not_touch_at_their_ends") {
    // The end of a row and the start of the next are neighbours in memory only.
    const Mask ends{{0, 0, 1}, {1, 0, 0}, {0, 0, 1}, {1, 0, 0}};
    CHECK(connected_components(ends, 4).count == 4);
    CHECK(connected_components(ends, 8).count == 4);
    const Mask skipping{{0, 0, 1}, {0, 0, 0}, {1, 0, 0}};
    CHECK(connected_components(skipping, 8).count == 2);
    CHECK(connected_components(Mask{{1, 0, 0}, {0, 0, 1}}, 8).count == 2);
  }

  TEST_CASE("euler_counts_holes_with_the_other_rule") {
    // Pixels, minus pairs that share an edge, plus full 2 x 2 blocks, is the
    // number of components less that of holes, if the foreground has
    // connectivity 4 and the background 8.
    std::mt19937_64 rng(1);
    int wrong = 0, same_rule_wrong = 0;
    for (int trial = 0; trial < 200; ++trial) {
      Mask mask = random_mask(12, 12, 0.6, rng);
      for (std::size_t i = 0; i < 12; ++i) {  // a frame of background
        mask(0, i) = mask(11, i) = mask(i, 0) = mask(i, 11) = 0;
      }
      Mask inverse = mask;
      for (auto& pixel : inverse) pixel = pixel == 0;
      int euler = 0;
      for (std::size_t i = 0; i + 1 < 12; ++i) {
        for (std::size_t j = 0; j + 1 < 12; ++j) {
          euler += mask(i, j);
          euler -= mask(i, j) && mask(i, j + 1);
          euler -= mask(i, j) && mask(i + 1, j);
          euler += mask(i, j) && mask(i, j + 1) && mask(i + 1, j) &&
                   mask(i + 1, j + 1);
        }
      }
      const int islands = connected_components(mask, 4).count;
      const int holes = connected_components(inverse, 8).count - 1;
      wrong += islands - holes != euler;
      same_rule_wrong +=
          islands - (connected_components(inverse, 4).count - 1) != euler;
    }
    EVIDENCE("wrong of 200 when both use connectivity 4", same_rule_wrong);
    CHECK(wrong == 0);
    CHECK(same_rule_wrong > 150);
  }

  TEST_CASE("large_components_need_no_stack") {
    // 250,000 pixels: recursion over a full mask goes as deep as that.
    Mask full({500, 500});
    full.fill(1);
    const Components one = connected_components(full);
    CHECK(one.count == 1);
    CHECK(one.label(499, 499) == 1);
    // A path that winds from the top to the bottom: the hardest to join.
    Mask path({401, 300});
    for (std::size_t i = 0; i < 401; ++i) {
      for (std::size_t j = 0; j < 300; ++j) {
        path(i, j) = i % 2 == 0 || j == (i % 4 == 1 ? 299 : 0);
      }
    }
    CHECK(connected_components(path).count == 1);
    path(200, 150) = 0;
    CHECK(connected_components(path, 4).count == 2);
  }
}

TEST_SUITE("coding/connected_components extra") {
  TEST_CASE("the worked examples of the task") {
    CHECK(connected_components(Mask{{1, 0, 1}, {1, 1, 1}}).count == 1);
    CHECK(connected_components(Mask{{1, 0, 1}}).count == 2);
  }

  TEST_CASE("no pixels and no foreground") {
    const Components none =
        connected_components(Mask(std::array<std::size_t, 2>{0, 3}));
    CHECK(none.count == 0);
    CHECK(none.label.shape(1) == 3);
    const Components empty = connected_components(Mask{{0, 0}, {0, 0}}, 8);
    CHECK(empty.count == 0);
    CHECK(close(empty.label, Labels{{0, 0}, {0, 0}}));
    CHECK(connected_components(Mask{{1}}).count == 1);
  }

  TEST_CASE("any value but zero is foreground") {
    CHECK(close(connected_components(Mask{{255, 1, 0, 7}}).label,
                Labels{{1, 1, 0, 2}}));
  }

  TEST_CASE("other connectivities are refused") {
    for (const int connectivity : {0, 6, -4}) {
      CHECK_THROWS_AS(connected_components(Mask{{1}}, connectivity),
                      std::invalid_argument);
    }
    CHECK_THROWS_WITH(connected_components(Mask{{1}}, 6),
                      "connected_components: need connectivity 4 or 8, got 6");
  }
}
