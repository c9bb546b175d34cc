#include "markdown.hpp"

#include "text.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace wb;

namespace {

std::string shown(std::string_view markdown, int width = 40) {
  return plain_text(render_markdown(markdown, width));
}

Role role_of(std::string_view markdown, std::string_view text) {
  for (const Line& line : render_markdown(markdown, 60)) {
    for (const Span& span : line) {
      if (span.text == text) return span.role;
    }
  }
  FAIL("not found: " << text);
  return Role::plain;
}

constexpr const char* kPage =
    "# Title\n\nSome *prose* with `code_like_this` and $x_i^2$, a "
    "[link](https://example.org/page) and ~~more~~.\n\n"
    "## Part\n\n> A quote\n> of two lines\n\n1. one\n2. two\n   - inner\n\n"
    "| name | value | remark |\n|:--|--:|:-:|\n"
    "| alpha | 1 | some longer text that wraps |\n| beta | 22 | $\\frac{a}{b}$ "
    "|\n\n```cpp\nint main() { return 0; }  // comment\n```\n\n"
    "```math\ny = \\frac{a + b}{c} \\tag{1}\n```\n\n---\n\nEnd.\n";

}  // namespace

TEST_SUITE("markdown: text") {
  TEST_CASE("soft breaks are reflowed, hard ones stay") {
    CHECK(shown("one\ntwo\n\nthree") == "one two\n\nthree\n");
    CHECK(shown("one  \ntwo<br>three") == "one\ntwo\nthree\n");
    CHECK(shown("the quick brown fox", 10) == "the quick\nbrown fox\n");
  }

  TEST_CASE("roles") {
    CHECK(role_of("a **b** c", "b") == Role::strong);
    CHECK(role_of("a *b* c", "b") == Role::emphasis);
    CHECK(role_of("a `b` c", "b") == Role::code);
    CHECK(role_of("a $b$ c", "b") == Role::maths);
    CHECK(role_of("### b", "b") == Role::heading);
    CHECK(role_of("**a `b`**", "b") == Role::code);
    CHECK(role_of("<kbd>", "<kbd>") == Role::dim);
  }

  TEST_CASE("headings by level") {
    CHECK(shown("# One") == "One\n═══\n");
    CHECK(shown("## Two", 10) == "Two ──────\n");
    CHECK(shown("### Three") == "Three\n");
    CHECK(shown("#").empty());
  }

  TEST_CASE("links: the target where it says something") {
    CHECK(shown("[a](file.md)") == "a\n");
    CHECK(shown("[a](#place)") == "a\n");
    CHECK(shown("[a](http://x.org)") == "a (http://x.org)\n");
    CHECK(shown("<http://x.org>") == "http://x.org\n");
    CHECK(shown("see www.x.org") == "see www.x.org\n");
    CHECK(shown("![a](b.png)") == "image: a (b.png)\n");
    CHECK(role_of("[a](http://x.org)", " (http://x.org)") == Role::dim);
  }

  TEST_CASE("entities, comments, escapes") {
    CHECK(shown("a &amp; &#955; &#x3BB; &unknown; &#0;") ==
          "a & λ λ &unknown; \uFFFD\n");
    CHECK(shown("a <!-- no --> b\n\n<!-- no -->\n\nc") == "a  b\n\nc\n");
    CHECK(shown("\\*a\\*") == "*a*\n");
    CHECK(shown("<div>\nx\n</div>") == "<div>\nx\n</div>\n");
    CHECK(shown("~~a~~") == "~~a~~\n");
  }

  TEST_CASE("short formulas and code are not torn apart") {
    CHECK(shown("it is now then $a = b$", 16) == "it is now then\na = b\n");
    CHECK(shown("it is now then `a = b`", 16) == "it is now then\na = b\n");
  }
}

TEST_SUITE("markdown: maths") {
  TEST_CASE("what Markdown would read as emphasis or cells stays maths") {
    CHECK(shown("$a_i * b_i * c_j$ and _x_") == "aᵢ * bᵢ * cⱼ and x\n");
    CHECK(shown("**$x$** and $\\{a\\}$") == "x and {a}\n");
    CHECK(shown("| a |\n|---|\n| $|x|$ |") == "a\n───\n|x|\n");
    CHECK(shown("$[a](b)$") == "[a](b)\n");
    CHECK(shown("a $x +\ny$ b") == "a x + y b\n");
    CHECK(shown("> a $x +\n> y$ b") == "│ a x + y b\n");
    CHECK(shown("$`x`$") == "x\n");
  }

  TEST_CASE("prices and shell variables are no maths") {
    CHECK(shown("$5 and $6") == "$5 and $6\n");
    CHECK(shown("costs $5, or 6$ there") == "costs $5, or 6$ there\n");
    CHECK(shown("only $5") == "only $5\n");
    CHECK(shown("\\$a\\$") == "$a$\n");
    CHECK(shown("$ a $") == "$ a $\n");
    CHECK(shown("`$a$` and `$b`") == "$a$ and $b\n");
    CHECK(shown("``a ` $b$`` $c$") == "a ` $b$ c\n");
    CHECK(shown("```\n$a_b$\n```") == "  $a_b$\n");
    CHECK(shown("a $x\n\ny$ b") == "a $x\n\ny$ b\n");
    CHECK(shown("` $x$") == "` x\n");
  }

  TEST_CASE("displayed formulas") {
    CHECK(shown("```math\nx = \\frac{a}{b}\n```", 30) ==
          "      a\n  x = ─\n      b\n");
    CHECK(shown("then\n$$x = y$$\nfollows", 30) ==
          "then\n\n  x = y\n\nfollows\n");
    CHECK(shown("- then $$x$$", 30) == "• then\n\n  x\n");
  }

  TEST_CASE("the private characters that stand for maths may occur") {
    CHECK(shown("a \uE000 b $x$") == "a \uE000 b x\n");
    CHECK(shown("\uE0000\uE001 $x$") == "\uE0000\uE001 x\n");
  }
}

