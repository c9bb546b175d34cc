// What a user meets when something is wrong: a clear message with the name in
// it, the documented exit code, and a next run that works.
#include <doctest/doctest.h>
#include <signal.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "checkout.hpp"
#include "error.hpp"
#include "text.hpp"

using namespace wb;

namespace {

const std::string kTwice = "inline int twice(int x) { return 2 * x; }";

/// One checkout for all tests here: what it builds once serves them all.
const Checkout& checkout() {
  static const Checkout shared;
  static const bool filled = [] {
    shared.add_question("good", kTwice,
                        "    EVIDENCE(\"four\", "
                        "whiteboard::maths::twice(2));\n"
                        "    CHECK(whiteboard::maths::twice(2) == 4);");
    shared.add_question("wrong", kTwice,
                        "    INFO(\"two and two\");\n"
                        "    CHECK(whiteboard::maths::twice(2) == 5);");
    shared.add_question("broken", "inline int twice(int x) { return y; }",
                        "    CHECK(true);");
    shared.add_question("crash", kTwice,
                        "    CHECK(true);\n    std::raise(SIGSEGV);");
    shared.add_question("leaves", kTwice, "    std::_Exit(0);");
    shared.add_question("loop", kTwice, "    for (;;) CHECK(true);");
    shared.add_question("flood", kTwice, "    for (;;) std::puts(\"flood\");");
    shared.add_question("empty", kTwice, "    (void)0;");
    return true;
  }();
  CHECK(filled);
  return shared;
}

}  // namespace

TEST_CASE("an unknown id gets a suggestion and code 6") {
  const Outcome outcome = checkout().wb({"read", "goood"});
  CHECK(outcome.code == exit_no_such_question);
  CHECK(contains(outcome.output, "did you mean"));
  CHECK(contains(outcome.output, "maths/good"));
}

TEST_CASE("an ambiguous id lists the candidates and gives code 6") {
  const Outcome outcome = checkout().wb({"study", "o"});
  CHECK(outcome.code == exit_no_such_question);
  CHECK(contains(outcome.output, "maths/loop"));
  CHECK(contains(outcome.output, "maths/flood"));
}

TEST_CASE("bad usage gives code 2 and names the verb that was meant") {
  const Outcome verb = checkout().wb({"stduy", "good"});
  CHECK(verb.code == exit_usage);
  CHECK(contains(verb.output, "did you mean: wb study"));
  CHECK(checkout().wb({"read"}).code == exit_usage);
  CHECK(checkout().wb({"list", "--no-such-flag"}).code == exit_usage);
  CHECK(checkout().wb({"--color=pink", "list"}).code == exit_usage);
  CHECK(checkout().wb({"verify", "--timeout", "-3"}).code == exit_usage);
  CHECK(checkout().wb({"verify", "--part", "2/2"}).code == exit_usage);
  CHECK(checkout().wb({"verify", "--part", "1/2x"}).code == exit_usage);
  CHECK(checkout().wb({"completion", "tcsh"}).code == exit_usage);
  CHECK(checkout().wb({"bench", "good"}).code == exit_usage);
}

TEST_CASE("help and version are no errors") {
  CHECK(checkout().wb({"--help"}).ok());
  CHECK(checkout().wb({"--version"}).ok());
  const Outcome help = checkout().wb({"verify", "--help"});
  CHECK(help.ok());
  CHECK(contains(help.output, "Example:"));
}

TEST_CASE("outside of a checkout the companion says so") {
  const TemporaryFolder elsewhere;
  Command command = checkout().command({"list"});
  command.environment = {{"WB_ROOT", elsewhere.path().string()}};
  const Outcome outcome = run(command);
  CHECK(outcome.code == exit_environment);
  CHECK(contains(outcome.output, elsewhere.path().string()));
}

