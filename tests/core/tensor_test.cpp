#include <whiteboard/core/tensor.hpp>

#include <support/claims.hpp>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <type_traits>

using namespace whiteboard;

namespace {

/// 0, 1, 2, ... in the order of memory.
template <std::size_t Axes>
Tensor<double, Axes> counting(const std::array<std::size_t, Axes>& shape) {
  Tensor<double, Axes> tensor(shape);
  double next = 0.0;
  for (double& x : tensor) x = next++;
  return tensor;
}

template <class T>
concept CanIndexWith = requires(const Tensor<double, 3>& t, T i) {
  matrix_at(t, i);
}
|| requires(const Tensor<double, 3>& t, T i) {
  matrix_offset(t, i);
};
static_assert(CanIndexWith<int> && CanIndexWith<std::size_t>);
static_assert(!CanIndexWith<double>, "an index is a whole number");

}  // namespace

TEST_SUITE("core/tensor") {
  TEST_CASE("the last axis is contiguous") {
    const Tensor<double, 3> t = counting<3>({2, 3, 4});
    CHECK(&t(0, 0, 1) == t.data() + 1);
    CHECK(&t(0, 1, 0) == t.data() + 4);
    CHECK(&t(1, 0, 0) == t.data() + 12);
  }

  TEST_CASE("matrix_at views the tensor at all leading indices") {
    const Tensor<double, 4> t = counting<4>({2, 3, 4, 5});
    for (std::size_t b = 0; b < 2; ++b) {
      for (std::size_t h = 0; h < 3; ++h) {
        const Eigen::Map<const Matrix> M = matrix_at(t, b, h);
        CHECK(M.data() == &t(b, h, 0, 0));
        REQUIRE(M.rows() == 4);
        REQUIRE(M.cols() == 5);
        for (Eigen::Index i = 0; i < 4; ++i) {
          for (Eigen::Index j = 0; j < 5; ++j) {
            CHECK(M(i, j) == t(b, h, static_cast<std::size_t>(i),
                               static_cast<std::size_t>(j)));
          }
        }
      }
    }
  }

  TEST_CASE("a mutable matrix writes through") {
    Tensor<double, 3> t = counting<3>({2, 2, 3});
    Eigen::Map<Matrix> M = matrix_at(t, 1);
    CHECK(M.data() == &t(1, 0, 0));
    M(1, 2) = -7.0;
    matrix_at(t, 0).setConstant(3.0);
    CHECK(t(1, 1, 2) == -7.0);
    CHECK(t(0, 1, 2) == 3.0);
    CHECK(t(1, 0, 0) == 6.0);
  }

  TEST_CASE("constness decides what is lent") {
    Tensor<float, 3> t({1, 2, 2});
    const Tensor<float, 3>& fixed = t;
    static_assert(
        std::is_same_v<decltype(matrix_at(t, 0)), Eigen::Map<MatrixOf<float>>>);
    static_assert(std::is_same_v<decltype(matrix_at(fixed, 0)),
                                 Eigen::Map<const MatrixOf<float>>>);
    CHECK(matrix_at(t, 0).data() == matrix_at(fixed, 0).data());
  }

  TEST_CASE("two axes need no leading index and five take three") {
    const Tensor<double, 2> flat = counting<2>({3, 4});
    CHECK(matrix_at(flat).data() == flat.data());
    CHECK(matrix_at(flat).rows() == 3);
    CHECK(matrix_at(flat).cols() == 4);
    const Tensor<double, 5> deep = counting<5>({2, 3, 2, 2, 3});
    CHECK(matrix_at(deep, 1, 2, 0).data() == &deep(1, 2, 0, 0, 0));
    CHECK(matrix_at(deep, 0, 1, 1)(1, 2) == deep(0, 1, 1, 1, 2));
  }

  TEST_CASE("axes of length one keep their place") {
    // xtensor gives such an axis the stride 0.
    const Tensor<double, 4> t = counting<4>({2, 1, 1, 3});
    CHECK(matrix_at(t, 1, 0).data() == t.data() + 3);
    const Tensor<double, 3> column = counting<3>({2, 3, 1});
    CHECK(matrix_at(column, 1)(2, 0) == 5.0);
  }

  TEST_CASE("empty matrices have their shape") {
    const Tensor<double, 3> t({2, 0, 3});
    CHECK(matrix_at(t, 1).rows() == 0);
    CHECK(matrix_at(t, 1).cols() == 3);
  }

  TEST_CASE("an index out of range is refused") {
    Tensor<double, 4> t = counting<4>({2, 3, 4, 5});
    CHECK_THROWS_WITH_AS(matrix_at(t, 2, 0),
                         "matrix_at: need 0 <= index < 2 on axis 0, got 2",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(matrix_at(t, 1, 3),
                         "matrix_at: need 0 <= index < 3 on axis 1, got 3",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(matrix_at(t, -1, 0),
                         "matrix_at: need 0 <= index < 2 on axis 0, got -1",
                         std::invalid_argument);
    const Tensor<double, 4>& fixed = t;
    CHECK_THROWS_AS(matrix_at(fixed, 0, 3), std::invalid_argument);
    const Tensor<double, 3> empty({0, 2, 2});
    CHECK_THROWS_AS(matrix_at(empty, 0), std::invalid_argument);
  }

  TEST_CASE("matrices of one tensor multiply as any others") {
    const Tensor<double, 3> t = counting<3>({2, 2, 2});
    const Matrix product = matrix_at(t, 0) * matrix_at(t, 1);
    CHECK(close(product, Matrix{{6, 7}, {26, 31}}));  // by hand
  }
}
