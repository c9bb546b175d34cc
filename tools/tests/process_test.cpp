#include "process.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "error.hpp"

using namespace wb;

namespace {

Command shell(const std::string& script) {
  Command command;
  command.argv = {"sh", "-c", script};
  return command;
}

/// Gone, or dead and only waiting to be collected.
bool is_dead(const std::string& pid) {
  std::ifstream status("/proc/" + pid + "/stat");
  std::string number, name, state;
  status >> number >> name >> state;
  return state.empty() || state == "Z" || state == "X";
}

double seconds_of(const std::function<void()>& action) {
  const auto start = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
      .count();
}

}  // namespace

TEST_CASE("a program's output and exit code come back") {
  const Outcome good = run(shell("echo out; echo err >&2"));
  CHECK(good.ok());
  CHECK(good.output == "out\nerr\n");

  const Outcome bad = run(shell("exit 3"));
  CHECK(bad.ending == Ending::exited);
  CHECK(bad.code == 3);
  CHECK(!bad.ok());
  CHECK(describe(bad) == "exit code 3");
}

TEST_CASE("a signal is told apart from an exit code of the same number") {
  const Outcome outcome = run(shell("kill -11 $$"));
  CHECK(outcome.ending == Ending::signalled);
  CHECK(outcome.code == SIGSEGV);
  CHECK(describe(outcome).find("signal 11") != std::string::npos);
  CHECK(run(shell("exit 11")).ending == Ending::exited);
}

TEST_CASE("a program that does not exist says so") {
  Command command;
  command.argv = {"no-such-program-anywhere"};
  const Outcome outcome = run(command);
  CHECK(outcome.ending == Ending::not_started);
  CHECK(describe(outcome).find("no-such-program-anywhere") !=
        std::string::npos);
}

TEST_CASE("directory and environment are passed on") {
  Command command = shell("pwd; echo $WB_PROBE");
  command.directory = "/";
  command.environment = {{"WB_PROBE", "a b"}};
  CHECK(run(command).output == "/\na b\n");
}

TEST_CASE("a program that takes too long is stopped with all its children") {
  Command command = shell("sleep 30 & sleep 30");
  command.seconds = 0.2;
  Outcome outcome;
  CHECK(seconds_of([&] { outcome = run(command); }) < 5.0);
  CHECK(outcome.ending == Ending::timed_out);
}

TEST_CASE("a program that ignores the polite signal is killed") {
  Command command = shell("trap '' TERM; while :; do sleep 0.05; done");
  command.seconds = 0.2;
  Outcome outcome;
  CHECK(seconds_of([&] { outcome = run(command); }) < 8.0);
  CHECK(outcome.ending == Ending::timed_out);
}

TEST_CASE("a flood of output is cut and the program stopped") {
  Command command = shell("while :; do echo flood; done");
  command.output_limit = 1000;
  const Outcome outcome = run(command);
  CHECK(outcome.ending == Ending::flooded);
  CHECK(outcome.output.size() == 1000);
}

TEST_CASE("a child left behind neither lives on nor keeps us waiting") {
  Outcome outcome;
  CHECK(seconds_of([&] { outcome = run(shell("sleep 30 & echo $!")); }) < 5.0);
  CHECK(outcome.ok());
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK(is_dead(std::to_string(std::stoi(outcome.output))));
}

TEST_CASE("a child that left the group and holds the pipe is not waited for") {
  Outcome outcome;
  CHECK(seconds_of([&] { outcome = run(shell("setsid sleep 6 & echo hi")); }) <
        5.0);
  CHECK(outcome.ok());
  CHECK(outcome.output == "hi\n");
}

TEST_CASE("many programs keep their order and run side by side") {
  std::vector<Command> commands;
  for (int i = 0; i < 9; ++i) {
    commands.push_back(shell("sleep 0.0" + std::to_string(9 - i) + "; echo " +
                             std::to_string(i)));
  }
  std::vector<std::size_t> finished;
  const auto outcomes =
      run_all(commands, 3,
              [&](std::size_t i, const Outcome&) { finished.push_back(i); });
  REQUIRE(outcomes.size() == 9);
  CHECK(finished.size() == 9);
  for (std::size_t i = 0; i < 9; ++i) {
    CHECK(outcomes[i].output == std::to_string(i) + "\n");
  }
  CHECK(run_all({}, 2).empty());
}

TEST_CASE("output is handed over while the program runs") {
  std::string seen;
  Command command = shell("echo one; echo two");
  command.on_output = [&](std::string_view text) { seen += text; };
  CHECK(run(command).output == seen);
}

TEST_CASE("Ctrl-C stops the running programs and is reported") {
  std::thread interrupter([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    ::kill(::getpid(), SIGINT);
  });
  ExitCode code = exit_ok;
  const double seconds = seconds_of([&] {
    try {
      run_all({shell("sleep 30"), shell("sleep 30"), shell("sleep 30")}, 2);
    } catch (const Error& e) {
      code = e.code();
    }
  });
  interrupter.join();
  CHECK(code == exit_interrupted);
  CHECK(seconds < 5.0);
  CHECK(run(shell("exit 0")).ok());  // and the next one works
}

TEST_CASE("there is at least one processor and one build job") {
  CHECK(processors() >= 1);
  CHECK(build_jobs() >= 1);
  CHECK(build_jobs() <= processors());
}
