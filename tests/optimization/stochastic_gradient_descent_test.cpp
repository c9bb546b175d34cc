// Verifies the claims of questions/optimization/stochastic_gradient_descent.md.
// Where chance is involved the expected value is exact and the tolerance five
// standard errors.
#include <whiteboard/optimization/stochastic_gradient_descent.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <set>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::optimization;
using whiteboard::testing::data_set;
using whiteboard::testing::gaussian;
using whiteboard::testing::standardized;

namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();

/// A step that does not change.
struct Constant {
  double eta;
  double operator()(std::int64_t) const { return eta; }
};

/// What a long run of (x - a)^2 / 2 with a = +1 or -1 at random shows: noise of
/// variance 1 in the gradient, curvature 1, optimum 0.
struct Hover {
  double square = 0.0;   ///< mean of x^2
  double product = 0.0;  ///< mean of two successive gradients' product
  double average = 0.0;  ///< mean of x
};

Hover hover(double eta, std::int64_t steps, std::uint64_t seed) {
  std::mt19937_64 rng(seed);
  Hover sum;
  double last = 0.0;
  sgd(
      [&](std::ptrdiff_t i, const Vector& x) -> Vector {
        const Vector g = x - Vector::Constant(1, i == 0 ? 1.0 : -1.0);
        sum.square += x(0) * x(0);
        sum.product += last * g(0);
        sum.average += x(0);
        last = g(0);
        return g;
      },
      Vector::Zero(1), Constant{eta}, 2, {steps, Order::with_replacement}, rng);
  const auto n = static_cast<double>(steps);
  return {sum.square / n, sum.product / n, sum.average / n};
}

/// Smallest eigenvalue of A'A, by power iteration on its trace less itself.
double smallest_squared_singular_value(const Matrix& A) {
  const double trace = A.squaredNorm();
  Vector v = Vector::Ones(A.cols());
  for (int k = 0; k < 500; ++k) {
    v = (trace * v - A.transpose() * (A * v)).normalized();
  }
  return (A * v).squaredNorm();
}

/// Least squares with noise: no x fits all rows.
struct Problem {
  Matrix A;
  Vector b;
  Vector solution;  ///< of the normal equations
};

Problem noisy_problem(Eigen::Index n, Eigen::Index d, std::mt19937_64& rng) {
  Problem made{gaussian(n, d, rng), Vector(n), Vector(d)};
  made.b = made.A * gaussian(d, 1, rng).col(0) + gaussian(n, 1, rng).col(0);
  // Conjugate gradients on the normal equations, ten times as long as needed.
  made.solution.setZero();
  Vector r = made.A.transpose() * made.b, p = r;
  for (Eigen::Index k = 0; k < 10 * d && r.norm() > 1e-13; ++k) {
    const Vector Ap = made.A * p;
    const double before = r.squaredNorm(), alpha = before / Ap.squaredNorm();
    made.solution += alpha * p;
    r -= alpha * (made.A.transpose() * Ap);
    p = r + r.squaredNorm() / before * p;
  }
  return made;
}

}  // namespace

