// Verifies the claims of questions/algorithms/k_nearest_neighbors.md.
#include <whiteboard/algorithms/k_nearest_neighbors.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <Eigen/Cholesky>
#include <Eigen/QR>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::algorithms;
using whiteboard::testing::data_set;
using whiteboard::testing::gaussian;
using whiteboard::testing::standardized;

namespace {

using Eigen::Index;

std::span<const int> labels(const Eigen::VectorXi& y) {
  return {y.data(), static_cast<std::size_t>(y.size())};
}

/// Whole numbers in 0, ..., values - 1: distances are exact and often equal.
Matrix grid(Index rows, Index cols, Index values, std::mt19937_64& rng) {
  Matrix X(rows, cols);
  for (Index i = 0; i < X.size(); ++i) {
    X.data()[i] = static_cast<double>(uniform_index(values, rng));
  }
  return X;
}

/// The oracle: every distance in a plain loop, and a full sort.
std::vector<std::pair<double, Index>> sorted_rows(const Matrix& X,
                                                  const Vector& q) {
  std::vector<std::pair<double, Index>> all;
  for (Index i = 0; i < X.rows(); ++i) {
    double sum = 0.0;
    for (Index j = 0; j < X.cols(); ++j) {
      sum += (X(i, j) - q(j)) * (X(i, j) - q(j));
    }
    all.emplace_back(sum, i);
  }
  std::sort(all.begin(), all.end());
  return all;
}

/// Entries in which two answers differ: rows, or distances to the last bit.
Index differences(const Neighbors& a, const Neighbors& b) {
  REQUIRE(a.index.rows() == b.index.rows());
  REQUIRE(a.index.cols() == b.index.cols());
  REQUIRE(a.index.size() > 0);
  return (a.index.array() != b.index.array()).count() +
         (a.squared_distance.array() != b.squared_distance.array()).count();
}

Index differences_from_sort(const Neighbors& found, const Matrix& X,
                            const Matrix& Q) {
  REQUIRE(found.index.rows() == Q.rows());
  Index wrong = 0;
  for (Index i = 0; i < Q.rows(); ++i) {
    const auto want = sorted_rows(X, Q.row(i).transpose());
    for (Index j = 0; j < found.index.cols(); ++j) {
      const auto& [distance, row] = want[static_cast<std::size_t>(j)];
      wrong += found.index(i, j) != row;
      wrong += found.squared_distance(i, j) != distance;
    }
  }
  return wrong;
}

Index hits(const Neighbors& found, const Eigen::VectorXi& y, Index k) {
  return (majority(found, labels(y), k).array() == y.array()).count();
}

/// Probability of a wrong answer when the labels of rows and query are drawn
/// with P(1) = 0.2 whatever X is: the sum over all 2^n labellings.
double exact_error(const Neighbors& found, Index n, Index k) {
  double error = 0.0;
  for (unsigned bits = 0; bits < 1U << n; ++bits) {
    std::vector<int> y;
    double probability = 1.0;
    for (Index i = 0; i < n; ++i) {
      y.push_back(static_cast<int>(bits >> i & 1U));
      probability *= y.back() == 1 ? 0.2 : 0.8;
    }
    error += probability * (majority(found, y, k)(0) == 1 ? 0.8 : 0.2);
  }
  return error;
}

/// The mean of `measured` for one query, over `trials` random row orders.
double mean_measured(Index n, Index k, double far, int trials,
                     std::mt19937_64& rng) {
  Index total = 0;
  for (int t = 0; t < trials; ++t) {
    const Matrix X = gaussian(n, 3, rng).array() + far;
    const Matrix q = gaussian(1, 3, rng).array() + far;
    total += NearestNeighbors::fit(X).query(q, k).measured;
  }
  return static_cast<double>(total) / trials;
}

/// |q|^2 - 2 q.x + |x|^2 with o as the origin: no differences of q and x.
double expanded_square(const Vector& q, const Vector& x, const Vector& o) {
  double qq = 0.0, qx = 0.0, xx = 0.0;
  for (Index j = 0; j < q.size(); ++j) {
    const double a = q(j) - o(j), b = x(j) - o(j);
    qq += a * a;
    qx += a * b;
    xx += b * b;
  }
  return qq - 2.0 * qx + xx;
}

/// The rows that have another nearest by expanded squares than in truth.
Index misled(const Matrix& X, const Vector& o) {
  Index wrong = 0;
  for (Index i = 0; i < X.rows(); ++i) {
    const Vector q = X.row(i).transpose();
    Vector squares(X.rows());
    for (Index j = 0; j < X.rows(); ++j) {
      squares(j) = expanded_square(q, X.row(j).transpose(), o);
    }
    squares(i) = std::numeric_limits<double>::infinity();
    Index nearest = 0;
    squares.minCoeff(&nearest);
    wrong += sorted_rows(X, q)[1].second != nearest;
  }
  return wrong;
}

/// A matrix L for which |Lx| is Mahalanobis' norm: the inverse root of the
/// covariance of the rows around the means of their classes.
Matrix whitening(const Matrix& X, const Eigen::VectorXi& y) {
  Matrix scatter = Matrix::Zero(X.cols(), X.cols());
  for (int c = 0; c <= y.maxCoeff(); ++c) {
    std::vector<Index> members;
    for (Index i = 0; i < y.size(); ++i) {
      if (y(i) == c) members.push_back(i);
    }
    const Matrix rows = X(members, Eigen::all);
    const Matrix centred = rows.rowwise() - rows.colwise().mean();
    scatter += centred.transpose() * centred;
  }
  scatter /= static_cast<double>(X.rows());
  const Eigen::LLT<Matrix> cholesky(scatter);
  return cholesky.matrixL().solve(Matrix::Identity(X.cols(), X.cols()));
}

/// Rows that the nearest of all others labels right, in the metric that the
/// others taught: nothing of a row is used to label it.
Index right_in_learned_metric(const Matrix& X, const Eigen::VectorXi& y) {
  Index right = 0;
  for (Index i = 0; i < X.rows(); ++i) {
    std::vector<Index> others;
    for (Index j = 0; j < X.rows(); ++j) {
      if (j != i) others.push_back(j);
    }
    const Matrix rest = X(others, Eigen::all);
    const Eigen::VectorXi rest_y = y(others);
    const Matrix map = whitening(rest, rest_y).transpose();
    const auto model = NearestNeighbors::fit(rest * map);
    const Matrix row = X.row(i) * map;
    right += majority(model.query(row, 1), labels(rest_y), 1)(0) == y(i);
  }
  return right;
}

}  // namespace

