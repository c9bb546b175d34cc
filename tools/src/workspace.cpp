#include "workspace.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>

#include "error.hpp"
#include "match.hpp"
#include "text.hpp"

namespace wb {

const std::vector<std::string> kSections{
    "fundamentals",    "algorithms",    "data_preprocessing",
    "optimization",    "deep_learning", "nlp",
    "computer_vision", "llm",           "model_evaluation",
    "system_design",   "statistics",    "coding",
    "maths",           "behavioral"};

namespace {

/// "K-Means", "k means" and "questions/algorithms/k_means.md" as an id would
/// be written.
std::string normalised(std::string_view typed) {
  if (typed.starts_with("questions/")) typed.remove_prefix(10);
  if (typed.ends_with(".md")) typed.remove_suffix(3);
  std::string id;
  for (const char c : typed) {
    const auto byte = static_cast<unsigned char>(c);
    id += c == '-' || c == ' ' ? '_' : static_cast<char>(std::tolower(byte));
  }
  return id;
}

std::string listing(const std::vector<Question>& questions) {
  std::string lines;
  for (const auto& q : questions) lines += "\n  " + q.id();
  return lines;
}

/// "did you mean" and the ids a few keystrokes away, by slug or whole id.
std::string suggestion(const std::vector<Question>& questions,
                       const std::string& typed) {
  std::vector<std::string> ids;
  std::vector<std::string> slugs;
  for (const auto& q : questions) {
    ids.push_back(q.id());
    slugs.push_back(q.slug);
  }
  std::string lines;
  for (const auto& id : nearest_words(typed, ids)) lines += "\n  " + id;
  if (lines.empty()) {
    for (const auto& slug : nearest_words(typed, slugs)) {
      for (const auto& q : questions) {
        if (q.slug == slug && lines.find(q.id()) == lines.npos) {
          lines += "\n  " + q.id();
        }
      }
    }
  }
  return lines.empty() ? "`wb list` shows them all" : "did you mean" + lines;
}

[[noreturn]] void fail(const char* what, const fs::path& path, int error) {
  throw Error(exit_environment, fmt::format("{} {}: {}", what, path.string(),
                                            std::strerror(error)));
}

}  // namespace

Workspace::Workspace(fs::path root) : root_(std::move(root)) {
  std::error_code error;
  if (!fs::is_directory(root_ / "questions", error)) {
    throw Error(exit_environment,
                fmt::format("{} is not a whiteboard checkout: it has no "
                            "folder questions/",
                            root_.string()));
  }
  for (const auto& section : kSections) {
    std::vector<std::string> slugs;
    for (const auto& entry :
         fs::directory_iterator(root_ / "questions" / section, error)) {
      if (entry.path().extension() == ".md") {
        slugs.push_back(entry.path().stem().string());
      }
    }
    std::sort(slugs.begin(), slugs.end());
    for (auto& slug : slugs) questions_.push_back({section, std::move(slug)});
  }
}

std::vector<Question> Workspace::of_section(std::string_view section) const {
  std::vector<Question> found;
  for (const auto& q : questions_) {
    if (q.section == section) found.push_back(q);
  }
  return found;
}

Question Workspace::find(std::string_view fragment,
                         std::string_view preferred) const {
  const std::string typed = normalised(fragment);
  using Rule = std::function<bool(const Question&)>;
  // From strict to loose: the first rule that anything obeys decides.
  const std::array<Rule, 5> rules{
      [&](const Question& q) { return q.id() == typed; },
      [&](const Question& q) { return q.slug == typed; },
      [&](const Question& q) { return q.slug.starts_with(typed); },
      [&](const Question& q) { return q.id().find(typed) != q.id().npos; },
      [&](const Question& q) { return is_subsequence(typed, q.id()); }};
  for (const auto& rule : rules) {
    if (typed.empty()) break;
    std::vector<Question> found;
    std::copy_if(questions_.begin(), questions_.end(),
                 std::back_inserter(found), rule);
    if (found.size() == 1) return found.front();
    const auto is_preferred = [&](const Question& q) {
      return q.section == preferred;
    };
    if (std::count_if(found.begin(), found.end(), is_preferred) == 1) {
      return *std::find_if(found.begin(), found.end(), is_preferred);
    }
    if (found.size() > 1) {
      throw Error(exit_no_such_question,
                  fmt::format("'{}' may be any of these:{}", sanitize(fragment),
                              listing(found)));
    }
  }
  throw Error(exit_no_such_question,
              fmt::format("no question matches '{}'; {}", sanitize(fragment),
                          suggestion(questions_, typed)));
}

std::vector<fs::path> Workspace::patches(const Question& question) const {
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& entry :
       fs::directory_iterator(path(question.mistakes()), none)) {
    if (entry.path().extension() == ".patch") {
      found.push_back(question.mistakes() / entry.path().filename());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::optional<fs::path> find_root(fs::path start) {
  for (;; start = start.parent_path()) {
    std::error_code none;
    if (fs::exists(start / "CMakeLists.txt", none) &&
        fs::is_directory(start / "include/whiteboard", none) &&
        fs::is_directory(start / "questions", none)) {
      return start;
    }
    if (start == start.parent_path()) return std::nullopt;
  }
}

std::string read_file(const fs::path& path) {
  using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
  const File file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!file) fail("cannot open", path, errno);
  std::string bytes;
  std::array<char, 65536> buffer;
  while (const auto n =
             std::fread(buffer.data(), 1, buffer.size(), file.get())) {
    bytes.append(buffer.data(), n);
  }
  if (std::ferror(file.get()) != 0) fail("cannot read", path, errno);
  return bytes;
}

std::string read_text(const fs::path& path) {
  std::string text = read_file(path);
  if (const auto offset = invalid_utf8(text)) {
    const auto line =
        1 + std::count(text.begin(),
                       text.begin() + static_cast<std::ptrdiff_t>(*offset),
                       '\n');
    throw Error(exit_environment, fmt::format("{}:{}: not valid UTF-8 text",
                                              path.string(), line));
  }
  return text;
}

void write_file(const fs::path& path, std::string_view text) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) fail("cannot create", path.parent_path(), error.value());
  const fs::path partial =
      fmt::format("{}.{}.partial", path.string(), ::getpid());
  std::FILE* file = std::fopen(partial.c_str(), "wb");
  if (file == nullptr) fail("cannot write", path, errno);
  const bool written =
      std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const int write_error = errno;
  if (std::fclose(file) != 0 || !written) {
    const int reason = written ? errno : write_error;
    fs::remove(partial, error);
    fail("cannot write", path, reason);
  }
  fs::rename(partial, path, error);
  if (error) {
    const int reason = error.value();
    fs::remove(partial, error);
    fail("cannot write", path, reason);
  }
}

}  // namespace wb
