// Question:    Compute corpus BLEU.
// Answer:      questions/coding/bleu.md (equation numbers are its own)
// Method:      clipped n-gram counts pooled over the corpus, geometric mean of
//              the precisions, brevity penalty [1]
// Time:        O(max_n tokens log tokens) of candidates and references
// Memory:      O(n-grams of one candidate and its references)
// References:  [1] Papineni, Roukos, Ward and Zhu, BLEU: a method for automatic
//                  evaluation of machine translation, ACL 2002
// Symbols:     p_n   clipped precision of the n-grams, Eq. (1)
//              c, r  total lengths of candidates and closest references
#pragma once

#include <whiteboard/core/require.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <vector>

namespace whiteboard::coding {

// solution:begin
/// How often each n-gram occurs in a sentence.
inline std::map<std::vector<std::string>, int> n_gram_counts(
    const std::vector<std::string>& sentence, std::size_t n) {
  std::map<std::vector<std::string>, int> counts;
  for (auto first = sentence.begin();
       sentence.end() - first >= static_cast<std::ptrdiff_t>(n); ++first) {
    ++counts[{first, first + static_cast<std::ptrdiff_t>(n)}];
  }
  return counts;
}

/// N-grams of the candidate that the references license: each at most as often
/// as in the one reference that has it most often.
inline int clipped_matches(const std::vector<std::string>& candidate,
                           std::span<const std::vector<std::string>> references,
                           std::size_t n) {
  std::map<std::vector<std::string>, int> allowed;
  for (const auto& reference : references) {
    for (const auto& [gram, count] : n_gram_counts(reference, n)) {
      allowed[gram] = std::max(allowed[gram], count);
    }
  }
  int matches = 0;
  for (const auto& [gram, count] : n_gram_counts(candidate, n)) {
    const auto found = allowed.find(gram);
    if (found != allowed.end()) matches += std::min(count, found->second);
  }
  return matches;
}

/// The reference length nearest to `length`, the shorter of two equally near.
inline std::size_t closest_length(
    std::span<const std::vector<std::string>> references, std::size_t length) {
  const auto key = [&](const std::vector<std::string>& reference) {
    const std::size_t size = reference.size();
    return std::tuple(size > length ? size - length : length - size, size);
  };
  return std::min_element(
             references.begin(), references.end(),
             [&](const auto& a, const auto& b) { return key(a) < key(b); })
      ->size();
}
// solution:end

/// BLEU of all candidates together, in [0, 1], without smoothing: 0 when some
/// order up to max_n has no match at all.
///
/// Throws std::invalid_argument when there is no candidate, the sizes disagree,
/// a candidate has no reference, or max_n < 1.
inline double bleu(
    std::span<const std::vector<std::string>> candidates,
    std::span<const std::vector<std::vector<std::string>>> references,
    int max_n = 4) {
  require(!candidates.empty(), "bleu: need a candidate, got none");
  require(candidates.size() == references.size(), "bleu: ", candidates.size(),
          " candidates, but ", references.size(), " lists of references");
  for (std::size_t i = 0; i < references.size(); ++i) {
    require(!references[i].empty(), "bleu: candidate ", i, " has no reference");
  }
  require(max_n >= 1, "bleu: need max_n >= 1, got ", max_n);
  // solution:begin
  double log_sum = 0.0;
  for (std::size_t n = 1; n <= static_cast<std::size_t>(max_n); ++n) {
    double matches = 0.0, possible = 0.0;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const std::size_t length = candidates[i].size();
      matches += clipped_matches(candidates[i], references[i], n);
      if (length >= n) possible += static_cast<double>(length - n + 1);
    }
    if (matches == 0.0) return 0.0;
    log_sum += std::log(matches / possible);  // Eq. (1)
  }
  double c = 0.0, r = 0.0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const std::size_t length = candidates[i].size();
    c += static_cast<double>(length);
    r += static_cast<double>(closest_length(references[i], length));
  }
  return std::exp(log_sum / max_n + std::min(0.0, 1.0 - r / c));  // Eq. (2)
  // solution:end
}

}  // namespace whiteboard::coding
