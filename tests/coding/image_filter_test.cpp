// Verifies the claims of questions/coding/image_filter.md.
#include <whiteboard/coding/image_filter.hpp>
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
using coding::Border;
using coding::image_filter;
using coding::image_filter_rows;

namespace {

using Sizes = std::initializer_list<std::size_t>;
using Image = Tensor<double, 2>;

constexpr Border kBorders[] = {Border::zero, Border::replicate,
                               Border::reflect};

/// An image from a function of row and column, both int.
template <class Function>
Image image(std::size_t height, std::size_t width, const Function& f) {
  Image out({height, width});
  for (std::size_t i = 0; i < height; ++i) {
    for (std::size_t j = 0; j < width; ++j) {
      out(i, j) = f(static_cast<int>(i), static_cast<int>(j));
    }
  }
  return out;
}

Image noise(std::size_t height, std::size_t width, std::mt19937_64& rng) {
  return image(height, width, [&](int, int) { return normal(rng); });
}

Image impulse(std::size_t height, std::size_t width, int row, int column) {
  return image(height, width, [&](int i, int j) {
    return i == row && j == column ? 1.0 : 0.0;
  });
}

Image flipped(const Image& a) {
  return image(a.shape(0), a.shape(1), [&](int i, int j) {
    return a(a.shape(0) - 1 - static_cast<std::size_t>(i),
             a.shape(1) - 1 - static_cast<std::size_t>(j));
  });
}

/// height x width pixels of `a` from (row, column) on.
Image cut(const Image& a, int row, int column, std::size_t height,
          std::size_t width) {
  return image(height, width,
               [&](int i, int j) { return a(row + i, column + j); });
}

Image added(const Image& a, const Image& b) {
  return image(a.shape(0), a.shape(1),
               [&](int i, int j) { return a(i, j) + b(i, j); });
}

/// The median of the three pixels around each of a row, zeros beyond.
std::vector<double> medians(const std::vector<double>& row) {
  std::vector<double> out;
  for (std::size_t j = 0; j < row.size(); ++j) {
    const double before = j > 0 ? row[j - 1] : 0.0;
    const double after = j + 1 < row.size() ? row[j + 1] : 0.0;
    std::vector<double> three{before, row[j], after};
    std::sort(three.begin(), three.end());
    out.push_back(three[1]);
  }
  return out;
}

}  // namespace

