#include "maths.hpp"

#include "maths_box.hpp"
#include "maths_tree.hpp"
#include "text.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <utility>

namespace wb {
namespace maths {
namespace {

/// How much room a formula gets.
enum class Style {
  display,  ///< stacked fractions, limits above and below
  text,     ///< scripts may be raised, fractions lie on one row
  line,     ///< one row
  script,   ///< one row, tight
};

struct Scripted {
  std::string_view base;
  std::string_view raised;
  std::string_view lowered;
};

/// What Unicode has as superscript and subscript.
constexpr Scripted kScripted[] = {
    {"0", "⁰", "₀"}, {"1", "¹", "₁"}, {"2", "²", "₂"}, {"3", "³", "₃"},
    {"4", "⁴", "₄"}, {"5", "⁵", "₅"}, {"6", "⁶", "₆"}, {"7", "⁷", "₇"},
    {"8", "⁸", "₈"}, {"9", "⁹", "₉"}, {"+", "⁺", "₊"}, {"−", "⁻", "₋"},
    {"=", "⁼", "₌"}, {"(", "⁽", "₍"}, {")", "⁾", "₎"}, {"a", "ᵃ", "ₐ"},
    {"b", "ᵇ", ""},  {"c", "ᶜ", ""},  {"d", "ᵈ", ""},  {"e", "ᵉ", "ₑ"},
    {"f", "ᶠ", ""},  {"g", "ᵍ", ""},  {"h", "ʰ", "ₕ"}, {"i", "ⁱ", "ᵢ"},
    {"j", "ʲ", "ⱼ"}, {"k", "ᵏ", "ₖ"}, {"l", "ˡ", "ₗ"}, {"m", "ᵐ", "ₘ"},
    {"n", "ⁿ", "ₙ"}, {"o", "ᵒ", "ₒ"}, {"p", "ᵖ", "ₚ"}, {"r", "ʳ", "ᵣ"},
    {"s", "ˢ", "ₛ"}, {"t", "ᵗ", "ₜ"}, {"u", "ᵘ", "ᵤ"}, {"v", "ᵛ", "ᵥ"},
    {"w", "ʷ", ""},  {"x", "ˣ", "ₓ"}, {"y", "ʸ", ""},  {"z", "ᶻ", ""},
    {"A", "ᴬ", ""},  {"B", "ᴮ", ""},  {"D", "ᴰ", ""},  {"E", "ᴱ", ""},
    {"G", "ᴳ", ""},  {"H", "ᴴ", ""},  {"I", "ᴵ", ""},  {"J", "ᴶ", ""},
    {"K", "ᴷ", ""},  {"L", "ᴸ", ""},  {"M", "ᴹ", ""},  {"N", "ᴺ", ""},
    {"O", "ᴼ", ""},  {"P", "ᴾ", ""},  {"R", "ᴿ", ""},  {"T", "ᵀ", ""},
    {"U", "ᵁ", ""},  {"V", "ⱽ", ""},  {"W", "ᵂ", ""},  {"⊤", "ᵀ", ""},
    {"β", "ᵝ", "ᵦ"}, {"γ", "ᵞ", "ᵧ"}, {"δ", "ᵟ", ""},  {"θ", "ᶿ", ""},
    {"φ", "ᵠ", "ᵩ"}, {"χ", "ᵡ", "ᵪ"}, {"ρ", "", "ᵨ"},  {"′", "′", ""},
    {"*", "*", ""},  {"∗", "*", ""},  {"⋆", "*", ""},  {"†", "†", ""},
    {"·", "˙", ""},
};

/// `text` in raised (or lowered) characters, if all of it exists.
std::optional<std::string> scripted(std::string_view text, bool raised) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = next_character(text, i);
    const std::string_view base = text.substr(i, end - i);
    const auto* entry =
        std::find_if(std::begin(kScripted), std::end(kScripted),
                     [&](const Scripted& s) { return s.base == base; });
    if (entry == std::end(kScripted)) return std::nullopt;
    const std::string_view form = raised ? entry->raised : entry->lowered;
    if (form.empty()) return std::nullopt;
    result += form;
    i = end;
  }
  return result;
}

utf8proc_category_t category(std::string_view character) {
  utf8proc_int32_t value = -1;
  utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(character.data()),
                   static_cast<utf8proc_ssize_t>(character.size()), &value);
  return utf8proc_category(value);
}

