// The answer page of a question, taken apart: front matter, sections, claims,
// mistakes, equations.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wb {

/// One numbered item of "## Claims" or one bullet of "## Mistakes".
struct Item {
  std::string id;        ///< claim_id or mistake_id
  std::string sentence;  ///< Markdown, on one line
  int number = 0;        ///< as written; 0 for mistakes
  std::size_t line = 0;  ///< where it starts, from 1
};

/// A part of the page under a second-level heading.
struct Section {
  std::string title;
  std::string text;      ///< Markdown, without the heading
  std::size_t line = 0;  ///< of the heading, from 1
};

/// One diagnostic about a page: what, and where.
struct Problem {
  std::size_t line = 0;
  std::string message;
};

struct FrontMatter {
  std::string title;
  std::string level;  ///< core, deeper or stretch
  std::vector<std::string> asked_as;
  std::vector<std::string> see_also;
  std::string signature;           ///< coding only
  int minutes = 0;                 ///< coding only
  std::vector<std::string> hints;  ///< coding only
  std::vector<std::string> keys;   ///< as written, in order
};

struct Answer {
  FrontMatter front;
  std::string body;           ///< everything behind the front matter
  std::size_t body_line = 1;  ///< line of the file where the body starts
  std::vector<Section> sections;
  std::vector<Item> claims;
  std::vector<Item> mistakes;
  std::map<int, std::size_t> equations;  ///< \tag{n} of display maths: line
  std::vector<Problem> problems;  ///< malformed items, found while parsing

  const Section* section(std::string_view title) const;
};

/// Parses a page. Throws Error (environment) "NAME:LINE: ..." when the front
/// matter is missing or is not valid YAML of the expected shape; anything less
/// goes into `problems`.
Answer parse_answer(std::string_view text, const std::string& name);

}  // namespace wb
