// Exit codes, and the error that carries one to main().
#pragma once

#include <stdexcept>
#include <string>

namespace wb {

enum ExitCode {
  exit_ok = 0,
  exit_wrong = 1,  ///< a claim does not hold, a check found something
  exit_usage = 2,  ///< the command line is wrong
  exit_does_not_compile = 3,
  exit_crashed = 4,      ///< crashed, timed out or flooded its output
  exit_environment = 5,  ///< no compiler, no permission, a broken checkout
  exit_no_such_question = 6,
  exit_nothing_due = 7,
  exit_interrupted = 130,
};

/// What went wrong, for a person to read, and the exit code it means.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message)
      : std::runtime_error(message), code_(code) {}

  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

}  // namespace wb
