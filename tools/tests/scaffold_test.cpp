#include "scaffold.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include "error.hpp"
#include "lint.hpp"

using namespace wb;

namespace {

/// An empty checkout in a folder of its own, gone at the end.
struct Checkout {
  fs::path root =
      fs::temp_directory_path() / ("wb_scaffold_" + std::to_string(::getpid()));

  Checkout() {
    fs::remove_all(root);
    for (const auto* header : {"matrix", "require"}) {
      write_file(
          root / "include/whiteboard/core" / (std::string(header) + ".hpp"),
          "// A header.\n#pragma once\n");
    }
    fs::create_directories(root / "questions");
  }
  ~Checkout() { fs::remove_all(root); }
  Checkout(const Checkout&) = delete;
  Checkout& operator=(const Checkout&) = delete;

  std::vector<fs::path> create(const std::string& id) const {
    return scaffold(Workspace(root), id);
  }

  std::size_t files() const {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      count += entry.is_regular_file() ? 1 : 0;
    }
    return count;
  }
};

std::string refusal(const Checkout& checkout, const std::string& id) {
  try {
    checkout.create(id);
  } catch (const Error& error) {
    CHECK(error.code() == exit_usage);
    return error.what();
  }
  FAIL("not refused: " << id);
  return "";
}

}  // namespace

TEST_SUITE("scaffold") {
  TEST_CASE("all files of a question, and lint has nothing to say") {
    const Checkout checkout;
    const std::string longest(38, 'a');
    for (const std::string& id :
         {std::string("algorithms/new_thing"), std::string("coding/union"),
          "data_preprocessing/" + longest, "coding/" + longest}) {
      CAPTURE(id);
      const auto files = checkout.create(id);
      REQUIRE(files.size() == 5);
      CHECK(files[0] == "questions/" + id + ".md");
      CHECK(files[1] == "include/whiteboard/" + id + ".hpp");
      CHECK(files[2] == "tests/" + id + "_test.cpp");
      CHECK(files[3] == "tests/" + id + ".mistakes/one_too_few.patch");
      CHECK(files[4] == "bench/" + id + "_bench.cpp");
      for (const auto& file : files) {
        const std::string text = read_text(checkout.root / file);
        CHECK(text.find('@') == (file.extension() == ".patch"
                                     ? text.find("@@")
                                     : std::string::npos));
      }
    }
    for (const auto& finding : lint(Workspace(checkout.root))) {
      FAIL_CHECK(finding.file.string()
                 << ":" << finding.line << ": " << finding.message);
    }
  }

  TEST_CASE("only coding questions have what practice needs") {
    const Checkout checkout;
    const auto coding = checkout.create("coding/a");
    const auto other = checkout.create("maths/a");
    const auto has = [&](const fs::path& file, const std::string& text) {
      return read_text(checkout.root / file).find(text) != std::string::npos;
    };
    CHECK(has(coding[0], "hints:"));
    CHECK(has(coding[0], "## The task"));
    CHECK(has(coding[1], "// solution:begin"));
    CHECK_FALSE(has(other[0], "hints:"));
    CHECK_FALSE(has(other[0], "## The task"));
    CHECK_FALSE(has(other[1], "solution"));
  }

  TEST_CASE("the mistake applies") {
    const Checkout checkout;
    for (const std::string id : {"coding/a", "maths/b"}) {
      const auto files = checkout.create(id);
      const std::string command = "cd " + checkout.root.string() +
                                  " && patch -s -F0 -p1 < " + files[3].string();
      CHECK(std::system(command.c_str()) == 0);
      CHECK(read_text(checkout.root / files[1]).find("x.size() - 1") !=
            std::string::npos);
    }
  }

  TEST_CASE("an id that is none") {
    const Checkout checkout;
    const std::size_t before = checkout.files();
    for (const std::string id : {"", "k_means", "nowhere/a", "/a", "core/a"}) {
      CAPTURE(id);
      CHECK(refusal(checkout, id)
                .find("is not <section>/<slug>; the sections "
                      "are fundamentals, ") != std::string::npos);
    }
    for (const std::string slug : {"", "A", "1a", "a-b", "_a", "a_", "a__b",
                                   "../a", "a/b", "a b", "\xC3\xA9"}) {
      CAPTURE(slug);
      CHECK(refusal(checkout, "maths/" + slug).find("is not snake_case") !=
            std::string::npos);
    }
    CHECK(refusal(checkout, "maths/" + std::string(39, 'a'))
              .find("has 39 characters; 38 at most") != std::string::npos);
    CHECK(checkout.files() == before);
  }

  TEST_CASE("what exists is not touched") {
    const Checkout checkout;
    write_file(checkout.root / "bench/maths/a_bench.cpp", "mine\n");
    const std::size_t before = checkout.files();
    CHECK(refusal(checkout, "maths/a") ==
          "bench/maths/a_bench.cpp exists already; nothing was created");
    CHECK(checkout.files() == before);
    CHECK(read_text(checkout.root / "bench/maths/a_bench.cpp") == "mine\n");
  }

  TEST_CASE("when a file cannot be written, none is left") {
    const Checkout checkout;
    // A file where the last one needs a folder: fails for root as well.
    write_file(checkout.root / "bench", "not a folder\n");
    const std::size_t before = checkout.files();
    CHECK_THROWS_AS(checkout.create("maths/a"), Error);
    CHECK(checkout.files() == before);
    CHECK_FALSE(fs::exists(checkout.root / "tests"));
    CHECK_FALSE(fs::exists(checkout.root / "questions/maths"));
  }
}
