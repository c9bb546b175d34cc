#include "markdown_tree.hpp"

#include "maths.hpp"
#include "text.hpp"

#include <md4c.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <iterator>
#include <utility>

namespace wb::markdown {
namespace {

// Maths is taken out before the parser sees it, since to the parser _ and * and
// | mean something else; a mark of private characters around an index stands
// in for it.
constexpr std::string_view kMarkBegin = "\uE000";
constexpr std::string_view kMarkEnd = "\uE001";

struct Formula {
  std::string raw;  ///< with its dollars
  std::string tex;
  bool display = false;
  bool literal = false;  ///< no formula: one of our marks in the text itself
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}

/// "$5 for this and 6$": starts like a price and goes on in words.
bool reads_like_prose(std::string_view tex) {
  if (tex.empty() || !is_digit(tex[0])) return false;
  if (tex.find('\\') != std::string_view::npos) return false;
  if (tex.find(' ') == std::string_view::npos) return false;
  int letters = 0;
  for (const char c : tex) {
    letters = is_letter(c) ? letters + 1 : 0;
    if (letters == 2) return true;
  }
  return false;
}

/// Replaces the formulas of a page by marks.
class Extractor {
 public:
  explicit Extractor(std::string_view page) : page_(page) {}

  std::string run() {
    while (at_ < page_.size()) {
      if (at_line_start()) {
        if (fence()) continue;
      }
      step();
    }
    return std::move(out_);
  }

  std::vector<Formula> take() { return std::move(formulas_); }

 private:
  bool at_line_start() const { return at_ == 0 || page_[at_ - 1] == '\n'; }

  std::string_view line_at(std::size_t begin) const {
    return page_.substr(begin, page_.find('\n', begin) - begin);
  }

  void copy(std::size_t count) {
    count = std::min(count, page_.size() - at_);
    out_ += page_.substr(at_, count);
    at_ += count;
  }

  /// The run of ` or ~ that opens a fence on this line; empty when none does.
  static std::string_view fence_mark(std::string_view line) {
    const std::size_t begin = line.find_first_not_of(" >-+*.0123456789");
    if (begin == std::string_view::npos) return {};
    const char mark = line[begin];
    if (mark != '`' && mark != '~') return {};
    std::size_t end = line.find_first_not_of(mark, begin);
    if (end == std::string_view::npos) end = line.size();
    if (end - begin < 3) return {};
    const bool closed = mark == '`' && line.find('`', end) < line.size();
    return closed ? std::string_view() : line.substr(begin, end - begin);
  }

  /// Copies a fenced block, if one starts here.
  bool fence() {
    const std::string_view mark = fence_mark(line_at(at_));
    if (mark.empty()) return false;
    copy(line_at(at_).size() + 1);
    while (at_ < page_.size()) {
      const std::string_view line = line_at(at_);
      copy(line.size() + 1);
      const std::string_view end = fence_mark(line);
      if (end.size() >= mark.size() && end[0] == mark[0]) break;
    }
    return true;
  }

  void step() {
    const char c = page_[at_];
    if (c == '\\') {
      copy(2);
    } else if (c == '`') {
      code_span();
    } else if (c == '$') {
      if (!formula()) copy(1);
    } else if (page_.substr(at_, kMarkBegin.size()) == kMarkBegin) {
      put({std::string(kMarkBegin), "", false, true}, kMarkBegin.size());
    } else {
      copy(1);
    }
  }

  /// Where the paragraph around `begin` ends.
  std::size_t paragraph_end(std::size_t begin) const {
    for (std::size_t i = page_.find('\n', begin); i < page_.size();
         i = page_.find('\n', i + 1)) {
      const std::string_view next = line_at(i + 1);
      if (next.find_first_not_of(" \t>") == std::string_view::npos) return i;
    }
    return page_.size();
  }

  void code_span() {
    std::size_t end = page_.find_first_not_of('`', at_);
    if (end == std::string_view::npos) end = page_.size();
    const std::string_view ticks = page_.substr(at_, end - at_);
    const std::size_t limit = paragraph_end(at_);
    for (std::size_t i = page_.find(ticks, end); i < limit;
         i = page_.find(ticks, i)) {
      const std::size_t behind =
          std::min(page_.find_first_not_of('`', i), page_.size());
      if (behind - i == ticks.size()) {
        copy(behind - at_);
        return;
      }
      i = behind;
    }
    copy(ticks.size());
  }

