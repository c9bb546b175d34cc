// Verifies the claims of questions/optimization/adam.md.
#include <whiteboard/optimization/adam.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::optimization;
using whiteboard::testing::gaussian;
using whiteboard::testing::largest_difference;

namespace {

/// f(x) = x'Hx / 2.
double loss(const Matrix& H, const Vector& x) {
  return 0.5 * x.dot(H * x);
}

/// The point after the given number of steps on x'Hx / 2.
template <class Optimizer>
Vector minimise(Optimizer optimizer, const Matrix& H, Vector x, int steps) {
  for (int t = 0; t < steps; ++t) optimizer.step(x, H * x);
  return x;
}

/// Losses of gradient descent, one a step.
Vector descend(const Matrix& H, Vector x, double eta, int steps) {
  Vector losses(steps);
  for (int t = 0; t < steps; ++t) {
    x -= eta * (H * x);
    losses(t) = loss(H, x);
  }
  return losses;
}

/// The first points on x'Hx / 2, one a row.
template <class Optimizer>
Matrix path(Optimizer optimizer, const Matrix& H, Vector x, int steps) {
  Matrix points(steps, x.size());
  for (int t = 0; t < steps; ++t) {
    optimizer.step(x, H * x);
    points.row(t) = x.transpose();
  }
  return points;
}

/// By how much a single weight moves when it sees gradient g.
template <class Optimizer>
double move(Optimizer& optimizer, double g) {
  Vector x = Vector::Zero(1);
  optimizer.step(x, Vector::Constant(1, g));
  return x(0);
}

/// Largest difference between the fused and the textbook step over 20 steps on
/// gradients that change, as a multiple of what rounding allows.
template <class T>
double check_fused_step(Eigen::Index dim, std::mt19937_64& rng) {
  Adam<T> fused(dim, {.eta = 0.01});
  Adam<T> textbook(dim, {.eta = 0.01});
  const Eigen::VectorX<T> start = gaussian(dim, 1, rng).col(0).cast<T>();
  Eigen::VectorX<T> x = start;
  Eigen::VectorX<T> want = start;
  for (int t = 0; t < 20; ++t) {
    const Eigen::VectorX<T> g = gaussian(dim, 1, rng).col(0).cast<T>();
    fused.step(x, g);
    textbook.step_reference(want, g);
  }
  // Per step the update, at most 0.0316, differs by some ten roundings, m's by
  // twenty more where terms cancel; adding it to |x| < 8 rounds twice.
  const double epsilon = std::numeric_limits<T>::epsilon();
  const double allowed = 20.0 * (30.0 * 0.0316 + 8.0) * epsilon;
  CHECK(close(x, want, {.abs = allowed}));
  CHECK(largest_difference(x, start) > 1e-4);  // and both have moved
  return largest_difference(x, want) / allowed;
}

}  // namespace

