#include "layout.hpp"

#include "text.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace wb;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

Line plain(std::string_view text) {
  Line line;
  append(line, text);
  return line;
}

}  // namespace

TEST_SUITE("layout: columns") {
  TEST_CASE("the sides and the rule fill the width, up to a good measure") {
    for (int width = 1; width <= 400; ++width) {
      CAPTURE(width);
      const Columns both = columns(width);
      CHECK(both.left >= 1);
      CHECK(both.right >= 1);
      CHECK(both.right <= 80);
      CHECK(both.left <= 100);
      if (width >= 5) CHECK(both.left + 3 + both.right <= width);
    }
  }

  TEST_CASE("wide windows give code its 80 columns") {
    CHECK(columns(140).right == 80);
    CHECK(columns(140).left == 57);
    CHECK(columns(120).left == 48);
    CHECK(columns(120).right == 69);
    CHECK(wide_enough(120));
    CHECK_FALSE(wide_enough(119));
  }

  TEST_CASE("side by side, the shorter side ends early") {
    const Lines lines =
        side_by_side({plain("left")}, {plain("a"), plain("b")}, 20);
    CHECK(plain_text(lines) == "left      │ a\n          │ b\n");
    CHECK(plain_text(side_by_side({plain("x"), plain("y")}, {}, 20)) ==
          "x         │\ny         │\n");
    CHECK(side_by_side({}, {}, 80).empty());
  }

  TEST_CASE("no line is wider than the window, none loses text") {
    const Lines left{plain("prose that the caller did not wrap at all")};
    const Lines right{plain("    some(code, that, is, far, too, wide);")};
    for (int width = 10; width < 130; ++width) {
      CAPTURE(width);
      std::size_t letters = 0;
      for (const Line& line : side_by_side(left, right, width)) {
        CHECK(display_width(line) <= width);
        for (const char c : plain_text(line)) letters += c >= 'a' && c <= 'z';
      }
      CHECK(letters == 33 + 24);
    }
  }

  TEST_CASE("continued code hangs behind a mark") {
    const Lines lines = wrap_code({plain("  alpha beta gamma"), {}}, 12);
    CHECK(plain_text(lines) == "  alpha beta\n    ↪ gamma\n\n");
    CHECK(lines[1][1].role == Role::dim);
  }
}

TEST_SUITE("layout: headings and tables") {
  TEST_CASE("a heading fills its line with a rule") {
    const Lines lines = heading("Claims", 12);
    REQUIRE(lines.size() == 1);
    CHECK(plain_text(lines[0]) == "Claims ─────");
    CHECK(lines[0][0].role == Role::heading);
    CHECK(plain_text(heading("Claims", 6)) == "Claims\n");
    CHECK(plain_text(heading("Two words", 6)) == "Two\nwords\n");
  }

  TEST_CASE("cells are aligned") {
    CHECK(plain_text(aligned(plain("ab"), 5, Align::left)) == "ab   ");
    CHECK(plain_text(aligned(plain("ab"), 5, Align::right)) == "   ab");
    CHECK(plain_text(aligned(plain("ab"), 5, Align::centre)) == " ab  ");
    CHECK(plain_text(aligned(plain("abc"), 2, Align::right)) == "abc");
  }

  TEST_CASE("columns of a table, ragged rows, wide characters") {
    const Lines lines = table({{plain("n"), plain("time")},
                               {plain("漢字"), plain("7")},
                               {plain("x")},
                               {}},
                              {Align::left, Align::right});
    CHECK(plain_text(lines) == "n     time\n漢字     7\nx\n\n");
    CHECK(plain_text(table({{plain("x")}})) == "x\n");
    CHECK(table({}).empty());
  }
}