TEST_SUITE("optimization/stochastic_gradient_descent") {
  TEST_CASE("one_over_t_is_the_running_mean") {
    const Vector a = data_set("diabetes").numbers("progression");
    for (const Order order :
         {Order::with_replacement, Order::shuffle_each_epoch}) {
      std::mt19937_64 rng(1);
      double sum = 0.0;
      std::int64_t seen = 0;
      const auto gradient = [&](std::ptrdiff_t i, const Vector& x) -> Vector {
        // Before step t the point is the mean of the t - 1 samples seen; each
        // step rounds numbers up to 346 three times, and is then damped.
        if (seen > 0) {
          const double mean = sum / static_cast<double>(seen);
          CHECK_UNARY(close(x(0), mean, {.abs = 442 * 2 * 346 * eps}).ok);
        }
        sum += a(i);
        ++seen;
        return x - Vector::Constant(1, a(i));
      };
      const auto eta = [](std::int64_t t) {
        return 1.0 / static_cast<double>(t);
      };
      const Vector x = sgd(gradient, Vector::Constant(1, 1000.0), eta, a.size(),
                           {.steps = a.size(), .order = order}, rng);
      CHECK(seen == 442);
      CHECK(close(x(0), sum / 442.0, {.abs = 442 * 2 * 346 * eps}));
      EVIDENCE("SGD", x(0));
      EVIDENCE("mean of the samples seen", sum / 442.0);
    }
  }

  TEST_CASE("a_constant_step_hovers_at_a_floor") {
    CHECK(close(noise_floor(0.1, 1.0, 1.0), 0.1 / 1.9, {.ulps = 4}));
    CHECK(close(noise_floor(0.1, 1.0, 1.0), 0.052632, {.abs = 5e-7}));
    CHECK(close(noise_floor(0.05, 1.0, 1.0), 0.025641, {.abs = 5e-7}));
    // The fixed point of m = (1 - eta lambda)^2 m + eta^2 sigma^2.
    for (const double eta : {0.01, 0.3, 0.9}) {
      const double m = noise_floor(eta, 2.0, 3.0);
      CHECK(close((1.0 - 2.0 * eta) * (1.0 - 2.0 * eta) * m + 3.0 * eta * eta,
                  m, {.rel = 16 * eps}));
    }
    for (const double eta : {0.1, 0.05}) {
      // x^2 has about the variance 2 floor^2 or less, and is correlated over
      // (1 + a) / (1 - a) steps with a = (1 - eta)^2.
      const double steps = 60'000.0, a = (1.0 - eta) * (1.0 - eta);
      const double se = std::sqrt(2.0 * (1.0 + a) / (1.0 - a) / steps);
      const double got = hover(eta, 60'000, 2).square;
      CHECK(close(got, noise_floor(eta, 1.0, 1.0), {.rel = 5.0 * se}));
      CHECK(5.0 * se < 0.15);
      EVIDENCE("mean square measured", got);
      EVIDENCE("floor", noise_floor(eta, 1.0, 1.0));
    }
    // In full: the floor is not a matter of patience. From x0 = 10 the expected
    // square after t steps, by its recursion, and half the step takes twice
    // as long to half the floor.
    const auto steps_to_twice_the_floor = [](double eta) {
      const double floor = noise_floor(eta, 1.0, 1.0);
      double m = 100.0;
      int t = 0;
      for (; m > 2.0 * floor; ++t) {
        m = (1.0 - eta) * (1.0 - eta) * m + eta * eta;
      }
      return t;
    };
    CHECK(steps_to_twice_the_floor(0.1) == 36);
    CHECK(steps_to_twice_the_floor(0.05) == 81);
  }

  TEST_CASE("successive_gradients_disagree_at_the_floor") {
    // -eta lambda sigma^2 / (2 - eta lambda); the products are within 1.1 of
    // 1 or -1 and hardly correlated.
    const double want = -0.1 / 1.9;
    const double got = hover(0.1, 60'000, 3).product;
    CHECK(close(got, want, {.abs = 5.0 * 1.1 / std::sqrt(60'000.0)}));
    CHECK(got < 0.0);
    EVIDENCE("mean product at the floor", got);
    EVIDENCE("expected", want);
    // On the way there they agree.
    std::mt19937_64 rng(4);
    double last = 0.0, products = 0.0;
    sgd(
        [&](std::ptrdiff_t i, const Vector& x) -> Vector {
          const Vector g = x - Vector::Constant(1, i == 0 ? 1.0 : -1.0);
          products += last * g(0);
          last = g(0);
          return g;
        },
        Vector::Constant(1, 10.0), Constant{0.1}, 2,
        {15, Order::with_replacement}, rng);
    CHECK(products / 14.0 > 10.0);
    EVIDENCE("mean product on the way from 10", products / 14.0);
  }

  TEST_CASE("averaging_forgets_the_step_size") {
    // The run is linear in its noise: the noise of step k moves the mean of T
    // points by the mean of the first T - k responses, and the variance is the
    // sum of the squares.
    const auto variance_of_the_mean = [](double eta, int T) {
      PolyakAverage average;
      double response = -eta, variance = 0.0;
      for (int k = 1; k <= T; ++k) {
        average.add(Vector::Constant(1, response));
        const double moved = average.mean(0) * k / T;
        variance += moved * moved;
        response *= 1.0 - eta;
      }
      CHECK(average.count == T);
      return variance;
    };
    for (const double eta : {0.1, 0.025}) {
      const double scaled = 1e4 * variance_of_the_mean(eta, 10'000);
      CHECK(close(scaled, 1.0, {.rel = 1.5 / (eta * 1e4)}));
      EVIDENCE("T times the variance of the mean", scaled);
    }
    const double ratio = noise_floor(0.1, 1.0, 1.0) / noise_floor(0.025, 1, 1);
    CHECK(close(ratio, 4.158, {.abs = 5e-4}));
    EVIDENCE("ratio of the variances of the last points", ratio);
    // And in a run: five standard deviations of 1 / sqrt(T).
    for (const double eta : {0.1, 0.025}) {
      CHECK(std::abs(hover(eta, 20'000, 5).average) <
            5.0 / std::sqrt(20'000.0));
    }
    // The way from 10 is in the mean for good: 10 / (eta lambda T).
    PolyakAverage all, late;
    double x = 10.0;
    for (int t = 0; t < 10'000; ++t) {
      all.add(Vector::Constant(1, x));
      if (t >= 500) late.add(Vector::Constant(1, x));
      x *= 0.9;
    }
    CHECK(close(all.mean(0), 0.01, {.rel = 1e-9}));
    CHECK(std::abs(late.mean(0)) < 1e-20);
    EVIDENCE("what a start at 10 leaves in the mean of 10,000", all.mean(0));
  }

  TEST_CASE("without_a_conflict_there_is_no_floor") {
    std::mt19937_64 rng(6);
    const Matrix A = gaussian(20, 4, rng);
    const Vector truth = gaussian(4, 1, rng);
    const Vector b = A * truth;
    const Vector start = Vector::Zero(4);
    const double factor =
        1.0 - smallest_squared_singular_value(A) / A.squaredNorm();
    CHECK(factor < 0.97);
    std::vector<double> measured;
    for (const int steps : {1, 5, 20, 60}) {
      CAPTURE(steps);
      double mean = 0.0, mean_square = 0.0;
      for (int seed = 0; seed < 100; ++seed) {
        std::mt19937_64 draws(static_cast<std::uint64_t>(seed));
        const Vector x = randomized_kaczmarz(A, b, start, steps, draws);
        const double square = (x - truth).squaredNorm();
        mean += square / 100.0;
        mean_square += square * square / 100.0;
      }
      const double se = std::sqrt((mean_square - mean * mean) / 100.0);
      const double bound = std::pow(factor, steps) * truth.squaredNorm();
      CHECK(mean <= bound + 5.0 * se);
      measured.push_back(mean);
    }
    EVIDENCE_SERIES("squared distance after 1, 5, 20, 60 steps", measured);
    const Vector last = randomized_kaczmarz(A, b, start, 2000, rng);
    CHECK(close(last, truth, {.scale = 1e-13}));
    // Each step solves its row.
    const Vector one =
        randomized_kaczmarz(A.topRows(1), b.head(1), start, 1, rng);
    CHECK(close(A.row(0).dot(one), b(0), {.rel = 8 * eps}));

    // With a conflict the same constant step hovers.
    const Problem noisy = noisy_problem(20, 4, rng);
    const Vector end =
        randomized_kaczmarz(noisy.A, noisy.b, noisy.solution, 2000, rng);
    CHECK((end - noisy.solution).norm() > 0.05);
    EVIDENCE("distance after 2000 steps, system with a solution",
             (last - truth).norm());
    EVIDENCE("distance after 2000 steps, without one",
             (end - noisy.solution).norm());
  }

  TEST_CASE("shuffling_beats_drawing") {
    std::mt19937_64 rng(7);
    const Problem problem = noisy_problem(50, 5, rng);
    const auto eta = [](std::int64_t t) {
      return 2.0 / (static_cast<double>(t) + 40.0);
    };
    const auto mean_square = [&](Order order) {
      double sum = 0.0;
      for (int run = 0; run < 10; ++run) {
        sum += (sgd_least_squares(problem.A, problem.b, Vector::Zero(5), eta,
                                  {.steps = 20 * 50, .order = order}, rng) -
                problem.solution)
                   .squaredNorm();
      }
      return sum / 10.0;
    };
    const double shuffled = mean_square(Order::shuffle_each_epoch);
    const double drawn = mean_square(Order::with_replacement);
    CHECK(shuffled < drawn / 3.0);
    EVIDENCE("squared distance, shuffled", shuffled);
    EVIDENCE("squared distance, drawn", drawn);

    // What an epoch of 100 draws misses, over 100 epochs.
    SampleOrder draws(100, Order::with_replacement);
    SampleOrder shuffles(100, Order::shuffle_each_epoch);
    double missed = 0.0;
    std::set<std::ptrdiff_t> first_samples;
    for (int epoch = 0; epoch < 100; ++epoch) {
      std::set<std::ptrdiff_t> drawn_set, shuffled_set;
      for (int k = 0; k < 100; ++k) {
        drawn_set.insert(draws.next(rng));
        const std::ptrdiff_t i = shuffles.next(rng);
        if (k == 0) first_samples.insert(i);
        shuffled_set.insert(i);
      }
      missed += 1.0 - static_cast<double>(drawn_set.size()) / 100.0;
      CHECK_UNARY(shuffled_set.size() == 100);
    }
    // An epoch's share has a standard deviation of 0.031.
    CHECK(close(missed / 100.0, std::pow(0.99, 100), {.abs = 5 * 0.0031}));
    CHECK(first_samples.size() > 40);  // 63 expected: a new order each time
    EVIDENCE("share missed by an epoch of draws", missed / 100.0);
  }

  TEST_CASE("fast_at_first_and_then_no_more") {
    const Table table = data_set("diabetes");
    const Matrix X = standardized(table.features());
    Vector y = table.numbers("progression");
    y.array() -= y.mean();
    const double score = 0.5177484222203499;  // scikit-learn 1.2.1
    const double start = y.squaredNorm();
    const auto gap = [&](const Vector& w) {
      return 1.0 + ((X * w - y).squaredNorm() / start - 1.0) / score;
    };
    // Gradient descent with 1 / L = 1 / 4.0242, one step a pass.
    Vector w = Vector::Zero(10);
    std::vector<double> descent;
    for (int pass = 0; pass < 30; ++pass) {
      const Vector residuals = X * w - y;
      w -= X.transpose() * residuals / 442.0 / 4.0242107501527835;
      descent.push_back(gap(w));
    }
    // SGD, five orders, one pass at a time.
    std::vector<double> mean(30, 0.0);
    double worst_first = 0.0;
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      std::mt19937_64 rng(seed);
      Vector at = Vector::Zero(10);
      for (std::size_t pass = 0; pass < 30; ++pass) {
        at = sgd_least_squares(X, y, at, Constant{0.005}, {.steps = 442}, rng);
        mean[pass] += gap(at) / 5.0;
        if (pass == 0) worst_first = std::fmax(worst_first, gap(at));
      }
    }
    CHECK(close(descent[0], 0.22427060475875543, {.rel = 1e-9}));  // NumPy
    CHECK(worst_first < 0.06);
    CHECK(descent[2] > 0.06);
    CHECK(descent[29] < 0.0065);
    double late = 0.0;
    for (std::size_t pass = 10; pass < 30; ++pass) late += mean[pass] / 20.0;
    CHECK(late > 1.3 * descent[29]);
    EVIDENCE_SERIES("gap after each pass, SGD", mean);
    EVIDENCE_SERIES("gap after each pass, gradient descent", descent);
    EVIDENCE("mean gap of SGD from pass 11 to 30", late);
  }

  TEST_CASE("the_fused_step_is_the_general_one") {
    std::mt19937_64 rng(8);
    for (const Eigen::Index d : {1, 3, 8, 17}) {
      const Problem p = noisy_problem(30, d, rng);
      const auto gradient = [&](std::ptrdiff_t i, const Vector& x) -> Vector {
        return (p.A.row(i).dot(x) - p.b(i)) * p.A.row(i).transpose();
      };
      std::mt19937_64 one(9), two(9);
      const Vector want = sgd(gradient, Vector::Ones(d), Constant{0.01}, 30,
                              {.steps = 90}, one);
      const Vector got = sgd_least_squares(p.A, p.b, Vector::Ones(d),
                                           Constant{0.01}, {.steps = 90}, two);
      // Per step some d roundings of terms up to 1 that enter with 0.01 |a|.
      CHECK(close(got, want, {.abs = 90.0 * static_cast<double>(d + 3) * eps}));
      CHECK(largest_difference(got, Vector::Ones(d)) > 0.01);
      EVIDENCE("largest difference", largest_difference(got, want));
    }
  }
}

TEST_SUITE("optimization/stochastic_gradient_descent extra") {
  TEST_CASE("rows are drawn by their share and small rows too") {
    // The squares sum to 0.3125. Orthogonal rows are each solved for good by
    // the first step that draws them; the rarer one, with probability 1 / 5, is
    // missed by 200 steps with probability 4e-20.
    const Matrix A{{0.5, 0.0}, {0.0, 0.25}};
    const Vector solution{{1.0, 2.0}};
    std::mt19937_64 rng(1);
    CHECK(close(randomized_kaczmarz(A, A * solution, Vector::Zero(2), 200, rng),
                solution, {.ulps = 1}));
  }

  TEST_CASE("an epoch cut short goes on where it stopped") {
    std::mt19937_64 rng(10);
    SampleOrder order(3, Order::shuffle_each_epoch);
    std::multiset<std::ptrdiff_t> seen;
    for (int k = 0; k < 6; ++k) seen.insert(order.next(rng));
    CHECK(seen == std::multiset<std::ptrdiff_t>{0, 0, 1, 1, 2, 2});
    SampleOrder one(1, Order::with_replacement);
    CHECK(one.next(rng) == 0);
  }

  TEST_CASE("the schedule is asked for t from 1") {
    std::mt19937_64 rng(11);
    std::vector<std::int64_t> asked;
    const auto eta = [&](std::int64_t t) {
      asked.push_back(t);
      return 1.0;
    };
    const auto gradient = [](std::ptrdiff_t, const Vector& x) -> Vector {
      return 0.5 * x;
    };
    const Vector x = sgd(gradient, Vector{{8.0}}, eta, 2, {.steps = 3}, rng);
    CHECK(asked == std::vector<std::int64_t>{1, 2, 3});
    CHECK(x(0) == 1.0);
    CHECK(sgd(gradient, Vector{{8.0}}, eta, 2, {.steps = 0}, rng)(0) == 8.0);
  }

  TEST_CASE("rows are drawn by their squared length and rows of zeros never") {
    // Three lines through one point: which one was taken shows.
    const Matrix A{{0.0, 0.0}, {3.0, 0.0}, {0.0, 1.0}, {0.0, 0.0}};
    const Vector b{{0.0, 3.0, 1.0, 0.0}};
    std::mt19937_64 rng(12);
    int first = 0;
    for (int k = 0; k < 1000; ++k) {
      const Vector x = randomized_kaczmarz(A, b, Vector::Zero(2), 1, rng);
      CHECK_UNARY(x.sum() == 1.0);
      if (x(0) == 1.0) ++first;
    }
    CHECK(close(first, 900, {.abs = 5.0 * std::sqrt(1000 * 0.09)}));
    CHECK(randomized_kaczmarz(A, b, Vector{{5.0, 6.0}}, 0, rng) ==
          Vector{{5.0, 6.0}});
  }

  TEST_CASE("the average of one point is that point") {
    PolyakAverage average;
    CHECK(average.mean.size() == 0);
    average.add(Vector{{3.0, -1.0}});
    CHECK(average.mean == Vector{{3.0, -1.0}});
    average.add(Vector{{5.0, 1.0}});
    CHECK(average.mean == Vector{{4.0, 0.0}});
    CHECK_THROWS_WITH(average.add(Vector::Ones(3)),
                      "PolyakAverage: x has 3 elements, the first one had 2");
    CHECK(average.count == 2);
  }

  TEST_CASE("arguments that break the contract are refused") {
    std::mt19937_64 rng(13);
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinity = std::numeric_limits<double>::infinity();
    const auto gradient = [](std::ptrdiff_t, const Vector& x) { return x; };
    const Vector x{{1.0}};
    CHECK_THROWS_WITH(sgd(gradient, x, Constant{0.1}, 0, {}, rng),
                      "SampleOrder: need n >= 1, got n = 0");
    CHECK_THROWS_WITH(sgd(gradient, x, Constant{0.1}, 1, {.steps = -1}, rng),
                      "sgd: need steps >= 0, got -1");
    CHECK_THROWS_WITH(sgd(gradient, Vector{{nan}}, Constant{0.1}, 1, {}, rng),
                      "sgd: x(0) is nan");
    const auto falling = [](std::int64_t t) {
      return 2.0 - static_cast<double>(t);
    };
    CHECK_THROWS_WITH(sgd(gradient, x, falling, 1, {}, rng),
                      "sgd: need a finite eta(t) > 0, got 0 at t = 2");
    CHECK_THROWS_AS(sgd(gradient, x, Constant{infinity}, 1, {}, rng),
                    std::invalid_argument);

    const Matrix A{{1.0, 2.0}, {3.0, 4.0}};
    const Vector two = Vector::Ones(2);
    const Vector three = Vector::Ones(3);
    const auto least_squares = [&](const Matrix& M, const Vector& b,
                                   const Vector& x0) {
      return sgd_least_squares(M, b, x0, Constant{0.1}, {}, rng);
    };
    CHECK_THROWS_WITH(least_squares(A, three, two),
                      "sgd_least_squares: A is 2 x 2, b has 3 elements, x 2");
    CHECK_THROWS_AS(least_squares(A, two, three), std::invalid_argument);
    CHECK_THROWS_WITH(least_squares(nan * A, two, two),
                      "sgd_least_squares: A(0, 0) is nan");
    CHECK_THROWS_WITH(least_squares(A, infinity * two, two),
                      "sgd_least_squares: b(0) is inf");
    const auto kaczmarz = [&](const Matrix& M, const Vector& b,
                              const Vector& x0, int steps) {
      return randomized_kaczmarz(M, b, x0, steps, rng);
    };
    CHECK_THROWS_WITH(kaczmarz(A, three, two, 1),
                      "randomized_kaczmarz: A is 2 x 2, b has 3 elements, x 2");
    CHECK_THROWS_AS(kaczmarz(A, two, three, 1), std::invalid_argument);
    CHECK_THROWS_WITH(kaczmarz(A, two, two, -1),
                      "randomized_kaczmarz: need steps >= 0, got -1");
    CHECK_THROWS_WITH(kaczmarz(0.0 * A, two, two, 1),
                      "randomized_kaczmarz: the squares of A sum to 0");
    CHECK_THROWS_AS(kaczmarz(Matrix(0, 2), Vector(0), two, 1),
                    std::invalid_argument);
    CHECK_THROWS_AS(kaczmarz(nan * A, two, two, 1), std::invalid_argument);
    CHECK_THROWS_AS(kaczmarz(1e200 * A, two, two, 1), std::invalid_argument);
    CHECK_THROWS_WITH(kaczmarz(A, nan * two, two, 1),
                      "randomized_kaczmarz: b(0) is nan");
    CHECK_THROWS_WITH(kaczmarz(A, two, nan * two, 1),
                      "randomized_kaczmarz: x(0) is nan");

    CHECK_THROWS_WITH(noise_floor(0.5, 4.0, 1.0),
                      "noise_floor: need eta > 0, lambda > 0, eta lambda < 2, "
                      "got eta = 0.5, lambda = 4");
    CHECK_THROWS_AS(noise_floor(0.0, 1.0, 1.0), std::invalid_argument);
    CHECK_THROWS_AS(noise_floor(1.0, 0.0, 1.0), std::invalid_argument);
    CHECK_THROWS_AS(noise_floor(nan, 1.0, 1.0), std::invalid_argument);
    CHECK_THROWS_WITH(noise_floor(0.1, 1.0, -1.0),
                      "noise_floor: need a finite sigma2 >= 0, got -1");
    CHECK_THROWS_AS(noise_floor(0.1, 1.0, infinity), std::invalid_argument);
    CHECK(noise_floor(0.1, 1.0, 0.0) == 0.0);
  }
}
