// Reads handwritten digits: pixels scaled to [0, 1], 64 of them reduced to 20
// numbers by PCA, then the vote of the 3 nearest of the digits learnt.
// Usage: digits_classifier [data folder]
#include <whiteboard/algorithms/pca.hpp>
#include <whiteboard/coding/k_nearest_neighbors.hpp>
#include <whiteboard/core/random.hpp>
#include <whiteboard/core/table.hpp>

#include <cstdio>
#include <exception>
#include <random>
#include <string>
#include <vector>

using namespace whiteboard;

namespace {

using Confusion = Eigen::Matrix<int, 10, 10>;  // true digit, digit read

struct Digits {
  Matrix pixels;           ///< n x 64, each in [0, 1]
  Eigen::VectorXi labels;  ///< n, 0 to 9
};

Digits load(const std::string& folder) {
  const Table table = read_csv(folder + "/digits.csv");
  return {table.features() / 16.0, table.numbers("digit").cast<int>()};
}

Digits take(const Digits& all, const std::vector<Eigen::Index>& rows) {
  return {all.pixels(rows, Eigen::all), all.labels(rows)};
}

void draw_confusion(const Confusion& confusion) {
  std::printf("\n        read as\n      ");
  for (int digit = 0; digit < 10; ++digit) std::printf("%5d", digit);
  std::printf("   recall\n");
  for (int digit = 0; digit < 10; ++digit) {
    std::printf("  %d   ", digit);
    for (const int count : confusion.row(digit)) {
      if (count == 0) {
        std::printf("    .");
      } else {
        std::printf("%5d", count);
      }
    }
    std::printf("%7.1f %%\n",
                100.0 * confusion(digit, digit) / confusion.row(digit).sum());
  }
}

/// An 8 x 8 image in shades of ink.
void draw_image(const VectorRef& pixels) {
  const std::string shades = " .:-=+*#%@";
  for (Eigen::Index row = 0; row < 8; ++row) {
    std::printf("    ");
    for (Eigen::Index column = 0; column < 8; ++column) {
      const auto ink = static_cast<std::size_t>(9.0 * pixels(8 * row + column));
      std::printf("%c%c", shades[ink], shades[ink]);
    }
    std::printf("\n");
  }
}

void run(const std::string& folder) {
  const Digits all = load(folder);
  std::mt19937_64 rng(7);
  const std::vector<Eigen::Index> order = permutation(all.labels.size(), rng);
  const auto border = order.begin() + 1200;
  const Digits learnt = take(all, {order.begin(), border});
  const Digits unseen = take(all, {border, order.end()});

  // Fitted on what is learnt alone: the test digits must stay unseen.
  const auto pca = algorithms::Pca::fit(learnt.pixels, {.components = 20});
  const Eigen::VectorXi read =
      coding::knn_predict_all(pca.transform(learnt.pixels), learnt.labels,
                              pca.transform(unseen.pixels), 3);

  Confusion confusion = Confusion::Zero();
  std::vector<Eigen::Index> wrong;
  for (Eigen::Index i = 0; i < read.size(); ++i) {
    ++confusion(unseen.labels(i), read(i));
    if (read(i) != unseen.labels(i)) wrong.push_back(i);
  }
  std::printf("learnt %d digits, read %d others: accuracy %.1f %%\n",
              static_cast<int>(learnt.labels.size()),
              static_cast<int>(read.size()),
              100.0 * confusion.trace() / confusion.sum());
  std::printf("20 components keep %.1f %% of the variance of 64 pixels\n",
              100.0 * pca.explained_ratio.sum());
  draw_confusion(confusion);
  if (wrong.empty()) return;
  std::printf("\none that went wrong: %d, read as %d\n\n",
              unseen.labels(wrong[0]), read(wrong[0]));
  draw_image(unseen.pixels.row(wrong[0]).transpose());
}

}  // namespace

int main(int argc, char** argv) try {
  run(argc > 1 ? argv[1] : WHITEBOARD_DATA_DIR);
} catch (const std::exception& error) {
  std::fprintf(stderr, "digits_classifier: %s\n", error.what());
  return 1;
}
