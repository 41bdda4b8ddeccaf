// The middle line of an arm or a leg in a picture, and edges told from it.
//
// The line runs from shoulder to wrist, or hip to ankle, through stations at even distances; an
// edge is a distance to its left or right at every station.
#pragma once

#include <array>
#include <opencv2/core.hpp>
#include <optional>

#include "edit/limb/limb.h"
#include "edit/person/person.h"

namespace atelier::edit {

/// A place in the picture as the limb has it.
struct LimbPlace {
  /// 0 shoulder or hip, 1 elbow or knee, 2 wrist or ankle.
  float along = 0;
  /// Pixels from the middle line, positive to its left, looking along it.
  float across = 0;
};

inline constexpr int kLimbStations = 41;

/// Pixels from the middle line to one edge, positive to its left, at every station; and whether
/// that edge was seen.
struct LimbEdge {
  std::array<float, kLimbStations> across{};
  std::array<bool, kLimbStations> seen{};

  /// Between the stations.
  float At(float along) const;
};

struct LimbOutline {
  LimbEdge right, left;  // of the middle line: across < 0, and > 0

  bool Seen(int station) const {
    const auto k = static_cast<size_t>(station);
    return right.seen[k] && left.seen[k];
  }
  float Width(int station) const {
    const auto k = static_cast<size_t>(station);
    return left.across[k] - right.across[k];
  }
};

class LimbAxis {
 public:
  static constexpr float kLength = 2;

  /// Of the body without clothes. Nothing where the limb points at the camera or has no vertices.
  static std::optional<LimbAxis> Of(const people::Body& body, const Person& person, Limb limb,
                                    int side);

  static float AlongOf(int station) {
    return kLength * static_cast<float>(station) / (kLimbStations - 1);
  }
  /// The place in the picture; `along` is held within the limb.
  cv::Point2f At(const LimbPlace& place) const;
  /// The place `pixels` straight on after the limb's end.
  cv::Point2f Beyond(float pixels, float across) const;
  /// The nearest place of the line's part from `from` to `to`; nothing beyond its ends, but for
  /// `beyond` pixels in which it goes straight on at the last one.
  std::optional<LimbPlace> PlaceOf(const cv::Point2f& at, float from, float to, float beyond) const;
  /// The body's edges.
  const LimbOutline& body() const { return body_; }
  /// Around the whole limb.
  cv::Rect Bounds() const;

 private:
  cv::Point2f MiddleAt(float along) const;
  cv::Point2f LeftAt(float along) const;

  std::array<cv::Point2f, kLimbStations> middle_, left_;  // `left_`: unit vectors
  LimbOutline body_;
};

}  // namespace atelier::edit
