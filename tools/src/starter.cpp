#include "starter.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "cpp_scan.hpp"
#include "error.hpp"
#include "text.hpp"

namespace wb {
namespace {

constexpr std::size_t kShortestLeak = 20;  ///< characters without blanks

/// The comment lines at the top of a header, up to #pragma once.
std::size_t end_of_block(std::string_view header) {
  std::size_t at = 0;
  while (header.substr(at).starts_with("//")) {
    at = std::min(header.find('\n', at), header.size() - 1) + 1;
  }
  return at;
}

/// The last key of the block, which says what the letters mean.
std::string_view symbols(std::string_view block) {
  const std::size_t at = block.find("// Symbols:");
  return at == block.npos ? std::string_view() : block.substr(at);
}

std::string comment(const std::string& text) {
  std::string lines;
  for (const auto& line : wrap({{text, Role::plain}}, 77)) {
    lines += "// " + plain_text(line);
    if (!lines.ends_with('\n')) lines += '\n';
  }
  return lines;
}

std::string task_block(const Question& question, const Answer& answer,
                       std::string_view block) {
  std::string text = comment(sanitize(answer.front.title));
  text +=
      comment(fmt::format("{} minutes. Judged on every save by: "
                          "./wb watch {}",
                          answer.front.minutes, question.id()));
  text += comment("Stuck? ./wb hint, then ./wb why");
  const std::string_view letters = symbols(block);
  if (!letters.empty()) text += "//\n" + std::string(letters);
  return text;
}

/// Blanks at the start of the line of the region's first marker.
std::string indent_of(std::string_view source, const SolutionRegion& region) {
  const std::string_view before = source.substr(0, region.begin - 1);
  const std::size_t start = before.rfind('\n') + 1;
  const std::size_t text = source.find_first_not_of(' ', start);
  return std::string(text - start, ' ');
}

/// The function around a region of statements.
std::string function_of(const std::vector<FunctionBody>& bodies,
                        const SolutionRegion& region) {
  for (const FunctionBody& body : bodies) {
    if (body.open < region.begin && region.end <= body.close) return body.name;
  }
  return "";
}

std::size_t line_start(std::string_view source, std::size_t offset) {
  const std::size_t feed = source.substr(0, offset).rfind('\n');
  return feed == source.npos ? 0 : feed + 1;
}

/// `source` from `begin` on with its regions cut out.
std::string cut_regions(std::string_view source, std::size_t begin,
                        const std::vector<SolutionRegion>& regions) {
  const std::vector<FunctionBody> bodies = function_bodies(source);
  std::string text;
  std::size_t copied = begin;
  for (const SolutionRegion& region : regions) {
    // From the line of the first marker to the line behind the second one.
    const std::size_t first = line_start(source, region.begin - 1);
    text.append(source.substr(copied, first - copied));
    const std::string indent = indent_of(source, region);
    if (region.in_body) {
      text += fmt::format("{0}not_written(\"{1}\");  // your code here\n",
                          indent, function_of(bodies, region));
    } else {
      text += indent + "// room for what you need besides\n";
    }
    const std::size_t feed = source.find('\n', region.end);
    copied = feed == source.npos ? source.size() : feed + 1;
  }
  text.append(source.substr(copied));
  return text;
}

/// The include of core/not_written.hpp goes to the other ones of the library,
/// in order, or in front of the first of all.
void add_include(std::string& text) {
  const std::string wanted = "#include <whiteboard/core/not_written.hpp>\n";
  const std::size_t library = text.find("#include <whiteboard/");
  if (library == std::string::npos) {
    const std::size_t first = text.find("#include ");
    text.insert(first == std::string::npos ? text.size() : first,
                wanted + "\n");
    return;
  }
  std::size_t at = library;
  while (text.compare(at, 10, "#include <") == 0) {
    const std::size_t end = text.find('\n', at) + 1;
    if (text.substr(at, end - at) > wanted) break;
    at = end;
  }
  text.insert(at, wanted);
}

std::string squeezed(std::string_view code) {
  std::string all;
  for (const Token& token : tokenize(code)) {
    if (token.kind != TokenKind::comment) all += token.text;
  }
  return all;
}

}  // namespace

std::string cut_starter(const Question& question, const Answer& answer,
                        std::string_view reference) {
  const SolutionRegions found = solution_regions(reference);
  if (!found.problems.empty()) {
    const Problem& problem = found.problems.front();
    throw Error(exit_environment,
                fmt::format("{}:{}: {}", question.header().string(),
                            problem.line, problem.message));
  }
  if (found.regions.empty()) return std::string(reference);
  const std::size_t block = end_of_block(reference);
  std::string text = task_block(question, answer, reference.substr(0, block)) +
                     cut_regions(reference, block, found.regions);
  add_include(text);
  return text;
}

std::string cut_default_answer(std::string_view reference) {
  return empty_solutions(reference);
}

std::vector<std::string> leaked_lines(std::string_view reference,
                                      std::string_view text) {
  std::set<std::string> readable;
  for (const auto line : lines_of(text)) readable.insert(squeezed(line));
  std::vector<std::string> leaked;
  for (const auto& region : solution_regions(reference).regions) {
    const std::string_view solution =
        reference.substr(region.begin, region.end - region.begin);
    for (const auto line : lines_of(solution)) {
      const std::string code = squeezed(line);
      // A declaration alone tells nothing.
      const bool tells = code.find_first_of("=(") != code.npos;
      if (code.size() < kShortestLeak || !code.ends_with(';') || !tells) {
        continue;
      }
      if (readable.contains(code)) leaked.push_back(code);
    }
  }
  return leaked;
}

}  // namespace wb
