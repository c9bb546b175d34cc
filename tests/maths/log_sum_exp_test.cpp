// Verifies the claims of questions/maths/log_sum_exp.md.
#include <whiteboard/maths/log_sum_exp.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/finite_differences.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::maths;
using whiteboard::testing::gaussian;
using whiteboard::testing::numerical_gradient;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
const double kLog2 = std::log(2.0);

/// Eq. (1) as it stands, and with a shift: the shortcuts. Plain loops, as
/// Eigen's vectorised exp() gives 1e-308 instead of 0.
double naive(const Vector& x, double shift = 0.0) {
  double total = 0.0;
  for (const double value : x) total += std::exp(value - shift);
  return shift + std::log(total);
}

/// Eq. (1) in long double, whose exp() reaches 11,000 either way.
double in_long_double(const Vector& x) {
  long double total = 0.0L;
  for (const double value : x) {
    total += std::exp(static_cast<long double>(value));
  }
  return static_cast<double>(std::log(total));
}

double streamed(const std::vector<double>& xs) {
  StreamingLogSumExp total;
  for (const double x : xs) total.add(x);
  return total.value();
}

/// A hidden Markov chain with two states and three symbols, and the symbols
/// that it emitted.
struct Hmm {
  double start[2] = {0.6, 0.4};
  double move[2][2] = {{0.9, 0.1}, {0.2, 0.8}};
  double emit[2][3] = {{0.5, 0.3, 0.2}, {0.1, 0.2, 0.7}};
  static int symbol(int t) { return (t * t + t / 3) % 3; }
};

/// Likelihood of the first `steps` symbols by the forward recursion, and with
/// `rescale` its logarithm, the sum of the logarithms of what was divided out.
double forward(const Hmm& hmm, int steps, bool rescale) {
  double alpha[2] = {0.0, 0.0};
  double log_scale = 0.0;
  for (int t = 0; t < steps; ++t) {
    const double before[2] = {alpha[0], alpha[1]};
    for (int j = 0; j < 2; ++j) {
      const double arrive =
          t == 0 ? hmm.start[j]
                 : before[0] * hmm.move[0][j] + before[1] * hmm.move[1][j];
      alpha[j] = arrive * hmm.emit[j][Hmm::symbol(t)];
    }
    if (!rescale) continue;
    const double total = alpha[0] + alpha[1];
    log_scale += std::log(total);
    for (double& a : alpha) a /= total;
  }
  return rescale ? log_scale : alpha[0] + alpha[1];
}

/// The same recursion on logarithms.
double log_forward(const Hmm& hmm, int steps) {
  double alpha[2] = {0.0, 0.0};
  for (int t = 0; t < steps; ++t) {
    const double before[2] = {alpha[0], alpha[1]};
    for (int j = 0; j < 2; ++j) {
      const double arrive =
          t == 0 ? std::log(hmm.start[j])
                 : log_add_exp(before[0] + std::log(hmm.move[0][j]),
                               before[1] + std::log(hmm.move[1][j]));
      alpha[j] = arrive + std::log(hmm.emit[j][Hmm::symbol(t)]);
    }
  }
  return log_add_exp(alpha[0], alpha[1]);
}

}  // namespace

