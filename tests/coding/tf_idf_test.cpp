// Verifies the claims of questions/coding/tf_idf.md.
#include <whiteboard/coding/tf_idf.hpp>

#include <support/claims.hpp>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

using whiteboard::Matrix;
using whiteboard::Vector;
using whiteboard::coding::SparseRows;
using whiteboard::coding::TfIdf;

namespace {

using Words = std::vector<std::string>;
using Documents = std::vector<Words>;

Words words(const std::string& text) {
  std::istringstream in(text);
  Words list;
  for (std::string word; in >> word;) list.push_back(word);
  return list;
}

/// The four sentences of scikit-learn's documentation, in lower case.
const Documents kFour{words("this is the first document"),
                      words("this document is the second document"),
                      words("and this is the third one"),
                      words("is this the first document")};

/// One row per document, with all its zeros.
Matrix dense(const TfIdf& model, const Documents& documents) {
  return Matrix(model.transform(documents));
}

Eigen::Index column_of(const TfIdf& model, const std::string& word) {
  const auto& all = model.vocabulary;
  const auto at = std::find(all.begin(), all.end(), word);
  REQUIRE(at != all.end());
  return at - all.begin();
}

/// The number of the document with the largest entry.
Eigen::Index best(const Vector& scores) {
  Eigen::Index at = -1;
  scores.maxCoeff(&at);
  return at;
}

}  // namespace

