#include "markdown.hpp"

#include "highlight.hpp"
#include "layout.hpp"
#include "markdown_tree.hpp"
#include "maths.hpp"
#include "text.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

namespace wb {
namespace {

using markdown::Block;

constexpr std::string_view kFirmSpace = "\u00A0";

std::string replaced(std::string text, std::string_view what,
                     std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

/// wrap(), but short formulas and code are not torn apart.
Lines wrapped(Line line, int width) {
  for (Span& span : line) {
    const bool unit = span.role == Role::code || span.role == Role::maths;
    if (unit && display_width(span.text) <= width / 3) {
      span.text = replaced(span.text, " ", kFirmSpace);
    }
  }
  Lines lines = wrap(line, width);
  for (Line& piece : lines) {
    for (Span& span : piece) {
      span.text = replaced(span.text, kFirmSpace, " ");
    }
  }
  return lines;
}

void extend(Lines& lines, Lines more) {
  std::move(more.begin(), more.end(), std::back_inserter(lines));
}

Line one_span(std::string_view text, Role role) {
  Line line;
  append(line, text, role);
  return line;
}

/// `lines` behind `first` and then `rest`; empty lines get no blanks.
Lines prefixed(const Lines& lines, const Line& first, const Line& rest) {
  Lines result;
  for (const Line& line : lines) {
    Line whole = result.empty() ? first : rest;
    if (line.empty() && !whole.empty()) {
      std::string& last = whole.back().text;
      last.erase(last.find_last_not_of(' ') + 1);
      if (last.empty()) whole.pop_back();
    }
    append(whole, line);
    result.push_back(std::move(whole));
  }
  return result;
}

int longest_word(const Line& line) {
  int longest = 0;
  for (const Line& word : wrap(line, 1'000'000)) {
    std::string text = plain_text(word) + " ";
    for (std::size_t begin = 0, end = text.find(' '); end != std::string::npos;
         begin = end + 1, end = text.find(' ', begin)) {
      longest =
          std::max(longest, display_width(text.substr(begin, end - begin)));
    }
  }
  return longest;
}

/// A table of cells, each one line.
class Table {
 public:
  Table(const Block& block, int width) : width_(width) {
    for (const Block& row : block.children) {
      std::vector<Line> cells;
      for (const Block& cell : row.children) {
        if (row.head) alignments_.push_back(cell.align);
        cells.push_back(joined(cell.lines));
      }
      columns_ = std::max(columns_, cells.size());
      rows_.push_back(std::move(cells));
    }
    for (auto& row : rows_) row.resize(columns_);
    alignments_.resize(columns_, Align::left);
  }

  Lines lines() const {
    // Words stay whole if that is possible, else pieces of eight will do.
    for (const int longest : {1000, 8}) {
      const std::vector<int> widths = fitted(longest);
      if (!widths.empty()) return drawn(widths);
    }
    return stacked();
  }

 private:
  static constexpr int kGap = 3;

  static Line joined(const Lines& lines) {
    Line whole;
    for (const Line& line : lines) {
      if (!whole.empty()) append(whole, " ");
      append(whole, line);
    }
    return whole;
  }

  /// Widths of the columns: natural if they fit, else the widest give way
  /// until they do, but not below their longest word or `longest`. Nothing
  /// when they do not fit.
  std::vector<int> fitted(int longest) const {
    std::vector<int> widths(columns_, 1);
    std::vector<int> least(columns_, 1);
    for (const auto& row : rows_) {
      for (std::size_t j = 0; j < columns_; ++j) {
        widths[j] = std::max(widths[j], display_width(row[j]));
        least[j] = std::max(least[j], std::min(longest_word(row[j]), longest));
      }
    }
    const int room = width_ - kGap * (static_cast<int>(columns_) - 1);
    int total = std::accumulate(widths.begin(), widths.end(), 0);
    for (; total > room; --total) {
      std::size_t widest = columns_;
      for (std::size_t j = 0; j < columns_; ++j) {
        if (widths[j] <= least[j]) continue;
        if (widest == columns_ || widths[j] > widths[widest]) widest = j;
      }
      if (widest == columns_) return {};
      --widths[widest];
    }
    return widths;
  }

  Lines drawn(const std::vector<int>& widths) const {
    Lines lines;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      extend(lines, drawn_row(rows_[i], widths));
      if (i == 0) lines.push_back(rule(widths));
    }
    return lines;
  }

  Lines drawn_row(const std::vector<Line>& cells,
                  const std::vector<int>& widths) const {
    std::vector<Lines> columns;
    std::size_t height = 1;
    for (std::size_t j = 0; j < columns_; ++j) {
      columns.push_back(wrapped(cells[j], widths[j]));
      height = std::max(height, columns.back().size());
    }
    Lines lines(height);
    for (std::size_t i = 0; i < height; ++i) {
      for (std::size_t j = 0; j < columns_; ++j) {
        if (j > 0) append(lines[i], " │ ", Role::dim);
        const Line piece = i < columns[j].size() ? columns[j][i] : Line{};
        const bool last = j + 1 == columns_ && alignments_[j] == Align::left;
        append(lines[i],
               last ? piece : aligned(piece, widths[j], alignments_[j]));
      }
    }
    return lines;
  }

  static Line rule(const std::vector<int>& widths) {
    std::string text;
    for (const int width : widths) {
      if (!text.empty()) text += "─┼─";
      text += repeated("─", width);
    }
    return one_span(text, Role::dim);
  }

  /// One "column: value" below the other.
  Lines stacked() const {
    Lines lines;
    for (std::size_t i = 1; i < rows_.size(); ++i) {
      if (i > 1) lines.emplace_back();
      for (std::size_t j = 0; j < columns_; ++j) {
        Line line = rows_[0][j];
        if (!line.empty()) append(line, ": ", Role::label);
        append(line, rows_[i][j]);
        extend(lines, wrap(line, width_, {}, {{"  ", Role::plain}}));
      }
    }
    // A table of nothing but its head.
    if (rows_.size() == 1) extend(lines, wrap(joined(rows_[0]), width_));
    return lines;
  }

  int width_;
  std::size_t columns_ = 0;
  std::vector<std::vector<Line>> rows_;
  std::vector<Align> alignments_;
};

/// Draws the blocks of a page.
class Renderer {
 public:
  explicit Renderer(bool unicode) : unicode_(unicode) {}

