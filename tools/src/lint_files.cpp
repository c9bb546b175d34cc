#include "lint_files.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <tuple>

#include "error.hpp"
#include "text.hpp"

namespace wb {
namespace {

constexpr std::array<std::string_view, 12> kFolders{
    "include", "tests", "bench", "examples", "tools",   "questions",
    "data",    "docs",  "cmake", ".ci",      ".github", ".devcontainer"};

bool is_text(const fs::path& path) {
  static const std::set<std::string> extensions{
      "",      ".md",  ".hpp", ".cpp",  ".h",   ".c",   ".txt",  ".cmake",
      ".json", ".yml", ".in",  ".yaml", ".sh",  ".py",  ".csv",  ".patch",
      ".toml", ".js",  ".mjs", ".ts",   ".css", ".vue", ".jsonl"};
  return extensions.contains(path.extension().string());
}

/// Folders of products, not of sources.
bool is_skipped(const fs::path& folder) {
  const std::string name = folder.filename().string();
  return name == "build" || name == "node_modules" || name == "__pycache__" ||
         name == ".git" || name == "dist" || name == "cache";
}

void collect(const fs::path& root, const fs::path& folder,
             std::vector<fs::path>& files) {
  std::error_code error;
  fs::recursive_directory_iterator entry(root / folder, error);
  for (; !error && entry != fs::recursive_directory_iterator();
       entry.increment(error)) {
    std::error_code none;
    if (entry->is_directory(none)) {
      if (is_skipped(entry->path())) entry.disable_recursion_pending();
    } else if (is_text(entry->path())) {
      files.push_back(entry->path().lexically_relative(root));
    }
  }
}

std::size_t columns(std::string_view line) {
  return static_cast<std::size_t>(std::count_if(
      line.begin(), line.end(),
      [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

void check_line(const SourceFile& file, std::string_view line,
                std::size_t number, Findings& findings) {
  const std::string name = file.path.filename().string();
  if (name.find("Makefile") == std::string::npos &&
      line.find('\t') != std::string_view::npos) {
    findings.add(file.path, number, "whitespace", "a tab");
  }
  if (line.ends_with(' ') || line.ends_with('\r')) {
    findings.add(file.path, number, "whitespace", "blanks at the end");
  }
}

void check_leftovers(const SourceFile& file, std::string_view line,
                     std::size_t number, Findings& findings) {
  // In pieces, or this very list would be found.
  static const std::array<std::string, 3> words{std::string("TO") + "DO",
                                                std::string("FIX") + "ME",
                                                std::string("XX") + "X"};
  for (const auto& word : words) {
    for (std::size_t at = line.find(word); at != std::string_view::npos;
         at = line.find(word, at + 1)) {
      if (!is_whole_word(line, at, word.size())) continue;
      findings.add(file.path, number, "leftovers", "a mark: " + word);
    }
  }
}

void check_columns(const SourceFile& file, std::string_view line,
                   std::size_t number, Findings& findings) {
  // What no line break can shorten: a link, a path.
  const bool fixed = line.find("://") != std::string_view::npos ||
                     line.starts_with("#include") ||
                     line.starts_with("// Answer:");
  if (columns(line) > 80 && !fixed) {
    findings.add(file.path, number, "length",
                 fmt::format("{} columns; 80 at most", columns(line)));
  }
}

}  // namespace

void Findings::add(const fs::path& file, std::size_t line,
                   std::string_view rule, std::string message) {
  found_.push_back({file, line, std::string(rule), std::move(message)});
}

std::vector<Finding> Findings::sorted() && {
  std::sort(found_.begin(), found_.end(),
            [](const Finding& a, const Finding& b) {
              return std::tie(a.file, a.line, a.rule, a.message) <
                     std::tie(b.file, b.line, b.rule, b.message);
            });
  found_.erase(std::unique(found_.begin(), found_.end()), found_.end());
  return std::move(found_);
}

std::vector<fs::path> text_files(const Workspace& workspace) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(workspace.root(), error)) {
    std::error_code none;
    if (entry.is_regular_file(none) && is_text(entry.path())) {
      files.push_back(entry.path().filename());
    }
  }
  for (const auto folder : kFolders) collect(workspace.root(), folder, files);
  std::sort(files.begin(), files.end());
  return files;
}

std::optional<SourceFile> load(const Workspace& workspace, const fs::path& path,
                               Findings& findings) {
  SourceFile file{path, {}, {}};
  try {
    file.text = read_file(workspace.path(path));
  } catch (const Error& error) {
    findings.add(path, 0, "readable", error.what());
    return std::nullopt;
  }
  if (const auto offset = invalid_utf8(file.text)) {
    const auto end = file.text.begin() + static_cast<std::ptrdiff_t>(*offset);
    const auto line = 1 + std::count(file.text.begin(), end, '\n');
    findings.add(path, static_cast<std::size_t>(line), "readable",
                 "not valid UTF-8");
    return std::nullopt;
  }
  return file;
}

bool is_snake_case(std::string_view name) {
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && name.front() >= 'a' && name.front() <= 'z' &&
         name.back() != '_' && name.find("__") == std::string_view::npos &&
         std::all_of(name.begin(), name.end(), is_allowed);
}

bool is_in(const fs::path& path,
           std::initializer_list<std::string_view> folders) {
  const std::string top = path.begin()->string();
  return std::find(folders.begin(), folders.end(), top) != folders.end();
}

bool is_source(const fs::path& path) {
  return path.extension() == ".hpp" || path.extension() == ".cpp";
}

bool is_whole_word(std::string_view text, std::size_t at, std::size_t length) {
  const auto is_word = [&](std::size_t i) {
    return i < text.size() &&
           (std::isalnum(static_cast<unsigned char>(text[i])) != 0 ||
            text[i] == '_');
  };
  return (at == 0 || !is_word(at - 1)) && !is_word(at + length);
}

std::size_t closing(const std::vector<Token>& tokens, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < tokens.size(); ++i) {
    const Token& t = tokens[i];
    if (t.is("(") || t.is("[") || t.is("{")) ++depth;
    if (t.is("[[")) depth += 2;
    if ((t.is(")") || t.is("]") || t.is("}")) && --depth <= 0) return i;
  }
  return tokens.size();
}

std::vector<Token> code_of(const SourceFile& file) {
  std::vector<Token> tokens = file.tokens;
  std::erase_if(tokens, [](const Token& t) {
    return t.kind == TokenKind::comment || t.kind == TokenKind::preprocessor;
  });
  return tokens;
}

void lint_text(const SourceFile& file, Findings& findings) {
  const auto lines = lines_of(file.text);
  if (!file.text.empty() && !file.text.ends_with('\n')) {
    findings.add(file.path, lines.size(), "whitespace",
                 "no line end at the end of the file");
  }
  const bool patch = file.path.extension() == ".patch";
  const bool checked = is_in(file.path, {"include", "tests", "bench",
                                         "examples", "tools", "questions"});
  const bool narrow =
      is_source(file.path) && checked && !is_in(file.path, {"questions"});
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!patch) check_line(file, lines[i], i + 1, findings);
    if (checked) check_leftovers(file, lines[i], i + 1, findings);
    if (narrow) check_columns(file, lines[i], i + 1, findings);
  }
}

}  // namespace wb
