// Completion scripts are run by the shells that are installed.
#include <doctest/doctest.h>

#include "checkout.hpp"

using namespace wb;

namespace {

const Checkout& checkout() {
  static const Checkout shared;
  shared.add_question("good", "inline int f() { return 1; }", "CHECK(true);");
  return shared;
}

Outcome shell(const std::string& program, const std::string& script) {
  Command command = checkout().command({});
  command.argv = {program, "-c", script};
  return run(command);
}

bool installed(const std::string& program) {
  return shell("sh", "command -v " + program).ok();
}

}  // namespace

TEST_CASE("bash completes verbs and ids") {
  const std::string setup = "source <(" + std::string(WB_COMPANION) +
                            " completion bash); COMP_WORDS=(" +
                            std::string(WB_COMPANION);
  const std::string print = "; _wb; printf '%s\\n' \"${COMPREPLY[@]}\"";
  CHECK(shell("bash", setup + " stud); COMP_CWORD=1" + print).output ==
        "study\n");
  CHECK(shell("bash", setup + " study ma); COMP_CWORD=2" + print).output ==
        "maths/good\n");
  CHECK(shell("bash", setup + " completion f); COMP_CWORD=2" + print).output ==
        "fish\n");
}

TEST_CASE("zsh and fish accept their scripts") {
  for (const auto* name : {"zsh", "fish"}) {
    const Outcome script = checkout().wb({"completion", name});
    CHECK(script.ok());
    CHECK(contains(script.output, "verify"));
    if (!installed(name)) continue;
    checkout().add("script", script.output);
    CHECK(shell(name, std::string(name) + " -n script").ok());
  }
}
