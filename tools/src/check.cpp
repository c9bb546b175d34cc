// The verbs that run something: verify, test, lint, bench, new.
#include <fmt/core.h>

#include <algorithm>
#include <cstdio>

#include "bench.hpp"
#include "commands.hpp"
#include "error.hpp"
#include "json.hpp"
#include "layout.hpp"
#include "lint.hpp"
#include "mistakes.hpp"
#include "page.hpp"
#include "results.hpp"
#include "scaffold.hpp"
#include "starters.hpp"
#include "text.hpp"

namespace wb {
namespace {

void append(Lines& lines, const Lines& more) {
  lines.insert(lines.end(), more.begin(), more.end());
}

Line totals(int passed, int failed) {
  return {{fmt::format("{} passed, {} failed", passed, failed),
           failed == 0 ? Role::good : Role::bad}};
}

int verify_claims(const Context& context,
                  const std::vector<Question>& questions,
                  const VerifyOptions& options) {
  Progress progress(context.messages);
  Build build(context.workspace, "debug", progress);
  const auto results =
      verify(context.workspace, build, questions, options.seconds, progress);
  build.configure();
  const RunStamp stamp = make_stamp(context.workspace, build);
  int passed = 0;
  int failed = 0;
  Lines lines;
  for (const auto& result : results) {
    store(context.workspace, stamp, result);
    passed += result.passed();
    failed += result.failed();
    if (result.claims.empty()) continue;
    append(lines, heading(result.question.id(), context.output.width));
    append(lines, results_block(result, context.output));
  }
  if (context.json) {
    write_output(verify_document(stamp, results));
    return exit_code(results);
  }
  lines.emplace_back();
  lines.push_back(totals(passed, failed));
  show(lines, context.output, context.pager);
  return exit_code(results);
}

int verify_mistakes(const Context& context,
                    const std::vector<Question>& questions) {
  Progress progress(context.messages);
  Build build(context.workspace, "debug", progress);
  Judge judge(context.workspace, build, progress);
  const auto results = try_mistakes(context.workspace, judge, questions);
  progress.clear();
  build.configure();
  const RunStamp stamp = make_stamp(context.workspace, build);
  int passed = 0;
  int failed = 0;
  Lines lines;
  for (const auto& result : results) {
    store(context.workspace, stamp, result);
    append(lines, heading(result.question.id(), context.output.width));
    append(lines, mistakes_results_block(result, context.output.width));
    for (const auto& m : result.mistakes) ++(m.caught() ? passed : failed);
    failed += static_cast<int>(result.unbreakable.size());
    failed += result.problem.empty() ? 0 : 1;
  }
  if (context.json) {
    write_output(mistakes_document(results));
    return failed == 0 ? exit_ok : exit_wrong;
  }
  lines.emplace_back();
  lines.push_back(totals(passed, failed));
  show(lines, context.output, context.pager);
  return failed == 0 ? exit_ok : exit_wrong;
}

int verify_starters(const Context& context,
                    const std::vector<Question>& questions) {
  Progress progress(context.messages);
  Build build(context.workspace, "debug", progress);
  Judge judge(context.workspace, build, progress);
  const auto results =
      check_starters(context.workspace, build, judge, questions, progress);
  int passed = 0;
  int failed = 0;
  Lines lines;
  Json items = Json::array();
  for (const auto& result : results) {
    Json checks = Json::array();
    append(lines, heading(result.question.id(), context.output.width));
    for (const auto& c : result.checks) {
      ++(c.ok ? passed : failed);
      checks.push_back(
          Json::object({{"what", c.what}, {"ok", c.ok}, {"reason", c.reason}}));
      append(lines, wrap({{c.what + "  ", Role::strong},
                          {c.ok ? "as it should be" : sanitize(c.reason),
                           c.ok ? Role::good : Role::bad}},
                         context.output.width, {{"  "}}, {{"      "}}));
    }
    items.push_back(
        Json::object({{"id", result.question.id()}, {"checks", checks}}));
  }
  if (context.json) {
    write_output(Json::object({{"schema", 1},
                               {"command", "verify --starters"},
                               {"ok", failed == 0},
                               {"questions", items}})
                     .dump());
    return failed == 0 ? exit_ok : exit_wrong;
  }
  lines.emplace_back();
  lines.push_back(totals(passed, failed));
  show(lines, context.output, context.pager);
  return failed == 0 ? exit_ok : exit_wrong;
}

/// One line of CTest: " 3/15 Test  #3: maths/softmax ...   Passed  0.1 sec"
struct TestLine {
  std::string name;
  bool passed = false;
};

std::optional<TestLine> parse_test_line(std::string_view line) {
  const std::size_t number = line.find(" Test ");
  const std::size_t colon = line.find(": ", number);
  const std::size_t dots = line.find(" .", colon);
  if (number == line.npos || colon == line.npos || dots == line.npos) {
    return std::nullopt;
  }
  return TestLine{std::string(line.substr(colon + 2, dots - colon - 2)),
                  line.find(" Passed ", dots) != line.npos};
}

/// Runs CTest in `folder` and counts what passed.
std::vector<TestLine> run_ctest(const fs::path& folder, Progress& progress,
                                std::string& output) {
  Command command;
  command.argv = {"ctest",
                  "--test-dir",
                  folder.string(),
                  "-j",
                  std::to_string(processors()),
                  "--output-on-failure"};
  command.on_output = [&](std::string_view) {
    progress.update("testing", 0, 0);
  };
  const Outcome outcome = run(command);
  progress.clear();
  output = outcome.output;
  std::vector<TestLine> tests;
  std::string_view rest = output;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (const auto test = parse_test_line(rest.substr(0, end))) {
      tests.push_back(*test);
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (tests.empty()) {
    throw Error(exit_environment, fmt::format("ctest ran no test ({})\n{}",
                                              describe(outcome), output));
  }
  return tests;
}

/// Runs clang-format for lint.
FormatRun run_format(const std::vector<std::string>& argv,
                     const fs::path& directory) {
  Command command;
  command.argv = argv;
  command.directory = directory;
  command.seconds = 120.0;
  const Outcome outcome = run(command);
  return {outcome.ending != Ending::not_started, outcome.code, outcome.output};
}

}  // namespace

std::vector<Question> select(const Workspace& workspace,
                             const std::vector<std::string>& targets) {
  if (targets.empty()) return workspace.questions();
  std::vector<Question> chosen;
  for (const auto& target : targets) {
    auto questions = workspace.of_section(target);
    if (questions.empty()) questions.push_back(workspace.find(target));
    for (auto& question : questions) {
      if (std::find(chosen.begin(), chosen.end(), question) == chosen.end()) {
        chosen.push_back(std::move(question));
      }
    }
  }
  return chosen;
}

std::vector<Question> take_part(const std::vector<Question>& questions,
                                const std::string& part) {
  if (part.empty()) return questions;
  std::size_t first = 0;
  std::size_t step = 0;
  char rest = '\0';
  if (std::sscanf(part.c_str(), "%zu/%zu%c", &first, &step, &rest) != 2 ||
      first >= step) {
    throw Error(exit_usage,
                fmt::format("--part takes i/n with 0 <= i < n, not '{}'",
                            sanitize(part)));
  }
  std::vector<Question> taken;
  for (std::size_t i = first; i < questions.size(); i += step) {
    taken.push_back(questions[i]);
  }
  return taken;
}

int verify(const Context& context, const VerifyOptions& options) {
  const auto questions =
      take_part(select(context.workspace, options.targets), options.part);
  if (options.starters) return verify_starters(context, questions);
  return options.mistakes ? verify_mistakes(context, questions)
                          : verify_claims(context, questions, options);
}

int test(const Context& context) {
  Progress progress(context.messages);
  Build build(context.workspace, "debug", progress);
  Lines lines;
  const auto failures = build.build({});
  for (const auto& failure : failures) {
    lines.push_back(
        {{"does not build: ", Role::bad}, {failure.product, Role::strong}});
    append(
        lines,
        wrap({{sanitize(first_error(failure.output, context.workspace.root())),
               Role::plain}},
             context.output.width, {{"    "}}, {{"    "}}));
  }
  std::string output;
  const auto tests = run_ctest(build.folder(), progress, output);
  const auto passed = std::count_if(tests.begin(), tests.end(),
                                    [](const auto& t) { return t.passed; });
  const int failed = static_cast<int>(
      tests.size() - static_cast<std::size_t>(passed) + failures.size());
  if (failed > 0) write_output(output);
  for (const auto& t : tests) {
    lines.push_back({{t.passed ? "passed  " : "FAILED  ",
                      t.passed ? Role::good : Role::bad},
                     {t.name, Role::plain}});
  }
  lines.push_back(totals(static_cast<int>(passed), failed));
  show(lines, context.output, false);
  if (failed == 0) return exit_ok;
  return failures.empty() ? exit_wrong : exit_does_not_compile;
}

int lint(const Context& context) {
  auto findings = lint(context.workspace);
  const auto more = lint_format(context.workspace, run_format);
  findings.insert(findings.end(), more.begin(), more.end());
  if (context.json) {
    Json items = Json::array();
    for (const auto& f : findings) {
      items.push_back(Json::object({{"file", f.file.string()},
                                    {"line", f.line},
                                    {"rule", f.rule},
                                    {"message", f.message}}));
    }
    write_output(
        Json::object({{"schema", 1}, {"command", "lint"}, {"findings", items}})
            .dump());
    return findings.empty() ? exit_ok : exit_wrong;
  }
  Lines lines;
  for (const auto& f : findings) {
    lines.push_back(
        {{fmt::format("{}:{}: ", f.file.string(), f.line), Role::strong},
         {f.rule + ": ", Role::label},
         {sanitize(f.message), Role::plain}});
  }
  lines.push_back(
      {{findings.empty() ? "lint: nothing found"
                         : fmt::format("lint: {} found", findings.size()),
        findings.empty() ? Role::good : Role::bad}});
  show(lines, context.output, false);
  return findings.empty() ? exit_ok : exit_wrong;
}

int create(const Context& context, const std::string& id) {
  const auto files = scaffold(context.workspace, id);
  Lines lines;
  for (const auto& file : files) {
    lines.push_back({{"created ", Role::good}, {file.string(), Role::plain}});
  }
  lines.push_back({{"next: ", Role::label},
                   {"./wb verify " + id + " --mistakes", Role::code}});
  show(lines, context.output, false);
  return exit_ok;
}

}  // namespace wb
