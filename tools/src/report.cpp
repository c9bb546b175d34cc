#include "report.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

namespace wb {
namespace {

using nlohmann::json;

/// A number, or the text that stands for one JSON cannot write.
double number(const json& value) {
  if (value.is_number()) return value.get<double>();
  if (value == "inf") return std::numeric_limits<double>::infinity();
  if (value == "-inf") return -std::numeric_limits<double>::infinity();
  return std::numeric_limits<double>::quiet_NaN();
}

Evidence read_evidence(const json& event) {
  Evidence evidence;
  evidence.name = event.value("name", "");
  const json& value = event.at("value");
  const bool figure =
      value.is_number() || value == "nan" || value == "inf" || value == "-inf";
  if (figure) {
    evidence.number = number(value);
  } else {
    evidence.text = value.get<std::string>();
  }
  return evidence;
}

Evidence read_series(const json& event) {
  Evidence evidence;
  evidence.name = event.value("name", "");
  for (const auto& value : event.at("values")) {
    evidence.series.push_back(number(value));
  }
  return evidence;
}

Failure read_failure(const json& event) {
  Failure failure;
  failure.file = event.value("file", "");
  failure.line = event.value("line", 0);
  failure.expression = event.value("expression", "");
  failure.values = event.value("values", "");
  failure.context = event.value("context", std::vector<std::string>{});
  return failure;
}

void close_case(const json& event, CaseReport& open) {
  open.ended = true;
  open.ok = event.value("ok", false);
  open.assertions = event.value("assertions", 0);
  open.seconds = event.value("seconds", 0.0);
}

void read_event(const json& event, Report& report) {
  const std::string type = event.value("type", "");
  if (type == "case") {
    CaseReport opened;
    opened.suite = event.value("suite", "");
    opened.name = event.value("name", "");
    report.cases.push_back(std::move(opened));
  } else if (type == "end") {
    report.complete = true;
    report.failed = event.value("failed", 0);
  } else if (!report.cases.empty()) {
    CaseReport& open = report.cases.back();
    if (type == "evidence") open.evidence.push_back(read_evidence(event));
    if (type == "series") open.evidence.push_back(read_series(event));
    if (type == "failure") open.failures.push_back(read_failure(event));
    if (type == "result") close_case(event, open);
  }
}

}  // namespace

Report parse_report(std::string_view text) {
  Report report;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    try {
      read_event(json::parse(text.substr(0, end)), report);
    } catch (const json::exception&) {
      // Half a line, written as the program died.
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return report;
}

}  // namespace wb
