#include "kit.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "error.hpp"
#include "folder_lock.hpp"
#include "hash.hpp"
#include "overlay.hpp"

namespace wb {
namespace {

/// Includes, definitions and the standard of a compile command; the library's
/// own folder is left out.
std::vector<std::string> project_flags(const CompileCommand& command,
                                       const Workspace& workspace) {
  const std::string include = "-I" + workspace.path("include").string();
  std::vector<std::string> flags;
  for (std::size_t i = 1; i < command.argv.size(); ++i) {
    const std::string& argument = command.argv[i];
    if (argument == "-isystem" && i + 1 < command.argv.size()) {
      flags.push_back(argument);
      flags.push_back(command.argv[++i]);
    } else if (argument != include &&
               (argument.starts_with("-D") || argument.starts_with("-I") ||
                argument.starts_with("-std="))) {
      flags.push_back(argument);
    }
  }
  return flags;
}

/// Of the files that every test includes.
std::uint64_t support_fingerprint(const Workspace& workspace) {
  std::vector<fs::path> files;
  for (const auto& entry :
       fs::directory_iterator(workspace.path("tests/support"))) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::uint64_t hash = fnv1a("");
  for (const auto& file : files) hash = fnv1a(read_file(file), hash);
  return hash;
}

/// "clang version 14.0.6" and what else tells one compiler from the next.
std::string version_of(const std::string& compiler) {
  Command command;
  command.argv = {compiler, "--version"};
  command.seconds = 10.0;
  return run(command).output;
}

}  // namespace

std::optional<std::string> find_program(const std::vector<std::string>& names) {
  const char* path = std::getenv("PATH");
  const std::string folders = path == nullptr ? "" : path;
  for (const auto& name : names) {
    for (std::size_t at = 0; at <= folders.size();) {
      const std::size_t end = std::min(folders.find(':', at), folders.size());
      const fs::path program = fs::path(folders.substr(at, end - at)) / name;
      if (::access(program.c_str(), X_OK) == 0) return program.string();
      at = end + 1;
    }
  }
  return std::nullopt;
}

Kit::Kit(const Workspace& workspace, const Flavour& flavour, Build& build,
         Progress& progress)
    : workspace_(workspace), flavour_(flavour) {
  build.configure();
  const auto commands = read_compile_commands(build.folder());
  const auto main =
      commands.find(workspace.path("tests/support/main.cpp").string());
  if (main == commands.end()) {
    throw Error(exit_environment,
                "the build folder does not compile tests/support/main.cpp");
  }
  flags_ = project_flags(main->second, workspace);
  folder_ = workspace.build() / "practice" /
            fmt::format("kit-O{}{}", flavour.optimisation,
                        flavour.sanitised ? "-sanitised" : "");
  lld_ = find_program({"ld.lld"}).has_value();

  std::vector<std::string> compilers;
  if (const auto clang = find_program({"clang++"})) compilers.push_back(*clang);
  compilers.push_back(main->second.argv[0]);
  std::string problem;
  const FolderLock lock(folder_, progress);
  for (const auto& compiler : compilers) {
    problem = make(compiler, progress);
    if (problem.empty()) return;
  }
  throw Error(exit_environment,
              fmt::format("the tests' main() does not build\n{}", problem));
}

std::vector<std::string> Kit::base(const std::string& compiler) const {
  std::vector<std::string> argv{compiler,
                                fmt::format("-O{}", flavour_.optimisation),
                                "-w", "-D_GLIBCXX_ASSERTIONS"};
  if (flavour_.sanitised) {
    for (const auto* flag :
         {"-g1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
          "-fno-omit-frame-pointer"}) {
      argv.emplace_back(flag);
    }
  }
  argv.insert(argv.end(), flags_.begin(), flags_.end());
  return argv;
}

/// Builds main(), the precompiled header and a program: a sanitizer's run-time
/// library may be missing where the compiler is not. What went wrong, or "".
std::string Kit::build_parts(Progress& progress) const {
  const fs::path probe = folder_ / "probe.cpp";
  write_file(probe, "int main() {}\n");
  const auto step = [&](const std::vector<std::string>& words) {
    Command command;
    command.argv = base(compiler_);
    command.argv.insert(command.argv.end(), words.begin(), words.end());
    return command;
  };
  // g++ looks for a .gch beside the header that it is told to include.
  const fs::path header = folder_ / "judged.hpp";
  write_file(header, "#include <support/judged.hpp>\n");
  Command precompile =
      step({"-x", "c++-header", header.string(), "-o", precompiled()});
  if (clang_) precompile.argv.emplace_back("-fpch-instantiate-templates");
  if (header_object_) precompile.argv.emplace_back("-fpch-codegen");
  const Command main =
      step({"-c", workspace_.path("tests/support/main.cpp").string(), "-o",
            (folder_ / "main.o").string()});
  const Command link =
      step({probe.string(), "-o", (folder_ / "probe").string()});
  progress.update("getting the judge ready, once", 0, 0);
  const auto outcomes = run_all({link, precompile, main}, build_jobs());
  progress.clear();
  for (const auto& outcome : outcomes) {
    if (!outcome.ok()) return outcome.output;
  }
  if (!header_object_) return "";
  // Sections of their own, since some of the functions refer to what the
  // standard library keeps to itself: the linker drops those, as nobody calls
  // them.
  Command object;
  object.argv = {compiler_, "-ffunction-sections", "-c", precompiled(),
                 "-o",      header_object()};
  progress.update("getting the judge ready, once", 0, 0);
  const Outcome outcome = run(object);
  progress.clear();
  return outcome.ok() ? "" : outcome.output;
}

std::string Kit::precompiled() const {
  return (folder_ / "judged.hpp").string() + (clang_ ? ".pch" : ".gch");
}

std::string Kit::header_object() const {
  return (folder_ / "judged.o").string();
}

/// Makes the kit with `compiler`, if that has not been done; what went wrong,
/// or "".
std::string Kit::make(const std::string& compiler, Progress& progress) {
  const std::string version = version_of(compiler);
  clang_ = version.find("clang") != version.npos;
  compiler_ = compiler;
  header_object_ = clang_ && lld_ && flavour_ == Flavour{};
  std::uint64_t hash = fnv1a(version, support_fingerprint(workspace_));
  for (const auto& word : base(compiler)) hash = fnv1a(word + "\n", hash);
  fingerprint_ = hex(hash);
  const fs::path stamp = folder_ / "fingerprint";
  std::error_code none;
  if (fs::exists(stamp, none) && read_file(stamp) == fingerprint_) return "";
  fs::remove(stamp, none);
  const std::string problem = build_parts(progress);
  if (problem.empty()) write_file(stamp, fingerprint_);
  return problem;
}

Command Kit::compile(const fs::path& source, const fs::path& folder) const {
  Command command;
  command.argv = base(compiler_);
  const std::string header = (folder_ / "judged.hpp").string();
  const std::vector<std::string> rest{"-I" + (folder / "include").string(),
                                      clang_ ? "-include-pch" : "-include",
                                      clang_ ? precompiled() : header,
                                      "-c",
                                      source.string(),
                                      "-o",
                                      (folder / "test.o").string(),
                                      "-MD",
                                      "-MF",
                                      (folder / "test.d").string()};
  command.argv.insert(command.argv.end(), rest.begin(), rest.end());
  command.seconds = 120.0;
  return command;
}

Command Kit::link(const fs::path& folder) const {
  Command command;
  command.argv = {compiler_, (folder / "test.o").string(),
                  (folder_ / "main.o").string(), "-o",
                  (folder / "test").string()};
  if (flavour_.sanitised) {
    command.argv.emplace_back("-fsanitize=address,undefined");
  }
  if (lld_ && clang_) command.argv.emplace_back("-fuse-ld=lld");
  if (header_object_) {
    command.argv.push_back(header_object());
    command.argv.emplace_back("-Wl,--gc-sections");
  }
  command.seconds = 60.0;
  return command;
}

}  // namespace wb