TEST_SUITE("coding/image_filter") {
  TEST_CASE("impulse_returns_the_kernel") {
    const Image kernel{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}};
    const Image got = image_filter(impulse(5, 6, 2, 3), kernel, Border::zero);
    CHECK(close(cut(got, 1, 2, 3, 3), kernel));
    double total = 0.0;
    for (const double x : got) total += x;
    CHECK(total == 45.0);
    // A correlation with it is a convolution with the flipped kernel.
    const Image correlated =
        image_filter(impulse(5, 6, 2, 3), flipped(kernel), Border::zero);
    CHECK(close(cut(correlated, 1, 2, 3, 3),
                Image{{9, 8, 7}, {6, 5, 4}, {3, 2, 1}}));
    // Both sides of the kernel count: 1 x 5 and 3 x 1.
    const Image row{{1, 2, 3, 4, 5}}, column{{1}, {2}, {3}};
    CHECK(close(image_filter(Image{{0, 0, 1, 0, 0}}, row, Border::zero), row));
    CHECK(close(image_filter(Image{{0}, {1}, {0}}, column, Border::zero),
                column));
  }

  TEST_CASE("sobel_of_a_ramp") {
    const Image ramp = image(6, 7, [](int, int j) { return 1.0 * j; });
    const Image sobel{{-1, 0, 1}, {-2, 0, 2}, {-1, 0, 1}};
    const Image got = image_filter(ramp, sobel, Border::replicate);
    // Flipped, the kernel takes the left neighbour from the right one with
    // weights 1, 2, 1 in the negative: -8, and half of it at the ends.
    CHECK(close(got, image(6, 7, [](int, int j) {
                  return j == 0 || j == 6 ? -4.0 : -8.0;
                })));
    EVIDENCE("inside the ramp", got(3, 3));
    CHECK(close(
        image_filter(ramp, flipped(sobel), Border::replicate),
        image(6, 7, [](int, int j) { return j == 0 || j == 6 ? 4.0 : 8.0; })));
  }

  TEST_CASE("borders_by_table") {
    // An impulse in a kernel of 1 x 15 fetches the pixel `offset` to the right.
    const Image row{{10, 20, 30, 40}};
    const auto fetched = [&](Border border) {
      std::vector<double> pixels;
      for (int offset = -7; offset <= 7; ++offset) {
        const Image kernel = impulse(1, 15, 0, 7 - offset);
        pixels.push_back(image_filter(row, kernel, border)(0, 0));
      }
      return pixels;  // at the columns -7 to 7
    };
    using Row = std::vector<double>;
    CHECK(close(fetched(Border::zero),
                Row{0, 0, 0, 0, 0, 0, 0, 10, 20, 30, 40, 0, 0, 0, 0}));
    CHECK(close(fetched(Border::replicate), Row{10, 10, 10, 10, 10, 10, 10, 10,
                                                20, 30, 40, 40, 40, 40, 40}));
    CHECK(close(fetched(Border::reflect), Row{20, 10, 20, 30, 40, 30, 20, 10,
                                              20, 30, 40, 30, 20, 10, 20}));
    EVIDENCE_SERIES("reflected columns -7 to 7", fetched(Border::reflect));
    // The same downwards, and a single pixel that reflects itself.
    const Image column{{10}, {20}, {30}};
    CHECK(close(image_filter(column, impulse(5, 1, 4, 0), Border::reflect),
                Image{{30}, {20}, {10}}));
    CHECK(close(image_filter(Image{{5}}, impulse(3, 3, 0, 0), Border::reflect),
                Image{{5}}));
  }

  TEST_CASE("moves_with_the_image") {
    std::mt19937_64 rng(0);
    const Image big = noise(14, 15, rng), kernel = noise(3, 5, rng);
    const Image whole = image_filter(big, kernel, Border::zero);
    // Filtering a cut-out is cutting out of the filtered, one row and two
    // columns in from its border.
    for (const Border border : kBorders) {
      const Image part = image_filter(cut(big, 3, 4, 8, 9), kernel, border);
      REQUIRE(part.shape(0) == 8);
      // 15 products below 20 or so, added in any order.
      CHECK(
          close(cut(part, 1, 2, 6, 5), cut(whole, 4, 6, 6, 5), {.abs = 1e-13}));
      CHECK_FALSE(close(part, cut(whole, 3, 4, 8, 9), {.abs = 1e-3}));
    }
  }

  TEST_CASE("kernels_compose") {
    std::mt19937_64 rng(1);
    const Image src = noise(9, 10, rng);
    const Image a = noise(3, 3, rng), b = noise(3, 3, rng);
    // a with a border of zeros leaves room for all of a * b: 5 x 5.
    const auto padded = [](const Image& k) {
      return image(5, 5, [&](int i, int j) {
        return i > 0 && i < 4 && j > 0 && j < 4 ? k(i - 1, j - 1) : 0.0;
      });
    };
    const Image both = image_filter(padded(a), b, Border::zero);
    const Image swapped = image_filter(padded(b), a, Border::zero);
    CHECK(close(both, swapped, {.abs = 1e-13}));
    const Image twice =
        image_filter(image_filter(src, a, Border::zero), b, Border::zero);
    const Image once = image_filter(src, both, Border::zero);
    CHECK(close(cut(twice, 2, 2, 5, 6), cut(once, 2, 2, 5, 6), {.abs = 1e-12}));
    // A correlation does not: each pass flips, and so does the product.
    const auto correlate = [](const Image& x, const Image& k) {
      return image_filter(x, flipped(k), Border::zero);
    };
    CHECK_FALSE(close(cut(correlate(correlate(src, a), b), 2, 2, 5, 6),
                      cut(correlate(src, correlate(padded(a), b)), 2, 2, 5, 6),
                      {.abs = 1e-3}));
  }

  TEST_CASE("separable_in_two_passes") {
    std::mt19937_64 rng(2);
    const Image src = noise(6, 5, rng);
    Image column({7, 1}), row({1, 7});  // longer than the image is wide
    for (int u = 0; u < 7; ++u) {
      column(u, 0) = row(0, u) = std::exp(-0.125 * (u - 3) * (u - 3));
    }
    const Image square =
        image(7, 7, [&](int u, int v) { return column(u, 0) * row(0, v); });
    for (const Border border : kBorders) {
      const Image one = image_filter(src, square, border);
      const Image two =
          image_filter(image_filter(src, row, border), column, border);
      // 49 products of weights up to 1 and pixels up to 3: rounding 1e-14.
      CHECK(close(two, one, {.abs = 1e-12}));
    }
    // Weights: 49 of the one, 7 + 7 of the other.
    EVIDENCE(
        "largest difference",
        largest_difference(image_filter(image_filter(src, row, Border::zero),
                                        column, Border::zero),
                           image_filter(src, square, Border::zero)));
  }

  TEST_CASE("zero_borders_darken") {
    const Image white = image(4, 5, [](int, int) { return 9.0; });
    const Image mean = image(3, 3, [](int, int) { return 1.0 / 9.0; });
    for (const Border border : {Border::replicate, Border::reflect}) {
      CHECK(close(image_filter(white, mean, border), white, {.rel = 2e-15}));
    }
    // Four of nine pixels remain in the corner, six at an edge.
    const Image dark = image_filter(white, mean, Border::zero);
    CHECK(close(dark,
                image(4, 5,
                      [](int i, int j) {
                        const int rows = i == 0 || i == 3 ? 2 : 3;
                        const int columns = j == 0 || j == 4 ? 2 : 3;
                        return 1.0 * rows * columns;
                      }),
                {.rel = 2e-15}));
    EVIDENCE("share left in the corner", dark(0, 0) / 9.0);
  }

  TEST_CASE("boxes_become_gaussian") {
    // k passes of a box of w columns over an impulse: what is left is the
    // distribution of a sum of k uniform draws.
    std::vector<double> variances, off;
    for (const int w : {3, 5}) {
      const Image box = image(1, static_cast<std::size_t>(w),
                              [&](int, int) { return 1.0 / w; });
      Image blurred = impulse(1, 41, 0, 20);
      for (int k = 1; k <= 4; ++k) {
        CAPTURE(w);
        CAPTURE(k);
        blurred = image_filter(blurred, box, Border::zero);
        double mean = 0.0, variance = 0.0;
        for (int j = 0; j < 41; ++j) {
          mean += blurred(0, j) * j;
          variance += blurred(0, j) * (j - 20) * (j - 20);
        }
        CHECK(close(mean, 20.0, {.abs = 1e-12}));
        CHECK(close(variance, k * (w * w - 1) / 12.0, {.abs = 1e-12}));
        variances.push_back(variance);
        if (w != 5) continue;
        double worst = 0.0;
        for (int j = 0; j < 41; ++j) {
          const double z = (j - 20.0) * (j - 20.0) / variance;
          const double density = std::exp(-0.5 * z) /
                                 std::sqrt(2.0 * 3.141592653589793 * variance);
          worst = std::max(worst, std::abs(blurred(0, j) - density));
        }
        off.push_back(worst);
      }
    }
    EVIDENCE_SERIES("boxes of 5 off the normal density", off);
    REQUIRE(off.size() == 4);
    CHECK(close(off[0], 0.096, {.abs = 5e-4}));
    CHECK(off[2] < 0.011);
    EVIDENCE_SERIES("variance by passes for w = 3 and 5", variances);
  }

  TEST_CASE("median_is_no_filter") {
    // Any kernel is linear.
    std::mt19937_64 rng(3);
    const Image x = noise(5, 6, rng), y = noise(5, 6, rng);
    const Image kernel = noise(3, 3, rng);
    CHECK(close(image_filter(added(x, y), kernel, Border::reflect),
                added(image_filter(x, kernel, Border::reflect),
                      image_filter(y, kernel, Border::reflect)),
                {.abs = 1e-13}));
    // The median is not: 0 + 0 is not 9.
    CHECK(medians({0, 0, 9})[1] == 0.0);
    CHECK(medians({0, 9, 0})[1] == 0.0);
    CHECK(medians({0, 9, 9})[1] == 9.0);
    // And it removes a spike that a mean spreads over its window.
    CHECK(close(medians({0, 0, 9, 0, 0}), std::vector<double>(5, 0.0)));
    const Image third = image(1, 3, [](int, int) { return 1.0 / 3.0; });
    CHECK(close(image_filter(Image{{0, 0, 9, 0, 0}}, third, Border::zero),
                Image{{0, 3, 3, 3, 0}}, {.rel = 1e-15}));
  }

  TEST_CASE("rows_give_the_same") {
    std::mt19937_64 rng(4);
    for (const std::size_t height : Sizes{1, 2, 5, 9}) {
      for (const std::size_t width : Sizes{1, 3, 8, 17}) {
        for (const Border border : kBorders) {
          CAPTURE(height);
          CAPTURE(width);
          const Image src = noise(height, width, rng);
          for (const std::size_t k : Sizes{1, 3, 7}) {
            const Image kernel = noise(k, 5, rng);
            // 35 products, sums below 100: 35 * 100 * 1.1e-16.
            CHECK(close(image_filter_rows(src, kernel, border),
                        image_filter(src, kernel, border), {.abs = 4e-13}));
          }
        }
      }
    }
  }
}

