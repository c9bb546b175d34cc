#include "starters.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cpp_scan.hpp"
#include "error.hpp"
#include "overlay.hpp"
#include "starter.hpp"

namespace wb {
namespace {

constexpr std::size_t kBatch = 12;  ///< questions; each takes 10 MB of disk

/// The texts of one question that are tried.
struct Material {
  Question question;
  Answer answer;
  std::string reference;
  std::string starter;
};

void add(StarterResult& result, const std::string& what,
         const std::string& reason) {
  result.checks.push_back({what, reason.empty(), reason});
}

/// Why the text of the starter is not one; "" when it is.
std::string text_problem(const Material& m) {
  if (cut_starter(m.question, m.answer, m.starter) != m.starter) {
    return "cutting it again changes it";
  }
  if (m.starter.find("solution:") != std::string::npos) {
    return "it still has a marker";
  }
  const auto leaked = leaked_lines(m.reference, m.starter);
  if (!leaked.empty()) return "it shows a line of the solution: " + leaked[0];
  for (const auto& hint : m.answer.front.hints) {
    const auto told = leaked_lines(m.reference, hint);
    if (!told.empty()) return "a hint has a line of the solution: " + told[0];
  }
  return "";
}

std::string still_holding(const Judgement& judgement) {
  std::vector<std::string> ids;
  for (const auto& claim : judgement.claims) {
    if (claim.holds()) ids.push_back(claim.id);
  }
  return ids.empty() ? ""
                     : fmt::format("still holds: {}", fmt::join(ids, ", "));
}

std::string starter_problem(const Judgement& judgement) {
  if (judgement.standing == Standing::does_not_compile) return judgement.reason;
  return still_holding(judgement);
}

std::string solution_problem(const Judgement& judgement) {
  if (judgement.solved()) return "";
  const ClaimResult* claim = judgement.first_failing();
  std::string reason = to_string(judgement.standing) + " " + judgement.reason;
  if (claim != nullptr) reason += " " + claim->id + " " + claim->reason;
  return reason;
}

/// Parses `file` with `compiler` and the flags of `like`, warnings being errors
/// but for what cutting leaves unused.
Command parse_command(const std::string& compiler, const CompileCommand& like,
                      const fs::path& file) {
  Command command;
  command.argv = {compiler};
  for (std::size_t a = 1; a < like.argv.size(); ++a) {
    const std::string& word = like.argv[a];
    if (word == "-isystem" && a + 1 < like.argv.size()) {
      command.argv.push_back(word);
      command.argv.push_back(like.argv[++a]);
    } else if (word.starts_with("-I") || word.starts_with("-std=")) {
      command.argv.push_back(word);
    }
  }
  for (const auto* word :
       {"-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Wno-unused",
        "-Wno-unused-parameter", "-x", "c++"}) {
    command.argv.emplace_back(word);
  }
  command.argv.push_back(file.string());
  command.seconds = 120.0;
  return command;
}

/// Parses every starter with every compiler that is here.
void parse_starters(const Workspace& workspace, const Build& build,
                    const std::vector<Material>& materials,
                    std::vector<StarterResult>& results, Progress& progress) {
  const auto commands = read_compile_commands(build.folder());
  const auto& like =
      commands.at(workspace.path("tests/support/main.cpp").string());
  std::vector<std::string> compilers{like.argv[0]};
  if (const auto clang = find_program({"clang++"})) compilers.push_back(*clang);
  std::vector<Command> runs;
  std::vector<std::pair<std::size_t, std::string>> places;
  for (std::size_t i = 0; i < materials.size(); ++i) {
    const fs::path file = workspace.build() / "practice" / "starters" /
                          (materials[i].question.id() + ".hpp");
    // A source file includes it: a header on its own may not say #pragma once.
    write_file(file, materials[i].starter);
    const fs::path source = fs::path(file).replace_extension(".cpp");
    write_file(source, fmt::format("#include \"{}\"\n", file.string()));
    for (const auto& compiler : compilers) {
      runs.push_back(parse_command(compiler, like, source));
      places.emplace_back(i, fs::path(compiler).filename().string());
    }
  }
  std::size_t done = 0;
  const auto outcomes =
      run_all(runs, build_jobs(), [&](std::size_t i, const Outcome&) {
        progress.update("parsing the starters", ++done, runs.size(),
                        materials[places[i].first].question.id());
      });
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const auto& [at, compiler] = places[i];
    add(results[at], "starter with " + compiler,
        outcomes[i].ok() ? ""
                         : first_error(outcomes[i].output, workspace.root()));
  }
}

/// What is tried on a question, and the rule for its verdict.
struct Rule {
  std::size_t material;
  std::string what;
  std::string (*problem)(const Judgement&);
};

void judge_all(const Workspace& workspace, Judge& judge,
               const std::vector<Material>& materials,
               const std::map<std::string, std::string>& problems,
               std::vector<StarterResult>& results) {
  std::vector<Trial> trials;
  std::vector<Rule> rules;
  const auto add_trial = [&](std::size_t i, const std::string& what,
                             const std::string& text,
                             std::string (*problem)(const Judgement&)) {
    trials.push_back({materials[i].question, what, text, what});
    rules.push_back({i, what, problem});
  };
  for (std::size_t i = 0; i < materials.size(); ++i) {
    const Material& m = materials[i];
    const auto problem = problems.find(m.question.id());
    if (problem != problems.end()) {
      add(results[i], "reference", problem->second);
      continue;
    }
    add_trial(i, "starter", m.starter, starter_problem);
    add_trial(i, "default answer", cut_default_answer(m.reference),
              starter_problem);
    add_trial(i, "reference", m.reference, solution_problem);
    for (const auto& file : alternatives(workspace, m.question)) {
      add_trial(i, "alternative " + file.stem().string(),
                read_text(workspace.path(file)), solution_problem);
    }
  }
  const auto judgements = judge.judge(trials);
  for (std::size_t t = 0; t < judgements.size(); ++t) {
    add(results[rules[t].material], rules[t].what,
        rules[t].problem(judgements[t]));
  }
}

}  // namespace

