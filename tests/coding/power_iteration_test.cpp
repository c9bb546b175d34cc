// Verifies the claims of questions/coding/power_iteration.md.
#include <whiteboard/coding/power_iteration.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <Eigen/Eigenvalues>
#include <Eigen/QR>

#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::EigenPair;
using coding::power_iteration;
using whiteboard::testing::gaussian;

namespace {

/// Q diag(values) Q^T with a random orthogonal Q.
Matrix symmetric(const Vector& values, std::mt19937_64& rng) {
  const Eigen::Index n = values.size();
  const Eigen::HouseholderQR<Matrix> qr(gaussian(n, n, rng));
  const Matrix Q = qr.householderQ() * Matrix::Identity(n, n);
  const Matrix A = Q * values.asDiagonal() * Q.transpose();
  return 0.5 * (A + A.transpose());
}

/// Sine of the angle between two directions of length 1, whatever their sign.
double sine(const Vector& a, const Vector& b) {
  return (a - a.dot(b) * b).norm();
}

}  // namespace

TEST_SUITE("coding/power_iteration") {
  TEST_CASE("agrees_with_a_symmetric_solver") {
    const EigenPair example = power_iteration(Matrix{{2.0, 1.0}, {1.0, 2.0}},
                                              Vector{{1.0, 0.0}}, 1e-12, 100);
    CHECK(example.converged);
    CHECK(close(example.value, 3.0, {.abs = 1e-12}));
    REQUIRE(example.vector.size() == 2);
    CHECK(close(example.vector.cwiseAbs(), Vector{{0.7071068, 0.7071068}},
                {.abs = 5e-8}));

    std::mt19937_64 rng(0);
    for (int trial = 0; trial < 40; ++trial) {
      CAPTURE(trial);
      const Eigen::Index n = 2 + trial % 9;
      // All magnitudes at most 0.9 of the first, which has either sign.
      Vector values = gaussian(n, 1, rng).col(0);
      values *= 0.9 / values.cwiseAbs().maxCoeff();
      values(0) = trial % 2 == 0 ? 1.0 : -1.0;
      const Matrix A = symmetric(3.0 * values, rng);
      const EigenPair pair =
          power_iteration(A, gaussian(n, 1, rng).col(0), 1e-10, 1000);
      const Eigen::SelfAdjointEigenSolver<Matrix> solver(A);
      const Eigen::Index at = trial % 2 == 0 ? n - 1 : 0;
      CHECK(pair.converged);
      REQUIRE(pair.vector.size() == n);
      CHECK(close(pair.value, solver.eigenvalues()(at), {.abs = 1e-8}));
      // The residual over the gap, 3e-10 / 0.3, bounds the angle.
      CHECK(sine(pair.vector, solver.eigenvectors().col(at)) < 1e-8);
      CHECK(close(pair.vector.norm(), 1.0, {.abs = 1e-14}));
    }
  }

  TEST_CASE("the_angle_shrinks_by_the_ratio") {
    const Matrix A{{2.0, 1.0}, {1.0, 2.0}};
    const Vector dominant = Vector::Constant(2, std::sqrt(0.5));
    std::vector<double> angles, errors;
    for (int steps = 1; steps <= 10; ++steps) {
      const EigenPair pair = power_iteration(A, Vector{{1.0, 0.0}}, 0.0, steps);
      CHECK_FALSE(pair.converged);
      CHECK(pair.iterations == steps);
      REQUIRE(pair.vector.size() == 2);
      angles.push_back(sine(pair.vector, dominant));
      errors.push_back(3.0 - pair.value);
    }
    EVIDENCE_SERIES("sine of the angle", angles);
    EVIDENCE_SERIES("error of the eigenvalue", errors);
    for (std::size_t i = 4; i < 10; ++i) {
      CHECK(close(angles[i] / angles[i - 1], 1.0 / 3.0, {.rel = 0.01}));
      CHECK(close(errors[i] / errors[i - 1], 1.0 / 9.0, {.rel = 0.01}));
    }
  }

  TEST_CASE("no_single_dominant_eigenvalue_no_convergence") {
    // 1 and -1: it alternates between (1, 0) and (0, 1).
    const Matrix swap{{0.0, 1.0}, {1.0, 0.0}};
    const EigenPair pair =
        power_iteration(swap, Vector{{1.0, 0.0}}, 1e-6, 1001);
    CHECK_FALSE(pair.converged);
    CHECK(pair.iterations == 1001);
    CHECK(close(pair.value, 0.0));
    // A rotation by 90 degrees has no real eigenvalue at all.
    CHECK_FALSE(power_iteration(Matrix{{0.0, -1.0}, {1.0, 0.0}},
                                Vector{{1.0, 1.0}}, 1e-6, 1000)
                    .converged);
    // Equal eigenvalues do no harm: any vector of their plane is one.
    const EigenPair twice =
        power_iteration(Matrix(Vector{{2.0, 2.0, 1.0}}.asDiagonal()),
                        Vector{{3.0, 4.0, 5.0}}, 1e-12, 100);
    CHECK(twice.converged);
    CHECK(close(twice.vector.cwiseAbs(), Vector{{0.6, 0.8, 0.0}},
                {.abs = 1e-11}));
  }

  TEST_CASE("an_orthogonal_start_finds_the_second") {
    const Matrix A{{3.0, 0.0}, {0.0, 2.0}};
    const EigenPair second =
        power_iteration(A, Vector{{0.0, 1.0}}, 1e-12, 1000);
    CHECK(second.converged);
    CHECK(second.value == 2.0);
    // A part of the dominant vector that is above the tolerance is enough.
    const EigenPair first =
        power_iteration(A, Vector{{1e-6, 1.0}}, 1e-12, 1000);
    CHECK(first.converged);
    CHECK(close(first.value, 3.0, {.abs = 1e-12}));
    EVIDENCE("steps from (1e-6, 1)", first.iterations);
    // One that is below it is not: the residual is 1e-15 at once.
    const EigenPair stopped =
        power_iteration(A, Vector{{1e-15, 1.0}}, 1e-12, 1000);
    CHECK(stopped.converged);
    CHECK(close(stopped.value, 2.0, {.abs = 1e-12}));
  }

  TEST_CASE("a_negative_eigenvalue_is_found_with_its_sign") {
    const Matrix A{{-3.0, 0.0}, {0.0, 1.0}};
    const EigenPair pair = power_iteration(A, Vector{{1.0, 1.0}}, 1e-12, 1000);
    CHECK(pair.converged);
    CHECK(close(pair.value, -3.0, {.abs = 1e-12}));
    REQUIRE(pair.vector.size() == 2);
    CHECK(close(std::abs(pair.vector(0)), 1.0, {.abs = 1e-12}));

    // Successive vectors are opposite: their difference has length 2.
    Vector v = pair.vector;
    double difference = 0.0;
    for (int step = 0; step < 1000; ++step) {
      const Vector next = (A * v).normalized();
      difference = (next - v).norm();
      v = next;
    }
    CHECK(close(difference, 2.0, {.abs = 1e-12}));
  }

  TEST_CASE("scale_changes_nothing_but_the_value") {
    const Matrix A{{2.0, 1.0}, {1.0, 2.0}};
    const Vector start{{1.0, 0.0}};
    const EigenPair plain = power_iteration(A, start, 1e-12, 100);
    REQUIRE(plain.vector.size() == 2);
    // 2^600 and 2^-600: the 4th power of the matrix has left the doubles.
    for (const double scale : {0x1p600, 0x1p-600}) {
      CAPTURE(scale);
      const EigenPair pair = power_iteration(scale * A, start, 1e-12, 100);
      CHECK(pair.converged);
      CHECK(close(pair.value / scale, 3.0, {.abs = 1e-12}));
      CHECK(close(pair.vector, plain.vector, {.abs = 1e-14}));
      CHECK(pair.iterations == plain.iterations);
      CHECK(close(power_iteration(A, scale * start, 1e-12, 100).vector,
                  plain.vector, {.abs = 1e-14}));
    }
  }

  TEST_CASE("page_rank_is_the_dominant_vector") {
    // Links 0 -> 1, 2; 1 -> 2; 2 -> 0; 3 -> 2. Damped, each column sums to 1.
    Matrix links = Matrix::Zero(4, 4);
    links(1, 0) = links(2, 0) = 0.5;
    links(2, 1) = links(0, 2) = links(2, 3) = 1.0;
    const Matrix G = 0.85 * links + Matrix::Constant(4, 4, 0.15 / 4.0);
    const EigenPair pair =
        power_iteration(G, Vector::Constant(4, 1.0), 1e-12, 1000);
    CHECK(pair.converged);
    CHECK(close(pair.value, 1.0, {.abs = 1e-11}));
    REQUIRE(pair.vector.size() == 4);
    const Vector rank = pair.vector / pair.vector.sum();
    EVIDENCE_SERIES("page rank", rank);
    // By substitution: r3 = 0.0375, r1 = 0.0375 + 0.425 r0,
    // r2 = 0.101250 + 0.78625 r0, r0 = 0.0375 + 0.85 r2.
    const double r0 = 0.1235625 / 0.3316875;
    CHECK(close(
        rank, Vector{{r0, 0.0375 + 0.425 * r0, 0.10125 + 0.78625 * r0, 0.0375}},
        {.abs = 1e-10}));
    // The second eigenvalue of a damped matrix is at most 0.85 in magnitude.
    CHECK(pair.iterations < std::log(1e-13) / std::log(0.85));
  }
}

