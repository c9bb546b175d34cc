// Running the claims of questions, each in a process of its own, and proving
// what was run.
#pragma once

#include <string>
#include <vector>

#include "answer.hpp"
#include "build.hpp"
#include "process.hpp"
#include "progress.hpp"
#include "report.hpp"
#include "workspace.hpp"

namespace wb {

enum class Verdict {
  holds,
  fails,    ///< a check did not hold
  crashed,  ///< a signal, an early exit
  timed_out,
  flooded,  ///< too much output
  does_not_compile,
  not_tested,  ///< no such case, or one that checks nothing
};

/// The verdict as a word: "holds", "does not compile", ...
std::string to_string(Verdict verdict);

/// What became of one claim, or of a question's further tests as a whole.
struct ClaimResult {
  std::string id;
  std::string sentence;  ///< Markdown
  int number = 0;
  Verdict verdict = Verdict::not_tested;
  std::string reason;  ///< for a person, when it does not hold
  double seconds = 0.0;
  int assertions = 0;
  std::vector<Evidence> evidence;
  std::vector<Failure> failures;

  bool holds() const { return verdict == Verdict::holds; }
};

struct QuestionResult {
  Question question;
  std::string title;
  std::vector<ClaimResult> claims;
  ClaimResult extra;  ///< the suite "<id> extra"
  bool has_extra = false;
  std::string compiler_output;  ///< when it does not compile

  bool holds() const;
  int passed() const;
  int failed() const;
};

/// How a test program is run for one claim.
Command claim_command(const fs::path& program, const Workspace& workspace,
                      const std::string& suite, const std::string& name,
                      const fs::path& report, double seconds);

/// The verdict on one claim from how its process ended and what it reported.
/// Holds only when the process ended with 0, the closing record is there, and
/// exactly this case ran, made at least one check and failed none.
ClaimResult judge(const Item& claim, const std::string& suite,
                  const Outcome& outcome, const Report& report);

/// Reads the answer page of a question.
Answer read_answer(const Workspace& workspace, const Question& question);

/// Builds and runs the claims of all `questions`. `seconds` limits each claim.
std::vector<QuestionResult> verify(const Workspace& workspace, Build& build,
                                   const std::vector<Question>& questions,
                                   double seconds, Progress& progress);

/// The worst exit code of the results: 0, 1, 3 or 4.
int exit_code(const std::vector<QuestionResult>& results);

}  // namespace wb
