// Proving that the tests bite: each stored mistake is applied to a copy of the
// header, the same test is built against the copy, and the claims it says it
// breaks must fail. So must every claim on an answer with all bodies emptied.
#pragma once

#include <string>
#include <vector>

#include "judge.hpp"
#include "workspace.hpp"

namespace wb {

enum class MistakeVerdict {
  caught,
  not_caught,      ///< a claim it should break still holds
  does_not_apply,  ///< the patch no longer fits the header
  does_not_compile,
  malformed,  ///< no "Breaks:" line, or an unknown claim in it
  unproved,   ///< the compiler did not read the changed header
};

std::string to_string(MistakeVerdict verdict);

struct MistakeResult {
  std::string id;  ///< mistake_id, or "empty answer"
  MistakeVerdict verdict = MistakeVerdict::malformed;
  std::vector<std::string> breaks;     ///< the claims named by the patch
  std::vector<std::string> survivors;  ///< those of them that still hold
  std::vector<std::string> broken;     ///< every claim that it breaks
  std::string reason;

  bool caught() const { return verdict == MistakeVerdict::caught; }
};

struct MistakesOfQuestion {
  Question question;
  std::vector<MistakeResult> mistakes;
  /// Claims that neither a mistake nor the empty answer can break.
  std::vector<std::string> unbreakable;
  std::string problem;  ///< why nothing could be tried

  bool ok() const;
};

/// Tries all mistakes of all `questions`.
std::vector<MistakesOfQuestion> try_mistakes(
    const Workspace& workspace, Judge& judge,
    const std::vector<Question>& questions);

/// The header of `question` with `patch` (relative to the root) applied. Throws
/// Error (environment) with the words of patch when it does not apply.
std::string patched_header(const Workspace& workspace, const Question& question,
                           const fs::path& patch);

/// The claims of a patch's first line, "Breaks: claim_a, claim_b".
std::vector<std::string> parse_breaks(const std::string& patch);

}  // namespace wb
