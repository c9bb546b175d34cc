#include "cpp_scan.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace wb {
namespace {

bool is_digit(char c) {
  return std::isdigit(static_cast<unsigned char>(c));
}

/// Letters, digits, '_', and every byte of a character beyond ASCII.
bool is_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) || c == '_' || byte >= 0x80;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' ||
         c == '\v';
}

// --- Tokens ------------------------------------------------------------------

// Longest first. ">>" is missing: it may close two template argument lists.
constexpr std::array<std::string_view, 26> kOperators{
    "->*", "...", "<<=", "<=>", "::", "->", "++", "--", "+=",
    "-=",  "*=",  "/=",  "%=",  "^=", "&=", "|=", "==", "!=",
    "<=",  ">=",  "&&",  "||",  "<<", ".*", "##", "[["};

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view source) : source_(source) {}

  std::vector<Token> run() {
    while (skip_blanks()) {
      const std::size_t start = at_;
      const std::size_t line = line_;
      const TokenKind kind = scan();
      tokens_.push_back(
          {kind, source_.substr(start, at_ - start), start, line});
      at_line_start_ = false;
    }
    return std::move(tokens_);
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
  }

  bool starts(std::string_view what) const {
    return source_.substr(at_).starts_with(what);
  }

  void advance(std::size_t count = 1) {
    for (; count > 0 && at_ < source_.size(); --count, ++at_) {
      if (source_[at_] == '\n') ++line_;
    }
  }

  /// Is there a token left?
  bool skip_blanks() {
    for (; at_ < source_.size(); advance()) {
      if (peek() == '\n') at_line_start_ = true;
      const bool continued =
          peek() == '\\' && (peek(1) == '\n' || peek(1) == '\r');
      if (!is_blank(peek()) && !continued) return true;
    }
    return false;
  }

  /// Consumes one token and says what it was.
  TokenKind scan() {
    if (starts("//") || starts("/*")) return scan_comment();
    if (peek() == '#' && at_line_start_) return scan_directive();
    if (const std::size_t prefix = literal_prefix(); prefix != npos) {
      return scan_literal(prefix);
    }
    if (is_digit(peek()) || (peek() == '.' && is_digit(peek(1)))) {
      return scan_number();
    }
    if (is_word(peek())) {
      while (is_word(peek())) advance();
      return TokenKind::identifier;
    }
    return scan_punctuation();
  }

  TokenKind scan_comment() {
    if (starts("/*")) {
      const std::size_t end = source_.find("*/", at_ + 2);
      advance(end == npos ? source_.size() - at_ : end + 2 - at_);
    } else {
      advance_to_line_end();
      while (at_ > 0 && source_[at_ - 1] == '\r') --at_;
    }
    return TokenKind::comment;
  }

  /// To the next line feed that no backslash hides.
  void advance_to_line_end() {
    while (at_ < source_.size() && peek() != '\n') skip_continuation();
  }

  /// One byte, or a backslash with the line end behind it.
  void skip_continuation() {
    if (starts("\\\r\n")) return advance(3);
    advance(starts("\\\n") ? 2 : 1);
  }

  TokenKind scan_directive() {
    std::size_t end = at_;
    while (at_ < source_.size() && peek() != '\n' && !starts("/*") &&
           !starts("//")) {
      const bool blank = is_blank(peek());
      if (peek() == '"' || peek() == '\'') {
        scan_quoted(peek());
      } else {
        skip_continuation();
      }
      if (!blank) end = at_;
    }
    at_ = end;  // without the blanks before a comment; all are on this line
    return TokenKind::preprocessor;
  }

  /// Length of a prefix in front of a quote here, npos when there is none.
  std::size_t literal_prefix() const {
    static constexpr std::array<std::string_view, 10> prefixes{
        "u8R", "uR", "UR", "LR", "R", "u8", "u", "U", "L", ""};
    for (const auto prefix : prefixes) {
      if (!starts(prefix)) continue;
      const char quote = peek(prefix.size());
      const bool raw = prefix.ends_with('R');
      if (quote == '"' || (quote == '\'' && !raw)) return prefix.size();
    }
    return npos;
  }

  TokenKind scan_literal(std::size_t prefix) {
    const bool raw = prefix > 0 && peek(prefix - 1) == 'R';
    advance(prefix);
    const char quote = peek();
    if (raw) {
      scan_raw();
    } else {
      scan_quoted(quote);
    }
    while (is_word(peek())) advance();  // a suffix, as in "x"_s
    if (raw) return TokenKind::raw_string;
    return quote == '"' ? TokenKind::string : TokenKind::character;
  }

  void scan_quoted(char quote) {
    advance();
    while (at_ < source_.size() && peek() != quote && peek() != '\n') {
      if (peek() == '\\' && peek(1) != '\r') advance();
      advance();
    }
    if (peek() == quote) advance();
  }

  void scan_raw() {
    const std::size_t open = source_.find('(', at_);
    if (open == npos) return advance(source_.size() - at_);
    std::string closing = ")";
    closing.append(source_.substr(at_ + 1, open - at_ - 1)).append("\"");
    const std::size_t end = source_.find(closing, open);
    advance(end == npos ? source_.size() - at_ : end + closing.size() - at_);
  }

  TokenKind scan_number() {
    while (true) {
      const char c = peek();
      const bool exponent = c == 'e' || c == 'E' || c == 'p' || c == 'P';
      if (exponent && (peek(1) == '+' || peek(1) == '-')) {
        advance(2);
      } else if (is_word(c) || c == '.' || (c == '\'' && is_word(peek(1)))) {
        advance();
      } else {
        return TokenKind::number;
      }
    }
  }

  TokenKind scan_punctuation() {
    std::size_t length = 1;
    for (const auto op : kOperators) {
      if (length == 1 && starts(op)) length = op.size();
    }
    advance(length);
    return TokenKind::punctuation;
  }

  static constexpr std::size_t npos = std::string_view::npos;

  std::string_view source_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  bool at_line_start_ = true;
};

