// Verifies the claims of questions/maths/markov_chain.md.
#include <whiteboard/maths/markov_chain.hpp>

#include <whiteboard/core/random.hpp>

#include <support/claims.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::maths;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

using Links = std::vector<std::vector<int>>;

/// Random rows, all entries positive.
template <BitEngine Rng>
Matrix random_chain(Eigen::Index n, Rng& rng) {
  Matrix P(n, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j < n; ++j) P(i, j) = 0.01 + uniform(rng);
    P.row(i) /= P.row(i).sum();
  }
  return P;
}

/// To the left and to the right with these probabilities, else stay.
Matrix walk(Eigen::Index n, double left, double right) {
  Matrix P = Matrix::Zero(n, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    if (i > 0) P(i, i - 1) = left;
    if (i + 1 < n) P(i, i + 1) = right;
    P(i, i) = 1.0 - P.row(i).sum();
  }
  return P;
}

/// On a ring: stay with probability 1/2, else to either neighbour.
Matrix lazy_ring(Eigen::Index n) {
  Matrix P = Matrix::Zero(n, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    P(i, i) = 0.5;
    P(i, (i + 1) % n) += 0.25;
    P(i, (i + n - 1) % n) += 0.25;
  }
  return P;
}

double distance(const Vector& p, const Vector& q) {
  return 0.5 * (p - q).lpNorm<1>();
}

Vector point_mass(Eigen::Index n, Eigen::Index i) {
  return Vector::Unit(n, i);
}

/// The chain of a surfer as a dense matrix: the definition of PageRank.
Matrix surfer(const Links& links, double damping, const Vector& teleport) {
  const auto n = static_cast<Eigen::Index>(links.size());
  Matrix G(n, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const std::vector<int>& page = links[static_cast<std::size_t>(i)];
    Vector follow = page.empty() ? teleport : Vector::Zero(n);
    for (const int to : page) {
      follow(to) += 1.0 / static_cast<double>(page.size());
    }
    G.row(i) = damping * follow + (1.0 - damping) * teleport;
  }
  return G;
}

const Links kFourPages = {{1, 2}, {2}, {0}, {2}};

}  // namespace

