// Verifies the claims of questions/coding/matrix_factorization.md.
#include <whiteboard/coding/matrix_factorization.hpp>

#include <support/claims.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <random>
#include <span>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::factorization_step;
using coding::Factors;
using coding::matrix_factorization;
using coding::Rating;

namespace {

using Ratings = std::vector<Rating>;

/// A model with random numbers everywhere.
Factors random_factors(int users, int items, int rank, std::mt19937_64& rng) {
  Factors f;
  f.mean = 3.0;
  f.user_bias = Vector::Zero(users);
  f.item_bias = Vector::Zero(items);
  f.users = Matrix::Zero(users, rank);
  f.items = Matrix::Zero(items, rank);
  for (double& x : f.user_bias) x = normal(rng);
  for (double& x : f.item_bias) x = normal(rng);
  for (double& x : f.users.reshaped()) x = normal(rng);
  for (double& x : f.items.reshaped()) x = normal(rng);
  return f;
}

/// All parameters that rating (u, i) touches: biases, user vector, item vector.
std::vector<double*> parameters(Factors& f, int u, int i) {
  std::vector<double*> p{&f.user_bias(u), &f.item_bias(i)};
  for (Eigen::Index k = 0; k < f.users.cols(); ++k) p.push_back(&f.users(u, k));
  for (Eigen::Index k = 0; k < f.items.cols(); ++k) p.push_back(&f.items(i, k));
  return p;
}

/// Half of the squared error of one rating, and of its penalty, by hand.
double loss(Factors f, const Rating& r, double l2) {
  double predicted = f.mean + f.user_bias(r.user) + f.item_bias(r.item);
  for (Eigen::Index k = 0; k < f.users.cols(); ++k) {
    predicted += f.users(r.user, k) * f.items(r.item, k);
  }
  double squares = 0.0;
  for (const double* p : parameters(f, r.user, r.item)) squares += *p * *p;
  return 0.5 * ((r.value - predicted) * (r.value - predicted) + l2 * squares);
}

double root_mean_square_error(const Factors& f, const Ratings& ratings) {
  double squares = 0.0;
  for (const Rating& r : ratings) {
    squares += std::pow(r.value - f.predict(r.user, r.item), 2);
  }
  return std::sqrt(squares / static_cast<double>(ratings.size()));
}

struct Split {
  Ratings observed, hidden;
};

/// A share of the entries of `full`, drawn one by one, and the others.
Split observe(const Matrix& full, double share, std::mt19937_64& rng) {
  Split split;
  for (int u = 0; u < full.rows(); ++u) {
    for (int i = 0; i < full.cols(); ++i) {
      (uniform(rng) < share ? split.observed : split.hidden)
          .push_back({u, i, full(u, i)});
    }
  }
  return split;
}

/// Column k = 0, 1, ... of length n: orthonormal, and orthogonal to constants.
double wave(int k, int position, int n) {
  return std::sqrt(2.0 / n) *
         std::cos(std::numbers::pi * (position + 0.5) * (k + 1) / n);
}

}  // namespace

