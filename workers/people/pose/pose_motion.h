// PoseMotion: poses that follow one another, to be rendered as a film.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "people/pose/pose.h"
#include "people/pose/view.h"

namespace atelier::people {

enum class MotionKind {
  kWalk,   // on the spot, seen from the view's own side
  kCross,  // a walk across the picture
  kTurn,   // round once, arms moving a little
  kWave,   // one arm waves
  kDance,  // both arms and the hips swing
};
inline constexpr int kMotionKindCount = 5;
inline constexpr std::array<std::string_view, kMotionKindCount> kMotionKindNames = {
    "walk", "cross", "turn", "wave", "dance"};

class PoseMotion {
 public:
  /// The same seed and kind give the same motion.
  PoseMotion(uint64_t seed, MotionKind kind);

  /// At `seconds`.
  Pose At(double seconds) const;
  /// Degrees that the person has turned, as View::yaw.
  float TurnedAt(double seconds, double length) const;
  /// Metres to the picture's right, -.35 to .35 over `length` seconds.
  float AcrossAt(double seconds, double length) const;
  /// A pose that is about as tall and as wide as the motion gets: what a camera is framed for.
  Pose Widest() const;

 private:
  MotionKind kind_;
  Pose still_;           // what does not move
  float stride_ = 1.1f;  // seconds of two steps
  float swing_ = .9f, bend_ = 25;
  float beat_ = .9f;  // seconds of a wave or swing
  float reach_ = 40;  // degrees
};

}  // namespace atelier::people
