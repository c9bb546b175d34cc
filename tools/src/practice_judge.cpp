// Practice with the judge: check, watch, why.
#include <fmt/core.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <ctime>

#include "error.hpp"
#include "explain.hpp"
#include "highlight.hpp"
#include "layout.hpp"
#include "markdown.hpp"
#include "practice.hpp"
#include "results.hpp"
#include "text.hpp"

namespace wb {
namespace {

constexpr int kWidestProse = 100;
constexpr long kPollNanoseconds = 150'000'000;

volatile std::sig_atomic_t interrupted = 0;

void on_signal(int) {
  interrupted = 1;
}

void append(Lines& lines, const Lines& more) {
  lines.insert(lines.end(), more.begin(), more.end());
}

Role role_of(Standing standing) {
  if (standing == Standing::solved) return Role::good;
  return standing == Standing::not_written ? Role::warning : Role::bad;
}

void add_wrapped(Lines& lines, const std::string& text, Role role, int width) {
  append(lines,
         wrap({{sanitize(text), role}}, width, {{"      "}}, {{"        "}}));
}

/// What the first failed check of a claim said.
void add_failure(Lines& lines, const ClaimResult& claim, int width) {
  if (!claim.reason.empty()) {
    add_wrapped(lines, claim.reason, Role::bad, width);
  }
  if (claim.failures.empty()) return;
  const Failure& failure = claim.failures.front();
  add_wrapped(
      lines,
      fmt::format("{}:{}: {}", fs::path(failure.file).filename().string(),
                  failure.line, failure.expression),
      Role::bad, width);
  add_wrapped(lines, failure.values, Role::plain, width);
  for (const auto& context : failure.context) {
    add_wrapped(lines, context, Role::dim, width);
  }
}

/// A claim that waits for code is neither good nor bad.
Line waiting_line(const ClaimResult& claim, bool unicode) {
  return {{unicode ? "· " : ". ", Role::dim},
          {fmt::format("{}. {}", claim.number, claim.id), Role::dim}};
}

Line claim_line(const ClaimResult& claim, bool unicode) {
  const bool holds = claim.holds();
  const std::string mark = unicode ? (holds ? "✓" : "✗") : (holds ? "+" : "x");
  Line line{{mark + " ", holds ? Role::good : Role::bad},
            {fmt::format("{}. ", claim.number), Role::dim},
            {claim.id, Role::strong}};
  if (!holds) line.push_back({"  " + to_string(claim.verdict), Role::bad});
  return line;
}

/// One round of the judge, from the file to the log.
class Round {
 public:
  Round(const Context& context, const Question& question, bool quick = false)
      : question_(question),
        quick_(quick),
        attempts_(context.workspace),
        progress_(context.messages),
        build_(context.workspace, "debug", progress_),
        judge_(context.workspace, build_, progress_) {}

  const Attempts& attempts() const { return attempts_; }
  Judge& judge() { return judge_; }
  const std::string& judged() const { return judged_; }

  /// The full verdict on the file as it is now; it is logged.
  Judgement run(const std::function<void(const Judgement&)>& first) {
    judged_ = attempts_.text(question_);
    const int version = attempts_.keep(question_, judged_);
    const Trial trial{question_, "attempt", judged_, attempts_.name(question_)};
    const Judgement judgement =
        quick_ ? judge_.judge_quickly(trial) : judge_.judge_fully(trial, first);
    progress_.clear();
    Event event;
    event.what = "judged";
    event.id = question_.id();
    event.verdict = to_string(judgement.standing);
    event.holding = judgement.holding();
    event.claims = static_cast<int>(judgement.claims.size());
    event.version = version;
    attempts_.log(event);
    version_ = version;
    return judgement;
  }

  int version() const { return version_; }

