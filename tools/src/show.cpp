// The verbs that show: where one is, lists, search, answers.
#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <map>

#include "commands.hpp"
#include "error.hpp"
#include "json.hpp"
#include "layout.hpp"
#include "page.hpp"
#include "practice.hpp"
#include "results.hpp"
#include "text.hpp"

namespace wb {
namespace {

void append(Lines& lines, const Lines& more) {
  lines.insert(lines.end(), more.begin(), more.end());
}

Role role_of(Status status) {
  switch (status) {
    case Status::holds:
      return Role::good;
    case Status::fails:
      return Role::bad;
    case Status::stale:
      return Role::warning;
    case Status::never_run:
      break;
  }
  return Role::dim;
}

/// A page that cannot be read must not hide the others.
std::string title_of(const Workspace& workspace, const Question& question) {
  try {
    return read_answer(workspace, question).front.title;
  } catch (const Error& e) {
    return fmt::format("cannot be read: {}", e.what());
  }
}

Json list_document(const Context& context,
                   const std::vector<Question>& questions) {
  Json items = Json::array();
  for (const auto& q : questions) {
    items.push_back(
        Json::object({{"id", q.id()},
                      {"title", title_of(context.workspace, q)},
                      {"status", to_string(last_status(context.workspace, q))},
                      {"has_header", context.workspace.has(q.header())},
                      {"has_bench", context.workspace.has(q.bench())}}));
  }
  return Json::object(
      {{"schema", 1}, {"command", "list"}, {"questions", items}});
}

std::string lower(std::string text) {
  for (char& c : text) {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return text;
}

/// One place where a page answers a search.
struct Hit {
  Question question;
  std::string title;
  std::string line;  ///< the first line that has a word, trimmed
  int score = 0;
};

/// Every word must occur; in the title it counts most, then in the id, then in
/// what the claims say, then anywhere.
Hit score_page(const Question& question, const std::string& text,
               const Answer& answer, const std::vector<std::string>& words) {
  Hit hit{question, answer.front.title, "", 0};
  const std::string title = lower(answer.front.title);
  const std::string body = lower(text);
  std::string claims;
  for (const auto& c : answer.claims) claims += lower(c.id + c.sentence);
  for (const auto& word : words) {
    if (body.find(word) == body.npos &&
        question.id().find(word) == std::string::npos) {
      hit.score = 0;
      return hit;
    }
    hit.score += 1;
    if (title.find(word) != title.npos) hit.score += 8;
    if (question.id().find(word) != std::string::npos) hit.score += 4;
    if (claims.find(word) != claims.npos) hit.score += 2;
  }
  const std::size_t at = lower(answer.body).find(words.front());
  if (at != std::string::npos) {
    const std::size_t start = answer.body.rfind('\n', at) + 1;
    const std::size_t end =
        std::min(answer.body.find('\n', at), answer.body.size());
    hit.line = sanitize(answer.body.substr(start, end - start));
  }
  return hit;
}

std::vector<Hit> find_pages(const Workspace& workspace,
                            const std::vector<std::string>& words) {
  std::vector<Hit> hits;
  for (const auto& question : workspace.questions()) {
    const std::string text = read_text(workspace.path(question.answer()));
    const auto answer = parse_answer(text, question.answer().string());
    const Hit hit = score_page(question, text, answer, words);
    if (hit.score > 0) hits.push_back(hit);
  }
  std::stable_sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) {
    return a.score > b.score;
  });
  return hits;
}

/// "practising coding/softmax: WRONG, 5 of 7 claims"; "" when nothing is.
std::string practice_line(const Attempts& attempts) {
  const auto question = attempts.current();
  if (!question) return "";
  std::string line = "practising " + question->id();
  const auto round = current_round(attempts, *question);
  for (auto event = round.rbegin(); event != round.rend(); ++event) {
    if (event->what != "judged") continue;
    return line + fmt::format(": {}, {} of {} claims", event->verdict,
                              event->holding, event->claims);
  }
  return line + ": not judged yet";
}

/// What is being practised until it is solved, then the first question that has
/// not been proved here.
std::string suggested_command(const Workspace& workspace,
                              const Attempts& attempts) {
  const auto question = attempts.current();
  if (question && !was_solved(attempts, *question)) return "./wb watch";
  for (const auto& q : workspace.questions()) {
    if (workspace.has(q.header()) &&
        last_status(workspace, q) != Status::holds) {
      return "./wb study " + q.id();
    }
  }
  return "./wb verify --mistakes";
}

}  // namespace

