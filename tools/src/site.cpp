// The verb site: node builds the pages from questions/ and serves them.
#include "site.hpp"

#include <fmt/core.h>

#include <cstdlib>

#include "commands.hpp"
#include "error.hpp"
#include "folder_lock.hpp"
#include "process.hpp"
#include "progress.hpp"

namespace wb {
namespace {

constexpr int kOldestNode = 18;

/// The first line that `program --version` prints; empty when there is none.
std::string version_of(const std::string& program) {
  Command command;
  command.argv = {program, "--version"};
  command.seconds = 30.0;
  const Outcome outcome = run(command);
  return outcome.ok() ? outcome.output.substr(0, outcome.output.find('\n'))
                      : "";
}

/// The last lines of what a program said.
std::string tail(const std::string& output) {
  std::size_t start = output.size();
  for (int lines = 0; lines < 12 && start > 0 && start != output.npos;
       ++lines) {
    start = output.rfind('\n', start - 1);
  }
  return start == output.npos ? output : output.substr(start);
}

/// Runs one step to its end. Throws Error (environment) with its words.
void run_step(const Command& command, const std::string& what) {
  const Outcome outcome = run(command);
  if (outcome.ok()) return;
  throw Error(exit_environment, fmt::format("{}: {}{}", what, describe(outcome),
                                            tail(outcome.output)));
}

/// npm's own record of what it installed is older than what is wanted.
bool packages_are_stale(const fs::path& folder) {
  std::error_code error;
  const auto installed =
      fs::last_write_time(folder / "node_modules/.package-lock.json", error);
  return error || installed < fs::last_write_time(folder / "package-lock.json");
}

void install_packages(const fs::path& folder, Progress& progress) {
  if (!packages_are_stale(folder)) return;
  progress.update("installing the site's packages with npm", 0, 0);
  Command command;
  command.argv = {"npm", "ci", "--no-audit", "--no-fund"};
  command.directory = folder;
  run_step(command, "npm ci in " + folder.string());
}

void build_pages(const Workspace& workspace, const fs::path& folder,
                 const fs::path& output, Progress& progress) {
  Command command;
  command.argv = {"node", "scripts/build.js"};
  command.directory = folder;
  command.environment = {
      {"WB_ROOT", workspace.root().string()},
      {"WB_EVIDENCE", (workspace.build() / "results").string()},
      {"WB_SITE_OUT", output.string()}};
  command.on_output = [&](std::string_view) {
    progress.update("building the site", 0, 0);
  };
  progress.update("building the site", 0, 0);
  run_step(command, "the site was not built");
}

/// Serves until Ctrl-C, which run() turns into exit code 130.
void serve(const fs::path& folder, const fs::path& output, int port) {
  Command command;
  command.argv = {"node", "scripts/serve.js", "--port", std::to_string(port)};
  command.directory = folder;
  command.environment = {{"WB_SITE_OUT", output.string()}};
  command.on_output = [](std::string_view text) {
    if (text.starts_with("http")) write_output(std::string(text));
  };
  run_step(command, "the site is not served");
}

}  // namespace

std::optional<std::string> node_problem(const std::string& node,
                                        const std::string& npm) {
  const std::string remedy =
      "; install both: apt-get install nodejs npm (Debian, Ubuntu), dnf "
      "install nodejs npm, pacman -S nodejs npm, or brew install node";
  if (node.empty()) return "the site needs node, which is not there" + remedy;
  const int major = std::atoi(node.c_str() + (node.starts_with('v') ? 1 : 0));
  if (major < kOldestNode) {
    return fmt::format("the site needs node {} or newer, this is {}{}",
                       kOldestNode, node, remedy);
  }
  if (npm.empty()) return "the site needs npm, which is not there" + remedy;
  return std::nullopt;
}

int site(const Context& context, const SiteOptions& options) {
  if (const auto problem =
          node_problem(version_of("node"), version_of("npm"))) {
    throw Error(exit_environment, *problem);
  }
  const fs::path folder = context.workspace.path("tools/site");
  const bool serving = options.output.empty();
  const fs::path output = serving ? context.workspace.build() / "site"
                                  : fs::absolute(options.output);
  Progress progress(context.messages);
  {
    const FolderLock lock(context.workspace.build() / "site-cache", progress);
    install_packages(folder, progress);
    build_pages(context.workspace, folder, output, progress);
  }
  progress.clear();
  if (!serving) {
    write_output(output.string() + "\n");
    return exit_ok;
  }
  serve(folder, output, options.port);
  return exit_ok;
}

}  // namespace wb
