// Verifies the claims of questions/coding/bilinear_resize.md.
#include <whiteboard/coding/bilinear_resize.hpp>
#include <whiteboard/core/random.hpp>

#include <support/claims.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::bilinear_resize;

namespace {

using Sizes = std::initializer_list<std::size_t>;
using Image = Tensor<double, 2>;

/// An image from a function of row and column.
template <class Function>
Image image(std::size_t height, std::size_t width, const Function& f) {
  Image out({height, width});
  for (std::size_t i = 0; i < height; ++i) {
    for (std::size_t j = 0; j < width; ++j) out(i, j) = f(i, j);
  }
  return out;
}

Image noise(std::size_t height, std::size_t width, std::mt19937_64& rng) {
  return image(height, width, [&](std::size_t, std::size_t) {
    return uniform(-1.0, 1.0, rng);
  });
}

Image transposed(const Image& a) {
  return image(a.shape(1), a.shape(0),
               [&](std::size_t i, std::size_t j) { return a(j, i); });
}

Image mirrored(const Image& a) {
  return image(a.shape(0), a.shape(1), [&](std::size_t i, std::size_t j) {
    return a(a.shape(0) - 1 - i, a.shape(1) - 1 - j);
  });
}

/// Where target pixel i falls, with pixels as unit squares.
double half_pixel(std::size_t i, std::size_t from, std::size_t to) {
  return (static_cast<double>(i) + 0.5) * static_cast<double>(from) /
             static_cast<double>(to) -
         0.5;
}

/// Where it falls when the outermost centres are mapped onto each other.
double corners_aligned(std::size_t i, std::size_t from, std::size_t to) {
  return static_cast<double>(i) * static_cast<double>(from - 1) /
         static_cast<double>(to - 1);
}

/// The interpolant as a sum of tents over all source pixels: no neighbours, no
/// floor. `Where` maps target to source coordinates.
template <class Where>
Image by_tents(const Image& src, std::size_t height, std::size_t width,
               const Where& where) {
  const auto tent = [](double x, std::size_t centre, std::size_t size) {
    const double inside = std::clamp(x, 0.0, static_cast<double>(size - 1));
    return std::max(0.0, 1.0 - std::abs(inside - static_cast<double>(centre)));
  };
  const std::size_t h = src.shape(0), w = src.shape(1);
  return image(height, width, [&](std::size_t i, std::size_t j) {
    double sum = 0.0;
    for (std::size_t p = 0; p < h; ++p) {
      for (std::size_t q = 0; q < w; ++q) {
        sum += tent(where(i, h, height), p, h) *
               tent(where(j, w, width), q, w) * src(p, q);
      }
    }
    return sum;
  });
}

}  // namespace