TEST_SUITE("coding/image_filter extra") {
  TEST_CASE("one weight scales") {
    const Image src{{1, 2}, {3, 4}};
    for (const Border border : kBorders) {
      CHECK(close(image_filter(src, Image{{-2}}, border),
                  Image{{-2, -4}, {-6, -8}}));
    }
  }

  TEST_CASE("arguments that break the contract are refused by both forms") {
    const Image src{{0, 1}, {2, 3}}, kernel{{1, 1, 1}};
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinity = std::numeric_limits<double>::infinity();
    for (const auto filter : {&image_filter, &image_filter_rows}) {
      CHECK_THROWS_WITH_AS(
          filter(src, Image{{1, 1}, {1, 1}, {1, 1}}, Border::zero),
          "image_filter: need odd sides, the kernel is 3 x 2",
          std::invalid_argument);
      CHECK_THROWS_WITH(filter(src, Image{{1}, {1}}, Border::reflect),
                        "image_filter: need odd sides, the kernel is 2 x 1");
      CHECK_THROWS_WITH(
          filter(Image(std::array<std::size_t, 2>{3, 0}), kernel, Border::zero),
          "image_filter: src is 3 x 0");
      CHECK_THROWS_WITH(filter(Image{{0, nan}}, kernel, Border::zero),
                        "image_filter: src(0, 1) is nan");
      CHECK_THROWS_WITH(filter(src, Image{{infinity}}, Border::zero),
                        "image_filter: kernel(0, 0) is inf");
    }
  }
}
