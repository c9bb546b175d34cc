// UTF-8 text as a terminal sees it: how many columns it takes, where it may be
// cut, and what of it is safe to print.
#pragma once

#include "style.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wb {

/// Columns taken on a terminal: combining characters none, wide ones two.
/// A byte that is not UTF-8 counts as one column.
int display_width(std::string_view utf8);
int display_width(const Line& line);

/// The end of the character, as a reader counts characters (a letter with its
/// accents is one), that starts at `offset`; `utf8.size()` at the most.
std::size_t next_character(std::string_view utf8, std::size_t offset);

/// `line` cut to at most `width` columns; an ellipsis marks a cut.
Line truncate(Line line, int width);

/// `line` broken at spaces so that it fits `width` columns, prefixes included.
/// Words that are too long are broken anywhere. The spaces at a break go,
/// everything else stays. There is always at least one column for text, and
/// at least one line.
Lines wrap(const Line& line, int width, const Line& first_prefix = {},
           const Line& rest_prefix = {});

/// `line` with spaces appended up to `width` columns.
Line padded(Line line, int width);

/// Appends `text` to `line`, joining spans of one role.
void append(Line& line, std::string_view text, Role role = Role::plain);
void append(Line& line, const Line& more);

/// The text alone, lines ended by '\n'.
std::string plain_text(const Line& line);
std::string plain_text(const Lines& lines);

/// `text`, `times` times over; nothing when `times` is not positive.
std::string repeated(std::string_view text, int times);

/// `text` fit to be printed on one line: tabs and line ends become spaces,
/// other control characters, escape sequences and characters that reorder
/// text go, bytes that are not UTF-8 become U+FFFD.
std::string sanitize(std::string_view text);

/// The lines of `text`, without their ends.
std::vector<std::string_view> lines_of(std::string_view text);

/// `text` without the white space around it.
std::string_view trim(std::string_view text);

/// The offset of the first byte that is not part of valid UTF-8.
std::optional<std::size_t> invalid_utf8(std::string_view text);

/// The nearest ASCII: box drawing, Greek, scripts, operators, accents. What
/// has no likeness becomes '?'.
std::string to_ascii(std::string_view utf8);

}  // namespace wb
