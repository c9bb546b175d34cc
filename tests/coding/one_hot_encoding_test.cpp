// Verifies the claims of questions/coding/one_hot_encoding.md.
#include <whiteboard/coding/one_hot_encoding.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <Eigen/LU>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace whiteboard;
using coding::one_hot;
using Eigen::Index;

namespace {

using Strings = std::vector<std::string>;

const Strings kColours{"blue", "green", "red"};

/// Zero to three letters a or b: many are equal, many begin alike.
std::string random_word(std::mt19937_64& rng) {
  std::string word;
  while (word.size() < 3 && uniform(rng) < 0.7) {
    word += uniform(rng) < 0.5 ? 'a' : 'b';
  }
  return word;
}

/// The categories that a careless encoder finds in a column: sorted, unique.
Strings found_in(const Strings& values) {
  const std::set<std::string> seen(values.begin(), values.end());
  return {seen.begin(), seen.end()};
}

/// `count` names: c0, c1, ...
Strings numbered(std::size_t count) {
  Strings names;
  for (std::size_t j = 0; j < count; ++j) {
    names.push_back("c" + std::to_string(j));
  }
  return names;
}

/// A column of ones, then E.
Matrix with_intercept(const Matrix& E) {
  Matrix A = Matrix::Ones(E.rows(), E.cols() + 1);
  A.rightCols(E.cols()) = E;
  return A;
}

Index rank(const Matrix& A) {
  return Eigen::FullPivLU<Matrix>(A).rank();
}

}  // namespace

