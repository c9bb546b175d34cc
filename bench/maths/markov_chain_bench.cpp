// Fifty steps of PageRank on a random graph: with the dense matrix of the
// surfer, with Eigen's sparse one, and along lists of links.
//
//     n  pages, ten links each
//
// items_per_second counts links followed. Every variant is checked against the
// dense matrix, or for large n against the sparse one, before it is timed.
#include <whiteboard/maths/markov_chain.hpp>

#include <support/bench.hpp>

#include <Eigen/SparseCore>

#include <vector>

using namespace whiteboard;

namespace {

using Links = std::vector<std::vector<int>>;
using Sparse = Eigen::SparseMatrix<double, Eigen::RowMajor>;

constexpr int kSteps = 50;
constexpr double kDamping = 0.85;

Links random_links(Eigen::Index n) {
  std::mt19937_64 rng(0);
  Links links(static_cast<std::size_t>(n));
  for (std::vector<int>& page : links) {
    for (int k = 0; k < 10; ++k) {
      page.push_back(static_cast<int>(uniform_index(n, rng)));
    }
  }
  return links;
}

/// Row j holds the shares that page j receives.
Sparse received(const Links& links) {
  std::vector<Eigen::Triplet<double, int>> entries;
  for (std::size_t i = 0; i < links.size(); ++i) {
    for (const int to : links[i]) {
      entries.emplace_back(to, static_cast<int>(i), 0.1);
    }
  }
  const auto n = static_cast<Eigen::Index>(links.size());
  Sparse A(n, n);
  A.setFromTriplets(entries.begin(), entries.end());
  return A;
}

template <class Product>
Vector walk(Eigen::Index n, Product product) {
  const double jump = (1.0 - kDamping) / static_cast<double>(n);
  Vector x = Vector::Constant(n, 1.0 / static_cast<double>(n));
  for (int t = 0; t < kSteps; ++t) {
    const Vector next = kDamping * product(x) + Vector::Constant(n, jump);
    x = next;
  }
  return x;
}

template <class Ranks>
void run(benchmark::State& state, const Links& links, Ranks ranks) {
  const Sparse A = received(links);
  const Vector want =
      walk(state.range(0), [&](const Vector& x) { return Vector(A * x); });
  if (!Vector(ranks()).isApprox(want, 1e-12)) {
    state.SkipWithError("differs from the reference");
    return;
  }
  for (auto _ : state) {
    const Vector x = ranks();
    benchmark::DoNotOptimize(x.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0) * 10 * kSteps);
}

void dense(benchmark::State& state) {
  const Links links = random_links(state.range(0));
  const Matrix A = received(links);
  run(state, links, [&] {
    return walk(A.rows(), [&](const Vector& x) { return Vector(A * x); });
  });
}

void sparse(benchmark::State& state) {
  const Links links = random_links(state.range(0));
  const Sparse A = received(links);
  run(state, links, [&] {
    return walk(A.rows(), [&](const Vector& x) { return Vector(A * x); });
  });
}

void lists(benchmark::State& state) {
  const Links links = random_links(state.range(0));
  const maths::PageRankOptions options{
      .damping = kDamping, .tolerance = 1e-300, .max_iterations = kSteps};
  run(state, links, [&] { return maths::pagerank(links, options).ranks; });
}

}  // namespace

BENCHMARK(dense)->Name("pagerank/reference")->ArgNames({"n"})->Arg(2000);
BENCHMARK(sparse)
    ->Name("pagerank/eigen_sparse")
    ->ArgNames({"n"})
    ->Arg(2000)
    ->Arg(200'000);
BENCHMARK(lists)
    ->Name("pagerank/lists")
    ->ArgNames({"n"})
    ->Arg(2000)
    ->Arg(200'000);
