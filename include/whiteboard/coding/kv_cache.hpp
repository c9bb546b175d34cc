// Question:    Decode token by token with a key-value cache.
// Answer:      questions/coding/kv_cache.md (equation numbers are its own)
// Method:      append the new key and value, then attend over all stored ones
// Time:        O(t d) for step t
// Memory:      O(n d) for n tokens, in storage that doubles
// Numerics:    every exponent is <= 0
// References:  [1] Pope et al., Efficiently scaling transformer inference,
//                  MLSys 2023
// Symbols:     q, k, v  d  query, key and value of the newest token
//              K, V  t x d  all keys and values so far
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace whiteboard::coding {

/// Keys and values of one head for the tokens decoded so far.
class KvCache {
 public:
  /// An empty cache for vectors of width d. Throws std::invalid_argument
  /// unless d >= 1.
  explicit KvCache(int d) : width_(d) {
    require(d >= 1, "KvCache: need d >= 1, got d = ", d);
  }

  /// Stores k and v, then returns the attention of q over everything stored,
  /// the new token included: Eq. (1). Throws std::invalid_argument, with the
  /// cache as it was, unless all three have width d and finite entries. The
  /// result is NaN if the largest score overflows.
  Vector step(const VectorRef& q, const VectorRef& k, const VectorRef& v) {
    for (const VectorRef* const x : {&q, &k, &v}) {
      require(x->size() == width_, "KvCache::step: need width ", width_,
              ", got ", x->size());
      require_finite(*x, "KvCache::step: x");
    }
    // solution:begin
    if (size_ == keys_.rows()) grow();
    keys_.row(size_) = k;
    values_.row(size_) = v;
    ++size_;

    const double scale = 1.0 / std::sqrt(static_cast<double>(width_));
    Vector weights = scale * (keys_.topRows(size_) * q);
    const double top = weights.maxCoeff();  // before the weights change
    weights = (weights.array() - top).exp();
    return values_.topRows(size_).transpose() * weights / weights.sum();
    // solution:end
  }

  /// Number of tokens stored.
  std::size_t size() const {
    // solution:begin
    return static_cast<std::size_t>(size_);
    // solution:end
  }

  /// Forgets all tokens but the first n, as if they had never been decoded.
  /// Throws std::invalid_argument unless n <= size().
  void truncate(std::size_t n) {
    // solution:begin
    require(n <= size(), "KvCache::truncate: need n <= size, got n = ", n,
            ", size = ", size());
    size_ = static_cast<Eigen::Index>(n);
    // solution:end
  }

 private:
  Eigen::Index width_;
  // solution:begin
  Matrix keys_, values_;  // room for keys_.rows() tokens, size_ of them in use
  Eigen::Index size_ = 0;

  void grow() {
    const Eigen::Index room = std::max<Eigen::Index>(16, 2 * keys_.rows());
    keys_.conservativeResize(room, width_);
    values_.conservativeResize(room, width_);
  }
  // solution:end
};

}  // namespace whiteboard::coding
