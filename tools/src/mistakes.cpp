#include "mistakes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "cpp_scan.hpp"
#include "error.hpp"
#include "overlay.hpp"
#include "process.hpp"
#include "verify.hpp"

namespace wb {
namespace {

const std::string kEmptyAnswer = "empty answer";

/// One changed copy of a header, from its making to its verdict.
struct Attempt {
  std::size_t question;
  fs::path patch;   ///< relative to the root; empty for the empty answer
  fs::path folder;  ///< holds include/, test.o, test, test.d
  std::vector<std::string> claims;  ///< all of the question's
  MistakeResult result;
  bool alive = true;  ///< still on its way to a verdict

  void fail(MistakeVerdict verdict, std::string reason) {
    result.verdict = verdict;
    result.reason = std::move(reason);
    alive = false;
  }
};

/// The headers that a patch changes, from its "+++ b/..." lines.
std::vector<fs::path> changed_headers(std::string_view patch) {
  std::vector<fs::path> headers;
  for (std::size_t at = patch.find("+++ b/"); at != patch.npos;
       at = patch.find("+++ b/", at + 1)) {
    const std::size_t end = patch.find_first_of("\t\n", at);
    headers.emplace_back(patch.substr(at + 6, end - at - 6));
  }
  return headers;
}

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

void apply_patch(const Workspace& workspace, Attempt& attempt) {
  const std::string patch = read_text(workspace.path(attempt.patch));
  attempt.result.breaks = parse_breaks(patch);
  if (attempt.result.breaks.empty()) {
    attempt.fail(MistakeVerdict::malformed,
                 "its first line is not 'Breaks: claim, ...'");
    return;
  }
  for (const auto& claim : attempt.result.breaks) {
    if (std::find(attempt.claims.begin(), attempt.claims.end(), claim) ==
        attempt.claims.end()) {
      attempt.fail(MistakeVerdict::malformed,
                   fmt::format("there is no claim '{}'", claim));
      return;
    }
  }
  make_include_tree(workspace, attempt.folder, changed_headers(patch));
  const Outcome outcome =
      run(patch_command(workspace, attempt.patch, attempt.folder));
  if (!outcome.ok()) {
    attempt.fail(MistakeVerdict::does_not_apply,
                 outcome.output.substr(0, outcome.output.find('\n')));
  }
}

void apply_empty_answer(const Workspace& workspace, const Question& question,
                        Attempt& attempt) {
  make_include_tree(workspace, attempt.folder, {question.header()});
  attempt.result.breaks = attempt.claims;
  write_file(attempt.folder / question.header(),
             empty_answer(read_text(workspace.path(question.header()))));
}

/// Runs one command for each attempt that is alive; `ended` sees its outcome.
void run_step(std::vector<Attempt>& attempts, std::string_view step,
              Progress& progress, int jobs,
              const std::function<Command(const Attempt&)>& make,
              const std::function<void(Attempt&, const Outcome&)>& ended) {
  std::vector<Command> commands;
  std::vector<Attempt*> running;
  for (auto& attempt : attempts) {
    if (!attempt.alive) continue;
    commands.push_back(make(attempt));
    running.push_back(&attempt);
  }
  std::size_t done = 0;
  const auto outcomes =
      run_all(commands, jobs, [&](std::size_t i, const Outcome&) {
        progress.update(step, ++done, commands.size(), running[i]->result.id);
      });
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    ended(*running[i], outcomes[i]);
  }
  progress.clear();
}

void prepare(const Workspace& workspace, const Question& question,
             Attempt& attempt) {
  if (attempt.patch.empty()) {
    apply_empty_answer(workspace, question, attempt);
  } else {
    apply_patch(workspace, attempt);
  }
}

void compile_attempts(const Workspace& workspace, const Build& build,
                      const std::vector<Question>& questions,
                      std::vector<Attempt>& attempts, Progress& progress) {
  const auto commands = read_compile_commands(build.folder());
  run_step(
      attempts, "building the mistakes", progress, build_jobs(),
      [&](const Attempt& a) {
        const auto source = workspace.path(questions[a.question].test());
        return compile_over(commands.at(source.string()), workspace, a.folder,
                            "test.o");
      },
      [&](Attempt& a, const Outcome& outcome) {
        if (!outcome.ok()) {
          a.fail(MistakeVerdict::does_not_compile,
                 first_error(outcome.output, workspace.root()));
        } else if (!read_the_copy(workspace, questions[a.question].header(),
                                  a.folder, read_file(a.folder / "test.d"))) {
          a.fail(MistakeVerdict::unproved,
                 "the compiler did not read the changed header");
        }
      });
}

void link_attempts(const Workspace& workspace, const Build& build,
                   const std::vector<Question>& questions,
                   std::vector<Attempt>& attempts, Progress& progress) {
  const auto commands = read_compile_commands(build.folder());
  const fs::path main_object =
      build.folder() / "tests/CMakeFiles/test_main.dir/support/main.cpp.o";
  run_step(
      attempts, "linking the mistakes", progress, processors(),
      [&](const Attempt& a) {
        const auto source = workspace.path(questions[a.question].test());
        Command command;
        command.argv = {commands.at(source.string()).argv[0],
                        (a.folder / "test.o").string(), main_object.string(),
                        "-o", (a.folder / "test").string()};
        return command;
      },
      [&](Attempt& a, const Outcome& outcome) {
        if (!outcome.ok()) {
          a.fail(MistakeVerdict::does_not_compile,
                 first_error(outcome.output, workspace.root()));
        }
      });
}

/// Runs every claim against every changed header.
void run_claims(const Workspace& workspace,
                const std::vector<Question>& questions,
                std::vector<Attempt>& attempts, double seconds,
                Progress& progress) {
  std::vector<Command> commands;
  std::vector<std::pair<Attempt*, std::string>> running;
  for (auto& attempt : attempts) {
    if (!attempt.alive) continue;
    for (const auto& claim : attempt.claims) {
      commands.push_back(claim_command(
          attempt.folder / "test", workspace, questions[attempt.question].id(),
          claim, attempt.folder / (claim + ".jsonl"), seconds));
      running.emplace_back(&attempt, claim);
    }
  }
  std::size_t done = 0;
  const auto outcomes =
      run_all(commands, processors(), [&](std::size_t i, const Outcome&) {
        progress.update("running the claims", ++done, commands.size(),
                        running[i].first->result.id);
      });
  progress.clear();
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    auto& [attempt, claim] = running[i];
    const fs::path path = attempt->folder / (claim + ".jsonl");
    const Report report =
        fs::exists(path) ? parse_report(read_file(path)) : Report{};
    Item item;
    item.id = claim;
    const auto verdict =
        judge(item, questions[attempt->question].id(), outcomes[i], report);
    if (!verdict.holds()) attempt->result.broken.push_back(claim);
  }
}

