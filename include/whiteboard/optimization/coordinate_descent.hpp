// Question:    How does coordinate descent solve the lasso, when does it fail?
// Answer:      questions/optimization/coordinate_descent.md (equation numbers
//              are its own)
// Method:      cyclic exact minimisation with an updated residual [1], a
//              duality gap to stop by and to drop columns by [2]
// Time:        O(n) per coordinate, one column read
// Memory:      n d, a copy of X by columns
// Numerics:    the gap is a sum of terms >= 0, Eq. (5): nothing cancels
// References:  [1] Friedman, Hastie, Tibshirani, Regularization paths for
//                  generalized linear models via coordinate descent, 2010
//              [2] Fercoq, Gramfort, Salmon, Mind the duality gap: safer rules
//                  for the lasso, ICML 2015
// Symbols:     X       n x d  samples, one per row; x_j its columns
//              y       n      targets
//              beta    d      coefficients
//              r       n      residual y - X beta
//              lambda         weight of the penalty, Eq. (1)
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace whiteboard::optimization {

/// x after the given number of Gauss-Seidel sweeps on x'Ax / 2 - b'x: each
/// coordinate in turn goes to its minimum, Eq. (2). Throws unless A is square
/// with a positive diagonal, sizes match and A and b are finite.
inline Vector gauss_seidel_quadratic(const MatrixRef& A, const VectorRef& b,
                                     Vector x, int sweeps) {
  require(A.rows() == A.cols() && b.size() == A.rows() && x.size() == A.rows(),
          "gauss_seidel_quadratic: A is ", A.rows(), " x ", A.cols(),
          ", b has ", b.size(), ", x ", x.size());
  require_finite(A, "gauss_seidel_quadratic: A");
  require_finite(b, "gauss_seidel_quadratic: b");
  require((A.diagonal().array() > 0.0).all(),
          "gauss_seidel_quadratic: need a positive diagonal");
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    for (Eigen::Index j = 0; j < x.size(); ++j) {
      x(j) += (b(j) - A.row(j).dot(x)) / A(j, j);
    }
  }
  return x;
}

/// One axis after the other of a convex f to its minimum within +-radius, by
/// golden sections.
template <class Function>
Vector coordinate_search(const Function& f, Vector x, double radius,
                         int sweeps) {
  const double golden = 0.5 * (std::sqrt(5.0) - 1.0);
  for (int step = 0; step < sweeps * static_cast<int>(x.size()); ++step) {
    const Eigen::Index j = step % x.size();
    const auto along = [&](double value) {
      Vector moved = x;
      moved(j) = value;
      return f(moved);
    };
    double low = x(j) - radius, high = x(j) + radius;
    while (high - low > 1e-9 * radius) {
      const double part = golden * (high - low);
      if (along(high - part) < along(low + part)) {
        high = low + part;
      } else {
        low = high - part;
      }
    }
    if (along(low) < f(x)) x(j) = low;
  }
  return x;
}

/// argmin_b (b - z)^2 / 2 + threshold |b|, Eq. (3): exactly 0.0 when |z| is at
/// most the threshold.
inline double soft_threshold(double z, double threshold) {
  if (z > threshold) return z - threshold;
  if (z < -threshold) return z + threshold;
  return 0.0;
}

struct LassoCdOptions {
  int max_sweeps = 10'000;
  double tolerance = 1e-10;  ///< on the gap, as a share of |y|^2 / 2
  bool screen = true;        ///< drop columns that are proved to be zero
};

struct LassoCdFit {
  Vector coef;            ///< d
  double gap = 0.0;       ///< the objective is at most so far above its minimum
  int sweeps = 0;         ///< passes over the columns still in question
  Eigen::Index kept = 0;  ///< of them at the end
  bool converged = false;  ///< gap within tolerance before max_sweeps
};

/// Throws unless y has one element per row, X is not empty, no column is zero,
/// lambda > 0, options make sense and all is finite.
inline void require_lasso(const MatrixRef& X, const VectorRef& y, double lambda,
                          const LassoCdOptions& options) {
  require(X.rows() >= 1 && X.cols() >= 1 && y.size() == X.rows(),
          "lasso: need rows, columns and as many targets as rows, got ",
          X.rows(), " x ", X.cols(), " and ", y.size());
  require_finite(X, "lasso: X");
  require_finite(y, "lasso: y");
  require(lambda > 0.0 && std::isfinite(lambda),
          "lasso: need a finite lambda > 0, got ", lambda);
  require(options.max_sweeps >= 0 && options.tolerance >= 0.0,
          "lasso: need max_sweeps >= 0 and tolerance >= 0, got ",
          options.max_sweeps, " and ", options.tolerance);
  for (Eigen::Index j = 0; j < X.cols(); ++j) {
    require(X.col(j).squaredNorm() > 0.0, "lasso: column ", j, " is zero");
  }
}