bool is_letter(std::string_view character) {
  const utf8proc_category_t kind = category(character);
  return kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_LO;
}

bool is_letter_or_digit(std::string_view character) {
  const utf8proc_category_t kind = category(character);
  return is_letter(character) || kind == UTF8PROC_CATEGORY_ND ||
         kind == UTF8PROC_CATEGORY_NO;
}

/// Letters and digits only: can stand behind _ and ^ without parentheses.
bool is_simple(std::string_view text) {
  if (next_character(text, 0) == text.size()) return true;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = next_character(text, i);
    const std::string_view character = text.substr(i, end - i);
    const bool point = character == "." && i > 0 && end < text.size();
    if (!point && !is_letter_or_digit(character)) return false;
    i = end;
  }
  return true;
}

/// A name of several letters: must not run into another letter.
bool is_name(std::string_view text) {
  return text.size() > 1 && next_character(text, 0) < text.size() &&
         is_simple(text) && is_letter(text);
}

bool is_one_of(Class kind, std::initializer_list<Class> kinds) {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

bool is_blank(const Node& node) {
  return node.kind == Node::Kind::space || node.kind == Node::Kind::thin;
}

/// Lays out the parts of a formula.
class Layout {
 public:
  explicit Layout(bool unicode) : unicode_(unicode) {}

  /// The parts side by side. `continued`: something stands to the left, so
  /// that a sign at the beginning joins and does not negate.
  Box row(const Row& row, Style style, bool continued = false) const {
    Line line{.style = style, .continued = continued};
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (is_blank(row[i])) {
        line.blanks = std::max(line.blanks, static_cast<int>(row[i].columns));
        line.thin = line.thin || row[i].kind == Node::Kind::thin;
      } else {
        put(line, row, i);
      }
    }
    return line.box;
  }

  std::string text(const Row& parts, Style style) const {
    return row(parts, style).rows[0];
  }

  /// Rows of cells without brackets: widths of columns shared.
  std::vector<Box> aligned_rows(const Node& grid, Style style) const {
    const Cells cells = laid_out(grid, style);
    std::vector<Box> rows;
    for (const std::vector<Box>& boxes : cells.rows) {
      Box whole;
      for (std::size_t j = 0; j < boxes.size(); ++j) {
        const Box cell =
            widened(boxes[j], cells.widths[j], alignment_of(grid, j));
        whole = beside(whole, cell, j > 0 ? gap_before(grid, j) : 0);
      }
      rows.push_back(std::move(whole));
    }
    return rows;
  }

  /// All cells of one row of a grid, as one row of parts.
  static Row joined_cells(const Node& grid, std::size_t row) {
    Row all;
    for (std::size_t j = 0; j < grid.columns; ++j) {
      const Row& cell = grid.parts[row * grid.columns + j];
      all.insert(all.end(), cell.begin(), cell.end());
    }
    return all;
  }

 private:
  /// A row while it is filled.
  struct Line {
    Style style = Style::line;
    bool continued = false;
    Box box{};
    Class last = Class::ordinary;
    const Node* previous = nullptr;
    bool previous_unary = false;
    int bars = 0;  ///< | and ‖ so far: they open and close in turn
    int blanks = 0;
    bool thin = false;
    bool open_script = false;  ///< the last part ends in _x or ^x
  };

  struct Cells {
    std::vector<std::vector<Box>> rows;
    std::vector<int> widths;
  };

  void put(Line& line, const Row& parts, std::size_t i) const {
    const Node& node = parts[i];
    Class first = node.first;
    Class last = node.last;
    const bool bar = node.kind == Node::Kind::text && first == last &&
                     first == Class::ordinary &&
                     (node.text == "|" || node.text == "‖");
    if (bar) first = last = line.bars++ % 2 == 0 ? Class::open : Class::close;
    const bool unary = first == Class::binary && !joins(line, parts, i);
    if (unary) first = last = Class::ordinary;

    const Box box = scripted_box(node, line.style);
    if (box.width > 0) {
      const bool start = line.previous == nullptr && !line.continued;
      int gap = start ? 0 : automatic_gap(line, node, first, box);
      gap = std::max(gap, line.blanks);
      if (line.thin && gap == 0 && !start && line.last != Class::open &&
          !is_one_of(first, {Class::close, Class::punctuation})) {
        gap = 1;
      }
      line.box = beside(line.box, box, gap);
    }
    line.last = last;
    line.previous = &node;
    line.previous_unary = unary;
    line.blanks = 0;
    line.thin = false;
    line.open_script = ends_in_open_script(node, box);
  }

  static bool ends_in_open_script(const Node& node, const Box& box) {
    if (!box.flat() || (node.above.empty() && node.below.empty())) return false;
    return box.rows[0].find_first_of("_^") != std::string::npos;
  }

  /// Whether the operator parts[i] stands between two operands.
  static bool joins(const Line& line, const Row& parts, std::size_t i) {
    if (line.previous == nullptr && !line.continued) return false;
    if (line.previous != nullptr &&
        is_one_of(line.last, {Class::binary, Class::relation, Class::open,
                              Class::punctuation, Class::word, Class::big})) {
      return false;
    }
    const auto next = std::find_if(
        parts.begin() + static_cast<std::ptrdiff_t>(i) + 1, parts.end(),
        [](const Node& node) { return !is_blank(node); });
    return next == parts.end() ||
           !is_one_of(next->first,
                      {Class::relation, Class::close, Class::punctuation});
  }

  int automatic_gap(const Line& line, const Node& node, Class first,
                    const Box& box) const {
    if (touches_space(line.box, box)) return 0;
    const Class last = line.last;
    if (line.style != Style::script) {
      if (first == Class::relation || last == Class::relation) {
        return first == last ? 0 : 1;
      }
      if (first == Class::binary || last == Class::binary) return 1;
      if (last == Class::punctuation) {
        return is_one_of(first, {Class::close, Class::punctuation}) ? 0 : 1;
      }
    }
    if (operators_touch(line, first)) return 1;
    if (line.style != Style::script && fractions_touch(line, first)) return 1;
    return names_touch(line, node, box) ? 1 : 0;
  }

  static bool touches_space(const Box& left, const Box& right) {
    if (!right.flat()) return false;
    const std::string& row = left.rows[static_cast<std::size_t>(left.baseline)];
    return right.rows[0].front() == ' ' ||
           (left.flat() && !row.empty() && row.back() == ' ');
  }

  static bool is_operator(Class kind) {
    return kind == Class::word || kind == Class::big;
  }

  static bool operators_touch(const Line& line, Class first) {
    if (is_operator(line.last)) {
      if (first == Class::open) {
        return line.last == Class::big ||
               (line.previous != nullptr && !line.previous->below.empty());
      }
      return !is_one_of(first, {Class::close, Class::punctuation});
    }
    return is_operator(first) &&
           is_one_of(line.last,
                     {Class::ordinary, Class::close, Class::inner}) &&
           line.previous != nullptr && !line.previous_unary;
  }

  static bool fractions_touch(const Line& line, Class first) {
    const Class last = line.last;
    if (line.previous_unary && line.style != Style::display) return false;
    if (first == Class::inner) {
      return line.style == Style::display || last != Class::open;
    }
    if (last != Class::inner) return false;
    if (is_one_of(first, {Class::close, Class::punctuation})) {
      return line.style == Style::display && first == Class::close;
    }
    return true;
  }

  /// Whether two names, a name and a letter, or a script behind _ or ^ and a
  /// letter would read as one.
  bool names_touch(const Line& line, const Node& node, const Box& box) const {
    if (line.previous == nullptr || !ends_in_letter(line.box) ||
        !starts_with_letter(box)) {
      return false;
    }
    if (line.open_script) return true;
    return is_shown_name(*line.previous) || is_shown_name(node);
  }

  bool is_shown_name(const Node& node) const {
    return node.kind == Node::Kind::text && !node.verbatim &&
           is_name(shown(node.text));
  }

  static bool ends_in_letter(const Box& box) {
    const std::string_view row =
        box.rows[static_cast<std::size_t>(box.baseline)];
    std::size_t last = 0;
    for (std::size_t i = 0; i < row.size(); i = next_character(row, i)) {
      last = i;
    }
    return !row.empty() && is_letter_or_digit(row.substr(last));
  }

  static bool starts_with_letter(const Box& box) {
    const std::string& row = box.rows[static_cast<std::size_t>(box.baseline)];
    return !row.empty() && is_letter_or_digit(row);
  }

  std::string shown(std::string_view text) const {
    return unicode_ ? std::string(text) : to_ascii(text);
  }

  Box scripted_box(const Node& node, Style style) const {
    Box base = box(node, style);
    if (node.kind == Node::Kind::braced) return braced(node, base, style);
    if (node.above.empty() && node.below.empty()) return base;
    if (node.limits && style == Style::display) {
      return with_limits(base, node.above, node.below);
    }
    if (style == Style::line || style == Style::script || !unicode_) {
      const std::string scripts =
          flat_script(node.below, false) + flat_script(node.above, true);
      return beside(base, box_of(scripts));
    }
    return with_scripts(base, node);
  }

  Box with_limits(const Box& base, const Row& upper, const Row& lower) const {
    Box whole = base;
    if (!upper.empty()) {
      const Box limit = row(upper, Style::script);
      whole = above(limit, base);
      whole.baseline = limit.height() + base.baseline;
    }
    if (lower.empty()) return whole;
    const int baseline = whole.baseline;
    whole = above(whole, row(lower, Style::script));
    whole.baseline = baseline;
    return whole;
  }

  /// `inside`, the text of a script, in raised or lowered characters; nothing
  /// when there are none for it, or when it is a word: that reads better large.
  std::optional<std::string> small_script(const Row& script,
                                          std::string_view inside,
                                          bool raised) const {
    if (script.empty()) return "";
    const bool word = script.size() == 1 &&
                      script[0].kind == Node::Kind::text && is_name(inside) &&
                      inside.size() > 2;
    if (!unicode_ || word) return std::nullopt;
    return scripted(inside, raised);
  }

  std::string flat_script(const Row& script, bool raised) const {
    const std::string inside = text(script, Style::script);
    if (const auto small = small_script(script, inside, raised)) return *small;
    if (!unicode_ && inside == "'") return inside;
    const std::string mark = raised ? "^" : "_";
    const bool negative = !unicode_ && inside.size() > 1 && inside[0] == '-' &&
                          is_simple(std::string_view(inside).substr(1));
    if (is_simple(inside) || negative) return mark + inside;
    return mark + "(" + inside + ")";
  }

  Box with_scripts(const Box& base, const Node& node) const {
    const Box upper = row(node.above, Style::script);
    const Box lower = row(node.below, Style::script);
    const auto small_above = small_script(node.above, upper.rows[0], true);
    const auto small_below = small_script(node.below, lower.rows[0], false);
    Box whole = base;
    if (small_below) {
      whole = beside(whole, at_corner(whole, *small_below, false));
    }
    if (small_above) {
      whole = beside(whole, at_corner(base, *small_above, true));
    }
    if (small_above && small_below) return whole;
    return beside(whole, script_column(base, small_above ? Box{} : upper,
                                       small_below ? Box{} : lower));
  }

  /// Small characters beside the top (or bottom) row of `base`.
  static Box at_corner(const Box& base, std::string_view text, bool raised) {
    const int rows = raised ? base.baseline : base.height() - 1 - base.baseline;
    Box corner = heightened(box_of(text), raised ? 0 : rows, raised ? rows : 0);
    corner.baseline = raised ? rows : 0;
    return corner;
  }

  /// Scripts one row above and below a base of one row, beside the first and
  /// last row of a taller one.
  static Box script_column(const Box& base, const Box& upper,
                           const Box& lower) {
    const int top = base.flat() ? 1 : base.baseline;
    const int bottom = base.flat() ? 1 : base.height() - 1 - base.baseline;
    const int width = std::max(upper.width, lower.width);
    Box column;
    column.rows.assign(static_cast<std::size_t>(top + 1 + bottom), "");
    column.rows.front() = upper.rows[0];
    if (lower.width > 0) column.rows.back() = lower.rows[0];
    for (std::string& text : column.rows) {
      text += repeated(" ", width - display_width(text));
    }
    column.width = width;
    column.baseline = top;
    // A row that holds nothing would only take room.
    if (lower.width == 0 && base.flat()) column.rows.pop_back();
    if (upper.width == 0 && base.flat()) {
      column.rows.erase(column.rows.begin());
      --column.baseline;
    }
    return column;
  }

  Box box(const Node& node, Style style) const {
    switch (node.kind) {
      case Node::Kind::text:
        return box_of(shown(node.text));
      case Node::Kind::space:
      case Node::Kind::thin:
        return {};
      case Node::Kind::group:
        return row(node.parts[0], style);
      case Node::Kind::fraction:
        return fraction(node, style);
      case Node::Kind::binomial:
        return binomial(node, style);
      case Node::Kind::root:
        return root(node, style);
      case Node::Kind::accent:
        return accent(node, style);
      case Node::Kind::fenced:
        return in_brackets(node, row(node.parts[0], style));
      case Node::Kind::braced:
        return row(node.parts[0], style);
      case Node::Kind::stacked:
        return stacked(node, style);
      case Node::Kind::grid:
        return grid(node, style);
    }
    return {};
  }

  Box in_brackets(const Node& node, const Box& inside) const {
    const auto side = [&](const std::string& sign) {
      // A single row is written, only tall brackets are drawn.
      return inside.flat() ? box_of(shown(sign))
                           : bracket(sign, inside.height(), inside.baseline);
    };
    return beside(beside(side(node.left), inside), side(node.right));
  }

  Box fraction(const Node& node, Style style) const {
    if (style != Style::display) {
      return box_of(operand(node.parts[0], false, style) + "/" +
                    operand(node.parts[1], true, style));
    }
    const Box top = row(node.parts[0], Style::text);
    const Box bottom = row(node.parts[1], Style::text);
    const int width = std::max({top.width, bottom.width, 1});
    Box whole = above(top, box_of(repeated("─", width)));
    whole.baseline = top.height();
    const int baseline = whole.baseline;
    whole = above(whole, bottom);
    whole.baseline = baseline;
    return whole;
  }

  /// A numerator or denominator on one row, in parentheses where it needs them.
  std::string operand(const Row& parts, bool denominator, Style style) const {
    const std::string inside =
        text(parts, style == Style::script ? Style::script : Style::line);
    if (inside.empty()) return "()";
    const bool in_bars = (inside.front() == '|' && inside.back() == '|' &&
                          std::count(inside.begin(), inside.end(), '|') == 2);
    const Factors factors = factors_of(parts);
    if (factors.loose || (denominator && factors.count > 1 && !in_bars)) {
      return "(" + inside + ")";
    }
    return inside;
  }

  struct Factors {
    int count = 0;       ///< f(x) is one, n(n − 1) is two
    bool loose = false;  ///< a sum, a comparison, a list: needs parentheses
  };

  static Factors factors_of(const Row& parts) {
    Factors factors;
    int depth = 0;
    for (const Node& node : parts) {
      if (is_blank(node)) continue;
      const bool alone = node.kind == Node::Kind::text;
      if (alone && node.first == Class::close) --depth;
      if (depth > 0) {
        if (node.first == Class::binary) factors.count = 2;
      } else if (node.first == Class::open) {
        factors.count = std::max(factors.count, 1);
      } else if (node.first != Class::close) {
        ++factors.count;
        factors.loose =
            factors.loose ||
            is_one_of(node.first, {Class::binary, Class::relation, Class::big,
                                   Class::punctuation, Class::inner});
      }
      if (alone && node.first == Class::open) ++depth;
    }
    return factors;
  }

  Box binomial(const Node& node, Style style) const {
    if (style != Style::display) {
      return box_of("C(" + text(node.parts[0], Style::script) + ", " +
                    text(node.parts[1], Style::script) + ")");
    }
    const Box top = row(node.parts[0], Style::text);
    Box whole = above(top, row(node.parts[1], Style::text));
    whole.baseline = top.height() - 1;
    const Box open = bracket("(", whole.height(), whole.baseline);
    const Box close = bracket(")", whole.height(), whole.baseline);
    return beside(beside(open, whole), close);
  }

  Box root(const Node& node, Style style) const {
    const Box inside = row(node.parts[0], style);
    const Box degree =
        box_of(node.parts[1].empty() ? "" : flat_degree(node.parts[1]));
    if (!inside.flat()) return beside(degree, under_root(inside));
    const std::string& radicand = inside.rows[0];
    const bool bare = unicode_ && node.parts[0].size() == 1 &&
                      is_simple(radicand) && !is_name(node.parts[0][0].text);
    const std::string sign = shown("√");
    return box_of(degree.rows[0] +
                  (bare ? sign + radicand : sign + "(" + radicand + ")"));
  }

  std::string flat_degree(const Row& degree) const {
    const std::string inside = text(degree, Style::script);
    return small_script(degree, inside, true).value_or(inside + "-");
  }

  /// One letter takes the mark. So does each letter under a line. Anything
  /// else becomes hat(...).
  Box accent(const Node& node, Style style) const {
    const Box inside = row(node.parts[0], style);
    const bool line = node.left == "overline" || node.left == "underline";
    const std::string& base = inside.rows[0];
    const bool letter = next_character(base, 0) >= base.size();
    if (!unicode_ || !inside.flat() || (!letter && !line)) {
      Box name = box_of(std::string(short_name(node.left)) + "(");
      return beside(beside(name, inside), box_of(")"));
    }
    std::string marked;
    for (std::size_t i = 0; i < base.size();) {
      const std::size_t end = next_character(base, i);
      marked += base.substr(i, end - i) + node.text;
      i = end;
    }
    return box_of(composed(marked));
  }

  static std::string_view short_name(std::string_view accent) {
    if (accent == "widehat") return "hat";
    if (accent == "widetilde") return "tilde";
    if (accent == "overline") return "bar";
    return accent;
  }

  /// With single code points (ŷ) where they exist: more fonts have them.
  static std::string composed(const std::string& text) {
    utf8proc_uint8_t* form =
        utf8proc_NFC(reinterpret_cast<const utf8proc_uint8_t*>(text.c_str()));
    if (form == nullptr) return text;
    const std::string result = reinterpret_cast<const char*>(form);
    std::free(form);
    return result;
  }

  Box stacked(const Node& node, Style style) const {
    const Box base = row(node.parts[0], style);
    if (style == Style::display) {
      return with_limits(base, node.parts[1], node.parts[2]);
    }
    return beside(base, box_of(flat_script(node.parts[2], false) +
                               flat_script(node.parts[1], true)));
  }

  /// A brace with its text; on one row the text follows in brackets.
  Box braced(const Node& node, const Box& base, Style style) const {
    const bool under = node.left == "under";
    const Row& label = under ? node.below : node.above;
    const std::string note = text(label, Style::line);
    if (style != Style::display) {
      return note.empty() ? base : beside(base, box_of(" [" + note + "]"));
    }
    const int width = std::max(base.width, 3);
    const std::string left = repeated("─", (width - 3) / 2);
    const std::string right = repeated("─", width - 3 - (width - 3) / 2);
    const Box brace = box_of(under ? "╰" + left + "┬" + right + "╯"
                                   : "╭" + left + "┴" + right + "╮");
    Box whole;
    if (under) {
      whole = above(base, note.empty() ? brace : above(brace, box_of(note)));
      whole.baseline = base.baseline;
    } else {
      whole = above(note.empty() ? brace : above(box_of(note), brace), base);
      whole.baseline = whole.height() - base.height() + base.baseline;
    }
    return whole;
  }

  static char alignment_of(const Node& grid, std::size_t column) {
    return grid.alignment[column % grid.alignment.size()];
  }

  /// Columns of aligned equations touch in pairs, all others stand apart.
  static int gap_before(const Node& grid, std::size_t column) {
    if (grid.text == "matrix") return 2;
    return column % 2 == 1 ? 0 : 4;
  }

  Cells laid_out(const Node& grid, Style style) const {
    Cells cells;
    cells.widths.assign(grid.columns, 0);
    for (std::size_t i = 0; i < grid.tags.size(); ++i) {
      cells.rows.emplace_back();
      for (std::size_t j = 0; j < grid.columns; ++j) {
        const bool continued = grid.text != "matrix" && j % 2 == 1;
        Box cell = row(grid.parts[i * grid.columns + j], style, continued);
        cells.widths[j] = std::max(cells.widths[j], cell.width);
        cells.rows.back().push_back(std::move(cell));
      }
    }
    return cells;
  }

  Box grid(const Node& node, Style style) const {
    if (style == Style::line || style == Style::script) {
      return box_of(flat_grid(node));
    }
    const Style inside = node.text == "matrix" ? Style::text : Style::display;
    Box whole;
    bool first = true;
    bool roomy = false;
    for (const Box& row : aligned_rows(node, inside)) {
      if (first) {
        whole = row;
      } else {
        if (roomy || !row.flat()) whole = heightened(whole, 0, 1);
        whole.rows.insert(whole.rows.end(), row.rows.begin(), row.rows.end());
      }
      roomy = !row.flat();
      first = false;
    }
    if (node.tags.size() > 1) whole.baseline = (whole.height() - 1) / 2;
    return in_brackets(node, whole);
  }

  std::string flat_grid(const Node& node) const {
    std::string flat;
    for (std::size_t i = 0; i < node.tags.size(); ++i) {
      if (i > 0) flat += "; ";
      if (node.text != "matrix") {
        flat += text(joined_cells(node, i), Style::line);
        continue;
      }
      for (std::size_t j = 0; j < node.columns; ++j) {
        const std::string cell =
            text(node.parts[i * node.columns + j], Style::line);
        if (j > 0 && !cell.empty()) flat += flat.back() == ',' ? " " : ", ";
        flat += cell;
      }
    }
    return shown(node.left) + flat + shown(node.right);
  }

  bool unicode_;
};

