// The library with some of its headers replaced, and proof of which copy a
// compiler read.
//
// An include tree of its own, all links but for what is replaced: an earlier
// -I would be ignored by a sibling that includes with quotes, and by -isystem.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "process.hpp"
#include "workspace.hpp"

namespace wb {

/// How one source file is compiled.
struct CompileCommand {
  std::vector<std::string> argv;
  fs::path directory;
};

using CompileCommands = std::map<std::string, CompileCommand>;

/// How every source file of a build folder is compiled, by its path. Throws
/// Error (environment) when the folder has no compilation database.
CompileCommands read_compile_commands(const fs::path& folder);

/// Splits a command line as a POSIX shell would, without expanding anything.
std::vector<std::string> split_command(const std::string& line);

/// Makes `folder`/include a tree of links into the library's include/, with
/// real copies of `copied` (paths relative to the root) that may be changed.
void make_include_tree(const Workspace& workspace, const fs::path& folder,
                       const std::vector<fs::path>& copied);

/// `original` for `folder`: reads folder/include, writes folder/`object` and
/// the names of all files read to folder/`object` with the extension .d.
Command compile_over(const CompileCommand& original, const Workspace& workspace,
                     const fs::path& folder, const std::string& object);

/// The library headers (as "section/slug.hpp") that a compilation read, from
/// the text of its .d file; whether from the library or from an overlay.
std::vector<std::string> library_headers(std::string_view depfile);

/// Did the compiler read the copy of `header` below `folder`, and not the
/// library's own? From the text of its .d file.
bool read_the_copy(const Workspace& workspace, const fs::path& header,
                   const fs::path& folder, std::string_view depfile);

}  // namespace wb
