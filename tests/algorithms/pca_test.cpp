// Verifies the claims of questions/algorithms/pca.md. Published figures are
// from scikit-learn 1.2.1, PCA(svd_solver="full"), on the files of data/.
#include <whiteboard/algorithms/pca.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/products.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::algorithms;
using whiteboard::testing::gaussian;
using whiteboard::testing::standardized;

namespace {

using Eigen::Index;
using whiteboard::testing::product;
using whiteboard::testing::transposed;

// Products go through two functions: each further form that Eigen sees would
// cost this file seconds of compile time.
Matrix gram(const Matrix& A) {
  return product(transposed(A), A);
}
Matrix identity(Index n) {
  return Matrix::Identity(n, n);
}
Matrix diagonal(const Vector& values) {
  return values.asDiagonal();
}

Table data_file(const char* name) {
  return read_csv(std::filesystem::path(WHITEBOARD_DATA_DIR) / name);
}
const Matrix& iris() {
  static const Matrix X = data_file("iris.csv").features();
  return X;
}
const Matrix& digits() {
  static const Matrix X = data_file("digits.csv").features();
  return X;
}

Vector mean_of(const Matrix& X) {
  return X.colwise().mean();
}

Matrix centred(const Matrix& X) {
  return X.rowwise() - mean_of(X).transpose();
}

Matrix sample_covariance(const Matrix& X) {
  return gram(centred(X)) / static_cast<double>(X.rows() - 1);
}

/// `cols` orthonormal columns that span those of A: Gram and Schmidt, twice.
Matrix orthonormalized(Matrix A) {
  for (Index j = 0; j < A.cols(); ++j) {
    for (int pass = 0; pass < 2; ++pass) {
      for (Index i = 0; i < j; ++i) {
        const double overlap = A.col(i).dot(A.col(j));
        A.col(j) -= overlap * A.col(i);
      }
    }
    A.col(j) /= A.col(j).norm();
  }
  return A;
}

/// Squared error of the centred data A after projection onto the columns of Q.
double projection_error(const Matrix& A, const Matrix& Q) {
  return A.squaredNorm() - product(A, Q).squaredNorm();
}

double cosine(const Vector& a, const Vector& b) {
  return std::abs(a.dot(b)) / (a.norm() * b.norm());
}

/// n x d data whose centred singular values are `s`, along the given axes
/// (columns of V): every column of U has mean 0.
Matrix with_singular_values(Index n, const Vector& s, const Matrix& V,
                            std::mt19937_64& rng) {
  Matrix U(n, s.size() + 1);
  U.col(0).setOnes();  // what follows is orthogonal to it
  U.rightCols(s.size()) = gaussian(n, s.size(), rng);
  U = orthonormalized(U);
  return product(product(U.rightCols(s.size()), diagonal(s)), transposed(V));
}

/// Best accuracy of any threshold on `score` for labels -1 and 1.
double best_threshold_accuracy(const Vector& score, const Vector& label) {
  double best = 0.0;
  for (Index cut = 0; cut < score.size(); ++cut) {
    Index right = 0;
    for (Index i = 0; i < score.size(); ++i) {
      right += (score(i) > score(cut)) == (label(i) > 0.0) ? 1 : 0;
    }
    const double share =
        static_cast<double>(right) / static_cast<double>(score.size());
    best = std::max({best, share, 1.0 - share});
  }
  return best;
}

Matrix constant_column(Index n) {
  std::mt19937_64 rng(20);
  Matrix X = gaussian(n, 3, rng);
  X.col(1).setConstant(0.1);  // not a binary fraction: the mean is rounded
  return X;
}

}  // namespace

