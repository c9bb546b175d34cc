// Verifies the claims of questions/coding/conv2d.md.
#include <whiteboard/coding/conv2d.hpp>
#include <whiteboard/core/random.hpp>

#include <support/claims.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::conv2d;
using coding::conv2d_im2col;

namespace {

using Input = Tensor<double, 3>;
using Filters = Tensor<double, 4>;
using Complex = std::complex<double>;

template <class Array>
Array noise(const Array& shape_of, std::mt19937_64& rng) {
  Array out = shape_of;
  for (double& value : out) value = normal(rng);
  return out;
}

Input input(std::size_t m, std::size_t h, std::size_t w, double value = 0.0) {
  Input x({m, h, w});
  x.fill(value);
  return x;
}

Filters filters(std::size_t n, std::size_t m, std::size_t kh, std::size_t kw,
                double value = 0.0) {
  Filters w({n, m, kh, kw});
  w.fill(value);
  return w;
}

/// Discrete Fourier transform of a square grid along both axes; sign -1 is the
/// forward one. Quadratic per row: no butterflies to get wrong.
std::vector<Complex> transform(const std::vector<Complex>& grid, std::size_t n,
                               double sign) {
  std::vector<Complex> root(n), half(n * n), out(n * n);
  for (std::size_t k = 0; k < n; ++k) {
    root[k] =
        std::polar(1.0, sign * 2.0 * 3.141592653589793 *
                            static_cast<double>(k) / static_cast<double>(n));
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t f = 0; f < n; ++f) {
      for (std::size_t j = 0; j < n; ++j) {
        half[i * n + f] += grid[i * n + j] * root[f * j % n];
      }
    }
  }
  for (std::size_t f = 0; f < n; ++f) {
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        out[f * n + j] += half[i * n + j] * root[f * i % n];
      }
    }
  }
  return out;
}

/// The spectrum of h x w values, put on a grid of n x n from `offset` on.
template <class Values>
std::vector<Complex> spectrum(std::size_t n, std::size_t h, std::size_t w,
                              std::size_t offset, const Values& values) {
  std::vector<Complex> grid(n * n);
  for (std::size_t i = 0; i < h; ++i) {
    for (std::size_t j = 0; j < w; ++j) {
      grid[(i + offset) * n + j + offset] = values(i, j);
    }
  }
  return transform(grid, n, -1.0);
}

/// Where windows of k start in n pixels.
std::vector<std::size_t> starts(std::size_t n, std::size_t k,
                                std::size_t stride) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i + k <= n; i += stride) out.push_back(i);
  return out;
}

/// The layer by products of spectra: a correlation is a product with the
/// conjugate. The padded input fits, so that windows do not wrap around.
Input by_fourier(const Input& x, const Filters& w, const Vector& bias,
                 std::size_t stride, std::size_t padding) {
  const std::size_t h = x.shape(1) + 2 * padding;
  const std::size_t width = x.shape(2) + 2 * padding, n = std::max(h, width);
  const auto rows = starts(h, w.shape(2), stride);
  const auto columns = starts(width, w.shape(3), stride);
  Input y({w.shape(0), rows.size(), columns.size()});
  for (std::size_t o = 0; o < w.shape(0); ++o) {
    std::vector<Complex> sum(n * n);
    for (std::size_t c = 0; c < x.shape(0); ++c) {
      const auto image = spectrum(n, x.shape(1), x.shape(2), padding,
                                  [&](auto i, auto j) { return x(c, i, j); });
      const auto filter =
          spectrum(n, w.shape(2), w.shape(3), 0,
                   [&](auto u, auto v) { return w(o, c, u, v); });
      for (std::size_t f = 0; f < n * n; ++f) {
        sum[f] += image[f] * std::conj(filter[f]);
      }
    }
    const std::vector<Complex> map = transform(sum, n, 1.0);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      for (std::size_t j = 0; j < columns.size(); ++j) {
        y(o, i, j) =
            map[rows[i] * n + columns[j]].real() / static_cast<double>(n * n) +
            bias(static_cast<Eigen::Index>(o));
      }
    }
  }
  return y;
}

