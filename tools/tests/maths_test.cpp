#include "maths.hpp"

#include "text.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace wb;

namespace {

/// A displayed formula as one text, 60 columns wide.
std::string shown(std::string_view tex, int width = 60) {
  std::string text;
  for (const std::string& line : tex_display(tex, width)) text += line + "\n";
  return text;
}

/// Formulas of all kinds, for what must hold for every one.
const std::vector<std::string> kFormulas = {
    R"(J(c,\ell) = \sum_{i=1}^{n} \lVert x_i - c_{\ell_i} \rVert^2 . \tag{1})",
    R"(p(x_i) = \frac{D(x_i)^2}{\sum_m D(x_m)^2}, \qquad D(x) = \min_c |x|)",
    R"(\begin{aligned} a &= b \\ &= \frac{d}{e} \tag{7} \end{aligned})",
    R"(A = \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix})",
    R"(f = \begin{cases} x & \text{if } x > 0 \\ 0 \end{cases})",
    R"(\text{softmax}\left(\frac{QK^\top}{\sqrt{d_k}}\right) V)",
    R"(\sqrt[3]{\frac{a}{b}} + \underbrace{a + b}_{\text{sum}})",
    R"(\overline{AB} \hat{xy} \binom{n}{k} \underset{x}{y} \not= \not\in)",
};

}  // namespace

