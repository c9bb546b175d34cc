#include "match.hpp"

#include <algorithm>
#include <utility>

namespace wb {

bool is_subsequence(std::string_view needle, std::string_view text) {
  std::size_t matched = 0;
  for (const char c : text) {
    if (matched < needle.size() && c == needle[matched]) ++matched;
  }
  return matched == needle.size();
}

std::size_t typing_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(
      a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] = std::min(
          {d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

std::vector<std::string> nearest_words(std::string_view typed,
                                       const std::vector<std::string>& words) {
  std::vector<std::pair<std::size_t, std::string>> ranked;
  for (const auto& word : words) {
    const std::size_t distance = typing_distance(typed, word);
    if (distance <= 1 + typed.size() / 3) ranked.emplace_back(distance, word);
  }
  std::stable_sort(
      ranked.begin(), ranked.end(),
      [](const auto& a, const auto& b) { return a.first < b.first; });
  if (ranked.size() > 3) ranked.resize(3);
  std::vector<std::string> nearest;
  for (auto& [distance, word] : ranked) nearest.push_back(std::move(word));
  return nearest;
}

}  // namespace wb