TEST_SUITE("coding/bilinear_resize") {
  TEST_CASE("half_pixel_centres_by_hand") {
    const Image src{{0, 1}, {2, 3}};
    // The centres fall at -0.25, 0.25, 0.75, 1.25, the ends clamped to 0 and 1;
    // all weights are quarters, so that the values are exact. The same as
    // PyTorch's interpolate(mode="bilinear", align_corners=False).
    const Image want{{0, 0.25, 0.75, 1},
                     {0.5, 0.75, 1.25, 1.5},
                     {1.5, 1.75, 2.25, 2.5},
                     {2, 2.25, 2.75, 3}};
    const Image got = bilinear_resize(src, 4, 4);
    CHECK(close(got, want));
    EVIDENCE_SERIES("first row",
                    std::vector<double>(got.begin(), got.begin() + 4));
    // Down to one pixel: the middle of all four.
    CHECK(close(bilinear_resize(src, 1, 1), Image{{1.5}}));
  }

  TEST_CASE("tents_over_all_pixels") {
    std::mt19937_64 rng(0);
    for (int trial = 0; trial < 60; ++trial) {
      const auto size = [&] {
        return static_cast<std::size_t>(1 + uniform_index(9, rng));
      };
      const Image src = noise(size(), size(), rng);
      const std::size_t height = size(), width = size();
      CAPTURE(src.shape(0));
      CAPTURE(src.shape(1));
      CAPTURE(height);
      CAPTURE(width);
      // Coordinates below 9 are rounded a few times, 1e-15 each, values below
      // 1 have slopes of at most 2, and the rest is a dozen roundings.
      CHECK(close(bilinear_resize(src, height, width),
                  by_tents(src, height, width, half_pixel), {.abs = 2e-14}));
    }
  }

  TEST_CASE("same_size_is_the_same_image") {
    std::mt19937_64 rng(1);
    for (const std::size_t n : Sizes{1, 2, 3, 10, 49}) {
      const Image src = noise(n, n + 2, rng);
      CHECK(close(bilinear_resize(src, n, n + 2), src));
    }
  }

  TEST_CASE("constants_and_ramps_survive") {
    const Image grey =
        image(5, 3, [](std::size_t, std::size_t) { return 0.1; });
    const Image larger = bilinear_resize(grey, 7, 11);
    REQUIRE(larger.size() == 77);
    CHECK(close(larger,
                image(7, 11, [](std::size_t, std::size_t) { return 0.1; }),
                {.rel = 1e-15}));

    // 3 + 2 i - 5 j at the mapped centres, apart from those beyond the border.
    const std::size_t h = 12, w = 9;
    const Image ramp = image(h, w, [](std::size_t i, std::size_t j) {
      return 3.0 + 2.0 * static_cast<double>(i) - 5.0 * static_cast<double>(j);
    });
    int compared = 0, wrong = 0;
    for (const std::size_t height : Sizes{5, 12, 31}) {
      for (const std::size_t width : Sizes{4, 20, 27}) {
        const Image got = bilinear_resize(ramp, height, width);
        REQUIRE(got.size() == height * width);
        for (std::size_t i = 0; i < height; ++i) {
          for (std::size_t j = 0; j < width; ++j) {
            const double y = half_pixel(i, h, height);
            const double x = half_pixel(j, w, width);
            if (y < 0.0 || y > 11.0 || x < 0.0 || x > 8.0) continue;
            ++compared;
            wrong += !close(got(i, j), 3.0 + 2.0 * y - 5.0 * x, {.abs = 1e-12});
          }
        }
      }
    }
    EVIDENCE("pixels of ramps compared", compared);
    CHECK(compared > 1000);
    CHECK(wrong == 0);
  }

  TEST_CASE("no_side_is_favoured") {
    std::mt19937_64 rng(2);
    const Image src = noise(7, 4, rng);
    // Rounded coordinates differ between the sides by some 1e-15.
    CHECK(close(bilinear_resize(mirrored(src), 10, 9),
                mirrored(bilinear_resize(src, 10, 9)), {.abs = 1e-14}));
    CHECK(close(bilinear_resize(transposed(src), 9, 10),
                transposed(bilinear_resize(src, 10, 9)), {.abs = 1e-14}));
    // i * scale without the halves, the convention of early frameworks, pulls
    // the image towards one corner: a mirrored picture comes out different.
    const auto without_halves = [](std::size_t i, std::size_t from,
                                   std::size_t to) {
      return static_cast<double>(i * from) / static_cast<double>(to);
    };
    const double drift =
        largest_difference(by_tents(mirrored(src), 10, 9, without_halves),
                           mirrored(by_tents(src, 10, 9, without_halves)));
    EVIDENCE("difference to the mirror image without halves", drift);
    CHECK(drift > 0.1);
  }

  TEST_CASE("aligned_corners_are_another_map") {
    const Image row{{0, 1}};
    const Image aligned = by_tents(row, 1, 4, [](auto i, auto from, auto to) {
      return to > 1 ? corners_aligned(i, from, to) : 0.0;
    });
    CHECK(close(aligned, Image{{0, 1.0 / 3.0, 2.0 / 3.0, 1}}, {.abs = 1e-15}));
    CHECK(close(bilinear_resize(row, 1, 4), Image{{0, 0.25, 0.75, 1}}));

    // On the ramp 0 to 7 a value is a position: half a pixel at the ends.
    const Image ramp{{0, 1, 2, 3, 4, 5, 6, 7}};
    const Image here = bilinear_resize(ramp, 1, 4);
    CHECK(close(here, Image{{0.5, 2.5, 4.5, 6.5}}));
    std::vector<double> shift;
    for (std::size_t j = 0; j < 4; ++j) {
      shift.push_back(corners_aligned(j, 8, 4) - here(0, j));
    }
    EVIDENCE_SERIES("shift of aligned corners in pixels", shift);
    CHECK(close(shift, std::vector<double>{-0.5, -1.0 / 6.0, 1.0 / 6.0, 0.5},
                {.abs = 1e-15}));
  }

  TEST_CASE("values_stay_in_range") {
    std::mt19937_64 rng(3);
    int outside = 0, pixels = 0;
    for (const std::size_t n : Sizes{1, 2, 3, 5, 8}) {
      for (const std::size_t m : Sizes{1, 2, 4, 7, 13, 40}) {
        const Image src = noise(n, n, rng);
        const auto [low, high] = std::minmax_element(src.begin(), src.end());
        const Image got = bilinear_resize(src, m, m);
        REQUIRE(got.size() == m * m);
        // Two blends, one on top of the other. Each rounds a difference and a
        // product of up to twice the largest pixel and a sum of up to once:
        // 5 * 1.1e-16 times it.
        const double slack = 2e-15 * std::max(std::abs(*low), std::abs(*high));
        for (const double x : got) {
          outside += !(x >= *low - slack && x <= *high + slack);
          ++pixels;
        }
      }
    }
    EVIDENCE("pixels looked at", pixels);
    CHECK(outside == 0);
    // The first centre of four falls at -0.25: no extrapolation beyond 0.
    CHECK(bilinear_resize(Image{{0, 1}}, 1, 4)(0, 0) == 0.0);
  }

  TEST_CASE("shrinking_aliases") {
    // Columns 0 1 1 0 repeated: a quarter of the width looks at the two ones.
    const Image stripes = image(8, 32, [](std::size_t, std::size_t j) {
      return j % 4 == 1 || j % 4 == 2 ? 1.0 : 0.0;
    });
    const Image small = bilinear_resize(stripes, 2, 8);
    CHECK(close(small,
                image(2, 8, [](std::size_t, std::size_t) { return 1.0; })));
    double mean = 0.0;
    for (const double x : stripes) mean += x / 256.0;
    CHECK(close(mean, 0.5, {.abs = 1e-14}));
    EVIDENCE("mean of the stripes", mean);
    EVIDENCE("mean after shrinking by 4", small(0, 0));
    // Halving is the exception: two pixels with weights of a half are the mean.
    const Image half = bilinear_resize(stripes, 4, 16);
    CHECK(close(half,
                image(4, 16, [](std::size_t, std::size_t) { return 0.5; })));
  }
}

