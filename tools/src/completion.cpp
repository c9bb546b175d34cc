// Completion scripts. They ask `wb list --ids` for the questions, so they need
// no update when one is added.
#include <fmt/core.h>

#include "commands.hpp"
#include "error.hpp"

namespace wb {
namespace {

std::string words() {
  std::string all;
  for (const auto& [verb, about] : verbs()) {
    all += (all.empty() ? "" : " ") + verb;
  }
  return all;
}

std::string bash_script() {
  return fmt::format(R"sh(# wb completion for bash
_wb() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} program=${{COMP_WORDS[0]}} ids
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W "{}" -- "$word"))
        return
    fi
    case ${{COMP_WORDS[1]}} in
    read | study | verify | bench | start | check | watch | hint | why | \
        diff | reveal | race | history | undo | reset | bundle)
        ids=$("$program" list --ids 2>/dev/null)
        COMPREPLY=($(compgen -W "$ids" -- "$word"))
        ;;
    completion) COMPREPLY=($(compgen -W "bash zsh fish" -- "$word")) ;;
    esac
}}
complete -F _wb wb ./wb
)sh",
                     words());
}

std::string zsh_script() {
  return fmt::format(R"sh(#compdef wb
_wb() {{
    if (( CURRENT == 2 )); then
        compadd -- {}
        return
    fi
    case ${{words[2]}} in
    read | study | verify | bench | start | check | watch | hint | why | \
        diff | reveal | race | history | undo | reset | bundle)
        compadd -- ${{(f)"$(${{words[1]}} list --ids 2>/dev/null)"}} ;;
    completion) compadd -- bash zsh fish ;;
    esac
}}
compdef _wb wb ./wb
)sh",
                     words());
}

std::string fish_script() {
  std::string script = "# wb completion for fish\ncomplete -c wb -f\n";
  for (const auto& [verb, about] : verbs()) {
    script += fmt::format(
        "complete -c wb -n __fish_use_subcommand -a {} -d '{}'\n", verb, about);
  }
  script +=
      "complete -c wb -n '__fish_seen_subcommand_from read study verify "
      "bench start check watch hint why diff reveal race history undo reset "
      "bundle' -a '((commandline -po)[1] list --ids 2>/dev/null)'\n"
      "complete -c wb -n '__fish_seen_subcommand_from completion' -a 'bash "
      "zsh fish'\n";
  return script;
}

}  // namespace

const std::vector<std::pair<std::string, std::string>>& verbs() {
  static const std::vector<std::pair<std::string, std::string>> all{
      {"list", "all questions, or those of a section, and what was proved"},
      {"search", "questions whose pages have all of these words"},
      {"read", "an answer beside its code, without running anything"},
      {"study", "an answer beside its code, and its claims proved here"},
      {"verify", "the claims, or with --mistakes that their tests bite"},
      {"bench", "kernels against their references, as ratios"},
      {"start", "practice: a file with the solution cut out, yours to write"},
      {"watch", "judge your file on every save"},
      {"check", "judge your file once"},
      {"hint", "the next hint"},
      {"why", "the first claim that fails, explained"},
      {"diff", "your file against the reference"},
      {"reveal", "the reference and its answer"},
      {"race", "your code against the reference, timed side by side"},
      {"history", "every version of your file that was judged"},
      {"undo", "the version before this one"},
      {"reset", "the starter again; what you wrote is kept"},
      {"bundle", "a header and what it needs as one file"},
      {"site", "the questions as a web site, on this machine"},
      {"test", "everything: claims, contract, consumers, examples, lint"},
      {"lint", "the rules of the project"},
      {"new", "all files of a new question, ready to build"},
      {"doctor", "what this machine has and what is missing"},
      {"completion", "a completion script for bash, zsh or fish"},
  };
  return all;
}

std::string completion(const std::string& shell) {
  if (shell == "bash") return bash_script();
  if (shell == "zsh") return zsh_script();
  if (shell == "fish") return fish_script();
  throw Error(exit_usage, fmt::format("no completion for '{}': bash, zsh and "
                                      "fish are known",
                                      shell));
}

}  // namespace wb
