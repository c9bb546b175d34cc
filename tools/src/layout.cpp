#include "layout.hpp"

#include "text.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

namespace wb {
namespace {

constexpr std::string_view kRule = " │ ";
constexpr int kRuleWidth = 3;
constexpr int kCodeWidth = 80;
constexpr int kProseAtLeast = 48;
constexpr int kProseAtMost = 100;

int indentation(const Line& line) {
  int blanks = 0;
  for (const Span& span : line) {
    const std::size_t text = span.text.find_first_not_of(' ');
    if (text != std::string::npos) return blanks + static_cast<int>(text);
    blanks += static_cast<int>(span.text.size());
  }
  return blanks;
}

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
};

Range finite_range(const std::vector<double>& values) {
  Range range;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    range.low = std::min(range.low, value);
    range.high = std::max(range.high, value);
  }
  return range;
}

/// One value for values[begin, end): an infinity if there is one, else the
/// mean of what is not NaN, else NaN.
double summary(const std::vector<double>& values, std::size_t begin,
               std::size_t end) {
  double mean = 0.0;
  double count = 0.0;
  for (std::size_t i = begin; i < end; ++i) {
    if (std::isinf(values[i])) return values[i];
    if (std::isnan(values[i])) continue;
    count += 1.0;
    // Not through the sum, nor the difference: both could overflow.
    mean = mean * ((count - 1.0) / count) + values[i] / count;
  }
  return count > 0.0 ? mean : std::numeric_limits<double>::quiet_NaN();
}

std::vector<double> resampled(const std::vector<double>& values,
                              std::size_t count) {
  if (values.size() <= count) return values;
  std::vector<double> means;
  for (std::size_t i = 0; i < count; ++i) {
    means.push_back(summary(values, i * values.size() / count,
                            (i + 1) * values.size() / count));
  }
  return means;
}

/// From 0 to 7.
std::size_t level(double value, const Range& range) {
  // Halves, since the whole range may overflow.
  const double height = range.high / 2 - range.low / 2;
  if (!(height > 0.0)) return 3;
  const double share = (value / 2 - range.low / 2) / height;
  return static_cast<std::size_t>(
      std::clamp(std::floor(share * 8.0), 0.0, 7.0));
}

/// "1.234568e+07" with the exponent as people write it: 1.234568e7.
std::string with_short_exponent(const std::string& text) {
  const std::size_t e = text.find('e');
  if (e == std::string::npos) return text;
  std::size_t digits = e + 1;
  const bool negative = text[digits] == '-';
  while (digits < text.size() - 1 &&
         (text[digits] == '+' || text[digits] == '-' || text[digits] == '0')) {
    ++digits;
  }
  return text.substr(0, e + 1) + (negative ? "-" : "") + text.substr(digits);
}

std::string printed(const char* format, double value) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, format, value);
  return buffer;
}

}  // namespace

Columns columns(int width) {
  Columns both;
  const int room = std::max(width - kRuleWidth, 2);
  both.right = std::clamp(room - kProseAtLeast, room / 2, kCodeWidth);
  if (room / 2 > kCodeWidth) both.right = kCodeWidth;
  both.left = std::min(room - both.right, kProseAtMost);
  return both;
}

bool wide_enough(int width) {
  return width >= 120;
}

Lines wrap_code(const Lines& code, int width) {
  Lines wrapped;
  for (const Line& line : code) {
    if (display_width(line) <= width) {
      wrapped.push_back(line);
      continue;
    }
    const int indent = std::min(indentation(line) + 2, std::max(width - 8, 0));
    Line mark;
    append(mark, repeated(" ", indent));
    append(mark, "↪ ", Role::dim);
    const Lines pieces = wrap(line, width, {}, mark);
    wrapped.insert(wrapped.end(), pieces.begin(), pieces.end());
  }
  return wrapped;
}

