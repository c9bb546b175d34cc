#include "verify.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "error.hpp"

namespace wb {
namespace {

constexpr std::size_t kOutputLimit = std::size_t{4} << 20;

/// One process to run: a claim of a question (or its further tests).
struct Job {
  std::size_t question;
  int claim;  ///< index into the answer's claims; -1 for "extra"
  fs::path report;
  Command command;
};

/// Where the reports of one question go; emptied before each run.
fs::path report_folder(const Build& build, const Question& question) {
  return build.folder() / "reports" / question.section / question.slug;
}

bool belongs_to(const BuildFailure& failure, const Question& question) {
  return failure.product.find(question.target() + ".dir/") !=
             std::string::npos ||
         failure.product == "tests/" + question.id() + "_test";
}

bool is_shared(const BuildFailure& failure) {
  return failure.product.find("test_main.dir/") != std::string::npos ||
         failure.product.find("test_pch.dir/") != std::string::npos;
}

/// Marks everything of a question that did not compile.
void mark_uncompiled(QuestionResult& result, const BuildFailure& failure,
                     const fs::path& root) {
  result.compiler_output = failure.output;
  const std::string reason = first_error(failure.output, root);
  for (auto& claim : result.claims) {
    claim.verdict = Verdict::does_not_compile;
    claim.reason = reason;
  }
}

QuestionResult unjudged(const Question& question, const Answer& answer) {
  QuestionResult result;
  result.question = question;
  result.title = answer.front.title;
  for (const auto& item : answer.claims) {
    ClaimResult claim;
    claim.id = item.id;
    claim.sentence = item.sentence;
    claim.number = item.number;
    claim.reason = "there is no test";
    result.claims.push_back(std::move(claim));
  }
  return result;
}

/// The verdict on the suite "<id> extra", which may have no case at all.
ClaimResult judge_extra(const Outcome& outcome, const Report& report) {
  ClaimResult extra;
  extra.id = "extra";
  extra.sentence = "the contract, edge cases and degenerate inputs";
  extra.seconds = outcome.seconds;
  for (const auto& one : report.cases) {
    extra.assertions += one.assertions;
    extra.failures.insert(extra.failures.end(), one.failures.begin(),
                          one.failures.end());
    if (!one.ended || !one.ok) extra.reason += one.name + "; ";
  }
  if (outcome.ok() && report.complete && report.failed == 0) {
    extra.verdict = Verdict::holds;
    return extra;
  }
  extra.verdict = report.complete ? Verdict::fails : Verdict::crashed;
  if (outcome.ending == Ending::timed_out) extra.verdict = Verdict::timed_out;
  if (outcome.ending == Ending::flooded) extra.verdict = Verdict::flooded;
  if (!report.complete) extra.reason += describe(outcome);
  return extra;
}

Report read_report(const fs::path& path) {
  std::error_code none;
  return fs::exists(path, none) ? parse_report(read_file(path)) : Report{};
}

/// The failure that keeps this question's program from being built, if any.
const BuildFailure* failure_of(const Question& question,
                               const std::vector<BuildFailure>& failures) {
  const auto found = std::find_if(
      failures.begin(), failures.end(), [&](const BuildFailure& failure) {
        return belongs_to(failure, question) || is_shared(failure);
      });
  return found == failures.end() ? nullptr : &*found;
}

/// One job for each claim of a question, and one for its further tests.
void add_jobs(const Workspace& workspace, const Build& build,
              const Question& question, std::size_t index, const Answer& answer,
              double seconds, std::vector<Job>& jobs) {
  const fs::path folder = report_folder(build, question);
  fs::remove_all(folder);
  fs::create_directories(folder);
  const fs::path program = build.folder() / "tests" / (question.id() + "_test");
  for (std::size_t c = 0; c < answer.claims.size(); ++c) {
    const auto& name = answer.claims[c].id;
    const fs::path report = folder / (name + ".jsonl");
    jobs.push_back({index, static_cast<int>(c), report,
                    claim_command(program, workspace, question.id(), name,
                                  report, seconds)});
  }
  const fs::path report = folder / "extra.jsonl";
  jobs.push_back({index, -1, report,
                  claim_command(program, workspace, question.id() + " extra",
                                "", report, seconds)});
}

/// Runs the jobs side by side and puts their verdicts into `results`.
void run_jobs(const std::vector<Job>& jobs,
              const std::vector<Question>& questions,
              const std::vector<Answer>& answers, Progress& progress,
              std::vector<QuestionResult>& results) {
  std::vector<Command> commands;
  for (const auto& job : jobs) commands.push_back(job.command);
  std::size_t done = 0;
  const auto outcomes =
      run_all(commands, processors(), [&](std::size_t j, const Outcome&) {
        progress.update("running the claims", ++done, jobs.size(),
                        questions[jobs[j].question].id());
      });
  progress.clear();
  for (std::size_t j = 0; j < jobs.size(); ++j) {
    const Job& job = jobs[j];
    QuestionResult& result = results[job.question];
    const Report report = read_report(job.report);
    if (job.claim < 0) {
      result.extra = judge_extra(outcomes[j], report);
      continue;
    }
    const auto c = static_cast<std::size_t>(job.claim);
    result.claims[c] = judge(answers[job.question].claims[c],
                             result.question.id(), outcomes[j], report);
  }
}

/// The worse a verdict, the higher.
int severity(const ClaimResult& claim) {
  switch (claim.verdict) {
    case Verdict::holds:
      return exit_ok;
    case Verdict::does_not_compile:
      return exit_does_not_compile;
    case Verdict::crashed:
    case Verdict::timed_out:
    case Verdict::flooded:
      return exit_crashed;
    case Verdict::fails:
    case Verdict::not_tested:
      break;
  }
  return exit_wrong;
}

}  // namespace

std::string to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::holds:
      return "holds";
    case Verdict::fails:
      return "fails";
    case Verdict::crashed:
      return "crashed";
    case Verdict::timed_out:
      return "timed out";
    case Verdict::flooded:
      return "flooded its output";
    case Verdict::does_not_compile:
      return "does not compile";
    case Verdict::not_tested:
      break;
  }
  return "not tested";
}