TEST_SUITE("maths: on one line") {
  TEST_CASE("letters, signs, and the space between them") {
    CHECK(tex_to_text(R"(\alpha \le \beta)") == "α ≤ β");
    CHECK(tex_to_text("a+b=c") == "a + b = c");
    CHECK(tex_to_text("-x + (-y)") == "−x + (−y)");
    CHECK(tex_to_text("a = -1") == "a = −1");
    CHECK(tex_to_text("f(x, y)") == "f(x, y)");
    CHECK(tex_to_text("x y") == "xy");
    CHECK(tex_to_text(R"(2\, x)") == "2 x");
    CHECK(tex_to_text(R"(a\quad b)") == "a  b");
    CHECK(tex_to_text(R"(x \to \infty)") == "x → ∞");
    CHECK(tex_to_text(R"(n \times d)") == "n × d");
    CHECK(tex_to_text("|-x| + |y|") == "|−x| + |y|");
    CHECK(tex_to_text("1.5 + .5") == "1.5 + .5");
    CHECK(tex_to_text(R"(1{,}000)") == "1,000");
  }

  TEST_CASE("functions stand apart from letters, not from parentheses") {
    CHECK(tex_to_text(R"(k \log k)") == "k log k");
    CHECK(tex_to_text(R"(\log(x))") == "log(x)");
    CHECK(tex_to_text(R"(-\log p)") == "−log p");
    CHECK(tex_to_text(R"(\arg\min_j f)") == "arg minⱼ f");
    CHECK(tex_to_text(R"(8 (\ln k + 2))") == "8(ln k + 2)");
    CHECK(tex_to_text(R"(\operatorname{Var}(X))") == "Var(X)");
    CHECK(tex_to_text(R"(\operatorname*{argmax}_x f)") == "argmaxₓ f");
    CHECK(tex_to_text(R"(\mathrm{softmax}(z))") == "softmax(z)");
  }

  TEST_CASE("scripts in raised and lowered characters where they exist") {
    CHECK(tex_to_text("x_i^2") == "xᵢ²");
    CHECK(tex_to_text("x^{2n}_{i+1}") == "xᵢ₊₁²ⁿ");
    CHECK(tex_to_text("10^{-8}") == "10⁻⁸");
    CHECK(tex_to_text(R"(A^\top B^T)") == "AᵀBᵀ");
    CHECK(tex_to_text("x^{(i)}") == "x⁽ⁱ⁾");
    CHECK(tex_to_text("f'(x)") == "f′(x)");
    CHECK(tex_to_text("f''") == "f′′");
    CHECK(tex_to_text(R"(\sum_{i=1}^n x_i)") == "∑ᵢ₌₁ⁿ xᵢ");
  }

  TEST_CASE("other scripts behind ^ and _") {
    CHECK(tex_to_text(R"(c_{\ell_i})") == "c_ℓᵢ");
    CHECK(tex_to_text(R"(J_{\min})") == "J_min");
    CHECK(tex_to_text(R"(\mathbb{R}^{n \times d})") == "ℝ^(n×d)");
    CHECK(tex_to_text(R"(\sum_{i \in S} x)") == "∑_(i∈S) x");
    CHECK(tex_to_text("e^{709.79}") == "e^709.79");
    CHECK(tex_to_text(R"(\nabla_w L)") == "∇_w L");
    CHECK(tex_to_text("x^{y^2}") == "x^y²");
  }

  TEST_CASE("fractions get the parentheses they need") {
    CHECK(tex_to_text(R"(\frac{a}{b})") == "a/b");
    CHECK(tex_to_text(R"(\frac{a + b}{c})") == "(a + b)/c");
    CHECK(tex_to_text(R"(\frac{a + b}{c d})") == "(a + b)/(cd)");
    CHECK(tex_to_text(R"(\frac12 x)") == "1/2 x");
    CHECK(tex_to_text(R"(\frac{1}{|S_j|})") == "1/|Sⱼ|");
    CHECK(tex_to_text(R"(\frac{p(y)}{p(x)})") == "p(y)/p(x)");
    CHECK(tex_to_text(R"(\frac{2}{n(n - 1)})") == "2/(n(n − 1))");
    CHECK(tex_to_text(R"(\frac{\frac{a}{b}}{c})") == "(a/b)/c");
    CHECK(tex_to_text(R"(\frac{}{b})") == "()/b");
    CHECK(tex_to_text(R"(\binom{n}{k})") == "C(n, k)");
  }

  TEST_CASE("roots and accents") {
    CHECK(tex_to_text(R"(\sqrt{d_k})") == "√dₖ");
    CHECK(tex_to_text(R"(\sqrt{x + 1})") == "√(x + 1)");
    CHECK(tex_to_text(R"(\sqrt{2\pi})") == "√(2π)");
    CHECK(tex_to_text(R"(\sqrt[3]{x})") == "³√x");
    CHECK(tex_to_text(R"(\hat{y})") == "ŷ");
    CHECK(tex_to_text(R"(\bar x)") == "x\u0304");
    CHECK(tex_to_text(R"(\hat{xy})") == "hat(xy)");
    CHECK(display_width(tex_to_text(R"(\overline{AB})")) == 2);
  }

  TEST_CASE("brackets and alphabets") {
    CHECK(tex_to_text(R"(\lVert x \rVert, \lfloor x \rfloor)") == "‖x‖, ⌊x⌋");
    CHECK(tex_to_text(R"(\{\, i : a = b \,\})") == "{i : a = b}");
    CHECK(tex_to_text(R"(\left( a \right))") == "(a)");
    CHECK(tex_to_text(R"(\left. a \right|)") == "a|");
    CHECK(tex_to_text(R"(\bigl( a \bigr))") == "(a)");
    CHECK(tex_to_text(R"(\langle a, b \rangle)") == "⟨a, b⟩");
    CHECK(tex_to_text(R"(\mathbb{E}[X] \mathcal{L} \mathbf{w})") == "𝔼[X]ℒw");
    CHECK(tex_to_text(R"(\mathbb{y})") == "y");
  }

  TEST_CASE("text keeps its own spaces") {
    CHECK(tex_to_text(R"(x \text{ if } y)") == "x if y");
    CHECK(tex_to_text(R"(c_{\text{new}})") == "c_new");
    CHECK(tex_to_text(R"(\text{99\% of a\_b})") == "99% of a_b");
  }

  TEST_CASE("grids") {
    CHECK(tex_to_text(R"(\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix})") ==
          "[1, 2; 3, 4]");
    CHECK(tex_to_text(R"(a \\ b)") == "a; b");
    CHECK(tex_to_text(R"(a \tag{3})") == "a  (3)");
    CHECK(tex_to_text(R"(\underbrace{a}_{b})") == "a [b]");
  }

  TEST_CASE("what is not known appears by its name") {
    CHECK(tex_to_text(R"(\foo)") == "foo");
    CHECK(tex_to_text(R"(\foo{a})") == "foo a");
    CHECK(tex_to_text(R"(\not\in \not=)") == "∉≠");
    CHECK(tex_to_text(R"(\not{ab})") == "¬ab");
    CHECK(tex_to_text("\\") == "\\");
  }

  TEST_CASE("in ASCII") {
    CHECK(tex_to_text(R"(\alpha\beta x)", false) == "alpha beta x");
    CHECK(tex_to_text(R"(\beta_1 m_{t-1})", false) == "beta_1 m_(t-1)");
    CHECK(tex_to_text(R"(\hat{y} \le 10^{-8})", false) == "hat(y) <= 10^-8");
    CHECK(tex_to_text(R"(\lVert x \rVert^2)", false) == "||x||^2");
    CHECK(tex_to_text(R"(\sqrt{d}, f')", false) == "sqrt(d), f'");
    CHECK(tex_to_text(R"(2\pi\sigma)", false) == "2 pi sigma");
  }
}