TEST_SUITE("algorithms/pca") {
  TEST_CASE("both_routes_give_the_published_ratios") {
    const Vector published{{0.9246187232017272, 0.0530664831170677,
                            0.01710260980792971, 0.00521218387327537}};
    const Vector variances{{4.228241706034871, 0.2426707479286332,
                            0.07820950004291927, 0.02383509297344945}};
    const Pca by_svd = Pca::fit(iris(), {.components = 4});
    const Pca by_covariance = Pca::fit_covariance(iris(), {.components = 4});
    EVIDENCE_SERIES("explained ratio on Iris", by_svd.explained_ratio);
    EVIDENCE("largest difference between the routes",
             largest_difference(by_covariance.explained_ratio,
                                by_svd.explained_ratio));

    // Printed to 16 digits; sums over 150 rows round to 150 eps at worst.
    for (const Pca& pca : {by_svd, by_covariance}) {
      CHECK(close(pca.explained_ratio, published, {.scale = 1e-13}));
      CHECK(close(pca.explained_variance, variances, {.scale = 1e-13}));
      CHECK(close(pca.explained_variance,
                  Vector(pca.singular_values.cwiseAbs2() / 149.0),
                  {.rel = 1e-14}));
    }
    // The published first axis. Gaps between eigenvalues are 0.05 at least, so
    // eps 150 * 4.2 / 0.05 bounds what rounding can turn an axis by.
    const Vector first{{0.3613865917853683, -0.08452251406456845,
                        0.8566706059498354, 0.35828919715155055}};
    CHECK(close(Vector(by_svd.components.row(0)), first, {.abs = 1e-12}));
    for (Index j = 0; j < 4; ++j) {
      CHECK(cosine(by_svd.components.row(j), by_covariance.components.row(j)) >
            1.0 - 1e-12);
    }
  }

  TEST_CASE("error_is_the_dropped_squares") {
    const Matrix A = centred(iris());
    const Vector s = Pca::fit(iris(), {.components = 4}).singular_values;
    std::mt19937_64 rng(1);
    for (const Index k : {1, 2, 3}) {
      CAPTURE(k);
      const Pca pca = Pca::fit(iris(), {.components = k});
      const Matrix rebuilt = pca.inverse_transform(pca.transform(iris()));
      const double error = (iris() - rebuilt).squaredNorm();
      CHECK(close(error, s.tail(4 - k).squaredNorm(), {.rel = 1e-11}));

      double best_random = std::numeric_limits<double>::infinity();
      for (int trial = 0; trial < 1000; ++trial) {
        const Matrix Q = orthonormalized(gaussian(4, k, rng));
        best_random = std::min(best_random, projection_error(A, Q));
      }
      double best_features = best_random * 1e6;
      for (unsigned subset = 0; subset < 16; ++subset) {
        Matrix kept = Matrix::Zero(4, 4);
        for (Index j = 0; j < 4; ++j) kept(j, j) = (subset >> j) & 1U;
        if (kept.trace() != static_cast<double>(k)) continue;
        best_features = std::min(best_features, projection_error(A, kept));
      }
      const std::string name = std::to_string(k) + " of 4 on Iris";
      EVIDENCE("error of PCA with " + name, error);
      EVIDENCE("best of 1000 random subspaces with " + name, best_random);
      EVIDENCE("best feature subset with " + name, best_features);
      CHECK(best_random > error);
      CHECK(best_features > error);
    }
  }

  TEST_CASE("without_centring_the_first_axis_is_the_mean") {
    // The uncentred axis is the first one of the data and their mirror images,
    // which have mean 0.
    Matrix mirrored(300, 4);
    mirrored << iris(), -iris();
    const Vector mean = mean_of(iris());
    const Vector uncentred =
        Pca::fit(mirrored, {.components = 1}).components.row(0);
    const Vector proper = Pca::fit(iris(), {.components = 1}).components.row(0);
    EVIDENCE("cosine with the mean, not centred", cosine(uncentred, mean));
    EVIDENCE("cosine with the mean, centred", cosine(proper, mean));

    // NumPy 1.24.2: numpy.linalg.svd(X)[2][0] against X.mean(0).
    CHECK(close(cosine(uncentred, mean), 0.9994415020550951, {.abs = 1e-12}));
    CHECK(close(cosine(proper, mean), 0.716026628766968, {.abs = 1e-12}));
  }

  TEST_CASE("without_scaling_the_biggest_unit_wins") {
    const Table table = data_file("wine.csv");
    const Matrix X = table.features();
    const auto proline = static_cast<Index>(table.column("proline"));
    const Pca raw = Pca::fit(X, {.components = 1});
    const Pca scaled = Pca::fit(standardized(X), {.components = 1});
    EVIDENCE("share of the first axis, raw", raw.explained_ratio(0));
    EVIDENCE("its entry for proline", raw.components(0, proline));
    EVIDENCE("share of the first axis, scaled", scaled.explained_ratio(0));
    EVIDENCE("its entry for proline, scaled", scaled.components(0, proline));

    CHECK(close(raw.explained_ratio(0), 0.99809123049189741, {.rel = 1e-11}));
    CHECK(
        close(raw.components(0, proline), 0.99982293652332543, {.rel = 1e-11}));
    CHECK(
        close(scaled.explained_ratio(0), 0.36198848109217974, {.rel = 1e-11}));
    CHECK(close(scaled.components(0, proline), 0.2867522266249057,
                {.rel = 1e-10}));
  }

  TEST_CASE("scores_are_uncorrelated") {
    const Matrix X = standardized(data_file("wine.csv").features());
    const Pca pca = Pca::fit(X, {.components = 13});
    const Matrix Z = pca.transform(X);
    const Matrix covariance = sample_covariance(Z);
    const Matrix wanted = diagonal(pca.explained_variance);
    EVIDENCE("largest covariance between two scores",
             largest_difference(covariance, wanted));

    // eps * n is 4e-14 beside a largest eigenvalue of 4.7.
    CHECK(close(covariance, wanted, {.scale = 1e-12}));
    CHECK(Z.colwise().mean().cwiseAbs().maxCoeff() < 1e-12);
    CHECK(
        close(gram(transposed(pca.components)), identity(13), {.abs = 1e-13}));
  }

  TEST_CASE("whitening_amplifies_weak_directions") {
    const Pca pca = Pca::fit(iris(), {.components = 4, .whiten = true});
    const Matrix covariance = sample_covariance(pca.transform(iris()));
    // Rounding of 150 eps, amplified by the ratio 4.2 / 0.024 of the variances.
    CHECK(close(covariance, identity(4), {.abs = 1e-11}));

    // The same small step along each axis, seen after whitening.
    const Matrix start = iris().topRows(1);
    Vector seen(4);
    for (Index j = 0; j < 4; ++j) {
      const Matrix moved = start + 0.01 * pca.components.row(j);
      seen(j) = (pca.transform(moved) - pca.transform(start)).norm() / 0.01;
    }
    EVIDENCE_SERIES("amplification along each axis of Iris", seen);
    EVIDENCE("largest difference of the covariance from the identity",
             largest_difference(covariance, identity(4)));
    const Vector published{{4.228241706034871, 0.2426707479286332,
                            0.07820950004291927, 0.02383509297344945}};
    CHECK(close(seen, Vector(published.cwiseSqrt().cwiseInverse()),
                {.rel = 1e-10}));
    CHECK(close(pca.inverse_transform(pca.transform(iris())), iris(),
                {.scale = 1e-13}));
  }

  TEST_CASE("squaring_loses_half_the_digits") {
    // Centred already, along (1, 1) and (1, -1), with s = sqrt(2) and 1e-9: no
    // entry of the covariance can hold 1e-18 beside 1.
    const double a = std::sqrt(0.5), b = 0.5e-9;
    const Matrix X{{a, a}, {-a, -a}, {b, -b}, {-b, b}};
    const double by_svd = Pca::fit(X).singular_values(1);
    const double by_covariance = Pca::fit_covariance(X).singular_values(1);
    EVIDENCE("second singular value by SVD", by_svd);
    EVIDENCE("second singular value by covariance", by_covariance);

    CHECK(close(by_svd, 1e-9, {.abs = 4 * 1.5e-16}));  // a few eps * sqrt(2)
    // Either 0, or the root of a rounding error of 1e-17 and more.
    CHECK((by_covariance == 0.0 || by_covariance > 2e-9));
    CHECK(close(Pca::fit_covariance(X).singular_values(0), std::sqrt(2.0),
                {.rel = 1e-14}));
  }

  TEST_CASE("variance_is_not_relevance") {
    // Each place on the long axis is taken once by either class.
    const Index places = 41;
    Matrix X(2 * places, 2);
    Vector label(2 * places);
    for (Index i = 0; i < places; ++i) {
      const double x = 0.5 * static_cast<double>(i) - 10.0;
      X.row(2 * i) << x, 1.0;
      X.row(2 * i + 1) << x, -1.0;
      label.segment(2 * i, 2) << 1.0, -1.0;
    }
    const Pca pca = Pca::fit(X, {.components = 2});
    const Matrix Z = pca.transform(X);
    const double kept = best_threshold_accuracy(Z.col(0), label);
    const double dropped = best_threshold_accuracy(Z.col(1), label);
    EVIDENCE("share of variance kept", pca.explained_ratio(0));
    EVIDENCE("accuracy with the kept component", kept);
    EVIDENCE("accuracy with the dropped component", dropped);

    CHECK(pca.explained_ratio(0) > 0.97);
    CHECK(kept < 0.52);  // rounding may split one of the 41 equal pairs
    CHECK(dropped == 1.0);
  }

  TEST_CASE("digits_need_29_of_64") {
    const Pca pca = Pca::fit(digits(), {.components = 64});
    std::vector<double> cumulative;
    double sum = 0.0;
    for (const double ratio : pca.explained_ratio) {
      cumulative.push_back(sum += ratio);
    }
    EVIDENCE_SERIES("share of variance kept by k components", cumulative);
    const auto needed = [&](double share) {
      return std::lower_bound(cumulative.begin(), cumulative.end(), share) -
             cumulative.begin() + 1;
    };
    const double noise = pca.singular_values(0) * 1797 * 2.2e-16;
    const Index rank = (pca.singular_values.array() > noise).count();
    EVIDENCE("components for 90 %", static_cast<int>(needed(0.90)));
    EVIDENCE("components for 95 %", static_cast<int>(needed(0.95)));
    EVIDENCE("rank", static_cast<int>(rank));

    CHECK(needed(0.90) == 21);
    CHECK(needed(0.95) == 29);
    CHECK(rank == 61);
    CHECK(close(cumulative[28], 0.9547965245651598, {.rel = 1e-12}));
    CHECK(close(cumulative[63], 1.0, {.rel = 1e-13}));
  }

  TEST_CASE("randomized_svd_needs_power_iterations") {
    // The ten largest of scikit-learn 1.2.1 on Digits.
    const Vector exact{{567.006566501622, 542.2518542148954, 504.63059420703195,
                        426.1176760758877, 353.33503279665507,
                        325.82036568605446, 305.2615800221186,
                        281.1603307326537, 269.06978192625076,
                        257.8239514288094}};
    const Matrix A = centred(digits());
    std::vector<double> worst;
    for (const int q : {0, 1, 2, 3, 4}) {
      worst.push_back(0.0);
      for (const unsigned seed : {1U, 2U, 3U}) {
        std::mt19937_64 rng(seed);
        const SingularAxes svd =
            randomized_svd(A, 10, rng, {.power_iterations = q});
        const Vector error = (exact - svd.s).cwiseQuotient(exact);
        CHECK(error.minCoeff() > -1e-12);  // a projection never adds to s
        worst.back() = std::max(worst.back(), error.maxCoeff());
      }
    }
    EVIDENCE_SERIES("worst relative error by power iterations", worst);
    EVIDENCE("with none", worst[0]);
    EVIDENCE("with four", worst[4]);
    CHECK(worst[0] > 0.1);
    CHECK(worst[0] < 0.3);
    CHECK(worst[4] < 1e-4);
  }

  TEST_CASE("signs_are_a_convention") {
    std::mt19937_64 rng(2);
    const PcaOptions all{.components = 4};
    const Pca pca = Pca::fit(iris(), all);
    const std::vector<Pca> others{
        Pca::fit_covariance(iris(), all), Pca::fit_randomized(iris(), all, rng),
        Pca::fit(-iris(), all), Pca::fit(iris().colwise().reverse(), all)};
    // The axes agree sign and all because each follows the rule.
    for (const Pca& other : others) {
      CHECK(close(other.components, pca.components, {.abs = 1e-12}));
    }
    for (Index j = 0; j < 4; ++j) {
      CHECK(pca.components.row(j).maxCoeff() ==
            pca.components.row(j).cwiseAbs().maxCoeff());
    }
    // Nothing in the objective prefers a sign: the mirrored axes are as good.
    Matrix mirrored = pca.components;
    mirrored.row(1) *= -1.0;
    const Matrix Z = product(centred(iris()), transposed(mirrored));
    EVIDENCE("variance of the second score", pca.explained_variance(1));
    EVIDENCE("and along the opposite axis", sample_covariance(Z)(1, 1));
    CHECK(close(sample_covariance(Z), diagonal(pca.explained_variance),
                {.scale = 1e-13}));
  }

  TEST_CASE("new_samples_use_the_training_mean") {
    const Matrix setosa = iris().topRows(50);
    const Matrix others = iris().bottomRows(100);
    const Pca pca = Pca::fit(others, {.components = 2});
    const Matrix Z = pca.transform(setosa);
    const double distance = mean_of(Z).norm();
    const double own_mean =
        mean_of(product(centred(setosa), transposed(pca.components))).norm();
    EVIDENCE("distance of setosa from the other two", distance);
    EVIDENCE("the same when it is centred by itself", own_mean);

    // A score depends on its own sample and on no other one.
    for (const Index i : {0, 17, 49}) {
      CHECK(close(pca.transform(setosa.row(i)), Matrix(Z.row(i)),
                  {.scale = 1e-14}));
    }
    const Matrix shift = mean_of(setosa) - mean_of(others);
    CHECK(close(mean_of(Z), product(pca.components, shift), {.rel = 1e-12}));
    CHECK(distance > 3.0);
    CHECK(own_mean < 1e-13);
  }

  TEST_CASE("shifting_the_origin_changes_nothing") {
    const double far = 0x1p27;  // pixels are whole numbers: no digit is lost
    const Matrix X = digits().leftCols(24);
    const Matrix shifted = X.array() + far;
    const PcaOptions two{.components = 2};
    const RandomizedSvdOptions exact_sketch{.oversample = 22};  // all 24
    std::mt19937_64 rng(3);
    const Pca near = Pca::fit(X, two);
    const std::vector<Pca> moved{
        Pca::fit(shifted, two), Pca::fit_covariance(shifted, two),
        Pca::fit_randomized(shifted, two, rng, exact_sketch)};
    // The mean is off by 2^-26 at most, and a mean off by m adds m^2.
    for (const Pca& pca : moved) {
      CHECK(close(pca.explained_variance, near.explained_variance,
                  {.rel = 1e-11}));
      CHECK(close(pca.components, near.components, {.abs = 1e-9}));
      CHECK(close(pca.transform(shifted), near.transform(X), {.abs = 1e-6}));
    }
    // The one-pass covariance subtracts squares near 2^54, 4 apart.
    const auto n = static_cast<double>(X.rows());
    const Matrix mean = mean_of(shifted);
    const Matrix one_pass =
        (gram(shifted) - n * product(mean, transposed(mean))) / (n - 1.0);
    const Matrix exact = sample_covariance(X);
    EVIDENCE("largest variance", exact.diagonal().maxCoeff());
    EVIDENCE("error of the one-pass covariance",
             largest_difference(one_pass, exact));
    EVIDENCE(
        "error of the first variance by two passes",
        std::abs(moved[1].explained_variance(0) - near.explained_variance(0)));
    CHECK(largest_difference(one_pass, exact) > 1.0);
  }

  TEST_CASE("row_blocks_give_the_whole_svd") {
    // Axes of known strength over five decades, in three blocks of rows.
    std::mt19937_64 rng(4);
    const Matrix V = orthonormalized(gaussian(5, 5, rng));
    const Vector s{{1e3, 30.0, 1.0, 0.2, 1e-2}};
    const Matrix X = with_singular_values(700, s, V, rng);
    const Pca pca = Pca::fit(X, {.components = 5});
    const Vector error = (pca.singular_values - s).cwiseAbs().cwiseQuotient(s);
    EVIDENCE_SERIES("singular values found", pca.singular_values);
    EVIDENCE("largest relative error", error.maxCoeff());

    // Backward stable: absolute errors of a small multiple of eps * 1e3.
    CHECK(close(pca.singular_values, s, {.scale = 1e-14}));
    for (Index j = 0; j < 5; ++j) {
      CHECK(cosine(pca.components.row(j), V.col(j)) > 1.0 - 1e-12);
    }
    const Matrix R = centred_triangle(X, mean_of(X));
    CHECK(R.rows() == 5);
    CHECK(close(gram(R), gram(centred(X)), {.scale = 1e-13}));
  }
}

