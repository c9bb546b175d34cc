#include "progress.hpp"

#include <fmt/core.h>

#include <cstdio>

#include "layout.hpp"
#include "terminal.hpp"
#include "text.hpp"

namespace wb {

Progress::Progress(const Terminal& standard_error)
    : enabled_(standard_error.interactive),
      unicode_(standard_error.unicode),
      width_(static_cast<std::size_t>(standard_error.width)) {}

void Progress::update(std::string_view step, std::size_t done,
                      std::size_t total, std::string_view detail) {
  if (!enabled_) return;
  const auto now = std::chrono::steady_clock::now();
  if (!running_) started_ = now;
  running_ = true;
  const double seconds = std::chrono::duration<double>(now - started_).count();
  if (seconds < 0.5) return;

  std::string text(step);
  if (total > 0) {
    const double part = static_cast<double>(done) / static_cast<double>(total);
    text =
        fmt::format("{} {} {}/{}", step, bar(part, 12, unicode_), done, total);
  }
  text += fmt::format(" {:.0f} s  {}", seconds, sanitize(detail));
  const Line line =
      truncate({{text, Role::plain}}, static_cast<int>(width_) - 1);
  std::string drawn;
  for (const auto& span : line) drawn += span.text;
  std::fprintf(stderr, "\r\x1b[K%s", drawn.c_str());
  std::fflush(stderr);
  drawn_ = true;
}

void Progress::clear() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
  running_ = drawn_ = false;
}

}  // namespace wb
