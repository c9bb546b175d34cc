#include "text.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace wb;

namespace {

Line plain(std::string_view text) {
  Line line;
  append(line, text);
  return line;
}

/// The words alone: what wrap() must never change.
std::string without_spaces(const std::string& text) {
  std::string kept;
  for (const char c : text) {
    if (c != ' ' && c != '\n') kept += c;
  }
  return kept;
}

}  // namespace

TEST_SUITE("text: width") {
  TEST_CASE("columns, not bytes and not code points") {
    CHECK(display_width("") == 0);
    CHECK(display_width("abc") == 3);
    CHECK(display_width("é") == 1);
    CHECK(display_width("e\u0301") == 1);  // a letter and its accent
    CHECK(display_width("漢字") == 4);
    CHECK(display_width("∑ᵢ‖x‖²") == 6);
    CHECK(display_width("a\u200Db") == 2);
    CHECK(display_width(Line{{"ab", Role::code}, {"漢", Role::dim}}) == 4);
  }

  TEST_CASE("bytes that are not UTF-8 count one each") {
    CHECK(display_width("a\xFF\xFE") == 3);
    CHECK(display_width("\xE2\x82") == 2);
  }

  TEST_CASE("a character ends behind its accents") {
    const std::string text = "e\u0301x";
    CHECK(next_character(text, 0) == 3);
    CHECK(next_character(text, 3) == 4);
    CHECK(next_character(text, 4) == 4);
    CHECK(next_character("", 0) == 0);
    CHECK(next_character("\xFF\u0301", 0) == 1);
    CHECK(next_character("a\xFF", 0) == 1);
  }
}

TEST_SUITE("text: truncate") {
  TEST_CASE("what fits stays as it is") {
    const Line line{{"abc", Role::code}, {"def", Role::dim}};
    CHECK(truncate(line, 6) == line);
    CHECK(truncate(line, 100) == line);
    CHECK(truncate({}, 5).empty());
  }

  TEST_CASE("an ellipsis of the role that was cut") {
    const Line line{{"abc", Role::code}, {"def", Role::dim}};
    CHECK(truncate(line, 5) == Line{{"abc", Role::code}, {"d…", Role::dim}});
    CHECK(truncate(line, 4) == Line{{"abc…", Role::code}});
    CHECK(truncate(line, 1) == Line{{"…", Role::code}});
  }

  TEST_CASE("no room, nothing") {
    CHECK(truncate(plain("abc"), 0).empty());
    CHECK(truncate(plain("abc"), -3).empty());
  }

  TEST_CASE("a wide character is never halved") {
    CHECK(plain_text(truncate(plain("漢字"), 3)) == "漢…");
    CHECK(plain_text(truncate(plain("漢字"), 2)) == "…");
    CHECK(plain_text(truncate(plain("e\u0301abc"), 3)) == "e\u0301a…");
  }
}

TEST_SUITE("text: wrap") {
  TEST_CASE("breaks at spaces, which go") {
    const Lines lines = wrap(plain("the quick brown fox"), 10);
    REQUIRE(lines.size() == 2);
    CHECK(plain_text(lines[0]) == "the quick");
    CHECK(plain_text(lines[1]) == "brown fox");
  }

  TEST_CASE("an exact fit is a fit") {
    CHECK(wrap(plain("ab cd"), 5).size() == 1);
    CHECK(wrap(plain("ab cd"), 4).size() == 2);
  }

  TEST_CASE("spaces inside a line and before the text stay") {
    CHECK(plain_text(wrap(plain("  a  b"), 20)) == "  a  b\n");
    CHECK(plain_text(wrap(plain("a    b"), 3)) == "a\nb\n");
  }

  TEST_CASE("prefixes, and roles through breaks") {
    const Line line{{"one ", Role::plain}, {"two three", Role::strong}};
    const Lines lines = wrap(line, 8, {{"- ", Role::dim}}, {{"  ", Role::dim}});
    REQUIRE(lines.size() == 3);
    CHECK(lines[0] == Line{{"- ", Role::dim}, {"one", Role::plain}});
    CHECK(lines[1] == Line{{"  ", Role::dim}, {"two", Role::strong}});
    CHECK(lines[2] == Line{{"  ", Role::dim}, {"three", Role::strong}});
  }

  TEST_CASE("a word of several roles is not broken between them") {
    const Line line{{"aa b", Role::plain}, {"cc", Role::code}, {",", {}}};
    const Lines lines = wrap(line, 5);
    REQUIRE(lines.size() == 2);
    CHECK(plain_text(lines[1]) == "bcc,");
  }

  TEST_CASE("long words are broken anywhere") {
    CHECK(plain_text(wrap(plain("abcdefgh"), 3)) == "abc\ndef\ngh\n");
    CHECK(plain_text(wrap(plain("a 漢字漢字"), 3)) == "a\n漢\n字\n漢\n字\n");
  }

  TEST_CASE("nothing to wrap is one line, the prefix") {
    CHECK(wrap({}, 10) == Lines{{}});
    CHECK(plain_text(wrap({}, 10, plain("> "))) == "> \n");
    CHECK(wrap(plain("   "), 2).size() == 1);
  }

  TEST_CASE("any width ends and loses nothing") {
    const std::string text =
        "k-means looks for k points, the centroids; 漢字 e\u0301e\u0301 "
        "a_very_long_identifier_indeed  and\xFF bytes";
    for (int width = -2; width < 70; ++width) {
      CAPTURE(width);
      const Lines lines = wrap(plain(text), width);
      CHECK(without_spaces(plain_text(lines)) == without_spaces(text));
      for (const Line& line : lines) {
        CHECK(display_width(line) <= std::max(width, 2));
      }
    }
  }

  TEST_CASE("a prefix wider than the width leaves a column for text") {
    CHECK(plain_text(wrap(plain("ab"), 2, plain("1234"), plain("5678"))) ==
          "1234a\n5678b\n");
  }
}