  bool formula() {
    const bool display = page_.substr(at_, 2) == "$$";
    const std::size_t begin = at_ + (display ? 2 : 1);
    const std::size_t end = closing(begin, display);
    if (end == std::string_view::npos) return false;
    std::string_view tex = page_.substr(begin, end - begin);
    const std::size_t length = end + (display ? 2 : 1) - at_;
    // GitHub also has $`...`$.
    const bool ticked = tex.size() > 1 && tex[0] == '`' && tex.back() == '`';
    if (ticked) tex = tex.substr(1, tex.size() - 2);
    if (tex.find('`') != std::string_view::npos) return false;
    if (!display && reads_like_prose(tex)) return false;
    put({std::string(page_.substr(at_, length)), on_one_line(tex), display,
         false},
        length);
    return true;
  }

  /// The closing dollar of a formula that starts at `begin`.
  std::size_t closing(std::size_t begin, bool display) const {
    const std::size_t limit = paragraph_end(begin);
    if (begin >= limit || (!display && is_blank(page_[begin]))) {
      return std::string_view::npos;
    }
    for (std::size_t i = begin; i < limit; ++i) {
      if (page_[i] == '\\') {
        ++i;
      } else if (page_[i] == '$') {
        if (display) {
          if (page_.substr(i, 2) == "$$") return i;
          continue;
        }
        const bool digit = i + 1 < page_.size() && is_digit(page_[i + 1]);
        if (i > begin && !is_blank(page_[i - 1]) && !digit) return i;
      }
    }
    return std::string_view::npos;
  }

  /// Without line ends and the marks of quotes behind them.
  static std::string on_one_line(std::string_view tex) {
    std::string line;
    for (std::size_t i = 0; i < tex.size(); ++i) {
      line += tex[i] == '\n' ? ' ' : tex[i];
      if (tex[i] != '\n') continue;
      while (i + 1 < tex.size() &&
             (is_blank(tex[i + 1]) || tex[i + 1] == '>')) {
        ++i;
      }
    }
    return line;
  }

  void put(Formula formula, std::size_t length) {
    out_ += kMarkBegin;
    out_ += std::to_string(formulas_.size());
    out_ += kMarkEnd;
    formulas_.push_back(std::move(formula));
    at_ += length;
  }

  std::string_view page_;
  std::size_t at_ = 0;
  std::string out_;
  std::vector<Formula> formulas_;
};

struct Entity {
  std::string_view name;
  std::string_view text;
};

constexpr Entity kEntities[] = {
    {"&amp;", "&"},   {"&lt;", "<"},        {"&gt;", ">"},    {"&quot;", "\""},
    {"&apos;", "'"},  {"&nbsp;", "\u00A0"}, {"&copy;", "©"},  {"&ndash;", "–"},
    {"&mdash;", "—"}, {"&hellip;", "…"},    {"&times;", "×"}, {"&le;", "≤"},
    {"&ge;", "≥"},    {"&ne;", "≠"},        {"&rarr;", "→"},  {"&larr;", "←"},
    {"&minus;", "−"}, {"&plusmn;", "±"},    {"&deg;", "°"},   {"&middot;", "·"},
};

std::string utf8(unsigned value) {
  const auto byte = [](unsigned v) { return static_cast<char>(v); };
  if (value < 0x80) return {byte(value)};
  if (value < 0x800) {
    return {byte(0xC0 | value >> 6), byte(0x80 | (value & 0x3F))};
  }
  if (value < 0x10000) {
    return {byte(0xE0 | value >> 12), byte(0x80 | (value >> 6 & 0x3F)),
            byte(0x80 | (value & 0x3F))};
  }
  return {byte(0xF0 | value >> 18), byte(0x80 | (value >> 12 & 0x3F)),
          byte(0x80 | (value >> 6 & 0x3F)), byte(0x80 | (value & 0x3F))};
}

/// The character of "&amp;" or "&#955;"; what is not known stays as it is.
std::string decoded(std::string_view entity) {
  const auto* found =
      std::find_if(std::begin(kEntities), std::end(kEntities),
                   [&](const Entity& e) { return e.name == entity; });
  if (found != std::end(kEntities)) return std::string(found->text);
  if (entity.size() < 4 || entity[1] != '#') return std::string(entity);
  const bool hex = entity[2] == 'x' || entity[2] == 'X';
  unsigned value = 0;
  std::from_chars(entity.data() + (hex ? 3 : 2), entity.data() + entity.size(),
                  value, hex ? 16 : 10);
  if (value == 0 || value > 0x10FFFF) return "\uFFFD";
  return utf8(value);
}

/// A target that says nothing a reader could not see: a file beside the page,
/// or a place on it.
bool is_plain_target(std::string_view target) {
  return target.empty() || target[0] == '#' ||
         target.find(':') == std::string_view::npos;
}

/// Collects what md4c finds.
class Builder {
 public:
  Builder(const std::vector<Formula>& formulas, bool unicode)
      : formulas_(formulas), unicode_(unicode) {
    open_.push_back(&page_);
  }

