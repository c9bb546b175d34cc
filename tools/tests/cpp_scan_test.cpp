#include "cpp_scan.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace wb;
namespace fs = std::filesystem;

namespace {

std::string texts(std::string_view source) {
  std::string all;
  for (const Token& token : tokenize(source)) {
    if (!all.empty()) all += ' ';
    all += token.text;
  }
  return all;
}

TokenKind only_kind(std::string_view source) {
  const auto tokens = tokenize(source);
  REQUIRE(tokens.size() == 1);
  CHECK(tokens[0].text == source);
  return tokens[0].kind;
}

std::string names(std::string_view source) {
  std::string all;
  for (const FunctionBody& body : function_bodies(source)) {
    if (!all.empty()) all += ' ';
    all += body.name;
  }
  return all;
}

FunctionBody only_body(std::string_view source) {
  const auto bodies = function_bodies(source);
  REQUIRE(bodies.size() == 1);
  return bodies[0];
}

std::string body_text(std::string_view source) {
  const FunctionBody body = only_body(source);
  return std::string(source.substr(body.open, body.close + 1 - body.open));
}

std::string emptied(std::string_view source) {
  const std::string all = empty_answer(source);
  const auto end = all.find("#endif\n");
  REQUIRE(end != all.npos);
  return all.substr(end + 7);
}

std::string problem(std::string_view source) {
  const auto found = solution_regions(source);
  REQUIRE(found.problems.size() == 1);
  CHECK(found.regions.empty());
  return std::to_string(found.problems[0].line) + ": " +
         found.problems[0].message;
}

}  // namespace

TEST_SUITE("tokens") {
  TEST_CASE("every kind") {
    CHECK(only_kind("_name1") == TokenKind::identifier);
    CHECK(only_kind("gr\xC3\xB6\xC3\x9F"
                    "e") == TokenKind::identifier);
    CHECK(only_kind("1'000'000ull") == TokenKind::number);
    CHECK(only_kind("0x1.8p-53") == TokenKind::number);
    CHECK(only_kind(".5e+3f") == TokenKind::number);
    CHECK(only_kind("\"a \\\" // b\"") == TokenKind::string);
    CHECK(only_kind("u8\"x\"_s") == TokenKind::string);
    CHECK(only_kind("'\\''") == TokenKind::character);
    CHECK(only_kind("L'{'") == TokenKind::character);
    CHECK(only_kind("R\"(a \" ) \n b)\"") == TokenKind::raw_string);
    CHECK(only_kind("u8R\"x()\" )x\"") == TokenKind::raw_string);
    CHECK(only_kind("// to the end {") == TokenKind::comment);
    CHECK(only_kind("/* two\nlines */") == TokenKind::comment);
    CHECK(only_kind("#include <a/b.hpp>") == TokenKind::preprocessor);
    CHECK(only_kind("<=>") == TokenKind::punctuation);
  }

  TEST_CASE("names that start like a prefix are names") {
    CHECK(texts("R u8 LR Lx") == "R u8 LR Lx");
    CHECK(only_kind("Right") == TokenKind::identifier);
  }

  TEST_CASE("operators are as long as can be but for two closing angles") {
    CHECK(texts("a<<=b->*c...d::e") == "a <<= b ->* c ... d :: e");
    CHECK(texts("vector<vector<int>>x") == "vector < vector < int > > x");
  }

  TEST_CASE("a digit separator starts no character") {
    CHECK(texts("f(1'0, '0')") == "f ( 1'0 , '0' )");
  }

  TEST_CASE("lines and offsets") {
    const auto tokens = tokenize("a\n\n  /* x\n */ b");
    REQUIRE(tokens.size() == 3);
    CHECK(tokens[1].line == 3);
    CHECK(tokens[1].offset == 5);
    CHECK(tokens[2].line == 4);
    CHECK(tokens[2].offset == 14);
  }

  TEST_CASE("directives") {
    CHECK(texts("#define F(x) \\\n  x + 1\ny") == "#define F(x) \\\n  x + 1 y");
    const auto tokens = tokenize("  #  include <a>  // why\n");
    REQUIRE(tokens.size() == 2);
    CHECK(tokens[0].text == "#  include <a>");
    CHECK(tokens[1].text == "// why");
    CHECK(tokenize("#define U \"http://x\"\n").size() == 1);
    CHECK(tokenize("a # b")[1].kind == TokenKind::punctuation);
  }

  TEST_CASE("line ends of Windows and hidden line ends") {
    CHECK(texts("a // b\r\nc") == "a // b c");
    CHECK(texts("// a \\\n b\nc") == "// a \\\n b c");
    CHECK(texts("a \\\n b") == "a b");
  }

  TEST_CASE("what has no end") {
    CHECK(texts("\"abc\nx") == "\"abc x");
    CHECK(texts("'a\nx") == "'a x");
    CHECK(texts("/* abc\nx") == "/* abc\nx");
    CHECK(texts("R\"(abc\nx") == "R\"(abc\nx");
    CHECK(texts("R\"abc") == "R\"abc");
    CHECK(texts("\"abc\\") == "\"abc\\");
    CHECK(texts("").empty());
    CHECK(texts(" \n\t").empty());
  }
}

