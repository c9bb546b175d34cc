// Plain vectors of rows, and a softmax in one pass over them.
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace whiteboard::coding {

class KvCache {
 public:
  explicit KvCache(int d) : width_(d) { require(d >= 1, "KvCache: bad width"); }

  Vector step(const VectorRef& q, const VectorRef& k, const VectorRef& v) {
    for (const VectorRef* const x : {&q, &k, &v}) {
      require(x->size() == width_, "KvCache::step: bad width");
      require_finite(*x, "KvCache::step: x");
    }
    tokens_.emplace_back(k, v);
    const double root = std::sqrt(static_cast<double>(width_));
    double top = q.dot(tokens_[0].first) / root, total = 1.0;
    Vector sum = tokens_[0].second;
    for (std::size_t i = 1; i < tokens_.size(); ++i) {
      const double score = q.dot(tokens_[i].first) / root;
      if (score > top) {
        const double shrink = std::exp(top - score);
        sum = shrink * sum + tokens_[i].second;
        total = shrink * total + 1.0;
        top = score;
      } else {
        const double weight = std::exp(score - top);
        sum += weight * tokens_[i].second;
        total += weight;
      }
    }
    return sum / total;
  }

  std::size_t size() const { return tokens_.size(); }

  void truncate(std::size_t n) {
    require(n <= tokens_.size(), "KvCache::truncate: bad size");
    tokens_.erase(tokens_.begin() + static_cast<std::ptrdiff_t>(n),
                  tokens_.end());
  }

 private:
  Eigen::Index width_;
  std::vector<std::pair<Vector, Vector>> tokens_;  // key and value
};

}  // namespace whiteboard::coding