  Block take() { return std::move(page_); }

  void enter(MD_BLOCKTYPE type, void* detail) {
    if (is_transparent(type)) return;
    Block block;
    block.kind = kind_of(type);
    describe(block, type, detail);
    if (loose_text_) pop();
    loose_text_ = false;
    push(std::move(block));
  }

  void leave(MD_BLOCKTYPE type) {
    if (is_transparent(type)) return;
    if (loose_text_) pop();
    loose_text_ = false;
    if (type == MD_BLOCK_TR) {
      Block& row = *open_.back();
      row.head = !row.children.empty() && row.children.front().head;
    }
    pop();
  }

  void enter(MD_SPANTYPE type, void* detail) {
    ensure_text_block();
    if (type == MD_SPAN_A) {
      targets_.push_back(
          attribute(static_cast<MD_SPAN_A_DETAIL*>(detail)->href));
      link_texts_.emplace_back();
    }
    if (type == MD_SPAN_IMG) {
      targets_.push_back(
          attribute(static_cast<MD_SPAN_IMG_DETAIL*>(detail)->src));
      link_texts_.emplace_back();
      put("image: ", Role::dim);
    }
    if (type == MD_SPAN_DEL) put("~~", Role::dim);
    spans_.push_back(type);
  }

  void leave(MD_SPANTYPE type) {
    spans_.pop_back();
    if (type == MD_SPAN_DEL) put("~~", Role::dim);
    if (type != MD_SPAN_A && type != MD_SPAN_IMG) return;
    const std::string target = std::move(targets_.back());
    const std::string text = std::move(link_texts_.back());
    targets_.pop_back();
    link_texts_.pop_back();
    const bool same = target == text || target == "mailto:" + text ||
                      target == "http://" + text;
    if (!same && (!is_plain_target(target) || type == MD_SPAN_IMG)) {
      put(" (" + target + ")", Role::dim);
    }
  }

  void text(MD_TEXTTYPE type, std::string_view text) {
    Block& block = *open_.back();
    const bool as_written = block.kind == Block::Kind::code ||
                            block.kind == Block::Kind::maths ||
                            block.kind == Block::Kind::html;
    if (as_written) {
      block.text += restored(text);
      return;
    }
    ensure_text_block();
    switch (type) {
      case MD_TEXT_BR:
        open_.back()->lines.emplace_back();
        break;
      case MD_TEXT_SOFTBR:
        soft_break();
        break;
      case MD_TEXT_NULLCHAR:
        put("\uFFFD", role());
        break;
      case MD_TEXT_ENTITY:
        put(decoded(text), role());
        break;
      case MD_TEXT_CODE:
        put(restored(text), role());
        break;
      case MD_TEXT_HTML:
        inline_html(restored(text));
        break;
      default:
        normal(text);
    }
  }

 private:
  /// Blocks that add nothing to the tree.
  static bool is_transparent(MD_BLOCKTYPE type) {
    return type == MD_BLOCK_DOC || type == MD_BLOCK_THEAD ||
           type == MD_BLOCK_TBODY;
  }

  static Block::Kind kind_of(MD_BLOCKTYPE type) {
    switch (type) {
      case MD_BLOCK_QUOTE:
        return Block::Kind::quote;
      case MD_BLOCK_UL:
      case MD_BLOCK_OL:
        return Block::Kind::list;
      case MD_BLOCK_LI:
        return Block::Kind::item;
      case MD_BLOCK_HR:
        return Block::Kind::rule;
      case MD_BLOCK_H:
        return Block::Kind::heading;
      case MD_BLOCK_CODE:
        return Block::Kind::code;
      case MD_BLOCK_HTML:
        return Block::Kind::html;
      case MD_BLOCK_TABLE:
        return Block::Kind::table;
      case MD_BLOCK_TR:
        return Block::Kind::row;
      case MD_BLOCK_TH:
      case MD_BLOCK_TD:
        return Block::Kind::cell;
      default:
        return Block::Kind::paragraph;
    }
  }

