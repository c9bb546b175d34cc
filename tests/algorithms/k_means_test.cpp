// Verifies the claims of questions/algorithms/k_means.md.
#include <whiteboard/algorithms/k_means.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::algorithms;
using whiteboard::testing::blobs;
using whiteboard::testing::gaussian;

namespace {

using Eigen::Index;
using LabelList = std::vector<int>;

double square_between(const Matrix& A, Index i, const Matrix& B, Index j) {
  double sum = 0.0;
  for (Index f = 0; f < A.cols(); ++f) {
    sum += (A(i, f) - B(j, f)) * (A(i, f) - B(j, f));
  }
  return sum;
}

/// J of Eq. (1) for any labels, summed number by number.
double total_squares(const Matrix& X, const Matrix& C,
                     const Eigen::VectorXi& labels) {
  REQUIRE(labels.size() == X.rows());
  REQUIRE(labels.minCoeff() >= 0);
  REQUIRE(labels.maxCoeff() < C.rows());
  double sum = 0.0;
  for (Index i = 0; i < X.rows(); ++i) {
    sum += square_between(X, i, C, labels(i));
  }
  return sum;
}

/// Nearest centroid of each sample, the first one among equals.
Eigen::VectorXi nearest(const Matrix& X, const Matrix& C) {
  Eigen::VectorXi labels = Eigen::VectorXi::Zero(X.rows());
  for (Index i = 0; i < X.rows(); ++i) {
    for (Index j = 1; j < C.rows(); ++j) {
      if (square_between(X, i, C, j) < square_between(X, i, C, labels(i))) {
        labels(i) = static_cast<int>(j);
      }
    }
  }
  return labels;
}

/// Means of non-empty clusters.
Matrix means(const Matrix& X, const Eigen::VectorXi& labels, Index k) {
  Matrix sums = Matrix::Zero(k, X.cols());
  std::vector<double> counts(static_cast<std::size_t>(k), 0.0);
  for (Index i = 0; i < X.rows(); ++i) {
    counts[static_cast<std::size_t>(labels(i))] += 1.0;
    for (Index f = 0; f < X.cols(); ++f) sums(labels(i), f) += X(i, f);
  }
  for (Index j = 0; j < k; ++j) {
    for (Index f = 0; f < X.cols(); ++f) {
      sums(j, f) /= counts[static_cast<std::size_t>(j)];
    }
  }
  return sums;
}

/// The same partition always gets the same names: by first appearance.
LabelList partition_of(const Eigen::VectorXi& labels) {
  LabelList seen, names;
  for (const int label : labels) {
    const auto at = std::find(seen.begin(), seen.end(), label);
    names.push_back(static_cast<int>(at - seen.begin()));
    if (at == seen.end()) seen.push_back(label);
  }
  return names;
}

/// Adjusted Rand index: 1 for the same partition, 0 expected by chance.
double adjusted_rand(const Eigen::VectorXi& a, const Eigen::VectorXi& b) {
  REQUIRE(a.size() == b.size());
  double both = 0.0, in_a = 0.0, in_b = 0.0, pairs = 0.0;
  for (Index i = 0; i < a.size(); ++i) {
    for (Index j = 0; j < i; ++j) {
      const bool same_a = a(i) == a(j), same_b = b(i) == b(j);
      both += same_a && same_b;
      in_a += same_a;
      in_b += same_b;
      pairs += 1.0;
    }
  }
  const double chance = in_a * in_b / pairs;
  return (both - chance) / (0.5 * (in_a + in_b) - chance);
}

/// How many samples must move to turn one partition into the other, when the
/// clusters are paired as well as three of them can be.
int samples_moved(const Eigen::VectorXi& a, const Eigen::VectorXi& b) {
  std::vector<int> names{0, 1, 2};
  int fewest = static_cast<int>(a.size());
  do {
    int moved = 0;
    for (Index i = 0; i < a.size(); ++i) {
      moved += names[static_cast<std::size_t>(a(i))] != b(i);
    }
    fewest = std::min(fewest, moved);
  } while (std::next_permutation(names.begin(), names.end()));
  return fewest;
}

const std::filesystem::path kData = WHITEBOARD_DATA_DIR;

const Table& iris_table() {
  static const Table table = read_csv(kData / "iris.csv");
  return table;
}

const Matrix& iris() {
  static const Matrix X = iris_table().features();
  return X;
}

const Table& digits() {
  static const Table table = read_csv(kData / "digits.csv");
  return table;
}

int iterations_of(const KMeansResult& result) {
  return static_cast<int>(result.inertias.size()) - 1;
}

/// Smallest J over all partitions into at most k clusters, tried one by one.
double best_of_all_partitions(const Matrix& X, int k) {
  Eigen::VectorXi labels = Eigen::VectorXi::Zero(X.rows());
  double best = std::numeric_limits<double>::infinity();
  for (bool more = true; more;) {
    if (labels.maxCoeff() == k - 1) {
      bool all_used = true;
      for (int j = 0; j < k; ++j) all_used &= (labels.array() == j).any();
      if (all_used) {
        best = std::min(best, total_squares(X, means(X, labels, k), labels));
      }
    }
    more = false;
    for (Index i = 1; i < X.rows() && !more; ++i) {  // sample 0 stays in 0
      labels(i) = (labels(i) + 1) % k;
      more = labels(i) != 0;
    }
  }
  return best;
}

/// Two rings around the origin, radii 1 and 3, 100 samples each.
Matrix rings(std::mt19937_64& rng) {
  Matrix X = 0.05 * gaussian(200, 2, rng);
  for (Index i = 0; i < 200; ++i) {
    const double angle = 6.283185307179586 * static_cast<double>(i % 100) / 100;
    const double radius = i < 100 ? 1.0 : 3.0;
    X(i, 0) += radius * std::cos(angle);
    X(i, 1) += radius * std::sin(angle);
  }
  return X;
}

/// Eq. (5) word by word, with the origin where the caller puts it.
Eigen::VectorXi labels_by_expansion(const Matrix& X, const Matrix& C) {
  const Matrix products = X * C.transpose();
  Eigen::VectorXi labels(X.rows());
  for (Index i = 0; i < X.rows(); ++i) {
    double smallest = std::numeric_limits<double>::infinity();
    for (Index j = 0; j < C.rows(); ++j) {
      const double score = C.row(j).squaredNorm() - 2.0 * products(i, j);
      if (score < smallest) labels(i) = static_cast<int>(j);
      smallest = std::min(smallest, score);
    }
  }
  return labels;
}

int mislabelled(const Eigen::VectorXi& got, const Eigen::VectorXi& want) {
  REQUIRE(got.size() == want.size());
  return static_cast<int>((got.array() != want.array()).count());
}

/// Rounding of a sum of n squares, relative: n * 2^-53 and a margin of four.
double sum_slack(Index n) {
  return static_cast<double>(n) * 4.5e-16;
}

}  // namespace

