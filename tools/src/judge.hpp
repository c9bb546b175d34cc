// Judging attempts: the claims of a question run against another header, and
// proof that they were.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "build.hpp"
#include "kit.hpp"
#include "progress.hpp"
#include "verify.hpp"
#include "workspace.hpp"

namespace wb {

enum class Standing {
  solved,
  wrong,
  not_written,  ///< what fails, fails because the code is not there yet
  does_not_compile,
  crashed,  ///< or ended early, or flooded its output
  timed_out,
  undefined_behaviour,  ///< a sanitizer found it
  tampered,             ///< the judge could not prove what it ran
};

/// "SOLVED", "NOT WRITTEN", ...
std::string to_string(Standing standing);

/// What is to be judged.
struct Trial {
  Question question;
  std::string label;  ///< of its folder: "attempt", "starter", a mistake's id
  std::string text;   ///< of the header
  std::string name;   ///< how a person knows the file; for messages
};

struct Judgement {
  Question question;
  Standing standing = Standing::tampered;
  std::string reason;  ///< for a person, when it is not solved
  std::vector<ClaimResult> claims;
  std::string compiler_output;  ///< when it does not compile
  std::string compiler;         ///< the program's name
  double seconds = 0.0;         ///< until the first verdict
  bool sanitised = false;       ///< the second build found nothing
  std::string note;             ///< why there was no second build

  bool solved() const { return standing == Standing::solved; }
  int holding() const;
  /// The first claim that does not hold, in the order of the page.
  const ClaimResult* first_failing() const;
};

/// The exit code of a verdict: 0, 1, 3 or 4.
int exit_code(Standing standing);

/// What makes a claim fail besides a failing check.
enum class Demand {
  failing_checks,  ///< nothing
  all_checks,      ///< fewer checks than the reference makes
};

/// What the reference does: the yardstick of a proof.
struct Census {
  struct Claim {
    int assertions = 0;
    double seconds = 0.0;
  };
  Flavour flavour;  ///< the optimisation with which the verdict comes sooner
  std::map<std::string, Claim> claims;
  std::vector<std::string> headers;  ///< of the library, that it reads
};

class Judge {
 public:
  Judge(const Workspace& workspace, Build& build, Progress& progress);
  Judge(const Judge&) = delete;
  Judge& operator=(const Judge&) = delete;
  ~Judge();

  /// Makes everything ready for these questions: compilers, main(), and what
  /// their references do. Returns what is wrong, by id: a reference that does
  /// not hold its own claims cannot be a yardstick.
  std::map<std::string, std::string> prepare(
      const std::vector<Question>& questions);

  /// The same for one question; throws Error (environment) with what is wrong.
  void prepare(const Question& question);

  /// Verdicts without sanitizers, in order, on questions that are prepared.
  std::vector<Judgement> judge(const std::vector<Trial>& trials,
                               Demand demand = Demand::all_checks);

  /// Builds a question's tests, optimised, against a trial's header. It stays
  /// until the next one of the same label is built. Throws Error when it does
  /// not compile.
  fs::path build_optimised(const Trial& trial);

  /// One trial, while no other wb judges the same question.
  Judgement judge_quickly(const Trial& trial);

  /// The same with the sanitised build, which runs only when all claims hold,
  /// or to find out why something crashed. `first` sees the verdict before.
  Judgement judge_fully(const Trial& trial,
                        const std::function<void(const Judgement&)>& first);

 private:
  struct Run;

  const Kit& kit(const Flavour& flavour);
  const Answer& answer(const Question& question);
  std::string census_key(const Question& question);
  bool load_census(const Question& question);
  void take_census(const std::vector<Question>& questions,
                   const Flavour& flavour,
                   std::map<std::string, std::string>& problems);

  std::vector<Run> run(const std::vector<Trial>& trials, const Flavour& flavour,
                       double patience);
  std::vector<Run> runs_of(const std::vector<Trial>& trials,
                           const Flavour& flavour) const;
  void write_trees(std::vector<Run>& runs, const std::vector<Trial>& trials);
  void compile(std::vector<Run>& runs, const Kit& kit);
  void link(std::vector<Run>& runs, const Kit& kit);
  void run_claims(std::vector<Run>& runs, double patience);
  Command command_for(const Run& run, const std::string& id,
                      double patience) const;

  Judgement conclude(const Run& run, Demand demand) const;
  Judgement timed(const Trial& trial);
  fs::path lock_folder(const Question& question) const;
  Judgement with_sanitizers(const Trial& trial, Judgement judgement);
  fs::path folder(const Trial& trial, const Flavour& flavour) const;

  const Workspace& workspace_;
  Build& build_;
  Progress& progress_;
  std::vector<std::unique_ptr<Kit>> kits_;
  std::map<std::string, Answer> answers_;
  std::map<std::string, Census> censuses_;
};

}  // namespace wb
