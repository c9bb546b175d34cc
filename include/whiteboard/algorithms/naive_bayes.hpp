// Question:    Explain naive Bayes. What is naive about it, and why does it
//              work anyway?
// Answer:      questions/algorithms/naive_bayes.md (equation numbers are its
//              own)
// Method:      one pass of counting (multinomial, Bernoulli) or of running
//              moments (Gaussian); sums of logarithms to predict [1]
// Time:        O(n d) to fit, O(K d) per row to predict
// Numerics:    logarithms throughout: no product of probabilities underflows
// References:  [1] Manning et al., Introduction to Information Retrieval, 2008
// Symbols:     X      n x d  samples, one per row
//              y      n      labels 0, ..., K - 1
//              N      K x d  counts of each feature in each class, Eq. (3)
//              alpha         count that every pair starts with
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>
#include <whiteboard/maths/softmax.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <span>
#include <string>

namespace whiteboard::algorithms {

/// K: `classes`, or the largest label + 1 if that is 0.
inline Eigen::Index check_classes(const std::string& caller, const MatrixRef& X,
                                  std::span<const int> y,
                                  Eigen::Index classes) {
  require(X.size() >= 1 && X.rows() == static_cast<Eigen::Index>(y.size()),
          caller, ": need a label for each row of X, got ", X.rows(), " x ",
          X.cols(), " and ", y.size(), " labels");
  const auto [low, high] = std::ranges::minmax(y);
  require(low >= 0 && (classes == 0 || high < classes), caller,
          ": need labels in 0 .. K - 1, got ", low, " to ", high);
  return classes > 0 ? classes : high + 1;
}

/// ln P(c | x), Eq. (2), from ln P(c) + ln p(x | c), row by row.
inline Matrix normalised(Matrix log_joint) {
  for (Eigen::Index i = 0; i < log_joint.rows(); ++i) {
    log_joint.row(i) = maths::log_softmax(log_joint.row(i).transpose());
  }
  return log_joint;
}

/// The class with the largest entry of each row, the lowest of equals.
inline Eigen::VectorXi most_probable(const MatrixRef& log_posterior) {
  Eigen::VectorXi labels(log_posterior.rows());
  for (Eigen::Index i = 0; i < log_posterior.rows(); ++i) {
    log_posterior.row(i).maxCoeff(&labels(i));
  }
  return labels;
}

/// Words drawn and counted, or a coin for each: present (x > 0) or absent.
enum class Event { multinomial, bernoulli };

struct DiscreteOptions {
  Event event = Event::multinomial;
  double alpha = 1.0;        ///< Eq. (3)
  Eigen::Index classes = 0;  ///< K; 0 for the largest label of fit() + 1
};

/// ln P(c) + ln p(x | c) as a linear function, Eq. (5).
struct LinearForm {
  Matrix weights;           ///< d x K
  Eigen::RowVectorXd bias;  ///< K
};

/// Naive Bayes for counts or for presence; the whole model is a table of sums:
///     auto model = DiscreteNaiveBayes::fit(X, y, {.event = Event::bernoulli});
///     most_probable(model.log_posterior(X_new));
struct DiscreteNaiveBayes {
  DiscreteOptions options;
  Vector class_counts;    ///< K, samples of each class
  Matrix feature_counts;  ///< K x d, N of Eq. (3)

  /// Throws std::invalid_argument unless X is finite and not negative, labels
  /// fit, and alpha is finite and >= 0, > 0 for Event::bernoulli.
  static DiscreteNaiveBayes fit(const MatrixRef& X, std::span<const int> y,
                                const DiscreteOptions& options) {
    require(std::isfinite(options.alpha) && options.alpha >= 0.0 &&
                (options.alpha > 0.0 || options.event == Event::multinomial),
            "DiscreteNaiveBayes: need alpha >= 0 (Bernoulli: > 0), got ",
            options.alpha);
    const Eigen::Index classes =
        check_classes("DiscreteNaiveBayes", X, y, options.classes);
    DiscreteNaiveBayes model{options, Vector::Zero(classes),
                             Matrix::Zero(classes, X.cols())};
    model.partial_fit(X, y);
    return model;
  }

  /// Adds samples, as if all had been fitted at once. Throws as fit() does, and
  /// for a label that fit() had no class for.
  void partial_fit(const MatrixRef& X, std::span<const int> y) {
    check_classes("DiscreteNaiveBayes", X, y, class_counts.size());
    check_counts(X);
    const bool counted = options.event == Event::multinomial;
    for (Eigen::Index i = 0; i < X.rows(); ++i) {
      const int c = y[static_cast<std::size_t>(i)];
      class_counts(c) += 1.0;
      for (Eigen::Index j = 0; j < X.cols(); ++j) {
        feature_counts(c, j) += counted ? X(i, j) : X(i, j) > 0.0;
      }
    }
  }

  /// Eqs. (3) to (5), from the counts.
  LinearForm linear_form() const {
    const double alpha = options.alpha;
    const Matrix present = feature_counts.transpose().array() + alpha;
    LinearForm form{present.array().log(),
                    (class_counts / class_counts.sum()).array().log()};
    if (options.event == Event::multinomial) {
      const Eigen::RowVectorXd totals = present.colwise().sum();
      form.weights.rowwise() -= totals.array().log().matrix();
    } else {
      const Matrix absent = (-feature_counts).colwise() + class_counts;
      const Matrix log_absent = (absent.transpose().array() + alpha).log();
      form.weights -= log_absent;
      const Vector log_totals = (class_counts.array() + 2.0 * alpha).log();
      form.bias +=
          (log_absent.rowwise() - log_totals.transpose()).colwise().sum();
    }
    return form;
  }

