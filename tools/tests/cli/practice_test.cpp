// Practice as a reader lives it: every known way to a false pass, what editors
// do to a file, and that nothing of the reader's is ever lost.
#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "checkout.hpp"
#include "error.hpp"

using namespace wb;
using nlohmann::json;

namespace {

const std::string kAttempt = "practice/coding/halve.hpp";
const std::string kReferencePath = "include/whiteboard/coding/halve.hpp";

const std::string kBody =
    "  require(!x.empty(), \"halve: no values\");\n"
    "  std::vector<double> halves;\n"
    "  for (const double value : x) halves.push_back(value / 2.0);\n"
    "  return halves;\n";

std::string header(const std::string& body) {
  return "// Question:    Halve numbers.\n"
         "// Answer:      questions/coding/halve.md\n"
         "// Method:      divide\n// Time:        O(n)\n"
         "// Symbols:     x  n  numbers\n#pragma once\n\n"
         "#include <whiteboard/core/require.hpp>\n\n#include <cstdlib>\n"
         "#include <cmath>\n#include <cstdio>\n#include <span>\n"
         "#include <vector>\n\n"
         "namespace whiteboard::coding {\n\n"
         "/// Half of each value. Throws std::invalid_argument for none.\n"
         "inline std::vector<double> halve(std::span<const double> x) {\n" +
         body + "}\n\n}  // namespace whiteboard::coding\n";
}

const std::string kPage =
    "---\ntitle: Halve numbers.\nlevel: core\nasked_as: [Halve them.]\n"
    "signature: \"std::vector<double> halve(std::span<const double> x)\"\n"
    "minutes: 5\nhints: [First, Second, Third]\n---\n\n"
    "## In one minute\n\nDivide.\n\n## The task\n\nHalve (2, 4): (1, 2).\n\n"
    "## Claims\n\n1. **each_is_half**: each is half.\n"
    "2. **signs_stay**: signs stay.\n"
    "3. **none_is_refused**: an empty list is refused.\n\n"
    "## Mistakes\n\n- **not_halved**: returning the numbers as they are.\n"
    "- **halved_twice**: halving twice.\n";

const std::string kTest =
    "#include <whiteboard/coding/halve.hpp>\n\n#include <support/claims.hpp>\n"
    "\n#include <stdexcept>\n#include <vector>\n\n"
    "using whiteboard::coding::halve;\n\nTEST_SUITE(\"coding/halve\") {\n"
    "  TEST_CASE(\"each_is_half\") {\n"
    "    CHECK(close(halve(std::vector<double>{2, 4}), "
    "std::vector<double>{1, 2}));\n  }\n"
    "  TEST_CASE(\"signs_stay\") {\n"
    "    for (const double h : halve(std::vector<double>{3, 5})) "
    "CHECK(h > 0);\n"
    "    CHECK(halve(std::vector<double>{-8}).size() <= 1);\n  }\n"
    "  TEST_CASE(\"none_is_refused\") {\n"
    "    CHECK_THROWS_AS(halve({}), std::invalid_argument);\n  }\n}\n";

std::string patch(const std::string& breaks, const std::string& replacement) {
  return "Breaks: " + breaks + "\n\n--- a/" + kReferencePath + "\n+++ b/" +
         kReferencePath +
         "\n@@ -23,1 +23,1 @@\n-  for (const double value : x) "
         "halves.push_back(value / 2.0);\n+" +
         replacement + "\n";
}

/// One checkout for all tests here, with one question to practise.
const Checkout& checkout() {
  static const Checkout shared;
  static const bool filled = [] {
    shared.add("questions/coding/halve.md", kPage);
    shared.add(kReferencePath,
               header("  // solution:begin\n" + kBody + "  // solution:end\n"));
    shared.add("tests/coding/halve_test.cpp", kTest);
    shared.add(
        "include/whiteboard/maths/halve.hpp",
        "#pragma once\ninline double half(double x) { return x / 2; }\n");
    const std::string loop = "  for (const double value : x) ";
    shared.add("tests/coding/halve.mistakes/not_halved.patch",
               patch("each_is_half", loop + "halves.push_back(value);"));
    shared.add("tests/coding/halve.mistakes/halved_twice.patch",
               patch("each_is_half", loop + "halves.push_back(value / 4.0);"));
    return true;
  }();
  CHECK(filled);
  return shared;
}

/// A fresh start of the question.
void start() {
  fs::remove_all(checkout().root() / "practice");
  const Outcome outcome = checkout().wb({"start", "halve"});
  REQUIRE(outcome.code == exit_ok);
}

std::string read(const fs::path& relative) {
  return read_file(checkout().root() / relative);
}

/// What the judge says of an attempt with this body.
json judged(const std::string& body, int code) {
  checkout().add(kAttempt, header(body));
  const Outcome outcome = checkout().wb({"check", "halve", "--json"});
  CAPTURE(body);
  CAPTURE(outcome.output);
  CHECK(outcome.code == code);
  const json document = json::parse(outcome.output, nullptr, false);
  REQUIRE(document.is_object());
  return document;
}

std::string verdict(const std::string& body, int code) {
  return judged(body, code).at("verdict");
}

/// Runs a shell script in the checkout, "$wb" being the companion.
Outcome script(const std::string& text) {
  Command command = checkout().command({});
  command.argv = {"sh", "-c", text};
  command.environment.emplace_back("wb", WB_COMPANION);
  command.environment.emplace_back("file", kAttempt);
  command.seconds = 120.0;
  return run(command);
}

/// Waits, up to a minute, for `count` lines in the file `out`.
std::string wait_for_lines(int count) {
  return "i=0; while [ $(wc -l < out) -lt " + std::to_string(count) +
         " ] && [ $i -lt 600 ]; do sleep 0.1; i=$((i+1)); done\n";
}

}  // namespace

