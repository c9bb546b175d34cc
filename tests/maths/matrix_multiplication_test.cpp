// Verifies the claims of questions/maths/matrix_multiplication.md.
//
// Two claims are about equal bits: they hold as the tests are built, without
// -ffast-math and for a processor without fused multiply-adds (no -march).
#include <whiteboard/maths/matrix_multiplication.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <list>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::maths;
using whiteboard::testing::gaussian;

namespace {

using Eigen::Index;
constexpr double eps = std::numeric_limits<double>::epsilon();

/// Largest |C - A B| over k eps sum |a| |b|, element by element, with the
/// product in long double: the bound for sums in any order is half of that.
template <class T>
double error_over_bound(const MatrixOf<T>& C, const MatrixOf<T>& A,
                        const MatrixOf<T>& B) {
  REQUIRE(C.rows() == A.rows());
  REQUIRE(C.cols() == B.cols());
  double worst = 0.0;
  const auto k = static_cast<double>(A.cols());
  for (Index i = 0; i < C.rows(); ++i) {
    for (Index j = 0; j < C.cols(); ++j) {
      long double exact = 0.0L, size = 0.0L;
      for (Index p = 0; p < A.cols(); ++p) {
        const long double term = static_cast<long double>(A(i, p)) *
                                 static_cast<long double>(B(p, j));
        exact += term;
        size += std::abs(term);
      }
      const double error = static_cast<double>(
          std::abs(static_cast<long double>(C(i, j)) - exact));
      const double bound =
          k * std::numeric_limits<T>::epsilon() * static_cast<double>(size);
      if (!(error <= worst * bound)) worst = error / bound;
    }
  }
  return worst;
}

/// The same for every form of the product; the packed one in the shapes of
/// processors with 16, 32 and 64-byte registers, whatever this one has.
template <class T>
double worst_of_all_forms(Index m, Index k, Index n, std::mt19937_64& rng) {
  const MatrixOf<T> A = gaussian(m, k, rng).template cast<T>();
  const MatrixOf<T> B = gaussian(k, n, rng).template cast<T>();
  std::vector<MatrixOf<T>> forms{multiply_reference<T>(A, B),
                                 multiply_ikj<T>(A, B),
                                 multiply_tiled<T>(A, B, 5),
                                 multiply_tiled<T>(A, B),
                                 multiply<T>(A, B),
                                 multiply<T, Blocking<T, 16, 6>>(A, B),
                                 multiply<T, Blocking<T, 32, 6>>(A, B),
                                 multiply<T, Blocking<T, 64, 12>>(A, B)};
  double worst = 0.0;
  for (const MatrixOf<T>& C : forms) {
    const double ratio = error_over_bound<T>(C, A, B);
    CHECK(ratio <= 1.0);
    worst = std::max(worst, ratio);
  }
  return worst;
}

/// A cache that drops what was used longest ago; counts what it must load.
class Cache {
 public:
  Cache(std::size_t capacity, std::size_t addresses)
      : capacity_(capacity), where_(addresses, used_.end()) {}

  void touch(Index address) {
    auto& entry = where_[static_cast<std::size_t>(address)];
    if (entry != used_.end()) {
      used_.splice(used_.begin(), used_, entry);
      return;
    }
    ++loads;
    used_.push_front(address);
    entry = used_.begin();
    if (used_.size() <= capacity_) return;
    where_[static_cast<std::size_t>(used_.back())] = used_.end();
    used_.pop_back();
  }

  std::int64_t loads = 0;

