#include "lint.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include "error.hpp"
#include "scaffold.hpp"

using namespace wb;

namespace {

const std::string kPage = "questions/maths/a.md";
const std::string kHeader = "include/whiteboard/maths/a.hpp";
const std::string kTest = "tests/maths/a_test.cpp";
const std::string kPatch = "tests/maths/a.mistakes/one_too_few.patch";
const std::string kBench = "bench/maths/a_bench.cpp";
const std::string kCodingPage = "questions/coding/b.md";
const std::string kCodingHeader = "include/whiteboard/coding/b.hpp";

/// A checkout with two questions that lint has nothing to say about.
struct Checkout {
  fs::path root =
      fs::temp_directory_path() / ("wb_lint_" + std::to_string(::getpid()));

  Checkout() {
    fs::remove_all(root);
    fs::create_directories(root / "questions");
    for (const auto* header : {"matrix", "require"}) {
      write("include/whiteboard/core/" + std::string(header) + ".hpp",
            "// A header.\n#pragma once\n");
    }
    scaffold(Workspace(root), "maths/a");
    scaffold(Workspace(root), "coding/b");
  }
  ~Checkout() { fs::remove_all(root); }
  Checkout(const Checkout&) = delete;
  Checkout& operator=(const Checkout&) = delete;

  void write(const fs::path& path, const std::string& text) const {
    write_file(root / path, text);
  }

  void replace(const fs::path& path, const std::string& what,
               const std::string& by) const {
    std::string text = read_file(root / path);
    const std::size_t at = text.find(what);
    REQUIRE_MESSAGE(at != std::string::npos, what);
    write(path, text.replace(at, what.size(), by));
  }

  void append(const fs::path& path, const std::string& text) const {
    write(path, read_file(root / path) + text);
  }

  std::vector<Finding> findings() const { return lint(Workspace(root)); }

  /// "rule: message" of each finding, joined by '|'.
  std::string found() const {
    std::string all;
    for (const auto& f : findings()) {
      if (!all.empty()) all += "|";
      all += f.rule + ": " + f.message;
    }
    return all;
  }
};

/// What is found once `what` is replaced in one file of a good checkout.
std::string after(const fs::path& path, const std::string& what,
                  const std::string& by) {
  const Checkout checkout;
  checkout.replace(path, what, by);
  return checkout.found();
}

/// What is found when `code` is the body of a function of a header.
std::string with_code(const std::string& code) {
  return after(kHeader, "  double total", "  " + code + "\n  double total");
}

bool has(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) MESSAGE("found: " << text);
  return found;
}

}  // namespace