TEST_SUITE("text: small things") {
  TEST_CASE("append joins spans of one role and skips nothing at all") {
    Line line;
    append(line, "");
    CHECK(line.empty());
    append(line, "a", Role::code);
    append(line, "b", Role::code);
    append(line, "c", Role::dim);
    CHECK(line == Line{{"ab", Role::code}, {"c", Role::dim}});
    append(line, Line{{"d", Role::dim}});
    CHECK(plain_text(line) == "abcd");
  }

  TEST_CASE("padding never cuts") {
    CHECK(plain_text(padded(plain("漢"), 4)) == "漢  ");
    CHECK(plain_text(padded(plain("abc"), 2)) == "abc");
    CHECK(repeated("ab", 2) == "abab");
    CHECK(repeated("ab", -1).empty());
  }
}

TEST_SUITE("text: sanitize") {
  TEST_CASE("control characters go, white space becomes spaces") {
    CHECK(sanitize("a\x01\x7F"
                   "b\tc\nd\r") == "ab c d");
    CHECK(sanitize("a\u0085b") == "ab");  // C1
    CHECK(sanitize(std::string_view("a\0b", 3)) == "ab");
  }

  TEST_CASE("escape sequences go as a whole") {
    CHECK(sanitize("\033[1;31mred\033[0m") == "red");
    CHECK(sanitize("\033]0;title\atext") == "text");
    CHECK(sanitize("\033]8;;http://x\033\\link\033]8;;\033\\") == "link");
    CHECK(sanitize("\033c") == "c");
    CHECK(sanitize("\033") == "");
    CHECK(sanitize("\033]0;x\033") == "");
  }

  TEST_CASE("an unfinished sequence does not swallow the text behind it") {
    CHECK(sanitize("\033]0;title\ntext") == "]0;title text");
    CHECK(sanitize("\033[12") == "[12");
  }

  TEST_CASE("characters that reorder text go") {
    CHECK(sanitize("a\u202Eb\u2066c") == "abc");
  }

  TEST_CASE("bytes that are not UTF-8 are replaced") {
    CHECK(sanitize("a\xFFz") == "a\uFFFDz");
    CHECK(sanitize("\xC0\x80") == "\uFFFD\uFFFD");  // overlong
    CHECK(sanitize("\xED\xA0\x80").size() == 9);    // a surrogate
    CHECK_FALSE(invalid_utf8(sanitize("\xE2\x82 \xF5")).has_value());
  }

  TEST_CASE("the first byte that is not UTF-8") {
    CHECK_FALSE(invalid_utf8("").has_value());
    CHECK_FALSE(invalid_utf8("α and 漢").has_value());
    CHECK(invalid_utf8("ab\xFFz") == 2);
    CHECK(invalid_utf8("α\xE2\x82") == 2);
  }
}

TEST_SUITE("text: ASCII") {
  TEST_CASE("likenesses") {
    CHECK(to_ascii("plain ~ text") == "plain ~ text");
    CHECK(to_ascii("│─└ • “a” – b…") == "|-+ * \"a\" - b...");
    CHECK(to_ascii("α ≤ β") == "alpha <= beta");
    CHECK(to_ascii("café Ångström") == "cafe Angstrom");
    CHECK(to_ascii("ℝ 𝔼") == "R E");
  }

  TEST_CASE("raised and lowered characters share one mark") {
    CHECK(to_ascii("x² xᵢⱼ") == "x^2 x_ij");
    CHECK(to_ascii("10⁻⁸") == "10^-8");
    CHECK(to_ascii("xᵢ²") == "x_i^2");
    CHECK(to_ascii("Aᵀ") == "A^T");
  }

  TEST_CASE("what has no likeness, and accents alone") {
    CHECK(to_ascii("漢") == "??");
    CHECK(to_ascii("y\u0302") == "y");
    CHECK(to_ascii("a\xFF") == "a?");
  }

  TEST_CASE("the result is ASCII, whatever comes in") {
    for (char32_t c = 1; c < 0x3000; ++c) {
      std::string text;
      if (c < 0x80) {
        text += static_cast<char>(c);
      } else if (c < 0x800) {
        text += static_cast<char>(0xC0 | (c >> 6));
        text += static_cast<char>(0x80 | (c & 0x3F));
      } else {
        text += static_cast<char>(0xE0 | (c >> 12));
        text += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
        text += static_cast<char>(0x80 | (c & 0x3F));
      }
      for (const char byte : to_ascii(text)) {
        REQUIRE(static_cast<unsigned char>(byte) < 0x80);
      }
    }
  }
}
