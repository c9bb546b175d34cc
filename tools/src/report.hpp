// What a test program reported about its cases, read from its JSON Lines.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wb {

/// One EVIDENCE or EVIDENCE_SERIES: a number, a text or a series.
struct Evidence {
  std::string name;
  std::optional<double> number;
  std::string text;
  std::vector<double> series;
};

/// One check that did not hold.
struct Failure {
  std::string file;
  int line = 0;
  std::string expression;  ///< as written
  std::string values;      ///< as it was evaluated
  std::vector<std::string> context;
};

struct CaseReport {
  std::string suite;
  std::string name;
  bool ended = false;  ///< false: the program did not come to the end of it
  bool ok = false;
  int assertions = 0;
  double seconds = 0.0;
  std::vector<Evidence> evidence;
  std::vector<Failure> failures;
};

struct Report {
  std::vector<CaseReport> cases;
  bool complete = false;  ///< the closing record was there
  int failed = 0;         ///< by the closing record
};

/// Reads a report. Lines that make no sense are skipped, so that what a
/// crashed program wrote is not lost; `complete` tells whether to trust it.
Report parse_report(std::string_view json_lines);

}  // namespace wb