TEST_SUITE("algorithms/k_means") {
  TEST_CASE("inertia_never_rises") {
    for (unsigned seed = 0; seed < 30; ++seed) {
      CAPTURE(seed);
      std::mt19937_64 rng(seed);
      const Matrix X = gaussian(200, 3, rng);
      Matrix C = X.topRows(7);
      double last = std::numeric_limits<double>::infinity();
      for (int t = 0; t < 12; ++t) {
        const Assignment a = assign(X, C);
        const double assigned = total_squares(X, C, a.labels);
        CHECK(assigned <= last * (1.0 + sum_slack(600)));
        C = update_centroids(X, a, 7);
        last = total_squares(X, C, a.labels);
        CHECK(last <= assigned * (1.0 + sum_slack(600)));
      }
      const std::vector<double> history = lloyd(X, X.topRows(7), 50).inertias;
      REQUIRE(history.size() > 2);
      CHECK(std::is_sorted(
          history.rbegin(), history.rend(),
          [](double a, double b) { return a * (1.0 + sum_slack(600)) < b; }));
      if (seed == 0) EVIDENCE_SERIES("inertia per iteration", history);
    }
  }

  TEST_CASE("no_partition_repeats") {
    std::mt19937_64 rng(1);
    const Matrix X = gaussian(300, 2, rng);
    const KMeansResult whole = lloyd(X, X.topRows(8), 1000);
    REQUIRE(whole.converged);
    const int iterations = iterations_of(whole);

    std::set<LabelList> seen;
    for (int t = 0; t < iterations; ++t) {
      CAPTURE(t);
      CHECK(seen.insert(partition_of(lloyd(X, X.topRows(8), t).labels)).second);
    }
    CHECK(seen.count(partition_of(whole.labels)) == 1);  // that is why it stops
    EVIDENCE("iterations until the labels stop changing", iterations);
    EVIDENCE("different partitions on the way", static_cast<int>(seen.size()));
  }

  TEST_CASE("converged_is_a_fixed_point") {
    std::mt19937_64 rng(2);
    const Matrix X = gaussian(300, 4, rng);
    const KMeansResult result = k_means(X, {.k = 5, .restarts = 1}, rng);
    REQUIRE(result.converged);
    CHECK(close(result.labels, nearest(X, result.centroids)));
    CHECK(close(result.centroids, means(X, result.labels, 5),
                {.scale = sum_slack(300)}));
    CHECK(close(result.inertias.back(),
                total_squares(X, result.centroids, result.labels),
                {.rel = sum_slack(1200)}));
    EVIDENCE("iterations", iterations_of(result));

    const KMeansResult cut = lloyd(X, X.topRows(5), 2);
    CHECK_FALSE(cut.converged);
    CHECK(cut.inertias.size() == 3);
    CHECK(close(cut.labels, nearest(X, cut.centroids)));
  }

  TEST_CASE("labels_decide_when_to_stop") {
    // 200 samples at 30,000 +- 1,000 add 2e8 to J, where floats are 16 apart.
    // The 21 samples at 0, 0.1, ..., 2 never have more than 28 to give.
    Matrix X(221, 1);
    for (Index i = 0; i < 21; ++i) X(i, 0) = 0.1 * static_cast<double>(i);
    for (Index i = 21; i < 221; ++i) X(i, 0) = i % 2 == 0 ? 29e3 : 31e3;
    const Matrix start{{0.0}, {0.1}, {30e3}};

    int by_inertia = 0;
    Matrix C = start;
    for (float last = 0.0F;; ++by_inertia) {
      const Eigen::VectorXi labels = nearest(X, C);
      const auto now = static_cast<float>(total_squares(X, C, labels));
      if (now == last) break;
      last = now;
      C = means(X, labels, 3);
    }
    const KMeansResult result = lloyd(X, start, 100);
    REQUIRE(result.converged);
    CHECK(close(result.labels, nearest(X, result.centroids)));
    CHECK(close(result.centroids, means(X, result.labels, 3),
                {.scale = sum_slack(200)}));
    CHECK(iterations_of(result) > by_inertia);
    CHECK(mislabelled(nearest(X, C), result.labels) > 0);

    // What matters to the 21: their share of J, by either rule.
    const Matrix near = X.topRows(21);
    EVIDENCE("iterations, stopping on the inertia", by_inertia);
    EVIDENCE("iterations, stopping on the labels", iterations_of(result));
    EVIDENCE("J of the small clusters, stopping on the inertia",
             total_squares(near, C, nearest(near, C)));
    EVIDENCE(
        "J of the small clusters, stopping on the labels",
        total_squares(near, result.centroids, nearest(near, result.centroids)));
  }

  TEST_CASE("iris_figures") {
    // R 4 (kmeans) and scikit-learn 1.2.1 agree to all digits shown.
    const std::vector<double> published{681.3706, 152.34795, 78.85144};
    std::vector<double> found;
    for (Index k = 1; k <= 3; ++k) {
      std::mt19937_64 rng(3);
      found.push_back(k_means(iris(), {.k = k}, rng).inertias.back());
    }
    CHECK(close(found, published, {.abs = 6e-6, .rel = 1e-7}));
    EVIDENCE_SERIES("best inertia for k = 1, 2, 3", found);

    std::mt19937_64 rng(3);
    const Eigen::VectorXi labels = k_means(iris(), {.k = 3}, rng).labels;
    const double agreement =
        adjusted_rand(labels, iris_table().labels("species").ids);
    CHECK(close(agreement, 0.7302382722834697, {.rel = 1e-12}));
    EVIDENCE("inertia, k = 3", found[2]);
    EVIDENCE("adjusted Rand index against the species", agreement);
  }

  TEST_CASE("iris_has_several_optima") {
    // scikit-learn 1.2.1 from the same rows: 78.85144143 and 78.85566583.
    const Matrix X = iris();
    const KMeansResult best = lloyd(X, X({0, 50, 100}, Eigen::all), 100);
    const KMeansResult second = lloyd(X, X({0, 1, 2}, Eigen::all), 100);
    CHECK(best.converged);
    CHECK(second.converged);
    CHECK(close(best.inertias.back(), 78.851441426146, {.rel = 1e-12}));
    CHECK(close(second.inertias.back(), 78.85566582597727, {.rel = 1e-12}));
    CHECK(samples_moved(best.labels, second.labels) == 1);

    // Uniform starts: how often each optimum is met.
    std::vector<double> finals;
    for (unsigned seed = 0; seed < 100; ++seed) {
      std::mt19937_64 rng(seed);
      const Matrix C = seed_points(X, random_seeds(150, 3, rng));
      finals.push_back(lloyd(X, C, 100).inertias.back());
    }
    std::sort(finals.begin(), finals.end());
    CHECK(close(finals.front(), 78.851441426146, {.rel = 1e-12}));
    const auto poor = std::count_if(finals.begin(), finals.end(),
                                    [](double J) { return J > 142.0; });
    CHECK(poor > 0);
    CHECK(std::count_if(finals.begin(), finals.end(), [](double J) {
            return std::abs(J - 142.754) < 1e-3;
          }) > 0);
    EVIDENCE_SERIES("final inertia of 100 uniform starts, sorted", finals);
    EVIDENCE("of 100 uniform starts, stuck above 142", static_cast<int>(poor));
    EVIDENCE("flowers between the two best optima",
             samples_moved(best.labels, second.labels));
  }

  TEST_CASE("digits_figures") {
    const Matrix X = digits().features();
    Matrix start(10, 64);  // means of the first ten blocks of ten images
    for (Index j = 0; j < 10; ++j) {
      start.row(j) = X.middleRows(10 * j, 10).colwise().mean();
    }
    const KMeansResult result = lloyd(X, start, 300);
    const std::vector<double>& J = result.inertias;

    // KMeans(init=start, n_init=1, tol=0, max_iter=t).inertia_ of scikit-learn
    // 1.2.1, which counts the last, unchanged labelling as an iteration.
    REQUIRE(J.size() == 31);
    CHECK(result.converged);
    CHECK(close(
        std::vector<double>{J[1], J[2], J[3], J[5], J[10], J[20], J[25], J[30]},
        std::vector<double>{1514403.702492, 1354029.495370, 1298682.166341,
                            1234042.526301, 1209134.498851, 1194266.231316,
                            1174101.410536, 1167769.242305},
        {.rel = 1e-12}));
    const Eigen::VectorXi target = digits().labels(digits().names.back()).ids;
    const double agreement = adjusted_rand(result.labels, target);
    CHECK(close(agreement, 0.649949643403223, {.rel = 1e-12}));
    EVIDENCE_SERIES("inertia per iteration", J);
    EVIDENCE("inertia", J.back());
    EVIDENCE("inertia, scikit-learn 1.2.1", 1167769.242305);
    EVIDENCE("adjusted Rand index against the digits", agreement);

    // The best of 60 scikit-learn runs has 1,165,149.24.
    std::mt19937_64 rng(4);
    const double best =
        k_means(X, {.k = 10, .restarts = 5}, rng).inertias.back();
    CHECK(best < J.back());
    CHECK(best > 1165149.0);
    EVIDENCE("inertia, best of 5 k-means++ starts", best);
  }

  TEST_CASE("lloyd_can_stop_far_from_the_optimum") {
    std::vector<double> ratios;
    for (const double w : {2.0, 10.0, 100.0}) {
      CAPTURE(w);
      const Matrix X{{0, 0}, {0, 1}, {w, 0}, {w, 1}};
      const KMeansResult stuck = lloyd(X, Matrix{{w / 2, 0}, {w / 2, 1}}, 100);
      const KMeansResult best = lloyd(X, Matrix{{0, 0.5}, {w, 0.5}}, 100);
      CHECK(stuck.converged);
      CHECK(best.converged);
      CHECK(stuck.inertias.back() == w * w);  // exact in binary
      CHECK(best.inertias.back() == 1.0);
      CHECK(best_of_all_partitions(X, 2) == 1.0);
      ratios.push_back(stuck.inertias.back() / best.inertias.back());
    }
    EVIDENCE_SERIES("found over best inertia, width 2, 10, 100", ratios);
    EVIDENCE("found over best inertia, width 100", ratios.back());
  }

  TEST_CASE("sums_of_squares_add_up") {
    std::mt19937_64 rng(5);
    const Matrix X = iris();
    const KMeansResult result = k_means(X, {.k = 3}, rng);
    const Matrix mean = means(X, Eigen::VectorXi::Zero(150), 1);
    const double total = total_squares(X, mean, Eigen::VectorXi::Zero(150));
    const double within = result.inertias.back();

    double between = 0.0;
    std::vector<double> sizes(3, 0.0), pair_squares(3, 0.0);
    for (Index i = 0; i < 150; ++i) {
      const auto own = static_cast<std::size_t>(result.labels(i));
      sizes[own] += 1.0;
      between += square_between(result.centroids, result.labels(i), mean, 0);
      for (Index m = 0; m < 150; ++m) {
        if (result.labels(m) == result.labels(i)) {
          pair_squares[own] += square_between(X, i, X, m);
        }
      }
    }
    double pairwise = 0.0;
    for (std::size_t j = 0; j < 3; ++j) {
      pairwise += 0.5 * pair_squares[j] / sizes[j];
    }
    // A pair sum has at most 150^2 terms of one sign.
    CHECK(close(within + between, total, {.rel = sum_slack(600)}));
    CHECK(close(within, pairwise, {.rel = sum_slack(150 * 150)}));
    EVIDENCE("total sum of squares", total);
    EVIDENCE("within", within);
    EVIDENCE("between", between);
    EVIDENCE("share explained by three clusters", between / total);
  }

  TEST_CASE("restarts_find_the_optimum") {
    std::mt19937_64 data_rng(6);
    const Matrix X = gaussian(10, 2, data_rng);
    for (const int k : {2, 3}) {
      CAPTURE(k);
      std::mt19937_64 rng(7);
      const double optimum = best_of_all_partitions(X, k);
      const double found =
          k_means(X, {.k = k, .restarts = 50}, rng).inertias.back();
      CHECK(close(found, optimum, {.rel = sum_slack(20)}));

      // One start is not enough: over 50 seeds the worst falls short.
      double worst = 0.0;
      for (unsigned seed = 0; seed < 50; ++seed) {
        std::mt19937_64 one(seed);
        const KMeansOptions single{.k = k, .restarts = 1};
        worst = std::max(worst, k_means(X, single, one).inertias.back());
      }
      CHECK(worst > 1.01 * optimum);
      const std::string name = "k = " + std::to_string(k);
      EVIDENCE(name + ", best of all partitions", optimum);
      EVIDENCE(name + ", best of 50 starts", found);
      EVIDENCE(name + ", worst of 50 single starts", worst);
    }
  }

  TEST_CASE("rings_are_cut_not_found") {
    std::mt19937_64 rng(8);
    const Matrix X = rings(rng);
    Eigen::VectorXi truth = Eigen::VectorXi::Zero(200);
    truth.tail(100).setOnes();
    const KMeansResult result = k_means(X, {.k = 2}, rng);
    const double agreement = adjusted_rand(result.labels, truth);
    CHECK(agreement < 0.01);

    // Not bad luck: the rings themselves have a far larger J than the cut.
    const double J_rings = total_squares(X, means(X, truth, 2), truth);
    CHECK(result.inertias.back() < 0.75 * J_rings);
    EVIDENCE("adjusted Rand index", agreement);
    EVIDENCE("J of the cut that k-means finds", result.inertias.back());
    EVIDENCE("J of the two rings", J_rings);
  }

  TEST_CASE("units_change_the_clusters") {
    std::mt19937_64 rng(9);
    const Eigen::VectorXi in_cm = k_means(iris(), {.k = 3}, rng).labels;
    Matrix X = iris();
    X.col(1) *= 100.0;
    const KMeansResult rescaled = k_means(X, {.k = 3}, rng);
    const double agreement = adjusted_rand(in_cm, rescaled.labels);
    CHECK(agreement < 0.3);
    // scikit-learn 1.2.1, best of 20 starts, finds 0.1763 between the two.
    CHECK(close(agreement, 0.1762689780502141, {.rel = 1e-12}));
    EVIDENCE("adjusted Rand index, sepal width in cm against 0.1 mm",
             agreement);
  }

  TEST_CASE("inertia_cannot_choose_k") {
    std::mt19937_64 rng(10);
    const Matrix X = blobs(Matrix{{0, 0}, {8, 0}, {0, 8}}, 8, rng);
    std::vector<double> best;
    for (Index k = 1; k <= 24; ++k) {
      best.push_back(k_means(X, {.k = k, .restarts = 40}, rng).inertias.back());
    }
    REQUIRE(best.size() == 24);
    for (std::size_t k = 1; k < best.size(); ++k) {
      CAPTURE(k);
      CHECK(best[k] < best[k - 1]);  // past the three blobs as well
    }
    CHECK(best.back() == 0.0);
    EVIDENCE_SERIES("best inertia for k = 1 to 24 = n", best);
  }

  TEST_CASE("one_outlier_takes_a_centroid") {
    // Two blobs 20 apart, 50 samples each: splitting them saves 50 * 20^2 / 2 =
    // 10,000. A sample at distance D from their middle saves D^2 100 / 101.
    std::mt19937_64 rng(11);
    Matrix X(101, 2);
    X.topRows(100) = blobs(Matrix{{-10, 0}, {10, 0}}, 50, rng);
    std::vector<double> shares;
    for (const double D : {0.0, 50.0, 200.0}) {
      X.row(100) << 0.0, D;
      const KMeansResult result = k_means(X, {.k = 2}, rng);
      const Eigen::VectorXi& labels = result.labels;
      REQUIRE(labels.size() == 101);
      CHECK(((labels.head(100).array() == labels(100)).count() == 0) ==
            (D == 200.0));
      shares.push_back(adjusted_rand(
          labels.head(100),
          Eigen::VectorXi::LinSpaced(100, 0, 99).unaryExpr([](int i) {
            return i / 50;
          })));
    }
    CHECK(shares[0] == 1.0);
    CHECK(shares[1] == 1.0);
    CHECK(shares[2] == 0.0);
    EVIDENCE_SERIES("agreement with the blobs, outlier at 0, 50, 200", shares);
  }

  TEST_CASE("the_mean_serves_squares_only") {
    const Matrix X{{0.0}, {0.0}, {9.0}};
    const Assignment a = assign(X, Matrix{{0.0}});
    const Matrix C = update_centroids(X, a, 1);
    REQUIRE(C.rows() == 1);
    CHECK(C(0, 0) == 3.0);
    const auto plain = [&X](double c) { return (X.array() - c).abs().sum(); };
    const auto squares = [&X](double c) {
      return (X.array() - c).square().sum();
    };
    CHECK(squares(C(0, 0)) < squares(0.0));  // 54 after 81
    CHECK(plain(C(0, 0)) > plain(0.0));      // 12 after 9: the median is 0
    EVIDENCE("sum of distances before the update", plain(0.0));
    EVIDENCE("sum of distances after it", plain(C(0, 0)));
  }

  TEST_CASE("product_gives_the_same_labels") {
    std::mt19937_64 rng(12);
    int compared = 0;
    const auto compare = [&](Index n, Index k, Index d) {
      CAPTURE(n);
      CAPTURE(k);
      CAPTURE(d);
      const Matrix X = gaussian(n, d, rng);
      const Matrix C = gaussian(k, d, rng);
      const Assignment fast = assign(X, C);
      const Assignment exact = assign_reference(X, C);
      CHECK(close(fast.labels, exact.labels));
      CHECK(close(exact.labels, nearest(X, C)));
      // Both sum d squares of the same differences, in some order.
      CHECK(close(fast.squared_distances, exact.squared_distances,
                  {.rel = sum_slack(d)}));
      CHECK(close(exact.inertia(), total_squares(X, C, exact.labels),
                  {.rel = sum_slack(n * d)}));
      compared += static_cast<int>(n);
    };
    for (const Index n : {1, 2, 17, 256}) {
      for (const Index k : {1, 2, 9}) {
        for (const Index d : {1, 3, 32}) compare(n, k, d);
      }
    }
    // 1000 centroids leave room for the smallest block, 64 samples.
    for (const Index n : {63, 64, 65, 129}) compare(n, 1000, 3);
    EVIDENCE("samples labelled both ways", compared);
  }

  TEST_CASE("expansion_needs_centring") {
    std::mt19937_64 rng(13);
    std::vector<double> lost;
    for (const double offset : {0.0, 1e6, 1e7, 1e8}) {
      CAPTURE(offset);
      const Matrix C{{offset, offset}, {offset + 2, offset}};
      const Matrix X = blobs(C, 500, rng);
      const Eigen::VectorXi exact = nearest(X, C);
      CHECK(mislabelled(assign(X, C).labels, exact) == 0);
      lost.push_back(
          static_cast<double>(mislabelled(labels_by_expansion(X, C), exact)));
    }
    // Near 1e8 the squares are near 2e16, where doubles are 4 apart.
    CHECK(lost[0] == 0.0);
    CHECK(lost[3] > 50.0);
    EVIDENCE_SERIES("of 1000 mislabelled without centring, at 0, 1e6, 1e7, 1e8",
                    lost);
    EVIDENCE("of 1000 mislabelled without centring, at 1e8", lost[3]);
  }

  TEST_CASE("centring_cannot_cure_spread") {
    // Centroids 1 apart, and a third 3e8 away that puts the mean 1e8 away.
    const Matrix C{{0.0}, {1.0}, {3e8}};
    Matrix X(100, 1);
    for (Index i = 0; i < 100; ++i) X(i, 0) = 0.01 * static_cast<double>(i);
    const Matrix centre = Matrix::Constant(1, 1, C.mean());
    const Eigen::VectorXi expanded = labels_by_expansion(
        X.rowwise() - centre.row(0), C.rowwise() - centre.row(0));
    const Eigen::VectorXi exact = assign_reference(X, C).labels;
    REQUIRE(exact.size() == 100);
    CHECK((exact.head(50).array() == 0).all());
    CHECK((exact.tail(49).array() == 1).all());
    CHECK(mislabelled(expanded, exact) > 20);
    EVIDENCE("of 100 mislabelled in spite of centring",
             mislabelled(expanded, exact));
  }

  TEST_CASE("no_cluster_stays_empty") {
    std::mt19937_64 rng(14);
    const Matrix X = gaussian(60, 2, rng);
    Matrix C = X.topRows(4);
    C.bottomRows(2).setConstant(1e6);  // nearest to no sample at all

    const Matrix updated = update_centroids(X, assign(X, C), 4);
    REQUIRE(updated.rows() == 4);
    CHECK(updated.allFinite());
    CHECK(updated.row(2) != updated.row(3));

    const KMeansResult result = lloyd(X, C, 100);
    CHECK(result.centroids.allFinite());
    CHECK(std::set<int>(result.labels.begin(), result.labels.end()).size() ==
          4);
    CHECK(std::is_sorted(result.inertias.rbegin(), result.inertias.rend()));
    EVIDENCE_SERIES("inertia, starting with two empty clusters",
                    result.inertias);
  }

  TEST_CASE("hamerly_takes_lloyds_steps") {
    std::mt19937_64 rng(15);
    const Matrix centres = 6.0 * gaussian(12, 8, rng);
    const Matrix X = blobs(centres, 80, rng);
    const Matrix start = seed_points(X, random_seeds(X.rows(), 12, rng));
    const KMeansResult whole = lloyd(X, start, 100);
    const int iterations = iterations_of(whole);
    REQUIRE(iterations >= 5);

    std::vector<double> shares;
    for (int t = 0; t <= iterations; ++t) {
      CAPTURE(t);
      const KMeansResult plain = lloyd(X, start, t);
      const KMeansResult bounded = hamerly(X, start, t);
      CHECK(close(bounded.labels, plain.labels));
      CHECK(close(bounded.centroids, plain.centroids, {.scale = 1e-14}));
      CHECK(close(bounded.inertias, plain.inertias, {.rel = 1e-12}));
      CHECK(bounded.converged == plain.converged);
      CHECK(plain.distances == X.rows() * 12 * (t + 1));
      shares.push_back(static_cast<double>(bounded.distances) /
                       static_cast<double>(plain.distances));
    }
    CHECK(shares.back() < 0.5);
    CHECK(shares.back() > 1.0 / 12.0);  // one distance per sample always
    EVIDENCE_SERIES("share of Lloyd's distances, after t iterations", shares);
    EVIDENCE("share of Lloyd's distances in all", shares.back());
  }

  TEST_CASE("mini_batch_is_a_running_mean") {
    std::mt19937_64 rng(16);
    const Matrix X = digits().features();
    const Matrix start = seed_points(X, random_seeds(X.rows(), 10, rng));
    MiniBatchKMeans model{start};
    Matrix sums = Matrix::Zero(10, 64);
    Vector counts = Vector::Zero(10);
    std::vector<double> inertias;
    for (int b = 0; b < 16; ++b) {
      const Matrix batch = seed_points(X, random_seeds(X.rows(), 100, rng));
      const Eigen::VectorXi labels = nearest(batch, model.centroids);
      for (Index i = 0; i < 100; ++i) {
        sums.row(labels(i)) += batch.row(i);
        counts(labels(i)) += 1.0;
      }
      model.partial_fit(batch);
      inertias.push_back(
          total_squares(X, model.centroids, nearest(X, model.centroids)));
    }
    REQUIRE(counts.minCoeff() > 0.0);
    CHECK(close(model.counts, counts));
    const Matrix running = counts.cwiseInverse().asDiagonal() * sums;
    // A running mean rounds once per step, a sum once per term.
    CHECK(close(
        model.centroids, running,
        {.scale = 2.0 * sum_slack(static_cast<Index>(counts.maxCoeff()))}));
    const double lloyds = lloyd(X, start, 300).inertias.back();
    CHECK(inertias.back() > lloyds);
    EVIDENCE_SERIES("inertia of all Digits after each batch of 100", inertias);
    EVIDENCE("over Lloyd's from the same start", inertias.back() / lloyds);
  }
}

