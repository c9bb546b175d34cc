#include "workspace.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "error.hpp"
#include "match.hpp"
#include "sandbox.hpp"

using namespace wb;

namespace {

/// A checkout with pages and nothing else.
struct Checkout {
  TemporaryFolder folder;

  Checkout() {
    for (const auto* id :
         {"algorithms/k_means", "algorithms/k_means_plus_plus",
          "algorithms/pca", "maths/softmax", "coding/softmax", "llm/lora"}) {
      folder.add(std::string("questions/") + id + ".md", "x");
    }
    folder.add("questions/unknown_section/page.md", "x");
    folder.add("questions/llm/notes.txt", "x");
  }

  Workspace open() const { return Workspace(folder.path()); }
};

std::string message_of(const Workspace& workspace, std::string_view typed) {
  try {
    return workspace.find(typed).id();
  } catch (const Error& e) {
    CHECK(e.code() == exit_no_such_question);
    return e.what();
  }
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("questions come by section and then by slug") {
  const Checkout checkout;
  const Workspace workspace = checkout.open();
  std::string ids;
  for (const auto& q : workspace.questions()) ids += q.id() + " ";
  CHECK(ids ==
        "algorithms/k_means algorithms/k_means_plus_plus algorithms/pca "
        "llm/lora coding/softmax maths/softmax ");
  CHECK(workspace.of_section("algorithms").size() == 3);
  CHECK(workspace.of_section("nlp").empty());
}

TEST_CASE("a question knows its files") {
  const Question q{"maths", "softmax"};
  CHECK(q.answer() == "questions/maths/softmax.md");
  CHECK(q.header() == "include/whiteboard/maths/softmax.hpp");
  CHECK(q.test() == "tests/maths/softmax_test.cpp");
  CHECK(q.bench() == "bench/maths/softmax_bench.cpp");
  CHECK(q.mistakes() == "tests/maths/softmax.mistakes");
  CHECK(q.target() == "test_maths_softmax");
}

TEST_CASE("an id is found from what people type") {
  const Checkout checkout;
  const Workspace workspace = checkout.open();
  for (const auto* typed : {"algorithms/k_means", "k_means", "K-Means",
                            "k means", "questions/algorithms/k_means.md"}) {
    CAPTURE(typed);
    CHECK(message_of(workspace, typed) == "algorithms/k_means");
  }
  CHECK(message_of(workspace, "plus") == "algorithms/k_means_plus_plus");
  CHECK(message_of(workspace, "pca") == "algorithms/pca");
  CHECK(message_of(workspace, "msoftmax") == "maths/softmax");
}

TEST_CASE("an ambiguous fragment lists what it may be") {
  const Checkout checkout;
  const std::string message = message_of(checkout.open(), "softmax");
  CHECK(contains(message, "coding/softmax"));
  CHECK(contains(message, "maths/softmax"));
  CHECK(contains(message_of(checkout.open(), "k_mean"), "plus_plus"));
}

TEST_CASE("a typo gets a suggestion and nonsense none") {
  const Checkout checkout;
  const Workspace workspace = checkout.open();
  CHECK(contains(message_of(workspace, "k_menas"), "did you mean"));
  CHECK(contains(message_of(workspace, "k_menas"), "algorithms/k_means"));
  CHECK(contains(message_of(workspace, "zzzzzz"), "wb list"));
  CHECK(contains(message_of(workspace, ""), "no question matches ''"));
  CHECK(!contains(message_of(workspace, "a\x1b[31m"), "\x1b"));
}

TEST_CASE("a folder that is no checkout is refused by name") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH_AS(
      Workspace(folder.path()),
      (folder.path().string() +
       " is not a whiteboard checkout: it has no folder questions/")
          .c_str(),
      Error);
}

TEST_CASE("the root is found from below") {
  const fs::path root = WHITEBOARD_ROOT;
  CHECK(find_root(root / "include/whiteboard/core") == root);
  CHECK(!find_root("/").has_value());
}

TEST_CASE("patches are listed in order") {
  const Checkout checkout;
  const Question q{"llm", "lora"};
  CHECK(checkout.open().patches(q).empty());
  checkout.folder.add("tests/llm/lora.mistakes/b.patch", "x");
  checkout.folder.add("tests/llm/lora.mistakes/a.patch", "x");
  checkout.folder.add("tests/llm/lora.mistakes/a.orig", "x");
  const auto patches = checkout.open().patches(q);
  REQUIRE(patches.size() == 2);
  CHECK(patches[0] == "tests/llm/lora.mistakes/a.patch");
}

TEST_CASE("files are written whole and read back") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a/b/c.txt";
  write_file(path, "one\n");
  write_file(path, "two\n");
  CHECK(read_file(path) == "two\n");
  CHECK(read_text(path) == "two\n");
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(path.parent_path())) {
    CHECK(entry.path() == path);  // no partial file is left behind
    ++files;
  }
  CHECK(files == 1);
}

TEST_CASE("what cannot be read or written says which file and why") {
  const TemporaryFolder folder;
  const fs::path missing = folder.path() / "missing.txt";
  CHECK_THROWS_WITH_AS(
      read_file(missing),
      ("cannot open " + missing.string() + ": No such file or directory")
          .c_str(),
      Error);
  CHECK_THROWS_AS(read_file(folder.path()), Error);
  folder.add("file", "x");
  CHECK_THROWS_AS(write_file(folder.path() / "file/below", "x"), Error);
  CHECK_THROWS_WITH_AS(write_file("/dev/full/x", "x"),
                       doctest::Contains("/dev/full"), Error);
}

TEST_CASE("text that is not UTF-8 is refused with its line") {
  const TemporaryFolder folder;
  folder.add("bad.md", "one\ntwo\nth\xFFree\n");
  CHECK_THROWS_WITH_AS(
      read_text(folder.path() / "bad.md"),
      ((folder.path() / "bad.md").string() + ":3: not valid UTF-8 text")
          .c_str(),
      Error);
}

TEST_CASE("typing distance counts keystrokes") {
  CHECK(typing_distance("", "") == 0);
  CHECK(typing_distance("abc", "abc") == 0);
  CHECK(typing_distance("abc", "") == 3);
  CHECK(typing_distance("abc", "acb") == 1);
  CHECK(typing_distance("abc", "axc") == 1);
  CHECK(typing_distance("abc", "abxc") == 1);
  CHECK(typing_distance("kitten", "sitting") == 3);
}

TEST_CASE("the nearest words come first and far ones not at all") {
  const std::vector<std::string> words{"list", "lint", "study", "lists"};
  const auto near = nearest_words("lsit", words);
  REQUIRE(!near.empty());
  CHECK(near[0] == "list");
  CHECK(nearest_words("completely different", {"pca"}).empty());
  CHECK(is_subsequence("kms", "k_means"));
  CHECK(!is_subsequence("smk", "k_means"));
}
