// Question:    Which learning-rate schedules do you know, and why warm up and
//              decay?
// Answer:      questions/optimization/learning_rate_schedule.md (equation
//              numbers are its own)
// Method:      closed forms in t: no state, so that a run can start anywhere;
//              cosine [1], Noam [2], one cycle [3], warm-up, stable, decay [4]
// Time:        O(1)
// Memory:      none
// References:  [1] Loshchilov and Hutter, SGDR: stochastic gradient descent
//                  with warm restarts, ICLR 2017
//              [2] Vaswani et al., Attention is all you need, NeurIPS 2017
//              [3] Smith and Topin, Super-convergence, arXiv:1708.07120, 2018
//              [4] Hu et al., MiniCPM, arXiv:2404.06395, 2024
// Symbols:     t      steps taken before this one, 0, 1, ...: steps, not epochs
//              T      total number of steps
//              lr     learning rate, > 0
#pragma once

#include <whiteboard/core/require.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace whiteboard::optimization {

/// lr times gamma for every `every` steps taken. Throws unless t >= 0,
/// every >= 1, lr > 0 and 0 < gamma <= 1.
inline double step_decay(std::int64_t t, double lr, std::int64_t every,
                         double gamma) {
  require(t >= 0 && every >= 1, "step_decay: need t >= 0 and every >= 1, got ",
          t, " and ", every);
  require(lr > 0.0 && std::isfinite(lr) && gamma > 0.0 && gamma <= 1.0,
          "step_decay: need a finite lr > 0 and 0 < gamma <= 1, got ", lr,
          " and ", gamma);
  return lr * std::pow(gamma, static_cast<double>(t / every));
}

/// lr times gamma for every step taken. Throws as step_decay() does.
inline double exponential_decay(std::int64_t t, double lr, double gamma) {
  return step_decay(t, lr, 1, gamma);
}

/// Half a cosine from `highest` at t = 0 to `lowest` at t = T, Eq. (1); lowest
/// from then on. Throws unless t >= 0, T >= 1 and 0 <= lowest <= highest.
inline double cosine(std::int64_t t, std::int64_t T, double highest,
                     double lowest = 0.0) {
  require(t >= 0 && T >= 1, "cosine: need t >= 0 and T >= 1, got ", t, " and ",
          T);
  require(0.0 <= lowest && lowest <= highest && std::isfinite(highest),
          "cosine: need 0 <= lowest <= highest, finite, got ", lowest, " and ",
          highest);
  const double share =
      static_cast<double>(std::min(t, T)) / static_cast<double>(T);
  return lowest +
         (highest - lowest) * (1.0 + std::cos(std::numbers::pi * share)) / 2.0;
}

/// What to multiply a schedule with: (t + 1) / warmup, then 1. Not t / warmup,
/// whose first step goes nowhere. Throws unless t >= 0 and warmup >= 0.
inline double linear_warmup(std::int64_t t, std::int64_t warmup) {
  require(t >= 0 && warmup >= 0,
          "linear_warmup: need t >= 0 and warmup >= 0, got ", t, " and ",
          warmup);
  if (t >= warmup) return 1.0;
  return static_cast<double>(t + 1) / static_cast<double>(warmup);
}

/// The Transformer's: a line up, one over the root of the step down, Eq. (2).
/// Its highest value is that of step number `warmup`, t = warmup - 1. Throws
/// unless t >= 0, d_model >= 1 and warmup >= 1.
inline double noam(std::int64_t t, int d_model, std::int64_t warmup) {
  require(t >= 0 && d_model >= 1 && warmup >= 1,
          "noam: need t >= 0, d_model >= 1, warmup >= 1, got ", t, ", ",
          d_model, ", ", warmup);
  const auto step = static_cast<double>(t + 1);
  const auto w = static_cast<double>(warmup);
  return std::min(1.0 / std::sqrt(step), step / (w * std::sqrt(w))) /
         std::sqrt(static_cast<double>(d_model));
}

struct OneCycleOptions {
  double rising = 0.3;       ///< share of the steps that go up, in (0, 1)
  double start = 25.0;       ///< highest over first
  double final_share = 1e4;  ///< first over last
};

/// Up and down by half cosines, Eq. (3): the first step, t = 0, has highest /
/// start, the last, t = T - 1, has that over final_share. Throws unless
/// 0 <= t < T, T >= 2, highest > 0, 0 < rising < 1 with rising T > 1, start >=
/// 1 and final_share >= 1.
inline double one_cycle(std::int64_t t, std::int64_t T, double highest,
                        const OneCycleOptions& options = {}) {
  require(T >= 2 && t >= 0 && t < T, "one_cycle: need 0 <= t < T, T >= 2, got ",
          t, " and ", T);
  const auto [rising, start, final_share] = options;
  const double peak = rising * static_cast<double>(T) - 1.0;
  require(highest > 0.0 && std::isfinite(highest) && rising < 1.0 &&
              peak > 0.0 && start >= 1.0 && final_share >= 1.0,
          "one_cycle: need a finite highest > 0, 1 / T < rising < 1, start >= "
          "1, final_share >= 1, got ",
          highest, ", ", rising, ", ", start, ", ", final_share);
  const auto between = [](double from, double to, double share) {
    return to + (from - to) * (1.0 + std::cos(std::numbers::pi * share)) / 2.0;
  };
  const double first = highest / start;
  const auto now = static_cast<double>(t);
  if (now <= peak) return between(first, highest, now / peak);
  const double end = static_cast<double>(T - 1);
  return between(highest, first / final_share, (now - peak) / (end - peak));
}

/// Warm-up, a constant, and a line down to zero at t = T over the last `decay`
/// steps, Eq. (4). Up to t = T - decay it does not depend on T. Throws unless
/// 0 <= t, warmup >= 0, decay >= 0, warmup + decay <= T and lr > 0 is finite.
inline double warmup_stable_decay(std::int64_t t, std::int64_t T,
                                  std::int64_t warmup, std::int64_t decay,
                                  double lr) {
  require(t >= 0 && warmup >= 0 && decay >= 0 && warmup + decay <= T,
          "warmup_stable_decay: need t, warmup, decay >= 0, warmup + decay <= "
          "T, got ",
          t, ", ", warmup, ", ", decay, ", ", T);
  require(lr > 0.0 && std::isfinite(lr),
          "warmup_stable_decay: need a finite lr > 0, got ", lr);
  if (t < warmup) return lr * linear_warmup(t, warmup);
  if (t < T - decay) return lr;
  if (t >= T) return 0.0;
  return lr * static_cast<double>(T - t) / static_cast<double>(decay);
}

}  // namespace whiteboard::optimization
