// Verifies the claims of questions/coding/matrix_multiply.md.
#include <whiteboard/coding/matrix_multiply.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <utility>

using namespace whiteboard;
using coding::matrix_multiply;
using coding::matrix_multiply_tiled;
using whiteboard::testing::gaussian;

namespace {

using Product = Matrix (*)(const MatrixRef&, const MatrixRef&);

/// Is C the product, each entry within the rounding of its own k products?
/// The oracle adds in long double.
bool is_product(const Matrix& C, const Matrix& A, const Matrix& B) {
  if (C.rows() != A.rows() || C.cols() != B.cols()) return false;
  for (Eigen::Index i = 0; i < C.rows(); ++i) {
    for (Eigen::Index j = 0; j < C.cols(); ++j) {
      long double sum = 0.0L, magnitude = 0.0L;
      for (Eigen::Index p = 0; p < A.cols(); ++p) {
        const long double term = static_cast<long double>(A(i, p)) * B(p, j);
        sum += term;
        magnitude += std::abs(term);
      }
      // k products and k sums, each within half an ulp of at most magnitude.
      const long double allowed =
          1.2e-16L * static_cast<long double>(A.cols() + 1) * magnitude;
      if (!(std::abs(C(i, j) - sum) <= allowed)) return false;
    }
  }
  return true;
}

/// Random shapes up to `largest`, with 0 and 1 among them.
int wrong_products(Product multiply, int trials, Eigen::Index largest,
                   std::uint64_t seed) {
  std::mt19937_64 rng(seed);
  int wrong = 0;
  for (int trial = 0; trial < trials; ++trial) {
    const auto size = [&] {
      const std::ptrdiff_t kind = uniform_index(8, rng);
      return kind < 2 ? kind : uniform_index(largest + 1, rng);
    };
    const Eigen::Index m = size(), k = size(), n = size();
    const Matrix A = gaussian(m, k, rng), B = gaussian(k, n, rng);
    if (!is_product(multiply(A, B), A, B)) ++wrong;
  }
  return wrong;
}

/// Whole numbers from -9 to 9: all sums of products are exact.
Matrix whole(Eigen::Index rows, Eigen::Index cols, std::mt19937_64& rng) {
  Matrix X(rows, cols);
  for (Eigen::Index i = 0; i < X.size(); ++i) {
    X.data()[i] = static_cast<double>(uniform_index(19, rng) - 9);
  }
  return X;
}

/// One of the six orders of the loops, as three digits: 0 is i, 1 is j, 2 is p.
Matrix in_order(const Matrix& A, const Matrix& B, int a, int b, int c) {
  const Eigen::Index sizes[3] = {A.rows(), B.cols(), A.cols()};
  Matrix C = Matrix::Zero(A.rows(), B.cols());
  Eigen::Index at[3];
  for (at[a] = 0; at[a] < sizes[a]; ++at[a]) {
    for (at[b] = 0; at[b] < sizes[b]; ++at[b]) {
      for (at[c] = 0; at[c] < sizes[c]; ++at[c]) {
        C(at[0], at[1]) += A(at[0], at[2]) * B(at[2], at[1]);
      }
    }
  }
  return C;
}

/// One level of Strassen's scheme on blocks, with seven products by the header.
Matrix strassen(const Matrix& A, const Matrix& B, int& products) {
  const Eigen::Index h = A.rows() / 2;
  const Matrix a = A.topLeftCorner(h, h), b = A.topRightCorner(h, h),
               c = A.bottomLeftCorner(h, h), d = A.bottomRightCorner(h, h),
               e = B.topLeftCorner(h, h), f = B.topRightCorner(h, h),
               g = B.bottomLeftCorner(h, h), k = B.bottomRightCorner(h, h);
  const auto times = [&](const Matrix& X, const Matrix& Y) {
    ++products;
    return matrix_multiply(X, Y);
  };
  const Matrix p1 = times(a, f - k), p2 = times(a + b, k), p3 = times(c + d, e),
               p4 = times(d, g - e), p5 = times(a + d, e + k),
               p6 = times(b - d, g + k), p7 = times(a - c, e + f);
  Matrix C(2 * h, 2 * h);
  C << p5 + p4 - p2 + p6, p1 + p2, p3 + p4, p1 + p5 - p3 - p7;
  return C;
}

}  // namespace

