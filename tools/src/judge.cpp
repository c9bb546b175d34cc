#include "judge.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>

#include "error.hpp"
#include "folder_lock.hpp"
#include "hash.hpp"
#include "json.hpp"
#include "overlay.hpp"
#include "text.hpp"

namespace wb {

/// One trial from its files to what its processes reported.
struct Judge::Run {
  Question question;
  std::string name;
  fs::path folder;
  Flavour flavour;
  std::string compiler;
  std::vector<ClaimResult> claims;
  std::vector<std::string> outputs;  ///< what each claim's process printed
  std::vector<std::string> headers;
  std::string compiler_output;
  std::string problem;  ///< why nothing was proved
  bool compiled = false;
  double compile_seconds = 0.0;
};

namespace {

constexpr double kShortestLimit = 10.0;   ///< seconds that any claim may take
constexpr double kPatience = 20.0;        ///< times as long as the reference
constexpr double kReferenceLimit = 60.0;  ///< seconds for its own claims
constexpr double kSlowClaims = 1.0;       ///< seconds; then -O1 is tried too
constexpr std::string_view kNotWritten = "not written: ";

/// At most 4 GiB of address space: an attempt that asks for more must fail
/// before the machine does. Sanitizers need more than there is and go without.
Command limited(Command command) {
  std::vector<std::string> argv{
      "sh", "-c", "ulimit -v 4194304 2>/dev/null; exec \"$0\" \"$@\""};
  argv.insert(argv.end(), command.argv.begin(), command.argv.end());
  command.argv = std::move(argv);
  return command;
}

void replace_all(std::string& text, const std::string& from,
                 const std::string& to) {
  for (std::size_t at = text.find(from); at != text.npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

/// The first error, in the reader's own file if there is one.
std::string first_own_error(const std::string& output, const std::string& name,
                            const fs::path& root) {
  std::size_t at = 0;
  while (at < output.size()) {
    const std::size_t end = std::min(output.find('\n', at), output.size());
    const std::string line = output.substr(at, end - at);
    if (line.starts_with(name + ":") && line.find("error: ") != line.npos) {
      return line;
    }
    at = end + 1;
  }
  return first_error(output, root);
}

bool says_not_written(const ClaimResult& claim) {
  return std::any_of(claim.failures.begin(), claim.failures.end(),
                     [](const Failure& f) {
                       return f.values.find(kNotWritten) != std::string::npos;
                     });
}

/// "softmax" of "it threw: not written: softmax".
std::string missing_function(const std::vector<ClaimResult>& claims) {
  for (const auto& claim : claims) {
    for (const auto& failure : claim.failures) {
      const std::size_t at = failure.values.find(kNotWritten);
      if (at == failure.values.npos) continue;
      const std::size_t name = at + kNotWritten.size();
      return failure.values.substr(
          name, failure.values.find_first_of("\" \n", name) - name);
    }
  }
  return "";
}

/// The line with which a sanitizer starts its report.
std::string sanitizer_line(const std::string& output) {
  for (const std::string_view mark :
       {"runtime error: ", "ERROR: AddressSanitizer: ",
        "ERROR: LeakSanitizer: "}) {
    const std::size_t at = output.find(mark);
    if (at == output.npos) continue;
    const std::size_t start = output.rfind('\n', at) + 1;
    std::string line = output.substr(start, output.find('\n', at) - start);
    const std::size_t error = line.find("ERROR: ");
    return error == line.npos ? line : line.substr(error + 7);
  }
  return "";
}

/// Where in the attempt a sanitizer's stack passes: "practice/...hpp:12".
std::string place_in(const std::string& output, const std::string& name) {
  const std::size_t at = output.find(name + ":");
  if (at == output.npos) return "";
  const std::size_t end =
      output.find_first_not_of("0123456789", at + name.size() + 1);
  return output.substr(at, end - at);
}

/// Holds a folder for each process that judges, named by its number.
fs::path work_folder(const Workspace& workspace) {
  return workspace.build() / "practice" / "work";
}

/// Removes what judges left that are no more.
void remove_leftovers(const fs::path& folder) {
  std::error_code none;
  std::vector<fs::path> dead;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    const int process = std::atoi(entry.path().filename().c_str());
    if (process <= 0 || (::kill(process, 0) != 0 && errno == ESRCH)) {
      dead.push_back(entry.path());
    }
  }
  for (const auto& path : dead) fs::remove_all(path, none);
}

Standing standing_of(const std::vector<ClaimResult>& claims) {
  const auto any = [&](auto... verdicts) {
    return std::any_of(claims.begin(), claims.end(), [&](const auto& c) {
      return ((c.verdict == verdicts) || ...);
    });
  };
  if (any(Verdict::timed_out)) return Standing::timed_out;
  if (any(Verdict::crashed, Verdict::flooded)) return Standing::crashed;
  const auto fails = [](const ClaimResult& c) { return !c.holds(); };
  if (std::none_of(claims.begin(), claims.end(), fails)) {
    return Standing::solved;
  }
  const bool all_unwritten = std::all_of(
      claims.begin(), claims.end(),
      [&](const ClaimResult& c) { return !fails(c) || says_not_written(c); });
  return all_unwritten ? Standing::not_written : Standing::wrong;
}

}  // namespace

std::string to_string(Standing standing) {
  switch (standing) {
    case Standing::solved:
      return "SOLVED";
    case Standing::wrong:
      return "WRONG";
    case Standing::not_written:
      return "NOT WRITTEN";
    case Standing::does_not_compile:
      return "DOES NOT COMPILE";
    case Standing::crashed:
      return "CRASHED";
    case Standing::timed_out:
      return "TIMED OUT";
    case Standing::undefined_behaviour:
      return "UNDEFINED BEHAVIOUR";
    case Standing::tampered:
      break;
  }
  return "TAMPERED";
}

int exit_code(Standing standing) {
  switch (standing) {
    case Standing::solved:
      return exit_ok;
    case Standing::does_not_compile:
      return exit_does_not_compile;
    case Standing::crashed:
    case Standing::timed_out:
      return exit_crashed;
    default:
      return exit_wrong;
  }
}

int Judgement::holding() const {
  return static_cast<int>(std::count_if(
      claims.begin(), claims.end(), [](const auto& c) { return c.holds(); }));
}

const ClaimResult* Judgement::first_failing() const {
  const auto found = std::find_if(claims.begin(), claims.end(),
                                  [](const auto& c) { return !c.holds(); });
  return found == claims.end() ? nullptr : &*found;
}

Judge::Judge(const Workspace& workspace, Build& build, Progress& progress)
    : workspace_(workspace), build_(build), progress_(progress) {
  remove_leftovers(work_folder(workspace));
}

Judge::~Judge() {
  std::error_code none;
  fs::remove_all(work_folder(workspace_) / std::to_string(::getpid()), none);
}

const Kit& Judge::kit(const Flavour& flavour) {
  for (const auto& kit : kits_) {
    if (kit->flavour() == flavour) return *kit;
  }
  kits_.push_back(
      std::make_unique<Kit>(workspace_, flavour, build_, progress_));
  return *kits_.back();
}

const Answer& Judge::answer(const Question& question) {
  const auto found = answers_.find(question.id());
  if (found != answers_.end()) return found->second;
  return answers_.emplace(question.id(), read_answer(workspace_, question))
      .first->second;
}

fs::path Judge::folder(const Trial& trial, const Flavour& flavour) const {
  return work_folder(workspace_) / std::to_string(::getpid()) /
         fmt::format("O{}{}", flavour.optimisation,
                     flavour.sanitised ? "-sanitised" : "") /
         trial.question.section / trial.question.slug / trial.label;
}

// --- What the reference does -------------------------------------------------

std::string Judge::census_key(const Question& question) {
  std::uint64_t hash = fnv1a(kit({}).fingerprint());
  for (const auto& file :
       {question.header(), question.test(), question.answer()}) {
    hash = fnv1a(read_file(workspace_.path(file)), hash);
  }
  return hex(hash);
}

namespace {

fs::path census_path(const Workspace& workspace, const Question& question) {
  return workspace.build() / "practice" / "census" / question.section /
         (question.slug + ".json");
}

Json to_json(const Census& census, const std::string& key) {
  Json claims = Json::array();
  for (const auto& [id, claim] : census.claims) {
    claims.push_back(Json::object({{"id", id},
                                   {"assertions", claim.assertions},
                                   {"seconds", claim.seconds}}));
  }
  return Json::object({{"key", key},
                       {"optimisation", census.flavour.optimisation},
                       {"headers", census.headers},
                       {"claims", claims}});
}

}  // namespace

bool Judge::load_census(const Question& question) {
  const fs::path path = census_path(workspace_, question);
  std::error_code none;
  if (!fs::exists(path, none)) return false;
  const auto json = Json::parse(read_file(path));
  if (!json || json->get("key").text() != census_key(question)) return false;
  Census census;
  census.flavour.optimisation = json->get("optimisation").integer();
  for (const auto& header : json->get("headers").items()) {
    census.headers.push_back(header.text());
  }
  for (const auto& claim : json->get("claims").items()) {
    census.claims[claim.get("id").text()] = {claim.get("assertions").integer(),
                                             claim.get("seconds").number()};
  }
  censuses_[question.id()] = std::move(census);
  return true;
}

namespace {

/// Why a run of a reference is no yardstick; "" when it is.
template <class ReferenceRun>
std::string reference_problem(const ReferenceRun& run) {
  const auto failing =
      std::find_if(run.claims.begin(), run.claims.end(),
                   [](const auto& claim) { return !claim.holds(); });
  if (run.compiled && run.problem.empty() && failing == run.claims.end()) {
    return "";
  }
  std::string reason = "does not compile";
  if (run.compiled) {
    reason = run.problem.empty()
                 ? failing->id + " " + to_string(failing->verdict)
                 : run.problem;
  }
  return fmt::format(
      "its claims do not hold as it stands ({}): run `wb verify "
      "{}`",
      reason, run.question.id());
}

double seconds_of(const Census& census) {
  double seconds = 0.0;
  for (const auto& [id, claim] : census.claims) seconds += claim.seconds;
  return seconds / processors();
}

}  // namespace

/// Runs the references in one flavour and keeps what they do; of two flavours,
/// the one whose verdict comes sooner.
void Judge::take_census(const std::vector<Question>& questions,
                        const Flavour& flavour,
                        std::map<std::string, std::string>& problems) {
  std::vector<Trial> trials;
  for (const auto& question : questions) {
    trials.push_back({question, "reference",
                      read_text(workspace_.path(question.header())),
                      question.header().string()});
  }
  for (const auto& run : run(trials, flavour, 0.0)) {
    const std::string id = run.question.id();
    if (const std::string problem = reference_problem(run); !problem.empty()) {
      problems[id] = problem;
      continue;
    }
    Census census{flavour, {}, run.headers};
    for (const auto& claim : run.claims) {
      census.claims[claim.id] = {claim.assertions, claim.seconds};
    }
    const auto known = censuses_.find(id);
    // The optimiser costs less than half of the time to compile.
    const bool slower = known != censuses_.end() &&
                        seconds_of(known->second) <
                            seconds_of(census) + run.compile_seconds / 2;
    if (!slower) censuses_[id] = std::move(census);
  }
}

std::map<std::string, std::string> Judge::prepare(
    const std::vector<Question>& questions) {
  std::map<std::string, std::string> problems;
  std::vector<Question> missing;
  for (const auto& question : questions) {
    if (!workspace_.has(question.header()) ||
        !workspace_.has(question.test())) {
      problems[question.id()] =
          fmt::format("{} has no header or no test", question.id());
    } else if (!load_census(question)) {
      censuses_.erase(question.id());
      missing.push_back(question);
    }
  }
  if (missing.empty()) return problems;
  take_census(missing, {0, false}, problems);
  std::vector<Question> slow;
  for (const auto& question : missing) {
    const auto census = censuses_.find(question.id());
    if (census != censuses_.end() && seconds_of(census->second) > kSlowClaims) {
      slow.push_back(question);
    }
  }
  if (!slow.empty()) take_census(slow, {1, false}, problems);
  for (const auto& question : missing) {
    if (problems.contains(question.id())) continue;
    write_file(census_path(workspace_, question),
               to_json(censuses_[question.id()], census_key(question)).dump());
  }
  return problems;
}

void Judge::prepare(const Question& question) {
  const auto problems = prepare(std::vector<Question>{question});
  if (!problems.empty()) {
    throw Error(exit_environment, problems.begin()->second);
  }
}

// --- Running -----------------------------------------------------------------

void Judge::write_trees(std::vector<Run>& runs,
                        const std::vector<Trial>& trials) {
  for (std::size_t i = 0; i < runs.size(); ++i) {
    Run& run = runs[i];
    const Question& question = run.question;
    fs::remove_all(run.folder);
    make_include_tree(workspace_, run.folder, {question.header()});
    write_file(run.folder / question.header(), trials[i].text);
    for (const auto& item : answer(question).claims) {
      ClaimResult claim;
      claim.id = item.id;
      claim.sentence = item.sentence;
      claim.number = item.number;
      run.claims.push_back(std::move(claim));
    }
  }
}

void Judge::compile(std::vector<Run>& runs, const Kit& kit) {
  std::vector<Command> commands;
  for (const auto& run : runs) {
    commands.push_back(
        kit.compile(workspace_.path(run.question.test()), run.folder));
  }
  std::size_t done = 0;
  const auto outcomes =
      run_all(commands, build_jobs(), [&](std::size_t i, const Outcome&) {
        progress_.update("compiling", ++done, runs.size(),
                         runs[i].question.id());
      });
  for (std::size_t i = 0; i < runs.size(); ++i) {
    Run& run = runs[i];
    run.compiler = fs::path(kit.compiler()).filename().string();
    run.compile_seconds = outcomes[i].seconds;
    run.compiled = outcomes[i].ok();
    if (!run.compiled) {
      run.compiler_output = outcomes[i].output;
      replace_all(run.compiler_output,
                  (run.folder / run.question.header()).string(), run.name);
      continue;
    }
    const std::string depfile = read_file(run.folder / "test.d");
    run.headers = library_headers(depfile);
    if (!read_the_copy(workspace_, run.question.header(), run.folder,
                       depfile)) {
      run.problem = "what was compiled is not your file, or not it alone";
    }
  }
}

void Judge::link(std::vector<Run>& runs, const Kit& kit) {
  std::vector<Command> commands;
  std::vector<Run*> linking;
  for (auto& run : runs) {
    if (!run.compiled) continue;
    commands.push_back(kit.link(run.folder));
    linking.push_back(&run);
  }
  const auto outcomes = run_all(commands, processors());
  for (std::size_t i = 0; i < linking.size(); ++i) {
    linking[i]->compiled = outcomes[i].ok();
    if (!outcomes[i].ok()) linking[i]->compiler_output = outcomes[i].output;
  }
}

/// How claim `id` of `run` is run. `patience` is how many times as long as the
/// reference it may take; 0 for the reference itself.
Command Judge::command_for(const Run& run, const std::string& id,
                           double patience) const {
  double seconds = kReferenceLimit;
  if (patience > 0.0) {
    const Census& census = censuses_.at(run.question.id());
    seconds = std::max(kShortestLimit, patience * census.claims.at(id).seconds);
  }
  Command command =
      claim_command(run.folder / "test", workspace_, run.question.id(), id,
                    run.folder / (id + ".jsonl"), seconds);
  command.environment.emplace_back("ASAN_OPTIONS", "detect_leaks=1");
  command.environment.emplace_back("UBSAN_OPTIONS", "print_stacktrace=1");
  return run.flavour.sanitised ? command : limited(command);
}

/// Every claim of every run in a process of its own.
void Judge::run_claims(std::vector<Run>& runs, double patience) {
  std::vector<Command> commands;
  std::vector<std::pair<Run*, std::size_t>> jobs;
  for (auto& run : runs) {
    if (!run.compiled) continue;
    run.outputs.resize(run.claims.size());
    for (std::size_t c = 0; c < run.claims.size(); ++c) {
      commands.push_back(command_for(run, run.claims[c].id, patience));
      jobs.emplace_back(&run, c);
    }
  }
  std::size_t done = 0;
  const auto outcomes =
      run_all(commands, processors(), [&](std::size_t i, const Outcome&) {
        progress_.update("running the claims", ++done, jobs.size(),
                         jobs[i].first->question.id());
      });
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    auto& [run, c] = jobs[i];
    const fs::path path = run->folder / (run->claims[c].id + ".jsonl");
    std::error_code none;
    const Report report =
        fs::exists(path, none) ? parse_report(read_file(path)) : Report{};
    const Item item{run->claims[c].id, run->claims[c].sentence,
                    run->claims[c].number, 0};
    run->claims[c] = wb::judge(item, run->question.id(), outcomes[i], report);
    run->outputs[c] = outcomes[i].output;
  }
}

std::vector<Judge::Run> Judge::runs_of(const std::vector<Trial>& trials,
                                       const Flavour& flavour) const {
  std::vector<Run> runs;
  for (const auto& trial : trials) {
    Run run;
    run.question = trial.question;
    run.name = trial.name;
    run.folder = folder(trial, flavour);
    run.flavour = flavour;
    runs.push_back(std::move(run));
  }
  return runs;
}

std::vector<Judge::Run> Judge::run(const std::vector<Trial>& trials,
                                   const Flavour& flavour, double patience) {
  const Kit& tools = kit(flavour);
  std::vector<Run> runs = runs_of(trials, flavour);
  write_trees(runs, trials);
  compile(runs, tools);
  link(runs, tools);
  run_claims(runs, patience);
  progress_.clear();
  for (const auto& run : runs) {
    std::error_code none;
    fs::remove_all(run.folder, none);
  }
  return runs;
}

fs::path Judge::build_optimised(const Trial& trial) {
  const Flavour flavour{1, false};
  std::vector<Run> runs = runs_of({trial}, flavour);
  write_trees(runs, {trial});
  compile(runs, kit(flavour));
  link(runs, kit(flavour));
  progress_.clear();
  const Run& run = runs.front();
  if (!run.compiled) {
    throw Error(
        exit_does_not_compile,
        first_own_error(run.compiler_output, run.name, workspace_.root()));
  }
  return run.folder / "test";
}

// --- Verdicts ----------------------------------------------------------------

namespace {

/// A claim that made fewer checks than the reference had less to check.
void demand_checks(const Census& census, std::vector<ClaimResult>& claims) {
  for (auto& claim : claims) {
    const int least = census.claims.at(claim.id).assertions;
    if (!claim.holds() || claim.assertions >= least) continue;
    claim.verdict = Verdict::fails;
    claim.reason = fmt::format(
        "only {} of {} checks were made: some of the result is missing",
        claim.assertions, least);
  }
}

/// A header of the library beyond core/ that the reference does without.
std::string foreign_header(const Census& census,
                           const std::vector<std::string>& headers) {
  for (const auto& header : headers) {
    if (header.starts_with("core/")) continue;
    if (!std::binary_search(census.headers.begin(), census.headers.end(),
                            header)) {
      return header;
    }
  }
  return "";
}

}  // namespace

Judgement Judge::conclude(const Run& run, Demand demand) const {
  Judgement judgement;
  judgement.question = run.question;
  judgement.claims = run.claims;
  judgement.compiler = run.compiler;
  if (!run.compiled) {
    judgement.standing = Standing::does_not_compile;
    judgement.compiler_output = run.compiler_output;
    judgement.reason =
        first_own_error(run.compiler_output, run.name, workspace_.root());
    return judgement;
  }
  const Census& census = censuses_.at(run.question.id());
  if (demand == Demand::all_checks) demand_checks(census, judgement.claims);
  judgement.standing = standing_of(judgement.claims);
  if (judgement.standing == Standing::not_written) {
    judgement.reason =
        missing_function(judgement.claims) + "() waits for your code";
  }
  const std::string foreign = foreign_header(census, run.headers);
  if (!run.problem.empty()) {
    judgement.standing = Standing::tampered;
    judgement.reason = run.problem;
  } else if (!foreign.empty()) {
    judgement.standing = Standing::tampered;
    judgement.reason =
        fmt::format("it includes whiteboard/{}, which has the answer", foreign);
  }
  return judgement;
}

std::vector<Judgement> Judge::judge(const std::vector<Trial>& trials,
                                    Demand demand) {
  std::vector<Judgement> judgements(trials.size());
  for (const int optimisation : {0, 1}) {
    std::vector<Trial> group;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < trials.size(); ++i) {
      const Census& census = censuses_.at(trials[i].question.id());
      if (census.flavour.optimisation != optimisation) continue;
      group.push_back(trials[i]);
      places.push_back(i);
    }
    if (group.empty()) continue;
    const auto runs = run(group, {optimisation, false}, kPatience);
    for (std::size_t i = 0; i < runs.size(); ++i) {
      judgements[places[i]] = conclude(runs[i], demand);
    }
  }
  return judgements;
}