 private:
  std::size_t capacity_;
  std::list<Index> used_;
  std::vector<std::list<Index>::iterator> where_;
};

/// Loads for n x n matrices in tiles, in a cache of `capacity` lines of `line`
/// words.
std::int64_t loads(Index n, Index tile, std::size_t capacity, Index line = 1) {
  Cache cache(capacity, static_cast<std::size_t>(3 * n * n));
  for_each_run(n, n, n, tile, [&](Index i, Index p, Index first, Index last) {
    cache.touch((i * n + p) / line);
    for (Index j = first; j < last; ++j) {
      cache.touch((n * n + p * n + j) / line);
      cache.touch((2 * n * n + i * n + j) / line);
    }
  });
  return cache.loads;
}

/// The same for the definition, in the order i, j, p.
std::int64_t loads_of_definition(Index n, std::size_t capacity,
                                 Index line = 1) {
  Cache cache(capacity, static_cast<std::size_t>(3 * n * n));
  for (Index i = 0; i < n; ++i) {
    for (Index j = 0; j < n; ++j) {
      for (Index p = 0; p < n; ++p) {
        cache.touch((i * n + p) / line);
        cache.touch((n * n + p * n + j) / line);
      }
      cache.touch((2 * n * n + i * n + j) / line);
    }
  }
  return cache.loads;
}

/// Fewest and most multiplications over all ways to bracket matrices i to j.
std::array<double, 2> all_brackets(const std::vector<Index>& sizes,
                                   std::size_t i, std::size_t j) {
  if (i == j) return {0.0, 0.0};
  std::array<double, 2> best{std::numeric_limits<double>::infinity(), 0.0};
  for (std::size_t s = i; s < j; ++s) {
    const auto left = all_brackets(sizes, i, s);
    const auto right = all_brackets(sizes, s + 1, j);
    const auto here =
        static_cast<double>(sizes[i] * sizes[s + 1] * sizes[j + 1]);
    best[0] = std::min(best[0], left[0] + right[0] + here);
    best[1] = std::max(best[1], left[1] + right[1] + here);
  }
  return best;
}

/// Multiplications of an order as it is written, "((0 1) 2)", read by a stack.
double cost_as_written(const std::string& order,
                       const std::vector<Index>& sizes) {
  struct Product {
    std::size_t first, last;
    double cost;
  };
  std::vector<Product> stack;
  for (const char c : order) {
    if (c >= '0' && c <= '9') {
      const auto i = static_cast<std::size_t>(c - '0');
      stack.push_back({i, i, 0.0});
    }
    if (c != ')') continue;
    REQUIRE(stack.size() >= 2);
    const Product right = stack.back();
    stack.pop_back();
    Product& left = stack.back();
    REQUIRE(left.last + 1 == right.first);
    left.cost += right.cost +
                 static_cast<double>(sizes[left.first] * sizes[right.first] *
                                     sizes[right.last + 1]);
    left.last = right.last;
  }
  REQUIRE(stack.size() == 1);
  REQUIRE(stack[0].first == 0);
  REQUIRE(stack[0].last + 2 == sizes.size());
  return stack[0].cost;
}

}  // namespace