TEST_CASE("a starter is cut, shown, and never written over") {
  fs::remove_all(checkout().root() / "practice");
  const Outcome first = checkout().wb({"start", "halve"});
  CHECK(first.code == exit_ok);
  CHECK(contains(first.output, "Halve numbers."));
  CHECK(contains(first.output, "(2, 4): (1, 2)"));
  CHECK(contains(first.output, kAttempt));
  const std::string starter = read(kAttempt);
  CHECK(contains(starter, "not_written(\"halve\")"));
  CHECK_FALSE(contains(starter, "push_back"));
  CHECK_FALSE(contains(starter, "divide"));

  checkout().add(kAttempt, starter + "// mine\n");
  CHECK(checkout().wb({"start", "halve"}).code == exit_ok);
  CHECK(read(kAttempt) == starter + "// mine\n");
}

TEST_CASE("what is not started or not for practice is said") {
  fs::remove_all(checkout().root() / "practice");
  const Outcome none = checkout().wb({"check"});
  CHECK(none.code == exit_usage);
  CHECK(contains(none.output, "./wb start"));
  const Outcome unstarted = checkout().wb({"check", "halve"});
  CHECK(unstarted.code == exit_usage);
  CHECK(contains(unstarted.output, "./wb start coding/halve"));
  checkout().add_question("prose", "inline int f() { return 1; }",
                          "CHECK(true);");
  const Outcome prose = checkout().wb({"start", "maths/prose"});
  CHECK(prose.code == exit_usage);
  CHECK(contains(prose.output, "not for practice"));
  CHECK(checkout().wb({"start", "nothing"}).code == exit_no_such_question);
}

TEST_CASE("the verdicts") {
  start();
  const Outcome starter = checkout().wb({"check"});
  CHECK(starter.code == exit_wrong);
  CHECK(contains(starter.output, "NOT WRITTEN"));
  CHECK(contains(starter.output, "halve() waits for your code"));

  const json solved = judged(kBody, exit_ok);
  CHECK(solved.at("verdict") == "SOLVED");
  CHECK(solved.at("holding") == 3);
  CHECK(solved.at("sanitised") == true);
  const Outcome quick = checkout().wb({"check", "--quick", "--json"});
  CHECK(quick.code == exit_ok);
  CHECK(json::parse(quick.output).at("sanitised") == false);
  // A file that equals the reference to the last byte is judged as well.
  CHECK(verdict("  // solution:begin\n" + kBody + "  // solution:end\n",
                exit_ok) == "SOLVED");
  const json wrong = judged("  return {x.begin(), x.end()};\n", exit_wrong);
  CHECK(wrong.at("verdict") == "WRONG");
  CHECK(wrong.at("holding") == 1);
  CHECK(wrong.at("claims").at(0).at("failures").size() == 1);
}