TEST_SUITE("optimization/adam") {
  TEST_CASE("first_step_is_eta_times_the_sign") {
    std::vector<double> steps;
    for (const double g : {1e6, 1.0, -1e-3, -1e6, 1e-6}) {
      CAPTURE(g);
      Adam adam(1);
      const double step = move(adam, g);
      // eta g / (|g| + epsilon), to a few roundings.
      CHECK(close(step, -1e-3 * g / (std::abs(g) + 1e-8), {.rel = 1e-14}));
      CHECK(close(step, g > 0.0 ? -1e-3 : 1e-3,
                  {.rel = 1e-8 / std::abs(g) + 1e-14}));
      steps.push_back(step);
    }
    EVIDENCE_SERIES("first step at g = 1e6, 1, -1e-3, -1e6, 1e-6", steps);
    Adam adam(1);
    CHECK(move(adam, 0.0) == 0.0);
  }

  TEST_CASE("without_correction_the_first_step_is_too_large") {
    Adam plain(1, {.epsilon = 0.0, .bias_correction = false});
    const double step = move(plain, 2.5);
    // (1 - beta1) g over sqrt((1 - beta2) g^2).
    CHECK(close(-step / 1e-3, 0.1 / std::sqrt(0.001), {.rel = 1e-13}));
    CHECK(close(-step / 1e-3, 3.1623, {.abs = 5e-5}));
    EVIDENCE("first step without correction in units of eta", -step / 1e-3);

    // And the next ones are larger still, while corrected ones are eta each.
    Adam corrected(1, {.epsilon = 0.0});
    std::vector<double> uncorrected_steps;
    for (int t = 1; t <= 20; ++t) {
      CHECK(close(move(corrected, 2.5), -1e-3, {.rel = 1e-12}));
      if (t > 1) uncorrected_steps.push_back(-move(plain, 2.5) / 1e-3);
    }
    EVIDENCE_SERIES("steps 2 to 20 without correction, in units of eta",
                    uncorrected_steps);
    CHECK(*std::max_element(uncorrected_steps.begin(),
                            uncorrected_steps.end()) > 6.0);
  }

  TEST_CASE("a_rare_gradient_moves_further_than_eta") {
    Adam adam(1);
    for (int t = 0; t < 40'000; ++t) {
      CHECK_UNARY(move(adam, 0.0) == 0.0);
    }
    // 1 - beta2^t is 1 to 4e-18 by now; epsilon over sqrt(0.001) is 3e-7.
    double moved = move(adam, 1.0);
    CHECK(close(-moved / 1e-3, 0.1 / std::sqrt(0.001), {.rel = 1e-6}));
    EVIDENCE("step at the rare gradient in units of eta", -moved / 1e-3);
    // m decays by 0.9 a step, the root of v by 0.9995: 10 such steps in all.
    for (int t = 0; t < 200; ++t) moved += move(adam, 0.0);
    CHECK(close(-moved / 1e-3, 3.1623 / (1.0 - 0.9 / std::sqrt(0.999)),
                {.rel = 1e-4}));
    EVIDENCE("all that it moves the weight, in units of eta", -moved / 1e-3);

    Adam steady(1);
    for (int t = 0; t < 2000; ++t) CHECK_UNARY(-move(steady, 0.7) <= 1e-3);
  }

  TEST_CASE("the_units_of_the_loss_do_not_matter") {
    const Matrix H{{3.0, 1.0}, {1.0, 10.0}};
    const Vector x0{{1.0, -2.0}};
    // Powers of two scale every intermediate result exactly.
    const AdamOptions exact{.eta = 0.01, .epsilon = 0.0};
    CHECK(close(path(Adam(2, exact), 1024.0 * H, x0, 200),
                path(Adam(2, exact), H, x0, 200)));
    // Otherwise up to epsilon / |g| per step, and rounding. Close to the
    // minimum the direction of a tiny gradient could differ: stop before.
    const AdamOptions usual{.eta = 0.01};
    const Matrix scaled = path(Adam(2, usual), 1000.0 * H, x0, 50);
    const Matrix path_of_f = path(Adam(2, usual), H, x0, 50);
    CHECK(close(scaled, path_of_f, {.abs = 1e-7}));
    CHECK(largest_difference(path_of_f.row(0), path_of_f.row(49)) > 0.1);
    EVIDENCE("largest difference of the paths at 1000 f",
             largest_difference(scaled, path_of_f));

    // Gradient descent on x^2 / 2 multiplies x by 1 - 0.01 or by 1 - 10.
    const Matrix one = Matrix::Ones(1, 1);
    CHECK(descend(one, Vector::Ones(1), 0.01, 500)(499) < 1e-4);
    CHECK(descend(1000.0 * one, Vector::Ones(1), 0.01, 20)(19) > 1e30);
  }

  TEST_CASE("a_rotation_of_the_problem_matters") {
    const Matrix D{{1.0, 0.0}, {0.0, 1000.0}};
    const double c = std::sqrt(0.5);
    const Matrix R{{c, -c}, {c, c}};
    const Matrix H = R * D * R.transpose();
    const Vector x0{{1.0, 1.0}};
    const Vector rotated_x0 = R * x0;

    const double aligned =
        loss(D, minimise(Adam(2, {.eta = 0.01}), D, x0, 300));
    const double rotated =
        loss(H, minimise(Adam(2, {.eta = 0.01}), H, rotated_x0, 300));
    EVIDENCE("loss after 300 steps, axes aligned", aligned);
    EVIDENCE("loss after 300 steps, rotated by 45 degrees", rotated);
    CHECK(aligned < 1e-4);
    CHECK(rotated > 0.4);
    // NumPy 1.24.2, the same formulas: 1.6711854572e-05 and 0.49133373950.
    CHECK(close(aligned, 1.6711854572e-05, {.rel = 1e-6}));
    CHECK(close(rotated, 0.49133373950, {.rel = 1e-6}));

    CHECK(close(descend(H, rotated_x0, 1e-3, 300), descend(D, x0, 1e-3, 300),
                {.scale = 1e-10}));
  }

  TEST_CASE("ten_steps_agree_with_the_published_formulas") {
    // x'Hx / 2 from (1, -2) with eta = 0.1: the update of torch.optim.Adam (and
    // of Adamax; NAdam with a constant beta1), evaluated with 60 digits by
    // mpmath 1.2.1 on the doubles nearest to the options.
    const Matrix adam{{0.90000000099999998, -1.9000000000526316},
                      {0.80118742164979247, -1.8001558406827912},
                      {0.70485460584723143, -1.7005830772099416},
                      {0.61279528304012401, -1.6014068750692535},
                      {0.52730591084376239, -1.5027629395151447},
                      {0.45096052534917019, -1.4047986907279922},
                      {0.3860888502786068, -1.3076746234283531},
                      {0.33412364505474639, -1.2115656255119624},
                      {0.29519013498045136, -1.1166618991643403},
                      {0.26815629030018147, -1.0231691630108545}};
    const Matrix adamax{{0.90000000099999998, -1.9000000000526316},
                        {0.81043675428236821, -1.8023954703678221},
                        {0.73061243367422654, -1.7072479624333587},
                        {0.65980958232761171, -1.6146148008755674},
                        {0.59729854429749701, -1.5245486771132312},
                        {0.54234507033244845, -1.4370972677053477},
                        {0.49421795884243209, -1.3523028826490885},
                        {0.45219658916390646, -1.2702021485951442},
                        {0.4155782041774598, -1.1908257315484519},
                        {0.3836848031609306, -1.1141981031190459}};
    const Matrix nadam{{0.85263158042105261, -1.8526315790249307},
                       {0.74811198223506002, -1.738996148498357},
                       {0.65693007013490551, -1.6339995108188577},
                       {0.57525327113273154, -1.5328605054878479},
                       {0.50295941161948006, -1.4340983884062511},
                       {0.44065880002617641, -1.3371753571926738},
                       {0.38871227080739881, -1.2419140666271303},
                       {0.3468058801150389, -1.1483042631746718},
                       {0.31388870445659081, -1.0564249651465054},
                       {0.28835090156386916, -0.96640818354210491}};
    const Matrix H{{3.0, 1.0}, {1.0, 10.0}};
    const Vector x0{{1.0, -2.0}};
    const AdamOptions options{.eta = 0.1};
    const Matrix got = path(Adam(2, options), H, x0, 10);
    CHECK(close(got, adam, {.abs = 1e-12}));
    CHECK(close(path(AdaMax(2, options), H, x0, 10), adamax, {.abs = 1e-12}));
    CHECK(close(path(NAdam(2, options), H, x0, 10), nadam, {.abs = 1e-12}));
    EVIDENCE_SERIES("x(0) over ten steps", got.col(0));
    EVIDENCE("largest difference from the table",
             largest_difference(got, adam));
  }

  TEST_CASE("adamax_bounds_every_step") {
    // Eq. (6): |m_hat| is at most u times the sum of (1 - beta1) (beta1 /
    // beta2)^k over k, 1.0091 at the defaults.
    const double bound = 0.1 / (1.0 - 0.9 / 0.999);
    AdaMax rare(1);
    for (int t = 0; t < 5000; ++t) move(rare, 0.0);
    const double step = -move(rare, 1.0) / 1e-3;
    CHECK(close(step, 0.1, {.rel = 1e-6}));
    EVIDENCE("step at a rare gradient in units of eta", step);

    double largest = 0.0;
    std::mt19937_64 rng(0);
    AdaMax adamax(1);
    for (int t = 0; t < 5000; ++t) {
      // Steps over six orders of magnitude, with runs of the same sign.
      const double size = std::pow(10.0, uniform(-3.0, 3.0, rng));
      const double g = t / 100 % 2 == 0 ? size : -size;
      largest = std::max(largest, std::abs(move(adamax, g)) / 1e-3);
    }
    CHECK(largest > 0.1);
    CHECK(largest <= bound);
    // A gradient that shrinks by beta2 a step comes as close as one likes.
    AdaMax shrinking(1, {.epsilon = 0.0});
    double last = 0.0;
    for (int t = 0; t < 300; ++t) {
      last = -move(shrinking, std::pow(0.999, t)) / 1e-3;
    }
    CHECK(close(last, bound, {.rel = 1e-9}));
    EVIDENCE("largest step of AdaMax in units of eta", last);
  }

  TEST_CASE("nadam_starts_half_as_far_again") {
    for (const double g : {1e3, -0.2}) {
      NAdam nadam(1, {.epsilon = 0.0});
      // beta1 / (1 + beta1) of m one step ahead, and the gradient itself.
      const double step = move(nadam, g) / (g > 0.0 ? -1e-3 : 1e-3);
      CHECK(close(step, 1.0 + 0.9 / 1.9, {.rel = 1e-13}));
      EVIDENCE("first step of NAdam in units of eta", step);
      double last = 0.0;
      for (int t = 0; t < 300; ++t) last = move(nadam, g);
      CHECK(close(std::abs(last), 1e-3, {.rel = 1e-12}));
    }
  }

  TEST_CASE("the_fused_step_is_the_textbook_step") {
    std::mt19937_64 rng(1);
    double worst_float = 0.0;
    double worst_double = 0.0;
    // Around the block length of the fused pass, and its multiples.
    for (const Eigen::Index dim : {1, 3, 511, 512, 513, 1024, 1500}) {
      CAPTURE(dim);
      worst_float = std::max(worst_float, check_fused_step<float>(dim, rng));
      worst_double = std::max(worst_double, check_fused_step<double>(dim, rng));
    }
    EVIDENCE("largest difference over allowed, float", worst_float);
    EVIDENCE("largest difference over allowed, double", worst_double);
  }
}

