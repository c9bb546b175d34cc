// What this machine has, what is missing, and the one command that mends it.
#include <fmt/core.h>
#include <unistd.h>

#include "commands.hpp"
#include "error.hpp"
#include "json.hpp"
#include "layout.hpp"
#include "process.hpp"
#include "text.hpp"

namespace wb {
namespace {

struct Check {
  std::string name;
  bool ok = false;
  bool needed = true;
  std::string found;   ///< version or value
  std::string remedy;  ///< what to do when it is not ok
};

/// The first line that `program --version` prints; empty when there is none.
std::string version_of(const std::string& program) {
  Command command;
  command.argv = {program, "--version"};
  command.seconds = 10.0;
  const Outcome outcome = run(command);
  return outcome.ok() ? outcome.output.substr(0, outcome.output.find('\n'))
                      : "";
}

/// The first number of "g++ (Debian 12.2.0-14) 12.2.0" that looks like a
/// version: its major part.
int major_version(const std::string& line) {
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    const std::size_t dot = line.find('.', i);
    if (dot == std::string::npos) return 0;
    std::size_t start = dot;
    while (start > 0 && line[start - 1] >= '0' && line[start - 1] <= '9') {
      --start;
    }
    if (start < dot) return std::stoi(line.substr(start, dot - start));
    i = dot;
  }
  return 0;
}

Check program_check(const std::string& program, int oldest, bool needed,
                    const std::string& package) {
  Check check{program, false, needed, version_of(program), ""};
  if (check.found.empty()) {
    check.found = "not found";
    check.remedy = "apt-get install " + package;
  } else if (major_version(check.found) < oldest) {
    check.remedy = fmt::format("version {} or newer is needed", oldest);
  } else {
    check.ok = true;
  }
  return check;
}

Check folder_check(const Workspace& workspace) {
  std::error_code none;
  fs::create_directories(workspace.build(), none);
  const bool writable = ::access(workspace.build().c_str(), W_OK) == 0;
  const auto space = fs::space(workspace.root(), none);
  const double gigabytes = static_cast<double>(space.available) * 1e-9;
  Check check{
      "build folder", writable && gigabytes > 1.0, true,
      fmt::format("{}, {:.1f} GB free", workspace.build().string(), gigabytes),
      ""};
  if (!writable) check.remedy = "the checkout must be writable";
  if (writable && !check.ok) check.remedy = "1 GB is needed";
  return check;
}

std::vector<Check> all_checks(const Context& context) {
  const auto& terminal = context.output;
  const Check gcc = program_check("g++", 12, false, "g++");
  const Check clang = program_check("clang++", 14, false, "clang");
  const bool any = gcc.ok || clang.ok;
  return {
      gcc,
      clang,
      {"a C++20 compiler", any, true, any ? "yes" : "no",
       "apt-get install g++"},
      program_check("cmake", 3, true, "cmake"),
      program_check("ninja", 1, true, "ninja-build"),
      program_check("patch", 2, true, "patch"),
      program_check("git", 2, false, "git"),
      program_check("clang-format", 14, false, "clang-format"),
      program_check("less", 0, false, "less"),
      folder_check(context.workspace),
      {"processors", true, true,
       fmt::format("{}, {} compilers at once", processors(), build_jobs()), ""},
      {"terminal", true, true,
       fmt::format("{} columns, {}, {}{}", terminal.width,
                   terminal.colour ? "colour" : "no colour",
                   terminal.unicode ? "UTF-8" : "ASCII",
                   terminal.interactive ? "" : ", not interactive"),
       ""},
      {"questions", !context.workspace.questions().empty(), true,
       std::to_string(context.workspace.questions().size()),
       "the checkout is not whole"},
  };
}

}  // namespace

int doctor(const Context& context) {
  const auto checks = all_checks(context);
  bool fit = true;
  for (const auto& check : checks) fit = fit && (check.ok || !check.needed);
  if (context.json) {
    Json items = Json::array();
    for (const auto& check : checks) {
      items.push_back(Json::object({{"name", check.name},
                                    {"ok", check.ok},
                                    {"needed", check.needed},
                                    {"found", check.found},
                                    {"remedy", check.ok ? "" : check.remedy}}));
    }
    write_output(Json::object({{"schema", 1},
                               {"command", "doctor"},
                               {"fit", fit},
                               {"checks", items}})
                     .dump());
    return fit ? exit_ok : exit_environment;
  }
  std::vector<std::vector<Line>> rows;
  for (const auto& check : checks) {
    const std::string word =
        check.ok ? "ok" : (check.needed ? "MISSING" : "absent");
    const Role role =
        check.ok ? Role::good : (check.needed ? Role::bad : Role::warning);
    rows.push_back({{{word, role}},
                    {{check.name, Role::strong}},
                    {{sanitize(check.found)}},
                    {{check.ok ? "" : check.remedy, Role::code}}});
  }
  Lines lines = table(rows);
  lines.push_back({{fit ? "everything that is needed is here"
                        : "something that is needed is missing",
                    fit ? Role::good : Role::bad}});
  show(lines, context.output, false);
  return fit ? exit_ok : exit_environment;
}

}  // namespace wb
