#include "verify.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "commands.hpp"
#include "error.hpp"
#include "mistakes.hpp"
#include "overlay.hpp"
#include "report.hpp"

using namespace wb;

namespace {

const std::string kCase =
    R"json({"type":"begin","schema":1}
{"type":"case","suite":"a/b","name":"claim"}
{"type":"evidence","name":"error","value":0.25}
{"type":"evidence","name":"ratio","value":"nan"}
{"type":"evidence","name":"winner","value":"ours"}
{"type":"series","name":"loss","values":[3,2,"inf"]}
)json";
const std::string kGood =
    R"json({"type":"result","ok":true,"assertions":4,"seconds":0.5}
{"type":"end","cases":1,"failed":0,"assertions":4}
)json";
const std::string kBad =
    R"json({"type":"failure","file":"t.cpp","line":7,"context":["i := 3"]}
{"type":"result","ok":false,"assertions":4,"seconds":0.5}
{"type":"end","cases":1,"failed":1,"assertions":4}
)json";

Item claim() {
  Item item;
  item.id = "claim";
  item.number = 2;
  item.sentence = "It is so.";
  return item;
}

Outcome ended(Ending ending, int code) {
  Outcome outcome;
  outcome.ending = ending;
  outcome.code = code;
  outcome.seconds = 1.0;
  return outcome;
}

Verdict verdict(const std::string& report, const Outcome& outcome) {
  return judge(claim(), "a/b", outcome, parse_report(report)).verdict;
}

const Outcome kExited = ended(Ending::exited, 0);

}  // namespace

TEST_CASE("a report is read with all it says") {
  const Report report = parse_report(kCase + kBad);
  CHECK(report.complete);
  CHECK(report.failed == 1);
  REQUIRE(report.cases.size() == 1);
  const CaseReport& one = report.cases[0];
  CHECK(one.suite == "a/b");
  CHECK(one.ended);
  CHECK(!one.ok);
  CHECK(one.assertions == 4);
  REQUIRE(one.evidence.size() == 4);
  CHECK(*one.evidence[0].number == 0.25);
  CHECK(std::isnan(*one.evidence[1].number));
  CHECK(!one.evidence[2].number);
  CHECK(one.evidence[2].text == "ours");
  CHECK(one.evidence[3].series.size() == 3);
  CHECK(std::isinf(one.evidence[3].series[2]));
  REQUIRE(one.failures.size() == 1);
  CHECK(one.failures[0].line == 7);
  CHECK(one.failures[0].context == std::vector<std::string>{"i := 3"});
}

TEST_CASE("half a report keeps what there is and is not complete") {
  const Report report = parse_report(kCase + R"json({"type":"resu)json");
  CHECK(!report.complete);
  REQUIRE(report.cases.size() == 1);
  CHECK(!report.cases[0].ended);
  CHECK(parse_report("").cases.empty());
  CHECK(!parse_report("not json\n\n[]\n3\n").complete);
}

TEST_CASE("a claim holds only with every proof") {
  CHECK(verdict(kCase + kGood, kExited) == Verdict::holds);
  const auto result =
      judge(claim(), "a/b", kExited, parse_report(kCase + kGood));
  CHECK(result.number == 2);
  CHECK(result.assertions == 4);
  CHECK(result.evidence.size() == 4);
}

TEST_CASE("each way to a false pass is refused") {
  // The program left early with exit code 0.
  CHECK(verdict("", kExited) == Verdict::crashed);
  CHECK(verdict(kCase, kExited) == Verdict::crashed);
  // A filter that matched nothing.
  CHECK(verdict("{\"type\":\"begin\"}\n{\"type\":\"end\",\"cases\":0}\n",
                kExited) == Verdict::not_tested);
  // Another case, or another suite, ran in its place.
  CHECK(judge(claim(), "other/suite", kExited, parse_report(kCase + kGood))
            .verdict == Verdict::not_tested);
  // More than this case ran.
  CHECK(verdict(kCase + kCase + kGood, kExited) == Verdict::not_tested);
  // Nothing was checked.
  std::string unchecked = kGood;
  unchecked.replace(unchecked.find("\"assertions\":4"), 14, "\"assertions\":0");
  CHECK(verdict(kCase + unchecked, kExited) == Verdict::not_tested);
  // The case passed, but the program did not end well.
  CHECK(verdict(kCase + kGood, ended(Ending::exited, 1)) == Verdict::fails);
  CHECK(verdict(kCase + kGood, ended(Ending::signalled, 11)) ==
        Verdict::crashed);
}

