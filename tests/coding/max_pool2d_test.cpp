// Verifies the claims of questions/coding/max_pool2d.md.
#include <whiteboard/coding/max_pool2d.hpp>
#include <whiteboard/core/random.hpp>

#include <support/claims.hpp>
#include <support/finite_differences.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

using namespace whiteboard;
using coding::max_pool2d;
using coding::max_pool2d_backward;
using coding::Pooled;

namespace {

using Input = Tensor<double, 3>;
using Places = Tensor<std::size_t, 3>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Whole pixels from -2 to 2, so that windows have ties.
Input few_values(std::size_t m, std::size_t h, std::size_t w,
                 std::mt19937_64& rng) {
  Input x({m, h, w});
  for (double& pixel : x) {
    pixel = static_cast<double>(uniform_index(5, rng)) - 2.0;
  }
  return x;
}

Input constant(std::size_t m, std::size_t h, std::size_t w, double value) {
  Input x({m, h, w});
  x.fill(value);
  return x;
}

double total(const Input& x) {
  double sum = 0.0;
  for (const double value : x) sum += value;
  return sum;
}

/// Value and place of the winner of window (i, j) of channel c: all pixels of
/// the image are asked whether they lie in the window, and sorted.
std::pair<double, std::size_t> winner(const Input& x, std::size_t c, int i,
                                      int j, int k, int stride, int padding) {
  const int h = static_cast<int>(x.shape(1)), w = static_cast<int>(x.shape(2));
  std::vector<std::pair<double, int>> inside;
  for (int p = 0; p < h * w; ++p) {
    const int row = p / w + padding - i * stride;
    const int column = p % w + padding - j * stride;
    if (row < 0 || row >= k || column < 0 || column >= k) continue;
    inside.emplace_back(-x(c, p / w, p % w), p);  // the largest first
  }
  REQUIRE(!inside.empty());
  std::sort(inside.begin(), inside.end());
  return {-inside.front().first,
          static_cast<std::size_t>(inside.front().second)};
}

}  // namespace

