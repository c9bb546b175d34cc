// Verifies the claims of questions/coding/k_means.md.
#include <whiteboard/coding/k_means.hpp>

#include <whiteboard/core/random.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <set>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::k_means;
using coding::KMeansFit;
using whiteboard::testing::gaussian;

namespace {

constexpr int kEnough = 1000;  // iterations; the tests settle far earlier
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Two columns, three and three.
Matrix six_points() {
  return Matrix{{1, 2}, {1, 4}, {1, 0}, {10, 2}, {10, 4}, {10, 0}};
}

/// The corners of a rectangle of height 1.
Matrix rectangle(double width) {
  return Matrix{{0, 0}, {width, 0}, {0, 1}, {width, 1}};
}

/// Eq. (1) for any labels and centres, in long double.
double objective(const Matrix& X, const Matrix& C,
                 const std::vector<int>& label) {
  long double sum = 0.0L;
  for (Eigen::Index i = 0; i < X.rows(); ++i) {
    const int j = label.at(static_cast<std::size_t>(i));
    for (Eigen::Index c = 0; c < X.cols(); ++c) {
      const long double gap = X(i, c) - static_cast<long double>(C(j, c));
      sum += gap * gap;
    }
  }
  return static_cast<double>(sum);
}

/// The smallest inertia of any split of the rows of X into two parts.
double best_of_all_partitions(const Matrix& X) {
  const auto n = static_cast<unsigned>(X.rows());
  double best = kInfinity;
  for (unsigned mask = 1; mask < 1U << (n - 1); ++mask) {  // row n - 1: part 0
    Matrix C = Matrix::Zero(2, X.cols());
    std::vector<int> label;
    Eigen::Vector2d size(0, 0);
    for (unsigned i = 0; i < n; ++i) {
      label.push_back(static_cast<int>(mask >> i & 1U));
      C.row(label.back()) += X.row(i);
      size(label.back()) += 1.0;
    }
    C.row(0) /= size(0);
    C.row(1) /= size(1);
    best = std::min(best, objective(X, C, label));
  }
  return best;
}

}  // namespace