TEST_SUITE("coding/bilinear_resize extra") {
  TEST_CASE("one pixel fills any target") {
    const Image got = bilinear_resize(Image{{-2.5}}, 3, 2);
    CHECK(close(got, Image{{-2.5, -2.5}, {-2.5, -2.5}, {-2.5, -2.5}}));
    CHECK(close(bilinear_resize(Image{{0, 1}}, 3, 2),
                Image{{0, 1}, {0, 1}, {0, 1}}));
  }

  TEST_CASE("arguments that break the contract are refused") {
    const Image src{{0, 1}, {2, 3}};
    CHECK_THROWS_WITH_AS(
        bilinear_resize(src, 0, 3),
        "bilinear_resize: need pixels on both sides, got 2 x 2 to 0 x 3",
        std::invalid_argument);
    CHECK_THROWS_WITH(
        bilinear_resize(src, 3, 0),
        "bilinear_resize: need pixels on both sides, got 2 x 2 to 3 x 0");
    CHECK_THROWS_WITH(
        bilinear_resize(Image(std::array<std::size_t, 2>{0, 4}), 1, 1),
        "bilinear_resize: need pixels on both sides, got 0 x 4 to 1 x 1");
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK_THROWS_WITH(bilinear_resize(Image{{0, 1}, {nan, 3}}, 2, 2),
                      "bilinear_resize: src(1, 0) is nan");
    CHECK_THROWS_WITH(bilinear_resize(Image{{0, 1}, {0, -infinity}}, 2, 2),
                      "bilinear_resize: src(1, 1) is -inf");
  }
}
