#include "terminal.hpp"

#include "error.hpp"
#include "text.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

using namespace wb;

namespace {

/// A variable of the environment; no value: unset.
struct Variable {
  std::string name;
  std::optional<std::string> value;
};
using Changes = std::vector<Variable>;

/// Sets variables of the environment (nothing: unset) and puts them back.
class Environment {
 public:
  explicit Environment(const Changes& changes = {}) {
    for (const char* name :
         {"NO_COLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES", "LC_ALL",
          "LC_CTYPE", "LANG", "PAGER", "TERM", "LESSCHARSET"}) {
      const char* value = std::getenv(name);
      before_.push_back({name, {}});
      if (value != nullptr) before_.back().value = value;
      ::unsetenv(name);
    }
    for (const auto& [name, value] : changes) set(name, value);
  }
  ~Environment() {
    for (const auto& [name, value] : before_) set(name, value);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  static void set(const std::string& name,
                  const std::optional<std::string>& value) {
    if (value) {
      ::setenv(name.c_str(), value->c_str(), 1);
    } else {
      ::unsetenv(name.c_str());
    }
  }

  Changes before_;
};

/// A terminal of our own.
class Screen {
 public:
  Screen(unsigned short columns, unsigned short rows)
      : master_(::posix_openpt(O_RDWR | O_NOCTTY)) {
    REQUIRE(master_ >= 0);
    REQUIRE(::grantpt(master_) == 0);
    REQUIRE(::unlockpt(master_) == 0);
    fd = ::open(::ptsname(master_), O_RDWR | O_NOCTTY);
    REQUIRE(fd >= 0);
    winsize size{};
    size.ws_col = columns;
    size.ws_row = rows;
    REQUIRE(::ioctl(fd, TIOCSWINSZ, &size) == 0);
  }
  ~Screen() {
    ::close(fd);
    ::close(master_);
  }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  int fd = -1;

 private:
  int master_;
};

/// A file that takes what is written to standard output meanwhile.
class Redirected {
 public:
  explicit Redirected(const std::string& path) {
    std::fflush(stdout);
    before_ = ::dup(STDOUT_FILENO);
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    REQUIRE(file >= 0);
    ::dup2(file, STDOUT_FILENO);
    ::close(file);
  }
  ~Redirected() {
    std::fflush(stdout);
    ::dup2(before_, STDOUT_FILENO);
    ::close(before_);
  }
  Redirected(const Redirected&) = delete;
  Redirected& operator=(const Redirected&) = delete;

