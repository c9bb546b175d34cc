// Verifies the claims of questions/coding/lstm_cell.md.
#include <whiteboard/coding/lstm_cell.hpp>

#include <support/claims.hpp>
#include <support/data.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace whiteboard;
using coding::lstm_cell;
using coding::LstmState;
using coding::rnn_cell;
using whiteboard::testing::gaussian;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Cell {
  Matrix W;
  Matrix U;
  Vector b;
};

Cell random_cell(Eigen::Index d, Eigen::Index k, std::mt19937_64& rng) {
  return {gaussian(4 * k, d, rng), gaussian(4 * k, k, rng),
          gaussian(4 * k, 1, rng).col(0)};
}

LstmState step(const Vector& x, const LstmState& s, const Cell& cell) {
  return lstm_cell(x, s, cell.W, cell.U, cell.b);
}

/// One unit without weights: the gates are what their biases say.
LstmState run(double c, int steps, double input, double forget,
              double candidate, double output) {
  const Cell cell{Matrix::Zero(4, 1), Matrix::Zero(4, 1),
                  Vector{{input, forget, candidate, output}}};
  LstmState s{Vector::Zero(1), Vector{{c}}};
  for (int t = 0; t < steps; ++t) {
    s = step(Vector{{1.0}}, s, cell);
    REQUIRE(s.h.size() == 1);
    REQUIRE(s.c.size() == 1);
  }
  return s;
}

long double sigmoid(long double z) {
  return 1.0L / (1.0L + std::exp(-z));
}

/// The equations, one unit and one gate at a time.
LstmState by_hand(const Vector& x, const LstmState& s, const Cell& cell) {
  const Eigen::Index k = s.h.size();
  const auto z = [&](Eigen::Index row) {
    long double sum = cell.b(row);
    for (Eigen::Index j = 0; j < x.size(); ++j) sum += cell.W(row, j) * x(j);
    for (Eigen::Index j = 0; j < k; ++j) sum += cell.U(row, j) * s.h(j);
    return sum;
  };
  LstmState next{Vector(k), Vector(k)};
  for (Eigen::Index u = 0; u < k; ++u) {
    const long double input = sigmoid(z(u));
    const long double forget = sigmoid(z(k + u));
    const long double candidate = std::tanh(z(2 * k + u));
    const long double output = sigmoid(z(3 * k + u));
    const long double c = forget * s.c(u) + input * candidate;
    next.c(u) = static_cast<double>(c);
    next.h(u) = static_cast<double>(output * std::tanh(c));
  }
  return next;
}

/// A plain RNN of one unit, weight u, without input.
double rnn(double h, int steps, double u) {
  Vector state{{h}};
  for (int t = 0; t < steps; ++t) {
    state = rnn_cell(Vector{{0.0}}, state, Matrix{{1.0}}, Matrix{{u}},
                     Vector{{0.0}});
    REQUIRE(state.size() == 1);
  }
  return state(0);
}

}  // namespace

