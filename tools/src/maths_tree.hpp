// A TeX formula taken apart. Internal to the module maths.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wb::maths {

/// What a part is to its neighbours; decides about the space between them.
enum class Class {
  ordinary,
  word,  ///< a function such as log or max
  big,   ///< an operator such as a sum
  binary,
  relation,
  open,
  close,
  punctuation,
  inner,  ///< a fraction and the like
};

struct Symbol {
  std::string_view name;  ///< the command without its backslash
  std::string_view text;
  Class kind = Class::ordinary;
  bool limits = false;  ///< scripts go above and below when displayed
};

/// nullptr when there is none.
const Symbol* find_symbol(std::string_view name);

/// The class of a character that is written as itself.
Class class_of(std::string_view character);

/// "R" as ℝ, and so on, in the alphabet of "mathbb" or "mathcal"; the letters
/// themselves where there is none.
std::string in_alphabet(std::string_view alphabet, std::string_view letters);

/// The combining mark of \hat and its like; empty when it is not an accent.
std::string_view accent_mark(std::string_view command);

struct Node;
using Row = std::vector<Node>;

struct Node {
  enum class Kind {
    text,      ///< `text`
    space,     ///< `columns` wide
    thin,      ///< a space that yields to any other
    group,     ///< parts[0]
    fraction,  ///< parts[0] over parts[1]
    binomial,  ///< parts[0] over parts[1], without the bar
    root,      ///< of parts[0]; parts[1] is the degree or empty
    accent,    ///< `text` over parts[0], `left` its name
    fenced,    ///< `left` parts[0] `right`
    braced,    ///< parts[0] over a brace over what is below
    stacked,   ///< parts[0], with parts[1] above and parts[2] below
    grid,      ///< parts are cells, `columns` to a row; `left`, `right`
  };

  Kind kind = Kind::text;
  Class first = Class::ordinary;  ///< seen from the left
  Class last = Class::ordinary;   ///< seen from the right
  bool limits = false;
  bool verbatim = false;  ///< \text: has its own spaces
  std::string text;
  std::string left;
  std::string right;
  std::string alignment;  ///< of the columns of a grid: l, c, r; repeats
  std::size_t columns = 0;
  std::vector<Row> parts;
  std::vector<std::string> tags;  ///< of the rows of a grid
  Row above;                      ///< superscript
  Row below;                      ///< subscript
};

/// The formula as one grid of kind "aligned"; most have one cell.
Node parse(std::string_view tex);

}  // namespace wb::maths
