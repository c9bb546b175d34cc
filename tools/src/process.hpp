// Running other programs: each in a process group of its own, with limits on
// time and output, several at once, and none left behind after Ctrl-C.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wb {

struct Command {
  std::vector<std::string> argv;    ///< program (looked up in PATH), arguments
  std::filesystem::path directory;  ///< empty: the current one
  std::vector<std::pair<std::string, std::string>> environment;  ///< added
  double seconds = 0.0;                             ///< 0: no limit
  std::size_t output_limit = std::size_t{1} << 26;  ///< bytes
  std::function<void(std::string_view)> on_output;  ///< called as it comes
};

enum class Ending { exited, signalled, timed_out, flooded, not_started };

struct Outcome {
  Ending ending = Ending::not_started;
  int code = 0;        ///< exit code, or the signal's number
  std::string output;  ///< standard output and standard error, as they came
  double seconds = 0.0;

  bool ok() const { return ending == Ending::exited && code == 0; }
};

/// "exit code 3", "killed by signal 11 (Segmentation fault)", ...
std::string describe(const Outcome& outcome);

/// Runs one program to its end. Throws Error (interrupted) after Ctrl-C or
/// SIGTERM, once the program and all its children are gone.
Outcome run(const Command& command);

/// Runs all, at most `jobs` at a time, and returns their outcomes in order.
/// `done` is called as each one ends. Interruptions as for run().
std::vector<Outcome> run_all(
    const std::vector<Command>& commands, int jobs,
    const std::function<void(std::size_t, const Outcome&)>& done = {});

/// Processors this process may use, at least 1.
int processors();

/// How many compilers to run at once: one a processor, and 700 MB each.
int build_jobs();

}  // namespace wb
