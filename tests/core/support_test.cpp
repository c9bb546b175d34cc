// The helpers of the other tests: data.hpp and finite_differences.hpp.
#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/finite_differences.hpp>

#include <cmath>
#include <random>

using namespace whiteboard;
using namespace whiteboard::testing;

TEST_SUITE("core/support") {
  TEST_CASE("standardized columns have mean 0 and variance 1") {
    std::mt19937_64 rng(1);
    const Matrix X = (gaussian(50, 3, rng).array() * 7.0 + 1e3).matrix();
    const Matrix Z = standardized(X);
    CHECK(
        close(Z.colwise().mean(), Eigen::RowVectorXd::Zero(3), {.abs = 1e-13}));
    CHECK(close(Z.colwise().squaredNorm() / 50.0, Eigen::RowVectorXd::Ones(3),
                {.rel = 1e-13}));
    CHECK(close(standardized(Matrix{{1, 0}, {3, 4}}),
                Matrix{{-1, -1}, {1, 1}}));  // by hand, dividing by n
  }

  TEST_CASE("a constant column becomes zeros whatever its mean rounds to") {
    // The mean of ten times 0.1 is not 0.1 in doubles.
    const Matrix X = Matrix::Constant(10, 2, 0.1);
    CHECK(close(standardized(X), Matrix::Zero(10, 2)));
  }

  TEST_CASE("blobs stand around their centres in order") {
    std::mt19937_64 rng(2);
    const Matrix X = blobs(Matrix{{0, 0}, {100, 50}}, 200, rng);
    REQUIRE(X.rows() == 400);
    // five standard errors of the mean of 200 unit normals
    CHECK(close(X.topRows(200).colwise().mean(), Eigen::RowVector2d(0, 0),
                {.abs = 5 / std::sqrt(200.0)}));
    CHECK(close(X.bottomRows(200).colwise().mean(), Eigen::RowVector2d(100, 50),
                {.abs = 5 / std::sqrt(200.0)}));
  }

  TEST_CASE("numerical_gradient of a cubic") {
    const auto f = [](const Matrix& W) { return W.array().cube().sum(); };
    const Matrix W{{1.0, -2.0}, {0.5, 3.0}};
    const Matrix want = (3.0 * W.array().square()).matrix();
    CHECK(close(numerical_gradient(f, W), want, {.rel = 1e-8}));
  }

  TEST_CASE("numerical_gradient leaves a block of a matrix alone") {
    Matrix W = Matrix::Constant(2, 3, 2.0);
    const auto f = [](const auto& x) { return x.squaredNorm(); };
    auto row = W.row(1);
    CHECK(close(numerical_gradient(f, row), Eigen::RowVector3d(4, 4, 4),
                {.rel = 1e-8}));
    CHECK(close(W, Matrix::Constant(2, 3, 2.0)));
  }

  TEST_CASE("numerical_jacobian is outputs by inputs") {
    const Matrix A{{1, 2, 3}, {4, 5, 6}};
    const auto f = [&](const Vector& x) { return Vector(A * x); };
    CHECK(close(numerical_jacobian(f, Vector{{1.0, -1.0, 0.5}}), A,
                {.rel = 1e-9}));
  }
}
