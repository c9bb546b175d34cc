#include "maths_tree.hpp"

#include "text.hpp"

#include <algorithm>
#include <utility>

namespace wb::maths {
namespace {

constexpr int kDeepest = 30;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

bool one_of(std::string_view word,
            std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

Node text_node(std::string_view text, Class kind = Class::ordinary) {
  Node node;
  node.text = text;
  node.first = node.last = kind;
  return node;
}

Node space_node(std::size_t columns) {
  Node node;
  node.kind = Node::Kind::space;
  node.columns = columns;
  return node;
}

Node thin_space() {
  Node node;
  node.kind = Node::Kind::thin;
  return node;
}

Node with_parts(Node::Kind kind, std::vector<Row> parts) {
  Node node;
  node.kind = kind;
  node.parts = std::move(parts);
  return node;
}

bool is_blank(const Node& node) {
  return node.kind == Node::Kind::space || node.kind == Node::Kind::thin;
}

/// How \text{...} reads: escaped signs without their backslash.
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && !is_letter(text[i + 1])) ++i;
    plain += text[i] == '~' ? ' ' : text[i];
  }
  return sanitize(plain);
}

/// Rows and cells while they are read.
struct Cells {
  std::vector<std::vector<Row>> rows{{{}}};
  std::vector<std::string> tags{""};

  void next_cell() { rows.back().emplace_back(); }
  void next_row() {
    rows.push_back({{}});
    tags.emplace_back();
  }
  void add(Row row) {
    Row& cell = rows.back().back();
    cell.insert(cell.end(), std::make_move_iterator(row.begin()),
                std::make_move_iterator(row.end()));
  }
};

/// Cells as a grid: a last row that is empty (a trailing \\) goes, short rows
/// are filled up.
Node grid_of(Cells cells) {
  const auto& last = cells.rows.back();
  if (cells.rows.size() > 1 && last.size() == 1 && last[0].empty() &&
      cells.tags.back().empty()) {
    cells.rows.pop_back();
    cells.tags.pop_back();
  }
  Node grid;
  grid.kind = Node::Kind::grid;
  grid.tags = std::move(cells.tags);
  for (const auto& row : cells.rows) {
    grid.columns = std::max(grid.columns, row.size());
  }
  for (auto& row : cells.rows) {
    row.resize(grid.columns);
    std::move(row.begin(), row.end(), std::back_inserter(grid.parts));
  }
  return grid;
}

class Parser {
 public:
  explicit Parser(std::string_view tex) : tex_(tex) {}

  Node formula() {
    Node grid = grid_of(cells(""));
    grid.alignment = "rl";
    return grid;
  }

 private:
  bool done() const { return at_ >= tex_.size(); }
  char peek() const { return done() ? '\0' : tex_[at_]; }

  void skip_spaces() {
    while (!done() && is_space(peek())) ++at_;
  }

  /// The command at this place, without its backslash; nothing is read.
  std::string_view command_here() const {
    if (peek() != '\\') return {};
    std::size_t end = at_ + 1;
    while (end < tex_.size() && is_letter(tex_[end])) ++end;
    if (end == at_ + 1) end = std::min(next_character(tex_, end), tex_.size());
    return tex_.substr(at_ + 1, end - at_ - 1);
  }

  std::string_view take_command() {
    const std::string_view name = command_here();
    at_ += 1 + name.size();
    return name;
  }

  /// What only the caller of row() can handle.
  bool at_stop() const {
    if (done() || peek() == '}' || peek() == '&') return true;
    if (open_fences_ > 0 && closes_fence()) return true;
    return one_of(command_here(), {"\\", "end", "right", "cr", "newline"});
  }

  Row row() {
    Row nodes;
    for (skip_spaces(); !at_stop(); skip_spaces()) {
      const std::string_view command = command_here();
      if (command == "tag") {
        take_command();
        if (peek() == '*') ++at_;
        tag_ = "(" + unescaped(raw_group()) + ")";
        continue;
      }
      Node node = atom();
      if (!is_blank(node)) scripts(node);
      nodes.push_back(std::move(node));
    }
    return nodes;
  }

  /// Cells up to \end{environment}, or to the end where it is "".
  Cells cells(std::string_view environment) {
    Cells cells;
    while (true) {
      cells.add(row());
      cells.tags.back() += std::exchange(tag_, "");
      if (done()) return cells;
      if (peek() == '}') {  // one too many
        ++at_;
        cells.add({text_node("}", Class::close)});
      } else if (peek() == '&') {
        ++at_;
        cells.next_cell();
      } else if (stop_command(cells, environment)) {
        return cells;
      }
    }
  }

