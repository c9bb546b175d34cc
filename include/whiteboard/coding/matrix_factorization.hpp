// Question:    Factorise a rating matrix with SGD.
// Answer:      questions/coding/matrix_factorization.md (equation numbers are its own)
// Method:      mean, biases and a dot product; stochastic gradient steps on
//              the observed ratings, in a new random order each epoch
// Time:        O(rank) per rating and epoch
// Memory:      O((users + items) rank)
// References:  [1] Koren, Bell and Volinsky, Matrix factorization techniques
//                  for recommender systems, IEEE Computer 42(8), 2009
// Symbols:     mu            mean of the observed ratings
//              b  users      user biases;  c  items  item biases
//              P  users x r  user vectors; Q  items x r  item vectors
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/random.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cmath>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace whiteboard::coding {

struct Rating {
  int user = 0;
  int item = 0;
  double value = 0.0;
};

struct Factors {
  double mean = 0.0;
  Vector user_bias, item_bias;
  Matrix users, items;  ///< one row of `rank` numbers each

  /// Eq. (1). The ids must be in range.
  double predict(int user, int item) const {
    // solution:begin
    return mean + user_bias(user) + item_bias(item) +
           users.row(user).dot(items.row(item));
    // solution:end
  }
};

struct FactorizationOptions {
  int rank = 10;
  double learning_rate = 0.02;
  double l2 = 0.02;
  int epochs = 100;
  std::uint64_t seed = 0;
};

/// One step down the gradient of half of Eq. (2) for one rating. The mean is
/// not a parameter.
inline void factorization_step(Factors& f, const Rating& r,
                               double learning_rate, double l2) {
  // solution:begin
  const double error = r.value - f.predict(r.user, r.item);
  const Eigen::RowVectorXd user = f.users.row(r.user);  // before the step
  f.user_bias(r.user) += learning_rate * (error - l2 * f.user_bias(r.user));
  f.item_bias(r.item) += learning_rate * (error - l2 * f.item_bias(r.item));
  f.users.row(r.user) +=
      learning_rate * (error * f.items.row(r.item) - l2 * user);
  f.items.row(r.item) +=
      learning_rate * (error * user - l2 * f.items.row(r.item));
  // solution:end
}

/// Fits Eq. (1) to the ratings; what is not among them does not count. Vectors
/// start from normal numbers times 0.1, biases from 0. A learning rate that is
/// too large makes the numbers grow until they are not finite.
/// Throws std::invalid_argument without a rating, when an id is out of range or
/// a value not finite, and unless rank >= 1, epochs >= 0, learning_rate > 0
/// and l2 >= 0.
inline Factors matrix_factorization(std::span<const Rating> ratings,
                                    int n_users, int n_items,
                                    const FactorizationOptions& options = {}) {
  require(!ratings.empty(), "matrix_factorization: need a rating, got 0");
  require(options.rank >= 1 && options.epochs >= 0,
          "matrix_factorization: need rank >= 1 and epochs >= 0, got rank = ",
          options.rank, ", epochs = ", options.epochs);
  require(options.learning_rate > 0.0 && options.l2 >= 0.0,
          "matrix_factorization: need learning_rate > 0 and l2 >= 0, got ",
          options.learning_rate, " and ", options.l2);
  for (const Rating& r : ratings) {
    require(r.user >= 0 && r.user < n_users && r.item >= 0 && r.item < n_items,
            "matrix_factorization: user ", r.user, " and item ", r.item,
            " are not among ", n_users, " users and ", n_items, " items");
    require(std::isfinite(r.value), "matrix_factorization: user ", r.user,
            " rates item ", r.item, " with ", r.value);
  }
  // solution:begin
  std::mt19937_64 rng(options.seed);
  Factors f{.user_bias = Vector::Zero(n_users),
            .item_bias = Vector::Zero(n_items),
            .users = Matrix(n_users, options.rank),
            .items = Matrix(n_items, options.rank)};
  for (double& x : f.users.reshaped()) x = 0.1 * normal(rng);
  for (double& x : f.items.reshaped()) x = 0.1 * normal(rng);

  std::vector<Rating> order(ratings.begin(), ratings.end());
  for (const Rating& r : order) {
    f.mean += r.value / static_cast<double>(order.size());
  }
  for (int epoch = 0; epoch < options.epochs; ++epoch) {
    shuffle(order, rng);
    for (const Rating& r : order) {
      factorization_step(f, r, options.learning_rate, options.l2);
    }
  }
  return f;
  // solution:end
}

}  // namespace whiteboard::coding