  /// ln P(c) + ln p(x | c), n x K, Eq. (5). With alpha = 0 a weight may be
  /// -inf, and 0 times that is NaN: such words veto by a product of their own.
  Matrix log_joint(const MatrixRef& X) const {
    constexpr double never = -std::numeric_limits<double>::infinity();
    const LinearForm form = linear_form();
    if (options.alpha > 0.0) {
      return times(X, form.weights).rowwise() + form.bias;
    }
    const Matrix unseen = (form.weights.array() == never).cast<double>();
    const Matrix seen = (unseen.array() > 0.0).select(0.0, form.weights);
    const Matrix joint = times(X, seen).rowwise() + form.bias;
    return (times(X, unseen).array() > 0.0).select(never, joint);
  }

  /// ln P(c | x), n x K. Throws as fit() does for X, for other columns, and
  /// when alpha = 0 leaves a row without any class or a class without counts.
  Matrix log_posterior(const MatrixRef& X) const {
    return normalised(log_joint(X));
  }

 private:
  void check_counts(const MatrixRef& X) const {
    require(X.cols() == feature_counts.cols(), "DiscreteNaiveBayes: fitted on ",
            feature_counts.cols(), " columns, asked about ", X.cols());
    require_finite(X, "DiscreteNaiveBayes: X");
    require((X.array() >= 0.0).all(), "DiscreteNaiveBayes: need counts >= 0");
  }

  /// The product of the events with W; counts are not copied for it.
  Matrix times(const MatrixRef& X, const Matrix& W) const {
    check_counts(X);
    if (options.event == Event::multinomial) return X * W;
    return (X.array() > 0.0).cast<double>().matrix() * W;
  }
};

struct GaussianOptions {
  bool shared_variance = false;  ///< one variance a feature, for all classes
  double floor = 1e-9;           ///< added, times the largest variance of all
  Eigen::Index classes = 0;      ///< K; 0 for the largest label of fit() + 1
};

/// Naive Bayes with a normal distribution for each feature in each class.
struct GaussianNaiveBayes {
  GaussianOptions options;
  Vector class_counts;  ///< K
  Matrix means;         ///< K x d
  Matrix squares;       ///< K x d, sums of squared deviations from them

  /// Throws std::invalid_argument unless X is finite and labels fit.
  static GaussianNaiveBayes fit(const MatrixRef& X, std::span<const int> y,
                                const GaussianOptions& options) {
    const Eigen::Index classes =
        check_classes("GaussianNaiveBayes", X, y, options.classes);
    GaussianNaiveBayes model{options, Vector::Zero(classes),
                             Matrix::Zero(classes, X.cols()),
                             Matrix::Zero(classes, X.cols())};
    model.partial_fit(X, y);
    return model;
  }

  /// Adds more samples, Eq. (7). Throws as that of DiscreteNaiveBayes does.
  void partial_fit(const MatrixRef& X, std::span<const int> y) {
    check_classes("GaussianNaiveBayes", X, y, class_counts.size());
    check_columns(X);
    for (Eigen::Index i = 0; i < X.rows(); ++i) {
      const int c = y[static_cast<std::size_t>(i)];
      class_counts(c) += 1.0;
      const Eigen::RowVectorXd before = X.row(i) - means.row(c);
      means.row(c) += before / class_counts(c);
      squares.row(c) += before.cwiseProduct(X.row(i) - means.row(c));
    }
  }

  /// Variances of Eq. (6), K x d: divided by n, with the floor.
  Matrix variances() const {
    const double n = class_counts.sum();
    const Eigen::RowVectorXd mean = class_counts.transpose() * means / n;
    const Eigen::RowVectorXd within = squares.colwise().sum();
    const Eigen::RowVectorXd between =
        class_counts.transpose() * (means.rowwise() - mean).cwiseAbs2();
    const Vector shares = class_counts.cwiseMax(1.0).cwiseInverse();
    const Matrix v = options.shared_variance
                         ? Matrix(within.replicate(means.rows(), 1) / n)
                         : Matrix(shares.asDiagonal() * squares);
    return v.array() + options.floor * (within + between).maxCoeff() / n;
  }

  /// ln P(c | x), n x K, Eq. (6). A class without samples has probability 0.
  /// Throws for another number of columns and unless variances are positive.
  Matrix log_posterior(const MatrixRef& X) const {
    check_columns(X);
    const Matrix v = variances();
    require(v.minCoeff() > 0.0, "GaussianNaiveBayes: a variance is 0");
    Matrix joint(X.rows(), means.rows());
    for (Eigen::Index c = 0; c < means.rows(); ++c) {
      const double constant =
          std::log(class_counts(c) / class_counts.sum()) -
          0.5 * (2.0 * std::numbers::pi * v.row(c).array()).log().sum();
      const Matrix apart = X.rowwise() - means.row(c);
      const Vector halves = 0.5 * v.row(c).cwiseInverse().transpose();
      joint.col(c) = constant - (apart.cwiseAbs2() * halves).array();
    }
    return normalised(joint);
  }

 private:
  void check_columns(const MatrixRef& X) const {
    require(X.cols() == means.cols(), "GaussianNaiveBayes: fitted on ",
            means.cols(), " columns, asked about ", X.cols());
    require_finite(X, "GaussianNaiveBayes: X");
  }
};

}  // namespace whiteboard::algorithms
