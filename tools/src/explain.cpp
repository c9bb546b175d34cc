#include "explain.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "error.hpp"
#include "hash.hpp"
#include "json.hpp"
#include "mistakes.hpp"

namespace wb {
namespace {

fs::path cache_path(const Workspace& workspace, const Question& question) {
  return workspace.build() / "practice" / "mistakes" / question.section /
         (question.slug + ".json");
}

std::string cache_key(const Workspace& workspace, const Question& question) {
  std::uint64_t hash = fnv1a("");
  std::vector<fs::path> files{question.header(), question.test(),
                              question.answer()};
  for (const auto& patch : workspace.patches(question)) files.push_back(patch);
  for (const auto& file : files) {
    hash = fnv1a(file.string() + "\n" + read_file(workspace.path(file)), hash);
  }
  return hex(hash);
}

std::vector<Mistake> load(const fs::path& path, const std::string& key) {
  std::error_code none;
  if (!fs::exists(path, none)) return {};
  const auto json = Json::parse(read_file(path));
  if (!json || json->get("key").text() != key) return {};
  std::vector<Mistake> mistakes;
  for (const auto& item : json->get("mistakes").items()) {
    Mistake mistake{item.get("id").text(), item.get("sentence").text(), {}};
    for (const auto& symptom : item.get("symptoms").items()) {
      mistake.symptoms[symptom.get("claim").text()] =
          symptom.get("check").text();
    }
    mistakes.push_back(std::move(mistake));
  }
  return mistakes;
}

void save(const fs::path& path, const std::string& key,
          const std::vector<Mistake>& mistakes) {
  Json items = Json::array();
  for (const auto& mistake : mistakes) {
    Json seen = Json::array();
    for (const auto& [claim, check] : mistake.symptoms) {
      seen.push_back(Json::object({{"claim", claim}, {"check", check}}));
    }
    items.push_back(Json::object({{"id", mistake.id},
                                  {"sentence", mistake.sentence},
                                  {"symptoms", seen}}));
  }
  write_file(path, Json::object({{"key", key}, {"mistakes", items}}).dump());
}

}  // namespace

Symptoms symptoms(const Judgement& judgement) {
  Symptoms seen;
  for (const auto& claim : judgement.claims) {
    if (claim.holds()) continue;
    if (claim.failures.empty()) {
      seen[claim.id] = to_string(claim.verdict);
      continue;
    }
    const Failure& failure = claim.failures.front();
    seen[claim.id] = fmt::format("{}: {}: {}", failure.line, failure.expression,
                                 failure.values);
  }
  return seen;
}

std::vector<Mistake> known_mistakes(const Workspace& workspace, Judge& judge,
                                    const Question& question) {
  const fs::path path = cache_path(workspace, question);
  const std::string key = cache_key(workspace, question);
  auto mistakes = load(path, key);
  if (!mistakes.empty()) return mistakes;

  std::vector<Trial> trials;
  for (const auto& item : read_answer(workspace, question).mistakes) {
    const fs::path patch = question.mistakes() / (item.id + ".patch");
    if (!workspace.has(patch)) continue;
    trials.push_back({question, item.id,
                      patched_header(workspace, question, patch), item.id});
    mistakes.push_back({item.id, item.sentence, {}});
  }
  judge.prepare(question);
  const auto judgements = judge.judge(trials);
  for (std::size_t i = 0; i < judgements.size(); ++i) {
    mistakes[i].symptoms = symptoms(judgements[i]);
  }
  save(path, key, mistakes);
  return mistakes;
}

std::optional<Likely> most_like(const std::vector<Mistake>& mistakes,
                                const Symptoms& seen,
                                const std::string& first) {
  std::optional<Likely> best;
  for (const auto& mistake : mistakes) {
    if (mistake.symptoms.empty()) continue;
    const auto same = [&](const std::string& claim) {
      const auto known = mistake.symptoms.find(claim);
      const auto here = seen.find(claim);
      return known != mistake.symptoms.end() && here != seen.end() &&
             known->second == here->second;
    };
    const bool same_claims = std::equal(
        seen.begin(), seen.end(), mistake.symptoms.begin(),
        mistake.symptoms.end(),
        [](const auto& a, const auto& b) { return a.first == b.first; });
    std::optional<Likeness> likeness;
    if (mistake.symptoms == seen) {
      likeness = Likeness::same_values;
    } else if (same(first)) {
      likeness = Likeness::same_first;
    } else if (same_claims) {
      likeness = Likeness::same_claims;
    }
    if (likeness && (!best || *likeness < best->likeness)) {
      best = Likely{&mistake, *likeness};
    }
  }
  return best;
}

}  // namespace wb
