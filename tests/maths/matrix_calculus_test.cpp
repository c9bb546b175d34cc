// Verifies the claims of questions/maths/matrix_calculus.md.
#include <whiteboard/maths/matrix_calculus.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/finite_differences.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::maths;
using whiteboard::testing::data_set;
using whiteboard::testing::gaussian;
using whiteboard::testing::numerical_gradient;
using whiteboard::testing::numerical_jacobian;

namespace {

using Eigen::Index;
constexpr double eps = std::numeric_limits<double>::epsilon();

// Plain loops, so that no oracle shares a product with the header.
Matrix product(const Matrix& A, const Matrix& B) {
  Matrix C = Matrix::Zero(A.rows(), B.cols());
  for (Index i = 0; i < A.rows(); ++i) {
    for (Index k = 0; k < A.cols(); ++k) {
      for (Index j = 0; j < B.cols(); ++j) C(i, j) += A(i, k) * B(k, j);
    }
  }
  return C;
}

Matrix transposed(const Matrix& A) {
  Matrix T(A.cols(), A.rows());
  for (Index i = 0; i < A.rows(); ++i) {
    for (Index j = 0; j < A.cols(); ++j) T(j, i) = A(i, j);
  }
  return T;
}

/// Sum of A_ij B_ij.
double inner(const Matrix& A, const Matrix& B) {
  double sum = 0.0;
  for (Index i = 0; i < A.size(); ++i) sum += A.data()[i] * B.data()[i];
  return sum;
}

/// Gauss and Jordan, with row exchanges: the inverse and log |det|.
struct Eliminated {
  Matrix inverse;
  double log_det = 0.0;
};

Eliminated eliminate(Matrix A) {
  const Index n = A.rows();
  Eliminated result{Matrix::Identity(n, n), 0.0};
  for (Index k = 0; k < n; ++k) {
    Index pivot = k;
    for (Index i = k; i < n; ++i) {
      if (std::abs(A(i, k)) > std::abs(A(pivot, k))) pivot = i;
    }
    A.row(k).swap(A.row(pivot));
    result.inverse.row(k).swap(result.inverse.row(pivot));
    const double p = A(k, k);
    result.log_det += std::log(std::abs(p));
    A.row(k) /= p;
    result.inverse.row(k) /= p;
    for (Index i = 0; i < n; ++i) {
      if (i == k) continue;
      const double factor = A(i, k);
      A.row(i) -= factor * A.row(k);
      result.inverse.row(i) -= factor * result.inverse.row(k);
    }
  }
  return result;
}

double log_det(const Matrix& A) {
  return eliminate(A).log_det;
}

/// A square matrix that is well conditioned: 4 I and noise.
Matrix invertible(Index n, std::mt19937_64& rng) {
  Matrix A = gaussian(n, n, rng);
  A.diagonal().array() += 4.0;
  return A;
}

double cross_entropy(const Vector& z, Index label) {
  double sum = 0.0;
  for (const double logit : z) sum += std::exp(logit - z.maxCoeff());
  return std::log(sum) + z.maxCoeff() - z(label);
}

/// -log p_label, differentiated step by step: first by p, then by the logits.
Vector through_the_jacobian(const Vector& z, Index label) {
  const Vector p = softmax(z);
  Vector dp = Vector::Zero(z.size());
  dp(label) = -1.0 / p(label);
  return softmax_backward(p, dp);
}

/// (log det Sigma + tr(Sigma^-1 S)) / 2.
double gaussian_loss(const Matrix& S, const Matrix& Sigma) {
  const Eliminated e = eliminate(Sigma);
  return 0.5 * (e.log_det + product(e.inverse, S).trace());
}

}  // namespace