TEST_SUITE("maths/markov_chain") {
  TEST_CASE("two_states_forget_at_a_fixed_rate") {
    for (const double a : {0.1, 0.5, 0.9}) {
      for (const double b : {0.2, 0.7}) {
        CAPTURE(a);
        CAPTURE(b);
        const Matrix P{{1.0 - a, a}, {b, 1.0 - b}};
        const Vector pi{{b / (a + b), a / (a + b)}};
        CHECK(close(stationary_distribution(P), pi, {.rel = 1e-15}));
        CHECK(close(stationary_reference(P), pi, {.rel = 1e-14}));
        Vector p = point_mass(2, 0);
        for (int t = 0; t < 10; ++t) {
          const Vector next = evolve(p, P, 1);
          CHECK(close(distance(next, pi),
                      std::abs(1.0 - a - b) * distance(p, pi), {.abs = 1e-15}));
          p = next;
        }
        CHECK(close(evolve(point_mass(2, 0), P, 10), p, {.rel = 1e-14}));
      }
    }
  }

  TEST_CASE("uniqueness_and_convergence_are_two_things") {
    // Periodic: one stationary distribution, but no convergence to it.
    const Matrix swap{{0.0, 1.0}, {1.0, 0.0}};
    CHECK(is_irreducible(swap));
    CHECK(period(swap, 0) == 2);
    CHECK(close(stationary_distribution(swap), Vector{{0.5, 0.5}}));
    CHECK(close(evolve(point_mass(2, 0), swap, 1000), point_mass(2, 0)));
    CHECK(close(evolve(point_mass(2, 0), swap, 1001), point_mass(2, 1)));
    // Reducible: every distribution is stationary, and none is the answer.
    const Matrix I = Matrix::Identity(3, 3);
    CHECK(!is_irreducible(I));
    CHECK(
        close(evolve(Vector{{0.2, 0.5, 0.3}}, I, 7), Vector{{0.2, 0.5, 0.3}}));
    CHECK_THROWS_WITH(stationary_distribution(I),
                      "stationary_distribution: P is reducible");
    // A way there but none back, in either order of the states.
    CHECK(!is_irreducible(Matrix{{0.5, 0.5}, {0.0, 1.0}}));
    CHECK(!is_irreducible(Matrix{{1.0, 0.0}, {0.5, 0.5}}));
    // Rings of 6 and 4 through one state: period 2. A loop makes it 1.
    Matrix P = Matrix::Zero(9, 9);
    for (Eigen::Index i = 0; i < 5; ++i) P(i, i + 1) = 1.0;
    P(5, 0) = 1.0;
    P(0, 1) = P(0, 6) = 0.5;
    P(6, 7) = P(7, 8) = P(8, 0) = 1.0;
    for (Eigen::Index i = 0; i < 9; ++i) CHECK(period(P, i) == 2);
    P(3, 4) = P(3, 3) = 0.5;
    for (Eigen::Index i = 0; i < 9; ++i) CHECK(period(P, i) == 1);
    // Brute force: which powers have a way back.
    P(3, 4) = 1.0;
    P(3, 3) = 0.0;
    Matrix power = Matrix::Identity(9, 9);
    for (int t = 1; t <= 24; ++t) {
      power *= P;
      if (power(2, 2) > 0.0) CHECK(t % 2 == 0);
    }
    // A state that is left for good has no way back.
    CHECK(period(Matrix{{0.0, 1.0}, {0.0, 1.0}}, 0) == 0);
    CHECK(period(Matrix{{0.0, 1.0}, {0.0, 1.0}}, 1) == 1);
  }

  TEST_CASE("three_ways_to_the_same_distribution") {
    std::mt19937_64 rng(0);
    for (const Eigen::Index n : {1, 2, 5, 20}) {
      const Matrix P = random_chain(n, rng);
      const Vector pi = stationary_distribution(P);
      REQUIRE(pi.size() == n);
      CHECK(close(pi.sum(), 1.0, {.abs = 1e-15}));
      CHECK(close(P.transpose() * pi, pi, {.rel = 1e-14}));
      CHECK(close(stationary_reference(P), pi, {.rel = 1e-12}));
      CHECK(close(
          evolve(Vector::Constant(n, 1.0 / static_cast<double>(n)), P, 100), pi,
          {.rel = 1e-12}));
    }
    // The share of time on one long way, in 50 batches of 400 steps.
    const Matrix P = random_chain(4, rng);
    const Vector pi = stationary_distribution(P);
    Matrix shares = Matrix::Zero(50, 4);
    Eigen::Index state = 0;
    for (Eigen::Index batch = 0; batch < 50; ++batch) {
      for (int t = 0; t < 400; ++t) {
        const Vector row = P.row(state);
        state = weighted_index(row, rng);
        shares(batch, state) += 1.0 / 400.0;
      }
    }
    const Vector mean = shares.colwise().mean();
    for (Eigen::Index i = 0; i < 4; ++i) {
      const double variance =
          (shares.col(i).array() - mean(i)).square().sum() / 49.0;
      CHECK(close(mean(i), pi(i), {.abs = 5.0 * std::sqrt(variance / 50.0)}));
    }
    EVIDENCE_SERIES("stationary distribution", pi);
    EVIDENCE_SERIES("share of time in 20000 steps", mean);
  }

  TEST_CASE("elimination_keeps_the_smallest_probabilities") {
    // Rare switches: 1 - 1e-18 is 1, and the equations see two islands.
    const Matrix rare{{1.0, 1e-18}, {2e-18, 1.0}};
    CHECK(close(stationary_distribution(rare), Vector{{2.0 / 3.0, 1.0 / 3.0}},
                {.rel = 1e-15}));
    CHECK(!close(stationary_reference(rare), Vector{{2.0 / 3.0, 1.0 / 3.0}},
                 {.rel = 0.1}));
    // A walk that drifts: pi(i + 1) / pi(i) = right / left, by balance.
    const Eigen::Index n = 60;
    const Vector got = stationary_distribution(walk(n, 0.5, 0.05));
    const Vector plain = stationary_reference(walk(n, 0.5, 0.05));
    Vector want(n);
    for (Eigen::Index i = 0; i < n; ++i) {
      want(i) = 0.9 * std::pow(0.1, static_cast<double>(i));
    }
    want /= want.sum();
    // 0.05 / 0.5 rounds 59 times.
    CHECK(close(got, want, {.rel = 60 * 4e-16}));
    CHECK(!close(plain, want, {.rel = 0.5}));
    EVIDENCE("smallest probability", got(n - 1));
    EVIDENCE("by the equations", plain(n - 1));
  }

  TEST_CASE("hitting_times_solve_a_linear_system") {
    // Fair walk on 0 to 4 until either end: i (4 - i).
    Matrix P = walk(5, 0.5, 0.5);
    const Vector h = hitting_times(P, {0, 4});
    CHECK(close(h, Vector{{0.0, 3.0, 4.0, 3.0, 0.0}}, {.rel = 1e-15}));
    EVIDENCE("steps from the middle", h(2));
    // The sum of survival probabilities, term by term.
    const Matrix inner = P.block(1, 1, 3, 3);
    Vector alive = Vector::Ones(3);
    Vector total = Vector::Zero(3);
    for (int t = 0; t < 200; ++t) {
      total += alive;
      alive = inner * alive;
    }
    CHECK(close(total, h.segment(1, 3), {.rel = 1e-14}));
    // By playing: the variance of the time from the middle is 8.
    std::mt19937_64 rng(1);
    double played = 0.0;
    for (int game = 0; game < 4000; ++game) {
      for (int at = 2; at > 0 && at < 4; ++played) {
        at += uniform(rng) < 0.5 ? 1 : -1;
      }
    }
    CHECK(close(played / 4000.0, 4.0, {.abs = 5.0 * std::sqrt(8.0 / 4000.0)}));
    EVIDENCE("average of 4000 walks", played / 4000.0);

    // Kac: the mean time of return is 1 / pi.
    const Matrix any = random_chain(6, rng);
    const Vector pi = stationary_distribution(any);
    for (Eigen::Index i = 0; i < 6; ++i) {
      CHECK(close(1.0 + any.row(i).dot(hitting_times(any, {i})), 1.0 / pi(i),
                  {.rel = 1e-13}));
    }
    // A trap beside the target: 0 may fall into it, 2 is it.
    const Matrix trap{{0.5, 0.25, 0.25}, {0.0, 1.0, 0.0}, {0.0, 0.0, 1.0}};
    CHECK(close(hitting_times(trap, {1}), Vector{{kInfinity, 0.0, kInfinity}}));
    CHECK(close(hitting_times(trap, {1, 2}), Vector{{2.0, 0.0, 0.0}},
                {.rel = 1e-15}));
    CHECK(close(hitting_times(trap, {}), Vector::Constant(3, kInfinity)));
    // A trap behind the target is no danger.
    const Matrix behind{{0.5, 0.5, 0.0}, {0.0, 0.0, 1.0}, {0.0, 0.0, 1.0}};
    CHECK(close(hitting_times(behind, {1}), Vector{{2.0, 0.0, kInfinity}}));
  }

  TEST_CASE("a_walk_on_a_graph_visits_by_degree") {
    // Edges 0-1, 0-2, 0-3, 1-2, 3-4: degrees 3, 2, 2, 2, 1.
    const Links neighbours = {{1, 2, 3}, {0, 2}, {0, 1}, {0, 4}, {3}};
    const Matrix P = surfer(neighbours, 1.0, Vector::Constant(5, 0.2));
    const Vector pi = stationary_distribution(P);
    CHECK(close(pi, Vector{{0.3, 0.2, 0.2, 0.2, 0.1}}, {.rel = 1e-15}));
    const Matrix flow = pi.asDiagonal() * P;
    CHECK(close(flow, Matrix(flow.transpose()), {.abs = 1e-16}));
    // A ring that turns one way has the same kind of distribution and none of
    // the balance.
    Matrix ring = Matrix::Zero(3, 3);
    ring(0, 1) = ring(1, 2) = ring(2, 0) = 1.0;
    const Vector third = stationary_distribution(ring);
    CHECK(close(third, Vector::Constant(3, 1.0 / 3.0), {.ulps = 1}));
    const Matrix around = third.asDiagonal() * ring;
    CHECK(around(0, 1) > 0.3);
    CHECK(around(1, 0) == 0.0);
  }

  TEST_CASE("the_spectral_gap_sets_the_pace") {
    std::vector<double> times;
    for (const Eigen::Index n : {8, 16, 32}) {
      const Matrix P = lazy_ring(n);
      const Vector pi = stationary_distribution(P);
      CHECK(close(pi, Vector::Constant(n, 1.0 / static_cast<double>(n)),
                  {.rel = 1e-13}));
      // A ring's eigenvectors are waves: lambda = (1 + cos(2 pi / n)) / 2.
      const double lambda =
          0.5 + 0.5 * std::cos(2.0 * std::numbers::pi / static_cast<double>(n));
      Vector p = point_mass(n, 0);
      int t = 0;
      while (distance(p, pi) > 0.01) {
        p = evolve(p, P, 1);
        ++t;
      }
      times.push_back(t);
      // From here on the slowest wave is all that is left, to 1e-4 and less.
      const Vector next = evolve(p, P, 1);
      CHECK(close(distance(next, pi) / distance(p, pi), lambda, {.rel = 1e-3}));
      CHECK(close(static_cast<double>(t), std::log(100.0) / (1.0 - lambda),
                  {.rel = 0.25}));
    }
    EVIDENCE_SERIES("steps to 1 % for rings of 8, 16, 32", times);
    CHECK(close(times[1] / times[0], 4.0, {.rel = 0.05}));
    CHECK(close(times[2] / times[1], 4.0, {.rel = 0.05}));
  }

  TEST_CASE("pagerank_of_four_pages") {
    const PageRank got = pagerank(kFourPages, {.tolerance = 1e-12});
    const Vector uniform4 = Vector::Constant(4, 0.25);
    const Vector want =
        stationary_distribution(surfer(kFourPages, 0.85, uniform4));
    CHECK(close(got.ranks, Vector{{0.372527, 0.195824, 0.394149, 0.0375}},
                {.abs = 5e-7}));
    CHECK((got.ranks - want).lpNorm<1>() <= got.error);
    CHECK(got.error <= 1e-12);
    EVIDENCE_SERIES("ranks", got.ranks);
    // The bound holds at every step, and the error shrinks by 0.85 or better.
    std::vector<double> errors;
    double before = (uniform4 - want).lpNorm<1>();
    for (int steps = 1; steps <= 30; ++steps) {
      const PageRank early =
          pagerank(kFourPages, {.tolerance = 1e-300, .max_iterations = steps});
      CHECK(early.iterations == steps);
      const double error = (early.ranks - want).lpNorm<1>();
      CHECK(error <= early.error + 1e-15);
      CHECK(error <= 0.85 * before + 1e-15);
      before = error;
      errors.push_back(error);
    }
    EVIDENCE_SERIES("error by steps", errors);
    // A page that nearly always links to itself, with an error that shrinks by
    // 0.999 d: the bound is nearly attained, and the change alone is 5.6 times
    // too small.
    Links loop = {std::vector<int>(999, 0), {1}};
    loop[0].push_back(1);
    const PageRank slow = pagerank(loop, {.tolerance = 1e-6});
    const Vector exact =
        stationary_distribution(surfer(loop, 0.85, Vector::Constant(2, 0.5)));
    const double left = (slow.ranks - exact).lpNorm<1>();
    CHECK(left <= 1e-6);
    CHECK(close(left, slow.error, {.rel = 0.01}));
    EVIDENCE("true error over bound", left / slow.error);
    // Without damping, the links alone oscillate or trap; the surfer does not.
    CHECK(!is_irreducible(surfer(kFourPages, 1.0, uniform4)));
    CHECK(is_irreducible(surfer(kFourPages, 0.85, uniform4)));
    CHECK(close(pagerank(kFourPages, {.damping = 0.0}).ranks, uniform4));
  }

  TEST_CASE("dangling_pages_leak_unless_led_on") {
    const Links links = {{1, 2}, {2}, {}, {0, 2}, {}};
    const PageRank got = pagerank(links, {.tolerance = 1e-12});
    CHECK(close(got.ranks.sum(), 1.0, {.abs = 1e-12}));
    const Vector uniform5 = Vector::Constant(5, 0.2);
    CHECK(close(got.ranks,
                stationary_distribution(surfer(links, 0.85, uniform5)),
                {.abs = 1e-12}));
    // The same steps without leading the surfer on from pages 2 and 4.
    Vector leaky = uniform5;
    for (int t = 0; t < 100; ++t) {
      Vector next = Vector::Constant(5, 0.15 / 5.0);
      for (std::size_t i = 0; i < links.size(); ++i) {
        for (const int to : links[i]) {
          next(to) += 0.85 * leaky(static_cast<Eigen::Index>(i)) /
                      static_cast<double>(links[i].size());
        }
      }
      leaky = next;
    }
    CHECK(leaky.sum() < 0.5);
    EVIDENCE("what is left of 1 without it", leaky.sum());
    // Random graphs, many dangling pages, links to oneself and twice.
    std::mt19937_64 rng(2);
    for (int round = 0; round < 20; ++round) {
      Links random(12);
      for (std::vector<int>& page : random) {
        const std::ptrdiff_t count = uniform_index(4, rng);
        for (std::ptrdiff_t k = 0; k < count; ++k) {
          page.push_back(static_cast<int>(uniform_index(12, rng)));
        }
      }
      const Matrix G = surfer(random, 0.6, Vector::Constant(12, 1.0 / 12.0));
      CHECK(close(pagerank(random, {.damping = 0.6}).ranks,
                  stationary_distribution(G), {.abs = 1e-10}));
    }
  }

  TEST_CASE("ranks_are_linear_in_the_teleport") {
    const auto ranks = [](const Vector& teleport) {
      return Vector(
          pagerank(kFourPages, {.tolerance = 1e-13, .teleport = teleport})
              .ranks);
    };
    Vector mixed = Vector::Zero(4);
    const Vector wishes{{0.1, 0.2, 0.3, 0.4}};
    for (Eigen::Index i = 0; i < 4; ++i) {
      mixed += wishes(i) * ranks(point_mass(4, i));
    }
    CHECK(close(ranks(wishes), mixed, {.abs = 1e-12}));
    CHECK(close(ranks(wishes),
                stationary_distribution(surfer(kFourPages, 0.85, wishes)),
                {.abs = 1e-12}));
    // Nobody links to page 3: without a teleport to it its rank is 0.
    CHECK(ranks(point_mass(4, 0))(3) == 0.0);
    CHECK(close(ranks(point_mass(4, 3))(3), 0.15, {.abs = 1e-13}));
    EVIDENCE_SERIES("ranks for a fan of page 3", ranks(point_mass(4, 3)));
  }
}