TEST_SUITE("coding/lstm_cell") {
  TEST_CASE("gates_at_rest_are_half_open") {
    const LstmState s = run(1.0, 1, 0.0, 0.0, 0.0, 0.0);
    CHECK(s.c(0) == 0.5);
    CHECK(close(s.h(0), 0.23105857863000487, {.rel = 1e-15}));  // tanh(.5) / 2
    EVIDENCE("h", s.h(0));
  }

  TEST_CASE("matches_the_equations_gate_by_gate") {
    std::mt19937_64 rng(0);
    for (const Eigen::Index d : {1, 3}) {
      for (const Eigen::Index k : {1, 2, 5}) {
        CAPTURE(d);
        CAPTURE(k);
        const Cell cell = random_cell(d, k, rng);
        LstmState got{gaussian(k, 1, rng).col(0), gaussian(k, 1, rng).col(0)};
        LstmState want = got;
        for (int t = 0; t < 5; ++t) {
          const Vector x = gaussian(d, 1, rng).col(0);
          got = step(x, got, cell);
          want = by_hand(x, want, cell);
        }
        // Five steps, each with sums of up to nine terms of size 10.
        CHECK(close(got.c, want.c, {.abs = 1e-13}));
        CHECK(close(got.h, want.h, {.abs = 1e-13}));
      }
    }
  }

  TEST_CASE("every_one_of_4k_times_d_k_1_parameters_matters") {
    std::mt19937_64 rng(1);
    const Eigen::Index d = 3;
    const Eigen::Index k = 2;
    Cell cell = random_cell(d, k, rng);
    cell.W *= 0.3;  // no gate so far shut that a nudge is lost in rounding
    cell.U *= 0.3;
    cell.b *= 0.3;
    const Vector x = gaussian(d, 1, rng).col(0);
    const LstmState s{gaussian(k, 1, rng).col(0), gaussian(k, 1, rng).col(0)};
    const LstmState before = step(x, s, cell);
    int matter = 0;
    const auto nudge = [&](Cell& changed, double& parameter) {
      parameter += 1e-3;
      const LstmState after = step(x, s, changed);
      parameter -= 1e-3;
      matter += (after.h - before.h).cwiseAbs().maxCoeff() > 1e-9 ? 1 : 0;
    };
    Cell changed = cell;
    for (double& p : changed.W.reshaped()) nudge(changed, p);
    for (double& p : changed.U.reshaped()) nudge(changed, p);
    for (double& p : changed.b) nudge(changed, p);
    EVIDENCE("parameters that change h", matter);
    CHECK(matter == 4 * k * (d + k + 1));
    CHECK(matter == 48);
    // A plain RNN of that size takes a quarter, and no more.
    const Matrix W = Matrix::Ones(k, d);
    const Matrix U = Matrix::Ones(k, k);
    CHECK(rnn_cell(x, s.h, W, U, Vector::Ones(k)).size() == k);
    CHECK(4 * (W.size() + U.size() + k) == matter);
  }

  TEST_CASE("closed_cell_keeps_its_value_for_ever") {
    // sigmoid(40) is exactly 1, and sigmoid(-40) times anything below 1 is
    // less than half a unit in the last place of 0.5.
    const LstmState s = run(0.5, 1000, -40.0, 40.0, 3.0, 0.0);
    CHECK(s.c(0) == 0.5);
    EVIDENCE("cell after 1000 steps", s.c(0));
    // An output gate that is shut hides it and harms it not.
    const LstmState hidden = run(0.5, 1000, -40.0, 40.0, 3.0, -40.0);
    CHECK(hidden.c(0) == 0.5);
    CHECK(std::abs(hidden.h(0)) < 1e-17);
  }

  TEST_CASE("cell_gradient_is_the_product_of_forget_gates") {
    // sigmoid(log 9) = 0.9. Without weights the cell is linear in its start,
    // so the central difference is exact but for rounding.
    const double forget = std::log(9.0);
    const auto end = [&](double c) {
      return run(c, 100, -1.0, forget, 0.5, 0.0).c(0);
    };
    const double gradient = (end(1.5) - end(0.5)) / 1.0;
    EVIDENCE("d c(100) / d c(0)", gradient);
    // Values below 1.5, rounded to 2e-16 a step; 0.9 forgets all but ten steps
    // of that, in each of the two ends.
    CHECK(close(gradient, std::pow(0.9, 100), {.abs = 1e-14}));
    CHECK(close(gradient, 2.656e-5, {.abs = 5e-9}));
  }

  TEST_CASE("plain_rnn_forgets_or_saturates") {
    // Slope of tanh at most 1: each step shrinks a difference by 0.9.
    std::vector<double> differences;
    for (int t = 0; t <= 100; t += 10) {
      differences.push_back(rnn(0.6, t, 0.9) - rnn(0.4, t, 0.9));
      CHECK(std::abs(differences.back()) <= 0.2 * std::pow(0.9, t) + 1e-16);
    }
    EVIDENCE_SERIES("difference of two states at weight 0.9", differences);
    CHECK(differences[0] > 0.19);
    CHECK(differences[1] > 0.0);
    // At weight 1 the state decays like sqrt(3 / (2 t)), whatever it was.
    CHECK(close(rnn(0.5, 10000, 1.0), std::sqrt(1.5e-4), {.rel = 0.01}));
    CHECK(close(rnn(0.9, 10000, 1.0), std::sqrt(1.5e-4), {.rel = 0.01}));
    // At weight 2 it ends at the root of h = tanh(2 h): one bit is left.
    for (const double h : {0.1, 0.5, 0.9}) {
      CHECK(close(rnn(h, 1000, 2.0), 0.9575040, {.abs = 5e-8}));
      CHECK(close(rnn(-h, 1000, 2.0), -0.9575040, {.abs = 5e-8}));
    }
  }

  TEST_CASE("forget_bias_is_the_length_of_memory") {
    const double at_zero = run(1.0, 10, -40.0, 0.0, 0.0, 0.0).c(0);
    const double at_five = run(1.0, 50, -40.0, 5.0, 0.0, 0.0).c(0);
    EVIDENCE("left after 10 steps at bias 0", at_zero);
    EVIDENCE("left after 50 steps at bias 5", at_five);
    CHECK(close(at_zero, 1.0 / 1024.0, {.rel = 1e-14}));
    CHECK(close(at_five, std::pow(1.0 / (1.0 + std::exp(-5.0)), 50),
                {.rel = 1e-13}));
    CHECK(close(at_five, 0.715, {.abs = 1e-3}));
  }

  TEST_CASE("cell_can_count_and_output_cannot") {
    // All gates open, candidate tanh(40) = 1: one more each step.
    const LstmState s = run(0.0, 100, 40.0, 40.0, 40.0, 40.0);
    CHECK(s.c(0) == 100.0);
    CHECK(s.h(0) == 1.0);
    std::mt19937_64 rng(2);
    const Cell cell = random_cell(3, 4, rng);
    LstmState state{Vector::Zero(4), Vector::Zero(4)};
    for (int t = 0; t < 200; ++t) {
      state = step(1e3 * gaussian(3, 1, rng).col(0), state, cell);
      REQUIRE(state.h.size() == 4);
      CHECK((state.h.array().abs() <= 1.0).all());
      CHECK((state.c.array().abs() <= t + 1.0).all());
    }
  }
}

