// Verifies the claims of questions/maths/softmax.md.
#include <whiteboard/maths/softmax.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>
#include <support/finite_differences.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <span>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using namespace whiteboard::maths;
using whiteboard::testing::gaussian;
using whiteboard::testing::largest_difference;
using whiteboard::testing::numerical_gradient;
using whiteboard::testing::numerical_jacobian;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Eq. (1) as it stands, in the precision of its argument: the shortcut.
template <class Row>
Row direct(const Row& z) {
  Row p = z;
  for (auto& x : p) x = std::exp(x);
  return p / p.sum();
}

/// Eq. (1) in long double, whose exp() reaches 11,000: no shift is needed.
Vector in_long_double(const Vector& z) {
  long double total = 0.0L;
  for (const double x : z) total += std::exp(static_cast<long double>(x));
  Vector p(z.size());
  for (Eigen::Index i = 0; i < z.size(); ++i) {
    p(i) =
        static_cast<double>(std::exp(static_cast<long double>(z(i))) / total);
  }
  return p;
}

double entropy(const Vector& p) {
  double h = 0.0;
  for (const double x : p) h -= x > 0.0 ? x * std::log(x) : 0.0;
  return h;
}

/// Z with all its rows turned into probabilities by the kernel.
template <class T>
MatrixOf<T> by_kernel(MatrixOf<T> Z) {
  softmax_rows_in_place<T>(Z);
  return Z;
}

/// The largest error of the kernel over rows of n logits of the given spread,
/// as a multiple of what rounding allows.
template <class T>
double worst_of_kernel(Eigen::Index n, double spread, std::mt19937_64& rng) {
  const MatrixOf<T> Z = (spread * gaussian(3, n, rng)).cast<T>();
  const MatrixOf<T> P = by_kernel<T>(Z);
  // Relative errors in units of epsilon: half of |z - top| for the shift, one
  // for the exponential, one for the last product, n / 8 for the sum (at least
  // four partial sums, each add half an epsilon) and two to spare. Where the
  // exponential is next to its floor, the smallest normal number more.
  const double range = Z.template cast<double>().maxCoeff() -
                       Z.template cast<double>().minCoeff();
  const double epsilon = std::numeric_limits<T>::epsilon();
  const double allowed =
      epsilon * (0.5 * range + 4.0 + static_cast<double>(n) / 8.0);
  const double smallest = 2.0 * std::numeric_limits<T>::min();
  double worst = 0.0;
  for (Eigen::Index i = 0; i < Z.rows(); ++i) {
    const Vector want =
        in_long_double(Z.row(i).transpose().template cast<double>());
    const Vector got = P.row(i).transpose().template cast<double>();
    CHECK(close(got, want, {.abs = smallest, .rel = allowed}));
    for (Eigen::Index j = 0; j < n; ++j) {
      const double error = std::abs(got(j) - want(j));
      worst = std::max(worst, error / (allowed * want(j) + smallest));
    }
  }
  return worst;
}

}  // namespace