// --- Function bodies ---------------------------------------------------------

/// The tokens that a compiler would parse.
std::vector<Token> code_tokens(std::string_view source) {
  std::vector<Token> tokens = tokenize(source);
  std::erase_if(tokens, [](const Token& t) {
    return t.kind == TokenKind::comment || t.kind == TokenKind::preprocessor;
  });
  return tokens;
}

bool is_one_of(const Token& token,
               std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return token.is(word); });
}

/// Follows declarations through namespaces and classes. `at_` is the next
/// token; a declaration's head is read from left to right until its ';' or '{'.
class FunctionFinder {
 public:
  explicit FunctionFinder(std::string_view source)
      : source_(source), tokens_(code_tokens(source)) {}

  std::vector<FunctionBody> run() {
    while (at_ < tokens_.size()) {
      scan_scope(false);
      ++at_;  // a '}' too many
    }
    return std::move(found_);
  }

 private:
  /// What is known of the declaration being read.
  struct Head {
    std::size_t start = 0;
    std::size_t type_start = 0;  ///< where the return type may start
    std::size_t name_start = 0;
    std::size_t name_end = 0;  ///< name_start: no parameters seen yet
    std::size_t trailing = 0;  ///< behind "->", 0 when there is none
    std::size_t trailing_end = 0;
    bool is_class = false;
    bool is_enum = false;
    bool is_namespace = false;
    FunctionBody body;

    bool has_parameters() const { return name_end > name_start; }
  };

  bool at(std::string_view text, std::size_t ahead = 0) const {
    return at_ + ahead < tokens_.size() && tokens_[at_ + ahead].is(text);
  }

  /// Up to the '}' that ends the scope, or the end of the source.
  void scan_scope(bool in_class) {
    while (at_ < tokens_.size() && !at("}")) {
      if (at(";")) {
        ++at_;
      } else if (at(":", 1) &&
                 is_one_of(tokens_[at_], {"public", "private", "protected"})) {
        at_ += 2;
      } else {
        scan_declaration(in_class);
      }
    }
  }

  void scan_declaration(bool in_class) {
    Head head;
    head.start = head.type_start = at_;
    head.body.in_class = in_class;
    while (at_ < tokens_.size() && !at("}")) {
      if (at(";")) {
        ++at_;
        return;
      }
      if (at("{")) {
        if (enter_braces(head)) return;
      } else if (at("=")) {
        skip_initialiser();
      } else {
        scan_head_token(head);
      }
    }
  }

