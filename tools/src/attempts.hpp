// The reader's own files: attempts at questions, every version that was judged,
// and a log of what happened. All of it lies in practice/ of the checkout,
// which git ignores, or in $WB_PRACTICE, and nothing of it is ever overwritten
// or deleted.
//
//   practice/coding/softmax.hpp                   the attempt, to be edited
//   practice/.history/coding/softmax/0003.hpp     what it was, by number
//   practice/log.jsonl                            one event a line, append-only
//   practice/compile_flags.txt                    for clangd
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json.hpp"
#include "workspace.hpp"

namespace wb {

/// One line of the log. `what` is start, judged, hint, reveal, reset, undo or
/// race; which of the other fields mean something depends on it.
struct Event {
  std::string time;    ///< UTC, ISO 8601
  int utc_offset = 0;  ///< minutes that the reader's clock was ahead of UTC
  std::string what;
  std::string id;        ///< of the question
  std::string verdict;   ///< judged: "solved", "wrong", ...
  int holding = 0;       ///< judged: claims that hold
  int claims = 0;        ///< judged: of how many
  int version = 0;       ///< number in the history; 0 for none
  int level = 0;         ///< hint: which one, from 1
  bool gave_up = false;  ///< reveal: before it was solved
};

Json to_json(const Event& event);

/// One version of an attempt.
struct Version {
  int number = 0;
  fs::path file;
  std::string fingerprint;
};

class Attempts {
 public:
  explicit Attempts(const Workspace& workspace);

  /// Where the attempt is or would be.
  fs::path path(const Question& question) const;
  /// The same as it is told to a person: "practice/coding/softmax.hpp", or the
  /// whole path when it lies elsewhere.
  std::string name(const Question& question) const;

  bool exists(const Question& question) const;

  /// The attempt's text. Throws Error (usage) when it was not started, Error
  /// (environment) when it cannot be read or is not UTF-8.
  std::string text(const Question& question) const;

  /// Writes a first attempt and what editors need. Throws Error (environment)
  /// when there is a file already.
  void create(const Question& question, std::string_view starter) const;

  /// Replaces the attempt, after keeping what is there.
  void replace(const Question& question, std::string_view text) const;

  /// Makes sure that `text` is in the history and returns its number. A version
  /// that equals the newest one is not kept twice.
  int keep(const Question& question, std::string_view text) const;

  /// Every version, oldest first.
  std::vector<Version> history(const Question& question) const;

  /// Appends to the log, with the time put in. Throws Error (environment) when
  /// that fails.
  void log(Event event) const;

  /// All events, oldest first, or those of one question. Lines that make no
  /// sense, and those that a newer program wrote, are skipped.
  std::vector<Event> events() const;
  std::vector<Event> events(const Question& question) const;

  /// The question that the newest event is about, if its attempt exists.
  std::optional<Question> current() const;

 private:
  fs::path history_folder(const Question& question) const;

  const Workspace& workspace_;
  fs::path folder_;
};

/// Seconds between two times of the log; 0 when one makes no sense.
double seconds_between(const std::string& from, const std::string& to);

}  // namespace wb
