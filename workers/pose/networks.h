// The networks for photographs that a process' settings ask for.
#pragma once

#include <string>

#include "atelier/config/v1/pose.pb.h"
#include "perception/selection/pose_estimator_selector.h"

namespace atelier::pose {

/// BlazePose of the settings' folder, or the keypoint network in its place, and the DensePose
/// network, and with BlazePose the body that is fitted; null where there is none and none is
/// needed. Errors as the loaders give them.
Result<perception::PhotographNetworks> LoadPhotographNetworks(const config::v1::PoseConfig& config);

/// What two processes answer the same with (runtime::NetworksIdentity): the models' pose networks,
/// those for photographs, the body, and the settings that choose between them. Errors as the
/// loaders give them.
Result<std::string> IdentityOf(const config::v1::PoseConfig& config);

}  // namespace atelier::pose