TEST_CASE("an attempt that does not compile is told so in its own file") {
  start();
  const json document = judged("  return y;\n", exit_does_not_compile);
  CHECK(document.at("verdict") == "DOES NOT COMPILE");
  CHECK(document.at("reason").get<std::string>().starts_with(kAttempt + ":"));
  const Outcome why = checkout().wb({"why"});
  CHECK(why.code == exit_does_not_compile);
  CHECK(contains(why.output, "return y"));
}

TEST_CASE("crashes: leaving early, running over, flooding") {
  start();
  CHECK(verdict("  std::_Exit(0);\n", exit_crashed) == "CRASHED");
  CHECK(verdict("  std::abort();\n", exit_crashed) == "CRASHED");
  CHECK(verdict("  for (;;) std::puts(\"flood\");\n", exit_crashed) ==
        "CRASHED");
  CHECK(verdict("  std::vector<double> v(3); return {v[7]};\n", exit_crashed) ==
        "CRASHED");
}

TEST_CASE("an endless loop is stopped") {
  start();
  CHECK(verdict("  volatile bool on = true; while (on) {}\n  return {};\n",
                exit_crashed) == "TIMED OUT");
}

TEST_CASE("more memory than a claim may have is refused it") {
  start();
  CHECK(verdict("  std::vector<double> all(std::size_t{1} << 30);\n  return "
                "all;\n",
                exit_wrong) == "WRONG");
}

TEST_CASE("undefined behaviour is found although every claim holds") {
  start();
  const json document =
      judged(kBody.substr(0, kBody.find("  return")) +
                 "  const double* past = halves.data();\n"
                 "  volatile double stray = past[halves.size() + 1];\n"
                 "  (void)stray;\n  return halves;\n",
             exit_wrong);
  CHECK(document.at("verdict") == "UNDEFINED BEHAVIOUR");
  CHECK(contains(document.at("reason"), "heap-buffer-overflow"));
  CHECK(contains(document.at("reason"), kAttempt));
}

TEST_CASE("NaN everywhere is wrong") {
  start();
  CHECK(verdict("  require(!x.empty(), \"none\");\n  return "
                "std::vector<double>(x.size(), std::nan(\"\"));\n",
                exit_wrong) == "WRONG");
}

TEST_CASE("a loop of checks over an empty result proves nothing") {
  start();
  const json document = judged(
      "  require(!x.empty(), \"none\");\n"
      "  if (x[0] == 3.0) return {};\n  std::vector<double> h;\n"
      "  for (double v : x) h.push_back(v / 2);\n  return h;\n",
      exit_wrong);
  CHECK(document.at("verdict") == "WRONG");
  CHECK(
      contains(document.at("claims").at(1).at("reason"), "only 1 of 3 checks"));
}

TEST_CASE("the reference by another way in is no answer") {
  start();
  checkout().add(kAttempt, "#pragma once\n#include \"" +
                               (checkout().root() / kReferencePath).string() +
                               "\"\n");
  const Outcome reference = checkout().wb({"check"});
  CHECK(reference.code == exit_wrong);
  CHECK(contains(reference.output, "TAMPERED"));

  checkout().add(kAttempt,
                 "#include <whiteboard/maths/halve.hpp>\n" + header(kBody));
  const Outcome library = checkout().wb({"check"});
  CHECK(library.code == exit_wrong);
  CHECK(contains(library.output, "TAMPERED"));
  CHECK(contains(library.output, "maths/halve.hpp"));
}

