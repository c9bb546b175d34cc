// Where does the time of a split go? The answer of coding/decision_stump, which
// sorts copies of value and label, against sorting row numbers, against columns
// sorted beforehand, and against 256 bins counted in one pass.
//
//     n, d  rows and features    items_per_second counts cells, n * d
#include <whiteboard/coding/decision_stump.hpp>

#include <support/bench.hpp>

#include <array>
#include <cmath>
#include <cstdint>

using namespace whiteboard;

namespace {

constexpr std::size_t kClasses = 3;
using Counts = std::array<double, kClasses>;

/// Values are whole numbers from 0 to 255, so that the bins lose nothing.
struct Problem {
  Matrix X;
  std::vector<int> y;
  std::vector<std::vector<std::uint32_t>> order;  ///< rows by value, d x n
  std::vector<std::vector<std::uint8_t>> bins;    ///< the values, d x n
};

Problem problem(Eigen::Index n, Eigen::Index d) {
  Problem p;
  p.X = bench::gaussian(n, d, 1);
  for (double& x : p.X.reshaped()) {
    x = std::clamp(std::floor(128.0 + 40.0 * x), 0.0, 255.0);
  }
  const Matrix noise = bench::gaussian(n, 1, 2);
  for (Eigen::Index i = 0; i < n; ++i) {
    const double score = (p.X(i, d / 2) - 128.0) / 40.0 + noise(i, 0);
    p.y.push_back(score < -0.7 ? 0 : score < 0.7 ? 1 : 2);
  }
  const auto rows = static_cast<std::size_t>(n);
  for (Eigen::Index j = 0; j < d; ++j) {
    std::vector<std::uint32_t> order(rows);
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(),
              [&](std::uint32_t a, std::uint32_t b) {
                return p.X(a, j) < p.X(b, j);
              });
    p.order.push_back(order);
    std::vector<std::uint8_t> bins(rows);
    for (std::size_t i = 0; i < rows; ++i) {
      bins[i] = static_cast<std::uint8_t>(p.X(static_cast<Eigen::Index>(i), j));
    }
    p.bins.push_back(bins);
  }
  return p;
}

double squares(const Counts& c) {
  return c[0] * c[0] + c[1] * c[1] + c[2] * c[2];
}

Counts totals(const std::vector<int>& y) {
  Counts all{};
  for (const int label : y) all[static_cast<std::size_t>(label)] += 1.0;
  return all;
}

/// The best gain along one feature whose rows are visited in the given order.
double sweep(const Problem& p, Eigen::Index j,
             const std::vector<std::uint32_t>& order) {
  Counts right = totals(p.y), left{};
  const auto n = static_cast<double>(p.y.size());
  const double all = squares(right) / n;
  double ll = 0.0, rr = squares(right), best = -1.0;
  for (std::size_t i = 0; i + 1 < order.size(); ++i) {
    const auto label = static_cast<std::size_t>(p.y[order[i]]);
    ll += 2.0 * left[label] + 1.0;
    rr -= 2.0 * right[label] - 1.0;
    left[label] += 1.0;
    right[label] -= 1.0;
    if (p.X(order[i], j) == p.X(order[i + 1], j)) continue;
    const auto nl = static_cast<double>(i + 1);
    best = std::max(best, (ll / nl + rr / (n - nl) - all) / n);
  }
  return best;
}

double reference(const Problem& p) {
  return coding::best_gini_split(p.X, p.y)->gain;
}

double row_numbers(const Problem& p) {
  double best = -1.0;
  std::vector<std::uint32_t> order(p.y.size());
  for (Eigen::Index j = 0; j < p.X.cols(); ++j) {
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(),
              [&](std::uint32_t a, std::uint32_t b) {
                return p.X(a, j) < p.X(b, j);
              });
    best = std::max(best, sweep(p, j, order));
  }
  return best;
}

double presorted(const Problem& p) {
  double best = -1.0;
  for (Eigen::Index j = 0; j < p.X.cols(); ++j) {
    best = std::max(best, sweep(p, j, p.order[static_cast<std::size_t>(j)]));
  }
  return best;
}

double histogram(const Problem& p) {
  const Counts all = totals(p.y);
  const auto n = static_cast<double>(p.y.size());
  double best = -1.0;
  for (const auto& bins : p.bins) {
    std::array<Counts, 256> count{};
    for (std::size_t i = 0; i < bins.size(); ++i) {
      count[bins[i]][static_cast<std::size_t>(p.y[i])] += 1.0;
    }
    Counts left{}, right = all;
    double nl = 0.0;
    for (const Counts& bin : count) {
      for (std::size_t c = 0; c < kClasses; ++c) {
        left[c] += bin[c];
        right[c] -= bin[c];
        nl += bin[c];
      }
      if (nl == 0.0 || nl == n) continue;
      best = std::max(best, (squares(left) / nl + squares(right) / (n - nl) -
                             squares(all) / n) /
                                n);
    }
  }
  return best;
}

void run(benchmark::State& state, double (*gain)(const Problem&)) {
  const Problem p = problem(state.range(0), state.range(1));
  if (std::abs(gain(p) - reference(p)) > 1e-12) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) benchmark::DoNotOptimize(gain(p));
  state.SetItemsProcessed(state.iterations() * state.range(0) * state.range(1));
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "d"})->Args({150, 4})->Args({10000, 20});
}

}  // namespace

BENCHMARK_CAPTURE(run, reference, reference)
    ->Name("best_gini_split/reference")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, row_numbers, row_numbers)
    ->Name("best_gini_split/row_numbers")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, presorted, presorted)
    ->Name("best_gini_split/presorted")
    ->Apply(sizes);
BENCHMARK_CAPTURE(run, histogram, histogram)
    ->Name("best_gini_split/histogram")
    ->Apply(sizes);
