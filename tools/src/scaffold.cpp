#include "scaffold.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "error.hpp"
#include "file_links.hpp"
#include "lint_files.hpp"

namespace wb {
namespace {

constexpr std::size_t kLongestSlug = 38;

constexpr std::string_view kAnswer = R"(---
title: What is @words@?
level: core
asked_as:
  - Explain @words@.
see_also: []
@coding_keys@---

@file_links@

## In one minute

The mean of some numbers is their sum divided by how many there are. It is the
one number with the smallest total squared distance to all of them.

@task@## The answer in full

The mean of $x_1,\dots,x_n$ is

```math
\bar{x} = \frac{1}{n} \sum_{i=1}^{n} x_i . \tag{1}
```

Of 1, 2, 3, 4 it is 2.5 (claim 1).

## Cost

$O(n)$ time, no memory. `./wb bench @id@` measures it.

## Follow-ups

- *"What if one number is wrong?"* One value moves the mean as far as it likes;
  the median barely notices it.

## Claims

1. **halfway_between_the_ends**: the mean of 1, 2, 3, 4 is 2.5.

## Mistakes

- **one_too_few**: dividing by $n - 1$, which belongs to the variance; breaks
  claim 1.

## References

1. Any introduction to statistics.
)";

constexpr std::string_view kCodingKeys =
    R"page(signature: "double @slug@_mean(const VectorRef& x)"
minutes: 5
hints:
  - What is the mean of a single number?
  - One pass is enough.
  - Divide once, behind the loop.
)page";

constexpr std::string_view kTask = R"(## The task

Write

    double @slug@_mean(const VectorRef& x)

which returns the mean of the values of x. Example: 1, 2, 3, 4 give 2.5. Throw
`std::invalid_argument` when x is empty or not finite.

)";

constexpr std::string_view kHeader = R"(// Question:    What is @words@?
// Answer:      questions/@id@.md
// Method:      one sum and one division
// Time:        O(n)
// Symbols:     x  n  values
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

namespace whiteboard::@section@ {

/// The mean of `x` (n values), Eq. (1).
/// Throws std::invalid_argument unless n >= 1 and all values are finite.
inline double @slug@_mean(const VectorRef& x) {
  require(x.size() >= 1, "@slug@: x is empty");
  require_finite(x, "@slug@: x");
@begin@  double total = 0.0;
  for (Eigen::Index i = 0; i < x.size(); ++i) total += x(i);
  return total / static_cast<double>(x.size());
@end@}

}  // namespace whiteboard::@section@
)";

constexpr std::string_view kRightLine =
    "  return total / static_cast<double>(x.size());\n";
constexpr std::string_view kWrongLine =
    "  return total / static_cast<double>(x.size() - 1);\n";

constexpr std::string_view kTest = R"(// Verifies the claims of the answer.
#include <whiteboard/@id@.hpp>

#include <support/claims.hpp>

#include <limits>
#include <stdexcept>

using namespace whiteboard;
using namespace whiteboard::@section@;

namespace {

constexpr auto mean = @slug@_mean;

}  // namespace

TEST_SUITE("@id@") {
  TEST_CASE("halfway_between_the_ends") {
    const double got = mean(Vector{{1.0, 2.0, 3.0, 4.0}});
    EVIDENCE("mean of 1 to 4", got);
    CHECK(close(got, 2.5));  // 10 / 4, exact in binary
  }
}

TEST_SUITE("@id@ extra") {
  TEST_CASE("arguments that break the contract are refused") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_AS(mean(Vector()), std::invalid_argument);
    CHECK_THROWS_AS(mean(Vector{{1.0, nan}}), std::invalid_argument);
  }
}
)";

constexpr std::string_view kBench =
    R"(// How fast is the loop beside Eigen's sum?
//
//     n  values    items_per_second counts values
#include <whiteboard/@id@.hpp>

#include <support/bench.hpp>

#include <cmath>

using namespace whiteboard;
using namespace whiteboard::@section@;

namespace {

constexpr auto reference = @slug@_mean;

double mean_by_eigen(const VectorRef& x) {
  return x.sum() / static_cast<double>(x.size());
}

void run(benchmark::State& state, double (*mean)(const VectorRef&)) {
  const Vector x = bench::gaussian(state.range(0), 1).col(0);
  if (!(std::abs(mean(x) - reference(x)) < 1e-12)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) benchmark::DoNotOptimize(mean(x));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

}  // namespace

BENCHMARK_CAPTURE(run, reference, reference)
    ->Name("mean/reference")
    ->ArgNames({"n"})
    ->Args({1000});
BENCHMARK_CAPTURE(run, eigen, mean_by_eigen)
    ->Name("mean/eigen")
    ->ArgNames({"n"})
    ->Args({1000});
)";

using Values = std::vector<std::pair<std::string_view, std::string>>;

