#include "process.hpp"

#include <fmt/core.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <deque>
#include <memory>

#include "error.hpp"

extern char** environ;

namespace wb {
namespace {

constexpr std::uint64_t kGraceMilliseconds = 1500;

class Pool;

/// One running program and what libuv needs for it.
struct Child {
  Pool* pool = nullptr;
  const Command* command = nullptr;
  std::size_t index = 0;
  Outcome outcome;
  uv_process_t process{};
  uv_pipe_t pipe{};
  uv_timer_t timer{};
  std::array<char, 65536> buffer;
  std::uint64_t started = 0;
  int open_handles = 0;
  bool running = false;
  bool stopping = false;

  void signal_group(int signal) const {
    if (running) ::kill(-process.pid, signal);
  }
};

/// The programs of one run_all(), on an event loop of their own.
class Pool {
 public:
  Pool(const std::vector<Command>& commands, int jobs,
       const std::function<void(std::size_t, const Outcome&)>& done)
      : commands_(commands), jobs_(jobs), done_(done) {
    outcomes_.resize(commands.size());
    uv_loop_init(&loop_);
    for (std::size_t i = 0; i < signals_.size(); ++i) {
      uv_signal_init(&loop_, &signals_[i]);
      signals_[i].data = this;
      uv_signal_start(&signals_[i], on_signal, kSignals[i]);
      uv_unref(reinterpret_cast<uv_handle_t*>(&signals_[i]));
    }
  }

  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  ~Pool() {
    for (auto& signal : signals_) {
      uv_close(reinterpret_cast<uv_handle_t*>(&signal), nullptr);
    }
    uv_run(&loop_, UV_RUN_DEFAULT);
    uv_loop_close(&loop_);
  }

  std::vector<Outcome> run() {
    start_more();
    uv_run(&loop_, UV_RUN_DEFAULT);
    if (interrupted_) throw Error(exit_interrupted, "interrupted");
    return std::move(outcomes_);
  }

 private:
  static constexpr std::array<int, 3> kSignals{SIGINT, SIGTERM, SIGHUP};

  void start_more() {
    while (!interrupted_ && next_ < commands_.size() &&
           children_.size() < static_cast<std::size_t>(jobs_)) {
      start(next_++);
    }
  }

  void start(std::size_t index) {
    auto& child = *children_.emplace_back(std::make_unique<Child>());
    child.pool = this;
    child.command = &commands_[index];
    child.index = index;
    child.started = uv_hrtime();
    uv_pipe_init(&loop_, &child.pipe, 0);
    uv_timer_init(&loop_, &child.timer);
    child.pipe.data = child.timer.data = child.process.data = &child;
    child.open_handles = 3;

    if (const int error = spawn(child)) {
      child.outcome.output = fmt::format(
          "cannot run {}: {}", child.command->argv[0], uv_strerror(error));
      close(&child.process);
      close(&child.pipe);
      close(&child.timer);
      return;
    }
    child.running = true;
    uv_read_start(reinterpret_cast<uv_stream_t*>(&child.pipe), on_buffer,
                  on_read);
    if (child.command->seconds > 0.0) {
      uv_timer_start(
          &child.timer, on_time,
          static_cast<std::uint64_t>(child.command->seconds * 1000.0), 0);
    }
  }

  int spawn(Child& child) {
    std::vector<char*> arguments;
    for (const auto& a : child.command->argv) {
      arguments.push_back(const_cast<char*>(a.c_str()));
    }
    arguments.push_back(nullptr);
    const auto variables = environment(*child.command);
    std::vector<char*> pointers;
    for (const auto& v : variables) {
      pointers.push_back(const_cast<char*>(v.c_str()));
    }
    pointers.push_back(nullptr);

    // One pipe for both streams, so that their lines stay in order.
    std::array<uv_file, 2> ends{};
    if (const int error = uv_pipe(ends.data(), UV_NONBLOCK_PIPE, 0)) {
      return error;
    }
    std::array<uv_stdio_container_t, 3> stdio{};
    stdio[0].flags = UV_IGNORE;
    stdio[1].flags = stdio[2].flags = UV_INHERIT_FD;
    stdio[1].data.fd = stdio[2].data.fd = ends[1];

    uv_process_options_t options{};
    options.file = arguments[0];
    options.args = arguments.data();
    options.env = pointers.data();
    const std::string directory = child.command->directory.string();
    options.cwd = directory.empty() ? nullptr : directory.c_str();
    options.flags = UV_PROCESS_DETACHED;  // a session, so a group, of its own
    options.stdio = stdio.data();
    options.stdio_count = 3;
    options.exit_cb = on_exit;
    const int error = uv_spawn(&loop_, &child.process, &options);
    ::close(ends[1]);
    uv_pipe_open(&child.pipe, ends[0]);
    return error;
  }

