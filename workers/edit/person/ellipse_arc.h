// Arc length along an ellipse: where cloth that is wrapped around a body lies when it is flat.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "people/body/vec.h"

namespace atelier::edit {

/// The ellipse (half_width sin t, half_depth cos t).
class EllipseArc {
 public:
  EllipseArc(float half_width, float half_depth) {
    constexpr float kStep = people::kPi / kSteps;
    for (size_t i = 0; i < kSteps; ++i) {
      const float at = (static_cast<float>(i) + .5f) * kStep;
      length_[i + 1] =
          length_[i] + kStep * std::hypot(half_width * std::cos(at), half_depth * std::sin(at));
    }
  }

  /// Signed length from t = 0; `t` in radians, -pi to pi.
  float At(float t) const {
    const float place = std::clamp(std::fabs(t) / people::kPi, 0.0f, 1.0f) * kSteps;
    const auto i = static_cast<size_t>(std::min(place, kSteps - 1.0f));
    const float share = place - static_cast<float>(i);
    return std::copysign(length_[i] * (1 - share) + length_[i + 1] * share, t);
  }

  /// The same laid flat, front and back on one another: -1 and 1 at the sides, 0 in the middle of
  /// the front and of the back.
  float Flat(float t) const {
    const float quarter = At(people::kPi / 2);
    const float length = std::fabs(At(t));
    return std::copysign((length <= quarter ? length : At(people::kPi) - length) / quarter, t);
  }

 private:
  static constexpr int kSteps = 128;
  std::array<float, kSteps + 1> length_{};
};

}  // namespace atelier::edit
