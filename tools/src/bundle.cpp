#include "bundle.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <vector>

#include "error.hpp"
#include "highlight.hpp"

namespace wb {
namespace {

/// Collects the pieces of a bundle in the order in which they are needed.
class Bundler {
 public:
  explicit Bundler(const Workspace& workspace) : workspace_(workspace) {}

  void add(std::string_view text) {
    std::string own;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      const std::string_view line = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (line.starts_with("#pragma once")) continue;
      if (line.starts_with("#include <whiteboard/")) {
        add_header(line);
      } else if (line.starts_with("#include <") && depth_ == 0) {
        includes_.insert(std::string(line));
      } else {
        track(line);
        own.append(line).append("\n");
      }
    }
    body_ += trimmed(own) + "\n\n";
  }

  std::string result() const {
    std::string text = "#pragma once\n\n";
    for (const auto& include : includes_) text += include + "\n";
    return text + "\n" + trimmed(body_) + "\n";
  }

 private:
  /// An include inside of #if ... #endif stays where it is.
  void track(std::string_view line) {
    if (line.starts_with("#if")) ++depth_;
    if (line.starts_with("#endif")) --depth_;
  }

  void add_header(std::string_view line) {
    const std::size_t open = line.find('<') + 1;
    const std::string name(line.substr(open, line.find('>') - open));
    if (!added_.insert(name).second) return;
    const fs::path path = fs::path("include") / name;
    if (!workspace_.has(path)) {
      throw Error(exit_environment,
                  fmt::format("there is no {}", path.string()));
    }
    add(strip_markers(read_text(workspace_.path(path))));
  }

  /// Without empty lines at both ends, and none after another inside.
  static std::string trimmed(const std::string& text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const bool third = text[i] == '\n' && result.ends_with("\n\n");
      if (!third && !(result.empty() && text[i] == '\n')) result += text[i];
    }
    while (result.ends_with('\n')) result.pop_back();
    return result;
  }

  const Workspace& workspace_;
  std::set<std::string> added_;
  std::set<std::string> includes_;
  std::string body_;
  int depth_ = 0;
};

}  // namespace

std::string bundle(const Workspace& workspace, std::string_view text) {
  Bundler bundler(workspace);
  bundler.add(strip_markers(text));
  return bundler.result();
}

}  // namespace wb
