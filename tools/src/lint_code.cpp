// Rules of lint for C++: headers, includes, lengths, lazy expressions.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "lint_files.hpp"

namespace wb {
namespace {

constexpr auto npos = std::string_view::npos;

bool is_library(const fs::path& path) {
  return path.string().starts_with("include/whiteboard/");
}

bool is_core(const fs::path& path) {
  return path.string().starts_with("include/whiteboard/core/");
}

bool contains(const std::set<std::string_view>& words, const Token& token) {
  return token.kind == TokenKind::identifier && words.contains(token.text);
}

// --- Directives: includes, #pragma once, #if 0 -------------------------------

std::string without_blanks(std::string_view text) {
  std::string rest(text);
  std::erase_if(rest, [](char c) { return c == ' ' || c == '\t'; });
  return rest;
}

/// "<a/b>" or "\"b\"" of an include directive; empty for another one.
std::string included(std::string_view directive) {
  const std::string squeezed = without_blanks(directive);
  constexpr std::string_view start = "#include";
  if (!squeezed.starts_with(start)) return "";
  return squeezed.substr(start.size());
}

void check_library_include(const SourceFile& file, std::size_t line,
                           const std::string& what, Findings& findings) {
  if (what.starts_with('"')) {
    findings.add(file.path, line, "includes",
                 "the library includes as <whiteboard/...> only, not " + what);
  }
  const bool tensor = what.starts_with("<xtensor") || what.starts_with("<xtl/");
  if (tensor && file.path != "include/whiteboard/core/tensor.hpp") {
    findings.add(
        file.path, line, "includes",
        "xtensor comes with <whiteboard/core/tensor.hpp>, not " + what);
  }
}

void check_include(const Workspace& workspace, const SourceFile& file,
                   std::size_t line, const std::string& what,
                   Findings& findings) {
  if (is_library(file.path)) {
    check_library_include(file, line, what, findings);
  }
  if ((what == "<Eigen/Dense>" || what == "<Eigen/Eigen>") &&
      is_in(file.path, {"include", "tests"})) {
    findings.add(file.path, line, "includes",
                 what + " is all of Eigen: include the module that is needed");
  }
  const std::string path =
      what.size() > 2 ? what.substr(1, what.size() - 2) : std::string();
  if (path.starts_with("whiteboard/") && !workspace.has("include/" + path)) {
    findings.add(file.path, line, "includes", "there is no include/" + path);
  }
}

void lint_directives(const Workspace& workspace, const SourceFile& file,
                     Findings& findings) {
  bool once = false;
  for (const Token& token : file.tokens) {
    if (token.kind != TokenKind::preprocessor) continue;
    const std::string squeezed = without_blanks(token.text);
    if (squeezed == "#pragmaonce") once = true;
    if (squeezed == "#if0") {
      findings.add(file.path, token.line, "leftovers", "code switched off");
    }
    const std::string what = included(token.text);
    if (!what.empty() && !is_in(file.path, {"tools"})) {
      check_include(workspace, file, token.line, what, findings);
    }
  }
  if (!once && is_library(file.path)) {
    findings.add(file.path, 1, "header-block", "there is no #pragma once");
  }
}

// --- The keyed block of a header ---------------------------------------------

struct Key {
  std::string name;
  std::string value;
  std::size_t line = 0;
};

constexpr std::array<std::string_view, 8> kKeys{
    "Question", "Answer",   "Method",     "Time",
    "Memory",   "Numerics", "References", "Symbols"};

/// The comment lines at the top, without their slashes.
std::vector<std::string_view> leading_comment(const SourceFile& file) {
  std::vector<std::string_view> lines;
  for (const auto line : lines_of(file.text)) {
    if (!line.starts_with("//")) break;
    lines.push_back(line.substr(2));
  }
  return lines;
}

/// Length of "Key" in " Key: value"; npos when the line is none.
std::size_t key_length(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == npos || colon < 2 || line[0] != ' ') return npos;
  const std::string_view name = line.substr(1, colon - 1);
  const bool capital = name.front() >= 'A' && name.front() <= 'Z';
  const bool letters = std::all_of(name.begin() + 1, name.end(),
                                   [](char c) { return c >= 'a' && c <= 'z'; });
  return capital && letters ? colon - 1 : npos;
}

std::vector<Key> parse_block(const SourceFile& file, Findings& findings) {
  std::vector<Key> keys;
  std::size_t number = 0;
  for (const auto line : leading_comment(file)) {
    ++number;
    const std::size_t length = key_length(line);
    if (length != npos) {
      keys.push_back({std::string(line.substr(1, length)),
                      std::string(trim(line.substr(length + 2))), number});
    } else if (keys.empty() || !line.starts_with("   ")) {
      findings.add(file.path, number, "header-block",
                   "a line of the block belongs to no key");
    } else {
      keys.back().value.append(" ").append(trim(line));
    }
  }
  return keys;
}

void check_key_order(const SourceFile& file, const std::vector<Key>& keys,
                     Findings& findings) {
  std::ptrdiff_t last = -1;
  for (const Key& key : keys) {
    const auto found = std::find(kKeys.begin(), kKeys.end(), key.name);
    if (found == kKeys.end()) {
      findings.add(file.path, key.line, "header-block",
                   fmt::format("unknown key '{}'", key.name));
      continue;
    }
    if (found - kKeys.begin() <= last) {
      findings.add(file.path, key.line, "header-block",
                   fmt::format("'{}' is out of order or twice; the order is "
                               "{}",
                               key.name, fmt::join(kKeys, ", ")));
    }
    last = std::max(last, found - kKeys.begin());
    if (trim(key.value).empty()) {
      findings.add(file.path, key.line, "header-block",
                   fmt::format("'{}' says nothing", key.name));
    }
  }
}

/// "include/whiteboard/a/b.hpp" has its answer in "questions/a/b.md".
std::string answer_path(const fs::path& header) {
  return "questions/" + header.parent_path().filename().string() + "/" +
         header.stem().string() + ".md";
}

void check_required_keys(const SourceFile& file, const std::vector<Key>& keys,
                         Findings& findings) {
  for (const std::string_view name :
       {"Question", "Answer", "Method", "Time", "Symbols"}) {
    const auto found = std::find_if(
        keys.begin(), keys.end(), [&](auto& key) { return key.name == name; });
    if (found == keys.end()) {
      findings.add(file.path, 1, "header-block",
                   fmt::format("there is no key '{}'", name));
    } else if (name == "Answer") {
      const std::string path = found->value.substr(0, found->value.find(' '));
      if (path != answer_path(file.path)) {
        findings.add(file.path, found->line, "header-block",
                     fmt::format("'Answer' must start with {}, not '{}'",
                                 answer_path(file.path), path));
      }
    }
  }
}

void check_block_words(const SourceFile& file,
                       const std::vector<std::string_view>& block,
                       Findings& findings) {
  for (std::size_t i = 0; i < block.size(); ++i) {
    std::string lower(block[i]);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    for (const std::string_view word :
         {"author", "authors", "copyright", "licence", "license", "licensed",
          "spdx", "date:"}) {
      const std::size_t at = lower.find(word);
      if (at == npos || !is_whole_word(lower, at, word.size())) continue;
      findings.add(file.path, i + 1, "header-block",
                   fmt::format("'{}' does not belong into a header", word));
    }
  }
}

void lint_block(const SourceFile& file, Findings& findings) {
  const auto block = leading_comment(file);
  check_block_words(file, block, findings);
  if (block.empty()) {
    findings.add(file.path, 1, "header-block",
                 "a header starts with a comment that says what it is");
  } else if (!is_core(file.path)) {
    const auto keys = parse_block(file, findings);
    check_key_order(file, keys, findings);
    check_required_keys(file, keys, findings);
  }
}

// --- Lengths and return types ------------------------------------------------

void lint_functions(const SourceFile& file, Findings& findings) {
  for (const FunctionBody& body : function_bodies(file.text)) {
    // A test case is a list of checks, not a function to hold in mind.
    const bool test_case = body.name.starts_with("TEST_CASE");
    if (body.lines > 40 && !test_case) {
      findings.add(
          file.path, body.line, "length",
          fmt::format("{} has {} lines; 40 at most", body.name, body.lines));
    }
    if (body.is_auto && is_library(file.path)) {
      findings.add(file.path, body.line, "public-auto",
                   fmt::format("{} must spell its return type", body.name));
    }
  }
  const std::size_t lines = lines_of(file.text).size();
  if (is_library(file.path) && lines > 250) {
    findings.add(file.path, 0, "length",
                 fmt::format("{} lines; a header has 250 at most", lines));
  }
}

// --- Lazy expressions --------------------------------------------------------

const std::set<std::string_view> kViews{"row",
                                        "col",
                                        "transpose",
                                        "adjoint",
                                        "block",
                                        "head",
                                        "tail",
                                        "segment",
                                        "topRows",
                                        "bottomRows",
                                        "middleRows",
                                        "leftCols",
                                        "rightCols",
                                        "middleCols",
                                        "diagonal",
                                        "asDiagonal",
                                        "replicate",
                                        "reverse",
                                        "topLeftCorner",
                                        "topRightCorner",
                                        "unaryExpr",
                                        "binaryExpr",
                                        "bottomLeftCorner",
                                        "bottomRightCorner",
                                        "cast"};
const std::set<std::string_view> kReductions{
    "sum",      "mean", "norm", "squaredNorm", "maxCoeff",
    "minCoeff", "prod", "any",  "all",         "count"};
/// Of arrays, element by element.
const std::set<std::string_view> kElementwise{"exp",  "log",     "sqrt", "abs",
                                              "abs2", "square",  "cube", "tanh",
                                              "pow",  "inverse", "max",  "min"};
const std::set<std::string_view> kGenerators{
    "Zero",     "Ones",      "Identity", "Random",
    "Constant", "LinSpaced", "Unit",     "NullaryExpr"};
const std::set<std::string_view> kEagerOfXtensor{
    "eval", "xtensor", "xarray", "xtensor_fixed", "layout_type"};

/// What a chain like `x.rowwise().sum().eval()` is so far.
enum class Chain { plain, lazy, partial };  // partial: behind rowwise()

/// Decides whether an expression is an unevaluated one of Eigen or xtensor by
/// the look of its tokens: no types are known, so it errs towards "no".
class Expression {
 public:
  explicit Expression(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  bool is_lazy() {
    bool lazy = false;
    while (at_ < tokens_.size()) {
      if (is_operator("?")) {
        lazy = false;  // that was the condition
      } else if (is_truth()) {
        return false;
      }
      if (is_joint()) {
        ++at_;
      } else {
        lazy = operand() != Chain::plain || lazy;
      }
    }
    return lazy;
  }

 private:
  bool is_operator(std::string_view text) const {
    return at_ < tokens_.size() && tokens_[at_].is(text);
  }

  /// Operators whose result is true or false.
  bool is_truth() const {
    return is_operator("==") || is_operator("!=") || is_operator("&&") ||
           is_operator("||") || is_operator("<") || is_operator(">") ||
           is_operator("<=") || is_operator(">=");
  }

  bool is_joint() const {
    static const std::set<std::string_view> joints{"+", "-", "*", "/", "%",
                                                   "?", ":", "!", "&", ","};
    return tokens_[at_].kind == TokenKind::punctuation &&
           joints.contains(tokens_[at_].text);
  }

  Chain operand() {
    const std::size_t start = at_;
    Chain chain = base();
    while (is_operator(".") || is_operator("->")) {
      ++at_;
      chain = member(chain);
    }
    if (at_ == start) ++at_;  // nothing that is understood
    return chain;
  }

  /// A name, a call, a group: what stands in front of the first dot.
  Chain base() {
    if (is_operator("(")) {
      Expression inner(group());
      return calls(inner.is_lazy() ? Chain::lazy : Chain::plain);
    }
    if (is_operator("[") || is_operator("{")) {
      group();
      return calls(Chain::plain);
    }
    const bool xtensor = is_operator("xt");
    std::string_view last;
    while (at_ < tokens_.size() && !is_operator(".") && !is_operator("->") &&
           !is_operator("(") && !is_operator("{") && !is_operator("[") &&
           !is_joint() && (!is_truth() || is_operator("<"))) {
      if (is_operator("<")) {
        if (!skip_angles()) break;
        continue;
      }
      if (tokens_[at_].kind == TokenKind::identifier) last = tokens_[at_].text;
      ++at_;
    }
    const bool qualified = is_operator("(");
    const bool lazy =
        qualified && ((xtensor && !kEagerOfXtensor.contains(last)) ||
                      kGenerators.contains(last));
    if (qualified) {
      group();
      return calls(lazy ? Chain::lazy : Chain::plain);
    }
    if (is_operator("{")) group();
    return calls(Chain::plain);
  }

  /// Template arguments; false when the '<' is a comparison.
  bool skip_angles() {
    int depth = 0;
    std::size_t i = at_;
    for (; i < tokens_.size(); ++i) {
      if (tokens_[i].is("<")) ++depth;
      if (tokens_[i].is(">") && --depth == 0) break;
      if (tokens_[i].is("(") || tokens_[i].is("&&")) return false;
    }
    if (i == tokens_.size()) return false;
    at_ = i + 1;
    return true;
  }

  Chain member(Chain chain) {
    if (is_operator("template")) ++at_;
    if (at_ == tokens_.size()) return chain;
    const Token name = tokens_[at_++];
    if (is_operator("<") && !skip_angles()) return Chain::plain;
    if (!is_operator("(")) return calls(Chain::plain);
    const bool no_arguments = group().empty();
    return calls(after_call(chain, name, no_arguments));
  }

  static Chain after_call(Chain chain, const Token& name, bool no_arguments) {
    const std::string_view text = name.text;
    if (text == "colwise" || text == "rowwise") return Chain::partial;
    if (text == "array" || text == "matrix") {
      return no_arguments ? Chain::lazy : Chain::plain;
    }
    if (kViews.contains(text) || text.starts_with("cwise")) return Chain::lazy;
    if (chain == Chain::lazy && kElementwise.contains(text)) return chain;
    const bool reduced_once =
        chain == Chain::partial && kReductions.contains(text);
    return reduced_once ? Chain::lazy : Chain::plain;
  }

  /// `(i)` or `[i]` behind an expression takes one element of it.
  Chain calls(Chain chain) {
    while (is_operator("(") || is_operator("[")) {
      group();
      chain = Chain::plain;
    }
    return chain;
  }

  /// Consumes a group in brackets and returns what is inside.
  std::vector<Token> group() {
    const std::size_t end = closing(tokens_, at_);
    std::vector<Token> inner;
    for (std::size_t i = at_ + 1; i < end; ++i) inner.push_back(tokens_[i]);
    at_ = std::min(end + 1, tokens_.size());
    return inner;
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
};

/// The tokens from `start` to the ';' or the bracket that ends the expression.
std::vector<Token> expression_at(const std::vector<Token>& tokens,
                                 std::size_t start) {
  std::vector<Token> expression;
  for (std::size_t i = start; i < tokens.size(); ++i) {
    const Token& t = tokens[i];
    if (t.is(";") || t.is(")") || t.is("}") || t.is("]")) break;
    const bool opens = t.is("(") || t.is("[") || t.is("{");
    const std::size_t end = opens ? closing(tokens, i) : i;
    for (; i <= end && i < tokens.size(); ++i) expression.push_back(tokens[i]);
    --i;
  }
  return expression;
}

void lint_auto(const SourceFile& file, const std::vector<Token>& code,
               Findings& findings) {
  for (std::size_t i = 0; i + 3 < code.size(); ++i) {
    if (!code[i].is("auto")) continue;
    std::size_t name = i + 1;
    while (name + 1 < code.size() &&
           (code[name].is("&") || code[name].is("&&") || code[name].is("*") ||
            code[name].is("const"))) {
      ++name;
    }
    const bool declares = code[name].kind == TokenKind::identifier &&
                          name + 1 < code.size() && code[name + 1].is("=");
    if (!declares) continue;
    if (Expression(expression_at(code, name + 2)).is_lazy()) {
      findings.add(file.path, code[i].line, "auto-expression",
                   fmt::format("'auto {}' holds an unevaluated expression: "
                               "name its type",
                               code[name].text));
    }
  }
}

// --- Lazy reducers -----------------------------------------------------------

const std::set<std::string_view> kReducers{
    "sum",    "prod",    "mean",        "average",  "amax",    "amin",
    "minmax", "norm_l1", "norm_l2",     "norm_sq",  "norm_l0", "norm_linf",
    "nansum", "nanprod", "nanmean",     "variance", "stddev",  "count_nonzero",
    "nanvar", "nanstd",  "count_nonnan"};

/// Is the xtensor call from `start` ("xt") to `end` (its ')') used at once:
/// `T x = call;`, `x = call;`, `return call;`, xt::eval(call), `call()`?
bool is_evaluated(const std::vector<Token>& code, std::size_t start,
                  std::size_t end) {
  if (end + 1 >= code.size() || start == 0) return false;
  if (code[end + 1].is("(")) return true;
  if (start >= 2 && code[start - 1].is("(") && code[start - 2].is("eval")) {
    return code[end + 1].is(")");
  }
  if (!code[end + 1].is(";")) return false;
  if (code[start - 1].is("return")) return true;
  if (!code[start - 1].is("=")) return false;
  for (std::size_t i = start - 1; i-- > 0;) {
    if (code[i].is(";") || code[i].is("{") || code[i].is("}")) break;
    if (code[i].is("auto")) return false;
  }
  return true;
}

bool has_keep_dims(const std::vector<Token>& code, std::size_t from,
                   std::size_t to) {
  for (std::size_t i = from; i < to; ++i) {
    if (code[i].is("keep_dims")) return true;
  }
  return false;
}

void lint_reducers(const SourceFile& file, const std::vector<Token>& code,
                   Findings& findings) {
  for (std::size_t i = 0; i + 3 < code.size(); ++i) {
    if (!code[i].is("xt") || !code[i + 1].is("::")) continue;
    std::size_t open = i + 3;
    while (open < code.size() && !code[open].is("(") && !code[open].is(";")) {
      ++open;  // template arguments
    }
    if (open >= code.size() || !code[open].is("(")) continue;
    const std::size_t end = closing(code, open);
    const bool reduces = contains(kReducers, code[i + 2]);
    if (!reduces || is_evaluated(code, i, end)) continue;
    const bool kept = has_keep_dims(code, open, end);
    findings.add(file.path, code[i].line, "lazy-reducer",
                 fmt::format("xt::{}{} must be assigned to a declared "
                             "container first",
                             code[i + 2].text, kept ? " with keep_dims" : ""));
  }
}

void lint_approx(const SourceFile& file, Findings& findings) {
  for (const Token& token : file.tokens) {
    if (token.kind == TokenKind::identifier && token.text == "Approx") {
      findings.add(file.path, token.line, "claim-has-checks",
                   "Approx is not used: CHECK(close(got, want, {...}))");
    }
  }
}

}  // namespace

void lint_code(const Workspace& workspace, const SourceFile& file,
               Findings& findings) {
  if (!is_in(file.path, {"include", "tests", "bench", "examples", "tools"})) {
    return;
  }
  lint_directives(workspace, file, findings);
  lint_functions(file, findings);
  if (is_library(file.path)) lint_block(file, findings);
  if (is_in(file.path, {"tools"})) return;
  const auto code = code_of(file);
  if (is_in(file.path, {"tests"})) {
    lint_approx(file, findings);
  } else {
    lint_auto(file, code, findings);
  }
  lint_reducers(file, code, findings);
}

}  // namespace wb
