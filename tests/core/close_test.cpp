#include <support/claims.hpp>

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/tensor.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <list>
#include <span>
#include <sstream>
#include <string>
#include <vector>

using namespace whiteboard;
using whiteboard::testing::Tolerance;

namespace {

const double infinity = std::numeric_limits<double>::infinity();
const double not_a_number = std::numeric_limits<double>::quiet_NaN();
const double largest_double = std::numeric_limits<double>::max();
const double epsilon = std::numeric_limits<double>::epsilon();

/// The double after x, away from zero.
double beyond(double x) {
  return std::nextafter(x, x > 0 ? infinity : -infinity);
}

template <class Got, class Want>
std::string report(const Got& got, const Want& want, Tolerance tolerance = {}) {
  std::ostringstream out;
  out << close(got, want, tolerance);
  return out.str();
}

bool is_close(double got, double want, Tolerance tolerance) {
  return close(got, want, tolerance).ok;
}

}  // namespace

TEST_SUITE("core/close") {
  TEST_CASE("equal is close without any tolerance") {
    CHECK(close(1.5, 1.5));
    CHECK(close(0.0, -0.0));
    CHECK(close(3, 3.0));
    CHECK(close(Matrix{{1, 2}, {3, 4}}, Matrix{{1, 2}, {3, 4}}));
    CHECK_FALSE(close(1.0, 1.0 + epsilon));
    CHECK_FALSE(close(1.0, -1.0));
  }

  TEST_CASE("each tolerance holds up to its edge and not beyond") {
    // All numbers are sums of a few powers of two, so nothing is rounded.
    CHECK(is_close(8.25, 8.0, {.abs = 0.25}));
    CHECK(is_close(7.75, 8.0, {.abs = 0.25}));
    CHECK_FALSE(is_close(beyond(8.25), 8.0, {.abs = 0.25}));
    CHECK_FALSE(is_close(std::nextafter(7.75, 0.0), 8.0, {.abs = 0.25}));

    CHECK(is_close(9.0, 8.0, {.rel = 0.125}));
    CHECK(is_close(-7.0, -8.0, {.rel = 0.125}));
    CHECK_FALSE(is_close(beyond(9.0), 8.0, {.rel = 0.125}));
    CHECK_FALSE(is_close(std::nextafter(-7.0, 0.0), -8.0, {.rel = 0.125}));

    CHECK(is_close(1.0 + 2 * epsilon, 1.0, {.ulps = 2}));
    CHECK_FALSE(is_close(1.0 + 3 * epsilon, 1.0, {.ulps = 2}));
    CHECK(is_close(-1024.0 - 1024 * epsilon, -1024.0, {.ulps = 1}));
    CHECK_FALSE(is_close(-1024.0 - 2048 * epsilon, -1024.0, {.ulps = 1}));

    const Vector want{{1.0, -16.0}};
    CHECK(close(Vector{{3.0, -16.0}}, want, {.scale = 0.125}));
    CHECK_FALSE(close(Vector{{beyond(3.0), -16.0}}, want, {.scale = 0.125}));
    CHECK(close(Vector{{1.0, -18.0}}, want, {.scale = 0.125}));
    CHECK_FALSE(close(Vector{{1.0, beyond(-18.0)}}, want, {.scale = 0.125}));
  }

  TEST_CASE("the tolerances add up") {
    const Tolerance all{.abs = 1.0, .rel = 0.5, .scale = 0.25, .ulps = 0.0};
    const Vector want{{2.0, 8.0}};
    CHECK(close(Vector{{2.0 + 1.0 + 1.0 + 2.0, 8.0}}, want, all));
    CHECK_FALSE(close(Vector{{beyond(6.0), 8.0}}, want, all));
  }

  TEST_CASE("the relative tolerance looks at what is wanted") {
    CHECK(is_close(0.0, 1.0, {.rel = 1.0}));
    CHECK_FALSE(is_close(1.0, 0.0, {.rel = 1.0}));
    // element by element: the large neighbour does not help
    CHECK_FALSE(close(Vector{{1.5, 1e6}}, Vector{{1.0, 1e6}}, {.rel = 0.1}));
  }

  TEST_CASE("the scale is that of what is wanted and not of an infinity") {
    CHECK_FALSE(
        close(Vector{{0.0, 100.0}}, Vector{{1.0, 1.0}}, {.scale = 0.5}));
    CHECK_FALSE(close(Vector{{5.0, infinity}}, Vector{{1.0, infinity}},
                      {.scale = 0.5}));
    CHECK(close(Vector{{1.5, infinity}}, Vector{{1.0, infinity}},
                {.scale = 0.5}));
  }

  TEST_CASE("units in the last place at the ends of the range") {
    const double tiny = std::numeric_limits<double>::denorm_min();
    CHECK(is_close(tiny, 0.0, {.ulps = 1}));
    CHECK_FALSE(is_close(2 * tiny, 0.0, {.ulps = 1}));
    const double before = std::nextafter(largest_double, 0.0);
    CHECK(is_close(before, largest_double, {.ulps = 1}));
    CHECK_FALSE(is_close(1.0, largest_double, {.ulps = 1}));
    CHECK_FALSE(
        is_close(std::nextafter(before, 0.0), largest_double, {.ulps = 1}));
    CHECK_FALSE(is_close(infinity, largest_double, {.ulps = 1}));
  }

  TEST_CASE("NaN is close to nothing and not to itself") {
    const Tolerance wide{.abs = 1e300, .rel = 1e3, .ulps = 1e9};
    CHECK_FALSE(is_close(not_a_number, 1.0, wide));
    CHECK_FALSE(is_close(1.0, not_a_number, wide));
    CHECK_FALSE(is_close(not_a_number, not_a_number, wide));
    for (Eigen::Index i = 0; i < 5; ++i) {
      Vector v = Vector::Ones(5);
      v(i) = not_a_number;
      CHECK_FALSE(close(v, Vector::Ones(5), wide));
      CHECK_FALSE(close(Vector::Ones(5), v, wide));
      CHECK_FALSE(close(v, v, wide));
    }
  }

  TEST_CASE("infinities must be equal") {
    const Tolerance wide{.abs = 1e300, .rel = 1e3, .scale = 1e3, .ulps = 1e9};
    CHECK(is_close(infinity, infinity, {}));
    CHECK(is_close(-infinity, -infinity, wide));
    CHECK_FALSE(is_close(infinity, -infinity, wide));
    CHECK_FALSE(is_close(infinity, 1.0, wide));
    CHECK_FALSE(is_close(1.0, infinity, wide));
    CHECK_FALSE(is_close(largest_double, infinity, wide));
    CHECK_FALSE(is_close(largest_double, -largest_double, {.abs = 1e300}));
  }

  TEST_CASE("two empty arrays are not close") {
    CHECK_FALSE(close(Matrix(0, 3), Matrix(0, 3)));
    CHECK_FALSE(close(std::vector<double>{}, std::vector<double>{}));
    CHECK_FALSE(close(Vector(0), std::vector<double>{}));
    CHECK(report(Vector(0), Vector(0)) == "both are empty: nothing compared");
  }

  TEST_CASE("shapes must agree") {
    CHECK(report(Matrix::Ones(2, 3), Matrix::Ones(3, 2)) ==
          "shapes differ: got 2 x 3, want 3 x 2");
    CHECK_FALSE(close(Matrix::Ones(1, 3), Vector::Ones(3)));
    CHECK_FALSE(close(Vector::Ones(3), Vector::Ones(4)));
    CHECK_FALSE(close(Vector::Ones(4), Vector::Ones(3)));
    CHECK_FALSE(close(Vector(0), 1.0));
    CHECK_FALSE(close(std::vector<double>{1, 1}, 1.0));
    CHECK_FALSE(close(Matrix(0, 3), Matrix(0, 4)));
    CHECK(close(Matrix::Ones(1, 1), 1.0));
  }

  TEST_CASE("shapes of tensors must agree on every axis") {
    const Tensor<double, 3> a = xt::ones<double>({2, 3, 4});
    const Tensor<double, 3> b = xt::ones<double>({3, 2, 4});
    const Tensor<double, 2> flat = xt::ones<double>({6, 4});
    CHECK(close(a, a));
    CHECK(report(a, b) == "shapes differ: got 2 x 3 x 4, want 3 x 2 x 4");
    CHECK(report(a, flat) == "shapes differ: got 2 x 3 x 4, want 6 x 4");
    CHECK_FALSE(close(a, std::vector<double>(24, 1.0)));
    CHECK(close(flat, Matrix::Ones(6, 4)));
    CHECK_FALSE(close(flat, Matrix::Ones(4, 6)));
    const Tensor<float, 1> line = xt::ones<float>({5});
    CHECK(close(line, Vector::Ones(5)));
    CHECK(close(line, std::vector<double>(5, 1.0)));
  }

  TEST_CASE("arrays of all kinds can be compared") {
    const Vector want{{1, 2, 3}};
    CHECK(close(std::vector<int>{1, 2, 3}, want));
    CHECK(close(std::array<float, 3>{1, 2, 3}, want));
    CHECK(close(std::list<long>{1, 2, 3}, want));
    const double plain[] = {1, 2, 3};
    CHECK(close(std::span<const double>(plain), want));
    CHECK(close(Eigen::Array3i(1, 2, 3), want));
    CHECK(close(Matrix{{1, 2, 3}}.transpose(), want));
    CHECK(close(want.array() * 2.0 - want.array(), want));
    CHECK(close(std::vector<bool>{true, false}, std::vector<int>{1, 0}));
  }

  TEST_CASE("rows and columns keep their order in both layouts") {
    const Matrix rows{{1, 2, 3}, {4, 5, 6}};
    const Eigen::MatrixXd columns = rows;
    CHECK(close(columns, rows));
    CHECK(close(columns.transpose(), rows.transpose()));
    const Tensor<double, 2> tensor{{1, 2, 3}, {4, 5, 6}};
    CHECK(close(tensor, columns));
  }

  TEST_CASE("the report names the worst element") {
    const Matrix want = Matrix::Zero(3, 4);
    Matrix got = want;
    got(0, 1) = 0.5;
    got(2, 3) = -2.0;
    got(1, 0) = 1.0;
    CHECK(report(got, want, {.abs = 0.25}) ==
          "at (2, 3) of 3 x 4: got -2, want 0, off by 2, which is 8 times "
          "what is allowed");
  }

  TEST_CASE("the worst is so by its own tolerance") {
    CHECK(
        report(Vector{{1000.5, 2.0}}, Vector{{1000.0, 1.75}}, {.rel = 0.125}) ==
        "at (1, 0) of 2 x 1: got 2, want 1.75, off by 0.25, which is "
        "1.1428571428571428 times what is allowed");
  }

  TEST_CASE("the report prefers NaN and the first of equals") {
    CHECK(report(Vector{{9.0, not_a_number, 5.0}}, Vector::Zero(3))
              .starts_with("at (1, 0) of 3 x 1: got nan, want 0"));
    CHECK(report(Vector{{0.0, 7.0, 5.0}}, Vector::Zero(3))
              .starts_with("at (1, 0) of 3 x 1: got 7, want 0, off by 7, which "
                           "is inf times"));
  }

  TEST_CASE("the report finds its place in a tensor") {
    Tensor<double, 3> got = xt::zeros<double>({2, 3, 4});
    const Tensor<double, 3> want = got;
    got(1, 0, 2) = 1.0;
    CHECK(report(got, want).starts_with("at (1, 0, 2) of 2 x 3 x 4: got 1"));
  }

  TEST_CASE("a tolerance that is none makes nothing close") {
    for (const double bad : {-1.0, infinity, -infinity, not_a_number}) {
      CAPTURE(bad);
      for (const double got : {1.0, 5.0}) {
        CHECK_FALSE(is_close(got, 1.0, {.abs = bad}));
        CHECK_FALSE(is_close(got, 1.0, {.rel = bad}));
        CHECK_FALSE(is_close(got, 1.0, {.scale = bad}));
        CHECK_FALSE(is_close(got, 1.0, {.ulps = bad}));
      }
    }
    // A product beyond the largest double is no tolerance either.
    CHECK_FALSE(is_close(1.0, 1e200, {.rel = 1e200}));
  }

  TEST_CASE("largest_difference is the largest of all") {
    CHECK(largest_difference(Vector{{1.0, 5.0, -3.0}},
                             Vector{{1.5, 4.0, -1.0}}) == 2.0);
    CHECK(largest_difference(3.0, 3.0) == 0.0);
    CHECK(largest_difference(infinity, infinity) == 0.0);
    CHECK(largest_difference(infinity, 1.0) == infinity);
    CHECK(largest_difference(not_a_number, 1.0) == infinity);
    CHECK(largest_difference(Vector{{0.0, not_a_number}}, Vector::Zero(2)) ==
          infinity);
    CHECK(largest_difference(Vector(0), Vector(0)) == infinity);
    CHECK(largest_difference(Vector::Ones(2), Vector::Ones(3)) == infinity);
    CHECK(largest_difference(Matrix::Ones(2, 3), Matrix::Ones(3, 2)) ==
          infinity);
  }
}
