#include "bench.hpp"

#include <doctest/doctest.h>

#include "error.hpp"

using namespace wb;

namespace {

const std::string kRun = R"json({"context": {}, "benchmarks": [
 {"run_name":"machine/fma_f64","run_type":"aggregate","aggregate_name":"median",
  "cpu_time":1.0,"time_unit":"us","flop":1e11},
 {"run_name":"assign/reference/n:10/d:2","run_type":"aggregate",
  "aggregate_name":"mean","cpu_time":99.0,"time_unit":"us"},
 {"run_name":"assign/reference/n:10/d:2","run_type":"aggregate",
  "aggregate_name":"median","cpu_time":40.0,"time_unit":"us"},
 {"run_name":"assign/product/n:10/d:2","run_type":"aggregate",
  "aggregate_name":"median","cpu_time":10.0,"time_unit":"us","flop":5e10},
 {"run_name":"assign/product/n:99/d:2","run_type":"aggregate",
  "aggregate_name":"median","cpu_time":10.0,"time_unit":"ms"},
 {"run_name":"step/fast","run_type":"iteration","error_occurred":true,
  "error_message":"differs from the reference"},
 {"run_name":"step/fast","run_type":"iteration","error_occurred":true,
  "error_message":"differs from the reference"}
]})json";

}  // namespace

TEST_CASE("medians are read and names taken apart") {
  const BenchReport report = parse_benchmark(kRun);
  REQUIRE(report.rows.size() == 5);
  CHECK(report.rows[1].kernel == "assign");
  CHECK(report.rows[1].variant == "reference");
  CHECK(report.rows[1].arguments == "n:10/d:2");
  CHECK(report.rows[1].seconds == doctest::Approx(40e-6));
  CHECK(report.rows[3].seconds == doctest::Approx(10e-3));
  CHECK(*report.rows[2].flop == 5e10);
  CHECK(!report.rows[2].bytes);
}

TEST_CASE("rows stand together in the order of their registration") {
  std::string entries;
  const auto add = [&](const std::string& name, int family, int instance) {
    entries += (entries.empty() ? "" : ",") +
               ("{\"run_name\":\"" + name +
                "\",\"family_index\":" + std::to_string(family)) +
               ",\"per_family_instance_index\":" + std::to_string(instance) +
               ",\"cpu_time\":1.0,\"time_unit\":\"us\"}";
  };
  add("b/fast/n:2", 3, 1);
  add("a/fast/n:9", 1, 1);
  add("b/reference/n:1", 2, 0);
  add("a/reference/n:10", 0, 0);
  add("b/fast/n:1", 3, 0);
  add("a/fast/n:10", 1, 0);
  const BenchReport report =
      parse_benchmark("{\"context\":{},\"benchmarks\":[" + entries + "]}");
  std::string order;
  for (const auto& row : report.rows) {
    order += row.kernel + "/" + row.variant + "/" + row.arguments + " ";
  }
  CHECK(order ==
        "a/reference/n:10 a/fast/n:10 a/fast/n:9 "
        "b/reference/n:1 b/fast/n:1 b/fast/n:2 ");
}

TEST_CASE("a row finds its reference and no other") {
  const BenchReport report = parse_benchmark(kRun);
  CHECK(report.reference(report.rows[2]) == &report.rows[1]);
  CHECK(report.reference(report.rows[3]) == nullptr);
}

TEST_CASE("the limits of the machine are found") {
  const BenchReport report = parse_benchmark(kRun);
  CHECK(*report.limit("fma_f64") == 1e11);
  CHECK(!report.limit("stream"));
}

TEST_CASE("a kernel that failed its check is told once") {
  const BenchReport report = parse_benchmark(kRun);
  CHECK(report.rows[4].error == "differs from the reference");
}

TEST_CASE("a spread that is no number is passed over") {
  std::string run = kRun;
  const std::string mean = "\"cpu_time\":99.0";
  run.replace(run.find(mean), mean.size(), "\"cpu_time\": NaN");
  CHECK(parse_benchmark(run).rows.size() == 5);
}

TEST_CASE("what is no report is refused") {
  CHECK_THROWS_AS(parse_benchmark(""), Error);
  CHECK_THROWS_AS(parse_benchmark("[1, 2]"), Error);
  CHECK_THROWS_AS(parse_benchmark("{"), Error);
}