TEST_SUITE("algorithms/k_means extra") {
  TEST_CASE("well separated blobs are recovered up to a renaming of labels") {
    std::mt19937_64 rng(17);
    const Matrix X = blobs(Matrix{{0, 0}, {100, 0}, {0, 100}}, 50, rng);
    const LabelList found = partition_of(k_means(X, {.k = 3}, rng).labels);
    REQUIRE(found.size() == 150);
    for (std::size_t i = 0; i < 150; ++i) {
      CHECK(found[i] == static_cast<int>(i / 50));
    }
  }

  TEST_CASE("the state of the engine decides the result and nothing else") {
    std::mt19937_64 data_rng(18);
    const Matrix X = gaussian(100, 2, data_rng);
    std::mt19937_64 rng_a(19), rng_b(19);
    CHECK(close(k_means(X, {.k = 4}, rng_a).centroids,
                k_means(X, {.k = 4}, rng_b).centroids));
    CHECK(rng_a == rng_b);
  }

  TEST_CASE("one sample and k = n") {
    std::mt19937_64 rng(20);
    const KMeansResult one = k_means(Matrix{{3.0, 4.0}}, {.k = 1}, rng);
    CHECK(close(one.centroids, Matrix{{3.0, 4.0}}));
    CHECK(one.inertias.back() == 0.0);
    CHECK(one.converged);

    const KMeansResult all = k_means(gaussian(7, 3, rng), {.k = 7}, rng);
    CHECK(all.inertias.back() == 0.0);
    CHECK(std::set<int>(all.labels.begin(), all.labels.end()).size() == 7);
  }

  TEST_CASE("fewer distinct samples than centroids end at J = 0") {
    const Matrix X = Matrix::Ones(5, 2);
    const KMeansResult result = lloyd(X, Matrix::Zero(3, 2), 100);
    CHECK(result.converged);
    CHECK(result.inertias.back() == 0.0);
    CHECK(hamerly(X, Matrix::Zero(3, 2), 100).inertias.back() == 0.0);
  }

  TEST_CASE("among equals the reference takes the first centroid") {
    const Assignment a =
        assign_reference(Matrix{{0.0}, {2.0}}, Matrix{{-1.0}, {1.0}, {1.0}});
    CHECK(close(a.labels, Eigen::Vector2i(0, 1)));
    CHECK(a.distances == 6);
  }

  TEST_CASE("squares that overflow give infinite distances and valid labels") {
    const Matrix X{{1e200}, {-1e200}};
    const double infinity = std::numeric_limits<double>::infinity();
    const Matrix C{{0.0}, {1.0}};
    CHECK(close(assign_reference(X, C).labels, Eigen::Vector2i(0, 0)));
    CHECK(assign_reference(X, C).inertia() == infinity);
    CHECK(assign(X, C).inertia() == infinity);
  }

  TEST_CASE("empty clusters take the worst served samples one each") {
    const Matrix X{{0.0}, {1.0}, {7.0}, {9.0}};
    const Assignment a = assign_reference(X, Matrix{{0.0}, {50.0}, {60.0}});
    const Matrix C = update_centroids(X, a, 3);
    CHECK(close(C, Matrix{{4.25}, {9.0}, {7.0}}));
  }

  TEST_CASE("hamerly with one centroid and with jumping ones") {
    std::mt19937_64 rng(21);
    const Matrix X = gaussian(80, 2, rng);
    CHECK(close(hamerly(X, X.topRows(1), 50).centroids,
                lloyd(X, X.topRows(1), 50).centroids, {.scale = 1e-14}));
    Matrix start = X.topRows(6);
    start.bottomRows(3).setConstant(40.0);
    const KMeansResult plain = lloyd(X, start, 100);
    CHECK(close(hamerly(X, start, 100).labels, plain.labels));
  }

  TEST_CASE("hamerly counts its own distances and those of full scans") {
    std::mt19937_64 rng(24);
    const Matrix X = gaussian(30, 2, rng);
    CHECK(hamerly(X, X.topRows(4), 0).distances == 30 + 30 * 4);
  }

  TEST_CASE("no iterations at all only assigns") {
    std::mt19937_64 rng(22);
    const Matrix X = gaussian(20, 2, rng);
    const KMeansResult result = lloyd(X, X.topRows(3), 0);
    CHECK(close(result.centroids, X.topRows(3)));
    CHECK(close(result.labels, nearest(X, X.topRows(3))));
    CHECK(result.inertias.size() == 1);
    CHECK_FALSE(result.converged);
  }

  TEST_CASE("arguments that break the contract are refused") {
    std::mt19937_64 rng(23);
    const Matrix X{{0, 0}, {0, 1}, {10, 0}, {10, 1}};
    Matrix with_nan = X;
    with_nan(2, 1) = std::numeric_limits<double>::quiet_NaN();
    Matrix infinite = X.topRows(2);
    infinite(1, 0) = std::numeric_limits<double>::infinity();

    CHECK_THROWS_WITH_AS(k_means(X, {.k = 0}, rng),
                         "k_means: need 1 <= k <= n, got k = 0, n = 4",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(k_means(X, {.k = 5}, rng),
                         "k_means: need 1 <= k <= n, got k = 5, n = 4",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(k_means(X, {.k = 2, .restarts = 0}, rng),
                         "k_means: need restarts >= 1, got 0",
                         std::invalid_argument);
    CHECK_THROWS_AS(k_means(with_nan, {.k = 2}, rng), std::invalid_argument);
    CHECK_THROWS_AS(k_means(Matrix::Ones(5, 2), {.k = 2}, rng),
                    std::invalid_argument);
    CHECK_THROWS_WITH_AS(lloyd(X, Matrix(0, 2), 10),
                         "lloyd: need 1 <= k <= n, got k = 0, n = 4",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(lloyd(X, Matrix::Zero(5, 2), 10),
                         "lloyd: need 1 <= k <= n, got k = 5, n = 4",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(hamerly(X, Matrix::Zero(2, 3), 10),
                         "hamerly: samples have 2 columns, centroids 3",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(lloyd(with_nan, X.topRows(2), 10),
                         "lloyd: X(2, 1) is nan", std::invalid_argument);
    CHECK_THROWS_WITH_AS(hamerly(X, infinite, 10), "hamerly: C(1, 0) is inf",
                         std::invalid_argument);

    MiniBatchKMeans model{X.topRows(2)};
    CHECK_THROWS_WITH_AS(model.partial_fit(Matrix::Zero(1, 3)),
                         "partial_fit: samples have 3 columns, centroids 2",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(model.partial_fit(with_nan),
                         "partial_fit: batch(2, 1) is nan",
                         std::invalid_argument);
    CHECK(close(model.centroids, X.topRows(2)));
  }
}