TEST_SUITE("algorithms/k_nearest_neighbors") {
  TEST_CASE("leave_one_out_shows_what_a_unit_is_worth") {
    // scikit-learn 1.2.1, KNeighborsClassifier(1), LeaveOneOut, StandardScaler.
    // Iris is in tenths, so that equal distances are equal.
    const auto right = [](const Matrix& X, const Eigen::VectorXi& y) {
      return hits(NearestNeighbors::fit(X).leave_one_out(1), y, 1);
    };
    const Table iris = data_set("iris");
    const Matrix tenths = (10.0 * iris.features()).array().round();
    CHECK(right(tenths, iris.labels("species").ids) == 144);

    const Table wine = data_set("wine");
    const Eigen::VectorXi cultivar = wine.labels("cultivar").ids;
    const Index raw = right(wine.features(), cultivar);
    const Index scaled = right(standardized(wine.features()), cultivar);
    CHECK(raw == 137);
    CHECK(scaled == 170);
    EVIDENCE("Wine, right of 178, raw", raw);
    EVIDENCE("Wine, right of 178, standardised", scaled);

    const Table digits = data_set("digits");
    const Eigen::VectorXi digit = digits.labels("digit").ids;
    // Every third image asks all: 592 of the 1776 of 1797 that are right.
    const Matrix images = digits.features();
    const Matrix asking = images(Eigen::seq(0, 1796, 3), Eigen::all);
    const Neighbors found = NearestNeighbors::fit(images).query(asking, 2);
    Index pixels = 0;
    for (Index i = 0; i < asking.rows(); ++i) {
      const Index nearest = found.index(i, found.index(i, 0) == 3 * i ? 1 : 0);
      if (digit(nearest) == digit(3 * i)) ++pixels;
    }
    CHECK(pixels == 592);
    EVIDENCE("Digits, right of every third of 1797, raw", pixels);
    const Matrix some = images.topRows(500);
    CHECK(right(some, digit.head(500)) == 494);
    CHECK(right(standardized(some), digit.head(500)) == 488);
  }

  TEST_CASE("one_neighbour_costs_up_to_twice_the_bayes_error") {
    // All labellings are enumerated, so there is no chance in this. By hand:
    // 2 x 0.2 x 0.8 for one; for k the vote is 1 with probability b = P(at
    // least (k + 1) / 2 of k), and the error is 0.8 b + 0.2 (1 - b).
    std::mt19937_64 rng(0);
    for (const Index n : {1, 2, 5, 9}) {
      const auto model = NearestNeighbors::fit(gaussian(n, 2, rng));
      const Neighbors found = model.query(gaussian(1, 2, rng), n);
      CHECK(close(exact_error(found, n, 1), 0.32, {.rel = 1e-13}));
      if (n < 5) continue;
      CHECK(close(exact_error(found, n, 3), 0.2624, {.rel = 1e-13}));
      CHECK(close(exact_error(found, n, 5), 0.234752, {.rel = 1e-13}));
    }
    const auto model = NearestNeighbors::fit(gaussian(9, 2, rng));
    const Neighbors found = model.query(gaussian(1, 2, rng), 9);
    std::vector<double> errors;
    for (const Index k : {1, 3, 5, 7, 9}) {
      errors.push_back(exact_error(found, 9, k));
      CHECK(errors.back() > 0.2);
      if (k > 1) CHECK(errors.back() < *(errors.end() - 2));
    }
    // P(at least 5 of 9) = 0.01958144, from the binomial sum.
    CHECK(close(errors.back(), 0.2 + 0.6 * 0.01958144, {.rel = 1e-12}));
    EVIDENCE_SERIES("error for k = 1 3 5 7 9", errors);

    // P(1) = x on [0, 1]: Bayes' error is the mean of min(x, 1 - x), 1/4; one
    // neighbour tends to the mean of 2 x (1 - x), 1/3, not to 2 / 4 x 3 / 4.
    // For rows x at the midpoints of 200 cells and 10 queries q in each, the
    // mean of q (1 - x) + (1 - q) x differs from 1/3 by cell squared / 6.
    const Vector x = Vector::LinSpaced(200, 0.0025, 0.9975);
    const Vector q = Vector::LinSpaced(2000, 0.00025, 0.99975);
    const Neighbors nearest = NearestNeighbors::fit(x).query(q, 1);
    const Vector p = mean_target(nearest, x, 1);
    const double error =
        (q.array() * (1.0 - p.array()) + (1.0 - q.array()) * p.array()).mean();
    CHECK(close(error, 1.0 / 3.0, {.abs = 1e-5}));
    EVIDENCE("error of one neighbour where P(1) = x", error);
  }

  TEST_CASE("k_sets_variance_bias_and_degrees_of_freedom") {
    // The prediction is linear in y, so predicting the n unit vectors gives
    // the smoother: its trace is the degrees of freedom, the squares of a row
    // add up to the variance for noise of variance 1.
    std::mt19937_64 rng(1);
    const Index n = 40;
    const Matrix X = gaussian(n, 2, rng);
    const Neighbors found = NearestNeighbors::fit(X).query(X, n);
    for (const Index k : {1, 4, 8, 40}) {
      Matrix smoother(n, n);
      for (Index i = 0; i < n; ++i) {
        smoother.col(i) = mean_target(found, Vector::Unit(n, i), k);
      }
      const double share = 1.0 / static_cast<double>(k);
      CHECK(close(smoother.trace(), 40.0 * share, {.rel = 1e-14}));
      CHECK(close(Vector(smoother.rowwise().squaredNorm()),
                  Vector::Constant(n, share), {.rel = 1e-14}));
    }
    // y = x on a grid of step 1, asked at its end: the neighbours are 0, ...,
    // k - 1, whose mean is off by (k - 1) / 2.
    const Vector line = Vector::LinSpaced(40, 0.0, 39.0);
    const Neighbors end = NearestNeighbors::fit(line).query(Matrix{{0.0}}, 40);
    std::vector<double> bias;
    for (Index k = 1; k <= 40; ++k) {
      bias.push_back(mean_target(end, line, k)(0));
      CHECK(bias.back() == 0.5 * static_cast<double>(k - 1));
    }
    EVIDENCE_SERIES("bias at the end of a line, k = 1 .. 40", bias);

    // The two ends for a vote: memory and majority.
    Eigen::VectorXi y(n);
    for (Index i = 0; i < n; ++i) y(i) = i % 3 == 0 ? 5 : -2;
    CHECK(majority(found, labels(y), 1) == y);
    CHECK(majority(found, labels(y), n) == Eigen::VectorXi::Constant(n, -2));
  }

  TEST_CASE("training_residuals_give_leave_one_out") {
    const Table table = data_set("diabetes");
    const Matrix X = standardized(table.features());
    const Vector y = table.numbers("progression");
    const auto model = NearestNeighbors::fit(X);
    const Neighbors with = model.query(X, 30);
    const Neighbors without = model.leave_one_out(29);
    std::vector<double> errors;
    for (const Index k : {2, 5, 10, 20, 30}) {
      const Vector residuals = y - mean_target(with, y, k);
      const Vector honest = y - mean_target(without, y, k - 1);
      const double inflate =
          static_cast<double>(k) / static_cast<double>(k - 1);
      // k + 2 roundings in each mean of numbers up to 346, and as many to
      // compare: 1e-12 is eight times 64 eps x 346 / 41.
      CHECK(close(Vector(inflate * residuals), honest, {.abs = 1e-12 * 346}));
      errors.push_back(std::sqrt(honest.squaredNorm() / 442.0));
      // Without the factor the residuals flatter.
      CHECK(residuals.norm() < 0.999 * honest.norm());
    }
    // scikit-learn 1.2.1, KNeighborsRegressor and LeaveOneOut.
    CHECK(close(errors,
                std::vector<double>{76.73090134827987, 60.4999474121906,
                                    58.20871987554087, 56.69476893910582,
                                    56.973819527065956},
                {.rel = 1e-12}));
    EVIDENCE_SERIES("Diabetes, LOO RMSE, k = 1 4 9 19 29", errors);
  }

  TEST_CASE("the_product_rules_out_and_differences_decide") {
    std::mt19937_64 rng(2);
    Index wrong = 0, compared = 0;
    const auto check = [&](const Matrix& X, const Matrix& Q, Index k) {
      const auto model = NearestNeighbors::fit(X);
      const Neighbors reference = model.query_reference(Q, k);
      wrong += differences(model.query(Q, k), reference);
      compared += reference.index.size();
      return reference;
    };
    // Whole numbers, where the plain loop has no rounding and ties abound.
    const Matrix digits = data_set("digits").features();
    const Matrix some = digits.middleRows(700, 10);
    CHECK(differences_from_sort(check(digits, some, 10), digits, some) == 0);
    for (const Index n : {1, 15, 16, 17, 255, 256, 257, 530}) {
      const Matrix X = grid(n, 3, 5, rng);
      const Matrix Q = grid(n == 257 ? 130 : 5, 3, 5, rng);
      for (const Index k : {Index{1}, Index{7}, n}) {
        if (k > n) continue;
        CHECK(differences_from_sort(check(X, Q, k), X, Q) == 0);
      }
    }
    // 2^52 and 2^52 + 1 have the same root in doubles, and are not equal.
    const double big = 0x1p26;
    const Matrix close_call{{big, 1.0}, {big, 0.0}};
    CHECK(check(close_call, Matrix{{0.0, 0.0}}, 1).index(0, 0) == 1);

    // Clusters at -1e8 and 1e8: scores near 1e16 are rounded to 2, distances
    // within a cluster are near 1. Then numbers whose squares are a few times
    // the smallest double, and numbers whose squares just do not overflow.
    Matrix two = gaussian(600, 4, rng);
    for (Index i = 0; i < 600; ++i) {
      two.row(i).array() += i % 2 == 0 ? 1e8 : -1e8;
    }
    check(two, two.topRows(40), 5);
    check(1e-161 * gaussian(300, 3, rng), 1e-161 * gaussian(40, 3, rng), 5);
    check(1e152 * gaussian(300, 3, rng), 1e152 * gaussian(40, 3, rng), 5);
    // Queries far from all rows, and rows in a shell around the query.
    Matrix shell = gaussian(300, 6, rng);
    shell.rowwise().normalize();
    check(shell, Matrix::Zero(1, 6), 9);
    check(shell, 1e6 * gaussian(20, 6, rng), 9);
    EVIDENCE("neighbours compared", compared);
    EVIDENCE("rows or distances that differ", wrong);
    CHECK(wrong == 0);
  }

  TEST_CASE("the_expanded_square_ranks_noise_far_from_the_origin") {
    // |q|^2 - 2 q.x + |x|^2 for q = (1e8, 0), x = (1e8 + 1, 0): 1e16 + 2e8 + 1
    // is halfway between two doubles. Each product below is one rounding of a
    // whole number; no sum follows a product in the same statement, so a fused
    // multiply-add has nothing to change.
    const double q = 1e8, x = 1e8 + 1.0;
    const double qq = q * q, qx = q * x, xx = x * x;
    const double twice = 2.0 * qx;
    const double left = qq - twice;
    CHECK(left + xx == 0.0);
    const auto model =
        NearestNeighbors::fit(Matrix{{x, 0.0}, {q - 3.0, 0.0}, {q, 4.0}});
    const Neighbors found = model.query(Matrix{{q, 0.0}}, 3);
    CHECK(found.squared_distance == Matrix{{1.0, 9.0, 16.0}});

    // With the mean as the origin one cluster is right. With two far ones the
    // mean is far from both, and it is not.
    std::mt19937_64 rng(3);
    const Matrix one = gaussian(200, 2, rng).array() + 1e8;
    Matrix two = one;
    two.topRows(100).array() -= 2e8;
    const auto mean = [](const Matrix& X) {
      return Vector(X.colwise().mean().transpose());
    };
    const std::vector<Index> wrong{misled(one, Vector::Zero(2)),
                                   misled(one, mean(one)),
                                   misled(two, mean(two))};
    EVIDENCE_SERIES("misled of 200: plain, centred, two clusters", wrong);
    CHECK(wrong[0] > 100);
    CHECK(wrong[1] == 0);
    CHECK(wrong[2] > 100);
    for (const Matrix& X : {one, two}) {
      const Neighbors near = NearestNeighbors::fit(X).leave_one_out(1);
      Index differ = 0;
      for (Index i = 0; i < 200; ++i) {
        differ +=
            near.index(i, 0) != sorted_rows(X, X.row(i).transpose())[1].second;
      }
      CHECK(differ == 0);
    }
  }

  TEST_CASE("few_rows_are_measured") {
    // In random order row i is among the k nearest so far with probability
    // k / i, independently of the others (records, Renyi 1962).
    std::mt19937_64 rng(4);
    const Index n = 400;
    for (const Index k : {1, 10}) {
      double mean = static_cast<double>(k), variance = 0.0;
      for (Index i = k + 1; i <= n; ++i) {
        const double p = static_cast<double>(k) / static_cast<double>(i);
        mean += p;
        variance += p * (1.0 - p);
      }
      for (const double far : {0.0, 1e8}) {
        const double measured = mean_measured(n, k, far, 60, rng);
        CHECK(std::abs(measured - mean) < 5.0 * std::sqrt(variance / 60.0));
        EVIDENCE("measured of 400, k = " + std::to_string(k), measured);
      }
    }
    // From far to near every row is a record: sorted data lose all of it.
    const Matrix line = Vector::LinSpaced(400, 400.0, 1.0);
    const auto model = NearestNeighbors::fit(line);
    CHECK(model.query(Matrix{{0.0}}, 1).measured == 400);
    CHECK(model.query_reference(Matrix{{0.0}, {1.0}}, 1).measured == 800);
  }

  TEST_CASE("a_mean_of_targets_cannot_extrapolate") {
    const Vector x = Vector::LinSpaced(21, 0.0, 20.0);
    const Vector y = 3.0 * x;
    const auto model = NearestNeighbors::fit(x);
    const Neighbors found =
        model.query(Matrix{{-100.0}, {7.0}, {20.0}, {1000.0}}, 5);
    // Means of 0 .. 4, 5 .. 9, 16 .. 20 and again 16 .. 20, times 3.
    CHECK(mean_target(found, y, 5) == Vector{{6.0, 21.0, 54.0, 54.0}});
    std::mt19937_64 rng(5);
    const Neighbors many = model.query(100.0 * gaussian(200, 1, rng), 5);
    for (const Index k : {1, 2, 5}) {
      const Vector means = mean_target(many, y, k);
      REQUIRE(means.size() == 200);
      CHECK(means.minCoeff() >= 0.0);
      CHECK(means.maxCoeff() <= 60.0);
    }
  }

  TEST_CASE("one_search_serves_every_k") {
    const Table table = data_set("wine");
    const Matrix X = standardized(table.features());
    const Eigen::VectorXi y = table.labels("cultivar").ids;
    const auto model = NearestNeighbors::fit(X);
    const Neighbors all = model.leave_one_out(101);
    std::vector<Index> right;
    for (const Index k : {1, 3, 5, 15, 51, 101}) {
      const Neighbors own = model.leave_one_out(k);
      CHECK(own.index == all.index.leftCols(k));
      CHECK(own.squared_distance == all.squared_distance.leftCols(k));
      right.push_back(hits(all, y, k));
    }
    // NumPy 1.24.2, as in the first claim.
    CHECK(right == std::vector<Index>{170, 170, 173, 172, 171, 166});
    EVIDENCE_SERIES("Wine, right of 178, k = 1 3 5 15 51 101", right);
  }

  TEST_CASE("a_row_leaves_by_its_number_not_by_its_place") {
    // Rows 0, 1 and 3 are one point: for row 3 the first neighbour found is
    // row 0, and row 3 itself comes third.
    const Matrix X{{1.0}, {1.0}, {5.0}, {1.0}};
    const auto model = NearestNeighbors::fit(X);
    const Neighbors found = model.leave_one_out(2);
    const Eigen::MatrixXi rows = found.index.cast<int>();
    CHECK(rows == Eigen::MatrixXi{{1, 3}, {0, 3}, {0, 1}, {0, 1}});
    CHECK(found.squared_distance ==
          Matrix{{0.0, 0.0}, {0.0, 0.0}, {16.0, 16.0}, {0.0, 0.0}});
    // The shortcut: ask for one more, and drop the first column.
    const Neighbors one_more = model.query(X, 3);
    const Eigen::MatrixXi shortcut = one_more.index.rightCols(2).cast<int>();
    CHECK(shortcut == Eigen::MatrixXi{{1, 3}, {1, 3}, {0, 1}, {1, 3}});
    // With more duplicates than neighbours the row is not in its list at all.
    const Eigen::VectorXi first = model.leave_one_out(1).index.cast<int>();
    CHECK(first == Eigen::Vector4i(1, 0, 0, 0));
    CHECK(model.query(X, 2).index(3, 1) == 1);
  }

  TEST_CASE("distances_concentrate_with_intrinsic_dimension") {
    // From the centre of a Gaussian the squared distance is chi squared with d
    // degrees: its deviation over its mean is sqrt(2 / d). With excess kurtosis
    // 12 / d the sample deviation of 1000 has a relative standard error of
    // sqrt((2 + 12 / d) / 4000), below 0.036 for d >= 4; the mean adds less
    // than 0.03. Five of both together are 0.24.
    std::mt19937_64 rng(6);
    std::vector<double> spread;
    for (const Index d : {4, 64, 256}) {
      const auto model = NearestNeighbors::fit(gaussian(1000, d, rng));
      const Neighbors found = model.query(Matrix::Zero(1, d), 1000);
      const Vector squares = found.squared_distance.row(0).transpose();
      const double mean = squares.mean();
      const double deviation =
          std::sqrt((squares.array() - mean).square().mean());
      spread.push_back(deviation / mean);
      CHECK(close(spread.back(), std::sqrt(2.0 / static_cast<double>(d)),
                  {.rel = 0.24}));
    }
    EVIDENCE_SERIES("deviation over mean, d = 4 64 256", spread);

    // Columns are not dimensions: a plane in 256 of them, by orthonormal rows,
    // keeps all neighbours and distances.
    const Matrix plane = gaussian(200, 2, rng);
    const Eigen::HouseholderQR<Matrix> qr(gaussian(256, 2, rng));
    const Matrix basis = qr.householderQ() * Matrix::Identity(256, 2);
    const Matrix lifted = plane * basis.transpose();
    const Neighbors low = NearestNeighbors::fit(plane).leave_one_out(3);
    const Neighbors high = NearestNeighbors::fit(lifted).leave_one_out(3);
    CHECK(low.index == high.index);
    // Coordinates up to 4 with an error of a few eps each: 256 of them give
    // squared distances within 1e-13.
    CHECK(close(high.squared_distance, low.squared_distance, {.abs = 1e-13}));
  }

  TEST_CASE("split_votes_go_to_the_nearest_label") {
    const auto model =
        NearestNeighbors::fit(Matrix{{1.0}, {2.0}, {3.0}, {4.0}});
    const Neighbors found = model.query(Matrix{{0.0}}, 4);
    const std::vector<int> y{7, 3, 3, 7};
    CHECK(majority(found, y, 1)(0) == 7);
    CHECK(majority(found, y, 2)(0) == 7);  // one each
    CHECK(majority(found, y, 3)(0) == 3);
    CHECK(majority(found, y, 4)(0) == 7);  // two each
    const std::vector<int> renamed{-7, 3, 3, -7};
    CHECK(majority(found, renamed, 4)(0) == -7);
    // And of equally near rows the first in X is the nearest.
    const auto equal = NearestNeighbors::fit(Matrix{{1.0}, {-1.0}});
    const Neighbors both = equal.query(Matrix{{0.0}}, 2);
    CHECK(majority(both, std::vector<int>{9, 4}, 2)(0) == 9);
    CHECK(majority(both, std::vector<int>{4, 9}, 2)(0) == 4);
  }

  TEST_CASE("cosines_products_and_categories_are_distances_of_mapped_rows") {
    std::mt19937_64 rng(7);
    const Matrix X = gaussian(150, 5, rng), Q = gaussian(20, 5, rng);
    const Matrix unit_X = X.rowwise().normalized();
    const Matrix unit_Q = Q.rowwise().normalized();
    // A column that gives all rows the same norm M: |q|^2 + M^2 - 2 q.x.
    const Vector squares = X.rowwise().squaredNorm();
    Matrix lifted_X = Matrix::Zero(150, 6), lifted_Q = Matrix::Zero(20, 6);
    lifted_X.leftCols(5) = X;
    lifted_X.col(5) = (squares.maxCoeff() - squares.array()).sqrt();
    lifted_Q.leftCols(5) = Q;
    const Neighbors cosine = NearestNeighbors::fit(unit_X).query(unit_Q, 1);
    const Neighbors product =
        NearestNeighbors::fit(lifted_X).query(lifted_Q, 1);
    const Neighbors plain = NearestNeighbors::fit(X).query(Q, 1);
    Index wrong = 0, shortcut_wrong = 0;
    for (Index i = 0; i < 20; ++i) {
      Vector cosines(150), products(150);
      for (Index j = 0; j < 150; ++j) {
        products(j) = X.row(j).dot(Q.row(i));
        cosines(j) = products(j) / (X.row(j).norm() * Q.row(i).norm());
      }
      Index most_alike = 0, most = 0;
      const double largest = cosines.maxCoeff(&most_alike);
      products.maxCoeff(&most);
      wrong += cosine.index(i, 0) != most_alike;
      wrong += product.index(i, 0) != most;
      shortcut_wrong += plain.index(i, 0) != most;
      // |x - q|^2 = 2 - 2 cos, each side a few roundings of numbers below 4.
      CHECK(close(cosine.squared_distance(i, 0), 2.0 - 2.0 * largest,
                  {.abs = 1e-14}));
    }
    CHECK(wrong == 0);
    CHECK(shortcut_wrong > 10);  // the nearest row has another product

    // Colour as one-hot entries of 1 / sqrt(2): two colours are 1 apart, as the
    // ends of a column scaled to [0, 1] are. Numbered they are 1 or 2 apart.
    const double h = std::sqrt(0.5);
    const Matrix mixed{
        {h, 0.0, 0.0, 0.3}, {0.0, h, 0.0, 0.3}, {0.0, 0.0, h, 1.0}};
    const Neighbors found =
        NearestNeighbors::fit(mixed).query(Matrix{{h, 0.0, 0.0, 0.5}}, 3);
    CHECK(close(Matrix(found.squared_distance), Matrix{{0.04, 1.04, 1.25}},
                {.abs = 1e-15}));
  }

  TEST_CASE("a_learned_metric_is_a_linear_map") {
    const Table table = data_set("wine");
    const Matrix X = table.features();
    const Eigen::VectorXi y = table.labels("cultivar").ids;
    const Index learned = right_in_learned_metric(X, y);
    const Eigen::VectorXi one_class = Eigen::VectorXi::Zero(178);
    const Matrix white = X * whitening(X, one_class).transpose();
    const Index whitened =
        hits(NearestNeighbors::fit(white).leave_one_out(1), y, 1);
    // NumPy 1.24.2, the same maps, and a full sort.
    CHECK(learned == 175);
    CHECK(whitened == 164);
    EVIDENCE("Wine, right of 178, whitened within classes", learned);
    EVIDENCE("Wine, right of 178, whitened", whitened);
  }
}

