// All n x m scores at once, forbidden ones set to minus infinity.
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <Eigen/Core>

#include <cmath>
#include <limits>

namespace whiteboard::coding {

inline Matrix attention(const MatrixRef& Q, const MatrixRef& K,
                        const MatrixRef& V, bool causal = false) {
  require(Q.cols() == K.cols() && K.rows() == V.rows() && K.size() > 0,
          "attention: bad shapes");
  require(!causal || Q.rows() == K.rows(), "attention: causal needs n = m");
  Matrix S = Q * K.transpose() / std::sqrt(static_cast<double>(K.cols()));
  require_finite(S, "attention: scores");
  require_finite(V, "attention: V");
  for (Eigen::Index i = 0; i < S.rows(); ++i) {
    if (causal) {
      S.row(i)
          .tail(S.cols() - i - 1)
          .setConstant(-std::numeric_limits<double>::infinity());
    }
    const double top = S.row(i).maxCoeff();
    double total = 0.0;
    for (double& s : S.row(i)) {
      s = std::exp(s - top);
      total += s;
    }
    S.row(i) /= total;
  }
  return S * V;
}

}  // namespace whiteboard::coding