  /// Everything in a head but its end.
  void scan_head_token(Head& head) {
    const Token& token = tokens_[at_];
    if (token.is("template")) {
      ++at_;
      if (at("<")) skip_angles();
      if (at("requires")) skip_requires_clause();
      head.type_start = at_;
    } else if (token.is("requires")) {
      end_trailing(head);
      skip_requires_clause();
    } else if (token.is("[[")) {
      skip_attribute(head);
    } else if (token.is("[")) {
      skip_group();
    } else if (token.is("operator")) {
      scan_operator_name(head);
    } else if (token.is("(")) {
      scan_parentheses(head);
    } else if (token.is("<") && at_ > head.start &&
               tokens_[at_ - 1].kind == TokenKind::identifier) {
      skip_angles();
    } else if (token.is("->") && head.has_parameters()) {
      head.trailing = ++at_;
    } else if (token.is(":") && head.has_parameters()) {
      skip_constructor_initialisers();
    } else {
      note_word(head);
      ++at_;
    }
  }

  void note_word(Head& head) {
    const Token& token = tokens_[at_];
    if (token.is("namespace") || token.kind == TokenKind::string) {
      head.is_namespace = true;  // extern "C" opens a scope as well
    } else if (is_one_of(token, {"class", "struct", "union"})) {
      head.is_class = true;
    } else if (token.is("enum")) {
      head.is_enum = true;
    } else if (is_one_of(token, {"constexpr", "consteval"})) {
      head.body.is_constexpr = true;
    }
  }

  void skip_attribute(Head& head) {
    // "[[" is one token, its end is two: count brackets.
    int depth = 0;
    for (; at_ < tokens_.size(); ++at_) {
      if (at("noreturn")) head.body.is_noreturn = true;
      if (at("[[")) depth += 2;
      if (at("[")) ++depth;
      if (at("]") && --depth == 0) break;
    }
    ++at_;
  }

  void scan_operator_name(Head& head) {
    head.name_start = at_++;
    if (at("(") && at(")", 1)) at_ += 2;
    while (at_ < tokens_.size() && !at("(") && !at(";") && !at("{")) ++at_;
    head.name_end = at_;
    if (at("(")) skip_group();
  }

  /// The first group behind a name holds the parameters.
  void scan_parentheses(Head& head) {
    static constexpr auto not_names = {"decltype", "alignas", "explicit",
                                       "noexcept", "__attribute__"};
    // A specialisation has arguments behind its name: `f<int>(...)`.
    const bool special = at_ > head.start && tokens_[at_ - 1].is(">");
    const std::size_t end = special ? angles_start_ : at_;
    const auto is_last = [&](std::string_view word) {
      return tokens_[end - 1].is(word);
    };
    if (end > head.start && !head.has_parameters() &&
        tokens_[end - 1].kind == TokenKind::identifier &&
        std::none_of(not_names.begin(), not_names.end(), is_last)) {
      head.name_end = end;
      head.name_start = end - 1;
      if (end >= 2 && tokens_[end - 2].is("~")) --head.name_start;
    }
    skip_group();
  }

  void end_trailing(Head& head) {
    if (head.trailing != 0 && head.trailing_end == 0) head.trailing_end = at_;
  }

  /// At the '{' of a head. True when the declaration is over.
  bool enter_braces(Head& head) {
    if (head.has_parameters()) {
      const bool suite = tokens_[head.name_start].is("TEST_SUITE");
      if (suite) return scan_inner_scope(false);
      end_trailing(head);
      record(head);
      return true;
    }
    if (head.is_namespace) return scan_inner_scope(false);
    if (head.is_class && !head.is_enum) {
      scan_inner_scope(true);
      return false;  // declarators may follow, and ';'
    }
    skip_group();  // an enum's list, or an initialiser
    return false;
  }

  bool scan_inner_scope(bool in_class) {
    ++at_;
    scan_scope(in_class);
    ++at_;
    return true;
  }

  void record(const Head& head) {
    FunctionBody body = head.body;
    const Token& open = tokens_[at_];
    skip_group();
    if (at_ > tokens_.size()) return;  // the body has no end
    const Token& close = tokens_[at_ - 1];
    body.name = joined(head.name_start, head.name_end);
    body.return_type = return_type(head);
    body.returns_void = body.return_type == "void";
    body.is_auto = has_auto(head);
    body.begin = tokens_[head.start].offset;
    body.open = open.offset;
    body.close = close.offset;
    body.line = tokens_[head.start].line;
    body.lines = close.line - body.line + 1;
    found_.push_back(std::move(body));
  }

  bool has_auto(const Head& head) const {
    const bool trailing = head.trailing != 0;
    const std::size_t from = trailing ? head.trailing : head.type_start;
    const std::size_t to = trailing ? head.trailing_end : head.name_start;
    return std::any_of(tokens_.begin() + static_cast<std::ptrdiff_t>(from),
                       tokens_.begin() + static_cast<std::ptrdiff_t>(to),
                       [](const Token& t) { return t.is("auto"); });
  }