TEST_SUITE("maths/matrix_calculus") {
  TEST_CASE("every_gradient_agrees_with_central_differences") {
    std::mt19937_64 rng(1);
    double worst = 0.0;
    const auto check = [&](const Matrix& got, const Matrix& want) {
      const double scale = std::max(1.0, want.cwiseAbs().maxCoeff());
      CHECK(close(got, want, {.abs = 1e-7 * scale}));
      worst = std::max(worst, largest_difference(got, want) / scale);
    };
    for (int trial = 0; trial < 20; ++trial) {
      CAPTURE(trial);
      const Matrix A = gaussian(4, 4, rng), X = gaussian(6, 4, rng);
      const Vector x = gaussian(4, 1, rng).col(0);
      const Vector y = gaussian(6, 1, rng).col(0);
      const Vector labels = (y.array() > 0.0).cast<double>();
      check(
          quadratic_form_gradient(A, x),
          numerical_gradient(
              [&](const Vector& v) { return v.dot(product(A, v).col(0)); }, x));
      check(least_squares_gradient(X, x, y),
            numerical_gradient(
                [&](const Vector& v) {
                  return 0.5 * (product(X, v).col(0) - y).squaredNorm();
                },
                x));
      check(logistic_gradient(X, x, labels),
            numerical_gradient(
                [&](const Vector& v) {
                  const Vector z = product(X, v).col(0);
                  double sum = 0.0;
                  for (Index i = 0; i < 6; ++i) {
                    sum += std::log1p(std::exp(z(i))) - labels(i) * z(i);
                  }
                  return sum;
                },
                x));
      check(
          softmax_cross_entropy_gradient(x, trial % 4),
          numerical_gradient(
              [&](const Vector& v) { return cross_entropy(v, trial % 4); }, x));
      check(norm_gradient(x),
            numerical_gradient(
                [](const Vector& v) { return std::sqrt(v.squaredNorm()); }, x));
      const Matrix B = invertible(3, rng), S = gaussian(3, 3, rng);
      check(log_det_gradient(B), numerical_gradient(log_det, B));
      check(
          inverse_backward(B, S),
          numerical_gradient(
              [&](const Matrix& at) { return inner(S, eliminate(at).inverse); },
              B));
      check(gaussian_covariance_gradient(S, B),
            numerical_gradient(
                [&](const Matrix& at) { return gaussian_loss(S, at); }, B));
      // A layer, under the loss <C, Y>.
      const Matrix W = gaussian(4, 3, rng), C = gaussian(6, 3, rng);
      const LinearGradients back = linear_backward(X, W, C);
      check(back.dX,
            numerical_gradient(
                [&](const Matrix& at) { return inner(C, product(at, W)); }, X));
      check(back.dW,
            numerical_gradient(
                [&](const Matrix& at) { return inner(C, product(X, at)); }, W));
      check(back.db, numerical_gradient(
                         [&](const Vector& b) {
                           const Matrix ones = Matrix::Ones(6, 1);
                           return inner(C, product(ones, transposed(b)));
                         },
                         Vector(gaussian(3, 1, rng).col(0))));
    }
    EVIDENCE("largest difference from central differences", worst);
  }

  TEST_CASE("an_adjoint_passes_the_dot_product_test") {
    // <G, J dX> = <J^T G, dX>, with no step size to choose.
    std::mt19937_64 rng(2);
    double worst = 0.0;
    for (const Index n : {1, 2, 7, 20}) {
      CAPTURE(n);
      const Matrix X = gaussian(n, 5, rng), W = gaussian(5, 3, rng);
      const Matrix dY = gaussian(n, 3, rng);
      const Matrix moveX = gaussian(n, 5, rng), moveW = gaussian(5, 3, rng);
      const LinearGradients back = linear_backward(X, W, dY);
      // Sums of 15 n products of size 1: some sqrt(15 n) eps, 16 to be safe.
      const double allowed = 16.0 * 15.0 * static_cast<double>(n) * eps;
      CHECK(close(inner(back.dX, moveX), inner(dY, product(moveX, W)),
                  {.abs = allowed}));
      CHECK(close(inner(back.dW, moveW), inner(dY, product(X, moveW)),
                  {.abs = allowed}));
      const Matrix B = invertible(n, rng), G = gaussian(n, n, rng);
      const Matrix D = gaussian(n, n, rng);
      const double forward = inner(G, inverse_differential(B, D));
      const double backward = inner(inverse_backward(B, G), D);
      const double inverse = eliminate(B).inverse.norm();
      const double size = inverse * inverse * G.norm() * D.norm();
      CHECK(close(forward, backward, {.abs = 1e-13 * size}));
      worst = std::max(worst, std::abs(forward - backward) / size);
    }
    EVIDENCE("difference of the two products, relative", worst);
  }

  TEST_CASE("shapes_decide_unless_they_are_equal") {
    std::mt19937_64 rng(3);
    const auto candidates = [](const Matrix& A, const Matrix& B, Index rows,
                               Index cols) {
      std::vector<Matrix> fitting;
      for (const Matrix& left : {A, transposed(A), B, transposed(B)}) {
        for (const Matrix& right : {A, transposed(A), B, transposed(B)}) {
          if (left.cols() != right.rows()) continue;
          if (left.rows() != rows || right.cols() != cols) continue;
          fitting.push_back(product(left, right));
        }
      }
      return fitting;
    };
    const Matrix X = gaussian(4, 3, rng), W = gaussian(3, 2, rng);
    const Matrix dY = gaussian(4, 2, rng);
    const LinearGradients back = linear_backward(X, W, dY);
    const std::vector<Matrix> for_W = candidates(X, dY, 3, 2);
    const std::vector<Matrix> for_X = candidates(dY, W, 4, 3);
    REQUIRE(for_W.size() == 1);
    REQUIRE(for_X.size() == 1);
    CHECK(close(back.dW, for_W[0], {.abs = 32.0 * eps}));
    CHECK(close(back.dX, for_X[0], {.abs = 32.0 * eps}));
    // n = d = m: all sixteen fit, and one is right.
    const Matrix X3 = gaussian(3, 3, rng), dY3 = gaussian(3, 3, rng);
    const Matrix want = linear_backward(X3, X3, dY3).dW;
    int right = 0;
    const std::vector<Matrix> square = candidates(X3, dY3, 3, 3);
    for (const Matrix& candidate : square) {
      right += largest_difference(candidate, want) < 1e-9 ? 1 : 0;
    }
    CHECK(square.size() == 16);
    CHECK(right == 1);
    EVIDENCE("products that fit when all sizes are 3", square.size());

    // The whole Jacobian of Y by X: n m x n d, block diagonal.
    const Matrix J = numerical_jacobian(
        [&](const Vector& flat) {
          const Matrix Y = product(Matrix::Map(flat.data(), 4, 3), W);
          return Vector(Vector::Map(Y.data(), Y.size()));
        },
        Vector(Vector::Map(X.data(), X.size())));
    REQUIRE(J.rows() == 8);
    REQUIRE(J.cols() == 12);
    CHECK((J.array().abs() > 1e-9).count() == 8 * 12 / 4);
    EVIDENCE("share of the Jacobian that is not zero", 0.25);
  }

  TEST_CASE("a_quadratic_form_sees_the_symmetric_part") {
    const Matrix A{{1.0, 4.0}, {0.0, 3.0}};
    const Vector x{{1.0, 2.0}};
    // x^2 + 4 x y + 3 y^2: by hand (2 x + 4 y, 4 x + 6 y).
    const Vector want{{10.0, 16.0}};
    CHECK(quadratic_form_gradient(A, x) == want);
    // 2 A x = (18, 12).
    const Vector shortcut = 2.0 * product(A, x).col(0);
    CHECK(shortcut == Vector{{18.0, 12.0}});
    CHECK((shortcut - want).norm() > 0.4 * want.norm());
    EVIDENCE("relative error of 2 A x", (shortcut - want).norm() / want.norm());
    const Matrix symmetric{{1.0, 2.0}, {2.0, 3.0}};
    CHECK(quadratic_form_gradient(symmetric, x) == want);
    CHECK(Vector(2.0 * product(symmetric, x).col(0)) == want);
  }

  TEST_CASE("softmax_and_cross_entropy_cancel") {
    std::mt19937_64 rng(4);
    double worst_sum = 0.0;
    for (const Index k : {1, 2, 10, 1000}) {
      const Vector z = 3.0 * gaussian(k, 1, rng).col(0);
      const Vector g = softmax_cross_entropy_gradient(z, k / 2);
      // k probabilities of a few roundings each.
      CHECK(std::abs(g.sum()) <= 8.0 * eps * (1.0 + std::sqrt(k)));
      worst_sum = std::max(worst_sum, std::abs(g.sum()));
      CHECK(g(k / 2) <= 0.0);
      // Step by step the same, as long as p does not underflow.
      CHECK(close(through_the_jacobian(z, k / 2), g, {.abs = 16.0 * eps}));
    }
    EVIDENCE("largest sum of the entries", worst_sum);
    const Vector gap700{{700.0, 0.0}}, gap800{{800.0, 0.0}};
    CHECK(close(through_the_jacobian(gap700, 1), Vector{{1.0, -1.0}},
                {.abs = 16.0 * eps}));
    CHECK(softmax_cross_entropy_gradient(gap800, 1) == Vector{{1.0, -1.0}});
    const Vector broken = through_the_jacobian(gap800, 1);
    CHECK(std::isnan(broken(0)));
    CHECK(std::isnan(broken(1)));
  }

  TEST_CASE("the_differential_of_the_inverse_is_of_first_order") {
    std::mt19937_64 rng(5);
    const Matrix X = invertible(5, rng), D = gaussian(5, 5, rng);
    const Matrix inverse = eliminate(X).inverse;
    const auto error = [&](double t) {
      const Matrix exact = eliminate(X + t * D).inverse;
      return (inverse + t * inverse_differential(X, D) - exact).norm();
    };
    std::vector<double> ratios;
    for (double t = 0.01; t > 1e-4; t /= 2.0) {
      // The next term is t |X^-1 D| of this one: below 1 % here.
      ratios.push_back(error(t) / error(0.5 * t));
      CHECK(close(ratios.back(), 4.0, {.rel = 0.02}));
    }
    EVIDENCE_SERIES("error over that of half the change", ratios);
    // And for log det, with the gradient: <X^-T, D> t.
    const Matrix G = log_det_gradient(X);
    const auto log_error = [&](double t) {
      return std::abs(log_det(X + t * D) - log_det(X) - t * inner(G, D));
    };
    CHECK(close(log_error(0.01) / log_error(0.005), 4.0, {.rel = 0.05}));
  }

  TEST_CASE("the_sample_covariance_is_where_the_gradient_vanishes") {
    const Matrix data = data_set("iris").features();
    const Matrix centred = data.rowwise() - data.colwise().mean();
    const Matrix S = product(transposed(centred), centred) / 150.0;
    const Matrix at_S = gaussian_covariance_gradient(S, S);
    const Matrix inverse = eliminate(S).inverse;
    // Two terms of this size cancel; each is known to kappa = 178 roundings.
    const double size = inverse.norm();
    CHECK(at_S.norm() < 1e3 * eps * size);
    EVIDENCE("gradient at S, relative to its two terms", at_S.norm() / size);
    // Elsewhere it is not zero, and the loss is larger.
    std::mt19937_64 rng(6);
    for (int trial = 0; trial < 10; ++trial) {
      const Matrix noise = 0.05 * gaussian(4, 4, rng);
      const Matrix other = S + product(noise, transposed(noise));
      CHECK(gaussian_covariance_gradient(S, other).norm() > 1e-3 * size);
      CHECK(gaussian_loss(S, other) > gaussian_loss(S, S));
    }
  }

  TEST_CASE("an_entry_in_two_places_gets_both_shares") {
    // log det of [[a, b], [b, c]] is log(a c - b^2).
    const double a = 2.0, b = 0.5, c = 1.5;
    const double det = a * c - b * b;
    const Matrix S{{a, b}, {b, c}};
    const Matrix G = log_det_gradient(S);
    const Matrix free = symmetric_gradient(G);
    CHECK(close(free, Matrix{{c / det, -2.0 * b / det}, {0.0, a / det}},
                {.abs = 8.0 * eps}));
    CHECK(close(G(0, 1), -b / det, {.rel = 8.0 * eps}));  // half of it
    // Moving b alone moves two entries.
    const double h = 1e-6;
    const double slope = (log_det(Matrix{{a, b + h}, {b + h, c}}) -
                          log_det(Matrix{{a, b - h}, {b - h, c}})) /
                         (2.0 * h);
    CHECK(close(free(0, 1), slope, {.rel = 1e-8}));
    // Yet descent on all entries with G stays symmetric, to rounding.
    CHECK(close(G, transposed(G), {.abs = 4.0 * eps}));
    EVIDENCE("derivative by b over the entry of G", free(0, 1) / G(0, 1));
  }

  TEST_CASE("the_norm_has_a_corner_and_its_square_has_none") {
    for (const double size : {1e-200, 1e-8, 1.0, 1e200}) {
      const Vector x{{3.0 * size, -4.0 * size}};
      CHECK(close(norm_gradient(x), Vector{{0.6, -0.8}}, {.ulps = 4}));
    }
    CHECK_THROWS_WITH(norm_gradient(Vector{{0.0, 0.0}}),
                      "norm_gradient: need a finite norm > 0, got 0");
    // Descent with a step of 0.3 from 1: |x| has steps of 0.3 for ever, and
    // jumps over 0 from 0.1 to -0.2; x^2 / 2 shrinks by 0.7 a step.
    Vector x{{1.0}}, square{{1.0}};
    std::vector<double> path;
    for (int t = 0; t < 100; ++t) {
      x -= 0.3 * norm_gradient(x);
      square -= 0.3 * square;
      path.push_back(x(0));
    }
    for (std::size_t t = 3; t < path.size(); ++t) {
      CHECK(close(path[t], t % 2 == 1 ? -0.2 : 0.1, {.abs = 1e-12}));
    }
    CHECK(std::abs(square(0)) < 1e-15);
    EVIDENCE_SERIES("x on |x| with a step of 0.3",
                    std::vector<double>(path.begin(), path.begin() + 12));
  }
}