TEST_CASE("a sibling that includes with quotes is judged by the attempt too") {
  start();
  checkout().add("include/whiteboard/coding/sibling.hpp",
                 "#pragma once\n#include \"halve.hpp\"\n");
  const std::string test = kTest;
  checkout().add("tests/coding/halve_test.cpp",
                 "#include <whiteboard/coding/sibling.hpp>\n" + test);
  CHECK(verdict("  return {x.begin(), x.end()};\n", exit_wrong) == "WRONG");
  CHECK(verdict(kBody, exit_ok) == "SOLVED");
  checkout().add("tests/coding/halve_test.cpp", test);
}

TEST_CASE("a test that changed is taken stock of again") {
  start();
  CHECK(verdict(kBody, exit_ok) == "SOLVED");
  std::string more = kTest;
  more.insert(more.find("    CHECK_THROWS_AS"), "    CHECK(2 + 2 == 4);\n");
  checkout().add("tests/coding/halve_test.cpp", more);
  CHECK(verdict(kBody, exit_ok) == "SOLVED");
  checkout().add("tests/coding/halve_test.cpp", kTest);
}

TEST_CASE("why names the mistake that gives these very values") {
  start();
  checkout().add(kAttempt, header("  require(!x.empty(), \"none\");\n  return "
                                  "{x.begin(), x.end()};\n"));
  const Outcome why = checkout().wb({"why", "--json"});
  CHECK(why.code == exit_wrong);
  const json document = json::parse(why.output);
  CHECK(document.at("claim") == "each_is_half");
  CHECK(document.at("mistake") == "not_halved");
  CHECK(document.at("same_values") == true);
  CHECK(contains(checkout().wb({"why"}).output, "not_halved"));
}

TEST_CASE("hints come one by one and are remembered") {
  start();
  CHECK(contains(checkout().wb({"hint"}).output, "hint 1 of 3: First"));
  const Outcome second = checkout().wb({"hint"});
  CHECK(contains(second.output, "hint 2 of 3: Second"));
  CHECK_FALSE(contains(second.output, "Third"));
  checkout().wb({"hint"});
  CHECK(contains(checkout().wb({"hint"}).output, "./wb reveal"));
}

TEST_CASE("the reference is shown when solved or given up") {
  start();
  CHECK(checkout().wb({"reveal"}).code == exit_usage);
  CHECK(checkout().wb({"diff"}).code == exit_usage);
  const Outcome given_up = checkout().wb({"diff", "--yes"});
  CHECK(given_up.code == exit_ok);
  CHECK(contains(given_up.output, "push_back"));
  CHECK(contains(read("practice/log.jsonl"), "\"gave_up\":true"));
  CHECK(checkout().wb({"reveal"}).code == exit_ok);

  start();
  judged(kBody, exit_ok);
  CHECK(contains(checkout().wb({"reveal"}).output, "halves.push_back"));
  CHECK_FALSE(contains(read("practice/log.jsonl"), "gave_up"));
}

TEST_CASE("undo and reset lose nothing") {
  start();
  const std::string starter = read(kAttempt);
  judged("  return {};\n", exit_wrong);
  const std::string first = read(kAttempt);
  judged(kBody, exit_ok);
  const std::string second = read(kAttempt);

  CHECK(checkout().wb({"undo"}).code == exit_ok);
  CHECK(read(kAttempt) == first);
  CHECK(checkout().wb({"undo"}).code == exit_ok);
  CHECK(read(kAttempt) == starter);
  CHECK(checkout().wb({"undo"}).code == exit_usage);
  CHECK(checkout().wb({"undo", "--to", "3"}).code == exit_ok);
  CHECK(read(kAttempt) == second);

  checkout().add(kAttempt, "unjudged");
  CHECK(checkout().wb({"reset"}).code == exit_usage);  // nobody to ask
  CHECK(read(kAttempt) == "unjudged");
  CHECK(checkout().wb({"reset", "--yes"}).code == exit_ok);
  CHECK(read(kAttempt) == starter);
  CHECK(checkout().wb({"undo", "--to", "4"}).code == exit_ok);
  CHECK(read(kAttempt) == "unjudged");
  const Outcome history = checkout().wb({"history"});
  CHECK(contains(history.output, "SOLVED, 3 of 3 claims"));
  CHECK(contains(history.output, "WRONG"));
}

