// The length of a top: a shorter one is drawn out to where the old one ended, so that nothing need
// be invented that the base's picture does not show.
#pragma once

#include <optional>
#include <vector>

#include "people/body/body.h"

namespace atelier::edit {

/// How many times as long the cloth below the chest may become.
inline constexpr float kPatternedStretch = 1.5f, kPlainStretch = 6;

/// Heights in the mean shape, metres.
struct Hem {
  /// Where the new top ends on the donor, and where it will on the base.
  float of_donor = 0, of_base = 0;
  /// How far its cloth may be stretched: plain cloth more than what is patterned.
  float most_stretch = kPatternedStretch;

  /// Above this height cloth stays where it is: the chest with what is printed on it.
  static constexpr float kChest = .33f;

  /// The donor's height of what lies on the base at `height`.
  float DonorHeight(float height) const;
  /// Height on the base above which the donor's cloth is stretched; what is missing below it is
  /// continued from there.
  float End() const;
  /// 0..1: of what the top covers below the chest, the share that the donor's has not.
  float DrawnOut() const;

  bool operator==(const Hem&) const = default;
};

/// `worn`, `old`: how surely the new top and the old one cover each vertex, 0..1. Nothing where the
/// new top is as long as the old one or longer, and where it hardly reaches below the chest, so
/// that there is no cloth to draw out.
std::optional<Hem> DrawnOutHem(const people::Body& body, const std::vector<float>& worn,
                               const std::vector<float>& old);

/// `worn` with the trunk covered down to the base's hem.
std::vector<float> CoveredTo(const people::Body& body, const Hem& hem, std::vector<float> worn);

}  // namespace atelier::edit