  /// Blocks below each other, with blank lines between unless `tight`.
  Lines blocks(const std::vector<Block>& children, int width, int depth,
               bool tight = false) const {
    Lines lines;
    for (const Block& child : children) {
      Lines more = block(child, width, depth);
      if (more.empty()) continue;
      if (!lines.empty() && !(tight && !stands_apart(child))) {
        lines.emplace_back();
      }
      extend(lines, std::move(more));
    }
    return lines;
  }

 private:
  static bool stands_apart(const Block& block) {
    return block.kind != Block::Kind::paragraph &&
           block.kind != Block::Kind::list;
  }

  Lines block(const Block& block, int width, int depth) const {
    switch (block.kind) {
      case Block::Kind::paragraph:
        return paragraph(block, width);
      case Block::Kind::heading:
        return heading_of(block, width);
      case Block::Kind::code:
        return code(block, width);
      case Block::Kind::maths:
        return maths(block, width);
      case Block::Kind::rule:
        return {one_span(repeated("─", width), Role::dim)};
      case Block::Kind::quote:
        return quote(block, width, depth);
      case Block::Kind::list:
        return list(block, width, depth);
      case Block::Kind::table:
        return Table(block, width).lines();
      case Block::Kind::html:
        return html(block, width);
      default:
        return blocks(block.children, width, depth);
    }
  }

  static bool is_empty(const Lines& lines) {
    return std::all_of(lines.begin(), lines.end(), [](const Line& line) {
      return plain_text(line).find_first_not_of(' ') == std::string::npos;
    });
  }