TEST_SUITE("function bodies") {
  TEST_CASE("free functions and what is known of them") {
    const std::string source =
        "\n/// Doc.\ninline double\nf(int x) {\n"
        "  return x;\n}\n";
    const FunctionBody f = only_body(source);
    CHECK(f.name == "f");
    CHECK(f.return_type == "double");
    CHECK(f.line == 3);
    CHECK(f.lines == 4);
    CHECK(source.substr(f.begin, 6) == "inline");
    CHECK(source[f.open] == '{');
    CHECK(source[f.close] == '}');
    CHECK_FALSE(f.is_constexpr);
    CHECK_FALSE(f.returns_void);
    CHECK_FALSE(f.in_class);
  }

  TEST_CASE("return types") {
    const auto type = [](std::string_view source) {
      return only_body(source).return_type;
    };
    CHECK(type("static inline void f() {}") == "void");
    CHECK(type("const std::vector<A<B>>& f() {}") ==
          "const std::vector<A<B>>&");
    CHECK(type("[[nodiscard]] std::size_t f() {}") == "std::size_t");
    CHECK(type("auto f(int x) -> std::pair<int, int> {}") ==
          "std::pair<int, int>");
    CHECK(type("auto f() -> T requires Small<T> {}") == "T");
    CHECK(type("template <class T>\nMatrixOf<T> f(T x) {}") == "MatrixOf<T>");
    CHECK(type("template <class T> requires A<T> && (B<T> || c)\n T f() {}") ==
          "T");
    CHECK(type("int Pool::size() const {}") == "int");
    CHECK(type("A::B Pool<T>::size() const noexcept {}") == "A::B");
    CHECK(type("Pool::Pool() {}").empty());
    CHECK(type("struct S { explicit operator bool() const {} };") == "bool");
    CHECK(type("std::ostream& operator<<(std::ostream& o, S) {}") ==
          "std::ostream&");
    CHECK(type("template <> int f<int>(int) {}") == "int");
    CHECK(type("decltype(auto) f() {}") == "decltype(auto)");
    CHECK(type("std::function<int(int)> f(int x) {}") ==
          "std::function<int(int)>");
  }

  TEST_CASE("flags") {
    CHECK(only_body("void f() {}").returns_void);
    CHECK(only_body("constexpr int f() { return 1; }").is_constexpr);
    CHECK(only_body("consteval int f() { return 1; }").is_constexpr);
    CHECK(only_body("[[noreturn]] void f() {}").is_noreturn);
    CHECK(only_body("auto f() {}").is_auto);
    CHECK(only_body("std::floating_point auto f() {}").is_auto);
    CHECK_FALSE(only_body("auto f() -> int {}").is_auto);
    CHECK_FALSE(only_body("int f(auto x) {}").is_auto);
    CHECK(only_body("struct S { int f() {} };").in_class);
  }

  TEST_CASE("names") {
    CHECK(names("struct S { S() {} ~S() {} int f() const { return 1; } };") ==
          "S ~S f");
    CHECK(names("bool operator==(A, B) {} int operator()(int) {}") ==
          "operator== operator()");
    CHECK(names("T operator[](int i) {} A operator>>(A, B) {}") ==
          "operator[] operator>>");
    CHECK(names("bool operator<(A, B) {} S& operator=(const S&) {}") ==
          "operator< operator=");
    CHECK(names("int A<B>::f() {} template <> void g<int>(int) {}") == "f g");
    CHECK(names("struct S { operator std::string() const {} };") ==
          "operator std::string");
  }

  TEST_CASE("constructors with initialiser lists") {
    CHECK(body_text("S::S(int a) : a_(a), b_{a, 1}, C<T>(x)... { run(); }") ==
          "{ run(); }");
    CHECK(body_text("struct S { S() : f_([] { return 1; }) {} };") == "{}");
    CHECK(body_text("struct S { S() noexcept(true) : a{} { x; } };") ==
          "{ x; }");
  }

  TEST_CASE("constraints") {
    CHECK(body_text("template <class T> requires requires(const T& t) {"
                    " { t.x } -> A; }\nint f() { a; }") == "{ a; }");
    CHECK(body_text("int f() requires (sizeof(T) > 4) { a; }") == "{ a; }");
    CHECK(body_text("int f() requires requires { T(); } { a; }") == "{ a; }");
    CHECK(body_text("template <std::floating_point T, int N = (3 > 2)>\n"
                    "T f() { a; }") == "{ a; }");
    CHECK(names("template <class T> concept C = requires(T t) { t.f(); };"
                "\nint f() {}") == "f");
  }

  TEST_CASE("what is no function") {
    CHECK(names("enum class E : int { a, b };").empty());
    CHECK(names("namespace n { struct S { int x = 3; int y{4}; }; }").empty());
    CHECK(names("const auto f = [](int x) { return x; };").empty());
    CHECK(names("inline constexpr std::array<int, 2> a{1, 2};").empty());
    CHECK(names("std::vector<int> v = {1, 2};").empty());
    CHECK(names("struct S { S() = default; S(int) = delete; };").empty());
    CHECK(names("struct S { virtual int f() = 0; };").empty());
    CHECK(names("int f(int x = g({1}), A a = {});").empty());
    CHECK(names("S(int) -> S<int>; using A = B<int>; typedef int I;").empty());
    CHECK(names("static_assert(sizeof(int) == 4, \"{\");").empty());
    CHECK(names("int (*handler)(int) = nullptr;").empty());
    CHECK(names("namespace a = b::c;").empty());
    CHECK(names("// void f() {}\n/* int g() {} */").empty());
    CHECK(names("const char* s = R\"(void f() {})\";").empty());
  }

  TEST_CASE("scopes are entered") {
    CHECK(names("namespace a::b { inline namespace c { void f() {} } }\n"
                "extern \"C\" { void g() {} } extern \"C\" int h() {}") ==
          "f g h");
    CHECK(names("class A : public B<C> { public: void f() {} struct D {"
                " int g() {} } d{1}; private: int h() {} };") == "f g h");
    CHECK(names("TEST_SUITE(\"x\") { TEST_CASE(\"y\") { a; } }") ==
          "TEST_CASE");
    CHECK(
        names("struct S { int x{3}; alignas(16) double y[2]; void f() {} };") ==
        "f");
  }

  TEST_CASE("bodies swallow what is in them") {
    CHECK(names("void f() { struct L { int g() {} }; auto h = [] {}; "
                "if (a) { b; } char c = '}'; }\nvoid i() {}") == "f i");
    CHECK(body_text("int f(int x = {}, std::function<int()> g = [] {"
                    " return 1; }) { a; }") == "{ a; }");
  }

  TEST_CASE("broken source ends quietly") {
    CHECK(names("void f() {").empty());
    CHECK(names("} void f() {} }}") == "f");
    CHECK(names("template <class T").empty());
    CHECK(names("struct S {").empty());
    CHECK(names("operator").empty());
    CHECK(names("void f(").empty());
    CHECK(names("requires").empty());
    CHECK(names("[[").empty());
    CHECK(names("S::S() : a").empty());
    CHECK(names("x <").empty());
  }
}

