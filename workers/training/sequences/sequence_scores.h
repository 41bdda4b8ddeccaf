// How steady a painted sequence is, and how good its hands are.
#pragma once

#include <optional>

#include "base/image.h"
#include "people/render/flow.h"
#include "training/metrics/scores.h"
#include "training/sequences/rendered_sequence.h"

namespace atelier::training {

enum class FlickerPixels { kPerson, kAll };

/// Mean absolute difference, in grey levels, of `now` and of `next` warped back by the true flow,
/// over the pixels whose flow is known. Nothing when there are none. REQUIRES: RGB of the flow's
/// size.
std::optional<double> FrameDifference(const Image& now, const Image& next, const people::Flow& flow,
                                      FlickerPixels pixels);

/// A painted sequence's frame differences against the true one's.
class Flicker {
 public:
  void Add(std::optional<double> painted, std::optional<double> truth);
  double painted() const { return painted_.value(); }
  double truth() const { return truth_.value(); }
  /// 1 = as steady as the truth; nothing where the truth does not change at all.
  std::optional<double> ratio() const;

 private:
  Mean painted_, truth_;
};

/// Side of a hand's patch at the size that FPDM's pictures are judged at (kFpdmScoreHeight).
inline constexpr int kHandPatchPixels = 60;

/// The patch around a place of a picture that has kFpdmScoreHeight rows; black outside.
Image HandPatch(const Image& picture, float x, float y);

/// Mean SSIM of the patches around the visible hands. Nothing without one. `hands`: in pixels of
/// the pictures. REQUIRES: RGB pictures of one size.
std::optional<double> HandSsim(const Image& painted, const Image& truth, const Hands& hands);

}  // namespace atelier::training