TEST_SUITE("maths/matrix_calculus extra") {
  TEST_CASE("the batch is summed over") {
    // Two equal samples: twice the gradient of one.
    const Matrix one{{1.0, 2.0}}, two{{1.0, 2.0}, {1.0, 2.0}};
    const Matrix W{{1.0}, {-1.0}};
    const Matrix dY1{{0.5}}, dY2{{0.5}, {0.5}};
    const LinearGradients single = linear_backward(one, W, dY1);
    const LinearGradients pair = linear_backward(two, W, dY2);
    CHECK(pair.dW == 2.0 * single.dW);
    CHECK(pair.db == 2.0 * single.db);
    CHECK(pair.dX.row(1) == single.dX.row(0));
    CHECK(single.dW == Matrix{{0.5}, {1.0}});
    CHECK(single.db == Vector{{0.5}});
    CHECK(single.dX == Matrix{{0.5, -0.5}});
    const Vector w{{1.0, 1.0}};
    CHECK(least_squares_gradient(two, w, Vector{{1.0, 1.0}}) ==
          2.0 * least_squares_gradient(one, w, Vector{{1.0}}));
  }

  TEST_CASE("logistic gradients of extreme margins are finite") {
    const Matrix X{{1e4}, {-1e4}};
    CHECK(logistic_gradient(X, Vector{{1.0}}, Vector{{1.0, 0.0}}) ==
          Vector{{0.0}});
    CHECK(logistic_gradient(X, Vector{{-1.0}}, Vector{{1.0, 0.0}}) ==
          Vector{{-2e4}});
  }

  TEST_CASE("one by one matrices are scalars") {
    const Matrix X{{-4.0}};
    CHECK(log_det_gradient(X) == Matrix{{-0.25}});
    CHECK(inverse_differential(X, Matrix{{2.0}}) == Matrix{{-0.125}});
    CHECK(symmetric_gradient(X) == X);
    CHECK(quadratic_form_gradient(X, Vector{{3.0}}) == Vector{{-24.0}});
  }

  TEST_CASE("arguments that break the contract are refused") {
    const Matrix A{{1.0, 2.0}, {3.0, 4.0}}, wide = Matrix::Ones(2, 3);
    const Vector two{{1.0, 2.0}}, three{{1.0, 2.0, 3.0}};
    CHECK_THROWS_WITH(quadratic_form_gradient(wide, two),
                      "quadratic_form_gradient: need a square matrix, got 2 x "
                      "3");
    CHECK_THROWS_WITH(quadratic_form_gradient(A, three),
                      "quadratic_form_gradient: A is 2 x 2, but x has 3");
    CHECK_THROWS_WITH(least_squares_gradient(wide, two, two),
                      "least_squares_gradient: X is 2 x 3, but w has 2 and y "
                      "2");
    CHECK_THROWS_AS(least_squares_gradient(wide, three, three),
                    std::invalid_argument);
    CHECK_THROWS_WITH(logistic_gradient(wide, three, three),
                      "logistic_gradient: X is 2 x 3, but w has 3 and y 3");
    CHECK_THROWS_WITH(softmax_cross_entropy_gradient(two, 2),
                      "softmax_cross_entropy_gradient: need 0 <= label < 2, "
                      "got 2");
    CHECK_THROWS_AS(softmax_cross_entropy_gradient(two, -1),
                    std::invalid_argument);
    CHECK_THROWS_WITH(linear_backward(A, wide, A),
                      "linear_backward: shapes do not fit: X is 2 x 2, W 2 x "
                      "3, dY 2 x 2");
    CHECK_THROWS_AS(linear_backward(wide, wide, A), std::invalid_argument);
    CHECK_THROWS_AS(linear_backward(A, wide, Matrix::Ones(3, 3)),
                    std::invalid_argument);
    CHECK_THROWS_WITH(log_det_gradient(Matrix{{1.0, 2.0}, {2.0, 4.0}}),
                      "log_det_gradient: the matrix is singular to rounding");
    CHECK_THROWS_WITH(log_det_gradient(wide),
                      "log_det_gradient: need a square matrix, got 2 x 3");
    CHECK_THROWS_WITH(inverse_differential(A, wide),
                      "inverse_differential: X is 2 x 2, its change 2 x 3");
    CHECK_THROWS_AS(inverse_differential(A, Matrix::Ones(3, 2)),
                    std::invalid_argument);
    CHECK_THROWS_AS(log_det_gradient(Matrix(0, 0)), std::invalid_argument);
    Matrix bad = A;
    bad(1, 0) = std::nan("");
    CHECK_THROWS_WITH(symmetric_gradient(bad),
                      "symmetric_gradient(1, 0) is nan");
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK_THROWS_AS(norm_gradient(Vector{{infinity}}), std::invalid_argument);
  }
}
