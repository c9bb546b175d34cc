#include "terminal.hpp"

#include "error.hpp"
#include "text.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

extern char** environ;  // POSIX asks the program to declare it

namespace wb {
namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

std::optional<int> positive_number(std::string_view text) {
  int value = 0;
  const auto result =
      std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole =
      result.ec == std::errc() && result.ptr == text.data() + text.size();
  if (!whole || value <= 0) return std::nullopt;
  return value;
}

bool wants_colour(ColourChoice choice, bool interactive) {
  if (choice != ColourChoice::automatic) return choice == ColourChoice::always;
  if (!variable("NO_COLOR").empty()) return false;
  const std::string_view force = variable("CLICOLOR_FORCE");
  if (!force.empty() && force != "0") return true;
  const std::string_view term = variable("TERM");
  return interactive && !term.empty() && term != "dumb";
}

bool speaks_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string value(variable(name));
    if (value.empty()) continue;
    std::transform(value.begin(), value.end(), value.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return value.find("utf-8") != std::string::npos ||
           value.find("utf8") != std::string::npos;
  }
  return true;
}

bool understands_links() {
  const std::string_view term = variable("TERM");
  return term != "linux" && term != "dumb" && !term.empty() &&
         term.substr(0, 6) != "screen";
}

/// Select Graphic Rendition. The colours are of the 256, of middling
/// brightness: they read on black as well as on white.
std::string_view rendition(Role role) {
  switch (role) {
    case Role::plain:
      return "";
    case Role::strong:
      return "1";
    case Role::emphasis:
      return "3";
    case Role::heading:
      return "1;38;5;33";
    case Role::label:
      return "1";
    case Role::dim:
    case Role::comment:
      return "38;5;244";
    case Role::link:
      return "4;38;5;31";
    case Role::code:
      return "38;5;31";
    case Role::maths:
      return "38;5;133";
    case Role::keyword:
      return "38;5;133";
    case Role::type:
      return "38;5;31";
    case Role::number:
      return "38;5;130";
    case Role::string:
      return "38;5;64";
    case Role::preprocessor:
      return "38;5;97";
    case Role::good:
      return "1;38;5;28";
    case Role::bad:
      return "1;38;5;160";
    case Role::warning:
      return "1;38;5;136";
  }
  return "";
}

/// A word in ASCII. An ellipsis this late marks a cut: it has one column.
std::string ascii_word(std::string_view word) {
  static constexpr std::string_view ellipsis = "…";
  std::string ascii;
  for (std::size_t at = word.find(ellipsis); at != std::string_view::npos;
       at = word.find(ellipsis)) {
    ascii += to_ascii(word.substr(0, at)) + "~";
    word.remove_prefix(at + ellipsis.size());
  }
  return ascii + to_ascii(word);
}

/// Makes a line ASCII and keeps its columns: what a word takes more than
/// before comes out of the next gaps, each of which keeps one space.
class AsciiLine {
 public:
  Line convert(const Line& line) {
    for (const Span& span : line) {
      const std::string_view text = span.text;
      for (std::size_t i = 0; i < text.size();) {
        const bool blank = text[i] == ' ';
        std::size_t end = i;
        while (end < text.size() && (text[end] == ' ') == blank) ++end;
        const std::string_view run = text.substr(i, end - i);
        append(ascii_, blank ? shortened(run) : converted(run), span.role);
        in_gap_ = blank;
        i = end;
      }
    }
    return std::move(ascii_);
  }

 private:
  std::string converted(std::string_view word) {
    std::string ascii = ascii_word(word);
    excess_ += static_cast<int>(ascii.size()) - display_width(word);
    return ascii;
  }

  std::string shortened(std::string_view blanks) {
    const int length = static_cast<int>(blanks.size());
    const int spare = in_gap_ ? length : length - 1;
    const int less = std::clamp(excess_, 0, spare);
    excess_ -= less;
    return std::string(static_cast<std::size_t>(length - less), ' ');
  }

  Line ascii_;
  int excess_ = 0;
  bool in_gap_ = false;
};

bool is_url(std::string_view text) {
  return text.substr(0, 8) == "https://" || text.substr(0, 7) == "http://";
}

/// Whether the link that ends `line` goes on in the line below.
bool goes_on(const Lines& lines, std::size_t line) {
  if (line + 1 >= lines.size()) return false;
  for (const Span& span : lines[line + 1]) {
    if (span.role == Role::link) return !is_url(span.text);
    if (span.text.find_first_not_of(' ') != std::string::npos) return false;
  }
  return false;
}

void paint_span(std::string& out, const Span& span, bool linked) {
  const std::string_view style = rendition(span.role);
  if (linked) out.append("\033]8;;").append(span.text).append("\033\\");
  if (!style.empty()) out.append("\033[").append(style).append("m");
  out += span.text;
  if (!style.empty()) out += "\033[0m";
  if (linked) out += "\033]8;;\033\\";
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {  // somebody made it non-blocking
      pollfd ready{fd, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno == EPIPE) {
      return;
    } else if (errno != EINTR) {
      throw Error(exit_environment, std::string("cannot write the output: ") +
                                        std::strerror(errno));
    }
  }
}