TEST_SUITE("maths/softmax") {
  TEST_CASE("shift_changes_nothing") {
    std::mt19937_64 rng(0);
    const Vector z = 3.0 * gaussian(50, 1, rng).col(0);
    const Vector p = softmax(z);
    const Vector shifted = softmax((z.array() + 1e4).matrix());
    // Near 1e4 doubles are 1.8e-12 apart: z moves by half of that, twice.
    CHECK(close(shifted, p, {.rel = 1e-11}));
    CHECK(close(p, in_long_double(z), {.rel = 1e-14}));
    EVIDENCE("largest difference after a shift by 10^4",
             largest_difference(shifted, p));

    // What Eq. (1) does to logits that a network may well produce.
    CHECK(std::isfinite(std::exp(88.72F)));
    CHECK(std::isinf(std::exp(88.73F)));
    CHECK(std::isfinite(std::exp(709.78)));
    CHECK(std::isinf(std::exp(709.79)));
    CHECK(std::isnan(direct(Eigen::RowVectorXf{{88.73F, 0.0F}})(0)));
    CHECK(std::isnan(direct(Vector{{709.79, 0.0}})(0)));
    CHECK(close(by_kernel<float>(MatrixOf<float>{{88.73F, 88.73F}}),
                Matrix{{0.5, 0.5}}));
    CHECK(close(softmax(Vector{{709.79, 709.79}}), Vector{{0.5, 0.5}}));
  }

  TEST_CASE("temperature_goes_from_one_hot_to_uniform") {
    const Vector z{{1.0, 3.0, -2.0, 2.5}};
    CHECK(close(softmax(z, 2.5), in_long_double(z / 2.5), {.rel = 1e-15}));
    // The runner-up is exp(-0.5 / T) behind: e^-500 at T = 0.001.
    CHECK(close(softmax(z, 1e-3), Vector{{0, 1, 0, 0}}, {.abs = 1e-200}));
    CHECK(close(softmax(Vector{{1.0, 3.0, 3.0}}, 1e-3), Vector{{0, 0.5, 0.5}},
                {.abs = 1e-200}));
    // 3 / T overflows, a difference of at most zero over T cannot.
    CHECK(
        close(softmax(Vector{{1.0, 3.0, 3.0}}, 1e-308), Vector{{0, 0.5, 0.5}}));
    // p - 1/4 is at most (range / T) / 4.
    CHECK(close(softmax(z, 1e9), Vector::Constant(4, 0.25), {.abs = 1.3e-9}));

    std::vector<double> entropies;
    for (double log_t = -2.0; log_t <= 6.0; log_t += 0.25) {
      entropies.push_back(entropy(softmax(z, std::exp(log_t))));
    }
    EVIDENCE_SERIES("entropy by log temperature", entropies);
    for (std::size_t i = 1; i < entropies.size(); ++i) {
      CAPTURE(i);
      CHECK(entropies[i] > entropies[i - 1]);
    }
    CHECK(entropies.back() < std::log(4.0));
    CHECK(close(softmax(Vector::Constant(4, 7.0), 0.1),
                Vector::Constant(4, 0.25)));
  }

  TEST_CASE("two_classes_are_the_sigmoid") {
    double worst = 0.0;
    for (double d = -700.0; d <= 700.0; d += 0.37) {
      CAPTURE(d);
      const Vector p = softmax(Vector{{d + 5.0, 5.0}});
      REQUIRE(p.size() == 2);
      const double difference = (d + 5.0) - 5.0;
      const double sigmoid = 1.0 / (1.0 + std::exp(-difference));
      // Two exponentials within an ulp (2.2e-16 each), two sums, a division, a
      // reciprocal and a product of half an ulp: 1e-15.
      CHECK(close(p(0), sigmoid, {.rel = 1e-15}));
      CHECK(close(p(0) + p(1), 1.0, {.ulps = 1}));
      worst = std::max(worst, std::abs(p(0) - sigmoid) / sigmoid);
    }
    EVIDENCE("largest relative difference", worst);
  }

  TEST_CASE("backward_is_the_jacobian_without_the_matrix") {
    std::mt19937_64 rng(1);
    const Eigen::Index n = 12;
    const Vector z = 2.0 * gaussian(n, 1, rng).col(0);
    const Vector dp = gaussian(n, 1, rng).col(0);
    const Vector p = softmax(z);
    const Vector dz = softmax_backward(p, dp);

    Matrix jacobian = -p * p.transpose();
    jacobian.diagonal() += p;
    // At h = 6e-6 max(1, |z|): rounding eps / h, truncation h^2 / 24.
    CHECK(
        close(jacobian,
              numerical_jacobian([](const Vector& x) { return softmax(x); }, z),
              {.abs = 1e-9}));
    CHECK(close(dz, jacobian * dp, {.scale = 1e-14}));
    const Vector numerical = numerical_gradient(
        [&](const Vector& x) { return dp.dot(softmax(x)); }, z);
    CHECK(close(dz, numerical, {.abs = 1e-9}));
    CHECK(close(dz.sum(), 0.0, {.abs = 1e-15}));
    EVIDENCE("largest difference from central differences",
             largest_difference(dz, numerical));

    // The kernel for rows, on three distributions at once.
    const Matrix P = softmax_rows(gaussian(3, n, rng));
    const Matrix dP = gaussian(3, n, rng);
    Matrix in_place = dP;
    softmax_rows_backward_in_place<double>(P, in_place);
    for (Eigen::Index i = 0; i < 3; ++i) {
      Matrix J = -P.row(i).transpose() * P.row(i);
      J.diagonal() += P.row(i).transpose();
      CHECK(close(in_place.row(i), dP.row(i) * J, {.scale = 1e-14}));
    }

    // The elementwise p (1 - p), which is only the diagonal, is far off.
    const Vector diagonal = (p.array() * (1.0 - p.array()) * dp.array());
    CHECK(largest_difference(diagonal, numerical) > 0.01);
  }

  TEST_CASE("log_softmax_is_finite_where_the_log_is_not") {
    const Vector z{{0.0, 800.0}};
    const Vector log_p = log_softmax(z);
    CHECK(close(log_p, Vector{{-800.0, 0.0}}));
    const Vector p = softmax(z);
    REQUIRE(p.size() == 2);
    CHECK(std::log(p(0)) == -kInfinity);
    EVIDENCE_SERIES("log_softmax of (0, 800)", log_p);

    std::mt19937_64 rng(2);
    const Vector y = 5.0 * gaussian(30, 1, rng).col(0);
    // Between them |y - top| < 40 is rounded a few times: 1e-14.
    CHECK(close(log_softmax(y), in_long_double(y).array().log().matrix(),
                {.abs = 5e-14}));
    CHECK(close(log_softmax((y.array() - 1e6).matrix()), log_softmax(y),
                {.abs = 1e-9}));
  }

  TEST_CASE("online_equals_three_passes") {
    std::mt19937_64 rng(3);
    double worst = 0.0;
    for (const double spread : {0.001, 1.0, 100.0}) {
      CAPTURE(spread);
      std::vector<double> z(1000);
      for (double& x : z) x = spread * normal(rng);
      const auto check = [&] {
        const Vector three =
            softmax(Eigen::Map<const Vector>(z.data(), std::ssize(z)));
        const Vector one = softmax_online(z);
        CHECK(close(one, three, {.abs = 1e-15}));
        worst = std::max(worst, largest_difference(one, three));
      };
      check();
      std::sort(z.begin(), z.end());  // every entry is a new maximum
      check();
      std::reverse(z.begin(), z.end());  // none but the first is
      check();
    }
    EVIDENCE("largest difference over nine orders and spreads", worst);
    const std::vector<double> large{-1000.0, 1000.0, 1001.0};
    CHECK(close(softmax_online(large),
                Vector{{0.0, 1.0 / (1.0 + std::exp(1.0)),
                        1.0 / (1.0 + std::exp(-1.0))}},
                {.rel = 1e-15}));
  }

  TEST_CASE("saturation_kills_the_gradient") {
    // Cross-entropy has the gradient p - y, and y is the top class.
    const Vector p = softmax(Vector{{40.0, 0.0}});
    CHECK(close(p(1), std::exp(-40.0), {.rel = 1e-15}));
    CHECK(p(0) == 1.0);  // 1 - 4e-18 rounds to 1
    CHECK(p(1) < 1e-17);
    EVIDENCE("gradient at a gap of 40", p(1));
    // On paper p(0) < 1 always; in doubles until the gap is about 36.7, where
    // e^-gap is half the spacing of doubles below 1.
    CHECK(softmax(Vector{{36.0, 0.0}})(0) < 1.0);
    CHECK(softmax(Vector{{38.0, 0.0}})(0) == 1.0);
    // Exactly 0 takes a gap of 709, not of 40.
    CHECK(softmax(Vector{{700.0, 0.0}})(1) > 0.0);
    CHECK(softmax(Vector{{750.0, 0.0}})(1) == 0.0);
    // The wrong class at the same gap still gets a gradient of 1.
    CHECK(close(p(0) - 0.0, 1.0));
    // Squared error goes through the Jacobian and dies even when wrong.
    const Vector through = softmax_backward(p, Vector{{1.0, -1.0}});
    CHECK(close(through, Vector::Zero(2), {.abs = 1e-17}));
  }

  TEST_CASE("rows_have_their_own_maximum") {
    std::mt19937_64 rng(4);
    Matrix Z = gaussian(4, 7, rng);
    Z.row(1).array() -= 1000.0;
    Z.row(3).array() += 1000.0;
    const Matrix P = softmax_rows(Z);
    REQUIRE(P.rows() == 4);
    for (Eigen::Index i = 0; i < 4; ++i) {
      CAPTURE(i);
      CHECK(close(P.row(i).transpose(), softmax(Z.row(i).transpose()),
                  {.ulps = 1}));
      CHECK(close(P.row(i).transpose(), in_long_double(Z.row(i).transpose()),
                  {.rel = 1e-12}));
      CHECK(close(P.row(i).sum(), 1.0, {.ulps = 4}));
    }

    // One maximum for all rows: the lower ones become 0 / 0.
    Matrix shared = (Z.array() - Z.maxCoeff()).exp();
    for (auto& x : shared.reshaped()) x = x < 1e-300 ? 0.0 : x;
    shared.array().colwise() /= Eigen::ArrayXd(shared.rowwise().sum().array());
    CHECK(shared.row(0).array().isNaN().all());
    EVIDENCE("rows lost to a shared maximum",
             static_cast<double>(shared.col(0).array().isNaN().count()));
  }

  TEST_CASE("masked_entries_are_exactly_zero") {
    // A causal mask, as attention applies it, in the precision it uses.
    const Eigen::Index n = 19;
    std::mt19937_64 rng(5);
    MatrixOf<float> S = gaussian(n, n, rng).cast<float>();
    MatrixOf<float> unmasked = S;
    for (Eigen::Index i = 0; i < n; ++i) {
      S.row(i).tail(n - 1 - i).setConstant(-static_cast<float>(kInfinity));
    }
    const MatrixOf<float> P = by_kernel<float>(S);
    REQUIRE(P.rows() == n);
    for (Eigen::Index i = 0; i < n; ++i) {
      CAPTURE(i);
      CHECK((P.row(i).tail(n - 1 - i).array() == 0.0F).all());
      MatrixOf<float> visible = unmasked.row(i).head(i + 1);
      softmax_rows_in_place<float>(visible);
      // Sums in another order: n roundings of 6e-8.
      CHECK(close(P.block(i, 0, 1, i + 1), visible, {.rel = 2e-6}));
    }
    CHECK(close(softmax(Vector{{-kInfinity, 2.0, -kInfinity}}),
                Vector{{0, 1, 0}}));
    CHECK(softmax_online(std::vector<double>{-kInfinity, 2.0, 2.0})(0) == 0.0);
    CHECK(log_softmax(Vector{{-kInfinity, 2.0}})(0) == -kInfinity);

    // A large negative number instead of -inf is a mask only while every row
    // keeps an unmasked entry; on its own it is shared out evenly.
    CHECK(close(softmax(Vector{{-1e9, -1e9}}), Vector{{0.5, 0.5}}));

    const Vector minus = Vector::Constant(8, -kInfinity);
    EVIDENCE("Eigen's own exp of -inf", minus.array().exp().eval()(0));
  }

  TEST_CASE("fast_rows_match_the_definition") {
    std::mt19937_64 rng(6);
    std::vector<double> in_float;
    std::vector<double> in_double;
    for (const Eigen::Index n : {1, 2, 3, 7, 8, 9, 16, 17, 33, 257, 1000}) {
      for (const double spread : {0.1, 3.0, 40.0}) {
        CAPTURE(n);
        CAPTURE(spread);
        in_float.push_back(worst_of_kernel<float>(n, spread, rng));
        in_double.push_back(worst_of_kernel<double>(n, spread, rng));
      }
    }
    EVIDENCE("largest error over allowed, float",
             *std::max_element(in_float.begin(), in_float.end()));
    EVIDENCE("largest error over allowed, double",
             *std::max_element(in_double.begin(), in_double.end()));

    // And the plain loops agree with it.
    const MatrixOf<float> Z = (3.0 * gaussian(5, 100, rng)).cast<float>();
    MatrixOf<float> reference = Z;
    softmax_rows_reference<float>(reference);
    CHECK(close(by_kernel<float>(Z), reference, {.rel = 5e-6}));
    Matrix wide = gaussian(5, 100, rng);
    const Matrix fast = by_kernel<double>(wide);
    softmax_rows_reference<double>(wide);
    CHECK(close(fast, wide, {.rel = 1e-14}));
  }
}

