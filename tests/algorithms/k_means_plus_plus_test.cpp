// Verifies the claims of questions/algorithms/k_means_plus_plus.md.
#include <whiteboard/algorithms/k_means_plus_plus.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::algorithms;
using whiteboard::testing::blobs;
using whiteboard::testing::data_set;
using whiteboard::testing::gaussian;

namespace {

using Eigen::Index;

const Matrix& iris() {
  static const Matrix X = data_set("iris").features();
  return X;
}

/// The optimum for three clusters on Iris, of R and scikit-learn 1.2.1.
constexpr double kIrisBest = 78.851441426146;

double square_between(const Matrix& A, Index i, const Matrix& B, Index j) {
  double sum = 0.0;
  for (Index f = 0; f < A.cols(); ++f) {
    sum += (A(i, f) - B(j, f)) * (A(i, f) - B(j, f));
  }
  return sum;
}

double square_to_nearest(const Matrix& X, Index i, const Matrix& C) {
  double smallest = std::numeric_limits<double>::infinity();
  for (Index j = 0; j < C.rows(); ++j) {
    smallest = std::min(smallest, square_between(X, i, C, j));
  }
  return smallest;
}

/// The potential of Eq. (2), number by number.
double sum_to_nearest(const Matrix& X, const Seeds& seeds) {
  const Matrix C = X(seeds, Eigen::all);
  double sum = 0.0;
  for (Index i = 0; i < X.rows(); ++i) sum += square_to_nearest(X, i, C);
  return sum;
}

/// Inertia where Lloyd's algorithm ends, in the plainest code there is.
double lloyds_end(const Matrix& X, const Seeds& seeds) {
  Matrix C = X(seeds, Eigen::all);
  std::vector<Index> labels(static_cast<std::size_t>(X.rows()), -1);
  for (bool changed = true; changed;) {
    changed = false;
    Matrix sums = Matrix::Zero(C.rows(), C.cols());
    std::vector<double> counts(static_cast<std::size_t>(C.rows()), 0.0);
    for (Index i = 0; i < X.rows(); ++i) {
      Index label = 0;
      double smallest = std::numeric_limits<double>::infinity();
      for (Index j = 0; j < C.rows(); ++j) {
        const double square = square_between(X, i, C, j);
        if (square < smallest) {
          smallest = square;
          label = j;
        }
      }
      changed |= labels[static_cast<std::size_t>(i)] != label;
      labels[static_cast<std::size_t>(i)] = label;
      counts[static_cast<std::size_t>(label)] += 1.0;
      for (Index f = 0; f < X.cols(); ++f) sums(label, f) += X(i, f);
    }
    for (Index j = 0; j < C.rows(); ++j) {
      for (Index f = 0; f < C.cols(); ++f) {
        C(j, f) = sums(j, f) / counts[static_cast<std::size_t>(j)];
      }
    }
  }
  double sum = 0.0;
  for (Index i = 0; i < X.rows(); ++i) sum += square_to_nearest(X, i, C);
  return sum;
}

/// Five standard errors of a frequency with probability p in n trials.
double five_errors(double p, double n) {
  return 5.0 * std::sqrt(p * (1.0 - p) / n);
}

bool are_rows(const Seeds& seeds, Index n, std::size_t k) {
  const std::set<Index> different(seeds.begin(), seeds.end());
  return seeds.size() == k && different.size() == k &&
         *different.begin() >= 0 && *different.rbegin() < n;
}

/// Ten clusters of `per_cluster` samples, 1000 standard deviations apart.
Matrix ten_clusters(Index per_cluster, std::mt19937_64& rng) {
  Matrix centres = Matrix::Zero(10, 2);
  for (Index j = 0; j < 10; ++j) {
    centres(j, 0) = 1000.0 * static_cast<double>(j % 5);
    centres(j, 1) = 1000.0 * static_cast<double>(j / 5);
  }
  return blobs(centres, per_cluster, rng);
}

std::size_t clusters_hit(const Seeds& seeds, Index per_cluster) {
  std::set<Index> hit;
  for (const Index seed : seeds) hit.insert(seed / per_cluster);
  return hit.size();
}

}  // namespace

