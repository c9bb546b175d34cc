// Proving that a question can be practised: its starter is one, its reference
// is solved, and so is every other correct solution that is kept with it.
#pragma once

#include <string>
#include <vector>

#include "judge.hpp"

namespace wb {

/// One thing that was tried on a question.
struct StarterCheck {
  std::string what;  ///< "starter", "default answer", "alternative heap", ...
  bool ok = false;
  std::string reason;  ///< when it is not
};

struct StarterResult {
  Question question;
  std::vector<StarterCheck> checks;

  bool ok() const;
};

/// For each of `questions` with a solution region: the starter compiles with
/// every compiler that is here, is judged NOT WRITTEN and holds no claim, shows
/// no line of the solution (nor does a hint), and cutting it again changes
/// nothing; the starter whose functions return default values holds no claim;
/// the reference and each header of tests/<id>.alternatives/ are SOLVED.
std::vector<StarterResult> check_starters(
    const Workspace& workspace, Build& build, Judge& judge,
    const std::vector<Question>& questions, Progress& progress);

/// The headers of tests/<id>.alternatives/, sorted, relative to the root.
std::vector<fs::path> alternatives(const Workspace& workspace,
                                   const Question& question);

}  // namespace wb