/// The template with each @name@ replaced.
std::string filled(std::string_view text, const Values& values) {
  std::string result(text);
  for (const auto& [name, value] : values) {
    const std::string mark = fmt::format("@{}@", name);
    for (std::size_t at = result.find(mark); at != std::string::npos;
         at = result.find(mark, at + value.size())) {
      result.replace(at, mark.size(), value);
    }
  }
  return result;
}

Question parse_id(const std::string& id) {
  const std::size_t slash = id.find('/');
  const Question question{id.substr(0, slash), slash == std::string::npos
                                                   ? ""
                                                   : id.substr(slash + 1)};
  const bool known = std::find(kSections.begin(), kSections.end(),
                               question.section) != kSections.end();
  if (slash == std::string::npos || !known) {
    throw Error(exit_usage,
                fmt::format("'{}' is not <section>/<slug>; the sections are {}",
                            id, fmt::join(kSections, ", ")));
  }
  if (!is_snake_case(question.slug)) {
    throw Error(exit_usage,
                fmt::format("'{}' is not snake_case: a letter, then lower-case "
                            "letters and digits, joined by single underscores",
                            question.slug));
  }
  if (question.slug.size() > kLongestSlug) {
    throw Error(exit_usage,
                fmt::format("'{}' has {} characters; {} at most, so that lines "
                            "fit 80 columns",
                            question.slug, question.slug.size(), kLongestSlug));
  }
  return question;
}

/// The diff that makes the division of `header` wrong.
std::string wrong_division(const Question& question,
                           const std::string& header) {
  const std::size_t at = header.find(kRightLine);
  const auto line =
      1 + std::count(header.begin(),
                     header.begin() + static_cast<std::ptrdiff_t>(at), '\n');
  const std::size_t before = header.rfind('\n', at - 2) + 1;
  const std::size_t after = at + kRightLine.size();
  const std::size_t after_end = header.find('\n', after) + 1;
  return fmt::format(
      "Breaks: halfway_between_the_ends\n\n--- a/{0}\n+++ b/{0}\n"
      "@@ -{1},3 +{1},3 @@\n {2}-{3}+{4} {5}",
      question.header().string(), line - 1, header.substr(before, at - before),
      kRightLine, kWrongLine, header.substr(after, after_end - after));
}

using Files = std::vector<std::pair<fs::path, std::string>>;

Files files_of(const Question& question) {
  const bool coding = question.section == "coding";
  std::string words = question.slug;
  std::replace(words.begin(), words.end(), '_', ' ');
  const auto all_there = [](const fs::path&) { return true; };
  // What holds further marks comes first.
  const Values values{{"coding_keys", coding ? std::string(kCodingKeys) : ""},
                      {"task", coding ? std::string(kTask) : ""},
                      {"begin", coding ? "  // solution:begin\n" : ""},
                      {"end", coding ? "  // solution:end\n" : ""},
                      {"file_links", file_links(question, all_there)},
                      {"id", question.id()},
                      {"section", question.section},
                      {"slug", question.slug},
                      {"words", words}};
  const std::string header = filled(kHeader, values);
  return {{question.answer(), filled(kAnswer, values)},
          {question.header(), header},
          {question.test(), filled(kTest, values)},
          {question.mistakes() / "one_too_few.patch",
           wrong_division(question, header)},
          {question.bench(), filled(kBench, values)}};
}

/// Removes what was written, and folders that became empty.
void undo(const Workspace& workspace, const std::vector<fs::path>& written,
          const std::vector<fs::path>& created) {
  std::error_code ignored;
  for (const auto& path : written) fs::remove(workspace.path(path), ignored);
  for (auto folder = created.rbegin(); folder != created.rend(); ++folder) {
    fs::remove(*folder, ignored);  // refuses what is not empty
  }
}

/// The folders above `file` that do not exist yet, from the top down.
std::vector<fs::path> missing_folders(const fs::path& file) {
  std::vector<fs::path> missing;
  std::error_code none;
  for (fs::path folder = file.parent_path(); !fs::exists(folder, none);
       folder = folder.parent_path()) {
    missing.insert(missing.begin(), folder);
  }
  return missing;
}

}  // namespace

std::vector<fs::path> scaffold(const Workspace& workspace,
                               const std::string& id) {
  const Question question = parse_id(id);
  const Files files = files_of(question);
  for (const auto& [path, text] : files) {
    if (workspace.has(path)) {
      throw Error(exit_usage, fmt::format("{} exists already; nothing was "
                                          "created",
                                          path.string()));
    }
  }
  std::vector<fs::path> written;
  std::vector<fs::path> created;
  try {
    for (const auto& [path, text] : files) {
      const auto folders = missing_folders(workspace.path(path));
      created.insert(created.end(), folders.begin(), folders.end());
      write_file(workspace.path(path), text);
      written.push_back(path);
    }
  } catch (const Error&) {
    undo(workspace, written, created);
    throw;
  }
  return written;
}

}  // namespace wb