TEST_CASE("watch judges each save however the editor saves") {
  start();
  checkout().add("wrong.hpp", header("  return {};\n"));
  checkout().add("right.hpp", header(kBody));
  const Outcome outcome = script(
      "rm -f out; \"$wb\" watch halve --json > out 2>&1 & pid=$!\n" +
      wait_for_lines(1) +
      // A rename over the file, with a lock link and a swap file beside it.
      "ln -s nobody@nowhere practice/coding/.#halve.hpp\n"
      "echo swap > practice/coding/.halve.hpp.swp\n"
      "cp wrong.hpp practice/coding/x && mv practice/coding/x $file\n" +
      wait_for_lines(2) +
      // Written twice in one go, and gone for a moment in between.
      "rm $file; sleep 0.3; head -c 100 right.hpp > $file; sleep 0.02\n"
      "cat right.hpp > $file\n" +
      wait_for_lines(3) +
      // Touched, but not changed: nothing to judge.
      "touch $file; sleep 1\n"
      "kill -INT $pid; wait $pid; echo code $?; cat out");
  CAPTURE(outcome.output);
  CHECK(contains(outcome.output, "code 130"));
  std::istringstream lines(read("out"));
  std::vector<std::string> verdicts;
  for (std::string line; std::getline(lines, line);) {
    const json document = json::parse(line, nullptr, false);
    if (document.is_object()) verdicts.push_back(document.at("verdict"));
  }
  CHECK(verdicts == std::vector<std::string>{"NOT WRITTEN", "WRONG", "SOLVED"});
}

TEST_CASE("a save in the middle of a run is judged next") {
  start();
  checkout().add("slow.hpp", header("  volatile double t = 0;\n  for (long i = "
                                    "0; i < 300000000; ++i) t = t + 1;\n" +
                                    kBody));
  checkout().add("wrong.hpp", header("  return {};\n"));
  const Outcome outcome = script(
      "cp slow.hpp $file; rm -f out\n"
      "\"$wb\" watch halve --json > out 2>&1 & pid=$!\n"
      "sleep 1; cp wrong.hpp $file\n" +
      wait_for_lines(2) + "kill -INT $pid; wait $pid; cat out");
  CAPTURE(outcome.output);
  std::istringstream lines(read("out"));
  std::string first;
  std::string last;
  std::getline(lines, first);
  std::getline(lines, last);
  CHECK(json::parse(first).at("version") != json::parse(last).at("version"));
  CHECK(json::parse(last).at("verdict") == "WRONG");
}

TEST_CASE("two judges at once take turns") {
  start();
  checkout().add(kAttempt, header(kBody));
  const auto outcomes =
      run_all({checkout().command({"watch", "halve", "--once", "--json"}),
               checkout().command({"check", "halve", "--json"})},
              2);
  for (const auto& outcome : outcomes) {
    CAPTURE(outcome.output);
    CHECK(outcome.code == exit_ok);
  }
}

TEST_CASE("a judge that was killed leaves nothing in the way") {
  start();
  checkout().add(kAttempt, header(kBody));
  script(
      "\"$wb\" check halve > /dev/null 2>&1 & pid=$!; sleep 0.7; "
      "kill -KILL $pid; wait $pid");
  CHECK(checkout().wb({"check", "halve"}).code == exit_ok);
}

TEST_CASE("a full disk costs the log line and not the attempt") {
  start();
  checkout().add(kAttempt, header(kBody));
  const fs::path log = checkout().root() / "practice/log.jsonl";
  fs::remove(log);
  fs::create_symlink("/dev/full", log);
  const Outcome outcome = checkout().wb({"check", "halve"});
  CHECK(outcome.code == exit_environment);
  CHECK(contains(outcome.output, "log.jsonl"));
  CHECK(read(kAttempt) == header(kBody));
  fs::remove(log);
  CHECK(checkout().wb({"check", "halve"}).code == exit_ok);
}

