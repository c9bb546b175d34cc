// The reader's files: nothing is lost, whatever happens.
#include "attempts.hpp"

#include <doctest/doctest.h>

#include "error.hpp"
#include "sandbox.hpp"

using namespace wb;

namespace {

/// A folder with one question and nothing else.
struct Desk {
  TemporaryFolder folder;
  Workspace workspace = [this] {
    folder.add("questions/coding/halve.md", "");
    folder.add("questions/coding/twice.md", "");
    return Workspace(folder.path());
  }();
  Attempts attempts{workspace};
  Question halve{"coding", "halve"};
  Question twice{"coding", "twice"};
};

Event event(const std::string& what, const std::string& id) {
  Event e;
  e.what = what;
  e.id = id;
  return e;
}

}  // namespace

TEST_SUITE("attempts") {
  TEST_CASE("a file is made once and never written over") {
    const Desk desk;
    CHECK_FALSE(desk.attempts.exists(desk.halve));
    CHECK_THROWS_WITH_AS(desk.attempts.text(desk.halve),
                         "there is no practice/coding/halve.hpp; ./wb start "
                         "coding/halve makes it",
                         Error);
    desk.attempts.create(desk.halve, "one");
    CHECK(desk.attempts.text(desk.halve) == "one");
    CHECK_THROWS_AS(desk.attempts.create(desk.halve, "two"), Error);
    CHECK(desk.attempts.text(desk.halve) == "one");
    CHECK(desk.workspace.has("practice/compile_flags.txt"));
  }

  TEST_CASE("versions are numbered and the same one is not kept twice") {
    const Desk desk;
    CHECK(desk.attempts.history(desk.halve).empty());
    CHECK(desk.attempts.keep(desk.halve, "a") == 1);
    CHECK(desk.attempts.keep(desk.halve, "a") == 1);
    CHECK(desk.attempts.keep(desk.halve, "b") == 2);
    CHECK(desk.attempts.keep(desk.halve, "a") == 3);
    const auto versions = desk.attempts.history(desk.halve);
    REQUIRE(versions.size() == 3);
    CHECK(read_file(versions[1].file) == "b");
    CHECK(versions[0].fingerprint == versions[2].fingerprint);
    CHECK(versions[0].fingerprint != versions[1].fingerprint);
  }

  TEST_CASE("replacing keeps what was there") {
    const Desk desk;
    desk.attempts.create(desk.halve, "mine");
    desk.attempts.replace(desk.halve, "new");
    CHECK(desk.attempts.text(desk.halve) == "new");
    REQUIRE(desk.attempts.history(desk.halve).size() == 1);
    CHECK(read_file(desk.attempts.history(desk.halve)[0].file) == "mine");
  }

  TEST_CASE("the log keeps order and tells questions apart") {
    const Desk desk;
    CHECK(desk.attempts.events().empty());
    CHECK_FALSE(desk.attempts.current());
    desk.attempts.create(desk.halve, "x");
    desk.attempts.create(desk.twice, "x");
    desk.attempts.log(event("start", "coding/halve"));
    Event judged = event("judged", "coding/twice");
    judged.verdict = "WRONG";
    judged.holding = 2;
    judged.claims = 5;
    judged.version = 3;
    desk.attempts.log(judged);
    const auto all = desk.attempts.events();
    REQUIRE(all.size() == 2);
    CHECK(all[0].time.size() == 20);
    CHECK(all[1].verdict == "WRONG");
    CHECK(all[1].holding == 2);
    CHECK(all[1].claims == 5);
    CHECK(all[1].version == 3);
    CHECK(desk.attempts.events(desk.halve).size() == 1);
    REQUIRE(desk.attempts.current());
    CHECK(desk.attempts.current()->id() == "coding/twice");
  }

  TEST_CASE("a torn line and a newer program's line cost nothing else") {
    const Desk desk;
    desk.attempts.log(event("start", "coding/halve"));
    const fs::path log = desk.folder.path() / "practice/log.jsonl";
    write_file(log, read_file(log) + "{\"schema\":9,\"event\":\"x\"}\n{\"sch");
    desk.attempts.log(event("hint", "coding/halve"));
    const auto all = desk.attempts.events();
    REQUIRE(all.size() == 2);
    CHECK(all[1].what == "hint");
  }

  TEST_CASE("a log on a full disk is an error that names it") {
    const Desk desk;
    fs::create_directories(desk.folder.path() / "practice");
    fs::create_symlink("/dev/full", desk.folder.path() / "practice/log.jsonl");
    try {
      desk.attempts.log(event("start", "coding/halve"));
      FAIL("nothing was thrown");
    } catch (const Error& error) {
      CHECK(error.code() == exit_environment);
      CHECK(std::string(error.what()).find("log.jsonl") != std::string::npos);
    }
  }

  TEST_CASE("times are told apart in seconds") {
    CHECK(seconds_between("2026-11-26T01:00:00Z", "2026-11-26T01:01:30Z") ==
          90.0);
    CHECK(seconds_between("2026-11-26T23:59:59Z", "2026-11-27T00:00:01Z") ==
          2.0);
    CHECK(seconds_between("nonsense", "2026-11-26T01:01:30Z") == 0.0);
  }
}
