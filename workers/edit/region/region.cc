#include "edit/region/region.h"

#include "base/body.h"

namespace atelier::edit {
namespace {

bool IsBetween(int part, BodyPart first, BodyPart last) {
  return part >= static_cast<int>(first) && part <= static_cast<int>(last);
}

}  // namespace

std::string NameOf(Region region) {
  if (region.part != 0) return "part " + std::to_string(region.part);
  return std::string(kRegionNames[static_cast<size_t>(region.kind) - 1]);
}

bool HasPart(Region region, int part) {
  if (region.part != 0) return part == region.part;
  switch (region.kind) {
    case RegionKind::kFace:
    case RegionKind::kHead:
      return IsBetween(part, BodyPart::kRightHead, BodyPart::kLeftHead);
    case RegionKind::kArms:
      return IsBetween(part, BodyPart::kRightHand, BodyPart::kLeftHand) ||
             IsBetween(part, BodyPart::kLeftUpperArmFront, BodyPart::kRightLowerArmBack);
    case RegionKind::kLegs:
      return IsBetween(part, BodyPart::kLeftFoot, BodyPart::kLeftLowerLegFront);
    case RegionKind::kWholeTexture:
      return IsBetween(part, BodyPart::kTorsoBack, BodyPart::kLeftHead);
    default:
      return false;
  }
}

}  // namespace atelier::edit
