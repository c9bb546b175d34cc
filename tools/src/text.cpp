#include "text.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace wb {
namespace {

/// One code point; invalid bytes are read one at a time as `value` -1.
struct CodePoint {
  utf8proc_int32_t value = -1;
  std::size_t size = 1;
};

CodePoint code_point(std::string_view text, std::size_t offset) {
  const auto* bytes =
      reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + offset;
  const auto left = static_cast<utf8proc_ssize_t>(text.size() - offset);
  CodePoint point;
  const utf8proc_ssize_t size = utf8proc_iterate(bytes, left, &point.value);
  if (size <= 0) return {};
  point.size = static_cast<std::size_t>(size);
  return point;
}

int width_of(utf8proc_int32_t value) {
  return value < 0 ? 1 : utf8proc_charwidth(value);
}

/// Explicit embeddings, overrides and isolates: they let text read differently
/// from what it is.
bool reorders_text(utf8proc_int32_t value) {
  return (value >= 0x202A && value <= 0x202E) ||
         (value >= 0x2066 && value <= 0x2069);
}

bool is_control(utf8proc_int32_t value) {
  return value < 0x20 || (value >= 0x7F && value < 0xA0);
}

/// The end of the escape sequence that starts at `offset`: of CSI (colours and
/// the like) and OSC (links, titles) all of it, of any other the ESC alone.
std::size_t escape_end(std::string_view text, std::size_t offset) {
  std::size_t i = offset + 1;
  if (i >= text.size() || (text[i] != '[' && text[i] != ']')) return i;
  const bool command = text[i] == ']';
  for (++i; i < text.size(); ++i) {
    const char c = text[i];
    if (command && c == '\a') return i + 1;
    if (command && c == '\033') return std::min(i + 2, text.size());
    if (!command && c >= '@' && c <= '~') return i + 1;
    if (c == '\n') break;  // not a sequence after all
  }
  return offset + 1;
}

/// A word, the spaces before it included.
struct Word {
  Line blanks;
  Line text;
};

std::vector<Word> words_of(const Line& line) {
  std::vector<Word> words;
  bool in_word = false;
  for (const Span& span : line) {
    for (std::size_t i = 0; i < span.text.size();) {
      const bool blank = span.text[i] == ' ';
      std::size_t end = i;
      while (end < span.text.size() && (span.text[end] == ' ') == blank) ++end;
      if (words.empty() || (blank && in_word)) words.emplace_back();
      Word& word = words.back();
      append(blank ? word.blanks : word.text,
             std::string_view(span.text).substr(i, end - i), span.role);
      in_word = !blank;
      i = end;
    }
  }
  return words;
}

/// Splits `line` behind as many characters as fit `width`, at least one.
std::pair<Line, Line> split(const Line& line, int width) {
  std::pair<Line, Line> parts;
  int used = 0;
  bool full = false;
  for (const Span& span : line) {
    std::size_t i = 0;
    while (!full && i < span.text.size()) {
      const std::size_t end = next_character(span.text, i);
      const int more =
          display_width(std::string_view(span.text).substr(i, end - i));
      full = used + more > width && used > 0;
      if (full) break;
      used += more;
      i = end;
    }
    append(parts.first, std::string_view(span.text).substr(0, i), span.role);
    append(parts.second, std::string_view(span.text).substr(i), span.role);
  }
  return parts;
}

/// Fills lines word by word.
class Filler {
 public:
  Filler(int width, const Line& first_prefix, const Line& rest_prefix)
      : width_(width), rest_prefix_(rest_prefix) {
    open(first_prefix);
  }

  void add(const Word& word) {
    const int blanks = display_width(word.blanks);
    const int text = display_width(word.text);
    if (!empty_ && used_ + blanks + text > room_) open(rest_prefix_);
    // Indentation of the whole text stays, spaces at a break go.
    const bool keep = !empty_ || lines_.size() == 1;
    if (keep && used_ + blanks < room_) put(word.blanks, blanks);
    put_in_pieces(word.text);
  }

