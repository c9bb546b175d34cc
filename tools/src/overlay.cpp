#include "overlay.hpp"

#include <algorithm>

#include "error.hpp"
#include "json.hpp"

namespace wb {
namespace {

/// The words of a .d file: Make's escapes undone, line continuations dropped.
std::vector<std::string> depfile_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 1 < text.size();
    if (escape && text[i + 1] == '\n') {
      ++i;
      end_word();
    } else if (escape && (text[i + 1] == ' ' || text[i + 1] == '#')) {
      word += text[++i];
    } else if (text[i] == ' ' || text[i] == '\n') {
      end_word();
    } else {
      word += text[i];
    }
  }
  end_word();
  return words;
}

}  // namespace

CompileCommands read_compile_commands(const fs::path& folder) {
  CompileCommands commands;
  const auto entries = Json::parse(read_file(folder / "compile_commands.json"));
  if (!entries) {
    throw Error(exit_environment, "compile_commands.json cannot be read");
  }
  for (const auto& entry : entries->items()) {
    commands[entry.get("file").text()] = {
        split_command(entry.get("command").text()),
        entry.get("directory").text()};
  }
  return commands;
}

std::vector<std::string> split_command(const std::string& line) {
  std::vector<std::string> words;
  bool in_word = false;
  char quote = '\0';
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote == '\0' && (c == ' ' || c == '\t')) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
      words.back() += line[++i];
    } else if (quote == '\0' && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == quote && quote != '\0') {
      quote = '\0';
    } else {
      words.back() += c;
    }
  }
  return words;
}

void make_include_tree(const Workspace& workspace, const fs::path& folder,
                       const std::vector<fs::path>& copied) {
  fs::remove_all(folder / "include");
  const fs::path root = workspace.root();
  for (const auto& entry : fs::recursive_directory_iterator(root / "include")) {
    const fs::path relative = fs::relative(entry.path(), root);
    if (entry.is_directory()) {
      fs::create_directories(folder / relative);
      continue;
    }
    fs::create_directories((folder / relative).parent_path());
    if (std::find(copied.begin(), copied.end(), relative) == copied.end()) {
      fs::create_symlink(entry.path(), folder / relative);
    } else {
      fs::copy_file(entry.path(), folder / relative);
    }
  }
}

Command compile_over(const CompileCommand& original, const Workspace& workspace,
                     const fs::path& folder, const std::string& object) {
  const std::string include = "-I" + workspace.path("include").string();
  Command command;
  command.directory = original.directory;
  for (std::size_t i = 0; i < original.argv.size(); ++i) {
    const std::string& argument = original.argv[i];
    if (argument == "-Werror") continue;
    if (argument == "-o") {
      command.argv.push_back("-o");
      command.argv.push_back((folder / object).string());
      ++i;
    } else if (argument == include) {
      command.argv.push_back("-I" + (folder / "include").string());
    } else {
      command.argv.push_back(argument);
    }
  }
  // -w: a wrong answer may well leave something unused.
  for (const auto& extra :
       {std::string("-w"), std::string("-MD"), std::string("-MF"),
        (folder / object).replace_extension(".d").string()}) {
    command.argv.push_back(extra);
  }
  command.seconds = 300.0;
  return command;
}

std::vector<std::string> library_headers(std::string_view depfile) {
  constexpr std::string_view folder = "/include/whiteboard/";
  std::vector<std::string> headers;
  for (const auto& word : depfile_words(depfile)) {
    const std::size_t at = word.rfind(folder);
    if (at != word.npos) headers.push_back(word.substr(at + folder.size()));
  }
  std::sort(headers.begin(), headers.end());
  headers.erase(std::unique(headers.begin(), headers.end()), headers.end());
  return headers;
}

bool read_the_copy(const Workspace& workspace, const fs::path& header,
                   const fs::path& folder, std::string_view depfile) {
  bool copy = false;
  for (const auto& word : depfile_words(depfile)) {
    const fs::path read = fs::path(word).lexically_normal();
    if (read == (folder / header).lexically_normal()) copy = true;
    if (read == workspace.path(header).lexically_normal()) return false;
  }
  return copy;
}

}  // namespace wb