struct Layer {
  Input x;
  Filters w;
  Vector bias;
  int stride = 1, padding = 0;
};

/// Sizes of 1 to 3 channels, images of 3 to 9, filters of 1 to 4.
Layer random_layer(std::mt19937_64& rng) {
  const auto draw = [&](int low, int high) {
    return static_cast<std::size_t>(low + uniform_index(high - low + 1, rng));
  };
  const std::size_t m = draw(1, 3), n = draw(1, 3);
  const std::size_t h = draw(3, 9), width = draw(3, 9);
  Layer layer;
  layer.padding = static_cast<int>(draw(0, 2));
  layer.stride = static_cast<int>(draw(1, 3));
  layer.x = noise(input(m, h, width), rng);
  layer.w = noise(filters(n, m, draw(1, 3), draw(1, 3)), rng);
  if (layer.padding > 0) layer.w = noise(filters(n, m, 4, draw(1, 4)), rng);
  layer.bias = Vector(static_cast<Eigen::Index>(n));
  for (double& b : layer.bias) b = normal(rng);
  return layer;
}

}  // namespace

TEST_SUITE("coding/conv2d") {
  TEST_CASE("ones_are_counted") {
    const Input ones = input(1, 4, 4, 1.0);
    const Filters window = filters(1, 1, 3, 3, 1.0);
    const Input got = conv2d(ones, window, Vector::Zero(1), 1, 1);
    CHECK(close(
        got, Input{{{4, 6, 6, 4}, {6, 9, 9, 6}, {6, 9, 9, 6}, {4, 6, 6, 4}}}));
    EVIDENCE_SERIES("first row",
                    std::vector<double>(got.begin(), got.begin() + 4));
    // The bias once per output, the channels summed.
    CHECK(close(conv2d(input(3, 3, 3, 1.0), filters(2, 3, 2, 2, 1.0),
                       Vector{{0.5, -100.0}}),
                Input{{{12.5, 12.5}, {12.5, 12.5}}, {{-88, -88}, {-88, -88}}}));
  }

  TEST_CASE("spectra_agree") {
    std::mt19937_64 rng(0);
    double worst = 0.0;
    for (int trial = 0; trial < 100; ++trial) {
      const Layer layer = random_layer(rng);
      CAPTURE(trial);
      const Input got =
          conv2d(layer.x, layer.w, layer.bias, layer.stride, layer.padding);
      const Input want = by_fourier(layer.x, layer.w, layer.bias,
                                    static_cast<std::size_t>(layer.stride),
                                    static_cast<std::size_t>(layer.padding));
      // Spectra of up to 13^2 values below 4 and 48 weights: sums of 1e4 at
      // most, rounded to 1e-12 each way and divided by 100 or so.
      CHECK(close(got, want, {.abs = 1e-10}));
      worst = std::max(worst, largest_difference(got, want));
    }
    EVIDENCE("largest difference of 100 layers", worst);
  }

  TEST_CASE("filters_are_not_flipped") {
    Input impulse = input(1, 5, 5);
    impulse(0, 2, 2) = 1.0;
    const Filters w{{{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}}};
    // Window (i, j) meets the impulse at weight (2 - i, 2 - j).
    CHECK(close(conv2d(impulse, w, Vector::Zero(1)),
                Input{{{9, 8, 7}, {6, 5, 4}, {3, 2, 1}}}));
    // A single one in a corner of the filter fetches that corner.
    Filters corner = filters(1, 1, 2, 2);
    corner(0, 0, 0, 1) = 1.0;
    CHECK(close(conv2d(Input{{{1, 2, 3}, {4, 5, 6}}}, corner, Vector::Zero(1)),
                Input{{{2, 3}}}));
  }

  TEST_CASE("stride_skips_outputs") {
    std::mt19937_64 rng(1);
    const Input x = noise(input(2, 11, 9), rng);
    const Filters w = noise(filters(3, 2, 3, 2), rng);
    const Vector bias{{1.0, -2.0, 0.5}};
    const Input dense = conv2d(x, w, bias, 1, 1);
    for (const int stride : {2, 3, 4, 20}) {
      CAPTURE(stride);
      const auto s = static_cast<std::size_t>(stride);
      const Input got = conv2d(x, w, bias, stride, 1);
      // Kept: 0, s, 2 s, ... below the size of the dense result.
      Input want(
          {3, (dense.shape(1) + s - 1) / s, (dense.shape(2) + s - 1) / s});
      for (std::size_t o = 0; o < 3; ++o) {
        for (std::size_t i = 0; i < want.shape(1); ++i) {
          for (std::size_t j = 0; j < want.shape(2); ++j) {
            want(o, i, j) = dense(o, i * s, j * s);
          }
        }
      }
      // The same sums; only their order may be another one.
      CHECK(close(got, want, {.abs = 1e-13}));
    }
  }

  TEST_CASE("shifts_pass_through_unless_strided") {
    std::mt19937_64 rng(2);
    const Input scene = noise(input(1, 12, 12), rng);
    const Filters w = noise(filters(1, 1, 3, 3), rng);
    // Two views of 10 x 10, one pixel apart along each axis.
    const auto view = [&](std::size_t from) {
      Input x({1, 10, 10});
      for (std::size_t i = 0; i < 10; ++i) {
        for (std::size_t j = 0; j < 10; ++j) {
          x(0, i, j) = scene(0, i + from, j + from);
        }
      }
      return x;
    };
    const auto apart = [&](const Input& a, const Input& b) {
      double largest = 0.0;  // of b against a, one step on
      for (std::size_t i = 1; i < a.shape(1); ++i) {
        for (std::size_t j = 1; j < a.shape(2); ++j) {
          largest =
              std::max(largest, std::abs(a(0, i, j) - b(0, i - 1, j - 1)));
        }
      }
      return largest;
    };
    const Vector none = Vector::Zero(1);
    const Input one = conv2d(view(0), w, none);
    REQUIRE(one.shape(1) == 8);
    CHECK(apart(one, conv2d(view(1), w, none)) < 1e-13);
    const Input two = conv2d(view(0), w, none, 2);
    REQUIRE(two.shape(1) == 4);
    CHECK(apart(two, conv2d(view(1), w, none, 2)) > 0.5);
    CHECK(apart(two, conv2d(view(2), w, none, 2)) < 1e-13);
    EVIDENCE("difference after a shift by one with stride 2",
             apart(two, conv2d(view(1), w, none, 2)));
    // With padding the border knows where it is.
    CHECK(apart(conv2d(view(0), w, none, 1, 1),
                conv2d(view(1), w, none, 1, 1)) > 0.1);
  }

  TEST_CASE("last_rows_may_go_unread") {
    // Six pixels, windows of three at 0 and 2: pixel 5 is in none.
    std::mt19937_64 rng(3);
    Input x = noise(input(1, 6, 6), rng);
    const Filters w = noise(filters(1, 1, 3, 3), rng);
    const Input before = conv2d(x, w, Vector::Zero(1), 2);
    REQUIRE(before.shape(1) == 2);
    REQUIRE(before.shape(2) == 2);
    for (std::size_t i = 0; i < 6; ++i) x(0, i, 5) = x(0, 5, i) = 1e6;
    CHECK(close(conv2d(x, w, Vector::Zero(1), 2), before));
    x(0, 4, 4) += 1.0;  // but this one is read
    CHECK_FALSE(close(conv2d(x, w, Vector::Zero(1), 2), before));
  }

  TEST_CASE("one_by_one_mixes_channels") {
    std::mt19937_64 rng(4);
    const Input x = noise(input(5, 3, 4), rng);
    const Filters w = noise(filters(2, 5, 1, 1), rng);
    const Vector bias{{0.25, -1.0}};
    const Input got = conv2d(x, w, bias);
    REQUIRE(got.size() == 24);
    // Channels x pixels on the right, filters x channels on the left.
    const Eigen::Map<const Matrix> pixels(x.data(), 5, 12);
    const Eigen::Map<const Matrix> mix(w.data(), 2, 5);
    const Matrix want = (mix * pixels).colwise() + bias;
    const Eigen::Map<const Matrix> rows(got.data(), 2, 12);
    CHECK(close(rows, want, {.abs = 1e-14}));
  }

  TEST_CASE("matrix_product_agrees") {
    std::mt19937_64 rng(5);
    std::size_t outputs = 0;
    for (int trial = 0; trial < 200; ++trial) {
      const Layer layer = random_layer(rng);
      const Input want =
          conv2d(layer.x, layer.w, layer.bias, layer.stride, layer.padding);
      // 48 products below 20: 48 * 48 * 20 * 1.1e-16 at the very worst.
      CHECK(close(conv2d_im2col(layer.x, layer.w, layer.bias, layer.stride,
                                layer.padding),
                  want, {.abs = 5e-12}));
      outputs += want.size();
    }
    EVIDENCE("outputs compared", outputs);
  }
}

