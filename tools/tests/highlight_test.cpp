#include "highlight.hpp"

#include "text.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace wb;

namespace {

/// The role of the first span that holds `text`.
Role role_of(const Lines& lines, std::string_view text) {
  for (const Line& line : lines) {
    for (const Span& span : line) {
      if (span.text.find(text) != std::string::npos) return span.role;
    }
  }
  FAIL("not found: " << text);
  return Role::plain;
}

Role role_in(std::string_view code, std::string_view text) {
  return role_of(highlight_cpp(code), text);
}

}  // namespace

TEST_SUITE("highlight: C++") {
  TEST_CASE("each kind of token") {
    CHECK(role_in("return x;", "return") == Role::keyword);
    CHECK(role_in("double x;", "double") == Role::type);
    CHECK(role_in("std::vector<int> v;", "vector") == Role::type);
    CHECK(role_in("KMeansResult r;", "KMeansResult") == Role::type);
    CHECK(role_in("X = C;", "X = C;") == Role::plain);  // matrices
    CHECK(role_in("f(42)", "42") == Role::number);
    CHECK(role_in("s = \"a b\";", "\"a b\"") == Role::string);
    CHECK(role_in("c = 'x';", "'x'") == Role::string);
    CHECK(role_in("x;  // why", "// why") == Role::comment);
    CHECK(role_in("#pragma once", "#pragma") == Role::preprocessor);
    CHECK(role_in("#include <Eigen/Core>", "<Eigen/Core>") == Role::string);
    CHECK(role_in("a < b > c", "<") == Role::plain);
  }

  TEST_CASE("every keyword and type of the tables is found") {
    for (const char* word :
         {"alignas", "and", "co_await", "concept", "const_cast", "constexpr",
          "register", "reinterpret_cast", "requires", "static_assert",
          "template", "while"}) {
      CHECK(role_in(word, word) == Role::keyword);
    }
    for (const char* word : {"array", "int64_t", "mt19937_64", "ptrdiff_t",
                             "string_view", "unordered_map", "xtensor"}) {
      CHECK(role_in(word, word) == Role::type);
    }
    CHECK(role_in("returns", "returns") == Role::plain);
    CHECK(role_in("v.array()", "array") == Role::plain);
  }

  TEST_CASE("numbers") {
    for (const char* number : {"1'000'000", "0x1F", "1e-12", "2.5f", ".5",
                               "0x1p+3", "20'000.0", "1E+5"}) {
      const Lines lines = highlight_cpp(number);
      REQUIRE(lines.size() == 1);
      REQUIRE(lines[0].size() == 1);
      CHECK(lines[0][0] == Span{number, Role::number});
    }
    CHECK(role_in("1-2", "-") == Role::plain);
    CHECK(role_in("x1", "x1") == Role::plain);
  }

  TEST_CASE("quotes inside strings") {
    CHECK(role_in(R"(f("a\"b", 1))", "\"a\\\"b\"") == Role::string);
    CHECK(role_in("c = '\\'';", "'\\''") == Role::string);
    CHECK(role_in("s = \"// no\";", "// no") == Role::string);
    CHECK(role_in("// \"no\"", "no") == Role::comment);
  }

  TEST_CASE("raw strings hold anything, over several lines") {
    const Lines lines =
        highlight_cpp("auto s = R\"x(a \" )\" \n// b)x\"; return;");
    REQUIRE(lines.size() == 2);
    CHECK(lines[1][0] == Span{"// b)x\"", Role::string});
    CHECK(role_of(lines, "return") == Role::keyword);
    CHECK(role_in("R\"(never closed", "never") == Role::string);
    CHECK(role_in("u8R\"(x)\" y", "x") == Role::string);
    CHECK(role_in("R\"no", "no") == Role::string);
  }

  TEST_CASE("block comments over several lines, closed or not") {
    const Lines lines = highlight_cpp("/* a\n b */ int x; /* c");
    REQUIRE(lines.size() == 2);
    CHECK(lines[0] == Line{{"/* a", Role::comment}});
    CHECK(lines[1][0] == Span{" b */", Role::comment});
    CHECK(role_of(lines, "/* c") == Role::comment);
  }

  TEST_CASE("an open string ends with its line") {
    const Lines lines = highlight_cpp("s = \"open\nint x;");
    CHECK(role_of(lines, "int") == Role::type);
    CHECK(role_in("#include <open\nint x;", "int") == Role::type);
  }

  TEST_CASE("nothing is lost but the markers; lines stay lines") {
    const std::string code =
        "#pragma once\n\n// α text\ntemplate <class T>\nT f(T x) {\n"
        "  // solution:begin\n  return x * 2.0;  // twice\n"
        "  // solution:end\n}\n";
    const Lines lines = highlight_cpp(code);
    CHECK(plain_text(lines) == strip_markers(code));
    CHECK(lines.size() == 7);
    CHECK(highlight_cpp("").empty());
    CHECK(plain_text(highlight_cpp("\n\nx")) == "\n\nx\n");
  }

  TEST_CASE("bytes that harm a terminal do not come through") {
    CHECK(plain_text(highlight_cpp("a\033[31m\xFF;")) == "a[31m\uFFFD;\n");
    CHECK(plain_text(highlight_cpp("\tx\r\n a\tb")) == "    x\n a  b\n");
    CHECK(plain_text(highlight_cpp(std::string_view("a\0b", 3))) == "ab\n");
  }
}

TEST_SUITE("highlight: markers") {
  TEST_CASE("marker lines go, whatever their indentation") {
    CHECK(strip_markers("a\n  // solution:begin\nb\n// solution:end\nc\n") ==
          "a\nb\nc\n");
    CHECK(strip_markers("// solution:begin\r\nx") == "x");
    CHECK(strip_markers("// solution:end") == "");
    CHECK(strip_markers("") == "");
  }

  TEST_CASE("what only resembles a marker stays") {
    for (const char* line : {"x;  // solution:begin", "// solution:beginning",
                             "// solution", "//solution:begin"}) {
      CHECK(strip_markers(line) == line);
    }
  }
}

TEST_SUITE("highlight: diffs") {
  TEST_CASE("roles") {
    const Lines lines = highlight_diff(
        "Breaks: a, b\n\n--- a/x.hpp\n+++ b/x.hpp\n@@ -1,2 +1,2 @@\n"
        " same\n-old\n+new\n--- gone\n");
    REQUIRE(lines.size() == 9);
    CHECK(lines[0][0].role == Role::plain);
    CHECK(lines[1].empty());
    CHECK(lines[2][0].role == Role::label);
    CHECK(lines[3][0].role == Role::label);
    CHECK(lines[4][0].role == Role::maths);
    CHECK(lines[5][0].role == Role::plain);
    CHECK(lines[6][0].role == Role::bad);
    CHECK(lines[7][0].role == Role::good);
    CHECK(lines[8][0] == Span{"--- gone", Role::bad});  // was "-- gone"
  }

  TEST_CASE("signs stay: colour alone says nothing") {
    CHECK(plain_text(highlight_diff("-a\n+b")) == "-a\n+b\n");
    CHECK(highlight_diff("").empty());
  }

  TEST_CASE("text without a language") {
    CHECK(plain_text(unstyled("a\tb\n\nc")) == "a   b\n\nc\n");
    CHECK(unstyled("x", Role::code) == Lines{{{"x", Role::code}}});
  }
}
