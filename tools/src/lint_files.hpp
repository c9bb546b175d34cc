// What the rules of lint share: the files of a checkout, read once, and a list
// of findings. Not for use outside of lint.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "answer.hpp"
#include "cpp_scan.hpp"
#include "lint.hpp"
#include "text.hpp"
#include "workspace.hpp"

namespace wb {

/// A file of the project. Source has its tokens, which view `text`.
struct SourceFile {
  fs::path path;  ///< relative to the root
  std::string text;
  std::vector<Token> tokens;
};

/// The findings of one run.
class Findings {
 public:
  void add(const fs::path& file, std::size_t line, std::string_view rule,
           std::string message);

  /// By file, line, rule and message, each finding once.
  std::vector<Finding> sorted() &&;

 private:
  std::vector<Finding> found_;
};

/// Paths of all text files under the folders of the project, sorted.
std::vector<fs::path> text_files(const Workspace& workspace);

/// Reads a file; a finding and nothing when that fails.
std::optional<SourceFile> load(const Workspace& workspace, const fs::path& path,
                               Findings& findings);

/// snake_case: lower-case words and digits joined by single underscores.
bool is_snake_case(std::string_view name);

/// Is `path` in one of these top-level folders?
bool is_in(const fs::path& path,
           std::initializer_list<std::string_view> folders);

/// Is it C++?
bool is_source(const fs::path& path);

/// Is `text[at]`, for `length` bytes, a word of its own?
bool is_whole_word(std::string_view text, std::size_t at, std::size_t length);

/// Index of the token that closes the bracket at `open`, or tokens.size().
std::size_t closing(const std::vector<Token>& tokens, std::size_t open);

/// The tokens without comments and directives.
std::vector<Token> code_of(const SourceFile& file);

// Rules for one file, by its place.
void lint_text(const SourceFile& file, Findings& findings);
void lint_links(const Workspace& workspace, const SourceFile& file,
                Findings& findings);
void lint_code(const Workspace& workspace, const SourceFile& file,
               Findings& findings);

/// Rules for a question: its page against its header, test and mistakes.
void lint_question(const Workspace& workspace, const Question& question,
                   Findings& findings);

}  // namespace wb