bool QuestionResult::holds() const {
  return failed() == 0;
}

int QuestionResult::passed() const {
  const auto count = std::count_if(claims.begin(), claims.end(),
                                   [](const auto& c) { return c.holds(); });
  return static_cast<int>(count) + (has_extra && extra.holds() ? 1 : 0);
}

int QuestionResult::failed() const {
  const int all = static_cast<int>(claims.size()) + (has_extra ? 1 : 0);
  return all - passed();
}

Command claim_command(const fs::path& program, const Workspace& workspace,
                      const std::string& suite, const std::string& name,
                      const fs::path& report, double seconds) {
  Command command;
  command.argv = {program.string(), "--no-colors=true", "--case-sensitive=true",
                  "--test-suite=" + suite};
  if (!name.empty()) command.argv.push_back("--test-case=" + name);
  command.directory = workspace.root();
  command.environment = {{"WHITEBOARD_REPORT", report.string()}};
  command.seconds = seconds;
  command.output_limit = kOutputLimit;
  return command;
}

ClaimResult judge(const Item& claim, const std::string& suite,
                  const Outcome& outcome, const Report& report) {
  ClaimResult result;
  result.id = claim.id;
  result.sentence = claim.sentence;
  result.number = claim.number;
  result.seconds = outcome.seconds;
  const bool only_this = report.cases.size() == 1 &&
                         report.cases[0].suite == suite &&
                         report.cases[0].name == claim.id;
  if (only_this) {
    result.assertions = report.cases[0].assertions;
    result.evidence = report.cases[0].evidence;
    result.failures = report.cases[0].failures;
  }

  if (outcome.ending == Ending::timed_out) {
    result.verdict = Verdict::timed_out;
    result.reason = describe(outcome);
  } else if (outcome.ending == Ending::flooded) {
    result.verdict = Verdict::flooded;
    result.reason = describe(outcome);
  } else if (!report.complete || outcome.ending != Ending::exited) {
    result.verdict = Verdict::crashed;
    result.reason = describe(outcome);
  } else if (!only_this) {
    result.reason = "there is no test case of this name";
  } else if (!report.cases[0].ok || outcome.code != 0) {
    result.verdict = Verdict::fails;
    if (result.failures.empty()) result.reason = describe(outcome);
  } else if (result.assertions == 0) {
    result.reason = "its test case checks nothing";
  } else {
    result.verdict = Verdict::holds;
  }
  return result;
}

Answer read_answer(const Workspace& workspace, const Question& question) {
  return parse_answer(read_text(workspace.path(question.answer())),
                      question.answer().string());
}

std::vector<QuestionResult> verify(const Workspace& workspace, Build& build,
                                   const std::vector<Question>& questions,
                                   double seconds, Progress& progress) {
  std::vector<Answer> answers;
  std::vector<QuestionResult> results;
  std::vector<std::string> targets;
  for (const auto& question : questions) {
    answers.push_back(read_answer(workspace, question));
    results.push_back(unjudged(question, answers.back()));
    if (workspace.has(question.test())) targets.push_back(question.target());
  }
  if (targets.empty()) return results;
  const auto failures = build.build(targets);

  std::vector<Job> jobs;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    if (!workspace.has(questions[i].test())) continue;
    if (const auto* failure = failure_of(questions[i], failures)) {
      mark_uncompiled(results[i], *failure, workspace.root());
    } else {
      results[i].has_extra = true;
      add_jobs(workspace, build, questions[i], i, answers[i], seconds, jobs);
    }
  }
  run_jobs(jobs, questions, answers, progress, results);
  return results;
}

int exit_code(const std::vector<QuestionResult>& results) {
  int worst = exit_ok;
  for (const auto& result : results) {
    for (const auto& claim : result.claims) {
      worst = std::max(worst, severity(claim));
    }
    if (result.has_extra) worst = std::max(worst, severity(result.extra));
  }
  return worst;
}

}  // namespace wb