TEST_SUITE("coding/matrix_multiply") {
  TEST_CASE("equals_the_definition") {
    CHECK(close(matrix_multiply(Matrix{{1.0, 2.0}, {3.0, 4.0}},
                                Matrix{{5.0, 6.0}, {7.0, 8.0}}),
                Matrix{{19.0, 22.0}, {43.0, 50.0}}));
    CHECK(wrong_products(matrix_multiply, 500, 20, 0) == 0);
  }

  TEST_CASE("transposes_and_associates_but_does_not_commute") {
    std::mt19937_64 rng(1);
    for (int trial = 0; trial < 20; ++trial) {
      const Matrix A = whole(5, 8, rng), B = whole(8, 3, rng),
                   C = whole(3, 6, rng);
      const Matrix AB = matrix_multiply(A, B);
      CHECK(close(matrix_multiply(B.transpose(), A.transpose()),
                  Matrix(AB.transpose())));
      CHECK(close(matrix_multiply(AB, C),
                  matrix_multiply(A, matrix_multiply(B, C))));
    }
    const Matrix up{{0.0, 1.0}, {0.0, 0.0}}, down{{0.0, 0.0}, {1.0, 0.0}};
    CHECK(close(matrix_multiply(up, down), Matrix{{1.0, 0.0}, {0.0, 0.0}}));
    CHECK(close(matrix_multiply(down, up), Matrix{{0.0, 0.0}, {0.0, 1.0}}));
    // In doubles it associates up to rounding only.
    const Matrix big{{1e200}}, small{{1e-200}};
    CHECK(std::isinf(matrix_multiply(matrix_multiply(big, big), small)(0, 0)));
    CHECK(close(matrix_multiply(big, matrix_multiply(big, small))(0, 0), 1e200,
                {.rel = 1e-15}));
  }

  TEST_CASE("association_changes_the_cost_only") {
    std::mt19937_64 rng(2);
    const Matrix A = whole(10, 30, rng), B = whole(30, 5, rng),
                 C = whole(5, 60, rng);
    Eigen::Index cost = 0;
    const auto times = [&](const Matrix& X, const Matrix& Y) {
      cost += X.rows() * X.cols() * Y.cols();
      return matrix_multiply(X, Y);
    };
    const Matrix left = times(times(A, B), C);
    CHECK(cost == 4500);
    cost = 0;
    const Matrix right = times(A, times(B, C));
    CHECK(cost == 27000);
    CHECK(close(left, right));
  }

  TEST_CASE("all_loop_orders_agree") {
    std::mt19937_64 rng(3);
    const Matrix A = gaussian(17, 40, rng), B = gaussian(40, 9, rng);
    const Matrix C = matrix_multiply(A, B);
    REQUIRE(C.rows() == 17);
    // 40 products and sums on both sides, of at most |A| |B| entry by entry.
    const Matrix allowed = 2.0 * 41.0 * 1.2e-16 * A.cwiseAbs() * B.cwiseAbs();
    for (const auto& order :
         {std::pair(0, 1), std::pair(0, 2), std::pair(1, 0), std::pair(1, 2),
          std::pair(2, 0), std::pair(2, 1)}) {
      CAPTURE(order.first);
      CAPTURE(order.second);
      const Matrix other = in_order(A, B, order.first, order.second,
                                    3 - order.first - order.second);
      CHECK(((C - other).cwiseAbs().array() <= allowed.array()).all());
    }
  }

  TEST_CASE("seven_products_suffice") {
    std::mt19937_64 rng(4);
    for (const Eigen::Index n : {2, 8, 16}) {
      CAPTURE(n);
      const Matrix A = whole(n, n, rng), B = whole(n, n, rng);
      int products = 0;
      CHECK(close(strassen(A, B, products), matrix_multiply(A, B)));
      CHECK(products == 7);
    }
    // In doubles a small entry drowns in the large ones it is made from: the
    // first entry of diag(1, 1e20) is a sum of four, two of them of size 1e20.
    const Matrix A{{1.0, 0.0}, {0.0, 1e10}}, B{{1.0, 0.0}, {0.0, 1e10}};
    int products = 0;
    const Matrix direct = matrix_multiply(A, B);
    const Matrix scheme = strassen(A, B, products);
    CHECK(direct(0, 0) == 1.0);
    EVIDENCE("entry that should be 1", scheme(0, 0));
    CHECK(std::abs(scheme(0, 0) - 1.0) > 0.5);
  }

  TEST_CASE("zero_times_infinity_is_nan") {
    const double infinity = std::numeric_limits<double>::infinity();
    for (const Product multiply : {&matrix_multiply, &matrix_multiply_tiled}) {
      const Matrix C = multiply(Matrix{{0.0, 1.0}, {1.0, 1.0}},
                                Matrix{{infinity, 2.0}, {3.0, 4.0}});
      CHECK(std::isnan(C(0, 0)));  // 0 times infinity is not 0
      CHECK(C(1, 0) == infinity);
      CHECK(C(0, 1) == 4.0);
      CHECK(C(1, 1) == 6.0);
      const Matrix D = multiply(Matrix{{std::nan("")}, {1.0}}, Matrix{{2.0}});
      CHECK(std::isnan(D(0, 0)));
      CHECK(D(1, 0) == 2.0);
    }
  }

  TEST_CASE("tiles_agree") {
    // Shapes around the sizes of tiles and panels, whatever these are.
    CHECK(wrong_products(matrix_multiply_tiled, 60, 40, 5) == 0);
    std::mt19937_64 rng(6);
    for (const Eigen::Index k : {1, 127, 128, 129, 300}) {
      CAPTURE(k);
      const Matrix A = whole(21, k, rng), B = whole(k, 35, rng);
      CHECK(close(matrix_multiply_tiled(A, B), matrix_multiply(A, B)));
    }
  }
}