TEST_SUITE("markdown: blocks") {
  TEST_CASE("lists, nested, tight and loose") {
    CHECK(shown("- a\n- b\n  - c\n    - d") == "• a\n• b\n  ◦ c\n    ▪ d\n");
    CHECK(shown("- a\n\n- b") == "• a\n\n• b\n");
    CHECK(shown("9. a\n10. b") == " 9. a\n10. b\n");
    CHECK(shown("- [ ] a\n- [x] b") == "[ ] a\n[x] b\n");
    CHECK(shown("- one two three", 9) == "• one two\n  three\n");
    CHECK(shown("-\n- b") == "•\n• b\n");
    CHECK(shown("1. a\n\n   ```\n   x\n   ```") == "1. a\n\n     x\n");
  }

  TEST_CASE("quotes and rules") {
    CHECK(shown("> a\n>\n> b") == "│ a\n│\n│ b\n");
    CHECK(shown("---", 5) == "─────\n");
  }

  TEST_CASE("code by language") {
    CHECK(role_of("```cpp\nreturn;\n```", "return") == Role::keyword);
    CHECK(role_of("```diff\n+a\n```", "+a") == Role::good);
    CHECK(role_of("```\nplain\n```", "plain") == Role::code);
    CHECK(shown("```sh\n./wb study a b c d e f\n```", 16) ==
          "  ./wb study a b\n    ↪ c d e f\n");
  }

  TEST_CASE("tables: natural, wrapped, stacked") {
    const char* table = "| n | what |\n|--:|---|\n| 1 | one two three |\n";
    CHECK(shown(table) == "n │ what\n──┼──────────────\n1 │ one two three\n");
    CHECK(shown(table, 12) ==
          "n │ what\n──┼─────────\n1 │ one two\n  │ three\n");
    CHECK(shown("| aaaaaaaaaa | bbbbbbbbbb |\n|---|---|\n| 1 | 2 |\n| 3 | |",
                12) ==
          "aaaaaaaaaa:\n  1\nbbbbbbbbbb:\n  2\n\n"
          "aaaaaaaaaa:\n  3\nbbbbbbbbbb:\n");
    CHECK(shown("| a |\n|---|") == "a\n─\n");
  }
}

TEST_SUITE("markdown: whatever comes in") {
  TEST_CASE("no line is wider than asked for, no letter is lost") {
    std::multiset<char> reference;
    for (const char c : shown(kPage, 200)) {
      if (c >= 'a' && c <= 'z') reference.insert(c);
    }
    for (int width = 20; width <= 200; ++width) {
      CAPTURE(width);
      std::multiset<char> letters;
      for (const Line& line : render_markdown(kPage, width)) {
        CHECK(display_width(line) <= width);
        for (const char c : plain_text(line)) {
          if (c >= 'a' && c <= 'z') letters.insert(c);
        }
      }
      for (const char c : reference) {
        REQUIRE(letters.count(c) >= reference.count(c));
      }
    }
  }

  TEST_CASE("the beginnings of a page, and bytes that are no text") {
    const std::string page = kPage;
    for (std::size_t length = 0; length <= page.size(); ++length) {
      CHECK_NOTHROW(render_markdown(page.substr(0, length), 30));
      CHECK_NOTHROW(render_markdown(page.substr(length), 3));
    }
    CHECK(shown("").empty());
    CHECK(shown("a\033[31m\xFF") == "a\uFFFD\n");
    CHECK_NOTHROW(render_markdown("a", -1));
    CHECK_NOTHROW(render_markdown(std::string("a\0b", 3), 10));
  }

  TEST_CASE("ASCII from the start") {
    for (const Line& line : render_markdown("é — *“α”* $\\beta$", 60, false)) {
      CHECK(plain_text(line) == "e -- \"alpha\" beta");
    }
  }

  TEST_CASE("a sentence on one line") {
    CHECK(render_inline("the *loss* $J$\nfalls") ==
          Line{{"the ", Role::plain},
               {"loss", Role::emphasis},
               {" ", Role::plain},
               {"J", Role::maths},
               {" falls", Role::plain}});
    CHECK(render_inline("").empty());
    CHECK(plain_text(render_inline("a\n\nb")) == "a b");
  }
}