TEST_SUITE("maths/markov_chain extra") {
  TEST_CASE("one state") {
    const Matrix P{{1.0}};
    CHECK(is_irreducible(P));
    CHECK(period(P, 0) == 1);
    CHECK(close(stationary_distribution(P), Vector{{1.0}}));
    CHECK(close(hitting_times(P, {0}), Vector{{0.0}}));
    CHECK(close(pagerank({{}}).ranks, Vector{{1.0}}));
    CHECK(close(pagerank({{0, 0}}).ranks, Vector{{1.0}}, {.ulps = 1}));
  }

  TEST_CASE("giving up is reported") {
    const PageRank got =
        pagerank(kFourPages, {.damping = 0.99, .max_iterations = 3});
    CHECK(got.iterations == 3);
    CHECK(got.error > 1e-10);
    CHECK(pagerank(kFourPages).error <= 1e-10);
    CHECK(pagerank(kFourPages).iterations < 100);
  }

  TEST_CASE("no steps leave the start as it is") {
    const Vector p{{0.3, 0.7}};
    CHECK(close(evolve(p, Matrix{{0.0, 1.0}, {1.0, 0.0}}, 0), p));
  }

  TEST_CASE("what is no chain is refused") {
    const Matrix ok{{0.5, 0.5}, {1.0, 0.0}};
    CHECK_THROWS_WITH(is_irreducible(Matrix::Ones(2, 3)),
                      "is_irreducible: need a square P, got 2 x 3");
    CHECK_THROWS_AS(is_irreducible(Matrix()), std::invalid_argument);
    // Columns instead of rows, the usual slip.
    CHECK_THROWS_WITH(is_irreducible(Matrix{{0.5, 1.0}, {0.5, 0.0}}),
                      "is_irreducible: row 0 sums to 1.5, not to 1");
    CHECK_THROWS_WITH(period(Matrix{{1.5, -0.5}, {1.0, 0.0}}, 0),
                      "period: row 0 has a negative entry");
    CHECK_THROWS_AS(period(Matrix{{0.5, 0.5}, {kNaN, 1.0}}, 0),
                    std::invalid_argument);
    CHECK_THROWS_AS(period(Matrix{{0.5, 0.5}, {0.4, 0.5}}, 0),
                    std::invalid_argument);
    CHECK_THROWS_WITH(period(ok, 2), "period: no state 2");
    CHECK_THROWS_AS(period(ok, -1), std::invalid_argument);
    CHECK_THROWS_WITH(evolve(Vector{{1.0}}, ok, 1),
                      "evolve: got 1 probabilities for 2 states, steps = 1");
    CHECK_THROWS_AS(evolve(Vector{{1.0, 0.0}}, ok, -1), std::invalid_argument);
    CHECK_THROWS_AS(evolve(Vector{{1.0, kNaN}}, ok, 1), std::invalid_argument);
    CHECK_THROWS_AS(evolve(Vector{{1.0, 0.0}}, Matrix::Ones(2, 2), 1),
                    std::invalid_argument);
    CHECK_THROWS_AS(stationary_reference(Matrix::Identity(2, 2)),
                    std::invalid_argument);
    CHECK_THROWS_WITH(hitting_times(ok, {2}), "hitting_times: no state 2");
    CHECK_THROWS_AS(hitting_times(ok, {-1}), std::invalid_argument);
    CHECK_THROWS_AS(hitting_times(Matrix::Ones(2, 2), {0}),
                    std::invalid_argument);
  }

  TEST_CASE("what is no graph is refused") {
    CHECK_THROWS_WITH(pagerank({}), "pagerank: need a page");
    CHECK_THROWS_WITH(pagerank({{1}}), "pagerank: no page 1");
    CHECK_THROWS_AS(pagerank({{-1}}), std::invalid_argument);
    CHECK_THROWS_WITH(pagerank({{0}}, {.damping = 1.0}),
                      "pagerank: need 0 <= damping < 1, got 1");
    CHECK_THROWS_AS(pagerank({{0}}, {.damping = -0.1}), std::invalid_argument);
    CHECK_THROWS_WITH(
        pagerank({{0}}, {.tolerance = 0.0}),
        "pagerank: need tolerance > 0 and max_iterations >= 1, got 0 and 1000");
    CHECK_THROWS_AS(pagerank({{0}}, {.max_iterations = 0}),
                    std::invalid_argument);
    CHECK_THROWS_WITH(pagerank({{0}}, {.teleport = Vector{{0.5, 0.5}}}),
                      "pagerank: teleport is no distribution over 1 pages");
    CHECK_THROWS_AS(pagerank({{0}, {1}}, {.teleport = Vector{{1.5, -0.5}}}),
                    std::invalid_argument);
    CHECK_THROWS_AS(pagerank({{0}, {1}}, {.teleport = Vector{{0.5, 0.4}}}),
                    std::invalid_argument);
    CHECK_THROWS_AS(pagerank({{0}, {1}}, {.teleport = Vector{{0.5, kNaN}}}),
                    std::invalid_argument);
  }
}