  Lines take() { return std::move(lines_); }

 private:
  void open(const Line& prefix) {
    lines_.push_back(prefix);
    room_ = std::max(1, width_ - display_width(prefix));
    used_ = 0;
    empty_ = true;
  }

  void put(const Line& text, int width) {
    append(lines_.back(), text);
    used_ += width;
  }

  void put_in_pieces(Line text) {
    while (!text.empty()) {
      const int width = display_width(text);
      if (used_ + width <= room_) {
        put(text, width);
        text.clear();
      } else {
        auto [fits, rest] = split(text, room_ - used_);
        put(fits, display_width(fits));
        text = std::move(rest);
        if (!text.empty()) open(rest_prefix_);
      }
      empty_ = false;
    }
  }

  int width_;
  const Line& rest_prefix_;
  Lines lines_;
  int room_ = 1;
  int used_ = 0;
  bool empty_ = true;  ///< no word on the current line yet
};

struct Likeness {
  std::string_view unicode;
  std::string_view ascii;
};

constexpr Likeness kLikenesses[] = {
    // Boxes, bars, bullets.
    {"│", "|"},
    {"─", "-"},
    {"━", "="},
    {"═", "="},
    {"┼", "+"},
    {"├", "+"},
    {"┤", "+"},
    {"┬", "+"},
    {"┴", "+"},
    {"┌", "+"},
    {"┐", "+"},
    {"└", "+"},
    {"┘", "+"},
    {"╭", "+"},
    {"╮", "+"},
    {"╰", "+"},
    {"╯", "+"},
    {"┃", "|"},
    {"║", "|"},
    {"╱", "/"},
    {"╲", "\\"},
    {"█", "#"},
    {"▉", "#"},
    {"▊", "#"},
    {"▋", "#"},
    {"▌", "="},
    {"▍", "="},
    {"▎", "-"},
    {"▏", "-"},
    {"░", "."},
    {"▒", ":"},
    {"▓", "%"},
    {"▁", "_"},
    {"▂", "."},
    {"▃", ":"},
    {"▄", "-"},
    {"▅", "="},
    {"▆", "+"},
    {"▇", "*"},
    {"▔", "-"},
    {"‾", "-"},
    {"•", "*"},
    {"◦", "o"},
    {"▪", "-"},
    {"·", "."},
    {"●", "*"},
    {"○", "o"},
    {"■", "#"},
    {"□", "o"},
    {"▸", ">"},
    {"▶", ">"},
    {"◆", "*"},
    {"✓", "+"},
    {"✔", "+"},
    {"✗", "x"},
    {"✘", "x"},
    {"⚠", "!"},
    {"↪", ">"},
    {"↳", ">"},
    {"⏎", "|"},
    // Tall brackets.
    {"⎛", "/"},
    {"⎜", "|"},
    {"⎝", "\\"},
    {"⎞", "\\"},
    {"⎟", "|"},
    {"⎠", "/"},
    {"⎡", "["},
    {"⎢", "["},
    {"⎣", "["},
    {"⎤", "]"},
    {"⎥", "]"},
    {"⎦", "]"},
    {"⎧", "/"},
    {"⎨", "<"},
    {"⎩", "\\"},
    {"⎪", "|"},
    {"⎫", "\\"},
    {"⎬", ">"},
    {"⎭", "/"},
    {"⎰", "/"},
    {"⎱", "\\"},
    {"⌠", "/"},
    {"⌡", "/"},
    // Punctuation.
    {"–", "-"},
    {"—", "--"},
    {"‐", "-"},
    {"‑", "-"},
    {"‘", "'"},
    {"’", "'"},
    {"“", "\""},
    {"”", "\""},
    {"«", "<<"},
    {"»", ">>"},
    {"…", "..."},
    {"\u00A0", " "},
    {"\u2009", " "},
    {"\u202F", " "},
    {"\u200B", ""},
    {"§", "S."},
    {"©", "(c)"},
    {"®", "(r)"},
    {"™", "(tm)"},
    {"€", "EUR"},
    {"£", "GBP"},
    {"°", "deg"},
    {"¼", "1/4"},
    {"½", "1/2"},
    {"¾", "3/4"},
    {"ß", "ss"},
    {"æ", "ae"},
    {"ø", "o"},
    {"ł", "l"},
    {"đ", "d"},
    {"œ", "oe"},
    {"Æ", "AE"},
    {"Ø", "O"},
    {"Ł", "L"},
    {"µ", "u"},
    // Greek.
    {"α", "alpha"},
    {"β", "beta"},
    {"γ", "gamma"},
    {"δ", "delta"},
    {"ε", "epsilon"},
    {"ϵ", "epsilon"},
    {"ζ", "zeta"},
    {"η", "eta"},
    {"θ", "theta"},
    {"ϑ", "theta"},
    {"ι", "iota"},
    {"κ", "kappa"},
    {"λ", "lambda"},
    {"μ", "mu"},
    {"ν", "nu"},
    {"ξ", "xi"},
    {"ο", "o"},
    {"π", "pi"},
    {"ρ", "rho"},
    {"σ", "sigma"},
    {"ς", "sigma"},
    {"τ", "tau"},
    {"υ", "upsilon"},
    {"φ", "phi"},
    {"ϕ", "phi"},
    {"χ", "chi"},
    {"ψ", "psi"},
    {"ω", "omega"},
    {"Γ", "Gamma"},
    {"Δ", "Delta"},
    {"Θ", "Theta"},
    {"Λ", "Lambda"},
    {"Ξ", "Xi"},
    {"Π", "Pi"},
    {"Σ", "Sigma"},
    {"Υ", "Upsilon"},
    {"Φ", "Phi"},
    {"Ψ", "Psi"},
    {"Ω", "Omega"},
    {"ℓ", "l"},
    // Operators and relations.
    {"−", "-"},
    {"×", "x"},
    {"÷", "/"},
    {"±", "+-"},
    {"∓", "-+"},
    {"⋅", "*"},
    {"∗", "*"},
    {"⋆", "*"},
    {"∘", "o"},
    {"⊙", "(*)"},
    {"⊗", "(x)"},
    {"⊕", "(+)"},
    {"⊤", "T"},
    {"⊥", "_|_"},
    {"≤", "<="},
    {"≥", ">="},
    {"≠", "!="},
    {"≈", "~="},
    {"≃", "~="},
    {"≅", "~="},
    {"≡", "=="},
    {"∝", "~"},
    {"∼", "~"},
    {"≪", "<<"},
    {"≫", ">>"},
    {"≔", ":="},
    {"≜", ":="},
    {"≺", "<"},
    {"≻", ">"},
    {"⪯", "<="},
    {"⪰", ">="},
    {"∈", "in"},
    {"∉", "not in"},
    {"∋", "ni"},
    {"⊂", "subset"},
    {"⊆", "subseteq"},
    {"⊃", "superset"},
    {"⊇", "superseteq"},
    {"∪", "union"},
    {"∩", "intersect"},
    {"∖", "\\"},
    {"∅", "{}"},
    {"∀", "for all"},
    {"∃", "exists"},
    {"¬", "not "},
    {"∧", "and"},
    {"∨", "or"},
    {"∞", "inf"},
    {"∂", "d"},
    {"∇", "grad"},
    {"∑", "sum"},
    {"∏", "prod"},
    {"∫", "int"},
    {"⋃", "union"},
    {"⋂", "intersection"},
    {"√", "sqrt"},
    {"′", "'"},
    {"″", "''"},
    {"‖", "||"},
    {"∥", "||"},
    {"∣", "|"},
    {"⟨", "<"},
    {"⟩", ">"},
    {"⌊", "floor("},
    {"⌋", ")"},
    {"⌈", "ceil("},
    {"⌉", ")"},
    {"←", "<-"},
    {"→", "->"},
    {"↔", "<->"},
    {"↑", "^"},
    {"↓", "v"},
    {"⇐", "<="},
    {"⇒", "=>"},
    {"⇔", "<=>"},
    {"↦", "|->"},
    {"⟶", "-->"},
    {"⟹", "==>"},
    {"⟺", "<==>"},
    {"⋯", "..."},
    {"⋮", ":"},
    {"⋱", "..."},
    {"ℝ", "R"},
    {"ℕ", "N"},
    {"ℤ", "Z"},
    {"ℚ", "Q"},
    {"ℂ", "C"},
    {"ℙ", "P"},
    {"⊢", "|-"},
    {"∎", "#"},
};

/// Raised and lowered characters, in the order of the ASCII they stand for.
constexpr Likeness kRaised[] = {
    {"⁰", "0"}, {"¹", "1"}, {"²", "2"}, {"³", "3"}, {"⁴", "4"}, {"⁵", "5"},
    {"⁶", "6"}, {"⁷", "7"}, {"⁸", "8"}, {"⁹", "9"}, {"⁺", "+"}, {"⁻", "-"},
    {"⁼", "="}, {"⁽", "("}, {"⁾", ")"}, {"ᵀ", "T"},
};
constexpr Likeness kLowered[] = {
    {"₀", "0"}, {"₁", "1"}, {"₂", "2"}, {"₃", "3"}, {"₄", "4"},
    {"₅", "5"}, {"₆", "6"}, {"₇", "7"}, {"₈", "8"}, {"₉", "9"},
    {"₊", "+"}, {"₋", "-"}, {"₌", "="}, {"₍", "("}, {"₎", ")"},
};

template <std::size_t N>
const Likeness* find_in(const Likeness (&table)[N], std::string_view text) {
  const auto* found = std::find_if(
      std::begin(table), std::end(table),
      [&](const Likeness& entry) { return entry.unicode == text; });
  return found == std::end(table) ? nullptr : found;
}

enum class Level { base, raised, lowered };

struct Plainer {
  std::string text;
  Level level = Level::base;
};

/// Takes a character apart as Unicode sees it (é is e and an accent, ᵢ is a
/// lowered i, 𝔼 is an E) and keeps what is ASCII.
Plainer decomposed(utf8proc_int32_t value) {
  utf8proc_int32_t parts[32];
  int boundary = 0;
  const auto options =
      static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT);
  const utf8proc_ssize_t count =
      utf8proc_decompose_char(value, parts, 32, options, &boundary);
  Plainer plainer;
  for (utf8proc_ssize_t i = 0; i < std::min<utf8proc_ssize_t>(count, 32); ++i) {
    if (parts[i] < 0x80) plainer.text += static_cast<char>(parts[i]);
  }
  const utf8proc_property_t* property = utf8proc_get_property(value);
  if (property->decomp_type == UTF8PROC_DECOMP_TYPE_SUPER) {
    plainer.level = Level::raised;
  } else if (property->decomp_type == UTF8PROC_DECOMP_TYPE_SUB) {
    plainer.level = Level::lowered;
  }
  return plainer;
}