TEST_SUITE("coding/tf_idf") {
  TEST_CASE("documented_example") {
    const TfIdf model(kFour);
    CHECK(model.vocabulary ==
          words("and document first is one second the third this"));
    const Matrix rows = dense(model, kFour);
    REQUIRE(rows.rows() == 4);
    REQUIRE(rows.cols() == 9);
    // scikit-learn 1.x: TfidfVectorizer with its defaults, to five places.
    CHECK(
        close(rows.row(0),
              Matrix{{0, 0.46979, 0.58029, 0.38409, 0, 0, 0.38409, 0, 0.38409}},
              {.abs = 5e-6}));
    CHECK(
        close(rows.row(1),
              Matrix{{0, 0.68762, 0, 0.28109, 0, 0.53865, 0.28109, 0, 0.28109}},
              {.abs = 5e-6}));
    CHECK(close(rows.row(3), rows.row(0), {.abs = 1e-15}));
    EVIDENCE_SERIES("row of the first sentence", Vector(rows.row(0)));
  }

  TEST_CASE("smoothing_keeps_words_of_all_documents") {
    const TfIdf model(Documents{words("common rare"), words("common")});
    REQUIRE(model.idf.size() == 2);
    CHECK(model.idf(column_of(model, "common")) == 1.0);
    CHECK(close(model.idf(column_of(model, "rare")), 1.4054651081081644,
                {.ulps = 1}));
    const Matrix rows = dense(model, Documents{words("common")});
    CHECK(close(rows, Matrix{{1.0, 0.0}}));
    // The plain variant, ln(N / df), leaves nothing of such a document.
    CHECK(std::log(2.0 / 2.0) == 0.0);
  }

  TEST_CASE("a_document_counts_once_for_df") {
    const TfIdf model(
        Documents{words("echo echo echo"), words("other"), words("other")});
    // df = 1 and 2, whatever the repetitions: ln(4 / 2) + 1, ln(4 / 3) + 1.
    REQUIRE(model.idf.size() == 2);
    CHECK(close(model.idf,
                Vector{{std::log(2.0) + 1.0, std::log(4.0 / 3.0) + 1.0}},
                {.ulps = 1}));
    const double echo = std::log(2.0) + 1.0;
    const double other = std::log(4.0 / 3.0) + 1.0;
    CHECK(close(dense(model, Documents{words("other echo")}),
                Matrix{{echo, other}} / std::hypot(echo, other),
                {.rel = 1e-15}));
  }

  TEST_CASE("length_does_not_matter") {
    const TfIdf model(kFour);
    const Matrix once = dense(model, kFour);
    Documents tenfold = kFour;
    for (std::size_t i = 0; i < 4; ++i) {
      for (int copy = 1; copy < 10; ++copy) {
        tenfold[i].insert(tenfold[i].end(), kFour[i].begin(), kFour[i].end());
      }
    }
    CHECK(close(dense(model, tenfold), once, {.abs = 1e-15}));
    CHECK(close(once.rowwise().norm(), Vector::Ones(4), {.abs = 1e-15}));
  }

  TEST_CASE("unknown_words_give_the_zero_vector") {
    const TfIdf model(kFour);
    const Documents queries{words("quantum chromodynamics"), Words{},
                            words("first quantum")};
    const SparseRows rows = model.transform(queries);
    REQUIRE(rows.rows() == 3);
    CHECK(Matrix(rows).row(0).isZero(0.0));
    CHECK(Matrix(rows).row(1).isZero(0.0));
    CHECK(close(Matrix(rows).row(2), dense(model, Documents{words("first")})));
    const Vector scores = model.transform(kFour) * Vector(rows.row(0));
    CHECK(close(scores, Vector::Zero(4)));
    CHECK(dense(model, kFour).minCoeff() == 0.0);
    CHECK(dense(model, kFour).maxCoeff() > 0.5);
  }

  TEST_CASE("statistics_come_from_the_corpus_alone") {
    const TfIdf model(kFour);
    const Matrix together = dense(model, kFour);
    REQUIRE(together.rows() == 4);
    for (std::size_t i = 0; i < 4; ++i) {
      CAPTURE(i);
      const Matrix alone = dense(model, Documents{kFour[i]});
      CHECK(close(alone, together.row(static_cast<Eigen::Index>(i))));
    }
    // Fitted on the query itself every word has df = N: all weights are equal.
    const Documents query{words("the third document")};
    CHECK(close(TfIdf(query).idf, Vector::Ones(3)));
    CHECK(dense(model, query)(0, column_of(model, "third")) >
          1.5 * dense(model, query)(0, column_of(model, "the")));
  }

  TEST_CASE("rare_words_decide_the_ranking") {
    const Documents corpus{
        words("the the the the"), words("a zebra in the zoo"),
        words("the cat and the dog"), words("the old house"), words("the end")};
    const Documents query{words("the zebra")};
    const TfIdf model(corpus);
    const SparseRows asked = model.transform(query);
    REQUIRE(asked.rows() == 1);
    const Vector scores = model.transform(corpus) * Vector(asked.row(0));
    EVIDENCE_SERIES("scores of the five documents", scores);
    REQUIRE(scores.size() == 5);
    CHECK(best(scores) == 1);

    // Cosines of plain counts prefer the document of nothing but "the":
    // 1 / sqrt(2) against 2 / sqrt(2 * 5).
    Matrix counts = Matrix::Zero(2, 2);
    counts.row(0) << 4.0 / 4.0, 0.0;
    counts.row(1) << 1.0 / std::sqrt(5.0), 1.0 / std::sqrt(5.0);
    const Vector plain = counts * Vector::Constant(2, std::sqrt(0.5));
    CHECK(best(plain) == 0);
  }

  TEST_CASE("order_and_meaning_are_lost") {
    const TfIdf model(Documents{words("dog bites man"), words("man bites dog"),
                                words("hound attacks person")});
    const Matrix rows =
        dense(model, Documents{words("dog bites man"), words("man bites dog"),
                               words("hound attacks person")});
    REQUIRE(rows.rows() == 3);
    CHECK(close(rows.row(0), rows.row(1)));
    CHECK(rows.row(0).dot(rows.row(2)) == 0.0);
    CHECK(close(rows.row(0).dot(rows.row(1)), 1.0, {.abs = 1e-15}));
  }
}

TEST_SUITE("coding/tf_idf extra") {
  TEST_CASE("only what is there is stored") {
    const SparseRows rows = TfIdf(kFour).transform(kFour);
    CHECK(rows.nonZeros() == 5 + 5 + 6 + 5);
  }

  TEST_CASE("documents without words are documents") {
    const TfIdf model(Documents{words("a"), {}, {}});
    REQUIRE(model.idf.size() == 1);
    CHECK(close(model.idf(0), std::log(2.0) + 1.0));
    const TfIdf nothing(Documents{{}});
    CHECK(nothing.vocabulary.empty());
    CHECK(nothing.transform(kFour).rows() == 4);
    CHECK(nothing.transform(kFour).cols() == 0);
    CHECK(model.transform(Documents{}).rows() == 0);
  }

  TEST_CASE("an empty corpus is refused") {
    CHECK_THROWS_WITH(TfIdf(Documents{}), "TfIdf: need a document, got none");
  }
}