bool StarterResult::ok() const {
  return std::all_of(checks.begin(), checks.end(),
                     [](const auto& check) { return check.ok; });
}

std::vector<fs::path> alternatives(const Workspace& workspace,
                                   const Question& question) {
  const fs::path folder = "tests/" + question.id() + ".alternatives";
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& entry :
       fs::directory_iterator(workspace.path(folder), none)) {
    if (entry.path().extension() == ".hpp") {
      found.push_back(folder / entry.path().filename());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<StarterResult> check_starters(
    const Workspace& workspace, Build& build, Judge& judge,
    const std::vector<Question>& questions, Progress& progress) {
  std::vector<Material> all;
  for (const auto& question : questions) {
    if (!workspace.has(question.header())) continue;
    Material m{question, {}, read_text(workspace.path(question.header())), ""};
    if (solution_regions(m.reference).regions.empty()) continue;
    m.answer = read_answer(workspace, question);
    m.starter = cut_starter(question, m.answer, m.reference);
    all.push_back(std::move(m));
  }
  std::vector<StarterResult> results;
  for (std::size_t begin = 0; begin < all.size(); begin += kBatch) {
    const std::size_t end = std::min(begin + kBatch, all.size());
    const std::vector<Material> batch(
        all.begin() + static_cast<std::ptrdiff_t>(begin),
        all.begin() + static_cast<std::ptrdiff_t>(end));
    std::vector<Question> ids;
    std::vector<StarterResult> part;
    for (const auto& m : batch) {
      ids.push_back(m.question);
      part.push_back({m.question, {}});
      add(part.back(), "text", text_problem(m));
    }
    const auto problems = judge.prepare(ids);
    parse_starters(workspace, build, batch, part, progress);
    judge_all(workspace, judge, batch, problems, part);
    std::move(part.begin(), part.end(), std::back_inserter(results));
  }
  progress.clear();
  return results;
}

}  // namespace wb
