#include "mistakes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "cpp_scan.hpp"
#include "error.hpp"
#include "process.hpp"

namespace wb {
namespace {

const std::string kEmptyAnswer = "empty answer";
constexpr std::size_t kBatch = 8;  ///< questions

/// One changed header, from its making to its verdict.
struct Attempt {
  Question question;
  fs::path patch;  ///< relative to the root; empty for the empty answer
  std::string text;
  MistakeResult result;
  bool alive = true;  ///< still on its way to a verdict

  void fail(MistakeVerdict verdict, std::string reason) {
    result.verdict = verdict;
    result.reason = std::move(reason);
    alive = false;
  }
};

/// Applies `patch` to the copies below `folder`.
Command patch_command(const Workspace& workspace, const fs::path& patch,
                      const fs::path& folder) {
  Command command;
  command.argv = {"patch", "-p1",
                  "-s",    "-f",
                  "-F0",   "--no-backup-if-mismatch",
                  "-d",    folder.string(),
                  "-i",    workspace.path(patch).string()};
  command.seconds = 20.0;
  return command;
}

/// Finds the claims that a patch says it breaks, and applies it.
void apply_patch(const Workspace& workspace,
                 const std::vector<std::string>& claims, Attempt& attempt) {
  attempt.result.breaks =
      parse_breaks(read_text(workspace.path(attempt.patch)));
  if (attempt.result.breaks.empty()) {
    attempt.fail(MistakeVerdict::malformed,
                 "its first line is not 'Breaks: claim, ...'");
    return;
  }
  for (const auto& claim : attempt.result.breaks) {
    if (std::find(claims.begin(), claims.end(), claim) == claims.end()) {
      attempt.fail(MistakeVerdict::malformed,
                   fmt::format("there is no claim '{}'", claim));
      return;
    }
  }
  try {
    attempt.text = patched_header(workspace, attempt.question, attempt.patch);
  } catch (const Error& error) {
    if (error.code() == exit_interrupted) throw;
    attempt.fail(MistakeVerdict::does_not_apply, error.what());
  }
}

void conclude(const Judgement& judgement, Attempt& attempt) {
  MistakeResult& result = attempt.result;
  if (judgement.standing == Standing::does_not_compile) {
    return attempt.fail(MistakeVerdict::does_not_compile, judgement.reason);
  }
  if (judgement.standing == Standing::tampered) {
    return attempt.fail(MistakeVerdict::unproved, judgement.reason);
  }
  for (const auto& claim : judgement.claims) {
    if (!claim.holds()) result.broken.push_back(claim.id);
  }
  for (const auto& claim : result.breaks) {
    if (std::find(result.broken.begin(), result.broken.end(), claim) ==
        result.broken.end()) {
      result.survivors.push_back(claim);
    }
  }
  result.verdict = result.survivors.empty() ? MistakeVerdict::caught
                                            : MistakeVerdict::not_caught;
  if (!result.survivors.empty()) {
    result.reason =
        fmt::format("still holds: {}", fmt::join(result.survivors, ", "));
  }
}

/// One attempt per patch and one for the empty answer, made but not judged.
std::vector<Attempt> attempts_of(const Workspace& workspace,
                                 const Question& question,
                                 const std::vector<std::string>& claims) {
  std::vector<Attempt> attempts;
  for (const auto& patch : workspace.patches(question)) {
    Attempt attempt{question, patch, "", {}, true};
    attempt.result.id = patch.stem().string();
    apply_patch(workspace, claims, attempt);
    attempts.push_back(std::move(attempt));
  }
  Attempt empty{question, {}, "", {}, true};
  empty.result.id = kEmptyAnswer;
  empty.result.breaks = claims;
  empty.text = empty_answer(read_text(workspace.path(question.header())));
  attempts.push_back(std::move(empty));
  return attempts;
}

std::vector<std::string> claims_of(const Workspace& workspace,
                                   const Question& question) {
  std::vector<std::string> claims;
  for (const auto& item : read_answer(workspace, question).claims) {
    claims.push_back(item.id);
  }
  return claims;
}

/// Everything about one question from its attempts.
MistakesOfQuestion summarise(const Question& question,
                             const std::vector<std::string>& claims,
                             const std::vector<Attempt>& attempts) {
  MistakesOfQuestion summary{question, {}, {}, ""};
  std::set<std::string> broken;
  for (const auto& attempt : attempts) {
    if (attempt.question != question) continue;
    broken.insert(attempt.result.broken.begin(), attempt.result.broken.end());
    summary.mistakes.push_back(attempt.result);
  }
  for (const auto& claim : claims) {
    if (!broken.contains(claim)) summary.unbreakable.push_back(claim);
  }
  return summary;
}

/// A few questions at a time: what their mistakes are built into takes room.
std::vector<MistakesOfQuestion> try_batch(
    const Workspace& workspace, Judge& judge,
    const std::vector<Question>& questions) {
  // The claims must hold on the header as it stands, or nothing is proved.
  const auto problems = judge.prepare(questions);
  std::vector<Attempt> attempts;
  for (const auto& question : questions) {
    if (problems.contains(question.id())) continue;
    auto more =
        attempts_of(workspace, question, claims_of(workspace, question));
    std::move(more.begin(), more.end(), std::back_inserter(attempts));
  }
  std::vector<Trial> trials;
  std::vector<Attempt*> judged;
  for (auto& attempt : attempts) {
    if (!attempt.alive) continue;
    trials.push_back({attempt.question, attempt.result.id, attempt.text,
                      attempt.question.header().string()});
    judged.push_back(&attempt);
  }
  const auto judgements = judge.judge(trials, Demand::failing_checks);
  for (std::size_t i = 0; i < judgements.size(); ++i) {
    conclude(judgements[i], *judged[i]);
  }
  std::vector<MistakesOfQuestion> summaries;
  for (const auto& question : questions) {
    const auto problem = problems.find(question.id());
    summaries.push_back(
        problem == problems.end()
            ? summarise(question, claims_of(workspace, question), attempts)
            : MistakesOfQuestion{question, {}, {}, problem->second});
  }
  return summaries;
}

}  // namespace

std::string to_string(MistakeVerdict verdict) {
  switch (verdict) {
    case MistakeVerdict::caught:
      return "caught";
    case MistakeVerdict::not_caught:
      return "not caught";
    case MistakeVerdict::does_not_apply:
      return "does not apply";
    case MistakeVerdict::does_not_compile:
      return "does not compile";
    case MistakeVerdict::malformed:
      return "malformed";
    case MistakeVerdict::unproved:
      break;
  }
  return "unproved";
}

bool MistakesOfQuestion::ok() const {
  return problem.empty() && unbreakable.empty() &&
         std::all_of(mistakes.begin(), mistakes.end(),
                     [](const auto& m) { return m.caught(); });
}

std::string patched_header(const Workspace& workspace, const Question& question,
                           const fs::path& patch) {
  const fs::path folder = workspace.build() / "practice" / "patched" /
                          question.section / question.slug / patch.stem();
  std::error_code none;
  fs::remove_all(folder, none);
  write_file(folder / question.header(),
             read_text(workspace.path(question.header())));
  const Outcome outcome = run(patch_command(workspace, patch, folder));
  if (!outcome.ok()) {
    throw Error(
        exit_environment,
        fmt::format("{} does not apply: {}", patch.string(),
                    outcome.output.substr(0, outcome.output.find('\n'))));
  }
  std::string text = read_text(folder / question.header());
  fs::remove_all(folder, none);
  return text;
}

std::vector<std::string> parse_breaks(const std::string& patch) {
  const std::string key = "Breaks:";
  std::vector<std::string> claims;
  if (!patch.starts_with(key)) return claims;
  std::string claim;
  for (const char c :
       patch.substr(key.size(), patch.find('\n') - key.size()) + ",") {
    if (c == ',') {
      if (!claim.empty()) claims.push_back(claim);
      claim.clear();
    } else if (c != ' ' && c != '\r') {
      claim += c;
    }
  }
  return claims;
}

std::vector<MistakesOfQuestion> try_mistakes(
    const Workspace& workspace, Judge& judge,
    const std::vector<Question>& questions) {
  std::vector<Question> testable;
  for (const auto& question : questions) {
    if (workspace.has(question.test()) && workspace.has(question.header())) {
      testable.push_back(question);
    }
  }
  std::vector<MistakesOfQuestion> summaries;
  for (std::size_t begin = 0; begin < testable.size(); begin += kBatch) {
    const std::size_t end = std::min(begin + kBatch, testable.size());
    auto more =
        try_batch(workspace, judge,
                  {testable.begin() + static_cast<std::ptrdiff_t>(begin),
                   testable.begin() + static_cast<std::ptrdiff_t>(end)});
    std::move(more.begin(), more.end(), std::back_inserter(summaries));
  }
  return summaries;
}

}  // namespace wb
