// What the output can show, and showing it.
#pragma once

#include "style.hpp"

#include <string>
#include <string_view>

namespace wb {

/// --color=auto|always|never
enum class ColourChoice { automatic, always, never };

/// Throws Error (usage) unless `word` is auto, always or never.
ColourChoice colour_choice(std::string_view word);

/// What the reader of our output sees.
struct Terminal {
  bool interactive = false;  ///< a person in front of a screen
  bool colour = false;
  bool unicode = true;  ///< otherwise ASCII
  int width = 80;       ///< columns
  int height = 24;      ///< rows
  bool links = false;   ///< understands hyperlinks (OSC 8)
};

/// Looks at the file behind `fd` and at the environment.
///
/// Colour: `choice`, else NO_COLOR, else CLICOLOR_FORCE, else whether it is a
/// terminal that is not dumb. Size: COLUMNS and LINES, else what the terminal
/// says, else 80 by 24; never below 20 columns. Unicode: what LC_ALL, LC_CTYPE
/// or LANG says; as nearly every terminal speaks UTF-8, an environment that
/// says nothing at all counts as UTF-8.
Terminal detect(int fd, ColourChoice choice = ColourChoice::automatic);

/// The bytes that show `lines`, each ended by '\n'. Every line stands alone:
/// it starts and ends without colour.
std::string paint(const Lines& lines, const Terminal& terminal);

/// Shows `lines` on standard output: through $PAGER (`less -FRX` by default)
/// when a person looks at it, `use_pager` says so and it is longer than the
/// screen. Throws Error (environment) when it cannot be written.
void show(const Lines& lines, const Terminal& terminal, bool use_pager);

/// Writes all of `text` to standard output, behind what <cstdio> has buffered.
/// A reader who has left (`| head`) is no error. Throws Error (environment)
/// when the disk is full and the like.
void write_output(std::string_view text);

}  // namespace wb
