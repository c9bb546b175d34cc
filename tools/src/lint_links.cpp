// The rule "links": relative links of Markdown lead somewhere.
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "lint_files.hpp"

namespace wb {
namespace {

constexpr auto npos = std::string_view::npos;

/// A heading as GitHub makes an anchor of it.
std::string anchor_of(std::string_view heading) {
  std::string anchor;
  for (const char c : trim(heading)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c >= 'A' && c <= 'Z') {
      anchor += static_cast<char>(c - 'A' + 'a');
    } else if (c == ' ') {
      anchor += '-';
    } else if (c == '-' || c == '_' || byte >= 0x80 || (c >= 'a' && c <= 'z') ||
               (c >= '0' && c <= '9')) {
      anchor += c;
    }
  }
  return anchor;
}

/// The lines of a page with everything blanked that holds no links: fenced
/// code, code spans, inline maths.
std::vector<std::string> prose_lines(std::string_view text) {
  std::vector<std::string> lines;
  bool fenced = false;
  for (const auto view : lines_of(text)) {
    const std::string_view start = trim(view);
    const bool fence = start.starts_with("```") || start.starts_with("~~~");
    std::string line(fence || fenced ? std::string_view() : view);
    if (fence) fenced = !fenced;
    for (const char mark : {'`', '$'}) {
      std::size_t open = line.find(mark);
      while (open != npos) {
        const std::size_t close = line.find(mark, open + 1);
        if (close == npos) break;
        std::fill_n(line.begin() + static_cast<std::ptrdiff_t>(open),
                    close + 1 - open, ' ');
        open = line.find(mark, close + 1);
      }
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

std::set<std::string> anchors_of(std::string_view text) {
  std::set<std::string> anchors;
  std::map<std::string, int> seen;
  bool fenced = false;
  for (const auto line : lines_of(text)) {
    if (line.starts_with("```") || line.starts_with("~~~")) fenced = !fenced;
    const std::size_t level = line.find_first_not_of('#');
    if (fenced || level == 0 || level == npos || line[level] != ' ') continue;
    const std::string anchor = anchor_of(line.substr(level));
    const int times = seen[anchor]++;
    anchors.insert(times == 0 ? anchor : fmt::format("{}-{}", anchor, times));
  }
  return anchors;
}

/// The targets of `[text](target "title")` and `[name]: target` on a line.
std::vector<std::string> targets_of(std::string_view line) {
  std::vector<std::string> targets;
  const auto add = [&](std::string_view target) {
    target = trim(target);
    targets.emplace_back(target.substr(0, target.find(' ')));
  };
  for (std::size_t at = line.find("]("); at != npos;
       at = line.find("](", at + 1)) {
    const std::size_t end = line.find(')', at);
    if (end != npos) add(line.substr(at + 2, end - at - 2));
  }
  const std::size_t definition = line.find("]: ");
  if (line.starts_with('[') && definition != npos) {
    add(line.substr(definition + 3));
  }
  return targets;
}

bool is_elsewhere(std::string_view target) {
  return target.find("://") != npos || target.starts_with("mailto:");
}

}  // namespace

void lint_links(const Workspace& workspace, const SourceFile& file,
                Findings& findings) {
  const auto anchors = anchors_of(file.text);
  std::size_t number = 0;
  for (const std::string& line : prose_lines(file.text)) {
    ++number;
    for (const std::string& target : targets_of(line)) {
      if (is_elsewhere(target)) continue;
      const std::size_t hash = target.find('#');
      const std::string path = target.substr(0, hash);
      const fs::path resolved =
          (file.path.parent_path() / path).lexically_normal();
      const bool outside = resolved.string().starts_with("..");
      if (path.starts_with('/') || outside ||
          (!path.empty() && !workspace.has(resolved))) {
        findings.add(file.path, number, "links",
                     fmt::format("'{}' leads nowhere", target));
      } else if (path.empty() && (hash == std::string::npos ||
                                  !anchors.contains(target.substr(hash + 1)))) {
        findings.add(file.path, number, "links",
                     fmt::format("there is no heading '{}'", target));
      }
    }
  }
}

}  // namespace wb