  /// Handles \\, \end and a stray \right; whether the cells end here.
  bool stop_command(Cells& cells, std::string_view environment) {
    const std::string_view command = command_here();
    take_command();
    if (command == "right") {
      cells.add({delimiter_node(Class::close)});
      return false;
    }
    if (command == "end") {
      raw_group();
      return !environment.empty();
    }
    if (peek() == '[') optional_group();  // \\[2pt]
    cells.next_row();
    return false;
  }

  void scripts(Node& node) {
    for (skip_spaces(); !done(); skip_spaces()) {
      const std::string_view command = command_here();
      if (peek() == '^') {
        ++at_;
        extend(node.above, argument());
      } else if (peek() == '_') {
        ++at_;
        extend(node.below, argument());
      } else if (peek() == '\'') {
        ++at_;
        extend(node.above, {text_node("′")});
      } else if (command == "limits" || command == "nolimits") {
        node.limits = command == "limits";
        take_command();
      } else {
        return;
      }
    }
  }

  static void extend(Row& row, Row more) {
    std::move(more.begin(), more.end(), std::back_inserter(row));
  }

  /// A group, or the one thing that stands for it: x^2, \frac12.
  Row argument() {
    skip_spaces();
    if (at_stop() || peek() == '^' || peek() == '_') return {};
    if (peek() == '{') return group();
    if (peek() == '\\') return {atom()};
    return {character()};
  }

  Row group() {
    ++at_;
    if (++depth_ > kDeepest) return {rest_as_text()};
    Row nodes = row();
    while (!done() && peek() != '}') {
      // Separators have no business here; all else that stops ends the group.
      if (peek() == '&') {
        ++at_;
      } else if (one_of(command_here(), {"\\", "cr", "newline"})) {
        take_command();
      } else {
        break;
      }
      nodes.push_back(space_node(1));
      extend(nodes, row());
    }
    if (peek() == '}') ++at_;
    --depth_;
    return nodes;
  }

  /// Too deep: what is left, as it stands.
  Node rest_as_text() {
    Node node = text_node(sanitize(tex_.substr(std::min(at_, tex_.size()))));
    node.verbatim = true;
    at_ = tex_.size();
    --depth_;
    return node;
  }

  /// The text of a group, braces inside kept in balance; or one character.
  std::string_view raw_group() {
    skip_spaces();
    if (done()) return {};
    if (peek() != '{') {
      const std::size_t begin = at_;
      at_ = next_character(tex_, at_);
      return tex_.substr(begin, at_ - begin);
    }
    const std::size_t begin = ++at_;
    int open = 1;
    for (; !done(); ++at_) {
      if (peek() == '\\' && at_ + 1 < tex_.size()) {
        ++at_;
      } else if (peek() == '{') {
        ++open;
      } else if (peek() == '}' && --open == 0) {
        break;
      }
    }
    const std::size_t end = std::min(at_, tex_.size());
    if (!done()) ++at_;
    return tex_.substr(begin, end - begin);
  }

  /// The text between [ and ], which may be missing.
  std::string_view optional_group() {
    skip_spaces();
    if (peek() != '[') return {};
    const std::size_t end = tex_.find(']', at_);
    if (end == std::string_view::npos) return {};
    const std::string_view inside = tex_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return inside;
  }

  Node atom() {
    const char c = peek();
    if (c == '\\') {
      if (++depth_ > kDeepest) return rest_as_text();
      Node node = command();
      --depth_;
      return node;
    }
    if (c == '{') return with_parts(Node::Kind::group, {group()});
    if (c == '^' || c == '_' || c == '\'') return text_node("");
    const bool point = c == '.' && at_ + 1 < tex_.size();
    if (is_digit(c) || (point && is_digit(tex_[at_ + 1]))) return number();
    return character();
  }

  Node number() {
    const std::size_t begin = at_;
    while (is_digit(peek()) || (peek() == '.' && at_ + 1 < tex_.size() &&
                                is_digit(tex_[at_ + 1]))) {
      ++at_;
    }
    return text_node(tex_.substr(begin, at_ - begin));
  }

  Node character() {
    const std::size_t end = next_character(tex_, at_);
    const std::string_view text = tex_.substr(at_, end - at_);
    at_ = end;
    if (text == "~") return space_node(1);
    if (text == "-") return text_node("−", Class::binary);
    return text_node(sanitize(text), class_of(text));
  }