TEST_SUITE("algorithms/pca extra") {
  TEST_CASE("the blocked covariance is the reference at every block edge") {
    std::mt19937_64 rng(5);
    for (const Index n : {2, 255, 256, 257, 513}) {
      for (const Index d : {1, 3, 17}) {
        CAPTURE(n);
        CAPTURE(d);
        const Matrix X = gaussian(n, d, rng).array() + 3.0;
        const Vector mean = mean_of(X);
        const Matrix blocked = centred_covariance(X, mean);
        CHECK(close(blocked, centred_covariance_reference(X, mean),
                    {.scale = 1e-13}));
        CHECK(close(blocked, sample_covariance(X), {.scale = 1e-13}));
      }
    }
  }

  TEST_CASE("the triangle keeps the Gram matrix at every block edge") {
    std::mt19937_64 rng(6);
    for (const Index n : {2, 3, 255, 256, 257, 511, 600}) {
      for (const Index d : {1, 3, 70}) {
        CAPTURE(n);
        CAPTURE(d);
        const Matrix X = gaussian(n, d, rng);
        const Matrix R = centred_triangle(X, mean_of(X));
        CHECK(R.rows() == std::min(n, d));
        CHECK(close(gram(R), gram(centred(X)), {.scale = 1e-13}));
        CHECK(Matrix(R.triangularView<Eigen::StrictlyLower>()).isZero(0.0));
      }
    }
  }

  TEST_CASE("more features than samples") {
    std::mt19937_64 rng(7);
    const Matrix X = gaussian(5, 300, rng);
    const PcaOptions all{.components = 5};
    const Pca pca = Pca::fit(X, all);
    CHECK(pca.singular_values(4) < 1e-13);  // centring took one rank
    CHECK(close(pca.explained_ratio.sum(), 1.0, {.rel = 1e-14}));
    CHECK(close(pca.inverse_transform(pca.transform(X)), X, {.scale = 1e-13}));
    CHECK(close(Pca::fit_covariance(X, all).explained_variance,
                pca.explained_variance, {.scale = 1e-13}));
    CHECK(close(Pca::fit_randomized(X, all, rng).explained_variance,
                pca.explained_variance, {.scale = 1e-13}));
  }

  TEST_CASE("a singular value of 0 is never below 0") {
    std::mt19937_64 rng(17);
    for (int trial = 0; trial < 20; ++trial) {
      const Matrix X = product(gaussian(30, 3, rng), gaussian(3, 10, rng));
      const PcaOptions all{.components = 10};
      for (const Pca& pca : {Pca::fit(X, all), Pca::fit_covariance(X, all)}) {
        CHECK((pca.singular_values.array() >= 0.0).all());  // nor NaN
        CHECK(pca.singular_values(2) > 0.1);
        CHECK(pca.singular_values(3) < 1e-6 * pca.singular_values(0));
      }
    }
  }

  TEST_CASE("rounding never makes a singular value negative") {
    // Of the 2 r eigenvalues all but two are 0 up to rounding, of either sign.
    std::mt19937_64 rng(1);
    for (Index r = 2; r <= 8; ++r) {
      for (int trial = 0; trial < 300; ++trial) {
        const Matrix a = gaussian(r, 1, rng);
        const Vector s = svd_of_flat(product(a, gaussian(1, 9, rng))).s;
        CHECK((s.array() >= 0.0).all());
      }
    }
  }

  TEST_CASE("one feature and two samples") {
    const Pca pca = Pca::fit(Matrix{{1.0}, {4.0}}, {.components = 1});
    CHECK(pca.mean(0) == 2.5);
    CHECK(pca.components(0, 0) == 1.0);
    CHECK(close(pca.explained_variance(0), 4.5, {.ulps = 4}));
    CHECK(close(pca.explained_ratio(0), 1.0, {.ulps = 4}));
  }

  TEST_CASE("points on a line need one component") {
    const Matrix X{{0, 0}, {1, 1}, {2, 2}};
    const Pca pca = Pca::fit(X);
    CHECK(close(Vector(pca.components.row(0)),
                Vector{{std::sqrt(0.5), std::sqrt(0.5)}}, {.rel = 1e-14}));
    CHECK(close(pca.explained_variance, Vector{{2.0, 0.0}}, {.abs = 1e-14}));
  }

  TEST_CASE("equal samples have axes but no variance") {
    const Matrix X = Matrix::Constant(6, 3, 2.0);
    std::mt19937_64 rng(8);
    const std::vector<Pca> fits{Pca::fit(X), Pca::fit_covariance(X),
                                Pca::fit_randomized(X, {}, rng)};
    for (const Pca& pca : fits) {
      CHECK(close(pca.explained_ratio, Vector(Vector::Zero(2))));
      CHECK(close(pca.explained_variance, Vector(Vector::Zero(2))));
      CHECK(
          close(gram(transposed(pca.components)), identity(2), {.abs = 1e-14}));
      CHECK(close(pca.inverse_transform(pca.transform(X)), X, {.ulps = 2}));
    }
  }

  TEST_CASE("whitening needs variance in every direction") {
    std::mt19937_64 rng(9);
    const PcaOptions two{.components = 2, .whiten = true};
    const PcaOptions all{.components = 3, .whiten = true};
    const Matrix X = constant_column(200);
    CHECK_NOTHROW(Pca::fit(X, two));
    CHECK_NOTHROW(Pca::fit(X, {.components = 3}));
    CHECK_THROWS_AS(Pca::fit(X, all), std::invalid_argument);
    CHECK_THROWS_AS(Pca::fit_covariance(X, all), std::invalid_argument);
    CHECK_THROWS_AS(Pca::fit_randomized(X, all, rng), std::invalid_argument);
    // All that is left of 0.1 - mean is rounding, yet it is not 0.
    const Matrix flat = Matrix::Constant(1000, 2, 0.1);
    CHECK_THROWS_AS(Pca::fit(flat, {.components = 1, .whiten = true}),
                    std::invalid_argument);
    // Two equal columns: the covariance sees noise where the SVD sees none.
    Matrix twice = gaussian(50, 2, rng);
    twice.col(1) = twice.col(0) * 3.0;
    CHECK_THROWS_AS(Pca::fit(twice, two), std::invalid_argument);
    CHECK_THROWS_AS(Pca::fit_covariance(twice, two), std::invalid_argument);
    // Weak is not absent.
    twice.col(1) = 1e-6 * gaussian(50, 1, rng);
    CHECK_NOTHROW(Pca::fit(twice, two));
  }

  TEST_CASE("the sketch gives values and axes") {
    std::mt19937_64 rng(10);
    const Vector s{{8.0, 4.0, 2.0, 1.0}};
    const Matrix V = orthonormalized(gaussian(30, 4, rng));
    const Matrix A = with_singular_values(40, s, V, rng);
    // The rank, 4, is below 3 + 10: even without power iterations it is exact.
    for (const int q : {0, 2}) {
      const SingularAxes axes = randomized_svd(A, 3, rng, {10, q});
      CHECK(close(axes.s, Vector(s.head(3)), {.rel = 1e-13}));
      CHECK(close(gram(product(A, axes.V)), diagonal(s.head(3).cwiseAbs2()),
                  {.scale = 1e-13}));
      CHECK(close(gram(axes.V), identity(3), {.abs = 1e-13}));
    }
    const SingularAxes whole = randomized_svd(A.leftCols(6), 6, rng);
    CHECK(whole.s.size() == 6);  // 6 + 10 columns would be more than there are
    CHECK(close(gram(whole.V), identity(6), {.abs = 1e-13}));
  }

  TEST_CASE("the flat SVD of any rank has orthonormal axes") {
    std::mt19937_64 rng(16);
    const Matrix V = orthonormalized(gaussian(9, 4, rng));
    const std::vector<Vector> all{
        Vector{{4.0, 3.0, 2.0, 1.0}}, Vector{{1.0, 1.0, 1.0, 1.0}},
        Vector{{1.0, 1e-9, 1e-15, 0.0}}, Vector{{1.0, 0.0, 0.0, 0.0}},
        Vector{{0.0, 0.0, 0.0, 0.0}}};
    const Matrix U = orthonormalized(gaussian(4, 4, rng));
    for (const Vector& s : all) {
      CAPTURE(s.transpose());
      const Matrix B = product(product(U, diagonal(s)), transposed(V));
      const SingularAxes axes = svd_of_flat(B);
      // Backward stable: a small multiple of eps times the largest value.
      CHECK(close(axes.s, s, {.abs = 1e-15, .scale = 2e-15}));
      CHECK(axes.s.minCoeff() >= 0.0);
      CHECK(axes.V.rows() == 9);
      CHECK(close(gram(axes.V), identity(4), {.abs = 1e-14}));
      CHECK(close(gram(product(B, axes.V)), diagonal(s.cwiseAbs2()),
                  {.abs = 1e-15, .scale = 5e-15}));
    }
    // Even 1e-9, which its own square could not tell from 0, has its axis.
    const Matrix B = product(product(U, diagonal(all[2])), transposed(V));
    CHECK(cosine(svd_of_flat(B).V.col(1), V.col(1)) > 1.0 - 1e-10);
  }

  TEST_CASE("an exact sketch needs as many columns as the rank") {
    std::mt19937_64 rng(11);
    const Vector s = Vector::LinSpaced(8, 8.0, 1.0);
    const Matrix V = orthonormalized(gaussian(30, 8, rng));
    const Matrix A = with_singular_values(40, s, V, rng);
    const auto error = [&](Index oversample) {
      return std::abs(randomized_svd(A, 3, rng, {oversample, 0}).s(2) - s(2));
    };
    CHECK(error(5) < 1e-12);
    CHECK(error(4) > 1e-6);
    CHECK(error(0) > error(4));
  }

  TEST_CASE("a long power iteration does not collapse") {
    // (s_2 / s_1)^(2 q + 1) underflows: without new bases only s_1 survives.
    std::mt19937_64 rng(12);
    const Vector s{{1e6, 1.0, 1e-3}};
    const Matrix V = orthonormalized(gaussian(20, 3, rng));
    const Matrix A = with_singular_values(25, s, V, rng);
    const SingularAxes svd = randomized_svd(A, 3, rng, {0, 20});
    CHECK(close(svd.s, s, {.scale = 1e-14}));
  }

  TEST_CASE("the engine decides the sketch and nothing else") {
    std::mt19937_64 a(13), b(13), c(14);
    const Matrix X = digits().topRows(100);
    const PcaOptions three{.components = 3};
    const RandomizedSvdOptions rough{.oversample = 0, .power_iterations = 0};
    const Pca first = Pca::fit_randomized(X, three, a, rough);
    CHECK(first.components ==
          Pca::fit_randomized(X, three, b, rough).components);
    CHECK(first.components !=
          Pca::fit_randomized(X, three, c, rough).components);
    // The share is of all variance, though only three values are known.
    const double total =
        centred(X).squaredNorm() / static_cast<double>(X.rows() - 1);
    CHECK(close(first.explained_ratio, Vector(first.explained_variance / total),
                {.rel = 1e-13}));
    CHECK(first.explained_ratio.sum() < 0.5);
  }

  TEST_CASE("arguments that break the contract are refused") {
    std::mt19937_64 rng(15);
    const Matrix X = iris();
    Matrix with_nan = X;
    with_nan(2, 1) = std::numeric_limits<double>::quiet_NaN();

    CHECK_THROWS_WITH(Pca::fit(X, {.components = 5}),
                      "Pca: need 1 <= components <= min(n, d), got components "
                      "= 5, n = 150, d = 4");
    CHECK_THROWS_AS(Pca::fit(X, {.components = 0}), std::invalid_argument);
    CHECK_THROWS_AS(Pca::fit(X.topRows(3), {.components = 4}),
                    std::invalid_argument);
    CHECK_THROWS_AS(Pca::fit_covariance(X, {.components = 5}),
                    std::invalid_argument);
    CHECK_THROWS_AS(Pca::fit_randomized(X, {.components = 5}, rng),
                    std::invalid_argument);
    CHECK_THROWS_WITH(Pca::fit(X.topRows(1), {.components = 1}),
                      "Pca: need n >= 2 samples, got n = 1");
    CHECK_THROWS_AS(Pca::fit(Matrix(0, 0)), std::invalid_argument);
    CHECK_THROWS_WITH(Pca::fit(with_nan), "Pca: X(2, 1) is nan");

    const Pca pca = Pca::fit(X);
    CHECK_THROWS_WITH(pca.transform(X.leftCols(3)),
                      "Pca::transform: fitted with 4 columns, got 3");
    CHECK_THROWS_WITH(pca.transform(with_nan),
                      "Pca::transform: samples(2, 1) is nan");
    CHECK_THROWS_WITH(
        pca.inverse_transform(X),
        "Pca::inverse_transform: fitted with 2 components, got 4 columns");
    CHECK_THROWS_WITH(pca.inverse_transform(with_nan.leftCols(2)),
                      "Pca::inverse_transform: Z(2, 1) is nan");
    CHECK(pca.transform(Matrix(0, 4)).rows() == 0);

    CHECK_THROWS_WITH(
        randomized_svd(X, 5, rng),
        "randomized_svd: need 1 <= k <= min(n, d), got k = 5, n = 150, d = 4");
    CHECK_THROWS_AS(randomized_svd(X, 0, rng), std::invalid_argument);
    CHECK_THROWS_AS(randomized_svd(X, 2, rng, {-1, 0}), std::invalid_argument);
    CHECK_THROWS_AS(randomized_svd(X, 2, rng, {0, -1}), std::invalid_argument);
    CHECK_THROWS_WITH(randomized_svd(with_nan, 2, rng),
                      "randomized_svd: A(2, 1) is nan");
  }
}
