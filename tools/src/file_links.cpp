#include "file_links.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace wb {

std::string file_links(const Question& question,
                       const std::function<bool(const fs::path&)>& exists) {
  const bool coding = question.section == "coding";
  const std::vector<std::pair<std::string, fs::path>> files{
      {coding ? "Solution" : "Code", question.header()},
      {"Tests", question.test()},
      {"Mistakes", question.mistakes()},
      {"Benchmark", question.bench()}};
  std::vector<std::string> links;
  for (const auto& [name, path] : files) {
    if (!exists(path)) continue;
    links.push_back(fmt::format("[{}](../../{})", name, path.string()));
  }
  return fmt::format("{}", fmt::join(links, " ·\n"));
}

}  // namespace wb
