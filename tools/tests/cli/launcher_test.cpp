// The launcher on machines that are not ready: programs it may call are
// stood in for by links and small scripts in a folder that is the whole PATH.
#include <doctest/doctest.h>

#include "checkout.hpp"
#include "error.hpp"

using namespace wb;

namespace {

/// A checkout with the launcher, and a machine that has only what is added.
class Machine {
 public:
  Machine() {
    fs::copy(fs::path(WHITEBOARD_ROOT) / "wb", checkout_.root() / "wb");
    for (const auto* name :
         {"bash", "dirname", "readlink", "find", "mkdir", "cat", "awk",
          "getconf", "grep", "tail", "touch", "flock"}) {
      link(name);
    }
    script("id", "echo 1000");  // not root
  }

  void link(const std::string& name) const {
    for (const auto* folder : {"/usr/bin", "/bin"}) {
      const fs::path program = fs::path(folder) / name;
      if (!fs::exists(program)) continue;
      fs::create_directories(bin());
      if (!fs::exists(bin() / name)) {
        fs::create_symlink(program, bin() / name);
      }
      return;
    }
  }

  void script(const std::string& name, const std::string& body) const {
    checkout_.add("bin/" + name, "#!/bin/bash\n" + body + "\n");
    fs::permissions(bin() / name, fs::perms::owner_all);
  }

  Outcome wb(const std::vector<std::string>& arguments = {"list"}) const {
    Command command;
    command.argv = {"/bin/bash", (checkout_.root() / "wb").string()};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    command.directory = checkout_.root();
    command.environment = {{"PATH", bin().string()}, {"CI", ""}};
    command.seconds = 60.0;
    return run(command);
  }

  const fs::path& root() const { return checkout_.root(); }

 private:
  fs::path bin() const { return checkout_.root() / "bin"; }

  Checkout checkout_;
};

}  // namespace

TEST_CASE("a missing package without permission gives the one command") {
  const Machine machine;
  machine.script("apt-get", "echo must not run; exit 1");
  const Outcome outcome = machine.wb();
  CHECK(outcome.code == exit_environment);
  CHECK(contains(outcome.output, "sudo apt-get install -y"));
  CHECK(contains(outcome.output, " cmake "));
  CHECK(contains(outcome.output, "ninja-build"));
  CHECK(!contains(outcome.output, "must not run"));
}

TEST_CASE("other package managers get their own names and are not run") {
  const std::vector<std::pair<std::string, std::string>> managers{
      {"dnf", "sudo dnf install -y"},
      {"pacman", "sudo pacman -S --needed"},
      {"brew", "brew install"}};
  for (const auto& manager : managers) {
    const std::string& words = manager.second;
    const Machine machine;
    machine.script(manager.first, "echo must not run; exit 1");
    const Outcome outcome = machine.wb();
    CAPTURE(manager.first);
    CHECK(outcome.code == exit_environment);
    CHECK(contains(outcome.output, words));
    CHECK(contains(outcome.output, "cmake"));
    CHECK(!contains(outcome.output, "must not run"));
  }
}

TEST_CASE("without any package manager the names are told") {
  const Machine machine;
  const Outcome outcome = machine.wb();
  CHECK(outcome.code == exit_environment);
  CHECK(contains(outcome.output, "ninja-build"));
}

TEST_CASE("with --yes packages are installed and looked for again") {
  const Machine machine;
  machine.script("sudo", "[[ $1 == *=* ]] && shift; \"$@\"");
  machine.script("apt-get", "echo ran \"$@\"; exit 0");  // installs nothing
  const Outcome outcome = machine.wb({"--yes", "list"});
  CHECK(outcome.code == exit_environment);
  CHECK(contains(outcome.output, "installing"));
  CHECK(contains(outcome.output, "still missing after installing"));
  CHECK(contains(read_file(machine.root() / "build/debug/wb.log"),
                 "ran install -y --no-install-recommends"));
}

TEST_CASE("an installation that fails shows why") {
  const Machine machine;
  machine.script("sudo", "[[ $1 == *=* ]] && shift; \"$@\"");
  machine.script("apt-get", "echo E: no network; exit 100");
  const Outcome outcome = machine.wb({"--yes", "list"});
  CHECK(outcome.code == exit_environment);
  CHECK(contains(outcome.output, "E: no network"));
  CHECK(contains(outcome.output, "could not be installed"));
}

TEST_CASE("a folder that cannot be written is named") {
  const Machine machine;
  write_file(machine.root() / "build", "a file in the way");
  const Outcome outcome = machine.wb();
  CHECK(outcome.code == exit_environment);
  CHECK(contains(outcome.output, "cannot write to"));
}