/// Sweeps as Eq. (4) stands: the residual without column j, from scratch, for
/// every coordinate, O(n d) each. The yardstick for lasso_cd().
inline Vector lasso_cd_reference(const MatrixRef& X, const VectorRef& y,
                                 double lambda, int sweeps) {
  require_lasso(X, y, lambda, {.max_sweeps = sweeps});
  Vector beta = Vector::Zero(X.cols());
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    for (Eigen::Index j = 0; j < X.cols(); ++j) {
      beta(j) = 0.0;
      const Vector partial = y - X * beta;
      beta(j) = soft_threshold(X.col(j).dot(partial), lambda) /
                X.col(j).squaredNorm();
    }
  }
  return beta;
}

/// The descent at one penalty. Between calls it keeps the columns, stored one
/// after the other, and the coefficients, where the next penalty starts.
class LassoDescent {
 public:
  LassoDescent(const MatrixRef& X, const VectorRef& y)
      : X_(X),
        squares_(X_.colwise().squaredNorm()),
        beta_(Vector::Zero(X.cols())),
        residual_(y),
        scale_(0.5 * y.squaredNorm()) {}

  /// From where the last call ended.
  LassoCdFit run(double lambda, const LassoCdOptions& options) {
    constexpr int check_every = 10;
    kept_.resize(static_cast<std::size_t>(X_.cols()));
    std::iota(kept_.begin(), kept_.end(), Eigen::Index{0});
    LassoCdFit fit;
    while (true) {
      if (fit.sweeps % check_every == 0 || fit.sweeps == options.max_sweeps) {
        const Certificate now = certify(lambda);
        fit.gap = now.gap;
        fit.converged = now.gap <= options.tolerance * scale_;
        if (fit.converged || fit.sweeps == options.max_sweeps) break;
        if (options.screen) drop_zeros(now, lambda);
      }
      for (const Eigen::Index j : kept_) update(j, lambda);
      ++fit.sweeps;
    }
    fit.coef = beta_;
    fit.kept = static_cast<Eigen::Index>(kept_.size());
    return fit;
  }

 private:
  /// Eq. (4): x_j^T r lacks the column's own part, which its square restores.
  void update(Eigen::Index j, double lambda) {
    const double z = X_.col(j).dot(residual_) + squares_(j) * beta_(j);
    move(j, soft_threshold(z, lambda) / squares_(j));
  }

  void move(Eigen::Index j, double value) {
    if (value == beta_(j)) return;
    residual_ += (beta_(j) - value) * X_.col(j);
    beta_(j) = value;
  }

  struct Certificate {
    double gap = 0.0;           // Eq. (5)
    double s = 1.0;             // s r is feasible in the dual
    std::vector<double> inner;  // x_j^T r, one per kept column
  };

  Certificate certify(double lambda) const {
    Certificate now;
    double largest = lambda;
    for (const Eigen::Index j : kept_) {
      now.inner.push_back(X_.col(j).dot(residual_));
      largest = std::max(largest, std::abs(now.inner.back()));
    }
    now.s = lambda / largest;
    now.gap = 0.5 * (1.0 - now.s) * (1.0 - now.s) * residual_.squaredNorm();
    for (std::size_t i = 0; i < kept_.size(); ++i) {
      const double b = beta_(kept_[i]);
      // Below 0 only by rounding.
      now.gap += std::max(0.0, lambda * std::abs(b) - now.s * b * now.inner[i]);
    }
    return now;
  }

  /// Eq. (6), with a margin for rounding.
  void drop_zeros(const Certificate& now, double lambda) {
    const double radius = std::sqrt(2.0 * now.gap);
    std::vector<Eigen::Index> rest;
    for (std::size_t i = 0; i < kept_.size(); ++i) {
      const Eigen::Index j = kept_[i];
      const double reach =
          now.s * std::abs(now.inner[i]) + radius * std::sqrt(squares_(j));
      if (reach < lambda * (1.0 - 1e-9)) {
        move(j, 0.0);
      } else {
        rest.push_back(j);
      }
    }
    kept_ = rest;
  }

  Eigen::MatrixXd X_;  // by columns: each is one run of memory
  Vector squares_, beta_, residual_;
  double scale_;
  std::vector<Eigen::Index> kept_;  // columns that may be nonzero
};

/// Minimises Eq. (1) from zero. Throws as require_lasso() does.
inline LassoCdFit lasso_cd(const MatrixRef& X, const VectorRef& y,
                           double lambda, const LassoCdOptions& options = {}) {
  require_lasso(X, y, lambda, options);
  return LassoDescent(X, y).run(lambda, options);
}

/// One fit per penalty, each from the one before: give them in falling order.
/// Throws as require_lasso() does, for any of them.
inline std::vector<LassoCdFit> lasso_cd_path(
    const MatrixRef& X, const VectorRef& y, const std::vector<double>& lambdas,
    const LassoCdOptions& options = {}) {
  for (const double lambda : lambdas) require_lasso(X, y, lambda, options);
  LassoDescent descent(X, y);
  std::vector<LassoCdFit> path;
  for (const double lambda : lambdas) {
    path.push_back(descent.run(lambda, options));
  }
  return path;
}

}  // namespace whiteboard::optimization