TEST_SUITE("coding/matrix_factorization") {
  TEST_CASE("prediction_is_mean_biases_and_dot_product") {
    Factors f;
    f.mean = 3.5;
    f.user_bias = Vector{{0.25, -1.0}};
    f.item_bias = Vector{{0.5, 2.0, 0.0}};
    f.users = Matrix{{2.0, 0.0}, {1.0, -1.0}};
    f.items = Matrix{{3.0, 7.0}, {0.5, 0.25}, {0.0, 0.0}};
    CHECK(f.predict(0, 0) == 3.5 + 0.25 + 0.5 + 6.0);
    CHECK(f.predict(1, 1) == 3.5 - 1.0 + 2.0 + 0.25);
    CHECK(f.predict(1, 2) == 2.5);
  }

  TEST_CASE("a_step_is_the_gradient") {
    std::mt19937_64 rng(0);
    double worst = 0.0;
    for (const int rank : {1, 3}) {
      const Factors before = random_factors(4, 5, rank, rng);
      const Rating r{2, 3, 4.0};
      Factors after = before;
      factorization_step(after, r, 1.0, 0.3);  // with rate 1: the gradient
      Factors moved = before, old = before;
      const auto at = parameters(moved, r.user, r.item);
      const auto was = parameters(old, r.user, r.item);
      const auto is = parameters(after, r.user, r.item);
      REQUIRE(at.size() == 2 + 2 * static_cast<std::size_t>(rank));
      for (std::size_t j = 0; j < at.size(); ++j) {
        CAPTURE(j);
        const double h = 1e-5;
        *at[j] = *was[j] + h;
        const double above = loss(moved, r, 0.3);
        *at[j] = *was[j] - h;
        const double below = loss(moved, r, 0.3);
        *at[j] = *was[j];
        // Quadratic in each parameter: no truncation. Losses of order 10 are
        // rounded to 1e-15 each: 1e-10.
        const double slope = (above - below) / (2.0 * h);
        CHECK(close(*is[j] - *was[j], -slope, {.abs = 1e-8}));
        worst = std::fmax(worst, std::abs(*is[j] - *was[j] + slope));
      }
      // Nothing else moves, the mean included.
      for (std::size_t j = 0; j < is.size(); ++j) *is[j] = *was[j];
      CHECK(after.mean == before.mean);
      CHECK(close(after.user_bias, before.user_bias));
      CHECK(close(after.item_bias, before.item_bias));
      CHECK(close(after.users, before.users));
      CHECK(close(after.items, before.items));
    }
    EVIDENCE("largest difference from central differences", worst);
  }

  TEST_CASE("half_of_a_rank_one_matrix_gives_the_rest") {
    std::mt19937_64 rng(1);
    Matrix full(30, 20);
    Vector u(30), v(20);
    for (double& x : u) x = uniform(0.5, 1.5, rng);
    for (double& x : v) x = uniform(0.5, 1.5, rng);
    full = u * v.transpose();
    const Split split = observe(full, 0.5, rng);
    REQUIRE(split.hidden.size() > 250);
    const Factors f = matrix_factorization(
        split.observed, 30, 20,
        {.rank = 1, .learning_rate = 0.05, .l2 = 1e-6, .epochs = 400});
    const double hidden = root_mean_square_error(f, split.hidden);
    EVIDENCE("error on the hidden half", hidden);
    CHECK(hidden < 0.02);

    // The mean alone is off by the spread of the entries.
    double squares = 0.0;
    for (const Rating& r : split.hidden)
      squares += std::pow(r.value - f.mean, 2);
    CHECK(squares / static_cast<double>(split.hidden.size()) > 0.3 * 0.3);
  }

  TEST_CASE("all_observed_it_finds_the_best_rank") {
    // Mean, two sets of biases, and four orthonormal pairs of columns whose
    // weights are the singular values of what the biases leave.
    const int m = 12, n = 8;
    const std::vector<double> singular{4.0, 3.0, 1.5, 0.8};
    Ratings all;
    for (int u = 0; u < m; ++u) {
      for (int i = 0; i < n; ++i) {
        double value = 3.0 + 0.1 * u - 0.2 * i;
        for (int k = 0; k < 4; ++k) {
          value += singular[static_cast<std::size_t>(k)] * wave(k, u, m) *
                   wave(k, i, n);
        }
        all.push_back({u, i, value});
      }
    }
    for (const int rank : {1, 2}) {
      CAPTURE(rank);
      const Factors f = matrix_factorization(
          all, m, n,
          {.rank = rank, .learning_rate = 0.02, .l2 = 0.0, .epochs = 250});
      double rest = 0.0;
      for (std::size_t k = static_cast<std::size_t>(rank); k < 4; ++k) {
        rest += singular[k] * singular[k];
      }
      const double residual = root_mean_square_error(f, all) * std::sqrt(m * n);
      EVIDENCE("residual over the best possible", residual / std::sqrt(rest));
      CHECK(residual >= std::sqrt(rest) * (1.0 - 1e-12));
      CHECK(residual < 1.01 * std::sqrt(rest));
    }
  }

  TEST_CASE("vectors_of_zeros_stay_zero") {
    std::mt19937_64 rng(2);
    Factors f = random_factors(3, 3, 2, rng);
    f.users.setZero();
    f.items.setZero();
    for (int step = 0; step < 100; ++step) {
      factorization_step(f, {step % 3, step * 2 % 3, 5.0}, 0.1, 0.01);
    }
    CHECK(close(f.users, Matrix::Zero(3, 2)));
    CHECK(close(f.items, Matrix::Zero(3, 2)));
    // Biases do learn, and one vector that is not zero wakes up the other.
    CHECK(f.user_bias(0) + f.item_bias(0) > 1.0);
    f.users(0, 0) = 0.1;
    factorization_step(f, {0, 0, 50.0}, 0.1, 0.01);
    CHECK(f.items(0, 0) != 0.0);

    const Factors started = matrix_factorization(Ratings{{0, 0, 1.0}}, 4, 5,
                                                 {.rank = 3, .epochs = 0});
    CHECK((started.users.array() != 0.0).all());
    CHECK((started.items.array() != 0.0).all());
    CHECK(started.users.cwiseAbs().maxCoeff() < 1.0);
  }

  TEST_CASE("a_new_user_gets_mean_and_item_bias") {
    std::mt19937_64 rng(3);
    const Factors truth = random_factors(20, 10, 1, rng);
    Ratings ratings;
    for (int u = 0; u < 19; ++u) {  // user 19 rates nothing
      for (int i = 0; i < 10; ++i)
        ratings.push_back({u, i, truth.predict(u, i)});
    }
    const coding::FactorizationOptions options{.rank = 1, .epochs = 200};
    const Factors f = matrix_factorization(ratings, 20, 10, options);
    CHECK(f.user_bias(19) == 0.0);
    CHECK(f.user_bias.head(19).cwiseAbs().minCoeff() > 0.0);
    for (int i = 0; i < 10; ++i) {
      // Its vector is 0.1 times a normal number still: below 0.5.
      CHECK(close(f.predict(19, i), f.mean + f.item_bias(i),
                  {.abs = 0.5 * f.items.row(i).norm()}));
    }
    CHECK(f.items.cwiseAbs().maxCoeff() > 0.5);
  }

  TEST_CASE("missing_is_not_zero") {
    std::mt19937_64 rng(4);
    Matrix full(20, 15);
    for (double& x : full.reshaped()) x = 4.0 + 0.3 * normal(rng);
    const Split split = observe(full, 0.4, rng);
    Ratings filled = split.observed;
    for (const Rating& r : split.hidden)
      filled.push_back({r.user, r.item, 0.0});
    const coding::FactorizationOptions options{.rank = 1, .l2 = 0.1};
    const auto mean_prediction = [&](const Ratings& ratings) {
      const Factors f = matrix_factorization(ratings, 20, 15, options);
      double sum = 0.0;
      for (const Rating& r : split.hidden) sum += f.predict(r.user, r.item);
      return sum / static_cast<double>(split.hidden.size());
    };
    const double right = mean_prediction(split.observed);
    const double wrong = mean_prediction(filled);
    EVIDENCE("mean prediction of the hidden fours", right);
    EVIDENCE("with zeros for what is missing", wrong);
    CHECK(close(right, 4.0, {.abs = 0.2}));
    CHECK(wrong < 2.0);
  }

  TEST_CASE("a_penalty_pays_when_ratings_are_few") {
    // Rank 2 with noise 0.5, 30% observed, and vectors of five numbers.
    std::mt19937_64 rng(5);
    const Factors truth = random_factors(40, 30, 2, rng);
    Matrix full = 0.5 * truth.users * truth.items.transpose();
    for (double& x : full.reshaped()) x += 3.5 + 0.5 * normal(rng);
    const Split split = observe(full, 0.3, rng);
    const auto errors = [&](double l2) {
      const Factors f = matrix_factorization(
          split.observed, 40, 30,
          {.rank = 5, .learning_rate = 0.03, .l2 = l2, .epochs = 80});
      return std::vector<double>{root_mean_square_error(f, split.observed),
                                 root_mean_square_error(f, split.hidden)};
    };
    const auto none = errors(0.0), some = errors(0.2);
    EVIDENCE_SERIES("errors without penalty: observed and hidden", none);
    EVIDENCE_SERIES("errors with l2 = 0.2: observed and hidden", some);
    CHECK(none[0] < some[0]);
    CHECK(some[1] < 0.85 * none[1]);
  }
}

