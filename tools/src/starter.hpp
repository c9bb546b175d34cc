// What a reader starts from: the reference header with its solution cut out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "answer.hpp"
#include "workspace.hpp"

namespace wb {

/// The header `reference` with each solution region cut out: statements become
/// a call of not_written(), declarations vanish. The keyed block, which names
/// the method, becomes a few lines about the task; its Symbols stay. A header
/// without regions is returned as it is, so cutting twice changes nothing.
/// Throws Error (environment) when the regions are not sound.
std::string cut_starter(const Question& question, const Answer& answer,
                        std::string_view reference);

/// The starter as someone fills it in who has no idea: each function with a
/// region returns a value-initialised result.
std::string cut_default_answer(std::string_view reference);

/// Lines of the solution that can still be read in `text` (a starter, a hint):
/// whole statements of some length, blanks and comments aside.
std::vector<std::string> leaked_lines(std::string_view reference,
                                      std::string_view text);

}  // namespace wb
