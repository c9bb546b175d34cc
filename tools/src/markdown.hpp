// Markdown for the terminal.
#pragma once

#include "style.hpp"

#include <string_view>

namespace wb {

/// A page in GitHub's dialect in at most `width` columns: paragraphs reflowed,
/// lists, quotes, tables, code with colours, maths ($...$ and blocks ```math)
/// as text. A single code word or column that is wider than `width` is broken;
/// no text is lost. Without `unicode` everything is ASCII from the start, so
/// that columns stay aligned.
Lines render_markdown(std::string_view markdown, int width,
                      bool unicode = true);

/// The inline Markdown of a single sentence, e.g. of a claim, as one line.
Line render_inline(std::string_view markdown, bool unicode = true);

}  // namespace wb
