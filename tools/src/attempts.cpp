#include "attempts.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "error.hpp"
#include "hash.hpp"
#include "overlay.hpp"

namespace wb {
namespace {

constexpr int kSchema = 1;

Event stamped(Event event) {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  std::tm local{};
  ::gmtime_r(&now, &utc);
  ::localtime_r(&now, &local);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  event.time = text.data();
  event.utc_offset = static_cast<int>(local.tm_gmtoff / 60);
  return event;
}

std::optional<Event> parse_event(std::string_view line) {
  const auto json = Json::parse(line);
  if (!json || !json->is_object()) return std::nullopt;
  if (json->get("schema").integer() != kSchema) return std::nullopt;
  Event event;
  event.time = json->get("time").text();
  event.utc_offset = json->get("utc_offset").integer();
  event.what = json->get("event").text();
  event.id = json->get("id").text();
  event.verdict = json->get("verdict").text();
  event.holding = json->get("holding").integer();
  event.claims = json->get("claims").integer();
  event.version = json->get("version").integer();
  event.level = json->get("level").integer();
  event.gave_up = json->get("gave_up").boolean();
  return event;
}

bool read_last_byte(const fs::path& path, char& byte) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return false;
  const bool read =
      std::fseek(file, -1, SEEK_END) == 0 && std::fread(&byte, 1, 1, file) == 1;
  std::fclose(file);
  return read;
}

/// Puts one line behind a file, in one write.
void append_line(const fs::path& path, const std::string& line) {
  const auto fail = [&](int error) {
    throw Error(exit_environment,
                fmt::format("cannot write {}: {}", path.string(),
                            std::strerror(error)));
  };
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) fail(error.value());
  const int file =
      ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) fail(errno);
  // A line that a full disk or a power cut left unfinished stays by itself.
  char last = '\n';
  std::string text = line;
  if (::lseek(file, 0, SEEK_END) > 0 && read_last_byte(path, last) &&
      last != '\n') {
    text.insert(text.begin(), '\n');
  }
  const auto written = ::write(file, text.data(), text.size());
  const int reason = written < 0 ? errno : ENOSPC;
  const bool whole = written == static_cast<ssize_t>(text.size());
  if (::close(file) != 0 && whole) fail(errno);
  if (!whole) fail(reason);
}

/// What clangd needs to read an attempt as the judge will.
std::string compile_flags(const Workspace& workspace) {
  std::string flags =
      "-xc++\n-std=c++20\n-I" + workspace.path("include").string() + "\n";
  for (const auto* folder : {"/usr/include/eigen3", "/usr/local/include/eigen3",
                             "/opt/homebrew/include/eigen3"}) {
    std::error_code none;
    if (fs::exists(folder, none)) flags += fmt::format("-isystem{}\n", folder);
  }
  return flags;
}

}  // namespace

Json to_json(const Event& event) {
  Json json = Json::object({{"schema", kSchema},
                            {"time", event.time},
                            {"utc_offset", event.utc_offset},
                            {"event", event.what},
                            {"id", event.id}});
  if (!event.verdict.empty()) {
    json.set("verdict", event.verdict);
    json.set("holding", event.holding);
    json.set("claims", event.claims);
  }
  if (event.version > 0) json.set("version", event.version);
  if (event.level > 0) json.set("level", event.level);
  if (event.what == "reveal") json.set("gave_up", event.gave_up);
  return json;
}

Attempts::Attempts(const Workspace& workspace)
    : workspace_(workspace), folder_(workspace.path("practice")) {
  const char* elsewhere = std::getenv("WB_PRACTICE");
  if (elsewhere != nullptr && *elsewhere != '\0') {
    folder_ = fs::absolute(elsewhere);
  }
}

fs::path Attempts::path(const Question& question) const {
  return folder_ / (question.id() + ".hpp");
}

std::string Attempts::name(const Question& question) const {
  if (folder_ != workspace_.path("practice")) return path(question).string();
  return "practice/" + question.id() + ".hpp";
}

fs::path Attempts::history_folder(const Question& question) const {
  return folder_ / ".history" / question.section / question.slug;
}

bool Attempts::exists(const Question& question) const {
  std::error_code none;
  return fs::exists(path(question), none);
}

std::string Attempts::text(const Question& question) const {
  if (!exists(question)) {
    throw Error(exit_usage,
                fmt::format("there is no {}; ./wb start {} makes it",
                            name(question), question.id()));
  }
  return read_text(path(question));
}

void Attempts::create(const Question& question,
                      std::string_view starter) const {
  if (exists(question)) {
    throw Error(exit_environment,
                fmt::format("{} exists already", name(question)));
  }
  write_file(folder_ / "compile_flags.txt", compile_flags(workspace_));
  write_file(path(question), starter);
}

void Attempts::replace(const Question& question, std::string_view text) const {
  if (exists(question)) keep(question, read_file(path(question)));
  write_file(path(question), text);
}

int Attempts::keep(const Question& question, std::string_view text) const {
  const auto versions = history(question);
  if (!versions.empty() && versions.back().fingerprint == hex(fnv1a(text))) {
    return versions.back().number;
  }
  const int number = versions.empty() ? 1 : versions.back().number + 1;
  write_file(history_folder(question) / fmt::format("{:04}.hpp", number), text);
  return number;
}

std::vector<Version> Attempts::history(const Question& question) const {
  std::vector<Version> versions;
  std::error_code none;
  for (const auto& entry :
       fs::directory_iterator(history_folder(question), none)) {
    const std::string stem = entry.path().stem().string();
    int number = 0;
    const auto read =
        std::from_chars(stem.data(), stem.data() + stem.size(), number);
    if (read.ec != std::errc() || read.ptr != stem.data() + stem.size() ||
        entry.path().extension() != ".hpp") {
      continue;
    }
    versions.push_back(
        {number, entry.path(), hex(fnv1a(read_file(entry.path())))});
  }
  std::sort(versions.begin(), versions.end(),
            [](const auto& a, const auto& b) { return a.number < b.number; });
  return versions;
}

void Attempts::log(Event event) const {
  append_line(folder_ / "log.jsonl", to_json(stamped(std::move(event))).line());
}

std::vector<Event> Attempts::events() const {
  std::vector<Event> events;
  std::error_code none;
  if (!fs::exists(folder_ / "log.jsonl", none)) return events;
  const std::string text = read_file(folder_ / "log.jsonl");
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (auto event = parse_event(std::string_view(text).substr(at, end - at))) {
      events.push_back(std::move(*event));
    }
    at = end + 1;
  }
  return events;
}

std::vector<Event> Attempts::events(const Question& question) const {
  auto all = events();
  std::erase_if(all, [&](const Event& e) { return e.id != question.id(); });
  return all;
}

std::optional<Question> Attempts::current() const {
  const auto all = events();
  for (auto event = all.rbegin(); event != all.rend(); ++event) {
    for (const auto& question : workspace_.questions()) {
      if (question.id() == event->id && exists(question)) return question;
    }
  }
  return std::nullopt;
}

double seconds_between(const std::string& from, const std::string& to) {
  const auto seconds = [](const std::string& text) -> std::optional<double> {
    std::tm utc{};
    if (::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &utc) == nullptr) {
      return std::nullopt;
    }
    return static_cast<double>(::timegm(&utc));
  };
  const auto begin = seconds(from);
  const auto end = seconds(to);
  return begin && end ? *end - *begin : 0.0;
}

}  // namespace wb
