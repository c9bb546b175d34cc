// Question:    Explain the SVM: margin, dual, support vectors, and how SMO
//              solves it.
// Answer:      questions/algorithms/support_vector_machine.md (equation numbers
//              are its own)
// Method:      sequential minimal optimisation [1] with second-order choice of
//              the pair [2]
// Time:        O(n) per iteration on a stored kernel matrix; the number of
//              iterations grows with n and C
// Memory:      O(n) besides the n x n kernel matrix
// Numerics:    stops on the KKT violation; the duality gap certifies the result
// References:  [1] Platt, Fast training of support vector machines using
//                  sequential minimal optimization, 1998
//              [2] Fan, Chen and Lin, Working set selection using second order
//                  information for training support vector machines, JMLR 6,
//                  2005
// Symbols:     K      n x n  kernel matrix, K_ij = k(x_i, x_j)
//              y      n      labels, -1 and 1
//              alpha  n      dual variables, Eq. (3)
//              G      n      gradient of the dual, Eq. (5)
//              C             bound on alpha; infinity for the hard margin
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace whiteboard::algorithms {

struct SvmOptions {
  double C = 1.0;
  double tolerance = 1e-6;  ///< largest KKT violation when converged
  std::int64_t max_iterations = 100000;  ///< pairs
  bool second_order = true;  ///< Eq. (8) instead of the maximal violation
};

struct SvmModel {
  Vector alpha;                       ///< n
  double b = 0.0;                     ///< of the decision function, Eq. (4)
  std::vector<Eigen::Index> support;  ///< rows with alpha > 0
  double objective = 0.0;             ///< of the dual, Eq. (3)
  double duality_gap = 0.0;           ///< primal minus dual, >= 0
  std::int64_t iterations = 0;
  bool converged = false;
  bool inseparable = false;  ///< hard margin only: the hulls meet, no solution
};

/// exp(-gamma |a - b|^2) for all rows of A and B.
inline Matrix rbf_kernel(const MatrixRef& A, const MatrixRef& B, double gamma) {
  Matrix K(A.rows(), B.rows());
  for (Eigen::Index i = 0; i < A.rows(); ++i) {
    const Vector squares = (B.rowwise() - A.row(i)).rowwise().squaredNorm();
    K.row(i) = (-gamma * squares.array()).exp().transpose();
  }
  return K;
}

/// Two samples whose alphas move together: alpha_i by y_i step, alpha_j by
/// -y_j step, which keeps the sum of alpha y at zero.
struct SvmPair {
  Eigen::Index i = 0;
  Eigen::Index j = 0;
  double step = 0.0;       ///< Eq. (7), before it is clipped
  double violation = 0.0;  ///< Eq. (6); <= 0 at the optimum
  double b = 0.0;          ///< between the two ends of Eq. (6)
};

/// The pair to move next: i asks most to be raised; j is that which gains most
/// with it, Eq. (8), or that which asks most to be lowered.
inline SvmPair select_pair(const MatrixRef& K, const Vector& y,
                           const Vector& alpha, const Vector& G,
                           const SvmOptions& options) {
  const Vector wanted = -y.cwiseProduct(G);  // the b that puts t on its margin
  const auto can_grow = [&](Eigen::Index t, double sign) {
    return sign * y(t) > 0.0 ? alpha(t) < options.C : alpha(t) > 0.0;
  };
  SvmPair pair;
  double top = -std::numeric_limits<double>::infinity(), bottom = -top;
  for (Eigen::Index t = 0; t < y.size(); ++t) {
    if (!can_grow(t, 1.0) || wanted(t) <= top) continue;
    top = wanted(t);
    pair.i = t;
  }
  double best = 0.0;
  for (Eigen::Index t = 0; t < y.size(); ++t) {
    if (!can_grow(t, -1.0)) continue;
    bottom = std::min(bottom, wanted(t));
    const double slope = top - wanted(t);
    // The squared distance of the two in feature space.
    const double curvature =
        std::max(K(pair.i, pair.i) + K(t, t) - 2.0 * K(pair.i, t), 1e-12);
    const double gain =
        options.second_order ? slope * slope / curvature : slope;
    if (slope <= 0.0 || gain <= best) continue;
    best = gain;
    pair.j = t;
    pair.step = slope / curvature;
  }
  pair.violation = top - bottom;
  pair.b = 0.5 * (top + bottom);
  return pair;
}

inline void check_svm(const MatrixRef& K, std::span<const int> y,
                      const SvmOptions& options) {
  const auto n = static_cast<Eigen::Index>(y.size());
  require(K.rows() == n && K.cols() == n, "smo: K is ", K.rows(), " x ",
          K.cols(), " for ", n, " labels");
  const auto positive = std::count(y.begin(), y.end(), 1);
  const auto negative = std::count(y.begin(), y.end(), -1);
  require(positive >= 1 && negative >= 1 && positive + negative == n,
          "smo: need labels -1 and 1, and both, got ", negative, " and ",
          positive, " of ", n);
  require(options.C > 0.0, "smo: need C > 0, got ", options.C);
  require(options.tolerance > 0.0, "smo: need tolerance > 0, got ",
          options.tolerance);
  require_finite(K, "smo: K");
  require(K.isApprox(K.transpose()), "smo: K is not symmetric");
}

/// alpha after a change, exactly at the bound where it gets there.
inline double moved(double alpha, double change, double C) {
  const double result = alpha + change;
  return result >= C * (1.0 - 1e-15) ? C : result;
}

/// The model with its certificate, from the gradient at the end.
inline SvmModel certified(SvmModel model, const Vector& y, const Vector& G,
                          double C) {
  const double sum = model.alpha.sum();
  const double square = model.alpha.dot(G) + sum;  // |w|^2
  model.objective = sum - 0.5 * square;
  model.duality_gap = square - sum;
  if (std::isfinite(C)) {  // 1 - y f is -(G + y b)
    model.duality_gap -= C * (G + model.b * y).cwiseMin(0.0).sum();
  }
  for (Eigen::Index t = 0; t < y.size(); ++t) {
    if (model.alpha(t) > 0.0) model.support.push_back(t);
  }
  return model;
}

/// Fits by SMO. Throws std::invalid_argument unless K is a finite symmetric
/// n x n matrix, labels are -1 and 1 and both occur, C > 0 (infinity for the
/// hard margin) and tolerance > 0. K must be positive semi-definite, unchecked.
///
///     const SvmModel model = smo(rbf_kernel(X, X, 0.5), labels, {.C = 10.0});
inline SvmModel smo(const MatrixRef& K, std::span<const int> labels,
                    const SvmOptions& options) {
  check_svm(K, labels, options);
  const Vector y =
      Eigen::Map<const Eigen::VectorXi>(labels.data(), K.rows()).cast<double>();
  const double C = options.C;
  const double spread = K.diagonal().mean() - K.mean();  // around the centre
  SvmModel model;
  Vector& alpha = model.alpha;
  alpha.setZero(y.size());
  Vector G = Vector::Constant(y.size(), -1.0);
  while (true) {
    const SvmPair p = select_pair(K, y, alpha, G, options);
    model.b = p.b;
    model.converged = p.violation <= options.tolerance;
    // Eq. (9): the convex hulls are no further apart than 1e-4 of the spread.
    const double sum = alpha.sum();
    model.inseparable = std::isinf(C) && sum > 0.0 &&
                        4.0 * (alpha.dot(G) + sum) <= 1e-8 * spread * sum * sum;
    if (model.converged || model.inseparable ||
        model.iterations >= options.max_iterations) {
      return certified(model, y, G, C);
    }
    const double room_i = y(p.i) > 0.0 ? C - alpha(p.i) : alpha(p.i);
    const double room_j = y(p.j) > 0.0 ? alpha(p.j) : C - alpha(p.j);
    const double step = std::min({p.step, room_i, room_j});
    alpha(p.i) = moved(alpha(p.i), y(p.i) * step, C);
    alpha(p.j) = moved(alpha(p.j), -y(p.j) * step, C);
    G += step * y.cwiseProduct((K.row(p.i) - K.row(p.j)).transpose());
    ++model.iterations;
  }
}

/// Eq. (4) for samples whose kernel values with the n training samples are the
/// rows of K (m x n).
inline Vector svm_decision(const SvmModel& model, std::span<const int> y,
                           const MatrixRef& K) {
  const auto n = static_cast<Eigen::Index>(y.size());
  require(model.alpha.size() == n && K.cols() == n, "svm_decision: fitted on ",
          model.alpha.size(), " samples, got ", n, " labels and ", K.cols(),
          " columns");
  const Vector signs =
      Eigen::Map<const Eigen::VectorXi>(y.data(), n).cast<double>();
  return (K * model.alpha.cwiseProduct(signs)).array() + model.b;
}

/// The weights w of a linear kernel, the sum of alpha_i y_i x_i.
inline Vector primal_weights(const SvmModel& model, const MatrixRef& X,
                             std::span<const int> y) {
  const auto n = static_cast<Eigen::Index>(y.size());
  require(model.alpha.size() == n && X.rows() == n,
          "primal_weights: ", model.alpha.size(), " alphas, ", n,
          " labels and ", X.rows(), " rows");
  const Vector signs =
      Eigen::Map<const Eigen::VectorXi>(y.data(), n).cast<double>();
  return X.transpose() * model.alpha.cwiseProduct(signs);
}

}  // namespace whiteboard::algorithms
