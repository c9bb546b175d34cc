// Question:    Implement a Bloom filter and size it.
// Answer:      questions/coding/bloom_filter.md (equation numbers are its own)
// Method:      k bits a key, all derived from one 64-bit hash; second part: all
//              k bits within one cache line
// Time:        O(k) per operation after the hash of the key
// Memory:      1.44 log2(1 / p) bits per expected key
// Numerics:    integers, but for the sizing
// References:  [1] Bloom, Space/time trade-offs in hash coding with allowable
//                  errors, Communications of the ACM 13(7), 1970
//              [2] Kirsch and Mitzenmacher, Less hashing, same performance:
//                  building a better Bloom filter, ESA 2006
//              [3] Putze, Sanders and Singler, Cache-, hash- and
//                  space-efficient Bloom filters, WEA 2007
// Symbols:     n  keys expected, p  their rate of false positives
//              m  bits,          k  bits set for each key
#pragma once

#include <whiteboard/core/require.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <string_view>
#include <vector>

namespace whiteboard::coding {

/// Spreads every bit of x over all 64, one to one (MurmurHash3's finaliser).
inline std::uint64_t bloom_mix(std::uint64_t x) {
  x = (x ^ x >> 33) * 0xFF51AFD7ED558CCDu;
  x = (x ^ x >> 33) * 0xC4CEB9FE1A85EC53u;
  return x ^ x >> 33;
}

/// A 64-bit hash that is the same on every platform: FNV-1a, mixed.
inline std::uint64_t bloom_hash(std::string_view key) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : key) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  }
  return bloom_mix(hash);
}

/// A set that may say "perhaps" for a key it does not hold, with probability
/// `false_positive_rate` once `expected_items` keys are in, and never says
/// "no" for one it does. Throws std::invalid_argument unless
/// expected_items > 0 and 0 < false_positive_rate < 1.
///
///     BloomFilter seen(10000, 0.01);  // 95,851 bits, 7 per key
///     seen.insert("a");
///     seen.maybe_contains("a");       // true
class BloomFilter {
 public:
  BloomFilter(std::size_t expected_items, double false_positive_rate) {
    require(expected_items > 0, "BloomFilter: need expected_items > 0, got 0");
    require(false_positive_rate > 0.0 && false_positive_rate < 1.0,
            "BloomFilter: need 0 < false_positive_rate < 1, got ",
            false_positive_rate);
    // solution:begin
    const auto n = static_cast<double>(expected_items);
    const double m = std::ceil(-n * std::log(false_positive_rate) /
                               (std::numbers::ln2 * std::numbers::ln2));
    require(m < 0x1p48, "BloomFilter: need fewer than 2^48 bits, got ", m);
    bits_ = static_cast<std::size_t>(m);                    // Eq. (4)
    const long k = std::lround(m / n * std::numbers::ln2);  // Eq. (3)
    hashes_ = k < 1 ? 1 : static_cast<int>(k);
    words_.assign((bits_ + 63) / 64, 0);
    // solution:end
  }

  void insert(std::string_view key) {
    // solution:begin
    const std::uint64_t hash = bloom_hash(key);
    for (int i = 0; i < hashes_; ++i) {
      const std::size_t bit = position(hash, i);
      words_[bit / 64] |= std::uint64_t{1} << bit % 64;
    }
    // solution:end
  }

  /// False: certainly not inserted.
  bool maybe_contains(std::string_view key) const {
    // solution:begin
    const std::uint64_t hash = bloom_hash(key);
    for (int i = 0; i < hashes_; ++i) {
      const std::size_t bit = position(hash, i);
      if ((words_[bit / 64] >> bit % 64 & 1) == 0) return false;
    }
    return true;
    // solution:end
  }

  /// The bits that insert() sets for `key`: hashes() numbers below bits(),
  /// rarely with repetitions.
  std::vector<std::size_t> positions(std::string_view key) const {
    // solution:begin
    std::vector<std::size_t> all;
    for (int i = 0; i < hashes_; ++i) {
      all.push_back(position(bloom_hash(key), i));
    }
    return all;
    // solution:end
  }

  /// Becomes the filter of the union of both sets. Throws
  /// std::invalid_argument unless both have equal bits() and hashes().
  void merge(const BloomFilter& other) {
    require(bits() == other.bits() && hashes() == other.hashes(),
            "BloomFilter: cannot merge ", bits(), " bits, ", hashes(),
            " hashes with ", other.bits(), ", ", other.hashes());
    // solution:begin
    for (std::size_t i = 0; i < words_.size(); ++i) {
      words_[i] |= other.words_[i];
    }
    // solution:end
  }

  std::size_t bits() const {
    // solution:begin
    return bits_;
    // solution:end
  }
  int hashes() const {
    // solution:begin
    return hashes_;
    // solution:end
  }
  bool operator==(const BloomFilter&) const = default;

 private:
  // solution:begin
  /// Two hashes make all k, Eq. (5). The step is odd, hence never 0.
  std::size_t position(std::uint64_t hash, int i) const {
    const std::uint64_t step = bloom_mix(~hash) | 1;
    return static_cast<std::size_t>(
        (hash + static_cast<std::uint64_t>(i) * step) % bits_);
  }

  std::size_t bits_;
  int hashes_;
  std::vector<std::uint64_t> words_;
  // solution:end
};

/// A BloomFilter that keeps the bits of a key within 64 bytes: one cache miss
/// a query instead of up to k, for a somewhat higher rate, Eq. (6).
class BlockedBloomFilter {
 public:
  BlockedBloomFilter(std::size_t expected_items, double false_positive_rate) {
    const BloomFilter plain(expected_items, false_positive_rate);
    // solution:begin
    hashes_ = plain.hashes();
    lines_.resize((plain.bits() + 511) / 512);
    // solution:end
  }

  void insert(std::string_view key) {
    // solution:begin
    const std::uint64_t hash = bloom_hash(key);
    Line& line = lines_[hash % lines_.size()];
    std::uint64_t bits = bloom_mix(~hash);
    for (int i = 0; i < hashes_; ++i, bits *= kMultiplier) {
      line.words[bits >> 61] |= std::uint64_t{1} << (bits >> 55 & 63);
    }
    // solution:end
  }

  bool maybe_contains(std::string_view key) const {
    // solution:begin
    const std::uint64_t hash = bloom_hash(key);
    const Line& line = lines_[hash % lines_.size()];
    std::uint64_t bits = bloom_mix(~hash);
    for (int i = 0; i < hashes_; ++i, bits *= kMultiplier) {
      if ((line.words[bits >> 61] >> (bits >> 55 & 63) & 1) == 0) return false;
    }
    return true;
    // solution:end
  }

 private:
  // solution:begin
  /// The upper nine bits of a product depend on all bits of its factors.
  static constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15u;
  struct alignas(64) Line {
    std::array<std::uint64_t, 8> words{};
  };

  int hashes_;
  std::vector<Line> lines_;
  // solution:end
};

}  // namespace whiteboard::coding
