// Verifies the claims of questions/coding/pca.md.
#include <whiteboard/coding/pca.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>

using namespace whiteboard;
using coding::Pca;
using coding::pca;
using coding::pca_project;
using whiteboard::testing::gaussian;

namespace {

Matrix iris() {
  return whiteboard::testing::data_set("iris").features();
}

/// Sum over all entries of (X - mean)^T (X - mean), entry by entry.
Matrix scatter(const Matrix& X) {
  const Vector mean = X.colwise().mean().transpose();
  Matrix S = Matrix::Zero(X.cols(), X.cols());
  for (Eigen::Index i = 0; i < X.rows(); ++i) {
    const Vector gap = X.row(i).transpose() - mean;
    S += gap * gap.transpose();
  }
  return S;
}

/// The vector that S turns least, by repeated multiplication.
Vector leading_direction(const Matrix& S) {
  Vector v = Vector::Ones(S.cols());
  for (int i = 0; i < 500; ++i) v = (S * v).normalized();
  return v;
}

/// What is left of the samples after projecting and coming back.
double reconstruction_error(const Pca& fit, const Matrix& X) {
  const Matrix back = pca_project(fit, X) * fit.components;
  return ((X.rowwise() - fit.mean.transpose()) - back).squaredNorm();
}

}  // namespace