TEST_CASE("other endings have verdicts of their own") {
  CHECK(verdict(kCase + kBad, ended(Ending::exited, 1)) == Verdict::fails);
  CHECK(verdict(kCase, ended(Ending::signalled, 11)) == Verdict::crashed);
  CHECK(verdict(kCase, ended(Ending::timed_out, 15)) == Verdict::timed_out);
  CHECK(verdict(kCase, ended(Ending::flooded, 15)) == Verdict::flooded);
  CHECK(verdict("", ended(Ending::not_started, 0)) == Verdict::crashed);
}

TEST_CASE("the exit code is that of the worst verdict") {
  QuestionResult result;
  result.claims.resize(2);
  result.claims[0].verdict = Verdict::holds;
  const auto code = [&](Verdict v) {
    result.claims[1].verdict = v;
    return exit_code({result});
  };
  CHECK(code(Verdict::holds) == exit_ok);
  CHECK(code(Verdict::fails) == exit_wrong);
  CHECK(code(Verdict::not_tested) == exit_wrong);
  CHECK(code(Verdict::does_not_compile) == exit_does_not_compile);
  CHECK(code(Verdict::timed_out) == exit_crashed);
  result.claims[1].verdict = Verdict::holds;
  result.has_extra = true;
  CHECK(exit_code({result}) == exit_wrong);
  CHECK(result.failed() == 1);
  result.extra.verdict = Verdict::holds;
  CHECK(result.holds());
  CHECK(result.passed() == 3);
}

TEST_CASE("a claim is run by its exact name") {
  const Workspace workspace(WHITEBOARD_ROOT);
  const Command command =
      claim_command("/t", workspace, "a/b", "claim", "/r.jsonl", 5.0);
  CHECK(command.argv == std::vector<std::string>{
                            "/t", "--no-colors=true", "--case-sensitive=true",
                            "--test-suite=a/b", "--test-case=claim"});
  CHECK(command.seconds == 5.0);
  CHECK(command.environment[0].second == "/r.jsonl");
}

TEST_CASE("a command line is split as a shell would") {
  CHECK(split_command(R"(g++ -DX=\"a b\" -I"/p q" 'c d' "e\"f"  g)") ==
        std::vector<std::string>{"g++", "-DX=\"a", "b\"", "-I/p q", "c d",
                                 "e\"f", "g"});
  CHECK(split_command("").empty());
  CHECK(split_command("''") == std::vector<std::string>{""});
}

TEST_CASE("the claims of a patch are on its first line") {
  CHECK(parse_breaks("Breaks: a, b_c\n\n--- a/x\n") ==
        std::vector<std::string>{"a", "b_c"});
  CHECK(parse_breaks("Breaks:\n").empty());
  CHECK(parse_breaks("--- a/x\nBreaks: a\n").empty());
}

TEST_CASE("the first error of a compiler is found") {
  const std::string output =
      "In file included from x:\n/root/a.hpp:3:4: warning: hm\n"
      "/root/a.hpp:9:1: error: expected ';'\n/root/b.hpp:1:1: error: more\n";
  CHECK(first_error(output, "/root") == "a.hpp:9:1: error: expected ';'");
  CHECK(first_error("no such thing\n", "/root") == "no such thing");
  CHECK(first_error("", "/root").empty());
}

TEST_CASE("parts share the questions out without loss") {
  std::vector<Question> all;
  for (const char* slug : {"a", "b", "c", "d", "e"}) {
    all.push_back({"maths", slug});
  }
  CHECK(take_part(all, "") == all);
  CHECK(take_part(all, "0/1") == all);
  CHECK(take_part(all, "0/2") == std::vector<Question>{all[0], all[2], all[4]});
  CHECK(take_part(all, "1/2") == std::vector<Question>{all[1], all[3]});
  CHECK(take_part(all, "6/7").empty());
  for (const char* wrong : {"2/2", "1", "1/0", "a/b", "1/2/3", "/2"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(take_part(all, wrong), Error);
  }
}
