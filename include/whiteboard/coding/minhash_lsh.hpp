// Question:    Find near-duplicate sets with MinHash and LSH.
// Answer:      questions/coding/minhash_lsh.md (equation numbers are its own)
// Method:      one minimum per hash function [1], bands of the signature as
//              bucket keys [2]; second part: one hash per element, empty bins
//              filled from others [3]
// Time:        O(s h) per signature, second part O(s + h + h^2 / s); candidates
//              O(N h log N) plus O(log P) for each time a pair meets
// Memory:      h numbers per set
// Numerics:    integers, but for the one division
// References:  [1] Broder, On the resemblance and containment of documents,
//                  Compression and Complexity of Sequences, 1997
//              [2] Leskovec, Rajaraman and Ullman, Mining of massive datasets,
//                  3rd ed., section 3.4, 2020
//              [3] Shrivastava, Optimal densification for fast and accurate
//                  minwise hashing, ICML 2017
// Symbols:     s  elements of a set,  h  entries of a signature
//              N  signatures,  b  bands of r = h / b entries
//              P  candidate pairs
#pragma once

#include <whiteboard/core/require.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

namespace whiteboard::coding {

using Signature = std::vector<std::uint64_t>;

/// Spreads every bit of x over all 64, one to one (MurmurHash3's finaliser).
inline std::uint64_t minhash_mix(std::uint64_t x) {
  x = (x ^ x >> 33) * 0xFF51AFD7ED558CCDu;
  x = (x ^ x >> 33) * 0xC4CEB9FE1A85EC53u;
  return x ^ x >> 33;
}

inline void require_minhash(std::span<const std::uint64_t> set,
                            std::size_t hashes) {
  require(!set.empty(), "minhash: need a set with elements, got none");
  require(hashes > 0, "minhash: need hashes > 0, got 0");
}

/// The signature of a set: for each of `hashes` hash functions, drawn by
/// `seed`, the least hash of its elements, Eq. (1). Order and repetitions do
/// not matter. Signatures compare only if made with the same hashes and seed.
/// Throws std::invalid_argument on an empty set or no hashes.
inline Signature minhash(std::span<const std::uint64_t> set, std::size_t hashes,
                         std::uint64_t seed) {
  require_minhash(set, hashes);
  // solution:begin
  Signature signature(hashes, std::numeric_limits<std::uint64_t>::max());
  for (std::size_t i = 0; i < hashes; ++i) {
    const std::uint64_t function = minhash_mix(minhash_mix(seed) + i);
    for (const std::uint64_t element : set) {
      signature[i] =
          std::min(signature[i], minhash_mix(minhash_mix(element) ^ function));
    }
  }
  return signature;
  // solution:end
}

/// The share of equal entries, an estimate of |A n B| / |A u B|, Eq. (3).
/// Throws std::invalid_argument on empty signatures or different lengths.
inline double estimate_jaccard(const Signature& a, const Signature& b) {
  require(!a.empty() && a.size() == b.size(),
          "estimate_jaccard: need two signatures of one length > 0, got ",
          a.size(), " and ", b.size());
  // solution:begin
  std::size_t equal = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i]) ++equal;
  }
  return static_cast<double>(equal) / static_cast<double>(a.size());
  // solution:end
}

/// The pairs (i, j), i < j, of signatures that agree in all entries of at
/// least one of `bands` equal bands: each pair once, in ascending order.
/// Throws std::invalid_argument unless all lengths are equal and a multiple of
/// bands > 0.
inline std::vector<std::pair<std::size_t, std::size_t>> candidate_pairs(
    const std::vector<Signature>& signatures, std::size_t bands) {
  require(bands > 0, "candidate_pairs: need bands > 0, got 0");
  const std::size_t hashes = signatures.empty() ? 0 : signatures[0].size();
  for (const Signature& signature : signatures) {
    require(signature.size() == hashes,
            "candidate_pairs: need signatures of one length, got ", hashes,
            " and ", signature.size());
  }
  require(signatures.empty() || (hashes > 0 && hashes % bands == 0),
          "candidate_pairs: need bands that divide the length, got ", bands,
          " bands, length ", hashes);
  // solution:begin
  const auto rows = static_cast<std::ptrdiff_t>(hashes / bands);
  std::set<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t band = 0; band < bands; ++band) {
    std::map<Signature, std::vector<std::size_t>> buckets;
    for (std::size_t j = 0; j < signatures.size(); ++j) {
      const auto first =
          signatures[j].begin() + static_cast<std::ptrdiff_t>(band) * rows;
      std::vector<std::size_t>& bucket = buckets[{first, first + rows}];
      for (const std::size_t i : bucket) pairs.emplace(i, j);
      bucket.push_back(j);
    }
  }
  return {pairs.begin(), pairs.end()};
  // solution:end
}

/// A signature with the properties of minhash() from a single hash per element:
/// it sends the element to one of `hashes` bins, and each bin keeps its least.
/// A bin that stays empty takes the entry of a full one, chosen by hashing the
/// numbers of bin and attempt, so that every set chooses alike. Not comparable
/// with minhash()'s. Throws as minhash() does.
inline Signature minhash_one_permutation(std::span<const std::uint64_t> set,
                                         std::size_t hashes,
                                         std::uint64_t seed) {
  require_minhash(set, hashes);
  // solution:begin
  constexpr auto kEmpty = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t function = minhash_mix(seed);
  Signature bins(hashes, kEmpty);
  for (const std::uint64_t element : set) {
    const std::uint64_t hash = minhash_mix(minhash_mix(element) ^ function);
    std::uint64_t& least = bins[hash % hashes];
    least = std::min(least, hash >> 1);  // never kEmpty
  }
  Signature signature = bins;
  for (std::size_t i = 0; i < hashes; ++i) {
    for (std::uint64_t attempt = 1; signature[i] == kEmpty; ++attempt) {
      signature[i] = bins[minhash_mix((i << 32 | attempt) ^ function) % hashes];
    }
  }
  return signature;
  // solution:end
}

}  // namespace whiteboard::coding