Plainer plainer(std::string_view character, utf8proc_int32_t value) {
  if (const Likeness* raised = find_in(kRaised, character)) {
    return {std::string(raised->ascii), Level::raised};
  }
  if (const Likeness* lowered = find_in(kLowered, character)) {
    return {std::string(lowered->ascii), Level::lowered};
  }
  if (const Likeness* like = find_in(kLikenesses, character)) {
    return {std::string(like->ascii), Level::base};
  }
  if (value < 0) return {"?", Level::base};
  if (width_of(value) == 0) return {};  // an accent
  Plainer result = decomposed(value);
  if (result.text.empty()) {
    result.text = repeated("?", width_of(value));
  }
  return result;
}

}  // namespace

int display_width(std::string_view utf8) {
  int width = 0;
  for (std::size_t i = 0; i < utf8.size();) {
    const CodePoint point = code_point(utf8, i);
    width += width_of(point.value);
    i += point.size;
  }
  return width;
}

int display_width(const Line& line) {
  int width = 0;
  for (const Span& span : line) width += display_width(span.text);
  return width;
}

std::size_t next_character(std::string_view utf8, std::size_t offset) {
  if (offset >= utf8.size()) return utf8.size();
  CodePoint last = code_point(utf8, offset);
  std::size_t end = offset + last.size;
  utf8proc_int32_t state = 0;
  while (end < utf8.size() && last.value >= 0) {
    const CodePoint next = code_point(utf8, end);
    if (next.value < 0 ||
        utf8proc_grapheme_break_stateful(last.value, next.value, &state)) {
      break;
    }
    end += next.size;
    last = next;
  }
  return end;
}