TEST_SUITE("coding/pca") {
  TEST_CASE("variance_ratios_of_iris") {
    const Pca fit = pca(iris(), 4);
    REQUIRE(fit.explained_variance.size() == 4);
    const Vector ratios = fit.explained_variance / fit.explained_variance.sum();
    EVIDENCE_SERIES("explained-variance ratios", ratios);
    // scikit-learn's explained_variance_ratio_, to its eight places.
    CHECK(close(ratios,
                Vector{{0.92461872, 0.05306648, 0.01710261, 0.00521218}},
                {.abs = 5e-9}));
    // Nothing is lost: the variances add up to those of the columns.
    CHECK(close(fit.explained_variance.sum(), scatter(iris()).trace() / 149.0,
                {.rel = 1e-13}));
  }

  TEST_CASE("no_subspace_reconstructs_better") {
    const Matrix X = iris();
    const Vector variances = pca(X, 4).explained_variance;
    REQUIRE(variances.size() == 4);
    for (const Eigen::Index k : {1, 2, 3, 4}) {
      CAPTURE(k);
      // Of a total of 681, with 600 entries below 8 rounded a few times.
      CHECK(close(reconstruction_error(pca(X, k), X),
                  149.0 * variances.tail(4 - k).sum(), {.abs = 1e-9}));
    }
    const double best = reconstruction_error(pca(X, 2), X);
    const Matrix S = scatter(X);
    std::mt19937_64 rng(1);
    double runner_up = std::numeric_limits<double>::infinity();
    for (int trial = 0; trial < 10000; ++trial) {
      Matrix Q = gaussian(4, 2, rng);  // two orthonormal columns
      Q.col(0).normalize();
      Q.col(1) -= Q.col(0) * Q.col(0).dot(Q.col(1));
      Q.col(1).normalize();
      const double error = S.trace() - (Q.transpose() * S * Q).trace();
      runner_up = std::min(runner_up, error);
    }
    EVIDENCE("error of two components", best);
    EVIDENCE("error of the best of 10000 random planes", runner_up);
    CHECK(best < runner_up);
  }

  TEST_CASE("coordinates_are_uncorrelated") {
    std::mt19937_64 rng(2);
    const Matrix mixed = gaussian(60, 5, rng) * gaussian(5, 5, rng);
    for (const Matrix& X : {iris(), mixed}) {
      const Pca fit = pca(X, 4);
      REQUIRE(fit.components.rows() == 4);
      CHECK(close(fit.components * fit.components.transpose(),
                  Matrix::Identity(4, 4), {.abs = 1e-14}));
      const Matrix Z = pca_project(fit, X);
      REQUIRE(Z.rows() == X.rows());
      CHECK(close(Z.colwise().mean(), Eigen::RowVectorXd::Zero(4),
                  {.abs = 1e-13}));
      const Matrix covariance = scatter(Z) / static_cast<double>(X.rows() - 1);
      const Matrix diagonal = fit.explained_variance.asDiagonal();
      CHECK(close(covariance, diagonal, {.scale = 1e-13}));
      for (Eigen::Index j = 1; j < 4; ++j) {
        CHECK(fit.explained_variance(j) <= fit.explained_variance(j - 1));
      }
    }
  }

  TEST_CASE("new_samples_use_the_old_mean") {
    const Matrix X = iris();
    const Pca fit = pca(X.topRows(100), 2);
    const Matrix together = pca_project(fit, X);
    REQUIRE(together.rows() == 150);
    // One at a time, all at once: the same coordinates.
    for (const Eigen::Index i : {0, 99, 149}) {
      CHECK(close(pca_project(fit, X.row(i)), together.row(i), {.abs = 1e-14}));
    }
    CHECK(close(pca_project(fit, fit.mean.transpose()), Matrix::Zero(1, 2)));
    // The last species is elsewhere, and its coordinates say so.
    const double shift = together.bottomRows(50).col(0).mean() -
                         together.topRows(100).col(0).mean();
    EVIDENCE("shift of the third species along the first axis", shift);
    CHECK(shift > 2.0);
  }

  TEST_CASE("without_centring_the_mean_comes_first") {
    const Matrix X = iris();
    const Vector mean = X.colwise().mean().transpose();
    const Vector direction = mean.normalized();
    const Vector uncentred = leading_direction(X.transpose() * X);
    const Pca fit = pca(X, 1);
    REQUIRE(fit.components.rows() == 1);
    const double wrong = std::abs(uncentred.dot(direction));
    const double right = std::abs(fit.components.row(0).dot(direction));
    EVIDENCE("cosine with the mean without centring", wrong);
    EVIDENCE("cosine with the mean", right);
    CHECK(close(wrong, 0.9994, {.abs = 5e-5}));
    CHECK(right < 0.72);
    CHECK(close(
        std::abs(fit.components.row(0).dot(leading_direction(scatter(X)))), 1.0,
        {.abs = 1e-12}));
    // A shift of all samples changes the mean and nothing else.
    const Matrix moved = X.array() + 100.0;
    CHECK(close(pca(moved, 1).components, fit.components, {.abs = 1e-12}));
    CHECK(close(pca(moved, 1).mean, mean.array() + 100.0, {.abs = 1e-12}));
  }

  TEST_CASE("units_choose_the_component") {
    Matrix X = iris();
    const Pca plain = pca(X, 1);
    REQUIRE(plain.components.cols() == 4);
    const double before = std::abs(plain.components(0, 1));
    X.col(1) *= 1000.0;  // sepal width in micrometres of ten, say
    const Pca fit = pca(X, 1);
    REQUIRE(fit.components.cols() == 4);
    EVIDENCE("weight of sepal width before", before);
    EVIDENCE("weight of sepal width after", fit.components(0, 1));
    CHECK(before < 0.1);
    CHECK(fit.components(0, 1) > 0.999);
  }

  TEST_CASE("covariance_loses_small_directions") {
    // Singular values 1 and 1e-9: columns of sum 0, a rotation by 0.5.
    const Eigen::Vector4d u(0.5, 0.5, -0.5, -0.5);
    const Eigen::Vector4d w(0.5, -0.5, 0.5, -0.5);
    const Eigen::RowVector2d v(std::cos(0.5), std::sin(0.5));
    const Eigen::RowVector2d across(-std::sin(0.5), std::cos(0.5));
    const Matrix X = u * v + 1e-9 * w * across;
    const Pca fit = pca(X, 2);
    REQUIRE(fit.explained_variance.size() == 2);
    const Vector s = (3.0 * fit.explained_variance).cwiseSqrt();
    // Rounding X and the decomposition moves s by a few eps of s_1 = 1.
    CHECK(close(s, Vector{{1.0, 1e-9}}, {.abs = 5e-15}));

    // The eigenvalue of X^T X should be 1e-18; its entries are known to 1e-17.
    const Matrix S = scatter(X);
    const double half = (S(0, 0) + S(1, 1)) / 2.0;
    const double root = std::hypot((S(0, 0) - S(1, 1)) / 2.0, S(0, 1));
    EVIDENCE("small singular value by SVD", s(1));
    EVIDENCE("its square from the covariance", half - root);
    CHECK(std::abs((half - root) - 1e-18) >= 1e-18);
  }

  TEST_CASE("signs_are_fixed") {
    std::mt19937_64 rng(3);
    for (int trial = 0; trial < 20; ++trial) {
      const Matrix X = gaussian(30, 5, rng);
      const Matrix C = pca(X, 5).components;
      REQUIRE(C.rows() == 5);
      for (Eigen::Index j = 0; j < 5; ++j) {
        REQUIRE(C.row(j).maxCoeff() == C.row(j).cwiseAbs().maxCoeff());
      }
      // Mirrored data have the same axes.
      REQUIRE(close(pca(-X, 5).components, C, {.abs = 1e-12}));
    }
  }
}