  void describe(Block& block, MD_BLOCKTYPE type, void* detail) const {
    if (type == MD_BLOCK_UL) {
      block.tight = static_cast<MD_BLOCK_UL_DETAIL*>(detail)->is_tight != 0;
    } else if (type == MD_BLOCK_OL) {
      const auto* list = static_cast<MD_BLOCK_OL_DETAIL*>(detail);
      block.ordered = true;
      block.level = static_cast<int>(list->start);
      block.tight = list->is_tight != 0;
    } else if (type == MD_BLOCK_LI) {
      const auto* item = static_cast<MD_BLOCK_LI_DETAIL*>(detail);
      if (item->is_task != 0) block.task = item->task_mark;
    } else if (type == MD_BLOCK_H) {
      const auto* heading = static_cast<MD_BLOCK_H_DETAIL*>(detail);
      block.level = static_cast<int>(heading->level);
    } else if (type == MD_BLOCK_CODE) {
      block.language =
          attribute(static_cast<MD_BLOCK_CODE_DETAIL*>(detail)->lang);
      if (block.language == "math") block.kind = Block::Kind::maths;
    } else if (block.kind == Block::Kind::cell) {
      block.head = type == MD_BLOCK_TH;
      block.align = alignment(static_cast<MD_BLOCK_TD_DETAIL*>(detail));
    }
  }

  static Align alignment(const MD_BLOCK_TD_DETAIL* cell) {
    if (cell->align == MD_ALIGN_RIGHT) return Align::right;
    return cell->align == MD_ALIGN_CENTER ? Align::centre : Align::left;
  }

  std::string attribute(const MD_ATTRIBUTE& value) const {
    std::string text;
    if (value.text == nullptr) return text;
    for (std::size_t i = 0; value.substr_offsets[i] < value.size; ++i) {
      const MD_OFFSET begin = value.substr_offsets[i];
      const std::string_view part(value.text + begin,
                                  value.substr_offsets[i + 1] - begin);
      text += value.substr_types[i] == MD_TEXT_ENTITY ? decoded(part)
                                                      : std::string(part);
    }
    return restored(text);
  }

  // Blocks are kept by address while they are open: a parent's children only
  // grow when none of them is open.
  void push(Block block) {
    open_.back()->children.push_back(std::move(block));
    open_.push_back(&open_.back()->children.back());
  }
  void pop() { open_.pop_back(); }

  /// Items of tight lists hold their text without a paragraph.
  void ensure_text_block() {
    Block& block = *open_.back();
    if (block.kind != Block::Kind::item && block.kind != Block::Kind::page &&
        block.kind != Block::Kind::quote) {
      if (block.lines.empty()) block.lines.emplace_back();
      return;
    }
    Block paragraph;
    paragraph.kind = Block::Kind::paragraph;
    paragraph.lines.emplace_back();
    push(std::move(paragraph));
    loose_text_ = true;
  }

  Role role() const {
    const auto inside = [&](MD_SPANTYPE type) {
      return std::find(spans_.begin(), spans_.end(), type) != spans_.end();
    };
    if (inside(MD_SPAN_CODE)) return Role::code;
    if (inside(MD_SPAN_A)) return Role::link;
    if (inside(MD_SPAN_IMG) || inside(MD_SPAN_DEL)) return Role::dim;
    const Block& block = *open_.back();
    if (block.kind == Block::Kind::heading) return Role::heading;
    if (block.kind == Block::Kind::cell && block.head) return Role::label;
    if (inside(MD_SPAN_STRONG)) return Role::strong;
    if (inside(MD_SPAN_EM)) return Role::emphasis;
    return Role::plain;
  }

  void put(std::string_view text, Role role) {
    const std::string clean = sanitize(text);
    if (!link_texts_.empty()) link_texts_.back() += clean;
    append(open_.back()->lines.back(), unicode_ ? clean : to_ascii(clean),
           role);
  }

  void soft_break() {
    if (!open_.back()->lines.back().empty()) put(" ", role());
  }

  /// Removes the blanks at the end of a paragraph that is cut short.
  static void end_text(Block& block) {
    while (!block.lines.back().empty()) {
      std::string& text = block.lines.back().back().text;
      text.erase(text.find_last_not_of(' ') + 1);
      if (!text.empty()) return;
      block.lines.back().pop_back();
    }
  }

