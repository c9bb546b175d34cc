#include "bench.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <regex>
#include <tuple>
#include <utility>

#include "build.hpp"
#include "commands.hpp"
#include "error.hpp"
#include "json.hpp"
#include "layout.hpp"
#include "process.hpp"
#include "progress.hpp"
#include "results.hpp"
#include "text.hpp"

namespace wb {
namespace {

double unit_seconds(const std::string& unit) {
  if (unit == "s") return 1.0;
  if (unit == "ms") return 1e-3;
  return unit == "us" ? 1e-6 : 1e-9;
}

std::optional<double> counter(const Json& entry, const char* name) {
  const Json value = entry.get(name);
  return value.is_number() ? std::optional(value.number()) : std::nullopt;
}

/// "assign/product/n:4096/d:32" in its parts.
void split_name(const std::string& name, BenchRow& row) {
  const std::size_t first = std::min(name.find('/'), name.size());
  const std::size_t second = std::min(name.find('/', first + 1), name.size());
  row.kernel = name.substr(0, first);
  row.variant =
      first < name.size() ? name.substr(first + 1, second - first - 1) : "";
  row.arguments = second < name.size() ? name.substr(second + 1) : "";
  const std::size_t repeats = row.arguments.rfind("repeats:");
  if (repeats != std::string::npos) {
    row.arguments.erase(repeats == 0 ? 0 : repeats - 1);
  }
}

BenchRow read_row(const Json& entry) {
  BenchRow row;
  split_name(entry.get("run_name").text(), row);
  row.family = entry.get("family_index").number();
  row.instance = entry.get("per_family_instance_index").number();
  if (entry.get("error_occurred").boolean()) {
    row.error = entry.get("error_message").text("it failed");
    return row;
  }
  row.seconds = entry.get("cpu_time").number() *
                unit_seconds(entry.get("time_unit").text("ns"));
  row.flop = counter(entry, "flop");
  row.bytes = counter(entry, "bytes");
  if (!row.bytes) row.bytes = counter(entry, "bytes_per_second");
  row.items = counter(entry, "items_per_second");
  return row;
}

/// Google Benchmark writes NaN and Infinity, which JSON does not have: the
/// spread of a counter that is always 0, for one.
std::string without_nan(std::string_view json) {
  static const std::regex not_finite(R"(:\s*-?(NaN|Infinity)\b)");
  return std::regex_replace(std::string(json), not_finite, ": null");
}

/// Kernel by kernel, and in each the variants of the same arguments together.
void put_in_order(std::vector<BenchRow>& rows) {
  const auto place = [](const BenchRow& row) {
    return std::pair(row.family, row.instance);
  };
  std::map<std::string, std::pair<double, double>> first;
  for (const auto& row : rows) {
    for (const auto& name : {row.kernel, row.kernel + "/" + row.arguments}) {
      const auto at = first.emplace(name, place(row)).first;
      at->second = std::min(at->second, place(row));
    }
  }
  std::ranges::stable_sort(rows, {}, [&](const BenchRow& row) {
    return std::tuple(first[row.kernel],
                      first[row.kernel + "/" + row.arguments].second,
                      row.family);
  });
}

std::string duration(double seconds) {
  if (seconds >= 1.0) return fmt::format("{:.3g} s", seconds);
  if (seconds >= 1e-3) return fmt::format("{:.3g} ms", seconds * 1e3);
  if (seconds >= 1e-6) return fmt::format("{:.3g} us", seconds * 1e6);
  return fmt::format("{:.3g} ns", seconds * 1e9);
}

bool is_single_precision(const BenchRow& row) {
  const std::string name = row.variant + "/" + row.arguments + row.kernel;
  return name.find("f32") != name.npos || name.find("float") != name.npos;
}

/// "38.2 Gflop/s, 34 % of the machine": the rate and its share of the limit.
std::string rate(const BenchReport& report, const BenchRow& row) {
  const auto share = [](double value, std::optional<double> limit) {
    return limit ? fmt::format(", {:.0f} % of the machine",
                               100.0 * value / *limit)
                 : std::string();
  };
  if (row.flop) {
    const auto limit =
        report.limit(is_single_precision(row) ? "fma_f32" : "fma_f64");
    return fmt::format("{:.3g} Gflop/s{}", *row.flop * 1e-9,
                       share(*row.flop, limit));
  }
  if (row.bytes) {
    return fmt::format("{:.3g} GB/s{}", *row.bytes * 1e-9,
                       share(*row.bytes, report.limit("stream")));
  }
  return row.items ? fmt::format("{:.3g} M/s", *row.items * 1e-6) : "";
}

std::string gain(const BenchReport& report, const BenchRow& row) {
  const BenchRow* reference = report.reference(row);
  if (reference == nullptr || reference == &row) return "";
  return fmt::format("{:.2f} x", reference->seconds / row.seconds);
}

Lines bench_lines(const BenchReport& report, int width) {
  std::vector<std::vector<Line>> rows{{{{"kernel", Role::label}},
                                       {{"variant", Role::label}},
                                       {{"time", Role::label}},
                                       {{"speed-up", Role::label}},
                                       {{"rate", Role::label}}}};
  for (const auto& row : report.rows) {
    const std::string name =
        row.arguments.empty() ? row.kernel : row.kernel + " " + row.arguments;
    if (!row.error.empty()) {
      rows.push_back({{{name, Role::strong}},
                      {{row.variant}},
                      {{sanitize(row.error), Role::bad}}});
      continue;
    }
    rows.push_back({{{name, Role::strong}},
                    {{row.variant}},
                    {{duration(row.seconds), Role::number}},
                    {{gain(report, row), Role::good}},
                    {{rate(report, row), Role::dim}}});
  }
  Lines lines;
  for (const auto& line :
       table(rows, {Align::left, Align::left, Align::right, Align::right})) {
    lines.push_back(truncate(line, width));
  }
  return lines;
}

Json rows_json(const BenchReport& report) {
  Json rows = Json::array();
  for (const auto& row : report.rows) {
    const BenchRow* reference = report.reference(row);
    const bool timed = reference != nullptr && row.error.empty();
    rows.push_back(Json::object(
        {{"kernel", row.kernel},
         {"variant", row.variant},
         {"arguments", row.arguments},
         {"seconds", row.seconds},
         {"speed_up", timed ? Json(reference->seconds / row.seconds) : Json()},
         {"flop_per_second", row.flop},
         {"bytes_per_second", row.bytes},
         {"items_per_second", row.items},
         {"error", row.error}}));
  }
  return rows;
}

/// Five interleaved repetitions of everything, so that a slow moment of the
/// machine hits all variants alike.
BenchReport run_benchmark(const fs::path& program, Progress& progress) {
  const fs::path report = program.string() + ".json";
  Command command;
  command.argv = {program.string(),
                  "--benchmark_out=" + report.string(),
                  "--benchmark_out_format=json",
                  "--benchmark_repetitions=5",
                  "--benchmark_report_aggregates_only=true",
                  "--benchmark_enable_random_interleaving=true"};
  command.on_output = [&](std::string_view) {
    progress.update("timing", 0, 0);
  };
  progress.update("timing", 0, 0);
  const Outcome outcome = run(command);
  progress.clear();
  if (!outcome.ok()) {
    throw Error(exit_crashed, fmt::format("{}: {}\n{}", program.string(),
                                          describe(outcome), outcome.output));
  }
  return parse_benchmark(read_file(report));
}

}  // namespace

const BenchRow* BenchReport::reference(const BenchRow& row) const {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&](const BenchRow& other) {
        return other.variant == "reference" && other.kernel == row.kernel &&
               other.arguments == row.arguments && other.error.empty();
      });
  return found == rows.end() ? nullptr : &*found;
}

