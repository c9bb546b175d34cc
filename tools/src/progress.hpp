// One line on standard error that says what is going on, on a terminal only.
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

namespace wb {

struct Terminal;

/// Drawn when a step has lasted half a second, redrawn in place, wiped at the
/// end. Prints nothing when standard error is no terminal.
class Progress {
 public:
  explicit Progress(const Terminal& standard_error);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { clear(); }

  /// "building 3/15 (4 s) k_means_test.cpp"; total 0 leaves the count out.
  void update(std::string_view step, std::size_t done, std::size_t total,
              std::string_view detail = {});

  /// Wipes the line; the next update starts a new clock.
  void clear();

 private:
  bool enabled_;
  bool unicode_;
  std::size_t width_;
  bool running_ = false;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point started_;
};

}  // namespace wb
