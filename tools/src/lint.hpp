// The rules of the project that a program can check, without compiling.
//
// rule              what it holds
// ----------------  ---------------------------------------------------------
// paths             one name everywhere: known sections, snake_case, and no
//                   header, test, bench or mistake without an answer
// readable          every file can be read and is UTF-8
// whitespace        a line end at the end, no tabs, no blanks at line ends
// leftovers         no marks of unfinished work, no code switched off
// front-matter      known keys with sensible values; hints give nothing away
// sections          the headings of a page, all there, in order, not empty
// file-links        a page starts with links to the files of its question
// page              items and equations of a page are well-formed
// claims-match      the claims of the page are the test cases of its suite
// claim-has-checks  a claim's case checks something; no bare Approx in tests
// mistakes-match    the mistakes of the page are the patches, which break
//                   the claims that the page says
// equations         Eq. (n) and "claim n" refer to what exists
// solution          coding headers mark what a reader must write, soundly
// header-block      the keyed comment that opens a header, #pragma once
// includes          <whiteboard/...> only, and existing; no broad Eigen header
// auto-expression   no auto variable for an Eigen or xtensor expression
// lazy-reducer      xtensor reductions are evaluated before they are used
// public-auto       functions of the library spell their return type
// length            headers of 250 lines, functions of 40, lines of 80 columns
// links             relative links lead somewhere
// format            clang-format has nothing to change
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "workspace.hpp"

namespace wb {

struct Finding {
  fs::path file;         ///< relative to the root
  std::size_t line = 0;  ///< from 1; 0 for the file as a whole
  std::string rule;
  std::string message;

  bool operator==(const Finding&) const = default;
};

/// Checks everything but the format, ordered by file and line. A file that
/// cannot be read is a finding.
std::vector<Finding> lint(const Workspace& workspace);

/// What came of running a program.
struct FormatRun {
  bool started = false;  ///< false when it is not installed
  int code = 0;
  std::string output;  ///< standard output and standard error
};

/// Runs a program with its arguments in a folder.
using RunFormat = std::function<FormatRun(const std::vector<std::string>& argv,
                                          const fs::path& directory)>;

/// Asks clang-format about all source files at once. When it is not installed
/// there is no finding, and `notice` is called with a sentence that says so.
std::vector<Finding> lint_format(
    const Workspace& workspace, const RunFormat& run,
    const std::function<void(const std::string&)>& notice = {});

}  // namespace wb