TEST_SUITE("algorithms/k_means_plus_plus") {
  TEST_CASE("second_seed_follows_squared_distances") {
    // By hand: from 0 the squares are 1 and 100, from 1 they are 1 and 81, from
    // 10 they are 100 and 81.
    const Matrix X{{0.0}, {1.0}, {10.0}};
    const std::map<std::pair<Index, Index>, double> expected{
        {{0, 2}, 100.0 / 101.0},
        {{1, 2}, 81.0 / 82.0},
        {{2, 0}, 100.0 / 181.0}};
    const int trials = 150'000;
    std::mt19937_64 rng(1);
    std::map<Index, double> firsts;
    std::map<std::pair<Index, Index>, double> pairs;
    for (int t = 0; t < trials; ++t) {
      const Seeds seeds = k_means_plus_plus(X, {.k = 2}, rng);
      REQUIRE(are_rows(seeds, 3, 2));
      firsts[seeds[0]] += 1.0;
      pairs[{seeds[0], seeds[1]}] += 1.0;
    }
    for (const auto& entry : expected) {
      const auto pair = entry.first;
      const double p = entry.second, n = firsts[pair.first];
      CAPTURE(pair.first);
      CHECK(close(n / trials, 1.0 / 3.0,
                  {.abs = five_errors(1.0 / 3.0, trials)}));
      CHECK(close(pairs[pair] / n, p, {.abs = five_errors(p, n)}));
    }
    EVIDENCE("share of 10 after 0", pairs[{0, 2}] / firsts[0]);
    EVIDENCE("100 / 101", 100.0 / 101.0);
    EVIDENCE("share of 0 after 10", pairs[{2, 0}] / firsts[2]);
    EVIDENCE("100 / 181", 100.0 / 181.0);
  }

  TEST_CASE("rectangle_has_the_expected_potential") {
    // The second seed falls at squared distance 1, 100 or 101 from the first,
    // with those weights, and leaves 200, 2 or 2.
    const Matrix X{{0, 0}, {0, 1}, {10, 0}, {10, 1}};
    const double expected = (1 * 200.0 + 100 * 2.0 + 101 * 2.0) / 202.0;
    const double uniform = (200.0 + 2.0 + 2.0) / 3.0;
    const int trials = 20'000;
    std::mt19937_64 rng(2);
    double total = 0.0, total_uniform = 0.0;
    for (int t = 0; t < trials; ++t) {
      total += sum_to_nearest(X, k_means_plus_plus(X, {.k = 2}, rng));
      total_uniform += sum_to_nearest(X, random_seeds(4, 2, rng));
    }
    // 2 + 198 times a coin with p = 1/202, or 1/3 when uniform.
    CHECK(close(total / trials, expected,
                {.abs = 198.0 * five_errors(1.0 / 202.0, trials)}));
    CHECK(close(total_uniform / trials, uniform,
                {.abs = 198.0 * five_errors(1.0 / 3.0, trials)}));
    EVIDENCE("mean potential of k-means++", total / trials);
    EVIDENCE("602 / 202", expected);
    EVIDENCE("mean potential of uniform seeds", total_uniform / trials);
  }

  TEST_CASE("bound_holds_on_iris") {
    const double bound = 8.0 * (std::log(3.0) + 2.0);
    std::vector<double> factors;
    std::mt19937_64 rng(3);
    for (int t = 0; t < 1000; ++t) {
      const Seeds seeds = k_means_plus_plus(iris(), {.k = 3}, rng);
      REQUIRE(are_rows(seeds, 150, 3));
      const double reached = sum_to_nearest(iris(), seeds);
      CHECK(close(potential(iris(), seeds), reached, {.rel = 1e-13}));
      factors.push_back(reached / kIrisBest);
    }
    std::sort(factors.begin(), factors.end());
    double mean = 0.0, squares = 0.0;
    for (const double f : factors) mean += f / 1000.0;
    for (const double f : factors) squares += (f - mean) * (f - mean);
    CHECK(mean <= bound);
    // Its expectation, summed over all 150^3 ordered triples with NumPy 1.24.
    CHECK(close(mean, 2.2150386551464054,
                {.abs = 5.0 * std::sqrt(squares / 999.0 / 1000.0)}));
    CHECK(factors.front() > 1.0);
    EVIDENCE_SERIES("potential over optimum, 1000 seedings, sorted", factors);
    EVIDENCE("mean factor", mean);
    EVIDENCE("the bound, 8 (ln 3 + 2)", bound);
  }

  TEST_CASE("seeding_decides_where_lloyd_ends") {
    const int trials = 1000;
    std::map<std::string, double> poor;
    std::mt19937_64 rng(4);
    for (int t = 0; t < trials; ++t) {
      const auto count = [&poor](const char* name, const Seeds& seeds) {
        poor[name] += lloyds_end(iris(), seeds) > 142.0 ? 1.0 : 0.0;
      };
      count("uniform", random_seeds(150, 3, rng));
      count("k-means++", k_means_plus_plus(iris(), {.k = 3}, rng));
      count("greedy",
            k_means_plus_plus(iris(), {.k = 3, .candidates = 3}, rng));
    }
    // Exact for the first two: each of the C(150, 3) = 551,300 sets of seeds is
    // run once and weighted with its probability. The third: 40,000 runs.
    const std::map<std::string, double> expected{
        {"uniform", 0.206662}, {"k-means++", 0.088347}, {"greedy", 0.0124}};
    for (const auto& entry : expected) {
      const std::string name = entry.first;
      const double p = entry.second;
      CAPTURE(name);
      poor[name] /= trials;
      CHECK(close(poor[name], p, {.abs = five_errors(p, trials)}));
    }
    CHECK(poor["greedy"] < poor["k-means++"]);
    CHECK(poor["k-means++"] < poor["uniform"]);
    EVIDENCE("stuck above 142, uniform seeds", poor["uniform"]);
    EVIDENCE("stuck above 142, k-means++", poor["k-means++"]);
    EVIDENCE("stuck above 142, best of 3 candidates", poor["greedy"]);
  }

  TEST_CASE("uniform_seeds_miss_clusters") {
    // All ten hit: 100^10 / C(1000, 10) of the subsets. Also exact, and often
    // enough to be counted: three clusters of four, 4^3 / C(12, 3) = 64 / 220.
    double all_ten = 1.0;
    for (int j = 0; j < 10; ++j) all_ten *= 100.0 * (10 - j) / (1000.0 - j);
    CHECK(close(all_ten, 0.00038, {.abs = 5e-6}));

    std::mt19937_64 rng(5);
    const int trials = 20'000;
    double three_hit = 0.0, ten_hit = 0.0;
    for (int t = 0; t < trials; ++t) {
      three_hit += clusters_hit(random_seeds(12, 3, rng), 4) == 3;
    }
    for (int t = 0; t < 2000; ++t) {
      ten_hit += clusters_hit(random_seeds(1000, 10, rng), 100) == 10;
    }
    CHECK(close(three_hit / trials, 64.0 / 220.0,
                {.abs = five_errors(64.0 / 220.0, trials)}));
    CHECK(ten_hit / 2000 <= all_ten + five_errors(all_ten, 2000));

    const Matrix X = ten_clusters(100, rng);
    int all_hit = 0;
    for (int t = 0; t < 50; ++t) {
      all_hit += clusters_hit(k_means_plus_plus(X, {.k = 10}, rng), 100) == 10;
    }
    // A miss needs a draw inside a cluster that has a seed: some 1000 * 4 of a
    // weight of at least 100 * 1000^2.
    CHECK(all_hit == 50);
    EVIDENCE("probability that 10 uniform seeds hit all 10 clusters", all_ten);
    EVIDENCE("runs of 50 in which k-means++ hits all 10", all_hit);
  }

  TEST_CASE("farthest_first_takes_the_outlier") {
    std::mt19937_64 rng(6);
    Matrix X(201, 2);
    X.topRows(200) = gaussian(200, 2, rng);
    X.row(200) << 12.0, 0.0;
    for (Index first = 0; first < 200; first += 20) {
      CAPTURE(first);
      const Seeds seeds = farthest_first(X, 3, first);
      REQUIRE(are_rows(seeds, 201, 3));
      CHECK(seeds[0] == first);
      CHECK(seeds[1] == 200);
      // Always the farthest from what is there.
      for (Index i = 0; i < 201; ++i) {
        CHECK(
            square_to_nearest(X, i, X({first, Index{200}}, Eigen::all)) <=
            square_to_nearest(X, seeds[2], X({first, Index{200}}, Eigen::all)));
      }
    }

    // The exact probability under Eq. (3), over all first seeds.
    double expected = 0.0;
    for (Index first = 0; first < 200; ++first) {
      double sum = 0.0;
      for (Index i = 0; i < 201; ++i) sum += square_between(X, i, X, first);
      expected += square_between(X, 200, X, first) / sum / 201.0;
    }
    const int trials = 4000;
    double taken = 0.0;
    for (int t = 0; t < trials; ++t) {
      taken += k_means_plus_plus(X, {.k = 2}, rng)[1] == 200;
    }
    CHECK(close(taken / trials, expected,
                {.abs = five_errors(expected, trials)}));
    CHECK(expected < 0.4);
    EVIDENCE("share of runs in which k-means++ takes the outlier second",
             taken / trials);
    EVIDENCE("its exact probability", expected);
    EVIDENCE("farthest-first", 1.0);
  }

  TEST_CASE("running_minima_give_the_same_seeds") {
    std::mt19937_64 data_rng(7);
    const Matrix X = gaussian(400, 3, data_rng);
    for (const int candidates : {1, 3}) {
      for (const Index k : {1, 2, 7, 40}) {
        CAPTURE(k);
        CAPTURE(candidates);
        const SeedingOptions options{.k = k, .candidates = candidates};
        std::mt19937_64 rng_a(8), rng_b(8);
        const Seeds fast = k_means_plus_plus(X, options, rng_a);
        CHECK(are_rows(fast, 400, static_cast<std::size_t>(k)));
        CHECK(close(fast, k_means_plus_plus_reference(X, options, rng_b)));
        CHECK(rng_a == rng_b);
      }
    }

    // One step of Eq. (5) from the minima over three seeds is the minimum over
    // all four, for each of two candidates for the fourth.
    const Matrix updated =
        squares_with_each(X, squared_distances_to(X, {5, 17, 300}), {42, 311});
    REQUIRE(updated.rows() == 2);
    REQUIRE(updated.cols() == 400);
    const Index fourth[] = {42, 311};
    for (Index c = 0; c < 2; ++c) {
      for (Index i = 0; i < 400; ++i) {
        double nearest = square_between(X, i, X, fourth[c]);
        for (const Index seed : {5, 17, 300}) {
          nearest = std::min(nearest, square_between(X, i, X, seed));
        }
        CHECK(close(updated(c, i), nearest));
      }
    }
  }

  TEST_CASE("no_place_is_seeded_twice") {
    const Matrix places{{0.1, 0}, {1, 0.35}, {50, 0.7}, {50, 3.1}};
    const Matrix X = places.replicate(10, 1);
    double uniform_misses = 0.0;
    for (unsigned seed = 0; seed < 200; ++seed) {
      CAPTURE(seed);
      std::mt19937_64 rng(seed);
      const Seeds seeds = k_means_plus_plus(X, {.k = 4}, rng);
      REQUIRE(are_rows(seeds, 40, 4));
      CHECK(sum_to_nearest(X, seeds) == 0.0);
      const Seeds uniform = random_seeds(40, 4, rng);
      CHECK(are_rows(uniform, 40, 4));  // distinct rows, but not places
      uniform_misses += sum_to_nearest(X, uniform) > 0.0;
    }
    CHECK(uniform_misses > 100.0);
    EVIDENCE("of 200, uniform seeds that share a place", uniform_misses);
    EVIDENCE("of 200, k-means++ seeds that do", 0);
  }

  TEST_CASE("too_few_places_are_refused") {
    const Matrix X = Matrix{{0, 0}, {3, 4}}.replicate(5, 1);
    std::mt19937_64 rng(10);
    CHECK(potential(X, k_means_plus_plus(X, {.k = 2}, rng)) == 0.0);
    CHECK_THROWS_WITH_AS(
        k_means_plus_plus(X, {.k = 3}, rng),
        "k_means_plus_plus: k = 3 seeds asked for, but only 2 distinct samples",
        std::invalid_argument);
  }
}

