// Starters: what is cut, what is left, what must not be left.
#include "starter.hpp"

#include <doctest/doctest.h>

#include "error.hpp"

using namespace wb;

namespace {

const Question kQuestion{"coding", "halve"};

const std::string kReference =
    "// Question:    Halve a number.\n"
    "// Answer:      questions/coding/halve.md\n"
    "// Method:      a division by two\n"
    "// Time:        O(1)\n"
    "// Symbols:     x  the number\n"
    "#pragma once\n\n"
    "#include <whiteboard/core/matrix.hpp>\n"
    "#include <whiteboard/core/require.hpp>\n\n"
    "#include <cmath>\n\n"
    "namespace whiteboard::coding {\n\n"
    "// solution:begin\n"
    "inline double reciprocal_of_two() { return std::pow(2.0, -1.0); }\n"
    "// solution:end\n\n"
    "/// Half of x.\n"
    "inline double halve(double x) {\n"
    "  require(std::isfinite(x), \"halve: x is \", x);\n"
    "  // solution:begin\n"
    "  const double half = x * reciprocal_of_two();\n"
    "  return half;\n"
    "  // solution:end\n"
    "}\n\n"
    "}  // namespace whiteboard::coding\n";

Answer answer() {
  Answer answer;
  answer.front.title = "Halve a number.";
  answer.front.minutes = 5;
  return answer;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_SUITE("starter") {
  TEST_CASE("the solution is gone and the interface stays") {
    const std::string starter = cut_starter(kQuestion, answer(), kReference);
    CHECK(has(starter, "inline double halve(double x) {\n  require("));
    CHECK(has(starter, "  not_written(\"halve\");  // your code here\n}\n"));
    CHECK_FALSE(has(starter, "reciprocal"));
    CHECK_FALSE(has(starter, "const double half"));
    CHECK_FALSE(has(starter, "solution:"));
  }

  TEST_CASE("the block names the task and its symbols but not the method") {
    const std::string starter = cut_starter(kQuestion, answer(), kReference);
    CHECK(starter.starts_with("// Halve a number.\n// 5 minutes."));
    CHECK(has(starter, "./wb watch coding/halve"));
    CHECK(has(starter, "// Symbols:     x  the number\n#pragma once\n"));
    CHECK_FALSE(has(starter, "division"));
    CHECK_FALSE(has(starter, "O(1)"));
  }

  TEST_CASE("what it calls is included, in order") {
    const std::string starter = cut_starter(kQuestion, answer(), kReference);
    CHECK(has(starter,
              "core/matrix.hpp>\n#include <whiteboard/core/not_written.hpp>\n"
              "#include <whiteboard/core/require.hpp>\n"));
    std::string without = kReference;
    const std::size_t at = without.find("#include <whiteboard/core/matrix");
    without.erase(at, without.find("#include <cmath>") - at);
    CHECK(has(cut_starter(kQuestion, answer(), without),
              "#include <whiteboard/core/not_written.hpp>\n\n"
              "#include <cmath>\n"));
  }

  TEST_CASE("cutting twice changes nothing") {
    const std::string once = cut_starter(kQuestion, answer(), kReference);
    CHECK(cut_starter(kQuestion, answer(), once) == once);
  }

  TEST_CASE("unsound markers are an error with their line") {
    std::string broken = kReference;
    broken.erase(broken.rfind("  // solution:end\n"), 18);
    CHECK_THROWS_WITH_AS(
        cut_starter(kQuestion, answer(), broken),
        "include/whiteboard/coding/halve.hpp:22: a solution region has no end",
        Error);
  }

  TEST_CASE("the default answer empties regions only") {
    const std::string text = cut_default_answer(
        "#include <a>\nint kept() { return 1; }\nint cut() {\n"
        "// solution:begin\nreturn 2;\n// solution:end\n}\n"
        "struct S {\n  S() {\n// solution:begin\nx = 3;\n// solution:end\n  }\n"
        "};\n// solution:begin\nint helper() { return 4; }\n"
        "// solution:end\n");
    CHECK(has(text, "int kept() { return 1; }"));
    CHECK(has(text, "empty_answer<int>()"));
    CHECK_FALSE(has(text, "return 2"));
    CHECK_FALSE(has(text, "x = 3"));
    CHECK_FALSE(has(text, "helper"));
  }

  TEST_CASE("a line of the solution is found wherever it stands") {
    CHECK(leaked_lines(kReference, cut_starter(kQuestion, answer(), kReference))
              .empty());
    const auto leaked = leaked_lines(
        kReference, "try\nconst double half=x*reciprocal_of_two(); // so\n");
    REQUIRE(leaked.size() == 1);
    CHECK(leaked[0] == "constdoublehalf=x*reciprocal_of_two();");
    CHECK(leaked_lines(kReference, "return half;\n").empty());  // too short
    const std::string member =
        "struct S {\n// solution:begin\nstd::vector<double> values;\n"
        "// solution:end\n};\n";
    CHECK(leaked_lines(member, "std::vector<double> values;\n").empty());
  }
}