TEST_SUITE("optimization/adam extra") {
  TEST_CASE("t counts the steps of this object alone") {
    Adam first(1);
    for (int t = 0; t < 5; ++t) move(first, 1.0);
    Adam second(1);
    CHECK(first.t() == 5);
    CHECK(second.t() == 0);
    CHECK(close(move(second, 1.0), -1e-3, {.rel = 1e-7}));
    CHECK(second.t() == 1);
  }

  TEST_CASE("both forms of the step without correction agree") {
    const AdamOptions options{.eta = 0.1, .bias_correction = false};
    Adam fused(2, options);
    Adam textbook(2, options);
    Vector x{{1.0, -2.0}};
    Vector want = x;
    for (int t = 0; t < 5; ++t) {
      fused.step(x, 3.0 * x);
      textbook.step_reference(want, 3.0 * want);
    }
    CHECK(close(x, want, {.rel = 1e-14}));
  }

  TEST_CASE("a NaN in the gradient stays with its weight and no other") {
    Adam adam(2);
    Vector x = Vector::Zero(2);
    adam.step(x, Vector{{std::nan(""), 1.0}});
    adam.step(x, Vector{{1.0, 1.0}});
    CHECK(std::isnan(x(0)));
    CHECK(close(x(1), -2e-3, {.rel = 1e-6}));
  }

  TEST_CASE("betas of zero make it sign descent") {
    Adam adam(3, {.eta = 0.5, .beta1 = 0.0, .beta2 = 0.0, .epsilon = 0.0});
    Vector x{{1.0, 1.0, 1.0}};
    adam.step(x, Vector{{3.0, -1e-9, 1e9}});
    CHECK(close(x, Vector{{0.5, 1.5, 0.5}}));
  }

  TEST_CASE("no weights are no problem") {
    Adam adam(0);
    Vector x;
    adam.step(x, Vector());
    CHECK(adam.t() == 1);
  }

  TEST_CASE("arguments that break the contract are refused") {
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK_THROWS_WITH(Adam(1, {.eta = 0.0}),
                      "Adam: need a finite eta > 0, got 0");
    CHECK_THROWS_AS(Adam(1, {.eta = infinity}), std::invalid_argument);
    CHECK_THROWS_WITH(Adam(1, {.beta1 = 1.0}),
                      "Adam: need 0 <= beta1 < 1, got 1");
    CHECK_THROWS_AS(Adam(1, {.beta1 = -0.1}), std::invalid_argument);
    CHECK_THROWS_WITH(Adam(1, {.beta2 = 1.0}),
                      "Adam: need 0 <= beta2 < 1, got 1");
    CHECK_THROWS_AS(Adam(1, {.beta2 = -0.1}), std::invalid_argument);
    CHECK_THROWS_WITH(Adam(1, {.epsilon = -1.0}),
                      "Adam: need a finite epsilon >= 0, got -1");
    CHECK_THROWS_AS(Adam(1, {.epsilon = infinity}), std::invalid_argument);
    CHECK_THROWS_WITH(Adam(-1), "Adam: need dim >= 0, got -1");
    CHECK_THROWS_AS(AdaMax(1, {.eta = -1.0}), std::invalid_argument);
    CHECK_THROWS_AS(NAdam(1, {.eta = -1.0}), std::invalid_argument);

    Vector two = Vector::Zero(2);
    Vector three = Vector::Zero(3);
    Adam adam(2);
    CHECK_THROWS_WITH(adam.step(three, two),
                      "Adam: made for 2 weights, got 3 and a gradient of 2");
    CHECK_THROWS_AS(adam.step(two, three), std::invalid_argument);
    CHECK_THROWS_AS(adam.step_reference(three, three), std::invalid_argument);
    CHECK(adam.t() == 0);
    AdaMax adamax(2);
    CHECK_THROWS_AS(adamax.step(three, two), std::invalid_argument);
    CHECK_THROWS_AS(adamax.step(two, three), std::invalid_argument);
    NAdam nadam(2);
    CHECK_THROWS_AS(nadam.step(three, two), std::invalid_argument);
    CHECK_THROWS_AS(nadam.step(two, three), std::invalid_argument);
  }
}