TEST_CASE("a claim that holds is shown with what it measured") {
  const Outcome outcome = checkout().wb({"study", "good"});
  CHECK(outcome.code == exit_ok);
  CHECK(contains(outcome.output, "it_is_so"));
  CHECK(contains(outcome.output, "holds"));
  CHECK(contains(outcome.output, "four"));
  CHECK(contains(outcome.output, "return 2 * x"));
  CHECK(contains(outcome.output, "2 passed, 0 failed"));
  CHECK(!contains(outcome.output, "\x1b"));  // a pipe gets no colour
}

TEST_CASE("a claim that fails shows the check and gives code 1") {
  const Outcome outcome = checkout().wb({"verify", "wrong"});
  CHECK(outcome.code == exit_wrong);
  CHECK(contains(outcome.output, "fails"));
  CHECK(contains(outcome.output, "whiteboard::maths::twice(2) == 5"));
  CHECK(contains(outcome.output, "4 == 5"));
  CHECK(contains(outcome.output, "two and two"));
}

TEST_CASE("a header that does not compile gives code 3 and the first error") {
  const Outcome outcome = checkout().wb({"verify", "broken"});
  CHECK(outcome.code == exit_does_not_compile);
  CHECK(contains(outcome.output, "include/whiteboard/maths/broken.hpp"));
  CHECK(contains(outcome.output, "'y'") + contains(outcome.output, "‘y’") > 0);
}

TEST_CASE("a test that crashes or leaves early gives code 4") {
  const Outcome crash = checkout().wb({"verify", "crash"});
  CHECK(crash.code == exit_crashed);
  CHECK(contains(crash.output, "crashed"));
  const Outcome leaves = checkout().wb({"verify", "leaves"});
  CHECK(leaves.code == exit_crashed);
}

TEST_CASE("a test that loops for ever is stopped") {
  const Outcome outcome =
      checkout().wb({"verify", "maths/loop", "--timeout", "1"});
  CHECK(outcome.code == exit_crashed);
  CHECK(contains(outcome.output, "timed out"));
}