TEST_SUITE("lint") {
  TEST_CASE("a good checkout has no findings") {
    CHECK(Checkout().found().empty());
  }

  TEST_CASE("findings are in order, with file and line") {
    const Checkout checkout;
    checkout.append(kTest, "// a \n// b \n");
    checkout.append(kPage, "c \n");
    const auto found = checkout.findings();
    REQUIRE(found.size() == 3);
    CHECK(found[0].file == kPage);
    CHECK(found[1].file == kTest);
    CHECK(found[1].line + 1 == found[2].line);
  }

  TEST_CASE("paths") {
    const Checkout checkout;
    checkout.write("bench/maths/x_bench.cpp", "\n");
    CHECK(checkout.found() == "paths: there is no questions/maths/x.md");
    fs::remove(checkout.root / "bench/maths/x_bench.cpp");
    checkout.write("bench/support/x_bench.cpp", "\n");
    checkout.write("tests/headers/x_test.cpp", "\n");
    CHECK(checkout.found().empty());
    checkout.write("questions/README.md", "\n");
    CHECK(checkout.found() == "paths: not in questions/<section>/");
    fs::remove(checkout.root / "questions/README.md");
    checkout.write("questions/index.md", "---\nview: home\n---\n");
    CHECK(checkout.found().empty());
    checkout.write("include/whiteboard/x.hpp",
                   "// Question: a\n#pragma once\n");
    CHECK(has(checkout.found(), "paths: library headers are "));
  }

  TEST_CASE("a file that cannot be read is a finding") {
    const Checkout checkout;
    checkout.write("tests/broken.cpp", "int a;\n// \xFF\n");
    fs::create_symlink("nowhere", checkout.root / "tests/gone.cpp");
    const auto found = checkout.findings();
    REQUIRE(found.size() == 2);
    CHECK(found[0].rule == "readable");
    CHECK(found[0].line == 2);
    CHECK(found[1].rule == "readable");
  }

  TEST_CASE("whitespace") {
    const Checkout checkout;
    checkout.write("data/a.csv", "a\t1");
    CHECK(checkout.found() ==
          "whitespace: a tab|whitespace: no line end at the end of the file");
    checkout.write("data/a.csv", "a,1\r\n");
    CHECK(checkout.found() == "whitespace: blanks at the end");
    checkout.write("data/a.csv", "");
    checkout.write("data/Makefile", "a:\n\tb\n");
    checkout.append(kPatch, " \n");
    CHECK(checkout.found().empty());
    checkout.write("build/a.cpp", "a \n");
    CHECK(checkout.found().empty());
  }

  TEST_CASE("leftovers") {
    const std::string mark = std::string("TO") + "DO";
    CHECK(after(kTest, "// Verifies", "// " + mark + ": x\n// Verifies") ==
          "leftovers: a mark: " + mark);
    CHECK(after(kTest, "// Verifies", "// AU" + mark + "R\n// Verifies") == "");
    CHECK(after(kTest, "namespace {",
                std::string("#if") + " 0\n#endif\n"
                                     "namespace {") ==
          "leftovers: code switched off");
  }

  TEST_CASE("front matter") {
    const auto key = [](const std::string& by) {
      return after(kPage, "see_also: []\n", by);
    };
    CHECK(key("colour: red\n") == "front-matter: unknown key 'colour'");
    CHECK(key("minutes: 5\n") == "front-matter: unknown key 'minutes'");
    CHECK(key("see_also: [maths/b, llm/c]\n") == "");
    CHECK(key("see_also: [maths/b, maths/b]\n") ==
          "front-matter: see_also 'maths/b' is there twice");
    CHECK(key("see_also: [maths/a]\n") ==
          "front-matter: see_also names the question itself");
    for (const std::string id : {"b", "nowhere/b", "maths/B", "maths/"}) {
      CHECK(key("see_also: [" + id + "]\n") ==
            "front-matter: see_also: '" + id + "' is not <section>/<slug>");
    }
    CHECK(has(after(kPage, "level: core", "level: hard"),
              "level is core, deeper or stretch, not 'hard'"));
    CHECK(has(after(kPage, "level: core\n", ""), "there is no key 'level'"));
    CHECK(has(after(kPage, "asked_as:\n  - Explain a.\n", "asked_as: []\n"),
              "asked_as is empty"));
    CHECK(has(after(kPage, "---\ntitle", "title"), "front-matter: "));
    CHECK(
        has(after(kPage, "title: What is a?", "title: [a"), "front-matter: "));
  }

  TEST_CASE("front matter of coding questions") {
    CHECK(has(after(kCodingPage, "minutes: 5\n", ""),
              "there is no key 'minutes'"));
    CHECK(after(kCodingPage, "minutes: 5", "minutes: 0") ==
          "front-matter: minutes must be at least 1");
    CHECK(after(kCodingPage, "  - One pass is enough.\n", "") ==
          "front-matter: three hints, not 2");
    CHECK(has(after(kCodingPage, "One pass is enough.",
                    "'Write return total/static_cast<double>(x.size()).'"),
              "front-matter: hint 2 has a line of the solution: return"));
  }

  TEST_CASE("sections") {
    CHECK(after(kPage, "## Cost", "## Costs") ==
          "sections: there is no section 'Cost'|"
          "sections: unknown section 'Costs'");
    CHECK(after(kPage, "## Follow-ups", "## Cost") ==
          "sections: there is no section 'Follow-ups'|"
          "sections: 'Cost' is out of order or twice");
    CHECK(after(kPage, "1. Any introduction to statistics.\n", "") ==
          "sections: 'References' is empty");
    CHECK(after(kPage, "## References",
                "## Cited, not tested\n\nA.\n\n## References") == "");
    CHECK(has(after(kPage, "## Cost", "## The task\n\na\n\n## Cost"),
              "'The task' is out of order"));
    CHECK(has(after(kCodingPage, "## The task", "### The task"),
              "there is no section 'The task'"));
  }

  TEST_CASE("a page starts with links to its files") {
    const std::string code = "[Code](../../include/whiteboard/maths/a.hpp)";
    const std::string bench = "[Benchmark](../../bench/maths/a_bench.cpp)";
    CHECK(has(after(kPage, code + " ·", ""),
              "file-links: between front matter and first heading must stand " +
                  code +
                  " · [Tests](../../tests/maths/a_test.cpp) · "
                  "[Mistakes](../../tests/maths/a.mistakes) · " +
                  bench));
    CHECK(has(after(kPage, bench, bench + " and more"), "file-links: "));
    CHECK(after(kPage, " ·\n" + bench, " · " + bench).empty());
    CHECK(has(after(kCodingPage, "[Solution]", "[Code]"), "file-links: "));
    const Checkout checkout;
    fs::remove(checkout.root / kBench);
    CHECK(has(checkout.found(), "file-links: "));
    checkout.replace(kPage, " ·\n" + bench, "");
    CHECK(checkout.found().empty());
  }

  TEST_CASE("a page without code needs no claims") {
    const Checkout checkout;
    checkout.write("questions/behavioral/c.md",
                   "---\ntitle: C\nlevel: core\nasked_as: [C]\n---\n\n"
                   "## In one minute\n\na\n\n## The answer in full\n\na\n\n"
                   "## Follow-ups\n\na\n\n## References\n\na\n");
    CHECK(checkout.found().empty());
  }

  TEST_CASE("claims and test cases") {
    const std::string claim = "1. **halfway_between_the_ends**";
    CHECK(has(after(kPage, claim, "2. **halfway_between_the_ends**"),
              "claims-match: claim 2 should have number 1"));
    CHECK(has(after(kPage, claim, "1. **other**"),
              "claims-match: claim 'other' has no TEST_CASE in suite "
              "\"maths/a\""));
    CHECK(has(after(kPage, claim, "1. **other**"),
              "'halfway_between_the_ends' is no claim of " + kPage));
    CHECK(has(after(kPage, claim, "1. **Half**"), "'Half' is not snake_case"));
    CHECK(has(after(kPage, claim,
                    claim + ": a\n2. **halfway_between_the_ends"
                            "**"),
              "claim 'halfway_between_the_ends' is there twice"));
    CHECK(has(after(kPage, claim + ":", "1. halfway:"), "page: "));
    CHECK(has(after(kTest, "  TEST_CASE(\"halfway",
                    "  TEST_CASE(\"halfway_between_the_ends\") { CHECK(a); }\n"
                    "  TEST_CASE(\"halfway"),
              "'halfway_between_the_ends' is there twice"));
    CHECK(has(after(kTest, "TEST_CASE(\"halfway_between_the_ends\")",
                    "TEST_CASE_TEMPLATE(\"halfway_between_the_ends\", T, int)"),
              "claims are TEST_CASE(\"claim_id\"), not TEST_CASE_TEMPLATE"));
    CHECK(has(after(kTest, "the_ends\")", "the_ends\" * doctest::skip())"),
              "claims are TEST_CASE(\"claim_id\")"));
    CHECK(has(after(kTest, "arguments that", "arguments, that"),
              "a comma in a test's name"));
    CHECK(has(after(kTest, "maths/a extra", "maths/a more"),
              "a case lies in suite \"maths/a\" or \"maths/a extra\""));
  }

  TEST_CASE("a header needs a test and claims") {
    const Checkout checkout;
    fs::remove(checkout.root / kTest);
    CHECK(has(checkout.found(), "claims-match: there is no " + kTest + "|"));
    checkout.replace(kPage,
                     "1. **halfway_between_the_ends**: the mean of 1, 2, 3, 4 "
                     "is 2.5.",
                     "None.");
    CHECK(has(checkout.found(), "a question with a header has claims"));
  }

  TEST_CASE("a claim has checks") {
    CHECK(after(kTest, "CHECK(close(got, 2.5));", "use(got);") ==
          "claim-has-checks: 'halfway_between_the_ends' checks nothing");
    CHECK(after(kTest, "CHECK(close(got, 2.5));", "check_mean(got);") == "");
    CHECK(has(after(kTest, "close(got, 2.5)", "got == doctest::Approx(2.5)"),
              "claim-has-checks: Approx is not used"));
    CHECK(after(kTest, "close(got, 2.5)", "got.isApprox(a)") == "");
  }

  TEST_CASE("mistakes and patches") {
    CHECK(after(kPatch, "Breaks: halfway_between_the_ends", "Breaks: other") ==
          "mistakes-match: 'one_too_few' says it breaks "
          "halfway_between_the_ends; its patch says other|"
          "mistakes-match: 'other' is no claim of the page");
    CHECK(has(after(kPatch, "Breaks: halfway_between_the_ends", "A"),
              "the first line must be 'Breaks: claim_a, claim_b'"));
    CHECK(has(after(kPatch, "+++ b/" + kHeader, "+++ b/other.hpp"),
              "not a diff against " + kHeader));
    CHECK(has(after(kPage, "**one_too_few**", "**other**"),
              "there is no tests/maths/a.mistakes/other.patch"));
    CHECK(has(after(kPage, "**one_too_few**", "**other**"),
              "the page does not name it"));
    CHECK(has(after(kPage, "- **one_too_few**",
                    "- **One**: a.\n- **one_too_"
                    "few**"),
              "'One' is not snake_case"));
  }

  TEST_CASE("equations and claims that are referred to") {
    CHECK(has(after(kHeader, "Eq. (1)", "Eq. (2)"),
              "equations: there is no equation (2) in " + kPage));
    CHECK(after(kHeader, "Eq. (1)", "Eqs. (1) and (7)") ==
          "equations: there is no equation (7) in " + kPage);
    CHECK(after(kHeader, "Eq. (1)", "Eq. (A)") == "");
    CHECK(has(after(kPage, "(claim 1)", "(claims 1 and\n2)"),
              "equations: there is no claim 2"));
    CHECK(after(kPage, "(claim 1)", "it claims 3.5 percent") == "");
    CHECK(
        has(after(kPage, "\\tag{1}", "\\tag{1} \\\\\n b \\tag{1}"), "page: "));
  }

  TEST_CASE("solution regions") {
    CHECK(has(after(kCodingHeader, "  // solution:end\n", ""),
              "solution: a solution region has no end"));
    CHECK(has(after(kHeader, "  double total = 0.0;",
                    "  // solution:begin\n  double total = 0.0;\n"
                    "  // solution:end"),
              "solution: solution regions are for coding questions"));
    const Checkout checkout;
    checkout.replace(kCodingHeader, "  // solution:end\n", "");
    checkout.replace(kCodingHeader, "  // solution:begin\n", "");
    CHECK(has(checkout.found(), "no solution region marks"));
  }

  TEST_CASE("the block of a header") {
    const auto block = [](const std::string& what, const std::string& by) {
      return after(kHeader, what, by);
    };
    CHECK(block("// Method: ", "// Trick:  ") ==
          "header-block: there is no key 'Method'|"
          "header-block: unknown key 'Trick'");
    CHECK(has(block("// Method: ", "// Memory: "), "out of order or twice"));
    CHECK(has(block("questions/maths/a.md", "questions/maths/b.md"),
              "'Answer' must start with questions/maths/a.md"));
    CHECK(block("// Time:        O(n)", "// Time:") ==
          "header-block: 'Time' says nothing");
    CHECK(block("// Symbols:", "// and more\n// Symbols:") ==
          "header-block: a line of the block belongs to no key");
    CHECK(block("// Symbols:", "//              and more\n// Symbols:") == "");
    CHECK(has(block("one sum", "Copyright one sum"),
              "'copyright' does not belong into a header"));
    CHECK(block("#pragma once\n", "") ==
          "header-block: there is no #pragma once");
    const Checkout checkout;
    checkout.write("include/whiteboard/core/x.hpp", "#pragma once\n");
    CHECK(has(checkout.found(), "a header starts with a comment"));
  }

  TEST_CASE("includes") {
    const auto include = [](const std::string& what) {
      return after(kHeader, "#include <Eigen/Core>", "#include " + what);
    };
    CHECK(has(include("\"b.hpp\""), "<whiteboard/...> only, not \"b.hpp\""));
    CHECK(has(include("<Eigen/Dense>"), "<Eigen/Dense> is all of Eigen"));
    CHECK(has(include("<xtensor/xmath.hpp>"), "xtensor comes with"));
    CHECK(include("<whiteboard/core/none.hpp>") ==
          "includes: there is no include/whiteboard/core/none.hpp");
    CHECK(include("<vector>") == "");
    CHECK(has(after(kBench, "<support/bench.hpp>", "<whiteboard/x.hpp>"),
              "there is no include/whiteboard/x.hpp"));
  }

  TEST_CASE("auto for expressions") {
    for (const std::string code :
         {"auto a = x.row(0);", "const auto& a = x.transpose();",
          "auto a = x.colwise().mean();", "auto a = 2.0 * x.col(1);",
          "auto a = (x.row(0) - y) * 2.0;", "auto a = x.array().exp() + b;",
          "auto a = x.rowwise().sum();", "auto a = Matrix::Zero(3, 3);",
          "auto a = xt::exp(b);", "auto a = xt::view(b, 1, xt::all());",
          "auto a = c ? x.head(1) : x.tail(1);", "auto a = x.cwiseAbs();",
          "auto a = x.template cast<float>();"}) {
      CAPTURE(code);
      CHECK(has(with_code(code), "auto-expression: 'auto a' holds"));
    }
  }

  TEST_CASE("auto for values") {
    for (const std::string code :
         {"auto a = f(x.row(0));", "auto a = x.row(0).sum();",
          "auto a = (x.row(0) - y).squaredNorm();", "auto a = x.rows() * 2;",
          "auto a = x.transpose().eval();", "auto a = x.row(0) == y;",
          "auto a = x.colwise().sum().maxCoeff();", "auto a = x.row(0)(1);",
          "auto a = static_cast<int>(x.row(0).size());",
          "auto a = [&](int i) { return x.row(i); };",
          "const auto [a, b] = options;", "auto a = Matrix(x.row(0));",
          "auto a = xt::sum(b)();", "auto a = xt::eval(b);",
          "auto a = std::min<long>(512, n - first);",
          "auto a = table.matrix(names);", "for (auto a : x.rowwise()) {\n  }",
          "auto a = i < n ? 1 : 2;"}) {
      CAPTURE(code);
      CHECK(with_code(code) == "");
    }
  }

  TEST_CASE("lazy reducers") {
    for (const std::string code :
         {"b = a - xt::amax(a, {2}, xt::keep_dims);",
          "T b = xt::exp(xt::sum(a, {1}));", "f(xt::mean(a));",
          "T b = xt::sum<double>(a) / 2.0;"}) {
      CAPTURE(code);
      CHECK(has(with_code(code), "lazy-reducer: xt::"));
    }
    CHECK(has(with_code("const auto b = xt::sum(a, {1});"), "lazy-reducer"));
    for (const std::string code :
         {"xt::xtensor<float, 3> b = xt::amax(a, {2}, xt::keep_dims);",
          "const double b = 2.0 * xt::sum(a)();", "b = xt::mean(a, {1});",
          "const T b = xt::eval(xt::sum(a, {1}));",
          "return xt::sum(a, {1});"}) {
      CAPTURE(code);
      CHECK(with_code(code) == "");
    }
  }

  TEST_CASE("lengths") {
    CHECK(with_code("// " + std::string(76, 'a')) ==
          "length: 81 columns; 80 at most");
    std::string letters;
    for (int i = 0; i < 75; ++i) letters += "\xC3\xA9";
    CHECK(with_code("// " + letters) == "");
    CHECK(with_code("// http://" + std::string(90, 'a')) == "");
    std::string lines;
    for (int i = 0; i < 33; ++i) lines += "f();\n";
    CHECK(with_code(lines) == "length: a_mean has 41 lines; 40 at most");
    const Checkout checkout;
    std::string many;
    for (int i = 0; i < 240; ++i) many += "// a\n";
    checkout.append(kHeader, many);
    CHECK(has(checkout.found(), "lines; a header has 250 at most"));
  }

  TEST_CASE("links") {
    const auto link = [](const std::string& text) {
      return after(kPage, "## Cost\n", "## Cost\n\n" + text + "\n");
    };
    CHECK(link("[a](b.md)") == "links: 'b.md' leads nowhere");
    CHECK(link("[a](../coding/b.md#cost) and [b](#follow-ups)") == "");
    CHECK(link("[a](#nowhere)") == "links: there is no heading '#nowhere'");
    CHECK(link("[a](https://example.org/x)") == "");
    CHECK(link("[a](/etc/passwd)") == "links: '/etc/passwd' leads nowhere");
    CHECK(link("[a](../../../x)") == "links: '../../../x' leads nowhere");
    CHECK(link("`[a](b.md)` and $f[x](t)$") == "");
    CHECK(link("```\n[a](b.md)\n```") == "");
    CHECK(link("[a]: b.md") == "links: 'b.md' leads nowhere");
    CHECK(link("[a]()") == "links: there is no heading ''");
  }

  TEST_CASE("return types") {
    CHECK(after(kHeader, "inline double a_mean", "inline auto a_mean") ==
          "public-auto: a_mean must spell its return type");
    CHECK(after(kHeader, "inline double a_mean(const VectorRef& x)",
                "inline auto a_mean(const VectorRef& x) -> double") == "");
  }
}