TEST_SUITE("coding/max_pool2d") {
  TEST_CASE("sorted_windows_agree") {
    std::mt19937_64 rng(0);
    int wrong = 0, outputs = 0;
    for (int trial = 0; trial < 500; ++trial) {
      const int k = static_cast<int>(1 + uniform_index(4, rng));
      const int stride = static_cast<int>(1 + uniform_index(4, rng));
      const int padding = static_cast<int>(uniform_index(k / 2 + 1, rng));
      const auto h = static_cast<std::size_t>(4 + uniform_index(6, rng));
      const auto w = static_cast<std::size_t>(4 + uniform_index(6, rng));
      const Input x = few_values(2, h, w, rng);
      const Pooled got = max_pool2d(x, k, stride, padding);
      // Positions at which the window ends inside the padded image.
      std::size_t height = 0, width = 0;
      const auto fits = [&](std::size_t at, std::size_t n) {
        return static_cast<int>(at) * stride + k <=
               static_cast<int>(n) + 2 * padding;
      };
      while (fits(height, h)) ++height;
      while (fits(width, w)) ++width;
      REQUIRE(got.out.shape(1) == height);
      REQUIRE(got.out.shape(2) == width);
      REQUIRE(got.argmax.shape() == got.out.shape());
      for (std::size_t c = 0; c < 2; ++c) {
        for (std::size_t i = 0; i < height; ++i) {
          for (std::size_t j = 0; j < width; ++j, ++outputs) {
            const auto [value, place] =
                winner(x, c, static_cast<int>(i), static_cast<int>(j), k,
                       stride, padding);
            wrong += got.out(c, i, j) != value;
            wrong += got.argmax(c, i, j) != place;
          }
        }
      }
    }
    EVIDENCE("windows compared", outputs);
    CHECK(outputs > 5000);
    CHECK(wrong == 0);
  }

  TEST_CASE("first_of_equals_wins") {
    const Pooled flat = max_pool2d(constant(1, 4, 4, 7.0), 2, 2);
    CHECK(close(flat.argmax, Places{{{0, 2}, {8, 10}}}));
    const Pooled tied =
        max_pool2d(Input{{{1, 3, 3}, {3, 2, 3}, {0, 3, 1}}}, 3, 1);
    CHECK(tied.out(0, 0, 0) == 3.0);
    CHECK(tied.argmax(0, 0, 0) == 1);
  }

  TEST_CASE("gradient_matches_differences") {
    // Pixels at least 1 apart, so that small steps change no winner.
    std::mt19937_64 rng(1);
    const auto order = permutation(42, rng);
    Matrix x(6, 7);
    for (Eigen::Index p = 0; p < 42; ++p) {
      x.data()[p] =
          static_cast<double>(order[static_cast<std::size_t>(p)]) - 21.0;
    }
    const auto image = [](const Matrix& pixels) {
      Input in({1, 6, 7});
      std::copy_n(pixels.data(), 42, in.data());
      return in;
    };
    const std::array<int, 3> shapes[] = {{2, 2, 0}, {3, 1, 1}, {3, 2, 1}};
    for (const std::array<int, 3>& shape : shapes) {
      const int k = shape[0], stride = shape[1], padding = shape[2];
      CAPTURE(k);
      CAPTURE(stride);
      const Pooled pooled = max_pool2d(image(x), k, stride, padding);
      Input grad = pooled.out;
      for (double& g : grad) g = normal(rng);
      const auto loss = [&](const Matrix& pixels) {
        const Input out = max_pool2d(image(pixels), k, stride, padding).out;
        double sum = 0.0;
        for (std::size_t i = 0; i < out.size(); ++i) {
          sum += out.data()[i] * grad.data()[i];
        }
        return sum;
      };
      const Input dx = max_pool2d_backward(grad, pooled.argmax, 6, 7);
      REQUIRE(dx.size() == 42);
      // Linear in each pixel: what is left is rounding of sums below 1000,
      // 1000 * 42 * 1.1e-16 over a step of 6e-6.
      CHECK(close(Eigen::Map<const Matrix>(dx.data(), 6, 7),
                  whiteboard::testing::numerical_gradient(loss, x),
                  {.abs = 1e-6}));
    }
  }

  TEST_CASE("gradient_sum_is_kept") {
    // Whole gradients, so that sums are exact; ties in nearly every window.
    std::mt19937_64 rng(2);
    int wrong = 0, most = 0;
    for (int trial = 0; trial < 100; ++trial) {
      const Input x = few_values(2, 6, 6, rng);
      const Pooled pooled = max_pool2d(x, 3, 1 + trial % 3, trial % 2);
      const Input grad =
          few_values(2, pooled.out.shape(1), pooled.out.shape(2), rng);
      const Input dx = max_pool2d_backward(grad, pooled.argmax, 6, 6);
      REQUIRE(dx.size() == 72);
      wrong += total(dx) != total(grad);
      // One pixel per window at most.
      const auto reached = std::count_if(dx.begin(), dx.end(),
                                         [](double d) { return d != 0.0; });
      wrong += reached > static_cast<int>(grad.size());
      most = std::max(most, static_cast<int>(reached));
    }
    EVIDENCE("most pixels reached by a gradient", most);
    CHECK(most > 4);
    CHECK(wrong == 0);
    // All equal: the gradient still reaches one pixel of four.
    const Pooled flat = max_pool2d(constant(1, 2, 2, 0.5), 2, 2);
    CHECK(close(max_pool2d_backward(Input{{{5}}}, flat.argmax, 2, 2),
                Input{{{5, 0}, {0, 0}}}));
  }

  TEST_CASE("padding_never_wins") {
    const Input negative = constant(1, 4, 4, -3.0);
    const Pooled got = max_pool2d(negative, 3, 2, 1);
    CHECK(close(got.out, Input{{{-3, -3}, {-3, -3}}}));
    // A frame of zeros, pooled without padding, is what that bug computes.
    Input framed = constant(1, 6, 6, 0.0);
    for (std::size_t i = 1; i < 5; ++i) {
      for (std::size_t j = 1; j < 5; ++j) framed(0, i, j) = -3.0;
    }
    CHECK(close(max_pool2d(framed, 3, 2).out, Input{{{0, 0}, {0, -3}}}));
    CHECK(close(max_pool2d(negative, 2, 2).out, Input{{{-3, -3}, {-3, -3}}}));
    // Not even when all pixels are minus infinity: the winner is a pixel.
    const Pooled lowest = max_pool2d(constant(1, 3, 3, -kInfinity), 3, 3, 1);
    CHECK(lowest.out(0, 0, 0) == -kInfinity);
    CHECK(lowest.argmax(0, 0, 0) == 0);
  }

  TEST_CASE("shared_winner_collects") {
    Input x = constant(1, 7, 7, 0.0);
    x(0, 3, 3) = 1.0;
    const Pooled pooled = max_pool2d(x, 3, 1);
    CHECK(total(pooled.out) == 9.0);
    Input grad({1, 5, 5});
    double want = 0.0;
    for (std::size_t i = 0; i < 5; ++i) {
      for (std::size_t j = 0; j < 5; ++j) {
        grad(0, i, j) = static_cast<double>(1 + i * 5 + j);
        if (i >= 1 && i <= 3 && j >= 1 && j <= 3) want += grad(0, i, j);
      }
    }
    const Input dx = max_pool2d_backward(grad, pooled.argmax, 7, 7);
    CHECK(dx(0, 3, 3) == want);
    CHECK(want == 9.0 * 13.0);
    EVIDENCE("gradient of the peak", dx(0, 3, 3));
    CHECK(total(dx) == 25.0 * 13.0);
  }

  TEST_CASE("shift_by_one_is_seen") {
    const Input here{{{0, 1, 0, 0}, {0, 0, 0, 0}}};
    const Input there{{{0, 0, 1, 0}, {0, 0, 0, 0}}};
    CHECK(close(max_pool2d(here, 2, 2).out, Input{{{1, 0}}}));
    CHECK(close(max_pool2d(there, 2, 2).out, Input{{{0, 1}}}));
    // From column 0 to 1 nothing is seen; with stride 1 a shift is a shift.
    const Input before{{{1, 0, 0, 0}, {0, 0, 0, 0}}};
    CHECK(close(max_pool2d(before, 2, 2).out, Input{{{1, 0}}}));
    CHECK(close(max_pool2d(here, 2, 1).out, Input{{{1, 1, 0}}}));
    CHECK(close(max_pool2d(there, 2, 1).out, Input{{{0, 1, 1}}}));
  }
}