std::optional<double> BenchReport::limit(std::string_view name) const {
  for (const auto& row : rows) {
    if (row.kernel == "machine" && row.variant == name) {
      return row.flop ? row.flop : row.bytes;
    }
  }
  return std::nullopt;
}

BenchReport parse_benchmark(std::string_view json) {
  const auto document = Json::parse(without_nan(json));
  if (!document || !document->get("context").is_object()) {
    throw Error(exit_environment, "the benchmark wrote no readable report");
  }
  BenchReport report;
  for (const auto& entry : document->get("benchmarks").items()) {
    const bool wanted = entry.get("error_occurred").boolean() ||
                        entry.get("run_type").text() != "aggregate" ||
                        entry.get("aggregate_name").text() == "median";
    if (!wanted) continue;
    BenchRow row = read_row(entry);
    const bool repeated = std::any_of(
        report.rows.begin(), report.rows.end(), [&](const BenchRow& other) {
          return other.kernel == row.kernel && other.variant == row.variant &&
                 other.arguments == row.arguments;
        });
    if (!repeated) report.rows.push_back(std::move(row));
  }
  put_in_order(report.rows);
  return report;
}

int bench(const Context& context, const std::string& id) {
  const Question question = context.workspace.find(id);
  if (!context.workspace.has(question.bench())) {
    throw Error(exit_usage, fmt::format("{} has no benchmark", question.id()));
  }
  Progress progress(context.messages);
  Build build(context.workspace, "bench", progress);
  const auto failures = build.build({question.bench_target()});
  if (!failures.empty()) {
    throw Error(exit_does_not_compile,
                first_error(failures.front().output, context.workspace.root()));
  }
  const auto report = run_benchmark(
      build.folder() / "bench" / (question.id() + "_bench"), progress);
  const RunStamp stamp = make_stamp(context.workspace, build);
  const Json rows = rows_json(report);
  store_bench(context.workspace, stamp, question,
              Json::object({{"rows", rows}}));
  if (context.json) {
    write_output(Json::object({{"schema", 1},
                               {"command", "bench"},
                               {"id", question.id()},
                               {"run", to_json(stamp)},
                               {"rows", rows}})
                     .dump());
  } else {
    Lines lines = bench_lines(report, context.output.width);
    lines.push_back({{fmt::format("medians of 5 interleaved runs, one thread; "
                                  "{}; {}; {}",
                                  stamp.machine, stamp.compiler, stamp.date),
                      Role::dim}});
    show(lines, context.output, false);
  }
  const bool failed =
      std::any_of(report.rows.begin(), report.rows.end(),
                  [](const BenchRow& row) { return !row.error.empty(); });
  return failed ? exit_wrong : exit_ok;
}

}  // namespace wb