 private:
  int before_ = -1;
};

/// A folder that goes when the test ends.
class Folder {
 public:
  Folder() {
    std::string name =
        (std::filesystem::temp_directory_path() / "terminal_XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string file(const std::string& name) const {
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Lines many(std::size_t count) {
  return Lines(count, Line{{"a line", {}}});
}

Terminal person() {
  Terminal terminal;
  terminal.interactive = true;
  terminal.height = 10;
  return terminal;
}

}  // namespace

TEST_SUITE("terminal: detect") {
  TEST_CASE("a pipe: no colour, 80 columns") {
    const Environment environment(Changes{{"TERM", "xterm-256color"}});
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const Terminal terminal = detect(ends[1]);
    CHECK_FALSE(terminal.interactive);
    CHECK_FALSE(terminal.colour);
    CHECK_FALSE(terminal.links);
    CHECK(terminal.width == 80);
    CHECK(terminal.height == 24);
    ::close(ends[0]);
    ::close(ends[1]);
    CHECK_FALSE(detect(-1).interactive);
  }

  TEST_CASE("a terminal: its colours and its size") {
    const Environment environment(Changes{{"TERM", "xterm-256color"}});
    const Screen screen(132, 43);
    const Terminal terminal = detect(screen.fd);
    CHECK(terminal.interactive);
    CHECK(terminal.colour);
    CHECK(terminal.links);
    CHECK(terminal.width == 132);
    CHECK(terminal.height == 43);
  }

  TEST_CASE("sizes that make no sense") {
    const Screen narrow(7, 3);
    const Screen unknown(0, 0);
    {
      const Environment environment;
      CHECK(detect(narrow.fd).width == 20);
      CHECK(detect(unknown.fd).width == 80);
      CHECK(detect(unknown.fd).height == 24);
    }
    for (const char* columns : {"", "0", "-5", "x", "80x", "99999999999"}) {
      CAPTURE(columns);
      const Environment environment(Changes{{"COLUMNS", columns}});
      CHECK(detect(-1).width == 80);
    }
  }

  TEST_CASE("COLUMNS and LINES come before the terminal") {
    const Environment environment(Changes{{"COLUMNS", "100"}, {"LINES", "9"}});
    const Screen screen(132, 43);
    CHECK(detect(screen.fd).width == 100);
    CHECK(detect(screen.fd).height == 9);
    CHECK(detect(-1).width == 100);
  }

  TEST_CASE("who decides about colour") {
    const Screen screen(80, 24);
    const auto coloured = [&](const Environment&, ColourChoice choice, int fd) {
      return detect(fd, choice).colour;
    };
    const auto on_screen = [&](Changes changes,
                               ColourChoice choice = ColourChoice::automatic) {
      changes.insert(changes.begin(), {"TERM", "xterm"});
      return coloured(Environment(changes), choice, screen.fd);
    };
    const auto in_pipe = [&](const Changes& changes,
                             ColourChoice choice = ColourChoice::automatic) {
      return coloured(Environment(changes), choice, -1);
    };
    CHECK(on_screen({}));
    CHECK_FALSE(on_screen({{"NO_COLOR", "1"}}));
    CHECK(on_screen({{"NO_COLOR", ""}}));
    CHECK_FALSE(on_screen({{"TERM", "dumb"}}));
    CHECK_FALSE(on_screen({{"TERM", std::nullopt}}));
    CHECK_FALSE(on_screen({}, ColourChoice::never));
    CHECK(on_screen({{"NO_COLOR", "1"}}, ColourChoice::always));
    CHECK(in_pipe({{"CLICOLOR_FORCE", "1"}}));
    CHECK_FALSE(in_pipe({{"CLICOLOR_FORCE", "0"}}));
    CHECK_FALSE(in_pipe({{"CLICOLOR_FORCE", "1"}, {"NO_COLOR", "1"}}));
    CHECK(in_pipe({}, ColourChoice::always));
  }

  TEST_CASE("links only where they do no harm") {
    const Screen screen(80, 24);
    for (const char* term : {"linux", "dumb", "screen", "screen-256color"}) {
      CAPTURE(term);
      const Environment environment(Changes{{"TERM", term}});
      CHECK_FALSE(detect(screen.fd, ColourChoice::always).links);
    }
  }

  TEST_CASE("the locale decides about Unicode") {
    const auto unicode = [](const Changes& changes) {
      const Environment environment(changes);
      return detect(-1).unicode;
    };
    CHECK(unicode({}));
    CHECK(unicode({{"LANG", "de_DE.UTF-8"}}));
    CHECK(unicode({{"LANG", "C.utf8"}}));
    CHECK_FALSE(unicode({{"LANG", "C"}}));
    CHECK_FALSE(unicode({{"LANG", "de_DE.ISO-8859-1"}}));
    CHECK_FALSE(unicode({{"LC_ALL", "C"}, {"LANG", "C.UTF-8"}}));
    CHECK(unicode({{"LC_ALL", ""}, {"LC_CTYPE", "C.UTF-8"}, {"LANG", "C"}}));
  }

  TEST_CASE("the words of --color") {
    CHECK(colour_choice("auto") == ColourChoice::automatic);
    CHECK(colour_choice("always") == ColourChoice::always);
    CHECK(colour_choice("never") == ColourChoice::never);
    CHECK_THROWS_WITH_AS(colour_choice("red"),
                         "colour is auto, always or never, not 'red'", Error);
  }
}

TEST_SUITE("terminal: paint") {
  TEST_CASE("without colour, the text alone") {
    const Lines lines{{{"a", Role::bad}, {"b", Role::plain}}, {}};
    CHECK(paint(lines, Terminal{}) == "ab\n\n");
    CHECK(paint({}, Terminal{}).empty());
  }

  TEST_CASE("every line ends without colour") {
    Terminal terminal;
    terminal.colour = true;
    CHECK(paint({{{"a", Role::strong}, {"b", Role::plain}}}, terminal) ==
          "\033[1ma\033[0mb\n");
    for (int role = 0; role <= static_cast<int>(Role::warning); ++role) {
      const std::string out =
          paint({{{"x", static_cast<Role>(role)}}}, terminal);
      CAPTURE(role);
      if (role == 0) {
        CHECK(out == "x\n");
      } else {
        CHECK(out.substr(out.size() - 5) == "\033[0m\n");
      }
    }
  }

  TEST_CASE("addresses become links where that works") {
    Terminal terminal;
    terminal.colour = true;
    terminal.links = true;
    const std::string out = paint({{{"https://x.org", Role::link}}}, terminal);
    CHECK(out.find("\033]8;;https://x.org\033\\") == 0);
    CHECK(out.find("\033]8;;\033\\\n") != std::string::npos);
    CHECK(paint({{{"a/file.md", Role::link}}}, terminal).find("]8;") ==
          std::string::npos);
    terminal.links = false;
    CHECK(paint({{{"https://x.org", Role::link}}}, terminal).find("]8;") ==
          std::string::npos);
  }

  TEST_CASE("a broken address is no link: it would lead to the wrong place") {
    Terminal terminal;
    terminal.colour = true;
    terminal.links = true;
    const Line start{{"https://x.org/lo", Role::link}};
    const auto links = [&](const Lines& lines) {
      return paint(lines, terminal).find("]8;;http") != std::string::npos;
    };
    CHECK_FALSE(links({start, {{"ng", Role::link}}}));
    CHECK_FALSE(links({start, {{"  ", Role::plain}, {"ng", Role::link}}}));
    CHECK(links({start, {{"then", Role::plain}, {"a", Role::link}}}));
    CHECK(links({start, {{"http://y.org", Role::link}}}));
    CHECK(links({start, {}}));
  }

  TEST_CASE("ASCII keeps the columns where there are gaps") {
    Terminal terminal;
    terminal.unicode = false;
    CHECK(paint({{{"x² ≤ 1    │ code", Role::plain}}}, terminal) ==
          "x^2 <= 1  | code\n");
    CHECK(paint({{{"α", Role::maths}, {"      ", {}}, {"|", {}}}}, terminal) ==
          "alpha  |\n");
    CHECK(paint({{{"a ", {}}, {"… b… ", {}}, {" c", {}}}}, terminal) ==
          "a ~ b~  c\n");
    CHECK(paint({{{"ααα b", {}}}}, terminal) == "alphaalphaalpha b\n");
  }
}

TEST_SUITE("terminal: show") {
  TEST_CASE("short, or not to a person: straight to standard output") {
    const Environment environment(Changes{{"PAGER", "exit 1"}});
    const Folder folder;
    const std::string out = folder.file("out");
    const auto shown = [&](const Lines& lines, const Terminal& terminal,
                           bool use_pager) {
      const Redirected redirected(out);
      show(lines, terminal, use_pager);
    };
    shown(many(3), person(), true);
    CHECK(content(out) == plain_text(many(3)));
    shown(many(50), person(), false);
    CHECK(content(out) == plain_text(many(50)));
    shown(many(50), Terminal{}, true);
    CHECK(content(out) == plain_text(many(50)));
    shown({}, person(), true);
    CHECK(content(out).empty());
  }

  TEST_CASE("long: through the pager, from one row too many on") {
    const Folder folder;
    const std::string paged = folder.file("paged");
    const Environment environment(Changes{{"PAGER", "cat > '" + paged + "'"}});
    const std::string out = folder.file("out");
    {
      const Redirected redirected(out);
      show(many(9), person(), true);  // and the prompt makes ten
    }
    CHECK(content(out) == plain_text(many(9)));
    CHECK_FALSE(std::filesystem::exists(paged));
    {
      const Redirected redirected(out);
      show(many(10), person(), true);
    }
    CHECK(content(paged) == plain_text(many(10)));
    CHECK(content(out).empty());
  }

  TEST_CASE("a pager that is missing, empty or cat") {
    const Folder folder;
    const std::string out = folder.file("out");
    for (const char* pager : {"exit 127", "exit 126", "", "cat"}) {
      CAPTURE(pager);
      const Environment environment(Changes{{"PAGER", pager}});
      {
        const Redirected redirected(out);
        show(many(5000), person(), true);
      }
      CHECK(content(out) == plain_text(many(5000)));
    }
  }

  TEST_CASE("a pager that quits early is no error") {
    const Folder folder;
    const std::string out = folder.file("out");
    const Environment environment(Changes{{"PAGER", "head -n 1"}});
    {
      const Redirected redirected(out);
      show(many(100000), person(), true);
    }
    CHECK(content(out) == "a line\n");
  }

  TEST_CASE("no less, no PAGER: the text is shown all the same") {
    const Folder folder;
    const std::string out = folder.file("out");
    const std::string path = std::getenv("PATH");
    ::setenv("PATH", "/nonexistent", 1);
    {
      const Environment environment;
      const Redirected redirected(out);
      show(many(50), person(), true);
    }
    ::setenv("PATH", path.c_str(), 1);
    CHECK(content(out) == plain_text(many(50)));
  }

  TEST_CASE("buffered output comes first") {
    const Folder folder;
    const std::string out = folder.file("out");
    {
      const Redirected redirected(out);
      std::fputs("first ", stdout);
      write_output("second");
    }
    CHECK(content(out) == "first second");
  }

  TEST_CASE("a full disk is reported" *
            doctest::skip(!std::filesystem::exists("/dev/full"))) {
    ExitCode code = exit_ok;
    std::string message;
    {
      const Redirected redirected("/dev/full");
      try {
        show(many(1), Terminal{}, false);
      } catch (const Error& error) {
        code = error.code();
        message = error.what();
      }
    }
    CHECK(code == exit_environment);
    CHECK(message.find("cannot write the output") == 0);
  }

  TEST_CASE("a closed standard output is reported") {
    std::fflush(stdout);
    const int before = ::dup(STDOUT_FILENO);
    ::close(STDOUT_FILENO);
    bool thrown = false;
    try {
      write_output("x");
    } catch (const Error&) {
      thrown = true;
    }
    ::dup2(before, STDOUT_FILENO);
    ::close(before);
    CHECK(thrown);
  }
}
