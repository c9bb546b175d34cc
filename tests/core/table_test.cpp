#include <whiteboard/core/table.hpp>

#include <support/claims.hpp>

#include <clocale>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <limits>
#include <locale>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

using namespace whiteboard;
namespace fs = std::filesystem;

namespace {

using Fields = std::vector<std::string>;

Table parse(std::string_view text) {
  return parse_csv(text, "t.csv");
}

/// What parse_csv() says about `text`.
std::string complaint(std::string_view text) {
  try {
    parse(text);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

/// The one number in a table that holds only `field`.
double number(const std::string& field) {
  return parse("x,y\n" + field + ",0\n").matrix(0, 1)(0, 0);
}

/// A file of this name and content for the length of a test.
struct TemporaryFile {
  fs::path path;
  TemporaryFile(const std::string& name, const std::string& content)
      : path(fs::temp_directory_path() / ("whiteboard_table_test_" + name)) {
    std::ofstream(path, std::ios::binary) << content;
  }
  ~TemporaryFile() { fs::remove(path); }
};

/// Writes numbers as 1.234,5.
struct Commas : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

}  // namespace

TEST_SUITE("core/table") {
  TEST_CASE("names and rows and their lines") {
    const Table t = parse("a,b,c\n1,2,3\n4,5,6\n");
    CHECK(t.source == "t.csv");
    CHECK(t.names == Fields{"a", "b", "c"});
    REQUIRE(t.rows.size() == 2);
    CHECK(t.rows[0] == Fields{"1", "2", "3"});
    CHECK(t.rows[1] == Fields{"4", "5", "6"});
    CHECK(t.lines == std::vector<std::size_t>{2, 3});
    CHECK(close(t.matrix(0, 3), Matrix{{1, 2, 3}, {4, 5, 6}}));
  }

  TEST_CASE("the last line may lack its end") {
    CHECK(parse("a,b\n1,2").rows == parse("a,b\n1,2\n").rows);
    CHECK(parse("a,b\n1,").rows[0] == Fields{"1", ""});
    CHECK(parse("a,b\n1,\"2\"").rows[0] == Fields{"1", "2"});
  }

  TEST_CASE("windows line ends are not part of a field") {
    const Table t = parse("a,b\r\n1,x\r\n2,\"y\"\r\n\r\n3,\r\n");
    CHECK(t.names == Fields{"a", "b"});
    REQUIRE(t.rows.size() == 3);
    CHECK(t.rows[0] == Fields{"1", "x"});
    CHECK(t.rows[1] == Fields{"2", "y"});
    CHECK(t.rows[2] == Fields{"3", ""});
    CHECK(t.lines == std::vector<std::size_t>{2, 3, 5});
    CHECK(parse("a,b\r\n1,x\r").rows[0] == Fields{"1", "x"});
  }

  TEST_CASE("a record is read up to and with its line end") {
    const std::string text = "a,\"b\nc\"\r\nd\n\ne";
    std::size_t position = 0;
    CHECK(read_record(text, position, "t") == Fields{"a", "b\nc"});
    CHECK(position == 9);
    CHECK(read_record(text, position, "t") == Fields{"d"});
    CHECK(position == 11);
    CHECK(read_record(text, position, "t") == Fields{""});
    CHECK(position == 12);
    CHECK(read_record(text, position, "t") == Fields{"e"});
    CHECK(position >= text.size());
  }

  TEST_CASE("a carriage return inside a field is kept") {
    CHECK(parse("a,b\n1,x\ry\n").rows[0] == Fields{"1", "x\ry"});
    CHECK(parse("a,b\n1,\"x\r\"\n").rows[0] == Fields{"1", "x\r"});
  }

  TEST_CASE("quotes keep commas and line ends and quotes") {
    const Table t = parse(
        "name,note\n\"a, b\",\"say \"\"hi\"\"\"\n\"\",\"two\r\nlines\"\n"
        "\"\"\"\",\",\"\n");
    REQUIRE(t.rows.size() == 3);
    CHECK(t.rows[0] == Fields{"a, b", "say \"hi\""});
    CHECK(t.rows[1] == Fields{"", "two\r\nlines"});
    CHECK(t.rows[2] == Fields{"\"", ","});
  }

  TEST_CASE("a quote within a plain field is an inch sign") {
    CHECK(parse("a,b\n3\" pipe,x\"y\"\n").rows[0] ==
          Fields{"3\" pipe", "x\"y\""});
  }

  TEST_CASE("a quote that is never closed is refused with its line") {
    CHECK(complaint("a,b\n1,2\n3,\"4\n5,6\n") ==
          "t.csv:3: a quoted field is never closed");
    CHECK(complaint("a,b\n1,\"2\"\"") ==
          "t.csv:2: a quoted field is never closed");
    CHECK(complaint("\"a,b\n1,2\n") ==
          "t.csv:1: a quoted field is never closed");
  }

  TEST_CASE("text after a closing quote is refused") {
    CHECK(complaint("a,b\n1,\"2\"x\n") ==
          "t.csv:2: text after the closing quote of field 2");
    CHECK(complaint("a,b\n\"1\" ,2\n") ==
          "t.csv:2: text after the closing quote of field 1");
    CHECK(complaint("a,b\n1,\"2\"\rx\n") ==
          "t.csv:2: text after the closing quote of field 2");
  }

  TEST_CASE("line numbers count the lines within quoted fields") {
    const Table t = parse("a,b\n1,\"two\n\nlines\"\n2,x\n");
    CHECK(t.lines == std::vector<std::size_t>{2, 5});
    CHECK(complaint("a,b\n1,\"two\nlines\"\n2\n") ==
          "t.csv:4: expected 2 fields, got 1");
    CHECK(parse("\"a\nb\",c\n1,2\n").lines[0] == 3);
    CHECK_THROWS_WITH(t.numbers("b"),
                      "t.csv:2:2: 'two\n\nlines' is not a finite number "
                      "(column 'b')");
  }

  TEST_CASE("a byte order mark is not part of the first name") {
    const Table t = parse(
        "\xEF\xBB\xBF"
        "a,b\n1,2\n");
    CHECK(t.names == Fields{"a", "b"});
    CHECK(parse("\xEF\xBB\xBF\"a\",b\n1,2\n").names == Fields{"a", "b"});
    CHECK(complaint("\xEF\xBB\xBF") == "t.csv: no rows");
  }

  TEST_CASE("empty lines are skipped wherever they are") {
    const Table t = parse("\n\r\na,b\n\n1,2\n\n\n3,4\n\n");
    CHECK(t.names == Fields{"a", "b"});
    CHECK(t.rows.size() == 2);
    CHECK(t.lines == std::vector<std::size_t>{5, 8});
    CHECK(parse("a,b\n1,2\r\n\r").rows.size() == 1);
  }

  TEST_CASE("a line of one quoted empty field is a row") {
    const Table t = parse("a\nx\n\"\"\n\ny\n");
    REQUIRE(t.rows.size() == 3);
    CHECK(t.rows[1] == Fields{""});
    CHECK(t.lines == std::vector<std::size_t>{2, 3, 5});
  }

  TEST_CASE("a line of spaces is not empty") {
    CHECK(complaint("a,b\n  \n1,2\n") == "t.csv:2: expected 2 fields, got 1");
  }

  TEST_CASE("a ragged row is refused with its line and sizes") {
    CHECK(complaint("a,b,c\n1,2,3\n4,5\n") ==
          "t.csv:3: expected 3 fields, got 2");
    CHECK(complaint("a,b\n1,2,\n") == "t.csv:2: expected 2 fields, got 3");
    CHECK(complaint("a,b\n\n\n1\n") == "t.csv:4: expected 2 fields, got 1");
    CHECK(complaint("a\n,\n") == "t.csv:2: expected 1 fields, got 2");
  }

  TEST_CASE("nothing but a header is refused") {
    CHECK(complaint("") == "t.csv: no rows");
    CHECK(complaint("\n\r\n") == "t.csv: no rows");
    CHECK(complaint("a,b\n") == "t.csv: no rows");
    CHECK(complaint("a,b") == "t.csv: no rows");
    CHECK(complaint("a,b\r1,2\r") == "t.csv: no rows");  // line ends of 1999
  }

  TEST_CASE("a field that is no number is refused with line and column") {
    const Table t = parse("a,b\n1,2\n\n3,4x\n");
    CHECK_THROWS_WITH_AS(t.matrix(0, 2),
                         "t.csv:4:2: '4x' is not a finite number (column 'b')",
                         std::invalid_argument);
    CHECK_THROWS_WITH(t.numbers("b"),
                      "t.csv:4:2: '4x' is not a finite number (column 'b')");
    CHECK(close(t.numbers("a"), Vector{{1, 3}}));
  }

  TEST_CASE("decimal numbers in all their spellings") {
    CHECK(number("5.1") == 5.1);
    CHECK(number("-0.25") == -0.25);
    CHECK(number("+3") == 3.0);
    CHECK(number(".5") == 0.5);
    CHECK(number("5.") == 5.0);
    CHECK(number("1e3") == 1000.0);
    CHECK(number("1.5E-3") == 0.0015);
    CHECK(number("007") == 7.0);
    CHECK(number(" 2\t") == 2.0);
    CHECK(number("\"2\"") == 2.0);
    CHECK(std::signbit(number("-0")));
    CHECK(number("0.1") == 0.1);
    CHECK(number("1.7976931348623157e308") ==
          std::numeric_limits<double>::max());
    CHECK(number("2.2250738585072014e-308") ==
          std::numeric_limits<double>::min());
    CHECK(number("9007199254740993") == 9007199254740992.0);  // ties to even
  }

  TEST_CASE("what is not a finite decimal number is refused") {
    for (const std::string field : {"",
                                    " ",
                                    "nan",
                                    "NaN",
                                    "inf",
                                    "-inf",
                                    "Infinity",
                                    "0x10",
                                    "1e",
                                    "e5",
                                    "1e400",
                                    "-1e400",
                                    "1 2",
                                    "1_000",
                                    "--1",
                                    "+-1",
                                    "1.2.3",
                                    "1e5e5",
                                    "1d5",
                                    "5%",
                                    ".",
                                    "-",
                                    "abc",
                                    "1f",
                                    "\xC2\xA0"
                                    "1",
                                    "NA",
                                    "?"}) {
      CAPTURE(field);
      CHECK_THROWS_AS(number(field), std::invalid_argument);
    }
    CHECK_THROWS_AS(number("\"1,5\""), std::invalid_argument);
    CHECK_THROWS_AS(number(std::string("1\0", 2)), std::invalid_argument);
  }

  TEST_CASE("the locale does not change a number") {
    const std::locale before =
        std::locale::global(std::locale(std::locale::classic(), new Commas));
    const double plain = number("1234.5");
    CHECK_THROWS_AS(number("\"1.234,5\""), std::invalid_argument);
    std::locale::global(before);
    CHECK(plain == 1234.5);

    const std::string c_locale = std::setlocale(LC_ALL, nullptr);
    for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE"}) {
      if (std::setlocale(LC_ALL, name) != nullptr) break;
    }
    const double abroad = number("1234.5");
    std::setlocale(LC_ALL, c_locale.c_str());
    CHECK(abroad == 1234.5);
  }

  TEST_CASE("bytes that are not UTF-8 are kept") {
    const Table t = parse("na\xEFve,b\n\xFF\xFE,caf\xE9\n");
    CHECK(t.names[0] == "na\xEFve");
    CHECK(t.rows[0] == Fields{"\xFF\xFE", "caf\xE9"});
    CHECK(t.labels("b").classes == Fields{"caf\xE9"});
    CHECK(parse("g\xC3\xB6,b\n1,2\n").column("g\xC3\xB6") == 0);
    const Table zero = parse(std::string_view("a,b\n1\0x,2\n", 10));
    CHECK(zero.rows[0][0] == std::string("1\0x", 3));
  }

  TEST_CASE("a huge field is read whole") {
    const std::string huge(5'000'000, 'x');
    const Table t = parse("a,b\n" + huge + ",\"" + huge + "\"\n");
    CHECK(t.rows[0][0] == huge);
    CHECK(t.rows[0][1] == huge);
    const std::string digits = "0." + std::string(100'000, '3');
    CHECK(number(digits) == 1.0 / 3.0);
  }

  TEST_CASE("columns are found by name") {
    const Table t = parse("a,b,a,\n1,2,3,4\n");
    CHECK(t.column("b") == 1);
    CHECK(t.column("") == 3);
    CHECK_THROWS_WITH_AS(t.column("B"), "t.csv: no column 'B'",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(t.numbers("a"), "t.csv: more than one column 'a'",
                         std::invalid_argument);
    CHECK(close(t.matrix(2, 3), 3.0));  // still there by its position
  }

  TEST_CASE("a range of columns is a matrix") {
    const Table t = parse("a,b,c,d\n1,2,3,x\n5,6,7,y\n");
    CHECK(close(t.matrix(1, 3), Matrix{{2, 3}, {6, 7}}));
    CHECK(close(t.features(), Matrix{{1, 2, 3}, {5, 6, 7}}));
    CHECK(close(t.numbers("c"), Vector{{3, 7}}));
    CHECK(t.matrix(2, 2).rows() == 2);
    CHECK(t.matrix(2, 2).cols() == 0);
    CHECK(parse("only\n1\n").features().cols() == 0);
    CHECK_THROWS_WITH_AS(t.matrix(1, 5),
                         "t.csv: columns 1 to 5 asked for, but there are 4",
                         std::invalid_argument);
    CHECK_THROWS_AS(t.matrix(3, 2), std::invalid_argument);
    CHECK_THROWS_AS(Table{}.features(), std::invalid_argument);
  }

  TEST_CASE("labels are numbered in order of appearance") {
    const Labels l = parse("x,y\n1,b\n2,a\n3,b\n4,\n5,c\n").labels("y");
    CHECK(l.classes == Fields{"b", "a", "", "c"});
    CHECK(close(l.ids, Eigen::VectorXi{{0, 1, 0, 2, 3}}));
    CHECK_THROWS_AS(parse("x,y\n1,b\n").labels("z"), std::invalid_argument);
  }

  TEST_CASE("a file is read and named in errors by its file name") {
    const TemporaryFile good("good.csv", "a,b\r\n1,2\r\n");
    CHECK(read_csv(good.path).rows[0] == Fields{"1", "2"});
    CHECK(read_csv(good.path).source == good.path.filename().string());
    const TemporaryFile ragged("ragged.csv", "a,b\n1\n");
    CHECK_THROWS_WITH(
        read_csv(ragged.path),
        "whiteboard_table_test_ragged.csv:2: expected 2 fields, got 1");
    const TemporaryFile empty("empty.csv", "");
    CHECK_THROWS_WITH(read_csv(empty.path),
                      "whiteboard_table_test_empty.csv: no rows");
  }

  TEST_CASE("a file longer than the buffer is read whole") {
    std::string text = "a,b\n";
    for (int i = 0; i < 20'000; ++i) text += std::to_string(i) + ",1\n";
    const TemporaryFile file("long.csv", text);
    const Table t = read_csv(file.path);
    REQUIRE(t.rows.size() == 20'000);
    CHECK(t.numbers("a").sum() == 19'999.0 * 10'000.0);
    CHECK(t.lines.back() == 20'001);
    // a length that the blocks divide
    const TemporaryFile exact("exact.csv", "a\n" + std::string(32'766, '1'));
    CHECK(read_csv(exact.path).rows[0][0].size() == 32'766);
  }

  TEST_CASE("what cannot be read is refused with its path") {
    const fs::path missing = fs::temp_directory_path() / "no" / "such.csv";
    CHECK_THROWS_WITH_AS(read_csv(missing),
                         ("read_csv: cannot open " + missing.string()).c_str(),
                         std::invalid_argument);
    const fs::path folder = fs::temp_directory_path();
    CHECK_THROWS_WITH_AS(read_csv(folder),
                         ("read_csv: cannot open " + folder.string()).c_str(),
                         std::invalid_argument);
    CHECK_THROWS_AS(read_csv(""), std::invalid_argument);
    CHECK_THROWS_AS(read_csv(fs::path(std::string(10'000, 'x'))),
                    std::invalid_argument);
  }

  TEST_CASE("a file that opens and cannot be read is refused") {
    const fs::path unreadable = "/proc/self/mem";  // its page 0 is not mapped
    if (fs::exists(unreadable)) {
      CHECK_THROWS_WITH_AS(read_csv(unreadable),
                           "read_csv: cannot read /proc/self/mem",
                           std::invalid_argument);
    }
  }

  TEST_CASE("the data sets have the shapes of their documentation") {
    struct Set {
      Eigen::Index rows, features;
      std::string target;
      std::map<std::string, int> classes;  // empty for a number
      double target_low = 0.0, target_high = 0.0;
    };
    const std::map<std::string, Set> sets{
        {"iris",
         {150,
          4,
          "species",
          {{"setosa", 50}, {"versicolor", 50}, {"virginica", 50}}}},
        {"wine", {178, 13, "cultivar", {{"0", 59}, {"1", 71}, {"2", 48}}}},
        {"breast_cancer",
         {569, 30, "diagnosis", {{"malignant", 212}, {"benign", 357}}}},
        {"digits",
         {1797,
          64,
          "digit",
          {{"0", 178},
           {"1", 182},
           {"2", 177},
           {"3", 183},
           {"4", 181},
           {"5", 182},
           {"6", 181},
           {"7", 179},
           {"8", 174},
           {"9", 180}}}},
        {"diabetes", {442, 10, "progression", {}, 25.0, 346.0}}};

    int files = 0;
    for (const auto& entry : fs::directory_iterator(WHITEBOARD_DATA_DIR)) {
      if (entry.path().extension() != ".csv") continue;
      const std::string name = entry.path().stem().string();
      CAPTURE(name);
      ++files;
      const Table t = read_csv(entry.path());
      const Matrix X = t.features();  // refuses what is not a finite number
      CHECK(X.rows() > 0);
      if (!sets.contains(name)) continue;
      const Set& set = sets.at(name);
      CHECK(X.rows() == set.rows);
      CHECK(X.cols() == set.features);
      CHECK(t.names.back() == set.target);
      std::map<std::string, int> counts;
      for (const auto& row : t.rows) ++counts[row.back()];
      if (set.classes.empty()) {
        CHECK(t.numbers(set.target).minCoeff() == set.target_low);
        CHECK(t.numbers(set.target).maxCoeff() == set.target_high);
      } else {
        CHECK(counts == set.classes);
      }
    }
    CHECK(files >= 5);
  }

  TEST_CASE("the data sets hold the published numbers") {
    // Means of the column means, from scikit-learn 1.2.1.
    const auto mean = [](const std::string& name) {
      const Table t = read_csv(WHITEBOARD_DATA_DIR "/" + name + ".csv");
      return t.features().mean();
    };
    CHECK(close(mean("iris"), 3.4644999999999997, {.rel = 1e-14}));
    // Sample 171 has colour intensity 9.9 here and 9.899999 there.
    CHECK(close(mean("wine"), 69.13366292091617 + 1e-6 / (178 * 13),
                {.rel = 1e-14}));
    CHECK(close(mean("breast_cancer"), 61.890712339519624, {.rel = 1e-14}));
    CHECK(close(mean("digits"), 4.884164579855314, {.rel = 1e-14}));
    CHECK(close(mean("diabetes"), 62.53489447963801, {.rel = 1e-14}));
  }
}