TEST_SUITE("algorithms/k_nearest_neighbors extra") {
  TEST_CASE("one row and all rows equal") {
    const auto one = NearestNeighbors::fit(Matrix{{3.0, 4.0}});
    CHECK(one.radius == 0.0);
    const Neighbors found = one.query(Matrix{{0.0, 0.0}}, 1);
    CHECK(found.index(0, 0) == 0);
    CHECK(found.squared_distance(0, 0) == 25.0);
    const auto same = NearestNeighbors::fit(Matrix::Constant(40, 2, 0.1));
    const Neighbors all = same.query(Matrix::Constant(2, 2, 0.1), 40);
    for (Index i = 0; i < 40; ++i) {
      CHECK(all.index(1, i) == i);
      CHECK(all.squared_distance(1, i) == 0.0);
    }
  }

  TEST_CASE("no queries give no neighbours") {
    const auto model = NearestNeighbors::fit(Matrix{{3.0}, {4.0}});
    const Neighbors found = model.query(Matrix(0, 1), 2);
    CHECK(found.index.rows() == 0);
    CHECK(found.measured == 0);
    CHECK(majority(found, std::vector<int>{1, 2}, 2).size() == 0);
    CHECK(mean_target(found, Vector::Zero(2), 2).size() == 0);
  }

  TEST_CASE("arguments that break the contract are refused") {
    const double nan = std::nan("");
    CHECK_THROWS_WITH_AS(NearestNeighbors::fit(Matrix(0, 2)),
                         "NearestNeighbors: need rows and columns, got 0 x 2",
                         std::invalid_argument);
    CHECK_THROWS_AS(NearestNeighbors::fit(Matrix(2, 0)), std::invalid_argument);
    CHECK_THROWS_WITH(NearestNeighbors::fit(Matrix{{1.0}, {nan}}),
                      "NearestNeighbors: X(1, 0) is nan");
    const auto model = NearestNeighbors::fit(Matrix{{0.0}, {1.0}, {3.0}});
    const Matrix Q{{0.5}};
    CHECK_THROWS_WITH(model.query(Q, 0),
                      "NearestNeighbors: need 1 <= k <= n, got k = 0, n = 3");
    CHECK_THROWS_WITH(model.query(Q, 4),
                      "NearestNeighbors: need 1 <= k <= n, got k = 4, n = 3");
    CHECK_THROWS_AS(model.query_reference(Q, 4), std::invalid_argument);
    CHECK_THROWS_WITH(model.query(Matrix(1, 2), 1),
                      "NearestNeighbors: fitted on 1 columns, asked about 2");
    CHECK_THROWS_WITH(model.query(Matrix{{0.0}, {nan}}, 1),
                      "NearestNeighbors: Q(1, 0) is nan");
    CHECK_THROWS_WITH(model.query(Matrix{{1e160}}, 1),
                      "NearestNeighbors: the squared distances overflow");
    const auto wide = NearestNeighbors::fit(Matrix{{1e200}, {-1e200}});
    CHECK_THROWS_AS(wide.query(Q, 1), std::invalid_argument);
    CHECK_THROWS_WITH(model.leave_one_out(3),
                      "leave_one_out: need 1 <= k <= n - 1, got k = 3, n = 3");
    CHECK_THROWS_WITH(model.leave_one_out(0),
                      "leave_one_out: need 1 <= k <= n - 1, got k = 0, n = 3");

    const Neighbors found = model.query(Matrix{{9.0}}, 2);
    const std::vector<int> y{1, 2, 3}, short_y{1, 2};
    CHECK_THROWS_WITH(majority(found, y, 0),
                      "k-NN: need 1 <= k <= 2, got k = 0");
    CHECK_THROWS_WITH(majority(found, y, 3),
                      "k-NN: need 1 <= k <= 2, got k = 3");
    CHECK_THROWS_WITH(majority(found, short_y, 1),
                      "k-NN: a row was found that has none of the 2 targets");
    CHECK_THROWS_WITH(mean_target(found, Vector{{0.0, nan, 0.0}}, 1),
                      "mean_target: y(1) is nan");
    CHECK_THROWS_AS(mean_target(found, Vector::Zero(2), 1),
                    std::invalid_argument);
    CHECK_THROWS_AS(mean_target(found, Vector::Zero(3), 3),
                    std::invalid_argument);
  }
}
