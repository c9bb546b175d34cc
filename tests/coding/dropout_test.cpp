// Verifies the claims of questions/coding/dropout.md.
#include <whiteboard/coding/dropout.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::Dropout;
using coding::dropout;
using coding::dropout_backward;
using whiteboard::testing::gaussian;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Normal numbers away from zero, so that a zero in the output is a dropped
/// entry and nothing else.
Matrix nonzero(Eigen::Index rows, Eigen::Index cols, std::mt19937_64& rng) {
  const Matrix x = gaussian(rows, cols, rng);
  return x.unaryExpr([](double v) { return v < 0.0 ? v - 1.0 : v + 1.0; });
}

/// 1 where an input of ones was dropped.
Matrix dropped(Eigen::Index rows, Eigen::Index cols, double p,
               std::mt19937_64& rng) {
  const Matrix out = dropout(Matrix::Ones(rows, cols), p, true, rng).out;
  return out.unaryExpr([](double v) { return v == 0.0 ? 1.0 : 0.0; });
}

}  // namespace

TEST_SUITE("coding/dropout") {
  TEST_CASE("survivors_are_scaled") {
    std::mt19937_64 rng(0);
    const Matrix x{{2.0, 4.0}};
    std::vector<int> counts(4, 0);
    for (int draw = 0; draw < 4000; ++draw) {
      const Matrix out = dropout(x, 0.5, true, rng).out;
      REQUIRE(out.size() == 2);
      CHECK((out(0) == 0.0 || out(0) == 4.0));
      CHECK((out(1) == 0.0 || out(1) == 8.0));
      ++counts[(out(0) != 0.0 ? 1U : 0U) + (out(1) != 0.0 ? 2U : 0U)];
    }
    EVIDENCE_SERIES("(0, 0) (4, 0) (0, 8) (4, 8)", counts);
    // Five standard errors of a count: 5 sqrt(4000 * 1/4 * 3/4) = 137.
    CHECK(close(counts, std::vector(4, 1000), {.abs = 137.0}));
  }

  TEST_CASE("evaluation_is_the_identity") {
    std::mt19937_64 rng(1);
    const Matrix x = gaussian(20, 30, rng);
    const std::mt19937_64 before = rng;
    const Dropout evaluated = dropout(x, 0.9, false, rng);
    CHECK(rng == before);
    CHECK(close(evaluated.out, x));
    CHECK(close(evaluated.mask, Matrix::Ones(20, 30)));
    CHECK(close(dropout_backward(x, evaluated.mask), x));

    const Dropout never = dropout(x, 0.0, true, rng);
    CHECK(close(never.out, x));
    CHECK(close(dropout_backward(x, never.mask), x));
  }

  TEST_CASE("mean_is_kept_and_variance_is_p_over_one_minus_p") {
    std::mt19937_64 rng(2);
    const double p = 0.3;
    const double n = 200000.0;
    const Matrix out = dropout(Matrix::Ones(500, 400), p, true, rng).out;
    REQUIRE(out.size() == 200000);
    const double mean = out.mean();
    const double variance = (out.array() - mean).square().mean();
    EVIDENCE("mean output for input 1", mean);
    EVIDENCE("variance", variance);
    // Five standard errors: 5 sqrt(0.42857 / n) = 0.0073 for the mean. With
    // q = 1 - p the fourth central moment is p q (1 - 3 p q) / q^4 = 0.3236,
    // so 5 sqrt((0.3236 - 0.42857^2) / n) = 0.0042 for the variance.
    CHECK(close(mean, 1.0, {.abs = 5.0 * std::sqrt(p / (1.0 - p) / n)}));
    CHECK(close(variance, 0.428571, {.abs = 0.0042}));
  }

  TEST_CASE("entries_are_dropped_independently") {
    std::mt19937_64 rng(3);
    const double p = 0.3;
    const Matrix a = dropped(200, 300, p, rng);
    const Matrix b = dropped(200, 300, p, rng);
    // Covariance with the entry below, to the right, and of the next call.
    // A product of two centred indicators has standard deviation p (1 - p).
    const auto covariance = [p](const Matrix& u, const Matrix& v) {
      return ((u.array() - p) * (v.array() - p)).mean();
    };
    const std::vector<double> measured{
        covariance(a.topRows(199), a.bottomRows(199)),
        covariance(a.leftCols(299), a.rightCols(299)), covariance(a, b)};
    EVIDENCE_SERIES("covariance down, right, next call", measured);
    const double tolerance = 5.0 * p * (1.0 - p) / std::sqrt(199.0 * 299.0);
    CHECK(close(measured, std::vector<double>(3, 0.0), {.abs = tolerance}));
  }

  TEST_CASE("backward_uses_the_mask_of_the_forward_pass") {
    std::mt19937_64 rng(4);
    const double p = 0.4;
    const Matrix x = nonzero(30, 20, rng);
    const Matrix grad = nonzero(30, 20, rng);
    const Dropout forward = dropout(x, p, true, rng);
    const Matrix back = dropout_backward(grad, forward.mask);
    REQUIRE(forward.out.size() == 600);
    REQUIRE(back.size() == 600);
    int zeros = 0;
    for (Eigen::Index i = 0; i < x.rows(); ++i) {
      for (Eigen::Index j = 0; j < x.cols(); ++j) {
        CAPTURE(i);
        CAPTURE(j);
        const bool is_dropped = forward.out(i, j) == 0.0;
        zeros += is_dropped ? 1 : 0;
        // One division or two roundings.
        const double factor = is_dropped ? 0.0 : 1.0 / (1.0 - p);
        CHECK(close(forward.out(i, j), factor * x(i, j), {.ulps = 2}));
        CHECK(close(back(i, j), factor * grad(i, j), {.ulps = 2}));
      }
    }
    CHECK(zeros > 100);
    CHECK(zeros < 500);
    EVIDENCE("dropped of 600", zeros);
  }

  TEST_CASE("for_linear_regression_it_is_a_ridge_penalty") {
    std::mt19937_64 rng(5);
    const Matrix X = gaussian(10, 4, rng);
    const Vector w{{1.0, -2.0, 0.5, 3.0}};
    const Vector y = X * w + gaussian(10, 1, rng).col(0);
    const double p = 0.2;
    double ridge = 0.0;
    for (Eigen::Index j = 0; j < 4; ++j) {
      ridge += w(j) * w(j) * X.col(j).squaredNorm();
    }
    const double want = (y - X * w).squaredNorm() + p / (1.0 - p) * ridge;

    const int draws = 10000;
    double sum = 0.0;
    double squares = 0.0;
    for (int draw = 0; draw < draws; ++draw) {
      const Matrix noisy = dropout(X, p, true, rng).out;
      const double loss = (y - noisy * w).squaredNorm();
      sum += loss;
      squares += loss * loss;
    }
    const double mean = sum / draws;
    const double error = std::sqrt((squares / draws - mean * mean) / draws);
    EVIDENCE("mean loss under dropout", mean);
    EVIDENCE("squared loss plus penalty", want);
    EVIDENCE("squared loss alone", (y - X * w).squaredNorm());
    CHECK(close(mean, want, {.abs = 5.0 * error}));
    CHECK(5.0 * error < 0.03 * want);  // the check is not a loose one
  }

  TEST_CASE("without_scaling_evaluation_is_too_large") {
    std::mt19937_64 rng(6);
    const double p = 0.5;
    const Matrix x = Matrix::Constant(200, 200, 3.0);
    const Matrix mask = dropout(x, p, true, rng).mask;
    REQUIRE(mask.size() == x.size());
    // The shortcut: a mask of zeros and ones.
    const Matrix unscaled = (mask.array() > 0.0).select(x, 0.0);
    const double seen = unscaled.mean();
    const double evaluated = dropout(x, p, false, rng).out.mean();
    // Five standard errors of a mean: 5 * 3 * sqrt(p (1 - p)) / 200.
    CHECK(close(seen, 1.5, {.abs = 0.0375}));
    CHECK(close(evaluated, 3.0, {.rel = 1e-12}));
    EVIDENCE("evaluation over training without scaling", evaluated / seen);
  }

  TEST_CASE("evaluation_is_not_the_average_network") {
    // relu(a - b) at a = b = 1: the identity gives 0. In training it is 2 when
    // a survives and b does not, a quarter of the time.
    std::mt19937_64 rng(7);
    const Matrix x{{1.0, 1.0}};
    const auto network = [](const Matrix& h) {
      return std::max(0.0, h(0) - h(1));
    };
    const int draws = 20000;
    double sum = 0.0;
    for (int draw = 0; draw < draws; ++draw) {
      const Matrix h = dropout(x, 0.5, true, rng).out;
      REQUIRE(h.size() == 2);
      sum += network(h);
    }
    const double average = sum / draws;
    EVIDENCE("mean training output", average);
    EVIDENCE("evaluation output", network(dropout(x, 0.5, false, rng).out));
    CHECK(network(dropout(x, 0.5, false, rng).out) == 0.0);
    // Standard deviation sqrt(1/4 * 4 - 1/4) = 0.866.
    CHECK(close(average, 0.5, {.abs = 5.0 * 0.8661 / std::sqrt(draws)}));
  }
}