TEST_SUITE("maths/log_sum_exp") {
  TEST_CASE("two_terms_of_e_to_the_minus_1000") {
    const Vector low{{-1000.0, -1000.0}};
    const Vector high{{1000.0, 1000.0}};
    CHECK(naive(low) == -kInfinity);
    CHECK(naive(high) == kInfinity);
    for (const auto f : {log_sum_exp, log_sum_exp_reference}) {
      CHECK(close(f(low), -1000.0 + kLog2, {.ulps = 1}));
      CHECK(close(f(high), 1000.0 + kLog2, {.ulps = 1}));
      // Far apart, and the mean of the two is of no use as a shift.
      CHECK(f(Vector{{-1000.0, 1000.0}}) == 1000.0);
      // Beside 0 the small term is the result: e^-50 - e^-100 / 2.
      CHECK(close(f(Vector{{0.0, -50.0}}), std::exp(-50.0), {.ulps = 1}));
    }
    CHECK(naive(Vector{{0.0, -50.0}}) == 0.0);
    CHECK(close(log_add_exp(-1000.0, -1000.0), -999.30685, {.abs = 5e-6}));
    CHECK(close(log_add_exp(-50.0, 0.0), std::exp(-50.0), {.ulps = 1}));
    EVIDENCE("log(e^-1000 + e^-1000)", log_sum_exp(low));
  }

  TEST_CASE("a_soft_maximum_with_softmax_as_gradient") {
    std::mt19937_64 rng(0);
    for (int round = 0; round < 20; ++round) {
      const Vector x = 4.0 * gaussian(30, 1, rng).col(0);
      const double top = x.maxCoeff();
      std::vector<double> gaps;
      for (const double temperature : {0.01, 0.1, 1.0, 10.0, 100.0}) {
        const double soft = temperature * log_sum_exp(x / temperature);
        // Rounding x / T and multiplying by T: two roundings of |x| < 20.
        CHECK(soft >= top - 40.0 * kEpsilon);
        CHECK(soft < top + temperature * std::log(30.0));
        gaps.push_back(soft - top);
      }
      for (std::size_t i = 1; i < gaps.size(); ++i) {
        CHECK(gaps[i] >= gaps[i - 1] - 80.0 * kEpsilon);
      }
      if (round == 0) EVIDENCE_SERIES("excess at T = 0.01 to 100", gaps);
      const auto f = [](const Vector& at) { return log_sum_exp(at); };
      CHECK(close(numerical_gradient(f, x), softmax(x), {.abs = 1e-8}));
    }
    // The upper end, for equal entries only.
    CHECK(close(log_sum_exp(Vector::Constant(30, 7.0)), 7.0 + std::log(30.0),
                {.ulps = 2}));
  }

  TEST_CASE("errors_are_never_amplified") {
    std::mt19937_64 rng(1);
    double largest = 0.0;
    for (int round = 0; round < 300; ++round) {
      const Vector x = 5.0 * gaussian(10, 1, rng).col(0);
      Vector y = x;
      for (double& value : y) value += uniform(-0.5, 0.5, rng);
      const double ratio = std::abs(log_sum_exp(y) - log_sum_exp(x)) /
                           (y - x).lpNorm<Eigen::Infinity>();
      CHECK(ratio <= 1.0 + 1e-12);
      largest = std::max(largest, ratio);
      // Convex: below its chords.
      CHECK(log_sum_exp(0.5 * (x + y)) <=
            0.5 * (log_sum_exp(x) + log_sum_exp(y)) + 1e-14);
    }
    EVIDENCE("largest change over largest input change", largest);
    const Vector x = gaussian(10, 1, rng).col(0);
    CHECK(close(log_sum_exp((x.array() + 3.0).matrix()), log_sum_exp(x) + 3.0,
                {.abs = 1e-14}));
    // Absolute errors. A result next to 0 has no relative ones to speak of:
    // one unit in the last place of both inputs is all there is of it.
    const double half = -kLog2;
    const double moved = std::nextafter(half, 0.0);
    CHECK(std::abs(log_add_exp(half, half)) <= 1e-16);
    CHECK(log_add_exp(moved, moved) - log_add_exp(half, half) > 1e-16);
  }

  TEST_CASE("infinities_are_ordinary_values") {
    for (const auto f : {log_sum_exp, log_sum_exp_reference}) {
      CHECK(f(Vector()) == -kInfinity);
      CHECK(f(Vector::Constant(3, -kInfinity)) == -kInfinity);
      CHECK(f(Vector{{1.0, kInfinity, -kInfinity}}) == kInfinity);
      CHECK(f(Vector{{kInfinity, kInfinity}}) == kInfinity);
      // A zero among the terms is not there at all.
      CHECK(f(Vector{{-kInfinity, 0.0, -kInfinity}}) == 0.0);
      CHECK(f(Vector{{2.0, -kInfinity, 1.0}}) == f(Vector{{2.0, 1.0}}));
    }
    // What the shift alone makes of them.
    CHECK(std::isnan(naive(Vector::Constant(3, -kInfinity), -kInfinity)));
    CHECK(std::isnan(naive(Vector{{1.0, kInfinity}}, kInfinity)));

    CHECK(log_add_exp(-kInfinity, -kInfinity) == -kInfinity);
    CHECK(log_add_exp(kInfinity, kInfinity) == kInfinity);
    CHECK(log_add_exp(-kInfinity, kInfinity) == kInfinity);
    CHECK(log_add_exp(-kInfinity, 3.0) == 3.0);
    CHECK(StreamingLogSumExp().value() == -kInfinity);
    CHECK(streamed({-kInfinity, -kInfinity}) == -kInfinity);
    CHECK(streamed({-kInfinity, -kInfinity, 3.0}) == 3.0);
    CHECK(streamed({3.0, -kInfinity}) == 3.0);
    CHECK(streamed({3.0, kInfinity, kInfinity, 4.0}) == kInfinity);
  }

  TEST_CASE("streams_merge_in_any_order") {
    std::mt19937_64 rng(2);
    std::vector<double> xs(1000);
    for (double& x : xs) x = 1000.0 + 3.0 * normal(rng);
    const double want =
        in_long_double(Eigen::Map<const Vector>(xs.data(), 1000));
    // A thousand steps, each with three roundings of half an epsilon; the
    // result is about 1000 and rounds by 1e-13.
    const double allowed = 1000.0 * 1.5 * kEpsilon + 1e-13;
    std::sort(xs.begin(), xs.end());
    CHECK(close(streamed(xs), want, {.abs = allowed}));
    std::reverse(xs.begin(), xs.end());
    CHECK(close(streamed(xs), want, {.abs = allowed}));
    for (int round = 0; round < 20; ++round) {
      shuffle(xs, rng);
      CHECK(close(streamed(xs), want, {.abs = allowed}));
      // Parts of any size, an empty one among them, merged from the right.
      std::vector<StreamingLogSumExp> parts(8);
      for (const double x : xs) {
        parts[static_cast<std::size_t>(uniform_index(7, rng))].add(x);
      }
      while (parts.size() > 1) {
        const StreamingLogSumExp last = parts.back();
        parts.pop_back();
        parts.back().merge(last);
      }
      CHECK(close(parts[0].value(), want, {.abs = allowed}));
    }
    // Equal parts double: nothing is lost when both maxima are the same.
    StreamingLogSumExp twice;
    twice.add(5.0);
    twice.add(4.0);
    const StreamingLogSumExp once = twice;
    twice.merge(once);
    CHECK(close(twice.value(), once.value() + kLog2, {.ulps = 2}));
    EVIDENCE("log-sum-exp of the stream", want);
  }

  TEST_CASE("naive_bayes_needs_logarithms") {
    // 1000 features of likelihood 0.1, but for one that is 0.2 in class 1.
    Matrix likelihood = Matrix::Constant(2, 1000, 0.1);
    likelihood(1, 617) = 0.2;
    const Vector product = likelihood.rowwise().prod();
    CHECK(product(0) == 0.0);
    CHECK(std::isnan(product(0) / product.sum()));

    const Vector prior = Vector::Constant(2, std::log(0.5));
    const Matrix log_likelihood = likelihood.array().log();
    const Vector posterior = log_posterior(prior, log_likelihood);
    REQUIRE(posterior.size() == 2);
    // A sum of 1000 terms, at most 2303 in size: 1000 halves of an ulp of it.
    const double rounding = 1000.0 * 0.5 * 4.6e-13;
    CHECK(close(posterior.array().exp().matrix(),
                Vector{{1.0 / 3.0, 2.0 / 3.0}}, {.rel = rounding}));
    EVIDENCE("posterior of the second class", std::exp(posterior(1)));
    // Prior odds of 4 to 1 turn it round: 4/5 0.1 against 1/5 0.2.
    const Vector odds =
        log_posterior(Vector{{std::log(0.8), std::log(0.2)}}, log_likelihood);
    CHECK(close(odds.array().exp().matrix(), Vector{{2.0 / 3.0, 1.0 / 3.0}},
                {.rel = rounding}));
    // A likelihood of 0 rules its class out, and no other.
    Matrix ruled_out = log_likelihood;
    ruled_out(0, 3) = -kInfinity;
    CHECK(close(log_posterior(prior, ruled_out), Vector{{-kInfinity, 0.0}}));
  }

  TEST_CASE("softplus_has_no_overflow") {
    for (double x = -740.0; x <= 740.0; x += 1.7) {
      CAPTURE(x);
      const auto exact = static_cast<double>(
          std::log1p(std::exp(static_cast<long double>(x))));
      CHECK(close(softplus(x), exact, {.ulps = 2}));
      CHECK(close(log_sigmoid(-x), -exact, {.ulps = 2}));
    }
    for (const double x : {40.0, 710.0, 1e4, kInfinity}) {
      CAPTURE(x);
      CHECK(softplus(x) == x);
      CHECK(close(softplus(-x), std::exp(-x), {.rel = 1e-15}));
      CHECK(log_sigmoid(-x) == -x);
    }
    CHECK(close(softplus(0.0), kLog2));
    // As written, it overflows at one end and has no digits at the other.
    CHECK(std::log(1.0 + std::exp(710.0)) == kInfinity);
    CHECK(std::log(1.0 + std::exp(-40.0)) == 0.0);
    CHECK(std::log(1.0 / (1.0 + std::exp(710.0))) == -kInfinity);
  }

  TEST_CASE("the_complement_needs_two_formulas") {
    // mpmath 1.2.1, 40 digits.
    const Vector a{{-1e-17, -1e-10, -1e-3, -0.5, -0.6931, -0.7, -1.0, -5.0,
                    -40.0, -700.0}};
    const Vector want{{-39.143946580898776562, -23.025850929990456804,
                       -6.9082552373154707118, -0.93275212956718857189,
                       -0.69319436334600083574, -0.6863410028083851535,
                       -0.45867514538708189102, -0.0067607494494885578259,
                       -4.2483542552915890044e-18, -std::exp(-700.0)}};
    const double first = std::log(1.0 - std::exp(a(0)));
    CHECK(first == -kInfinity);
    double worst_expm1 = 0.0;
    double worst_log1p = 0.0;
    for (Eigen::Index i = 0; i < a.size(); ++i) {
      CAPTURE(a(i));
      CHECK(close(log1m_exp(a(i)), want(i), {.ulps = 4}));
      const double by_expm1 = std::log(-std::expm1(a(i)));
      const double by_log1p = std::log1p(-std::exp(a(i)));
      worst_expm1 = std::max(worst_expm1, std::abs(by_expm1 / want(i) - 1.0));
      if (i > 0) {
        worst_log1p = std::max(worst_log1p, std::abs(by_log1p / want(i) - 1.0));
      }
    }
    // Either formula alone: no digit left at -40, seven lost at -1e-10.
    CHECK(std::log(-std::expm1(-40.0)) == 0.0);
    CHECK(worst_expm1 == 1.0);
    CHECK(worst_log1p > 1e-9);
    EVIDENCE("relative error of log1p(-exp(a)) at its worst", worst_log1p);
    CHECK(log1m_exp(0.0) == -kInfinity);
    CHECK(log1m_exp(-kInfinity) == 0.0);
    // An involution: the complement of the complement.
    for (double p = 0.05; p < 1.0; p += 0.05) {
      CHECK(close(log1m_exp(log1m_exp(std::log(p))), std::log(p),
                  {.rel = 1e-13}));
    }
  }

  TEST_CASE("a_forward_recursion_in_logarithms") {
    const Hmm hmm;
    CHECK(forward(hmm, 677, false) > 0.0);
    CHECK(forward(hmm, 678, false) == 0.0);
    // mpmath 1.2.1, 40 digits.
    const double want = -2197.7910115619590638;
    const double logs = log_forward(hmm, 2000);
    const double scaled = forward(hmm, 2000, true);
    // Every step rounds a number of up to 2198 four times, by 2.3e-13 each.
    const double allowed = 2000 * 4 * 2.3e-13;
    CHECK(close(logs, want, {.abs = allowed}));
    CHECK(close(scaled, want, {.abs = allowed}));
    EVIDENCE("error in logarithms", std::abs(logs - want));
    EVIDENCE("error with rescaling", std::abs(scaled - want));
  }

  TEST_CASE("fast_sum_matches_the_definition") {
    std::mt19937_64 rng(3);
    double worst = 0.0;
    // Around the block length, and with the largest entry anywhere.
    for (const Eigen::Index n :
         {1, 2, 3, 7, 255, 256, 257, 258, 512, 513, 1030}) {
      for (const double spread : {0.1, 3.0, 200.0}) {
        CAPTURE(n);
        CAPTURE(spread);
        const Vector x = spread * gaussian(n, 1, rng).col(0);
        const double want = in_long_double(x);
        // x - top is rounded, at most 2 spread 4 in size, and so is the sum of
        // up to n terms; last, the result itself.
        const double allowed =
            kEpsilon * (8.0 * spread + static_cast<double>(n) / 8.0 + 4.0);
        CHECK(close(log_sum_exp(x), want, {.abs = allowed}));
        CHECK(close(log_sum_exp_reference(x), want, {.abs = 4.0 * allowed}));
        worst = std::max(worst, std::abs(log_sum_exp(x) - want) / allowed);
      }
    }
    EVIDENCE("largest error over allowed", worst);
  }
}

