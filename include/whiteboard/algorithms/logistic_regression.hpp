// Question:    How does logistic regression work, how do you fit it, and when
//              does the fit not exist?
// Answer:      questions/algorithms/logistic_regression.md (equation numbers
//              are its own)
// Method:      Newton's method, that is iteratively reweighted least squares,
//              with step halving
// Time:        O(n d^2 + d^3) per iteration, 5 to 15 iterations as a rule
// Memory:      O(d^2) besides the data: a block of rows and the Hessian
// Numerics:    from margins, Eq. (7): no log of 0 and no weight of 0 while a
//              margin is below 700
// References:  [1] Albert and Anderson, On the existence of maximum likelihood
//                  estimates in logistic regression models, Biometrika 71, 1984
// Symbols:     X     n x d  samples, one per row
//              y     n      labels, 0 or 1
//              beta  d + 1  intercept, then one coefficient per column
//              z     n      log-odds, Eq. (1)
//              p     n      probability of label 1, Eq. (1)
//              m     n      margins, Eq. (6): positive where z has the right
//                           sign
//              l2           weight of the penalty, Eq. (4)
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace whiteboard::algorithms {

// The passes trust their arguments; fit() and predict(), below, check them.

/// The loss of Eq. (2) and its derivatives at one beta.
struct LogisticPass {
  double loss = 0.0;
  Vector gradient;  ///< d + 1, Eq. (3)
  Matrix hessian;   ///< (d + 1) x (d + 1), Eq. (3); zero if not asked for
};

/// Eq. (1) to (3) as written, sample by sample. The yardstick for
/// logistic_pass().
inline LogisticPass logistic_pass_reference(const MatrixRef& X,
                                            const VectorRef& y,
                                            const VectorRef& beta,
                                            bool with_hessian = true) {
  const Eigen::Index d = X.cols();
  LogisticPass sum{0.0, Vector::Zero(d + 1), Matrix::Zero(d + 1, d + 1)};
  Eigen::RowVectorXd x = Eigen::RowVectorXd::Ones(d + 1);
  for (Eigen::Index i = 0; i < X.rows(); ++i) {
    const double z = beta(0) + X.row(i).dot(beta.tail(d));
    const double p = 1.0 / (1.0 + std::exp(-z));
    sum.loss +=
        std::max(z, 0.0) - y(i) * z + std::log1p(std::exp(-std::abs(z)));
    sum.gradient(0) += p - y(i);
    sum.gradient.tail(d) += (p - y(i)) * X.row(i).transpose();
    if (!with_hessian) continue;
    x.tail(d) = X.row(i);
    for (Eigen::Index j = 0; j <= d; ++j) {
      sum.hessian.row(j) += p * (1.0 - p) * x(j) * x;
    }
  }
  return sum;
}

/// The same, a block of rows at a time: a block is used up while it is in
/// cache, one exponential serves loss, gradient and Hessian, and the Hessian
/// is a symmetric product. Eq. (7) says why nothing cancels.
inline LogisticPass logistic_pass(const MatrixRef& X, const VectorRef& y,
                                  const VectorRef& beta,
                                  bool with_hessian = true) {
  const Eigen::Index d = X.cols();
  LogisticPass sum{0.0, Vector::Zero(d + 1), Matrix::Zero(d + 1, d + 1)};
  Matrix weighted;
  for (Eigen::Index first = 0; first < X.rows(); first += 256) {
    const Eigen::Index rows = std::min<Eigen::Index>(256, X.rows() - first);
    const MatrixRef block = X.middleRows(first, rows);
    const Eigen::ArrayXd signs = 2.0 * y.segment(first, rows).array() - 1.0;
    const Eigen::ArrayXd m = signs * ((block * beta.tail(d)).array() + beta(0));
    const Eigen::ArrayXd e = (-m.abs()).exp();
    const Eigen::ArrayXd u = 1.0 + e;

    // log(1 + e) is the log of u and what rounding took from u: as exact as
    // log1p(), which Eigen 3.4 computes one element at a time.
    sum.loss += (u.log() + (e - (u - 1.0)) / u - m.min(0.0)).sum();
    const Vector pull = signs * (m < 0.0).select(1.0, e) / u;
    sum.gradient(0) -= pull.sum();
    sum.gradient.tail(d).noalias() -= block.transpose() * pull;
    if (!with_hessian) continue;
    weighted.resize(rows, d + 1);
    weighted.col(0) = e.sqrt() / u;
    weighted.rightCols(d) = block.array().colwise() * weighted.col(0).array();
    sum.hessian.selfadjointView<Eigen::Lower>().rankUpdate(
        weighted.transpose());
  }
  sum.hessian.triangularView<Eigen::StrictlyUpper>() = sum.hessian.transpose();
  return sum;
}

/// Cholesky factor of a Hessian; nothing when a column is a combination of
/// those before it. What is left of such a column is its pivot, and next to
/// the diagonal that is rounding noise, in whatever units the column comes.
inline std::optional<Eigen::LLT<Matrix>> factorise_hessian(
    const Matrix& hessian) {
  const Eigen::LLT<Matrix> factor(hessian);
  if (factor.info() != Eigen::Success) return std::nullopt;
  const Eigen::ArrayXd pivots = factor.matrixLLT().diagonal().array().square();
  // False for NaN and infinity as well: X was too large to square.
  const bool regular = (pivots > 1e-12 * hessian.diagonal().array()).all();
  return regular ? std::optional(factor) : std::nullopt;
}

struct LogisticRegressionOptions {
  double l2 = 0.0;          ///< Eq. (4); scikit-learn's C is 1 / l2
  int max_iterations = 50;  ///< Newton steps
  double tolerance = 1e-8;  ///< largest change of a log-odds when converged
};

/// A fitted model, which only fit() makes:
///
///     const auto model = LogisticRegression::fit(X, y, {.l2 = 1.0});
///     model.predict_probability(X_new);
class LogisticRegression {
 public:
  Vector beta;                  ///< d + 1, the intercept first
  Vector standard_errors;       ///< d + 1, Eq. (8); empty unless converged
  double log_likelihood = 0.0;  ///< without the penalty
  int iterations = 0;           ///< Newton steps taken
  bool converged = false;       ///< beta is the minimum of Eq. (4)
  bool separated = false;       ///< there is none: beta is where we gave up

  /// Maximum likelihood, or its penalised form, by Newton's method from zero.
  /// Throws std::invalid_argument unless labels are 0 and 1, both occur, X is
  /// finite and, without a penalty, its columns and the intercept independent.
  static LogisticRegression fit(const MatrixRef& X, const Eigen::VectorXi& y,
                                const LogisticRegressionOptions& options) {
    check(X, y, options);
    const Vector labels = y.cast<double>();
    LogisticRegression model(X.cols());
    LogisticPass here = penalised(X, labels, model.beta, options.l2);
    std::optional<Eigen::LLT<Matrix>> factor = factorise_hessian(here.hessian);
    require(factor.has_value(),
            "LogisticRegression: the Hessian is singular: drop a column that "
            "depends on others and the intercept, or use l2 > 0");

    while (factor && model.iterations < options.max_iterations &&
           !model.converged && !model.separated) {
      Vector step = -factor->solve(here.gradient);  // Eq. (5)
      const Eigen::ArrayXd moves =
          (2.0 * labels.array() - 1.0) *
          ((X * step.tail(X.cols())).array() + step(0));
      LogisticPass next = penalised(X, labels, model.beta + step, options.l2);
      while (!(next.loss <= here.loss * (1.0 + 1e-12))) {
        step *= 0.5;
        next = penalised(X, labels, model.beta + step, options.l2);
      }
      model.beta += step;
      here = std::move(next);
      factor = factorise_hessian(here.hessian);
      ++model.iterations;
      model.converged = moves.abs().maxCoeff() <= options.tolerance;
      // No margin falls along this step: it lowers the loss for ever [1].
      model.separated = options.l2 == 0.0 && !model.converged &&
                        moves.minCoeff() >= -1e-8 * moves.maxCoeff();
    }
    model.summarise(here, factor, options.l2);
    return model;
  }

  /// Eq. (1) for every row of X.
  Vector predict_probability(const MatrixRef& X) const {
    require(X.cols() + 1 == beta.size(), "LogisticRegression: fitted on ",
            beta.size() - 1, " columns, asked about ", X.cols());
    require_finite(X, "LogisticRegression: X");
    const Vector z = (X * beta.tail(X.cols())).array() + beta(0);
    return 1.0 / (1.0 + (-z.array()).exp());
  }

  /// The likelier label of every row of X.
  Eigen::VectorXi predict(const MatrixRef& X) const {
    return (predict_probability(X).array() >= 0.5).cast<int>();
  }

 private:
  explicit LogisticRegression(Eigen::Index d) : beta(Vector::Zero(d + 1)) {}

  static void check(const MatrixRef& X, const Eigen::VectorXi& y,
                    const LogisticRegressionOptions& options) {
    require(y.size() == X.rows(), "LogisticRegression: X has ", X.rows(),
            " rows, y ", y.size());
    const Eigen::Index zeros = (y.array() == 0).count();
    const Eigen::Index ones = (y.array() == 1).count();
    require(zeros >= 1 && ones >= 1 && zeros + ones == y.size(),
            "LogisticRegression: need labels 0 and 1, and both, got ", zeros,
            " and ", ones, " of ", y.size());
    require(options.l2 >= 0.0 && std::isfinite(options.l2),
            "LogisticRegression: need a finite l2 >= 0, got ", options.l2);
    require_finite(X, "LogisticRegression: X");
  }

  /// Eq. (4): the intercept, element 0, goes free.
  static LogisticPass penalised(const MatrixRef& X, const VectorRef& y,
                                const Vector& at, double l2) {
    LogisticPass pass = logistic_pass(X, y, at);
    const Eigen::Index d = X.cols();
    pass.loss += 0.5 * l2 * at.tail(d).squaredNorm();
    pass.gradient.tail(d) += l2 * at.tail(d);
    pass.hessian.diagonal().tail(d).array() += l2;
    return pass;
  }

  void summarise(const LogisticPass& at_end,
                 const std::optional<Eigen::LLT<Matrix>>& factor, double l2) {
    const Eigen::Index d = beta.size() - 1;
    log_likelihood = 0.5 * l2 * beta.tail(d).squaredNorm() - at_end.loss;
    if (!converged || !factor) return;
    const Matrix covariance = factor->solve(Matrix::Identity(d + 1, d + 1));
    standard_errors = covariance.diagonal().cwiseSqrt();  // Eq. (8)
  }
};

}  // namespace whiteboard::algorithms