TEST_SUITE("coding/k_means") {
  TEST_CASE("documented_example") {
    const Matrix start{{1, 2}, {10, 2}};
    const KMeansFit fit = k_means(six_points(), start, kEnough);
    // A few roundings, for those who keep running means.
    CHECK(close(fit.centers, start, {.abs = 1e-14}));
    CHECK(close(fit.inertia, 16.0, {.abs = 1e-13}));
    CHECK(fit.label == std::vector<int>{0, 0, 0, 1, 1, 1});

    // Any two of the points from different columns lead there as well.
    const KMeansFit other =
        k_means(six_points(), Matrix{{10, 0}, {1, 4}}, kEnough);
    CHECK(close(other.centers, Matrix{{10, 2}, {1, 2}}, {.abs = 1e-14}));
    CHECK(close(other.inertia, 16.0, {.abs = 1e-13}));
  }

  TEST_CASE("neither_half_step_raises_inertia") {
    std::mt19937_64 rng(1);
    int steps = 0;
    int with_empty = 0;
    for (int run = 0; run < 1000; ++run) {
      CAPTURE(run);
      const Eigen::Index n = 12 + uniform_index(12, rng);
      const Eigen::Index k = 2 + uniform_index(4, rng);
      const Matrix X = gaussian(n, 2, rng);
      // Centres anywhere, so that some start empty.
      const Matrix start = 2.0 * gaussian(k, 2, rng);
      KMeansFit now = k_means(X, start, 0);
      for (int t = 1;; ++t) {
        const std::set<int> used(now.label.begin(), now.label.end());
        if (static_cast<Eigen::Index>(used.size()) < k) ++with_empty;
        const KMeansFit next = k_means(X, start, t);
        REQUIRE(next.label.size() == static_cast<std::size_t>(n));
        // n d = 46 squares, each rounded: 46 * 2.2e-16 of the sum.
        const double rounding = 1.1e-14 * now.inertia;
        const double moved = objective(X, next.centers, now.label);
        REQUIRE(moved <= now.inertia + rounding);
        REQUIRE(next.inertia <= moved + rounding);
        REQUIRE(close(next.inertia, objective(X, next.centers, next.label),
                      {.rel = 1.1e-14}));
        ++steps;
        if (next.label == now.label) break;
        now = next;
        REQUIRE(t < kEnough);
      }
    }
    EVIDENCE("iterations in 1000 runs", steps);
    EVIDENCE("of them with an empty cluster", with_empty);
    CHECK(with_empty > 0);
    CHECK(steps > 2000);
  }

  TEST_CASE("no_assignment_repeats_and_the_end_is_a_fixed_point") {
    std::mt19937_64 rng(2);
    for (int run = 0; run < 100; ++run) {
      CAPTURE(run);
      const Matrix X = gaussian(40, 2, rng);
      const Matrix start = X.topRows(5);
      std::set<std::vector<int>> seen;
      KMeansFit fit = k_means(X, start, 0);
      while (seen.insert(fit.label).second) {
        fit = k_means(X, start, static_cast<int>(seen.size()));
      }
      // The first repetition is the end: more iterations change nothing.
      const KMeansFit end = k_means(X, start, kEnough);
      REQUIRE(end.label == fit.label);
      REQUIRE(end.label.size() == 40);
      REQUIRE(close(end.centers, fit.centers));
      REQUIRE(end.iterations < kEnough);

      Matrix means = Matrix::Zero(5, 2);
      Vector sizes = Vector::Zero(5);
      for (Eigen::Index i = 0; i < 40; ++i) {
        const int j = end.label[static_cast<std::size_t>(i)];
        means.row(j) += X.row(i);
        sizes(j) += 1.0;
        for (Eigen::Index other = 0; other < 5; ++other) {
          REQUIRE((X.row(i) - end.centers.row(j)).norm() <=
                  (X.row(i) - end.centers.row(other)).norm() + 1e-15);
        }
      }
      REQUIRE(sizes.minCoeff() > 0.0);
      for (Eigen::Index j = 0; j < 5; ++j) means.row(j) /= sizes(j);
      REQUIRE(close(end.centers, means, {.abs = 1e-14}));
    }
  }

  TEST_CASE("a_local_optimum_can_be_arbitrarily_bad") {
    for (const double width : {10.0, 100.0, 1e6}) {
      CAPTURE(width);
      const Matrix flat{{width / 2, 0}, {width / 2, 1}};
      const KMeansFit stuck = k_means(rectangle(width), flat, kEnough);
      CHECK(close(stuck.inertia, width * width, {.rel = 1e-14}));
      CHECK(close(stuck.centers, flat, {.scale = 1e-15}));
      const KMeansFit best =
          k_means(rectangle(width), Matrix{{0, 0}, {width, 0}}, kEnough);
      CHECK(close(best.inertia, 1.0, {.rel = 1e-14}));
      CHECK(close(best_of_all_partitions(rectangle(width)), 1.0));
      EVIDENCE("ratio to the best", stuck.inertia / best.inertia);
    }
  }

  TEST_CASE("restarts_find_the_best_of_127_partitions") {
    std::mt19937_64 rng(3);
    int sets_with_worse_ends = 0;
    for (int set = 0; set < 20; ++set) {
      CAPTURE(set);
      const Matrix X = gaussian(8, 2, rng);
      double best = kInfinity;
      double worst = 0.0;
      for (Eigen::Index i = 0; i < 8; ++i) {
        for (Eigen::Index j = i + 1; j < 8; ++j) {
          Matrix start(2, 2);
          start.row(0) = X.row(i);
          start.row(1) = X.row(j);
          const double inertia = k_means(X, start, kEnough).inertia;
          best = std::min(best, inertia);
          worst = std::max(worst, inertia);
        }
      }
      // 16 squares on either side.
      CHECK(close(best, best_of_all_partitions(X), {.rel = 4e-15}));
      if (worst > 1.001 * best) ++sets_with_worse_ends;
    }
    EVIDENCE("sets of 20 where some start ends worse", sets_with_worse_ends);
    CHECK(sets_with_worse_ends > 0);
  }

  TEST_CASE("inertia_cannot_choose_k") {
    std::mt19937_64 rng(4);
    const Matrix X = gaussian(12, 3, rng);
    CHECK(close(k_means(X, X, kEnough).inertia, 0.0));
    CHECK(close(k_means(X, X, kEnough).centers, X));

    // One more centre anywhere never hurts.
    std::vector<double> inertias;
    Matrix centers = X.topRows(1);
    for (Eigen::Index k = 1; k <= 12; ++k) {
      const KMeansFit fit = k_means(X, centers, kEnough);
      if (!inertias.empty()) CHECK(fit.inertia < inertias.back());
      inertias.push_back(fit.inertia);
      centers.resize(k + 1, 3);
      centers.topRows(k) = fit.centers;
      Eigen::Index far = 0;
      double longest = -1.0;
      for (Eigen::Index i = 0; i < 12; ++i) {
        const double gap =
            (fit.centers.rowwise() - X.row(i)).rowwise().norm().minCoeff();
        if (gap > longest) far = i;
        longest = std::max(longest, gap);
      }
      centers.row(k) = X.row(far);
    }
    EVIDENCE_SERIES("inertia for k = 1 to 12", inertias);
    REQUIRE(inertias.size() == 12);
    CHECK(inertias.back() < 1e-30);
  }

  TEST_CASE("an_empty_cluster_takes_the_farthest_sample") {
    const Matrix X{{0}, {1}, {10}};
    const KMeansFit fit = k_means(X, Matrix{{0}, {100}}, kEnough);
    CHECK(close(fit.centers, Matrix{{0.5}, {10}}, {.abs = 1e-14}));
    CHECK(close(fit.inertia, 0.5, {.abs = 1e-13}));

    // Two empty clusters take two samples: 20, then 10.
    const KMeansFit two =
        k_means(Matrix{{0}, {1}, {10}, {20}}, Matrix{{0}, {1000}, {2000}}, 1);
    CHECK(close(two.centers, Matrix{{7.75}, {20}, {10}}, {.abs = 1e-14}));
    CHECK(two.label == std::vector<int>{0, 0, 2, 1});

    // Fewer distinct samples than centres: nothing is left to take, no NaN.
    const KMeansFit same =
        k_means(Matrix::Constant(4, 2, 3.0), Matrix::Zero(3, 2), kEnough);
    CHECK(close(same.centers, Matrix::Constant(3, 2, 3.0)));
    CHECK(close(same.inertia, 0.0));
  }

  TEST_CASE("rings_are_cut_in_half") {
    std::mt19937_64 rng(5);
    Matrix X(400, 2);
    for (Eigen::Index i = 0; i < 400; ++i) {
      const double angle = uniform(0.0, 2.0 * std::numbers::pi, rng);
      const double radius = i < 200 ? 1.0 : 3.0;
      X.row(i) << radius * std::cos(angle), radius * std::sin(angle);
    }
    KMeansFit best = k_means(X, X.topRows(2), kEnough);
    for (int start = 0; start < 20; ++start) {
      Matrix centers(2, 2);
      centers.row(0) = X.row(uniform_index(400, rng));
      centers.row(1) = X.row(uniform_index(400, rng));
      const KMeansFit fit = k_means(X, centers, kEnough);
      if (fit.inertia < best.inertia) best = fit;
    }
    REQUIRE(best.label.size() == 400);
    double agree = 0.0;
    for (std::size_t i = 0; i < 400; ++i) {
      if (best.label[i] == (i < 200 ? 0 : 1)) agree += 1.0 / 400.0;
    }
    agree = std::max(agree, 1.0 - agree);  // labels have no names
    EVIDENCE("agreement with the rings", agree);
    EVIDENCE("inertia found", best.inertia);
    CHECK(agree < 0.6);

    // It is the objective that prefers the cut: the rings, each around its own
    // mean, cost 200 * 1 + 200 * 9 less what their means save.
    std::vector<int> rings(400, 0);
    std::fill(rings.begin() + 200, rings.end(), 1);
    Matrix means(2, 2);
    means.row(0) = X.topRows(200).colwise().mean();
    means.row(1) = X.bottomRows(200).colwise().mean();
    EVIDENCE("inertia of the rings", objective(X, means, rings));
    CHECK(best.inertia < 0.7 * objective(X, means, rings));
  }
}

