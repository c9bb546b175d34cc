// Whether one program is faster than another, from times taken by turns.
#pragma once

#include <string>
#include <vector>

namespace wb {

enum class RaceVerdict { faster, slower, same, cannot_tell };

std::string to_string(RaceVerdict verdict);

/// How many times as fast the attempt is, with a 95 % bootstrap interval of the
/// median. "The same" and "faster" need the whole interval on their side.
struct Lane {
  std::string name;
  double ratio = 0.0;
  double low = 0.0;
  double high = 0.0;
  RaceVerdict verdict = RaceVerdict::cannot_tell;
};

/// Times of the same rounds, in order.
Lane compare(const std::string& name, const std::vector<double>& reference,
             const std::vector<double>& attempt);

}  // namespace wb
