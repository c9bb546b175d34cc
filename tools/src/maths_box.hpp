// Rectangles of text that are put beside and above each other. Internal to the
// module maths.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wb::maths {

/// Rows of equal width; `baseline` is the row that neighbours align with.
struct Box {
  std::vector<std::string> rows{""};
  int width = 0;
  int baseline = 0;

  int height() const { return static_cast<int>(rows.size()); }
  bool flat() const { return rows.size() == 1; }
};

/// One row.
Box box_of(std::string_view text);

/// `left` and `right` on a common baseline, `gap` columns apart.
Box beside(const Box& left, const Box& right, int gap = 0);

/// `top` over `bottom`, both centred.
Box above(const Box& top, const Box& bottom);

/// `box` in `width` columns: 'l'eft, 'c'entred or 'r'ight.
Box widened(const Box& box, int width, char alignment);

/// `box` with rows added above and below.
Box heightened(const Box& box, int rows_above, int rows_below);

/// A bracket as tall as `height`, with its baseline at `baseline`. Signs that
/// cannot grow stay one row tall.
Box bracket(std::string_view sign, int height, int baseline);

/// The box under a root sign.
Box under_root(const Box& box);

}  // namespace wb::maths