  Node command() {
    const std::string_view name = take_command();
    if (name.empty()) return text_node("\\");
    if (const Symbol* symbol = find_symbol(name)) {
      Node node = text_node(symbol->text, symbol->kind);
      node.limits = symbol->limits;
      return node;
    }
    if (!accent_mark(name).empty()) return accent(name);
    if (one_of(name, {"left", "bigl", "Bigl", "biggl", "Biggl"})) {
      return fenced();
    }
    if (one_of(name, {"right", "bigr", "Bigr", "biggr", "Biggr"})) {
      return delimiter_node(Class::close);
    }
    if (one_of(name,
               {"big", "Big", "bigg", "Bigg", "middle", "bigm", "Bigm"})) {
      return delimiter_node(Class::ordinary);
    }
    if (name == "begin") return environment();
    return layout_command(name);
  }

  Node layout_command(std::string_view name) {
    if (one_of(name, {"frac", "dfrac", "tfrac", "cfrac"})) {
      return over(Node::Kind::fraction);
    }
    if (one_of(name, {"binom", "dbinom", "tbinom"})) {
      return over(Node::Kind::binomial);
    }
    if (name == "sqrt") {
      Row degree = Parser(optional_group()).row();
      Row radicand = argument();
      return with_parts(Node::Kind::root,
                        {std::move(radicand), std::move(degree)});
    }
    if (one_of(name, {"underbrace", "overbrace"})) {
      Node node = with_parts(Node::Kind::braced, {argument()});
      node.left = name == "underbrace" ? "under" : "over";
      return node;
    }
    if (one_of(name, {"underset", "overset", "stackrel"})) return stacked(name);
    return text_command(name);
  }

  Node over(Node::Kind kind) {
    Row top = argument();
    Row bottom = argument();
    Node node = with_parts(kind, {std::move(top), std::move(bottom)});
    node.first = node.last = Class::inner;
    return node;
  }

  Node stacked(std::string_view name) {
    Row small = argument();
    Row base = argument();
    const Class kind = base.empty() ? Class::ordinary : base.front().first;
    Node node = with_parts(Node::Kind::stacked, {std::move(base), {}, {}});
    node.parts[name == "underset" ? 2 : 1] = std::move(small);
    node.first = node.last = kind;
    return node;
  }

  Node text_command(std::string_view name) {
    if (one_of(name, {"text", "textrm", "textbf", "textit", "texttt", "mbox",
                      "textsf", "textnormal"})) {
      Node node = text_node(unescaped(raw_group()));
      node.verbatim = true;
      return node;
    }
    if (one_of(name, {"operatorname", "DeclareMathOperator"})) {
      const bool limits = peek() == '*';
      if (limits) ++at_;
      Node node = text_node(letters_of(raw_group()), Class::word);
      node.limits = limits;
      return node;
    }
    if (one_of(name, {"mathbb", "mathcal", "mathscr", "mathfrak"})) {
      const std::string_view alphabet = name == "mathscr" ? "mathcal" : name;
      return text_node(in_alphabet(alphabet, letters_of(raw_group())));
    }
    if (one_of(name, {"mathrm", "mathsf", "mathtt", "mathit"})) return roman();
    if (one_of(name, {"mathbf", "boldsymbol", "bm", "mathop", "mathbin",
                      "boxed", "substack", "pmb", "vphantom"})) {
      return with_parts(Node::Kind::group, {argument()});
    }
    return spacing_command(name);
  }

  /// Letters set upright are a name, anything else is a formula.
  Node roman() {
    const std::size_t before = at_;
    const std::string_view inside = raw_group();
    const bool name = std::all_of(inside.begin(), inside.end(), [](char c) {
      return is_letter(c) || is_digit(c) || c == ' ' || c == '-';
    });
    if (name) return text_node(letters_of(inside));
    at_ = before;
    return with_parts(Node::Kind::group, {argument()});
  }

