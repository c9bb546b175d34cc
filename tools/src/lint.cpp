#include "lint.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "lint_files.hpp"

namespace wb {
namespace {

bool is_section(const std::string& name) {
  return std::find(kSections.begin(), kSections.end(), name) != kSections.end();
}

/// What a path says about the question it belongs to; empty for none.
std::string question_of(const fs::path& path) {
  std::vector<std::string> parts;
  for (const auto& part : path) parts.push_back(part.string());
  const std::size_t at = parts[0] == "include" ? 2 : 1;
  if (parts.size() < at + 2 || !is_section(parts[at])) return "";
  const auto stem = [&](std::string_view folder, std::string_view suffix) {
    const std::string& name = parts[at + 1];
    if (parts[0] != folder || !name.ends_with(suffix)) return std::string();
    return name.substr(0, name.size() - suffix.size());
  };
  for (const auto& [folder, suffix] : {std::pair{"include", ".hpp"},
                                       {"tests", "_test.cpp"},
                                       {"tests", ".mistakes"},
                                       {"bench", "_bench.cpp"}}) {
    const std::string slug = stem(folder, suffix);
    if (!slug.empty()) return parts[at] + "/" + slug;
  }
  return "";
}

/// A page that the site needs beside the questions names its view; such pages
/// lie in questions/ itself.
bool is_page_of_site(const Workspace& workspace, const fs::path& path) {
  return path.parent_path() == "questions" &&
         read_file(workspace.path(path)).find("\nview: ") != std::string::npos;
}

void lint_page_path(const Workspace& workspace, const fs::path& path,
                    Findings& findings) {
  if (is_page_of_site(workspace, path)) return;
  const std::string section = path.parent_path().filename().string();
  if (std::distance(path.begin(), path.end()) != 3 || !is_section(section)) {
    findings.add(path, 0, "paths", "not in questions/<section>/");
  } else if (!is_snake_case(path.stem().string())) {
    findings.add(path, 0, "paths",
                 fmt::format("'{}' is not snake_case", path.stem().string()));
  }
}

void lint_path(const Workspace& workspace, const fs::path& path,
               Findings& findings) {
  if (is_in(path, {"questions"})) {
    return lint_page_path(workspace, path, findings);
  }
  const std::string id = question_of(path);
  if (!id.empty() && !workspace.has("questions/" + id + ".md")) {
    findings.add(path, 0, "paths",
                 fmt::format("there is no questions/{}.md", id));
  }
  const bool library = path.string().starts_with("include/whiteboard/");
  if (library && path.parent_path() != "include/whiteboard/core" &&
      id.empty()) {
    findings.add(path, 0, "paths",
                 "library headers are include/whiteboard/<section>/<slug>.hpp");
  }
}

void lint_file(const Workspace& workspace, const fs::path& path,
               Findings& findings) {
  lint_path(workspace, path, findings);
  auto file = load(workspace, path, findings);
  if (!file) return;
  lint_text(*file, findings);
  if (path.extension() == ".md") lint_links(workspace, *file, findings);
  if (is_source(path)) {
    file->tokens = tokenize(file->text);
    lint_code(workspace, *file, findings);
  }
}

/// "tests/a_test.cpp:12:3: error: ...", as a finding.
std::optional<Finding> parse_complaint(std::string_view line) {
  if (line.find("clang-format-violations") == std::string_view::npos) {
    return std::nullopt;
  }
  const std::size_t colon = line.find(':');
  Finding finding{std::string(line.substr(0, colon)), 0, "format",
                  "clang-format -i would change this file"};
  std::from_chars(line.data() + colon + 1, line.data() + line.size(),
                  finding.line);
  return finding;
}

std::vector<Finding> parse_complaints(const FormatRun& result) {
  std::vector<Finding> findings;
  for (const auto line : lines_of(result.output)) {
    const auto finding = parse_complaint(line);
    const bool known = finding && std::any_of(findings.begin(), findings.end(),
                                              [&](const Finding& f) {
                                                return f.file == finding->file;
                                              });
    if (finding && !known) findings.push_back(*finding);
  }
  if (findings.empty() && result.code != 0) {
    const auto lines = lines_of(result.output);
    const std::string why(lines.empty() ? "no output" : lines.front());
    findings.push_back({".clang-format", 0, "format",
                        fmt::format("clang-format failed: {}", why)});
  }
  return findings;
}

}  // namespace

std::vector<Finding> lint(const Workspace& workspace) {
  Findings findings;
  for (const auto& path : text_files(workspace)) {
    lint_file(workspace, path, findings);
  }
  for (const auto& question : workspace.questions()) {
    lint_question(workspace, question, findings);
  }
  return std::move(findings).sorted();
}

std::vector<Finding> lint_format(
    const Workspace& workspace, const RunFormat& run,
    const std::function<void(const std::string&)>& notice) {
  std::vector<std::string> argv{"clang-format", "--dry-run", "-Werror"};
  const std::size_t options = argv.size();
  for (const auto& path : text_files(workspace)) {
    if (is_source(path)) argv.push_back(path.string());
  }
  if (argv.size() == options) return {};
  const FormatRun result = run(argv, workspace.root());
  if (!result.started) {
    if (notice) notice("clang-format is not installed: format not checked");
    return {};
  }
  return parse_complaints(result);
}

}  // namespace wb