TEST_SUITE("empty answer") {
  TEST_CASE("each kind of function") {
    CHECK(emptied("int f() { return 1; }") ==
          "int f() { return ::whiteboard::testing::empty_answer<int>(); }");
    CHECK(emptied("void f() { a; }") == "void f() {}");
    const std::string refused = "{ throw std::logic_error(\"empty answer\"); }";
    CHECK(emptied("int& f() { a; }") == "int& f() " + refused);
    CHECK(emptied("auto f() { a; }") == "auto f() " + refused);
    CHECK(emptied("[[noreturn]] void f() { a; }") ==
          "[[noreturn]] void f() " + refused);
  }

  TEST_CASE("what is left alone") {
    for (const std::string source :
         {"struct S { S() : a(1) { b; } ~S() { c; } };",
          "constexpr int f() { return 1; }", "int main() { return 1; }",
          "struct S { int x = 3; };", "struct S { S() = default; };"}) {
      CHECK(emptied(source) == source);
    }
  }

  TEST_CASE("the support stands behind the includes") {
    const std::string all = empty_answer(
        "// Block\n#pragma once\n#if A\n#include <a>\n#else\n#include <b>\n"
        "#endif\n// x\nnamespace n {}\n");
    CHECK(
        all.starts_with("// Block\n#pragma once\n#if A\n#include <a>\n#else\n"
                        "#include <b>\n#endif\n// x\n\n#ifndef"));
    CHECK(all.ends_with("#endif\nnamespace n {}\n"));
    CHECK(empty_answer("").find("empty_answer()") != std::string::npos);
  }

  // Everything at once, by the compiler itself; the return value proves that
  // nothing of the reference is left.
  TEST_CASE("an emptied header compiles and answers nothing") {
    const fs::path folder = fs::temp_directory_path() / "wb_empty_answer";
    fs::create_directories(folder);
    const fs::path source = folder / "empty.cpp";
    std::ofstream(source) << empty_answer(R"(
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>
struct Raw { double x[4]; Raw() {} Raw(const Raw&) = default; };
struct Fitted {
  static Fitted fit(int n) { return Fitted(n); }
  int n() const { return n_; }
  explicit operator bool() const { return true; }
 private:
  explicit Fitted(int n) : n_(n) {}
  int n_;
};
struct Result { std::vector<double> values; Raw raw; bool ok = true; };
template <class T> requires (sizeof(T) > 1) T twice(T x) { return x + x; }
template <class T> auto trailing(const T& x) -> std::vector<T> { return {x}; }
inline std::optional<double> maybe() { return 1.0; }
inline std::variant<int, std::string> either() { return "x"; }
inline std::function<int(int)> call() { return [](int x) { return x; }; }
inline std::unique_ptr<int> owned() { return std::make_unique<int>(3); }
inline std::array<double, 2> pair() { return {1.0, 2.0}; }
inline const double constant() { return 1.0; }
inline Result result() { Result r; r.values = {1.0}; r.raw.x[3] = 2; return r; }
inline Raw raw() { Raw r; r.x[0] = 7.0; return r; }
inline int& reference() { static int x = 1; return x; }
template <class F> bool throws(F f) {
  try { f(); } catch (const std::logic_error&) { return true; }
  return false;
}
constexpr int kept() { return 42; }
int main() {
  const bool good = twice(3) == 0 && trailing(1).empty() && !maybe() &&
      either().index() == 0 && !call() && !owned() && pair()[1] == 0.0 &&
      constant() == 0.0 && result().values.empty() && raw().x[0] == 0.0 &&
      result().raw.x[3] == 0.0 && kept() == 42;
  return good ? 0 : 1;
}
)");
    for (const std::string compiler : {"g++", "clang++"}) {
      if (std::system(("command -v " + compiler + " >/dev/null").c_str()) != 0)
        continue;
      CAPTURE(compiler);
      const std::string program = (folder / "empty").string();
      const std::string build =
          compiler + " -std=c++20 -w " + source.string() + " -o " + program;
      REQUIRE(std::system(build.c_str()) == 0);
      CHECK(std::system(program.c_str()) == 0);
    }
    fs::remove_all(folder);
  }
}

