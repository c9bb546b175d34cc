// Verifies the claims of questions/coding/log_loss.md.
#include <whiteboard/coding/log_loss.hpp>

#include <support/claims.hpp>
#include <support/finite_differences.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::log_loss;
using whiteboard::testing::numerical_gradient;

namespace {

using Classes = std::vector<int>;
using Numbers = std::vector<double>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Both terms as in the textbook, for one sample, in any precision.
template <class Real>
Real both_terms(Real y, Real p) {
  return -(y * std::log(p) + (Real{1} - y) * std::log(Real{1} - p));
}

}  // namespace

TEST_SUITE("coding/log_loss") {
  TEST_CASE("documented_example") {
    const double loss =
        log_loss(Classes{1, 0, 0, 1}, Numbers{0.9, 0.1, 0.2, 0.65});
    EVIDENCE("log loss", loss);
    CHECK(close(loss, 0.216162, {.abs = 5e-7}));  // rounded to six places
    CHECK(close(log_loss(Classes{1, 0}, Numbers{0.8, 0.5}), 0.4581,
                {.abs = 5e-5}));
    // A coin costs one bit, whatever happens: ln 2.
    CHECK(close(log_loss(Classes{1, 0, 0}, Numbers(3, 0.5)), 0.6931471805599453,
                {.ulps = 4.0}));
  }

  TEST_CASE("base_rate_is_the_best_constant") {
    const Classes y{1, 1, 1, 0, 0, 0, 0, 0, 0, 0};
    const double entropy = 0.610864302054894;  // of (0.3, 0.7) in nats
    Numbers curve;
    for (int step = 1; step <= 99; ++step) {
      const double p = step / 100.0;
      CAPTURE(p);
      const double loss = log_loss(y, Numbers(10, p));
      if (step == 30) {
        CHECK(close(loss, entropy, {.ulps = 8.0}));
      } else {
        CHECK(loss > entropy + 1e-4);  // a step away costs 2.4e-4
      }
      if (step % 5 == 0) curve.push_back(loss);
    }
    EVIDENCE_SERIES("loss of the constants 0.05, 0.10, ..., 0.95", curve);
  }

  TEST_CASE("certain_and_wrong_costs_what_eps_says") {
    // -ln(1e-15) = 15 ln 10.
    CHECK(close(log_loss(Classes{1}, Numbers{0.0}), 34.538776394910684,
                {.ulps = 2.0}));
    CHECK(close(log_loss(Classes{1}, Numbers{0.0}, 1e-7), 16.11809565095832,
                {.ulps = 2.0}));
    CHECK(log_loss(Classes{1}, Numbers{0.0}, 0.0) == kInfinity);
    CHECK(log_loss(Classes{0}, Numbers{1.0}, 0.0) == kInfinity);
    // One such error among a thousand good predictions of 0.99.
    Numbers p(1000, 0.99);
    p[500] = 0.0;
    const double loss = log_loss(Classes(1000, 1), p);
    EVIDENCE("one among a thousand, 1e-15", loss);
    EVIDENCE("the same, 1e-7", log_loss(Classes(1000, 1), p, 1e-7));
    CHECK(close(loss, (34.538776394910684 - 999.0 * std::log(0.99)) / 1000.0,
                {.rel = 1e-12}));
  }

  TEST_CASE("both_errors_cost_the_same") {
    const double missed = log_loss(Classes{1}, Numbers{0.0});
    const double alarm = log_loss(Classes{0}, Numbers{1.0});
    CHECK(close(alarm, missed, {.ulps = 2.0}));
    CHECK(close(log_loss(Classes{1}, Numbers{0.2}, 0.25), std::log(4.0),
                {.ulps = 2.0}));
    CHECK(close(log_loss(Classes{0}, Numbers{0.8}, 0.25), std::log(4.0),
                {.ulps = 2.0}));
    // And the best is clipped as the worst is: -ln(0.75).
    CHECK(close(log_loss(Classes{1, 0}, Numbers{1.0, 0.0}, 0.25),
                std::log(4.0 / 3.0), {.ulps = 4.0}));

    // The shortcut clips p: the nearest double to 1 - 1e-15 is 9 / 2^53 away.
    const double clipped = 1.0 - 1e-15;
    CHECK(1.0 - clipped == 9.0 * 0x1p-53);
    EVIDENCE("cost of a certain false alarm", alarm);
    EVIDENCE("the same, clipping p", -std::log(1.0 - clipped));
    CHECK(-std::log(1.0 - clipped) - missed > 7e-4);
  }

  TEST_CASE("same_clip_fails_in_float") {
    // A float model that is certain of a false alarm: p = 1.0F.
    CHECK(1.0F - 1e-15F == 1.0F);
    CHECK(std::log(1.0F - (1.0F - 1e-15F)) ==
          -std::numeric_limits<float>::infinity());
    const float gap = 1.0F - std::nextafter(1.0F, 0.0F);
    CHECK(gap == 0x1p-24F);  // 5.96e-8
    const double loss = log_loss(Classes{0}, Numbers{double{1.0F}});
    CHECK(std::isfinite(loss));
    CHECK(loss > 34.0);
    // What float can say at most: -ln(2^-24).
    const double bound = log_loss(Classes{0}, Numbers{1.0 - double{gap}});
    CHECK(close(bound, 24.0 * 0.6931471805599453, {.ulps = 4.0}));
    EVIDENCE("largest finite loss of a float probability", bound);
  }

  TEST_CASE("accuracy_does_not_see_confidence") {
    const Classes y{1, 0, 1, 0};
    const double sure = log_loss(y, Numbers{0.99, 0.01, 0.99, 0.01});
    const double timid = log_loss(y, Numbers{0.51, 0.49, 0.51, 0.49});
    // Both sets of predictions are right at the threshold 0.5.
    CHECK(close(sure, 0.0100503358535014, {.rel = 1e-13}));
    CHECK(close(timid, 0.673344553263766, {.rel = 1e-13}));
    EVIDENCE("p = 0.99", sure);
    EVIDENCE("p = 0.51", timid);
  }

  TEST_CASE("certain_and_right_is_free_not_nan") {
    CHECK(log_loss(Classes{1, 0}, Numbers{1.0, 0.0}, 0.0) == 0.0);
    CHECK(log_loss(Classes{1, 0}, Numbers{1.0, 0.0}) < 1.2e-15);
    // Beside a coin it leaves the mean at half of ln 2.
    CHECK(close(log_loss(Classes{1, 0}, Numbers{1.0, 0.5}, 0.0),
                0.34657359027997264, {.ulps = 4.0}));
    // 0 log 0 of the term that is switched off.
    CHECK(std::isnan(both_terms(1.0, 1.0)));
    CHECK(close(both_terms(1.0, 0.8), std::log(1.25), {.ulps = 2.0}));
  }

  TEST_CASE("small_probabilities_keep_their_digits") {
    // -ln(1 - p) = p + p^2 / 2 + ...
    CHECK(close(log_loss(Classes{0}, Numbers{1e-10}), 1.00000000005e-10,
                {.rel = 1e-15}));
    CHECK(close(log_loss(Classes{0}, Numbers{1e-20}, 0.0), 1e-20,
                {.rel = 1e-15}));
    EVIDENCE("from log1p", log_loss(Classes{0}, Numbers{1e-10}));
    EVIDENCE("from log of 1 - p", -std::log(1.0 - 1e-10));
    CHECK(std::abs(-std::log(1.0 - 1e-10) / 1e-10 - 1.0) > 8e-8);
    CHECK(std::log(1.0 - 1e-20) == 0.0);
  }

  TEST_CASE("gradient_in_the_logit_is_p_minus_y") {
    const Classes y{1, 0, 1, 0};
    const Vector z{{2.0, -1.0, -3.0, 0.5}};
    const auto probabilities = [](const Vector& logits) {
      Numbers p;
      for (const double logit : logits) {
        p.push_back(1.0 / (1.0 + std::exp(-logit)));
      }
      return p;
    };
    const Vector gradient = numerical_gradient(
        [&](const Vector& logits) {
          return log_loss(y, probabilities(logits));
        },
        z);
    const Numbers p = probabilities(z);
    Vector want(4);
    for (Eigen::Index i = 0; i < 4; ++i) {
      const auto at = static_cast<std::size_t>(i);
      want(i) = (p[at] - y[at]) / 4.0;
    }
    EVIDENCE_SERIES("gradient", gradient);
    // Third derivatives are below 0.1 / 4: h^2 / 6 of that is 5e-11 at
    // h = 2e-5. Rounding: 10 u of a loss of 1.1 over h = 6e-6 is 2e-10.
    CHECK(close(gradient, want, {.abs = 5e-10}));
  }

  TEST_CASE("what_is_no_probability_is_refused") {
    CHECK(log_loss(Classes{1}, Numbers{1.0}) < 1.2e-15);
    const double half = 0.5;
    CHECK_THROWS_AS(log_loss(Classes{1}, Numbers{1.0 + 1e-15}),
                    std::invalid_argument);
    CHECK_THROWS_AS(log_loss(Classes{1}, Numbers{-1e-300}),
                    std::invalid_argument);
    CHECK_THROWS_AS(log_loss(Classes{0}, Numbers{kNaN}), std::invalid_argument);
    CHECK_THROWS_AS(log_loss(Classes{2}, Numbers{half}), std::invalid_argument);
    CHECK_THROWS_AS(log_loss(Classes{-1}, Numbers{half}),
                    std::invalid_argument);
    CHECK_THROWS_AS(log_loss(Classes{1, 0}, Numbers{half}),
                    std::invalid_argument);
    CHECK_THROWS_AS(log_loss(Classes{1}, Numbers{half, half}),
                    std::invalid_argument);
    CHECK_THROWS_AS(log_loss(Classes{}, Numbers{}), std::invalid_argument);
  }
}

