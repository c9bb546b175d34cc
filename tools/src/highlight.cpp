#include "highlight.hpp"

#include "text.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace wb {
namespace {

// Both sorted, for binary search.
constexpr std::string_view kKeywords[] = {
    "alignas",
    "alignof",
    "and",
    "asm",
    "auto",
    "break",
    "case",
    "catch",
    "class",
    "co_await",
    "co_return",
    "co_yield",
    "concept",
    "const",
    "const_cast",
    "consteval",
    "constexpr",
    "constinit",
    "continue",
    "decltype",
    "default",
    "delete",
    "do",
    "dynamic_cast",
    "else",
    "enum",
    "explicit",
    "export",
    "extern",
    "false",
    "final",
    "for",
    "friend",
    "goto",
    "if",
    "inline",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "not",
    "nullptr",
    "operator",
    "or",
    "override",
    "private",
    "protected",
    "public",
    "register",
    "reinterpret_cast",
    "requires",
    "return",
    "sizeof",
    "static",
    "static_assert",
    "static_cast",
    "struct",
    "switch",
    "template",
    "this",
    "thread_local",
    "throw",
    "true",
    "try",
    "typedef",
    "typeid",
    "typename",
    "union",
    "using",
    "virtual",
    "volatile",
    "while",
};

constexpr std::string_view kTypes[] = {
    "array",         "bool",          "char",      "deque",    "double",
    "float",         "function",      "int",       "int16_t",  "int32_t",
    "int64_t",       "int8_t",        "long",      "map",      "mt19937_64",
    "optional",      "pair",          "ptrdiff_t", "set",      "short",
    "signed",        "size_t",        "span",      "string",   "string_view",
    "tuple",         "uint16_t",      "uint32_t",  "uint64_t", "uint8_t",
    "unordered_map", "unordered_set", "unsigned",  "variant",  "vector",
    "void",          "wchar_t",       "xarray",    "xtensor",
};

template <std::size_t N>
bool contains(const std::string_view (&words)[N], std::string_view word) {
  return std::binary_search(std::begin(words), std::end(words), word);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         is_digit(c) || static_cast<unsigned char>(c) >= 0x80;
}

/// CamelCase, as the library's types are written. A capital alone is a matrix.
bool looks_like_a_type(std::string_view word) {
  if (word[0] < 'A' || word[0] > 'Z') return false;
  return std::any_of(word.begin(), word.end(),
                     [](char c) { return c >= 'a' && c <= 'z'; });
}

std::string with_spaces(std::string_view text) {
  std::string spaced;
  for (const char c : text) {
    if (c == '\t') {
      spaced += std::string(4 - spaced.size() % 4, ' ');
    } else if (c != '\r') {
      spaced += c;
    }
  }
  return spaced;
}

bool is_marker(std::string_view line) {
  const std::string_view text = trim(line);
  return text == "// solution:begin" || text == "// solution:end";
}

/// Reads C++ token by token.
class Highlighter {
 public:
  explicit Highlighter(std::string_view code) : code_(code) {}

  Lines run() {
    while (at_ < code_.size()) {
      const std::size_t begin = at_;
      const Role role = token();
      at_ = std::clamp(at_, begin + 1, code_.size());
      put(code_.substr(begin, at_ - begin), role);
    }
    if (!line_.empty()) lines_.push_back(std::move(line_));
    return std::move(lines_);
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < code_.size() ? code_[at_ + ahead] : '\0';
  }
  bool starts_with(std::string_view text) const {
    return code_.substr(at_, text.size()) == text;
  }
  void skip_to(std::string_view end, bool behind) {
    const std::size_t found = code_.find(end, at_);
    at_ = found == std::string_view::npos ? code_.size()
                                          : found + (behind ? end.size() : 0);
  }

  /// Moves past one token and says what it is.
  Role token() {
    const char c = peek();
    if (c == '\n') {
      directive_ = false;
      line_start_ = true;
      ++at_;
      return Role::plain;
    }
    if (c == ' ' || c == '\t' || c == '\r') {
      ++at_;
      return Role::plain;
    }
    const bool first = std::exchange(line_start_, false);
    if (starts_with("//")) {
      skip_to("\n", false);
      return Role::comment;
    }
    if (starts_with("/*")) {
      at_ += 2;
      skip_to("*/", true);
      return Role::comment;
    }
    if (c == '#' && first) return directive();
    if (c == '"' || c == '\'') return quoted(c);
    if (c == '<' && directive_) return included();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
    if (in_name(c)) return name();
    ++at_;
    return Role::plain;
  }