/// Ignores signals while it lives: a pager handles Ctrl-C itself, and a pager
/// that is gone must not take us along.
class Ignoring {
 public:
  Ignoring() {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    for (std::size_t i = 0; i < kCount; ++i) {
      ::sigaction(kSignals[i], &ignore, &before_[i]);
    }
  }
  ~Ignoring() {
    for (std::size_t i = 0; i < kCount; ++i) {
      ::sigaction(kSignals[i], &before_[i], nullptr);
    }
  }
  Ignoring(const Ignoring&) = delete;
  Ignoring& operator=(const Ignoring&) = delete;

  static sigset_t signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : kSignals) sigaddset(&set, signal);
    return set;
  }

 private:
  static constexpr std::size_t kCount = 3;
  static constexpr int kSignals[kCount] = {SIGPIPE, SIGINT, SIGQUIT};
  struct sigaction before_[kCount] {};
};

/// The shell command of the pager; nothing when none is wanted.
std::string pager_command() {
  if (std::getenv("PAGER") == nullptr) {
    return "command -v less >/dev/null || exit 127; exec less -FRX";
  }
  const std::string pager(variable("PAGER"));
  return pager == "cat" ? std::string() : pager;
}

/// Starts `command` with standard input from `input`. Its process id.
std::optional<pid_t> start(const std::string& command, int input, int other) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
  posix_spawn_file_actions_addclose(&files, input);
  posix_spawn_file_actions_addclose(&files, other);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  const sigset_t heard = Ignoring::signals();
  posix_spawnattr_setsigdefault(&attributes, &heard);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);

  std::string shell = "sh", option = "-c", script = command;
  char* arguments[] = {shell.data(), option.data(), script.data(), nullptr};
  pid_t child = 0;
  const int failed =
      posix_spawn(&child, "/bin/sh", &files, &attributes, arguments, environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (failed != 0) return std::nullopt;
  return child;
}

/// Whether the pager showed the text; false when it could not be run.
bool page(const std::string& command, std::string_view text) {
  int ends[2];
  if (::pipe(ends) != 0) return false;
  const Ignoring ignoring;
  const std::optional<pid_t> child = start(command, ends[0], ends[1]);
  ::close(ends[0]);
  if (child) write_all(ends[1], text);
  ::close(ends[1]);
  if (!child) return false;

  int status = 0;
  while (::waitpid(*child, &status, 0) < 0 && errno == EINTR) {
  }
  // What a shell says when it cannot find or run the command.
  const bool missing = WIFEXITED(status) && (WEXITSTATUS(status) == 126 ||
                                             WEXITSTATUS(status) == 127);
  return !missing;
}

}  // namespace

ColourChoice colour_choice(std::string_view word) {
  if (word == "auto") return ColourChoice::automatic;
  if (word == "always") return ColourChoice::always;
  if (word == "never") return ColourChoice::never;
  throw Error(exit_usage, "colour is auto, always or never, not '" +
                              std::string(word) + "'");
}

Terminal detect(int fd, ColourChoice choice) {
  Terminal terminal;
  terminal.interactive = ::isatty(fd) == 1;
  terminal.colour = wants_colour(choice, terminal.interactive);
  terminal.unicode = speaks_utf8();
  terminal.links =
      terminal.interactive && terminal.colour && understands_links();

  winsize size{};
  if (terminal.interactive && ::ioctl(fd, TIOCGWINSZ, &size) == 0) {
    if (size.ws_col > 0) terminal.width = size.ws_col;
    if (size.ws_row > 0) terminal.height = size.ws_row;
  }
  terminal.width =
      positive_number(variable("COLUMNS")).value_or(terminal.width);
  terminal.height =
      positive_number(variable("LINES")).value_or(terminal.height);
  terminal.width = std::clamp(terminal.width, 20, 1000);
  return terminal;
}

std::string paint(const Lines& lines, const Terminal& terminal) {
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Line line =
        terminal.unicode ? lines[i] : AsciiLine().convert(lines[i]);
    for (const Span& span : line) {
      const bool linked = terminal.links && span.role == Role::link &&
                          is_url(span.text) &&
                          !(&span == &line.back() && goes_on(lines, i));
      if (terminal.colour) {
        paint_span(out, span, linked);
      } else {
        out += span.text;
      }
    }
    out += '\n';
  }
  return out;
}

void show(const Lines& lines, const Terminal& terminal, bool use_pager) {
  const std::string text = paint(lines, terminal);
  const bool is_long =
      lines.size() + 1 > static_cast<std::size_t>(std::max(terminal.height, 1));
  const std::string command =
      use_pager && terminal.interactive && is_long ? pager_command() : "";
  if (!command.empty()) {
    // less follows the locale, which may be silent about UTF-8.
    if (terminal.unicode) ::setenv("LESSCHARSET", "utf-8", 0);
    std::fflush(stdout);
    if (page(command, text)) return;
  }
  write_output(text);
}

void write_output(std::string_view text) {
  if (std::fflush(stdout) != 0 && errno != EPIPE) {
    throw Error(exit_environment, std::string("cannot write the output: ") +
                                      std::strerror(errno));
  }
  write_all(STDOUT_FILENO, text);
}

}  // namespace wb
