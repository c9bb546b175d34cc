#include <whiteboard/core/matrix.hpp>

#include <support/claims.hpp>

#include <limits>
#include <stdexcept>
#include <type_traits>

using namespace whiteboard;

static_assert(Matrix::IsRowMajor, "samples are rows and rows are contiguous");
static_assert(MatrixOf<float>::IsRowMajor);
static_assert(std::is_same_v<Matrix, MatrixOf<double>>);
static_assert(std::is_same_v<Vector::Scalar, double>);

namespace {

const double infinity = std::numeric_limits<double>::infinity();
const double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Where a function that takes a MatrixRef sees its argument.
const double* seen(const MatrixRef& X) {
  return X.data();
}

}  // namespace

TEST_SUITE("core/matrix") {
  TEST_CASE("rows are contiguous") {
    const Matrix X{{1, 2, 3}, {4, 5, 6}};
    CHECK(&X(0, 1) == &X(0, 0) + 1);
    CHECK(&X(1, 0) == &X(0, 0) + 3);
  }

  TEST_CASE("a matrix and blocks of rows or columns are viewed in place") {
    const Matrix X = Matrix::Random(6, 4);
    CHECK(seen(X) == X.data());
    CHECK(seen(X.middleRows(2, 3)) == &X(2, 0));
    CHECK(seen(X.middleCols(1, 2)) == &X(0, 1));
    CHECK(seen(X.block(1, 1, 3, 2)) == &X(1, 1));
  }

  TEST_CASE("a column-major matrix is copied and keeps its values") {
    const Eigen::MatrixXd columns = Eigen::MatrixXd::Random(3, 2);
    CHECK(seen(columns) != columns.data());
    const MatrixRef view = columns;
    CHECK(close(view, columns));
    const MatrixRef sum = columns + columns;
    CHECK(close(sum, 2.0 * columns));
  }

  TEST_CASE("finite values pass") {
    const double largest = std::numeric_limits<double>::max();
    const double smallest = std::numeric_limits<double>::denorm_min();
    CHECK_NOTHROW(require_finite(
        Matrix{{0.0, -0.0}, {largest, -largest}, {smallest, 1.0}}, "X"));
    CHECK_NOTHROW(require_finite(Matrix(0, 3), "X"));
    CHECK_NOTHROW(require_finite(Matrix(3, 0), "X"));
    CHECK_NOTHROW(require_finite(Vector(0), "x"));
    CHECK_NOTHROW(require_finite(Eigen::VectorXi{{1, 2}}, "x"));
  }

  TEST_CASE("every place of a matrix is looked at") {
    // Sizes around those that whole vectors of 2, 4 or 8 numbers divide.
    for (const Eigen::Index rows : {1, 2, 3, 7, 9}) {
      for (const Eigen::Index cols : {1, 2, 3, 4, 5, 8, 17}) {
        for (Eigen::Index k = 0; k < rows * cols; ++k) {
          for (const double bad : {not_a_number, infinity, -infinity}) {
            Matrix X = Matrix::Random(rows, cols);
            X(k / cols, k % cols) = bad;
            CHECK_THROWS_AS(require_finite(X, "X"), std::invalid_argument);
            const Matrix around = X.replicate(3, 3);
            const MatrixRef block = around.block(rows, cols, rows, cols);
            CHECK_THROWS_AS(require_finite(block, "X"), std::invalid_argument);
          }
        }
      }
    }
  }

  TEST_CASE("infinities of both signs do not cancel") {
    CHECK_THROWS_AS(require_finite(Vector{{infinity, -infinity}}, "x"),
                    std::invalid_argument);
  }

  TEST_CASE("what surrounds a block does not count") {
    Matrix X = Matrix::Constant(5, 5, not_a_number);
    X.block(1, 2, 3, 2).setOnes();
    CHECK_NOTHROW(require_finite(X.block(1, 2, 3, 2), "X"));
  }

  TEST_CASE("the message names the first offender") {
    Matrix X = Matrix::Zero(3, 2);
    X(2, 0) = infinity;
    X(2, 1) = not_a_number;
    CHECK_THROWS_WITH(require_finite(X, "f: X"), "f: X(2, 0) is inf");
    X(1, 1) = not_a_number;
    CHECK_THROWS_WITH(require_finite(X, "f: X"), "f: X(1, 1) is nan");
    const Eigen::MatrixXd columns = X;  // in order of rows here as well
    CHECK_THROWS_WITH(require_finite(columns, "f: X"), "f: X(1, 1) is nan");
  }

  TEST_CASE("a vector is named with one index") {
    CHECK_THROWS_WITH(require_finite(Vector{{0.0, -infinity}}, "f: y"),
                      "f: y(1) is -inf");
    CHECK_THROWS_WITH(
        require_finite(Eigen::RowVectorXd{{0.0, 1.0, not_a_number}}, "f: y"),
        "f: y(2) is nan");
  }

  TEST_CASE("floats and arrays and expressions are taken") {
    const MatrixOf<float> X = MatrixOf<float>::Constant(2, 2, 3e38f);
    CHECK_NOTHROW(require_finite(X, "X"));
    CHECK_THROWS_WITH(require_finite(X + X, "X"), "X(0, 0) is inf");
    CHECK_THROWS_WITH(require_finite(X.array() * 2.0f, "X"), "X(0, 0) is inf");
    CHECK_NOTHROW(require_finite(X.transpose(), "X"));
  }
}