  std::string return_type(const Head& head) const {
    if (head.trailing != 0) return joined(head.trailing, head.trailing_end);
    if (is_conversion(head)) return joined(head.name_start + 1, head.name_end);
    std::size_t from = head.type_start;
    while (from < head.name_start) {
      if (tokens_[from].is("[[")) {
        from = matching(from) + 1;
      } else if (is_one_of(tokens_[from],
                           {"inline", "static", "constexpr", "consteval",
                            "friend", "virtual", "extern", "explicit"})) {
        ++from;
        if (tokens_[from].is("(")) from = matching(from) + 1;  // explicit(...)
      } else {
        break;
      }
    }
    return joined(from, type_end(head, from));
  }

  /// `operator bool`, which names its type.
  bool is_conversion(const Head& head) const {
    const Token& next = tokens_[head.name_start + 1];
    return tokens_[head.name_start].is("operator") &&
           next.kind == TokenKind::identifier &&
           !is_one_of(next, {"new", "delete", "co_await"});
  }

  /// Where the return type ends: in front of the name with its qualification,
  /// as in `int Pool::size()`.
  std::size_t type_end(const Head& head, std::size_t from) const {
    std::size_t end = head.name_start;
    while (end >= from + 2 && tokens_[end - 1].is("::")) {
      --end;
      int depth = 0;  // of the angles in `Pool<T>::size()`
      do {
        --end;
        if (tokens_[end].is(">")) ++depth;
        if (tokens_[end].is("<")) --depth;
      } while (end > from && depth > 0);
      if (tokens_[end].is("<") && end > from) --end;
    }
    return end;
  }

  /// The source of some tokens, with one blank where there was any.
  std::string joined(std::size_t from, std::size_t to) const {
    std::string text;
    for (std::size_t i = from; i < to; ++i) {
      const bool apart =
          i > from && tokens_[i - 1].offset + tokens_[i - 1].text.size() <
                          tokens_[i].offset;
      if (apart) text += ' ';
      text += tokens_[i].text;
    }
    return text;
  }

  /// Index of the bracket that closes the one at `open`, or of the last token.
  std::size_t matching(std::size_t open) const {
    int depth = 0;
    for (std::size_t i = open; i < tokens_.size(); ++i) {
      if (is_one_of(tokens_[i], {"(", "[", "{"})) ++depth;
      if (tokens_[i].is("[[")) depth += 2;
      if (is_one_of(tokens_[i], {")", "]", "}"}) && --depth <= 0) return i;
    }
    return tokens_.size();
  }

  /// From an opening bracket to behind the one that closes it.
  void skip_group() { at_ = matching(at_) + 1; }

  void skip_angles() {
    angles_start_ = at_;
    int depth = 0;
    while (at_ < tokens_.size()) {
      if (is_one_of(tokens_[at_], {"(", "[", "{"})) {
        skip_group();
        continue;
      }
      if (is_one_of(tokens_[at_], {";", "}"})) return;  // it was a comparison
      if (at("<")) ++depth;
      if (at(">")) --depth;
      ++at_;
      if (depth == 0) return;
    }
  }

  /// To the ';' that ends an initialiser.
  void skip_initialiser() {
    while (at_ < tokens_.size() && !at(";") && !at("}")) {
      if (is_one_of(tokens_[at_], {"(", "[", "{", "[["})) {
        skip_group();
      } else {
        ++at_;
      }
    }
  }

  /// `requires A<T> && requires { ... } && (B)`: primary expressions joined by
  /// && and ||.
  void skip_requires_clause() {
    do {
      ++at_;  // "requires", "&&" or "||"
      skip_requirement();
    } while (at("&&") || at("||"));
  }

  void skip_requirement() {
    if (at("(")) return skip_group();
    if (at("requires")) {
      ++at_;
      if (at("(")) skip_group();
      if (at("{")) skip_group();
      return;
    }
    while (at_ < tokens_.size()) {  // std::floating_point<T>
      ++at_;
      if (at("<")) skip_angles();
      if (!at("::")) return;
      ++at_;
    }
  }

  /// `: a(1), Base<T>{2}...`, up to the body.
  void skip_constructor_initialisers() {
    do {
      ++at_;  // ":" or ","
      while (at_ < tokens_.size() && !at("(") && !at("{") && !at(";")) {
        if (at("<")) {
          skip_angles();
        } else {
          ++at_;
        }
      }
      if (at("(") || at("{")) skip_group();
      if (at("...")) ++at_;
    } while (at(","));
  }

