// Which known mistake an attempt looks like.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "judge.hpp"
#include "progress.hpp"
#include "workspace.hpp"

namespace wb {

/// What a wrong answer breaks: for each claim, its first failed check as it was
/// evaluated.
using Symptoms = std::map<std::string, std::string>;

Symptoms symptoms(const Judgement& judgement);

struct Mistake {
  std::string id;
  std::string sentence;  ///< Markdown
  Symptoms symptoms;
};

/// The mistakes of a question with what they break, each compiled and run once
/// and remembered until header, test or patches change.
std::vector<Mistake> known_mistakes(const Workspace& workspace, Judge& judge,
                                    const Question& question);

enum class Likeness {
  same_values,  ///< every failed claim fails with the very same values
  same_first,   ///< the first failed claim does
  same_claims,  ///< the same claims fail, with other values
};

struct Likely {
  const Mistake* mistake = nullptr;
  Likeness likeness = Likeness::same_claims;
};

/// The mistake that is most like what was seen, if any is like it. `first` is
/// the claim that is being explained.
std::optional<Likely> most_like(const std::vector<Mistake>& mistakes,
                                const Symptoms& seen, const std::string& first);

}  // namespace wb
