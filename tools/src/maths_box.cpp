#include "maths_box.hpp"

#include "text.hpp"

#include <algorithm>
#include <iterator>

namespace wb::maths {
namespace {

/// The pieces of a tall bracket; `middle` is where the tip of a brace goes.
struct Tall {
  std::string_view sign;
  std::string_view top;
  std::string_view side;
  std::string_view bottom;
  std::string_view middle;
};

constexpr Tall kTall[] = {
    {"(", "⎛", "⎜", "⎝", "⎜"}, {")", "⎞", "⎟", "⎠", "⎟"},
    {"[", "⎡", "⎢", "⎣", "⎢"}, {"]", "⎤", "⎥", "⎦", "⎥"},
    {"{", "⎧", "⎪", "⎩", "⎨"}, {"}", "⎫", "⎪", "⎭", "⎬"},
    {"⌊", "⎢", "⎢", "⎣", "⎢"}, {"⌋", "⎥", "⎥", "⎦", "⎥"},
    {"⌈", "⎡", "⎢", "⎢", "⎢"}, {"⌉", "⎤", "⎥", "⎥", "⎥"},
    {"|", "│", "│", "│", "│"}, {"‖", "║", "║", "║", "║"},
};

std::string_view piece(const Tall& tall, int row, int height) {
  const bool brace = tall.middle != tall.side;
  if (brace && height == 2) {
    if (tall.sign == "{") return row == 0 ? "⎰" : "⎱";
    return row == 0 ? "⎱" : "⎰";
  }
  if (row == 0) return tall.top;
  if (row == height - 1) return tall.bottom;
  return row == height / 2 ? tall.middle : tall.side;
}

}  // namespace

Box box_of(std::string_view text) {
  Box box;
  box.rows[0] = text;
  box.width = display_width(text);
  return box;
}

Box heightened(const Box& box, int rows_above, int rows_below) {
  const std::string blank = repeated(" ", box.width);
  Box taller = box;
  taller.rows.insert(taller.rows.begin(),
                     static_cast<std::size_t>(std::max(rows_above, 0)), blank);
  taller.rows.insert(taller.rows.end(),
                     static_cast<std::size_t>(std::max(rows_below, 0)), blank);
  taller.baseline += std::max(rows_above, 0);
  return taller;
}

Box widened(const Box& box, int width, char alignment) {
  const int room = std::max(width - box.width, 0);
  const int before = alignment == 'r' ? room : alignment == 'c' ? room / 2 : 0;
  Box wide = box;
  for (std::string& row : wide.rows) {
    row = repeated(" ", before) + row + repeated(" ", room - before);
  }
  wide.width += room;
  return wide;
}

Box beside(const Box& left, const Box& right, int gap) {
  const int top = std::max(left.baseline, right.baseline);
  const int bottom =
      std::max(left.height() - left.baseline, right.height() - right.baseline);
  const auto fit = [&](const Box& box) {
    return heightened(box, top - box.baseline,
                      bottom - (box.height() - box.baseline));
  };
  Box both = fit(left);
  const Box other = fit(right);
  for (std::size_t i = 0; i < both.rows.size(); ++i) {
    both.rows[i] += repeated(" ", gap) + other.rows[i];
  }
  both.width += gap + right.width;
  return both;
}

Box above(const Box& top, const Box& bottom) {
  const int width = std::max(top.width, bottom.width);
  Box both = widened(top, width, 'c');
  Box lower = widened(bottom, width, 'c');
  std::move(lower.rows.begin(), lower.rows.end(),
            std::back_inserter(both.rows));
  return both;
}

Box bracket(std::string_view sign, int height, int baseline) {
  const auto* tall =
      std::find_if(std::begin(kTall), std::end(kTall),
                   [&](const Tall& entry) { return entry.sign == sign; });
  Box box = box_of(sign);
  if (height == 1 || tall == std::end(kTall)) return box;
  box.rows.clear();
  for (int row = 0; row < height; ++row) {
    box.rows.emplace_back(piece(*tall, row, height));
  }
  box.baseline = baseline;
  return box;
}

Box under_root(const Box& box) {
  Box root;
  root.rows = {" ┌" + repeated("─", box.width + 1)};
  for (int row = 0; row < box.height(); ++row) {
    const bool last = row + 1 == box.height();
    root.rows.push_back((last ? "╲│ " : " │ ") +
                        box.rows[static_cast<std::size_t>(row)]);
  }
  root.width = box.width + 3;
  root.baseline = box.baseline + 1;
  return root;
}

}  // namespace wb::maths
