// Verifies the claims of questions/coding/k_fold_cross_validation.md.
#include <whiteboard/coding/k_fold_cross_validation.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <Eigen/QR>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::Fold;
using coding::k_fold;
using Eigen::Index;
using whiteboard::testing::data_set;
using whiteboard::testing::gaussian;

namespace {

using Rows = std::vector<std::size_t>;

/// first, ..., last
Rows run(std::size_t first, std::size_t last) {
  Rows rows(last - first + 1);
  std::iota(rows.begin(), rows.end(), first);
  return rows;
}

Rows sorted(Rows rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

/// Every row in one test list, and in the train lists of all other folds?
bool partitions_rows(const std::vector<Fold>& folds, std::size_t n) {
  std::vector<int> tested(n, 0);
  for (const Fold& fold : folds) {
    std::vector<int> seen(n, 0);
    for (const Rows& part : {fold.train, fold.test}) {
      for (const std::size_t i : part) {
        if (i >= n) return false;
        ++seen[i];
      }
    }
    if (std::count(seen.begin(), seen.end(), 1) != std::ssize(seen)) {
      return false;
    }
    for (const std::size_t i : fold.test) ++tested[i];
  }
  return n > 0 &&
         std::count(tested.begin(), tested.end(), 1) == std::ssize(tested);
}

/// The rows of A, in the order of `rows`.
Matrix taken(const Matrix& A, const Rows& rows) {
  Matrix part(static_cast<Index>(rows.size()), A.cols());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    part.row(static_cast<Index>(i)) = A.row(static_cast<Index>(rows[i]));
  }
  return part;
}

/// How many test rows 1-nearest-neighbour gets right in the columns `used`.
int right_by_nearest(const Matrix& X, const std::vector<int>& y,
                     const Fold& fold, const std::vector<Index>& used) {
  int right = 0;
  for (const std::size_t i : fold.test) {
    double nearest = std::numeric_limits<double>::infinity();
    int label = -1;
    for (const std::size_t t : fold.train) {
      double square = 0.0;
      for (const Index j : used) {
        const double gap =
            X(static_cast<Index>(i), j) - X(static_cast<Index>(t), j);
        square += gap * gap;
      }
      if (square < nearest) {
        nearest = square;
        label = y[t];
      }
    }
    right += label == y[i];
  }
  return right;
}

/// The `count` columns of X that differ most between the classes 0 and 1 in
/// `rows`: largest |sum of (x - mean) (y - mean)| over the deviation of x.
std::vector<Index> most_correlated(const Matrix& X, const std::vector<int>& y,
                                   const Rows& rows, std::size_t count) {
  const double n = static_cast<double>(rows.size());
  double mean_y = 0.0;
  for (const std::size_t i : rows) mean_y += y[i] / n;
  Vector sum = Vector::Zero(X.cols()), squares = sum, product = sum;
  for (const std::size_t i : rows) {
    const double* x = &X(static_cast<Index>(i), 0);
    const double centred = y[i] - mean_y;
    for (Index j = 0; j < X.cols(); ++j) {
      sum(j) += x[j];
      squares(j) += x[j] * x[j];
      product(j) += x[j] * centred;
    }
  }
  std::vector<std::pair<double, Index>> score;
  for (Index j = 0; j < X.cols(); ++j) {
    const double variance = squares(j) / n - sum(j) * sum(j) / (n * n);
    score.emplace_back(-std::abs(product(j)) / std::sqrt(variance), j);
  }
  std::partial_sort(score.begin(),
                    score.begin() + static_cast<std::ptrdiff_t>(count),
                    score.end());
  std::vector<Index> best;
  for (std::size_t c = 0; c < count; ++c) best.push_back(score[c].second);
  return best;
}

}  // namespace