TEST_SUITE("maths/matrix_multiplication") {
  TEST_CASE("every_form_is_within_the_rounding_bound") {
    std::mt19937_64 rng(1);
    double worst = 0.0;
    // Around the tiles (6 or 12 by 2 to 32), and beyond a block of 48 to 240
    // rows and of 256 to 1024 terms.
    for (const std::array<Index, 3>& size :
         std::vector<std::array<Index, 3>>{{1, 1, 1},
                                           {6, 3, 4},
                                           {7, 9, 5},
                                           {12, 4, 32},
                                           {13, 2, 33},
                                           {11, 17, 31},
                                           {250, 3, 3},
                                           {12, 260, 16},
                                           {3, 1030, 2}}) {
      const auto [m, k, n] = size;
      CAPTURE(size[0]);
      CAPTURE(size[1]);
      worst = std::max(worst, worst_of_all_forms<double>(m, k, n, rng));
      worst = std::max(worst, worst_of_all_forms<float>(m, k, n, rng));
    }
    CHECK(worst <= 1.0);
    EVIDENCE("largest error over the bound", worst);
  }

  TEST_CASE("the_loop_order_changes_no_bit") {
    std::mt19937_64 rng(2);
    const Matrix A = gaussian(33, 70, rng), B = gaussian(70, 41, rng);
    const Matrix C = multiply_reference(A, B);
    CHECK(multiply_ikj(A, B) == C);
    CHECK(multiply_tiled(A, B, 8) == C);
    CHECK(multiply_tiled(A, B, 100) == C);
    // Terms in another order do change it: from the last to the first.
    const Matrix reversed = multiply_ikj(Matrix(A.rowwise().reverse()),
                                         Matrix(B.colwise().reverse()));
    CHECK(reversed != C);
    // 70 terms of size 1, sums of size 8.
    CHECK(close(reversed, C, {.abs = 70.0 * 16.0 * eps}));
    EVIDENCE("largest difference with the terms reversed",
             largest_difference(reversed, C));
  }

  TEST_CASE("tiles_cut_the_traffic") {
    const Index n = 24;
    std::vector<double> counted;
    for (const Index b : {4, 8}) {
      CAPTURE(b);
      // Four tiles: with the oldest dropped first, one more than the three at
      // work, or parts of C's tile are dropped for those of the next A and B.
      const auto capacity = static_cast<std::size_t>(4 * b * b);
      const std::int64_t tiled = loads(n, b, capacity);
      CHECK(tiled == 2 * n * n * n / b + n * n);
      const std::int64_t tight = loads(n, b, capacity / 4 * 3);
      CHECK(tight > tiled);
      CHECK(tight < tiled * 13 / 10);
      CHECK(loads(n, n, capacity) >= n * n * n);
      CHECK(loads_of_definition(n, capacity) >= n * n * n);
      counted.push_back(static_cast<double>(tiled));
    }
    EVIDENCE("words loaded without tiles", loads(n, n, 256));
    EVIDENCE_SERIES("words loaded in tiles of 4 and 8", counted);
  }

  TEST_CASE("along_rows_a_line_serves_eight_words") {
    // 24 lines of 8 words; a column of B alone touches 32 lines.
    const std::int64_t down = loads_of_definition(32, 24, 8);
    const std::int64_t along = loads(32, 32, 24, 8);
    // A line for each of the n^3 steps, or for each eighth, and A and C.
    CHECK(down >= 32 * 32 * 32);
    CHECK(along >= 32 * 32 * 32 / 8);
    CHECK(along <= 32 * 32 * 32 / 8 + 2 * 32 * 32 / 8);
    EVIDENCE("lines loaded in the order i, j, p", down);
    EVIDENCE("lines loaded in the order i, p, j", along);
  }

  TEST_CASE("where_the_brackets_stand_is_free_speed") {
    CHECK(multiply_flops(1000, 1000, 1000) + multiply_flops(1000, 1000, 1) ==
          2.002e9);
    CHECK(2.0 * multiply_flops(1000, 1000, 1) == 4e6);
    CHECK(multiply_flops(100'000, 100'000, 100'000) == 2e15);
    std::mt19937_64 rng(3);
    const Matrix A = gaussian(60, 60, rng), B = gaussian(60, 60, rng);
    const Matrix x = gaussian(60, 1, rng);
    const Matrix left = multiply(multiply(A, B), x);
    const Matrix right = multiply(A, multiply(B, x));
    // Sums of 60 twice: entries of size 60, each to some 60 roundings of it.
    CHECK(close(left, right, {.abs = 60.0 * 60.0 * eps * 4.0}));
    CHECK(left != right);
    EVIDENCE("largest difference of the two, entries of size 60",
             largest_difference(left, right));
  }

  TEST_CASE("the_best_brackets_of_a_chain") {
    const std::vector<Index> book{10, 100, 5, 50};
    const ChainOrder plan = matrix_chain_order(book);
    CHECK(plan.multiplications == 7500.0);
    CHECK(plan.order == "((0 1) 2)");
    CHECK(all_brackets(book, 0, 2)[1] == 75000.0);
    std::mt19937_64 rng(4);
    double largest_gain = 1.0;
    for (std::size_t count = 1; count <= 8; ++count) {
      for (int trial = 0; trial < 10; ++trial) {
        std::vector<Index> sizes;
        for (std::size_t i = 0; i <= count; ++i) {
          sizes.push_back(1 + uniform_index(40, rng));
        }
        const ChainOrder best = matrix_chain_order(sizes);
        const auto [fewest, most] = all_brackets(sizes, 0, count - 1);
        CHECK(best.multiplications == fewest);
        CHECK(cost_as_written(best.order, sizes) == fewest);
        if (fewest > 0.0) largest_gain = std::max(largest_gain, most / fewest);
      }
    }
    CHECK(largest_gain > 10.0);
    EVIDENCE("worst order over best, random chains of up to 8", largest_gain);
  }

  TEST_CASE("products_of_matrices_are_not_those_of_numbers") {
    const Matrix N{{0.0, 1.0}, {0.0, 0.0}}, A{{1.0, 2.0}, {3.0, 4.0}};
    const auto products = [](const Matrix& L, const Matrix& R) {
      return std::vector<Matrix>{multiply_reference(L, R), multiply_ikj(L, R),
                                 multiply_tiled(L, R, 1), multiply(L, R)};
    };
    for (const Matrix& square : products(N, N)) CHECK(square.isZero(0.0));
    for (const Matrix& C : products(N, A)) {
      CHECK(C == Matrix{{3.0, 4.0}, {0.0, 0.0}});
    }
    for (const Matrix& C : products(A, N)) {
      CHECK(C == Matrix{{0.0, 1.0}, {0.0, 3.0}});
    }
  }

  TEST_CASE("a_zero_does_not_hide_a_nan") {
    const double nan = std::nan(""),
                 infinity = std::numeric_limits<double>::infinity();
    Matrix A = Matrix::Zero(7, 9), B = Matrix::Ones(9, 10);
    B(4, 3) = nan;
    B(0, 9) = infinity;
    for (const Matrix& C : {multiply_reference(A, B), multiply_ikj(A, B),
                            multiply_tiled(A, B, 4), multiply(A, B)}) {
      REQUIRE(C.rows() == 7);
      REQUIRE(C.cols() == 10);
      // 0 times either is NaN, in its column and in no other.
      for (Index i = 0; i < 7; ++i) {
        for (Index j = 0; j < 10; ++j) {
          CHECK(std::isnan(C(i, j)) == (j == 3 || j == 9));
        }
      }
    }
  }
}

TEST_SUITE("maths/matrix_multiplication extra") {
  TEST_CASE("views without copies") {
    std::mt19937_64 rng(5);
    const Matrix A = gaussian(20, 30, rng), B = gaussian(25, 30, rng);
    const Matrix want = multiply_reference(Matrix(A.block(2, 3, 9, 14)),
                                           Matrix(B.block(1, 5, 14, 11)));
    CHECK(close(multiply(A.block(2, 3, 9, 14), B.block(1, 5, 14, 11)), want,
                {.abs = 14.0 * 8.0 * eps}));
    CHECK(multiply_ikj(A.block(2, 3, 9, 14), B.block(1, 5, 14, 11)) == want);
    CHECK(multiply_tiled(A.block(2, 3, 9, 14), B.block(1, 5, 14, 11), 3) ==
          want);
    // A transposed argument is copied once, and right.
    CHECK(close(multiply(A, B.transpose()),
                multiply_reference(A, Matrix(B.transpose())),
                {.abs = 30.0 * 16.0 * eps}));
  }

  TEST_CASE("the blocks fit caches and registers") {
    const auto fits = []<class Shape>(Shape, Index registers, Index size) {
      const Index vectors = Shape::rows * Shape::cols / Shape::lanes;
      CHECK(vectors + 3 <= registers);  // the sums, two of B, one of A
      CHECK(Shape::depth * Shape::cols * size == 32 * 1024);
      CHECK(Shape::height * Shape::depth * size <= 384 * 1024);
      CHECK(Shape::height * Shape::depth * size > 300 * 1024);
      CHECK(Shape::height % Shape::rows == 0);
    };
    fits(Blocking<double, 16, 6>(), 16, 8);
    fits(Blocking<float, 32, 6>(), 16, 4);
    fits(Blocking<double, 32, 6>(), 16, 8);
    fits(Blocking<float, 64, 12>(), 32, 4);
    fits(Blocking<double, 64, 12>(), 32, 8);
  }

  TEST_CASE("empty sums are zero") {
    const Matrix A(3, 0), B(0, 2);
    CHECK(multiply(A, B) == Matrix(Matrix::Zero(3, 2)));
    CHECK(multiply_reference(A, B) == Matrix(Matrix::Zero(3, 2)));
    CHECK(multiply_ikj(A, B) == Matrix(Matrix::Zero(3, 2)));
    CHECK(multiply_tiled(A, B) == Matrix(Matrix::Zero(3, 2)));
    CHECK(multiply_ikj(Matrix(0, 0), Matrix(0, 0)).size() == 0);
    CHECK(multiply(Matrix(0, 4), Matrix::Ones(4, 5)).rows() == 0);
    CHECK(multiply(Matrix::Ones(4, 5), Matrix(5, 0)).cols() == 0);
  }

  TEST_CASE("arguments that break the contract are refused") {
    const Matrix A = Matrix::Ones(2, 3);
    CHECK_THROWS_WITH(multiply(A, A),
                      "multiply: cannot multiply 2 x 3 and 2 x "
                      "3");
    CHECK_THROWS_AS(multiply_reference(A, A), std::invalid_argument);
    CHECK_THROWS_AS(multiply_ikj(A, A), std::invalid_argument);
    CHECK_THROWS_AS(multiply_tiled(A, A), std::invalid_argument);
    CHECK_THROWS_WITH(multiply_tiled(A, Matrix::Ones(3, 2), 0),
                      "multiply_tiled: need tile >= 1, got 0");
    const std::vector<Index> one{3}, zero{3, 0, 2};
    CHECK_THROWS_WITH(matrix_chain_order(one),
                      "matrix_chain_order: need a matrix");
    CHECK_THROWS_WITH(matrix_chain_order(zero),
                      "matrix_chain_order: need sizes >= 1, got 0");
  }
}
