// What core/random.hpp draws from two engines with seed 20261122. The numbers
// come from an implementation of both engines and of every draw in Python,
// with exact integers and the normal in 200-bit arithmetic, which reproduces
// the 10000th value that the C++ standard gives for either engine.
#pragma once

#include <whiteboard/core/random.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace whiteboard::testing {

struct Sequence {
  std::vector<std::uint64_t> bits;
  std::vector<double> uniform;
  std::vector<double> normal;
  std::vector<std::ptrdiff_t> dice;         // uniform_index(6)
  std::vector<std::ptrdiff_t> large;        // uniform_index(3 * 2^61)
  std::vector<std::ptrdiff_t> weighted;     // weights 1, 0, 2, 5
  std::vector<std::ptrdiff_t> permutation;  // of 12
};

inline Sequence known_mt19937_64() {
  return {
      {0xee5d107e00b4a372, 0x636bd1366eceba0e, 0x49a9684c61a6d1a7,
       0x938e3cd48ec3592e},
      {0x1.dcba20fc01694p-1, 0x1.8daf44d9bb3aep-2, 0x1.26a5a131869b4p-2,
       0x1.271c79a91d86bp-1, 0x1.2462c068cc380p-5, 0x1.d9f82546c2de4p-1},
      {-1.7670210515115021, -0.7307089850852463, 0.24077443533418919,
       0.5422305913319605, 3.211469688283529, 1.9192122033604868},
      {0, 4, 5, 4, 4, 3, 1, 3, 2, 0, 3, 0, 3, 4, 2, 4},
      {3340844631942538098, 246520636339304974, 5307888313097965991,
       3714973626253138222, 3241486324723556931, 1746085081697258821},
      {3, 3, 2, 3, 0, 3, 3, 2, 3, 3, 3, 0, 3, 3, 3, 2},
      {7, 11, 3, 0, 2, 8, 5, 10, 9, 1, 4, 6},
  };
}

inline Sequence known_mt19937() {
  return {
      {0xaca92ebb340302a3, 0x53d1e68e3d1dbe96, 0xd861c23ee71dccaa,
       0xae1034286bd37099},
      {0x1.59525d7668060p-1, 0x1.4f479a38f476ep-2, 0x1.b0c3847dce3b9p-1,
       0x1.5c206850d7a6ep-1, 0x1.87b2835f80d9ep-1, 0x1.51b876cef4f22p-2},
      {-0.700386734364035, -0.8232292670857646, -0.8180940390415218,
       -0.005972028272665855, -0.9929657063917582, 0.8033671293716969},
      {5, 2, 0, 1, 1, 1, 1, 3, 5, 5, 3, 1, 0, 4, 5, 3},
      {5523997799512998563, 6039862073865649814, 1756898905072454826,
       5625053282798104729, 277325075163444691, 6083832804435331621},
      {3, 2, 3, 3, 3, 2, 0, 3, 3, 3, 3, 2, 3, 3, 3, 3},
      {0, 7, 6, 5, 2, 9, 10, 3, 1, 8, 4, 11},
  };
}

/// The names of the draws that differ from `known`: empty when all is well. The
/// normal may differ by 1e-15 (8 ulps of 1): log and cos are the platform's.
template <class Rng>
std::string differences(const Sequence& known) {
  std::string wrong;
  const auto compare = [&](const std::string& name, const auto& want,
                           auto draw) {
    Rng rng(20261122);
    for (const auto value : want) {
      if (!draw(rng, value)) {
        wrong += name + " ";
        return;
      }
    }
  };
  const std::vector<int> weights{1, 0, 2, 5};
  const std::ptrdiff_t large = std::ptrdiff_t{3} << 61;
  compare("random_bits", known.bits, [](Rng& rng, std::uint64_t want) {
    return random_bits(rng) == want;
  });
  compare("uniform", known.uniform,
          [](Rng& rng, double want) { return uniform(rng) == want; });
  compare("normal", known.normal, [](Rng& rng, double want) {
    return std::abs(normal(rng) - want) <= 1e-15 * (1.0 + std::abs(want));
  });
  compare("dice", known.dice, [](Rng& rng, std::ptrdiff_t want) {
    return uniform_index(6, rng) == want;
  });
  compare("large", known.large, [&](Rng& rng, std::ptrdiff_t want) {
    return uniform_index(large, rng) == want;
  });
  compare("weighted_index", known.weighted, [&](Rng& rng, std::ptrdiff_t want) {
    return weighted_index(weights, rng) == want;
  });
  Rng rng(20261122);
  if (permutation(12, rng) != known.permutation) wrong += "permutation ";
  return wrong;
}

}  // namespace whiteboard::testing