TEST_SUITE("coding/k_fold_cross_validation") {
  TEST_CASE("every_row_is_tested_once") {
    const auto folds = k_fold(10, 3, false, 0);
    REQUIRE(folds.size() == 3);
    CHECK(sorted(folds[0].test) == run(0, 3));
    CHECK(sorted(folds[1].test) == run(4, 6));
    CHECK(sorted(folds[2].test) == run(7, 9));

    int cases = 0, partitions = 0, even = 0;
    for (std::size_t n = 2; n <= 60; ++n) {
      for (std::size_t k = 2; k <= n; ++k, ++cases) {
        const auto cut = k_fold(n, k, (n + k) % 2 == 0, n * k);
        REQUIRE(cut.size() == k);
        partitions += partitions_rows(cut, n);
        const std::size_t large = (n + k - 1) / k, small = n / k;
        std::size_t ones_more = 0;
        bool sizes = true;
        for (const Fold& fold : cut) {
          sizes =
              sizes && (fold.test.size() == large || fold.test.size() == small);
          ones_more += fold.test.size() - small;
        }
        even += sizes && ones_more == n % k && cut[0].test.size() == large;
      }
    }
    EVIDENCE("pairs of n and k", cases);
    CHECK(cases == 1770);
    CHECK(partitions == cases);
    CHECK(even == cases);
  }

  TEST_CASE("every_partition_is_equally_likely") {
    // Two of four rows in the first fold: six sets, 1000 times each in 6000
    // seeds, with a standard error of sqrt(6000 / 6 * 5 / 6) = 28.9.
    std::map<Rows, int> seen;
    for (std::uint64_t seed = 0; seed < 6000; ++seed) {
      const auto folds = k_fold(4, 2, true, seed);
      REQUIRE(folds.size() == 2);
      ++seen[sorted(folds[0].test)];
    }
    REQUIRE(seen.size() == 6);
    std::vector<int> times;
    for (const auto& [rows, count] : seen) times.push_back(count);
    EVIDENCE_SERIES("times each pair came up", times);
    CHECK(close(times, std::vector<int>(6, 1000), {.abs = 145}));

    const auto once = k_fold(50, 5, true, 7), again = k_fold(50, 5, true, 7);
    REQUIRE(once.size() == 5);
    REQUIRE(again.size() == 5);
    for (std::size_t f = 0; f < 5; ++f) {
      CHECK(once[f].test == again[f].test);
      CHECK(once[f].train == again[f].train);
    }
    CHECK(sorted(k_fold(50, 5, true, 8)[0].test) != sorted(once[0].test));
  }

  TEST_CASE("leave_one_out_has_a_closed_form") {
    std::mt19937_64 rng(1);
    const Index n = 25;
    Matrix A = gaussian(n, 4, rng);
    A.col(0).setOnes();
    const Matrix y = A * Vector{{1.0, -2.0, 0.5, 3.0}} + gaussian(n, 1, rng);

    const auto folds = k_fold(25, 25, true, 3);
    REQUIRE(folds.size() == 25);
    double refitted = 0.0;
    for (const Fold& fold : folds) {
      const Matrix left = taken(A, fold.train), target = taken(y, fold.train);
      const Vector b = left.householderQr().solve(target);
      refitted += (taken(y, fold.test) - taken(A, fold.test) * b).squaredNorm();
    }
    refitted /= 25.0;

    // One fit of all rows: H = A (A^T A)^-1 A^T = Q Q^T.
    const Matrix Q = A.householderQr().householderQ() * Matrix::Identity(n, 4);
    const Vector residual = y - Q * (Q.transpose() * y);
    double closed = 0.0;
    for (Index i = 0; i < n; ++i) {
      const double left_out = residual(i) / (1.0 - Q.row(i).squaredNorm());
      closed += left_out * left_out / 25.0;
    }
    EVIDENCE("mean squared error of 25 fits", refitted);
    EVIDENCE("mean squared residual of one fit", residual.squaredNorm() / 25.0);
    CHECK(close(refitted, closed, {.rel = 1e-9}));
    CHECK(residual.squaredNorm() / 25.0 < 0.9 * refitted);
  }

  TEST_CASE("sorted_labels_need_a_shuffle") {
    const Table table = data_set("iris");
    const Matrix X = table.features();
    const Eigen::VectorXi ids = table.labels("species").ids;
    const std::vector<int> y(ids.begin(), ids.end());
    REQUIRE(std::is_sorted(y.begin(), y.end()));
    const auto as_it_is = k_fold(150, 3, false, 0);
    const auto mixed = k_fold(150, 3, true, 0);
    REQUIRE(as_it_is.size() == 3);
    REQUIRE(mixed.size() == 3);
    int unshuffled = 0, shuffled = 0;
    for (std::size_t f = 0; f < 3; ++f) {
      // No classifier can know a class that is not in training.
      std::set<int> known;
      for (const std::size_t i : as_it_is[f].train) known.insert(y[i]);
      CHECK(known.size() == 2);
      for (const std::size_t i : as_it_is[f].test) CHECK(!known.contains(y[i]));
      unshuffled += right_by_nearest(X, y, as_it_is[f], {0, 1, 2, 3});
      shuffled += right_by_nearest(X, y, mixed[f], {0, 1, 2, 3});
    }
    EVIDENCE("right of 150, unshuffled", unshuffled);
    EVIDENCE("right of 150, shuffled", shuffled);
    CHECK(unshuffled == 0);
    CHECK(shuffled >= 135);  // leave-one-out: 144
  }

  TEST_CASE("selection_belongs_inside_the_fold") {
    const std::size_t n = 50, kept = 100;
    std::mt19937_64 rng(5);
    int before = 0, inside = 0;
    for (std::uint64_t repeat = 0; repeat < 3; ++repeat) {
      const Matrix X = gaussian(static_cast<Index>(n), 5000, rng);
      std::vector<int> y;
      for (std::size_t i = 0; i < n; ++i) {
        y.push_back(static_cast<int>(uniform_index(2, rng)));
      }
      const auto folds = k_fold(n, 5, true, repeat);
      REQUIRE(folds.size() == 5);
      const auto chosen = most_correlated(X, y, run(0, n - 1), kept);
      for (const Fold& fold : folds) {
        REQUIRE(fold.test.size() == 10);
        before += right_by_nearest(X, y, fold, chosen);
        inside += right_by_nearest(X, y, fold,
                                   most_correlated(X, y, fold.train, kept));
      }
    }
    EVIDENCE("accuracy, columns chosen first", before / 150.0);
    EVIDENCE("accuracy, columns chosen in the fold", inside / 150.0);
    CHECK(before >= 135);
    // 150 coin flips: five standard errors are 5 sqrt(150 / 4) = 31.
    CHECK(close(inside, 75, {.abs = 31}));
  }

  TEST_CASE("training_sets_overlap") {
    for (const std::size_t k : {2u, 3u, 5u, 10u}) {
      CAPTURE(k);
      const auto folds = k_fold(90, k, true, 2);
      REQUIRE(folds.size() == k);
      for (std::size_t a = 0; a < k; ++a) {
        for (std::size_t b = 0; b < a; ++b) {
          const Rows one = sorted(folds[a].train), two = sorted(folds[b].train);
          Rows common;
          std::set_intersection(one.begin(), one.end(), two.begin(), two.end(),
                                std::back_inserter(common));
          // (k - 2) / (k - 1) of the rows, in whole numbers.
          CHECK(common.size() * (k - 1) == one.size() * (k - 2));
          CHECK(one.size() * k == 90 * (k - 1));
        }
      }
    }
    EVIDENCE("shared by two training sets, k = 10", 8.0 / 9.0);
  }
}

