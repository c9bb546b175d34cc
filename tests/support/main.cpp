// doctest's main, compiled once, and the listener that writes what happened as
// JSON Lines to the file named by WHITEBOARD_REPORT, one flushed line an event:
//
//   {"type":"begin","schema":1}
//   {"type":"case","suite":..,"name":..}                     it starts
//   {"type":"evidence","name":..,"value":..}                 of the open case
//   {"type":"series","name":..,"values":[..]}
//   {"type":"failure","file":..,"line":..,"expression":..,"values":..,
//    "context":[..]}
//   {"type":"result","suite":..,"name":..,"ok":..,"assertions":..,
//    "failed":..,"seconds":..}
//   {"type":"end","cases":..,"failed":..,"assertions":..}    closing record
//
// A report without its closing record is a run that did not come to its end.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <support/evidence.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>

namespace whiteboard::testing {
namespace {

using nlohmann::json;

/// Appends events to the report file; does nothing when none was asked for.
class Report {
 public:
  static Report& instance() {
    static Report report;
    return report;
  }

  void write(const json& event) {
    if (file_ == nullptr) return;
    const std::string line =
        event.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
    const bool written =
        std::fwrite(line.data(), 1, line.size(), file_) == line.size() &&
        std::fflush(file_) == 0;
    if (!written) {
      std::perror("cannot write the test report");
      std::_Exit(74);  // EX_IOERR: a report cut short must not look complete
    }
  }

 private:
  Report() {
    const char* path = std::getenv("WHITEBOARD_REPORT");
    if (path == nullptr || *path == '\0') return;
    file_ = std::fopen(path, "w");
    if (file_ == nullptr) {
      std::perror(path);
      std::_Exit(74);
    }
  }

  std::FILE* file_ = nullptr;
};

/// JSON has no NaN and no infinity: those go out as text.
json number(double x) {
  if (std::isnan(x)) return "nan";
  if (std::isinf(x)) return x > 0 ? "inf" : "-inf";
  return x;
}

std::string text(const doctest::String& s) {
  return s.c_str();
}
std::string text(const char* s) {
  return s == nullptr ? "" : s;
}

class JsonLines : public doctest::IReporter {
 public:
  explicit JsonLines(const doctest::ContextOptions&) {}

  void test_run_start() override {
    Report::instance().write({{"type", "begin"}, {"schema", 1}});
  }

  void test_case_start(const doctest::TestCaseData& data) override {
    suite_ = text(data.m_test_suite);
    name_ = text(data.m_name);
    Report::instance().write(
        {{"type", "case"}, {"suite", suite_}, {"name", name_}});
  }

  void test_case_reenter(const doctest::TestCaseData&) override {}

  void log_assert(const doctest::AssertData& data) override {
    const bool counts = (data.m_at & doctest::assertType::is_warn) == 0;
    if (!data.m_failed || !counts) return;
    std::string values = text(data.m_decomp);
    if (data.m_threw) values = "it threw: " + text(data.m_exception);
    write_failure(text(data.m_file), data.m_line,
                  std::string(doctest::assertString(data.m_at)) + "(" +
                      text(data.m_expr) + ")",
                  values);
  }

  void log_message(const doctest::MessageData& data) override {
    if (data.m_severity == doctest::assertType::is_warn) return;
    write_failure(text(data.m_file), data.m_line, "FAIL", text(data.m_string));
  }

  void test_case_exception(const doctest::TestCaseException& e) override {
    crashed_ = crashed_ || e.is_crash;
    write_failure("", 0, e.is_crash ? "crash" : "uncaught exception",
                  text(e.error_string));
  }

  void test_case_end(const doctest::CurrentTestCaseStats& stats) override {
    Report::instance().write({{"type", "result"},
                              {"suite", suite_},
                              {"name", name_},
                              {"ok", stats.testCaseSuccess},
                              {"assertions", stats.numAssertsCurrentTest},
                              {"failed", stats.numAssertsFailedCurrentTest},
                              {"seconds", stats.seconds}});
  }

  void test_run_end(const doctest::TestRunStats& stats) override {
    if (crashed_) return;  // doctest's handler of signals comes here as well
    Report::instance().write({{"type", "end"},
                              {"cases", stats.numTestCasesPassingFilters},
                              {"failed", stats.numTestCasesFailed},
                              {"assertions", stats.numAsserts}});
  }

  void report_query(const doctest::QueryData&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}

 private:
  void write_failure(const std::string& file, int line,
                     const std::string& expression, const std::string& values) {
    json context = json::array();
    const auto* contexts = get_active_contexts();
    for (int i = 0; i < get_num_active_contexts(); ++i) {
      std::ostringstream out;
      contexts[i]->stringify(&out);
      context.push_back(out.str());
    }
    Report::instance().write({{"type", "failure"},
                              {"file", file},
                              {"line", line},
                              {"expression", expression},
                              {"values", values},
                              {"context", context}});
  }

  std::string suite_;
  std::string name_;
  bool crashed_ = false;
};

REGISTER_LISTENER("json_lines", 1, JsonLines);

}  // namespace

void record_evidence(std::string_view name, double value) {
  Report::instance().write(
      {{"type", "evidence"}, {"name", name}, {"value", number(value)}});
}

void record_evidence(std::string_view name, std::string_view value) {
  Report::instance().write(
      {{"type", "evidence"}, {"name", name}, {"value", value}});
}

void record_series(std::string_view name, const std::vector<double>& values) {
  json list = json::array();
  for (const double x : values) list.push_back(number(x));
  Report::instance().write(
      {{"type", "series"}, {"name", name}, {"values", list}});
}

}  // namespace whiteboard::testing
