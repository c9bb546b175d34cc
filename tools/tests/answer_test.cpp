#include "answer.hpp"

#include <doctest/doctest.h>

#include "error.hpp"

using namespace wb;

namespace {

const std::string kPage = R"md(---
title: What is a mean?
level: core
asked_as:
  - Define the mean.
see_also: [statistics/median]
minutes: 8
hints: [one, two, three]
signature: "double mean(Span x)"
---

## In one minute

The sum over the count.

```math
m = \frac{1}{n} \sum_i x_i \tag{1}
```

```
## not a heading
\tag{7}
```

## Claims

1. **mean_of_equals**: the mean of equal
   numbers is that number.
2. **mean_is_linear**: $E[ax] = aE[x]$.

A closing remark.

## Mistakes

- **off_by_one**: dividing by $n - 1$.
)md";

Answer parse(const std::string& text) {
  return parse_answer(text, "p.md");
}

std::string with(const std::string& from, const std::string& to) {
  std::string text = kPage;
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("the front matter is read") {
  const FrontMatter front = parse(kPage).front;
  CHECK(front.title == "What is a mean?");
  CHECK(front.level == "core");
  CHECK(front.asked_as == std::vector<std::string>{"Define the mean."});
  CHECK(front.see_also == std::vector<std::string>{"statistics/median"});
  CHECK(front.minutes == 8);
  CHECK(front.hints.size() == 3);
  CHECK(front.signature == "double mean(Span x)");
  CHECK(front.keys.size() == 7);
}

TEST_CASE("claims and mistakes are items with a line") {
  const Answer answer = parse(kPage);
  CHECK(answer.problems.empty());
  REQUIRE(answer.claims.size() == 2);
  CHECK(answer.claims[0].id == "mean_of_equals");
  CHECK(answer.claims[0].number == 1);
  CHECK(answer.claims[0].sentence ==
        "the mean of equal numbers is that number.");
  CHECK(answer.claims[0].line == 27);
  CHECK(answer.claims[1].sentence == "$E[ax] = aE[x]$.");
  REQUIRE(answer.mistakes.size() == 1);
  CHECK(answer.mistakes[0].id == "off_by_one");
  CHECK(answer.mistakes[0].number == 0);
}

TEST_CASE("sections are split at headings outside of code") {
  const Answer answer = parse(kPage);
  REQUIRE(answer.sections.size() == 3);
  CHECK(answer.sections[0].title == "In one minute");
  CHECK(answer.sections[0].line == 12);
  CHECK(answer.section("Claims") != nullptr);
  CHECK(answer.section("Costs") == nullptr);
}

TEST_CASE("equations are those of display maths") {
  const Answer answer = parse(kPage);
  REQUIRE(answer.equations.size() == 1);
  CHECK(answer.equations.at(1) == 17);
}

TEST_CASE("malformed items and tags are problems with a line") {
  const Answer no_id = parse(with("**mean_is_linear**: ", "linear: "));
  REQUIRE(no_id.problems.size() == 1);
  CHECK(no_id.problems[0].line == 29);
  CHECK(parse(with("\\tag{1}", "\\tag{x}")).problems.size() == 1);
  const Answer twice = parse(with("\\tag{1}", "\\tag{1}\n\\tag{1}"));
  REQUIRE(twice.problems.size() == 1);
  CHECK(twice.problems[0].message == "equation (1) is tagged twice");
}

TEST_CASE("broken front matter is refused with file and line") {
  CHECK_THROWS_WITH_AS(
      parse("# no front matter\n"),
      "p.md:1: the page must start with front matter between '---'", Error);
  CHECK_THROWS_WITH_AS(parse("---\ntitle: x\n"),
                       "p.md:1: the front matter is never closed", Error);
  CHECK_THROWS_WITH_AS(parse(with("level: core", "level: [core")),
                       doctest::Contains("p.md:"), Error);
  CHECK_THROWS_WITH_AS(parse(with("minutes: 8", "minutes: eight")),
                       "p.md:7: 'minutes' must be a whole number", Error);
  CHECK_THROWS_WITH_AS(parse(with("title: What is a mean?", "titel: x")),
                       doctest::Contains("front matter has no title"), Error);
  CHECK_THROWS_WITH_AS(parse(with("[one, two, three]", "one")),
                       "p.md:8: 'hints' must be a list", Error);
  CHECK_THROWS_AS(parse("---\n- a list\n---\n"), Error);
  CHECK_THROWS_AS(parse("---\n---\n"), Error);
  CHECK_THROWS_AS(parse(""), Error);
}
