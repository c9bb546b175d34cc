// What the judge compiles with: a compiler called directly, with the tests'
// main() and a precompiled header made once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "build.hpp"
#include "process.hpp"
#include "progress.hpp"
#include "workspace.hpp"

namespace wb {

/// One way of compiling the tests.
struct Flavour {
  int optimisation = 0;    ///< 0: compiles fast; 1: for tests that compute much
  bool sanitised = false;  ///< address and undefined-behaviour sanitizers

  bool operator==(const Flavour&) const = default;
};

/// Everything of one flavour that does not depend on the question.
class Kit {
 public:
  /// Makes what is missing or out of date below build/practice. Takes clang++
  /// where it is installed, since it compiles a test in half of g++'s time,
  /// and else the compiler of the project. Throws Error (environment) with the
  /// compiler's own words when none of them can.
  Kit(const Workspace& workspace, const Flavour& flavour, Build& build,
      Progress& progress);

  /// Compiles `source`, reading the library from `folder`/include, into
  /// `folder`/test.o; the names of what it read go to `folder`/test.d.
  Command compile(const fs::path& source, const fs::path& folder) const;

  /// Links `folder`/test.o with the tests' main() to `folder`/test.
  Command link(const fs::path& folder) const;

  /// The program's name, e.g. "clang++".
  const std::string& compiler() const { return compiler_; }
  const Flavour& flavour() const { return flavour_; }

  /// Changes whenever what it compiles with does.
  const std::string& fingerprint() const { return fingerprint_; }

 private:
  std::string make(const std::string& compiler, Progress& progress);
  std::string build_parts(Progress& progress) const;
  std::vector<std::string> base(const std::string& compiler) const;
  std::string precompiled() const;
  std::string header_object() const;

  const Workspace& workspace_;
  Flavour flavour_;
  std::vector<std::string> flags_;  ///< of the project: -D, -I, -isystem, -std
  std::string compiler_;
  std::string fingerprint_;
  fs::path folder_;
  bool clang_ = false;
  bool lld_ = false;
  /// The code of the precompiled header is compiled once, with it, and not
  /// with every test: a linear-algebra test then takes a third of the time.
  bool header_object_ = false;
};

/// The first of the programs that PATH has.
std::optional<std::string> find_program(const std::vector<std::string>& names);

}  // namespace wb
