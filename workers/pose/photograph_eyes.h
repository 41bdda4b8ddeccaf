// The networks for photographs that a process' settings ask for.
#pragma once

#include "atelier/config/v1/pose.pb.h"
#include "pose/eyes.h"

namespace atelier::pose {

/// BlazePose of the settings' folder, or the keypoint network in its place, and the DensePose
/// network; null where there is none and none is needed. Errors as the loaders give them.
Result<PhotographEyes> LoadPhotographEyes(const config::v1::PoseConfig& config);

}  // namespace atelier::pose
