#include "build.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <optional>

#include "error.hpp"
#include "folder_lock.hpp"
#include "process.hpp"

namespace wb {
namespace {

/// Calls `on_line` for each whole line of the pieces it is fed.
class LineReader {
 public:
  explicit LineReader(std::function<void(std::string_view)> on_line)
      : on_line_(std::move(on_line)) {}

  void feed(std::string_view text) {
    pending_ += text;
    std::size_t end = 0;
    while ((end = pending_.find('\n')) != std::string::npos) {
      on_line_(std::string_view(pending_).substr(0, end));
      pending_.erase(0, end + 1);
    }
  }

 private:
  std::function<void(std::string_view)> on_line_;
  std::string pending_;
};

/// "[3/15] Building CXX object a/b.cpp.o" in its parts.
struct NinjaStatus {
  std::size_t done = 0;
  std::size_t total = 0;
  std::string_view what;
};

std::optional<NinjaStatus> parse_status(std::string_view line) {
  NinjaStatus status;
  int consumed = 0;
  const std::string text(line);
  if (std::sscanf(text.c_str(), "[%zu/%zu] %n", &status.done, &status.total,
                  &consumed) != 2 ||
      consumed == 0) {
    return std::nullopt;
  }
  status.what = line.substr(static_cast<std::size_t>(consumed));
  return status;
}

/// The blocks of Ninja's output that start with "FAILED: product".
std::vector<BuildFailure> parse_failures(std::string_view output) {
  std::vector<BuildFailure> failures;
  bool inside = false;
  LineReader reader([&](std::string_view line) {
    if (line.starts_with("FAILED: ")) {
      std::string product(line.substr(8));
      while (product.ends_with(' ')) product.pop_back();
      failures.push_back({std::move(product), ""});
      inside = true;
    } else if (parse_status(line) || line.starts_with("ninja: ")) {
      inside = false;
    } else if (inside) {
      failures.back().output.append(line).append("\n");
    }
  });
  reader.feed(output);
  for (auto& failure : failures) {  // the first line repeats the command
    failure.output.erase(0, failure.output.find('\n') + 1);
  }
  return failures;
}

std::string last_lines(std::string_view text, int count) {
  std::size_t start = text.size();
  while (count-- > 0 && start > 0) {
    const std::size_t end = text.rfind('\n', start - 1);
    start = end == text.npos ? 0 : end;
  }
  return std::string(text.substr(start));
}

}  // namespace

std::string first_error(std::string_view output, const fs::path& root) {
  std::string first;
  std::string error;
  LineReader reader([&](std::string_view line) {
    if (first.empty() && !line.empty()) first = line;
    const bool is_error = line.find("error: ") != line.npos ||
                          line.find("undefined ") != line.npos;
    if (error.empty() && is_error) error = line;
  });
  reader.feed(std::string(output) + "\n");
  if (error.empty()) error = first;
  const std::string prefix = root.string() + "/";
  while (error.find(prefix) != error.npos) {
    error.erase(error.find(prefix), prefix.size());
  }
  return error;
}

Build::Build(const Workspace& workspace, std::string preset, Progress& progress)
    : workspace_(workspace),
      preset_(std::move(preset)),
      folder_(workspace.build() / preset_),
      progress_(progress) {}

void Build::configure() {
  const FolderLock lock(folder_, progress_);
  std::error_code none;
  if (fs::exists(folder_ / "build.ninja", none)) return;
  Command command;
  command.argv = {"cmake", "--preset", preset_};
  command.directory = workspace_.root();
  command.on_output = [&](std::string_view) {
    progress_.update("configuring", 0, 0, preset_);
  };
  progress_.update("configuring", 0, 0, preset_);
  const Outcome outcome = run(command);
  progress_.clear();
  if (!outcome.ok()) {
    throw Error(exit_environment,
                fmt::format("cmake --preset {} failed ({})\n{}\n`wb doctor` "
                            "says what is missing",
                            preset_, describe(outcome),
                            last_lines(outcome.output, 25)));
  }
}

std::vector<BuildFailure> Build::build(
    const std::vector<std::string>& targets) {
  configure();
  const FolderLock lock(folder_, progress_);
  Command command;
  command.argv = {
      "ninja", "-C", folder_.string(), "-j", std::to_string(build_jobs()),
      "-k",    "0"};
  command.argv.insert(command.argv.end(), targets.begin(), targets.end());
  command.environment = {{"NINJA_STATUS", "[%f/%t] "}};
  LineReader reader([&](std::string_view line) {
    const auto status = parse_status(line);
    if (!status) return;
    const fs::path file(status->what.substr(status->what.rfind(' ') + 1));
    progress_.update("building", status->done, status->total,
                     file.filename().string());
  });
  command.on_output = [&](std::string_view text) { reader.feed(text); };
  progress_.update("building", 0, 0);
  const Outcome outcome = run(command);
  progress_.clear();
  if (outcome.ok()) return {};
  auto failures = parse_failures(outcome.output);
  const bool unconfigured = std::any_of(
      failures.begin(), failures.end(),
      [](const auto& failure) { return failure.product == "build.ninja"; });
  if (failures.empty() || unconfigured) {
    throw Error(exit_environment,
                fmt::format("ninja failed ({})\n{}", describe(outcome),
                            last_lines(outcome.output, 25)));
  }
  return failures;
}

std::string Build::compiler() const {
  const std::string cache = read_file(folder_ / "CMakeCache.txt");
  const std::string key = "CMAKE_CXX_COMPILER:";
  const std::size_t entry = cache.find("\n" + key);
  if (entry == std::string::npos) return "unknown compiler";
  const std::size_t start = cache.find('=', entry) + 1;
  const std::string program =
      cache.substr(start, cache.find('\n', start) - start);
  Command command;
  command.argv = {program, "--version"};
  command.seconds = 10.0;
  const Outcome outcome = run(command);
  return outcome.ok() ? outcome.output.substr(0, outcome.output.find('\n'))
                      : program;
}

}  // namespace wb