TEST_SUITE("coding/power_iteration extra") {
  TEST_CASE("matrices that end at zero") {
    const EigenPair zero =
        power_iteration(Matrix::Zero(2, 2), Vector{{3.0, 4.0}}, 0.0, 5);
    CHECK(zero.converged);
    CHECK(zero.value == 0.0);
    CHECK(close(zero.vector, Vector{{0.6, 0.8}}, {.ulps = 1}));
    // Nilpotent: A A = 0.
    const EigenPair nilpotent = power_iteration(Matrix{{0.0, 1.0}, {0.0, 0.0}},
                                                Vector{{0.0, 1.0}}, 0.0, 9);
    CHECK(nilpotent.converged);
    CHECK(nilpotent.value == 0.0);
    CHECK(close(nilpotent.vector.cwiseAbs(), Vector{{1.0, 0.0}}));
  }

  TEST_CASE("one by one and not symmetric") {
    CHECK(power_iteration(Matrix{{-4.0}}, Vector{{2.0}}, 0.0, 1).value == -4.0);
    const EigenPair pair = power_iteration(Matrix{{2.0, 1.0}, {0.0, 1.0}},
                                           Vector{{1.0, 1.0}}, 1e-12, 200);
    CHECK(pair.converged);
    CHECK(close(pair.value, 2.0, {.abs = 1e-11}));
  }

  TEST_CASE("arguments that break the contract are refused") {
    const Matrix A = Matrix::Identity(2, 2);
    const Vector v{{1.0, 0.0}};
    CHECK_THROWS_WITH(
        power_iteration(Matrix::Ones(2, 3), v, 1e-6, 1),
        "power_iteration: need an n x n matrix and n numbers, got 2 x 3 and 2");
    CHECK_THROWS_AS(power_iteration(A, Vector::Ones(3), 1e-6, 1),
                    std::invalid_argument);
    CHECK_THROWS_AS(power_iteration(Matrix(0, 0), Vector(), 1e-6, 1),
                    std::invalid_argument);
    CHECK_THROWS_WITH(power_iteration(A, Vector::Zero(2), 1e-6, 1),
                      "power_iteration: the start is zero");
    CHECK_THROWS_WITH(
        power_iteration(A, v, -1.0, 1),
        "power_iteration: need tolerance >= 0 and max_iterations >= 1, got -1 "
        "and 1");
    CHECK_THROWS_AS(power_iteration(A, v, std::nan(""), 1),
                    std::invalid_argument);
    CHECK_THROWS_AS(power_iteration(A, v, 1e-6, 0), std::invalid_argument);
    CHECK_THROWS_WITH(
        power_iteration(Matrix{{1.0, 0.0}, {0.0, std::nan("")}}, v, 1e-6, 1),
        "power_iteration: A(1, 1) is nan");
    CHECK_THROWS_WITH(power_iteration(A, Vector{{0.0, std::nan("")}}, 1e-6, 1),
                      "power_iteration: start(1) is nan");
    CHECK_THROWS_WITH(power_iteration(Matrix::Constant(2, 2, 1.7e308),
                                      Vector::Ones(2), 1e-6, 5),
                      "power_iteration: A v overflows");
  }
}
