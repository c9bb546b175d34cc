// A queue made of two stacks that both know their sums.
#pragma once

#include <whiteboard/core/require.hpp>

#include <cstddef>
#include <vector>

namespace whiteboard::coding {

class MovingAverage {
 public:
  explicit MovingAverage(std::size_t window) : window_(window) {
    require(window >= 1, "MovingAverage: need window >= 1, got ", window);
  }

  double push(double x) {
    if (in_.size() + out_.size() == window_) drop_oldest();
    in_.push_back(x);
    in_sum_ += x;
    const double sum = in_sum_ + (out_.empty() ? 0.0 : out_.back());
    return sum / static_cast<double>(in_.size() + out_.size());
  }

 private:
  void drop_oldest() {
    if (out_.empty()) {
      double sum = 0.0;
      for (; !in_.empty(); in_.pop_back()) {
        sum += in_.back();
        out_.push_back(sum);
      }
      in_sum_ = 0.0;
    }
    out_.pop_back();
  }

  std::size_t window_;
  std::vector<double> in_;   // newest last
  std::vector<double> out_;  // sums of a value and all newer ones, oldest last
  double in_sum_ = 0.0;
};

}  // namespace whiteboard::coding
