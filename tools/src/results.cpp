#include "results.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "error.hpp"
#include "hash.hpp"

namespace wb {
namespace {

constexpr int kSchema = 1;

Json to_json(const Evidence& evidence) {
  Json out = Json::object({{"name", evidence.name}});
  if (evidence.number) {
    out.set("value", *evidence.number);
  } else if (evidence.series.empty()) {
    out.set("value", evidence.text);
  } else {
    out.set("series", evidence.series);
  }
  return out;
}

Json to_json(const Failure& failure) {
  return Json::object({{"file", failure.file},
                       {"line", failure.line},
                       {"expression", failure.expression},
                       {"values", failure.values},
                       {"context", failure.context}});
}

Json to_json(const ClaimResult& claim);
Json to_json(const QuestionResult& result);
Json to_json(const MistakeResult& mistake);
Json to_json(const MistakesOfQuestion& result);

template <class Value>
Json list_json(const std::vector<Value>& values) {
  Json list = Json::array();
  for (const auto& value : values) list.push_back(to_json(value));
  return list;
}

Json to_json(const ClaimResult& claim) {
  return Json::object({{"id", claim.id},
                       {"number", claim.number},
                       {"sentence", claim.sentence},
                       {"verdict", to_string(claim.verdict)},
                       {"reason", claim.reason},
                       {"seconds", claim.seconds},
                       {"checks", claim.assertions},
                       {"evidence", list_json(claim.evidence)},
                       {"failures", list_json(claim.failures)}});
}

Json to_json(const QuestionResult& result) {
  Json out = Json::object({{"id", result.question.id()},
                           {"title", result.title},
                           {"holds", result.holds()},
                           {"passed", result.passed()},
                           {"failed", result.failed()},
                           {"claims", list_json(result.claims)}});
  if (result.has_extra) out.set("extra", to_json(result.extra));
  if (!result.compiler_output.empty()) {
    out.set("compiler_output", result.compiler_output);
  }
  return out;
}

Json to_json(const MistakeResult& mistake) {
  return Json::object({{"id", mistake.id},
                       {"verdict", to_string(mistake.verdict)},
                       {"breaks", mistake.breaks},
                       {"survivors", mistake.survivors},
                       {"broken", mistake.broken},
                       {"reason", mistake.reason}});
}

Json to_json(const MistakesOfQuestion& result) {
  return Json::object({{"id", result.question.id()},
                       {"ok", result.ok()},
                       {"problem", result.problem},
                       {"unbreakable_claims", result.unbreakable},
                       {"mistakes", list_json(result.mistakes)}});
}

/// `kind` is "" for claims, ".mistakes" or ".bench".
fs::path stored_path(const Workspace& workspace, const Question& question,
                     const std::string& kind = "") {
  return workspace.build() / "results" / question.section /
         (question.slug + kind + ".json");
}

/// The fingerprint of each of `files` that there is.
Json fingerprints(const Workspace& workspace,
                  const std::vector<fs::path>& files) {
  Json hashes = Json::object();
  for (const auto& file : files) {
    if (!workspace.has(file)) continue;
    hashes.set(file.string(), hex(fnv1a(read_file(workspace.path(file)))));
  }
  return hashes;
}

Json stored_document(const Workspace& workspace, const RunStamp& stamp,
                     const std::vector<fs::path>& files, const Json& result) {
  return Json::object({{"schema", kSchema},
                       {"files", fingerprints(workspace, files)},
                       {"run", to_json(stamp)},
                       {"result", result}});
}

/// Of the files that a verdict depends on.
std::string fingerprint(const Workspace& workspace, const Question& question) {
  std::uint64_t hash = fnv1a("");
  for (const auto& file :
       {question.header(), question.test(), question.answer()}) {
    if (workspace.has(file))
      hash = fnv1a(read_file(workspace.path(file)), hash);
  }
  return hex(hash);
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text.data();
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

Json claims_json(const std::vector<ClaimResult>& claims) {
  return list_json(claims);
}

RunStamp make_stamp(const Workspace& workspace, const Build& build) {
  return {utc_now(), build.compiler(),
          fmt::format("{}, {} cores", processor_name(), processors()),
          commit_name(workspace)};
}

Json to_json(const RunStamp& stamp) {
  return Json::object({{"date", stamp.date},
                       {"compiler", stamp.compiler},
                       {"machine", stamp.machine},
                       {"commit", stamp.commit}});
}

std::string verify_document(const RunStamp& stamp,
                            const std::vector<QuestionResult>& results) {
  int passed = 0;
  int failed = 0;
  for (const auto& result : results) {
    passed += result.passed();
    failed += result.failed();
  }
  return Json::object({{"schema", kSchema},
                       {"command", "verify"},
                       {"run", to_json(stamp)},
                       {"passed", passed},
                       {"failed", failed},
                       {"questions", list_json(results)}})
      .dump();
}

std::string mistakes_document(const std::vector<MistakesOfQuestion>& results) {
  const bool ok = std::all_of(results.begin(), results.end(),
                              [](const auto& r) { return r.ok(); });
  return Json::object({{"schema", kSchema},
                       {"command", "verify --mistakes"},
                       {"ok", ok},
                       {"questions", list_json(results)}})
      .dump();
}

void store(const Workspace& workspace, const RunStamp& stamp,
           const QuestionResult& result) {
  const Question& question = result.question;
  Json document = stored_document(
      workspace, stamp, {question.header(), question.test()}, to_json(result));
  document.set("fingerprint", fingerprint(workspace, question));
  write_file(stored_path(workspace, question), document.dump());
}

void store(const Workspace& workspace, const RunStamp& stamp,
           const MistakesOfQuestion& result) {
  if (!result.problem.empty()) return;
  const Question& question = result.question;
  std::vector<fs::path> files = workspace.patches(question);
  files.insert(files.begin(), {question.header(), question.test()});
  write_file(stored_path(workspace, question, ".mistakes"),
             stored_document(workspace, stamp, files, to_json(result)).dump());
}

void store_bench(const Workspace& workspace, const RunStamp& stamp,
                 const Question& question, const Json& result) {
  write_file(stored_path(workspace, question, ".bench"),
             stored_document(workspace, stamp,
                             {question.header(), question.bench()}, result)
                 .dump());
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
  const auto document = Json::parse(read_file(path));
  if (!document || document->get("schema").integer() != kSchema) {
    return Status::never_run;
  }
  if (document->get("fingerprint").text() != fingerprint(workspace, question)) {
    return Status::stale;
  }
  return document->get("result").get("holds").boolean() ? Status::holds
                                                        : Status::fails;
}

}  // namespace wb
