// A Markdown page taken apart. Internal to the module markdown.
#pragma once

#include "layout.hpp"
#include "style.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace wb::markdown {

struct Block {
  enum class Kind {
    page,
    paragraph,
    heading,
    code,
    maths,  ///< displayed
    rule,
    quote,
    list,
    item,
    table,
    row,
    cell,
    html,
  };

  Kind kind = Kind::page;
  int level = 0;              ///< of a heading; first number of an ordered list
  bool ordered = false;       ///< list
  bool tight = true;          ///< list: no blank lines between items
  bool head = false;          ///< row
  char task = '\0';           ///< item: ' ' or 'x' where it can be ticked
  Align align = Align::left;  ///< cell
  std::string language;       ///< code
  std::string text;           ///< code, maths, HTML: as written
  Lines lines;                ///< paragraph, heading, cell: at hard breaks
  std::vector<Block> children;
};

/// The page as a tree; inline maths and symbols are text already.
Block parse(std::string_view markdown, bool unicode);

}  // namespace wb::markdown
