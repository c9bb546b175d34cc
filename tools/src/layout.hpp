// Arranging lines: columns, tables, headings, small charts.
#pragma once

#include "style.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace wb {

/// Widths of the two sides of side_by_side().
struct Columns {
  int left = 0;
  int right = 0;
};

/// Shares `width` between prose on the left and code, 80 columns at best, on
/// the right.
Columns columns(int width);

/// Whether `width` is enough for prose beside code.
bool wide_enough(int width);

/// `left` and `right` with a rule between, in columns(width). Lines that are
/// too long go on in the next line, behind a mark.
Lines side_by_side(const Lines& left, const Lines& right, int width);

/// Lines of code broken so that they fit `width`; what is continued is
/// indented as its line, behind a mark.
Lines wrap_code(const Lines& code, int width);

/// `title` on a rule of `width` columns; a long title is wrapped.
Lines heading(std::string_view title, int width);

enum class Align { left, centre, right };

/// Rows of cells as aligned columns, two spaces apart. Rows may have unequal
/// lengths; columns beyond `alignments` are aligned to the left.
Lines table(const std::vector<std::vector<Line>>& rows,
            const std::vector<Align>& alignments = {});

/// `cell` in `width` columns.
Line aligned(const Line& cell, int width, Align alignment);

/// The course of `values` in at most `width` characters, one for each value or
/// for the mean of neighbours when there are more. From the smallest to the
/// largest value; a constant series is a line at half height. NaN leaves a
/// gap; infinities are marked by arrows ('^' and 'v' in ASCII).
std::string sparkline(const std::vector<double>& values, int width,
                      bool unicode);

/// A bar of `width` columns of which `fraction` (held to 0..1) is filled.
std::string bar(double fraction, int width, bool unicode);

/// A number to be read: whole numbers exactly, others with at most seven
/// significant digits: 3.0098, 1.2e-13, 20000, nan, -inf.
std::string format_number(double value);

}  // namespace wb