TEST_CASE("an attempt that is no text is named") {
  start();
  checkout().add(kAttempt, "caf\xe9\n");
  const Outcome outcome = checkout().wb({"check", "halve"});
  CHECK(outcome.code == exit_environment);
  CHECK(contains(outcome.output, "not valid UTF-8"));
}

TEST_CASE("starters are proved to be starters, and other answers right") {
  fs::remove_all(checkout().root() / "practice");
  const fs::path folder = "tests/coding/halve.alternatives";
  checkout().add(folder / "by_multiplying.hpp",
                 header("  if (x.empty()) throw std::invalid_argument(\"\");\n"
                        "  std::vector<double> h(x.begin(), x.end());\n"
                        "  for (double& v : h) v *= 0.5;\n  return h;\n"));
  const Outcome good = checkout().wb({"verify", "--starters"});
  CAPTURE(good.output);
  CHECK(good.code == exit_ok);
  CHECK(contains(good.output, "alternative by_multiplying"));

  checkout().add(folder / "wrong.hpp", header("  return {};\n"));
  const Outcome wrong = checkout().wb({"verify", "--starters", "--json"});
  CHECK(wrong.code == exit_wrong);
  CHECK(json::parse(wrong.output).at("ok") == false);
  fs::remove_all(checkout().root() / folder);

  // A claim that holds without the solution, and a hint that tells it.
  std::string easy = kTest;
  easy.insert(easy.rfind("}\n"),
              "  TEST_CASE(\"too_easy\") { CHECK(1 == 1); }\n");
  std::string page = kPage;
  page.insert(page.find("\n## Mistakes"), "4. **too_easy**: it is.\n");
  page.replace(page.find("Second"), 6,
               "\"write for (const double value : x) "
               "halves.push_back(value / 2.0);\"");
  checkout().add("tests/coding/halve_test.cpp", easy);
  checkout().add("questions/coding/halve.md", page);
  const Outcome leaky = checkout().wb({"verify", "halve", "--starters"});
  CHECK(leaky.code == exit_wrong);
  CHECK(contains(leaky.output, "still holds: too_easy"));
  checkout().add("tests/coding/halve_test.cpp", kTest);
  checkout().add("questions/coding/halve.md", kPage);
}

TEST_CASE("a bundle compiles on its own") {
  const fs::path file = checkout().root() / "bundle.hpp";
  CHECK(checkout().wb({"bundle", "halve", "-o", file.string()}).code ==
        exit_ok);
  const std::string text = read_file(file);
  CHECK_FALSE(contains(text, "#include <whiteboard/"));
  CHECK_FALSE(contains(text, "solution:"));
  Command compile;
  compile.argv = {"c++",           "-std=c++20", "-x",         "c++",
                  "-fsyntax-only", "-w",         file.string()};
  CHECK(run(compile).ok());
  CHECK(checkout().wb({"bundle", "halve"}).output == text);
}

TEST_CASE("only a solved attempt races, without a benchmark on its claims") {
  start();
  const Outcome unsolved = checkout().wb({"race"});
  CHECK(unsolved.code == exit_wrong);
  CHECK(contains(unsolved.output, "only a solved attempt"));
  checkout().add(kAttempt, header(kBody));
  const Outcome solved = checkout().wb({"race", "--json"});
  CAPTURE(solved.output);
  CHECK(solved.code == exit_ok);
  const json lane = json::parse(solved.output).at("lanes").at(0);
  CHECK(lane.at("kernel") == "all claims");
  CHECK(lane.at("low") <= lane.at("speed_up"));
  CHECK(lane.at("speed_up") <= lane.at("high"));
}

TEST_CASE("the home page says where practice stands") {
  start();
  judged("  return {};\n", exit_wrong);
  const Outcome outcome = checkout().wb({});
  CHECK(contains(outcome.output, "coding/halve"));
  CHECK(contains(outcome.output, "next: ./wb watch"));
}
