// Verifies the claims of questions/coding/embedding_lookup.md.
#include <whiteboard/coding/embedding_lookup.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/finite_differences.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::embedding_backward;
using coding::embedding_lookup;
using whiteboard::testing::gaussian;
using whiteboard::testing::numerical_gradient;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Whole numbers from -9 to 9, whose sums and products are exact.
Matrix integers(Eigen::Index rows, Eigen::Index cols, std::mt19937_64& rng) {
  Matrix x(rows, cols);
  for (Eigen::Index i = 0; i < x.size(); ++i) {
    x.data()[i] = static_cast<double>(uniform_index(19, rng) - 9);
  }
  return x;
}

std::vector<int> random_ids(int n, Eigen::Index vocab, std::mt19937_64& rng) {
  std::vector<int> ids;
  for (int i = 0; i < n; ++i) {
    ids.push_back(static_cast<int>(uniform_index(vocab, rng)));
  }
  return ids;
}

/// n x V, a single one in each row.
Matrix one_hot(const std::vector<int>& ids, Eigen::Index vocab) {
  Matrix hot = Matrix::Zero(std::ssize(ids), vocab);
  for (Eigen::Index i = 0; i < hot.rows(); ++i) {
    hot(i, ids[static_cast<std::size_t>(i)]) = 1.0;
  }
  return hot;
}

}  // namespace

TEST_SUITE("coding/embedding_lookup") {
  TEST_CASE("rows_are_gathered") {
    const Matrix table{{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}};
    const Matrix got = embedding_lookup(table, std::vector{2, 2, 0});
    CHECK(close(got, Matrix{{5.0, 6.0}, {5.0, 6.0}, {1.0, 2.0}}));
  }

  TEST_CASE("gradients_of_a_repeated_id_add_up") {
    const std::vector<int> ids{2, 2, 0};
    const Matrix grad{{1.0, 10.0}, {2.0, 20.0}, {3.0, 30.0}};
    const Matrix got = embedding_backward(grad, ids, 3);
    CHECK(close(got, Matrix{{3.0, 30.0}, {0.0, 0.0}, {3.0, 30.0}}));

    // The shortcut: the last gradient wins.
    Matrix assigned = Matrix::Zero(3, 2);
    for (Eigen::Index i = 0; i < 3; ++i) {
      assigned.row(ids[static_cast<std::size_t>(i)]) = grad.row(i);
    }
    CHECK_FALSE(close(assigned, got));
    CHECK(close(assigned.row(2), Matrix{{2.0, 20.0}}));
  }

  TEST_CASE("equals_the_one_hot_product") {
    std::mt19937_64 rng(0);
    for (const Eigen::Index vocab : {1, 2, 13, 40}) {
      CAPTURE(vocab);
      const Matrix table = integers(vocab, 5, rng);
      const std::vector<int> ids = random_ids(30, vocab, rng);
      const Matrix grad = integers(30, 5, rng);
      const Matrix hot = one_hot(ids, vocab);
      CHECK(close(embedding_lookup(table, ids), hot * table));
      CHECK(
          close(embedding_backward(grad, ids, vocab), hot.transpose() * grad));
    }
  }

  TEST_CASE("gradient_matches_central_differences") {
    std::mt19937_64 rng(1);
    const Matrix table = gaussian(6, 3, rng);
    const std::vector<int> ids{5, 0, 5, 2, 5, 0};
    const Matrix target = gaussian(6, 3, rng);
    const auto loss = [&](const Matrix& at) {
      return 0.5 * (embedding_lookup(at, ids) - target).squaredNorm();
    };
    const Matrix got =
        embedding_backward(embedding_lookup(table, ids) - target, ids, 6);
    const Matrix want = numerical_gradient(loss, table);
    EVIDENCE("largest difference", largest_difference(got, want));
    // Quadratic, so without truncation; rounding: eps times a loss of some 15
    // over h = 6e-6 is 6e-10.
    CHECK(close(got, want, {.abs = 1e-8}));
  }

  TEST_CASE("reads_only_the_rows_it_needs") {
    std::mt19937_64 rng(2);
    Matrix table = Matrix::Constant(50000, 4, kNaN);
    const std::vector<int> ids{7, 49999, 7, 0};
    for (const int id : ids) table.row(id).setConstant(id);
    const Matrix got = embedding_lookup(table, ids);
    REQUIRE(got.rows() == 4);
    for (Eigen::Index i = 0; i < 4; ++i) {
      CAPTURE(i);
      CHECK(close(got.row(i),
                  Matrix::Constant(1, 4, ids[static_cast<std::size_t>(i)])));
    }
    // The one-hot product multiplies every row by 0, and 0 * NaN is NaN.
    const Matrix product = one_hot({7}, 50000) * table;
    CHECK(product.array().isNaN().all());
    EVIDENCE("numbers read by the lookup", got.size());
    EVIDENCE("multiplications of the one-hot product",
             got.rows() * table.size());
  }

  TEST_CASE("unused_rows_get_zero_yet_adam_moves_them") {
    const std::vector<int> first{1};
    const std::vector<int> second{2};
    const Matrix grad{{1.0, -1.0}};
    const Matrix used = embedding_backward(grad, first, 3);
    const Matrix later = embedding_backward(grad, second, 3);
    CHECK(close(used, Matrix{{0.0, 0.0}, {1.0, -1.0}, {0.0, 0.0}}));
    CHECK(close(later, Matrix{{0.0, 0.0}, {0.0, 0.0}, {1.0, -1.0}}));

    // Row 1 is used in step 1 only. In step 2 its m and v are not zero yet:
    // m_hat = 0.9 * 0.1 / (1 - 0.81) = 9/19, and v_hat is
    // 0.999 * 0.001 / (1 - 0.998001) = 999/1999.
    const Matrix m = 0.9 * (0.1 * used) + 0.1 * later;
    const Matrix v =
        0.999 * (0.001 * used.cwiseAbs2()) + 0.001 * later.cwiseAbs2();
    const double adam =
        (m(1, 0) / (1.0 - 0.81)) / std::sqrt(v(1, 0) / (1.0 - 0.998001));
    EVIDENCE("Adam's move of an unused row in learning rates", adam);
    EVIDENCE("SGD's", later(1, 0));
    CHECK(
        close(adam, (9.0 / 19.0) / std::sqrt(999.0 / 1999.0), {.rel = 1e-12}));
    CHECK(adam > 0.67);
    CHECK(later(1, 0) == 0.0);
  }

  TEST_CASE("padding_row_gets_no_gradient") {
    std::mt19937_64 rng(3);
    const std::vector<int> ids{4, 0, 3, 0, 4, 1};
    const Matrix grad = integers(6, 3, rng);
    const Matrix all = one_hot(ids, 5).transpose() * grad;
    Matrix want = all;
    want.row(0).setZero();
    CHECK(close(embedding_backward(grad, ids, 5, 0), want));
    CHECK(close(embedding_backward(grad, ids, 5), all));
    CHECK_FALSE(close(all, want));
    // In the forward pass it is a row like any other.
    const Matrix table = integers(5, 3, rng);
    CHECK(close(embedding_lookup(table, ids).row(1), table.row(0)));
  }

  TEST_CASE("id_outside_the_table_is_refused") {
    const Matrix table = Matrix::Ones(3, 2);
    const Matrix grad = Matrix::Ones(2, 2);
    for (const int bad : {-1, 3, 1000000, std::numeric_limits<int>::min()}) {
      CAPTURE(bad);
      const std::vector<int> ids{0, bad};
      CHECK_THROWS_AS(embedding_lookup(table, ids), std::invalid_argument);
      CHECK_THROWS_AS(embedding_backward(grad, ids, 3), std::invalid_argument);
    }
  }
}

