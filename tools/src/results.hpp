// Results of a run as JSON, on the output and kept for the next start.
#pragma once

#include <string>
#include <vector>

#include "json.hpp"
#include "mistakes.hpp"
#include "verify.hpp"
#include "workspace.hpp"

namespace wb {

/// What a run was made with.
struct RunStamp {
  std::string date;      ///< UTC, ISO 8601
  std::string compiler;  ///< first line of its --version
  std::string machine;   ///< processor and number of cores
  std::string commit;    ///< short, "+" behind it when the tree has changes
};

Json to_json(const RunStamp& stamp);

/// Claims with verdict, evidence and failures.
Json claims_json(const std::vector<ClaimResult>& claims);

RunStamp make_stamp(const Workspace& workspace, const Build& build);

/// The document of `wb verify --json`.
std::string verify_document(const RunStamp& stamp,
                            const std::vector<QuestionResult>& results);

/// The document of `wb verify --mistakes --json`.
std::string mistakes_document(const std::vector<MistakesOfQuestion>& results);

// What is kept in the build folder for `wb list` and the site: one document a
// question and kind of run, with the fingerprints of the files it depends on.

/// build/results/<id>.json
void store(const Workspace& workspace, const RunStamp& stamp,
           const QuestionResult& result);

/// build/results/<id>.mistakes.json; nothing when nothing could be tried.
void store(const Workspace& workspace, const RunStamp& stamp,
           const MistakesOfQuestion& result);

/// build/results/<id>.bench.json
void store_bench(const Workspace& workspace, const RunStamp& stamp,
                 const Question& question, const Json& result);

enum class Status { never_run, stale, holds, fails };

std::string to_string(Status status);

/// What the last run said, and whether header, test or answer changed since.
Status last_status(const Workspace& workspace, const Question& question);

}  // namespace wb