TEST_SUITE("coding/matrix_factorization extra") {
  TEST_CASE("arguments that break the contract are refused") {
    const Ratings one{{0, 1, 3.0}};
    CHECK_THROWS_WITH_AS(matrix_factorization({}, 1, 2),
                         "matrix_factorization: need a rating, got 0",
                         std::invalid_argument);
    CHECK_THROWS_WITH(
        matrix_factorization(one, 1, 1),
        "matrix_factorization: user 0 and item 1 are not among 1 users and "
        "1 items");
    for (const Rating& r : {Rating{-1, 0, 1.0}, Rating{1, 0, 1.0},
                            Rating{0, -1, 1.0}, Rating{0, 2, 1.0}}) {
      CHECK_THROWS_AS(matrix_factorization(Ratings{r}, 1, 2),
                      std::invalid_argument);
    }
    CHECK_THROWS_WITH(matrix_factorization(one, 1, 2, {.rank = 0}),
                      "matrix_factorization: need rank >= 1 and epochs >= 0, "
                      "got rank = 0, epochs = 100");
    CHECK_THROWS_AS(matrix_factorization(one, 1, 2, {.epochs = -1}),
                    std::invalid_argument);
    CHECK_THROWS_WITH(matrix_factorization(one, 1, 2, {.learning_rate = 0.0}),
                      "matrix_factorization: need learning_rate > 0 and "
                      "l2 >= 0, got 0 and 0.02");
    CHECK_THROWS_AS(matrix_factorization(one, 1, 2, {.l2 = -1.0}),
                    std::invalid_argument);
    CHECK_THROWS_AS(matrix_factorization(one, 1, 2, {.l2 = std::nan("")}),
                    std::invalid_argument);
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK_THROWS_WITH(matrix_factorization(Ratings{{0, 1, infinity}}, 1, 2),
                      "matrix_factorization: user 0 rates item 1 with inf");
  }

  TEST_CASE("no epoch leaves mean and starting vectors") {
    const Ratings two{{0, 0, 1.0}, {1, 1, 4.0}};
    const Factors f = matrix_factorization(two, 2, 2, {.epochs = 0});
    CHECK(f.mean == 2.5);
    CHECK(close(f.user_bias, Vector::Zero(2)));
    CHECK(close(f.item_bias, Vector::Zero(2)));
    CHECK(f.users.cols() == 10);
    // 40 normal numbers times 0.1: their mean square is 0.01, to 5 errors.
    const double square =
        (f.users.squaredNorm() + f.items.squaredNorm()) / 40.0;
    CHECK(close(square, 0.01, {.abs = 5.0 * 0.01 * std::sqrt(2.0 / 40.0)}));
  }

  TEST_CASE("a seed gives the same factors") {
    std::mt19937_64 rng(6);
    Matrix full(6, 5);
    for (double& x : full.reshaped()) x = normal(rng);
    const Ratings all = observe(full, 2.0, rng).observed;
    REQUIRE(all.size() == 30);
    const Factors a = matrix_factorization(all, 6, 5, {.seed = 1});
    const Factors b = matrix_factorization(all, 6, 5, {.seed = 1});
    const Factors c = matrix_factorization(all, 6, 5, {.seed = 2});
    CHECK(close(a.users, b.users));
    CHECK(largest_difference(a.users, c.users) > 1e-3);
    CHECK(a.mean == c.mean);
  }

  TEST_CASE("too large a learning rate diverges") {
    const Ratings two{{0, 0, 10.0}, {0, 1, -10.0}};
    const Factors f =
        matrix_factorization(two, 1, 2, {.rank = 1, .learning_rate = 5.0});
    CHECK(!std::isfinite(f.predict(0, 0)));
  }
}