  std::string_view source_;
  std::vector<Token> tokens_;
  std::vector<FunctionBody> found_;
  std::size_t at_ = 0;
  std::size_t angles_start_ = 0;  ///< the last '<' that was skipped
};

// --- The empty answer --------------------------------------------------------

constexpr std::string_view kEmptySupport =
    R"(
#ifndef WHITEBOARD_EMPTY_ANSWER
#define WHITEBOARD_EMPTY_ANSWER
#include <stdexcept>
#include <type_traits>
namespace whiteboard::testing {
// A value of T without any work in it. Static storage is zeroed before its
// constructor runs: a fixed-size matrix, whose constructor leaves it as it is,
// holds zeros and not whatever was in memory.
template <class T>
T empty_answer() {
  using Value = std::remove_cv_t<T>;
  if constexpr (std::is_reference_v<T> || !std::is_object_v<T> ||
                std::is_abstract_v<T>) {
    throw std::logic_error("empty answer");
  } else if constexpr (!std::is_default_constructible_v<T>) {
    throw std::logic_error("empty answer");
  } else if constexpr (std::is_copy_constructible_v<T>) {
    static const Value value = Value();
    return value;
  } else {
    return T();
  }
}
}  // namespace whiteboard::testing
#endif
)";

std::string empty_body(const FunctionBody& body) {
  static constexpr std::string_view refuse =
      "{ throw std::logic_error(\"empty answer\"); }";
  if (body.is_noreturn) return std::string(refuse);
  if (body.returns_void) return "{}";
  if (body.is_auto || body.return_type.ends_with('&')) {
    return std::string(refuse);
  }
  return "{ return ::whiteboard::testing::empty_answer<" + body.return_type +
         ">(); }";
}

bool keeps_its_body(const FunctionBody& body) {
  return body.return_type.empty() || body.is_constexpr || body.name == "main";
}

/// Where declarations can stand: the first code behind the last #include.
std::size_t behind_includes(std::string_view source) {
  const std::vector<Token> tokens = tokenize(source);
  std::size_t include = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].kind == TokenKind::preprocessor &&
        tokens[i].text.find("include") != std::string_view::npos) {
      include = i;
    }
  }
  for (std::size_t i = include; i < tokens.size(); ++i) {
    if (tokens[i].kind != TokenKind::comment &&
        tokens[i].kind != TokenKind::preprocessor) {
      return tokens[i].offset;
    }
  }
  return source.size();
}

// --- Solution regions --------------------------------------------------------

/// The text of a comment without its slashes and the blanks around it.
std::string_view comment_text(std::string_view comment) {
  while (!comment.empty() && (comment.front() == '/' || comment.front() == ' '))
    comment.remove_prefix(1);
  while (!comment.empty() && comment.back() == ' ') comment.remove_suffix(1);
  return comment;
}

std::string without_blanks(std::string_view text) {
  std::string rest(text);
  std::erase_if(rest, is_blank);
  return rest;
}

/// Offset of the first byte of the line that holds `offset`.
std::size_t line_start(std::string_view source, std::size_t offset) {
  const std::size_t feed = source.substr(0, offset).rfind('\n');
  return feed == std::string_view::npos ? 0 : feed + 1;
}

bool is_alone(std::string_view source, const Token& comment) {
  const std::size_t start = line_start(source, comment.offset);
  return without_blanks(source.substr(start, comment.offset - start)).empty();
}

bool brackets_balance(std::string_view code) {
  std::string open;
  for (const Token& token : tokenize(code)) {
    if (token.kind != TokenKind::punctuation) continue;
    for (const char c : token.text) {
      if (c == '(') open += ')';
      if (c == '[') open += ']';
      if (c == '{') open += '}';
      if (c != ')' && c != ']' && c != '}') continue;
      if (open.empty() || open.back() != c) return false;
      open.pop_back();
    }
  }
  return open.empty();
}