TEST_SUITE("maths/log_sum_exp extra") {
  TEST_CASE("one number is its own log-sum-exp") {
    for (const double x : {-1e300, -0.1, 0.0, 12.5, 1e300}) {
      CHECK(log_sum_exp(Vector::Constant(1, x)) == x);
      CHECK(streamed({x}) == x);
    }
  }

  TEST_CASE("a row of a matrix is an argument") {
    const Matrix Z{{0.0, 1.0}, {-1000.0, -1000.0}};
    CHECK(
        close(log_sum_exp(Z.row(1).transpose()), -1000.0 + kLog2, {.ulps = 1}));
  }

  TEST_CASE("log_add_exp is symmetric") {
    std::mt19937_64 rng(4);
    for (int i = 0; i < 100; ++i) {
      const double a = 10.0 * normal(rng);
      const double b = 10.0 * normal(rng);
      CHECK(log_add_exp(a, b) == log_add_exp(b, a));
      CHECK(close(log_add_exp(a, b), in_long_double(Vector{{a, b}}),
                  {.abs = 20.0 * kEpsilon}));
    }
  }

  TEST_CASE("no features leave the prior") {
    const Vector prior{{std::log(0.25), std::log(0.75)}};
    CHECK(close(log_posterior(prior, Matrix(2, 0)), prior, {.rel = 1e-15}));
  }

  TEST_CASE("NaN and impossible requests are refused") {
    CHECK_THROWS_WITH(log_sum_exp(Vector{{1.0, kNaN, 2.0}}),
                      "log_sum_exp: x(1) is nan");
    CHECK_THROWS_WITH(log_sum_exp_reference(Vector{{1.0, kNaN, kInfinity}}),
                      "log_sum_exp: x(1) is nan");
    CHECK_THROWS_AS(log_sum_exp(Vector{{kInfinity, 1.0, kNaN}}),
                    std::invalid_argument);
    CHECK_THROWS_AS(log_sum_exp(Vector{{kNaN}}), std::invalid_argument);
    CHECK_THROWS_WITH(log_add_exp(kNaN, 1.0),
                      "log_add_exp: got a = nan, b = 1");
    CHECK_THROWS_WITH(log_add_exp(1.0, kNaN),
                      "log_add_exp: got a = 1, b = nan");
    StreamingLogSumExp total;
    total.add(2.0);
    CHECK_THROWS_WITH(total.add(kNaN), "StreamingLogSumExp: got x = nan");
    CHECK(total.value() == 2.0);
    CHECK_THROWS_WITH(softplus(kNaN), "softplus: got x = nan");
    CHECK_THROWS_WITH(log_sigmoid(kNaN), "log_sigmoid: got x = nan");
    CHECK_THROWS_WITH(log1m_exp(1e-3), "log1m_exp: need a <= 0, got 0.001");
    CHECK_THROWS_AS(log1m_exp(kNaN), std::invalid_argument);

    const Vector prior = Vector::Zero(2);
    CHECK_THROWS_WITH(log_posterior(prior, Matrix::Zero(3, 1)),
                      "log_posterior: 2 priors, but 3 classes");
    CHECK_THROWS_WITH(log_posterior(prior, Matrix{{0.0}, {kNaN}}),
                      "log_posterior: a logarithm is nan or inf");
    CHECK_THROWS_AS(log_posterior(Vector{{0.0, kInfinity}}, Matrix::Zero(2, 1)),
                    std::invalid_argument);
    CHECK_THROWS_WITH(log_posterior(prior, Matrix::Constant(2, 1, -kInfinity)),
                      "log_posterior: every class is impossible");
    CHECK_THROWS_AS(log_posterior(Vector(), Matrix(0, 3)),
                    std::invalid_argument);
  }
}
