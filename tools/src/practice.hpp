// What the verbs of practice share: which question, how a verdict is shown.
#pragma once

#include <string>

#include "attempts.hpp"
#include "commands.hpp"
#include "judge.hpp"
#include "style.hpp"

namespace wb {

/// The question that `id` names, or the current one when it names none. Throws
/// Error (usage) when nothing is being practised.
Question practised(const Context& context, const Attempts& attempts,
                   const std::string& id);

/// Has the question been solved since it was last started or reset?
bool was_solved(const Attempts& attempts, const Question& question);

/// How many of its hints have been shown since then.
int hints_shown(const Attempts& attempts, const Question& question);

/// "12 of 8 minutes", from the first event since then to the last one.
std::string time_spent(const Attempts& attempts, const Question& question,
                       int minutes);

/// The events since the question was last started or reset.
std::vector<Event> current_round(const Attempts& attempts,
                                 const Question& question);

/// The verdict, then each claim: one line where it holds, its sentence where it
/// does not, and what the first failed check said.
Lines judgement_block(const Judgement& judgement, const Terminal& terminal);

/// The verdict on `file` as one JSON value.
Json judgement_json(const Judgement& judgement, const std::string& file,
                    int version);

/// Asks a person at the terminal; elsewhere `yes` must have been given, or
/// Error (usage) says so.
bool confirmed(const Context& context, const std::string& what, bool yes);

}  // namespace wb