TEST_SUITE("coding/log_loss extra") {
  TEST_CASE("arguments that break the contract are refused") {
    CHECK_THROWS_WITH(log_loss(Classes{1, 0}, Numbers{0.5}),
                      "log_loss: 2 labels, but 1 probabilities");
    CHECK_THROWS_WITH(log_loss(Classes{}, Numbers{}),
                      "log_loss: need n >= 1, got n = 0");
    CHECK_THROWS_WITH(log_loss(Classes{1, 3}, Numbers{0.5, 0.5}),
                      "log_loss: label 1 is 3");
    CHECK_THROWS_WITH(log_loss(Classes{1}, Numbers{1.5}),
                      "log_loss: probability 0 is 1.5");
    CHECK_THROWS_WITH(log_loss(Classes{1}, Numbers{kNaN}),
                      "log_loss: probability 0 is nan");
    CHECK_THROWS_WITH(log_loss(Classes{1}, Numbers{0.5}, 0.5),
                      "log_loss: need 0 <= eps < 0.5, got eps = 0.5");
    CHECK_THROWS_AS(log_loss(Classes{1}, Numbers{0.5}, -1e-15),
                    std::invalid_argument);
    CHECK_THROWS_AS(log_loss(Classes{1}, Numbers{0.5}, kNaN),
                    std::invalid_argument);
  }

  TEST_CASE("probabilities inside the limits are not touched") {
    CHECK(close(log_loss(Classes{1}, Numbers{1e-14}), 14.0 * std::log(10.0),
                {.ulps = 2.0}));
    CHECK(close(log_loss(Classes{1}, Numbers{5e-324}, 0.0),
                1074.0 * std::log(2.0), {.ulps = 2.0}));
  }
}