TEST_SUITE("coding/conv2d extra") {
  TEST_CASE("the worked example of the task") {
    CHECK(close(
        conv2d(input(1, 3, 3, 1.0), filters(1, 1, 2, 2, 1.0), Vector::Zero(1)),
        Input{{{4, 4}, {4, 4}}}));
  }

  TEST_CASE("padding wider than the filter gives the bias alone") {
    const Input got =
        conv2d(Input{{{5}}}, filters(1, 1, 1, 1, 2.0), Vector{{3.0}}, 1, 2);
    REQUIRE(got.shape(1) == 5);
    CHECK(got(0, 2, 2) == 13.0);
    CHECK(got(0, 0, 0) == 3.0);
    CHECK(got(0, 4, 4) == 3.0);
  }

  TEST_CASE("no filters give no channels") {
    for (const auto layer : {&conv2d, &conv2d_im2col}) {
      const Input got =
          layer(input(1, 3, 3), filters(0, 1, 2, 2), Vector(0), 1, 0);
      CHECK(got.shape(0) == 0);
      CHECK(got.shape(1) == 2);
    }
  }

  TEST_CASE("nan reaches the windows that read it") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const Input x{{{nan, 1, 1}, {1, 1, 1}}};
    for (const auto layer : {&conv2d, &conv2d_im2col}) {
      const Input got =
          layer(x, filters(1, 1, 2, 2, 1.0), Vector::Zero(1), 1, 0);
      CHECK(std::isnan(got(0, 0, 0)));
      CHECK(got(0, 0, 1) == 4.0);
    }
  }

  TEST_CASE("arguments that break the contract are refused by both forms") {
    const Input x = input(2, 4, 5);
    const Filters w = filters(3, 2, 3, 3);
    const Vector bias = Vector::Zero(3);
    for (const auto layer : {&conv2d, &conv2d_im2col}) {
      CHECK_THROWS_WITH_AS(
          layer(x, w, bias, 0, 0),
          "conv2d: need stride >= 1 and padding >= 0, got 0 and 0",
          std::invalid_argument);
      CHECK_THROWS_WITH(
          layer(x, w, bias, 1, -1),
          "conv2d: need stride >= 1 and padding >= 0, got 1 and -1");
      CHECK_THROWS_WITH(layer(input(1, 4, 5), w, bias, 1, 0),
                        "conv2d: the input has 1 channels, the filters 2");
      CHECK_THROWS_WITH(layer(x, w, Vector::Zero(2), 1, 0),
                        "conv2d: 3 filters, but 2 biases");
      CHECK_THROWS_WITH(
          layer(x, filters(3, 2, 5, 3), bias, 1, 0),
          "conv2d: the filters are 5 x 3, the padded input 4 x 5");
      CHECK_THROWS_WITH(
          layer(x, filters(3, 2, 3, 8), bias, 1, 1),
          "conv2d: the filters are 3 x 8, the padded input 6 x 7");
      CHECK_NOTHROW(layer(x, filters(3, 2, 6, 7), bias, 1, 1));
    }
  }
}
