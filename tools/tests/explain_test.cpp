// Which mistake an attempt looks like, whether a race was won, what a bundle
// and a dependency file say.
#include "explain.hpp"

#include <doctest/doctest.h>

#include "bundle.hpp"
#include "error.hpp"
#include "overlay.hpp"
#include "race.hpp"
#include "sandbox.hpp"

using namespace wb;

TEST_SUITE("explain") {
  TEST_CASE("the same values beat the same claims") {
    const std::vector<Mistake> mistakes{
        {"by_claims", "", {{"a", "1 == 3"}, {"b", "1 == 3"}}},
        {"by_first", "", {{"a", "1 == 2"}}},
        {"by_values", "", {{"a", "1 == 2"}, {"b", "4 == 5"}}},
        {"breaks_nothing", "", {}}};
    const Symptoms seen{{"a", "1 == 2"}, {"b", "4 == 5"}};
    const auto exact = most_like(mistakes, seen, "a");
    REQUIRE(exact);
    CHECK(exact->mistake->id == "by_values");
    CHECK(exact->likeness == Likeness::same_values);

    const auto first = most_like(mistakes, {{"a", "1 == 2"}, {"c", "x"}}, "a");
    REQUIRE(first);
    CHECK(first->mistake->id == "by_first");
    CHECK(first->likeness == Likeness::same_first);

    const auto claims = most_like(mistakes, {{"a", "7"}, {"b", "8"}}, "a");
    REQUIRE(claims);
    CHECK(claims->mistake->id == "by_claims");
    CHECK(claims->likeness == Likeness::same_claims);

    CHECK_FALSE(most_like(mistakes, {{"z", "7"}}, "z"));
    CHECK_FALSE(most_like({}, seen, "a"));
  }

  TEST_CASE("symptoms are the first failed check of each claim") {
    Judgement judgement;
    judgement.claims.resize(3);
    judgement.claims[0].id = "holds";
    judgement.claims[0].verdict = Verdict::holds;
    judgement.claims[1].id = "fails";
    judgement.claims[1].verdict = Verdict::fails;
    judgement.claims[1].failures = {{"t.cpp", 7, "CHECK(x)", "1 == 2", {}},
                                    {"t.cpp", 8, "CHECK(y)", "3 == 4", {}}};
    judgement.claims[2].id = "crashes";
    judgement.claims[2].verdict = Verdict::crashed;
    const Symptoms want{{"fails", "7: CHECK(x): 1 == 2"},
                        {"crashes", "crashed"}};
    CHECK(symptoms(judgement) == want);
  }
}

TEST_SUITE("race") {
  TEST_CASE("twice as fast, half as fast, and the same") {
    const std::vector<double> reference{2.0, 2.1, 1.9, 2.0, 2.05, 1.95};
    std::vector<double> fast;
    std::vector<double> slow;
    for (const double t : reference) {
      fast.push_back(t / 2.0);
      slow.push_back(t * 2.0);
    }
    CHECK(compare("k", reference, fast).verdict == RaceVerdict::faster);
    CHECK(compare("k", reference, fast).ratio == doctest::Approx(2.0));
    CHECK(compare("k", reference, slow).verdict == RaceVerdict::slower);
    CHECK(compare("k", reference, reference).verdict == RaceVerdict::same);
  }

  TEST_CASE("noise cannot be told from a difference") {
    const Lane lane = compare("k", {1.0, 2.0, 1.0, 2.0, 1.0, 2.0},
                              {2.0, 1.0, 2.0, 1.0, 2.0, 1.0});
    CHECK(lane.verdict == RaceVerdict::cannot_tell);
    CHECK(lane.low <= lane.ratio);
    CHECK(lane.ratio <= lane.high);
    CHECK(compare("k", {1.0}, {1.0}).verdict == RaceVerdict::cannot_tell);
    CHECK(compare("k", {}, {}).verdict == RaceVerdict::cannot_tell);
  }
}

TEST_SUITE("bundle") {
  TEST_CASE("each header stands there once, and includes come first") {
    const TemporaryFolder folder;
    folder.add("questions/x", "");
    folder.add("include/whiteboard/core/a.hpp",
               "// A.\n#pragma once\n#include <cmath>\nint a();\n");
    folder.add("include/whiteboard/core/b.hpp",
               "#pragma once\n#include <whiteboard/core/a.hpp>\n"
               "#if __has_include(<new>)\n#include <new>\n#endif\nint b();\n");
    const Workspace workspace(folder.path());
    const std::string text =
        bundle(workspace,
               "#pragma once\n#include <whiteboard/core/b.hpp>\n"
               "#include <whiteboard/core/a.hpp>\n#include <array>\n"
               "int f() {\n  // solution:begin\n  return a() + b();\n"
               "  // solution:end\n}\n");
    CHECK(text ==
          "#pragma once\n\n#include <array>\n#include <cmath>\n\n// A.\n"
          "int a();\n\n#if __has_include(<new>)\n#include <new>\n#endif\n"
          "int b();\n\nint f() {\n  return a() + b();\n}\n");
    CHECK_THROWS_AS(bundle(workspace, "#include <whiteboard/core/none.hpp>\n"),
                    Error);
  }
}

TEST_SUITE("overlay") {
  TEST_CASE("headers of the library, wherever they were read") {
    const std::string depfile =
        "test.o: /w/tests/x_test.cpp "
        "/w/build/o/include/whiteboard/coding/x.hpp "
        "\\\n  /w/include/whiteboard/core/matrix.hpp /usr/include/stdio.h \\\n"
        "  /w/include/whiteboard/core/matrix.hpp\n";
    CHECK(library_headers(depfile) ==
          std::vector<std::string>{"coding/x.hpp", "core/matrix.hpp"});
  }

  TEST_CASE("the copy must have been read and the original must not") {
    const TemporaryFolder folder;
    folder.add("questions/x", "");
    const Workspace workspace(folder.path());
    const fs::path header = "include/whiteboard/coding/x.hpp";
    const fs::path copy = folder.path() / "o";
    const std::string mine = (copy / header).string();
    const std::string original = (folder.path() / header).string();
    const auto proved = [&](const std::string& names) {
      return read_the_copy(workspace, header, copy, "t.o: " + names + "\n");
    };
    CHECK(proved(mine));
    CHECK_FALSE(proved(mine + " \\\n " + original));
    CHECK_FALSE(proved(original));
    CHECK_FALSE(proved("/usr/include/stdio.h"));
    CHECK_FALSE(proved(mine + ".bak"));
    CHECK(proved((copy / "x" / ".." / header).string()));
  }
}
