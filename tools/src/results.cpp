#include "results.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>

#include "error.hpp"

namespace wb {
namespace {

using nlohmann::ordered_json;

constexpr int kSchema = 1;

/// JSON has no NaN and no infinity: those go out as text.
ordered_json number(double x) {
  if (std::isnan(x)) return "nan";
  if (std::isinf(x)) return x > 0 ? "inf" : "-inf";
  return x;
}

ordered_json to_json(const Evidence& evidence) {
  ordered_json out{{"name", evidence.name}};
  if (evidence.number) {
    out["value"] = number(*evidence.number);
  } else if (!evidence.text.empty() || evidence.series.empty()) {
    out["value"] = evidence.text;
  } else {
    out["series"] = ordered_json::array();
    for (const double x : evidence.series) out["series"].push_back(number(x));
  }
  return out;
}

ordered_json to_json(const Failure& failure) {
  return {{"file", failure.file},
          {"line", failure.line},
          {"expression", failure.expression},
          {"values", failure.values},
          {"context", failure.context}};
}

ordered_json to_json(const ClaimResult& claim) {
  ordered_json out{{"id", claim.id},
                   {"number", claim.number},
                   {"sentence", claim.sentence},
                   {"verdict", to_string(claim.verdict)},
                   {"reason", claim.reason},
                   {"seconds", claim.seconds},
                   {"checks", claim.assertions},
                   {"evidence", ordered_json::array()},
                   {"failures", ordered_json::array()}};
  for (const auto& e : claim.evidence) out["evidence"].push_back(to_json(e));
  for (const auto& f : claim.failures) out["failures"].push_back(to_json(f));
  return out;
}

ordered_json to_json(const QuestionResult& result) {
  ordered_json out{
      {"id", result.question.id()}, {"title", result.title},
      {"holds", result.holds()},    {"passed", result.passed()},
      {"failed", result.failed()},  {"claims", ordered_json::array()}};
  for (const auto& c : result.claims) out["claims"].push_back(to_json(c));
  if (result.has_extra) out["extra"] = to_json(result.extra);
  if (!result.compiler_output.empty()) {
    out["compiler_output"] = result.compiler_output;
  }
  return out;
}

ordered_json to_json(const RunStamp& stamp) {
  return {{"date", stamp.date},
          {"compiler", stamp.compiler},
          {"machine", stamp.machine},
          {"commit", stamp.commit}};
}

/// Text from programs and files need not be UTF-8: what is not, is replaced.
std::string dump(const ordered_json& document) {
  return document.dump(2, ' ', false, ordered_json::error_handler_t::replace) +
         "\n";
}

fs::path stored_path(const Workspace& workspace, const Question& question) {
  return workspace.build() / "results" / question.section /
         (question.slug + ".json");
}

/// FNV-1a over the files that a verdict depends on.
std::string fingerprint(const Workspace& workspace, const Question& question) {
  std::uint64_t hash = 14695981039346656037ull;
  for (const auto& file :
       {question.header(), question.test(), question.answer()}) {
    if (!workspace.has(file)) continue;
    for (const char c : read_file(workspace.path(file))) {
      hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
    }
  }
  return fmt::format("{:016x}", hash);
}

std::string processor_name() {
  std::error_code none;
  if (!fs::exists("/proc/cpuinfo", none)) return "unknown processor";
  const std::string info = read_file("/proc/cpuinfo");
  const std::size_t at = info.find("model name");
  if (at == std::string::npos) return "unknown processor";
  const std::size_t start = info.find(':', at) + 2;
  return info.substr(start, info.find('\n', start) - start);
}

std::string commit_name(const Workspace& workspace) {
  Command command;
  command.argv = {"git", "describe", "--always", "--dirty=+"};
  command.directory = workspace.root();
  command.seconds = 5.0;
  const Outcome outcome = run(command);
  return outcome.ok() ? outcome.output.substr(0, outcome.output.find('\n'))
                      : "unknown";
}

}  // namespace

RunStamp make_stamp(const Workspace& workspace, const Build& build) {
  return {fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))),
          build.compiler(),
          fmt::format("{}, {} cores", processor_name(), processors()),
          commit_name(workspace)};
}

std::string to_json(const RunStamp& stamp,
                    const std::vector<QuestionResult>& results) {
  int passed = 0;
  int failed = 0;
  ordered_json questions = ordered_json::array();
  for (const auto& result : results) {
    passed += result.passed();
    failed += result.failed();
    questions.push_back(to_json(result));
  }
  return dump({{"schema", kSchema},
               {"command", "verify"},
               {"run", to_json(stamp)},
               {"passed", passed},
               {"failed", failed},
               {"questions", std::move(questions)}});
}

std::string to_json(const std::vector<MistakesOfQuestion>& results) {
  ordered_json questions = ordered_json::array();
  bool ok = true;
  for (const auto& result : results) {
    ok = ok && result.ok();
    ordered_json mistakes = ordered_json::array();
    for (const auto& mistake : result.mistakes) {
      mistakes.push_back({{"id", mistake.id},
                          {"verdict", to_string(mistake.verdict)},
                          {"breaks", mistake.breaks},
                          {"survivors", mistake.survivors},
                          {"broken", mistake.broken},
                          {"reason", mistake.reason}});
    }
    questions.push_back({{"id", result.question.id()},
                         {"ok", result.ok()},
                         {"problem", result.problem},
                         {"unbreakable_claims", result.unbreakable},
                         {"mistakes", std::move(mistakes)}});
  }
  return dump({{"schema", kSchema},
               {"command", "verify --mistakes"},
               {"ok", ok},
               {"questions", std::move(questions)}});
}

void store(const Workspace& workspace, const RunStamp& stamp,
           const QuestionResult& result) {
  ordered_json document{
      {"schema", kSchema},
      {"fingerprint", fingerprint(workspace, result.question)},
      {"run", to_json(stamp)},
      {"result", to_json(result)}};
  write_file(stored_path(workspace, result.question), dump(document));
}

std::string to_string(Status status) {
  switch (status) {
    case Status::stale:
      return "changed since";
    case Status::holds:
      return "holds";
    case Status::fails:
      return "fails";
    case Status::never_run:
      break;
  }
  return "not run yet";
}

Status last_status(const Workspace& workspace, const Question& question) {
  std::error_code none;
  const fs::path path = stored_path(workspace, question);
  if (!fs::exists(path, none)) return Status::never_run;
  const auto document =
      ordered_json::parse(read_file(path), nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded() || document.value("schema", 0) != kSchema) {
    return Status::never_run;
  }
  if (document.value("fingerprint", "") != fingerprint(workspace, question)) {
    return Status::stale;
  }
  const bool holds =
      document.contains("result") && document["result"].value("holds", false);
  return holds ? Status::holds : Status::fails;
}

}  // namespace wb