/// Displays a formula: places rows, breaks what is too wide, sets tags.
class Display {
 public:
  Display(int width, bool unicode)
      : width_(std::max(width, 1)),
        indent_(width >= 60   ? 4
                : width >= 30 ? 2
                              : 0),
        layout_(unicode) {}

  std::vector<std::string> show(Node grid) {
    if (holds_one_grid(grid)) grid = inner_grid(grid);
    const std::vector<Box> rows = layout_.aligned_rows(grid, Style::display);
    const bool fits = std::all_of(rows.begin(), rows.end(), [&](const Box& r) {
      return indent_ + r.width <= width_;
    });
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (fits) {
        place(rows[i]);
      } else {
        place_broken(Layout::joined_cells(grid, i));
      }
      if (!grid.tags[i].empty()) place_tag(grid.tags[i]);
    }
    return std::move(lines_);
  }

 private:
  /// \begin{aligned} ... \end{aligned} and nothing else but a tag.
  static bool holds_one_grid(const Node& grid) {
    return grid.parts.size() == 1 && grid.parts[0].size() == 1 &&
           grid.parts[0][0].kind == Node::Kind::grid &&
           grid.parts[0][0].text != "matrix";
  }

  /// The inner rows with their tags; a tag of the whole goes to the middle.
  static Node inner_grid(const Node& grid) {
    Node inner = grid.parts[0][0];
    std::string& middle = inner.tags[(inner.tags.size() - 1) / 2];
    if (middle.empty()) middle = grid.tags[0];
    return inner;
  }

  void place(const Box& box, int more_indent = 0) {
    const bool tall = !box.flat();
    if (!lines_.empty() && (tall || last_tall_)) lines_.emplace_back();
    baseline_ = lines_.size() + static_cast<std::size_t>(box.baseline);
    for (const std::string& row : box.rows) {
      lines_.push_back(repeated(" ", indent_ + more_indent) + row);
    }
    last_tall_ = tall;
  }

  /// Flush right on the baseline of the last box, or below where there is no
  /// room.
  void place_tag(const std::string& tag) {
    const int length = display_width(tag);
    if (display_width(lines_[baseline_]) + 2 + length > width_) {
      lines_.emplace_back();
      baseline_ = lines_.size() - 1;
    }
    std::string& line = lines_[baseline_];
    line += repeated(" ", width_ - length - display_width(line)) + tag;
  }

  /// How good a place parts[i] is to start a new line: 3 behind a wide space,
  /// 2 before a relation, 1 before an operator or behind a comma, 0 inside
  /// parentheses, and no place at all below.
  static std::vector<int> break_ranks(const Row& parts) {
    std::vector<int> ranks(parts.size(), -1);
    int depth = 0;
    for (std::size_t i = 1; i < parts.size(); ++i) {
      const Node& before = parts[i - 1];
      if (before.kind == Node::Kind::text) {
        depth += before.first == Class::open ? 1 : 0;
        depth -= before.first == Class::close ? 1 : 0;
      }
      if (is_blank(parts[i])) continue;
      int rank = -1;
      if (before.kind == Node::Kind::space && before.columns > 1) {
        rank = 3;
      } else if (parts[i].first == Class::relation) {
        rank = 2;
      } else if (parts[i].first == Class::binary ||
                 before.last == Class::punctuation) {
        rank = 1;
      }
      ranks[i] = depth > 0 ? std::min(rank, 0) : rank;
    }
    return ranks;
  }

  Box piece(const Row& row, std::size_t begin, std::size_t end) const {
    const Row part(row.begin() + static_cast<std::ptrdiff_t>(begin),
                   row.begin() + static_cast<std::ptrdiff_t>(end));
    return layout_.row(part, Style::display, begin > 0);
  }

  /// Without the blank columns at the left.
  static Box without_margin(Box box) {
    const auto blank = [](const std::string& row) { return row[0] == ' '; };
    while (box.width > 0 &&
           std::all_of(box.rows.begin(), box.rows.end(), blank)) {
      for (std::string& row : box.rows) row.erase(0, 1);
      --box.width;
    }
    return box;
  }

  /// Where the line that starts at `begin` ends: at its end if that fits, else
  /// at the best place that does not leave it short. 0: nothing fits.
  std::size_t end_of_line(const Row& row, const std::vector<int>& ranks,
                          std::size_t begin, int room) const {
    if (piece(row, begin, row.size()).width <= room) return row.size();
    std::size_t best = 0;
    bool best_short = true;
    for (std::size_t end = begin + 1; end < row.size(); ++end) {
      if (ranks[end] < 0) continue;
      const int width = piece(row, begin, end).width;
      if (width > room) continue;
      const bool is_short = width < room / 3;
      if (best == 0 || (best_short && !is_short) ||
          (best_short == is_short && ranks[end] >= ranks[best])) {
        best = end;
        best_short = is_short;
      }
    }
    return best;
  }

  /// As much as fits on each line; all on one row, wrapped like prose, when a
  /// piece without a break is too wide.
  void place_broken(const Row& row) {
    const std::vector<int> ranks = break_ranks(row);
    std::vector<Box> pieces;
    for (std::size_t begin = 0; begin < row.size();) {
      const int room = width_ - indent_ - (begin > 0 ? 2 : 0);
      const std::size_t end = end_of_line(row, ranks, begin, room);
      if (end == 0) return place_wrapped(row);
      pieces.push_back(without_margin(piece(row, begin, end)));
      begin = end;
    }
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      place(pieces[i], i == 0 ? 0 : 2);
    }
    if (pieces.empty()) place({});
  }

  void place_wrapped(const Row& row) {
    Line line;
    append(line, layout_.text(row, Style::line));
    const Lines wrapped = wrap(line, width_ - indent_, {}, {{"  ", {}}});
    for (const Line& piece : wrapped) place(box_of(plain_text(piece)));
  }

  int width_;
  int indent_;
  Layout layout_;
  std::vector<std::string> lines_;
  std::size_t baseline_ = 0;
  bool last_tall_ = false;
};

}  // namespace
}  // namespace maths

std::string tex_to_text(std::string_view tex, bool unicode) {
  const maths::Node grid = maths::parse(tex);
  const maths::Layout layout(unicode);
  std::string text;
  for (std::size_t i = 0; i < grid.tags.size(); ++i) {
    if (i > 0) text += "; ";
    text +=
        layout.text(maths::Layout::joined_cells(grid, i), maths::Style::line);
    if (!grid.tags[i].empty()) text += "  " + grid.tags[i];
  }
  return unicode ? text : to_ascii(text);
}

std::vector<std::string> tex_display(std::string_view tex, int width,
                                     bool unicode) {
  std::vector<std::string> lines =
      maths::Display(width, unicode).show(maths::parse(tex));
  for (std::string& line : lines) {
    if (!unicode) line = to_ascii(line);
    line.erase(line.find_last_not_of(' ') + 1);
  }
  return lines;
}

}  // namespace wb