TEST_SUITE("algorithms/k_means_plus_plus extra") {
  TEST_CASE("more candidates leave less potential on average") {
    std::mt19937_64 rng(11);
    const Matrix X = gaussian(200, 2, rng);
    std::vector<double> means;
    for (const int candidates : {1, 2, 8}) {
      double mean = 0.0;
      for (int t = 0; t < 40; ++t) {
        const SeedingOptions options{.k = 10, .candidates = candidates};
        mean += sum_to_nearest(X, k_means_plus_plus(X, options, rng)) / 40.0;
      }
      means.push_back(mean);
    }
    CHECK(means[1] < means[0]);
    CHECK(means[2] < means[1]);
  }

  TEST_CASE("random seeds are uniform over the rows") {
    std::mt19937_64 rng(12);
    std::vector<double> counts(5, 0.0);
    for (int t = 0; t < 10'000; ++t) {
      for (const Index seed : random_seeds(5, 2, rng)) {
        counts[static_cast<std::size_t>(seed)] += 1.0;
      }
    }
    for (const double count : counts) {
      CHECK(close(count / 10'000, 0.4, {.abs = five_errors(0.4, 10'000)}));
    }
    CHECK(are_rows(random_seeds(6, 6, rng), 6, 6));
  }

  TEST_CASE("one sample and k = n") {
    std::mt19937_64 rng(13);
    CHECK(close(k_means_plus_plus(Matrix{{2.0}}, {.k = 1}, rng),
                std::vector<int>{0}));
    const Matrix X = gaussian(9, 2, rng);
    CHECK(are_rows(k_means_plus_plus(X, {.k = 9}, rng), 9, 9));
    CHECK(are_rows(farthest_first(X, 9, 4), 9, 9));
  }

  TEST_CASE("seed points are the rows in the order of the seeds") {
    const Matrix X{{1, 2}, {3, 4}, {5, 6}};
    CHECK(close(seed_points(X, {2, 0}), Matrix{{5, 6}, {1, 2}}));
    CHECK(close(squared_distances_to(X, {2, 0}), Eigen::Vector3d(0, 8, 0)));
    CHECK(potential(X, {2, 0}) == 8.0);
  }

  TEST_CASE("farthest first by hand") {
    const Matrix X{{0.0}, {1.0}, {10.0}, {4.0}};
    CHECK(close(farthest_first(X, 4, 1), std::vector<int>{1, 2, 3, 0}));
  }

  TEST_CASE("arguments that break the contract are refused") {
    std::mt19937_64 rng(14);
    const Matrix X{{0.0}, {1.0}, {2.0}};
    Matrix with_nan = X;
    with_nan(1, 0) = std::numeric_limits<double>::quiet_NaN();
    const auto refused = [](const auto& call, const char* message) {
      CHECK_THROWS_WITH_AS(call(), message, std::invalid_argument);
    };
    refused([&] { k_means_plus_plus(X, {.k = 0}, rng); },
            "k_means_plus_plus: need 1 <= k <= n, got k = 0, n = 3");
    refused([&] { k_means_plus_plus(X, {.k = 4}, rng); },
            "k_means_plus_plus: need 1 <= k <= n, got k = 4, n = 3");
    refused([&] { k_means_plus_plus(X, {.k = 2, .candidates = 0}, rng); },
            "k_means_plus_plus: need candidates >= 1, got 0");
    refused([&] { k_means_plus_plus(with_nan, {.k = 2}, rng); },
            "k_means_plus_plus: X(1, 0) is nan");
    refused([&] { k_means_plus_plus_reference(X, {.k = 4}, rng); },
            "k_means_plus_plus_reference: need 1 <= k <= n, got k = 4, n = 3");
    refused([&] { random_seeds(3, 4, rng); },
            "random_seeds: need 1 <= k <= n, got k = 4, n = 3");
    refused([&] { random_seeds(3, 0, rng); },
            "random_seeds: need 1 <= k <= n, got k = 0, n = 3");
    refused([&] { farthest_first(X, 4, 0); },
            "farthest_first: need 1 <= k <= n, got k = 4, n = 3");
    refused([&] { farthest_first(X, 2, 3); },
            "farthest_first: need 0 <= first < n, got first = 3, n = 3");
    refused([&] { farthest_first(X, 2, -1); },
            "farthest_first: need 0 <= first < n, got first = -1, n = 3");
  }
}
