// Verifies the claims of questions/coding/load_and_clean_table.md.
#include <whiteboard/coding/load_and_clean_table.hpp>

#include <support/claims.hpp>

#include <whiteboard/core/random.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

using namespace whiteboard;
using coding::CleanOptions;
using coding::DataFrame;
using coding::Impute;
using coding::load_and_clean;

namespace {

using Texts = std::vector<std::optional<std::string>>;
using Numbers = std::vector<std::optional<double>>;

/// Nothing missing, nothing dropped, nothing filled.
CleanOptions as_it_is() {
  return {.missing_tokens = {}, .drop_duplicates = false};
}

CleanOptions filled(const std::string& column, Impute how) {
  return {.impute = {{column, how}}};
}

/// The numbers of a column without gaps.
std::vector<double> values(const DataFrame& frame, const std::string& name) {
  std::vector<double> result;
  for (const auto& number : frame.column(name).numbers) {
    REQUIRE(number.has_value());
    result.push_back(*number);
  }
  return result;
}

double mean_of(const std::vector<double>& x) {
  double total = 0.0;
  for (const double value : x) total += value;
  return total / static_cast<double>(x.size());
}

double variance_of(const std::vector<double>& x) {
  const double mean = mean_of(x);
  double total = 0.0;
  for (const double value : x) total += (value - mean) * (value - mean);
  return total / static_cast<double>(x.size());
}

/// As RFC 4180 says: in quotes, and quotes in it doubled.
std::string in_quotes(const std::string& field) {
  std::string text = "\"";
  for (const char c : field) text += c == '"' ? "\"\"" : std::string(1, c);
  return text + '"';
}

/// What load_and_clean() throws, or nothing.
std::string complaint(const std::string& csv, const CleanOptions& options) {
  try {
    load_and_clean(csv, options);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

bool names_line(const std::string& message, int line) {
  return message.find("line " + std::to_string(line)) != message.npos;
}

}  // namespace

TEST_SUITE("coding/load_and_clean_table") {
  TEST_CASE("the_example") {
    const DataFrame frame =
        load_and_clean("age,city\n20,Oslo\n,Bergen\n30,Oslo\n30,Oslo\n",
                       filled("age", Impute::median));
    CHECK(frame.rows == 3);
    REQUIRE(frame.columns.size() == 2);
    CHECK(frame.columns[0].name == "age");
    CHECK(frame.columns[1].name == "city");
    CHECK(frame.columns[0].is_numeric);
    CHECK(!frame.columns[1].is_numeric);
    CHECK(values(frame, "age") == std::vector<double>{20, 25, 30});
    CHECK(frame.columns[1].texts == Texts{"Oslo", "Bergen", "Oslo"});
    EVIDENCE_SERIES("ages", values(frame, "age"));
  }

  TEST_CASE("quoted_fields_follow_rfc_4180") {
    const DataFrame frame = load_and_clean(
        "name,note\r\n\"a, \"\"b\"\"\",plain\r\n\"two\nlines\",\"\"\r\n",
        as_it_is());
    CHECK(frame.rows == 2);
    CHECK(frame.column("name").texts == Texts{"a, \"b\"", "two\nlines"});
    CHECK(frame.column("note").texts == Texts{"plain", ""});

    // Written with quotes and read back, all that could go wrong in a field.
    std::mt19937_64 rng(0);
    const std::string alphabet = ",\"\n\r ax";
    int fields = 0;
    for (int table = 0; table < 20; ++table) {
      CAPTURE(table);
      std::string csv = "left,right\n";
      Texts left, right;
      for (int row = 0; row < 20; ++row) {
        for (Texts* column : {&left, &right}) {
          std::string field;
          while (uniform(rng) < 0.8) {
            field += alphabet[static_cast<std::size_t>(
                uniform_index(std::ssize(alphabet), rng))];
          }
          column->push_back(field);
          csv += in_quotes(field) + (column == &left ? "," : "\n");
          ++fields;
        }
      }
      const DataFrame back = load_and_clean(csv, as_it_is());
      CHECK(back.column("left").texts == left);
      CHECK(back.column("right").texts == right);
    }
    EVIDENCE("random fields written and read back", fields);
  }

  TEST_CASE("missing_is_not_zero") {
    const std::string csv = "x,y\n4,a\n,b\nNA,c\nnan,d\n0,\"\"\n\"NA\",f\n";
    const DataFrame frame = load_and_clean(csv, {});
    REQUIRE(frame.column("x").is_numeric);
    CHECK(frame.column("x").numbers == Numbers{4.0, std::nullopt, std::nullopt,
                                               std::nullopt, 0.0,
                                               std::nullopt});
    CHECK(frame.column("y").texts ==
          Texts{"a", "b", "c", "d", std::nullopt, "f"});
    CHECK(frame.fills.empty());
    // The mean of 4 and 0, not of six numbers.
    const DataFrame mean = load_and_clean(csv, filled("x", Impute::mean));
    CHECK(values(mean, "x") == std::vector<double>{4, 2, 2, 2, 0, 2});
    // Tokens are the caller's: nothing else is missing.
    const DataFrame dash = load_and_clean(
        "x,y\n4,-\n-,NA\n", CleanOptions{.missing_tokens = {"-"}});
    CHECK(dash.column("x").numbers == Numbers{4.0, std::nullopt});
    CHECK(dash.column("y").texts == Texts{std::nullopt, "NA"});
  }

  TEST_CASE("a_type_holds_for_the_whole_column") {
    const DataFrame good =
        load_and_clean("x\n1\n-2.5\n+3\n4e2\n.5\nNA\n1.\n", CleanOptions{});
    REQUIRE(good.column("x").is_numeric);
    CHECK(good.column("x").numbers ==
          Numbers{1.0, -2.5, 3.0, 400.0, 0.5, std::nullopt, 1.0});
    // One field that is no number from end to end makes the column text.
    for (const std::string bad : {"12abc", "0x10", "1 2", "--1", "1e", "inf",
                                  "1.2.3", "1e999", "\"1,5\"", "e", " 7"}) {
      CAPTURE(bad);
      const std::string csv = "x,y\n1,a\n2,b\n" + bad + ",c\n";
      const DataFrame frame = load_and_clean(csv, {});
      CHECK(!frame.column("x").is_numeric);
      CHECK(frame.column("x").numbers.empty());
      REQUIRE(frame.column("x").texts.size() == 3);
      CHECK(frame.column("x").texts[0] == "1");
      // Where a number is needed the field is refused, with its line.
      for (const Impute how : {Impute::mean, Impute::median, Impute::mode}) {
        CHECK(names_line(complaint(csv, filled("x", how)), 4));
      }
      CHECK(names_line(complaint(csv, CleanOptions{.fills = {{"x", 1.0}}}), 4));
    }
  }

  TEST_CASE("duplicates_go_before_imputation") {
    const std::string csv = "x,y\n1,a\n1,a\nNA,a\n7,a\n";
    CleanOptions options = filled("x", Impute::median);
    const DataFrame first = load_and_clean(csv, options);
    CHECK(values(first, "x") == std::vector<double>{1, 4, 7});
    // Without removing them, or removing them afterwards, 1 is the median of
    // 1, 1 and 7.
    options.drop_duplicates = false;
    const DataFrame kept = load_and_clean(csv, options);
    CHECK(values(kept, "x") == std::vector<double>{1, 1, 1, 7});
    EVIDENCE("fill, duplicates dropped", first.fills.at("x"));
    EVIDENCE("fill, duplicates kept", kept.fills.at("x"));
  }

  TEST_CASE("a_duplicate_is_equal_in_every_field") {
    const DataFrame frame = load_and_clean(
        "id,x,y\n1,2,a\n1,3,a\n1,2,b\n\"1\",2,\"a\"\n2,NA,a\n2,,a\n2,0,a\n",
        CleanOptions{});
    // Quotes make no difference, nor does the way in which a value is missing;
    // rows stay in order, each where it came first.
    CHECK(frame.rows == 5);
    CHECK(frame.column("id").numbers == Numbers{1.0, 1.0, 1.0, 2.0, 2.0});
    CHECK(frame.column("x").numbers ==
          Numbers{2.0, 3.0, 2.0, std::nullopt, 0.0});
    CHECK(frame.column("y").texts == Texts{"a", "a", "b", "a", "a"});
  }

  TEST_CASE("one_typo_moves_the_mean_not_the_median") {
    const std::string csv = "x,id\n1,a\n2,b\n3,c\n999,d\nNA,e\n";
    const double mean =
        load_and_clean(csv, filled("x", Impute::mean)).fills.at("x");
    const double median =
        load_and_clean(csv, filled("x", Impute::median)).fills.at("x");
    EVIDENCE("mean", mean);
    EVIDENCE("median", median);
    CHECK(mean == 251.25);
    CHECK(median == 2.5);
    // The typo made ten times worse: the mean follows, the median stays.
    const std::string worse = "x,id\n1,a\n2,b\n3,c\n9999,d\nNA,e\n";
    CHECK(load_and_clean(worse, filled("x", Impute::mean)).fills.at("x") ==
          2501.25);
    CHECK(load_and_clean(worse, filled("x", Impute::median)).fills.at("x") ==
          2.5);
    // An odd number of values, and the smallest of two modes.
    CHECK(load_and_clean("x\n9\n1\n5\nNA\n", filled("x", Impute::median))
              .fills.at("x") == 5.0);
    const std::string modes = "x,id\n8,a\n3,b\n8,c\n3,d\n1,e\n9,f\nNA,g\n";
    CHECK(load_and_clean(modes, filled("x", Impute::mode)).fills.at("x") ==
          3.0);
  }

  TEST_CASE("mean_imputation_shrinks_the_variance") {
    std::mt19937_64 rng(1);
    std::vector<double> shares, ratios;
    for (const int observed : {2, 3, 6, 9}) {
      std::string csv = "x,id\n";
      std::vector<double> known;
      for (int i = 0; i < 10; ++i) {
        // Quarters: written without rounding.
        const double x = 0.25 * static_cast<double>(uniform_index(4000, rng));
        if (i < observed) known.push_back(x);
        csv += (i < observed ? std::to_string(x) : "NA") + "," +
               std::to_string(i) + "\n";
      }
      const DataFrame frame = load_and_clean(csv, filled("x", Impute::mean));
      const std::vector<double> all = values(frame, "x");
      REQUIRE(all.size() == 10);
      REQUIRE(variance_of(known) > 0.0);
      CHECK(close(mean_of(all), mean_of(known), {.rel = 1e-14}));
      CHECK(close(variance_of(all) / variance_of(known), observed / 10.0,
                  {.abs = 1e-12}));
      shares.push_back(observed / 10.0);
      ratios.push_back(variance_of(all) / variance_of(known));
    }
    EVIDENCE_SERIES("share observed", shares);
    EVIDENCE_SERIES("share of the variance left", ratios);
  }

  TEST_CASE("fills_are_learned_once") {
    const DataFrame train =
        load_and_clean("x,y\n10,a\n20,b\nNA,c\n", filled("x", Impute::mean));
    REQUIRE(train.fills.size() == 1);
    CHECK(train.fills.at("x") == 15.0);
    const std::string test_csv = "x,y\n100,a\nNA,b\n";
    const DataFrame test =
        load_and_clean(test_csv, CleanOptions{.fills = train.fills});
    CHECK(values(test, "x") == std::vector<double>{100, 15});
    CHECK(test.fills == train.fills);
    // Its own mean would be another value, and a single row's gap has none.
    CHECK(values(load_and_clean(test_csv, filled("x", Impute::mean)), "x") ==
          std::vector<double>{100, 100});
    const std::string one = "x,y\nNA,b\n";
    CHECK_THROWS_AS(load_and_clean(one, filled("x", Impute::mean)),
                    std::invalid_argument);
    CHECK(values(load_and_clean(one, CleanOptions{.fills = train.fills}),
                 "x") == std::vector<double>{15});
    // A value from elsewhere goes before what the options would learn.
    CHECK(values(load_and_clean(test_csv,
                                CleanOptions{.impute = {{"x", Impute::mean}},
                                             .fills = train.fills}),
                 "x") == std::vector<double>{100, 15});
  }

  TEST_CASE("errors_name_the_line") {
    const CleanOptions options;
    CHECK(names_line(complaint("a,b\n1,2\n3\n", options), 3));
    CHECK(names_line(complaint("a,b\n1,2,3\n4,5\n", options), 2));
    CHECK(names_line(complaint("a,b\n1,2\n3,\"4\n5,6\n", options), 3));
    CHECK(names_line(complaint("a,b,a\n1,2,3\n", options), 1));
    CHECK(names_line(complaint("a,b\n1,2\n\"3\"x,4\n", options), 3));
    // Lines of the file, not records: a quoted field and empty lines count.
    CHECK(names_line(complaint("a,b\n\"1\n1\n1\",2\n\n3\n", options), 6));
    EVIDENCE("a short row", complaint("a,b\n1,2\n3\n", options));
  }
}

TEST_SUITE("coding/load_and_clean_table extra") {
  TEST_CASE("line ends and empty lines") {
    for (const std::string csv :
         {"a,b\n1,2\n3,4", "a,b\n1,2\n3,4\n", "a,b\r\n1,2\r\n3,4\r\n",
          "a,b\r\n1,2\r\n3,4\r", "\n\na,b\n\n1,2\r\n\r\n3,4\n\n\n",
          "\xEF\xBB\xBF"
          "a,b\n1,2\n3,4"}) {
      CAPTURE(csv);
      const DataFrame frame = load_and_clean(csv, {});
      CHECK(frame.rows == 2);
      REQUIRE(frame.columns.size() == 2);
      CHECK(frame.columns[0].name == "a");
      CHECK(frame.column("b").numbers == Numbers{2.0, 4.0});
    }
  }

  TEST_CASE("one column with gaps") {
    // An empty line is no row; a missing value alone on its line needs a
    // token or quotes.
    const DataFrame frame = load_and_clean(
        "x\n1\n\nNA\n\"\"\n2\n", CleanOptions{.drop_duplicates = false});
    CHECK(frame.column("x").numbers ==
          Numbers{1.0, std::nullopt, std::nullopt, 2.0});
  }

  TEST_CASE("a quote inside a plain field is text") {
    CHECK(load_and_clean("x\n5\" disk\n", {}).column("x").texts ==
          Texts{"5\" disk"});
  }

  TEST_CASE("a header alone is a table without rows") {
    const DataFrame frame = load_and_clean("a,b", {});
    CHECK(frame.rows == 0);
    CHECK(frame.columns.size() == 2);
    // Nothing contradicts a number in a column without values.
    CHECK(frame.columns[0].is_numeric);
  }

  TEST_CASE("a column of gaps is numeric and stays empty") {
    const DataFrame frame =
        load_and_clean("x,y\nNA,1\nNA,2\n", filled("y", Impute::none));
    CHECK(frame.column("x").is_numeric);
    CHECK(frame.column("x").numbers == Numbers{std::nullopt, std::nullopt});
    CHECK(frame.fills.empty());
  }

  TEST_CASE("text and explicit none are not filled") {
    const DataFrame frame =
        load_and_clean("x,y\na,1\nNA,NA\n", filled("x", Impute::none));
    CHECK(frame.column("x").texts == Texts{"a", std::nullopt});
    CHECK(frame.column("y").numbers == Numbers{1.0, std::nullopt});
  }

  TEST_CASE("arguments that break the contract are refused") {
    const CleanOptions options;
    CHECK(complaint("", options) == "load_and_clean: no header");
    CHECK(complaint("\n\n", options) == "load_and_clean: no header");
    CHECK(complaint("a,b\n1\n", options) ==
          "load_and_clean: line 2 has 1 fields, the header 2");
    CHECK(complaint("a,b\n1,\"2\n", options) ==
          "load_and_clean: line 2: a quote is never closed");
    CHECK(complaint("a,b\n1,\"2\"3\n", options) ==
          "load_and_clean: line 2: text after a closing quote");
    CHECK(complaint("a,a\n", options) ==
          "load_and_clean: line 1: column 'a' comes twice");
    CHECK(complaint("a\n12abc\n", filled("a", Impute::mean)) ==
          "load_and_clean: line 2: '12abc' is not a number (column 'a')");
    CHECK(complaint("a\n1\n", filled("b", Impute::mean)) ==
          "load_and_clean: no column 'b'");
    CHECK(complaint("a\n1\n", CleanOptions{.fills = {{"b", 1.0}}}) ==
          "load_and_clean: no column 'b'");
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(complaint("a\n1\n", CleanOptions{.fills = {{"a", nan}}}) ==
          "load_and_clean: the fill of column 'a' is nan");
    CHECK(complaint("a\nNA\n", filled("a", Impute::mode)) ==
          "load_and_clean: column 'a' has no value to learn from");
    CHECK_THROWS_WITH(load_and_clean("a\n1\n", options).column("b"),
                      "DataFrame: no column 'b'");
  }
}