Line truncate(Line line, int width) {
  if (width <= 0) return {};
  if (display_width(line) <= width) return line;
  Line cut;
  if (width > 1) cut = split(line, width - 1).first;
  // One wide character may be all that split() could not leave out.
  if (display_width(cut) > width - 1) cut.clear();
  append(cut, "…", cut.empty() ? line.front().role : cut.back().role);
  return cut;
}

Lines wrap(const Line& line, int width, const Line& first_prefix,
           const Line& rest_prefix) {
  Filler filler(width, first_prefix, rest_prefix);
  for (const Word& word : words_of(line)) filler.add(word);
  return filler.take();
}

Line padded(Line line, int width) {
  append(line, repeated(" ", width - display_width(line)));
  return line;
}

void append(Line& line, std::string_view text, Role role) {
  if (text.empty()) return;
  if (!line.empty() && line.back().role == role) {
    line.back().text += text;
  } else {
    line.push_back({std::string(text), role});
  }
}

void append(Line& line, const Line& more) {
  for (const Span& span : more) append(line, span.text, span.role);
}

std::string plain_text(const Line& line) {
  std::string text;
  for (const Span& span : line) text += span.text;
  return text;
}

std::string plain_text(const Lines& lines) {
  std::string text;
  for (const Line& line : lines) text += plain_text(line) + "\n";
  return text;
}