TEST_SUITE("maths: displayed") {
  TEST_CASE("limits above and below, the number at the right") {
    CHECK(shown(R"(\sum_{i=1}^{n} x_i \tag{1})", 30) ==
          "   n\n"
          "   ∑  xᵢ                   (1)\n"
          "  i=1\n");
  }

  TEST_CASE("fractions are stacked, fractions in fractions are not") {
    CHECK(shown(R"(x = \frac{a + b}{c})") ==
          "        a + b\n"
          "    x = ─────\n"
          "          c\n");
    CHECK(shown(R"(\frac{\frac{a}{b}}{c})") ==
          "    a/b\n"
          "    ───\n"
          "     c\n");
  }

  TEST_CASE("brackets grow with what they hold") {
    CHECK(shown(R"(\left( \frac{a}{b} \right)^2)") ==
          "    ⎛a⎞²\n"
          "    ⎜─⎟\n"
          "    ⎝b⎠\n");
    CHECK(shown(R"(\left[ \frac{a}{b} \right]_+)") ==
          "    ⎡a⎤\n"
          "    ⎢─⎥\n"
          "    ⎣b⎦₊\n");
    CHECK(shown(R"(\left\langle \frac{a}{b} \right.)") ==
          "     a\n"
          "    ⟨─\n"
          "     b\n");
  }

  TEST_CASE("matrices and cases") {
    CHECK(shown(R"(A = \begin{pmatrix} 1 & 2 \\ 3 & -4 \end{pmatrix})") ==
          "    A = ⎛1  2 ⎞\n"
          "        ⎝3  −4⎠\n");
    CHECK(shown(R"(\begin{cases} x & y \\ 0 & z \\ 1 \end{cases})") ==
          "    ⎧x  y\n"
          "    ⎨0  z\n"
          "    ⎩1\n");
    CHECK(shown(R"(\begin{array}{lr} a & b \\ cc & dd \end{array})") ==
          "    a    b\n"
          "    cc  dd\n");
  }

  TEST_CASE("aligned rows") {
    CHECK(
        shown(R"(\begin{aligned} a &= b \\ &= -c \tag{2} \end{aligned})", 30) ==
        "  a = b\n"
        "    = −c                   (2)\n");
    CHECK(shown(R"(\begin{aligned} a \\ b \\ c \end{aligned} \tag{5})", 30) ==
          "  a\n"
          "  b                        (5)\n"
          "  c\n");
  }

  TEST_CASE("roots, scripts that cannot be small, braces") {
    CHECK(shown(R"(\sqrt{\frac{a}{b}})") ==
          "     ┌──\n"
          "     │ a\n"
          "     │ ─\n"
          "    ╲│ b\n");
    CHECK(shown(R"(c_{\ell_i} + e^{-\mu})") ==
          "           −μ\n"
          "    c   + e\n"
          "     ℓᵢ\n");
    CHECK(shown(R"(\underbrace{a + b}_{\text{sum}})") ==
          "    a + b\n"
          "    ╰─┬─╯\n"
          "     sum\n");
    CHECK(shown(R"(\overbrace{a + b}^{x})") ==
          "      x\n"
          "    ╭─┴─╮\n"
          "    a + b\n");
    CHECK(shown(R"(\binom{n}{k})") == "    ⎛n⎞\n    ⎝k⎠\n");
  }

  TEST_CASE("too wide: goes on at the best place") {
    CHECK(shown(R"(aaaa = bbbb + cccc, \qquad d = e)", 26) ==
          "aaaa = bbbb + cccc,\n"
          "  d = e\n");
    CHECK(shown(R"(aaaaaaaa = bbbbbbbb + cccc)", 24) ==
          "aaaaaaaa\n  = bbbbbbbb + cccc\n");
  }

  TEST_CASE("far too wide: one row, wrapped; the number below") {
    const std::string text =
        shown(R"(\frac{\text{one two three four five}}{b} \tag{9})", 20);
    CHECK(text == "one two three four\n  five/b         (9)\n");
    CHECK(shown(R"(\text{exactly twenty c} \tag{9})", 20) ==
          "exactly twenty c\n                 (9)\n");
  }

  TEST_CASE("an empty formula is an empty line") {
    CHECK(tex_display("", 40) == std::vector<std::string>{""});
    CHECK(tex_to_text("").empty());
    CHECK(tex_to_text("{}").empty());
  }
}