Lines side_by_side(const Lines& left, const Lines& right, int width) {
  const Columns both = columns(width);
  const Lines lefts = wrap_code(left, both.left);
  const Lines rights = wrap_code(right, both.right);
  Lines lines;
  for (std::size_t i = 0; i < std::max(lefts.size(), rights.size()); ++i) {
    Line line = padded(i < lefts.size() ? lefts[i] : Line{}, both.left);
    const bool alone = i >= rights.size() || rights[i].empty();
    append(line, alone ? kRule.substr(0, kRule.size() - 1) : kRule, Role::dim);
    if (!alone) append(line, rights[i]);
    lines.push_back(std::move(line));
  }
  return lines;
}

Lines heading(std::string_view title, int width) {
  Line text;
  append(text, title, Role::heading);
  Lines lines = wrap(text, width);
  const int rest = width - display_width(lines.back()) - 1;
  if (rest > 0) append(lines.back(), " " + repeated("─", rest), Role::dim);
  return lines;
}

Line aligned(const Line& cell, int width, Align alignment) {
  const int room = std::max(width - display_width(cell), 0);
  const int before = alignment == Align::right    ? room
                     : alignment == Align::centre ? room / 2
                                                  : 0;
  Line line;
  append(line, repeated(" ", before));
  append(line, cell);
  append(line, repeated(" ", room - before));
  return line;
}

Lines table(const std::vector<std::vector<Line>>& rows,
            const std::vector<Align>& alignments) {
  std::vector<int> widths;
  for (const auto& row : rows) {
    if (widths.size() < row.size()) widths.resize(row.size());
    for (std::size_t j = 0; j < row.size(); ++j) {
      widths[j] = std::max(widths[j], display_width(row[j]));
    }
  }
  Lines lines;
  for (const auto& row : rows) {
    Line line;
    for (std::size_t j = 0; j < row.size(); ++j) {
      const Align alignment =
          j < alignments.size() ? alignments[j] : Align::left;
      // No blanks at the end of a line.
      const bool last = j + 1 == row.size() && alignment == Align::left;
      if (j > 0) append(line, "  ");
      append(line, last ? row[j] : aligned(row[j], widths[j], alignment));
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string sparkline(const std::vector<double>& values, int width,
                      bool unicode) {
  static constexpr std::string_view blocks[] = {"▁", "▂", "▃", "▄",
                                                "▅", "▆", "▇", "█"};
  static constexpr std::string_view ascii[] = {"_", ".", ":", "-",
                                               "=", "+", "*", "#"};
  if (width <= 0) return {};
  const std::vector<double> points =
      resampled(values, static_cast<std::size_t>(width));
  const Range range = finite_range(points);
  std::string line;
  for (const double point : points) {
    if (std::isnan(point)) {
      line += ' ';
    } else if (std::isinf(point)) {
      line += point > 0 ? (unicode ? "↑" : "^") : (unicode ? "↓" : "v");
    } else {
      line += (unicode ? blocks : ascii)[level(point, range)];
    }
  }
  return line;
}

std::string bar(double fraction, int width, bool unicode) {
  static constexpr std::string_view eighths[] = {"▏", "▎", "▍", "▌",
                                                 "▋", "▊", "▉"};
  if (width <= 0) return {};
  const double share = std::isnan(fraction) ? 0 : std::clamp(fraction, 0., 1.);
  if (!unicode) {
    const int full = static_cast<int>(std::lround(share * width));
    return repeated("#", full) + repeated(".", width - full);
  }
  const int parts = static_cast<int>(std::lround(share * width * 8));
  std::string line = repeated("█", parts / 8);
  const int rest = width - parts / 8;
  if (parts % 8 == 0) return line + repeated("░", rest);
  line += eighths[parts % 8 - 1];
  return line + repeated("░", rest - 1);
}

std::string format_number(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  if (value == 0) return "0";
  // Up to 2^53 every whole number is a double and prints as itself.
  const bool whole =
      std::abs(value) <= 9007199254740992.0 && value == std::trunc(value);
  return with_short_exponent(printed(whole ? "%.0f" : "%.7g", value));
}

}  // namespace wb
