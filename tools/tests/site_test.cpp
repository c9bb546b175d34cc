#include "site.hpp"

#include <doctest/doctest.h>

#include "results.hpp"
#include "sandbox.hpp"

using namespace wb;

namespace {

/// A checkout with one question, and the files of its runs.
struct Checkout {
  TemporaryFolder folder;
  Question question{"maths", "x"};

  Checkout() {
    folder.add("questions/maths/x.md", "answer\n");
    folder.add("include/whiteboard/maths/x.hpp", "header\n");
    folder.add("tests/maths/x_test.cpp", "test\n");
    folder.add("tests/maths/x.mistakes/slip.patch", "patch\n");
    folder.add("bench/maths/x_bench.cpp", "bench\n");
  }

  Json stored(const std::string& name) const {
    const auto path = folder.path() / "build/results/maths" / name;
    return Json::parse(read_file(path)).value_or(Json());
  }
};

const RunStamp kStamp{"2026-01-02T03:04:05Z", "g++ 12.2.0", "a machine", "abc"};

}  // namespace

TEST_CASE("what is missing for the site is said with how to get it") {
  CHECK(!node_problem("v18.20.4", "9.2.0"));
  CHECK(!node_problem("v22.1.0", "10.0.0"));
  CHECK(node_problem("", "")->find("apt-get install nodejs npm") !=
        std::string::npos);
  CHECK(
      node_problem("v16.3.0", "8.1.0")->find("18 or newer, this is v16.3.0") !=
      std::string::npos);
  CHECK(node_problem("v18.20.4", "")->find("npm, which is not there") !=
        std::string::npos);
}

TEST_CASE("a run of the claims is kept with the files it depends on") {
  const Checkout checkout;
  QuestionResult result;
  result.question = checkout.question;
  store(Workspace(checkout.folder.path()), kStamp, result);
  const Json document = checkout.stored("x.json");
  CHECK(document.get("run").get("commit").text() == "abc");
  const Json files = document.get("files");
  CHECK(files.get("include/whiteboard/maths/x.hpp").text().size() == 16);
  CHECK(files.get("tests/maths/x_test.cpp").text().size() == 16);
  CHECK(files.get("questions/maths/x.md").text().empty());
}

TEST_CASE("a run of the mistakes is kept unless nothing could be tried") {
  const Checkout checkout;
  const Workspace workspace(checkout.folder.path());
  MistakesOfQuestion result;
  result.question = checkout.question;
  result.problem = "its claims do not hold";
  store(workspace, kStamp, result);
  CHECK(!workspace.has("build/results/maths/x.mistakes.json"));
  result.problem.clear();
  store(workspace, kStamp, result);
  const Json files = checkout.stored("x.mistakes.json").get("files");
  CHECK(files.get("tests/maths/x.mistakes/slip.patch").text().size() == 16);
}

TEST_CASE("a benchmark is kept with its header and its program") {
  const Checkout checkout;
  const Workspace workspace(checkout.folder.path());
  store_bench(workspace, kStamp, checkout.question,
              Json::object({{"rows", Json::array()}}));
  const Json files = checkout.stored("x.bench.json").get("files");
  CHECK(files.get("bench/maths/x_bench.cpp").text().size() == 16);
  CHECK(files.get("tests/maths/x_test.cpp").text().empty());
}