TEST_SUITE("coding/max_pool2d extra") {
  TEST_CASE("the worked example of the task") {
    const Pooled got = max_pool2d(Input{{{1, 3}, {2, 4}}}, 2, 2);
    CHECK(close(got.out, Input{{{4}}}));
    CHECK(got.argmax(0, 0, 0) == 3);
    CHECK(close(max_pool2d_backward(Input{{{5}}}, got.argmax, 2, 2),
                Input{{{0, 0}, {0, 5}}}));
  }

  TEST_CASE("windows of one pixel and no channels") {
    const Input x{{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}};
    CHECK(close(max_pool2d(x, 1, 1).out, x));
    CHECK(close(max_pool2d(x, 1, 2).out, Input{{{1, 3}, {7, 9}}}));
    CHECK(max_pool2d(Input(std::array<std::size_t, 3>{0, 3, 3}), 3, 1)
              .out.size() == 0);
    const Input one{{{kInfinity}}};
    CHECK(max_pool2d(one, 2, 1, 1).out.size() == 4);
    CHECK(max_pool2d(one, 2, 1, 1).out(0, 1, 1) == kInfinity);
  }

  TEST_CASE("arguments that break the contract are refused") {
    const Input x = constant(1, 3, 4, 0.0);
    CHECK_THROWS_WITH_AS(
        max_pool2d(x, 0, 1),
        "max_pool2d: need k >= 1, stride >= 1 and 0 <= padding <= k / 2, got "
        "0, 1 and 0",
        std::invalid_argument);
    CHECK_THROWS_AS(max_pool2d(x, 2, 0), std::invalid_argument);
    CHECK_THROWS_AS(max_pool2d(x, 2, 1, -1), std::invalid_argument);
    CHECK_THROWS_WITH(
        max_pool2d(x, 3, 2, 2),
        "max_pool2d: need k >= 1, stride >= 1 and 0 <= padding <= k / 2, got "
        "3, 2 and 2");
    CHECK_THROWS_WITH(
        max_pool2d(x, 4, 1),
        "max_pool2d: a window of 4 does not fit into 3 x 4 with padding 0");
    CHECK_NOTHROW(max_pool2d(x, 4, 1, 1));
    CHECK_THROWS_WITH(
        max_pool2d(x, 6, 1, 1),
        "max_pool2d: a window of 6 does not fit into 3 x 4 with padding 1");
    CHECK_THROWS_AS(max_pool2d(constant(1, 0, 4, 0.0), 2, 1, 1),
                    std::invalid_argument);
    CHECK_THROWS_WITH(
        max_pool2d(Input{{{std::numeric_limits<double>::quiet_NaN()}}}, 1, 1),
        "max_pool2d: a pixel is nan");
    CHECK_THROWS_WITH(
        max_pool2d_backward(Input{{{1, 2}}}, Places{{{0}}}, 2, 2),
        "max_pool2d_backward: the gradient is 1 x 1 x 2, argmax 1 x 1 x 1");
    CHECK_THROWS_WITH(max_pool2d_backward(Input{{{1}}}, Places{{{4}}}, 2, 2),
                      "max_pool2d_backward: index 4 is outside of 2 x 2");
    CHECK_NOTHROW(max_pool2d_backward(Input{{{1}}}, Places{{{3}}}, 2, 2));
  }
}
