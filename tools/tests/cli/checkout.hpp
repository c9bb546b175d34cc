// A small checkout of its own, in which the companion is run as a user would.
#pragma once

#include <string>
#include <vector>

#include "../sandbox.hpp"
#include "process.hpp"

namespace wb {

/// The project's build files and core, without its questions.
class Checkout {
 public:
  Checkout() {
    const fs::path from = WHITEBOARD_ROOT;
    for (const auto* file :
         {"CMakeLists.txt", "CMakePresets.json", ".clang-format",
          "tests/CMakeLists.txt", "tests/headers/CMakeLists.txt"}) {
      copy(from, file);
    }
    for (const auto* folder :
         {"cmake", "include/whiteboard/core", "tests/support"}) {
      copy(from, folder);
    }
    for (const auto* empty :
         {"tools", "examples", "bench", "tests/consumers", "tests/core"}) {
      folder_.add(fs::path(empty) / "CMakeLists.txt", "");
    }
    fs::create_directories(root() / "questions");
  }

  const fs::path& root() const { return folder_.path(); }

  void add(const fs::path& file, const std::string& text) const {
    folder_.add(file, text);
  }

  /// A question in `maths` with one claim, whose header and test body are
  /// given.
  void add_question(const std::string& slug, const std::string& header,
                    const std::string& body) const {
    add("questions/maths/" + slug + ".md",
        "---\ntitle: What about " + slug +
            "?\nlevel: core\n---\n\n## In one minute\n\nIt is so.\n\n"
            "## Claims\n\n1. **it_is_so**: it is so.\n\n## Mistakes\n\n");
    add("include/whiteboard/maths/" + slug + ".hpp",
        "#pragma once\n\nnamespace whiteboard::maths {\n\n" + header +
            "\n\n}  // namespace whiteboard::maths\n");
    add("tests/maths/" + slug + "_test.cpp",
        "#include <whiteboard/maths/" + slug +
            ".hpp>\n\n#include <support/claims.hpp>\n\n"
            "#include <csignal>\n#include <cstdio>\n#include <cstdlib>\n\n"
            "TEST_SUITE(\"maths/" +
            slug + "\") {\n  TEST_CASE(\"it_is_so\") {\n" + body +
            "\n  }\n}\n");
  }

  Command command(std::vector<std::string> arguments) const {
    Command command;
    command.argv = {WB_COMPANION};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    command.directory = root();
    command.environment = {
        {"WB_ROOT", root().string()}, {"LC_ALL", "C.UTF-8"}, {"COLUMNS", "80"}};
    command.seconds = 300.0;
    return command;
  }

  Outcome wb(std::vector<std::string> arguments) const {
    return run(command(std::move(arguments)));
  }

 private:
  void copy(const fs::path& from, const fs::path& relative) const {
    fs::create_directories((root() / relative).parent_path());
    fs::copy(from / relative, root() / relative, fs::copy_options::recursive);
  }

  TemporaryFolder folder_;
};

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace wb