  void inline_html(const std::string& tag) {
    if (tag.substr(0, 3) == "<br") {
      open_.back()->lines.emplace_back();
    } else if (tag.substr(0, 4) != "<!--") {
      put(tag, Role::dim);
    }
  }

  /// Text in which marks stand for formulas.
  void normal(std::string_view text) {
    while (!text.empty()) {
      const std::size_t mark = text.find(kMarkBegin);
      put(text.substr(0, mark), role());
      if (mark == std::string_view::npos) return;
      text.remove_prefix(mark);
      const Formula* formula = take_mark(text);
      if (formula == nullptr) {
        put(text.substr(0, kMarkBegin.size()), role());
        text.remove_prefix(kMarkBegin.size());
      } else if (formula->literal) {
        put(formula->raw, role());
      } else {
        put_formula(*formula);
      }
    }
  }

  void put_formula(const Formula& formula) {
    const bool in_paragraph =
        open_.back()->kind == Block::Kind::paragraph && spans_.empty();
    if (!formula.display || !in_paragraph) {
      put(tex_to_text(formula.tex, unicode_), Role::maths);
      return;
    }
    // A displayed formula divides its paragraph.
    const bool loose = loose_text_;
    end_text(*open_.back());
    pop();
    Block block;
    block.kind = Block::Kind::maths;
    block.text = formula.tex;
    push(std::move(block));
    pop();
    Block rest;
    rest.kind = Block::Kind::paragraph;
    rest.lines.emplace_back();
    push(std::move(rest));
    loose_text_ = loose;
  }

  /// The formula whose mark `text` starts with, which is removed from it.
  const Formula* take_mark(std::string_view& text) const {
    std::size_t index = 0;
    const char* begin = text.data() + kMarkBegin.size();
    const auto number =
        std::from_chars(begin, text.data() + text.size(), index);
    const auto length = static_cast<std::size_t>(number.ptr - text.data());
    if (number.ec != std::errc() || index >= formulas_.size() ||
        text.substr(length, kMarkEnd.size()) != kMarkEnd) {
      return nullptr;
    }
    text.remove_prefix(length + kMarkEnd.size());
    return &formulas_[index];
  }

  /// Text with its formulas as they were written.
  std::string restored(std::string_view text) const {
    std::string original;
    for (std::size_t mark = text.find(kMarkBegin);
         mark != std::string_view::npos; mark = text.find(kMarkBegin)) {
      original += text.substr(0, mark);
      text.remove_prefix(mark);
      if (const Formula* formula = take_mark(text)) {
        original += formula->raw;
      } else {
        original += kMarkBegin;
        text.remove_prefix(kMarkBegin.size());
      }
    }
    return original.append(text);
  }

  const std::vector<Formula>& formulas_;
  bool unicode_;
  Block page_;
  std::vector<Block*> open_;
  bool loose_text_ = false;  ///< a paragraph of ours is open
  std::vector<MD_SPANTYPE> spans_;
  std::vector<std::string> targets_;
  std::vector<std::string> link_texts_;
};

Builder& builder(void* data) {
  return *static_cast<Builder*>(data);
}

}  // namespace

Block parse(std::string_view markdown, bool unicode) {
  Extractor extractor(markdown);
  const std::string page = extractor.run();
  const std::vector<Formula> formulas = extractor.take();
  Builder collected(formulas, unicode);

  MD_PARSER parser{};
  parser.flags = MD_DIALECT_GITHUB;
  parser.enter_block = [](MD_BLOCKTYPE type, void* detail, void* data) {
    builder(data).enter(type, detail);
    return 0;
  };
  parser.leave_block = [](MD_BLOCKTYPE type, void*, void* data) {
    builder(data).leave(type);
    return 0;
  };
  parser.enter_span = [](MD_SPANTYPE type, void* detail, void* data) {
    builder(data).enter(type, detail);
    return 0;
  };
  parser.leave_span = [](MD_SPANTYPE type, void*, void* data) {
    builder(data).leave(type);
    return 0;
  };
  parser.text = [](MD_TEXTTYPE type, const MD_CHAR* text, MD_SIZE size,
                   void* data) {
    builder(data).text(type, {text, size});
    return 0;
  };
  md_parse(page.data(), static_cast<MD_SIZE>(page.size()), &parser, &collected);
  return collected.take();
}

}  // namespace wb::markdown
