// The verb race: the reader's code against the reference, timed by turns.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <random>

#include "bench.hpp"
#include "build.hpp"
#include "error.hpp"
#include "layout.hpp"
#include "overlay.hpp"
#include "practice.hpp"
#include "race.hpp"
#include "results.hpp"
#include "text.hpp"

namespace wb {
namespace {

constexpr int kRounds = 12;

std::string key_of(const BenchRow& row) {
  std::string key = row.kernel + "/" + row.variant;
  return row.arguments.empty() ? key : key + "/" + row.arguments;
}

/// The command with which Ninja links a target.
std::vector<std::string> link_command(const Build& build,
                                      const std::string& target) {
  Command command;
  command.argv = {"ninja", "-C",       build.folder().string(),
                  "-t",    "commands", target};
  const std::string output = run(command).output;
  const std::size_t end = output.find_last_not_of(" \n") + 1;
  const std::size_t start = output.rfind('\n', end - 1) + 1;
  auto words = split_command(output.substr(start, end - start));
  std::erase_if(words, [](const std::string& word) {
    return word == ":" || word == "&&";
  });
  return words;
}

/// Builds the question's benchmark against the attempt; returns the program.
fs::path build_attempt(const Workspace& workspace, const Build& build,
                       const Question& question, const std::string& text) {
  const fs::path folder = workspace.build() / "practice" / "race" /
                          question.section / question.slug;
  fs::remove_all(folder);
  make_include_tree(workspace, folder, {question.header()});
  write_file(folder / question.header(), text);
  const auto commands = read_compile_commands(build.folder());
  const auto source = workspace.path(question.bench()).string();
  const Outcome compiled =
      run(compile_over(commands.at(source), workspace, folder, "bench.o"));
  if (!compiled.ok()) {
    throw Error(exit_does_not_compile,
                first_error(compiled.output, workspace.root()));
  }
  if (!read_the_copy(workspace, question.header(), folder,
                     read_file(folder / "bench.d"))) {
    throw Error(exit_wrong, "what was compiled is not your file alone");
  }
  Command link;
  link.directory = build.folder();
  link.argv = link_command(build, question.bench_target());
  for (std::size_t i = 0; i < link.argv.size(); ++i) {
    if (link.argv[i].find(question.slug + "_bench.cpp.o") !=
        std::string::npos) {
      link.argv[i] = (folder / "bench.o").string();
    } else if (link.argv[i] == "-o" && i + 1 < link.argv.size()) {
      link.argv[i + 1] = (folder / "bench").string();
    }
  }
  const Outcome linked = run(link);
  if (!linked.ok()) {
    throw Error(exit_does_not_compile,
                first_error(linked.output, workspace.root()));
  }
  return folder / "bench";
}

/// Processor seconds an iteration takes, by kernel, variant and arguments.
std::map<std::string, double> time_once(const fs::path& program) {
  const fs::path report = program.string() + ".race.json";
  Command command;
  command.argv = {program.string(), "--benchmark_filter=-^machine/",
                  "--benchmark_min_time=0.02",
                  "--benchmark_out=" + report.string(),
                  "--benchmark_out_format=json"};
  const Outcome outcome = run(command);
  if (!outcome.ok()) {
    throw Error(exit_crashed, fmt::format("{}: {}\n{}", program.string(),
                                          describe(outcome), outcome.output));
  }
  std::map<std::string, double> times;
  for (const auto& row : parse_benchmark(read_file(report)).rows) {
    if (row.error.empty() && row.seconds > 0.0)
      times[key_of(row)] = row.seconds;
  }
  return times;
}

/// Seconds that all claims of a question take, by the program of its tests.
std::map<std::string, double> time_claims(const Workspace& workspace,
                                          const Question& question,
                                          const fs::path& program) {
  const Outcome outcome =
      run(claim_command(program, workspace, question.id(), "",
                        program.string() + ".jsonl", 120.0));
  if (!outcome.ok()) throw Error(exit_crashed, describe(outcome));
  return {{"all claims", outcome.seconds}};
}

void append(Lines& lines, const Lines& more) {
  lines.insert(lines.end(), more.begin(), more.end());
}

Json lane_json(const Lane& lane) {
  return Json::object({{"kernel", lane.name},
                       {"speed_up", lane.ratio},
                       {"low", lane.low},
                       {"high", lane.high},
                       {"verdict", to_string(lane.verdict)}});
}

Role role_of(RaceVerdict verdict) {
  if (verdict == RaceVerdict::faster) return Role::good;
  return verdict == RaceVerdict::slower ? Role::bad : Role::plain;
}

}  // namespace

std::string to_string(RaceVerdict verdict) {
  switch (verdict) {
    case RaceVerdict::faster:
      return "faster";
    case RaceVerdict::slower:
      return "slower";
    case RaceVerdict::same:
      return "the same";
    case RaceVerdict::cannot_tell:
      break;
  }
  return "cannot tell";
}

Lane compare(const std::string& name, const std::vector<double>& reference,
             const std::vector<double>& attempt) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < std::min(reference.size(), attempt.size()); ++i) {
    ratios.push_back(reference[i] / attempt[i]);
  }
  const auto median = [](std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t n = values.size();
    return n % 2 == 1 ? values[n / 2]
                      : std::sqrt(values[n / 2 - 1] * values[n / 2]);
  };
  Lane lane{name, 0.0, 0.0, 0.0, RaceVerdict::cannot_tell};
  if (ratios.size() < 2) return lane;
  lane.ratio = median(ratios);
  std::mt19937_64 rng(1);
  std::vector<double> medians;
  for (int resample = 0; resample < 2000; ++resample) {
    std::vector<double> drawn;
    for (std::size_t i = 0; i < ratios.size(); ++i) {
      drawn.push_back(ratios[rng() % ratios.size()]);
    }
    medians.push_back(median(drawn));
  }
  std::sort(medians.begin(), medians.end());
  lane.low = medians[50];  // 2.5 % of 2000
  lane.high = medians[1949];
  // Two copies of one program differ by a few per cent here: where they lie in
  // memory is enough for that.
  constexpr double nothing = 1.05;
  if (lane.low > nothing) lane.verdict = RaceVerdict::faster;
  if (lane.high < 1.0 / nothing) lane.verdict = RaceVerdict::slower;
  if (lane.low >= 1.0 / nothing && lane.high <= nothing) {
    lane.verdict = RaceVerdict::same;
  }
  return lane;
}

