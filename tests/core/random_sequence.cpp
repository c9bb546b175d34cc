// The known sequences in a program of its own, to be compiled with whatever
// standard library there is. Exit code 0 when every draw is as it should be.
#include <core/random_sequence.hpp>

#include <iostream>
#include <random>
#include <string>

int main() {
  using namespace whiteboard::testing;
  const std::string wrong = differences<std::mt19937_64>(known_mt19937_64()) +
                            differences<std::mt19937>(known_mt19937());
  if (wrong.empty()) {
#ifdef _LIBCPP_VERSION
    std::cout << "libc++ draws the known sequences\n";
#else
    std::cout << "this standard library draws the known sequences\n";
#endif
    return 0;
  }
  std::cerr << "these draws differ: " << wrong << "\n";
  return 1;
}
