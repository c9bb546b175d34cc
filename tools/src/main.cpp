// The command line of ./wb: what the words mean, and which exit code comes out.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "commands.hpp"
#include "error.hpp"
#include "match.hpp"
#include "process.hpp"

namespace {

using namespace wb;

/// What the command line said.
struct Arguments {
  std::string colour = "auto";
  bool json = false;
  bool no_pager = false;
  bool quiet = false;
  bool ids_only = false;
  std::string question;
  std::string section;
  std::string shell;
  std::vector<std::string> words;
  bool once = false;
  bool quick = false;
  bool yes = false;
  int to = 0;
  VerifyOptions verify;
  BundleOptions bundle;
  SiteOptions site;
};

std::string about(const std::string& verb) {
  for (const auto& [name, text] : verbs()) {
    if (name == verb) return text;
  }
  return "";
}

CLI::App* add_verb(CLI::App& app, const std::string& verb,
                   const std::string& example) {
  auto* sub = app.add_subcommand(verb, about(verb));
  sub->footer("Example:\n  ./wb " + example);
  sub->fallthrough();
  return sub;
}

void add_showing_verbs(CLI::App& app, Arguments& arguments) {
  auto* list = add_verb(app, "list", "list algorithms");
  list->add_option("section", arguments.section, "a section, or part of an id");
  list->add_flag("--ids", arguments.ids_only, "ids alone, one a line");
  auto* search = add_verb(app, "search", "search cancellation squares");
  search->add_option("words", arguments.words, "words, all of which must occur")
      ->required();
  for (const auto* verb : {"read", "study", "bench"}) {
    add_verb(app, verb, std::string(verb) + " algorithms/k_means")
        ->add_option("id", arguments.question,
                     "a question: its id or any unique part of it")
        ->required();
  }
}

void add_running_verbs(CLI::App& app, Arguments& arguments) {
  auto* verify = add_verb(app, "verify", "verify algorithms --json");
  verify->add_option("ids", arguments.verify.targets,
                     "questions or sections; everything when left out");
  verify->add_flag("--mistakes", arguments.verify.mistakes,
                   "apply each stored mistake and demand that it is caught");
  verify->add_flag("--starters", arguments.verify.starters,
                   "cut each practice starter and prove that it is one");
  verify->add_option("--part", arguments.verify.part,
                     "i/n: every n-th question only, from number i on");
  verify
      ->add_option("--timeout", arguments.verify.seconds,
                   "seconds that one claim may take")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  auto* site = add_verb(app, "site", "site --port 8080");
  site->add_option("--out", arguments.site.output,
                   "a folder to build into; nothing is served then");
  site->add_option("--port", arguments.site.port,
                   "the port to serve on, 0 for any free one")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  add_verb(app, "test", "test");
  add_verb(app, "lint", "lint --json");
  add_verb(app, "new", "new statistics/jackknife")
      ->add_option("id", arguments.question, "section/slug of the new question")
      ->required();
  add_verb(app, "doctor", "doctor");
  add_verb(app, "completion", "completion bash >> ~/.bashrc")
      ->add_option("shell", arguments.shell, "bash, zsh or fish")
      ->required();
}

void add_practice_verbs(CLI::App& app, Arguments& arguments) {
  for (const auto* verb : {"start", "check", "watch", "hint", "why", "diff",
                           "reveal", "race", "history", "undo", "reset"}) {
    auto* sub = add_verb(app, verb, std::string(verb) + " coding/softmax");
    sub->add_option("id", arguments.question,
                    "a question; the one you are at when left out");
    const std::string name = verb;
    if (name == "watch" || name == "check") {
      sub->add_flag("--quick", arguments.quick,
                    "without the second build, with sanitizers");
    }
    if (name == "watch") {
      sub->add_flag("--once", arguments.once, "judge once, for editors");
    } else if (name == "undo") {
      sub->add_option("--to", arguments.to, "a version of `wb history`")
          ->check(CLI::PositiveNumber);
    } else if (name == "diff" || name == "reveal" || name == "reset") {
      sub->add_flag("--yes,-y", arguments.yes, "do not ask");
    }
  }
  auto* bundle =
      add_verb(app, "bundle", "bundle coding/softmax -o softmax.hpp");
  bundle->add_option("id", arguments.bundle.id,
                     "a question; the one you are at when left out");
  bundle->add_option("-o,--output", arguments.bundle.output,
                     "the file to write; standard output when left out");
  bundle->add_flag("--attempt", arguments.bundle.attempt,
                   "your file instead of the reference");
}

void describe_options(CLI::App& app, Arguments& arguments) {
  app.set_version_flag("--version", "whiteboard 0.1.0");
  app.add_flag("--json", arguments.json, "report as one JSON document");
  app.add_option("--color", arguments.colour, "auto, always or never")
      ->capture_default_str();
  app.add_flag("--no-pager", arguments.no_pager, "never start a pager");
  app.add_flag("-q,--quiet", arguments.quiet, "no progress, no notes");
  app.require_subcommand(0, 1);
  app.footer(
      "Exit codes: 0 ok, 1 a claim fails, 2 usage, 3 does not compile,\n"
      "4 crashed or timed out, 5 environment, 6 no such question,\n"
      "130 interrupted");
}

Workspace open_workspace() {
  const char* given = std::getenv("WB_ROOT");
  if (given != nullptr && *given != '\0') return Workspace(given);
  if (const auto root = find_root(fs::current_path())) return Workspace(*root);
  throw Error(exit_environment,
              "this is not a whiteboard checkout; run ./wb from within one");
}

/// The verbs of practice; nothing for another verb.
std::optional<int> practise(const Context& context, const std::string& verb,
                            const Arguments& arguments) {
  const std::string& id = arguments.question;
  if (verb == "start") return start(context, id);
  if (verb == "check") return check(context, id, arguments.quick);
  if (verb == "watch")
    return watch(context, id, arguments.once, arguments.quick);
  if (verb == "hint") return hint(context, id);
  if (verb == "why") return why(context, id);
  if (verb == "diff") return diff(context, id, arguments.yes);
  if (verb == "reveal") return reveal(context, id, arguments.yes);
  if (verb == "race") return race(context, id);
  if (verb == "history") return history(context, id);
  if (verb == "undo") return undo(context, id, arguments.to);
  if (verb == "reset") return reset(context, id, arguments.yes);
  if (verb == "bundle") return bundle(context, arguments.bundle);
  return std::nullopt;
}

int dispatch(const CLI::App& app, const Arguments& arguments) {
  const ColourChoice colour = colour_choice(arguments.colour);
  const auto chosen = app.get_subcommands();
  const std::string verb = chosen.empty() ? "" : chosen[0]->get_name();
  if (verb == "completion") {
    write_output(completion(arguments.shell));
    return exit_ok;
  }
  Context context{open_workspace(),
                  detect(STDOUT_FILENO, colour),
                  detect(STDERR_FILENO, colour),
                  arguments.json,
                  !arguments.no_pager && !arguments.quiet,
                  arguments.quiet};
  if (arguments.quiet) context.messages.interactive = false;
  if (verb.empty()) return home(context);
  if (const auto code = practise(context, verb, arguments)) return *code;
  if (verb == "list") {
    return list(context, arguments.section, arguments.ids_only);
  }
  if (verb == "search") return search(context, arguments.words);
  if (verb == "read") return read(context, arguments.question);
  if (verb == "study") return study(context, arguments.question);
  if (verb == "bench") return bench(context, arguments.question);
  if (verb == "verify") return verify(context, arguments.verify);
  if (verb == "site") return site(context, arguments.site);
  if (verb == "test") return test(context);
  if (verb == "lint") return lint(context);
  if (verb == "new") return create(context, arguments.question);
  return doctor(context);
}

/// What CLI11 could not make sense of, and what may have been meant.
int explain(const CLI::App& app, const CLI::ParseError& error, int argc,
            char** argv) {
  if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
  std::fprintf(stderr, "wb: %s\n", error.what());
  std::vector<std::string> names;
  for (const auto& [verb, text] : verbs()) names.push_back(verb);
  if (argc > 1 && app.get_subcommands().empty()) {
    for (const auto& name : nearest_words(argv[1], names)) {
      std::fprintf(stderr, "did you mean: wb %s\n", name.c_str());
    }
  }
  std::fputs("`wb --help` shows the verbs\n", stderr);
  return exit_usage;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that left is seen by write()
  CLI::App app("Machine-learning interview answers that run.", "wb");
  Arguments arguments;
  describe_options(app, arguments);
  add_showing_verbs(app, arguments);
  add_running_verbs(app, arguments);
  add_practice_verbs(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return explain(app, error, argc, argv);
  }
  try {
    return dispatch(app, arguments);
  } catch (const Error& error) {
    std::fprintf(stderr, "wb: %s\n", error.what());
    return error.code();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "wb: unexpected: %s\n", error.what());
    return exit_environment;
  }
}
