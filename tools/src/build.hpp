// Configuring and building with CMake and Ninja, only what is asked for.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "progress.hpp"
#include "workspace.hpp"

namespace wb {

/// One thing that did not build.
struct BuildFailure {
  std::string product;  ///< the file it was for, relative to the build folder
  std::string output;   ///< what the compiler or the linker said
};

/// The first "file:line:column: error: ..." of a compiler's output, with paths
/// relative to the root, or its first line.
std::string first_error(std::string_view output, const fs::path& root);

/// A build folder of one preset.
class Build {
 public:
  Build(const Workspace& workspace, std::string preset, Progress& progress);

  fs::path folder() const { return folder_; }

  /// Configures when that has not been done. Throws Error (environment) with
  /// CMake's own words when it fails.
  void configure();

  /// Builds the targets (all of them when the list is empty), going on behind
  /// a failure. Returns what failed; empty means everything is up to date.
  /// Another wb that builds in the same folder is waited for.
  std::vector<BuildFailure> build(const std::vector<std::string>& targets);

  /// "g++ 12.2.0", as configured.
  std::string compiler() const;

 private:
  const Workspace& workspace_;
  std::string preset_;
  fs::path folder_;
  Progress& progress_;
};

}  // namespace wb
