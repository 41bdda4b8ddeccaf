// Motions whose poses are known, and what a network that errs would see of them.
#pragma once

#include <cmath>
#include <numbers>
#include <vector>

#include "fit_fixture.h"
#include "people/motion/film_fitter.h"

namespace atelier::people {

inline constexpr double kTau = 2 * std::numbers::pi;

/// Frame `t` of a person of `seed` who walks on the spot, `period` frames a stride, turning by
/// `turn` degrees a frame.
inline FittedBody WalkingPerson(uint64_t seed, double t, double period = 24, double turn = 0) {
  FittedBody body = MakePerson(seed, turn * t);
  for (int side = 0; side < 2; ++side) {
    const SideBlocks& blocks = kSideBlocks[static_cast<size_t>(side)];
    const double phase = kTau * t / period + side * std::numbers::pi;
    const auto set = [&](const ParameterBlock& block, int i, double value) {
      body.parameters[static_cast<size_t>(block.first + i)] = value;
    };
    for (int i = 0; i < 3; ++i) set(blocks.thigh, i, 0);
    set(blocks.thigh, 0, -.35 * std::sin(phase));
    set(blocks.knee, 0, .15 + .45 * std::max(0.0, std::cos(phase)));
    set(blocks.upper_arm, 0, .3 * std::sin(phase));
  }
  return body;
}

/// `body` as a network sees it that is off by `deviation` metres, in the world and in the picture.
inline PersonObservation ObserveBadly(const FittedBody& body, double deviation, Random& random) {
  PersonObservation seen = Observe(body);
  const double pixels = std::exp(body.parameters[0]);
  const auto off = [&] { return Gaussian(random, deviation); };
  for (ObservedLandmark& landmark : seen.landmarks) {
    landmark.x += off() * static_cast<float>(pixels);
    landmark.y += off() * static_cast<float>(pixels);
    landmark.world += Vec3{off(), off(), 2 * off()};
  }
  return seen;
}

/// Root mean square distance of the joints in metres, the bodies' origins being one place.
inline double JointError(const FittedBody& body, const FittedBody& truth) {
  const std::vector<Vec3> a = TheFitter().Joints(body), b = TheFitter().Joints(truth);
  const Bones& bones = SharedBody()->bones();
  double sum = 0, count = 0;
  for (const auto& pair : {bones.lower_arm, bones.hand, bones.calf, bones.foot}) {
    for (const int joint : pair) {
      const Vec3 off = a[static_cast<size_t>(joint)] - b[static_cast<size_t>(joint)];
      sum += static_cast<double>(Dot(off, off));
      ++count;
    }
  }
  return std::sqrt(sum / count);
}

inline Image PlainPicture(uint8_t grey = 200) { return Image(kFitHeight, kFitWidth, 3, grey); }

}  // namespace atelier::people
