// A part of an arm or a leg.
#pragma once

#include "edit/limb/limb.h"

namespace atelier::edit {

struct LimbRange {
  Limb limb = Limb::kArm;
  int side = 0;  // people::Side
  /// 0 shoulder or hip, 1 elbow or knee, 2 wrist or ankle.
  float from = 0, to = 0;
};

}  // namespace atelier::edit
