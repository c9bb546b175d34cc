// Tests core/not_written.hpp.
#include <whiteboard/core/not_written.hpp>

#include <support/claims.hpp>

#include <stdexcept>
#include <type_traits>

using namespace whiteboard;

TEST_SUITE("core/not_written extra") {
  TEST_CASE("it says what waits for its code") {
    CHECK_THROWS_WITH_AS(not_written("softmax"), "not written: softmax",
                         NotWritten);
  }

  TEST_CASE("no test that expects an error can mistake it for one") {
    CHECK_FALSE(std::is_base_of_v<std::logic_error, NotWritten>);
    CHECK_FALSE(std::is_base_of_v<std::runtime_error, NotWritten>);
    CHECK(std::is_base_of_v<std::exception, NotWritten>);
  }
}