TEST_SUITE("maths: whatever comes in") {
  TEST_CASE("any width is respected and ASCII is ASCII") {
    for (const std::string& tex : kFormulas) {
      CAPTURE(tex);
      for (int width = -1; width < 90; ++width) {
        CAPTURE(width);
        for (const std::string& line : tex_display(tex, width)) {
          if (width >= 8) CHECK(display_width(line) <= width);
        }
        for (const std::string& line : tex_display(tex, width, false)) {
          if (width >= 8) CHECK(line.size() <= static_cast<unsigned>(width));
          CHECK(to_ascii(line) == line);
        }
      }
    }
  }

  TEST_CASE("every beginning of a formula can be shown") {
    for (const std::string& tex : kFormulas) {
      for (std::size_t length = 0; length <= tex.size(); ++length) {
        CHECK_NOTHROW(tex_to_text(tex.substr(0, length)));
        CHECK_NOTHROW(tex_display(tex.substr(0, length), 40));
        CHECK_NOTHROW(tex_display(tex.substr(length), 40));
      }
    }
  }

  TEST_CASE("unbalanced input keeps its text") {
    CHECK(tex_to_text("a } b") == "a}b");
    CHECK(tex_to_text("{a") == "a");
    CHECK(tex_to_text(R"(\left( a)") == "(a");
    CHECK(tex_to_text(R"(a \right) b)") == "a)b");
    CHECK(tex_to_text(R"(\begin{bmatrix} a & b)") == "[a, b]");
    CHECK(tex_to_text(R"(a \end{x} b)") == "ab");
    CHECK(tex_to_text(R"({a & b \\ c})") == "a b c");
    CHECK(tex_to_text("x^").find('x') == 0);
    CHECK(tex_to_text("x_^_").find('x') == 0);
    CHECK(tex_to_text(R"(\frac{a)") == "a/()");
    CHECK(tex_to_text(R"(\text{a)") == "a");
    CHECK(tex_to_text(R"(\sqrt[3)").size() > 0);
  }

  TEST_CASE("depth without end ends") {
    std::string deep;
    for (int i = 0; i < 5000; ++i) deep += "{";
    CHECK_NOTHROW(tex_to_text(deep + "x"));
    for (const char* part : {R"(\frac{)", R"(\left()", R"(\sqrt{)", "x^{",
                             R"(\begin{matrix})", R"(\hat)", R"(\sqrt)"}) {
      std::string many;
      for (int i = 0; i < 3000; ++i) many += part;
      CAPTURE(part);
      CHECK_NOTHROW(tex_to_text(many));
      CHECK_NOTHROW(tex_display(many, 40));
    }
  }

  TEST_CASE("control characters and broken UTF-8 do not come through") {
    const std::string text = tex_to_text("a\033[1m\xFF \x01 b");
    CHECK_FALSE(invalid_utf8(text).has_value());
    CHECK(text.find('\033') == std::string::npos);
    CHECK(text.find('\x01') == std::string::npos);
  }
}