TEST_SUITE("coding/matrix_multiply extra") {
  TEST_CASE("empty sizes and views") {
    for (const Product multiply : {&matrix_multiply, &matrix_multiply_tiled}) {
      const Matrix none = multiply(Matrix(3, 0), Matrix(0, 2));
      CHECK(close(none, Matrix::Zero(3, 2)));
      CHECK(multiply(Matrix(0, 4), Matrix::Ones(4, 2)).rows() == 0);
      CHECK(multiply(Matrix::Ones(2, 4), Matrix(4, 0)).cols() == 0);
      // Blocks of larger matrices are viewed in place, with their own strides.
      std::mt19937_64 rng(7);
      const Matrix X = whole(30, 50, rng);
      const Matrix A = X.block(2, 3, 10, 20), B = X.block(5, 7, 20, 18);
      CHECK(close(multiply(X.block(2, 3, 10, 20), X.block(5, 7, 20, 18)),
                  multiply(A, B)));
      CHECK(is_product(multiply(A, B), A, B));
    }
  }

  TEST_CASE("sizes that do not fit are refused") {
    CHECK_THROWS_WITH(matrix_multiply(Matrix::Ones(2, 3), Matrix::Ones(2, 3)),
                      "matrix_multiply: cannot multiply 2 x 3 and 2 x 3");
    CHECK_THROWS_WITH(
        matrix_multiply_tiled(Matrix::Ones(2, 3), Matrix::Ones(4, 3)),
        "matrix_multiply_tiled: cannot multiply 2 x 3 and 4 x 3");
    CHECK_THROWS_AS(matrix_multiply(Matrix(0, 1), Matrix(0, 1)),
                    std::invalid_argument);
  }
}
