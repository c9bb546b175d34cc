#include "report.hpp"

#include <algorithm>
#include <limits>

#include "json.hpp"

namespace wb {
namespace {

/// The number, or the one that stands as text where JSON cannot write it.
std::optional<double> figure(const Json& value) {
  if (value.is_number()) return value.number();
  const std::string text = value.text();
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (text == "inf") return std::numeric_limits<double>::infinity();
  if (text == "-inf") return -std::numeric_limits<double>::infinity();
  return std::nullopt;
}

Evidence read_evidence(const Json& event) {
  Evidence evidence;
  evidence.name = event.get("name").text();
  evidence.number = figure(event.get("value"));
  if (!evidence.number) evidence.text = event.get("value").text();
  return evidence;
}

Evidence read_series(const Json& event) {
  Evidence evidence;
  evidence.name = event.get("name").text();
  for (const auto& value : event.get("values").items()) {
    evidence.series.push_back(
        figure(value).value_or(std::numeric_limits<double>::quiet_NaN()));
  }
  return evidence;
}

Failure read_failure(const Json& event) {
  Failure failure;
  failure.file = event.get("file").text();
  failure.line = event.get("line").integer();
  failure.expression = event.get("expression").text();
  failure.values = event.get("values").text();
  for (const auto& context : event.get("context").items()) {
    failure.context.push_back(context.text());
  }
  return failure;
}

void close_case(const Json& event, CaseReport& open) {
  open.ended = true;
  open.ok = event.get("ok").boolean();
  open.assertions = event.get("assertions").integer();
  open.seconds = event.get("seconds").number();
}

void read_event(const Json& event, Report& report) {
  const std::string type = event.get("type").text();
  if (type == "case") {
    CaseReport opened;
    opened.suite = event.get("suite").text();
    opened.name = event.get("name").text();
    report.cases.push_back(std::move(opened));
  } else if (type == "end") {
    report.complete = true;
    report.failed = event.get("failed").integer();
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
    // Half a line, written as the program died, is no event.
    if (const auto event = Json::parse(text.substr(0, end))) {
      read_event(*event, report);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return report;
}

}  // namespace wb