TEST_SUITE("coding/embedding_lookup extra") {
  TEST_CASE("no ids give no rows and a gradient of zeros") {
    const std::vector<int> none;
    const Matrix got = embedding_lookup(Matrix::Ones(3, 2), none);
    CHECK(got.rows() == 0);
    CHECK(got.cols() == 2);
    CHECK(close(embedding_backward(Matrix(0, 2), none, 3), Matrix::Zero(3, 2)));
    CHECK(embedding_lookup(Matrix(0, 2), none).rows() == 0);
    CHECK(embedding_backward(Matrix(0, 2), none, 0).rows() == 0);
  }

  TEST_CASE("NaN and infinity stay in their rows") {
    const Matrix table{{1.0, kNaN}, {2.0, 3.0}};
    const Matrix got = embedding_lookup(table, std::vector{1, 0});
    CHECK(close(got.row(0), Matrix{{2.0, 3.0}}));
    CHECK(std::isnan(got(1, 1)));
    const Matrix grad{{kNaN, 1.0}, {4.0, 5.0}};
    const Matrix back = embedding_backward(grad, std::vector{0, 1}, 2);
    CHECK(std::isnan(back(0, 0)));
    CHECK(close(back.row(1), Matrix{{4.0, 5.0}}));
  }

  TEST_CASE("arguments that break the contract are refused") {
    const Matrix grad = Matrix::Ones(2, 4);
    CHECK_THROWS_WITH(embedding_lookup(Matrix::Ones(3, 2), std::vector{0, 3}),
                      "embedding_lookup: need 0 <= id < 3, got ids(1) = 3");
    CHECK_THROWS_WITH(embedding_lookup(Matrix(0, 2), std::vector{0}),
                      "embedding_lookup: need 0 <= id < 0, got ids(0) = 0");
    CHECK_THROWS_WITH(embedding_backward(grad, std::vector{0, -2}, 3),
                      "embedding_backward: need 0 <= id < 3, got ids(1) = -2");
    CHECK_THROWS_WITH(
        embedding_backward(grad, std::vector{0}, 3),
        "embedding_backward: need an id a row, got 1 ids, 2 rows");
    CHECK_THROWS_WITH(
        embedding_backward(grad, std::vector{0, 1, 2}, 3),
        "embedding_backward: need an id a row, got 3 ids, 2 rows");
    CHECK_THROWS_WITH(embedding_backward(grad, std::vector{0, 1}, -3),
                      "embedding_backward: need vocab >= 0, got -3");
    CHECK_THROWS_WITH(embedding_backward(grad, std::vector{0, 1}, 3, 3),
                      "embedding_backward: need -1 <= padding_id < 3, got 3");
    CHECK_THROWS_WITH(embedding_backward(grad, std::vector{0, 1}, 3, -2),
                      "embedding_backward: need -1 <= padding_id < 3, got -2");
  }
}