TEST_SUITE("format") {
  TEST_CASE("one call for all source files") {
    const Checkout checkout;
    std::vector<std::string> argv;
    const auto run = [&](const std::vector<std::string>& arguments,
                         const fs::path& directory) {
      argv = arguments;
      CHECK(directory == checkout.root);
      return FormatRun{true, 0, ""};
    };
    CHECK(lint_format(Workspace(checkout.root), run).empty());
    REQUIRE(argv.size() == 3 + 8);
    CHECK(argv[0] == "clang-format");
    CHECK(argv[3] == "bench/coding/b_bench.cpp");
  }

  TEST_CASE("complaints, one for each file") {
    const Checkout checkout;
    const auto run = [](const auto&, const auto&) {
      return FormatRun{true, 1,
                       "a.hpp:12:3: error: code should be clang-formatted "
                       "[-Wclang-format-violations]\n  x\n"
                       "a.hpp:20:3: error: code should be clang-formatted "
                       "[-Wclang-format-violations]\n"};
    };
    const auto found = lint_format(Workspace(checkout.root), run);
    REQUIRE(found.size() == 1);
    CHECK(found[0].file == "a.hpp");
    CHECK(found[0].line == 12);
    CHECK(found[0].rule == "format");
  }

  TEST_CASE("a failure without a complaint is a finding") {
    const Checkout checkout;
    const auto found =
        lint_format(Workspace(checkout.root), [](const auto&, const auto&) {
          return FormatRun{true, 1, "invalid configuration\n"};
        });
    REQUIRE(found.size() == 1);
    CHECK(found[0].message == "clang-format failed: invalid configuration");
  }

  TEST_CASE("without clang-format there is a notice and no finding") {
    const Checkout checkout;
    const auto run = [](const auto&, const auto&) { return FormatRun{}; };
    std::string notice;
    const auto found =
        lint_format(Workspace(checkout.root), run,
                    [&](const std::string& text) { notice = text; });
    CHECK(found.empty());
    CHECK(notice == "clang-format is not installed: format not checked");
    CHECK(lint_format(Workspace(checkout.root), run).empty());
  }
}
