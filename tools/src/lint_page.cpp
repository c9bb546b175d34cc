// Rules of lint for a question: its page against its header, test, mistakes.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <set>

#include "error.hpp"
#include "file_links.hpp"
#include "lint_files.hpp"
#include "mistakes.hpp"

namespace wb {
namespace {

constexpr auto npos = std::string_view::npos;

/// A question with the files that its rules compare.
struct Page {
  Question question;
  fs::path path;
  std::string text;
  Answer answer;
  std::optional<SourceFile> header;
  std::optional<SourceFile> test;

  bool is_coding() const { return question.section == "coding"; }
  bool has_claim(const std::string& id) const {
    return std::any_of(answer.claims.begin(), answer.claims.end(),
                       [&](const Item& claim) { return claim.id == id; });
  }
};

// --- Front matter ------------------------------------------------------------

void add_duplicates(const std::vector<std::string>& values,
                    std::string_view what, const Page& page,
                    Findings& findings) {
  std::set<std::string> seen;
  for (const auto& value : values) {
    if (!seen.insert(value).second) {
      findings.add(page.path, 1, "front-matter",
                   fmt::format("{} '{}' is there twice", what, value));
    }
  }
}

void check_keys(const Page& page, Findings& findings) {
  std::set<std::string> required{"title", "level", "asked_as"};
  std::set<std::string> known{"title", "level", "asked_as", "see_also"};
  if (page.is_coding()) {
    for (const auto* key : {"signature", "minutes", "hints"}) {
      required.insert(key);
      known.insert(key);
    }
  }
  const auto& keys = page.answer.front.keys;
  for (const auto& key : keys) {
    if (!known.contains(key)) {
      findings.add(page.path, 1, "front-matter",
                   fmt::format("unknown key '{}'", key));
    }
    required.erase(key);
  }
  for (const auto& key : required) {
    findings.add(page.path, 1, "front-matter",
                 fmt::format("there is no key '{}'", key));
  }
  add_duplicates(keys, "key", page, findings);
}

void check_see_also(const Page& page, Findings& findings) {
  for (const auto& id : page.answer.front.see_also) {
    const std::size_t slash = id.find('/');
    const std::string section = id.substr(0, slash);
    const bool known = std::find(kSections.begin(), kSections.end(), section) !=
                       kSections.end();
    if (slash == npos || !known || !is_snake_case(id.substr(slash + 1))) {
      findings.add(page.path, 1, "front-matter",
                   fmt::format("see_also: '{}' is not <section>/<slug>", id));
    } else if (id == page.question.id()) {
      findings.add(page.path, 1, "front-matter",
                   "see_also names the question itself");
    }
  }
}

/// Code as it reads without blanks and comments, so that spacing hides nothing.
std::string squeezed(std::string_view code) {
  std::string all;
  for (const Token& token : tokenize(code)) {
    if (token.kind != TokenKind::comment) all += token.text;
  }
  while (!all.empty() && (all.back() == ';' || all.back() == '{')) {
    all.pop_back();
  }
  return all;
}

void check_hints(const Page& page, const SolutionRegions& solution,
                 Findings& findings) {
  std::size_t number = 0;
  for (const auto& hint : page.answer.front.hints) {
    ++number;
    const std::string given = squeezed(hint);
    for (const auto& region : solution.regions) {
      const auto code = std::string_view(page.header->text)
                            .substr(region.begin, region.end - region.begin);
      for (const auto line : lines_of(code)) {
        const std::string wanted = squeezed(line);
        if (wanted.size() < 10 || given.find(wanted) == npos) continue;
        findings.add(page.path, 1, "front-matter",
                     fmt::format("hint {} has a line of the solution: {}",
                                 number, trim(line)));
      }
    }
  }
}

void check_solution(const Page& page, Findings& findings) {
  if (!page.header) return;
  const SolutionRegions solution = solution_regions(page.header->text);
  const fs::path& path = page.header->path;
  for (const auto& problem : solution.problems) {
    findings.add(path, problem.line, "solution", problem.message);
  }
  if (page.is_coding()) {
    if (solution.regions.empty()) {
      findings.add(path, 0, "solution",
                   "no solution region marks what a reader must write");
    }
    check_hints(page, solution, findings);
  } else if (!solution.regions.empty()) {
    findings.add(path, solution.regions[0].begin_line, "solution",
                 "solution regions are for coding questions");
  }
}

void check_front_matter(const Page& page, Findings& findings) {
  check_keys(page, findings);
  check_see_also(page, findings);
  const FrontMatter& front = page.answer.front;
  const std::set<std::string> levels{"core", "deeper", "stretch"};
  if (!levels.contains(front.level)) {
    findings.add(
        page.path, 1, "front-matter",
        fmt::format("level is core, deeper or stretch, not '{}'", front.level));
  }
  if (front.asked_as.empty()) {
    findings.add(page.path, 1, "front-matter", "asked_as is empty");
  }
  add_duplicates(front.asked_as, "asked_as", page, findings);
  add_duplicates(front.see_also, "see_also", page, findings);
  if (!page.is_coding()) return;
  if (front.signature.empty()) {
    findings.add(page.path, 1, "front-matter", "signature is empty");
  }
  if (front.minutes < 1) {
    findings.add(page.path, 1, "front-matter", "minutes must be at least 1");
  }
  if (front.hints.size() != 3) {
    findings.add(page.path, 1, "front-matter",
                 fmt::format("three hints, not {}", front.hints.size()));
  }
}

// --- Sections ----------------------------------------------------------------

struct Heading {
  std::string title;
  bool required;
};

std::vector<Heading> headings(const Page& page) {
  const bool code = page.header.has_value();
  return {{"In one minute", true},      {"The task", page.is_coding()},
          {"The answer in full", true}, {"Cost", code},
          {"Follow-ups", true},         {"Claims", code},
          {"Mistakes", code},           {"Cited, not tested", false},
          {"References", true}};
}

void check_sections(const Page& page, Findings& findings) {
  const auto known = headings(page);
  std::ptrdiff_t last = -1;
  for (const Section& section : page.answer.sections) {
    const auto found = std::find_if(
        known.begin(), known.end(),
        [&](const Heading& heading) { return heading.title == section.title; });
    if (found == known.end()) {
      findings.add(page.path, section.line, "sections",
                   fmt::format("unknown section '{}'", section.title));
    } else if (found - known.begin() <= last) {
      findings.add(page.path, section.line, "sections",
                   fmt::format("'{}' is out of order or twice", section.title));
    } else {
      last = found - known.begin();
    }
    if (trim(section.text).empty()) {
      findings.add(page.path, section.line, "sections",
                   fmt::format("'{}' is empty", section.title));
    }
  }
  for (const Heading& heading : known) {
    if (heading.required && page.answer.section(heading.title) == nullptr) {
      findings.add(page.path, 0, "sections",
                   fmt::format("there is no section '{}'", heading.title));
    }
  }
}

/// The words of `text` with single blanks between them.
std::string one_line(std::string_view text) {
  std::string line;
  for (const auto part : lines_of(text)) {
    if (trim(part).empty()) continue;
    if (!line.empty()) line += ' ';
    line += trim(part);
  }
  return line;
}

void check_file_links(const Workspace& workspace, const Page& page,
                      Findings& findings) {
  const std::string wanted =
      one_line(file_links(page.question, [&](const fs::path& path) {
        return workspace.has(path);
      }));
  const std::string_view body = page.answer.body;
  if (one_line(body.substr(0, body.find("## "))) == wanted) return;
  findings.add(page.path, page.answer.body_line, "file-links",
               fmt::format("between front matter and first heading must stand "
                           "{}",
                           wanted.empty() ? "nothing" : wanted));
}

// --- Claims ------------------------------------------------------------------

struct TestCase {
  std::string suite;  ///< empty outside of suites
  std::string macro;  ///< TEST_CASE, SCENARIO, ...
  std::string name;
  std::size_t line = 0;
  bool plain = false;   ///< a name and nothing else
  bool checks = false;  ///< something in its body looks like a check
};

std::string unquoted(const Token& token) {
  if (token.kind != TokenKind::string || token.text.size() < 2) return "";
  return std::string(token.text.substr(1, token.text.size() - 2));
}

bool is_check(const Token& token) {
  if (token.kind != TokenKind::identifier) return false;
  for (const std::string_view start :
       {"CHECK", "REQUIRE", "check", "require_", "FAIL"}) {
    if (token.text.starts_with(start)) return true;
  }
  return false;
}

TestCase read_case(const std::vector<Token>& code, std::size_t at,
                   const std::string& suite) {
  TestCase found{suite, std::string(code[at].text), "", code[at].line};
  if (at + 3 >= code.size()) return found;
  found.name = unquoted(code[at + 2]);
  found.plain = found.macro == "TEST_CASE" && code[at + 3].is(")");
  const std::size_t open = closing(code, at + 1) + 1;
  if (open >= code.size() || !code[open].is("{")) return found;
  const std::size_t end = closing(code, open);
  for (std::size_t i = open; i < end; ++i) {
    if (is_check(code[i])) found.checks = true;
  }
  return found;
}

/// Every test case of a file, with the suite it lies in.
std::vector<TestCase> test_cases(const SourceFile& file) {
  const auto code = code_of(file);
  std::vector<TestCase> cases;
  std::string suite;
  std::size_t suite_end = 0;
  for (std::size_t i = 0; i + 2 < code.size(); ++i) {
    if (i >= suite_end) suite.clear();
    if (!code[i + 1].is("(")) continue;
    if (code[i].is("TEST_SUITE")) {
      suite = unquoted(code[i + 2]);
      suite_end = closing(code, closing(code, i + 1) + 1);
    } else if (code[i].kind == TokenKind::identifier &&
               (code[i].text.starts_with("TEST_CASE") ||
                code[i].text.starts_with("SCENARIO"))) {
      cases.push_back(read_case(code, i, suite));
    }
  }
  return cases;
}

void check_claim_list(const Page& page, Findings& findings) {
  std::set<std::string> seen;
  int number = 0;
  for (const Item& claim : page.answer.claims) {
    ++number;
    if (claim.number != number) {
      findings.add(
          page.path, claim.line, "claims-match",
          fmt::format("claim {} should have number {}", claim.number, number));
    }
    if (claim.id.empty()) continue;  // a finding of rule "page" already
    if (!is_snake_case(claim.id)) {
      findings.add(page.path, claim.line, "claims-match",
                   fmt::format("'{}' is not snake_case", claim.id));
    }
    if (!seen.insert(claim.id).second) {
      findings.add(page.path, claim.line, "claims-match",
                   fmt::format("claim '{}' is there twice", claim.id));
    }
    if (claim.sentence.empty()) {
      findings.add(page.path, claim.line, "claims-match",
                   fmt::format("claim '{}' has no sentence", claim.id));
    }
  }
}

/// The rules for one case that is in the suite of the claims.
void check_claim_case(const Page& page, const TestCase& test,
                      Findings& findings) {
  const fs::path& path = page.test->path;
  if (!test.plain) {
    findings.add(path, test.line, "claims-match",
                 fmt::format("claims are TEST_CASE(\"claim_id\"), not {} with "
                             "more",
                             test.macro));
  }
  if (!page.has_claim(test.name)) {
    findings.add(
        path, test.line, "claims-match",
        fmt::format("'{}' is no claim of {}", test.name, page.path.string()));
  }
  if (!test.checks) {
    findings.add(path, test.line, "claim-has-checks",
                 fmt::format("'{}' checks nothing", test.name));
  }
}

void check_cases(const Page& page, Findings& findings) {
  const std::string id = page.question.id();
  std::map<std::string, int> times;
  for (const TestCase& test : test_cases(*page.test)) {
    if (test.name.find(',') != npos) {
      findings.add(page.test->path, test.line, "claims-match",
                   "a comma in a test's name makes filters match nothing");
    }
    if (test.suite == id) {
      check_claim_case(page, test, findings);
      if (++times[test.name] == 2) {
        findings.add(page.test->path, test.line, "claims-match",
                     fmt::format("'{}' is there twice", test.name));
      }
    } else if (test.suite != id + " extra") {
      findings.add(
          page.test->path, test.line, "claims-match",
          fmt::format("a case lies in suite \"{0}\" or \"{0} extra\"", id));
    }
  }
  for (const Item& claim : page.answer.claims) {
    if (!claim.id.empty() && times[claim.id] == 0) {
      findings.add(page.path, claim.line, "claims-match",
                   fmt::format("claim '{}' has no TEST_CASE in suite \"{}\"",
                               claim.id, id));
    }
  }
}

void check_claims(const Workspace& workspace, const Page& page,
                  Findings& findings) {
  check_claim_list(page, findings);
  if (page.header && page.answer.claims.empty()) {
    findings.add(page.path, 0, "claims-match",
                 "a question with a header has claims");
  }
  if (page.test) {
    check_cases(page, findings);
  } else if ((page.header || !page.answer.claims.empty()) &&
             !workspace.has(page.question.test())) {
    findings.add(page.path, 0, "claims-match",
                 fmt::format("there is no {}", page.question.test().string()));
  }
}

// --- References to claims and equations --------------------------------------

struct Reference {
  int number = 0;
  std::size_t line = 0;
};

/// Blanks and one line end: a reference may be wrapped, not start a paragraph.
void skip_blanks(std::string_view text, std::size_t& at) {
  bool wrapped = false;
  for (; at < text.size(); ++at) {
    if (text[at] != ' ' && (text[at] != '\n' || wrapped)) return;
    if (text[at] == '\n') wrapped = true;
  }
}

bool skip_word(std::string_view text, std::size_t& at, std::string_view word) {
  std::size_t i = at;
  skip_blanks(text, i);
  if (!text.substr(i).starts_with(word)) return false;
  at = i + word.size();
  return true;
}

/// A number as `open` n `close`; moves `at` behind it.
std::optional<int> read_number(std::string_view text, std::size_t& at,
                               std::string_view open, std::string_view close) {
  std::size_t i = at;
  skip_blanks(text, i);
  if (!text.substr(i).starts_with(open)) return std::nullopt;
  i += open.size();
  int number = 0;
  const auto read =
      std::from_chars(text.data() + i, text.data() + text.size(), number);
  i = static_cast<std::size_t>(read.ptr - text.data());
  if (read.ec != std::errc() || !text.substr(i).starts_with(close)) {
    return std::nullopt;
  }
  at = i + close.size();
  return number;
}

/// "1, 2 and 8" behind `at`, each number between `open` and `close`.
std::vector<int> read_numbers(std::string_view text, std::size_t at,
                              std::string_view open, std::string_view close) {
  std::vector<int> numbers;
  for (auto n = read_number(text, at, open, close); n;
       n = read_number(text, at, open, close)) {
    const bool decimal =
        at + 1 < text.size() && text[at] == '.' &&
        std::isdigit(static_cast<unsigned char>(text[at + 1])) != 0;
    if (decimal) break;  // a quantity
    numbers.push_back(*n);
    const bool more = skip_word(text, at, ", and") ||
                      skip_word(text, at, ",") || skip_word(text, at, "and") ||
                      skip_word(text, at, "to");
    if (!more) break;
  }
  return numbers;
}

/// All numbers that stand behind one of the words.
std::vector<Reference> references(std::string_view text,
                                  std::initializer_list<std::string_view> words,
                                  std::string_view open,
                                  std::string_view close) {
  std::vector<Reference> found;
  for (const auto word : words) {
    for (std::size_t at = text.find(word); at != npos;
         at = text.find(word, at + 1)) {
      if (!is_whole_word(text, at, word.size())) continue;
      const auto before = text.substr(0, at);
      const auto line = static_cast<std::size_t>(
          1 + std::count(before.begin(), before.end(), '\n'));
      for (const int n : read_numbers(text, at + word.size(), open, close)) {
        found.push_back({n, line});
      }
    }
  }
  return found;
}

void check_equations(const Page& page, const SourceFile& file,
                     Findings& findings) {
  for (const Token& token : file.tokens) {
    if (token.kind != TokenKind::comment) continue;
    for (const auto& r : references(token.text, {"Eq.", "Eqs."}, "(", ")")) {
      if (page.answer.equations.contains(r.number)) continue;
      findings.add(file.path, token.line + r.line - 1, "equations",
                   fmt::format("there is no equation ({}) in {}", r.number,
                               page.path.string()));
    }
  }
}

void check_claim_references(const Page& page, Findings& findings) {
  const auto claims = static_cast<int>(page.answer.claims.size());
  for (const auto& r : references(
           page.answer.body, {"claim", "claims", "Claim", "Claims"}, "", "")) {
    if (r.number >= 1 && r.number <= claims) continue;
    findings.add(page.path, page.answer.body_line + r.line - 1, "equations",
                 fmt::format("there is no claim {}", r.number));
  }
}

// --- Mistakes ----------------------------------------------------------------

/// The claims that a bullet says it breaks: "...; breaks claims 1 and 2."
std::set<std::string> broken_by(const Page& page, const Item& mistake) {
  std::set<std::string> claims;
  const std::size_t at = mistake.sentence.rfind("breaks claim");
  if (at == npos) return claims;
  const auto numbers = references(std::string_view(mistake.sentence).substr(at),
                                  {"claim", "claims"}, "", "");
  for (const Reference& r : numbers) {
    const auto index = static_cast<std::size_t>(r.number) - 1;
    if (index < page.answer.claims.size()) {
      claims.insert(page.answer.claims[index].id);
    }
  }
  return claims;
}

void check_patch(const Page& page, const Item* mistake, const SourceFile& patch,
                 Findings& findings) {
  const auto breaks = parse_breaks(patch.text);
  if (breaks.empty()) {
    findings.add(patch.path, 1, "mistakes-match",
                 "the first line must be 'Breaks: claim_a, claim_b'");
  }
  for (const auto& claim : breaks) {
    if (!page.has_claim(claim)) {
      findings.add(patch.path, 1, "mistakes-match",
                   fmt::format("'{}' is no claim of the page", claim));
    }
  }
  const std::string target = "+++ b/" + page.question.header().string();
  if (patch.text.find(target) == std::string::npos) {
    findings.add(patch.path, 0, "mistakes-match",
                 "not a diff against " + page.question.header().string());
  }
  if (mistake == nullptr) return;
  const auto said = broken_by(page, *mistake);
  if (!said.empty() &&
      said != std::set<std::string>(breaks.begin(), breaks.end())) {
    findings.add(
        page.path, mistake->line, "mistakes-match",
        fmt::format("'{}' says it breaks {}; its patch says {}", mistake->id,
                    fmt::join(said, ", "), fmt::join(breaks, ", ")));
  }
}

void check_mistakes(const Workspace& workspace, const Page& page,
                    Findings& findings) {
  std::map<std::string, const Item*> bullets;
  for (const Item& mistake : page.answer.mistakes) {
    if (mistake.id.empty()) continue;  // a finding of rule "page" already
    if (!is_snake_case(mistake.id)) {
      findings.add(page.path, mistake.line, "mistakes-match",
                   fmt::format("'{}' is not snake_case", mistake.id));
    }
    if (!bullets.emplace(mistake.id, &mistake).second) {
      findings.add(page.path, mistake.line, "mistakes-match",
                   fmt::format("mistake '{}' is there twice", mistake.id));
    }
  }
  std::set<std::string> patches;
  for (const fs::path& path : workspace.patches(page.question)) {
    const auto found = bullets.find(path.stem().string());
    patches.insert(path.stem().string());
    if (found == bullets.end()) {
      findings.add(path, 0, "mistakes-match", "the page does not name it");
    }
    const auto patch = load(workspace, path, findings);
    const Item* bullet = found == bullets.end() ? nullptr : found->second;
    if (patch) check_patch(page, bullet, *patch, findings);
  }
  for (const auto& [id, mistake] : bullets) {
    if (patches.contains(id)) continue;
    findings.add(page.path, mistake->line, "mistakes-match",
                 fmt::format("there is no {}/{}.patch",
                             page.question.mistakes().string(), id));
  }
}

// --- All together ------------------------------------------------------------

/// "NAME:LINE: what" of an Error as a finding.
void add_parse_error(const fs::path& path, std::string_view message,
                     Findings& findings) {
  const std::string name = path.string() + ":";
  std::size_t line = 0;
  if (message.starts_with(name)) {
    message.remove_prefix(name.size());
    const auto read =
        std::from_chars(message.data(), message.data() + message.size(), line);
    message.remove_prefix(static_cast<std::size_t>(read.ptr - message.data()));
    if (message.starts_with(": ")) message.remove_prefix(2);
  }
  findings.add(path, line, "front-matter", std::string(message));
}

/// Fills `file` in its final place, since its tokens view its text.
void load_source(const Workspace& workspace, const fs::path& path,
                 std::optional<SourceFile>& file, Findings& findings) {
  if (workspace.has(path)) file = load(workspace, path, findings);
  if (file) file->tokens = tokenize(file->text);
}

}  // namespace

void lint_question(const Workspace& workspace, const Question& question,
                   Findings& findings) {
  const fs::path path = question.answer();
  auto text = load(workspace, path, findings);
  if (!text) return;
  Page page{question, path, std::move(text->text), {}, {}, {}};
  try {
    page.answer = parse_answer(page.text, path.string());
  } catch (const Error& error) {
    add_parse_error(path, error.what(), findings);
    return;
  }
  load_source(workspace, question.header(), page.header, findings);
  load_source(workspace, question.test(), page.test, findings);
  for (const Problem& problem : page.answer.problems) {
    findings.add(path, problem.line, "page", problem.message);
  }
  check_front_matter(page, findings);
  check_solution(page, findings);
  check_sections(page, findings);
  check_file_links(workspace, page, findings);
  check_claims(workspace, page, findings);
  check_mistakes(workspace, page, findings);
  check_claim_references(page, findings);
  if (page.header) check_equations(page, *page.header, findings);
  if (page.test) check_equations(page, *page.test, findings);
}

}  // namespace wb
