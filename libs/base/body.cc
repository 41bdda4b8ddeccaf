#include "base/body.h"

namespace atelier {

const BodyPartInfo& InfoOf(BodyPart part) {
  using enum BodyPart;
  static constexpr std::array<BodyPartInfo, kBodyPartCount + 1> kParts = {{
      {"BACKGROUND", kBackground, kBackground},
      {"TORSO_BACK", kTorsoBack, kTorsoFront},
      {"TORSO_FRONT", kTorsoFront, kTorsoBack},
      {"RIGHT_HAND", kLeftHand, kRightHand},
      {"LEFT_HAND", kRightHand, kLeftHand},
      {"LEFT_FOOT", kRightFoot, kLeftFoot},
      {"RIGHT_FOOT", kLeftFoot, kRightFoot},
      {"RIGHT_UPPER_LEG_BACK", kLeftUpperLegBack, kRightUpperLegFront},
      {"LEFT_UPPER_LEG_BACK", kRightUpperLegBack, kLeftUpperLegFront},
      {"RIGHT_UPPER_LEG_FRONT", kLeftUpperLegFront, kRightUpperLegBack},
      {"LEFT_UPPER_LEG_FRONT", kRightUpperLegFront, kLeftUpperLegBack},
      {"RIGHT_LOWER_LEG_BACK", kLeftLowerLegBack, kRightLowerLegFront},
      {"LEFT_LOWER_LEG_BACK", kRightLowerLegBack, kLeftLowerLegFront},
      {"RIGHT_LOWER_LEG_FRONT", kLeftLowerLegFront, kRightLowerLegBack},
      {"LEFT_LOWER_LEG_FRONT", kRightLowerLegFront, kLeftLowerLegBack},
      {"LEFT_UPPER_ARM_FRONT", kRightUpperArmFront, kLeftUpperArmBack},
      {"RIGHT_UPPER_ARM_FRONT", kLeftUpperArmFront, kRightUpperArmBack},
      {"LEFT_UPPER_ARM_BACK", kRightUpperArmBack, kLeftUpperArmFront},
      {"RIGHT_UPPER_ARM_BACK", kLeftUpperArmBack, kRightUpperArmFront},
      {"LEFT_LOWER_ARM_FRONT", kRightLowerArmFront, kLeftLowerArmBack},
      {"RIGHT_LOWER_ARM_FRONT", kLeftLowerArmFront, kRightLowerArmBack},
      {"LEFT_LOWER_ARM_BACK", kRightLowerArmBack, kLeftLowerArmFront},
      {"RIGHT_LOWER_ARM_BACK", kLeftLowerArmBack, kRightLowerArmFront},
      {"RIGHT_HEAD", kLeftHead, kRightHead},
      {"LEFT_HEAD", kRightHead, kLeftHead},
  }};
  return kParts[static_cast<size_t>(part)];
}

}  // namespace atelier
