#include <whiteboard/core/require.hpp>

#include <support/claims.hpp>

#include <limits>
#include <locale>
#include <stdexcept>
#include <string>
#include <string_view>

using whiteboard::require;

namespace {

template <class... Parts>
std::string message(const Parts&... parts) {
  try {
    require(false, parts...);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "did not throw";
}

/// Writes numbers as 1.234.567,5.
struct Commas : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

struct GlobalLocale {
  std::locale before;
  explicit GlobalLocale(const std::locale& l)
      : before(std::locale::global(l)) {}
  ~GlobalLocale() { std::locale::global(before); }
};

/// Counts how often it is written.
struct Counted {
  int* written;
  friend std::ostream& operator<<(std::ostream& out, const Counted& c) {
    ++*c.written;
    return out << "counted";
  }
};

}  // namespace

TEST_SUITE("core/require") {
  TEST_CASE("a condition that holds is silent and writes nothing") {
    int written = 0;
    CHECK_NOTHROW(require(true, "never seen ", Counted{&written}));
    CHECK_NOTHROW(require(true));
    CHECK(written == 0);
  }

  TEST_CASE("a condition that fails throws invalid_argument") {
    CHECK_THROWS_AS(require(false, "no"), std::invalid_argument);
    CHECK_THROWS_AS(require(false), std::invalid_argument);
    CHECK(message() == "");
  }

  TEST_CASE("the message is the parts in order") {
    CHECK(message("f: need k <= n, got k = ", 5, ", n = ", 4L) ==
          "f: need k <= n, got k = 5, n = 4");
    CHECK(message(std::string("a"), std::string_view("b"), 'c', -1) == "abc-1");
    int written = 0;
    CHECK(message("x ", Counted{&written}) == "x counted");
    CHECK(written == 1);
  }

  TEST_CASE("a fraction gets the digits that tell it from its neighbours") {
    CHECK(message(1.0) == "1");
    CHECK(message(0.1) == "0.1");
    CHECK(message(-2.5f) == "-2.5");
    CHECK(message(1.0000001) == "1.0000001");
    CHECK(message(1.0 + std::numeric_limits<double>::epsilon()) ==
          "1.0000000000000002");
    CHECK(message(1234567.0) == "1234567");
    CHECK(message(1e300) == "1e+300");
    CHECK(message(0.1f) == "0.1");
    CHECK(message(1.0f + std::numeric_limits<float>::epsilon()) == "1.0000001");
    CHECK(message(-0.0) == "-0");
    CHECK(message(std::numeric_limits<double>::denorm_min()) == "4.94066e-324");
  }

  TEST_CASE("values that are no numbers are named") {
    CHECK(message(std::numeric_limits<double>::infinity()) == "inf");
    CHECK(message(-std::numeric_limits<double>::infinity()) == "-inf");
    CHECK(message(std::numeric_limits<double>::quiet_NaN()) == "nan");
  }

  TEST_CASE("the global locale has no say") {
    const GlobalLocale commas(std::locale(std::locale::classic(), new Commas));
    CHECK(message(1234567, " ", 0.5, " ", 1.0000001) ==
          "1234567 0.5 1.0000001");
  }
}
