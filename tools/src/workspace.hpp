// Where everything of the project is, found from the paths alone.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wb {

namespace fs = std::filesystem;

/// The sections in the order of the source.
extern const std::vector<std::string> kSections;

/// "algorithms/k_means" and the files that belong to it.
struct Question {
  std::string section;
  std::string slug;

  std::string id() const { return section + "/" + slug; }
  std::string target() const { return "test_" + section + "_" + slug; }
  std::string bench_target() const { return "bench_" + section + "_" + slug; }

  // Paths relative to the root of the project.
  fs::path answer() const { return "questions/" + id() + ".md"; }
  fs::path header() const { return "include/whiteboard/" + id() + ".hpp"; }
  fs::path test() const { return "tests/" + id() + "_test.cpp"; }
  fs::path bench() const { return "bench/" + id() + "_bench.cpp"; }
  fs::path mistakes() const { return "tests/" + id() + ".mistakes"; }

  bool operator==(const Question&) const = default;
};

/// A checkout of the project.
class Workspace {
 public:
  /// Throws Error (environment) when `root` is not a checkout.
  explicit Workspace(fs::path root);

  const fs::path& root() const { return root_; }
  fs::path path(const fs::path& relative) const { return root_ / relative; }
  fs::path build() const { return root_ / "build"; }

  /// Every question that has an answer, by section and then by slug.
  const std::vector<Question>& questions() const { return questions_; }

  /// The questions of `section`; empty when there is none.
  std::vector<Question> of_section(std::string_view section) const;

  /// The question meant by a whole id, a unique fragment of one, or letters
  /// that occur in its order ("kmeans"). Throws Error (no_such_question) with
  /// the candidates when it is ambiguous, and with "did you mean" when nothing
  /// matches. Of several, the only one in the section `preferred` is taken.
  Question find(std::string_view fragment,
                std::string_view preferred = {}) const;

  /// Patches of a question's mistakes, sorted, as paths relative to the root.
  std::vector<fs::path> patches(const Question& question) const;

  bool has(const fs::path& relative) const {
    return fs::exists(path(relative));
  }

 private:
  fs::path root_;
  std::vector<Question> questions_;
};

/// The root above `start` (a folder with CMakeLists.txt, include/whiteboard
/// and questions/), if there is one.
std::optional<fs::path> find_root(fs::path start);

/// The file's bytes. Throws Error (environment) with the path and the reason.
std::string read_file(const fs::path& path);

/// read_file, and an Error that gives the line when it is not UTF-8.
std::string read_text(const fs::path& path);

/// Replaces the file in one step: all of `text` or nothing.
/// Throws Error (environment) with the path and the reason.
void write_file(const fs::path& path, std::string_view text);

}  // namespace wb
