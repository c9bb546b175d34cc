// Calls the library as its users do. Prints what it found; exit code 1 when
// that is not what anyone can see with the naked eye.
#include <whiteboard/algorithms/k_means.hpp>
#include <whiteboard/algorithms/pca.hpp>
#include <whiteboard/llm/scaled_dot_product_attention.hpp>

#include <cmath>
#include <iostream>
#include <random>

int main() {
  // Two pairs of points, far apart along the diagonal.
  const whiteboard::Matrix X{{0, 0}, {1, 1}, {10, 10}, {11, 11}};

  std::mt19937_64 rng(1);
  const auto clusters = whiteboard::algorithms::k_means(X, {.k = 2}, rng);
  std::cout << "labels: " << clusters.labels.transpose() << "\n";

  const auto pca = whiteboard::algorithms::Pca::fit(X, {.components = 1});
  std::cout << "first axis: " << pca.components.row(0) << "\n";

  // A query along the diagonal looks at the point farthest out.
  const whiteboard::Matrix Q{{1, 1}};
  const whiteboard::Matrix seen = whiteboard::llm::attention(Q, X, X);
  std::cout << "attention: " << seen << "\n";

  const auto& l = clusters.labels;
  const bool pairs = l(0) == l(1) && l(2) == l(3) && l(0) != l(2);
  const double diagonal = std::sqrt(0.5);
  const bool axis = std::abs(pca.components(0, 0) - diagonal) < 1e-12 &&
                    std::abs(pca.components(0, 1) - diagonal) < 1e-12;
  // The runner-up scores sqrt(2) less: the farthest weighs 1 / (1 + e^-1.41).
  const double expected = 10.0 + 1.0 / (1.0 + std::exp(-std::sqrt(2.0)));
  const bool weighted = std::abs(seen(0, 0) - expected) < 1e-4;
  return pairs && axis && weighted ? 0 : 1;
}