void conclude(Attempt& attempt) {
  if (!attempt.alive) return;
  MistakeResult& result = attempt.result;
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

/// One attempt per patch and one for the empty answer, all still unprepared.
std::vector<Attempt> attempts_of(const Workspace& workspace, const Build& build,
                                 const Question& question, std::size_t index) {
  std::vector<std::string> claims;
  for (const auto& item : read_answer(workspace, question).claims) {
    claims.push_back(item.id);
  }
  const fs::path folder =
      build.folder() / "mistakes" / question.section / question.slug;
  std::vector<Attempt> attempts;
  auto patches = workspace.patches(question);
  patches.emplace_back();  // the empty answer
  for (const auto& patch : patches) {
    Attempt attempt;
    attempt.question = index;
    attempt.patch = patch;
    attempt.claims = claims;
    attempt.result.id = patch.empty() ? kEmptyAnswer : patch.stem().string();
    attempt.folder = folder / (patch.empty() ? "-empty" : attempt.result.id);
    attempts.push_back(std::move(attempt));
  }
  return attempts;
}

/// Everything about one question from its attempts.
MistakesOfQuestion summarise(const Question& question,
                             const std::vector<Attempt>& attempts,
                             std::size_t index) {
  MistakesOfQuestion summary{question, {}, {}, ""};
  std::set<std::string> claims;
  std::set<std::string> broken;
  for (const auto& attempt : attempts) {
    if (attempt.question != index) continue;
    claims.insert(attempt.claims.begin(), attempt.claims.end());
    broken.insert(attempt.result.broken.begin(), attempt.result.broken.end());
    summary.mistakes.push_back(attempt.result);
  }
  std::set_difference(claims.begin(), claims.end(), broken.begin(),
                      broken.end(), std::back_inserter(summary.unbreakable));
  return summary;
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
    const Workspace& workspace, Build& build,
    const std::vector<Question>& questions, double seconds,
    Progress& progress) {
  std::vector<Question> testable;
  for (const auto& question : questions) {
    if (workspace.has(question.test()) && workspace.has(question.header())) {
      testable.push_back(question);
    }
  }
  if (testable.empty()) return {};

  // The claims must hold on the header as it stands, or nothing is proved.
  const auto baseline = verify(workspace, build, testable, seconds, progress);
  std::vector<Attempt> attempts;
  for (std::size_t i = 0; i < testable.size(); ++i) {
    if (!baseline[i].holds()) continue;
    auto more = attempts_of(workspace, build, testable[i], i);
    std::move(more.begin(), more.end(), std::back_inserter(attempts));
  }
  for (auto& attempt : attempts) {
    prepare(workspace, testable[attempt.question], attempt);
  }
  compile_attempts(workspace, build, testable, attempts, progress);
  link_attempts(workspace, build, testable, attempts, progress);
  run_claims(workspace, testable, attempts, seconds, progress);

  std::vector<MistakesOfQuestion> summaries;
  for (auto& attempt : attempts) conclude(attempt);
  for (std::size_t i = 0; i < testable.size(); ++i) {
    summaries.push_back(summarise(testable[i], attempts, i));
    if (!baseline[i].holds()) {
      summaries.back().problem =
          "its claims do not hold as it stands: run `wb verify`";
    }
  }
  std::error_code none;
  fs::remove_all(build.folder() / "mistakes", none);
  return summaries;
}

}  // namespace wb
