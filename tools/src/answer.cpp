#include "answer.hpp"

#include <fmt/core.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>

#include "error.hpp"
#include "text.hpp"

namespace wb {
namespace {

[[noreturn]] void reject(const std::string& name, std::size_t line,
                         const std::string& message) {
  throw Error(exit_environment, fmt::format("{}:{}: {}", name, line, message));
}

/// One node as text; a list or a map in its place is an error.
std::string scalar(const YAML::Node& node, const std::string& key) {
  if (!node.IsScalar()) {
    throw YAML::Exception(node.Mark(),
                          fmt::format("'{}' must be one value", key));
  }
  return node.Scalar();
}

std::vector<std::string> list(const YAML::Node& node, const std::string& key) {
  if (!node.IsSequence()) {
    throw YAML::Exception(node.Mark(), fmt::format("'{}' must be a list", key));
  }
  std::vector<std::string> items;
  for (const auto& item : node) items.push_back(scalar(item, key));
  return items;
}

int whole_number(const YAML::Node& node, const std::string& key) {
  int value = 0;
  if (!node.IsScalar() || !YAML::convert<int>::decode(node, value)) {
    throw YAML::Exception(node.Mark(),
                          fmt::format("'{}' must be a whole number", key));
  }
  return value;
}

FrontMatter read_front_matter(const YAML::Node& map) {
  if (!map.IsMap()) {
    throw YAML::Exception(map.Mark(), "front matter must be 'key: value'");
  }
  FrontMatter front;
  for (const auto& entry : map) {
    const auto key = scalar(entry.first, "key");
    front.keys.push_back(key);
    if (key == "title") front.title = scalar(entry.second, key);
    if (key == "level") front.level = scalar(entry.second, key);
    if (key == "asked_as") front.asked_as = list(entry.second, key);
    if (key == "see_also") front.see_also = list(entry.second, key);
    if (key == "signature") front.signature = scalar(entry.second, key);
    if (key == "minutes") front.minutes = whole_number(entry.second, key);
    if (key == "hints") front.hints = list(entry.second, key);
  }
  if (front.title.empty()) {
    throw YAML::Exception(map.Mark(), "front matter has no title");
  }
  return front;
}

FrontMatter parse_front_matter(const std::string& text,
                               const std::string& name) {
  try {
    return read_front_matter(YAML::Load(text));
  } catch (const YAML::Exception& e) {
    const int line = e.mark.is_null() ? 0 : e.mark.line;
    reject(name, static_cast<std::size_t>(line) + 2, e.msg);
  }
}

bool is_fence(std::string_view line) {
  return line.starts_with("```") || line.starts_with("~~~");
}

/// Second-level headings outside of fenced code, with the text below each.
std::vector<Section> split_sections(const std::vector<std::string_view>& lines,
                                    std::size_t first_line) {
  std::vector<Section> sections;
  bool fenced = false;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (is_fence(lines[i])) fenced = !fenced;
    if (!fenced && lines[i].starts_with("## ")) {
      sections.push_back({std::string(lines[i].substr(3)), "", first_line + i});
    } else if (!sections.empty()) {
      sections.back().text.append(lines[i]).append("\n");
    }
  }
  return sections;
}

/// "12. rest" or "- rest": the number (0 for a bullet) and the rest; nothing
/// when the line starts no item.
std::optional<std::pair<int, std::string_view>> item_start(
    std::string_view line) {
  if (line.starts_with("- ")) return {{0, line.substr(2)}};
  std::size_t digits = 0;
  while (digits < line.size() && digits < 4 &&
         std::isdigit(static_cast<unsigned char>(line[digits]))) {
    ++digits;
  }
  if (digits == 0 || !line.substr(digits).starts_with(". ")) return {};
  return {{std::stoi(std::string(line.substr(0, digits))),
           line.substr(digits + 2)}};
}

/// "**id**: sentence" as an item; an empty id when it has another form.
Item parse_item(std::string_view text, int number, std::size_t line) {
  Item item{"", std::string(trim(text)), number, line};
  const std::size_t end = text.find("**:", 2);
  if (text.starts_with("**") && end != text.npos) {
    item.id = text.substr(2, end - 2);
    item.sentence = trim(text.substr(end + 3));
  }
  return item;
}

/// The items of "## Claims" or "## Mistakes"; continued lines are joined.
std::vector<Item> parse_items(const Section& section,
                              std::vector<Problem>& problems) {
  std::vector<Item> items;
  std::size_t line = section.line;
  bool open = false;  // an item is being continued
  for (const auto text : lines_of(section.text)) {
    ++line;
    if (const auto start = item_start(text)) {
      items.push_back(parse_item(start->second, start->first, line));
      open = true;
    } else if (trim(text).empty()) {
      open = false;
    } else if (open) {
      items.back().sentence.append(" ").append(trim(text));
    }
  }
  for (const auto& item : items) {
    if (item.id.empty()) {
      problems.push_back(
          {item.line, fmt::format("an item of '{}' must read '**id**: "
                                  "sentence'",
                                  section.title)});
    }
  }
  return items;
}

/// \tag{n} inside ```math blocks.
void collect_equations(const std::vector<std::string_view>& lines,
                       Answer& answer) {
  bool maths = false;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (is_fence(lines[i])) maths = !maths && lines[i].starts_with("```math");
    const std::size_t tag = lines[i].find("\\tag{");
    if (!maths || tag == std::string_view::npos) continue;
    const std::string digits(lines[i].substr(tag + 5, 6));
    const int number = std::atoi(digits.c_str());
    const std::size_t line = answer.body_line + i;
    if (number == 0) {
      answer.problems.push_back({line, "\\tag{} must hold a number"});
    } else if (!answer.equations.emplace(number, line).second) {
      answer.problems.push_back(
          {line, fmt::format("equation ({}) is tagged twice", number)});
    }
  }
}

}  // namespace

const Section* Answer::section(std::string_view title) const {
  const auto found =
      std::find_if(sections.begin(), sections.end(),
                   [&](const Section& s) { return s.title == title; });
  return found == sections.end() ? nullptr : &*found;
}

Answer parse_answer(std::string_view text, const std::string& name) {
  if (!text.starts_with("---\n")) {
    reject(name, 1, "the page must start with front matter between '---'");
  }
  const std::size_t end = text.find("\n---\n", 3);
  if (end == text.npos) reject(name, 1, "the front matter is never closed");

  Answer answer;
  answer.front = parse_front_matter(std::string(text.substr(4, end - 3)), name);
  answer.body = text.substr(end + 5);
  answer.body_line =
      1 + static_cast<std::size_t>(std::count(
              text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end) + 5,
              '\n'));
  const auto lines = lines_of(answer.body);
  answer.sections = split_sections(lines, answer.body_line);
  if (const auto* claims = answer.section("Claims")) {
    answer.claims = parse_items(*claims, answer.problems);
  }
  if (const auto* mistakes = answer.section("Mistakes")) {
    answer.mistakes = parse_items(*mistakes, answer.problems);
  }
  collect_equations(lines, answer);
  return answer;
}

}  // namespace wb