/// Judges a pair of markers; adds the region or the problem.
void add_region(std::string_view source,
                const std::vector<FunctionBody>& bodies, const Token& first,
                const Token& last, SolutionRegions& result) {
  const std::size_t feed = source.find('\n', first.offset);
  SolutionRegion region{first.line, last.line,
                        std::min(feed, source.size() - 1) + 1,
                        line_start(source, last.offset)};
  region.in_body =
      std::any_of(bodies.begin(), bodies.end(), [&](const FunctionBody& body) {
        return body.open < first.offset && last.offset < body.close;
      });
  const bool cuts_a_function =
      !region.in_body &&
      std::any_of(bodies.begin(), bodies.end(), [&](const FunctionBody& body) {
        const bool before = body.close < first.offset;
        const bool behind = last.offset < body.begin;
        const bool within =
            first.offset < body.begin && body.close < last.offset;
        return !before && !behind && !within;
      });
  const std::string_view code =
      source.substr(region.begin, region.end - region.begin);
  if (cuts_a_function) {
    result.problems.push_back(
        {first.line, "the solution region cuts a function in two"});
  } else if (!brackets_balance(code)) {
    result.problems.push_back(
        {first.line, "brackets in the solution region do not balance"});
  } else if (without_blanks(code).empty()) {
    result.problems.push_back({first.line, "the solution region is empty"});
  } else {
    result.regions.push_back(region);
  }
}

/// "begin", "end", "" for no marker at all; misspelt ones become problems.
std::string_view marker_kind(std::string_view source, const Token& token,
                             SolutionRegions& result) {
  const std::string squeezed = without_blanks(token.text);
  if (squeezed.find("solution:begin") == std::string::npos &&
      squeezed.find("solution:end") == std::string::npos) {
    return "";
  }
  const std::string_view text = comment_text(token.text);
  const bool begin = text == "solution:begin";
  if ((begin || text == "solution:end") && is_alone(source, token)) {
    return begin ? "begin" : "end";
  }
  result.problems.push_back({token.line,
                             "a solution marker stands alone on its line, as "
                             "'// solution:begin' or '// solution:end'"});
  return "";
}

}  // namespace

std::vector<Token> tokenize(std::string_view source) {
  return Tokenizer(source).run();
}

std::vector<FunctionBody> function_bodies(std::string_view source) {
  return FunctionFinder(source).run();
}

std::string empty_answer(std::string_view source) {
  std::string result;
  std::size_t copied = 0;
  const auto copy_to = [&](std::size_t end) {
    result.append(source.substr(copied, end - copied));
    copied = end;
  };
  copy_to(behind_includes(source));
  result += kEmptySupport;
  for (const FunctionBody& body : function_bodies(source)) {
    if (keeps_its_body(body)) continue;
    copy_to(body.open);
    result += empty_body(body);
    copied = body.close + 1;
  }
  copy_to(source.size());
  return result;
}

std::string empty_solutions(std::string_view source) {
  const std::vector<FunctionBody> bodies = function_bodies(source);
  std::string result;
  std::size_t copied = 0;
  const auto copy_to = [&](std::size_t end) {
    if (end > copied) result.append(source.substr(copied, end - copied));
    copied = std::max(copied, end);
  };
  copy_to(behind_includes(source));
  result += kEmptySupport;
  for (const SolutionRegion& region : solution_regions(source).regions) {
    const auto body =
        std::find_if(bodies.begin(), bodies.end(), [&](const FunctionBody& b) {
          return b.open < region.begin && region.end <= b.close;
        });
    if (body == bodies.end() || keeps_its_body(*body)) {
      copy_to(region.begin);
      copied = std::max(copied, region.end);
    } else if (body->open >= copied) {
      copy_to(body->open);
      result += empty_body(*body);
      copied = body->close + 1;
    }
  }
  copy_to(source.size());
  return result;
}

SolutionRegions solution_regions(std::string_view source) {
  SolutionRegions result;
  const std::vector<FunctionBody> bodies = function_bodies(source);
  const std::vector<Token> tokens = tokenize(source);
  const Token* open = nullptr;
  for (const Token& token : tokens) {
    if (token.kind != TokenKind::comment) continue;
    const std::string_view kind = marker_kind(source, token, result);
    if (kind == "begin" && open != nullptr) {
      result.problems.push_back(
          {token.line, "a solution region starts inside another one"});
    } else if (kind == "begin") {
      open = &token;
    } else if (kind == "end" && open == nullptr) {
      result.problems.push_back(
          {token.line, "a solution region ends that has not started"});
    } else if (kind == "end") {
      add_region(source, bodies, *open, token, result);
      open = nullptr;
    }
  }
  if (open != nullptr) {
    result.problems.push_back({open->line, "a solution region has no end"});
  }
  return result;
}

}  // namespace wb