 private:
  const Question& question_;
  bool quick_;
  Attempts attempts_;
  Progress progress_;
  Build build_;
  Judge judge_;
  std::string judged_;
  int version_ = 0;
};

Line next_line(const Judgement& judgement, bool watching) {
  std::string command = "./wb why";
  std::string reason = "explains the first claim that fails";
  if (judgement.solved()) {
    command = "./wb diff";
    reason = "your code beside the reference; ./wb race times both";
  } else if (judgement.standing == Standing::not_written) {
    command = watching ? "write it" : "./wb watch";
    reason = "./wb hint helps";
  } else if (judgement.standing == Standing::does_not_compile) {
    command = watching ? "mend it" : "./wb check";
    reason = "./wb why shows all that the compiler said";
  }
  return {{"next: ", Role::label},
          {command, Role::code},
          {"   " + reason, Role::dim}};
}

void report(const Context& context, Round& round, const Question& question,
            const Judgement& judgement, bool watching) {
  if (context.json) {
    const Json json = judgement_json(judgement, round.attempts().name(question),
                                     round.version());
    write_output(watching ? json.line() : json.dump());
    return;
  }
  const int minutes = read_answer(context.workspace, question).front.minutes;
  Lines lines = judgement_block(judgement, context.output);
  Line about{{round.attempts().name(question), Role::dim}};
  const std::string spent = time_spent(round.attempts(), question, minutes);
  if (!spent.empty()) about.push_back({", " + spent, Role::dim});
  if (judgement.sanitised) {
    about.push_back({", sanitizers found nothing", Role::dim});
  } else if (!judgement.note.empty()) {
    about.push_back({", " + judgement.note, Role::dim});
  }
  append(lines, wrap(about, context.output.width));
  lines.push_back(next_line(judgement, watching));
  show(lines, context.output, false);
}

/// Says what is known before the sanitised build, which takes longer.
void announce(const Context& context, const Judgement& judgement) {
  if (context.json || context.quiet || !context.messages.interactive) return;
  const Lines lines{
      {{fmt::format("{} of {} claims hold; building again with sanitizers",
                    judgement.holding(), judgement.claims.size()),
        Role::dim}}};
  std::fputs(paint(lines, context.messages).c_str(), stderr);
}

void listen_for_interruptions() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

/// The file's text, or nothing in the moment in which an editor swaps it.
std::string text_or_nothing(const Attempts& attempts,
                            const Question& question) {
  try {
    return read_file(attempts.path(question));
  } catch (const Error&) {
    return "";
  }
}

/// Returns when the file is another one than `known` and has come to rest.
void wait_for_change(const Attempts& attempts, const Question& question,
                     const std::string& known) {
  listen_for_interruptions();
  std::string last = known;
  for (;;) {
    const std::string text = text_or_nothing(attempts, question);
    if (!text.empty() && text != known && text == last) return;
    last = text;
    const timespec pause{0, kPollNanoseconds};
    ::nanosleep(&pause, nullptr);
    if (interrupted != 0) throw Error(exit_interrupted, "interrupted");
  }
}

Lines explanation(const Likely& likely, const Terminal& terminal) {
  std::string lead = "Other values, but the claims that this mistake breaks: ";
  if (likely.likeness == Likeness::same_values) {
    lead = "These very values are what you get with this mistake: ";
  } else if (likely.likeness == Likeness::same_first) {
    lead = "In this claim you get what this mistake gets: ";
  }
  return render_markdown(
      lead + "**" + likely.mistake->id + "**, " + likely.mistake->sentence,
      std::min(terminal.width, kWidestProse), terminal.unicode);
}

Json explanation_json(Json json, const ClaimResult* claim,
                      const std::optional<Likely>& likely) {
  json.set("command", "why");
  json.set("claim", claim == nullptr ? Json() : Json(claim->id));
  json.set("mistake", likely ? Json(likely->mistake->id) : Json());
  json.set("same_values", likely && likely->likeness != Likeness::same_claims);
  return json;
}

}  // namespace

Lines judgement_block(const Judgement& judgement, const Terminal& terminal) {
  const int width = terminal.width;
  Line verdict{{to_string(judgement.standing), role_of(judgement.standing)}};
  if (judgement.standing != Standing::does_not_compile) {
    verdict.push_back(
        {fmt::format("  {} of {} claims hold", judgement.holding(),
                     judgement.claims.size()),
         Role::plain});
  }
  Lines lines = wrap(verdict, width);
  if (!judgement.reason.empty()) {
    append(lines, wrap({{sanitize(judgement.reason), Role::plain}}, width,
                       {{"  "}}, {{"    "}}));
  }
  if (judgement.standing == Standing::does_not_compile) return lines;
  const ClaimResult* first = judgement.first_failing();
  for (const auto& claim : judgement.claims) {
    const bool waits =
        !claim.holds() && judgement.standing == Standing::not_written;
    append(lines, wrap(waits ? waiting_line(claim, terminal.unicode)
                             : claim_line(claim, terminal.unicode),
                       width));
    if (claim.holds() || waits) continue;
    append(lines,
           wrap(render_inline(claim.sentence, terminal.unicode),
                std::min(width, kWidestProse), {{"      "}}, {{"      "}}));
    if (&claim == first) add_failure(lines, claim, width);
  }
  return lines;
}

Json judgement_json(const Judgement& judgement, const std::string& file,
                    int version) {
  return Json::object({{"schema", 1},
                       {"command", "check"},
                       {"id", judgement.question.id()},
                       {"file", file},
                       {"version", version},
                       {"verdict", to_string(judgement.standing)},
                       {"reason", judgement.reason},
                       {"holding", judgement.holding()},
                       {"claims", claims_json(judgement.claims)},
                       {"compiler", judgement.compiler},
                       {"compiler_output", judgement.compiler_output},
                       {"seconds", judgement.seconds},
                       {"sanitised", judgement.sanitised},
                       {"note", judgement.note}});
}

int check(const Context& context, const std::string& id, bool quick) {
  const Question question = practised(context, Attempts(context.workspace), id);
  Round round(context, question, quick);
  const Judgement judgement =
      round.run([&](const Judgement& first) { announce(context, first); });
  report(context, round, question, judgement, false);
  return exit_code(judgement.standing);
}

int watch(const Context& context, const std::string& id, bool once,
          bool quick) {
  if (once) return check(context, id, quick);
  const Question question = practised(context, Attempts(context.workspace), id);
  Round round(context, question, quick);
  for (;;) {
    const Judgement judgement =
        round.run([&](const Judgement& first) { announce(context, first); });
    report(context, round, question, judgement, true);
    if (!context.json && context.messages.interactive) {
      std::fputs("watching; Ctrl-C ends\n\n", stderr);
    }
    wait_for_change(round.attempts(), question, round.judged());
  }
}

namespace {

Lines why_block(const Judgement& judgement, const ClaimResult* claim,
                const std::optional<Likely>& likely, const Terminal& terminal) {
  const int width = terminal.width;
  Lines lines =
      wrap({{to_string(judgement.standing), role_of(judgement.standing)},
            {"  " + sanitize(judgement.reason), Role::plain}},
           width);
  if (judgement.standing == Standing::does_not_compile) {
    append(lines, unstyled(judgement.compiler_output));
  } else if (claim != nullptr) {
    append(lines, wrap(claim_line(*claim, terminal.unicode), width));
    append(lines,
           wrap(render_inline(claim->sentence, terminal.unicode),
                std::min(width, kWidestProse), {{"      "}}, {{"      "}}));
    add_failure(lines, *claim, width);
    lines.emplace_back();
    if (likely) {
      append(lines, explanation(*likely, terminal));
    } else {
      lines.push_back({{"It is like none of the known mistakes.", Role::dim}});
    }
  }
  lines.push_back(judgement.solved() ? next_line(judgement, false)
                                     : Line{{"next: ", Role::label},
                                            {"./wb hint", Role::code}});
  return lines;
}

}  // namespace

int why(const Context& context, const std::string& id) {
  const Question question = practised(context, Attempts(context.workspace), id);
  Round round(context, question);
  const Judgement judgement = round.run({});
  const bool explicable = judgement.standing != Standing::does_not_compile &&
                          judgement.standing != Standing::not_written;
  const ClaimResult* claim = explicable ? judgement.first_failing() : nullptr;
  std::optional<Likely> likely;
  std::vector<Mistake> mistakes;
  if (claim != nullptr) {
    mistakes = known_mistakes(context.workspace, round.judge(), question);
    likely = most_like(mistakes, symptoms(judgement), claim->id);
  }
  if (context.json) {
    write_output(explanation_json(
                     judgement_json(judgement, round.attempts().name(question),
                                    round.version()),
                     claim, likely)
                     .dump());
  } else {
    show(why_block(judgement, claim, likely, context.output), context.output,
         false);
  }
  return exit_code(judgement.standing);
}

}  // namespace wb
