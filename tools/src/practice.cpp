// Practice but for the judge: start, hint, diff, reveal, history, undo, reset.
#include "practice.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "bundle.hpp"
#include "error.hpp"
#include "hash.hpp"
#include "highlight.hpp"
#include "layout.hpp"
#include "markdown.hpp"
#include "page.hpp"
#include "starter.hpp"
#include "text.hpp"

namespace wb {
namespace {

constexpr int kWidestProse = 100;

void append(Lines& lines, const Lines& more) {
  lines.insert(lines.end(), more.begin(), more.end());
}

Lines prose(std::string_view markdown, const Terminal& terminal) {
  return render_markdown(markdown, std::min(terminal.width, kWidestProse),
                         terminal.unicode);
}

Line next_command(const std::string& command, const std::string& why) {
  return {
      {"next: ", Role::label}, {command, Role::code}, {"   " + why, Role::dim}};
}

std::string reference_text(const Workspace& workspace,
                           const Question& question) {
  if (!workspace.has(question.header())) {
    throw Error(exit_usage, fmt::format("{} has no code: there is nothing to "
                                        "write",
                                        question.id()));
  }
  return read_text(workspace.path(question.header()));
}

std::string starter_text(const Workspace& workspace, const Question& question,
                         const Answer& answer) {
  const std::string reference = reference_text(workspace, question);
  const std::string starter = cut_starter(question, answer, reference);
  if (starter == reference) {
    throw Error(exit_usage,
                fmt::format("{} is not for practice; `wb list coding` shows "
                            "what is",
                            question.id()));
  }
  return starter;
}

Lines task_block(const Question& question, const Answer& answer,
                 const Terminal& terminal) {
  Lines lines = title_block(question, answer, terminal.width);
  if (const auto* task = answer.section("The task")) {
    append(lines, prose(task->text, terminal));
  }
  return lines;
}

/// Compiles what the first verdict will need while the reader reads.
void get_ready(const Context& context, const Question& question) {
  Progress progress(context.messages);
  try {
    Build build(context.workspace, "debug", progress);
    Judge judge(context.workspace, build, progress);
    judge.prepare(question);
  } catch (const Error& error) {
    if (error.code() == exit_interrupted) throw;
    progress.clear();
    std::fprintf(stderr, "wb: the judge is not ready yet: %s\n", error.what());
  }
}

/// The reference may be seen: it was solved, or the reader gives up.
void ask_to_reveal(const Context& context, const Attempts& attempts,
                   const Question& question, bool yes) {
  const bool solved = was_solved(attempts, question);
  const auto round = current_round(attempts, question);
  const bool seen = std::any_of(round.begin(), round.end(), [](const Event& e) {
    return e.what == "reveal";
  });
  if (!solved && !seen &&
      !confirmed(context, "Show the reference? It counts as given up.", yes)) {
    throw Error(exit_usage, "not shown");
  }
  if (solved || seen) return;
  Event event;
  event.what = "reveal";
  event.id = question.id();
  event.gave_up = true;
  attempts.log(event);
}

/// The hints up to `level`; the newest one stands out.
Lines hint_lines(const std::vector<std::string>& hints, int level, int width) {
  Lines lines;
  for (int i = 1; i <= level; ++i) {
    const Line lead{
        {fmt::format("hint {} of {}: ", i, hints.size()), Role::label}};
    append(lines, wrap({{sanitize(hints[static_cast<std::size_t>(i - 1)]),
                         i == level ? Role::plain : Role::dim}},
                       std::min(width, kWidestProse), lead, {{"    "}}));
  }
  return lines;
}

Line version_line(const Version& version, const std::vector<Event>& events,
                  bool is_now) {
  Line line{{fmt::format("{:4}  ", version.number), Role::number}};
  const auto judged =
      std::find_if(events.rbegin(), events.rend(), [&](const Event& e) {
        return e.what == "judged" && e.version == version.number;
      });
  if (judged == events.rend()) {
    line.push_back({"not judged", Role::dim});
  } else {
    line.push_back({judged->time + "  ", Role::dim});
    line.push_back({fmt::format("{}, {} of {} claims", judged->verdict,
                                judged->holding, judged->claims),
                    judged->verdict == "SOLVED" ? Role::good : Role::plain});
  }
  if (is_now) line.push_back({"  <- the file as it is", Role::label});
  return line;
}

}  // namespace

Question practised(const Context& context, const Attempts& attempts,
                   const std::string& id) {
  if (!id.empty()) return context.workspace.find(id, "coding");
  if (const auto question = attempts.current()) return *question;
  throw Error(exit_usage,
              "nothing is being practised; ./wb start <id> starts a question, "
              "`wb list coding` shows them");
}

std::vector<Event> current_round(const Attempts& attempts,
                                 const Question& question) {
  auto events = attempts.events(question);
  const auto last = std::find_if(
      events.rbegin(), events.rend(),
      [](const Event& e) { return e.what == "start" || e.what == "reset"; });
  if (last != events.rend()) events.erase(events.begin(), last.base() - 1);
  return events;
}

bool was_solved(const Attempts& attempts, const Question& question) {
  const auto round = current_round(attempts, question);
  return std::any_of(round.begin(), round.end(), [](const Event& e) {
    return e.verdict == to_string(Standing::solved);
  });
}

int hints_shown(const Attempts& attempts, const Question& question) {
  int shown = 0;
  for (const auto& event : current_round(attempts, question)) {
    if (event.what == "hint") shown = std::max(shown, event.level);
  }
  return shown;
}

std::string time_spent(const Attempts& attempts, const Question& question,
                       int minutes) {
  const auto round = current_round(attempts, question);
  if (round.empty()) return "";
  const double spent =
      seconds_between(round.front().time, round.back().time) / 60.0;
  return fmt::format("{:.0f} of {} minutes", spent, minutes);
}

bool confirmed(const Context& context, const std::string& what, bool yes) {
  if (yes) return true;
  if (!context.messages.interactive || ::isatty(STDIN_FILENO) == 0) {
    throw Error(exit_usage, fmt::format("{} Say --yes.", what));
  }
  std::fprintf(stderr, "%s [y/N] ", what.c_str());
  const int reply = std::getchar();
  return reply == 'y' || reply == 'Y';
}

int start(const Context& context, const std::string& id) {
  const Attempts attempts(context.workspace);
  const Question question = practised(context, attempts, id);
  const Answer answer = read_answer(context.workspace, question);
  const std::string starter = starter_text(context.workspace, question, answer);
  const bool had_it = attempts.exists(question);
  if (!had_it) attempts.create(question, starter);
  if (!had_it || current_round(attempts, question).empty()) {
    Event event;
    event.what = "start";
    event.id = question.id();
    event.version = attempts.keep(question, attempts.text(question));
    attempts.log(event);
  }
  if (context.json) {
    write_output(Json::object({{"schema", 1},
                               {"command", "start"},
                               {"id", question.id()},
                               {"file", attempts.name(question)},
                               {"created", !had_it},
                               {"signature", answer.front.signature},
                               {"minutes", answer.front.minutes}})
                     .dump());
    return exit_ok;
  }
  Lines lines = task_block(question, answer, context.output);
  lines.emplace_back();
  lines.push_back(
      {{had_it ? "your file, as you left it: " : "your file: ", Role::label},
       {attempts.name(question), Role::strong}});
  lines.push_back(
      next_command("./wb watch", "judges on every save; ./wb hint helps"));
  show(lines, context.output, false);
  get_ready(context, question);
  return exit_ok;
}

int hint(const Context& context, const std::string& id) {
  const Attempts attempts(context.workspace);
  const Question question = practised(context, attempts, id);
  const auto hints = read_answer(context.workspace, question).front.hints;
  if (hints.empty()) {
    throw Error(exit_usage, fmt::format("{} has no hints", question.id()));
  }
  const int count = static_cast<int>(hints.size());
  const int before = hints_shown(attempts, question);
  const int level = std::min(before + 1, count);
  if (level > before) {
    Event event;
    event.what = "hint";
    event.id = question.id();
    event.level = level;
    attempts.log(event);
  }
  if (context.json) {
    const auto& text = hints[static_cast<std::size_t>(level - 1)];
    write_output(Json::object({{"schema", 1},
                               {"command", "hint"},
                               {"id", question.id()},
                               {"level", level},
                               {"of", count},
                               {"hint", text}})
                     .dump());
    return exit_ok;
  }
  Lines lines = hint_lines(hints, level, context.output.width);
  if (before == count) {
    lines.push_back(next_command("./wb reveal", "that was the last hint"));
  }
  show(lines, context.output, false);
  return exit_ok;
}

int diff(const Context& context, const std::string& id, bool yes) {
  const Attempts attempts(context.workspace);
  const Question question = practised(context, attempts, id);
  const std::string mine = attempts.text(question);
  const std::string reference =
      strip_markers(reference_text(context.workspace, question));
  ask_to_reveal(context, attempts, question, yes);
  const fs::path folder = context.workspace.build() / "practice" / "diff" /
                          std::to_string(::getpid());
  write_file(folder / "mine", mine);
  write_file(folder / "reference", reference);
  Command command;
  command.argv = {"diff",
                  "-u",
                  "--label",
                  attempts.name(question),
                  "--label",
                  question.header().string(),
                  (folder / "mine").string(),
                  (folder / "reference").string()};
  const Outcome outcome = run(command);
  std::error_code none;
  fs::remove_all(folder, none);
  if (outcome.ending != Ending::exited || outcome.code > 1) {
    throw Error(exit_environment, "diff: " + describe(outcome));
  }
  Lines lines = highlight_diff(outcome.output);
  if (outcome.code == 0) lines.push_back({{"no difference", Role::good}});
  show(lines, context.output, context.pager);
  return exit_ok;
}

int reveal(const Context& context, const std::string& id, bool yes) {
  const Attempts attempts(context.workspace);
  const Question question = practised(context, attempts, id);
  const Answer answer = read_answer(context.workspace, question);
  reference_text(context.workspace, question);
  ask_to_reveal(context, attempts, question, yes);
  Lines lines = title_block(question, answer, context.output.width);
  append(lines,
         answer_and_code(context.workspace, question, answer, context.output));
  show(lines, context.output, context.pager);
  return exit_ok;
}

int history(const Context& context, const std::string& id) {
  const Attempts attempts(context.workspace);
  const Question question = practised(context, attempts, id);
  const auto versions = attempts.history(question);
  const auto events = attempts.events(question);
  if (context.json) {
    Json items = Json::array();
    for (const auto& event : events) items.push_back(to_json(event));
    write_output(Json::object({{"schema", 1},
                               {"command", "history"},
                               {"id", question.id()},
                               {"events", items}})
                     .dump());
    return exit_ok;
  }
  const std::string now =
      attempts.exists(question) ? hex(fnv1a(attempts.text(question))) : "";
  Lines lines{{{question.id(), Role::heading},
               {"  " + attempts.name(question), Role::dim}}};
  for (const auto& version : versions) {
    const bool is_now =
        version.fingerprint == now &&
        std::none_of(versions.begin(), versions.end(), [&](const Version& v) {
          return v.fingerprint == now && v.number > version.number;
        });
    lines.push_back(version_line(version, events, is_now));
  }
  if (versions.empty()) lines.push_back({{"nothing yet", Role::dim}});
  lines.push_back(next_command("./wb undo --to N",
                               "brings a version back; none is ever lost"));
  show(lines, context.output, context.pager);
  return exit_ok;
}

int undo(const Context& context, const std::string& id, int to) {
  const Attempts attempts(context.workspace);
  const Question question = practised(context, attempts, id);
  const std::string text = attempts.text(question);
  const std::string now = hex(fnv1a(text));
  auto versions = attempts.history(question);
  const auto last_of_now =
      std::find_if(versions.rbegin(), versions.rend(),
                   [&](const Version& v) { return v.fingerprint == now; });
  // The newest version that is older than what the file holds.
  const auto newest =
      last_of_now == versions.rend() ? versions.rbegin() : last_of_now + 1;
  const auto wanted =
      std::find_if(to > 0 ? versions.rbegin() : newest, versions.rend(),
                   [&](const Version& v) {
                     return to > 0 ? v.number == to : v.fingerprint != now;
                   });
  if (wanted == versions.rend()) {
    throw Error(exit_usage,
                to > 0 ? fmt::format("{} has no version {}; `wb history` "
                                     "lists them",
                                     question.id(), to)
                       : fmt::format("there is no earlier version of {}",
                                     attempts.name(question)));
  }
  if (last_of_now == versions.rend()) attempts.keep(question, text);
  write_file(attempts.path(question), read_file(wanted->file));
  Event event;
  event.what = "undo";
  event.id = question.id();
  event.version = wanted->number;
  attempts.log(event);
  show({{{attempts.name(question), Role::strong},
         {fmt::format(" is version {} again", wanted->number), Role::plain}}},
       context.output, false);
  return exit_ok;
}

int reset(const Context& context, const std::string& id, bool yes) {
  const Attempts attempts(context.workspace);
  const Question question = practised(context, attempts, id);
  const Answer answer = read_answer(context.workspace, question);
  const std::string starter = starter_text(context.workspace, question, answer);
  const int kept = attempts.keep(question, attempts.text(question));
  if (!confirmed(context, "Start " + attempts.name(question) + " afresh?",
                 yes)) {
    throw Error(exit_usage, "left as it is");
  }
  attempts.replace(question, starter);
  Event event;
  event.what = "reset";
  event.id = question.id();
  event.version = attempts.keep(question, starter);
  attempts.log(event);
  show({{{attempts.name(question), Role::strong},
         {fmt::format(" is the starter again; what it was is version {}", kept),
          Role::plain}},
        next_command(fmt::format("./wb undo --to {}", kept), "brings it back")},
       context.output, false);
  return exit_ok;
}

int bundle(const Context& context, const BundleOptions& options) {
  const Attempts attempts(context.workspace);
  const Question question = practised(context, attempts, options.id);
  const std::string text = options.attempt
                               ? attempts.text(question)
                               : reference_text(context.workspace, question);
  const std::string file = bundle(context.workspace, text);
  if (options.output.empty()) {
    write_output(file);
    return exit_ok;
  }
  write_file(options.output, file);
  show({{{"wrote ", Role::good}, {options.output, Role::strong}}},
       context.messages, false);
  return exit_ok;
}

}  // namespace wb
