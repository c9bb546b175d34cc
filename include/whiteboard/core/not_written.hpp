// What stands in a starter where the reader's code is missing.
#pragma once

#include <exception>
#include <string>

namespace whiteboard {

/// Thrown by code that has not been written yet. It is no std::invalid_argument
/// and no std::logic_error, so that a test which expects an error cannot
/// mistake it for one.
class NotWritten : public std::exception {
 public:
  explicit NotWritten(const std::string& what)
      : what_("not written: " + what) {}
  const char* what() const noexcept override { return what_.c_str(); }

 private:
  std::string what_;
};

/// Throws NotWritten; `what` is the function that waits for its body.
[[noreturn]] inline void not_written(const char* what) {
  throw NotWritten(what);
}

}  // namespace whiteboard