TEST_SUITE("solution regions") {
  TEST_CASE("a sound region") {
    const std::string source =
        "int f() {\n  g();\n  // solution:begin\n  if (x) { y; }\n"
        "  // solution:end\n}\n";
    const auto found = solution_regions(source);
    CHECK(found.problems.empty());
    REQUIRE(found.regions.size() == 1);
    const SolutionRegion& r = found.regions[0];
    CHECK(r.begin_line == 3);
    CHECK(r.end_line == 5);
    CHECK(source.substr(r.begin, r.end - r.begin) == "  if (x) { y; }\n");
  }

  TEST_CASE("several regions, and none") {
    CHECK(solution_regions("void f() {\n// solution:begin\na;\n"
                           "// solution:end\n}\nvoid g() {\n"
                           "// solution:begin\nb;\n// solution:end\n}\n")
              .regions.size() == 2);
    const auto none = solution_regions("int f() { return 1; }");
    CHECK(none.regions.empty());
    CHECK(none.problems.empty());
  }

  TEST_CASE("declarations: helpers, and members of a class") {
    const auto found = solution_regions(
        "// solution:begin\nint half(int x) { return x / 2; }\n"
        "// solution:end\nclass C {\n int f() {\n// solution:begin\n"
        "return n_;\n// solution:end\n}\n// solution:begin\nint n_ = 0;\n"
        "// solution:end\n};\n");
    CHECK(found.problems.empty());
    REQUIRE(found.regions.size() == 3);
    CHECK_FALSE(found.regions[0].in_body);
    CHECK(found.regions[1].in_body);
    CHECK_FALSE(found.regions[2].in_body);
  }

  TEST_CASE("a marker in a string is none") {
    CHECK(solution_regions("auto s = \"// solution:begin\";").problems.empty());
  }

  TEST_CASE("what is wrong") {
    CHECK(problem("int f() {\n// solution:begin\na;\n}") ==
          "2: a solution region has no end");
    CHECK(problem("int f() {\na;\n// solution:end\n}") ==
          "3: a solution region ends that has not started");
    CHECK(problem("int f() {\n// solution:begin\na; }\nint g() { b;\n"
                  "// solution:end\n}") ==
          "2: the solution region cuts a function in two");
    CHECK(problem("// solution:begin\nint f() {\n// solution:end\na; }\n") ==
          "1: the solution region cuts a function in two");
    CHECK(problem("int f() {\nif (a) {\n// solution:begin\n}\n"
                  "// solution:end\n}") ==
          "3: brackets in the solution region do not balance");
    CHECK(problem("int f() {\n// solution:begin\ng(a];\n// solution:end\n}") ==
          "2: brackets in the solution region do not balance");
    CHECK(problem("int f() {\n// solution:begin\n\n// solution:end\n}") ==
          "2: the solution region is empty");
    CHECK(problem("// solution: begin\n") ==
          "1: a solution marker stands alone on its line, as "
          "'// solution:begin' or '// solution:end'");
    CHECK(problem("int f() { a; // solution:begin\n}").starts_with("1: "));
  }

  TEST_CASE("regions do not nest") {
    const auto found = solution_regions(
        "int f() {\n// solution:begin\na;\n// solution:begin\nb;\n"
        "// solution:end\n}");
    REQUIRE(found.problems.size() == 1);
    CHECK(found.problems[0].line == 4);
    CHECK(found.problems[0].message ==
          "a solution region starts inside another one");
    CHECK(found.regions.size() == 1);
  }
}