TEST_SUITE("coding/k_means extra") {
  TEST_CASE("no iteration is an assignment") {
    const Matrix start{{0, 0}, {9, 9}};
    const KMeansFit fit = k_means(six_points(), start, 0);
    CHECK(fit.iterations == 0);
    CHECK(close(fit.centers, start));
    CHECK(fit.label == std::vector<int>{0, 0, 0, 1, 1, 1});
    CHECK(close(fit.inertia, objective(six_points(), start, fit.label)));
    CHECK(k_means(six_points(), start, 1).iterations == 1);
    // The first of equally near centres.
    CHECK(k_means(Matrix{{1}, {5}}, Matrix{{0}, {2}}, 0).label ==
          std::vector<int>{0, 1});
  }

  TEST_CASE("one sample and k equal to n") {
    const KMeansFit fit = k_means(Matrix{{3, 4}}, Matrix{{0, 0}}, kEnough);
    CHECK(close(fit.centers, Matrix{{3, 4}}));
    CHECK(close(fit.inertia, 0.0));
    CHECK(fit.label == std::vector<int>{0});
  }

  TEST_CASE("arguments that break the contract are refused") {
    const Matrix X = six_points();
    CHECK_THROWS_WITH(k_means(X, Matrix(0, 2), 1),
                      "k_means: need 1 <= k <= n, got k = 0, n = 6");
    CHECK_THROWS_WITH(k_means(X, Matrix::Zero(7, 2), 1),
                      "k_means: need 1 <= k <= n, got k = 7, n = 6");
    CHECK_THROWS_WITH(k_means(X, Matrix::Zero(2, 3), 1),
                      "k_means: samples have 2 columns, centers have 3");
    CHECK_THROWS_WITH(k_means(X, Matrix::Zero(2, 2), -1),
                      "k_means: need max_iterations >= 0, got -1");
    Matrix broken = X;
    broken(2, 1) = std::nan("");
    CHECK_THROWS_WITH(k_means(broken, Matrix::Zero(2, 2), 1),
                      "k_means: X(2, 1) is nan");
    CHECK_THROWS_WITH(k_means(X, Matrix{{0, kInfinity}}, 1),
                      "k_means: centers(0, 1) is inf");
  }
}