  static std::vector<std::string> environment(const Command& command) {
    std::vector<std::string> variables;
    for (char** v = environ; *v != nullptr; ++v) {
      const std::string_view variable(*v);
      const bool replaced =
          std::any_of(command.environment.begin(), command.environment.end(),
                      [&](const auto& added) {
                        return variable.starts_with(added.first + "=");
                      });
      if (!replaced) variables.emplace_back(variable);
    }
    for (const auto& [name, value] : command.environment) {
      variables.push_back(name + "=" + value);
    }
    return variables;
  }

  static void on_buffer(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
    auto& child = *static_cast<Child*>(handle->data);
    *buffer = uv_buf_init(child.buffer.data(),
                          static_cast<unsigned>(child.buffer.size()));
  }

  static void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t*) {
    auto& child = *static_cast<Child*>(stream->data);
    if (count < 0) {
      close(stream);
      if (!child.running) close(&child.timer);
      return;
    }
    const std::string_view text(child.buffer.data(),
                                static_cast<std::size_t>(count));
    auto& output = child.outcome.output;
    const std::size_t room = child.command->output_limit - output.size();
    output.append(text.substr(0, room));
    if (child.command->on_output) child.command->on_output(text);
    if (text.size() > room) stop(child, Ending::flooded);
  }

  static void on_time(uv_timer_t* timer) {
    auto& child = *static_cast<Child*>(timer->data);
    if (!child.running) {  // something that left the group holds the pipe
      close(&child.pipe);
      close(timer);
    } else if (child.stopping) {
      child.signal_group(SIGKILL);
    } else {
      stop(child, Ending::timed_out);
    }
  }

  static void on_exit(uv_process_t* process, std::int64_t status, int signal) {
    auto& child = *static_cast<Child*>(process->data);
    child.signal_group(SIGKILL);  // whatever it left running in its group
    child.running = false;
    if (!child.stopping) {
      child.outcome.ending = signal == 0 ? Ending::exited : Ending::signalled;
    }
    child.outcome.code = signal == 0 ? static_cast<int>(status) : signal;
    child.outcome.seconds =
        static_cast<double>(uv_hrtime() - child.started) * 1e-9;
    close(process);
    if (uv_is_closing(reinterpret_cast<uv_handle_t*>(&child.pipe))) {
      close(&child.timer);
    } else {
      uv_timer_start(&child.timer, on_time, kGraceMilliseconds, 0);
    }
  }

  static void on_signal(uv_signal_t* signal, int) {
    auto& pool = *static_cast<Pool*>(signal->data);
    pool.interrupted_ = true;
    for (auto& child : pool.children_) stop(*child, Ending::signalled);
  }

  /// Asks the program to end, and after a moment of grace makes it.
  static void stop(Child& child, Ending reason) {
    if (!child.running || child.stopping) return;
    child.stopping = true;
    child.outcome.ending = reason;
    child.signal_group(SIGTERM);
    uv_timer_start(&child.timer, on_time, kGraceMilliseconds, 0);
  }

  template <class Handle>
  static void close(Handle* handle) {
    auto* base = reinterpret_cast<uv_handle_t*>(handle);
    if (!uv_is_closing(base)) uv_close(base, on_closed);
  }

  static void on_closed(uv_handle_t* handle) {
    auto& child = *static_cast<Child*>(handle->data);
    if (--child.open_handles == 0) child.pool->collect(child);
  }

  void collect(Child& child) {
    const std::size_t index = child.index;
    outcomes_[index] = std::move(child.outcome);
    std::erase_if(children_, [&](const auto& c) { return c.get() == &child; });
    if (done_ && !interrupted_) done_(index, outcomes_[index]);
    start_more();
  }

  const std::vector<Command>& commands_;
  int jobs_;
  const std::function<void(std::size_t, const Outcome&)>& done_;
  uv_loop_t loop_{};
  std::array<uv_signal_t, kSignals.size()> signals_{};
  std::deque<std::unique_ptr<Child>> children_;
  std::vector<Outcome> outcomes_;
  std::size_t next_ = 0;
  bool interrupted_ = false;
};

}  // namespace

std::string describe(const Outcome& outcome) {
  switch (outcome.ending) {
    case Ending::exited:
      return fmt::format("exit code {}", outcome.code);
    case Ending::signalled:
      return fmt::format("killed by signal {} ({})", outcome.code,
                         ::strsignal(outcome.code));
    case Ending::timed_out:
      return fmt::format("stopped after {:.0f} s", outcome.seconds);
    case Ending::flooded:
      return fmt::format("stopped after {} bytes of output",
                         outcome.output.size());
    case Ending::not_started:
      break;
  }
  return outcome.output;
}

Outcome run(const Command& command) {
  return run_all({command}, 1).front();
}

std::vector<Outcome> run_all(
    const std::vector<Command>& commands, int jobs,
    const std::function<void(std::size_t, const Outcome&)>& done) {
  return Pool(commands, std::max(jobs, 1), done).run();
}

int processors() {
  return static_cast<int>(std::max(1u, uv_available_parallelism()));
}

int build_jobs() {
  const std::uint64_t free_memory = uv_get_free_memory();
  const auto by_memory =
      static_cast<int>(free_memory / (std::uint64_t{700} << 20));
  return std::clamp(by_memory, 1, processors());
}

}  // namespace wb