TEST_SUITE("coding/lstm_cell extra") {
  TEST_CASE("an input of no numbers is fine") {
    const LstmState s{Vector::Zero(1), Vector{{1.0}}};
    CHECK(lstm_cell(Vector(), s, Matrix(4, 0), Matrix::Zero(4, 1),
                    Vector::Zero(4))
              .c(0) == 0.5);
  }

  TEST_CASE("arguments that break the contract are refused") {
    std::mt19937_64 rng(3);
    const Cell cell = random_cell(3, 2, rng);
    const Vector x = Vector::Ones(3);
    const Vector two = Vector::Ones(2);
    const LstmState s{two, two};
    CHECK_NOTHROW(step(x, s, cell));
    CHECK_THROWS_WITH(step(Vector::Ones(4), s, cell),
                      "lstm_cell: need W of 8 x 4, U of 8 x 2, b of 8 and k >= "
                      "1, got 8 x 3, 8 x 2, 8");
    CHECK_THROWS_WITH(step(x, {two, x}, cell),
                      "lstm_cell: need a finite c of 2, got one of 3");
    CHECK_THROWS_AS(step(x, {x, x}, cell), std::invalid_argument);
    CHECK_THROWS_AS(lstm_cell(Vector(), {Vector(), Vector()}, Matrix(0, 0),
                              Matrix(0, 0), Vector()),
                    std::invalid_argument);
    const Matrix W = cell.W.topRows(7);
    CHECK_THROWS_AS(lstm_cell(x, s, W, cell.U, cell.b), std::invalid_argument);
    const Matrix U = cell.U.topRows(7);
    CHECK_THROWS_AS(lstm_cell(x, s, cell.W, U, cell.b), std::invalid_argument);
    CHECK_THROWS_AS(lstm_cell(x, s, cell.W, Matrix::Ones(8, 3), cell.b),
                    std::invalid_argument);
    CHECK_THROWS_AS(lstm_cell(x, s, cell.W, cell.U, two),
                    std::invalid_argument);
    // The weights of a plain step do not fit an LSTM, nor the other way round.
    CHECK_THROWS_WITH(rnn_cell(x, two, cell.W, cell.U, cell.b),
                      "rnn_cell: need W of 2 x 3, U of 2 x 2, b of 2 and k >= "
                      "1, got 8 x 3, 8 x 2, 8");
  }

  TEST_CASE("NaN and infinity are refused wherever they stand") {
    std::mt19937_64 rng(4);
    const Cell cell = random_cell(3, 2, rng);
    const Vector x = Vector::Ones(3);
    const Vector two = Vector::Ones(2);
    for (const double bad : {kNaN, kInfinity, -kInfinity}) {
      const Vector spoilt{{1.0, bad}};
      CHECK_THROWS_WITH(step(Vector{{1.0, bad, 1.0}}, {two, two}, cell),
                        "lstm_cell: need finite numbers");
      CHECK_THROWS_AS(step(x, {spoilt, two}, cell), std::invalid_argument);
      CHECK_THROWS_AS(step(x, {two, spoilt}, cell), std::invalid_argument);
      for (int part = 0; part < 3; ++part) {
        CAPTURE(part);
        Cell other = cell;
        if (part == 0) other.W(0, 0) = bad;
        if (part == 1) other.U(0, 0) = bad;
        if (part == 2) other.b(0) = bad;
        CHECK_THROWS_AS(step(x, {two, two}, other), std::invalid_argument);
        CHECK_THROWS_AS(rnn_cell(x, two, other.W.topRows(2), other.U.topRows(2),
                                 other.b.head(2)),
                        std::invalid_argument);
      }
    }
  }
}