TEST_SUITE("maths/softmax extra") {
  TEST_CASE("SciPy agrees") {
    // scipy.special.softmax(z), log_softmax(z), softmax(z / 2.5); SciPy 1.10.1.
    const Vector z{{-1.5, 0.3, 2.0, 0.0, 5.5}};
    CHECK(close(
        softmax(z),
        Vector{{0.0008762092094030548, 0.005300756821960461,
                0.02901606397975063, 0.003926897237111227, 0.9608800727517746}},
        {.rel = 2e-15}));
    CHECK(
        close(log_softmax(z),
              Vector{{-7.03990567202221, -5.239905672022211, -3.539905672022211,
                      -5.53990567202221, -0.03990567202221082}},
              {.abs = 2e-15}));
    CHECK(close(
        softmax(z, 2.5),
        Vector{{0.03940669477541007, 0.08095842246830944, 0.15980202734670113,
                0.07180367941152513, 0.6480291759980543}},
        {.rel = 2e-15}));
  }

  TEST_CASE("the exponential is within one ulp and ends in an exact zero") {
    double worst_float = 0.0;
    for (float x = 0.0F; x > -87.3F; x -= 0.0137F) {
      const double truth = std::exp(static_cast<double>(x));
      const double error = std::abs(exp_of_nonpositive(x) - truth) / truth;
      worst_float = std::max(worst_float, error);
    }
    CHECK(worst_float < std::numeric_limits<float>::epsilon());
    double worst = 0.0;
    for (double x = 0.0; x > -708.3; x -= 0.0137) {
      const long double truth = std::exp(static_cast<long double>(x));
      const long double error = std::abs(exp_of_nonpositive(x) - truth) / truth;
      worst = std::max(worst, static_cast<double>(error));
    }
    CHECK(worst < std::numeric_limits<double>::epsilon());
    CHECK(exp_of_nonpositive(0.0) == 1.0);
    CHECK(exp_of_nonpositive(0.0F) == 1.0F);
    CHECK(exp_of_nonpositive(exp_floor<float>) == 0.0F);
    CHECK(exp_of_nonpositive(exp_floor<double>) == 0.0);
  }

  TEST_CASE("the reference is as safe as the kernel") {
    Matrix Z{{1000.0, 1001.0}, {-1000.0, -kInfinity}, {3.0, 3.0}};
    softmax_rows_reference<double>(Z);
    const double top = 1.0 / (1.0 + std::exp(-1.0));
    CHECK(close(Z, Matrix{{1.0 - top, top}, {1.0, 0.0}, {0.5, 0.5}},
                {.rel = 1e-15}));
  }

  TEST_CASE("blocks and maps are changed in place and nothing else is") {
    Matrix Z = Matrix::Constant(4, 6, 3.0);
    softmax_rows_in_place<double>(Z.block(1, 0, 2, 4));
    Matrix want = Matrix::Constant(4, 6, 3.0);
    want.block(1, 0, 2, 4).setConstant(0.25);
    CHECK(close(Z, want));

    std::vector<float> row{5.0F, 5.0F, 9.0F};
    softmax_row(std::span<float>(row).first(2));
    CHECK(close(row, std::vector<double>{0.5, 0.5, 9.0}));
  }

  TEST_CASE("arguments that break the contract are refused") {
    const Vector z{{1.0, 2.0}};
    CHECK_THROWS_WITH(softmax(z, 0.0),
                      "softmax: need 0 < temperature < inf, got 0");
    CHECK_THROWS_AS(softmax(z, -1.0), std::invalid_argument);
    CHECK_THROWS_AS(softmax(z, kInfinity), std::invalid_argument);
    CHECK_THROWS_AS(softmax(z, kNaN), std::invalid_argument);
    CHECK_THROWS_WITH(softmax(Vector()), "softmax: need a logit above -inf");
    CHECK_THROWS_WITH(softmax(Vector{{0.0, kNaN}}), "softmax: logit 1 is nan");
    CHECK_THROWS_WITH(softmax_rows(Matrix{{0.0, 1.0}, {kInfinity, 0.0}}),
                      "softmax_rows: logit 0 is inf");
    CHECK_THROWS_AS(softmax_rows(Matrix{{0.0}, {-kInfinity}}),
                    std::invalid_argument);
    CHECK_THROWS_WITH(log_softmax(Vector{{-kInfinity}}),
                      "log_softmax: need a logit above -inf");
    CHECK_THROWS_WITH(softmax_online({}),
                      "softmax_online: need a logit above -inf");
    CHECK_THROWS_WITH(softmax_backward(z, Vector{{1.0}}),
                      "softmax_backward: 2 probabilities, but 1 gradients");
  }
}