  static Lines paragraph(const Block& block, int width) {
    Lines lines;
    if (is_empty(block.lines)) return lines;
    for (const Line& line : block.lines) extend(lines, wrapped(line, width));
    return lines;
  }

  /// The first level with a line below, the second on a rule, others plain.
  static Lines heading_of(const Block& block, int width) {
    Lines lines = paragraph(block, width);
    if (lines.empty() || block.level > 2) return lines;
    int longest = 0;
    for (const Line& line : lines) {
      longest = std::max(longest, display_width(line));
    }
    if (block.level == 1) {
      lines.push_back(one_span(repeated("═", longest), Role::dim));
      return lines;
    }
    const int rest = width - display_width(lines.back()) - 1;
    if (rest > 0) {
      append(lines.back(), " " + repeated("─", rest), Role::dim);
    }
    return lines;
  }

  std::string shown(const std::string& text) const {
    return unicode_ ? text : to_ascii(text);
  }

  Lines code(const Block& block, int width) const {
    const std::string text = shown(block.text);
    const std::string& language = block.language;
    Lines lines;
    if (language == "cpp" || language == "c++" || language == "c" ||
        language == "hpp") {
      lines = highlight_cpp(text);
    } else if (language == "diff" || language == "patch") {
      lines = highlight_diff(text);
    } else {
      lines = unstyled(text, Role::code);
    }
    const Line indent = one_span("  ", Role::plain);
    return prefixed(wrap_code(lines, std::max(width - 2, 1)), indent, indent);
  }

  Lines maths(const Block& block, int width) const {
    Lines lines;
    for (const std::string& text : tex_display(block.text, width, unicode_)) {
      lines.push_back(one_span(text, Role::maths));
    }
    return lines;
  }

  /// Raw HTML is shown as it stands, comments are not.
  Lines html(const Block& block, int width) const {
    if (block.text.substr(0, 4) == "<!--") return {};
    Lines lines;
    for (const Line& line : unstyled(shown(block.text), Role::dim)) {
      extend(lines, wrap(line, width));
    }
    return lines;
  }

  Lines quote(const Block& block, int width, int depth) const {
    const Line bar = one_span("│ ", Role::dim);
    return prefixed(blocks(block.children, std::max(width - 2, 1), depth), bar,
                    bar);
  }

  Lines list(const Block& block, int width, int depth) const {
    const int last = block.level + static_cast<int>(block.children.size()) - 1;
    const int digits = static_cast<int>(std::to_string(last).size());
    Lines lines;
    int number = block.level;
    for (const Block& item : block.children) {
      std::string mark = "• ";
      if (block.ordered) {
        const std::string text = std::to_string(number++);
        mark = repeated(" ", digits - static_cast<int>(text.size())) + text;
        mark += ". ";
      } else if (depth > 0) {
        mark = depth == 1 ? "◦ " : "▪ ";
      }
      if (item.task != '\0') mark = item.task == ' ' ? "[ ] " : "[x] ";
      const int indent = display_width(mark);
      Lines inside = blocks(item.children, std::max(width - indent, 1),
                            depth + 1, block.tight);
      if (inside.empty()) inside.emplace_back();
      if (!lines.empty() && !block.tight) lines.emplace_back();
      extend(lines, prefixed(inside, one_span(mark, Role::dim),
                             one_span(repeated(" ", indent), Role::plain)));
    }
    return lines;
  }

  bool unicode_;
};

void collect(const Block& block, Line& line) {
  for (const Line& more : block.lines) {
    if (!line.empty() && !more.empty()) append(line, " ");
    append(line, more);
  }
  for (const Block& child : block.children) collect(child, line);
}

}  // namespace

Lines render_markdown(std::string_view markdown, int width, bool unicode) {
  const Block page = markdown::parse(markdown, unicode);
  return Renderer(unicode).blocks(page.children, std::max(width, 1), 0);
}

Line render_inline(std::string_view markdown, bool unicode) {
  Line line;
  collect(markdown::parse(markdown, unicode), line);
  return line;
}

}  // namespace wb