TEST_SUITE("coding/dropout extra") {
  TEST_CASE("a 32-bit engine and a column-major matrix will do") {
    std::mt19937 rng(8);
    const Eigen::MatrixXd x = Eigen::MatrixXd::Constant(40, 50, 2.0);
    const Dropout d = dropout(x, 0.75, true, rng);
    CHECK(close(d.out, 2.0 * d.mask));
    const double kept = (d.mask.array() == 4.0).cast<double>().sum();
    // Five standard errors: 5 sqrt(2000 * 3/16) = 97.
    CHECK(close(kept, 500.0, {.abs = 97.0}));
    CHECK((d.mask.array() == 0.0 || d.mask.array() == 4.0).all());
  }

  TEST_CASE("an empty batch stays empty") {
    std::mt19937_64 rng(9);
    const Dropout d = dropout(Matrix(0, 5), 0.5, true, rng);
    CHECK(d.out.rows() == 0);
    CHECK(d.out.cols() == 5);
    CHECK(dropout_backward(Matrix(0, 5), d.mask).cols() == 5);
  }

  TEST_CASE("arguments that break the contract are refused") {
    std::mt19937_64 rng(10);
    const Matrix x = Matrix::Ones(2, 3);
    for (const bool training : {true, false}) {
      CHECK_THROWS_WITH(dropout(x, 1.0, training, rng),
                        "dropout: need 0 <= p < 1, got p = 1");
      CHECK_THROWS_WITH(dropout(x, -0.25, training, rng),
                        "dropout: need 0 <= p < 1, got p = -0.25");
      CHECK_THROWS_AS(dropout(x, kNaN, training, rng), std::invalid_argument);
      for (const double bad : {kNaN, kInfinity, -kInfinity}) {
        Matrix spoilt = x;
        spoilt(1, 2) = bad;
        CHECK_THROWS_AS(dropout(spoilt, 0.5, training, rng),
                        std::invalid_argument);
        CHECK_THROWS_AS(dropout_backward(spoilt, x), std::invalid_argument);
      }
    }
    CHECK_THROWS_WITH(dropout_backward(x, Matrix::Ones(3, 2)),
                      "dropout_backward: need one shape, got grad of 2 x 3, "
                      "mask of 3 x 2");
    CHECK_THROWS_AS(dropout_backward(x, Matrix::Ones(2, 4)),
                    std::invalid_argument);
    CHECK_THROWS_AS(dropout_backward(x, Matrix::Ones(1, 3)),
                    std::invalid_argument);
  }
}