TEST_SUITE("coding/k_fold_cross_validation extra") {
  TEST_CASE("larger folds come first") {
    const auto folds = k_fold(11, 4, true, 1);
    std::vector<std::size_t> sizes;
    for (const Fold& fold : folds) sizes.push_back(fold.test.size());
    CHECK(sizes == std::vector<std::size_t>{3, 3, 3, 2});
  }

  TEST_CASE("the smallest tables") {
    CHECK(partitions_rows(k_fold(2, 2, false, 0), 2));
    CHECK(partitions_rows(k_fold(2, 2, true, 0), 2));
    CHECK(partitions_rows(k_fold(3, 2, true, 0), 3));
  }

  TEST_CASE("arguments that break the contract are refused") {
    CHECK_THROWS_WITH(k_fold(5, 1, false, 0),
                      "k_fold: need 2 <= k <= n, got k = 1, n = 5");
    CHECK_THROWS_WITH(k_fold(5, 6, true, 0),
                      "k_fold: need 2 <= k <= n, got k = 6, n = 5");
    CHECK_THROWS_AS(k_fold(0, 0, false, 0), std::invalid_argument);
    CHECK_THROWS_AS(k_fold(1, 1, false, 0), std::invalid_argument);
    CHECK(k_fold(5, 5, false, 0).size() == 5);
  }
}