  /// Without the spacing commands that stand in operator names.
  static std::string letters_of(std::string_view text) {
    std::string letters;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\\' && i + 1 < text.size() && !is_letter(text[i + 1])) {
        ++i;
        letters += ' ';
      } else {
        letters += text[i];
      }
    }
    return sanitize(letters);
  }

  Node spacing_command(std::string_view name) {
    if (name == "quad") return space_node(2);
    if (name == "qquad") return space_node(4);
    if (one_of(name, {",", ";", ":", ">"})) return thin_space();
    if (is_space(name[0]) || name == "space") return space_node(1);
    if (one_of(name, {"!", "displaystyle", "textstyle", "scriptstyle",
                      "nonumber", "notag", "limits", "nolimits", "hfill"})) {
      return space_node(0);
    }
    if (one_of(name, {"phantom", "label", "hspace", "vspace", "mathstrut"})) {
      raw_group();
      return space_node(0);
    }
    if (name == "not") return negated(argument());
    return unknown(name);
  }

  static Node negated(Row what) {
    const std::string text = what.size() == 1 ? what[0].text : "";
    if (text == "=") return text_node("≠", Class::relation);
    if (text == "∈") return text_node("∉", Class::relation);
    what.insert(what.begin(), text_node("¬"));
    Node node = with_parts(Node::Kind::group, {std::move(what)});
    node.first = node.last = Class::relation;
    return node;
  }

  /// A name that means nothing to us is shown as it stands.
  static Node unknown(std::string_view name) {
    return text_node(sanitize(name), Class::word);
  }

  Node accent(std::string_view name) {
    Node node = with_parts(Node::Kind::accent, {argument()});
    node.text = accent_mark(name);
    node.left = name;
    return node;
  }

  std::string delimiter() {
    skip_spaces();
    if (done()) return {};
    if (peek() == '\\') {
      const std::string_view name = take_command();
      const Symbol* symbol = find_symbol(name);
      return symbol == nullptr ? std::string(name) : std::string(symbol->text);
    }
    const std::size_t end = next_character(tex_, at_);
    std::string text = sanitize(tex_.substr(at_, end - at_));
    at_ = end;
    return text == "." ? std::string() : text;
  }

  Node delimiter_node(Class kind) {
    if (!done() && one_of(command_here(), {"right"})) take_command();
    return text_node(delimiter(), kind);
  }

  /// From behind \left or \bigl to its \right or \bigr, or as far as it goes.
  Node fenced() {
    Node node;
    node.kind = Node::Kind::fenced;
    node.left = delimiter();
    node.first = Class::open;
    node.last = Class::close;
    if (++depth_ > kDeepest) {
      node.parts = {{rest_as_text()}};
      return node;
    }
    ++open_fences_;
    node.parts = {row()};
    --open_fences_;
    --depth_;
    if (closes_fence()) {
      take_command();
      node.right = delimiter();
    }
    return node;
  }

  bool closes_fence() const {
    return one_of(command_here(), {"right", "bigr", "Bigr", "biggr", "Biggr"});
  }

  Node environment() {
    std::string name(raw_group());
    if (!name.empty() && name.back() == '*') name.pop_back();
    std::string alignment = "rl";
    if (one_of(name, {"aligned", "gathered", "array"})) {
      if (peek() == '[') optional_group();  // its place on the line
    }
    if (name == "array") alignment = columns_of(raw_group());
    if (++depth_ > kDeepest) return rest_as_text();
    const int fences = std::exchange(open_fences_, 0);
    Node grid = grid_of(cells(name));
    open_fences_ = fences;
    --depth_;
    grid.alignment = alignment;
    fence_in(grid, name);
    return grid;
  }

  static std::string columns_of(std::string_view specification) {
    std::string columns;
    for (const char c : specification) {
      if (c == 'l' || c == 'c' || c == 'r') columns += c;
    }
    return columns.empty() ? "c" : columns;
  }

  static void fence_in(Node& grid, std::string_view name) {
    static constexpr std::string_view fences[][3] = {
        {"matrix", "", ""},    {"smallmatrix", "", ""}, {"pmatrix", "(", ")"},
        {"bmatrix", "[", "]"}, {"Bmatrix", "{", "}"},   {"vmatrix", "|", "|"},
        {"Vmatrix", "‖", "‖"}, {"array", "", ""},
    };
    for (const auto& [matrix, left, right] : fences) {
      if (name != matrix) continue;
      grid.left = left;
      grid.right = right;
      grid.text = "matrix";
      if (name != "array") grid.alignment = "c";
      if (!left.empty()) grid.first = Class::open;
      if (!right.empty()) grid.last = Class::close;
    }
    if (name == "cases" || name == "dcases") {
      grid.left = "{";
      grid.text = "matrix";
      grid.alignment = "l";
    }
    if (name == "gathered" || name == "gather") grid.alignment = "c";
  }

  std::string_view tex_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int open_fences_ = 0;
  std::string tag_;
};

}  // namespace

Node parse(std::string_view tex) {
  return Parser(tex).formula();
}

}  // namespace wb::maths
