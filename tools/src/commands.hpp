// The verbs of ./wb. Each returns an exit code and throws Error for what is
// not a result: bad arguments, a broken environment, an interruption.
#pragma once

#include <string>
#include <vector>

#include "terminal.hpp"
#include "workspace.hpp"

namespace wb {

/// What every verb gets: where it works and how it may speak.
struct Context {
  Workspace workspace;
  Terminal output;    ///< standard output: results
  Terminal messages;  ///< standard error: progress and notes
  bool json = false;
  bool pager = true;
  bool quiet = false;
};

struct VerifyOptions {
  std::vector<std::string> targets;  ///< ids or sections; empty: everything
  bool mistakes = false;
  bool starters = false;
  std::string part;       ///< "i/n": only every n-th question, from number i on
  double seconds = 60.0;  ///< for each claim
};

struct BundleOptions {
  std::string id;        ///< empty: the question that is being practised
  std::string output;    ///< file; empty: standard output
  bool attempt = false;  ///< the reader's file instead of the reference
};

struct SiteOptions {
  std::string output;  ///< folder to build into, without serving it
  int port = 5173;
};

/// Where one is, and the one next command.
int home(const Context& context);

int list(const Context& context, const std::string& section, bool ids_only);
int search(const Context& context, const std::vector<std::string>& words);
int read(const Context& context, const std::string& id);
int study(const Context& context, const std::string& id);
int verify(const Context& context, const VerifyOptions& options);
int test(const Context& context);
int lint(const Context& context);
int bench(const Context& context, const std::string& id);
int create(const Context& context, const std::string& id);
int doctor(const Context& context);
int site(const Context& context, const SiteOptions& options);

// Practice. An empty `id` means the question that is being practised.
int start(const Context& context, const std::string& id);
// `quick` leaves out the second build, with sanitizers.
int check(const Context& context, const std::string& id, bool quick);
int watch(const Context& context, const std::string& id, bool once, bool quick);
int hint(const Context& context, const std::string& id);
int why(const Context& context, const std::string& id);
int diff(const Context& context, const std::string& id, bool yes);
int reveal(const Context& context, const std::string& id, bool yes);
int race(const Context& context, const std::string& id);
int history(const Context& context, const std::string& id);
int undo(const Context& context, const std::string& id, int to);
int reset(const Context& context, const std::string& id, bool yes);
int bundle(const Context& context, const BundleOptions& options);

/// The completion script for bash, zsh or fish. Throws Error (usage) for
/// another shell.
std::string completion(const std::string& shell);

/// The verbs with one line about each, in the order in which one meets them.
const std::vector<std::pair<std::string, std::string>>& verbs();

/// The questions number i, i + n, i + 2 n, ... for `part` "i/n"; all for "".
/// Throws Error (usage) unless 0 <= i < n.
std::vector<Question> take_part(const std::vector<Question>& questions,
                                const std::string& part);

/// The questions meant by ids and section names; all when there are none.
std::vector<Question> select(const Workspace& workspace,
                             const std::vector<std::string>& targets);

}  // namespace wb