fs::path Judge::lock_folder(const Question& question) const {
  return workspace_.build() / "practice" / "locks" / question.section /
         question.slug;
}

/// The first verdict, with the time it took.
Judgement Judge::timed(const Trial& trial) {
  prepare(trial.question);
  const auto began = std::chrono::steady_clock::now();
  Judgement judgement = judge({trial}).front();
  judgement.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began)
          .count();
  return judgement;
}

Judgement Judge::judge_quickly(const Trial& trial) {
  const FolderLock lock(lock_folder(trial.question), progress_);
  return timed(trial);
}

Judgement Judge::judge_fully(
    const Trial& trial, const std::function<void(const Judgement&)>& first) {
  const FolderLock lock(lock_folder(trial.question), progress_);
  Judgement judgement = timed(trial);
  const bool again = judgement.standing == Standing::solved ||
                     judgement.standing == Standing::crashed;
  if (!again) return judgement;
  if (first) first(judgement);
  return with_sanitizers(trial, std::move(judgement));
}

Judgement Judge::with_sanitizers(const Trial& trial, Judgement judgement) {
  const Census& census = censuses_.at(trial.question.id());
  std::vector<Run> runs;
  try {
    runs = run({trial}, {census.flavour.optimisation, true}, 10.0 * kPatience);
  } catch (const Error& error) {
    if (error.code() == exit_interrupted) throw;
    judgement.note = "no sanitizer works here, so there was no second build";
    return judgement;
  }
  const Run& run = runs.front();
  if (!run.compiled) {
    judgement.note = "the sanitised build did not compile";
    return judgement;
  }
  const bool was_solved = judgement.solved();
  judgement.sanitised = true;
  for (std::size_t c = 0; c < run.claims.size(); ++c) {
    if (run.claims[c].holds()) continue;
    std::string output = run.outputs[c];
    replace_all(output, (run.folder / run.question.header()).string(),
                run.name);
    const std::string line = sanitizer_line(output);
    if (line.empty() && !was_solved) continue;
    judgement.standing = Standing::undefined_behaviour;
    judgement.claims[c] = run.claims[c];
    judgement.reason =
        line.empty()
            ? "it holds in one build and not in the other: something is read "
              "before it is set, or depends on the order of evaluation"
            : line;
    const std::string place = place_in(output, run.name);
    if (!line.empty() && line.find(run.name) == line.npos && !place.empty()) {
      judgement.reason += " (at " + place + ")";
    }
    judgement.sanitised = false;
    break;
  }
  return judgement;
}

}  // namespace wb
