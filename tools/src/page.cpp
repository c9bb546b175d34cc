#include "page.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "highlight.hpp"
#include "layout.hpp"
#include "markdown.hpp"
#include "text.hpp"

namespace wb {
namespace {

constexpr int kWidestProse = 100;
constexpr int kSparklineWidth = 32;

void append(Lines& lines, Lines more) {
  std::move(more.begin(), more.end(), std::back_inserter(lines));
}

/// `lines` moved to the right.
Lines indented(Lines lines, int columns) {
  for (auto& line : lines) {
    line.insert(
        line.begin(),
        Span{std::string(static_cast<std::size_t>(columns), ' '), Role::plain});
  }
  return lines;
}

Lines prose(std::string_view markdown, const Terminal& terminal, int indent) {
  const int room =
      std::max(std::min(terminal.width, kWidestProse) - indent, 16);
  return indented(render_markdown(markdown, room, terminal.unicode), indent);
}

Role role_of(Verdict verdict) {
  if (verdict == Verdict::holds) return Role::good;
  return verdict == Verdict::not_tested ? Role::warning : Role::bad;
}

/// "681.4 to 78.85 in 9 values" beside the curve.
Line evidence_line(const Evidence& evidence, int name_width,
                   const Terminal& terminal) {
  Line line = padded({{evidence.name, Role::label}}, name_width);
  line.push_back({"  ", Role::plain});
  if (evidence.number) {
    line.push_back({format_number(*evidence.number), Role::number});
  } else if (evidence.series.empty()) {
    line.push_back({sanitize(evidence.text), Role::string});
  } else {
    line.push_back(
        {sparkline(evidence.series, kSparklineWidth, terminal.unicode),
         Role::number});
    line.push_back({fmt::format("  {} to {} ({} values)",
                                format_number(evidence.series.front()),
                                format_number(evidence.series.back()),
                                evidence.series.size()),
                    Role::dim});
  }
  return line;
}

Lines evidence_lines(const ClaimResult& claim, const Terminal& terminal) {
  int name_width = 0;
  for (const auto& e : claim.evidence) {
    name_width = std::max(name_width, display_width(e.name));
  }
  name_width = std::min(name_width, terminal.width / 2);
  Lines lines;
  for (const auto& e : claim.evidence) {
    append(lines, wrap(evidence_line(e, name_width, terminal), terminal.width,
                       {{"    ", Role::plain}}, {{"      ", Role::plain}}));
  }
  return lines;
}

/// The failed checks, the first three of them.
Lines failure_lines(const ClaimResult& claim, int width) {
  constexpr std::size_t most = 3;
  Lines lines;
  const auto add = [&](const std::string& text, Role role) {
    append(lines, wrap({{sanitize(text), role}}, width, {{"    ", Role::plain}},
                       {{"      ", Role::plain}}));
  };
  if (!claim.reason.empty()) add(claim.reason, Role::bad);
  const std::size_t count = std::min(claim.failures.size(), most);
  for (std::size_t i = 0; i < count; ++i) {
    const Failure& failure = claim.failures[i];
    const std::string file = fs::path(failure.file).filename().string();
    add(fmt::format("{}:{}: {}", file, failure.line, failure.expression),
        Role::bad);
    add(failure.values, Role::plain);
    for (const auto& context : failure.context) add(context, Role::dim);
  }
  if (claim.failures.size() > most) {
    add(fmt::format("and {} more", claim.failures.size() - most), Role::dim);
  }
  return lines;
}

Line verdict_line(const ClaimResult& claim, bool unicode) {
  const bool holds = claim.holds();
  const std::string mark = unicode ? (holds ? "✓" : "✗") : (holds ? "+" : "x");
  const Role role = role_of(claim.verdict);
  Line line{{mark + " ", role}};
  if (claim.number > 0) {
    line.push_back({fmt::format("{}. ", claim.number), Role::dim});
  }
  line.push_back({claim.id, Role::strong});
  line.push_back({"  ", Role::plain});
  line.push_back({to_string(claim.verdict), role});
  if (claim.assertions > 0) {
    line.push_back(
        {fmt::format("  {} {}, {:.2f} s", claim.assertions,
                     claim.assertions == 1 ? "check" : "checks", claim.seconds),
         Role::dim});
  }
  return line;
}

Lines item_lines(const Item& item, const std::string& lead,
                 const Terminal& terminal) {
  Lines lines =
      wrap({{lead, Role::dim}, {item.id, Role::strong}}, terminal.width);
  append(lines, prose(item.sentence, terminal, 4));
  return lines;
}

/// Every section of the page that is not a list of claims or mistakes.
std::string running_text(const Answer& answer) {
  std::string text;
  for (const auto& section : answer.sections) {
    if (section.title == "Claims" || section.title == "Mistakes") continue;
    text += "## " + section.title + "\n" + section.text;
  }
  return text;
}

}  // namespace

Lines title_block(const Question& question, const Answer& answer, int width) {
  Lines lines = wrap({{answer.front.title, Role::heading}}, width);
  std::string about = question.id();
  if (!answer.front.level.empty()) about += "  " + answer.front.level;
  if (answer.front.minutes > 0) {
    about += fmt::format("  {} minutes", answer.front.minutes);
  }
  append(lines, wrap({{about, Role::dim}}, width));
  for (const auto& variant : answer.front.asked_as) {
    append(lines, wrap({{variant, Role::emphasis}}, width,
                       {{"  asked as: ", Role::dim}},
                       {{"            ", Role::plain}}));
  }
  if (!answer.front.signature.empty()) {
    append(lines,
           wrap({{answer.front.signature, Role::code}}, width,
                {{"  write: ", Role::dim}}, {{"         ", Role::plain}}));
  }
  lines.emplace_back();
  return lines;
}

Lines answer_block(const Answer& answer, int width, bool unicode) {
  return render_markdown(running_text(answer), std::min(width, kWidestProse),
                         unicode);
}

Lines claims_block(const Answer& answer, const Terminal& terminal) {
  Lines lines;
  for (const auto& claim : answer.claims) {
    append(lines,
           item_lines(claim, fmt::format("{}. ", claim.number), terminal));
  }
  return lines;
}

Lines mistakes_block(const Answer& answer, const Terminal& terminal) {
  Lines lines;
  for (const auto& mistake : answer.mistakes) {
    append(lines, item_lines(mistake, "- ", terminal));
  }
  return lines;
}

Lines code_block(const std::string& source) {
  return highlight_cpp(strip_markers(source));
}

Lines answer_and_code(const Workspace& workspace, const Question& question,
                      const Answer& answer, const Terminal& terminal) {
  const int width = terminal.width;
  if (!workspace.has(question.header())) {
    return answer_block(answer, width, terminal.unicode);
  }
  const Lines code = code_block(read_text(workspace.path(question.header())));
  if (wide_enough(width)) {
    const Columns sides = columns(width);
    Lines right = wrap({{question.header().string(), Role::dim}}, sides.right);
    right.emplace_back();
    append(right, code);
    return side_by_side(answer_block(answer, sides.left, terminal.unicode),
                        right, width);
  }
  Lines lines = answer_block(answer, width, terminal.unicode);
  append(lines, heading(question.header().string(), width));
  append(lines, wrap_code(code, width));
  return lines;
}

Lines results_block(const QuestionResult& result, const Terminal& terminal) {
  Lines lines;
  for (const auto& claim : result.claims) {
    append(lines, wrap(verdict_line(claim, terminal.unicode), terminal.width));
    append(lines, prose(claim.sentence, terminal, 4));
    append(lines, evidence_lines(claim, terminal));
    append(lines, failure_lines(claim, terminal.width));
  }
  if (result.has_extra) {
    append(lines,
           wrap(verdict_line(result.extra, terminal.unicode), terminal.width));
    append(lines, prose(result.extra.sentence, terminal, 4));
    append(lines, failure_lines(result.extra, terminal.width));
  }
  return lines;
}

Lines mistakes_results_block(const MistakesOfQuestion& result, int width) {
  Lines lines;
  const auto add = [&](const Line& line) {
    append(lines,
           wrap(line, width, {{"  ", Role::plain}}, {{"      ", Role::plain}}));
  };
  if (!result.problem.empty()) add({{result.problem, Role::bad}});
  for (const auto& mistake : result.mistakes) {
    Line line{{mistake.id, Role::strong},
              {"  ", Role::plain},
              {to_string(mistake.verdict),
               mistake.caught() ? Role::good : Role::bad}};
    if (mistake.caught()) {
      line.push_back(
          {fmt::format("  by {} of the claims", mistake.broken.size()),
           Role::dim});
    } else {
      line.push_back({"  " + sanitize(mistake.reason), Role::plain});
    }
    add(line);
  }
  for (const auto& claim : result.unbreakable) {
    add({{claim, Role::strong},
         {"  no mistake and no empty answer breaks this claim", Role::bad}});
  }
  return lines;
}

}  // namespace wb
