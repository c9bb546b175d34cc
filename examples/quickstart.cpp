// Three clusters in Fisher's irises, found without the names of the species;
// then a look at the names.  Usage: quickstart [data folder]
#include <whiteboard/algorithms/k_means.hpp>
#include <whiteboard/core/table.hpp>

#include <cstdio>
#include <exception>
#include <random>
#include <string>

int main(int argc, char** argv) try {
  const std::string data = argc > 1 ? argv[1] : WHITEBOARD_DATA_DIR;
  const whiteboard::Table iris = whiteboard::read_csv(data + "/iris.csv");
  const whiteboard::Labels species = iris.labels("species");

  std::mt19937_64 rng(42);
  const auto result =
      whiteboard::algorithms::k_means(iris.features(), {.k = 3}, rng);

  Eigen::Matrix3i counts = Eigen::Matrix3i::Zero();
  for (Eigen::Index i = 0; i < result.labels.size(); ++i) {
    ++counts(result.labels(i), species.ids(i));
  }
  std::printf("%zu irises in 3 clusters, sum of squares %.2f\n\n%12s",
              iris.rows.size(), result.inertias.back(), "");
  for (const auto& name : species.classes) std::printf("%12s", name.c_str());
  for (int j = 0; j < 3; ++j) {
    std::printf("\ncluster %d   %12d%12d%12d", j, counts(j, 0), counts(j, 1),
                counts(j, 2));
  }
  std::printf("\n");
} catch (const std::exception& error) {
  std::fprintf(stderr, "quickstart: %s\n", error.what());
  return 1;
}