  Role directive() {
    directive_ = true;
    ++at_;
    while (peek() == ' ') ++at_;
    while (in_name(peek())) ++at_;
    return Role::preprocessor;
  }

  Role included() {
    const std::size_t line_end = code_.find('\n', at_);
    const std::size_t end = code_.find('>', at_);
    ++at_;
    if (end == std::string_view::npos || end > line_end) return Role::plain;
    at_ = end + 1;
    return Role::string;
  }

  /// To the closing quote, or to the end of the line where there is none.
  Role quoted(char quote) {
    for (++at_; peek() != '\0' && peek() != '\n' && peek() != quote; ++at_) {
      if (peek() == '\\' && peek(1) != '\n') ++at_;
    }
    if (peek() == quote) ++at_;
    return Role::string;
  }

  Role raw_string() {
    const std::size_t open = code_.find('(', at_);
    const std::size_t quote = code_.find('"', at_);
    if (open == std::string_view::npos || quote > open) return quoted('"');
    std::string end = ")";
    end += code_.substr(quote + 1, open - quote - 1);
    end += '"';
    at_ = open;
    skip_to(end, true);
    return Role::string;
  }

  Role number() {
    for (; in_name(peek()) || peek() == '.' || is_sign() ||
           (peek() == '\'' && in_name(peek(1)));
         ++at_) {
    }
    return Role::number;
  }

  /// The sign of an exponent: 1e-5, 0x1p+3.
  bool is_sign() const {
    if ((peek() != '+' && peek() != '-') || at_ == 0) return false;
    const char before = code_[at_ - 1];
    return before == 'e' || before == 'E' || before == 'p' || before == 'P';
  }

  Role name() {
    const std::size_t begin = at_;
    while (in_name(peek())) ++at_;
    const std::string_view word = code_.substr(begin, at_ - begin);
    if (peek() == '"' && word.back() == 'R' && word.size() <= 3) {
      return raw_string();
    }
    if (contains(kKeywords, word)) return Role::keyword;
    // A member called size or vector is no type.
    const bool member = begin > 0 && code_[begin - 1] == '.';
    if (!member && contains(kTypes, word)) return Role::type;
    return looks_like_a_type(word) ? Role::type : Role::plain;
  }

  /// Adds a token, which may hold line ends.
  void put(std::string_view text, Role role) {
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      append(line_, sanitize(text.substr(0, end)), role);
      if (end == std::string_view::npos) return;
      lines_.push_back(std::exchange(line_, {}));
      text.remove_prefix(end + 1);
    }
  }

  std::string_view code_;
  std::size_t at_ = 0;
  bool line_start_ = true;
  bool directive_ = false;
  Line line_;
  Lines lines_;
};

Role role_in_diff(std::string_view line) {
  if (line.substr(0, 2) == "@@") return Role::maths;
  if (line.substr(0, 1) == "+") return Role::good;
  if (line.substr(0, 1) == "-") return Role::bad;
  return Role::plain;
}

}  // namespace

std::string strip_markers(std::string_view code) {
  std::string stripped;
  while (!code.empty()) {
    const std::size_t end = std::min(code.find('\n'), code.size() - 1) + 1;
    const std::string_view line = code.substr(0, end);
    if (!is_marker(line.substr(0, line.find('\n')))) stripped += line;
    code.remove_prefix(end);
  }
  return stripped;
}

Lines highlight_cpp(std::string_view code) {
  const std::string stripped = strip_markers(code);
  std::string text;
  for (const std::string_view line : lines_of(stripped)) {
    text += with_spaces(line) + "\n";
  }
  return Highlighter(text).run();
}

Lines highlight_diff(std::string_view diff) {
  const std::vector<std::string_view> lines = lines_of(diff);
  Lines highlighted;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    Role role = role_in_diff(lines[i]);
    // "--- a/file" is a head only before "+++ b/file"; else a line went.
    const auto starts = [&](std::size_t j, std::string_view mark) {
      return j < lines.size() && lines[j].substr(0, 4) == mark;
    };
    const bool old_name = starts(i, "--- ") && starts(i + 1, "+++ ");
    const bool new_name = i > 0 && starts(i, "+++ ") && starts(i - 1, "--- ");
    if (old_name || new_name) role = Role::label;
    Line line;
    append(line, sanitize(with_spaces(lines[i])), role);
    highlighted.push_back(std::move(line));
  }
  return highlighted;
}

Lines unstyled(std::string_view text, Role role) {
  Lines lines;
  for (const std::string_view piece : lines_of(text)) {
    Line line;
    append(line, sanitize(with_spaces(piece)), role);
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace wb