TEST_SUITE("layout: sparkline") {
  TEST_CASE("from the smallest to the largest") {
    CHECK(sparkline({0, 1, 2, 3, 4, 5, 6, 7}, 8, true) == "▁▂▃▄▅▆▇█");
    CHECK(sparkline({7, 0}, 8, true) == "█▁");
    CHECK(sparkline({0, 1, 2, 3, 4, 5, 6, 7}, 8, false) == "_.:-=+*#");
  }

  TEST_CASE("empty, constant, a single value") {
    CHECK(sparkline({}, 10, true).empty());
    CHECK(sparkline({1, 2}, 0, true).empty());
    CHECK(sparkline({3, 3, 3}, 10, true) == "▄▄▄");
    CHECK(sparkline({5}, 10, false) == "-");
  }

  TEST_CASE("more values than columns are averaged") {
    CHECK(sparkline({0, 0, 10, 10}, 2, true) == "▁█");
    CHECK(sparkline({0, not_a_number, 10, 10}, 2, true) == "▁█");
    CHECK(display_width(sparkline(std::vector<double>(1000, 1), 7, true)) == 7);
    CHECK(sparkline({0, 0, 3, 7, 7}, 3, true).size() == 9);
  }

  TEST_CASE("what is not finite is seen and does not spoil the scale") {
    CHECK(sparkline({0, not_a_number, 7}, 9, true) == "▁ █");
    CHECK(sparkline({0, inf, 7, -inf}, 9, true) == "▁↑█↓");
    CHECK(sparkline({0, inf, 7, -inf}, 9, false) == "_^#v");
    CHECK(sparkline({not_a_number, not_a_number}, 9, true) == "  ");
    CHECK(sparkline({0, 0, inf, 1}, 2, true) == "▄↑");
  }

  TEST_CASE("values at the end of the range of double") {
    CHECK(sparkline({-1.7e308, 1.7e308}, 5, true) == "▁█");
    CHECK(sparkline({1.7e308, 1.7e308, 0, 0}, 2, true) == "█▁");
    CHECK(sparkline({0, 5e-324}, 2, true).size() == 6);
  }
}

TEST_SUITE("layout: bar") {
  TEST_CASE("filled to eighths") {
    CHECK(bar(0, 4, true) == "░░░░");
    CHECK(bar(1, 4, true) == "████");
    CHECK(bar(0.5, 4, true) == "██░░");
    CHECK(bar(0.625, 4, true) == "██▌░");
    CHECK(bar(0.5, 4, false) == "##..");
  }

  TEST_CASE("held to its limits") {
    CHECK(bar(-1, 3, false) == "...");
    CHECK(bar(7, 3, false) == "###");
    CHECK(bar(not_a_number, 3, false) == "...");
    CHECK(bar(inf, 3, false) == "###");
    CHECK(bar(0.5, 0, true).empty());
    CHECK(bar(0.5, -2, false).empty());
    for (int i = 0; i <= 100; ++i) {
      CHECK(display_width(bar(i / 100.0, 7, true)) == 7);
    }
  }
}

TEST_SUITE("layout: numbers") {
  TEST_CASE("short and readable") {
    CHECK(format_number(3.0098) == "3.0098");
    CHECK(format_number(1.2e-13) == "1.2e-13");
    CHECK(format_number(681.3706) == "681.3706");
    CHECK(format_number(20000) == "20000");
    CHECK(format_number(0.1 + 0.2) == "0.3");
    CHECK(format_number(2.980198019801980) == "2.980198");
    CHECK(format_number(-0.5) == "-0.5");
    CHECK(format_number(1e-5) == "1e-5");
    CHECK(format_number(1.5e-10) == "1.5e-10");
    CHECK(format_number(123456789.5) == "1.234568e8");
  }

  TEST_CASE("whole numbers are exact as long as doubles are") {
    CHECK(format_number(0) == "0");
    CHECK(format_number(-0.0) == "0");
    CHECK(format_number(-7) == "-7");
    CHECK(format_number(123456789012) == "123456789012");
    CHECK(format_number(9007199254740992.0) == "9007199254740992");
    CHECK(format_number(1e20) == "1e20");
    CHECK(format_number(-1e300) == "-1e300");
  }

  TEST_CASE("not finite, or at the edge") {
    CHECK(format_number(not_a_number) == "nan");
    CHECK(format_number(inf) == "inf");
    CHECK(format_number(-inf) == "-inf");
    CHECK(format_number(5e-324) == "4.940656e-324");
  }
}