TEST_SUITE("coding/pca extra") {
  TEST_CASE("points on a line") {
    const Pca fit = pca(Matrix{{0, 0}, {1, 1}, {2, 2}}, 2);
    CHECK(close(fit.mean, Vector{{1, 1}}));
    CHECK(close(fit.components.row(0), Matrix{{0.5, 0.5}}.cwiseSqrt(),
                {.abs = 1e-15}));
    CHECK(close(fit.explained_variance, Vector{{2, 0}}, {.abs = 1e-15}));
    CHECK(close(pca_project(fit, Matrix{{2, 2}}), Matrix{{std::sqrt(2.0), 0}},
                {.abs = 1e-15}));
  }

  TEST_CASE("fewer samples than columns") {
    std::mt19937_64 rng(4);
    const Matrix X = gaussian(3, 6, rng);
    const Pca fit = pca(X, 3);
    CHECK(close(fit.components * fit.components.transpose(),
                Matrix::Identity(3, 3), {.abs = 1e-14}));
    CHECK(close(fit.explained_variance(2), 0.0, {.abs = 1e-28}));
    CHECK(close(reconstruction_error(fit, X), 0.0, {.abs = 1e-28}));
  }

  TEST_CASE("constant data") {
    const Pca fit = pca(Matrix::Constant(4, 2, 7.0), 1);
    CHECK(close(fit.explained_variance, Vector::Zero(1)));
    CHECK(close(fit.components.row(0).norm(), 1.0, {.abs = 1e-15}));
  }

  TEST_CASE("arguments that break the contract are refused") {
    CHECK_THROWS_WITH(pca(Matrix{{1, 2}}, 1), "pca: need n >= 2, got n = 1");
    CHECK_THROWS_WITH(pca(Matrix::Zero(3, 2), 0),
                      "pca: need 1 <= k <= min(n, d), got k = 0, n = 3, d = 2");
    CHECK_THROWS_AS(pca(Matrix::Zero(3, 2), 3), std::invalid_argument);
    CHECK_THROWS_AS(pca(Matrix::Zero(2, 3), 3), std::invalid_argument);
    CHECK_THROWS_WITH(pca(Matrix{{1.0}, {std::nan("")}}, 1),
                      "pca: X(1, 0) is nan");
    const Pca fit = pca(Matrix{{0, 0}, {1, 1}, {2, 2}}, 1);
    CHECK_THROWS_WITH(pca_project(fit, Matrix::Zero(1, 3)),
                      "pca_project: fitted with 2 columns, got 3");
    CHECK_THROWS_WITH(pca_project(fit, Matrix{{0.0, std::nan("")}}),
                      "pca_project: X(0, 1) is nan");
  }
}
