// Question:    Compute TF-IDF vectors and rank documents for a query.
// Answer:      questions/coding/tf_idf.md (equation numbers are its own)
// Method:      counts times smoothed inverse document frequency, unit rows [1]
// Time:        O(tokens log vocabulary)
// Memory:      O(distinct words, summed over the documents)
// References:  [1] Manning, Raghavan and Schuetze, Introduction to Information
//                  Retrieval, 2008, chapter 6
// Symbols:     N         documents of the corpus
//              df(w)     of them, those that contain word w
//              tf(d, w)  occurrences of w in document d
//              V         distinct words of the corpus
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/SparseCore>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace whiteboard::coding {

using SparseRows = Eigen::SparseMatrix<double, Eigen::RowMajor>;

/// What a corpus says about words; documents are lists of words.
///
///     const TfIdf model(corpus);
///     const SparseRows rows = model.transform(corpus);
///     const Vector scores = rows * Vector(model.transform(query).row(0));
class TfIdf {
 public:
  std::vector<std::string> vocabulary;  ///< V, sorted, one per column
  Vector idf;                           ///< V, Eq. (1)

  /// Throws std::invalid_argument when there is no document.
  explicit TfIdf(std::span<const std::vector<std::string>> corpus) {
    require(!corpus.empty(), "TfIdf: need a document, got none");
    // solution:begin
    std::map<std::string, double> containing;  // df
    for (const auto& document : corpus) {
      for (const auto& word : std::set(document.begin(), document.end())) {
        ++containing[word];
      }
    }
    idf.resize(static_cast<Eigen::Index>(containing.size()));
    Eigen::Index column = 0;
    for (const auto& [word, df] : containing) {  // sorted
      vocabulary.push_back(word);
      idf(column++) =
          std::log((1.0 + static_cast<double>(corpus.size())) / (1.0 + df)) +
          1.0;
    }
    // solution:end
  }

  /// A row per document, Eq. (2), of length 1; empty where no word is known.
  SparseRows transform(
      std::span<const std::vector<std::string>> documents) const {
    // solution:begin
    std::vector<Eigen::Triplet<double>> entries;
    for (std::size_t i = 0; i < documents.size(); ++i) {
      std::map<Eigen::Index, double> weights;
      for (const auto& word : documents[i]) {
        const auto at =
            std::lower_bound(vocabulary.begin(), vocabulary.end(), word);
        if (at == vocabulary.end() || *at != word) continue;
        const Eigen::Index column = at - vocabulary.begin();
        weights[column] += idf(column);
      }
      double squares = 0.0;
      for (const auto& [column, weight] : weights) squares += weight * weight;
      for (const auto& [column, weight] : weights) {
        entries.emplace_back(static_cast<int>(i), static_cast<int>(column),
                             weight / std::sqrt(squares));
      }
    }
    SparseRows rows(static_cast<Eigen::Index>(documents.size()), idf.size());
    rows.setFromTriplets(entries.begin(), entries.end());
    return rows;
    // solution:end
  }
};

}  // namespace whiteboard::coding