int home(const Context& context) {
  const auto& questions = context.workspace.questions();
  if (questions.empty()) {
    throw Error(exit_environment, "there is no question in questions/");
  }
  std::map<Status, int> count;
  std::vector<std::string> sections;
  for (const auto& q : questions) {
    ++count[last_status(context.workspace, q)];
    if (sections.empty() || sections.back() != q.section) {
      sections.push_back(q.section);
    }
  }
  Lines lines{{{"whiteboard", Role::heading},
               {": machine-learning interview answers that run", Role::plain}}};
  lines.push_back(
      {{fmt::format("{} questions in {} sections; proved on this machine: {}",
                    questions.size(), sections.size(), count[Status::holds]),
        Role::plain}});
  if (count[Status::fails] + count[Status::stale] > 0) {
    lines.push_back(
        {{fmt::format("failing: {}, changed since their last run: {}",
                      count[Status::fails], count[Status::stale]),
          Role::warning}});
  }
  const Attempts attempts(context.workspace);
  const std::string practice = practice_line(attempts);
  if (!practice.empty()) lines.push_back({{practice, Role::plain}});
  lines.push_back({{"next: ", Role::label},
                   {suggested_command(context.workspace, attempts), Role::code},
                   {"   (./wb --help shows all verbs)", Role::dim}});
  show(lines, context.output, false);
  return exit_ok;
}

int list(const Context& context, const std::string& section, bool ids_only) {
  const auto questions = select(
      context.workspace, section.empty() ? std::vector<std::string>{}
                                         : std::vector<std::string>{section});
  if (context.json) {
    write_output(list_document(context, questions).dump());
    return exit_ok;
  }
  if (ids_only) {
    std::string ids;
    for (const auto& q : questions) ids += q.id() + "\n";
    write_output(ids);
    return exit_ok;
  }
  std::vector<std::vector<Line>> rows;
  for (const auto& q : questions) {
    const Status status = last_status(context.workspace, q);
    rows.push_back({{{q.id(), Role::strong}},
                    {{to_string(status), role_of(status)}},
                    {{sanitize(title_of(context.workspace, q)), Role::plain}}});
  }
  Lines lines;
  for (auto& line : table(rows)) {
    lines.push_back(truncate(line, context.output.width));
  }
  show(lines, context.output, context.pager);
  return exit_ok;
}

int search(const Context& context, const std::vector<std::string>& words) {
  std::vector<std::string> lowered;
  for (const auto& word : words) lowered.push_back(lower(word));
  const auto hits = find_pages(context.workspace, lowered);
  if (context.json) {
    Json items = Json::array();
    for (const auto& hit : hits) {
      items.push_back(Json::object({{"id", hit.question.id()},
                                    {"title", hit.title},
                                    {"line", hit.line}}));
    }
    write_output(
        Json::object({{"schema", 1}, {"command", "search"}, {"hits", items}})
            .dump());
    return hits.empty() ? exit_wrong : exit_ok;
  }
  Lines lines;
  for (const auto& hit : hits) {
    lines.push_back(truncate({{hit.question.id(), Role::strong},
                              {"  " + sanitize(hit.title), Role::plain}},
                             context.output.width));
    lines.push_back(
        truncate({{"    " + hit.line, Role::dim}}, context.output.width));
  }
  if (hits.empty()) lines.push_back({{"no answer has these words"}});
  show(lines, context.output, context.pager);
  return hits.empty() ? exit_wrong : exit_ok;
}

int read(const Context& context, const std::string& id) {
  const Question question = context.workspace.find(id);
  const Attempts attempts(context.workspace);
  if (attempts.exists(question) && !was_solved(attempts, question)) {
    std::fputs("wb: you are practising this one, and its answer follows\n",
               stderr);
  }
  const Answer answer = read_answer(context.workspace, question);
  const int width = context.output.width;
  Lines lines = title_block(question, answer, width);
  append(lines,
         answer_and_code(context.workspace, question, answer, context.output));
  if (!answer.claims.empty()) {
    append(lines, heading("Claims", width));
    append(lines, claims_block(answer, context.output));
  }
  if (!answer.mistakes.empty()) {
    append(lines, heading("Mistakes", width));
    append(lines, mistakes_block(answer, context.output));
  }
  show(lines, context.output, context.pager);
  return exit_ok;
}

int study(const Context& context, const std::string& id) {
  const Question question = context.workspace.find(id);
  const Answer answer = read_answer(context.workspace, question);
  Progress progress(context.messages);
  Build build(context.workspace, "debug", progress);
  const auto results = verify(context.workspace, build, {question},
                              VerifyOptions{}.seconds, progress);
  const QuestionResult& result = results.front();
  const int width = context.output.width;

  Lines lines = title_block(question, answer, width);
  append(lines,
         answer_and_code(context.workspace, question, answer, context.output));
  if (!answer.mistakes.empty()) {
    append(lines, heading("Mistakes", width));
    append(lines, mistakes_block(answer, context.output));
  }
  if (!result.claims.empty()) {
    const RunStamp stamp = make_stamp(context.workspace, build);
    store(context.workspace, stamp, result);
    append(lines, heading("Claims, run on this machine", width));
    append(lines, results_block(result, context.output));
    lines.emplace_back();
    append(lines, wrap({{fmt::format("{} passed, {} failed", result.passed(),
                                     result.failed()),
                         result.holds() ? Role::good : Role::bad},
                        {fmt::format("  ({}; {}; {})", stamp.machine,
                                     stamp.compiler, stamp.date),
                         Role::dim}},
                       width));
  }
  show(lines, context.output, context.pager);
  return exit_code(results);
}

}  // namespace wb