TEST_CASE("a test that floods its output is stopped") {
  const Outcome outcome = checkout().wb({"verify", "maths/flood"});
  CHECK(outcome.code == exit_crashed);
  CHECK(contains(outcome.output, "flooded"));
  CHECK(outcome.output.size() < 100'000);
}

TEST_CASE("a claim whose test checks nothing is not proved") {
  const Outcome outcome = checkout().wb({"verify", "maths/empty"});
  CHECK(outcome.code == exit_wrong);
  CHECK(contains(outcome.output, "checks nothing"));
}

TEST_CASE("the results are one JSON document") {
  const Outcome outcome = checkout().wb({"verify", "good", "wrong", "--json"});
  CHECK(outcome.code == exit_wrong);
  const auto document = nlohmann::json::parse(outcome.output);
  CHECK(document.at("schema") == 1);
  CHECK(document.at("passed") == 3);
  CHECK(document.at("failed") == 1);
  CHECK(document.at("run").at("compiler").get<std::string>().size() > 3);
  const auto& claim = document.at("questions").at(0).at("claims").at(0);
  CHECK(claim.at("verdict") == "holds");
  CHECK(claim.at("evidence").at(0).at("value") == 4);
  CHECK(
      document.at("questions").at(1).at("claims").at(0).at("failures").size() ==
      1);
}

TEST_CASE("the last run is remembered until a file changes") {
  checkout().wb({"verify", "good"});
  const auto status = [] {
    const Outcome outcome = checkout().wb({"list", "good", "--json"});
    return nlohmann::json::parse(outcome.output)
        .at("questions")
        .at(0)
        .at("status")
        .get<std::string>();
  };
  CHECK(status() == "holds");
  const fs::path header =
      checkout().root() / "include/whiteboard/maths/good.hpp";
  const std::string before = read_file(header);
  write_file(header, before + "// changed\n");
  CHECK(status() == "changed since");
  write_file(header, before);
  CHECK(status() == "holds");
}

TEST_CASE("the mistakes machinery tells good patches from useless ones") {
  const std::string header = "include/whiteboard/maths/good.hpp";
  const auto patch = [&](const std::string& name, const std::string& breaks,
                         const std::string& from, const std::string& to) {
    checkout().add("tests/maths/good.mistakes/" + name + ".patch",
                   breaks + "\n\n--- a/" + header + "\n+++ b/" + header +
                       "\n@@ -5,1 +5,1 @@\n-" + from + "\n+" + to + "\n");
  };
  const std::string breaks = "Breaks: it_is_so";
  patch("caught", breaks, kTwice, "inline int twice(int x) { return x; }");
  CHECK(checkout().wb({"verify", "good", "--mistakes"}).code == exit_ok);

  patch("harmless", breaks, kTwice, kTwice + "  // the same");
  patch("outdated", breaks, "inline int thrice();", "inline int twice();");
  patch("uncompiled", breaks, kTwice, "inline int twice(int) { return y; }");
  patch("nameless", "Breaks: no_such_claim", kTwice, kTwice);
  const Outcome outcome =
      checkout().wb({"verify", "good", "--mistakes", "--json"});
  CHECK(outcome.code == exit_wrong);
  const auto document = nlohmann::json::parse(outcome.output);
  CHECK(document.at("ok") == false);
  std::map<std::string, std::string> verdicts;
  for (const auto& m : document.at("questions").at(0).at("mistakes")) {
    verdicts[m.at("id")] = m.at("verdict");
  }
  CHECK(verdicts["caught"] == "caught");
  CHECK(verdicts["harmless"] == "not caught");
  CHECK(verdicts["outdated"] == "does not apply");
  CHECK(verdicts["uncompiled"] == "does not compile");
  CHECK(verdicts["nameless"] == "malformed");
  CHECK(verdicts["empty answer"] == "caught");
  fs::remove_all(checkout().root() / "tests/maths/good.mistakes");
}

TEST_CASE("a claim that nothing can break is reported") {
  checkout().add_question("hollow", kTwice, "    CHECK(1 + 1 == 2);");
  const Outcome outcome = checkout().wb({"verify", "hollow", "--mistakes"});
  CHECK(outcome.code == exit_wrong);
  CHECK(contains(outcome.output, "breaks this claim"));
  fs::remove(checkout().root() / "questions/maths/hollow.md");
  fs::remove(checkout().root() / "tests/maths/hollow_test.cpp");
}

TEST_CASE("a broken page is named with its line and hides no other") {
  checkout().add("questions/llm/page.md", "---\ntitle: [x\n---\n");
  checkout().add("questions/llm/latin.md", "---\ntitle: x\n---\n\ncaf\xe9\n");
  const Outcome page = checkout().wb({"read", "llm/page"});
  CHECK(page.code == exit_environment);
  CHECK(contains(page.output, "questions/llm/page.md:"));
  const Outcome latin = checkout().wb({"read", "llm/latin"});
  CHECK(latin.code == exit_environment);
  CHECK(contains(latin.output, "latin.md:5: not valid UTF-8"));
  const Outcome list = checkout().wb({"list"});
  CHECK(list.ok());
  CHECK(contains(list.output, "maths/good"));
  CHECK(contains(list.output, "cannot be read"));
  fs::remove_all(checkout().root() / "questions/llm");
}

TEST_CASE("forty columns and ASCII are enough") {
  Command command = checkout().command({"study", "good"});
  command.environment = {{"WB_ROOT", checkout().root().string()},
                         {"LC_ALL", "C"},
                         {"COLUMNS", "40"}};
  const Outcome outcome = run(command);
  CHECK(outcome.ok());
  std::istringstream lines(outcome.output);
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    CHECK(display_width(line) <= 40);
    CHECK(std::all_of(line.begin(), line.end(),
                      [](char c) { return c >= ' ' && c < 127; }));
  }
}

