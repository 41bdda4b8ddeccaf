// Swaps applied to a person's picture, one after the other, in the person's own pose.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/image.h"
#include "base/result.h"
#include "base/warning.h"
#include "edit/colour/print.h"
#include "edit/person/subject.h"
#include "edit/region/region.h"

namespace atelier::edit {

struct FlatColour {
  uint8_t red = 0, green = 0, blue = 0;
};
struct BackgroundPicture {
  Image picture;  // RGB
  /// One channel of its size: the person in it; empty where there is none.
  Image somebody = {};
};
struct NoBackground {};

using Donor = std::shared_ptr<const Subject>;
/// What ReadFlatGarment() made of a picture (flat/flat_garment.h).
struct FlatGarment {
  Donor garment;
};
using SwapSource =
    std::variant<Donor, FlatGarment, FlatColour, Pattern, BackgroundPicture, NoBackground>;

struct SwapStep {
  Region region;
  SwapSource source;
  /// 0..1.
  double strength = 1;
  /// The spec's path, e.g. "swaps[0]", for errors and warnings.
  std::string field;
};

struct EditOutcome {
  /// RGB; RGBA with NoBackground.
  Image picture;
  /// Float, 0..1: how far each pixel was changed; where it is 0 the picture is the base's, bit for
  /// bit.
  cv::Mat changed;
  /// The person as they are now.
  Subject subject;
  std::vector<Warning> warnings;
};

/// The background is changed last, whatever its place among the swaps. FAILED_PRECONDITION naming
/// the step's field: BASE_WITHOUT_REGION, DONOR_WITHOUT_REGION; UNIMPLEMENTED
/// (REGION_NOT_SWAPPABLE) for a region that this kind of source cannot replace.
Result<EditOutcome> ApplySwaps(const people::Body& body, const Subject& base,
                               std::span<const SwapStep> steps);

/// `edited` laid over `whole`, the same picture with more pixels: where nothing was changed it is
/// `whole`, bit for bit. REQUIRES: of one aspect, but for rounding.
Image OverWhole(const Image& whole, const Image& edited, const cv::Mat& changed);

}  // namespace atelier::edit