TEST_SUITE("coding/one_hot_encoding") {
  TEST_CASE("one_column_per_category_in_the_given_order") {
    CHECK(close(one_hot(kColours, Strings{"red", "blue"}),
                Matrix{{0, 0, 1}, {1, 0, 0}}));
    CHECK(
        close(one_hot(Strings{"red", "blue", "green"}, Strings{"red", "blue"}),
              Matrix{{1, 0, 0}, {0, 1, 0}}));
    CHECK(close(one_hot(kColours, Strings{"red", "green", "blue"}, true),
                Matrix{{0, 1}, {1, 0}, {0, 0}}));

    // Against the definition, every category with every value.
    std::mt19937_64 rng(0);
    int cells = 0;
    for (int problem = 0; problem < 50; ++problem) {
      CAPTURE(problem);
      Strings words = found_in({"", "a", "b", "aa", "ab", "ba", "bb", "aaa"});
      shuffle(words, rng);
      words.resize(static_cast<std::size_t>(2 + uniform_index(6, rng)));
      Strings values;
      for (int i = 0; i < 20; ++i) values.push_back(random_word(rng));
      const auto first = static_cast<std::size_t>(problem % 2);
      Matrix want(20, static_cast<Index>(words.size() - first));
      for (std::size_t i = 0; i < 20; ++i) {
        for (std::size_t j = first; j < words.size(); ++j, ++cells) {
          want(static_cast<Index>(i), static_cast<Index>(j - first)) =
              values[i] == words[j] ? 1.0 : 0.0;
        }
      }
      REQUIRE(close(one_hot(words, values, first == 1), want));
    }
    EVIDENCE("cells compared", cells);
  }

  TEST_CASE("an_unseen_value_is_a_row_of_zeros") {
    const Strings values{"purple", "red", "", "Red", "red ", "gree"};
    Matrix want = Matrix::Zero(6, 3);
    want(1, 2) = 1.0;
    CHECK(close(one_hot(kColours, values), want));
    // So the sum of a row says whether its value was known.
    const Matrix E = one_hot(kColours, values);
    EVIDENCE_SERIES("sum of each row", Vector(E.rowwise().sum()));
    CHECK(close(E.sum(), 1.0));
  }

  TEST_CASE("categories_are_equally_far_apart") {
    const Strings names = numbered(6);
    const Matrix E = one_hot(names, names);
    REQUIRE(E.rows() == 6);
    for (Index a = 0; a < 6; ++a) {
      for (Index b = 0; b < a; ++b) {
        CHECK(close((E.row(a) - E.row(b)).norm(), std::sqrt(2.0)));
      }
    }
    // Codes 0, 1, 2 for blue, green, red: an order, and unequal distances.
    const Vector code{{0.0, 1.0, 2.0}};
    const Matrix colours = one_hot(kColours, kColours);
    REQUIRE(colours.rows() == 3);
    CHECK(std::abs(code(0) - code(1)) < std::abs(code(0) - code(2)));
    CHECK(close((colours.row(0) - colours.row(1)).norm(),
                (colours.row(0) - colours.row(2)).norm()));
  }

  TEST_CASE("dummy_trap") {
    std::mt19937_64 rng(1);
    for (const std::size_t k : {2u, 3u, 7u}) {
      CAPTURE(k);
      const Strings names = numbered(k);
      Strings values = names;  // each at least once
      for (int i = 0; i < 20; ++i) {
        values.push_back(names[static_cast<std::size_t>(
            uniform_index(static_cast<std::ptrdiff_t>(k), rng))]);
      }
      const auto columns = static_cast<Index>(k);
      const Matrix all = with_intercept(one_hot(names, values));
      const Matrix dropped = with_intercept(one_hot(names, values, true));
      REQUIRE(all.cols() == columns + 1);
      REQUIRE(dropped.cols() == columns);
      CHECK(rank(all) == columns);  // one too many columns
      CHECK(rank(dropped) == columns);
      // What they depend on each other by: the indicators sum to the ones.
      CHECK(close(all.rightCols(columns).rowwise().sum(), all.col(0)));
    }
  }

  TEST_CASE("the_product_is_a_look_up") {
    std::mt19937_64 rng(2);
    const Matrix W = whiteboard::testing::gaussian(3, 5, rng);
    const Strings values{"green", "red", "red", "blue", "mauve"};
    const Matrix E = one_hot(kColours, values);
    REQUIRE(E.cols() == 3);
    const Matrix product = E * W;
    Matrix rows(5, 5);
    rows << W.row(1), W.row(2), W.row(2), W.row(0), Matrix::Zero(1, 5);
    CHECK(close(product, rows));  // 1 x and 0 x are exact, and so is x + 0
  }

  TEST_CASE("encoding_test_rows_alone_moves_columns") {
    const Strings train{"red", "blue", "green", "blue"};
    const Strings test{"red", "red"};
    const Matrix right = one_hot(found_in(train), test);
    CHECK(close(right, Matrix{{0, 0, 1}, {0, 0, 1}}));
    const Matrix alone = one_hot(found_in(test), test);
    CHECK(close(alone, Matrix{{1}, {1}}));  // column 0, which was blue
    // With equally many categories not even the shape gives it away.
    const Strings other{"red", "pink", "white"};
    const Matrix silent = one_hot(found_in(other), other);
    REQUIRE(silent.rows() == 3);
    CHECK(close(silent.row(0), one_hot(kColours, Strings{"green"})));
    CHECK(close(one_hot(kColours, other),
                Matrix{{0, 0, 1}, {0, 0, 0}, {0, 0, 0}}));
  }

  TEST_CASE("drop_first_hides_the_unseen") {
    const Matrix E = one_hot(kColours, Strings{"blue", "purple"}, true);
    CHECK(close(E, Matrix::Zero(2, 2)));
    const Matrix full = one_hot(kColours, Strings{"blue", "purple"});
    REQUIRE(full.rows() == 2);
    CHECK((full.row(0) - full.row(1)).norm() == 1.0);
  }

  TEST_CASE("nearly_all_of_it_is_zeros") {
    const Strings names = numbered(1000);
    const Matrix E = one_hot(names, names);
    REQUIRE(E.size() == 1'000'000);
    CHECK((E.array() != 0.0).count() == 1000);
    const double dense = static_cast<double>(E.size()) * sizeof(double);
    const double codes = 1000.0 * sizeof(std::int32_t);
    EVIDENCE("bytes per row, dense", dense / 1000.0);
    EVIDENCE("bytes per row, 32-bit code", codes / 1000.0);
    CHECK(dense / codes == 2000.0);
    // A million rows: a thousand times as much.
    CHECK(1000.0 * dense == 8e9);
    CHECK(1000.0 * codes == 4e6);
  }
}

TEST_SUITE("coding/one_hot_encoding extra") {
  TEST_CASE("no values and a single category") {
    const Matrix none = one_hot(kColours, Strings{});
    CHECK(none.rows() == 0);
    CHECK(none.cols() == 3);
    CHECK(close(one_hot(Strings{"x"}, Strings{"x", "y"}), Matrix{{1}, {0}}));
    const Matrix dropped = one_hot(Strings{"x"}, Strings{"x", "y"}, true);
    CHECK(dropped.rows() == 2);
    CHECK(dropped.cols() == 0);
  }

  TEST_CASE("the empty string may be a category") {
    CHECK(close(one_hot(Strings{"a", ""}, Strings{"", "b"}),
                Matrix{{0, 1}, {0, 0}}));
  }

  TEST_CASE("arguments that break the contract are refused") {
    CHECK_THROWS_WITH(one_hot(Strings{}, Strings{"a"}),
                      "one_hot: no categories");
    CHECK_THROWS_WITH(one_hot(Strings{"a", "b", "a"}, Strings{"a"}),
                      "one_hot: category 'a' comes twice");
    CHECK_THROWS_WITH(one_hot(Strings{"", ""}, Strings{}, true),
                      "one_hot: category '' comes twice");
  }
}