std::string repeated(std::string_view text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

std::string sanitize(std::string_view text) {
  std::string clean;
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint point = code_point(text, i);
    if (point.value < 0) {
      clean += "\uFFFD";
    } else if (point.value == '\033') {
      i = escape_end(text, i);
      continue;
    } else if (point.value == '\t' || point.value == '\n') {
      clean += ' ';
    } else if (!is_control(point.value) && !reorders_text(point.value)) {
      clean += text.substr(i, point.size);
    }
    i += point.size;
  }
  return clean;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::optional<std::size_t> invalid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint point = code_point(text, i);
    if (point.value < 0) return i;
    i += point.size;
  }
  return std::nullopt;
}

std::string to_ascii(std::string_view utf8) {
  std::string ascii;
  Level level = Level::base;
  for (std::size_t i = 0; i < utf8.size();) {
    const CodePoint point = code_point(utf8, i);
    const std::string_view character = utf8.substr(i, point.size);
    i += point.size;
    if (point.value >= 0 && point.value < 0x80) {
      ascii += character;
      level = Level::base;
      continue;
    }
    const Plainer next = plainer(character, point.value);
    if (next.level != level && next.level != Level::base) {
      ascii += next.level == Level::raised ? '^' : '_';
    }
    ascii += next.text;
    level = next.level;
  }
  return ascii;
}

}  // namespace wb