namespace {

/// One program for each side, and how one is timed: seconds by kernel.
struct Racers {
  fs::path mine;
  fs::path reference;
  std::function<std::map<std::string, double>(const fs::path&)> time;
};

/// The benchmark against both; where there is none, the claims themselves.
Racers build_racers(const Context& context, Build& build, Judge& judge,
                    const Trial& mine) {
  const Question& question = mine.question;
  const Workspace& workspace = context.workspace;
  if (!workspace.has(question.bench())) {
    const Trial reference{question, "racing-reference",
                          read_text(workspace.path(question.header())),
                          question.header().string()};
    return {judge.build_optimised(mine), judge.build_optimised(reference),
            [&workspace, question](const fs::path& program) {
              return time_claims(workspace, question, program);
            }};
  }
  const auto failures = build.build({question.bench_target()});
  if (!failures.empty()) {
    throw Error(exit_does_not_compile,
                first_error(failures.front().output, workspace.root()));
  }
  return {build_attempt(workspace, build, question, mine.text),
          build.folder() / "bench" / (question.id() + "_bench"), time_once};
}

std::vector<Lane> run_race(const Racers& racers, Progress& progress) {
  std::map<std::string, std::vector<double>> mine;
  std::map<std::string, std::vector<double>> reference;
  for (int round = 0; round < kRounds; ++round) {
    progress.update("racing", static_cast<std::size_t>(round) + 1, kRounds);
    // A B B A: whatever drifts, drifts for both.
    const bool mine_first = round % 2 == 0;
    for (const bool is_mine : {mine_first, !mine_first}) {
      auto& times = is_mine ? mine : reference;
      const auto program = is_mine ? racers.mine : racers.reference;
      for (const auto& [key, seconds] : racers.time(program)) {
        times[key].push_back(seconds);
      }
    }
  }
  progress.clear();
  std::vector<Lane> lanes;
  for (const auto& [key, times] : reference) {
    lanes.push_back(compare(key, times, mine[key]));
  }
  return lanes;
}

Lines race_lines(const std::vector<Lane>& lanes, int width) {
  std::vector<std::vector<Line>> rows{{{{"kernel", Role::label}},
                                       {{"your speed-up", Role::label}},
                                       {{"95 % interval", Role::label}},
                                       {{"verdict", Role::label}}}};
  for (const auto& lane : lanes) {
    rows.push_back(
        {{{lane.name, Role::strong}},
         {{fmt::format("{:.2f} x", lane.ratio), Role::number}},
         {{fmt::format("{:.2f} to {:.2f}", lane.low, lane.high), Role::dim}},
         {{to_string(lane.verdict), role_of(lane.verdict)}}});
  }
  Lines lines;
  for (const auto& line : table(rows)) lines.push_back(truncate(line, width));
  return lines;
}

std::string race_note(const RunStamp& stamp, bool has_bench) {
  const std::string what =
      has_bench ? "processor time of its benchmark"
                : "it has no benchmark: the claims were timed, and most of "
                  "that is the tests' own work";
  return fmt::format("medians of {} rounds by turns; {}; {}; {}; {}", kRounds,
                     what, stamp.machine, stamp.compiler, stamp.date);
}

std::string race_document(const Question& question, const RunStamp& stamp,
                          const std::vector<Lane>& lanes) {
  Json items = Json::array();
  for (const auto& lane : lanes) items.push_back(lane_json(lane));
  return Json::object({{"schema", 1},
                       {"command", "race"},
                       {"id", question.id()},
                       {"run", to_json(stamp)},
                       {"lanes", items}})
      .dump();
}

}  // namespace

int race(const Context& context, const std::string& id) {
  const Attempts attempts(context.workspace);
  const Question question = practised(context, attempts, id);
  const Trial mine{question, "race", attempts.text(question),
                   attempts.name(question)};
  Progress progress(context.messages);
  Build tests(context.workspace, "debug", progress);
  Judge judge(context.workspace, tests, progress);
  judge.prepare(question);
  // Speed without the right answer is none.
  if (!judge.judge({mine}).front().solved()) {
    throw Error(exit_wrong, "only a solved attempt races; see ./wb check");
  }
  Build build(context.workspace, "bench", progress);
  const Racers racers = build_racers(context, build, judge, mine);
  const auto lanes = run_race(racers, progress);
  Event event;
  event.what = "race";
  event.id = question.id();
  attempts.log(event);
  const bool has_bench = context.workspace.has(question.bench());
  const RunStamp stamp =
      make_stamp(context.workspace, has_bench ? build : tests);
  if (context.json) {
    write_output(race_document(question, stamp, lanes));
    return exit_ok;
  }
  Lines lines = race_lines(lanes, context.output.width);
  append(lines, wrap({{race_note(stamp, has_bench), Role::dim}},
                     context.output.width));
  show(lines, context.output, false);
  return exit_ok;
}

}  // namespace wb
