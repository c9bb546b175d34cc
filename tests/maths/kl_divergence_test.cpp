// Verifies the claims of questions/maths/kl_divergence.md.
#include <whiteboard/maths/kl_divergence.hpp>

#include <whiteboard/core/random.hpp>
#include <whiteboard/maths/softmax.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/finite_differences.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::maths;
using whiteboard::testing::gaussian;
using whiteboard::testing::numerical_gradient;
using whiteboard::testing::random_distribution;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
const double kLog2 = std::log(2.0);

double log_normal_density(double x, double m, double s) {
  const double z = (x - m) / s;
  return -0.5 * z * z - std::log(s) - 0.5 * std::log(2.0 * std::numbers::pi);
}

/// A normal density as a distribution over equal bins around `points`.
Vector normal_on(const Vector& points, double m, double s) {
  Vector p(points.size());
  for (Eigen::Index i = 0; i < p.size(); ++i) {
    p(i) = std::exp(log_normal_density(points(i), m, s));
  }
  return p / p.sum();
}

}  // namespace

TEST_SUITE("maths/kl_divergence") {
  TEST_CASE("never_negative_and_not_symmetric") {
    std::mt19937_64 rng(0);
    for (int i = 0; i < 1000; ++i) {
      const Vector p = random_distribution(1 + i % 8, rng);
      const Vector q = random_distribution(1 + i % 8, rng);
      const double kl = kl_divergence(p, q);
      CHECK(kl_divergence(p, p) == 0.0);
      if (p.size() > 1) CHECK(kl > 0.0);
      CHECK(close(kl, kl_divergence_reference(p, q),
                  {.abs = 1e-15, .rel = 1e-14}));
    }
    const Vector fair{{0.5, 0.5}};
    const Vector biased{{0.9, 0.1}};
    // 1/2 log (5/9) + 1/2 log 5, and 0.9 log 1.8 + 0.1 log 0.2.
    CHECK(close(kl_divergence(fair, biased), 0.5108, {.abs = 5e-5}));
    CHECK(close(kl_divergence(biased, fair), 0.3681, {.abs = 5e-5}));
    CHECK(close(kl_normal(0.0, 1.0, 1.0, 2.0), 0.443147, {.abs = 5e-7}));
    CHECK(close(kl_normal(1.0, 2.0, 0.0, 1.0), 1.306853, {.abs = 5e-7}));
    EVIDENCE("KL of fair to biased", kl_divergence(fair, biased));
    EVIDENCE("KL of biased to fair", kl_divergence(biased, fair));
    // A zero of the model is infinitely bad, a zero of the truth is free.
    CHECK(kl_divergence(fair, Vector{{1.0, 0.0}}) == kInfinity);
    CHECK(close(kl_divergence(Vector{{1.0, 0.0}}, fair), kLog2, {.ulps = 1}));
  }

  TEST_CASE("close_distributions_keep_their_digits") {
    std::mt19937_64 rng(1);
    int negative = 0;
    double worst = 0.0;
    for (int i = 0; i < 100; ++i) {
      // Multiples of 2^-40 that sum to 1, and a move of 2^-31: all exact.
      Vector p = random_distribution(5, rng);
      for (double& x : p) x = std::ldexp(std::floor(std::ldexp(x, 40)), -40);
      p(4) += 1.0 - p.sum();
      Vector q = p;
      q(0) += 0x1p-31;
      q(1) -= 0x1p-31;
      if (std::min(p(0), p(1)) < 1e-3) continue;
      // p x^2 / 2 - p x^3 / 3 + ... with x = (q - p) / p.
      double want = 0.0;
      for (Eigen::Index j = 0; j < 2; ++j) {
        const double x = (q(j) - p(j)) / p(j);
        want += p(j) * x * x * (0.5 - x / 3.0);
      }
      // An ulp of log1p(x) is 2e-16 x of an x^2 / 2, where x > 4e-10; the terms
      // themselves are up to 5e-10, rounded to 5e-26 beside a sum of 2e-19.
      CHECK(close(kl_divergence(p, q), want, {.rel = 2e-6}));
      const double plain = kl_divergence_reference(p, q);
      negative += plain < 0.0;
      worst = std::max(worst, std::abs(plain - want) / want);
    }
    // Where the sums of p and q differ by roundings as well, which are far more
    // than the divergence: q - p, added term by term, takes them out again.
    for (int i = 0; i < 100; ++i) {
      const Vector p = random_distribution(5, rng);
      Vector q = p;
      for (double& x : q) x *= 1.0 + 1e-9 * uniform(1.0, 2.0, rng);
      q(0) *= 1.0 - 1e-9;
      q /= q.sum();
      const Vector x = (q - p).cwiseQuotient(p);
      const double want =
          (p.array() * x.array().square() * (0.5 - x.array() / 3.0)).sum();
      CHECK(close(kl_divergence(p, q), want, {.rel = 1e-4}));
    }
    CHECK(negative > 0);
    CHECK(worst > 10.0);
    EVIDENCE("negative by the definition", negative);
    EVIDENCE("relative error of the definition", worst);
  }

  TEST_CASE("normal_distributions_in_closed_form") {
    // The rectangle rule, which for such integrands is exact to rounding.
    double integral = 0.0;
    for (double x = -20.0; x <= 20.0; x += 0.02) {
      const double log_p = log_normal_density(x, 0.3, 1.2);
      integral +=
          0.02 * std::exp(log_p) * (log_p - log_normal_density(x, -0.5, 2.0));
    }
    CHECK(close(kl_normal(0.3, 1.2, -0.5, 2.0), integral, {.abs = 1e-12}));
    // In one dimension both formulas are one.
    CHECK(close(
        kl_normal(Vector{{0.3}}, Matrix{{1.44}}, Vector{{-0.5}}, Matrix{{4.0}}),
        integral, {.abs = 1e-12}));
    // In two, by the rectangle rule with 2 x 2 inverses by hand.
    const Vector m0{{0.5, -0.2}};
    const Matrix S0{{1.0, 0.4}, {0.4, 0.8}};
    const Vector m1{{-0.3, 0.1}};
    const Matrix S1{{1.5, -0.3}, {-0.3, 1.2}};
    const auto log_density = [](double x, double y, const Vector& m,
                                const Matrix& S) {
      const double det = S(0, 0) * S(1, 1) - S(0, 1) * S(1, 0);
      const double u = x - m(0);
      const double v = y - m(1);
      const double form =
          (S(1, 1) * u * u - 2.0 * S(0, 1) * u * v + S(0, 0) * v * v) / det;
      return -0.5 * form - std::log(2.0 * std::numbers::pi) -
             0.5 * std::log(det);
    };
    double integral2 = 0.0;
    for (double x = -8.0; x <= 8.0; x += 0.2) {
      for (double y = -8.0; y <= 8.0; y += 0.2) {
        const double log_p = log_density(x, y, m0, S0);
        integral2 +=
            0.04 * std::exp(log_p) * (log_p - log_density(x, y, m1, S1));
      }
    }
    CHECK(close(kl_normal(m0, S0, m1, S1), integral2, {.abs = 1e-8}));
    EVIDENCE("in two dimensions", integral2);
    // The term of a variational autoencoder.
    const Vector mu{{0.5, -1.0, 2.0}};
    const Vector sigma{{0.3, 1.0, 2.5}};
    const Matrix diagonal = Vector(sigma.array().square()).asDiagonal();
    const double vae = 0.5 * (mu.array().square() + sigma.array().square() -
                              1.0 - 2.0 * sigma.array().log())
                                 .sum();
    CHECK(
        close(kl_normal(mu, diagonal, Vector::Zero(3), Matrix::Identity(3, 3)),
              vae, {.rel = 1e-14}));
    // And the same in any coordinates.
    const Matrix A{{2.0, 1.0}, {-0.5, 3.0}};
    CHECK(close(kl_normal(A * m0, A * S0 * A.transpose(), A * m1,
                          A * S1 * A.transpose()),
                kl_normal(m0, S0, m1, S1), {.rel = 1e-12}));
  }

  TEST_CASE("merging_outcomes_loses_divergence") {
    std::mt19937_64 rng(2);
    for (int i = 0; i < 100; ++i) {
      const Vector p = random_distribution(12, rng);
      const Vector q = random_distribution(12, rng);
      const Matrix P = Eigen::Map<const Matrix>(p.data(), 3, 4);
      const Matrix Q = Eigen::Map<const Matrix>(q.data(), 3, 4);
      const Vector p_x = P.rowwise().sum();
      const Vector q_x = Q.rowwise().sum();
      double within = 0.0;
      for (Eigen::Index x = 0; x < 3; ++x) {
        within += p_x(x) * kl_divergence(P.row(x).transpose() / p_x(x),
                                         Q.row(x).transpose() / q_x(x));
      }
      const double whole = kl_divergence(p, q);
      CHECK(close(kl_divergence(p_x, q_x) + within, whole, {.rel = 1e-13}));
      CHECK(kl_divergence(p_x, q_x) < whole);
      CHECK(total_variation(p_x, q_x) < total_variation(p, q));
      CHECK(jensen_shannon(p_x, q_x) < jensen_shannon(p, q));
    }
    // Independent parts add up.
    const Vector p = random_distribution(3, rng);
    const Vector q = random_distribution(3, rng);
    const Matrix pp = p * p.transpose();
    const Matrix qq = q * q.transpose();
    CHECK(close(kl_divergence(pp.reshaped(), qq.reshaped()),
                2.0 * kl_divergence(p, q), {.rel = 1e-13}));
  }

  TEST_CASE("jensen_shannon_is_bounded_and_its_root_a_metric") {
    const Vector left{{1.0, 0.0, 0.0}};
    const Vector middle{{0.5, 0.5, 0.0}};
    const Vector right{{0.0, 1.0, 0.0}};
    CHECK(close(jensen_shannon(left, right), kLog2, {.ulps = 2}));
    CHECK(kl_divergence(left, right) == kInfinity);
    // Further apart it cannot tell: no gradient.
    CHECK(jensen_shannon(left, Vector{{0.0, 0.0, 1.0}}) ==
          jensen_shannon(left, right));
    const double half_way = jensen_shannon(left, middle);
    CHECK(close(half_way, 0.2158, {.abs = 5e-5}));
    CHECK(jensen_shannon(left, right) > 2.0 * half_way);
    CHECK(std::sqrt(jensen_shannon(left, right)) <= 2.0 * std::sqrt(half_way));
    EVIDENCE("direct", jensen_shannon(left, right));
    EVIDENCE("both halves of the way", 2.0 * half_way);

    std::mt19937_64 rng(3);
    for (int i = 0; i < 1000; ++i) {
      const Vector p = random_distribution(3, rng);
      const Vector q = random_distribution(3, rng);
      const Vector r = random_distribution(3, rng);
      const double direct = jensen_shannon(p, q);
      CHECK(close(direct, jensen_shannon(q, p), {.abs = 1e-15}));
      CHECK(direct < kLog2);
      CHECK(std::sqrt(direct) <=
            std::sqrt(jensen_shannon(p, r)) + std::sqrt(jensen_shannon(r, q)));
      // The mutual information of a fair choice between p and q.
      CHECK(close(direct,
                  entropy(0.5 * (p + q)) - 0.5 * (entropy(p) + entropy(q)),
                  {.abs = 1e-14}));
    }
  }

  TEST_CASE("total_variation_is_within_pinskers_bound") {
    std::mt19937_64 rng(4);
    double tightest = 0.0;
    for (int i = 0; i < 1000; ++i) {
      const Vector p = random_distribution(2 + i % 4, rng);
      const Vector q = random_distribution(2 + i % 4, rng);
      const double distance = total_variation(p, q);
      const double bound = std::sqrt(0.5 * kl_divergence(p, q));
      CHECK(distance <= bound);
      tightest = std::max(tightest, distance / bound);
      // The event with the largest difference: wherever p exceeds q.
      const double event = (p - q).cwiseMax(0.0).sum();
      CHECK(close(distance, event, {.abs = 1e-15}));
    }
    // Nearly attained by two coins that are nearly fair.
    const Vector coin{{0.501, 0.499}};
    const Vector other{{0.499, 0.501}};
    CHECK(close(total_variation(coin, other) /
                    std::sqrt(0.5 * kl_divergence(coin, other)),
                1.0, {.abs = 1e-5}));
    EVIDENCE("largest distance over bound", tightest);
    CHECK(total_variation(Vector{{1.0, 0.0}}, Vector{{0.0, 1.0}}) == 1.0);
  }

  TEST_CASE("the_direction_decides_what_is_fitted") {
    // Equal parts of N(-3, 1) and N(3, 1) on bins of 0.2.
    const Vector points = Vector::LinSpaced(121, -12.0, 12.0);
    const Vector target =
        0.5 * (normal_on(points, -3.0, 1.0) + normal_on(points, 3.0, 1.0));
    double forward = kInfinity;
    double reverse = kInfinity;
    double forward_at[2] = {0.0, 0.0};
    double reverse_at[2] = {0.0, 0.0};
    for (double m = 0.0; m < 4.05; m += 0.25) {
      for (double s = 0.6; s < 4.05; s += 0.1) {
        const Vector q = normal_on(points, m, s);
        const double of_target = kl_divergence(target, q);
        const double of_model = kl_divergence(q, target);
        if (of_target < forward) {
          forward = of_target;
          forward_at[0] = m;
          forward_at[1] = s;
        }
        if (of_model < reverse) {
          reverse = of_model;
          reverse_at[0] = m;
          reverse_at[1] = s;
        }
      }
    }
    // Moments: mean 0, variance 1 + 9; the grid has 3.2 beside 3.162.
    CHECK(forward_at[0] == 0.0);
    CHECK(close(forward_at[1], std::sqrt(10.0), {.abs = 0.05}));
    // One mode: KL is log 2 then, less what the other mode adds in between.
    CHECK(reverse_at[0] == 3.0);
    CHECK(close(reverse_at[1], 1.0, {.abs = 1e-9}));
    CHECK(close(reverse, kLog2, {.abs = 0.01}));
    EVIDENCE("deviation by KL(p || q)", forward_at[1]);
    EVIDENCE("mean by KL(q || p)", reverse_at[0]);
    EVIDENCE("deviation by KL(q || p)", reverse_at[1]);
  }

  TEST_CASE("k3_is_never_negative_and_less_noisy") {
    // p = N(0, 1), q = N(0.1, 1): log r = 0.1 x - 0.005.
    std::mt19937_64 rng(5);
    const Eigen::Index n = 20'000;
    const Vector x = gaussian(n, 1, rng).col(0);
    const Vector log_p = -0.5 * x.array().square();
    const Vector log_q = -0.5 * (x.array() - 0.1).square();
    const KlEstimates got = kl_estimates(log_p, log_q);
    const double kl = kl_normal(0.0, 1.0, 0.1, 1.0);
    CHECK(close(kl, 0.005, {.rel = 1e-13}));
    const auto five_se = [](const SampleMean& k) {
      return 5.0 * k.deviation / std::sqrt(20'000.0);
    };
    CHECK(close(got.k1.mean, kl, {.abs = five_se(got.k1)}));
    CHECK(close(got.k3.mean, kl, {.abs = five_se(got.k3)}));
    // (0.1^2 + 0.005^2) / 2: a quarter of a percent too much.
    CHECK(close(got.k2.mean, 0.0050125, {.abs = five_se(got.k2)}));
    // Variances in closed form: 0.01, and e^0.01 - 1.01 as r is log-normal.
    CHECK(close(got.k1.deviation, 0.1, {.rel = 0.03}));
    CHECK(close(got.k3.deviation, std::sqrt(std::expm1(0.01) - 0.01),
                {.rel = 0.05}));
    CHECK(got.k3.deviation < 0.1 * got.k1.deviation);
    EVIDENCE("deviation of k1", got.k1.deviation);
    EVIDENCE("deviation of k3", got.k3.deviation);
    int negative1 = 0;
    int negative3 = 0;
    for (Eigen::Index i = 0; i < 200; ++i) {
      const KlEstimates one =
          kl_estimates(log_p.segment(i, 1), log_q.segment(i, 1));
      negative1 += one.k1.mean < 0.0;
      negative3 += one.k3.mean < 0.0;
    }
    CHECK(negative1 > 50);
    CHECK(negative3 == 0);
    EVIDENCE("of 200 single estimates by k1 negative", negative1);
    // A wider q: r^2 has no mean under p, and k3 is the noisy one.
    const Vector wide = -0.125 * x.array().square() - kLog2;
    const KlEstimates heavy = kl_estimates(log_p, wide);
    CHECK(close(heavy.k1.mean, kl_normal(0.0, 1.0, 0.0, 2.0),
                {.abs = five_se(heavy.k1)}));
    CHECK(heavy.k3.deviation > 2.0 * heavy.k1.deviation);
    EVIDENCE("deviation of k1 for a wide q", heavy.k1.deviation);
    EVIDENCE("deviation of k3 for a wide q", heavy.k3.deviation);
  }

  TEST_CASE("as_losses_the_estimates_are_something_else") {
    // Ten samples that have exactly the frequencies of p = softmax(theta), so
    // that means over them are expectations.
    const Vector p{{0.4, 0.3, 0.2, 0.1}};
    const Vector q{{0.1, 0.2, 0.3, 0.4}};
    const std::vector<Eigen::Index> draws = {0, 0, 0, 0, 1, 1, 1, 2, 2, 3};
    const auto estimates = [&](const Vector& theta) {
      const Vector log_all = log_softmax(theta);
      Vector log_p(10);
      Vector log_q(10);
      for (Eigen::Index i = 0; i < 10; ++i) {
        const Eigen::Index drawn = draws[static_cast<std::size_t>(i)];
        log_p(i) = log_all(drawn);
        log_q(i) = std::log(q(drawn));
      }
      return kl_estimates(log_p, log_q);
    };
    const Vector theta = p.array().log();
    CHECK(close(estimates(theta).k1.mean, kl_divergence(p, q), {.rel = 1e-14}));
    CHECK(close(estimates(theta).k3.mean, kl_divergence(p, q), {.rel = 1e-14}));
    CHECK(estimates(theta).k2.mean > 1.05 * kl_divergence(p, q));
    // Differentiated with the samples held fixed, as automatic differentiation
    // does.
    const auto gradient = [&](SampleMean KlEstimates::*k) {
      return numerical_gradient(
          [&](const Vector& at) { return (estimates(at).*k).mean; }, theta);
    };
    const Vector reverse = numerical_gradient(
        [&](const Vector& at) { return kl_divergence(softmax(at), q); }, theta);
    const Vector forward = numerical_gradient(
        [&](const Vector& at) { return kl_divergence(q, softmax(at)); }, theta);
    CHECK(close(gradient(&KlEstimates::k1), Vector::Zero(4), {.abs = 1e-8}));
    CHECK(close(gradient(&KlEstimates::k2), reverse, {.abs = 1e-8}));
    CHECK(close(gradient(&KlEstimates::k3), forward, {.abs = 1e-8}));
    CHECK(close(forward, p - q, {.abs = 1e-8}));  // by hand
    CHECK(!close(reverse, forward, {.abs = 0.01}));
    EVIDENCE_SERIES("gradient of k2", gradient(&KlEstimates::k2));
    EVIDENCE_SERIES("gradient of k3", gradient(&KlEstimates::k3));
  }
}

TEST_SUITE("maths/kl_divergence extra") {
  TEST_CASE("zeros in both and very small numbers") {
    CHECK(kl_divergence(Vector{{0.0, 1.0}}, Vector{{0.0, 1.0}}) == 0.0);
    CHECK(jensen_shannon(Vector{{0.0, 1.0}}, Vector{{0.0, 1.0}}) == 0.0);
    // 1e-310 log(1e-310) is 0 beside 1 - 2^-1: KL is log 2 + nothing.
    CHECK(close(kl_divergence(Vector{{1e-310, 1.0}}, Vector{{0.5, 0.5}}), kLog2,
                {.ulps = 2}));
    CHECK(close(kl_divergence(Vector{{0.5, 0.5}}, Vector{{1e-310, 1.0}}),
                0.5 * (310.0 * std::log(10.0)) - kLog2, {.rel = 1e-12}));
    CHECK(kl_divergence(Vector{{1.0}}, Vector{{1.0}}) == 0.0);
  }

  TEST_CASE("only the lower triangle of a covariance is read") {
    const Vector m = Vector::Zero(2);
    CHECK(kl_normal(m, Matrix{{1.0, 9.0}, {0.3, 1.0}}, m,
                    Matrix{{2.0, -7.0}, {0.1, 1.0}}) ==
          kl_normal(m, Matrix{{1.0, 0.3}, {0.3, 1.0}}, m,
                    Matrix{{2.0, 0.1}, {0.1, 1.0}}));
  }

  TEST_CASE("nearly equal deviations") {
    // (1 + x)^2 - 1 - 2 log(1 + x), halved: x^2 + O(x^3).
    CHECK(close(kl_normal(0.0, 1.0 + 1e-6, 0.0, 1.0), 1e-12, {.rel = 1e-3}));
    CHECK(kl_normal(5.0, 0.7, 5.0, 0.7) == 0.0);
  }

  TEST_CASE("the mean and deviation of one sample") {
    const KlEstimates one = kl_estimates(Vector{{-1.0}}, Vector{{-3.0}});
    CHECK(one.k1.mean == 2.0);
    CHECK(one.k2.mean == 2.0);
    CHECK(close(one.k3.mean, std::exp(-2.0) + 1.0, {.ulps = 2}));
    CHECK(one.k1.deviation == 0.0);
    const KlEstimates two =
        kl_estimates(Vector{{0.0, 0.0}}, Vector{{-1.0, -3.0}});
    CHECK(two.k1.deviation == 1.0);
  }

  TEST_CASE("arguments that break the contract are refused") {
    const Vector half{{0.5, 0.5}};
    CHECK_THROWS_WITH(kl_divergence(half, Vector{{1.0}}),
                      "kl_divergence: p has 2 entries, q 1");
    CHECK_THROWS_WITH(kl_divergence(Vector{{0.5, 0.4}}, half),
                      "kl_divergence: p sums to 0.9, not to 1");
    CHECK_THROWS_WITH(kl_divergence(half, Vector{{1.5, -0.5}}),
                      "kl_divergence: q has a negative entry -0.5");
    CHECK_THROWS_AS(kl_divergence_reference(half, Vector{{0.5, kNaN}}),
                    std::invalid_argument);
    CHECK_THROWS_AS(kl_divergence(Vector(), Vector()), std::invalid_argument);
    CHECK_THROWS_WITH(jensen_shannon(half, Vector{{1.0}}),
                      "jensen_shannon: p has 2 entries, q 1");
    CHECK_THROWS_WITH(total_variation(half, Vector{{0.6, 0.6}}),
                      "total_variation: q sums to 1.2, not to 1");
    CHECK_THROWS_WITH(kl_normal(0.0, 0.0, 0.0, 1.0),
                      "kl_normal: need 0 < s < inf, got s0 = 0, s1 = 1");
    CHECK_THROWS_AS(kl_normal(0.0, 1.0, 0.0, -1.0), std::invalid_argument);
    CHECK_THROWS_AS(kl_normal(0.0, 1.0, 0.0, kInfinity), std::invalid_argument);
    CHECK_THROWS_AS(kl_normal(0.0, kInfinity, 0.0, 1.0), std::invalid_argument);
    CHECK_THROWS_WITH(kl_normal(0.0, 1.0, kNaN, 1.0),
                      "kl_normal: need finite means, got m0 = 0, m1 = nan");
    CHECK_THROWS_AS(kl_normal(kInfinity, 1.0, 0.0, 1.0), std::invalid_argument);

    const Vector m = Vector::Zero(2);
    const Matrix I = Matrix::Identity(2, 2);
    CHECK_THROWS_WITH(kl_normal(m, I, Vector::Zero(3), I),
                      "kl_normal: sizes differ, m0 has 2 entries");
    CHECK_THROWS_AS(kl_normal(m, Matrix::Identity(3, 3), m, I),
                    std::invalid_argument);
    CHECK_THROWS_AS(kl_normal(m, Matrix::Ones(2, 3), m, I),
                    std::invalid_argument);
    CHECK_THROWS_AS(kl_normal(m, I, m, Matrix::Identity(3, 3)),
                    std::invalid_argument);
    CHECK_THROWS_AS(kl_normal(m, I, m, Matrix::Ones(2, 3)),
                    std::invalid_argument);
    CHECK_THROWS_AS(kl_normal(m, Matrix::Ones(3, 2), m, I),
                    std::invalid_argument);
    CHECK_THROWS_AS(kl_normal(m, I, m, Matrix::Ones(3, 2)),
                    std::invalid_argument);
    CHECK_THROWS_WITH(kl_normal(m, Matrix::Ones(2, 2) * -1.0, m, I),
                      "kl_normal: a covariance is not positive definite");
    CHECK_THROWS_AS(kl_normal(m, I, m, Matrix::Zero(2, 2)),
                    std::invalid_argument);
    CHECK_THROWS_WITH(kl_normal(Vector{{kNaN, 0.0}}, I, m, I),
                      "kl_normal: m0(0) is nan");
    CHECK_THROWS_AS(kl_normal(m, I, Vector{{0.0, kInfinity}}, I),
                    std::invalid_argument);
    CHECK_THROWS_AS(kl_normal(m, I * kNaN, m, I), std::invalid_argument);
    CHECK_THROWS_AS(kl_normal(m, I, m, I * kInfinity), std::invalid_argument);
    CHECK_THROWS_WITH(kl_estimates(half, Vector{{1.0}}),
                      "kl_estimates: got 2 and 1 samples");
    CHECK_THROWS_AS(kl_estimates(Vector(), Vector()), std::invalid_argument);
    CHECK_THROWS_WITH(kl_estimates(half, Vector{{0.0, -kInfinity}}),
                      "kl_estimates: log_q(1) is -inf");
    CHECK_THROWS_AS(kl_estimates(Vector{{0.0, kNaN}}, half),
                    std::invalid_argument);
  }
}