TEST_CASE("colour is there when asked for and gone for NO_COLOR") {
  CHECK(contains(checkout().wb({"list", "--color=always"}).output, "\x1b["));
  Command command = checkout().command({"list"});
  command.environment.emplace_back("NO_COLOR", "1");
  CHECK(!contains(run(command).output, "\x1b["));
}

TEST_CASE("a full disk is an error and a reader that left is none") {
  Command full = checkout().command({});
  full.argv = {"sh", "-c", std::string(WB_COMPANION) + " list > /dev/full"};
  CHECK(run(full).code == exit_environment);
  Command left = checkout().command({});
  left.argv = {"sh", "-c",
               "set -e; (" + std::string(WB_COMPANION) +
                   " read good; echo code $? >&2) | true"};
  CHECK(contains(run(left).output, "code 0"));
}

TEST_CASE("a build folder that cannot be written is named") {
  const Checkout fresh;
  fresh.add_question("good", kTwice, "    CHECK(true);");
  fresh.add("build", "a file in the way");
  const Outcome outcome = fresh.wb({"verify", "good"});
  CHECK(outcome.code == exit_environment);
  CHECK(contains(outcome.output, (fresh.root() / "build").string()));
}

TEST_CASE("a missing compiler is an environment error in CMake's words") {
  const Checkout fresh;
  fresh.add_question("good", kTwice, "    CHECK(true);");
  Command command = fresh.command({"verify", "good"});
  command.environment.emplace_back("CXX", "/no/such/compiler");
  const Outcome outcome = run(command);
  CHECK(outcome.code == exit_environment);
  CHECK(contains(outcome.output, "/no/such/compiler"));
  CHECK(contains(outcome.output, "wb doctor"));
}

TEST_CASE("Ctrl-C in a build gives code 130 and the next run works") {
  const fs::path object = checkout().root() / "build/debug/tests/maths";
  fs::remove_all(object);
  fs::remove_all(checkout().root() /
                 "build/debug/tests/CMakeFiles/test_maths_good.dir");
  Command interrupted;
  interrupted.argv = {"sh", "-c",
                      "\"$0\" verify good & pid=$!; sleep 1; kill -INT $pid; "
                      "wait $pid; echo code $?",
                      WB_COMPANION};
  interrupted.environment = checkout().command({}).environment;
  interrupted.seconds = 60.0;
  const Outcome outcome = run(interrupted);
  const bool was_in_time = contains(outcome.output, "code 130");
  const bool had_finished = contains(outcome.output, "code 0");
  CHECK((was_in_time || had_finished));
  CHECK(checkout().wb({"verify", "good"}).code == exit_ok);
}

TEST_CASE("two runs at once share the build folder") {
  fs::remove_all(checkout().root() /
                 "build/debug/tests/CMakeFiles/test_maths_good.dir");
  const auto outcomes = run_all({checkout().command({"verify", "good"}),
                                 checkout().command({"verify", "wrong"})},
                                2);
  CHECK(outcomes[0].code == exit_ok);
  CHECK(outcomes[1].code == exit_wrong);
}

TEST_CASE("search finds words wherever they stand") {
  const Outcome found = checkout().wb({"search", "about", "GOOD", "--json"});
  CHECK(found.ok());
  const auto hits = nlohmann::json::parse(found.output).at("hits");
  REQUIRE(hits.size() == 1);
  CHECK(hits[0].at("id") == "maths/good");
  CHECK(checkout().wb({"search", "zebra"}).code == exit_wrong);
}

TEST_CASE("the doctor reports what there is") {
  const Outcome outcome = checkout().wb({"doctor", "--json"});
  const auto document = nlohmann::json::parse(outcome.output);
  CHECK(document.at("fit") == true);
  CHECK(document.at("checks").size() > 8);
  CHECK(outcome.ok());
}

TEST_CASE("the home page suggests one next command") {
  const Outcome outcome = checkout().wb({});
  CHECK(outcome.ok());
  CHECK(contains(outcome.output, "next: ./wb study maths/"));
}
