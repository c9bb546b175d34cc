// Pages as lines: an answer, its code, its claims with what was measured.
#pragma once

#include <string>
#include <vector>

#include "answer.hpp"
#include "mistakes.hpp"
#include "style.hpp"
#include "terminal.hpp"
#include "verify.hpp"
#include "workspace.hpp"

namespace wb {

/// Title, level and the ways the question is asked.
Lines title_block(const Question& question, const Answer& answer, int width);

/// The answer without its claims and mistakes, which get blocks of their own.
Lines answer_block(const Answer& answer, int width, bool unicode);

/// The claims as a numbered list, without verdicts.
Lines claims_block(const Answer& answer, const Terminal& terminal);

/// The mistakes as a list.
Lines mistakes_block(const Answer& answer, const Terminal& terminal);

/// A header as it is read: highlighted, markers taken out.
Lines code_block(const std::string& source);

/// Answer and code: side by side when there is room, else one above the other.
Lines answer_and_code(const Workspace& workspace, const Question& question,
                      const Answer& answer, const Terminal& terminal);

/// Each claim with verdict, sentence and evidence; then the further tests.
Lines results_block(const QuestionResult& result, const Terminal& terminal);

/// What became of the mistakes of one question.
Lines mistakes_results_block(const MistakesOfQuestion& result, int width);

}  // namespace wb
